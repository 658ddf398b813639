/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transcripts of QUIESCE when it is refused after the release hooks ran: the function stays
 * with its driver, so what the hooks stopped is started again by the activate hooks.
 */
#include <errno.h>

#include "tests/unit/ag_core/fixture.h"
#include "tests/unit/check_main.h"

#define ACTIVATE_HOOKS "write hooks 3:2.0 'activate' = 0; "

static struct ag_cmd q;

static void setup_quiesce(void)
{
	setup_session();
	q = cmd(AG_QUIESCE, AG_WAY_LVF, 3, 2);
}

static void used_by(const char *who)
{
	mr_copy(at(3, 2)->users, sizeof(at(3, 2)->users), who);
}

START_TEST(test_users_that_come_while_hooks_run)
{
	ask(&q);
	used_by("bridge br0");
	ck_assert_str_eq(written(0, 0), ACTIVATE_HOOKS);
	ck_assert_str_eq(written(0, 0),
			 "ack 101 BUSY (in use: bridge br0) who 'bridge br0' fn 3.0.2; ");
}
END_TEST

/* The hooks before it in the order of their names may have stopped something. */
START_TEST(test_a_hook_says_no)
{
	ask(&q);
	ck_assert_str_eq(written(-1, 0), ACTIVATE_HOOKS);
	ck_assert_str_eq(written(0, 0),
			 "ack 101 BUSY (a release hook says no (1)) who 'hook' fn 3.0.2; ");
}
END_TEST

START_TEST(test_unbind_fails)
{
	ask(&q);
	ck_assert_str_eq(written(0, 0), "write unbind 3:2.0 'mlx5_core' = 0; ");
	ck_assert_str_eq(written(-EBUSY, 0), ACTIVATE_HOOKS);
	ck_assert_str_eq(written(0, 0),
			 "ack 101 BUSY (unbind: the kernel says that it is busy) fn 3.0.2; ");
}
END_TEST

/* It is Active only when the workload is: the way back asks for the activation again. */
START_TEST(test_the_activate_hook_fails)
{
	ask(&q);
	used_by("bridge br0");
	ck_assert_str_eq(written(0, 0), ACTIVATE_HOOKS);
	ck_assert_str_eq(written(-3, 0),
			 "ack 101 DRIVER_REFUSED (an activate hook failed (3), after: in use: "
			 "bridge br0) who 'hook' fn 3.0.2; ");
}
END_TEST

/* No hook ran: nothing was stopped. */
START_TEST(test_busy_before_the_hooks)
{
	used_by("bridge br0");
	ck_assert_str_eq(ask(&q),
			 "ack 101 BUSY (in use: bridge br0) who 'bridge br0' fn 3.0.2; ");
}
END_TEST

/* With force the function is cut, whatever the agent says. */
START_TEST(test_not_with_force)
{
	q.force = true;
	ask(&q);
	ck_assert_str_eq(written(-1, 0), "write unbind 3:2.0 'mlx5_core' = 0; ");
	ck_assert_str_eq(written(-EBUSY, 0),
			 "ack 101 BUSY (unbind: the kernel says that it is busy) fn 3.0.2; ");
}
END_TEST

/* The function went meanwhile: there is nothing to start a workload on. */
START_TEST(test_not_on_a_function_that_went)
{
	ask(&q);
	drop(3, 2);
	ck_assert_str_eq(written(-1, 0),
			 "report 2 -3.0.2; ack 101 BUSY (a release hook says no "
			 "(1)) who 'hook'; ");
}
END_TEST

/* An old command starts nothing for the new owner. */
START_TEST(test_not_for_another_owner)
{
	ask(&q);
	host.root[0].owner_epoch = 6;
	ck_assert_str_eq(written(-1, 0), "ack 101 STALE_OWNER (owner epoch 5, the hierarchy "
					 "shows 6) fn 3.0.2; ");
}
END_TEST

/* The manager takes a timeout for a workload that may stand still, and activates. */
START_TEST(test_the_deadline_holds)
{
	ask(&q);
	ck_assert_str_eq(written(-1, 0), ACTIVATE_HOOKS);
	ck_assert_str_eq(wait_ms(10000), "ack 101 TIMEOUT (waited for hooks of 03:02.0) fn "
					 "3.0.2; heartbeat 1; ");
}
END_TEST

static void add(Suite *s)
{
	const TTest *const tests[] = {test_users_that_come_while_hooks_run,
				      test_a_hook_says_no,
				      test_unbind_fails,
				      test_the_activate_hook_fails,
				      test_busy_before_the_hooks,
				      test_not_with_force,
				      test_not_on_a_function_that_went,
				      test_not_for_another_owner,
				      test_the_deadline_holds};
	TCase *t = tcase_create("hooks");

	tcase_add_checked_fixture(t, setup_quiesce, teardown);
	for (unsigned i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		tcase_add_test(t, tests[i]);
	suite_add_tcase(s, t);
}

int main(void)
{
	Suite *s = suite_create("ag_hooks");

	add(s);
	return check_run(s);
}
