/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of moves: a function goes from host A to host B in each way that there is, and at
 * each step of the hand-over either host is reset (conventional reset, link down and up, power
 * cycle), with the manager alive and with the manager dead from that step on. Engine, MR-PCIM,
 * agents' cores and chassis are the real ones.
 *
 * Judged by traffic: the neighbours of both kinds on the same device are reached by exactly
 * their hosts afterwards, with the manager still dead; who was not reset keeps what it had; and
 * once there is a manager the move ends where it should, and every invariant holds. The pools
 * have no function to spare, so that the same function moves.
 *
 *	sim-test-moves [--move NAME] [--step N] [--seed N] [--fine] [--verbose]
 *
 * A step is a change of the assignment's phase, the end of an operation, a command to an agent
 * or its answer; with --fine it is everything that happens in the world.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/xalloc.h"
#include "tests/sim-test/world/oracle.h"
#include "tests/sim-test/world/world.h"

#define CHASSIS	   SRCDIR "/config/demo-chassis.yaml"
#define SETTLE_NS  (300 * MR_NS_PER_S)
#define PAUSE_NS   (65 * MR_NS_PER_S)
#define PAUSES	   4
#define BOOT_NS	   (40 * MR_NS_PER_S) /* a host is up again, and its agent at work */
#define DOWN_NS	   (2 * MR_NS_PER_S)
#define STEPS_MAX  400
#define STEPS_MIN  8 /* fewer: the move was not seen */
#define NEIGHBOURS 3
#define DEVICES	   (1 + NEIGHBOURS)
#define TRACE_TAIL 5000

/* blade01 and 02 of the demo chassis take LVFs, blade04 is a stock kernel, blade03 has no agent
 * here: both get functions behind bridges of their own. */
static const struct move {
	const char *name, *class, *serial;
	const char *from, *to;
	enum fm_way leaves, comes;
} moves[] = {
	{"lvf-lvf", "ethernet", "N-0001", "blade01", "blade02", FM_WAY_LVF, FM_WAY_LVF},
	{"lvf-synthetic", "ethernet", "N-0001", "blade01", "blade04", FM_WAY_LVF,
	 FM_WAY_SYNTHETIC},
	{"synthetic-lvf", "ethernet", "N-0001", "blade04", "blade01", FM_WAY_SYNTHETIC,
	 FM_WAY_LVF},
	{"synthetic-synthetic", "ethernet", "N-0001", "blade04", "blade03", FM_WAY_SYNTHETIC,
	 FM_WAY_SYNTHETIC},
	{"sriov", "nvme", "D-0001", "blade01", "blade02", FM_WAY_SYNTHETIC, FM_WAY_SYNTHETIC},
	{"base", "gpu", "G-0001", "blade01", "blade02", FM_WAY_DEVICE, FM_WAY_DEVICE},
};

enum how {
	RESET,
	LINK,
	POWER,
	HOWS
};
static const char *const how_names[] = {"reset", "link down and up", "power cycle"};

static struct options {
	const char *move;
	int step; /* -1 = all */
	uint64_t seed;
	bool fine, verbose;
} opt = {.step = -1, .seed = 1};

/* One cell of the table under way. */
struct cell {
	const struct move *m;
	struct world *w;
	struct oracle *judge;
	unsigned ops; /* that ended */
	char last[32];
	char why[600];
};

