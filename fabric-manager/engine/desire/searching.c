// SPDX-License-Identifier: Apache-2.0
/* Which searches are under way, who waits for them, and what they found. See searching.h. */
#include "fabric-manager/engine/desire/searching.h"

#include "fabric-manager/engine/desire/trial.h"
#include "fabric-manager/engine/state/out.h"
#include "fabric-manager/engine/state/soon.h"
#include "fabric-manager/engine/state/timers.h"

#define OPEN_MAX 1024 /* searches at one time; who comes then does without */
#define ROUNDS	 2    /* of a request */
#define ANSWERS	 1024 /* kept, the newest */

struct fm_searching {
	bool patient;	/* who plans now may leave searches out, */
	bool impatient; /* or is answered without any */
	bool hasty;
	struct search {
		uint64_t tag; /* ascending */
		uint16_t chassis;
		uint64_t seen;
	} * open; /* under way */
	unsigned opens, cap_open;
	uint64_t last;			 /* tag */
	struct fm_search_answer *answer; /* a ring when it is full */
	unsigned answers, cap_answers, oldest;
	uint64_t plan;	/* tag of the last one that the plan in force waits for; 0 = it does not
			 */
	unsigned round; /* how often the request that is made now has waited, */
	unsigned place; /* and where in the list */
	struct ask {
		uint64_t tag, until;
		unsigned round;
		bool changes; /* in its turn: none overtakes another one */
		struct fm_request *request;
	} * ask;
	unsigned asks, cap_asks;
};

static struct fm_searching *searching(struct fm_engine *e)
{
	if (!e->searching)
		e->searching = MR_NEW(struct fm_searching);
	return e->searching;
}

/* See searching.h. */
void fm_searching_begin(struct fm_engine *e)
{
	struct fm_searching *s = searching(e);

	s->patient = e->search_apart && s->opens < OPEN_MAX && s->round < ROUNDS;
	s->impatient = e->search_apart && !s->patient;
}

/* See searching.h. */
void fm_searching_end(struct fm_engine *e)
{
	searching(e)->patient = searching(e)->impatient = false;
}

/* See searching.h. */
void fm_searching_input(const struct fm_engine *e, struct fm_plan_input *in)
{
	const struct fm_searching *s = e->searching;

	in->hurry = e->moves > 0 || (s && (s->hasty || s->impatient));
	in->apart = s && s->patient;
	in->answer = s ? s->answer : NULL;
	in->answers = s ? s->answers : 0;
}

static uint64_t find(const struct fm_searching *s, const struct fm_search_answer *a)
{
	for (unsigned i = 0; i < s->opens; i++)
		if (s->open[i].chassis == a->chassis && s->open[i].seen == a->seen)
			return s->open[i].tag;
	return 0;
}

/* Begins those of the jobs that are not under way; the tag of the last one of all. */
static uint64_t begin_all(struct fm_engine *e, struct fm_search_jobs *jobs)
{
	struct fm_searching *s = e->searching;
	uint64_t last = 0;

	for (unsigned i = 0; i < jobs->n; i++) {
		const struct fm_search_answer *a = fm_search_job_answer(jobs->item[i]);
		uint64_t tag = find(s, a);
		struct fm_action *act;

		if (!tag && s->opens < OPEN_MAX) {
			tag = ++s->last;
			MR_GROW(s->open, s->opens, s->cap_open);
			s->open[s->opens++] = (struct search){tag, a->chassis, a->seen};
			act = fm_act(e, FM_ACT_SEARCH);
			act->tag = tag;
			act->job = jobs->item[i];
			jobs->item[i] = NULL;
		}
		last = tag > last ? tag : last;
	}
	fm_search_jobs_free(fm_search_jobs_take(jobs));
	return last;
}

static bool all_open(const struct fm_searching *s, const struct fm_search_jobs *jobs)
{
	for (unsigned i = 0; i < jobs->n; i++)
		if (!find(s, fm_search_job_answer(jobs->item[i])))
			return false;
	return true;
}

/* See searching.h. */
bool fm_searching_holds(struct fm_engine *e, struct fm_trial *t, bool *ret_hasty)
{
	struct fm_searching *s = e->searching;

	*ret_hasty = false;
	if (!fm_plan_waits(t->plan))
		return false;
	*ret_hasty = s->plan && !all_open(s, t->plan->jobs);
	if (!*ret_hasty)
		s->plan = begin_all(e, t->plan->jobs);
	return !*ret_hasty;
}

/* See searching.h. */
void fm_searching_over(struct fm_engine *e)
{
	if (e->searching)
		e->searching->plan = 0;
}

