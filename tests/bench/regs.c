/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `regs`: register accesses a second of a real banyan-sim with the demo chassis, by unix socket
 * and by TCP over loopback. Batched is 4,096 records a frame and WINDOW frames under way;
 * single is one record a frame and one frame under way. Reads take turns between the switch's
 * registers, configuration space and an adapter's control table; writes go to a register that
 * has no further effect. Baseline: a bare libevent echo of the same bytes over the same kind of
 * socket, in turns with the measured stretches.
 */
#include <stdio.h>

#include "common/err.h"
#include "common/net/frame.h"
#include "common/net/loop.h"
#include "common/net/peer.h"
#include "common/os/clock.h"
#include "common/pci/batch.h"
#include "common/pci/regmap.h"
#include "common/str.h"
#include "common/xalloc.h"
#include "proto/chassis.pb-c.h"
#include "proto/field.h"
#include "tests/bench/bench.h"
#include "tests/bench/server.h"
#include "tests/bench/simproc.h"

#define CHASSIS	 SRCDIR "/config/demo-chassis.yaml"
#define WINDOW	 8
#define ACCESSES 2000000 /* of a batched stretch; a single one has a hundredth */
#define OWNER	 77
#define BAR0	 0x10
#define WAIT_NS	 (30 * MR_NS_PER_S)

struct client {
	struct bench_sim sim;
	struct mr_loop *loop;
	struct mr_timer *timer;
	struct mr_dialer *dialer;
	struct mr_peer *peer;
	struct mr_buf out;
	/* where the reads go */
	uint16_t rid;
	uint64_t control;
	/* the stretch under way */
	const struct mr_batch *batch;
	unsigned total, sent, done, bad;
	unsigned request_bytes, reply_bytes;
	uint64_t value; /* the first one of the last reply */
};

/* ---- the wire ---- */

static void send_one(struct client *c)
{
	Banyan__ChassisMsg m = BANYAN__CHASSIS_MSG__INIT;
	Banyan__Batch b = BANYAN__BATCH__INIT;

	b.owner_id = OWNER;
	b.owner_epoch = 1;
	b.ops.data = (uint8_t *)c->batch->ops.data;
	b.ops.len = c->batch->ops.len;
	m.id = ++c->sent;
	m.body_case = BANYAN__CHASSIS_MSG__BODY_BATCH;
	m.batch = &b;
	mr_buf_reset(&c->out);
	mr_pb_put(&c->out, &m.base);
	c->request_bytes = (unsigned)c->out.len + MR_FRAME_HEADER;
	mr_peer_send(c->peer, c->out.data, c->out.len);
}

static void on_reply(struct client *c, const Banyan__BatchReply *r)
{
	c->bad += r->status != MR_BATCH_OK || r->executed != c->batch->records ||
		  r->data.len != 8ul * c->batch->reply_values;
	if (r->data.len >= 8)
		c->value = mr_batch_get_value(r->data.data, 0);
	if (++c->done == c->total)
		mr_loop_stop(c->loop);
	else if (c->sent < c->total)
		send_one(c);
}

static void on_frame(struct mr_peer *p, const uint8_t *data, size_t len, void *arg)
{
	struct client *c = arg;
	Banyan__ChassisMsg *m = banyan__chassis_msg__unpack(NULL, len, data);

	if (!m || m->body_case == BANYAN__CHASSIS_MSG__BODY_ERROR)
		mr_peer_close(p, "no reply to a batch");
	else if (m->body_case == BANYAN__CHASSIS_MSG__BODY_BATCH_REPLY) {
		c->reply_bytes = (unsigned)len + MR_FRAME_HEADER;
		on_reply(c, m->batch_reply);
	}
	if (m)
		banyan__chassis_msg__free_unpacked(m, NULL);
}

static void on_ready(struct mr_peer *p, const struct mr_hello *theirs, void *arg)
{
	struct client *c = arg;

	(void)theirs;
	c->peer = p;
	mr_loop_stop(c->loop);
}

static void on_close(struct mr_peer *p, const char *why, void *arg)
{
	struct client *c = arg;

	if (c->peer != p)
		return;
	fprintf(stderr, "chassis: %s\n", why);
	c->peer = NULL;
	mr_loop_stop(c->loop);
}

static void on_timeout(void *arg)
{
	struct client *c = arg;

	fprintf(stderr, "regs: no answer within 30 s\n");
	mr_loop_stop(c->loop);
}

/* Runs 'n' times 'b'; its nanoseconds, or -1. */
static int64_t go(struct client *c, const struct mr_batch *b, unsigned n, unsigned window)
{
	int64_t start;

	if (!c->peer)
		return -1;
	bench_pin(BENCH_CLIENT);
	start = bench_now_ns();
	c->batch = b;
	c->total = n;
	c->sent = c->done = c->bad = 0;
	while (c->sent < n && c->sent < window)
		send_one(c);
	mr_timer_set(c->timer, mr_clock_now().mono_ns + WAIT_NS);
	mr_loop_run(c->loop);
	mr_timer_set(c->timer, MR_NEVER);
	bench_pin(BENCH_ANYWHERE);
	if (c->done == n && !c->bad)
		return bench_now_ns() - start;
	fprintf(stderr, "regs: %u of %u batches answered, %u of them wrong\n", c->done, n,
		c->bad);
	return -1;
}

/* ---- what is read and written ---- */

/* The value of one register; all-ones on failure as well. */
static uint64_t ask(struct client *c, struct mr_batch *b)
{
	c->value = UINT64_MAX;
	if (go(c, b, 1, 1) < 0)
		c->value = UINT64_MAX;
	mr_batch_reset(b);
	return c->value;
}

