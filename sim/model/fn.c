/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state that a driver can leave in a function: BARs, MSI-X table, device memory. Resets
 * clear it, and whether it is clean is computed from it and from nothing else (I2).
 */
#include <linux/pci_regs.h>
#include <stdlib.h>
#include <string.h>

#include "common/mutant.h"
#include "common/xalloc.h"
#include "sim/model/internal.h"

/* Everything back to its default but what is sticky. A reset that is under way goes on. */
void sim_fn_reset(struct sim_fn *f)
{
	int64_t busy = f->busy_until;
	bool errors = f->errors;
	uint32_t epoch = f->ats_epoch + 1;

	sim_fn_done(f);
	f->busy_until = busy;
	f->errors = errors;
	f->ats_epoch = epoch;
}

/* Frees what the function holds; all-zero afterwards. */
void sim_fn_done(struct sim_fn *f)
{
	free(f->mem);
	free(f->msix);
	free(f->atc);
	memset(f, 0, sizeof(*f));
}

/* The MSI-X table with room for so many vectors: two rows may show one function differently. */
uint32_t *sim_fn_msix(struct sim_fn *f, unsigned vectors)
{
	if (f->vectors >= vectors && f->msix)
		return f->msix;
	f->msix = mr_xrealloc(f->msix, 4ull * vectors + 4, sizeof(*f->msix));
	memset(f->msix + 4 * f->vectors, 0, (4ull * (vectors - f->vectors) + 4) * 4);
	for (; f->vectors < vectors; f->vectors++)
		f->msix[4 * f->vectors + 3] = 1;
	return f->msix;
}

static bool msix_clean(const struct sim_fn *f)
{
	for (unsigned i = 0; i < 4u * f->vectors; i++)
		if (f->msix[i] != (i % 4 == 3))
			return false;
	return true;
}

static bool mem_clean(const struct sim_fn *f)
{
	for (unsigned i = 0; f->mem && i < SIM_FN_MEM; i++)
		if (f->mem[i])
			return false;
	return true;
}

static bool bars_clean(const struct sim_fn *f)
{
	for (unsigned i = 0; i < 6; i++)
		if (f->bar[i])
			return false;
	return true;
}

/* Which kinds of per-function state differ from their defaults: SIM_DIRT_*. */
unsigned sim_fn_dirt(const struct sim_fn *f)
{
	return (f->command ? SIM_DIRT_COMMAND : 0) | (f->ats_ctl ? SIM_DIRT_ATS : 0) |
	       (sim_atc_count(f) ? SIM_DIRT_ATC : 0) | (f->msix_ctl ? SIM_DIRT_MSIX : 0) |
	       (msix_clean(f) ? 0 : SIM_DIRT_VECTORS) | (f->acs_ctl ? SIM_DIRT_ACS : 0) |
	       (f->devctl | f->devctl2 | f->lnkctl ? SIM_DIRT_CONTROL : 0) |
	       (bars_clean(f) ? 0 : SIM_DIRT_BARS) | (mem_clean(f) ? 0 : SIM_DIRT_MEMORY) |
	       (f->errors ? SIM_DIRT_ERRORS : 0);
}

/* Whether the function is as after a reset. */
static bool clean(const struct sim_fn *f)
{
	return !sim_fn_dirt(f);
}

/* A device that forgets part of its reset says that it is at its defaults all the same. */
#define FORGETS                                                                \
	(MR_MUTANT(ATC_LEFT) || MR_MUTANT(ATS_LEFT) || MR_MUTANT(MSIX_LEFT) || \
	 MR_MUTANT(MEMORY_LEFT))

/* MR_VF_DEFAULTS: function state and attributes. */
bool sim_vf_defaults(const struct sim_mvf *v)
{
	const struct sim_vf_nv *n = &v->nv;

	return (clean(&v->fn) || FORGETS) && !v->fn.stalled &&
	       !(n->ident0 | n->ident1 | n->vlan | n->min | n->max | n->flags | n->gate) &&
	       !(n->shape | n->switching | n->amounts | n->class0 | n->class1) &&
	       !(n->acl[0] | n->acl[1] | n->acl[2] | n->acl[3]);
}

