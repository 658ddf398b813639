/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the documents ask for, resolved against the inventory: the planner's input.
 * policy/resolve fills it; it is const afterwards. Order of every array follows names (and then
 * indices), never the order of documents. Zero is the neutral value of everything that a claim,
 * pool or part may leave out. What few claims have stands in a table of its own; the claim has
 * 1 + its index, 0 = none.
 */
#ifndef FABRIC_MANAGER_MODEL_DESIRED_H
#define FABRIC_MANAGER_MODEL_DESIRED_H

#include <stdbool.h>
#include <stdint.h>

#include "common/pci/regmap.h"
#include "common/reason.h"
#include "fabric-manager/model/bmc.h"
#include "fabric-manager/model/drift.h"
#include "fabric-manager/model/ids.h"
#include "fabric-manager/model/update.h"

struct fm_adapter;

/* Where an identity of a claim comes from. */
enum fm_ident_source {
	FM_IDENT_NONE,
	FM_IDENT_POOL,
	FM_IDENT_LITERAL
};
struct fm_ident_want {
	enum fm_ident_source source;
	enum mr_ident_type type;
	unsigned pool; /* index of fm_desired.ident_pool */
	struct mr_ident literal;
};
#define FM_IDENTS 2 /* [0] MAC, WWPN or GUID (port GUID); [1] WWNN (FC) */

struct fm_ident_range {
	uint64_t first, last;
};
struct fm_ident_pool {
	char name[MR_NAME_MAX];
	enum mr_ident_type type;
	struct fm_ident_range *range;
	unsigned ranges;
	int64_t reuse_after_ns;
};

/* A part of a pool: functions vf_first..vf_last of one PF. base devices: pf = vf = FM_WHOLE. */
struct fm_pool_part {
	uint16_t chassis, port, pf;
	uint16_t vf_first, vf_last;
	bool spare; /* of an adapter in the pool's `spares`: for what a failed adapter had */
};

/* What a host must have before a function of the pool is given to it: AdapterPool `require`.
 * X(NAME, word) */
#define FM_REQUIRES(X)    \
	X(IOMMU, "iommu") \
	X(INTERRUPT_REMAPPING, "interruptRemapping") X(ACS, "acs")
enum fm_require {
#define X(name, text) FM_REQUIRE_##name,
	FM_REQUIRES(X)
#undef X
	FM_REQUIRE_COUNT
};
const char *fm_require_name(enum fm_require r);

struct fm_pool {
	char name[MR_NAME_MAX];
	enum mr_class device_class;
	bool exclusive;
	/* somebody else decides how many VFs its PFs have: what is enabled is handed out */
	bool external;
	uint8_t require;		    /* bits 1 << enum fm_require */
	uint32_t provision;		    /* per PF; 0 = max */
	uint32_t reservable_permille;	    /* of the port; 1000 = 100 % */
	uint32_t oversubscription_permille; /* 0 = unset: the sum of limits is free */
	struct fm_pool_part *part;
	unsigned parts;
	/* of adapters that are not there now: the pool has them again when they come back */
	struct fm_pool_part *away;
	unsigned aways;
	/* another pool has what its selector takes as well: both in words; NULL = none does */
	const char *conflict;
};

/* Smallest values of the pools that share a network port (POLICY, "Arithmetic of admission").
 * One entry a network port; the PCIe links of adapters and hosts stand in the inventory. */
struct fm_edge {
	uint16_t chassis, port, pf;
	uint8_t pfs; /* bits 1 << pf: further PFs of the adapter on the same network port */
	uint64_t net_mbps;
	uint64_t guaranteed_max_mbps; /* capacity x reservable */
	uint64_t limit_max_mbps;      /* capacity x oversubscription; UINT64_MAX = free */
};

/* PriorityClass. */
struct fm_priority {
	char name[MR_NAME_MAX];
	uint32_t value;
	bool preempts; /* preemption: LowerPriority */
	bool reclaim;  /* its extras may take running extras of a lower value */
	int64_t grace_ns;
};

