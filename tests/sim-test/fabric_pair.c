/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `ha` pairs in a whole fabric: both carry the identity, one gate is open; roles change by the
 * operator's verb and by a failure, and stay over a restart of the manager. The judge looks
 * after each operation: at no instant are both gates open.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim-test/world/oracle.h"
#include "tests/sim-test/world/world.h"
#include "tests/unit/check_main.h"

#define SETTLE_NS (120 * MR_NS_PER_S)
#define IDENT	  0x020000000010ull

static struct world *w;
static struct oracle *judge;
static unsigned looks;
static char *wrong; /* the first complaint */

static void after_op(struct world *x, const struct fm_op_result *r, void *arg)
{
	(void)r;
	(void)arg;
	looks++;
	if (!wrong && !oracle_check(judge, 0))
		wrong = strdup(oracle_complaint(judge));
	(void)x;
}

static void setup(void)
{
	w = world_new(SRCDIR "/config/demo-chassis.yaml", 5, NULL);
	judge = oracle_new(w);
	oracle_declare_pair(judge, IDENT);
	world_run_for(w, 10 * MR_NS_PER_S);
	world_manager_start(w);
	world_settle(w, SETTLE_NS);
	w->on_op = after_op;
	wrong = NULL;
	looks = 0;
}

static void teardown(void)
{
	ck_assert_msg(!wrong, "%s", wrong);
	ck_assert_uint_gt(looks, 4);
	ck_assert_msg(oracle_check(judge, 0), "%s", oracle_complaint(judge));
	oracle_free(judge);
	world_free(w);
}

#define DOC(kind, name, spec)                                                                 \
	"---\napiVersion: banyan/v1\nkind: " kind "\nmetadata: {name: " name "}\nspec: " spec \
	"\n"
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

static void settle(void)
{
	ck_assert(world_settle(w, SETTLE_NS));
	ck_assert_msg(!wrong, "%s", wrong);
}

static void apply(const char *text)
{
	ck_assert_msg(world_apply(w, text), "%s", w->reply.text);
	settle();
}

static const struct fm_assignment *find(const char *name)
{
	char text[FM_ASSIGNMENT_TEXT];

	for (unsigned i = 0; i < fm_engine_assignments(w->engine); i++) {
		const struct fm_assignment *a = fm_engine_assignment(w->engine, i);

		if (!strcmp(fm_assignment_text(a, text), name))
			return a;
	}
	ck_abort_msg("there is no %s", name);
	return NULL;
}

static const struct fm_fn *fn(const char *name)
{
	return fm_fn_get(fm_engine_inventory(w->engine), find(name)->fn);
}

static void in_use(const char *name)
{
	const struct fm_assignment *a = find(name);

	ck_assert_msg(a->phase == FM_PHASE_ACTIVE, "%s %s: %s", name, fm_phase_name(a->phase),
		      a->detail);
	ck_assert(fn(name)->gate_open);
	ck_assert_uint_eq(fn(name)->attrs.ident0, IDENT);
	ck_assert(!a->standby);
}

static void stands_by(const char *name)
{
	const struct fm_assignment *a = find(name);

	ck_assert_msg(a->phase == FM_PHASE_MAPPED, "%s %s: %s", name, fm_phase_name(a->phase),
		      a->detail);
	ck_assert(!fn(name)->gate_open);
	ck_assert_uint_eq(fn(name)->attrs.ident0, IDENT);
	ck_assert(a->standby);
}

static const char *switchover(const char *name)
{
	struct fm_request r = {.verb = FM_VERB_SWITCHOVER,
			       .kind = "",
			       .name = name,
			       .host = "",
			       .arg = "",
			       .set = "",
			       .who = "tester",
			       .max_disruption = ""};

	ck_assert(world_ask(w, &r));
	settle();
	return w->reply.exit_code ? w->reply.text : "";
}

static void restart(void)
{
	world_manager_kill(w);
	world_run_for(w, MR_NS_PER_S);
	world_manager_start(w);
	settle();
}

