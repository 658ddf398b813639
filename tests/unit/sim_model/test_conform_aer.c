// SPDX-License-Identifier: Apache-2.0
/*
 * Conformance of advanced error reporting: one case a rule of PCI Express 6.2 and 7.8.4 (bits
 * as <linux/pci_regs.h>), of the SR-IOV rules for VFs (facts: errors, reset), and of Linux'
 * counters. Injection stands for the hardware that finds an error.
 */
#include <errno.h>
#include <linux/pci_regs.h>

#include "sim/model/chassis.h"
#include "tests/unit/sim_model/fx_blade.h"

#define VH    4 /* a stock kernel: hba's VF 7 behind bridge 4 */
#define B     4
#define MRA   1 /* a PF of nic-left behind bridge 0, with one VF */
#define IDS   (0x1077 | 0x2289 << 16 | 0x0c0400ull << 32 | 2ull << 56)
#define UNC   (0x100 + PCI_ERR_UNCOR_STATUS)
#define UMSK  (0x100 + PCI_ERR_UNCOR_MASK)
#define USEV  (0x100 + PCI_ERR_UNCOR_SEVER)
#define COR   (0x100 + PCI_ERR_COR_STATUS)
#define CMSK  (0x100 + PCI_ERR_COR_MASK)
#define CAP   (0x100 + PCI_ERR_CAP)
#define HDR   (0x100 + PCI_ERR_HEADER_LOG)
#define SRIOV 0x180
#define DCTL  (0x80 + PCI_EXP_DEVCTL)
#define DSTA  (0x80 + PCI_EXP_DEVSTA)

static struct fx_blades f;
static uint16_t rid, pf, vf;

static void setup(void)
{
	f = fxb_new(fx_new("config/demo-chassis.yaml"));
	fx_map_synthetic(&f.x, VH, B, "hba", 7, 0x10000, IDS);
	fxb_settle(&f);
	rid = fxb_rid(&f, VH, B);
	fxb_give_pf(&f, "nic-left", 1, MRA, 0, 5);
	fxb_numvfs(&f, MRA, 0, "1");
	pf = fxb_rid(&f, MRA, 0);
	vf = (uint16_t)(pf + 1);
	ck_assert_uint_eq(hcfg(&f.x, VH, rid, 0, 4), (uint32_t)IDS);
	ck_assert_ptr_nonnull(sim_blade_find(f.blade[MRA], vf));
}

static void teardown(void)
{
	fxb_free(&f);
}

static struct sim_aer_result got;

static int inject(unsigned vh, uint16_t at, enum sim_aer_kind kind, int bit)
{
	struct sim_aer_fault fault = {
		.kind = kind, .bit = bit, .header = {0x40000001, (uint32_t)bit, 3, 4}};

	got = (struct sim_aer_result){0};
	return sim_aer_inject(f.x.c, f.x.now, (uint16_t)vh, at, &fault, &got);
}

static uint32_t reg(uint16_t at, unsigned off)
{
	return hcfg(&f.x, VH, at, off, off == DSTA || off == DCTL ? 2 : 4);
}

static void set(uint16_t at, unsigned off, uint32_t v)
{
	hcfg_w(&f.x, VH, at, off, off == DSTA || off == DCTL ? 2 : 4, v);
}

/* ---- registers ---- */

/* Defaults of masks and severities; everything that is no VF has them. */
START_TEST(defaults)
{
	uint16_t all[] = {0x100, 0x200 + B, rid};

	for (unsigned i = 0; i < 3; i++) {
		ck_assert_uint_eq(hcfg(&f.x, VH, all[i], 0x100, 4) & 0xfffff,
				  PCI_EXT_CAP_ID_ERR | 2 << 16);
		ck_assert_uint_eq(reg(all[i], UNC), 0);
		ck_assert_uint_eq(reg(all[i], UMSK), 0x00400000);
		ck_assert_uint_eq(reg(all[i], USEV), 0x00462030);
		ck_assert_uint_eq(reg(all[i], COR), 0);
		ck_assert_uint_eq(reg(all[i], CMSK), 0xe000);
		ck_assert_uint_eq(reg(all[i], CAP), 0xa0);
	}
}
END_TEST

/* Masks and severities are RW for the bits that exist; ECRC enables RW, the rest of control RO;
 * status and header cannot be set by software. */
