/* SPDX-License-Identifier: Apache-2.0 */
/* chassis.proto at the manager's end: batches out; replies, interrupts and errors in. Bytes
 * only, no sockets. */
#ifndef FABRIC_MANAGER_DRIVER_WIRE_H
#define FABRIC_MANAGER_DRIVER_WIRE_H

#include <stddef.h>
#include <stdint.h>

#include "common/str.h"

struct mr_err;

enum fm_wire_kind {
	FM_WIRE_REPLY,
	FM_WIRE_INTERRUPT,
	FM_WIRE_ERROR
};

/* What came in. 'data' points into the bytes that were read. */
struct fm_wire_in {
	enum fm_wire_kind kind;
	uint64_t reply_to;
	uint32_t executed, status; /* REPLY */
	const uint8_t *data;
	size_t len;
	uint32_t vector, irq_data; /* INTERRUPT */
	char text[128];		   /* ERROR */
};

void fm_wire_batch_put(struct mr_buf *out, uint64_t id, uint64_t owner_id, uint64_t owner_epoch,
		       const struct mr_buf *ops);
int fm_wire_read(const uint8_t *data, size_t len, struct fm_wire_in *ret, struct mr_err *err);

#endif
