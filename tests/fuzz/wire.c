// SPDX-License-Identifier: Apache-2.0
/*
 * chassis.proto as the manager reads it, by hand for replies: what it accepts, said again by
 * the chassis' codec, reads the same; and what protobuf-c could have said itself, it
 * understands the same way.
 */
#include "fabric-manager/driver/wire.h"

#include <errno.h>
#include <string.h>

#include "common/err.h"
#include "proto/chassis.pb-c.h"
#include "sim/codec/chassis.h"
#include "sim/model/chassis.h"
#include "tests/fuzz/fuzz.h"

static bool same(const struct fm_wire_in *a, const struct fm_wire_in *b)
{
	return a->kind == b->kind && a->reply_to == b->reply_to && a->executed == b->executed &&
	       a->status == b->status && a->len == b->len &&
	       (!a->len || !memcmp(a->data, b->data, a->len));
}

static void check_again(const struct fm_wire_in *in)
{
	struct sim_batch_result r = {.executed = in->executed, .status = in->status};
	struct fm_wire_in again;
	struct mr_buf out = {0};

	mr_buf_add(&r.data, in->data ? in->data : (const uint8_t *)"", in->len);
	sim_reply_put(&out, in->reply_to, &r);
	FUZZ_CHECK(!fm_wire_read((const uint8_t *)out.data, out.len, &again, NULL));
	FUZZ_CHECK(same(in, &again));
	mr_buf_done(&r.data);
	mr_buf_done(&out);
}

/* Bytes that protobuf-c packs longer or shorter than they came have fields twice, which it
 * merges and we do not: no peer of ours says that. */
static void check_protobuf(const uint8_t *data, size_t len, const struct fm_wire_in *in)
{
	Banyan__ChassisMsg *m = banyan__chassis_msg__unpack(NULL, len, data);
	struct fm_wire_in theirs = {.kind = FM_WIRE_REPLY};

	if (!m || banyan__chassis_msg__get_packed_size(m) != len)
		goto out;
	FUZZ_CHECK(m->body_case == BANYAN__CHASSIS_MSG__BODY_BATCH_REPLY);
	theirs.reply_to = m->reply_to;
	theirs.executed = m->batch_reply->executed;
	theirs.status = m->batch_reply->status;
	theirs.data = m->batch_reply->data.data;
	theirs.len = m->batch_reply->data.len;
	FUZZ_CHECK(same(in, &theirs));
out:
	if (m)
		banyan__chassis_msg__free_unpacked(m, NULL);
}

TARGET(data, len)
{
	struct fm_wire_in in;
	struct mr_err err = {0};
	int rc = fm_wire_read(data, len, &in, &err);

	FUZZ_CHECK(rc == 0 || rc == -EBADMSG || rc == -EOPNOTSUPP);
	fuzz_check_err(&err, rc);
	if (rc == 0 && in.kind == FM_WIRE_REPLY) {
		FUZZ_CHECK(in.len <= len);
		check_again(&in);
		check_protobuf(data, len, &in);
	}
	return 0;
}
