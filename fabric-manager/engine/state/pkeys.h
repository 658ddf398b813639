/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Partitions: a PortProfile wants membership, the subnet manager gives it. What the host's
 * agent reads on the port decides, whoever set it.
 */
#ifndef FABRIC_MANAGER_ENGINE_STATE_PKEYS_H
#define FABRIC_MANAGER_ENGINE_STATE_PKEYS_H

#include "fabric-manager/engine/state/state.h"

/* Says PKEY_MISSING of an assignment that runs, or that it is no more so. */
void fm_pkeys_check(struct fm_engine *e, struct fm_asg *a);
/* Nothing else is the matter with it. */
void fm_pkeys_settle(struct fm_engine *e, struct fm_asg *a);

#endif
