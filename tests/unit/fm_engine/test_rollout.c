/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rollouts: an edit that binds a template's functions anew (class Reset) reaches the hosts as
 * `update` says. Times are exact, the clock is the tests' own.
 */
#include "tests/unit/fm_engine/world.h"

#define GROUP "hosts: [blade01, blade02, blade03]"
#define TEXT(update, driver)                                                                 \
	W_HOSTS_TEXT W_POOLS_TEXT                                                            \
		"apiVersion: banyan/v1\nkind: HostGroup\nmetadata: {name: g}\nspec: {" GROUP \
		"}\n---\n"                                                                   \
		"apiVersion: banyan/v1\nkind: FabricPolicy\nmetadata: {name: default}\n"     \
		"spec: {update: {" update "}}\n---\n"                                        \
		"apiVersion: banyan/v1\nkind: ProfileTemplate\nmetadata: {name: w}\nspec:\n" \
		"  hostGroup: g\n  template:\n    devices:\n"                                \
		"      - {name: d, class: ethernet, pool: nics, driver: " driver "}\n"

static const char *const names[] = {"w-blade01/d", "w-blade02/d", "w-blade03/d"};

static void up(struct world *w, const char *before)
{
	w_up_three(w, before);
	for (unsigned i = 0; i < 3; i++)
		W_PHASE(w, names[i], ACTIVE);
}

/* How many have the driver of the edit and run. */
static unsigned done(struct world *w)
{
	unsigned n = 0;

	for (unsigned i = 0; i < 3; i++) {
		const struct fm_assignment *a = w_asg(w, names[i]);

		n += a && a->phase == FM_PHASE_ACTIVE && mr_streq(a->driver, "vfio-pci");
	}
	return n;
}

static unsigned moving(struct world *w)
{
	unsigned n = 0;

	for (unsigned i = 0; i < 3; i++)
		n += w_asg(w, names[i])->phase != FM_PHASE_ACTIVE;
	return n;
}

static const char *held(struct world *w, const char *name)
{
	w_request(w, (struct fm_request){
			     .verb = FM_VERB_GET, .kind = "assignments", .name = name});
	return mr_tree_text(mr_tree_get(w->tree, "items")->child[0], "held");
}

static const char *state(struct world *w)
{
	w_request(w, (struct fm_request){.verb = FM_VERB_STATUS});
	return mr_tree_text(w->tree, "rollout");
}

#define FORCED "strategy: RollingUpdate, drain: {mode: force, timeout: 20s}"

/* One host at a time, though the others could go at once. */
START_TEST(rolling)
{
	struct world w;

	up(&w, TEXT(FORCED, "default"));
	w.agent[1].silent = true;
	w_apply(&w, TEXT(FORCED, "vfio-pci"));
	ck_assert_uint_eq(moving(&w), 1);
	ck_assert_str_eq(state(&w), "running");
	ck_assert_str_eq(held(&w, names[1]), "waits until other hosts of its group are done");
	w_run(&w, 10 * MR_NS_PER_S);
	ck_assert_uint_eq(done(&w), 0);
	ck_assert_uint_eq(moving(&w), 1);
	w.agent[1].silent = false;
	for (unsigned i = 0; i < 60 && done(&w) < 3; i++) {
		ck_assert_uint_le(moving(&w), 1);
		w_run(&w, MR_NS_PER_S);
	}
	ck_assert_uint_eq(done(&w), 3);
	w_settle(&w);
	ck_assert_str_eq(state(&w), "none");
	ck_assert_uint_eq(w_count(&w, FM_RECORD_OPERATION), 0);
	w_done(&w);
}
END_TEST

