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

enum ag_way {
	AG_WAY_NONE,
	AG_WAY_LVF,
	AG_WAY_SYNTHETIC,
	AG_WAY_DEVICE
}; /* as enum fm_way on the wire */

struct ag_place {
	uint8_t way;
	uint16_t port;	 /* of the root, from its VS identity */
	uint16_t bridge; /* hot-plug slot */
	uint16_t pf;
	uint16_t slot; /* LVF slot from 1; 0 = the PF itself */
};

/* One root: an upstream bridge with our VS-identity capability. */
struct ag_root {
	char serial[33];
	uint16_t port, vs;
	uint64_t owner_epoch;
	uint64_t challenge;
};
#define AG_ROOTS_MAX 8

/* One function as scanned. */
struct ag_fn {
	struct ag_place place;
	uint16_t rid;
	uint16_t vendor, device;
	uint32_t class_code;
	char driver[32];
	char name[32];
	uint64_t ident0, ident1;
	bool link;
	int32_t numa, iommu_group;
	bool pf;
	uint16_t numvfs, totalvfs;
	bool vf_migration; /* PF: has the attribute vf_migration_state */
	char users[128]; /* who uses it ("mounted on /data", "route of the agent"), "" = nobody
			  */
};

/* A hot-plug slot. */
struct ag_slot {
	uint16_t port;
	uint16_t bridge;
	bool power;
	bool occupied; /* a kernel device stands behind it */
};

struct ag_scan {
	struct ag_root root[AG_ROOTS_MAX];
	unsigned roots;
	struct ag_fn *fn;
	unsigned fns;
	struct ag_slot *slot;
	unsigned slots;
	bool failed; /* sysfs could not be read: keep what is known */
};

enum ag_verb {
	AG_QUIESCE,
	AG_RELEASE,
	AG_ACTIVATE,
	AG_ENABLE_VFS,
	AG_CONFIRM_GONE
}; /* as enum fm_agent_verb */

struct ag_cmd {
	uint64_t op;
	uint8_t verb;
	uint32_t assignment, epoch;
	uint64_t owner_epoch;
	int64_t deadline_ns;
	struct ag_place place;
	char driver[32];
	bool force;
	uint64_t ident0;
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
enum ag_write {
	AG_WR_UNBIND,
	AG_WR_OVERRIDE,
	AG_WR_PROBE,
	AG_WR_RESET,
	AG_WR_SLOT_POWER,
	AG_WR_NUMVFS,
	AG_WR_AUTOPROBE,
	AG_WR_VF_STATE,
	AG_WR_HOOKS
};

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
	uint64_t tag; /* WRITE */
	enum ag_write write;
	uint16_t rid; /* WRITE: the function; SLOT_POWER: unused */
	struct ag_place place;
	uint32_t value; /* SLOT_POWER 0/1, NUMVFS, VF_STATE (place.slot: which), AUTOPROBE */
	char text[64];	/* OVERRIDE: driver ("" clears); LOG: see below */
	struct ag_root root[AG_ROOTS_MAX]; /* HELLO, ANSWER */
	unsigned roots;
	bool vf_migration; /* HELLO */
	uint64_t revision; /* REPORT, HEARTBEAT */
	bool full;
	struct ag_fn *fn; /* REPORT: owned by the action */
	unsigned fns;
	struct ag_place *gone;
	unsigned gones;
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

#endif
