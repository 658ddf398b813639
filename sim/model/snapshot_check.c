/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was read from a saved chassis, held against what a chassis can come to, before anything
 * follows it: a check sum keeps out accidents and not forgery. Every number that indexes,
 * counts or divides is looked at; who is named must exist, and what two places say must agree.
 */
#include <errno.h>
#include <string.h>

#include "common/err.h"
#include "sim/model/internal.h"

#define TIME_LIMIT (3600 * MR_NS_PER_S) /* of what a description may call a time */

struct check {
	struct sim_chassis *c;
	struct mr_err *err;
};

/* Says which record it is; false, to be returned. */
static bool wrong(const struct check *k, const char *what, unsigned i, unsigned n)
{
	mr_err_set(k->err, -EINVAL, MR_REASON_INVALID,
		   "the saved chassis contradicts itself: %s (%u, %u)", what, i, n);
	return false;
}

/* Bytes that are to be read as bool: anything but 0 and 1 is none. */
#define BOOL(b) (*(const uint8_t *)(const void *)&(b) > 1)
#define TEXT(t) (!memchr((t), 0, sizeof(t)))

static bool time_bad(int64_t ns)
{
	return ns < 0 || ns > TIME_LIMIT;
}

/* ---- functions ---- */

static bool fn_bad(const struct sim_fn *f)
{
	if (BOOL(f->errors) || BOOL(f->stalled) || (f->atc && f->atc->n > SIM_ATC_ENTRIES))
		return true;
	for (unsigned i = 0; f->atc && i < f->atc->n; i++)
		if (!f->atc->e[i].size || f->atc->e[i].perm > 3)
			return true;
	return false;
}

/* The row (vs, b) leads to the one who says so. */
static bool tie_bad(const struct sim_chassis *c, const uint16_t *row_vs, unsigned b)
{
	const struct sim_host *h = sim_host_at(c, *row_vs);

	if (!*row_vs)
		return false;
	return !h || !h->bridge || b >= h->d.bridges || h->bridge[b].row.state == MR_ROW_FREE ||
	       sim_row_target(c, h->bridge[b].row.target) != row_vs;
}

static bool vf_nv_bad(const struct sim_adapter *a, const struct sim_vf_nv *n)
{
	return BOOL(n->released) || n->d >= a->vhs || n->slot > a->m.vfs || n->block > 3 ||
	       n->gate > 1;
}

static bool mvf_bad(const struct sim_chassis *c, const struct sim_adapter *a, unsigned i)
{
	const struct sim_mvf *v = &a->vf[i];

	if (BOOL(v->reset_busy) || BOOL(v->reset_done) || BOOL(v->dirty) ||
	    BOOL(v->drain_told) || BOOL(v->scrubbing) || vf_nv_bad(a, &v->nv) ||
	    v->state > MR_VF_AVAILABLE || fn_bad(&v->fn) || tie_bad(c, &v->row_vs, v->row_b) ||
	    v->outstanding != sim_tlps_at_vf(c, v))
		return true;
	return v->nv.d && v->nv.slot &&
	       *sim_lvf(a, v->nv.d, i / a->m.vfs, v->nv.slot) != i % a->m.vfs + 1;
}

/* Each slot that is taken belongs to the MVF that stands in it. */
static bool slots_bad(const struct sim_adapter *a)
{
	for (unsigned i = 0; i < a->vhs * a->m.pfs * a->m.vfs; i++) {
		unsigned s = i % a->m.vfs + 1, p = i / a->m.vfs % a->m.pfs;
		unsigned d = i / a->m.vfs / a->m.pfs, in = a->lvf[i];

		if (a->tomb[i] > 1 || in > a->m.vfs)
			return true;
		if (in && (!d || sim_mvf(a, p, in - 1)->nv.d != d ||
			   sim_mvf(a, p, in - 1)->nv.slot != s))
			return true;
	}
	return false;
}

static bool pf_bad(const struct sim_adapter *a, const struct sim_pf *pf)
{
	const struct sim_sriov *s = &pf->iov;

	return BOOL(pf->mail.asked) || BOOL(pf->mail.answered) || BOOL(pf->mail.told) ||
	       fn_bad(&pf->fn) || s->num > a->m.vfs || s->total > a->m.vfs ||
	       s->initial > a->m.vfs || s->page & (s->page - 1) || s->page > 1u << 10;
}

/* ---- adapters ---- */

static bool bars_bad(const struct sim_model_desc *m)
{
	for (unsigned i = 0; i < 6; i++) {
		uint64_t size = m->bar[i].size;

		if (BOOL(m->bar[i].mem64) || BOOL(m->bar[i].prefetch) || size & (size - 1) ||
		    (size && size < 4096) || size > 1ull << 46)
			return true;
		if (size && m->bar[i].mem64 && (i == 5 || m->bar[i + 1].size))
			return true;
	}
	return false;
}

