/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two who run and have to change places, so that somebody gets one: one of them is parked.
 * Numbers that can be checked by hand; other moves are in test_yield.c.
 */
#include "tests/unit/check_main.h"
#include "tests/unit/fm_plan/nics.h"

enum {
	X,
	Y,
	Z
};

/* z (45 Gbit) fits on nic0 only, beside y (50) there. y is on nic1, and x (60) on nic0: each of
 * them fits where the other one is, once that one has gone. */
static struct fix *swap(void)
{
	struct fix *f = nics(2, 4);
	struct fm_plan *p;

	f->d->pool[0].parts = 1;
	claim(f, "low", "x", 0, 60 * GBIT)->pool = nics_pool(f, "first", 0);
	claim(f, "low", "y", 1, 50 * GBIT)->pool = nics_pool(f, "second", 1);
	p = fix_plan(f);
	fix_settle(f, p);
	fm_plan_free(p);
	fix_part(&f->d->pool[2], &f->inv.chassis[0].adapter[0], 0, 3);
	f->d->pool[1].parts = f->d->pool[2].parts = 2;
	claim(f, "high", "z", 2, 45 * GBIT)->priority = 10;
	return f;
}

static unsigned adapter_of(const struct fix *f, const struct fm_plan *p, unsigned i)
{
	ck_assert(p->placed[i].placed);
	return p->placed[i].fn.port == f->inv.chassis[0].adapter[1].port;
}

static void is_parked(const struct fm_plan *p)
{
	ck_assert_uint_eq(fix_count(p, FM_CHANGE_PARK), 1);
	ck_assert_uint_eq(fix_count(p, FM_CHANGE_MOVE), 0);
	ck_assert_int_eq(p->change[0].kind, FM_CHANGE_PARK);
	ck_assert_int_eq(p->change[0].change_class, FM_CLASS_MOVE);
	ck_assert_int_eq(p->change[0].claim, Y);
	ck_assert_int_eq(p->change[0].taker, Z);
	is_refused(p, Y, MR_REASON_NO_CAPACITY, "waits for low/x to leave nic0/pf0");
	is_refused(p, Z, MR_REASON_NO_CAPACITY, "waits for low/x to leave nic0/pf0");
	ck_assert(p->placed[X].same_fn);
}

/* y leaves first, then x goes to its place, and nothing may hold that up; then y and z get
 * theirs.
 */
START_TEST(test_swap)
{
	struct fix *f = swap();
	struct fm_plan *p = fix_plan(f);
	struct fm_aim *aim = NULL;

	is_parked(p);
	p = fix_next(f, p, &aim);
	ck_assert_uint_eq(fix_count(p, FM_CHANGE_MOVE), 1);
	ck_assert_int_eq(p->change[0].claim, X);
	ck_assert_int_eq(p->change[0].taker, Y);
	ck_assert(p->change[0].owed);
	ck_assert_uint_eq(adapter_of(f, p, X), 1);
	ck_assert(!p->placed[Y].placed);
	p = fix_next(f, p, &aim);
	ck_assert_uint_eq(fix_count(p, FM_CHANGE_GIVE), 2);
	ck_assert_uint_eq(adapter_of(f, p, Y), 0);
	ck_assert_uint_eq(adapter_of(f, p, Z), 0);
	p = fix_next(f, p, &aim);
	ck_assert(!fm_plan_pending(p));
	ck_assert_ptr_null(p->aim);
	fm_aim_free(aim);
	end(f, p);
}
END_TEST

