/* SPDX-License-Identifier: Apache-2.0 */
/* A claim without room: who yields to it, by preemption, by a move or before anything runs, and
 * the smallest change that would help where nobody does. Numbers that can be checked by hand;
 * the rest of what a policy can say is in test_language.c. */
#include "common/tree.h"
#include "tests/unit/check_main.h"
#include "tests/unit/fm_plan/nics.h"

static uint16_t preempting(struct fix *f, uint32_t value, int64_t grace_ns)
{
	f->d->prio[f->d->prios] =
		(struct fm_priority){.value = value, .preempts = true, .grace_ns = grace_ns};
	return (uint16_t)++f->d->prios;
}

/* A minimum of a class that preempts: it takes from the lowest, from extras first, from the
 * youngest; waits for the release, and has the function in the plan after it. */
START_TEST(test_preempt)
{
	struct fix *f = nics(1, 4);
	struct fm_plan *p;

	for (unsigned i = 0; i < 4; i++) {
		struct fm_claim *c = claim(f, "low",
					   i == 0   ? "w"
					   : i == 1 ? "x"
					   : i == 2 ? "y"
						    : "z",
					   0, 0);

		c->priority = i == 0 ? 20 : 10;
		c->extra = i >= 2;
	}
	p = fix_plan(f);
	fix_settle(f, p); /* w, x, y, z: z is the youngest extra */
	fm_plan_free(p);
	claim(f, "high", "d", 1, 0)->priority = 100;
	f->d->claim[4].class = preempting(f, 100, 60 * INT64_C(1000000000));
	p = fix_plan(f);
	is_refused(p, 4, MR_REASON_NO_CAPACITY, "waits for low/z to leave nic0/pf0/vf3");
	ck_assert_uint_eq(p->changes, 2);
	ck_assert_int_eq(p->change[0].kind, FM_CHANGE_PREEMPT);
	ck_assert_int_eq(p->change[0].change_class, FM_CLASS_MOVE);
	ck_assert_int_eq(p->change[0].claim, 3);
	ck_assert_int_eq(p->change[0].taker, 4);
	ck_assert_int_eq(fm_change_grace(f->d, &p->change[0]), 60 * INT64_C(1000000000));
	f->cur[p->change[0].current]->going = true;
	fm_plan_free(p);
	p = fix_plan(f); /* it drains: nobody else is taken */
	ck_assert_uint_eq(fix_count(p, FM_CHANGE_PREEMPT), 0);
	ck_assert(p->placed[0].same_fn && p->placed[1].same_fn && p->placed[2].same_fn);
	fix_settle(f, p);
	fm_plan_free(p);
	p = fix_plan(f);
	ck_assert(p->placed[4].placed);
	ck_assert_uint_eq(p->placed[4].fn.vf, 3);
	ck_assert(!p->placed[3].placed);
	fix_settle(f, p);
	fm_plan_free(p);
	p = fix_plan(f);
	ck_assert(!fm_plan_pending(p));
	end(f, p);
}
END_TEST

/* Neither an equal value nor an extra preempts, nor a class that never does. */
START_TEST(test_no_preempt)
{
	struct fix *f = nics(1, 1);
	struct fm_plan *p;

	claim(f, "low", "d", 0, 0)->priority = 10;
	p = fix_plan(f);
	fix_settle(f, p);
	fm_plan_free(p);
	claim(f, "high", "d", 1, 0);
	f->d->claim[1].class = preempting(f, 10, 0);
	for (unsigned i = 0; i < 3; i++) {
		f->d->claim[1].priority = i ? 11 : 10;
		f->d->claim[1].extra = i == 1;
		f->d->prio[0].preempts = i < 2;
		p = fix_plan(f);
		ck_assert_uint_eq(fix_count(p, FM_CHANGE_PREEMPT), 0);
		fm_plan_free(p);
	}
	f->d->claim[0].extra = f->d->claim[1].extra = true; /* reclaim: from extras only */
	f->d->prio[0].reclaim = true;
	p = fix_plan(f);
	ck_assert_uint_eq(fix_count(p, FM_CHANGE_PREEMPT), 1);
	fm_plan_free(p);
	f->d->claim[0].extra = false;
	p = fix_plan(f);
	ck_assert_uint_eq(fix_count(p, FM_CHANGE_PREEMPT), 0);
	end(f, p);
}
END_TEST

