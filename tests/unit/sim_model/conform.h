/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the conformance suite shares: a chassis with adapters made for the rules (one PF with
 * 600 VFs over three buses, three PFs that depend on each other, a slow one, one without
 * multi-root), their PFs as hosts see them, and the two sides of a migration. Cases cite the
 * section of the public facts that docs/register-map.md lists under "Conformance".
 */
#ifndef TESTS_SIM_MODEL_CONFORM_H
#define TESTS_SIM_MODEL_CONFORM_H

#include <linux/pci_regs.h>

#include "tests/unit/sim_model/fixture.h"

#define SRIOV	  0x180u /* where our map puts the capability */
#define PCIE	  0x80u
#define CF_BUSES  8u
#define CF_BUS(b) (3u + CF_BUSES * (b))
#define MS	  1000000ll
#define ON	  (PCI_SRIOV_CTRL_VFE | PCI_SRIOV_CTRL_MSE | PCI_SRIOV_CTRL_ARI)
#define MIGRATE	  (PCI_SRIOV_CTRL_VFM | PCI_SRIOV_CTRL_INTR)

static const char cf_chassis[] =
	"apiVersion: banyan/v1\nkind: ChassisModel\nmetadata: {name: c}\nspec:\n"
	"  serial: C\n  switch: {ports: 8, hop: 1us, effect: 0ms}\n  hosts:\n"
	"    - {slot: 1, name: a, bridges: 5, hotplugReserve: {buses: 40}}\n"
	"    - {slot: 2, name: b, bridges: 5, hotplugReserve: {buses: 40}}\n"
	"  models:\n"
	"    one: {kind: mra, class: ethernet, vendor: \"15b3\", device: \"101d\", vfDevice: "
	"\"101e\", ports: [{speed: 100Gbit}], link: {speed: 16GT, width: 16}, vfs: 600, "
	"vhs: 3, bars: [{size: 16KiB, type: mem64}, {size: 4KiB, type: mem32}], msix: 4}\n"
	"    three: {kind: mra, class: ethernet, vendor: \"15b3\", device: \"101d\", vfDevice: "
	"\"101e\", ports: [{speed: 100Gbit}, {speed: 100Gbit}, {speed: 100Gbit}], link: "
	"{speed: 16GT, width: 16}, vfs: 8, vhs: 3, bars: [{size: 16KiB, type: mem64}], "
	"msix: 4, dependentPfs: true}\n"
	"    slow: {kind: mra, class: ethernet, vendor: \"15b3\", device: \"101d\", vfDevice: "
	"\"101e\", ports: [{speed: 100Gbit}], link: {speed: 16GT, width: 16}, vfs: 4, vhs: 3, "
	"bars: [{size: 16KiB, type: mem64}], msix: 4, timing: {flr: 50ms, vfEnable: 600ms}}\n"
	"    plain: {kind: sriov, class: nvme, vendor: \"144d\", device: \"a824\", vfDevice: "
	"\"a825\", link: {speed: 8GT, width: 4}, vfs: 4, bars: [{size: 16KiB, type: mem64}], "
	"msix: 4}\n"
	"    small: {kind: mra, class: ethernet, vendor: \"15b3\", device: \"101d\", vfDevice: "
	"\"101e\", ports: [{speed: 100Gbit}], link: {speed: 16GT, width: 16}, vfs: 8, vhs: 3, "
	"bars: [{size: 16KiB, type: mem64}], msix: 4}\n"
	"  adapters:\n"
	"    - {slot: 1, name: one, model: one, serial: O}\n"
	"    - {slot: 2, name: three, model: three, serial: T}\n"
	"    - {slot: 3, name: slow, model: slow, serial: S}\n"
	"    - {slot: 4, name: plain, model: plain, serial: P}\n"
	"    - {slot: 5, name: small, model: small, serial: M}\n";

/* A PF as host 'vh' sees it: device VH = VH. */
struct cf_pf {
	const char *adapter;
	unsigned vh, b, p, pfs, vfs;
	uint16_t rid;
	uint64_t bar, vfbar;
};

