// SPDX-License-Identifier: Apache-2.0
/*
 * The ways that an assignment is sent on: given a function, released, updated, left pending;
 * and how its step is found again from what the hardware shows (after a restart, a lost answer,
 * or another look at the chassis).
 */
#include "common/mutant.h"
#include "fabric-manager/engine/assign/assign.h"
#include "fabric-manager/engine/assign/table.h"
#include "fabric-manager/engine/chassis/attach.h"
#include "fabric-manager/engine/chassis/chassis.h"
#include "fabric-manager/engine/chassis/tomb.h"
#include "fabric-manager/engine/state/asgs.h"
#include "fabric-manager/engine/state/card.h"
#include "fabric-manager/engine/state/locks.h"
#include "fabric-manager/engine/state/ops.h"
#include "fabric-manager/engine/state/seen.h"
#include "fabric-manager/engine/state/soon.h"
#include "fabric-manager/engine/state/timers.h"
#include "fabric-manager/model/drift.h"

#define P(x) FM_PHASE_##x

#define CALM_NS (120 * MR_NS_PER_S) /* what was set up again so long ago stood */

static void start(struct fm_engine *e, struct fm_asg *a, enum fm_step s)
{
	a->step = s;
	a->resume = false;
	fm_asg_poke(e, a);
}

/* Waits for the planner; what it holds is nothing but identities. */
static void pend(struct fm_engine *e, struct fm_asg *a, enum mr_reason r, const char *why)
{
	a->step = FM_STEP_NONE;
	a->a.has_fn = false;
	a->next.set = false;
	fm_asg_why(e, a, r, "%s", why);
	fm_asg_phase(e, a, P(PENDING), 0);
	fm_asg_dirty(e, a);
}

bool fm_asg_in_use(const struct fm_engine *e, const struct fm_asg *a)
{
	return a->a.phase == P(ACTIVE) ||
	       (a->a.phase == P(DEGRADED) && a->refused && !fm_step_unbound(e, a));
}

bool fm_asg_refuses(const struct fm_engine *e, const struct fm_asg *a,
		    const struct fm_attrs *want)
{
	return a->refused && a->fail_ns > e->now.mono_ns && fm_attrs_eq(&a->want, want);
}

/* Why, what was asked, and what it has instead. */
static void refused_words(const struct fm_asg *a, struct mr_buf *out)
{
	uint32_t d = fm_attrs_drift(&a->a.attrs, &a->want);
	char asked[FM_DRIFT_TEXT], is[FM_DRIFT_TEXT];

	mr_buf_puts(out, a->a.detail);
	for (unsigned i = 0; i < FM_DRIFT_COUNT; i++) {
		if (!(d >> i & 1))
			continue;
		fm_attrs_drift_text(&a->want, (enum fm_drift)i, asked, sizeof(asked));
		fm_attrs_drift_text(&a->a.attrs, (enum fm_drift)i, is, sizeof(is));
		mr_buf_printf(out, "; %s %s refused, it has %s",
			      fm_drift_name((enum fm_drift)i), asked, is);
	}
}

/* It runs on with what it has, and is Degraded for as long as it is to have the other. A time
 * alone says nothing new to an adapter that answered no. */
static void refuse(struct fm_engine *e, struct fm_asg *a)
{
	struct mr_buf why = {0};

	refused_words(a, &why);
	fm_asg_why(e, a, a->a.reason, "%s", mr_buf_text(&why));
	mr_buf_done(&why);
	a->refused = e->some_refused = true;
	a->fail_ns = MR_NEVER;
	fm_plan_soon(e, 0); /* it may be wanted no more by now */
}

void fm_asg_unrefuse(struct fm_engine *e, struct fm_asg *a)
{
	if (!a->refused)
		return;
	a->refused = false;
	a->fail_ns = 0;
	fm_plan_soon(e, 0);
}

/* It stands in its host, and can't be used: what was tried three times is tried again after a
 * minute, and then after longer and longer, or when there is something new. */
void fm_asg_fail(struct fm_engine *e, struct fm_asg *a, enum fm_phase phase)
{
	if (a->step == FM_STEP_SET_ATTRS) {
		refuse(e, a);
	} else {
		a->refused = false; /* nobody uses it as it is: that comes first */
		a->fail_ns = e->now.mono_ns + fm_retry_pause_ns(a->fails++);
	}
	a->step = FM_STEP_NONE;
	e->some_failed = true;
	if (phase == P(FAILED))
		fm_asg_phase_to(e, a, phase);
	else if (fm_phase_allowed(a->a.phase, phase))
		fm_asg_phase(e, a, phase, 0);
	e->arrived = true;
}

