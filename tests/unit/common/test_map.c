// SPDX-License-Identifier: Apache-2.0
/*
 * The map against a plain array, its order, removal during a walk, and 100,000 keys.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/map.h"
#include "common/rng.h"
#include "common/str.h"
#include "common/xalloc.h"
#include "tests/unit/check_main.h"

START_TEST(test_strings)
{
	struct mr_map *m = mr_map_new();
	char key[] = "a";
	uint64_t v = 7;

	ck_assert(!mr_map_get(m, "a", &v));
	ck_assert(!mr_map_del(m, "a"));
	ck_assert_uint_eq(v, 7);
	mr_map_set(m, key, 1);
	key[0] = 'b'; /* the map has its own copy */
	mr_map_set(m, "", 2);
	mr_map_set(m, "a", 3);
	ck_assert_uint_eq(mr_map_count(m), 2);
	ck_assert(mr_map_get(m, "a", &v));
	ck_assert_uint_eq(v, 3);
	ck_assert(mr_map_get(m, "", NULL));
	ck_assert(mr_map_del(m, "a"));
	ck_assert(!mr_map_del(m, "a"));
	ck_assert(!mr_map_get(m, "a", &v));
	ck_assert_uint_eq(mr_map_count(m), 1);
	mr_map_free(m);
	mr_map_free(NULL);
	ck_assert_uint_eq(mr_map_count(NULL), 0);
	ck_assert(!mr_map_get(NULL, "a", &v));
}
END_TEST

/* A number and a string are different keys, whatever the string looks like. */
START_TEST(test_both_kinds)
{
	struct mr_map *m = mr_map_new();
	uint64_t v = 0;

	mr_map_set(m, "", 1);
	mr_map_set_u64(m, 0, 2);
	mr_map_set_u64(m, UINT64_MAX, 3);
	ck_assert_uint_eq(mr_map_count(m), 3);
	ck_assert(mr_map_get(m, "", &v) && v == 1);
	ck_assert(mr_map_get_u64(m, 0, &v) && v == 2);
	ck_assert(mr_map_get_u64(m, UINT64_MAX, &v) && v == 3);
	ck_assert(mr_map_del_u64(m, 0));
	ck_assert(mr_map_get(m, "", &v) && v == 1);
	mr_map_free(m);
}
END_TEST

/* Keys that differ in one byte at any place, of lengths around the words of the hash. */
START_TEST(test_similar_keys)
{
	struct mr_map *m = mr_map_new();
	char key[40];
	uint64_t v = 0, n = 0;

	for (int pass = 0; pass < 2; pass++) {
		n = 0;
		for (unsigned len = 0; len < 33; len++) {
			for (unsigned at = 0; at < len; at++) {
				memset(key, 'x', len);
				key[len] = '\0';
				key[at] = 'y';
				if (pass == 0)
					mr_map_set(m, key, n);
				else
					ck_assert(mr_map_get(m, key, &v) && v == n);
				n++;
			}
		}
	}
	ck_assert_uint_eq(mr_map_count(m), n);
	mr_map_free(m);
}
END_TEST

START_TEST(test_order)
{
	struct mr_map *m = mr_map_new();
	struct mr_buf got = {0};
	const char *key;
	uint64_t v;
	size_t pos = 0;

	for (const char *s = "zyxwvutsrqponmlkjihgfedcba"; *s; s++)
		mr_map_set(m, (char[]){*s, '\0'}, (uint64_t)*s);
	for (const char *s = "aeiouxyz"; *s; s++)
		mr_map_del(m, (char[]){*s, '\0'});
	mr_map_set(m, "e", 'e');
	mr_map_set(m, "w", 'W'); /* stays where it is */
	while (mr_map_next(m, &pos, &key, NULL, &v)) {
		mr_buf_puts(&got, key);
		ck_assert_uint_eq(v, *key == 'w' ? 'W' : (uint64_t)*key);
	}
	ck_assert_str_eq(mr_buf_text(&got), "wvtsrqpnmlkjhgfdcbe");
	mr_buf_done(&got);
	mr_map_free(m);
}
END_TEST

/* What becomes of one says nothing of the other. */
START_TEST(test_copy)
{
	struct mr_map *m = mr_map_new(), *n, *none = mr_map_copy(NULL);
	const char *key;
	uint64_t k, v;
	size_t pos = 0;

	mr_map_set(m, "a", 1);
	mr_map_set(m, "gone", 2);
	mr_map_set_u64(m, 7, 3);
	mr_map_del(m, "gone");
	n = mr_map_copy(m);
	mr_map_set(n, "a", 4);
	for (uint64_t i = 0; i < 100; i++)
		mr_map_set_u64(n, 1000 + i, i);
	mr_map_del_u64(m, 7);
	ck_assert_uint_eq(mr_map_count(m), 1);
	ck_assert(mr_map_get(m, "a", &v) && v == 1);
	mr_map_free(m);
	ck_assert_uint_eq(mr_map_count(n), 102);
	ck_assert(mr_map_next(n, &pos, &key, NULL, &v));
	ck_assert_str_eq(key, "a");
	ck_assert_uint_eq(v, 4);
	ck_assert(mr_map_next(n, &pos, &key, &k, &v));
	ck_assert(!key && k == 7 && v == 3);
	ck_assert(!mr_map_get(n, "gone", NULL));
	ck_assert_uint_eq(mr_map_count(none), 0);
	mr_map_set(none, "b", 1);
	ck_assert(mr_map_get(none, "b", NULL));
	mr_map_free(none);
	mr_map_free(n);
}
END_TEST

