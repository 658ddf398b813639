// SPDX-License-Identifier: Apache-2.0
/*
 * `crowd`: 8,192 hand-overs at once with the timers of the specification: adapters reset and
 * enable VFs in 1 s, kernels wait for slot power as Linux does. 64 profiles of 128 devices move
 * from one host to another, all in one process under a virtual clock, into which the processor
 * time of the manager (engine and MR-PCIM) is put: while it computes, time passes for all
 * others. So what is counted is seconds of a manager that has one core for itself. Agents,
 * kernels and chassis take nothing but their timers; agents write to several slots at once, as
 * agent/writer.c does.
 *
 * Baseline: one profile of one device moves alone, which is the longest chain of timers.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/str.h"
#include "common/xalloc.h"
#include "tests/bench/bench.h"
#include "tests/sim-test/world/world.h"

#define DEVICES	 128 /* of a profile, which is a host's */
#define ADAPTERS 12  /* half as many functions again: who moves gets another one */
#define VFS	 1024
#define LIMIT_NS (600 * MR_NS_PER_S)
#define BAR	 0.9

struct crowd {
	struct world *w;
	unsigned hosts, devices; /* hosts: those that have something at first */
	int64_t charged;	 /* of the world's manager_ns */
};

/* ---- chassis and policy ---- */

static bool write_chassis(const char *path, const struct crowd *c)
{
	FILE *f = fopen(path, "w");

	if (!f)
		return false;
	fprintf(f,
		"apiVersion: banyan/v1\nkind: ChassisModel\nmetadata: {name: c1}\nspec:\n"
		"  serial: C1-2000\n  switch: {ports: %u, events: 32768}\n  hosts:\n",
		2 * c->hosts + 2 + ADAPTERS);
	for (unsigned i = 1; i <= 2 * c->hosts + 2; i++)
		fprintf(f,
			"    - {slot: %u, name: h%u, link: {speed: 16GT, width: 16}, bridges: "
			"%u, hotplugReserve: {buses: 253, mmio: 512MiB, mmio64: 16TiB}}\n",
			i, i, DEVICES + 2);
	fprintf(f,
		"  models:\n    drive: {kind: sriov, class: nvme, vendor: \"144d\", device: "
		"\"a824\", vfDevice: \"a825\", link: {speed: 16GT, width: 8}, vfs: %u, "
		"bars: [{size: 32KiB, type: mem64}], msix: 8, timing: {flr: 1000ms, "
		"vfEnable: 1000ms}}\n  adapters:\n",
		VFS);
	for (unsigned i = 1; i <= ADAPTERS; i++)
		fprintf(f, "    - {slot: %u, name: a%u, model: drive, serial: A-%u}\n", i, i,
			i);
	return !fclose(f);
}

static void put_profile(struct mr_buf *b, unsigned host, unsigned devices)
{
	mr_buf_printf(b,
		      "---\napiVersion: banyan/v1\nkind: ServerProfile\nmetadata: {name: p%u}\n"
		      "spec: {host: h%u, devices: [{name: d, class: nvme, pool: flash, count: "
		      "%u}]}\n",
		      host, host, devices);
}

/* The last pair of hosts is for the one that moves alone. */
static void put_policy(struct mr_buf *b, const struct crowd *c)
{
	mr_buf_puts(b, "apiVersion: banyan/v1\nkind: FabricPolicy\nmetadata: {name: default}\n"
		       "spec: {unknownHosts: refuse}\n---\n"
		       "apiVersion: banyan/v1\nkind: AdapterPool\nmetadata: {name: flash}\n"
		       "spec: {adapterSelector: {class: nvme}}\n");
	for (unsigned i = 1; i <= 2 * c->hosts + 2; i++)
		mr_buf_printf(b,
			      "---\napiVersion: banyan/v1\nkind: Host\nmetadata: {name: h%u}\n",
			      i);
	for (unsigned i = 1; i <= c->hosts; i++)
		put_profile(b, i, c->devices);
}

/* ---- a run ---- */

/* A step of the world, and the time that the manager took for it. */
static bool step(struct crowd *c)
{
	struct world *w = c->w;
	bool more = world_step(w);

	w->now.mono_ns += w->manager_ns - c->charged;
	w->now.wall_ns += w->manager_ns - c->charged;
	c->charged = w->manager_ns;
	return more;
}

/* Assignments that are Active on hosts from 'first' on. */
static unsigned there(const struct world *w, unsigned first, unsigned n)
{
	unsigned found = 0, host;

	for (unsigned i = 0; i < fm_engine_assignments(w->engine); i++) {
		const struct fm_assignment *a = fm_engine_assignment(w->engine, i);

		host = (unsigned)strtoul(a->host + 1, NULL, 10);
		found += a->phase == FM_PHASE_ACTIVE && host >= first && host < first + n;
	}
	return found;
}

