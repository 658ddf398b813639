/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Building the planner's picture from inventory, pools, tombstones and quarantine, and counting
 * what is used. See world.h; who may use what is decided in fit.c.
 */
#include "fabric-manager/plan/world.h"

#include <stdlib.h>
#include <string.h>

#include "common/mutant.h"
#include "common/xalloc.h"

static void bit_set(uint64_t *bits, unsigned i)
{
	bits[i / 64] |= UINT64_C(1) << (i % 64);
}

/* World index of the host behind a port, FM_NONE when there is none. */
uint32_t fm_world_host(const struct fm_world *w, unsigned chassis, unsigned port)
{
	const struct fm_world_chassis *c;
	unsigned i;

	if (chassis >= w->n_chassis || port > MR_MAX_PORTS)
		return FM_NONE;
	c = &w->chassis[chassis];
	i = c->by_port[port];
	if (!i || i > c->c->hosts || c->c->host[i - 1].port != port)
		return FM_NONE;
	return c->host + i - 1;
}

/* World index of the adapter in a port, FM_NONE when there is none. */
uint32_t fm_world_adapter(const struct fm_world *w, unsigned chassis, unsigned port)
{
	const struct fm_world_chassis *c;
	unsigned i;

	if (chassis >= w->n_chassis || port > MR_MAX_PORTS)
		return FM_NONE;
	c = &w->chassis[chassis];
	i = c->by_port[port];
	if (!i || i > c->adapters || c->c->adapter[i - 1].port != port)
		return FM_NONE;
	return c->adapter + i - 1;
}

/* The unit and bit of a function. */
uint32_t fm_world_unit(const struct fm_world *w, struct fm_fn_id fn, uint16_t *ret_vf)
{
	uint32_t a = fm_world_adapter(w, fn.chassis, fn.port);
	const struct fm_unit_adapter *ad;
	bool whole;

	if (a == FM_NONE)
		return FM_NONE;
	ad = &w->adapter[a];
	whole = ad->a->kind == FM_ADAPTER_BASE;
	if (whole != (fn.pf == FM_WHOLE) || (!whole && fn.pf >= ad->units))
		return FM_NONE;
	if (!whole && fn.vf >= w->unit[ad->unit + fn.pf].vfs)
		return FM_NONE;
	*ret_vf = whole ? 0 : fn.vf;
	return ad->unit + (whole ? 0 : fn.pf);
}

/* The name of bit 'vf' of a unit. */
struct fm_fn_id fm_world_fn(const struct fm_world *w, uint32_t unit, uint16_t vf)
{
	const struct fm_unit *u = &w->unit[unit];
	const struct fm_unit_adapter *a = &w->adapter[u->adapter];

	return (struct fm_fn_id){.chassis = a->chassis,
				 .port = a->a->port,
				 .pf = u->pf,
				 .vf = u->pf == FM_WHOLE ? FM_WHOLE : vf};
}

/* ---- windows that a target needs ---- */

/* As Linux does it: a prefetchable 64-bit BAR goes to the prefetchable window, everything else
 * to the 32-bit one. They are placed by size, largest first, so their sum is what they take. */
static void need_bars(struct fm_need *n, const struct fm_bar bar[6], uint64_t times)
{
	for (unsigned i = 0; i < 6; i++) {
		uint8_t high = MR_BAR_64 | MR_BAR_PREF;
		uint64_t *sum = (bar[i].flags & high) == high ? &n->mmio64 : &n->mmio;

		*sum += bar[i].size * times;
	}
}

/* A PF in a host: its VFs' routing IDs start at device 0 of the bridge's secondary bus. */
static uint32_t need_buses(const struct fm_adapter *a)
{
	uint32_t most = 0;

	for (unsigned p = 0; a->vfs && p < a->pfs; p++) {
		uint32_t last =
			p + a->pf[p].vf_offset + (uint32_t)(a->vfs - 1) * a->pf[p].vf_stride;

		most = last > most ? last : most;
	}
	return 1 + (most >> 8);
}

static void need_adapter(struct fm_world *w, struct fm_unit_adapter *ad)
{
	const struct fm_adapter *a = ad->a;

	ad->need.buses = need_buses(a);
	for (unsigned i = 0; i < ad->units; i++) {
		struct fm_unit *u = &w->unit[ad->unit + i];

		u->need.buses = 1;
		if (a->kind == FM_ADAPTER_BASE) {
			need_bars(&u->need, a->bar, 1);
			continue;
		}
		need_bars(&u->need, a->pf[i].vf_bar, 1);
		need_bars(&ad->need, a->pf[i].vf_bar, a->vfs);
	}
}

/* ---- building ---- */

static unsigned units_of(const struct fm_adapter *a)
{
	if (a->kind == FM_ADAPTER_BASE)
		return 1;
	return a->pfs < MR_MAX_PFS ? a->pfs : MR_MAX_PFS;
}

