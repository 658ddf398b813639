/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One plan from start to end, and the planner that lives on between plans: it takes the last
 * plan back, renews what it was told of, and looks at the open claims again.
 */
#include "fabric-manager/plan/plan.h"

#include <stdlib.h>
#include <string.h>

#include "common/xalloc.h"
#include "fabric-manager/plan/aim.h"
#include "fabric-manager/plan/place.h"
#include "fabric-manager/plan/shares.h"

/* What this plan says to the next one. */
static void set_next(struct fm_planner *p)
{
	fm_aim_end(p);
	fm_aim_free(p->plan->aim);
	p->plan->aim = p->next;
	p->plan->searches = p->searches;
	fm_search_jobs_free(p->plan->jobs);
	p->plan->jobs = p->jobs;
	p->next = NULL;
	p->searches = 0;
	p->jobs = NULL;
}

/* Places every claim of in->desired and says what has to change. Never fails; the caller frees
 * with fm_plan_free. */
struct fm_plan *fm_plan_make(const struct fm_plan_input *in)
{
	struct fm_plan *plan = MR_NEW(struct fm_plan);
	struct fm_planner p;

	fm_held_init(&p, in, plan);
	fm_fill(&p);
	if (fm_rearrange(&p)) {
		uint32_t *aim = p.aim;
		struct fm_aim *next = p.next;
		unsigned searches = p.searches;
		struct fm_search_jobs *jobs = p.jobs;

		p.aim = NULL;
		p.next = NULL;
		fm_held_done(&p);
		fm_plan_free(plan);
		plan = MR_NEW(struct fm_plan);
		fm_held_init(&p, in, plan);
		p.aim = aim;
		p.next = next;
		p.searches = searches;
		p.jobs = jobs;
		fm_fill(&p);
	}
	set_next(&p);
	fm_place_contested(&p);
	fm_shares_set(&p);
	fm_journal_free(&p.world.journal); /* nothing is taken back any more */
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
	fm_aim_free(p->aim);
	fm_search_jobs_free(p->jobs);
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

/* A copy with texts of its own; the caller frees it. */
struct fm_plan *fm_plan_copy(const struct fm_plan *p)
{
	struct fm_plan *n = mr_xmemdup(p, sizeof(*p));

