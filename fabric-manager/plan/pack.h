/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packing once more, shared by repack.c (which claims, in which order, which attempt counts)
 * and pack_one.c (a place for one claim that found none). Nothing of it outlives fm_repack.
 */
#ifndef FABRIC_MANAGER_PLAN_PACK_H
#define FABRIC_MANAGER_PLAN_PACK_H

#include "fabric-manager/plan/place.h"

/* A claim that runs nowhere yet, with or without a place. */
struct fm_pack_item {
	uint32_t claim;
	uint32_t rank, host;
	uint32_t cands;
	uint64_t size;
	struct mr_ident ident[FM_IDENTS];
};

struct fm_pack {
	struct fm_planner *p;
	struct fm_pack_item *item; /* of one chassis, in the order of filling */
	unsigned items;
	uint32_t *at; /* index of its item by claim, FM_NONE */
	uint32_t *order;
	uint64_t budget; /* of one attempt, for what is left over */
	uint64_t looked; /* candidates, before that */
};

/* The best place that is free, as p->choice has it; false when there is none. */
bool fm_pack_put(struct fm_pack *k, const struct fm_pack_item *it);
/* A place by whatever takes none away from others. */
bool fm_pack_squeeze(struct fm_pack *k, const struct fm_pack_item *it);
/* The place of claims that are less important, where that costs least; these look for others.
 */
bool fm_pack_oust(struct fm_pack *k, const struct fm_pack_item *it);

#endif
