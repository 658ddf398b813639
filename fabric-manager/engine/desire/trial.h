/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Documents -> desired -> plan, without touching anything.
 */
#ifndef FABRIC_MANAGER_ENGINE_DESIRE_TRIAL_H
#define FABRIC_MANAGER_ENGINE_DESIRE_TRIAL_H

#include "fabric-manager/engine/state/state.h"

struct fm_resolve_input;

/* What 'docs' are resolved against, in force or not; to be freed with the latter. */
void fm_desire_input(struct fm_engine *e, const struct fm_docs *docs,
		     struct fm_resolve_input *ret);
void fm_desire_input_done(struct fm_resolve_input *in);
struct fm_desired *fm_desire_make(struct fm_engine *e, const struct fm_docs *docs);
/* Adds to 'ret' the errors of a candidate against the inventory that the documents in force do
 * not have: what came with another inventory does not keep anybody from editing. Keeps in it
 * what it was resolved to, for fm_desire_of. */
void fm_desire_check(struct fm_engine *e, struct fm_base *b, struct mr_diags *ret);
/* What the candidate asks for, as fm_desire_make; in the step in which it was checked. */
struct fm_desired *fm_desire_of(struct fm_engine *e, struct fm_base *b);
/* Documents, overrides, cordons and inventory as they are now are in force. */
void fm_desire_renew(struct fm_engine *e);
/* 'd', which is taken over, is what they say now. */
void fm_desire_take(struct fm_engine *e, struct fm_desired *d);
/* A plan, and what it was made from. It is valid until something changes. */
struct fm_trial {
	struct fm_desired *desired; /* not owned */
	struct fm_plan_input in;
	const struct fm_plan *plan;
	struct fm_asg *const *owner; /* of each in.current; NULL = what it holds elsewhere */
	struct fm_plan *own;	     /* the plan, where it is its own */
	struct fm_plan_host *host;
};
/* The plan of what is in force: the one that is kept, until the next plan is made. */
void fm_trial_now(struct fm_engine *e, struct fm_trial *ret);
/* A plan of 'd' against what is; the caller ends it with fm_trial_done before 'd' goes. Until
 * then, or until 'd' is in force, no other plan is made: but one of what is in force may be
 * there already. */
void fm_trial_make(struct fm_engine *e, struct fm_desired *d, struct fm_trial *ret);
void fm_trial_done(struct fm_engine *e, struct fm_trial *t);
bool fm_trial_fits(struct fm_engine *e, const char *const *profile, unsigned n,
		   const char *host, char *why, size_t size);

#endif
