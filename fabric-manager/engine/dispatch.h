/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers of the hardware and of agents, and what the parts left for each other.
 */
#ifndef FABRIC_MANAGER_ENGINE_DISPATCH_H
#define FABRIC_MANAGER_ENGINE_DISPATCH_H

#include "fabric-manager/engine/state/state.h"

void fm_op_result(struct fm_engine *e, struct fm_op_result *r);
void fm_cmd_ack(struct fm_engine *e, uint64_t session, const struct fm_agent_ack *ack);
/* Works off what the parts left for each other (state/soon.h), until nothing is left. */
void fm_settle(struct fm_engine *e);

#endif
