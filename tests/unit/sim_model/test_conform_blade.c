// SPDX-License-Identifier: Apache-2.0
/*
 * What setpci does to SR-IOV on a blade (sysfs 'config'): registers change as in hardware and
 * VFs answer raw cycles at their addresses, while the kernel's own records show nothing new;
 * and how a blade meets functions that are not ready.
 */
#include "sim/model/blade.h"
#include "tests/unit/sim_model/conform.h"

#define PF	 0x0300 /* behind bridge 0 */
#define ROOT_CTL (0x40 + PCI_EXP_RTCTL)

static struct sim_blade *blade;
static struct cf_pf f;

/* Carries notices and time until nothing is due any more. */
static void settle(void)
{
	int64_t due;
	struct sim_notice n;

	for (;;) {
		while (sim_chassis_notice(x.c, &n))
			if (n.kind != SIM_NOTICE_MGMT_IRQ && n.vh == 1)
				sim_blade_notice(blade, x.now, &n);
		due = sim_chassis_deadline(x.c);
		if (sim_blade_deadline(blade) < due)
			due = sim_blade_deadline(blade);
		if (due == MR_NEVER)
			return;
		if (due > x.now.mono_ns)
			x.now.mono_ns = due;
		sim_chassis_step(x.c, x.now);
		sim_blade_step(blade, x.now);
	}
}

static void start(const char *adapter)
{
	blade = sim_blade_new(x.c, 1, 1);
	cf_provision(adapter);
	ck_assert_uint_eq(sw_w(&x, SW_PORT(1) + PORT_AUTH, MR_AUTH_AUTHORISED), MR_BATCH_OK);
	settle();
	f = cf_show(adapter, 1, 0, 0);
	f.rid = PF;
	settle();
	ck_assert_ptr_nonnull(sim_blade_find(blade, PF));
}

static void setup(void)
{
	cf_setup();
}

static void teardown(void)
{
	sim_blade_free(blade);
	cf_teardown();
}

static uint32_t rd(unsigned rid, unsigned off, unsigned width)
{
	return sim_blade_cfg_read(blade, x.now, (uint16_t)rid, off, width);
}

static void wr(unsigned rid, unsigned off, unsigned width, uint32_t v)
{
	sim_blade_cfg_write(blade, x.now, (uint16_t)rid, off, width, v);
}

/* setpci NumVFs and VF Enable: registers and raw cycles, nothing in sysfs. */
START_TEST(setpci_enables_vfs_for_raw_cycles_only)
{
	unsigned devs, at;
	uint64_t revision;

	start("small");
	give_n(&f, 3);
	settle();
	devs = sim_blade_devs(blade);
	revision = sim_blade_revision(blade);
	wr(PF, SRIOV + PCI_SRIOV_NUM_VF, 2, 2);
	ck_assert_uint_eq(rd(PF, SRIOV + PCI_SRIOV_NUM_VF, 2), 2);
	wr(PF, SRIOV + PCI_SRIOV_CTRL, 2, ON);
	settle();
	ck_assert_uint_eq(rd(PF, SRIOV + PCI_SRIOV_CTRL, 2), ON);
	at = rd(PF, SRIOV + PCI_SRIOV_VF_OFFSET, 2);
	for (unsigned s = 1; s <= 3; s++) {
		unsigned rid = PF + at + (s - 1) * rd(PF, SRIOV + PCI_SRIOV_VF_STRIDE, 2);

		ck_assert_uint_eq(rd(rid, PCI_VENDOR_ID, 4), 0xffffffff);
		ck_assert_uint_eq(rd(rid, PCI_CLASS_REVISION, 4) != 0xffffffff, s <= 2);
		ck_assert_ptr_null(sim_blade_find(blade, (uint16_t)rid));
	}
	ck_assert_uint_eq(sim_blade_devs(blade), devs);
	ck_assert_uint_eq(sim_blade_find(blade, PF)->numvfs, 0);
	ck_assert_uint_eq(sim_blade_revision(blade), revision);
	/* NumVFs is locked now, as on hardware. */
	wr(PF, SRIOV + PCI_SRIOV_NUM_VF, 2, 3);
	ck_assert_uint_eq(rd(PF, SRIOV + PCI_SRIOV_NUM_VF, 2), 2);
	wr(PF, SRIOV + PCI_SRIOV_CTRL, 2, PCI_SRIOV_CTRL_ARI);
	ck_assert_uint_eq(rd(PF + at, PCI_CLASS_REVISION, 4), 0xffffffff);
}
END_TEST

/* setpci VF Enable 0 under the kernel's VFs: they stop answering, sysfs keeps its records. */
START_TEST(setpci_disables_vfs_under_the_kernel)
{
	int64_t when;

	start("small");
	give_n(&f, 2);
	ck_assert_int_eq(sim_blade_numvfs(blade, x.now, PF, "8", &when), 0);
	settle();
	ck_assert_ptr_nonnull(sim_blade_find(blade, PF + 1));
	wr(PF, SRIOV + PCI_SRIOV_CTRL, 2, PCI_SRIOV_CTRL_ARI);
	settle();
	ck_assert_uint_eq(rd(PF + 1, PCI_CLASS_REVISION, 4), 0xffffffff);
	ck_assert_ptr_nonnull(sim_blade_find(blade, PF + 1));
	ck_assert_uint_eq(sim_blade_find(blade, PF)->numvfs, 8);
}
END_TEST