/* What a claim takes of its PF's totals (fm_pf.total), beside its function. Not its namespaces:
 * they stay when the function goes, and are counted by themselves. */
struct fm_demand {
	uint32_t amount[FM_RESOURCE_COUNT];
};

/* Of one that may be NULL: nothing. */
static inline struct fm_demand fm_demand_of(const struct fm_demand *d)
{
	return d ? *d : (struct fm_demand){.amount = {0}};
}
static inline bool fm_demands_nothing(const struct fm_demand *d)
{
	uint32_t any = 0;

	for (unsigned r = 0; r < FM_RESOURCE_COUNT; r++)
		any |= d->amount[r];
	return !any;
}

/* A namespace of a device. */
struct fm_ns_want {
	const char *name;
	uint64_t size;	     /* bytes */
	uint8_t block_shift; /* 0 = what the drive likes best */
	bool shared;	     /* by all functions of the device */
	bool erase;	     /* onDelete */
};

/* A tenant. What a domain lists is for the domains that list it and for nobody else; a claim of
 * a domain gets only what its domain lists. NULL = it draws no border there. */
struct fm_domain {
	char name[MR_NAME_MAX];
	uint64_t *host;	   /* bit i: fm_desired.host[i] */
	uint64_t *pool;	   /* bit i: fm_desired.pool[i] */
	uint32_t *adapter; /* FM_ADAPTER_KEY, ascending */
	unsigned adapters;
};
#define FM_ADAPTER_KEY(chassis, port) ((uint32_t)(chassis) << 16 | (uint16_t)(port))

/* What becomes of those that an adapter had when another one is in its slot. */
enum fm_on_replace {
	FM_REPLACE_UNSAID, /* as FM_REPLACE_SLOT where vendor and device are the same, else asks
			    */
	FM_REPLACE_SLOT,   /* they go on with what is in the slot */
	FM_REPLACE_SERIAL, /* they wait for the adapter, in whatever slot of the chassis */
	FM_REPLACE_ASK	   /* they do not go on with what is in the slot before a yes */
};
/* An Adapter document's word on it; FM_WHOLE and "" = any. */
struct fm_replace {
	uint16_t chassis, port;
	char serial[32];
	enum fm_on_replace mode;
};

/* `ha`: two claims of one profile that may carry the same identity, of which one is in use. */
struct fm_pair {
	uint32_t primary, secondary; /* indices of fm_desired.claim */
	bool auto_switchover;
};

struct fm_claim {
	const char *profile; /* owned by fm_desired */
	const char *device;
	uint16_t index; /* of count */
	uint16_t count; /* of `count: {min, max}` the max */
	uint16_t pool;
	/* index of fm_desired.host; FM_WHOLE = the profile is connected to none, or, with
	 * waits_host, no host of its group is free */
	uint16_t host;
	bool extra;	 /* index >= min: filled after all minima, never preempts */
	bool atomic;	 /* all minima of the profile or none (claims of one are adjacent) */
	bool suspended;	 /* frozen: what it has stays as it is, it gets nothing new */
	bool waits_host; /* see host */
	bool retain;	 /* onRelease: retain */
	bool scrub;	 /* onRelease: scrub: only where device memory can be cleared */
	uint16_t class;	 /* 1 + index of fm_desired.prio; 0 = preempts nobody, no grace */
	uint16_t domain; /* 1 + index of fm_desired.domain */
	uint16_t demand; /* 1 + index of fm_desired.demand */
	uint16_t weight; /* 1-1000; 0 = the adapter's own default */
	uint16_t nss;	 /* its namespaces: so many of fm_desired.ns from 'ns' on */
	uint32_t ns;
	uint32_t pair;	   /* 1 + index of fm_desired.pair */
	uint32_t mirror;   /* 1 + index of the claim that gets copies of what it sends */
	uint32_t priority; /* value of its class */
	uint32_t guaranteed_mbps;
	uint32_t burst_kib;
	uint32_t limit_mbps;   /* 0 = none: counts as the port's speed */
	struct fm_attrs attrs; /* all but the identities */
	struct fm_ident_want ident[FM_IDENTS];
	const char *driver; /* "" = the kernel's default, "vfio-pci", "none" */
	const char *notes;  /* "KEY=VALUE\n"...: for the host's hooks, not for the hardware */
	enum mr_reason
		reason; /* not OK: it cannot be placed now, and why (host unknown, ...) */
	const char *detail;
};

