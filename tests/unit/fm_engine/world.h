/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small world for the engine's tests: a store, a chassis that does what op.h promises, and
 * agents, all in memory and answering at once in the order of the actions. It asserts what must
 * hold of every action: writes carry the owner, a function is mapped once, an identity is
 * behind one open gate, what is mapped has a record. Knobs refuse, lose or hold answers.
 */
#ifndef TESTS_UNIT_FM_ENGINE_WORLD_H
#define TESTS_UNIT_FM_ENGINE_WORLD_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/str.h"
#include "common/tree.h"
#include "common/xalloc.h"
#include "fabric-manager/engine/engine.h"
#include "fabric-manager/model/inventory.h"

#define W_HOSTS	   4
#define W_ADAPTERS 3
#define W_BRIDGES  16
#define W_VFS	   8
#define NIC	   10
#define HBA	   11
#define GPU	   12

struct w_agent {
	bool on;
	uint64_t session;
	char boot[8];
	bool lvf;
	bool busy;    /* nacks quiesce */
	bool silent;  /* answers nothing */
	bool refuses; /* nacks activate */
	bool lies;    /* reads another challenge */
	uint64_t incarnation;
};

struct w_event {
	enum fm_event_kind kind;
	uint64_t n, session;
	struct fm_op_result result;
	struct fm_agent_ack ack;
	struct fm_agent_hello hello;
	struct fm_chassis_event chassis;
	bool fails;
};

struct world {
	struct fm_engine *e;
	struct mr_now now;
	struct fm_chassis c;
	uint64_t challenge[W_HOSTS + 1];
	struct fm_record *rec;
	unsigned recs, cap_recs;
	struct w_event *queue;
	unsigned q_at, q_n, q_cap;
	struct w_agent agent[W_HOSTS + 1]; /* by port */
	uint64_t sessions;
	struct mr_buf ops; /* "configure map gate-open ..." */
	struct mr_buf log; /* all log lines */
	struct mr_buf closed;
	/* knobs */
	int refuse, lose; /* enum fm_op_kind, -1 = none */
	unsigned times;	  /* how often */
	bool store_fails;
	long crash_after; /* actions until everything in flight is forgotten; -1 = never */
	bool crashed;
	/* last reply */
	unsigned replies;
	int exit_code;
	enum mr_reason reason;
	char text[512];
	struct mr_tree *tree;
	char findings[2048];
	bool reply_held;
	unsigned writes; /* to functions and rows */
};

static const char *const w_names[] = {"c1"};

static inline void w_host(struct fm_host *h, unsigned port)
{
	*h = (struct fm_host){.port = (uint16_t)port, .slot = (uint16_t)port, .present = true};
	mr_fmt(h->name, sizeof(h->name), "blade%02u", port);
	h->power = h->link = true;
	h->auth = MR_AUTH_HELD;
	h->boots = 1;
	h->link_mbps = 100000;
	h->bridges = W_BRIDGES;
	h->bridge = mr_xcalloc(W_BRIDGES, sizeof(*h->bridge));
}

static inline void w_adapter(struct fm_adapter *a, const char *name, unsigned port,
			     enum fm_adapter_kind kind, enum mr_class class_)
{
	*a = (struct fm_adapter){.port = (uint16_t)port,
				 .slot = (uint16_t)(port - 9),
				 .present = true,
				 .link = true,
				 .kind = kind,
				 .device_class = class_};
	mr_copy(a->name, sizeof(a->name), name);
	mr_fmt(a->serial, sizeof(a->serial), "S-%u", port);
	a->vendor = 0x15b3;
	a->device = (uint16_t)(0x1000 + port);
	a->link_mbps = 200000;
	a->caps = 31;
	a->rate_step_mbps = 1;
	if (kind == FM_ADAPTER_BASE) {
		a->fn = mr_xcalloc(1, sizeof(*a->fn));
		a->fn->row_bridge = FM_NO_BRIDGE;
		return;
	}
	a->pfs = 1;
	a->vfs = W_VFS;
	if (kind == FM_ADAPTER_MRA) {
		a->vhs = W_HOSTS + 1;
		a->vh_of = mr_xcalloc(a->vhs, sizeof(*a->vh_of));
		for (unsigned i = 1; i < a->vhs; i++)
			a->vh_of[i] = FM_WHOLE;
	}
	a->pf[0].net_mbps = 100000;
	a->pf[0].vf_bar[0].size = 65536;
	a->pf[0].vf_bar[0].flags = MR_BAR_64;
	a->fn = mr_xcalloc(W_VFS, sizeof(*a->fn));
	for (unsigned i = 0; i < W_VFS; i++) {
		a->fn[i].row_bridge = FM_NO_BRIDGE;
		a->fn[i].status = MR_VF_RESET_DONE | MR_VF_DEFAULTS;
	}
}