START_TEST(by_verb)
{
	apply(BASE NICS PAIR("false"));
	in_use("p/z");
	stands_by("p/a");
	ck_assert_str_ne(find("p/a")->adapter, find("p/z")->adapter);
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

	apply(BASE NICS PAIR("true"));
	in_use("p/z");
	mr_copy(adapter, sizeof(adapter), find("p/z")->adapter);
	lose(adapter, true, false);
	ck_assert_msg(!wrong, "%s", wrong);
	in_use("p/a");
	restart();
	in_use("p/a");
	lose(adapter, true, true);
	settle();
	in_use("p/a");
	stands_by("p/z");
}
END_TEST

/* A gate that nobody can close keeps the other one closed, over a restart too. */
START_TEST(link_down)
{
	char adapter[MR_NAME_MAX];

	apply(BASE NICS PAIR("true"));
	mr_copy(adapter, sizeof(adapter), find("p/z")->adapter);
	lose(adapter, false, false);
	stands_by("p/a");
	ck_assert_ptr_nonnull(strstr(switchover("p/a"), "does not answer"));
	restart();
	stands_by("p/a");
	lose(adapter, false, true);
	settle();
	in_use("p/z");
	stands_by("p/a");
}
END_TEST

/* Two adapters are meant without a rule that says so. */
START_TEST(one_adapter)
{
	apply(BASE DOC("AdapterPool", "nics", "{adapterSelector: {serials: [N-0001]}}")
		      PAIR("true"));
	ck_assert_int_eq(find("p/z")->phase == FM_PHASE_PENDING,
			 find("p/a")->phase != FM_PHASE_PENDING);
	ck_assert_ptr_nonnull(
		strstr(find(find("p/z")->phase == FM_PHASE_PENDING ? "p/z" : "p/a")->detail,
		       "need two adapters"));
	apply(NICS);
	in_use("p/a"); /* it was there alone */
	stands_by("p/z");
}
END_TEST

/* Without autoSwitchover nothing happens by itself. */
START_TEST(by_verb_only)
{
	char adapter[MR_NAME_MAX];

	apply(BASE NICS PAIR("false"));
	mr_copy(adapter, sizeof(adapter), find("p/z")->adapter);
	lose(adapter, true, false);
	stands_by("p/a");
	ck_assert_str_eq(switchover("p/a"), "");
	in_use("p/a");
}
END_TEST

/* A device that runs becomes a secondary, and is one of its own again. */
START_TEST(edited)
{
	apply(BASE NICS DOC("ServerProfile", "p",
			    "{host: blade01, devices: [" DEVICE("a", "") ", " DEVICE(
				    "z", ", identity: {mac: {pool: m}}") "]}"));
	ck_assert_int_eq(find("p/a")->phase, FM_PHASE_ACTIVE);
	ck_assert_uint_ne(fn("p/a")->attrs.ident0, IDENT);
	apply(PAIR("false"));
	in_use("p/z");
	stands_by("p/a");
	apply(DOC("ServerProfile", "p",
		  "{host: blade01, devices: [" DEVICE("a", "") ", " DEVICE(
			  "z", ", identity: {mac: {pool: m}}") "]}"));
	in_use("p/z");
	ck_assert_int_eq(find("p/a")->phase, FM_PHASE_ACTIVE);
	ck_assert_uint_ne(fn("p/a")->attrs.ident0, IDENT);
	ck_assert_str_eq(switchover("p/a"), "'p/a' is of no `ha` pair");
	ck_assert_str_eq(find("p/z")->partner, "");
}
END_TEST

/* The manager dies at each point of a switch-over: it ends as it was decided, or never began.
 */
START_TEST(manager_dies)
{
	struct fm_request r = {.verb = FM_VERB_SWITCHOVER,
			       .kind = "",
			       .name = "p/a",
			       .host = "",
			       .arg = "",
			       .set = "",
			       .who = "tester",
			       .max_disruption = ""};

	apply(BASE NICS PAIR("false"));
	for (unsigned steps = 1; steps < 60; steps += 6) {
		bool swapped;

		r.name = find("p/a")->standby ? "p/a" : "p/z";
		world_send(w, &r);
		for (unsigned i = 0; i < steps; i++)
			world_step(w);
		restart();
		swapped = !find(r.name)->standby;
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
