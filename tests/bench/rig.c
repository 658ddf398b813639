/* SPDX-License-Identifier: Apache-2.0 */
/* The manager's side of `map`: MR-PCIM, connection, store. */
#include "tests/bench/rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/err.h"
#include "common/net/frame.h"
#include "common/net/loop.h"
#include "common/net/peer.h"
#include "common/os/clock.h"
#include "common/xalloc.h"
#include "fabric-manager/codec/record.h"
#include "fabric-manager/mrpcim/mrpcim.h"
#include "fabric-manager/store/store.h"
#include "proto/chassis.pb-c.h"
#include "tests/bench/bench.h"
#include "tests/bench/server.h"

struct rig {
	char path[256];
	pid_t server;
	struct bench_shape shape;
	struct mr_loop *loop;
	struct mr_timer *timer;
	struct mr_dialer *dialer;
	struct mr_peer *peer;
	struct fm_mrpcim *m;
	struct fm_mr_actions actions;
	struct mr_buf out;
	bool connected;
	struct fm_store *store; /* that is heard of */
	/* the stretch under way */
	struct rig_run *run;
	unsigned next, done;
	uint64_t batch; /* tag of the last operation's first batch */
	int64_t *start, *took;
};

static void feed(struct rig *r, const struct fm_mr_event *ev);

/* ---- the wire ---- */

static unsigned send_batch(struct rig *r, const struct fm_mr_action *a)
{
	Banyan__ChassisMsg m = BANYAN__CHASSIS_MSG__INIT;
	Banyan__Batch b = BANYAN__BATCH__INIT;
	size_t len;

	b.owner_id = a->owner_id;
	b.owner_epoch = a->owner_epoch;
	b.ops.data = (uint8_t *)a->ops.data;
	b.ops.len = a->ops.len;
	m.id = a->tag;
	m.body_case = BANYAN__CHASSIS_MSG__BODY_BATCH;
	m.batch = &b;
	len = banyan__chassis_msg__get_packed_size(&m);
	mr_buf_reset(&r->out);
	while (r->out.len < len) {
		static const char zeros[4096];
		size_t more = len - r->out.len;

		mr_buf_add(&r->out, zeros, more < sizeof(zeros) ? more : sizeof(zeros));
	}
	banyan__chassis_msg__pack(&m, (uint8_t *)r->out.data);
	if (r->peer)
		mr_peer_send(r->peer, r->out.data, len);
	return (unsigned)len + MR_FRAME_HEADER;
}

static void on_frame(struct mr_peer *p, const uint8_t *data, size_t len, void *arg)
{
	struct rig *r = arg;
	Banyan__ChassisMsg *m = banyan__chassis_msg__unpack(NULL, len, data);
	struct fm_mr_event ev = {.kind = FM_MR_REPLY};

	if (!m) {
		mr_peer_close(p, "no message");
		return;
	}
	if (m->body_case == BANYAN__CHASSIS_MSG__BODY_BATCH_REPLY) {
		ev.tag = m->reply_to;
		ev.executed = m->batch_reply->executed;
		ev.status = m->batch_reply->status;
		ev.data = m->batch_reply->data.data;
		ev.len = m->batch_reply->data.len;
		if (r->run)
			r->run->bytes_in += len + MR_FRAME_HEADER;
		if (r->run && ev.tag == r->batch)
			r->run->reply_bytes = (unsigned)len + MR_FRAME_HEADER;
		feed(r, &ev);
	} else if (m->body_case == BANYAN__CHASSIS_MSG__BODY_INTERRUPT) {
		ev.kind = FM_MR_INTERRUPT;
		ev.vector = m->interrupt->vector;
		ev.irq_data = m->interrupt->data;
		feed(r, &ev);
	}
	banyan__chassis_msg__free_unpacked(m, NULL);
}

static void on_ready(struct mr_peer *p, const struct mr_hello *theirs, void *arg)
{
	struct rig *r = arg;

	(void)theirs;
	r->peer = p;
	feed(r, &(struct fm_mr_event){.kind = FM_MR_LINK_UP});
}

static void on_close(struct mr_peer *p, const char *why, void *arg)
{
	struct rig *r = arg;

	(void)p;
	if (r->run || !r->connected)
		fprintf(stderr, "chassis: %s\n", why);
	r->peer = NULL;
	r->connected = false;
	mr_loop_stop(r->loop);
}

static const struct mr_peer_ops peer_ops = {on_ready, on_frame, on_close};

