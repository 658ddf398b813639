/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tests' chassis: does what op.h promises, refuses what hardware would refuse, and asserts
 * what must never be asked of it (I1, I4, I5).
 */
#ifndef TESTS_UNIT_FM_ENGINE_WORLD_CHASSIS_H
#define TESTS_UNIT_FM_ENGINE_WORLD_CHASSIS_H

#include "tests/unit/fm_engine/world_base.h"

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

/* What a function's next owner gets is nobody else's frames. */
static inline void w_check_copies(struct world *w, const struct fm_op *op)
{
	const struct fm_adapter *a = w_ad(w, op->fn.port);

	for (unsigned v = 0; op->place.way != FM_WAY_DEVICE && v < a->vfs; v++)
		ck_assert_msg(
			a->fn[v].attrs.mirror != op->fn.vf + 1 ||
				(!a->fn[v].owner_vh && a->fn[v].row_bridge == FM_NO_BRIDGE),
			"reset of a function that gets copies: %s", mr_buf_text(&w->ops));
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
		w_check_copies(w, op);
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
		if (f->gate_open) {
			f->attrs = op->attrs;
			w_check_identity(w, f);
		} else { /* its filters go with it */
			f->attrs.ident0 = f->attrs.ident1 = 0;
		}
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
		for (unsigned v = 0; a->pf[0].numvfs && v < a->vfs; v++)
			ck_assert_msg(
				(!a->fn[v].owner_vh && a->fn[v].row_bridge == FM_NO_BRIDGE) ||
					a->pf[0].numvfs == op->value,
				"VF Enable is cleared while a function is mapped");
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
		if (op->owner_epoch <= w->c.owner_epoch)
			return w_refuse(r, MR_REASON_STALE_OWNER, "not a newer epoch");
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

#endif
