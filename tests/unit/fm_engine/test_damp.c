// SPDX-License-Identifier: Apache-2.0
/* Links that go up and down: how long a port is held, and what waits for that and what not. */
#include "fabric-manager/engine/chassis/damp.h"
#include "tests/unit/fm_engine/world.h"

#define MS MR_NS_PER_MS
#define S  MR_NS_PER_S

/* Changes every 'each' for 'lasts'; what the holds were, one after the other. */
static const struct {
	const char *name;
	int64_t each, lasts;
	const char *holds;
} storms[] = {
	{"one cut", 5 * S, 6 * S, ""},
	{"cuts, far apart", 6 * S, 600 * S, ""},
	{"a burst", 100 * MS, 500 * MS, "1 2 "},
	{"a storm", 100 * MS, 200 * S, "1 2 4 8 16 32 60 60 60 60 "},
	{"a slow one is caught up with", 3 * S, 100 * S, "1 2 4 8 16 32 60 60 "},
};

START_TEST(grows_and_ends)
{
	struct fm_damp d = {.port = 1};
	struct mr_buf holds = {0};
	int64_t at = 1000 * S, change = at, end = at + storms[_i].lasts;

	while (change < end || d.held) {
		bool begins;

		if (d.held && (change >= end || d.until <= change)) {
			at = d.until;
			begins = fm_damp_end(&d, at);
		} else {
			at = change;
			change += storms[_i].each;
			begins = fm_damp_change(&d, at);
		}
		if (begins) {
			mr_buf_printf(&holds, "%u ", fm_damp_seconds(&d));
			ck_assert(d.until == at + d.hold_ns);
		}
	}
	ck_assert_msg(mr_streq(mr_buf_text(&holds), storms[_i].holds), "%s: %s",
		      storms[_i].name, mr_buf_text(&holds));
	/* after a while of calm it begins with the shortest hold again */
	at += 60 * S;
	for (unsigned i = 0; i < FM_DAMP_CHANGES; i++)
		ck_assert_int_eq(fm_damp_change(&d, at), i == FM_DAMP_CHANGES - 1);
	ck_assert_uint_eq(fm_damp_seconds(&d), 1);
	mr_buf_done(&holds);
}
END_TEST

/* ---- in an engine ---- */

static void host_link(struct world *w, unsigned port, bool up)
{
	w->c.host[port - 1].link = up;
	w_chassis(w, FM_CE_HOST_LINK, port, 0, up);
}

static void adapter_link(struct world *w, bool up)
{
	w->c.adapter[0].present = w->c.adapter[0].link = up;
	w->c.adapter[0].plugged = true;
	w_chassis(w, FM_CE_ADAPTER_LINK, NIC, 0, up);
}

/* 'n' changes, one every 'each', the last one up or down; the host of port 1 or nic-left. */
static void storm(struct world *w, bool host, unsigned n, int64_t each, bool up_at_last)
{
	while (n-- > 0) {
		bool up = (n & 1) ^ up_at_last;

		if (host)
			host_link(w, 1, up);
		else
			adapter_link(w, up);
		w_run(w, each);
	}
}

static unsigned events_of(struct world *w, const char *object)
{
	const struct mr_tree *l;
	unsigned n = 0;

	w_request(w, (struct fm_request){.verb = FM_VERB_GET, .kind = "events"});
	l = mr_tree_get(w->tree, "items");
	for (size_t i = 0; i < l->n; i++)
		n += mr_streq(mr_tree_text(l->child[i], "object"), object);
	return n;
}

/* The condition Damped of a host or an adapter; NULL: it has none. */
static const char *damped(struct world *w, const char *kind, const char *name)
{
	const struct mr_tree *l;

	w_request(w, (struct fm_request){.verb = FM_VERB_GET, .kind = kind, .name = name});
	l = mr_tree_get(mr_tree_get(w->tree, "items")->child[0], "conditions");
	for (size_t i = 0; i < l->n; i++)
		if (mr_streq(mr_tree_text(l->child[i], "type"), "Damped"))
			return mr_tree_text(l->child[i], "message");
	return NULL;
}

#define GROUP                                                                           \
	W_HOSTS_TEXT W_POOLS_TEXT                                                       \
		"apiVersion: banyan/v1\nkind: HostGroup\nmetadata: {name: db}\nspec:\n" \
		"  hosts: [blade01]\n  spares: [blade03]\n  failover:\n"                \
		"    mode: automatic\n    quorum: 1\n    rebootGrace: 0s\n"             \
		"    triggers: {hostLinkDown: 5s, powerOff: true, fatalError: true, "   \
		"agentLost: 3s}\n"                                                      \
		"---\n" W_PROFILE("one", "blade01")

static const char *host_of_one(const struct world *w)
{
	return w_asg(w, "one/data0") ? w_asg(w, "one/data0")->host : "";
}

static void up(struct world *w, const char *text)
{
	w_up_three(w, text);
	W_PHASE(w, "one/data0", ACTIVE);
}

/* A link that is down for longer than the trigger asks is no reason while its port is held, and
 * one when the hold is over. That power is off, or that its port reports a fatal error, is one
 * at once, and a lost agent is one in its time. */