/* Who is taken from moves where it can: as much as is missing, and no more. */
START_TEST(test_preempt_moves)
{
	struct fix *f = nics(2, 4);
	struct fm_plan *p;

	f->d->edge[1].guaranteed_max_mbps = 30 * GBIT;
	claim(f, "low", "x", 0, 20 * GBIT)->priority = 10;
	claim(f, "low", "y", 0, 30 * GBIT)->priority = 10;
	f->d->pool[0].parts = 1;
	p = fix_plan(f);
	fix_settle(f, p);
	fm_plan_free(p);
	f->d->pool[0].parts = 2;
	claim(f, "high", "d", 1, 70 * GBIT)->priority = 100;
	f->d->claim[2].class = preempting(f, 100, 0);
	p = fix_plan(f);
	ck_assert_uint_eq(fix_count(p, FM_CHANGE_MOVE), 1);
	ck_assert_uint_eq(fix_count(p, FM_CHANGE_PREEMPT), 0);
	ck_assert_int_eq(p->change[0].taker, 2);
	ck_assert_int_eq(p->change[0].claim, 1); /* the younger one */
	ck_assert_uint_eq(p->placed[1].fn.port, 258);
	end(f, p);
}
END_TEST

/* Goal 1 before goal 2: who runs moves for a minimum of whatever value, if it has another
 * place. Nobody is left without, and no extra makes anybody move. Only who moves for a class
 * that preempts, and is of a lower value, goes past the rollout. */
START_TEST(test_move_for_minimum)
{
	static const struct {
		uint32_t priority;
		bool class, preempts, extra, moves, forced;
	} row[] = {
		{11, false, false, false, true, false}, {10, false, false, false, true, false},
		{9, false, false, false, true, false},	{11, true, false, false, true, false},
		{11, true, true, true, false, false},	{9, true, true, false, true, false},
		{11, true, true, false, true, true},
	};
	struct fix *f = nics(2, 4);
	struct fm_plan *p;

	f->d->edge[1].guaranteed_max_mbps = 30 * GBIT;
	claim(f, "low", "x", 0, 20 * GBIT)->priority = 10;
	claim(f, "low", "y", 0, 30 * GBIT)->priority = 10;
	f->d->pool[0].parts = 1;
	p = fix_plan(f);
	fix_settle(f, p);
	fm_plan_free(p);
	f->d->pool[0].parts = 2;
	claim(f, "new", "d", 1, 70 * GBIT);
	preempting(f, 10, 0);
	for (unsigned i = 0; i < MR_ARRAY_SIZE(row); i++) {
		f->d->claim[2].priority = row[i].priority;
		f->d->claim[2].class = row[i].class;
		f->d->claim[2].extra = row[i].extra;
		f->d->prio[0].preempts = row[i].preempts;
		p = fix_plan(f);
		ck_assert_uint_eq(fix_count(p, FM_CHANGE_MOVE), row[i].moves);
		ck_assert_uint_eq(fix_count(p, FM_CHANGE_PEND), 1);
		ck_assert_uint_eq(p->changes, 1 + row[i].moves);
		ck_assert_int_eq(fm_change_preempts(f->d, &p->change[0]), row[i].forced);
		fm_plan_free(p);
	}
	f->d->edge[1].guaranteed_max_mbps = 10 * GBIT; /* nowhere to go */
	f->d->claim[2].class = 0;
	p = fix_plan(f);
	ck_assert_uint_eq(p->changes, 1);
	end(f, p);
}
END_TEST

static const char *help(struct fix *f, const struct fm_plan *p, unsigned i, char *buf, size_t n)
{
	struct mr_tree *t = fm_plan_explain(&f->in, p, i);

	mr_copy(buf, n, mr_tree_text(t, "help"));
	mr_tree_free(t);
	return buf;
}

