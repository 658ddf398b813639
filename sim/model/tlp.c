/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests that can be watched in flight (HANDOVER 4): each moves one hop at a time between
 * root, host port, adapter port and function, and every port routes it by the row state that is
 * effective there at that moment. A completion goes the same way back.
 */
#include <linux/pci_regs.h>
#include <stddef.h>
#include <stdlib.h>

#include "common/xalloc.h"
#include "sim/model/tlp_priv.h"

/* The row that the request goes through. */
struct sim_bridge *sim_tlp_row(struct sim_chassis *c, const struct tlp *t)
{
	return &c->host[t->vs].bridge[t->b];
}

/* The function that sends it. */
struct sim_loc sim_tlp_source(const struct tlp *t)
{
	if (!t->v)
		return (struct sim_loc){.kind = SIM_LOC_BASE, .a = t->a, .fn = &t->a->self};
	return sim_loc_vf(t->a, t->req.pf, t->req.vf);
}

uint64_t sim_tlp_life(const struct sim_mvf *v)
{
	return v->resets << 32 ^ v->remaps;
}

/* ---- counting ---- */

static void enter_row(struct sim_chassis *c, struct tlp *t)
{
	t->in_row = true;
	t->maps = sim_tlp_row(c, t)->maps;
	sim_tlp_row(c, t)->outstanding++;
}

void sim_tlp_enter_vf(struct tlp *t, struct sim_mvf *v)
{
	t->v = v;
	t->in_vf = true;
	v->outstanding++;
}

/* Its end: it is outstanding nowhere any more. */
void sim_tlp_finish(struct sim_chassis *c, struct tlp *t, enum sim_tlp_end end)
{
	t->fate.end = end;
	if (t->in_row) {
		t->in_row = false;
		sim_tlp_row(c, t)->outstanding--;
		sim_row_drain_check(c, t->vs, t->b);
	}
	if (t->in_peer) {
		t->in_peer = false;
		c->host[t->vs].bridge[t->peer].outstanding--;
		sim_row_drain_check(c, t->vs, t->peer);
	}
	if (t->in_vf) {
		t->in_vf = false;
		t->v->outstanding--;
		sim_vf_drain_check(c, t->a, t->v);
	}
}

/* Nobody waits for an answer. */
bool sim_tlp_posted(const struct tlp *t)
{
	return t->req.kind == SIM_TLP_MEM_WRITE || t->req.kind == SIM_TLP_MSI;
}

/*
 * Lost at a port or at the function: a posted request vanishes, another is answered. Whoever
 * blocks a function answers invalidations for it: it can send nothing by what it has cached,
 * and its host must not wait in vain. Elsewhere an invalidation, a message, is lost.
 */
void sim_tlp_lose(struct sim_chassis *c, struct tlp *t, bool blocked)
{
	const struct sim_host *h = &c->host[t->vs];

	if (blocked && h->bridge)
		sim_tlp_row(c, t)->lost++;
	if (t->req.kind == SIM_TLP_ATS_INVALIDATE && blocked)
		t->back = t->answered = true;
	else if (sim_tlp_posted(t) || t->back || t->req.kind == SIM_TLP_ATS_INVALIDATE) {
		sim_tlp_finish(c, t, SIM_TLP_DROPPED);
	} else if (blocked && !t->req.from_function && !sim_cut_answer(c, h)) {
		t->fate.data = SIM_ONES;
		sim_tlp_finish(c, t, SIM_TLP_COMPLETED);
	} else {
		sim_tlp_finish(c, t, SIM_TLP_UR);
	}
}

/* ---- hops ---- */

static bool row_passes(struct sim_chassis *c, struct tlp *t, bool host_port)
{
	const struct sim_bridge *r = sim_tlp_row(c, t);
	unsigned state = host_port ? sim_row_at_host(c, r) : sim_row_at_dev(c, r);

	if (state == MR_ROW_MAPPED && r->dlla && (!t->in_row || r->maps == t->maps))
		return true;
	sim_tlp_lose(c, t, state == MR_ROW_BLOCKED);
	return false;
}

bool sim_tlp_by_id(const struct tlp *t)
{
	return t->req.kind == SIM_TLP_CFG_READ || t->req.kind == SIM_TLP_ATS_INVALIDATE;
}