static unsigned functions_of(const struct fm_adapter *a)
{
	return a->kind == FM_ADAPTER_BASE ? 1 : a->vfs;
}

/* Whether a PF is in a Function Dependency List with others of its adapter. */
static bool depends(const struct fm_adapter *a, unsigned pf)
{
	return a->kind != FM_ADAPTER_BASE && a->pf[pf].depends &&
	       a->pf[pf].depends - 1u != pf && a->pf[pf].depends <= a->pfs;
}

struct sizes {
	size_t words, dependants;
	unsigned adapters; /* of a chassis, at most */
};

static void count(struct fm_world *w, const struct fm_inventory *inv, struct sizes *ret)
{
	*ret = (struct sizes){0};
	w->n_chassis = inv->n;
	for (unsigned c = 0; c < inv->n; c++) {
		const struct fm_chassis *ch = &inv->chassis[c];

		w->adapters += ch->adapters;
		w->hosts += ch->hosts;
		ret->adapters = ch->adapters > ret->adapters ? ch->adapters : ret->adapters;
		for (unsigned i = 0; i < ch->adapters; i++) {
			unsigned n = units_of(&ch->adapter[i]);

			w->units += n;
			ret->words += (size_t)n * FM_BITS(functions_of(&ch->adapter[i]));
			for (unsigned p = 0; p < n; p++)
				ret->dependants += depends(&ch->adapter[i], p)
							   ? functions_of(&ch->adapter[i])
							   : 0;
		}
	}
}

/* A function that somebody reaches although no assignment says so is not handed out. */
static void init_functions(struct fm_unit *u, const struct fm_adapter *a, unsigned pf)
{
	const struct fm_fn *fn = a->fn ? &a->fn[(size_t)pf * a->vfs] : NULL;

	memset(u->bits, 0, FM_BITS(u->vfs) * sizeof(*u->bits));
	for (unsigned v = 0; fn && v < u->vfs; v++)
		if (fn[v].owner_vh || fn[v].row_bridge != FM_NO_BRIDGE)
			bit_set(u->bits, v);
}

static void init_bad(struct fm_world *w, uint32_t adapter)
{
	const struct fm_plan_input *in = w->in;
	uint16_t vf;

	for (unsigned i = 0; i < in->quarantineds; i++) {
		uint32_t u = fm_world_unit(w, in->quarantined[i], &vf);

		if (u != FM_NONE && w->unit[u].adapter == adapter)
			bit_set(w->unit[u].bits, vf);
	}
	w->adapter[adapter].refusing = (struct fm_refusing){0};
	for (unsigned i = 0; i < in->refusings; i++)
		if (in->refusing[i].in_row >= FM_REFUSALS_MAX &&
		    fm_world_adapter(w, in->refusing[i].chassis, in->refusing[i].port) ==
			    adapter)
			w->adapter[adapter].refusing = in->refusing[i];
}

static uint64_t link_max(uint64_t reservable, uint64_t raw)
{
	if (reservable)
		return reservable;
	return raw ? raw * FM_LINK_SHARE_PERCENT / 100 : UINT64_MAX;
}

/* VFs that may be handed out: as many as are enabled, or as will be on a PF that has none yet.
 * More than are enabled come by a change of class Count, which waits for approval. */
static unsigned usable(const struct fm_unit_adapter *ad, unsigned pf)
{
	uint32_t have = ad->a->pf[pf].numvfs;

	if (ad->a->kind == FM_ADAPTER_BASE)
		return 1;
	if (ad->external)
		return have < ad->a->vfs ? have : ad->a->vfs;
	return have && have < ad->provision ? have : ad->provision;
}

/* An adapter as hardware, store and documents say, without the assignments. */
void fm_world_reset_adapter(struct fm_world *w, uint32_t at)
{
	struct fm_unit_adapter *ad = &w->adapter[at];
	const struct fm_world_chassis *c = &w->chassis[ad->chassis];
	const struct fm_adapter_def *def =
		fm_desired_adapter(w->in->desired, ad->chassis, ad->a->port);

	ad->changes_mode = def && def->mode && def->mode - 1u != ad->a->mode_now;
	ad->only_host = FM_NONE;
	ad->exclusive = false;
	ad->free_vhs = 0;
	ad->used = 0;
	ad->link = (struct fm_link){
		.max = link_max(ad->a->link_reservable_mbps, ad->a->link_mbps)};
	for (unsigned d = 1; ad->a->vh_of && d < ad->a->vhs; d++)
		ad->free_vhs += ad->a->vh_of[d] == FM_WHOLE;
	for (unsigned p = 0; p < ad->units; p++) {
		struct fm_unit *u = &w->unit[ad->unit + p];

		u->used = u->leaving = 0;
		u->usable = (uint16_t)usable(ad, p);
		u->hw = &ad->a->pf[p];
		memset(u->held, 0, sizeof(u->held));
		if (u->sum)
			*u->sum = (struct fm_sum){.e = u->sum->e};
		for (unsigned v = 0; u->dependants && v < u->vfs; v++)
			u->dependants[v] = FM_NONE;
		init_functions(u, ad->a, p);
	}
	init_bad(w, at);
	for (unsigned i = 0; i < c->c->hosts; i++) {
		struct fm_unit_host *h = &w->host[c->host + i];

		if (h->hardware[ad->index] != FM_NO_BRIDGE)
			fm_world_lead(w, h, &h->pfs);
		if (h->pfs != w->none)
			h->pfs[ad->index] = h->hardware[ad->index];
	}
}

