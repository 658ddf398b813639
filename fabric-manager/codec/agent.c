/* SPDX-License-Identifier: Apache-2.0 */
/*
 * To and from pairs of agent.proto for the manager, side by side. agent/codec has the other end
 * of the same messages.
 */
#include "fabric-manager/codec/agent.h"

#include <errno.h>
#include <string.h>

#include "common/err.h"
#include "common/mutant.h"
#include "common/xalloc.h"
#include "fabric-manager/model/desired.h"
#include "proto/agent.pb-c.h"
#include "proto/field.h"

/* ---- checks of single fields ---- */

#define TEXT(to, field)	  mr_pb_text(#field, to, sizeof(to), m->field, err)
#define RANGE(field, max) mr_pb_range(#field, (uint64_t)m->field, max, err)

/* ---- places, functions, roots ---- */

static void place_to(const struct fm_place *p, Banyan__Place *m)
{
	banyan__place__init(m);
	m->way = p->way;
	m->port = p->port;
	m->bridge = p->bridge;
	m->pf = p->pf;
	m->slot = p->slot;
}

static int place_from(const Banyan__Place *m, struct fm_place *p, struct mr_err *err)
{
	if (!m)
		return mr_pb_missing("place", err);
	if (RANGE(way, FM_WAY_DEVICE) || RANGE(port, 0xffff) || RANGE(bridge, 0xffff) ||
	    RANGE(pf, 0xffff) || RANGE(slot, 0xffff))
		return -EINVAL;
	if (m->way == FM_WAY_NONE)
		return mr_pb_missing("way", err);
	*p = (struct fm_place){(enum fm_way)m->way, (uint16_t)m->port, (uint16_t)m->bridge,
			       (uint16_t)m->pf, (uint16_t)m->slot};
	return 0;
}

static int fn_from(const Banyan__AgentFunction *m, struct fm_agent_fn *f, struct mr_err *err)
{
	if (place_from(m->place, &f->place, err) || RANGE(rid, 0xffff) ||
	    RANGE(domain, 0xffff) || RANGE(vendor, 0xffff) || RANGE(device, 0xffff) ||
	    RANGE(class_code, 0xffffff) || TEXT(f->driver, driver) || TEXT(f->name, name) ||
	    RANGE(numvfs, 0xffff) || RANGE(totalvfs, 0xffff) || RANGE(n_pkey, FM_PKEYS_SEEN))
		return -EINVAL;
	for (size_t i = 0; i < m->n_pkey; i++)
		f->pkey[f->pkeys++] = (uint16_t)m->pkey[i];
	f->pkeys_told = m->pkeys_told;
	f->rid = (uint16_t)m->rid;
	f->domain = (uint16_t)m->domain;
	f->vendor = (uint16_t)m->vendor;
	f->device = (uint16_t)m->device;
	f->class_code = m->class_code;
	f->ident0 = m->ident0;
	f->ident1 = m->ident1;
	f->link = m->link;
	f->numa = m->numa;
	f->iommu_group = m->iommu_group;
	f->pf = m->pf;
	f->numvfs = (uint16_t)m->numvfs;
	f->totalvfs = (uint16_t)m->totalvfs;
	return 0;
}

static int roots_from(Banyan__AgentRoot *const *root, size_t n, struct fm_agent_hello *h,
		      struct mr_err *err)
{
	if (mr_pb_range("number of roots", n, FM_ROOTS_MAX, err))
		return -EINVAL;
	for (size_t i = 0; i < n; i++) {
		const Banyan__AgentRoot *m = root[i];
		struct fm_agent_root *r = &h->root[i];

		if (TEXT(r->chassis_serial, chassis_serial) || RANGE(port, 0xffff) ||
		    RANGE(vs, 0xffff))
			return -EINVAL;
		r->port = (uint16_t)m->port;
		r->vs = (uint16_t)m->vs;
		r->owner_epoch = m->owner_epoch;
		r->challenge = m->challenge;
	}
	h->roots = (unsigned)n;
	return 0;
}

/* ---- what the manager says ---- */

/* Appends a Challenge: the agent is to read its VS identities again. */
void fm_agent_put_challenge(struct mr_buf *out)
{
	Banyan__AgentMsg m = BANYAN__AGENT_MSG__INIT;
	Banyan__Challenge c = BANYAN__CHALLENGE__INIT;

	m.body_case = BANYAN__AGENT_MSG__BODY_CHALLENGE;
	m.challenge = &c;
	mr_pb_put(out, &m.base);
}

/* Appends an Accept: the session stands, the agent reports in full. */
void fm_agent_put_accept(struct mr_buf *out, uint64_t session)
{
	Banyan__AgentMsg m = BANYAN__AGENT_MSG__INIT;
	Banyan__Accept a = BANYAN__ACCEPT__INIT;

	a.session = session;
	m.body_case = BANYAN__AGENT_MSG__BODY_ACCEPT;
	m.accept = &a;
	mr_pb_put(out, &m.base);
}

