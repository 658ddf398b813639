/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The chassis whose VH 0 has a blade for a root: its registers as that blade sees them, and a
 * function of another blade that must stay unharmed.
 */
#ifndef TESTS_SIM_MODEL_CONFORM_ROOT_H
#define TESTS_SIM_MODEL_CONFORM_ROOT_H

#include <linux/pci_regs.h>

#include "common/xalloc.h"
#include "tests/unit/sim_model/fx_blade.h"

#define MGMT  4u
#define SRIOV 0x180u
#define PCIE  0x80u
#define PM    0x40u
#define ACS   0x160u
#define VSID  0x200u
#define ON    (PCI_SRIOV_CTRL_VFE | PCI_SRIOV_CTRL_MSE | PCI_SRIOV_CTRL_ARI)
#define IDS   (0x1077 | 0x2289 << 16 | 0x0c0400ull << 32 | 2ull << 56)
#define TAG   0x1122334455667788ull

static struct fx_blades f;
static uint16_t nic, hba, nvme, gpu; /* function 0 of each in VH 0 */
static uint16_t synth;		     /* hba's VF 3 of PF 0, behind bridge 2 of blade03 */
static uint64_t resets0;	     /* of it, when blade03 got it */

static inline uint32_t rd(uint16_t rid, unsigned off, unsigned width)
{
	return hcfg(&f.x, MGMT, rid, off, width);
}

static inline void wr(uint16_t rid, unsigned off, unsigned width, uint32_t v)
{
	hcfg_w(&f.x, MGMT, rid, off, width, v);
}

static inline uint16_t rid_of(const char *adapter)
{
	return (uint16_t)sw(&f.x, SW_PORT(sim_adapter_find(f.x.c, adapter)) + PORT_VH0_RID);
}

static inline uint64_t port_reg(const char *adapter, unsigned reg)
{
	return sw(&f.x, SW_PORT(sim_adapter_find(f.x.c, adapter)) + reg);
}

/* How many events of a kind since 'from'; registers 2 and 3 of the last. */
static inline unsigned events(enum mr_ev ev, uint64_t from, uint64_t ret[2])
{
	unsigned n = 0;

	for (uint64_t e = from; e < sw(&f.x, SW_EVENT_HEAD); e++) {
		if ((sw(&f.x, SW_EVENT(e % 1024)) & 0xffff) != ev)
			continue;
		ret[0] = sw(&f.x, SW_EVENT(e % 1024) + 16);
		ret[1] = sw(&f.x, SW_EVENT(e % 1024) + 24);
		n++;
	}
	return n;
}

static inline void numvfs(uint16_t rid, const char *text)
{
	int64_t done;

	ck_assert_int_eq(sim_blade_numvfs(f.blade[MGMT], f.x.now, rid, text, &done), 0);
	fxb_settle(&f);
}

static inline void setup(void)
{
	f = fxb_new(fx_new("config/management-chassis.yaml"));
	nic = rid_of("nic");
	hba = rid_of("hba");
	nvme = rid_of("nvme");
	gpu = rid_of("gpu");
}

static inline void teardown(void)
{
	fxb_free(&f);
}

/* ---- blade03's function: it works as it did, and nobody reset it ---- */

static inline uint64_t at_synth(void)
{
	return sim_blade_find(f.blade[3], synth)->bar[0];
}

static inline uint64_t resets(void)
{
	return ct(&f.x, "hba", CT_VF(8, 0, 3) + VF_RESETS);
}

/* hba's VF 3 with blade03; nothing of the others is assigned. */
static inline void assign(void)
{
	numvfs(hba, "8");
	fx_map_synthetic(&f.x, 3, 2, "hba", 3, 0x10000, IDS);
	fxb_settle(&f);
	synth = fxb_rid(&f, 3, 2);
	ck_assert_ptr_nonnull(sim_blade_find(f.blade[3], synth));
	ck_assert_uint_eq(sw_w(&f.x, SW_COMMIT, 1), MR_BATCH_OK);
	resets0 = resets();
}

static inline void use(void)
{
	sim_host_mem_write(f.x.c, f.x.now, 3, at_synth(), 8, TAG);
}

static inline void unharmed(void)
{
	const struct sim_dev *d = sim_blade_find(f.blade[3], synth);

	ck_assert_ptr_nonnull(d);
	ck_assert_str_eq(d->driver, "lpfc");
	ck_assert_uint_eq(sim_host_mem_read(f.x.c, f.x.now, 3, at_synth(), 8), TAG);
	ck_assert_uint_eq(hcfg(&f.x, 3, synth, PCI_COMMAND, 2) & 6, 6);
	ck_assert_uint_eq(resets(), resets0);
	ck_assert_uint_eq(row(&f.x, 3, 2, ROW_LOST), 0);
}

#endif
