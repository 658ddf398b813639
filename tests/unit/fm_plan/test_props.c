/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The planner by properties, over seeded random chassis and documents: no hard limit is ever
 * broken (judged here, from inventory and plan alone), input order means nothing, a converged
 * state plans to nothing, what is added and removed leaves no trace.
 */
#include <check.h>

#include "tests/unit/check_main.h"
#include "tests/unit/fm_plan/gen.h"

#define SEEDS check_seeds(24)

/* ---- the judge: what must hold of functions in use ---- */

struct used {
	struct fm_fn_id fn;
	struct fm_place place;
	const struct fm_claim *claim; /* NULL: a current one that leaves */
	uint64_t g, l;
	uint64_t mac;
	struct fm_attrs at;
};

static uint64_t most(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static unsigned collect(const struct fix *f, const struct fm_plan *p, struct used *u)
{
	unsigned n = 0;

	for (unsigned i = 0; i < p->claims; i++) {
		const struct fm_placed *pl = &p->placed[i];
		const struct fm_claim *c = &f->d->claim[i];
		struct fm_attrs at;

		if (!pl->placed)
			continue;
		at = fix_attrs(f, p, i);
		u[n++] = (struct used){pl->fn,
				       pl->place,
				       c,
				       most(c->guaranteed_mbps, at.min_mbps),
				       c->limit_mbps ? most(c->limit_mbps, at.max_mbps) : 0,
				       at.ident0,
				       at};
	}
	return n;
}

static bool part_of(const struct fm_pool *p, struct fm_fn_id fn)
{
	for (unsigned i = 0; i < p->parts; i++)
		if (p->part[i].port == fn.port && p->part[i].pf == fn.pf &&
		    fn.vf >= p->part[i].vf_first && fn.vf <= p->part[i].vf_last)
			return true;
	return false;
}

static void judge_pairs(const struct fix *f, const struct used *u, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		for (unsigned k = i + 1; k < n; k++) {
			bool lvf = u[i].place.way == FM_WAY_LVF &&
				   u[k].place.way == FM_WAY_LVF && u[i].fn.port == u[k].fn.port;
			bool same_bridge = u[i].place.port == u[k].place.port &&
					   u[i].place.bridge == u[k].place.bridge;

			ck_assert(!fm_fn_eq(u[i].fn, u[k].fn));
			if (lvf && u[i].place.port == u[k].place.port)
				ck_assert(same_bridge);
			else
				ck_assert(!same_bridge);
			ck_assert(!u[i].mac || u[i].mac != u[k].mac);
			if (u[i].fn.port == u[k].fn.port &&
			    u[i].claim->host != u[k].claim->host)
				ck_assert(!f->d->pool[u[i].claim->pool].exclusive &&
					  !f->d->pool[u[k].claim->pool].exclusive);
		}
	}
}

static void judge_one(const struct fix *f, const struct used *u)
{
	const struct fm_host *h = fm_host_by_port(&f->inv, 0, u->place.port);
	const struct fm_adapter *a = fm_adapter_by_port(&f->inv, 0, u->fn.port);

	ck_assert(part_of(&f->d->pool[u->claim->pool], u->fn));
	ck_assert(!u->at.min_mbps || u->at.min_mbps >= u->claim->guaranteed_mbps);
	ck_assert(!u->at.max_mbps || u->at.max_mbps >= u->at.min_mbps);
	ck_assert(a->present);
	ck_assert_ptr_nonnull(fm_fn_get(&f->inv, u->fn));
	ck_assert_uint_lt(u->place.bridge, h->bridges);
	ck_assert(!h->bridge[u->place.bridge].tombstone);
	ck_assert_int_ge(fm_root_at(&f->d->host[u->claim->host], 0, u->place.port), 0);
}

static void judge_edges(const struct fix *f, const struct used *u, unsigned n)
{
	for (unsigned e = 0; e < f->d->edges; e++) {
		const struct fm_edge *ed = &f->d->edge[e];
		uint64_t g = 0, l = 0;

		for (unsigned i = 0; i < n; i++) {
			if (u[i].fn.port != ed->port || u[i].fn.pf != ed->pf)
				continue;
			g += u[i].g;
			l += u[i].l ? u[i].l : ed->net_mbps;
		}
		ck_assert_uint_le(g, ed->guaranteed_max_mbps);
		ck_assert(l <= ed->limit_max_mbps);
	}
}

