/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests between functions, and access control (mriov.md 1.11) that says which way they may
 * take: inside a device, between two bridges of one VH, or up to the root that decides.
 */
#include <linux/pci_regs.h>
#include <stddef.h>

#include "sim/model/tlp_priv.h"

#define ACS_DOWN (PCI_ACS_SV | PCI_ACS_TB | PCI_ACS_RR | PCI_ACS_CR | PCI_ACS_UF | PCI_ACS_DT)
#define ACS_FN	 (PCI_ACS_RR | PCI_ACS_CR | PCI_ACS_DT)

/* ---- the capability ---- */

/* Who has it: downstream ports; BF, PFs and VFs, since an SR-IOV device is multi-function. */
bool sim_acs_has(const struct sim_loc *l)
{
	switch (l->kind) {
	case SIM_LOC_BF:
	case SIM_LOC_PF:
	case SIM_LOC_VF:
	case SIM_LOC_DOWN:
	case SIM_LOC_DSP:
		return true;
	default:
		return false;
	}
}

/* Control. That of a VF in VH 0 is no state of the function: no host reaches it, and what its
 * host or the MR-PCIM resets there leaves it as VH 0's SR-PCIM set it. */
static uint16_t *control(const struct sim_loc *l)
{
	if (sim_loc_is_bridge(l))
		return &l->br->acs_ctl;
	if ((l->kind == SIM_LOC_VF || l->kind == SIM_LOC_SYNTH) && !l->d)
		return &sim_mvf(l->a, l->p, l->v)->nv.acs;
	return &l->fn->acs_ctl;
}

/* Whether a write at 'off' of configuration space touches that, and so not the function. */
bool sim_acs_apart(const struct sim_loc *l, unsigned off)
{
	return l->kind == SIM_LOC_VF && !l->d && off >= SIM_CAP_ACS && off < SIM_CAP_ACS + 8;
}

/* Dword 'rel'. */
uint32_t sim_acs_read(struct sim_chassis *c, const struct sim_loc *l, unsigned rel)
{
	(void)c;
	if (!rel)
		return 0;
	return (sim_loc_is_bridge(l) ? ACS_DOWN : ACS_FN) | (uint32_t)*control(l) << 16;
}

/* Writes the bytes 'mask' of it. */
void sim_acs_write(struct sim_chassis *c, const struct sim_loc *l, unsigned rel, uint32_t v,
		   uint32_t mask)
{
	uint16_t *ctl = control(l);

	if (rel != 4)
		return;
	*ctl = sim_merge16(*ctl, v >> 16, mask >> 16, sim_loc_is_bridge(l) ? ACS_DOWN : ACS_FN);
	if (l->kind == SIM_LOC_VF && !l->d)
		sim_mvf_dirty(c, l->a, l->p, l->v);
	else if (!sim_loc_is_bridge(l) && !l->d)
		l->a->dirty = true;
}

/* Whether 'ctl' sends a request between functions to the root. */
static bool redirects(uint16_t ctl, bool translated)
{
	return ctl & PCI_ACS_RR && !(translated && ctl & PCI_ACS_DT);
}

static bool is_memory(const struct tlp *t)
{
	return t->req.kind == SIM_TLP_MEM_READ || t->req.kind == SIM_TLP_MEM_WRITE;
}

static uint64_t address_of(const struct tlp *t)
{
	return t->req.translated ? t->tr.to + (t->req.address - t->tr.from) : t->req.address;
}

/* ---- inside a device ---- */

/* A function that takes requests of other functions: VFs and, of a host's VH, PFs. The control
 * function takes none. */
static bool takes(const struct sim_chassis *c, struct sim_loc *l)
{
	if (l->kind == SIM_LOC_VF)
		return !(sim_mvf(l->a, l->p, l->v)->nv.block & 2) && sim_loc_answers(c, l);
	return l->kind == SIM_LOC_PF && l->d && sim_loc_answers(c, l);
}

/* The other function of the device that decodes the request, unless ACS of the one that sends
 * it wants it at the root: tlp_priv.h. */
bool sim_peer_inside(const struct tlp *t, struct sim_loc *ret, unsigned *ret_bar,
		     uint64_t *ret_off)
{
	struct sim_loc from = sim_tlp_source(t);

	if (!t->v || !is_memory(t) || redirects(*control(&from), t->req.translated))
		return false;
	*ret = sim_adapter_decode(t->a, from.d, address_of(t), ret_bar, ret_off);
	return ret->kind != SIM_LOC_NONE && ret->fn != from.fn;
}

