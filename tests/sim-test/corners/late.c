/* SPDX-License-Identifier: Apache-2.0 */
/* Corners where something comes late, or not at all, and those of a store that is gone or of a
 * pool without a function to spare. */
#include "common/pci/regmap.h"
#include "common/tree.h"
#include "sim/model/fault.h"
#include "tests/sim-test/corners/corner.h"
#include "tests/sim-test/world/management.h"

/* Its host is never told that a function was taken from it, and its kernel goes on showing it:
 * an agent that comes back must not say that it is gone. */
void corner_no_interrupts(struct corner *c)
{
	const struct sim_fault f = {.kind = SIM_FAULT_LOST_INTERRUPT};
	unsigned host = corner_two_on(c, 1 + corner_below(c, 2)), to = 3 - host;

	world_agent_crash(c->w, host);
	sim_fault_set(c->w->chassis, &f);
	c->wish[0].host = c->wish[1].host = to;
	corner_apply(c);
	world_run_for(c->w, 60 * S);
	world_agent_restart(c->w, host);
	world_run_for(c->w, 20 * S);
	sim_fault_clear(c->w->chassis, c->w->now, SIM_FAULT_LOST_INTERRUPT);
	world_blade_reset(c->w, host);
	world_blade_reset(c->w, to);
	corner_settled(c, 600 * S, "hosts were told nothing");
}

/* What its functions read is answered late: they have requests under way when they are cut. */
void corner_slow_root(struct corner *c)
{
	unsigned host = corner_two_on(c, 1 + corner_below(c, 2));
	struct sim_fault f = {.kind = SIM_FAULT_SLOW_ROOT,
			      .vh = (uint16_t)host,
			      .delay_ns = 20 * MR_NS_PER_MS};

	sim_fault_set(c->w->chassis, &f);
	c->wish[0].host = c->wish[1].host = corner_other(c, host);
	corner_apply(c);
	corner_settled(c, 300 * S, "its root answers late");
	sim_fault_clear(c->w->chassis, c->w->now, SIM_FAULT_SLOW_ROOT);
}

static bool asked_back(const struct corner *c)
{
	for (unsigned i = 0; i < c->w->cmds; i++)
		if (c->w->cmd[i].verb == FM_AGENT_RELEASE && c->w->cmd[i].heard)
			return true;
	return false;
}

static bool gave_back(const struct corner *c)
{
	for (unsigned i = 0; i < c->w->cmds; i++)
		if (c->w->cmd[i].verb == FM_AGENT_RELEASE && c->w->cmd[i].answered)
			return true;
	return false;
}

/* It gave a function back, and its host is up again, with the function, when that is heard. */
void corner_answer_of_before(struct corner *c)
{
	static const unsigned hosts[] = {1, 2, 4};
	unsigned host = corner_two_on(c, hosts[corner_below(c, 3)]);

	c->w->lingers = true;
	c->wish[1].host = corner_other(c, host);
	corner_send(c);
	corner_until(c, asked_back, 20 * S);
	c->w->host[host].quirks.slow_ns = 3 * S;
	corner_until(c, gave_back, 20 * S);
	world_blade_reset(c->w, host);
	world_run_for(c->w, 10 * S);
	c->w->host[host].quirks.slow_ns = 0;
	corner_settled(c, 600 * S, "its answer came after its host was up again");
	c->w->lingers = false;
	corner_settled(c, 600 * S, "and afterwards");
}

static bool takes_over(const struct corner *c)
{
	for (unsigned i = 0; i < c->w->ops; i++)
		if (c->w->op[i].op.kind == FM_OP_TAKE_OWNER)
			return true;
	return false;
}

/* Two managers find the chassis as it is, and one after the other makes it its own; what the
 * first one has on its way may come last. */
void corner_both_take(struct corner *c)
{
	int64_t end, delay = c->w->delay_max_ns;
	uint64_t epoch = 0, now;

	corner_two_on(c, 1 + corner_below(c, HOSTS));
	world_manager_kill(c->w);
	world_manager_start(c->w);
	corner_until(c, takes_over, 10 * S);
	for (unsigned n = 2 + corner_below(c, 4); n; n--)
		world_step(c->w);
	c->w->delay_max_ns = S;
	world_step(c->w);
	c->w->delay_max_ns = delay;
	c->w->apart = true;
	world_manager_supersede(c->w);
	for (end = c->w->now.mono_ns + 10 * S; !c->r->failed && c->w->now.mono_ns < end;) {
		world_step(c->w);
		now = management_read(c->w, SW_OWNER_EPOCH);
		if (now < epoch)
			seed_fail(c->r, "I9: owner epoch %llu is in force after %llu",
				  (unsigned long long)now, (unsigned long long)epoch);
		epoch = now;
	}
	world_ghost_kill(c->w);
	c->w->apart = false;
	corner_settled(c, 300 * S, "two managers took the chassis");
}

