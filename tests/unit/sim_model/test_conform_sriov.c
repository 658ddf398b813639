// SPDX-License-Identifier: Apache-2.0
/*
 * Conformance, the SR-IOV capability: one case per rule of section 1.5 about a register of it,
 * seen by a host (PF in a multi-root device) and in VH 0 (single-root).
 */
#include "tests/unit/sim_model/conform.h"

static struct cf_pf f;

static void setup(void)
{
	cf_setup();
	cf_provision("one");
	cf_provision("plain");
	f = cf_host("one", 1);
}

/* A register of the sriov adapter's PF in VH 0. */
static uint32_t plain(unsigned off, uint8_t width)
{
	uint16_t rid = (uint16_t)sw(&x, SW_PORT(sim_adapter_find(x.c, "plain")) + PORT_VH0_RID);

	return cfg0(&x, rid, SRIOV + off, width);
}

static void plain_w(unsigned off, uint8_t width, uint32_t v)
{
	uint16_t rid = (uint16_t)sw(&x, SW_PORT(sim_adapter_find(x.c, "plain")) + PORT_VH0_RID);

	fx_write(&x, MR_SPACE_CONFIG, 0, rid, SRIOV + off, width, v);
}

/* 1.5: extended capability 0010h, version 1, 40h bytes, on the list of every PF. */
START_TEST(header_id_version_length)
{
	unsigned off = 0x100, next = 0;

	while (off && (hcfg(&x, 1, f.rid, off, 4) & 0xffff) != PCI_EXT_CAP_ID_SRIOV)
		off = hcfg(&x, 1, f.rid, off, 4) >> 20;
	ck_assert_uint_eq(off, SRIOV);
	ck_assert_uint_eq(iov(&f, 0, 4) >> 16 & 0xf, 1);
	next = iov(&f, 0, 4) >> 20;
	ck_assert_uint_ge(next, SRIOV + 0x40);
}
END_TEST

/* 1.5: VF Migration Capable is read-only, 1 under a migration capable MR-PCIM, 0 in VH 0. */
START_TEST(migration_capable_is_the_mr_pcims)
{
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_CAP, 4) & PCI_SRIOV_CAP_VFM, PCI_SRIOV_CAP_VFM);
	ck_assert_uint_eq(plain(PCI_SRIOV_CAP, 4) & PCI_SRIOV_CAP_VFM, 0);
	iov_w(&f, PCI_SRIOV_CAP, 4, 0);
	plain_w(PCI_SRIOV_CAP, 4, 0xffffffff);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_CAP, 4) & PCI_SRIOV_CAP_VFM, PCI_SRIOV_CAP_VFM);
	ck_assert_uint_eq(plain(PCI_SRIOV_CAP, 4) & PCI_SRIOV_CAP_VFM, 0);
}
END_TEST

/* 1.5: Capabilities is read-only as a whole: ARI preserved, no 10-bit tags, message 0. */
START_TEST(capabilities_are_read_only)
{
	iov_w(&f, PCI_SRIOV_CAP, 4, 0xffffffff);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_CAP, 4), 3);
}
END_TEST

/* 1.5: Control is 0 by default (in VH 0 the switch's own processor has set ARI). */
START_TEST(control_defaults_to_zero)
{
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_CTRL, 2), 0);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_STATUS, 2), 0);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_NUM_VF, 2), 0);
}
END_TEST

/* 1.5: bits 0-4 of Control are writable, tag bits without the capability and reserved are
 * not. */
START_TEST(control_has_five_bits)
{
	iov_w(&f, PCI_SRIOV_CTRL, 2, 0xffff);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_CTRL, 2), 0x1f);
	iov_w(&f, PCI_SRIOV_CTRL, 2, 0);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_CTRL, 2), 0);
}
END_TEST

