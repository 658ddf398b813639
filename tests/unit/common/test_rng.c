// SPDX-License-Identifier: Apache-2.0
/*
 * The generator: known numbers, bounds, and no visible bias.
 */
#include <check.h>

#include "common/rng.h"
#include "common/xalloc.h"
#include "tests/unit/check_main.h"

/* The published first numbers of splitmix64 for seed 1234567. */
START_TEST(test_known_numbers)
{
	static const uint64_t want[] = {
		UINT64_C(6457827717110365317),	UINT64_C(3203168211198807973),
		UINT64_C(9817491932198370423),	UINT64_C(4593380528125082431),
		UINT64_C(16408922859458223821),
	};
	struct mr_rng r;

	mr_rng_init(&r, 1234567);
	for (unsigned i = 0; i < MR_ARRAY_SIZE(want); i++)
		ck_assert_uint_eq(mr_rng_next(&r), want[i]);
}
END_TEST

START_TEST(test_below)
{
	struct mr_rng r;
	unsigned seen[7] = {0};
	uint64_t v;

	mr_rng_init(&r, 3);
	ck_assert_uint_eq(mr_rng_below(&r, 0), 0);
	ck_assert_uint_eq(mr_rng_below(&r, 1), 0);
	for (unsigned i = 0; i < 70000; i++) {
		v = mr_rng_below(&r, 7);
		ck_assert_uint_lt(v, 7);
		seen[v]++;
	}
	for (unsigned i = 0; i < 7; i++)
		ck_assert(seen[i] > 9500 && seen[i] < 10500);
	/* Without passing over the surplus, values under 2^62 would come twice as often. */
	seen[0] = 0;
	for (unsigned i = 0; i < 10000; i++)
		seen[0] += mr_rng_below(&r, UINT64_C(3) << 62) < UINT64_C(1) << 62;
	ck_assert(seen[0] > 3000 && seen[0] < 3700);
}
END_TEST

START_TEST(test_chance)
{
	struct mr_rng r;
	unsigned n = 0;

	mr_rng_init(&r, 4);
	for (unsigned i = 0; i < 10000; i++) {
		ck_assert(!mr_rng_chance(&r, 0));
		ck_assert(mr_rng_chance(&r, 100));
		n += mr_rng_chance(&r, 25);
	}
	ck_assert(n > 2300 && n < 2700);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("rng");
	TCase *t = tcase_create("rng");

	tcase_add_test(t, test_known_numbers);
	tcase_add_test(t, test_below);
	tcase_add_test(t, test_chance);
	suite_add_tcase(s, t);
	return check_run(s);
}