/* Starts the way in to 'next'; without one it waits for the planner. */
void fm_asg_give(struct fm_engine *e, struct fm_asg *a)
{
	struct fm_target *t = &a->next;

	/* A cut without consent left a tombstone where it was to come back. */
	if (t->set && t->place.way != FM_WAY_LVF &&
	    fm_tomb_at(e, t->chassis, t->place.port, t->place.bridge))
		t->set = false;
	if (!t->set || !fm_lock_fn(e, a, t->fn)) {
		pend(e, a, a->a.reason, a->a.detail);
		fm_plan_soon(e, 20 * MR_NS_PER_MS);
		return;
	}
	memcpy(a->a.host, t->host, sizeof(t->host));
	memcpy(a->a.adapter, t->adapter, sizeof(t->adapter));
	memcpy(a->a.driver, t->driver, sizeof(t->driver));
	a->a.chassis = t->chassis;
	a->a.fn = t->fn;
	a->a.place = t->place;
	a->a.attrs = t->attrs;
	a->a.guaranteed_mbps = t->guaranteed_mbps;
	a->a.limit_mbps = t->limit_mbps;
	if (!mr_streq(a->a.partner, t->partner)) { /* else it keeps the role that it has */
		memcpy(a->a.partner, t->partner, sizeof(t->partner));
		a->a.standby = t->partner[0] && t->secondary;
	}
	a->a.has_fn = true;
	fm_card_take(e, a);
	a->shut = a->refused = false;
	a->a.epoch++;
	a->a.foreign = false;
	a->a.going = a->a.forced = false;
	a->a.bdf[0] = 0;
	a->consent = a->cut = a->bound = a->retracts = a->a.paused = false;
	a->drain_until = a->until = MR_NEVER;
	t->set = false;
	fm_asg_index(e, a);
	fm_asg_why(e, a, MR_REASON_OK, "%s", "");
	fm_asg_phase(e, a, P(RESERVED), fm_next_op(e));
	fm_asg_dirty(e, a);
	e->intent = true;
	start(e, a, FM_STEP_PROVISION);
}

/* The row of a function that no host has is taken from it, too, where a MAP was begun: that may
 * take effect later. */
static enum fm_step out_of_free(const struct fm_engine *e, const struct fm_asg *a)
{
	const struct fm_bridge *b = fm_asg_bridge(e, a);
	bool names = a->a.place.way != FM_WAY_LVF && b && b->cookie == fm_asg_cookie(a);

	return names && a->a.phase == P(CONFIGURED) ? FM_STEP_UNMAP : FM_STEP_RESET_OUT;
}

/* On the way in, and not yet in its host: it gives the function back, and waits for the
 * planner. */
void fm_asg_turn_back(struct fm_engine *e, struct fm_asg *a)
{
	if (a->a.paused)
		fm_asgs_retry_later(e);
	a->next.set = false;
	a->a.going = true;
	fm_asg_dirty(e, a);
	start(e, a, out_of_free(e, a));
}

static void release_nothing(struct fm_engine *e, struct fm_asg *a)
{
	if (!a->unwanted) {
		fm_asg_give(e, a);
		return;
	}
	fm_unlock_idents(e, a);
	fm_asg_phase(e, a, P(RELEASED), 0);
	e->intent = true;
	fm_asg_drop(e, a);
}

/*
 * Starts the way out: to 'next' when that is set, to its end when it is unwanted. 'forced': do
 * not ask the host. An operation under way is waited for; a command to the agent is not.
 */
void fm_asg_release(struct fm_engine *e, struct fm_asg *a, bool unwanted, bool forced,
		    const struct fm_drain *drain)
{
	a->unwanted = unwanted;
	a->drain = drain->mode;
	if (!a->a.has_fn) {
		release_nothing(e, a);
		return;
	}
	if (a->a.going && (!forced || a->a.forced || a->cut))
		return;
	a->a.going = true;
	if (MR_MUTANT(FUNCTION_UNLOCKED))
		fm_unlock_fn(e, a);
	if (MR_MUTANT(IDENTITY_UNLOCKED))
		fm_unlock_idents(e, a);
	a->a.paused = false;
	a->drain_until = e->now.mono_ns + drain->timeout_ns;
	if (forced || drain->mode == FM_DRAIN_NONE)
		a->a.forced = true;
	e->intent = true;
	fm_asg_dirty(e, a);
	if (a->tag && fm_inflight_get(e, a->tag) && fm_inflight_get(e, a->tag)->op >= 256) {
		fm_inflight_del(e, a->tag);
		a->tag = 0;
	}
	if (!a->tag)
		a->until = MR_NEVER;
	a->tries = 0;
	a->last_tag = fm_next_op(e);
	a->resume = true;
	fm_asg_poke(e, a);
}

