/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Adapters that are in their slots and do not answer: the link to the switch is down, or single
 * accesses fail. Their tables stay as they are, open gates included. So who runs there stays, a
 * way out waits, and nobody else gets the identity, until the adapter answers or is pulled. The
 * judge looks at the gates of all adapters after each operation.
 */
#include <stdlib.h>
#include <string.h>

#include "common/pci/batch.h"
#include "common/tree.h"
#include "sim/model/fault.h"
#include "tests/sim-test/fixture.h"
#include "tests/sim-test/world/management.h"

#define IDENT 0x020000000010ull

/* blade03 is a host without an agent. */
static bool agent_on(const char *host)
{
	return !mr_streq(host, "blade03");
}

static void setup(void)
{
	fabric_begin("config/demo-chassis.yaml", 5, agent_on);
	w->on_op = fabric_judge_op;
	ck_assert(oracle_check(judge, 0)); /* it knows all adapters before one is away */
}

#define BASE                                                                                 \
	"apiVersion: banyan/v1\nkind: FabricPolicy\nmetadata: {name: default}\n"             \
	"spec: {update: {drain: {mode: force, timeout: 5s}}}\n" DOC("Host", "blade01", "{}") \
		DOC("Host", "blade02", "{}") DOC("Host", "blade03", "{}")                    \
			DOC("AdapterPool", "nics", "{adapterSelector: {class: ethernet}}")
#define PROFILE(host)                                                                      \
	DOC("ServerProfile", "p",                                                          \
	    "{host: " host ", devices: [{name: d, class: ethernet, pool: nics, identity: " \
	    "{mac: \"02:00:00:00:00:10\"}}]}")

static bool runs(const char *profile)
{
	const struct fm_assignment *a = fabric_find(profile);

	return a && a->phase == FM_PHASE_ACTIVE && a->has_fn;
}

static void is_active(const char *profile, const char *host)
{
	const struct fm_assignment *a = fabric_find(profile);

	ck_assert_msg(runs(profile), "%s: %s", a ? fm_phase_name(a->phase) : "none",
		      a ? a->detail : "");
	ck_assert_str_eq(a->host, host);
}

/* How many gates are open with the identity, on adapters that answer or not. */
static unsigned gates(void)
{
	unsigned n = 0;

	for (uint16_t port = 1; port <= MR_MAX_PORTS; port++)
		for (uint16_t i = 0; i < 256; i++) {
			struct sim_vf_look g;

			if (!sim_vf_look(w->chassis, port, i / 64, i % 64, &g))
				n += g.open && g.ident0 == IDENT;
		}
	return n;
}

static void link_of(const char *name, bool up)
{
	int port = sim_adapter_find(w->chassis, name);

	if (port < 0)
		port = sim_host_find(w->chassis, name);
	w->shaken = true;
	ck_assert_int_gt(port, 0);
	ck_assert_int_eq(sim_port_set_link(w->chassis, w->now, (uint16_t)port, up), 0);
	world_notices(w);
}

static void settled_at(const char *host, char adapter[MR_NAME_MAX])
{
	fabric_settle();
	is_active("p", host);
	mr_copy(adapter, MR_NAME_MAX, fabric_find("p")->adapter);
}

/* What waits says why. */
static void waits(const char *profile, const char *adapter)
{
	const struct fm_assignment *a = fabric_find(profile);

	ck_assert_ptr_nonnull(a);
	ck_assert_msg(a->phase != FM_PHASE_ACTIVE, "%s", a->detail);
	ck_assert_msg(a->reason == MR_REASON_UNREACHABLE, "%s: %s", mr_reason_name(a->reason),
		      a->detail);
	ck_assert_msg(strstr(a->detail, adapter) != NULL, "%s", a->detail);
	ck_assert_uint_le(gates(), 1);
}

/* ---- ways to a host: a slot of its PF, a bridge ---- */

static const char *const hosts[] = {"blade01", "blade03"};
static const char *const profiles[] = {PROFILE("blade01"), PROFILE("blade03")};
static const char *const moved[] = {PROFILE("blade03"), PROFILE("blade01")};

