/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests of the host that is the root of VH 0 (`managementRoot: host:NAME`). It sees the
 * whole hierarchy and drives PFs; it is not the MR-PCIM, and what belongs to other hosts is not
 * its to change (HANDOVER 3, I8):
 *   - BF, VFs and `base` devices can be looked at: configuration reads, no writes, no memory
 *   - buses, windows, BARs and VF BARs stay as the switch placed them; BARs can be sized
 *   - what would take functions from other VHs is held, counted and told to the owner
 */
#include <linux/pci_regs.h>
#include <stddef.h>

#include "sim/model/tlp_priv.h"

#define VF_ON	    (PCI_SRIOV_CTRL_VFE | PCI_SRIOV_CTRL_MSE)
#define NO_BAR	    12u
#define SRIOV(reg)  (SIM_CAP_SRIOV + (reg))
#define ACS_CONTROL (SIM_CAP_ACS + 4) /* the dword of PCI_ACS_CTRL, in its upper half */

/* One dword's write, as it may still be changed. */
struct write {
	unsigned at;
	uint32_t v, mask;
};

static void hold(struct sim_chassis *c, struct sim_adapter *a, uint16_t rid, enum mr_held what)
{
	a->held++;
	a->held_kinds |= (uint16_t)(1u << what);
	if (a->held_told)
		return;
	a->held_told = true;
	sim_event_push(c, MR_EV_VH0_HELD, a->port, 0, 0, rid, what);
}

/* A VF that a host VH owns leaves a hole in VH 0, which a kernel that knows nothing of
 * migration would take for a broken device: it finds a VF without any state there. */
static struct sim_loc elsewhere(struct sim_chassis *c, uint16_t rid)
{
	struct sim_loc l = {.kind = SIM_LOC_NONE};

	for (unsigned i = 0; i < c->adapters && l.kind == SIM_LOC_NONE; i++) {
		struct sim_adapter *a = &c->adapter[i];

		if (rid >> 8 >= a->bus && rid >> 8 <= a->last_bus && sim_adapter_up(a))
			l = sim_adapter_vf_place(a, rid - (unsigned)(a->bus << 8));
	}
	l.d = 0;
	l.fn = &c->elsewhere;
	return l;
}

/* What it finds at 'rid'. A device that a row leads another host to is in that VH. */
struct sim_loc sim_root_locate(struct sim_chassis *c, uint16_t rid)
{
	struct sim_loc l = sim_vh0_locate(c, rid);

	if (l.kind == SIM_LOC_NONE)
		return elsewhere(c, rid);
	if (l.kind == SIM_LOC_BASE && l.a->row_vs)
		l = (struct sim_loc){.kind = SIM_LOC_NONE};
	return l;
}

/* ---- BARs: fixed, sized by writing all-ones ---- */

/* Which BAR stands at 'at': 0 to 5, VF BARs 6 to 11. */
static unsigned bar_at(const struct sim_loc *l, unsigned at)
{
	if (sim_loc_is_bridge(l) || l->kind == SIM_LOC_VF)
		return NO_BAR;
	if (at >= PCI_BASE_ADDRESS_0 && at <= PCI_BASE_ADDRESS_5)
		return (at - PCI_BASE_ADDRESS_0) / 4;
	if (l->kind == SIM_LOC_PF && at >= SRIOV(PCI_SRIOV_BAR) &&
	    at < SRIOV(PCI_SRIOV_BAR) + 24)
		return 6 + (at - SRIOV(PCI_SRIOV_BAR)) / 4;
	return NO_BAR;
}

static uint64_t size_of(const struct sim_loc *l, unsigned bar, bool *ret_mem64)
{
	unsigned flags;
	uint64_t size;

	if (bar >= 6) {
		*ret_mem64 = l->a->m.bar[bar - 6].mem64;
		return sim_sriov_aperture(l->a, sim_pf(l->a, l->d, l->p), bar - 6);
	}
	size = sim_bar_size(l, bar, &flags);
	*ret_mem64 = flags & MR_BAR_64;
	return size;
}

/* What BAR register 'bar' reads after all-ones: 'flags' are its low bits. */
static uint32_t sized(const struct sim_loc *l, unsigned bar, uint32_t flags)
{
	bool mem64;
	uint64_t size = size_of(l, bar, &mem64);

	if (size)
		return (uint32_t) ~(size - 1) | flags;
	if (bar % 6 && (size = size_of(l, bar - 1, &mem64)) && mem64)
		return (uint32_t)(~(size - 1) >> 32);
	return 0;
}

/* Configuration read of what VH 0 has at 'l'. */
uint32_t sim_root_cfg_read(struct sim_chassis *c, const struct sim_loc *l, unsigned off,
			   unsigned width)
{
	unsigned bar = bar_at(l, off & ~3u);
	uint32_t v = sim_cfg_read(c, l, off, width);

	if (bar == NO_BAR || !(l->fn->probe >> bar & 1) || off & (width - 1))
		return v;
	v = sized(l, bar, sim_cfg_read(c, l, off & ~3u, 4) & 0xf) >> 8 * (off & 3);
	return width == 4 ? v : v & ((1u << 8 * width) - 1);
}

/* ---- what is held ---- */

/* Bits of 'set' that the write would clear stay set, as long as other VHs have functions. */
static void keep_set(struct sim_chassis *c, const struct sim_loc *l, uint16_t rid,
		     struct write *w, uint32_t set, enum mr_held what)
{
	uint32_t lost = set & w->mask & ~w->v;

