/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What hardware and store changed under a planner that lives on: adapters and hosts that were
 * touched are made anew before the next plan. The claims that stand there are opened where
 * something changed that they are judged by; else only those that did not run as they should.
 */
#include <stdlib.h>
#include <string.h>

#include "common/xalloc.h"
#include "fabric-manager/plan/place.h"

/* The adapter is made anew before the next plan. */
void fm_held_touch_adapter(struct fm_planner *p, uint32_t adapter)
{
	for (unsigned i = 0; i < p->touched_adapters; i++)
		if (p->touched_adapter[i] == adapter)
			return;
	MR_GROW(p->touched_adapter, p->touched_adapters, p->cap_ta);
	p->touched_adapter[p->touched_adapters++] = adapter;
}

/* The same of a host. */
void fm_held_touch_host(struct fm_planner *p, uint32_t host)
{
	for (unsigned i = 0; i < p->touched_hosts; i++)
		if (p->touched_host[i] == host)
			return;
	MR_GROW(p->touched_host, p->touched_hosts, p->cap_th);
	p->touched_host[p->touched_hosts++] = host;
}

/* ---- what everything was made from ---- */

static void mix(uint64_t *h, uint64_t v)
{
	*h = (*h ^ v) * UINT64_C(0x9e3779b97f4a7c15);
	*h ^= *h >> 29;
}

static void mix_bytes(uint64_t *h, const void *from, size_t n)
{
	const char *s = from;
	uint64_t v;

	for (; n >= sizeof(v); n -= sizeof(v), s += sizeof(v)) {
		memcpy(&v, s, sizeof(v));
		mix(h, v);
	}
	for (; n; n--, s++)
		mix(h, (uint8_t)*s);
}

/* All that was read of it, as one number: more than is looked at, but never less. */
static uint64_t seen_adapter(const struct fm_adapter *a)
{
	size_t fns = a->kind == FM_ADAPTER_BASE ? 1 : (size_t)a->pfs * a->vfs;
	struct fm_adapter flat = *a;
	uint64_t h = 1;

	flat.vh_of = NULL;
	flat.fn = NULL;
	flat.buried = NULL; /* what the hardware never gives out is nobody's */
	flat.burieds = 0;
	mix_bytes(&h, &flat, sizeof(flat));
	mix_bytes(&h, a->vh_of, a->vh_of ? a->vhs * sizeof(*a->vh_of) : 0);
	mix_bytes(&h, a->fn, a->fn ? fns * sizeof(*a->fn) : 0);
	return h;
}

static uint64_t seen_host(const struct fm_host *host)
{
	struct fm_host flat = *host;
	uint64_t h = 1;

	flat.bridge = NULL;
	mix_bytes(&h, &flat, sizeof(flat));
	mix_bytes(&h, host->bridge, host->bridge ? host->bridges * sizeof(*host->bridge) : 0);
	return h;
}

/* What of it those that run on its functions are judged by, as one number, which is never 0.
 * What single functions read is not among it: that is said of their assignments. */
static uint64_t judged_by(const struct fm_planner *p, const struct fm_adapter *a,
			  unsigned chassis)
{
	struct fm_adapter flat = *a;
	uint64_t h = 1;

	flat.vh_of = NULL;
	flat.fn = NULL;
	flat.buried = NULL;
	flat.burieds = 0;
	mix_bytes(&h, &flat, sizeof(flat));
	for (unsigned i = 0; i < p->in->quarantineds; i++) {
		const struct fm_fn_id *id = &p->in->quarantined[i];

		if (id->chassis == chassis && id->port == a->port)
			mix(&h, (uint64_t)id->pf << 16 | id->vf);
	}
	return h ? h : 1;
}

/* The same of a host: not by its bridges. */
static uint64_t judged_by_host(const struct fm_host *host)
{
	struct fm_host flat = *host;
	uint64_t h = 1;

	flat.bridge = NULL;
	mix_bytes(&h, &flat, sizeof(flat));
	return h ? h : 1;
}

/* Notes it of everything. */
void fm_held_see(struct fm_planner *p)
{
	struct fm_world *w = &p->world;

	for (unsigned i = 0; i < w->adapters; i++) {
		struct fm_unit_adapter *a = &w->adapter[i];

		a->seen = seen_adapter(a->a);
		a->judged = judged_by(p, a->a, a->chassis);
	}
	for (unsigned i = 0; i < w->hosts; i++) {
		w->host[i].seen = seen_host(w->host[i].h);
		w->host[i].judged = judged_by_host(w->host[i].h);
	}
	for (unsigned c = 0; c < w->n_chassis; c++)
		w->chassis[c].observed = w->chassis[c].c->observed;
}

static bool is_over(const struct fm_link *l)
{
	return l->max != UINT64_MAX && l->guaranteed > l->max;
}

