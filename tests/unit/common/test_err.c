// SPDX-License-Identifier: Apache-2.0
/*
 * Errors, findings and reasons.
 */
#include <check.h>
#include <errno.h>
#include <string.h>

#include "common/err.h"
#include "common/reason.h"
#include "common/str.h"
#include "common/xalloc.h"
#include "tests/unit/check_main.h"

START_TEST(test_first_wins)
{
	struct mr_err err = {0};
	char buf[100];

	ck_assert_int_eq(mr_err_set(NULL, -EIO, MR_REASON_INTERNAL, "x"), -EIO);
	ck_assert_int_eq(mr_err_prefix(NULL, "x"), 0);
	ck_assert_int_eq(mr_err_prefix(&err, "x"), 0);
	ck_assert_str_eq(mr_err_format(&err, buf, sizeof(buf)), "");
	ck_assert_int_eq(mr_err_set(&err, -EBUSY, MR_REASON_BUSY, "port %d", 3), -EBUSY);
	ck_assert_int_eq(mr_err_set(&err, -EIO, MR_REASON_INTERNAL, "other"), -EIO);
	ck_assert_int_eq(mr_err_at(&err, -EIO, MR_REASON_INTERNAL, "f", 1, 2, "other"), -EIO);
	ck_assert_int_eq(err.code, -EBUSY);
	ck_assert_int_eq(err.reason, MR_REASON_BUSY);
	ck_assert_str_eq(mr_err_format(&err, buf, sizeof(buf)), "port 3");
	ck_assert_int_eq(mr_err_prefix(&err, "chassis %s", "c1"), -EBUSY);
	ck_assert_str_eq(mr_err_format(&err, buf, sizeof(buf)), "chassis c1: port 3");
}
END_TEST

START_TEST(test_place)
{
	struct mr_err err = {0};
	char buf[100];

	ck_assert_int_eq(
		mr_err_at(&err, -EINVAL, MR_REASON_INVALID, "p.yaml", 3, 5, "bad %s", "key"),
		-EINVAL);
	ck_assert_str_eq(mr_err_format(&err, buf, sizeof(buf)), "p.yaml:3:5: bad key");
	ck_assert_str_eq(mr_err_format(&err, buf, 8), "p.yaml:");
	err = (struct mr_err){0};
	mr_err_at(&err, -EINVAL, MR_REASON_INVALID, NULL, 0, 0, "x");
	ck_assert_str_eq(mr_err_format(&err, buf, sizeof(buf)), "x");
}
END_TEST

START_TEST(test_long_texts_are_cut)
{
	struct mr_err err = {0};
	char text[2000];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	mr_err_at(&err, -EINVAL, MR_REASON_INVALID, text, 1, 1, "%s", text);
	ck_assert_uint_eq(strlen(err.text), sizeof(err.text) - 1);
	ck_assert_uint_eq(strlen(err.file), sizeof(err.file) - 1);
	mr_err_prefix(&err, "%s", text);
	ck_assert_uint_eq(strlen(err.text), sizeof(err.text) - 1);
}
END_TEST

START_TEST(test_diags_print)
{
	struct mr_diags d = {0};
	struct mr_buf out = {0};

	mr_diags_add(&d, MR_SEV_ERROR, "a.yaml", 3, 5, "spec.host", "unknown host '%s'", "b");
	mr_diags_add(&d, MR_SEV_WARNING, "a.yaml", 4, 1, NULL, "unquoted MAC");
	mr_diags_add(&d, MR_SEV_WARNING, NULL, 5, 1, "x", "y");
	mr_diags_add(NULL, MR_SEV_ERROR, "a.yaml", 1, 1, "", "dropped");
	ck_assert_uint_eq(d.errors, 1);
	mr_diags_print(&d, &out);
	ck_assert_str_eq(mr_buf_text(&out), "a.yaml:3:5: spec.host: unknown host 'b'\n"
					    "a.yaml:4:1: warning: unquoted MAC\n"
					    ":5:1: warning: x: y\n");
	mr_buf_done(&out);
	mr_diags_done(&d);
	mr_diags_done(&d);
	mr_diags_done(NULL);
}
END_TEST

