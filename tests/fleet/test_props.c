/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The planner over random fleets that are packed tight (POLICY, "Filling"): the judge finds no
 * broken limit, a converged state plans to nothing, the order of the input means nothing, what
 * is added to free capacity and removed again leaves no trace. And the judge and the generator
 * themselves: what they say has to be so.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/rng.h"
#include "common/str.h"
#include "common/xalloc.h"
#include "fabric-manager/plan/aim.h"
#include "tests/fleet/check_plan.h"
#include "tests/unit/check_main.h"

#define SEEDS  check_seeds(12)
#define ROUNDS 200
#define PLANS  16 /* after which 64 claims are at rest: one a move, or somebody parked */
#define ALWAYS 0  /* the aim is lost after each plan */

/* Every seed another mixture. */
static struct fleet_spec spec_of(int i)
{
	static const unsigned loads[] = {50, 80, 90, 95, 98};
	static const unsigned priors[] = {0, 30, 70, 100};

	return (struct fleet_spec){.seed = (uint64_t)i,
				   .claims = 64 + (unsigned)i * 7,
				   .load = loads[i % 5],
				   .prior = priors[i % 4],
				   .pairs = i % 3 ? 30 : 0,
				   .ranks = 1 + (unsigned)i % FLEET_RANKS,
				   .plain = i % 5 == 4};
}

/* By fields: what lies between them is nobody's. */
static bool same_claim(const struct fleet_claim *a, const struct fleet_claim *b)
{
	return a->profile == b->profile && a->device == b->device && a->host == b->host &&
	       a->pool == b->pool && a->rank == b->rank && a->mbps == b->mbps &&
	       a->msix == b->msix && a->framebuffer_mib == b->framebuffer_mib &&
	       a->prior == b->prior && a->prior_vf == b->prior_vf &&
	       a->prior_bridge == b->prior_bridge;
}

START_TEST(test_generator)
{
	struct fleet_spec s = spec_of(_i);
	struct fleet *f = fleet_new(&s), *same = fleet_new(&s);
	uint32_t *at = mr_xcalloc(f->claims, sizeof(*at));
	unsigned paired = 0, load = fleet_load(f), priors = 0;
	char why[256] = "";

	ck_assert_uint_eq(f->claims, s.claims);
	ck_assert_uint_le(load, s.load * 10);
	ck_assert_uint_ge(load + 10, s.load * 10); /* rounded up to whole Gbit and functions */
	for (unsigned i = 0; i < f->claims; i++) {
		at[i] = f->claim[i].prior;
		priors += at[i] != FLEET_NONE;
	}
	ck_assert_msg(fleet_judge(f, at, why), "%s", why);
	ck_assert_int_eq(priors > 0, s.prior > 0);
	for (unsigned i = 0; i < f->pairs; i++)
		paired += 2 * f->pair[i].required;
	if (s.pairs && s.claims > 200)
		ck_assert(paired * 100 > s.claims * 18 && paired * 100 < s.claims * 42);
	ck_assert(s.pairs || !paired);
	ck_assert_uint_eq(f->units, same->units);
	for (unsigned i = 0; i < f->claims; i++)
		ck_assert(same_claim(&f->claim[i], &same->claim[i]));
	free(at);
	fleet_free(f);
	fleet_free(same);
}
END_TEST

/* ---- the judge can fail ---- */

static uint32_t any_candidate(const struct fleet *f, uint32_t c)
{
	for (uint32_t u = 0; u < f->units; u++)
		if (fleet_candidate(f, c, u) && f->unit[u].vfs)
			return u;
	return FLEET_NONE;
}

static void expect(const struct fleet *f, const uint32_t *at, const char *word)
{
	char why[256] = "";

	ck_assert(!fleet_judge(f, at, why));
	ck_assert_msg(strstr(why, word), "\"%s\" says nothing of \"%s\"", why, word);
}

