/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `map`: the row of a function that is configured already (drained, reset, gated) is written
 * and read back, one batch each, over a unix socket; alone and pipelined, without and with the
 * durable intent. Each function is mapped once.
 */
#include <stdio.h>
#include <unistd.h>

#include "common/str.h"
#include "fabric-manager/store/store.h"
#include "tests/bench/bench.h"
#include "tests/bench/rig.h"
#include "tests/bench/server.h"
#include "tests/bench/sqlite.h"

#define MAPS   4000 /* of each stretch: the chassis has a function and a bridge for each */
#define WINDOW 64
#define SLICES 5

struct range {
	const struct rig *rig;
	unsigned first;
	enum fm_op_kind kind;
};

static void make(unsigned i, struct fm_op *op, void *arg)
{
	const struct range *r = arg;

	op->kind = r->kind;
	rig_place(r->rig, r->first + i, op);
}

/* One of the four stretches. */
struct stretch {
	const char *what;
	unsigned window;
	bool durable;
	double bar_per_s, bar_ratio;
};
static const struct stretch stretches[] = {
	{"one at a time", 1, false, 12000, 0.6},
	{"pipelined", WINDOW, false, 45000, 0},
	{"durable, one at a time", 1, true, 0, 0.4},
	{"durable, 64 in flight", WINDOW, true, 10000, 0.5},
};

/* Seconds that the baseline needs for the same number. */
static double baseline(const struct bench_options *o, const struct stretch *s,
		       const struct rig_run *run)
{
	char path[300], side[310];
	double rate;

	if (!s->durable) {
		rate = bench_echo(false, run->n, s->window, run->request_bytes,
				  run->reply_bytes);
	} else {
		mr_fmt(path, sizeof(path), "%s/baseline.db", o->dir);
		rate = bench_sqlite(path, run->n, s->window);
		unlink(path);
		mr_fmt(side, sizeof(side), "%s-wal", path);
		unlink(side);
	}
	return rate > 0 ? run->n / rate : 0;
}

/* What the slices of a stretch add up to. */
struct sum {
	unsigned n, request_bytes, reply_bytes;
	double seconds, base_seconds;
	int64_t p99_ns; /* of the worst slice */
};

static void print(const struct bench_options *o, const struct stretch *s, const struct sum *sum)
{
	const char *base = !s->durable	   ? "bare libevent echo of the same bytes"
			   : s->window > 1 ? "SQLite rows in groups of 64, WAL FULL"
					   : "SQLite single-row commits, WAL FULL";

	fprintf(o->out,
		"{\"bench\": \"map\", \"what\": \"%s\", \"maps\": %u, \"per_s\": %.0f, "
		"\"bar_per_s\": %.0f, \"p99_us\": %.1f, \"request_bytes\": %u, "
		"\"reply_bytes\": %u, \"baseline\": \"%s\", \"baseline_per_s\": %.0f, "
		"\"ratio\": %.4f, \"bar_of_baseline\": %.1f}\n",
		s->what, sum->n, sum->n / sum->seconds, s->bar_per_s, (double)sum->p99_ns / 1e3,
		sum->request_bytes, sum->reply_bytes, base,
		sum->base_seconds > 0 ? sum->n / sum->base_seconds : 0,
		sum->base_seconds / sum->seconds, s->bar_ratio);
}

static int failed(const char *what, const struct rig_run *run)
{
	fprintf(stderr, "%s: %u failed: %s\n", what, run->failed, run->detail);
	return -1;
}

/* One slice: configured (not timed: what comes before a map), mapped, and the baseline. */
static int slice(const struct bench_options *o, struct rig *r, const struct stretch *s,
		 unsigned first, unsigned n, struct sum *sum)
{
	struct range range = {r, first, FM_OP_CONFIGURE};
	struct rig_run run = {.n = n, .window = WINDOW, .make = make, .arg = &range};
	struct fm_store *store = NULL;
	char path[300];

	rig_go(r, &run);
	if (run.failed)
		return failed("configure", &run);
	mr_fmt(path, sizeof(path), "%s/bench.db", o->dir);
	if (s->durable && !(store = rig_store(r, path)))
		return -1;
	range.kind = FM_OP_MAP;
	run = (struct rig_run){
		.n = n, .window = s->window, .store = store, .make = make, .arg = &range};
	rig_go(r, &run);
	fm_store_close(store);
	unlink(path);
	if (run.failed)
		return failed("map", &run);
	sum->n += n;
	sum->seconds += (double)run.ns / 1e9;
	sum->base_seconds += baseline(o, s, &run);
	sum->p99_ns = run.p99_ns > sum->p99_ns ? run.p99_ns : sum->p99_ns;
	sum->request_bytes = run.request_bytes;
	sum->reply_bytes = run.reply_bytes;
	return 0;
}

/* Map and baseline take turns, so that whatever else the machine does hits both. */
static int go(const struct bench_options *o, struct rig *r, const struct stretch *s,
	      unsigned first, unsigned n)
{
	struct sum sum = {0};
	int rc = 0;

	for (unsigned i = 0; !rc && i < SLICES; i++)
		rc = slice(o, r, s, first + i * (n / SLICES), n / SLICES, &sum);
	if (!rc)
		print(o, s, &sum);
	return rc;
}

/* All four stretches on one connection. */
int bench_map(const struct bench_options *o)
{
	unsigned n = !o->count || o->count > MAPS ? MAPS
		     : o->count < SLICES	  ? SLICES
						  : o->count;
	struct rig *r = rig_new(o->dir, rig_shape(4 * n)); /* NULL: said why */
	int rc = r ? 0 : -1;

	for (unsigned i = 0; !rc && i < 4; i++)
		rc = go(o, r, &stretches[i], i * n, n);
	rig_free(r);
	return rc;
}
