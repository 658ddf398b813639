/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A chassis server in a second process and the real MR-PCIM in this one, over a unix socket:
 * operations in, results counted. With a store, each operation waits for its intent to be
 * durable, as the manager's shell holds it.
 */
#ifndef TESTS_BENCH_RIG_H
#define TESTS_BENCH_RIG_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric-manager/model/op.h"

struct fm_store;
struct rig;

/* A chassis: hosts with so many bridges each, adapters with so many VFs of PF 0 each. */
struct bench_shape {
	unsigned hosts, bridges, adapters, vfs;
};

/* One with at least 'functions' VFs and as many bridges. */
struct bench_shape rig_shape(unsigned functions);
/* Such a chassis, owned, read and provisioned. NULL with a line on standard error when it does
 * not come up. */
struct rig *rig_new(const char *dir, struct bench_shape shape);
void rig_free(struct rig *r);

/* One stretch of operations. */
struct rig_run {
	unsigned n, window; /* how many, and how many at once */
	struct fm_store *store;
	void (*make)(unsigned i, struct fm_op *op, void *arg); /* all but the tag */
	void *arg;
	/* results */
	int64_t ns;
	int64_t p99_ns;
	unsigned failed;
	unsigned request_bytes, reply_bytes; /* frames of the last operation's batch */
	unsigned batches;		     /* of the whole stretch, with their bytes */
	uint64_t bytes_out, bytes_in;
	char detail[160]; /* of the first failure */
};
void rig_go(struct rig *r, struct rig_run *run);
/* The function and bridge that item 'i' uses. */
void rig_place(const struct rig *r, unsigned i, struct fm_op *op);
/* A store whose commits this rig hears of; NULL on failure. */
struct fm_store *rig_store(struct rig *r, const char *path);

#endif
