/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Room by shifting: a claim that finds no place free takes the one of claims that were placed
 * in this plan and run nowhere yet, if these find other places, themselves by shifting where
 * need be (bounded ejection chains). Where its host lacks a bridge, what is new there is placed
 * anew together with it, so that more of it rides behind the same bridges. Nobody that has a
 * place loses it; nothing that runs moves.
 */
#include <stdlib.h>

#include "fabric-manager/plan/place.h"

#define DEPTH	  3	 /* of a chain */
#define WIDTH	  4	 /* claims ejected for one */
#define TRIES	  3	 /* claims tried first for one place */
#define HOST_MOST 64	 /* claims of a host that are placed anew */
#define BUDGET	  100000 /* candidates looked at for one claim */

struct chain {
	struct fm_planner *p;
	uint32_t tabu[DEPTH * WIDTH + 1]; /* already part of it */
	unsigned tabus;
	uint64_t budget; /* candidates that may still be looked at */
};

static void spend(struct chain *ch, uint64_t candidates)
{
	ch->budget -= ch->budget < candidates ? ch->budget : candidates;
}

static bool is_tabu(const struct chain *c, uint32_t i)
{
	for (unsigned k = 0; k < c->tabus; k++)
		if (c->tabu[k] == i)
			return true;
	return false;
}

/* What one claim takes of what another one lacks. */
static uint64_t weight(const struct fm_planner *p, const struct fm_unit *u, uint32_t i,
		       enum fm_drop d, enum fm_resource r)
{
	const struct fm_demand *demand = fm_place_demand(p, i);
	const struct fm_claim *c = &p->d->claim[i];

	switch (d) {
	case FM_DROP_GUARANTEE:
	case FM_DROP_LINK:
		return fm_unit_promise(u, c->guaranteed_mbps);
	case FM_DROP_LIMIT:
		return c->limit_mbps ? fm_unit_over(u, c->limit_mbps, c->guaranteed_mbps)
				     : UINT32_MAX;
	case FM_DROP_RESOURCE:
		return demand && r < FM_RESOURCE_COUNT ? fm_unit_charge(u, r, demand->amount[r])
						       : 0;
	default:
		return 1;
	}
}

/* How much is missing on the candidate. */
static uint64_t missing(const struct fm_planner *p, const struct fm_ask *ask,
			const struct fm_cand *c, enum fm_drop d, enum fm_resource r)
{
	const struct fm_unit *u = &p->world.unit[c->unit];
	const struct fm_link *l = &p->world.adapter[u->adapter].link;
	struct fm_use to;

	fm_fit_rates(u, ask->claim, &to);
	switch (d) {
	case FM_DROP_GUARANTEE:
		return u->sum->guaranteed + to.guaranteed - u->sum->e->guaranteed_max_mbps;
	case FM_DROP_LINK:
		return l->guaranteed + to.guaranteed - l->max;
	case FM_DROP_LIMIT:
		return u->sum->limit + fm_unit_limit(u, to.limit) - u->sum->e->limit_max_mbps;
	case FM_DROP_RESOURCE:
		return r < FM_RESOURCE_COUNT
			       ? u->held[r] + fm_unit_charge(u, r, ask->demand->amount[r]) -
					 fm_unit_capacity(u, r)
			       : 0;
	default:
		return 1;
	}
}

static bool can_shift(enum fm_drop d)
{
	return d == FM_DROP_FULL || d == FM_DROP_GUARANTEE || d == FM_DROP_LIMIT ||
	       d == FM_DROP_LINK || d == FM_DROP_RESOURCE;
}

/* It needs a bridge of its host wherever it goes, or another one to ride with. */
static bool rides(const struct fm_planner *p, uint32_t i)
{
	return p->plan->placed[i].place.way == FM_WAY_LVF;
}

/* Whether ejecting 'a' is better than 'b' when 'lack' is missing: the smallest that is enough,
 * else the largest; then by name. */
static bool goes_first(const struct fm_planner *p, uint32_t a, uint64_t wa, uint32_t b,
		       uint64_t wb, uint64_t lack)
{
	if ((wa >= lack) != (wb >= lack))
		return wa >= lack;
	if (wa != wb)
		return wa >= lack ? wa < wb : wa > wb;
	if (rides(p, a) != rides(p, b))
		return rides(p, b);
	return fm_order_names(&p->d->claim[a], &p->d->claim[b]) < 0;
}

/* The claim to eject from candidate 'c', the n-th best; FM_NONE when there is none. Those of
 * the PFs that share the port count where bandwidth is missing, those of the adapter where its
 * link binds. */
