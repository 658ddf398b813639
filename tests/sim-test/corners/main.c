/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Corners that random policies and random faults seldom reach: each seed plays every one of
 * them, in an order, on hosts and at moments of its own, on a chassis where nothing is at once.
 * The judge is the one of all seeds; what a corner is about besides it asks the hardware and
 * the kernels of the hosts.
 *
 *	seeds-corners [--chassis FILE] [--seed N] [--count N] [--verbose]
 */
#include <stdlib.h>

#include "common/pci/regmap.h"
#include "common/tree.h"
#include "common/xalloc.h"
#include "sim/model/fault.h"
#include "tests/sim-test/corners/corner.h"
#include "tests/sim-test/world/management.h"

/* ---- the corners ---- */

/* The machine of the manager dies at the moment of the answer. */
static void dies_with_the_answer(struct corner *c)
{
	unsigned host = corner_two_on(c, 1 + corner_below(c, HOSTS));

	c->wish[0].host = corner_other(c, host);
	corner_apply(c);
	c->w->store.loses = true;
	world_manager_kill(c->w);
	world_run_for(c->w, S);
	c->w->store.loses = false;
	world_manager_start(c->w);
	corner_settled(c, 300 * S, "acknowledged, and the machine died");
}

/* An agent that never says anything again is not waited for for ever. */
static void silent_for_ever(struct corner *c)
{
	static const unsigned hosts[] = {1, 2, 4};
	unsigned host = corner_two_on(c, hosts[corner_below(c, 3)]);

	c->w->host[host].quirks.silent = true;
	c->wish[0].host = c->wish[1].host = STOCK;
	corner_apply(c);
	corner_settled(c, 600 * S, "its agent is silent");
	c->w->host[host].quirks.silent = false;
	world_agent_cut(c->w, host);
	world_agent_join(c->w, host);
	corner_settled(c, 300 * S, "its agent speaks again");
}

/* Its functions are cut without consent, others come, and it goes on or is reset. */
static void hangs(struct corner *c)
{
	unsigned host = corner_two_on(c, 1 + corner_below(c, HOSTS));
	bool resets = corner_below(c, 2);

	world_blade_hang(c->w, host, true);
	c->wish[0].host = c->wish[1].host = corner_other(c, host);
	corner_apply(c);
	corner_settled(c, 600 * S, "its host hangs");
	c->wish[2] = (struct wish){host, "narrow", 0, false};
	corner_apply(c);
	world_run_for(c->w, 20 * S);
	if (resets)
		world_blade_reset(c->w, host);
	world_blade_hang(c->w, host, false);
	corner_settled(c, 600 * S, "its host goes on");
	world_run_for(c->w, 60 * S);
	if (!c->r->failed && world_store_tombstones(c->w))
		seed_fail(c->r, "I10: tombstones stay though host %u %s", host,
			  resets ? "was reset" : "went on");
}

/* Its agent is away when its functions are cut; it comes back, or does not and the host is
 * reset instead. */
static void agent_away(struct corner *c)
{
	static const unsigned hosts[] = {1, 2, 4};
	unsigned host = corner_two_on(c, hosts[corner_below(c, 3)]);
	bool resets = corner_below(c, 2);

	world_agent_crash(c->w, host);
	c->wish[0].host = c->wish[1].host = corner_other(c, host);
	corner_apply(c);
	corner_settled(c, 600 * S, "its agent is away");
	if (resets)
		world_blade_reset(c->w, host);
	else
		world_agent_restart(c->w, host);
	world_run_for(c->w, 120 * S);
	if (!c->r->failed && world_store_tombstones(c->w))
		seed_fail(c->r, "I10: tombstones stay though %s of host %u",
			  resets ? "there was a reset" : "the agent is back", host);
	world_agent_restart(c->w, host);
	corner_settled(c, 300 * S, "its agent is back");
}

/* An agent has given something back, and the manager does not know yet. */
static bool gave_back(const struct corner *c)
{
	for (unsigned i = 0; i < c->w->cmds; i++) {
		bool heard = c->w->cmd[i].verb == FM_AGENT_RELEASE;

		for (unsigned k = 0; k < c->w->heards && heard; k++)
			heard = c->w->heard[k].cmd.op != c->w->cmd[i].id;
		if (heard && c->w->now.mono_ns > c->since_ns + S)
			return true;
	}
	return false;
}

