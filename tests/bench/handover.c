/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `handover`: a profile moves from blade to blade and back, all of HANDOVER 5 each time, in one
 * process under a virtual clock: engine, MR-PCIM, agents' cores and blades, chassis model, a
 * store of memory. What is counted is the processor's time of all of them together; waiting
 * (the kernels' slot delays) costs nothing. One at a time.
 *
 * Baseline: as many empty messages through the same world, which is what the harness costs.
 */
#include <stdio.h>

#include "common/str.h"
#include "tests/bench/bench.h"
#include "tests/sim-test/world/world.h"

#define LIMIT_NS (60 * MR_NS_PER_S) /* of virtual time, for one hand-over */

static const char policy[] =
	"apiVersion: banyan/v1\nkind: FabricPolicy\nmetadata: {name: default}\n"
	"spec: {unknownHosts: refuse}\n---\n"
	"apiVersion: banyan/v1\nkind: AdapterPool\nmetadata: {name: nics}\n"
	"spec: {adapterSelector: {class: ethernet}}\n---\n"
	"apiVersion: banyan/v1\nkind: AdapterPool\nmetadata: {name: flash}\n"
	"spec: {adapterSelector: {class: nvme}}\n---\n"
	"apiVersion: banyan/v1\nkind: IdentityPool\nmetadata: {name: macs}\n"
	"spec: {type: mac, ranges: [{start: \"02:25:b5:00:00:00\", end: "
	"\"02:25:b5:00:00:ff\"}]}\n---\n"
	"apiVersion: banyan/v1\nkind: Host\nmetadata: {name: blade01}\n---\n"
	"apiVersion: banyan/v1\nkind: Host\nmetadata: {name: blade02}\n---\n"
	"apiVersion: banyan/v1\nkind: Host\nmetadata: {name: blade04}\n---\n"
	"apiVersion: banyan/v1\nkind: ServerProfile\nmetadata: {name: disk}\n"
	"spec: {host: blade01, devices: [{name: d, class: nvme, pool: flash}]}\n---\n"
	"apiVersion: banyan/v1\nkind: ServerProfile\nmetadata: {name: net}\n"
	"spec: {host: blade01, devices: [{name: d, class: ethernet, pool: nics, "
	"identity: {mac: {pool: macs}}}]}\n";

/* blade01 and blade02 of the demo chassis take LVFs, blade04 does not. */
static const struct {
	const char *what, *profile, *to;
} pairs[] = {
	{"synthetic to synthetic", "disk", "blade02"},
	{"LVF to LVF", "net", "blade02"},
	{"LVF to synthetic and back", "net", "blade04"},
};

static const struct fm_assignment *find(const struct world *w, const char *profile)
{
	for (unsigned i = 0; i < fm_engine_assignments(w->engine); i++)
		if (mr_streq(fm_engine_assignment(w->engine, i)->profile, profile))
			return fm_engine_assignment(w->engine, i);
	return NULL;
}

static bool is_there(const struct world *w, const char *profile, const char *host)
{
	const struct fm_assignment *a = find(w, profile);

	return a && a->phase == FM_PHASE_ACTIVE && mr_streq(a->host, host) &&
	       fm_engine_idle(w->engine);
}

static bool move(struct world *w, const char *profile, const char *host)
{
	struct fm_request r = world_request(FM_VERB_MOVE, "profiles", profile);
	int64_t end = w->now.mono_ns + LIMIT_NS;

	r.host = host;
	r.yes = true;
	if (!world_ask(w, &r) || w->reply.exit_code != FM_EXIT_DONE)
		return false;
	while (!is_there(w, profile, host))
		if (w->now.mono_ns > end || !world_step(w))
			return false;
	return true;
}

/* ---- the baseline ---- */

static void deliver_nothing(struct world *w, struct world_msg *m)
{
	(void)w, (void)m;
}

static int64_t empty_messages(struct world *w, uint64_t n)
{
	int64_t start = bench_cpu_ns();

	for (uint64_t i = 0; i < n; i++) {
		world_post(w, world_msg_new(LANE_OWN, deliver_nothing), 0);
		world_step(w);
	}
	return bench_cpu_ns() - start;
}

/* ---- one pair of hosts ---- */

static int run(const struct bench_options *o, struct world *w, unsigned pair, unsigned n)
{
	const char *profile = pairs[pair].profile;
	uint64_t events = w->events;
	int64_t start = bench_cpu_ns(), base;
	double rate, base_rate;

	for (unsigned i = 0; i < n; i++) {
		const char *to = i % 2 ? "blade01" : pairs[pair].to;

		if (!move(w, profile, to)) {
			const struct fm_assignment *a = find(w, profile);

			fprintf(stderr, "handover: %s to %s failed: %s, %s %s\n", profile, to,
				w->reply.text ? w->reply.text : "no reply",
				a ? fm_phase_name(a->phase) : "no assignment",
				a ? a->detail : "");
			return -1;
		}
	}
	start = bench_cpu_ns() - start;
	events = w->events - events;
	base = empty_messages(w, events);
	rate = (double)n * 1e9 / (double)start;
	base_rate = (double)n * 1e9 / (double)base;
	fprintf(o->out,
		"{\"bench\": \"handover\", \"what\": \"%s\", \"handovers\": %u, \"per_s\": "
		"%.0f, "
		"\"bar_per_s\": 1500, \"events_each\": %.0f, \"baseline\": \"as many empty "
		"messages through the same world\", \"baseline_per_s\": %.0f, \"ratio\": "
		"%.4f}\n",
		pairs[pair].what, n, rate, (double)events / n, base_rate, rate / base_rate);
	return 0;
}

/* The demo chassis with all its agents. */
int bench_handover(const struct bench_options *o)
{
	unsigned n = o->count ? o->count : 2000;
	struct world *w = world_new(SRCDIR "/config/demo-chassis.yaml", 1, NULL);
	int rc = -1;

	w->unchecked = true;
	w->delay_max_ns = 1;
	world_manager_start(w);
	world_settle(w, LIMIT_NS);
	if (!world_apply(w, policy))
		fprintf(stderr, "handover: policy refused: %s\n",
			w->reply.text ? w->reply.text : "no reply");
	else if (!world_settle(w, LIMIT_NS) || !is_there(w, "net", "blade01") ||
		 !is_there(w, "disk", "blade01"))
		fprintf(stderr, "handover: the policy did not become active\n");
	else
		rc = 0;
	for (unsigned i = 0; !rc && i < sizeof(pairs) / sizeof(pairs[0]); i++)
		rc = run(o, w, i, n + n % 2);
	world_free(w);
	return rc;
}
