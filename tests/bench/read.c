/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `read`: everything that a manager wants to know of a chassis, as after a start: OBSERVE by
 * the MR-PCIM of 32 ports with 8,192 VFs. Once in one process, where only the driver and the
 * model work, and once over a unix socket; baseline of that is a bare libevent echo of as many
 * exchanges with as many bytes. What was read is counted.
 */
#include <stdio.h>

#include "common/os/clock.h"
#include "fabric-manager/model/inventory.h"
#include "fabric-manager/mrpcim/mrpcim.h"
#include "sim/model/chassis.h"
#include "tests/bench/bench.h"
#include "tests/bench/rig.h"
#include "tests/bench/server.h"

static const struct bench_shape whole = {24, 253, 8, 1024}, tiny = {2, 20, 1, 64};

/* ---- in one process ---- */

struct inside {
	struct sim_chassis *c;
	struct fm_mrpcim *m;
	struct fm_op_result result;
	bool ended;
	unsigned batches, functions;
};

static void step(struct inside *x, const struct fm_mr_event *ev);

/* VFs that were found enabled. */
static unsigned functions(const struct fm_chassis *c)
{
	unsigned n = 0;

	for (unsigned i = 0; c && i < c->adapters; i++)
		for (unsigned p = 0; p < c->adapter[i].pfs; p++)
			n += c->adapter[i].pf[p].numvfs;
	return n;
}

static void run_batch(struct inside *x, const struct fm_mr_action *a)
{
	struct sim_batch_result r = {0};

	x->batches++;
	sim_chassis_batch(x->c, mr_clock_now(), a->owner_id, a->owner_epoch,
			  (const uint8_t *)a->ops.data, a->ops.len, &r);
	step(x, &(struct fm_mr_event){.kind = FM_MR_REPLY,
				      .tag = a->tag,
				      .executed = r.executed,
				      .status = r.status,
				      .data = (const uint8_t *)r.data.data,
				      .len = r.data.len});
	mr_buf_done(&r.data);
}

static void step(struct inside *x, const struct fm_mr_event *ev)
{
	struct fm_mr_actions out = {0};

	fm_mrpcim_step(x->m, mr_clock_now(), ev, &out);
	for (unsigned i = 0; i < out.n; i++)
		if (out.item[i].kind == FM_MR_BATCH) {
			run_batch(x, &out.item[i]);
		} else if (out.item[i].kind == FM_MR_RESULT) {
			x->result = out.item[i].result;
			x->ended = true;
			x->functions = functions(x->result.observed);
		}
	fm_mr_actions_done(&out);
}

/* One operation to its end; its nanoseconds, or -1. */
static int64_t operate(struct inside *x, struct fm_op op)
{
	int64_t start = bench_now_ns();
	struct sim_notice n;

	op.tag = 1;
	x->ended = false;
	x->batches = 0;
	step(x, &(struct fm_mr_event){.kind = FM_MR_OP, .op = &op});
	while (!x->ended) {
		sim_chassis_step(x->c, mr_clock_now());
		while (sim_chassis_notice(x->c, &n))
			if (n.kind == SIM_NOTICE_MGMT_IRQ)
				step(x, &(struct fm_mr_event){.kind = FM_MR_INTERRUPT,
							      .vector = n.vector,
							      .irq_data = (uint32_t)n.arg});
		if (fm_mrpcim_deadline(x->m) <= mr_clock_now().mono_ns)
			step(x, &(struct fm_mr_event){.kind = FM_MR_TIMER});
	}
	if (x->result.end == FM_OP_DONE)
		return bench_now_ns() - start;
	fprintf(stderr, "read: %s\n", x->result.detail);
	return -1;
}

/* The best of the rounds in nanoseconds, or -1. */
static int64_t inside(const struct bench_options *o, const struct bench_shape *s,
		      struct inside *x)
{
	int64_t best = -1, ns;

	x->c = bench_chassis(s);
	x->m = fm_mrpcim_new(0, "c1");
	step(x, &(struct fm_mr_event){.kind = FM_MR_LINK_UP});
	ns = operate(x, (struct fm_op){.kind = FM_OP_TAKE_OWNER,
				       .owner_id = 77,
				       .owner_epoch = 1,
				       .value = 1});
	if (ns >= 0)
		ns = operate(x, (struct fm_op){.kind = FM_OP_OBSERVE});
	for (unsigned i = 0; i < s->adapters && ns >= 0; i++)
		ns = operate(x, (struct fm_op){.kind = FM_OP_PROVISION,
					       .fn.port = (uint16_t)(s->hosts + 1 + i)});
	for (unsigned i = 0; i < o->rounds && ns >= 0; i++) {
		ns = operate(x, (struct fm_op){.kind = FM_OP_OBSERVE});
		best = best < 0 || ns < best ? ns : best;
	}
	fm_mrpcim_free(x->m);
	sim_chassis_free(x->c);
	return ns < 0 ? -1 : best;
}

/* ---- over a socket ---- */

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
	const struct bench_shape *s = o->count ? &tiny : &whole;
	struct inside x = {0};
	int64_t in_ns = inside(o, s, &x);
	struct rig *r = in_ns < 0 ? NULL : rig_new(o->dir, *s);
	struct rig_run run = {0};
	double ms, echo;
	int rc = r ? best_of(o, r, &run) : -1;

	if (!rc && (x.functions != s->adapters * s->vfs || x.batches != run.batches)) {
		fprintf(stderr, "read: %u functions in %u batches, %u batches by socket\n",
			x.functions, x.batches, run.batches);
		rc = -1;
	}
	if (!rc) {
		ms = (double)run.ns / 1e6;
		echo = bench_echo(false, run.batches, 1,
				  (unsigned)(run.bytes_out / run.batches),
				  (unsigned)(run.bytes_in / run.batches));
		fprintf(o->out,
			"{\"bench\": \"read\", \"ports\": %u, \"bridges\": %u, \"functions\": "
			"%u, \"in_process_ms\": %.2f, \"socket_ms\": %.2f, \"bar_ms\": 20, "
			"\"batches\": %u, \"reply_bytes\": %llu, \"baseline\": \"bare libevent "
			"echo of the same bytes\", \"baseline_ms\": %.2f, \"ratio\": %.4f}\n",
			s->hosts + s->adapters, s->hosts * s->bridges, x.functions,
			(double)in_ns / 1e6, ms, run.batches, (unsigned long long)run.bytes_in,
			echo > 0 ? run.batches * 1e3 / echo : 0,
			echo > 0 ? run.batches * 1e3 / echo / ms : 0);
	}
	rig_free(r);
	return rc;
}
