/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of every unit test's main(): the suite runs, in a process per test (or in this one),
 * and what it counted is the exit code.
 */
#ifndef TESTS_UNIT_CHECK_MAIN_H
#define TESTS_UNIT_CHECK_MAIN_H

#include <check.h>
#include <stdlib.h>

static inline int check_run_as(Suite *s, enum fork_status fork)
{
	SRunner *r = srunner_create(s);
	int failed;

	srunner_set_fork_status(r, fork);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}

/* How many seeds a loop runs: 'usual', a fifth of it where the sanitizers make each of them
 * several times slower, a third with clang, which repeats what gcc's build runs; or the
 * environment's MR_SEEDS. */
static inline int check_seeds(int usual)
{
	const char *s = getenv("MR_SEEDS");

#ifdef __SANITIZE_ADDRESS__
	usual = (usual + 4) / 5;
#elif defined(__clang__)
	usual = (usual + 2) / 3;
#endif
	return s && atoi(s) > 0 ? atoi(s) : usual;
}

/* Runs 's', which it takes ownership of; returns main()'s value: 0, or 1 when a test failed. */
static inline int check_run(Suite *s)
{
	return check_run_as(s, CK_FORK_GETENV);
}

/* The same without a process per test, for hundreds of seeds. */
static inline int check_run_here(Suite *s)
{
	return check_run_as(s, CK_NOFORK);
}

#endif
