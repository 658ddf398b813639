/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lanes: a queue and a thread for each (port, bridge) that has work; the thread ends with its
 * queue. Lanes and jobs are guarded by one lock; results go to the loop by mr_loop_post.
 *
 * Life: the writer is counted by its user, by each lane's thread and by each result on its way,
 * because the user may leave while a write hangs.
 */
#include "agent/writer.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "common/net/loop.h"
#include "common/os/clock.h"
#include "common/xalloc.h"

struct job {
	struct ag_writer *writer;
	struct ag_action action;
	char *notes; /* action.notes */
	int err;
	uint32_t value;
	TAILQ_ENTRY(job) next;
};

struct lane {
	struct ag_writer *writer;
	uint32_t key;
	TAILQ_HEAD(, job) jobs;
	TAILQ_ENTRY(lane) next;
};

struct ag_writer {
	pthread_mutex_t lock;
	struct mr_loop *loop; /* NULL: nobody is told any more */
	struct ag_write_config cfg;
	ag_written_fn *fn;
	void *arg;
	unsigned users;
	TAILQ_HEAD(, lane) lanes;
};

static void job_free(struct job *j)
{
	free(j->notes);
	free(j);
}

/* With the lock held; gives it back. */
static void unlock_and_drop(struct ag_writer *w)
{
	bool last = --w->users == 0;

	pthread_mutex_unlock(&w->lock);
	if (!last)
		return;
	pthread_mutex_destroy(&w->lock);
	free(w);
}

/* In the loop. */
static void on_done(void *arg)
{
	struct job *j = arg;
	struct ag_writer *w = j->writer;
	bool tell;

	pthread_mutex_lock(&w->lock);
	tell = w->loop;
	pthread_mutex_unlock(&w->lock);
	if (tell)
		w->fn(j->action.tag, j->err, j->value, w->arg);
	job_free(j);
	pthread_mutex_lock(&w->lock);
	unlock_and_drop(w);
}

static void run(struct job *j)
{
	if (j->action.deadline_ns <= mr_clock_now().mono_ns)
		j->err = -ETIMEDOUT;
	else
		j->err = ag_write_run(&j->writer->cfg, &j->action, &j->value);
}

/* The thread of a lane. */
static void *work(void *arg)
{
	struct lane *lane = arg;
	struct ag_writer *w = lane->writer;
	struct job *j;

	pthread_mutex_lock(&w->lock);
	while ((j = TAILQ_FIRST(&lane->jobs))) {
		TAILQ_REMOVE(&lane->jobs, j, next);
		pthread_mutex_unlock(&w->lock);
		run(j);
		pthread_mutex_lock(&w->lock);
		if (w->loop) {
			w->users++;
			mr_loop_post(w->loop, on_done, j);
		} else {
			job_free(j);
		}
	}
	TAILQ_REMOVE(&w->lanes, lane, next);
	free(lane);
	unlock_and_drop(w);
	return NULL;
}

struct ag_writer *ag_writer_new(struct mr_loop *l, const struct ag_write_config *cfg,
				ag_written_fn *fn, void *arg)
{
	struct ag_writer *w = MR_NEW(struct ag_writer);

	pthread_mutex_init(&w->lock, NULL);
	w->loop = l;
	w->cfg = *cfg;
	w->fn = fn;
	w->arg = arg;
	w->users = 1;
	TAILQ_INIT(&w->lanes);
	return w;
}

static struct lane *find_lane(struct ag_writer *w, uint32_t key)
{
	struct lane *lane;

	TAILQ_FOREACH (lane, &w->lanes, next)
		if (lane->key == key)
			return lane;
	return NULL;
}

/* With the lock held: a lane and its thread; a job that gets none ends at once. */
static void start_lane(struct ag_writer *w, uint32_t key, struct job *j)
{
	struct lane *lane = MR_NEW(struct lane);
	pthread_attr_t attr;
	pthread_t thread;
	int rc;

	lane->writer = w;
	lane->key = key;
	TAILQ_INIT(&lane->jobs);
	TAILQ_INSERT_TAIL(&lane->jobs, j, next);
	TAILQ_INSERT_TAIL(&w->lanes, lane, next);
	w->users++;
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	rc = pthread_create(&thread, &attr, work, lane);
	pthread_attr_destroy(&attr);
	if (!rc)
		return;
	TAILQ_REMOVE(&w->lanes, lane, next);
	free(lane);
	j->err = -rc; /* the lane's count goes to the result */
	mr_loop_post(w->loop, on_done, j);
}

void ag_writer_add(struct ag_writer *w, const struct ag_action *a)
{
	uint32_t key = (uint32_t)a->place.port << 16 | a->place.bridge;
	struct job *j = MR_NEW(struct job);
	struct lane *lane;

	j->writer = w;
	j->action = *a;
	j->notes = mr_xstrdup(a->notes);
	j->action.notes = j->notes;
	pthread_mutex_lock(&w->lock);
	lane = find_lane(w, key);
	if (lane)
		TAILQ_INSERT_TAIL(&lane->jobs, j, next);
	else
		start_lane(w, key, j);
	pthread_mutex_unlock(&w->lock);
}

void ag_writer_free(struct ag_writer *w)
{
	struct lane *lane;
	struct job *j;

	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	w->loop = NULL;
	TAILQ_FOREACH (lane, &w->lanes, next)
		while ((j = TAILQ_FIRST(&lane->jobs))) {
			TAILQ_REMOVE(&lane->jobs, j, next);
			job_free(j);
		}
	unlock_and_drop(w);
}
