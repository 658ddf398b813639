/* SPDX-License-Identifier: Apache-2.0 */
/*
 * To and from pairs for each kind of record, side by side, and the table of them.
 */
#include "fabric-manager/codec/record_pairs.h"

#include <errno.h>
#include <string.h>

#include "common/err.h"
#include "common/mutant.h"
#include "common/xalloc.h"
#include "fabric-manager/model/acl.h"
#include "proto/field.h"
#include "proto/store.pb-c.h"

static const char *chassis_name(const struct fm_record_ctx *c, unsigned index)
{
	return index < c->names->n ? c->names->chassis[index] : "";
}

/* Index of a chassis by name; an unknown one is an error: the configuration lost it. */
static int chassis_index(const struct fm_record_ctx *c, const char *name, uint16_t *ret)
{
	for (unsigned i = 0; i < c->names->n; i++)
		if (mr_streq(c->names->chassis[i], name)) {
			*ret = (uint16_t)i;
			return 0;
		}
	return mr_err_set(c->err, -EINVAL, MR_REASON_NOT_FOUND,
			  "stored chassis '%s' is not in the configuration", name);
}

/* A text of a stored message: record_pairs.h. */
int fm_record_text(const struct fm_record_ctx *c, const char *field, char *to, size_t size,
		   const char *from)
{
	if (mr_copy(to, size, from))
		return 0;
	return mr_err_set(c->err, -EINVAL, MR_REASON_INVALID,
			  "stored field %s is over %zu bytes", field, size - 1);
}

/* A number of one: record_pairs.h. */
int fm_record_range(const struct fm_record_ctx *c, const char *field, uint64_t v, uint64_t max)
{
	if (v <= max)
		return 0;
	return mr_err_set(c->err, -EINVAL, MR_REASON_INVALID,
			  "stored field %s is %llu, at most %llu", field, (unsigned long long)v,
			  (unsigned long long)max);
}

static void place_to(const struct fm_place *p, Banyan__StorePlace *m)
{
	banyan__store_place__init(m);
	m->way = p->way;
	m->port = p->port;
	m->bridge = p->bridge;
	m->pf = p->pf;
	m->slot = p->slot;
}

static int place_from(const struct fm_record_ctx *c, const Banyan__StorePlace *m,
		      struct fm_place *p)
{
	if (!m)
		return 0;
	if (RANGE(way, FM_WAY_DEVICE) || RANGE(port, 0xffff) || RANGE(bridge, 0xffff) ||
	    RANGE(pf, 0xffff) || RANGE(slot, 0xffff))
		return -EINVAL;
	p->way = (enum fm_way)m->way;
	p->port = (uint16_t)m->port;
	p->bridge = (uint16_t)m->bridge;
	p->pf = (uint16_t)m->pf;
	p->slot = (uint16_t)m->slot;
	return 0;
}

/* 'reg' and 'a' are what 'm' points at. */
static void attrs_to(const struct fm_attrs *a, Banyan__StoreAttrs *m,
		     uint64_t reg[VF_CLASS_REGS])
{
	banyan__store_attrs__init(m);
	fm_attrs_class_regs(a, reg);
	for (unsigned i = 0; i < VF_CLASS_REGS; i++)
		m->n_class_reg = reg[i] ? VF_CLASS_REGS : m->n_class_reg;
	m->class_reg = reg;
	m->device_class = m->n_class_reg ? a->device_class : 0;
	m->n_acl = fm_acl_rules(a);
	m->acl = (uint64_t *)a->acl;
	m->ident0 = a->ident0;
	m->ident1 = a->ident1;
	m->min_mbps = a->min_mbps;
	m->max_mbps = a->max_mbps;
	m->vlan = a->vlan;
	m->vlan_qos = a->vlan_qos;
	m->vlan_ad = a->vlan_ad;
	m->trust = a->trust;
	m->spoof_check = a->spoof_check;
	m->link_state = a->link_state;
}