static inline void w_engine(struct world *w)
{
	struct fm_engine_config cfg = {w_names, 1, 42};

	w->e = fm_engine_new(&cfg);
}

static inline void w_init(struct world *w)
{
	*w = (struct world){.refuse = -1, .lose = -1, .crash_after = -1};
	w->now = (struct mr_now){1000 * MR_NS_PER_S, 1700000000 * MR_NS_PER_S};
	mr_copy(w->c.name, sizeof(w->c.name), "c1");
	mr_copy(w->c.serial, sizeof(w->c.serial), "C1-0001");
	w->c.hosts = W_HOSTS;
	w->c.host = mr_xcalloc(W_HOSTS, sizeof(*w->c.host));
	for (unsigned i = 0; i < W_HOSTS; i++)
		w_host(&w->c.host[i], i + 1);
	w->c.adapters = W_ADAPTERS;
	w->c.adapter = mr_xcalloc(W_ADAPTERS, sizeof(*w->c.adapter));
	w_adapter(&w->c.adapter[0], "nic-left", NIC, FM_ADAPTER_MRA, MR_CLASS_ETHERNET);
	w_adapter(&w->c.adapter[1], "hba", HBA, FM_ADAPTER_SRIOV, MR_CLASS_FC);
	w_adapter(&w->c.adapter[2], "gpu0", GPU, FM_ADAPTER_BASE, MR_CLASS_GPU);
	w_engine(w);
}

static inline void w_done(struct world *w)
{
	fm_engine_free(w->e);
	fm_chassis_done(&w->c);
	for (unsigned i = 0; i < w->recs; i++)
		if (w->rec[i].kind == FM_RECORD_DOCUMENT)
			free(w->rec[i].document.text);
	free(w->rec);
	free(w->queue);
	mr_buf_done(&w->ops);
	mr_buf_done(&w->log);
	mr_buf_done(&w->closed);
	mr_tree_free(w->tree);
}

/* ---- the store */

static inline bool w_same_key(const struct fm_record *a, const struct fm_record *b)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case FM_RECORD_META:
	case FM_RECORD_CURRENT:
		return true;
	case FM_RECORD_DOCUMENT:
		return a->document.version == b->document.version &&
		       mr_streq(a->document.kind, b->document.kind) &&
		       mr_streq(a->document.name, b->document.name);
	case FM_RECORD_ASSIGNMENT:
		return mr_streq(a->assignment.profile, b->assignment.profile) &&
		       mr_streq(a->assignment.device, b->assignment.device) &&
		       a->assignment.index == b->assignment.index;
	case FM_RECORD_IDENT:
		return !mr_ident_cmp(&a->ident.ident, &b->ident.ident);
	case FM_RECORD_FUNCTION:
		return mr_streq(a->function.adapter, b->function.adapter) &&
		       a->function.pf == b->function.pf && a->function.vf == b->function.vf;
	case FM_RECORD_OVERRIDE:
		return mr_streq(a->override.profile, b->override.profile);
	case FM_RECORD_TOMBSTONE:
		return a->tombstone.place.port == b->tombstone.place.port &&
		       a->tombstone.place.bridge == b->tombstone.place.bridge &&
		       a->tombstone.place.slot == b->tombstone.place.slot;
	case FM_RECORD_OPERATION:
		return a->operation.id == b->operation.id;
	case FM_RECORD_EVENT:
		return a->event.seq == b->event.seq;
	case FM_RECORD_CHASSIS:
		return mr_streq(a->chassis.name, b->chassis.name);
	case FM_RECORD_HOST:
		return mr_streq(a->host.name, b->host.name);
	default:
		return false;
	}
}

static inline void w_store_put(struct world *w, const struct fm_record *r)
{
	unsigned i = 0;

	while (i < w->recs && !w_same_key(&w->rec[i], r))
		i++;
	if (i < w->recs && w->rec[i].kind == FM_RECORD_DOCUMENT)
		free(w->rec[i].document.text);
	if (r->erase) {
		if (i < w->recs)
			w->rec[i] = w->rec[--w->recs];
		return;
	}
	if (i == w->recs) {
		MR_GROW(w->rec, w->recs, w->cap_recs);
		w->recs++;
	}
	w->rec[i] = *r;
	if (r->kind == FM_RECORD_DOCUMENT)
		w->rec[i].document.text = mr_xstrdup(r->document.text);
}