/* 1.5, 1.7: VF Migration Enable and its interrupt need VF Migration Capable. */
START_TEST(migration_enable_needs_the_capability)
{
	plain_w(PCI_SRIOV_CTRL, 2, 0);
	plain_w(PCI_SRIOV_CTRL, 2, MIGRATE);
	ck_assert_uint_eq(plain(PCI_SRIOV_CTRL, 2), 0);
}
END_TEST

/* 1.5: ARI Capable Hierarchy is writable in the lowest-numbered PF only, 0 in the others. */
START_TEST(ari_hierarchy_only_in_the_lowest_pf)
{
	uint16_t rid0 =
		(uint16_t)sw(&x, SW_PORT(sim_adapter_find(x.c, "three")) + PORT_VH0_RID);
	struct cf_pf g = cf_show("three", 1, 1, 0), h = cf_pf("three", 1, 1, 1);

	iov_w(&g, PCI_SRIOV_CTRL, 2, PCI_SRIOV_CTRL_ARI);
	iov_w(&h, PCI_SRIOV_CTRL, 2, PCI_SRIOV_CTRL_ARI);
	ck_assert_uint_eq(iov(&g, PCI_SRIOV_CTRL, 2), PCI_SRIOV_CTRL_ARI);
	ck_assert_uint_eq(iov(&h, PCI_SRIOV_CTRL, 2), 0);
	ck_assert_uint_eq(cfg0(&x, (uint16_t)(rid0 + 1), SRIOV + PCI_SRIOV_CTRL, 2),
			  PCI_SRIOV_CTRL_ARI);
	ck_assert_uint_eq(cfg0(&x, (uint16_t)(rid0 + 2), SRIOV + PCI_SRIOV_CTRL, 2), 0);
}
END_TEST

/* Ours: ARI Capable Hierarchy does not move routing IDs under VFs that are enabled. */
START_TEST(ari_hierarchy_holds_under_enabled_vfs)
{
	give_n(&f, 2);
	cf_enable(&f, 600, 0);
	iov_w(&f, PCI_SRIOV_CTRL, 2, PCI_SRIOV_CTRL_VFE | PCI_SRIOV_CTRL_MSE);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_CTRL, 2), ON);
	ck_assert(cf_vf_there(&f, 2));
	iov_w(&f, PCI_SRIOV_CTRL, 2, 0);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_CTRL, 2), 0);
}
END_TEST

/* 1.5: VF Migration Status is RW1C; writing 0, or Control alone, leaves it. */
START_TEST(status_is_write_one_to_clear)
{
	cf_enable(&f, 600, MIGRATE);
	ck_assert_uint_eq(give(&f, 0), MR_BATCH_OK);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_STATUS, 2), 1);
	iov_w(&f, PCI_SRIOV_STATUS, 2, 0);
	iov_w(&f, PCI_SRIOV_STATUS, 2, 0xfffe);
	iov_w(&f, PCI_SRIOV_CTRL, 2, ON | MIGRATE);
	iov_w(&f, PCI_SRIOV_CTRL, 1, (ON | MIGRATE) & 0xff);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_STATUS, 2), 1);
	iov_w(&f, PCI_SRIOV_CTRL, 4, ON | MIGRATE | 1u << 16);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_STATUS, 2), 0);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_CTRL, 2), ON | MIGRATE);
}
END_TEST

/* 1.5: InitialVFs equals TotalVFs in single-root mode and is no software's to write. */
START_TEST(initial_vfs_single_root)
{
	ck_assert_uint_eq(plain(PCI_SRIOV_INITIAL_VF, 2), 4);
	ck_assert_uint_eq(plain(PCI_SRIOV_TOTAL_VF, 2), 4);
	plain_w(PCI_SRIOV_INITIAL_VF, 4, 0);
	ck_assert_uint_eq(plain(PCI_SRIOV_INITIAL_VF, 4), 4 | 4 << 16);
}
END_TEST

