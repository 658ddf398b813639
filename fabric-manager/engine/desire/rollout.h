/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rollouts: edits that take something from running assignments, carried out as `update` says.
 */
#ifndef FABRIC_MANAGER_ENGINE_DESIRE_ROLLOUT_H
#define FABRIC_MANAGER_ENGINE_DESIRE_ROLLOUT_H

#include "fabric-manager/engine/state/state.h"

/* While one plan is carried out. */
struct fm_turns {
	bool *disturbed; /* by index of desired.host */
	unsigned held;	 /* steps that may not begin yet */
	int64_t opens;	 /* wall: when the next window opens */
};
void fm_turns_begin(struct fm_engine *e, struct fm_turns *t);
/* Whether a step of the plan that takes 'a' from its host, or binds it anew, may begin now. */
bool fm_turns_may(struct fm_engine *e, struct fm_turns *t, struct fm_asg *a,
		  enum fm_class change_class);
bool fm_turns_may_count(struct fm_engine *e, struct fm_turns *t);
void fm_turns_end(struct fm_engine *e, struct fm_turns *t);

/* Assignments came to rest: did what was begun succeed? */
void fm_rollout_check(struct fm_engine *e);
void fm_rollout_resume(struct fm_engine *e);
void fm_rollout_cancel(struct fm_engine *e);
/* A profile's step that waits for `approve`, by operation or profile; NULL = none. */
struct fm_asked *fm_rollout_asked(struct fm_engine *e, const char *name);
void fm_rollout_approve(struct fm_engine *e, struct fm_asked *a);
const char *fm_held_text(enum fm_held h);
const char *fm_held_name(enum fm_held h);
const char *fm_rollout_state_name(enum fm_rollout_state s);

#endif
