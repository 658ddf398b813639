/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Servers with several roots lose one of them, for a time and at moments of the seed's choice,
 * and now and then the manager dies meanwhile. What is behind the other root is not touched
 * (config/two-roots.yaml says so), and what was behind the lost one comes up again.
 *
 *	seeds-roots [--chassis FILE] [--seed N] [--count N] [--verbose]
 */
#include <stdio.h>

#include "common/pci/regmap.h"
#include "tests/sim-test/world/management.h"
#include "tests/sim-test/world/seed.h"

#define S      MR_NS_PER_S
#define LOSSES 4
#define FNS    32

/* Functions behind the root that stays, and how often each was reset and given to a host. */
struct beside {
	uint16_t vh;
	unsigned n;
	struct fm_fn_id fn[FNS];
	uint64_t resets[FNS], remaps[FNS];
};

static uint64_t count(struct world *w, struct fm_fn_id fn, unsigned reg)
{
	return management_memory(w, management_vf_row(w, fn.port, fn.pf, fn.vf) + reg);
}

static struct beside look(struct world *w, uint16_t vh)
{
	struct beside b = {.vh = vh};

	for (unsigned i = 0; i < fm_engine_assignments(w->engine) && b.n < FNS; i++) {
		const struct fm_assignment *a = fm_engine_assignment(w->engine, i);

		if (a->phase != FM_PHASE_ACTIVE || a->place.port != vh || a->fn.vf == FM_WHOLE)
			continue;
		b.fn[b.n] = a->fn;
		b.resets[b.n] = count(w, a->fn, VF_RESETS);
		b.remaps[b.n++] = count(w, a->fn, VF_REMAPS);
	}
	return b;
}

static void untouched(struct seed_run *r, const struct beside *b, const char *when)
{
	for (unsigned i = 0; i < b->n && !r->failed; i++) {
		struct fm_fn_id fn = b->fn[i];

		if (count(r->w, fn, VF_RESETS) != b->resets[i] ||
		    count(r->w, fn, VF_REMAPS) != b->remaps[i] ||
		    oracle_owner(r->oracle, fn) != b->vh)
			seed_fail(r,
				  "I7: %s: port %u pf%u vf%u is behind root %u, whose sibling "
				  "was lost, and was touched",
				  when, fn.port, fn.pf, fn.vf, b->vh);
	}
}

static void apply(struct seed_run *r)
{
	char text[16384];
	FILE *f = fopen(SRCDIR "/config/two-roots.yaml", "r");
	size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

	if (f)
		fclose(f);
	text[n] = '\0';
	if (!world_apply(r->w, text))
		seed_refused(r, "two-roots.yaml");
	seed_settled(r, NULL, "after the apply");
}

static void lose(struct seed_run *r)
{
	struct world *w = r->w;
	char host[16];
	struct beside b;
	uint16_t lead, vh;

	mr_fmt(host, sizeof(host), "blade0%u", 1 + (unsigned)mr_rng_below(&w->rng, 2));
	lead = (uint16_t)sim_host_find(w->chassis, host);
	vh = (uint16_t)(lead + mr_rng_below(&w->rng, 2));
	b = look(w, vh == lead ? lead + 1 : lead);
	world_trace(w, "---- root %u of %s is lost", vh - lead, host);
	world_cable(w, vh, false);
	world_run_for(w, (int64_t)mr_rng_below(&w->rng, 10 * S));
	if (mr_rng_chance(&w->rng, 30)) {
		world_manager_kill(w);
		world_run_for(w, (int64_t)mr_rng_below(&w->rng, 5 * S));
		world_manager_start(w);
	}
	world_run_for(w, (int64_t)mr_rng_below(&w->rng, 60 * S));
	untouched(r, &b, "while it is lost");
	world_cable(w, vh, true);
	world_run_for(w, 60 * S);
	seed_settled(r, NULL, "its cable is back");
	untouched(r, &b, "its cable is back");
}

static void run(struct seed_run *r)
{
	r->w->reuse_ns = 0; /* the policy's own pools */
	apply(r);
	for (unsigned i = 0; i < LOSSES && !r->failed; i++)
		lose(r);
}

int main(int argc, char **argv)
{
	return seed_main(argc, argv, "seeds-roots", SRCDIR "/config/roots-chassis.yaml", run);
}
