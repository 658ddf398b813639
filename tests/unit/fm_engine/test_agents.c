// SPDX-License-Identifier: Apache-2.0
/* Sessions and the hand-over with the host's help, on both presentations; moves between all
 * pairs of ways; busy, silent and lying agents; tombstones. What the chassis says while
 * functions run is in test_chassis.c. */
#include "tests/unit/fm_engine/world.h"

#define WEB W_HOSTS_TEXT W_POOLS_TEXT W_PROFILE("web", "blade01")

START_TEST(synthetic_with_agent)
{
	struct world w;

	w_up(&w, false, false);
	w_apply(&w, WEB);
	W_PHASE(&w, "web/data0", ACTIVE);
	W_OPS(&w, "provision observe configure map activate! gate-open ");
	ck_assert_int_eq(w_asg(&w, "web/data0")->place.way, FM_WAY_SYNTHETIC);
	ck_assert_str_ne(w_asg(&w, "web/data0")->bdf, "");
	w_text(&w, FM_VERB_DELETE, W_PROFILE("web", "blade01"), true);
	W_OPS(&w, "quiesce! gate-close release! block drain unmap reset ");
	ck_assert_uint_eq(w_count(&w, FM_RECORD_TOMBSTONE), 0);
	ck_assert_uint_eq(w_mapped(&w), 0);
	w_done(&w);
}
END_TEST

START_TEST(lvf_with_agent)
{
	struct world w;

	w_up(&w, true, true);
	w_apply(&w, WEB);
	W_PHASE(&w, "web/data0", ACTIVE);
	W_OPS(&w, "provision observe attach-pf enable-vfs! configure map activate! gate-open ");
	ck_assert_int_eq(w_asg(&w, "web/data0")->place.way, FM_WAY_LVF);
	ck_assert_uint_eq(w_asg(&w, "web/data0")->place.slot, 1);
	w_text(&w, FM_VERB_DELETE, W_PROFILE("web", "blade01"), true);
	W_OPS(&w, "quiesce! gate-close request-out release! block drain unmap reset release! "
		  "detach-pf ");
	ck_assert_uint_eq(w_mapped(&w), 0);
	w_done(&w);
}
END_TEST

/* All four pairs of ways. */
START_TEST(move_between_ways)
{
	struct world w;
	uint64_t mac;

	w_up(&w, _i & 1, _i & 2);
	w_apply(&w, WEB);
	mac = w_asg(&w, "web/data0")->attrs.ident0;
	w_verb(&w, FM_VERB_MOVE, "web", "blade02");
	ck_assert_int_eq(w.exit_code, 0);
	W_PHASE(&w, "web/data0", ACTIVE);
	ck_assert_str_eq(w_asg(&w, "web/data0")->host, "blade02");
	ck_assert_uint_eq(w_asg(&w, "web/data0")->attrs.ident0, mac);
	ck_assert_uint_eq(w_asg(&w, "web/data0")->epoch, 2);
	ck_assert_int_eq(w_asg(&w, "web/data0")->place.way,
			 _i & 2 ? FM_WAY_LVF : FM_WAY_SYNTHETIC);
	ck_assert_uint_eq(w_mapped(&w), 1);
	ck_assert_uint_eq(w_count(&w, FM_RECORD_FUNCTION), 1);
	w_text(&w, FM_VERB_PLAN, WEB, false);
	ck_assert_int_eq(w.exit_code, 0);
	ck_assert_ptr_nonnull(strstr(w.text, "override"));
	w_verb(&w, FM_VERB_RESET_OVERRIDE, "web", NULL);
	w_settle(&w);
	ck_assert_str_eq(w_asg(&w, "web/data0")->host, "blade01");
	W_PHASE(&w, "web/data0", ACTIVE);
	ck_assert_uint_eq(w_count(&w, FM_RECORD_OVERRIDE), 0);
	w_done(&w);
}
END_TEST