static void judge_vhs(const struct fix *f, const struct used *u, unsigned n)
{
	for (unsigned a = 0; a < f->inv.chassis[0].adapters; a++) {
		const struct fm_adapter *ad = &f->inv.chassis[0].adapter[a];
		uint64_t hosts = 0;

		for (unsigned i = 0; i < n; i++)
			if (u[i].fn.port == ad->port && u[i].place.way == FM_WAY_LVF)
				hosts |= UINT64_C(1) << u[i].place.port;
		ck_assert(!hosts || (unsigned)__builtin_popcountll(hosts) < ad->vhs);
	}
}

static void judge_rules(const struct fix *f, const struct fm_plan *p)
{
	for (unsigned r = 0; r < f->d->rules; r++) {
		const struct fm_rule *ru = &f->d->rule[r];
		const struct fm_placed *a = &p->placed[ru->claim[0]];
		const struct fm_placed *b = &p->placed[ru->claim[1]];

		if (!ru->required || !a->placed || !b->placed)
			continue;
		if (ru->topology == FM_TOPO_NUMA)
			ck_assert(a->place.port != b->place.port);
		else
			ck_assert(a->fn.port != b->fn.port ||
				  (ru->topology == FM_TOPO_PORT && a->fn.pf != b->fn.pf));
	}
}

static void judge(const struct fix *f, const struct fm_plan *p)
{
	struct used u[CLAIMS];
	unsigned n = collect(f, p, u);

	for (unsigned i = 0; i < n; i++)
		judge_one(f, &u[i]);
	judge_pairs(f, u, n);
	judge_edges(f, u, n);
	judge_vhs(f, u, n);
	judge_rules(f, p);
	for (unsigned i = 0; i < p->claims; i++)
		ck_assert(p->placed[i].placed ||
			  (p->placed[i].reason != MR_REASON_OK && p->placed[i].detail));
}

/* ---- properties ---- */

/* A claim that waits for what another leaves is placed by the plan after it, so a few plans may
 * follow each other; the last of them has nothing to do. */
START_TEST(test_limits)
{
	struct fix *f = gen((uint64_t)_i, 0xfff);
	struct fm_plan *p = fix_plan(f);
	unsigned placed = 0, rounds = 0;

	judge(f, p);
	for (unsigned i = 0; i < p->claims; i++)
		placed += p->placed[i].placed;
	ck_assert_uint_gt(placed, 0);
	do {
		fix_settle(f, p);
		fm_plan_free(p);
		p = fix_plan(f);
		judge(f, p);
		ck_assert_uint_lt(rounds++, 8);
	} while (fm_plan_pending(p));
	for (unsigned i = 0; i < p->claims; i++)
		ck_assert(p->placed[i].same_fn == p->placed[i].placed);
	fm_plan_free(p);
	fix_free(f);
}
END_TEST

static const struct fm_placed *find(const struct fix *f, const struct fm_plan *p,
				    const struct fm_claim *c)
{
	for (unsigned i = 0; i < p->claims; i++)
		if (mr_streq(f->d->claim[i].profile, c->profile) &&
		    mr_streq(f->d->claim[i].device, c->device))
			return &p->placed[i];
	return NULL;
}

#define SHUFFLE(r, a, n)                                       \
	for (unsigned i_ = (n); i_ > 1; i_--) {                \
		unsigned k_ = (unsigned)mr_rng_below((r), i_); \
		__typeof__((a)[0]) t_ = (a)[i_ - 1];           \
                                                               \
		(a)[i_ - 1] = (a)[k_];                         \
		(a)[k_] = t_;                                  \
	}