static const struct {
	const char *text;
	unsigned at_once;
} shares[] = {
	{TEXT("maxUnavailable: 2", "vfio-pci"), 2},
	{TEXT("maxUnavailable: 70%", "vfio-pci"), 2}, /* of three, rounded down */
	{TEXT("maxUnavailable: 10%", "vfio-pci"), 1}, /* at least one */
	{TEXT("strategy: Immediate", "vfio-pci"), 3},
	{TEXT("drain: {mode: request, timeout: 1m}", "vfio-pci"), 3},
};

START_TEST(at_one_time)
{
	struct world w;

	up(&w, TEXT("strategy: Immediate", "default"));
	for (unsigned p = 1; p <= 3; p++)
		w.agent[p].silent = true;
	w_apply(&w, shares[_i].text);
	ck_assert_uint_eq(moving(&w), shares[_i].at_once);
	w_done(&w);
}
END_TEST

/* Whom nothing is taken from is not held: a new claim, a host that failed over, a verb. */
START_TEST(verbs_are_not_governed)
{
	struct world w;

	up(&w, TEXT("strategy: Manual", "default"));
	w_verb(&w, FM_VERB_MOVE, "w-blade01", "blade04");
	ck_assert_int_eq(w.exit_code, 1); /* no document names blade04 */
	w_verb(&w, FM_VERB_DISCONNECT, "w-blade01", NULL);
	w_run(&w, 10 * MR_NS_PER_S);
	ck_assert_ptr_null(w_asg(&w, names[0]));
	w_verb(&w, FM_VERB_RESET_OVERRIDE, "w-blade01", NULL);
	w_run(&w, 10 * MR_NS_PER_S);
	W_PHASE(&w, names[0], ACTIVE);
	w_verb(&w, FM_VERB_MOVE, "w-blade01", "blade02");
	w_run(&w, 10 * MR_NS_PER_S);
	ck_assert_str_eq(w_asg(&w, names[0])->host, "blade02");
	w_verb(&w, FM_VERB_RESET_OVERRIDE, "w-blade01", NULL);
	w_run(&w, 10 * MR_NS_PER_S);
	ck_assert_str_eq(w_asg(&w, names[0])->host, "blade01");
	ck_assert_str_eq(state(&w), "none");
	w_done(&w);
}
END_TEST

/* Manual: each profile waits for its yes; the yes outlives the manager. */
START_TEST(manual)
{
	struct fm_request get = {.verb = FM_VERB_GET, .kind = "operations"};
	const struct mr_tree *items;
	struct world w;

	up(&w, TEXT("strategy: Manual", "default"));
	w_apply(&w, TEXT("strategy: Manual", "vfio-pci"));
	w_run(&w, 60 * MR_NS_PER_S);
	ck_assert_uint_eq(done(&w), 0);
	ck_assert_str_eq(held(&w, names[0]), "waits for approval");
	w_request(&w, get);
	items = mr_tree_get(w.tree, "items");
	ck_assert_uint_eq(items->n, 4);
	ck_assert_str_eq(mr_tree_text(items->child[0], "kind"), "rollout");
	ck_assert_str_eq(mr_tree_text(items->child[0], "detail"),
			 "version 3, 3 steps to begin");
	ck_assert_str_eq(mr_tree_text(items->child[1], "state"), "needs approval");
	ck_assert_str_eq(mr_tree_text(items->child[1], "detail"),
			 "the edit of w-blade01, class Reset");
	w_verb(&w, FM_VERB_APPROVE, "w-blade02", NULL);
	ck_assert_msg(!w.exit_code, "%s", w.text);
	w_run(&w, 60 * MR_NS_PER_S);
	ck_assert_uint_eq(done(&w), 1);
	ck_assert_str_eq(w_asg(&w, names[1])->driver, "vfio-pci");
	w_verb(&w, FM_VERB_APPROVE, "w-blade02", NULL);
	ck_assert_int_eq(w.reason, MR_REASON_NOT_FOUND);
	w.agent[1].busy = true; /* the yes is there, and the host is not ready */
	w_verb(&w, FM_VERB_APPROVE, "w-blade01", NULL);
	w.crash_after = 0;
	w_restart(&w);
	w.agent[1].busy = false;
	for (unsigned p = 1; p <= 3; p++)
		w_agent_up(&w, p, "boot-a", false);
	w_verb(&w, FM_VERB_RESUME, "", NULL);
	w_run(&w, 100 * MR_NS_PER_S);
	ck_assert_uint_eq(done(&w), 2);
	ck_assert_str_eq(held(&w, names[2]), "waits for approval");
	w_apply(&w, TEXT("strategy: Manual", "default")); /* taken back: two go back by a yes */
	w_run(&w, 10 * MR_NS_PER_S);
	ck_assert_str_eq(held(&w, names[2]), "");
	w_verb(&w, FM_VERB_APPROVE, "w-blade01", NULL);
	w_verb(&w, FM_VERB_APPROVE, "w-blade02", NULL);
	w_run(&w, 100 * MR_NS_PER_S);
	ck_assert_uint_eq(done(&w), 0);
	ck_assert_uint_eq(moving(&w), 0);
	ck_assert_str_eq(state(&w), "none");
	ck_assert_uint_eq(w_count(&w, FM_RECORD_OPERATION), 0);
	w_done(&w);
}
END_TEST