/* Each limit broken by all claims on the first PF that their pool has, the others made wide. */
START_TEST(test_judge)
{
	struct fleet_spec s = {.seed = 3, .claims = 200, .load = 95, .pairs = 30, .ranks = 8};
	struct fleet *f = fleet_new(&s);
	uint32_t *at = mr_xcalloc(f->claims, sizeof(*at));
	const uint64_t wide = UINT32_MAX;
	unsigned pairs = f->pairs;
	char why[256] = "";

	for (unsigned i = 0; i < f->claims; i++)
		at[i] = any_candidate(f, i);
	f->pairs = 0;
	for (unsigned i = 0; i < f->units; i++) {
		struct fleet_unit *u = &f->unit[i];

		u->mbps = u->msix = u->framebuffer_mib = wide;
		u->vfs = UINT32_MAX;
	}
	for (unsigned i = 0; i < f->adapters; i++) {
		f->adapter[i].link_mbps = wide;
		f->adapter[i].vhs = UINT32_MAX;
	}
	for (unsigned i = 0; i < f->hosts; i++) {
		f->host[i].link_mbps = wide;
		f->host[i].bridges = UINT32_MAX;
	}
	ck_assert_msg(fleet_judge(f, at, why), "%s", why);
	f->unit[0].vfs = 1;
	expect(f, at, "functions of PF 0: ");
	f->unit[0].vfs = UINT32_MAX;
	f->unit[0].mbps = 1000;
	expect(f, at, "guarantees of port 0: ");
	f->unit[0].mbps = wide;
	f->unit[0].msix = 1;
	expect(f, at, "vectors of PF 0: ");
	f->unit[0].msix = wide;
	f->unit[f->units - 1].framebuffer_mib = 1;
	at[0] = FLEET_NONE;
	for (unsigned i = 0; i < f->claims; i++)
		at[i] = f->claim[i].pool == FLEET_POOL_GPU ? f->units - 1 : at[i];
	expect(f, at, "framebuffer of PF ");
	f->unit[f->units - 1].framebuffer_mib = wide;
	f->adapter[0].link_mbps = 1000;
	expect(f, at, "link of adapter 0: ");
	f->adapter[0].link_mbps = wide;
	f->host[1].bridges = 0;
	expect(f, at, "bridges of host 1: ");
	f->host[1].bridges = UINT32_MAX;
	f->host[1].link_mbps = 500;
	expect(f, at, "link of host 1: ");
	f->host[1].link_mbps = wide;
	for (unsigned i = 0; i < f->adapters; i++)
		f->adapter[i].vhs = 0;
	f->adapter[0].mra = true;
	expect(f, at, "device VHs of adapter ");
	f->adapter[0].vhs = UINT32_MAX;
	f->pairs = pairs;
	expect(f, at, "have to be apart");
	f->pairs = 0;
	at[1] = f->claim[1].pool == FLEET_POOL_GPU ? 0 : f->units - 1;
	expect(f, at, "not in its pool");
	free(at);
	fleet_free(f);
}
END_TEST

/* ---- the planner ---- */

START_TEST(test_limits)
{
	struct fleet_spec s = spec_of(_i);
	struct fleet *f = fleet_new(&s);
	struct fleet_fabric *fab = fleet_fabric_new(f);
	struct fm_plan *p = fm_plan_make(&fab->in);
	unsigned rounds, placed = 0;

	fleet_check(fab, p);
	fm_plan_free(p);
	p = fleet_fabric_converge(fab, ROUNDS, &rounds);
	ck_assert_uint_le(rounds, ROUNDS);
	fleet_check(fab, p);
	ck_assert(!fm_plan_pending(p));
	for (unsigned i = 0; i < p->claims; i++) {
		ck_assert(p->placed[i].same_fn == p->placed[i].placed);
		ck_assert(p->placed[i].placed || p->placed[i].reason != MR_REASON_OK);
		placed += p->placed[i].placed;
	}
	ck_assert_uint_gt(placed, f->claims * 8 / 10);
	fm_plan_free(p);
	fleet_fabric_free(fab);
	fleet_free(f);
}
END_TEST

/* What is placed, highest rank first: goal 1 of the plans that follow each other. */
static void count_ranks(const struct fleet *f, const struct fleet_fabric *fab, unsigned *ret)
{
	for (unsigned i = 0; i < f->claims; i++)
		ret[FLEET_RANKS - 1 - f->claim[i].rank] += fab->a[i].phase != FM_PHASE_RELEASED;
}

