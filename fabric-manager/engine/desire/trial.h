/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Documents -> desired -> plan, without touching anything.
 */
#ifndef FABRIC_MANAGER_ENGINE_DESIRE_TRIAL_H
#define FABRIC_MANAGER_ENGINE_DESIRE_TRIAL_H

#include "fabric-manager/engine/state/state.h"

struct fm_desired *fm_desire_make(struct fm_engine *e, const struct fm_docs *docs);
/* A plan of 'd' against what is; the caller frees it with fm_trial_done. */
struct fm_trial {
	struct fm_desired *desired; /* not owned */
	struct fm_plan_input in;
	struct fm_plan *plan;
	struct fm_plan_host *host;
	struct fm_assignment **view; /* copies of those that move: where they will be */
	unsigned views, cap_views;
	const struct fm_assignment **current;
	struct fm_asg **owner; /* of each current; NULL = what it still holds elsewhere */
	unsigned n, cap, cap_owner;
};
void fm_trial_make(struct fm_engine *e, struct fm_desired *d, struct fm_trial *ret);
void fm_trial_done(struct fm_trial *t);
bool fm_trial_fits(struct fm_engine *e, const char *const *profile, unsigned n,
		   const char *host, char *why, size_t size);

#endif
