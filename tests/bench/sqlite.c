/* SPDX-License-Identifier: Apache-2.0 */
/* SQLite by itself; see sqlite.h. */
#include "tests/bench/sqlite.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>

#include "tests/bench/bench.h"

static bool run(sqlite3 *db, const char *sql)
{
	return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

static bool put(sqlite3_stmt *st, unsigned i)
{
	static const char value[120];
	char key[40];
	int n = snprintf(key, sizeof(key), "assign/web-%06u/data0/0", i), rc;

	sqlite3_bind_blob(st, 1, key, n, SQLITE_STATIC);
	sqlite3_bind_blob(st, 2, value, sizeof(value), SQLITE_STATIC);
	sqlite3_bind_int64(st, 3, i);
	rc = sqlite3_step(st);
	sqlite3_reset(st);
	return rc == SQLITE_DONE;
}

static double rows(sqlite3 *db, sqlite3_stmt *st, unsigned n, unsigned group)
{
	int64_t start = bench_now_ns();
	bool good = true;

	for (unsigned i = 0; i < n && good; i++) {
		if (group > 1 && i % group == 0)
			good = run(db, "BEGIN IMMEDIATE");
		good = good && put(st, i);
		if (group > 1 && (i % group == group - 1 || i + 1 == n))
			good = good && run(db, "COMMIT");
	}
	return good ? (double)n * 1e9 / (double)(bench_now_ns() - start) : 0;
}

/* Rows per second; see the header. */
double bench_sqlite(const char *path, unsigned n, unsigned group)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *st = NULL;
	double rate = 0;

	if (sqlite3_open(path, &db) == SQLITE_OK && run(db, "PRAGMA locking_mode=EXCLUSIVE") &&
	    run(db, "PRAGMA journal_mode=WAL") && run(db, "PRAGMA synchronous=FULL") &&
	    run(db,
		"CREATE TABLE kv(key BLOB PRIMARY KEY, value BLOB NOT NULL, revision INTEGER "
		"NOT NULL) WITHOUT ROWID") &&
	    sqlite3_prepare_v2(db, "INSERT INTO kv(key, value, revision) VALUES(?1, ?2, ?3)",
			       -1, &st, NULL) == SQLITE_OK)
		rate = rows(db, st, n, group);
	sqlite3_finalize(st);
	sqlite3_close(db);
	return rate;
}
