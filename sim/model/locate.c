/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finding a function of an adapter: by function number (VF routing IDs, mriov.md 1.5) and by
 * address (BARs and VF BARs) in one device VH. VH 0 and host VHs both end here.
 */
#include <linux/pci_regs.h>
#include <stddef.h>

#include "sim/model/internal.h"

/* PF d:p of the adapter. */
struct sim_loc sim_loc_pf(struct sim_adapter *a, unsigned d, unsigned p)
{
	return (struct sim_loc){
		.kind = SIM_LOC_PF, .a = a, .d = d, .p = p, .fn = &sim_pf(a, d, p)->fn};
}

/* MVF p/v in the VH that owns it. */
struct sim_loc sim_loc_vf(struct sim_adapter *a, unsigned p, unsigned v)
{
	struct sim_mvf *m = sim_mvf(a, p, v);

	return (struct sim_loc){
		.kind = SIM_LOC_VF, .a = a, .d = m->nv.d, .p = p, .v = v, .fn = &m->fn};
}

/* Routing ID of MVF p/v in VH 0: slot v + 1 of its PF. */
uint16_t sim_vf_rid0(const struct sim_adapter *a, unsigned p, unsigned v)
{
	unsigned offset, stride;

	sim_sriov_geometry(a, 0, p, &offset, &stride);
	return (uint16_t)((a->bus << 8) + sim_pf_function(a, 0, p) + offset + v * stride);
}

/* What stands in slot s of PF d:p; in VH 0 MVF v is always slot v + 1. */
static struct sim_loc at_slot(struct sim_adapter *a, unsigned d, unsigned p, unsigned s)
{
	const struct sim_sriov *iov = &sim_pf(a, d, p)->iov;
	unsigned v;

	if (!(iov->ctl & PCI_SRIOV_CTRL_VFE) || !s || s > iov->num || s > a->m.vfs)
		return (struct sim_loc){.kind = SIM_LOC_NONE};
	v = d ? *sim_lvf(a, d, p, s) : s;
	if (!v || sim_mvf(a, p, v - 1)->nv.d != d)
		return (struct sim_loc){.kind = SIM_LOC_NONE};
	return sim_loc_vf(a, p, v - 1);
}

/* The function at number 'fn' of device VH d, counted from the adapter's first bus. */
struct sim_loc sim_adapter_locate(struct sim_adapter *a, unsigned d, unsigned fn)
{
	unsigned first = sim_pf_function(a, d, 0), offset, stride;
	struct sim_loc l = {.kind = SIM_LOC_NONE};

	if (a->m.kind == SIM_KIND_BASE || fn < first) {
		if (!fn)
			l = (struct sim_loc){.kind = a->m.kind == SIM_KIND_BASE ? SIM_LOC_BASE
										: SIM_LOC_BF,
					     .a = a,
					     .fn = &a->self};
		return l;
	}
	fn -= first;
	if (fn < a->m.pfs)
		return sim_loc_pf(a, d, fn);
	for (unsigned p = 0; p < a->m.pfs && l.kind == SIM_LOC_NONE; p++) {
		sim_sriov_geometry(a, d, p, &offset, &stride);
		if (fn >= p + offset && (fn - p - offset) % stride == 0)
			l = at_slot(a, d, p, (fn - p - offset) / stride + 1);
	}
	return l;
}

/* The MVF whose place in VH 0 is 'fn', wherever it is owned; nothing else stands there. */
struct sim_loc sim_adapter_vf_place(struct sim_adapter *a, unsigned fn)
{
	unsigned offset, stride, s;

	fn -= sim_pf_function(a, 0, 0);
	for (unsigned p = 0; p < a->m.pfs && a->m.kind != SIM_KIND_BASE; p++) {
		const struct sim_sriov *iov = &sim_pf(a, 0, p)->iov;

		sim_sriov_geometry(a, 0, p, &offset, &stride);
		if (fn < p + offset || (fn - p - offset) % stride)
			continue;
		s = (fn - p - offset) / stride;
		if (iov->ctl & PCI_SRIOV_CTRL_VFE && s < iov->num)
			return sim_loc_vf(a, p, s);
	}
	return (struct sim_loc){.kind = SIM_LOC_NONE};
}

