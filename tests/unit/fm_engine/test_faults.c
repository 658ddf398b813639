// SPDX-License-Identifier: Apache-2.0
/* Refused and lost operations at every step, a failing store, crashes at every
 * action: in the end it converges, and the world's assertions held all the time. */
#include "tests/unit/fm_engine/world.h"

#define WEB W_HOSTS_TEXT W_POOLS_TEXT W_PROFILE("web", "blade01")

static const enum fm_op_kind ways[] = {FM_OP_PROVISION, FM_OP_CONFIGURE,  FM_OP_MAP,
				       FM_OP_GATE_OPEN, FM_OP_GATE_CLOSE, FM_OP_BLOCK,
				       FM_OP_DRAIN,	FM_OP_UNMAP,	  FM_OP_TOMBSTONE,
				       FM_OP_RESET,	FM_OP_AUTHORISE};

static void in_and_out(struct world *w)
{
	w_apply(w, WEB);
	w_run(w, 30 * MR_NS_PER_S);
	W_PHASE(w, "web/data0", ACTIVE);
	w_text(w, FM_VERB_DELETE, W_PROFILE("web", "blade01"), true);
	w_run(w, 30 * MR_NS_PER_S);
	ck_assert_uint_eq(w_mapped(w), 0);
	ck_assert_uint_eq(w_count(w, FM_RECORD_ASSIGNMENT), 0);
	ck_assert_uint_eq(w_count(w, FM_RECORD_FUNCTION), 0);
}

START_TEST(refused_twice)
{
	struct world w;

	w_init(&w);
	w_start(&w);
	w.refuse = (int)ways[_i];
	w.times = 2;
	in_and_out(&w);
	ck_assert_uint_eq(w.times, 0);
	w_done(&w);
}
END_TEST

START_TEST(lost_once)
{
	struct world w;

	w_init(&w);
	w_start(&w);
	w.lose = (int)ways[_i];
	w.times = 1;
	in_and_out(&w);
	ck_assert_uint_eq(w.times, 0);
	w_done(&w);
}
END_TEST

/* The switch restored an older table in the middle of a way out: cut again. */
START_TEST(mapped_again_while_draining)
{
	struct world w;

	w_init(&w);
	w_start(&w);
	w_apply(&w, WEB);
	w.refuse = FM_OP_DRAIN;
	w.times = 1;
	w_text(&w, FM_VERB_DELETE, W_PROFILE("web", "blade01"), true);
	for (unsigned b = 0; b < W_BRIDGES; b++)
		if (w.c.host[0].bridge[b].state == MR_ROW_BLOCKED)
			w.c.host[0].bridge[b].state = MR_ROW_MAPPED;
	w_run(&w, 60 * MR_NS_PER_S);
	ck_assert_uint_eq(w_mapped(&w), 0);
	ck_assert_ptr_null(w_asg(&w, "web/data0"));
	w_done(&w);
}
END_TEST

START_TEST(reset_never_confirmed)
{
	struct world w;

	w_init(&w);
	w_start(&w);
	w_apply(&w, WEB);
	w.refuse = FM_OP_RESET;
	w.times = 1000;
	w_text(&w, FM_VERB_DELETE, W_PROFILE("web", "blade01"), true);
	w_run(&w, 60 * MR_NS_PER_S);
	ck_assert_ptr_null(w_asg(&w, "web/data0"));
	ck_assert_uint_eq(w_count(&w, FM_RECORD_FUNCTION), 1); /* the quarantine */
	ck_assert_ptr_nonnull(strstr(mr_buf_text(&w.log), "-> Quarantined"));
	w.times = 0;
	w_apply(&w, WEB);
	W_PHASE(&w, "web/data0", ACTIVE);
	ck_assert_uint_eq(w_asg(&w, "web/data0")->fn.vf, 1); /* never handed on */
	w_restart(&w);
	W_PHASE(&w, "web/data0", ACTIVE);
	w_done(&w);
}
END_TEST

/* An adapter that refuses every CONFIGURE loses three functions, not all of them. */
START_TEST(adapter_refuses_every_function)
{
	struct world w;
	const struct fm_assignment *a;

	w_init(&w);
	w_start(&w);
	w.refuse = FM_OP_CONFIGURE;
	w.times = 1000000;
	w_text(&w, FM_VERB_APPLY, WEB, true);
	w_run(&w, 3600 * MR_NS_PER_S);
	ck_assert_uint_eq(w_count(&w, FM_RECORD_FUNCTION), 3);
	W_PHASE(&w, "web/data0", PENDING);
	a = w_asg(&w, "web/data0");
	ck_assert_int_eq(a->reason, MR_REASON_QUARANTINED);
	ck_assert_ptr_nonnull(strstr(a->detail, "nic-left is not used: 3 of its functions"));
	w.times = 0;
	w_chassis(&w, FM_CE_ADAPTER_PRESENCE, NIC, 0, 1);
	w_run(&w, 60 * MR_NS_PER_S);
	W_PHASE(&w, "web/data0", ACTIVE);
	ck_assert_uint_eq(w_asg(&w, "web/data0")->fn.vf, 3);
	w_done(&w);
}
END_TEST

