// SPDX-License-Identifier: Apache-2.0
/*
 * A blade that is the root of VH 0 (`managementRoot: host:NAME`): what it sees and drives. The
 * rules are ours; that VFs, buses and slots of a hierarchy are as a host's own is PCI Express.
 */
#include <errno.h>

#include "sim/model/snapshot.h"
#include "tests/unit/sim_model/conform_root.h"

/* ---- what it sees ---- */

/* Ours: bus 0 is the blade's, then the switch's numbers, the same for host and MR-PCIM. */
START_TEST(sees_the_whole_hierarchy)
{
	static const struct {
		uint16_t rid;
		const char *driver;
	} devs[] = {{0x0000, ""},	  {0x0008, "pcieport"}, {0x0100, "pcieport"},
		    {0x0200, "pcieport"}, {0x0201, "pcieport"}, {0x0202, "pcieport"},
		    {0x0204, "pcieport"}, {0x0300, ""},		{0x0301, "mlx5_core"},
		    {0x0400, "lpfc"},	  {0x0401, "lpfc"},	{0x0500, "nvme"},
		    {0x0600, ""}};

	ck_assert_uint_eq(sim_blade_devs(f.blade[MGMT]), MR_ARRAY_SIZE(devs));
	for (unsigned i = 0; i < MR_ARRAY_SIZE(devs); i++) {
		const struct sim_dev *d = sim_blade_dev(f.blade[MGMT], i);

		ck_assert_uint_eq(d->rid, devs[i].rid);
		ck_assert_str_eq(d->driver, devs[i].driver);
	}
	ck_assert_uint_eq(nic, 0x300);
	ck_assert_uint_eq(gpu, 0x600);
	for (unsigned i = 2; i < MR_ARRAY_SIZE(devs); i++)
		ck_assert_uint_eq(cfg0(&f.x, devs[i].rid, 0, 4), rd(devs[i].rid, 0, 4));
	ck_assert_uint_eq(rd(0x0203, 0, 4), UINT32_MAX); /* no adapter is described there */
}
END_TEST

/* 1.5: VFs after NumVFs and VF Enable: in hardware at once, in sysfs by sriov_numvfs only. */
START_TEST(vfs_after_vf_enable)
{
	wr(nvme, SRIOV + PCI_SRIOV_NUM_VF, 2, 8);
	wr(nvme, SRIOV + PCI_SRIOV_CTRL, 2, ON);
	ck_assert_uint_eq(rd((uint16_t)(nvme + 8), PCIE, 1), PCI_CAP_ID_EXP);
	ck_assert_ptr_null(sim_blade_find(f.blade[MGMT], (uint16_t)(nvme + 8)));
	numvfs((uint16_t)(nic + 1), "16");
	for (unsigned v = 0; v < 16; v++) {
		const struct sim_dev *d =
			sim_blade_find(f.blade[MGMT], (uint16_t)(nic + 2 + v));

		ck_assert_ptr_nonnull(d);
		ck_assert(d->is_virtfn && d->virtfn == v && d->physfn == nic + 1);
		ck_assert_uint_eq(d->device, 0x101e);
	}
	ck_assert_uint_eq(cfg0(&f.x, (uint16_t)(nic + 1), SRIOV + PCI_SRIOV_CTRL, 2) & 1, 1);
}
END_TEST

/* Errors and times of sriov_numvfs are the kernel's (facts/linux-host.md 2.1). */
START_TEST(errors_of_sriov_numvfs)
{
	struct sim_blade *b = f.blade[MGMT];
	int64_t done;

	ck_assert_int_eq(sim_blade_numvfs(b, f.x.now, nvme, "9", &done), -ERANGE);
	ck_assert_int_eq(sim_blade_numvfs(b, f.x.now, nvme, "x", &done), -EINVAL);
	ck_assert_int_eq(sim_blade_numvfs(b, f.x.now, nvme, "4", &done), 0);
	ck_assert_int_eq(done - f.x.now.mono_ns, 140000000);
	ck_assert_int_eq(sim_blade_numvfs(b, f.x.now, nvme, "4", &done), -EBUSY);
	fxb_settle(&f);
	ck_assert_int_eq(sim_blade_numvfs(b, f.x.now, nvme, "5", &done), -EBUSY);
	ck_assert_int_eq(sim_blade_unbind(b, f.x.now, "lpfc", hba), 0);
	ck_assert_int_eq(sim_blade_numvfs(b, f.x.now, hba, "4", &done), -ENOENT);
	ck_assert_int_eq(sim_blade_numvfs(b, f.x.now, gpu, "4", &done), -ENODEV);
}
END_TEST

