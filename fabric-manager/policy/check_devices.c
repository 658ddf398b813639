// SPDX-License-Identifier: Apache-2.0
/*
 * Checks of PortProfiles and of what a device says beside pool, rates and identities: which
 * keys its class can keep, ranges, boot order, ha pairs, namespaces. A key that the class of a
 * device can't keep would be ignored, so it is refused, with the place where it stands.
 */
#include <stddef.h>
#include <string.h>

#include "common/err.h"
#include "common/str.h"
#include "common/xalloc.h"
#include "fabric-manager/model/acl.h"
#include "fabric-manager/model/agent.h"
#include "fabric-manager/model/ids.h"
#include "fabric-manager/policy/check.h"

#define ETHERNET   (1u << FM_DOC_CLASS_ETHERNET)
#define FC	   (1u << FM_DOC_CLASS_FIBRE_CHANNEL)
#define INFINIBAND (1u << FM_DOC_CLASS_INFINIBAND)
#define NVME	   (1u << FM_DOC_CLASS_NVME)
#define GPU	   (1u << FM_DOC_CLASS_GPU)

/* Where a key of a struct stands, and the classes that can keep it. */
struct fit {
	const char *key;
	size_t offset; /* of a value, which begins with its struct fm_at */
	unsigned classes;
};

#define PP(key, m, c)                                           \
	{                                                       \
		key, offsetof(struct fm_doc_port_profile, m), c \
	}
#define DEVICE(key, m, c)                                 \
	{                                                 \
		key, offsetof(struct fm_doc_device, m), c \
	}

static const struct fit port_fits[] = {
	PP("vlan", vlan, ETHERNET),
	PP("spoofCheck", spoof_check, ETHERNET),
	PP("trust", trust, ETHERNET),
	PP("mtu", mtu, ETHERNET | INFINIBAND),
	PP("bridging", bridging, ETHERNET),
	PP("acl", acl, ETHERNET),
	PP("personality", personality, ETHERNET),
	PP("vsi", vsi, ETHERNET),
	PP("mirrorTo", mirror_to, ETHERNET),
	PP("zone", zone, FC),
	PP("pkey", pkey, INFINIBAND),
};

static const struct fit device_fits[] = {
	DEVICE("boot", boot, ETHERNET | FC | INFINIBAND | NVME),
	DEVICE("storage", storage, NVME),
	DEVICE("gpu", gpu, GPU),
	DEVICE("queues", queues, ETHERNET | FC | INFINIBAND | NVME),
};

/* The first row that is written at 'base' and that 'class_' can't keep, or NULL. */
static const struct fit *misfit(const struct fit *f, unsigned n, const void *base,
				int64_t class_, struct fm_at *ret_at)
{
	for (unsigned i = 0; i < n; i++) {
		*ret_at = *(const struct fm_at *)((const char *)base + f[i].offset);
		if (ret_at->line && !(f[i].classes >> class_ & 1))
			return &f[i];
	}
	return NULL;
}

/* Where there are IdentityPools of type vlan, they say which VLANs may be used. */
static void check_vlan(struct fm_check *c, const struct fm_doc *d, const char *path,
		       const struct fm_num *vlan)
{
	struct mr_ident id = {.type = MR_IDENT_VLAN, .lo = (uint64_t)vlan->v};

	if (vlan->at.line && fm_check_has_ranges(c, MR_IDENT_VLAN) &&
	    !fm_check_range_of(c, &id))
		fm_check_error(c, d, vlan->at, path,
			       "VLAN %lld is outside every IdentityPool of type vlan",
			       (long long)vlan->v);
}

/* What a function has room for: ranges of VLANs, partition keys. */
static void check_lists(struct fm_check *c, const struct fm_doc *d)
{
	const struct fm_doc_port_profile *p = &d->spec.port_profile;
	struct fm_vlan_range ranges[MR_VF_TRUNK_RANGES];
	unsigned n = fm_vlan_ranges(&p->vlan.trunk, ranges);
	char place[FM_PLACE_MAX];

	if (n > MR_VF_TRUNK_RANGES)
		fm_check_error(c, d, p->vlan.trunk.at, "spec.vlan.trunk",
			       "the VLANs make %u ranges; a function keeps %d", n,
			       MR_VF_TRUNK_RANGES);
	if (p->pkey.n > MR_VF_PKEYS)
		fm_check_error(c, d, p->pkey.at, "spec.pkey",
			       "%u partition keys; a function keeps %d", p->pkey.n,
			       MR_VF_PKEYS);
	for (unsigned i = 0; i < p->pkey.n; i++) {
		const struct fm_text *t = &p->pkey.item[i];

		if (mr_streq(t->s, "0000") || mr_streq(t->s, "8000"))
			fm_check_error(c, d, t->at, "spec.pkey", "0x%s is no partition", t->s);
		for (unsigned j = 0; j < i; j++) {
			if (mr_streq(p->pkey.item[j].s, t->s))
				fm_check_error(c, d, t->at, "spec.pkey",
					       "0x%s stands at %s already", t->s,
					       fm_check_place(d, p->pkey.item[j].at, place));
		}
	}
}