/* Three functions of the adapter are gone when its adapter refuses; so a new manager knows. */
START_TEST(refusals_are_remembered)
{
	struct world w;

	w_init(&w);
	w_start(&w);
	w.refuse = FM_OP_CONFIGURE;
	w.times = 1000000;
	w_text(&w, FM_VERB_APPLY, WEB, true);
	w_run(&w, 600 * MR_NS_PER_S);
	W_PHASE(&w, "web/data0", PENDING);
	w_restart(&w);
	w.times = 0;
	w_run(&w, 600 * MR_NS_PER_S);
	W_PHASE(&w, "web/data0", PENDING);
	ck_assert_int_eq(w_asg(&w, "web/data0")->reason, MR_REASON_QUARANTINED);
	w_verb(&w, FM_VERB_RESET, "nic-left/pf0/vf1", NULL);
	ck_assert_msg(!w.exit_code, "%s", w.text);
	W_PHASE(&w, "web/data0", ACTIVE);
	ck_assert_uint_eq(w_asg(&w, "web/data0")->fn.vf, 1);
	w_done(&w);
}
END_TEST

static bool in_quarantine(struct world *w, const char *name)
{
	struct fm_request r = {.verb = FM_VERB_GET, .kind = "functions", .name = name};

	w_request(w, r);
	ck_assert_msg(!w->exit_code, "%s", w->text);
	return mr_tree_text(mr_tree_get(w->tree, "items")->child[0], "quarantine")[0];
}

/* A cut function whose requests never ran dry stays where it is, over restarts and looks, until
 * an operator's reset is confirmed; a reset that is not leaves it there. */
START_TEST(out_of_quarantine)
{
	struct world w;

	w_init(&w);
	w_start(&w);
	w_apply(&w, W_HOSTS_TEXT);
	w_agent_up(&w, 1, "boot1", _i % 2);
	w_apply(&w, WEB);
	w.refuse = _i / 2 ? FM_OP_UNMAP : FM_OP_DRAIN;
	w.times = 1000000;
	w_text(&w, FM_VERB_DELETE, W_PROFILE("web", "blade01"), true);
	w_run(&w, 60 * MR_NS_PER_S);
	ck_assert(in_quarantine(&w, "nic-left/pf0/vf0"));
	w.times = 0;
	mr_buf_reset(&w.ops);
	w_run(&w, 100 * MR_NS_PER_S); /* looked at, and left alone */
	ck_assert_ptr_null(strstr(mr_buf_text(&w.ops), "reset"));
	w_restart(&w);
	w_agent_up(&w, 1, "boot1", _i % 2);
	ck_assert(in_quarantine(&w, "nic-left/pf0/vf0"));
	w_apply(&w, WEB);
	W_PHASE(&w, "web/data0", ACTIVE);
	ck_assert_uint_eq(w_asg(&w, "web/data0")->fn.vf, 1); /* never handed on */
	w_verb(&w, FM_VERB_RESET, "nic-left/pf0/vf1", NULL);
	ck_assert_int_eq(w.reason, MR_REASON_NOT_FOUND); /* it is in use */
	w.refuse = FM_OP_RESET;
	w.times = 3;
	w_verb(&w, FM_VERB_RESET, "nic-left/pf0/vf0", NULL);
	w_run(&w, 60 * MR_NS_PER_S);
	ck_assert_uint_eq(w.times, 0);
	ck_assert(in_quarantine(&w, "nic-left/pf0/vf0"));
	W_PHASE(&w, "web/data0", ACTIVE);
	w_verb(&w, FM_VERB_RESET, "nic-left/pf0/vf0", NULL);
	w_run(&w, 60 * MR_NS_PER_S);
	ck_assert(!in_quarantine(&w, "nic-left/pf0/vf0"));
	ck_assert_uint_eq(w_count(&w, FM_RECORD_FUNCTION), 1); /* web's */
	ck_assert_uint_eq(w_mapped(&w), 1);
	w_verb(&w, FM_VERB_RESET, "nic-left/pf0/vf0", NULL);
	ck_assert_int_eq(w.exit_code, 1);
	w_done(&w);
}
END_TEST