static inline unsigned w_count(const struct world *w, enum fm_record_kind kind)
{
	unsigned n = 0;

	for (unsigned i = 0; i < w->recs; i++)
		n += w->rec[i].kind == kind;
	return n;
}

/* I5: what is mapped has a row in the store. */
static inline bool w_stored(const struct world *w, uint64_t cookie)
{
	for (unsigned i = 0; i < w->recs; i++)
		if (w->rec[i].kind == FM_RECORD_ASSIGNMENT &&
		    fm_cookie(&w->rec[i].assignment) == cookie)
			return true;
	return false;
}

/* ---- the chassis */

static inline struct w_event *w_push(struct world *w, enum fm_event_kind kind)
{
	MR_GROW(w->queue, w->q_n, w->q_cap);
	w->queue[w->q_n] = (struct w_event){.kind = kind};
	return &w->queue[w->q_n++];
}

static inline struct fm_adapter *w_ad(struct world *w, unsigned port)
{
	for (unsigned i = 0; i < w->c.adapters; i++)
		if (w->c.adapter[i].port == port)
			return &w->c.adapter[i];
	return NULL;
}

static inline struct fm_fn *w_fn(struct world *w, struct fm_fn_id id)
{
	struct fm_adapter *a = w_ad(w, id.port);

	if (!a || !a->present)
		return NULL;
	if (a->kind == FM_ADAPTER_BASE)
		return a->fn;
	return id.pf < a->pfs && id.vf < a->vfs ? &a->fn[id.vf] : NULL;
}

static inline bool w_refuse(struct fm_op_result *r, enum mr_reason reason, const char *why)
{
	r->end = FM_OP_REFUSED;
	r->reason = reason;
	mr_copy(r->detail, sizeof(r->detail), why);
	return false;
}

static inline unsigned w_lvf_slot(struct world *w, unsigned port, unsigned vh)
{
	struct fm_adapter *a = w_ad(w, port);

	for (unsigned s = 1;; s++) {
		bool used = false;

		for (unsigned v = 0; v < a->vfs; v++)
			used = used || (a->fn[v].owner_vh == vh && a->fn[v].lvf_slot == s);
		if (!used)
			return s;
	}
}

static inline bool w_map(struct world *w, const struct fm_op *op, struct fm_op_result *r,
			 struct fm_fn *f, struct fm_bridge *b)
{
	if (!f || f->owner_vh || f->row_bridge != FM_NO_BRIDGE)
		return w_refuse(r, MR_REASON_CONFLICT, "the function is mapped");
	ck_assert_msg(w_stored(w, op->cookie), "mapped without a stored intent (I5)");
	if (op->place.way == FM_WAY_LVF) {
		f->owner_vh = op->place.port;
		f->lvf_slot = (uint16_t)w_lvf_slot(w, op->fn.port, op->place.port);
		f->state = MR_VF_AVAILABLE;
		r->place.slot = f->lvf_slot;
	} else {
		if (!b || b->state != MR_ROW_FREE || b->tombstone)
			return w_refuse(r, MR_REASON_CONFLICT, "the row is not free");
		b->state = MR_ROW_MAPPED;
		b->cookie = op->cookie;
		b->target = op->place.way == FM_WAY_DEVICE
				    ? MR_TARGET(MR_TARGET_DEVICE, op->fn.port, 0, 0)
				    : MR_TARGET(MR_TARGET_SYNTHETIC, op->fn.port, op->fn.pf,
						op->fn.vf);
		f->row_vs = op->place.port;
		f->row_bridge = op->place.bridge;
	}
	f->block = 0;
	f->cookie = op->cookie;
	f->status &= ~(MR_VF_RESET_DONE | MR_VF_DEFAULTS);
	f->remaps++;
	return true;
}

static inline void w_check_identity(struct world *w, const struct fm_fn *f)
{
	for (unsigned i = 0; i < w->c.adapters; i++) {
		const struct fm_adapter *a = &w->c.adapter[i];

		for (unsigned v = 0; a->kind != FM_ADAPTER_BASE && v < a->vfs; v++)
			ck_assert_msg(&a->fn[v] == f || !a->fn[v].gate_open ||
					      !f->attrs.ident0 ||
					      a->fn[v].attrs.ident0 != f->attrs.ident0,
				      "one identity behind two open gates (I4)");
	}
}

