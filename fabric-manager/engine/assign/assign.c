// SPDX-License-Identifier: Apache-2.0
/*
 * The state machine of one assignment: works through the rows of table.c. Steps that do
 * not apply are passed over.
 */
#include "fabric-manager/engine/assign/assign.h"

#include "common/mutant.h"
#include "fabric-manager/engine/assign/data.h"
#include "fabric-manager/engine/assign/join.h"
#include "fabric-manager/engine/assign/mirror.h"
#include "fabric-manager/engine/assign/provision.h"
#include "fabric-manager/engine/assign/quarantine.h"
#include "fabric-manager/engine/assign/switchover.h"
#include "fabric-manager/engine/assign/table.h"
#include "fabric-manager/engine/chassis/attach.h"
#include "fabric-manager/engine/chassis/chassis.h"
#include "fabric-manager/engine/chassis/tomb.h"
#include "fabric-manager/engine/state/asgs.h"
#include "fabric-manager/engine/state/card.h"
#include "fabric-manager/engine/state/locks.h"
#include "fabric-manager/engine/state/measure.h"
#include "fabric-manager/engine/state/news.h"
#include "fabric-manager/engine/state/ops.h"
#include "fabric-manager/engine/state/out.h"
#include "fabric-manager/engine/state/outofuse.h"
#include "fabric-manager/engine/state/pair.h"
#include "fabric-manager/engine/state/pkeys.h"
#include "fabric-manager/engine/state/seen.h"
#include "fabric-manager/engine/state/soon.h"
#include "fabric-manager/engine/state/timers.h"

#define ANSWER_NS (5 * MR_NS_PER_S) /* what an answer may take beyond the agent's deadline */

#define P(x) FM_PHASE_##x

static void pause_until(struct fm_engine *e, struct fm_asg *a, int64_t when)
{
	a->until = when;
	fm_timer_set(e, FM_TM_ASG, a->a.id, when);
}

/* Whether its release ends where it began: on the same function, for the same profile. */
static bool comes_back(const struct fm_engine *e, const struct fm_asg *a)
{
	const struct fm_target *t = &a->next;

	return t->set && fm_fn_eq(t->fn, a->a.fn) &&
	       (t->place.way == FM_WAY_LVF ||
		!fm_tomb_at(e, t->chassis, t->place.port, t->place.bridge));
}

/* onRelease: device memory is kept for nobody else, and cleared wherever the device can. */
static enum fm_release release_of(struct fm_engine *e, struct fm_asg *a)
{
	a->retained = a->retain && a->step == FM_STEP_RESET_OUT && comes_back(e, a);
	return a->retained ? FM_RELEASE_RETAIN : FM_RELEASE_RESET;
}

static void send_op(struct fm_engine *e, struct fm_asg *a, enum fm_op_kind kind)
{
	struct fm_op op = {.kind = kind, .chassis = a->a.fn.chassis};

	op.fn = a->a.fn;
	op.place = a->a.place;
	op.cookie = fm_asg_cookie(a);
	op.attrs = a->step == FM_STEP_SET_ATTRS ? a->want : a->a.attrs;
	op.value = kind == FM_OP_RESET ? release_of(e, a) : kind == FM_OP_TOMBSTONE;
	op.forced = kind == FM_OP_BLOCK && !a->consent;
	if (kind == FM_OP_GATE_OPEN)
		a->shut = false;
	a->tag = a->last_tag = fm_op_send(e, &op, FM_TAG_ASG, a->a.id, 0);
}

static void send_cmd(struct fm_engine *e, struct fm_asg *a, struct fm_session *s,
		     enum fm_agent_verb verb)
{
	struct fm_agent_cmd c = {.verb = verb, .assignment = a->a.id, .epoch = a->a.epoch};
	struct mr_buf notes = {0};
	int64_t left = FM_ACTIVATE_NS;

