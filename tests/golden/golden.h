/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Golden suites: every folder under tests/golden/SUITE is a case with its inputs and
 * expected.txt. A suite is a program with one function that turns a case's folder into text;
 * this harness compares or, with --update, writes.
 */
#ifndef TESTS_GOLDEN_GOLDEN_H
#define TESTS_GOLDEN_GOLDEN_H

#include <stddef.h>

struct mr_buf;

/* Appends what the case in folder 'dir' comes to. */
typedef void golden_case(const char *dir, struct mr_buf *out);

/*
 * main of a suite: SUITE-FOLDER [--update] [CASE...]. Runs every case, or the named ones, in
 * order of their names. Returns 0 when all match (or were written), 1 when some differ, 2 when
 * there is no case.
 */
int golden_main(int argc, char **argv, golden_case *run);

/* The file 'dir'/'name', or NULL when it does not exist; the caller frees. Its length is in
 * '*ret_len'. */
char *golden_file(const char *dir, const char *name, size_t *ret_len);

#endif