static int attrs_from(const struct fm_record_ctx *c, const Banyan__StoreAttrs *m,
		      struct fm_attrs *a)
{
	if (!m)
		return 0;
	if (RANGE(vlan, 4094) || RANGE(vlan_qos, 7) || RANGE(link_state, 2) ||
	    RANGE(device_class, MR_CLASS_COUNT - 1))
		return -EINVAL;
	if (m->n_class_reg && m->n_class_reg != VF_CLASS_REGS)
		return mr_err_set(c->err, -EINVAL, MR_REASON_INVALID,
				  "class_reg: expected %u registers, got %zu", VF_CLASS_REGS,
				  m->n_class_reg);
	if (m->n_class_reg)
		fm_attrs_class_take(a, (enum mr_class)m->device_class, m->class_reg);
	if (RANGE(n_acl, MR_VF_ACL_ROWS))
		return -EINVAL;
	for (size_t i = 0; i < m->n_acl; i++)
		a->acl[i] = m->acl[i];
	a->ident0 = m->ident0;
	a->ident1 = m->ident1;
	a->min_mbps = m->min_mbps;
	a->max_mbps = m->max_mbps;
	a->vlan = (uint16_t)m->vlan;
	a->vlan_qos = (uint8_t)m->vlan_qos;
	a->vlan_ad = m->vlan_ad;
	a->trust = m->trust;
	a->spoof_check = m->spoof_check;
	a->link_state = (uint8_t)m->link_state;
	return 0;
}

static void meta_to(const struct fm_record_ctx *c, const struct fm_record *r,
		    struct mr_buf *out)
{
	const struct fm_rec_meta *s = &r->meta;
	Banyan__StoreMeta m = BANYAN__STORE_META__INIT;

	(void)c;
	m.schema = s->schema;
	m.owner_id = s->owner_id;
	m.generation = s->generation;
	m.next_assignment = s->next_assignment;
	m.next_operation = s->next_operation;
	m.next_event = s->next_event;
	m.version = s->version;
	mr_pb_put(out, &m.base);
}

static int meta_from(const struct fm_record_ctx *c, const void *msg, struct fm_record *r)
{
	const Banyan__StoreMeta *m = msg;
	struct fm_rec_meta *s = &r->meta;

	(void)c;
	s->schema = m->schema;
	s->owner_id = m->owner_id;
	s->generation = m->generation;
	s->next_assignment = m->next_assignment;
	s->next_operation = m->next_operation;
	s->next_event = m->next_event;
	s->version = m->version;
	return 0;
}

static void document_to(const struct fm_record_ctx *c, const struct fm_record *r,
			struct mr_buf *out)
{
	const struct fm_rec_document *s = &r->document;
	Banyan__StoreDocument m = BANYAN__STORE_DOCUMENT__INIT;

	(void)c;
	m.version = s->version;
	m.kind = (char *)s->kind;
	m.name = (char *)s->name;
	m.set = (char *)s->set;
	m.removed = s->removed;
	m.text.data = (uint8_t *)s->text;
	m.text.len = s->text ? strlen(s->text) : 0;
	mr_pb_put(out, &m.base);
}

static int document_from(const struct fm_record_ctx *c, const void *msg, struct fm_record *r)
{
	const Banyan__StoreDocument *m = msg;
	struct fm_rec_document *s = &r->document;

	if (TEXT(s->kind, kind) || TEXT(s->name, name) || TEXT(s->set, set))
		return -EINVAL;
	s->version = m->version;
	s->removed = m->removed;
	s->text = mr_xstrndup(m->text.data ? (const char *)m->text.data : "", m->text.len);
	return 0;
}

static void assignment_to(const struct fm_record_ctx *c, const struct fm_record *r,
			  struct mr_buf *out)
{
	const struct fm_assignment *s = &r->assignment;
	Banyan__StoreAssignment m = BANYAN__STORE_ASSIGNMENT__INIT;
	Banyan__StorePlace place;
	Banyan__StoreAttrs attrs;
	uint64_t class_reg[VF_CLASS_REGS];

