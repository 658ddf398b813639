/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was adopted and the claims of documents: a claim without a function takes over one that
 * runs on its host as the claim would have it, without a cut. To the planner such a function is
 * the claim's own; where its plan does anything but keep it, it stays what it is.
 */
#ifndef FABRIC_MANAGER_ENGINE_DESIRE_TAKEOVER_H
#define FABRIC_MANAGER_ENGINE_DESIRE_TAKEOVER_H

#include "fabric-manager/engine/state/state.h"

/* Which claim of 'd' each of them may stand for (fm_asg.stands_for); not those in 'no'. */
void fm_takeover_match(struct fm_engine *e, const struct fm_desired *d,
		       const struct mr_map *no);
/* Those that 'p' does not keep as they are go into 'no'; false: there is none. */
bool fm_takeover_refute(struct fm_engine *e, const struct fm_plan *p, struct mr_map *no);
/* As the claim's own. */
struct fm_assignment fm_takeover_view(const struct fm_engine *e, const struct fm_desired *d,
				      const struct fm_asg *a);
/* Calls what it has attached by the names that the claim has for it, in a copy of e->data. */
void fm_takeover_data(struct fm_engine *e, const struct fm_desired *d, const struct fm_asg *a,
		      struct fm_rec_data *data);
/* It is the claim's own from now on. */
void fm_takeover(struct fm_engine *e, const struct fm_desired *d, struct fm_asg *a,
		 const struct fm_claim *c);

#endif
