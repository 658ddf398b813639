/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Identities of claims: sticky for what a claim has or had, else the lowest free value of its
 * pool; literals as written, refused where somebody else has them (I4).
 */
#ifndef FABRIC_MANAGER_PLAN_IDENTS_H
#define FABRIC_MANAGER_PLAN_IDENTS_H

#include "fabric-manager/plan/world.h"

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
	struct fm_ident_cursor *cursor; /* per pool */
};

void fm_idents_init(struct fm_idents *s, const struct fm_world *w, const struct fm_plan *plan);
void fm_idents_done(struct fm_idents *s);

/*
 * The identities that claim 'i' would get, into its placed.ident and attrs of 'ret'. OK, or why
 * not with words in 'out'. Nothing is taken until fm_idents_take.
 */
enum mr_reason fm_idents_find(struct fm_idents *s, unsigned i, struct mr_ident ret[FM_IDENTS],
			      struct mr_buf *out);
/* Takes what placed[i].ident holds. */
void fm_idents_take(struct fm_idents *s, unsigned i);

#endif