	m.profile = (char *)s->profile;
	m.device = (char *)s->device;
	m.index = s->index;
	m.count = s->count;
	m.id = s->id;
	m.epoch = s->epoch;
	m.phase = (char *)fm_phase_name(s->phase);
	m.reason = (Banyan__Reason)s->reason;
	m.detail = (char *)s->detail;
	m.host = (char *)s->host;
	m.has_fn = s->has_fn;
	m.chassis = (char *)chassis_name(c, s->has_fn ? s->fn.chassis : s->chassis);
	m.adapter = (char *)s->adapter;
	m.port = s->fn.port;
	m.pf = s->fn.pf;
	m.vf = s->fn.vf;
	place_to(&s->place, &place);
	if (MR_MUTANT(RECORD_LOSES_PLACE))
		place.bridge = 0;
	m.place = &place;
	m.guaranteed_mbps = s->guaranteed_mbps;
	m.limit_mbps = s->limit_mbps;
	attrs_to(&s->attrs, &attrs, class_reg);
	m.attrs = &attrs;
	m.driver = (char *)s->driver;
	m.going = s->going;
	m.forced = s->forced;
	m.owed = s->owed;
	m.partner = (char *)s->partner;
	m.standby = s->standby;
	m.serial = (char *)s->card.serial;
	m.vendor = s->card.vendor;
	m.device_id = s->card.device;
	m.foreign = s->foreign;
	m.cookie = s->cookie;
	m.since_wall_ns = s->since_wall_ns;
	mr_pb_put(out, &m.base);
}

static int assignment_from(const struct fm_record_ctx *c, const void *msg, struct fm_record *r)
{
	const Banyan__StoreAssignment *m = msg;
	struct fm_assignment *s = &r->assignment;
	int phase = fm_phase_parse(m->phase);

	if (phase < 0)
		return mr_err_set(c->err, -EINVAL, MR_REASON_INVALID,
				  "stored phase '%s' is unknown", m->phase);
	if (TEXT(s->profile, profile) || TEXT(s->device, device) || TEXT(s->detail, detail) ||
	    TEXT(s->host, host) || TEXT(s->adapter, adapter) || TEXT(s->driver, driver) ||
	    TEXT(s->partner, partner) || TEXT(s->card.serial, serial) ||
	    RANGE(vendor, 0xffff) || RANGE(device_id, 0xffff) || RANGE(index, 0xffff) ||
	    RANGE(count, 0xffff) || RANGE(port, 0xffff) || RANGE(pf, 0xffff) ||
	    RANGE(vf, 0xffff) || RANGE(reason, MR_REASON_COUNT - 1) ||
	    place_from(c, m->place, &s->place) || attrs_from(c, m->attrs, &s->attrs))
		return -EINVAL;
	if (m->chassis[0] && chassis_index(c, m->chassis, &s->chassis))
		return -EINVAL;
	s->index = (uint16_t)m->index;
	s->count = (uint16_t)m->count;
	s->id = m->id;
	s->epoch = m->epoch;
	s->phase = (enum fm_phase)phase;
	s->reason = (enum mr_reason)m->reason;
	s->has_fn = m->has_fn;
	s->fn = (struct fm_fn_id){s->chassis, (uint16_t)m->port, (uint16_t)m->pf,
				  (uint16_t)m->vf};
	s->guaranteed_mbps = m->guaranteed_mbps;
	s->limit_mbps = m->limit_mbps;
	s->going = m->going;
	s->forced = m->forced;
	s->owed = m->owed;
	s->standby = m->standby;
	s->card.vendor = (uint16_t)m->vendor;
	s->card.device = (uint16_t)m->device_id;
	s->foreign = m->foreign;
	s->cookie = m->cookie;
	s->since_wall_ns = m->since_wall_ns;
	return 0;
}

static void ident_to(const struct fm_record_ctx *c, const struct fm_record *r,
		     struct mr_buf *out)
{
	const struct fm_rec_ident *s = &r->ident;
	Banyan__StoreIdent m = BANYAN__STORE_IDENT__INIT;