static bool model_bad(const struct sim_adapter *a)
{
	const struct sim_model_desc *m = &a->m;

	if (TEXT(m->name) || m->kind > SIM_KIND_BASE || m->device_class >= MR_CLASS_COUNT ||
	    m->ports > MR_MAX_PFS || m->link_speed > 65535 || m->link_width > 255 ||
	    BOOL(m->dependent_pfs) || time_bad(m->flr_ns) || time_bad(m->vf_enable_ns) ||
	    time_bad(m->scrub_ns) || !m->rate_step_mbps || bars_bad(m))
		return true;
	for (unsigned i = 0; i < MR_RES_COUNT; i++)
		if (m->res[i].total && !m->res[i].step)
			return true;
	if (m->kind != SIM_KIND_BASE && !m->vfs)
		return true;
	if (!m->modes && (a->mode || a->mode_next))
		return true;
	return a->vhs != (m->kind == SIM_KIND_MRA ? m->vhs : 1);
}

static bool memory_bad(const struct sim_chassis *c, const struct sim_adapter *a)
{
	for (unsigned i = 0; a->nv_vf && i < a->m.pfs * a->m.vfs; i++)
		if (vf_nv_bad(a, &a->nv_vf[i].cur) || vf_nv_bad(a, &a->nv_vf[i].prev))
			return true;
	if (BOOL(a->nv_valid) || (a->nv_valid && (!a->nv_pf || !a->nv_vh || !a->nv_tomb)))
		return true;
	for (unsigned i = 0; a->nv_pf && i < a->vhs * a->m.pfs; i++)
		if (a->nv_pf[i].num > a->m.vfs || a->nv_pf[i].total > a->m.vfs)
			return true;
	for (unsigned d = 0; a->nv_vh && d < a->vhs; d++)
		if (BOOL(a->nv_vh[d].enabled) || a->nv_vh[d].vh > c->hosts)
			return true;
	for (unsigned i = 0; a->ns && i < a->m.pfs * MR_MAX_NAMESPACES; i++)
		if (BOOL(a->ns[i].exists) || BOOL(a->ns[i].written))
			return true;
	return false;
}

static bool dvhs_bad(const struct sim_chassis *c, const struct sim_adapter *a)
{
	for (unsigned d = 0; d < a->vhs; d++)
		if (BOOL(a->vh[d].enabled) || a->vh[d].vh > c->hosts ||
		    tie_bad(c, &a->vh[d].row_vs, a->vh[d].row_b))
			return true;
	return false;
}

static bool bridge_cfg_bad(const struct sim_bridge_cfg *g)
{
	return BOOL(g->slot_off);
}

static bool check_adapter(const struct check *k, unsigned n)
{
	const struct sim_adapter *a = &k->c->adapter[n];

	if (TEXT(a->name) || TEXT(a->serial) || model_bad(a))
		return wrong(k, "the model of an adapter", n, 0);
	if (BOOL(a->present) || BOOL(a->cable) || BOOL(a->dirty) || BOOL(a->held_told) ||
	    BOOL(a->vh0_present) || BOOL(a->vh0_dlla) || !a->slot ||
	    a->port != k->c->hosts + a->slot || a->port > k->c->ports ||
	    k->c->adapter_at[a->port] != n + 1 || bridge_cfg_bad(&a->dsp) || fn_bad(&a->self) ||
	    tie_bad(k->c, &a->row_vs, a->row_b))
		return wrong(k, "the place of an adapter", n, a->port);
	if (dvhs_bad(k->c, a) || memory_bad(k->c, a) || slots_bad(a))
		return wrong(k, "the tables of an adapter", n, a->port);
	for (unsigned i = 0; i < a->vhs * a->m.pfs; i++)
		if (pf_bad(a, &a->pf[i]))
			return wrong(k, "a PF of an adapter", n, i);
	for (unsigned i = 0; i < a->m.pfs * a->m.vfs; i++)
		if (mvf_bad(k->c, a, i))
			return wrong(k, "a VF of an adapter", n, i);
	return true;
}

/* ---- hosts ---- */

/* A row that is not FREE leads to something; what it leads to may say so of one row only. */
static bool row_bad(const struct sim_chassis *c, const struct sim_row_nv *r)
{
	if (r->state > MR_ROW_BLOCKED || r->tombstone > 1)
		return true;
	if (r->state == MR_ROW_FREE)
		return false;
	for (unsigned i = 0; i < 6; i++)
		if ((r->bar[i] & ~MR_BAR_FLAGS) & ((r->bar[i] & ~MR_BAR_FLAGS) - 1))
			return true;
	return !sim_row_target(c, r->target);
}