/* allow: a class that it does not name waits for a yes. */
START_TEST(allow)
{
	struct world w;

	up(&w, TEXT("allow: [Live, Move]", "default"));
	w_apply(&w, TEXT("allow: [Live, Move]", "vfio-pci"));
	w_run(&w, 60 * MR_NS_PER_S);
	ck_assert_uint_eq(done(&w), 0);
	w_apply(&w, TEXT("allow: [Reset]", "vfio-pci"));
	w_run(&w, 60 * MR_NS_PER_S);
	ck_assert_uint_eq(done(&w), 3);
	w_done(&w);
}
END_TEST

#define USES(name, host, rate, more)                                                       \
	"---\napiVersion: banyan/v1\nkind: ServerProfile\nmetadata: {name: " name          \
	"}\nspec: {host: " host ", devices: [{name: d, class: ethernet, pool: nics, qos: " \
	"{guaranteed: " rate "}}]" more "}\n"
#define TWO                                                            \
	W_HOSTS_TEXT W_POOLS_TEXT USES("a", "blade01", "25Gbit",       \
				       ", update: {strategy: Manual}") \
		USES("b", "blade01", "25Gbit", ", update: {strategy: Manual}")

/* A move that makes room for a minimum is a step of the profile that moves. */
START_TEST(makes_room)
{
	struct world w;

	w_init(&w);
	w.c.adapter[1].device_class = MR_CLASS_ETHERNET;
	w.c.adapter[1].pf[0].net_mbps = w.c.adapter[0].pf[0].net_mbps;
	w_start(&w);
	w_apply(&w, W_HOSTS_TEXT);
	w_agent_up(&w, 1, "boot-a", false);
	w_agent_up(&w, 2, "boot-a", false);
	w_apply(&w, TWO);
	W_PHASE(&w, "a/d", ACTIVE);
	W_PHASE(&w, "b/d", ACTIVE);
	ck_assert_uint_ne(w_asg(&w, "a/d")->fn.port, w_asg(&w, "b/d")->fn.port);
	w_apply(&w, TWO USES("new", "blade02", "80Gbit", ""));
	w_run(&w, 60 * MR_NS_PER_S);
	W_PHASE(&w, "new/d", PENDING);
	ck_assert_str_eq(held(&w, "b/d"), "waits for approval");
	ck_assert_str_eq(held(&w, "a/d"), "");
	w_verb(&w, FM_VERB_APPROVE, "b", NULL);
	ck_assert_msg(!w.exit_code, "%s", w.text);
	w_run(&w, 60 * MR_NS_PER_S);
	W_PHASE(&w, "new/d", ACTIVE);
	W_PHASE(&w, "b/d", ACTIVE);
	ck_assert_uint_eq(w_asg(&w, "a/d")->fn.port, w_asg(&w, "b/d")->fn.port);
	w_done(&w);
}
END_TEST

