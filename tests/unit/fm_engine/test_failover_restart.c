// SPDX-License-Identifier: Apache-2.0
/* Hosts that failed, or seem to have, when a manager starts. */
#include "tests/unit/fm_engine/failing.h"

START_TEST(survives_a_restart)
{
	struct world w;

	up(&w, GROUP(""));
	w_agent_down(&w, 1, false);
	power(&w, 1, false);
	w_run(&w, 20 * MR_NS_PER_S);
	ck_assert_str_eq(host_of(&w, "one/data0"), "blade03");
	w_restart(&w);
	w_agent_up(&w, 3, "boot-a", false);
	w_run(&w, 20 * MR_NS_PER_S);
	ck_assert_str_eq(host_of(&w, "one/data0"), "blade03");
	W_PHASE(&w, "one/data0", ACTIVE);
	w_done(&w);
}
END_TEST

/* Agents that were lost before this manager started count from then on, when a restart that was
 * announced before would be over; not when all of them are away. */
START_TEST(lost_before_a_restart)
{
	struct world w;

	up(&w, GROUP("    quorum: 1\n    massWindow: 30s\n"));
	w_agent_down(&w, 1, false);
	w_restart(&w);
	if (_i)
		w_agent_up(&w, 2, "boot-a", false);
	w_agent_up(&w, 3, "boot-a", false);
	w_run(&w, 590 * MR_NS_PER_S);
	ck_assert_str_eq(host_of(&w, "one/data0"), "blade01");
	w_run(&w, 20 * MR_NS_PER_S);
	ck_assert_str_eq(host_of(&w, "one/data0"), _i ? "blade03" : "blade01");
	ck_assert_str_eq(host_of(&w, "two/data0"), "blade02");
	w_done(&w);
}
END_TEST

/* One that comes in time was not lost. */
START_TEST(late_after_a_restart)
{
	struct world w;

	up(&w, GROUP("    quorum: 1\n"));
	w_agent_down(&w, 1, false);
	w_restart(&w);
	w_agent_up(&w, 2, "boot-a", false);
	w_agent_up(&w, 3, "boot-a", false);
	w_run(&w, 590 * MR_NS_PER_S);
	w_agent_up(&w, 1, "boot-a", false);
	w_run(&w, 600 * MR_NS_PER_S);
	ck_assert_str_eq(host_of(&w, "one/data0"), "blade01");
	w_done(&w);
}
END_TEST

static bool condition(struct world *w, const char *profile, const char *type)
{
	const struct mr_tree *l;

	w_request(w, (struct fm_request){
			     .verb = FM_VERB_GET, .kind = "profiles", .name = profile});
	l = mr_tree_get(mr_tree_get(w->tree, "items")->child[0], "conditions");
	for (unsigned i = 0; i < l->n; i++)
		if (mr_streq(mr_tree_text(l->child[i], "type"), type))
			return mr_tree_get(l->child[i], "status")->num != 0;
	return false;
}

/* A host that lost power while there was no manager: no event will tell the next one. It may be
 * on its way up, and has the time of a restart for that. */
static void off_when_it_starts(struct world *w)
{
	up(w, GROUP("    quorum: 1\n"));
	w->c.host[0].power = w->c.host[0].link = false;
	w_restart(w);
	w_agent_up(w, 2, "boot-a", false);
	w_agent_up(w, 3, "boot-a", false);
	w_run(w, 590 * MR_NS_PER_S);
	ck_assert_str_eq(host_of(w, "one/data0"), "blade01");
	ck_assert(condition(w, "one", "Progressing"));
	ck_assert(!condition(w, "one", "Degraded"));
}

START_TEST(lost_while_no_manager)
{
	struct world w;

	off_when_it_starts(&w);
	w_run(&w, 20 * MR_NS_PER_S);
	ck_assert_str_eq(host_of(&w, "one/data0"), "blade03");
	W_PHASE(&w, "one/data0", ACTIVE);
	ck_assert_str_eq(host_of(&w, "two/data0"), "blade02");
	w_done(&w);
}
END_TEST

/* It was on its way up; when it goes again this manager sees it. */
START_TEST(on_its_way_up)
{
	struct world w;

	off_when_it_starts(&w);
	power(&w, 1, true);
	w_agent_up(&w, 1, "boot-b", false);
	w_run(&w, _i ? 1 : 600 * MR_NS_PER_S);
	ck_assert_str_eq(host_of(&w, "one/data0"), "blade01");
	power(&w, 1, false);
	w_run(&w, 5 * MR_NS_PER_S);
	ck_assert_str_eq(host_of(&w, "one/data0"), "blade03");
	w_done(&w);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("engine failover and restarts");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 30);
	tcase_add_test(t, survives_a_restart);
	tcase_add_test(t, lost_while_no_manager);
	tcase_add_loop_test(t, on_its_way_up, 0, 2);
	tcase_add_loop_test(t, lost_before_a_restart, 0, 2);
	tcase_add_test(t, late_after_a_restart);
	suite_add_tcase(s, t);
	return check_run(s) ? EXIT_FAILURE : EXIT_SUCCESS;
}
