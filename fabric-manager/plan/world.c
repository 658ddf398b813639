/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Building the planner's picture from inventory, pools, tombstones and quarantine, and counting
 * what is used. See world.h; who may use what is decided in fit.c.
 */
#include "fabric-manager/plan/world.h"

#include <stdlib.h>
#include <string.h>

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

static void count(struct fm_world *w, const struct fm_inventory *inv, size_t *ret_words,
		  size_t *ret_pfs)
{
	*ret_words = *ret_pfs = 0;
	w->n_chassis = inv->n;
	for (unsigned c = 0; c < inv->n; c++) {
		const struct fm_chassis *ch = &inv->chassis[c];

		w->adapters += ch->adapters;
		w->hosts += ch->hosts;
		*ret_pfs += (size_t)ch->hosts * ch->adapters;
		for (unsigned i = 0; i < ch->adapters; i++) {
			unsigned n = units_of(&ch->adapter[i]);

			w->units += n;
			*ret_words += (size_t)n * FM_BITS(functions_of(&ch->adapter[i]));
		}
	}
}

/* A function that somebody reaches although no assignment says so is not handed out. */
static void init_functions(struct fm_unit *u, const struct fm_adapter *a, unsigned pf)
{
	const struct fm_fn *fn = a->fn ? &a->fn[(size_t)pf * a->vfs] : NULL;

	for (unsigned v = 0; fn && v < u->vfs; v++)
		if (fn[v].owner_vh || fn[v].row_bridge != FM_NO_BRIDGE)
			bit_set(u->bits, v);
}

static void init_adapter(struct fm_world *w, uint32_t at, const struct fm_adapter *a,
			 uint32_t *unit, uint64_t **bits)
{
	struct fm_unit_adapter *ad = &w->adapter[at];

	ad->a = a;
	ad->unit = *unit;
	ad->units = units_of(a);
	ad->only_host = FM_NONE;
	for (unsigned d = 1; a->vh_of && d < a->vhs; d++)
		ad->free_vhs += a->vh_of[d] == FM_WHOLE;
	for (unsigned p = 0; p < ad->units; p++) {
		struct fm_unit *u = &w->unit[(*unit)++];

		u->adapter = at;
		u->pf = a->kind == FM_ADAPTER_BASE ? FM_WHOLE : (uint16_t)p;
		u->vfs = (uint16_t)functions_of(a);
		u->bits = *bits;
		*bits += FM_BITS(u->vfs);
		init_functions(u, a, p);
	}
	need_adapter(w, ad);
}

static void init_host(struct fm_world *w, uint32_t at, unsigned chassis,
		      const struct fm_host *h, uint16_t *pfs)
{
	struct fm_unit_host *hh = &w->host[at];
	const struct fm_world_chassis *c = &w->chassis[chassis];

	hh->h = h;
	hh->chassis = (uint16_t)chassis;
	hh->pfs = pfs;
	for (unsigned i = 0; i < c->adapters; i++)
		pfs[i] = FM_NO_BRIDGE;
	for (unsigned b = 0; b < h->bridges && b < MR_MAX_BRIDGES; b++) {
		const struct fm_bridge *br = &h->bridge[b];
		uint32_t a;

		hh->windows |= br->bus_first != 0;
		hh->free++;
		if (br->state == MR_ROW_FREE && !br->tombstone)
			continue;
		hh->free--;
		bit_set(hh->used, b);
		if (br->state != MR_ROW_MAPPED || MR_TARGET_KIND(br->target) != MR_TARGET_PFS)
			continue;
		a = fm_world_adapter(w, chassis, MR_TARGET_PORT(br->target));
		if (a != FM_NONE)
			pfs[a - c->adapter] = (uint16_t)b;
	}
}

