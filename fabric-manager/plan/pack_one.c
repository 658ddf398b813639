/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A place for one claim that found none: by shifting (shift.c), by packing two PFs again
 * together with it, or by pushing out new claims of lower priority. Each look at a candidate is
 * taken from the attempt's budget. See pack.h.
 */
#include <stdlib.h>

#include "common/xalloc.h"
#include "fabric-manager/plan/pack.h"

#define PAIRS 60 /* PFs packed again, two at a time, for one claim */
#define OUT   64 /* claims pushed out for one */

static bool is_spent(struct fm_planner *p, uint64_t cands)
{
	p->budget -= p->budget < cands ? p->budget : cands;
	return !p->budget;
}

/* See pack.h. */
bool fm_pack_put(struct fm_pack *k, const struct fm_pack_item *it)
{
	struct fm_planner *p = k->p;
	struct fm_ask ask;
	struct fm_fit fit;

	is_spent(p, it->cands);
	if (!fm_place_ask(p, it->claim, &ask))
		return false;
	fm_rules_stamp(p, it->claim);
	if (!fm_place_scan(p, &ask, &fit))
		return false;
	fm_place_settle(p, it->claim, &fit, it->ident);
	return true;
}

static int size_cmp(const void *pa, const void *pb, void *arg)
{
	const struct fm_pack *k = arg;
	const struct fm_pack_item *a = &k->item[*(const uint32_t *)pa];
	const struct fm_pack_item *b = &k->item[*(const uint32_t *)pb];

	if (a->size != b->size)
		return a->size > b->size ? -1 : 1;
	return a->rank < b->rank ? -1 : 1;
}

/* Share of what is used of the PF by now, of whatever is scarcest there; 2^20 = all. */
static uint32_t fullness(const struct fm_unit *u)
{
	uint32_t most = u->sum ? u->sum->load : 0;

	for (unsigned r = 0; r < FM_RESOURCE_COUNT; r++) {
		uint64_t all = fm_unit_capacity(u, r);
		uint64_t share = all ? (u->held[r] << 20) / all : 0;

		most = share > most ? (uint32_t)share : most;
	}
	if (u->usable && ((uint32_t)u->used << 20) / u->usable > most)
		most = ((uint32_t)u->used << 20) / u->usable;
	return most;
}

/* PFs that the claim could be on, the emptiest first. Returns how many; the caller frees. */
static unsigned list_units(const struct fm_pack *k, const struct fm_pack_item *it,
			   uint32_t **ret)
{
	const struct fm_world *w = &k->p->world;
	uint32_t first, last, *u;
	struct fm_ask ask;
	unsigned n = 0;

	*ret = NULL;
	if (!fm_place_ask(k->p, it->claim, &ask))
		return 0;
	fm_place_cands(k->p, &ask, &first, &last);
	u = *ret = mr_xcalloc(last - first + 1, sizeof(*u));
	for (uint32_t c = first; c < last; c++) {
		uint32_t full = fullness(&w->unit[w->cand[c].unit]);
		unsigned at = n;

		if (n && u[n - 1] == w->cand[c].unit)
			continue; /* another part of the same PF */
		for (; at && fullness(&w->unit[u[at - 1]]) > full; at--)
			u[at] = u[at - 1];
		u[at] = w->cand[c].unit;
		n++;
	}
	return n;
}

/* Takes the items off a PF, appends them to 'list'. */
static unsigned clear(struct fm_pack *k, uint32_t unit, uint32_t *list, unsigned n)
{
	uint32_t i = k->p->world.unit[unit].claims;

	while (i != FM_NONE) {
		uint32_t next = k->p->next_new[i];

		if (k->at[i] != FM_NONE) {
			list[n++] = k->at[i];
			fm_place_unsettle(k->p, i);
		}
		i = next;
	}
	return n;
}

/* All of list[0..n) get places, wherever these are. */
static bool put_all(struct fm_pack *k, const uint32_t *list, unsigned n, enum fm_choice choice)
{
	bool ok = true;

	k->p->choice = choice;
	for (unsigned i = 0; i < n && ok; i++)
		ok = fm_pack_put(k, &k->item[list[i]]);
	k->p->choice = FM_CHOOSE_EVEN;
	return ok;
}

/* Packs PFs 'x' and 'y' again, together with the claim. */
static bool pack_two(struct fm_pack *k, const struct fm_pack_item *it, uint32_t x, uint32_t y)
{
	static const enum fm_choice choices[] = {FM_CHOOSE_EVEN, FM_CHOOSE_TIGHT};
	bool ok = false;

	for (unsigned c = 0; c < MR_ARRAY_SIZE(choices) && !ok; c++) {
		struct fm_trial_mark m = fm_trial_begin(k->p);
		unsigned n = clear(k, y, k->order, clear(k, x, k->order, 0));

		k->order[n++] = (uint32_t)(it - k->item);
		qsort_r(k->order, n, sizeof(*k->order), size_cmp, k);
		ok = put_all(k, k->order, n, choices[c]);
		fm_trial_end(k->p, m, ok);
	}
	return ok;
}