/* PFs of one list share the table of who has which number. */
static void init_dependants(struct fm_world *w, struct fm_unit_adapter *ad, uint32_t **table)
{
	for (unsigned p = 0; p < ad->units; p++) {
		struct fm_unit *u = &w->unit[ad->unit + p];
		unsigned next = p;

		if (!depends(ad->a, p) || u->dependants)
			continue;
		for (unsigned n = 0; n < ad->units && depends(ad->a, next); n++) {
			w->unit[ad->unit + next].dependants = *table;
			next = ad->a->pf[next].depends - 1u;
		}
		*table += u->vfs;
	}
}

/* See world.h. */
uint32_t fm_world_step(const struct fm_adapter *a)
{
	bool sets = a->kind != FM_ADAPTER_BASE && a->caps & MR_CT_CAP_MIN_RATE;

	return sets && a->rate_step_mbps ? a->rate_step_mbps : 1;
}

static void init_adapter(struct fm_world *w, uint32_t at, const struct fm_adapter *a,
			 uint32_t *unit, uint64_t **bits, uint32_t **dependants)
{
	struct fm_unit_adapter *ad = &w->adapter[at];

	ad->a = a;
	ad->unit = *unit;
	ad->units = units_of(a);
	ad->held = FM_NONE;
	ad->shape = fm_world_shape(a);
	for (unsigned p = 0; p < ad->units; p++) {
		struct fm_unit *u = &w->unit[(*unit)++];

		u->adapter = at;
		u->pf = a->kind == FM_ADAPTER_BASE ? FM_WHOLE : (uint16_t)p;
		u->vfs = (uint16_t)functions_of(a);
		u->claims = FM_NONE;
		u->step = fm_world_step(a);
		u->lowest = a->kind == FM_ADAPTER_BASE ? 0 : a->rate_step_mbps;
		u->bits = *bits;
		*bits += FM_BITS(u->vfs);
	}
	init_dependants(w, ad, dependants);
	need_adapter(w, ad);
}

/* See world.h. */
void fm_world_lead(struct fm_world *w, const struct fm_unit_host *h, uint16_t **at)
{
	unsigned n = w->chassis[h->chassis].adapters;

	if (*at == w->none)
		*at = mr_xmemdup(w->none, n * sizeof(**at));
}

/* Bridges that tombstones keep. The hardware never gives out an LVF's slot that has one, as
 * long as the PFs stand there; when they are gone (their adapter was pulled, and is blank) the
 * device knows nothing of it, and the bridge is kept. */
static void init_tombstones(struct fm_world *w, uint32_t at)
{
	struct fm_unit_host *hh = &w->host[at];

	for (unsigned i = 0; i < w->in->tombstones && !MR_MUTANT(TOMBSTONE_REUSED); i++) {
		const struct fm_place *p = &w->in->tombstone[i].place;

		if (p->port != hh->h->port || p->bridge >= MR_MAX_BRIDGES ||
		    p->bridge >= hh->h->bridges || fm_bit(hh->used, p->bridge))
			continue;
		if (!mr_streq(w->chassis[hh->chassis].c->name, w->in->tombstone[i].chassis))
			continue;
		bit_set(hh->used, p->bridge);
		hh->free--;
	}
}