/* Who runs stays where it runs, and is Active again with the link: nobody moves. */
START_TEST(who_runs_stays)
{
	char adapter[MR_NAME_MAX];
	struct fm_fn_id fn;

	fabric_accept(BASE);
	fabric_accept(profiles[_i]);
	settled_at(hosts[_i], adapter);
	fn = fabric_find("p")->fn;
	link_of(adapter, false);
	world_run_for(w, 60 * MR_NS_PER_S);
	waits("p", adapter);
	ck_assert_int_eq(fabric_find("p")->phase, FM_PHASE_DEGRADED);
	link_of(adapter, true);
	world_run_for(w, 30 * MR_NS_PER_S);
	fabric_settle();
	is_active("p", hosts[_i]);
	ck_assert(fm_fn_eq(fabric_find("p")->fn, fn));
	ck_assert_uint_eq(gates(), 1);
}
END_TEST

/* The link goes at some moment of a move, each way in turn: it ends when the link is back, or
 * when the adapter is pulled, at the new host and with one open gate. */
START_TEST(moves_end)
{
	unsigned from = _i & 1, steps = 1 + 3 * (unsigned)(_i / 4);
	bool pulls = _i & 2;
	char adapter[MR_NAME_MAX];

	fabric_accept(BASE);
	fabric_accept(profiles[from]);
	settled_at(hosts[from], adapter);
	fabric_accept(moved[from]);
	for (unsigned n = 0; n < steps; n++)
		world_step(w);
	link_of(adapter, false);
	world_run_for(w, 60 * MR_NS_PER_S);
	ck_assert_uint_le(gates(), 1);
	if (pulls)
		fabric_pull(adapter);
	else
		link_of(adapter, true);
	world_run_for(w, 60 * MR_NS_PER_S);
	fabric_settle();
	is_active("p", hosts[!from]);
	ck_assert_uint_eq(gates(), 1);
}
END_TEST

/* A move that begins when the link is down: the row is blocked at once, the rest waits; over a
 * restart of the manager, too. */
START_TEST(begun_without_link)
{
	char adapter[MR_NAME_MAX];

	fabric_accept(BASE);
	fabric_accept(PROFILE("blade03"));
	settled_at("blade03", adapter);
	link_of(adapter, false);
	world_run_for(w, 10 * MR_NS_PER_S);
	fabric_accept(PROFILE("blade01"));
	world_run_for(w, 30 * MR_NS_PER_S);
	waits("p", adapter);
	ck_assert_uint_eq(
		management_read(w, SW_BRIDGE(3, fabric_find("p")->place.bridge) + ROW_STATE),
		MR_ROW_BLOCKED);
	if (_i) {
		world_manager_kill(w);
		world_run_for(w, MR_NS_PER_S);
		world_manager_start(w);
		world_run_for(w, 30 * MR_NS_PER_S);
		waits("p", adapter);
	}
	link_of(adapter, true);
	world_run_for(w, 30 * MR_NS_PER_S);
	fabric_settle();
	is_active("p", "blade01");
}
END_TEST

/* A profile that is deleted keeps its identity until the gate is closed: who wants it waits. */
START_TEST(identity_stays_locked)
{
	char adapter[MR_NAME_MAX];
	struct fm_request q = world_request(FM_VERB_DELETE, "ServerProfile", "p");

	fabric_accept(BASE);
	fabric_accept(profiles[_i]);
	settled_at(hosts[_i], adapter);
	link_of(adapter, false);
	world_run_for(w, 10 * MR_NS_PER_S);
	q.yes = true;
	fabric_ask(&q);
	ck_assert_int_eq(w->reply.exit_code, FM_EXIT_DONE);
	fabric_accept(DOC(
		"ServerProfile", "q",
		"{host: blade02, devices: [{name: d, class: ethernet, pool: nics, identity: "
		"{mac: \"02:00:00:00:00:10\"}}]}"));
	world_run_for(w, 30 * MR_NS_PER_S);
	waits("p", adapter);
	ck_assert(!runs("q"));
	link_of(adapter, true);
	world_run_for(w, 60 * MR_NS_PER_S);
	fabric_settle();
	ck_assert_ptr_null(fabric_find("p"));
	is_active("q", "blade02");
}
END_TEST

