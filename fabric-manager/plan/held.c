/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is true before a plan decides anything: current assignments matched to claims by name,
 * and everything that they hold counted. A change of one assignment or adapter makes only the
 * adapters and hosts that it touches anew, and opens the claims that stand there.
 */
#include <stdlib.h>
#include <string.h>

#include "common/xalloc.h"
#include "fabric-manager/plan/place.h"
/* ---- by name ---- */

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

static uint32_t *table_new(unsigned entries, uint32_t *ret_mask)
{
	uint32_t size = 16;

	while (size < entries + entries / 2)
		size *= 2;
	*ret_mask = size - 1;
	return mr_xcalloc(size, sizeof(uint32_t));
}

static void table_add(uint32_t *table, uint32_t mask, uint32_t hash, uint32_t at)
{
	while (table[hash & mask])
		hash++;
	table[hash & mask] = at + 1;
}

static void add_name(struct fm_planner *p, unsigned k)
{
	const struct fm_assignment *a = p->in->current[k];

	if (a)
		table_add(p->by_name, p->name_mask, name_hash(a->profile, a->device, a->index),
			  k);
}

/* Entries of assignments that went stay until the table is made anew; who looks something up
 * compares names. */
static void init_names(struct fm_planner *p)
{
	free(p->by_name);
	p->names = p->in->currents;
	p->by_name = table_new(p->in->currents + p->in->currents / 3 + 16, &p->name_mask);
	for (unsigned k = 0; k < p->in->currents; k++)
		add_name(p, k);
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

static int32_t match(const struct fm_planner *p, const struct fm_claim *c)
{
	uint32_t h = name_hash(c->profile, c->device, c->index);
	int32_t best = -1;

	for (; p->by_name[h & p->name_mask]; h++) {
		uint32_t k = p->by_name[h & p->name_mask] - 1;
		const struct fm_assignment *a = k < p->in->currents ? p->in->current[k] : NULL;

		if (!a || a->index != c->index || !mr_streq(a->profile, c->profile) ||
		    !mr_streq(a->device, c->device))
			continue;
		if (best < 0 || stands_before(a, p->in->current[best]))
			best = (int32_t)k;
	}
	return best;
}

static void init_claim_names(struct fm_planner *p)
{
	p->claim_by_name = table_new(p->d->claims + p->d->claims / 4 + 16, &p->claim_mask);
	for (unsigned i = 0; i < p->d->claims; i++) {
		const struct fm_claim *c = &p->d->claim[i];

		table_add(p->claim_by_name, p->claim_mask,
			  name_hash(c->profile, c->device, c->index), i);
	}
}

/* The claim of that name, FM_NONE when there is none. */
uint32_t fm_held_claim_of(struct fm_planner *p, const char *profile, const char *device,
			  unsigned index)
{
	uint32_t h = name_hash(profile, device, index);

	if (!p->claim_by_name)
		init_claim_names(p);
	for (; p->claim_by_name[h & p->claim_mask]; h++) {
		uint32_t i = p->claim_by_name[h & p->claim_mask] - 1;
		const struct fm_claim *c = &p->d->claim[i];

		if (index == c->index && mr_streq(profile, c->profile) &&
		    mr_streq(device, c->device))
			return i;
	}
	return FM_NONE;
}

/* ---- what is held ---- */

/* What the function is set to; what it can't be set to is the claim's (fm_held_demand). */
static void set_to(struct fm_held *h, const struct fm_attrs *at)
{
	h->msix = at->msix;
	h->queues = at->queues;
	h->framebuffer = at->device_class == MR_CLASS_GPU ? at->gpu.framebuffer_mib : 0;
}

/* See place.h. */
struct fm_demand fm_held_demand(const struct fm_planner *p, const struct fm_held *h)
{
	const struct fm_pf *hw = p->world.unit[h->unit].hw;
	const struct fm_demand *wants =
		h->claim < 0 ? NULL : fm_place_demand(p, (unsigned)h->claim);
	struct fm_demand d = {.amount = {[FM_RESOURCE_MSIX] = h->msix,
					 [FM_RESOURCE_QUEUES] = h->queues,
					 [FM_RESOURCE_FRAMEBUFFER] = h->framebuffer}};

	for (unsigned r = 0; r < FM_RESOURCE_COUNT; r++) /* what no register says */
		if (!hw->amount[r].max || r == FM_RESOURCE_STORAGE)
			d.amount[r] = wants ? wants->amount[r] : 0;
	return d;
}

/* What is promised: a guarantee that was lowered is free when it was read back (I3). */
static uint64_t promised(const struct fm_world *w, uint32_t unit, const struct fm_assignment *a)
{
	uint64_t rounded = fm_unit_promise(&w->unit[unit], a->guaranteed_mbps);

	return a->attrs.min_mbps > rounded ? a->attrs.min_mbps : rounded;
}

/* In quarantine a function is used and promises nothing. */
static void hold(struct fm_planner *p, unsigned k)
{
	const struct fm_assignment *a = p->in->current[k];
	struct fm_held *h = &p->held[k];
	bool counts = a && a->phase != FM_PHASE_QUARANTINED;

	h->unit = h->host = FM_NONE;
	h->rides = a && a->rides;
	if (!a)
		return;
	h->ident[0] = a->attrs.ident0;
	h->ident[1] = a->attrs.ident1;
	if (!a->has_fn || a->phase == FM_PHASE_RELEASED)
		return;
	h->unit = fm_world_unit(&p->world, a->fn, &h->vf);
	if (h->unit == FM_NONE)
		return;
	h->host = fm_world_host(&p->world, a->chassis, a->place.port);
	h->way = (uint8_t)a->place.way;
	h->bridge = a->place.way == FM_WAY_NONE ? FM_NO_BRIDGE : a->place.bridge;
	set_to(h, &a->attrs);
	h->guaranteed = counts ? promised(&p->world, h->unit, a) : 0;
	h->limit = fm_unit_over(&p->world.unit[h->unit], a->limit_mbps, a->guaranteed_mbps);
}

/* What current assignment 'k' uses. One that moves counts for `share: exclusive` where it is
 * going to, or two functions of one exclusive adapter would wait for each other. */
bool fm_held_use(const struct fm_planner *p, int32_t k, struct fm_use *ret)
{
	const struct fm_held *h = k < 0 ? NULL : &p->held[k];
	const struct fm_claim *c;

	if (!h || h->unit == FM_NONE)
		return false;
	*ret = (struct fm_use){.unit = h->unit,
			       .vf = h->vf,
			       .host = h->host,
			       .sharer = h->host == FM_NONE ? FM_NONE
							    : p->world.host[h->host].lead,
			       .way = (enum fm_way)h->way,
			       .bridge = h->bridge,
			       .guaranteed = h->guaranteed,
			       .limit = h->limit,
			       .demand = fm_held_demand(p, h),
			       .rides = h->rides};
	if (h->claim < 0)
		return true;
	c = &p->d->claim[h->claim];
	ret->exclusive = fm_place_exclusive(p, (unsigned)h->claim);
	if (c->host != FM_WHOLE)
		ret->sharer = fm_place_lead(p, c->host);
	return true;
}

static void link_held(struct fm_planner *p, unsigned k)
{
	struct fm_held *h = &p->held[k];
	uint32_t *first;

	if (h->unit == FM_NONE)
		return;
	first = &p->world.adapter[p->world.unit[h->unit].adapter].held;
	h->next_adapter = *first;
	*first = k;
	if (h->host == FM_NONE)
		return;
	h->next_host = p->world.host[h->host].held;
	p->world.host[h->host].held = k;
}

static void unlink_held(struct fm_planner *p, unsigned k)
{
	struct fm_held *h = &p->held[k];
	uint32_t *at;

	if (h->unit == FM_NONE)
		return;
	at = &p->world.adapter[p->world.unit[h->unit].adapter].held;
	while (*at != k)
		at = &p->held[*at].next_adapter;
	*at = h->next_adapter;
	if (h->host == FM_NONE)
		return;
	at = &p->world.host[h->host].held;
	while (*at != k)
		at = &p->held[*at].next_host;
	*at = h->next_host;
}

/* Assignments that no document wants are listed. */
void fm_held_set_loose(struct fm_planner *p, unsigned k)
{
	if (p->held[k].claim >= 0 || p->held[k].loose || k >= p->in->currents ||
	    !p->in->current[k])
		return;
	p->held[k].loose = true;
	MR_GROW(p->loose, p->looses, p->cap_loose);
	p->loose[p->looses++] = k;
}

static void grow_held(struct fm_planner *p)
{
	unsigned had = p->cap_held;

	if (p->in->currents <= had)
		return;
	p->cap_held = p->in->currents + (had ? p->in->currents / 4 : 0);
	p->held = mr_xrealloc(p->held, p->cap_held + 1, sizeof(*p->held));
	for (unsigned k = had; k < p->cap_held; k++)
		p->held[k] = (struct fm_held){.unit = FM_NONE, .host = FM_NONE, .claim = -1};
}

static void init_held(struct fm_planner *p)
{
	struct fm_use u;

	grow_held(p);
	p->helds = p->in->currents;
	for (unsigned i = 0; i < p->d->claims; i++) {
		int32_t k = p->helds ? match(p, &p->d->claim[i]) : -1;

		p->plan->placed[i].current = k;
		if (k >= 0)
			p->held[k].claim = (int32_t)i;
	}
	for (unsigned k = 0; k < p->helds; k++) {
		hold(p, k);
		link_held(p, k);
		fm_held_set_loose(p, k);
		if (!fm_held_use(p, (int32_t)k, &u))
			continue;
		fm_world_take(&p->world, &u);
		p->world.unit[u.unit].leaving += fm_held_leaves(p, k);
		p->leaving += fm_held_leaves(p, k);
	}
}

/* ---- claims ---- */

void fm_held_grow(struct fm_planner *p)
{
	unsigned n = p->cap_claims;

	if (p->d->claims <= n)
		return;
	n = n ? p->d->claims + p->d->claims / 4 : p->d->claims;
	p->order = mr_xrealloc(p->order, n + 1, sizeof(*p->order));
	p->rank = mr_xrealloc(p->rank, n + 1, sizeof(*p->rank));
	p->stay = mr_xrealloc(p->stay, n + 1, sizeof(*p->stay));
	p->open = mr_xrealloc(p->open, n + 1, sizeof(*p->open));
	p->next_new = mr_xrealloc(p->next_new, n + 1, sizeof(*p->next_new));
	p->plan->placed = mr_xrealloc(p->plan->placed, n + 1, sizeof(*p->plan->placed));
	for (unsigned i = p->cap_claims; i < n; i++) {
		p->stay[i] = FM_STAY_NEW;
		p->open[i] = 0;
		p->plan->placed[i] = (struct fm_placed){.current = -1};
	}
	free(p->taker);
	p->taker = NULL;
	p->cap_claims = n;
}

/* Opens claim 'i': the next plan looks at it, or the one that is being made. */
void fm_held_open(struct fm_planner *p, unsigned i)
{
	unsigned lo = p->planned ? 0 : p->todos, hi = p->todos; /* a plan begins with a sort */

	if (p->open[i])
		return;
	p->open[i] = FM_OPEN;
	while (lo < hi) {
		unsigned mid = lo + (hi - lo) / 2;

		if (fm_order_before(p, p->todo[mid], i))
			lo = mid + 1;
		else
			hi = mid;
	}
	MR_GROW(p->todo, p->todos, p->cap_todo);
	memmove(p->todo + lo + 1, p->todo + lo, (p->todos - lo) * sizeof(*p->todo));
	p->todo[lo] = i;
	p->todos++;
}

/* Claim 'i' as it is before a plan looks at it. */
void fm_held_clear(struct fm_planner *p, unsigned i)
{
	struct fm_placed *pl = &p->plan->placed[i];

	free(pl->detail);
	*pl = (struct fm_placed){.current = pl->current};
}

/* Back to the base; texts of the plan that was made are gone with it. */
void fm_held_undo(struct fm_planner *p)
{
	for (unsigned n = 0; n < p->todos; n++)
		free(p->plan->placed[p->todo[n]].detail);
	fm_journal_undo(&p->world.journal, 0);
	for (unsigned n = 0; n < p->todos; n++)
		p->plan->placed[p->todo[n]].detail = NULL;
}

static void open_all(struct fm_planner *p)
{
	p->todo = mr_xcalloc(p->d->claims + 1, sizeof(*p->todo));
	p->cap_todo = p->d->claims + 1;
	p->todos = p->d->claims;
	if (!p->todos)
		return; /* no claim, no order: memcpy() takes no null */
	memcpy(p->todo, p->order, p->todos * sizeof(*p->todo));
	memset(p->open, FM_OPEN, p->todos);
}

/* ---- start and end ---- */

/* Everything up to the first decision; every claim is open. */
void fm_held_init(struct fm_planner *p, const struct fm_plan_input *in, struct fm_plan *plan)
{
	*p = (struct fm_planner){.in = in, .d = in->desired, .plan = plan};
	fm_held_grow(p);
	plan->claims = p->d->claims;
	fm_world_init(&p->world, in);
	fm_held_spares(p);
	fm_order_init(p);
	fm_order_rules(p);
	init_names(p);
	init_held(p);
	open_all(p);
	fm_idents_init(&p->idents, &p->world, plan);
}

/* Frees what 'p' owns; the plan stays. */
void fm_held_done(struct fm_planner *p)
{
	fm_world_done(&p->world);
	fm_idents_done(&p->idents);
	fm_sums_drop(p);
	free(p->order);
	free(p->rank);
	free(p->stay);
	free(p->open);
	free(p->next_new);
	free(p->todo);
	free(p->taker);
	free(p->aim);
	fm_aim_free(p->next);
	free(p->rule_first);
	free(p->rule_of);
	free(p->held);
	free(p->bad);
	free(p->loose);
	free(p->by_name);
	free(p->claim_by_name);
	free(p->touched_adapter);
	free(p->touched_host);
}

/* ---- changes ---- */

/* The adapter and the host of current assignment 'k' (-1: none). */
void fm_held_touch(struct fm_planner *p, int32_t k)
{
	const struct fm_held *h = k < 0 ? NULL : &p->held[k];

	if (!h || h->unit == FM_NONE)
		return;
	fm_held_touch_adapter(p, p->world.unit[h->unit].adapter);
	if (h->host != FM_NONE)
		fm_held_touch_host(p, h->host);
}

/* Opens those that a placement rule or a pair ties to claim 'i'. */
void fm_held_open_tied(struct fm_planner *p, unsigned i)
{
	unsigned pair = p->d->claim[i].pair;

	fm_held_open(p, i);
	for (uint32_t n = p->rule_first[i]; n < p->rule_first[i + 1]; n++) {
		const struct fm_rule *r = &p->d->rule[p->rule_of[n]];

		for (unsigned k = 0; k < r->claims; k++)
			fm_held_open(p, r->claim[k]);
	}
	if (pair && pair <= p->d->pairs) {
		fm_held_open(p, p->d->pair[pair - 1].primary);
		fm_held_open(p, p->d->pair[pair - 1].secondary);
	}
}

/* The same of one claim; returns the claim that the assignment stood for until now, which has
 * another one or none, or FM_NONE. */
static uint32_t rematch_one(struct fm_planner *p, unsigned i)
{
	struct fm_placed *pl = &p->plan->placed[i];
	int32_t k = match(p, &p->d->claim[i]), had;

	fm_held_open_tied(p, i);
	if (k == pl->current)
		return FM_NONE;
	fm_held_touch(p, pl->current);
	/* two that change places: the other claim may have it already */
	if (pl->current >= 0 && p->held[pl->current].claim == (int32_t)i) {
		p->held[pl->current].claim = -1;
		fm_held_set_loose(p, (unsigned)pl->current);
	}
	pl->current = k;
	if (k < 0)
		return FM_NONE;
	had = p->held[k].claim;
	p->held[k].claim = (int32_t)i;
	fm_held_touch(p, k);
	return had >= 0 && p->plan->placed[had].current == k ? (uint32_t)had : FM_NONE;
}

/* Which assignment stands for claim 'i' now. */
void fm_held_rematch(struct fm_planner *p, unsigned i)
{
	for (uint32_t next = i; next != FM_NONE;)
		next = rematch_one(p, next);
}

/* Current assignment 'k' is new, other than it was, or NULL. */
void fm_held_current(struct fm_planner *p, unsigned k)
{
	const struct fm_assignment *a;
	uint32_t i;

	grow_held(p);
	if (p->helds < p->in->currents)
		p->helds = p->in->currents;
	if (k >= p->helds)
		return;
	a = k < p->in->currents ? p->in->current[k] : NULL;
	if (++p->names > p->name_mask / 4 * 3)
		init_names(p);
	else if (a)
		add_name(p, k);
	fm_held_touch(p, (int32_t)k);
	unlink_held(p, k);
	fm_idents_left(&p->idents, p->held[k].ident);
	hold(p, k);
	link_held(p, k);
	fm_idents_current(&p->idents, k);
	fm_held_touch(p, (int32_t)k);
	if (p->held[k].claim >= 0)
		fm_held_rematch(p, (unsigned)p->held[k].claim);
	i = a ? fm_held_claim_of(p, a->profile, a->device, a->index) : FM_NONE;
	if (i != FM_NONE)
		fm_held_rematch(p, i);
	fm_held_set_loose(p, k);
}

/* Claim 'i' asks for something else, or is new. */
void fm_held_claim(struct fm_planner *p, unsigned i)
{
	if (i >= p->plan->claims) {
		fm_held_grow(p);
		p->plan->claims = p->d->claims;
		free(p->claim_by_name);
		p->claim_by_name = NULL;
		fm_order_insert(p, i);
	}
	if (p->rules != p->d->rules || i + 1 == p->d->claims)
		fm_order_rules(p);
	fm_held_rematch(p, i);
	fm_held_touch(p, p->plan->placed[i].current);
}
