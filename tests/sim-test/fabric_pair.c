/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `ha` pairs in a whole fabric: both carry the identity, one gate is open; roles change by the
 * operator's verb and by a failure, and stay over a restart of the manager. The judge looks
 * after each operation: at no instant are both gates open.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/sim-test/fixture.h"

#define IDENT 0x020000000010ull

static unsigned looks;

static void after_op(struct world *x, const struct fm_op_result *r, void *arg)
{
	(void)r;
	(void)arg;
	looks++;
	fabric_judge();
	(void)x;
}

static void setup(void)
{
	fabric_begin("config/demo-chassis.yaml", 5, NULL);
	oracle_declare_pair(judge, IDENT);
	w->on_op = after_op;
	looks = 0;
}

static void teardown(void)
{
	ck_assert_uint_gt(looks, 4);
	fabric_end();
}

#define NICS DOC("AdapterPool", "nics", "{adapterSelector: {class: ethernet}}")
#define BASE                                                            \
	DOC("Host", "blade01", "{}")                                    \
	DOC("IdentityPool", "m",                                        \
	    "{type: mac, ranges: [{start: \"02:00:00:00:00:10\", end: " \
	    "\"02:00:00:00:00:1f\"}]}")
#define DEVICE(name, more) "{name: " name ", class: ethernet, pool: nics" more "}"
#define PAIR(automatic)                                                                    \
	DOC("ServerProfile", "p",                                                          \
	    "{host: blade01, devices: [" DEVICE(                                           \
		    "a", ", ha: {role: secondary, with: z, "                               \
			 "autoSwitchover: " automatic                                      \
			 "}") ", " DEVICE("z", ", identity: {mac: {pool: m}}, ha: {role: " \
					       "primary, with: a, "                        \
					       "autoSwitchover: " automatic "}") "]}")

static const struct fm_fn *fn(const char *name)
{
	return fm_fn_get(fm_engine_inventory(w->engine), fabric_get(name)->fn);
}

static void in_use(const char *name)
{
	const struct fm_assignment *a = fabric_get(name);

	ck_assert_msg(a->phase == FM_PHASE_ACTIVE, "%s %s: %s", name, fm_phase_name(a->phase),
		      a->detail);
	ck_assert(fn(name)->gate_open);
	ck_assert_uint_eq(fn(name)->attrs.ident0, IDENT);
	ck_assert(!a->standby);
}

static void stands_by(const char *name)
{
	const struct fm_assignment *a = fabric_get(name);

	ck_assert_msg(a->phase == FM_PHASE_MAPPED, "%s %s: %s", name, fm_phase_name(a->phase),
		      a->detail);
	ck_assert(!fn(name)->gate_open);
	ck_assert_uint_eq(fn(name)->attrs.ident0, IDENT);
	ck_assert(a->standby);
}

static const char *switchover(const char *name)
{
	struct fm_request r = world_request(FM_VERB_SWITCHOVER, "", name);

	fabric_ask(&r);
	fabric_settle();
	return w->reply.exit_code ? w->reply.text : "";
}

static void restart(void)
{
	world_manager_kill(w);
	world_run_for(w, MR_NS_PER_S);
	world_manager_start(w);
	fabric_settle();
}

START_TEST(by_verb)
{
	fabric_apply(BASE NICS PAIR("false"));
	in_use("p/z");
	stands_by("p/a");
	ck_assert_str_ne(fabric_get("p/a")->adapter, fabric_get("p/z")->adapter);
	ck_assert_str_eq(switchover("p/a"), "");
	in_use("p/a");
	stands_by("p/z");
	restart();
	in_use("p/a");
	stands_by("p/z");
	ck_assert_str_eq(switchover("p/a"), ""); /* nothing changes */
	in_use("p/a");
	ck_assert_str_eq(switchover("p/z"), "");
	in_use("p/z");
	stands_by("p/a");
}
END_TEST

static void lose(const char *adapter, bool pulled, bool back)
{
	const struct fm_adapter *d =
		fm_adapter_by_name(fm_engine_inventory(w->engine), adapter, NULL);

	w->shaken = true;
	if (pulled)
		ck_assert_int_eq(back ? sim_adapter_insert(w->chassis, w->now, adapter)
				      : sim_adapter_pull(w->chassis, w->now, adapter),
				 0);
	else
		ck_assert_int_eq(sim_port_set_link(w->chassis, w->now, d->port, back), 0);
	world_notices(w);
	world_run_for(w, 30 * MR_NS_PER_S);
}