static void fail(struct cell *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void fail(struct cell *c, const char *fmt, ...)
{
	struct mr_buf b = {0};
	va_list ap;

	va_start(ap, fmt);
	mr_buf_vprintf(&b, fmt, ap);
	va_end(ap);
	if (!c->why[0])
		mr_fmt(c->why, sizeof(c->why), "%s", mr_buf_text(&b));
	mr_buf_done(&b);
}

/* ---- the fabric ---- */

static bool agent_on(const char *host)
{
	return !mr_streq(host, "blade03");
}

static void profile(struct mr_buf *b, const struct move *m, const char *name, const char *host)
{
	mr_buf_printf(b,
		      "---\napiVersion: banyan/v1\nkind: ServerProfile\nmetadata: {name: %s}\n"
		      "spec: {host: %s, devices: [{name: d, class: %s, pool: p}]}\n",
		      name, host, m->class);
}

/*
 * The mover, and unless it is a whole device its neighbours: `left` was on the old host before
 * it came and `near` came after it, so that an LVF has one in a slot on either side of its own;
 * `right` is on the new host.
 */
static const char *const names[DEVICES] = {"mover", "left", "near", "right"};

static unsigned devices(const struct move *m)
{
	return m->comes == FM_WAY_DEVICE ? 1 : DEVICES;
}

/* Where one of them is while the mover is on 'host'. */
static const char *place(const struct move *m, unsigned i, const char *host)
{
	return !i ? host : i < NEIGHBOURS ? m->from : m->to;
}

/* With the mover on 'host', NULL: without any profile. */
static void print(const struct move *m, const char *host, struct mr_buf *b)
{
	mr_buf_printf(b,
		      "apiVersion: banyan/v1\nkind: FabricPolicy\nmetadata: {name: default}\n"
		      "spec: {update: {drain: {mode: force, timeout: 5s}}}\n"
		      "---\napiVersion: banyan/v1\nkind: AdapterPool\nmetadata: {name: p}\n"
		      "spec: {adapterSelector: {serials: [%s]}%s}\n",
		      m->serial, devices(m) == 1 ? "" : ", provision: 4");
	for (unsigned i = 1; i <= 5; i++)
		mr_buf_printf(b,
			      "---\napiVersion: banyan/v1\nkind: Host\nmetadata: {name: "
			      "blade0%u}\n",
			      i);
	for (unsigned i = 0; host && i < devices(m); i++)
		profile(b, m, names[i], place(m, i, host));
}

static const struct fm_assignment *find(const struct world *w, const char *name)
{
	for (unsigned i = 0; i < fm_engine_assignments(w->engine); i++)
		if (mr_streq(fm_engine_assignment(w->engine, i)->profile, name))
			return fm_engine_assignment(w->engine, i);
	return NULL;
}

static unsigned vh_of(const struct world *w, const char *host)
{
	for (unsigned vh = 1; vh <= w->hosts; vh++)
		if (w->host[vh].blade && mr_streq(sim_blade_name(w->host[vh].blade), host))
			return vh;
	return 0;
}

static void on_op(struct world *w, const struct fm_op_result *r, void *arg)
{
	struct cell *c = arg;

	(void)w;
	c->ops++;
	mr_copy(c->last, sizeof(c->last), fm_op_kind_name(r->kind));
	if (!oracle_check(c->judge, 0))
		fail(c, "%s", oracle_complaint(c->judge));
}

static void before_batch(struct world *w, void *arg)
{
	(void)w;
	oracle_traffic(((struct cell *)arg)->judge);
}

/* Active where it should be, and reached there and nowhere else. */
static bool stands(struct cell *c, const char *name, const char *host)
{
	const struct fm_assignment *a = find(c->w, name);

	return a && a->phase == FM_PHASE_ACTIVE && mr_streq(a->host, host);
}

static bool all_stand(struct cell *c, const char *host)
{
	for (unsigned i = 0; i < devices(c->m); i++)
		if (!stands(c, names[i], place(c->m, i, host)))
			return false;
	return true;
}

/* Waits until all is where it should be; says what is not. */
static void settled(struct cell *c, const char *host)
{
	world_settle(c->w, SETTLE_NS);
	for (unsigned i = 0; i < PAUSES && !c->why[0] && !all_stand(c, host); i++) {
		world_run_for(c->w, PAUSE_NS);
		world_settle(c->w, SETTLE_NS);
	}
	if (!oracle_check(c->judge, 0) || !oracle_stale_writer(c->judge))
		fail(c, "%s", oracle_complaint(c->judge));
	for (unsigned i = 0; i < devices(c->m); i++) {
		const char *on = place(c->m, i, host);
		const struct fm_assignment *a = find(c->w, names[i]);

		if (!stands(c, names[i], on))
			fail(c, "%s is not Active on %s: %s on %s: %s %s", names[i], on,
			     a ? fm_phase_name(a->phase) : "gone", a ? a->host : "-",
			     a ? mr_reason_name(a->reason) : "", a ? a->detail : "");
		else if (oracle_owner(c->judge, a->fn) != vh_of(c->w, on))
			fail(c, "%s is Active on %s, and host %u reaches it", names[i], on,
			     oracle_owner(c->judge, a->fn));
	}
}

static void accept(struct cell *c, const char *host)
{
	struct mr_buf text = {0};

	print(c->m, host, &text);
	if (!world_apply(c->w, mr_buf_text(&text)))
		fail(c, "the policy was refused: %s", c->w->reply.text);
	world_settle(c->w, SETTLE_NS);
	mr_buf_done(&text);
}

/* The mover is at 'host', in the way that the move is called by. */
static void came(struct cell *c, const char *host, enum fm_way way)
{
	const struct fm_assignment *a;

	settled(c, host);
	a = find(c->w, "mover");
	if (a && a->place.way != way)
		fail(c, "the mover is on %s by the way %s, not %s", host,
		     fm_way_name(a->place.way), fm_way_name(way));
}

/* Which way a function comes depends on the host's agent: all are there before the profiles. */
static void begin(struct cell *c, const struct move *m)
{
	*c = (struct cell){.m = m, .w = world_new(CHASSIS, opt.seed, agent_on)};
	c->w->verbose = opt.verbose;
	c->judge = oracle_new(c->w);
	world_run_for(c->w, 10 * MR_NS_PER_S);
	world_manager_start(c->w);
	world_settle(c->w, SETTLE_NS);
	accept(c, NULL);
	world_run_for(c->w, 10 * MR_NS_PER_S);
	accept(c, m->from);
	oracle_check(c->judge, 0);
	came(c, m->from, m->leaves);
	c->w->on_op = on_op;
	c->w->before_batch = before_batch;
	c->w->arg = c;
}

static void end(struct cell *c)
{
	oracle_free(c->judge);
	world_free(c->w);
}

static void send_move(struct cell *c)
{
	struct mr_buf text = {0};
	struct fm_file file;
	struct fm_request q;

	print(c->m, c->m->to, &text);
	file = (struct fm_file){"moves.yaml", mr_buf_text(&text), text.len};
	q = world_request_apply(&file);
	world_send(c->w, &q);
	mr_buf_done(&text);
}

/* ---- steps ---- */

/* Where the hand-over is: the assignment's phase, operations that ended, commands under way.
 * What changes it is a step. */
struct at {
	enum fm_phase phase;
	uint32_t epoch;
	unsigned ops, commands;
};

static struct at where(const struct cell *c)
{
	const struct fm_assignment *a = find(c->w, "mover");

	return (struct at){a->phase, a->epoch, c->ops, (unsigned)mr_map_count(c->w->commanded)};
}

static bool same(const struct at *a, const struct at *b)
{
	return a->phase == b->phase && a->epoch == b->epoch && a->ops == b->ops &&
	       a->commands == b->commands;
}

/* Goes to step 'n' after the request; false when the move ends before. */
static bool go_to(struct cell *c, unsigned n)
{
	struct at at = where(c), now;

	for (unsigned steps = 0; n && steps < 1000000; steps++) {
		if (!world_step(c->w) || all_stand(c, c->m->to))
			return false;
		now = where(c);
		n -= opt.fine || !same(&at, &now);
		at = now;
	}
	return !n;
}

/* ---- a cell of the table ---- */

static void happen(struct cell *c, unsigned vh, enum how how)
{
	struct world *w = c->w;

	w->shaken = true;
	if (how == RESET)
		sim_host_reset(w->chassis, w->now, (uint16_t)vh);
	else if (how == LINK)
		sim_port_set_link(w->chassis, w->now, (uint16_t)vh, false);
	else
		sim_host_set_power(w->chassis, w->now, (uint16_t)vh, false);
	world_notices(w);
	if (how == RESET)
		return;
	world_run_for(w, DOWN_NS);
	w->shaken = true;
	if (how == LINK)
		sim_port_set_link(w->chassis, w->now, (uint16_t)vh, true);
	else
		sim_host_set_power(w->chassis, w->now, (uint16_t)vh, true);
	world_notices(w);
}

/* What the hosts own at this step, by traffic: by `names`. */
struct owned {
	struct fm_fn_id fn[DEVICES];
	unsigned vh[DEVICES], n;
	bool firm; /* nothing was asked about the mover yet, or it came to the new host */
};

static struct owned look(struct cell *c)
{
	struct owned o = {.n = devices(c->m)};

	if (!oracle_check(c->judge, 0))
		fail(c, "%s", oracle_complaint(c->judge));
	for (unsigned i = 0; i < o.n; i++) {
		o.fn[i] = find(c->w, names[i])->fn;
		o.vh[i] = oracle_owner(c->judge, o.fn[i]);
	}
	o.firm = o.vh[0] && ((!c->ops && !c->w->ops && !mr_map_count(c->w->commanded)) ||
			     o.vh[0] == vh_of(c->w, c->m->to));
	return o;
}

/* No manager: the neighbours are where they were. So is the mover before anything was asked of
 * its host and after it came to the new one; in between the old host lets go of what it was
 * asked to let go. It never comes to a host that was not to have it (I5). */
static void look_again(struct cell *c, const struct owned *before, unsigned reset)
{
	if (!oracle_check(c->judge, 0))
		fail(c, "without a manager: %s", oracle_complaint(c->judge));
	for (unsigned i = 0; i < before->n; i++) {
		unsigned vh = oracle_owner(c->judge, before->fn[i]);

		if (i && vh != before->vh[i])
			fail(c, "without a manager: %s was reached by host %u, now by %u",
			     names[i], before->vh[i], vh);
		if (!i && before->firm && vh != before->vh[0])
			fail(c, "without a manager: host %u lost the mover to the reset of %u",
			     before->vh[0], reset);
	}
}

/* False: there is no such step. */
static bool run(struct cell *c, unsigned step, bool of_b, enum how how, bool dead)
{
	unsigned vh = vh_of(c->w, of_b ? c->m->to : c->m->from);
	struct owned before;

	send_move(c);
	if (!go_to(c, step)) { /* undisturbed; else it may come in another way */
		came(c, c->m->to, c->m->comes);
		return false;
	}
	before = look(c);
	world_trace(c->w, "---- step %u (after %s): %s of host %u, manager %s", step, c->last,
		    how_names[how], vh, dead ? "dead" : "alive");
	if (dead)
		world_manager_kill(c->w);
	happen(c, vh, how);
	if (dead) {
		world_run_for(c->w, BOOT_NS);
		look_again(c, &before, vh);
		world_manager_start(c->w);
	}
	settled(c, c->m->to);
	return true;
}

struct sum {
	unsigned cells, failed;
};

static bool cell(const struct move *m, unsigned step, unsigned k, struct sum *s)
{
	bool of_b = k & 1, dead = k & 2;
	enum how how = (enum how)(k / 4);
	const char *trace;
	struct cell c;
	bool there;

	begin(&c, m);
	there = !c.why[0] && run(&c, step, of_b, how, dead);
	s->cells += there || c.why[0];
	if (c.why[0]) {
		s->failed++;
		trace = mr_buf_text(&c.w->trace);
		fprintf(stderr,
			"%s\nFAILED: %s, step %u (after %s), %s of the %s host, manager %s: "
			"%s\nreplay: sim-test-moves --move %s --step %u --seed %llu%s\n",
			trace + (c.w->trace.len > TRACE_TAIL ? c.w->trace.len - TRACE_TAIL : 0),
			m->name, step, c.last, how_names[how], of_b ? "new" : "old",
			dead ? "dead" : "alive", c.why, m->name, step,
			(unsigned long long)opt.seed, opt.fine ? " --fine" : "");
	}
	end(&c);
	return there;
}

/* All cells of one move; how many steps it has. */
static unsigned table(const struct move *m, struct sum *s)
{
	unsigned n;

	for (n = opt.step < 0 ? 0 : (unsigned)opt.step; n < STEPS_MAX; n++) {
		bool there = false;

		for (unsigned k = 0; k < 4 * HOWS; k++)
			there |= cell(m, n, k, s);
		if (!there || opt.step >= 0)
			break;
	}
	return n;
}

static bool options(int argc, char **argv)
{
	static const struct option known[] = {{"move", 1, NULL, 'm'},	 {"step", 1, NULL, 's'},
					      {"seed", 1, NULL, 'n'},	 {"fine", 0, NULL, 'f'},
					      {"verbose", 0, NULL, 'v'}, {0}};
	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (c == 'm')
			opt.move = optarg;
		else if (c == 's')
			opt.step = atoi(optarg);
		else if (c == 'n')
			opt.seed = strtoull(optarg, NULL, 10);
		else if (c == 'f')
			opt.fine = true;
		else if (c == 'v')
			opt.verbose = true;
		else
			return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	struct sum sum = {0};

	if (!options(argc, argv))
		return 64;
	for (unsigned i = 0; i < MR_ARRAY_SIZE(moves); i++)
		if (!opt.move || mr_streq(opt.move, moves[i].name)) {
			unsigned steps = table(&moves[i], &sum);

			printf("%s: %u steps\n", moves[i].name, steps);
			sum.failed += opt.step < 0 && steps < STEPS_MIN;
		}
	printf("%u of %u cells of the table passed\n", sum.cells - sum.failed, sum.cells);
	return sum.failed || !sum.cells;
}
