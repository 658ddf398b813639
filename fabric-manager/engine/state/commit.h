/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The change set of a step: written at the head of its actions, remembered until it is durable.
 */
#ifndef FABRIC_MANAGER_ENGINE_STATE_COMMIT_H
#define FABRIC_MANAGER_ENGINE_STATE_COMMIT_H

#include "fabric-manager/engine/state/state.h"

void fm_out_begin(struct fm_engine *e, struct fm_actions *out);
void fm_out_end(struct fm_engine *e);
void fm_committed(struct fm_engine *e, uint64_t n);
void fm_commit_failed(struct fm_engine *e, uint64_t n, const char *why);
void fm_store_timer(struct fm_engine *e);

#endif