	if (verb != FM_AGENT_ACTIVATE && a->drain_until != MR_NEVER)
		left = a->drain_until - e->now.mono_ns;
	if (left < MR_NS_PER_S)
		left = MR_NS_PER_S;
	c.deadline_ns = left;
	c.place = a->a.place;
	c.force = a->drain == FM_DRAIN_FORCE;
	c.ident0 = verb == FM_AGENT_ACTIVATE ? a->a.attrs.ident0 : 0;
	memcpy(c.driver, a->a.driver, sizeof(c.driver));
	c.driver[sizeof(c.driver) - 1] = 0;
	mr_buf_printf(&notes, "profile=%s\ndevice=%s\n%s", a->a.profile, a->a.device,
		      a->notes ? a->notes : "");
	c.notes = mr_buf_text(&notes);
	a->tag = a->last_tag = fm_cmd_send(e, s, &c, FM_TAG_ASG, a->a.id, 0);
	mr_buf_done(&notes);
	if (MR_MUTANT(DEADLINE_FORGOTTEN))
		return;
	pause_until(e, a, e->now.mono_ns + left + ANSWER_NS);
}

/* Before a cut without the host's consent the tombstone is durable (HANDOVER 6). */
static void before_block(struct fm_engine *e, struct fm_asg *a)
{
	a->cut = true;
	a->consent = a->consent || fm_step_host_let_go(e, a);
	if (!a->consent && fm_step_leads_there(e, a)) {
		a->a.forced = true;
		fm_tomb_add(e, a);
	}
	fm_asg_dirty(e, a);
	e->intent = true;
}

static void out_done(struct fm_engine *e, struct fm_asg *a)
{
	struct fm_session *s = a->consent ? NULL : fm_step_agent(e, a);

	if (s && s->synced)
		fm_tomb_ask(e, s);
	a->step = FM_STEP_NONE;
	a->tries = 0;
	a->cut = a->retracts = a->bound = a->fence_bad = false;
	fm_measure_out(e, a);
	fm_asg_unindex(e, a);
	fm_unlock_fn(e, a);
	fm_card_leave(e, a);
	a->a.has_fn = false;
	if (a->a.place.way == FM_WAY_LVF)
		fm_attach_leave(e, a->a.chassis, a->a.place.port, a->a.fn.port);
	a->a.going = a->a.forced = false;
	a->a.bdf[0] = 0;
	e->intent = true;
	if (a->unwanted) {
		fm_unlock_idents(e, a);
		fm_asg_why(e, a, MR_REASON_OK, "%s", "");
		fm_asg_phase(e, a, P(RELEASED), 0);
		fm_asg_drop(e, a);
	} else {
		fm_asg_give(e, a);
	}
	fm_plan_soon(e, 20 * MR_NS_PER_MS); /* for what it left */
}

static void finish_out(struct fm_engine *e, struct fm_asg *a)
{
	out_done(e, a);
	fm_prov_released(e);
	fm_data_detached(e);
	fm_mirror_moved(e);
}

static void finish_in(struct fm_engine *e, struct fm_asg *a)
{
	if (fm_step_unbound(e, a)) { /* its host lost it meanwhile */
		a->step = FM_STEP_ACTIVATE;
		fm_asg_poke(e, a);
		return;
	}
	if (!fm_pair_may_open(e, a)) {
		fm_switchover_rest(e, a);
		return;
	}
	a->step = FM_STEP_NONE;
	a->tries = a->fails = 0;
	fm_asg_unrefuse(e, a);
	a->a.owed = false;
	fm_asg_why(e, a, MR_REASON_OK, "%s", "");
	fm_asg_phase(e, a, P(ACTIVE), 0);
	fm_asg_dirty(e, a);
	e->arrived = true;
	fm_mirror_moved(e);
}

static void finish_back(struct fm_engine *e, struct fm_asg *a)
{
	a->step = FM_STEP_NONE;
	a->retracts = a->consent = a->unwanted = a->keeps_idents = false;
	a->a.going = a->a.forced = a->a.owed = a->next.set = false;
	a->drain_until = MR_NEVER;
	a->a.paused = e->some_paused = true; /* an operator tries again, the plan does not */
	fm_plan_soon(e, 20 * MR_NS_PER_MS);  /* others may have waited for it to go */
	if (fm_pair_may_open(e, a))
		fm_asg_phase_to(e, a, P(ACTIVE));
	else
		fm_switchover_rest(e, a);
	fm_asg_dirty(e, a);
	fm_prov_refused(e, a);
	e->arrived = true;
	fm_mirror_moved(e);
}

