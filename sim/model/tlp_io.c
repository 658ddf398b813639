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
	t->v = t->a && t->a->vf && at[1] < t->a->m.pfs * t->a->m.vfs ? &t->a->vf[at[1]] : NULL;
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

/* ---- what was read ---- */

static bool is_bool(const bool *b)
{
	return *(const uint8_t *)(const void *)b <= 1;
}

static bool bools_sane(const struct tlp *t)
{
	const bool *const all[] = {&t->req.from_function,
				   &t->req.translated,
				   &t->fate.redirected,
				   &t->back,
				   &t->in_row,
				   &t->in_vf,
				   &t->in_peer,
				   &t->stale,
				   &t->answered,
				   &t->detour,
				   &t->gone};

	for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (!is_bool(all[i]))
			return false;
	return true;
}

static bool row_sane(const struct sim_chassis *c, unsigned vs, unsigned b)
{
	const struct sim_host *h = sim_host_at(c, vs);

	return h && h->bridge && b < h->d.bridges;
}

/* Who sent it exists, and is the one that the request names. */
static bool source_sane(const struct sim_chassis *c, const struct tlp *t)
{
	if (!t->req.from_function)
		return sim_host_at(c, t->req.vh) && t->route == SIM_ROUTE_ROOT;
	if (!t->a || t->a != sim_adapter_at(c, t->req.port) || t->d >= t->a->vhs)
		return false;
	if (!t->v)
		return t->req.vf == 0xffff && t->a->m.kind == SIM_KIND_BASE &&
		       t->route != SIM_ROUTE_INSIDE;
	return t->req.pf < t->a->m.pfs && t->req.vf < t->a->m.vfs &&
	       t->v == sim_mvf(t->a, t->req.pf, t->req.vf);
}

/* Where it is it can have come to, and what it passed there exists. */
static bool place_sane(const struct sim_chassis *c, const struct tlp *t)
{
	bool passed = t->req.from_function ? t->at < AT_DEV_PORT || t->back
					   : t->at > AT_HOST_PORT || t->back;

	if (t->at < (t->route == SIM_ROUTE_PEER ? AT_PEER : AT_ROOT) || t->at > AT_FUNCTION)
		return false;
	if ((passed || t->in_row || t->vs) && !row_sane(c, t->vs, t->b))
		return false;
	if (t->in_peer != (t->route == SIM_ROUTE_PEER))
		return false;
	return t->route != SIM_ROUTE_PEER || row_sane(c, t->vs, t->peer);
}

static bool tlp_sane(const struct sim_chassis *c, const struct tlp *t)
{
	if (!bools_sane(t) || (unsigned)t->req.kind >= SIM_TLP_KINDS ||
	    (unsigned)t->fate.end > SIM_TLP_DROPPED || t->route > SIM_ROUTE_PEER || !t->id ||
	    t->id > c->tlps->next)
		return false;
	if (t->gone && t->fate.end == SIM_TLP_FLYING)
		return false;
	if (t->fate.end != SIM_TLP_FLYING)
		return !t->in_row && !t->in_vf && !t->in_peer;
	if (t->in_vf && !t->v)
		return false;
	if ((t->req.translated || t->req.kind == SIM_TLP_ATS_REQUEST) && !t->tr.size)
		return false;
	return source_sane(c, t) && place_sane(c, t);
}

/* Whether all of them are sane: internal.h. */
bool sim_tlps_sane(const struct sim_chassis *c)
{
	const struct sim_tlps *t = c->tlps;
	unsigned gone = 0;

	for (unsigned i = 0; t && i < t->n; i++) {
		if (!tlp_sane(c, &t->item[i]) || (i && t->item[i].id <= t->item[i - 1].id))
			return false;
		gone += t->item[i].gone;
	}
	return !t || t->gone == gone;
}

/* Requests that count at a row: internal.h. */
unsigned sim_tlps_at_row(const struct sim_chassis *c, unsigned vs, unsigned b)
{
	unsigned n = 0;

	for (unsigned i = 0; c->tlps && i < c->tlps->n; i++) {
		const struct tlp *t = &c->tlps->item[i];

		n += t->in_row && t->vs == vs && t->b == b;
		n += t->in_peer && t->vs == vs && t->peer == b;
	}
	return n;
}

/* Requests that count at an MVF: internal.h. */
unsigned sim_tlps_at_vf(const struct sim_chassis *c, const struct sim_mvf *v)
{
	unsigned n = 0;

	for (unsigned i = 0; c->tlps && i < c->tlps->n; i++)
		n += c->tlps->item[i].in_vf && c->tlps->item[i].v == v;
	return n;
}
