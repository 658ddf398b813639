/* SPDX-License-Identifier: Apache-2.0 */
/* The store's baseline: SQLite alone, WAL and synchronous=FULL, rows of the same size. */
#ifndef TESTS_BENCH_SQLITE_H
#define TESTS_BENCH_SQLITE_H

/* Rows per second for 'n' rows in transactions of 'group' rows; 0 on failure. */
double bench_sqlite(const char *path, unsigned n, unsigned group);

#endif
