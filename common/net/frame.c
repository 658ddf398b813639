/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames out of a byte stream. The length is judged as soon as its four bytes are there, so a
 * peer that announces 4 GB makes us buffer nothing.
 */
#include "common/net/frame.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#define KEEP_BYTES 4096 /* an idle reader keeps no more than this */

static uint32_t get_le32(const char *p)
{
	const uint8_t *b = (const uint8_t *)p;

	return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

/* Starts an empty reader for frames of at most 'cap' payload bytes; 'r->cap' may be changed at
 * any time. */
void mr_frame_reader_init(struct mr_frame_reader *r, uint32_t cap)
{
	*r = (struct mr_frame_reader){.cap = cap};
}

/* Frees what it holds. */
void mr_frame_reader_done(struct mr_frame_reader *r)
{
	mr_buf_done(&r->buf);
	r->used = 0;
}

/* Appends bytes of the stream. Frames returned before are no longer valid. */
void mr_frame_feed(struct mr_frame_reader *r, const void *data, size_t len)
{
	size_t rest = r->buf.len - r->used;

	if (r->used > 0 && rest > 0) {
		memmove(r->buf.data, r->buf.data + r->used, rest);
		r->buf.len = rest;
	} else if (r->used > 0 && r->buf.cap > KEEP_BYTES) {
		mr_buf_done(&r->buf);
	} else if (r->used > 0) {
		mr_buf_reset(&r->buf);
	}
	r->used = 0;
	mr_buf_add(&r->buf, data, len);
}

/* See frame.h. */
int mr_frame_next(struct mr_frame_reader *r, const uint8_t **ret_data, size_t *ret_len)
{
	size_t rest = r->buf.len - r->used;
	uint32_t len;

	if (rest < MR_FRAME_HEADER)
		return 0;
	len = get_le32(r->buf.data + r->used);
	if (len == 0 || len > r->cap)
		return -EMSGSIZE;
	if (rest - MR_FRAME_HEADER < len)
		return 0;
	*ret_data = (const uint8_t *)r->buf.data + r->used + MR_FRAME_HEADER;
	*ret_len = len;
	r->used += MR_FRAME_HEADER + len;
	return 1;
}

/* Appends one frame to 'out'. 'len' is neither 0 nor over 4 GiB: the caller's cap is far
 * below. */
void mr_frame_put(struct mr_buf *out, const void *payload, size_t len)
{
	uint8_t head[MR_FRAME_HEADER] = {(uint8_t)len, (uint8_t)(len >> 8),
					 (uint8_t)(len >> 16), (uint8_t)(len >> 24)};

	assert(len > 0 && len <= UINT32_MAX);
	mr_buf_add(out, head, sizeof(head));
	mr_buf_add(out, payload, len);
}
