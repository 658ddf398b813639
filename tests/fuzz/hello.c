// SPDX-License-Identifier: Apache-2.0
/* The first frame of a connection: what is accepted reads the same after it was written
 * again. */
#include "common/net/hello.h"

#include <errno.h>
#include <string.h>

#include "common/err.h"
#include "common/net/frame.h"
#include "tests/fuzz/fuzz.h"

static void check_again(const struct mr_hello *h, const struct mr_hello *ours)
{
	struct mr_hello again = {0};
	struct mr_buf frame = {0};

	mr_hello_put(&frame, h);
	FUZZ_CHECK(frame.len > MR_FRAME_HEADER);
	FUZZ_CHECK(!mr_hello_read((const uint8_t *)frame.data + MR_FRAME_HEADER,
				  frame.len - MR_FRAME_HEADER, ours, &again, NULL));
	FUZZ_CHECK(!strcmp(again.protocol, h->protocol) && !strcmp(again.role, h->role));
	FUZZ_CHECK(!strcmp(again.name, h->name) && !strcmp(again.instance, h->instance));
	FUZZ_CHECK(again.major == h->major && again.minor == h->minor);
	mr_buf_done(&frame);
}

TARGET(data, len)
{
	static const struct mr_hello ours = {.protocol = "control", .role = "manager"};
	struct mr_hello theirs = {0};
	struct mr_err err = {0};
	int rc = mr_hello_read(data, len, &ours, &theirs, &err);

	FUZZ_CHECK(rc == 0 || rc == -EPROTO || rc == -ECONNREFUSED);
	fuzz_check_err(&err, rc);
	if (rc == 0)
		check_again(&theirs, &ours);
	return 0;
}
