/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thread that looks for better arrangements (plan/job.h), one after the other: up to some
 * seconds each, in which agents and operators are answered.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/net/loop.h"
#include "common/xalloc.h"
#include "fabric-manager/io/shell.h"
#include "fabric-manager/plan/job.h"

struct task {
	uint64_t tag;
	struct fm_search_job *job;
	struct task *next;
};

struct tasks {
	struct task *first, **end;
};

struct fm_searcher {
	struct fm_manager *m;
	pthread_t thread;
	pthread_mutex_t lock; /* guards all below */
	pthread_cond_t more;
	struct tasks asked, done;
	struct fm_search_job *running; /* NULL: none */
	bool stop;
};

static void put(struct tasks *l, struct task *t)
{
	t->next = NULL;
	*l->end = t;
	l->end = &t->next;
}

static struct task *take(struct tasks *l)
{
	struct task *t = l->first;

	if (!t)
		return NULL;
	l->first = t->next;
	if (!l->first)
		l->end = &l->first;
	return t;
}

static void task_free(struct task *t)
{
	fm_search_job_free(t->job);
	free(t);
}

static struct task *take_done(struct fm_searcher *s)
{
	struct task *t;

	pthread_mutex_lock(&s->lock);
	t = take(&s->done);
	pthread_mutex_unlock(&s->lock);
	return t;
}

/* In the loop's thread. */
static void tell(void *arg)
{
	struct fm_manager *m = arg;
	struct task *t;

	while ((t = take_done(m->searcher))) {
		const struct fm_event ev = {
			.kind = FM_EV_SEARCHED, .tag = t->tag, .job = t->job};

		fm_pump_event(m->pump, &ev);
		task_free(t);
	}
}

static void *work(void *arg)
{
	struct fm_searcher *s = arg;
	struct task *t;

	pthread_mutex_lock(&s->lock);
	while (!s->stop) {
		t = take(&s->asked);
		if (!t) {
			pthread_cond_wait(&s->more, &s->lock);
			continue;
		}
		s->running = t->job;
		pthread_mutex_unlock(&s->lock);
		fm_search_job_run(t->job);
		pthread_mutex_lock(&s->lock);
		s->running = NULL;
		put(&s->done, t);
		mr_loop_post(s->m->loop, tell, s->m);
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

void fm_searcher_ask(struct fm_searcher *s, uint64_t tag, struct fm_search_job *job)
{
	struct task *t = MR_NEW(struct task);

	t->tag = tag;
	t->job = job;
	pthread_mutex_lock(&s->lock);
	put(&s->asked, t);
	pthread_cond_signal(&s->more);
	pthread_mutex_unlock(&s->lock);
}

int fm_searcher_new(struct fm_manager *m, struct fm_searcher **ret, struct mr_err *err)
{
	struct fm_searcher *s = MR_NEW(struct fm_searcher);
	int rc;

	s->m = m;
	s->asked.end = &s->asked.first;
	s->done.end = &s->done.first;
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->more, NULL);
	rc = pthread_create(&s->thread, NULL, work, s);
	if (rc) {
		free(s);
		return mr_err_set(err, -rc, MR_REASON_INTERNAL, "no thread for searches: %s",
				  strerror(rc));
	}
	*ret = s;
	return 0;
}

void fm_searcher_free(struct fm_searcher *s)
{
	struct task *t;

	if (!s)
		return;
	pthread_mutex_lock(&s->lock);
	s->stop = true;
	if (s->running)
		fm_search_job_stop(s->running);
	pthread_cond_signal(&s->more);
	pthread_mutex_unlock(&s->lock);
	pthread_join(s->thread, NULL);
	while ((t = take(&s->asked)) || (t = take(&s->done)))
		task_free(t);
	pthread_cond_destroy(&s->more);
	pthread_mutex_destroy(&s->lock);
	free(s);
}
