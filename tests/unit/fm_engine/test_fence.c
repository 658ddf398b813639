// SPDX-License-Identifier: Apache-2.0
/* The fence by power: who is switched off, who never is, and what its answers mean. */
#include "tests/unit/fm_engine/failing.h"

#define BMC(host, bmc)                                                   \
	"---\napiVersion: banyan/v1\nkind: Host\nmetadata: {name: " host \
	"}\nspec: {power: {bmc: " bmc "}}\n"
/* blade01 and blade02 have controllers, and one of their names stands in W_HOSTS_TEXT too */
#define HOSTS                                                                 \
	"apiVersion: banyan/v1\nkind: Host\nmetadata: {name: blade03}\n" BMC( \
		"blade01", "bmc01") BMC("blade02", "bmc02")
#define PROFILES     "---\n" W_PROFILE("one", "blade01") "---\n" W_PROFILE("two", "blade02")
#define FENCED(more) HOSTS "---\n" W_POOLS_TEXT GROUP_SPEC(more) PROFILES
#define ONLY_POWER   FENCED("    quorum: 1\n    fence: {methods: [power]}\n")
#define ANY_OF_TWO   FENCED("    quorum: 1\n    fence: {methods: [switch, power]}\n")
#define OFF01	     "power-off:blade01:bmc01 "

/* What the events say of 'object' and begins so. */
static unsigned said(const struct world *w, const char *object, const char *text)
{
	unsigned n = 0;

	for (unsigned i = 0; i < w->recs; i++)
		n += w->rec[i].kind == FM_RECORD_EVENT &&
		     mr_streq(w->rec[i].event.object, object) &&
		     mr_starts(w->rec[i].event.text, text);
	return n;
}

static unsigned asked(const struct world *w, const char *what)
{
	unsigned n = 0;

	for (const char *s = mr_buf_text(&w->ops); (s = strstr(s, what)); s++)
		n++;
	return n;
}

static void on_spare(struct world *w)
{
	ck_assert_str_eq(host_of(w, "one/data0"), "blade03");
	W_PHASE(w, "one/data0", ACTIVE);
}

static void stays(struct world *w)
{
	ck_assert_str_eq(host_of(w, "one/data0"), "blade01");
	ck_assert_uint_eq(w_count(w, FM_RECORD_OVERRIDE), 0);
}

/* The kernel of blade01 hangs: its agent is lost, power and link are there. */
static void hangs(struct world *w, const char *policy)
{
	up(w, policy);
	w_agent_down(w, 1, false);
}

static void answer(struct world *w, enum fm_power power)
{
	struct fm_event ev = {.kind = FM_EV_POWER,
			      .tag = w->power_tag,
			      .power = power,
			      .detail = "bmc: late"};

	w_step(w, &ev);
	w_settle(w);
}

START_TEST(off_and_moved)
{
	struct world w;

	hangs(&w, ONLY_POWER);
	w.power = FM_POWER_OFF;
	w_run(&w, 10 * MR_NS_PER_S);
	ck_assert_uint_eq(asked(&w, "power-off"), 0); /* agentLost needs 15 s */
	w_run(&w, 10 * MR_NS_PER_S);
	on_spare(&w);
	ck_assert_ptr_nonnull(strstr(mr_buf_text(&w.ops), OFF01));
	ck_assert_uint_eq(said(&w, "blade01", "fence: failed (agent lost), bmc01 is asked"), 1);
	ck_assert_uint_eq(said(&w, "blade01", "fence: its power was read back as off"), 1);
	ck_assert_uint_eq(asked(&w, "power-off"), 1);
	w_done(&w);
}
END_TEST

static const struct {
	enum fm_power power;
	bool silent, of_another;
	const char *alarm;
} bad[] = {
	{FM_POWER_UNKNOWN, false, false, "alarm: fence: not switched off: bmc: no route"},
	{FM_POWER_ON, false, false, "alarm: fence: not switched off: bmc: no route"},
	{FM_POWER_OFF, true, false, "alarm: fence: not switched off: no answer"},
	{FM_POWER_OFF, false, true,
	 "alarm: fence: not switched off: its controller says off, and"},
};

