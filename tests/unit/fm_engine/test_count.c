/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Class Count between the approval and its end: a host that does not let go, an edit that is
 * taken back, a chassis that refuses, a manager that dies. Whatever happens, everything is
 * Active again, with one count or the other.
 */
#include "tests/unit/fm_engine/world.h"

#define POOL(n)                                                                       \
	W_HOSTS_TEXT                                                                  \
	"apiVersion: banyan/v1\nkind: AdapterPool\nmetadata: {name: "                 \
	"nics}\nspec: {adapterSelector: {class: ethernet}, provision: " n "}\n---\n"  \
	"apiVersion: banyan/v1\nkind: ServerProfile\nmetadata: {name: web}\nspec:\n"  \
	"  host: blade01\n  devices: [{name: d, class: ethernet, pool: nics}]\n---\n" \
	"apiVersion: banyan/v1\nkind: ServerProfile\nmetadata: {name: db}\nspec:\n"   \
	"  host: blade02\n  devices: [{name: d, class: ethernet, pool: nics}]\n"

/* Two profiles run with 4 functions; 6 are wanted. 'lvf': how functions reach blade01. */
static void up(struct world *w, bool lvf)
{
	w_init(w);
	w_start(w);
	w_apply(w, W_HOSTS_TEXT);
	w_agent_up(w, 1, "boot1", lvf);
	w_agent_up(w, 2, "boot2", false);
	w_apply(w, POOL("4"));
	W_PHASE(w, "web/d", ACTIVE);
	W_PHASE(w, "db/d", ACTIVE);
	w_apply(w, POOL("6"));
	mr_buf_reset(&w->ops);
}

static void approve(struct world *w)
{
	w_verb(w, FM_VERB_APPROVE, "nic-left", NULL);
	if (!w->crashed)
		ck_assert_msg(w->exit_code == 0, "%s", w->text);
}

static void check_runs(struct world *w, unsigned count)
{
	W_PHASE(w, "web/d", ACTIVE);
	W_PHASE(w, "db/d", ACTIVE);
	ck_assert_uint_eq(w_mapped(w), 2);
	ck_assert_uint_eq(w->c.adapter[0].pf[0].numvfs, count);
}

static bool is_asked(struct world *w)
{
	struct fm_request r = {.verb = FM_VERB_GET, .kind = "operations"};
	const struct mr_tree *items;

	w_request(w, r);
	items = mr_tree_get(w->tree, "items");
	return items->n && mr_streq(mr_tree_text(items->child[0], "state"), "needs approval");
}

START_TEST(all_go_and_come_back)
{
	struct fm_fn_id web, db;
	struct world w;

	up(&w, _i);
	web = w_asg(&w, "web/d")->fn;
	db = w_asg(&w, "db/d")->fn;
	ck_assert(is_asked(&w));
	ck_assert_str_eq(
		mr_tree_text(mr_tree_get(w.tree, "items")->child[0], "detail"),
		"nic-left: 6 functions, interrupts 2: db/d on blade02, web/d on blade01");
	approve(&w);
	w_run(&w, 10 * MR_NS_PER_S);
	check_runs(&w, 6);
	ck_assert(fm_fn_eq(w_asg(&w, "web/d")->fn, web));
	ck_assert(fm_fn_eq(w_asg(&w, "db/d")->fn, db));
	ck_assert(!is_asked(&w));
	ck_assert_uint_eq(w_count(&w, FM_RECORD_OPERATION), 0);
	w_done(&w);
}
END_TEST

/* Cut without consent: the old bridges carry tombstones, others are taken. */
/* Fewer functions than run: question, plan and answer say that somebody comes back to nothing.
 */
START_TEST(too_few_for_who_runs)
{
	const char *lost = "; 1 of them finds no function there afterwards";
	struct world w;

	up(&w, false);
	w_text(&w, FM_VERB_PLAN, POOL("1"), false);
	ck_assert_ptr_nonnull(strstr(
		mr_tree_text(mr_tree_get(mr_tree_get(w.tree, "plan"), "changes")->child[0],
			     "detail"),
		lost));
	w_apply(&w, POOL("1"));
	ck_assert(is_asked(&w));
	ck_assert_ptr_nonnull(
		strstr(mr_tree_text(mr_tree_get(w.tree, "items")->child[0], "detail"), lost));
	w_request(&w, (struct fm_request){.verb = FM_VERB_APPROVE, .name = "nic-left"});
	ck_assert_int_eq(w.exit_code, 1);
	ck_assert_str_eq(w.text,
			 "nic-left: 1 function, interrupts 2: db/d on blade02, web/d on "
			 "blade01; 1 of them finds no function there afterwards; say --yes if "
			 "that is meant");
	w_run(&w, 10 * MR_NS_PER_S);
	ck_assert_uint_eq(w_mapped(&w), 2);
	w_verb(&w, FM_VERB_APPROVE, "nic-left", NULL);
	ck_assert_int_eq(w.exit_code, 0);
	ck_assert_ptr_nonnull(strstr(w.text, lost));
	w_run(&w, 10 * MR_NS_PER_S);
	ck_assert_uint_eq(w.c.adapter[0].pf[0].numvfs, 1);
	ck_assert_uint_eq(w_mapped(&w), 1);
	w_done(&w);
}
END_TEST

START_TEST(without_agents)
{
	struct world w;

	w_init(&w);
	w_start(&w);
	w_apply(&w, POOL("4"));
	w_apply(&w, POOL("6"));
	approve(&w);
	w_run(&w, 10 * MR_NS_PER_S);
	check_runs(&w, 6);
	ck_assert_uint_eq(w_count(&w, FM_RECORD_TOMBSTONE), 2);
	w_done(&w);
}
END_TEST