static bool bridge_bad(const struct sim_chassis *c, unsigned vh, unsigned b)
{
	const struct sim_bridge *r = &c->host[vh].bridge[b];
	const uint16_t *tie;

	if (BOOL(r->present) || BOOL(r->dlla) || BOOL(r->removal_pending) ||
	    BOOL(r->settling) || BOOL(r->dirty) || BOOL(r->drain_told) ||
	    bridge_cfg_bad(&r->cfg) || row_bad(c, &r->row) || r->old_host > MR_ROW_BLOCKED ||
	    r->old_dev > MR_ROW_BLOCKED || r->outstanding != sim_tlps_at_row(c, vh, b))
		return true;
	if (r->row.state == MR_ROW_FREE) /* nothing leads on from it, not for a while either */
		return r->settling &&
		       (r->old_host == MR_ROW_MAPPED || r->old_dev == MR_ROW_MAPPED);
	tie = sim_row_target(c, r->row.target);
	return *tie != vh;
}

static bool maps_bad(const struct sim_host *h)
{
	for (unsigned i = 0; i < h->maps; i++)
		if (!h->map[i].size || !h->map[i].perm || h->map[i].perm > 3 ||
		    h->map[i].from + (h->map[i].size - 1) < h->map[i].from)
			return true;
	return false;
}

static bool check_host(const struct check *k, unsigned vh)
{
	const struct sim_host *h = &k->c->host[vh];

	if (BOOL(h->used) || BOOL(h->power) || BOOL(h->cable) || BOOL(h->link) ||
	    BOOL(h->ur_told) || BOOL(h->d.power) || BOOL(h->d.vf_migration) ||
	    BOOL(h->d.isolation.iommu) || BOOL(h->d.isolation.interrupt_remapping) ||
	    BOOL(h->d.isolation.acs) || BOOL(h->d.attention_button) || TEXT(h->d.name) ||
	    TEXT(h->d.root_of) || h->auth > MR_AUTH_ISOLATED || h->nv_auth > MR_AUTH_ISOLATED ||
	    h->cut_answer > 2 || h->nv_cut > 2 || bridge_cfg_bad(&h->up) || maps_bad(h))
		return wrong(k, "a host", vh, 0);
	if (!h->used)
		return !h->bridge && !h->nvm && !h->maps
			       ? true
			       : wrong(k, "a host that is none", vh, 0);
	if (h->d.lead > k->c->hosts || !k->c->host[h->d.lead].used ||
	    k->c->host[h->d.lead].d.lead != h->d.lead ||
	    k->c->host[h->d.lead].power != h->power)
		return wrong(k, "a server's roots", vh, 0);
	if (!vh || h->d.slot != vh || !h->d.bridges != (vh == k->c->root) ||
	    h->d.kind > SIM_BLADE_QEMU || h->d.cut_answer > 2)
		return wrong(k, "the description of a host", vh, h->d.slot);
	for (unsigned b = 0; h->bridge && b < h->d.bridges; b++)
		if (bridge_bad(k->c, vh, b))
			return wrong(k, "a bridge of a host", vh, b);
	for (unsigned b = 0; h->nvm && b < h->d.bridges; b++)
		if (row_bad(k->c, &h->nvm[b].cur) || row_bad(k->c, &h->nvm[b].prev))
			return wrong(k, "a committed row of a host", vh, b);
	return true;
}

/* ---- queues ---- */

static bool bridge_there(const struct sim_chassis *c, uint64_t vh, uint64_t b)
{
	const struct sim_host *h = vh <= c->hosts ? sim_host_at(c, (unsigned)vh) : NULL;

	return h && h->bridge && b < h->d.bridges;
}

static bool vf_there(const struct sim_chassis *c, uint64_t port, uint64_t pf, uint64_t vf)
{
	const struct sim_adapter *a =
		port <= c->ports ? sim_adapter_at(c, (unsigned)port) : NULL;

	return a && pf < a->m.pfs && vf < a->m.vfs;
}

static bool due_bad(const struct sim_chassis *c, const struct sim_due *d)
{
	switch (d->kind) {
	case SIM_DUE_ROW:
	case SIM_DUE_SLOT:
		return !bridge_there(c, d->a, d->b);
	case SIM_DUE_RESET:
	case SIM_DUE_WATCHDOG:
		return !vf_there(c, d->a, d->b >> 16, d->b & 0xffff);
	case SIM_DUE_TLP:
	case SIM_DUE_WRITE:
		return false;
	default:
		return true;
	}
}

