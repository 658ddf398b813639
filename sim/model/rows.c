/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bridge rows: what each virtual downstream bridge leads to. The state machine, one row per
 * target, tombstones, and when a write is effective at the two ports that look at it.
 */
#include <stddef.h>
#include <string.h>

#include "common/mutant.h"
#include "common/xalloc.h"
#include "sim/model/internal.h"

/* The bridges of a host's VS, allocated at their first use. */
struct sim_bridge *sim_bridges(struct sim_host *h)
{
	if (!h->bridge)
		h->bridge = mr_xcalloc(h->d.bridges, sizeof(*h->bridge));
	return h->bridge;
}

/* Bridge 'b' to be looked at only: power-on values when the hierarchy never came up. */
const struct sim_bridge *sim_bridge_peek(const struct sim_host *h, unsigned b)
{
	static const struct sim_bridge fresh;

	return h->bridge ? &h->bridge[b] : &fresh;
}

/* ---- when a state is effective ---- */

/* The state by which the host's port routes now. */
unsigned sim_row_at_host(const struct sim_chassis *c, const struct sim_bridge *r)
{
	return r->settling && c->now.mono_ns < r->eff_host ? r->old_host : r->row.state;
}

/* The state by which the target's port routes now. */
unsigned sim_row_at_dev(const struct sim_chassis *c, const struct sim_bridge *r)
{
	return r->settling && c->now.mono_ns < r->eff_dev ? r->old_dev : r->row.state;
}

/* Whether the state written last holds at both ports. */
bool sim_row_effective(const struct sim_chassis *c, const struct sim_bridge *r)
{
	return !r->settling || (c->now.mono_ns >= r->eff_host && c->now.mono_ns >= r->eff_dev);
}

static bool row_drained(const struct sim_chassis *c, const struct sim_bridge *r)
{
	return r->row.state == MR_ROW_BLOCKED && sim_row_effective(c, r) && !r->outstanding;
}

/* Tells once that a blocked row has nothing outstanding any more. */
void sim_row_drain_check(struct sim_chassis *c, unsigned vs, unsigned b)
{
	struct sim_bridge *r = &sim_bridges(&c->host[vs])[b];

	if (r->drain_told || !row_drained(c, r))
		return;
	r->drain_told = true;
	sim_event_push(c, MR_EV_ROW_DRAINED, vs, vs, b, 0, 0);
}

/* A state that was written may be effective everywhere now: show it to the host. */
void sim_row_settle(struct sim_chassis *c, unsigned vs, unsigned b)
{
	struct sim_bridge *r = &sim_bridges(&c->host[vs])[b];

	if (!r->settling || !sim_row_effective(c, r))
		return;
	r->settling = false;
	sim_slot_update(c, vs, b);
	sim_event_push(c, MR_EV_ROW_EFFECTIVE, vs, vs, b, r->row.state, 0);
	sim_row_drain_check(c, vs, b);
}

static void set_state(struct sim_chassis *c, unsigned vs, unsigned b, unsigned state)
{
	struct sim_bridge *r = &sim_bridges(&c->host[vs])[b];
	uint64_t span = (uint64_t)c->effect_ns + 1;

	r->old_host = (uint8_t)sim_row_at_host(c, r);
	r->old_dev = (uint8_t)sim_row_at_dev(c, r);
	r->row.state = (uint8_t)state;
	r->eff_host = c->now.mono_ns + (int64_t)mr_rng_below(&c->rng, span);
	r->eff_dev = c->now.mono_ns + (int64_t)mr_rng_below(&c->rng, span);
	r->settling = true;
	r->drain_told = false;
	if (sim_row_effective(c, r))
		sim_row_settle(c, vs, b);
	else
		sim_due_add(c, r->eff_host > r->eff_dev ? r->eff_host : r->eff_dev, SIM_DUE_ROW,
			    vs, b);
}

/* ---- targets ---- */