/* The smallest change that would help. */
START_TEST(test_help)
{
	struct fix *f = nics(1, 2);
	struct fm_plan *p;
	char buf[128];

	claim(f, "a", "x", 0, 70 * GBIT);
	claim(f, "a", "y", 0, 40 * GBIT);
	p = fix_plan(f);
	ck_assert_str_eq(help(f, p, 1, buf, sizeof(buf)), "10Gbit less guaranteed on nic0/pf0");
	fm_plan_free(p);
	f->d->claim[1].guaranteed_mbps = 0;
	claim(f, "a", "z", 0, 0);
	p = fix_plan(f);
	ck_assert_str_eq(help(f, p, 2, buf, sizeof(buf)),
			 "one more function of pool nics on nic0/pf0");
	fm_plan_free(p);
	f->d->host[0].cordoned = true;
	p = fix_plan(f);
	ck_assert_str_eq(help(f, p, 2, buf, sizeof(buf)), "host blade01 uncordoned");
	end(f, p);
}
END_TEST

/* Nothing runs yet: 10 Gbit claims spread over both ports leave no room for 60; they shift. */
START_TEST(test_shift)
{
	struct fix *f = nics(2, 16);
	struct fm_plan *p;

	for (unsigned i = 0; i < 10; i++) {
		char name[8];

		mr_fmt(name, sizeof(name), "a%u", i);
		claim(f, name, "d", 0, 10 * GBIT);
	}
	claim(f, "z", "d", 1, 100 * GBIT);
	p = fix_plan(f);
	for (unsigned i = 0; i < p->claims; i++)
		ck_assert(p->placed[i].placed);
	end(f, p);
}
END_TEST

/* z fits on nic0 only, where x is; x fits on nic1, where y is; y on nic2. One after the other
 * they move, each into room that is free then; who moves counts once on the link of its host.
 */
static struct fix *chain(void)
{
	struct fix *f = nics(3, 4);
	struct fm_plan *p;

	f->d->pool[0].parts = 1;
	claim(f, "low", "x", 0, 60 * GBIT)->pool = nics_pool(f, "first", 0);
	claim(f, "low", "y", 1, 60 * GBIT)->pool = nics_pool(f, "second", 1);
	f->inv.chassis[0].host[0].link_reservable_mbps = 60 * GBIT;
	p = fix_plan(f);
	fix_settle(f, p);
	fm_plan_free(p);
	f->d->pool[1].parts = f->d->pool[2].parts = 2;
	claim(f, "high", "z", 2, 60 * GBIT)->priority = 10;
	return f;
}

static const char *adapter_of(const struct fix *f, const struct fm_plan *p, unsigned i)
{
	unsigned c;

	for (c = 0; c < 3; c++)
		if (f->inv.chassis[0].adapter[c].port == p->placed[i].fn.port)
			return f->inv.chassis[0].adapter[c].name;
	return "";
}

START_TEST(test_chain)
{
	struct fix *f = chain();
	struct fm_plan *p = fix_plan(f);

	is_refused(p, 2, MR_REASON_NO_CAPACITY, "waits for low/x to leave nic0/pf0");
	ck_assert_uint_eq(p->changes, 2);
	ck_assert_int_eq(p->change[0].kind, FM_CHANGE_MOVE);
	ck_assert_int_eq(p->change[0].claim, 1);
	ck_assert_int_eq(p->change[0].taker, 2);
	ck_assert_str_eq(adapter_of(f, p, 1), "nic2");
	ck_assert(p->placed[0].same_fn);
	fix_settle(f, p);
	fm_plan_free(p);
	p = fix_plan(f);
	ck_assert_uint_eq(fix_count(p, FM_CHANGE_MOVE), 1);
	ck_assert_str_eq(adapter_of(f, p, 0), "nic1");
	fix_settle(f, p);
	fm_plan_free(p);
	p = fix_plan(f);
	ck_assert_str_eq(adapter_of(f, p, 2), "nic0");
	fix_settle(f, p);
	fm_plan_free(p);
	p = fix_plan(f);
	ck_assert(!fm_plan_pending(p));
	end(f, p);
}
END_TEST

/* What a plan aims at is the next one's, as far as it is not reached; then there is none. */
START_TEST(test_aim)
{
	struct fix *f = chain();
	struct fm_plan *p = fix_plan(f);
	struct fm_aim *aim = NULL;

	ck_assert_ptr_nonnull(p->aim);
	p = fix_next(f, p, &aim);
	ck_assert_uint_eq(fix_count(p, FM_CHANGE_MOVE), 1);
	ck_assert_str_eq(adapter_of(f, p, 0), "nic1");
	ck_assert(p->aim && !fm_aim_eq(aim, p->aim));
	p = fix_next(f, p, &aim);
	ck_assert_str_eq(adapter_of(f, p, 2), "nic0");
	p = fix_next(f, p, &aim);
	ck_assert(!fm_plan_pending(p));
	ck_assert_ptr_null(p->aim);
	fm_aim_free(aim);
	end(f, p);
}
END_TEST