/* It arrives a hop later, at whatever is there by then. */
void sim_peer_inside_arrive(struct sim_chassis *c, struct tlp *t)
{
	unsigned bar = 0;
	uint64_t off = 0;
	struct sim_loc l;

	if (t->v->nv.block & 1 || !sim_peer_inside(t, &l, &bar, &off) || !takes(c, &l)) {
		sim_tlp_lose(c, t, false);
		return;
	}
	sim_tlp_deliver(c, t, &l, bar, off);
	if (!sim_tlp_posted(t)) {
		t->fate.data = t->data;
		sim_tlp_finish(c, t, SIM_TLP_COMPLETED);
	}
}

/* ---- between bridges of one VH ---- */

static struct sim_bridge *peer_row(struct sim_chassis *c, const struct tlp *t)
{
	return &c->host[t->vs].bridge[t->peer];
}

static bool own_bus(const struct sim_bridge_cfg *g, uint16_t rid)
{
	return rid >> 8 >= g->sec && rid >> 8 <= g->sub;
}

/* A request that the bridge must not let pass: logged as the error that it is. */
static bool violation(struct sim_chassis *c, struct tlp *t)
{
	struct sim_host *h = &c->host[t->vs];
	struct sim_loc l = {.kind = SIM_LOC_DOWN,
			    .vh = (uint16_t)t->vs,
			    .host = h,
			    .b = t->b,
			    .bridge = sim_tlp_row(c, t),
			    .br = &sim_tlp_row(c, t)->cfg};

	sim_aer_acs_violation(c, &l, (uint16_t)(h->up.sec << 8 | t->b));
	sim_tlp_lose(c, t, false);
	return false;
}

/* The downstream bridge above the function: source validation and translation blocking first,
 * then which way the address leads: tlp_priv.h. */
bool sim_peer_upstream(struct sim_chassis *c, struct tlp *t)
{
	struct sim_bridge *r = sim_tlp_row(c, t);
	uint16_t ctl = r->cfg.acs_ctl;
	int peer;

	if (ctl & PCI_ACS_SV && !own_bus(&r->cfg, sim_tlp_requester(c, t)))
		return violation(c, t);
	if (ctl & PCI_ACS_TB && (t->req.translated || t->req.kind == SIM_TLP_ATS_REQUEST))
		return violation(c, t);
	if (!is_memory(t))
		return true;
	peer = sim_vh_bridge_of_addr(&c->host[t->vs], address_of(t));
	if (peer < 0)
		return true;
	if ((unsigned)peer == t->b && !(ctl & PCI_ACS_UF)) {
		sim_tlp_lose(c, t, false); /* where it came from: unsupported */
		return false;
	}
	if ((unsigned)peer == t->b || redirects(ctl, t->req.translated)) {
		t->fate.redirected = true;
		return true;
	}
	t->route = SIM_ROUTE_PEER;
	t->peer = (unsigned)peer;
	t->in_peer = true;
	peer_row(c, t)->outstanding++;
	return true;
}

static bool peer_passes(struct sim_chassis *c, struct tlp *t)
{
	const struct sim_bridge *r = peer_row(c, t);

	if (sim_row_at_host(c, r) == MR_ROW_MAPPED && sim_row_at_dev(c, r) == MR_ROW_MAPPED &&
	    r->dlla)
		return true;
	sim_tlp_lose(c, t, false);
	return false;
}

/* At the port of the other bridge. A completion of it may have to go over the root. */
void sim_peer_port(struct sim_chassis *c, struct tlp *t)
{
	if (!peer_passes(c, t) || !t->back)
		return;
	if (peer_row(c, t)->cfg.acs_ctl & PCI_ACS_CR && !t->detour) {
		t->detour = true;
		t->fate.redirected = true;
	}
}

/* At the function behind the other bridge. */
void sim_peer_reach(struct sim_chassis *c, struct tlp *t)
{
	unsigned bar = 0;
	uint64_t off = 0;
	struct sim_loc l =
		sim_behind_mem(c, &c->host[t->vs], t->peer, address_of(t), &bar, &off);

	if (!sim_loc_answers(c, &l)) {
		sim_tlp_lose(c, t, false);
		return;
	}
	sim_tlp_deliver(c, t, &l, bar, off);
	if (!sim_tlp_posted(t))
		t->back = true;
}