/* A host's request at its port: which bridge takes it? */
static bool host_port_in(struct sim_chassis *c, struct tlp *t)
{
	struct sim_host *h = sim_host_at(c, t->req.vh);
	int b = -1;

	if (h && t->req.vh == c->root) {
		sim_root_request(c, t);
		return false;
	}
	if (h && sim_host_alive(h))
		b = sim_tlp_by_id(t) ? sim_vh_bridge_of_rid(h, t->req.rid)
				     : sim_vh_bridge_of_addr(h, t->req.address);
	if (b < 0) {
		sim_tlp_lose(c, t, false);
		return false;
	}
	t->vs = t->req.vh;
	t->b = (unsigned)b;
	if (!row_passes(c, t, true))
		return false;
	enter_row(c, t);
	return true;
}

/* Translations of the function that are under way and hold no longer. */
static void spoil(struct sim_chassis *c, const struct sim_fn *f, uint64_t from, uint64_t size)
{
	for (unsigned i = 0; i < c->tlps->n; i++) {
		struct tlp *o = &c->tlps->item[i];

		if (o->fate.end != SIM_TLP_FLYING || o->req.kind != SIM_TLP_ATS_REQUEST)
			continue;
		if (sim_tlp_source(o).fn == f && o->tr.from <= from + (size - 1) &&
		    from <= o->tr.from + (o->tr.size - 1))
			o->stale = true;
	}
}

/* Reads of the function by translations that it had, which have not come back. */
static bool still_used(const struct sim_chassis *c, const struct tlp *t)
{
	for (unsigned i = 0; i < c->tlps->n; i++) {
		const struct tlp *o = &c->tlps->item[i];

		if (o->fate.end == SIM_TLP_FLYING && o->req.from_function &&
		    o->req.translated && o->id <= t->last && o->a == t->a && o->v == t->v)
			return true;
	}
	return false;
}

/* An invalidation leaves the function again when nothing is under way any more that was sent by
 * what it takes away. */
static void invalidate(struct sim_chassis *c, struct tlp *t, const struct sim_loc *l)
{
	uint64_t size = t->req.data ? t->req.data : 1;

	if (!sim_ats_has(l)) {
		sim_tlp_lose(c, t, false);
		return;
	}
	if (!t->last) {
		sim_atc_invalidate(l->fn, t->req.address, size);
		spoil(c, l->fn, t->req.address, size);
		t->last = c->tlps->next;
	}
	t->back = !still_used(c, t);
}

/* What a request does where it ends: tlp_priv.h. */
void sim_tlp_land(struct sim_chassis *c, struct tlp *t, const struct sim_loc *l, unsigned bar,
		  uint64_t off)
{
	t->fate.at_port = (uint16_t)l->a->port;
	t->fate.at_pf = (uint16_t)l->p;
	t->fate.at_vf =
		l->kind == SIM_LOC_VF || l->kind == SIM_LOC_SYNTH ? (uint16_t)l->v : 0xffff;
	t->data = t->req.kind == SIM_TLP_CFG_READ
			  ? sim_cfg_read(c, l, off & 0xffc, 4)
			  : sim_fn_mem(c, l, bar, off & ~7ull, 8,
				       t->req.kind == SIM_TLP_MEM_WRITE, t->req.data);
	if (sim_tlp_posted(t))
		sim_tlp_finish(c, t, SIM_TLP_LANDED);
}

/* Where a request ends: tlp_priv.h. */
void sim_tlp_deliver(struct sim_chassis *c, struct tlp *t, const struct sim_loc *l,
		     unsigned bar, uint64_t off)
{
	sim_fn_touched(l);
	sim_tlp_land(c, t, l, bar, off);
}

