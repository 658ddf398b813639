/* SPDX-License-Identifier: Apache-2.0 */
/*
 * To and from pairs of agent.proto for the agent, side by side.
 */
#include "agent/codec/codec.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/xalloc.h"
#include "proto/agent.pb-c.h"
#include "proto/field.h"

/* ---- places, functions, roots ---- */

static void place_to(const struct ag_place *p, Banyan__Place *m)
{
	banyan__place__init(m);
	m->way = p->way;
	m->port = p->port;
	m->bridge = p->bridge;
	m->pf = p->pf;
	m->slot = p->slot;
}

#define RANGE(field, max) mr_pb_range(#field, (uint64_t)m->field, max, err)

static int place_from(const Banyan__Place *m, struct ag_place *p, struct mr_err *err)
{
	if (!m)
		return mr_pb_missing("place", err);
	if (RANGE(way, AG_WAY_DEVICE) || RANGE(port, 0xffff) || RANGE(bridge, 0xffff) ||
	    RANGE(pf, 0xffff) || RANGE(slot, 0xffff))
		return -EINVAL;
	*p = (struct ag_place){(uint8_t)m->way, (uint16_t)m->port, (uint16_t)m->bridge,
			       (uint16_t)m->pf, (uint16_t)m->slot};
	return 0;
}

/* What a message of a function points at. */
struct fn_parts {
	Banyan__Place place;
	uint32_t pkey[AG_PKEYS_MAX];
};

static void fn_to(const struct ag_fn *f, Banyan__AgentFunction *m, struct fn_parts *parts)
{
	banyan__agent_function__init(m);
	place_to(&f->place, &parts->place);
	m->place = &parts->place;
	for (unsigned i = 0; i < f->pkeys; i++)
		parts->pkey[i] = f->pkey[i];
	m->pkeys_told = f->pkeys_told;
	m->n_pkey = f->pkeys;
	m->pkey = parts->pkey;
	m->rid = f->rid;
	m->domain = f->domain;
	m->vendor = f->vendor;
	m->device = f->device;
	m->class_code = f->class_code;
	m->driver = (char *)f->driver;
	m->name = (char *)f->name;
	m->ident0 = f->ident0;
	m->ident1 = f->ident1;
	m->link = f->link;
	m->numa = f->numa;
	m->iommu_group = f->iommu_group;
	m->pf = f->pf;
	m->numvfs = f->numvfs;
	m->totalvfs = f->totalvfs;
}

struct roots {
	Banyan__AgentRoot m[AG_ROOTS_MAX];
	Banyan__AgentRoot *p[AG_ROOTS_MAX];
};

static void roots_to(const struct ag_action *a, struct roots *r)
{
	for (unsigned i = 0; i < a->roots; i++) {
		Banyan__AgentRoot *m = r->p[i] = &r->m[i];

		banyan__agent_root__init(m);
		m->chassis_serial = (char *)a->root[i].serial;
		m->port = a->root[i].port;
		m->vs = a->root[i].vs;
		m->owner_epoch = a->root[i].owner_epoch;
		m->challenge = a->root[i].challenge;
	}
}

/* ---- what the agent says ---- */

/* Appends the AgentHello. */
void ag_put_hello(struct mr_buf *out, const struct ag_identity *id, const struct ag_action *a)
{
	Banyan__AgentMsg m = BANYAN__AGENT_MSG__INIT;
	Banyan__AgentHello h = BANYAN__AGENT_HELLO__INIT;
	Banyan__Isolation isolation = BANYAN__ISOLATION__INIT;
	struct roots roots;

	roots_to(a, &roots);
	isolation.iommu = a->isolation.iommu;
	isolation.interrupt_remapping = a->isolation.interrupt_remapping;
	isolation.acs = a->isolation.acs;
	h.isolation = &isolation;
	h.host = (char *)id->host;
	h.boot_id = (char *)id->boot_id;
	h.kernel = (char *)id->kernel;
	h.incarnation = id->incarnation;
	h.vf_migration = a->vf_migration;
	h.n_root = a->roots;
	h.root = roots.p;
	m.body_case = BANYAN__AGENT_MSG__BODY_AGENT_HELLO;
	m.agent_hello = &h;
	mr_pb_put(out, &m.base);
}

