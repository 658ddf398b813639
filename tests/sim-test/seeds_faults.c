/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random policies on a fabric where things break: in each round an edit is sent and at a random
 * moment something happens to the manager, to agents, blades, adapters, cables, the chassis or
 * the store. The invariants hold after every operation; when the fault is over everything
 * converges to the last acknowledged policy, and a fabric that is as wanted is not written to.
 *
 *	seeds-faults [--chassis FILE] [--seed N] [--count N] [--verbose] [--pull]
 */
#include <stdlib.h>

#include "common/pci/regmap.h"
#include "tests/sim-test/world/management.h"
#include "tests/sim-test/world/seed.h"

#define ROUNDS	 5
#define STEPS	 600 /* at most, between the request and the fault */
#define ANSWER_S 60

/* What a fault is about, and what ends it. */
struct trouble {
	struct seed_run *r;
	unsigned vh; /* a blade */
	const char *adapter;
};

static uint64_t below(struct trouble *t, uint64_t n)
{
	return mr_rng_below(&t->r->w->rng, n);
}

static void wait_up_to(struct trouble *t, int64_t ns)
{
	world_run_for(t->r->w, (int64_t)below(t, (uint64_t)ns));
}

/* ---- what can happen ---- */

static void manager_dies(struct trouble *t)
{
	world_manager_kill(t->r->w);
	wait_up_to(t, 5 * MR_NS_PER_S);
	world_manager_start(t->r->w);
}

static void agent_dies(struct trouble *t)
{
	world_agent_crash(t->r->w, t->vh);
	wait_up_to(t, 5 * MR_NS_PER_S);
	world_agent_restart(t->r->w, t->vh);
}

static void agent_is_cut_off(struct trouble *t)
{
	world_agent_cut(t->r->w, t->vh);
	wait_up_to(t, 5 * MR_NS_PER_S);
	world_agent_join(t->r->w, t->vh);
}

static void blade_reboots(struct trouble *t)
{
	struct world *w = t->r->w;

	w->shaken = true;
	sim_host_reset(w->chassis, w->now, (uint16_t)t->vh);
	world_notices(w);
}

static void blade_loses_power(struct trouble *t)
{
	struct world *w = t->r->w;

	w->shaken = true;
	sim_host_set_power(w->chassis, w->now, (uint16_t)t->vh, false);
	world_notices(w);
	wait_up_to(t, 5 * MR_NS_PER_S);
	w->shaken = true;
	sim_host_set_power(w->chassis, w->now, (uint16_t)t->vh, true);
	world_notices(w);
}

static void blade_hangs(struct trouble *t)
{
	struct world *w = t->r->w;

	w->shaken = true;
	sim_blade_hang(w->host[t->vh].blade, true);
	wait_up_to(t, 30 * MR_NS_PER_S);
	w->shaken = true;
	sim_blade_hang(w->host[t->vh].blade, false);
	sim_blade_step(w->host[t->vh].blade, w->now);
	world_blade_changed(w, t->vh);
	world_notices(w);
}

static void cable_is_cut(struct trouble *t)
{
	struct world *w = t->r->w;

	w->shaken = true;
	sim_port_set_link(w->chassis, w->now, (uint16_t)t->vh, false);
	world_notices(w);
	wait_up_to(t, 5 * MR_NS_PER_S);
	w->shaken = true;
	sim_port_set_link(w->chassis, w->now, (uint16_t)t->vh, true);
	world_notices(w);
}

static void adapter_is_pulled(struct trouble *t)
{
	struct world *w = t->r->w;

	w->shaken = true;
	sim_adapter_pull(w->chassis, w->now, t->adapter);
	world_notices(w);
	wait_up_to(t, 20 * MR_NS_PER_S);
	w->shaken = true;
	sim_adapter_insert(w->chassis, w->now, t->adapter);
	world_notices(w);
}

/* Its tables are as they were when the link is back; now and then it is pulled instead. */
static void adapter_loses_link(struct trouble *t)
{
	struct world *w = t->r->w;
	int port = sim_adapter_find(w->chassis, t->adapter);

	w->shaken = true;
	sim_port_set_link(w->chassis, w->now, (uint16_t)port, false);
	world_notices(w);
	wait_up_to(t, below(t, 4) ? 20 * MR_NS_PER_S : 200 * MR_NS_PER_MS);
	w->shaken = true;
	if (t->r->pulls && !below(t, 4)) {
		sim_adapter_pull(w->chassis, w->now, t->adapter);
		world_notices(w);
		wait_up_to(t, 5 * MR_NS_PER_S);
		w->shaken = true;
		sim_adapter_insert(w->chassis, w->now, t->adapter);
	}
	sim_port_set_link(w->chassis, w->now, (uint16_t)port, true);
	world_notices(w);
}

/* The manager that comes back knows nothing of an adapter that does not answer. */
static void link_down_over_restart(struct trouble *t)
{
	struct world *w = t->r->w;
	int port = sim_adapter_find(w->chassis, t->adapter);

	w->shaken = true;
	sim_port_set_link(w->chassis, w->now, (uint16_t)port, false);
	world_notices(w);
	wait_up_to(t, MR_NS_PER_S);
	manager_dies(t);
	wait_up_to(t, 20 * MR_NS_PER_S);
	w->shaken = true;
	sim_port_set_link(w->chassis, w->now, (uint16_t)port, true);
	world_notices(w);
}

