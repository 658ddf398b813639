/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A chassis of a few bridges for the tests of a blade: it answers the calls of a chassis' host
 * face from an array of functions. Included by one test program, which it gives its state to.
 */
#ifndef TESTS_UNIT_SIM_MODEL_FAKE_CHASSIS_H
#define TESTS_UNIT_SIM_MODEL_FAKE_CHASSIS_H

#include <check.h>
#include <errno.h>
#include <linux/pci_regs.h>
#include <stdlib.h>
#include <string.h>

#include "common/ids.h"
#include "sim/model/blade.h"
#include "sim/model/chassis.h"

#define BRIDGES 4
#define PCIE	0x40
#define MSIX	0xb0
#define ACS	0x100
#define ARI	0x100
#define SRIOV	0x140
#define VFS	8

struct fn {
	bool there;
	uint8_t cfg[4096], mask[4096];
	uint64_t bar_size; /* of BAR 0/1 */
	uint64_t vf_size;
};

struct sim_chassis {
	struct fn up, down[BRIDGES], dev[BRIDGES], vf[BRIDGES][VFS];
	bool power, link, migration;
	struct sim_isolation isolation;
	uint8_t state[VFS];
	unsigned flrs, mem_writes;
};

static struct sim_chassis fake;
static struct sim_blade *blade;
static struct mr_now now;

static void put(uint8_t *at, uint64_t v, unsigned width)
{
	for (unsigned i = 0; i < width; i++)
		at[i] = (uint8_t)(v >> (8 * i));
}

static uint64_t get(const uint8_t *at, unsigned width)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < width; i++)
		v |= (uint64_t)at[i] << (8 * i);
	return v;
}

static void set(struct fn *f, unsigned off, unsigned width, uint64_t v, uint64_t mask)
{
	put(f->cfg + off, v, width);
	put(f->mask + off, mask, width);
}

static void make_bridge(struct fn *f, unsigned type)
{
	memset(f, 0, sizeof(*f));
	f->there = true;
	set(f, 0, 4, 0x0001ba5a, 0);
	set(f, PCI_COMMAND, 2, 0, 0x547);
	set(f, PCI_STATUS, 2, PCI_STATUS_CAP_LIST, 0);
	set(f, 8, 4, 0x06040000, 0);
	set(f, PCI_HEADER_TYPE, 1, 0x81, 0);
	set(f, PCI_PRIMARY_BUS, 4, 0, 0xffffff);
	set(f, PCI_MEMORY_BASE, 4, 0, 0xfff0fff0);
	set(f, PCI_PREF_MEMORY_BASE, 4, 0x00010001, 0xfff0fff0);
	set(f, PCI_PREF_BASE_UPPER32, 8, 0, UINT64_MAX);
	set(f, 0x34, 1, PCIE, 0);
	set(f, PCIE, 4, PCI_CAP_ID_EXP | (uint32_t)(2 | type << 4 | 0x100) << 16, 0);
	set(f, PCIE + PCI_EXP_SLTCTL, 2, 0, 0x1fff);
	set(f, PCIE + PCI_EXP_DEVCAP2, 4, PCI_EXP_DEVCAP2_ARI, 0);
	set(f, PCIE + PCI_EXP_DEVCTL2, 2, 0, PCI_EXP_DEVCTL2_ARI);
	set(f, ACS, 4, PCI_EXT_CAP_ID_ACS | 1 << 16, 0);
	set(f, ACS + PCI_ACS_CAP, 2, 0x1d, 0);
	set(f, ACS + PCI_ACS_CTRL, 2, 0, 0x1d);
}

