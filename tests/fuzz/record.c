// SPDX-License-Identifier: Apache-2.0
/*
 * Stored rows: the first byte is the length of the key. A record that reads, written again,
 * gives a row that reads to the same row.
 */
#include "fabric-manager/codec/record.h"

#include <errno.h>

#include "common/err.h"
#include "tests/fuzz/fuzz.h"

static const char *const chassis[] = {"c1", "c2"};
static const struct fm_codec_names names = {chassis, 2};

static void check_again(const struct fm_record *r)
{
	struct mr_buf key = {0}, value = {0}, key2 = {0}, value2 = {0};
	struct fm_record again;
	struct mr_err err = {0};

	fm_record_key(r, &names, &key);
	fm_record_value(r, &names, &value);
	FUZZ_CHECK(!fm_record_read(mr_buf_text(&key), key.len, mr_buf_text(&value), value.len,
				   &names, &again, &err));
	FUZZ_CHECK(again.kind == r->kind);
	fm_record_key(&again, &names, &key2);
	fm_record_value(&again, &names, &value2);
	fuzz_check_same(&key, &key2);
	fuzz_check_same(&value, &value2);
	fm_record_done(&again);
	mr_buf_done(&key);
	mr_buf_done(&value);
	mr_buf_done(&key2);
	mr_buf_done(&value2);
}

TARGET(data, len)
{
	size_t key_len = fuzz_byte(&data, &len);
	struct fm_record r;
	struct mr_err err = {0};
	int rc;

	if (key_len > len)
		key_len = len;
	rc = fm_record_read(data, key_len, data + key_len, len - key_len, &names, &r, &err);
	FUZZ_CHECK(rc == 0 || rc == -EINVAL);
	fuzz_check_err(&err, rc);
	if (rc == 0) {
		check_again(&r);
		fm_record_done(&r);
	}
	return 0;
}