/* Everything whose order must not count, in another order. */
static void shuffle(struct fix *f, struct mr_rng *r)
{
	uint32_t at[CLAIMS], to[CLAIMS];
	struct fm_claim *old = mr_xmemdup(f->d->claim, f->d->claims * sizeof(*old));

	for (unsigned i = 0; i < f->d->claims; i++)
		at[i] = i;
	SHUFFLE(r, at, f->d->claims);
	for (unsigned i = 0; i < f->d->claims; i++) {
		f->d->claim[i] = old[at[i]];
		to[at[i]] = i;
	}
	free(old);
	for (unsigned i = 0; i < f->d->rules; i++)
		for (unsigned k = 0; k < f->d->rule[i].claims; k++)
			f->d->rule[i].claim[k] = to[f->d->rule[i].claim[k]];
	SHUFFLE(r, f->d->rule, f->d->rules);
	SHUFFLE(r, f->d->edge, f->d->edges);
	SHUFFLE(r, f->d->ident_pool[0].range, f->d->ident_pool[0].ranges);
	for (unsigned i = 0; i < f->d->pools; i++)
		SHUFFLE(r, f->d->pool[i].part, f->d->pool[i].parts);
	SHUFFLE(r, f->inv.chassis[0].adapter, f->inv.chassis[0].adapters);
	SHUFFLE(r, f->inv.chassis[0].host, f->inv.chassis[0].hosts);
	SHUFFLE(r, f->cur, f->curs);
}

/* Half of the documents are in force, then all of them come, in two orders. */
START_TEST(test_permutation)
{
	struct fix *a = gen((uint64_t)_i, 0x555), *b;
	struct fm_plan *pa = fix_plan(a), *pb;
	struct mr_rng r;

	mr_rng_init(&r, (uint64_t)_i + 1);
	fix_settle(a, pa);
	fm_plan_free(pa);
	b = gen((uint64_t)_i, 0xfff);
	for (unsigned i = 0; i < a->curs; i++) {
		MR_GROW(b->cur, b->curs, b->cap);
		b->cur[b->curs++] = mr_xmemdup(a->cur[i], sizeof(*a->cur[i]));
	}
	pa = fix_plan(b);
	for (unsigned round = 0; round < 3; round++) {
		struct fm_claim old[CLAIMS];

		memcpy(old, b->d->claim, b->d->claims * sizeof(old[0]));
		shuffle(b, &r);
		pb = fix_plan(b);
		ck_assert_uint_eq(pa->changes, pb->changes);
		for (unsigned i = 0; i < pa->claims; i++) {
			const struct fm_placed *x = &pa->placed[i], *y = find(b, pb, &old[i]);

			ck_assert_int_eq(x->placed, y->placed);
			ck_assert_int_eq(x->same_fn, y->same_fn);
			ck_assert_int_eq(x->reason, y->reason);
			ck_assert(mr_streq(x->detail ? x->detail : "",
					   y->detail ? y->detail : ""));
			ck_assert(!x->placed || fm_fn_eq(x->fn, y->fn));
			ck_assert_uint_eq(x->place.bridge, y->place.bridge);
			ck_assert_uint_eq(x->ident[0], y->ident[0]);
		}
		for (unsigned i = 0; i < pa->changes; i++)
			ck_assert_int_eq(pa->change[i].kind, pb->change[i].kind);
		fm_plan_free(pa);
		pa = pb;
	}
	fm_plan_free(pa);
	fix_free(a);
	fix_free(b);
}
END_TEST

/* Takes the assignments of 'from' over into 'to' (the same chassis, other documents). */
static void hand_over(struct fix *from, struct fix *to)
{
	to->cur = from->cur;
	to->curs = from->curs;
	to->cap = from->cap;
	to->next_id = from->next_id;
	from->cur = NULL;
	from->curs = from->cap = 0;
}