/* Rules that are none, and more of them than a function has rows for. */
static void check_acl(struct fm_check *c, const struct fm_doc *d)
{
	const struct fm_doc_port_profile *p = &d->spec.port_profile;
	uint64_t row;

	if (p->acl.n > MR_VF_ACL_ROWS)
		fm_check_error(c, d, p->acl.at, "spec.acl", "%u rules; a function keeps %d",
			       p->acl.n, MR_VF_ACL_ROWS);
	for (unsigned i = 0; i < p->acl.n; i++) {
		const struct fm_text *t = &p->acl.item[i].match;
		struct mr_err err = {0};

		if (fm_acl_parse(t->s, &row, &err))
			fm_check_error(c, d, t->at, "spec.acl.match", "%s", err.text);
	}
}

/* "DEVICE" or "PROFILE/DEVICE"; whether there is one is seen when all profiles are known. */
static void check_mirror(struct fm_check *c, const struct fm_doc *d)
{
	const struct fm_text *t = &d->spec.port_profile.mirror_to;
	const char *slash = t->s ? strchr(t->s, '/') : NULL;

	if (slash && (slash == t->s || !slash[1] || strchr(slash + 1, '/')))
		fm_check_error(c, d, t->at, "spec.mirrorTo",
			       "expected DEVICE or PROFILE/DEVICE; got '%s'", t->s);
}

/* Checks one PortProfile by itself. */
void fm_check_port_profile(struct fm_check *c, const struct fm_doc *d)
{
	const struct fm_doc_port_profile *p = &d->spec.port_profile;
	char place[FM_PLACE_MAX];
	bool found = !p->vlan.native.at.line;

	check_lists(c, d);
	check_acl(c, d);
	check_mirror(c, d);
	check_vlan(c, d, "spec.vlan.access", &p->vlan.access);
	for (unsigned i = 0; i < p->vlan.trunk.n; i++)
		check_vlan(c, d, "spec.vlan.trunk", &p->vlan.trunk.item[i]);

	if (p->vlan.access.at.line && p->vlan.trunk.at.line)
		fm_check_error(c, d, p->vlan.trunk.at, "spec.vlan.trunk",
			       "a port is access (%s) or trunk, not both",
			       fm_check_place(d, p->vlan.access.at, place));
	for (unsigned i = 0; i < p->vlan.trunk.n; i++) {
		found |= p->vlan.trunk.item[i].v == p->vlan.native.v;
		for (unsigned j = 0; j < i; j++) {
			if (p->vlan.trunk.item[i].v == p->vlan.trunk.item[j].v)
				fm_check_error(
					c, d, p->vlan.trunk.item[i].at, "spec.vlan.trunk",
					"VLAN %lld stands at %s already",
					(long long)p->vlan.trunk.item[i].v,
					fm_check_place(d, p->vlan.trunk.item[j].at, place));
		}
	}
	if (!found)
		fm_check_error(
			c, d, p->vlan.native.at, "spec.vlan.native",
			"the native VLAN %lld is not one of the trunk (%s)",
			(long long)p->vlan.native.v,
			fm_check_place(d, p->vlan.trunk.at.line ? p->vlan.trunk.at : p->vlan.at,
				       place));
}

static void check_class_fits(struct fm_view *v, unsigned i)
{
	const struct fm_doc_device *dev = &v->p->devices.item[i];
	const struct fm_doc *pp;
	const struct fit *f;
	char place[FM_PLACE_MAX];
	struct fm_at at;

	f = misfit(device_fits, MR_ARRAY_SIZE(device_fits), dev, dev->class.v, &at);
	if (f)
		fm_check_error(v->c, v->doc, at, fm_view_device(v, i, f->key),
			       "a device of class %s (%s) has no %s",
			       fm_doc_class_name(dev->class.v),
			       fm_check_place(v->doc, dev->class.at, place), f->key);
	pp = fm_check_ref(v->c, v->doc, fm_view_device(v, i, "portProfile"), &dev->port_profile,
			  FM_KIND_PORT_PROFILE);
	if (!pp)
		return;
	f = misfit(port_fits, MR_ARRAY_SIZE(port_fits), &pp->spec.port_profile, dev->class.v,
		   &at);
	if (f)
		fm_check_error(v->c, v->doc, dev->port_profile.at,
			       fm_view_device(v, i, "portProfile"),
			       "PortProfile '%s' has %s (%s), which a device of class %s "
			       "can't keep",
			       pp->meta.name.s, f->key, fm_check_place(pp, at, place),
			       fm_doc_class_name(dev->class.v));
}