START_TEST(writable_bits)
{
	set(rid, UMSK, 0xffffffff);
	set(rid, USEV, 0xffffffff);
	set(rid, CMSK, 0xffffffff);
	set(rid, CAP, 0xffffffff);
	set(rid, UNC, 0xffffffff);
	set(rid, HDR, 0xffffffff);
	ck_assert_uint_eq(reg(rid, UMSK), 0x007ff030);
	ck_assert_uint_eq(reg(rid, USEV), 0x007ff030);
	ck_assert_uint_eq(reg(rid, CMSK), 0x0000f1c1);
	ck_assert_uint_eq(reg(rid, CAP), 0x1e0);
	ck_assert_uint_eq(reg(rid, UNC), 0);
	ck_assert_uint_eq(reg(rid, HDR), 0);
}
END_TEST

/* ---- logging ---- */

/* Correctable: the status bit and Correctable Error Detected, both RW1C. */
START_TEST(correctable)
{
	ck_assert_int_eq(inject(VH, rid, SIM_AER_CORRECTABLE, 15), 0);
	ck_assert(got.masked && !got.sent);
	ck_assert_uint_eq(reg(rid, COR), PCI_ERR_COR_LOG_OVER);
	ck_assert_uint_eq(reg(rid, DSTA), PCI_EXP_DEVSTA_CED);
	set(rid, COR, PCI_ERR_COR_RCVR);
	set(rid, DSTA, PCI_EXP_DEVSTA_FED);
	ck_assert_uint_eq(reg(rid, COR), PCI_ERR_COR_LOG_OVER);
	ck_assert_uint_eq(reg(rid, DSTA), PCI_EXP_DEVSTA_CED);
	set(rid, COR, PCI_ERR_COR_LOG_OVER);
	set(rid, DSTA, PCI_EXP_DEVSTA_CED);
	ck_assert_uint_eq(reg(rid, COR), 0);
	ck_assert_uint_eq(reg(rid, DSTA), 0);
	ck_assert_uint_eq(reg(rid, UNC), 0);
}
END_TEST

/* The first unmasked error owns First Error Pointer and header log until its status is
 * cleared; the next one is logged in the status only. */
START_TEST(first_error_pointer)
{
	ck_assert_int_eq(inject(VH, rid, SIM_AER_NONFATAL, 14), 0);
	ck_assert_uint_eq(reg(rid, CAP) & 0x1f, 14);
	ck_assert_uint_eq(reg(rid, HDR), 0x40000001);
	ck_assert_uint_eq(reg(rid, HDR + 4), 14);
	ck_assert_uint_eq(reg(rid, DSTA), PCI_EXP_DEVSTA_NFED);
	ck_assert_int_eq(inject(VH, rid, SIM_AER_NONFATAL, 20), 0);
	ck_assert_uint_eq(reg(rid, UNC), PCI_ERR_UNC_COMP_TIME | PCI_ERR_UNC_UNSUP);
	ck_assert_uint_eq(reg(rid, CAP) & 0x1f, 14);
	ck_assert_uint_eq(reg(rid, HDR + 4), 14);
	ck_assert_uint_eq(reg(rid, DSTA), PCI_EXP_DEVSTA_NFED | PCI_EXP_DEVSTA_URD);
	set(rid, UNC, PCI_ERR_UNC_COMP_TIME);
	ck_assert_uint_eq(reg(rid, UNC), PCI_ERR_UNC_UNSUP);
	ck_assert_int_eq(inject(VH, rid, SIM_AER_NONFATAL, 16), 0);
	ck_assert_uint_eq(reg(rid, CAP) & 0x1f, 16);
	ck_assert_uint_eq(reg(rid, HDR + 4), 16);
}
END_TEST

/* Masked: logged in the status, no pointer, no header, no message. */
START_TEST(masked)
{
	set(rid, UMSK, PCI_ERR_UNC_COMP_TIME);
	ck_assert_int_eq(inject(VH, rid, SIM_AER_NONFATAL, 14), 0);
	ck_assert(got.masked && !got.sent);
	ck_assert_uint_eq(reg(rid, UNC), PCI_ERR_UNC_COMP_TIME);
	ck_assert_uint_eq(reg(rid, CAP) & 0x1f, 0);
	ck_assert_uint_eq(reg(rid, HDR), 0);
	ck_assert_uint_eq(fx_notices(&f.x, SIM_NOTICE_HOST_ERROR, VH), 0);
}
END_TEST

