/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The SR-IOV extended capability of PF d:p with its side effects (facts/mriov.md 1.5): VF
 * Enable, NumVFs, VF BARs and the place of VFs among the routing IDs.
 */
#include <linux/pci_regs.h>
#include <stddef.h>
#include <string.h>

#include "sim/model/internal.h"

#define PAGE_SIZES 0x553u /* 4K 8K 64K 256K 1M 4M: the mandatory ones */

/*
 * First VF Offset and VF Stride of PF d:p. With ARI, or when all VFs fit the eight functions
 * that a device has without it, they stand right behind the PFs, else on the next bus. Each PF
 * keeps to its own remainder of the stride, so routing IDs never overlap.
 */
void sim_sriov_geometry(const struct sim_adapter *a, unsigned d, unsigned p,
			unsigned *ret_offset, unsigned *ret_stride)
{
	bool ari = !d || sim_pf(a, d, 0)->iov.ctl & PCI_SRIOV_CTRL_ARI;
	unsigned num = sim_pf(a, d, p)->iov.num;

	*ret_offset = ari || (num && a->m.pfs * (1 + num) <= 8) ? a->m.pfs : 256;
	*ret_stride = a->m.pfs;
}

/* Aperture of one VF behind VF BAR i: its size, at least a system page. */
uint64_t sim_sriov_aperture(const struct sim_adapter *a, const struct sim_pf *pf, unsigned i)
{
	uint64_t page = (uint64_t)(pf->iov.page ? pf->iov.page : 1) << 12;

	if (!a->m.bar[i].size)
		return 0;
	return a->m.bar[i].size > page ? a->m.bar[i].size : page;
}

/* What was cut while its VH was off is on its way back to VH 0: it takes no slot and does not
 * count, so that slots 1..InitialVFs are what the host gets. */
static void release_cut(struct sim_chassis *c, struct sim_adapter *a, unsigned d, unsigned p)
{
	bool any = false;

	for (unsigned v = 0; v < a->m.vfs; v++) {
		struct sim_mvf *m = sim_mvf(a, p, v);

		if (m->nv.d != d || m->nv.block != 3 || m->nv.released)
			continue;
		m->nv.released = any = true;
		sim_mvf_dirty(c, a, p, v);
	}
	if (any)
		sim_vh_pack(c, a, d, p);
}

static void enable(struct sim_chassis *c, struct sim_adapter *a, unsigned d, unsigned p)
{
	struct sim_pf *pf = sim_pf(a, d, p);
	unsigned owned;

	if (d)
		release_cut(c, a, d, p);
	owned = d ? sim_vh_owned(a, d, p) : pf->iov.total;
	pf->iov.ctl |= PCI_SRIOV_CTRL_VFE;
	pf->iov.initial = (uint16_t)owned;
	pf->iov.ready_at = c->now.mono_ns + a->m.vf_enable_ns;
	for (unsigned s = 1; d && s <= owned && s <= pf->iov.num; s++) {
		unsigned in = *sim_lvf(a, d, p, s);

		if (in)
			sim_mvf(a, p, in - 1)->state = MR_VF_AVAILABLE;
	}
}

/* VFs cease and keep no state; the VH's rows are packed again. */
static void disable(struct sim_chassis *c, struct sim_adapter *a, unsigned d, unsigned p)
{
	struct sim_pf *pf = sim_pf(a, d, p);

	for (unsigned v = 0; v < a->m.vfs; v++) {
		struct sim_mvf *m = sim_mvf(a, p, v);
		struct sim_loc l = sim_loc_vf(a, p, v);

		if (m->nv.d != d || (d ? m->state == MR_VF_UNAVAILABLE : v >= pf->iov.num))
			continue;
		sim_mvf_host_reset(c, a, m);
		sim_aer_forget(c, &l); /* not even sticky bits (mriov.md 1.4) */
	}
	pf->iov.ctl &= (uint16_t)~PCI_SRIOV_CTRL_VFE;
	if (d)
		sim_vh_pack(c, a, d, p);
}