/* Single accesses that read all-ones, with the link up: it is not pulled, and goes on when it
 * answers. */
START_TEST(reads_all_ones)
{
	char adapter[MR_NAME_MAX];
	struct sim_fault f = {.kind = SIM_FAULT_STUCK_REGISTER,
			      .space = MR_SPACE_MEMORY,
			      .value = UINT64_MAX};

	fabric_accept(BASE);
	fabric_accept(profiles[_i]);
	settled_at(hosts[_i], adapter);
	f.address = management_vf_row(w, fabric_find("p")->fn.port, fabric_find("p")->fn.pf,
				      fabric_find("p")->fn.vf);
	ck_assert_int_eq(sim_fault_set(w->chassis, &f), 0);
	fabric_accept(moved[_i]);
	world_run_for(w, 60 * MR_NS_PER_S);
	waits("p", adapter);
	sim_fault_clear(w->chassis, w->now, SIM_FAULT_STUCK_REGISTER);
	world_run_for(w, 60 * MR_NS_PER_S);
	fabric_settle();
	is_active("p", hosts[!_i]);
}
END_TEST

/* The row's state reads all-ones from some moment of a move on, over a restart of the manager,
 * too: nobody takes it for free, and the move ends when it can be read. */
START_TEST(row_reads_all_ones)
{
	char adapter[MR_NAME_MAX];
	struct sim_fault f = {.kind = SIM_FAULT_STUCK_REGISTER,
			      .space = MR_SPACE_SWITCH,
			      .value = UINT64_MAX};
	unsigned steps = 2 * (unsigned)(_i / 2);

	fabric_accept(BASE);
	fabric_accept(PROFILE("blade03"));
	settled_at("blade03", adapter);
	f.address = SW_BRIDGE(3, fabric_find("p")->place.bridge) + ROW_STATE;
	fabric_accept(PROFILE("blade01"));
	for (unsigned n = 0; n < steps; n++)
		world_step(w);
	ck_assert_int_eq(sim_fault_set(w->chassis, &f), 0);
	if (_i & 1) {
		world_manager_kill(w);
		world_run_for(w, MR_NS_PER_S);
		world_manager_start(w);
	}
	world_run_for(w, 60 * MR_NS_PER_S);
	if (!runs("p")) /* else it had left the row before */
		waits("p", "can't be read");
	sim_fault_clear(w->chassis, w->now, SIM_FAULT_STUCK_REGISTER);
	ck_assert(!runs("p") || management_read(w, f.address) == MR_ROW_FREE);
	world_run_for(w, 60 * MR_NS_PER_S);
	fabric_settle();
	is_active("p", "blade01");
	ck_assert_uint_eq(management_read(w, f.address), MR_ROW_FREE);
}
END_TEST

/* The chassis is adopted meanwhile with a store that knows nothing of it: it runs on as it is,
 * and no other gate opens with its identity before it was reset. */
START_TEST(row_of_a_stranger_reads_all_ones)
{
	struct fm_request adopt = world_request(FM_VERB_ADOPT, "chassis", "c1");
	struct sim_fault f = {.kind = SIM_FAULT_STUCK_REGISTER,
			      .space = MR_SPACE_SWITCH,
			      .value = UINT64_MAX};
	struct fm_request reset = world_request(FM_VERB_RESET, "", "");
	const struct fm_assignment *a;
	struct store_copy old;
	char adapter[MR_NAME_MAX], name[2 * MR_NAME_MAX];

	adopt.yes = reset.yes = true;
	fabric_accept(BASE);
	fabric_settle();
	old = world_store_copy(w);
	fabric_accept(PROFILE("blade03"));
	settled_at("blade03", adapter);
	f.address = SW_BRIDGE(3, fabric_find("p")->place.bridge) + ROW_STATE;
	oracle_excuse_rows(judge, true);
	world_manager_kill(w);
	ck_assert_int_eq(sim_fault_set(w->chassis, &f), 0);
	world_store_restore(w, &old);
	world_manager_start(w);
	world_run_for(w, MR_NS_PER_S);
	ck_assert_int_eq(fabric_ask(&adopt), FM_EXIT_DONE);
	fabric_accept(PROFILE("blade02"));
	world_run_for(w, 30 * MR_NS_PER_S);
	ck_assert_uint_eq(gates(), 1);
	ck_assert(!runs("p"));
	ck_assert_ptr_nonnull(strstr(fabric_find("p")->detail, "is used by adopted/"));
	sim_fault_clear(w->chassis, w->now, SIM_FAULT_STUCK_REGISTER);
	world_run_for(w, 60 * MR_NS_PER_S);
	oracle_excuse_rows(judge, false);
	ck_assert_uint_eq(management_read(w, f.address), MR_ROW_MAPPED);
	a = fabric_find("adopted");
	mr_fmt(name, sizeof(name), "%s/pf%u/vf%u", a->adapter, a->fn.pf, a->fn.vf);
	reset.name = name;
	ck_assert_int_eq(fabric_ask(&reset), FM_EXIT_DONE);
	fabric_settle();
	is_active("p", "blade02");
	ck_assert_uint_eq(gates(), 1);
	ck_assert_uint_eq(management_read(w, f.address), MR_ROW_FREE);
	store_copy_done(&old);
}
END_TEST

