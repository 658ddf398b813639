// SPDX-License-Identifier: Apache-2.0
/* chassis.proto messages: golden bytes, round trips, bytes that are no message. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/rng.h"
#include "proto/chassis.pb-c.h"
#include "sim/codec/chassis.h"
#include "sim/model/chassis.h"
#include "tests/unit/check_main.h"

START_TEST(a_batch_is_read)
{
	/* id 5, batch {owner_id 7, owner_epoch 300, ops "abc"} */
	static const uint8_t bytes[] = {0x08, 5,    0x22, 10, 0x08, 7,	 0x10,
					0xac, 0x02, 0x1a, 3,  'a',  'b', 'c'};
	struct sim_request q = {0};

	ck_assert_int_eq(sim_request_read(bytes, sizeof(bytes), &q, NULL), 0);
	ck_assert_uint_eq(q.id, 5);
	ck_assert_uint_eq(q.owner_id, 7);
	ck_assert_uint_eq(q.owner_epoch, 300);
	ck_assert_uint_eq(q.ops.len, 3);
	ck_assert_mem_eq(q.ops.data, "abc", 3);
	mr_buf_done(&q.ops);
}
END_TEST

START_TEST(what_is_no_batch_is_named)
{
	static const uint8_t no_id[] = {0x22, 2, 0x08, 7};
	static const uint8_t interrupt[] = {0x08, 9, 0x32, 2, 0x10, 1};
	struct sim_request q = {0};
	struct mr_err err = {0};

	ck_assert_int_eq(sim_request_read(no_id, sizeof(no_id), &q, &err), -EPROTO);
	ck_assert_str_eq(err.text, "expected a Batch with an id, got id 0");
	ck_assert_int_eq(sim_request_read(interrupt, sizeof(interrupt), &q, NULL), -EOPNOTSUPP);
	ck_assert_uint_eq(q.id, 9);
	ck_assert_int_eq(sim_request_read((const uint8_t *)"\xff\xff\xff", 3, &q, NULL),
			 -EBADMSG);
	mr_buf_done(&q.ops);
}
END_TEST

START_TEST(replies_interrupts_and_errors)
{
	struct sim_batch_result r = {.executed = 2, .status = 5};
	static const char reply[] = {0x10, 9, 0x2a, 7, 0x08, 2, 0x10, 5, 0x1a, 1, 'x'};
	static const char interrupt[] = {0x32, 2, 0x10, 17};
	struct mr_buf out = {0};
	Banyan__ChassisMsg *m;

	mr_buf_add(&r.data, "x", 1);
	sim_reply_put(&out, 9, &r);
	ck_assert_uint_eq(out.len, sizeof(reply));
	ck_assert_mem_eq(out.data, reply, sizeof(reply));
	mr_buf_reset(&out);
	sim_interrupt_put(&out, 0, 17);
	ck_assert_uint_eq(out.len, sizeof(interrupt));
	ck_assert_mem_eq(out.data, interrupt, sizeof(interrupt));
	mr_buf_reset(&out);
	sim_error_put(&out, 4, MR_REASON_UNSUPPORTED, -EOPNOTSUPP, "no");
	m = banyan__chassis_msg__unpack(NULL, out.len, (const uint8_t *)out.data);
	ck_assert_uint_eq(m->reply_to, 4);
	ck_assert_int_eq(m->error->err, EOPNOTSUPP);
	ck_assert_str_eq(m->error->text, "no");
	banyan__chassis_msg__free_unpacked(m, NULL);
	mr_buf_done(&out);
	mr_buf_done(&r.data);
}
END_TEST

START_TEST(random_bytes_do_no_harm)
{
	struct sim_request q = {0};
	struct mr_rng rng;
	uint8_t bytes[64];

	mr_rng_init(&rng, 3);
	for (unsigned i = 0; i < 20000; i++) {
		size_t len = mr_rng_below(&rng, sizeof(bytes)) + 1;

		for (size_t k = 0; k < len; k++)
			bytes[k] = (uint8_t)mr_rng_next(&rng);
		ck_assert_int_le(sim_request_read(bytes, len, &q, NULL), 0);
	}
	mr_buf_done(&q.ops);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("chassis");
	TCase *t = tcase_create("chassis");

	tcase_add_test(t, a_batch_is_read);
	tcase_add_test(t, what_is_no_batch_is_named);
	tcase_add_test(t, replies_interrupts_and_errors);
	tcase_add_test(t, random_bytes_do_no_harm);
	suite_add_tcase(s, t);
	return check_run(s);
}
