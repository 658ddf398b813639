/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transcripts of the commands: the way that works and every refusal. What holds for all of
 * them is in test_fences.c.
 */
#include <errno.h>

#include "tests/unit/ag_core/fixture.h"
#include "tests/unit/check_main.h"

static void set(char *to, const char *from)
{
	mr_copy(to, 32, from);
}

START_TEST(test_quiesce)
{
	struct ag_cmd q = cmd(AG_QUIESCE, AG_WAY_LVF, 3, 2);

	ck_assert_str_eq(ask(&q), "write hooks 3:2.0 'release' = 0; ");
	ck_assert_str_eq(written(0, 0), "write unbind 3:2.0 'mlx5_core' = 0; ");
	set(at(3, 2)->driver, "");
	ck_assert_str_eq(written(0, 0),
			 "report 2 +3.0.2; ack 101 OK (no driver is bound) fn 3.0.2; ");
}
END_TEST

START_TEST(test_quiesce_needs_the_scan_to_show_it)
{
	struct ag_cmd q = cmd(AG_QUIESCE, AG_WAY_LVF, 3, 2);

	ask(&q);
	written(0, 0);
	ck_assert_str_eq(written(0, 0), "write unbind 3:2.0 'mlx5_core' = 0; ");
	for (unsigned i = 0; i < 14; i++)
		written(0, 0);
	ck_assert_str_eq(written(0, 0), "write hooks 3:2.0 'activate' = 0; ");
	ck_assert_str_eq(written(0, 0), "ack 101 DRIVER_REFUSED (driver 'mlx5_core' is bound "
					"again and again) who 'mlx5_core' fn 3.0.2; ");
}
END_TEST

START_TEST(test_quiesce_busy)
{
	struct ag_cmd q = cmd(AG_QUIESCE, AG_WAY_SYNTHETIC, 9, 0);

	mr_copy(at(9, 0)->users, sizeof(at(9, 0)->users), "mounted on /data");
	ck_assert_str_eq(ask(&q), "ack 101 BUSY (in use: mounted on /data) who 'mounted on "
				  "/data' fn 9.0.0; ");
	q.op = ++next_op;
	q.force = true;
	ck_assert_str_eq(ask(&q), "write hooks 9:0.0 'release' = 0; ");
	ck_assert_str_eq(written(-ETIMEDOUT, 0), "write unbind 9:0.0 'nvme' = 0; ");
	ck_assert_str_eq(written(-EIO, 0),
			 "ack 102 CONFLICT (unbind: InitialVFs differs from TotalVFs, or the "
			 "device fails) fn 9.0.0; ");
}
END_TEST

START_TEST(test_own_connection_is_never_taken)
{
	struct ag_cmd q = cmd(AG_QUIESCE, AG_WAY_LVF, 3, 2);
	struct ag_cmd r = cmd(AG_RELEASE, AG_WAY_SYNTHETIC, 9, 0);

	at(3, 2)->carries_agent = at(9, 0)->carries_agent = true;
	q.force = r.force = true;
	ck_assert_str_eq(ask(&q), "ack 101 BUSY (the agent's own connection runs over it) who "
				  "'agent' fn 3.0.2; ");
	ck_assert_str_eq(ask(&r), "ack 102 BUSY (the agent's own connection runs over it) who "
				  "'agent' fn 9.0.0; ");
}
END_TEST

START_TEST(test_pf_stays_with_its_driver)
{
	struct ag_cmd q = cmd(AG_QUIESCE, AG_WAY_LVF, 3, 0);

	q.force = true;
	ck_assert_str_eq(ask(&q), "ack 101 NOT_PERMITTED (a PF with 8 VFs enabled stays with "
				  "its driver) who 'mlx5_core' fn 3.0.0; ");
	q = cmd(AG_RELEASE, AG_WAY_LVF, 3, 0);
	ck_assert_str_eq(ask(&q),
			 "ack 102 INVALID (a PF is not released, its VFs are) fn 3.0.0; ");
}
END_TEST

