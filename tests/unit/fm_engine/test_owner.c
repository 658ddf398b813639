// SPDX-License-Identifier: Apache-2.0
/* Whose the switch is and what it remembers: other owners, older stores, a replaced switch,
 * lost tables, a lost connection. */
#include "tests/unit/fm_engine/world.h"

#define WEB W_HOSTS_TEXT W_POOLS_TEXT W_PROFILE("web", "blade01")

/* The owner register is blank and the tables are not: that is no cold start. Whether a manager
 * runs or is started then, it only reads until an operator decides. */
START_TEST(owner_forgotten)
{
	struct world w;

	w_init(&w);
	w_start(&w);
	w_apply(&w, WEB);
	w.c.owner_epoch = 0;
	w.c.owner_id = 0;
	mr_buf_reset(&w.ops);
	if (_i) {
		w_restart(&w);
		W_OPS(&w, "observe ");
	}
	w_text(&w, FM_VERB_DELETE, W_PROFILE("web", "blade01"), true);
	w_run(&w, 60 * MR_NS_PER_S);
	W_OPS(&w, _i ? "" : "gate-close observe ");
	ck_assert_ptr_nonnull(strstr(mr_buf_text(&w.log), "has forgotten that it is ours"));
	ck_assert_ptr_nonnull(
		strstr(mr_buf_text(&w.log), "`banyan adopt chassis c1` takes it over"));
	ck_assert_uint_eq(w_mapped(&w), 1);
	w_verb(&w, FM_VERB_ADOPT, "c1", NULL);
	w_run(&w, 60 * MR_NS_PER_S);
	ck_assert_uint_eq(w_mapped(&w), 0);
	w_done(&w);
}
END_TEST

START_TEST(another_owner)
{
	struct world w;

	w_init(&w);
	w_start(&w);
	w_apply(&w, WEB);
	w.c.owner_epoch = 9;
	w.c.owner_id = 77;
	mr_buf_reset(&w.ops);
	w_text(&w, FM_VERB_DELETE, W_PROFILE("web", "blade01"), true);
	w_run(&w, 60 * MR_NS_PER_S);
	W_OPS(&w, "gate-close ");
	ck_assert_ptr_nonnull(strstr(mr_buf_text(&w.log), "another manager owns"));
	ck_assert_uint_eq(w_mapped(&w), 1);
	w_verb(&w, FM_VERB_ADOPT, "c1", NULL);
	w_run(&w, 60 * MR_NS_PER_S);
	ck_assert_uint_eq(w_mapped(&w), 0);
	ck_assert_uint_eq(w.c.owner_epoch, 10);
	w_done(&w);
}
END_TEST

START_TEST(old_store_only_reads)
{
	struct world w;

	w_init(&w);
	w.c.generation = 1000;
	w_start(&w);
	W_OPS(&w, "observe ");
	w_apply(&w, WEB);
	W_OPS(&w, "");
	w_verb(&w, FM_VERB_ADOPT, "c1", NULL);
	w_settle(&w);
	W_PHASE(&w, "web/data0", ACTIVE);
	w_done(&w);
}
END_TEST

START_TEST(replaced_switch_only_reads)
{
	struct world w;

	w_init(&w);
	w_start(&w);
	w_apply(&w, WEB);
	mr_copy(w.c.serial, sizeof(w.c.serial), "C1-0002");
	w_restart(&w);
	W_OPS(&w, "observe ");
	ck_assert_ptr_nonnull(strstr(mr_buf_text(&w.log), "C1-0002"));
	w_done(&w);
}
END_TEST

START_TEST(connection_lost_and_back)
{
	struct world w;

	w_init(&w);
	w_start(&w);
	w_apply(&w, WEB);
	mr_buf_reset(&w.ops);
	w_chassis(&w, FM_CE_DISCONNECTED, 0, 0, 0);
	w_settle(&w);
	w_text(&w, FM_VERB_DELETE, W_PROFILE("web", "blade01"), true);
	W_OPS(&w, "");
	w_chassis(&w, FM_CE_CONNECTED, 0, 0, 0);
	w_settle(&w);
	W_OPS(&w, "observe gate-close block drain unmap tombstone reset ");
	ck_assert_uint_eq(w_mapped(&w), 0);
	w_done(&w);
}
END_TEST