/* A bookkeeping step: true when the next one follows at once. */
static bool book(struct fm_engine *e, struct fm_asg *a)
{
	switch (a->step) {
	case FM_STEP_PROVISION:
	case FM_STEP_ATTACH:
	case FM_STEP_ENABLE:
	case FM_STEP_DATA:
		return fm_asg_shared_ready(e, a);
	case FM_STEP_OUT_DONE:
		if (a->retained && !comes_back(e, a)) { /* it goes elsewhere by now */
			a->step = FM_STEP_RESET_OUT;
			fm_asg_poke(e, a);
			return false;
		}
		finish_out(e, a);
		return false;
	case FM_STEP_IN_DONE:
		finish_in(e, a);
		return false;
	case FM_STEP_BACK_DONE:
		finish_back(e, a);
		return false;
	default:
		return false;
	}
}

static void failed(struct fm_engine *e, struct fm_asg *a);

/* Does one step; true when the next one follows at once. */
static bool step_once(struct fm_engine *e, struct fm_asg *a)
{
	const struct fm_step_row *r = &fm_steps[a->step];
	struct fm_session *s;

	if (r->wanted && !r->wanted(e, a)) {
		a->step = fm_step_next(a->step);
		return true;
	}
	if (!r->alone && fm_seen_mute(e, a->a.fn)) {
		fm_asg_await(e, a);
		return false;
	}
	fm_asg_phase_to(e, a, r->phase);
	if (r->op < 0 && r->verb < 0) {
		enum fm_step next = fm_step_next(a->step);

		if (!book(e, a))
			return false;
		a->step = next;
		return true;
	}
	if (r->op == FM_OP_RESET && !fm_asg_shared_ready(e, a))
		return false;
	if (r->op >= 0) {
		if (r->op == FM_OP_BLOCK)
			before_block(e, a);
		send_op(e, a, (enum fm_op_kind)r->op);
		return false;
	}
	s = fm_step_agent(e, a);
	if (!s || !s->synced) {
		fm_asg_why(e, a, MR_REASON_TIMEOUT, "waiting for the agent of %s", a->a.host);
		if (a->drain_until != MR_NEVER && e->now.mono_ns >= a->drain_until) {
			failed(e, a);
			return false;
		}
		pause_until(e, a, a->drain_until);
		fm_asg_wait(e, a);
		return false;
	}
	if (r->verb == FM_AGENT_ACTIVATE && !fm_asg_shared_ready(e, a))
		return false;
	send_cmd(e, a, s, (enum fm_agent_verb)r->verb);
	return false;
}

static void run(struct fm_engine *e, struct fm_asg *a)
{
	if (a->tag || a->until != MR_NEVER || (a->step == FM_STEP_NONE && !a->resume))
		return;
	if (!fm_ch_ready(e, a->a.fn.chassis)) {
		fm_asg_wait(e, a);
		return;
	}
	if (a->resume) {
		a->resume = false;
		fm_asg_resume(e, a);
		return;
	}
	while (step_once(e, a))
		;
}

/* Works off what the step touched. */
void fm_asg_run(struct fm_engine *e)
{
	for (e->todo_at = 0; e->todo_at < e->todos; e->todo_at++) {
		struct fm_asg *a = e->todo[e->todo_at];

		if (!a)
			continue;
		a->queued = false;
		e->todo[e->todo_at] = NULL;
		run(e, a);
	}
	e->todos = e->todo_at = 0;
}

