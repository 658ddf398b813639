// SPDX-License-Identifier: Apache-2.0
/*
 * control.proto, both ends: a message that decodes, encoded again, decodes to one that encodes
 * to the same bytes.
 */
#include "fabric-manager/codec/control.h"

#include <errno.h>

#include "common/err.h"
#include "common/str.h"
#include "tests/fuzz/fuzz.h"

static void encode(const struct fm_control_msg *m, struct mr_buf *out)
{
	struct mr_err err = {0};

	switch (m->kind) {
	case FM_CONTROL_REQUEST:
		fm_control_put_request(out, m->id, &m->request);
		break;
	case FM_CONTROL_REPLY:
		fm_control_put_reply(out, m->reply_to, &m->reply);
		break;
	case FM_CONTROL_EVENT:
		fm_control_put_event(out, &m->event);
		break;
	case FM_CONTROL_ERROR:
		mr_err_set(&err, -EIO, m->reply.reason, "%s",
			   m->reply.text ? m->reply.text : "-");
		fm_control_put_error(out, m->reply_to, &err);
		break;
	}
}

TARGET(data, len)
{
	struct mr_buf first = {0}, second = {0};
	struct fm_control_msg m, again;
	struct mr_err err = {0};
	int rc = fm_control_get(data, len, &m, &err);

	FUZZ_CHECK(rc == 0 || rc == -EINVAL || rc == -ENOTSUP);
	fuzz_check_err(&err, rc);
	if (rc == 0) {
		encode(&m, &first);
		rc = fm_control_get((const uint8_t *)first.data, first.len, &again, &err);
		FUZZ_CHECK(rc == 0);
		FUZZ_CHECK(again.kind == m.kind);
		encode(&again, &second);
		fuzz_check_same(&first, &second);
		fm_control_msg_done(&again);
		fm_control_msg_done(&m);
	}
	mr_buf_done(&first);
	mr_buf_done(&second);
	return 0;
}