/* Its host is reset while what it said is on its way. */
static void reset_while_it_speaks(struct corner *c)
{
	static const unsigned hosts[] = {1, 2, 4};
	unsigned host = corner_two_on(c, hosts[corner_below(c, 3)]);
	int64_t delay = c->w->delay_max_ns;

	c->w->delay_max_ns = 30 * MR_NS_PER_MS;
	c->w->lingers = true;
	c->wish[0].host = c->wish[1].host = corner_other(c, host);
	c->since_ns = c->w->now.mono_ns;
	corner_send(c);
	if (corner_below(c, 3))
		corner_until(c, gave_back, 20 * S);
	else
		corner_some_steps(c, 60);
	world_blade_reset(c->w, host);
	corner_settled(c, 600 * S, "its host was reset while it spoke");
	c->w->lingers = false;
	c->w->delay_max_ns = delay;
	corner_settled(c, 600 * S, "and afterwards");
}

/* Commands of long ago come again. */
static void old_commands(struct corner *c)
{
	static const unsigned hosts[] = {1, 2, 4};
	unsigned host = corner_two_on(c, hosts[corner_below(c, 3)]);

	c->w->echoes = true;
	for (unsigned i = 0; i < 2; i++) {
		c->wish[0].host = c->wish[1].host = corner_other(c, host);
		corner_apply(c);
		corner_settled(c, 300 * S, "away");
		c->wish[0].host = c->wish[1].host = host;
		corner_apply(c);
		corner_settled(c, 300 * S, "and back");
	}
	c->w->echoes = false;
}

/* An agent that says that it is another host's. */
static void impostor(struct corner *c)
{
	unsigned host = corner_two_on(c, 1), vh = 2;

	c->w->host[vh].quirks.claims = host;
	c->w->host[vh].quirks.deceives = corner_below(c, 2);
	world_agent_crash(c->w, vh);
	world_agent_crash(c->w, host);
	world_agent_restart(c->w, vh);
	world_run_for(c->w, 30 * S);
	c->w->host[vh].quirks = (struct world_quirks){0};
	world_agent_crash(c->w, vh);
	world_agent_restart(c->w, vh);
	world_agent_restart(c->w, host);
	corner_settled(c, 300 * S, "an impostor went");
}

/* Another manager takes over; the old one may say once what it had under way, and no more, be
 * its store the other one's or, from then on, one of its own. */
static void old_owner(struct corner *c)
{
	unsigned host = corner_two_on(c, 1 + corner_below(c, HOSTS));
	uint64_t refused;

	c->wish[0].host = corner_other(c, host);
	corner_send(c);
	corner_some_steps(c, 40);
	world_manager_supersede(c->w);
	world_settle(c->w, SEED_SETTLE_NS);
	c->w->ghost_stores = corner_below(c, 2);
	world_run_for(c->w, 2 * S);
	refused = management_read(c->w, SW_REFUSED);
	world_blade_reset(c->w, 1 + corner_below(c, HOSTS));
	world_run_for(c->w, 60 * S);
	if (!c->r->failed && management_read(c->w, SW_REFUSED) != refused)
		seed_fail(c->r, "I9: a manager that lost the chassis goes on writing");
	world_ghost_kill(c->w);
	c->w->ghost_stores = false;
	corner_apply(c);
	corner_settled(c, 300 * S, "another manager took over");
}

/* A store that is older than what the switch did writes nothing. */
static void old_store(struct corner *c)
{
	unsigned host = corner_two_on(c, 1 + corner_below(c, HOSTS));
	struct store_copy old = world_store_copy(c->w), now;
	uint64_t activity;

	c->wish[0].host = corner_other(c, host);
	corner_apply(c);
	corner_settled(c, 300 * S, "moved");
	world_manager_kill(c->w);
	now = world_store_copy(c->w);
	world_store_restore(c->w, &old);
	oracle_excuse_rows(c->r->oracle, true);
	activity = management_activity(c->w);
	world_manager_start(c->w);
	world_run_for(c->w, 60 * S);
	if (!c->r->failed && management_activity(c->w) != activity)
		seed_fail(c->r, "I5: a manager with an old store acts before it is adopted");
	world_manager_kill(c->w);
	world_store_restore(c->w, &now);
	oracle_excuse_rows(c->r->oracle, false);
	world_manager_start(c->w);
	corner_settled(c, 300 * S, "the store was found again");
	store_copy_done(&old);
	store_copy_done(&now);
}