/* Every class preempts: what is taken is taken once, and the plans come to rest. */
START_TEST(test_preemption)
{
	struct fleet_spec s = spec_of(_i);
	struct fleet *f = fleet_new(&s);
	struct fleet_fabric *fab = fleet_fabric_new(f);
	unsigned was[FLEET_RANKS] = {0}, is[FLEET_RANKS] = {0}, rounds;
	struct fm_plan *p;
	int gained = 0;

	fleet_fabric_preempt(fab);
	count_ranks(f, fab, was);
	p = fleet_fabric_converge(fab, ROUNDS, &rounds);
	ck_assert_uint_le(rounds, ROUNDS);
	fleet_check(fab, p);
	count_ranks(f, fab, is);
	for (unsigned r = 0; r < FLEET_RANKS && !gained; r++)
		gained = (is[r] > was[r]) - (is[r] < was[r]);
	ck_assert_int_ge(gained, 0);
	fm_plan_free(p);
	fleet_fabric_free(fab);
	fleet_free(f);
}
END_TEST

/* ---- rest ---- */

static unsigned running(const struct fleet_fabric *fab)
{
	unsigned n = 0;

	for (unsigned i = 0; i < fab->f->claims; i++)
		n += fab->a[i].phase != FM_PHASE_RELEASED && fab->a[i].has_fn;
	return n;
}

static bool is_parked(const struct fm_plan *p, unsigned claim)
{
	for (unsigned i = 0; i < p->changes; i++)
		if (p->change[i].kind == FM_CHANGE_PARK && p->change[i].claim == (int)claim)
			return true;
	return false;
}

/* Does what the plan says, of moves and new claims only 'chance' percent: the others later. */
static void carry_out(struct fleet_fabric *fab, struct fm_plan *p, struct mr_rng *r,
		      unsigned chance)
{
	unsigned had = running(fab), parked = 0;

	for (unsigned i = 0; i < p->claims; i++) {
		struct fm_placed *pl = &p->placed[i];

		/* no class preempts */
		ck_assert(pl->current < 0 || pl->placed || is_parked(p, i) ||
			  fab->in.current[pl->current]->owed);
		parked += is_parked(p, i);
		if (pl->placed && !pl->same_fn && !mr_rng_chance(r, chance))
			pl->placed = false;
	}
	fleet_fabric_settle(fab, p);
	ck_assert_uint_ge(running(fab) + parked, had);
	fm_aim_free(fab->aim);
	fab->in.aim = fab->aim = fm_aim_copy(p->aim);
}

/* Plans that follow each other until nothing is left to do; plan 'lost' does not know the aim
 * of the one before it, as after a start. */
static unsigned rest(const struct fleet *f, unsigned lost, struct mr_rng *r, unsigned chance)
{
	struct fleet_fabric *fab = fleet_fabric_new(f);
	struct fm_plan *p = fm_plan_make(&fab->in), *q;
	unsigned n = 0;

	while (fm_plan_pending(p) && n++ < ROUNDS) {
		carry_out(fab, p, r, chance);
		fm_plan_free(p);
		if (n == lost || lost == ALWAYS)
			fab->in.aim = NULL;
		p = fm_plan_make(&fab->in);
	}
	for (unsigned i = 0; i < f->claims; i++)
		ck_assert(!fab->a[i].owed); /* who ran runs */
	fleet_check(fab, p);
	q = fm_plan_make(&fab->in);
	ck_assert(!fm_plan_differs(p, q, NULL));
	fab->in.aim = p->aim;
	fm_plan_free(q);
	q = fm_plan_make(&fab->in);
	ck_assert_uint_eq(q->searches, 0); /* for claims that pend for good */
	ck_assert(!fm_plan_differs(p, q, NULL));
	fm_plan_free(p);
	fm_plan_free(q);
	fleet_fabric_free(fab);
	return n;
}

/* Aims of several plans are followed to their ends; are forgotten after any of the plans; are
 * carried out bit by bit. Whatever happens, it ends. */