static void ask(struct corner *c, const struct fm_request *q, const char *what)
{
	if (!c->r->failed && (!world_ask(c->w, q) || c->w->reply.exit_code != FM_EXIT_DONE))
		seed_fail(c->r, "%s: %s", what,
			  c->w->reply.text ? c->w->reply.text : "no answer");
	world_settle(c->w, SEED_SETTLE_NS);
}

/* What is still adopted is taken from its hosts. */
static void release_adopted(struct corner *c)
{
	struct fm_request q = world_request(FM_VERB_GET, "functions", "");
	const struct mr_tree *items;
	char name[32][64];
	unsigned n = 0;

	items = world_ask(c->w, &q) ? mr_tree_get(c->w->reply.tree, "items") : NULL;
	for (unsigned i = 0; items && i < items->n && n < 32; i++)
		if (mr_starts(mr_tree_text(items->child[i], "assignment"), "adopted/"))
			mr_copy(name[n++], sizeof(name[0]),
				mr_tree_text(items->child[i], "name"));
	if (!c->r->failed && !n)
		seed_fail(c->r, "nothing is adopted that no document asks for");
	for (unsigned i = 0; i < n; i++) {
		q = world_request(FM_VERB_RESET, "functions", name[i]);
		q.yes = true;
		ask(c, &q, name[i]);
	}
}

/* A manager with an empty store writes nothing until it is told to adopt what it finds; that
 * runs on, is its documents' where they ask for it, and can be taken from its host. */
void corner_store_gone(struct corner *c)
{
	struct fm_request q = world_request(FM_VERB_ADOPT, "chassis", "c1");
	unsigned host = corner_two_on(c, 1 + corner_below(c, HOSTS));
	const struct store_copy empty = {0};
	uint64_t activity;

	c->wish[2] = (struct wish){corner_other(c, host), "wide", 0, false};
	corner_apply(c);
	corner_settled(c, 300 * S, "three profiles");
	world_manager_kill(c->w);
	activity = management_activity(c->w);
	world_store_restore(c->w, &empty);
	oracle_excuse_rows(c->r->oracle, true);
	world_manager_start(c->w);
	world_run_for(c->w, 30 * S);
	if (!c->r->failed && management_activity(c->w) != activity)
		seed_fail(c->r, "I5: a manager with an empty store acts unasked");
	q.yes = true;
	ask(c, &q, "adopt");
	world_run_for(c->w, 30 * S);
	oracle_excuse_rows(c->r->oracle, false);
	c->wish[2].host = 0;
	corner_apply(c);
	corner_settled(c, 300 * S, "the documents are written again");
	if (!c->r->failed && management_activity(c->w) != activity)
		seed_fail(c->r, "I7: what was adopted was interrupted");
	release_adopted(c);
	corner_settled(c, 300 * S, "what was adopted is given back");
}

/* All functions of a pool are in use, and one is wished for elsewhere while the host that has
 * it takes long to give it back: it is another one's when it was cut and reset, not before. */
void corner_none_to_spare(struct corner *c)
{
	static const unsigned hosts[] = {1, 2, 4};
	unsigned host = hosts[corner_below(c, 3)];

	corner_none(c);
	corner_apply(c);
	corner_settled(c, 300 * S, "nothing is wished");
	c->few = true;
	c->wish[0] = c->wish[1] = (struct wish){host, "wide", 0, false};
	corner_apply(c);
	corner_settled(c, 300 * S, "all functions are in use");
	c->w->host[host].quirks.silent = corner_below(c, 2);
	c->w->host[host].quirks.slow_ns = 2 * S;
	c->wish[2] = (struct wish){corner_other(c, host), "wide", 0, false};
	c->wish[0].host = 0;
	corner_apply(c);
	world_run_for(c->w, S);
	c->wish[3] = (struct wish){corner_other(c, host), "narrow", 0, false};
	corner_apply(c); /* planned once more */
	world_run_for(c->w, 60 * S);
	c->w->host[host].quirks = (struct world_quirks){0};
	world_agent_cut(c->w, host);
	world_agent_join(c->w, host);
	corner_settled(c, 600 * S, "one is given to somebody else");
	c->few = false;
	corner_apply(c);
}

/* Commits fail for a while, at a moment of a move and of its way back. */
void corner_store_fails(struct corner *c)
{
	unsigned host = corner_two_on(c, 1 + corner_below(c, HOSTS));

	for (unsigned i = 0; i < 4 && !c->r->failed; i++) {
		c->wish[i % 2].host = i < 2 ? corner_other(c, host) : host;
		corner_apply(c);
		corner_some_steps(c, 60);
		c->w->store.fails = true;
		world_run_for(c->w, (int64_t)corner_below(c, 5) * S);
		c->w->store.fails = false;
		corner_settled(c, 300 * S, "its store failed for a while");
	}
}
