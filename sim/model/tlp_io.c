/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests in flight, saved and restored: pointers become numbers, and what is read is checked
 * before anything follows it.
 */
#include <stddef.h>

#include "sim/model/snapshot_io.h"
#include "sim/model/tlp_priv.h"

/* How large a record is: part of what a saved chassis looks like. */
uint32_t sim_tlps_layout(void)
{
	return sizeof(struct tlp);
}

/* Pointers become numbers: the adapter's, and the MVF's within it; all-ones for none. */
static void io_pointers(struct sim_chassis *c, struct sim_io *io, struct tlp *t)
{
	uint32_t at[2] = {UINT32_MAX, UINT32_MAX};

	if (io->out && t->a)
		at[0] = (uint32_t)(t->a - c->adapter);
	if (io->out && t->a && t->v)
		at[1] = (uint32_t)(t->v - t->a->vf);
	sim_io_raw(io, at, sizeof(at));
	if (io->out)
		return;
	t->a = at[0] < c->adapters ? &c->adapter[at[0]] : NULL;
	t->v = t->a && at[1] < t->a->m.pfs * t->a->m.vfs ? &t->a->vf[at[1]] : NULL;
	if (t->vs > c->hosts || (t->in_vf && !t->v) ||
	    (t->in_row && (!c->host[t->vs].bridge || t->b >= c->host[t->vs].d.bridges)))
		io->bad = true;
}

/* What is in flight, both ways: snapshot_io.h. */
void sim_tlps_io(struct sim_chassis *c, struct sim_io *io)
{
	struct sim_tlps *t;

	sim_io_array(io, &c->tlps, 1, sizeof(*c->tlps));
	t = c->tlps;
	if (!t)
		return;
	if (!io->out)
		t->item = NULL;
	sim_io_count(io, &t->n, 1u << 20);
	sim_io_array(io, &t->item, t->n, sizeof(*t->item));
	if (!io->out)
		t->n = t->cap = t->item ? t->n : 0;
	for (unsigned i = 0; i < t->n && !io->bad; i++)
		io_pointers(c, io, &t->item[i]);
}