START_TEST(test_quiesce_of_nothing)
{
	struct ag_cmd q = cmd(AG_QUIESCE, AG_WAY_LVF, 3, 5);

	ck_assert_str_eq(ask(&q), "ack 101 OK (no driver is bound); ");
}
END_TEST

START_TEST(test_release_lvf)
{
	struct ag_cmd r = cmd(AG_RELEASE, AG_WAY_LVF, 3, 2);

	ck_assert_str_eq(ask(&r), "write vf-state 3:0.0 [2] = 255; ");
	ck_assert_str_eq(written(0, MR_VF_MIGRATE_OUT), "write unbind 3:2.0 'mlx5_core' = 0; ");
	set(at(3, 2)->driver, "");
	ck_assert_str_eq(written(0, 0), "report 2 +3.0.2; write reset 3:2.0 = 0; ");
	ck_assert_str_eq(written(0, 0), "write vf-state 3:0.0 [2] = 0; ");
	ck_assert_str_eq(written(0, MR_VF_UNAVAILABLE), "");
	ck_assert_str_eq(event(AG_EV_UEVENT), "");
	ck_assert_str_eq(wait_ms(20), "scan; ");
	drop(3, 2);
	ck_assert_str_eq(scan(), "report 3 -3.0.2; ack 101 OK (the slot reads Unavailable); ");
}
END_TEST

START_TEST(test_release_lvf_retracted)
{
	struct ag_cmd r = cmd(AG_RELEASE, AG_WAY_LVF, 3, 1);

	ask(&r);
	ck_assert_str_eq(written(0, MR_VF_MIGRATE_OUT), "write reset 3:1.0 = 0; ");
	ck_assert_str_eq(written(0, 0), "write vf-state 3:0.0 [1] = 0; ");
	ck_assert_str_eq(written(0, MR_VF_AVAILABLE),
			 "ack 101 CONFLICT (retracted: the slot reads Available, the function "
			 "stays) fn 3.0.1; ");
	r.op = ++next_op;
	ask(&r);
	ck_assert_str_eq(written(0, MR_VF_AVAILABLE),
			 "ack 102 CONFLICT (retracted: the slot reads Available, the function "
			 "stays) fn 3.0.1; ");
	r.op = ++next_op;
	ask(&r);
	ck_assert_str_eq(written(0, MR_VF_MIGRATE_IN),
			 "ack 103 CONFLICT (the slot reads Dormant.MigrateIn) fn 3.0.1; ");
	r.op = ++next_op;
	ask(&r);
	ck_assert_str_eq(written(0, 77),
			 "ack 104 CONFLICT (the slot reads no state) fn 3.0.1; ");
}
END_TEST

START_TEST(test_release_lvf_refusals)
{
	struct ag_cmd r = cmd(AG_RELEASE, AG_WAY_LVF, 3, 5);

	ask(&r);
	ck_assert_str_eq(written(-EAGAIN, 0),
			 "ack 101 CONFLICT (vf-state: VFs are not enabled); ");
	r = cmd(AG_RELEASE, AG_WAY_LVF, 4, 5);
	ck_assert_str_eq(ask(&r), "ack 102 NOT_FOUND (no PF with VF migration there); ");
	r = cmd(AG_RELEASE, AG_WAY_LVF, 3, 5);
	ask(&r);
	ck_assert_str_eq(written(0, MR_VF_UNAVAILABLE),
			 "ack 103 OK (the slot reads Unavailable); ");
}
END_TEST

START_TEST(test_release_slot)
{
	struct ag_cmd r = cmd(AG_RELEASE, AG_WAY_SYNTHETIC, 9, 0);

	ck_assert_str_eq(ask(&r), "write slot-power slot 9 = 0; ");
	slot[2].power = false;
	ck_assert_str_eq(written(0, 0), "");
	drop(9, 0);
	slot[2].occupied = false;
	ck_assert_str_eq(wait_ms(500), "scan; ");
	ck_assert_str_eq(scan(), "report 2 -9.0.0; ack 101 OK (the slot is empty and off); ");
	r.op = ++next_op;
	ck_assert_str_eq(ask(&r), "ack 102 OK (the slot is empty and off); ");
}
END_TEST

