// SPDX-License-Identifier: Apache-2.0
/*
 * Conformance, access control as traffic: section 1.11. Requests between functions of one
 * device, between bridges of one hierarchy, and in VH 0, where the VFs of several hosts stand.
 */
#include "tests/unit/sim_model/conform_tlp.h"

#define BRIDGE(b)  (uint16_t)(0x200 + (b)) /* of host 1 */
#define MEM(pf, s) ((pf).vfbar + ((s)-1) * 16384ull)
#define ALL_DOWN   (PCI_ACS_SV | PCI_ACS_RR | PCI_ACS_CR | PCI_ACS_UF)
#define RAM	   0x50000000ull /* of a host: no BAR is there */
#define VIOLATION  (1u << 21)
#define UNC_STATUS 0x104

static struct cf_pf f, g; /* behind bridges 0 and 1 of host 1 */

static void setup(void)
{
	cf_setup();
	cf_provision("one");
	cf_provision("small");
	cf_provision("plain");
	f = cf_host("one", 1);
	g = cf_show("small", 1, 1, 0);
	give_n(&f, 2);
	give_n(&g, 2);
	cf_enable(&f, 600, 0);
	cf_enable(&g, 8, 0);
	cf_start(&f, 0, 1, true);
	cf_start(&f, 1, 2, false);
	cf_start(&g, 0, 1, false);
}

static void acs(uint16_t rid, unsigned v)
{
	hcfg_w(&x, 1, rid, ACS + PCI_ACS_CTRL, 2, v);
}

static bool violated(unsigned b)
{
	bool set = hcfg(&x, 1, BRIDGE(b), UNC_STATUS, 4) & VIOLATION;

	hcfg_w(&x, 1, BRIDGE(b), UNC_STATUS, 4, VIOLATION);
	return set;
}

static struct sim_tlp_fate write_to(const struct cf_pf *from, unsigned v, uint64_t address)
{
	return cf_send(from, v, SIM_TLP_MEM_WRITE, address);
}

/* 1.11: without redirection the functions of a device reach each other inside it. */
START_TEST(inside_a_device)
{
	struct sim_tlp_fate t = write_to(&f, 0, MEM(f, 2) + 0x40);

	ck_assert_int_eq(t.end, SIM_TLP_LANDED);
	ck_assert_uint_eq(t.at_vh, 0);
	ck_assert_uint_eq(t.at_vf, 1);
	ck_assert_uint_eq(sim_host_mem_read(x.c, x.now, 1, MEM(f, 2) + 0x40, 8), 0x1234);
	t = cf_send(&f, 0, SIM_TLP_MEM_READ, MEM(f, 2) + 0x40);
	ck_assert_int_eq(t.end, SIM_TLP_COMPLETED);
	ck_assert_uint_eq(t.data, 0x1234);
	/* What is blocked is not reached. */
	ck_assert_uint_eq(mvf_w(&f, 1, VF_BLOCK, 2), MR_BATCH_OK);
	ck_assert_int_eq(write_to(&f, 0, MEM(f, 2)).end, SIM_TLP_DROPPED);
}
END_TEST

/* 1.11: P2P Request Redirect of a function sends its requests to the root; the port above needs
 * Upstream Forwarding for what leads back to it. */
START_TEST(request_redirect_of_a_function)
{
	struct sim_tlp_fate t;

	acs(cf_vf_rid(&f, 1), PCI_ACS_RR);
	acs(BRIDGE(0), 0);
	t = write_to(&f, 0, MEM(f, 2));
	ck_assert_int_eq(t.end, SIM_TLP_DROPPED);
	ck_assert(!t.redirected);
	acs(BRIDGE(0), PCI_ACS_UF);
	t = write_to(&f, 0, MEM(f, 2));
	ck_assert(t.redirected); /* and the root sends nothing down again */
	ck_assert_int_eq(t.end, SIM_TLP_DROPPED);
	ck_assert_int_eq(cf_send(&f, 0, SIM_TLP_MEM_READ, MEM(f, 2)).end, SIM_TLP_UR);
	ck_assert_uint_eq(sim_host_mem_read(x.c, x.now, 1, MEM(f, 2), 8), 0);
	/* Each function has a bit of its own. */
	ck_assert_int_eq(write_to(&f, 1, MEM(f, 1)).end, SIM_TLP_LANDED);
}
END_TEST

