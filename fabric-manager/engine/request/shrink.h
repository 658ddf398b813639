/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An edit that shrinks below what runs (a template, a count, a group, a document that goes, a
 * claim of higher priority): which assignments, and both places. It is refused without --yes.
 */
#ifndef FABRIC_MANAGER_ENGINE_REQUEST_SHRINK_H
#define FABRIC_MANAGER_ENGINE_REQUEST_SHRINK_H

#include "fabric-manager/engine/desire/trial.h"

struct mr_diags;

/* The running assignment that a change takes away, or NULL. */
const struct fm_asg *fm_shrink_lost(const struct fm_trial *t, const struct fm_change *c);
/* One finding for each pair of places, of the plan 't' of 'now'. */
void fm_shrink_tell(const struct fm_engine *e, const struct fm_docs *now,
		    const struct fm_trial *t, struct mr_diags *diags);

#endif
