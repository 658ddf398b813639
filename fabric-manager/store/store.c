/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SQLite behind the store's interface: one table of keys, values and revisions in WAL mode with
 * synchronous=FULL. A thread of its own commits, because a commit waits for the disk; whatever
 * has queued up meanwhile becomes one SQLite transaction (group commit), each of ours inside it
 * a savepoint, so that one that fails its comparison leaves those before it alone; those behind
 * it, queued before their owner could know, fail with it.
 */
#include "fabric-manager/store/store.h"

#include <errno.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/xalloc.h"

#define GROUP_MAX 256 /* transactions in one disk commit */

struct txn {
	uint64_t n;
	struct fm_store_put *put; /* keys and values are copies in 'bytes' */
	size_t puts;
	unsigned char *bytes;
	struct mr_err err;
	bool failed;
	uint64_t era; /* in which it was queued */
	struct txn *next;
};

struct queue {
	struct txn *head;
	struct txn **tail;
};

struct fm_store {
	sqlite3 *db;
	sqlite3_stmt *get, *set, *del, *begin, *commit, *savepoint, *release;
	struct fm_store_ops ops;
	void *arg;
	uint64_t revision; /* highest given out; the committing thread's */
	uint64_t era;	   /* grows when a failure is delivered; the polling thread's */
	uint64_t broken;   /* era in which a commit failed, 0 = none; the committing thread's */
	bool running;
	pthread_t thread;
	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t work;
	struct queue todo, done;
	bool stop;
};

static void queue_init(struct queue *q)
{
	q->head = NULL;
	q->tail = &q->head;
}

static void queue_push(struct queue *q, struct txn *t)
{
	t->next = NULL;
	*q->tail = t;
	q->tail = &t->next;
}

static struct txn *queue_pop(struct queue *q)
{
	struct txn *t = q->head;

	if (t) {
		q->head = t->next;
		if (!q->head)
			q->tail = &q->head;
	}
	return t;
}

static void txn_free(struct txn *t)
{
	free(t->put);
	free(t->bytes);
	free(t);
}

/* SQLite's complaint as our error; "disk full" and "busy" keep their errno values. */
static int db_err(sqlite3 *db, struct mr_err *err, const char *what)
{
	int rc = sqlite3_errcode(db);
	int code = rc == SQLITE_FULL			      ? -ENOSPC
		   : rc == SQLITE_BUSY || rc == SQLITE_LOCKED ? -EBUSY
							      : -EIO;

	return mr_err_set(err, code, MR_REASON_STORE_FAILED, "%s: %s", what,
			  sqlite3_errmsg(db));
}

static int run(sqlite3 *db, const char *sql, struct mr_err *err)
{
	return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : db_err(db, err, sql);
}

/* Runs a prepared statement that returns no rows. */
static int step(struct fm_store *s, sqlite3_stmt *st, struct mr_err *err, const char *what)
{
	int rc = sqlite3_step(st);
	int ret = rc == SQLITE_DONE || rc == SQLITE_ROW ? 0 : db_err(s->db, err, what);

	sqlite3_reset(st);
	return ret;
}

/* Revision of a key, 0 when absent. */
static int revision_of(struct fm_store *s, const struct fm_store_put *p, uint64_t *ret,
		       struct mr_err *err)
{
	int rc;

	sqlite3_bind_blob(s->get, 1, p->key, (int)p->key_len, SQLITE_STATIC);
	rc = sqlite3_step(s->get);
	*ret = rc == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(s->get, 0) : 0;
	sqlite3_reset(s->get);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : db_err(s->db, err, "read of a key");
}

static int put_one(struct fm_store *s, const struct fm_store_put *p, uint64_t revision,
		   struct mr_err *err)
{
	sqlite3_stmt *st = p->value ? s->set : s->del;

