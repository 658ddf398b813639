/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order of filling (POLICY, "Filling"): minima by priority descending, then name; after
 * them extras in rounds, the highest priority first, inside a priority the device with the
 * fewest extras, then by name. And the placement rules of each claim.
 */
#include <stdlib.h>
#include <string.h>

#include "common/xalloc.h"
#include "fabric-manager/plan/place.h"

/* What sorting needs of a claim. */
struct key {
	const struct fm_claim *claim;
	uint32_t at;
	uint32_t round; /* extras: how many of its device come before it */
};

/* By profile, device, index. */
int fm_order_names(const struct fm_claim *a, const struct fm_claim *b)
{
	int c = a->profile == b->profile ? 0 : strcmp(a->profile, b->profile);

	if (!c)
		c = a->device == b->device ? 0 : strcmp(a->device, b->device);
	return c ? c : (int)a->index - (int)b->index;
}

static int key_cmp(const void *pa, const void *pb)
{
	const struct key *a = pa, *b = pb;

	if (a->claim->extra != b->claim->extra)
		return a->claim->extra ? 1 : -1;
	if (a->claim->priority != b->claim->priority)
		return a->claim->priority > b->claim->priority ? -1 : 1;
	if (a->round != b->round)
		return a->round < b->round ? -1 : 1;
	return fm_order_names(a->claim, b->claim);
}

static bool same_device(const struct fm_claim *a, const struct fm_claim *b)
{
	return !strcmp(a->device, b->device) && !strcmp(a->profile, b->profile);
}

static void sort(struct key *key, unsigned n)
{
	for (unsigned i = 1; i < n; i++)
		if (key_cmp(&key[i - 1], &key[i]) > 0) {
			qsort(key, n, sizeof(*key), key_cmp);
			return;
		}
}

/* Fills 'order' and 'rank'. */
void fm_order_init(struct fm_planner *p)
{
	unsigned n = p->d->claims, extra = n;
	struct key *key = mr_xcalloc(n + 1, sizeof(*key));

	for (unsigned i = 0; i < n; i++)
		key[i] = (struct key){.claim = &p->d->claim[i], .at = i};
	sort(key, n);
	while (extra && key[extra - 1].claim->extra)
		extra--;
	for (unsigned i = extra + 1; i < n; i++)
		if (same_device(key[i - 1].claim, key[i].claim))
			key[i].round = key[i - 1].round + 1;
	sort(key + extra, n - extra);
	for (unsigned i = 0; i < n; i++) {
		p->order[i] = key[i].at;
		p->rank[key[i].at] = i;
	}
	free(key);
}

/* Whether claim 'x' is filled before 'y'. */
bool fm_order_before(const struct fm_planner *p, uint32_t x, uint32_t y)
{
	return p->rank[x] < p->rank[y];
}

static int todo_cmp(const void *a, const void *b, void *p)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x == y ? 0 : fm_order_before(p, x, y) ? -1 : 1;
}

/* Sorts what is open. */
void fm_order_todo(struct fm_planner *p)
{
	for (unsigned n = 1; n < p->todos; n++)
		if (fm_order_before(p, p->todo[n], p->todo[n - 1])) {
			qsort_r(p->todo, p->todos, sizeof(*p->todo), todo_cmp, p);
			return;
		}
}

/* Which round the extra 'i' belongs to. */
static uint32_t round_of(const struct fm_planner *p, unsigned i)
{
	const struct fm_claim *c = &p->d->claim[i];
	uint32_t n = 0;

	for (unsigned k = 0; c->extra && k < p->d->claims; k++) {
		const struct fm_claim *o = &p->d->claim[k];

		n += o->extra && o->index < c->index && same_device(o, c);
	}
	return n;
}

/* Puts claim 'i', the last one of the array, where it belongs. */
void fm_order_insert(struct fm_planner *p, unsigned i)
{
	struct key new = {&p->d->claim[i], i, round_of(p, i)};
	unsigned lo = 0, hi = i;

	while (lo < hi) {
		unsigned mid = lo + (hi - lo) / 2;
		struct key k = {&p->d->claim[p->order[mid]], p->order[mid], 0};

		if (new.claim->extra &&
		    k.claim->extra &&new.claim->priority == k.claim->priority)
			k.round = round_of(p, k.at);
		if (key_cmp(&k, &new) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	memmove(p->order + lo + 1, p->order + lo, (i - lo) * sizeof(*p->order));
	p->order[lo] = i;
	for (unsigned k = lo; k <= i; k++)
		p->rank[p->order[k]] = k;
}

/* The rules of each claim. */
void fm_order_rules(struct fm_planner *p)
{
	const struct fm_desired *d = p->d;
	size_t all = 0;
	uint32_t *at;

	free(p->rule_first);
	free(p->rule_of);
	p->rules = d->rules;
	p->spreads = 0;
	for (unsigned r = 0; r < d->rules; r++)
		p->spreads +=
			d->rule[r].type == FM_RULE_SPREAD || d->rule[r].type == FM_RULE_PACK;
	p->rule_first = mr_xcalloc(d->claims + 1, sizeof(uint32_t));
	for (unsigned r = 0; r < d->rules; r++)
		for (unsigned k = 0; k < d->rule[r].claims; k++, all++)
			p->rule_first[d->rule[r].claim[k] + 1]++;
	for (unsigned i = 0; i < d->claims; i++)
		p->rule_first[i + 1] += p->rule_first[i];
	p->rule_of = mr_xcalloc(all + 1, sizeof(uint32_t));
	at = mr_xmemdup(p->rule_first, (d->claims + 1) * sizeof(*at));
	for (unsigned r = 0; r < d->rules; r++)
		for (unsigned k = 0; k < d->rule[r].claims; k++)
			p->rule_of[at[d->rule[r].claim[k]]++] = r;
	free(at);
}
