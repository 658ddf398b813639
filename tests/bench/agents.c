// SPDX-License-Identifier: Apache-2.0
/*
 * Agents of 10,000 hosts: accepted by challenge, each with its own unix socket, and what they
 * report. The server is the manager's own: listener, frames, codec, sessions
 * (fabric-manager/io/ agents.c) and the engine; only chassis and store are of paper
 * (engine/fabric.h). A report is a delta of one function whose link went, acknowledged. Load
 * and server have a core each; the baseline is a bare libevent echo of the same bytes over as
 * many sockets, by the same load.
 */
#include <malloc.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "agent/codec/codec.h"
#include "common/err.h"
#include "common/net/frame.h"
#include "common/net/hello.h"
#include "common/net/loop.h"
#include "common/os/clock.h"
#include "common/os/log.h"
#include "common/xalloc.h"
#include "fabric-manager/codec/agent.h"
#include "fabric-manager/io/shell.h"
#include "tests/bench/agents/load.h"
#include "tests/bench/bench.h"
#include "tests/bench/engine/fabric.h"
#include "tests/bench/server.h"

#define PORTS	   256	/* of a chassis, for the table of challenges */
#define REVISION   1000 /* every report says it: messages of one size */
#define STATUS_NS  (20 * MR_NS_PER_MS)
#define FILES_MORE 64

/* What load and server both see. */
struct shared {
	_Atomic int64_t live;	/* bytes that the server has allocated */
	_Atomic int64_t cpu_ns; /* of the server, so far */
	_Atomic int64_t rss;
	_Atomic unsigned said;	      /* how often the three were told */
	_Atomic uint64_t challenge[]; /* by chassis and port */
};

struct fm_pump {
	struct bench_fabric fabric;
	struct fm_manager m;
	struct shared *shared;
	struct mr_timer *engine, *status;
};

/* ---- the manager's side ---- */

/* An event of the shell; stands for pump.c, whose drivers and store are not here. */
void fm_pump_event(struct fm_pump *p, const struct fm_event *ev)
{
	p->fabric.now = mr_clock_now();
	bench_fabric_event(&p->fabric, ev);
	mr_timer_set(p->engine, fm_engine_deadline(p->fabric.engine));
}

static void on_deadline(void *arg)
{
	const struct fm_event ev = {.kind = FM_EV_TIMER};

	fm_pump_event(arg, &ev);
}

static void tell(const struct fm_action *a, void *arg)
{
	struct fm_pump *p = arg;

	switch (a->kind) {
	case FM_ACT_OPERATION:
		if (a->op.kind == FM_OP_CHALLENGE)
			p->shared->challenge[a->op.chassis * PORTS + a->op.place.port] =
				a->op.value;
		break;
	case FM_ACT_AGENT_CHALLENGE:
		fm_agents_challenge(p->m.agents, a->session);
		break;
	case FM_ACT_AGENT_ACCEPT:
		fm_agents_accept(p->m.agents, a->session);
		break;
	case FM_ACT_AGENT_CLOSE:
		fm_agents_close(p->m.agents, a->session, a->reason, a->text);
		break;
	default:
		break;
	}
}

static void on_status(void *arg)
{
	struct fm_pump *p = arg;
	struct mallinfo2 mi = mallinfo2();

	p->shared->live = (int64_t)(mi.uordblks + mi.hblkhd);
	p->shared->rss = bench_rss();
	p->shared->cpu_ns = bench_cpu_ns();
	p->shared->said++;
	mr_timer_set(p->status, mr_clock_now().mono_ns + STATUS_NS);
}

static bool name_hosts(struct bench_fabric *f)
{
	struct mr_buf b = {0};
	struct fm_file file = {.name = "hosts.yaml"};
	bool good;

	for (unsigned c = 0; c < f->inv.n; c++)
		for (unsigned i = 0; i < f->inv.chassis[c].hosts; i++)
			mr_buf_printf(&b,
				      "---\napiVersion: banyan/v1\nkind: Host\nmetadata: "
				      "{name: %s}\nspec: {chassis: %s}\n",
				      f->inv.chassis[c].host[i].name, f->inv.chassis[c].name);
	file.text = mr_buf_text(&b);
	file.len = b.len;
	good = bench_fabric_apply(f, &file, 1);
	mr_buf_done(&b);
	return good;
}

