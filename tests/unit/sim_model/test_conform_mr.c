// SPDX-License-Identifier: Apache-2.0
/*
 * Conformance, the multi-root side: sections 1.2, 1.6, 1.9 and 1.13, where the specification
 * is not public and the register map is ours, and migration of PFs that depend on each other
 * (1.7). Mailboxes between PF and BF.
 */
#include "tests/unit/sim_model/conform_tlp.h"

#define MAIL(f) ((f).bar + 0x2000)

static struct cf_pf f, g; /* adapter one in hosts 1 and 2 */

static void setup(void)
{
	cf_setup();
	cf_provision("one");
	f = cf_host("one", 1);
	cf_boot(2);
	g = cf_show("one", 2, 0, 0);
	cf_bars(&f);
	cf_bars(&g);
}

static uint64_t mail(const struct cf_pf *p, unsigned reg)
{
	return sim_host_mem_read(x.c, x.now, (uint16_t)p->vh, MAIL(*p) + reg, 8);
}

static void mail_w(const struct cf_pf *p, unsigned reg, uint64_t v)
{
	sim_host_mem_write(x.c, x.now, (uint16_t)p->vh, MAIL(*p) + reg, 8, v);
}

static uint64_t bf(const struct cf_pf *p, unsigned reg)
{
	return ct(&x, p->adapter, CT_MAIL(p->pfs, p->vh, p->p) + reg);
}

static uint32_t bf_w(const struct cf_pf *p, unsigned reg, uint64_t v)
{
	return ct_w(&x, p->adapter, CT_MAIL(p->pfs, p->vh, p->p) + reg, v);
}

/* How many of the events since 'from' are MAILBOX, and register 2 of the last. */
static unsigned rung(uint64_t from, uint64_t *ret_arg)
{
	unsigned n = 0;

	for (uint64_t e = from; e < sw(&x, SW_EVENT_HEAD); e++) {
		if ((sw(&x, SW_EVENT(e % 1024)) & 0xffff) != MR_EV_MAILBOX)
			continue;
		*ret_arg = sw(&x, SW_EVENT(e % 1024) + 16);
		n++;
	}
	return n;
}

/* ---- mailboxes: 1.6, 1.13 ---- */

/* 1.6: words, trigger, event to the MR-PCIM; answer, interrupt to the SR-PCIM. */
START_TEST(mailbox_there_and_back)
{
	uint64_t from = sw(&x, SW_EVENT_HEAD), arg = 0;

	mail_w(&f, MB_REQUEST, 0x1111);
	mail_w(&f, MB_REQUEST + 8, 0x2222);
	ck_assert_uint_eq(rung(from, &arg), 0);
	mail_w(&f, MB_DOORBELL, MR_MB_REQUEST);
	ck_assert_uint_eq(rung(from, &arg), 1);
	ck_assert_uint_eq(arg, 1); /* PF 0 of device VH 1 */
	ck_assert_uint_eq(bf(&f, MB_STATUS), MR_MB_REQUEST);
	ck_assert_uint_eq(bf(&f, MB_REQUEST), 0x1111);
	ck_assert_uint_eq(bf(&f, MB_REQUEST + 8), 0x2222);
	mail_w(&f, MB_REQUEST, 0x3333); /* not while one waits */
	ck_assert_uint_eq(bf(&f, MB_REQUEST), 0x1111);
	ck_assert_uint_eq(bf_w(&f, MB_DOORBELL, MR_MB_REQUEST), MR_BATCH_OK);
	ck_assert_uint_eq(bf_w(&f, MB_DOORBELL, MR_MB_REQUEST), MR_BATCH_REFUSED);
	ck_assert_uint_eq(mail(&f, MB_STATUS), 1ull << 32);
	ck_assert_uint_eq(bf_w(&f, MB_RESPONSE, 0x4444), MR_BATCH_OK);
	ck_assert_uint_eq(mail(&f, MB_RESPONSE), 0); /* not sent yet */
	fx_notices(&x, SIM_NOTICE_HOST_MSI, 1);
	sim_host_mem_write(x.c, x.now, 1, f.bar + 0x10000 + 16 * 3 + 12, 4, 0);
	hcfg_w(&x, 1, f.rid, 0xc2, 2, PCI_MSIX_FLAGS_ENABLE);
	mail_w(&f, MB_INTERRUPT, MR_MB_ENABLE | 3);
	ck_assert_uint_eq(bf_w(&f, MB_DOORBELL, MR_MB_RESPONSE), MR_BATCH_OK);
	ck_assert_uint_eq(fx_notices(&x, SIM_NOTICE_HOST_MSI, 1), 1);
	ck_assert_uint_eq(mail(&f, MB_RESPONSE), 0x4444);
	ck_assert_uint_eq(bf_w(&f, MB_RESPONSE, 0x5555), MR_BATCH_REFUSED);
	ck_assert_uint_eq(bf_w(&f, MB_DOORBELL, MR_MB_RESPONSE), MR_BATCH_REFUSED);
	mail_w(&f, MB_DOORBELL, MR_MB_RESPONSE);
	ck_assert_uint_eq(bf(&f, MB_STATUS), 1ull << 32);
}
END_TEST

