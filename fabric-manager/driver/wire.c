/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ChassisMsg at the manager's end. Small messages are rare here and short, batches are many and
 * large: a batch is written field by field into the reused buffer, a reply is read by a parser
 * of our own that copies nothing (fields as in proto/chassis.proto; the test compares both with
 * protobuf-c). Everything else goes through protobuf-c.
 */
#include "fabric-manager/driver/wire.h"

#include <errno.h>

#include "common/err.h"
#include "proto/chassis.pb-c.h"

enum {
	VARINT = 0,
	FIXED64 = 1,
	BYTES = 2,
	FIXED32 = 5
};
#define KEY(field, type) ((field) << 3 | (type))

/* ---- out ---- */

static unsigned varint_size(uint64_t v)
{
	unsigned n = 1;

	for (; v >= 0x80; v >>= 7)
		n++;
	return n;
}

static void put_varint(struct mr_buf *out, uint64_t v)
{
	uint8_t raw[10];
	unsigned n = 0;

	for (; v >= 0x80; v >>= 7)
		raw[n++] = (uint8_t)(v | 0x80);
	raw[n++] = (uint8_t)v;
	mr_buf_add(out, raw, n);
}

/* proto3 leaves out what is 0. */
static void put_field(struct mr_buf *out, unsigned field, uint64_t v)
{
	if (!v)
		return;
	put_varint(out, KEY(field, VARINT));
	put_varint(out, v);
}

static size_t field_size(uint64_t v)
{
	return v ? 1 + varint_size(v) : 0;
}

/* Appends the message of a batch: ChassisMsg {id = 1, batch = 4 {owner_id = 1, owner_epoch = 2,
 * ops = 3}}. */
void fm_wire_batch_put(struct mr_buf *out, uint64_t id, uint64_t owner_id, uint64_t owner_epoch,
		       const struct mr_buf *ops)
{
	size_t inner = field_size(owner_id) + field_size(owner_epoch) + 1 +
		       varint_size(ops->len) + ops->len;

	put_field(out, 1, id);
	put_varint(out, KEY(4, BYTES));
	put_varint(out, inner);
	put_field(out, 1, owner_id);
	put_field(out, 2, owner_epoch);
	put_varint(out, KEY(3, BYTES));
	put_varint(out, ops->len);
	mr_buf_add(out, ops->data, ops->len);
}

/* ---- in ---- */

struct cursor {
	const uint8_t *p, *end;
};

static bool get_varint(struct cursor *c, uint64_t *ret)
{
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 64 && c->p < c->end; shift += 7) {
		uint8_t b = *c->p++;

		v |= (uint64_t)(b & 0x7f) << shift;
		if (!(b & 0x80)) {
			*ret = v;
			return true;
		}
	}
	return false;
}

/* One field: its key, and its value (VARINT) or its bytes (BYTES); others are skipped over. */
static bool get_field(struct cursor *c, unsigned *ret_key, uint64_t *ret_v,
		      struct cursor *ret_bytes)
{
	uint64_t key, n;

	if (!get_varint(c, &key) || key >> 32 || !(key >> 3))
		return false;
	*ret_key = (unsigned)key;
	switch (key & 7) {
	case VARINT:
		return get_varint(c, ret_v);
	case BYTES:
		if (!get_varint(c, &n))
			return false;
		break;
	case FIXED64:
		n = 8;
		break;
	case FIXED32:
		n = 4;
		break;
	default:
		return false;
	}
	if (n > (size_t)(c->end - c->p))
		return false;
	*ret_bytes = (struct cursor){c->p, c->p + n};
	c->p += n;
	return true;
}

static bool read_reply(struct cursor c, struct fm_wire_in *ret)
{
	struct cursor bytes;
	unsigned key;
	uint64_t v;

	ret->kind = FM_WIRE_REPLY;
	while (c.p < c.end) {
		if (!get_field(&c, &key, &v, &bytes))
			return false;
		if (key == KEY(1, VARINT)) {
			ret->executed = (uint32_t)v;
		} else if (key == KEY(2, VARINT)) {
			ret->status = (uint32_t)v;
		} else if (key == KEY(3, BYTES)) {
			ret->data = bytes.p;
			ret->len = (size_t)(bytes.end - bytes.p);
		}
	}
	return true;
}

static int read_other(const uint8_t *data, size_t len, struct fm_wire_in *ret,
		      struct mr_err *err)
{
	Banyan__ChassisMsg *m = banyan__chassis_msg__unpack(NULL, len, data);
	int r = 0;

	if (!m)
		return mr_err_set(err, -EBADMSG, MR_REASON_INVALID,
				  "expected a ChassisMsg, got %zu bytes that are none", len);
	ret->reply_to = m->reply_to;
	if (m->body_case == BANYAN__CHASSIS_MSG__BODY_INTERRUPT) {
		ret->kind = FM_WIRE_INTERRUPT;
		ret->vector = m->interrupt->vector;
		ret->irq_data = m->interrupt->data;
	} else if (m->body_case == BANYAN__CHASSIS_MSG__BODY_ERROR) {
		ret->kind = FM_WIRE_ERROR;
		mr_fmt(ret->text, sizeof(ret->text), "%s", m->error->text);
	} else {
		r = mr_err_set(err, -EOPNOTSUPP, MR_REASON_UNSUPPORTED,
			       "expected a reply or an interrupt, got a message with body %d",
			       (int)m->body_case);
	}
	banyan__chassis_msg__free_unpacked(m, NULL);
	return r;
}

/* Reads one frame. 0; -EBADMSG for bytes that are no ChassisMsg; -EOPNOTSUPP for one that is
 * not for a manager. */
int fm_wire_read(const uint8_t *data, size_t len, struct fm_wire_in *ret, struct mr_err *err)
{
	struct cursor c = {data, data + len}, bytes, reply = {0};
	unsigned key;
	uint64_t v;

	*ret = (struct fm_wire_in){.kind = FM_WIRE_REPLY};
	while (c.p < c.end && get_field(&c, &key, &v, &bytes)) {
		if (key == KEY(2, VARINT))
			ret->reply_to = v;
		else if (key == KEY(5, BYTES))
			reply = bytes;
		else if (key >> 3 > 2)
			return read_other(data, len, ret, err);
	}
	if (c.p < c.end || !reply.p || !read_reply(reply, ret))
		return mr_err_set(err, -EBADMSG, MR_REASON_INVALID,
				  "expected a ChassisMsg with a reply, got %zu bytes that are "
				  "none",
				  len);
	return 0;
}