static void serve(void *arg, int ready)
{
	struct fm_pump *p = arg;
	struct mr_err err = {0};

	bench_fabric_start(&p->fabric);
	bench_fabric_run(&p->fabric, MR_NS_PER_S);
	if (!name_hosts(&p->fabric))
		_exit(1);
	p->fabric.untimed = true;
	p->fabric.tell = tell;
	p->fabric.tell_arg = p;
	p->m.loop = mr_loop_new();
	p->m.pump = p;
	p->engine = mr_timer_new(p->m.loop, on_deadline, p);
	p->status = mr_timer_new(p->m.loop, on_status, p);
	if (fm_agents_new(&p->m, &p->m.agents, &err)) {
		fprintf(stderr, "agents: %s\n", err.text);
		_exit(1);
	}
	on_deadline(p);
	on_status(p);
	if (write(ready, "", 1) != 1)
		_exit(1);
	mr_loop_run(p->m.loop);
	_exit(0);
}

/* ---- the agents' side: handshakes one after the other, blocking ---- */

struct agent {
	int fd;
	unsigned chassis;
	struct ag_root root;
	struct ag_identity id;
	struct mr_frame_reader reader;
};

static bool say(struct agent *a, const struct mr_buf *payload)
{
	struct mr_buf out = {0};
	ssize_t n;

	mr_frame_put(&out, payload->data, payload->len);
	n = write(a->fd, out.data, out.len);
	n = n == (ssize_t)out.len;
	mr_buf_done(&out);
	return n;
}

/* The next frame; false when the connection ended. */
static bool hear(struct agent *a, const uint8_t **ret, size_t *ret_len)
{
	char bytes[4096];
	ssize_t n;
	int r;

	while (!(r = mr_frame_next(&a->reader, ret, ret_len))) {
		n = read(a->fd, bytes, sizeof(bytes));
		if (n <= 0)
			return false;
		mr_frame_feed(&a->reader, bytes, (size_t)n);
	}
	return r == 1;
}

/* Waits for one kind of message; false if something else came. */
static bool hear_kind(struct agent *a, enum ag_msg_kind kind)
{
	struct mr_err err = {0};
	const uint8_t *data;
	struct ag_msg msg;
	size_t len;
	bool frame = hear(a, &data, &len);

	if (!frame || ag_msg_get(data, len, &msg, &err)) {
		fprintf(stderr, "agents: %s: %s\n", a->id.host,
			frame ? err.text : "connection ended");
		return false;
	}
	if (msg.kind == kind)
		return true;
	fprintf(stderr, "agents: %s: message %d, expected %d: %s\n", a->id.host, msg.kind, kind,
		msg.kind == AG_MSG_ERROR ? msg.text : "");
	return false;
}

/* Of one size in bytes, whatever the port and the turn. */
static struct ag_fn function(const struct agent *a, unsigned turn)
{
	struct ag_fn f = {.place = {AG_WAY_SYNTHETIC, a->root.port, 3, 0, 0},
			  .rid = 0x500,
			  .vendor = 0x15b3,
			  .device = 0x101e,
			  .class_code = 0x020000,
			  .ident0 = 0x020000000000 + a->chassis * PORTS + a->root.port,
			  .link = true,
			  .numa = -1,
			  .iommu_group = 12 + (turn & 1)};

	mr_copy(f.driver, sizeof(f.driver), "mlx5_core");
	mr_copy(f.name, sizeof(f.name), a->root.port < 128 ? "eth00" : "eth0");
	return f;
}

static void put_report(struct mr_buf *out, const struct agent *a, bool full, unsigned turn)
{
	struct ag_fn fn = function(a, turn);
	const struct ag_action r = {
		.kind = AG_ACT_REPORT, .revision = REVISION, .full = full, .fn = &fn, .fns = 1};
	unsigned pos = 0;

	ag_put_report(out, &r, &pos);
}