/* See searching.h. */
void fm_searching_hasten(struct fm_engine *e, bool hasty)
{
	searching(e)->hasty = hasty;
}

static void ask(struct fm_engine *e, uint64_t tag, const struct fm_request *r, bool changes,
		uint64_t until)
{
	struct fm_searching *s = e->searching;
	unsigned at = s->round ? s->place : s->asks;

	MR_GROW(s->ask, s->asks, s->cap_asks);
	memmove(s->ask + at + 1, s->ask + at, (s->asks++ - at) * sizeof(*s->ask));
	s->ask[at] = (struct ask){.tag = tag,
				  .until = until,
				  .round = s->round,
				  .changes = changes,
				  .request = fm_request_copy(r)};
}

/* See searching.h. */
bool fm_searching_asks(struct fm_engine *e, uint64_t tag, const struct fm_request *r,
		       bool changes, struct fm_trial *t)
{
	if (!fm_plan_waits(t->plan))
		return false;
	ask(e, tag, r, changes, begin_all(e, t->plan->jobs));
	return true;
}

static bool changes_before(const struct fm_searching *s, unsigned at)
{
	for (unsigned i = 0; i < at; i++)
		if (s->ask[i].changes)
			return true;
	return false;
}

/* See searching.h. */
bool fm_searching_queues(struct fm_engine *e, uint64_t tag, const struct fm_request *r)
{
	const struct fm_searching *s = e->searching;

	if (!s || s->round || !changes_before(s, s->asks))
		return false;
	ask(e, tag, r, true, 0);
	return true;
}

/* Whether all up to this one are answered. */
static bool is_answered(const struct fm_searching *s, uint64_t until)
{
	return !s->opens || s->open[0].tag > until;
}

/* The first request that can be made again; s->asks: none. */
static unsigned due(const struct fm_searching *s)
{
	unsigned i = 0;

	while (i < s->asks && (!is_answered(s, s->ask[i].until) ||
			       (s->ask[i].changes && changes_before(s, i))))
		i++;
	return i;
}

static void ask_soon(struct fm_engine *e)
{
	if (due(e->searching) < e->searching->asks)
		fm_timer_set(e, FM_TM_SEARCH, 0, e->now.mono_ns + 1);
}

static void keep(struct fm_searching *s, const struct fm_search_answer *a)
{
	unsigned at = s->answers;

	if (at < ANSWERS) {
		MR_GROW(s->answer, at, s->cap_answers);
		s->answers++;
	} else {
		at = s->oldest++ % ANSWERS;
		fm_search_answer_done(&s->answer[at]);
	}
	s->answer[at] = fm_search_answer_copy(a);
}

/* See searching.h. */
void fm_searching_answer(struct fm_engine *e, uint64_t tag, const struct fm_search_job *job)
{
	struct fm_searching *s = e->searching;
	unsigned i = 0;

	while (s && i < s->opens && s->open[i].tag != tag)
		i++;
	if (!s || i == s->opens)
		return;
	memmove(s->open + i, s->open + i + 1, (--s->opens - i) * sizeof(*s->open));
	keep(s, fm_search_job_answer(job));
	if (s->plan && is_answered(s, s->plan))
		fm_plan_soon(e, 0);
	ask_soon(e);
}

/* See searching.h. */
struct fm_request *fm_searching_next(struct fm_engine *e, uint64_t *ret_tag)
{
	struct fm_searching *s = e->searching;
	unsigned i = due(s);
	struct fm_request *r;

	if (i == s->asks)
		return NULL;
	r = s->ask[i].request;
	*ret_tag = s->ask[i].tag;
	s->place = i;
	s->round = s->ask[i].round + 1;
	memmove(s->ask + i, s->ask + i + 1, (--s->asks - i) * sizeof(*s->ask));
	return r;
}

/* See searching.h. */
void fm_searching_asked(struct fm_engine *e)
{
	e->searching->round = 0;
	ask_soon(e);
}

/* See searching.h. */
bool fm_searching_any(const struct fm_engine *e)
{
	return e->searching && (e->searching->plan || e->searching->asks);
}

/* Frees what is known of them; those that are under way are io/'s. */
void fm_searching_free(struct fm_engine *e)
{
	struct fm_searching *s = e->searching;

	if (!s)
		return;
	for (unsigned i = 0; i < s->answers; i++)
		fm_search_answer_done(&s->answer[i]);
	for (unsigned i = 0; i < s->asks; i++)
		fm_request_free(s->ask[i].request);
	free(s->answer);
	free(s->open);
	free(s->ask);
	free(s);
}
