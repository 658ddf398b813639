/* SPDX-License-Identifier: Apache-2.0 */
/* See run.h. */
#include "tests/crash/run.h"

#include <errno.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "common/xalloc.h"
#include "fabric-manager/store/store.h"
#include "tests/crash/disk.h"

#define KEYS	  40
#define ROWS_MAX  6
#define AFTER_KEY "~after the cut"

struct txn {
	struct run_row *row;
	unsigned rows;
};

struct run {
	struct fm_store *store;
	pthread_mutex_t lock;
	pthread_cond_t cond;
	bool woken;
	struct txn *txn; /* by number, from 1; freed when it ended */
	unsigned txns, txn_cap;
	uint64_t ended;
	struct run_row *row; /* the model, in the order of keys */
	unsigned rows, row_cap;
	uint64_t *state; /* after each acknowledgement; [0] of an empty store */
	unsigned states, state_cap;
	struct mr_err failure;
	bool failing, overtaken; /* one of those that run_wait waits for failed; a later one did
				    not */
};

/* ---- the model ---- */

static uint64_t hash(uint64_t h, const void *data, size_t len)
{
	const unsigned char *p = data;

	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * 0x100000001b3ull;
	return h;
}

static uint64_t hash_row(uint64_t h, const void *key, size_t key_len, const void *value,
			 size_t value_len)
{
	h = hash(h, &key_len, sizeof(key_len));
	h = hash(h, key, key_len);
	h = hash(h, &value_len, sizeof(value_len));
	return hash(h, value, value_len);
}

static void row_done(struct run_row *r)
{
	free(r->key);
	free(r->value);
}

static struct run_row row_copy(const struct run_row *r)
{
	struct run_row c = *r;

	c.key = mr_xmemdup(r->key, r->key_len);
	if (r->value)
		c.value = r->value_len ? mr_xmemdup(r->value, r->value_len) : mr_xmalloc(1);
	return c;
}

static int key_cmp(const struct run_row *a, const struct run_row *b)
{
	size_t n = a->key_len < b->key_len ? a->key_len : b->key_len;
	int d = memcmp(a->key, b->key, n);

	return d ? d : (a->key_len > b->key_len) - (a->key_len < b->key_len);
}

/* Takes over 'row'. */
static void model_put(struct run *r, struct run_row *row)
{
	unsigned i = 0;

	while (i < r->rows && key_cmp(&r->row[i], row) < 0)
		i++;
	if (i < r->rows && key_cmp(&r->row[i], row) == 0) {
		row_done(&r->row[i]);
		memmove(&r->row[i], &r->row[i + 1], (--r->rows - i) * sizeof(*r->row));
	}
	if (!row->value) {
		row_done(row);
		return;
	}
	MR_GROW(r->row, r->rows, r->row_cap);
	memmove(&r->row[i + 1], &r->row[i], (r->rows++ - i) * sizeof(*r->row));
	r->row[i] = *row;
}

static void model_state(struct run *r)
{
	uint64_t h = 0;

	for (unsigned i = 0; i < r->rows; i++)
		h = hash_row(h, r->row[i].key, r->row[i].key_len, r->row[i].value,
			     r->row[i].value_len);
	MR_GROW(r->state, r->states, r->state_cap);
	r->state[r->states++] = h;
}

/* ---- the store ---- */

static void on_commit(uint64_t n, const struct mr_err *err, void *arg)
{
	struct run *r = arg;
	struct txn *t = &r->txn[n - 1];

	if (err)
		r->failure = *err;
	r->failing = r->failing || err;
	r->overtaken = r->overtaken || (r->failing && !err);
	for (unsigned i = 0; i < t->rows; i++)
		if (err)
			row_done(&t->row[i]);
		else
			model_put(r, &t->row[i]);
	free(t->row);
	*t = (struct txn){0};
	r->ended++;
	if (err)
		return;
	model_state(r);
	disk_mark(r->states - 1);
}

static void wake(void *arg)
{
	struct run *r = arg;

	pthread_mutex_lock(&r->lock);
	r->woken = true;
	pthread_cond_signal(&r->cond);
	pthread_mutex_unlock(&r->lock);
}

struct run *run_new(void)
{
	struct run *r = MR_NEW(struct run);

	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->cond, NULL);
	model_state(r);
	return r;
}

void run_free(struct run *r)
{
	if (!r)
		return;
	run_close(r);
	for (unsigned i = 0; i < r->txns; i++) {
		for (unsigned k = 0; k < r->txn[i].rows; k++)
			row_done(&r->txn[i].row[k]);
		free(r->txn[i].row);
	}
	for (unsigned i = 0; i < r->rows; i++)
		row_done(&r->row[i]);
	pthread_mutex_destroy(&r->lock);
	pthread_cond_destroy(&r->cond);
	free(r->txn);
	free(r->row);
	free(r->state);
	free(r);
}

int run_open(struct run *r, struct mr_err *err)
{
	static const struct fm_store_ops ops = {.on_commit = on_commit, .wake = wake};

	return fm_store_open(RUN_FILE, &ops, r, &r->store, err);
}

void run_close(struct run *r)
{
	fm_store_close(r->store);
	r->store = NULL;
}

