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
#include "sim/model/internal.h"
#include "sim/model/snapshot_io.h"

/* Places, in the order of a host's request; a function's request walks them backwards. */
enum place {
	AT_ROOT,
	AT_HOST_PORT,
	AT_DEV_PORT,
	AT_FUNCTION
};

struct tlp {
	uint64_t id;
	struct sim_tlp req;
	struct sim_tlp_fate fate;
	enum place at;
	bool back;	    /* it is the completion by now */
	bool in_row, in_vf; /* counted as outstanding there */
	bool ur;
	unsigned vs, b;
	uint32_t maps; /* of the row when it was passed */
	struct sim_adapter *a;
	struct sim_mvf *v; /* of a function's request or the one that it reached */
	unsigned d;	   /* VH prefix that the device put on it */
	uint64_t born;	   /* state of the function when it asked */
	uint64_t data;
};

struct sim_tlps {
	struct tlp *item;
	unsigned n, cap;
	uint64_t next;
};

/* Frees all TLPs; NULL is accepted. */
void sim_tlps_free(struct sim_tlps *t)
{
	if (!t)
		return;
	free(t->item);
	free(t);
}

static struct tlp *find(struct sim_chassis *c, uint64_t id)
{
	for (unsigned i = 0; c->tlps && i < c->tlps->n; i++)
		if (c->tlps->item[i].id == id)
			return &c->tlps->item[i];
	return NULL;
}

static struct sim_bridge *row_of(struct sim_chassis *c, const struct tlp *t)
{
	return &c->host[t->vs].bridge[t->b];
}

static uint64_t life_of(const struct sim_mvf *v)
{
	return v->resets << 32 ^ v->remaps;
}

/* ---- counting ---- */

static void enter_row(struct sim_chassis *c, struct tlp *t)
{
	t->in_row = true;
	t->maps = row_of(c, t)->maps;
	row_of(c, t)->outstanding++;
}

static void enter_vf(struct tlp *t, struct sim_mvf *v)
{
	t->v = v;
	t->in_vf = true;
	v->outstanding++;
}

static void finish(struct sim_chassis *c, struct tlp *t, enum sim_tlp_end end)
{
	t->fate.end = end;
	if (t->in_row) {
		t->in_row = false;
		row_of(c, t)->outstanding--;
		sim_row_drain_check(c, t->vs, t->b);
	}
	if (t->in_vf) {
		t->in_vf = false;
		t->v->outstanding--;
		sim_vf_drain_check(c, t->a, t->v);
	}
}

static bool posted(const struct tlp *t)
{
	return t->req.kind == SIM_TLP_MEM_WRITE || t->req.kind == SIM_TLP_MSI;
}

/* Lost at a port or at the function: a posted request vanishes, another is answered. */
static void lose(struct sim_chassis *c, struct tlp *t, bool blocked)
{
	const struct sim_host *h = &c->host[t->vs];

	if (blocked && h->bridge)
		row_of(c, t)->lost++;
	if (posted(t) || t->back) {
		finish(c, t, SIM_TLP_DROPPED);
	} else if (blocked && !t->req.from_function && !sim_cut_answer(c, h)) {
		t->fate.data = SIM_ONES;
		finish(c, t, SIM_TLP_COMPLETED);
	} else {
		finish(c, t, SIM_TLP_UR);
	}
}

/* ---- hops ---- */

static bool row_passes(struct sim_chassis *c, struct tlp *t, bool host_port)
{
	const struct sim_bridge *r = row_of(c, t);
	unsigned state = host_port ? sim_row_at_host(c, r) : sim_row_at_dev(c, r);

	if (state == MR_ROW_MAPPED && r->dlla && (!t->in_row || r->maps == t->maps))
		return true;
	lose(c, t, state == MR_ROW_BLOCKED);
	return false;
}

/* A host's request at its port: which bridge takes it? */
static bool host_port_in(struct sim_chassis *c, struct tlp *t)
{
	struct sim_host *h = sim_host_at(c, t->req.vh);
	int b = -1;

	if (h && sim_host_alive(h))
		b = t->req.kind == SIM_TLP_CFG_READ ? sim_vh_bridge_of_rid(h, t->req.rid)
						    : sim_vh_bridge_of_addr(h, t->req.address);
	if (b < 0) {
		finish(c, t, posted(t) ? SIM_TLP_DROPPED : SIM_TLP_UR);
		return false;
	}
	t->vs = t->req.vh;
	t->b = (unsigned)b;
	if (!row_passes(c, t, true))
		return false;
	enter_row(c, t);
	return true;
}

static void reach_function(struct sim_chassis *c, struct tlp *t)
{
	struct sim_host *h = &c->host[t->vs];
	unsigned bar = 0;
	uint64_t off = t->req.address;
	struct sim_loc l;

	if (t->req.kind == SIM_TLP_CFG_READ)
		l = sim_behind_cfg(c, h, t->b,
				   t->req.rid - (unsigned)(h->bridge[t->b].cfg.sec << 8));
	else
		l = sim_behind_mem(c, h, t->b, t->req.address, &bar, &off);
	if (!sim_loc_answers(c, &l)) {
		if (l.blocked && (l.kind == SIM_LOC_VF || l.kind == SIM_LOC_SYNTH))
			sim_mvf(l.a, l.p, l.v)->lost++;
		lose(c, t, false);
		return;
	}
	sim_fn_touched(&l);
	t->a = l.a;
	t->fate.at_port = (uint16_t)l.a->port;
	t->fate.at_pf = (uint16_t)l.p;
	t->fate.at_vf = 0xffff;
	if (l.kind == SIM_LOC_VF || l.kind == SIM_LOC_SYNTH) {
		t->fate.at_vf = (uint16_t)l.v;
		enter_vf(t, sim_mvf(l.a, l.p, l.v));
	}
	if (t->req.kind == SIM_TLP_CFG_READ)
		t->data = sim_cfg_read(c, &l, off & 0xffc, 4);
	else
		t->data = sim_fn_mem(c, &l, bar, off & ~7ull, 8,
				     t->req.kind == SIM_TLP_MEM_WRITE, t->req.data);
	if (posted(t))
		finish(c, t, SIM_TLP_LANDED);
	else
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
		lose(c, t, false);
		return false;
	}
	if (!row_passes(c, t, false))
		return false;
	enter_row(c, t);
	return true;
}