/* ---- operations ---- */

static void submit(struct rig *r, unsigned i)
{
	struct fm_op op = {.tag = i + 1};

	r->run->make(i, &op, r->run->arg);
	feed(r, &(struct fm_mr_event){.kind = FM_MR_OP, .op = &op});
}

/* The row of an assignment, as the engine persists it before its operation. */
static void persist(struct rig *r, unsigned i)
{
	static const char *const chassis[] = {"c1"};
	const struct fm_codec_names names = {chassis, 1};
	struct fm_record rec = {.kind = FM_RECORD_ASSIGNMENT};
	struct mr_buf key = {0}, value = {0};
	struct fm_store_put put;
	struct fm_op op = {.tag = i + 1};

	r->run->make(i, &op, r->run->arg);
	rec.assignment = (struct fm_assignment){.device = "data0",
						.count = 1,
						.id = i + 1,
						.epoch = 1,
						.phase = FM_PHASE_CONFIGURED,
						.host = "blade001",
						.adapter = "nic1",
						.has_fn = true,
						.fn = op.fn,
						.place = op.place};
	mr_fmt(rec.assignment.profile, sizeof(rec.assignment.profile), "web-%06u", i);
	fm_record_key(&rec, &names, &key);
	fm_record_value(&rec, &names, &value);
	put = (struct fm_store_put){key.data, key.len, FM_STORE_ANY, value.data, value.len};
	fm_store_commit(r->store, i + 1, &put, 1);
	mr_buf_done(&key);
	mr_buf_done(&value);
}

static void fill(struct rig *r)
{
	while (r->run && r->next < r->run->n && r->next - r->done < r->run->window) {
		unsigned i = r->next++;

		r->start[i] = bench_now_ns();
		if (r->run->store)
			persist(r, i);
		else
			submit(r, i);
	}
}

static void on_result(struct rig *r, const struct fm_op_result *res)
{
	unsigned i = (unsigned)res->tag - 1;

	if (!r->run)
		return;
	r->took[i] = bench_now_ns() - r->start[i];
	if (res->end != FM_OP_DONE && !r->run->failed++)
		mr_fmt(r->run->detail, sizeof(r->run->detail), "%.150s", res->detail);
	if (++r->done == r->run->n)
		mr_loop_stop(r->loop);
}

/* One event into the machine; its actions out. */
static void feed(struct rig *r, const struct fm_mr_event *ev)
{
	fm_mr_actions_reset(&r->actions);
	fm_mrpcim_step(r->m, mr_clock_now(), ev, &r->actions);
	for (unsigned i = 0; i < r->actions.n; i++) {
		const struct fm_mr_action *a = &r->actions.item[i];
		unsigned bytes;

		if (a->kind == FM_MR_BATCH) {
			bytes = send_batch(r, a);
			if (r->run) {
				r->run->batches++;
				r->run->bytes_out += bytes;
			}
			if (r->run && ev->kind == FM_MR_OP) {
				r->run->request_bytes = bytes;
				r->batch = a->tag;
			}
		} else if (a->kind == FM_MR_RESULT) {
			on_result(r, &a->result);
		} else if (a->event.kind == FM_CE_CONNECTED) {
			r->connected = true;
			mr_loop_stop(r->loop);
		}
	}
	mr_timer_set(r->timer, fm_mrpcim_deadline(r->m));
	if (ev->kind != FM_MR_OP)
		fill(r);
}

static void on_timer(void *arg)
{
	feed(arg, &(struct fm_mr_event){.kind = FM_MR_TIMER});
}