struct target {
	struct sim_adapter *a;
	uint16_t *row_vs, *row_b; /* where the one row of a target is kept */
	struct sim_mvf *v;
	unsigned kind, pf, vf;
};

static bool find_target(const struct sim_chassis *c, uint64_t t, struct target *ret)
{
	struct sim_adapter *a = sim_adapter_at(c, MR_TARGET_PORT(t));
	unsigned pf = MR_TARGET_PF(t), vf = MR_TARGET_VF(t);

	*ret = (struct target){.a = a, .kind = MR_TARGET_KIND(t), .pf = pf, .vf = vf};
	if (!a)
		return false;
	switch (ret->kind) {
	case MR_TARGET_SYNTHETIC:
		if (pf >= a->m.pfs || vf >= a->m.vfs)
			return false;
		ret->v = sim_mvf(a, pf, vf);
		ret->row_vs = &ret->v->row_vs;
		ret->row_b = &ret->v->row_b;
		return true;
	case MR_TARGET_DEVICE:
		ret->row_vs = &a->row_vs;
		ret->row_b = &a->row_b;
		return a->m.kind == SIM_KIND_BASE;
	case MR_TARGET_PFS:
		if (a->m.kind != SIM_KIND_MRA || !pf || pf >= a->vhs)
			return false;
		ret->row_vs = &a->vh[pf].row_vs;
		ret->row_b = &a->vh[pf].row_b;
		return true;
	default:
		return false;
	}
}

/* Where the target keeps the VS of its row: internal.h. */
const uint16_t *sim_row_target(const struct sim_chassis *c, uint64_t target)
{
	struct target t;

	return find_target(c, target, &t) ? t.row_vs : NULL;
}

/* Ties or unties the target of row (vs, b). */
void sim_row_tie(struct sim_chassis *c, unsigned vs, unsigned b, bool on)
{
	struct target t;

	if (!find_target(c, sim_bridges(&c->host[vs])[b].row.target, &t))
		return;
	*t.row_vs = (uint16_t)(on ? vs : 0);
	*t.row_b = (uint16_t)(on ? b : 0);
	sim_vh0_slot_update(c, t.a);
}

/* Each window has to be exactly the VF's own part of its VF BAR in VH 0: no row can lead to
 * registers or to another function. */
static bool windows_fit(const struct sim_bridge *r, const struct target *t)
{
	const struct sim_pf *pf = sim_pf(t->a, 0, t->pf);
	struct sim_loc l = sim_loc_pf(t->a, 0, t->pf);

	for (unsigned i = 0; i < 6; i++) {
		uint64_t size = r->row.bar[i] & ~MR_BAR_FLAGS;
		uint64_t aperture = sim_sriov_aperture(t->a, pf, i), base;

		if (!size)
			continue;
		base = pf->iov.bar[i] & ~0xfull;
		if (t->a->m.bar[i].mem64 && i < 5)
			base |= (uint64_t)pf->iov.bar[i + 1] << 32;
		if (!aperture || size > aperture || r->row.window[i] != base + aperture * t->vf)
			return false;
	}
	return l.kind == SIM_LOC_PF;
}

static bool bars_sane(const struct sim_bridge *r)
{
	for (unsigned i = 0; i < 6; i++) {
		uint64_t size = r->row.bar[i] & ~MR_BAR_FLAGS;

		if (size & (size - 1) || (size && size < 4096))
			return false;
		if (size && r->row.bar[i] & MR_BAR_64 && (i == 5 || r->row.bar[i + 1]))
			return false;
		if (size > 1ull << 31 && !(r->row.bar[i] & MR_BAR_64))
			return false;
	}
	return true;
}

static bool may_map(const struct sim_chassis *c, unsigned vs, const struct sim_bridge *r)
{
	struct target t;

	if ((r->row.tombstone && !MR_MUTANT(TOMBSTONE_REUSED)) ||
	    !find_target(c, r->row.target, &t) || *t.row_vs)
		return false;
	if (t.kind == MR_TARGET_PFS)
		return t.a->vh[t.pf].enabled && t.a->vh[t.pf].vh == vs;
	if (t.kind == MR_TARGET_DEVICE)
		return true;
	if (t.v->nv.d || t.v->reset_busy || !bars_sane(r))
		return false;
	return !sim_adapter_up(t.a) || (sim_vf_enabled0(t.a, t.pf, t.vf) && windows_fit(r, &t));
}

