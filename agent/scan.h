/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One look at the host: PCI tree, slots, drivers, class devices, users, as the core wants it.
 * Blocks while it reads; runs in a thread of its own (scanner.c).
 */
#ifndef AGENT_SCAN_H
#define AGENT_SCAN_H

#include "agent/core/core.h"
#include "agent/sysfs.h"

struct ag_scan_config {
	struct ag_sysfs fs;
	char boot_id[512]; /* path of the file */
	char manager[320]; /* address, for the route to it; "" = none */
};

/* What a scan found, and of which boot of which host. */
struct ag_look {
	struct ag_scan scan;
	char boot_id[40];
	bool alive; /* there is a PCI tree */
};

/* 'isolation': what the host has against stray DMA is looked for as well. It is told once a
 * session, and costs the configuration space of every bridge. */
void ag_scan_run(const struct ag_scan_config *cfg, bool isolation, struct ag_look *ret);
void ag_look_free(struct ag_look *l); /* what 'l' owns */

#endif
