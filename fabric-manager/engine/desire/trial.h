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
/* Adds to 'ret' what a candidate and the inventory say together: warnings, and the errors that
 * the documents in force do not have: what came with another inventory does not keep anybody
 * from editing. Keeps in it what it was resolved to, for fm_trial_of. */
void fm_desire_check(struct fm_engine *e, struct fm_base *b, struct mr_diags *ret);
/* Documents, overrides, cordons and inventory as they are now are in force. */
void fm_desire_renew(struct fm_engine *e);
/* A plan, and what it was made from. It is valid until something changes. */
struct fm_trial {
	struct fm_desired *desired; /* not owned */
	struct fm_plan_input in;
	const struct fm_plan *plan;
	struct fm_asg *const *owner; /* of each in.current; NULL = what it holds elsewhere */
	struct fm_plan *own;	     /* the plan, where it is its own */
	struct fm_plan_host *host;
	bool made;			/* the trial's own is also 'desired' */
	const struct fm_base *edited;	/* of these documents, for which what is in force was
					   amended; NULL = it was not */
	const char *edit[FM_EDITS_MAX]; /* and the profiles that they edit; of 'edited' */
	unsigned edits;
};
/* The plan of what is in force: the one that is kept, until the next plan is made. */
void fm_trial_now(struct fm_engine *e, struct fm_trial *ret);
/* A plan of 'd' against what is; the caller ends it with fm_trial_done before 'd' goes. Until
 * then, or until 'd' is in force, no other plan is made: but one of what is in force may be
 * there already. */
void fm_trial_make(struct fm_engine *e, struct fm_desired *d, struct fm_trial *ret);
/* A plan of the documents of 'b', in the step in which they were checked; 'b' stays until
 * fm_trial_done. Edits of profiles are followed in the wish in force, and back at the end. */
void fm_trial_of(struct fm_engine *e, struct fm_base *b, struct fm_trial *ret);
/* The documents that were tried are in force. */
void fm_trial_take(struct fm_engine *e, struct fm_trial *t);
void fm_trial_done(struct fm_engine *e, struct fm_trial *t);
/* Whether all that the profiles need has room on the host, as others stand. */
bool fm_trial_fits(struct fm_engine *e, const char *const *profile, unsigned n,
		   const char *host, char *why, size_t size);

#endif