START_TEST(test_release_slot_refusals)
{
	struct ag_cmd r = cmd(AG_RELEASE, AG_WAY_DEVICE, 9, 0);

	mr_copy(at(9, 0)->users, sizeof(at(9, 0)->users), "swap");
	ck_assert_str_eq(ask(&r), "ack 101 BUSY (in use: swap) who 'swap' fn 9.0.0; ");
	r = cmd(AG_RELEASE, AG_WAY_DEVICE, 8, 0);
	ck_assert_str_eq(ask(&r), "ack 102 NOT_FOUND (no such slot); ");
	at(9, 0)->users[0] = '\0';
	r = cmd(AG_RELEASE, AG_WAY_DEVICE, 9, 0);
	ask(&r);
	ck_assert_str_eq(written(-ENODEV, 0), ""); /* the slot is changing: again later */
	ck_assert_str_eq(wait_ms(500), "scan; ");
	ck_assert_str_eq(scan(), "write slot-power slot 9 = 0; ");
	ck_assert_str_eq(written(-EACCES, 0), "ack 103 NOT_PERMITTED (slot-power: the agent "
					      "lacks the right to write) fn 9.0.0; ");
}
END_TEST

START_TEST(test_release_device_with_vfs)
{
	struct ag_cmd r = cmd(AG_RELEASE, AG_WAY_DEVICE, 9, 0);

	at(9, 0)->pf = true;
	at(9, 0)->numvfs = at(9, 0)->totalvfs = 4;
	ck_assert_str_eq(ask(&r), "report 2 +9.0.0; write numvfs 9:0.0 = 0; ");
	at(9, 0)->numvfs = 0;
	ck_assert_str_eq(written(0, 0), "report 3 +9.0.0; write slot-power slot 9 = 0; ");
}
END_TEST

START_TEST(test_activate_slot)
{
	struct ag_cmd a = cmd(AG_ACTIVATE, AG_WAY_SYNTHETIC, 7, 0);
	struct ag_fn f = make_fn(7, 0, 0, "mlx5_core");

	a.ident0 = 0x0225b5000001;
	ck_assert_str_eq(ask(&a), "");
	f.place.way = AG_WAY_SYNTHETIC;
	set(f.name, "eth0");
	slot[1].power = slot[1].occupied = true;
	put(f);
	ck_assert_str_eq(wait_ms(500), "scan; ");
	ck_assert_str_eq(scan(), "report 2 +7.0.0; "); /* its MAC is not there yet */
	at(7, 0)->ident0 = 0x0225b5000001;
	ck_assert_str_eq(wait_ms(500), "scan; ");
	ck_assert_str_eq(scan(), "report 3 +7.0.0; write hooks 7:0.0 'activate' = 0; ");
	ck_assert_str_eq(written(0, 0), "ack 101 OK (mlx5_core) fn 7.0.0; ");
	a.op = ++next_op;
	ck_assert_str_eq(ask(&a), "write hooks 7:0.0 'activate' = 0; ");
}
END_TEST

START_TEST(test_activate_wrong_identity)
{
	struct ag_cmd a = cmd(AG_ACTIVATE, AG_WAY_LVF, 3, 2);

	a.ident0 = 0x0225b5000001;
	at(3, 2)->ident0 = 0x0225b5000002;
	set(at(3, 2)->name, "eth0");
	ck_assert_str_eq(ask(&a),
			 "report 2 +3.0.2; ack 101 CONFLICT ('eth0' reads 0225b5000002, "
			 "0225b5000001 was set) who 'eth0' fn 3.0.2; ");
}
END_TEST

START_TEST(test_activate_powers_a_slot_that_stays_off)
{
	struct ag_cmd a = cmd(AG_ACTIVATE, AG_WAY_SYNTHETIC, 7, 0);

	ck_assert_str_eq(ask(&a), "");
	wait_ms(500);
	ck_assert_str_eq(scan(), "write slot-power slot 7 = 1; ");
	ck_assert_str_eq(written(-ENODEV, 0), "");
	wait_ms(500);
	ck_assert_str_eq(scan(), "");
	ck_assert_str_eq(wait_ms(9001), "ack 101 TIMEOUT (waited for the function to appear); "
					"heartbeat 1; scan; ");
}
END_TEST