static struct fx x;

static inline void cf_setup(void)
{
	struct sim_desc *d = fx_desc(cf_chassis);

	memset(&x, 0, sizeof(x));
	x.now = (struct mr_now){MS, MS};
	x.c = sim_chassis_new(d, x.now);
	sim_desc_free(d);
	ck_assert_uint_eq(fx_take_over(&x), MR_BATCH_OK);
}

static inline void cf_teardown(void)
{
	fx_free(&x);
}

/* The firmware of host 'vh': five bridges with eight buses each. */
static inline void cf_firmware(unsigned vh)
{
	fx_enumerate(&x, (uint16_t)vh);
	for (unsigned b = 0; b < 5; b++)
		hcfg_w(&x, (uint16_t)vh, (uint16_t)(0x200 + b), 0x18, 4,
		       2 | CF_BUS(b) << 8 | (CF_BUS(b) + CF_BUSES - 1) << 16);
}

static inline void cf_boot(unsigned vh)
{
	ck_assert_uint_eq(sw_w(&x, SW_PORT(vh) + PORT_AUTH, MR_AUTH_AUTHORISED), MR_BATCH_OK);
	cf_firmware(vh);
}

static inline struct cf_pf cf_pf(const char *adapter, unsigned vh, unsigned b, unsigned p)
{
	uint64_t counts = ct(&x, adapter, CT_COUNTS);

	return (struct cf_pf){.adapter = adapter,
			      .vh = vh,
			      .b = b,
			      .p = p,
			      .pfs = counts & 0xffff,
			      .vfs = counts >> 16 & 0xffff,
			      .rid = (uint16_t)(CF_BUS(b) << 8 | p),
			      .bar = FX_WIN64(b) + p * 0x100000,
			      .vfbar = FX_WIN64(b) + (p + 1) * 0x10000000ull};
}

static inline void cf_provision(const char *adapter)
{
	uint64_t counts = ct(&x, adapter, CT_COUNTS);
	unsigned first = counts >> 32 & 0xffff ? 1 : 0; /* the BF of an mra adapter */

	for (unsigned p = 0; p < (counts & 0xffff); p++)
		fx_provision(&x, adapter, first + p, counts >> 16 & 0xffff);
}

/* Shows the PFs of an mra adapter to host 'vh' behind bridge b; the one with number p. */
static inline struct cf_pf cf_show(const char *adapter, unsigned vh, unsigned b, unsigned p)
{
	unsigned port = (unsigned)sim_adapter_find(x.c, adapter);

	ck_assert_uint_eq(ct_w(&x, adapter, CT_VH(vh) + VH_MAP, 1 | (uint64_t)vh << 16),
			  MR_BATCH_OK);
	fx_map(&x, vh, b, MR_TARGET(MR_TARGET_PFS, port, vh, 0));
	return cf_pf(adapter, vh, b, p);
}

/* VFs in VH 0, host 'vh' up, PF 0 of the adapter behind bridge 0. */
static inline struct cf_pf cf_host(const char *adapter, unsigned vh)
{
	cf_boot(vh);
	return cf_show(adapter, vh, 0, 0);
}

/* ---- registers of a PF ---- */

static inline uint32_t iov(const struct cf_pf *f, unsigned off, unsigned width)
{
	return hcfg(&x, (uint16_t)f->vh, f->rid, SRIOV + off, width);
}

static inline void iov_w(const struct cf_pf *f, unsigned off, unsigned width, uint32_t v)
{
	hcfg_w(&x, (uint16_t)f->vh, f->rid, SRIOV + off, width, v);
}

static inline uint16_t cf_vf_rid(const struct cf_pf *f, unsigned s)
{
	return (uint16_t)(f->rid + iov(f, PCI_SRIOV_VF_OFFSET, 2) +
			  (s - 1) * iov(f, PCI_SRIOV_VF_STRIDE, 2));
}

