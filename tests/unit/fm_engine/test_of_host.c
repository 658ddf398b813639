// SPDX-License-Identifier: Apache-2.0
/* The list of assignments that each host has, while profiles come, move, and go. */
#include "fabric-manager/engine/state/asgs.h"
#include "fabric-manager/engine/state/hosts.h"
#include "tests/unit/fm_engine/world.h"

/* Each list is what a look at all assignments finds, in their order. */
static unsigned check_host(const struct world *w, const char *host)
{
	struct fm_asg **list;
	unsigned n = fm_asgs_of_host(w->e, host, &list), at = 0;

	for (unsigned i = 0; i < w->e->asgs; i++) {
		struct fm_asg *a = w->e->asg[i];

		if (!a->a.has_fn || !mr_streq(a->a.host, host))
			continue;
		ck_assert_uint_lt(at, n);
		ck_assert_ptr_eq(list[at++], a);
		ck_assert_ptr_eq(fm_host_of(w->e, a), fm_host(w->e, host, false));
	}
	ck_assert_uint_eq(at, n);
	free(list);
	return n;
}

static void check_lists(const struct world *w, unsigned one, unsigned two)
{
	ck_assert_uint_eq(check_host(w, "blade01"), one);
	ck_assert_uint_eq(check_host(w, "blade02"), two);
	ck_assert_uint_eq(check_host(w, "nobody"), 0);
}

START_TEST(of_each_host)
{
	struct world w;

	w_up(&w, false, false);
	w_apply(&w, W_POOLS_TEXT);
	check_lists(&w, 0, 0);
	w_apply(&w, W_PROFILE("web", "blade01"));
	w_apply(&w, W_PROFILE("db", "blade01"));
	check_lists(&w, 2, 0);
	w_apply(&w, W_PROFILE("log", "blade02"));
	check_lists(&w, 2, 1);
	w_verb(&w, FM_VERB_MOVE, "web", "blade02");
	w_run(&w, 300 * MR_NS_PER_S);
	check_lists(&w, 1, 2);
	w_restart(&w);
	check_lists(&w, 1, 2);
	w_agent_up(&w, 1, "boot-a", false);
	w_agent_up(&w, 2, "boot-a", false);
	w_verb(&w, FM_VERB_DISCONNECT, "log", NULL);
	w_run(&w, 300 * MR_NS_PER_S);
	check_lists(&w, 1, 1);
	w_text(&w, FM_VERB_DELETE, W_PROFILE("web", "blade01"), true);
	w_run(&w, 300 * MR_NS_PER_S);
	check_lists(&w, 1, 0);
	w_done(&w);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("engine of host");
	TCase *t = tcase_create("all");

	tcase_add_test(t, of_each_host);
	suite_add_tcase(s, t);
	return check_run(s) ? EXIT_FAILURE : EXIT_SUCCESS;
}