START_TEST(test_rest)
{
	static const unsigned shape[][2] = {{98, 100}, {98, 50}, {95, 100}, {90, 100}};
	struct fleet_spec s = {.seed = 200 + (uint64_t)_i / 4,
			       .claims = 56 + (unsigned)_i % 3 * 8,
			       .load = shape[_i % 4][0],
			       .prior = shape[_i % 4][1],
			       .pairs = 30,
			       .ranks = FLEET_RANKS};
	struct fleet *f = fleet_new(&s);
	struct mr_rng r;
	unsigned plans;

	mr_rng_init(&r, s.seed);
	plans = rest(f, ROUNDS, &r, 100);
	ck_assert_uint_le(plans, PLANS);
	for (unsigned k = 1; k < plans; k++)
		ck_assert_uint_le(rest(f, k, &r, 100), 2 * PLANS);
	ck_assert_uint_le(rest(f, ALWAYS, &r, 100), ROUNDS);
	ck_assert_uint_le(rest(f, ROUNDS, &r, 50), ROUNDS);
	fleet_free(f);
}
END_TEST

/* The same of a board that is searched less thoroughly. */
START_TEST(test_rest_large)
{
	struct fleet_spec s = {.seed = 4,
			       .claims = 336,
			       .load = 98,
			       .prior = 100,
			       .pairs = 30,
			       .ranks = FLEET_RANKS};
	struct fleet *f = fleet_new(&s);
	struct mr_rng r;

	mr_rng_init(&r, s.seed);
	ck_assert_uint_le(rest(f, ROUNDS, &r, 100), PLANS);
	ck_assert_uint_le(rest(f, 2, &r, 100), ROUNDS);
	ck_assert_uint_le(rest(f, ALWAYS, &r, 100), ROUNDS);
	ck_assert_uint_le(rest(f, ROUNDS, &r, 50), ROUNDS);
	fleet_free(f);
}
END_TEST

#define SHUFFLE(r, a, n)                                       \
	for (unsigned i_ = (n); i_ > 1; i_--) {                \
		unsigned k_ = (unsigned)mr_rng_below((r), i_); \
		__typeof__((a)[0]) t_ = (a)[i_ - 1];           \
                                                               \
		(a)[i_ - 1] = (a)[k_];                         \
		(a)[k_] = t_;                                  \
	}

/* Everything whose order must not count, in another order. to[old claim] = new one. */
static void shuffle(struct fleet_fabric *fab, struct mr_rng *r, uint32_t *to)
{
	struct fm_desired *d = fab->d;
	struct fm_claim *old = mr_xmemdup(d->claim, d->claims * sizeof(*old));
	uint32_t *at = mr_xcalloc(d->claims, sizeof(*at));

	for (unsigned i = 0; i < d->claims; i++)
		at[i] = i;
	SHUFFLE(r, at, d->claims);
	for (unsigned i = 0; i < d->claims; i++) {
		d->claim[i] = old[at[i]];
		to[at[i]] = i;
	}
	for (unsigned i = 0; i < d->rules; i++) {
		for (unsigned k = 0; k < d->rule[i].claims; k++)
			d->rule[i].claim[k] = to[d->rule[i].claim[k]];
		SHUFFLE(r, d->rule[i].claim, d->rule[i].claims);
	}
	SHUFFLE(r, d->rule, d->rules);
	SHUFFLE(r, d->edge, d->edges);
	for (unsigned i = 0; i < d->pools; i++)
		SHUFFLE(r, d->pool[i].part, d->pool[i].parts);
	for (unsigned c = 0; c < fab->inv.n; c++) {
		SHUFFLE(r, fab->inv.chassis[c].adapter, fab->inv.chassis[c].adapters);
		SHUFFLE(r, fab->inv.chassis[c].host, fab->inv.chassis[c].hosts);
	}
	SHUFFLE(r, fab->current, fab->in.currents);
	free(old);
	free(at);
}