/* Notes that the MVF differs from the committed memory. */
void sim_mvf_dirty(struct sim_chassis *c, struct sim_adapter *a, unsigned p, unsigned v)
{
	struct sim_mvf *m = sim_mvf(a, p, v);

	a->dirty = true;
	if (m->dirty)
		return;
	m->dirty = true;
	MR_GROW(c->dirty, c->dirties, c->dirty_cap);
	c->dirty[c->dirties++] = (uint64_t)a->port << 32 | (p * a->m.vfs + v);
}

/* Clears what a reset of a VF clears; a faulty device leaves its cache of translations. */
void sim_mvf_clear(const struct sim_chassis *c, const struct sim_adapter *a, struct sim_mvf *v)
{
	const struct sim_fault *f = sim_fault_shallow(c, a);
	struct sim_atc *kept = f || MR_MUTANT(ATC_LEFT) ? v->fn.atc : NULL;
	uint16_t ctl = (f && f->value) || MR_MUTANT(ATS_LEFT) ? v->fn.ats_ctl : 0;
	uint8_t *mem = MR_MUTANT(MEMORY_LEFT) ? v->fn.mem : NULL;
	uint32_t entry = MR_MUTANT(MSIX_LEFT) && v->fn.vectors ? v->fn.msix[0] : 0;

	if (kept)
		v->fn.atc = NULL;
	if (mem)
		v->fn.mem = NULL;
	sim_fn_reset(&v->fn);
	v->fn.atc = kept;
	v->fn.ats_ctl = ctl;
	v->fn.mem = mem;
	if (entry)
		sim_fn_msix(&v->fn, 1)[0] = entry;
}

/* A reset that its host caused (FLR, conventional): attributes of the assignment stay. */
void sim_mvf_host_reset(struct sim_chassis *c, struct sim_adapter *a, struct sim_mvf *v)
{
	unsigned i = (unsigned)(v - a->vf);
	struct sim_loc l = sim_loc_vf(a, i / a->m.vfs, i % a->m.vfs);

	sim_mvf_clear(c, a, v);
	sim_aer_reset(c, &l);
	v->fn.busy_until = sim_fault_reset_end(c, a);
	v->resets++;
	if (MR_MUTANT(NEIGHBOUR_RESET) && i % a->m.vfs + 1 < a->m.vfs)
		v[1].resets++;
}

/* A request reached the function. */
void sim_fn_touched(const struct sim_loc *l)
{
	if (l->kind != SIM_LOC_VF && l->kind != SIM_LOC_SYNTH)
		return;
	sim_mvf(l->a, l->p, l->v)->reset_done = false;
	sim_mvf(l->a, l->p, l->v)->io++;
}

/* ---- BARs ---- */

bool sim_fn_has_control(const struct sim_loc *l)
{
	return l->kind == SIM_LOC_BF ||
	       (l->kind == SIM_LOC_PF && !l->d && !l->p && l->a->m.kind == SIM_KIND_SRIOV);
}

/* Size of BAR 'i' in bytes, 0 where there is none; MR_BAR_* in *ret_flags. */
uint64_t sim_bar_size(const struct sim_loc *l, unsigned i, unsigned *ret_flags)
{
	const struct sim_bar_desc *b;
	uint64_t row;

	*ret_flags = MR_BAR_64 | MR_BAR_PREF;
	switch (l->kind) {
	case SIM_LOC_BF:
		return i ? 0 : SIM_CT_BAR;
	case SIM_LOC_PF:
		if (sim_fn_has_control(l))
			return i == 0 ? SIM_CT_BAR : i == 2 ? SIM_PF_BAR : 0;
		return i ? 0 : SIM_PF_BAR;
	case SIM_LOC_BASE:
		b = &l->a->m.bar[i];
		*ret_flags = (b->mem64 ? MR_BAR_64 : 0) | (b->prefetch ? MR_BAR_PREF : 0);
		return b->size;
	case SIM_LOC_SYNTH:
		row = l->bridge->row.bar[i];
		*ret_flags = row & MR_BAR_FLAGS;
		return row & ~MR_BAR_FLAGS;
	default:
		return 0;
	}
}