/* From blade03 to a slot of blade01, as far as this phase there. */
static void on_the_way_in(enum fm_phase phase)
{
	char adapter[MR_NAME_MAX];

	fabric_accept(BASE);
	fabric_accept(PROFILE("blade03"));
	settled_at("blade03", adapter);
	fabric_accept(PROFILE("blade01"));
	while (!mr_streq(fabric_find("p")->host, "blade01") || fabric_find("p")->phase != phase)
		ck_assert(world_step(w));
	ck_assert_int_eq(fabric_find("p")->place.way, FM_WAY_LVF);
}

/* The command that gives a function to its host takes effect later, or when it is given once
 * more. */
START_TEST(late_command)
{
	struct sim_fault f = {.kind = SIM_FAULT_SLOW_REGISTER,
			      .space = MR_SPACE_MEMORY,
			      .delay_ns = 1 + 200 * MR_NS_PER_MS * _i};
	struct fm_fn_id fn;

	on_the_way_in(FM_PHASE_CONFIGURED);
	fn = fabric_find("p")->fn;
	f.address = management_vf_row(w, fn.port, fn.pf, fn.vf) + VF_COMMAND;
	ck_assert_int_eq(sim_fault_set(w->chassis, &f), 0);
	world_run_for(w, 10 * MR_NS_PER_MS);
	sim_fault_clear(w->chassis, w->now, SIM_FAULT_SLOW_REGISTER);
	world_run_for(w, 60 * MR_NS_PER_S);
	fabric_settle();
	is_active("p", "blade01");
}
END_TEST

/* The profile goes before the row that was to lead to its function does. */
START_TEST(late_row)
{
	struct sim_fault f = {.kind = SIM_FAULT_SLOW_REGISTER,
			      .space = MR_SPACE_SWITCH,
			      .delay_ns = 1 + 200 * MR_NS_PER_MS * (int64_t)_i};
	struct fm_request q = world_request(FM_VERB_DELETE, "ServerProfile", "p");

	q.yes = true;
	fabric_accept(BASE);
	fabric_accept(PROFILE("blade03"));
	while (!fabric_find("p") || fabric_find("p")->phase != FM_PHASE_CONFIGURED)
		ck_assert(world_step(w));
	f.address = SW_BRIDGE(3, fabric_find("p")->place.bridge) + ROW_STATE;
	ck_assert_int_eq(sim_fault_set(w->chassis, &f), 0);
	world_run_for(w, 10 * MR_NS_PER_MS);
	sim_fault_clear(w->chassis, w->now, SIM_FAULT_SLOW_REGISTER);
	ck_assert_int_eq(fabric_ask(&q), FM_EXIT_DONE);
	world_run_for(w, 60 * MR_NS_PER_S);
	fabric_settle();
	ck_assert_ptr_null(fabric_find("p"));
	ck_assert_uint_eq(management_read(w, f.address), MR_ROW_FREE);
}
END_TEST