START_TEST(busy_host_keeps_it)
{
	struct world w;

	w_up(&w, _i, _i);
	w_apply(&w, WEB);
	mr_buf_reset(&w.ops);
	w.agent[1].busy = true;
	w_verb(&w, FM_VERB_MOVE, "web", "blade02");
	w_run(&w, 120 * MR_NS_PER_S);
	W_PHASE(&w, "web/data0", ACTIVE);
	ck_assert_str_eq(w_asg(&w, "web/data0")->host, "blade01");
	ck_assert_int_eq(w_asg(&w, "web/data0")->reason, MR_REASON_BUSY);
	ck_assert_ptr_nonnull(strstr(w_asg(&w, "web/data0")->detail, "mounted on /data"));
	ck_assert_ptr_null(strstr(mr_buf_text(&w.ops), "block"));
	w.agent[1].busy = false;
	w_verb(&w, FM_VERB_MOVE, "web", "blade02");
	ck_assert_ptr_nonnull(
		strstr(w.text, "web goes from blade01 to blade02 with 1 running"));
	W_PHASE(&w, "web/data0", ACTIVE);
	ck_assert_str_eq(w_asg(&w, "web/data0")->host, "blade02");
	w_done(&w);
}
END_TEST

START_TEST(taken_back_while_busy)
{
	struct world w;

	w_up(&w, false, false);
	w_apply(&w, WEB);
	w.agent[1].busy = true;
	w_text(&w, FM_VERB_DELETE, W_PROFILE("web", "blade01"), true);
	W_PHASE(&w, "web/data0", ACTIVE);
	w_apply(&w, WEB);
	W_PHASE(&w, "web/data0", ACTIVE);
	ck_assert(!w_asg(&w, "web/data0")->going);
	ck_assert_uint_eq(w_mapped(&w), 1);
	w_done(&w);
}
END_TEST

START_TEST(silent_agent_pauses)
{
	struct world w;

	w_up(&w, false, false);
	w_apply(&w, WEB);
	mr_buf_reset(&w.ops);
	w.agent[1].silent = true;
	w_verb(&w, FM_VERB_MOVE, "web", "blade02");
	w_run(&w, 30 * MR_NS_PER_S);
	W_PHASE(&w, "web/data0", QUIESCING);
	w_run(&w, 120 * MR_NS_PER_S);
	ck_assert_ptr_null(strstr(mr_buf_text(&w.ops), "block"));
	ck_assert_str_eq(w_asg(&w, "web/data0")->host, "blade01");
	ck_assert_int_eq(w_asg(&w, "web/data0")->reason, MR_REASON_TIMEOUT);
	w_done(&w);
}
END_TEST

START_TEST(agent_restarts_in_the_middle)
{
	struct world w;

	w_up(&w, _i, _i);
	w_apply(&w, WEB);
	w.agent[1].silent = true;
	w_verb(&w, FM_VERB_MOVE, "web", "blade02");
	W_PHASE(&w, "web/data0", QUIESCING);
	w_agent_down(&w, 1, false);
	w.agent[1].silent = false;
	w_agent_up(&w, 1, "boot-a", _i);
	w_settle(&w);
	W_PHASE(&w, "web/data0", ACTIVE);
	ck_assert_str_eq(w_asg(&w, "web/data0")->host, "blade02");
	ck_assert_uint_eq(w_count(&w, FM_RECORD_TOMBSTONE), 0);
	w_done(&w);
}
END_TEST

/* After a boot the SR-PCIM of the host enables the VFs anew, before any of them is
 * activated. */
START_TEST(lvfs_after_a_reboot)
{
	struct world w;

	w_up(&w, true, true);
	w_apply(&w, WEB);
	W_PHASE(&w, "web/data0", ACTIVE);
	if (_i) {
		w_restart(&w);
		w_settle(&w);
	} else {
		w_agent_down(&w, 1, false);
	}
	mr_buf_reset(&w.ops);
	w.c.host[0].boots++;
	w_chassis(&w, FM_CE_HOST_RESET, 1, 0, w.c.host[0].boots);
	w_agent_up(&w, 1, "boot-b", true);
	w_settle(&w);
	W_OPS(&w, "challenge enable-vfs! activate! gate-open ");
	W_PHASE(&w, "web/data0", ACTIVE);
	w_done(&w);
}
END_TEST

START_TEST(driver_refuses)
{
	struct world w;

	w_up(&w, false, false);
	w.agent[1].refuses = true;
	w_apply(&w, WEB);
	w_run(&w, 30 * MR_NS_PER_S);
	W_PHASE(&w, "web/data0", FAILED);
	ck_assert_int_eq(w_asg(&w, "web/data0")->reason, MR_REASON_DRIVER_REFUSED);
	ck_assert(!w.c.adapter[0].fn[0].gate_open);
	w.agent[1].refuses = false;
	w_agent_down(&w, 1, false);
	w_agent_up(&w, 1, "boot-b", false);
	w_settle(&w);
	W_PHASE(&w, "web/data0", ACTIVE);
	w_done(&w);
}
END_TEST

