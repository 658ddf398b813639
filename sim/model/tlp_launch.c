/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests in flight as a list: launched, found by id, asked for their fate, forgotten.
 */
#include <linux/pci_regs.h>
#include <stdlib.h>

#include "common/xalloc.h"
#include "sim/model/tlp_priv.h"

#define INVALIDATIONS 32u /* Invalidate Queue Depth */

/* Frees all TLPs; NULL is accepted. */
void sim_tlps_free(struct sim_tlps *t)
{
	if (!t)
		return;
	free(t->item);
	free(t);
}

/* Where it stands if none before it has left the list; behind that it cannot be. */
static unsigned last_place(const struct sim_tlps *t, uint64_t id)
{
	uint64_t at = id - t->item[0].id;

	return at < t->n ? (unsigned)at : t->n - 1;
}

struct tlp *sim_tlp_find(struct sim_chassis *c, uint64_t id, uint64_t hint)
{
	unsigned low = 0, high;

	if (!c->tlps || !c->tlps->n)
		return NULL;
	if (hint < c->tlps->n && c->tlps->item[hint].id == id)
		high = (unsigned)hint;
	else
		high = last_place(c->tlps, id);
	if (c->tlps->item[high].id == id)
		low = high;
	while (low < high) {
		unsigned mid = low + (high - low) / 2;

		if (c->tlps->item[mid].id < id)
			low = mid + 1;
		else
			high = mid;
	}
	return c->tlps->item[low].id == id && !c->tlps->item[low].gone ? &c->tlps->item[low]
								       : NULL;
}

static void forget_gone(struct sim_tlps *t)
{
	unsigned kept = 0;

	for (unsigned i = 0; t->gone && t->gone < t->n && i < t->n; i++)
		if (!t->item[i].gone)
			t->item[kept++] = t->item[i];
	if (t->gone)
		t->n = kept;
	t->gone = 0;
}

/* MSI-X: enabled, not masked. The write goes where the table says. */
static bool msi_ready(const struct sim_fn *f, struct tlp *t, unsigned vectors)
{
	uint64_t v = t->req.data;

	if (!(f->msix_ctl & PCI_MSIX_FLAGS_ENABLE) || f->msix_ctl & PCI_MSIX_FLAGS_MASKALL ||
	    v >= vectors || v >= f->vectors || f->msix[4 * v + 3] & 1)
		return false;
	t->req.address = f->msix[4 * v] | (uint64_t)f->msix[4 * v + 1] << 32;
	return true;
}

/* Whether the function may issue a request at all. */
static bool may_issue(const struct sim_chassis *c, const struct tlp *t, struct sim_loc *l)
{
	struct sim_mvf *v = t->v;

	if (!sim_loc_answers(c, l) || !(l->fn->command & PCI_COMMAND_MASTER) ||
	    l->fn->pmcsr & PCI_PM_CTRL_STATE_MASK)
		return false;
	if (!v)
		return true;
	if (v->nv.block & 1 || !v->nv.gate) {
		v->lost++;
		return false;
	}
	return !v->fn.stalled &&
	       (!v->nv.d || v->state == MR_VF_AVAILABLE || v->state == MR_VF_MIGRATE_OUT);
}

/* With ATS enabled a function asks for a translation of one unit, and sends by what it holds.
 */
static bool start_translation(struct tlp *t, const struct sim_loc *l)
{
	uint64_t unit = sim_ats_unit(l);
	const struct sim_translation *e;
	bool on = l->fn->ats_ctl & PCI_ATS_CTRL_ENABLE;

	if (t->req.kind == SIM_TLP_ATS_REQUEST) {
		t->tr = (struct sim_translation){.from = t->req.address & ~(unit - 1),
						 .size = unit};
		return on && !t->req.translated;
	}
	if (!t->req.translated)
		return true;
	e = on && t->req.kind != SIM_TLP_MSI
		    ? sim_atc_find(l->fn, t->req.address, t->req.kind == SIM_TLP_MEM_WRITE)
		    : NULL;
	if (e)
		t->tr = *e;
	return e;
}

