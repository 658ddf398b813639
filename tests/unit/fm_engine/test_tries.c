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

static void refused(struct world *w)
{
	w_up(w, false, false);
	w_apply(w, W_HOSTS_TEXT W_POOLS_TEXT PROFILE("10Gbit"));
	W_PHASE(w, "web/d", ACTIVE);
	w->refuse = FM_OP_SET_ATTRS;
	w->times = 1000;
	apply(w, PROFILE("20Gbit"));
	three(w, "set-attrs ");
}

/* It runs on with what it has, and that is said for as long as the documents want the other. */
static void stays(struct world *w, unsigned tries)
{
	const struct fm_assignment *a = w_asg(w, "web/d");

	ck_assert_uint_eq(asked(w, "set-attrs "), tries);
	ck_assert_msg(a->phase == FM_PHASE_DEGRADED, "%s", fm_phase_name(a->phase));
	ck_assert_msg(
		mr_starts(a->detail, "set-attrs: it was told to; rates 1000-20000 Mbit/s") &&
			strstr(a->detail, " refused, it has 1000-10000 Mbit/s"),
		"%s", a->detail);
	ck_assert(w->c.adapter[0].fn[0].gate_open);
	ck_assert_uint_eq(w->c.adapter[0].fn[0].attrs.max_mbps, 10000);
	ck_assert(fm_engine_idle(w->e));
}

/* A change of class Live that the adapter refuses. Readings, and plans for other reasons, ask
 * nothing anew. */
START_TEST(a_live_change)
{
	struct world w;

	refused(&w);
	stays(&w, 3);
	w_run(&w, 7200 * MR_NS_PER_S);
	stays(&w, 3);
	w_agent_up(&w, 2, "boot-a", false);
	w_run(&w, 60 * MR_NS_PER_S);
	w_agent_down(&w, 2, false);
	w_run(&w, 60 * MR_NS_PER_S);
	stays(&w, 3);
	w.times = 0;
	apply(&w, PROFILE("30Gbit")); /* another edit is tried */
	w_settle(&w);
	W_PHASE(&w, "web/d", ACTIVE);
	ck_assert_uint_eq(w.c.adapter[0].fn[0].attrs.max_mbps, 30000);
	w_done(&w);
}
END_TEST

/* The document says again what it has: nothing has to be asked. */
START_TEST(a_live_change_taken_back)
{
	struct world w;

	refused(&w);
	apply(&w, PROFILE("10Gbit"));
	W_PHASE(&w, "web/d", ACTIVE);
	ck_assert_str_eq(w_asg(&w, "web/d")->detail, "");
	w_run(&w, 60 * MR_NS_PER_S);
	ck_assert_uint_eq(asked(&w, "set-attrs "), 0);
	W_PHASE(&w, "web/d", ACTIVE);
	w_done(&w);
}
END_TEST

static void other_documents(struct world *w)
{
	w_apply(w,
		W_HOSTS_TEXT "apiVersion: banyan/v1\nkind: Host\nmetadata: {name: blade04}\n");
}

static void other_adapter(struct world *w)
{
	w_chassis(w, FM_CE_ADAPTER_PRESENCE, w->c.adapter[0].port, 0, 1);
}

static void agent_again(struct world *w)
{
	w_agent_down(w, 1, false);
	w_agent_up(w, 1, "boot-a", false);
}

static void restart(struct world *w)
{
	unsigned times = w->times;

	w_restart(w);
	w->times = times;
	agent_again(w);
}

static void (*const news[])(struct world *w) = {other_documents, other_adapter, agent_again,
						restart};

/* What may have changed its mind: it is tried three times more, and then as before; or done. */
START_TEST(a_live_change_and_news)
{
	struct world w;
	bool takes = _i % 2;

	refused(&w);
	mr_buf_reset(&w.ops);
	w.times = takes ? 0 : 1000;
	news[_i / 2](&w);
	w_run(&w, 120 * MR_NS_PER_S);
	if (takes) {
		W_PHASE(&w, "web/d", ACTIVE);
		ck_assert_uint_eq(w.c.adapter[0].fn[0].attrs.max_mbps, 20000);
		ck_assert_uint_eq(asked(&w, "set-attrs "), 1);
	} else {
		stays(&w, 3);
	}
	w_done(&w);
}
END_TEST

/* What goes away under it is looked after as ever. */
START_TEST(a_live_change_and_a_closed_gate)
{
	struct world w;

	refused(&w);
	mr_buf_reset(&w.ops);
	w.c.adapter[0].fn[0].gate_open = false;
	w_run(&w, 120 * MR_NS_PER_S);
	ck_assert_uint_eq(asked(&w, "gate-open "), 1);
	stays(&w, 3);
	w_done(&w);
}
END_TEST

/* What somebody else sets there is still found, and set back; the adapter takes that, and is
 * asked again for the other. */
START_TEST(a_live_change_and_drift)
{
	struct world w;

	refused(&w);
	w_apply(&w, W_HOSTS_TEXT "apiVersion: banyan/v1\nkind: FabricPolicy\nmetadata: {name: "
				 "default}\nspec: {drift: {action: Correct}}\n");
	w_run(&w, 60 * MR_NS_PER_S);
	stays(&w, 6);
	mr_buf_reset(&w.ops);
	w.times = 0;
	w.c.adapter[0].fn[0].attrs.trust = true;
	w_run(&w, 60 * MR_NS_PER_S);
	ck_assert(!w.c.adapter[0].fn[0].attrs.trust);
	ck_assert_uint_eq(asked(&w, "set-attrs "), 2);
	ck_assert_uint_eq(w.c.adapter[0].fn[0].attrs.max_mbps, 20000);
	W_PHASE(&w, "web/d", ACTIVE);
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
	tcase_add_test(t, a_live_change_taken_back);
	tcase_add_loop_test(t, a_live_change_and_news, 0, 2 * (int)MR_ARRAY_SIZE(news));
	tcase_add_test(t, a_live_change_and_a_closed_gate);
	tcase_add_test(t, a_live_change_and_drift);
	tcase_add_test(t, a_silent_agent);
	suite_add_tcase(s, t);
	return check_run(s);
}
