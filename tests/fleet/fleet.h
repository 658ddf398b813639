/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random fleets for measuring the planner, and the judge of what it answers. A fleet is plain
 * numbers: adapters, ports, hosts, claims, what each wants and where it runs now. It shares
 * nothing with the planner; fabric.h turns it into the planner's input, the bench's exact model
 * is written from it too, and placements of both are judged here by the same code.
 */
#ifndef TESTS_FLEET_FLEET_H
#define TESTS_FLEET_FLEET_H

#include <stdbool.h>
#include <stdint.h>

#define FLEET_NONE     UINT32_MAX
#define FLEET_RANKS    8 /* at most: the value of a claim is 2^rank */
#define FLEET_POOLS    5
#define FLEET_POOL_GPU (FLEET_POOLS - 1)

struct fleet_spec {
	uint64_t seed;
	unsigned claims;
	unsigned load;	/* demand / capacity of the scarcest resource, percent */
	unsigned prior; /* percent of the claims that run already, if they found a place */
	unsigned
		pairs; /* percent of the claims that a required antiAffinity rule keeps apart */
	unsigned ranks; /* of priority, 1 to FLEET_RANKS */
	unsigned size;	/* adapters are so many times as large, and fewer; 0 = 1 */
	/* without: only functions, network ports and bridges are scarce, no vectors,
	 * framebuffer or PCIe links */
	bool plain;
};

struct fleet_adapter {
	uint32_t chassis;
	uint32_t unit, units; /* its PFs */
	uint32_t pools;	      /* bit p: pool p hands out its functions */
	bool gpu;
	bool mra;	    /* multi-root: hosts that can take LVFs of it */
	uint32_t vhs;	    /* mra: hosts that can have LVFs of it at once */
	uint64_t link_mbps; /* PCIe, what may be promised of it */
};

/* A PF: a network port with its VFs; a GPU has no port (mbps 0). */
struct fleet_unit {
	uint32_t adapter;
	uint64_t mbps; /* that may be promised */
	uint64_t msix; /* vectors */
	uint64_t framebuffer_mib;
	uint32_t vfs;
};

struct fleet_host {
	uint32_t chassis;
	uint32_t bridges;
	bool lvf; /* takes LVFs of mra adapters: one bridge for all of an adapter */
	uint64_t link_mbps;
};

struct fleet_claim {
	uint32_t profile, device; /* device: number in the profile */
	uint32_t host;
	uint32_t pool;
	uint32_t rank;
	uint64_t mbps;
	uint64_t msix;
	uint64_t framebuffer_mib;
	uint32_t prior; /* unit that it runs on, FLEET_NONE: it is new */
	uint32_t prior_vf;
	uint32_t prior_bridge;
};

/* Two claims that must, or should, lie on different adapters or ports. */
struct fleet_pair {
	uint32_t a, b;
	bool over_port;
	bool required;
};

/* A chassis owns a slice of every array; nothing that one chassis has or wants matters to
 * another. */
struct fleet_chassis {
	uint32_t adapter, adapters, unit, units, host, hosts, claim, claims, pair, pairs;
};

struct fleet {
	struct fleet_spec spec;
	struct fleet_chassis *chassis;
	unsigned n_chassis;
	struct fleet_adapter *adapter;
	unsigned adapters, cap_adapters;
	struct fleet_unit *unit;
	unsigned units, cap_units;
	struct fleet_host *host;
	unsigned hosts, cap_hosts;
	struct fleet_claim *claim;
	unsigned claims, cap_claims;
	struct fleet_pair *pair;
	unsigned pairs, cap_pairs;
};

/* One seed, one fleet. Never fails; the caller frees with fleet_free. */
struct fleet *fleet_new(const struct fleet_spec *spec);
void fleet_free(struct fleet *f);

/* Whether the pool of claim 'c' hands out functions of unit 'u' in its chassis. */
bool fleet_candidate(const struct fleet *f, uint32_t c, uint32_t u);
/* Whether claim 'c' reaches functions of unit 'u' as LVFs. */
bool fleet_is_lvf(const struct fleet *f, uint32_t c, uint32_t u);
/* Demand over capacity of the scarcest resource of all chassis, in permille. */
unsigned fleet_load(const struct fleet *f);

/* ---- book.c: what a placement uses; how priors are given and a judge counts ---- */

struct fleet_book {
	const struct fleet *f;
	uint64_t *unit_mbps, *unit_msix, *unit_fb, *adapter_mbps, *host_mbps;
	uint32_t *unit_vfs, *host_bridges, *adapter_vhs;
	uint32_t *pf_count; /* [host in chassis * adapters of it]: LVFs of the adapter there */
	uint32_t *pf_first; /* where a chassis begins in pf_count */
	uint32_t *mate_first, *mate_of; /* pairs of each claim */
	uint32_t *at;			/* unit of each claim, FLEET_NONE */
};
struct fleet_book *fleet_book_new(const struct fleet *f);
void fleet_book_free(struct fleet_book *b);
bool fleet_book_fits(const struct fleet_book *b, uint32_t c, uint32_t u);
void fleet_book_take(struct fleet_book *b, uint32_t c, uint32_t u);
void fleet_book_give(struct fleet_book *b, uint32_t c);

/* ---- judge.c ---- */

/* The goals of placement in their order; larger is better in each. */
#define FLEET_GOALS 5
struct fleet_goals {
	/* [0] sum of 2^rank of what is placed; [1] claims that stay where they ran; [2] pairs
	 * that should be apart and are not, negative; [3] fullest port of each chassis in
	 * permille, added up, negative; [4] adapters that nobody uses */
	int64_t goal[FLEET_GOALS];
	unsigned placed;
	unsigned moved; /* ran, and run elsewhere or not at all */
};
extern const char *const fleet_goal_names[FLEET_GOALS];

/* Checks the hard limits of a placement, at[claim] = unit or FLEET_NONE. Returns false and the
 * first limit that is broken in 'why' (256 bytes). */
bool fleet_judge(const struct fleet *f, const uint32_t *at, char *why);
/* Counts the goals over the chassis [first, first + n). */
struct fleet_goals fleet_goals(const struct fleet *f, const uint32_t *at, unsigned first,
			       unsigned n);

#endif