/* Attributes of a running function (class Live). */
void fm_asg_update(struct fm_engine *e, struct fm_asg *a, const struct fm_attrs *want)
{
	a->want = *want;
	if (a->refused)
		a->fail_ns = 0;
	e->intent = true;
	if (a->step != FM_STEP_NONE || a->a.going || !fm_asg_runs(a)) {
		fm_plan_soon(e, MR_NS_PER_S); /* when it came to rest */
		return;
	}
	fm_asg_dirty(e, a);
	start(e, a, FM_STEP_SET_ATTRS);
}

/* Whether it is cut at both ends, as far as it has them. */
static bool cut_whole(const struct fm_engine *e, const struct fm_asg *a)
{
	const struct fm_fn *f = fm_fn_get(&e->inv, a->a.fn);

	return a->a.phase != P(RELEASING) && a->a.place.way != FM_WAY_LVF &&
	       (a->a.place.way == FM_WAY_DEVICE || !f || f->block == 3);
}

/* The books follow what is seen. */
static void raise_to_mapped(struct fm_engine *e, struct fm_asg *a)
{
	if (a->a.phase == P(RESERVED) || a->a.phase == P(RESETTING))
		fm_asg_phase(e, a, P(CONFIGURED), 0);
	if (a->a.phase == P(CONFIGURED))
		fm_asg_phase(e, a, P(MAPPED), 0);
}

static void resume_out(struct fm_engine *e, struct fm_asg *a)
{
	bool up = a->a.phase == P(CONFIGURED) || a->a.phase == P(RESERVED) ||
		  a->a.phase == P(RESETTING);

	switch (fm_asg_seen(e, a)) {
	case FM_SEEN_MAPPED:
		a->consent = false; /* what the host said was of before */
		raise_to_mapped(e, a);
		if (a->cut || a->a.phase == P(FENCED) || a->a.phase == P(DRAINING_IO))
			start(e, a, FM_STEP_BLOCK);
		else
			start(e, a, a->a.forced ? FM_STEP_CUT : FM_STEP_QUIESCE);
		break;
	case FM_SEEN_BLOCKED:
		if (a->a.phase != P(RESETTING)) /* it may be that of the way out */
			raise_to_mapped(e, a);
		a->cut = true;
		if (fm_step_not_shut(e, a)) /* it was cut before its adapter answered */
			start(e, a, FM_STEP_GATE_CLOSE);
		else
			start(e, a, cut_whole(e, a) ? FM_STEP_DRAIN : FM_STEP_BLOCK);
		break;
	case FM_SEEN_FREE:
		if (!up && !a->consent)
			fm_tomb_lost(e, a);
		start(e, a, up ? out_of_free(e, a) : FM_STEP_TOMBSTONE);
		break;
	case FM_SEEN_MUTE:
		/* Where it is only the row that can't be read, nobody sees the identity there
		 * while it waits. */
		if (!up && a->a.forced && !fm_seen_mute(e, a->a.fn) && fm_step_not_shut(e, a))
			start(e, a, FM_STEP_GATE_CLOSE);
		else
			fm_asg_await(e, a);
		break;
	case FM_SEEN_GONE:
		start(e, a, FM_STEP_OUT_DONE);
		break;
	}
}

/* The standby of an `ha` pair: its gate is to be closed. */
static void resume_standby(struct fm_engine *e, struct fm_asg *a)
{
	if (!a->shut && fm_asg_runs(a)) {
		start(e, a, FM_STEP_STANDBY_CLOSE);
		return;
	}
	if ((a->a.phase == P(MAPPED) && a->bound) ||
	    (a->a.phase == P(DEGRADED) && a->refused && !fm_step_unbound(e, a))) {
		a->step = FM_STEP_NONE;
		return;
	}
	raise_to_mapped(e, a);
	start(e, a, a->bound ? FM_STEP_IN_DONE : FM_STEP_ACTIVATE);
}