	n->placed = mr_xmemdup(p->placed, p->claims * sizeof(*p->placed));
	n->change = mr_xmemdup(p->change, p->changes * sizeof(*p->change));
	for (unsigned i = 0; i < n->claims; i++)
		n->placed[i].detail = mr_xstrdup(n->placed[i].detail);
	n->aim = fm_aim_copy(p->aim);
	n->jobs = NULL;
	return n;
}

static bool placed_eq(const struct fm_placed *a, const struct fm_placed *b)
{
	const char *x = a->detail ? a->detail : "", *y = b->detail ? b->detail : "";

	if (a->current != b->current || a->placed != b->placed || a->same_fn != b->same_fn ||
	    a->reason != b->reason || !mr_streq(x, y))
		return false;
	return !a->placed ||
	       (fm_fn_eq(a->fn, b->fn) && a->place.way == b->place.way &&
		a->place.bridge == b->place.bridge && a->attach_pf == b->attach_pf &&
		a->as_is == b->as_is && a->mirror == b->mirror && a->max_mbps == b->max_mbps &&
		a->ident[0] == b->ident[0] && a->ident[1] == b->ident[1]);
}

static bool change_eq(const struct fm_change *a, const struct fm_change *b)
{
	return a->kind == b->kind && a->change_class == b->change_class &&
	       a->claim == b->claim && a->current == b->current && a->of == b->of &&
	       a->taker == b->taker && a->owed == b->owed && a->value == b->value &&
	       a->chassis == b->chassis && a->port == b->port;
}

static void placed_words(const struct fm_placed *p, struct mr_buf *b)
{
	mr_buf_printf(b,
		      " {current %d, placed %d, same %d, %s, %u:%u/%u/%u way %d bridge %u: %s}",
		      p->current, p->placed, p->same_fn, mr_reason_name(p->reason),
		      p->fn.chassis, p->fn.port, p->fn.pf, p->fn.vf, p->place.way,
		      p->place.bridge, p->detail ? p->detail : "");
}

static void change_words(const struct fm_change *c, struct mr_buf *b)
{
	mr_buf_printf(b, " {%s, %s, claim %d, current %d of %d, taker %d, %u:%u to %u}",
		      fm_change_kind_name(c->kind), fm_class_name(c->change_class), c->claim,
		      c->current, c->of, c->taker, c->chassis, c->port, c->value);
}

/* The first difference of two plans for the same input. */
bool fm_plan_differs(const struct fm_plan *a, const struct fm_plan *b, struct mr_buf *where)
{
	if (a->claims != b->claims) {
		mr_buf_printf(where, "%u and %u claims", a->claims, b->claims);
		return true;
	}
	for (unsigned i = 0; i < a->claims; i++) {
		if (placed_eq(&a->placed[i], &b->placed[i]))
			continue;
		mr_buf_printf(where, "claim %u:", i);
		placed_words(&a->placed[i], where);
		placed_words(&b->placed[i], where);
		return true;
	}
	for (unsigned i = 0; i < a->changes && i < b->changes; i++) {
		if (change_eq(&a->change[i], &b->change[i]))
			continue;
		mr_buf_printf(where, "change %u:", i);
		change_words(&a->change[i], where);
		change_words(&b->change[i], where);
		return true;
	}
	if (a->changes != b->changes)
		mr_buf_printf(where, "%u and %u changes", a->changes, b->changes);
	else if (!fm_aim_eq(a->aim, b->aim))
		mr_buf_puts(where, "another aim");
	else if (!fm_search_jobs_eq(a->jobs, b->jobs))
		mr_buf_puts(where, "other searches");
	else
		return false;
	return true;
}

/* ---- the planner that lives on ---- */

/* Takes everything in; the first plan is the one of fm_plan_make. The caller frees it. */
struct fm_planner *fm_planner_new(const struct fm_plan_input *in)
{
	struct fm_planner *p = MR_NEW(struct fm_planner);

	fm_held_init(p, in, MR_NEW(struct fm_plan));
	fm_held_see(p);
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
	if (p->d->claim[i].mirror)
		return false; /* nor of the one that gets its copies */
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
		else
			fm_sums_settled(p, i);
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

/* Fills from the base. */
static void fill(struct fm_planner *p)
{
	for (unsigned n = 0; n < p->todos; n++)
		fm_held_clear(p, p->todo[n]);
	p->plan->changes = 0;
	p->world.journal.on = true;
	p->planned = true;
	fm_fill(p);
}

/* The plan for the input as it is now; the planner's own, valid until its next call. */
const struct fm_plan *fm_planner_plan(struct fm_planner *p)
{
	begin(p);
	fm_held_renew(p);
	fill(p);
	if (fm_rearrange(p)) {
		begin(p);
		fill(p);
		free(p->aim);
		p->aim = NULL;
	}
	set_next(p);
	fm_place_contested(p);
	fm_shares_set(p);
	fm_planner_changes(p);
	close_settled(p);
	return p->plan;
}

/* in->desired is another one. */
bool fm_planner_documents(struct fm_planner *p)
{
	begin(p);
	return fm_held_documents(p);
}

/* in->desired has other pools and ports than 'was'. */
void fm_planner_tables_changed(struct fm_planner *p, const struct fm_desired *was)
{
	begin(p);
	fm_held_tables(p, was);
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

/* What is known of a host by its agent. */
void fm_planner_host_told(struct fm_planner *p, unsigned chassis, unsigned port)
{
	uint32_t h = fm_world_host(&p->world, chassis, port);

	if (h != FM_NONE)
		p->world.host[h].judged = 0;
	fm_planner_host_changed(p, chassis, port);
}

/* A chassis was read again, came or went. */
bool fm_planner_chassis_changed(struct fm_planner *p, unsigned chassis)
{
	begin(p);
	return fm_held_chassis(p, chassis);
}