/* The link goes and comes back on the way in: who is Active is so in its host, too. */
START_TEST(lost_on_the_way_in)
{
	unsigned steps = 2 * (unsigned)_i;
	uint64_t before;

	on_the_way_in(FM_PHASE_ACTIVATING);
	for (unsigned n = 0; n < steps; n++)
		world_step(w);
	link_of(fabric_find("p")->adapter, false);
	world_run_for(w, 5 * MR_NS_PER_S);
	link_of(fabric_find("p")->adapter, true);
	world_run_for(w, 30 * MR_NS_PER_S);
	fabric_settle();
	is_active("p", "blade01");
	ck_assert(oracle_check(judge, 0));
	ck_assert_uint_eq(oracle_owner(judge, fabric_find("p")->fn), 1);
	world_manager_kill(w);
	before = management_activity(w);
	world_manager_start(w);
	world_run_for(w, 10 * MR_NS_PER_S);
	fabric_settle();
	ck_assert_uint_eq(management_activity(w), before);
}
END_TEST

/* A manager that starts knows nothing of an adapter without link: the bridge at which its PFs
 * were to be attached is given to another one, and it is planned anew. */
START_TEST(bridge_given_away)
{
	char adapter[MR_NAME_MAX];

	on_the_way_in(FM_PHASE_RESERVED);
	mr_copy(adapter, sizeof(adapter), fabric_find("p")->adapter);
	link_of(adapter, false);
	world_manager_kill(w);
	world_run_for(w, MR_NS_PER_S);
	world_manager_start(w);
	world_run_for(w, 5 * MR_NS_PER_S);
	fabric_accept(DOC("AdapterPool", "disks", "{adapterSelector: {class: nvme}}")
			      DOC("ServerProfile", "q",
				  "{host: blade01, devices: [{name: d, class: "
				  "nvme, pool: disks}]}"));
	world_run_for(w, 10 * MR_NS_PER_S);
	is_active("q", "blade01");
	link_of(adapter, true);
	world_run_for(w, 30 * MR_NS_PER_S);
	fabric_settle();
	is_active("p", "blade01");
	is_active("q", "blade01");
}
END_TEST

/* ---- links that go up and down ---- */

/* Events about the object, and in 'ret' the one that begins with 'word'. */
static unsigned events_of(const char *object, const char *word, bool *ret)
{
	struct fm_request q = world_request(FM_VERB_GET, "events", "");
	const struct mr_tree *l;
	unsigned n = 0;

	fabric_ask(&q);
	l = mr_tree_get(w->reply.tree, "items");
	*ret = false;
	for (size_t i = 0; i < l->n; i++) {
		if (!mr_streq(mr_tree_text(l->child[i], "object"), object))
			continue;
		n++;
		*ret = *ret || strstr(mr_tree_text(l->child[i], "text"), word);
	}
	return n;
}

static void storm(const char *port, unsigned changes)
{
	for (unsigned i = 0; i < changes; i++) {
		link_of(port, i & 1);
		world_run_for(w, 100 * MR_NS_PER_MS);
	}
	link_of(port, true);
}

/* The adapter's link goes up and down 300 times, its profile is moved meanwhile: a handful of
 * events, never two open gates, and the move ends in a moment in which the link is up. */
START_TEST(storm_at_an_adapter)
{
	char adapter[MR_NAME_MAX];
	bool held;
	unsigned before;

	fabric_accept(BASE);
	fabric_accept(profiles[_i]);
	settled_at(hosts[_i], adapter);
	before = events_of(adapter, "goes up and down", &held);
	ck_assert(!held);
	storm(adapter, 150);
	fabric_accept(moved[_i]);
	storm(adapter, 150);
	ck_assert_uint_le(gates(), 1);
	ck_assert_uint_le(events_of(adapter, "goes up and down", &held) - before, 10);
	ck_assert(held);
	world_run_for(w, 100 * MR_NS_PER_S);
	fabric_settle();
	is_active("p", hosts[!_i]);
	ck_assert_uint_eq(gates(), 1);
}
END_TEST