static uint32_t pick(const struct chain *ch, const struct fm_ask *ask, const struct fm_cand *c,
		     enum fm_drop d, uint32_t after)
{
	const struct fm_planner *p = ch->p;
	const struct fm_world *w = &p->world;
	const struct fm_unit *u = &w->unit[c->unit];
	const struct fm_unit_adapter *a = &w->adapter[u->adapter];
	enum fm_resource r = ask->demand ? fm_fit_demand(u, ask->demand) : FM_RESOURCE_COUNT;
	uint64_t lack = missing(p, ask, c, d, r), wbest = 0, wafter = 0;
	uint32_t best = FM_NONE;

	if (after != FM_NONE)
		wafter = weight(p, u, after, d, r);
	for (uint32_t x = a->unit; x < a->unit + a->units; x++) {
		bool here = x == c->unit || d == FM_DROP_LINK ||
			    ((d == FM_DROP_GUARANTEE || d == FM_DROP_LIMIT) &&
			     w->unit[x].sum == u->sum);

		for (uint32_t i = w->unit[x].claims; here && i != FM_NONE; i = p->next_new[i]) {
			uint64_t wi = weight(p, u, i, d, r);

			if (!wi || is_tabu(ch, i) || p->plan->placed[i].same_fn ||
			    (after != FM_NONE &&
			     (i == after || goes_first(p, i, wi, after, wafter, lack))))
				continue;
			if (best != FM_NONE && !goes_first(p, i, wi, best, wbest, lack))
				continue;
			best = i;
			wbest = wi;
		}
	}
	return best;
}

static bool push(struct chain *ch, unsigned i, const struct fm_ask *ask,
		 const struct mr_ident ident[FM_IDENTS], unsigned depth);

/* Another place for claim 'i', which was ejected. */
static bool push_again(struct chain *ch, unsigned i, unsigned depth)
{
	struct fm_planner *p = ch->p;
	struct mr_ident ident[FM_IDENTS];
	struct fm_ask ask;

	for (unsigned k = 0; k < FM_IDENTS; k++)
		ident[k] = fm_placed_ident(&p->d->claim[i], &p->plan->placed[i], k);
	return fm_place_ask(p, i, &ask) && push(ch, i, &ask, ident, depth);
}

/* Takes candidate 'c' for claim 'i', from 'first' and as many others as it takes, and finds
 * places for these. */
static bool eject(struct chain *ch, unsigned i, const struct fm_ask *ask,
		  const struct mr_ident ident[FM_IDENTS], const struct fm_cand *c,
		  uint32_t first, unsigned depth)
{
	struct fm_planner *p = ch->p;
	uint32_t out[WIDTH], next = first;
	unsigned n = 0, tabus = ch->tabus;
	struct fm_fit fit;
	enum fm_drop d = FM_DROP_FULL;
	bool ok = true;

	while (n < WIDTH && next != FM_NONE && d) {
		fm_place_unsettle(p, next);
		out[n++] = ch->tabu[ch->tabus++] = next;
		d = fm_fit_cand(&p->world, ask, c, &fit);
		next = can_shift(d) ? pick(ch, ask, c, d, FM_NONE) : FM_NONE;
	}
	if (!d) {
		fm_place_settle(p, i, &fit, ident);
		for (unsigned k = 0; k < n && ok; k++)
			ok = push_again(ch, out[k], depth - 1);
	}
	ch->tabus = tabus;
	return !d && ok;
}

/* Claim 'i' gets a place; false with everything as it was. */
static bool push(struct chain *ch, unsigned i, const struct fm_ask *ask,
		 const struct mr_ident ident[FM_IDENTS], unsigned depth)
{
	struct fm_planner *p = ch->p;
	uint32_t first, last;
	struct fm_fit fit;

	fm_place_cands(p, ask, &first, &last);
	spend(ch, last - first);
	fm_rules_stamp(p, i);
	if (fm_place_scan(p, ask, &fit)) {
		fm_place_settle(p, i, &fit, ident);
		return true;
	}
	if (!depth || ch->tabus + WIDTH > DEPTH * WIDTH)
		return false;
	for (uint32_t k = first; k < last && ch->budget; k++) {
		const struct fm_cand *c = &p->world.cand[k];
		enum fm_drop d;
		uint32_t out = FM_NONE;

		fm_rules_stamp(p, i);
		d = fm_fit_cand(&p->world, ask, c, &fit);
		for (unsigned n = 0; n < TRIES && can_shift(d) && ch->budget; n++) {
			struct fm_trial_mark m;
			bool ok;

			out = pick(ch, ask, c, d, out);
			if (out == FM_NONE)
				break;
			m = fm_trial_begin(p);
			ok = eject(ch, i, ask, ident, c, out, depth);
			fm_trial_end(p, m, ok);
			if (ok)
				return true;
			fm_rules_stamp(p, i);
		}
	}
	return false;
}

/* ---- claims of one host ---- */

