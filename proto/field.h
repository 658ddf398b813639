/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the codecs of all protocols do alike: a message packed at the end of a buffer, and the
 * checks of single fields with the sentence that names the field.
 */
#ifndef PROTO_FIELD_H
#define PROTO_FIELD_H

#include <stddef.h>
#include <stdint.h>

#include "common/reason.h"

struct mr_buf;
struct mr_err;
typedef struct ProtobufCMessage ProtobufCMessage;
typedef struct Banyan__Error Banyan__Error;

/* Packs 'm' at the end of 'out'. */
void mr_pb_put(struct mr_buf *out, const ProtobufCMessage *m);

/* Copies a text without control characters into the 'size' bytes at 'to'; -EINVAL when it holds
 * one or is too long. */
int mr_pb_text(const char *field, char *to, size_t size, const char *from, struct mr_err *err);

/* 0 when 'v' is at most 'max', else -EINVAL. */
int mr_pb_range(const char *field, uint64_t v, uint64_t max, struct mr_err *err);

/* -EINVAL: "field 'field' is missing". */
int mr_pb_missing(const char *field, struct mr_err *err);

/* A reason that this version does not know is INTERNAL; the sentence beside it says the rest
 * (proto/README.md). */
enum mr_reason mr_pb_reason(int reason);

/* A sentence for the log: cut where it is too long, never a reason to fail. */
void mr_pb_sentence(char *to, size_t size, const char *from);

/* 'err' as a message; it points into 'err'. */
void mr_pb_error(const struct mr_err *err, Banyan__Error *ret);

#endif