START_TEST(test_permutation)
{
	struct fleet_spec s = spec_of(_i);
	struct fleet *f = fleet_new(&s);
	struct fleet_fabric *fab = fleet_fabric_new(f), *other = fleet_fabric_new(f);
	uint32_t *to = mr_xcalloc(f->claims, sizeof(*to));
	struct fm_plan *p, *q;
	struct mr_rng r;

	mr_rng_init(&r, s.seed + 1);
	shuffle(other, &r, to);
	p = fm_plan_make(&fab->in);
	q = fm_plan_make(&other->in);
	ck_assert_uint_eq(p->changes, q->changes);
	ck_assert(fm_aim_eq(p->aim, q->aim));
	for (unsigned i = 0; i < p->claims; i++) {
		const struct fm_placed *a = &p->placed[i], *b = &q->placed[to[i]];

		ck_assert_int_eq(a->placed, b->placed);
		ck_assert(!a->placed || fm_fn_eq(a->fn, b->fn));
		ck_assert_uint_eq(a->place.bridge, b->place.bridge);
		ck_assert_int_eq(a->reason, b->reason);
	}
	for (unsigned i = 0; i < p->changes; i++) {
		ck_assert_int_eq(p->change[i].kind, q->change[i].kind);
		ck_assert(p->change[i].claim < 0 ||
			  to[p->change[i].claim] == (uint32_t)q->change[i].claim);
	}
	fm_plan_free(p);
	fm_plan_free(q);
	fleet_fabric_free(fab);
	fleet_fabric_free(other);
	fleet_free(f);
	free(to);
}
END_TEST

/* A profile goes and comes back. What fitted without it stays untouched both times when nothing
 * was pending, but for who moves for a claim of it that finds no place otherwise, and the
 * profile finds a place again. */
START_TEST(test_add_remove)
{
	struct fleet_spec s = spec_of(_i);
	struct fleet *f;
	struct fleet_fabric *fab;
	struct fm_plan *p;
	struct fm_fn_id *before;
	unsigned rounds, all, cut = 0, pending = 0, moves = 0;

	s.load = 60;
	s.prior = 0;
	f = fleet_new(&s);
	fab = fleet_fabric_new(f);
	all = f->claims;
	while (f->claim[all - 1 - cut].device)
		cut++;
	fab->d->claims = all - ++cut;
	while (fab->d->rules) /* they name claims that are not there now */
		free(fab->d->rule[--fab->d->rules].claim);
	p = fleet_fabric_converge(fab, ROUNDS, &rounds);
	before = mr_xcalloc(all, sizeof(*before));
	for (unsigned i = 0; i < p->claims; i++) {
		pending += !p->placed[i].placed;
		before[i] = p->placed[i].fn;
	}
	fm_plan_free(p);
	fab->d->claims = all;
	p = fm_plan_make(&fab->in);
	for (unsigned i = 0; i < p->changes; i++)
		if (p->change[i].kind == FM_CHANGE_MOVE ||
		    p->change[i].kind == FM_CHANGE_PARK) {
			ck_assert_int_ge(p->change[i].taker, (int)(all - cut));
			moves++;
		}
	fm_plan_free(p);
	p = fleet_fabric_converge(fab, ROUNDS, &rounds);
	for (unsigned i = 0; i < all; i++)
		pending += !p->placed[i].placed;
	fm_plan_free(p);
	fab->d->claims = all - cut;
	p = fleet_fabric_converge(fab, ROUNDS, &rounds);
	for (unsigned i = 0; i < p->claims && !pending && !moves; i++)
		ck_assert(fm_fn_eq(p->placed[i].fn, before[i]));
	for (unsigned i = all - cut; i < all; i++)
		ck_assert_int_eq(fab->a[i].phase, FM_PHASE_RELEASED);
	fm_plan_free(p);
	free(before);
	fleet_fabric_free(fab);
	fleet_free(f);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("fleet");
	TCase *t = tcase_create("props");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, test_generator, 0, SEEDS);
	tcase_add_test(t, test_judge);
	tcase_add_loop_test(t, test_limits, 0, SEEDS);
	tcase_add_loop_test(t, test_preemption, 0, 3 * SEEDS);
	tcase_add_loop_test(t, test_rest, 0, SEEDS);
	tcase_add_test(t, test_rest_large);
	tcase_add_loop_test(t, test_permutation, 0, SEEDS);
	tcase_add_loop_test(t, test_add_remove, 0, SEEDS);
	suite_add_tcase(s, t);
	return check_run_here(s);
}
