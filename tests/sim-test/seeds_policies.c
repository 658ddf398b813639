/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random policies over a whole fabric: apply, edit, other VF
 * counts, delete. The invariants hold after every
 * operation, by traffic; every claim becomes Active; after the delete every function is free
 *and reset.
 *
 *	seeds-policies [--chassis FILE] [--seed N] [--count N] [--verbose]
 *	seeds-policies --print-policy SEED EDITS
 */
#include <stdio.h>
#include <stdlib.h>

#include "common/tree.h"
#include "tests/sim-test/world/seed.h"

#define PRINTED_HOSTS 6 /* blades of a printed policy; each has an agent in the system test */

/* Hosts first, so that their agents are known when they are given functions. */
static void apply_hosts(struct seed_run *r)
{
	struct policy hosts = r->p;

	for (unsigned i = 0; i < POLICY_PROFILES; i++)
		hosts.profile[i].used = false;
	seed_apply(r, &hosts, "with hosts only");
}

/* Yes to every change of a VF count (class Count) that waits for it. */
static void approve_all(struct seed_run *r)
{
	struct fm_request q = world_request(FM_VERB_GET, "operations", "");
	const struct mr_tree *items;
	char id[32][24];
	unsigned n = 0;

	if (r->failed)
		return;
	items = world_ask(r->w, &q) ? mr_tree_get(r->w->reply.tree, "items") : NULL;
	for (unsigned i = 0; items && i < items->n && n < 32; i++)
		if (mr_streq(mr_tree_text(items->child[i], "state"), "needs approval"))
			mr_fmt(id[n++], sizeof(id[0]), "%lld",
			       (long long)mr_tree_int(items->child[i], "id"));
	q.verb = FM_VERB_APPROVE;
	q.yes = true;
	q.kind = "";
	for (unsigned i = 0; i < n; i++) {
		q.name = id[i];
		if (!world_ask(r->w, &q) || r->w->reply.exit_code != FM_EXIT_DONE)
			seed_fail(r, "approve %s was refused: %s", id[i],
				  r->w->reply.text ? r->w->reply.text : "");
	}
	seed_settled(r, &r->p, "after the approval");
	if (!r->failed && !seed_in_force(r, &r->p))
		seed_fail(r, "after the approval: the plan has something left to do");
}

#define ENOUGH 64u /* VFs per PF, for everybody */

/* The VFs per PF that each adapter of the class has. */
static unsigned fewest(const struct seed_run *r, unsigned class_)
{
	const struct fm_inventory *inv = fm_engine_inventory(r->w->engine);
	unsigned n = UINT16_MAX;

	for (unsigned c = 0; c < inv->n; c++)
		for (unsigned i = 0; i < inv->chassis[c].adapters; i++) {
			const struct fm_adapter *a = &inv->chassis[c].adapter[i];

			if (a->device_class == class_ && a->kind != FM_ADAPTER_BASE &&
			    a->vfs < n)
				n = a->vfs;
		}
	return n;
}

/* Other VF counts, still more than enough for everybody, or all that there are. */
static void change_counts(struct seed_run *r)
{
	for (unsigned c = 0; c < MR_CLASS_COUNT; c++) {
		unsigned most = fewest(r, c);

		if (!mr_rng_chance(&r->w->rng, 25))
			continue;
		r->p.provision[c] =
			most > ENOUGH
				? ENOUGH + (unsigned)mr_rng_below(&r->w->rng, most - ENOUGH)
				: most;
	}
	seed_apply(r, &r->p, "with other counts");
	approve_all(r);
}

static void run(struct seed_run *r)
{
	if (mr_rng_chance(&r->w->rng, 70))
		apply_hosts(r);
	seed_apply(r, &r->p, "after the apply");
	policy_edit(&r->p, &r->w->rng);
	seed_apply(r, &r->p, "after the edit");
	change_counts(r);
	seed_delete(r);
}

/* Policy 'seed' after so many edits, for the tests with the real processes. */
static int print_policy(const char *seed, const char *edits)
{
	const bool classes[MR_CLASS_COUNT] = {
		[MR_CLASS_ETHERNET] = true, [MR_CLASS_FC] = true, [MR_CLASS_NVME] = true};
	struct mr_buf out = {0};
	struct mr_rng rng;
	struct policy p;

	mr_rng_init(&rng, strtoull(seed, NULL, 10));
	policy_random(&p, PRINTED_HOSTS, classes, false, &rng);
	for (long n = strtol(edits, NULL, 10); n > 0; n--)
		policy_edit(&p, &rng);
	policy_print(&p, &out);
	fputs(mr_buf_text(&out), stdout);
	mr_buf_done(&out);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 4 && mr_streq(argv[1], "--print-policy"))
		return print_policy(argv[2], argv[3]);
	return seed_main(argc, argv, "seeds-policies", SRCDIR "/config/large-chassis.yaml",
			 run);
}
