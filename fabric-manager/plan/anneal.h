/* SPDX-License-Identifier: Apache-2.0 */
/* The table of the last part of the search (anneal.c): what each tile takes in each bin that it
 * may be in, as changes of numbered sums. */
#ifndef FABRIC_MANAGER_PLAN_ANNEAL_H
#define FABRIC_MANAGER_PLAN_ANNEAL_H

#include "common/rng.h"
#include "fabric-manager/plan/search.h"

#define FM_ANNEAL_NOWHERE  UINT32_MAX
#define FM_ANNEAL_BIN_SUMS (3 + FM_RESOURCE_COUNT)

/* What a tile takes of a sum. */
struct fm_anneal_term {
	uint32_t sum;
	int64_t amount;
};

/* A bin that a tile may be in. */
struct fm_anneal_option {
	uint32_t term;
	uint16_t bin, slot;
	uint8_t terms;
	bool shared; /* an LVF: bridge and device VH are those of all behind it */
};

/* What it costs to exceed a limit: at all, by one of what is counted, by as much as a tile
 * takes on average. What finds the way differs from board to board, so they take turns. */
struct fm_anneal_price {
	int64_t any, each, more;
};
struct fm_anneal {
	struct fm_board *b;
	struct mr_rng rng;
	uint64_t rest; /* of the last number of it */
	struct fm_anneal_price price;
	uint32_t *tile; /* that may be elsewhere */
	unsigned tiles;
	uint32_t *first;     /* option of each tile; one more at the end */
	uint32_t *now, *old; /* option where it is, where it runs */
	struct fm_anneal_option *option;
	unsigned options, cap_options;
	struct fm_anneal_term *term;
	unsigned terms, cap_terms;
	int64_t *left;	  /* of each sum */
	int64_t *average; /* what a tile takes of it that takes some */
	int64_t *slope;	  /* what each of it costs beyond the limit, in 1 / ONE */
	unsigned sums;
	uint16_t *leads; /* see fm_board */
	uint32_t *moved; /* tiles */
	uint32_t *where; /* each of them is there */
	unsigned n_moved;
	int64_t over; /* price of all limits that are exceeded */
	uint64_t value;
	uint16_t *found;
};

/* Numbers of sums: those of bins, of slots, of seats. */
static inline unsigned fm_anneal_bin(unsigned bin)
{
	return bin * FM_ANNEAL_BIN_SUMS;
}

static inline unsigned fm_anneal_slot(const struct fm_board *b, unsigned slot)
{
	return fm_anneal_bin(b->bins) + slot * 2;
}

static inline unsigned fm_anneal_seat(const struct fm_board *b, unsigned seat)
{
	return fm_anneal_slot(b, b->slots) + seat * 2;
}

static inline bool fm_anneal_is_count(const struct fm_anneal *a, unsigned sum)
{
	return sum < fm_anneal_slot(a->b, 0) ? sum % FM_ANNEAL_BIN_SUMS == 0
					     : (sum - fm_anneal_slot(a->b, 0)) % 2 == 0;
}

/* Of a board on which only what is fixed stands afterwards: a->b. Freed with
 * fm_anneal_table_done. */
void fm_anneal_table(struct fm_anneal *a);
void fm_anneal_table_done(struct fm_anneal *a);

#endif