/* 1700000000 s is a Tuesday, 22:13:20 UTC. */
START_TEST(window)
{
	const char *u = "windows: [{days: [wed], start: \"01:00\", end: \"03:00\", timezone: "
			"\"+01:00\"}]";
	char before[3000], after[3000];
	struct world w;

	mr_fmt(before, sizeof(before), TEXT("%s", "default"), u);
	mr_fmt(after, sizeof(after), TEXT("%s", "vfio-pci"), u);
	up(&w, before);
	w_apply(&w, after);
	ck_assert_str_eq(held(&w, names[0]), "waits for an update window");
	ck_assert(fm_engine_idle(w.e));
	w_run(&w, 6300 * MR_NS_PER_S); /* 23:58 */
	ck_assert_uint_eq(done(&w), 0);
	w_run(&w, 300 * MR_NS_PER_S); /* 00:03 UTC, 01:03 there */
	ck_assert_uint_eq(done(&w), 3);
	w_done(&w);
}
END_TEST

START_TEST(on_host_restart)
{
	struct world w;

	up(&w, TEXT("strategy: OnHostRestart", "default"));
	w_apply(&w, TEXT("strategy: OnHostRestart", "vfio-pci"));
	w_run(&w, 100 * MR_NS_PER_S);
	ck_assert_uint_eq(done(&w), 0);
	ck_assert_str_eq(held(&w, names[1]), "waits for its host to restart");
	w.c.host[1].boots++;
	w_chassis(&w, FM_CE_HOST_RESET, 2, 0, 2);
	w_agent_down(&w, 2, false);
	w_agent_up(&w, 2, "boot2", false);
	w_run(&w, 100 * MR_NS_PER_S);
	ck_assert_uint_eq(done(&w), 1);
	ck_assert_str_eq(w_asg(&w, names[1])->driver, "vfio-pci");
	w_done(&w);
}
END_TEST

/* A host that does not let go stops the rollout; it goes on, or ends there, or undoes itself.
 */
static void fail_on_first(struct world *w, const char *before, const char *after)
{
	up(w, before);
	for (unsigned p = 1; p <= 3; p++)
		w->agent[p].busy = true;
	w_apply(w, after);
	w_run(w, 100 * MR_NS_PER_S);
}

#define PAUSES "strategy: RollingUpdate"

START_TEST(paused_and_resumed)
{
	struct world w;

	fail_on_first(&w, TEXT(PAUSES, "default"), TEXT(PAUSES, "vfio-pci"));
	ck_assert_str_eq(state(&w), "paused");
	ck_assert_uint_eq(done(&w), 0);
	ck_assert_uint_eq(moving(&w), 0);
	for (unsigned p = 1; p <= 3; p++)
		w.agent[p].busy = false;
	w_restart(&w); /* paused it stays */
	for (unsigned p = 1; p <= 3; p++)
		w_agent_up(&w, p, "boot-a", false);
	w_run(&w, 100 * MR_NS_PER_S);
	ck_assert_str_eq(state(&w), "paused");
	ck_assert_uint_eq(done(&w), 0);
	ck_assert_str_eq(held(&w, names[2]), "the rollout is paused");
	w_verb(&w, FM_VERB_RESUME, "", NULL);
	ck_assert_msg(!w.exit_code, "%s", w.text);
	w_run(&w, 100 * MR_NS_PER_S);
	ck_assert_uint_eq(done(&w), 3);
	w_verb(&w, FM_VERB_RESUME, "", NULL);
	ck_assert_int_eq(w.exit_code, 1);
	w_done(&w);
}
END_TEST

