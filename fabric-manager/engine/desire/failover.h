/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Profiles of a lost host.
 */
#ifndef FABRIC_MANAGER_ENGINE_DESIRE_FAILOVER_H
#define FABRIC_MANAGER_ENGINE_DESIRE_FAILOVER_H

#include "fabric-manager/engine/state/state.h"

void fm_failover_check(struct fm_engine *e, const char *host);
void fm_failover_timer(struct fm_engine *e, const char *host);
void fm_failover_power(struct fm_engine *e, uint64_t tag, enum fm_power power,
		       const char *detail);
void fm_failover_moves(struct fm_engine *e); /* forgets the ones that ended */
/* Whether profiles can be sent there: not cordoned, in a chassis, with power. */
bool fm_host_usable(const struct fm_engine *e, unsigned host);
int fm_spare_find(const struct fm_engine *e, unsigned host);

#endif