	if (!lost || !sim_adapter_assigned(l->a))
		return;
	w->v |= lost;
	hold(c, l->a, rid, what);
}

/* Bits that the write would set stay clear, as long as others need that. */
static void keep_clear(struct sim_chassis *c, const struct sim_loc *l, uint16_t rid,
		       struct write *w, uint32_t bits, enum mr_held what, bool needed)
{
	if (!(w->v & w->mask & bits) || !needed)
		return;
	w->v &= ~bits;
	hold(c, l->a, rid, what);
}

/* A write to a PF. Whether anything of it goes on. */
static bool write_pf(struct sim_chassis *c, const struct sim_loc *l, uint16_t rid,
		     struct write *w)
{
	bool assigned = sim_adapter_assigned(l->a), control = sim_fn_has_control(l);

	switch (w->at) {
	case PCI_COMMAND:
		if (control) /* the table is the MR-PCIM's, and stays where it finds it */
			w->v |= PCI_COMMAND_MEMORY;
		break;
	case SRIOV(PCI_SRIOV_SYS_PGSIZE): /* it would move the VFs' apertures */
		return false;
	case SRIOV(PCI_SRIOV_CTRL):
		keep_set(c, l, rid, w, sim_pf(l->a, 0, l->p)->iov.ctl & VF_ON,
			 MR_HELD_VF_ENABLE);
		break;
	case SIM_CAP_EXP + PCI_EXP_DEVCTL:
		keep_clear(c, l, rid, w, PCI_EXP_DEVCTL_BCR_FLR, MR_HELD_FLR, assigned);
		break;
	case SIM_CAP_PM + PCI_PM_CTRL:
		keep_clear(c, l, rid, w, PCI_PM_CTRL_STATE_MASK, MR_HELD_POWER,
			   assigned || control);
		break;
	case ACS_CONTROL:
		keep_set(c, l, rid, w, (uint32_t)l->fn->acs_ctl << 16, MR_HELD_ACS);
		break;
	}
	return true;
}

/* A write to a bridge. Its secondary bus reset is looked at where it happens. */
static bool write_bridge(struct sim_chassis *c, const struct sim_loc *l, uint16_t rid,
			 struct write *w)
{
	switch (w->at) {
	case PCI_PRIMARY_BUS:
	case PCI_MEMORY_BASE:
	case PCI_PREF_MEMORY_BASE:
	case PCI_PREF_BASE_UPPER32:
	case PCI_PREF_LIMIT_UPPER32:
		return false;
	case ACS_CONTROL:
		if (l->kind == SIM_LOC_DSP)
			keep_set(c, l, rid, w, (uint32_t)l->br->acs_ctl << 16, MR_HELD_ACS);
		break;
	}
	return true;
}

/* Configuration write to what VH 0 has at 'l', which is 'rid'. */
void sim_root_cfg_write(struct sim_chassis *c, const struct sim_loc *l, uint16_t rid,
			unsigned off, unsigned width, uint32_t v)
{
	unsigned shift = 8 * (off & 3), bar = bar_at(l, off & ~3u);
	uint32_t bytes = width == 4 ? UINT32_MAX : (1u << 8 * width) - 1;
	struct write w = {off & ~3u, v << shift, bytes << shift};
	bool on = false;

	if (off >= 4096 || off & (width - 1))
		return;
	if (bar != NO_BAR) {
		l->fn->probe &= (uint16_t) ~(1u << bar);
		if (v == UINT32_MAX)
			l->fn->probe |= (uint16_t)(1u << bar);
		return;
	}
	if (sim_loc_is_bridge(l))
		on = write_bridge(c, l, rid, &w);
	else if (l->kind == SIM_LOC_PF)
		on = write_pf(c, l, rid, &w);
	if (on)
		sim_cfg_write(c, l, off, width, w.v >> shift & bytes);
}

/* The PF that decodes a memory request. Control tables read 0 and take nothing: they are the
 * MR-PCIM's. */
struct sim_loc sim_root_decode(struct sim_chassis *c, uint64_t addr, unsigned *ret_bar,
			       uint64_t *ret_off)
{
	struct sim_loc l = sim_vh0_decode(c, addr, ret_bar, ret_off);

	if (l.kind != SIM_LOC_PF)
		l.kind = SIM_LOC_NONE;
	return l;
}

/* A request that is watched, at this host's port: no row stands between it and what it asks. */
void sim_root_request(struct sim_chassis *c, struct tlp *t)
{
	struct sim_loc l = {.kind = SIM_LOC_NONE};
	unsigned bar = 0;
	uint64_t off = t->req.address;

	if (c->host[c->root].link && t->req.kind == SIM_TLP_CFG_READ)
		l = sim_root_locate(c, t->req.rid);
	else if (c->host[c->root].link && t->req.kind != SIM_TLP_ATS_INVALIDATE)
		l = sim_root_decode(c, t->req.address, &bar, &off);
	if (sim_loc_is_bridge(&l) || l.fn == &c->elsewhere || !sim_loc_answers(c, &l)) {
		sim_tlp_lose(c, t, false);
		return;
	}
	sim_tlp_land(c, t, &l, bar, off);
	if (!sim_tlp_posted(t)) {
		t->fate.data = t->data;
		sim_tlp_finish(c, t, SIM_TLP_COMPLETED);
	}
}