	if (p->expect != FM_STORE_ANY) {
		uint64_t have;
		int rc = revision_of(s, p, &have, err);

		if (rc)
			return rc;
		if (have != p->expect)
			return mr_err_set(err, -ESTALE, MR_REASON_CONFLICT,
					  "key '%.*s' has revision %llu, expected %llu",
					  (int)p->key_len, (const char *)p->key,
					  (unsigned long long)have,
					  (unsigned long long)p->expect);
	}
	sqlite3_bind_blob(st, 1, p->key, (int)p->key_len, SQLITE_STATIC);
	if (p->value) {
		sqlite3_bind_blob(st, 2, p->value, (int)p->value_len, SQLITE_STATIC);
		sqlite3_bind_int64(st, 3, (sqlite3_int64)revision);
	}
	return step(s, st, err, "write of a key");
}

/* A transaction failed: what was queued before its owner learnt of that leans on it. */
static void txn_failed(struct fm_store *s, struct txn *t)
{
	t->failed = true;
	if (t->era > s->broken)
		s->broken = t->era;
}

/* One of our transactions inside the open SQLite transaction. */
static void txn_run(struct fm_store *s, struct txn *t)
{
	uint64_t revision = s->revision + 1;
	int rc;

	if (t->era <= s->broken) {
		t->failed = true;
		mr_err_set(&t->err, -ECANCELED, MR_REASON_STORE_FAILED,
			   "an earlier commit failed");
		return;
	}
	rc = step(s, s->savepoint, &t->err, "savepoint");
	for (size_t i = 0; !rc && i < t->puts; i++)
		rc = put_one(s, &t->put[i], revision, &t->err);
	if (rc)
		sqlite3_exec(s->db, "ROLLBACK TO t", NULL, NULL, NULL);
	else
		s->revision = revision;
	if (step(s, s->release, &t->err, "release") && !rc)
		rc = t->err.code;
	if (rc)
		txn_failed(s, t);
}

/* Commits a group of transactions with one wait for the disk. */
static void group_run(struct fm_store *s, struct txn *group)
{
	struct mr_err err = {0};
	int rc = step(s, s->begin, &err, "begin");

	for (struct txn *t = group; !rc && t; t = t->next)
		txn_run(s, t);
	if (!rc)
		rc = step(s, s->commit, &err, "commit");
	if (!rc)
		return;
	sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	for (struct txn *t = group; t; t = t->next) {
		txn_failed(s, t);
		if (!t->err.code)
			t->err = err;
	}
}

/* Takes up to GROUP_MAX transactions off the queue; waits for the first. NULL = stop. */
static struct txn *group_take(struct fm_store *s)
{
	struct queue group;

	queue_init(&group);
	pthread_mutex_lock(&s->lock);
	while (!s->todo.head && !s->stop)
		pthread_cond_wait(&s->work, &s->lock);
	for (unsigned i = 0; i < GROUP_MAX && s->todo.head; i++)
		queue_push(&group, queue_pop(&s->todo));
	pthread_mutex_unlock(&s->lock);
	return group.head;
}

static void *committer(void *arg)
{
	struct fm_store *s = arg;
	struct txn *group;

	while ((group = group_take(s))) {
		group_run(s, group);
		pthread_mutex_lock(&s->lock);
		while (group) {
			struct txn *t = group;

			group = t->next;
			queue_push(&s->done, t);
		}
		pthread_mutex_unlock(&s->lock);
		if (s->ops.wake)
			s->ops.wake(s->arg);
	}
	return NULL;
}

static int prepare(struct fm_store *s, struct mr_err *err)
{
	const struct {
		sqlite3_stmt **st;
		const char *sql;
	} table[] = {
		{&s->get, "SELECT revision FROM kv WHERE key = ?1"},
		{&s->set,
		 "INSERT INTO kv(key, value, revision) VALUES(?1, ?2, ?3) ON CONFLICT(key) DO "
		 "UPDATE SET value = excluded.value, revision = excluded.revision"},
		{&s->del, "DELETE FROM kv WHERE key = ?1"},
		{&s->begin, "BEGIN IMMEDIATE"},
		{&s->commit, "COMMIT"},
		{&s->savepoint, "SAVEPOINT t"},
		{&s->release, "RELEASE t"},
	};

	for (size_t i = 0; i < MR_ARRAY_SIZE(table); i++)
		if (sqlite3_prepare_v3(s->db, table[i].sql, -1, SQLITE_PREPARE_PERSISTENT,
				       table[i].st, NULL))
			return db_err(s->db, err, table[i].sql);
	return 0;
}

