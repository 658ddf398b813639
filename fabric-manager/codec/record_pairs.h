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

extern const struct fm_record_pair fm_record_pairs[FM_RECORD_COUNT];

#endif
