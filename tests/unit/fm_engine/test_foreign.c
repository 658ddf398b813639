// SPDX-License-Identifier: Apache-2.0
/*
 * Identities that are seen on hosts and were not given there: nobody else gets them, as long as
 * an agent that is there says so.
 */
#include "tests/unit/fm_engine/world.h"

#define DEVICE(name, host, identity)                                                     \
	"apiVersion: banyan/v1\nkind: ServerProfile\nmetadata: {name: " name "}\nspec: " \
	"{host: " host ", devices: [{name: d, class: ethernet, pool: nics" identity      \
	"}]}\n---\n"
#define LITERAL(name, mac) DEVICE(name, "blade01", ", identity: {mac: \"" mac "\"}")
#define NOWHERE(name, mac) DEVICE(name, "none", ", identity: {mac: \"" mac "\"}")
#define POOLED(name)	   DEVICE(name, "blade01", ", identity: {mac: {pool: macs}}")
#define BARE		   DEVICE("bare", "blade02", "")

/* The agent behind 'port' says what the function of an assignment shows. */
static void shows(struct world *w, unsigned port, const char *name, uint64_t mac)
{
	struct fm_agent_fn f = {.place = w_asg(w, name)->place,
				.class_code = 0x020000,
				.driver = "mlx5_core",
				.ident0 = mac};
	struct fm_agent_report r = {.revision = 2, .fn = &f, .fns = 1};
	struct fm_event ev = {
		.kind = FM_EV_AGENT_REPORT, .session = w->agent[port].session, .report = &r};

	w_step(w, &ev);
	w_run(w, 2 * MR_NS_PER_S);
}

static void waits(struct world *w, const char *name, const char *why)
{
	W_PHASE(w, name, PENDING);
	ck_assert_int_eq(w_asg(w, name)->reason, MR_REASON_CONFLICT);
	ck_assert_str_eq(w_asg(w, name)->detail, why);
}

static void up(struct world *w)
{
	w_up(w, false, false);
	w_apply(w, W_HOSTS_TEXT W_POOLS_TEXT BARE);
	W_PHASE(w, "bare/d", ACTIVE);
}

static unsigned alarms(const struct world *w, const char *object, const char *text)
{
	unsigned n = 0;

	for (unsigned i = 0; i < w->recs; i++)
		n += w->rec[i].kind == FM_RECORD_EVENT &&
		     mr_streq(w->rec[i].event.object, object) &&
		     mr_streq(w->rec[i].event.text, text);
	return n;
}

static void refused(struct world *w, const char *text, const char *finding)
{
	w_text(w, FM_VERB_APPLY, text, true);
	ck_assert_int_eq(w->reason, MR_REASON_INVALID);
	ck_assert_str_eq(w->findings, finding);
}

/* A value of the pool that is seen is not given; a document that comes with one is refused; one
 * that a document in force wants waits, until it is gone there or somebody else runs with it.
 */
START_TEST(is_not_given)
{
	struct world w;

	up(&w);
	w_apply(&w, NOWHERE("literal", "02:25:b5:00:00:00"));
	shows(&w, 2, "bare/d", 0x0225b5000000);
	w_apply(&w, POOLED("pooled"));
	W_PHASE(&w, "pooled/d", ACTIVE);
	ck_assert_uint_eq(w_asg(&w, "pooled/d")->attrs.ident0, 0x0225b5000001);
	w_apply(&w, LITERAL("literal", "02:25:b5:00:00:00")); /* it had that */
	waits(&w, "literal/d", "mac 02:25:b5:00:00:00 is seen on blade02, on bare/d");
	for (unsigned i = 0; i < 2; i++) /* what runs keeps it, and is told once */
		shows(&w, 2, "bare/d", 0x0225b5000001);
	ck_assert_uint_eq(
		alarms(&w, "pooled/d",
		       "alarm: its mac 02:25:b5:00:00:01 is seen on blade02, on bare/d too"),
		1);
	W_PHASE(&w, "literal/d", ACTIVE);
	W_PHASE(&w, "pooled/d", ACTIVE);
	ck_assert_uint_eq(w_asg(&w, "literal/d")->attrs.ident0, 0x0225b5000000);
	shows(&w, 2, "bare/d", 0x0225b5000009);
	refused(&w, LITERAL("other", "02:25:b5:00:00:09"),
		"p.yaml:4:88: spec.devices[0].identity.mac: '02:25:b5:00:00:09' is seen on "
		"blade02, on bare/d\n");
	w_done(&w);
}
END_TEST

/* What an agent said that is not there any more bars nobody; nor does a function that left. */
START_TEST(is_forgotten)
{
	struct world w;

	up(&w);
	w_apply(&w, NOWHERE("literal", "02:25:b5:00:00:05"));
	shows(&w, 2, "bare/d", 0x0225b5000005);
	w_verb(&w, FM_VERB_CONNECT, "literal", "blade01");
	waits(&w, "literal/d", "mac 02:25:b5:00:00:05 is seen on blade02, on bare/d");
	if (_i)
		w_text(&w, FM_VERB_DELETE, BARE, true);
	else
		w_agent_down(&w, 2, false);
	w_run(&w, 10 * MR_NS_PER_S);
	W_PHASE(&w, "literal/d", ACTIVE);
	w_done(&w);
}
END_TEST

#define NO_MACS                                                                    \
	"apiVersion: banyan/v1\nkind: AdapterPool\nmetadata: {name: nics}\nspec: " \
	"{adapterSelector: {class: ethernet}}\n---\n"