static inline bool w_cut(struct world *w, const struct fm_op *op, struct fm_op_result *r,
			 struct fm_fn *f, struct fm_bridge *b)
{
	bool lvf = op->place.way == FM_WAY_LVF;

	switch (op->kind) {
	case FM_OP_BLOCK:
		if (!lvf && (!b || b->state == MR_ROW_FREE || b->cookie != op->cookie))
			return w_refuse(r, MR_REASON_CONFLICT, "the row is not ours");
		if (!lvf)
			b->state = MR_ROW_BLOCKED;
		else if (f)
			f->state = MR_VF_UNAVAILABLE;
		if (f)
			f->block = 3;
		return true;
	case FM_OP_DRAIN:
		return true;
	case FM_OP_UNMAP:
		if (!lvf) {
			if (!b || b->state != MR_ROW_BLOCKED)
				return w_refuse(r, MR_REASON_CONFLICT,
						"the row is not blocked");
			b->state = MR_ROW_FREE;
			b->target = 0;
		} else if (f) {
			ck_assert(f->state == MR_VF_UNAVAILABLE);
			f->owner_vh = f->lvf_slot = 0;
		}
		if (f)
			f->row_bridge = FM_NO_BRIDGE;
		return true;
	default:
		if (!f)
			return w_refuse(r, MR_REASON_DEVICE_GONE, "no such function");
		ck_assert_msg(!f->owner_vh && f->row_bridge == FM_NO_BRIDGE,
			      "reset of a mapped function: %s\n%s", mr_buf_text(&w->ops),
			      mr_buf_text(&w->log));
		f->attrs = (struct fm_attrs){0};
		f->gate_open = false;
		f->status |= MR_VF_RESET_DONE | MR_VF_DEFAULTS;
		f->resets++;
		return true;
	}
}

static inline bool w_function_op(struct world *w, const struct fm_op *op,
				 struct fm_op_result *r)
{
	struct fm_fn *f = w_fn(w, op->fn);
	struct fm_host *h = op->place.port ? &w->c.host[op->place.port - 1] : NULL;
	struct fm_bridge *b =
		h && op->place.bridge < W_BRIDGES ? &h->bridge[op->place.bridge] : NULL;

	switch (op->kind) {
	case FM_OP_CONFIGURE:
		if (!f)
			return w_refuse(r, MR_REASON_DEVICE_GONE, "no such function");
		if (f->owner_vh || f->row_bridge != FM_NO_BRIDGE)
			return w_refuse(r, MR_REASON_CONFLICT, "the function is mapped");
		if (op->place.way != FM_WAY_DEVICE && !(f->status & MR_VF_RESET_DONE))
			return w_refuse(r, MR_REASON_CONFLICT, "the function is not reset");
		f->attrs = op->attrs;
		f->cookie = op->cookie;
		f->block = 3;
		f->gate_open = false;
		return true;
	case FM_OP_MAP:
		return w_map(w, op, r, f, b);
	case FM_OP_GATE_OPEN:
	case FM_OP_GATE_CLOSE:
		if (!f)
			return w_refuse(r, MR_REASON_DEVICE_GONE, "no such function");
		f->gate_open = op->kind == FM_OP_GATE_OPEN;
		if (f->gate_open)
			w_check_identity(w, f);
		return true;
	case FM_OP_REQUEST_OUT:
		if (f->state != MR_VF_AVAILABLE)
			return w_refuse(r, MR_REASON_CONFLICT, "not available");
		f->state = MR_VF_MIGRATE_OUT;
		return true;
	case FM_OP_RETRACT:
		if (f->state != MR_VF_MIGRATE_OUT)
			return w_refuse(r, MR_REASON_CONFLICT, "already released");
		f->state = MR_VF_AVAILABLE;
		return true;
	case FM_OP_SET_ATTRS:
		f->attrs = op->attrs;
		return true;
	case FM_OP_TOMBSTONE:
		if (b)
			b->tombstone = op->value;
		return true;
	case FM_OP_READ_FN:
		return f ? true : w_refuse(r, MR_REASON_DEVICE_GONE, "no such function");
	default:
		return w_cut(w, op, r, f, b);
	}
}