	(void)c;
	m.type = s->ident.type;
	m.hi = s->ident.hi;
	m.lo = s->ident.lo;
	m.profile = (char *)s->profile;
	m.device = (char *)s->device;
	m.index = s->index;
	m.slot = s->slot;
	m.released_wall_ns = MR_MUTANT(RECORD_LOSES_RELEASE) ? 0 : s->released_wall_ns;
	mr_pb_put(out, &m.base);
}

static int ident_from(const struct fm_record_ctx *c, const void *msg, struct fm_record *r)
{
	const Banyan__StoreIdent *m = msg;
	struct fm_rec_ident *s = &r->ident;

	if (RANGE(type, MR_IDENT_COUNT - 1) || TEXT(s->profile, profile) ||
	    TEXT(s->device, device) || RANGE(index, 0xffff) || RANGE(slot, 1))
		return -EINVAL;
	s->ident = (struct mr_ident){(enum mr_ident_type)m->type, m->hi, m->lo};
	s->index = (uint16_t)m->index;
	s->slot = (uint8_t)m->slot;
	s->released_wall_ns = m->released_wall_ns;
	return 0;
}

static void function_to(const struct fm_record_ctx *c, const struct fm_record *r,
			struct mr_buf *out)
{
	const struct fm_rec_function *s = &r->function;
	Banyan__StoreFunction m = BANYAN__STORE_FUNCTION__INIT;

	(void)c;
	m.chassis = (char *)s->chassis;
	m.adapter = (char *)s->adapter;
	m.pf = s->pf;
	m.vf = s->vf;
	m.assignment = s->assignment;
	m.epoch = s->epoch;
	m.quarantined = s->quarantined && !MR_MUTANT(RECORD_LOSES_QUARANTINE);
	m.refused = (Banyan__Reason)s->refused;
	m.detail = (char *)s->detail;
	mr_pb_put(out, &m.base);
}

static int function_from(const struct fm_record_ctx *c, const void *msg, struct fm_record *r)
{
	const Banyan__StoreFunction *m = msg;
	struct fm_rec_function *s = &r->function;

	if (TEXT(s->chassis, chassis) || TEXT(s->adapter, adapter) || TEXT(s->detail, detail) ||
	    RANGE(pf, 0xffff) || RANGE(vf, 0xffff) || RANGE(refused, MR_REASON_COUNT - 1))
		return -EINVAL;
	s->pf = (uint16_t)m->pf;
	s->vf = (uint16_t)m->vf;
	s->assignment = m->assignment;
	s->epoch = m->epoch;
	s->quarantined = m->quarantined;
	s->refused = (enum mr_reason)m->refused;
	return 0;
}

static void override_to(const struct fm_record_ctx *c, const struct fm_record *r,
			struct mr_buf *out)
{
	const struct fm_rec_override *s = &r->override;
	Banyan__StoreOverride m = BANYAN__STORE_OVERRIDE__INIT;

	(void)c;
	m.profile = (char *)s->profile;
	m.host = (char *)s->host;
	m.who = (char *)s->who;
	m.why = (char *)s->why;
	m.since_wall_ns = s->since_wall_ns;
	mr_pb_put(out, &m.base);
}

static int override_from(const struct fm_record_ctx *c, const void *msg, struct fm_record *r)
{
	const Banyan__StoreOverride *m = msg;
	struct fm_rec_override *s = &r->override;

	if (TEXT(s->profile, profile) || TEXT(s->host, host) || TEXT(s->who, who) ||
	    TEXT(s->why, why))
		return -EINVAL;
	s->since_wall_ns = m->since_wall_ns;
	return 0;
}

static void tombstone_to(const struct fm_record_ctx *c, const struct fm_record *r,
			 struct mr_buf *out)
{
	const struct fm_rec_tombstone *s = &r->tombstone;
	Banyan__StoreTombstone m = BANYAN__STORE_TOMBSTONE__INIT;
	Banyan__StorePlace place;