START_TEST(test_activate_lvf)
{
	struct ag_cmd a = cmd(AG_ACTIVATE, AG_WAY_LVF, 3, 4);

	ck_assert_str_eq(ask(&a), "write vf-state 3:0.0 [4] = 3; ");
	ck_assert_str_eq(written(0, MR_VF_AVAILABLE), "");
	put(make_fn(3, 0, 4, ""));
	ck_assert_str_eq(wait_ms(500), "scan; ");
	ck_assert_str_eq(scan(), "report 2 +3.0.4; write reset 3:4.0 = 0; ");
	ck_assert_str_eq(written(0, 0), "write driver-override 3:4.0 = 0; ");
	ck_assert_str_eq(written(0, 0), "write probe 3:4.0 = 0; ");
	set(at(3, 4)->driver, "mlx5_core");
	ck_assert_str_eq(written(0, 0), "report 3 +3.0.4; write hooks 3:4.0 'activate' = 0; ");
	ck_assert_str_eq(written(0, 0), "ack 101 OK (mlx5_core) fn 3.0.4; ");
}
END_TEST

START_TEST(test_activate_lvf_that_is_not_offered)
{
	struct ag_cmd a = cmd(AG_ACTIVATE, AG_WAY_LVF, 3, 4);

	ask(&a);
	ck_assert_str_eq(written(0, MR_VF_UNAVAILABLE), "");
	wait_ms(500);
	ck_assert_str_eq(scan(), "write vf-state 3:0.0 [4] = 3; ");
	ck_assert_str_eq(written(0, MR_VF_UNAVAILABLE), "");
	ck_assert_str_eq(wait_ms(9500),
			 "ack 101 TIMEOUT (waited for slot 4 to offer the "
			 "function, it reads Inactive.Unavailable); heartbeat 1; scan; ");
	scan();
	a = cmd(AG_ACTIVATE, AG_WAY_LVF, 3, 0);
	ck_assert_str_eq(ask(&a), "ack 102 INVALID (a VF slot counts from 1) fn 3.0.0; ");
	a = cmd(AG_ACTIVATE, AG_WAY_LVF, 3, 4);
	ask(&a);
	ck_assert_str_eq(written(-EOPNOTSUPP, 0),
			 "ack 103 UNSUPPORTED (vf-state: the device does not do that); ");
}
END_TEST

START_TEST(test_activate_is_active_already)
{
	struct ag_cmd a = cmd(AG_ACTIVATE, AG_WAY_LVF, 3, 2);

	ck_assert_str_eq(ask(&a), "write hooks 3:2.0 'activate' = 0; ");
	ck_assert_str_eq(written(-3, 0),
			 "ack 101 DRIVER_REFUSED (an activate hook failed (3)) who 'hook' fn "
			 "3.0.2; ");
}
END_TEST

START_TEST(test_activate_with_a_driver)
{
	struct ag_cmd a = cmd(AG_ACTIVATE, AG_WAY_LVF, 3, 2);

	set(a.driver, "vfio-pci");
	ck_assert_str_eq(ask(&a), "write unbind 3:2.0 'mlx5_core' = 0; ");
	set(at(3, 2)->driver, "");
	ck_assert_str_eq(written(0, 0), "report 2 +3.0.2; write reset 3:2.0 = 0; ");
	ck_assert_str_eq(written(0, 0), "write driver-override 3:2.0 'vfio-pci' = 0; ");
	ck_assert_str_eq(written(0, 0), "write probe 3:2.0 = 0; ");
	ck_assert_str_eq(written(-ENODEV, 0),
			 "ack 101 DRIVER_REFUSED (driver 'vfio-pci' does not bind) fn 3.0.2; ");
}
END_TEST

