/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hosts of profiles that take any host of a group.
 */
#ifndef FABRIC_MANAGER_ENGINE_DESIRE_CHOOSE_H
#define FABRIC_MANAGER_ENGINE_DESIRE_CHOOSE_H

#include "fabric-manager/engine/state/state.h"

/* Sets host and home of every profile with a group, and the host of its claims; waits_host
 * where no host of the group is free. */
void fm_hosts_choose(struct fm_engine *e, struct fm_desired *d);

#endif
