/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deadlines of all parts.
 */
#ifndef FABRIC_MANAGER_ENGINE_STATE_TIMERS_H
#define FABRIC_MANAGER_ENGINE_STATE_TIMERS_H

#include "fabric-manager/engine/state/state.h"

void fm_timer_set(struct fm_engine *e, enum fm_timer_kind kind, uint64_t key, int64_t when);
bool fm_timer_pop(struct fm_engine *e, struct fm_timer *ret);

#endif
