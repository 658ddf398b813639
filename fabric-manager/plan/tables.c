/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of the planner's picture comes from the documents: ports that are admitted to, borders,
 * and the candidates of each pool. Other pools and ports take the place of those that were, and
 * only what stands on adapters of which something is other than it was has to be counted anew.
 */
#include <stdlib.h>
#include <string.h>

#include "common/xalloc.h"
#include "fabric-manager/plan/place.h"

/* The network ports; PFs that share one share its sums. */
static void init_sums(struct fm_world *w, const struct fm_desired *d)
{
	w->sum = mr_xcalloc(d->edges + 1, sizeof(*w->sum));
	for (unsigned i = 0; i < d->edges; i++) {
		const struct fm_edge *e = &d->edge[i];
		uint32_t a = fm_world_adapter(w, e->chassis, e->port);
		unsigned first = e->pf == FM_WHOLE ? 0 : e->pf;

		if (a == FM_NONE || !e->net_mbps || first >= w->adapter[a].units)
			continue;
		w->sum[w->sums].e = e;
		for (unsigned p = 0; p < w->adapter[a].units; p++)
			if (p == first || (p < 8 && e->pfs >> p & 1))
				w->unit[w->adapter[a].unit + p].sum = &w->sum[w->sums];
		w->sums++;
	}
}

