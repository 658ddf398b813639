// SPDX-License-Identifier: Apache-2.0
/* chassis.proto as the simulated chassis reads it: a request is refused with its reason or is a
 * batch with an id. */
#include <errno.h>

#include "common/err.h"
#include "sim/codec/chassis.h"
#include "tests/fuzz/fuzz.h"

TARGET(data, len)
{
	struct sim_request r = {0};
	struct mr_err err = {0};
	int rc = sim_request_read(data, len, &r, &err);

	FUZZ_CHECK(rc == 0 || rc == -EBADMSG || rc == -EPROTO || rc == -EOPNOTSUPP);
	fuzz_check_err(&err, rc);
	FUZZ_CHECK(rc != 0 || r.id != 0);
	FUZZ_CHECK(r.ops.len <= len);
	mr_buf_done(&r.ops);
	return 0;
}
