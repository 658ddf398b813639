// SPDX-License-Identifier: Apache-2.0
/*
 * Conformance, what a VF's configuration space is and is not: sections 1.4 and 1.5, ATS
 * of 1.10, ACS of 1.11. The host's view; in VH 0 the same code answers.
 */
#include "tests/unit/sim_model/conform.h"

#define PM   0x40u
#define MSIX 0xc0u

static struct cf_pf f;
static uint16_t vf;

static void setup(void)
{
	cf_setup();
	cf_provision("one");
	f = cf_host("one", 1);
	give_n(&f, 2);
	cf_enable(&f, 600, 0);
	vf = cf_vf_rid(&f, 1);
}

static uint32_t rd(unsigned rid, unsigned off, unsigned width)
{
	return hcfg(&x, 1, (uint16_t)rid, off, width);
}

static void wr(unsigned rid, unsigned off, unsigned width, uint32_t v)
{
	hcfg_w(&x, 1, (uint16_t)rid, off, width, v);
}

/* Offset of an extended capability, 0 = none. */
static unsigned ecap(unsigned rid, unsigned id)
{
	unsigned off = 0x100;

	for (unsigned n = 0; off && n < 64; n++) {
		uint32_t head = rd(rid, off, 4);

		if ((head & 0xffff) == id)
			return off;
		off = head >> 20;
	}
	return 0;
}

static unsigned cap(unsigned rid, unsigned id)
{
	unsigned off = rd(rid, PCI_CAPABILITY_LIST, 1);

	for (unsigned n = 0; off && n < 64; n++) {
		if (rd(rid, off, 1) == id)
			return off;
		off = rd(rid, off + 1, 1);
	}
	return 0;
}

/* 1.5: Vendor and Device ID of a VF read FFFFh. */
START_TEST(ids_read_ffff)
{
	ck_assert_uint_eq(rd(vf, PCI_VENDOR_ID, 4), 0xffffffff);
	ck_assert_uint_eq(rd(vf, PCI_DEVICE_ID, 2), 0xffff);
	ck_assert(cf_vf_there(&f, 1));
}
END_TEST

/* 1.5: class, revision and subsystem vendor are the PF's; header type 0, one function. */
START_TEST(class_and_header_are_the_pfs)
{
	ck_assert_uint_eq(rd(vf, PCI_CLASS_REVISION, 4), rd(f.rid, PCI_CLASS_REVISION, 4));
	ck_assert_uint_eq(rd(vf, PCI_SUBSYSTEM_VENDOR_ID, 2),
			  rd(f.rid, PCI_SUBSYSTEM_VENDOR_ID, 2));
	ck_assert_uint_eq(rd(vf, PCI_HEADER_TYPE, 1), 0);
}
END_TEST

/* 1.4, 1.5: of Command only Bus Master can be written: no I/O, MSE, parity, SERR#, INTx. */
START_TEST(command_has_bus_master_only)
{
	wr(vf, PCI_COMMAND, 2, 0xffff);
	ck_assert_uint_eq(rd(vf, PCI_COMMAND, 2), PCI_COMMAND_MASTER);
	wr(vf, PCI_COMMAND, 2, 0);
	ck_assert_uint_eq(rd(vf, PCI_COMMAND, 2), 0);
}
END_TEST

/* 1.5: MSE reads 0, and memory answers all the same: VF MSE is in the PF. */
START_TEST(memory_without_mse)
{
	sim_host_mem_write(x.c, x.now, 1, f.vfbar, 4, 0x11);
	ck_assert_uint_eq(sim_host_mem_read(x.c, x.now, 1, f.vfbar, 4), 0x11);
	ck_assert_uint_eq(rd(vf, PCI_COMMAND, 2) & PCI_COMMAND_MEMORY, 0);
}
END_TEST

/* 1.5: a VF has no BARs and no expansion ROM of its own. */
START_TEST(no_bars)
{
	for (unsigned off = PCI_BASE_ADDRESS_0; off <= PCI_BASE_ADDRESS_5; off += 4) {
		wr(vf, off, 4, 0xffffffff);
		ck_assert_uint_eq(rd(vf, off, 4), 0);
	}
	wr(vf, PCI_ROM_ADDRESS, 4, 0xffffffff);
	ck_assert_uint_eq(rd(vf, PCI_ROM_ADDRESS, 4), 0);
}
END_TEST

