// SPDX-License-Identifier: Apache-2.0
/*
 * Records of a register batch: what decodes, built again by the builder, gives the very bytes
 * that were read; so nothing of a record is ignored.
 */
#include "common/pci/batch.h"

#include <errno.h>
#include <stdlib.h>

#include "common/xalloc.h"
#include "tests/fuzz/fuzz.h"

static void build_write(struct mr_batch *b, const struct mr_batch_rec *r)
{
	uint64_t *values = mr_xcalloc(r->count, sizeof(*values));

	for (unsigned i = 0; i < r->count; i++)
		values[i] = mr_batch_value(r, i);
	mr_batch_write_n(b, r->space, r->vh, r->bdf, r->address, r->width, values, r->count);
	free(values);
}

static void build(struct mr_batch *b, const struct mr_batch_rec *r)
{
	switch (r->op) {
	case MR_OP_READ:
		mr_batch_read(b, r->space, r->vh, r->bdf, r->address, r->width, r->count);
		break;
	case MR_OP_WRITE:
		build_write(b, r);
		break;
	case MR_OP_CAS:
		mr_batch_cas(b, r->space, r->vh, r->bdf, r->address, r->width,
			     mr_batch_value(r, 0), mr_batch_value(r, 1));
		break;
	case MR_OP_EXPECT:
		mr_batch_expect(b, r->space, r->vh, r->bdf, r->address, r->width,
				mr_batch_value(r, 0), mr_batch_value(r, 1));
		break;
	default:
		FUZZ_CHECK(!"an operation of the list");
	}
}

TARGET(data, len)
{
	struct mr_batch_rec rec;
	struct mr_batch b = {0};
	struct mr_buf read = {0};
	size_t pos = 0, before = 0;
	int rc;

	while ((rc = mr_batch_next(data, len, &pos, &rec)) == 1) {
		FUZZ_CHECK(pos > before && pos <= len);
		before = pos;
		build(&b, &rec);
	}
	FUZZ_CHECK(rc == 0 || rc == -EINVAL);
	FUZZ_CHECK(pos == before && (rc != 0 || pos == len));
	mr_buf_add(&read, data, pos);
	fuzz_check_same(&read, &b.ops);
	mr_buf_done(&read);
	mr_batch_done(&b);
	return 0;
}