/* Moves 'n' profiles from host 'first' on to the hosts 'by' further; seconds, 0 = failed. */
static double move(struct crowd *c, unsigned first, unsigned n, unsigned by, unsigned devices)
{
	struct world *w = c->w;
	int64_t start = w->now.mono_ns;
	unsigned arrived = 0;
	char profile[32], host[32];

	for (unsigned i = first; i < first + n; i++) {
		struct fm_request r = world_request(FM_VERB_MOVE, "profiles", profile);

		mr_fmt(profile, sizeof(profile), "p%u", i);
		mr_fmt(host, sizeof(host), "h%u", i + by);
		r.host = host;
		r.yes = true;
		w->replied = false;
		world_send(w, &r);
		while (!w->replied && step(c))
			;
		if (!w->replied || w->reply.exit_code != FM_EXIT_DONE) {
			fprintf(stderr, "crowd: %s: %s\n", profile,
				w->reply.text ? w->reply.text : "no reply");
			return 0;
		}
	}
	while (arrived < n * devices) {
		if (w->now.mono_ns > start + LIMIT_NS || !step(c)) {
			fprintf(stderr, "crowd: %u of %u arrived\n", arrived, n * devices);
			return 0;
		}
		if (fm_engine_idle(w->engine) || w->events % 256 == 0)
			arrived = there(w, first + by, n);
	}
	return (double)(w->now.mono_ns - start) / 1e9;
}

static bool begin(struct crowd *c, const char *path)
{
	struct mr_buf b = {0};
	bool good;

	if (!write_chassis(path, c))
		return false;
	c->w = world_new(path, 1, NULL);
	unlink(path);
	c->w->unchecked = c->w->untraced = true;
	c->w->delay_max_ns = 1;
	world_manager_start(c->w);
	world_settle(c->w, LIMIT_NS);
	put_policy(&b, c);
	good = world_apply(c->w, mr_buf_text(&b));
	if (!good)
		fprintf(stderr, "crowd: policy refused: %s\n",
			c->w->reply.text ? c->w->reply.text : "no reply");
	mr_buf_done(&b);
	good = good && world_settle(c->w, LIMIT_NS) &&
	       there(c->w, 1, c->hosts) == c->hosts * c->devices;
	if (!good)
		fprintf(stderr, "crowd: %u of %u became active\n", there(c->w, 1, c->hosts),
			c->hosts * c->devices);
	return good;
}

static double alone(struct crowd *c)
{
	unsigned host = 2 * c->hosts + 1;
	struct mr_buf b = {0};
	bool good;

	put_profile(&b, host, 1);
	good = world_apply_set(c->w, "alone", mr_buf_text(&b)) && world_settle(c->w, LIMIT_NS);
	mr_buf_done(&b);
	return good ? move(c, host, 1, 1, 1) : 0;
}

int bench_crowd(const struct bench_options *o)
{
	unsigned n = o->count ? o->count : 8192, moved;
	struct crowd c = {.devices = n < DEVICES ? n : DEVICES};
	double chain = 0, s = 0, cpu, manager;
	char path[300];

	c.hosts = n / c.devices;
	moved = c.hosts * c.devices;
	mr_fmt(path, sizeof(path), "%s/crowd-%d.yaml", o->dir, (int)getpid());
	if (begin(&c, path)) {
		c.w->clock = bench_now_ns;
		chain = alone(&c);
		cpu = (double)bench_cpu_ns();
		manager = (double)c.w->manager_ns;
		s = chain > 0 ? move(&c, 1, c.hosts, c.hosts, c.devices) : 0;
		cpu = ((double)bench_cpu_ns() - cpu) / 1e9;
		manager = ((double)c.w->manager_ns - manager) / 1e9;
	}
	if (s > 0)
		fprintf(o->out,
			"{\"bench\": \"crowd\", \"what\": \"all at once, default timers\", "
			"\"handovers\": %u, \"s\": %.2f, \"per_s\": %.0f, \"manager_s\": %.2f, "
			"\"all_cpu_s\": %.2f, \"bar_ratio\": %.1f, \"baseline\": \"one alone: "
			"the longest chain of timers\", \"baseline_s\": %.3f, \"ratio\": "
			"%.3f}\n",
			moved, s, moved / s, manager, cpu, BAR, chain, chain / s);
	world_free(c.w);
	return s > 0 ? 0 : -1;
}
