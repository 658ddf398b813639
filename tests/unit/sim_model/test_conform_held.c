// SPDX-License-Identifier: Apache-2.0
/*
 * What a blade that is the root of VH 0 cannot take from other hosts (HANDOVER 3, I8): writes
 * that are held, resets of the root that do not reach what others have functions of.
 */
#include "tests/unit/sim_model/conform_root.h"

/* ---- what is held ---- */

static void vf_enable_off(void)
{
	wr(hba, SRIOV + PCI_SRIOV_CTRL, 2, 0);
}

static void mse_off(void)
{
	wr(hba, SRIOV + PCI_SRIOV_CTRL, 2, PCI_SRIOV_CTRL_VFE);
}

static void flr(void)
{
	wr(hba, PCIE + PCI_EXP_DEVCTL, 2, PCI_EXP_DEVCTL_BCR_FLR);
}

static void d3(void)
{
	wr(hba, PM + PCI_PM_CTRL, 2, 3);
}

static void pf_acs(void)
{
	wr(hba, ACS + PCI_ACS_CTRL, 2, 0);
}

static void port_acs(void)
{
	wr(0x0201, ACS + PCI_ACS_CTRL, 2, 0);
}

static void unbind(void)
{
	ck_assert_int_eq(sim_blade_unbind(f.blade[MGMT], f.x.now, "lpfc", hba), 0);
	numvfs(nvme, "0"); /* another one's count */
}

static void numvfs_0(void)
{
	numvfs(hba, "0");
}

static void removed(void)
{
	ck_assert_int_eq(sim_blade_remove(f.blade[MGMT], f.x.now, hba), 0);
	ck_assert_int_eq(sim_blade_rescan(f.blade[MGMT], f.x.now), 0);
	fxb_settle(&f);
}

static void port_bus_reset(void)
{
	wr(0x0201, PCI_BRIDGE_CONTROL, 2, PCI_BRIDGE_CTL_BUS_RESET);
}

static const struct {
	void (*fn)(void);
	int held; /* enum mr_held, -1: not by a register of the PF */
} harm[] = {
	{vf_enable_off, MR_HELD_VF_ENABLE},
	{mse_off, MR_HELD_VF_ENABLE},
	{flr, MR_HELD_FLR},
	{d3, MR_HELD_POWER},
	{pf_acs, MR_HELD_ACS},
	{port_acs, MR_HELD_ACS},
	{unbind, -1},
	{numvfs_0, MR_HELD_VF_ENABLE},
	{removed, MR_HELD_VF_ENABLE},
	{port_bus_reset, -1},
};

/* HANDOVER 3: what would take functions from other VHs is held, counted and told. */
START_TEST(held_while_others_have_functions)
{
	uint64_t from, arg[2] = {0, 0};

	assign();
	use();
	wr(hba, ACS + PCI_ACS_CTRL, 2, PCI_ACS_RR | PCI_ACS_CR);
	sw_w(&f.x, SW_EVENT_TAIL, sw(&f.x, SW_EVENT_HEAD));
	from = sw(&f.x, SW_EVENT_HEAD);
	harm[_i].fn();
	unharmed();
	ck_assert_uint_eq(cfg0(&f.x, hba, SRIOV + PCI_SRIOV_CTRL, 2) & ON, ON);
	ck_assert_uint_eq(cfg0(&f.x, hba, PM + PCI_PM_CTRL, 2) & 3, 0);
	ck_assert_uint_eq(cfg0(&f.x, hba, ACS + PCI_ACS_CTRL, 2), PCI_ACS_RR | PCI_ACS_CR);
	ck_assert_uint_eq(cfg0(&f.x, 0x0201, ACS + PCI_ACS_CTRL, 2),
			  PCI_ACS_SV | PCI_ACS_RR | PCI_ACS_CR | PCI_ACS_UF);
	if (harm[_i].held < 0)
		return;
	ck_assert_uint_eq(events(MR_EV_VH0_HELD, from, arg), 1);
	ck_assert_uint_eq(arg[0], harm[_i].fn == port_acs ? 0x0201 : hba);
	ck_assert_uint_eq(arg[1], (unsigned)harm[_i].held);
	ck_assert_uint_ge(port_reg("hba", PORT_HELD) & UINT32_MAX, 1);
	ck_assert_uint_eq(port_reg("hba", PORT_HELD) >> 32, 1ull << harm[_i].held);
}
END_TEST

/* A root that asks again and again cannot fill the ring: one event until the owner has read. */
START_TEST(held_is_told_once)
{
	uint64_t from, arg[2];

	assign();
	from = sw(&f.x, SW_EVENT_HEAD);
	for (unsigned i = 0; i < 100; i++)
		flr();
	ck_assert_uint_eq(events(MR_EV_VH0_HELD, from, arg), 1);
	ck_assert_uint_eq(port_reg("hba", PORT_HELD), 100 | 1ull << (32 + MR_HELD_FLR));
	sw_w(&f.x, SW_EVENT_TAIL, sw(&f.x, SW_EVENT_HEAD));
	flr();
	ck_assert_uint_eq(events(MR_EV_VH0_HELD, from, arg), 2);
}
END_TEST