/* The severity register makes an error fatal or not: message and Device Status follow it. */
START_TEST(severity)
{
	ck_assert_int_eq(inject(VH, rid, SIM_AER_FATAL, 14), -EDOM);
	ck_assert_uint_eq(reg(rid, UNC), 0);
	set(rid, USEV, PCI_ERR_UNC_COMP_TIME);
	ck_assert_int_eq(inject(VH, rid, SIM_AER_NONFATAL, 14), -EDOM);
	ck_assert_int_eq(inject(VH, rid, SIM_AER_FATAL, 14), 0);
	ck_assert_uint_eq(reg(rid, DSTA), PCI_EXP_DEVSTA_FED);
	ck_assert(got.sent);
}
END_TEST

/* ---- messages ---- */

/* What has to be enabled for a message of kind 'kind' to leave the function. */
static const struct {
	enum sim_aer_kind kind;
	int bit;
	uint16_t devctl, command;
	bool sent;
} enables[] = {
	{SIM_AER_CORRECTABLE, 13, 0, 0, false},
	{SIM_AER_CORRECTABLE, 13, PCI_EXP_DEVCTL_CERE, 0, true},
	{SIM_AER_CORRECTABLE, 13, 0, PCI_COMMAND_SERR, false},
	{SIM_AER_NONFATAL, 14, 0, 0, false},
	{SIM_AER_NONFATAL, 14, PCI_EXP_DEVCTL_NFERE, 0, true},
	{SIM_AER_NONFATAL, 14, PCI_EXP_DEVCTL_CERE | PCI_EXP_DEVCTL_FERE, 0, false},
	{SIM_AER_NONFATAL, 14, 0, PCI_COMMAND_SERR, true},
	{SIM_AER_NONFATAL, 20, PCI_EXP_DEVCTL_NFERE, 0, false},
	{SIM_AER_NONFATAL, 20, PCI_EXP_DEVCTL_NFERE | PCI_EXP_DEVCTL_URRE, 0, true},
	{SIM_AER_FATAL, 22, PCI_EXP_DEVCTL_NFERE, 0, false},
	{SIM_AER_FATAL, 22, PCI_EXP_DEVCTL_FERE, 0, true},
	{SIM_AER_FATAL, 22, 0, PCI_COMMAND_SERR, true},
};

START_TEST(message_enables)
{
	bool system = enables[_i].command && enables[_i].kind != SIM_AER_CORRECTABLE;

	set(rid, UMSK, 0);
	set(rid, CMSK, 0);
	set(rid, DCTL, enables[_i].devctl);
	hcfg_w(&f.x, VH, rid, PCI_COMMAND, 2, enables[_i].command);
	ck_assert_int_eq(inject(VH, rid, enables[_i].kind, enables[_i].bit), 0);
	ck_assert_int_eq(got.sent, enables[_i].sent);
	ck_assert_uint_eq(fx_notices(&f.x, SIM_NOTICE_HOST_ERROR, VH), enables[_i].sent);
	ck_assert_uint_eq(hcfg(&f.x, VH, rid, PCI_STATUS, 2) & PCI_STATUS_SIG_SYSTEM_ERROR,
			  system ? PCI_STATUS_SIG_SYSTEM_ERROR : 0);
	hcfg_w(&f.x, VH, rid, PCI_STATUS, 2, 0xffff);
	ck_assert_uint_eq(hcfg(&f.x, VH, rid, PCI_STATUS, 2), PCI_STATUS_CAP_LIST);
}
END_TEST

/* A bridge notes it in Secondary Status and forwards only with its SERR# Enable. */
START_TEST(bridges_forward)
{
	uint16_t bridge = 0x200 + B;
	uint16_t on = (uint16_t)hcfg(&f.x, VH, bridge, PCI_BRIDGE_CONTROL, 2);

	ck_assert_uint_ne(on & PCI_BRIDGE_CTL_SERR, 0);
	ck_assert_int_eq(inject(VH, rid, SIM_AER_NONFATAL, 14), 0);
	ck_assert(got.sent);
	ck_assert_uint_ne(hcfg(&f.x, VH, bridge, PCI_SEC_STATUS, 2) & 0x4000, 0);
	ck_assert_uint_ne(hcfg(&f.x, VH, 0x100, PCI_SEC_STATUS, 2) & 0x4000, 0);
	hcfg_w(&f.x, VH, 0x100, PCI_SEC_STATUS, 2, 0x4000);
	hcfg_w(&f.x, VH, bridge, PCI_BRIDGE_CONTROL, 2, on & ~PCI_BRIDGE_CTL_SERR);
	ck_assert_int_eq(inject(VH, rid, SIM_AER_NONFATAL, 14), 0);
	ck_assert(!got.sent);
	ck_assert_uint_eq(hcfg(&f.x, VH, 0x100, PCI_SEC_STATUS, 2) & 0x4000, 0);
}
END_TEST