static bool greet(struct agent *a, const char *path)
{
	const struct mr_hello ours = {.protocol = "agent",
				      .role = "agent",
				      .name = "bench",
				      .instance = "bench",
				      .major = MR_PROTOCOL_MAJOR};
	struct mr_buf b = {0};
	const uint8_t *data;
	size_t len;
	bool good;

	a->fd = bench_connect(path);
	mr_hello_put(&b, &ours); /* a whole frame */
	good = a->fd >= 0 && write(a->fd, b.data, b.len) == (ssize_t)b.len &&
	       hear(a, &data, &len);
	mr_buf_done(&b);
	return good;
}

/* From the first byte to the acknowledgement of a full report; its frame's bytes, 0 = failed.
 */
static size_t join(struct agent *a, const char *path, const struct shared *sh)
{
	struct ag_action act = {.roots = 1, .root = {a->root}};
	struct mr_buf b = {0};
	bool good = false;

	mr_frame_reader_init(&a->reader, MR_FRAME_CAP_AGENT);
	if (!greet(a, path))
		goto out;
	ag_put_hello(&b, &a->id, &act);
	if (!say(a, &b) || !hear_kind(a, AG_MSG_CHALLENGE))
		goto out;
	act.root[0].challenge = sh->challenge[a->chassis * PORTS + a->root.port];
	mr_buf_reset(&b);
	ag_put_answer(&b, &act);
	if (!say(a, &b) || !hear_kind(a, AG_MSG_ACCEPT))
		goto out;
	mr_buf_reset(&b);
	put_report(&b, a, true, 0);
	good = say(a, &b) && hear_kind(a, AG_MSG_REPORT_ACK);
out:
	mr_buf_done(&b);
	mr_frame_reader_done(&a->reader);
	return good;
}

/* ---- the whole ---- */

struct run {
	const struct bench_options *o;
	struct shared *shared;
	struct bench_load load;
	unsigned n;
	struct agent *agent;
	struct bench_line *line;
	char *frames; /* of all lines */
};

/* Until the server has told anew what it takes. */
static void look(const struct shared *sh)
{
	unsigned said = sh->said;

	while (sh->said - said < 2)
		usleep(1000);
}

static void name_agents(struct run *r, const struct bench_fabric *f)
{
	for (unsigned i = 0; i < r->n; i++) {
		struct agent *a = &r->agent[i];
		const struct fm_chassis *c = &f->inv.chassis[i % f->inv.n];

		a->chassis = i % f->inv.n;
		a->root = (struct ag_root){.port = c->host[i / f->inv.n].port, .vs = 1};
		mr_copy(a->root.serial, sizeof(a->root.serial), c->serial);
		mr_copy(a->id.host, sizeof(a->id.host), c->host[i / f->inv.n].name);
		mr_fmt(a->id.boot_id, sizeof(a->id.boot_id), "boot-%u", i);
		mr_copy(a->id.kernel, sizeof(a->id.kernel), "6.1.0");
		a->id.incarnation = 1;
	}
}

static bool join_all(struct run *r, const char *path)
{
	int64_t live, ns;

	look(r->shared);
	live = r->shared->live;
	ns = bench_now_ns();
	for (unsigned i = 0; i < r->n; i++) {
		if (!join(&r->agent[i], path, r->shared))
			return false;
		r->line[i].fd = r->agent[i].fd;
	}
	ns = bench_now_ns() - ns;
	look(r->shared);
	live = (r->shared->live - live) / r->n;
	fprintf(r->o->out,
		"{\"bench\": \"agents\", \"what\": \"accepted, one after the other\", "
		"\"agents\": %u, \"per_s\": %.0f, \"bytes_each\": %lld, \"bar_bytes\": "
		"20000, \"rss\": %lld, \"ratio\": %.3f}\n",
		r->n, (double)r->n * 1e9 / (double)ns, (long long)live,
		(long long)r->shared->rss, 20000. / (double)live);
	return true;
}

static void make_frames(struct run *r)
{
	struct mr_buf b = {0}, all = {0};

	for (unsigned i = 0; i < r->n; i++)
		for (unsigned k = 0; k < BENCH_BURST; k++) {
			mr_buf_reset(&b);
			put_report(&b, &r->agent[i], false, k);
			mr_frame_put(&all, b.data, b.len);
		}
	r->load.frame = all.len / r->n / BENCH_BURST;
	r->frames = mr_xcalloc(1, all.len);
	memcpy(r->frames, all.data, all.len);
	for (unsigned i = 0; i < r->n; i++)
		r->line[i].frames = r->frames + i * BENCH_BURST * r->load.frame;
	mr_buf_reset(&b);
	fm_agent_put_report_ack(&b, REVISION);
	r->load.ack = b.len + MR_FRAME_HEADER;
	mr_buf_done(&b);
	mr_buf_done(&all);
}