START_TEST(test_activate_without_a_driver)
{
	struct ag_cmd a = cmd(AG_ACTIVATE, AG_WAY_LVF, 3, 2);

	set(a.driver, "none");
	ck_assert_str_eq(ask(&a), "write unbind 3:2.0 'mlx5_core' = 0; ");
	set(at(3, 2)->driver, "");
	ck_assert_str_eq(written(0, 0), "report 2 +3.0.2; write reset 3:2.0 = 0; ");
	ck_assert_str_eq(written(0, 0), "write hooks 3:2.0 'activate' = 0; ");
	ck_assert_str_eq(written(0, 0), "ack 101 OK (no driver is bound) fn 3.0.2; ");
}
END_TEST

START_TEST(test_activate_takes_it_back_from_vfio)
{
	struct ag_cmd a = cmd(AG_ACTIVATE, AG_WAY_SYNTHETIC, 9, 0);

	set(at(9, 0)->driver, "vfio-pci");
	ck_assert_str_eq(ask(&a), "report 2 +9.0.0; write unbind 9:0.0 'vfio-pci' = 0; ");
	set(at(9, 0)->driver, "");
	ck_assert_str_eq(written(0, 0), "report 3 +9.0.0; write driver-override 9:0.0 = 0; ");
	ck_assert_str_eq(written(0, 0), "write probe 9:0.0 = 0; ");
	ck_assert_str_eq(written(0, 0), "write hooks 9:0.0 'activate' = 0; ");
	ck_assert_str_eq(written(0, 0), "ack 101 OK (no driver is bound) fn 9.0.0; ");
}
END_TEST

START_TEST(test_activate_every_function_of_a_device)
{
	struct ag_cmd a = cmd(AG_ACTIVATE, AG_WAY_DEVICE, 9, 0);

	put(make_fn(9, 1, 0, ""));
	ck_assert_str_eq(ask(&a), "report 2 +9.1.0; write driver-override 9:0.1 = 0; ");
	ck_assert_str_eq(written(0, 0), "write probe 9:0.1 = 0; ");
	set(fn[host.fns - 1].driver, "snd");
	ck_assert_str_eq(written(0, 0), "report 3 +9.1.0; write hooks 9:0.0 'activate' = 0; ");
}
END_TEST

START_TEST(test_enable_vfs)
{
	struct ag_cmd e = cmd(AG_ENABLE_VFS, AG_WAY_LVF, 3, 0);

	ck_assert_str_eq(ask(&e), "ack 101 OK (8 VFs) fn 3.0.0; ");
	at(3, 0)->numvfs = 0;
	e.op = ++next_op;
	ck_assert_str_eq(ask(&e), "report 2 +3.0.0; write autoprobe 3:0.0 = 0; ");
	ck_assert_str_eq(written(0, 0), "write numvfs 3:0.0 = 8; ");
	ck_assert_str_eq(written(0, 8), "");
	at(3, 0)->numvfs = 8;
	wait_ms(500);
	ck_assert_str_eq(scan(), "report 3 +3.0.0; ack 102 OK (8 VFs) fn 3.0.0; ");
}
END_TEST

START_TEST(test_enable_vfs_changes_no_count)
{
	struct ag_cmd e = cmd(AG_ENABLE_VFS, AG_WAY_LVF, 3, 0);

	at(3, 0)->numvfs = 3;
	ck_assert_str_eq(ask(&e), "report 2 +3.0.0; ack 101 NEEDS_APPROVAL (3 VFs are enabled, "
				  "8 were asked: a change of the count) who 'mlx5_core' fn "
				  "3.0.0; ");
	e.op = ++next_op;
	e.force = true;
	ck_assert_str_eq(ask(&e), "write autoprobe 3:0.0 = 0; ");
	ck_assert_str_eq(written(0, 0), "write numvfs 3:0.0 = 0; ");
	at(3, 0)->numvfs = 0;
	ck_assert_str_eq(written(0, 0), "report 3 +3.0.0; write numvfs 3:0.0 = 8; ");
}
END_TEST