/* A host's link: what it has stays, is reset by nobody but its own boots, and runs again. */
START_TEST(storm_at_a_host)
{
	char adapter[MR_NAME_MAX];
	struct fm_fn_id fn;
	bool held;
	unsigned before;

	fabric_accept(BASE);
	fabric_accept(profiles[_i]);
	settled_at(hosts[_i], adapter);
	fn = fabric_find("p")->fn;
	before = events_of(hosts[_i], "goes up and down", &held);
	storm(hosts[_i], 300);
	ck_assert_uint_le(events_of(hosts[_i], "goes up and down", &held) - before, 10);
	ck_assert(held);
	world_run_for(w, 100 * MR_NS_PER_S);
	fabric_settle();
	is_active("p", hosts[_i]);
	ck_assert(fm_fn_eq(fabric_find("p")->fn, fn));
}
END_TEST

/* ---- a chassis that is adopted meanwhile ---- */

#define POOLED(profile, host)                                                            \
	BASE DOC("IdentityPool", "macs",                                                 \
		 "{type: mac, ranges: [{start: \"02:00:00:00:01:00\", end: "             \
		 "\"02:00:00:00:01:ff\"}]}")                                             \
		DOC("ServerProfile", profile,                                            \
		    "{host: " host ", devices: [{name: d, class: ethernet, pool: nics, " \
		    "identity: {mac: {pool: macs}}}]}")

/* The store is lost, and an adapter does not answer: any identity of its kind may be on it, so
 * pools give none until it was read. */
START_TEST(adopted_without_link)
{
	const struct fm_request adopt = {.verb = FM_VERB_ADOPT,
					 .kind = "chassis",
					 .name = "c1",
					 .who = "tester",
					 .yes = true};
	const struct store_copy empty = {0};
	const struct fm_assignment *a;
	char adapter[MR_NAME_MAX], where[40];
	uint64_t ident;

	fabric_apply(POOLED("p", "blade01"));
	ident = fabric_active("p")->attrs.ident0;
	mr_copy(adapter, sizeof(adapter), fabric_active("p")->adapter);
	mr_fmt(where, sizeof(where), "the adapter in slot %u,", fabric_adapter(adapter)->slot);
	oracle_excuse_rows(judge, true);
	world_manager_kill(w);
	w->store.loses = true;
	world_store_restore(w, &empty);
	w->store.loses = false;
	link_of(adapter, false);
	world_manager_start(w);
	world_run_for(w, 10 * MR_NS_PER_S);
	ck_assert_int_eq(fabric_ask(&adopt), FM_EXIT_DONE);
	world_run_for(w, 10 * MR_NS_PER_S);
	fabric_accept(POOLED("q", "blade02"));
	world_run_for(w, 30 * MR_NS_PER_S);
	a = fabric_get("q");
	ck_assert_msg(a->phase == FM_PHASE_PENDING && strstr(a->detail, where) &&
			      strstr(a->detail, "was not read since c1 was adopted"),
		      "%s: %s", fm_phase_name(a->phase), a->detail);
	link_of(adapter, true);
	fabric_settle();
	is_active("q", "blade02");
	ck_assert_uint_ne(fabric_get("q")->attrs.ident0, ident);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("link");
	Suite *s = suite_create("adapters without link");

	tcase_add_checked_fixture(t, setup, fabric_end);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, who_runs_stays, 0, 2);
	tcase_add_loop_test(t, moves_end, 0, 120);
	tcase_add_loop_test(t, begun_without_link, 0, 2);
	tcase_add_loop_test(t, identity_stays_locked, 0, 2);
	tcase_add_loop_test(t, reads_all_ones, 0, 2);
	tcase_add_loop_test(t, row_reads_all_ones, 0, 40);
	tcase_add_test(t, row_of_a_stranger_reads_all_ones);
	tcase_add_loop_test(t, late_command, 0, 10);
	tcase_add_loop_test(t, late_row, 0, 10);
	tcase_add_loop_test(t, lost_on_the_way_in, 0, 30);
	tcase_add_test(t, bridge_given_away);
	tcase_add_loop_test(t, storm_at_an_adapter, 0, 2);
	tcase_add_loop_test(t, storm_at_a_host, 0, 2);
	tcase_add_test(t, adopted_without_link);
	suite_add_tcase(s, t);
	return check_run(s);
}
