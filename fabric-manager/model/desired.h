/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the documents ask for, resolved against the inventory: the planner's input.
 * policy/resolve fills it; it is const afterwards. Order of every array follows names (and then
 * indices), never the order of documents.
 */
#ifndef FABRIC_MANAGER_MODEL_DESIRED_H
#define FABRIC_MANAGER_MODEL_DESIRED_H

#include <stdbool.h>
#include <stdint.h>

#include "common/pci/regmap.h"
#include "common/reason.h"
#include "fabric-manager/model/ids.h"

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
};
struct fm_pool {
	char name[MR_NAME_MAX];
	enum mr_class device_class;
	bool exclusive;
	uint32_t provision;		    /* per PF; 0 = max */
	uint32_t reservable_permille;	    /* of the port; 1000 = 100 % */
	uint32_t oversubscription_permille; /* 0 = unset: the sum of limits is free */
	struct fm_pool_part *part;
	unsigned parts;
};

/* Smallest values of the pools that share a network port (POLICY, "Arithmetic of
 * admission"). */
struct fm_edge {
	uint16_t chassis, port, pf;
	uint64_t net_mbps;
	uint64_t guaranteed_max_mbps; /* capacity x reservable */
	uint64_t limit_max_mbps;      /* capacity x oversubscription; UINT64_MAX = free */
};

struct fm_claim {
	const char *profile; /* owned by fm_desired */
	const char *device;
	uint16_t index; /* of count */
	uint16_t count;
	uint16_t pool;
	/* index of fm_desired.host; FM_WHOLE = the profile is connected to none */
	uint16_t host;
	uint32_t priority;
	uint32_t guaranteed_mbps;
	uint32_t limit_mbps;   /* 0 = none: counts as the port's speed */
	struct fm_attrs attrs; /* all but the identities */
	struct fm_ident_want ident[FM_IDENTS];
	const char *driver; /* "" = the kernel's default, "vfio-pci", "none" */
	enum mr_reason
		reason; /* not OK: it cannot be placed now, and why (host unknown, ...) */
	const char *detail;
};

/* antiAffinity: the claims must (required) or should lie on different units of the topology. */
enum fm_topology {
	FM_TOPO_ADAPTER,
	FM_TOPO_PORT,
	FM_TOPO_SLOT,
	FM_TOPO_CHASSIS
};
const char *fm_topology_name(enum fm_topology t);
struct fm_rule {
	enum fm_topology topology;
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
	uint16_t chassis, port; /* port 0: not found in any port table */
	bool cordoned;
	bool known; /* named by a document */
	int group;  /* index of fm_desired.group, -1 none */
	bool spare;
};
struct fm_group {
	char name[MR_NAME_MAX];
	uint16_t *host; /* indices of fm_desired.host, by name */
	unsigned hosts;
	uint16_t *spare;
	unsigned spares;
	struct fm_failover failover;
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
	struct fm_host_def *host;
	unsigned hosts;
	struct fm_group *group;
	unsigned groups;
	struct fm_drain drain; /* FabricPolicy's */
	bool unknown_ignore;   /* unknownHosts: ignore (else refuse) */
	char **strings;	       /* what the const char * point into */
	unsigned n_strings, cap_strings;
};

struct fm_desired *fm_desired_new(void);
void fm_desired_free(struct fm_desired *d);
/* Copies a text into the storage of 'd'. */
const char *fm_desired_str(struct fm_desired *d, const char *s);
#define FM_CLAIM_TEXT 144
/* "PROFILE/DEVICE" or, where count > 1, "PROFILE/DEVICE/INDEX". */
const char *fm_claim_text(const struct fm_claim *c, char *buf);

#endif