/* Takes the owner; finds the first adapter and its control table. */
static bool find_registers(struct client *c)
{
	struct mr_batch b = {0};
	uint64_t caps, rid, low, high;

	mr_batch_cas(&b, MR_SPACE_SWITCH, 0, 0, SW_OWNER_EPOCH, 8, 0, 1);
	if (ask(c, &b) != 0)
		return false;
	mr_batch_sw_read(&b, SW_CAPS, 1);
	caps = ask(c, &b);
	mr_batch_sw_read(&b, SW_PORT((caps >> 16 & 0xffff) + 1) + PORT_VH0_RID, 1);
	rid = ask(c, &b);
	c->rid = (uint16_t)rid;
	mr_batch_read(&b, MR_SPACE_CONFIG, 0, c->rid, BAR0, 4, 1);
	low = ask(c, &b);
	mr_batch_read(&b, MR_SPACE_CONFIG, 0, c->rid, BAR0 + 4, 4, 1);
	high = ask(c, &b);
	c->control = high << 32 | (low & ~15ull);
	mr_batch_done(&b);
	return rid < 0xffff && high != UINT64_MAX;
}

static void add_read(const struct client *c, struct mr_batch *b, unsigned i)
{
	unsigned k = i / 3;

	if (i % 3 == 0)
		mr_batch_sw_read(b, SW_PORT(1 + k % 5) + PORT_STATUS, 1);
	else if (i % 3 == 1)
		mr_batch_read(b, MR_SPACE_CONFIG, 0, c->rid, 4 * (k % 64), 4, 1);
	else
		mr_batch_read(b, MR_SPACE_MEMORY, 0, 0, c->control + 8 * (k % 16), 8, 1);
}

static void fill(const struct client *c, struct mr_batch *b, bool write, unsigned records)
{
	mr_batch_reset(b);
	for (unsigned i = 0; i < records; i++)
		if (write)
			mr_batch_sw_write(b, SW_PORT(1) + PORT_CHALLENGE, i);
		else
			add_read(c, b, i);
}

/* ---- figures ---- */

struct stretch {
	bool write;
	unsigned records, window, share; /* share: of the accesses, one in so many */
};
static const struct stretch stretches[] = {
	{false, MR_BATCH_MAX_RECORDS, WINDOW, 1},
	{true, MR_BATCH_MAX_RECORDS, WINDOW, 1},
	{false, 1, 1, 100},
	{true, 1, 1, 100},
};

static int measure(const struct bench_options *o, struct client *c, const struct stretch *s,
		   bool tcp)
{
	unsigned accesses = (o->count ? o->count : ACCESSES) / s->share;
	unsigned n = accesses / s->records + 1;
	double rate = 0, base = 0, r;
	struct mr_batch b = {0};
	int64_t ns = 0;

	fill(c, &b, s->write, s->records);
	for (unsigned i = 0; i < o->rounds && ns >= 0; i++) {
		ns = go(c, &b, n, s->window);
		r = ns > 0 ? n * 1e9 / (double)ns : 0;
		rate = r > rate ? r : rate;
		r = bench_echo(tcp, n, s->window, c->request_bytes, c->reply_bytes);
		base = r > base ? r : base;
	}
	mr_batch_done(&b);
	if (ns < 0 || base <= 0)
		return -1;
	fprintf(o->out,
		"{\"bench\": \"regs\", \"socket\": \"%s\", \"what\": \"%s\", \"records\": %u, "
		"\"window\": %u, \"per_s\": %.0f, \"frames_per_s\": %.0f, \"request_bytes\": "
		"%u, \"reply_bytes\": %u, \"baseline\": \"bare libevent echo of the same "
		"bytes\", \"baseline_frames_per_s\": %.0f, \"ratio\": %.4f}\n",
		tcp ? "tcp" : "unix", s->write ? "writes" : "reads", s->records, s->window,
		rate * s->records, rate, c->request_bytes, c->reply_bytes, base, rate / base);
	return 0;
}

static int over(const struct bench_options *o, bool tcp)
{
	struct client c = {.loop = mr_loop_new()};
	const struct mr_peer_config cfg = {
		.hello = {.protocol = "chassis",
			  .role = "manager",
			  .name = "bench",
			  .instance = "bench",
			  .major = MR_PROTOCOL_MAJOR},
		.cap = MR_FRAME_CAP_CHASSIS,
		.ops = &(struct mr_peer_ops){on_ready, on_frame, on_close},
		.arg = &c};
	int rc = -1;

	c.timer = mr_timer_new(c.loop, on_timeout, &c);
	if (bench_sim_start(&c.sim, o->dir, CHASSIS, tcp)) {
		c.dialer = mr_dial(c.loop, c.sim.address, &cfg);
		mr_timer_set(c.timer, mr_clock_now().mono_ns + WAIT_NS);
		mr_loop_run(c.loop);
		rc = c.peer && find_registers(&c) ? 0 : -1;
	}
	for (unsigned i = 0; !rc && i < MR_ARRAY_SIZE(stretches); i++)
		rc = measure(o, &c, &stretches[i], tcp);
	c.peer = NULL;
	mr_dialer_free(c.dialer);
	mr_timer_free(c.timer);
	mr_loop_free(c.loop);
	mr_buf_done(&c.out);
	bench_sim_end(&c.sim);
	return rc;
}

/* Both kinds of socket. */
int bench_regs(const struct bench_options *o)
{
	return over(o, false) || over(o, true) ? -1 : 0;
}