/* Of claims that fitted free capacity: what made others move leaves them where they went. */
START_TEST(test_add_remove)
{
	struct fix *small = gen((uint64_t)_i, 0x333), *all, *again;
	struct fm_plan *p = fix_plan(small), *q;
	bool moved;

	fix_settle(small, p);
	all = gen((uint64_t)_i, 0xfff);
	hand_over(small, all);
	q = fix_plan(all);
	judge(all, q);
	moved = fix_count(q, FM_CHANGE_MOVE) > 0;
	fix_settle(all, q);
	fm_plan_free(q);
	again = gen((uint64_t)_i, 0x333);
	hand_over(all, again);
	q = fix_plan(again);
	fix_settle(again, q);
	fm_plan_free(q);
	q = fix_plan(again);
	for (unsigned i = 0; i < p->claims && !moved; i++) {
		if (!p->placed[i].placed)
			continue;
		ck_assert(fm_fn_eq(q->placed[i].fn, p->placed[i].fn));
		ck_assert_uint_eq(q->placed[i].ident[0], p->placed[i].ident[0]);
	}
	fm_plan_free(p);
	fm_plan_free(q);
	fix_free(small);
	fix_free(all);
	fix_free(again);
}
END_TEST

static void mutate(struct fix *f, struct mr_rng *r)
{
	struct fm_claim *c = &f->d->claim[mr_rng_below(r, f->d->claims)];
	struct fm_adapter *a =
		&f->inv.chassis[0].adapter[mr_rng_below(r, f->inv.chassis[0].adapters)];

	switch (mr_rng_below(r, 5)) {
	case 0:
		for (unsigned i = 0; i < f->d->claims; i++) /* a profile moves as a whole */
			if (mr_streq(f->d->claim[i].profile, c->profile))
				f->d->claim[i].host =
					(uint16_t)((f->d->claim[i].host + 1) % HOSTS);
		return;
	case 1:
		a->present = !a->present;
		return;
	case 2:
		c->attrs.vlan = (uint16_t)mr_rng_below(r, 4095);
		return;
	case 3:
		c->guaranteed_mbps = c->attrs.min_mbps = (uint32_t)mr_rng_below(r, 20) * 1000;
		return;
	default:
		for (unsigned i = 0; i < f->curs; i++)
			if (mr_rng_chance(r, 5))
				f->cur[i]->going = true;
		return;
	}
}

/* Functions and bridges that a plan gives are free of everything that still holds something. */
static void judge_overlap(const struct fix *f, const struct fm_plan *p)
{
	for (unsigned i = 0; i < p->claims; i++) {
		const struct fm_placed *pl = &p->placed[i];
		const struct fm_host_def *h = &f->d->host[f->d->claim[i].host];

		ck_assert(!pl->placed || fm_root_at(h, 0, pl->place.port) >= 0);
		for (unsigned k = 0; pl->placed && !pl->same_fn && k < f->curs; k++) {
			const struct fm_assignment *a = f->cur[k];
			bool pfs = pl->place.way == FM_WAY_LVF && a->place.way == FM_WAY_LVF &&
				   a->fn.port == pl->fn.port;

			ck_assert(!fm_fn_eq(a->fn, pl->fn));
			ck_assert(pfs || a->place.port != pl->place.port ||
				  a->place.bridge != pl->place.bridge);
		}
	}
}

/* Whatever happens, plans stay sound and come to rest. */
START_TEST(test_changes)
{
	struct fix *f = gen((uint64_t)_i, 0xfff);
	struct mr_rng r;
	struct fm_plan *p;

	mr_rng_init(&r, (uint64_t)_i ^ 0xabcdef);
	for (unsigned step = 0; step < 12; step++) {
		unsigned rounds = 0;

		mutate(f, &r);
		for (;; rounds++) {
			p = fix_plan(f);
			judge_overlap(f, p);
			if (!fm_plan_pending(p))
				break;
			ck_assert_uint_lt(rounds, 40);
			fix_settle(f, p);
			fm_plan_free(p);
		}
		fm_plan_free(p);
	}
	fix_free(f);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("props");
	TCase *t = tcase_create("props");

	tcase_set_timeout(t, 600);
	tcase_add_loop_test(t, test_limits, 0, SEEDS);
	tcase_add_loop_test(t, test_permutation, 0, SEEDS);
	tcase_add_loop_test(t, test_add_remove, 0, SEEDS);
	tcase_add_loop_test(t, test_changes, 0, SEEDS);
	suite_add_tcase(s, t);
	return check_run_here(s);
}
