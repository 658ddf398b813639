// SPDX-License-Identifier: Apache-2.0
/*
 * Conformance, resets and readiness: section 1.4 and the timers of VF Enable and FLR, on an
 * adapter that takes its time (FLR 50 ms, VF Enable 600 ms) and on one that does not.
 */
#include "tests/unit/sim_model/conform.h"

#define TAG 0x5a5a5a5aull

static struct cf_pf f;

static void setup(void)
{
	cf_setup();
	cf_provision("one");
	cf_provision("slow");
	f = cf_host("one", 1);
	give_n(&f, 3);
	cf_enable(&f, 600, 0);
}

static unsigned dirt(const struct cf_pf *g, unsigned s)
{
	return sim_canary(x.c, x.now, (uint16_t)g->vh, cf_vf_rid(g, s), 0);
}

static void taint(const struct cf_pf *g, unsigned s)
{
	sim_canary(x.c, x.now, (uint16_t)g->vh, cf_vf_rid(g, s), TAG);
	ck_assert_uint_gt(dirt(g, s), 0);
}

/* Everything that a conventional reset can come from. */
static void by_host_reset(void)
{
	ck_assert_int_eq(sim_host_reset(x.c, x.now, 1), 0);
	cf_firmware(1);
}

static void by_power(void)
{
	ck_assert_int_eq(sim_host_set_power(x.c, x.now, 1, false), 0);
	ck_assert_int_eq(sim_host_set_power(x.c, x.now, 1, true), 0);
	cf_firmware(1);
}

static void by_cable(void)
{
	ck_assert_int_eq(sim_port_set_link(x.c, x.now, 1, false), 0);
	ck_assert_int_eq(sim_port_set_link(x.c, x.now, 1, true), 0);
	cf_firmware(1);
}

static void by_secondary_bus_reset(void)
{
	hcfg_w(&x, 1, 0x200, PCI_BRIDGE_CONTROL, 2, PCI_BRIDGE_CTL_BUS_RESET);
	hcfg_w(&x, 1, 0x200, PCI_BRIDGE_CONTROL, 2, 0);
}

static void by_authorisation(void)
{
	ck_assert_uint_eq(sw_w(&x, SW_PORT(1) + PORT_AUTH, MR_AUTH_HELD), MR_BATCH_OK);
	cf_boot(1);
}

static void by_vh_reset(void)
{
	ck_assert_uint_eq(ct_w(&x, "one", CT_VH(1) + VH_RESET, 1), MR_BATCH_OK);
}

static void by_port_reset(void)
{
	int port = sim_adapter_find(x.c, "one");

	ck_assert_uint_eq(sw_w(&x, SW_PORT(port) + PORT_RESET, 1), MR_BATCH_OK);
}

static void (*const conventional[])(void) = {
	by_host_reset, by_power,	 by_cable,	by_secondary_bus_reset,
	by_vh_reset,   by_authorisation, by_port_reset,
};

/* 1.4: every conventional reset clears VF Enable; the VFs cease, and nothing of them is
 * left. */
START_TEST(conventional_reset_ends_vfs)
{
	taint(&f, 1);
	conventional[_i]();
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_CTRL, 2), 0);
	ck_assert(!cf_vf_there(&f, 1));
	cf_enable(&f, 600, 0);
	ck_assert(cf_vf_there(&f, 1));
	ck_assert_uint_eq(dirt(&f, 1), 0);
}
END_TEST

/* 1.4, 1.5: it returns the whole capability to its defaults, ARI Capable Hierarchy with it. */
START_TEST(conventional_reset_of_the_capability)
{
	conventional[_i]();
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_CTRL, 4), 0);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_NUM_VF, 2), 0);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_SYS_PGSIZE, 4), 1);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_BAR, 4) & ~15u, 0);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_BAR + 4, 4), 0);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_TOTAL_VF, 2), 600);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_INITIAL_VF, 2), 3);
	ck_assert_uint_eq(hcfg(&x, 1, f.rid, PCI_COMMAND, 2), 0);
}
END_TEST

/* 1.4: FLR of the PF resets the SR-IOV capability, VF Enable included; ARI Capable Hierarchy is
 * not affected (1.5), TotalVFs is the MR-PCIM's. */