/* The chassis lost its power, and its memory is blank: every port is held, no owner, no rows.
 */
static void lose_memory(struct world *w)
{
	struct fm_adapter *a = &w->c.adapter[0];

	w->c.owner_epoch = w->c.owner_id = w->c.generation = 0;
	for (unsigned h = 0; h < W_HOSTS; h++) {
		w->c.host[h].auth = MR_AUTH_HELD;
		for (unsigned b = 0; b < W_BRIDGES; b++)
			w->c.host[h].bridge[b] = (struct fm_bridge){0};
		a->vh_of[h + 1] = FM_WHOLE;
	}
	a->pf[0].numvfs = 0;
	for (unsigned v = 0; v < W_VFS; v++)
		a->fn[v] = (struct fm_fn){.row_bridge = FM_NO_BRIDGE,
					  .status = MR_VF_RESET_DONE | MR_VF_DEFAULTS};
}

/* A switch that we know and that lost its memory is programmed anew, by a manager that runs and
 * by one that is started then; its ports stay held until what their hosts find is in place. */
START_TEST(memory_lost)
{
	struct world w;
	char *map, *let;

	w_init(&w);
	w_start(&w);
	w_apply(&w, WEB);
	lose_memory(&w);
	mr_buf_reset(&w.ops);
	if (_i)
		w_restart(&w);
	else
		w_chassis(&w, FM_CE_STALE_OWNER, 0, 0, 0);
	w_run(&w, 30 * MR_NS_PER_S);
	W_PHASE(&w, "web/data0", ACTIVE);
	ck_assert_uint_eq(w_mapped(&w), 1);
	ck_assert_int_eq(w.c.host[0].auth, MR_AUTH_AUTHORISED);
	ck_assert_uint_eq(w.c.owner_epoch, 2);
	map = strstr(mr_buf_text(&w.ops), " map ");
	let = strstr(mr_buf_text(&w.ops), "authorise");
	ck_assert_msg(map && let, "%s", mr_buf_text(&w.ops));
	ck_assert_ptr_null(strstr(mr_buf_text(&w.log), "adopt"));
	w_done(&w);
}
END_TEST

/* A switch that forgot its epoch gets one that never was in force. The memory that was lost is
 * back after that: what is there was ours. Above all that were ours it is another manager's. */
START_TEST(lost_memory_is_back)
{
	uint64_t epoch, id, generation;
	struct world w;

	w_init(&w);
	w_start(&w);
	w_apply(&w, WEB);
	w_restart(&w);
	epoch = w.c.owner_epoch;
	id = w.c.owner_id;
	generation = w.c.generation;
	ck_assert_uint_eq(epoch, 2);
	lose_memory(&w);
	w_chassis(&w, FM_CE_STALE_OWNER, 0, 0, 0);
	w_run(&w, 30 * MR_NS_PER_S);
	ck_assert_uint_eq(w.c.owner_epoch, epoch + 1);
	w_chassis(&w, FM_CE_DISCONNECTED, 0, 0, 0);
	w.c.owner_epoch = epoch + (_i ? 2 : 0);
	w.c.owner_id = id;
	w.c.generation = generation;
	w_chassis(&w, FM_CE_CONNECTED, 0, 0, 0);
	w_run(&w, 30 * MR_NS_PER_S);
	ck_assert_uint_eq(w.c.owner_epoch, epoch + 2);
	ck_assert_int_eq(strstr(mr_buf_text(&w.log), "another manager owns") != NULL, _i);
	w_done(&w);
}
END_TEST

/* Somebody else took the chassis while the manager was away. */
START_TEST(taken_meanwhile)
{
	struct world w;

	w_init(&w);
	w_start(&w);
	w_apply(&w, WEB);
	w.c.owner_epoch = 2;
	w.c.owner_id = 77;
	w_restart(&w);
	W_OPS(&w, "observe ");
	ck_assert_ptr_nonnull(strstr(mr_buf_text(&w.log), "another manager owns"));
	w_done(&w);
}
END_TEST