static bool in_bar(const struct sim_loc *l, uint64_t addr, unsigned *ret_bar, uint64_t *ret_off)
{
	unsigned flags;

	if (!(l->fn->command & PCI_COMMAND_MEMORY) || l->fn->pmcsr & PCI_PM_CTRL_STATE_MASK)
		return false;
	for (unsigned i = 0; i < 6; i++) {
		uint64_t size = sim_bar_size(l, i, &flags), base;

		if (!size)
			continue;
		base = l->fn->bar[i];
		if (flags & MR_BAR_64 && i < 5)
			base |= (uint64_t)l->fn->bar[i + 1] << 32;
		base &= ~(size - 1);
		if (addr >= base && addr - base < size) {
			*ret_bar = i;
			*ret_off = addr - base;
			return true;
		}
	}
	return false;
}

/* VFs of PF d:p respond only with VF Enable and VF MSE. */
static struct sim_loc in_vf_bars(struct sim_adapter *a, unsigned d, unsigned p, uint64_t addr,
				 unsigned *ret_bar, uint64_t *ret_off)
{
	const struct sim_pf *pf = sim_pf(a, d, p);
	uint16_t both = PCI_SRIOV_CTRL_VFE | PCI_SRIOV_CTRL_MSE;
	struct sim_loc l = {.kind = SIM_LOC_NONE};

	for (unsigned i = 0; i < 6 && (pf->iov.ctl & both) == both; i++) {
		uint64_t size = sim_sriov_aperture(a, pf, i), base = pf->iov.bar[i];

		if (!size)
			continue;
		if (a->m.bar[i].mem64 && i < 5)
			base |= (uint64_t)pf->iov.bar[i + 1] << 32;
		if (addr < base || addr - base >= size * pf->iov.num)
			continue;
		*ret_bar = i;
		*ret_off = (addr - base) % size;
		l = at_slot(a, d, p, (unsigned)((addr - base) / size) + 1);
		if (l.kind == SIM_LOC_VF && l.fn->pmcsr & PCI_PM_CTRL_STATE_MASK)
			l.kind = SIM_LOC_NONE;
		break;
	}
	return l;
}

/* The function of device VH d that decodes 'addr', with BAR and offset. */
struct sim_loc sim_adapter_decode(struct sim_adapter *a, unsigned d, uint64_t addr,
				  unsigned *ret_bar, uint64_t *ret_off)
{
	struct sim_loc l = sim_adapter_locate(a, d, 0);

	if (l.kind != SIM_LOC_NONE && l.kind != SIM_LOC_PF &&
	    in_bar(&l, addr, ret_bar, ret_off))
		return l;
	for (unsigned p = 0; p < a->m.pfs && a->m.kind != SIM_KIND_BASE; p++) {
		l = sim_loc_pf(a, d, p);
		if (in_bar(&l, addr, ret_bar, ret_off))
			return l;
		l = in_vf_bars(a, d, p, addr, ret_bar, ret_off);
		if (l.kind != SIM_LOC_NONE)
			return l;
	}
	return (struct sim_loc){.kind = SIM_LOC_NONE};
}

static bool vf_answers(const struct sim_chassis *c, struct sim_loc *l)
{
	const struct sim_mvf *m = sim_mvf(l->a, l->p, l->v);
	const struct sim_pf *pf = sim_pf(l->a, m->nv.d, l->p);

	if (l->fn == &c->elsewhere)
		return true;
	if (!(pf->iov.ctl & PCI_SRIOV_CTRL_VFE) || (m->nv.d && m->state == MR_VF_UNAVAILABLE))
		return false;
	if (l->vh && m->nv.block & 2) { /* VH 0's root, the MR-PCIM itself, is not held off */
		l->blocked = true;
		return false;
	}
	l->not_ready = pf->iov.ready_at > c->now.mono_ns || m->fn.busy_until > c->now.mono_ns;
	return !l->not_ready;
}

/* Whether the function answers a request now; 'blocked' tells a block from absence, 'not_ready'
 * that it will. */
bool sim_loc_answers(const struct sim_chassis *c, struct sim_loc *l)
{
	if (l->kind == SIM_LOC_NONE)
		return false;
	if (sim_loc_is_bridge(l))
		return true;
	if (!sim_adapter_up(l->a))
		return false;
	if (l->kind == SIM_LOC_VF || l->kind == SIM_LOC_SYNTH)
		return vf_answers(c, l);
	l->not_ready = l->fn->busy_until > c->now.mono_ns;
	return !l->not_ready;
}