/* 1.5: in multi-root mode the MR-PCIM changes InitialVFs while VF Enable is 0. */
START_TEST(initial_vfs_multi_root)
{
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_INITIAL_VF, 2), 0);
	give_n(&f, 3);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_INITIAL_VF, 2), 3);
	iov_w(&f, PCI_SRIOV_INITIAL_VF, 2, 9);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_INITIAL_VF, 2), 3);
	cf_enable(&f, 600, MIGRATE);
	ck_assert_uint_eq(give(&f, 3), MR_BATCH_OK);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_INITIAL_VF, 2), 3);
}
END_TEST

/* 1.5: InitialVFs changes across VF Enable 1, 0, 1 because VFs migrated. */
START_TEST(initial_vfs_across_vf_enable)
{
	give_n(&f, 3);
	cf_enable(&f, 600, MIGRATE);
	ck_assert_uint_eq(command(&f, 1, MR_VFC_MIGRATE_OUT), MR_BATCH_OK);
	cf_state_w(&f, 2, MR_VF_UNAVAILABLE);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_INITIAL_VF, 2), 3);
	cf_disable(&f);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_INITIAL_VF, 2), 2);
	cf_enable(&f, 600, MIGRATE);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_INITIAL_VF, 2), 2);
}
END_TEST

/* 1.5: TotalVFs is the MR-PCIM's, never below what the VH owns, and not under enabled VFs. */
START_TEST(total_vfs_is_the_mr_pcims)
{
	uint64_t at = CT_PF(1, 1, 0) + PFR_TOTALVFS;

	give_n(&f, 2);
	iov_w(&f, PCI_SRIOV_TOTAL_VF, 2, 7);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_TOTAL_VF, 2), 600);
	ck_assert_uint_eq(ct_w(&x, "one", at, 1), MR_BATCH_REFUSED);
	ck_assert_uint_eq(ct_w(&x, "one", at, 601), MR_BATCH_REFUSED);
	iov_w(&f, PCI_SRIOV_NUM_VF, 2, 400);
	ck_assert_uint_eq(ct_w(&x, "one", at, 16), MR_BATCH_OK);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_TOTAL_VF, 2), 16);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_NUM_VF, 2), 16);
	cf_enable(&f, 16, 0);
	ck_assert_uint_eq(ct_w(&x, "one", at, 8), MR_BATCH_REFUSED);
}
END_TEST

/* 1.5: NumVFs is writable only while VF Enable is 0. */
START_TEST(num_vfs_only_while_disabled)
{
	iov_w(&f, PCI_SRIOV_NUM_VF, 2, 5);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_NUM_VF, 2), 5);
	cf_enable(&f, 7, 0);
	iov_w(&f, PCI_SRIOV_NUM_VF, 2, 3);
	iov_w(&f, PCI_SRIOV_NUM_VF, 1, 2);
	iov_w(&f, PCI_SRIOV_NUM_VF, 4, 1);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_NUM_VF, 2), 7);
	cf_disable(&f);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_NUM_VF, 2), 7);
	iov_w(&f, PCI_SRIOV_NUM_VF + 1, 1, 1);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_NUM_VF, 2), 0x107);
}
END_TEST

/* 1.5: more NumVFs than TotalVFs is undefined; ours reads back TotalVFs. */
START_TEST(num_vfs_is_capped)
{
	iov_w(&f, PCI_SRIOV_NUM_VF, 2, 601);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_NUM_VF, 2), 600);
	iov_w(&f, PCI_SRIOV_NUM_VF, 2, 0xffff);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_NUM_VF, 2), 600);
}
END_TEST

/* 1.5: Function Dependency Link is the PF's own number, or the next of a circle. */
START_TEST(function_dependency_link)
{
	uint16_t rid0 =
		(uint16_t)sw(&x, SW_PORT(sim_adapter_find(x.c, "three")) + PORT_VH0_RID);

	ck_assert_uint_eq(iov(&f, PCI_SRIOV_FUNC_LINK, 1), 0);
	iov_w(&f, PCI_SRIOV_FUNC_LINK, 1, 7);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_FUNC_LINK, 1), 0);
	cf_show("three", 1, 1, 0);
	for (unsigned p = 0; p < 3; p++) {
		struct cf_pf g = cf_pf("three", 1, 1, p);

		ck_assert_uint_eq(iov(&g, PCI_SRIOV_FUNC_LINK, 1), (p + 1) % 3);
		ck_assert_uint_eq(
			cfg0(&x, (uint16_t)(rid0 + 1 + p), SRIOV + PCI_SRIOV_FUNC_LINK, 1),
			1 + (p + 1) % 3);
	}
}
END_TEST

