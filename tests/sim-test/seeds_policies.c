/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random policies over a whole fabric: apply, edit, delete. The invariants hold after every
 * operation, by traffic; every claim becomes Active; after the delete every function is free
 *and reset.
 *
 *	seeds-policies [--chassis FILE] [--seed N] [--count N] [--verbose]
 */
#include "tests/sim-test/world/seed.h"

/* Hosts first, so that their agents are known when they are given functions. */
static void apply_hosts(struct seed_run *r)
{
	struct policy hosts = r->p;

	for (unsigned i = 0; i < POLICY_PROFILES; i++)
		hosts.profile[i].used = false;
	seed_apply(r, &hosts, "with hosts only");
}

static void run(struct seed_run *r)
{
	if (mr_rng_chance(&r->w->rng, 70))
		apply_hosts(r);
	seed_apply(r, &r->p, "after the apply");
	policy_edit(&r->p, &r->w->rng);
	seed_apply(r, &r->p, "after the edit");
	seed_delete(r);
}

int main(int argc, char **argv)
{
	return seed_main(argc, argv, "seeds-policies", run);
}
