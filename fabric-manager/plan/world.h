/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is free and what is taken while a plan is made: one record a PF (unit), adapter and
 * host, bitmaps of functions and bridges, sums on the port edges. Only plan/ sees it; it lives
 * for one call. Everything that a claim or an assignment uses goes through fm_world_take, so
 * the hard limits are counted in one place.
 */
#ifndef FABRIC_MANAGER_PLAN_WORLD_H
#define FABRIC_MANAGER_PLAN_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric-manager/plan/plan.h"

#define FM_NONE	    UINT32_MAX
#define FM_MANY	    (UINT32_MAX - 1) /* hosts of an adapter: more than one */
#define FM_BITS(n)  (((n) + 63) / 64)
#define FM_BRIDGE_W FM_BITS(MR_MAX_BRIDGES)

/* What a bridge has to offer for one kind of target (HANDOVER 13). */
struct fm_need {
	uint64_t mmio;	 /* in the 32-bit window: BARs of 32 bits or not prefetchable */
	uint64_t mmio64; /* 64 bits and prefetchable: in the other, where the bridge has it */
	uint32_t buses;
};

/* A PF with its VFs, or a whole device. */
struct fm_unit {
	const struct fm_edge *edge; /* NULL: no network port, nothing to admit */
	uint64_t guaranteed, limit; /* sums of those that hold a function here */
	uint64_t *bits;		    /* functions in use, or not to be used */
	uint32_t adapter;
	uint16_t pf, vfs;
	uint16_t usable; /* VFs below it are, or will be, enabled */
	uint16_t used, leaving;
	uint32_t load;	     /* share of the edge that is promised, 2^20 = all of it */
	uint32_t hard, soft; /* stamps: an antiAffinity rule of the claim looked at drops it */
	uint32_t soft_count;
	struct fm_need need;
};

struct fm_unit_adapter {
	const struct fm_adapter *a;
	uint32_t unit, units;
	uint16_t chassis, index; /* in its chassis */
	uint16_t free_vhs;
	uint32_t provision; /* VFs per PF that the pools want; 0 = in no pool */
	bool exclusive;
	const struct fm_refusing *refusing; /* NULL unless nothing more is placed here */
	uint32_t only_host;  /* FM_NONE, FM_MANY or the only one that has functions of it */
	struct fm_need need; /* of a bridge that leads to its PFs */
};

struct fm_unit_host {
	const struct fm_host *h;
	uint16_t chassis;
	uint16_t free; /* bridges */
	bool windows;  /* its firmware has assigned some: they count */
	uint64_t used[FM_BRIDGE_W];
	uint16_t *pfs; /* by adapter of the chassis: bridge that leads to its PFs */
};

struct fm_world_chassis {
	const struct fm_chassis *c;
	uint32_t adapter, adapters;
	uint32_t host;
	uint16_t *by_port; /* 1 + index of the host or adapter in the chassis, 0 = none */
};

/* A part of a pool on one PF. */
struct fm_cand {
	uint32_t unit;
	uint16_t vf_first, vf_last;
};

struct fm_world {
	const struct fm_plan_input *in;
	struct fm_world_chassis *chassis;
	unsigned n_chassis;
	struct fm_unit_adapter *adapter;
	unsigned adapters;
	struct fm_unit_host *host;
	unsigned hosts;
	struct fm_unit *unit;
	unsigned units;
	uint64_t *bits;
	uint16_t *pfs;
	uint16_t *ports;
	struct fm_cand *cand; /* in the order of ties: adapter name, slot, port, PF, VF */
	uint32_t *cand_first; /* [pool * n_chassis + chassis], one more at the end */
	uint32_t stamp;
};

/* One function in use. */
struct fm_use {
	uint32_t unit;
	uint16_t vf;	 /* 0 for a whole device */
	uint32_t host;	 /* FM_NONE: of no host that we see */
	uint32_t sharer; /* host that counts for `share: exclusive`: where it is going to be */
	enum fm_way way;
	uint16_t bridge; /* FM_NO_BRIDGE: none yet */
	uint64_t guaranteed, limit;
	bool exclusive;
};

void fm_world_init(struct fm_world *w, const struct fm_plan_input *in);
void fm_world_done(struct fm_world *w);

void fm_world_take(struct fm_world *w, const struct fm_use *u);
/* Takes back function, sums and (where it is no PF's) bridge. */
void fm_world_give_back(struct fm_world *w, const struct fm_use *u);
/* Changes the sums of a function that stays. */
void fm_world_rate(struct fm_world *w, uint32_t unit, const struct fm_use *from,
		   const struct fm_use *to);
/* After every current assignment was taken: what each PF will have enabled, and who may count
 * on it. */
void fm_world_provision(struct fm_world *w);

uint32_t fm_world_host(const struct fm_world *w, unsigned chassis, unsigned port);
uint32_t fm_world_adapter(const struct fm_world *w, unsigned chassis, unsigned port);
/* Unit of a function, FM_NONE when it does not exist. '*ret_vf' is its bit. */
uint32_t fm_world_unit(const struct fm_world *w, struct fm_fn_id fn, uint16_t *ret_vf);
struct fm_fn_id fm_world_fn(const struct fm_world *w, uint32_t unit, uint16_t vf);

/* What a limit of 0 ("none") counts as on this unit's edge. */
static inline uint64_t fm_unit_limit(const struct fm_unit *u, uint64_t limit_mbps)
{
	return limit_mbps || !u->edge ? limit_mbps : u->edge->net_mbps;
}
static inline bool fm_bit(const uint64_t *bits, unsigned i)
{
	return bits[i / 64] >> (i % 64) & 1;
}

#endif