/* Whether 'sql' gives a number other than 0; false also when it cannot be asked. */
static bool asks_true(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *st;
	bool yes = false;

	if (!sqlite3_prepare_v2(db, sql, -1, &st, NULL))
		yes = sqlite3_step(st) == SQLITE_ROW && sqlite3_column_int(st, 0);
	sqlite3_finalize(st);
	return yes;
}

/* Another program's file is refused before anything is written into it. */
static int refuse_foreign(sqlite3 *db, const char *path, struct mr_err *err)
{
	bool kv = asks_true(db, "SELECT count(*) FROM sqlite_master WHERE name = 'kv'");
	bool foreign = asks_true(db, "SELECT count(*) FROM sqlite_master WHERE name <> 'kv' "
				     "AND name NOT LIKE 'sqlite!_%' ESCAPE '!'");
	bool columns = asks_true(db, "SELECT count(*) = 3 FROM pragma_table_info('kv') WHERE "
				     "name IN ('key', 'value', 'revision')");

	if (!foreign && (!kv || columns))
		return 0;
	return mr_err_set(
		err, -EINVAL, MR_REASON_STORE_FAILED,
		"store '%s' is another program's SQLite file; nothing was written into it",
		path);
}

/* The file is ours alone: the exclusive lock is taken here and kept. */
static int db_open(struct fm_store *s, const char *path, struct mr_err *err)
{
	static const char *const setup[] = {
		"PRAGMA journal_mode=WAL",
		"PRAGMA synchronous=FULL",
		"CREATE TABLE IF NOT EXISTS kv(key BLOB PRIMARY KEY, value BLOB NOT NULL, "
		"revision INTEGER NOT "
		"NULL) WITHOUT ROWID",
		"BEGIN IMMEDIATE",
		"COMMIT",
	};
	int rc, flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;

	if (sqlite3_open_v2(path, &s->db, flags, NULL))
		return s->db ? mr_err_set(err, -EIO, MR_REASON_STORE_FAILED,
					  "store '%s': %s; expected a file that can be written "
					  "or made, in a folder that exists",
					  path, sqlite3_errmsg(s->db))
			     : mr_err_set(err, -ENOMEM, MR_REASON_STORE_FAILED, "sqlite");
	sqlite3_extended_result_codes(s->db, 0);
	rc = run(s->db, "PRAGMA locking_mode=EXCLUSIVE", err);
	if (!rc)
		rc = refuse_foreign(s->db, path, err);
	for (size_t i = 0; !rc && i < MR_ARRAY_SIZE(setup); i++) {
		rc = run(s->db, setup[i], err);
		if (rc)
			return mr_err_prefix(err,
					     rc == -EBUSY
						     ? "store '%s' is open in another process"
						     : "store '%s'",
					     path);
	}
	return rc ? rc : prepare(s, err);
}

/* Highest revision there is. */
static int revision_load(struct fm_store *s, struct mr_err *err)
{
	sqlite3_stmt *st;

	if (sqlite3_prepare_v2(s->db, "SELECT max(revision) FROM kv", -1, &st, NULL))
		return db_err(s->db, err, "read of the highest revision");
	if (sqlite3_step(st) == SQLITE_ROW)
		s->revision = (uint64_t)sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return 0;
}

int fm_store_open(const char *path, const struct fm_store_ops *ops, void *arg,
		  struct fm_store **ret, struct mr_err *err)
{
	struct fm_store *s = MR_NEW(struct fm_store);
	int rc;

