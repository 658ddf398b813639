/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What holds for all commands: fences by epoch and owner, duplicates, sessions, writes that
 * hang, places side by side, limits.
 */
#include "tests/unit/ag_core/fixture.h"
#include "tests/unit/check_main.h"

static void set(char *to, const char *from)
{
	mr_copy(to, 32, from);
}

START_TEST(test_fences)
{
	struct ag_cmd g = cmd(AG_CONFIRM_GONE, AG_WAY_LVF, 3, 7);

	ck_assert_str_eq(ask(&g), "ack 101 OK (gone); ");
	g.op = ++next_op;
	g.epoch = 1;
	ck_assert_str_eq(command(&g), "ack 102 STALE_EPOCH (the assignment has a newer epoch "
				      "here); ");
	g.op = ++next_op;
	g.epoch = 2;
	g.owner_epoch = 4;
	ck_assert_str_eq(ask(&g),
			 "ack 103 STALE_OWNER (owner epoch 4, the hierarchy shows 5); ");
	g.op = ++next_op;
	g.place.port = 2;
	ck_assert_str_eq(ask(&g), "ack 104 WRONG_SLOT (this host has no root at port 2); ");
}
END_TEST

START_TEST(test_another_owner_stops_it_half_way)
{
	struct ag_cmd q = cmd(AG_QUIESCE, AG_WAY_LVF, 3, 2);

	ask(&q);
	host.root[0].owner_epoch = 6;
	ck_assert_str_eq(written(0, 0), "ack 101 STALE_OWNER (owner epoch 5, the hierarchy "
					"shows 6) fn 3.0.2; ");
}
END_TEST

START_TEST(test_a_newer_epoch_stops_the_older)
{
	struct ag_cmd a = cmd(AG_ACTIVATE, AG_WAY_SYNTHETIC, 7, 0);
	struct ag_cmd r = cmd(AG_RELEASE, AG_WAY_SYNTHETIC, 7, 0);

	ask(&a);
	r.epoch = 3;
	ck_assert_str_eq(command(&r), "scan; ");
	ck_assert_str_eq(scan(), "ack 101 STALE_EPOCH (the assignment has a newer epoch here); "
				 "ack 102 OK (the slot is empty and off); ");
}
END_TEST

/* The function went while it was to be activated: who takes it away does not wait for it. */
START_TEST(test_an_activation_is_overtaken)
{
	struct ag_cmd a = cmd(AG_ACTIVATE, AG_WAY_SYNTHETIC, 7, 0);
	struct ag_cmd q = cmd(AG_QUIESCE, AG_WAY_SYNTHETIC, 7, 0);

	ask(&a);
	ck_assert_str_eq(command(&q), "ack 101 STALE_EPOCH (quiesce is asked by now); scan; ");
	ck_assert_str_eq(scan(), "ack 102 OK (no driver is bound); ");
}
END_TEST

START_TEST(test_malformed)
{
	struct ag_cmd g = cmd(AG_CONFIRM_GONE, AG_WAY_LVF, 3, 7);

	g.op = 0;
	ck_assert_str_eq(command(&g), "ack 0 INVALID (a command needs an operation id); ");
	g.op = 1;
	g.verb = AG_VERB_COUNT;
	ck_assert_str_eq(command(&g), "ack 1 INVALID (unknown verb); ");
	g.verb = AG_QUIESCE;
	g.place.way = 4;
	ck_assert_str_eq(command(&g), "ack 1 INVALID (a command needs a place); ");
	g.place.way = AG_WAY_LVF;
	g.deadline_ns = -1;
	ck_assert_str_eq(command(&g), "ack 1 INVALID (a deadline is between 0 and a day); ");
}
END_TEST

START_TEST(test_duplicates)
{
	struct ag_cmd q = cmd(AG_QUIESCE, AG_WAY_LVF, 3, 2);

	ask(&q);
	ck_assert_str_eq(command(&q), ""); /* it is under way */
	written(0, 0);
	set(at(3, 2)->driver, "");
	ck_assert_str_eq(written(0, 0),
			 "report 2 +3.0.2; ack 101 OK (no driver is bound) fn 3.0.2; ");
	set(at(3, 2)->driver, "mlx5_core");
	ck_assert_str_eq(command(&q), "ack 101 OK (no driver is bound) fn 3.0.2; ");
	ck_assert_str_eq(wait_ms(1000), "");
}
END_TEST

/* An owner with another store gives the same numbers again: they are other commands, and other
 * assignments. */
START_TEST(test_another_owner_counts_anew)
{
	struct ag_cmd g = cmd(AG_CONFIRM_GONE, AG_WAY_LVF, 3, 7);

	ck_assert_str_eq(ask(&g), "ack 101 OK (gone); ");
	host.root[0].owner_epoch = g.owner_epoch = 6;
	g.epoch = 1;
	g.place.slot = 2;
	ck_assert_str_eq(
		ask(&g),
		"ack 101 BUSY (the kernel device is still there) who 'mlx5_core' fn 3.0.2; ");
}
END_TEST

