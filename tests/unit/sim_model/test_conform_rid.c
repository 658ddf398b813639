// SPDX-License-Identifier: Apache-2.0
/*
 * Conformance, routing IDs of VFs: the arithmetic of section 1.5 with its two examples, over
 * bus boundaries, with and without ARI, in hosts' hierarchies and in VH 0.
 */
#include "tests/unit/sim_model/conform.h"

static struct cf_pf f;

static void setup(void)
{
	cf_setup();
	cf_provision("one");
	cf_provision("three");
	f = cf_host("one", 1);
}

static bool there(unsigned vh, unsigned rid)
{
	return hcfg(&x, (uint16_t)vh, (uint16_t)rid, PCIE + PCI_EXP_DEVCAP, 4) != UINT32_MAX;
}

/* 1.5: First VF Offset and VF Stride are read-only and never 0 when they count. */
START_TEST(offset_and_stride_are_read_only)
{
	iov_w(&f, PCI_SRIOV_NUM_VF, 2, 600);
	iov_w(&f, PCI_SRIOV_VF_OFFSET, 4, 0);
	ck_assert_uint_ne(iov(&f, PCI_SRIOV_VF_OFFSET, 2), 0);
	ck_assert_uint_ne(iov(&f, PCI_SRIOV_VF_STRIDE, 2), 0);
	iov_w(&f, PCI_SRIOV_VF_OFFSET, 4, 0xffffffff);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_VF_OFFSET, 2), 256);
}
END_TEST

/* 1.5: First VF Offset changes with ARI Capable Hierarchy. */
START_TEST(offset_depends_on_ari)
{
	iov_w(&f, PCI_SRIOV_NUM_VF, 2, 600);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_VF_OFFSET, 4), 256 | 1 << 16);
	iov_w(&f, PCI_SRIOV_CTRL, 2, PCI_SRIOV_CTRL_ARI);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_VF_OFFSET, 4), 1 | 1 << 16);
}
END_TEST

/* 1.5: without ARI, VFs are functions 0-7 or stand on further buses: it depends on NumVFs. */
START_TEST(offset_depends_on_num_vfs)
{
	give_n(&f, 8);
	cf_bars(&f);
	iov_w(&f, PCI_SRIOV_NUM_VF, 2, 7);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_VF_OFFSET, 2), 1);
	iov_w(&f, PCI_SRIOV_CTRL, 2, PCI_SRIOV_CTRL_VFE);
	hcfg_w(&x, 1, 0x200, PCIE + PCI_EXP_DEVCTL2, 2, 0); /* and no ARI forwarding */
	for (unsigned s = 1; s <= 7; s++)
		ck_assert(there(1, f.rid + s));
	ck_assert(!there(1, f.rid + 8));
	iov_w(&f, PCI_SRIOV_CTRL, 2, 0);
	iov_w(&f, PCI_SRIOV_NUM_VF, 2, 8);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_VF_OFFSET, 2), 256);
	iov_w(&f, PCI_SRIOV_CTRL, 2, PCI_SRIOV_CTRL_VFE);
	ck_assert(!there(1, f.rid + 1));
	for (unsigned s = 1; s <= 8; s++)
		ck_assert(there(1, f.rid + 256 + s - 1));
}
END_TEST

/* 1.5, example: PF 0, ARI, offset 1, stride 1: 0-255 VFs take one bus, 256-511 two, 512-600
 * three. */
static const struct {
	unsigned num, buses;
} bus_cases[] = {{1, 1}, {255, 1}, {256, 2}, {511, 2}, {512, 3}, {600, 3}};

START_TEST(example_of_600_vfs_on_three_buses)
{
	unsigned num = bus_cases[_i].num;

	give_n(&f, 600);
	cf_enable(&f, num, 0);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_VF_OFFSET, 4), 1 | 1 << 16);
	ck_assert_uint_eq((cf_vf_rid(&f, num) >> 8) - (f.rid >> 8) + 1, bus_cases[_i].buses);
	for (unsigned rid = f.rid + 1; rid < f.rid + 1024u; rid++)
		ck_assert_msg(there(1, rid) == (rid <= f.rid + num), "%u VFs: %x", num, rid);
}
END_TEST

/* 1.5, example with a dependency link: PF 0..2 behind one another, stride 3. As functions 1..3
 * of VH 0 (0 is the BF) they have the numbers of the example. */