/* A fatal error raises the MR-PCIM's event for the host's port; others do not. */
START_TEST(fatal_event)
{
	uint64_t head = sw(&f.x, SW_EVENT_HEAD);

	set(rid, UMSK, 0);
	ck_assert_int_eq(inject(VH, rid, SIM_AER_NONFATAL, -1), 0);
	ck_assert_uint_eq(sw(&f.x, SW_EVENT_HEAD), head);
	ck_assert_int_eq(inject(VH, rid, SIM_AER_FATAL, -1), 0);
	ck_assert_uint_eq(sw(&f.x, SW_EVENT_HEAD), head + 1);
	ck_assert_uint_eq(sw(&f.x, SW_EVENT(head % 1024)), MR_EV_FATAL_ERROR | VH << 16 |
								   (uint64_t)VH << 32 |
								   (uint64_t)B << 48);
	ck_assert_uint_eq(sw(&f.x, SW_EVENT(head % 1024) + 16), rid);
	ck_assert_uint_eq(sw(&f.x, SW_EVENT(head % 1024) + 24), 22);
}
END_TEST

/* ---- VFs ---- */

/* Masks, severities and enables of a VF are its PF's and read 0; its status is its own. */
START_TEST(vf_ruled_by_pf)
{
	ck_assert_uint_eq(hcfg(&f.x, MRA, vf, UMSK, 4), 0);
	ck_assert_uint_eq(hcfg(&f.x, MRA, vf, USEV, 4), 0);
	hcfg_w(&f.x, MRA, vf, UMSK, 4, 0xffffffff);
	ck_assert_uint_eq(hcfg(&f.x, MRA, vf, UMSK, 4), 0);
	ck_assert_int_eq(inject(MRA, vf, SIM_AER_NONFATAL, 14), 0);
	ck_assert(got.sent && got.rid == vf);
	ck_assert_uint_eq(hcfg(&f.x, MRA, vf, UNC, 4), PCI_ERR_UNC_COMP_TIME);
	ck_assert_uint_eq(hcfg(&f.x, MRA, vf, DSTA, 2), PCI_EXP_DEVSTA_NFED);
	ck_assert_uint_eq(hcfg(&f.x, MRA, pf, UNC, 4), 0);
	hcfg_w(&f.x, MRA, pf, UMSK, 4, PCI_ERR_UNC_COMP_TIME);
	ck_assert_int_eq(inject(MRA, vf, SIM_AER_NONFATAL, 14), 0);
	ck_assert(got.masked);
	hcfg_w(&f.x, MRA, pf, UMSK, 4, 0);
	hcfg_w(&f.x, MRA, pf, DCTL, 2, 0);
	ck_assert_int_eq(inject(MRA, vf, SIM_AER_NONFATAL, 14), 0);
	ck_assert(!got.masked && !got.sent);
}
END_TEST

/* A second VF of the same PF. */
static uint16_t second_vf(void)
{
	uint64_t at = CT_VF(64, 0, 6);

	fxb_numvfs(&f, MRA, 0, "0");
	ck_assert_uint_eq(ct_w(&f.x, "nic-left", at + VF_BLOCK, 3), MR_BATCH_OK);
	ck_assert_uint_eq(ct_w(&f.x, "nic-left", at + VF_COMMAND, MR_VFC_RESET), MR_BATCH_OK);
	ck_assert_uint_eq(ct_w(&f.x, "nic-left", at + VF_COMMAND, MR_VFC_MIGRATE_IN | 1 << 16),
			  MR_BATCH_OK);
	ck_assert_uint_eq(ct_w(&f.x, "nic-left", at + VF_BLOCK, 0), MR_BATCH_OK);
	fxb_numvfs(&f, MRA, 0, "2");
	ck_assert_ptr_nonnull(sim_blade_find(f.blade[MRA], (uint16_t)(vf + 1)));
	return (uint16_t)(vf + 1);
}

/* The error bits of Status, Device Status and AER of a function. */
static uint64_t errors_of(uint16_t at)
{
	return hcfg(&f.x, MRA, at, UNC, 4) | (uint64_t)hcfg(&f.x, MRA, at, COR, 4) << 32 |
	       (hcfg(&f.x, MRA, at, DSTA, 2) & 0xf) |
	       (hcfg(&f.x, MRA, at, PCI_STATUS, 2) & PCI_STATUS_SIG_SYSTEM_ERROR);
}