/* While a move is under way nothing else is begun, and the room is nobody else's. */
START_TEST(test_aim_waits)
{
	struct fix *f = chain();
	struct fm_assignment *was = mr_xmemdup(f->cur[1], sizeof(*was));
	struct fm_plan *p = fix_plan(f);
	struct fm_aim *aim = NULL;

	fix_settle(f, p);
	f->cur[1]->phase = FM_PHASE_RESERVED;
	MR_GROW(f->cur, f->curs, f->cap);
	f->cur[f->curs++] = was;
	was->going = was->rides = true;
	f->in.aim = aim = fm_aim_copy(p->aim);
	fm_plan_free(p);
	for (unsigned i = 0; i < 3; i++) {
		p = fix_plan(f);
		ck_assert_uint_eq(fix_count(p, FM_CHANGE_MOVE), 0);
		ck_assert(!p->placed[2].placed && p->placed[0].same_fn);
		ck_assert(p->aim && fm_aim_eq(aim, p->aim) == !!i);
		fm_aim_free(aim);
		f->in.aim = aim = fm_aim_copy(p->aim);
		fm_plan_free(p);
	}
	free(f->cur[--f->curs]);
	f->cur[1]->phase = FM_PHASE_ACTIVE;
	p = fix_plan(f);
	ck_assert_str_eq(adapter_of(f, p, 0), "nic1");
	fm_aim_free(aim);
	end(f, p);
}
END_TEST

/* x can't go to nic1 any more. Where all is asked for as before the aim is given up, and none
 * is taken before something else is asked for; where it is not, another aim may be better. */
START_TEST(test_aim_stuck)
{
	struct fix *f = chain();
	struct fm_plan *p = fix_plan(f);
	struct fm_aim *aim = NULL;

	fix_settle(f, p);
	f->in.aim = aim = fm_aim_copy(p->aim);
	fm_plan_free(p);
	for (uint16_t vf = 0; vf < 4; vf++) {
		struct fm_assignment *a = mr_xmemdup(f->cur[0], sizeof(*a));

		mr_copy(a->profile, sizeof(a->profile), "gone");
		a->phase = FM_PHASE_QUARANTINED;
		a->fn = (struct fm_fn_id){.port = f->inv.chassis[0].adapter[1].port, .vf = vf};
		MR_GROW(f->cur, f->curs, f->cap);
		f->cur[f->curs++] = a;
	}
	if (_i)
		f->d->claim[2].limit_mbps = 70 * GBIT;
	p = fix_plan(f);
	ck_assert_uint_eq(fix_count(p, FM_CHANGE_MOVE), 0);
	ck_assert(!p->placed[2].placed);
	ck_assert_uint_eq(p->searches, (unsigned)_i);
	fm_aim_free(aim);
	f->in.aim = aim = fm_aim_copy(p->aim);
	fm_plan_free(p);
	while (f->curs > 2)
		free(f->cur[--f->curs]);
	p = fix_plan(f);
	ck_assert_uint_eq(fix_count(p, FM_CHANGE_MOVE), (unsigned)_i);
	f->d->claim[2].limit_mbps = 80 * GBIT;
	fm_plan_free(p);
	p = fix_plan(f);
	ck_assert_uint_eq(fix_count(p, FM_CHANGE_MOVE), 1);
	ck_assert_str_eq(adapter_of(f, p, 0), "nic1");
	fm_aim_free(aim);
	end(f, p);
}
END_TEST

/* Nobody begins to move where one of them can't, and so nothing would come of it: y is frozen,
 * or what would move has no bridge beside its own, and may not leave before it can go (an edit
 * of it goes by a rollout). */
START_TEST(test_no_chain)
{
	struct fix *f = chain();
	struct fm_plan *p;

	if (_i)
		f->d->claim[1].suspended = true;
	else
		f->inv.chassis[0].host[0].bridges = 1;
	f->d->update = mr_xcalloc(1, sizeof(*f->d->update));
	f->d->update[0].strategy = FM_STRATEGY_ROLLING;
	p = fix_plan(f);
	ck_assert_uint_eq(fix_count(p, FM_CHANGE_MOVE), 0);
	ck_assert_uint_eq(fix_count(p, FM_CHANGE_PARK), 0);
	ck_assert(!p->placed[2].placed);
	end(f, p);
}
END_TEST

