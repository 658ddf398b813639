// SPDX-License-Identifier: Apache-2.0
/*
 * What does not converge is tried three times, with growing pauses, and then it is said and
 * left (POLICY, "Change classes"): no endless loops.
 */
#include "tests/unit/fm_engine/world.h"

#define PROFILE(limit)                                                            \
	"apiVersion: banyan/v1\nkind: ServerProfile\nmetadata: {name: web}\n"     \
	"spec: {host: blade01, devices: [{name: d, class: ethernet, pool: nics, " \
	"qos: {guaranteed: 1Gbit, limit: " limit "}}]}\n"

/* How often 'what' was asked. */
static unsigned asked(const struct world *w, const char *what)
{
	unsigned n = 0;

	for (const char *at = mr_buf_text(&w->ops); (at = strstr(at, what)); at++)
		n++;
	return n;
}

/* The first try is over; the others come after a second and after four more. */
static void three(struct world *w, const char *what)
{
	ck_assert_uint_eq(asked(w, what), 1);
	w_run(w, MR_NS_PER_S);
	ck_assert_uint_eq(asked(w, what), 2);
	w_run(w, 3 * MR_NS_PER_S);
	ck_assert_uint_eq(asked(w, what), 2);
	w_run(w, 2 * MR_NS_PER_S);
	ck_assert_uint_eq(asked(w, what), 3);
	w_run(w, 40 * MR_NS_PER_S);
	ck_assert_uint_eq(asked(w, what), 3);
}

/* Time stands still while it is asked. */
static void apply(struct world *w, const char *text)
{
	struct fm_file f = {"p.yaml", text, strlen(text)};
	struct fm_request r = {.verb = FM_VERB_APPLY,
			       .file = &f,
			       .files = 1,
			       .yes = true,
			       .kind = "",
			       .name = "",
			       .host = "",
			       .set = "",
			       .arg = "",
			       .who = "eve",
			       .max_disruption = ""};
	struct fm_event ev = {.kind = FM_EV_REQUEST, .tag = 7, .request = &r};

	mr_buf_reset(&w->ops);
	w_step(w, &ev);
	w_run(w, 100 * MR_NS_PER_MS);
	ck_assert_int_eq(w->exit_code, 0);
}

/* A driver that does not bind; a gate that does not open. Nobody uses what stands there: it is
 * tried again after a minute, two, four, eight, and every ten. */
START_TEST(on_the_way_in)
{
	const char *what = _i ? "gate-open " : "activate! ";
	struct world w;

	w_up(&w, false, false);
	w_apply(&w, W_HOSTS_TEXT W_POOLS_TEXT);
	w.agent[1].refuses = _i == 0;
	w.refuse = _i ? FM_OP_GATE_OPEN : -1;
	w.times = _i ? 1000 : 0;
	apply(&w, PROFILE("10Gbit"));
	three(&w, what);
	ck_assert_int_eq(w_asg(&w, "web/d")->reason,
			 _i ? MR_REASON_TIMEOUT : MR_REASON_DRIVER_REFUSED);
	w_run(&w, 7200 * MR_NS_PER_S);
	ck_assert_uint_ge(asked(&w, what), 3 * 10);
	ck_assert_uint_le(asked(&w, what), 3 * 17);
	ck_assert_int_eq(w_asg(&w, "web/d")->phase, _i ? FM_PHASE_DEGRADED : FM_PHASE_FAILED);
	w.agent[1].refuses = false;
	w.times = 0;
	w_apply(&w,
		W_HOSTS_TEXT "apiVersion: banyan/v1\nkind: Host\nmetadata: {name: blade04}\n");
	w_run(&w, 60 * MR_NS_PER_S);
	W_PHASE(&w, "web/d", ACTIVE);
	w_done(&w);
}
END_TEST

/* A change of class Live that the adapter refuses; what runs goes on. */
START_TEST(a_live_change)
{
	struct world w;

	w_up(&w, false, false);
	w_apply(&w, W_HOSTS_TEXT W_POOLS_TEXT PROFILE("10Gbit"));
	W_PHASE(&w, "web/d", ACTIVE);
	w.refuse = FM_OP_SET_ATTRS;
	w.times = 1000;
	apply(&w, PROFILE("20Gbit"));
	three(&w, "set-attrs ");
	w_run(&w, 7200 * MR_NS_PER_S);
	ck_assert_uint_eq(asked(&w, "set-attrs "), 3);
	ck_assert(w.c.adapter[0].fn[0].gate_open);
	w.times = 0;
	apply(&w, PROFILE("30Gbit")); /* another edit is tried */
	w_settle(&w);
	W_PHASE(&w, "web/d", ACTIVE);
	ck_assert_uint_eq(w.c.adapter[0].fn[0].attrs.max_mbps, 30000);
	w_done(&w);
}
END_TEST

/* An agent that says nothing is given its time, once, and then again later; and at once when it
 * comes back. */
START_TEST(a_silent_agent)
{
	struct world w;

	w_up(&w, false, false);
	w_apply(&w, W_HOSTS_TEXT W_POOLS_TEXT);
	w.agent[1].silent = true;
	apply(&w, PROFILE("10Gbit"));
	w_run(&w, 7200 * MR_NS_PER_S);
	ck_assert_uint_ge(asked(&w, "activate! "), 8);
	ck_assert_uint_le(asked(&w, "activate! "), 16);
	W_PHASE(&w, "web/d", FAILED);
	w.agent[1].silent = false;
	w_agent_down(&w, 1, false);
	w_agent_up(&w, 1, "boot-a", false);
	w_run(&w, 10 * MR_NS_PER_S);
	W_PHASE(&w, "web/d", ACTIVE);
	w_done(&w);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("engine tries");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, on_the_way_in, 0, 2);
	tcase_add_test(t, a_live_change);
	tcase_add_test(t, a_silent_agent);
	suite_add_tcase(s, t);
	return check_run(s);
}
