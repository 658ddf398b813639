/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `ha` pairs where something is refused: a host that does not let go of the standby, an adapter
 * that does not take a change. The standby carries its identity and says what is wrong.
 */
#include "tests/unit/fm_engine/world.h"

#define IDENT 0x0225b5000000ull

#define PAIR(limit)                                                                      \
	W_HOSTS_TEXT W_POOLS_TEXT                                                        \
		"apiVersion: banyan/v1\nkind: ServerProfile\nmetadata: {name: p}\n"      \
		"spec:\n  host: blade01\n  devices:\n"                                   \
		"    - {name: a, class: ethernet, pool: nics, qos: {limit: " limit "}, " \
		"ha: {role: secondary, with: z, autoSwitchover: false}}\n"               \
		"    - {name: z, class: ethernet, pool: nics, identity: {mac: {pool: "   \
		"macs}}, ha: {role: primary, with: a, autoSwitchover: false}}\n"

static const struct fm_fn *fn(struct world *w, const char *name)
{
	return w_fn(w, w_asg(w, name)->fn);
}

static void up(struct world *w, bool lvf)
{
	w_init(w);
	w->c.adapter[1].device_class = MR_CLASS_ETHERNET;
	w_start(w);
	w_apply(w, W_HOSTS_TEXT);
	w_agent_up(w, 1, "boot-a", lvf);
	w_agent_up(w, 2, "boot-a", lvf);
	w_apply(w, PAIR("10Gbit"));
	W_PHASE(w, "p/z", ACTIVE);
	W_PHASE(w, "p/a", MAPPED);
	ck_assert_uint_eq(fn(w, "p/a")->attrs.ident0, IDENT);
	mr_buf_reset(&w->ops);
}

/* What the driver of a standby finds when it looks is the identity. */
static void is_whole(struct world *w)
{
	const struct fm_assignment *a = w_asg(w, "p/a");

	if (a->has_fn && a->phase == FM_PHASE_ACTIVATING)
		ck_assert_uint_eq(fn(w, "p/a")->attrs.ident0, IDENT);
}

/* The way out closed the gate, which took the identity, and was given up. */
START_TEST(its_way_out_is_given_up)
{
	struct world w;

	up(&w, _i);
	w.agent[1].keeps = true;
	w.each = is_whole;
	w_verb(&w, FM_VERB_MOVE, "p", "blade02");
	w_run(&w, 120 * MR_NS_PER_S);
	ck_assert_ptr_nonnull(strstr(mr_buf_text(&w.ops), "gate-close "));
	W_PHASE(&w, "p/z", ACTIVE);
	W_PHASE(&w, "p/a", MAPPED);
	ck_assert_str_eq(w_asg(&w, "p/a")->host, "blade01");
	ck_assert(!fn(&w, "p/a")->gate_open);
	ck_assert_uint_eq(fn(&w, "p/a")->attrs.ident0, IDENT);
	w.agent[1].keeps = false;
	w_verb(&w, FM_VERB_MOVE, "p", "blade02");
	W_PHASE(&w, "p/z", ACTIVE);
	W_PHASE(&w, "p/a", MAPPED);
	ck_assert_str_eq(w_asg(&w, "p/a")->host, "blade02");
	w_done(&w);
}
END_TEST

static void refused(struct world *w, bool lvf)
{
	up(w, lvf);
	w->refuse = FM_OP_SET_ATTRS;
	w->times = 1000;
	w_apply(w, PAIR("20Gbit"));
	w_run(w, 60 * MR_NS_PER_S);
	W_PHASE(w, "p/a", DEGRADED);
	w_run(w, 7200 * MR_NS_PER_S); /* readings */
	W_PHASE(w, "p/a", DEGRADED);
	ck_assert_msg(strstr(w_asg(w, "p/a")->detail, " refused, it has ") != NULL, "%s",
		      w_asg(w, "p/a")->detail);
	W_PHASE(w, "p/z", ACTIVE);
	w->times = 0;
}

/* It says so for as long as the documents want it, and is never in use by that. */
START_TEST(it_refuses_a_live_change)
{
	struct world w;

	refused(&w, false);
	w_apply(&w, _i ? PAIR("10Gbit") : PAIR("30Gbit"));
	w_run(&w, 10 * MR_NS_PER_S);
	W_PHASE(&w, "p/a", MAPPED);
	ck_assert_uint_eq(fn(&w, "p/a")->attrs.max_mbps, _i ? 10000 : 30000);
	ck_assert_uint_eq(fn(&w, "p/a")->attrs.ident0, IDENT);
	ck_assert(!fn(&w, "p/a")->gate_open);
	w_done(&w);
}
END_TEST

/* A standby with another rate than was asked for is one all the same. */
START_TEST(who_refused_takes_over)
{
	struct world w;

	refused(&w, _i);
	w_verb(&w, FM_VERB_SWITCHOVER, "p/a", NULL);
	ck_assert_msg(w.exit_code == 0, "%s", w.text);
	w_run(&w, 60 * MR_NS_PER_S);
	W_PHASE(&w, "p/a", ACTIVE);
	W_PHASE(&w, "p/z", MAPPED);
	ck_assert(fn(&w, "p/a")->gate_open);
	ck_assert(!fn(&w, "p/z")->gate_open);
	w_done(&w);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("pair");
	Suite *s = suite_create("engine pair");

	tcase_add_loop_test(t, its_way_out_is_given_up, 0, 2);
	tcase_add_loop_test(t, it_refuses_a_live_change, 0, 2);
	tcase_add_loop_test(t, who_refused_takes_over, 0, 2);
	suite_add_tcase(s, t);
	return check_run(s);
}