static uint16_t host_rid(const struct sim_chassis *c, const struct tlp *t)
{
	unsigned offset, stride, base = (unsigned)(c->host[t->vs].bridge[t->b].cfg.sec << 8);

	if (!t->v || !t->d)
		return (uint16_t)base;
	sim_sriov_geometry(t->a, t->d, t->req.pf, &offset, &stride);
	return (uint16_t)(base + t->req.pf + offset + (t->v->nv.slot - 1u) * stride);
}

static void reach_root(struct sim_chassis *c, struct tlp *t)
{
	t->fate.at_vh = (uint16_t)t->vs;
	if (t->req.kind == SIM_TLP_MSI)
		sim_notice_push(c, &(struct sim_notice){.kind = SIM_NOTICE_HOST_MSI,
							.vh = (uint16_t)t->vs,
							.bridge = (uint16_t)t->b,
							.rid = host_rid(c, t),
							.vector = (uint32_t)t->req.data});
	if (posted(t)) {
		finish(c, t, SIM_TLP_LANDED);
		return;
	}
	t->data = t->req.data;
	t->back = true;
}

/* The completion is back where the request came from. */
static void come_home(struct sim_chassis *c, struct tlp *t)
{
	bool same = !t->req.from_function || !t->v || t->born == life_of(t->v);

	t->fate.data = t->data;
	finish(c, t, same ? SIM_TLP_COMPLETED : SIM_TLP_DROPPED);
}

static void arrive(struct sim_chassis *c, struct tlp *t)
{
	bool towards_function = t->req.from_function == t->back;

	switch (t->at) {
	case AT_HOST_PORT:
		if (towards_function && !t->back)
			host_port_in(c, t);
		else if (row_passes(c, t, true) && !sim_host_alive(&c->host[t->vs]))
			lose(c, t, false);
		break;
	case AT_DEV_PORT:
		if (!towards_function && !t->back)
			dev_port_in(c, t);
		else
			row_passes(c, t, false);
		break;
	case AT_FUNCTION:
		if (t->back)
			come_home(c, t);
		else
			reach_function(c, t);
		break;
	case AT_ROOT:
		if (t->back)
			come_home(c, t);
		else
			reach_root(c, t);
		break;
	}
}

static void next_hop(struct sim_chassis *c, struct tlp *t)
{
	t->at = t->req.from_function == t->back ? t->at + 1 : t->at - 1;
	sim_due_add(c, c->now.mono_ns + c->hop_ns, SIM_DUE_TLP, t->id, 0);
}

/* A TLP has moved one hop. */
void sim_tlp_due(struct sim_chassis *c, uint64_t id)
{
	struct tlp *t = find(c, id);

	if (!t || t->fate.end != SIM_TLP_FLYING)
		return;
	arrive(c, t);
	if (t->fate.end == SIM_TLP_FLYING)
		next_hop(c, t);
}

/* ---- launching ---- */

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
	return !v->nv.d || v->state == MR_VF_AVAILABLE || v->state == MR_VF_MIGRATE_OUT;
}

static bool start_function(struct sim_chassis *c, struct tlp *t)
{
	struct sim_loc l = {.kind = SIM_LOC_NONE};

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
	if (t->req.kind == SIM_TLP_CFG_READ)
		return false;
	t->at = AT_FUNCTION;
	if (t->v) {
		t->d = t->v->nv.d;
		t->born = life_of(t->v);
		t->v->io++;
		enter_vf(t, t->v);
	}
	return true;
}

/* Launches one request: chassis.h. */
uint64_t sim_tlp_launch(struct sim_chassis *c, struct mr_now now, const struct sim_tlp *req)
{
	struct tlp *t;
	bool started;

	sim_chassis_step(c, now);
	if (!c->tlps)
		c->tlps = MR_NEW(struct sim_tlps);
	MR_GROW(c->tlps->item, c->tlps->n, c->tlps->cap);
	t = &c->tlps->item[c->tlps->n++];
	*t = (struct tlp){.id = ++c->tlps->next, .req = *req, .at = AT_ROOT};
	t->fate.at_port = 0xffff;
	if (req->from_function)
		started = start_function(c, t);
	else
		started = sim_host_link(c, req->vh) && req->kind != SIM_TLP_MSI;
	if (!started)
		finish(c, t, SIM_TLP_DROPPED);
	else
		next_hop(c, t);
	return t->id;
}

/* Fate of a request so far; a final one is forgotten after it was read. */
struct sim_tlp_fate sim_tlp_fate(struct sim_chassis *c, uint64_t id)
{
	struct tlp *t = find(c, id);
	struct sim_tlp_fate fate = {.end = SIM_TLP_DROPPED, .at_port = 0xffff};

	if (!t)
		return fate;
	fate = t->fate;
	if (fate.end != SIM_TLP_FLYING)
		*t = c->tlps->item[--c->tlps->n];
	return fate;
}

/* ---- saving and restoring ---- */

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