/* 1.11: between ports of a switch requests go straight unless redirected. */
START_TEST(request_redirect_of_a_port)
{
	struct sim_tlp_fate t;

	acs(BRIDGE(0), 0);
	t = write_to(&f, 0, MEM(g, 1) + 8);
	ck_assert_int_eq(t.end, SIM_TLP_LANDED);
	ck_assert_uint_eq(t.at_vh, 0);
	ck_assert_int_eq(t.at_port, sim_adapter_find(x.c, "small"));
	ck_assert_uint_eq(sim_host_mem_read(x.c, x.now, 1, MEM(g, 1) + 8, 8), 0x1234);
	t = cf_send(&f, 0, SIM_TLP_MEM_READ, MEM(g, 1) + 8);
	ck_assert_uint_eq(t.data, 0x1234);
	acs(BRIDGE(0), PCI_ACS_RR);
	t = write_to(&f, 0, MEM(g, 1));
	ck_assert(t.redirected);
	ck_assert_int_eq(t.end, SIM_TLP_DROPPED);
	ck_assert(!violated(0));
	ck_assert_int_eq(write_to(&f, 0, RAM).end, SIM_TLP_LANDED);	  /* memory as before */
	ck_assert_int_eq(write_to(&g, 0, MEM(f, 1)).end, SIM_TLP_LANDED); /* its port: not */
}
END_TEST

/* 1.11: Completion Redirect of the port of the completer: two hops more, over the root. */
START_TEST(completion_redirect)
{
	struct sim_tlp t = cf_tlp(&f, 0, SIM_TLP_MEM_READ, MEM(g, 1));
	uint64_t id;

	acs(BRIDGE(0), 0);
	acs(BRIDGE(1), PCI_ACS_CR);
	id = sim_tlp_launch(x.c, x.now, &t);
	fx_pass(&x, 9 * HOP);
	ck_assert_int_eq(sim_tlp_fate(x.c, id).end, SIM_TLP_FLYING);
	fx_pass(&x, HOP);
	ck_assert(sim_tlp_fate(x.c, id).redirected);
	acs(BRIDGE(1), 0);
	id = sim_tlp_launch(x.c, x.now, &t);
	fx_pass(&x, 8 * HOP);
	ck_assert_int_eq(sim_tlp_fate(x.c, id).end, SIM_TLP_COMPLETED);
}
END_TEST

/* 1.11: Source Validation: a requester ID that is not behind the port is an ACS violation. */
START_TEST(source_validation)
{
	struct sim_tlp t = cf_tlp(&f, 0, SIM_TLP_MEM_READ, RAM);

	t.rid = cf_vf_rid(&g, 1);
	acs(BRIDGE(0), 0);
	ck_assert_int_eq(cf_run(&t).end, SIM_TLP_COMPLETED);
	ck_assert(!violated(0));
	acs(BRIDGE(0), PCI_ACS_SV);
	ck_assert_int_eq(cf_run(&t).end, SIM_TLP_UR);
	ck_assert(violated(0));
	t.rid = cf_vf_rid(&f, 600); /* on another bus of its own */
	ck_assert_int_eq(cf_run(&t).end, SIM_TLP_COMPLETED);
	ck_assert(!violated(0));
	t.rid = 0;
	ck_assert_int_eq(cf_run(&t).end, SIM_TLP_COMPLETED);
}
END_TEST

/* 1.11: Translation Blocking: translated requests and requests for translations stop. */
START_TEST(translation_blocking)
{
	acs(BRIDGE(0), 0);
	cf_send(&f, 0, SIM_TLP_ATS_REQUEST, RAM);
	ck_assert_int_eq(cf_translated(&f, 0, SIM_TLP_MEM_WRITE, RAM).end, SIM_TLP_LANDED);
	acs(BRIDGE(0), PCI_ACS_TB);
	ck_assert_int_eq(cf_translated(&f, 0, SIM_TLP_MEM_WRITE, RAM).end, SIM_TLP_DROPPED);
	ck_assert(violated(0));
	ck_assert_int_eq(cf_send(&f, 0, SIM_TLP_ATS_REQUEST, RAM + 0x1000).end, SIM_TLP_UR);
	ck_assert(violated(0));
	ck_assert_int_eq(write_to(&f, 0, RAM).end, SIM_TLP_LANDED);
	ck_assert(!violated(0));
}
END_TEST

