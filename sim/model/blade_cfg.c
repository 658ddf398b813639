// SPDX-License-Identifier: Apache-2.0
/*
 * Configuration cycles of a blade: bus 0 is the blade's own (host bridge, root port), all else
 * goes to the switch. Capability lists are walked as the kernel walks them.
 */
#include <linux/pci_regs.h>
#include <string.h>

#include "sim/model/blade_priv.h"
#include "sim/model/chassis.h"

#define ROOT_PORT_PCIE 0x40
#define ROOT_PORT_ACS  0x100

static void put(uint8_t *cfg, unsigned off, unsigned width, uint32_t v)
{
	for (unsigned i = 0; i < width; i++)
		cfg[off + i] = (uint8_t)(v >> (8 * i));
}

static uint32_t get(const uint8_t *cfg, unsigned off, unsigned width)
{
	uint32_t v = 0;

	for (unsigned i = 0; i < width; i++)
		v |= (uint32_t)cfg[off + i] << (8 * i);
	return v;
}

/* Power-on contents of the host bridge and of the root port. */
void blade_local_init(struct sim_blade *b)
{
	memset(b->hb_cfg, 0, sizeof(b->hb_cfg));
	put(b->hb_cfg, PCI_VENDOR_ID, 4, 0x20208086);
	put(b->hb_cfg, PCI_CLASS_REVISION, 4, 0x06000001);

	memset(b->rp_cfg, 0, sizeof(b->rp_cfg));
	put(b->rp_cfg, PCI_VENDOR_ID, 4, 0x20308086);
	put(b->rp_cfg, PCI_CLASS_REVISION, 4, 0x06040001);
	put(b->rp_cfg, PCI_STATUS, 2, PCI_STATUS_CAP_LIST);
	put(b->rp_cfg, PCI_HEADER_TYPE, 1, PCI_HEADER_TYPE_BRIDGE);
	put(b->rp_cfg, PCI_PREF_MEMORY_BASE, 4, 0x00010001);
	put(b->rp_cfg, PCI_CAPABILITY_LIST, 1, ROOT_PORT_PCIE);
	put(b->rp_cfg, ROOT_PORT_PCIE, 4,
	    PCI_CAP_ID_EXP | (2 | PCI_EXP_TYPE_ROOT_PORT << 4) << 16);
	put(b->rp_cfg, ROOT_PORT_PCIE + PCI_EXP_DEVCAP, 4, PCI_EXP_DEVCAP_RBER);
	put(b->rp_cfg, ROOT_PORT_PCIE + PCI_EXP_LNKCAP, 4, PCI_EXP_LNKCAP_DLLLARC | 8 << 4 | 4);
	/* Retry status is shown to software: the kernel enables that when it finds the port. */
	put(b->rp_cfg, ROOT_PORT_PCIE + PCI_EXP_RTCTL, 2, PCI_EXP_RTCTL_CRSSVE);
	put(b->rp_cfg, ROOT_PORT_PCIE + PCI_EXP_RTCAP, 2, PCI_EXP_RTCAP_CRSVIS);
	put(b->rp_cfg, ROOT_PORT_PCIE + PCI_EXP_DEVCAP2, 4, PCI_EXP_DEVCAP2_ARI);
	if (!sim_host_isolation(b->c, b->vh).acs)
		return;
	put(b->rp_cfg, ROOT_PORT_ACS, 4, PCI_EXT_CAP_ID_ACS | 1 << 16);
	put(b->rp_cfg, ROOT_PORT_ACS + PCI_ACS_CAP, 2,
	    PCI_ACS_SV | PCI_ACS_RR | PCI_ACS_CR | PCI_ACS_UF);
}

/* Which bits of a root port register the host can write, per byte. */
static uint8_t root_port_mask(const struct sim_blade *b, unsigned off)
{
	static const struct {
		unsigned off, len;
		uint32_t mask;
	} rows[] = {
		{PCI_COMMAND, 2, 0x0547},
		{PCI_CACHE_LINE_SIZE, 1, 0xff},
		{PCI_PRIMARY_BUS, 4, 0x00ffffff},
		{PCI_MEMORY_BASE, 4, 0xfff0fff0},
		{PCI_PREF_MEMORY_BASE, 4, 0xfff0fff0},
		{PCI_PREF_BASE_UPPER32, 4, 0xffffffff},
		{PCI_PREF_LIMIT_UPPER32, 4, 0xffffffff},
		{PCI_INTERRUPT_LINE, 1, 0xff},
		{PCI_BRIDGE_CONTROL, 2, 0x005f},
		{ROOT_PORT_PCIE + PCI_EXP_DEVCTL, 2, 0x70ff},
		{ROOT_PORT_PCIE + PCI_EXP_LNKCTL, 2, 0x0043},
		{ROOT_PORT_PCIE + PCI_EXP_RTCTL, 2, PCI_EXP_RTCTL_CRSSVE},
		{ROOT_PORT_PCIE + PCI_EXP_DEVCTL2, 2, PCI_EXP_DEVCTL2_ARI},
	};

	if (off >= ROOT_PORT_ACS + PCI_ACS_CTRL) /* what the capability has */
		return b->rp_cfg[off - PCI_ACS_CTRL + PCI_ACS_CAP];
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (off >= rows[i].off && off < rows[i].off + rows[i].len)
			return (uint8_t)(rows[i].mask >> (8 * (off - rows[i].off)));
	return 0;
}

