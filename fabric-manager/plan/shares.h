/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Static limits where an adapter has no scheduler that shares by weight (POLICY, "Arithmetic of
 * admission"): water-filling by weight of what guarantees leave over.
 */
#ifndef FABRIC_MANAGER_PLAN_SHARES_H
#define FABRIC_MANAGER_PLAN_SHARES_H

#include <stdbool.h>
#include <stdint.h>

/* One function behind the port; rates in Mbit/s. */
struct fm_share {
	uint64_t guaranteed, limit; /* no limit: the port's speed */
	uint32_t weight;	    /* from 1 */
	uint64_t mbps;		    /* what it gets */
};

/*
 * Divides 'mbps' among 'n' functions in the order of their names: each gets its guarantee and
 * by weight of the rest, never above its limit; rounded down to 'step' (at least one), what
 * that leaves goes in steps by name.
 */
void fm_shares_fill(struct fm_share *s, unsigned n, uint64_t mbps, uint32_t step);

struct fm_planner;
/* Whether the rate of claim 'i' as it is placed depends on the others of its port. */
bool fm_shares_has(const struct fm_planner *p, unsigned i);
/* Sets the limits of all such claims. */
void fm_shares_set(struct fm_planner *p);

#endif
