/* SPDX-License-Identifier: Apache-2.0 */
/* Folding of repeated log lines, without clock or output. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/now.h"
#include "common/os/fold.h"
#include "tests/unit/check_main.h"

struct told {
	unsigned calls;
	unsigned repeats;
	char text[64];
};

static void tell(const struct mr_fold_line *line, void *arg)
{
	struct told *t = arg;

	t->calls++;
	t->repeats = line->repeats;
	snprintf(t->text, sizeof(t->text), "%.*s", (int)sizeof(t->text) - 1, line->text);
}

static struct mr_fold *fold;
static struct told told;

static void setup(void)
{
	fold = calloc(1, sizeof(*fold));
	memset(&told, 0, sizeof(told));
}

static void teardown(void)
{
	free(fold);
}

static bool add(int64_t ms, enum mr_log_level level, const char *sub, const char *text)
{
	return mr_fold_add(fold, ms * MR_NS_PER_MS, level, sub, text, tell, &told);
}

START_TEST(repeats_within_a_second_are_counted)
{
	ck_assert(add(0, MR_LOG_WARN, "net", "refused"));
	ck_assert(!add(1, MR_LOG_WARN, "net", "refused"));
	ck_assert(!add(999, MR_LOG_WARN, "net", "refused"));
	ck_assert_uint_eq(told.calls, 0);
	ck_assert(add(1000, MR_LOG_WARN, "net", "refused"));
	ck_assert_uint_eq(told.calls, 1);
	ck_assert_uint_eq(told.repeats, 2);
	ck_assert_str_eq(told.text, "refused");
}
END_TEST

START_TEST(different_lines_are_all_printed)
{
	ck_assert(add(0, MR_LOG_INFO, "engine", "a1 is Active"));
	ck_assert(add(0, MR_LOG_INFO, "engine", "a2 is Active"));
	ck_assert(add(0, MR_LOG_INFO, "driver", "a1 is Active"));
	ck_assert(add(0, MR_LOG_WARN, "engine", "a1 is Active"));
	ck_assert_uint_eq(told.calls, 0);
}
END_TEST

START_TEST(expiry_tells_each_once)
{
	add(0, MR_LOG_INFO, "net", "one");
	add(0, MR_LOG_INFO, "net", "one");
	mr_fold_expire(fold, 999 * MR_NS_PER_MS, tell, &told);
	ck_assert_uint_eq(told.calls, 0);
	mr_fold_expire(fold, MR_NEVER, tell, &told);
	mr_fold_expire(fold, MR_NEVER, tell, &told);
	ck_assert_uint_eq(told.calls, 1);
	ck_assert_uint_eq(told.repeats, 1);
}
END_TEST

START_TEST(a_line_that_fits_no_slot_is_always_printed)
{
	char text[2 * MR_FOLD_TEXT];

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	ck_assert(add(0, MR_LOG_INFO, "net", text));
	ck_assert(add(1, MR_LOG_INFO, "net", text));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("fold");
	TCase *t = tcase_create("fold");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, repeats_within_a_second_are_counted);
	tcase_add_test(t, different_lines_are_all_printed);
	tcase_add_test(t, expiry_tells_each_once);
	tcase_add_test(t, a_line_that_fits_no_slot_is_always_printed);
	suite_add_tcase(s, t);
	return check_run(s);
}
