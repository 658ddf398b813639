/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store on a real file: what was acknowledged is there after reopening, comparisons hold,
 * commits end in order, a failed one takes along only what was queued behind it, a second
 * process is refused.
 */
#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/err.h"
#include "common/xalloc.h"
#include "fabric-manager/store/store.h"
#include "tests/unit/check_main.h"

#define COMMITS 500

struct seen {
	pthread_mutex_t lock;
	pthread_cond_t cond;
	unsigned woken;
	uint64_t order[COMMITS + 8];
	int code[COMMITS + 8];
	unsigned n;
};

static char dir[64], path[96];
static struct seen seen;

static void on_commit(uint64_t n, const struct mr_err *err, void *arg)
{
	struct seen *s = arg;

	s->order[s->n] = n;
	s->code[s->n++] = err ? err->code : 0;
}

static void wake(void *arg)
{
	struct seen *s = arg;

	pthread_mutex_lock(&s->lock);
	s->woken++;
	pthread_cond_signal(&s->cond);
	pthread_mutex_unlock(&s->lock);
}

static const struct fm_store_ops ops = {.on_commit = on_commit, .wake = wake};

static void setup(void)
{
	snprintf(dir, sizeof(dir), "/tmp/banyan-store-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/m.db", dir);
	memset(&seen, 0, sizeof(seen));
	pthread_mutex_init(&seen.lock, NULL);
	pthread_cond_init(&seen.cond, NULL);
}

static void teardown(void)
{
	static const char *const suffix[] = {"", "-wal", "-shm"};
	char p[128];

	for (unsigned i = 0; i < 3; i++) {
		snprintf(p, sizeof(p), "%s%s", path, suffix[i]);
		unlink(p);
	}
	rmdir(dir);
}

static struct fm_store *open_store(void)
{
	struct fm_store *s = NULL;
	struct mr_err err = {0};

	ck_assert_msg(fm_store_open(path, &ops, &seen, &s, &err) == 0, "%s", err.text);
	return s;
}

/* Polls until 'n' commits ended; 30 s are generous. */
static void wait_for(struct fm_store *s, unsigned n)
{
	struct timespec end;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += 30;
	fm_store_poll(s);
	while (seen.n < n) {
		pthread_mutex_lock(&seen.lock);
		while (!seen.woken)
			ck_assert_int_eq(pthread_cond_timedwait(&seen.cond, &seen.lock, &end),
					 0);
		seen.woken = 0;
		pthread_mutex_unlock(&seen.lock);
		fm_store_poll(s);
	}
}

static struct fm_store_put put(const char *key, const char *value, uint64_t expect)
{
	return (struct fm_store_put){.key = key,
				     .key_len = strlen(key),
				     .expect = expect,
				     .value = value,
				     .value_len = value ? strlen(value) : 0};
}

struct rows {
	char text[512];
};

static int collect(const void *key, size_t kl, const void *value, size_t vl, uint64_t revision,
		   void *arg)
{
	struct rows *r = arg;
	size_t at = strlen(r->text);

	snprintf(r->text + at, sizeof(r->text) - at, "%.*s=%.*s@%llu ", (int)kl,
		 (const char *)key, (int)vl, (const char *)value, (unsigned long long)revision);
	return 0;
}

static void check_rows(struct fm_store *s, const char *expected)
{
	struct rows r = {""};

	ck_assert_int_eq(fm_store_load(s, collect, &r, NULL), 0);
	ck_assert_str_eq(r.text, expected);
}

START_TEST(test_durable_after_reopen)
{
	struct fm_store *s = open_store();
	struct fm_store_put a[] = {put("b", "2", 0), put("a", "1", 0)};
	struct fm_store_put b[] = {put("a", "one", 1), put("b", NULL, FM_STORE_ANY),
				   put("c", "", 0)};

	fm_store_commit(s, 1, a, 2);
	fm_store_commit(s, 2, b, 3);
	wait_for(s, 2);
	ck_assert_int_eq(seen.code[0], 0);
	ck_assert_int_eq(seen.code[1], 0);
	fm_store_close(s);
	s = open_store();
	check_rows(s, "a=one@2 c=@2 ");
	fm_store_close(s);
}
END_TEST