/* 1.13: one per VH: what one host and the BF say is nowhere in another's. */
START_TEST(mailbox_of_one_vh)
{
	mail_w(&f, MB_REQUEST, 0x1111);
	mail_w(&f, MB_DOORBELL, MR_MB_REQUEST);
	ck_assert_uint_eq(bf_w(&f, MB_RESPONSE, 0x2222), MR_BATCH_OK);
	ck_assert_uint_eq(bf_w(&f, MB_DOORBELL, MR_MB_RESPONSE), MR_BATCH_OK);
	for (unsigned reg = 0; reg < 0x40; reg += 8)
		ck_assert_uint_eq(mail(&g, reg), 0);
	mail_w(&g, MB_DOORBELL, MR_MB_RESPONSE); /* not his to take */
	ck_assert_uint_eq(mail(&f, MB_STATUS), MR_MB_REQUEST | MR_MB_RESPONSE);
	/* VH 0 has none. */
	ck_assert_uint_eq(ct(&x, "one", CT_MAIL(1, 0, 0)), UINT64_MAX);
	ct_w(&x, "one", CT_MAIL(1, 0, 0) + MB_DOORBELL, MR_MB_RESPONSE);
	ck_assert_uint_eq(ct(&x, "one", CT_CAPS) & MR_CT_CAP_MAILBOX, MR_CT_CAP_MAILBOX);
	ck_assert_uint_eq(ct(&x, "plain", CT_CAPS) & MR_CT_CAP_MAILBOX, 0);
	ck_assert_uint_eq(ct(&x, "plain", CT_MAIL(1, 1, 0)), UINT64_MAX);
}
END_TEST

static void pf_flr(void)
{
	cf_flr(1, f.rid);
}

static void host_reset(void)
{
	ck_assert_int_eq(sim_host_reset(x.c, x.now, 1), 0);
	cf_firmware(1);
}

static void vh_reset(void)
{
	ck_assert_uint_eq(ct_w(&x, "one", CT_VH(1) + VH_RESET, 1), MR_BATCH_OK);
}

/* The device VH goes to another host. */
static void new_owner(void)
{
	ck_assert_uint_eq(row_w(&x, 1, 0, ROW_STATE, MR_ROW_BLOCKED), MR_BATCH_OK);
	ck_assert_uint_eq(row_w(&x, 1, 0, ROW_STATE, MR_ROW_FREE), MR_BATCH_OK);
	ck_assert_uint_eq(ct_w(&x, "one", CT_VH(1) + VH_MAP, 0), MR_BATCH_OK);
	ck_assert_uint_eq(ct_w(&x, "one", CT_VH(1) + VH_MAP, 1 | 1 << 16), MR_BATCH_OK);
	fx_map(&x, 1, 0, MR_TARGET(MR_TARGET_PFS, sim_adapter_find(x.c, "one"), 1, 0));
}