static void check_count(struct fm_view *v, unsigned i)
{
	const struct fm_doc_device *dev = &v->p->devices.item[i];
	char place[FM_PLACE_MAX];

	if (dev->count.min.at.line && dev->count.max.at.line &&
	    dev->count.min.v > dev->count.max.v)
		fm_check_error(v->c, v->doc, dev->count.min.at, fm_view_device(v, i, "count"),
			       "min %lld is above max %lld (%s)", (long long)dev->count.min.v,
			       (long long)dev->count.max.v,
			       fm_check_place(v->doc, dev->count.max.at, place));
	if (!fm_doc_count_max(dev))
		fm_check_error(v->c, v->doc, dev->count.min.at, fm_view_device(v, i, "count"),
			       "min is 0 and there is no max: the device would have nothing");
}

/* What each boot method needs of its device. */
static void check_boot_method(struct fm_view *v, unsigned i)
{
	static const unsigned classes[FM_DOC_BOOT_COUNT] = {
		[FM_DOC_BOOT_PXE] = ETHERNET | INFINIBAND,
		[FM_DOC_BOOT_SAN] = FC,
		[FM_DOC_BOOT_ISCSI] = ETHERNET,
		[FM_DOC_BOOT_LOCAL] = NVME,
	};
	static const char *const methods[] = {FM_DOC_BOOT_METHODS(FM_ENUM_TEXT)};
	const struct fm_doc_device *dev = &v->p->devices.item[i];
	const struct fm_doc_device_boot *b = &dev->boot;
	bool san = b->method.v == FM_DOC_BOOT_SAN, iscsi = b->method.v == FM_DOC_BOOT_ISCSI;
	const char *path = fm_view_device(v, i, "boot");
	char place[FM_PLACE_MAX];

	if (!(classes[b->method.v] >> dev->class.v & 1))
		fm_check_error(v->c, v->doc, b->method.at, path,
			       "a device of class %s (%s) can't boot by %s",
			       fm_doc_class_name(dev->class.v),
			       fm_check_place(v->doc, dev->class.at, place),
			       methods[b->method.v]);
	if ((san || iscsi) != (b->targets.n > 0))
		fm_check_error(v->c, v->doc, b->at, path,
			       san || iscsi ? "%s needs targets" : "%s takes no targets",
			       methods[b->method.v]);
	for (unsigned t = 0; (san || iscsi) && t < b->targets.n; t++) {
		const struct fm_doc_boot_target *x = &b->targets.item[t];

		if (san != (x->wwpn.s != NULL) || iscsi != (x->iqn.s && x->portal.s))
			fm_check_error(v->c, v->doc, x->at, path, "a target of %s has %s",
				       methods[b->method.v],
				       san ? "wwpn and lun" : "iqn and portal");
	}
}

static void check_boot(struct fm_view *v, unsigned i)
{
	const struct fm_doc_device *dev = &v->p->devices.item[i];
	char place[FM_PLACE_MAX];

	if (!dev->boot.at.line)
		return;
	check_boot_method(v, i);
	for (unsigned j = 0; j < i; j++) {
		const struct fm_doc_device *o = &v->p->devices.item[j];

		if (o->boot.at.line && o->boot.order.v == dev->boot.order.v)
			fm_check_error(v->c, v->doc, dev->boot.order.at,
				       fm_view_device(v, i, "boot.order"),
				       "device '%s' at %s has the order %lld as well",
				       o->name.s,
				       fm_check_place(v->doc, o->boot.order.at, place),
				       (long long)dev->boot.order.v);
	}
}

/* Two devices of one profile, each naming the other, of one class and one function each. The
 * secondary shows the primary's identity, so it has none of its own. */
static void check_ha(struct fm_view *v, unsigned i)
{
	const struct fm_doc_device *dev = &v->p->devices.item[i];
	const struct fm_doc_device *o = fm_view_find(v, dev->ha.with.s);
	const char *path = fm_view_device(v, i, "ha");
	char place[FM_PLACE_MAX];

	if (!dev->ha.at.line)
		return;
	if (!o || o == dev) {
		fm_check_error(v->c, v->doc, dev->ha.with.at, path,
			       o ? "'%s' is the device itself"
				 : "the profile has no device '%s'",
			       dev->ha.with.s);
		return;
	}
	fm_check_place(v->doc, o->ha.at.line ? o->ha.at : o->at, place);
	if (!o->ha.at.line || !mr_streq(o->ha.with.s, dev->name.s))
		fm_check_error(v->c, v->doc, dev->ha.with.at, path,
			       "'%s' at %s does not name '%s': a pair is mutual", o->name.s,
			       place, dev->name.s);
	else if (o->ha.role.v == dev->ha.role.v)
		fm_check_error(v->c, v->doc, dev->ha.role.at, path,
			       "'%s' at %s has the same role: a pair is a primary and a "
			       "secondary",
			       o->name.s, place);
	if (o->class.v != dev->class.v)
		fm_check_error(v->c, v->doc, dev->ha.with.at, path,
			       "'%s' at %s is of another class", o->name.s, place);
	if (fm_doc_count_max(dev) != 1)
		fm_check_error(v->c, v->doc, dev->ha.at, path,
			       "one device of a pair is one function (count at %s)",
			       fm_check_place(v->doc, dev->count.at, place));
	if (dev->ha.role.v == FM_DOC_HA_SECONDARY && dev->identity.at.line)
		fm_check_error(v->c, v->doc, dev->identity.at, fm_view_device(v, i, "identity"),
			       "the secondary shows the identity of '%s' (%s); write it there",
			       o->name.s, fm_check_place(v->doc, o->at, place));
}