START_TEST(example_of_dependent_pfs)
{
	static const struct {
		unsigned p, s, rid;
	} vectors[] = {{0, 1, 4},  {1, 1, 5},  {2, 1, 6},  {0, 2, 7},  {1, 2, 8},  {2, 2, 9},
		       {0, 3, 10}, {0, 5, 16}, {1, 5, 17}, {2, 5, 18}, {0, 6, 19}, {2, 6, 21}};
	uint16_t rid0 =
		(uint16_t)sw(&x, SW_PORT(sim_adapter_find(x.c, "three")) + PORT_VH0_RID);

	for (unsigned i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		uint16_t pf = (uint16_t)(rid0 + 1 + vectors[i].p);
		uint32_t at = cfg0(&x, pf, SRIOV + PCI_SRIOV_VF_OFFSET, 4);
		uint16_t rid = (uint16_t)(pf + (at & 0xffff) + (vectors[i].s - 1) * (at >> 16));
		uint64_t row = CT_VF(8, vectors[i].p, vectors[i].s - 1);
		uint64_t io;

		ck_assert_uint_eq(at, 3 | 3 << 16);
		ck_assert_uint_eq(rid - rid0, vectors[i].rid);
		/* And it is that VF: a write to its Command is counted there. */
		io = ct(&x, "three", row + VF_IO);
		fx_write(&x, MR_SPACE_CONFIG, 0, rid, PCI_COMMAND, 2, 4);
		ck_assert_uint_eq(ct(&x, "three", row + VF_IO), io + 1);
	}
}
END_TEST

/* 1.5: routing IDs of several PFs' VFs never overlap; with unequal NumVFs, without ARI too. */
START_TEST(no_overlap)
{
	static const unsigned num[3] = {8, 1, 2};
	struct cf_pf g[3];
	bool used[2048] = {false};

	cf_show("three", 1, 1, 0);
	for (unsigned p = 0; p < 3; p++) {
		g[p] = cf_pf("three", 1, 1, p);
		give_n(&g[p], num[p]);
		cf_bars(&g[p]);
		used[p] = true;
	}
	iov_w(&g[0], PCI_SRIOV_CTRL, 2, _i ? PCI_SRIOV_CTRL_ARI : 0);
	for (unsigned p = 0; p < 3; p++) {
		iov_w(&g[p], PCI_SRIOV_NUM_VF, 2, num[p]);
		iov_w(&g[p], PCI_SRIOV_CTRL, 2,
		      PCI_SRIOV_CTRL_VFE | (_i ? PCI_SRIOV_CTRL_ARI : 0));
	}
	for (unsigned p = 0; p < 3; p++)
		for (unsigned s = 1; s <= num[p]; s++) {
			unsigned rid = cf_vf_rid(&g[p], s) - (CF_BUS(1) << 8);

			ck_assert_uint_lt(rid, 2048);
			ck_assert_msg(!used[rid], "%u twice", rid);
			used[rid] = true;
			ck_assert(cf_vf_there(&g[p], s));
		}
	for (unsigned rid = 0; rid < 2048; rid++)
		ck_assert_msg(there(1, (CF_BUS(1) << 8) + rid) == used[rid], "%u", rid);
}
END_TEST

/* 1.5: mod 2^16 with carries dropped: VFs beyond bus 255 are nowhere, least of all on bus 0. */
START_TEST(carries_are_dropped)
{
	uint32_t upstream = hcfg(&x, 1, 0x000, 0, 4);

	give_n(&f, 2);
	hcfg_w(&x, 1, 0x200, 0x18, 4, 2 | 0xff << 8 | 0xff << 16);
	f.rid = 0xff00;
	cf_bars(&f);
	iov_w(&f, PCI_SRIOV_NUM_VF, 2, 600);
	iov_w(&f, PCI_SRIOV_CTRL, 2, PCI_SRIOV_CTRL_VFE);
	ck_assert_uint_eq(cf_vf_rid(&f, 1), 0x0000);
	ck_assert_uint_eq(cf_vf_rid(&f, 2), 0x0001);
	ck_assert_uint_eq(hcfg(&x, 1, 0x000, 0, 4), upstream);
	ck_assert(!cf_vf_there(&f, 2));
	ck_assert(there(1, f.rid));
}
END_TEST

/* 1.5: further buses are reached only as far as the bridge forwards them. */
START_TEST(subordinate_bus_limits)
{
	give_n(&f, 600);
	cf_enable(&f, 600, 0);
	hcfg_w(&x, 1, 0x200, 0x18, 4, 2 | CF_BUS(0) << 8 | (CF_BUS(0) + 1) << 16);
	ck_assert(cf_vf_there(&f, 255));
	ck_assert(cf_vf_there(&f, 511));
	ck_assert(!cf_vf_there(&f, 512));
}
END_TEST

