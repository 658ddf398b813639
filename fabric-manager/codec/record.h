/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records of the model to keys and values of the store, and back. Everything is in the value;
 * the key gives order and the kind, so that reading needs no parsing of keys beyond their
 * prefix.
 */
#ifndef FABRIC_MANAGER_CODEC_RECORD_H
#define FABRIC_MANAGER_CODEC_RECORD_H

#include <stddef.h>

#include "common/str.h"
#include "fabric-manager/model/record.h"

struct mr_err;

/* Chassis are stored by name and used by index. */
struct fm_codec_names {
	const char *const *chassis;
	unsigned n;
};

/* The key of a record (INTERFACES, "Store"), appended to 'key'. Only its key members are looked
 * at. */
void fm_record_key(const struct fm_record *r, const struct fm_codec_names *names,
		   struct mr_buf *key);
/* The store.proto message of a record, appended to 'value'. */
void fm_record_value(const struct fm_record *r, const struct fm_codec_names *names,
		     struct mr_buf *value);
/*
 * A stored row as a record. 0; -EINVAL for a key that is none of ours, bytes that do not
 * decode, an enumeration value, name or chassis that is unknown (the field is named). '*ret'
 * owns its document text; see fm_record_done.
 */
int fm_record_read(const void *key, size_t key_len, const void *value, size_t value_len,
		   const struct fm_codec_names *names, struct fm_record *ret,
		   struct mr_err *err);
void fm_record_done(struct fm_record *r);

#endif