/* Error status bits of a VF are its own: not another VF's, not the PF's. */
START_TEST(vf_status_is_its_own)
{
	uint16_t other = second_vf();

	ck_assert_int_eq(inject(MRA, vf, SIM_AER_NONFATAL, 14), 0);
	ck_assert_int_eq(inject(MRA, vf, SIM_AER_CORRECTABLE, 13), 0);
	ck_assert_uint_ne(errors_of(vf), 0);
	ck_assert_uint_eq(errors_of(other) | errors_of(pf), 0);
	ck_assert_int_eq(inject(MRA, other, SIM_AER_NONFATAL, 12), 0);
	hcfg_w(&f.x, MRA, vf, UNC, 4, 0xffffffff);
	hcfg_w(&f.x, MRA, vf, COR, 4, 0xffffffff);
	hcfg_w(&f.x, MRA, vf, DSTA, 2, 0xf);
	hcfg_w(&f.x, MRA, vf, PCI_STATUS, 2, 0xffff);
	ck_assert_uint_eq(errors_of(vf) | errors_of(pf), 0);
	ck_assert_uint_eq(hcfg(&f.x, MRA, other, UNC, 4), PCI_ERR_UNC_POISON_TLP);
}
END_TEST

/* Reporting enables and SERR# Enable of a VF are its PF's; its own bits read 0 and take
 * nothing. Signaled System Error is noted in the VF that sent the message. */
static const struct {
	enum sim_aer_kind kind;
	int bit;
	uint16_t devctl, command;
	bool sent;
} vf_enables[] = {
	{SIM_AER_CORRECTABLE, 13, 0, PCI_COMMAND_SERR, false},
	{SIM_AER_CORRECTABLE, 13, PCI_EXP_DEVCTL_CERE, 0, true},
	{SIM_AER_NONFATAL, 14, 0, 0, false},
	{SIM_AER_NONFATAL, 14, PCI_EXP_DEVCTL_FERE, 0, false},
	{SIM_AER_NONFATAL, 14, PCI_EXP_DEVCTL_NFERE, 0, true},
	{SIM_AER_NONFATAL, 14, 0, PCI_COMMAND_SERR, true},
	{SIM_AER_FATAL, 22, PCI_EXP_DEVCTL_NFERE, 0, false},
	{SIM_AER_FATAL, 22, PCI_EXP_DEVCTL_FERE, 0, true},
	{SIM_AER_FATAL, 22, 0, PCI_COMMAND_SERR, true},
};

START_TEST(vf_reports_as_its_pf)
{
	const uint16_t all = PCI_EXP_DEVCTL_CERE | PCI_EXP_DEVCTL_NFERE | PCI_EXP_DEVCTL_FERE |
			     PCI_EXP_DEVCTL_URRE;
	bool system = vf_enables[_i].command && vf_enables[_i].kind != SIM_AER_CORRECTABLE;

	hcfg_w(&f.x, MRA, pf, UMSK, 4, 0);
	hcfg_w(&f.x, MRA, pf, CMSK, 4, 0);
	hcfg_w(&f.x, MRA, pf, DCTL, 2, vf_enables[_i].devctl);
	hcfg_w(&f.x, MRA, pf, PCI_COMMAND, 2, vf_enables[_i].command);
	hcfg_w(&f.x, MRA, vf, DCTL, 2, all);
	hcfg_w(&f.x, MRA, vf, PCI_COMMAND, 2, PCI_COMMAND_SERR);
	ck_assert_uint_eq(hcfg(&f.x, MRA, vf, DCTL, 2) & all, 0);
	ck_assert_uint_eq(hcfg(&f.x, MRA, vf, PCI_COMMAND, 2) & PCI_COMMAND_SERR, 0);
	ck_assert_int_eq(inject(MRA, vf, vf_enables[_i].kind, vf_enables[_i].bit), 0);
	ck_assert_int_eq(got.sent, vf_enables[_i].sent);
	ck_assert_uint_eq(hcfg(&f.x, MRA, vf, PCI_STATUS, 2) & PCI_STATUS_SIG_SYSTEM_ERROR,
			  system ? PCI_STATUS_SIG_SYSTEM_ERROR : 0);
	ck_assert_uint_eq(errors_of(pf), 0);
}
END_TEST

/* FLR of a VF: what is sticky stays, Device Status does not, the neighbour keeps all. FLR of
 * the PF resets VF Enable: its VFs keep nothing, what is sticky in the PF stays. */