/* Ours: BARs, VF BARs, buses and windows are the switch's; a BAR can be sized. */
START_TEST(buses_and_bars_stay)
{
	const struct sim_dev *pf = sim_blade_find(f.blade[MGMT], hba);
	uint32_t bar = rd(hba, 0x18, 4), vf = rd(hba, SRIOV + PCI_SRIOV_BAR, 4);
	uint32_t buses = rd(0x0201, PCI_PRIMARY_BUS, 4);
	uint32_t mem = rd(0x0201, PCI_PREF_MEMORY_BASE, 4);

	ck_assert_uint_eq(pf->bar_size[0], 64u << 20); /* the control table */
	ck_assert_uint_eq(pf->bar_size[2], 128u << 10);
	ck_assert_uint_eq(pf->bar[2], (bar & ~15u) | (uint64_t)rd(hba, 0x1c, 4) << 32);
	wr(hba, 0x18, 4, UINT32_MAX);
	ck_assert_uint_eq(rd(hba, 0x18, 4), 0xfffe000c);
	ck_assert_uint_eq(cfg0(&f.x, hba, 0x18, 4), bar); /* nobody else sees the probe */
	wr(hba, 0x18, 4, 0xdead0000);
	ck_assert_uint_eq(rd(hba, 0x18, 4), bar);
	wr(hba, SRIOV + PCI_SRIOV_BAR, 4, UINT32_MAX);
	ck_assert_uint_eq(rd(hba, SRIOV + PCI_SRIOV_BAR, 4), 0xffff000c);
	wr(hba, SRIOV + PCI_SRIOV_BAR, 4, 0);
	ck_assert_uint_eq(rd(hba, SRIOV + PCI_SRIOV_BAR, 4), vf);
	wr(hba, SRIOV + PCI_SRIOV_SYS_PGSIZE, 4, 2);
	ck_assert_uint_eq(rd(hba, SRIOV + PCI_SRIOV_SYS_PGSIZE, 4), 1);
	wr(0x0201, PCI_PRIMARY_BUS, 4, 0x00ffee02);
	wr(0x0201, PCI_PREF_MEMORY_BASE, 4, 0);
	ck_assert_uint_eq(rd(0x0201, PCI_PRIMARY_BUS, 4), buses);
	ck_assert_uint_eq(rd(0x0201, PCI_PREF_MEMORY_BASE, 4), mem);
}
END_TEST

/* Ours: BF, VFs and `base` devices can be looked at, and control tables not even that. */
START_TEST(looks_at_what_it_does_not_drive)
{
	uint64_t table = sim_blade_find(f.blade[MGMT], nic)->bar[0];
	uint64_t vf = sim_blade_find(f.blade[MGMT], hba)->bar[2]; /* of the PF */

	numvfs(hba, "8");
	ck_assert_uint_eq(rd((uint16_t)(hba + 2), PCI_COMMAND, 2), 0);
	for (unsigned i = 0; i < 3; i++) {
		uint16_t rid = i ? i > 1 ? gpu : nic : (uint16_t)(hba + 2);
		uint32_t was = rd(rid, PCI_COMMAND, 2);

		wr(rid, PCI_COMMAND, 2, was ^ PCI_COMMAND_MASTER);
		ck_assert_uint_eq(rd(rid, PCI_COMMAND, 2), was);
	}
	ck_assert_uint_eq(sim_host_mem_read(f.x.c, f.x.now, MGMT, table, 8), UINT64_MAX);
	sim_host_mem_write(f.x.c, f.x.now, MGMT, table + CT_VF(16, 0, 1) + VF_COOKIE, 8, 1);
	ck_assert_uint_eq(ct(&f.x, "nic", CT_VF(16, 0, 1) + VF_COOKIE), 0);
	sim_host_mem_write(f.x.c, f.x.now, MGMT, vf, 8, TAG);
	ck_assert_uint_eq(sim_host_mem_read(f.x.c, f.x.now, MGMT, vf, 8), TAG);
	/* nothing that it did touches the pool's functions */
	for (unsigned v = 0; v < 8; v++)
		ck_assert(ct(&f.x, "hba", CT_VF(8, 0, v) + VF_STATUS) & MR_VF_RESET_DONE);
}
END_TEST