	(void)c;
	m.chassis = (char *)s->chassis;
	place_to(&s->place, &place);
	m.place = &place;
	m.boot_id = (char *)s->boot_id;
	m.boots = s->boots;
	m.assignment = s->assignment;
	mr_pb_put(out, &m.base);
}

static int tombstone_from(const struct fm_record_ctx *c, const void *msg, struct fm_record *r)
{
	const Banyan__StoreTombstone *m = msg;
	struct fm_rec_tombstone *s = &r->tombstone;

	if (TEXT(s->chassis, chassis) || TEXT(s->boot_id, boot_id) ||
	    place_from(c, m->place, &s->place))
		return -EINVAL;
	s->boots = m->boots;
	s->assignment = m->assignment;
	return 0;
}

static void operation_to(const struct fm_record_ctx *c, const struct fm_record *r,
			 struct mr_buf *out)
{
	const struct fm_rec_operation *s = &r->operation;
	Banyan__StoreOperation m = BANYAN__STORE_OPERATION__INIT;

	(void)c;
	m.id = s->id;
	m.assignment = s->assignment;
	m.epoch = s->epoch;
	m.kind = s->kind;
	m.approved = s->approved;
	m.detail = (char *)s->detail;
	m.chassis = (char *)s->chassis;
	m.port = s->port;
	m.value = s->value;
	m.version = s->version;
	mr_pb_put(out, &m.base);
}

static int operation_from(const struct fm_record_ctx *c, const void *msg, struct fm_record *r)
{
	const Banyan__StoreOperation *m = msg;
	struct fm_rec_operation *s = &r->operation;

	if (TEXT(s->detail, detail) || TEXT(s->chassis, chassis) || RANGE(kind, 0xffff) ||
	    RANGE(port, 0xffff))
		return -EINVAL;
	s->id = m->id;
	s->assignment = m->assignment;
	s->epoch = m->epoch;
	s->kind = (uint16_t)m->kind;
	s->approved = m->approved;
	s->port = (uint16_t)m->port;
	s->value = m->value;
	s->version = m->version;
	return 0;
}

static void event_to(const struct fm_record_ctx *c, const struct fm_record *r,
		     struct mr_buf *out)
{
	const struct fm_rec_event *s = &r->event;
	Banyan__StoreEvent m = BANYAN__STORE_EVENT__INIT;

	(void)c;
	m.seq = s->seq;
	m.wall_ns = s->wall_ns;
	m.reason = (Banyan__Reason)s->reason;
	m.object = (char *)s->object;
	m.text = (char *)s->text;
	mr_pb_put(out, &m.base);
}

static int event_from(const struct fm_record_ctx *c, const void *msg, struct fm_record *r)
{
	const Banyan__StoreEvent *m = msg;
	struct fm_rec_event *s = &r->event;

	if (TEXT(s->object, object) || TEXT(s->text, text) ||
	    RANGE(reason, MR_REASON_COUNT - 1))
		return -EINVAL;
	s->seq = m->seq;
	s->wall_ns = m->wall_ns;
	s->reason = (enum mr_reason)m->reason;
	return 0;
}

static void chassis_to(const struct fm_record_ctx *c, const struct fm_record *r,
		       struct mr_buf *out)
{
	const struct fm_rec_chassis *s = &r->chassis;
	Banyan__StoreChassis m = BANYAN__STORE_CHASSIS__INIT;

	(void)c;
	m.name = (char *)s->name;
	m.serial = (char *)s->serial;
	m.owner_epoch = s->owner_epoch;
	m.adopting = s->adopting;
	mr_pb_put(out, &m.base);
}

static int chassis_from(const struct fm_record_ctx *c, const void *msg, struct fm_record *r)
{
	const Banyan__StoreChassis *m = msg;
	struct fm_rec_chassis *s = &r->chassis;

	if (TEXT(s->name, name) || TEXT(s->serial, serial) || RANGE(adopting, FM_ADOPTING_OURS))
		return -EINVAL;
	s->owner_epoch = m->owner_epoch;
	s->adopting = (enum fm_adopting)m->adopting;
	return 0;
}