/* Whether VF s answers; its ids never tell. */
static inline bool cf_vf_there(const struct cf_pf *f, unsigned s)
{
	return hcfg(&x, (uint16_t)f->vh, cf_vf_rid(f, s), PCIE + PCI_EXP_DEVCAP, 4) !=
	       UINT32_MAX;
}

static inline void cf_flr(unsigned vh, uint16_t rid)
{
	hcfg_w(&x, (uint16_t)vh, rid, PCIE + PCI_EXP_DEVCTL, 2, PCI_EXP_DEVCTL_BCR_FLR);
}

/* BARs of the PF and of its VFs, memory space enabled. */
static inline void cf_bars(const struct cf_pf *f)
{
	hcfg_w(&x, (uint16_t)f->vh, f->rid, 0x10, 4, (uint32_t)f->bar);
	hcfg_w(&x, (uint16_t)f->vh, f->rid, 0x14, 4, (uint32_t)(f->bar >> 32));
	hcfg_w(&x, (uint16_t)f->vh, f->rid, 0x04, 2, 6);
	iov_w(f, PCI_SRIOV_BAR, 4, (uint32_t)f->vfbar);
	iov_w(f, PCI_SRIOV_BAR + 4, 4, (uint32_t)(f->vfbar >> 32));
}

/* What an SR-PCIM does to have its VFs, with 'more' in Control. */
static inline void cf_enable(const struct cf_pf *f, unsigned num, unsigned more)
{
	cf_bars(f);
	iov_w(f, PCI_SRIOV_CTRL, 2, f->p ? 0 : PCI_SRIOV_CTRL_ARI);
	iov_w(f, PCI_SRIOV_NUM_VF, 2, num);
	iov_w(f, PCI_SRIOV_CTRL, 2, ON | more);
}

static inline void cf_disable(const struct cf_pf *f)
{
	iov_w(f, PCI_SRIOV_CTRL, 2, PCI_SRIOV_CTRL_ARI);
}

static inline unsigned cf_state(const struct cf_pf *f, unsigned s)
{
	uint32_t at = iov(f, PCI_SRIOV_VFM, 4);

	return (unsigned)sim_host_mem_read(x.c, x.now, (uint16_t)f->vh,
					   f->bar + (at & ~7u) + s - 1, 1);
}

static inline void cf_state_w(const struct cf_pf *f, unsigned s, unsigned v)
{
	uint32_t at = iov(f, PCI_SRIOV_VFM, 4);

	sim_host_mem_write(x.c, x.now, (uint16_t)f->vh, f->bar + (at & ~7u) + s - 1, 1, v);
}

/* ---- the MR-PCIM ---- */

static inline uint64_t mvf(const struct cf_pf *f, unsigned v, unsigned reg)
{
	return ct(&x, f->adapter, CT_VF(f->vfs, f->p, v) + reg);
}

static inline uint32_t mvf_w(const struct cf_pf *f, unsigned v, unsigned reg, uint64_t value)
{
	return ct_w(&x, f->adapter, CT_VF(f->vfs, f->p, v) + reg, value);
}

static inline uint32_t command(const struct cf_pf *f, unsigned v, unsigned cmd)
{
	return mvf_w(f, v, VF_COMMAND, cmd);
}

/* MVF v into the host of the PF, ready for use there. */
static inline uint32_t give(const struct cf_pf *f, unsigned v)
{
	uint32_t status = mvf_w(f, v, VF_BLOCK, 3);

	if (status == MR_BATCH_OK)
		status = command(f, v, MR_VFC_MIGRATE_IN | f->vh << 16);
	if (status == MR_BATCH_OK)
		status = mvf_w(f, v, VF_BLOCK, 0);
	return status;
}

/* The same for MVFs 0..n-1. */
static inline void give_n(const struct cf_pf *f, unsigned n)
{
	for (unsigned v = 0; v < n; v++)
		ck_assert_uint_eq(give(f, v), MR_BATCH_OK);
}

static inline unsigned slot_of(const struct cf_pf *f, unsigned v)
{
	return mvf(f, v, VF_MAP) >> 16 & 0xffff;
}

#endif