static bool dirty_bad(const struct sim_chassis *c, uint64_t id)
{
	const struct sim_adapter *a;

	if (id >> 63)
		return !bridge_there(c, id >> 16 & 0xffff, id & 0xffff);
	a = sim_adapter_at(c, id >> 32 & 0xffff);
	return !a || (id & UINT32_MAX) >= (uint64_t)a->m.pfs * a->m.vfs;
}

static bool check_queues(const struct check *k)
{
	const struct sim_chassis *c = k->c;

	for (unsigned i = 0; i < c->dues; i++)
		if (due_bad(c, &c->due[i]))
			return wrong(k, "what is due", i, c->due[i].kind);
	for (unsigned i = 0; i < c->dirties; i++)
		if (dirty_bad(c, c->dirty[i]))
			return wrong(k, "what is not committed", i, 0);
	for (unsigned i = 0; i < c->notices; i++)
		if (c->notice[i].kind > SIM_NOTICE_HOST_MSI || c->notice[i].vh > c->hosts)
			return wrong(k, "a notice", i, 0);
	for (unsigned i = 0; i < c->aers; i++)
		if (c->aer[i].first > 31 || (i && c->aer[i].key <= c->aer[i - 1].key))
			return wrong(k, "an error log", i, 0);
	if (!sim_traffic_sane(c))
		return wrong(k, "the traffic of a VF", c->flows, 0);
	return true;
}

static bool check_faults(const struct check *k)
{
	const struct sim_faults *f = k->c->faults;

	if (!f)
		return true;
	if (BOOL(f->landing))
		return wrong(k, "the faults", 0, 0);
	for (unsigned i = 0; i < f->n; i++)
		if ((unsigned)f->item[i].kind >= SIM_FAULT_COUNT ||
		    time_bad(f->item[i].delay_ns))
			return wrong(k, "a fault", i, 0);
	for (unsigned i = 0; i < f->waits; i++) {
		unsigned w = f->wait[i].width;

		if (f->wait[i].space > MR_SPACE_SWITCH ||
		    (w != 1 && w != 2 && w != 4 && w != 8))
			return wrong(k, "a slow write", i, w);
	}
	return true;
}

/* ---- the chassis ---- */

static bool check_head(const struct check *k)
{
	const struct sim_chassis *c = k->c;
	unsigned found = 0;

	if (TEXT(c->name) || TEXT(c->serial) || BOOL(c->restoring_stale) ||
	    time_bad(c->hop_ns) || time_bad(c->effect_ns) || time_bad(c->slot_ns) ||
	    c->cut_answer > 1 || c->nv_cut_answer > 1 || c->described_cut > 1 ||
	    c->nvm_found > MR_NVM_CORRUPT || c->tail > c->head ||
	    c->head - c->tail > c->events || c->ports < c->hosts || c->root > c->hosts)
		return wrong(k, "the switch", 0, 0);
	for (unsigned p = 0; p <= c->ports; p++)
		found += c->adapter_at[p] != 0;
	return found == c->adapters ? true : wrong(k, "the ports of adapters", found, 0);
}

static bool check_rows_used(const struct check *k)
{
	uint64_t used = 0;

	for (unsigned vh = 1; vh <= k->c->hosts; vh++)
		for (unsigned b = 0; k->c->host[vh].bridge && b < k->c->host[vh].d.bridges; b++)
			used += k->c->host[vh].bridge[b].row.state != MR_ROW_FREE;
	return used == k->c->rows_used ? true
				       : wrong(k, "the number of rows", (unsigned)used, 0);
}

static bool check(const struct check *k)
{
	if (!check_head(k))
		return false;
	/* These first: what rows and requests name is looked up in them. */
	for (unsigned vh = 0; vh <= k->c->hosts; vh++)
		if (BOOL(k->c->host[vh].used))
			return wrong(k, "a host", vh, 0);
	if (k->c->root && !k->c->host[k->c->root].used)
		return wrong(k, "the management host", k->c->root, 0);
	for (unsigned i = 0; i < k->c->adapters; i++)
		if (model_bad(&k->c->adapter[i]))
			return wrong(k, "the model of an adapter", i, 0);
	if (!sim_tlps_sane(k->c))
		return wrong(k, "a request in flight", 0, 0);
	for (unsigned vh = 0; vh <= k->c->hosts; vh++)
		if (!check_host(k, vh))
			return false;
	for (unsigned i = 0; i < k->c->adapters; i++)
		if (!check_adapter(k, i))
			return false;
	return check_rows_used(k) && check_queues(k) && check_faults(k);
}

/* -EINVAL with the first record that cannot be: internal.h. */
int sim_snapshot_check(struct sim_chassis *c, struct mr_err *err)
{
	const struct check k = {c, err};

	return check(&k) ? 0 : -EINVAL;
}
