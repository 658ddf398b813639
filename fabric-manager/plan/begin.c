/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The start of a plan: claims in the order of filling, current assignments matched to claims by
 * name, rules by claim, and everything that is held counted.
 */
#include <stdlib.h>
#include <string.h>

#include "common/xalloc.h"
#include "fabric-manager/plan/place.h"

/* POLICY, "Filling": priority descending, then name. */
static int order_cmp(const void *pa, const void *pb)
{
	const struct fm_claim *a = *(const struct fm_claim *const *)pa;
	const struct fm_claim *b = *(const struct fm_claim *const *)pb;
	int c;

	if (a->priority != b->priority)
		return a->priority > b->priority ? -1 : 1;
	c = a->profile == b->profile ? 0 : strcmp(a->profile, b->profile);
	if (!c)
		c = strcmp(a->device, b->device);
	return c ? c : (int)a->index - (int)b->index;
}

static void init_order(struct fm_planner *p)
{
	bool sorted = true;

	p->order = mr_xcalloc(p->d->claims + 1, sizeof(const struct fm_claim *));
	for (unsigned i = 0; i < p->d->claims; i++) {
		p->order[i] = &p->d->claim[i];
		sorted = sorted && (!i || order_cmp(&p->order[i - 1], &p->order[i]) <= 0);
	}
	if (!sorted)
		qsort(p->order, p->d->claims, sizeof(const struct fm_claim *), order_cmp);
}

/* ---- current assignments by name ---- */

static uint32_t name_hash(const char *profile, const char *device, unsigned index)
{
	uint64_t h = 14695981039346656037u;

	for (; *profile; profile++)
		h = (h ^ (uint8_t)*profile) * 1099511628211u;
	for (h = h * 31; *device; device++)
		h = (h ^ (uint8_t)*device) * 1099511628211u;
	h = (h ^ index) * UINT64_C(0x9e3779b97f4a7c15);
	return (uint32_t)(h >> 32);
}

/* Which of two assignments of the same claim stands for it: the one that is not on its way out,
 * that has a function, that is younger. */
static bool stands_before(const struct fm_assignment *a, const struct fm_assignment *b)
{
	if (a->going != b->going)
		return !a->going;
	if (a->has_fn != b->has_fn)
		return a->has_fn;
	return a->id > b->id;
}

static int32_t match(const struct fm_planner *p, const uint32_t *table, uint32_t mask,
		     const struct fm_claim *c)
{
	uint32_t h = name_hash(c->profile, c->device, c->index);
	int32_t best = -1;

	for (; table[h & mask]; h++) {
		uint32_t k = table[h & mask] - 1;
		const struct fm_assignment *a = p->in->current[k];

		if (a->index != c->index || !mr_streq(a->profile, c->profile) ||
		    !mr_streq(a->device, c->device))
			continue;
		if (best < 0 || stands_before(a, p->in->current[best]))
			best = (int32_t)k;
	}
	return best;
}

static void init_matches(struct fm_planner *p)
{
	uint32_t size = 16, *table;

	while (size < p->in->currents + p->in->currents / 2)
		size *= 2;
	table = mr_xcalloc(size, sizeof(*table));
	p->matched = mr_xcalloc(p->in->currents + 1, 1);
	for (unsigned k = 0; k < p->in->currents; k++) {
		const struct fm_assignment *a = p->in->current[k];
		uint32_t h = name_hash(a->profile, a->device, a->index);

		while (table[h & (size - 1)])
			h++;
		table[h & (size - 1)] = k + 1;
	}
	for (unsigned i = 0; i < p->d->claims; i++) {
		int32_t k = match(p, table, size - 1, &p->d->claim[i]);

		p->plan->placed[i].current = k;
		if (k >= 0)
			p->matched[k] = 1;
	}
	free(table);
}

/* ---- rules by claim ---- */