/* After any number of actions of a reset that succeeds. */
START_TEST(dies_while_it_resets)
{
	bool crashed = true;

	for (int k = 0; crashed; k++) {
		struct world w;

		w_init(&w);
		w_start(&w);
		w_apply(&w, WEB);
		w.refuse = FM_OP_DRAIN;
		w.times = 1000000;
		w_text(&w, FM_VERB_DELETE, W_PROFILE("web", "blade01"), true);
		w_run(&w, 60 * MR_NS_PER_S);
		w.times = 0;
		w.crash_after = k;
		w_verb(&w, FM_VERB_RESET, "nic-left/pf0/vf0", NULL);
		w_run(&w, 60 * MR_NS_PER_S);
		crashed = w.crashed;
		w_restart(&w);
		w_run(&w, 100 * MR_NS_PER_S);
		if (in_quarantine(&w, "nic-left/pf0/vf0"))
			w_verb(&w, FM_VERB_RESET, "nic-left/pf0/vf0", NULL);
		w_run(&w, 100 * MR_NS_PER_S);
		ck_assert(!in_quarantine(&w, "nic-left/pf0/vf0"));
		ck_assert_uint_eq(w_count(&w, FM_RECORD_FUNCTION), 0);
		ck_assert_uint_eq(w_count(&w, FM_RECORD_ASSIGNMENT), 0);
		ck_assert_uint_eq(w_mapped(&w), 0);
		w_done(&w);
		ck_assert_int_lt(k, 100);
	}
}
END_TEST

START_TEST(cut_never_confirmed)
{
	struct world w;

	w_init(&w);
	w_start(&w);
	w_apply(&w, WEB);
	w.refuse = FM_OP_BLOCK;
	w.times = 1000;
	w_text(&w, FM_VERB_DELETE, W_PROFILE("web", "blade01"), true);
	w_run(&w, 30 * MR_NS_PER_S);
	W_PHASE(&w, "web/data0", RELEASING);
	ck_assert_uint_eq(w_count(&w, FM_RECORD_IDENT), 1);
	ck_assert_uint_eq(w_count(&w, FM_RECORD_FUNCTION), 1);
	w.times = 0;
	w_run(&w, 200 * MR_NS_PER_S);
	ck_assert_ptr_null(w_asg(&w, "web/data0"));
	ck_assert_uint_eq(w_mapped(&w), 0);
	w_done(&w);
}
END_TEST

/* A reason is of the step that failed: not of the ones after it succeeded. */
START_TEST(why_is_of_now)
{
	struct world w;

	w_init(&w);
	w_start(&w);
	w_apply(&w, W_HOSTS_TEXT);
	w_agent_up(&w, 1, "boot1", false);
	w.refuse = FM_OP_CONFIGURE;
	w.times = 2;
	w.agent[1].silent = true;
	w_apply(&w, WEB);
	ck_assert_int_eq(w_asg(&w, "web/data0")->reason, MR_REASON_TIMEOUT);
	w_run(&w, 6 * MR_NS_PER_S);
	W_PHASE(&w, "web/data0", ACTIVATING);
	ck_assert_int_eq(w_asg(&w, "web/data0")->reason, MR_REASON_OK);
	ck_assert_str_eq(w_asg(&w, "web/data0")->detail, "");
	w_done(&w);
}
END_TEST

/* Tried three times, and then after a minute, two, four, eight, and every ten; or when
 * documents are others. */
START_TEST(map_never_works)
{
	struct world w;
	size_t before;

	w_init(&w);
	w_start(&w);
	w.refuse = FM_OP_MAP;
	w.times = 1000;
	w_apply(&w, WEB);
	w_run(&w, 30 * MR_NS_PER_S);
	W_PHASE(&w, "web/data0", PENDING);
	ck_assert_uint_eq(w_mapped(&w), 0);
	before = w.ops.len;
	w_run(&w, 20 * MR_NS_PER_S);
	ck_assert_uint_eq(w.ops.len, before); /* no endless loop */
	w_run(&w, 3600 * MR_NS_PER_S);
	W_PHASE(&w, "web/data0", PENDING);
	ck_assert_uint_le(1000 - w.times, 3 * 11);
	ck_assert_uint_ge(1000 - w.times, 3 * 8);
	w.times = 0;
	if (_i)
		w_apply(&w, WEB
			"---\napiVersion: banyan/v1\nkind: Host\nmetadata: {name: blade04}\n");
	else
		w_run(&w, 600 * MR_NS_PER_S);
	w_settle(&w);
	W_PHASE(&w, "web/data0", ACTIVE);
	w_done(&w);
}
END_TEST