/* The next step, with a new count of tries. */
static void advance(struct fm_engine *e, struct fm_asg *a, uint64_t tag)
{
	const struct fm_step_row *r = &fm_steps[a->step];

	if (a->step == a->tried) /* steps before it are done once more on the way there */
		a->tries = 0;
	if (a->step == a->shown && a->a.reason != MR_REASON_OK)
		fm_asg_why(e, a, MR_REASON_OK, "%s", ""); /* it was so, and is no more */
	a->until = MR_NEVER;
	if (r->done != FM_SAME) {
		a->last_tag = tag;
		fm_asg_phase_to(e, a, r->done);
	}
	a->step = fm_step_next(a->step);
	fm_asg_poke(e, a);
}

static void give_up_out(struct fm_engine *e, struct fm_asg *a)
{
	a->tries = 0;
	a->until = MR_NEVER;
	if (a->drain == FM_DRAIN_REQUEST && !a->a.forced) {
		a->step = FM_STEP_BACK_RETRACT;
	} else { /* the cut needs no consent */
		a->a.forced = true;
		a->step = a->step == FM_STEP_QUIESCE ? FM_STEP_CUT : FM_STEP_BLOCK;
	}
	fm_asg_poke(e, a);
}

static void alarm(struct fm_engine *e, struct fm_asg *a)
{
	char name[FM_ASSIGNMENT_TEXT], detail[FM_DETAIL_MAX];

	memcpy(detail, a->a.detail, sizeof(detail));
	if (!a->fence_bad)
		fm_note(e, a->a.reason, fm_assignment_text(&a->a, name),
			"alarm: Fenced=false: the cut is not confirmed: %s", detail);
	a->alarms = a->fence_bad ? a->alarms + 1 : 0;
	a->fence_bad = true;
	fm_asg_dirty(e, a);
	pause_until(e, a, e->now.mono_ns + fm_pause_ns(a->alarms));
}

/* What follows when a step failed for good. */
static void failed(struct fm_engine *e, struct fm_asg *a)
{
	switch (fm_steps[a->step].fail) {
	case FM_ON_BACK:
		if (a->step == FM_STEP_GATE_CLOSE && (a->a.forced || a->cut))
			alarm(e, a); /* identities may still be seen: hold */
		else
			give_up_out(e, a);
		break;
	case FM_ON_HOLD:
		if (a->step == FM_STEP_BACK_RETRACT) { /* the host let go first: go on */
			a->consent = true;
			a->step = FM_STEP_BLOCK;
			fm_asg_poke(e, a);
			break;
		}
		if (!fm_quarantine_unfenced(e, a))
			alarm(e, a);
		break;
	case FM_ON_QUARANTINE:
		if (MR_MUTANT(QUARANTINE_SKIPPED)) {
			advance(e, a, a->last_tag);
			break;
		}
		if (fm_step_is_there(e, a)) {
			if (a->step == FM_STEP_CONFIGURE)
				fm_refusing_note(e, a);
			fm_quarantine_asg(e, a, a->a.detail);
			break;
		}
		a->a.going = true;
		a->step = FM_STEP_OUT_DONE;
		fm_asg_poke(e, a);
		break;
	case FM_ON_PEND:
		a->a.paused = e->some_paused = true;
		fm_asg_turn_back(e, a);
		break;
	case FM_ON_FAIL:
		fm_asg_fail(e, a, P(FAILED));
		break;
	case FM_ON_DEGRADE:
		fm_asg_fail(e, a, P(DEGRADED));
		break;
	case FM_ON_PASS:
		if (a->step == FM_STEP_READ_BACK) {
			a->resume = true;
			fm_ch_observe(e, a->a.fn.chassis);
			pause_until(e, a, e->now.mono_ns + fm_pause_ns(FM_TRIES_MAX));
			break;
		}
		advance(e, a, a->last_tag);
		break;
	}
}

/* One more failure: a pause and another look, or what a failure for good means. */
static void try_again(struct fm_engine *e, struct fm_asg *a)
{
	a->tried = a->step;
	if (++a->tries >= FM_TRIES_MAX) {
		a->tries = 0;
		failed(e, a);
		return;
	}
	a->resume = fm_steps[a->step].op >= 0 && a->step != FM_STEP_READ_BACK &&
		    a->step != FM_STEP_SET_ATTRS && a->step != FM_STEP_BACK_RETRACT &&
		    a->step != FM_STEP_BACK_OPEN && a->step != FM_STEP_BACK_SET &&
		    a->step != FM_STEP_GATE_CLOSE && a->step != FM_STEP_REQUEST_OUT;
	pause_until(e, a, e->now.mono_ns + fm_pause_ns(a->tries - 1));
}