START_TEST(host_off_is_cut_by_force)
{
	struct world w;

	w_up(&w, _i, _i);
	w_apply(&w, WEB);
	w_agent_down(&w, 1, false);
	w.c.host[0].power = w.c.host[0].link = false;
	w_chassis(&w, FM_CE_HOST_LINK, 1, 0, 0);
	w_chassis(&w, FM_CE_HOST_POWER, 1, 0, 0);
	mr_buf_reset(&w.ops);
	w_verb(&w, FM_VERB_MOVE, "web", "blade02");
	W_PHASE(&w, "web/data0", ACTIVE);
	ck_assert_str_eq(w_asg(&w, "web/data0")->host, "blade02");
	ck_assert_uint_eq(w_count(&w, FM_RECORD_TOMBSTONE), 1);
	w.c.host[0].power = w.c.host[0].link = true;
	w_chassis(&w, FM_CE_HOST_RESET, 1, 0, 2);
	ck_assert_uint_eq(w_count(&w, FM_RECORD_TOMBSTONE), 0);
	w_done(&w);
}
END_TEST

/* What it gave back its next boot finds again, as long as it is mapped: the cut that follows is
 * one without consent. */
START_TEST(reset_before_the_cut)
{
	struct world w;

	w_up(&w, false, false);
	w_apply(&w, WEB);
	w.agent[1].resets = 1;
	w.agent[1].silent_gone = true;
	w_verb(&w, FM_VERB_MOVE, "web", "blade02");
	W_PHASE(&w, "web/data0", ACTIVE);
	ck_assert_uint_eq(w_count(&w, FM_RECORD_TOMBSTONE), 1);
	w_done(&w);
}
END_TEST

/* An answer of the boot before counts no more; the host is asked once more. */
START_TEST(answer_of_an_older_boot)
{
	struct world w;

	w_up(&w, false, false);
	w_apply(&w, WEB);
	w.agent[1].resets = 2;
	mr_buf_reset(&w.ops);
	w_verb(&w, FM_VERB_MOVE, "web", "blade02");
	W_PHASE(&w, "web/data0", ACTIVE);
	ck_assert_uint_eq(w_count(&w, FM_RECORD_TOMBSTONE), 0);
	ck_assert_ptr_nonnull(strstr(mr_buf_text(&w.ops), "release! release! block"));
	w_done(&w);
}
END_TEST

/* "It is gone" was said of what stood there before. */
START_TEST(gone_of_an_older_tombstone)
{
	struct fm_agent_ack ack = {0};
	struct fm_event ev = {.kind = FM_EV_AGENT_ACK, .ack = &ack};
	struct world w;

	w_up(&w, false, false);
	w_apply(&w,
		"apiVersion: banyan/v1\nkind: FabricPolicy\nmetadata: {name: default}\nspec: "
		"{update: {drain: {mode: force, timeout: 3s}}}\n---\n" WEB);
	w.agent[1].silent = w.agent[1].silent_gone = true;
	w_verb(&w, FM_VERB_MOVE, "web", "blade02");
	w_run(&w, 200 * MR_NS_PER_S);
	ck_assert_uint_eq(w_count(&w, FM_RECORD_TOMBSTONE), 1);
	ack.op = w.gone_op;
	w_chassis(&w, FM_CE_REMOVAL_SEEN, 1, w.gone_bridge, 0);
	ck_assert_uint_eq(w_count(&w, FM_RECORD_TOMBSTONE), 0);
	w.agent[1].silent = false;
	w_verb(&w, FM_VERB_MOVE, "web", "blade01");
	W_PHASE(&w, "web/data0", ACTIVE);
	w.agent[1].silent = true;
	w_verb(&w, FM_VERB_MOVE, "web", "blade02");
	w_run(&w, 200 * MR_NS_PER_S);
	W_PHASE(&w, "web/data0", ACTIVE);
	ck_assert_uint_eq(w_count(&w, FM_RECORD_TOMBSTONE), 1);
	ev.session = w.agent[1].session;
	w_step(&w, &ev);
	w_pump(&w);
	ck_assert_uint_eq(w_count(&w, FM_RECORD_TOMBSTONE), 1);
	w_done(&w);
}
END_TEST

