// SPDX-License-Identifier: Apache-2.0
/* What the chassis says about functions that run: an adapter pulled and put back, slot power, a
 * watchdog's reset, a mailbox that rings, other slots after the host's boot. Sessions and
 * hand-overs are in test_agents.c. */
#include "tests/unit/fm_engine/world.h"

#define WEB W_HOSTS_TEXT W_POOLS_TEXT W_PROFILE("web", "blade01")

START_TEST(adapter_pulled_and_back)
{
	struct world w;

	w_up(&w, _i, _i);
	w_apply(&w, WEB);
	w.c.adapter[0].present = false;
	w_chassis(&w, FM_CE_ADAPTER_PRESENCE, NIC, 0, 0);
	w_run(&w, 30 * MR_NS_PER_S);
	W_PHASE(&w, "web/data0", PENDING);
	ck_assert_int_eq(w_asg(&w, "web/data0")->reason, MR_REASON_DEVICE_GONE);
	ck_assert_msg(!strncmp(w_asg(&w, "web/data0")->detail,
			       "adapter nic-left is gone, and no other takes it: ", 49),
		      "%s", w_asg(&w, "web/data0")->detail);
	w_verb(&w, FM_VERB_EXPLAIN, "web/data0", NULL);
	ck_assert_ptr_nonnull(
		strstr(mr_tree_text(w.tree, "summary"), "adapter nic-left is gone"));
	if (!_i)
		ck_assert_int_eq(w.c.host[0].bridge[0].state, MR_ROW_FREE);
	ck_assert_ptr_null(strstr(mr_buf_text(&w.ops), "detach-pf")); /* nothing is there */
	mr_buf_reset(&w.ops);
	w.c.adapter[0].present = true;
	for (unsigned v = 0; v < W_VFS; v++) {
		w.c.adapter[0].fn[v] = (struct fm_fn){.row_bridge = FM_NO_BRIDGE};
		w.c.adapter[0].fn[v].status = MR_VF_RESET_DONE | MR_VF_DEFAULTS;
	}
	w_chassis(&w, FM_CE_ADAPTER_PRESENCE, NIC, 0, 1);
	w_run(&w, 30 * MR_NS_PER_S);
	W_PHASE(&w, "web/data0", ACTIVE);
	/* its PFs start anew, the host's SR-PCIM enables them again */
	ck_assert_int_eq(strstr(mr_buf_text(&w.ops), "enable-vfs!") != NULL, _i);
	w_done(&w);
}
END_TEST

/* Pulled in the middle of a way out, before any event says so: what a row still leads to is cut
 * before its assignment is forgotten, or whatever is inserted next would be in that host. */
START_TEST(pulled_on_the_way_out)
{
	struct world w;
	unsigned bridge;

	w_up(&w, false, false);
	w_apply(&w, WEB);
	bridge = w_asg(&w, "web/data0")->place.bridge;
	ck_assert_int_eq(w.c.host[0].bridge[bridge].state, MR_ROW_MAPPED);
	w.c.adapter[0].present = w.c.adapter[0].plugged = false;
	w_verb(&w, FM_VERB_DISCONNECT, "web", NULL);
	w_settle(&w);
	ck_assert_int_eq(w.c.host[0].bridge[bridge].state, MR_ROW_FREE);
	ck_assert(!w_asg(&w, "web/data0") || !w_asg(&w, "web/data0")->has_fn);
	w_done(&w);
}
END_TEST

START_TEST(slot_power_by_the_host)
{
	struct world w;
	unsigned bridge;

	w_up(&w, false, false);
	w_apply(&w, WEB);
	bridge = w_asg(&w, "web/data0")->place.bridge;
	w_chassis(&w, FM_CE_SLOT_POWER, 1, bridge, 0);
	W_PHASE(&w, "web/data0", DEGRADED);
	w_chassis(&w, FM_CE_SLOT_POWER, 1, bridge, 1);
	w_settle(&w);
	W_PHASE(&w, "web/data0", ACTIVE);
	w_done(&w);
}
END_TEST

static bool heard(struct world *w, const char *what, const char *text)
{
	const struct mr_tree *t;

	w_request(w, (struct fm_request){.verb = FM_VERB_EVENTS});
	t = mr_tree_get(w->tree, "events");
	for (unsigned i = 0; i < t->n; i++)
		if (strstr(mr_tree_text(t->child[i], "object"), what) &&
		    strstr(mr_tree_text(t->child[i], "text"), text))
			return true;
	return false;
}

/* An adapter's watchdog reset what runs: it is said, and the agent activates it once more, now
 * or when it is back. */
START_TEST(watchdog_reset)
{
	struct world w;
	struct fm_chassis_event c = {.kind = FM_CE_WATCHDOG, .value = 500};
	struct fm_event ev = {.kind = FM_EV_CHASSIS, .chassis = &c};

	w_up(&w, false, false);
	w_apply(&w, WEB);
	c.fn = w_asg(&w, "web/data0")->fn;
	if (_i)
		w_agent_down(&w, 1, false);
	mr_buf_reset(&w.ops);
	w_step(&w, &ev);
	W_PHASE(&w, "web/data0", ACTIVATING);
	ck_assert(heard(&w, "web/data0", "stood still for 500 ms: its watchdog reset it"));
	ck_assert(heard(&w, "web/data0", "Degraded"));
	if (_i) {
		W_OPS(&w, "");
		w_agent_up(&w, 1, "boot-a", false);
	}
	w_settle(&w);
	ck_assert_ptr_nonnull(strstr(mr_buf_text(&w.ops), "activate! gate-open "));
	W_PHASE(&w, "web/data0", ACTIVE);
	ck_assert_str_eq(w_asg(&w, "web/data0")->detail, "");
	c.fn.vf++; /* nobody's: only said */
	mr_buf_reset(&w.ops);
	w_step(&w, &ev);
	w_settle(&w);
	W_OPS(&w, "");
	ck_assert(heard(&w, "nic-left/pf0/vf", "its watchdog reset it"));
	w_done(&w);
}
END_TEST