/* Two PFs after two, those first that have most room together. */
static bool pack_pairs(struct fm_pack *k, const struct fm_pack_item *it)
{
	uint32_t *unit;
	unsigned n = list_units(k, it, &unit), tries = 0;
	bool ok = false;

	for (unsigned sum = 1; sum < 2 * n && !ok; sum++)
		for (unsigned i = 0; 2 * i < sum && !ok; i++) {
			if (sum - i >= n)
				continue;
			if (tries++ == PAIRS || !k->p->budget) {
				free(unit);
				return false;
			}
			ok = pack_two(k, it, unit[i], unit[sum - i]);
		}
	free(unit);
	return ok;
}

/* A place by whatever takes none away from others. */
bool fm_pack_squeeze(struct fm_pack *k, const struct fm_pack_item *it)
{
	struct fm_planner *p = k->p;
	struct fm_ask ask;

	if (fm_pack_put(k, it))
		return true;
	if (!p->budget || !fm_place_ask(p, it->claim, &ask))
		return false;
	return fm_shift(p, it->claim, &ask, it->ident) || pack_pairs(k, it);
}

/* The new claim of the lowest priority below the item's on a PF, the largest of them. */
static uint32_t lowest(const struct fm_pack *k, const struct fm_pack_item *it, uint32_t unit)
{
	const struct fm_claim *claim = k->p->d->claim;
	uint32_t best = FM_NONE;

	for (uint32_t i = k->p->world.unit[unit].claims; i != FM_NONE; i = k->p->next_new[i]) {
		const struct fm_pack_item *a, *b;

		if (k->at[i] == FM_NONE || claim[i].atomic ||
		    claim[i].priority >= claim[it->claim].priority)
			continue;
		a = &k->item[k->at[i]];
		b = best == FM_NONE ? NULL : &k->item[best];
		if (!b || claim[i].priority < claim[b->claim].priority ||
		    (claim[i].priority == claim[b->claim].priority &&
		     (a->size > b->size || (a->size == b->size && a->rank > b->rank))))
			best = k->at[i];
	}
	return best;
}

/* Pushes claims of lower priority off the PF until the item fits. Returns how many, 0 = it does
 * not fit; '*ret_worth' is the highest priority of theirs. The trial is the caller's. */
static unsigned push_out(struct fm_pack *k, const struct fm_pack_item *it,
			 const struct fm_cand *c, uint32_t out[OUT], uint32_t *ret_worth)
{
	struct fm_planner *p = k->p;
	struct fm_ask ask;
	struct fm_fit fit;
	unsigned n = 0;

	*ret_worth = 0;
	fm_place_ask(p, it->claim, &ask);
	while (n < OUT) {
		uint32_t o = lowest(k, it, c->unit);

		if (o == FM_NONE || is_spent(p, 1))
			return 0;
		fm_place_unsettle(p, k->item[o].claim);
		out[n++] = o;
		if (p->d->claim[k->item[o].claim].priority > *ret_worth)
			*ret_worth = p->d->claim[k->item[o].claim].priority;
		fm_rules_stamp(p, it->claim);
		if (fm_fit_cand(&p->world, &ask, c, &fit))
			continue;
		fm_place_settle(p, it->claim, &fit, it->ident);
		return n;
	}
	return 0;
}

/* Takes the place of claims that are less important, where that costs least; these look for
 * others. */
bool fm_pack_oust(struct fm_pack *k, const struct fm_pack_item *it)
{
	struct fm_planner *p = k->p;
	uint32_t first, last, best = FM_NONE, worth, least = UINT32_MAX, out[OUT];
	unsigned n, fewest = UINT32_MAX;
	struct fm_ask ask;

	if (!p->budget || !fm_place_ask(p, it->claim, &ask))
		return false;
	fm_place_cands(p, &ask, &first, &last);
	for (uint32_t c = first; c < last; c++) {
		struct fm_trial_mark m = fm_trial_begin(p);

		n = push_out(k, it, &p->world.cand[c], out, &worth);
		fm_trial_end(p, m, false);
		if (!n || worth > least || (worth == least && n >= fewest))
			continue;
		best = c;
		least = worth;
		fewest = n;
	}
	if (best == FM_NONE)
		return false;
	n = push_out(k, it, &p->world.cand[best], out, &worth);
	for (unsigned i = 0; i < n; i++)
		fm_pack_squeeze(k, &k->item[out[i]]);
	return n > 0;
}
