// SPDX-License-Identifier: Apache-2.0
/*
 * The batch codec: golden bytes of every operation, and every way in which bytes are no record.
 */
#include <check.h>
#include <errno.h>
#include <string.h>

#include "common/pci/batch.h"
#include "common/rng.h"
#include "common/xalloc.h"
#include "tests/unit/check_main.h"

/* What a manager puts for one bind-like batch: these bytes are the protocol and never
 * change. */
static const uint8_t golden[] = {
	/* expect switch register 0x1020: mask ff, value 2 */
	0x34,
	0x02,
	0,
	0,
	0,
	0,
	1,
	0,
	0x20,
	0x10,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0xff,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	2,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	/* write switch register 0x8877665544332211 = 0x0102030405060708 */
	0x32,
	0x02,
	0,
	0,
	0,
	0,
	1,
	0,
	0x11,
	0x22,
	0x33,
	0x44,
	0x55,
	0x66,
	0x77,
	0x88,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	8,
	7,
	6,
	5,
	4,
	3,
	2,
	1,
	/* read 256 dwords of config space of VH 5, BDF 02:03.1 from 0x100 */
	0x21,
	0x00,
	5,
	0,
	0x19,
	0x02,
	0,
	1,
	0,
	1,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	/* write two words of config space */
	0x12,
	0x00,
	0x34,
	0x12,
	0xff,
	0xff,
	2,
	0,
	4,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0xcd,
	0xab,
	0,
	0,
	0,
	0,
	0,
	0,
	1,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	/* compare-swap of a memory quadword: 0 -> all ones */
	0x33,
	0x01,
	1,
	0,
	0,
	1,
	1,
	0,
	0,
	0,
	0,
	0xf0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	0xff,
	/* read one byte of memory */
	0x01,
	0x01,
	0,
	0,
	0,
	0,
	1,
	0,
	7,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
};

static void build(struct mr_batch *b)
{
	static const uint64_t words[] = {0xabcd, 1};

	mr_batch_sw_expect(b, 0x1020, 0xff, 2);
	mr_batch_sw_write(b, UINT64_C(0x8877665544332211), UINT64_C(0x0102030405060708));
	ck_assert_uint_eq(mr_batch_read(b, MR_SPACE_CONFIG, 5, 0x0219, 0x100, 4, 256), 0);
	mr_batch_write_n(b, MR_SPACE_CONFIG, 0x1234, 0xffff, 4, 2, words, 2);
	ck_assert_uint_eq(
		mr_batch_cas(b, MR_SPACE_MEMORY, 1, 0x100, 0xf0000000, 8, 0, UINT64_MAX), 256);
	ck_assert_uint_eq(mr_batch_read(b, MR_SPACE_MEMORY, 0, 0, 7, 1, 1), 257);
}

START_TEST(test_golden_put)
{
	struct mr_batch b = {0};

	for (int again = 0; again < 2; again++) {
		build(&b);
		ck_assert_uint_eq(b.records, 6);
		ck_assert_uint_eq(b.reply_values, 258);
		ck_assert_uint_eq(b.ops.len, sizeof(golden));
		ck_assert_mem_eq(b.ops.data, golden, sizeof(golden));
		ck_assert(mr_batch_fits(&b));
		mr_batch_reset(&b);
		ck_assert_uint_eq(b.records + b.reply_values + b.ops.len, 0);
	}
	mr_batch_done(&b);
	mr_batch_done(NULL);
}
END_TEST

static const struct {
	struct mr_batch_rec rec;
	uint64_t value[2];
} records[] = {
	{{MR_OP_EXPECT, 8, MR_SPACE_SWITCH, 0, 0, 1, 0x1020, NULL}, {0xff, 2}},
	{{MR_OP_WRITE, 8, MR_SPACE_SWITCH, 0, 0, 1, UINT64_C(0x8877665544332211), NULL},
	 {UINT64_C(0x0102030405060708), 0}},
	{{MR_OP_READ, 4, MR_SPACE_CONFIG, 5, 0x0219, 256, 0x100, NULL}, {0, 0}},
	{{MR_OP_WRITE, 2, MR_SPACE_CONFIG, 0x1234, 0xffff, 2, 4, NULL}, {0xabcd, 1}},
	{{MR_OP_CAS, 8, MR_SPACE_MEMORY, 1, 0x100, 1, 0xf0000000, NULL}, {0, UINT64_MAX}},
	{{MR_OP_READ, 1, MR_SPACE_MEMORY, 0, 0, 1, 7, NULL}, {0, 0}},
};