static inline bool w_chassis_op(struct world *w, const struct fm_op *op, struct fm_op_result *r)
{
	struct fm_adapter *a = w_ad(w, op->fn.port);
	struct fm_host *h = op->place.port ? &w->c.host[op->place.port - 1] : NULL;

	switch (op->kind) {
	case FM_OP_AUTHORISE:
		h->auth = (enum mr_port_auth)op->value;
		return true;
	case FM_OP_CHALLENGE:
		w->challenge[op->place.port] = op->value;
		return true;
	case FM_OP_PROVISION:
		a->pf[0].numvfs = op->value ? (uint16_t)op->value : a->vfs;
		return true;
	case FM_OP_ATTACH_PF:
		if (h->bridge[op->place.bridge].state != MR_ROW_FREE)
			return w_refuse(r, MR_REASON_CONFLICT, "the bridge is in use");
		h->bridge[op->place.bridge].state = MR_ROW_MAPPED;
		h->bridge[op->place.bridge].target =
			MR_TARGET(MR_TARGET_PFS, op->fn.port, 1, 0);
		a->vh_of[op->place.port] = op->place.port;
		return true;
	case FM_OP_DETACH_PF:
		for (unsigned v = 0; v < a->vfs; v++)
			ck_assert_msg(a->fn[v].owner_vh != op->place.port,
				      "detached while it owns functions");
		h->bridge[op->place.bridge].state = MR_ROW_FREE;
		h->bridge[op->place.bridge].target = 0;
		a->vh_of[op->place.port] = FM_WHOLE;
		return true;
	default:
		w->writes += op->kind != FM_OP_READ_FN;
		return w_function_op(w, op, r);
	}
}

static inline bool w_exec(struct world *w, const struct fm_op *op, struct fm_op_result *r)
{
	if (op->kind == FM_OP_OBSERVE) {
		r->observed = MR_NEW(struct fm_chassis);
		fm_chassis_copy(r->observed, &w->c);
		return true;
	}
	if (op->kind == FM_OP_TAKE_OWNER) {
		if (op->owner_epoch != w->c.owner_epoch + 1)
			return w_refuse(r, MR_REASON_STALE_OWNER, "not the next epoch");
		w->c.owner_id = op->owner_id;
		w->c.owner_epoch = op->owner_epoch;
		w->c.generation = op->value;
		return true;
	}
	if (op->kind != FM_OP_READ_FN &&
	    (op->owner_id != w->c.owner_id || op->owner_epoch != w->c.owner_epoch)) {
		r->owner_epoch = w->c.owner_epoch;
		return w_refuse(r, MR_REASON_STALE_OWNER, "not our chassis");
	}
	ck_assert_uint_ge(op->generation + 2, w->c.generation);
	return w_chassis_op(w, op, r);
}

static inline void w_op(struct world *w, const struct fm_op *op)
{
	struct w_event *ev = w_push(w, FM_EV_OP_RESULT);
	struct fm_op_result *r = &ev->result;
	struct fm_fn *f;

	*r = (struct fm_op_result){
		.tag = op->tag, .kind = op->kind, .id = op->fn, .place = op->place};
	mr_buf_printf(&w->ops, "%s ", fm_op_kind_name(op->kind));
	if (w->times && (int)op->kind == w->lose) {
		w->times--;
		r->end = FM_OP_LOST;
		mr_copy(r->detail, sizeof(r->detail), "lost");
		return;
	}
	if (w->times && (int)op->kind == w->refuse) {
		w->times--;
		w_refuse(r, MR_REASON_TIMEOUT, "it was told to");
	} else {
		w_exec(w, op, r);
	}
	f = w_fn(w, op->fn);
	if (f && op->kind > FM_OP_DETACH_PF) {
		r->has_fn = true;
		r->fn = *f;
	}
	if (op->kind > FM_OP_DETACH_PF && op->place.port && op->place.bridge < W_BRIDGES) {
		r->has_bridge = true;
		r->bridge = w->c.host[op->place.port - 1].bridge[op->place.bridge];
	}
}

/* ---- agents */

static inline void w_hello_of(struct world *w, unsigned port, struct fm_agent_hello *h)
{
	const struct w_agent *a = &w->agent[port];

	*h = (struct fm_agent_hello){
		.incarnation = a->incarnation, .roots = 1, .vf_migration = a->lvf};
	mr_fmt(h->host, sizeof(h->host), "blade%02u", port);
	mr_copy(h->boot_id, sizeof(h->boot_id), a->boot);
	mr_copy(h->root[0].chassis_serial, sizeof(h->root[0].chassis_serial), w->c.serial);
	h->root[0].port = h->root[0].vs = (uint16_t)port;
	h->root[0].owner_epoch = w->c.owner_epoch;
	h->root[0].challenge = a->lies ? 1 : w->challenge[port];
}

static inline unsigned w_port_of(const struct world *w, uint64_t session)
{
	for (unsigned p = 1; p <= W_HOSTS; p++)
		if (w->agent[p].on && w->agent[p].session == session)
			return p;
	return 0;
}