static void reach_function(struct sim_chassis *c, struct tlp *t)
{
	struct sim_host *h = &c->host[t->vs];
	unsigned bar = 0;
	uint64_t off = t->req.address;
	struct sim_loc l;

	if (sim_tlp_by_id(t))
		l = sim_behind_cfg(c, h, t->b,
				   t->req.rid - (unsigned)(h->bridge[t->b].cfg.sec << 8));
	else
		l = sim_behind_mem(c, h, t->b, t->req.address, &bar, &off);
	if (!sim_loc_answers(c, &l)) {
		if (l.blocked && (l.kind == SIM_LOC_VF || l.kind == SIM_LOC_SYNTH))
			sim_mvf(l.a, l.p, l.v)->lost++;
		sim_tlp_lose(c, t, l.blocked && t->req.kind == SIM_TLP_ATS_INVALIDATE);
		return;
	}
	t->a = l.a;
	if (!t->in_vf && (l.kind == SIM_LOC_VF || l.kind == SIM_LOC_SYNTH))
		sim_tlp_enter_vf(t, sim_mvf(l.a, l.p, l.v));
	if (t->req.kind == SIM_TLP_ATS_INVALIDATE) {
		sim_fn_touched(&l);
		invalidate(c, t, &l);
		return;
	}
	sim_tlp_deliver(c, t, &l, bar, off);
	t->back = true;
}

/* A function's request at the adapter port: by VH prefix, or by the row of its VF RID. */
static bool dev_port_in(struct sim_chassis *c, struct tlp *t)
{
	if (t->req.vf == 0xffff) {
		t->vs = t->a->row_vs;
		t->b = t->a->row_b;
	} else if (t->d) {
		t->vs = t->a->vh[t->d].row_vs;
		t->b = t->a->vh[t->d].row_b;
	} else {
		t->vs = t->v->row_vs;
		t->b = t->v->row_b;
	}
	if (!t->vs) {
		sim_ur_drop(c, 0,
			    t->v ? sim_vf_rid0(t->a, t->req.pf, t->req.vf)
				 : (uint16_t)(t->a->bus << 8),
			    t->req.address);
		sim_tlp_lose(c, t, false);
		return false;
	}
	if (!row_passes(c, t, false))
		return false;
	enter_row(c, t);
	return true;
}

/* Requester ID of a function's request in its host's VH. A device that shows its functions to
 * the host itself may claim another one; for a synthetic function the row puts it in. */
uint16_t sim_tlp_requester(const struct sim_chassis *c, const struct tlp *t)
{
	unsigned offset, stride, base = (unsigned)(c->host[t->vs].bridge[t->b].cfg.sec << 8);

	if (t->req.rid && (!t->v || t->d))
		return t->req.rid;
	if (!t->v || !t->d)
		return (uint16_t)base;
	sim_sriov_geometry(t->a, t->d, t->req.pf, &offset, &stride);
	return (uint16_t)(base + t->req.pf + offset + (t->v->nv.slot - 1u) * stride);
}

/* What the root's translation agent makes of the request; false: it is refused. */
static bool translated(struct sim_chassis *c, struct tlp *t)
{
	struct sim_host *h = &c->host[t->vs];
	uint32_t want = t->req.kind == SIM_TLP_MEM_WRITE ? SIM_IOMMU_WRITE : SIM_IOMMU_READ;
	struct sim_translation tr;

	t->fate.at_address = t->req.address;
	if (t->req.kind == SIM_TLP_MSI) /* interrupts are remapped by another table */
		return true;
	if (t->req.translated) {
		t->fate.at_address = t->tr.to + (t->req.address - t->tr.from);
	} else if (sim_iommu_translate(h, t->req.address, 4096, &tr) && tr.perm & want) {
		t->fate.at_address = tr.to + (t->req.address & 4095);
	} else {
		h->faults++;
		return false;
	}
	/* A root port does not send requests down again. */
	return sim_vh_bridge_of_addr(h, t->fate.at_address) < 0;
}

/* A translation request at the root: the answer, with no permission where there is none. */
static void translate(struct sim_chassis *c, struct tlp *t)
{
	struct sim_translation tr;
	bool good = sim_iommu_translate(&c->host[t->vs], t->req.address, t->tr.size, &tr);

	t->data = good ? tr.to : 0;
	t->tr.to = tr.to;
	t->tr.perm = good ? tr.perm : 0;
	t->back = true;
}