static void init_chassis(struct fm_world *w, const struct fm_inventory *inv, uint16_t *pfs)
{
	uint32_t adapter = 0, host = 0, unit = 0;
	uint64_t *bits = w->bits;

	for (unsigned c = 0; c < inv->n; c++) {
		const struct fm_chassis *ch = &inv->chassis[c];
		struct fm_world_chassis *wc = &w->chassis[c];

		*wc = (struct fm_world_chassis){.c = ch,
						.adapter = adapter,
						.adapters = ch->adapters,
						.host = host,
						.by_port = w->ports + c * (MR_MAX_PORTS + 1)};
		for (unsigned i = 0; i < ch->adapters; i++, adapter++) {
			w->adapter[adapter].chassis = (uint16_t)c;
			w->adapter[adapter].index = (uint16_t)i;
			init_adapter(w, adapter, &ch->adapter[i], &unit, &bits);
			if (ch->adapter[i].port <= MR_MAX_PORTS)
				wc->by_port[ch->adapter[i].port] = (uint16_t)(i + 1);
		}
		for (unsigned i = 0; i < ch->hosts; i++)
			if (ch->host[i].port <= MR_MAX_PORTS)
				wc->by_port[ch->host[i].port] = (uint16_t)(i + 1);
		for (unsigned i = 0; i < ch->hosts; i++, host++, pfs += ch->adapters)
			init_host(w, host, c, &ch->host[i], pfs);
	}
}

static void init_edges(struct fm_world *w, const struct fm_desired *d)
{
	for (unsigned i = 0; i < d->edges; i++) {
		const struct fm_edge *e = &d->edge[i];
		uint32_t a = fm_world_adapter(w, e->chassis, e->port);

		if (a == FM_NONE || !e->net_mbps)
			continue;
		if (e->pf == FM_WHOLE || e->pf < w->adapter[a].units)
			w->unit[w->adapter[a].unit + (e->pf == FM_WHOLE ? 0 : e->pf)].edge = e;
	}
}

static void init_barred(struct fm_world *w, const struct fm_plan_input *in)
{
	uint16_t vf;

	for (unsigned i = 0; i < in->quarantineds; i++) {
		uint32_t u = fm_world_unit(w, in->quarantined[i], &vf);

		if (u != FM_NONE)
			bit_set(w->unit[u].bits, vf);
	}
	for (unsigned i = 0; i < in->tombstones; i++) {
		const struct fm_place *p = &in->tombstone[i].place;

		if (p->way == FM_WAY_LVF || p->bridge >= MR_MAX_BRIDGES)
			continue; /* an LVF's slot: the hardware never gives it out */
		for (unsigned c = 0; c < w->n_chassis; c++) {
			uint32_t h = fm_world_host(w, c, p->port);
			struct fm_unit_host *hh = h == FM_NONE ? NULL : &w->host[h];

			if (!hh || !mr_streq(w->chassis[c].c->name, in->tombstone[i].chassis) ||
			    p->bridge >= hh->h->bridges || fm_bit(hh->used, p->bridge))
				continue;
			bit_set(hh->used, p->bridge);
			hh->free--;
		}
	}
}

/* ---- candidates: the parts of the pools, by chassis, in the order of ties ---- */

struct cand_key {
	struct fm_cand cand;
	uint32_t group;
	const struct fm_unit_adapter *adapter;
	uint16_t pf;
};

static int cand_cmp(const void *pa, const void *pb)
{
	const struct cand_key *a = pa, *b = pb;
	int c;

	if (a->group != b->group)
		return a->group < b->group ? -1 : 1;
	c = strcmp(a->adapter->a->name, b->adapter->a->name);
	if (c)
		return c;
	if (a->adapter->a->slot != b->adapter->a->slot)
		return a->adapter->a->slot < b->adapter->a->slot ? -1 : 1;
	if (a->adapter->a->port != b->adapter->a->port)
		return a->adapter->a->port < b->adapter->a->port ? -1 : 1;
	if (a->pf != b->pf)
		return a->pf < b->pf ? -1 : 1;
	return (a->cand.vf_first > b->cand.vf_first) - (a->cand.vf_first < b->cand.vf_first);
}

