/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One plan from start to end, and the planner that lives on between plans: it takes the last
 * plan back, renews what it was told of, and looks at the open claims again.
 */
#include "fabric-manager/plan/plan.h"

#include <stdlib.h>

#include "common/xalloc.h"
#include "fabric-manager/plan/place.h"
#include "fabric-manager/plan/shares.h"

/* Places every claim of in->desired and says what has to change. Never fails; the caller frees
 * with fm_plan_free. */
struct fm_plan *fm_plan_make(const struct fm_plan_input *in)
{
	struct fm_plan *plan = MR_NEW(struct fm_plan);
	struct fm_planner p;

	fm_held_init(&p, in, plan);
	fm_fill(&p);
	fm_shares_set(&p);
	fm_planner_changes(&p);
	fm_held_done(&p);
	return plan;
}

/* Frees 'p' and what it owns; NULL is accepted. */
void fm_plan_free(struct fm_plan *p)
{
	if (!p)
		return;
	for (unsigned i = 0; i < p->claims; i++)
		free(p->placed[i].detail);
	free(p->placed);
	free(p->change);
	free(p);
}

/* Whether something has to be done; what cannot be placed is nothing to do. */
bool fm_plan_pending(const struct fm_plan *p)
{
	for (unsigned i = 0; i < p->changes; i++)
		if (p->change[i].kind != FM_CHANGE_PEND)
			return true;
	return false;
}

/* Identity 'slot' that claim 'c' has as it is placed. */
struct mr_ident fm_placed_ident(const struct fm_claim *c, const struct fm_placed *pl,
				unsigned slot)
{
	struct mr_ident id = {.type = c->ident[slot].type,
			      .lo = slot ? pl->attrs.ident1 : pl->attrs.ident0};

	if (c->ident[slot].source == FM_IDENT_LITERAL)
		id.hi = c->ident[slot].literal.hi;
	return id;
}

/* ---- the planner that lives on ---- */

/* Takes everything in; the first plan is the one of fm_plan_make. The caller frees it. */
struct fm_planner *fm_planner_new(const struct fm_plan_input *in)
{
	struct fm_planner *p = MR_NEW(struct fm_planner);

	fm_held_init(p, in, MR_NEW(struct fm_plan));
	p->keeps = true;
	return p;
}

/* Frees 'p' with its plan; NULL is accepted. */
void fm_planner_free(struct fm_planner *p)
{
	if (!p)
		return;
	fm_plan_free(p->plan);
	fm_held_done(p);
	free(p);
}

/* Takes the last plan back. What is settled stays in it. */
static void take_back(struct fm_planner *p)
{
	fm_held_undo(p);
	p->world.journal.on = false;
}

/* Whether a claim runs as it should, so that the next plan need not look at it. */
static bool is_settled(const struct fm_planner *p, unsigned i)
{
	const struct fm_placed *pl = &p->plan->placed[i];

	if (p->d->claim[i].nss)
		return false; /* nobody tells what becomes of namespaces */
	if (fm_shares_has(p, i))
		return false; /* its limit follows from its neighbours */
	if (p->d->claim[i].host == FM_WHOLE && !p->d->claim[i].waits_host)
		return pl->current < 0;
	return pl->placed && pl->same_fn && p->stay[i] == FM_STAY_KEEP &&
	       pl->reason == MR_REASON_OK && !(p->open[i] & FM_OPEN_CHANGES);
}

/* Closes what is settled; its part of the plan stands from now on. */
static void close_settled(struct fm_planner *p)
{
	unsigned keep = 0;

	for (unsigned n = 0; n < p->plan->changes; n++)
		if (p->plan->change[n].claim >= 0)
			p->open[p->plan->change[n].claim] |= FM_OPEN_CHANGES;
	for (unsigned n = 0; n < p->todos; n++) {
		unsigned i = p->todo[n];

		p->open[i] = is_settled(p, i) ? 0 : FM_OPEN;
		if (p->open[i])
			p->todo[keep++] = i;
	}
	p->todos = keep;
}

/* Back to the base, where changes are taken in. */
static void begin(struct fm_planner *p)
{
	if (!p->planned)
		return;
	take_back(p);
	p->planned = false;
}

/* The plan for the input as it is now; the planner's own, valid until its next call. */
const struct fm_plan *fm_planner_plan(struct fm_planner *p)
{
	begin(p);
	fm_held_renew(p);
	for (unsigned n = 0; n < p->todos; n++)
		fm_held_clear(p, p->todo[n]);
	p->plan->changes = 0;
	p->world.journal.on = true;
	p->planned = true;
	fm_fill(p);
	fm_shares_set(p);
	fm_planner_changes(p);
	close_settled(p);
	return p->plan;
}

/* Claim 'i' asks for something else, or is the new last one. */
void fm_planner_claim_changed(struct fm_planner *p, unsigned i)
{
	begin(p);
	fm_held_claim(p, i);
}

/* current[k] changed, is new, or NULL. */
void fm_planner_current_changed(struct fm_planner *p, unsigned k)
{
	begin(p);
	fm_held_current(p, k);
}

/* ident[i] changed, is new, or beyond the end now. */
void fm_planner_ident_changed(struct fm_planner *p, unsigned i)
{
	begin(p);
	fm_idents_record(&p->idents, i);
}

/* State of an adapter's functions, its link, quarantine and refusals on it. */
void fm_planner_adapter_changed(struct fm_planner *p, unsigned chassis, unsigned port)
{
	uint32_t a = fm_world_adapter(&p->world, chassis, port);

	begin(p);
	if (a != FM_NONE)
		fm_held_touch_adapter(p, a);
}

/* State of a host's bridges, its link, tombstones in it. */
void fm_planner_host_changed(struct fm_planner *p, unsigned chassis, unsigned port)
{
	uint32_t h = fm_world_host(&p->world, chassis, port);

	begin(p);
	if (h != FM_NONE)
		fm_held_touch_host(p, h);
}
