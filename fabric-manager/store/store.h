/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store: keys and values with revisions, transactions that compare, group commit off the
 * event loop. SQLite (WAL, synchronous=FULL) is the embedded default behind this interface;
 * etcd may follow.
 */
#ifndef FABRIC_MANAGER_STORE_STORE_H
#define FABRIC_MANAGER_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mr_err;
struct fm_store;

#define FM_STORE_ANY UINT64_MAX /* as expected revision: do not compare */

/* One row of a transaction. Bytes are the caller's until fm_store_commit returned (they are
 * copied). */
struct fm_store_put {
	const void *key;
	size_t key_len;
	uint64_t expect;   /* revision that the key must have; 0 = absent; FM_STORE_ANY */
	const void *value; /* NULL = delete */
	size_t value_len;
};

struct fm_store_ops {
	/*
	 * Commit 'n' ended: err NULL = durable. Commits end in the order given, and what was
	 * queued before a failure was delivered fails as well: it may lean on what is not
	 * there. Called in the thread that polls.
	 */
	void (*on_commit)(uint64_t n, const struct mr_err *err, void *arg);
	/* From any thread: something ended, call fm_store_poll soon (io/ posts to its loop). */
	void (*wake)(void *arg);
};

/* Opens or creates. 0 or negative errno with err. One process at a time: a second gets
 * -EBUSY. */
int fm_store_open(const char *path, const struct fm_store_ops *ops, void *arg,
		  struct fm_store **ret, struct mr_err *err);
/* Waits for what is queued. NULL is accepted. */
void fm_store_close(struct fm_store *s);

/* Queues transaction 'n'. */
void fm_store_commit(struct fm_store *s, uint64_t n, const struct fm_store_put *put,
		     size_t puts);
/* Delivers on_commit of what ended. */
void fm_store_poll(struct fm_store *s);

/* Every row in key order; a non-zero return of fn stops and is returned. Only before the first
 * commit. */
typedef int fm_store_row_fn(const void *key, size_t key_len, const void *value,
			    size_t value_len, uint64_t revision, void *arg);
int fm_store_load(struct fm_store *s, fm_store_row_fn *fn, void *arg, struct mr_err *err);

#endif