/* Where no IdentityPool has values of the type, those that documents name count. */
START_TEST(is_in_no_pool)
{
	struct world w;

	w_up(&w, false, false);
	w_apply(&w, W_HOSTS_TEXT NO_MACS BARE);
	w_apply(&w, NOWHERE("literal", "02:00:00:00:00:07"));
	shows(&w, 2, "bare/d", 0x020000000007);
	w_verb(&w, FM_VERB_CONNECT, "literal", "blade01");
	waits(&w, "literal/d", "mac 02:00:00:00:00:07 is seen on blade02, on bare/d");
	shows(&w, 2, "bare/d", 0x020000000008);
	W_PHASE(&w, "literal/d", ACTIVE);
	refused(&w, LITERAL("other", "02:00:00:00:00:08"),
		"p.yaml:4:88: spec.devices[0].identity.mac: '02:00:00:00:00:08' is seen on "
		"blade02, on bare/d\n");
	w_apply(&w, LITERAL("other", "02:00:00:00:00:09"));
	shows(&w, 2, "bare/d", 0x020000000009); /* who runs with it is told */
	W_PHASE(&w, "other/d", ACTIVE);
	ck_assert_uint_eq(
		alarms(&w, "other/d",
		       "alarm: its mac 02:00:00:00:00:09 is seen on blade02, on bare/d too"),
		1);
	w_done(&w);
}
END_TEST

/* The agent behind port 2 says which network ports its host has itself. */
static void has_ports(struct world *w, const struct fm_agent_own *own, unsigned n)
{
	struct fm_agent_report r = {
		.revision = 3, .own_told = true, .own = (struct fm_agent_own *)own, .owns = n};
	struct fm_event ev = {
		.kind = FM_EV_AGENT_REPORT, .session = w->agent[2].session, .report = &r};

	w_step(w, &ev);
	w_run(w, 2 * MR_NS_PER_S);
}

/* What a host's own cards have nobody is given, until they are gone; a bond of one of them with
 * a function of ours shows that one's address twice. */
START_TEST(is_on_its_own_card)
{
	const struct fm_agent_own own[] = {
		{.rid = 0x0300,
		 .class_code = 0x020000,
		 .name = "eno1",
		 .ident0 = 0x0225b5000000},
		{.rid = 0x0301,
		 .class_code = 0x020000,
		 .name = "eno2",
		 .ident0 = 0x0225b500000a},
		{.rid = 0x0400,
		 .class_code = 0x0c0400,
		 .name = "host0",
		 .ident0 = 0x0225b5000001},
	};
	const struct mr_tree *port;
	struct world w;

	up(&w);
	shows(&w, 2, "bare/d", 0x0225b500000a);
	has_ports(&w, own, MR_ARRAY_SIZE(own));
	w_request(&w, (struct fm_request){
			      .verb = FM_VERB_DESCRIBE, .kind = "hosts", .name = "blade02"});
	port = mr_tree_get(mr_tree_get(w.tree, "items")->child[0], "ownPorts")->child[1];
	ck_assert_str_eq(mr_tree_text(port, "name"), "eno2");
	ck_assert_str_eq(mr_tree_text(port, "bdf"), "0000:03:00.1");
	ck_assert_str_eq(mr_tree_text(port, "mac"), "02:25:b5:00:00:0a");
	w_apply(&w, POOLED("pooled"));
	W_PHASE(&w, "pooled/d", ACTIVE);
	ck_assert_uint_eq(w_asg(&w, "pooled/d")->attrs.ident0, 0x0225b5000001);
	refused(&w, LITERAL("other", "02:25:b5:00:00:00"),
		"p.yaml:4:88: spec.devices[0].identity.mac: '02:25:b5:00:00:00' is seen on "
		"blade02, on its own eno1 (0000:03:00.0)\n");
	refused(&w, LITERAL("other", "02:25:b5:00:00:0a"),
		"p.yaml:4:88: spec.devices[0].identity.mac: '02:25:b5:00:00:0a' is seen on "
		"blade02, on bare/d\n");
	if (_i)
		has_ports(&w, own + 1, 1);
	else
		w_agent_down(&w, 2, false);
	w_apply(&w, LITERAL("other", "02:25:b5:00:00:00"));
	W_PHASE(&w, "other/d", ACTIVE);
	has_ports(&w, own, _i ? 1 : 0);
	ck_assert_uint_eq(alarms(&w, "other/d",
				 "alarm: its mac 02:25:b5:00:00:00 is seen on blade02, on its "
				 "own eno1 (0000:03:00.0) too"),
			  (unsigned)_i);
	w_done(&w);
}
END_TEST

/* Its own kernel has it already. */
START_TEST(is_its_own)
{
	struct world w;

	up(&w);
	shows(&w, 2, "bare/d", 0x0225b5000005);
	w_apply(&w, DEVICE("bare", "blade02", ", identity: {mac: \"02:25:b5:00:00:05\"}"));
	W_PHASE(&w, "bare/d", ACTIVE);
	ck_assert_uint_eq(w_asg(&w, "bare/d")->attrs.ident0, 0x0225b5000005);
	w_done(&w);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("engine foreign");
	TCase *t = tcase_create("all");

	tcase_add_test(t, is_not_given);
	tcase_add_loop_test(t, is_forgotten, 0, 2);
	tcase_add_test(t, is_in_no_pool);
	tcase_add_loop_test(t, is_on_its_own_card, 0, 2);
	tcase_add_test(t, is_its_own);
	suite_add_tcase(s, t);
	return check_run(s);
}
