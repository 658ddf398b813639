// SPDX-License-Identifier: Apache-2.0
/*
 * Numbers with and without units: what is read, what is refused, and that every value survives
 * its text.
 */
#include <check.h>
#include <errno.h>
#include <string.h>

#include "common/err.h"
#include "common/rng.h"
#include "common/str.h"
#include "common/xalloc.h"
#include "tests/unit/check_main.h"

static const struct {
	const char *text;
	uint64_t max;
	bool hex;
	int want;
	uint64_t value;
} numbers[] = {
	{"0", 10, false, 0, 0},
	{"10", 10, false, 0, 10},
	{"11", 10, false, -ERANGE, 0},
	{"007", 10, false, 0, 7},
	{"18446744073709551615", UINT64_MAX, false, 0, UINT64_MAX},
	{"18446744073709551616", UINT64_MAX, false, -ERANGE, 0},
	{"99999999999999999999999999", UINT64_MAX, false, -ERANGE, 0},
	{"", 10, false, -EINVAL, 0},
	{NULL, 10, false, -EINVAL, 0},
	{"-1", 10, false, -EINVAL, 0},
	{"+1", 10, false, -EINVAL, 0},
	{" 1", 10, false, -EINVAL, 0},
	{"1 ", 10, false, -EINVAL, 0},
	{"1x", 10, false, -EINVAL, 0},
	{"1.5", 10, false, -EINVAL, 0},
	{"99999999999999999999999999x", UINT64_MAX, false, -EINVAL, 0},
	{"0x10", 99, false, -EINVAL, 0},
	{"0x10", 99, true, 0, 16},
	{"0XfF", 255, true, 0, 255},
	{"10", 99, true, 0, 10},
	{"ff", 999, true, -EINVAL, 0},
	{"0x", 99, true, -EINVAL, 0},
	{"0xg", 99, true, -EINVAL, 0},
	{"0xffffffffffffffff", UINT64_MAX, true, 0, UINT64_MAX},
	{"0x10000000000000000", UINT64_MAX, true, -ERANGE, 0},
};

START_TEST(test_numbers)
{
	struct mr_err err = {0};
	uint64_t v = 77;

	ck_assert_msg(mr_parse_u64(numbers[_i].text, numbers[_i].max, numbers[_i].hex, &v,
				   &err) == numbers[_i].want,
		      "%s", numbers[_i].text);
	ck_assert_uint_eq(v, numbers[_i].want ? 77 : numbers[_i].value);
	ck_assert_int_eq(err.code, numbers[_i].want);
	if (numbers[_i].want)
		ck_assert(mr_starts(err.text, "expected a "));
}
END_TEST

enum kind {
	RATE,
	SIZE,
	TIME
};

static int parse(enum kind kind, const char *s, uint64_t *ret, struct mr_err *err)
{
	int64_t ns;
	int r;

	if (kind == RATE)
		return mr_parse_rate(s, ret, err);
	if (kind == SIZE)
		return mr_parse_size(s, ret, err);
	r = mr_parse_time(s, &ns, err);
	if (!r)
		*ret = (uint64_t)ns;
	return r;
}

static const char *text_of(enum kind kind, uint64_t v, char *buf, size_t size)
{
	if (kind == RATE)
		return mr_rate_text(v, buf, size);
	if (kind == SIZE)
		return mr_size_text(v, buf, size);
	return mr_time_text((int64_t)v, buf, size);
}

static const struct {
	enum kind kind;
	const char *text;
	uint64_t value;
	const char *back; /* NULL: the same text */
} good[] = {
	{RATE, "25Gbit", UINT64_C(25000000000), NULL},
	{RATE, "2.5Gbit", UINT64_C(2500000000), NULL},
	{RATE, "2.50Gbit", UINT64_C(2500000000), "2.5Gbit"},
	{RATE, "500Mbit", 500000000, NULL},
	{RATE, "1000Mbit", 1000000000, "1Gbit"},
	{RATE, "0.001kbit", 1, NULL},
	{RATE, "0kbit", 0, NULL},
	{RATE, "0Gbit", 0, "0kbit"},
	{RATE, "18446744073Gbit", UINT64_C(18446744073000000000), NULL},
	{RATE, "18446744073.709551615Gbit", UINT64_MAX, "18446744073709551.615kbit"},
	{SIZE, "2GiB", UINT64_C(2) << 30, NULL},
	{SIZE, "1024MiB", UINT64_C(1) << 30, "1GiB"},
	{SIZE, "512MiB", UINT64_C(512) << 20, NULL},
	{SIZE, "64KiB", 65536, NULL},
	{SIZE, "1.5TiB", UINT64_C(3) << 39, NULL},
	{SIZE, "0.0009765625KiB", 1, NULL},
	{SIZE, "16777215TiB", UINT64_C(16777215) << 40, NULL},
	{TIME, "30s", UINT64_C(30000000000), NULL},
	{TIME, "60s", UINT64_C(60000000000), "1m"},
	{TIME, "90s", UINT64_C(90000000000), NULL},
	{TIME, "24h", UINT64_C(86400000000000), NULL},
	{TIME, "10m", UINT64_C(600000000000), NULL},
	{TIME, "100ms", 100000000, "0.1s"},
	{TIME, "1ms", 1000000, NULL},
	{TIME, "0s", 0, NULL},
	{TIME, "0.000001ms", 1, NULL},
	{TIME, "9223372036.854775807s", INT64_MAX, NULL},
};

