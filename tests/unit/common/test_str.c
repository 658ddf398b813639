// SPDX-License-Identifier: Apache-2.0
/*
 * Buffers, copies, globs and the nearest name.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "common/xalloc.h"
#include "tests/unit/check_main.h"

START_TEST(test_buf)
{
	struct mr_buf b = {0};
	char *s;

	ck_assert_str_eq(mr_buf_text(&b), "");
	mr_buf_puts(&b, NULL);
	mr_buf_puts(&b, "ab");
	mr_buf_putc(&b, 'c');
	mr_buf_add(&b, "d\0e", 3);
	ck_assert_uint_eq(b.len, 6);
	ck_assert_mem_eq(b.data, "abcd\0e", 7);
	mr_buf_reset(&b);
	ck_assert_uint_eq(b.len, 0);
	ck_assert_str_eq(mr_buf_text(&b), "");
	mr_buf_printf(&b, "%d-%s", 7, "x");
	s = mr_buf_steal(&b);
	ck_assert_str_eq(s, "7-x");
	ck_assert_ptr_null(b.data);
	free(s);
	s = mr_buf_steal(&b);
	ck_assert_str_eq(s, "");
	free(s);
	mr_buf_done(&b);
	mr_buf_done(NULL);
}
END_TEST

/* Every length around the sizes at which the buffer grows, by one text and by single bytes. */
START_TEST(test_buf_growth)
{
	char text[301];

	for (unsigned n = 0; n < sizeof(text); n++) {
		struct mr_buf whole = {0}, single = {0};

		memset(text, 'x', n);
		text[n] = '\0';
		mr_buf_printf(&whole, "%s", text);
		for (unsigned i = 0; i < n; i++)
			mr_buf_putc(&single, 'x');
		ck_assert_uint_eq(whole.len, n);
		ck_assert_str_eq(mr_buf_text(&whole), text);
		ck_assert_str_eq(mr_buf_text(&single), text);
		mr_buf_done(&whole);
		mr_buf_done(&single);
	}
}
END_TEST

START_TEST(test_fmt_and_copy)
{
	char buf[4];

	ck_assert(mr_fmt(buf, sizeof(buf), "%s", "abc"));
	ck_assert(!mr_fmt(buf, sizeof(buf), "%s", "wxyz"));
	ck_assert_str_eq(buf, "wxy");
	ck_assert(mr_copy(buf, sizeof(buf), "abc"));
	ck_assert_str_eq(buf, "abc");
	ck_assert(!mr_copy(buf, sizeof(buf), "abcd"));
	ck_assert_str_eq(buf, "");
	ck_assert(mr_copy(buf, sizeof(buf), ""));
	ck_assert(!mr_copy(buf, sizeof(buf), NULL));
	ck_assert(!mr_copy(buf, 0, ""));
}
END_TEST

START_TEST(test_compare)
{
	ck_assert(mr_streq("a", "a"));
	ck_assert(!mr_streq("a", "b"));
	ck_assert(!mr_streq("a", NULL));
	ck_assert(mr_streq(NULL, NULL));
	ck_assert(mr_starts("abc", "ab"));
	ck_assert(mr_starts("abc", ""));
	ck_assert(!mr_starts("ab", "abc"));
	ck_assert(!mr_starts(NULL, "a"));
	ck_assert_int_eq(mr_strcasecmp("aBc", "AbC"), 0);
	ck_assert_int_lt(mr_strcasecmp("a", "B"), 0);
}
END_TEST

static const struct {
	const char *pattern;
	const char *text;
	bool want;
} globs[] = {
	{"", "", true},
	{"", "a", false},
	{"*", "", true},
	{"*", "abc", true},
	{"a*", "abc", true},
	{"*c", "abc", true},
	{"a*c", "abbc", true},
	{"a*c", "abcd", false},
	{"?", "a", true},
	{"?", "", false},
	{"??", "a", false},
	{"a?c", "abc", true},
	{"*a*b*", "xxayyb", true},
	{"*ab", "aab", true},
	{"*aab", "aaab", true},
	{"**", "x", true},
	{"blade*", "Blade1", false},
	{"0000:3?:*", "0000:3b:00.1", true},
};

