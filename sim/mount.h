/* SPDX-License-Identifier: Apache-2.0 */
/* The folder that a FUSE mount goes to: whether somebody is there already, alive or dead. */
#ifndef SIM_MOUNT_H
#define SIM_MOUNT_H

struct mr_err;

/* Makes 'dir' ready to be mounted on: 0, -EBUSY for a live mount, or why it is no folder. */
int sim_mount_prepare(const char *dir, struct mr_err *err);

#endif