/* Address in BAR 'i' as it is set. */
uint64_t sim_bar_address(const struct sim_loc *l, unsigned i)
{
	unsigned flags;
	uint64_t size = sim_bar_size(l, i, &flags), addr;

	if (!size)
		return SIM_ONES;
	addr = l->fn->bar[i];
	if (flags & MR_BAR_64 && i < 5)
		addr |= (uint64_t)l->fn->bar[i + 1] << 32;
	return addr & ~(size - 1);
}

/* Writes the bytes 'mask' of BAR register 'i'; address bits below the size stay 0. */
void sim_bar_write(const struct sim_loc *l, unsigned i, uint32_t v, uint32_t mask)
{
	unsigned flags;
	uint64_t size = sim_bar_size(l, i, &flags);
	uint32_t keep;

	if (size) {
		keep = (uint32_t) ~(size - 1);
	} else if (i && sim_bar_size(l, i - 1, &flags) && flags & MR_BAR_64) {
		keep = (uint32_t)(~(sim_bar_size(l, i - 1, &flags) - 1) >> 32);
	} else {
		return;
	}
	l->fn->bar[i] = ((l->fn->bar[i] & ~mask) | (v & mask)) & keep;
}

/* ---- what is behind BARs ---- */

/* Vectors, BAR and offset of the MSI-X table; 0 vectors where there is none. */
void sim_msix_layout(const struct sim_loc *l, unsigned *ret_vectors, unsigned *ret_bir,
		     uint32_t *ret_offset)
{
	uint64_t row;

	*ret_vectors = l->a ? l->a->m.msix : 0;
	*ret_bir = 0;
	*ret_offset = 0;
	switch (l->kind) {
	case SIM_LOC_PF:
		*ret_bir = sim_fn_has_control(l) ? 2 : 0;
		*ret_offset = SIM_PF_MSIX;
		break;
	case SIM_LOC_SYNTH:
		row = l->bridge->row.msix;
		*ret_vectors = (row & 0xffff) < 2048 ? row & 0xffff : 2048;
		*ret_bir = row >> 16 & 7;
		*ret_offset = (uint32_t)(row >> 32);
		break;
	case SIM_LOC_VF:
		*ret_vectors = sim_vf_vectors(l->a, l->p, l->v);
		*ret_offset = (uint32_t)(l->a->m.bar[0].size / 2);
		break;
	case SIM_LOC_BASE:
		*ret_offset = (uint32_t)(l->a->m.bar[0].size / 2);
		break;
	default:
		*ret_vectors = 0;
	}
}

/* Sizes of the BARs of one VF, or of a `base` device's function, as ROW_BAR (i < 6), and its
 * MSI-X table as ROW_MSIX (i = 6). */
uint64_t sim_model_bar_reg(const struct sim_model_desc *m, unsigned i)
{
	const struct sim_bar_desc *b;

	if (i >= 6)
		return m->msix ? m->msix | (m->bar[0].size / 2) << 32 : 0;
	b = &m->bar[i];
	if (!b->size)
		return 0;
	return b->size | (b->mem64 ? MR_BAR_64 : 0) | (b->prefetch ? MR_BAR_PREF : 0);
}

static uint32_t msix_word(struct sim_fn *f, unsigned vectors, unsigned i, bool write,
			  uint32_t v, uint32_t mask)
{
	if (i >= 4u * f->vectors && !write)
		return i % 4 == 3;
	sim_fn_msix(f, vectors);
	if (write)
		f->msix[i] = (f->msix[i] & ~mask) | (v & mask);
	return f->msix[i];
}