static void row_again(void)
{
	ck_assert_uint_eq(row_w(&x, 1, 0, ROW_STATE, MR_ROW_BLOCKED), MR_BATCH_OK);
	ck_assert_uint_eq(row_w(&x, 1, 0, ROW_STATE, MR_ROW_FREE), MR_BATCH_OK);
	fx_map(&x, 1, 0, MR_TARGET(MR_TARGET_PFS, sim_adapter_find(x.c, "one"), 1, 0));
}

static void (*const empties[])(void) = {pf_flr, host_reset, vh_reset, new_owner, row_again};
#define EMPTIES (sizeof(empties) / sizeof(empties[0]))

/* What ends or moves the VH empties its mailbox, both ways, and no other; a host that rings
 * and resets cannot fill the event ring. */
START_TEST(mailbox_is_emptied)
{
	uint64_t from = sw(&x, SW_EVENT_HEAD), arg;

	for (unsigned i = 0; i < 3; i++) {
		cf_bars(&f);
		mail_w(&f, MB_REQUEST, 0x1111);
		mail_w(&f, MB_INTERRUPT, MR_MB_ENABLE);
		mail_w(&f, MB_DOORBELL, MR_MB_REQUEST);
		ck_assert_uint_eq(bf_w(&f, MB_RESPONSE, 0x2222), MR_BATCH_OK);
		ck_assert_uint_eq(bf_w(&f, MB_DOORBELL, MR_MB_RESPONSE), MR_BATCH_OK);
		mail_w(&g, MB_REQUEST, 0x7777);
		empties[_i]();
		for (unsigned reg = 0; reg < 0x40; reg += 8)
			ck_assert_uint_eq(bf(&f, reg), 0);
		ck_assert_uint_eq(bf(&g, MB_REQUEST), 0x7777);
	}
	ck_assert_uint_eq(rung(from, &arg), 1);
	ck_assert_uint_eq(bf_w(&f, MB_DOORBELL, MR_MB_REQUEST), MR_BATCH_REFUSED); /* gone */
	cf_bars(&f);
	mail_w(&f, MB_DOORBELL, MR_MB_REQUEST);
	ck_assert_uint_eq(rung(from, &arg), 2);
}
END_TEST

/* A PF without a row has nobody to answer; found by a DVSEC of ours, in host VHs only. */
START_TEST(mailbox_needs_a_host)
{
	ck_assert_uint_eq(ct_w(&x, "one", CT_MAIL(1, 2, 0) + MB_DOORBELL, MR_MB_RESPONSE),
			  MR_BATCH_OK);
	ck_assert_uint_eq(ct_w(&x, "three", CT_MAIL(3, 1, 0) + MB_DOORBELL, MR_MB_RESPONSE),
			  MR_BATCH_REFUSED);
	ck_assert_uint_eq(hcfg(&x, 1, f.rid, 0x210, 2), PCI_EXT_CAP_ID_DVSEC);
	ck_assert_uint_eq(hcfg(&x, 1, f.rid, 0x214, 2), MR_DVSEC_VENDOR);
	ck_assert_uint_eq(hcfg(&x, 1, f.rid, 0x218, 2), MR_DVSEC_MAILBOX);
	ck_assert_uint_eq(hcfg(&x, 1, f.rid, 0x21c, 4), 0x2000);
	ck_assert_uint_eq(sim_host_mem_read(x.c, x.now, 1, MAIL(f) + 0x3c, 2), 0);
	sim_host_mem_write(x.c, x.now, 1, MAIL(f), 2, 0xffff); /* words are 4 bytes at least */
	ck_assert_uint_eq(bf(&f, MB_REQUEST), 0);
	sim_host_mem_write(x.c, x.now, 1, MAIL(f) + 4, 4, 0x99);
	ck_assert_uint_eq(bf(&f, MB_REQUEST), 0x99ull << 32);
}
END_TEST

/* ---- who is where: 1.2, 1.6 ---- */

