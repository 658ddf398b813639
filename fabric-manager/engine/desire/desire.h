/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plan, carried out.
 */
#ifndef FABRIC_MANAGER_ENGINE_DESIRE_DESIRE_H
#define FABRIC_MANAGER_ENGINE_DESIRE_DESIRE_H

#include "fabric-manager/engine/state/state.h"

void fm_plan_run(struct fm_engine *e);

#endif
