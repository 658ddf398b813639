// SPDX-License-Identifier: Apache-2.0
/* Profiles that are not where they are meant to be: a move that was given up, no host at all.
 */
#include "tests/unit/fm_engine/world.h"

#define WEB W_HOSTS_TEXT W_POOLS_TEXT W_PROFILE("web", "blade01")

/* Its kernel does not carry out the unbind in time; it may do so whenever it goes on. Who comes
 * back is asked to bind before it counts as running, and nobody says that it moved. */
START_TEST(hung_host_keeps_it_and_binds_again)
{
	struct fm_request r = {.verb = FM_VERB_GET, .kind = "profiles", .name = "web"};
	struct world w;

	w_up(&w, _i, _i);
	w_apply(&w, WEB);
	mr_buf_reset(&w.ops);
	w.agent[1].hangs = w.agent[1].refuses = true;
	w_verb(&w, FM_VERB_MOVE, "web", "blade02");
	ck_assert_ptr_nonnull(strstr(w.text, "web goes from blade01 to blade02"));
	for (int i = 0; i < 120 && !strstr(mr_buf_text(&w.ops), "activate!"); i++)
		w_run(&w, MR_NS_PER_S);
	W_PHASE(&w, "web/data0", ACTIVATING);
	w_verb(&w, FM_VERB_CONNECT, "web", "blade02");
	ck_assert_ptr_null(strstr(w.text, "is on blade02 already"));
	w.agent[1].refuses = false;
	w_run(&w, 120 * MR_NS_PER_S);
	W_PHASE(&w, "web/data0", ACTIVE);
	ck_assert_str_eq(w_asg(&w, "web/data0")->host, "blade01");
	ck_assert_ptr_null(strstr(mr_buf_text(&w.ops), "block"));
	w_request(&w, r);
	ck_assert_int_eq(mr_tree_get(w_condition(&w, "Ready"), "status")->num, 0);
	ck_assert_int_eq(mr_tree_get(w_condition(&w, "Degraded"), "status")->num, 1);
	ck_assert_ptr_nonnull(strstr(mr_tree_text(w_condition(&w, "Degraded"), "message"),
				     "it runs on blade01"));
	w.agent[1].hangs = false;
	w_verb(&w, FM_VERB_MOVE, "web", "blade02");
	ck_assert_ptr_nonnull(strstr(w.text, "web goes from blade01 to blade02"));
	W_PHASE(&w, "web/data0", ACTIVE);
	ck_assert_str_eq(w_asg(&w, "web/data0")->host, "blade02");
	w_request(&w, r);
	ck_assert_int_eq(mr_tree_get(w_condition(&w, "Ready"), "status")->num, 1);
	w_done(&w);
}
END_TEST

/* It unbinds, and does not give the function back. The closed gate took identity and data; they
 * are there again when the driver looks at the function. */
START_TEST(the_gate_opens_before_it_binds_again)
{
	struct world w;

	w_up(&w, _i, _i);
	w_apply(&w, WEB);
	mr_buf_reset(&w.ops);
	w.agent[1].keeps = true;
	w_verb(&w, FM_VERB_MOVE, "web", "blade02");
	w_run(&w, 120 * MR_NS_PER_S);
	W_PHASE(&w, "web/data0", ACTIVE);
	ck_assert_str_eq(w_asg(&w, "web/data0")->host, "blade01");
	ck_assert_ptr_nonnull(strstr(mr_buf_text(&w.ops), "gate-close "));
	ck_assert_msg(strstr(mr_buf_text(&w.ops), "gate-open activate! ") != NULL, "%s",
		      mr_buf_text(&w.ops));
	w.agent[1].keeps = false;
	w_verb(&w, FM_VERB_MOVE, "web", "blade02");
	W_PHASE(&w, "web/data0", ACTIVE);
	ck_assert_str_eq(w_asg(&w, "web/data0")->host, "blade02");
	w_done(&w);
}
END_TEST

/* What is on its way back is none of the planner's claims any more, and has its name. */
START_TEST(a_refusal_names_what_is_on_its_way)
{
	struct fm_request r = {.verb = FM_VERB_PLAN, .max_disruption = "Live"};
	struct world w;

	w_up(&w, false, false);
	w_apply(&w, WEB);
	w.agent[1].keeps = w.agent[1].refuses = true;
	w_verb(&w, FM_VERB_MOVE, "web", "blade02");
	for (int i = 0; i < 120 && w_asg(&w, "web/data0")->phase != FM_PHASE_ACTIVATING; i++)
		w_run(&w, MR_NS_PER_S);
	W_PHASE(&w, "web/data0", ACTIVATING);
	w_request(&w, r);
	ck_assert_int_eq(w.exit_code, 1);
	ck_assert_ptr_nonnull(strstr(w.text, "release web/data0 on blade01 (Move)"));
	w_done(&w);
}
END_TEST

/* Nothing is wrong with a profile that somebody took from its host, or never gave one. */
START_TEST(connected_to_nothing)
{
	struct fm_request r = {.verb = FM_VERB_GET, .kind = "profiles", .name = "web"};
	struct world w;

	w_up(&w, false, false);
	w_apply(&w, W_HOSTS_TEXT W_POOLS_TEXT W_PROFILE("web", "none"));
	w_request(&w, r);
	ck_assert_int_eq(mr_tree_get(w_condition(&w, "Ready"), "status")->num, 0);
	ck_assert_int_eq(mr_tree_get(w_condition(&w, "Degraded"), "status")->num, 0);
	w_done(&w);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("astray");
	Suite *s = suite_create("engine astray");

	tcase_add_loop_test(t, hung_host_keeps_it_and_binds_again, 0, 2);
	tcase_add_loop_test(t, the_gate_opens_before_it_binds_again, 0, 2);
	tcase_add_test(t, a_refusal_names_what_is_on_its_way);
	tcase_add_test(t, connected_to_nothing);
	suite_add_tcase(s, t);
	return check_run(s) ? EXIT_FAILURE : EXIT_SUCCESS;
}
