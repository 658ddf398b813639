/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chassis.proto to and from structs: what the server reads and writes. Bytes in, bytes out; no
 * sockets and no registers.
 */
#ifndef SIM_CODEC_CHASSIS_H
#define SIM_CODEC_CHASSIS_H

#include <stddef.h>
#include <stdint.h>

#include "common/reason.h"
#include "common/str.h"

struct mr_err;
struct sim_batch_result;

/* One request of a manager. */
struct sim_request {
	uint64_t id;
	uint64_t owner_id, owner_epoch;
	struct mr_buf ops; /* reused from request to request; done with mr_buf_done */
};

/*
 * Reads one frame into 'ret'. 0; -EBADMSG for bytes that are no ChassisMsg; -EPROTO for a
 * message without id; -EOPNOTSUPP for one that is no batch (ret->id is set then).
 */
int sim_request_read(const uint8_t *data, size_t len, struct sim_request *ret,
		     struct mr_err *err);
/* Each appends one message to 'out'. */
void sim_reply_put(struct mr_buf *out, uint64_t reply_to, const struct sim_batch_result *r);
void sim_error_put(struct mr_buf *out, uint64_t reply_to, enum mr_reason reason, int code,
		   const char *text);
void sim_interrupt_put(struct mr_buf *out, uint32_t vector, uint32_t data);

#endif