static void init_rules(struct fm_planner *p)
{
	const struct fm_desired *d = p->d;
	size_t all = 0;
	uint32_t *at;

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

static int key_cmp(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void init_bad(struct fm_planner *p)
{
	p->bad = mr_xcalloc(p->in->quarantineds + 1, sizeof(*p->bad));
	for (unsigned i = 0; i < p->in->quarantineds; i++)
		p->bad[i] = fm_fn_key(p->in->quarantined[i]);
	qsort(p->bad, p->in->quarantineds, sizeof(*p->bad), key_cmp);
}

/* Adapters on which one function after another had to be taken out of use. */
static void init_refusing(struct fm_planner *p)
{
	for (unsigned i = 0; i < p->in->refusings; i++) {
		const struct fm_refusing *r = &p->in->refusing[i];

		for (unsigned k = 0; k < p->world.adapters; k++) {
			struct fm_unit_adapter *a = &p->world.adapter[k];

			if (r->in_row >= FM_REFUSALS_MAX && a->chassis == r->chassis &&
			    a->a->port == r->port)
				a->refusing = r;
		}
	}
}

/* ---- what is held ---- */

/* What current assignment 'k' uses. In quarantine a function is used and promises nothing. */
bool fm_planner_use(const struct fm_planner *p, int32_t k, struct fm_use *ret)
{
	const struct fm_assignment *a = p->in->current[k];
	struct fm_use u = {.way = a->place.way, .bridge = a->place.bridge};
	bool counts = a->phase != FM_PHASE_QUARANTINED;

	if (!a->has_fn || a->phase == FM_PHASE_RELEASED)
		return false;
	u.unit = fm_world_unit(&p->world, a->fn, &u.vf);
	if (u.unit == FM_NONE)
		return false;
	u.host = u.sharer = fm_world_host(&p->world, a->chassis, a->place.port);
	if (u.way == FM_WAY_NONE)
		u.bridge = FM_NO_BRIDGE;
	u.guaranteed = counts ? a->guaranteed_mbps : 0;
	u.limit = a->limit_mbps;
	*ret = u;
	return true;
}

/* What placed claim 'i' uses on the function that it got. */
struct fm_use fm_planner_placed_use(const struct fm_planner *p, unsigned i)
{
	const struct fm_placed *pl = &p->plan->placed[i];
	const struct fm_claim *c = &p->d->claim[i];
	struct fm_use u = {.way = pl->place.way,
			   .bridge = pl->place.bridge,
			   .guaranteed = c->guaranteed_mbps,
			   .limit = c->limit_mbps,
			   .exclusive = fm_planner_exclusive(p, i)};

	u.unit = fm_world_unit(&p->world, pl->fn, &u.vf);
	u.host = u.sharer =
		fm_world_host(&p->world, p->d->host[c->host].chassis, pl->place.port);
	return u;
}

/* An assignment that moves counts for `share: exclusive` where it is going to, or two functions
 * of one exclusive adapter would wait for each other. */
static void take_matched(struct fm_planner *p, unsigned i)
{
	const struct fm_claim *c = &p->d->claim[i];
	struct fm_use u;

	if (p->plan->placed[i].current < 0 ||
	    !fm_planner_use(p, p->plan->placed[i].current, &u))
		return;
	u.exclusive = fm_planner_exclusive(p, i);
	if (c->host != FM_WHOLE)
		u.sharer = fm_world_host(&p->world, p->d->host[c->host].chassis,
					 p->d->host[c->host].port);
	fm_world_take(&p->world, &u);
}

static void take_currents(struct fm_planner *p)
{
	struct fm_use u;

	for (unsigned i = 0; i < p->d->claims; i++)
		take_matched(p, i);
	for (unsigned k = 0; k < p->in->currents; k++) {
		if (p->matched[k] || !fm_planner_use(p, (int32_t)k, &u))
			continue;
		fm_world_take(&p->world, &u);
		p->world.unit[u.unit].leaving++;
	}
}

/* Fills 'p'; 'plan' has its 'placed' array, zeroed. */
void fm_planner_init(struct fm_planner *p, const struct fm_plan_input *in, struct fm_plan *plan)
{
	*p = (struct fm_planner){.in = in, .d = in->desired, .plan = plan};
	p->stay = mr_xcalloc(p->d->claims + 1, 1);
	fm_world_init(&p->world, in);
	init_order(p);
	init_matches(p);
	init_rules(p);
	init_bad(p);
	init_refusing(p);
	take_currents(p);
	fm_world_provision(&p->world);
	fm_idents_init(&p->idents, &p->world, plan);
}

/* Frees what 'p' owns; the plan stays. */
void fm_planner_done(struct fm_planner *p)
{
	fm_world_done(&p->world);
	fm_idents_done(&p->idents);
	free(p->order);
	free(p->stay);
	free(p->matched);
	free(p->bad);
	free(p->rule_first);
	free(p->rule_of);
}