/* A host as hardware and store say, without the assignments. */
void fm_world_reset_host(struct fm_world *w, uint32_t at)
{
	struct fm_unit_host *hh = &w->host[at];
	const struct fm_world_chassis *c = &w->chassis[hh->chassis];
	const struct fm_host *h = hh->h;

	memset(hh->used, 0, sizeof(hh->used));
	hh->free = 0;
	hh->windows = false;
	hh->link = (struct fm_link){.max = link_max(h->link_reservable_mbps, h->link_mbps)};
	for (unsigned i = 0; hh->hardware != w->none && i < c->adapters; i++)
		hh->hardware[i] = FM_NO_BRIDGE;
	for (unsigned b = 0; b < h->bridges && b < MR_MAX_BRIDGES; b++) {
		const struct fm_bridge *br = &h->bridge[b];
		uint32_t a;

		hh->windows |= br->bus_first != 0;
		hh->free++;
		if (br->state == MR_ROW_FREE && !br->unread &&
		    (!br->tombstone || MR_MUTANT(TOMBSTONE_REUSED)))
			continue;
		hh->free--;
		bit_set(hh->used, b);
		if (br->state != MR_ROW_MAPPED || MR_TARGET_KIND(br->target) != MR_TARGET_PFS)
			continue;
		a = fm_world_adapter(w, hh->chassis, MR_TARGET_PORT(br->target));
		if (a == FM_NONE)
			continue;
		fm_world_lead(w, hh, &hh->hardware);
		hh->hardware[a - c->adapter] = (uint16_t)b;
	}
	init_tombstones(w, at);
}

static void init_chassis(struct fm_world *w, const struct fm_inventory *inv)
{
	uint32_t adapter = 0, host = 0, unit = 0;
	uint64_t *bits = w->bits;
	uint32_t *dependants = w->dependants;

	for (unsigned c = 0; c < inv->n; c++) {
		const struct fm_chassis *ch = &inv->chassis[c];
		struct fm_world_chassis *wc = &w->chassis[c];

		*wc = (struct fm_world_chassis){.c = ch,
						.adapter = adapter,
						.adapters = ch->adapters,
						.hosts = ch->hosts,
						.host = host,
						.by_port = w->ports + c * (MR_MAX_PORTS + 1)};
		for (unsigned i = 0; i < ch->adapters; i++, adapter++) {
			w->adapter[adapter].chassis = (uint16_t)c;
			w->adapter[adapter].index = (uint16_t)i;
			init_adapter(w, adapter, &ch->adapter[i], &unit, &bits, &dependants);
			if (ch->adapter[i].port <= MR_MAX_PORTS)
				wc->by_port[ch->adapter[i].port] = (uint16_t)(i + 1);
		}
		for (unsigned i = 0; i < ch->hosts; i++)
			if (ch->host[i].port <= MR_MAX_PORTS)
				wc->by_port[ch->host[i].port] = (uint16_t)(i + 1);
		for (unsigned i = 0; i < ch->hosts; i++, host++)
			w->host[host] = (struct fm_unit_host){.h = &ch->host[i],
							      .chassis = (uint16_t)c,
							      .pfs = w->none,
							      .hardware = w->none,
							      .held = FM_NONE,
							      .lead = host,
							      .next = FM_NONE};
	}
}

/* Fills 'w' from 'in' with nothing but what hardware and store say is barred; current
 * assignments come by fm_world_take. */
void fm_world_init(struct fm_world *w, const struct fm_plan_input *in)
{
	struct sizes n;

	*w = (struct fm_world){.in = in};
	count(w, in->inventory, &n);
	w->chassis = mr_xcalloc(w->n_chassis + 1, sizeof(*w->chassis));
	w->adapter = mr_xcalloc(w->adapters + 1, sizeof(*w->adapter));
	w->host = mr_xcalloc(w->hosts + 1, sizeof(*w->host));
	w->unit = mr_xcalloc(w->units + 1, sizeof(*w->unit));
	w->bits = mr_xcalloc(n.words + 1, sizeof(*w->bits));
	w->dependants = mr_xcalloc(n.dependants + 1, sizeof(*w->dependants));
	_Static_assert(FM_NO_BRIDGE == 0xffff, "all bits set");
	w->none = mr_xmalloc((n.adapters + 1) * sizeof(*w->none));
	memset(w->none, 0xff, (n.adapters + 1) * sizeof(*w->none));
	w->ports = mr_xcalloc((size_t)w->n_chassis * (MR_MAX_PORTS + 1) + 1, sizeof(*w->ports));
	init_chassis(w, in->inventory);
	fm_world_init_roots(w, in->desired);
	fm_world_tables(w);
	for (unsigned h = 0; h < w->hosts; h++)
		fm_world_reset_host(w, h);
	for (unsigned a = 0; a < w->adapters; a++)
		fm_world_reset_adapter(w, a);
}

/* Frees what 'w' owns. */
void fm_world_done(struct fm_world *w)
{
	for (unsigned i = 0; i < w->hosts; i++) {
		if (w->host[i].pfs != w->none)
			free(w->host[i].pfs);
		if (w->host[i].hardware != w->none)
			free(w->host[i].hardware);
	}
	free(w->chassis);
	free(w->adapter);
	free(w->host);
	free(w->unit);
	fm_world_tables_done(w);
	free(w->bits);
	free(w->dependants);
	free(w->none);
	free(w->ports);
	fm_journal_free(&w->journal);
	*w = (struct fm_world){0};
}
