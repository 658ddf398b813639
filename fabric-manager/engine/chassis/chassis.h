/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One chassis: observed, owned, its events.
 */
#ifndef FABRIC_MANAGER_ENGINE_CHASSIS_CHASSIS_H
#define FABRIC_MANAGER_ENGINE_CHASSIS_CHASSIS_H

#include "fabric-manager/engine/state/state.h"

bool fm_ch_ready(const struct fm_engine *e, unsigned chassis);
void fm_ch_event(struct fm_engine *e, const struct fm_chassis_event *ev);
void fm_ch_result(struct fm_engine *e, unsigned chassis, struct fm_op_result *r);
void fm_ch_timer(struct fm_engine *e, unsigned chassis);
void fm_ch_observe(struct fm_engine *e, unsigned chassis);
void fm_ch_stale(struct fm_engine *e, unsigned chassis, uint64_t epoch);
void fm_ch_adopt(struct fm_engine *e, unsigned chassis);
const char *fm_ch_state_name(enum fm_chassis_state s);

#endif