START_TEST(confirm_gone_clears)
{
	struct world w;

	w_up(&w, false, false);
	w_apply(&w, WEB);
	w_agent_down(&w, 1, false);
	w.c.host[0].link = false;
	w_chassis(&w, FM_CE_HOST_LINK, 1, 0, 0);
	w_verb(&w, FM_VERB_MOVE, "web", "blade02");
	ck_assert_uint_eq(w_count(&w, FM_RECORD_TOMBSTONE), 1);
	w.c.host[0].link = true;
	w_chassis(&w, FM_CE_HOST_LINK, 1, 0, 1);
	w_agent_up(&w, 1, "boot-a", false);
	ck_assert_uint_eq(w_count(&w, FM_RECORD_TOMBSTONE), 0);
	w_done(&w);
}
END_TEST

START_TEST(wrong_slot)
{
	struct world w;
	struct fm_agent_hello h;
	struct fm_event ev = {.kind = FM_EV_AGENT_HELLO, .hello = &h, .session = 55};

	w_up(&w, false, false);
	w_hello_of(&w, 2, &h);
	mr_copy(h.host, sizeof(h.host), "blade03");
	w_step(&w, &ev);
	w_settle(&w);
	ck_assert_ptr_nonnull(strstr(mr_buf_text(&w.closed), "WRONG_SLOT"));
	ck_assert_ptr_nonnull(strstr(mr_buf_text(&w.closed), "blade03"));
	ck_assert_ptr_nonnull(strstr(mr_buf_text(&w.closed), "blade02"));
	w_done(&w);
}
END_TEST

START_TEST(lying_and_unknown)
{
	struct world w;

	w_init(&w);
	w_start(&w);
	w_agent_up(&w, 1, "boot-a", false); /* no document names it yet */
	ck_assert_ptr_nonnull(strstr(mr_buf_text(&w.closed), "NOT_PERMITTED"));
	mr_buf_reset(&w.closed);
	w_apply(&w, W_HOSTS_TEXT);
	w.agent[1].lies = true;
	w_agent_up(&w, 1, "boot-a", false);
	ck_assert_ptr_nonnull(strstr(mr_buf_text(&w.closed), "WRONG_SLOT"));
	mr_buf_reset(&w.closed);
	w.agent[1].lies = false;
	w.agent[1].silent = true;
	w_agent_up(&w, 1, "boot-a", false);
	w_run(&w, 20 * MR_NS_PER_S);
	ck_assert_ptr_nonnull(strstr(mr_buf_text(&w.closed), "TIMEOUT"));
	w_done(&w);
}
END_TEST

START_TEST(newer_incarnation_supersedes)
{
	struct world w;
	uint64_t old;

	w_up(&w, false, false);
	w_apply(&w, WEB);
	old = w.agent[1].session;
	w_agent_up(&w, 1, "boot-a", false);
	ck_assert_ptr_nonnull(strstr(mr_buf_text(&w.closed), "superseded"));
	ck_assert_uint_ne(old, w.agent[1].session);
	W_PHASE(&w, "web/data0", ACTIVE);
	w_verb(&w, FM_VERB_MOVE, "web", "blade02");
	ck_assert_str_eq(w_asg(&w, "web/data0")->host, "blade02");
	w_done(&w);
}
END_TEST

/* An agent says hello again in its session when a root came or went: it waits until it was
 * challenged again, also where it is the old set of roots once more. */
START_TEST(says_hello_again)
{
	struct world w;
	struct fm_agent_hello h;
	struct fm_event ev = {.kind = FM_EV_AGENT_HELLO, .hello = &h};
	uint64_t was;

	w_up(&w, false, false);
	w_apply(&w, WEB);
	w_hello_of(&w, 1, &h);
	ev.session = w.agent[1].session;
	was = w.challenge[1];
	w_step(&w, &ev);
	w_settle(&w);
	ck_assert_uint_ne(w.challenge[1], was);
	ck_assert_uint_eq(w.closed.len, 0);
	W_PHASE(&w, "web/data0", ACTIVE);
	h.root[0].port = 2; /* the cable is in another port now */
	w_step(&w, &ev);
	w_settle(&w);
	ck_assert_ptr_nonnull(strstr(mr_buf_text(&w.closed), "WRONG_SLOT"));
	w_done(&w);
}
END_TEST

