/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loop over libevent's event_base. One event, 'later', ends each turn: it runs the deferred
 * calls and then writes what the peers queued, so that a burst of sends is one write.
 */
#include "common/net/loop.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/net/loop-int.h"
#include "common/now.h"
#include "common/os/clock.h"
#include "common/xalloc.h"

struct mr_timer {
	struct event ev;
	mr_loop_fn *fn;
	void *arg;
	int64_t at;
};

struct mr_watch {
	struct event ev;
	mr_loop_fn *fn;
	void *arg;
};

struct mr_signal {
	SLIST_ENTRY(mr_signal) link;
	struct mr_watch watch;
};

static void calls_add(struct mr_calls *c, mr_loop_fn *fn, void *arg)
{
	MR_GROW(c->item, c->n, c->cap);
	c->item[c->n++] = (struct mr_call){fn, arg};
}

/* Runs and frees a list that was taken from its owner: what the calls add goes to a new one. */
static void calls_run(struct mr_calls *c)
{
	struct mr_calls taken = *c;

	*c = (struct mr_calls){0};
	for (unsigned i = 0; i < taken.n; i++)
		taken.item[i].fn(taken.item[i].arg);
	if (!c->item) { /* keep the memory for the next turn */
		taken.n = 0;
		*c = taken;
	} else {
		free(taken.item);
	}
}

static void run_flushes(struct mr_loop *l)
{
	struct mr_flush *f;

	while ((f = TAILQ_FIRST(&l->flushes))) {
		mr_flush_cancel(l, f);
		f->fn(f->arg);
	}
}

static void on_later(evutil_socket_t fd, short what, void *arg)
{
	struct mr_loop *l = arg;

	(void)fd, (void)what;
	calls_run(&l->deferred);
	run_flushes(l);
}

static void run_posted(struct mr_post *post)
{
	struct mr_calls taken;

	pthread_mutex_lock(&post->lock);
	taken = post->calls;
	post->calls = (struct mr_calls){0};
	pthread_mutex_unlock(&post->lock);
	for (unsigned i = 0; i < taken.n; i++)
		taken.item[i].fn(taken.item[i].arg);
	free(taken.item);
}

static void on_post(evutil_socket_t fd, short what, void *arg)
{
	struct mr_loop *l = arg;
	uint64_t n;

	(void)what;
	if (read(fd, &n, sizeof(n)) < 0 && errno != EAGAIN && errno != EINTR)
		abort(); /* an eventfd of our own cannot fail otherwise */
	run_posted(l->post);
}

static struct mr_post *post_new(void)
{
	struct mr_post *post = MR_NEW(struct mr_post);

	pthread_mutex_init(&post->lock, NULL);
	post->refs = 1;
	post->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (post->fd < 0)
		abort();
	return post;
}

/* A reference for another thread, taken in the loop's. */
struct mr_post *mr_post_ref(struct mr_loop *l)
{
	pthread_mutex_lock(&l->post->lock);
	l->post->refs++;
	pthread_mutex_unlock(&l->post->lock);
	return l->post;
}

/* Gives a reference back; the last one frees. */
void mr_post_unref(struct mr_post *post)
{
	bool last;

	pthread_mutex_lock(&post->lock);
	last = --post->refs == 0;
	pthread_mutex_unlock(&post->lock);
	if (!last)
		return;
	close(post->fd);
	pthread_mutex_destroy(&post->lock);
	free(post->calls.item);
	free(post);
}

/* Hands a call to the loop; false when the loop is gone and the call will not be made. */
bool mr_post_call(struct mr_post *post, mr_loop_fn *fn, void *arg)
{
	const uint64_t one = 1;
	bool wake, closed;

	pthread_mutex_lock(&post->lock);
	closed = post->closed;
	wake = post->calls.n == 0;
	if (!closed)
		calls_add(&post->calls, fn, arg);
	pthread_mutex_unlock(&post->lock);
	if (!closed && wake && write(post->fd, &one, sizeof(one)) < 0 && errno != EAGAIN)
		abort(); /* EAGAIN: it is readable already */
	return !closed;
}

/* Thousands of agents need thousands of descriptors: take what the hard limit gives. */
static void raise_descriptor_limit(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur < r.rlim_max) {
		r.rlim_cur = r.rlim_max;
		setrlimit(RLIMIT_NOFILE, &r);
	}
}

/* A new loop. SIGPIPE is ignored from here on: a peer that went away is an error of its
 * write. */
struct mr_loop *mr_loop_new(void)
{
	struct mr_loop *l = MR_NEW(struct mr_loop);

	signal(SIGPIPE, SIG_IGN);
	raise_descriptor_limit();
	l->base = event_base_new();
	if (!l->base)
		abort();
	l->post = post_new();
	TAILQ_INIT(&l->flushes);
	SLIST_INIT(&l->signals);
	event_assign(&l->later, l->base, -1, 0, on_later, l);
	event_assign(&l->post_event, l->base, l->post->fd, EV_READ | EV_PERSIST, on_post, l);
	event_add(&l->post_event, NULL);
	return l;
}

void mr_loop_unpost(struct mr_loop *l, const void *arg)
{
	struct mr_calls *c = &l->post->calls;
	unsigned kept = 0;

	pthread_mutex_lock(&l->post->lock);
	for (unsigned i = 0; i < c->n; i++) {
		if (c->item[i].arg != arg)
			c->item[kept++] = c->item[i];
	}
	c->n = kept;
	pthread_mutex_unlock(&l->post->lock);
}

