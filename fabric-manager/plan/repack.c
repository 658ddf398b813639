/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packing once more. Where new claims of a chassis found no room, they are looked after one by
 * one (pack_one.c); or all that run nowhere yet are placed anew in other orders, large before
 * small, each where the scarcest thing stays most even, and what is left over then is looked
 * after. The best attempt counts, and only where it is better than the order of filling.
 * Nothing that runs moves. What is looked at is counted and bounded, so the outcome depends on
 * nothing but the input.
 */
#include <stdlib.h>
#include <string.h>

#include "common/xalloc.h"
#include "fabric-manager/plan/pack.h"

#define BUDGET	  20000 /* candidates looked at, of a whole plan: at least so many */
#define PER_CLAIM 20	/* and so many for each claim */
#define SMALL	  16	/* part of that for the attempt that keeps what is placed */
#define RANKS	  64

/* How an attempt sorts the claims and chooses their places. The first one leaves all that have
 * a place where they are, until somebody needs it: often that is enough. */
static const struct style {
	bool by_size;	/* else in the order of filling */
	bool by_reach;	/* those with few candidates first */
	bool by_bridge; /* those of hosts that are short of bridges first */
	enum fm_choice choice;
	bool keeps;
} styles[] = {
	{.choice = FM_CHOOSE_EVEN, .keeps = true},
	{.by_size = true, .choice = FM_CHOOSE_EVEN},
	{.choice = FM_CHOOSE_BALANCED},
	{.by_size = true, .by_reach = true, .by_bridge = true, .choice = FM_CHOOSE_EVEN},
	{.by_size = true, .by_reach = true, .choice = FM_CHOOSE_EVEN},
	{.by_size = true, .by_bridge = true, .choice = FM_CHOOSE_EVEN},
	{.by_size = true, .choice = FM_CHOOSE_TIGHT},
	{.by_size = true, .by_reach = true, .by_bridge = true, .choice = FM_CHOOSE_TIGHT},
};

/* What an attempt leaves over: how many claims of which priority, the highest first. */
struct lack {
	unsigned ranks, extras, all;
	uint32_t priority[RANKS], pending[RANKS];
	bool broken; /* an atomic profile lost a part */
};

static void weigh(const struct fm_pack *k, struct lack *l)
{
	*l = (struct lack){0};
	for (unsigned n = 0; n < k->items; n++) {
		const struct fm_claim *c = &k->p->d->claim[k->item[n].claim];

		if (k->p->plan->placed[k->item[n].claim].placed)
			continue;
		l->all++;
		l->broken |= c->atomic && !c->extra;
		if (c->extra) {
			l->extras++;
			continue;
		}
		if (!l->ranks || (l->priority[l->ranks - 1] != c->priority && l->ranks < RANKS))
			l->priority[l->ranks++] = c->priority;
		l->pending[l->ranks - 1]++;
	}
}

/* Goal 1: the highest priority of which one lacks more decides. */
static bool is_less(const struct lack *a, const struct lack *b)
{
	if (a->broken)
		return false;
	for (unsigned r = 0; r < a->ranks || r < b->ranks; r++) {
		if (r == a->ranks || r == b->ranks)
			return r == a->ranks;
		if (a->priority[r] != b->priority[r])
			return a->priority[r] < b->priority[r];
		if (a->pending[r] != b->pending[r])
			return a->pending[r] < b->pending[r];
	}
	return a->extras < b->extras;
}

/* ---- one attempt ---- */

struct sorting {
	const struct fm_pack *k;
	const struct style *s;
};

static bool is_short(const struct sorting *s, const struct fm_pack_item *it)
{
	return s->s->by_bridge && s->k->p->world.host[it->host].scarce;
}

static int item_cmp(const void *pa, const void *pb, void *arg)
{
	const struct sorting *s = arg;
	const struct fm_pack_item *a = &s->k->item[*(const uint32_t *)pa];
	const struct fm_pack_item *b = &s->k->item[*(const uint32_t *)pb];
	const struct fm_claim *claim = s->k->p->d->claim;

	if (claim[a->claim].extra != claim[b->claim].extra)
		return claim[a->claim].extra ? 1 : -1;
	if (!s->s->by_size || claim[a->claim].extra)
		return a->rank < b->rank ? -1 : a->rank > b->rank;
	if (is_short(s, a) != is_short(s, b))
		return is_short(s, a) ? -1 : 1;
	if (s->s->by_reach && a->cands != b->cands)
		return a->cands < b->cands ? -1 : 1;
	if (a->size != b->size)
		return a->size > b->size ? -1 : 1;
	return a->rank < b->rank ? -1 : a->rank > b->rank;
}

