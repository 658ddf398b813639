/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys of records, and the way from and to stored rows through the table of record_pairs.c.
 */
#include "fabric-manager/codec/record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "fabric-manager/codec/record_pairs.h"

/* 64 bits in the order of the keys. */
static void key_be64(struct mr_buf *key, uint64_t v)
{
	for (int shift = 56; shift >= 0; shift -= 8)
		mr_buf_putc(key, (char)(v >> shift));
}

static void ident_key(const struct mr_ident *id, struct mr_buf *key)
{
	char value[MR_IDENT_TEXT];

	mr_buf_printf(key, "%s/%s", mr_ident_type_name(id->type), mr_ident_text(id, value));
}

static void place_key(const struct fm_rec_tombstone *t, struct mr_buf *key)
{
	mr_buf_printf(key, "%s/%u/", t->chassis, t->place.port);
	if (t->place.way == FM_WAY_LVF)
		mr_buf_printf(key, "%u.%u.%u", t->place.bridge, t->place.pf, t->place.slot);
	else
		mr_buf_printf(key, "%u", t->place.bridge);
}

void fm_record_key(const struct fm_record *r, const struct fm_codec_names *names,
		   struct mr_buf *key)
{
	(void)names;
	mr_buf_puts(key, fm_record_pairs[r->kind].prefix);
	switch (r->kind) {
	case FM_RECORD_META:
		mr_buf_puts(key, "schema");
		break;
	case FM_RECORD_DOCUMENT:
		key_be64(key, r->document.version);
		mr_buf_printf(key, "/%s/%s", r->document.kind, r->document.name);
		break;
	case FM_RECORD_ASSIGNMENT:
		mr_buf_printf(key, "%s/%s/%u", r->assignment.profile, r->assignment.device,
			      r->assignment.index);
		break;
	case FM_RECORD_IDENT:
		ident_key(&r->ident.ident, key);
		break;
	case FM_RECORD_FUNCTION:
		mr_buf_printf(key, "%s/%s/%u/%u", r->function.chassis, r->function.adapter,
			      r->function.pf, r->function.vf);
		break;
	case FM_RECORD_DATA:
		mr_buf_printf(key, "%s/%s/%s", r->data.profile, r->data.device, r->data.name);
		break;
	case FM_RECORD_OVERRIDE:
		mr_buf_puts(key, r->override.profile);
		break;
	case FM_RECORD_TOMBSTONE:
		place_key(&r->tombstone, key);
		break;
	case FM_RECORD_OPERATION:
		key_be64(key, r->operation.id);
		break;
	case FM_RECORD_EVENT:
		key_be64(key, r->event.seq);
		break;
	case FM_RECORD_CHASSIS:
		mr_buf_puts(key, r->chassis.name);
		break;
	case FM_RECORD_HOST:
		mr_buf_puts(key, r->host.name);
		break;
	case FM_RECORD_MEASURE:
		mr_buf_printf(key, "%s/%s/%s", r->measure.chassis, r->measure.adapter,
			      fm_way_name(r->measure.way));
		break;
	case FM_RECORD_VERSION:
		key_be64(key, r->version.version);
		break;
	case FM_RECORD_CURRENT:
	case FM_RECORD_COUNT:
		break;
	}
}

void fm_record_value(const struct fm_record *r, const struct fm_codec_names *names,
		     struct mr_buf *value)
{
	const struct fm_record_ctx c = {.names = names};

	fm_record_pairs[r->kind].to(&c, r, value);
}

static const struct fm_record_pair *row_of(const void *key, size_t len)
{
	for (unsigned i = 0; i < FM_RECORD_COUNT; i++) {
		size_t n = strlen(fm_record_pairs[i].prefix);

		if (len >= n && !memcmp(key, fm_record_pairs[i].prefix, n))
			return &fm_record_pairs[i];
	}
	return NULL;
}

int fm_record_read(const void *key, size_t key_len, const void *value, size_t value_len,
		   const struct fm_codec_names *names, struct fm_record *ret,
		   struct mr_err *err)
{
	const struct fm_record_ctx c = {.names = names, .err = err};
	const struct fm_record_pair *row = row_of(key, key_len);
	struct fm_record r = {0};
	ProtobufCMessage *m;
	int rc;

	if (!row)
		return mr_err_set(err, -EINVAL, MR_REASON_INVALID,
				  "stored key '%.*s' is none of ours", (int)key_len,
				  (const char *)key);
	m = protobuf_c_message_unpack(row->message, NULL, value_len, value);
	if (!m)
		return mr_err_set(err, -EINVAL, MR_REASON_INVALID,
				  "stored value of '%s...' is no %s", row->prefix,
				  row->message->short_name);
	r.kind = (enum fm_record_kind)(row - fm_record_pairs);
	rc = row->from(&c, m, &r);
	protobuf_c_message_free_unpacked(m, NULL);
	if (rc)
		fm_record_done(&r);
	else
		*ret = r;
	return rc;
}

void fm_record_done(struct fm_record *r)
{
	if (r->kind == FM_RECORD_DOCUMENT) {
		free(r->document.text);
		r->document.text = NULL;
	}
}
