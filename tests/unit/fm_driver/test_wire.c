/* SPDX-License-Identifier: Apache-2.0 */
/* The manager's end of chassis.proto against protobuf-c's, and against bytes that are wrong. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/xalloc.h"
#include "fabric-manager/driver/wire.h"
#include "proto/chassis.pb-c.h"
#include "tests/unit/check_main.h"

static struct mr_buf pack(const Banyan__ChassisMsg *m)
{
	struct mr_buf b = {0};
	size_t len = banyan__chassis_msg__get_packed_size(m);
	uint8_t *raw = mr_xmalloc(len + 1);

	banyan__chassis_msg__pack(m, raw);
	mr_buf_add(&b, raw, len);
	free(raw);
	return b;
}

START_TEST(batches_are_what_protobuf_writes)
{
	static const struct {
		uint64_t id, owner, epoch;
		size_t len;
	} rows[] = {
		{1, 0, 0, 1},
		{300, 7, 1, 24},
		{1ull << 40, UINT64_MAX, 128, 127},
		{UINT64_MAX, 1ull << 63, 16384, 128},
		{5, 42, 3, 20000},
	};
	char bytes[20000];

	memset(bytes, 0xa5, sizeof(bytes));
	for (unsigned i = 0; i < MR_ARRAY_SIZE(rows); i++) {
		Banyan__ChassisMsg m = BANYAN__CHASSIS_MSG__INIT;
		Banyan__Batch batch = BANYAN__BATCH__INIT;
		struct mr_buf ops = {0}, out = {0}, theirs;

		mr_buf_add(&ops, bytes, rows[i].len);
		fm_wire_batch_put(&out, rows[i].id, rows[i].owner, rows[i].epoch, &ops);
		m.id = rows[i].id;
		m.body_case = BANYAN__CHASSIS_MSG__BODY_BATCH;
		m.batch = &batch;
		batch.owner_id = rows[i].owner;
		batch.owner_epoch = rows[i].epoch;
		batch.ops.data = (uint8_t *)bytes;
		batch.ops.len = rows[i].len;
		theirs = pack(&m);
		ck_assert_uint_eq(out.len, theirs.len);
		ck_assert_mem_eq(out.data, theirs.data, out.len);
		mr_buf_done(&theirs);
		mr_buf_done(&ops);
		mr_buf_done(&out);
	}
}
END_TEST

static struct mr_buf reply(uint64_t to, uint32_t executed, uint32_t status, size_t len)
{
	Banyan__ChassisMsg m = BANYAN__CHASSIS_MSG__INIT;
	Banyan__BatchReply r = BANYAN__BATCH_REPLY__INIT;
	uint8_t *data = mr_xcalloc(1, len + 1);
	struct mr_buf b;

	memset(data, 0x5a, len);
	m.reply_to = to;
	m.body_case = BANYAN__CHASSIS_MSG__BODY_BATCH_REPLY;
	m.batch_reply = &r;
	r.executed = executed;
	r.status = status;
	r.data.data = data;
	r.data.len = len;
	b = pack(&m);
	free(data);
	return b;
}

START_TEST(replies_are_read)
{
	static const size_t lens[] = {0, 8, 128, 262144};
	struct fm_wire_in in;

	for (unsigned i = 0; i < MR_ARRAY_SIZE(lens); i++) {
		struct mr_buf b = reply(1ull << 50 | i, 4096, i, lens[i]);

		ck_assert_int_eq(fm_wire_read((uint8_t *)b.data, b.len, &in, NULL), 0);
		ck_assert_int_eq(in.kind, FM_WIRE_REPLY);
		ck_assert_uint_eq(in.reply_to, 1ull << 50 | i);
		ck_assert_uint_eq(in.executed, 4096);
		ck_assert_uint_eq(in.status, i);
		ck_assert_uint_eq(in.len, lens[i]);
		if (lens[i])
			ck_assert_uint_eq(in.data[lens[i] - 1], 0x5a);
		mr_buf_done(&b);
	}
}
END_TEST

START_TEST(interrupts_and_errors_are_read)
{
	Banyan__ChassisMsg m = BANYAN__CHASSIS_MSG__INIT;
	Banyan__Interrupt irq = BANYAN__INTERRUPT__INIT;
	Banyan__Error error = BANYAN__ERROR__INIT;
	struct fm_wire_in in;
	struct mr_buf b;

	irq.vector = 3;
	irq.data = 77;
	m.body_case = BANYAN__CHASSIS_MSG__BODY_INTERRUPT;
	m.interrupt = &irq;
	b = pack(&m);
	ck_assert_int_eq(fm_wire_read((uint8_t *)b.data, b.len, &in, NULL), 0);
	ck_assert_int_eq(in.kind, FM_WIRE_INTERRUPT);
	ck_assert_uint_eq(in.vector, 3);
	ck_assert_uint_eq(in.irq_data, 77);
	mr_buf_done(&b);

	error.text = (char *)"no";
	m.reply_to = 9;
	m.body_case = BANYAN__CHASSIS_MSG__BODY_ERROR;
	m.error = &error;
	b = pack(&m);
	ck_assert_int_eq(fm_wire_read((uint8_t *)b.data, b.len, &in, NULL), 0);
	ck_assert_int_eq(in.kind, FM_WIRE_ERROR);
	ck_assert_uint_eq(in.reply_to, 9);
	ck_assert_str_eq(in.text, "no");
	mr_buf_done(&b);

	m.body_case = BANYAN__CHASSIS_MSG__BODY__NOT_SET;
	b = pack(&m);
	ck_assert_int_lt(fm_wire_read((uint8_t *)b.data, b.len, &in, NULL), 0);
	mr_buf_done(&b);
}
END_TEST

/* A cut reply is never taken for a whole one; what is behind its end is never read (the copy is
 * exactly as long as what is given). */
START_TEST(cut_and_wrong_bytes)
{
	struct mr_buf b = reply(500, 3, 1, 40);
	struct fm_wire_in in;

	for (size_t n = 0; n < b.len; n++) {
		uint8_t *cut = mr_xmemdup(b.data, n ? n : 1);

		ck_assert_int_lt(fm_wire_read(cut, n, &in, NULL), 0);
		free(cut);
	}
	for (size_t n = 0; n < b.len; n++) {
		uint8_t *bad = mr_xmemdup(b.data, b.len);

		for (unsigned v = 0; v < 256; v++) {
			bad[n] = (uint8_t)v;
			if (fm_wire_read(bad, b.len, &in, NULL) == 0 && in.len) {
				ck_assert(in.data >= bad);
				ck_assert(in.data + in.len <= bad + b.len);
			}
		}
		free(bad);
	}
	mr_buf_done(&b);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("wire");
	TCase *t = tcase_create("chassis.proto");

	tcase_add_test(t, batches_are_what_protobuf_writes);
	tcase_add_test(t, replies_are_read);
	tcase_add_test(t, interrupts_and_errors_are_read);
	tcase_add_test(t, cut_and_wrong_bytes);
	suite_add_tcase(s, t);
	return check_run(s);
}
