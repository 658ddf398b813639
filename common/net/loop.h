/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The event loop: timers, signals, descriptors, and work handed in from other threads. The only
 * place that knows libevent, with peer.c.
 */
#ifndef COMMON_NET_LOOP_H
#define COMMON_NET_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct mr_err;
struct mr_loop;
struct mr_timer;
struct mr_watch;

typedef void mr_loop_fn(void *arg);

struct mr_loop *mr_loop_new(void);
void mr_loop_free(struct mr_loop *l);
/* Runs until mr_loop_stop. */
void mr_loop_run(struct mr_loop *l);
void mr_loop_stop(struct mr_loop *l);

/* One-shot timer at an absolute monotonic time (common/os/clock.h); setting it again replaces;
 * MR_NEVER disarms. */
struct mr_timer *mr_timer_new(struct mr_loop *l, mr_loop_fn *fn, void *arg);
void mr_timer_set(struct mr_timer *t, int64_t mono_ns);
void mr_timer_free(struct mr_timer *t);

/* Calls fn for every arrival of a signal, in the loop. Freed with the loop. */
void mr_loop_signal(struct mr_loop *l, int signo, mr_loop_fn *fn, void *arg);

/* Calls fn whenever 'fd' is readable. The descriptor stays the caller's. */
struct mr_watch *mr_watch_new(struct mr_loop *l, int fd, mr_loop_fn *fn, void *arg);
void mr_watch_free(struct mr_watch *w);

/* Runs fn(arg) in the loop after the current callback (deferred frees, queues). */
void mr_loop_defer(struct mr_loop *l, mr_loop_fn *fn, void *arg);
/* The same from any other thread. */
void mr_loop_post(struct mr_loop *l, mr_loop_fn *fn, void *arg);
/* In the loop: what was posted with 'arg' and has not run is not run any more. For an owner
 * that goes, when its threads have ended. */
void mr_loop_unpost(struct mr_loop *l, const void *arg);

#endif
