// SPDX-License-Identifier: Apache-2.0
/* Copies of what a function sends: when they begin, and that they end before whoever gets them
 * is another one (w_check_copies judges each reset). */
#include "tests/unit/fm_engine/world.h"

#define PORT "apiVersion: banyan/v1\nkind: PortProfile\nmetadata: {name: copied}\n"
#define TO   PORT "spec: {mirrorTo: mon/tap}\n---\n"
#define PROFILE(name, host, device, more)                                    \
	"apiVersion: banyan/v1\nkind: ServerProfile\nmetadata: {name: " name \
	"}\nspec: {host: " host ", devices: [{name: " device                 \
	", class: ethernet, pool: nics" more "}]}\n---\n"
#define WEB	  PROFILE("web", "blade01", "a", ", portProfile: copied")
#define MON(host) PROFILE("mon", host, "tap", "")

static void up(struct world *w, bool lvf)
{
	w_init(w);
	w->c.adapter[0].caps |= MR_CT_CAP_MIRROR;
	w_start(w);
	w_apply(w, W_HOSTS_TEXT);
	w_agent_up(w, 1, "boot-a", lvf);
	w_agent_up(w, 2, "boot-a", lvf);
	w_apply(w, W_POOLS_TEXT TO WEB MON("blade02"));
	w_run(w, 5 * MR_NS_PER_S);
	W_PHASE(w, "web/a", ACTIVE);
	W_PHASE(w, "mon/tap", ACTIVE);
	mr_buf_reset(&w->ops);
}

static unsigned mirror_of(struct world *w)
{
	return w_fn(w, w_asg(w, "web/a")->fn)->attrs.mirror;
}

START_TEST(begins_and_ends)
{
	struct world w;

	up(&w, _i);
	ck_assert_uint_eq(mirror_of(&w), w_asg(&w, "mon/tap")->fn.vf + 1);
	w_apply(&w, MON("none"));
	w_run(&w, 60 * MR_NS_PER_S);
	ck_assert_ptr_null(w_asg(&w, "mon/tap"));
	ck_assert_uint_eq(mirror_of(&w), 0);
	W_PHASE(&w, "web/a", ACTIVE);
	w_apply(&w, MON("blade02"));
	w_run(&w, 60 * MR_NS_PER_S);
	ck_assert_uint_eq(mirror_of(&w), w_asg(&w, "mon/tap")->fn.vf + 1);
	w_apply(&w, PORT);
	w_run(&w, 5 * MR_NS_PER_S);
	ck_assert_uint_eq(mirror_of(&w), 0);
	w_done(&w);
}
END_TEST

/* Whoever is copied cannot be told at first: its copy waits with its reset, and says why. */
START_TEST(does_not_end)
{
	struct world w;

	up(&w, false);
	w.refuse = FM_OP_SET_ATTRS;
	w.times = 100;
	w_apply(&w, MON("none"));
	w_run(&w, 60 * MR_NS_PER_S);
	W_PHASE(&w, "mon/tap", RESETTING);
	ck_assert_str_eq(w_asg(&w, "mon/tap")->detail,
			 "waiting until web/a is not copied to it any more");
	w.times = 0;
	w_run(&w, 60 * MR_NS_PER_S);
	ck_assert_ptr_null(w_asg(&w, "mon/tap"));
	ck_assert_uint_eq(mirror_of(&w), 0);
	W_PHASE(&w, "web/a", ACTIVE);
	w_done(&w);
}
END_TEST

/* Nobody takes away the document of who gets the copies: PortProfile and device contradict each
 * other then. */
START_TEST(not_deleted)
{
	struct fm_request r = {
		.verb = FM_VERB_DELETE, .kind = "ServerProfile", .name = "mon", .yes = true};
	struct world w;

	up(&w, false);
	w_request(&w, r);
	ck_assert_int_eq(w.exit_code, 1);
	ck_assert_ptr_nonnull(strstr(w.findings, "cannot get the traffic of web/a"));
	W_PHASE(&w, "mon/tap", ACTIVE);
	w_done(&w);
}
END_TEST

/* Both go at the same time, and one after the other. */
START_TEST(both_go)
{
	struct world w;

	up(&w, _i & 1);
	w_apply(&w, _i & 2 ? PROFILE("web", "none", "a", ", portProfile: copied")
			   : PROFILE("web", "blade02", "a", ", portProfile: copied"));
	if (_i & 4)
		w_run(&w, MR_NS_PER_S);
	w_apply(&w, MON("none"));
	w_run(&w, 60 * MR_NS_PER_S);
	ck_assert_ptr_null(w_asg(&w, "mon/tap"));
	if (_i & 2)
		ck_assert_ptr_null(w_asg(&w, "web/a"));
	else
		W_PHASE(&w, "web/a", ACTIVE);
	w_done(&w);
}
END_TEST

/* After any number of actions of the way out. */
START_TEST(the_manager_dies)
{
	bool crashed = true;

	for (int k = 0; crashed; k++) {
		struct world w;

		up(&w, _i);
		w.crash_after = k;
		w_text(&w, FM_VERB_APPLY, MON("none"), true);
		w_run(&w, 60 * MR_NS_PER_S);
		w_restart(&w);
		w_agent_up(&w, 1, "boot-a", _i);
		w_agent_up(&w, 2, "boot-a", _i);
		w_run(&w, 100 * MR_NS_PER_S);
		W_PHASE(&w, "web/a", ACTIVE);
		ck_assert_uint_eq(mirror_of(&w),
				  w_asg(&w, "mon/tap") ? w_asg(&w, "mon/tap")->fn.vf + 1u : 0);
		crashed = w_crash_over(&w, k);
	}
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("all");
	Suite *s = suite_create("engine mirror");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, begins_and_ends, 0, 2);
	tcase_add_test(t, does_not_end);
	tcase_add_test(t, not_deleted);
	tcase_add_loop_test(t, both_go, 0, 8);
	tcase_add_loop_test(t, the_manager_dies, 0, 2);
	suite_add_tcase(s, t);
	return check_run(s);
}