/* The host writes Unavailable to the State Array. */
static inline void w_give_back(struct world *w, unsigned port, const struct fm_place *p)
{
	struct fm_adapter *a = &w->c.adapter[0];

	for (unsigned v = 0; p->way == FM_WAY_LVF && v < a->vfs; v++)
		if (a->fn[v].owner_vh == port && a->fn[v].lvf_slot == p->slot) {
			ck_assert_int_eq(a->fn[v].state, MR_VF_MIGRATE_OUT);
			a->fn[v].state = MR_VF_UNAVAILABLE;
		}
}

static inline void w_command(struct world *w, uint64_t session, const struct fm_agent_cmd *c)
{
	unsigned port = w_port_of(w, session);
	struct w_agent *a = &w->agent[port];
	struct w_event *ev;

	mr_buf_printf(&w->ops, "%s! ", fm_agent_verb_name(c->verb));
	if (!port || a->silent)
		return;
	ck_assert_uint_eq(c->owner_epoch, w->c.owner_epoch);
	if (c->verb == FM_AGENT_RELEASE)
		w_give_back(w, port, &c->place);
	ev = w_push(w, FM_EV_AGENT_ACK);
	ev->session = session;
	ev->ack.op = c->op;
	if (c->verb == FM_AGENT_QUIESCE && a->busy && !c->force) {
		ev->ack.reason = MR_REASON_BUSY;
		mr_copy(ev->ack.detail, sizeof(ev->ack.detail), "mounted on /data");
	}
	if (c->verb == FM_AGENT_ACTIVATE && a->refuses)
		ev->ack.reason = MR_REASON_DRIVER_REFUSED;
	if (c->verb == FM_AGENT_ACTIVATE && !a->refuses) {
		ev->ack.has_fn = true;
		ev->ack.fn.place = c->place;
		ev->ack.fn.rid = mr_rid(5, c->place.bridge & 31, 0);
	}
}

/* ---- actions and events */

static inline void w_reply(struct world *w, struct fm_action *a)
{
	struct mr_buf b = {0};

	w->replies++;
	w->exit_code = a->exit_code;
	w->reason = a->reason;
	mr_fmt(w->text, sizeof(w->text), "%s", a->text ? a->text : "");
	mr_tree_free(w->tree);
	w->tree = a->tree;
	a->tree = NULL;
	w->findings[0] = 0;
	if (a->diags) {
		mr_diags_print(a->diags, &b);
		mr_fmt(w->findings, sizeof(w->findings), "%s", mr_buf_text(&b));
		mr_buf_done(&b);
	}
}

static inline void w_action(struct world *w, struct fm_action *a)
{
	struct w_event *ev;
	unsigned port;

	switch (a->kind) {
	case FM_ACT_PERSIST:
		for (unsigned i = 0; !w->store_fails && i < a->changes.n; i++)
			w_store_put(w, &a->changes.item[i]);
		ev = w_push(w, w->store_fails ? FM_EV_COMMIT_FAILED : FM_EV_COMMITTED);
		ev->n = a->n;
		break;
	case FM_ACT_OPERATION:
		w_op(w, &a->op);
		break;
	case FM_ACT_AGENT_CHALLENGE:
		port = w_port_of(w, a->session);
		if (!port || w->agent[port].silent)
			break;
		ev = w_push(w, FM_EV_AGENT_ANSWER);
		ev->session = a->session;
		w_hello_of(w, port, &ev->hello);
		break;
	case FM_ACT_AGENT_ACCEPT:
		ev = w_push(w, FM_EV_AGENT_REPORT);
		ev->session = a->session;
		break;
	case FM_ACT_AGENT_COMMAND:
		w_command(w, a->session, &a->cmd);
		break;
	case FM_ACT_AGENT_CLOSE:
		mr_buf_printf(&w->closed, "%s: %s\n", mr_reason_name(a->reason), a->text);
		break;
	case FM_ACT_REPLY:
		w_reply(w, a);
		break;
	case FM_ACT_LOG:
		mr_buf_printf(&w->log, "%d %s\n", a->level, a->text);
		break;
	case FM_ACT_EVENT:
		break;
	}
}

static inline bool w_dropped(const struct world *w, const struct fm_action *a)
{
	return w->store_fails && a->after_commit;
}