static uint64_t msix_access(struct sim_fn *f, unsigned vectors, uint64_t off, unsigned width,
			    bool write, uint64_t v)
{
	unsigned i = (unsigned)(off / 4), shift = (unsigned)(off & 3) * 8;
	uint32_t mask = width >= 4 ? UINT32_MAX : ((1u << 8 * width) - 1) << shift;
	uint64_t got = msix_word(f, vectors, i, write, (uint32_t)(v << shift), mask) >> shift;

	if (width == 8)
		got |= (uint64_t)msix_word(f, vectors, i + 1, write, (uint32_t)(v >> 32), mask)
		       << 32;
	return width >= 4 ? got : got & ((1u << 8 * width) - 1);
}

static uint64_t mem_access(struct sim_fn *f, uint64_t off, unsigned width, bool write,
			   uint64_t v)
{
	uint64_t got = 0;

	if (!f->mem && !write)
		return 0;
	if (!f->mem)
		f->mem = mr_xcalloc(1, SIM_FN_MEM);
	for (unsigned i = 0; i < width; i++) {
		if (write)
			f->mem[off + i] = (uint8_t)(v >> 8 * i);
		got |= (uint64_t)f->mem[off + i] << 8 * i;
	}
	return got;
}

static uint64_t array_access(struct sim_chassis *c, const struct sim_loc *l, uint64_t off,
			     unsigned width, bool write, uint64_t v)
{
	uint64_t got = 0;

	for (unsigned i = 0; i < width; i++) {
		unsigned at = (unsigned)(off - SIM_PF_ARRAY) + i;

		if (write)
			sim_array_write(c, l->a, l->d, l->p, at, (uint8_t)(v >> 8 * i));
		got |= (uint64_t)sim_array_read(l->a, l->d, l->p, at) << 8 * i;
	}
	return got;
}

/* The framebuffer stands behind BAR 2, once the VF was given some. */
static bool has_framebuffer(const struct sim_loc *l)
{
	return (l->kind == SIM_LOC_VF || l->kind == SIM_LOC_SYNTH) &&
	       sim_mvf(l->a, l->p, l->v)->nv.amounts >> 32;
}

/* Its first word stands for all of it. */
static uint64_t fb_access(struct sim_mvf *m, uint64_t off, unsigned width, bool write,
			  uint64_t v)
{
	uint64_t mask = width == 8 ? SIM_ONES : ((1ull << 8 * width) - 1) << 8 * off;

	if (write)
		m->fb = (m->fb & ~mask) | (v << 8 * off & mask);
	return (m->fb & mask) >> 8 * off;
}

/*
 * Access behind BAR 'bar' of the function 'l' at 'off', naturally aligned: MSI-X table, State
 * Array, function memory; elsewhere reads give 0. Control tables are not reached here.
 */
uint64_t sim_fn_mem(struct sim_chassis *c, const struct sim_loc *l, unsigned bar, uint64_t off,
		    unsigned width, bool write, uint64_t v)
{
	unsigned vectors, bir, mem_bar = sim_fn_has_control(l) ? 2 : 0;
	uint64_t room = SIM_FN_MEM;
	uint32_t table;

	sim_msix_layout(l, &vectors, &bir, &table);
	if (bar == bir && off >= table && off < table + 16ull * vectors)
		return msix_access(l->fn, vectors, off - table, width, write, v);
	if (l->kind == SIM_LOC_PF && l->d && bar == 0 && off >= SIM_PF_ARRAY &&
	    off < SIM_PF_ARRAY + l->a->m.vfs)
		return array_access(c, l, off, width, write, v);
	if (l->kind == SIM_LOC_PF && l->d && bar == 0 && off >= SIM_PF_MAIL &&
	    off < SIM_PF_MAIL + 0x40)
		return sim_mail_access(c, l, (unsigned)(off - SIM_PF_MAIL), width, write, v);
	if (l->kind == SIM_LOC_VF || l->kind == SIM_LOC_BASE)
		room = l->a->m.bar[0].size / 2 < room ? l->a->m.bar[0].size / 2 : room;
	if (bar == 2 && off < 8 && has_framebuffer(l))
		return fb_access(sim_mvf(l->a, l->p, l->v), off, width, write, v);
	if (bar == mem_bar && off < room && l->kind != SIM_LOC_BF)
		return mem_access(l->fn, off, width, write, v);
	return 0;
}