static uint8_t *local(struct sim_blade *b, uint16_t rid)
{
	return rid == BLADE_RID_HOST_BRIDGE ? b->hb_cfg
	       : rid == BLADE_RID_ROOT_PORT ? b->rp_cfg
					    : NULL;
}

/* A read of what lies beyond the root port. Without CRS Software Visibility it tries again
 * until it gives up: all-ones. */
static uint32_t beyond(struct sim_blade *b, struct mr_now now, uint16_t rid, unsigned off,
		       unsigned width)
{
	uint32_t v = sim_host_cfg_read(b->c, now, b->vh, rid, off, width);
	bool shown = get(b->rp_cfg, ROOT_PORT_PCIE + PCI_EXP_RTCTL, 2) & PCI_EXP_RTCTL_CRSSVE;

	if (off != PCI_VENDOR_ID || width < 2 || (v & 0xffff) != BLADE_NOT_READY || shown)
		return v;
	return width == 4 ? UINT32_MAX : 0xffff;
}

/* One configuration read; what is not there reads all-ones. */
uint32_t blade_rd(struct sim_blade *b, struct mr_now now, uint16_t rid, unsigned off,
		  unsigned width)
{
	const uint8_t *cfg;

	if (rid >> 8)
		return beyond(b, now, rid, off, width);
	cfg = local(b, rid);
	if (!cfg)
		return width == 4 ? UINT32_MAX : (1u << (8 * width)) - 1;
	return off + width <= sizeof(b->hb_cfg) ? get(cfg, off, width) : 0;
}

/* One configuration write. */
void blade_wr(struct sim_blade *b, struct mr_now now, uint16_t rid, unsigned off,
	      unsigned width, uint32_t v)
{
	if (rid >> 8) {
		sim_host_cfg_write(b->c, now, b->vh, rid, off, width, v);
		return;
	}
	if (rid != BLADE_RID_ROOT_PORT || off + width > sizeof(b->rp_cfg))
		return;
	for (unsigned i = 0; i < width; i++) {
		uint8_t mask = root_port_mask(b, off + i);
		uint8_t *byte = &b->rp_cfg[off + i];

		*byte = (uint8_t)((*byte & ~mask) | ((v >> (8 * i)) & mask));
	}
}

/* Offset of capability 'id', 0 when the device has none. */
unsigned blade_cap(struct sim_blade *b, struct mr_now now, uint16_t rid, unsigned id)
{
	unsigned off;

	if (!(blade_rd(b, now, rid, PCI_STATUS, 2) & PCI_STATUS_CAP_LIST))
		return 0;
	off = blade_rd(b, now, rid, PCI_CAPABILITY_LIST, 1) & 0xfc;
	for (unsigned ttl = 48; off >= 0x40 && ttl; ttl--) {
		uint32_t head = blade_rd(b, now, rid, off, 2);

		if ((head & 0xff) == 0xff)
			return 0;
		if ((head & 0xff) == id)
			return off;
		off = head >> 8 & 0xfc;
	}
	return 0;
}

/* Offset of extended capability 'id', 0 when the device has none. */
unsigned blade_ecap(struct sim_blade *b, struct mr_now now, uint16_t rid, unsigned id)
{
	unsigned off = PCI_CFG_SPACE_SIZE;

	for (unsigned ttl = 480; off >= PCI_CFG_SPACE_SIZE && ttl; ttl--) {
		uint32_t head = blade_rd(b, now, rid, off, 4);

		if (head == 0 || head == UINT32_MAX)
			return 0;
		if (PCI_EXT_CAP_ID(head) == id)
			return off;
		off = PCI_EXT_CAP_NEXT(head);
	}
	return 0;
}

/* Read-modify-write of a 16-bit register. */
void blade_set_bits(struct sim_blade *b, struct mr_now now, uint16_t rid, unsigned off,
		    uint16_t mask, uint16_t bits)
{
	uint32_t v = blade_rd(b, now, rid, off, 2);

	blade_wr(b, now, rid, off, 2, (v & ~(uint32_t)mask) | bits);
}

/* What sysfs 'config' reads. */
uint32_t sim_blade_cfg_read(struct sim_blade *b, struct mr_now now, uint16_t rid, unsigned off,
			    unsigned width)
{
	return blade_rd(b, now, rid, off, width);
}

/* What a write to sysfs 'config' does: registers change, the kernel's own records do not. */
void sim_blade_cfg_write(struct sim_blade *b, struct mr_now now, uint16_t rid, unsigned off,
			 unsigned width, uint32_t v)
{
	blade_wr(b, now, rid, off, width, v);
}
