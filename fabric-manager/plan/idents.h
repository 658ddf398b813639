/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Identities of claims: sticky for what a claim has or had, else the lowest free value of its
 * pool; literals as written, refused where somebody else has them (I4).
 */
#ifndef FABRIC_MANAGER_PLAN_IDENTS_H
#define FABRIC_MANAGER_PLAN_IDENTS_H

#include "fabric-manager/plan/world.h"

/* Where to look for the lowest free value of a pool. */
struct fm_ident_cursor {
	unsigned range;
	uint64_t next;
	bool begun;
};

struct fm_idents {
	const struct fm_plan_input *in;
	const struct fm_world *world;
	const struct fm_plan *plan;
	uint32_t *value; /* open addressing by (type, value): who uses it */
	uint32_t *owner; /* the same by (profile, device, index, slot): records */
	uint32_t value_mask, owner_mask;
	uint32_t values, owners;	/* entries, those that mean nothing any more included */
	struct fm_ident_cursor *cursor; /* per pool, of this plan */
	struct fm_ident_cursor *begin;	/* per pool: all below is in use for good */
	uint64_t *record;		/* values of in->ident as they were */
	unsigned records, cap_records;
};

void fm_idents_init(struct fm_idents *s, const struct fm_world *w, const struct fm_plan *plan);
void fm_idents_done(struct fm_idents *s);
/* A further plan begins. */
void fm_idents_again(struct fm_idents *s);
/* Claims have other numbers. */
void fm_idents_refill(struct fm_idents *s);
/* An assignment had these values, and has others now or is gone. */
void fm_idents_left(struct fm_idents *s, const uint64_t ident[FM_IDENTS]);
/* Current assignment 'k' has other values. */
void fm_idents_current(struct fm_idents *s, unsigned k);
/* Record 'i' of in->ident is new, another one, or beyond the end now. */
void fm_idents_record(struct fm_idents *s, unsigned i);

const struct fm_foreign *fm_foreign_find(const struct fm_plan_input *in, const char *profile,
					 const struct mr_ident *id);

/*
 * The identities that claim 'i' would get, into its placed.ident and attrs of 'ret'. OK, or why
 * not with words in 'out'. Nothing is taken until fm_idents_take.
 */
enum mr_reason fm_idents_find(struct fm_idents *s, unsigned i, struct mr_ident ret[FM_IDENTS],
			      struct mr_buf *out);
/* Takes what placed[i].ident holds. */
void fm_idents_take(struct fm_idents *s, unsigned i);

#endif
