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

struct mr_signal;

struct mr_loop {
	struct event_base *base;
	bool stop;
	struct event later; /* runs 'deferred', then 'flushes' */
	struct mr_calls deferred;
	TAILQ_HEAD(, mr_flush) flushes;
	int post_fd; /* eventfd */
	struct event post_event;
	pthread_mutex_t post_lock;
	struct mr_calls posted; /* under post_lock */
	SLIST_HEAD(, mr_signal) signals;
	char scratch[MR_LOOP_SCRATCH]; /* what one read takes in */
};

void mr_flush_add(struct mr_loop *l, struct mr_flush *f);
void mr_flush_cancel(struct mr_loop *l, struct mr_flush *f);

#endif
