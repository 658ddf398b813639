// SPDX-License-Identifier: Apache-2.0
/* A host fails and its profile comes up on the spare; what must not move does not. */
#include "tests/unit/fm_engine/failing.h"

START_TEST(powered_off_and_agent_lost)
{
	const struct mr_tree *l;
	struct world w;
	uint64_t mac;

	up(&w, GROUP(""));
	mac = w_asg(&w, "one/data0")->attrs.ident0;
	w_agent_down(&w, 1, false);
	power(&w, 1, false);
	w_settle(&w);
	ck_assert_str_eq(host_of(&w, "one/data0"), "blade01"); /* agentLost needs 15 s */
	w_run(&w, 20 * MR_NS_PER_S);
	ck_assert_str_eq(host_of(&w, "one/data0"), "blade03");
	W_PHASE(&w, "one/data0", ACTIVE);
	ck_assert_uint_eq(w_asg(&w, "one/data0")->attrs.ident0, mac);
	ck_assert_str_eq(host_of(&w, "two/data0"), "blade02");
	ck_assert_uint_eq(w_count(&w, FM_RECORD_OVERRIDE), 1);
	ck_assert_ptr_null(strstr(mr_buf_text(&w.ops), "quiesce"));
	w_request(&w,
		  (struct fm_request){.verb = FM_VERB_GET, .kind = "hosts", .name = "blade01"});
	l = mr_tree_get(mr_tree_get(w.tree, "items")->child[0], "conditions");
	ck_assert_str_eq(mr_tree_text(l->child[l->n - 1], "type"), "Fenced");
	ck_assert_int_eq(mr_tree_get(l->child[l->n - 1], "status")->num, 1);
	/* it comes back: empty until somebody says failback */
	power(&w, 1, true);
	w_agent_up(&w, 1, "boot-b", false);
	w_run(&w, 300 * MR_NS_PER_S);
	ck_assert_str_eq(host_of(&w, "one/data0"), "blade03");
	w_verb(&w, FM_VERB_FAILBACK, "one", NULL);
	w_settle(&w);
	ck_assert_str_eq(host_of(&w, "one/data0"), "blade01");
	W_PHASE(&w, "one/data0", ACTIVE);
	w_done(&w);
}
END_TEST

#define OF_CLASS(name, host, class)                                                           \
	"---\napiVersion: banyan/v1\nkind: ServerProfile\nmetadata: {name: " name             \
	"}\nspec: {host: " host ", priorityClass: " class ", devices: [{name: data0, class: " \
							  "ethernet, pool: nics}]}\n"
#define CLASS(name, value)                                                                    \
	"---\napiVersion: banyan/v1\nkind: PriorityClass\nmetadata: {name: " name "}\nspec: " \
	"{value: " value "}\n"

static const struct {
	const char *one, *two; /* classes */
	const char *goes;
} ranks[] = {
	{"high", "low", "one"}, {"low", "high", "two"}, {"low", "low", "one"}, /* by name */
};

/* Two hosts are lost at the same instant and there is one spare: it is for the profile of
 * higher priority, whichever host was heard of first. */
START_TEST(two_at_once)
{
	bool second = _i & 1;
	unsigned rank = (unsigned)_i / 2;
	struct mr_buf b = {0};
	struct world w;

	mr_buf_puts(&b, GROUP_OF("") CLASS("high", "1000") CLASS("low", "10"));
	mr_buf_puts(&b, mr_streq(ranks[rank].one, "high") ? OF_CLASS("one", "blade01", "high")
							  : OF_CLASS("one", "blade01", "low"));
	mr_buf_puts(&b, mr_streq(ranks[rank].two, "high") ? OF_CLASS("two", "blade02", "high")
							  : OF_CLASS("two", "blade02", "low"));
	up(&w, mr_buf_text(&b));
	for (unsigned i = 0; i < 2; i++) {
		w_agent_down(&w, (i ^ second) + 1, false);
		power(&w, (i ^ second) + 1, false);
	}
	w_run(&w, 60 * MR_NS_PER_S);
	ck_assert_str_eq(
		host_of(&w, mr_streq(ranks[rank].goes, "one") ? "one/data0" : "two/data0"),
		"blade03");
	w_done(&w);
	mr_buf_done(&b);
}
END_TEST

