/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One chassis as a board: every claim with a function in it, or in need of one, is a tile,
 * every PF a bin. Sums and counts only, so that trying a rearrangement is cheap; which function
 * and which bridge it is to be is decided by the planner's own world afterwards. What the board
 * can't say in numbers (namespaces, `ha` pairs, exclusive adapters, other rules than
 * antiAffinity) does not move on it.
 */
#ifndef FABRIC_MANAGER_PLAN_BOARD_H
#define FABRIC_MANAGER_PLAN_BOARD_H

#include <stdatomic.h>

#include "fabric-manager/plan/place.h"

#define FM_NO_BIN  UINT16_MAX
#define FM_NO_TILE UINT32_MAX

/* Tiles of one claim each. */
struct fm_tile {
	uint32_t claim;
	uint32_t host;	      /* counted in the chassis */
	uint32_t prev, next;  /* in its bin */
	uint32_t mate, mates; /* rules that keep it apart: board.mate */
	uint32_t reach,
		reaches; /* bins of its pool: board.reach; UINT32_MAX: not looked up yet */
	uint64_t value;
	uint64_t mbps, limit;
	const struct fm_demand *demand;
	uint16_t at;   /* bin, FM_NO_BIN */
	uint16_t home; /* where it runs, FM_NO_BIN: nowhere */
	uint16_t left; /* where it was before it was put out in this search, FM_NO_BIN: it was
			  not */
	bool fixed;
	bool had; /* the planner found a place for it, or promised one */
	bool lvf; /* its host takes LVFs */
	bool out; /* it ran, and has left its place for the aim: it gets another one */
	/* who may not be left without a place meanwhile, nor keep somebody waiting who is: an
	 * extra, or one whose moves may be held */
	bool kept;
};

/* Another tile that has to be in another bin, or on another adapter. */
struct fm_mate {
	uint32_t tile;
	bool port; /* over ports, else over adapters */
};

struct fm_bin {
	uint32_t unit;	/* of the world */
	uint32_t first; /* tile */
	uint16_t port;	/* bin that counts the network port, FM_NO_BIN: it has none */
	uint16_t slot;	/* adapter, counted in the chassis */
	uint16_t vf_first, vf_last;
	bool odd;	     /* nothing is put here: see above */
	int32_t free;	     /* functions */
	int64_t mbps, limit; /* left of the port: those of bin 'port' count */
	int64_t left[FM_RESOURCE_COUNT];
};

struct fm_slot {
	int64_t mbps; /* left of the PCIe link */
	int32_t vhs;  /* device VHs that are free */
	bool mra;
};

struct fm_seat {
	int64_t mbps;
	int32_t bridges; /* that are free */
	int32_t spare;	 /* the same while nothing has moved and nobody has come */
};

/* How good an arrangement is: goals 1 and 2. */
struct fm_worth {
	uint64_t value; /* of all tiles in a bin */
	unsigned moves; /* of what runs */
	unsigned parks; /* of those who move: without a place while others do */
};

struct fm_board {
	struct fm_planner *p; /* NULL: it needs none any more */
	unsigned chassis;
	struct fm_tile *tile;
	unsigned tiles;
	struct fm_bin *bin; /* in the order of ties */
	unsigned bins;
	uint32_t unit;		     /* the first of the chassis' */
	const struct fm_unit *units; /* from that one on: what its hardware can be set to */
	uint16_t *bin_of;	     /* by unit, from that one on */
	struct fm_slot *slot;
	unsigned slots;
	struct fm_seat *seat; /* hosts */
	unsigned seats;
	uint16_t *leads; /* [host * slots + adapter]: LVFs behind the bridge that leads there */
	uint16_t *led;	 /* the same while nothing has moved */
	uint16_t *here;	 /* [host * bins + bin]: tiles of the host in the bin */
	struct fm_mate *mate;
	unsigned n_mates, cap_mates;
	uint16_t *reach;
	unsigned n_reach, cap_reach;
	uint64_t steps;		  /* looks at a bin that may still be made */
	unsigned turn;		  /* of the bins: which one a tile tries first */
	struct fm_worth filled;	  /* what the planner reached, its moves and waits included */
	struct fm_board_own *own; /* copies; NULL: what it points to is the planner's */
	bool closed;		  /* it has what can't be arranged anew: leave it */
	bool parks;		  /* who moves may be without a place meanwhile */
	const atomic_bool *stop;  /* true: nobody waits for the search; NULL: somebody does */
};

/* What keeps a tile out of a bin. */
enum fm_block {
	FM_BLOCK_NONE,
	FM_BLOCK_MATE,
	FM_BLOCK_FULL,
	FM_BLOCK_RESOURCE,
	FM_BLOCK_PORT,
	FM_BLOCK_LIMIT,
	FM_BLOCK_LINK,
	FM_BLOCK_HOST_LINK,
	FM_BLOCK_VHS,
	FM_BLOCK_BRIDGE
};

/* The chassis after the planner has filled it: what runs is at home, what is new where it was
 * put, and what found no place, or waits for one, in no bin. Freed with fm_board_free. */
struct fm_board *fm_board_new(struct fm_planner *p, unsigned chassis);
void fm_board_free(struct fm_board *b);
/* All that it points to is its own from now on: the planner may go on, or be gone. Only what
 * looks at rooms and tiles may be asked then. */
void fm_board_detach(struct fm_board *b);
/* Bins that the tile may be in, in the order of ties. */
const uint16_t *fm_board_reach(struct fm_board *b, uint32_t tile, unsigned *ret_n);
enum fm_block fm_board_block(struct fm_board *b, uint32_t tile, uint16_t bin);
/* What it is guaranteed in the bin. */
int64_t fm_board_mbps(const struct fm_board *b, const struct fm_tile *t, uint16_t bin);
/* The tile in the bin, or near it, that a rule keeps this one apart from; FM_NO_TILE. */
uint32_t fm_board_mate(const struct fm_board *b, uint32_t tile, uint16_t bin);
void fm_board_put(struct fm_board *b, uint32_t tile, uint16_t bin);
void fm_board_lift(struct fm_board *b, uint32_t tile);
/* What the tile uses in the bin, the tile itself left where it is: 'sign' 1 takes, -1 gives
 * back.
 */
void fm_board_count(struct fm_board *b, const struct fm_tile *t, uint16_t bin, int sign);
/* Back where it was lifted from, after all that was done since was taken back. */
void fm_board_unlift(struct fm_board *b, uint32_t tile, uint16_t bin);

#endif
