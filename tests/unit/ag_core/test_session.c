/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transcripts of the session: hello and challenge from fresh scans, full report and deltas,
 * folding of uevents, heartbeats, re-sync, and what the agent does when it is alone.
 */
#include "tests/unit/ag_core/fixture.h"
#include "tests/unit/check_main.h"

START_TEST(test_hello_comes_from_a_fresh_scan)
{
	ck_assert_str_eq(event(AG_EV_TIMER), "scan; ");
	ck_assert_str_eq(event(AG_EV_CONNECTED), "");
	host.root[0].challenge = 0x77;
	host.isolation.iommu = true;
	ck_assert_str_eq(scan(), "scan; ");
	ck_assert_str_eq(scan(), "hello C1-0001:1/1@5#77 vfm iommu; ");
	host.root[0].challenge = 0x78;
	ck_assert_str_eq(event(AG_EV_CHALLENGE), "scan; ");
	ck_assert(!isolation_wanted); /* once a session */
	ck_assert_str_eq(scan(), "answer C1-0001:1/1@5#78; ");
}
END_TEST

START_TEST(test_challenge_without_a_session_is_nothing)
{
	event(AG_EV_TIMER);
	scan();
	ck_assert_str_eq(event(AG_EV_CHALLENGE), "");
	ck_assert_str_eq(event(AG_EV_ACCEPTED), "");
}
END_TEST

/* A root that came or went is said in a hello of its own, and nothing of it before. */
START_TEST(test_roots_come_and_go)
{
	struct ag_fn f = make_fn(7, 0, 0, "");

	host.root[1] = host.root[0];
	host.root[1].port = 2;
	host.roots = 2;
	f.place.port = 2;
	put(f);
	event(AG_EV_UEVENT);
	ck_assert_str_eq(wait_ms(20), "scan; ");
	ck_assert_str_eq(scan(), "scan; ");
	ck_assert(isolation_wanted);
	ck_assert_str_eq(scan(), "hello C1-0001:1/1@5#abc C1-0001:2/1@5#abc vfm; ");
	ck_assert_str_eq(event(AG_EV_CHALLENGE), "scan; ");
	ck_assert_str_eq(scan(), "answer C1-0001:1/1@5#abc C1-0001:2/1@5#abc; ");
	ck_assert_ptr_nonnull(strstr(event(AG_EV_ACCEPTED), "report full 2"));
	host.roots = 0; /* no way to the switch at all: nothing to say */
	event(AG_EV_UEVENT);
	wait_ms(20);
	ck_assert_str_eq(scan(), "");
	host.roots = 1;
	event(AG_EV_UEVENT);
	wait_ms(20);
	ck_assert_str_eq(scan(), "scan; ");
	ck_assert_str_eq(scan(), "hello C1-0001:1/1@5#abc vfm; ");
}
END_TEST

START_TEST(test_deltas)
{
	ck_assert_str_eq(event(AG_EV_UEVENT), "");
	at(3, 2)->link = true;
	put(make_fn(7, 0, 0, ""));
	drop(9, 0);
	ck_assert_str_eq(wait_ms(20), "scan; ");
	ck_assert_str_eq(scan(), "report 2 +3.0.2 +7.0.0 -9.0.0; ");
	event(AG_EV_UEVENT);
	ck_assert_str_eq(wait_ms(20), "scan; ");
	ck_assert_str_eq(scan(), "");
}
END_TEST

/* Ports of the host's own: in a full report, and where they are others. */
START_TEST(test_own_ports)
{
	struct ag_own own[2] = {{.rid = 0x300, .name = "eno1", .ident0 = 1},
				{.rid = 0x200, .name = "eno0", .ident0 = 2}};

	host.own = own;
	host.owns = 2;
	ck_assert_str_eq(event(AG_EV_UEVENT), "");
	ck_assert_str_eq(wait_ms(20), "scan; ");
	ck_assert_str_eq(scan(), "report 2 own eno0 eno1; ");
	event(AG_EV_UEVENT);
	ck_assert_str_eq(wait_ms(20), "scan; ");
	ck_assert_str_eq(scan(), "");
	own[0].ident0 = 3;
	host.owns = 1;
	event(AG_EV_UEVENT);
	ck_assert_str_eq(wait_ms(20), "scan; ");
	ck_assert_str_eq(scan(), "report 3 own eno1; ");
}
END_TEST

/* sysfs gave a function twice, as a folder that changes under its reader may: it has neither
 * come then, nor gone afterwards. */
START_TEST(test_a_function_seen_twice)
{
	event(AG_EV_UEVENT);
	wait_ms(20);
	put(*at(9, 0));
	ck_assert_str_eq(scan(), "");
	host.fns--;
	event(AG_EV_UEVENT);
	wait_ms(20);
	ck_assert_str_eq(scan(), "");
}
END_TEST

START_TEST(test_users_are_not_reported)
{
	event(AG_EV_UEVENT);
	wait_ms(20);
	mr_copy(at(3, 2)->users, sizeof(at(3, 2)->users), "route");
	ck_assert_str_eq(scan(), "");
}
END_TEST

START_TEST(test_uevents_fold)
{
	for (unsigned i = 0; i < 19; i++) {
		ck_assert_str_eq(event(AG_EV_UEVENT), "");
		ck_assert_str_eq(wait_ms(1), "");
	}
	ck_assert_str_eq(wait_ms(1), "scan; ");
	for (unsigned i = 0; i < 100; i++)
		ck_assert_str_eq(event(AG_EV_UEVENT), "");
	ck_assert_str_eq(wait_ms(50), "");
	ck_assert_str_eq(scan(), "scan; ");
	ck_assert_str_eq(scan(), "");
	ck_assert_str_eq(wait_ms(1000), "");
}
END_TEST