START_TEST(vf_and_pf_flr)
{
	uint16_t other = second_vf();

	ck_assert_int_eq(inject(MRA, vf, SIM_AER_NONFATAL, 14), 0);
	ck_assert_int_eq(inject(MRA, other, SIM_AER_NONFATAL, 12), 0);
	ck_assert_int_eq(inject(MRA, pf, SIM_AER_NONFATAL, 15), 0);
	hcfg_w(&f.x, MRA, vf, DCTL, 2, PCI_EXP_DEVCTL_BCR_FLR);
	ck_assert_uint_eq(hcfg(&f.x, MRA, vf, UNC, 4), PCI_ERR_UNC_COMP_TIME);
	ck_assert_uint_eq(hcfg(&f.x, MRA, vf, HDR, 4), 0x40000001);
	ck_assert_uint_eq(hcfg(&f.x, MRA, vf, DSTA, 2) & 0xf, 0);
	ck_assert_uint_eq(hcfg(&f.x, MRA, other, DSTA, 2) & 0xf, PCI_EXP_DEVSTA_NFED);
	hcfg_w(&f.x, MRA, pf, DCTL, 2, PCI_EXP_DEVCTL_BCR_FLR);
	ck_assert_uint_eq(hcfg(&f.x, MRA, vf, UNC, 4), 0xffffffff);
	ck_assert_uint_eq(hcfg(&f.x, MRA, pf, UNC, 4), PCI_ERR_UNC_COMP_ABORT);
	ck_assert_uint_eq(hcfg(&f.x, MRA, pf, DSTA, 2) & 0xf, 0);
	hcfg_w(&f.x, MRA, pf, SRIOV + PCI_SRIOV_NUM_VF, 2, 2);
	hcfg_w(&f.x, MRA, pf, SRIOV + PCI_SRIOV_CTRL, 2,
	       PCI_SRIOV_CTRL_VFE | PCI_SRIOV_CTRL_MSE | PCI_SRIOV_CTRL_ARI);
	fx_pass(&f.x, 1000000000);
	ck_assert_uint_eq(errors_of(vf) | errors_of(other), 0);
}
END_TEST

/* Errors of no single function are logged in the PF only. */
static const struct {
	enum sim_aer_kind kind;
	int bit;
} shared[] = {
	{SIM_AER_FATAL, 4},	  {SIM_AER_FATAL, 5},	     {SIM_AER_FATAL, 13},
	{SIM_AER_FATAL, 17},	  {SIM_AER_FATAL, 18},	     {SIM_AER_NONFATAL, 19},
	{SIM_AER_CORRECTABLE, 0}, {SIM_AER_CORRECTABLE, 6},  {SIM_AER_CORRECTABLE, 7},
	{SIM_AER_CORRECTABLE, 8}, {SIM_AER_CORRECTABLE, 12},
};

START_TEST(shared_errors)
{
	unsigned status = shared[_i].kind == SIM_AER_CORRECTABLE ? COR : UNC;

	ck_assert_int_eq(inject(MRA, vf, shared[_i].kind, shared[_i].bit), 0);
	ck_assert_uint_eq(got.rid, pf);
	ck_assert_uint_eq(hcfg(&f.x, MRA, vf, status, 4), 0);
	ck_assert_uint_eq(hcfg(&f.x, MRA, vf, DSTA, 2), 0);
	ck_assert_uint_eq(hcfg(&f.x, MRA, pf, status, 4), 1u << shared[_i].bit);
	/* A synthetic function's PF stands in VH 0: the host sees nothing of it. */
	ck_assert_int_eq(inject(VH, rid, shared[_i].kind, shared[_i].bit), 0);
	ck_assert_uint_eq(got.vh, 0);
	ck_assert_uint_eq(cfg0(&f.x, got.rid, status, 4), 1u << shared[_i].bit);
	ck_assert_uint_eq(reg(rid, status), 0);
	ck_assert_uint_eq(fx_notices(&f.x, SIM_NOTICE_HOST_ERROR, VH), 0);
}
END_TEST

/* ---- resets, owners, neighbours ---- */

/* Status, masks, severities and header survive an FLR; Device Status does not. The MR-PCIM's
 * reset leaves nothing, and DEFAULTS tells. */
