// SPDX-License-Identifier: Apache-2.0
/* Two texts, line by line. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "common/xalloc.h"
#include "fabric-manager/engine/view/lines.h"
#include "tests/unit/check_main.h"

static const struct {
	const char *name, *before, *after, *want;
} cases[] = {
	{"nothing", "", "", ""},
	{"the same", "a\nb\n", "a\nb\n", "...\n"},
	{"added", "", "a\nb\n", "+ a\n+ b\n"},
	{"removed", "a\nb\n", "", "- a\n- b\n"},
	{"in the middle", "a\nb\nc\n", "a\nx\nc\n", "  a\n- b\n+ x\n  c\n"},
	{"at both ends", "a\nm\nb\n", "x\nm\ny\n", "- a\n+ x\n  m\n- b\n+ y\n"},
	{"moved", "a\nb\nc\n", "c\na\nb\n", "+ c\n  a\n  b\n- c\n"},
	{"no newline at the end", "a", "b", "- a\n+ b\n"},
	{"little around it", "1\n2\n3\n4\n5\n6\n7\n", "1\n2\n3\nx\n5\n6\n7\n",
	 "...\n  2\n  3\n- 4\n+ x\n  5\n  6\n...\n"},
};

START_TEST(line_by_line)
{
	struct mr_buf b = {0};

	fm_lines_diff(cases[_i].before, cases[_i].after, &b);
	ck_assert_msg(mr_streq(mr_buf_text(&b), cases[_i].want), "%s:\n%s", cases[_i].name,
		      mr_buf_text(&b));
	mr_buf_done(&b);
}
END_TEST

/* Too much to compare: all old, then all new, and both ends as they are. */
START_TEST(long_texts)
{
	struct mr_buf x = {0}, y = {0}, b = {0};

	mr_buf_puts(&x, "head\n");
	mr_buf_puts(&y, "head\n");
	for (unsigned i = 0; i < 3000; i++) {
		mr_buf_printf(&x, "x%u\n", i);
		mr_buf_printf(&y, "y%u\n", i);
	}
	fm_lines_diff(mr_buf_text(&x), mr_buf_text(&y), &b);
	ck_assert(mr_starts(mr_buf_text(&b), "  head\n- x0\n- x1\n"));
	ck_assert_ptr_nonnull(strstr(mr_buf_text(&b), "- x2999\n+ y0\n"));
	mr_buf_done(&x);
	mr_buf_done(&y);
	mr_buf_done(&b);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("engine lines");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, line_by_line, 0, MR_ARRAY_SIZE(cases));
	tcase_add_test(t, long_texts);
	suite_add_tcase(s, t);
	return check_run(s) ? EXIT_FAILURE : EXIT_SUCCESS;
}
