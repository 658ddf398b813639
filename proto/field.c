/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of messages, packed and checked; see the header. */
#include "proto/field.h"

#include <errno.h>
#include <stdlib.h>

#include "common/err.h"
#include "common/str.h"
#include "common/xalloc.h"
#include "proto/common.pb-c.h"

static bool is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

void mr_pb_put(struct mr_buf *out, const ProtobufCMessage *m)
{
	size_t len = protobuf_c_message_get_packed_size(m);
	uint8_t *bytes = mr_xmalloc(len + 1);

	protobuf_c_message_pack(m, bytes);
	mr_buf_add(out, bytes, len);
	free(bytes);
}

int mr_pb_text(const char *field, char *to, size_t size, const char *from, struct mr_err *err)
{
	for (const char *s = from; *s; s++)
		if (is_control(*s))
			return mr_err_set(err, -EINVAL, MR_REASON_INVALID,
					  "field %s holds a control character", field);
	if (mr_copy(to, size, from))
		return 0;
	return mr_err_set(err, -EINVAL, MR_REASON_INVALID, "field %s is over %zu bytes", field,
			  size - 1);
}

int mr_pb_range(const char *field, uint64_t v, uint64_t max, struct mr_err *err)
{
	if (v <= max)
		return 0;
	return mr_err_set(err, -EINVAL, MR_REASON_INVALID, "field %s is %llu, at most %llu",
			  field, (unsigned long long)v, (unsigned long long)max);
}

int mr_pb_missing(const char *field, struct mr_err *err)
{
	return mr_err_set(err, -EINVAL, MR_REASON_INVALID, "field %s is missing", field);
}

enum mr_reason mr_pb_reason(int reason)
{
	return reason >= 0 && reason < MR_REASON_COUNT ? (enum mr_reason)reason
						       : MR_REASON_INTERNAL;
}

void mr_pb_sentence(char *to, size_t size, const char *from)
{
	mr_fmt(to, size, "%s", from);
	for (char *t = to; *t; t++)
		if (is_control(*t))
			*t = '?';
}

void mr_pb_error(const struct mr_err *err, Banyan__Error *ret)
{
	ret->reason = (Banyan__Reason)err->reason;
	ret->err = -err->code;
	ret->text = (char *)err->text;
}
