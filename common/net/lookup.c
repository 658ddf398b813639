/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One lookup is one detached thread, which hands its result to the loop. It may outlast its
 * dialer and the loop: a name service that does not answer must not hold up anybody's end.
 */
#include "common/net/lookup.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "common/err.h"
#include "common/net/addr.h"
#include "common/net/loop-int.h"
#include "common/xalloc.h"

struct mr_lookup {
	struct mr_post *post;
	struct mr_addr addr;
	mr_lookup_fn *fn; /* NULL = cancelled; only the loop's thread looks */
	void *arg;
	struct sockaddr_storage ss; /* the rest is the thread's until it posts */
	socklen_t len;
	int result;
	struct mr_err err;
};

static void finished(void *arg)
{
	struct mr_lookup *k = arg;

	if (k->fn)
		k->fn(k->result < 0 ? NULL : &k->ss, k->len, &k->err, k->arg);
	free(k);
}

static void *look_up(void *arg)
{
	struct mr_lookup *k = arg;
	struct mr_post *post = k->post;

	k->result = mr_addr_resolve(&k->addr, false, &k->ss, &k->len, &k->err);
	if (!mr_post_call(post, finished, k))
		free(k);
	mr_post_unref(post);
	return NULL;
}

/* Signals are the loop's: the thread inherits a mask that blocks them all. */
static int start_thread(struct mr_lookup *k)
{
	sigset_t all, before;
	pthread_t thread;
	int r;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&thread, NULL, look_up, k);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r == 0)
		pthread_detach(thread);
	return -r;
}

/* Starts a lookup; 'fn' is called in the loop, once, unless it is cancelled before. */
struct mr_lookup *mr_lookup_start(struct mr_loop *l, const struct mr_addr *addr,
				  mr_lookup_fn *fn, void *arg)
{
	struct mr_lookup *k = MR_NEW(struct mr_lookup);
	int r;

	k->post = mr_post_ref(l);
	k->addr = *addr;
	k->fn = fn;
	k->arg = arg;
	r = start_thread(k);
	if (r < 0) {
		k->result = mr_err_set(&k->err, r, MR_REASON_INTERNAL,
				       "no thread to look up \"%s\"", addr->host);
		mr_post_call(k->post, finished, k);
		mr_post_unref(k->post);
	}
	return k;
}

/* Its function will not be called; NULL is accepted. */
void mr_lookup_cancel(struct mr_lookup *k)
{
	if (k)
		k->fn = NULL;
}
