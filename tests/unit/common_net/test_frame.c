/* SPDX-License-Identifier: Apache-2.0 */
/* Frames split at every byte, wrong lengths, random bytes; back-off; the two lists of
 * reasons. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/net/backoff.h"
#include "common/net/frame.h"
#include "common/net/hello.h"
#include "common/now.h"
#include "common/reason.h"
#include "common/rng.h"
#include "proto/common.pb-c.h"
#include "tests/unit/check_main.h"

static void put_pattern(struct mr_buf *b, size_t len, unsigned seed)
{
	char *data = malloc(len);

	for (size_t i = 0; i < len; i++)
		data[i] = (char)(seed + i);
	mr_frame_put(b, data, len);
	free(data);
}

static void check_pattern(const uint8_t *data, size_t len, unsigned seed)
{
	for (size_t i = 0; i < len; i++)
		ck_assert_uint_eq(data[i], (uint8_t)(seed + i));
}

static unsigned drain(struct mr_frame_reader *r, const size_t *sizes, unsigned from)
{
	const uint8_t *data;
	size_t len;

	while (mr_frame_next(r, &data, &len) == 1) {
		ck_assert_uint_eq(len, sizes[from]);
		check_pattern(data, len, from);
		from++;
	}
	return from;
}

START_TEST(split_at_every_byte)
{
	static const size_t sizes[] = {1, 2, 255, 256, 3};
	struct mr_buf all = {0};

	for (unsigned i = 0; i < 5; i++)
		put_pattern(&all, sizes[i], i);
	for (size_t cut = 0; cut <= all.len; cut++) {
		struct mr_frame_reader r;
		unsigned n;

		mr_frame_reader_init(&r, 256);
		mr_frame_feed(&r, all.data, cut);
		n = drain(&r, sizes, 0);
		mr_frame_feed(&r, all.data + cut, all.len - cut);
		ck_assert_uint_eq(drain(&r, sizes, n), 5);
		mr_frame_reader_done(&r);
	}
	mr_buf_done(&all);
}
END_TEST

START_TEST(byte_by_byte)
{
	static const size_t sizes[] = {1, 2, 255, 256, 3};
	struct mr_frame_reader r;
	struct mr_buf all = {0};
	unsigned n = 0;

	mr_frame_reader_init(&r, 256);
	for (unsigned i = 0; i < 5; i++)
		put_pattern(&all, sizes[i], i);
	for (size_t i = 0; i < all.len; i++) {
		mr_frame_feed(&r, all.data + i, 1);
		n = drain(&r, sizes, n);
	}
	ck_assert_uint_eq(n, 5);
	mr_frame_reader_done(&r);
	mr_buf_done(&all);
}
END_TEST

static const struct {
	uint8_t head[4];
	uint32_t cap;
	int expect;
} lengths[] = {
	{{0, 0, 0, 0}, 4096, -EMSGSIZE},
	{{0xff, 0xff, 0xff, 0xff}, 1 << 20, -EMSGSIZE},
	{{0x01, 0x10, 0, 0}, 4096, -EMSGSIZE},
	{{0x00, 0x10, 0, 0}, 4096, 0},
	{{0, 0, 0, 0x80}, MR_FRAME_CAP_CONTROL, -EMSGSIZE},
	{{1, 0, 0, 0}, 1, 0},
};

START_TEST(lengths_are_judged_at_once)
{
	struct mr_frame_reader r;
	const uint8_t *data;
	size_t len;

	mr_frame_reader_init(&r, lengths[_i].cap);
	mr_frame_feed(&r, lengths[_i].head, 4);
	ck_assert_int_eq(mr_frame_next(&r, &data, &len), lengths[_i].expect);
	ck_assert_int_eq(mr_frame_next(&r, &data, &len), lengths[_i].expect);
	ck_assert_uint_lt(r.buf.cap, 4096);
	mr_frame_reader_done(&r);
}
END_TEST

START_TEST(random_bytes)
{
	struct mr_rng rng;

	mr_rng_init(&rng, 7);
	for (unsigned round = 0; round < 200; round++) {
		struct mr_frame_reader r;
		const uint8_t *data;
		size_t len;
		int res = 0;

		mr_frame_reader_init(&r, 4096);
		for (unsigned i = 0; i < 64 && res >= 0; i++) {
			uint64_t v = mr_rng_next(&rng) &
				     (mr_rng_chance(&rng, 50) ? 0xff : UINT64_MAX);

			mr_frame_feed(&r, &v, 1 + mr_rng_below(&rng, 8));
			while ((res = mr_frame_next(&r, &data, &len)) == 1)
				ck_assert(len >= 1 && len <= 4096);
			ck_assert(res == 0 || res == -EMSGSIZE);
			ck_assert_uint_le(r.buf.len, 4096 + 4 + 8);
		}
		mr_frame_reader_done(&r);
	}
}
END_TEST

START_TEST(an_idle_reader_is_small)
{
	struct mr_frame_reader r;
	struct mr_buf b = {0};
	const uint8_t *data;
	size_t len;

	mr_frame_reader_init(&r, 1 << 20);
	put_pattern(&b, 1 << 20, 1);
	mr_frame_feed(&r, b.data, b.len);
	ck_assert_int_eq(mr_frame_next(&r, &data, &len), 1);
	mr_frame_feed(&r, "x", 1);
	ck_assert_uint_le(r.buf.cap, 4096);
	mr_frame_reader_done(&r);
	mr_buf_done(&b);
}
END_TEST

START_TEST(backoff_doubles_to_its_end)
{
	int64_t step = 100 * MR_NS_PER_MS;
	struct mr_backoff b = {0};
	struct mr_rng rng;

	mr_rng_init(&rng, 1);
	for (unsigned i = 0; i < 100; i++) {
		int64_t pause = mr_backoff_next(&b, &rng);

		ck_assert_msg(pause >= step / 2 && pause <= step, "%u: %lld", i,
			      (long long)pause);
		step = 2 * step < 10 * MR_NS_PER_S ? 2 * step : 10 * MR_NS_PER_S;
	}
	ck_assert_int_eq(step, 10 * MR_NS_PER_S);
	mr_backoff_reset(&b);
	ck_assert(mr_backoff_next(&b, &rng) <= 100 * MR_NS_PER_MS);
}
END_TEST

START_TEST(backoff_spreads)
{
	int64_t low = INT64_MAX, high = 0;
	struct mr_rng rng;

	mr_rng_init(&rng, 2);
	for (unsigned i = 0; i < 200; i++) {
		struct mr_backoff b = {0};
		int64_t pause = mr_backoff_next(&b, &rng);

		low = pause < low ? pause : low;
		high = pause > high ? pause : high;
	}
	ck_assert(high - low > 30 * MR_NS_PER_MS);
}
END_TEST

/* Whatever the bytes are: taken with every text terminated in its field, or refused with a
 * sentence. */