/* Those before it stay; those queued behind it, before it was told, fail with it. */
START_TEST(test_failure_takes_what_leans_on_it)
{
	struct fm_store *s = open_store();
	struct fm_store_put good = put("a", "1", 0),
			    bad[] = {put("x", "9", 0), put("a", "2", 0)},
			    after = put("b", "3", 0), later = put("c", "4", 0);

	fm_store_commit(s, 1, &good, 1);
	fm_store_commit(s, 2, bad, 2);
	fm_store_commit(s, 3, &after, 1);
	wait_for(s, 3);
	ck_assert_int_eq(seen.code[0], 0);
	ck_assert_int_eq(seen.code[1], -ESTALE);
	ck_assert_int_eq(seen.code[2], -ECANCELED);
	fm_store_commit(s, 4, &later, 1);
	wait_for(s, 4);
	ck_assert_int_eq(seen.code[3], 0);
	fm_store_close(s);
	s = open_store();
	check_rows(s, "a=1@1 c=4@2 ");
	fm_store_close(s);
}
END_TEST

START_TEST(test_many_in_order)
{
	struct fm_store *s = open_store();

	for (unsigned i = 0; i < COMMITS; i++) {
		char key[16], value[16];
		struct fm_store_put p;

		snprintf(key, sizeof(key), "k%u", i % 7);
		snprintf(value, sizeof(value), "v%u", i);
		p = put(key, value, FM_STORE_ANY);
		fm_store_commit(s, i + 1, &p, 1);
	}
	wait_for(s, COMMITS);
	for (unsigned i = 0; i < COMMITS; i++) {
		ck_assert_uint_eq(seen.order[i], i + 1);
		ck_assert_int_eq(seen.code[i], 0);
	}
	fm_store_close(s);
}
END_TEST

START_TEST(test_second_process_refused)
{
	struct fm_store *s = open_store(), *other = NULL;
	struct mr_err err = {0};

	ck_assert_int_eq(fm_store_open(path, &ops, &seen, &other, &err), -EBUSY);
	ck_assert_ptr_null(other);
	ck_assert_ptr_nonnull(strstr(err.text, "another process"));
	fm_store_close(s);
}
END_TEST

START_TEST(test_bad_path)
{
	struct fm_store *s = NULL;
	struct mr_err err = {0};

	ck_assert_int_lt(fm_store_open("/nonexistent/dir/m.db", &ops, &seen, &s, &err), 0);
	ck_assert_int_eq(err.reason, MR_REASON_STORE_FAILED);
	fm_store_close(NULL);
}
END_TEST

/* Another program's file is refused and stays as it is. */
START_TEST(foreign_files)
{
	static const char *const sql[] = {
		"CREATE TABLE recipes(name, text)",
		"CREATE TABLE kv(a, b)",
		"CREATE TABLE kv(key, value, revision); CREATE TABLE more(a)",
	};
	char file[128];

	for (unsigned i = 0; i < MR_ARRAY_SIZE(sql); i++) {
		struct fm_store *s = NULL;
		struct mr_err err = {0};
		sqlite3_stmt *st;
		sqlite3 *db;

		snprintf(file, sizeof(file), "%s/foreign%u.db", dir, i);
		ck_assert_int_eq(sqlite3_open(file, &db), SQLITE_OK);
		ck_assert_int_eq(sqlite3_exec(db, sql[i], NULL, NULL, NULL), SQLITE_OK);
		sqlite3_close(db);
		ck_assert_int_eq(fm_store_open(file, &ops, &seen, &s, &err), -EINVAL);
		ck_assert_ptr_nonnull(strstr(err.text, "is another program's SQLite file"));
		ck_assert_int_eq(sqlite3_open(file, &db), SQLITE_OK);
		ck_assert_int_eq(sqlite3_prepare_v2(db, "PRAGMA journal_mode", -1, &st, NULL),
				 SQLITE_OK);
		ck_assert_int_eq(sqlite3_step(st), SQLITE_ROW);
		ck_assert_str_eq((const char *)sqlite3_column_text(st, 0), "delete");
		sqlite3_finalize(st);
		sqlite3_close(db);
		unlink(file);
	}
}
END_TEST

START_TEST(no_folder)
{
	struct fm_store *s = NULL;
	struct mr_err err = {0};
	char file[128];

	snprintf(file, sizeof(file), "%s/none/m.db", dir);
	ck_assert_int_lt(fm_store_open(file, &ops, &seen, &s, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.text, "in a folder that exists"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("store");
	TCase *c = tcase_create("sqlite");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_set_timeout(c, 60);
	tcase_add_test(c, foreign_files);
	tcase_add_test(c, no_folder);
	tcase_add_test(c, test_durable_after_reopen);
	tcase_add_test(c, test_failure_takes_what_leans_on_it);
	tcase_add_test(c, test_many_in_order);
	tcase_add_test(c, test_second_process_refused);
	tcase_add_test(c, test_bad_path);
	suite_add_tcase(suite, c);
	return check_run(suite);
}