static void make_device(struct fn *f, uint32_t id, uint32_t class, uint64_t bar)
{
	memset(f, 0, sizeof(*f));
	f->there = true;
	f->bar_size = bar;
	set(f, 0, 4, id, 0);
	set(f, PCI_COMMAND, 2, 0, 0x406);
	set(f, PCI_STATUS, 2, PCI_STATUS_CAP_LIST, 0);
	set(f, 8, 4, class << 8 | 1, 0);
	set(f, 0x10, 8, 0xc, ~(bar - 1));
	set(f, 0x2c, 4, 0x000715b3, 0);
	set(f, 0x34, 1, PCIE, 0);
	set(f, PCIE, 4, PCI_CAP_ID_EXP | MSIX << 8 | 2 << 16, 0);
	set(f, PCIE + PCI_EXP_DEVCAP, 4, PCI_EXP_DEVCAP_FLR, 0);
	set(f, PCIE + PCI_EXP_DEVCTL, 2, 0, 0x70ff);
	set(f, MSIX, 4, PCI_CAP_ID_MSIX | 3 << 16, 0xc0000000);
	set(f, MSIX + 4, 4, 0x2000, 0);
}

/* Makes the device of bridge 'b' a migration-capable PF with 8 VFs, 3 of them its own. */
static void make_pf(unsigned b, bool vfm)
{
	struct fn *f = &fake.dev[b];

	make_device(f, 0x101d15b3, 0x020000, 0x10000);
	set(f, ARI, 4, PCI_EXT_CAP_ID_ARI | 1 << 16 | SRIOV << 20, 0);
	set(f, SRIOV, 4, PCI_EXT_CAP_ID_SRIOV | 1 << 16, 0);
	set(f, SRIOV + PCI_SRIOV_CAP, 4, vfm, 0);
	set(f, SRIOV + PCI_SRIOV_CTRL, 2, 0, 0x1f);
	set(f, SRIOV + PCI_SRIOV_INITIAL_VF, 2, vfm ? 3 : VFS, 0);
	set(f, SRIOV + PCI_SRIOV_TOTAL_VF, 2, VFS, 0);
	set(f, SRIOV + PCI_SRIOV_NUM_VF, 2, 0, 0xffff);
	set(f, SRIOV + PCI_SRIOV_VF_OFFSET, 4, 0x00010001, 0);
	set(f, SRIOV + PCI_SRIOV_VF_DID, 2, 0x101e, 0);
	set(f, SRIOV + PCI_SRIOV_SYS_PGSIZE, 4, 1, 0xffffffff);
	f->vf_size = 0x1000;
	set(f, SRIOV + PCI_SRIOV_BAR, 8, 0xc, ~(f->vf_size - 1));
	set(f, SRIOV + PCI_SRIOV_VFM, 4, 0x4000, 0);
	for (unsigned i = 0; i < VFS; i++) {
		make_device(&fake.vf[b][i], 0xffffffff, 0x020000, 0);
		memset(fake.vf[b][i].mask + 0x10, 0, 8);
		memset(fake.vf[b][i].cfg + 0x10, 0, 8);
		fake.state[i] = i < 3 ? 3 : 0;
	}
}

static struct fn *behind(struct sim_chassis *c, unsigned b, unsigned fnno)
{
	uint32_t ctrl = (uint32_t)get(c->dev[b].cfg + SRIOV + PCI_SRIOV_CTRL, 2);

	if (get(c->down[b].cfg + PCIE + PCI_EXP_SLTCTL, 2) & PCI_EXP_SLTCTL_PCC)
		return NULL;
	if (!fnno)
		return &c->dev[b];
	return c->dev[b].vf_size && ctrl & PCI_SRIOV_CTRL_VFE && fnno <= VFS
		       ? &c->vf[b][fnno - 1]
		       : NULL;
}

static struct fn *route(struct sim_chassis *c, uint16_t rid)
{
	unsigned bus = MR_RID_BUS(rid);

	if (!c->link)
		return NULL;
	if (bus == 1)
		return rid == 0x100 ? &c->up : NULL;
	if (bus == c->up.cfg[PCI_SECONDARY_BUS])
		return (rid & 0xff) < BRIDGES ? &c->down[rid & 0xff] : NULL;
	for (unsigned b = 0; b < BRIDGES; b++)
		if (bus >= c->down[b].cfg[PCI_SECONDARY_BUS] &&
		    bus <= c->down[b].cfg[PCI_SUBORDINATE_BUS] && bus > 2)
			return behind(c, b, rid & 0xff);
	return NULL;
}