/* The host said no, and has until 'drain_until': it is asked again, however often. */
static void ask_again(struct fm_engine *e, struct fm_asg *a)
{
	int64_t pause = fm_pause_ns(a->tried == a->step ? a->tries : 0);

	a->tries = a->tried == a->step ? a->tries + 1 : 1;
	a->tried = a->step;
	pause_until(e, a, fm_min64(e->now.mono_ns + pause, a->drain_until));
}

/* What the hardware chose or now shows, taken over by the assignment. */
static void take(struct fm_engine *e, struct fm_asg *a, const struct fm_op_result *r)
{
	struct fm_bridge *b = fm_asg_bridge(e, a);

	fm_pair_gate_read(a, r);
	if (a->step == FM_STEP_BLOCK && !a->consent && fm_step_leads_there(e, a)) {
		fm_tomb_add(e, a); /* the host was reset since it gave it back */
		e->intent = true;
	}
	if (a->step == FM_STEP_MAP && r->place.way == a->a.place.way) {
		fm_asg_unindex(e, a);
		a->a.place = r->place;
		fm_asg_index(e, a);
	}
	if (a->step == FM_STEP_READ_BACK)
		fm_asg_slot(e, a);
	if (a->step == FM_STEP_UNMAP && r->has_bridge)
		fm_tomb_unmapped(e, a, &r->bridge);
	if (a->step == FM_STEP_TOMBSTONE && a->a.place.way != FM_WAY_LVF && b)
		b->tombstone = true;
	fm_news_port(e, a->a.chassis, a->a.place.port);
	if (a->step == FM_STEP_REQUEST_OUT)
		a->retracts = true;
	if (a->step == FM_STEP_BACK_RETRACT)
		a->retracts = false;
	if (a->step == FM_STEP_SET_ATTRS) {
		if (a->want.min_mbps < a->a.attrs.min_mbps)
			fm_plan_soon(e, 20 * MR_NS_PER_MS); /* for the difference */
		a->a.attrs = a->want;
		fm_asg_unrefuse(e, a);
		fm_pkeys_settle(e, a);
		if (a->a.phase == P(DEGRADED))
			fm_switchover_content(e, a);
		fm_asg_dirty(e, a);
		fm_mirror_moved(e);
	}
}

/* Whether only the row was cut: the function behind it did not answer. */
static bool half_cut(const struct fm_engine *e, const struct fm_asg *a,
		     const struct fm_op_result *r)
{
	return a->a.place.way == FM_WAY_SYNTHETIC && !r->has_fn && fm_step_is_there(e, a);
}

/* The end of the operation that 'a' waited for. */
void fm_asg_result(struct fm_engine *e, struct fm_asg *a, uint64_t tag,
		   const struct fm_op_result *r)
{
	if (a->tag != tag)
		return;
	a->tag = 0;
	if (r->end == FM_OP_LOST) {
		fm_asg_lost(e, a, r->reason ? r->reason : MR_REASON_TIMEOUT, r->detail);
		return;
	}
	if (r->end == FM_OP_DONE) {
		if (a->step == FM_STEP_BLOCK && half_cut(e, a, r)) {
			fm_asg_no_answer(e, a, MR_REASON_UNREACHABLE);
			return;
		}
		if (a->step == FM_STEP_CONFIGURE)
			fm_refusing_end(e, a->a.fn.chassis, a->a.fn.port);
		take(e, a, r);
		if (a->step == FM_STEP_READ_BACK || (a->resume && a->a.going && !a->cut)) {
			a->resume = true;
			a->until = MR_NEVER;
			fm_asg_poke(e, a);
			return;
		}
		advance(e, a, tag);
		return;
	}
	fm_asg_why(e, a, r->reason, "%s: %s", fm_steps[a->step].name,
		   r->detail[0] ? r->detail : mr_reason_text(r->reason));
	if (r->reason == MR_REASON_DEVICE_GONE || r->reason == MR_REASON_UNREACHABLE)
		fm_asg_no_answer(e, a, r->reason);
	else
		try_again(e, a);
}

