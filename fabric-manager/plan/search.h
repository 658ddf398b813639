/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking for a better arrangement of a board: who has no place gets one by others who go to
 * other bins, these perhaps by others again. Bounded by steps, never by time.
 */
#ifndef FABRIC_MANAGER_PLAN_SEARCH_H
#define FABRIC_MANAGER_PLAN_SEARCH_H

#include "fabric-manager/plan/board.h"

bool fm_worth_is_better(struct fm_worth a, struct fm_worth b);
struct fm_worth fm_worth_of(const struct fm_board *b);
/* Whether one that runs has a bridge that leads to the bin, beside the one that it has, before
 * anybody has gone. */
bool fm_search_is_reached(const struct fm_board *b, const struct fm_tile *t, uint16_t bin);
/* Whether it is to end, with whatever was found. */
static inline bool fm_search_is_stopped(const struct fm_board *b)
{
	return b->stop && atomic_load_explicit(b->stop, memory_order_relaxed);
}

/* Bins of all tiles, and back to them. */
void fm_search_save(const struct fm_board *b, uint16_t *at);
void fm_search_reset(struct fm_board *b, const uint16_t *at);
/* ---- shake.c, anneal.c: 'best' and 'at' are the best so far; the board may be another one
 * afterwards ---- */

struct fm_worth fm_shake(struct fm_board *b, uint64_t steps, struct fm_worth best,
			 uint16_t *at);
/* So many steps for each run. */
struct fm_worth fm_anneal(struct fm_board *b, uint64_t steps, struct fm_worth best,
			  uint16_t *at);

/* ---- more.c: one after the other of those that still have no bin; the same of 'best', 'at'
 * and the board ---- */

struct fm_worth fm_more(struct fm_board *b, struct fm_worth best, uint16_t *at);

/* ---- few.c: as much with fewer moves; the same of 'best', 'at' and the board ---- */

struct fm_worth fm_few(struct fm_board *b, struct fm_worth best, uint16_t *at);

/* ---- search.c ---- */

/* Whether bins are found for these tiles, which have none, with at most 'out' others put out,
 * and in the end at most so many moves of all that runs, within b->steps; the board is as it
 * was if not. All are looked after at once. */
bool fm_search_within(struct fm_board *b, const uint32_t *tile, unsigned n, unsigned out,
		      unsigned moves);

/* Tile 'root' gets a bin: at most 'depth' others go out, at most 'most' of what is at home.
 * 'drops': new ones that are worth less may stay out. '*moves' is how many have moved. */
bool fm_search_insert(struct fm_board *b, uint32_t root, unsigned depth, unsigned most,
		      bool drops, unsigned *moves);

/* The best arrangement found that moves lead to, one after the other, each into room that is
 * free then: bins in 'at' (one a tile), and what it is worth. The board is as it was
 * afterwards. */
struct fm_worth fm_search(struct fm_board *b, uint64_t steps, uint16_t *at);

/* Whether somebody gets a place so who runs nowhere yet. */
bool fm_search_gains(const struct fm_board *b, const uint16_t *at);
/* Whether an arrangement is found that is better than what the planner reached, and gives
 * somebody a place who runs nowhere yet: 'at'. */
bool fm_search_finds(struct fm_board *b, uint64_t steps, uint16_t *at);

/* ---- lead.c: which moves, in which order ---- */

/* Whether 'at' can be reached so. New tiles of 'early' (NULL: none) are in their bins from the
 * start, those of them that fit then: the others are taken out of it. Where nobody can move any
 * more one is parked: without a place until there is room in his bin. '*ret_parks' (NULL: not
 * asked for): how many are. */
bool fm_search_leads(struct fm_board *b, const uint16_t *at, bool *early, unsigned *ret_parks);

/* Whether 'at', which is worth so much, is better than the best so far and can be reached; sets
 * w->parks. */
bool fm_search_takes(struct fm_board *b, const uint16_t *at, struct fm_worth *w,
		     struct fm_worth best);

/* The same of what stands on the board: then it is the best. */
bool fm_search_keep(struct fm_board *b, struct fm_worth *best, uint16_t *at);

/* Of the way to 'at', which fm_search_leads() has found: those that run and move first, all at
 * the same time, and the way goes on from there. 'early' as that left it. */
void fm_search_first(struct fm_board *b, const uint16_t *at, const bool *early, bool *ret);
/* Who is parked at the beginning of it, as nobody can move; FM_NO_TILE: nobody may be. */
uint32_t fm_search_park(struct fm_board *b, const uint16_t *at, const bool *early);

#endif