START_TEST(test_golden_get)
{
	struct mr_batch_rec r;
	size_t pos = 0;

	for (unsigned i = 0; i < MR_ARRAY_SIZE(records); i++) {
		const struct mr_batch_rec *want = &records[i].rec;

		ck_assert_int_eq(mr_batch_next(golden, sizeof(golden), &pos, &r), 1);
		ck_assert_uint_eq(r.op, want->op);
		ck_assert_uint_eq(r.width, want->width);
		ck_assert_uint_eq(r.space, want->space);
		ck_assert_uint_eq(r.vh, want->vh);
		ck_assert_uint_eq(r.bdf, want->bdf);
		ck_assert_uint_eq(r.count, want->count);
		ck_assert_uint_eq(r.address, want->address);
		for (unsigned v = 0; v < mr_batch_payload_values(&r); v++)
			ck_assert_uint_eq(mr_batch_value(&r, v), records[i].value[v]);
	}
	ck_assert_int_eq(mr_batch_next(golden, sizeof(golden), &pos, &r), 0);
	ck_assert_int_eq(mr_batch_next(golden, sizeof(golden), &pos, &r), 0);
}
END_TEST

/* Cut at any byte: the whole records before the cut come out, then 0 on a border, else an
 * error. */
START_TEST(test_cut_anywhere)
{
	for (size_t len = 0; len <= sizeof(golden); len++) {
		struct mr_batch_rec r;
		size_t pos = 0, before = 0;
		int res;

		while ((res = mr_batch_next(golden, len, &pos, &r)) == 1)
			before = pos;
		ck_assert_uint_eq(pos, before);
		ck_assert_int_eq(res, before == len ? 0 : -EINVAL);
	}
}
END_TEST

static const struct {
	const char *name;
	unsigned at; /* which byte of a good record is changed to what */
	uint8_t byte;
	bool good;
} changes[] = {
	{"unchanged", 0, 0x21, true},
	{"operation 0", 0, 0x20, false},
	{"operation 5", 0, 0x25, false},
	{"operation 15", 0, 0x2f, false},
	{"reserved bit 6", 0, 0x61, false},
	{"reserved bit 7", 0, 0xa1, false},
	{"8 bytes of config space", 0, 0x31, false},
	{"1 byte of config space", 0, 0x01, true},
	{"4 bytes of a switch register", 1, 2, false},
	{"4 bytes of memory", 1, 1, true},
	{"space 3", 1, 3, false},
	{"count 0", 6, 0, false},
	{"count 4097", 7, 0x10, false},
	{"count 3841", 7, 0x0f, true},
	{"reserved first byte", 16, 1, false},
	{"reserved last byte", 23, 0x80, false},
	{"write without its value", 0, 0x22, false},
};

START_TEST(test_records)
{
	uint8_t raw[MR_BATCH_RECORD] = {0x21, 0, 0, 0, 0, 0, 1};
	struct mr_batch_rec r = {.op = 99};
	size_t pos = 0;

	raw[changes[_i].at] = changes[_i].byte;
	ck_assert_msg(mr_batch_next(raw, sizeof(raw), &pos, &r) ==
			      (changes[_i].good ? 1 : -EINVAL),
		      "%s", changes[_i].name);
	ck_assert_uint_eq(pos, changes[_i].good ? sizeof(raw) : 0);
	ck_assert(changes[_i].good == (r.op != 99));
}
END_TEST