/* Appends a Command. */
void fm_agent_put_command(struct mr_buf *out, const struct fm_agent_cmd *cmd)
{
	Banyan__AgentMsg m = BANYAN__AGENT_MSG__INIT;
	Banyan__Command c = BANYAN__COMMAND__INIT;
	Banyan__Place place;

	place_to(&cmd->place, &place);
	c.op = cmd->op;
	c.verb = cmd->verb;
	c.assignment = cmd->assignment;
	c.epoch = MR_MUTANT(COMMAND_LOSES_EPOCH) ? 0 : cmd->epoch;
	c.owner_epoch = cmd->owner_epoch;
	c.deadline_ns = cmd->deadline_ns;
	c.place = &place;
	c.driver = (char *)cmd->driver;
	c.force = cmd->force;
	c.ident0 = cmd->ident0;
	c.count = cmd->count;
	if (cmd->notes)
		c.notes = (char *)cmd->notes;
	m.body_case = BANYAN__AGENT_MSG__BODY_COMMAND;
	m.command = &c;
	mr_pb_put(out, &m.base);
}

/* Appends a ReportAck. */
void fm_agent_put_report_ack(struct mr_buf *out, uint64_t revision)
{
	Banyan__AgentMsg m = BANYAN__AGENT_MSG__INIT;
	Banyan__ReportAck a = BANYAN__REPORT_ACK__INIT;

	a.revision = revision;
	m.body_case = BANYAN__AGENT_MSG__BODY_REPORT_ACK;
	m.report_ack = &a;
	mr_pb_put(out, &m.base);
}

/* Appends a Heartbeat of the manager; it carries no revision. */
void fm_agent_put_heartbeat(struct mr_buf *out)
{
	Banyan__AgentMsg m = BANYAN__AGENT_MSG__INIT;
	Banyan__Heartbeat h = BANYAN__HEARTBEAT__INIT;

	m.body_case = BANYAN__AGENT_MSG__BODY_HEARTBEAT;
	m.heartbeat = &h;
	mr_pb_put(out, &m.base);
}

/* Appends an Error, as the reply to 'reply_to' (0 = to nothing). */
void fm_agent_put_error(struct mr_buf *out, uint64_t reply_to, const struct mr_err *err)
{
	Banyan__AgentMsg m = BANYAN__AGENT_MSG__INIT;
	Banyan__Error e = BANYAN__ERROR__INIT;

	mr_pb_error(err, &e);
	m.reply_to = reply_to;
	m.body_case = BANYAN__AGENT_MSG__BODY_ERROR;
	m.error = &e;
	mr_pb_put(out, &m.base);
}

/* ---- what an agent says ---- */

static uint8_t isolation_from(const Banyan__Isolation *m)
{
	return (uint8_t)((m->iommu ? 1u << FM_REQUIRE_IOMMU : 0) |
			 (m->interrupt_remapping ? 1u << FM_REQUIRE_INTERRUPT_REMAPPING : 0) |
			 (m->acs ? 1u << FM_REQUIRE_ACS : 0));
}

static int hello_from(const Banyan__AgentHello *m, struct fm_agent_hello *h, struct mr_err *err)
{
	if (TEXT(h->host, host) || TEXT(h->boot_id, boot_id) || TEXT(h->kernel, kernel) ||
	    roots_from(m->root, m->n_root, h, err))
		return -EINVAL;
	if (!h->host[0])
		return mr_pb_missing("host", err);
	if (!h->boot_id[0])
		return mr_pb_missing("boot_id", err);
	h->incarnation = m->incarnation;
	h->vf_migration = m->vf_migration;
	h->told = m->isolation;
	h->has = m->isolation ? isolation_from(m->isolation) : 0;
	return 0;
}

static int own_from(const Banyan__OwnPort *m, struct fm_agent_own *o, struct mr_err *err)
{
	if (RANGE(rid, UINT16_MAX) || RANGE(domain, UINT16_MAX) ||
	    RANGE(class_code, 0xffffff) || TEXT(o->name, name))
		return -EINVAL;
	o->rid = (uint16_t)m->rid;
	o->domain = (uint16_t)m->domain;
	o->class_code = m->class_code;
	o->ident0 = m->ident0;
	o->ident1 = m->ident1;
	return 0;
}

