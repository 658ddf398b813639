// SPDX-License-Identifier: Apache-2.0
/*
 * BARs of what appears behind a slot: sized by the all-ones probe, placed first-fit inside the
 * slot's two windows, the largest first. As in Linux a prefetchable 64-bit BAR goes to the
 * prefetchable window, everything else to the 32-bit one; what does not fit stays unassigned
 * (IORESOURCE_UNSET), and its driver will refuse. The root of VH 0 keeps the addresses that it
 * finds.
 */
#include <linux/pci_regs.h>

#include "sim/model/blade_priv.h"
#include "sim/model/chassis.h"

#define RES_MEM	      0x00000200ul
#define RES_PREFETCH  0x00002000ul
#define RES_SIZEALIGN 0x00040000ul
#define RES_MEM_64    0x00100000ul
#define RES_UNSET     0x20000000ul

/* One BAR of a function: its own (low 6) or of its VFs (high 6). */
struct bar_ref {
	unsigned off;
	uint64_t *base;
	unsigned long *flags;
	uint64_t align, size;
};

static unsigned long flags_of(uint32_t bar)
{
	unsigned long f = (bar & 0xf) | RES_MEM | RES_SIZEALIGN;

	if (bar & PCI_BASE_ADDRESS_MEM_PREFETCH)
		f |= RES_PREFETCH;
	if (bar & PCI_BASE_ADDRESS_MEM_TYPE_64)
		f |= RES_MEM_64;
	return f;
}

/* What the six BARs at 'off' read. */
static void read_six(struct sim_blade *b, struct mr_now now, uint16_t rid, unsigned off,
		     uint32_t bar[6])
{
	for (unsigned i = 0; i < 6; i++)
		bar[i] = blade_rd(b, now, rid, off + 4 * i, 4);
}

/* They are put back, and are the addresses of the BARs that were found. */
static void keep_six(struct sim_blade *b, struct mr_now now, uint16_t rid, unsigned off,
		     const uint32_t bar[6], const uint64_t size[6], unsigned long flags[6],
		     uint64_t base[6])
{
	for (unsigned i = 0; i < 6; i++) {
		blade_wr(b, now, rid, off + 4 * i, 4, bar[i]);
		if (!size[i])
			continue;
		base[i] = bar[i] & ~0xfu;
		if (flags[i] & RES_MEM_64 && i < 5)
			base[i] |= (uint64_t)bar[i + 1] << 32;
		if (!base[i])
			flags[i] |= RES_UNSET;
	}
}

/* Probes the six BARs at 'off'; the registers hold all-ones afterwards where there is a BAR. */
static void size_six(struct sim_blade *b, struct mr_now now, uint16_t rid, unsigned off,
		     uint64_t size[6], unsigned long flags[6])
{
	for (unsigned i = 0; i < 6; i++) {
		uint64_t mask;
		uint32_t lo;

		blade_wr(b, now, rid, off + 4 * i, 4, UINT32_MAX);
		lo = blade_rd(b, now, rid, off + 4 * i, 4);
		if (lo == 0 || lo == UINT32_MAX || lo & PCI_BASE_ADDRESS_SPACE_IO)
			continue;
		mask = lo & ~UINT64_C(0xf);
		flags[i] = flags_of(lo);
		if (flags[i] & RES_MEM_64 && i < 5) {
			blade_wr(b, now, rid, off + 4 * i + 4, 4, UINT32_MAX);
			mask |= (uint64_t)blade_rd(b, now, rid, off + 4 * i + 4, 4) << 32;
			size[i++] = ~mask + 1;
		} else {
			size[i] = (uint32_t)~mask + UINT64_C(1);
		}
	}
}

static void size_and_keep(struct sim_blade *b, struct mr_now now, uint16_t rid, unsigned off,
			  uint64_t size[6], unsigned long flags[6], uint64_t base[6])
{
	bool keep = sim_host_management(b->c, b->vh);
	uint32_t bar[6];

	if (keep)
		read_six(b, now, rid, off, bar);
	size_six(b, now, rid, off, size, flags);
	if (keep)
		keep_six(b, now, rid, off, bar, size, flags, base);
}

