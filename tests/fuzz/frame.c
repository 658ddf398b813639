// SPDX-License-Identifier: Apache-2.0
/*
 * The frame reader: one stream fed at once and fed in pieces gives the same frames and the same
 * end; the frames written again are the bytes that were consumed.
 */
#include "common/net/frame.h"

#include <errno.h>

#include "tests/fuzz/fuzz.h"

#define CAP 300

/* Takes all whole frames into 'out' as frames again; returns what ended it. */
static int take(struct mr_frame_reader *r, struct mr_buf *out)
{
	const uint8_t *payload;
	size_t len;
	int rc;

	while ((rc = mr_frame_next(r, &payload, &len)) == 1) {
		FUZZ_CHECK(len > 0 && len <= CAP);
		mr_frame_put(out, payload, len);
	}
	FUZZ_CHECK(rc == 0 || rc == -EMSGSIZE);
	return rc;
}

TARGET(data, len)
{
	struct mr_frame_reader whole, pieces;
	struct mr_buf a = {0}, b = {0}, start = {0};
	uint32_t state = 1u + fuzz_byte(&data, &len);
	int rc_whole, rc = 0;

	mr_frame_reader_init(&whole, CAP);
	mr_frame_reader_init(&pieces, CAP);
	mr_frame_feed(&whole, data, len);
	rc_whole = take(&whole, &a);
	for (size_t at = 0, n; at < len && rc == 0; at += n) {
		state = state * 1103515245u + 12345u;
		n = 1 + (state >> 16) % 9;
		n = n < len - at ? n : len - at;
		mr_frame_feed(&pieces, data + at, n);
		rc = take(&pieces, &b);
	}
	FUZZ_CHECK(rc == rc_whole);
	fuzz_check_same(&a, &b);
	FUZZ_CHECK(a.len <= len);
	mr_buf_add(&start, data, a.len);
	fuzz_check_same(&a, &start);
	mr_frame_reader_done(&whole);
	mr_frame_reader_done(&pieces);
	mr_buf_done(&a);
	mr_buf_done(&b);
	mr_buf_done(&start);
	return 0;
}