static inline void w_step(struct world *w, const struct fm_event *ev)
{
	struct fm_actions acts = {0};

	if (w->crashed)
		return;
	fm_engine_step(w->e, w->now, ev, &acts);
	for (unsigned i = 0; i < acts.n; i++) {
		if (w->crash_after == 0) {
			w->crashed = true;
			break;
		}
		if (w->crash_after > 0 && acts.item[i].kind != FM_ACT_LOG &&
		    acts.item[i].kind != FM_ACT_EVENT)
			w->crash_after--;
		if (!w_dropped(w, &acts.item[i]))
			w_action(w, &acts.item[i]);
	}
	fm_actions_done(&acts);
}

static inline void w_queued(struct world *w, struct w_event *q)
{
	struct fm_agent_report report = {.revision = 1, .full = true};
	struct fm_event ev = {.kind = q->kind, .n = q->n, .session = q->session};

	ev.result = &q->result;
	ev.ack = &q->ack;
	ev.hello = &q->hello;
	ev.chassis = &q->chassis;
	ev.report = &report;
	ev.detail = "disk full";
	w_step(w, &ev);
	if (q->result.observed) {
		fm_chassis_done(q->result.observed);
		free(q->result.observed);
	}
}

/* Until nothing is left to deliver. */
static inline void w_pump(struct world *w)
{
	unsigned limit = 200000;

	while (w->q_at < w->q_n) {
		struct w_event q = w->queue[w->q_at++];

		w_queued(w, &q);
		ck_assert_msg(limit--, "the engine does not come to rest");
	}
	w->q_at = w->q_n = 0;
}

/* Time passes, timer by timer. */
static inline void w_run(struct world *w, int64_t ns)
{
	int64_t end = w->now.mono_ns + ns;
	struct fm_event ev = {.kind = FM_EV_TIMER};
	unsigned limit = 20000;

	w_pump(w);
	while (!w->crashed && fm_engine_deadline(w->e) <= end) {
		int64_t to = fm_engine_deadline(w->e);

		if (to > w->now.mono_ns) {
			w->now.wall_ns += to - w->now.mono_ns;
			w->now.mono_ns = to;
		}
		w_step(w, &ev);
		w_pump(w);
		ck_assert_msg(limit--, "timers never end");
	}
	w->now.wall_ns += end - w->now.mono_ns;
	w->now.mono_ns = end;
}

static inline void w_settle(struct world *w)
{
	w_run(w, MR_NS_PER_S);
}

static inline void w_chassis(struct world *w, enum fm_chassis_event_kind kind, unsigned port,
			     unsigned bridge, uint64_t value)
{
	struct fm_chassis_event c = {.kind = kind,
				     .port = (uint16_t)port,
				     .bridge = (uint16_t)bridge,
				     .value = value};
	struct fm_event ev = {.kind = FM_EV_CHASSIS, .chassis = &c};

	w_step(w, &ev);
	w_pump(w);
}

/* Store loaded, chassis connected. */
static inline void w_start(struct world *w)
{
	struct fm_event ev = {.kind = FM_EV_STORE_LOADED, .record = w->rec, .records = w->recs};

	w_step(w, &ev);
	w_pump(w);
	w_chassis(w, FM_CE_CONNECTED, 0, 0, 0);
	w_settle(w);
}

/* The manager is gone, with all that it had under way; a new one starts from the store. */
static inline void w_restart(struct world *w)
{
	for (; w->q_at < w->q_n; w->q_at++)
		if (w->queue[w->q_at].result.observed) {
			fm_chassis_done(w->queue[w->q_at].result.observed);
			free(w->queue[w->q_at].result.observed);
		}
	w->q_at = w->q_n = 0;
	fm_engine_free(w->e);
	w->crashed = false;
	w->crash_after = -1;
	w->times = 0;
	w_engine(w);
	mr_buf_reset(&w->ops);
	w_start(w);
}

static inline void w_request(struct world *w, struct fm_request r)
{
	struct fm_event ev = {.kind = FM_EV_REQUEST, .tag = 7, .request = &r};
	unsigned before = w->replies;

	w_step(w, &ev);
	w_settle(w);
	if (!w->crashed)
		ck_assert_uint_eq(w->replies, before + 1);
}

static inline void w_text(struct world *w, enum fm_verb verb, const char *text, bool yes)
{
	struct fm_file f = {"p.yaml", text, strlen(text)};
	struct fm_request r = {.verb = verb, .file = &f, .files = 1, .yes = yes, .who = "eve"};

	w_request(w, r);
}

static inline void w_apply(struct world *w, const char *text)
{
	w_text(w, FM_VERB_APPLY, text, true);
	if (!w->crashed)
		ck_assert_msg(w->exit_code == 0, "apply: %s\n%s", w->text, w->findings);
}

