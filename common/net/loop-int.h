/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of common/net share of the loop; nobody else includes it. */
#ifndef COMMON_NET_LOOP_INT_H
#define COMMON_NET_LOOP_INT_H

#include <event2/event.h>
#include <event2/event_struct.h>
#include <pthread.h>
#include <sys/queue.h>

#include "common/net/loop.h"

#define MR_LOOP_SCRATCH (64u << 10)

/* Something with output to write at the end of this turn; part of a peer. */
struct mr_flush {
	TAILQ_ENTRY(mr_flush) link;
	mr_loop_fn *fn;
	void *arg;
	bool queued;
};

struct mr_call {
	mr_loop_fn *fn;
	void *arg;
};

struct mr_calls {
	struct mr_call *item;
	unsigned n;
	unsigned cap;
};

/* The way in from other threads; it outlives the loop while a thread holds a reference. */
struct mr_post {
	pthread_mutex_t lock;
	unsigned refs;
	bool closed; /* the loop is gone */
	int fd;	     /* eventfd */
	struct mr_calls calls;
};

struct mr_signal;

struct mr_loop {
	struct event_base *base;
	bool stop;
	struct event later; /* runs 'deferred', then 'flushes' */
	struct mr_calls deferred;
	TAILQ_HEAD(, mr_flush) flushes;
	struct mr_post *post;
	struct event post_event;
	SLIST_HEAD(, mr_signal) signals;
	char scratch[MR_LOOP_SCRATCH]; /* what one read takes in */
};

struct mr_post *mr_post_ref(struct mr_loop *l);
void mr_post_unref(struct mr_post *post);
bool mr_post_call(struct mr_post *post, mr_loop_fn *fn, void *arg);
void mr_flush_add(struct mr_loop *l, struct mr_flush *f);
void mr_flush_cancel(struct mr_loop *l, struct mr_flush *f);

#endif
