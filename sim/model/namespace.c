/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Namespaces of an NVMe PF. They are on the device's flash: power, resets and moves of
 * functions leave them alone, and their contents go only by ERASE or DELETE. Which function
 * sees which one is an attribute of the function (VF_CLASS1), and ends with it.
 */
#include <errno.h>

#include "sim/model/internal.h"

#define MIB (1ull << 20)

static struct sim_ns *row(const struct sim_adapter *a, uint64_t i)
{
	return a->ns && i < (uint64_t)a->m.pfs * MR_MAX_NAMESPACES &&
			       sim_model_caps(&a->m) & MR_CT_CAP_NAMESPACES
		       ? &a->ns[i]
		       : NULL;
}

static bool erasing(const struct sim_chassis *c, const struct sim_ns *n)
{
	return n->busy_until > c->now.mono_ns;
}

static unsigned attached(const struct sim_adapter *a, uint64_t i)
{
	unsigned p = (unsigned)(i / MR_MAX_NAMESPACES), n = 0;

	for (unsigned v = 0; v < a->m.vfs; v++)
		n += sim_mvf(a, p, v)->nv.class1 >> i % MR_MAX_NAMESPACES & 1;
	return n;
}

/* Bytes of all namespaces of PF p. */
uint64_t sim_ns_used(const struct sim_adapter *a, unsigned p)
{
	uint64_t sum = 0;

	for (unsigned i = 0; a->ns && i < MR_MAX_NAMESPACES; i++)
		if (a->ns[p * MR_MAX_NAMESPACES + i].exists)
			sum += a->ns[p * MR_MAX_NAMESPACES + i].size;
	return sum;
}

/* Commands of MVF v of PF p reach what it has attached. */
void sim_ns_written(struct sim_adapter *a, unsigned p, unsigned v)
{
	uint64_t bits = a->ns ? sim_mvf(a, p, v)->nv.class1 : 0;

	for (unsigned i = 0; bits >> i && i < MR_MAX_NAMESPACES; i++)
		if (bits >> i & 1)
			a->ns[p * MR_MAX_NAMESPACES + i].written = true;
}

/* Whether one more VF of PF p may have the namespaces 'bits': they are there and ready,
 * and nobody else has those that may not be shared. */
bool sim_ns_attachable(const struct sim_chassis *c, const struct sim_adapter *a, unsigned p,
		       uint64_t bits)
{
	for (unsigned i = 0; i < MR_MAX_NAMESPACES; i++) {
		uint64_t at = (uint64_t)p * MR_MAX_NAMESPACES + i;
		const struct sim_ns *n = row(a, at);

		if (!(bits >> i & 1))
			continue;
		if (!n || !n->exists || erasing(c, n) ||
		    (!(n->shape & MR_NS_SHARED) && attached(a, at)))
			return false;
	}
	return true;
}

/* Those of 'bits' that were there already when commit number 'commit' was made: memory that
 * is older than a namespace knows nothing of it. */
uint64_t sim_ns_known(const struct sim_adapter *a, unsigned p, uint64_t bits, uint64_t commit)
{
	for (unsigned i = 0; i < MR_MAX_NAMESPACES; i++) {
		const struct sim_ns *n = &a->ns[p * MR_MAX_NAMESPACES + i];

		if (!n->exists || n->made >= commit)
			bits &= ~(1ull << i);
	}
	return bits;
}

static uint64_t status(const struct sim_chassis *c, const struct sim_adapter *a,
		       const struct sim_ns *n, uint64_t i)
{
	if (!n->exists)
		return 0;
	return MR_NS_EXISTS | (erasing(c, n) ? MR_NS_ERASING : 0) |
	       (n->written ? MR_NS_WRITTEN : 0) | (uint64_t)attached(a, i) << 16;
}

/* Register 'off' of namespace row i. */
uint64_t sim_ns_read(const struct sim_chassis *c, const struct sim_adapter *a, uint64_t i,
		     unsigned off)
{
	const struct sim_ns *n = row(a, i);

	if (!n)
		return SIM_ONES;
	switch (off) {
	case NS_STATUS:
		return status(c, a, n, i);
	case NS_SIZE:
		return n->size;
	case NS_SHAPE:
		return n->shape;
	case NS_COOKIE:
		return n->cookie;
	case NS_COMMAND:
		return 0;
	case NS_UUID:
	case NS_UUID + 8:
		return n->uuid[(off - NS_UUID) / 8];
	default:
		return SIM_ONES;
	}
}

/* A name that no other namespace anywhere has or had (version 4 UUID). */
static void name(struct sim_chassis *c, struct sim_ns *n)
{
	n->uuid[0] = (mr_rng_next(&c->rng) & ~(0xf0ull << 48)) | 0x40ull << 48;
	n->uuid[1] = (mr_rng_next(&c->rng) & ~0xc0ull) | 0x80ull;
}

static enum sim_wr create(struct sim_chassis *c, const struct sim_adapter *a, struct sim_ns *n,
			  uint64_t i)
{
	const struct sim_res_desc *d = &a->m.res[MR_RES_CAPACITY];
	unsigned p = (unsigned)(i / MR_MAX_NAMESPACES);
	uint64_t room = d->total * MIB - sim_ns_used(a, p);

	if (n->exists || !n->size || n->size % (d->step * MIB) || n->size > room ||
	    !(sim_class_head(a, CT_BLOCK_SIZES) >> (n->shape & 0x3f) & 1))
		return SIM_WR_REFUSED;
	n->exists = true;
	n->written = false;
	n->word = 0;
	n->busy_until = 0;
	n->made = c->commits;
	name(c, n);
	return SIM_WR_DONE;
}

/* What nobody has attached may go, or lose its contents. */
static enum sim_wr empty(struct sim_chassis *c, const struct sim_adapter *a, struct sim_ns *n,
			 uint64_t i, bool erase)
{
	if (!n->exists || attached(a, i) || erasing(c, n))
		return SIM_WR_REFUSED;
	if (!erase) {
		*n = (struct sim_ns){0};
		return SIM_WR_DONE;
	}
	n->written = false;
	n->word = 0;
	n->busy_until = c->now.mono_ns + a->m.scrub_ns;
	return SIM_WR_DONE;
}

static enum sim_wr command(struct sim_chassis *c, const struct sim_adapter *a, struct sim_ns *n,
			   uint64_t i, uint64_t v)
{
	switch (v) {
	case MR_NSC_CREATE:
		return create(c, a, n, i);
	case MR_NSC_DELETE:
	case MR_NSC_ERASE:
		return empty(c, a, n, i, v == MR_NSC_ERASE);
	default:
		return SIM_WR_REFUSED;
	}
}

/* Writes it. */
enum sim_wr sim_ns_write(struct sim_chassis *c, struct sim_adapter *a, uint64_t i, unsigned off,
			 uint64_t v)
{
	struct sim_ns *n = row(a, i);

	if (!n)
		return SIM_WR_DROPPED;
	switch (off) {
	case NS_COMMAND:
		return command(c, a, n, i, v);
	case NS_COOKIE:
		n->cookie = v;
		return SIM_WR_DONE;
	case NS_SIZE:
		if (n->exists)
			return SIM_WR_REFUSED;
		n->size = v;
		return SIM_WR_DONE;
	case NS_SHAPE:
		if (n->exists || v & ~(0xffull | MR_NS_SHARED))
			return SIM_WR_REFUSED;
		n->shape = v;
		return SIM_WR_DONE;
	default:
		return SIM_WR_DROPPED;
	}
}
