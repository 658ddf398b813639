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

static double baseline(const struct bench_options *o, const struct stretch *s,
		       const struct rig_run *run)
{
	char path[300], side[310];
	double rate;

	if (!s->durable)
		return bench_echo(run->n, s->window, run->request_bytes, run->reply_bytes);
	mr_fmt(path, sizeof(path), "%s/baseline.db", o->dir);
	rate = bench_sqlite(path, run->n, s->window);
	unlink(path);
	mr_fmt(side, sizeof(side), "%s-wal", path);
	unlink(side);
	return rate;
}

static void print(const struct bench_options *o, const struct stretch *s,
		  const struct rig_run *run, double base)
{
	double rate = (double)run->n * 1e9 / (double)run->ns;

	fprintf(o->out,
		"{\"bench\": \"map\", \"what\": \"%s\", \"maps\": %u, \"per_s\": %.0f, "
		"\"bar_per_s\": %.0f, \"p99_us\": %.1f, \"request_bytes\": %u, "
		"\"reply_bytes\": %u, \"baseline\": \"%s\", \"baseline_per_s\": %.0f, "
		"\"ratio\": %.4f, \"bar_of_baseline\": %.1f}\n",
		s->what, run->n, rate, s->bar_per_s, (double)run->p99_ns / 1e3,
		run->request_bytes, run->reply_bytes,
		!s->durable	? "bare libevent echo of the same bytes"
		: s->window > 1 ? "SQLite rows in groups of 64, WAL FULL"
				: "SQLite single-row commits, WAL FULL",
		base, base > 0 ? rate / base : 0, s->bar_ratio);
}

static int go(const struct bench_options *o, struct rig *r, const struct stretch *s,
	      unsigned first, unsigned n)
{
	struct range range = {r, first, FM_OP_CONFIGURE};
	struct rig_run run = {.n = n, .window = WINDOW, .make = make, .arg = &range};
	struct fm_store *store = NULL;
	char path[300];

	rig_go(r, &run); /* not timed: what came before the map */
	if (run.failed) {
		fprintf(stderr, "configure: %s\n", run.detail);
		return -1;
	}
	mr_fmt(path, sizeof(path), "%s/bench.db", o->dir);
	if (s->durable && !(store = rig_store(r, path)))
		return -1;
	range.kind = FM_OP_MAP;
	run = (struct rig_run){
		.n = n, .window = s->window, .store = store, .make = make, .arg = &range};
	rig_go(r, &run);
	fm_store_close(store);
	unlink(path);
	if (run.failed) {
		fprintf(stderr, "map: %u failed: %s\n", run.failed, run.detail);
		return -1;
	}
	print(o, s, &run, baseline(o, s, &run));
	return 0;
}

/* All four stretches on one connection. */
int bench_map(const struct bench_options *o)
{
	unsigned n = o->count && o->count < MAPS ? o->count : MAPS;
	struct rig *r = rig_new(o->dir, 4 * n);
	int rc = r ? 0 : -1;

	for (unsigned i = 0; !rc && i < 4; i++)
		rc = go(o, r, &stretches[i], i * n, n);
	rig_free(r);
	return rc;
}
