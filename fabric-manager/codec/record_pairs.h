/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of pairs behind record.h: one row per kind of record.
 */
#ifndef FABRIC_MANAGER_CODEC_RECORD_PAIRS_H
#define FABRIC_MANAGER_CODEC_RECORD_PAIRS_H

#include <protobuf-c/protobuf-c.h>

#include "fabric-manager/codec/record.h"

struct fm_record_ctx {
	const struct fm_codec_names *names;
	struct mr_err *err;
};

struct fm_record_pair {
	const char *prefix; /* of its keys */
	const ProtobufCMessageDescriptor *message;
	void (*to)(const struct fm_record_ctx *c, const struct fm_record *r,
		   struct mr_buf *out);
	/* 'msg' is a message of that descriptor; on failure the caller frees what 'r' holds. */
	int (*from)(const struct fm_record_ctx *c, const void *msg, struct fm_record *r);
};

/* A text or a number of a message, checked; -EINVAL names the field. */
int fm_record_text(const struct fm_record_ctx *c, const char *field, char *to, size_t size,
		   const char *from);
int fm_record_range(const struct fm_record_ctx *c, const char *field, uint64_t v, uint64_t max);
#define TEXT(to, field)	  fm_record_text(c, #field, to, sizeof(to), m->field)
#define RANGE(field, max) fm_record_range(c, #field, (uint64_t)m->field, max)

/* record_data.c */
void fm_record_data_to(const struct fm_record_ctx *c, const struct fm_record *r,
		       struct mr_buf *out);
int fm_record_data_from(const struct fm_record_ctx *c, const void *msg, struct fm_record *r);
void fm_record_measure_to(const struct fm_record_ctx *c, const struct fm_record *r,
			  struct mr_buf *out);
int fm_record_measure_from(const struct fm_record_ctx *c, const void *msg, struct fm_record *r);

extern const struct fm_record_pair fm_record_pairs[FM_RECORD_COUNT];

#endif
