/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Switch-over of `ha` pairs.
 */
#ifndef FABRIC_MANAGER_ENGINE_ASSIGN_SWITCHOVER_H
#define FABRIC_MANAGER_ENGINE_ASSIGN_SWITCHOVER_H

#include "fabric-manager/engine/state/state.h"

/* The end of the way in of one whose gate stays closed, for now or as standby. */
void fm_switchover_rest(struct fm_engine *e, struct fm_asg *a);
/* What its adapter refused is taken, or not wanted any more: Active, or a standby again. */
void fm_switchover_content(struct fm_engine *e, struct fm_asg *a);
/* The standby 'to' and the other one of its pair change roles. */
void fm_switchover(struct fm_engine *e, struct fm_asg *to, const char *why);
/* Looks at all pairs: whose one in use failed, and whose gate can be opened by now. */
void fm_switchover_run(struct fm_engine *e);

#endif
