// SPDX-License-Identifier: Apache-2.0
/* What a plan says of those whom it interrupts: for how long, from deadlines before and from
 * measured hand-overs after the first; --max-disruption. */
#include "tests/unit/fm_engine/world.h"

#define WEB(host) W_HOSTS_TEXT W_POOLS_TEXT W_PROFILE("web", host)

static const struct mr_tree *plan_of(struct world *w)
{
	return mr_tree_get(w->tree, "plan");
}

/* The change of the assignment in the last plan. */
static const struct mr_tree *change_of(struct world *w, const char *assignment)
{
	const struct mr_tree *l = mr_tree_get(plan_of(w), "changes");

	for (unsigned i = 0; i < l->n; i++)
		if (mr_streq(mr_tree_text(l->child[i], "assignment"), assignment))
			return l->child[i];
	ck_abort_msg("the plan has no change of %s", assignment);
}

static void plan(struct world *w, const char *text)
{
	w_text(w, FM_VERB_PLAN, text, false);
	ck_assert_msg(w->exit_code == 2, "%s\n%s", w->text, w->findings);
}

/* Nothing was handed over yet: completion timeout and two resets, as the specification has
 * them. The same with an agent: its deadlines too. */
START_TEST(before_the_first)
{
	struct world w;
	const struct mr_tree *c;

	w_init(&w);
	w_start(&w);
	plan(&w, WEB("blade01"));
	ck_assert_ptr_null(mr_tree_get(change_of(&w, "web/data0"), "interruption"));
	ck_assert_int_eq(mr_tree_int(mr_tree_get(plan_of(&w), "disruption"), "interrupted"), 0);
	w_apply(&w, WEB("blade01"));
	for (unsigned i = 0; i < w.recs; i++) /* as a store that an older manager wrote */
		if (w.rec[i].kind == FM_RECORD_MEASURE)
			w.rec[i--] = w.rec[--w.recs];
	w_restart(&w);
	plan(&w, WEB("blade02"));
	c = change_of(&w, "web/data0");
	ck_assert_str_eq(mr_tree_text(c, "change"), "move");
	ck_assert_str_eq(mr_tree_text(c, "interruption"), "2.1s at most, not measured yet");
	ck_assert_int_eq(mr_tree_int(c, "interruptionMs"), 2100);
	ck_assert_str_eq(mr_tree_text(c, "basis"), "deadlines");
	w_agent_up(&w, 1, "boot1", false);
	plan(&w, WEB("blade02"));
	ck_assert_int_gt(mr_tree_int(change_of(&w, "web/data0"), "interruptionMs"), 2100);
	w_done(&w);
}
END_TEST

/* gate-close, block, drain, unmap, tombstone, reset, configure, map, gate-open of 100 ms each:
 * what was measured is what the next move is told to take, and a restart knows it. */
START_TEST(after_the_first)
{
	struct world w;
	const struct mr_tree *c, *d;

	w_init(&w);
	w_start(&w);
	w_apply(&w, WEB("blade01"));
	w.op_ns = 100 * MR_NS_PER_MS;
	mr_buf_reset(&w.ops);
	w_apply(&w, WEB("blade02"));
	W_PHASE(&w, "web/data0", ACTIVE);
	w.op_ns = 0;
	w_restart(&w);
	plan(&w, WEB("blade01"));
	c = change_of(&w, "web/data0");
	ck_assert_str_eq(mr_tree_text(c, "basis"), "measured");
	ck_assert_int_ge(mr_tree_int(c, "interruptionMs"), 700);
	ck_assert_int_le(mr_tree_int(c, "interruptionMs"), 1000);
	d = mr_tree_get(plan_of(&w), "disruption");
	ck_assert_str_eq(mr_tree_text(d, "class"), "Move");
	ck_assert_int_eq(mr_tree_int(d, "interrupted"), 1);
	ck_assert_int_eq(mr_tree_int(d, "longestMs"), mr_tree_int(c, "interruptionMs"));
	w_done(&w);
}
END_TEST