/* VF Enable of PF d:p goes to 'on'. */
void sim_sriov_enable(struct sim_chassis *c, struct sim_adapter *a, unsigned d, unsigned p,
		      bool on)
{
	if (on == !!(sim_pf(a, d, p)->iov.ctl & PCI_SRIOV_CTRL_VFE))
		return;
	if (on)
		enable(c, a, d, p);
	else
		disable(c, a, d, p);
	a->dirty = true;
	if (!d)
		sim_slots_update_adapter(c, a);
	sim_event_push(c, MR_EV_VF_ENABLE, a->port, a->vh[d].vh, 0, (uint64_t)p << 16 | d, on);
}

/* FLR of PF d:p: its VFs cease, the capability returns to its defaults except TotalVFs and ARI
 * Capable Hierarchy. */
void sim_pf_reset(struct sim_chassis *c, struct sim_adapter *a, unsigned d, unsigned p)
{
	struct sim_pf *pf = sim_pf(a, d, p);
	uint16_t total = pf->iov.total, ari = pf->iov.ctl & PCI_SRIOV_CTRL_ARI;
	struct sim_loc l = sim_loc_pf(a, d, p);

	sim_sriov_enable(c, a, d, p, false);
	sim_fn_reset(&pf->fn);
	sim_mail_empty(&pf->mail);
	sim_aer_reset(c, &l);
	pf->fn.busy_until = sim_fault_reset_end(c, a);
	memset(&pf->iov, 0, sizeof(pf->iov));
	pf->iov.total = total;
	pf->iov.ctl = ari;
	pf->resets++;
}

/* Conventional reset of PF d:p: as FLR, and ARI Capable Hierarchy is lost too. In VH 0 the
 * switch's own processor sets it again. */
void sim_pf_conventional_reset(struct sim_chassis *c, struct sim_adapter *a, unsigned d,
			       unsigned p)
{
	sim_pf_reset(c, a, d, p);
	if (d)
		sim_pf(a, d, p)->iov.ctl = 0;
}

static unsigned initial_vfs(const struct sim_loc *l, const struct sim_pf *pf)
{
	if (!l->d)
		return pf->iov.total;
	return pf->iov.ctl & PCI_SRIOV_CTRL_VFE ? pf->iov.initial
						: sim_vh_owned(l->a, l->d, l->p);
}

static uint32_t read_vf_bar(const struct sim_loc *l, const struct sim_pf *pf, unsigned i)
{
	const struct sim_bar_desc *b = &l->a->m.bar[i];
	uint32_t flags = (b->mem64 ? 4u : 0) | (b->prefetch ? 8u : 0);

	return pf->iov.bar[i] | (b->size ? flags : 0);
}

/* Its own function number; PFs that depend on each other stand in a circle. */
static uint32_t dependency_link(const struct sim_loc *l)
{
	unsigned p = l->a->m.dependent_pfs ? (l->p + 1) % l->a->m.pfs : l->p;

	return sim_pf_function(l->a, l->d, p) & 0xff;
}

/* Dword 'rel' of the capability (its header is cfg.c's). */
uint32_t sim_sriov_read(struct sim_chassis *c, const struct sim_loc *l, unsigned rel)
{
	const struct sim_pf *pf = sim_pf(l->a, l->d, l->p);
	unsigned offset, stride;

	(void)c;
	if (rel >= PCI_SRIOV_BAR && rel < PCI_SRIOV_BAR + 24)
		return read_vf_bar(l, pf, (rel - PCI_SRIOV_BAR) / 4);
	switch (rel) {
	case PCI_SRIOV_CAP:
		return (l->d ? PCI_SRIOV_CAP_VFM : 0) | 2; /* ARI hierarchy preserved */
	case PCI_SRIOV_CTRL:
		return pf->iov.ctl | (uint32_t)pf->iov.status << 16;
	case PCI_SRIOV_INITIAL_VF:
		return initial_vfs(l, pf) | (uint32_t)pf->iov.total << 16;
	case PCI_SRIOV_NUM_VF:
		return pf->iov.num | dependency_link(l) << 16;
	case PCI_SRIOV_VF_OFFSET:
		sim_sriov_geometry(l->a, l->d, l->p, &offset, &stride);
		return offset | stride << 16;
	case PCI_SRIOV_VF_DID - 2:
		return (uint32_t)l->a->m.vf_device << 16;
	case PCI_SRIOV_SUP_PGSIZE:
		return PAGE_SIZES;
	case PCI_SRIOV_SYS_PGSIZE:
		return pf->iov.page ? pf->iov.page : 1;
	case PCI_SRIOV_VFM:
		return l->d && pf->iov.total ? SIM_PF_ARRAY : 0;
	default:
		return 0;
	}
}

