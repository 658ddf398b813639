/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hard limits of placement, one function each, and their words. A candidate is dropped by
 * the first limit that it breaks; the list's order is also how near it came, so the last of the
 * list is what an operator wants to read.
 */
#ifndef FABRIC_MANAGER_PLAN_FIT_H
#define FABRIC_MANAGER_PLAN_FIT_H

#include "fabric-manager/plan/world.h"

/* X(NAME, reason, the rule in words, what a person can do about it) */
#define FM_DROPS(X)                                                                            \
	X(NONE, OK, "fits", "")                                                                \
	X(GONE, DEVICE_GONE, "adapter is present with its link up",                            \
	  "put the adapter back, restore its link, or give the pool another adapter")          \
	X(SERIAL, DEVICE_GONE, "the adapter that it ran on",                                   \
	  "insert that adapter in any slot of the chassis that the pool has, or change its "   \
	  "`onReplace`")                                                                       \
	X(DATA, UNREACHABLE, "the drive that has the device's data",                           \
	  "put that drive into a pool of the device in the host's chassis; namespaces "        \
	  "do not move between drives")                                                        \
	X(FLAPS, UNREACHABLE, "adapter's link is stable",                                      \
	  "look at its cable and slot; it is used again when the link was stable for a while") \
	X(REFUSING, QUARANTINED, "adapter takes what it is told",                              \
	  "pull the adapter and insert it again or another one, or apply a changed policy")    \
	X(MODE, NEEDS_APPROVAL, "adapter is in its mode",                                      \
	  "approve the change of its mode (`banyan get operations`), or take it back")         \
	X(DOMAIN, NOT_PERMITTED, "domains",                                                    \
	  "add the adapter to the profile's Domain, or name a pool with other adapters")       \
	X(ABLE, UNSUPPORTED, "adapter can do what the claim asks for",                         \
	  "ask for less in the device, or name a pool whose adapters can do it")               \
	X(SUSPENDED, NOT_PERMITTED, "adapter is not suspended",                                \
	  "take `suspend: true` out of the adapter's document, or give the pool another "      \
	  "adapter")                                                                           \
	X(SPARE, NO_CAPACITY, "spare adapter",                                                 \
	  "take the adapter out of the pool's `spares`, or give the pool another one")         \
	X(ANTI, NO_CAPACITY, "required placement rules",                                       \
	  "give the pool another adapter, or make the rule `required: false`")                 \
	X(SHARE, NO_CAPACITY, "share: exclusive",                                              \
	  "give the pool another adapter, or make it `share: shared`")                         \
	X(FULL, NO_CAPACITY, "a free function in the pool",                                    \
	  "free a function, ask for fewer, or give the pool another adapter")                  \
	X(VHS, LIMIT, "device VHs of the adapter",                                             \
	  "take another host's last function of the adapter away, or give the pool another "   \
	  "adapter")                                                                           \
	X(RESOURCE, NO_CAPACITY, "what functions of the PF share",                             \
	  "ask for less in the device, or give the pool another adapter")                      \
	X(STORAGE, NO_CAPACITY, "storage of the drive",                                        \
	  "delete namespaces that are kept (`banyan get namespaces`), ask for a smaller one, " \
	  "or give the pool another drive")                                                    \
	X(GUARANTEE, NO_BANDWIDTH, "guarantees within the port",                               \
	  "lower a guarantee on the port, or give the pool another adapter")                   \
	X(LIMIT, NO_BANDWIDTH, "limits within the port's oversubscription",                    \
	  "lower a limit on the port, or raise the pool's `oversubscription`")                 \
	X(LINK, NO_BANDWIDTH, "guarantees within the adapter's PCIe link",                     \
	  "lower a guarantee on the adapter, or give the pool another adapter")                \
	X(HOST_LINK, NO_BANDWIDTH, "guarantees within the host's PCIe link",                   \
	  "lower a guarantee of the host's devices, or use a host with a wider link")          \
	X(BRIDGES, LIMIT, "a free bridge in the host",                                         \
	  "release a function of the host, or reboot it when bridges are tombstoned")          \
	X(BUSES, NO_WINDOW, "bus numbers of the bridge",                                       \
	  "reserve more bus numbers for hot plug in the host's firmware, or use another host") \
	X(WINDOW, NO_WINDOW, "memory windows of the bridge",                                   \
	  "reserve more memory for hot plug in the host's firmware, or use another host")      \
	X(REPLACED, NEEDS_APPROVAL, "the adapter in its slot may take its place",              \
	  "`banyan approve ADAPTER` if it may, or put the old one back")
