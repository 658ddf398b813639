/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From documents that were read to documents in force: what it would change and whom it
 * interrupts, the refusals, the new version.
 */
#ifndef FABRIC_MANAGER_ENGINE_REQUEST_FORCE_H
#define FABRIC_MANAGER_ENGINE_REQUEST_FORCE_H

#include "fabric-manager/engine/state/state.h"

/* Brings 'b' into force (and takes it over) if nothing forbids it, and answers. 'diags' are its
 * warnings. */
void fm_force(struct fm_engine *e, uint64_t tag, const struct fm_request *r, struct fm_base *b,
	      struct mr_diags *diags);
/* Answers what fm_force would do. */
void fm_force_plan(struct fm_engine *e, uint64_t tag, const struct fm_request *r,
		   struct fm_base *b, struct mr_diags *diags);
/* Refuses with the findings. */
void fm_force_findings(struct fm_engine *e, uint64_t tag, struct mr_diags *diags);
/* The findings sorted, for a reply to take; NULL when there is none. */
struct mr_diags *fm_diags_keep(struct mr_diags *d);
/* Whether two sets of documents are the same, with the sets that they belong to. */
bool fm_base_same(struct fm_engine *e, const struct fm_base *a, const struct fm_base *b);

#endif