static void store_fails(struct trouble *t)
{
	struct world *w = t->r->w;

	w->store.fails = true;
	wait_up_to(t, 10 * MR_NS_PER_S);
	w->store.fails = false;
}

static void chassis_loses_power(struct trouble *t)
{
	struct world *w = t->r->w;

	w->shaken = true;
	sim_chassis_power_cycle(w->chassis, w->now, MR_NVM_GOOD);
	world_notices(w);
}

/* The manager is dead while its hosts go on. */
static void reboots_without_manager(struct trouble *t)
{
	world_manager_kill(t->r->w);
	for (unsigned i = 0; i < 3; i++) {
		blade_reboots(t);
		wait_up_to(t, 20 * MR_NS_PER_S);
		t->vh = t->vh % t->r->w->hosts + 1;
		if (!t->r->w->host[t->vh].blade)
			break;
	}
	world_manager_start(t->r->w);
}

static const struct {
	const char *name;
	void (*happen)(struct trouble *t);
} faults[] = {
	{"the manager dies", manager_dies},
	{"an agent dies", agent_dies},
	{"an agent is cut off", agent_is_cut_off},
	{"a blade reboots", blade_reboots},
	{"a blade loses power", blade_loses_power},
	{"a blade hangs", blade_hangs},
	{"a blade's cable is cut", cable_is_cut},
	{"the store fails", store_fails},
	{"the chassis loses power", chassis_loses_power},
	{"blades reboot without a manager", reboots_without_manager},
	{"an adapter's link is cut", adapter_loses_link},
	{"an adapter's link is cut over a restart", link_down_over_restart},
	{"an adapter is pulled", adapter_is_pulled}, /* the last: only with --pull */
};

/* ---- a round ---- */

static const char *some_adapter(struct seed_run *r)
{
	static char name[MR_NAME_MAX];
	const struct fm_inventory *inv = fm_engine_inventory(r->w->engine);
	unsigned n = inv->n ? inv->chassis[0].adapters : 0;

	if (!n)
		return NULL;
	mr_copy(name, sizeof(name), inv->chassis[0].adapter[mr_rng_below(&r->w->rng, n)].name);
	return name;
}

static unsigned some_blade(struct seed_run *r)
{
	return 1 + (unsigned)mr_rng_below(&r->w->rng, r->w->hosts);
}

/* Sends the edited policy without waiting for its answer. */
static void send_edit(struct seed_run *r, const struct policy *p)
{
	struct mr_buf text = {0};
	struct fm_file file;
	struct fm_request q;

	policy_print(p, &text);
	q = seed_request(FM_VERB_APPLY, &file, &text);
	world_send(r->w, &q);
	mr_buf_done(&text);
}

/* An apply that was not acknowledged may have been lost, as a whole. */
static bool unchanged(struct seed_run *r)
{
	for (unsigned i = 0; i < 4; i++) {
		if (seed_in_force(r, &r->p))
			return true;
		world_run_for(r->w, 65 * MR_NS_PER_S);
	}
	return false;
}

static void round_of(struct seed_run *r)
{
	struct world *w = r->w;
	struct trouble t = {r, some_blade(r), some_adapter(r)};
	unsigned kinds = sizeof(faults) / sizeof(faults[0]) - !r->pulls;
	unsigned f = (unsigned)mr_rng_below(&w->rng, kinds);
	struct policy edited = r->p;
	bool acknowledged;

	policy_edit(&edited, &w->rng);
	world_trace(w, "---- round: %s (blade %u, adapter %s)", faults[f].name, t.vh,
		    t.adapter ? t.adapter : "-");
	send_edit(r, &edited);
	for (uint64_t n = mr_rng_below(&w->rng, STEPS); n && !r->failed; n--)
		world_step(w);
	acknowledged = w->replied && w->reply.exit_code == FM_EXIT_DONE;
	faults[f].happen(&t);
	world_trace(w, "---- over");
	world_settle(w, SEED_SETTLE_NS);
	acknowledged = acknowledged || (w->replied && w->reply.exit_code == FM_EXIT_DONE);
	if (acknowledged || seed_in_force(r, &edited) || !unchanged(r))
		r->p = edited;
	seed_settled(r, &r->p, faults[f].name);
}

/* A manager that starts finds everything as wanted and writes nothing but who it is: owner,
 * epoch, generation, challenges; no function is reset or remapped. */
static void restart_is_silent(struct seed_run *r)
{
	uint64_t before, functions;

	if (r->failed)
		return;
	world_manager_kill(r->w);
	functions = management_activity(r->w);
	before = management_read(r->w, SW_WRITES);
	world_manager_start(r->w);
	seed_settled(r, &r->p, "after a restart");
	if (r->failed)
		return;
	if (management_activity(r->w) != functions)
		seed_fail(r, "a restarted manager touched functions that were as wanted");
	if (management_read(r->w, SW_WRITES) - before > 16 + 4u * r->w->hosts)
		seed_fail(r,
			  "a restarted manager wrote %llu registers of a fabric that was as "
			  "wanted",
			  (unsigned long long)(management_read(r->w, SW_WRITES) - before));
}

static void run(struct seed_run *r)
{
	seed_apply(r, &r->p, "after the apply");
	for (unsigned i = 0; i < ROUNDS && !r->failed; i++)
		round_of(r);
	restart_is_silent(r);
	seed_delete(r);
}

int main(int argc, char **argv)
{
	return seed_main(argc, argv, "seeds-faults", SRCDIR "/config/large-chassis.yaml", run);
}