/* 1.5: VF Device ID, read-only. */
START_TEST(vf_device_id)
{
	iov_w(&f, PCI_SRIOV_VF_DID, 2, 0x1234);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_VF_DID, 2), 0x101e);
	ck_assert_uint_eq(plain(PCI_SRIOV_VF_DID, 2), 0xa825);
}
END_TEST

/* 1.5: 4K, 8K, 64K, 256K, 1M and 4M are supported; the register is read-only. */
START_TEST(supported_page_sizes)
{
	iov_w(&f, PCI_SRIOV_SUP_PGSIZE, 4, 1);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_SUP_PGSIZE, 4), 0x553);
}
END_TEST

/* 1.5: System Page Size has exactly one bit, of the supported ones; 4 KiB by default. */
START_TEST(system_page_size_is_one_supported_bit)
{
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_SYS_PGSIZE, 4), 1);
	iov_w(&f, PCI_SRIOV_SYS_PGSIZE, 4, 0);
	iov_w(&f, PCI_SRIOV_SYS_PGSIZE, 4, 3);
	iov_w(&f, PCI_SRIOV_SYS_PGSIZE, 4, 4);
	iov_w(&f, PCI_SRIOV_SYS_PGSIZE, 4, 1u << 31);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_SYS_PGSIZE, 4), 1);
	for (unsigned bit = 0; bit <= 10; bit++) {
		if (!(0x553 >> bit & 1))
			continue;
		iov_w(&f, PCI_SRIOV_SYS_PGSIZE, 4, 1u << bit);
		ck_assert_uint_eq(iov(&f, PCI_SRIOV_SYS_PGSIZE, 4), 1u << bit);
	}
}
END_TEST

/* 1.5: System Page Size is written only while VF Enable is 0. */
START_TEST(system_page_size_only_while_disabled)
{
	cf_enable(&f, 4, 0);
	iov_w(&f, PCI_SRIOV_SYS_PGSIZE, 4, 0x10);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_SYS_PGSIZE, 4), 1);
	cf_disable(&f);
	iov_w(&f, PCI_SRIOV_SYS_PGSIZE, 4, 0x10);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_SYS_PGSIZE, 4), 0x10);
}
END_TEST

static uint64_t probe(unsigned i, bool wide)
{
	uint64_t v;

	iov_w(&f, PCI_SRIOV_BAR + 4 * i, 4, 0xffffffff);
	if (wide)
		iov_w(&f, PCI_SRIOV_BAR + 4 * i + 4, 4, 0xffffffff);
	v = iov(&f, PCI_SRIOV_BAR + 4 * i, 4) & ~15u;
	v |= wide ? (uint64_t)iov(&f, PCI_SRIOV_BAR + 4 * i + 4, 4) << 32 : ~0ull << 32;
	return ~v + 1;
}

/* 1.5: probing a VF BAR gives the aperture of ONE VF, memory only. */
START_TEST(vf_bar_probe_is_one_aperture)
{
	iov_w(&f, PCI_SRIOV_NUM_VF, 2, 600);
	ck_assert_uint_eq(probe(0, true), 16384);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_BAR, 4) & 15, 0xc);
	ck_assert_uint_eq(probe(2, false), 4096);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_BAR + 8, 4) & 15, 0);
	for (unsigned i = 3; i < 6; i++) {
		iov_w(&f, PCI_SRIOV_BAR + 4 * i, 4, 0xffffffff);
		ck_assert_uint_eq(iov(&f, PCI_SRIOV_BAR + 4 * i, 4), 0);
	}
}
END_TEST

