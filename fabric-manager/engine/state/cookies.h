/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers that stand in the rows of a chassis.
 */
#ifndef FABRIC_MANAGER_ENGINE_STATE_COOKIES_H
#define FABRIC_MANAGER_ENGINE_STATE_COOKIES_H

#include "fabric-manager/engine/state/state.h"

/* A chassis of ours was read: what stands there is given to no new assignment or namespace,
 * whatever an older store, or none, makes of the count. */
void fm_cookies_heed(struct fm_engine *e, unsigned chassis);

#endif