/* 1.4: no INTx: pin and line read 0, Interrupt Status too. */
START_TEST(no_intx)
{
	wr(vf, PCI_INTERRUPT_LINE, 2, 0xffff);
	ck_assert_uint_eq(rd(vf, PCI_INTERRUPT_LINE, 2), 0);
	ck_assert_uint_eq(rd(vf, PCI_STATUS, 2) & PCI_STATUS_INTERRUPT, 0);
	wr(vf, PCI_CACHE_LINE_SIZE, 2, 0xffff);
	ck_assert_uint_eq(rd(vf, PCI_CACHE_LINE_SIZE, 2), 0);
}
END_TEST

/* 1.4: MSI or MSI-X only; its MSI-X works without touching the PF's. */
START_TEST(msix_of_its_own)
{
	ck_assert_uint_eq(cap(vf, PCI_CAP_ID_MSIX), MSIX);
	wr(vf, MSIX + PCI_MSIX_FLAGS, 2, PCI_MSIX_FLAGS_ENABLE);
	ck_assert_uint_eq(rd(vf, MSIX + PCI_MSIX_FLAGS, 2), PCI_MSIX_FLAGS_ENABLE | 3);
	ck_assert_uint_eq(rd(f.rid, MSIX + PCI_MSIX_FLAGS, 2), 3);
	ck_assert_uint_eq(rd(vf + 1u, MSIX + PCI_MSIX_FLAGS, 2), 3);
}
END_TEST

/* 1.4: error bits in Status and Device Status are its own, 0 while nothing happened, and a
 * write of ones sets none. */
START_TEST(error_bits_are_its_own)
{
	wr(vf, PCI_STATUS, 2, 0xffff);
	ck_assert_uint_eq(rd(vf, PCI_STATUS, 2), PCI_STATUS_CAP_LIST);
	wr(vf, PCIE + PCI_EXP_DEVSTA, 2, 0xffff);
	ck_assert_uint_eq(rd(vf, PCIE + PCI_EXP_DEVSTA, 2), 0);
}
END_TEST

/* 1.4: report enables come from the PF: Device Control of a VF holds nothing. */
START_TEST(device_control_is_the_pfs)
{
	wr(vf, PCIE + PCI_EXP_DEVCTL, 2, 0x7fff);
	ck_assert_uint_eq(rd(vf, PCIE + PCI_EXP_DEVCTL, 2), 0);
	wr(f.rid, PCIE + PCI_EXP_DEVCTL, 2, 0x000f);
	ck_assert_uint_eq(rd(f.rid, PCIE + PCI_EXP_DEVCTL, 2), 0x000f);
	ck_assert_uint_eq(rd(vf, PCIE + PCI_EXP_DEVCTL, 2), 0);
	wr(vf, PCIE + PCI_EXP_DEVCTL2, 2, 0xffff);
	ck_assert_uint_eq(rd(vf, PCIE + PCI_EXP_DEVCTL2, 2), 0);
}
END_TEST

/* 1.4: link power management is controlled by PFs only. */
START_TEST(link_control_is_the_pfs)
{
	wr(vf, PCIE + PCI_EXP_LNKCTL, 2, 0xffff);
	ck_assert_uint_eq(rd(vf, PCIE + PCI_EXP_LNKCTL, 2), 0);
	wr(f.rid, PCIE + PCI_EXP_LNKCTL, 2, PCI_EXP_LNKCTL_ASPMC);
	ck_assert_uint_eq(rd(f.rid, PCIE + PCI_EXP_LNKCTL, 2), PCI_EXP_LNKCTL_ASPMC);
}
END_TEST

/* 1.4: Function Level Reset is mandatory for PF and VF. */
START_TEST(flr_is_there)
{
	ck_assert_uint_ne(rd(vf, PCIE + PCI_EXP_DEVCAP, 4) & PCI_EXP_DEVCAP_FLR, 0);
	ck_assert_uint_ne(rd(f.rid, PCIE + PCI_EXP_DEVCAP, 4) & PCI_EXP_DEVCAP_FLR, 0);
}
END_TEST

/* 1.4, 1.10: what a VF must not implement: VC, MFVC, power budgeting, SR-IOV, Resizable BAR,
 * DPA, PASID, PRI. */