static void init_fences(struct fm_world *w, const struct fm_desired *d)
{
	for (unsigned i = 0; i < d->domains; i++)
		for (unsigned k = 0; k < d->domain[i].adapters; k++) {
			uint32_t key = d->domain[i].adapter[k];
			uint32_t a = fm_world_adapter(w, key >> 16, key & 0xffff);

			if (a != FM_NONE)
				w->adapter[a].fenced = true;
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
	ret->cand.pool = (uint16_t)pool;
	ret->cand.spare = p->spare;
	return true;
}

static void want_provision(struct fm_world *w, const struct fm_pool *pool, uint32_t unit)
{
	struct fm_unit_adapter *ad = &w->adapter[w->unit[unit].adapter];
	uint32_t n = pool->provision ? pool->provision : ad->a->vfs;

	ad->external |= pool->external;
	n = n < ad->a->vfs ? n : ad->a->vfs;
	ad->provision = n > ad->provision ? n : ad->provision;
}

/* Which candidates are parts of a unit. */
static void init_unit_cands(struct fm_world *w, unsigned n)
{
	uint32_t *at;

	w->unit_cand = mr_xcalloc(n + 1, sizeof(*w->unit_cand));
	w->unit_cand_first = mr_xcalloc(w->units + 1, sizeof(*w->unit_cand_first));
	for (unsigned i = 0; i < n; i++)
		w->unit_cand_first[w->cand[i].unit + 1]++;
	for (unsigned u = 0; u < w->units; u++)
		w->unit_cand_first[u + 1] += w->unit_cand_first[u];
	at = mr_xmemdup(w->unit_cand_first, (w->units + 1) * sizeof(*at));
	for (unsigned i = 0; i < n; i++)
		w->unit_cand[at[w->cand[i].unit]++] = i;
	free(at);
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
	init_unit_cands(w, n);
	free(key);
}

static void init_suspended(struct fm_world *w, const struct fm_desired *d)
{
	for (unsigned i = 0; i < d->adapters; i++) {
		uint32_t key = d->adapter[i].key;
		uint32_t a = fm_world_adapter(w, key >> 16, key & 0xffff);

		if (a != FM_NONE)
			w->adapter[a].suspended = d->adapter[i].suspended;
	}
}

/* Fills in what the documents say of the adapters; units, adapters and hosts stand. */
void fm_world_tables(struct fm_world *w)
{
	init_sums(w, w->in->desired);
	init_fences(w, w->in->desired);
	init_suspended(w, w->in->desired);
	init_cands(w, w->in->desired);
}

/* Frees what fm_world_tables made. */
void fm_world_tables_done(struct fm_world *w)
{
	free(w->sum);
	free(w->cand);
	free(w->cand_first);
	free(w->unit_cand);
	free(w->unit_cand_first);
	w->sum = NULL;
	w->cand = NULL;
	w->cand_first = w->unit_cand = w->unit_cand_first = NULL;
	w->sums = 0;
}

/* ---- other documents under a planner that lives on ---- */

/* The tables as they were, while the new ones are made. */
struct was {
	struct fm_world w;  /* its tables */
	struct fm_sum *sum; /* by unit; e NULL = it had none */
	struct fm_unit_adapter *adapter;
	const struct fm_desired *d;
};

static bool same_edge(const struct fm_edge *x, const struct fm_edge *y)
{
	return x && y ? x->pf == y->pf && x->pfs == y->pfs && x->net_mbps == y->net_mbps &&
				x->guaranteed_max_mbps == y->guaranteed_max_mbps &&
				x->limit_max_mbps == y->limit_max_mbps
		      : x == y;
}

static bool same_cands(const struct fm_world *a, const struct fm_world *b, uint32_t unit)
{
	uint32_t x = a->unit_cand_first[unit], y = b->unit_cand_first[unit];
	uint32_t n = a->unit_cand_first[unit + 1] - x;

	if (b->unit_cand_first[unit + 1] - y != n)
		return false;
	for (uint32_t i = 0; i < n; i++) {
		const struct fm_cand *c = &a->cand[a->unit_cand[x + i]],
				     *d = &b->cand[b->unit_cand[y + i]];

		if (c->pool != d->pool || c->vf_first != d->vf_first ||
		    c->vf_last != d->vf_last || c->spare != d->spare)
			return false;
	}
	return true;
}

static void note_pools(const struct fm_world *w, uint32_t unit, bool *pools)
{
	for (uint32_t i = w->unit_cand_first[unit]; i < w->unit_cand_first[unit + 1]; i++)
		pools[w->cand[w->unit_cand[i]].pool] = true;
}

static uint8_t mode_of(const struct fm_desired *d, const struct fm_unit_adapter *a)
{
	const struct fm_adapter_def *def = fm_desired_adapter(d, a->chassis, a->a->port);

	return def ? def->mode : 0;
}

/* Whether the documents say the same of an adapter as before. What its ports count goes over
 * into the new tables; 'pools' gets those that have other parts of it. */
static bool same_adapter(struct fm_world *w, const struct was *was, uint32_t at, bool *pools)
{
	const struct fm_unit_adapter *a = &w->adapter[at], *b = &was->adapter[at];
	bool same = a->provision == b->provision && a->external == b->external &&
		    a->fenced == b->fenced && a->suspended == b->suspended &&
		    mode_of(w->in->desired, a) == mode_of(was->d, a);

	for (uint32_t u = a->unit; u < a->unit + a->units; u++) {
		struct fm_sum *sum = w->unit[u].sum, *old = &was->sum[u];

		same &= same_edge(sum ? sum->e : NULL, old->e);
		if (sum && old->e) {
			old->e = sum->e;
			*sum = *old;
		}
		if (same_cands(w, &was->w, u))
			continue;
		same = false;
		note_pools(w, u, pools);
		note_pools(&was->w, u, pools);
	}
	return same;
}

/* Rules that look at all PFs of a pool, those on which nothing of theirs stands among them. */
void fm_held_open_spread(struct fm_planner *p, const bool *pools)
{
	const struct fm_desired *d = p->d;

	for (unsigned i = 0; p->spreads && i < d->rules; i++) {
		const struct fm_rule *r = &d->rule[i];
		bool hit = false;

		if (r->type != FM_RULE_SPREAD && r->type != FM_RULE_PACK)
			continue;
		for (unsigned k = 0; k < r->claims && !hit; k++) {
			uint16_t pool = d->claim[r->claim[k]].pool;

			hit = pool < d->pools && pools[pool];
		}
		for (unsigned k = 0; hit && k < r->claims; k++)
			fm_held_open(p, r->claim[k]);
	}
}

void fm_held_spares(struct fm_planner *p)
{
	p->has_spares = false;
	for (uint32_t k = 0; k < p->world.unit_cand_first[p->world.units]; k++)
		p->has_spares |= p->world.cand[k].spare;
}

/* The pools, ports and borders of p->d, in the place of those of 'was'; pools have the same
 * names. Adapters of which something is other than it was are touched. */
void fm_held_tables(struct fm_planner *p, const struct fm_desired *was)
{
	struct fm_world *w = &p->world;
	struct was old = {.w = *w, .d = was};
	bool *pools = mr_xcalloc(p->d->pools + 1, sizeof(*pools));

	old.sum = mr_xcalloc(w->units + 1, sizeof(*old.sum));
	old.adapter = mr_xmemdup(w->adapter, w->adapters * sizeof(*w->adapter));
	for (unsigned u = 0; u < w->units; u++) {
		if (w->unit[u].sum)
			old.sum[u] = *w->unit[u].sum;
		w->unit[u].sum = NULL;
	}
	for (unsigned a = 0; a < w->adapters; a++) {
		w->adapter[a].provision = 0;
		w->adapter[a].external = w->adapter[a].fenced = w->adapter[a].suspended = false;
	}
	w->sums = 0;
	fm_world_tables(w);
	for (unsigned a = 0; a < w->adapters; a++)
		if (!same_adapter(w, &old, a, pools)) {
			w->adapter[a].judged = 0;
			fm_held_touch_adapter(p, a);
		}
	fm_held_open_spread(p, pools);
	fm_held_spares(p);
	fm_world_tables_done(&old.w);
	free(old.sum);
	free(old.adapter);
	free(pools);
}
