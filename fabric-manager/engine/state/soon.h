/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Notifications: what a part leaves for another one, higher up, to do later in the step or in a
 * moment. So no part calls what stands above it. Two more are plain fields: fm_ch.join (a
 * chassis was read) and fm_engine.arrived (an assignment came to rest); engine.c works all of
 * them off.
 */
#ifndef FABRIC_MANAGER_ENGINE_STATE_SOON_H
#define FABRIC_MANAGER_ENGINE_STATE_SOON_H

#include "fabric-manager/engine/state/state.h"

/* A plan is to be made in 'in_ns'. */
void fm_plan_soon(struct fm_engine *e, int64_t in_ns);
/* Documents or cordons changed. */
void fm_desire_changed(struct fm_engine *e);
/* The override of a profile did. */
void fm_override_changed(struct fm_engine *e, const char *profile);
/* A chassis was read, and is not what it was; or its adapters are not, and the rest is. */
void fm_inventory_changed(struct fm_engine *e);
void fm_adapters_changed(struct fm_engine *e);
void fm_adapters_news(struct fm_engine *e);
/* A host's agent was accepted, or reported for the first time. */
void fm_host_came(struct fm_engine *e);
/* Hosts may be let in. */
void fm_ports_soon(struct fm_engine *e);
/* Something of the host changed: does it still stand for its profiles? */
void fm_failover_soon(struct fm_engine *e, struct fm_hst *h);

#endif