/* More is promised than there is: all that stand here say so. */
static bool is_broken(const struct fm_world *w, const struct fm_unit_adapter *a)
{
	for (unsigned x = a->unit; x < a->unit + a->units; x++)
		if (w->unit[x].sum &&
		    w->unit[x].sum->guaranteed > w->unit[x].sum->e->guaranteed_max_mbps)
			return true;
	return is_over(&a->link);
}

/* Whether a rule says more of claim 'i' than which claims it is apart from. */
static bool follows(const struct fm_planner *p, unsigned i)
{
	bool any = false;

	for (uint32_t n = p->rule_first[i]; n < p->rule_first[i + 1]; n++)
		any |= p->d->rule[p->rule_of[n]].type != FM_RULE_ANTI_AFFINITY;
	return any;
}

/* What stands there is looked at anew. Who was open before may have had no place, or none that
 * it could keep, and may keep it now: then those that a rule keeps apart from it are judged,
 * too. Of other rules they are whenever it may have to go. */
static void open_there(struct fm_planner *p, int32_t claim)
{
	if (claim < 0)
		return;
	if (p->open[claim] || follows(p, (unsigned)claim))
		fm_held_open_tied(p, (unsigned)claim);
	else
		fm_held_open(p, (unsigned)claim);
}

/* The same where only others came, went or changed: who runs as he should goes on so. An LVF
 * is looked at, it shares the bridge of its PF; and so are those that rules tie to others. */
static void open_some(struct fm_planner *p, uint32_t k)
{
	int32_t claim = p->held[k].claim;

	if (claim >= 0 &&
	    (p->open[claim] || p->held[k].way == FM_WAY_LVF || follows(p, (unsigned)claim)))
		open_there(p, claim);
}

static void renew_adapter(struct fm_planner *p, uint32_t at)
{
	struct fm_unit_adapter *a = &p->world.adapter[at];
	struct fm_use u;
	uint64_t judged;
	bool all;

	for (unsigned x = a->unit; x < a->unit + a->units; x++)
		p->leaving -= p->world.unit[x].leaving;
	fm_world_reset_adapter(&p->world, at);
	a->seen = seen_adapter(a->a);
	for (uint32_t k = a->held; k != FM_NONE; k = p->held[k].next_adapter) {
		if (!fm_held_use(p, (int32_t)k, &u))
			continue;
		fm_world_take_adapter(&p->world, &u);
		p->world.unit[u.unit].leaving += fm_held_leaves(p, k);
		p->leaving += fm_held_leaves(p, k);
	}
	judged = judged_by(p, a->a, a->chassis);
	all = judged != a->judged || is_broken(&p->world, a);
	a->judged = judged;
	for (uint32_t k = a->held; k != FM_NONE; k = p->held[k].next_adapter)
		if (all)
			open_there(p, p->held[k].claim);
		else
			open_some(p, k);
}

/* Where the switch leads to PFs now, and did not before or elsewhere, the adapter is touched.
 */
static void reset_host(struct fm_planner *p, uint32_t at)
{
	struct fm_unit_host *h = &p->world.host[at];
	const struct fm_world_chassis *c = &p->world.chassis[h->chassis];
	uint16_t *was = mr_xmemdup(h->hardware, c->adapters * sizeof(*was));

	fm_world_reset_host(&p->world, at);
	h->seen = seen_host(h->h);
	for (unsigned i = 0; i < c->adapters; i++)
		if (was[i] != h->hardware[i])
			fm_held_touch_adapter(p, c->adapter + i);
	free(was);
}

static void renew_host(struct fm_planner *p, uint32_t at)
{
	struct fm_unit_host *h = &p->world.host[at];
	uint64_t judged = judged_by_host(h->h);
	struct fm_use u;
	bool all;

	for (uint32_t k = h->held; k != FM_NONE; k = p->held[k].next_host)
		if (fm_held_use(p, (int32_t)k, &u))
			fm_world_take_host(&p->world, &u);
	all = judged != h->judged || is_over(&h->link);
	h->judged = judged;
	for (uint32_t k = h->held; k != FM_NONE; k = p->held[k].next_host)
		if (all)
			open_there(p, p->held[k].claim);
		else
			open_some(p, k);
}

/* Whether an adapter is there counts for rules that look at all of a pool. */
static void open_spread(struct fm_planner *p)
{
	const struct fm_world *w = &p->world;
	bool *pools = mr_xcalloc(p->d->pools + 1, sizeof(*pools));

	for (unsigned i = 0; i < p->touched_adapters; i++) {
		const struct fm_unit_adapter *a = &w->adapter[p->touched_adapter[i]];
		uint32_t k = w->unit_cand_first[a->unit];

		for (; k < w->unit_cand_first[a->unit + a->units]; k++)
			pools[w->cand[w->unit_cand[k]].pool] = true;
	}
	fm_held_open_spread(p, pools);
	free(pools);
}