/* Appends the Answer to a challenge. */
void ag_put_answer(struct mr_buf *out, const struct ag_action *a)
{
	Banyan__AgentMsg m = BANYAN__AGENT_MSG__INIT;
	Banyan__Answer w = BANYAN__ANSWER__INIT;
	struct roots roots;

	roots_to(a, &roots);
	w.n_root = a->roots;
	w.root = roots.p;
	m.body_case = BANYAN__AGENT_MSG__BODY_ANSWER;
	m.answer = &w;
	mr_pb_put(out, &m.base);
}

/* Appends the mark before a full report. */
void ag_put_sync_begin(struct mr_buf *out)
{
	Banyan__AgentMsg m = BANYAN__AGENT_MSG__INIT;
	Banyan__SyncBegin s = BANYAN__SYNC_BEGIN__INIT;

	m.body_case = BANYAN__AGENT_MSG__BODY_SYNC_BEGIN;
	m.sync_begin = &s;
	mr_pb_put(out, &m.base);
}

/* Appends the mark after a full report. */
void ag_put_sync_end(struct mr_buf *out)
{
	Banyan__AgentMsg m = BANYAN__AGENT_MSG__INIT;
	Banyan__SyncEnd s = BANYAN__SYNC_END__INIT;

	m.body_case = BANYAN__AGENT_MSG__BODY_SYNC_END;
	m.sync_end = &s;
	mr_pb_put(out, &m.base);
}

/* Appends the answer to a command. */
void ag_put_ack(struct mr_buf *out, const struct ag_action *a)
{
	Banyan__AgentMsg m = BANYAN__AGENT_MSG__INIT;
	Banyan__Ack k = BANYAN__ACK__INIT;
	Banyan__AgentFunction fn;
	struct fn_parts parts;

	k.op = a->op;
	k.reason = (Banyan__Reason)a->reason;
	k.detail = (char *)a->detail;
	k.who = (char *)a->who;
	if (a->has_fn) {
		fn_to(&a->ack_fn, &fn, &parts);
		k.function = &fn;
	}
	m.body_case = BANYAN__AGENT_MSG__BODY_ACK;
	m.ack = &k;
	mr_pb_put(out, &m.base);
}

/* Appends a Heartbeat. */
void ag_put_heartbeat(struct mr_buf *out, uint64_t revision)
{
	Banyan__AgentMsg m = BANYAN__AGENT_MSG__INIT;
	Banyan__Heartbeat h = BANYAN__HEARTBEAT__INIT;

	h.revision = revision;
	m.body_case = BANYAN__AGENT_MSG__BODY_HEARTBEAT;
	m.heartbeat = &h;
	mr_pb_put(out, &m.base);
}

/* Appends a Goodbye: the host goes down. */
void ag_put_goodbye(struct mr_buf *out, const char *why)
{
	Banyan__AgentMsg m = BANYAN__AGENT_MSG__INIT;
	Banyan__Goodbye g = BANYAN__GOODBYE__INIT;

	g.why = (char *)why;
	m.body_case = BANYAN__AGENT_MSG__BODY_GOODBYE;
	m.goodbye = &g;
	mr_pb_put(out, &m.base);
}

/* Appends an Error, as the reply to 'reply_to'. */
void ag_put_error(struct mr_buf *out, uint64_t reply_to, const struct mr_err *err)
{
	Banyan__AgentMsg m = BANYAN__AGENT_MSG__INIT;
	Banyan__Error e = BANYAN__ERROR__INIT;

	mr_pb_error(err, &e);
	m.reply_to = reply_to;
	m.body_case = BANYAN__AGENT_MSG__BODY_ERROR;
	m.error = &e;
	mr_pb_put(out, &m.base);
}