static void host_to(const struct fm_record_ctx *c, const struct fm_record *r,
		    struct mr_buf *out)
{
	const struct fm_rec_host *s = &r->host;
	Banyan__StoreHost m = BANYAN__STORE_HOST__INIT;

	(void)c;
	m.name = (char *)s->name;
	m.cordoned = s->cordoned;
	m.boot_id = (char *)s->boot_id;
	m.moved_wall_ns = s->moved_wall_ns;
	mr_pb_put(out, &m.base);
}

static int host_from(const struct fm_record_ctx *c, const void *msg, struct fm_record *r)
{
	const Banyan__StoreHost *m = msg;
	struct fm_rec_host *s = &r->host;

	if (TEXT(s->name, name) || TEXT(s->boot_id, boot_id))
		return -EINVAL;
	s->cordoned = m->cordoned;
	s->moved_wall_ns = m->moved_wall_ns;
	return 0;
}

static void version_to(const struct fm_record_ctx *c, const struct fm_record *r,
		       struct mr_buf *out)
{
	const struct fm_rec_version *s = &r->version;
	Banyan__StoreVersion m = BANYAN__STORE_VERSION__INIT;

	(void)c;
	m.version = s->version;
	m.wall_ns = s->wall_ns;
	m.who = (char *)s->who;
	m.set = (char *)s->set;
	m.how = (char *)s->how;
	m.added = s->added;
	m.changed = s->changed;
	m.removed = s->removed;
	m.full = s->full;
	m.documents = s->documents;
	m.digest = s->digest;
	mr_pb_put(out, &m.base);
}

static int version_from(const struct fm_record_ctx *c, const void *msg, struct fm_record *r)
{
	const Banyan__StoreVersion *m = msg;
	struct fm_rec_version *s = &r->version;

	if (TEXT(s->who, who) || TEXT(s->set, set) || TEXT(s->how, how))
		return -EINVAL;
	s->version = m->version;
	s->wall_ns = m->wall_ns;
	s->added = m->added;
	s->changed = m->changed;
	s->removed = m->removed;
	s->full = m->full;
	s->documents = m->documents;
	s->digest = m->digest;
	return 0;
}

#define TYPE(x) &banyan__store_##x##__descriptor

const struct fm_record_pair fm_record_pairs[FM_RECORD_COUNT] = {
	[FM_RECORD_META] = {"meta/", TYPE(meta), meta_to, meta_from},
	[FM_RECORD_CURRENT] = {"policy/current", TYPE(meta), meta_to, meta_from},
	[FM_RECORD_DOCUMENT] = {"policy/v/", TYPE(document), document_to, document_from},
	[FM_RECORD_ASSIGNMENT] = {"assign/", TYPE(assignment), assignment_to, assignment_from},
	[FM_RECORD_IDENT] = {"ident/", TYPE(ident), ident_to, ident_from},
	[FM_RECORD_FUNCTION] = {"func/", TYPE(function), function_to, function_from},
	[FM_RECORD_DATA] = {"data/", TYPE(data), fm_record_data_to, fm_record_data_from},
	[FM_RECORD_OVERRIDE] = {"override/", TYPE(override), override_to, override_from},
	[FM_RECORD_TOMBSTONE] = {"tomb/", TYPE(tombstone), tombstone_to, tombstone_from},
	[FM_RECORD_OPERATION] = {"op/", TYPE(operation), operation_to, operation_from},
	[FM_RECORD_EVENT] = {"event/", TYPE(event), event_to, event_from},
	[FM_RECORD_CHASSIS] = {"chassis/", TYPE(chassis), chassis_to, chassis_from},
	[FM_RECORD_HOST] = {"host/", TYPE(host), host_to, host_from},
	[FM_RECORD_MEASURE] = {"measure/", TYPE(measure), fm_record_measure_to,
			       fm_record_measure_from},
	[FM_RECORD_VERSION] = {"policy/h/", TYPE(version), version_to, version_from},
};
