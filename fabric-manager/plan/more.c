/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A part of the search: who still has no bin gets one by others who go out, more of them and
 * with more looks than the attempts had for all.
 */
#include "fabric-manager/plan/search.h"

#define DEPTH 6	       /* others put out for one */
#define LOOKS 10000000 /* in all */
#define SHARE 1000000  /* with one of these depths, for one tile */

static bool add_one(struct fm_board *b, uint32_t tile, uint64_t *looks, struct fm_worth *best,
		    uint16_t *at)
{
	for (unsigned depth = 1; depth <= DEPTH && *looks && !fm_search_is_stopped(b);
	     depth++) {
		unsigned moves = fm_worth_of(b).moves;
		uint64_t may;
		bool ok;

		b->steps = may = *looks < SHARE ? *looks : SHARE;
		ok = fm_search_insert(b, tile, depth, depth, false, &moves);
		*looks -= may - b->steps;
		if (ok && fm_search_keep(b, best, at))
			return true;
		if (ok)
			fm_search_reset(b, at);
	}
	return false;
}

/* See search.h. */
struct fm_worth fm_more(struct fm_board *b, struct fm_worth best, uint16_t *at)
{
	uint64_t looks = LOOKS;

	fm_search_reset(b, at);
	for (uint32_t t = 0; t < b->tiles; t++)
		if (b->tile[t].at == FM_NO_BIN && add_one(b, t, &looks, &best, at))
			t = UINT32_MAX; /* who had no bin before may have one now */
	return best;
}
