/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which adapters assignments run on, as things: one that was exchanged ends what ran on it, and
 * `onReplace` says who goes on where (the planner's business).
 */
#ifndef FABRIC_MANAGER_ENGINE_STATE_CARD_H
#define FABRIC_MANAGER_ENGINE_STATE_CARD_H

#include "fabric-manager/engine/state/state.h"

/* It has a function: of which adapter. */
void fm_card_take(struct fm_engine *e, struct fm_asg *a);
/* It let go of its function: nothing is remembered, unless the adapter went first. */
void fm_card_leave(struct fm_engine *e, struct fm_asg *a);
/* Whether another adapter than its own is in the slot of its function. */
bool fm_card_other(struct fm_engine *e, struct fm_asg *a);
/* Whether it waits for a yes to adapter 'd' of a chassis, which is where its own was. */
bool fm_card_asks(const struct fm_engine *e, const struct fm_asg *a, unsigned chassis,
		  const struct fm_adapter *d);
/* How many do; with 'yes' they may go on with it from now on. */
unsigned fm_card_asked(struct fm_engine *e, unsigned chassis, const struct fm_adapter *d,
		       bool yes);

#endif