/* What was under way is not known to have happened: look, when the chassis is there again. */
void fm_asg_lost(struct fm_engine *e, struct fm_asg *a, enum mr_reason reason, const char *why)
{
	a->tag = 0;
	a->until = MR_NEVER;
	if (fm_steps[a->step].verb >= 0) { /* the session is gone: ask again in the next one */
		if (a->a.going && !a->cut && a->drain != FM_DRAIN_REQUEST)
			a->a.forced = true;
		fm_asg_why(e, a, reason, "%s", why);
		fm_asg_poke(e, a);
		return;
	}
	a->resume = true;
	a->blind = e->next_op;
	fm_asg_why(e, a, reason, "%s: %s", fm_steps[a->step].name, why);
	fm_asg_poke(e, a);
}

static void acked(struct fm_engine *e, struct fm_asg *a, const struct fm_agent_ack *ack)
{
	if (a->step == FM_STEP_QUIESCE)
		a->bound = false;
	if (a->step == FM_STEP_GIVE_BACK)
		a->consent = true;
	if (a->step == FM_STEP_ACTIVATE || a->step == FM_STEP_BACK_ACTIVATE) {
		a->bound = true;
		if (ack->has_fn)
			mr_pci_text(ack->fn.domain, ack->fn.rid, a->a.bdf);
	}
	advance(e, a, ack->op);
}

/* The agent's answer: an ack goes on, a nack gives up or tries again as the drain policy
 * says. */
void fm_asg_ack(struct fm_engine *e, struct fm_asg *a, uint64_t tag,
		const struct fm_agent_ack *ack)
{
	if (a->tag != tag)
		return;
	a->tag = 0;
	a->until = MR_NEVER;
	if (ack->reason == MR_REASON_OK) {
		acked(e, a, ack);
		return;
	}
	if (a->step == FM_STEP_QUIESCE && ack->reason != MR_REASON_BUSY)
		a->bound = false; /* it may let go yet: way back, it is asked to bind again */
	fm_asg_why(e, a, ack->reason, "%s on %s: %s%s%s", fm_steps[a->step].name, a->a.host,
		   ack->detail[0] ? ack->detail : mr_reason_text(ack->reason),
		   ack->who[0] ? ", by " : "", ack->who);
	if (fm_steps[a->step].fail == FM_ON_BACK && e->now.mono_ns >= a->drain_until) {
		failed(e, a);
		return;
	}
	if (a->step == FM_STEP_QUIESCE && ack->reason == MR_REASON_BUSY &&
	    a->drain == FM_DRAIN_REQUEST) {
		failed(e, a);
		return;
	}
	if (fm_steps[a->step].fail == FM_ON_BACK && a->drain_until != MR_NEVER)
		ask_again(e, a);
	else
		try_again(e, a);
}

/* A pause ended, or the agent did not answer in time. */
void fm_asg_timer(struct fm_engine *e, struct fm_asg *a)
{
	if (a->until == MR_NEVER || a->until > e->now.mono_ns)
		return;
	a->until = MR_NEVER;
	if (a->tag && fm_steps[a->step].verb >= 0) {
		fm_inflight_del(e, a->tag);
		a->tag = 0;
		fm_asg_why(e, a, MR_REASON_TIMEOUT, "%s: no answer from the agent of %s",
			   fm_steps[a->step].name, a->a.host);
		if (a->step == FM_STEP_QUIESCE)
			a->bound = false;
		failed(e, a);
		return;
	}
	if (a->resume && fm_ch_ready(e, a->a.fn.chassis) && a->step != FM_STEP_READ_BACK &&
	    !a->tag && fm_fn_get(&e->inv, a->a.fn)) {
		a->resume = false;
		a->step = FM_STEP_READ_BACK;
	}
	fm_asg_poke(e, a);
}
