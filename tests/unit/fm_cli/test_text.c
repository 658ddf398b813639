/* SPDX-License-Identifier: Apache-2.0 */
/* Text from outside: what of it reaches a terminal, and how wide it is. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "fabric-manager/cli/text.h"
#include "tests/unit/check_main.h"

static const struct {
	const char *in, *out;
	size_t width;
} cases[] = {
	{"plain", "plain", 5},
	{"", "", 0},
	{"na\xc3\xafve \xe2\x98\x83 \xf0\x9f\x98\x80",
	 "na\xc3\xafve \xe2\x98\x83 \xf0\x9f\x98\x80", 9},
	{"a\nb\tc", "a\\nb\\tc", 7},
	{"\033[31m", "\\x1b[31m", 8},
	{"\x7f", "\\x7f", 4},
	{"\xc2\x9b", "\\u009b", 6},		 /* CSI of C1 */
	{"\x9b", "\\x9b", 4},			 /* the same as a bare byte */
	{"\xe2\x80\xae", "\\u202e", 6},		 /* right to left */
	{"\xf3\xa0\x80\x81", "\\ue0001", 7},	 /* a tag character */
	{"\xc0\xaf", "\\xc0\\xaf", 8},		 /* overlong */
	{"\xed\xa0\x80", "\\xed\\xa0\\x80", 12}, /* a surrogate */
	{"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80", 16},
	{"cut \xe2\x98", "cut \\xe2\\x98", 12},
	{"\xff\xfe", "\\xff\\xfe", 8},
};

START_TEST(is_clean)
{
	struct mr_buf b = {0};

	cli_clean(&b, cases[_i].in);
	ck_assert_str_eq(mr_buf_text(&b), cases[_i].out);
	ck_assert_uint_eq(cli_width(mr_buf_text(&b)), cases[_i].width);
	mr_buf_done(&b);
}
END_TEST

START_TEST(lines_stay)
{
	struct mr_buf b = {0};

	cli_clean_lines(&b, "a\n\tb\r\n");
	ck_assert_str_eq(mr_buf_text(&b), "a\n\\tb\\x0d\n");
	mr_buf_done(&b);
}
END_TEST

/* Every byte pair: nothing but what is shown comes out. */
START_TEST(no_byte_gets_through)
{
	for (unsigned i = 1; i < 0x10000; i++) {
		char s[3] = {(char)(i >> 8), (char)i, 0};
		struct mr_buf b = {0};

		cli_clean(&b, s[0] ? s : s + 1);
		for (size_t k = 0; k < b.len;) {
			uint32_t code = 0;
			unsigned n = cli_utf8(b.data + k, &code);

			ck_assert_uint_gt(n, 0);
			ck_assert(cli_is_shown(code));
			k += n;
		}
		mr_buf_done(&b);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("text");
	TCase *t = tcase_create("text");

	tcase_set_timeout(t, 60); /* other tests run beside it */

	tcase_add_loop_test(t, is_clean, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(t, lines_stay);
	tcase_add_test(t, no_byte_gets_through);
	suite_add_tcase(s, t);
	return check_run(s);
}