START_TEST(test_count_of_cas_and_expect)
{
	for (uint8_t op = MR_OP_CAS; op <= MR_OP_EXPECT; op++) {
		for (uint8_t count = 0; count < 4; count++) {
			uint8_t raw[MR_BATCH_RECORD + 16] = {0};
			struct mr_batch_rec r;
			size_t pos = 0;

			raw[0] = op;
			raw[6] = count;
			ck_assert_int_eq(mr_batch_next(raw, sizeof(raw), &pos, &r),
					 count == 1 ? 1 : -EINVAL);
		}
	}
}
END_TEST

START_TEST(test_caps)
{
	static const uint64_t values[MR_BATCH_MAX_RECORDS];
	struct mr_batch b = {0};

	for (unsigned i = 0; i < MR_BATCH_MAX_RECORDS; i++)
		mr_batch_sw_read(&b, 0, 1);
	ck_assert(mr_batch_fits(&b));
	mr_batch_sw_read(&b, 0, 1);
	ck_assert(!mr_batch_fits(&b));
	mr_batch_reset(&b);
	for (unsigned i = 0; i < 7; i++)
		mr_batch_write_n(&b, MR_SPACE_SWITCH, 0, 0, 0, 8, values, MR_BATCH_MAX_RECORDS);
	ck_assert(mr_batch_fits(&b));
	mr_batch_write_n(&b, MR_SPACE_SWITCH, 0, 0, 0, 8, values, MR_BATCH_MAX_RECORDS);
	ck_assert(!mr_batch_fits(&b));
	mr_batch_reset(&b);
	for (unsigned i = 0; i < 8; i++)
		mr_batch_sw_read(&b, 0, MR_BATCH_MAX_RECORDS);
	ck_assert(mr_batch_fits(&b));
	mr_batch_sw_read(&b, 0, 1);
	ck_assert(!mr_batch_fits(&b));
	mr_batch_done(&b);
}
END_TEST

/* Whatever the bytes are, the reader stays inside them and moves on or says that they are
 * none. */
START_TEST(test_random_bytes)
{
	struct mr_rng rng;

	mr_rng_init(&rng, 9);
	for (unsigned i = 0; i < 20000; i++) {
		uint8_t raw[100];
		size_t len = mr_rng_below(&rng, sizeof(raw) + 1), pos = 0, before = 0;
		struct mr_batch_rec r;

		for (size_t k = 0; k < len; k++)
			raw[k] = mr_rng_chance(&rng, 70) ? 0 : (uint8_t)mr_rng_below(&rng, 64);
		while (mr_batch_next(raw, len, &pos, &r) == 1) {
			ck_assert(pos > before && pos <= len);
			ck_assert(r.payload + 8 * mr_batch_payload_values(&r) == raw + pos);
			before = pos;
		}
		ck_assert_uint_eq(pos, before);
	}
}
END_TEST

START_TEST(test_values)
{
	struct mr_buf b = {0};

	mr_batch_put_value(&b, UINT64_C(0x0102030405060708));
	mr_batch_put_value(&b, UINT64_MAX);
	ck_assert_uint_eq(b.len, 16);
	ck_assert_mem_eq(b.data, "\x08\x07\x06\x05\x04\x03\x02\x01", 8);
	ck_assert_uint_eq(mr_batch_get_value((const uint8_t *)b.data, 0),
			  UINT64_C(0x0102030405060708));
	ck_assert_uint_eq(mr_batch_get_value((const uint8_t *)b.data, 1), UINT64_MAX);
	mr_buf_done(&b);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("batch");
	TCase *t = tcase_create("batch");

	tcase_add_test(t, test_golden_put);
	tcase_add_test(t, test_golden_get);
	tcase_add_test(t, test_cut_anywhere);
	tcase_add_loop_test(t, test_records, 0, MR_ARRAY_SIZE(changes));
	tcase_add_test(t, test_count_of_cas_and_expect);
	tcase_add_test(t, test_caps);
	tcase_add_test(t, test_random_bytes);
	tcase_add_test(t, test_values);
	suite_add_tcase(s, t);
	return check_run(s);
}
