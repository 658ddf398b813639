/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compares what was observed with what is intended.
 */
#ifndef FABRIC_MANAGER_ENGINE_ASSIGN_JOIN_H
#define FABRIC_MANAGER_ENGINE_ASSIGN_JOIN_H

#include "fabric-manager/engine/state/state.h"

void fm_ch_join(struct fm_engine *e, unsigned chassis);
void fm_asg_slot(struct fm_engine *e, struct fm_asg *a);

#endif