/* All of them anew. */
static void put_all(struct fm_pack *k, const struct style *s)
{
	struct fm_planner *p = k->p;
	struct sorting sort = {k, s};
	uint32_t *order = mr_xcalloc(k->items + 1, sizeof(*order));

	for (unsigned n = 0; n < k->items; n++) {
		k->looked += k->item[n].cands;
		order[n] = n;
		if (p->plan->placed[k->item[n].claim].placed)
			fm_place_unsettle(p, k->item[n].claim);
	}
	qsort_r(order, k->items, sizeof(*order), item_cmp, &sort);
	p->choice = s->choice;
	for (unsigned n = 0; n < k->items; n++)
		fm_pack_put(k, &k->item[order[n]]);
	free(order);
}

static void attempt(struct fm_pack *k, const struct style *s, struct lack *ret)
{
	struct fm_planner *p = k->p;

	if (!s->keeps)
		put_all(k, s);
	p->budget = k->budget;
	p->choice = FM_CHOOSE_EVEN;
	for (unsigned n = 0; n < k->items; n++)
		if (!p->plan->placed[k->item[n].claim].placed &&
		    !fm_pack_squeeze(k, &k->item[n]))
			fm_pack_oust(k, &k->item[n]);
	for (unsigned n = 0; n < k->items; n++) /* into what came free on the way */
		if (!p->plan->placed[k->item[n].claim].placed)
			fm_pack_put(k, &k->item[n]);
	p->choice = FM_CHOOSE_BALANCED;
	weigh(k, ret);
}

/* ---- one chassis ---- */

/* A claim that found no room, or that has a place and runs nowhere. */
static bool is_item(const struct fm_planner *p, unsigned i)
{
	const struct fm_placed *pl = &p->plan->placed[i];

	if (p->d->claim[i].host == FM_WHOLE || p->stay[i] != FM_STAY_NEW ||
	    p->open[i] & FM_OPEN_WAITS || fm_rearranged(p, i))
		return false;
	if (pl->placed)
		return !pl->same_fn;
	return !p->d->claim[i].atomic && fm_repack_helps(pl->reason);
}

/* What the PFs of a chassis have. */
struct capacity {
	uint64_t mbps, amount[FM_RESOURCE_COUNT];
};

/* How much of the chassis the claim wants: shares of each resource, added up. */
static uint64_t size_of(const struct fm_planner *p, unsigned i, const struct capacity *all)
{
	const struct fm_demand *d = fm_place_demand(p, i);
	uint64_t mbps = p->d->claim[i].guaranteed_mbps;
	uint64_t size = all->mbps ? (mbps << 31) / all->mbps : 0;

	for (unsigned r = 0; d && r < FM_RESOURCE_COUNT; r++)
		if (all->amount[r])
			size += ((uint64_t)d->amount[r] << 31) / all->amount[r];
	return size;
}

static bool make_item(struct fm_pack *k, unsigned i, const struct capacity *all,
		      struct fm_pack_item *it)
{
	struct fm_planner *p = k->p;
	const struct fm_placed *pl = &p->plan->placed[i];
	struct mr_buf b = {0};
	uint32_t first, last;
	struct fm_ask ask;
	bool ok = fm_place_barred(p, i, &ask, &b) == MR_REASON_OK;

	*it = (struct fm_pack_item){.claim = i, .rank = p->rank[i], .size = size_of(p, i, all)};
	for (unsigned n = 0; n < FM_IDENTS && pl->placed; n++)
		it->ident[n] = fm_placed_ident(&p->d->claim[i], pl, n);
	if (ok && !pl->placed)
		ok = fm_idents_find(&p->idents, i, it->ident, &b) == MR_REASON_OK;
	mr_buf_done(&b);
	if (!ok)
		return false;
	fm_place_cands(p, &ask, &first, &last);
	it->cands = last - first;
	it->host = ask.host;
	return true;
}

/* What is left over says why, by what is true now. */
static void tell(struct fm_pack *k)
{
	struct fm_planner *p = k->p;

	for (unsigned n = 0; n < k->items; n++) {
		unsigned i = k->item[n].claim;
		struct fm_placed *pl = &p->plan->placed[i];
		struct fm_ask ask;

		free(pl->detail);
		pl->detail = NULL;
		pl->reason = MR_REASON_OK;
		if (pl->placed || !fm_place_ask(p, i, &ask))
			continue;
		fm_rules_stamp(p, i);
		fm_place_refuse_all(p, i, &ask);
	}
}

/* Attempts cost what they look at; none begins when the chassis' share is spent. What an
 * attempt may spend on what is left over is noted, so that the best one can be made again. */
