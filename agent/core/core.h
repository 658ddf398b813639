/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent's decisions (PURE): what was found, what to do next, what to report. The shell
 * scans sysfs, carries writes out (one worker at a time per PF, with a deadline), and talks to
 * the manager.
 *
 * A scan is a list of functions that the shell read; the core compares it with what it
 * reported, decides which writes carry out a command, and acknowledges only what it saw again
 * in a later scan.
 */
#ifndef AGENT_CORE_CORE_H
#define AGENT_CORE_CORE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/ids.h"
#include "common/now.h"
#include "common/reason.h"

struct ag_core;

/* As enum fm_way on the wire. A host cannot tell a synthetic function from a whole device: what
 * stands behind a slot is reported as SYNTHETIC if it is a single function, else as DEVICE, and
 * is compared by port and bridge. */
enum ag_way {
	AG_WAY_NONE,
	AG_WAY_LVF,
	AG_WAY_SYNTHETIC,
	AG_WAY_DEVICE
};

struct ag_place {
	uint8_t way;
	uint16_t port;	 /* of the root, from its VS identity */
	uint16_t bridge; /* hot-plug slot */
	uint16_t pf;	 /* LVF: PF function number; else the function number behind the slot */
	uint16_t slot;	 /* LVF slot from 1; 0 = the PF itself */
};

/* One root: an upstream bridge with our VS-identity capability. */
struct ag_root {
	char serial[33];
	uint16_t port, vs;
	uint64_t owner_epoch;
	uint64_t challenge;
};
#define AG_ROOTS_MAX 8

/* What the host has against DMA and interrupts of functions that go astray. */
struct ag_isolation {
	bool iommu;
	bool interrupt_remapping;
	bool acs; /* on all bridges from our slots to the root complex */
};

#define AG_PKEYS_MAX 32

/* One function as scanned. */
struct ag_fn {
	struct ag_place place;
	uint16_t rid, domain;
	uint16_t vendor, device;
	uint32_t class_code;
	char driver[32];
	char name[32];
	uint64_t ident0, ident1;
	bool link;
	int32_t numa, iommu_group;
	bool pf;
	uint16_t numvfs, totalvfs;
	/* infiniband: the partition table of its port, without empty entries */
	bool pkeys_told;
	uint8_t pkeys;
	uint16_t pkey[AG_PKEYS_MAX];
	bool vf_migration; /* PF: has the attribute vf_migration_state */
	bool orphans; /* PF: VFs of an earlier life of it are left, its count is not touched */
	/* who uses it ("mounted on /data", "route of the agent"), "" = nobody */
	char users[128];
	bool carries_agent; /* the agent's own connection runs over it: never taken away */
};

/* A network port of the host's own, behind no slot of ours: nobody else may be given its
 * identities. */
struct ag_own {
	uint16_t rid, domain;
	uint32_t class_code;
	char name[32];
	uint64_t ident0, ident1;
};
#define AG_OWN_MAX 256

/* A hot-plug slot. */
struct ag_slot {
	uint16_t port;
	uint16_t bridge;
	bool power;
	bool occupied; /* a kernel device stands behind it */
	char name[16]; /* as the host calls it, comes back in SLOT_POWER's text */
};

struct ag_scan {
	struct ag_root root[AG_ROOTS_MAX];
	unsigned roots;
	struct ag_fn *fn;
	unsigned fns;
	struct ag_slot *slot;
	unsigned slots;
	struct ag_own *own;
	unsigned owns;
	bool vf_migration;	       /* the kernel has the extension of HANDOVER 14 */
	struct ag_isolation isolation; /* where the scan was asked for it */
	bool failed;		       /* sysfs could not be read: keep what is known */
};

/* As enum fm_agent_verb on the wire. */
#define AG_VERBS(X)                 \
	X(QUIESCE, "quiesce")       \
	X(RELEASE, "release")       \
	X(ACTIVATE, "activate")     \
	X(ENABLE_VFS, "enable-vfs") \
	X(CONFIRM_GONE, "confirm-gone")
enum ag_verb {
#define X(name, text) AG_##name,
	AG_VERBS(X)
#undef X
	AG_VERB_COUNT
};
const char *ag_verb_name(unsigned verb);

#define AG_NOTES_MAX 4200

struct ag_cmd {
	uint64_t op;
	uint8_t verb;
	uint32_t assignment, epoch;
	uint64_t owner_epoch;
	int64_t deadline_ns; /* from receipt; 0 = AG_DEADLINE_NS */
	struct ag_place place;
	char driver[32];
	bool force;
	uint16_t count; /* ENABLE_VFS: how many; 0 = TotalVFs */
	uint64_t ident0;
	char notes[AG_NOTES_MAX]; /* for hooks: "KEY=VALUE\n"... */
};

