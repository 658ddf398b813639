// SPDX-License-Identifier: Apache-2.0
/*
 * The one codec of register batches. Every field is put and got byte by byte: the bytes are the
 * same on every machine, and no struct is copied from or to the wire.
 */
#include "common/pci/batch.h"

#include <assert.h>
#include <errno.h>

#define VALUE_BYTES 8

/* Written out: compilers make one load or store of this, but not of a loop. */
static void put16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

static void put64(uint8_t *p, uint64_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
	p[2] = (uint8_t)(v >> 16);
	p[3] = (uint8_t)(v >> 24);
	p[4] = (uint8_t)(v >> 32);
	p[5] = (uint8_t)(v >> 40);
	p[6] = (uint8_t)(v >> 48);
	p[7] = (uint8_t)(v >> 56);
}

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static uint64_t get64(const uint8_t *p)
{
	return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 |
	       (uint64_t)p[3] << 24 | (uint64_t)p[4] << 32 | (uint64_t)p[5] << 40 |
	       (uint64_t)p[6] << 48 | (uint64_t)p[7] << 56;
}

/* Widths that a register of 'space' can be accessed with: switch registers have 64 bits, config
 * space has no 8. */
static bool width_fits(uint8_t space, unsigned width)
{
	switch (space) {
	case MR_SPACE_CONFIG:
		return width == 1 || width == 2 || width == 4;
	case MR_SPACE_MEMORY:
		return width == 1 || width == 2 || width == 4 || width == 8;
	case MR_SPACE_SWITCH:
		return width == 8;
	default:
		return false;
	}
}

/* Empties 'b' and keeps its memory. */
void mr_batch_reset(struct mr_batch *b)
{
	mr_buf_reset(&b->ops);
	b->records = 0;
	b->reply_values = 0;
}

/* Frees the memory; 'b' is empty and usable afterwards. */
void mr_batch_done(struct mr_batch *b)
{
	if (!b)
		return;
	mr_buf_done(&b->ops);
	*b = (struct mr_batch){0};
}

/* Whether 'b' is within the caps: records, bytes, and bytes of the reply, which has to fit a
 * frame as well. */
bool mr_batch_fits(const struct mr_batch *b)
{
	return b->records <= MR_BATCH_MAX_RECORDS && b->ops.len <= MR_BATCH_MAX_BYTES &&
	       b->reply_values <= MR_BATCH_MAX_BYTES / VALUE_BYTES;
}

/* Appends the fixed part of a record that replies 'replies' values; returns the index of the
 * first of them. */
static unsigned append(struct mr_batch *b, struct mr_batch_rec rec, unsigned replies)
{
	uint8_t raw[MR_BATCH_RECORD] = {0};
	unsigned first = b->reply_values;

	assert(width_fits(rec.space, rec.width));
	assert(rec.count >= 1 && rec.count <= MR_BATCH_MAX_RECORDS);
	raw[0] = (uint8_t)(rec.op | __builtin_ctz(rec.width) << 4);
	raw[1] = rec.space;
	put16(raw + 2, rec.vh);
	put16(raw + 4, rec.bdf);
	put16(raw + 6, rec.count);
	put64(raw + 8, rec.address);
	mr_buf_add(&b->ops, raw, sizeof(raw));
	b->records++;
	b->reply_values += replies;
	return first;
}

/* Appends a read of 'count' consecutive registers of 'width' bytes; returns the index of its
 * first value. */
unsigned mr_batch_read(struct mr_batch *b, uint8_t space, uint16_t vh, uint16_t bdf,
		       uint64_t address, uint8_t width, uint16_t count)
{
	struct mr_batch_rec rec = {MR_OP_READ, width, space, vh, bdf, count, address, NULL};

	return append(b, rec, count);
}

/* Appends a write of one register. */
unsigned mr_batch_write(struct mr_batch *b, uint8_t space, uint16_t vh, uint16_t bdf,
			uint64_t address, uint8_t width, uint64_t value)
{
	return mr_batch_write_n(b, space, vh, bdf, address, width, &value, 1);
}

/* Appends a write of 'count' consecutive registers of 'width' bytes. */
unsigned mr_batch_write_n(struct mr_batch *b, uint8_t space, uint16_t vh, uint16_t bdf,
			  uint64_t address, uint8_t width, const uint64_t *values,
			  uint16_t count)
{
	struct mr_batch_rec rec = {MR_OP_WRITE, width, space, vh, bdf, count, address, NULL};
	unsigned first = append(b, rec, 0);

	for (unsigned i = 0; i < count; i++)
		mr_batch_put_value(&b->ops, values[i]);
	return first;
}

