/* SPDX-License-Identifier: Apache-2.0 */
/* Hello and Error frames by protobuf-c: once per connection, so its allocations do not matter
 * here. */
#include "common/net/hello.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/net/frame.h"
#include "common/str.h"
#include "common/xalloc.h"
#include "proto/common.pb-c.h"

/* field 1, fixed32; an Envelope begins with a varint or a message */
#define HELLO_FIRST_BYTE 0x0d

static void put_message(struct mr_buf *out, const ProtobufCMessage *m)
{
	size_t len = protobuf_c_message_get_packed_size(m);
	uint8_t *data = mr_xmalloc(len);

	protobuf_c_message_pack(m, data);
	mr_frame_put(out, data, len);
	free(data);
}

/* Appends the frame of our hello; magic and version are filled in here. */
void mr_hello_put(struct mr_buf *out, const struct mr_hello *h)
{
	Banyan__Hello m = BANYAN__HELLO__INIT;

	m.magic = MR_HELLO_MAGIC;
	m.protocol = (char *)h->protocol;
	m.major = h->major ? h->major : MR_PROTOCOL_MAJOR;
	m.minor = h->minor ? h->minor : MR_PROTOCOL_MINOR;
	m.role = (char *)h->role;
	m.name = (char *)h->name;
	m.instance = (char *)h->instance;
	put_message(out, &m.base);
}

/* Appends the frame of an Envelope with an error; 'code' is a negative errno value. */
void mr_error_put(struct mr_buf *out, enum mr_reason reason, int code, const char *text)
{
	Banyan__Envelope m = BANYAN__ENVELOPE__INIT;
	Banyan__Error e = BANYAN__ERROR__INIT;

	e.reason = (Banyan__Reason)reason;
	e.err = -code;
	e.text = (char *)text;
	m.body_case = BANYAN__ENVELOPE__BODY_ERROR;
	m.error = &e;
	put_message(out, &m.base);
}

static int take_text(char *buf, size_t size, const char *s, const char *field,
		     struct mr_err *err)
{
	if (!mr_copy(buf, size, s))
		return mr_err_set(err, -EPROTO, MR_REASON_INVALID,
				  "hello: expected at most %zu bytes in '%s'", size - 1, field);
	return 0;
}

static int take_texts(const Banyan__Hello *m, struct mr_hello *ret, struct mr_err *err)
{
	int r = take_text(ret->protocol, sizeof(ret->protocol), m->protocol, "protocol", err);

	if (r == 0)
		r = take_text(ret->role, sizeof(ret->role), m->role, "role", err);
	if (r == 0)
		r = take_text(ret->name, sizeof(ret->name), m->name, "name", err);
	if (r == 0)
		r = take_text(ret->instance, sizeof(ret->instance), m->instance, "instance",
			      err);
	return r;
}

static int check(const Banyan__Hello *m, const struct mr_hello *ours, struct mr_hello *ret,
		 struct mr_err *err)
{
	uint32_t major = ours->major ? ours->major : MR_PROTOCOL_MAJOR;
	struct mr_hello h = {.major = m->major, .minor = m->minor};
	int r;

	if (m->magic != MR_HELLO_MAGIC)
		return mr_err_set(err, -EPROTO, MR_REASON_INVALID,
				  "hello: expected magic 0x%08x, got 0x%08x", MR_HELLO_MAGIC,
				  m->magic);
	r = take_texts(m, &h, err);
	if (r < 0)
		return r;
	if (!mr_streq(h.protocol, ours->protocol))
		return mr_err_set(err, -EPROTO, MR_REASON_UNSUPPORTED,
				  "hello: expected protocol \"%s\", got \"%s\"", ours->protocol,
				  h.protocol);
	if (m->major != major)
		return mr_err_set(err, -EPROTO, MR_REASON_UNSUPPORTED,
				  "hello: expected version %u of protocol \"%s\", got %u.%u",
				  major, ours->protocol, m->major, m->minor);
	*ret = h;
	return 0;
}

/* The other side refused us before any hello: say what it said. */
static int read_refusal(const uint8_t *data, size_t len, struct mr_err *err)
{
	Banyan__Envelope *m = banyan__envelope__unpack(NULL, len, data);
	int r = -EPROTO;

	if (m && m->body_case == BANYAN__ENVELOPE__BODY_ERROR)
		r = mr_err_set(err, -ECONNREFUSED, MR_REASON_NOT_PERMITTED,
			       "the other side refused: %.500s", m->error->text);
	if (m)
		banyan__envelope__free_unpacked(m, NULL);
	return r;
}

/*
 * Reads the other side's first frame and compares it with ours: 0; -ECONNREFUSED when it is an
 * Error (which is not to be answered); -EPROTO with the reason to answer when it is no hello,
 * of another protocol or version.
 */
int mr_hello_read(const uint8_t *data, size_t len, const struct mr_hello *ours,
		  struct mr_hello *ret, struct mr_err *err)
{
	Banyan__Hello *m = NULL;
	int r;

	if (len > 0 && data[0] != HELLO_FIRST_BYTE &&
	    read_refusal(data, len, err) == -ECONNREFUSED)
		return -ECONNREFUSED;
	if (len > 0 && data[0] == HELLO_FIRST_BYTE)
		m = banyan__hello__unpack(NULL, len, data);
	if (!m)
		return mr_err_set(err, -EPROTO, MR_REASON_INVALID,
				  "expected a Hello as the first frame");
	r = check(m, ours, ret, err);
	banyan__hello__free_unpacked(m, NULL);
	return r;
}