/* The PFs of VH 0 have as many as their pool says. */
START_TEST(test_enable_vfs_by_count)
{
	struct ag_cmd e = cmd(AG_ENABLE_VFS, AG_WAY_LVF, 3, 0);

	at(3, 0)->numvfs = 0;
	e.count = 9;
	ck_assert_str_eq(ask(&e), "report 2 +3.0.0; ack 101 LIMIT (the PF has 8 VFs, 9 were "
				  "asked) who 'mlx5_core' fn 3.0.0; ");
	e.op = ++next_op;
	e.count = 6;
	ck_assert_str_eq(ask(&e), "write autoprobe 3:0.0 = 0; ");
	ck_assert_str_eq(written(0, 0), "write numvfs 3:0.0 = 6; ");
	at(3, 0)->numvfs = 6;
	ck_assert_str_eq(written(0, 6), "report 3 +3.0.0; ack 102 OK (6 VFs) fn 3.0.0; ");
}
END_TEST

START_TEST(test_enable_vfs_refusals)
{
	static const struct {
		int err;
		const char *said;
	} t[] = {
		{-ENOENT, "DRIVER_REFUSED (numvfs: no driver that has SR-IOV is bound)"},
		{-ENOMEM, "NO_WINDOW (numvfs: no room for BARs or bus numbers (firmware, "
			  "ARI))"},
		{-ENOSPC, "LIMIT (numvfs: no MSI-X vectors left)"},
		{-EBUSY, "BUSY (numvfs: the kernel says that it is busy)"},
		{-ETIMEDOUT, "TIMEOUT (numvfs: the write did not return in time)"},
		{-EPIPE, "DRIVER_REFUSED (numvfs: errno 32)"},
	};
	struct ag_cmd e = cmd(AG_ENABLE_VFS, AG_WAY_LVF, 3, 0);
	char want[160];

	at(3, 0)->numvfs = 0;
	e.op = ++next_op;
	ask(&e);
	written(0, 0);
	mr_fmt(want, sizeof(want), "ack %u %s fn 3.0.0; ", (unsigned)e.op, t[_i].said);
	ck_assert_str_eq(written(t[_i].err, 0), want);
}
END_TEST

START_TEST(test_enable_vfs_needs_a_pf_and_its_driver)
{
	struct ag_cmd e = cmd(AG_ENABLE_VFS, AG_WAY_LVF, 4, 0);
	struct ag_fn pf = make_fn(4, 0, 0, "");

	ck_assert_str_eq(ask(&e), "");
	pf.pf = true;
	pf.totalvfs = 4;
	put(pf);
	wait_ms(500);
	ck_assert_str_eq(scan(), "report 2 +4.0.0; write probe 4:0.0 = 0; ");
	ck_assert_str_eq(written(0, 0), "write autoprobe 4:0.0 = 0; ");
	at(4, 0)->totalvfs = 0;
	ck_assert_str_eq(written(0, 0),
			 "report 3 +4.0.0; ack 101 UNSUPPORTED (the PF has no VFs) fn 4.0.0; ");
}
END_TEST

/* What comes into a slot while pciehp still turns it off is not noticed: the slot stays off. */
START_TEST(test_enable_vfs_powers_a_slot_that_stays_off)
{
	struct ag_cmd e = cmd(AG_ENABLE_VFS, AG_WAY_LVF, 7, 0);
	struct ag_fn pf = make_fn(7, 0, 0, "mlx5_core");

	ck_assert_str_eq(ask(&e), "");
	wait_ms(500);
	ck_assert_str_eq(scan(), "write slot-power slot 7 = 1; ");
	ck_assert_str_eq(written(-ENODEV, 0), ""); /* it is changing: again later */
	wait_ms(500);
	ck_assert_str_eq(scan(), "write slot-power slot 7 = 1; ");
	slot[1].power = true;
	ck_assert_str_eq(written(0, 0), "");
	pf.pf = true;
	pf.totalvfs = pf.numvfs = 4;
	put(pf);
	wait_ms(500);
	ck_assert_str_eq(scan(), "report 2 +7.0.0; ack 101 OK (4 VFs) fn 7.0.0; ");
}
END_TEST