/* 1.11: Direct Translated P2P: what was translated passes a port that redirects, and a
 * function that does. */
START_TEST(direct_translated)
{
	acs(BRIDGE(0), PCI_ACS_RR);
	cf_send(&f, 0, SIM_TLP_ATS_REQUEST, MEM(g, 1));
	ck_assert(cf_translated(&f, 0, SIM_TLP_MEM_WRITE, MEM(g, 1)).redirected);
	acs(BRIDGE(0), PCI_ACS_RR | PCI_ACS_DT);
	ck_assert_int_eq(cf_translated(&f, 0, SIM_TLP_MEM_WRITE, MEM(g, 1)).end,
			 SIM_TLP_LANDED);
	ck_assert(write_to(&f, 0, MEM(g, 1)).redirected);
	acs(BRIDGE(0), ALL_DOWN);
	acs(cf_vf_rid(&f, 1), PCI_ACS_RR);
	cf_send(&f, 0, SIM_TLP_ATS_REQUEST, MEM(f, 2));
	ck_assert(cf_translated(&f, 0, SIM_TLP_MEM_WRITE, MEM(f, 2)).redirected);
	acs(cf_vf_rid(&f, 1), PCI_ACS_RR | PCI_ACS_DT);
	ck_assert_int_eq(cf_translated(&f, 0, SIM_TLP_MEM_WRITE, MEM(f, 2)).end,
			 SIM_TLP_LANDED);
}
END_TEST

/* A peer that is cut is reached no more; the row waits for what is on its way. */
START_TEST(cut_peer)
{
	struct sim_tlp t = cf_tlp(&f, 0, SIM_TLP_MEM_READ, MEM(g, 1));
	uint64_t id;

	acs(BRIDGE(0), 0);
	id = sim_tlp_launch(x.c, x.now, &t);
	fx_pass(&x, 2 * HOP);
	ck_assert_uint_eq(row(&x, 1, 1, ROW_OUTSTANDING), 1);
	ck_assert_uint_eq(row_w(&x, 1, 1, ROW_STATE, MR_ROW_BLOCKED), MR_BATCH_OK);
	ck_assert_uint_eq(row(&x, 1, 1, ROW_STATUS) & MR_ROW_DRAINED, 0);
	fx_pass(&x, 30 * HOP);
	ck_assert_int_eq(sim_tlp_fate(x.c, id).end, SIM_TLP_UR);
	ck_assert_uint_eq(row(&x, 1, 1, ROW_STATUS) & MR_ROW_DRAINED, MR_ROW_DRAINED);
}
END_TEST

/* ---- VH 0: the VFs of an sriov adapter, each another host's ---- */

static uint16_t rid0(unsigned fn)
{
	unsigned port = (unsigned)sim_adapter_find(x.c, "plain");

	return (uint16_t)(sw(&x, SW_PORT(port) + PORT_VH0_RID) + fn);
}

static uint64_t mem0(unsigned v)
{
	return ((cfg0(&x, rid0(0), SRIOV + PCI_SRIOV_BAR, 4) & ~15ull) |
		(uint64_t)cfg0(&x, rid0(0), SRIOV + PCI_SRIOV_BAR + 4, 4) << 32) +
	       v * 16384ull;
}

static void two_hosts(struct cf_pf *ret)
{
	cf_boot(2);
	*ret = (struct cf_pf){.adapter = "plain", .vh = 1, .b = 2, .vfs = 4};
	fx_map_synthetic(&x, 1, 2, "plain", 0, 0x4000, 0xa824144d);
	fx_map_synthetic(&x, 2, 2, "plain", 1, 0x4000, 0xa824144d);
	for (unsigned v = 0; v < 2; v++)
		ck_assert_uint_eq(mvf_w(ret, v, VF_GATE, 1), MR_BATCH_OK);
	hcfg_w(&x, 1, CF_BUS(2) << 8, PCI_COMMAND, 2, 6);
}

