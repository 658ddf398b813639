/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bridges without bus numbers: when they are read again.
 */
#ifndef FABRIC_MANAGER_ENGINE_CHASSIS_NUMBERING_H
#define FABRIC_MANAGER_ENGINE_CHASSIS_NUMBERING_H

#include "fabric-manager/engine/state/state.h"

void fm_numbering_await(struct fm_engine *e);
void fm_numbering_observed(struct fm_engine *e, unsigned chassis);

#endif
