/* SPDX-License-Identifier: Apache-2.0 */
/* The planner before an inventory and assignments that contradict themselves. */
#include <check.h>

#include "common/tree.h"
#include "tests/unit/check_main.h"
#include "tests/unit/fm_plan/gen.h"

#define SEEDS check_seeds(40)

static void twist_adapter(struct fm_adapter *a, struct mr_rng *r)
{
	switch (mr_rng_below(r, 6)) {
	case 0:
		a->port = (uint16_t)mr_rng_next(r);
		return;
	case 1:
		a->vfs =
			(uint16_t)mr_rng_below(r, (uint64_t)a->vfs + 1); /* fn keeps its size */
		return;
	case 2:
		a->pf[0].numvfs = (uint16_t)mr_rng_next(r);
		return;
	case 3:
		a->pf[0].vf_bar[0].size = mr_rng_next(r);
		a->pf[0].vf_stride = (uint16_t)mr_rng_next(r);
		return;
	case 4:
		for (unsigned d = 0; d < a->vhs; d++)
			a->vh_of[d] = (uint16_t)mr_rng_below(r, HOSTS + 2);
		return;
	default:
		a->fn[0].row_bridge = (uint16_t)mr_rng_next(r);
		return;
	}
}

static void twist_host(struct fm_host *h, struct mr_rng *r)
{
	struct fm_bridge *b = &h->bridge[mr_rng_below(r, h->bridges)];

	switch (mr_rng_below(r, 4)) {
	case 0:
		h->port = (uint16_t)mr_rng_next(r);
		return;
	case 1:
		*b = (struct fm_bridge){.bus_first = 200, .bus_last = 3};
		return;
	case 2:
		b->state = (uint8_t)mr_rng_next(r);
		b->target = mr_rng_next(r);
		return;
	default:
		h->bridges = 0;
		return;
	}
}

static void twist_current(struct fm_assignment *a, struct mr_rng *r)
{
	a->fn = (struct fm_fn_id){(uint16_t)mr_rng_below(r, 3), (uint16_t)mr_rng_next(r),
				  (uint16_t)mr_rng_next(r), (uint16_t)mr_rng_next(r)};
	a->place.bridge = (uint16_t)mr_rng_next(r);
	a->place.port = (uint16_t)mr_rng_below(r, 1000);
	a->place.way = (enum fm_way)mr_rng_below(r, 4);
	a->chassis = (uint16_t)mr_rng_below(r, 3);
	a->phase = (enum fm_phase)mr_rng_below(r, FM_PHASE_COUNT);
	a->limit_mbps = (uint32_t)mr_rng_next(r);
}

static void twist(struct fix *f, struct mr_rng *r, struct fm_rec_tombstone *tomb)
{
	struct fm_chassis *c = &f->inv.chassis[0];
	struct fm_pool *p = &f->d->pool[mr_rng_below(r, POOLS)];

	twist_adapter(&c->adapter[mr_rng_below(r, c->adapters)], r);
	twist_host(&c->host[mr_rng_below(r, c->hosts)], r);
	for (unsigned i = 0; i < f->curs; i++)
		if (mr_rng_chance(r, 20))
			twist_current(f->cur[i], r);
	if (p->parts)
		p->part[0] = (struct fm_pool_part){.chassis = (uint16_t)mr_rng_below(r, 2),
						   .port = 257,
						   .pf = (uint16_t)mr_rng_below(r, 3),
						   .vf_first = (uint16_t)mr_rng_next(r),
						   .vf_last = (uint16_t)mr_rng_next(r),
						   .spare = mr_rng_chance(r, 50)};
	mr_copy(tomb->chassis, sizeof(tomb->chassis), "c1");
	tomb->place = (struct fm_place){.way = (enum fm_way)mr_rng_below(r, 4),
					.port = (uint16_t)mr_rng_below(r, 600),
					.bridge = (uint16_t)mr_rng_next(r)};
	f->in.tombstone = tomb;
	f->in.tombstones = 1;
}

/* No promise but to come back: with a plan, its tree and the reasons of every claim. */
START_TEST(test_nonsense)
{
	struct fix *f = gen((uint64_t)_i, 0xfff);
	struct fm_plan *p = fix_plan(f);
	struct fm_rec_tombstone tomb = {0};
	struct mr_rng r;

	mr_rng_init(&r, (uint64_t)_i);
	fix_settle(f, p);
	fm_plan_free(p);
	for (unsigned step = 0; step < 4; step++) {
		twist(f, &r, &tomb);
		p = fix_plan(f);
		mr_tree_free(fm_plan_tree(p, &f->in));
		for (unsigned i = 0; i < p->claims; i++)
			mr_tree_free(fm_plan_explain(&f->in, p, i));
		for (unsigned i = 0; i < p->claims; i++)
			ck_assert(p->placed[i].placed || p->placed[i].detail);
		fm_plan_free(p);
	}
	fix_free(f);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("nonsense");
	TCase *t = tcase_create("nonsense");

	tcase_set_timeout(t, 600);
	tcase_add_loop_test(t, test_nonsense, 0, SEEDS);
	suite_add_tcase(s, t);
	return check_run_here(s);
}
