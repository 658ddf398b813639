/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who uses a function (HANDOVER 12): mounts, swap, md and dm, bridge, bond and OVS membership,
 * open vfio groups and verbs devices, the agent's own connection. For a sysfs root that is not
 * the running kernel's only what the tree shows.
 */
#ifndef AGENT_USERS_H
#define AGENT_USERS_H

#include <stdbool.h>

#include "agent/sysfs.h"

struct ag_fn;

/* What is looked up once a scan. */
struct ag_users {
	char *mounts;	      /* /proc/self/mountinfo, NULL if it is not ours */
	char *swaps;	      /* /proc/swaps */
	char interface[32];   /* that the agent's connection leaves by, "" = none known */
	struct ag_open *open; /* device files that processes keep open; read when first asked */
	unsigned opens, opens_cap;
	bool looked_at_processes;
};

/* 'manager' is the manager's address ("" = none). */
void ag_users_begin(const struct ag_sysfs *fs, const char *manager, struct ag_users *ret);
void ag_users_end(struct ag_users *u);
/* Fills users and carries_agent of a function whose folder is 'dir' and that has what 'names'
 * lists. */
void ag_users_read(const struct ag_sysfs *fs, struct ag_users *u, const char *dir,
		   const struct ag_names *names, struct ag_fn *f);

#endif
