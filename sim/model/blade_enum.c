// SPDX-License-Identifier: Apache-2.0
/*
 * Enumeration by a model of firmware policy (HANDOVER 13): root port -> bus 1 upstream bridge
 * -> bus 2 downstream bridges, which share the reserved buses and the two reserved windows
 * equally (windows rounded down to a power of two). The kernel takes these over and fills what
 * is behind the bridges; the device list is kept here.
 */
#include <errno.h>
#include <linux/pci_regs.h>
#include <stdlib.h>
#include <string.h>

#include "common/ids.h"
#include "common/xalloc.h"
#include "sim/model/blade_priv.h"
#include "sim/model/chassis.h"

#define ACS_ISOLATES (PCI_ACS_SV | PCI_ACS_RR | PCI_ACS_CR | PCI_ACS_UF)

static unsigned lower_bound(const struct sim_blade *b, uint16_t rid)
{
	unsigned lo = 0, hi = b->devs;

	while (lo < hi) {
		unsigned mid = (lo + hi) / 2;

		if (b->dev[mid]->d.rid < rid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* The kernel's record of the device at 'rid', or NULL. */
struct blade_node *blade_node(const struct sim_blade *b, uint16_t rid)
{
	unsigned i = lower_bound(b, rid);

	return i < b->devs && b->dev[i]->d.rid == rid ? b->dev[i] : NULL;
}

/* Puts a device into the list, which then owns it. */
void blade_insert(struct sim_blade *b, struct blade_node *n)
{
	unsigned i = lower_bound(b, n->d.rid);

	MR_GROW(b->dev, b->devs, b->cap);
	memmove(&b->dev[i + 1], &b->dev[i], (b->devs - i) * sizeof(b->dev[0]));
	b->dev[i] = n;
	b->devs++;
	n->d.serial = ++b->serial;
	blade_changed(b);
}

static void take_out(struct sim_blade *b, struct blade_node *n)
{
	unsigned i = lower_bound(b, n->d.rid);

	b->devs--;
	memmove(&b->dev[i], &b->dev[i + 1], (b->devs - i) * sizeof(b->dev[0]));
	free(n->errors);
	free(n);
	blade_changed(b);
}

/* The lowest IOMMU group number that is not in use. */
static int free_group(const struct sim_blade *b)
{
	unsigned all = 0;
	bool *used;
	int g = 0;

	for (unsigned r = 0; r < b->lead->roots; r++)
		all += b->lead->root[r]->devs;
	used = mr_xcalloc(all + 1, sizeof(*used));
	for (unsigned r = 0; r < b->lead->roots; r++) {
		const struct sim_blade *o = b->lead->root[r];

		for (unsigned i = 0; i < o->devs; i++)
			if ((unsigned)o->dev[i]->d.iommu_group < all)
				used[o->dev[i]->d.iommu_group] = true;
	}
	while (used[g])
		g++;
	free(used);
	return g;
}

/* A function has a group of its own if the port above it redirects everything upstream; -1
 * without an IOMMU. */
static int group_of(struct sim_blade *b, struct mr_now now, int parent)
{
	const struct blade_node *p = parent < 0 ? NULL : blade_node(b, (uint16_t)parent);

	if (!sim_blade_has_iommu(b))
		return -1;
	if (p && !sim_host_isolation(b->c, b->vh).acs) /* what the root port may turn round */
		return p->d.iommu_group;
	if (!p || p->d.rid == BLADE_RID_ROOT_PORT)
		return free_group(b);
	if (p->acs && (blade_rd(b, now, p->d.rid, p->acs + PCI_ACS_CTRL, 2) & ACS_ISOLATES) ==
			      ACS_ISOLATES)
		return free_group(b);
	return MR_RID_BUS(p->d.rid) == BLADE_BUS_UPSTREAM ? free_group(b) : p->d.iommu_group;
}

static void read_ids(struct sim_blade *b, struct mr_now now, struct blade_node *n)
{
	uint32_t id = blade_rd(b, now, n->d.rid, PCI_VENDOR_ID, 4);
	uint32_t class = blade_rd(b, now, n->d.rid, PCI_CLASS_REVISION, 4);
	uint32_t sub = 0;

	n->d.vendor = (uint16_t)id;
	n->d.device = (uint16_t)(id >> 16);
	n->d.class_code = class >> 8;
	n->d.revision = (uint8_t) class;
	n->d.header = blade_rd(b, now, n->d.rid, PCI_HEADER_TYPE, 1) & 0x7f;
	if (!n->d.header)
		sub = blade_rd(b, now, n->d.rid, PCI_SUBSYSTEM_VENDOR_ID, 4);
	n->d.subvendor = (uint16_t)sub;
	n->d.subdevice = (uint16_t)(sub >> 16);
}

static void read_caps(struct sim_blade *b, struct mr_now now, struct blade_node *n)
{
	n->pcie = blade_cap(b, now, n->d.rid, PCI_CAP_ID_EXP);
	n->msix = blade_cap(b, now, n->d.rid, PCI_CAP_ID_MSIX);
	n->acs = blade_ecap(b, now, n->d.rid, PCI_EXT_CAP_ID_ACS);
	n->aer = blade_ecap(b, now, n->d.rid, PCI_EXT_CAP_ID_ERR);
	n->ari = blade_ecap(b, now, n->d.rid, PCI_EXT_CAP_ID_ARI);
	if (n->pcie)
		n->flr = blade_rd(b, now, n->d.rid, n->pcie + PCI_EXP_DEVCAP, 4) &
			 PCI_EXP_DEVCAP_FLR;
}

/*
 * A record of the function at 'rid' with its ids and capabilities; the caller inserts it. For a
 * VF the caller overwrites the ids, which read all-ones.
 */
struct blade_node *blade_new_node(struct sim_blade *b, struct mr_now now, uint16_t rid,
				  int parent, int slot)
{
	struct blade_node *n = MR_NEW(struct blade_node);

	n->d.rid = rid;
	n->d.parent = parent;
	n->d.slot = slot;
	n->d.autoprobe = true;
	n->job_due = n->restore_due = MR_NEVER;
	read_ids(b, now, n);
	read_caps(b, now, n);
	blade_aer_init(b, now, n);
	n->d.device_class = blade_class_of(n->d.class_code);
	n->d.iommu_group = group_of(b, now, parent);
	return n;
}

static struct blade_node *add_bridge(struct sim_blade *b, struct mr_now now, uint16_t rid,
				     int parent)
{
	struct blade_node *n = blade_new_node(b, now, rid, parent, -1);

	if (n->acs && sim_blade_has_iommu(b)) /* the IOMMU's driver asks for it */
		blade_wr(b, now, rid, n->acs + PCI_ACS_CTRL, 2,
			 blade_rd(b, now, rid, n->acs + PCI_ACS_CAP, 2) & ACS_ISOLATES);
	blade_insert(b, n);
	blade_uevent_dev(b, "add", n, NULL);
	blade_attach(b, now, n);
	return n;
}

static void set_buses(struct sim_blade *b, struct mr_now now, uint16_t rid, unsigned primary,
		      unsigned secondary, unsigned subordinate)
{
	blade_wr(b, now, rid, PCI_PRIMARY_BUS, 4, primary | secondary << 8 | subordinate << 16);
}

/* Programs a bridge's windows; a size of 0 closes one. */
static void set_windows(struct sim_blade *b, struct mr_now now, uint16_t rid, uint64_t mmio,
			uint64_t mmio_size, uint64_t mmio64, uint64_t mmio64_size)
{
	uint64_t last = mmio + mmio_size - 1, last64 = mmio64 + mmio64_size - 1;
	uint32_t low = 0x0000fff0, low64 = 0x0000fff0;

	if (mmio_size)
		low = (uint32_t)(mmio >> 16 & 0xfff0) | (uint32_t)(last & 0xfff00000);
	if (mmio64_size)
		low64 = (uint32_t)(mmio64 >> 16 & 0xfff0) | (uint32_t)(last64 & 0xfff00000);
	blade_wr(b, now, rid, PCI_MEMORY_BASE, 4, low);
	blade_wr(b, now, rid, PCI_PREF_BASE_UPPER32, 4,
		 mmio64_size ? (uint32_t)(mmio64 >> 32) : 0);
	blade_wr(b, now, rid, PCI_PREF_LIMIT_UPPER32, 4,
		 mmio64_size ? (uint32_t)(last64 >> 32) : 0);
	blade_wr(b, now, rid, PCI_PREF_MEMORY_BASE, 4, low64);
}

/* An equal share, rounded down to a power of two; bridges deal in MiB, so less is none. */
static uint64_t share(uint64_t bytes, unsigned of)
{
	uint64_t part = of ? bytes / of : 0, p = UINT64_C(1) << 20;

	if (part < p)
		return 0;
	while (p <= part / 2)
		p *= 2;
	return p;
}

static unsigned find_downstream(struct sim_blade *b, struct mr_now now)
{
	unsigned n = 0;

	for (unsigned i = 0; i < 256; i++) {
		uint16_t rid = (uint16_t)(BLADE_BUS_INTERNAL << 8 | i);

		b->slot[i].exists =
			(blade_rd(b, now, rid, PCI_VENDOR_ID, 4) & 0xffff) != 0xffff;
		if (b->slot[i].exists) {
			n++;
			b->slots = i + 1;
		}
	}
	return n;
}

/* What firmware gives to bridge 'i', the nth of 'count'. */
static void setup_slot(struct sim_blade *b, struct mr_now now, unsigned i, unsigned nth,
		       unsigned count)
{
	struct blade_slot *s = &b->slot[i];
	unsigned buses, per_bridge;
	uint64_t mmio, mmio64;

	sim_host_reserve(b->c, b->vh, &buses, &mmio, &mmio64);
	per_bridge = buses / count ? buses / count : 1;
	if (per_bridge * count > 256 - BLADE_BUS_FIRST)
		per_bridge = (256 - BLADE_BUS_FIRST) / count;
	s->rid = (uint16_t)(BLADE_BUS_INTERNAL << 8 | i);
	s->secondary = (uint8_t)(BLADE_BUS_FIRST + nth * per_bridge);
	s->subordinate = (uint8_t)(s->secondary + per_bridge - 1);
	s->mmio_size = share(mmio, count);
	s->mmio64_size = share(mmio64, count);
	s->mmio = blade_mmio_base(b) + nth * s->mmio_size;
	s->mmio64 = blade_mmio64_base(b) + nth * s->mmio64_size;
	s->due = MR_NEVER;
	s->by_user = false;
	set_buses(b, now, s->rid, BLADE_BUS_INTERNAL, s->secondary, s->subordinate);
	set_windows(b, now, s->rid, s->mmio, s->mmio_size, s->mmio64, s->mmio64_size);
}

/* One window of a bridge as its registers have it; size 0 when it is closed. */
static void read_window(uint32_t reg, uint64_t base_hi, uint64_t limit_hi, uint64_t *ret_base,
			uint64_t *ret_size)
{
	uint64_t base = base_hi << 32 | (reg & 0xfff0) << 16;
	uint64_t limit = limit_hi << 32 | (reg & 0xfff00000) | 0xfffff;

	*ret_base = base;
	*ret_size = limit > base ? limit - base + 1 : 0;
}

/* What a bridge was set to before this host booted. */
static void read_bridge(struct sim_blade *b, struct mr_now now, struct blade_slot *ret)
{
	uint32_t buses = blade_rd(b, now, ret->rid, PCI_PRIMARY_BUS, 4);

	ret->secondary = (uint8_t)(buses >> 8);
	ret->subordinate = (uint8_t)(buses >> 16);
	read_window(blade_rd(b, now, ret->rid, PCI_MEMORY_BASE, 4), 0, 0, &ret->mmio,
		    &ret->mmio_size);
	read_window(blade_rd(b, now, ret->rid, PCI_PREF_MEMORY_BASE, 4),
		    blade_rd(b, now, ret->rid, PCI_PREF_BASE_UPPER32, 4),
		    blade_rd(b, now, ret->rid, PCI_PREF_LIMIT_UPPER32, 4), &ret->mmio64,
		    &ret->mmio64_size);
}

/* The root of VH 0: firmware takes over the buses and windows that the switch gave to the
 * adapters, which are in use whatever this host does. */
static void adopt_slots(struct sim_blade *b, struct mr_now now, uint16_t upstream)
{
	struct blade_slot up = {.rid = upstream};

	find_downstream(b, now);
	for (unsigned i = 0; i < b->slots; i++) {
		b->slot[i].rid = (uint16_t)(BLADE_BUS_INTERNAL << 8 | i);
		b->slot[i].due = MR_NEVER;
		if (b->slot[i].exists)
			read_bridge(b, now, &b->slot[i]);
	}
	read_bridge(b, now, &up);
	set_buses(b, now, BLADE_RID_ROOT_PORT, 0, BLADE_BUS_UPSTREAM, up.subordinate);
	set_windows(b, now, BLADE_RID_ROOT_PORT, up.mmio, up.mmio_size, up.mmio64,
		    up.mmio64_size);
}

static void setup_slots(struct sim_blade *b, struct mr_now now, uint16_t upstream)
{
	unsigned count = find_downstream(b, now), nth = 0;
	unsigned last = BLADE_BUS_INTERNAL;
	uint64_t mmio = 0, mmio64 = 0;

	for (unsigned i = 0; i < b->slots; i++)
		if (b->slot[i].exists) {
			setup_slot(b, now, i, nth++, count);
			last = b->slot[i].subordinate;
			mmio = nth * b->slot[i].mmio_size;
			mmio64 = nth * b->slot[i].mmio64_size;
		}
	set_buses(b, now, upstream, BLADE_BUS_UPSTREAM, BLADE_BUS_INTERNAL, last);
	set_buses(b, now, BLADE_RID_ROOT_PORT, 0, BLADE_BUS_UPSTREAM, last);
	set_windows(b, now, upstream, blade_mmio_base(b), mmio, blade_mmio64_base(b), mmio64);
	set_windows(b, now, BLADE_RID_ROOT_PORT, blade_mmio_base(b), mmio, blade_mmio64_base(b),
		    mmio64);
}

/* Our end of the cable shows what the switch's end negotiated. */
static void mirror_link(struct sim_blade *b, struct mr_now now, uint16_t upstream)
{
	unsigned up = blade_cap(b, now, upstream, PCI_CAP_ID_EXP);
	unsigned rp = blade_cap(b, now, BLADE_RID_ROOT_PORT, PCI_CAP_ID_EXP);
	uint32_t cap = up ? blade_rd(b, now, upstream, up + PCI_EXP_LNKCAP, 4) : 0;
	uint32_t sta = up ? blade_rd(b, now, upstream, up + PCI_EXP_LNKSTA, 2) : 0;

	sta = (sta & 0x3ff) | PCI_EXP_LNKSTA_DLLLA;
	b->rp_cfg[rp + PCI_EXP_LNKCAP] = (uint8_t)cap;
	b->rp_cfg[rp + PCI_EXP_LNKCAP + 1] =
		(uint8_t)((b->rp_cfg[rp + PCI_EXP_LNKCAP + 1] & 0xfc) | (cap >> 8 & 3));
	b->rp_cfg[rp + PCI_EXP_LNKSTA] = (uint8_t)sta;
	b->rp_cfg[rp + PCI_EXP_LNKSTA + 1] = (uint8_t)(sta >> 8);
}

/* What is below the root port, if the port is authorised: buses, windows, slots, devices. */
static void enumerate_below(struct sim_blade *b, struct mr_now now)
{
	const uint16_t upstream = mr_rid(BLADE_BUS_UPSTREAM, 0, 0);

	if ((blade_rd(b, now, upstream, PCI_VENDOR_ID, 4) & 0xffff) == 0xffff)
		return;
	set_buses(b, now, upstream, BLADE_BUS_UPSTREAM, BLADE_BUS_INTERNAL, 0xff);
	if (sim_host_management(b->c, b->vh))
		adopt_slots(b, now, upstream);
	else
		setup_slots(b, now, upstream);
	mirror_link(b, now, upstream);
	if (!blade_node(b, upstream))
		add_bridge(b, now, upstream, BLADE_RID_ROOT_PORT);
	for (unsigned i = 0; i < b->slots; i++)
		if (b->slot[i].exists)
			b->slot[i].pcie = add_bridge(b, now, b->slot[i].rid, upstream)->pcie;
	for (unsigned i = 0; i < b->slots; i++)
		if (b->slot[i].exists)
			blade_slot_boot(b, now, i);
}

/* Firmware and kernel boot; everything is announced. */
void blade_enumerate(struct sim_blade *b, struct mr_now now)
{
	struct blade_node *host;

	blade_local_init(b);
	b->slots = 0;
	memset(b->slot, 0, sizeof(b->slot));
	host = blade_new_node(b, now, BLADE_RID_HOST_BRIDGE, -1, -1);
	blade_insert(b, host);
	blade_uevent_dev(b, "add", host, NULL);
	set_buses(b, now, BLADE_RID_ROOT_PORT, 0, BLADE_BUS_UPSTREAM, 0xff);
	add_bridge(b, now, BLADE_RID_ROOT_PORT, -1);
	enumerate_below(b, now);
}

/* The host lost power or is reset: its kernel's records are gone, without a word. */
void blade_drop_all(struct sim_blade *b)
{
	for (unsigned i = 0; i < b->devs; i++) {
		free(b->dev[i]->errors);
		free(b->dev[i]);
	}
	b->devs = 0;
	b->slots = 0;
	memset(b->slot, 0, sizeof(b->slot));
	b->ue_count = 0;
	blade_changed(b);
}

static unsigned next_function(struct sim_blade *b, struct mr_now now, uint16_t rid, bool ari,
			      bool multi)
{
	unsigned off;

	if (!ari)
		return multi && MR_RID_FN(rid) < 7 ? MR_RID_FN(rid) + 1u : 0;
	off = blade_ecap(b, now, rid, PCI_EXT_CAP_ID_ARI);
	return off ? PCI_ARI_CAP_NFN(blade_rd(b, now, rid, off + PCI_ARI_CAP, 2)) : 0;
}

/* The port forwards to functions beyond 7 if both ends can. */
static bool enable_ari(struct sim_blade *b, struct mr_now now, const struct blade_slot *s,
		       uint16_t rid)
{
	bool both =
		blade_ecap(b, now, rid, PCI_EXT_CAP_ID_ARI) &&
		blade_rd(b, now, s->rid, s->pcie + PCI_EXP_DEVCAP2, 4) & PCI_EXP_DEVCAP2_ARI;

	blade_set_bits(b, now, s->rid, s->pcie + PCI_EXP_DEVCTL2, PCI_EXP_DEVCTL2_ARI,
		       both ? PCI_EXP_DEVCTL2_ARI : 0);
	return both;
}

/* One function that the scan met: a record of it, unless the kernel knows it already. */
static void meet(struct sim_blade *b, struct mr_now now, uint16_t rid, unsigned slot)
{
	struct blade_node *n;

	if (blade_node(b, rid))
		return;
	n = blade_new_node(b, now, rid, b->slot[slot].rid, (int)slot);
	blade_insert(b, n);
	blade_sriov_init(b, now, n);
	blade_size_bars(b, now, n);
	blade_uevent_dev(b, "add", n, NULL);
}

static bool answers(struct sim_blade *b, struct mr_now now, uint16_t rid)
{
	uint32_t vendor = blade_rd(b, now, rid, PCI_VENDOR_ID, 2);

	return vendor != 0xffff && vendor != BLADE_NOT_READY;
}

unsigned blade_scan_slot(struct sim_blade *b, struct mr_now now, unsigned slot)
{
	const struct blade_slot *s = &b->slot[slot];
	const uint16_t base = (uint16_t)(s->secondary << 8);
	const uint64_t before = b->serial;
	unsigned fn = 0, found = 0;
	bool ari, multi;

	if (!answers(b, now, base))
		return 0;
	ari = enable_ari(b, now, s, base);
	multi = blade_rd(b, now, base, PCI_HEADER_TYPE, 1) & 0x80;
	do {
		uint16_t rid = (uint16_t)(base + fn);

		if (answers(b, now, rid))
			meet(b, now, rid, slot);
		fn = next_function(b, now, rid, ari, multi);
	} while (fn && ++found < 256);
	found = 0;
	for (unsigned i = 0; i < b->devs; i++)
		if (b->dev[i]->d.serial > before) {
			blade_assign_bars(b, now, b->dev[i]);
			found++;
		}
	for (unsigned i = 0; i < b->devs; i++)
		if (b->dev[i]->d.serial > before)
			blade_attach(b, now, b->dev[i]);
	return found;
}

/* What is left of a PF that goes away under its VFs: their 'physfn' dangles (facts M6). */
static void orphan_vfs(struct sim_blade *b, const struct blade_node *pf)
{
	for (unsigned i = 0; i < b->devs; i++)
		if (b->dev[i]->d.is_virtfn && b->dev[i]->d.physfn == pf->d.rid)
			b->dev[i]->orphan = true;
}

void blade_remove_node(struct sim_blade *b, struct mr_now now, struct blade_node *n, bool gone)
{
	if (!n->d.is_virtfn && n->d.numvfs)
		orphan_vfs(b, n);
	blade_detach(b, now, n, gone);
	blade_uevent_dev(b, "remove", n, NULL);
	take_out(b, n);
}

/* As pciehp does: all functions of the slot, the highest address first, so VFs before PFs. */
void blade_remove_slot(struct sim_blade *b, struct mr_now now, unsigned slot, bool gone)
{
	for (unsigned i = b->devs; i-- > 0;)
		if (b->dev[i]->d.slot == (int)slot)
			blade_remove_node(b, now, b->dev[i], gone);
}

/* sysfs 'remove': -EINVAL for what has no such file (VFs). */
int sim_blade_remove(struct sim_blade *b, struct mr_now now, uint16_t rid)
{
	struct blade_node *n = blade_node(b, rid);

	if (!n)
		return -ENODEV;
	if (n->d.is_virtfn || n->d.slot < 0)
		return -EINVAL;
	blade_remove_node(b, now, n, false);
	return 0;
}

/* sysfs 'rescan': finds again what was removed and is still powered. */
int sim_blade_rescan(struct sim_blade *b, struct mr_now now)
{
	if (b->state != BLADE_UP)
		return -ENODEV;
	if (!b->slots)
		enumerate_below(b, now); /* the port was isolated so far */
	for (unsigned i = 0; i < b->slots; i++)
		if (b->slot[i].exists && b->slot[i].state == SLOT_ON)
			blade_scan_slot(b, now, i);
	return 0;
}