/* Appends an expectation: the batch stops here unless (register & mask) == value. */
unsigned mr_batch_expect(struct mr_batch *b, uint8_t space, uint16_t vh, uint16_t bdf,
			 uint64_t address, uint8_t width, uint64_t mask, uint64_t value)
{
	struct mr_batch_rec rec = {MR_OP_EXPECT, width, space, vh, bdf, 1, address, NULL};
	unsigned first = append(b, rec, 0);

	mr_batch_put_value(&b->ops, mask);
	mr_batch_put_value(&b->ops, value);
	return first;
}

/* Appends a compare-swap of one register; returns the index of the value that says what was
 * there. */
unsigned mr_batch_cas(struct mr_batch *b, uint8_t space, uint16_t vh, uint16_t bdf,
		      uint64_t address, uint8_t width, uint64_t old, uint64_t value)
{
	struct mr_batch_rec rec = {MR_OP_CAS, width, space, vh, bdf, 1, address, NULL};
	unsigned first = append(b, rec, 1);

	mr_batch_put_value(&b->ops, old);
	mr_batch_put_value(&b->ops, value);
	return first;
}

static bool record_valid(const struct mr_batch_rec *r, const uint8_t *raw)
{
	if (raw[0] >> 6 || get64(raw + 16))
		return false;
	if (r->op < MR_OP_READ || r->op > MR_OP_EXPECT || !width_fits(r->space, r->width))
		return false;
	if (r->op == MR_OP_CAS || r->op == MR_OP_EXPECT)
		return r->count == 1;
	return r->count >= 1 && r->count <= MR_BATCH_MAX_RECORDS;
}

/*
 * Decodes the record at '*pos' of 'len' bytes and moves '*pos' behind its payload. Returns 1; 0
 * at the end; -EINVAL for bytes that are no record, with '*pos' and 'ret' as they were. The
 * payload points into 'ops'.
 */
int mr_batch_next(const uint8_t *ops, size_t len, size_t *pos, struct mr_batch_rec *ret)
{
	struct mr_batch_rec r;
	const uint8_t *raw;
	size_t left, payload;

	if (*pos >= len)
		return *pos == len ? 0 : -EINVAL;
	left = len - *pos;
	if (left < MR_BATCH_RECORD)
		return -EINVAL;
	raw = ops + *pos;
	r = (struct mr_batch_rec){
		.op = raw[0] & 15,
		.width = (uint8_t)(1u << (raw[0] >> 4 & 3)),
		.space = raw[1],
		.vh = get16(raw + 2),
		.bdf = get16(raw + 4),
		.count = get16(raw + 6),
		.address = get64(raw + 8),
		.payload = raw + MR_BATCH_RECORD,
	};
	payload = VALUE_BYTES * (size_t)mr_batch_payload_values(&r);
	if (!record_valid(&r, raw) || left - MR_BATCH_RECORD < payload)
		return -EINVAL;
	*pos += MR_BATCH_RECORD + payload;
	*ret = r;
	return 1;
}

/* How many 8-byte values follow the record 'r'. */
unsigned mr_batch_payload_values(const struct mr_batch_rec *r)
{
	switch (r->op) {
	case MR_OP_WRITE:
		return r->count;
	case MR_OP_CAS:
	case MR_OP_EXPECT:
		return 2;
	default:
		return 0;
	}
}

/* The value 'i' of the payload of 'r'. */
uint64_t mr_batch_value(const struct mr_batch_rec *r, unsigned i)
{
	assert(i < mr_batch_payload_values(r));
	return mr_batch_get_value(r->payload, i);
}

/* Appends 'v' as 8 bytes. */
void mr_batch_put_value(struct mr_buf *out, uint64_t v)
{
	uint8_t raw[VALUE_BYTES];

	put64(raw, v);
	mr_buf_add(out, raw, sizeof(raw));
}

/* The 8-byte value 'i' of 'data', which the caller knows to be long enough. */
uint64_t mr_batch_get_value(const uint8_t *data, unsigned i)
{
	return get64(data + (size_t)VALUE_BYTES * i);
}