void run_commit(struct run *r, const struct run_row *row, unsigned rows)
{
	struct fm_store_put *put = mr_xcalloc(rows + 1, sizeof(*put));
	struct txn *t;

	MR_GROW(r->txn, r->txns, r->txn_cap);
	t = &r->txn[r->txns++];
	*t = (struct txn){mr_xcalloc(rows + 1, sizeof(*t->row)), rows};
	for (unsigned i = 0; i < rows; i++) {
		t->row[i] = row_copy(&row[i]);
		put[i] = (struct fm_store_put){row[i].key, row[i].key_len, FM_STORE_ANY,
					       row[i].value, row[i].value_len};
	}
	fm_store_commit(r->store, r->txns, put, rows);
	free(put);
}

void run_commit_random(struct run *r, struct mr_rng *rng, size_t value_max)
{
	unsigned rows = 1 + (unsigned)mr_rng_below(rng, ROWS_MAX);
	struct run_row row[ROWS_MAX + 1];
	char key[ROWS_MAX + 1][16];
	uint64_t generation = r->txns + 1;

	for (unsigned i = 0; i < rows; i++) {
		size_t len = 8 + (size_t)mr_rng_below(rng, value_max - 7);

		mr_fmt(key[i], sizeof(key[i]), "row/%u", (unsigned)mr_rng_below(rng, KEYS));
		row[i] = (struct run_row){(unsigned char *)key[i], NULL, strlen(key[i]), 0};
		if (mr_rng_chance(rng, 20))
			continue;
		row[i].value = mr_xmalloc(len);
		row[i].value_len = len;
		for (size_t k = 0; k < len; k++)
			row[i].value[k] = (unsigned char)mr_rng_next(rng);
	}
	row[rows] = (struct run_row){(unsigned char *)"generation",
				     (unsigned char *)&generation, 10, sizeof(generation)};
	run_commit(r, row, rows + 1);
	for (unsigned i = 0; i < rows; i++)
		free(row[i].value);
}

void run_wait(struct run *r)
{
	while (r->ended < r->txns) {
		pthread_mutex_lock(&r->lock);
		while (!r->woken)
			pthread_cond_wait(&r->cond, &r->lock);
		r->woken = false;
		pthread_mutex_unlock(&r->lock);
		fm_store_poll(r->store);
	}
	r->failing = false;
}

uint64_t run_queued(const struct run *r)
{
	return r->txns;
}

uint64_t run_ended(const struct run *r)
{
	return r->ended;
}

uint64_t run_acked(const struct run *r)
{
	return r->states - 1;
}

const struct mr_err *run_failure(const struct run *r)
{
	return &r->failure;
}

bool run_overtaken(const struct run *r)
{
	return r->overtaken;
}

uint64_t run_state(const struct run *r, uint64_t acked)
{
	return r->state[acked];
}

/* ---- what is there ---- */

struct look {
	uint64_t state;
	bool after;
};

static int look_row(const void *key, size_t key_len, const void *value, size_t value_len,
		    uint64_t revision, void *arg)
{
	struct look *l = arg;

	(void)revision;
	if (key_len == strlen(AFTER_KEY) && !memcmp(key, AFTER_KEY, key_len))
		l->after = true;
	else
		l->state = hash_row(l->state, key, key_len, value, value_len);
	return 0;
}

/* Opens, reads everything, and writes a row if 'after'. */
static int look(struct look *l, bool after, struct mr_err *err)
{
	struct run_row row = {(unsigned char *)AFTER_KEY, (unsigned char *)"",
			      strlen(AFTER_KEY), 0};
	struct run *r = run_new();
	int rc = run_open(r, err);

	*l = (struct look){0};
	if (!rc)
		rc = fm_store_load(r->store, look_row, l, err);
	if (!rc && after) {
		run_commit(r, &row, 1);
		run_wait(r);
		if (run_acked(r) != 1) {
			*err = r->failure;
			rc = r->failure.code;
		}
	}
	run_free(r);
	return rc;
}

/* SQLite's own opinion of the whole file. */
static int integrity(struct mr_err *err)
{
	sqlite3_stmt *st = NULL;
	sqlite3 *db = NULL;
	const char *said = "cannot be asked";
	int rc = -EIO;

	if (!sqlite3_open(RUN_FILE, &db) &&
	    !sqlite3_exec(db, "PRAGMA locking_mode=EXCLUSIVE", NULL, NULL, NULL) &&
	    !sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &st, NULL) &&
	    sqlite3_step(st) == SQLITE_ROW) {
		said = (const char *)sqlite3_column_text(st, 0);
		rc = mr_streq(said, "ok") ? 0 : -EIO;
	}
	if (rc)
		mr_err_set(err, rc, MR_REASON_STORE_FAILED, "integrity_check: %s", said);
	sqlite3_finalize(st);
	sqlite3_close(db);
	return rc;
}

int run_look(uint64_t *ret_state, bool go_on, struct mr_err *err)
{
	struct look first, second;
	int rc = look(&first, go_on, err);

	if (!rc && go_on) {
		rc = look(&second, false, err);
		if (!rc && (!second.after || second.state != first.state))
			rc = mr_err_set(err, -EIO, MR_REASON_STORE_FAILED,
					"what was written after the cut is not there");
	}
	if (!rc)
		rc = integrity(err);
	if (!rc)
		*ret_state = first.state;
	return rc;
}