/* An operator resets what is in quarantine. */
static void out_of_quarantine(struct corner *c)
{
	struct fm_request q = world_request(FM_VERB_GET, "functions", "");
	const struct mr_tree *items;
	char name[32][64];
	unsigned n = 0;

	items = world_ask(c->w, &q) ? mr_tree_get(c->w->reply.tree, "items") : NULL;
	for (unsigned i = 0; items && i < items->n && n < 32; i++)
		if (mr_tree_text(items->child[i], "quarantine")[0])
			mr_copy(name[n++], sizeof(name[0]),
				mr_tree_text(items->child[i], "name"));
	for (unsigned i = 0; i < n && !c->r->failed; i++) {
		q = world_request(FM_VERB_RESET, "functions", name[i]);
		q.yes = true;
		if (!world_ask(c->w, &q) || c->w->reply.exit_code != FM_EXIT_DONE)
			seed_fail(c->r, "reset %s: %s", name[i],
				  c->w->reply.text ? c->w->reply.text : "no answer");
		world_settle(c->w, SEED_SETTLE_NS);
	}
}

static void resets_end(struct corner *c)
{
	world_unsteady(c->w, 5 * S); /* hosts try again what they had begun */
	sim_fault_clear(c->w->chassis, c->w->now, SIM_FAULT_FLR_HANG);
	world_notices(c->w);
	world_run_for(c->w, S);
}

/* A reset that hangs: nobody gets what was not reset. */
static void reset_hangs(struct corner *c)
{
	struct sim_fault f = {.kind = SIM_FAULT_FLR_HANG};
	unsigned host = corner_two_on(c, 1 + corner_below(c, HOSTS));

	f.port = (uint16_t)sim_adapter_find(c->w->chassis,
					    corner_below(c, 2) ? "wide" : "narrow");
	sim_fault_set(c->w->chassis, &f);
	c->wish[0].host = c->wish[1].host = corner_other(c, host);
	corner_apply(c);
	world_run_for(c->w, 60 * S);
	for (unsigned i = 2; i < PROFILES; i++)
		c->wish[i] = (struct wish){1 + i % HOSTS, i % 2 ? "wide" : "narrow", 0, false};
	corner_apply(c);
	world_run_for(c->w, 30 * S);
	world_manager_kill(c->w);
	if (corner_below(c, 2)) { /* what hung is over before the next manager looks */
		resets_end(c);
		world_manager_start(c->w);
	} else {
		world_manager_start(c->w);
		world_run_for(c->w, 30 * S);
		resets_end(c);
	}
	oracle_check(c->r->oracle, 0);
	corner_settled(c, 900 * S, "resets do not hang any more");
	out_of_quarantine(c);
}

/* More is guaranteed than fits: some wait, and what is in use fits port and link (I3). */
static void too_much(struct corner *c)
{
	const char *pool = corner_below(c, 2) ? "wide" : "narrow";
	unsigned wished;

	corner_none(c);
	for (unsigned i = 0; i < PROFILES - 1; i++)
		c->wish[i] = (struct wish){1 + i % HOSTS, pool, 40, false};
	corner_apply(c);
	world_settle(c->w, SEED_SETTLE_NS);
	world_run_for(c->w, 10 * S);
	if (!c->r->failed && !corner_active(c, &wished))
		seed_fail(c->r, "nothing of what fits is in use");
	corner_none(c);
	corner_apply(c);
	corner_settled(c, 300 * S, "nothing is wished");
}

static unsigned open_gates(const struct corner *c, const char *adapter)
{
	uint16_t port = (uint16_t)sim_adapter_find(c->w->chassis, adapter);
	unsigned n = 0;

	for (uint16_t k = 0; k < 16; k++) {
		struct sim_vf_look g;

		n += !sim_vf_look(c->w->chassis, port, k / 8, k % 8, &g) && g.open;
	}
	return n;
}

/* Two devices that may not be of one adapter, and one of both adapters does not answer. */
static void apart(struct corner *c)
{
	uint16_t wide = (uint16_t)sim_adapter_find(c->w->chassis, "wide");

	corner_none(c);
	corner_apply(c);
	corner_settled(c, 300 * S, "nothing is wished");
	c->one_pool = true;
	c->wish[0] = (struct wish){1 + corner_below(c, HOSTS), "any", 0, true};
	world_cable(c->w, wide, false);
	corner_apply(c);
	world_settle(c->w, SEED_SETTLE_NS);
	world_run_for(c->w, 30 * S);
	if (!c->r->failed && open_gates(c, "narrow") > 1)
		seed_fail(c->r, "both devices that have to be apart are of one adapter");
	world_cable(c->w, wide, true);
	corner_settled(c, 300 * S, "both adapters answer");
	if (!c->r->failed && (open_gates(c, "narrow") != 1 || open_gates(c, "wide") != 1))
		seed_fail(c->r, "two devices that have to be apart are not");
	corner_none(c);
	corner_apply(c);
	corner_settled(c, 300 * S, "nothing is wished");
	c->one_pool = false;
	corner_apply(c);
}