	s->ops = *ops;
	s->arg = arg;
	s->era = 1;
	queue_init(&s->todo);
	queue_init(&s->done);
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->work, NULL);
	rc = db_open(s, path, err);
	if (!rc)
		rc = revision_load(s, err);
	if (!rc && pthread_create(&s->thread, NULL, committer, s))
		rc = mr_err_set(err, -EAGAIN, MR_REASON_STORE_FAILED,
				"no thread for the store");
	if (rc) {
		fm_store_close(s);
		return rc;
	}
	s->running = true;
	*ret = s;
	return 0;
}

static void finalize_all(struct fm_store *s)
{
	sqlite3_stmt *st[] = {s->get,	 s->set,       s->del,	  s->begin,
			      s->commit, s->savepoint, s->release};

	for (size_t i = 0; i < MR_ARRAY_SIZE(st); i++)
		sqlite3_finalize(st[i]);
}

void fm_store_close(struct fm_store *s)
{
	struct txn *t;

	if (!s)
		return;
	if (s->running) {
		pthread_mutex_lock(&s->lock);
		s->stop = true;
		pthread_cond_signal(&s->work);
		pthread_mutex_unlock(&s->lock);
		pthread_join(s->thread, NULL);
	}
	while ((t = queue_pop(&s->done)))
		txn_free(t);
	finalize_all(s);
	sqlite3_close(s->db);
	pthread_cond_destroy(&s->work);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

/* Copies keys and values into one block that the transaction owns. */
static struct txn *txn_new(uint64_t n, const struct fm_store_put *put, size_t puts)
{
	struct txn *t = MR_NEW(struct txn);
	size_t total = 1;
	unsigned char *at;

	for (size_t i = 0; i < puts; i++)
		total += put[i].key_len + (put[i].value ? put[i].value_len : 0);
	t->n = n;
	t->puts = puts;
	t->put = puts ? mr_xmemdup(put, puts * sizeof(*put)) : NULL;
	t->bytes = at = mr_xmalloc(total);
	for (size_t i = 0; i < puts; i++) {
		memcpy(at, put[i].key, put[i].key_len);
		t->put[i].key = at;
		at += put[i].key_len;
		if (!put[i].value)
			continue;
		if (put[i].value_len)
			memcpy(at, put[i].value, put[i].value_len);
		t->put[i].value = at;
		at += put[i].value_len;
	}
	return t;
}

void fm_store_commit(struct fm_store *s, uint64_t n, const struct fm_store_put *put,
		     size_t puts)
{
	struct txn *t = txn_new(n, put, puts);

	t->era = s->era;
	pthread_mutex_lock(&s->lock);
	queue_push(&s->todo, t);
	pthread_cond_signal(&s->work);
	pthread_mutex_unlock(&s->lock);
}

void fm_store_poll(struct fm_store *s)
{
	struct txn *t;

	for (;;) {
		pthread_mutex_lock(&s->lock);
		t = queue_pop(&s->done);
		pthread_mutex_unlock(&s->lock);
		if (!t)
			return;
		if (t->failed)
			s->era++;
		s->ops.on_commit(t->n, t->failed ? &t->err : NULL, s->arg);
		txn_free(t);
	}
}

int fm_store_load(struct fm_store *s, fm_store_row_fn *fn, void *arg, struct mr_err *err)
{
	sqlite3_stmt *st;
	int rc, ret = 0;

	if (sqlite3_prepare_v2(s->db, "SELECT key, value, revision FROM kv ORDER BY key", -1,
			       &st, NULL))
		return db_err(s->db, err, "load");
	while (!ret && (rc = sqlite3_step(st)) == SQLITE_ROW)
		ret = fn(sqlite3_column_blob(st, 0), (size_t)sqlite3_column_bytes(st, 0),
			 sqlite3_column_blob(st, 1), (size_t)sqlite3_column_bytes(st, 1),
			 (uint64_t)sqlite3_column_int64(st, 2), arg);
	if (!ret && rc != SQLITE_DONE)
		ret = db_err(s->db, err, "load");
	sqlite3_finalize(st);
	return ret;
}