/* Home by itself when the host is well, but not before holdDown; and there for holdDown. */
START_TEST(comes_back)
{
	struct world w;

	up(&w, GROUP("    failback: automatic\n    holdDown: 10m\n    quorum: 1\n"));
	power(&w, 1, false);
	w_run(&w, 20 * MR_NS_PER_S);
	ck_assert_str_eq(host_of(&w, "one/data0"), "blade03");
	power(&w, 1, true);
	w_agent_up(&w, 1, "boot-b", false);
	w_run(&w, 500 * MR_NS_PER_S);
	ck_assert_str_eq(host_of(&w, "one/data0"), "blade03");
	w_run(&w, 120 * MR_NS_PER_S);
	ck_assert_str_eq(host_of(&w, "one/data0"), "blade01");
	W_PHASE(&w, "one/data0", ACTIVE);
	ck_assert_uint_eq(w_count(&w, FM_RECORD_OVERRIDE), 0);
	power(&w, 1, false);
	w_run(&w, 300 * MR_NS_PER_S);
	ck_assert_str_eq(host_of(&w, "one/data0"), "blade01");
	w_run(&w, 400 * MR_NS_PER_S);
	ck_assert_str_eq(host_of(&w, "one/data0"), "blade03");
	w_done(&w);
}
END_TEST

START_TEST(agent_alone_does_not_move)
{
	struct world w;

	up(&w, GROUP(""));
	w_agent_down(&w, 1, false);
	w_run(&w, 3600 * MR_NS_PER_S);
	ck_assert_str_eq(host_of(&w, "one/data0"), "blade01");
	ck_assert_uint_eq(w_count(&w, FM_RECORD_OVERRIDE), 0);
	w_done(&w);
}
END_TEST

START_TEST(reboot_has_its_grace)
{
	struct world w;

	up(&w, GROUP(""));
	w_agent_down(&w, 1, true);
	w.c.host[0].link = false;
	w_chassis(&w, FM_CE_HOST_LINK, 1, 0, 0);
	w_run(&w, 500 * MR_NS_PER_S);
	ck_assert_str_eq(host_of(&w, "one/data0"), "blade01");
	if (_i) { /* it is back in time */
		w.c.host[0].link = true;
		w_chassis(&w, FM_CE_HOST_LINK, 1, 0, 1);
		w_agent_up(&w, 1, "boot-b", false);
	}
	w_run(&w, 500 * MR_NS_PER_S);
	ck_assert_str_eq(host_of(&w, "one/data0"), _i ? "blade01" : "blade03");
	W_PHASE(&w, "one/data0", ACTIVE);
	w_done(&w);
}
END_TEST

START_TEST(cut_not_confirmed_stops)
{
	struct world w;

	up(&w, GROUP(""));
	w.refuse = FM_OP_BLOCK;
	w.times = 1000;
	w_agent_down(&w, 1, false);
	power(&w, 1, false);
	w_run(&w, 60 * MR_NS_PER_S);
	W_PHASE(&w, "one/data0", RELEASING);
	ck_assert_uint_eq(w_mapped(&w), 2); /* nothing on the spare */
	w.times = 0;
	w_run(&w, 120 * MR_NS_PER_S);
	ck_assert_str_eq(host_of(&w, "one/data0"), "blade03");
	W_PHASE(&w, "one/data0", ACTIVE);
	w_done(&w);
}
END_TEST

/* The pauses between its tries grow from a second: it goes on soon after a short trouble. */
START_TEST(cut_confirmed_after_a_while)
{
	struct world w;

	up(&w, GROUP("    quorum: 1\n"));
	w.refuse = FM_OP_BLOCK;
	w.times = 1000;
	power(&w, 1, false);
	w_run(&w, 10 * MR_NS_PER_S);
	W_PHASE(&w, "one/data0", RELEASING);
	ck_assert_uint_le(w.times, 997); /* the alarm was given */
	w.times = 0;
	w_run(&w, 10 * MR_NS_PER_S);
	ck_assert_str_eq(host_of(&w, "one/data0"), "blade03");
	W_PHASE(&w, "one/data0", ACTIVE);
	w_done(&w);
}
END_TEST

#define CLASSES                                                                    \
	"apiVersion: banyan/v1\nkind: PriorityClass\nmetadata: {name: high}\n"     \
	"spec: {value: 1000, preemption: LowerPriority, grace: 40s}\n"             \
	"---\napiVersion: banyan/v1\nkind: PriorityClass\nmetadata: {name: low}\n" \
	"spec: {value: 10}\n"