/* Whether the host has no bridge, or no device VH, for a PF where the claim fits otherwise. */
static bool lacks_way(const struct fm_planner *p, const struct fm_ask *ask)
{
	uint32_t first, last;
	struct fm_fit fit;

	fm_place_cands(p, ask, &first, &last);
	for (uint32_t k = first; k < last; k++) {
		enum fm_drop d = fm_fit_cand(&p->world, ask, &p->world.cand[k], &fit);

		if (d == FM_DROP_BRIDGES || d == FM_DROP_VHS)
			return true;
	}
	return false;
}

/* The new claims of the host, list[n] and on; HOST_MOST at most. */
static unsigned list_host(const struct fm_planner *p, const struct fm_ask *ask, uint32_t *list,
			  unsigned n)
{
	const struct fm_world *w = &p->world;
	const struct fm_world_chassis *c = &w->chassis[w->host[ask->host].chassis];
	uint32_t last = c->adapter + c->adapters;

	for (uint32_t a = c->adapter; a < last; a++) {
		uint32_t end = w->adapter[a].unit + w->adapter[a].units;

		for (uint32_t u = w->adapter[a].unit; u < end; u++)
			for (uint32_t i = w->unit[u].claims; i != FM_NONE && n < HOST_MOST;
			     i = p->next_new[i])
				if (p->d->claim[i].host == ask->claim->host &&
				    !p->plan->placed[i].same_fn && !fm_rearranged(p, i))
					list[n++] = i;
	}
	return n;
}

/* Candidates of a claim. */
static unsigned reach(const struct fm_planner *p, uint32_t i)
{
	uint32_t first, last;
	struct fm_ask ask;

	if (!fm_place_ask(p, i, &ask))
		return 0;
	fm_place_cands(p, &ask, &first, &last);
	return last - first;
}

/* Large ones first. */
static int size_cmp(const void *pa, const void *pb, void *arg)
{
	const struct fm_planner *p = arg;
	uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;

	if (p->d->claim[a].guaranteed_mbps != p->d->claim[b].guaranteed_mbps)
		return p->d->claim[a].guaranteed_mbps > p->d->claim[b].guaranteed_mbps ? -1 : 1;
	return p->rank[a] < p->rank[b] ? -1 : p->rank[a] > p->rank[b];
}

/* Those with few candidates first: others can follow them. */
static int reach_cmp(const void *pa, const void *pb, void *arg)
{
	const struct fm_planner *p = arg;
	unsigned a = reach(p, *(const uint32_t *)pa), b = reach(p, *(const uint32_t *)pb);

	return a != b ? (a < b ? -1 : 1) : size_cmp(pa, pb, arg);
}

/* Places for all of list[0..n), of which one is 'i'. */
static bool push_all(struct chain *ch, const uint32_t *list, unsigned n, unsigned i,
		     const struct fm_ask *ask, const struct mr_ident ident[FM_IDENTS],
		     unsigned depth)
{
	bool ok = true;

	for (unsigned k = 0; k < n && ok && ch->budget; k++)
		ok = list[k] == i ? push(ch, i, ask, ident, depth)
				  : push_again(ch, list[k], depth);
	return ok && ch->budget;
}

/* Places the new claims of the host anew together with 'i', so that they need fewer bridges. */
static bool push_host(struct chain *ch, unsigned i, const struct fm_ask *ask,
		      const struct mr_ident ident[FM_IDENTS])
{
	struct fm_planner *p = ch->p;
	enum fm_choice was = p->choice;
	uint32_t list[HOST_MOST] = {i};
	unsigned n;
	bool ok = false;

	fm_rules_stamp(p, i);
	if (!lacks_way(p, ask))
		return false;
	n = list_host(p, ask, list, 1);
	p->choice = FM_CHOOSE_RIDE;
	for (unsigned s = 0; s < 4 && !ok && n > 1; s++) {
		struct fm_trial_mark m = fm_trial_begin(p);

		for (unsigned k = 0; k < n; k++)
			if (list[k] != i)
				fm_place_unsettle(p, list[k]);
		qsort_r(list, n, sizeof(*list), s % 2 ? reach_cmp : size_cmp, p);
		ok = push_all(ch, list, n, i, ask, ident, s / 2);
		fm_trial_end(p, m, ok);
	}
	p->choice = was;
	return ok;
}

/* Claim 'i', which found no place free, gets one by shifting others that are new. */
bool fm_shift(struct fm_planner *p, unsigned i, const struct fm_ask *ask,
	      const struct mr_ident ident[FM_IDENTS])
{
	uint64_t budget = p->budget < BUDGET ? p->budget : BUDGET;
	struct chain ch = {.p = p, .tabu = {i}, .tabus = 1, .budget = budget};
	bool ok = false;

	for (unsigned depth = 1; depth <= DEPTH && ch.budget && !ok; depth++) {
		if (depth == 2)
			ok = push_host(&ch, i, ask, ident);
		ok = ok || push(&ch, i, ask, ident, depth);
	}
	p->budget -= budget - ch.budget;
	p->shifted |= ok;
	return ok;
}