START_TEST(fail_over_waits)
{
	enum {
		LINK,
		POWER,
		FATAL,
		AGENT
	} what = _i;
	struct world w;

	up(&w, GROUP);
	storm(&w, true, 70, S / 5, false); /* 14 s: the hold is one of 8 s, at 7 s */
	ck_assert_str_eq(damped(&w, "hosts", "blade01"),
			 "its link goes up and down: it gets nothing new before it was stable "
			 "for 8 s");
	ck_assert_str_eq(host_of_one(&w), "blade01");
	if (what == FATAL) {
		w_chassis(&w, FM_CE_HOST_FATAL, 1, 0, 0);
		w_settle(&w);
	} else if (what == AGENT) {
		w_agent_down(&w, 1, false);
		w_run(&w, 3 * S);
		ck_assert_ptr_nonnull(damped(&w, "hosts", "blade01"));
	} else if (what == POWER) {
		w.c.host[0].power = false;
		w_chassis(&w, FM_CE_HOST_POWER, 1, 0, 0);
		w_settle(&w);
	} else {
		w_run(&w, 8 * S); /* down since 8 s, held for 16 s now */
		ck_assert_str_eq(host_of_one(&w), "blade01");
		w_run(&w, 10 * S);
		ck_assert_ptr_null(damped(&w, "hosts", "blade01"));
	}
	ck_assert_str_eq(host_of_one(&w), "blade03");
	w_done(&w);
}
END_TEST

/* Hundreds of changes are a handful of events; nothing new is given to the host or on the
 * adapter until it is over. */
START_TEST(storm_of_links)
{
	static const char *const kinds[] = {"adapters", "hosts"};
	const char *name = _i ? "blade01" : "nic-left";
	struct world w;
	unsigned n;

	up(&w, W_HOSTS_TEXT W_POOLS_TEXT W_PROFILE("one", "blade02"));
	n = events_of(&w, name);
	storm(&w, _i, 401, S / 20, true); /* 20 s */
	ck_assert_uint_le(events_of(&w, name) - n, 8);
	ck_assert_ptr_nonnull(damped(&w, kinds[_i], name));
	w_apply(&w, W_PROFILE("web", "blade01"));
	w_settle(&w);
	W_PHASE(&w, "web/data0", PENDING);
	ck_assert_int_eq(w_asg(&w, "web/data0")->reason, MR_REASON_UNREACHABLE);
	ck_assert_ptr_nonnull(strstr(w_asg(&w, "web/data0")->detail, "goes up and down"));
	w_run(&w, 60 * S);
	ck_assert_ptr_null(damped(&w, kinds[_i], name));
	W_PHASE(&w, "web/data0", ACTIVE);
	W_PHASE(&w, "one/data0", ACTIVE);
	ck_assert_str_eq(host_of_one(&w), "blade02");
	w_done(&w);
}
END_TEST

/* A link that stays down is one that is down: the alarm of an adapter that does not answer is
 * given as ever, and what runs there stays. */
START_TEST(one_cut_is_no_storm)
{
	struct world w;

	up(&w, W_HOSTS_TEXT W_POOLS_TEXT W_PROFILE("one", "blade02"));
	adapter_link(&w, false);
	w_run(&w, 30 * S);
	W_PHASE(&w, "one/data0", DEGRADED);
	ck_assert_int_eq(w_asg(&w, "one/data0")->reason, MR_REASON_UNREACHABLE);
	ck_assert_ptr_null(damped(&w, "adapters", "nic-left"));
	adapter_link(&w, true);
	w_run(&w, 30 * S);
	W_PHASE(&w, "one/data0", ACTIVE);
	w_done(&w);
}
END_TEST

/* Who leaves a held adapter leaves it in a moment in which it answers. */
START_TEST(ways_out_go_on)
{
	struct world w;

	up(&w, W_HOSTS_TEXT W_POOLS_TEXT W_PROFILE("one", "blade02"));
	storm(&w, false, 100, S / 5, false); /* 20 s: held, for 16 s from 15 s on */
	W_PHASE(&w, "one/data0", DEGRADED);
	w_request(&w, (struct fm_request){.verb = FM_VERB_DELETE,
					  .kind = "ServerProfile",
					  .name = "one",
					  .yes = true});
	ck_assert_int_eq(w.exit_code, 0);
	w_run(&w, S);
	ck_assert_ptr_nonnull(w_asg(&w, "one/data0"));
	adapter_link(&w, true);
	w_run(&w, 3 * S);
	ck_assert_ptr_nonnull(damped(&w, "adapters", "nic-left"));
	ck_assert_ptr_null(w_asg(&w, "one/data0"));
	ck_assert_uint_eq(w_mapped(&w), 0);
	w_done(&w);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("engine damping");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, grows_and_ends, 0, MR_ARRAY_SIZE(storms));
	tcase_add_loop_test(t, fail_over_waits, 0, 4);
	tcase_add_loop_test(t, storm_of_links, 0, 2);
	tcase_add_test(t, one_cut_is_no_storm);
	tcase_add_test(t, ways_out_go_on);
	suite_add_tcase(s, t);
	return check_run(s) ? EXIT_FAILURE : EXIT_SUCCESS;
}