/* An empty slot refuses as a changing one does: a few times, then the PF is waited for. */
START_TEST(test_enable_vfs_asks_an_empty_slot_a_few_times)
{
	struct ag_cmd e = cmd(AG_ENABLE_VFS, AG_WAY_LVF, 7, 0);

	e.deadline_ns = 60 * MR_NS_PER_S;
	ck_assert_str_eq(ask(&e), "");
	for (unsigned i = 0; i < 5; i++) {
		wait_ms(500);
		ck_assert_str_eq(scan(), "write slot-power slot 7 = 1; ");
		ck_assert_str_eq(written(-ENODEV, 0), "");
	}
	wait_ms(500);
	ck_assert_str_eq(scan(), "");
}
END_TEST

START_TEST(test_enable_vfs_may_not_power_a_slot)
{
	struct ag_cmd e = cmd(AG_ENABLE_VFS, AG_WAY_LVF, 7, 0);

	ck_assert_str_eq(ask(&e), "");
	wait_ms(500);
	ck_assert_str_eq(scan(), "write slot-power slot 7 = 1; ");
	ck_assert_str_eq(written(-EACCES, 0), "ack 101 NOT_PERMITTED (slot-power: the agent "
					      "lacks the right to write); ");
}
END_TEST

START_TEST(test_enable_vfs_over_orphans)
{
	struct ag_cmd e = cmd(AG_ENABLE_VFS, AG_WAY_LVF, 3, 0);

	at(3, 0)->numvfs = 0;
	at(3, 0)->orphans = true;
	ck_assert_str_eq(ask(&e), "report 2 +3.0.0; ack 101 CONFLICT (VFs of a removed PF are "
				  "left: the host needs a restart) who 'mlx5_core' fn 3.0.0; ");
}
END_TEST

START_TEST(test_confirm_gone)
{
	struct ag_cmd g = cmd(AG_CONFIRM_GONE, AG_WAY_LVF, 3, 2);

	ck_assert_str_eq(ask(&g), "ack 101 BUSY (the kernel device is still there) who "
				  "'mlx5_core' fn 3.0.2; ");
	drop(3, 2);
	g.op = ++next_op;
	ck_assert_str_eq(ask(&g), "report 2 -3.0.2; ack 102 OK (gone); ");
	g = cmd(AG_CONFIRM_GONE, AG_WAY_SYNTHETIC, 7, 0);
	slot[1].occupied = true;
	ck_assert_str_eq(ask(&g), "ack 103 BUSY (the slot is still occupied); ");
	slot[1].occupied = false;
	g.op = ++next_op;
	ck_assert_str_eq(ask(&g), "ack 104 OK (gone); ");
}
END_TEST

static void add(Suite *s)
{
	const TTest *const tests[] = {test_quiesce,
				      test_quiesce_needs_the_scan_to_show_it,
				      test_quiesce_busy,
				      test_own_connection_is_never_taken,
				      test_pf_stays_with_its_driver,
				      test_quiesce_of_nothing,
				      test_release_lvf,
				      test_release_lvf_retracted,
				      test_release_lvf_refusals,
				      test_release_slot,
				      test_release_slot_refusals,
				      test_release_device_with_vfs,
				      test_activate_slot,
				      test_activate_wrong_identity,
				      test_activate_powers_a_slot_that_stays_off,
				      test_activate_lvf,
				      test_activate_lvf_that_is_not_offered,
				      test_activate_is_active_already,
				      test_activate_with_a_driver,
				      test_activate_without_a_driver,
				      test_activate_takes_it_back_from_vfio,
				      test_activate_every_function_of_a_device,
				      test_enable_vfs,
				      test_enable_vfs_by_count,
				      test_enable_vfs_changes_no_count,
				      test_enable_vfs_needs_a_pf_and_its_driver,
				      test_enable_vfs_powers_a_slot_that_stays_off,
				      test_enable_vfs_asks_an_empty_slot_a_few_times,
				      test_enable_vfs_may_not_power_a_slot,
				      test_enable_vfs_over_orphans,
				      test_confirm_gone};
	TCase *t = tcase_create("verbs");

	tcase_add_checked_fixture(t, setup_session, teardown);
	for (unsigned i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		tcase_add_test(t, tests[i]);
	tcase_add_loop_test(t, test_enable_vfs_refusals, 0, 6);
	suite_add_tcase(s, t);
}

int main(void)
{
	Suite *s = suite_create("ag_verbs");

	add(s);
	return check_run(s);
}