START_TEST(sticky)
{
	uint64_t at = CT_VF(32, 0, 7);

	set(rid, UMSK, PCI_ERR_UNC_POISON_TLP);
	ck_assert_int_eq(inject(VH, rid, SIM_AER_NONFATAL, 14), 0);
	set(rid, DCTL, PCI_EXP_DEVCTL_BCR_FLR);
	ck_assert_uint_eq(reg(rid, UNC), PCI_ERR_UNC_COMP_TIME);
	ck_assert_uint_eq(reg(rid, UMSK), PCI_ERR_UNC_POISON_TLP);
	ck_assert_uint_eq(reg(rid, HDR), 0x40000001);
	ck_assert_uint_eq(reg(rid, DSTA), 0);
	ck_assert_uint_eq(row_w(&f.x, VH, B, ROW_STATE, MR_ROW_BLOCKED), MR_BATCH_OK);
	fxb_settle(&f);
	ck_assert_uint_eq(ct(&f.x, "hba", at + VF_STATUS) & MR_VF_DEFAULTS, 0);
	ck_assert_uint_eq(ct_w(&f.x, "hba", at + VF_BLOCK, 3), MR_BATCH_OK);
	ck_assert_uint_eq(ct_w(&f.x, "hba", at + VF_COMMAND, MR_VFC_RESET), MR_BATCH_OK);
	fxb_settle(&f);
	ck_assert_uint_ne(ct(&f.x, "hba", at + VF_STATUS) & MR_VF_DEFAULTS, 0);
	ck_assert_uint_eq(
		cfg0(&f.x, (uint16_t)(sw(&f.x, SW_PORT(6) + PORT_VH0_RID) + 8), UNC, 4), 0);
}
END_TEST

/* A VF that ceased with VF Enable keeps nothing, sticky bits neither. */
START_TEST(vf_enable_off)
{
	ck_assert_int_eq(inject(MRA, vf, SIM_AER_NONFATAL, 14), 0);
	fxb_numvfs(&f, MRA, 0, "0");
	fxb_numvfs(&f, MRA, 0, "1");
	ck_assert_uint_eq(hcfg(&f.x, MRA, vf, UNC, 4), 0);
	ck_assert_uint_eq(hcfg(&f.x, MRA, vf, HDR, 4), 0);
}
END_TEST

/* I8: an error in one VH is logged, told and counted there and nowhere else. */
START_TEST(neighbours)
{
	fx_map_synthetic(&f.x, 3, 2, "hba", 8, 0x10000, IDS);
	fxb_settle(&f);
	ck_assert_int_eq(inject(VH, rid, SIM_AER_NONFATAL, 14), 0);
	ck_assert_int_eq(inject(MRA, vf, SIM_AER_FATAL, 18), 0);
	fxb_settle(&f);
	for (unsigned i = 0; i < sim_blade_devs(f.blade[3]); i++) {
		uint16_t at = sim_blade_dev(f.blade[3], i)->rid;
		const struct sim_dev_errors *e = sim_blade_errors(f.blade[3], at);

		if (!(at >> 8))
			continue;
		ck_assert_uint_eq(hcfg(&f.x, 3, at, UNC, 4) | hcfg(&f.x, 3, at, COR, 4), 0);
		ck_assert_uint_eq(e->total[0] + e->total[1] + e->total[2], 0);
	}
}
END_TEST

/* ---- Linux ---- */

/* The kernel lets everything report, reads the reporter's status, counts its bits, clears. */
START_TEST(linux_counters)
{
	const struct sim_dev_errors *e;

	ck_assert_uint_eq(reg(rid, DCTL) & 0xf, 0xf);
	set(rid, CMSK, 0);
	ck_assert_int_eq(inject(VH, rid, SIM_AER_CORRECTABLE, 13), 0);
	ck_assert_int_eq(inject(VH, rid, SIM_AER_NONFATAL, 14), 0);
	fxb_settle(&f);
	e = sim_blade_errors(f.blade[VH], rid);
	ck_assert_uint_eq(e->bit[SIM_AER_CORRECTABLE][13], 1);
	ck_assert_uint_eq(e->total[SIM_AER_CORRECTABLE], 1);
	ck_assert_uint_eq(e->bit[SIM_AER_NONFATAL][14], 1);
	ck_assert_uint_eq(e->total[SIM_AER_NONFATAL], 1);
	ck_assert_uint_eq(e->total[SIM_AER_FATAL], 0);
	ck_assert_uint_eq(reg(rid, UNC) | reg(rid, COR) | reg(rid, DSTA), 0);
	/* After a fatal error of an endpoint its link is not trusted: only the total. */
	set(rid, UMSK, 0);
	ck_assert_int_eq(inject(VH, rid, SIM_AER_FATAL, 22), 0);
	fxb_settle(&f);
	ck_assert_uint_eq(e->total[SIM_AER_FATAL], 1);
	ck_assert_uint_eq(e->bit[SIM_AER_FATAL][22], 0);
	/* Of a bridge it is. */
	set(0x200 + B, UMSK, 0);
	ck_assert_int_eq(inject(VH, 0x200 + B, SIM_AER_FATAL, 22), 0);
	fxb_settle(&f);
	ck_assert_uint_eq(sim_blade_errors(f.blade[VH], 0x200 + B)->bit[SIM_AER_FATAL][22], 1);
}
END_TEST