/* Two boots answer for one host: nobody gets a command. */
START_TEST(two_boots_are_suspended)
{
	struct world w;
	struct fm_agent_hello h;
	struct fm_event ev = {.kind = FM_EV_AGENT_HELLO, .hello = &h, .session = 77};
	struct fm_event an = {.kind = FM_EV_AGENT_ANSWER, .hello = &h, .session = 77};

	w_up(&w, false, false);
	w_hello_of(&w, 1, &h);
	mr_copy(h.boot_id, sizeof(h.boot_id), "boot-z");
	w_step(&w, &ev);
	w_pump(&w);
	h.root[0].challenge = w.challenge[1];
	w_step(&w, &an);
	w_pump(&w);
	w_step(&w, &an);
	w_settle(&w);
	ck_assert_ptr_nonnull(strstr(mr_buf_text(&w.log), "two boots answer"));
	mr_buf_reset(&w.ops);
	w_apply(&w, WEB);
	ck_assert_ptr_null(strstr(mr_buf_text(&w.ops), "activate!"));
	w_done(&w);
}
END_TEST

/* A manager that restarts in the middle of a move ends it, whatever was done. */
START_TEST(crash_in_a_move)
{
	struct world w;
	bool lvf = _i % 2;

	w_up(&w, lvf, lvf);
	w_apply(&w, WEB);
	w.crash_after = _i / 2;
	w_verb(&w, FM_VERB_MOVE, "web", "blade02");
	w_restart(&w);
	w_agent_up(&w, 1, "boot-a", lvf);
	w_agent_up(&w, 2, "boot-a", lvf);
	w_run(&w, 200 * MR_NS_PER_S);
	W_PHASE(&w, "web/data0", ACTIVE);
	ck_assert_uint_eq(w_mapped(&w), 1);
	ck_assert_str_eq(w_asg(&w, "web/data0")->host,
			 w_count(&w, FM_RECORD_OVERRIDE) ? "blade02" : "blade01");
	w_done(&w);
}
END_TEST

#define EXCLUSIVE                                                                     \
	W_HOSTS_TEXT                                                                  \
	"apiVersion: banyan/v1\nkind: AdapterPool\nmetadata: {name: nics}\n"          \
	"spec: {adapterSelector: {class: ethernet}, share: exclusive}\n---\n"         \
	"apiVersion: banyan/v1\nkind: ServerProfile\nmetadata: {name: web}\nspec:\n"  \
	"  host: blade01\n  devices: [{name: d, class: ethernet, pool: nics}]\n---\n" \
	"apiVersion: banyan/v1\nkind: ServerProfile\nmetadata: {name: db}\nspec:\n"   \
	"  host: blade01\n  devices: [{name: d, class: ethernet, pool: nics}]\n"

/* What runs is not sent where there is no room for it, unless that is meant. */
START_TEST(move_to_no_room)
{
	struct fm_request r = {.verb = FM_VERB_MOVE, .name = "web", .host = "blade02"};
	struct world w;

	w_up(&w, false, false);
	w_apply(&w, EXCLUSIVE);
	W_PHASE(&w, "web/d", ACTIVE);
	mr_buf_reset(&w.ops);
	w_request(&w, r);
	ck_assert_int_eq(w.exit_code, 1);
	ck_assert_int_eq(w.reason, MR_REASON_NO_CAPACITY);
	ck_assert_msg(
		!strncmp(w.text, "host 'blade02' has no room for all of 'web' (web/d: ", 52),
		"%s", w.text);
	w_run(&w, 10 * MR_NS_PER_S);
	W_PHASE(&w, "web/d", ACTIVE);
	ck_assert_ptr_null(strstr(mr_buf_text(&w.ops), "block"));
	ck_assert_uint_eq(w_count(&w, FM_RECORD_OVERRIDE), 0);
	r.yes = true;
	w_request(&w, r);
	ck_assert_int_eq(w.exit_code, 0);
	w_run(&w, 10 * MR_NS_PER_S);
	W_PHASE(&w, "web/d", ACTIVE);
	ck_assert_str_eq(w_asg(&w, "web/d")->host, "blade01");
	w_done(&w);
}
END_TEST