/* 1.5: without ARI forwarding only device 0 of the captured bus is reached; further buses are
 * Type 1 and not concerned. */
START_TEST(without_ari_forwarding)
{
	give_n(&f, 600);
	cf_enable(&f, 600, 0);
	hcfg_w(&x, 1, 0x200, PCIE + PCI_EXP_DEVCTL2, 2, 0);
	ck_assert(cf_vf_there(&f, 7));
	ck_assert(!cf_vf_there(&f, 8));
	ck_assert(!cf_vf_there(&f, 255));
	ck_assert(cf_vf_there(&f, 256));
}
END_TEST

/* 1.11: interrupts and DMA carry the routing ID: that of the VF, on its bus. */
START_TEST(requests_carry_the_vfs_routing_id)
{
	const unsigned s = 300;
	struct sim_tlp t = {.kind = SIM_TLP_MSI,
			    .from_function = true,
			    .port = (uint16_t)sim_adapter_find(x.c, "one"),
			    .vf = (uint16_t)(s - 1)};
	struct sim_notice n;
	uint64_t table, id;
	bool told = false;

	give_n(&f, 600);
	cf_enable(&f, 600, 0);
	ck_assert_uint_eq(mvf_w(&f, s - 1, VF_GATE, 1), MR_BATCH_OK);
	hcfg_w(&x, 1, cf_vf_rid(&f, s), PCI_COMMAND, 2, PCI_COMMAND_MASTER);
	hcfg_w(&x, 1, cf_vf_rid(&f, s), 0xc0 + PCI_MSIX_FLAGS, 2, PCI_MSIX_FLAGS_ENABLE);
	table = f.vfbar + (s - 1) * 16384 + 8192;
	sim_host_mem_write(x.c, x.now, 1, table, 8, 0xfee00000);
	sim_host_mem_write(x.c, x.now, 1, table + 8, 8, 0);
	fx_notices(&x, SIM_NOTICE_HOST_MSI, 1);
	id = sim_tlp_launch(x.c, x.now, &t);
	fx_pass(&x, MS);
	ck_assert_int_eq(sim_tlp_fate(x.c, id).end, SIM_TLP_LANDED);
	while (sim_chassis_notice(x.c, &n)) {
		if (n.kind != SIM_NOTICE_HOST_MSI)
			continue;
		told = true;
		ck_assert_uint_eq(n.rid, (CF_BUS(0) << 8) + 300);
	}
	ck_assert(told);
}
END_TEST

/* 1.11: equal numbers in two hierarchies are two functions. */
START_TEST(equal_addresses_in_two_hierarchies)
{
	struct cf_pf g = cf_host("one", 2);

	ck_assert_uint_eq(give(&f, 0), MR_BATCH_OK);
	ck_assert_uint_eq(give(&g, 1), MR_BATCH_OK);
	cf_enable(&f, 600, 0);
	cf_enable(&g, 600, 0);
	ck_assert_uint_eq(cf_vf_rid(&f, 1), cf_vf_rid(&g, 1));
	hcfg_w(&x, 1, cf_vf_rid(&f, 1), PCI_COMMAND, 2, PCI_COMMAND_MASTER);
	ck_assert_uint_eq(hcfg(&x, 2, cf_vf_rid(&g, 1), PCI_COMMAND, 2), 0);
	ck_assert_uint_eq(hcfg(&x, 1, cf_vf_rid(&f, 1), PCI_COMMAND, 2), PCI_COMMAND_MASTER);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("conform_rid");
	TCase *t = tcase_create("1.5 routing IDs");

	tcase_add_checked_fixture(t, setup, cf_teardown);
	tcase_add_test(t, offset_and_stride_are_read_only);
	tcase_add_test(t, offset_depends_on_ari);
	tcase_add_test(t, offset_depends_on_num_vfs);
	tcase_add_loop_test(t, example_of_600_vfs_on_three_buses, 0, 6);
	tcase_add_test(t, example_of_dependent_pfs);
	tcase_add_loop_test(t, no_overlap, 0, 2);
	tcase_add_test(t, carries_are_dropped);
	tcase_add_test(t, subordinate_bus_limits);
	tcase_add_test(t, without_ari_forwarding);
	tcase_add_test(t, requests_carry_the_vfs_routing_id);
	tcase_add_test(t, equal_addresses_in_two_hierarchies);
	suite_add_tcase(s, t);
	return check_run(s);
}
