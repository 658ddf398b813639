/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Searches that a plan leaves to its caller (fm_plan_input.apart): looking for a better
 * arrangement of a chassis takes up to some hundred milliseconds, a plan takes one. A job holds
 * all that it needs, so any thread can run it; its answer goes into the next plan's input, and
 * counts there as long as the chassis is as it was.
 */
#ifndef FABRIC_MANAGER_PLAN_JOB_H
#define FABRIC_MANAGER_PLAN_JOB_H

#include <stdbool.h>
#include <stdint.h>

/* What came out of a search. */
struct fm_search_answer {
	uint16_t chassis;
	uint64_t seen; /* all that the search went by, as one number */
	uint16_t *at;  /* bin of each tile (board.h); NULL = nothing better was found */
	unsigned tiles;
};
/* The caller frees the copy with fm_search_answer_done. */
struct fm_search_answer fm_search_answer_copy(const struct fm_search_answer *a);
void fm_search_answer_done(struct fm_search_answer *a);

struct fm_search_job;
struct fm_board;

/* Takes the board over, and makes it one that needs no planner; it is arranged within so many
 * looks. The caller frees the job with fm_search_job_free. */
struct fm_search_job *fm_search_job_new(struct fm_board *b, uint64_t seen, uint64_t steps);
void fm_search_job_free(struct fm_search_job *j); /* NULL is accepted */
/* Searches; once. Touches nothing but the job, and gives the same answer whenever it is run. */
void fm_search_job_run(struct fm_search_job *j);
/* Nobody waits for it: it ends soon, and says that nothing was found. From any thread. */
void fm_search_job_stop(struct fm_search_job *j);
/* Which search it is, and after it was run what came out of it: valid as long as the job. */
const struct fm_search_answer *fm_search_job_answer(const struct fm_search_job *j);

/* Jobs of one plan, each for another chassis. NULL: none. */
struct fm_search_jobs {
	struct fm_search_job **item;
	unsigned n;
};
void fm_search_jobs_add(struct fm_search_jobs **s, struct fm_search_job *j);
/* They are in another list then, which the caller frees; this one is empty. */
struct fm_search_jobs *fm_search_jobs_take(struct fm_search_jobs *s);
void fm_search_jobs_free(struct fm_search_jobs *s);
/* Whether they are the same searches. */
bool fm_search_jobs_eq(const struct fm_search_jobs *a, const struct fm_search_jobs *b);

#endif