START_TEST(capabilities_that_a_vf_must_not_have)
{
	static const unsigned ids[] = {0x02, 0x08, 0x09, 0x04, 0x10, 0x11,
				       0x15, 0x16, 0x1b, 0x13, 0x24};

	for (unsigned i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		ck_assert_msg(!ecap(vf, ids[i]), "capability %x", ids[i]);
}
END_TEST

/* 1.4, 1.10: AER, ATS and the like are in a VF only if its PF has them. */
START_TEST(capabilities_that_need_the_pfs)
{
	unsigned off = 0x100, n = 0;

	for (; off; n++) {
		unsigned id = rd(vf, off, 4) & 0xffff;

		ck_assert_msg(ecap(f.rid, id), "capability %x is not in the PF", id);
		off = rd(vf, off, 4) >> 20;
	}
	ck_assert_uint_ge(n, 3);
	ck_assert(ecap(vf, PCI_EXT_CAP_ID_ERR));
	ck_assert(ecap(vf, PCI_EXT_CAP_ID_ARI));
}
END_TEST

/* 1.5: ARI: the list of next functions leads over PFs and never to VFs. */
START_TEST(ari_next_function)
{
	struct cf_pf g = cf_show("three", 1, 1, 0);
	unsigned ari = ecap(g.rid, PCI_EXT_CAP_ID_ARI);

	ck_assert_uint_eq(rd(g.rid, ari + 5, 1), 1);
	ck_assert_uint_eq(rd(g.rid + 1u, ari + 5, 1), 2);
	ck_assert_uint_eq(rd(g.rid + 2u, ari + 5, 1), 0);
	ck_assert_uint_eq(rd(vf, ecap(vf, PCI_EXT_CAP_ID_ARI) + 5, 1), 0);
}
END_TEST

/* 1.4: D3hot: configuration answers, memory does not; D0 gives everything back
 * (No_Soft_Reset). The PF stays as it is, and the other VF. */
START_TEST(d3hot_of_a_vf)
{
	wr(vf, PCI_COMMAND, 2, PCI_COMMAND_MASTER);
	sim_host_mem_write(x.c, x.now, 1, f.vfbar, 4, 0x55);
	wr(vf, PM + PCI_PM_CTRL, 2, 3);
	ck_assert(cf_vf_there(&f, 1));
	ck_assert_uint_eq(sim_host_mem_read(x.c, x.now, 1, f.vfbar, 4), 0xffffffff);
	ck_assert_uint_eq(sim_host_mem_read(x.c, x.now, 1, f.vfbar + 16384, 4), 0);
	ck_assert_uint_eq(rd(f.rid, PM + PCI_PM_CTRL, 2) & 3, 0);
	wr(vf, PM + PCI_PM_CTRL, 2, 0);
	ck_assert_uint_eq(sim_host_mem_read(x.c, x.now, 1, f.vfbar, 4), 0x55);
	ck_assert_uint_eq(rd(vf, PCI_COMMAND, 2), PCI_COMMAND_MASTER);
}
END_TEST

/* 1.4: D3hot to D0 of the PF destroys VFs only with No_Soft_Reset 0; ours is 1. */
START_TEST(d3hot_of_the_pf)
{
	wr(vf, PCI_COMMAND, 2, PCI_COMMAND_MASTER);
	ck_assert_uint_ne(rd(f.rid, PM + PCI_PM_CTRL, 2) & PCI_PM_CTRL_NO_SOFT_RESET, 0);
	wr(f.rid, PM + PCI_PM_CTRL, 2, 3);
	wr(f.rid, PM + PCI_PM_CTRL, 2, 0);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_CTRL, 2), ON);
	ck_assert_uint_eq(rd(vf, PCI_COMMAND, 2), PCI_COMMAND_MASTER);
}
END_TEST

/* 1.10: ATS: queue depth field 0 means 32, page aligned requests; PF and VF enable apart. */
START_TEST(ats_enables_apart)
{
	unsigned at = ecap(vf, PCI_EXT_CAP_ID_ATS), pf = ecap(f.rid, PCI_EXT_CAP_ID_ATS);

	ck_assert_uint_ne(at, 0);
	ck_assert_uint_ne(pf, 0);
	ck_assert_uint_eq(rd(vf, at + PCI_ATS_CAP, 2), 0x20);
	wr(vf, at + PCI_ATS_CTRL, 2, PCI_ATS_CTRL_ENABLE);
	ck_assert_uint_eq(rd(vf, at + PCI_ATS_CTRL, 2), PCI_ATS_CTRL_ENABLE);
	ck_assert_uint_eq(rd(f.rid, pf + PCI_ATS_CTRL, 2), 0);
	ck_assert_uint_eq(rd(vf + 1u, at + PCI_ATS_CTRL, 2), 0);
}
END_TEST