static int time_cmp(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* Runs a stretch to its end. */
void rig_go(struct rig *r, struct rig_run *run)
{
	int64_t start;

	bench_pin(BENCH_CLIENT);
	start = bench_now_ns();
	r->run = run;
	r->next = r->done = 0;
	r->start = mr_xcalloc(run->n + 1, sizeof(*r->start));
	r->took = mr_xcalloc(run->n + 1, sizeof(*r->took));
	fill(r);
	if (r->done < run->n)
		mr_loop_run(r->loop);
	run->ns = bench_now_ns() - start;
	bench_pin(BENCH_ANYWHERE);
	run->failed += run->n - r->done;
	qsort(r->took, run->n, sizeof(*r->took), time_cmp);
	run->p99_ns = run->n ? r->took[run->n * 99 / 100] : 0;
	r->run = NULL;
	free(r->start);
	free(r->took);
}

/* ---- the store ---- */

static void on_commit(uint64_t n, const struct mr_err *err, void *arg)
{
	struct rig *r = arg;

	if (err)
		fprintf(stderr, "store: %s\n", err->text);
	submit(r, (unsigned)n - 1);
}

static void poll_store(void *arg)
{
	struct rig *r = arg;

	fm_store_poll(r->store);
}

static void on_wake(void *arg)
{
	struct rig *r = arg;

	mr_loop_post(r->loop, poll_store, r);
}

/* Opens a store whose commits submit the operations; see the header. */
struct fm_store *rig_store(struct rig *r, const char *path)
{
	static const struct fm_store_ops ops = {on_commit, on_wake};
	struct mr_err err = {0};

	if (fm_store_open(path, &ops, r, &r->store, &err)) {
		fprintf(stderr, "%s\n", err.text);
		r->store = NULL;
	}
	return r->store;
}

/* ---- life ---- */

/* Adapter ports follow the host ports. */
static unsigned first_port(const struct rig *r)
{
	return r->shape.hosts + 1;
}

/* Everything that tells one item from another. */
void rig_place(const struct rig *r, unsigned i, struct fm_op *op)
{
	op->fn = (struct fm_fn_id){.port = (uint16_t)(first_port(r) + i / r->shape.vfs),
				   .vf = (uint16_t)(i % r->shape.vfs)};
	op->place = (struct fm_place){.way = FM_WAY_SYNTHETIC,
				      .port = (uint16_t)(1 + i / r->shape.bridges),
				      .bridge = (uint16_t)(i % r->shape.bridges)};
	op->cookie = (uint64_t)(i + 1) << 32 | 1;
}

/* Take the owner, read everything, then VFs on every adapter. */
static void make_setup(unsigned i, struct fm_op *op, void *arg)
{
	if (i == 0) {
		op->kind = FM_OP_TAKE_OWNER;
		op->owner_id = 77;
		op->owner_epoch = 1;
		op->value = 1;
	} else if (i == 1) {
		op->kind = FM_OP_OBSERVE;
	} else {
		op->kind = FM_OP_PROVISION;
		op->fn.port = (uint16_t)(first_port(arg) + i - 2);
	}
}

static bool setup(struct rig *r)
{
	struct rig_run run = {
		.n = 2 + r->shape.adapters, .window = 1, .make = make_setup, .arg = r};

	mr_loop_run(r->loop);
	if (!r->connected)
		return false;
	rig_go(r, &run);
	if (run.failed)
		fprintf(stderr, "setup: %s\n", run.detail);
	return !run.failed;
}

/* See the header. */
struct bench_shape rig_shape(unsigned functions)
{
	struct bench_shape s = {.bridges = 250, .vfs = 1000};

	s.hosts = (functions + s.bridges - 1) / s.bridges;
	s.adapters = (functions + s.vfs - 1) / s.vfs;
	return s;
}

/* Starts server and connection. */
struct rig *rig_new(const char *dir, struct bench_shape shape)
{
	struct rig *r = MR_NEW(struct rig);
	struct mr_peer_config cfg = {.hello = {.protocol = "chassis",
					       .role = "manager",
					       .name = "bench",
					       .instance = "bench",
					       .major = MR_PROTOCOL_MAJOR},
				     .cap = MR_FRAME_CAP_CHASSIS,
				     .ops = &peer_ops,
				     .arg = r};

	mr_fmt(r->path, sizeof(r->path), "unix:%s/chassis.sock", dir);
	r->shape = shape;
	r->server = bench_chassis_start(r->path, &r->shape);
	r->loop = mr_loop_new();
	r->timer = mr_timer_new(r->loop, on_timer, r);
	r->m = fm_mrpcim_new(0, "c1");
	if (r->server > 0)
		r->dialer = mr_dial(r->loop, r->path, &cfg);
	if (r->server > 0 && setup(r))
		return r;
	rig_free(r);
	return NULL;
}

/* Ends the connection and the server; NULL is accepted. */
void rig_free(struct rig *r)
{
	if (!r)
		return;
	r->run = NULL;
	if (r->dialer)
		mr_dialer_free(r->dialer);
	mr_timer_free(r->timer);
	mr_loop_free(r->loop);
	fm_mrpcim_free(r->m);
	fm_mr_actions_done(&r->actions);
	mr_buf_done(&r->out);
	bench_child_end(r->server);
	unlink(r->path + strlen("unix:"));
	free(r);
}