static bool any_enabled(const struct sim_loc *l)
{
	for (unsigned p = 0; p < l->a->m.pfs; p++)
		if (sim_pf(l->a, l->d, p)->iov.ctl & PCI_SRIOV_CTRL_VFE)
			return true;
	return false;
}

/* VF Enable goes off before the other bits change and on after them. */
static void write_ctl(struct sim_chassis *c, const struct sim_loc *l, struct sim_pf *pf,
		      uint32_t v, uint32_t mask)
{
	uint16_t bits = PCI_SRIOV_CTRL_MSE, was = pf->iov.ctl;
	bool touched = mask & PCI_SRIOV_CTRL_VFE, on = v & PCI_SRIOV_CTRL_VFE;

	if (l->d) /* VF migration: only where a host's SR-PCIM takes part */
		bits |= PCI_SRIOV_CTRL_VFM | PCI_SRIOV_CTRL_INTR;
	else
		l->a->dirty = true;
	if (touched && !on)
		sim_sriov_enable(c, l->a, l->d, l->p, false);
	/* It moves routing IDs: only in the lowest PF, and not under VFs that are enabled. */
	if (!l->p && !any_enabled(l))
		bits |= PCI_SRIOV_CTRL_ARI;
	pf->iov.status &= (uint16_t) ~((v & mask) >> 16); /* RW1C */
	pf->iov.ctl = sim_merge16(pf->iov.ctl, v, mask, bits);
	if (touched && on)
		sim_sriov_enable(c, l->a, l->d, l->p, true);
	if (~was & pf->iov.ctl & PCI_SRIOV_CTRL_INTR && pf->iov.status & PCI_SRIOV_STATUS_VFM)
		sim_migration_interrupt(c, l->a, l->d, l->p);
}

static void write_vf_bar(const struct sim_loc *l, struct sim_pf *pf, unsigned i, uint32_t v,
			 uint32_t mask)
{
	uint64_t size = sim_sriov_aperture(l->a, pf, i);
	uint32_t keep;

	if (size)
		keep = (uint32_t) ~(size - 1);
	else if (i && l->a->m.bar[i - 1].mem64)
		keep = (uint32_t)(~(sim_sriov_aperture(l->a, pf, i - 1) - 1) >> 32);
	else
		return;
	pf->iov.bar[i] = ((pf->iov.bar[i] & ~mask) | (v & mask)) & keep;
}

/* One supported size, or nothing happens. Apertures grow with it: address bits below them
 * cannot be set. */
static void write_page(const struct sim_loc *l, struct sim_pf *pf, uint32_t v, uint32_t mask)
{
	uint32_t page = ((pf->iov.page ? pf->iov.page : 1) & ~mask) | (v & mask);

	if (!(page & PAGE_SIZES) || page & (page - 1))
		return;
	pf->iov.page = page;
	for (unsigned i = 0; i < 6; i++)
		write_vf_bar(l, pf, i, 0, 0);
}

/* Writes the bytes 'mask' of dword 'rel'. */
void sim_sriov_write(struct sim_chassis *c, const struct sim_loc *l, unsigned rel, uint32_t v,
		     uint32_t mask)
{
	struct sim_pf *pf = sim_pf(l->a, l->d, l->p);
	bool enabled = pf->iov.ctl & PCI_SRIOV_CTRL_VFE;

	if (rel == PCI_SRIOV_CTRL) {
		write_ctl(c, l, pf, v, mask);
	} else if (rel == PCI_SRIOV_NUM_VF && !enabled) {
		uint16_t num = sim_merge16(pf->iov.num, v, mask, 0xffff);

		pf->iov.num = 0;
		if (!l->d && num > sim_spaces_left(l->a)) /* each VF needs one */
			num = (uint16_t)sim_spaces_left(l->a);
		pf->iov.num = num > pf->iov.total ? pf->iov.total : num;
		l->a->dirty = true;
	} else if (rel == PCI_SRIOV_SYS_PGSIZE && !enabled) {
		write_page(l, pf, v, mask);
	} else if (rel >= PCI_SRIOV_BAR && rel < PCI_SRIOV_BAR + 24) {
		write_vf_bar(l, pf, (rel - PCI_SRIOV_BAR) / 4, v, mask);
	}
}