static void reach_root(struct sim_chassis *c, struct tlp *t)
{
	t->fate.at_vh = (uint16_t)t->vs;
	if (t->req.kind == SIM_TLP_ATS_REQUEST) {
		translate(c, t);
		return;
	}
	if (!translated(c, t)) {
		t->fate.at_vh = 0;
		sim_tlp_lose(c, t, false);
		return;
	}
	if (t->req.kind == SIM_TLP_MSI)
		sim_notice_push(c, &(struct sim_notice){.kind = SIM_NOTICE_HOST_MSI,
							.vh = (uint16_t)t->vs,
							.bridge = (uint16_t)t->b,
							.rid = sim_tlp_requester(c, t),
							.vector = (uint32_t)t->req.data});
	if (sim_tlp_posted(t)) {
		sim_tlp_finish(c, t, SIM_TLP_LANDED);
		return;
	}
	t->data = t->req.data;
	t->back = true;
}

/* A translation is kept if the function may still have it. */
static void keep_translation(const struct tlp *t)
{
	struct sim_loc l = sim_tlp_source(t);

	if (t->tr.perm && !t->stale && t->epoch == l.fn->ats_epoch &&
	    l.fn->ats_ctl & PCI_ATS_CTRL_ENABLE)
		sim_atc_add(l.fn, &t->tr);
}

/* The completion is back where the request came from. */
static void come_home(struct sim_chassis *c, struct tlp *t)
{
	bool same = !t->req.from_function || !t->v || t->born == sim_tlp_life(t->v);

	t->fate.data = t->data;
	if (same && t->req.kind == SIM_TLP_ATS_REQUEST)
		keep_translation(t);
	sim_tlp_finish(c, t, same ? SIM_TLP_COMPLETED : SIM_TLP_DROPPED);
}

static void arrive(struct sim_chassis *c, struct tlp *t)
{
	bool towards_function = t->req.from_function == t->back;

	switch (t->at) {
	case AT_PEER:
		sim_peer_reach(c, t);
		break;
	case AT_HOST_PORT:
		if (towards_function && !t->back)
			host_port_in(c, t);
		else if (t->answered)
			break;
		else if (row_passes(c, t, true) && !sim_host_alive(&c->host[t->vs]))
			sim_tlp_lose(c, t, false);
		else if (t->fate.end == SIM_TLP_FLYING && t->req.from_function && !t->back)
			sim_peer_upstream(c, t);
		break;
	case AT_DEV_PORT:
		if (t->route == SIM_ROUTE_INSIDE)
			sim_peer_inside_arrive(c, t);
		else if (!towards_function && !t->back)
			dev_port_in(c, t);
		else if (!t->answered)
			row_passes(c, t, false);
		break;
	case AT_FUNCTION:
		if (t->back)
			come_home(c, t);
		else
			reach_function(c, t);
		break;
	case AT_ROOT:
		if (t->route == SIM_ROUTE_PEER)
			sim_peer_port(c, t);
		else if (t->back)
			come_home(c, t);
		else
			reach_root(c, t);
		break;
	}
}

void sim_tlp_next_hop(struct sim_chassis *c, struct tlp *t)
{
	int64_t hops = 1, late = 0;
	uint64_t place;

	if (t->at == AT_ROOT && t->back)
		late = sim_fault_root_delay(c, t->vs);
	/* An invalidation that waits at its function stays there. */
	if (t->req.kind != SIM_TLP_ATS_INVALIDATE || !t->last || t->back)
		t->at = t->req.from_function == t->back ? t->at + 1 : t->at - 1;
	/* From a peer's port up to the root and down again. */
	if (t->detour && t->at == AT_HOST_PORT)
		hops = 3;
	place = (uint64_t)(t - c->tlps->item);
	if (hops == 1 && !late)
		sim_due_hop(c, t->id, place);
	else
		sim_due_add(c, c->now.mono_ns + hops * c->hop_ns + late, SIM_DUE_TLP, t->id,
			    place);
}

/* A TLP has moved one hop. */
void sim_tlp_due(struct sim_chassis *c, uint64_t id, uint64_t hint)
{
	struct tlp *t = sim_tlp_find(c, id, hint);

	if (!t || t->fate.end != SIM_TLP_FLYING)
		return;
	arrive(c, t);
	if (t->fate.end == SIM_TLP_FLYING)
		sim_tlp_next_hop(c, t);
}