/* A host's document does not go from under what runs there by mistake. */
START_TEST(delete_host_in_use)
{
	struct fm_request r = {.verb = FM_VERB_DELETE, .kind = "host", .name = "blade01"};
	struct world w;

	w_up(&w, false, false);
	w_apply(&w, WEB);
	w_request(&w, r);
	ck_assert_int_eq(w.exit_code, 1);
	ck_assert_str_eq(w.text,
			 "1 running assignment is on a host whose document would go; say --yes "
			 "if that is meant");
	ck_assert_str_eq(mr_tree_get(w.tree, "disowned")->child[0]->text, "web/data0");
	r.name = "blade03";
	w_request(&w, r);
	ck_assert_msg(!w.exit_code, "%s", w.text);
	r.name = "blade01";
	r.yes = true;
	w_request(&w, r);
	ck_assert_msg(!w.exit_code, "%s", w.text);
	W_PHASE(&w, "web/data0", ACTIVE);
	w_done(&w);
}
END_TEST

/* Nobody waits for a hung host's word about what was cut from it. */
START_TEST(idle_while_a_hung_host_is_asked)
{
	struct world w;

	w_up(&w, false, false);
	w_apply(&w,
		"apiVersion: banyan/v1\nkind: FabricPolicy\nmetadata: {name: default}\nspec: "
		"{update: {drain: {mode: force, timeout: 3s}}}\n---\n" WEB);
	w.agent[1].silent = true;
	w_verb(&w, FM_VERB_MOVE, "web", "blade02");
	w_run(&w, 9 * MR_NS_PER_S);
	W_PHASE(&w, "web/data0", ACTIVE);
	ck_assert_str_eq(w_asg(&w, "web/data0")->host, "blade02");
	ck_assert_ptr_nonnull(strstr(mr_buf_text(&w.ops), "confirm-gone!"));
	ck_assert_uint_eq(w_count(&w, FM_RECORD_TOMBSTONE), 1);
	ck_assert(fm_engine_idle(w.e));
	w_done(&w);
}
END_TEST

/* Mapped while the agent was away: its VFs are enabled before it is told to take the
 * function. */
START_TEST(enabled_before_activated)
{
	struct world w;

	w_up(&w, true, true);
	w.crash_after = _i; /* attached, not yet mapped */
	w_text(&w, FM_VERB_APPLY, WEB, true);
	w_restart(&w);
	w_settle(&w);
	if (w_asg(&w, "web/data0") && w_asg(&w, "web/data0")->phase == FM_PHASE_ACTIVATING) {
		mr_buf_reset(&w.ops);
		w_agent_up(&w, 1, "boot-a", true);
		W_OPS(&w, "challenge enable-vfs! activate! gate-open ");
	}
	w_apply(&w, WEB);
	W_PHASE(&w, "web/data0", ACTIVE);
	w_done(&w);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("engine agents");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, synthetic_with_agent);
	tcase_add_test(t, lvf_with_agent);
	tcase_add_loop_test(t, move_between_ways, 0, 4);
	tcase_add_loop_test(t, busy_host_keeps_it, 0, 2);
	tcase_add_test(t, taken_back_while_busy);
	tcase_add_test(t, silent_agent_pauses);
	tcase_add_loop_test(t, agent_restarts_in_the_middle, 0, 2);
	tcase_add_loop_test(t, lvfs_after_a_reboot, 0, 2);
	tcase_add_test(t, driver_refuses);
	tcase_add_loop_test(t, host_off_is_cut_by_force, 0, 2);
	tcase_add_test(t, reset_before_the_cut);
	tcase_add_test(t, answer_of_an_older_boot);
	tcase_add_test(t, gone_of_an_older_tombstone);
	tcase_add_test(t, confirm_gone_clears);
	tcase_add_test(t, wrong_slot);
	tcase_add_test(t, lying_and_unknown);
	tcase_add_test(t, newer_incarnation_supersedes);
	tcase_add_test(t, says_hello_again);
	tcase_add_test(t, two_boots_are_suspended);
	tcase_add_loop_test(t, crash_in_a_move, 0, 70);
	tcase_add_test(t, move_to_no_room);
	tcase_add_test(t, delete_host_in_use);
	tcase_add_test(t, idle_while_a_hung_host_is_asked);
	tcase_add_loop_test(t, enabled_before_activated, 6, 14);
	suite_add_tcase(s, t);
	return check_run(s) ? EXIT_FAILURE : EXIT_SUCCESS;
}