/* 1.10: the Smallest Translation Unit is the PF's; it reads 0 in VFs. */
START_TEST(stu_is_the_pfs)
{
	unsigned at = ecap(vf, PCI_EXT_CAP_ID_ATS), pf = ecap(f.rid, PCI_EXT_CAP_ID_ATS);

	wr(vf, at + PCI_ATS_CTRL, 2, 0x801f);
	ck_assert_uint_eq(rd(vf, at + PCI_ATS_CTRL, 2), 0x8000);
	wr(f.rid, pf + PCI_ATS_CTRL, 2, 0x0003);
	ck_assert_uint_eq(rd(f.rid, pf + PCI_ATS_CTRL, 2), 3);
	ck_assert_uint_eq(rd(vf, at + PCI_ATS_CTRL, 2), 0x8000);
}
END_TEST

/* 1.11: an SR-IOV device is a multi-function device for ACS even with one PF: P2P request and
 * completion redirect and direct translated are there, in PF and VF, and can be enabled. */
START_TEST(acs_of_functions)
{
	const unsigned rids[] = {f.rid, vf}, want = PCI_ACS_RR | PCI_ACS_CR | PCI_ACS_DT;

	for (unsigned i = 0; i < 2; i++) {
		unsigned at = ecap(rids[i], PCI_EXT_CAP_ID_ACS);

		ck_assert_uint_ne(at, 0);
		ck_assert_uint_eq(rd(rids[i], at + PCI_ACS_CAP, 2), want);
		ck_assert_uint_eq(rd(rids[i], at + PCI_ACS_CTRL, 2), 0);
		wr(rids[i], at + PCI_ACS_CTRL, 2, 0xffff);
		ck_assert_uint_eq(rd(rids[i], at + PCI_ACS_CTRL, 2), want);
	}
}
END_TEST

/* 1.11: downstream ports have SV, TB, RR, CR, UF and DT, and no egress control vector. */
START_TEST(acs_of_downstream_ports)
{
	unsigned at = ecap(0x200, PCI_EXT_CAP_ID_ACS);

	ck_assert_uint_eq(rd(0x200, at + PCI_ACS_CAP, 2), 0x5f);
	wr(0x200, at + PCI_ACS_CTRL, 2, 0xffff);
	ck_assert_uint_eq(rd(0x200, at + PCI_ACS_CTRL, 2), 0x5f);
	ck_assert_uint_eq(ecap(0x100, PCI_EXT_CAP_ID_ACS), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("conform_vf");
	TCase *t = tcase_create("1.4 1.5 1.10 1.11");

	tcase_add_checked_fixture(t, setup, cf_teardown);
	tcase_add_test(t, ids_read_ffff);
	tcase_add_test(t, class_and_header_are_the_pfs);
	tcase_add_test(t, command_has_bus_master_only);
	tcase_add_test(t, memory_without_mse);
	tcase_add_test(t, no_bars);
	tcase_add_test(t, no_intx);
	tcase_add_test(t, msix_of_its_own);
	tcase_add_test(t, error_bits_are_its_own);
	tcase_add_test(t, device_control_is_the_pfs);
	tcase_add_test(t, link_control_is_the_pfs);
	tcase_add_test(t, flr_is_there);
	tcase_add_test(t, capabilities_that_a_vf_must_not_have);
	tcase_add_test(t, capabilities_that_need_the_pfs);
	tcase_add_test(t, ari_next_function);
	tcase_add_test(t, d3hot_of_a_vf);
	tcase_add_test(t, d3hot_of_the_pf);
	tcase_add_test(t, ats_enables_apart);
	tcase_add_test(t, stu_is_the_pfs);
	tcase_add_test(t, acs_of_functions);
	tcase_add_test(t, acs_of_downstream_ports);
	suite_add_tcase(s, t);
	return check_run(s);
}