START_TEST(cancelled)
{
	struct world w;

	fail_on_first(&w, TEXT(PAUSES, "default"), TEXT(PAUSES, "vfio-pci"));
	w_verb(&w, FM_VERB_CANCEL, "", NULL);
	ck_assert_msg(!w.exit_code, "%s", w.text);
	for (unsigned p = 1; p <= 3; p++)
		w.agent[p].busy = false;
	w_run(&w, 100 * MR_NS_PER_S);
	ck_assert_str_eq(state(&w), "cancelled");
	ck_assert_uint_eq(done(&w), 0);
	w_verb(&w, FM_VERB_CANCEL, "", NULL);
	ck_assert_int_eq(w.exit_code, 1);
	w_apply(&w, TEXT(PAUSES, "default"));
	w_settle(&w);
	ck_assert_str_eq(state(&w), "none");
	w_apply(&w, TEXT(PAUSES, "vfio-pci"));
	w_run(&w, 100 * MR_NS_PER_S);
	ck_assert_uint_eq(done(&w), 3);
	w_done(&w);
}
END_TEST

#define GOES_ON "strategy: RollingUpdate, onFailure: continue"

START_TEST(goes_on)
{
	struct world w;

	up(&w, TEXT(GOES_ON, "default"));
	w.agent[1].busy = true;
	w_apply(&w, TEXT(GOES_ON, "vfio-pci"));
	w_run(&w, 200 * MR_NS_PER_S);
	ck_assert_uint_eq(done(&w), 2);
	ck_assert_str_eq(held(&w, names[0]),
			 "its host did not let go; `banyan resume` asks again");
	w.agent[1].busy = false;
	w_verb(&w, FM_VERB_RESUME, "", NULL);
	w_run(&w, 100 * MR_NS_PER_S);
	ck_assert_uint_eq(done(&w), 3);
	ck_assert_str_eq(state(&w), "none");
	w_done(&w);
}
END_TEST

#define UNDOES "strategy: RollingUpdate, onFailure: rollback"

/* The second host fails: the first goes back too, by the version before put in force again. */
START_TEST(rolled_back)
{
	struct world w;

	up(&w, TEXT(UNDOES, "default"));
	w.agent[2].busy = true;
	w_apply(&w, TEXT(UNDOES, "vfio-pci"));
	if (_i) {
		w_restart(&w);
		for (unsigned p = 1; p <= 3; p++)
			w_agent_up(&w, p, "boot-a", false);
	}
	w_run(&w, 300 * MR_NS_PER_S);
	ck_assert_uint_eq(done(&w), 0);
	ck_assert_uint_eq(moving(&w), 0);
	ck_assert_str_eq(state(&w), "none");
	w_request(&w, (struct fm_request){.verb = FM_VERB_STATUS});
	ck_assert_int_eq(mr_tree_get(w.tree, "version")->num, 4);
	w_request(&w, (struct fm_request){
			      .verb = FM_VERB_GET, .kind = "profiletemplates", .name = "w"});
	ck_assert_ptr_null(strstr(mr_tree_text(mr_tree_get(w.tree, "items")->child[0], "text"),
				  "vfio-pci"));
	w_done(&w);
}
END_TEST

static const char *const frozen[] = {
	"kind: FabricPolicy\nmetadata: {name: default}\nspec: {suspend: true}\n",
	"kind: HostGroup\nmetadata: {name: g}\nspec: {suspend: true, " GROUP "}\n",
	"kind: AdapterPool\nmetadata: {name: nics}\n"
	"spec: {suspend: true, adapterSelector: {class: ethernet}}\n",
	"kind: Adapter\nmetadata: {name: nic-left}\nspec: {suspend: true}\n",
	"kind: ProfileTemplate\nmetadata: {name: w}\nspec: {suspend: true, hostGroup: g, "
	"template: {devices: [{name: d, class: ethernet, pool: nics, driver: vfio-pci}]}}\n",
};