START_TEST(mutated_hellos)
{
	struct mr_hello ours = {"control", "manager", "m", "i", MR_PROTOCOL_MAJOR, 3};
	unsigned taken = 0;
	struct mr_buf good = {0};
	struct mr_rng rng;

	mr_hello_put(&good, &ours);
	mr_rng_init(&rng, 11);
	for (unsigned round = 0; round < 20000; round++) {
		struct mr_hello theirs = {0};
		struct mr_err err = {0};
		uint8_t data[256];
		size_t len = good.len - MR_FRAME_HEADER;
		int r;

		memcpy(data, good.data + MR_FRAME_HEADER, len);
		for (uint64_t i = mr_rng_below(&rng, 4); i > 0; i--)
			data[mr_rng_below(&rng, len)] = (uint8_t)mr_rng_next(&rng);
		if (mr_rng_chance(&rng, 20))
			len = mr_rng_below(&rng, len);
		r = mr_hello_read(data, len, &ours, &theirs, &err);
		taken += r == 0;
		if (r == 0 && (memcmp(theirs.protocol, "control", 8) ||
			       !memchr(theirs.name, 0, sizeof(theirs.name))))
			ck_abort_msg("round %u", round);
		if (r < 0 && (err.code != r || !err.text[0]))
			ck_abort_msg("round %u: %d without a sentence", round, r);
	}
	ck_assert_msg(taken > 2000 && taken < 18000, "%u", taken);
	mr_buf_done(&good);
}
END_TEST

START_TEST(reasons_are_the_same_list)
{
	const ProtobufCEnumDescriptor *d = &banyan__reason__descriptor;

	ck_assert_uint_eq(d->n_values, MR_REASON_COUNT);
	for (int i = 0; i < MR_REASON_COUNT; i++) {
		const ProtobufCEnumValue *v = protobuf_c_enum_descriptor_get_value(d, i);

		ck_assert_ptr_nonnull(v);
		ck_assert_int_eq(strncmp(v->name, "REASON_", 7), 0);
		ck_assert_str_eq(v->name + 7, mr_reason_name((enum mr_reason)i));
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("frame");
	TCase *t = tcase_create("frame");

	tcase_add_test(t, split_at_every_byte);
	tcase_add_test(t, byte_by_byte);
	tcase_add_loop_test(t, lengths_are_judged_at_once, 0,
			    sizeof(lengths) / sizeof(lengths[0]));
	tcase_add_test(t, random_bytes);
	tcase_add_test(t, an_idle_reader_is_small);
	tcase_add_test(t, backoff_doubles_to_its_end);
	tcase_add_test(t, backoff_spreads);
	tcase_add_test(t, mutated_hellos);
	tcase_add_test(t, reasons_are_the_same_list);
	suite_add_tcase(s, t);
	return check_run(s);
}
