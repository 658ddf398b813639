/* SPDX-License-Identifier: Apache-2.0 */
/* What log lines look like, and files and clocks: with standard error turned into a file. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/err.h"
#include "common/os/clock.h"
#include "common/os/log.h"
#include "tests/unit/check_main.h"

static char path[64];
static int saved;

static void capture(void)
{
	int fd;

	strcpy(path, "/tmp/banyan-log-XXXXXX");
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	saved = dup(2);
	dup2(fd, 2);
	close(fd);
}

static char *captured(void)
{
	char *text = NULL;

	dup2(saved, 2);
	close(saved);
	ck_assert_int_eq(mr_file_read(path, 1 << 20, &text, NULL, NULL), 0);
	unlink(path);
	return text;
}

START_TEST(plain_lines)
{
	char *text;

	capture();
	mr_log_setup(MR_LOG_INFO, 0, "test");
	mr_debug("net", "not shown");
	mr_warn("net", "peer \"%s\" went; trying again", "x\ny\x01");
	text = captured();
	ck_assert_uint_gt(strlen(text), 24);
	ck_assert_msg(text[4] == '-' && text[10] == 'T' && text[19] == '.' && text[23] == 'Z',
		      "%s", text);
	ck_assert_str_eq(text + 24, " WARN  net: peer \"x\\ny\\x01\" went; trying again\n");
	free(text);
}
END_TEST

START_TEST(json_lines)
{
	char *text, *rest;

	capture();
	mr_log_setup(MR_LOG_DEBUG, 1, "prog");
	mr_debug("net", "a \"quoted\" \\ tab\t");
	text = captured();
	ck_assert_int_eq(strncmp(text, "{\"time\":\"", 9), 0);
	rest = strstr(text, "\",\"level\"");
	ck_assert_ptr_nonnull(rest);
	ck_assert_str_eq(rest,
			 "\",\"level\":\"debug\",\"program\":\"prog\",\"subsystem\":\"net\","
			 "\"text\":\"a \\\"quoted\\\" \\\\ tab\\u0009\"}\n");
	free(text);
}
END_TEST

START_TEST(repeats_become_one_line)
{
	unsigned lines = 0;
	char *text;

	capture();
	mr_log_setup(MR_LOG_INFO, 0, "test");
	for (int i = 0; i < 1000; i++)
		mr_info("net", "the same");
	text = captured();
	for (const char *p = text; (p = strchr(p, '\n')); p++)
		lines++;
	ck_assert_msg(lines >= 1 && lines < 100, "%u lines", lines);
	free(text);
}
END_TEST

START_TEST(levels)
{
	ck_assert_int_eq(mr_log_level_parse("debug"), MR_LOG_DEBUG);
	ck_assert_int_eq(mr_log_level_parse("error"), MR_LOG_ERROR);
	ck_assert_int_eq(mr_log_level_parse("verbose"), -1);
}
END_TEST

START_TEST(files)
{
	struct mr_err err = {0};
	unsigned long len = 0;
	char *text = NULL;

	ck_assert_int_eq(mr_file_read("/nonexistent/x", 10, &text, NULL, &err), -ENOENT);
	ck_assert_ptr_nonnull(strstr(err.text, "/nonexistent/x"));
	ck_assert_int_eq(mr_file_read("/proc/self/status", 10, &text, NULL, NULL), -EFBIG);
	ck_assert_ptr_null(text);
	ck_assert_int_lt(mr_file_read("/tmp", 10, &text, NULL, NULL), 0);
	ck_assert_int_eq(mr_file_read("/dev/null", 0, &text, &len, NULL), 0);
	ck_assert_str_eq(text, "");
	ck_assert_uint_eq(len, 0);
	free(text);
}
END_TEST

START_TEST(clocks)
{
	struct mr_now a = mr_clock_now(), b = mr_clock_now();

	ck_assert(b.mono_ns >= a.mono_ns);
	ck_assert(a.wall_ns > INT64_C(1600000000) * MR_NS_PER_S);
	ck_assert(mr_random_u64() != mr_random_u64());
}
END_TEST

int main(void)
{
	Suite *s = suite_create("log");
	TCase *t = tcase_create("log");

	tcase_add_test(t, plain_lines);
	tcase_add_test(t, json_lines);
	tcase_add_test(t, repeats_become_one_line);
	tcase_add_test(t, levels);
	tcase_add_test(t, files);
	tcase_add_test(t, clocks);
	suite_add_tcase(s, t);
	return check_run(s);
}
