/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Configuration space, derived and not stored: headers here, capabilities as tables of readers
 * and writers in cfg_caps.c. Accesses of any width become one dword with a mask of bytes.
 */
#include <linux/pci_regs.h>
#include <stddef.h>

#include "sim/model/internal.h"

#define CAP_FIRST 0x40

/* Whether it has a type 1 header. */
bool sim_loc_is_bridge(const struct sim_loc *l)
{
	return l->kind == SIM_LOC_UP || l->kind == SIM_LOC_DOWN || l->kind == SIM_LOC_DSP;
}

/* Whether it is a hot-plug slot: the bridges of hosts, and VH 0's ports under a blade. */
bool sim_loc_is_slot(const struct sim_loc *l)
{
	return l->kind == SIM_LOC_DOWN || (l->kind == SIM_LOC_DSP && l->host);
}

/* 'old' with the bytes 'mask' of 'v' in its 'writable' bits. */
uint16_t sim_merge16(uint16_t old, uint32_t v, uint32_t mask, uint16_t writable)
{
	uint16_t bits = (uint16_t)(mask & writable);

	return (uint16_t)((old & ~bits) | (v & bits));
}

static uint8_t merge8(uint8_t old, uint32_t v, uint32_t mask, unsigned shift)
{
	uint8_t bits = (uint8_t)(mask >> shift);

	return (uint8_t)((old & ~bits) | (v >> shift & bits));
}

/* ---- identity ---- */

static uint32_t read_ids(const struct sim_loc *l)
{
	switch (l->kind) {
	case SIM_LOC_UP:
		return SIM_BRIDGE_ID;
	case SIM_LOC_DOWN:
	case SIM_LOC_DSP:
		return SIM_BRIDGE_DSP;
	case SIM_LOC_VF:
		return UINT32_MAX;
	case SIM_LOC_SYNTH:
		return (uint32_t)l->bridge->row.ids;
	default:
		return l->a->m.vendor | (uint32_t)l->a->m.device << 16;
	}
}

static uint32_t read_class(const struct sim_loc *l)
{
	uint64_t ids;

	if (sim_loc_is_bridge(l))
		return 0x06040001;
	if (l->kind == SIM_LOC_BF) /* a base function has no class of its own */
		return 0x08800001;
	if (l->kind == SIM_LOC_SYNTH) {
		ids = l->bridge->row.ids;
		return (uint32_t)(ids >> 32 & 0xffffff) << 8 | (uint32_t)(ids >> 56);
	}
	return mr_class_code(l->a->m.device_class) << 8 | 1;
}

/* Functions of one device share the bit "more than function 0". */
static bool multi_function(const struct sim_loc *l)
{
	switch (l->kind) {
	case SIM_LOC_DOWN:
		return l->host->d.bridges > (l->b & ~7u) + 1;
	case SIM_LOC_BF:
		return true;
	case SIM_LOC_PF:
		return l->a->m.pfs + (l->a->m.kind == SIM_KIND_MRA && !l->d) > 1;
	case SIM_LOC_DSP:
		return true;
	default:
		return false;
	}
}

static uint32_t read_type(const struct sim_loc *l)
{
	uint32_t cls = sim_loc_is_bridge(l) ? l->br->cacheline : l->fn->cacheline;

	return cls | (sim_loc_is_bridge(l) ? 1u << 16 : 0) | (multi_function(l) ? 1u << 23 : 0);
}

/* ---- type 0 ---- */

static uint32_t read_bar(const struct sim_loc *l, unsigned i)
{
	unsigned flags;
	uint32_t v = l->fn->bar[i];

	if (l->kind == SIM_LOC_VF)
		return 0;
	if (sim_bar_size(l, i, &flags))
		v |= (flags & MR_BAR_64 ? 4u : 0) | (flags & MR_BAR_PREF ? 8u : 0);
	return v;
}

static uint32_t read_type0(const struct sim_loc *l, unsigned off)
{
	if (off >= PCI_BASE_ADDRESS_0 && off <= PCI_BASE_ADDRESS_5)
		return read_bar(l, (off - PCI_BASE_ADDRESS_0) / 4);
	switch (off) {
	case PCI_COMMAND:
		return l->fn->command | PCI_STATUS_CAP_LIST << 16;
	case PCI_SUBSYSTEM_VENDOR_ID:
		if (l->kind == SIM_LOC_SYNTH)
			return l->bridge->row.subsys;
		return l->a->m.vendor | 1u << 16;
	case PCI_CAPABILITY_LIST:
		return CAP_FIRST;
	case PCI_INTERRUPT_LINE:
		return l->kind == SIM_LOC_VF ? 0 : l->fn->intline;
	default:
		return 0;
	}
}

