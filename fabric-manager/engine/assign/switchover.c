// SPDX-License-Identifier: Apache-2.0
/*
 * Switch-over of `ha` pairs. The roles change in one transaction of the store; then the gate of
 * the one that was in use is closed and read back, and only then that of the other one opens
 * (fm_pair_may_open). There is no switch-over from a gate that can't be closed (the link of its
 * adapter is down): its identity may still be seen. When that is found on the way, it holds,
 * with an alarm. Roles change back by the operator's verb only, or when the one that is in use
 * now fails in turn.
 */
#include "fabric-manager/engine/assign/switchover.h"

#include "fabric-manager/engine/assign/assign.h"
#include "fabric-manager/engine/assign/table.h"
#include "fabric-manager/engine/state/asgs.h"
#include "fabric-manager/engine/state/out.h"
#include "fabric-manager/engine/state/pair.h"
#include "fabric-manager/engine/state/seen.h"

static bool rests(const struct fm_asg *a)
{
	return !fm_asg_moving(a) && !a->tag && a->until == MR_NEVER;
}

static void start(struct fm_engine *e, struct fm_asg *a, enum fm_step s)
{
	a->step = s;
	a->tries = 0;
	fm_asg_poke(e, a);
}

/* Behind its closed gate, and as it is meant to be. */
static void mapped(struct fm_engine *e, struct fm_asg *a)
{
	if (a->a.phase != FM_PHASE_MAPPED)
		fm_asg_phase_to(e, a, FM_PHASE_ACTIVATING);
	fm_asg_phase_to(e, a, FM_PHASE_MAPPED);
	fm_asg_why(e, a, MR_REASON_OK,
		   a->a.standby ? "standby of %s: its gate is closed"
				: "its gate opens when that of %s is closed",
		   a->a.partner);
}

/* switchover.h */
void fm_switchover_content(struct fm_engine *e, struct fm_asg *a)
{
	if (a->a.standby)
		mapped(e, a);
	else
		fm_asg_phase(e, a, FM_PHASE_ACTIVE, 0);
}

/* The one of an `ha` pair whose gate stays closed, because the other one is in use, or because
 * that one's was not read closed yet. */
void fm_switchover_rest(struct fm_engine *e, struct fm_asg *a)
{
	char name[FM_ASSIGNMENT_TEXT];

	if (!a->shut && fm_steps[FM_STEP_STANDBY_CLOSE].wanted(e, a)) {
		a->step = FM_STEP_STANDBY_CLOSE;
		fm_asg_poke(e, a);
		return;
	}
	a->step = FM_STEP_NONE;
	a->tries = 0;
	a->fence_bad = false;
	fm_asg_unrefuse(e, a); /* it is asked again in its new place */
	mapped(e, a);
	fm_note(e, MR_REASON_OK, fm_assignment_text(&a->a, name), "Mapped: %s", a->a.detail);
	fm_asg_dirty(e, a);
	e->arrived = true;
}

/* The standby 'to' and the other one of its pair change roles. Who is on its way finds its new
 * role at the end of it. */
void fm_switchover(struct fm_engine *e, struct fm_asg *to, const char *why)
{
	struct fm_asg *from = fm_pair_other(e, to);
	char name[FM_ASSIGNMENT_TEXT];

	to->a.standby = false;
	fm_asg_dirty(e, to);
	e->intent = true;
	fm_note(e, MR_REASON_OK, fm_assignment_text(&to->a, name),
		"switch-over from %s to %s: %s", to->a.partner, to->a.device, why);
	if (!from)
		return;
	from->a.standby = true;
	memcpy(from->a.partner, to->a.device, sizeof(to->a.device)); /* it may be new */
	fm_asg_dirty(e, from);
	if (fm_asg_runs(from) && rests(from) && fm_step_is_there(e, from))
		start(e, from, FM_STEP_STANDBY_CLOSE);
}

/* Why the one in use can't be any more, or NULL. */
static const char *failure(const struct fm_engine *e, const struct fm_asg *a)
{
	const struct fm_adapter *d = fm_adapter_by_port(&e->inv, a->a.fn.chassis, a->a.fn.port);

	if (!a->a.has_fn)
		return a->a.phase == FM_PHASE_PENDING && a->a.reason != MR_REASON_OK &&
				       !a->next.set
			       ? "it has no function"
			       : NULL;
	if (!d || !d->present || !d->link)
		return fm_adapter_is_mute(d) ? "its adapter does not answer"
					     : "its adapter is gone";
	if (a->a.phase == FM_PHASE_FAILED)
		return "its function failed";
	return a->a.phase == FM_PHASE_QUARANTINED ? "its function is in quarantine" : NULL;
}

static struct fm_asg *asg_of(const struct fm_engine *e, uint32_t claim)
{
	const struct fm_claim *c = &e->desired->claim[claim];

	return fm_asg_by_name(e, c->profile, c->device, c->index);
}

static void look(struct fm_engine *e, const struct fm_pair *p)
{
	struct fm_asg *a = asg_of(e, p->primary), *b = asg_of(e, p->secondary);
	struct fm_asg *used, *other;
	const char *why;

	if (!a || !b || a->a.standby == b->a.standby)
		return;
	used = a->a.standby ? b : a;
	other = a->a.standby ? a : b;
	why = p->auto_switchover ? failure(e, used) : NULL;
	if (why && fm_pair_ready(e, other) && fm_pair_can_shut(e, used)) {
		fm_switchover(e, other, why);
		used = other;
	}
	if (fm_pair_behind_gate(used) && used->a.has_fn && rests(used) &&
	    fm_pair_may_open(e, used))
		start(e, used, used->bound ? FM_STEP_GATE_OPEN : FM_STEP_ACTIVATE);
}

/* Looks at all pairs: whose one in use failed, and whose gate can be opened by now. */
void fm_switchover_run(struct fm_engine *e)
{
	for (unsigned i = 0; e->desired && e->loaded && i < e->desired->pairs; i++)
		look(e, &e->desired->pair[i]);
}