/* 1.2: the BF stands in VH 0 only: BF 0:f; hosts see PFs from function 0 on. */
START_TEST(bf_in_vh0_only)
{
	uint16_t bf0 = (uint16_t)sw(&x, SW_PORT(sim_adapter_find(x.c, "one")) + PORT_VH0_RID);
	unsigned off = 0x100, mriov = 0;

	for (; off; off = cfg0(&x, bf0, off, 4) >> 20)
		mriov = cfg0(&x, bf0, off, 2) == PCI_EXT_CAP_ID_MRIOV ? off : mriov;
	ck_assert_uint_ne(mriov, 0);
	/* 1.13: with a version of our own, and a DVSEC that points at the tables. */
	ck_assert_uint_eq(cfg0(&x, bf0, mriov, 4) >> 16 & 15, MR_MRIOV_VERSION);
	ck_assert_uint_eq(cfg0(&x, bf0, mriov + MRIOV_CAP, 4), 3 | 1 << 16);
	for (off = 0x100; off; off = hcfg(&x, 1, f.rid, off, 4) >> 20)
		ck_assert_uint_ne(hcfg(&x, 1, f.rid, off, 2), PCI_EXT_CAP_ID_MRIOV);
	ck_assert_uint_eq(hcfg(&x, 1, f.rid, PCI_CLASS_REVISION, 4) >> 16, 0x0200);
}
END_TEST

/* 1.2: numbers of VHs are link-local: device VH 2 may be system VH 1; a system VH stands in one
 * row, VH 0 is fixed. */
START_TEST(vh_numbers_are_local)
{
	ck_assert_uint_eq(ct_w(&x, "three", CT_VH(2) + VH_MAP, 1 | 1 << 16), MR_BATCH_OK);
	ck_assert_uint_eq(ct_w(&x, "three", CT_VH(1) + VH_MAP, 1 | 1 << 16), MR_BATCH_REFUSED);
	ck_assert_uint_eq(ct_w(&x, "three", CT_VH(0) + VH_MAP, 1 | 1 << 16), MR_BATCH_REFUSED);
	ck_assert_uint_eq(ct_w(&x, "three", CT_VH(1) + VH_MAP, 1 | 9 << 16), MR_BATCH_REFUSED);
	fx_map(&x, 1, 1, MR_TARGET(MR_TARGET_PFS, sim_adapter_find(x.c, "three"), 2, 0));
	ck_assert_uint_eq(hcfg(&x, 1, CF_BUS(1) << 8, 0, 4), 0x101d15b3);
	/* A row of VH 2 cannot lead there. */
	row_w(&x, 2, 1, ROW_TARGET,
	      MR_TARGET(MR_TARGET_PFS, sim_adapter_find(x.c, "three"), 2, 0));
	ck_assert_uint_eq(row_w(&x, 2, 1, ROW_STATE, MR_ROW_MAPPED), MR_BATCH_REFUSED);
}
END_TEST

/* 1.6: the MR-PCIM's configuration access into any VH, with an error where nothing is. */
START_TEST(configuration_window)
{
	hcfg_w(&x, 1, f.rid, PCI_CACHE_LINE_SIZE, 1, 0x21);
	hcfg_w(&x, 2, g.rid, PCI_CACHE_LINE_SIZE, 1, 0x22);
	ck_assert_uint_eq(fx_read(&x, MR_SPACE_CONFIG, 1, f.rid, PCI_CACHE_LINE_SIZE, 1), 0x21);
	ck_assert_uint_eq(fx_read(&x, MR_SPACE_CONFIG, 2, g.rid, PCI_CACHE_LINE_SIZE, 1), 0x22);
	ck_assert_uint_eq(fx_write(&x, MR_SPACE_CONFIG, 2, g.rid, PCI_CACHE_LINE_SIZE, 1, 0x33),
			  MR_BATCH_OK);
	ck_assert_uint_eq(hcfg(&x, 2, g.rid, PCI_CACHE_LINE_SIZE, 1), 0x33);
	ck_assert_uint_eq(hcfg(&x, 1, f.rid, PCI_CACHE_LINE_SIZE, 1), 0x21);
	ck_assert_uint_eq(fx_read(&x, MR_SPACE_CONFIG, 2, 0x9900, 0, 4) & 0xffff0000,
			  0xffff0000);
}
END_TEST