static void write_type0(const struct sim_loc *l, unsigned off, uint32_t v, uint32_t mask)
{
	bool vf = l->kind == SIM_LOC_VF;

	if (off >= PCI_BASE_ADDRESS_0 && off <= PCI_BASE_ADDRESS_5) {
		if (!vf)
			sim_bar_write(l, (off - PCI_BASE_ADDRESS_0) / 4, v, mask);
		return;
	}
	switch (off) {
	case PCI_COMMAND: /* a VF has no memory enable of its own */
		l->fn->command =
			sim_merge16(l->fn->command, v, mask, vf ? PCI_COMMAND_MASTER : 0x0546);
		break;
	case PCI_CACHE_LINE_SIZE:
		if (!vf)
			l->fn->cacheline = merge8(l->fn->cacheline, v, mask, 0);
		break;
	case PCI_INTERRUPT_LINE:
		if (!vf)
			l->fn->intline = merge8(l->fn->intline, v, mask, 0);
		break;
	}
}

/* ---- type 1 ---- */

static uint32_t read_type1(const struct sim_loc *l, unsigned off)
{
	const struct sim_bridge_cfg *g = l->br;

	switch (off) {
	case PCI_COMMAND:
		return g->command | PCI_STATUS_CAP_LIST << 16;
	case PCI_PRIMARY_BUS:
		return g->pri | (uint32_t)g->sec << 8 | (uint32_t)g->sub << 16;
	case PCI_IO_BASE:
		return g->io_base | (uint32_t)g->io_limit << 8;
	case PCI_MEMORY_BASE:
		return g->mem_base | (uint32_t)g->mem_limit << 16;
	case PCI_PREF_MEMORY_BASE: /* 64-bit window */
		return g->pref_base | 1u | (uint32_t)(g->pref_limit | 1u) << 16;
	case PCI_PREF_BASE_UPPER32:
		return g->pref_base_hi;
	case PCI_PREF_LIMIT_UPPER32:
		return g->pref_limit_hi;
	case PCI_CAPABILITY_LIST:
		return CAP_FIRST;
	case PCI_INTERRUPT_LINE:
		return g->intline | (uint32_t)g->bctl << 16;
	default:
		return 0;
	}
}

/* A host's secondary bus reset: everything below the bridge. In VH 0 only what no other VH has
 * functions of is touched (HANDOVER 3); the switch tells it either way. */
static void bus_reset(struct sim_chassis *c, const struct sim_loc *l)
{
	if (l->kind == SIM_LOC_DOWN) {
		sim_target_reset(c, l->vh, l->b);
		return;
	}
	if (!l->vh) {
		sim_vh0_reset_below(c, l->kind == SIM_LOC_DSP ? l->a : NULL);
		return;
	}
	for (unsigned b = 0; l->host->bridge && b < l->host->d.bridges; b++) {
		struct sim_bridge *r = &l->host->bridge[b];

		sim_target_reset(c, l->vh, b);
		r->cfg = (struct sim_bridge_cfg){0};
		sim_slot_update(c, l->vh, b);
		r->cfg.slotsta = 0;
		r->removal_pending = false;
	}
}

static void write_bctl(struct sim_chassis *c, const struct sim_loc *l, uint32_t v,
		       uint32_t mask)
{
	uint16_t old = l->br->bctl;

	l->br->bctl = sim_merge16(old, v >> 16, mask >> 16, 0x0053);
	if (!(old & PCI_BRIDGE_CTL_BUS_RESET) && l->br->bctl & PCI_BRIDGE_CTL_BUS_RESET)
		bus_reset(c, l);
}

static void write_buses(struct sim_bridge_cfg *g, uint32_t v, uint32_t mask)
{
	g->pri = merge8(g->pri, v, mask, 0);
	g->sec = merge8(g->sec, v, mask, 8);
	g->sub = merge8(g->sub, v, mask, 16);
}