static void redirect0(unsigned v, unsigned ctl)
{
	ck_assert_uint_eq(
		fx_write(&x, MR_SPACE_CONFIG, 0, rid0(1 + v), ACS + PCI_ACS_CTRL, 2, ctl),
		MR_BATCH_OK);
	ck_assert_uint_eq(cfg0(&x, rid0(1 + v), ACS + PCI_ACS_CTRL, 2), ctl);
}

/* 1.11: why VH 0's SR-PCIM has to set RR: an address of host 1 that is one of VH 0 would reach
 * host 2's function inside the device. */
START_TEST(vfs_of_two_hosts)
{
	struct sim_tlp_fate t;
	struct cf_pf s;

	two_hosts(&s);
	t = write_to(&s, 0, mem0(1));
	ck_assert_int_eq(t.end, SIM_TLP_LANDED);
	ck_assert_uint_eq(t.at_vf, 1);
	redirect0(0, PCI_ACS_RR | PCI_ACS_CR);
	t = write_to(&s, 0, mem0(1));
	ck_assert_int_eq(t.end, SIM_TLP_LANDED);
	ck_assert_uint_eq(t.at_vh, 1);
	ck_assert_uint_eq(t.at_port, 0xffff);
}
END_TEST

/* No host sees that register, and none of its resets undoes it, nor does the MR-PCIM's: it is
 * no state of the function. It comes back with NumVFs after a power cycle. */
START_TEST(hosts_do_not_undo_it)
{
	const uint16_t rid = CF_BUS(2) << 8;
	struct cf_pf s;

	two_hosts(&s);
	redirect0(0, PCI_ACS_RR | PCI_ACS_CR);
	redirect0(3, PCI_ACS_RR | PCI_ACS_CR); /* which nobody has: as good as reset */
	ck_assert_uint_eq(mvf(&s, 3, VF_STATUS),
			  MR_VF_RESET_DONE | MR_VF_DEFAULTS | MR_VF_ENABLED);
	for (unsigned off = 0x100; off; off = hcfg(&x, 1, rid, off, 4) >> 20)
		ck_assert_uint_ne(hcfg(&x, 1, rid, off, 2), PCI_EXT_CAP_ID_ACS);
	cf_flr(1, rid);
	ck_assert_int_eq(sim_host_reset(x.c, x.now, 1), 0);
	ck_assert_uint_eq(cfg0(&x, rid0(1), ACS + PCI_ACS_CTRL, 2), PCI_ACS_RR | PCI_ACS_CR);
	ck_assert_uint_eq(row_w(&x, 1, 2, ROW_STATE, MR_ROW_BLOCKED), MR_BATCH_OK);
	fx_pass(&x, MS);
	ck_assert_uint_eq(command(&s, 0, MR_VFC_RESET), MR_BATCH_OK);
	ck_assert_uint_eq(cfg0(&x, rid0(1), ACS + PCI_ACS_CTRL, 2), PCI_ACS_RR | PCI_ACS_CR);
	ck_assert_uint_ne(mvf(&s, 0, VF_STATUS) & MR_VF_DEFAULTS, 0);
	ck_assert_uint_eq(sw_w(&x, SW_COMMIT, 1), MR_BATCH_OK);
	sim_chassis_power_cycle(x.c, x.now, MR_NVM_GOOD);
	ck_assert_uint_eq(cfg0(&x, rid0(1), ACS + PCI_ACS_CTRL, 2), PCI_ACS_RR | PCI_ACS_CR);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("conform_acs");
	TCase *t = tcase_create("1.11");

	tcase_add_checked_fixture(t, setup, cf_teardown);
	tcase_add_test(t, inside_a_device);
	tcase_add_test(t, request_redirect_of_a_function);
	tcase_add_test(t, request_redirect_of_a_port);
	tcase_add_test(t, completion_redirect);
	tcase_add_test(t, source_validation);
	tcase_add_test(t, translation_blocking);
	tcase_add_test(t, direct_translated);
	tcase_add_test(t, cut_peer);
	tcase_add_test(t, vfs_of_two_hosts);
	tcase_add_test(t, hosts_do_not_undo_it);
	suite_add_tcase(s, t);
	return check_run(s);
}