START_TEST(who_does_not_let_go_stops_it)
{
	struct world w;

	up(&w, _i);
	w.agent[1].busy = true;
	approve(&w);
	w_run(&w, 300 * MR_NS_PER_S);
	check_runs(&w, 4);
	ck_assert_ptr_null(strstr(mr_buf_text(&w.ops), "provision"));
	ck_assert(is_asked(&w));
	w.agent[1].busy = false;
	approve(&w);
	w_run(&w, 10 * MR_NS_PER_S);
	check_runs(&w, 6);
	w_done(&w);
}
END_TEST

START_TEST(taken_back_while_it_drains)
{
	struct world w;

	up(&w, _i);
	w.agent[1].silent = true;
	approve(&w);
	w_run(&w, 5 * MR_NS_PER_S);
	W_PHASE(&w, "web/d", QUIESCING);
	W_PHASE(&w, "db/d", RESERVED);
	w_apply(&w, POOL("4"));
	W_PHASE(&w, "db/d", ACTIVE);
	w.agent[1].silent = false;
	w_run(&w, 300 * MR_NS_PER_S);
	check_runs(&w, 4);
	ck_assert_ptr_null(strstr(mr_buf_text(&w.ops), "provision"));
	ck_assert(!is_asked(&w));
	w_done(&w);
}
END_TEST

START_TEST(a_chassis_that_refuses)
{
	struct world w;

	up(&w, _i);
	w.refuse = FM_OP_PROVISION;
	w.times = 1000;
	approve(&w);
	w_run(&w, 300 * MR_NS_PER_S);
	check_runs(&w, 4);
	ck_assert(w.times > 990);
	w_done(&w);
}
END_TEST

/* `update.allow` names Count: nobody is asked. */
START_TEST(allowed)
{
	struct world w;

	up(&w, false);
	w_apply(&w, "apiVersion: banyan/v1\nkind: FabricPolicy\nmetadata: {name: default}\n"
		    "spec: {update: {allow: [Live, Reset, Move, Count]}}\n");
	w_run(&w, 10 * MR_NS_PER_S);
	check_runs(&w, 6);
	ck_assert(!is_asked(&w));
	w_done(&w);
}
END_TEST

static void restart(struct world *w, bool lvf)
{
	w_restart(w);
	w_agent_up(w, 1, "boot1", lvf);
	w_agent_up(w, 2, "boot2", false);
}

/* What is asked stays asked, under its number; the yes stays a yes while a host drains. */
START_TEST(the_yes_survives)
{
	struct world w;
	int64_t id;

	up(&w, _i);
	ck_assert(is_asked(&w));
	id = mr_tree_get(mr_tree_get(w.tree, "items")->child[0], "id")->num;
	restart(&w, _i);
	ck_assert(is_asked(&w));
	ck_assert_int_eq(mr_tree_get(mr_tree_get(w.tree, "items")->child[0], "id")->num, id);
	check_runs(&w, 4);
	w.agent[1].silent = true;
	approve(&w);
	w_run(&w, 5 * MR_NS_PER_S);
	W_PHASE(&w, "web/d", QUIESCING);
	w.agent[1].silent = false;
	restart(&w, _i);
	w_run(&w, 300 * MR_NS_PER_S);
	check_runs(&w, 6);
	ck_assert(!is_asked(&w));
	ck_assert_uint_eq(w_count(&w, FM_RECORD_OPERATION), 0);
	w_done(&w);
}
END_TEST

/* The edit is taken back under the next manager: the number dies with it. */
START_TEST(asked_and_taken_back)
{
	struct world w;

	up(&w, _i);
	restart(&w, _i);
	w_apply(&w, POOL("4"));
	ck_assert(!is_asked(&w));
	ck_assert_uint_eq(w_count(&w, FM_RECORD_OPERATION), 0);
	check_runs(&w, 4);
	w_done(&w);
}
END_TEST

/* After any number of actions. A yes that was acknowledged is not asked for again. */
START_TEST(the_manager_dies)
{
	bool crashed = true;

	for (int k = 0; crashed; k++) {
		struct world w;
		unsigned replies;

		up(&w, k & 1);
		w.crash_after = k;
		replies = w.replies;
		approve(&w);
		replies = w.replies - replies;
		w_run(&w, 10 * MR_NS_PER_S);
		restart(&w, k & 1);
		w_run(&w, 300 * MR_NS_PER_S);
		if (is_asked(&w)) {
			ck_assert_uint_eq(replies, 0);
			approve(&w);
		}
		w_run(&w, 10 * MR_NS_PER_S);
		check_runs(&w, 6);
		crashed = w_crash_over(&w, k);
	}
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("all");
	Suite *s = suite_create("engine count");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, all_go_and_come_back, 0, 2);
	tcase_add_test(t, too_few_for_who_runs);
	tcase_add_test(t, without_agents);
	tcase_add_loop_test(t, who_does_not_let_go_stops_it, 0, 2);
	tcase_add_loop_test(t, taken_back_while_it_drains, 0, 2);
	tcase_add_loop_test(t, a_chassis_that_refuses, 0, 2);
	tcase_add_test(t, allowed);
	tcase_add_loop_test(t, the_yes_survives, 0, 2);
	tcase_add_loop_test(t, asked_and_taken_back, 0, 2);
	tcase_add_test(t, the_manager_dies);
	suite_add_tcase(s, t);
	return check_run(s);
}