/* As long as nothing is assigned elsewhere the root has its way. */
START_TEST(not_held_otherwise)
{
	uint16_t pf = (uint16_t)(nic + 1);

	numvfs(nvme, "8");
	assign();
	numvfs(nvme, "0");
	ck_assert_uint_eq(cfg0(&f.x, nvme, SRIOV + PCI_SRIOV_CTRL, 2) & 1, 0);
	wr(pf, PM + PCI_PM_CTRL, 2, 3);
	ck_assert_uint_eq(cfg0(&f.x, pf, PM + PCI_PM_CTRL, 2) & 3, 3);
	wr(pf, PM + PCI_PM_CTRL, 2, 0);
	wr(nvme, PCIE + PCI_EXP_DEVCTL, 2, PCI_EXP_DEVCTL_BCR_FLR);
	ck_assert_uint_eq(ct(&f.x, "nvme", CT_PF(1, 0, 0) + PFR_RESETS), 1);
	ck_assert_uint_eq(port_reg("nic", PORT_HELD), 0);
	ck_assert_uint_eq(port_reg("nvme", PORT_HELD), 0);
}
END_TEST

/* Ours: PF 0 of an `sriov` adapter carries the control table, which the MR-PCIM always reaches.
 */
START_TEST(control_table_stays)
{
	wr(nvme, PCI_COMMAND, 2, 0);
	wr(nvme, PM + PCI_PM_CTRL, 2, 3);
	ck_assert_uint_eq(ct(&f.x, "nvme", CT_MAGIC), MR_CT_MAGIC);
	wr((uint16_t)(nic + 1), PCI_COMMAND, 2, 0);
	ck_assert_uint_eq(rd((uint16_t)(nic + 1), PCI_COMMAND, 2), 0);
}
END_TEST

/* ---- resets of the root ---- */

static void root_reset(void)
{
	ck_assert_int_eq(sim_host_reset(f.x.c, f.x.now, MGMT), 0);
}

static void root_power(void)
{
	ck_assert_int_eq(sim_host_set_power(f.x.c, f.x.now, MGMT, false), 0);
}

static void root_cable(void)
{
	ck_assert_int_eq(sim_port_set_link(f.x.c, f.x.now, MGMT, false), 0);
}

static void root_bus_reset(void)
{
	wr(0x0100, PCI_BRIDGE_CONTROL, 2, PCI_BRIDGE_CTL_BUS_RESET);
}

static void (*const root_events[])(void) = {root_reset, root_power, root_cable, root_bus_reset};

/* HANDOVER 3: they do not reach an adapter that others have functions of; others they do. */
START_TEST(resets_of_the_root)
{
	uint16_t pf = (uint16_t)(nic + 1);
	uint64_t from, arg[2] = {0, 0};

	assign();
	use();
	wr(pf, PM + PCI_PM_CTRL, 2, 3);
	from = sw(&f.x, SW_EVENT_HEAD);
	root_events[_i]();
	ck_assert_uint_eq(events(MR_EV_VH0_RESET, from, arg), 1);
	ck_assert_uint_eq(arg[0], 3); /* nic, nvme, gpu */
	ck_assert_uint_eq(arg[1], 1); /* hba */
	ck_assert_uint_eq(port_reg("hba", PORT_RESET), 0);
	ck_assert_uint_eq(port_reg("nvme", PORT_RESET), 1);
	ck_assert_uint_eq(cfg0(&f.x, pf, PM + PCI_PM_CTRL, 2) & 3, 0);
	fxb_settle(&f);
	unharmed();
}
END_TEST

/* I7: it comes back and finds VFs that run; the count is written over them and they appear. */
START_TEST(comes_back)
{
	assign();
	use();
	root_power();
	fxb_settle(&f);
	ck_assert(!sim_blade_up(f.blade[MGMT]));
	ck_assert_int_eq(sim_host_set_power(f.x.c, f.x.now, MGMT, true), 0);
	fxb_settle(&f);
	ck_assert(sim_blade_up(f.blade[MGMT]));
	ck_assert_uint_eq(sim_blade_find(f.blade[MGMT], hba)->numvfs, 0);
	ck_assert_ptr_null(sim_blade_find(f.blade[MGMT], (uint16_t)(hba + 2)));
	numvfs(hba, "8");
	ck_assert_ptr_nonnull(sim_blade_find(f.blade[MGMT], (uint16_t)(hba + 2)));
	unharmed();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("conform_held");
	TCase *t = tcase_create("held");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, held_while_others_have_functions, 0, MR_ARRAY_SIZE(harm));
	tcase_add_test(t, held_is_told_once);
	tcase_add_test(t, not_held_otherwise);
	tcase_add_test(t, control_table_stays);
	tcase_add_loop_test(t, resets_of_the_root, 0, MR_ARRAY_SIZE(root_events));
	tcase_add_test(t, comes_back);
	suite_add_tcase(s, t);
	return check_run(s);
}