/* Nothing moves, an alarm says why once, and it is asked again with growing pauses. */
START_TEST(not_off)
{
	struct world w;
	unsigned tries;

	hangs(&w, ONLY_POWER);
	w.power = bad[_i].power;
	w.bmc_silent = bad[_i].silent;
	w.bmc_of_another = bad[_i].of_another;
	w_run(&w, 300 * MR_NS_PER_S);
	stays(&w);
	tries = asked(&w, OFF01);
	ck_assert_uint_ge(tries, 3);
	ck_assert_uint_le(tries, 9);
	ck_assert_uint_eq(said(&w, "blade01", bad[_i].alarm), 1);
	ck_assert_uint_eq(said(&w, "blade01", "alarm"), 1);
	w.power = FM_POWER_OFF;
	w.bmc_silent = w.bmc_of_another = false;
	w_run(&w, 120 * MR_NS_PER_S);
	on_spare(&w);
	w_done(&w);
}
END_TEST

/* An answer to a question that was given up says nothing. */
START_TEST(late_answer)
{
	struct world w;
	uint64_t first;

	hangs(&w, ONLY_POWER);
	w.bmc_silent = true;
	w_run(&w, 20 * MR_NS_PER_S);
	first = w.power_tag;
	ck_assert_uint_ne(first, 0);
	w_run(&w, 58 * MR_NS_PER_S);
	ck_assert_uint_ne(w.power_tag, first);
	w.c.host[0].link = false;
	w_chassis(&w, FM_CE_HOST_LINK, 1, 0, 0);
	w.power_tag = first;
	answer(&w, FM_POWER_OFF);
	stays(&w);
	w_done(&w);
}
END_TEST

/* What was asked before a reset of the host was not said of the boot that runs now. */
START_TEST(reset_meanwhile)
{
	struct world w;

	hangs(&w, ONLY_POWER);
	w.bmc_silent = true;
	w_run(&w, 20 * MR_NS_PER_S);
	w.c.host[0].link = false;
	w_chassis(&w, FM_CE_HOST_LINK, 1, 0, 0);
	w_chassis(&w, FM_CE_HOST_RESET, 1, 0, ++w.c.host[0].boots);
	answer(&w, FM_POWER_OFF);
	stays(&w);
	w_done(&w);
}
END_TEST

/* The manager dies while it fences, after each of its actions: the next one asks again. It
 * finds the link down, which may be a reboot, so it does that after rebootGrace. */
START_TEST(restart_in_between)
{
	struct world w;
	unsigned before;

	hangs(&w, ONLY_POWER);
	w.power = FM_POWER_OFF;
	w_run(&w, 13 * MR_NS_PER_S);
	ck_assert_uint_eq(asked(&w, "power-off"), 0);
	w.crash_after = _i;
	w_run(&w, 20 * MR_NS_PER_S);
	ck_assert(w.crashed);
	before = asked(&w, OFF01);
	ck_assert_uint_eq(before, _i >= 2); /* PERSIST, POWER_OFF */
	w.c.host[0].link = false;
	w_restart(&w);
	w_agent_up(&w, 2, "boot-a", false);
	w_agent_up(&w, 3, "boot-a", false);
	w_run(&w, 700 * MR_NS_PER_S);
	on_spare(&w);
	ck_assert_uint_le(asked(&w, "power-off"), 1);
	ck_assert_uint_ge(asked(&w, OFF01) + before, 1);
	w_done(&w);
}
END_TEST

/* The intent is durable first: nobody is switched off while the store takes no writes. */
START_TEST(store_is_down)
{
	struct world w;

	hangs(&w, ONLY_POWER);
	w.power = FM_POWER_OFF;
	w.store_fails = true;
	w_run(&w, 60 * MR_NS_PER_S);
	ck_assert_uint_eq(asked(&w, "power-off"), 0);
	w.store_fails = false;
	w_run(&w, 180 * MR_NS_PER_S);
	on_spare(&w);
	w_done(&w);
}
END_TEST

/* With the switch among the methods power is asked for when the cut is not confirmed, and only
 * then. */
START_TEST(after_the_switch)
{
	struct world w;
	struct fm_fn_id old;

	up(&w, ANY_OF_TWO);
	old = w_asg(&w, "one/data0")->fn;
	w.power = FM_POWER_OFF;
	w.refuse = FM_OP_BLOCK;
	w.times = _i ? 1000 : 0;
	w_agent_down(&w, 1, false);
	w_run(&w, 60 * MR_NS_PER_S);
	on_spare(&w);
	ck_assert_uint_eq(asked(&w, OFF01), _i ? 1 : 0);
	ck_assert(!_i || !fm_fn_eq(w_asg(&w, "one/data0")->fn, old));
	ck_assert_uint_eq(asked(&w, "power-off"), asked(&w, OFF01));
	w_done(&w);
}
END_TEST