/* 1.5: an aperture is a multiple of System Page Size. */
START_TEST(aperture_grows_with_the_page)
{
	static const unsigned pages[] = {0, 1, 4, 6, 8, 10};

	for (unsigned i = 0; i < 6; i++) {
		uint64_t page = 4096ull << pages[i];

		iov_w(&f, PCI_SRIOV_SYS_PGSIZE, 4, 1u << pages[i]);
		ck_assert_uint_eq(probe(0, true), page > 16384 ? page : 16384);
		ck_assert_uint_eq(probe(2, false), page);
	}
}
END_TEST

/* 1.5: VF BARs are indeterminate after a change of the page; ours cannot keep lower bits. */
START_TEST(page_change_clears_lower_bits)
{
	iov_w(&f, PCI_SRIOV_BAR + 4, 4, 0x12);
	iov_w(&f, PCI_SRIOV_BAR, 4, 0x345ff000);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_BAR, 4), 0x345fc00c);
	iov_w(&f, PCI_SRIOV_SYS_PGSIZE, 4, 1u << 8);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_BAR, 4), 0x3450000c);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_BAR + 4, 4), 0x12);
}
END_TEST

static uint64_t word(uint64_t at)
{
	return sim_host_mem_read(x.c, x.now, 1, at, 4);
}

/* 1.5: BAR b of VF v starts at VF BAR b + (v - 1) x aperture; NumVFs apertures are decoded. */
START_TEST(each_vf_has_its_aperture)
{
	give_n(&f, 5);
	cf_enable(&f, 4, MIGRATE);
	for (unsigned s = 1; s <= 4; s++)
		sim_host_mem_write(x.c, x.now, 1, f.vfbar + (s - 1) * 16384 + 8, 4, 0x100 + s);
	for (unsigned s = 1; s <= 4; s++)
		ck_assert_uint_eq(word(f.vfbar + (s - 1) * 16384 + 8), 0x100 + s);
	ck_assert_uint_eq(word(f.vfbar + 4 * 16384 + 8), 0xffffffff);
	ck_assert_uint_eq(word(f.vfbar - 4), 0xffffffff);
}
END_TEST

/* 1.5: the same with a System Page Size larger than the VF's own size. */
START_TEST(apertures_of_a_larger_page)
{
	give_n(&f, 2);
	iov_w(&f, PCI_SRIOV_SYS_PGSIZE, 4, 0x10);
	cf_enable(&f, 2, 0);
	sim_host_mem_write(x.c, x.now, 1, f.vfbar + 0x10000, 4, 0x77);
	ck_assert_uint_eq(word(f.vfbar + 0x10000), 0x77);
	ck_assert_uint_eq(word(f.vfbar), 0);
	ck_assert_uint_eq(word(f.vfbar + 0x20000), 0xffffffff);
}
END_TEST

/* 1.5: VF memory answers only with VF Enable and VF MSE; nothing else of the PF counts. */
START_TEST(vf_memory_needs_enable_and_mse)
{
	static const struct {
		uint16_t ctl;
		bool answers;
	} cases[] = {{0, false},
		     {PCI_SRIOV_CTRL_VFE, false},
		     {PCI_SRIOV_CTRL_MSE, false},
		     {PCI_SRIOV_CTRL_VFE | PCI_SRIOV_CTRL_MSE, true}};

	give_n(&f, 1);
	cf_bars(&f);
	for (unsigned i = 0; i < 4; i++) {
		iov_w(&f, PCI_SRIOV_CTRL, 2, 0);
		iov_w(&f, PCI_SRIOV_NUM_VF, 2, 1);
		iov_w(&f, PCI_SRIOV_CTRL, 2, cases[i].ctl);
		ck_assert_uint_eq(word(f.vfbar) != 0xffffffff, cases[i].answers);
	}
	hcfg_w(&x, 1, f.rid, PCI_COMMAND, 2, 0); /* the PF's own memory enable is another */
	ck_assert_uint_ne(word(f.vfbar), 0xffffffff);
	ck_assert_uint_eq(word(f.bar), 0xffffffff);
}
END_TEST

