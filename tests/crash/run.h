/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The real store on the disk of disk.h, and beside it a model of what it must hold: the rows
 * after each transaction that it acknowledged, as a number that depends on all of them. One at
 * a time.
 */
#ifndef TESTS_CRASH_RUN_H
#define TESTS_CRASH_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/rng.h"

#define RUN_FILE "m.db"

/* One row of a transaction; value NULL deletes. */
struct run_row {
	unsigned char *key, *value;
	size_t key_len, value_len;
};

struct run;

struct run *run_new(void);
/* Closes the store if it is open. NULL is accepted. */
void run_free(struct run *r);

/* 0 or what fm_store_open says. */
int run_open(struct run *r, struct mr_err *err);
void run_close(struct run *r);

/* Queues a transaction; the rows' bytes are copied. */
void run_commit(struct run *r, const struct run_row *row, unsigned rows);
/* A random transaction: a few rows of 'value_max' bytes at most, some deleted, and the
 * generation. */
void run_commit_random(struct run *r, struct mr_rng *rng, size_t value_max);
/* Until all that was queued has ended. Each acknowledgement is marked on the disk (disk_mark)
 * with the number of those so far. */
void run_wait(struct run *r);

/* How many transactions were queued, ended, ended well; the last failure. */
uint64_t run_queued(const struct run *r);
uint64_t run_ended(const struct run *r);
uint64_t run_acked(const struct run *r);
const struct mr_err *run_failure(const struct run *r);
/* Whether one ended well that was queued behind one that failed, before anybody knew. */
bool run_overtaken(const struct run *r);

/* The rows after 'acked' good transactions, as a number. */
uint64_t run_state(const struct run *r, uint64_t acked);

/* What a store on the disk as it is now holds, as such a number; 0 or a negative errno value.
 * With 'go_on' a row is written, too, and found after another opening. */
int run_look(uint64_t *ret_state, bool go_on, struct mr_err *err);

#endif
