/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What changed behind our back.
 */
#ifndef FABRIC_MANAGER_ENGINE_ASSIGN_DRIFT_H
#define FABRIC_MANAGER_ENGINE_ASSIGN_DRIFT_H

#include "fabric-manager/engine/state/state.h"

/* Whether what is read of a mapped function is what is intended; else 'why' says what not. */
bool fm_drift(const struct fm_engine *e, const struct fm_asg *a, char *why, size_t size);
/* Says so once, and when it is over. */
void fm_drift_report(struct fm_engine *e, struct fm_asg *a);
void fm_drift_timer(struct fm_engine *e);

#endif
