/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Disks that are full, broken for a while, or slow, under the store: a transaction that could
 * not be written is said to have failed and is not there, what was queued behind it fails with
 * it, everything before it stays, and as soon as the disk is well again the next one succeeds,
 * without opening anew.
 */
#include <check.h>
#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "tests/crash/disk.h"
#include "tests/crash/run.h"
#include "tests/unit/check_main.h"

#define GROUPS 8

static struct run *run;
static struct mr_rng rng;

static void setup(void)
{
	disk_register();
	mr_rng_init(&rng, 1);
	run = run_new();
}

static void teardown(void)
{
	run_free(run);
	disk_reset();
}

static void open_store(void)
{
	struct mr_err err = {0};

	ck_assert_msg(run_open(run, &err) == 0, "%s", err.text);
}

/* Three at once, the last two queued behind the first. */
static void commit_group(void)
{
	for (unsigned i = 0; i < 3; i++)
		run_commit_random(run, &rng, 3000);
	run_wait(run);
}

/* The store is closed, opened and read: it holds what was acknowledged and nothing else. */
static void expect_acknowledged(void)
{
	struct mr_err err = {0};
	uint64_t state;

	run_close(run);
	ck_assert_msg(run_look(&state, false, &err) == 0, "%s", err.text);
	ck_assert(state == run_state(run, run_acked(run)));
}

static const struct {
	enum disk_fault_kind kind;
	int code, errno_value;
} faults[] = {
	{DISK_FAULT_WRITE, SQLITE_FULL, -ENOSPC},
	{DISK_FAULT_WRITE, SQLITE_IOERR_WRITE, -EIO},
	{DISK_FAULT_SYNC, SQLITE_IOERR_FSYNC, -EIO},
	{DISK_FAULT_READ, SQLITE_IOERR_READ, -EIO},
};

/* The whole story with the fault after 'after' operations; false: it never came. */
static bool fails_and_recovers(unsigned fault, unsigned after, unsigned times)
{
	uint64_t acked;

	open_store();
	commit_group();
	run_close(run);
	open_store();
	disk_fail(faults[fault].kind, after, times, faults[fault].code);
	for (unsigned i = 0; i < GROUPS; i++)
		commit_group();
	ck_assert(!run_overtaken(run));
	if (run_acked(run) < run_ended(run)) {
		int code = run_failure(run)->code;

		ck_assert_msg(code == faults[fault].errno_value || code == -ECANCELED,
			      "fault %u after %u: %d, %s", fault, after, code,
			      run_failure(run)->text);
	}
	disk_fail(faults[fault].kind, 0, 0, SQLITE_OK);
	acked = run_acked(run);
	commit_group();
	ck_assert_msg(run_acked(run) == acked + 3, "fault %u after %u: still fails: %s", fault,
		      after, run_failure(run)->text);
	acked = run_queued(run) - run_acked(run);
	expect_acknowledged();
	return acked;
}

START_TEST(each_operation_fails_once)
{
	unsigned failed = 0;

	for (unsigned after = 0; after < 60; after++) {
		for (unsigned times = 1; times < 5; times += 3) {
			failed += fails_and_recovers((unsigned)_i, after, times);
			teardown();
			setup();
		}
	}
	printf("fault %d: %u of 120 runs had transactions that failed\n", _i, failed);
	ck_assert_uint_gt(failed, 0);
}
END_TEST

START_TEST(a_full_disk)
{
	uint64_t acked;

	open_store();
	commit_group();
	acked = run_acked(run);
	disk_capacity(disk_used() + 2000);
	for (unsigned i = 0; i < 5; i++)
		commit_group();
	ck_assert_uint_eq(run_acked(run), acked);
	ck_assert_uint_eq(run_ended(run), run_queued(run));
	ck_assert_int_ne(run_failure(run)->code, 0);
	run_commit_random(run, &rng, 3000);
	run_wait(run);
	ck_assert_int_eq(run_failure(run)->code, -ENOSPC);
	ck_assert_ptr_nonnull(strstr(run_failure(run)->text, "database or disk is full"));
	disk_capacity(SIZE_MAX);
	commit_group();
	ck_assert_uint_eq(run_acked(run), acked + 3);
	expect_acknowledged();
}
END_TEST

START_TEST(a_slow_disk)
{
	open_store();
	commit_group();
	disk_hold();
	for (unsigned i = 0; i < 20; i++)
		run_commit_random(run, &rng, 3000);
	disk_wait_held();
	ck_assert_uint_eq(run_ended(run), 3);
	disk_go();
	run_wait(run);
	ck_assert_uint_eq(run_acked(run), 23);
	expect_acknowledged();
}
END_TEST

/* What opening says when the disk does not answer, and that it opens later. */
START_TEST(opening_fails)
{
	struct mr_err err = {0};
	uint64_t state;

	open_store();
	commit_group();
	run_close(run);
	disk_fail(DISK_FAULT_READ, 0, 100, SQLITE_IOERR_READ);
	ck_assert_int_eq(run_open(run, &err), -EIO);
	ck_assert_ptr_nonnull(strstr(err.text, RUN_FILE));
	disk_fail(DISK_FAULT_READ, 0, 0, SQLITE_OK);
	err = (struct mr_err){0};
	ck_assert_msg(run_look(&state, true, &err) == 0, "%s", err.text);
	ck_assert(state == run_state(run, 3));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("errors");
	TCase *t = tcase_create("errors");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, each_operation_fails_once, 0, 4);
	tcase_add_test(t, a_full_disk);
	tcase_add_test(t, a_slow_disk);
	tcase_add_test(t, opening_fails);
	suite_add_tcase(s, t);
	return check_run(s);
}