/* 1.6: a reset of one VH by the MR-PCIM ends that VH's VFs and is counted there only. */
START_TEST(reset_of_one_vh)
{
	give_n(&f, 1);
	ck_assert_uint_eq(mvf_w(&g, 5, VF_BLOCK, 3), MR_BATCH_OK);
	ck_assert_uint_eq(give(&g, 5), MR_BATCH_OK);
	cf_enable(&f, 8, 0);
	cf_enable(&g, 8, 0);
	ck_assert_uint_eq(ct_w(&x, "one", CT_VH(1) + VH_RESET, 1), MR_BATCH_OK);
	ck_assert(!cf_vf_there(&f, 1));
	ck_assert(cf_vf_there(&g, 1));
	ck_assert_uint_eq(ct(&x, "one", CT_VH(1) + VH_RESET), 1);
	ck_assert_uint_eq(ct(&x, "one", CT_VH(2) + VH_RESET), 0);
	ck_assert_uint_eq(ct_w(&x, "one", CT_VH(0) + VH_RESET, 1), MR_BATCH_REFUSED);
}
END_TEST

/* 1.9: no host enumerates before its port is authorised; isolated, it sees a bridge and nothing
 * below. */
START_TEST(authorisation)
{
	ck_assert_uint_eq(sw_w(&x, SW_PORT(1) + PORT_AUTH, MR_AUTH_HELD), MR_BATCH_OK);
	ck_assert(!sim_host_link(x.c, 1));
	for (unsigned bus = 0; bus < 256; bus++)
		ck_assert_uint_eq(hcfg(&x, 1, (uint16_t)(bus << 8), 0, 4), 0xffffffff);
	ck_assert_uint_eq(sw_w(&x, SW_PORT(1) + PORT_AUTH, MR_AUTH_ISOLATED), MR_BATCH_OK);
	ck_assert_uint_ne(hcfg(&x, 1, 0x100, 0, 4), 0xffffffff);
	hcfg_w(&x, 1, 0x100, 0x18, 4, 1 | 2 << 8 | 0xff << 16);
	for (unsigned fn = 0; fn < 256; fn++)
		ck_assert_uint_eq(hcfg(&x, 1, (uint16_t)(0x200 + fn), 0, 4), 0xffffffff);
	ck_assert_uint_ne(hcfg(&x, 2, g.rid, 0, 4), 0xffffffff);
}
END_TEST

/* 1.8C, 1.13: the owner stands in a register of the switch and changes by compare and swap. */
START_TEST(owner_register)
{
	struct mr_batch b = {0};
	struct sim_batch_result r;
	uint64_t refused = sw(&x, SW_REFUSED), epoch = x.epoch;

	mr_batch_cas(&b, MR_SPACE_SWITCH, 0, 0, SW_OWNER_EPOCH, 8, epoch - 1, epoch);
	r = fx_run(&x, &b, epoch);
	mr_buf_done(&r.data);
	ck_assert_uint_ne(x.status, MR_BATCH_OK);
	ck_assert_uint_eq(fx_take_over(&x), MR_BATCH_OK);
	mr_batch_sw_write(&b, SW_PORT(1) + PORT_CHALLENGE, 7); /* the deposed one */
	r = fx_run(&x, &b, epoch);
	mr_buf_done(&r.data);
	ck_assert_uint_eq(x.status, MR_BATCH_STALE_OWNER);
	ck_assert_uint_gt(sw(&x, SW_REFUSED), refused);
	ck_assert_uint_eq(sw(&x, SW_PORT(1) + PORT_CHALLENGE), 0);
}
END_TEST

/* 1.8A, 1.13: a full ring keeps what it has, loses the newest and says so. */
START_TEST(event_ring_overflow)
{
	uint64_t first = sw(&x, SW_EVENT_TAIL), head;

	for (unsigned i = 0; i < 1100; i++)
		sim_port_set_link(x.c, x.now, (uint16_t)sim_adapter_find(x.c, "slow"), i & 1);
	head = sw(&x, SW_EVENT_HEAD);
	ck_assert_uint_eq(head - first, 1024);
	ck_assert_uint_eq(sw(&x, SW_EVENT_FLAGS), MR_SW_EVENT_OVERFLOW);
	ck_assert_uint_eq(sw(&x, SW_EVENT(first % 1024) + 8), first);
	ck_assert_uint_eq(sw_w(&x, SW_EVENT_TAIL, head + 1), MR_BATCH_REFUSED);
	ck_assert_uint_eq(sw_w(&x, SW_EVENT_TAIL, head), MR_BATCH_OK);
	ck_assert_uint_eq(sw_w(&x, SW_EVENT_FLAGS, MR_SW_EVENT_OVERFLOW), MR_BATCH_OK);
	ck_assert_uint_eq(sw(&x, SW_EVENT_FLAGS), 0);
}
END_TEST