static const struct way {
	const char *what;
	unsigned burst, rounds;
	double bar; /* reports a second and core */
} ways[] = {{"reports, one of each agent under way", 1, 40, 0},
	    {"reports in bursts of 16", BENCH_BURST, 10, 300000}};

static uint64_t total_of(const struct run *r, const struct way *w)
{
	return (uint64_t)r->n * w->rounds * w->burst;
}

static bool measure(struct run *r, const struct way *w, double base)
{
	double rate, core;
	int64_t cpu;

	look(r->shared);
	cpu = r->shared->cpu_ns;
	rate = bench_lines_drive(r->line, r->n, &r->load, w->burst, total_of(r, w));
	look(r->shared);
	cpu = r->shared->cpu_ns - cpu;
	core = (double)r->load.sent * 1e9 / (double)cpu;
	if (!(base > 0 && rate > 0)) {
		fprintf(stderr, "agents: %s: %s ended\n", w->what,
			base > 0 ? "a connection of an agent" : "the echo");
		return false;
	}
	fprintf(r->o->out,
		"{\"bench\": \"agents\", \"what\": \"%s\", \"agents\": %u, \"bytes\": "
		"%zu, \"ack_bytes\": %zu, \"per_s\": %.0f, \"per_core_s\": %.0f, "
		"\"bar_per_core_s\": %.0f, \"baseline\": \"bare libevent echo\", "
		"\"baseline_per_s\": %.0f, \"ratio\": %.3f}\n",
		w->what, r->n, r->load.frame, r->load.ack, rate, core, w->bar, base,
		rate / base);
	return true;
}

/* The echo comes first: both at once take more descriptors than a process may have. */
static bool run(struct run *r, const struct bench_fabric *f, const char *path)
{
	double base[MR_ARRAY_SIZE(ways)];
	char bare[220];
	bool good;

	mr_fmt(bare, sizeof(bare), "%s.echo", path);
	name_agents(r, f);
	make_frames(r);
	for (unsigned i = 0; i < MR_ARRAY_SIZE(ways); i++)
		base[i] = bench_lines_echo(r->line, r->n, &r->load, bare, ways[i].burst,
					   total_of(r, &ways[i]));
	good = join_all(r, path);
	for (unsigned i = 0; good && i < MR_ARRAY_SIZE(ways); i++)
		good = measure(r, &ways[i], base[i]);
	return good;
}

/* One for each agent, and some. */
static void many_files(unsigned n)
{
	struct rlimit l = {n + FILES_MORE, n + FILES_MORE};

	setrlimit(RLIMIT_NOFILE, &l);
}

int bench_agents(const struct bench_options *o)
{
	struct run r = {.o = o, .n = o->count ? o->count : 10000};
	struct fm_pump *p = MR_NEW(struct fm_pump);
	size_t bytes;
	char path[200];
	pid_t pid;
	bool good = false;

	many_files(r.n);
	bench_fabric_init(&p->fabric, 1, r.n);
	bytes = sizeof(struct shared) + p->fabric.inv.n * PORTS * sizeof(uint64_t);
	p->shared = r.shared =
		mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	r.agent = mr_xcalloc(r.n, sizeof(*r.agent));
	r.line = mr_xcalloc(r.n, sizeof(*r.line));
	mr_fmt(path, sizeof(path), "%s/agents-%d.sock", o->dir, (int)getpid());
	mr_copy(p->m.cfg.agents_unix, sizeof(p->m.cfg.agents_unix), path);
	pid = bench_child_start(serve, p);
	bench_pin(BENCH_CLIENT);
	if (pid > 0)
		good = run(&r, &p->fabric, path);
	bench_pin(BENCH_ANYWHERE);
	bench_child_end(pid);
	unlink(path);
	munmap(r.shared, bytes);
	bench_fabric_done(&p->fabric);
	free(p);
	free(r.agent);
	free(r.line);
	free(r.frames);
	return good ? 0 : -1;
}