#define USES(name, host, class, count)                                                         \
	"---\napiVersion: banyan/v1\nkind: ServerProfile\nmetadata: {name: " name "}\nspec:\n" \
	"  host: " host                                                                        \
	"\n  priorityClass: " class "\n  devices: [{name: d, class: ethernet, "                \
				    "pool: nics, count: " count "}]\n"

/* The victim's kernel hangs and its agent says so at once, and again: it has its grace all the
 * same, and is cut then. */
START_TEST(grace_of_a_hung_kernel)
{
	struct world w;

	w_init(&w);
	w_start(&w);
	w_apply(&w, W_HOSTS_TEXT W_POOLS_TEXT CLASSES);
	w_agent_up(&w, 1, "boot-a", false);
	w_agent_up(&w, 2, "boot-a", false);
	w_apply(&w, W_HOSTS_TEXT W_POOLS_TEXT CLASSES USES("batch", "blade02", "low", "8"));
	W_PHASE(&w, "batch/d/7", ACTIVE);
	w.agent[2].hangs = true;
	w_apply(&w, W_HOSTS_TEXT W_POOLS_TEXT CLASSES USES("batch", "blade02", "low", "8")
			    USES("prod", "blade01", "high", "1"));
	w_run(&w, 35 * MR_NS_PER_S);
	ck_assert_uint_eq(w_mapped(&w), 8);
	W_PHASE(&w, "prod/d", PENDING);
	w_run(&w, 20 * MR_NS_PER_S);
	W_PHASE(&w, "prod/d", ACTIVE);
	w_done(&w);
}
END_TEST

static const struct {
	const char *policy;
	bool off, moves;
} fences[] = {
	{GROUP("    quorum: 1\n    fence: {methods: [switch, power]}\n"), true, true},
	/* it has power and may go on */
	{GROUP("    quorum: 1\n    fence: {methods: [switch, power]}\n"), false, false},
	{GROUP("    quorum: 1\n    fence: {methods: [switch]}\n"), true, false},
	{GROUP("    quorum: 1\n    fence: {required: false}\n"), false, true},
};

/* The cut is never confirmed: the profile goes on where another fence is enough, on another
 * function; the old one stays out of use. */
START_TEST(other_fences)
{
	struct world w;
	struct fm_fn_id old;

	up(&w, fences[_i].policy);
	old = w_asg(&w, "one/data0")->fn;
	w.refuse = FM_OP_BLOCK;
	w.times = 1000;
	w_agent_down(&w, 1, false);
	if (fences[_i].off)
		power(&w, 1, false);
	w_run(&w, 60 * MR_NS_PER_S);
	if (fences[_i].moves) {
		ck_assert_str_eq(host_of(&w, "one/data0"), "blade03");
		W_PHASE(&w, "one/data0", ACTIVE);
		ck_assert(!fm_fn_eq(w_asg(&w, "one/data0")->fn, old));
		ck_assert_uint_ge(w_count(&w, FM_RECORD_FUNCTION), 3);
	} else {
		W_PHASE(&w, "one/data0", RELEASING);
	}
	w_done(&w);
}
END_TEST

/* Without the switch among the methods a host that has power keeps its profiles. */
START_TEST(only_power)
{
	struct world w;

	up(&w, GROUP("    quorum: 1\n    fence: {methods: [power]}\n"));
	w_agent_down(&w, 1, false);
	w_run(&w, 60 * MR_NS_PER_S);
	ck_assert_str_eq(host_of(&w, "one/data0"), "blade01");
	ck_assert_uint_eq(w_count(&w, FM_RECORD_OVERRIDE), 0);
	power(&w, 1, false);
	w_run(&w, 60 * MR_NS_PER_S);
	ck_assert_str_eq(host_of(&w, "one/data0"), "blade03");
	W_PHASE(&w, "one/data0", ACTIVE);
	w_done(&w);
}
END_TEST

START_TEST(second_waits_for_a_spare)
{
	struct world w;

	up(&w, GROUP(""));
	for (unsigned p = 1; p <= 2; p++) {
		w_agent_down(&w, p, false);
		power(&w, p, false);
	}
	w_run(&w, 60 * MR_NS_PER_S);
	ck_assert_uint_eq(w_count(&w, FM_RECORD_OVERRIDE), 1);
	ck_assert_str_eq(host_of(&w, "one/data0"), "blade03");
	ck_assert_str_eq(host_of(&w, "two/data0"), "blade02");
	w_done(&w);
}
END_TEST