/* HANDOVER 11: a forced cut under I/O leaves the blade's error counters and status at 0. */
START_TEST(forced_cut)
{
	uint64_t bar = hcfg(&f.x, VH, rid, 0x10, 4) & ~15u;
	uint64_t head = sw(&f.x, SW_EVENT_HEAD);
	const struct sim_aer_fault fault = {.kind = SIM_AER_NONFATAL, .bit = -1};

	bar |= (uint64_t)hcfg(&f.x, VH, rid, 0x14, 4) << 32;
	for (unsigned i = 0; i < 100; i++) {
		if (i == 50)
			ck_assert_uint_eq(row_w(&f.x, VH, B, ROW_STATE, MR_ROW_BLOCKED),
					  MR_BATCH_OK);
		sim_host_mem_write(f.x.c, f.x.now, VH, bar + 8 * i, 8, i);
		sim_host_mem_read(f.x.c, f.x.now, VH, bar + 8 * i, 8);
		hcfg(&f.x, VH, rid, 0, 4);
		fx_pass(&f.x, 1000);
	}
	ck_assert_uint_gt(row(&f.x, VH, B, ROW_LOST), 0);
	fxb_settle(&f);
	for (unsigned i = 0; i < sim_blade_devs(f.blade[VH]); i++) {
		uint16_t at = sim_blade_dev(f.blade[VH], i)->rid;
		const struct sim_dev_errors *e = sim_blade_errors(f.blade[VH], at);

		if (!(at >> 8))
			continue;
		ck_assert_uint_eq(e->total[0] + e->total[1] + e->total[2], 0);
		ck_assert_uint_eq(reg(at, UNC) | reg(at, COR) | reg(at, DSTA), 0);
	}
	for (uint64_t i = head; i < sw(&f.x, SW_EVENT_HEAD); i++)
		ck_assert_uint_ne(sw(&f.x, SW_EVENT(i % 1024)) & 0xffff, MR_EV_FATAL_ERROR);
	/* And nothing can be found at what is cut. */
	ck_assert_int_eq(sim_aer_inject(f.x.c, f.x.now, VH, rid, &fault, &got), -ENODEV);
}
END_TEST

/* What no hardware could find. */
START_TEST(refused)
{
	ck_assert_int_eq(inject(VH, fxb_rid(&f, VH, B + 1), SIM_AER_FATAL, -1), -ENODEV);
	ck_assert_int_eq(inject(99, rid, SIM_AER_FATAL, -1), -ENODEV);
	ck_assert_int_eq(inject(VH, rid, SIM_AER_CORRECTABLE, 1), -EINVAL);
	ck_assert_int_eq(inject(VH, rid, SIM_AER_NONFATAL, 31), -EINVAL);
	ck_assert_int_eq(inject(VH, rid, SIM_AER_NONFATAL, 77), -EINVAL);
	ck_assert_uint_eq(reg(rid, UNC) | reg(rid, COR), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("aer");
	TCase *t = tcase_create("rules");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, defaults);
	tcase_add_test(t, writable_bits);
	tcase_add_test(t, correctable);
	tcase_add_test(t, first_error_pointer);
	tcase_add_test(t, masked);
	tcase_add_test(t, severity);
	tcase_add_loop_test(t, message_enables, 0, 12);
	tcase_add_test(t, bridges_forward);
	tcase_add_test(t, fatal_event);
	tcase_add_test(t, vf_ruled_by_pf);
	tcase_add_test(t, vf_status_is_its_own);
	tcase_add_loop_test(t, vf_reports_as_its_pf, 0, 9);
	tcase_add_test(t, vf_and_pf_flr);
	tcase_add_loop_test(t, shared_errors, 0, 11);
	tcase_add_test(t, sticky);
	tcase_add_test(t, vf_enable_off);
	tcase_add_test(t, neighbours);
	tcase_add_test(t, linux_counters);
	tcase_add_test(t, forced_cut);
	tcase_add_test(t, refused);
	suite_add_tcase(s, t);
	return check_run(s);
}