/* The messages of one chunk. */
struct chunk {
	Banyan__AgentFunction *fn;
	struct fn_parts *parts;
	Banyan__AgentFunction **fns;
	Banyan__Place **gone;
};

static void chunk_init(struct chunk *c, unsigned n)
{
	c->fn = mr_xcalloc(n + 1, sizeof(*c->fn));
	c->parts = mr_xcalloc(n + 1, sizeof(*c->parts));
	c->fns = mr_xcalloc(n + 1, sizeof(*c->fns));
	c->gone = mr_xcalloc(n + 1, sizeof(*c->gone));
}

static void chunk_done(struct chunk *c)
{
	free(c->fn);
	free(c->parts);
	free(c->fns);
	free(c->gone);
}

static void fill(Banyan__Report *r, struct chunk *c, const struct ag_action *a, unsigned pos,
		 unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (pos + i < a->fns) {
			fn_to(&a->fn[pos + i], &c->fn[i], &c->parts[i]);
			c->fns[r->n_function++] = &c->fn[i];
		} else {
			place_to(&a->gone[pos + i - a->fns], &c->parts[i].place);
			c->gone[r->n_gone++] = &c->parts[i].place;
		}
	}
	r->function = c->fns;
	r->gone = c->gone;
}

/* Of the host's own ports; the first message of a report has them all. */
struct owns {
	Banyan__OwnPort port[AG_OWN_MAX];
	Banyan__OwnPort *list[AG_OWN_MAX];
};

static struct owns *fill_own(Banyan__Report *r, const struct ag_action *a)
{
	struct owns *o = MR_NEW(struct owns);

	for (; r->n_own < a->owns && r->n_own < AG_OWN_MAX; r->n_own++) {
		const struct ag_own *from = &a->own[r->n_own];
		Banyan__OwnPort *p = o->list[r->n_own] = &o->port[r->n_own];

		banyan__own_port__init(p);
		p->domain = from->domain;
		p->rid = from->rid;
		p->class_code = from->class_code;
		p->name = (char *)from->name;
		p->ident0 = from->ident0;
		p->ident1 = from->ident1;
	}
	r->own = o->list;
	r->own_told = true;
	return o;
}

bool ag_put_report(struct mr_buf *out, const struct ag_action *a, unsigned *pos)
{
	Banyan__AgentMsg m = BANYAN__AGENT_MSG__INIT;
	Banyan__Report r = BANYAN__REPORT__INIT;
	struct owns *own = NULL;
	unsigned all = a->fns + a->gones, n;
	struct chunk c;

	if (*pos && *pos >= all)
		return false;
	n = all - *pos < AG_REPORT_CHUNK ? all - *pos : AG_REPORT_CHUNK;
	chunk_init(&c, n);
	fill(&r, &c, a, *pos, n);
	r.revision = a->revision;
	r.full = a->full && !*pos;
	if (a->own_told && !*pos)
		own = fill_own(&r, a);
	m.body_case = BANYAN__AGENT_MSG__BODY_REPORT;
	m.report = &r;
	mr_pb_put(out, &m.base);
	*pos += n ? n : 1;
	chunk_done(&c);
	free(own);
	return true;
}

/* ---- what the manager says ---- */