START_TEST(management_network)
{
	struct world w;

	up(&w, GROUP("    quorum: 1\n"));
	w_agent_down(&w, 1, false);
	w_agent_down(&w, 2, false);
	w_run(&w, 60 * MR_NS_PER_S);
	ck_assert_uint_eq(w_count(&w, FM_RECORD_OVERRIDE), 0);
	w_agent_up(&w, 1, "boot-a", false);
	w_agent_up(&w, 2, "boot-a", false);
	w_agent_down(&w, 1, false); /* alone this time */
	w_run(&w, 60 * MR_NS_PER_S);
	ck_assert_str_eq(host_of(&w, "one/data0"), "blade03");
	w_done(&w);
}
END_TEST

START_TEST(drain_and_cordon)
{
	struct world w;

	up(&w, GROUP(""));
	w_verb(&w, FM_VERB_DRAIN, "blade01", NULL);
	ck_assert_int_eq(w.exit_code, 0);
	w_settle(&w);
	ck_assert_str_eq(host_of(&w, "one/data0"), "blade03");
	w_verb(&w, FM_VERB_MOVE, "one", "blade01");
	ck_assert_int_eq(w.exit_code, 1); /* cordoned */
	w_verb(&w, FM_VERB_DRAIN, "blade02", NULL);
	ck_assert_int_eq(w.reason, MR_REASON_NO_CAPACITY);
	w_verb(&w, FM_VERB_UNCORDON, "blade01", NULL);
	w_verb(&w, FM_VERB_FAILBACK, "one", NULL);
	w_settle(&w);
	ck_assert_str_eq(host_of(&w, "one/data0"), "blade01");
	w_done(&w);
}
END_TEST

/* A busy host keeps what it uses, unless that is to go; also if the manager is another one by
 * then. */
START_TEST(drain_by_force)
{
	struct fm_request r = {.verb = FM_VERB_DRAIN, .name = "blade01"};
	struct world w;

	up(&w, GROUP(""));
	w.agent[1].busy = true;
	w_request(&w, r);
	w_run(&w, 120 * MR_NS_PER_S);
	ck_assert_str_eq(host_of(&w, "one/data0"), "blade01");
	ck_assert_int_eq(w_asg(&w, "one/data0")->reason, MR_REASON_BUSY);
	w_verb(&w, FM_VERB_RESET_OVERRIDE, "one", NULL);
	r.force = true;
	w_request(&w, r);
	ck_assert_int_eq(w.exit_code, 0);
	if (_i)
		w_restart(&w);
	w_agent_up(&w, 1, "boot-a", false);
	w.agent[1].busy = true;
	w_agent_up(&w, 3, "boot-a", false);
	w_run(&w, 120 * MR_NS_PER_S);
	ck_assert_str_eq(host_of(&w, "one/data0"), "blade03");
	W_PHASE(&w, "one/data0", ACTIVE);
	w_done(&w);
}
END_TEST

/* What drain took away comes back when that is said: it is interrupted once more. */
START_TEST(uncordon_undoes_drain)
{
	struct fm_request r = {.verb = FM_VERB_UNCORDON, .name = "blade01"};
	struct world w;

	up(&w, GROUP(""));
	w_verb(&w, FM_VERB_DRAIN, "blade01", NULL);
	w_settle(&w);
	ck_assert_str_eq(host_of(&w, "one/data0"), "blade03");
	w_request(&w, r);
	ck_assert_int_eq(w.exit_code, 0);
	ck_assert_ptr_nonnull(strstr(w.text, "1 profile that drain moved away stays"));
	ck_assert_uint_eq(mr_tree_get(w.tree, "drained")->n, 1);
	w_settle(&w);
	ck_assert_str_eq(host_of(&w, "one/data0"), "blade03");
	r.yes = true;
	w_request(&w, r);
	ck_assert_str_eq(w.text, "blade01 is in use again; 1 profile comes back");
	w_settle(&w);
	ck_assert_str_eq(host_of(&w, "one/data0"), "blade01");
	ck_assert_uint_eq(w_count(&w, FM_RECORD_OVERRIDE), 0);
	w_request(&w, r);
	ck_assert_str_eq(w.text, "blade01 is in use again");
	w_done(&w);
}
END_TEST