static bool pack_chassis(struct fm_pack *k, uint64_t share)
{
	struct lack least, l;
	uint64_t spent = 0, best_budget = 0;
	int best = -1;

	weigh(k, &least);
	for (unsigned s = 0; s < MR_ARRAY_SIZE(styles) && least.all && spent < share; s++) {
		struct fm_trial_mark m = fm_trial_begin(k->p);

		k->budget = styles[s].keeps ? share / SMALL : (share - spent) / 2;
		k->looked = 0;
		attempt(k, &styles[s], &l);
		spent += k->looked + k->budget - k->p->budget;
		fm_trial_end(k->p, m, false);
		if (!is_less(&l, &least))
			continue;
		least = l;
		best = (int)s;
		best_budget = k->budget;
	}
	k->budget = best_budget;
	if (best >= 0)
		attempt(k, &styles[best], &l);
	tell(k);
	return best >= 0;
}

/* The items of each chassis, one behind the other: first[c] to first[c + 1], by rank. */
static uint32_t *by_chassis(const struct fm_planner *p, uint32_t *ret_claims)
{
	uint32_t *first = mr_xcalloc(p->world.n_chassis + 2, sizeof(*first));

	for (unsigned pass = 0; pass < 2; pass++) {
		for (unsigned n = 0; n < p->todos; n++) {
			unsigned i = p->todo[n], c;

			if (!is_item(p, i))
				continue;
			c = p->d->host[p->d->claim[i].host].chassis;
			if (c >= p->world.n_chassis)
				continue;
			if (pass)
				ret_claims[first[c + 1]++] = i;
			else
				first[c + 2]++;
		}
		for (unsigned c = 1; c < p->world.n_chassis + 1 && !pass; c++)
			first[c + 1] += first[c];
	}
	return first;
}

static unsigned pendings(const struct fm_planner *p, const uint32_t *claim, unsigned n)
{
	unsigned count = 0;

	for (unsigned i = 0; i < n; i++)
		count += !p->plan->placed[claim[i]].placed;
	return count;
}

/* What the chassis' PFs have in all. */
static struct capacity capacity_of(const struct fm_world *w, unsigned chassis)
{
	const struct fm_world_chassis *c = &w->chassis[chassis];
	struct capacity all = {0};

	for (uint32_t a = c->adapter; a < c->adapter + c->adapters; a++)
		for (uint32_t u = w->adapter[a].unit;
		     u < w->adapter[a].unit + w->adapter[a].units; u++) {
			if (w->unit[u].sum)
				all.mbps += w->unit[u].sum->e->guaranteed_max_mbps;
			for (unsigned r = 0; r < FM_RESOURCE_COUNT; r++)
				all.amount[r] += fm_unit_capacity(&w->unit[u], r);
		}
	return all;
}

/* Packs claim[0..n), which are the items of one chassis. */
static bool pack_claims(struct fm_pack *k, const uint32_t *claim, unsigned n, unsigned chassis,
			uint64_t share)
{
	struct capacity all = capacity_of(&k->p->world, chassis);
	bool better;

	k->items = 0;
	k->item = mr_xcalloc(n, sizeof(*k->item));
	k->order = mr_xcalloc(n + 1, sizeof(*k->order));
	for (unsigned i = 0; i < n; i++) {
		if (!make_item(k, claim[i], &all, &k->item[k->items]))
			continue;
		k->at[claim[i]] = k->items++;
	}
	better = pack_chassis(k, share);
	for (unsigned i = 0; i < k->items; i++)
		k->at[k->item[i].claim] = FM_NONE;
	free(k->item);
	free(k->order);
	return better;
}

/* Places new claims anew where some found no room and others have one; true when any chassis
 * has a better placement now. */
bool fm_repack(struct fm_planner *p)
{
	uint32_t *claim = mr_xcalloc(p->todos + 1, sizeof(*claim));
	uint32_t *first = by_chassis(p, claim), hard = 0;
	struct fm_pack k = {.p = p};
	bool better = false;

	k.at = mr_xmalloc((p->d->claims + 1) * sizeof(*k.at));
	memset(k.at, 0xff, (p->d->claims + 1) * sizeof(*k.at));
	for (unsigned pass = 0; pass < 2; pass++)
		for (unsigned c = 0; c < p->world.n_chassis; c++) {
			unsigned n = first[c + 1] - first[c];
			unsigned left = pendings(p, claim + first[c], n);
			uint64_t share = hard ? BUDGET / hard : 0;

			if (!left || left == n)
				continue;
			if (!pass)
				hard++;
			else
				better |= pack_claims(&k, claim + first[c], n, c,
						      share > n * PER_CLAIM ? share
									    : n * PER_CLAIM);
		}
	free(k.at);
	free(first);
	free(claim);
	return better;
}