uint32_t sim_host_cfg_read(struct sim_chassis *c, struct mr_now t, uint16_t vh, uint16_t rid,
			   unsigned off, unsigned width)
{
	struct fn *f = route(c, rid);

	(void)t;
	(void)vh;
	return f && f->there ? (uint32_t)get(f->cfg + off, width)
			     : (uint32_t)((UINT64_C(1) << (8 * width)) - 1);
}

void sim_host_cfg_write(struct sim_chassis *c, struct mr_now t, uint16_t vh, uint16_t rid,
			unsigned off, unsigned width, uint32_t v)
{
	struct fn *f = route(c, rid);
	bool slot = f >= c->down && f < c->down + BRIDGES && off == PCIE + PCI_EXP_SLTSTA;

	(void)t;
	(void)vh;
	if (!f || !f->there)
		return;
	for (unsigned i = 0; i < width; i++) {
		uint8_t byte = (uint8_t)(v >> (8 * i)), m = f->mask[off + i];

		if (slot)
			f->cfg[off + i] &= (uint8_t) ~(byte & (i ? 1 : 0x1f));
		else
			f->cfg[off + i] = (uint8_t)((f->cfg[off + i] & ~m) | (byte & m));
	}
	if (off == PCIE + PCI_EXP_DEVCTL && v & PCI_EXP_DEVCTL_BCR_FLR && f->bar_size + 1) {
		c->flrs++;
		put(f->cfg + PCI_COMMAND, 0, 2);
		put(f->cfg + PCIE + PCI_EXP_DEVCTL, 0, 2);
	}
}

static uint8_t *state_byte(struct sim_chassis *c, uint64_t address)
{
	for (unsigned b = 0; b < BRIDGES; b++) {
		uint64_t bar = get(c->dev[b].cfg + 0x10, 8) & ~UINT64_C(0xf);

		if (bar && address >= bar + 0x4000 && address < bar + 0x4000 + VFS)
			return &c->state[address - bar - 0x4000];
	}
	return NULL;
}

uint64_t sim_host_mem_read(struct sim_chassis *c, struct mr_now t, uint16_t vh,
			   uint64_t address, unsigned width)
{
	uint8_t *s = state_byte(c, address);

	(void)t;
	(void)vh;
	(void)width;
	return s ? *s : UINT64_MAX;
}

void sim_host_mem_write(struct sim_chassis *c, struct mr_now t, uint16_t vh, uint64_t address,
			unsigned width, uint64_t value)
{
	uint8_t *s = state_byte(c, address);

	(void)t;
	(void)vh;
	(void)width;
	c->mem_writes++;
	if (s &&
	    ((*s == 1 && value == 3) || (*s == 3 && value == 1) || (*s == 2 && value == 0)))
		*s = (uint8_t)value;
}

const char *sim_host_name(const struct sim_chassis *c, uint16_t vh)
{
	(void)c;
	return vh == 1 ? "blade01" : vh == 2 ? "blade01b" : NULL;
}

bool sim_host_power(const struct sim_chassis *c, uint16_t vh)
{
	return vh && c->power;
}

bool sim_host_link(const struct sim_chassis *c, uint16_t vh)
{
	return vh && c->link;
}

void sim_host_reserve(const struct sim_chassis *c, uint16_t vh, unsigned *ret_buses,
		      uint64_t *ret_mmio, uint64_t *ret_mmio64)
{
	(void)c;
	(void)vh;
	*ret_buses = 33;
	*ret_mmio = 30u << 20;
	*ret_mmio64 = UINT64_C(4) << 30;
}

uint16_t sim_host_lead(const struct sim_chassis *c, uint16_t vh)
{
	(void)c;
	return vh > 1 ? 1 : vh;
}

bool sim_host_management(const struct sim_chassis *c, uint16_t vh)
{
	(void)c, (void)vh;
	return false;
}

struct sim_isolation sim_host_isolation(const struct sim_chassis *c, uint16_t vh)
{
	(void)vh;
	return c->isolation;
}

bool sim_host_vf_migration(const struct sim_chassis *c, uint16_t vh)
{
	return vh && c->migration;
}

#endif
