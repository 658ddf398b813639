/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What changed behind our back.
 */
#ifndef FABRIC_MANAGER_ENGINE_ASSIGN_DRIFT_H
#define FABRIC_MANAGER_ENGINE_ASSIGN_DRIFT_H

#include "fabric-manager/engine/state/state.h"

/* Bits of what is read of a mapped function and is not as intended; 0 = nothing. */
uint32_t fm_drift(const struct fm_engine *e, const struct fm_asg *a);
void fm_drift_text(const struct fm_engine *e, const struct fm_asg *a, enum fm_drift d,
		   char *reads, char *intended, size_t size);
void fm_drift_sentence(const struct fm_engine *e, const struct fm_asg *a, uint32_t drift,
		       struct mr_buf *out);
/* Says so once, and when it is over. */
void fm_drift_report(struct fm_engine *e, struct fm_asg *a);
void fm_drift_policy_changed(struct fm_engine *e);
void fm_drift_timer(struct fm_engine *e);

#endif
