/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The writes: what each kind of the core's AG_ACT_WRITE does below a sysfs root. The only file
 * of the agent that changes anything there (the half that will keep the rights). Blocks as long
 * as the kernel does; runs in a worker's thread (writer.c).
 */
#ifndef AGENT_WRITE_H
#define AGENT_WRITE_H

#include "agent/core/core.h"
#include "agent/sysfs.h"

struct ag_write_config {
	struct ag_sysfs fs;
	char hooks[512]; /* folder of hooks */
	char host[MR_NAME_MAX];
};

/* Does the write; 0 or a negative errno value as the kernel gave it, '*ret_value' what was read
 * back (VF_STATE, NUMVFS). */
int ag_write_run(const struct ag_write_config *cfg, const struct ag_action *a,
		 uint32_t *ret_value);

#endif
