/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the manager and an agent tell each other (agent.proto), as the engine sees it.
 */
#ifndef FABRIC_MANAGER_MODEL_AGENT_H
#define FABRIC_MANAGER_MODEL_AGENT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/reason.h"
#include "fabric-manager/model/ids.h"

#define FM_PKEYS_SEEN		32
#define FM_NOTES_MAX		4000
#define FM_REPORT_FUNCTIONS_MAX 65536

/* One root as the agent read it from its VS-identity capability (HANDOVER 7). */
struct fm_agent_root {
	char chassis_serial[33];
	uint16_t port, vs;
	uint64_t owner_epoch;
	uint64_t challenge; /* what the capability showed when it answered */
};

struct fm_agent_hello {
	char host[MR_NAME_MAX];
	char boot_id[40];
	uint64_t incarnation; /* of the agent process, grows */
	char kernel[64];
	bool vf_migration; /* presentations that its kernel supports beyond hot plug */
	bool told;	   /* 'has' was told: agents before it existed leave it out */
	uint8_t has;	   /* bits 1 << enum fm_require */
	struct fm_agent_root root[FM_ROOTS_MAX];
	unsigned roots;
};

/* One function in the host, at a place that the manager can point at. */
struct fm_agent_fn {
	struct fm_place place;
	uint16_t rid, domain;
	uint16_t vendor, device;
	uint32_t class_code;
	char driver[32];	 /* "" = none */
	char name[32];		 /* class device: "eth0", "mlx5_0", "nvme1" or "" */
	uint64_t ident0, ident1; /* as the host reads them */
	bool link;
	int32_t numa, iommu_group;
	bool pf; /* a PF with SR-IOV (place.slot 0) */
	uint16_t numvfs, totalvfs;
	bool pkeys_told; /* infiniband: the partition table of its port was looked at */
	uint8_t pkeys;
	uint16_t pkey[FM_PKEYS_SEEN];
};

/* A network port of the host's own, behind no slot of a switch. */
#define FM_OWN_PORTS_MAX 256
struct fm_agent_own {
	uint16_t rid, domain;
	uint32_t class_code;
	char name[32];
	uint64_t ident0, ident1;
};

/* A report: full replaces everything known of the host, else only what is listed (gone: places
 * that emptied). */
struct fm_agent_report {
	uint64_t revision;
	bool full;
	struct fm_agent_fn *fn;
	unsigned fns;
	struct fm_place *gone;
	unsigned gones;
	bool own_told; /* 'own' is all there is; else it is what it was (agents before it
			  existed: not known) */
	struct fm_agent_own *own;
	unsigned owns;
	/* done = bridges whose kernel device is gone in this boot, for tombstones: empty slots
	 * of a full report count */
};
void fm_agent_report_done(struct fm_agent_report *r);

#define FM_AGENT_VERBS(X)                                                                     \
	X(QUIESCE, "quiesce", "check for users, hooks, unbind; the function stays")           \
	X(RELEASE, "release",                                                                 \
	  "give it back: slot power off, or State Array: Unavailable, read back")             \
	X(ACTIVATE, "activate",                                                               \
	  "it was mapped: look, (LVF: Available, FLR), bind the driver, report")              \
	X(ENABLE_VFS, "enable-vfs", "PF at place.bridge: NumVFs = TotalVFs, VF migration on") \
	X(CONFIRM_GONE, "confirm-gone", "is the kernel device at the place gone? (tombstones)")
enum fm_agent_verb {
#define X(name, text, what) FM_AGENT_##name,
	FM_AGENT_VERBS(X)
#undef X
	FM_AGENT_VERB_COUNT
};
const char *fm_agent_verb_name(enum fm_agent_verb v);

struct fm_agent_cmd {
	uint64_t op; /* operation id, idempotent key */
	enum fm_agent_verb verb;
	uint32_t assignment, epoch;
	uint64_t owner_epoch;
	int64_t deadline_ns; /* from receipt */
	struct fm_place place;
	char driver[32]; /* ACTIVATE: "" default, "vfio-pci", "none" */
	bool force;	 /* QUIESCE: unbind even if there are users */
	/* for hooks, "KEY=VALUE\n"..., at most FM_NOTES_MAX; NULL = none. Owned by who sends it
	 */
	const char *notes;
	/* ACTIVATE: what the host must see when it is bound, 0 = do not check */
	uint64_t ident0;
	uint16_t count; /* ENABLE_VFS: how many; 0 = TotalVFs */
};

struct fm_agent_ack {
	uint64_t op;
	enum mr_reason reason; /* OK = ack, else nack */
	char detail[128];
	char who[64];
	bool has_fn;
	struct fm_agent_fn fn; /* as looked at afterwards */
};

#endif