/* Units that `placement` rules count. numa: of the host's root, so one unit a host and root. */
enum fm_topology {
	FM_TOPO_ADAPTER,
	FM_TOPO_PORT,
	FM_TOPO_SLOT,
	FM_TOPO_CHASSIS,
	FM_TOPO_NUMA,
	FM_TOPO_PF /* of MIRROR: where several PFs share a port, one of them */
};
const char *fm_topology_name(enum fm_topology t);

/* What the claims of a rule must (required) or should do. X(NAME, word) */
#define FM_RULES(X)                                                                  \
	X(ANTI_AFFINITY, "antiAffinity") /* each on a unit of its own */             \
	X(AFFINITY, "affinity")		 /* all on one unit */                       \
	X(SPREAD, "spread")   /* the fullest unit has at most max_skew more than the \
				 emptiest one of the pool */                         \
	X(PACK, "pack")	      /* on as few units as there can be */                  \
	X(MIRROR, "mirrorTo") /* affinity of those that are copied, and of the copy */
enum fm_rule_type {
#define X(name, text) FM_RULE_##name,
	FM_RULES(X)
#undef X
};
const char *fm_rule_type_name(enum fm_rule_type t);
struct fm_rule {
	enum fm_rule_type type;
	enum fm_topology topology;
	uint32_t max_skew; /* spread; 0 counts as 1 */
	bool required;
	uint32_t *claim; /* indices, ascending */
	unsigned claims;
};

enum fm_failover_mode {
	FM_FAILOVER_MANUAL,
	FM_FAILOVER_AUTOMATIC,
	FM_FAILOVER_NONE
};
struct fm_failover {
	enum fm_failover_mode mode;
	int64_t agent_lost_ns, link_down_ns; /* 0 = no such trigger */
	bool power_off, fatal_error;
	unsigned quorum;
	int64_t reboot_grace_ns, hold_down_ns, mass_window_ns;
	bool fence_required, fence_switch, fence_power;
	bool failback_automatic;
	unsigned max_concurrent;
};

struct fm_host_def {
	char name[MR_NAME_MAX];
	/* upstream ports in its chassis, in the order of its document; none: not found in any
	 * port table */
	uint16_t chassis, roots, root[FM_ROOTS_MAX];
	bool cordoned;
	bool known; /* named by a document */
	int group;  /* index of fm_desired.group, -1 none */
	bool spare;
	char bmc[FM_BMC_MAX]; /* address of its baseboard controller, "" = none */
};
/* What documents say of an adapter beside its labels; none for most. */
struct fm_adapter_def {
	uint32_t key;	/* FM_ADAPTER_KEY */
	bool suspended; /* nothing is given, moved, changed or counted anew on it */
	uint8_t mode;	/* 1 + index of the mode that it is to be in; 0 = as it is */
};
struct fm_group {
	char name[MR_NAME_MAX];
	uint16_t *host; /* indices of fm_desired.host, by name */
	unsigned hosts;
	uint16_t *spare;
	unsigned spares;
	struct fm_failover failover;
};

/* A host that the selectors of two groups take, and which of them does not have it. */
struct fm_contest {
	uint16_t host, group;
	const char *text; /* in words, with both places */
};

enum fm_drain_mode {
	FM_DRAIN_REQUEST,
	FM_DRAIN_FORCE,
	FM_DRAIN_NONE
};
struct fm_drain {
	enum fm_drain_mode mode;
	int64_t timeout_ns;
};

