/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is free and what is taken while a plan is made: one record a PF (unit), adapter and
 * host, bitmaps of functions and bridges, sums on the capacity edges. Only plan/ sees it.
 * Everything that a claim or an assignment uses goes through fm_world_take, so the hard limits
 * are counted in one place, and a journal takes a plan back to where it began.
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

/* Old contents of what a plan changed, newest last: a plan, or a part of it that led nowhere,
 * is taken back to the byte. */
struct fm_journal {
	uint8_t *buf;
	size_t len, cap;
	bool on;
};
void fm_journal_note(struct fm_journal *j, void *at, uint32_t bytes);
void fm_journal_undo(struct fm_journal *j, size_t to);
void fm_journal_free(struct fm_journal *j);
#define FM_NOTE(j, x)                                          \
	do {                                                   \
		if ((j)->on)                                   \
			fm_journal_note((j), &(x), sizeof(x)); \
	} while (0)

/* A network port out: one PF's, or shared by several (POLICY, "Arithmetic of admission"). */
struct fm_sum {
	const struct fm_edge *e;
	uint64_t guaranteed, limit; /* of those that hold a function behind it */
	uint32_t load;		    /* share that is promised, 2^20 = all of it */
};

/* A PCIe link: guarantees only. */
struct fm_link {
	uint64_t guaranteed;
	uint64_t max; /* UINT64_MAX: its speed is not known */
};

/* A PF with its VFs, or a whole device. */
struct fm_unit {
	struct fm_sum *sum; /* NULL: no network port, nothing to admit */
	uint64_t *bits;	    /* functions in use, or not to be used */
	uint32_t *
		dependants; /* by VF: host that has one of the dependency list; NULL: no list */
	uint32_t adapter;
	uint16_t pf, vfs;
	uint16_t usable; /* VFs below it are, or will be, enabled */
	uint16_t used, leaving;
	uint32_t step; /* guarantees are set in steps of so many Mbit/s; 1 = as they are said */
	uint32_t lowest;     /* limit that can be set */
	uint32_t hard, soft; /* stamps: a placement rule of the claim looked at drops it */
	int32_t soft_count;  /* rules that speak against it, less those that speak for it */
	uint64_t held[FM_RESOURCE_COUNT]; /* beyond what every VF has in any case */
	const struct fm_pf *hw;
	uint32_t claims; /* first of the claims that stand here, FM_NONE */
	struct fm_need need;
};

struct fm_unit_adapter {
	const struct fm_adapter *a;
	uint32_t unit, units;
	uint16_t chassis, index; /* in its chassis */
	uint16_t free_vhs;
	uint32_t provision; /* VFs per PF that the pools want; 0 = in no pool */
	bool exclusive, external;
	bool fenced;		     /* some domain lists it */
	bool suspended;		     /* its document freezes it */
	bool changes_mode;	     /* its document asks for another one */
	struct fm_refusing refusing; /* in_row 0 unless nothing more is placed here */
	uint32_t only_host; /* FM_NONE, FM_MANY or the only one that has functions of it */
	uint32_t used;	    /* functions, of all its PFs */
	uint32_t held;	    /* first current assignment on it, FM_NONE */
	struct fm_link link;
	struct fm_need need; /* of a bridge that leads to its PFs */
	uint64_t shape;	     /* fm_world_shape */
	uint64_t seen;	     /* what it was made from, as one number (renew.c) */
	uint64_t judged;     /* of it, what those that run here were judged by; 0 = anew */
};

/* A root of a host: one port of the switch, with a hierarchy and a link of its own. */
struct fm_unit_host {
	const struct fm_host *h;
	uint16_t chassis;
	uint16_t free; /* bridges */
	bool windows;  /* its firmware has assigned some: they count */
	uint64_t used[FM_BRIDGE_W];
	uint16_t *pfs;	    /* by adapter of the chassis: bridge that leads to its PFs */
	uint16_t *hardware; /* the same as the switch has it; both fm_world.none: nowhere */
	uint32_t held;	    /* first current assignment on it, FM_NONE */
	struct fm_link link;
	uint64_t seen, judged; /* as an adapter's */
	uint32_t lead;	       /* first root of the same host: it stands for the host */
	uint32_t next;	       /* root of the same host, FM_NONE */
	uint32_t seekers;      /* of a lead, while filling: claims that look for a place */
	bool scarce;	       /* these are more than its bridges that were free then */
	uint32_t hard, soft;   /* stamps, as a unit's: of rules over numa */
	int32_t soft_count;
};

struct fm_world_chassis {
	const struct fm_chassis *c;
	uint32_t adapter, adapters;
	uint32_t host, hosts;
	uint16_t *by_port; /* 1 + index of the host or adapter in the chassis, 0 = none */
	bool observed;	   /* when it was looked at last */
};

/* A part of a pool on one PF. */
struct fm_cand {
	uint32_t unit;
	uint16_t vf_first, vf_last;
	uint16_t pool;
	bool spare;
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
	struct fm_sum *sum;
	unsigned sums;
	uint64_t *bits;
	uint32_t *dependants;
	uint16_t *none; /* FM_NO_BRIDGE, for the adapters of any chassis */
	uint16_t *ports;
	struct fm_cand *cand; /* in the order of ties: adapter name, slot, port, PF, VF */
	uint32_t *cand_first; /* [pool * n_chassis + chassis], one more at the end */
	uint32_t *unit_cand;  /* indices of cand by unit */
	uint32_t *unit_cand_first;
	uint32_t stamp;
	struct fm_journal journal;
};

