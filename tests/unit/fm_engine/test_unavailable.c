// SPDX-License-Identifier: Apache-2.0
/*
 * `update.maxUnavailable`: never more hosts than that have a step of a rollout under way,
 * looked at after every single step of the engine: hosts that do not answer, steps that fail, a
 * manager that dies.
 */
#include "tests/unit/fm_engine/world.h"

#define MEMBERS 4

#define TEXT(update, driver)                                                                 \
	W_HOSTS_TEXT W_POOLS_TEXT                                                            \
		"apiVersion: banyan/v1\nkind: HostGroup\nmetadata: {name: g}\n"              \
		"spec: {hosts: [blade01, blade02, blade03, blade04]}\n---\n"                 \
		"apiVersion: banyan/v1\nkind: FabricPolicy\nmetadata: {name: default}\n"     \
		"spec: {update: {" update ", drain: {mode: force, timeout: 20s}}}\n---\n"    \
		"apiVersion: banyan/v1\nkind: ProfileTemplate\nmetadata: {name: w}\nspec:\n" \
		"  hostGroup: g\n  template:\n    devices:\n"                                \
		"      - {name: d, class: ethernet, pool: nics, driver: " driver "}\n"       \
		"      - {name: e, class: ethernet, pool: nics, driver: " driver "}\n"

/* What the tests hold it to. */
static unsigned bound;	   /* hosts at one time */
static bool failed_counts; /* hosts on which it failed, too: nothing begins after that */
static unsigned most;	   /* that there were */

static bool away[MEMBERS][2]; /* by host and device */

/* What runs and is asked to bind once more (its host forgot it, or the manager did not hear
 * it yet) is no step of a rollout. */
static bool is_away(const struct fm_assignment *a, bool was)
{
	bool bad = a->phase == FM_PHASE_FAILED || a->phase == FM_PHASE_DEGRADED;

	if (a->phase == FM_PHASE_ACTIVATING)
		return was;
	return a->phase != FM_PHASE_ACTIVE && (failed_counts || !bad);
}

/* The end of the log. */
static const char *tail(struct world *w)
{
	const char *text = mr_buf_text(&w->log);

	return text + (w->log.len > 1500 ? w->log.len - 1500 : 0);
}

static void look(struct world *w)
{
	static const char *const device[] = {"d", "e"};
	char name[32];
	unsigned n = 0;

	for (unsigned p = 0; p < MEMBERS; p++) {
		for (unsigned d = 0; d < 2; d++) {
			const struct fm_assignment *a;

			mr_fmt(name, sizeof(name), "w-blade%02u/%s", p + 1, device[d]);
			a = w_asg(w, name);
			away[p][d] = !a || is_away(a, away[p][d]);
		}
		n += away[p][0] || away[p][1];
	}
	most = n > most ? n : most;
	ck_assert_msg(n <= bound, "%u hosts at one time, not %u\n%s", n, bound, tail(w));
}

static unsigned done(struct world *w)
{
	unsigned n = 0;

	for (unsigned i = 0; i < fm_engine_assignments(w->e); i++) {
		const struct fm_assignment *a = fm_engine_assignment(w->e, i);

		n += a->phase == FM_PHASE_ACTIVE && mr_streq(a->driver, "vfio-pci");
	}
	return n;
}

static void agents_up(struct world *w)
{
	for (unsigned p = 1; p <= MEMBERS; p++)
		w_agent_up(w, p, "boot-a", false);
}

static void up(struct world *w, const char *before, unsigned n)
{
	w_init(w);
	w_start(w);
	w_apply(w, W_HOSTS_TEXT);
	agents_up(w);
	w_apply(w, before);
	w_run(w, 10 * MR_NS_PER_S);
	bound = n;
	most = 0;
	failed_counts = true;
	memset(away, 0, sizeof(away));
}

/* Some hosts are silent for a while, and come back one after the other. */
START_TEST(silent_hosts)
{
	const char *const texts[] = {TEXT("maxUnavailable: 1", "vfio-pci"),
				     TEXT("maxUnavailable: 2", "vfio-pci"),
				     TEXT("maxUnavailable: 75%", "vfio-pci")};
	struct world w;

	up(&w, TEXT("maxUnavailable: 1", "default"), (unsigned)_i + 1);
	for (unsigned p = 1; p <= MEMBERS; p++)
		w.agent[p].silent = true;
	w.each = look;
	w_apply(&w, texts[_i]);
	for (unsigned p = 1; p <= MEMBERS; p++) {
		w_run(&w, 7 * MR_NS_PER_S);
		w.agent[p].silent = false;
	}
	w_run(&w, 400 * MR_NS_PER_S);
	w_verb(&w, FM_VERB_RESUME, "", NULL); /* it may have been given up */
	w_run(&w, 400 * MR_NS_PER_S);
	ck_assert_uint_eq(done(&w), 2 * MEMBERS);
	ck_assert_uint_eq(most, bound);
	w_done(&w);
}
END_TEST

/* What a host can do wrong. */
static void spoil(struct world *w, unsigned p, unsigned how)
{
	w->agent[p].busy = how == 0;
	w->agent[p].hangs = how == 1;
	w->agent[p].refuses = how == 2;
	w->agent[p].silent = how == 3;
}

/* Two of the hosts fail; the rollout pauses, or goes on with the others. */
START_TEST(failures)
{
	unsigned how = (unsigned)_i % 4;
	bool goes_on = _i >= 4;
	struct world w;

	up(&w, TEXT("maxUnavailable: 2", "default"), 2);
	failed_counts = !goes_on;
	spoil(&w, 2, how);
	spoil(&w, 3, how);
	w.each = look;
	w_apply(&w, goes_on ? TEXT("maxUnavailable: 2, onFailure: continue", "vfio-pci")
			    : TEXT("maxUnavailable: 2", "vfio-pci"));
	w_run(&w, 900 * MR_NS_PER_S);
	if (goes_on && how != 3)
		ck_assert_uint_ge(done(&w), 4); /* all of the others */
	spoil(&w, 2, 4);
	spoil(&w, 3, 4);
	for (unsigned i = 0; i < 3; i++) {
		w_verb(&w, FM_VERB_RESUME, "", NULL);
		w_run(&w, 900 * MR_NS_PER_S);
	}
	ck_assert_msg(done(&w) == 2 * MEMBERS, "%u\n%s", done(&w), tail(&w));
	w_done(&w);
}
END_TEST

/* After any number of actions of the rollout. */
START_TEST(the_manager_dies)
{
	bool crashed = true;

	for (int k = 0; crashed; k++) {
		struct world w;

		up(&w, TEXT("maxUnavailable: 2", "default"), 2);
		w.crash_after = k;
		w.each = look;
		w_text(&w, FM_VERB_APPLY, TEXT("maxUnavailable: 2", "vfio-pci"), true);
		w_run(&w, 100 * MR_NS_PER_S);
		w.each = NULL; /* until it has read its store */
		w_restart(&w);
		w.each = look;
		agents_up(&w);
		w_run(&w, 200 * MR_NS_PER_S);
		ck_assert_msg(done(&w) == 2 * MEMBERS || (k < 10 && !done(&w)),
			      "after %d: %u\n%s", k, done(&w), tail(&w));
		crashed = w_crash_over(&w, k);
	}
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("all");
	Suite *s = suite_create("engine maxUnavailable");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, silent_hosts, 0, 3);
	tcase_add_loop_test(t, failures, 0, 8);
	tcase_add_test(t, the_manager_dies);
	suite_add_tcase(s, t);
	return check_run(s);
}