/* A driver finds no device behind a function that can only be looked at. */
START_TEST(vfs_have_no_driver)
{
	numvfs(nvme, "8");
	for (unsigned v = 0; v < 8; v++)
		ck_assert_str_eq(
			sim_blade_find(f.blade[MGMT], (uint16_t)(nvme + 1 + v))->driver, "");
	ck_assert_int_eq(sim_blade_bind(f.blade[MGMT], f.x.now, "nvme", (uint16_t)(nvme + 1)),
			 -ENODEV);
}
END_TEST

/* ---- its port ---- */

/* 1.9, HANDOVER 7: the identity of VH 0's upstream bridge names port, VS 0 and the challenge.
 */
START_TEST(identity_of_the_root)
{
	ck_assert_uint_eq(sw_w(&f.x, SW_PORT(MGMT) + PORT_CHALLENGE, TAG), MR_BATCH_OK);
	ck_assert_uint_eq(rd(0x0100, VSID + VSID_PORT, 4), MGMT);
	ck_assert_uint_eq(rd(0x0100, VSID + VSID_CHALLENGE_LO, 4), (uint32_t)TAG);
	ck_assert_uint_eq(rd(0x0100, VSID + VSID_CHALLENGE_HI, 4), (uint32_t)(TAG >> 32));
	ck_assert_uint_eq(rd(0x0100, VSID + VSID_EPOCH_LO, 4), f.x.epoch);
	wr(0x0100, VSID + VSID_CHALLENGE_LO, 4, 0);
	ck_assert_uint_eq(rd(0x0100, VSID + VSID_CHALLENGE_LO, 4), (uint32_t)TAG);
}
END_TEST

/* Ours: the blade's port is the management port; it has no VH of its own. */
START_TEST(port_of_the_root)
{
	uint64_t at = SW_PORT(MGMT);

	ck_assert_uint_eq(sw(&f.x, at + PORT_KIND), MR_PORT_MGMT);
	ck_assert_uint_eq(sw(&f.x, at + PORT_VS), 0);
	ck_assert_uint_eq(sw(&f.x, at + PORT_BRIDGES), 0);
	ck_assert_uint_eq(sw(&f.x, SW_PORT(0) + PORT_KIND), MR_PORT_NONE);
	ck_assert_uint_eq(sw_w(&f.x, at + PORT_AUTH, MR_AUTH_HELD), MR_BATCH_REFUSED);
	ck_assert_uint_eq(sw(&f.x, at + PORT_AUTH), MR_AUTH_AUTHORISED);
	ck_assert_uint_eq(row_w(&f.x, MGMT, 0, ROW_STATE, MR_ROW_MAPPED), MR_BATCH_OK);
	ck_assert_uint_eq(sw(&f.x, SW_ROWS_USED), 0);
	ck_assert_uint_eq(ct_w(&f.x, "nic", CT_VH(1) + VH_MAP, 1 | MGMT << 16),
			  MR_BATCH_REFUSED);
	ck_assert_uint_eq(fx_read(&f.x, MR_SPACE_CONFIG, MGMT, 0x100, 0, 4), UINT32_MAX);
}
END_TEST