START_TEST(test_slow_rescan)
{
	ck_assert_str_eq(wait_ms(4000), "");
	ck_assert_int_eq(ag_core_deadline(core), 5000 * MS);
	ck_assert_str_eq(wait_ms(1000), "heartbeat 1; ");
	ck_assert_str_eq(wait_ms(24999), "heartbeat 1; ");
	ck_assert_int_eq(ag_core_deadline(core), 30000 * MS);
	ck_assert_str_eq(wait_ms(1), "scan; ");
	drop(9, 0);
	ck_assert_str_eq(scan(), "report 2 -9.0.0; ");
	ck_assert_str_eq(event(AG_EV_SHUTDOWN), "goodbye; ");
}
END_TEST

START_TEST(test_failed_scan_keeps_what_is_known)
{
	struct ag_scan bad = {.failed = true};

	event(AG_EV_UEVENT);
	wait_ms(20);
	ck_assert_str_eq(step(&(struct ag_event){.kind = AG_EV_SCAN, .scan = &bad}), "");
	ck_assert_str_eq(wait_ms(999), "");
	ck_assert_str_eq(wait_ms(1), "scan; ");
	ck_assert_str_eq(scan(), "");
	ck_assert_str_eq(scan(), ""); /* nobody asked for this one */
}
END_TEST

START_TEST(test_resync)
{
	ck_assert_str_eq(event(AG_EV_DISCONNECTED), "");
	event(AG_EV_UEVENT);
	wait_ms(20);
	drop(9, 0);
	ck_assert_str_eq(scan(), "");
	ck_assert_str_eq(event(AG_EV_CONNECTED), "scan; ");
	ck_assert_str_eq(scan(), "hello C1-0001:1/1@5#abc vfm; ");
	ck_assert_str_eq(event(AG_EV_ACCEPTED), "report full 2 +3.0.0 +3.0.1 +3.0.2; ");
}
END_TEST

START_TEST(test_alone_after_a_reboot)
{
	drop(3, 1);
	drop(3, 2);
	at(3, 0)->numvfs = 0;
	ck_assert_str_eq(event(AG_EV_TIMER), "scan; ");
	ck_assert_str_eq(scan(), "");
	ck_assert_int_eq(ag_core_deadline(core), AG_ALONE_NS);
	ck_assert_str_eq(wait_ms(10000), "scan; ");
	ck_assert_str_eq(scan(), "write autoprobe 3:0.0 = 0; ");
	ck_assert_str_eq(written(0, 0), "write numvfs 3:0.0 = 8; ");
	at(3, 0)->numvfs = 8;
	put(make_fn(3, 0, 1, ""));
	put(make_fn(3, 0, 2, ""));
	ck_assert_str_eq(written(0, 8), "write probe 3:1.0 = 0; ");
	ck_assert_str_eq(written(0, 0), "write probe 3:2.0 = 0; ");
	mr_copy(at(3, 2)->driver, sizeof(at(3, 2)->driver), "mlx5_core");
	ck_assert_str_eq(written(0, 0), "");
	ck_assert_str_eq(wait_ms(29000), "");
}
END_TEST

START_TEST(test_alone_is_paced_and_can_be_off)
{
	at(3, 0)->numvfs = 0;
	ag_core_set_alone(core, MR_NEVER);
	event(AG_EV_TIMER);
	ck_assert_str_eq(scan(), "");
	ck_assert_str_eq(wait_ms(20000), "");
	ag_core_set_alone(core, 0);
	ck_assert_str_eq(event(AG_EV_TIMER), "scan; ");
	ck_assert_str_eq(scan(), "write autoprobe 3:0.0 = 0; ");
	ck_assert_str_eq(written(-13, 0), "");
	ck_assert_str_eq(wait_ms(29999), "");
	ck_assert_str_eq(wait_ms(1), "scan; ");
	ck_assert_str_eq(scan(), "write autoprobe 3:0.0 = 0; ");
}
END_TEST

START_TEST(test_with_a_manager_it_waits_for_words)
{
	drop(3, 1);
	at(3, 0)->numvfs = 0;
	event(AG_EV_UEVENT);
	wait_ms(20);
	ck_assert_str_eq(scan(), "report 2 +3.0.0 -3.0.1; ");
	ck_assert_str_eq(wait_ms(20000), "heartbeat 2; ");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ag_session");
	TCase *fresh = tcase_create("fresh"), *session = tcase_create("session");

	tcase_add_checked_fixture(fresh, setup, teardown);
	tcase_add_test(fresh, test_hello_comes_from_a_fresh_scan);
	tcase_add_test(fresh, test_challenge_without_a_session_is_nothing);
	tcase_add_test(fresh, test_alone_after_a_reboot);
	tcase_add_test(fresh, test_alone_is_paced_and_can_be_off);
	tcase_add_checked_fixture(session, setup_session, teardown);
	tcase_add_test(session, test_roots_come_and_go);
	tcase_add_test(session, test_deltas);
	tcase_add_test(session, test_own_ports);
	tcase_add_test(session, test_a_function_seen_twice);
	tcase_add_test(session, test_users_are_not_reported);
	tcase_add_test(session, test_uevents_fold);
	tcase_add_test(session, test_slow_rescan);
	tcase_add_test(session, test_failed_scan_keeps_what_is_known);
	tcase_add_test(session, test_resync);
	tcase_add_test(session, test_with_a_manager_it_waits_for_words);
	suite_add_tcase(s, fresh);
	suite_add_tcase(s, session);
	return check_run(s);
}