/* Makes what was touched anew, and opens the claims there that have to be looked at. */
void fm_held_renew(struct fm_planner *p)
{
	if (p->spreads && p->touched_adapters)
		open_spread(p);
	for (unsigned i = 0; i < p->touched_hosts; i++)
		reset_host(p, p->touched_host[i]);
	for (unsigned i = 0; i < p->touched_adapters; i++)
		renew_adapter(p, p->touched_adapter[i]);
	for (unsigned i = 0; i < p->touched_hosts; i++)
		renew_host(p, p->touched_host[i]);
	p->touched_adapters = p->touched_hosts = 0;
}

/* ---- a chassis that was read again ---- */

static void mix_bars(uint64_t *h, const struct fm_bar bar[6])
{
	for (unsigned i = 0; i < 6; i++)
		mix(h, bar[i].size ^ (uint64_t)bar[i].flags << 56);
}

/* What units, windows and the order of ties are made from. */
uint64_t fm_world_shape(const struct fm_adapter *a)
{
	uint64_t h = (uint64_t)a->port << 32 | (uint64_t)a->slot << 16 | a->vfs;

	mix(&h, (uint64_t)a->kind << 16 | (uint64_t)a->device_class << 8 | a->pfs);
	for (const char *s = a->name; *s; s++)
		mix(&h, (uint8_t)*s);
	mix(&h, (uint64_t)fm_world_step(a) << 32 | a->rate_step_mbps);
	mix_bars(&h, a->bar);
	for (unsigned p = 0; p < a->pfs && p < MR_MAX_PFS; p++) {
		mix(&h, (uint64_t)a->pf[p].vf_offset << 32 | (uint64_t)a->pf[p].vf_stride << 8 |
				a->pf[p].depends);
		mix_bars(&h, a->pf[p].vf_bar);
	}
	return h;
}

static bool same_shape(const struct fm_world *w, const struct fm_world_chassis *wc)
{
	const struct fm_chassis *c = wc->c;

	if (c->adapters != wc->adapters || c->hosts != wc->hosts)
		return false;
	for (unsigned i = 0; i < c->adapters; i++)
		if (fm_world_shape(&c->adapter[i]) != w->adapter[wc->adapter + i].shape)
			return false;
	for (unsigned i = 0; i < c->hosts; i++)
		if (c->host[i].port > MR_MAX_PORTS || wc->by_port[c->host[i].port] != i + 1)
			return false;
	return true;
}

/* Takes a chassis that was read again; false when what it has is not what it had. */
static bool reread(struct fm_world *w, unsigned c)
{
	struct fm_world_chassis *wc = &w->chassis[c];

	if (!same_shape(w, wc))
		return false;
	for (unsigned i = 0; i < wc->adapters; i++) {
		struct fm_unit_adapter *ad = &w->adapter[wc->adapter + i];

		ad->a = &wc->c->adapter[i];
		for (unsigned p = 0; p < ad->units; p++)
			w->unit[ad->unit + p].hw = &ad->a->pf[p];
	}
	for (unsigned i = 0; i < wc->hosts; i++)
		w->host[wc->host + i].h = &wc->c->host[i];
	return true;
}

/* What stands on no function that is known is on no adapter's list: it stays while its chassis
 * is away, and is looked at when that is read. */
static void open_unknown(struct fm_planner *p, unsigned c)
{
	for (unsigned k = 0; k < p->helds && k < p->in->currents; k++) {
		const struct fm_assignment *a = p->in->current[k];

		if (a && a->has_fn && a->fn.chassis == c && p->held[k].unit == FM_NONE)
			fm_held_current(p, k);
	}
}

/* Chassis 'c' was read again, came or went; false when it has other adapters or hosts. Only
 * what reads other than it did is made anew. */
bool fm_held_chassis(struct fm_planner *p, unsigned c)
{
	struct fm_world_chassis *wc = &p->world.chassis[c];
	bool all = wc->observed != wc->c->observed;

	if (!reread(&p->world, c))
		return false;
	wc->observed = wc->c->observed;
	for (uint32_t i = wc->adapter; i < wc->adapter + wc->adapters; i++)
		if (all || p->world.adapter[i].seen != seen_adapter(p->world.adapter[i].a)) {
			p->world.adapter[i].judged *= !all;
			fm_held_touch_adapter(p, i);
		}
	for (uint32_t i = wc->host; i < wc->host + wc->hosts; i++)
		if (all || p->world.host[i].seen != seen_host(p->world.host[i].h)) {
			p->world.host[i].judged *= !all;
			fm_held_touch_host(p, i);
		}
	if (all)
		open_unknown(p, c);
	return true;
}