/* Somebody takes a driver away in a host: the difference is shown. */
static void by_hand(struct corner *c)
{
	const struct fm_request diff = world_request(FM_VERB_DIFF, "", "");
	const struct fm_assignment *a;
	struct sim_blade *b;
	uint16_t rid;

	corner_two_on(c, 4);
	a = corner_find(c, 1, 0);
	if (c->r->failed || mr_bdf_parse(a->bdf, &rid, NULL))
		return;
	b = c->w->host[4].blade;
	sim_blade_unbind(b, c->w->now, sim_blade_find(b, rid)->driver, rid);
	world_blade_changed(c->w, 4);
	world_run_for(c->w, 30 * S);
	if (!c->r->failed &&
	    (!world_ask(c->w, &diff) || !mr_tree_get(c->w->reply.tree, "drift") ||
	     !mr_tree_get(c->w->reply.tree, "drift")->n))
		seed_fail(c->r, "I10: a driver went away in host 4, and no difference is seen");
	sim_blade_probe(b, c->w->now, rid);
	world_blade_changed(c->w, 4);
	corner_settled(c, 300 * S, "its driver is back");
}

/* An identity that was given back is not another's before its time. */
static void identities(struct corner *c)
{
	unsigned host = corner_two_on(c, 1 + corner_below(c, HOSTS));

	c->wish[0].host = c->wish[1].host = 0;
	for (unsigned i = 2; i < 5; i++)
		c->wish[i] = (struct wish){corner_other(c, host), "wide", 0, false};
	corner_apply(c);
	corner_settled(c, 300 * S, "others came");
	if (corner_below(c, 2)) {
		world_manager_kill(c->w);
		world_manager_start(c->w);
	}
	c->wish[5] = (struct wish){host, "narrow", 0, false};
	corner_apply(c);
	corner_settled(c, 300 * S, "and another one");
}

static const struct {
	const char *name;
	void (*play)(struct corner *c);
} corners[] = {
	{"the machine dies with the answer", dies_with_the_answer},
	{"an agent is silent for ever", silent_for_ever},
	{"a host hangs", hangs},
	{"an agent is away", agent_away},
	{"a host is reset while it speaks", reset_while_it_speaks},
	{"commands of long ago", old_commands},
	{"an impostor", impostor},
	{"an old owner", old_owner},
	{"an old store", old_store},
	{"resets hang", reset_hangs},
	{"more than fits", too_much},
	{"apart", apart},
	{"a driver is taken away by hand", by_hand},
	{"identities that were given back", identities},
	{"interrupts get lost", corner_no_interrupts},
	{"a root answers late", corner_slow_root},
	{"an answer of the boot before", corner_answer_of_before},
	{"two managers take the chassis", corner_both_take},
	{"the store is gone", corner_store_gone},
	{"no function to spare", corner_none_to_spare},
	{"commits fail", corner_store_fails},
};
#define CORNERS MR_ARRAY_SIZE(corners)

/* Nothing is left of anything: functions, rows. */
static void nothing_is_left(struct corner *c)
{
	struct mr_buf left = {0};

	corner_none(c);
	corner_apply(c);
	corner_settled(c, 300 * S, "after the delete");
	world_run_for(c->w, 2 * REUSE_S * S);
	world_settle(c->w, SEED_SETTLE_NS);
	if (!c->r->failed && !oracle_all_free(c->r->oracle))
		seed_fail(c->r, "%s", oracle_complaint(c->r->oracle));
	if (!c->r->failed && world_store_left(c->w, &left))
		seed_fail(c->r, "rows are left in the store: %.300s", mr_buf_text(&left));
	mr_buf_done(&left);
}

static void run(struct seed_run *r)
{
	struct corner c = {.r = r, .w = r->w};
	unsigned order[CORNERS];

	r->w->reuse_ns = REUSE_S * S;
	for (unsigned i = 0; i < CORNERS; i++)
		order[i] = i;
	for (unsigned i = CORNERS; i > 1; i--) {
		unsigned k = corner_below(&c, i), last = order[i - 1];

		order[i - 1] = order[k];
		order[k] = last;
	}
	for (unsigned i = 0; i < CORNERS && !r->failed; i++) {
		world_trace(r->w, "---- %s", corners[order[i]].name);
		corners[order[i]].play(&c);
	}
	nothing_is_left(&c);
}

int main(int argc, char **argv)
{
	return seed_main(argc, argv, "seeds-corners", SRCDIR "/tests/sim-test/corners.yaml",
			 run);
}
