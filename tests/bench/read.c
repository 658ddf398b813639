/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `read`: everything that a manager wants to know of a chassis, as after a start: OBSERVE over
 * a unix socket. Baseline: a bare libevent echo of as many exchanges with as many bytes.
 */
#include <stdio.h>

#include "tests/bench/bench.h"
#include "tests/bench/rig.h"
#include "tests/bench/server.h"

#define FUNCTIONS 8192
#define TINY	  100

static void make(unsigned i, struct fm_op *op, void *arg)
{
	(void)i, (void)arg;
	op->kind = FM_OP_OBSERVE;
}

static int best_of(const struct bench_options *o, struct rig *r, struct rig_run *ret)
{
	for (unsigned i = 0; i < o->rounds; i++) {
		struct rig_run run = {.n = 1, .window = 1, .make = make};

		rig_go(r, &run);
		if (run.failed) {
			fprintf(stderr, "read: %s\n", run.detail);
			return -1;
		}
		if (!i || run.ns < ret->ns)
			*ret = run;
	}
	return 0;
}

/* The best of the rounds; with --count a small chassis. */
int bench_read(const struct bench_options *o)
{
	struct rig *r = rig_new(o->dir, o->count ? TINY : FUNCTIONS);
	struct rig_run run = {0};
	unsigned ports, functions;
	double ms, echo;
	int rc = r ? best_of(o, r, &run) : -1;

	if (!rc) {
		rig_size(r, &ports, &functions);
		ms = (double)run.ns / 1e6;
		echo = bench_echo(false, run.batches, 1,
				  (unsigned)(run.bytes_out / run.batches),
				  (unsigned)(run.bytes_in / run.batches));
		fprintf(o->out,
			"{\"bench\": \"read\", \"ports\": %u, \"functions\": %u, \"ms\": %.2f, "
			"\"bar_ms\": 20, \"batches\": %u, \"reply_bytes\": %llu, \"baseline\": "
			"\"bare libevent echo of the same bytes\", \"baseline_ms\": %.2f, "
			"\"ratio\": %.4f}\n",
			ports, functions, ms, run.batches, (unsigned long long)run.bytes_in,
			echo > 0 ? run.batches * 1e3 / echo : 0,
			echo > 0 ? run.batches * 1e3 / echo / ms : 0);
	}
	rig_free(r);
	return rc;
}
