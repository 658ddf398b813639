/* SPDX-License-Identifier: Apache-2.0 */
/*
 * After a restart: from records to state.
 */
#ifndef FABRIC_MANAGER_ENGINE_LOAD_H
#define FABRIC_MANAGER_ENGINE_LOAD_H

#include "fabric-manager/engine/state/state.h"

void fm_store_loaded(struct fm_engine *e, const struct fm_record *r, unsigned n);

#endif