START_TEST(test_good)
{
	uint64_t v;
	char buf[64];

	ck_assert_msg(!parse(good[_i].kind, good[_i].text, &v, NULL), "%s is refused",
		      good[_i].text);
	ck_assert_msg(v == good[_i].value, "%s gives %llu", good[_i].text,
		      (unsigned long long)v);
	ck_assert_str_eq(text_of(good[_i].kind, v, buf, sizeof(buf)),
			 good[_i].back ? good[_i].back : good[_i].text);
}
END_TEST

static const struct {
	enum kind kind;
	const char *text;
	int want;
	const char *sentence; /* a part of it */
} bad[] = {
	{RATE, "25", -EINVAL, "without a unit"},
	{RATE, "0", -EINVAL, "without a unit"},
	{RATE, "25 Gbit", -EINVAL, "with another unit"},
	{RATE, "25gbit", -EINVAL, "units kbit, Mbit, Gbit"},
	{RATE, "25GB", -EINVAL, "with another unit"},
	{RATE, "25Gbits", -EINVAL, "with another unit"},
	{RATE, "25Gbit ", -EINVAL, "with another unit"},
	{RATE, "Gbit", -EINVAL, "a rate such as 25Gbit"},
	{RATE, "", -EINVAL, "a rate such as 25Gbit"},
	{RATE, NULL, -EINVAL, "a rate such as 25Gbit"},
	{RATE, "-1Gbit", -EINVAL, "a rate such as 25Gbit"},
	{RATE, ".5Gbit", -EINVAL, "a rate such as 25Gbit"},
	{RATE, "1.Gbit", -EINVAL, "a rate such as 25Gbit"},
	{RATE, "1e3Gbit", -EINVAL, "with another unit"},
	{RATE, "1.2.3Gbit", -EINVAL, "with another unit"},
	{RATE, "none", -EINVAL, "a rate such as 25Gbit"},
	{RATE, "0.0001kbit", -EINVAL, "a whole number of bits per second"},
	{RATE, "0.0000000000000000001Gbit", -EINVAL, "a rate"},
	{RATE, "18446744074Gbit", -ERANGE, "too large"},
	{RATE, "18446744073.709551616Gbit", -ERANGE, "too large"},
	{RATE, "99999999999999999999Gbit", -ERANGE, "too large"},
	{RATE, "18446744073709551615.999999999999999999Gbit", -ERANGE, "too large"},
	{SIZE, "2GB", -EINVAL, "with another unit"},
	{SIZE, "2G", -EINVAL, "units KiB, MiB, GiB, TiB"},
	{SIZE, "16777216TiB", -ERANGE, "too large"},
	{SIZE, "0.1KiB", -EINVAL, "a whole number of bytes"},
	{TIME, "30", -EINVAL, "a time such as 30s (units ms, s, m, h)"},
	{TIME, "30sec", -EINVAL, "with another unit"},
	{TIME, "1d", -EINVAL, "with another unit"},
	{TIME, "1h30m", -EINVAL, "with another unit"},
	{TIME, "9223372036.854775808s", -ERANGE, "too large"},
	{TIME, "18446744073709551615h", -ERANGE, "too large"},
};

START_TEST(test_bad)
{
	struct mr_err err = {0};
	uint64_t v = 77;

	ck_assert_msg(parse(bad[_i].kind, bad[_i].text, &v, &err) == bad[_i].want,
		      "%s gives %d", bad[_i].text, err.code);
	ck_assert_uint_eq(v, 77);
	ck_assert_msg(strstr(err.text, bad[_i].sentence) != NULL, "%s: %s", bad[_i].text,
		      err.text);
}
END_TEST

/* A long text is quoted in part only. */
START_TEST(test_quote_is_cut)
{
	struct mr_buf b = {0};
	struct mr_err err = {0};
	uint64_t v;

	for (unsigned i = 0; i < 100000; i++)
		mr_buf_putc(&b, '9');
	mr_buf_puts(&b, "Gbit");
	ck_assert_int_eq(mr_parse_rate(b.data, &v, &err), -ERANGE);
	ck_assert_uint_lt(strlen(err.text), 200);
	mr_buf_done(&b);
}
END_TEST

START_TEST(test_every_value_survives)
{
	struct mr_rng rng;
	char buf[64];
	uint64_t v, got;

	mr_rng_init(&rng, 1);
	for (unsigned i = 0; i < 30000; i++) {
		enum kind kind = (enum kind)(i % 3);

		v = mr_rng_next(&rng) >> (mr_rng_below(&rng, 63) + 1);
		text_of(kind, v, buf, sizeof(buf));
		ck_assert_msg(!parse(kind, buf, &got, NULL) && got == v, "%llu gives %s",
			      (unsigned long long)v, buf);
	}
}
END_TEST

START_TEST(test_text_edges)
{
	char buf[64];

	ck_assert_str_eq(mr_time_text(-90 * INT64_C(1000000000), buf, sizeof(buf)), "-90s");
	ck_assert_str_eq(mr_time_text(INT64_MIN, buf, sizeof(buf)), "-9223372036.854775808s");
	ck_assert_str_eq(mr_rate_text(UINT64_C(25000000000), buf, 4), "25G");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("units");
	TCase *t = tcase_create("units");

	tcase_add_loop_test(t, test_numbers, 0, MR_ARRAY_SIZE(numbers));
	tcase_add_loop_test(t, test_good, 0, MR_ARRAY_SIZE(good));
	tcase_add_loop_test(t, test_bad, 0, MR_ARRAY_SIZE(bad));
	tcase_add_test(t, test_quote_is_cut);
	tcase_add_test(t, test_every_value_survives);
	tcase_add_test(t, test_text_edges);
	suite_add_tcase(s, t);
	return check_run(s);
}