/* Mapped, and meant to be: go on where the gate shows. */
static void resume_mapped(struct fm_engine *e, struct fm_asg *a)
{
	const struct fm_fn *f = fm_fn_get(&e->inv, a->a.fn);
	bool open = a->a.place.way == FM_WAY_DEVICE || (f && f->gate_open);

	if (a->a.standby) {
		resume_standby(e, a);
		return;
	}
	if ((fm_asg_in_use(e, a) && open) || (a->a.adopted && !open)) {
		a->step = FM_STEP_NONE; /* nobody knows why the gate of one that was found is
					   closed */
		return;
	}
	if ((a->a.phase == P(FAILED) || (a->a.phase == P(DEGRADED) && !open && !a->refused)) &&
	    a->fail_ns > e->now.mono_ns) {
		a->step = FM_STEP_NONE; /* a reading alone says nothing new */
		return;
	}
	raise_to_mapped(e, a);
	start(e, a, a->bound ? FM_STEP_GATE_OPEN : FM_STEP_ACTIVATE);
}

/* Where it goes after its release is where it is. */
void fm_asg_next_same(struct fm_asg *a)
{
	struct fm_target *t = &a->next;

	memcpy(t->host, a->a.host, sizeof(t->host));
	memcpy(t->adapter, a->a.adapter, sizeof(t->adapter));
	memcpy(t->driver, a->a.driver, sizeof(t->driver));
	t->chassis = a->a.chassis;
	t->fn = a->a.fn;
	t->place = a->a.place;
	t->place.slot = 0;
	t->attrs = a->a.attrs;
	t->attrs.mirror = 0; /* mirror.c */
	t->guaranteed_mbps = a->a.guaranteed_mbps;
	t->limit_mbps = a->a.limit_mbps;
	memcpy(t->partner, a->a.partner, sizeof(t->partner));
	t->set = true;
}

/*
 * Whether what was lost or cut under 'a' is not set up again now, for it was a moment ago: what
 * cuts it each time is not raced. It is looked at again then.
 */
static bool waits_to_redo(struct fm_engine *e, struct fm_asg *a)
{
	if (a->redo_ns <= e->now.mono_ns) {
		bool calm = !a->redo_ns || e->now.mono_ns - a->redo_ns > CALM_NS;

		a->redos = calm ? 0 : a->redos + 1;
		a->redo_ns = e->now.mono_ns + fm_pause_ns(a->redos);
		return false;
	}
	if (fm_asg_runs(a) && fm_phase_allowed(a->a.phase, P(DEGRADED)))
		fm_asg_phase(e, a, P(DEGRADED), 0);
	a->step = FM_STEP_NONE;
	a->resume = true;
	a->until = a->redo_ns;
	fm_timer_set(e, FM_TM_ASG, a->a.id, a->until);
	return true;
}

/* Cut or lost under a running assignment, or found half mapped on the way in: through reset,
 * and in again on the same function. Nobody asked the host, whose kernel may show it. */
static void redo(struct fm_engine *e, struct fm_asg *a, enum fm_step s)
{
	if (waits_to_redo(e, a))
		return;
	if (a->a.phase != P(RESETTING))
		raise_to_mapped(e, a);
	fm_asg_next_same(a);
	a->a.going = a->cut = true;
	a->a.paused = false; /* what its host would not let go is cut */
	fm_asg_dirty(e, a);
	e->intent = true;
	start(e, a, s);
}

static void resume_free(struct fm_engine *e, struct fm_asg *a)
{
	const struct fm_fn *f = fm_fn_get(&e->inv, a->a.fn);

	if (fm_asg_runs(a)) { /* the switch lost it */
		fm_asg_why(e, a, MR_REASON_CONFLICT, "the switch does not show it any more");
		fm_tomb_lost(e, a);
		redo(e, a, FM_STEP_TOMBSTONE);
		return;
	}
	if (a->a.phase == P(CONFIGURED) && f && f->cookie == fm_asg_cookie(a) &&
	    f->block == 3 && fm_attrs_eq(&f->attrs, &a->a.attrs) && fm_attach_stands(e, a))
		start(e, a, FM_STEP_MAP);
	else if (a->a.phase == P(CONFIGURED) && fm_attach_stands(e, a))
		start(e, a, FM_STEP_DATA);
	else
		start(e, a, FM_STEP_PROVISION);
}

/* The row stands as it was, and the function behind it knows nothing of it: its adapter was
 * pulled and inserted. */
static bool is_blank(const struct fm_engine *e, const struct fm_asg *a)
{
	const struct fm_fn *f = fm_fn_get(&e->inv, a->a.fn);

	return a->a.place.way == FM_WAY_SYNTHETIC && f && fm_seen_adapter(e, a->a.fn) &&
	       f->cookie != fm_asg_cookie(a) && !f->gate_open;
}

/* Whether the PF that its host reaches it by is cut: a detach that had been given up was late.
 */