START_TEST(mailbox_rings)
{
	struct world w;
	struct fm_chassis_event c = {.kind = FM_CE_MAILBOX, .port = 1, .fn = {.port = NIC}};
	struct fm_event ev = {.kind = FM_EV_CHASSIS, .chassis = &c};

	w_up(&w, true, true);
	w_step(&w, &ev);
	ck_assert(heard(&w, "nic-left", "pf0 of host blade01 sent a request to its mailbox"));
	w_done(&w);
}
END_TEST

/* A host that boots may find its functions in other slots: nothing keys on them. */
START_TEST(slots_change_over_a_reboot)
{
	struct world w;
	struct fm_chassis_event c = {.kind = FM_CE_VF_ENABLE, .port = 1, .fn = {.port = NIC}};
	struct fm_event ev = {.kind = FM_EV_CHASSIS, .chassis = &c};

	w_up(&w, true, true);
	w_apply(&w, WEB);
	mr_buf_reset(&w.ops);
	w.c.adapter[0].fn[0].lvf_slot = 3;
	w_step(&w, &ev);
	w_settle(&w);
	W_OPS(&w, "read-fn ");
	ck_assert_uint_eq(w_asg(&w, "web/data0")->place.slot, 3);
	W_PHASE(&w, "web/data0", ACTIVE);
	w_verb(&w, FM_VERB_MOVE, "web", "blade02");
	W_PHASE(&w, "web/data0", ACTIVE);
	ck_assert_str_eq(w_asg(&w, "web/data0")->host, "blade02");
	w_done(&w);
}
END_TEST

/* The notice of a reset was lost; it is read after the host was asked, and its answer may be
 * one of the boot before: it is asked once more. */
START_TEST(gone_of_an_older_boot)
{
	struct fm_agent_ack ack = {0};
	struct fm_event ev = {.kind = FM_EV_AGENT_ACK, .ack = &ack};
	struct world w;

	w_up(&w, true, false);
	w_apply(&w, WEB);
	w_agent_down(&w, 1, false);
	w.c.host[0].link = false;
	w_chassis(&w, FM_CE_HOST_LINK, 1, 0, 0);
	w_verb(&w, FM_VERB_MOVE, "web", "blade02");
	ck_assert_uint_eq(w_count(&w, FM_RECORD_TOMBSTONE), 1);
	w.agent[1].silent_gone = true;
	w.c.host[0].link = true;
	w_chassis(&w, FM_CE_HOST_LINK, 1, 0, 1);
	w_agent_up(&w, 1, "boot-a", true);
	w.c.host[0].boots++;
	w_chassis(&w, FM_CE_OVERFLOW, 0, 0, 0);
	ev.session = w.agent[1].session;
	for (unsigned i = 2; i-- > 0;) {
		ack.op = w.gone_op;
		w_step(&w, &ev);
		w_pump(&w);
		ck_assert_uint_eq(w_count(&w, FM_RECORD_TOMBSTONE), i);
	}
	w_done(&w);
}
END_TEST

/* Whatever cuts a function each time that it is given to its host is not raced: what is found
 * cut again soon is given again after a pause, each longer than the last one. */
START_TEST(cut_again_and_again)
{
	struct fm_chassis_event c = {.kind = FM_CE_VF_STATE};
	struct fm_event ev = {.kind = FM_EV_CHASSIS, .chassis = &c};
	unsigned cuts = 0;
	struct world w;

	w_up(&w, true, false);
	w_apply(&w, WEB);
	ck_assert_int_eq(w_asg(&w, "web/data0")->place.way, FM_WAY_LVF);
	c.fn = w_asg(&w, "web/data0")->fn;
	for (int64_t end = w.now.mono_ns + 20 * MR_NS_PER_S;
	     w.now.mono_ns < end && cuts < 100;) {
		if (w_asg(&w, "web/data0")->phase == FM_PHASE_ACTIVE) {
			w_fn(&w, c.fn)->block = 3;
			cuts++;
			w_step(&w, &ev);
			w_pump(&w);
		}
		w_run(&w, 10 * MR_NS_PER_MS);
	}
	ck_assert_uint_eq(cuts, 4);
	w_run(&w, 60 * MR_NS_PER_S);
	W_PHASE(&w, "web/data0", ACTIVE);
	ck_assert_uint_eq(w_fn(&w, c.fn)->block, 0);
	w_run(&w, 300 * MR_NS_PER_S); /* long ago: at once again */
	w_fn(&w, c.fn)->block = 3;
	w_step(&w, &ev);
	w_pump(&w);
	W_PHASE(&w, "web/data0", ACTIVE);
	ck_assert_uint_eq(w_fn(&w, c.fn)->block, 0);
	w_done(&w);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("engine chassis");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, adapter_pulled_and_back, 0, 2);
	tcase_add_test(t, pulled_on_the_way_out);
	tcase_add_test(t, slot_power_by_the_host);
	tcase_add_loop_test(t, watchdog_reset, 0, 2);
	tcase_add_test(t, mailbox_rings);
	tcase_add_test(t, slots_change_over_a_reboot);
	tcase_add_test(t, gone_of_an_older_boot);
	tcase_add_test(t, cut_again_and_again);
	suite_add_tcase(s, t);
	return check_run(s) ? EXIT_FAILURE : EXIT_SUCCESS;
}
