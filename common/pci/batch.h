/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Batches of register accesses as they cross chassis.proto (INTERFACES, "chassis.proto"):
 * 24-byte little-endian records, explicit put and get, golden bytes in tests/unit/common_pci.
 *
 *	u8  op       bits 3:0 the operation, bits 5:4 log2 of the width in bytes
 *	u8  space    enum mr_batch_space
 *	u16 vh, u16 bdf, u16 count
 *	u64 address
 *	u64 reserved (0)
 *
 * Payload of 8-byte values after a record: WRITE count values; EXPECT 2 (mask, value); CAS 2
 * (old, new); READ none. A READ of count n reads n consecutive registers of that width into n
 * 8-byte reply values; a CAS replies one (what was there); WRITE and EXPECT reply nothing.
 */
#ifndef COMMON_PCI_BATCH_H
#define COMMON_PCI_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/str.h"

enum mr_batch_op {
	MR_OP_READ = 1,
	MR_OP_WRITE = 2,
	MR_OP_CAS = 3,
	MR_OP_EXPECT = 4
};
enum mr_batch_space {
	MR_SPACE_CONFIG = 0,
	MR_SPACE_MEMORY = 1,
	MR_SPACE_SWITCH = 2
};

/* Status of a whole batch, in its reply. */
enum mr_batch_status {
	MR_BATCH_OK = 0,
	/* a record that cannot be decoded; nothing of it was executed */
	MR_BATCH_MALFORMED = 1,
	/* an expect did not hold; its reply value is what was read */
	MR_BATCH_EXPECT = 2,
	/* the owner did not match at a writing record */
	MR_BATCH_STALE_OWNER = 3,
	/* over 4,096 records or 256 KiB */
	MR_BATCH_LIMIT = 4,
	/* a register that does not take this write now (state, generation, CAS failed) */
	MR_BATCH_REFUSED = 5,
};

#define MR_BATCH_RECORD	     24
#define MR_BATCH_MAX_RECORDS 4096
#define MR_BATCH_MAX_BYTES   (256u << 10)

struct mr_batch_rec {
	uint8_t op;    /* enum mr_batch_op */
	uint8_t width; /* 1, 2, 4, 8 bytes */
	uint8_t space; /* enum mr_batch_space */
	uint16_t vh;
	uint16_t bdf;
	uint16_t count;
	uint64_t address;
	/* mr_batch_payload_values() of them; get with mr_batch_value */
	const uint8_t *payload;
};

/* Builder. One batch under construction; appends never fail (the caps are checked by
 * mr_batch_fits, which holds the reply to MR_BATCH_MAX_BYTES as well). */
struct mr_batch {
	struct mr_buf ops;
	unsigned records;
	unsigned reply_values; /* how many 8-byte values a full execution replies */
};

void mr_batch_reset(struct mr_batch *b);
void mr_batch_done(struct mr_batch *b);
bool mr_batch_fits(const struct mr_batch *b);

/* Each returns the index of its first reply value (meaningful for reads and CAS). */
unsigned mr_batch_read(struct mr_batch *b, uint8_t space, uint16_t vh, uint16_t bdf,
		       uint64_t address, uint8_t width, uint16_t count);
unsigned mr_batch_write(struct mr_batch *b, uint8_t space, uint16_t vh, uint16_t bdf,
			uint64_t address, uint8_t width, uint64_t value);
unsigned mr_batch_write_n(struct mr_batch *b, uint8_t space, uint16_t vh, uint16_t bdf,
			  uint64_t address, uint8_t width, const uint64_t *values,
			  uint16_t count);
unsigned mr_batch_expect(struct mr_batch *b, uint8_t space, uint16_t vh, uint16_t bdf,
			 uint64_t address, uint8_t width, uint64_t mask, uint64_t value);
unsigned mr_batch_cas(struct mr_batch *b, uint8_t space, uint16_t vh, uint16_t bdf,
		      uint64_t address, uint8_t width, uint64_t old, uint64_t value);

/* The 64-bit switch register at 'address'. */
static inline unsigned mr_batch_sw_read(struct mr_batch *b, uint64_t address, uint16_t count)
{
	return mr_batch_read(b, MR_SPACE_SWITCH, 0, 0, address, 8, count);
}
static inline void mr_batch_sw_write(struct mr_batch *b, uint64_t address, uint64_t value)
{
	mr_batch_write(b, MR_SPACE_SWITCH, 0, 0, address, 8, value);
}
static inline void mr_batch_sw_expect(struct mr_batch *b, uint64_t address, uint64_t mask,
				      uint64_t value)
{
	mr_batch_expect(b, MR_SPACE_SWITCH, 0, 0, address, 8, mask, value);
}

/*
 * Reader: 1 and the next record, 0 at the end, -EINVAL for bytes that are no record (unknown op
 * or space, count 0 or over 4,096, width not matching the space, reserved bits, cut payload).
 * '*pos' starts at 0.
 */
int mr_batch_next(const uint8_t *ops, size_t len, size_t *pos, struct mr_batch_rec *ret);
unsigned mr_batch_payload_values(const struct mr_batch_rec *r);
uint64_t mr_batch_value(const struct mr_batch_rec *r, unsigned i);

/* 8-byte little-endian values of a reply. */
void mr_batch_put_value(struct mr_buf *out, uint64_t v);
uint64_t mr_batch_get_value(const uint8_t *data, unsigned i);

#endif
