/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lets hosts in, in policy order.
 */
#ifndef FABRIC_MANAGER_ENGINE_CHASSIS_PORTS_H
#define FABRIC_MANAGER_ENGINE_CHASSIS_PORTS_H

#include "fabric-manager/engine/state/state.h"

void fm_ports_check(struct fm_engine *e);
void fm_ports_result(struct fm_engine *e, const struct fm_inflight *f,
		     const struct fm_op_result *r);

#endif
