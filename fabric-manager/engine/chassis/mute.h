/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Adapters that are in their slots and do not answer, and rows that can't be read.
 */
#ifndef FABRIC_MANAGER_ENGINE_CHASSIS_MUTE_H
#define FABRIC_MANAGER_ENGINE_CHASSIS_MUTE_H

#include "fabric-manager/engine/state/state.h"

/* What did not answer while 'n' was read is in it as it was read before. */
void fm_mute_keep(struct fm_engine *e, unsigned chassis, struct fm_chassis *n);
/* The same for one row that an operation read back. */
void fm_mute_keep_row(struct fm_bridge *old, const struct fm_bridge *n);
/* The link of adapter 'd' went down or came up. */
void fm_mute_link(struct fm_engine *e, unsigned chassis, struct fm_adapter *d, bool up);

#endif