START_TEST(test_removal_during_walk)
{
	struct mr_map *m = mr_map_new();
	const char *key = "";
	size_t pos = 0;
	uint64_t k, v, seen = 0;

	for (uint64_t i = 0; i < 100; i++)
		mr_map_set_u64(m, i, i * i);
	while (mr_map_next(m, &pos, &key, &k, &v)) {
		ck_assert_ptr_null(key);
		ck_assert_uint_eq(k, seen);
		ck_assert_uint_eq(v, seen * seen);
		ck_assert(mr_map_del_u64(m, k));
		seen++;
	}
	ck_assert_uint_eq(seen, 100);
	ck_assert_uint_eq(mr_map_count(m), 0);
	pos = 0;
	ck_assert(!mr_map_next(m, &pos, NULL, NULL, NULL));
	mr_map_free(m);
}
END_TEST

#define KEYS 500u

/* Random sets and removals, compared with an array of values and an array that keeps the
 * order. */
START_TEST(test_against_arrays)
{
	struct mr_map *m = mr_map_new();
	uint64_t value[KEYS], order[KEYS], got, k;
	bool in[KEYS] = {false};
	struct mr_rng rng;
	unsigned n = 0, at;
	size_t pos;

	mr_rng_init(&rng, 42);
	for (unsigned step = 0; step < 30000; step++) {
		bool grows = mr_rng_chance(&rng, step / 5000 % 2 ? 30 : 70);

		k = mr_rng_below(&rng, KEYS);
		if (grows) {
			if (!in[k])
				order[n++] = k;
			in[k] = true;
			value[k] = step;
			mr_map_set_u64(m, k, step);
		} else {
			ck_assert(mr_map_del_u64(m, k) == in[k]);
			for (at = 0; in[k] && order[at] != k; at++)
				;
			if (in[k])
				memmove(&order[at], &order[at + 1],
					(--n - at) * sizeof(*order));
			in[k] = false;
		}
		ck_assert_uint_eq(mr_map_count(m), n);
		ck_assert(mr_map_get_u64(m, k, &got) == in[k] && (!in[k] || got == value[k]));
		if (step % 500)
			continue;
		pos = 0;
		for (at = 0; mr_map_next(m, &pos, NULL, &k, &got); at++)
			ck_assert(at < n && k == order[at] && got == value[k]);
		ck_assert_uint_eq(at, n);
	}
	mr_map_free(m);
}
END_TEST

START_TEST(test_100000_keys)
{
	struct mr_map *m = mr_map_new();
	char key[32];
	uint64_t v = 0;
	unsigned right = 0;

	for (unsigned i = 0; i < 100000; i++) {
		mr_fmt(key, sizeof(key), "chassis/nic%u/pf0/vf%u", i % 100, i / 100);
		mr_map_set(m, key, i);
		mr_map_set_u64(m, (uint64_t)i << 32, i);
	}
	ck_assert_uint_eq(mr_map_count(m), 200000);
	for (unsigned i = 0; i < 100000; i++) {
		mr_fmt(key, sizeof(key), "chassis/nic%u/pf0/vf%u", i % 100, i / 100);
		right += mr_map_get(m, key, &v) && v == i;
		right += mr_map_get_u64(m, (uint64_t)i << 32, &v) && v == i;
	}
	ck_assert_uint_eq(right, 200000);
	mr_map_free(m);
}
END_TEST

/* A key that comes and goes for ever: the dead entries are dropped again. */
START_TEST(test_coming_and_going)
{
	struct mr_map *m = mr_map_new();
	size_t pos = 0;
	uint64_t k = 0, gone = 0;

	for (uint64_t i = 0; i < 200000; i++) {
		mr_map_set_u64(m, i, i);
		if (i >= 10)
			gone += mr_map_del_u64(m, i - 10);
	}
	ck_assert_uint_eq(gone, 199990);
	ck_assert_uint_eq(mr_map_count(m), 10);
	ck_assert(mr_map_next(m, &pos, NULL, &k, NULL));
	ck_assert_uint_eq(k, 199990);
	ck_assert_uint_le(pos, 64);
	mr_map_free(m);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("map");
	TCase *t = tcase_create("map");

	tcase_set_timeout(t, 30);
	tcase_add_test(t, test_strings);
	tcase_add_test(t, test_both_kinds);
	tcase_add_test(t, test_similar_keys);
	tcase_add_test(t, test_order);
	tcase_add_test(t, test_copy);
	tcase_add_test(t, test_removal_during_walk);
	tcase_add_test(t, test_against_arrays);
	tcase_add_test(t, test_100000_keys);
	tcase_add_test(t, test_coming_and_going);
	suite_add_tcase(s, t);
	return check_run(s);
}
