/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the chassis says about functions while they run.
 */
#ifndef FABRIC_MANAGER_ENGINE_CHASSIS_RUNNING_H
#define FABRIC_MANAGER_ENGINE_CHASSIS_RUNNING_H

#include "fabric-manager/engine/state/state.h"

void fm_ch_slot_power(struct fm_engine *e, const struct fm_chassis_event *ev);
void fm_ch_vf_state(struct fm_engine *e, const struct fm_chassis_event *ev);
void fm_ch_vf_enable(struct fm_engine *e, const struct fm_chassis_event *ev);
void fm_ch_watchdog(struct fm_engine *e, const struct fm_chassis_event *ev);
void fm_ch_mailbox(struct fm_engine *e, const struct fm_chassis_event *ev);
void fm_ch_held(struct fm_engine *e, const struct fm_chassis_event *ev);

#endif