/* What was searched for in vain is not searched for again before something is other than it
 * was; the plan is the same as if it were. */
START_TEST(test_in_vain)
{
	struct fix *f = chain();
	struct fm_aim *aim;
	struct fm_plan *p, *q;

	f->d->claim[1].suspended = true;
	p = fix_plan(f);
	ck_assert_uint_eq(p->searches, 1);
	f->in.aim = aim = fm_aim_copy(p->aim);
	q = fix_plan(f);
	ck_assert_uint_eq(q->searches, 0);
	ck_assert(!fm_plan_differs(p, q, NULL));
	fm_plan_free(p);
	fm_plan_free(q);
	f->d->claim[1].suspended = false;
	p = fix_plan(f);
	ck_assert_uint_eq(p->searches, 1);
	ck_assert_uint_eq(fix_count(p, FM_CHANGE_MOVE), 1);
	fm_aim_free(aim);
	end(f, p);
}
END_TEST

/* Somebody lost what it had, or a fail-over is under way: that does not wait for a search,
 * which comes after it. */
START_TEST(test_hurry)
{
	struct fix *f = chain();
	struct fm_aim *aim = NULL;
	struct fm_plan *p;

	if (_i) {
		f->in.hurry = true;
	} else {
		mr_copy(f->cur[1]->host, sizeof(f->cur[1]->host), "blade03");
		f->d->pool[2].parts = 2;
	}
	p = fix_plan(f);
	ck_assert_uint_eq(p->searches, 0);
	ck_assert(!p->placed[2].placed && p->placed[0].same_fn);
	ck_assert_uint_eq(fix_count(p, FM_CHANGE_MOVE), !_i);
	ck_assert_ptr_null(p->aim);
	f->in.hurry = false;
	p = fix_next(f, p, &aim);
	ck_assert_uint_eq(p->searches, 1);
	for (unsigned i = 0; i < 6 && fm_plan_pending(p); i++)
		p = fix_next(f, p, &aim);
	ck_assert(p->placed[0].placed && p->placed[1].placed && p->placed[2].placed);
	fm_aim_free(aim);
	end(f, p);
}
END_TEST

/* One that moves within its host: what it has and where it is going to are one on its link. */
START_TEST(test_rides)
{
	struct fix *f = chain();
	struct fm_assignment *was = mr_xmemdup(f->cur[0], sizeof(*was));
	struct fm_plan *p;

	f->d->claims = 1;
	f->cur[1]->guaranteed_mbps = f->cur[1]->attrs.min_mbps = 0; /* there is room on nic1 */
	MR_GROW(f->cur, f->curs, f->cap);
	f->cur[f->curs++] = was;
	was->going = was->rides = true;
	f->cur[0]->fn.port = f->inv.chassis[0].adapter[1].port;
	f->cur[0]->fn.vf = 1;
	f->cur[0]->phase = FM_PHASE_RESERVED;
	p = fix_plan(f);
	ck_assert_int_eq(p->placed[0].reason, MR_REASON_OK);
	fm_plan_free(p);
	was->rides = false;
	p = fix_plan(f);
	ck_assert_int_eq(p->placed[0].reason, MR_REASON_GUARANTEE_BROKEN);
	end(f, p);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("yield");
	TCase *t = tcase_create("yield");

	tcase_add_test(t, test_preempt);
	tcase_add_test(t, test_no_preempt);
	tcase_add_test(t, test_preempt_moves);
	tcase_add_test(t, test_move_for_minimum);
	tcase_add_test(t, test_help);
	tcase_add_test(t, test_shift);
	tcase_add_test(t, test_chain);
	tcase_add_test(t, test_aim);
	tcase_add_test(t, test_aim_waits);
	tcase_add_loop_test(t, test_aim_stuck, 0, 2);
	tcase_add_loop_test(t, test_no_chain, 0, 2);
	tcase_add_test(t, test_in_vain);
	tcase_add_loop_test(t, test_hurry, 0, 2);
	tcase_add_test(t, test_rides);
	suite_add_tcase(s, t);
	return check_run_here(s);
}