struct fm_profile {
	const char *name;
	const char *origin;  /* "ServerProfile db1" or "ProfileTemplate web" */
	uint16_t host, home; /* connected now; by documents without overrides (FM_WHOLE none) */
	uint32_t first_claim, claims;
	struct fm_drain drain;
	uint16_t update; /* index of fm_desired.update */
	/* 1 + index of fm_desired.group: `host: {group: G}`, any free host of it;
	 * fm_hosts_choose then sets host, home and its claims' host */
	uint16_t group;
	uint16_t home_group;	/* the same by documents without overrides */
	bool atomic, suspended; /* as its claims say */
	bool contested;		/* another group has its host: it is there to say so */
};

struct fm_desired {
	struct fm_claim *claim;
	unsigned claims;
	struct fm_profile *profile;
	unsigned profiles;
	struct fm_pool *pool;
	unsigned pools;
	struct fm_edge *edge;
	unsigned edges;
	struct fm_ident_pool *ident_pool;
	unsigned ident_pools;
	struct fm_rule *rule;
	unsigned rules;
	struct fm_priority *prio;
	unsigned prios;
	struct fm_demand *demand; /* each once */
	unsigned demands;
	struct fm_ns_want *ns;
	unsigned nss, cap_nss;
	struct fm_domain *domain;
	unsigned domains;
	struct fm_replace *replace;
	unsigned replaces;
	struct fm_pair *pair;
	unsigned pairs;
	struct fm_host_def *host;
	unsigned hosts;
	struct fm_adapter_def *adapter; /* by key */
	unsigned adapters;
	struct fm_group *group;
	unsigned groups;
	struct fm_contest *contest;
	unsigned contests;
	struct fm_update
		*update; /* [0]: FabricPolicy's; then one a document that has its own */
	unsigned updates;
	struct fm_drift_policy drift;
	struct fm_drain drain; /* FabricPolicy's */
	bool unknown_ignore;   /* unknownHosts: ignore (else refuse) */
	bool mirrors;	       /* some claim has `mirror` */
	char **strings;	       /* what the const char * point into */
	unsigned n_strings, cap_strings;
};

/* What holds for those that lost their function with adapter 'c', which was in that slot. */
enum fm_on_replace fm_desired_replace(const struct fm_desired *d, unsigned chassis,
				      unsigned port, const struct fm_card *c);
/* Whether they may go on with 'now', which is in its slot. */
bool fm_replace_goes_on(enum fm_on_replace mode, const struct fm_card *c,
			const struct fm_adapter *now);

/* The profile of that name, NULL when there is none; 'd' may be NULL. */
const struct fm_profile *fm_profile_find(const struct fm_desired *d, const char *name);

/* Whether two differ, and where they do first, in words. Not looked at: what documents alone
 * decide and no claim points at (fail-over, updates, drift). */
struct mr_buf;
bool fm_desired_differs(const struct fm_desired *a, const struct fm_desired *b,
			struct mr_buf *where);
bool fm_claim_eq(const struct fm_claim *a, const struct fm_claim *b);

struct fm_desired *fm_desired_new(void);
void fm_desired_free(struct fm_desired *d);
/* Copies a text into the storage of 'd'. */
const char *fm_desired_str(struct fm_desired *d, const char *s);
/* What documents say of the adapter behind a port; NULL: nothing. */
const struct fm_adapter_def *fm_desired_adapter(const struct fm_desired *d, unsigned chassis,
						unsigned port);
static inline bool fm_adapter_suspended(const struct fm_desired *d, unsigned chassis,
					unsigned port)
{
	const struct fm_adapter_def *def = fm_desired_adapter(d, chassis, port);

	return def && def->suspended;
}
#define FM_CLAIM_TEXT 144
/* "PROFILE/DEVICE" or, where count > 1, "PROFILE/DEVICE/INDEX". */
const char *fm_claim_text(const struct fm_claim *c, char *buf);

#endif
