// SPDX-License-Identifier: Apache-2.0
/* chassis.proto <-> structs, with protobuf-c. */
#include "sim/codec/chassis.h"

#include <errno.h>

#include "common/err.h"
#include "proto/chassis.pb-c.h"
#include "proto/field.h"
#include "sim/model/chassis.h"

/* Reads one frame; see the header. */
int sim_request_read(const uint8_t *data, size_t len, struct sim_request *ret,
		     struct mr_err *err)
{
	Banyan__ChassisMsg *m = banyan__chassis_msg__unpack(NULL, len, data);
	int r = 0;

	if (!m)
		return mr_err_set(err, -EBADMSG, MR_REASON_INVALID,
				  "expected a ChassisMsg, got %zu bytes that are none", len);
	ret->id = m->id;
	if (m->body_case != BANYAN__CHASSIS_MSG__BODY_BATCH) {
		r = mr_err_set(err, -EOPNOTSUPP, MR_REASON_UNSUPPORTED,
			       "expected a Batch, got a message with body %d",
			       (int)m->body_case);
	} else if (!m->id) {
		r = mr_err_set(err, -EPROTO, MR_REASON_INVALID,
			       "expected a Batch with an id, got id 0");
	} else {
		ret->owner_id = m->batch->owner_id;
		ret->owner_epoch = m->batch->owner_epoch;
		mr_buf_reset(&ret->ops);
		mr_buf_add(&ret->ops, m->batch->ops.data, m->batch->ops.len);
	}
	banyan__chassis_msg__free_unpacked(m, NULL);
	return r;
}

/* The answer to a batch. */
void sim_reply_put(struct mr_buf *out, uint64_t reply_to, const struct sim_batch_result *r)
{
	Banyan__ChassisMsg m = BANYAN__CHASSIS_MSG__INIT;
	Banyan__BatchReply reply = BANYAN__BATCH_REPLY__INIT;

	reply.executed = r->executed;
	reply.status = r->status;
	reply.data.data = (uint8_t *)r->data.data;
	reply.data.len = r->data.len;
	m.reply_to = reply_to;
	m.body_case = BANYAN__CHASSIS_MSG__BODY_BATCH_REPLY;
	m.batch_reply = &reply;
	mr_pb_put(out, &m.base);
}

/* The refusal of a message. */
void sim_error_put(struct mr_buf *out, uint64_t reply_to, enum mr_reason reason, int code,
		   const char *text)
{
	Banyan__ChassisMsg m = BANYAN__CHASSIS_MSG__INIT;
	Banyan__Error e = BANYAN__ERROR__INIT;

	e.reason = (Banyan__Reason)reason;
	e.err = code < 0 ? -code : code;
	e.text = (char *)text;
	m.reply_to = reply_to;
	m.body_case = BANYAN__CHASSIS_MSG__BODY_ERROR;
	m.error = &e;
	mr_pb_put(out, &m.base);
}

/* A message interrupt: id 0. */
void sim_interrupt_put(struct mr_buf *out, uint32_t vector, uint32_t data)
{
	Banyan__ChassisMsg m = BANYAN__CHASSIS_MSG__INIT;
	Banyan__Interrupt i = BANYAN__INTERRUPT__INIT;

	i.vector = vector;
	i.data = data;
	m.body_case = BANYAN__CHASSIS_MSG__BODY_INTERRUPT;
	m.interrupt = &i;
	mr_pb_put(out, &m.base);
}