/* The next manager on our store is told from this one, and takes the chassis without a word. */
START_TEST(runs_are_told_apart)
{
	struct world w;
	uint64_t id;

	w_init(&w);
	w_start(&w);
	w_apply(&w, WEB);
	id = w.c.owner_id;
	w.seed = 99;
	w_restart(&w);
	w_settle(&w);
	W_PHASE(&w, "web/data0", ACTIVE);
	ck_assert_uint_eq(w.c.owner_epoch, 2);
	ck_assert_uint_ne(w.c.owner_id, id);
	ck_assert_uint_eq(w.c.owner_id >> 32, id >> 32);
	w_done(&w);
}
END_TEST

/* Two managers on copies of one store start at once and choose one epoch: who comes second only
 * reads. */
START_TEST(a_twin_was_faster)
{
	struct world w;

	w_init(&w);
	w_start(&w);
	ck_assert_uint_eq(w.c.owner_epoch, 1);
	w_chassis(&w, FM_CE_DISCONNECTED, 0, 0, 0); /* our own take-over may have been lost */
	w.c.owner_id ^= 2;
	mr_buf_reset(&w.ops);
	w_chassis(&w, FM_CE_CONNECTED, 0, 0, 0);
	w_run(&w, 30 * MR_NS_PER_S);
	W_OPS(&w, "observe ");
	ck_assert_ptr_nonnull(strstr(mr_buf_text(&w.log), "another manager owns"));
	ck_assert_uint_eq(w.c.owner_epoch, 1);
	w_verb(&w, FM_VERB_ADOPT, "c1", NULL);
	w_run(&w, 30 * MR_NS_PER_S);
	ck_assert_uint_eq(w.c.owner_epoch, 2);
	w_done(&w);
}
END_TEST

/*
 * The switch forgot its tables while the manager was away. What a host that is up still shows
 * is not over by that: its bridge has a tombstone, and the function comes to another one;
 * unless the host has seen the removal, or will be reset when it has a link.
 */
START_TEST(blank_switch)
{
	struct world w;

	w_init(&w);
	w_start(&w);
	w_apply(&w, WEB);
	for (unsigned b = 0; b < W_BRIDGES; b++)
		w.c.host[0].bridge[b] =
			(struct fm_bridge){.status = _i == 1 ? MR_ROW_REMOVAL_SEEN : 0};
	w.c.host[0].link = _i != 2;
	w.c.adapter[0].fn[0].row_bridge = FM_NO_BRIDGE;
	w_restart(&w);
	w_run(&w, 30 * MR_NS_PER_S);
	W_PHASE(&w, "web/data0", ACTIVE);
	ck_assert_uint_eq(w_mapped(&w), 1);
	ck_assert_uint_eq(w_count(&w, FM_RECORD_TOMBSTONE), _i == 0);
	ck_assert_int_eq(w.c.host[0].bridge[_i == 0].state, MR_ROW_MAPPED);
	w_chassis(&w, FM_CE_REMOVAL_SEEN, 1, 0, 0);
	ck_assert_uint_eq(w_count(&w, FM_RECORD_TOMBSTONE), 0);
	w_done(&w);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("engine owner");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, another_owner);
	tcase_add_loop_test(t, owner_forgotten, 0, 2);
	tcase_add_test(t, old_store_only_reads);
	tcase_add_test(t, replaced_switch_only_reads);
	tcase_add_test(t, connection_lost_and_back);
	tcase_add_loop_test(t, blank_switch, 0, 3);
	tcase_add_loop_test(t, memory_lost, 0, 2);
	tcase_add_loop_test(t, lost_memory_is_back, 0, 2);
	tcase_add_test(t, taken_meanwhile);
	tcase_add_test(t, runs_are_told_apart);
	tcase_add_test(t, a_twin_was_faster);
	suite_add_tcase(s, t);
	return check_run(s) ? EXIT_FAILURE : EXIT_SUCCESS;
}