static bool is_behind_cut(const struct fm_engine *e, const struct fm_asg *a)
{
	const struct fm_bridge *b = fm_asg_bridge(e, a);

	return a->a.place.way == FM_WAY_LVF && b && !b->unread && b->state == MR_ROW_BLOCKED;
}

/* A row leads there, and the function takes and sends nothing: a write that cut it came late.
 */
static bool is_cut(const struct fm_engine *e, const struct fm_asg *a)
{
	const struct fm_fn *f = fm_fn_get(&e->inv, a->a.fn);

	return a->a.place.way != FM_WAY_DEVICE && f && fm_seen_adapter(e, a->a.fn) &&
	       !f->unread && (f->block || is_behind_cut(e, a));
}

/* Whether its host can use what is there: it is mapped, as far as the books say so, and the
 * function behind it was set up for it. */
bool fm_asg_usable(const struct fm_engine *e, const struct fm_asg *a)
{
	return fm_asg_seen(e, a) == FM_SEEN_MAPPED && !is_blank(e, a) && !is_cut(e, a);
}

/*
 * Another adapter is where its own was: the way out, without asking the host, whose function is
 * gone. Nothing of the new one was its; where it goes on the planner says.
 */
void fm_asg_lose(struct fm_engine *e, struct fm_asg *a)
{
	fm_asg_why(e, a, MR_REASON_DEVICE_GONE, "another adapter is in the slot of %s",
		   a->a.adapter);
	a->next.set = false;
	a->a.going = a->cut = true;
	a->a.paused = false; /* what it would not let go is gone */
	a->until = MR_NEVER;
	a->resume = true;
	e->intent = true;
	fm_asg_dirty(e, a);
	fm_asg_poke(e, a);
}

/* Nobody can use what its adapter does not answer for, and nobody knows whether a row leads
 * there that can't be read. It stays, and is looked at again after the next reading; where the
 * adapter was away its host has to find it anew. */
static void rest_mute(struct fm_engine *e, struct fm_asg *a)
{
	fm_asg_await(e, a);
	if (!fm_asg_runs(a))
		return;
	a->step = FM_STEP_NONE;
	a->resume = false;
	a->bound = a->bound && !fm_seen_mute(e, a->a.fn);
	if (a->a.phase != P(MAPPED) && fm_phase_allowed(a->a.phase, P(DEGRADED)))
		fm_asg_phase(e, a, P(DEGRADED), 0);
	e->arrived = true;
}

/* Finds the step again from what the hardware shows. */
void fm_asg_resume(struct fm_engine *e, struct fm_asg *a)
{
	if (!a->a.has_fn)
		return;
	if (a->blind > e->ch[a->a.fn.chassis].read_at) {
		a->resume = true;
		fm_ch_observe(e, a->a.fn.chassis);
		fm_asg_wait(e, a);
		return;
	}
	if (a->a.going) {
		resume_out(e, a);
		return;
	}
	if (fm_seen_mute(e, a->a.fn)) {
		rest_mute(e, a);
		return;
	}
	switch (fm_asg_seen(e, a)) {
	case FM_SEEN_MAPPED:
		if (is_blank(e, a) || (MR_MUTANT(REMAPPED_AT_RESTART) && !a->last_tag)) {
			fm_asg_why(e, a, MR_REASON_CONFLICT, "adapter %s was inserted anew",
				   a->a.adapter);
			raise_to_mapped(e, a);
			redo(e, a, FM_STEP_BLOCK);
		} else if (is_cut(e, a)) {
			fm_asg_why(e, a, MR_REASON_CONFLICT, "its function was found cut");
			raise_to_mapped(e, a);
			redo(e, a, fm_step_not_shut(e, a) ? FM_STEP_GATE_CLOSE : FM_STEP_BLOCK);
		} else {
			resume_mapped(e, a);
		}
		break;
	case FM_SEEN_BLOCKED:
		fm_asg_why(e, a, MR_REASON_CONFLICT, "it was found cut");
		redo(e, a, fm_step_not_shut(e, a) ? FM_STEP_GATE_CLOSE : FM_STEP_BLOCK);
		break;
	case FM_SEEN_FREE:
		resume_free(e, a);
		break;
	case FM_SEEN_MUTE:
		rest_mute(e, a);
		break;
	case FM_SEEN_GONE:
		a->step = FM_STEP_NONE;
		fm_asg_why(e, a, MR_REASON_DEVICE_GONE, "adapter %s is gone", a->a.adapter);
		if (fm_phase_allowed(a->a.phase, P(DEGRADED)))
			fm_asg_phase(e, a, P(DEGRADED), 0);
		break;
	}
}