static enum sim_wr write_state(struct sim_chassis *c, unsigned vs, unsigned b, uint64_t v)
{
	struct sim_bridge *r = &sim_bridges(&c->host[vs])[b];
	struct target t;

	if (r->row.state == MR_ROW_FREE && v == MR_ROW_MAPPED) {
		if (!may_map(c, vs, r))
			return SIM_WR_REFUSED;
		sim_row_tie(c, vs, b, true);
		r->maps++;
		c->rows_used++;
		find_target(c, r->row.target, &t);
		for (unsigned p = 0; t.kind == MR_TARGET_PFS && p < t.a->m.pfs; p++)
			sim_mail_empty(&sim_pf(t.a, t.pf, p)->mail);
		if (t.v) {
			t.v->reset_done = false;
			t.v->writes++;
		} else if (t.kind == MR_TARGET_DEVICE) { /* VH 0's addresses end with VH 0 */
			memset(t.a->self.bar, 0, sizeof(t.a->self.bar));
			sim_aer_forget(c, &(struct sim_loc){.kind = SIM_LOC_BASE,
							    .a = t.a,
							    .fn = &t.a->self});
		}
	} else if (r->row.state == MR_ROW_BLOCKED && v == MR_ROW_FREE) {
		if (!row_drained(c, r) && !MR_MUTANT(DRAIN_SKIPPED))
			return SIM_WR_REFUSED;
		sim_row_tie(c, vs, b, false);
		c->rows_used--;
	} else if (r->row.state != MR_ROW_MAPPED || v != MR_ROW_BLOCKED) {
		return SIM_WR_REFUSED;
	}
	set_state(c, vs, b, (unsigned)v);
	return SIM_WR_DONE;
}

/* ---- registers ---- */

/* Notes that the row differs from the committed memory. */
static void row_dirty(struct sim_chassis *c, unsigned vs, unsigned b)
{
	struct sim_bridge *r = &sim_bridges(&c->host[vs])[b];

	if (r->dirty)
		return;
	r->dirty = true;
	MR_GROW(c->dirty, c->dirties, c->dirty_cap);
	c->dirty[c->dirties++] = 1ull << 63 | (uint64_t)vs << 16 | b;
}

static uint64_t row_status(const struct sim_chassis *c, const struct sim_bridge *r)
{
	uint64_t v = 0;

	v |= r->present ? MR_ROW_PRESENT : 0;
	v |= r->cfg.slot_off ? 0 : MR_ROW_POWER;
	v |= r->dlla ? MR_ROW_DLLA : 0;
	v |= sim_row_effective(c, r) ? MR_ROW_EFFECTIVE : 0;
	v |= row_drained(c, r) ? MR_ROW_DRAINED : 0;
	if (r->row.state != MR_ROW_MAPPED && sim_row_effective(c, r) && !r->removal_pending)
		v |= MR_ROW_REMOVAL_SEEN;
	return v;
}

static uint64_t window_bytes(uint64_t base, uint64_t limit)
{
	return base && limit >= base ? limit - base + (1ull << 20) : 0;
}

static uint64_t row_mmio(const struct sim_bridge_cfg *g)
{
	return window_bytes((uint64_t)(g->mem_base & 0xfff0) << 16,
			    (uint64_t)(g->mem_limit & 0xfff0) << 16);
}

static uint64_t row_mmio64(const struct sim_bridge_cfg *g)
{
	return window_bytes(
		(uint64_t)g->pref_base_hi << 32 | (uint64_t)(g->pref_base & 0xfff0) << 16,
		(uint64_t)g->pref_limit_hi << 32 | (uint64_t)(g->pref_limit & 0xfff0) << 16);
}

