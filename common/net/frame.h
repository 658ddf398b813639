/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames: u32 little-endian payload length, then one message (INTERFACES, "Frames"). This is
 * the pure half: bytes in, frames out, correct for a split at every byte; tests drive it
 * without sockets.
 */
#ifndef COMMON_NET_FRAME_H
#define COMMON_NET_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "common/str.h"

#define MR_FRAME_HEADER	     4
#define MR_FRAME_CAP_HELLO   (4u << 10)
#define MR_FRAME_CAP_AGENT   (1u << 20)
#define MR_FRAME_CAP_CHASSIS (1u << 20)
#define MR_FRAME_CAP_CONTROL (8u << 20)

struct mr_frame_reader {
	struct mr_buf buf;
	size_t used; /* bytes of 'buf' consumed already */
	uint32_t cap;
};

void mr_frame_reader_init(struct mr_frame_reader *r, uint32_t cap);
void mr_frame_reader_done(struct mr_frame_reader *r);
void mr_frame_feed(struct mr_frame_reader *r, const void *data, size_t len);
/*
 * The next whole frame: 1 and its payload (valid until the next feed), 0 when more bytes are
 * needed, -EMSGSIZE for a length of 0 or over the cap (the stream cannot be read further).
 */
int mr_frame_next(struct mr_frame_reader *r, const uint8_t **ret_data, size_t *ret_len);
void mr_frame_put(struct mr_buf *out, const void *payload, size_t len);

#endif