/* Warnings never push out errors, and what was not kept is counted. */
START_TEST(test_diags_bounded)
{
	struct mr_diags d = {0};
	struct mr_buf out = {0};

	for (unsigned i = 0; i < 300; i++)
		mr_diags_add(&d, MR_SEV_WARNING, "f", i + 1, 1, "", "w%u", i);
	ck_assert_uint_eq(d.n, MR_DIAGS_MAX);
	ck_assert_uint_eq(d.errors, 0);
	mr_diags_add(&d, MR_SEV_ERROR, "f", 1000, 1, "", "e");
	ck_assert_uint_eq(d.n, MR_DIAGS_MAX);
	ck_assert_str_eq(d.item[MR_DIAGS_MAX - 1].text, "e");
	ck_assert_str_eq(d.item[MR_DIAGS_MAX - 2].text, "w98");
	for (unsigned i = 0; i < 300; i++)
		mr_diags_add(&d, MR_SEV_ERROR, "f", i + 1, 1, "", "e%u", i);
	ck_assert_uint_eq(d.n, MR_DIAGS_MAX);
	ck_assert_uint_eq(d.errors, 301);
	mr_diags_print(&d, &out);
	ck_assert(strstr(mr_buf_text(&out), "\nand 201 more errors\n") != NULL);
	mr_buf_done(&out);
	mr_diags_done(&d);
}
END_TEST

/* Whatever is quoted: one line of UTF-8. */
static const struct {
	const char *quoted;
	const char *want;
} texts[] = {
	{"plain ~", "plain ~"},
	{"a\nb\tc", "a?b?c"},
	{"\x1b[31mred\x7f", "?[31mred?"},
	{"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x8c\xb3",
	 "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x8c\xb3"},
	{"\xc3", "?"},
	{"\xe2\x82", "??"},
	{"\xf0\x9f\x8c", "???"},
	{"\x80x", "?x"},
	{"\xc2\x9b", "??"},
	{"\xc0\xaf", "??"},
	{"\xe0\x80\xaf", "???"},
	{"\xed\xa0\x80", "???"},
	{"\xf0\x80\x80\xaf", "????"},
	{"\xf4\x90\x80\x80", "????"},
	{"\xff\xfe", "??"},
};

START_TEST(test_one_line_of_utf8)
{
	struct mr_err err = {0};
	struct mr_diags d = {0};

	mr_err_set(&err, -EINVAL, MR_REASON_INVALID, "%s", texts[_i].quoted);
	ck_assert_str_eq(err.text, texts[_i].want);
	mr_diags_add(&d, MR_SEV_ERROR, "f", 1, 1, texts[_i].quoted, "%s", texts[_i].quoted);
	ck_assert_str_eq(d.item[0].path, texts[_i].want);
	ck_assert_str_eq(d.item[0].text, texts[_i].want);
	mr_diags_done(&d);
}
END_TEST

START_TEST(test_reasons)
{
	for (int r = 0; r < MR_REASON_COUNT; r++) {
		ck_assert_int_eq(mr_reason_parse(mr_reason_name((enum mr_reason)r)), r);
		ck_assert_uint_gt(strlen(mr_reason_text((enum mr_reason)r)), 3);
	}
	ck_assert_str_eq(mr_reason_name(MR_REASON_NO_WINDOW), "NO_WINDOW");
	ck_assert_str_eq(mr_reason_text(MR_REASON_TIMEOUT), "no answer in time");
	ck_assert_str_eq(mr_reason_name((enum mr_reason)12345), "INTERNAL");
	ck_assert_str_eq(mr_reason_text((enum mr_reason) - 1), "internal error");
	ck_assert_int_eq(mr_reason_parse("no_window"), -1);
	ck_assert_int_eq(mr_reason_parse(""), -1);
	ck_assert_int_eq(mr_reason_parse(NULL), -1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("err");
	TCase *t = tcase_create("err");

	tcase_add_test(t, test_first_wins);
	tcase_add_test(t, test_place);
	tcase_add_test(t, test_long_texts_are_cut);
	tcase_add_test(t, test_diags_print);
	tcase_add_test(t, test_diags_bounded);
	tcase_add_loop_test(t, test_one_line_of_utf8, 0, MR_ARRAY_SIZE(texts));
	tcase_add_test(t, test_reasons);
	suite_add_tcase(s, t);
	return check_run(s);
}