/* Register 'off' of the row of bridge 'b' of VS 'vs'; all-ones where there is none. */
uint64_t sim_row_read(struct sim_chassis *c, unsigned vs, unsigned b, unsigned off)
{
	const struct sim_host *h = sim_host_at(c, vs);
	const struct sim_bridge *r;

	if (!h || b >= h->d.bridges)
		return SIM_ONES;
	r = sim_bridge_peek(h, b);
	if (off >= ROW_BAR && off < ROW_BAR + 48)
		return r->row.bar[(off - ROW_BAR) / 8];
	if (off >= ROW_WINDOW && off < ROW_WINDOW + 48)
		return r->row.window[(off - ROW_WINDOW) / 8];
	switch (off) {
	case ROW_STATE:
		return r->row.state;
	case ROW_STATUS:
		return row_status(c, r);
	case ROW_TARGET:
		return r->row.target;
	case ROW_COOKIE:
		return r->row.cookie;
	case ROW_TOMBSTONE:
		return r->row.tombstone;
	case ROW_IDS:
		return r->row.ids;
	case ROW_SUBSYS:
		return r->row.subsys;
	case ROW_MSIX:
		return r->row.msix;
	case ROW_BUSES:
		return (uint64_t)r->cfg.sec | (uint64_t)r->cfg.sub << 8;
	case ROW_MMIO:
		return row_mmio(&r->cfg);
	case ROW_MMIO64:
		return row_mmio64(&r->cfg);
	case ROW_OUTSTANDING:
		return r->outstanding;
	case ROW_LOST:
		return r->lost;
	case ROW_MAPS:
		return r->maps;
	case ROW_BUTTON:
		return h->d.attention_button;
	default:
		return SIM_ONES;
	}
}

static uint64_t *row_field(struct sim_row_nv *row, unsigned off)
{
	if (off >= ROW_BAR && off < ROW_BAR + 48)
		return &row->bar[(off - ROW_BAR) / 8];
	if (off >= ROW_WINDOW && off < ROW_WINDOW + 48)
		return &row->window[(off - ROW_WINDOW) / 8];
	switch (off) {
	case ROW_TARGET:
		return &row->target;
	case ROW_COOKIE:
		return &row->cookie;
	case ROW_IDS:
		return &row->ids;
	case ROW_MSIX:
		return &row->msix;
	default:
		return NULL;
	}
}

static enum sim_wr write_field(struct sim_row_nv *row, unsigned off, uint64_t v)
{
	uint64_t *field = row_field(row, off);

	if (!field && off != ROW_SUBSYS)
		return SIM_WR_DROPPED;
	if (row->state != MR_ROW_FREE)
		return SIM_WR_REFUSED;
	if (field)
		*field = v;
	else
		row->subsys = (uint32_t)v;
	return SIM_WR_DONE;
}

/* Writes register 'off' of a row. */
enum sim_wr sim_row_write(struct sim_chassis *c, unsigned vs, unsigned b, unsigned off,
			  uint64_t v)
{
	struct sim_host *h = sim_host_at(c, vs);
	struct sim_bridge *r;
	enum sim_wr rc;

	if (!h || b >= h->d.bridges)
		return SIM_WR_DROPPED;
	if (off == ROW_BUTTON)
		return v != 1 || sim_slot_button(c, c->now, (uint16_t)vs, b) ? SIM_WR_REFUSED
									     : SIM_WR_DONE;
	r = &sim_bridges(h)[b];
	if (off == ROW_STATE) {
		rc = write_state(c, vs, b, v);
	} else if (off == ROW_TOMBSTONE) {
		rc = v > 1 ? SIM_WR_REFUSED : SIM_WR_DONE;
		if (rc == SIM_WR_DONE)
			r->row.tombstone = (uint8_t)v;
	} else {
		rc = write_field(&r->row, off, v);
	}
	if (rc == SIM_WR_DONE)
		row_dirty(c, vs, b);
	return rc;
}