/* Memory has an end: the oldest answers are forgotten, and carried out again. */
START_TEST(test_old_answers_are_forgotten)
{
	struct ag_cmd g = cmd(AG_CONFIRM_GONE, AG_WAY_LVF, 3, 7);

	for (unsigned i = 0; i < 1025; i++) {
		g.op = 1000 + i;
		command(&g);
		scan();
	}
	g.op = 1001;
	ck_assert_str_eq(command(&g), "ack 1001 OK (gone); ");
	g.op = 1000;
	ck_assert_str_eq(ask(&g), "ack 1000 OK (gone); ");
}
END_TEST

START_TEST(test_a_refused_command_is_tried_again)
{
	struct ag_cmd g = cmd(AG_CONFIRM_GONE, AG_WAY_LVF, 3, 2);

	ask(&g);
	drop(3, 2);
	ck_assert_str_eq(ask(&g), "report 2 -3.0.2; ack 101 OK (gone); ");
}
END_TEST

START_TEST(test_acks_go_to_the_session_that_asked)
{
	struct ag_cmd q = cmd(AG_QUIESCE, AG_WAY_LVF, 3, 2);

	ask(&q);
	event(AG_EV_DISCONNECTED);
	event(AG_EV_CONNECTED);
	scan();
	event(AG_EV_ACCEPTED);
	ck_assert_str_eq(written(0, 0), "write unbind 3:2.0 'mlx5_core' = 0; ");
	set(at(3, 2)->driver, "");
	ck_assert_str_eq(written(0, 0), "report 3 +3.0.2; ");
	ck_assert_str_eq(command(&q), "ack 101 OK (no driver is bound) fn 3.0.2; ");
}
END_TEST

START_TEST(test_no_commands_before_acceptance)
{
	struct ag_cmd q = cmd(AG_QUIESCE, AG_WAY_LVF, 3, 2);

	event(AG_EV_DISCONNECTED);
	ck_assert_str_eq(command(&q), "");
	ck_assert_str_eq(event(AG_EV_CONNECTED), "scan; ");
	ck_assert_str_eq(command(&q), "");
	ck_assert_str_eq(scan(), "hello C1-0001:1/1@5#abc vfm; ");
}
END_TEST

/* The write hangs: the answer comes in time, the place stays taken until the write ends. */
START_TEST(test_a_write_that_hangs)
{
	struct ag_cmd q = cmd(AG_QUIESCE, AG_WAY_LVF, 3, 2), g;

	ask(&q);
	g = cmd(AG_CONFIRM_GONE, AG_WAY_LVF, 3, 2);
	g.deadline_ns = 20 * MR_NS_PER_S;
	ck_assert_str_eq(wait_ms(10000),
			 "ack 101 TIMEOUT (waited for hooks of 03:02.0) fn 3.0.2; "
			 "heartbeat 1; ");
	ck_assert_str_eq(command(&g), "scan; ");
	ck_assert_str_eq(scan(), "");
	ck_assert_str_eq(step(&(struct ag_event){.kind = AG_EV_WRITTEN, .tag = tag + 9}), "");
	ck_assert_str_eq(written(0, 0), "ack 102 BUSY (the kernel device is still there) who "
					"'mlx5_core' fn 3.0.2; ");
}
END_TEST

START_TEST(test_places_apart_run_side_by_side)
{
	struct ag_cmd a = cmd(AG_QUIESCE, AG_WAY_LVF, 3, 2);
	struct ag_cmd b = cmd(AG_QUIESCE, AG_WAY_SYNTHETIC, 9, 0);

	ck_assert_str_eq(command(&a), "scan; ");
	ck_assert_str_eq(command(&b), "");
	ck_assert_str_eq(scan(), "write hooks 3:2.0 'release' = 0; scan; ");
	ck_assert_str_eq(scan(), "write hooks 9:0.0 'release' = 0; ");
}
END_TEST

START_TEST(test_too_many)
{
	struct ag_cmd a = cmd(AG_ACTIVATE, AG_WAY_SYNTHETIC, 7, 0);

	for (unsigned i = 0; i < 4096; i++) {
		a.op = ++next_op;
		command(&a);
	}
	a.op = ++next_op;
	ck_assert_str_eq(command(&a), "ack 4198 LIMIT (too many commands at once); ");
}
END_TEST

static void add(Suite *s)
{
	const TTest *const tests[] = {test_fences,
				      test_another_owner_stops_it_half_way,
				      test_a_newer_epoch_stops_the_older,
				      test_an_activation_is_overtaken,
				      test_malformed,
				      test_duplicates,
				      test_another_owner_counts_anew,
				      test_old_answers_are_forgotten,
				      test_a_refused_command_is_tried_again,
				      test_acks_go_to_the_session_that_asked,
				      test_no_commands_before_acceptance,
				      test_a_write_that_hangs,
				      test_places_apart_run_side_by_side,
				      test_too_many};
	TCase *t = tcase_create("fences");

	tcase_add_checked_fixture(t, setup_session, teardown);
	for (unsigned i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		tcase_add_test(t, tests[i]);
	suite_add_tcase(s, t);
}

int main(void)
{
	Suite *s = suite_create("ag_fences");

	add(s);
	return check_run(s);
}
