/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two who run have to change places, so that a third one gets one: one of them is parked, and
 * comes back whatever becomes of the other.
 */
#include "tests/unit/fm_engine/swap.h"

START_TEST(swap)
{
	struct world w;
	bool was[4];
	unsigned moved = 0;

	up(&w);
	for (unsigned i = 0; i < 4; i++)
		was[i] = on_left(&w, names[i]);
	w_apply(&w, ASKED);
	w_run(&w, 60 * MR_NS_PER_S);
	for (unsigned i = 0; i < 4; i++) {
		W_PHASE(&w, names[i], ACTIVE);
		moved += was[i] != on_left(&w, names[i]);
	}
	ck_assert_uint_eq(moved, 2);
	W_PHASE(&w, "c/z", ACTIVE);
	w_done(&w);
}
END_TEST

static unsigned count(const struct mr_buf *b, const char *what)
{
	unsigned n = 0;

	for (const char *s = mr_buf_text(b); (s = strstr(s, what)); s++)
		n++;
	return n;
}

/* Who is moved by the plans after the one that is shown counts, too. */
START_TEST(all_that_comes)
{
	struct fm_file f = {"p.yaml", ASKED, strlen(ASKED)};
	struct fm_request r = {
		.verb = FM_VERB_APPLY, .file = &f, .files = 1, .max_disruption = "1"};
	const struct mr_tree *d;
	struct world w;

	up(&w);
	w_text(&w, FM_VERB_PLAN, ASKED, false);
	d = mr_tree_get(mr_tree_get(w.tree, "plan"), "disruption");
	ck_assert_int_eq(mr_tree_int(d, "interrupted"), 2);
	ck_assert_str_eq(mr_tree_text(d, "class"), "Move");
	ck_assert_uint_eq(mr_tree_get(d, "later")->n, 1);
	ck_assert_str_eq(mr_tree_get(d, "later")->child[0]->text, "a/x");
	w_request(&w, r);
	ck_assert_int_eq(w.exit_code, 1);
	ck_assert_msg(
		strstr(w.text, "park b/y on blade02 (Move), move a/x on blade01 (Move, later)"),
		"%s", w.text);
	W_PHASE(&w, "b/y", ACTIVE);
	r.max_disruption = "2";
	w_request(&w, r);
	ck_assert_int_eq(w.exit_code, 0);
	w_done(&w);
}
END_TEST

/* One of the hosts does not let go: whoever was parked on the other one is where it was, and
 * nobody is asked again and again. */
START_TEST(busy)
{
	struct world w;
	unsigned asked;

	up(&w);
	w.agent[1 + _i].busy = true;
	mr_buf_reset(&w.ops);
	w_apply(&w, ASKED);
	w_run(&w, 600 * MR_NS_PER_S);
	for (unsigned i = 0; i < 4; i++)
		W_PHASE(&w, names[i], ACTIVE);
	ck_assert_int_ne(w_asg(&w, "c/z")->phase, FM_PHASE_ACTIVE);
	asked = count(&w.ops, "quiesce!");
	ck_assert_uint_ge(asked, 1);
	ck_assert_uint_le(asked, 8);
	w_run(&w, 7200 * MR_NS_PER_S);
	ck_assert_uint_eq(count(&w.ops, "quiesce!"), asked);
	w_done(&w);
}
END_TEST

/* After any of its actions: whoever ran runs again, and who is new where that is still asked
 * for. */
START_TEST(the_manager_dies)
{
	bool crashed = true;
	unsigned out = 0;

	for (int k = 0; crashed; k++) {
		struct world w;

		up(&w);
		w.crash_after = k;
		w_text(&w, FM_VERB_APPLY, ASKED, true);
		w_run(&w, 60 * MR_NS_PER_S);
		w_restart(&w);
		for (unsigned i = 0; i < 4; i++)
			out += w_asg(&w, names[i])->owed;
		for (unsigned p = 1; p <= 3; p++)
			w_agent_up(&w, p, "boot-a", false);
		w_run(&w, 200 * MR_NS_PER_S);
		for (unsigned i = 0; i < 4; i++) {
			W_PHASE(&w, names[i], ACTIVE);
			ck_assert(!w_asg(&w, names[i])->owed);
		}
		if (w_asg(&w, "c/z"))
			W_PHASE(&w, "c/z", ACTIVE);
		crashed = w_crash_over(&w, k);
	}
	ck_assert_uint_gt(out, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("park");
	TCase *t = tcase_create("park");

	tcase_add_test(t, swap);
	tcase_add_test(t, all_that_comes);
	tcase_add_loop_test(t, busy, 0, 2);
	tcase_add_test(t, the_manager_dies);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	return check_run(s);
}