START_TEST(verbs_that_change_nothing)
{
	struct world w;

	up(&w, GROUP(""));
	w_verb(&w, FM_VERB_MOVE, "one", "blade01");
	ck_assert_str_eq(w.text, "one is on blade01 already; nothing changes");
	ck_assert_int_eq(w.exit_code, 0);
	w_verb(&w, FM_VERB_CONNECT, "one", "blade01");
	ck_assert_str_eq(w.text, "one is on blade01 already; nothing changes");
	ck_assert_uint_eq(w_count(&w, FM_RECORD_OVERRIDE), 0);
	w_verb(&w, FM_VERB_DISCONNECT, "one", NULL);
	ck_assert_ptr_nonnull(
		strstr(w.text, "one is taken from blade01 with 1 running function,"));
	w_settle(&w);
	w_verb(&w, FM_VERB_DISCONNECT, "one", NULL);
	ck_assert_str_eq(w.text, "one is connected to no host; nothing changes");
	w_done(&w);
}
END_TEST

/* Running functions do not go to a blade that is off, unless that is meant. */
START_TEST(move_to_a_host_that_is_off)
{
	struct fm_request r = {
		.verb = FM_VERB_MOVE, .name = "one", .host = "blade03", .who = "test"};
	struct world w;

	up(&w, GROUP(""));
	power(&w, 3, false);
	w_request(&w, r);
	ck_assert_int_eq(w.reason, MR_REASON_NOT_PERMITTED);
	ck_assert_ptr_nonnull(strstr(w.text, "host 'blade03' is off: 1 running function"));
	w_settle(&w);
	ck_assert_str_eq(host_of(&w, "one/data0"), "blade01");
	r.yes = true;
	w_request(&w, r);
	ck_assert_int_eq(w.exit_code, 0);
	ck_assert_ptr_nonnull(strstr(w.text, "one goes from blade01 to blade03"));
	w_done(&w);
}
END_TEST

START_TEST(connect_and_disconnect)
{
	struct world w;

	up(&w, GROUP(""));
	w_verb(&w, FM_VERB_CONNECT, "one", "blade03");
	ck_assert_int_eq(w.reason, MR_REASON_CONFLICT);
	w_verb(&w, FM_VERB_DISCONNECT, "one", NULL);
	ck_assert_int_eq(w.exit_code, 0);
	w_settle(&w);
	ck_assert_uint_eq(w_mapped(&w), 1);
	ck_assert_uint_eq(w_count(&w, FM_RECORD_IDENT), 2); /* the profile keeps its own */
	w_verb(&w, FM_VERB_CONNECT, "one", "blade03");
	w_settle(&w);
	ck_assert_str_eq(host_of(&w, "one/data0"), "blade03");
	W_PHASE(&w, "one/data0", ACTIVE);
	w_verb(&w, FM_VERB_MOVE, "nobody", "blade03");
	ck_assert_int_eq(w.reason, MR_REASON_NOT_FOUND);
	w_verb(&w, FM_VERB_MOVE, "one", "blade99");
	ck_assert_int_eq(w.reason, MR_REASON_NOT_FOUND);
	w_done(&w);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("engine failover");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, powered_off_and_agent_lost);
	tcase_add_loop_test(t, two_at_once, 0, 2 * MR_ARRAY_SIZE(ranks));
	tcase_add_test(t, comes_back);
	tcase_add_test(t, agent_alone_does_not_move);
	tcase_add_loop_test(t, reboot_has_its_grace, 0, 2);
	tcase_add_test(t, cut_not_confirmed_stops);
	tcase_add_test(t, cut_confirmed_after_a_while);
	tcase_add_test(t, grace_of_a_hung_kernel);
	tcase_add_loop_test(t, other_fences, 0, MR_ARRAY_SIZE(fences));
	tcase_add_test(t, only_power);
	tcase_add_test(t, second_waits_for_a_spare);
	tcase_add_test(t, management_network);
	tcase_add_test(t, drain_and_cordon);
	tcase_add_loop_test(t, drain_by_force, 0, 2);
	tcase_add_test(t, uncordon_undoes_drain);
	tcase_add_test(t, verbs_that_change_nothing);
	tcase_add_test(t, move_to_a_host_that_is_off);
	tcase_add_test(t, connect_and_disconnect);
	suite_add_tcase(s, t);
	return check_run(s) ? EXIT_FAILURE : EXIT_SUCCESS;
}