/* A new adapter is expected to take what others of its model took. */
START_TEST(as_long_as_its_like)
{
	struct world w;

	w_init(&w);
	w_start(&w);
	w_apply(&w, WEB("blade01"));
	w.op_ns = 100 * MR_NS_PER_MS;
	w_apply(&w, WEB("blade02"));
	w.op_ns = 0;
	for (unsigned i = 0; i < w.recs; i++) /* as if it was measured on the other one */
		if (w.rec[i].kind == FM_RECORD_MEASURE)
			mr_copy(w.rec[i].measure.adapter, MR_NAME_MAX, w.c.adapter[1].name);
	w_restart(&w);
	plan(&w, WEB("blade01"));
	ck_assert_str_eq(mr_tree_text(change_of(&w, "web/data0"), "basis"), "deadlines");
	w.c.adapter[1].device = w.c.adapter[0].device;
	w_restart(&w);
	plan(&w, WEB("blade01"));
	ck_assert_str_eq(mr_tree_text(change_of(&w, "web/data0"), "basis"), "measured");
	ck_assert_int_ge(mr_tree_int(change_of(&w, "web/data0"), "interruptionMs"), 700);
	w_done(&w);
}
END_TEST

/* A hand-over that waited for somebody says nothing of the next one. */
START_TEST(waiting_is_no_measure)
{
	struct world w;

	w_init(&w);
	w_start(&w);
	w_agent_up(&w, 1, "boot1", false);
	w_apply(&w, WEB("blade01"));
	w.agent[1].busy = true;
	w_apply(&w, WEB("blade02"));
	w.agent[1].busy = false;
	w_run(&w, 30 * MR_NS_PER_S);
	ck_assert_str_eq(w_asg(&w, "web/data0")->host, "blade02");
	W_PHASE(&w, "web/data0", ACTIVE);
	ck_assert_uint_eq(w_count(&w, FM_RECORD_MEASURE), 1);
	for (unsigned i = 0; i < w.recs; i++)
		if (w.rec[i].kind == FM_RECORD_MEASURE)
			ck_assert_uint_eq(w.rec[i].measure.sum_ns[FM_SPAN_QUIESCE], 0);
	w_done(&w);
}
END_TEST

static const struct {
	const char *allowed, *why; /* "" = it goes through */
} limits[] = {
	{"", ""},
	{"Host", ""},
	{"move", ""},
	{"1", ""},
	{"Reset", "move web/data0 on blade01 (Move)"},
	{"None", "move web/data0 on blade01 (Move)"},
	{"0", "move web/data0 on blade01 (Move)"},
	{"everything", "expected None, Live, Reset, Move, Count, Host or a number"},
	{"-1", "found '-1'"},
};

START_TEST(no_more_than_allowed)
{
	struct fm_file f = {"p.yaml", WEB("blade02"), strlen(WEB("blade02"))};
	struct fm_request r = {.file = &f, .files = 1, .max_disruption = limits[_i].allowed};
	bool good = !limits[_i].why[0];
	struct world w;

	w_init(&w);
	w_start(&w);
	w_apply(&w, WEB("blade01"));
	mr_buf_reset(&w.ops);
	r.verb = FM_VERB_PLAN;
	w_request(&w, r);
	ck_assert_int_eq(w.exit_code, good ? 2 : 1);
	ck_assert_msg(strstr(w.text, limits[_i].why) != NULL, "%s", w.text);
	W_OPS(&w, "");
	r.verb = FM_VERB_APPLY;
	w_request(&w, r);
	ck_assert_int_eq(w.exit_code, good ? 0 : 1);
	ck_assert_msg(strstr(w.text, limits[_i].why) != NULL, "%s", w.text);
	ck_assert_str_eq(w_asg(&w, "web/data0")->host, good ? "blade02" : "blade01");
	if (!good)
		W_OPS(&w, "");
	w_done(&w);
}
END_TEST

/* Without files: what has to be done for the documents in force. */
START_TEST(of_what_is_in_force)
{
	struct fm_request r = {.verb = FM_VERB_PLAN};
	struct world w;

	w_init(&w);
	w_start(&w);
	w_apply(&w, WEB("blade01"));
	w_request(&w, r);
	ck_assert_int_eq(w.exit_code, 0);
	ck_assert_str_eq(w.text, "nothing to do");
	w_done(&w);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("engine plan");
	TCase *t = tcase_create("all");

	tcase_add_test(t, before_the_first);
	tcase_add_test(t, after_the_first);
	tcase_add_test(t, as_long_as_its_like);
	tcase_add_test(t, waiting_is_no_measure);
	tcase_add_loop_test(t, no_more_than_allowed, 0, MR_ARRAY_SIZE(limits));
	tcase_add_test(t, of_what_is_in_force);
	suite_add_tcase(s, t);
	return check_run(s) ? EXIT_FAILURE : EXIT_SUCCESS;
}
