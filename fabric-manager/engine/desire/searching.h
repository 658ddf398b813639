/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Searches for better arrangements, made apart (plan/job.h): io/ runs them in a thread of their
 * own, so that neither agents nor operators wait for them. Who plans leaves them out, and comes
 * again when they are answered: the plan of what is in force, and the requests that show or
 * begin one. Nobody waits for ever: where the chassis is another one by then, the plan is
 * carried out without, and a request is answered without the third time.
 */
#ifndef FABRIC_MANAGER_ENGINE_DESIRE_SEARCHING_H
#define FABRIC_MANAGER_ENGINE_DESIRE_SEARCHING_H

#include "fabric-manager/engine/state/state.h"

struct fm_trial;

/* From here to 'end' plans may leave searches out: whoever asks comes again. */
void fm_searching_begin(struct fm_engine *e);
void fm_searching_end(struct fm_engine *e);
/* What a plan has to be told of it. */
void fm_searching_input(const struct fm_engine *e, struct fm_plan_input *in);

/* Whether the plan of what is in force waits for searches that it left out; they are begun. Not
 * where it waited before, and the answers are of no use to it any more: then it is made again
 * without ('*ret_hasty'). */
bool fm_searching_holds(struct fm_engine *e, struct fm_trial *t, bool *ret_hasty);
/* It is carried out. */
void fm_searching_over(struct fm_engine *e);
/* No search in this plan. */
void fm_searching_hasten(struct fm_engine *e, bool hasty);
/* Whether the request 'tag' waits for searches that its trial left out; it is kept, and made
 * again then (fm_searching_next). 'changes': it is one that changes something. */
bool fm_searching_asks(struct fm_engine *e, uint64_t tag, const struct fm_request *r,
		       bool changes, struct fm_trial *t);

/* Whether this one, which changes something, comes after another such that waits: it is kept,
 * too, and made in its turn. */
bool fm_searching_queues(struct fm_engine *e, uint64_t tag, const struct fm_request *r);

/* Event SEARCHED. */
void fm_searching_answer(struct fm_engine *e, uint64_t tag, const struct fm_search_job *job);
/* A request that has its answers, to be made again now, up to fm_searching_asked; the caller
 * frees it (fm_request_free). NULL: there is none. One a step. */
struct fm_request *fm_searching_next(struct fm_engine *e, uint64_t *ret_tag);
void fm_searching_asked(struct fm_engine *e);
/* Whether a plan or a request waits. */
bool fm_searching_any(const struct fm_engine *e);
void fm_searching_free(struct fm_engine *e);

#endif