/* Cut and power fail: it stays in Releasing until one of them is confirmed. */
START_TEST(neither)
{
	struct world w;

	up(&w, ANY_OF_TWO);
	w.refuse = FM_OP_BLOCK;
	w.times = 100000;
	w_agent_down(&w, 1, false);
	w_run(&w, 200 * MR_NS_PER_S);
	W_PHASE(&w, "one/data0", RELEASING);
	ck_assert_uint_ge(asked(&w, OFF01), 3);
	w.power = FM_POWER_OFF;
	w_run(&w, 70 * MR_NS_PER_S);
	on_spare(&w);
	w_done(&w);
}
END_TEST

static const struct {
	const char *policy;
	bool cordoned;
} left_on[] = {
	{FENCED("    quorum: 2\n    fence: {methods: [power]}\n"), false}, /* one trigger */
	{FENCED("    quorum: 1\n    fence: {methods: [switch]}\n"), false},
	{FENCED("    quorum: 1\n    fence: {required: false, methods: [power]}\n"), false},
	{ONLY_POWER, true}, /* no spare: no fail-over is decided */
};

START_TEST(nobody_is_switched_off)
{
	struct world w;

	up(&w, left_on[_i].policy);
	w.power = FM_POWER_OFF;
	if (left_on[_i].cordoned)
		w_verb(&w, FM_VERB_CORDON, "blade03", NULL);
	w_agent_down(&w, 1, false);
	w_run(&w, 120 * MR_NS_PER_S);
	ck_assert_uint_eq(asked(&w, "power-off"), 0);
	w_done(&w);
}
END_TEST

/* Both agents are lost with their links up: the network is, and nobody is switched off. */
START_TEST(not_for_the_management_network)
{
	struct world w;

	up(&w, ONLY_POWER);
	w.power = FM_POWER_OFF;
	w_agent_down(&w, 1, false);
	w_agent_down(&w, 2, false);
	w_run(&w, 120 * MR_NS_PER_S);
	ck_assert_uint_eq(asked(&w, "power-off"), 0);
	w_done(&w);
}
END_TEST

/* It hung, its cut was not confirmed, and it is well again before its controller answers: it
 * stays on. */
START_TEST(not_a_host_that_answers)
{
	struct world w;
	unsigned before;

	up(&w, ANY_OF_TWO);
	w.refuse = FM_OP_BLOCK;
	w.times = 100000;
	w_agent_down(&w, 1, false);
	w_run(&w, 40 * MR_NS_PER_S);
	before = asked(&w, OFF01);
	ck_assert_uint_ge(before, 1);
	w.power = FM_POWER_OFF;
	w_agent_up(&w, 1, "boot-a", false);
	before = asked(&w, OFF01);
	w_run(&w, 200 * MR_NS_PER_S);
	ck_assert_uint_eq(asked(&w, OFF01), before); /* w_power_off() asserts it, too */
	w_done(&w);
}
END_TEST

/* One spare and two lost hosts: only the one that it is for is switched off. */
START_TEST(one_spare)
{
	struct world w;

	up(&w, ONLY_POWER);
	w.power = FM_POWER_OFF;
	for (unsigned p = 1; p <= 2; p++) {
		w_agent_down(&w, p, false);
		w.c.host[p - 1].link = false;
		w_chassis(&w, FM_CE_HOST_LINK, p, 0, 0);
	}
	w_run(&w, 1200 * MR_NS_PER_S);
	on_spare(&w);
	ck_assert_uint_eq(asked(&w, "power-off"), 1);
	ck_assert_str_eq(host_of(&w, "two/data0"), "blade02");
	w_done(&w);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("engine fence");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, off_and_moved);
	tcase_add_loop_test(t, not_off, 0, MR_ARRAY_SIZE(bad));
	tcase_add_test(t, late_answer);
	tcase_add_test(t, reset_meanwhile);
	tcase_add_loop_test(t, restart_in_between, 0, 12);
	tcase_add_test(t, store_is_down);
	tcase_add_loop_test(t, after_the_switch, 0, 2);
	tcase_add_test(t, neither);
	tcase_add_loop_test(t, nobody_is_switched_off, 0, MR_ARRAY_SIZE(left_on));
	tcase_add_test(t, not_for_the_management_network);
	tcase_add_test(t, not_a_host_that_answers);
	tcase_add_test(t, one_spare);
	suite_add_tcase(s, t);
	return check_run(s) ? EXIT_FAILURE : EXIT_SUCCESS;
}