static void write_type1(struct sim_chassis *c, const struct sim_loc *l, unsigned off,
			uint32_t v, uint32_t mask)
{
	struct sim_bridge_cfg *g = l->br;

	switch (off) {
	case PCI_COMMAND:
		g->command = sim_merge16(g->command, v, mask, 0x0547);
		break;
	case PCI_CACHE_LINE_SIZE:
		g->cacheline = merge8(g->cacheline, v, mask, 0);
		break;
	case PCI_PRIMARY_BUS:
		write_buses(g, v, mask);
		break;
	case PCI_IO_BASE:
		g->io_base = merge8(g->io_base, v, mask & 0xf0, 0);
		g->io_limit = merge8(g->io_limit, v, mask & 0xf000, 8);
		break;
	case PCI_MEMORY_BASE:
		g->mem_base = sim_merge16(g->mem_base, v, mask, 0xfff0);
		g->mem_limit = sim_merge16(g->mem_limit, v >> 16, mask >> 16, 0xfff0);
		break;
	case PCI_PREF_MEMORY_BASE:
		g->pref_base = sim_merge16(g->pref_base, v, mask, 0xfff0);
		g->pref_limit = sim_merge16(g->pref_limit, v >> 16, mask >> 16, 0xfff0);
		break;
	case PCI_PREF_BASE_UPPER32:
		g->pref_base_hi = (g->pref_base_hi & ~mask) | (v & mask);
		break;
	case PCI_PREF_LIMIT_UPPER32:
		g->pref_limit_hi = (g->pref_limit_hi & ~mask) | (v & mask);
		break;
	case PCI_INTERRUPT_LINE:
		g->intline = merge8(g->intline, v, mask, 0);
		write_bctl(c, l, v, mask);
		break;
	}
}

/* ---- capabilities ---- */

static const struct sim_cap *caps_of(const struct sim_loc *l, unsigned *ret_n)
{
	if (sim_loc_is_bridge(l)) {
		*ret_n = sim_bridge_caps_n;
		return sim_bridge_caps;
	}
	*ret_n = sim_fn_caps_n;
	return sim_fn_caps;
}

static bool has(const struct sim_cap *k, const struct sim_loc *l)
{
	return !k->has || k->has(l);
}

/* The capability that stands at 'off', with where the next of its list stands. */
static const struct sim_cap *find_cap(const struct sim_loc *l, unsigned off, unsigned *ret_next)
{
	const struct sim_cap *caps, *found = NULL;
	unsigned n;

	caps = caps_of(l, &n);
	*ret_next = 0;
	for (unsigned i = 0; i < n; i++) {
		const struct sim_cap *k = &caps[i];

		if (!has(k, l))
			continue;
		if (found) {
			if (!found->version == !k->version)
				*ret_next = k->off;
			break;
		}
		if (off >= k->off && off < k->off + k->len)
			found = k;
	}
	return found;
}

static uint32_t read_dword(struct sim_chassis *c, const struct sim_loc *l, unsigned off)
{
	const struct sim_cap *k;
	unsigned next;
	uint32_t v;

	if (off == PCI_VENDOR_ID)
		return read_ids(l);
	if (off == PCI_CLASS_REVISION)
		return read_class(l);
	if (off == PCI_CACHE_LINE_SIZE)
		return read_type(l);
	if (off < CAP_FIRST)
		return (sim_loc_is_bridge(l) ? read_type1(l, off) : read_type0(l, off)) |
		       sim_aer_header(c, l, off);
	k = find_cap(l, off, &next);
	if (!k)
		return 0;
	v = k->read(c, l, off - k->off);
	if (off != k->off)
		return v;
	return k->version ? k->id | (uint32_t)k->version << 16 | next << 20
			  : (v & 0xffff0000) | next << 8 | k->id;
}

/* Reads 'width' (1, 2, 4) bytes at 'off'; what is not naturally aligned reads all-ones. */
uint32_t sim_cfg_read(struct sim_chassis *c, const struct sim_loc *l, unsigned off,
		      unsigned width)
{
	uint32_t ones = width == 4 ? UINT32_MAX : (1u << 8 * width) - 1;

	if (off >= 4096 || off & (width - 1))
		return ones;
	return read_dword(c, l, off & ~3u) >> 8 * (off & 3) & ones;
}

/* Writes 'width' bytes at 'off'; read-only bits stay as they are. */
void sim_cfg_write(struct sim_chassis *c, const struct sim_loc *l, unsigned off, unsigned width,
		   uint32_t v)
{
	unsigned shift = 8 * (off & 3), next;
	uint32_t mask = width == 4 ? UINT32_MAX : ((1u << 8 * width) - 1) << shift;
	const struct sim_cap *k;

	if (off >= 4096 || off & (width - 1))
		return;
	v <<= shift;
	off &= ~3u;
	if (off < CAP_FIRST) {
		sim_aer_header_clear(c, l, off, v & mask);
		if (sim_loc_is_bridge(l))
			write_type1(c, l, off, v, mask);
		else
			write_type0(l, off, v, mask);
		return;
	}
	k = find_cap(l, off, &next);
	if (k && k->write)
		k->write(c, l, off - k->off, v, mask);
}