/* While the one who is parked is on its way out nothing else is begun. */
START_TEST(test_waits)
{
	struct fix *f = swap();
	struct fm_plan *p = fix_plan(f);
	struct fm_aim *aim = fm_aim_copy(p->aim);

	fm_plan_free(p);
	f->in.aim = aim;
	f->cur[Y]->going = f->cur[Y]->owed = true;
	f->cur[Y]->phase = FM_PHASE_DRAINING_IO;
	for (unsigned i = 0; i < 3; i++) {
		p = fix_plan(f);
		ck_assert_uint_eq(fix_count(p, FM_CHANGE_MOVE), 0);
		ck_assert_uint_eq(fix_count(p, FM_CHANGE_PARK), 0);
		ck_assert_uint_eq(fix_count(p, FM_CHANGE_GIVE), 0);
		is_refused(p, Y, MR_REASON_NO_CAPACITY, "waits for low/x to leave nic0/pf0");
		ck_assert(p->placed[X].same_fn);
		fm_aim_free(aim);
		f->in.aim = aim = fm_aim_copy(p->aim);
		fm_plan_free(p);
	}
	fix_park(f->cur[Y]);
	p = fix_plan(f);
	ck_assert_uint_eq(adapter_of(f, p, X), 1);
	fm_aim_free(aim);
	end(f, p);
}
END_TEST

/* x's host does not let go of it, or x is frozen now: y has its place again, and nobody is
 * parked for it a second time before something else is asked for. */
START_TEST(test_given_up)
{
	struct fix *f = swap();
	struct fm_plan *p = fix_plan(f);
	struct fm_aim *aim = NULL;

	if (_i)
		f->d->claim[X].suspended = true;
	else
		f->cur[X]->paused = true;
	p = fix_next(f, p, &aim);
	for (unsigned i = 0; i < 3; i++) {
		ck_assert_uint_eq(fix_count(p, FM_CHANGE_MOVE), 0);
		ck_assert_uint_eq(fix_count(p, FM_CHANGE_PARK), 0);
		ck_assert(p->placed[X].same_fn && !p->placed[Z].placed);
		ck_assert_uint_eq(adapter_of(f, p, Y), 1);
		ck_assert(fm_plan_pending(p) == !i);
		p = fix_next(f, p, &aim);
	}
	f->cur[X]->paused = f->d->claim[X].suspended = false;
	fm_plan_free(p);
	p = fix_plan(f);
	ck_assert_uint_eq(fix_count(p, FM_CHANGE_PARK), (unsigned)_i);
	f->d->claim[Z].limit_mbps = 90 * GBIT;
	fm_plan_free(p);
	p = fix_plan(f);
	is_parked(p);
	fm_aim_free(aim);
	end(f, p);
}
END_TEST

/* Who may be held up while the other one is without a place: neither of them is parked. Nor is
 * an extra, which nobody is obliged to. */
START_TEST(test_kept)
{
	struct fix *f = swap();
	struct fm_update *u = f->d->update = mr_xcalloc(1, sizeof(*u));
	struct fm_plan *p;

	if (_i == 0)
		u->strategy = FM_STRATEGY_MANUAL;
	else if (_i == 1)
		u->asks = 1u << FM_CLASS_MOVE;
	else if (_i == 2)
		u->windows = 1;
	else
		f->d->claim[X].extra = f->d->claim[Y].extra = true;
	p = fix_plan(f);
	ck_assert_uint_eq(fix_count(p, FM_CHANGE_PARK), 0);
	ck_assert(!p->placed[Z].placed);
	u->windows = 0;
	end(f, p);
}
END_TEST

/* A manager that was started in the middle of it: y gets some place again. */
START_TEST(test_forgotten)
{
	struct fix *f = swap();
	struct fm_plan *p = fix_plan(f);
	struct fm_aim *aim = NULL;

	for (int i = 0; i < _i; i++)
		p = fix_next(f, p, &aim);
	fix_settle(f, p);
	fm_plan_free(p);
	f->in.aim = NULL;
	p = fix_plan(f);
	for (unsigned i = 0; i < 6 && fm_plan_pending(p); i++)
		p = fix_next(f, p, &aim);
	ck_assert(!fm_plan_pending(p));
	for (unsigned i = X; i <= Z; i++)
		ck_assert(p->placed[i].placed);
	fm_aim_free(aim);
	end(f, p);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("park");
	TCase *t = tcase_create("park");

	tcase_add_test(t, test_swap);
	tcase_add_test(t, test_waits);
	tcase_add_loop_test(t, test_given_up, 0, 2);
	tcase_add_loop_test(t, test_kept, 0, 4);
	tcase_add_loop_test(t, test_forgotten, 0, 3);
	suite_add_tcase(s, t);
	return check_run_here(s);
}