/* One function in use. */
struct fm_use {
	uint32_t unit;
	uint16_t vf;   /* 0 for a whole device */
	uint32_t host; /* root; FM_NONE: of no host that we see */
	/* lead of the host that counts for `share: exclusive`: where it is going to be */
	uint32_t sharer;
	enum fm_way way;
	uint16_t bridge; /* FM_NO_BRIDGE: none yet */
	uint64_t guaranteed, limit;
	struct fm_demand demand; /* beside the function */
	bool exclusive;
	bool rides; /* the host's link has it counted already */
};

/* Room to note which bridges of a host lead to PFs, in its 'pfs' or 'hardware': where none does
 * they are fm_world.none. */
void fm_world_lead(struct fm_world *w, const struct fm_unit_host *h, uint16_t **at);

void fm_world_init(struct fm_world *w, const struct fm_plan_input *in);
void fm_world_done(struct fm_world *w);

/* ---- tables.c: what comes from the documents ---- */
void fm_world_tables(struct fm_world *w);
void fm_world_tables_done(struct fm_world *w);

/* The steps in which the adapter's functions are guaranteed something: 1 where it has none, or
 * no register for guarantees. */
uint32_t fm_world_step(const struct fm_adapter *a);
/* What the picture of an adapter is built from, as one number: another one, another picture. */
uint64_t fm_world_shape(const struct fm_adapter *a);

/* An adapter or a host as hardware, store and documents say, without the assignments. */
void fm_world_reset_adapter(struct fm_world *w, uint32_t adapter);
void fm_world_reset_host(struct fm_world *w, uint32_t host);

/* Marks a function with all that goes with it as used: what counts at the adapter, at the host,
 * or both. */
void fm_world_take_adapter(struct fm_world *w, const struct fm_use *u);
void fm_world_take_host(struct fm_world *w, const struct fm_use *u);
void fm_world_take(struct fm_world *w, const struct fm_use *u);
/* Takes back function, sums and (where it is no PF's) bridge. */
void fm_world_give_back(struct fm_world *w, const struct fm_use *u);
/* And that bridge, with the device VH: nobody leans on it. */
void fm_world_give_back_pfs(struct fm_world *w, const struct fm_use *u);
/* Changes the sums of a function that stays. */
void fm_world_rate(struct fm_world *w, const struct fm_use *from, const struct fm_use *to);

uint32_t fm_world_host(const struct fm_world *w, unsigned chassis, unsigned port);
/* Roots of one host know each other. */
void fm_world_init_roots(struct fm_world *w, const struct fm_desired *d);
/* "blade01", or "blade01/root1" where the host has several. */
void fm_world_root_words(const struct fm_world *w, uint32_t root, struct mr_buf *out);
uint32_t fm_world_adapter(const struct fm_world *w, unsigned chassis, unsigned port);
/* Unit of a function, FM_NONE when it does not exist. '*ret_vf' is its bit. */
uint32_t fm_world_unit(const struct fm_world *w, struct fm_fn_id fn, uint16_t *ret_vf);
struct fm_fn_id fm_world_fn(const struct fm_world *w, uint32_t unit, uint16_t vf);

/* A promise is rounded up. */
static inline uint64_t fm_in_steps(uint32_t step, uint64_t mbps)
{
	return step <= 1 ? mbps : (mbps + step - 1) / step * step;
}
/* What a guarantee is set as here, and counts as. */
static inline uint64_t fm_unit_promise(const struct fm_unit *u, uint64_t mbps)
{
	return fm_in_steps(u->step, mbps);
}
/* A limit (0 = none) is not below what is promised, nor below a step. */
static inline uint64_t fm_unit_over(const struct fm_unit *u, uint64_t limit_mbps, uint64_t mbps)
{
	uint64_t least = fm_unit_promise(u, mbps);

	least = least < u->lowest ? u->lowest : least;
	return limit_mbps && limit_mbps < least ? least : limit_mbps;
}
/* What a limit of 0 ("none") counts as on this unit's edge. */
static inline uint64_t fm_unit_limit(const struct fm_unit *u, uint64_t limit_mbps)
{
	return limit_mbps || !u->sum ? limit_mbps : u->sum->e->net_mbps;
}
/* What 'want' of a resource takes of the PF's total, beyond what every VF has in any case. */
static inline uint64_t fm_unit_charge(const struct fm_unit *u, unsigned r, uint32_t want)
{
	const struct fm_amounts *a = &u->hw->amount[r];
	uint32_t n;

	if (!want || !u->hw->total[r] || !a->max)
		return u->hw->total[r] ? want : 0;
	n = fm_pf_amount(u->hw, (enum fm_resource)r, want);
	return n ? n - a->base : 0;
}
/* How much of it there is to hand out. */
static inline uint64_t fm_unit_capacity(const struct fm_unit *u, unsigned r)
{
	uint64_t bases = (uint64_t)u->hw->amount[r].base * u->vfs;

	return u->hw->total[r] > bases ? u->hw->total[r] - bases : 0;
}
static inline bool fm_bit(const uint64_t *bits, unsigned i)
{
	return bits[i / 64] >> (i % 64) & 1;
}

#endif