/* Slots of VH 0: surprise, no power controller; the host's kernel follows pull and insert. */
START_TEST(slots_of_the_root)
{
	uint32_t cap = rd(0x0202, PCIE + PCI_EXP_SLTCAP, 4);

	ck_assert_uint_eq(cap >> 19, 2);
	ck_assert_uint_eq(cap & 0x7f, PCI_EXP_SLTCAP_HPC | PCI_EXP_SLTCAP_HPS);
	wr(0x0202, PCIE + PCI_EXP_SLTCTL, 2, 0xffff);
	ck_assert_uint_eq(rd(0x0202, PCIE + PCI_EXP_SLTCTL, 2) & ~0x3c0u, /* indicators: off */
			  PCI_EXP_SLTCTL_PDCE | PCI_EXP_SLTCTL_HPIE | PCI_EXP_SLTCTL_DLLSCE);
	ck_assert_int_eq(sim_adapter_pull(f.x.c, f.x.now, "nvme"), 0);
	fxb_settle(&f);
	ck_assert_ptr_null(sim_blade_find(f.blade[MGMT], nvme));
	ck_assert_int_eq(sim_adapter_insert(f.x.c, f.x.now, "nvme"), 0);
	fxb_settle(&f);
	ck_assert_str_eq(sim_blade_find(f.blade[MGMT], nvme)->driver, "nvme");
	ck_assert_uint_ne(sim_blade_find(f.blade[MGMT], nvme)->bar[0], 0);
}
END_TEST

/* Ours: VF 1 with a host by migration; the root's kernel finds a VF there all the same, also
 * when it looks for the first time, but nothing of what that host's function is. */
START_TEST(vfs_that_are_elsewhere)
{
	uint16_t pf = (uint16_t)(nic + 1), vf = (uint16_t)(nic + 2);
	uint64_t at = CT_VF(16, 0, 0);

	numvfs(pf, "16");
	ck_assert_uint_eq(ct_w(&f.x, "nic", CT_VH(1) + VH_MAP, 1 | 1 << 16), MR_BATCH_OK);
	ck_assert_uint_eq(ct_w(&f.x, "nic", at + VF_BLOCK, 3), MR_BATCH_OK);
	ck_assert_uint_eq(ct_w(&f.x, "nic", at + VF_COMMAND, MR_VFC_MIGRATE_IN | 1 << 16),
			  MR_BATCH_OK);
	ck_assert_uint_eq(cfg0(&f.x, vf, PCIE, 4), UINT32_MAX);
	ck_assert_uint_eq(rd(vf, PCIE, 1), PCI_CAP_ID_EXP);
	ck_assert_uint_eq(rd(vf, 0, 4), UINT32_MAX);
	ck_assert_uint_eq(rd(vf, PCI_HEADER_TYPE, 1), 0);
	ck_assert_int_eq(sim_host_reset(f.x.c, f.x.now, MGMT), 0);
	fxb_settle(&f);
	numvfs(pf, "16");
	ck_assert_uint_eq(sim_blade_find(f.blade[MGMT], vf)->class_code, 0x020000);
	ck_assert_uint_eq(ct(&f.x, "nic", at + VF_MAP) & 0xffff, 1);
}
END_TEST

/* Ours: a whole device is in one hierarchy at a time. */
START_TEST(whole_devices_come_and_go)
{
	uint64_t target = MR_TARGET(MR_TARGET_DEVICE, sim_adapter_find(f.x.c, "gpu"), 0, 0);

	ck_assert_ptr_nonnull(sim_blade_find(f.blade[MGMT], gpu));
	fx_map(&f.x, 3, 4, target);
	fxb_settle(&f);
	ck_assert_ptr_null(sim_blade_find(f.blade[MGMT], gpu));
	ck_assert_ptr_nonnull(sim_blade_find(f.blade[3], fxb_rid(&f, 3, 4)));
	ck_assert_uint_eq(rd(gpu, 0, 4), UINT32_MAX);
	ck_assert_uint_eq(row_w(&f.x, 3, 4, ROW_STATE, MR_ROW_BLOCKED), MR_BATCH_OK);
	fx_pass(&f.x, 1000000);
	ck_assert_uint_eq(row_w(&f.x, 3, 4, ROW_STATE, MR_ROW_FREE), MR_BATCH_OK);
	fxb_settle(&f);
	ck_assert_ptr_nonnull(sim_blade_find(f.blade[MGMT], gpu));
}
END_TEST