static void close_post(struct mr_loop *l)
{
	pthread_mutex_lock(&l->post->lock);
	l->post->closed = true;
	pthread_mutex_unlock(&l->post->lock);
	run_posted(l->post);
}

/*
 * Frees the loop after running what was posted and deferred (frees of peers among it).
 * Listeners, dialers, timers and watches are freed before it by their owners.
 */
void mr_loop_free(struct mr_loop *l)
{
	struct mr_signal *s;

	if (!l)
		return;
	close_post(l);
	while (l->deferred.n > 0)
		calls_run(&l->deferred);
	while ((s = SLIST_FIRST(&l->signals))) {
		SLIST_REMOVE_HEAD(&l->signals, link);
		event_del(&s->watch.ev);
		free(s);
	}
	event_del(&l->later);
	event_del(&l->post_event);
	event_base_free(l->base);
	mr_post_unref(l->post);
	free(l->deferred.item);
	free(l);
}

/* See loop.h; it may be run again after it was stopped. */
void mr_loop_run(struct mr_loop *l)
{
	while (!l->stop)
		event_base_loop(l->base, EVLOOP_NO_EXIT_ON_EMPTY);
	l->stop = false;
}

/* Makes mr_loop_run return after the current callback; before mr_loop_run it makes it return at
 * once. */
void mr_loop_stop(struct mr_loop *l)
{
	l->stop = true;
	event_base_loopbreak(l->base);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct mr_timer *t = arg;

	(void)fd, (void)what;
	if (mr_clock_now().mono_ns < t->at) { /* libevent's clock is a coarse one */
		mr_timer_set(t, t->at);
		return;
	}
	t->at = MR_NEVER;
	t->fn(t->arg);
}

/* A timer that is not set yet. It may be set and freed in its own callback. */
struct mr_timer *mr_timer_new(struct mr_loop *l, mr_loop_fn *fn, void *arg)
{
	struct mr_timer *t = MR_NEW(struct mr_timer);

	*t = (struct mr_timer){.fn = fn, .arg = arg, .at = MR_NEVER};
	event_assign(&t->ev, l->base, -1, 0, on_timer, t);
	return t;
}

/* Fires once at 'mono_ns' or as soon after as the loop gets to it, never before; a time in the
 * past fires at once. */
void mr_timer_set(struct mr_timer *t, int64_t mono_ns)
{
	int64_t wait;
	struct timeval tv;

	t->at = mono_ns;
	if (mono_ns == MR_NEVER) {
		event_del(&t->ev);
		return;
	}
	wait = mono_ns - mr_clock_now().mono_ns;
	if (wait < 0)
		wait = 0;
	tv.tv_sec = wait / MR_NS_PER_S;
	tv.tv_usec = wait % MR_NS_PER_S / MR_NS_PER_US;
	event_add(&t->ev, &tv);
}

/* Disarms and frees; NULL is accepted. */
void mr_timer_free(struct mr_timer *t)
{
	if (!t)
		return;
	event_del(&t->ev);
	free(t);
}

static void on_watch(evutil_socket_t fd, short what, void *arg)
{
	struct mr_watch *w = arg;

	(void)fd, (void)what;
	w->fn(w->arg);
}

/* See loop.h. */
void mr_loop_signal(struct mr_loop *l, int signo, mr_loop_fn *fn, void *arg)
{
	struct mr_signal *s = MR_NEW(struct mr_signal);

	s->watch.fn = fn;
	s->watch.arg = arg;
	event_assign(&s->watch.ev, l->base, signo, EV_SIGNAL | EV_PERSIST, on_watch, &s->watch);
	event_add(&s->watch.ev, NULL);
	SLIST_INSERT_HEAD(&l->signals, s, link);
}

/* See loop.h. The watch may be freed in its own callback. */
struct mr_watch *mr_watch_new(struct mr_loop *l, int fd, mr_loop_fn *fn, void *arg)
{
	struct mr_watch *w = MR_NEW(struct mr_watch);

	w->fn = fn;
	w->arg = arg;
	event_assign(&w->ev, l->base, fd, EV_READ | EV_PERSIST, on_watch, w);
	event_add(&w->ev, NULL);
	return w;
}

/* Ends the watch, before its descriptor is closed; NULL is accepted. */
void mr_watch_free(struct mr_watch *w)
{
	if (!w)
		return;
	event_del(&w->ev);
	free(w);
}

/* See loop.h. */
void mr_loop_defer(struct mr_loop *l, mr_loop_fn *fn, void *arg)
{
	calls_add(&l->deferred, fn, arg);
	event_active(&l->later, EV_TIMEOUT, 0);
}

/* See loop.h; calls of one thread run in their order. */
void mr_loop_post(struct mr_loop *l, mr_loop_fn *fn, void *arg)
{
	mr_post_call(l->post, fn, arg);
}

/* Puts 'f' on the list of what is written at the end of this turn; twice is once. */
void mr_flush_add(struct mr_loop *l, struct mr_flush *f)
{
	if (f->queued)
		return;
	f->queued = true;
	TAILQ_INSERT_TAIL(&l->flushes, f, link);
	event_active(&l->later, EV_TIMEOUT, 0);
}

/* Takes it off the list again. */
void mr_flush_cancel(struct mr_loop *l, struct mr_flush *f)
{
	if (!f->queued)
		return;
	f->queued = false;
	TAILQ_REMOVE(&l->flushes, f, link);
}