static int cmd_from(const Banyan__Command *m, struct ag_cmd *c, struct mr_err *err)
{
	if (RANGE(verb, AG_VERB_COUNT - 1) || RANGE(count, UINT16_MAX) ||
	    place_from(m->place, &c->place, err))
		return -EINVAL;
	for (const char *s = m->driver; *s; s++)
		if (*s <= 0x20 || *s >= 0x7f || *s == '/')
			return mr_err_set(err, -EINVAL, MR_REASON_INVALID,
					  "field driver is no name of a driver");
	if (mr_pb_text("driver", c->driver, sizeof(c->driver), m->driver, err))
		return -EINVAL;
	for (const char *s = m->notes; *s; s++)
		if (((unsigned char)*s < 0x20 && *s != '\n') || *s == 0x7f)
			return mr_err_set(err, -EINVAL, MR_REASON_INVALID,
					  "field notes has control characters");
	if (!mr_copy(c->notes, sizeof(c->notes), m->notes))
		return mr_err_set(err, -EINVAL, MR_REASON_INVALID,
				  "field notes is over %d bytes", AG_NOTES_MAX - 1);
	if (m->deadline_ns < 0)
		return mr_err_set(err, -EINVAL, MR_REASON_INVALID,
				  "field deadline_ns is negative");
	c->op = m->op;
	c->verb = (uint8_t)m->verb;
	c->assignment = m->assignment;
	c->epoch = m->epoch;
	c->owner_epoch = m->owner_epoch;
	c->deadline_ns = m->deadline_ns;
	c->force = m->force;
	c->count = (uint16_t)m->count;
	c->ident0 = m->ident0;
	return 0;
}

static int body_from(const Banyan__AgentMsg *m, struct ag_msg *ret, struct mr_err *err)
{
	switch (m->body_case) {
	case BANYAN__AGENT_MSG__BODY_ERROR:
		ret->kind = AG_MSG_ERROR;
		ret->reason = mr_pb_reason((int)m->error->reason);
		mr_pb_sentence(ret->text, sizeof(ret->text), m->error->text);
		return 0;
	case BANYAN__AGENT_MSG__BODY_CHALLENGE:
		ret->kind = AG_MSG_CHALLENGE;
		return 0;
	case BANYAN__AGENT_MSG__BODY_ACCEPT:
		ret->kind = AG_MSG_ACCEPT;
		ret->session = m->accept->session;
		return 0;
	case BANYAN__AGENT_MSG__BODY_REPORT_ACK:
		ret->kind = AG_MSG_REPORT_ACK;
		ret->revision = m->report_ack->revision;
		return 0;
	case BANYAN__AGENT_MSG__BODY_COMMAND:
		ret->kind = AG_MSG_COMMAND;
		return cmd_from(m->command, &ret->cmd, err);
	case BANYAN__AGENT_MSG__BODY_HEARTBEAT:
		ret->kind = AG_MSG_HEARTBEAT;
		return 0;
	case BANYAN__AGENT_MSG__BODY_AGENT_HELLO:
	case BANYAN__AGENT_MSG__BODY_ANSWER:
	case BANYAN__AGENT_MSG__BODY_REPORT:
	case BANYAN__AGENT_MSG__BODY_SYNC_BEGIN:
	case BANYAN__AGENT_MSG__BODY_SYNC_END:
	case BANYAN__AGENT_MSG__BODY_ACK:
	case BANYAN__AGENT_MSG__BODY_GOODBYE:
		return mr_err_set(err, -EINVAL, MR_REASON_INVALID,
				  "body %d is an agent's to say", (int)m->body_case);
	default:
		return mr_err_set(err, -ENOTSUP, MR_REASON_UNSUPPORTED,
				  "this agent does not know the body of that message");
	}
}

int ag_msg_get(const uint8_t *data, size_t len, struct ag_msg *ret, struct mr_err *err)
{
	Banyan__AgentMsg *m = banyan__agent_msg__unpack(NULL, len, data);
	int rc;

	*ret = (struct ag_msg){0};
	if (!m)
		return mr_err_set(err, -EINVAL, MR_REASON_INVALID, "frame is no AgentMsg");
	ret->id = m->id;
	ret->reply_to = m->reply_to;
	rc = body_from(m, ret, err);
	banyan__agent_msg__free_unpacked(m, NULL);
	return rc;
}