/* 6.2: an error of a PF reaches this root through the bridges of VH 0, and no other host. */
START_TEST(errors_reach_the_root)
{
	struct sim_aer_fault fault = {.kind = SIM_AER_NONFATAL, .bit = -1};
	struct sim_aer_result got;

	ck_assert_int_eq(sim_aer_inject(f.x.c, f.x.now, MGMT, hba, &fault, &got), 0);
	ck_assert(got.sent);
	fxb_settle(&f);
	ck_assert_uint_eq(sim_blade_errors(f.blade[MGMT], hba)->total[SIM_AER_NONFATAL], 1);
}
END_TEST

/* Ours: requests that are watched take the way that its processor's do. */
START_TEST(requests_of_the_root)
{
	struct sim_tlp t = {.kind = SIM_TLP_MEM_WRITE, .vh = MGMT, .data = TAG};
	uint64_t id;

	assign();
	use();
	t.address = sim_blade_find(f.blade[MGMT], hba)->bar[2];
	id = sim_tlp_launch(f.x.c, f.x.now, &t);
	fx_pass(&f.x, 100000);
	ck_assert_int_eq(sim_tlp_fate(f.x.c, id).end, SIM_TLP_LANDED);
	ck_assert_uint_eq(sim_host_mem_read(f.x.c, f.x.now, MGMT, t.address, 8), TAG);
	t.address = row(&f.x, 3, 2, ROW_WINDOW); /* blade03's function, where VH 0 has it */
	t.data = 0;
	id = sim_tlp_launch(f.x.c, f.x.now, &t);
	fx_pass(&f.x, 100000);
	ck_assert_int_eq(sim_tlp_fate(f.x.c, id).end, SIM_TLP_DROPPED);
	unharmed();
}
END_TEST

/* Saved and restored it is what it was. */
START_TEST(saved)
{
	struct mr_buf out = {0};
	struct sim_chassis *c;

	assign();
	wr(hba, PCIE + PCI_EXP_DEVCTL, 2, PCI_EXP_DEVCTL_BCR_FLR);
	sim_chassis_save(f.x.c, f.x.now, &out);
	ck_assert_int_eq(sim_chassis_restore(mr_buf_text(&out), out.len, f.x.now, &c, NULL), 0);
	mr_buf_done(&out);
	ck_assert(sim_host_management(c, MGMT));
	ck_assert_uint_eq(sim_host_cfg_read(c, f.x.now, MGMT, hba, 0, 4), rd(hba, 0, 4));
	sim_chassis_free(c);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("conform_root");
	TCase *t = tcase_create("root");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, sees_the_whole_hierarchy);
	tcase_add_test(t, vfs_after_vf_enable);
	tcase_add_test(t, errors_of_sriov_numvfs);
	tcase_add_test(t, buses_and_bars_stay);
	tcase_add_test(t, looks_at_what_it_does_not_drive);
	tcase_add_test(t, vfs_have_no_driver);
	tcase_add_test(t, identity_of_the_root);
	tcase_add_test(t, port_of_the_root);
	tcase_add_test(t, slots_of_the_root);
	tcase_add_test(t, vfs_that_are_elsewhere);
	tcase_add_test(t, whole_devices_come_and_go);
	tcase_add_test(t, errors_reach_the_root);
	tcase_add_test(t, requests_of_the_root);
	tcase_add_test(t, saved);
	suite_add_tcase(s, t);
	return check_run(s);
}
