// SPDX-License-Identifier: Apache-2.0
/*
 * The threads that talk to baseboard controllers, one for each host that is being switched off.
 * They share what was read at the start and the word that it is over; nothing else.
 */
#include "fabric-manager/bmc/bmc.h"

#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/err.h"
#include "common/ids.h"
#include "common/os/clock.h"
#include "common/str.h"
#include "common/xalloc.h"
#include "fabric-manager/bmc/redfish.h"
#include "fabric-manager/bmc/users.h"

struct job {
	struct fm_bmc *b;
	uint64_t tag;
	char host[MR_NAME_MAX];
	char address[FM_BMC_MAX];
	struct mr_err err;
	bool off;
	bool started; /* has a thread */
	bool done;
	pthread_t thread;
	struct job *next;
};

struct fm_bmc {
	struct fm_bmc_ops ops;
	void *arg;
	struct fm_bmc_users *users;
	char *ca;
	struct job *jobs;     /* the polling thread's */
	pthread_mutex_t lock; /* guards 'stop' and each job's 'done' */
	pthread_cond_t stopped;
	bool stop;
};

static bool is_over(void *arg)
{
	struct fm_bmc *b = arg;
	bool stop;

	pthread_mutex_lock(&b->lock);
	stop = b->stop;
	pthread_mutex_unlock(&b->lock);
	return stop;
}

static void wait_until(int64_t mono_ns, void *arg)
{
	const struct timespec t = {mono_ns / MR_NS_PER_S, mono_ns % MR_NS_PER_S};
	struct fm_bmc *b = arg;

	pthread_mutex_lock(&b->lock);
	while (!b->stop &&
	       pthread_cond_clockwait(&b->stopped, &b->lock, CLOCK_MONOTONIC, &t) != ETIMEDOUT)
		;
	pthread_mutex_unlock(&b->lock);
}

static int switch_off(struct job *j)
{
	struct fm_redfish r = {.ca = j->b->ca,
			       .deadline_ns = mr_clock_now().mono_ns + FM_POWER_OFF_NS,
			       .is_over = is_over,
			       .wait_until = wait_until,
			       .arg = j->b};

	if (!j->b->users)
		return mr_err_set(&j->err, -EACCES, MR_REASON_NOT_PERMITTED,
				  "%s: the manager has no credentials: start it with "
				  "--bmc-users",
				  j->address);
	if (!fm_bmc_user(j->b->users, j->host, &r.user, &r.password))
		return mr_err_set(&j->err, -EACCES, MR_REASON_NOT_PERMITTED,
				  "%s: the file of --bmc-users has neither '%s' nor 'default'",
				  j->address, j->host);
	if (!fm_bmc_parse(j->address, &r.address))
		return mr_err_set(&j->err, -EINVAL, MR_REASON_INVALID,
				  "'%s' is not " FM_BMC_EXPECTED, j->address);
	return fm_redfish_off(&r, &j->err);
}

static void *work(void *arg)
{
	struct job *j = arg;
	struct fm_bmc *b = j->b;

	j->off = switch_off(j) == 0;
	pthread_mutex_lock(&b->lock);
	j->done = true;
	pthread_mutex_unlock(&b->lock);
	b->ops.wake(b->arg); /* 'j' may be gone by now */
	return NULL;
}

/* bmc.h */
void fm_bmc_power_off(struct fm_bmc *b, uint64_t tag, const char *host, const char *address)
{
	struct job *j = MR_NEW(struct job);
	int rc;

	j->b = b;
	j->tag = tag;
	mr_copy(j->host, sizeof(j->host), host);
	mr_copy(j->address, sizeof(j->address), address);
	j->next = b->jobs;
	b->jobs = j;
	rc = pthread_create(&j->thread, NULL, work, j);
	j->started = rc == 0;
	if (rc) {
		mr_err_set(&j->err, -rc, MR_REASON_INTERNAL, "%s: no thread: %s", address,
			   strerror(rc));
		j->done = true;
		b->ops.wake(b->arg);
	}
}

static bool is_done(struct fm_bmc *b, const struct job *j)
{
	bool done;

	pthread_mutex_lock(&b->lock);
	done = j->done;
	pthread_mutex_unlock(&b->lock);
	return done;
}

static void end(struct job *j)
{
	if (j->started)
		pthread_join(j->thread, NULL);
	free(j);
}

/* bmc.h */
void fm_bmc_poll(struct fm_bmc *b)
{
	struct job **at = &b->jobs, *j, *ended = NULL;

	while ((j = *at)) {
		if (!is_done(b, j)) {
			at = &j->next;
			continue;
		}
		*at = j->next;
		j->next = ended;
		ended = j;
	}
	while ((j = ended)) {
		ended = j->next;
		b->ops.on_power(j->tag, j->off ? FM_POWER_OFF : FM_POWER_UNKNOWN, j->err.text,
				b->arg);
		end(j);
	}
}

/* bmc.h */
int fm_bmc_open(const char *users, const char *ca, const struct fm_bmc_ops *ops, void *arg,
		struct fm_bmc **ret, struct mr_err *err)
{
	struct fm_bmc_users *u = NULL;
	struct fm_bmc *b;
	unsigned long len;
	char *text;
	int rc = users ? fm_bmc_users_read(users, &u, err) : 0;

	if (!rc && ca) {
		rc = mr_file_read(ca, 1u << 20, &text, &len, err);
		if (!rc)
			free(text);
	}
	if (!rc && curl_global_init(CURL_GLOBAL_DEFAULT))
		rc = mr_err_set(err, -EIO, MR_REASON_INTERNAL, "libcurl does not start");
	if (rc) {
		fm_bmc_users_free(u);
		return rc;
	}
	b = MR_NEW(struct fm_bmc);
	b->ops = *ops;
	b->arg = arg;
	b->users = u;
	b->ca = ca ? mr_xstrdup(ca) : NULL;
	pthread_mutex_init(&b->lock, NULL);
	pthread_cond_init(&b->stopped, NULL);
	*ret = b;
	return 0;
}

/* bmc.h */
void fm_bmc_close(struct fm_bmc *b)
{
	struct job *j;

	if (!b)
		return;
	pthread_mutex_lock(&b->lock);
	b->stop = true;
	pthread_cond_broadcast(&b->stopped);
	pthread_mutex_unlock(&b->lock);
	while ((j = b->jobs)) {
		b->jobs = j->next;
		end(j);
	}
	pthread_cond_destroy(&b->stopped);
	pthread_mutex_destroy(&b->lock);
	fm_bmc_users_free(b->users);
	free(b->ca);
	free(b);
	curl_global_cleanup();
}