/* ---- migration and dependency: 1.7, 1.5 ---- */

/* 1.7: hardware migrates each VF by itself, also of PFs that depend on each other. */
START_TEST(dependent_pfs_migrate_apart)
{
	struct cf_pf h[3];

	cf_provision("three");
	h[0] = cf_show("three", 1, 1, 0);
	for (unsigned p = 1; p < 3; p++)
		h[p] = cf_pf("three", 1, 1, p);
	for (unsigned p = 0; p < 3; p++)
		give_n(&h[p], 1);
	for (unsigned p = 0; p < 3; p++)
		cf_enable(&h[p], 4, MIGRATE);
	ck_assert_uint_eq(command(&h[1], 0, MR_VFC_MIGRATE_OUT), MR_BATCH_OK);
	cf_state_w(&h[1], 1, MR_VF_UNAVAILABLE);
	ck_assert_uint_eq(cf_state(&h[0], 1), MR_VF_AVAILABLE);
	ck_assert_uint_eq(cf_state(&h[1], 1), MR_VF_UNAVAILABLE);
	ck_assert_uint_eq(cf_state(&h[2], 1), MR_VF_AVAILABLE);
}
END_TEST

/* 1.5: VF BARs are memory only, with the type of the VF's aperture; unused ones read 0. */
START_TEST(vf_bars_are_memory)
{
	for (unsigned i = 0; i < 6; i++)
		ck_assert_uint_eq(iov(&f, PCI_SRIOV_BAR + 4 * i, 4) & 1, 0);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_BAR, 4) & 6, 4);
	iov_w(&f, PCI_SRIOV_BAR + 16, 4, 0xffffffff);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_BAR + 16, 4), 0);
}
END_TEST

/* 1.5: First VF Offset is not 0 with NumVFs over 0, VF Stride not with NumVFs over 1; VFs lie
 * on the PF's bus or higher ones. */
START_TEST(offset_and_stride_are_not_zero)
{
	static const unsigned nums[] = {1, 2, 7, 8, 255, 256, 600};

	for (unsigned i = 0; i < sizeof(nums) / sizeof(nums[0]); i++) {
		iov_w(&f, PCI_SRIOV_NUM_VF, 2, nums[i]);
		ck_assert_uint_ne(iov(&f, PCI_SRIOV_VF_OFFSET, 2), 0);
		ck_assert_uint_ne(iov(&f, PCI_SRIOV_VF_STRIDE, 2), 0);
		ck_assert_uint_ge(cf_vf_rid(&f, nums[i]), f.rid);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("conform_mr");
	TCase *t = tcase_create("1.2 1.5 1.6 1.7 1.9 1.13");

	tcase_add_checked_fixture(t, setup, cf_teardown);
	tcase_add_test(t, mailbox_there_and_back);
	tcase_add_test(t, mailbox_of_one_vh);
	tcase_add_loop_test(t, mailbox_is_emptied, 0, EMPTIES);
	tcase_add_test(t, mailbox_needs_a_host);
	tcase_add_test(t, bf_in_vh0_only);
	tcase_add_test(t, vh_numbers_are_local);
	tcase_add_test(t, configuration_window);
	tcase_add_test(t, reset_of_one_vh);
	tcase_add_test(t, authorisation);
	tcase_add_test(t, owner_register);
	tcase_add_test(t, event_ring_overflow);
	tcase_add_test(t, dependent_pfs_migrate_apart);
	tcase_add_test(t, vf_bars_are_memory);
	tcase_add_test(t, offset_and_stride_are_not_zero);
	suite_add_tcase(s, t);
	return check_run(s);
}
