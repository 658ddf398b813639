/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store of a world: rows as bytes, as the real codecs make them; durable when it says so. A
 * transaction becomes durable as a whole, and when one fails so does what was queued behind it
 * (fabric-manager/store). What can be wrong with it is set from outside.
 */
#ifndef TESTS_SIM_TEST_STORE_H
#define TESTS_SIM_TEST_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/map.h"
#include "common/str.h"

struct fm_action;
struct fm_rec_ident;
struct fm_record;
struct world;

struct store_row {
	struct mr_buf key, value;
	uint64_t fn; /* fm_fn_key of a function's row, else 0 */
	uint32_t id; /* of an assignment's row, else 0 */
};

struct world_store {
	struct mr_map *index; /* key in hexadecimal -> row number */
	struct store_row *row;
	unsigned rows, cap;
	struct mr_map *fn;   /* fm_fn_key -> assignment id */
	struct mr_map *host; /* assignment id -> VH, 0 = none */
	uint64_t *erased;    /* functions whose rows the transaction erases */
	unsigned eraseds, erased_cap;
	unsigned tombstones;
	uint64_t posted, failed; /* commits so far; those up to here fail */
	uint64_t loaded;	 /* those that were posted when it was loaded last */
	/* what is wrong with it */
	bool fails;	    /* every transaction */
	const char *detail; /* how it says so */
	int64_t slow_ns;    /* this much longer each */
	bool loses;	    /* what is not durable is lost when the manager dies */
};

/* One store as it was: opaque rows. */
struct store_copy {
	struct store_row *row;
	unsigned rows;
};

void world_store_init(struct world *w);
void world_store_done(struct world *w);
/* FM_ACT_PERSIST: takes over the changes; answers the manager of today when it is durable. */
void world_store_persist(struct world *w, struct fm_action *a);
/* FM_EV_STORE_LOADED to the manager. */
void world_store_load(struct world *w);

/* Which host a function is durably promised to; false: no row names it. VH 0 = held without a
 * host. */
bool world_store_promises(const struct world *w, uint64_t fn, unsigned *ret_vh);
/* Whether there is a row with the key of this one. */
bool world_store_has(const struct world *w, const struct fm_record *r);
/* Whether the assignment with this number is of the claim that has the identity. */
bool world_store_is_of(const struct world *w, uint32_t id, const struct fm_rec_ident *i);
/* How many places are durably tombstoned. */
unsigned world_store_tombstones(const struct world *w);

/* Keys of rows that no document, host or chassis is the reason of: assignments, functions,
 * identities, data that goes with its profile, overrides, tombstones, operations. */
bool world_store_left(const struct world *w, struct mr_buf *out);

struct store_copy world_store_copy(const struct world *w);
void world_store_restore(struct world *w, const struct store_copy *c);
void store_copy_done(struct store_copy *c);

#endif