/* The adapter is pulled; when it is back nothing switches back. */
START_TEST(by_failure)
{
	char adapter[MR_NAME_MAX];

	fabric_apply(BASE NICS PAIR("true"));
	in_use("p/z");
	mr_copy(adapter, sizeof(adapter), fabric_get("p/z")->adapter);
	lose(adapter, true, false);
	in_use("p/a");
	restart();
	in_use("p/a");
	lose(adapter, true, true);
	fabric_settle();
	in_use("p/a");
	stands_by("p/z");
}
END_TEST

/* A gate that nobody can close keeps the other one closed, over a restart too. */
START_TEST(link_down)
{
	char adapter[MR_NAME_MAX];

	fabric_apply(BASE NICS PAIR("true"));
	mr_copy(adapter, sizeof(adapter), fabric_get("p/z")->adapter);
	lose(adapter, false, false);
	stands_by("p/a");
	ck_assert_ptr_nonnull(strstr(switchover("p/a"), "does not answer"));
	restart();
	stands_by("p/a");
	lose(adapter, false, true);
	fabric_settle();
	in_use("p/z");
	stands_by("p/a");
}
END_TEST

/* Two adapters are meant without a rule that says so. */
START_TEST(one_adapter)
{
	fabric_apply(BASE DOC("AdapterPool", "nics", "{adapterSelector: {serials: [N-0001]}}")
			     PAIR("true"));
	ck_assert_int_eq(fabric_get("p/z")->phase == FM_PHASE_PENDING,
			 fabric_get("p/a")->phase != FM_PHASE_PENDING);
	ck_assert_ptr_nonnull(
		strstr(fabric_get(fabric_get("p/z")->phase == FM_PHASE_PENDING ? "p/z" : "p/a")
			       ->detail,
		       "need two adapters"));
	fabric_apply(NICS);
	in_use("p/a"); /* it was there alone */
	stands_by("p/z");
}
END_TEST

/* Without autoSwitchover nothing happens by itself. */
START_TEST(by_verb_only)
{
	char adapter[MR_NAME_MAX];

	fabric_apply(BASE NICS PAIR("false"));
	mr_copy(adapter, sizeof(adapter), fabric_get("p/z")->adapter);
	lose(adapter, true, false);
	stands_by("p/a");
	ck_assert_str_eq(switchover("p/a"), "");
	in_use("p/a");
}
END_TEST

/* A device that runs becomes a secondary, and is one of its own again. */
START_TEST(edited)
{
	fabric_apply(BASE NICS DOC("ServerProfile", "p",
				   "{host: blade01, devices: [" DEVICE("a", "") ", " DEVICE(
					   "z", ", identity: {mac: {pool: m}}") "]}"));
	ck_assert_int_eq(fabric_get("p/a")->phase, FM_PHASE_ACTIVE);
	ck_assert_uint_ne(fn("p/a")->attrs.ident0, IDENT);
	fabric_apply(PAIR("false"));
	in_use("p/z");
	stands_by("p/a");
	fabric_apply(DOC("ServerProfile", "p",
			 "{host: blade01, devices: [" DEVICE("a", "") ", " DEVICE(
				 "z", ", identity: {mac: {pool: m}}") "]}"));
	in_use("p/z");
	ck_assert_int_eq(fabric_get("p/a")->phase, FM_PHASE_ACTIVE);
	ck_assert_uint_ne(fn("p/a")->attrs.ident0, IDENT);
	ck_assert_str_eq(switchover("p/a"), "'p/a' is of no `ha` pair");
	ck_assert_str_eq(fabric_get("p/z")->partner, "");
}
END_TEST

/* The manager dies at each point of a switch-over: it ends as it was decided, or never began.
 */
START_TEST(manager_dies)
{
	struct fm_request r = world_request(FM_VERB_SWITCHOVER, "", "p/a");

	fabric_apply(BASE NICS PAIR("false"));
	for (unsigned steps = 1; steps < 60; steps += 6) {
		bool swapped;

		r.name = fabric_get("p/a")->standby ? "p/a" : "p/z";
		world_send(w, &r);
		for (unsigned i = 0; i < steps; i++)
			world_step(w);
		restart();
		swapped = !fabric_get(r.name)->standby;
		in_use(swapped == !strcmp(r.name, "p/a") ? "p/a" : "p/z");
		stands_by(swapped == !strcmp(r.name, "p/a") ? "p/z" : "p/a");
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pair");
	TCase *t = tcase_create("pair");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, by_verb);
	tcase_add_test(t, by_failure);
	tcase_add_test(t, link_down);
	tcase_add_test(t, one_adapter);
	tcase_add_test(t, by_verb_only);
	tcase_add_test(t, edited);
	tcase_add_test(t, manager_dies);
	suite_add_tcase(s, t);
	return check_run(s);
}
