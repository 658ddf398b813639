/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent's shell: gives the core its events and does what it asks for, with the loop, the
 * scanner, the workers, uevents and the session.
 */
#ifndef AGENT_SHELL_H
#define AGENT_SHELL_H

#include "agent/sysfs.h"
#include "agent/write.h"

struct mr_err;
struct mr_loop;
struct ag_shell;

struct ag_shell_config {
	struct ag_write_config write; /* sysfs root, hooks, host name */
	char manager[320];
	char uevents[108]; /* "" = netlink */
	char boot_id[512]; /* file */
	char kernel[64];
	int64_t alone_ns;
};

/* Starts; the first scan, the dialer and uevents run with the loop. */
int ag_shell_new(struct mr_loop *l, const struct ag_shell_config *cfg, struct ag_shell **ret,
		 struct mr_err *err);
/* The host goes down: tells the manager; the loop stops when that is written. */
void ag_shell_goodbye(struct ag_shell *s);
void ag_shell_free(struct ag_shell *s);

#endif