/* What a frozen document governs stays as it is, over a restart too, until it is none. */
START_TEST(suspended)
{
	char text[3500];
	struct world w;

	up(&w, TEXT("strategy: Immediate", "default"));
	mr_fmt(text, sizeof(text), "apiVersion: banyan/v1\n%s", frozen[_i]);
	w_apply(&w, text);
	mr_buf_reset(&w.ops);
	if (_i == 0)
		mr_fmt(text, sizeof(text), "%s",
		       TEXT("strategy: Immediate}, suspend: true, drift: {interval: 1m",
			    "vfio-pci"));
	else if (_i < 4) /* the edit of the template, and not of what is frozen */
		mr_fmt(text, sizeof(text), "%s",
		       strstr(TEXT("strategy: Immediate", "vfio-pci"),
			      "apiVersion: banyan/v1\nkind: ProfileTemplate"));
	w_apply(&w, text);
	w_run(&w, 60 * MR_NS_PER_S);
	ck_assert_uint_eq(done(&w), 0);
	ck_assert_uint_eq(moving(&w), 0);
	if (_i < 2 || _i > 3) { /* pool and adapter freeze claims, not the profile */
		w_verb(&w, FM_VERB_MOVE, "w-blade01", "blade02");
		ck_assert_int_eq(w.reason, MR_REASON_NOT_PERMITTED);
	}
	w_restart(&w);
	for (unsigned p = 1; p <= 3; p++)
		w_agent_up(&w, p, "boot-a", false);
	w_run(&w, 60 * MR_NS_PER_S);
	ck_assert_uint_eq(done(&w), 0);
	w_apply(&w, TEXT("strategy: Immediate", "vfio-pci"));
	if (_i == 3)
		w_apply(&w,
			"apiVersion: banyan/v1\nkind: Adapter\nmetadata: {name: nic-left}\n");
	w_run(&w, 60 * MR_NS_PER_S);
	ck_assert_uint_eq(done(&w), 3);
	w_done(&w);
}
END_TEST

/* After any number of actions of a rolling update; and no more than one at a time after it. */
START_TEST(the_manager_dies)
{
	bool crashed = true;

	for (int k = 0; crashed; k++) {
		struct world w;

		up(&w, TEXT(PAUSES, "default"));
		w.crash_after = k;
		w_text(&w, FM_VERB_APPLY, TEXT(PAUSES, "vfio-pci"), true);
		w_run(&w, 100 * MR_NS_PER_S);
		w_restart(&w);
		for (unsigned p = 1; p <= 3; p++)
			w_agent_up(&w, p, "boot-a", false);
		w_run(&w, 200 * MR_NS_PER_S);
		ck_assert_uint_eq(moving(&w), 0);
		ck_assert_msg(done(&w) == 3 || (k < 10 && done(&w) == 0), "after %d: %u\n%s", k,
			      done(&w), mr_buf_text(&w.log));
		ck_assert_uint_eq(w_count(&w, FM_RECORD_OPERATION), 0);
		crashed = w_crash_over(&w, k);
	}
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("all");
	Suite *s = suite_create("engine rollout");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, rolling);
	tcase_add_loop_test(t, at_one_time, 0, MR_ARRAY_SIZE(shares));
	tcase_add_test(t, verbs_are_not_governed);
	tcase_add_test(t, manual);
	tcase_add_test(t, allow);
	tcase_add_test(t, makes_room);
	tcase_add_test(t, window);
	tcase_add_test(t, on_host_restart);
	tcase_add_test(t, paused_and_resumed);
	tcase_add_test(t, cancelled);
	tcase_add_test(t, goes_on);
	tcase_add_loop_test(t, rolled_back, 0, 2);
	tcase_add_loop_test(t, suspended, 0, MR_ARRAY_SIZE(frozen));
	tcase_add_test(t, the_manager_dies);
	suite_add_tcase(s, t);
	return check_run(s);
}