/* Several functions of a device have their namespaces together, or they have none. */
static void check_exclusive(struct fm_view *v, unsigned i)
{
	const struct fm_doc_device *dev = &v->p->devices.item[i];
	char place[FM_PLACE_MAX];

	for (unsigned a = 0; fm_doc_count_max(dev) > 1 && a < dev->storage.namespaces.n; a++) {
		const struct fm_doc_namespace *x = &dev->storage.namespaces.item[a];

		if (x->sharing.v == FM_DOC_SHARING_SHARED)
			continue;
		fm_check_error(v->c, v->doc, x->at, fm_view_device(v, i, "storage.namespaces"),
			       "'%s' belongs to one function, and count (%s) is more: write "
			       "`sharing: shared`, or `count: 1`",
			       x->name.s, fm_check_place(v->doc, dev->count.at, place));
	}
}

static void check_storage(struct fm_view *v, unsigned i)
{
	const struct fm_doc_device_storage *s = &v->p->devices.item[i].storage;
	char place[FM_PLACE_MAX];

	for (unsigned a = 0; a < s->namespaces.n; a++) {
		const struct fm_doc_namespace *x = &s->namespaces.item[a];
		int64_t block = x->block_size.at.line ? x->block_size.v : 512;

		if ((block & (block - 1)) || x->size.v % block)
			fm_check_error(v->c, v->doc, x->at,
				       fm_view_device(v, i, "storage.namespaces"),
				       "the size of a block is a power of two, and the size of "
				       "'%s' a multiple of it",
				       x->name.s);
		for (unsigned b = 0; b < a; b++) {
			if (mr_streq(s->namespaces.item[b].name.s, x->name.s))
				fm_check_error(
					v->c, v->doc, x->name.at,
					fm_view_device(v, i, "storage.namespaces"),
					"a second namespace '%s'; the first stands at %s",
					x->name.s,
					fm_check_place(v->doc, s->namespaces.item[b].name.at,
						       place));
		}
	}
	check_exclusive(v, i);
}

/* What is for hooks travels in one command. */
static void check_notes(struct fm_view *v, unsigned i)
{
	const struct fm_doc_device *dev = &v->p->devices.item[i];
	const struct fm_doc *pp =
		fm_docs_find(v->c->set, FM_KIND_PORT_PROFILE, dev->port_profile.s);
	struct mr_buf text = {0};

	fm_notes_add(dev, pp ? &pp->spec.port_profile : NULL, &text);
	if (text.len > FM_NOTES_MAX)
		fm_check_error(v->c, v->doc, dev->at, fm_view_device(v, i, "boot"),
			       "what is for the host's hooks takes %zu bytes; %d are possible",
			       text.len, FM_NOTES_MAX);
	mr_buf_done(&text);
}

/* Several functions may serve one machine, so a value may stand twice. */
static void check_consumer(struct fm_view *v, unsigned i)
{
	const struct fm_text *vm = &v->p->devices.item[i].consumer.vm;
	struct mr_ident id;

	if (vm->s && fm_check_has_ranges(v->c, MR_IDENT_UUID) &&
	    !mr_ident_parse(MR_IDENT_UUID, vm->s, &id, NULL) && !fm_check_range_of(v->c, &id))
		fm_check_error(v->c, v->doc, vm->at, fm_view_device(v, i, "consumer.vm"),
			       "'%s' is outside every IdentityPool of type uuid", vm->s);
}

/* Checks what each device of the profile says beside pool, rates and identities. */
void fm_check_devices(struct fm_view *v)
{
	for (unsigned i = 0; i < v->p->devices.n; i++) {
		check_class_fits(v, i);
		check_count(v, i);
		check_boot(v, i);
		check_ha(v, i);
		check_storage(v, i);
		check_consumer(v, i);
		check_notes(v, i);
	}
}
