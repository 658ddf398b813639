/* SPDX-License-Identifier: Apache-2.0 */
/* Searches that are made apart. See job.h. */
#include "fabric-manager/plan/job.h"

#include <stdlib.h>

#include "common/xalloc.h"
#include "fabric-manager/plan/search.h"

struct fm_search_job {
	struct fm_board *board;
	uint64_t steps;
	atomic_bool stop;
	struct fm_search_answer answer;
};

/* See job.h. */
struct fm_search_answer fm_search_answer_copy(const struct fm_search_answer *a)
{
	struct fm_search_answer n = *a;

	n.at = a->at ? mr_xmemdup(a->at, (a->tiles + 1) * sizeof(*a->at)) : NULL;
	return n;
}

/* Frees what it owns. */
void fm_search_answer_done(struct fm_search_answer *a)
{
	free(a->at);
	*a = (struct fm_search_answer){0};
}

/* See job.h. */
struct fm_search_job *fm_search_job_new(struct fm_board *b, uint64_t seen, uint64_t steps)
{
	struct fm_search_job *j = MR_NEW(struct fm_search_job);

	fm_board_detach(b);
	j->board = b;
	b->stop = &j->stop;
	j->steps = steps;
	j->answer = (struct fm_search_answer){
		.chassis = (uint16_t)b->chassis, .seen = seen, .tiles = b->tiles};
	return j;
}

/* Frees it with its board. */
void fm_search_job_free(struct fm_search_job *j)
{
	if (!j)
		return;
	fm_board_free(j->board);
	fm_search_answer_done(&j->answer);
	free(j);
}

/* See job.h. */
void fm_search_job_run(struct fm_search_job *j)
{
	uint16_t *at = mr_xcalloc(j->answer.tiles + 1, sizeof(*at));

	if (fm_search_finds(j->board, j->steps, at) && !fm_search_is_stopped(j->board))
		j->answer.at = at;
	else
		free(at);
}

/* See job.h. */
void fm_search_job_stop(struct fm_search_job *j)
{
	atomic_store_explicit(&j->stop, true, memory_order_relaxed);
}

/* See job.h. */
const struct fm_search_answer *fm_search_job_answer(const struct fm_search_job *j)
{
	return &j->answer;
}

/* See job.h. */
void fm_search_jobs_add(struct fm_search_jobs **s, struct fm_search_job *j)
{
	if (!*s)
		*s = MR_NEW(struct fm_search_jobs);
	(*s)->item = mr_xrealloc((*s)->item, (*s)->n + 1, sizeof(*(*s)->item));
	(*s)->item[(*s)->n++] = j;
}

/* See job.h. */
struct fm_search_jobs *fm_search_jobs_take(struct fm_search_jobs *s)
{
	struct fm_search_jobs *n;

	if (!s)
		return NULL;
	n = mr_xmemdup(s, sizeof(*s));
	*s = (struct fm_search_jobs){0};
	return n;
}

/* Frees them all; NULL is accepted. */
void fm_search_jobs_free(struct fm_search_jobs *s)
{
	for (unsigned i = 0; s && i < s->n; i++)
		fm_search_job_free(s->item[i]);
	if (s)
		free(s->item);
	free(s);
}

/* See job.h. */
bool fm_search_jobs_eq(const struct fm_search_jobs *a, const struct fm_search_jobs *b)
{
	unsigned n = a ? a->n : 0;

	if (n != (b ? b->n : 0))
		return false;
	for (unsigned i = 0; i < n; i++)
		if (a->item[i]->answer.chassis != b->item[i]->answer.chassis ||
		    a->item[i]->answer.seen != b->item[i]->answer.seen)
			return false;
	return true;
}