static bool start_function(struct sim_chassis *c, struct tlp *t)
{
	struct sim_loc l = {.kind = SIM_LOC_NONE}, peer;
	unsigned bar;
	uint64_t off;

	t->a = sim_adapter_at(c, t->req.port);
	if (!t->a)
		return false;
	if (t->req.vf == 0xffff && t->a->m.kind == SIM_KIND_BASE) {
		l = (struct sim_loc){.kind = SIM_LOC_BASE, .a = t->a, .fn = &t->a->self};
	} else if (t->req.pf < t->a->m.pfs && t->req.vf < t->a->m.vfs) {
		t->v = sim_mvf(t->a, t->req.pf, t->req.vf);
		l = sim_loc_vf(t->a, t->req.pf, t->req.vf);
	}
	if (l.kind == SIM_LOC_NONE || !may_issue(c, t, &l))
		return false;
	if (t->req.kind == SIM_TLP_MSI && !msi_ready(l.fn, t, t->a->m.msix))
		return false;
	if (sim_tlp_by_id(t) || !start_translation(t, &l))
		return false;
	t->at = AT_FUNCTION;
	t->epoch = l.fn->ats_epoch;
	if (t->v) {
		t->d = t->v->nv.d;
		t->born = sim_tlp_life(t->v);
		t->v->io++;
		sim_tlp_enter_vf(t, t->v);
	}
	if (sim_peer_inside(t, &peer, &bar, &off))
		t->route = SIM_ROUTE_INSIDE;
	return true;
}

/* The host may ask no function for more invalidations at once than its queue is deep. */
static bool queue_full(const struct sim_chassis *c, const struct sim_tlp *req)
{
	unsigned n = 0;

	for (unsigned i = 0; i < c->tlps->n; i++) {
		const struct tlp *o = &c->tlps->item[i];

		n += o->fate.end == SIM_TLP_FLYING && o->req.kind == SIM_TLP_ATS_INVALIDATE &&
		     o->req.vh == req->vh && o->req.rid == req->rid;
	}
	return n > INVALIDATIONS;
}

static bool start_host(const struct sim_chassis *c, const struct sim_tlp *req)
{
	if (!sim_host_link(c, req->vh) || req->kind == SIM_TLP_MSI ||
	    req->kind == SIM_TLP_ATS_REQUEST || req->translated)
		return false;
	return req->kind != SIM_TLP_ATS_INVALIDATE || !queue_full(c, req);
}

/* Launches one request: chassis.h. */
uint64_t sim_tlp_launch(struct sim_chassis *c, struct mr_now now, const struct sim_tlp *req)
{
	struct tlp *t;
	bool started;

	sim_chassis_step(c, now);
	if (!c->tlps)
		c->tlps = MR_NEW(struct sim_tlps);
	if (c->tlps->n == c->tlps->cap)
		forget_gone(c->tlps);
	MR_GROW(c->tlps->item, c->tlps->n, c->tlps->cap);
	t = &c->tlps->item[c->tlps->n++];
	*t = (struct tlp){.id = ++c->tlps->next, .req = *req, .at = AT_ROOT};
	t->fate.at_port = 0xffff;
	if (req->from_function)
		started = start_function(c, t);
	else
		started = start_host(c, req);
	if (!started)
		sim_tlp_finish(c, t, SIM_TLP_DROPPED);
	else
		sim_tlp_next_hop(c, t);
	return t->id;
}

/* Fate of a request so far; a final one is forgotten after it was read. */
struct sim_tlp_fate sim_tlp_fate(struct sim_chassis *c, uint64_t id)
{
	struct tlp *t = sim_tlp_find(c, id, 0);
	struct sim_tlp_fate fate = {.end = SIM_TLP_DROPPED, .at_port = 0xffff};

	if (!t)
		return fate;
	fate = t->fate;
	if (fate.end == SIM_TLP_FLYING)
		return fate;
	t->gone = true;
	if (++c->tlps->gone == c->tlps->n)
		forget_gone(c->tlps);
	return fate;
}
