/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions in quarantine, and adapters that refuse.
 */
#ifndef FABRIC_MANAGER_ENGINE_STATE_OUTOFUSE_H
#define FABRIC_MANAGER_ENGINE_STATE_OUTOFUSE_H

#include "fabric-manager/engine/state/state.h"

bool fm_is_quarantined(const struct fm_engine *e, struct fm_fn_id fn);
const char *fm_quarantine_why(const struct fm_engine *e, struct fm_fn_id fn);
void fm_quarantine_add(struct fm_engine *e, const struct fm_rec_function *r, bool persist);
void fm_quarantine_end(struct fm_engine *e, struct fm_fn_id fn);
/* The chassis was read: finds what the store knew only by name. */
void fm_outofuse_find(struct fm_engine *e, unsigned chassis);
void fm_refusing_note(struct fm_engine *e, const struct fm_asg *a);
void fm_refusing_end(struct fm_engine *e, unsigned chassis, unsigned port);
void fm_refusing_end_all(struct fm_engine *e);

#endif
