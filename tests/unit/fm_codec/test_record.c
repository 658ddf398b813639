/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records to store rows and back: every kind survives the round trip; keys are the ones of
 * INTERFACES; what is no row of ours, is cut, or holds an unknown name is refused with the
 * field.
 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/rng.h"
#include "common/xalloc.h"
#include "fabric-manager/codec/record.h"
#include "tests/unit/check_main.h"
#include "tests/unit/fm_codec/made.h"

static const char *const chassis[] = {"c1", "c2"};
static const struct fm_codec_names names = {chassis, 2};

static const char *const keys[FM_RECORD_COUNT] = {
	[FM_RECORD_META] = "meta/schema",
	[FM_RECORD_CURRENT] = "policy/current",
	[FM_RECORD_ASSIGNMENT] = "assign/web-blade01/data0/1",
	[FM_RECORD_IDENT] = "ident/mac/02:25:b5:00:00:01",
	[FM_RECORD_FUNCTION] = "func/c1/nic-left/0/63",
	[FM_RECORD_DATA] = "data/db/disk/root",
	[FM_RECORD_OVERRIDE] = "override/db",
	[FM_RECORD_TOMBSTONE] = "tomb/c1/1/2.0.9",
	[FM_RECORD_CHASSIS] = "chassis/c1",
	[FM_RECORD_HOST] = "host/blade01",
	[FM_RECORD_MEASURE] = "measure/c1/nic-left/synthetic",
};

START_TEST(test_round_trip)
{
	enum fm_record_kind kind = (enum fm_record_kind)_i;
	struct fm_record a = made_record(kind), b;
	struct mr_buf key = {0}, value = {0}, again = {0};
	struct mr_err err = {0};

	fm_record_key(&a, &names, &key);
	fm_record_value(&a, &names, &value);
	if (keys[kind])
		ck_assert_str_eq(mr_buf_text(&key), keys[kind]);
	ck_assert_msg(
		!fm_record_read(key.data, key.len, value.data, value.len, &names, &b, &err),
		"%s", err.text);
	ck_assert_int_eq(b.kind, kind);
	fm_record_value(&b, &names, &again);
	ck_assert_uint_eq(again.len, value.len);
	ck_assert_mem_eq(again.data, value.data, value.len);
	if (kind == FM_RECORD_DOCUMENT) {
		ck_assert_str_eq(b.document.text, a.document.text);
	} else {
		ck_assert_mem_eq(&a, &b, sizeof(a));
	}
	fm_record_done(&a);
	fm_record_done(&b);
	mr_buf_done(&key);
	mr_buf_done(&value);
	mr_buf_done(&again);
}
END_TEST

START_TEST(test_be64_order)
{
	struct fm_record a = made_record(FM_RECORD_OPERATION), b = a;
	struct mr_buf ka = {0}, kb = {0};

	b.operation.id++;
	fm_record_key(&a, &names, &ka);
	fm_record_key(&b, &names, &kb);
	ck_assert_uint_eq(ka.len, 3 + 8);
	ck_assert_mem_eq(ka.data, "op/\1\2\3\4\5\6\7\x8", 11);
	ck_assert_int_lt(memcmp(ka.data, kb.data, ka.len), 0);
	mr_buf_done(&ka);
	mr_buf_done(&kb);
}
END_TEST

START_TEST(test_refusals)
{
	struct fm_record a = made_record(FM_RECORD_ASSIGNMENT), r;
	struct fm_codec_names other = {chassis, 1};
	struct mr_buf value = {0};
	struct mr_err err = {0};

	fm_record_value(&a, &names, &value);
	ck_assert_int_eq(fm_record_read("nonsense", 8, value.data, value.len, &names, &r, &err),
			 -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.text, "nonsense"));
	err = (struct mr_err){0};
	ck_assert_int_eq(fm_record_read("assign/x", 8, value.data, value.len, &other, &r, &err),
			 -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.text, "'c2' is not in the configuration"));
	err = (struct mr_err){0};
	ck_assert_int_eq(
		fm_record_read("assign/x", 8, value.data, value.len - 1, &names, &r, &err),
		-EINVAL);
	ck_assert_ptr_nonnull(strstr(err.text, "StoreAssignment"));
	mr_buf_done(&value);
}
END_TEST

/* Whatever bytes a row holds: a record or an error, never a crash. */
START_TEST(test_random_bytes)
{
	static const char *const prefix[] = {
		"meta/", "policy/v/", "assign/",  "ident/", "func/",	"override/", "tomb/",
		"op/",	 "event/",    "chassis/", "host/",  "measure/", "policy/h/"};
	struct mr_rng rng;
	uint8_t bytes[64];

	mr_rng_init(&rng, 1);
	for (unsigned i = 0; i < 20000; i++) {
		const char *p = prefix[i % MR_ARRAY_SIZE(prefix)];
		size_t len = mr_rng_below(&rng, sizeof(bytes));
		struct fm_record r;
		struct mr_err err = {0};

		for (size_t b = 0; b < len; b++)
			bytes[b] = (uint8_t)mr_rng_next(&rng);
		if (fm_record_read(p, strlen(p), bytes, len, &names, &r, &err))
			ck_assert_int_eq(err.code, -EINVAL);
		else
			fm_record_done(&r);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("record");
	TCase *c = tcase_create("record");

	tcase_add_loop_test(c, test_round_trip, 0, FM_RECORD_COUNT);
	tcase_add_test(c, test_be64_order);
	tcase_add_test(c, test_refusals);
	tcase_add_test(c, test_random_bytes);
	suite_add_tcase(suite, c);
	return check_run(suite);
}