static int report_from(const Banyan__Report *m, struct fm_agent_report *r, struct mr_err *err)
{
	if (RANGE(n_function, FM_REPORT_FUNCTIONS_MAX) ||
	    RANGE(n_gone, FM_REPORT_FUNCTIONS_MAX) || RANGE(n_own, FM_OWN_PORTS_MAX))
		return -EINVAL;
	r->own_told = m->own_told;
	r->own = m->n_own ? mr_xcalloc(m->n_own, sizeof(*r->own)) : NULL;
	for (; r->owns < m->n_own; r->owns++)
		if (own_from(m->own[r->owns], &r->own[r->owns], err))
			return -EINVAL;
	r->revision = m->revision;
	r->full = m->full;
	r->fn = m->n_function ? mr_xcalloc(m->n_function, sizeof(*r->fn)) : NULL;
	r->gone = m->n_gone ? mr_xcalloc(m->n_gone, sizeof(*r->gone)) : NULL;
	for (; r->fns < m->n_function; r->fns++)
		if (fn_from(m->function[r->fns], &r->fn[r->fns], err))
			return -EINVAL;
	for (; r->gones < m->n_gone; r->gones++)
		if (place_from(m->gone[r->gones], &r->gone[r->gones], err))
			return -EINVAL;
	return 0;
}

static int ack_from(const Banyan__Ack *m, struct fm_agent_ack *a, struct mr_err *err)
{
	if (TEXT(a->detail, detail) || TEXT(a->who, who) ||
	    (m->function && fn_from(m->function, &a->fn, err)))
		return -EINVAL;
	if (!m->op)
		return mr_pb_missing("op", err);
	a->op = m->op;
	a->reason = mr_pb_reason((int)m->reason);
	a->has_fn = m->function;
	return 0;
}

static int body_from(const Banyan__AgentMsg *m, struct fm_agent_msg *ret, struct mr_err *err)
{
	switch (m->body_case) {
	case BANYAN__AGENT_MSG__BODY_ERROR:
		ret->kind = FM_AGENT_MSG_ERROR;
		mr_pb_sentence(ret->text, sizeof(ret->text), m->error->text);
		return 0;
	case BANYAN__AGENT_MSG__BODY_AGENT_HELLO:
		ret->kind = FM_AGENT_MSG_HELLO;
		return hello_from(m->agent_hello, &ret->hello, err);
	case BANYAN__AGENT_MSG__BODY_ANSWER:
		ret->kind = FM_AGENT_MSG_ANSWER;
		return roots_from(m->answer->root, m->answer->n_root, &ret->hello, err);
	case BANYAN__AGENT_MSG__BODY_REPORT:
		ret->kind = FM_AGENT_MSG_REPORT;
		return report_from(m->report, &ret->report, err);
	case BANYAN__AGENT_MSG__BODY_SYNC_BEGIN:
		ret->kind = FM_AGENT_MSG_SYNC_BEGIN;
		return 0;
	case BANYAN__AGENT_MSG__BODY_SYNC_END:
		ret->kind = FM_AGENT_MSG_SYNC_END;
		return 0;
	case BANYAN__AGENT_MSG__BODY_ACK:
		ret->kind = FM_AGENT_MSG_ACK;
		return ack_from(m->ack, &ret->ack, err);
	case BANYAN__AGENT_MSG__BODY_HEARTBEAT:
		ret->kind = FM_AGENT_MSG_HEARTBEAT;
		ret->report.revision = m->heartbeat->revision;
		return 0;
	case BANYAN__AGENT_MSG__BODY_GOODBYE:
		ret->kind = FM_AGENT_MSG_GOODBYE;
		mr_pb_sentence(ret->text, sizeof(ret->text), m->goodbye->why);
		return 0;
	case BANYAN__AGENT_MSG__BODY_CHALLENGE:
	case BANYAN__AGENT_MSG__BODY_ACCEPT:
	case BANYAN__AGENT_MSG__BODY_REPORT_ACK:
	case BANYAN__AGENT_MSG__BODY_COMMAND:
		return mr_err_set(err, -EINVAL, MR_REASON_INVALID,
				  "body %d is the manager's to say", (int)m->body_case);
	default:
		return mr_err_set(err, -ENOTSUP, MR_REASON_UNSUPPORTED,
				  "this manager does not know the body of that message");
	}
}

int fm_agent_get(const uint8_t *data, size_t len, struct fm_agent_msg *ret, struct mr_err *err)
{
	Banyan__AgentMsg *m = banyan__agent_msg__unpack(NULL, len, data);
	int rc;

	*ret = (struct fm_agent_msg){0};
	if (!m)
		return mr_err_set(err, -EINVAL, MR_REASON_INVALID, "frame is no AgentMsg");
	ret->id = m->id;
	ret->reply_to = m->reply_to;
	rc = body_from(m, ret, err);
	banyan__agent_msg__free_unpacked(m, NULL);
	if (rc)
		fm_agent_report_done(&ret->report);
	return rc;
}

/* Frees what a message owns; 'm' is empty afterwards. */
void fm_agent_msg_done(struct fm_agent_msg *m)
{
	fm_agent_report_done(&m->report);
	*m = (struct fm_agent_msg){0};
}
