/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From documents that were read to documents in force: what it would change and whom it
 * interrupts, the refusals, the new version.
 */
#ifndef FABRIC_MANAGER_ENGINE_REQUEST_FORCE_H
#define FABRIC_MANAGER_ENGINE_REQUEST_FORCE_H

#include "fabric-manager/engine/state/state.h"

/* What would be in force after 'r' (apply, plan -f) is put into '*ret', which the caller frees
 * in any case. False with findings when it must not be. */
bool fm_candidate(struct fm_engine *e, const struct fm_request *r, struct fm_base *ret,
		  struct mr_diags *diags);
/* Brings 'b' into force (and takes it over) if nothing forbids it, and answers. 'how' is for
 * the history, 'diags' are its warnings. */
void fm_force(struct fm_engine *e, uint64_t tag, const struct fm_request *r, struct fm_base *b,
	      const char *how, struct mr_diags *diags);
/* Answers what fm_force would do. */
void fm_force_plan(struct fm_engine *e, uint64_t tag, const struct fm_request *r,
		   struct fm_base *b, struct mr_diags *diags);
/* diff VERSION [VERSION]: what differs between documents. */
void fm_versions_diff(struct fm_engine *e, uint64_t tag, const struct fm_request *r);
/* Refuses with the findings. */
void fm_force_findings(struct fm_engine *e, uint64_t tag, struct mr_diags *diags);
/* The findings sorted, for a reply to take; NULL when there is none. */
struct mr_diags *fm_diags_keep(struct mr_diags *d);

#endif
