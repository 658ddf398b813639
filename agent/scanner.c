/* SPDX-License-Identifier: Apache-2.0 */
/* A thread for each scan; the core asks for one at a time. */
#include "agent/scanner.h"

#include <pthread.h>
#include <stdlib.h>

#include "common/net/loop.h"
#include "common/xalloc.h"

struct ag_scanner {
	pthread_mutex_t lock;
	struct mr_loop *loop; /* NULL: nobody is told any more */
	struct ag_scan_config cfg;
	ag_scanned_fn *fn;
	void *arg;
	unsigned users; /* its user, and each scan until it was told */
};

struct run {
	struct ag_scanner *scanner;
	bool isolation;
	struct ag_look look;
};

static void drop(struct ag_scanner *s)
{
	bool last;

	pthread_mutex_lock(&s->lock);
	last = --s->users == 0;
	pthread_mutex_unlock(&s->lock);
	if (!last)
		return;
	pthread_mutex_destroy(&s->lock);
	free(s);
}

static void end(struct run *r)
{
	struct ag_scanner *s = r->scanner;

	ag_look_free(&r->look);
	free(r);
	drop(s);
}

/* In the loop. */
static void on_done(void *arg)
{
	struct run *r = arg;
	struct ag_scanner *s = r->scanner;
	bool tell;

	pthread_mutex_lock(&s->lock);
	tell = s->loop;
	pthread_mutex_unlock(&s->lock);
	if (tell)
		s->fn(&r->look, s->arg);
	end(r);
}

static void *work(void *arg)
{
	struct run *r = arg;
	struct ag_scanner *s = r->scanner;
	bool tell;

	ag_scan_run(&s->cfg, r->isolation, &r->look);
	pthread_mutex_lock(&s->lock);
	tell = s->loop;
	if (tell)
		mr_loop_post(s->loop, on_done, r);
	pthread_mutex_unlock(&s->lock);
	if (!tell)
		end(r);
	return NULL;
}

struct ag_scanner *ag_scanner_new(struct mr_loop *l, const struct ag_scan_config *cfg,
				  ag_scanned_fn *fn, void *arg)
{
	struct ag_scanner *s = MR_NEW(struct ag_scanner);

	pthread_mutex_init(&s->lock, NULL);
	s->loop = l;
	s->cfg = *cfg;
	s->fn = fn;
	s->arg = arg;
	s->users = 1;
	return s;
}

void ag_scanner_start(struct ag_scanner *s, bool isolation)
{
	struct run *r = MR_NEW(struct run);
	pthread_attr_t attr;
	pthread_t thread;

	r->scanner = s;
	r->isolation = isolation;
	pthread_mutex_lock(&s->lock);
	s->users++;
	pthread_mutex_unlock(&s->lock);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	if (pthread_create(&thread, &attr, work, r)) {
		r->look.scan.failed = true;
		r->look.alive = true;
		mr_loop_post(s->loop, on_done, r);
	}
	pthread_attr_destroy(&attr);
}

void ag_scanner_free(struct ag_scanner *s)
{
	if (!s)
		return;
	pthread_mutex_lock(&s->lock);
	s->loop = NULL;
	pthread_mutex_unlock(&s->lock);
	drop(s);
}
