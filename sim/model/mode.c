/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operating modes of an adapter (regmap.h, CT_MODES): other numbers of VFs and device VHs. Its
 * tables have room for the largest of them, so that nothing moves when the mode changes; what
 * still waits for a function that was is forgotten.
 */
#include <string.h>

#include "sim/model/internal.h"

/* VFs per PF in the mode that has most: desc.h. */
unsigned sim_model_most_vfs(const struct sim_model_desc *m)
{
	unsigned n = m->vfs;

	for (unsigned i = 0; i < m->modes; i++)
		n = m->mode[i].vfs > n ? m->mode[i].vfs : n;
	return n;
}

/* How long the adapter's tables are, whatever its mode. */
struct sim_room sim_adapter_room(const struct sim_adapter *a)
{
	struct sim_room r = {.vhs = a->vhs, .vfs = a->m.pfs * sim_model_most_vfs(&a->m)};

	for (unsigned i = 0; i < a->m.modes && a->m.kind == SIM_KIND_MRA; i++)
		r.vhs = a->m.mode[i].vhs > r.vhs ? a->m.mode[i].vhs : r.vhs;
	r.pfs = r.vhs * a->m.pfs;
	r.slots = (size_t)r.vhs * r.vfs;
	return r;
}

/* Registers from CT_MODES to the rows' end. */
uint64_t sim_mode_read(const struct sim_adapter *a, uint64_t off)
{
	unsigned i = (unsigned)((off - CT_MODE_ROWS) / 0x40), at = off % 0x40;
	const struct sim_mode_desc *m = &a->m.mode[i % MR_MAX_MODES];
	uint64_t v = 0;

	if (off == CT_MODES)
		return a->m.modes | (uint64_t)a->mode << 8;
	if (off == CT_MODE)
		return a->mode_next;
	if (off < CT_MODE_ROWS || at > MODE_COUNTS)
		return SIM_ONES;
	if (i >= a->m.modes)
		return 0;
	if (at == MODE_COUNTS)
		return m->vfs | (uint64_t)m->vhs << 16;
	for (unsigned k = 0; k < 8; k++)
		v |= (uint64_t)(unsigned char)m->name[at + k] << 8 * k;
	return v;
}

/* CT_MODE. */
enum sim_wr sim_mode_write(struct sim_adapter *a, uint64_t off, uint64_t v)
{
	if (off != CT_MODE)
		return SIM_WR_DROPPED;
	if (v >= a->m.modes)
		return SIM_WR_REFUSED;
	a->mode_next = (uint8_t)v;
	return SIM_WR_DONE;
}

static bool is_idle(const struct sim_adapter *a)
{
	if (sim_adapter_assigned(a))
		return false;
	for (unsigned i = 0; i < a->m.pfs * a->m.vfs; i++)
		if (a->vf[i].outstanding || a->vf[i].reset_busy)
			return false;
	return true;
}

/* Functions that were hold nothing any more, and nobody waits for them. */
static void forget(struct sim_chassis *c, struct sim_adapter *a)
{
	struct sim_room r = sim_adapter_room(a);
	unsigned keep = 0;

	for (unsigned i = 0; i < a->vhs * a->m.pfs; i++)
		sim_fn_done(&a->pf[i].fn);
	for (unsigned i = 0; i < a->m.pfs * a->m.vfs; i++)
		sim_fn_done(&a->vf[i].fn);
	memset(a->vh, 0, r.vhs * sizeof(*a->vh));
	memset(a->pf, 0, r.pfs * sizeof(*a->pf));
	memset(a->vf, 0, r.vfs * sizeof(*a->vf));
	memset(a->lvf, 0, r.slots * sizeof(*a->lvf));
	memset(a->tomb, 0, r.slots);
	for (unsigned i = 0; i < c->dirties; i++)
		if (c->dirty[i] >> 63 || (c->dirty[i] >> 32 & 0xffff) != a->port)
			c->dirty[keep++] = c->dirty[i];
	c->dirties = keep;
	sim_nvm_forget_adapter(a);
	sim_due_forget(c, a->port);
	sim_traffic_drop(c, a->port);
}

/* See internal.h. */
bool sim_mode_switch(struct sim_chassis *c, struct sim_adapter *a)
{
	if (a->mode == a->mode_next || !is_idle(a))
		return false;
	forget(c, a);
	a->mode = a->mode_next;
	a->m.vfs = a->m.mode[a->mode].vfs;
	a->m.vhs = a->m.mode[a->mode].vhs;
	a->vhs = a->m.kind == SIM_KIND_MRA ? a->m.vhs : 1;
	return true;
}