START_TEST(flr_of_the_pf)
{
	cf_disable(&f);
	iov_w(&f, PCI_SRIOV_SYS_PGSIZE, 4, 0x10);
	cf_enable(&f, 600, MIGRATE);
	taint(&f, 1);
	cf_flr(1, f.rid);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_CTRL, 2), PCI_SRIOV_CTRL_ARI);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_NUM_VF, 2), 0);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_SYS_PGSIZE, 4), 1);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_BAR, 4) & ~15u, 0);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_TOTAL_VF, 2), 600);
	ck_assert_uint_eq(hcfg(&x, 1, f.rid, PCI_COMMAND, 2), 0);
	ck_assert_uint_eq(hcfg(&x, 1, f.rid, PCI_BASE_ADDRESS_0, 4) & ~15u, 0);
	ck_assert(!cf_vf_there(&f, 1));
	cf_enable(&f, 600, 0);
	ck_assert_uint_eq(dirt(&f, 1), 0);
}
END_TEST

/* 1.4: FLR of a VF leaves its routing ID and the VF BARs; only its own state goes. */
START_TEST(flr_of_a_vf)
{
	uint16_t rid = cf_vf_rid(&f, 2);
	uint64_t resets[3];

	for (unsigned s = 1; s <= 3; s++) {
		taint(&f, s);
		resets[s - 1] = mvf(&f, s - 1, VF_RESETS);
	}
	cf_flr(1, rid);
	ck_assert_uint_eq(cf_vf_rid(&f, 2), rid);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_BAR, 4) & ~15u, (uint32_t)f.vfbar);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_CTRL, 2), ON);
	ck_assert_uint_eq(hcfg(&x, 1, rid, PCI_COMMAND, 2), 0);
	ck_assert_uint_eq(sim_host_mem_read(x.c, x.now, 1, f.vfbar + 16384, 4), 0);
	for (unsigned s = 1; s <= 3; s++) {
		ck_assert_uint_eq(dirt(&f, s) == 0, s == 2);
		ck_assert_uint_eq(mvf(&f, s - 1, VF_RESETS), resets[s - 1] + (s == 2));
	}
}
END_TEST

/* 1.4, 1.7: FLR of a VF does not change its migration state, nor its assignment's
 * attributes. */
START_TEST(flr_of_a_vf_keeps_state_and_attributes)
{
	iov_w(&f, PCI_SRIOV_CTRL, 2, ON | MIGRATE);
	ck_assert_uint_eq(mvf_w(&f, 0, VF_IDENT0, 0x0225b5000001), MR_BATCH_OK);
	ck_assert_uint_eq(command(&f, 0, MR_VFC_MIGRATE_OUT), MR_BATCH_OK);
	cf_flr(1, cf_vf_rid(&f, 1));
	ck_assert_uint_eq(cf_state(&f, 1), MR_VF_MIGRATE_OUT);
	ck_assert_uint_eq(mvf(&f, 0, VF_IDENT0), 0x0225b5000001);
}
END_TEST

/* 1.4: clearing VF Enable: VFs keep no state, not even sticky bits. */
START_TEST(vf_enable_off_keeps_nothing)
{
	taint(&f, 1);
	taint(&f, 3);
	cf_disable(&f);
	ck_assert(!cf_vf_there(&f, 1));
	cf_enable(&f, 600, 0);
	ck_assert_uint_eq(dirt(&f, 1), 0);
	ck_assert_uint_eq(dirt(&f, 3), 0);
}
END_TEST

/* 1.4: VF Enable off does not touch the PF. */
START_TEST(vf_enable_off_leaves_the_pf)
{
	sim_host_mem_write(x.c, x.now, 1, f.bar + 64, 4, 0x99);
	cf_disable(&f);
	ck_assert_uint_eq(sim_host_mem_read(x.c, x.now, 1, f.bar + 64, 4), 0x99);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_BAR, 4) & ~15u, (uint32_t)f.vfbar);
}
END_TEST

/* HANDOVER 4 (I8): resets of one hierarchy do not reach another's functions. */
START_TEST(resets_stay_in_their_hierarchy)
{
	struct cf_pf g = cf_host("one", 2);
	uint64_t resets;

	ck_assert_uint_eq(give(&g, 7), MR_BATCH_OK);
	cf_enable(&g, 600, 0);
	taint(&g, 1);
	resets = mvf(&g, 7, VF_RESETS);
	cf_flr(1, cf_vf_rid(&f, 1));
	cf_flr(1, f.rid);
	for (unsigned i = 0; i + 1 < sizeof(conventional) / sizeof(conventional[0]); i++)
		conventional[i]();
	ck_assert_uint_eq(iov(&g, PCI_SRIOV_CTRL, 2), ON);
	ck_assert_uint_gt(dirt(&g, 1), 0);
	ck_assert_uint_eq(mvf(&g, 7, VF_RESETS), resets);
}
END_TEST