START_TEST(test_glob)
{
	ck_assert_msg(mr_glob(globs[_i].pattern, globs[_i].text) == globs[_i].want, "%s of %s",
		      globs[_i].pattern, globs[_i].text);
}
END_TEST

/* Not exponential: 100 stars that nearly match. */
START_TEST(test_glob_hostile)
{
	struct mr_buf p = {0}, s = {0};

	for (unsigned i = 0; i < 100; i++)
		mr_buf_puts(&p, "*a");
	for (unsigned i = 0; i < 10000; i++)
		mr_buf_putc(&s, 'a');
	mr_buf_putc(&p, 'b');
	ck_assert(!mr_glob(p.data, s.data));
	mr_buf_putc(&s, 'b');
	ck_assert(mr_glob(p.data, s.data));
	mr_buf_done(&p);
	mr_buf_done(&s);
}
END_TEST

static const char *const names[] = {"devices", "host", "hostGroup", "macAddress",
				    "vfs",     "qos",  "vlan",	    NULL};
static const struct {
	const char *text;
	const char *want;
} nearest[] = {
	{"devices", "devices"},
	{"device", "devices"},
	{"devcies", "devices"},
	{"DEVICES", "devices"},
	{"macaddress", "macAddress"},
	{"hots", "host"},
	{"hostgruop", "hostGroup"},
	{"vf", "vfs"},
	{"qso", "qos"},
	{"vlna", "vlan"},
	{"vlans", "vlan"},
	{"hst", "host"},
	{"zzz", NULL},
	{"x", NULL},
	{"", NULL},
	{NULL, NULL},
	{"q", NULL},
	{"vxyn", NULL},
	{"completelydifferent", NULL},
};

START_TEST(test_nearest)
{
	const char *got = mr_nearest(nearest[_i].text, names);

	ck_assert_msg(mr_streq(got, nearest[_i].want), "%s gives %s", nearest[_i].text,
		      got ? got : "nothing");
}
END_TEST

START_TEST(test_nearest_edges)
{
	static const char *const none[] = {NULL};
	static const char *const same[] = {"ab1", "ab2", NULL};
	char longest[200];
	const char *longs[] = {longest, NULL};

	ck_assert_ptr_null(mr_nearest("a", none));
	ck_assert_str_eq(mr_nearest("ab3", same), "ab1");
	memset(longest, 'a', sizeof(longest));
	longest[64] = '\0';
	ck_assert_ptr_eq(mr_nearest(longest, longs), longest);
	longest[64] = 'a';
	longest[65] = '\0';
	ck_assert_ptr_null(mr_nearest(longest, longs));
	ck_assert_ptr_null(mr_nearest("aaaa", longs));
}
END_TEST

START_TEST(test_xalloc)
{
	char *p = mr_xstrndup("abc", 2);
	int *a = NULL;
	unsigned n = 0, cap = 0;

	ck_assert_str_eq(p, "ab");
	free(p);
	p = mr_xstrndup("abc", 10);
	ck_assert_str_eq(p, "abc");
	free(p);
	ck_assert_ptr_null(mr_xstrdup(NULL));
	ck_assert_ptr_null(mr_xstrndup(NULL, 3));
	free(mr_xmalloc(0));
	free(mr_xcalloc(0, 8));
	free(mr_xmemdup(NULL, 0));
	for (int i = 0; i < 1000; i++) {
		MR_GROW(a, n, cap);
		a[n++] = i;
	}
	ck_assert_int_eq(a[999], 999);
	free(a);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("str");
	TCase *t = tcase_create("str");

	tcase_add_test(t, test_buf);
	tcase_add_test(t, test_buf_growth);
	tcase_add_test(t, test_fmt_and_copy);
	tcase_add_test(t, test_compare);
	tcase_add_loop_test(t, test_glob, 0, MR_ARRAY_SIZE(globs));
	tcase_add_test(t, test_glob_hostile);
	tcase_add_loop_test(t, test_nearest, 0, MR_ARRAY_SIZE(nearest));
	tcase_add_test(t, test_nearest_edges);
	tcase_add_test(t, test_xalloc);
	suite_add_tcase(s, t);
	return check_run(s);
}