/* 1.5: VF Migration State Array Offset is read-only, aligned, within a BAR of the PF. */
START_TEST(state_array_offset)
{
	uint32_t at = iov(&f, PCI_SRIOV_VFM, 4);

	iov_w(&f, PCI_SRIOV_VFM, 4, 0xffffffff);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_VFM, 4), at);
	ck_assert_uint_ne(at & ~7u, 0);
	ck_assert_uint_eq(PCI_SRIOV_VFM_BIR(at), 0);
	ck_assert_uint_le((at & ~7u) + 600, 128 << 10);
}
END_TEST

/* 1.5: it reads 0 when not migration capable and when TotalVFs is 0. */
START_TEST(state_array_offset_zero)
{
	ck_assert_uint_eq(plain(PCI_SRIOV_VFM, 4), 0);
	ck_assert_uint_eq(ct_w(&x, "one", CT_PF(1, 1, 0) + PFR_TOTALVFS, 0), MR_BATCH_OK);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_VFM, 4), 0);
}
END_TEST

/* 1.5: VF Enable enables VFs 1..min(InitialVFs, NumVFs). */
START_TEST(enable_takes_the_smaller_number)
{
	static const unsigned num[] = {0, 1, 2, 3, 4, 600};

	give_n(&f, 3);
	for (unsigned i = 0; i < 6; i++) {
		unsigned n = num[i] < 3 ? num[i] : 3;

		cf_enable(&f, num[i], 0);
		for (unsigned s = 1; s <= 5; s++)
			ck_assert_uint_eq(cf_vf_there(&f, s), s <= n);
		cf_disable(&f);
		ck_assert(!cf_vf_there(&f, 1));
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("conform_sriov");
	TCase *t = tcase_create("1.5");

	tcase_add_checked_fixture(t, setup, cf_teardown);
	tcase_add_test(t, header_id_version_length);
	tcase_add_test(t, migration_capable_is_the_mr_pcims);
	tcase_add_test(t, capabilities_are_read_only);
	tcase_add_test(t, control_defaults_to_zero);
	tcase_add_test(t, control_has_five_bits);
	tcase_add_test(t, migration_enable_needs_the_capability);
	tcase_add_test(t, ari_hierarchy_only_in_the_lowest_pf);
	tcase_add_test(t, ari_hierarchy_holds_under_enabled_vfs);
	tcase_add_test(t, status_is_write_one_to_clear);
	tcase_add_test(t, initial_vfs_single_root);
	tcase_add_test(t, initial_vfs_multi_root);
	tcase_add_test(t, initial_vfs_across_vf_enable);
	tcase_add_test(t, total_vfs_is_the_mr_pcims);
	tcase_add_test(t, num_vfs_only_while_disabled);
	tcase_add_test(t, num_vfs_is_capped);
	tcase_add_test(t, function_dependency_link);
	tcase_add_test(t, vf_device_id);
	tcase_add_test(t, supported_page_sizes);
	tcase_add_test(t, system_page_size_is_one_supported_bit);
	tcase_add_test(t, system_page_size_only_while_disabled);
	tcase_add_test(t, vf_bar_probe_is_one_aperture);
	tcase_add_test(t, aperture_grows_with_the_page);
	tcase_add_test(t, page_change_clears_lower_bits);
	tcase_add_test(t, each_vf_has_its_aperture);
	tcase_add_test(t, apertures_of_a_larger_page);
	tcase_add_test(t, vf_memory_needs_enable_and_mse);
	tcase_add_test(t, state_array_offset);
	tcase_add_test(t, state_array_offset_zero);
	tcase_add_test(t, enable_takes_the_smaller_number);
	suite_add_tcase(s, t);
	return check_run(s);
}
