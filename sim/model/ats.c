/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Address translation (mriov.md 1.10): the capability, the cache that a function keeps of what
 * a root told it (ATC), and the translation agent of each host that tells it. Requests and
 * answers travel as TLPs (tlp.c); what a cache holds leaves it by invalidation, by any change
 * of ATS Enable and by every reset.
 */
#include <errno.h>
#include <linux/pci_regs.h>
#include <stdlib.h>
#include <string.h>

#include "common/xalloc.h"
#include "sim/model/internal.h"

#define STU_MASK 0x1fu
#define STU_MAX	 20u /* 4 GiB; larger units are taken for this one */
#define PAGE	 4096u

/* ---- the capability ---- */

/* Whether the function has it. */
bool sim_ats_has(const struct sim_loc *l)
{
	return l->kind != SIM_LOC_BF;
}

/* Dword 'rel': queue depth field 0 means 32; requests are page aligned. A VF reads STU as 0:
 * its PF's counts (a synthetic function is no VF to its host and has one of its own). */
uint32_t sim_ats_read(struct sim_chassis *c, const struct sim_loc *l, unsigned rel)
{
	uint16_t ctl = l->fn->ats_ctl;

	(void)c;
	if (l->kind == SIM_LOC_VF)
		ctl &= PCI_ATS_CTRL_ENABLE;
	return rel ? 0x0020u | (uint32_t)ctl << 16 : 0;
}

/* Writes Control. A cache holds nothing over a change of Enable. */
void sim_ats_write(struct sim_chassis *c, const struct sim_loc *l, unsigned rel, uint32_t v,
		   uint32_t mask)
{
	uint16_t was = l->fn->ats_ctl;
	uint16_t bits = PCI_ATS_CTRL_ENABLE | (l->kind == SIM_LOC_VF ? 0 : STU_MASK);

	(void)c;
	if (rel != 4)
		return;
	l->fn->ats_ctl = sim_merge16(was, v >> 16, mask >> 16, bits);
	if ((was ^ l->fn->ats_ctl) & PCI_ATS_CTRL_ENABLE)
		sim_atc_drop(l->fn);
}

/* Bytes of the smallest translation unit of the function. */
uint64_t sim_ats_unit(const struct sim_loc *l)
{
	const struct sim_fn *f =
		l->kind == SIM_LOC_VF && l->d ? &sim_pf(l->a, l->d, l->p)->fn : l->fn;
	unsigned stu = f->ats_ctl & STU_MASK;

	return (uint64_t)PAGE << (stu > STU_MAX ? STU_MAX : stu);
}

/* ---- the cache ---- */

static bool overlap(const struct sim_translation *e, uint64_t from, uint64_t size)
{
	return size && e->from <= from + (size - 1) && from <= e->from + (e->size - 1);
}

/* Forgets everything, and what is still on its way to it. */
void sim_atc_drop(struct sim_fn *f)
{
	free(f->atc);
	f->atc = NULL;
	f->ats_epoch++;
}

/* Translations that the cache holds. */
unsigned sim_atc_count(const struct sim_fn *f)
{
	return f->atc ? f->atc->n : 0;
}

/* The one that covers 'addr' and allows what is asked, or NULL. */
const struct sim_translation *sim_atc_find(const struct sim_fn *f, uint64_t addr, bool write)
{
	for (unsigned i = 0; i < sim_atc_count(f); i++) {
		const struct sim_translation *e = &f->atc->e[i];

		if (overlap(e, addr, 1) && e->perm & (write ? SIM_IOMMU_WRITE : SIM_IOMMU_READ))
			return e;
	}
	return NULL;
}

/* Drops what overlaps the range. */
void sim_atc_invalidate(struct sim_fn *f, uint64_t from, uint64_t size)
{
	struct sim_atc *t = f->atc;

	for (unsigned i = 0; t && i < t->n;)
		if (overlap(&t->e[i], from, size))
			t->e[i] = t->e[--t->n];
		else
			i++;
	if (t && !t->n) {
		free(t);
		f->atc = NULL;
	}
}

/* Takes in an answer; the oldest makes room. */
void sim_atc_add(struct sim_fn *f, const struct sim_translation *e)
{
	sim_atc_invalidate(f, e->from, e->size);
	if (!f->atc)
		f->atc = MR_NEW(struct sim_atc);
	if (f->atc->n == SIM_ATC_ENTRIES) {
		memmove(&f->atc->e[0], &f->atc->e[1],
			(SIM_ATC_ENTRIES - 1) * sizeof(f->atc->e[0]));
		f->atc->n--;
	}
	f->atc->e[f->atc->n++] = *e;
}

/* ---- the translation agent of a host ---- */

static const struct sim_translation *covering(const struct sim_host *h, uint64_t from,
					      uint64_t size)
{
	for (unsigned i = 0; i < h->maps; i++) {
		const struct sim_translation *m = &h->map[i];

		if (from >= m->from && from - m->from < m->size &&
		    size - 1 <= m->size - 1 - (from - m->from))
			return m;
	}
	return NULL;
}

/*
 * What the agent answers for the unit of 'size' bytes (a power of two) that holds 'addr'. An
 * agent without mappings passes everything through. False: no translation.
 */
bool sim_iommu_translate(const struct sim_host *h, uint64_t addr, uint64_t size,
			 struct sim_translation *ret)
{
	uint64_t from = addr & ~(size - 1);
	const struct sim_translation *m = covering(h, from, size);

	*ret = (struct sim_translation){from, from, size, SIM_IOMMU_READ | SIM_IOMMU_WRITE};
	if (!h->maps)
		return true;
	if (!m)
		return false;
	ret->to = m->to + (from - m->from);
	ret->perm = m->perm;
	return true;
}

/* The host starts anew: its agent passes through. */
void sim_iommu_forget(struct sim_host *h)
{
	free(h->map);
	h->map = NULL;
	h->maps = h->map_cap = 0;
}

/* Maps 'size' bytes at 'from' to 'to': chassis.h. */
int sim_host_iommu_map(struct sim_chassis *c, struct mr_now now, uint16_t vh,
		       const struct sim_translation *m)
{
	struct sim_host *h = sim_host_at(c, vh);

	sim_chassis_step(c, now);
	if (!h)
		return -ENOENT;
	if (!m->size || (m->from | m->to | m->size) % PAGE || !m->perm ||
	    m->perm & ~(SIM_IOMMU_READ | SIM_IOMMU_WRITE) ||
	    m->from + (m->size - 1) < m->from || m->to + (m->size - 1) < m->to)
		return -EINVAL;
	for (unsigned i = 0; i < h->maps; i++)
		if (overlap(&h->map[i], m->from, m->size))
			return -EEXIST;
	if (h->maps == SIM_IOMMU_MAPS)
		return -ENOSPC;
	MR_GROW(h->map, h->maps, h->map_cap);
	h->map[h->maps++] = *m;
	return 0;
}

/* Takes away every mapping that overlaps the range: chassis.h. */
int sim_host_iommu_unmap(struct sim_chassis *c, struct mr_now now, uint16_t vh, uint64_t from,
			 uint64_t size)
{
	struct sim_host *h = sim_host_at(c, vh);
	int n = 0;

	sim_chassis_step(c, now);
	if (!h)
		return -ENOENT;
	for (unsigned i = 0; i < h->maps;) {
		if (!overlap(&h->map[i], from, size)) {
			i++;
			continue;
		}
		h->map[i] = h->map[--h->maps];
		n++;
	}
	return n;
}
