// SPDX-License-Identifier: Apache-2.0
/* Who moves the profiles of a failed host, a trigger without patience, and what stays of a
 * move. */
#include "tests/unit/fm_engine/failing.h"

#define MODE_OF(failover)                                                                      \
	W_HOSTS_TEXT W_POOLS_TEXT                                                              \
		"apiVersion: banyan/v1\nkind: HostGroup\nmetadata: {name: db}\nspec: {hosts: " \
		"[blade01, blade02], spares: [blade03], failover: {" failover                  \
		"}}\n---\n" W_PROFILE("one", "blade01") "---\n" W_PROFILE("two", "blade02")
#define MODE(mode) \
	MODE_OF("mode: " mode ", quorum: 1, triggers: {agentLost: 15s, powerOff: true}")

static unsigned alarms(const struct world *w)
{
	unsigned n = 0;

	for (unsigned i = 0; i < w->recs; i++)
		n += w->rec[i].kind == FM_RECORD_EVENT &&
		     mr_streq(w->rec[i].event.object, "blade01") &&
		     mr_starts(w->rec[i].event.text, "alarm: it counts as failed (powered off");
	return n;
}

static void fails(struct world *w)
{
	w_agent_down(w, 1, false);
	power(w, 1, false);
	w_run(w, 60 * MR_NS_PER_S);
	ck_assert_str_eq(host_of(w, "one/data0"), "blade01");
	ck_assert_uint_eq(w_count(w, FM_RECORD_OVERRIDE), 0);
}

/* People do it: they are told once, how; and again after it was well. */
START_TEST(manual)
{
	struct world w;

	up(&w, MODE("manual"));
	fails(&w);
	ck_assert_uint_eq(alarms(&w), 1);
	power(&w, 1, true);
	w_agent_up(&w, 1, "boot-b", false);
	w_run(&w, 60 * MR_NS_PER_S);
	fails(&w);
	ck_assert_uint_eq(alarms(&w), 2);
	w_verb(&w, FM_VERB_DRAIN, "blade01", NULL);
	w_run(&w, 60 * MR_NS_PER_S);
	ck_assert_str_eq(host_of(&w, "one/data0"), "blade03");
	W_PHASE(&w, "one/data0", ACTIVE);
	w_done(&w);
}
END_TEST

START_TEST(none)
{
	struct world w;

	up(&w, MODE("none"));
	fails(&w);
	ck_assert_uint_eq(alarms(&w), 0);
	w_done(&w);
}
END_TEST

/* 0s is at once, and not never; a link that went down without power off may come back. */
START_TEST(at_once)
{
	struct world w;

	up(&w, MODE_OF("mode: automatic, quorum: 1, rebootGrace: 0s, triggers: {hostLinkDown: "
		       "0s}"));
	w.c.host[0].link = false;
	w_chassis(&w, FM_CE_HOST_LINK, 1, 0, 0);
	w_run(&w, 20 * MR_NS_PER_S);
	ck_assert_str_eq(host_of(&w, "one/data0"), "blade03");
	W_PHASE(&w, "one/data0", ACTIVE);
	w_done(&w);
}
END_TEST

/* Where an operator put a profile is no drift, and is said; an edit of its host ends that. */
START_TEST(overridden)
{
	struct world w;

	up(&w, MODE("none"));
	w_verb(&w, FM_VERB_MOVE, "one", "blade03");
	w_run(&w, 60 * MR_NS_PER_S);
	ck_assert_str_eq(host_of(&w, "one/data0"), "blade03");
	w_text(&w, FM_VERB_PLAN, MODE("none"), false);
	ck_assert_int_eq(w.exit_code, 0);
	ck_assert_str_eq(w.text, "nothing to do; 1 override");
	w_apply(&w, MODE("none")); /* nothing is edited */
	w_run(&w, 60 * MR_NS_PER_S);
	ck_assert_str_eq(host_of(&w, "one/data0"), "blade03");
	w_text(&w, FM_VERB_PLAN, W_PROFILE("one", "blade02"), false);
	ck_assert_int_eq(w.exit_code, FM_EXIT_CHANGES);
	ck_assert_str_eq(
		mr_tree_text(mr_tree_get(mr_tree_get(w.tree, "plan"), "changes")->child[0],
			     "change"),
		"move");
	ck_assert_uint_eq(w_count(&w, FM_RECORD_OVERRIDE), 1);
	w_apply(&w, W_PROFILE("one", "blade02"));
	w_run(&w, 60 * MR_NS_PER_S);
	ck_assert_str_eq(host_of(&w, "one/data0"), "blade02");
	w_restart(&w);
	w_run(&w, 60 * MR_NS_PER_S);
	ck_assert_str_eq(host_of(&w, "one/data0"), "blade02");
	ck_assert_uint_eq(w_count(&w, FM_RECORD_OVERRIDE), 0);
	w_text(&w, FM_VERB_PLAN, W_PROFILE("one", "blade02"), false);
	ck_assert_str_eq(w.text, "nothing to do");
	w_done(&w);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("engine failover modes");
	TCase *t = tcase_create("all");

	tcase_add_test(t, manual);
	tcase_add_test(t, none);
	tcase_add_test(t, at_once);
	tcase_add_test(t, overridden);
	suite_add_tcase(s, t);
	return check_run(s);
}
