/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The planner that the engine keeps: made from what is, told of what changed (state/news.h),
 * and asked for plans. Plans on trial are made by it, too; it goes back to what is in force
 * when the trial ends, unless that is in force by then.
 */
#ifndef FABRIC_MANAGER_ENGINE_DESIRE_KEPT_H
#define FABRIC_MANAGER_ENGINE_DESIRE_KEPT_H

#include "fabric-manager/engine/state/state.h"

/* 'd' is in force instead of fm_engine.desired, which is freed. */
void fm_kept_desired(struct fm_engine *e, struct fm_desired *d);
struct fm_resolve_input;
struct fm_amend;
/* What is in force is brought to what 'in' says now; false where it has to be made anew. */
bool fm_kept_amend(struct fm_engine *e, const struct fm_resolve_input *in,
		   struct fm_amend *what);
/* The plan of what is in force, as things are now; valid until the next call. */
const struct fm_plan *fm_kept_plan(struct fm_engine *e);
/* A plan of 'd' instead, valid until fm_kept_tried or until 'd' is in force, and no other plan
 * is made until then. Where it is the caller's own, who frees it, it is '*ret_own', too: that
 * of what is in force always is. */
const struct fm_plan *fm_kept_try(struct fm_engine *e, const struct fm_desired *d,
				  struct fm_plan **ret_own);
/* The end of a trial; nothing if what was tried is in force. */
void fm_kept_tried(struct fm_engine *e);
/* The plan of a trial, the last one that was made, as fm_plan_tree gives it. */
struct fm_trial;
struct mr_tree *fm_kept_tree(struct fm_engine *e, const struct fm_trial *t);
/* What plans are made from: the input but for its desired, and whose each current is (NULL:
 * what one holds beside where it goes). Valid until the next call. */
const struct fm_plan_input *fm_kept_input(const struct fm_engine *e);
struct fm_asg *const *fm_kept_owners(const struct fm_engine *e);
/* What agents say of the hosts of 'd'; the caller frees it. */
struct fm_plan_host *fm_kept_hosts(struct fm_engine *e, const struct fm_desired *d);
void fm_kept_free(struct fm_engine *e);

#endif