static bool cand_key(const struct fm_world *w, unsigned pool, const struct fm_pool_part *p,
		     struct cand_key *ret)
{
	uint32_t a = fm_world_adapter(w, p->chassis, p->port);
	bool whole;

	if (a == FM_NONE)
		return false;
	whole = w->adapter[a].a->kind == FM_ADAPTER_BASE;
	if (whole != (p->pf == FM_WHOLE) || (!whole && p->pf >= w->adapter[a].units))
		return false;
	ret->adapter = &w->adapter[a];
	ret->pf = p->pf;
	ret->group = pool * w->n_chassis + p->chassis;
	ret->cand.unit = ret->adapter->unit + (whole ? 0 : p->pf);
	ret->cand.vf_first = whole ? 0 : p->vf_first;
	ret->cand.vf_last = whole ? 0 : p->vf_last;
	return true;
}

static void want_provision(struct fm_world *w, const struct fm_pool *pool, uint32_t unit)
{
	struct fm_unit_adapter *ad = &w->adapter[w->unit[unit].adapter];
	uint32_t n = pool->provision ? pool->provision : ad->a->vfs;

	n = n < ad->a->vfs ? n : ad->a->vfs;
	ad->provision = n > ad->provision ? n : ad->provision;
}

static void init_cands(struct fm_world *w, const struct fm_desired *d)
{
	unsigned groups = d->pools * w->n_chassis, n = 0, all = 0;
	struct cand_key *key;

	for (unsigned i = 0; i < d->pools; i++)
		all += d->pool[i].parts;
	key = mr_xcalloc(all + 1, sizeof(*key));
	for (unsigned i = 0; i < d->pools; i++) {
		for (unsigned k = 0; k < d->pool[i].parts; k++) {
			if (!cand_key(w, i, &d->pool[i].part[k], &key[n]))
				continue;
			want_provision(w, &d->pool[i], key[n++].cand.unit);
		}
	}
	qsort(key, n, sizeof(*key), cand_cmp);
	w->cand = mr_xcalloc(n + 1, sizeof(*w->cand));
	w->cand_first = mr_xcalloc(groups + 1, sizeof(*w->cand_first));
	for (unsigned i = 0; i < n; i++) {
		w->cand[i] = key[i].cand;
		w->cand_first[key[i].group + 1]++;
	}
	for (unsigned g = 0; g < groups; g++)
		w->cand_first[g + 1] += w->cand_first[g];
	free(key);
}

/* Fills 'w' from 'in' with nothing but what hardware and store say is barred; current
 * assignments come by fm_world_take. */
void fm_world_init(struct fm_world *w, const struct fm_plan_input *in)
{
	size_t words, pfs;

	*w = (struct fm_world){.in = in};
	count(w, in->inventory, &words, &pfs);
	w->chassis = mr_xcalloc(w->n_chassis + 1, sizeof(*w->chassis));
	w->adapter = mr_xcalloc(w->adapters + 1, sizeof(*w->adapter));
	w->host = mr_xcalloc(w->hosts + 1, sizeof(*w->host));
	w->unit = mr_xcalloc(w->units + 1, sizeof(*w->unit));
	w->bits = mr_xcalloc(words + 1, sizeof(*w->bits));
	w->pfs = mr_xcalloc(pfs + 1, sizeof(*w->pfs));
	w->ports = mr_xcalloc((size_t)w->n_chassis * (MR_MAX_PORTS + 1) + 1, sizeof(*w->ports));
	init_chassis(w, in->inventory, w->pfs);
	init_edges(w, in->desired);
	init_barred(w, in);
	init_cands(w, in->desired);
}

/* Frees what 'w' owns. */
void fm_world_done(struct fm_world *w)
{
	free(w->chassis);
	free(w->adapter);
	free(w->host);
	free(w->unit);
	free(w->bits);
	free(w->pfs);
	free(w->ports);
	free(w->cand);
	free(w->cand_first);
	*w = (struct fm_world){0};
}