enum fm_drop {
#define X(name, reason, text, advice) FM_DROP_##name,
	FM_DROPS(X)
#undef X
};
const char *fm_drop_text(enum fm_drop d);
const char *fm_drop_advice(enum fm_drop d);
enum mr_reason fm_drop_reason(enum fm_drop d);

/* What has to stand in the 32-bit window of 'b'. */
static inline uint64_t fm_need_low(const struct fm_bridge *b, const struct fm_need *n)
{
	return n->mmio + (b->mmio64 ? 0 : n->mmio64);
}

struct fm_planner;
/* What is looked for. */
struct fm_ask {
	const struct fm_claim *claim;
	uint32_t host; /* its lead */
	/* roots that may get it: the host's but those that are lost or flap */
	uint32_t root[FM_ROOTS_MAX];
	unsigned roots;
	bool lvf;
	bool exclusive;
	bool spares; /* a failed adapter of its pool is replaced: spare ones may be used */
	const struct fm_demand *demand;
	const struct fm_domain *domain;
	/* of a claim with namespaces; else NULL */
	const struct fm_planner *planner;
	uint32_t index; /* of the claim */
	uint32_t drive; /* unit that has its data, FM_NONE: nothing was made yet */
	/* the adapter that it ran on is not in its slot any more; else NULL */
	const struct fm_card *lost;
	uint16_t lost_port;
	enum fm_on_replace on_replace; /* of that one */
};

/* What was found. */
struct fm_fit {
	uint32_t unit;
	uint32_t root; /* where none fits: the one that came nearest */
	uint16_t vf, bridge;
	enum fm_way way;
};

/* Whether the claim fits on candidate 'c'; antiAffinity by the stamps of the units. */
enum fm_drop fm_fit_cand(const struct fm_world *w, const struct fm_ask *ask,
			 const struct fm_cand *c, struct fm_fit *ret);
/* What the claim is guaranteed and limited to on 'u', which may have steps: ret->guaranteed and
 * ret->limit. */
void fm_fit_rates(const struct fm_unit *u, const struct fm_claim *c, struct fm_use *ret);
/* Whether guarantee and limit can become those of 'to'; 'from' is what it has (FM_NONE units:
 * it is new there). What does not grow always fits. */
enum fm_drop fm_fit_rate(const struct fm_world *w, const struct fm_use *from,
			 const struct fm_use *to);
/* The same for a function that has 'from' already: what does not grow always fits. */
enum fm_resource fm_fit_growth(const struct fm_unit *u, const struct fm_demand *from,
			       const struct fm_demand *to);
/* The first resource of the PF that the demand is too much for; FM_RESOURCE_COUNT = none. */
enum fm_resource fm_fit_demand(const struct fm_unit *u, const struct fm_demand *d);
/* data.c: whether the namespaces that are asked for are on 'unit', or can be made there. */
enum fm_drop fm_data_fit(const struct fm_ask *ask, uint32_t unit);
void fm_data_words(const struct fm_ask *ask, uint32_t unit, enum fm_drop d, struct mr_buf *out);
/* Why a drive that can all else cannot have them. */
void fm_data_able_words(const struct fm_ask *ask, uint32_t unit, struct mr_buf *out);
/* Whether the adapter can be set to what the claim asks for; what it lacks goes in words to
 * 'why' (may be NULL, else it is empty). */
bool fm_fit_able(const struct fm_adapter *a, const struct fm_claim *c, struct mr_buf *why);
/* How a host with or without VF migration reaches functions of the adapter. */
enum fm_way fm_fit_way(const struct fm_adapter *a, bool lvf);
/* Lowest free bridge of the host that has what 'n' needs; when there is none, the free one that
 * has most of it. */
enum fm_drop fm_fit_bridge(const struct fm_unit_host *h, const struct fm_need *n,
			   uint16_t *ret);
/* The limit in words, with the numbers. */
void fm_fit_words(const struct fm_world *w, const struct fm_ask *ask, const struct fm_cand *c,
		  enum fm_drop d, struct mr_buf *out);
void fm_rate_words(const struct fm_world *w, const struct fm_use *from, const struct fm_use *to,
		   enum fm_drop d, struct mr_buf *out);
/* How much is missing, and where: the smallest change that would let the claim in there, "2Gbit
 * less guaranteed on nic-left/pf0". False where no number says it. */
bool fm_fit_help(const struct fm_world *w, const struct fm_ask *ask, const struct fm_cand *c,
		 enum fm_drop d, struct mr_buf *out);
/* "nic-left/pf0", "gpu0". */
void fm_unit_words(const struct fm_world *w, uint32_t unit, struct mr_buf *out);

#endif