/* HANDOVER 4 (I8): nor does FLR of the PF in VH 0. */
START_TEST(flr_in_vh0_stays_there)
{
	uint16_t rid0 = (uint16_t)sw(&x, SW_PORT(sim_adapter_find(x.c, "one")) + PORT_VH0_RID);

	taint(&f, 1);
	fx_write(&x, MR_SPACE_CONFIG, 0, (uint16_t)(rid0 + 1), PCIE + PCI_EXP_DEVCTL, 2,
		 PCI_EXP_DEVCTL_BCR_FLR);
	ck_assert_uint_eq(cfg0(&x, (uint16_t)(rid0 + 1), SRIOV + PCI_SRIOV_CTRL, 2),
			  PCI_SRIOV_CTRL_ARI);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_CTRL, 2), ON);
	ck_assert_uint_gt(dirt(&f, 1), 0);
}
END_TEST

/* ---- times ---- */

static uint32_t vendor(uint16_t rid)
{
	return hcfg(&x, 1, rid, PCI_VENDOR_ID, 4);
}

/* The slow adapter behind bridge 1, its VFs just enabled. */
static struct cf_pf slow(void)
{
	struct cf_pf g;

	fx_pass(&x, 2000 * MS);
	g = cf_show("slow", 1, 1, 0);
	give_n(&g, 2);
	cf_enable(&g, 4, MIGRATE);
	return g;
}

/* 1.4: VFs may answer with retry status up to 1.0 s after VF Enable: ours until their time. */
START_TEST(retry_status_after_vf_enable)
{
	struct cf_pf g = slow();

	for (unsigned at = 0; at < 600; at += 100) {
		ck_assert_uint_eq(vendor(cf_vf_rid(&g, 1)), 0xffff0001);
		fx_pass(&x, 100 * MS);
	}
	ck_assert_uint_eq(vendor(cf_vf_rid(&g, 1)), 0xffffffff); /* a VF's own answer */
	ck_assert(cf_vf_there(&g, 1) && cf_vf_there(&g, 2));
}
END_TEST

/* 1.4: retry status shows in the Vendor ID alone; other reads give all-ones, writes vanish. */
START_TEST(retry_status_shows_in_the_vendor_id)
{
	struct cf_pf g = slow();
	uint16_t rid = cf_vf_rid(&g, 1);

	ck_assert_uint_eq(hcfg(&x, 1, rid, PCI_VENDOR_ID, 2), 0x0001);
	ck_assert_uint_eq(hcfg(&x, 1, rid, PCI_VENDOR_ID, 1), 0xff);
	ck_assert_uint_eq(hcfg(&x, 1, rid, PCI_DEVICE_ID, 2), 0xffff);
	ck_assert_uint_eq(hcfg(&x, 1, rid, PCI_COMMAND, 4), 0xffffffff);
	hcfg_w(&x, 1, rid, PCI_COMMAND, 2, PCI_COMMAND_MASTER);
	ck_assert_uint_eq(sim_host_mem_read(x.c, x.now, 1, g.vfbar, 4), 0xffffffff);
	fx_pass(&x, 600 * MS);
	ck_assert_uint_eq(hcfg(&x, 1, rid, PCI_COMMAND, 2), 0);
	ck_assert_uint_eq(sim_host_mem_read(x.c, x.now, 1, g.vfbar, 4), 0);
}
END_TEST

/* 1.4, 1.5: what does not exist is UR and no retry status: slots that are Inactive, numbers
 * beyond NumVFs, VFs that are not enabled. */
START_TEST(no_retry_status_for_what_is_not_there)
{
	struct cf_pf g = slow();

	ck_assert_uint_eq(vendor(cf_vf_rid(&g, 3)), 0xffffffff);
	ck_assert_uint_eq(vendor(cf_vf_rid(&g, 5)), 0xffffffff);
	cf_disable(&g);
	ck_assert_uint_eq(vendor(cf_vf_rid(&g, 1)), 0xffffffff);
}
END_TEST