/* 1.5: to its system image a VF has the vendor of its PF and the VF Device ID. */
START_TEST(ids_of_a_vf)
{
	const struct sim_dev *vf;
	int64_t when;

	start("small");
	give_n(&f, 1);
	ck_assert_int_eq(sim_blade_numvfs(blade, x.now, PF, "8", &when), 0);
	settle();
	vf = sim_blade_find(blade, PF + 1);
	ck_assert_ptr_nonnull(vf);
	ck_assert_uint_eq(rd(PF + 1, PCI_VENDOR_ID, 4), 0xffffffff);
	ck_assert_uint_eq(vf->vendor, sim_blade_find(blade, PF)->vendor);
	ck_assert_uint_eq(vf->device, iov(&f, PCI_SRIOV_VF_DID, 2));
	ck_assert_uint_ne(vf->device, sim_blade_find(blade, PF)->device);
}
END_TEST

/* 1.7: FLR by the host that gives a VF up, before MigrateOut is complete, and by the one that
 * gets it, after MigrateIn; also of a VF that was Available from the start. */
START_TEST(migration_is_reset_on_either_side)
{
	uint64_t resets;
	int64_t when;

	start("small");
	give_n(&f, 1);
	ck_assert_int_eq(sim_blade_numvfs(blade, x.now, PF, "8", &when), 0);
	settle();
	resets = mvf(&f, 0, VF_RESETS);
	ck_assert_uint_eq(command(&f, 0, MR_VFC_MIGRATE_OUT), MR_BATCH_OK);
	settle();
	ck_assert_uint_eq(mvf(&f, 0, VF_RESETS), resets); /* asked, not yet given up */
	ck_assert_int_eq(sim_blade_vf_state_write(blade, x.now, PF, 0, MR_VF_UNAVAILABLE), 0);
	settle();
	ck_assert_uint_eq(mvf(&f, 0, VF_RESETS), resets + 1);
	ck_assert_uint_eq(cf_state(&f, 1), MR_VF_UNAVAILABLE);
	ck_assert_ptr_null(sim_blade_find(blade, PF + 1));

	ck_assert_uint_eq(give(&f, 1), MR_BATCH_OK);
	settle();
	resets = mvf(&f, 1, VF_RESETS);
	ck_assert_uint_eq(mvf_w(&f, 1, VF_BLOCK, 0), MR_BATCH_OK);
	ck_assert_int_eq(
		sim_blade_vf_state_write(blade, x.now, PF, slot_of(&f, 1) - 1, MR_VF_AVAILABLE),
		0);
	settle();
	ck_assert_uint_eq(mvf(&f, 1, VF_RESETS), resets + 1);
	ck_assert_ptr_nonnull(sim_blade_find(blade, cf_vf_rid(&f, slot_of(&f, 1))));
}
END_TEST

/* 1.4: the kernel waits 100 ms after VF Enable; a slow device shows retry status until then. */
START_TEST(slow_vfs_show_retry_status)
{
	start("slow");
	give_n(&f, 2);
	wr(PF, SRIOV + PCI_SRIOV_NUM_VF, 2, 2);
	wr(PF, SRIOV + PCI_SRIOV_CTRL, 2, ON);
	ck_assert_uint_eq(rd(PF + 1, PCI_VENDOR_ID, 4), 0xffff0001);
	/* Without CRS Software Visibility the root port gives up: all-ones. */
	ck_assert_uint_eq(rd(0x0008, ROOT_CTL, 2), PCI_EXP_RTCTL_CRSSVE);
	wr(0x0008, ROOT_CTL, 2, 0);
	ck_assert_uint_eq(rd(PF + 1, PCI_VENDOR_ID, 4), 0xffffffff);
	wr(0x0008, ROOT_CTL, 2, PCI_EXP_RTCTL_CRSSVE);
	ck_assert_uint_eq(rd(PF + 1, PCI_VENDOR_ID, 2), 0x0001);
	x.now.mono_ns += 600 * MS;
	ck_assert_uint_eq(rd(PF + 1, PCI_VENDOR_ID, 4), 0xffffffff);
	ck_assert_uint_eq(rd(PF + 1, PCI_CLASS_REVISION, 4), rd(PF, PCI_CLASS_REVISION, 4));
}
END_TEST

/* 1.4: a PF that is in its reset as its slot goes on is waited for, not given up. */
START_TEST(a_slot_waits_for_a_function_in_reset)
{
	int64_t when;

	start("slow");
	sim_blade_timing(blade)->power_on_ns = 1 * MS;
	sim_blade_timing(blade)->power_off_ns = 1 * MS;
	ck_assert_int_eq(sim_blade_slot_set_power(blade, x.now, 0, false, &when), 0);
	settle();
	ck_assert_ptr_null(sim_blade_find(blade, PF));
	ck_assert_int_eq(sim_blade_slot_set_power(blade, x.now, 0, true, &when), 0);
	ck_assert_uint_eq(rd(PF, PCI_VENDOR_ID, 2), 0x0001);
	settle();
	ck_assert_ptr_nonnull(sim_blade_find(blade, PF));
	ck_assert_uint_eq(sim_blade_find(blade, PF)->vendor, 0x15b3);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("conform_blade");
	TCase *t = tcase_create("setpci");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, setpci_enables_vfs_for_raw_cycles_only);
	tcase_add_test(t, setpci_disables_vfs_under_the_kernel);
	tcase_add_test(t, ids_of_a_vf);
	tcase_add_test(t, migration_is_reset_on_either_side);
	tcase_add_test(t, slow_vfs_show_retry_status);
	tcase_add_test(t, a_slot_waits_for_a_function_in_reset);
	suite_add_tcase(s, t);
	return check_run(s);
}