START_TEST(store_fails)
{
	struct world w;

	w_init(&w);
	w_start(&w);
	mr_buf_reset(&w.ops);
	w.store_fails = true;
	w_text(&w, FM_VERB_APPLY, WEB, true);
	ck_assert_int_eq(w.reason, MR_REASON_STORE_FAILED);
	ck_assert_int_eq(w.exit_code, 1);
	W_OPS(&w, "observe "); /* a reading; nothing is written */
	ck_assert_uint_eq(w_count(&w, FM_RECORD_DOCUMENT), 0);
	w_text(&w, FM_VERB_APPLY, WEB, true);
	ck_assert_int_eq(w.reason, MR_REASON_STORE_FAILED);
	w.store_fails = false;
	w_run(&w, 120 * MR_NS_PER_S);
	ck_assert_uint_eq(fm_engine_assignments(w.e), 0);
	w_apply(&w, WEB);
	W_PHASE(&w, "web/data0", ACTIVE);
	w_done(&w);
}
END_TEST

START_TEST(store_fails_on_the_way_out)
{
	struct world w;

	w_init(&w);
	w_start(&w);
	w_apply(&w, WEB);
	mr_buf_reset(&w.ops);
	w.store_fails = true;
	w_text(&w, FM_VERB_DELETE, W_PROFILE("web", "blade01"), true);
	ck_assert_int_eq(w.reason, MR_REASON_STORE_FAILED);
	W_OPS(&w, "");
	w.store_fails = false;
	w_run(&w, 120 * MR_NS_PER_S);
	W_PHASE(&w, "web/data0", ACTIVE); /* the documents were taken back */
	ck_assert_uint_eq(w_mapped(&w), 1);
	w_done(&w);
}
END_TEST

/* Crash after each action of an apply and of a delete; a new manager on the same store. */
START_TEST(crash_anywhere_in)
{
	struct world w;

	w_init(&w);
	w_start(&w);
	w.crash_after = _i;
	w_apply(&w, WEB);
	w_restart(&w);
	if (!w_count(&w, FM_RECORD_DOCUMENT))
		w_apply(&w, WEB);
	w_run(&w, 60 * MR_NS_PER_S);
	W_PHASE(&w, "web/data0", ACTIVE);
	ck_assert_uint_eq(w_mapped(&w), 1);
	w_done(&w);
}
END_TEST

START_TEST(crash_anywhere_out)
{
	struct world w;

	w_init(&w);
	w_start(&w);
	w_apply(&w, WEB);
	w.crash_after = _i;
	w_text(&w, FM_VERB_DELETE, W_PROFILE("web", "blade01"), true);
	w_restart(&w);
	w_run(&w, 100 * MR_NS_PER_S);
	if (w_asg(&w, "web/data0")) {
		W_PHASE(&w, "web/data0", ACTIVE);
		w_text(&w, FM_VERB_DELETE, W_PROFILE("web", "blade01"), true);
		w_run(&w, 100 * MR_NS_PER_S);
	}
	ck_assert_uint_eq(w_mapped(&w), 0);
	ck_assert_uint_eq(w_count(&w, FM_RECORD_ASSIGNMENT), 0);
	ck_assert_uint_eq(w_count(&w, FM_RECORD_FUNCTION), 0);
	w_done(&w);
}
END_TEST

/* A row that nobody intends is cut and reset. */
START_TEST(stranger_is_cut)
{
	struct world w;
	struct fm_bridge *b;

	w_init(&w);
	b = &w.c.host[1].bridge[3];
	b->state = MR_ROW_MAPPED;
	b->cookie = 99ull << 32 | 1;
	b->target = MR_TARGET(MR_TARGET_SYNTHETIC, HBA, 0, 2);
	w.c.adapter[1].fn[2].row_vs = 2;
	w.c.adapter[1].fn[2].row_bridge = 3;
	w_start(&w);
	w_run(&w, 30 * MR_NS_PER_S);
	ck_assert_uint_eq(w_mapped(&w), 0);
	ck_assert_uint_eq(fm_engine_assignments(w.e), 0);
	w_done(&w);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("engine faults");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, refused_twice, 0, MR_ARRAY_SIZE(ways));
	tcase_add_loop_test(t, lost_once, 0, MR_ARRAY_SIZE(ways));
	tcase_add_test(t, mapped_again_while_draining);
	tcase_add_test(t, reset_never_confirmed);
	tcase_add_test(t, adapter_refuses_every_function);
	tcase_add_test(t, refusals_are_remembered);
	tcase_add_loop_test(t, out_of_quarantine, 0, 4);
	tcase_add_test(t, dies_while_it_resets);
	tcase_add_test(t, cut_never_confirmed);
	tcase_add_test(t, why_is_of_now);
	tcase_add_loop_test(t, map_never_works, 0, 2);
	tcase_add_test(t, store_fails);
	tcase_add_test(t, store_fails_on_the_way_out);
	tcase_add_loop_test(t, crash_anywhere_in, 0, 24);
	tcase_add_loop_test(t, crash_anywhere_out, 0, 24);
	tcase_add_test(t, stranger_is_cut);
	suite_add_tcase(s, t);
	return check_run(s) ? EXIT_FAILURE : EXIT_SUCCESS;
}