/* 1.4: VF Enable, NumVFs and the state array of the PF itself are there at once. */
START_TEST(the_pf_is_ready_meanwhile)
{
	struct cf_pf g = slow();

	ck_assert_uint_eq(iov(&g, PCI_SRIOV_CTRL, 2), ON | MIGRATE);
	ck_assert_uint_eq(cf_state(&g, 1), MR_VF_AVAILABLE);
	ck_assert_uint_eq(cf_state(&g, 3), MR_VF_UNAVAILABLE);
}
END_TEST

/* 1.4: after FLR of a VF: retry status until its time; the other VF answers. */
START_TEST(retry_status_after_flr_of_a_vf)
{
	struct cf_pf g = slow();

	fx_pass(&x, 700 * MS);
	cf_flr(1, cf_vf_rid(&g, 1));
	ck_assert_uint_eq(vendor(cf_vf_rid(&g, 1)), 0xffff0001);
	ck_assert(cf_vf_there(&g, 2));
	fx_pass(&x, 49 * MS);
	ck_assert_uint_eq(vendor(cf_vf_rid(&g, 1)), 0xffff0001);
	fx_pass(&x, 1 * MS);
	ck_assert(cf_vf_there(&g, 1));
}
END_TEST

/* 1.4: after FLR of the PF the same; then the VFs are gone. */
START_TEST(retry_status_after_flr_of_the_pf)
{
	struct cf_pf g = slow();

	fx_pass(&x, 700 * MS);
	cf_flr(1, g.rid);
	ck_assert_uint_eq(vendor(g.rid), 0xffff0001);
	fx_pass(&x, 50 * MS);
	ck_assert_uint_eq(vendor(g.rid), 0x101d15b3);
	ck_assert_uint_eq(iov(&g, PCI_SRIOV_CTRL, 2), PCI_SRIOV_CTRL_ARI);
}
END_TEST

/* 1.4: VF Enable off and on starts the time anew. */
START_TEST(each_vf_enable_has_its_time)
{
	struct cf_pf g = slow();

	fx_pass(&x, 599 * MS);
	cf_disable(&g);
	cf_enable(&g, 4, 0);
	fx_pass(&x, 2 * MS);
	ck_assert_uint_eq(vendor(cf_vf_rid(&g, 1)), 0xffff0001);
	fx_pass(&x, 598 * MS);
	ck_assert(cf_vf_there(&g, 1));
}
END_TEST

/* 1.4: FLR time from Readiness Time Reporting is no less than what FLR takes. */
START_TEST(readiness_times_tell)
{
	struct cf_pf g = slow();
	uint32_t t = hcfg(&x, 1, g.rid, 0x1c8, 4) & 0xfff;

	ck_assert_uint_ge((uint64_t)(t & 511) << 5 * (t >> 9), 50 * MS);
	ck_assert_uint_le((uint64_t)(t & 511) << 5 * (t >> 9), 55 * MS);
	ck_assert_uint_ne(hcfg(&x, 1, g.rid, 0x1c4, 4) >> 31, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("conform_reset");
	TCase *t = tcase_create("1.4");
	int ways = sizeof(conventional) / sizeof(conventional[0]);

	tcase_add_checked_fixture(t, setup, cf_teardown);
	tcase_add_loop_test(t, conventional_reset_ends_vfs, 0, ways);
	tcase_add_loop_test(t, conventional_reset_of_the_capability, 0, ways);
	tcase_add_test(t, flr_of_the_pf);
	tcase_add_test(t, flr_of_a_vf);
	tcase_add_test(t, flr_of_a_vf_keeps_state_and_attributes);
	tcase_add_test(t, vf_enable_off_keeps_nothing);
	tcase_add_test(t, vf_enable_off_leaves_the_pf);
	tcase_add_test(t, resets_stay_in_their_hierarchy);
	tcase_add_test(t, flr_in_vh0_stays_there);
	tcase_add_test(t, retry_status_after_vf_enable);
	tcase_add_test(t, retry_status_shows_in_the_vendor_id);
	tcase_add_test(t, no_retry_status_for_what_is_not_there);
	tcase_add_test(t, the_pf_is_ready_meanwhile);
	tcase_add_test(t, retry_status_after_flr_of_a_vf);
	tcase_add_test(t, retry_status_after_flr_of_the_pf);
	tcase_add_test(t, each_vf_enable_has_its_time);
	tcase_add_test(t, readiness_times_tell);
	suite_add_tcase(s, t);
	return check_run(s);
}