static inline void w_verb(struct world *w, enum fm_verb verb, const char *name,
			  const char *host)
{
	struct fm_request r = {
		.verb = verb, .name = name, .host = host, .yes = true, .who = "eve"};

	w_request(w, r);
}

/* The agent of a host connects. */
static inline void w_agent_up(struct world *w, unsigned port, const char *boot, bool lvf)
{
	struct w_agent *a = &w->agent[port];
	struct fm_agent_hello h;
	struct fm_event ev = {.kind = FM_EV_AGENT_HELLO, .hello = &h};

	a->on = true;
	a->session = ev.session = ++w->sessions;
	a->incarnation++;
	a->lvf = lvf;
	mr_copy(a->boot, sizeof(a->boot), boot);
	w_hello_of(w, port, &h);
	w_step(w, &ev);
	w_settle(w);
}

static inline void w_agent_down(struct world *w, unsigned port, bool goodbye)
{
	struct fm_event ev = {.kind = goodbye ? FM_EV_AGENT_GOODBYE : FM_EV_AGENT_LOST,
			      .session = w->agent[port].session,
			      .detail = "closed"};

	w->agent[port].on = false;
	w_step(w, &ev);
	w_settle(w);
}

static inline const struct fm_assignment *w_asg(const struct world *w, const char *name)
{
	char text[FM_ASSIGNMENT_TEXT];

	for (unsigned i = 0; i < fm_engine_assignments(w->e); i++) {
		const struct fm_assignment *a = fm_engine_assignment(w->e, i);

		if (mr_streq(fm_assignment_text(a, text), name))
			return a;
	}
	return NULL;
}

#define W_PHASE(w, name, want)                                                               \
	do {                                                                                 \
		const struct fm_assignment *a_ = w_asg(w, name);                             \
		ck_assert_msg(a_ != NULL, "no assignment %s\n%s", name,                      \
			      mr_buf_text(&(w)->log));                                       \
		ck_assert_msg(a_->phase == FM_PHASE_##want,                                  \
			      "%s is %s (%s), not " #want "\n%s", name,                      \
			      fm_phase_name(a_->phase), a_->detail, mr_buf_text(&(w)->log)); \
	} while (0)

#define W_OPS(w, want)                                          \
	do {                                                    \
		ck_assert_str_eq(mr_buf_text(&(w)->ops), want); \
		mr_buf_reset(&(w)->ops);                        \
	} while (0)

/* Functions that some host reaches. */
static inline unsigned w_mapped(struct world *w)
{
	unsigned n = 0;

	for (unsigned i = 0; i < w->c.adapters; i++) {
		const struct fm_adapter *a = &w->c.adapter[i];
		unsigned k = a->kind == FM_ADAPTER_BASE ? 1 : a->vfs;

		for (unsigned v = 0; v < k; v++)
			n += a->fn[v].owner_vh || a->fn[v].row_bridge != FM_NO_BRIDGE;
	}
	return n;
}

static inline unsigned w_main(Suite *s)
{
	SRunner *r = srunner_create(s);
	unsigned failed;

	srunner_run_all(r, CK_NORMAL);
	failed = (unsigned)srunner_ntests_failed(r);
	srunner_free(r);
	return failed;
}

#define W_HOSTS_TEXT                                                          \
	"apiVersion: banyan/v1\nkind: Host\nmetadata: {name: blade01}\n---\n" \
	"apiVersion: banyan/v1\nkind: Host\nmetadata: {name: blade02}\n---\n" \
	"apiVersion: banyan/v1\nkind: Host\nmetadata: {name: blade03}\n---\n"
#define W_POOLS_TEXT                                                          \
	"apiVersion: banyan/v1\nkind: AdapterPool\nmetadata: {name: nics}\n"  \
	"spec: {adapterSelector: {class: ethernet}}\n---\n"                   \
	"apiVersion: banyan/v1\nkind: IdentityPool\nmetadata: {name: macs}\n" \
	"spec: {type: mac, ranges: [{start: \"02:25:b5:00:00:00\", end: "     \
	"\"02:25:b5:00:00:ff\"}]}\n---\n"
#define W_PROFILE(name, host)                                                        \
	"apiVersion: banyan/v1\nkind: ServerProfile\nmetadata: {name: " name "}\n"   \
	"spec:\n  host: " host "\n  devices:\n"                                      \
	"    - {name: data0, class: ethernet, pool: nics, qos: {guaranteed: 1Gbit, " \
	"limit: 10Gbit}, identity: {mac: {pool: macs}}}\n"

#endif