enum ag_event_kind {
	AG_EV_CONNECTED, /* manager reachable: say hello */
	AG_EV_DISCONNECTED,
	AG_EV_CHALLENGE,    /* answer with freshly read roots: a SCAN follows */
	AG_EV_ACCEPTED,	    /* report in full */
	AG_EV_REPORT_ACKED, /* revision */
	AG_EV_COMMAND,
	AG_EV_SCAN,	/* result of an ACT_SCAN */
	AG_EV_UEVENT,	/* something changed: scan soon (bursts are folded) */
	AG_EV_WRITTEN,	/* result of an ACT_WRITE: tag, err (negative errno or 0), value read
			   back */
	AG_EV_SHUTDOWN, /* the host goes down */
	AG_EV_TIMER,
};
struct ag_event {
	enum ag_event_kind kind;
	uint64_t revision;
	const struct ag_cmd *cmd;
	const struct ag_scan *scan;
	uint64_t tag;
	int err;
	uint32_t value;
};

/* Writes are data: what, where, value. The shell's table turns them into sysfs paths; only it
 * has rights. */
#define AG_WRITES(X)                                                                     \
	X(UNBIND, "unbind")                                                              \
	X(OVERRIDE, "driver-override")                                                   \
	X(PROBE, "probe") /* a VF also while its PF's autoprobe is off */                \
	X(RESET, "reset")                                                                \
	X(SLOT_POWER, "slot-power")                                                      \
	X(NUMVFS, "numvfs")                                                              \
	X(AUTOPROBE, "autoprobe")                                                        \
	X(VF_STATE, "vf-state") /* value AG_VF_STATE_READ: read only (no legal state) */ \
	X(HOOKS, "hooks")	/* text: "release" or "activate" */
enum ag_write {
#define X(name, text) AG_WR_##name,
	AG_WRITES(X)
#undef X
	AG_WRITE_COUNT
};
const char *ag_write_name(unsigned write);

#define AG_VF_STATE_READ 0xff

enum ag_action_kind {
	AG_ACT_SCAN,
	AG_ACT_WRITE,
	AG_ACT_HELLO,
	AG_ACT_ANSWER,
	AG_ACT_REPORT,
	AG_ACT_ACK,
	AG_ACT_HEARTBEAT,
	AG_ACT_GOODBYE,
	AG_ACT_LOG
};
struct ag_action {
	enum ag_action_kind kind;
	uint64_t tag;	     /* WRITE */
	int64_t deadline_ns; /* WRITE: monotonic; one that did not start by then is dropped
				(-ETIMEDOUT) */
	enum ag_write write;
	/* WRITE: the function (VF_STATE, NUMVFS: the PF); SLOT_POWER: unused */
	uint16_t rid, domain;
	struct ag_place place;
	uint32_t value; /* SLOT_POWER 0/1, NUMVFS, VF_STATE (place.slot: which), AUTOPROBE */
	char text[64]; /* OVERRIDE: driver ("" clears); UNBIND: driver; HOOKS: when; SLOT_POWER:
			  slot */
	const char *notes; /* HOOKS: of the command; good until the next call of the core */
	struct ag_root root[AG_ROOTS_MAX]; /* HELLO, ANSWER */
	unsigned roots;
	bool vf_migration;	       /* HELLO */
	struct ag_isolation isolation; /* HELLO */
	bool isolation_wanted; /* SCAN: for the HELLO that follows; else it is not looked for */
	uint64_t revision;     /* REPORT, HEARTBEAT */
	bool full;
	struct ag_fn *fn; /* REPORT: owned by the action */
	unsigned fns;
	struct ag_place *gone;
	unsigned gones;
	bool own_told;	    /* REPORT: 'own' is all there is of these, and not what it was */
	struct ag_own *own; /* owned by the action */
	unsigned owns;
	uint64_t op; /* ACK */
	enum mr_reason reason;
	char detail[128];
	char who[64];
	bool has_fn;
	struct ag_fn ack_fn;
	int level; /* LOG: 1 info 2 warn 3 error; detail = the line */
};
struct ag_actions {
	struct ag_action *item;
	unsigned n, cap;
};
void ag_actions_done(struct ag_actions *a);
void ag_actions_reset(struct ag_actions *a);

struct ag_core *ag_core_new(void);
void ag_core_free(struct ag_core *c);
void ag_core_step(struct ag_core *c, struct mr_now now, const struct ag_event *ev,
		  struct ag_actions *out);
int64_t ag_core_deadline(const struct ag_core *c);

#define AG_DEADLINE_NS	(30 * INT64_C(1000000000)) /* of a command that names none */
#define AG_FOLD_NS	(20 * INT64_C(1000000))	   /* uevents of one burst, one scan */
#define AG_RESCAN_NS	(30 * INT64_C(1000000000)) /* uevents can be lost */
#define AG_POLL_NS	(500 * INT64_C(1000000))   /* the same, while a command waits */
#define AG_RETRY_NS	(1000 * INT64_C(1000000))  /* after a scan that failed */
#define AG_HEARTBEAT_NS (5 * INT64_C(1000000000))
#define AG_ALONE_NS	(10 * INT64_C(1000000000))

/*
 * How long the agent waits for a manager before it acts alone (default AG_ALONE_NS): a host
 * that rebooted while the manager is away gets its functions again (HANDOVER 1), so VFs of PFs
 * with VF migration are enabled and those that come up Available are given to their drivers.
 * MR_NEVER: never.
 */
void ag_core_set_alone(struct ag_core *c, int64_t ns);

#endif