/* Sizes the BARs of a new function, and those of its VFs if it is a PF. */
void blade_size_bars(struct sim_blade *b, struct mr_now now, struct blade_node *n)
{
	if (n->d.header || n->d.is_virtfn)
		return;
	size_and_keep(b, now, n->d.rid, PCI_BASE_ADDRESS_0, n->d.bar_size, n->d.bar_flags,
		      n->d.bar);
	if (n->sriov)
		size_and_keep(b, now, n->d.rid, n->sriov + PCI_SRIOV_BAR, n->vf_bar_size,
			      n->vf_bar_flags, n->vf_bar);
}

/* End of the first resource of the slot that overlaps [base, base + size), 0 = none does. */
static uint64_t conflict(const struct sim_blade *b, int slot, uint64_t base, uint64_t size)
{
	for (unsigned i = 0; i < b->devs; i++) {
		const struct blade_node *n = b->dev[i];

		if (n->d.slot != slot || n->d.is_virtfn)
			continue;
		for (unsigned k = 0; k < 12; k++) {
			uint64_t at = k < 6 ? n->d.bar[k] : n->vf_bar[k - 6];
			uint64_t len = k < 6 ? n->d.bar_size[k]
					     : n->vf_bar_size[k - 6] * n->d.totalvfs;

			if (at && base < at + len && at < base + size)
				return at + len;
		}
	}
	return 0;
}

/* Lowest free aligned place in a window, 0 when there is none. */
static uint64_t place(const struct sim_blade *b, int slot, uint64_t base, uint64_t window,
		      uint64_t size, uint64_t align)
{
	uint64_t at = (base + align - 1) & ~(align - 1);

	while (at + size <= base + window && at + size > at) {
		uint64_t end = conflict(b, slot, at, size);

		if (!end)
			return at;
		at = (end + align - 1) & ~(align - 1);
	}
	return 0;
}

static void write_bar(struct sim_blade *b, struct mr_now now, uint16_t rid,
		      const struct bar_ref *r)
{
	blade_wr(b, now, rid, r->off, 4, (uint32_t)*r->base);
	if (*r->flags & RES_MEM_64)
		blade_wr(b, now, rid, r->off + 4, 4, (uint32_t)(*r->base >> 32));
}

static void assign(struct sim_blade *b, struct mr_now now, struct blade_node *n,
		   const struct bar_ref *r)
{
	const struct blade_slot *s = &b->slot[n->d.slot];
	const unsigned long high = RES_PREFETCH | RES_MEM_64;

	if ((*r->flags & high) == high && s->mmio64_size)
		*r->base = place(b, n->d.slot, s->mmio64, s->mmio64_size, r->size, r->align);
	else
		*r->base = place(b, n->d.slot, s->mmio, s->mmio_size, r->size, r->align);
	if (!*r->base)
		*r->flags |= RES_UNSET;
	write_bar(b, now, n->d.rid, r);
}

/* Assigns addresses to all BARs of 'n', the largest first. */
void blade_assign_bars(struct sim_blade *b, struct mr_now now, struct blade_node *n)
{
	struct bar_ref refs[12], tmp;
	unsigned count = 0;

	if (n->d.slot < 0 || n->d.header || n->d.is_virtfn || sim_host_management(b->c, b->vh))
		return;
	for (unsigned i = 0; i < 6; i++) {
		if (n->d.bar_size[i])
			refs[count++] = (struct bar_ref){PCI_BASE_ADDRESS_0 + 4 * i,
							 &n->d.bar[i], &n->d.bar_flags[i],
							 n->d.bar_size[i], n->d.bar_size[i]};
		if (n->vf_bar_size[i] && n->d.totalvfs)
			refs[count++] = (struct bar_ref){n->sriov + PCI_SRIOV_BAR + 4 * i,
							 &n->vf_bar[i], &n->vf_bar_flags[i],
							 n->vf_bar_size[i],
							 n->vf_bar_size[i] * n->d.totalvfs};
	}
	for (unsigned i = 1; i < count; i++)
		for (unsigned k = i; k && refs[k].align > refs[k - 1].align; k--) {
			tmp = refs[k];
			refs[k] = refs[k - 1];
			refs[k - 1] = tmp;
		}
	for (unsigned i = 0; i < count; i++)
		assign(b, now, n, &refs[i]);
}
