/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Room by taking (POLICY, `PriorityClass`): what a claim that found no place can wait for.
 * First what goes anyway; then, for a minimum, what others have that find another place in the
 * same plan (goal 1 before goal 2, of whatever value); then, only where its class preempts,
 * what claims of a lower value have, who are left without. The lowest value first, extras
 * before minima, the youngest first. An extra takes only where its class reclaims, and only
 * from extras of a lower value. Nothing is given twice: the claim waits until the release is
 * confirmed, and a plan after that gives it the place; until then the planner counts the place
 * as its own.
 */
#include "common/xalloc.h"
#include "fabric-manager/plan/place.h"

#define VICTIMS 16  /* for one claim */
#define STUCK	6   /* claims that are found to have no other place, on one candidate */
#define AGAIN	100 /* what it costs of the plan's budget to look without one of them */

/* What it costs, cheapest first. */
struct cost {
	bool loses;	/* somebody is left without a place */
	bool runs;	/* somebody who would have stayed has to go */
	uint32_t value; /* the highest of theirs */
	bool minimum;	/* one of them is no extra */
	unsigned count;
	uint32_t id; /* of the oldest */
};

struct way {
	const struct fm_cand *cand;
	struct fm_fit fit;
	uint32_t victim[VICTIMS];
	unsigned victims;
	uint32_t stuck[STUCK]; /* with these in its way it was no way */
	unsigned stucks;
	struct cost cost;
};

static const struct fm_priority *class_of(const struct fm_planner *p, unsigned i)
{
	unsigned n = p->d->claim[i].class;

	return n && n <= p->d->prios ? &p->d->prio[n - 1] : NULL;
}

/* Whether the class of claim 'i' lets it leave others without a place (POLICY,
 * `PriorityClass`): a minimum where it preempts, an extra where it reclaims. */
static bool evicts(const struct fm_planner *p, unsigned i)
{
	const struct fm_priority *c = class_of(p, i);

	return c && (p->d->claim[i].extra ? c->reclaim : c->preempts);
}

/* Whether claim 'i' may leave claim 'v' without a place. */
static bool may_evict(const struct fm_planner *p, unsigned i, unsigned v)
{
	const struct fm_claim *a = &p->d->claim[i], *b = &p->d->claim[v];

	return evicts(p, i) && b->priority < a->priority && (!a->extra || b->extra);
}

/* Whether claim 'i' may take from claim 'v', which finds another place, or, with 'evict', which
 * is left without. */
static bool may_take(const struct fm_planner *p, unsigned i, unsigned v, bool evict)
{
	if (fm_place_frozen(p, v))
		return false;
	return (!evict && !p->d->claim[i].extra) || may_evict(p, i, v);
}

/* Whether what current assignment 'k' has comes free whatever is decided here. */
static bool goes_anyway(const struct fm_planner *p, uint32_t k)
{
	const struct fm_assignment *a = p->in->current[k];
	int32_t v = p->held[k].claim;

	if (a->phase == FM_PHASE_QUARANTINED)
		return false;
	return v < 0 || (p->plan->placed[v].placed && !p->plan->placed[v].same_fn);
}

/* What the world counts for it by now. */
static bool use_now(const struct fm_planner *p, uint32_t k, struct fm_use *ret)
{
	int32_t v = p->held[k].claim;
	const struct fm_placed *pl = v < 0 ? NULL : &p->plan->placed[v];

	if (!fm_held_use(p, (int32_t)k, ret))
		return false;
	if (!pl || !pl->placed || !pl->same_fn || fm_place_frozen(p, (unsigned)v) ||
	    (pl->reason != MR_REASON_OK && pl->reason != MR_REASON_GUARANTEE_BROKEN))
		return true;
	fm_fit_rates(&p->world.unit[ret->unit], &p->d->claim[v], ret);
	return true;
}

static struct cost cost_of(const struct fm_planner *p, uint32_t k)
{
	const struct fm_assignment *a = p->in->current[k];
	int32_t v = p->held[k].claim;
	struct cost c = {.id = a->id, .count = 1};

	if (goes_anyway(p, k))
		return c;
	c.runs = !a->going;
	c.value = p->d->claim[v].priority;
	c.minimum = !p->d->claim[v].extra;
	return c;
}

static int cost_cmp(const struct cost *a, const struct cost *b)
{
	if (a->loses != b->loses)
		return a->loses ? 1 : -1;
	if (a->runs != b->runs)
		return a->runs ? 1 : -1;
	if (a->value != b->value)
		return a->value > b->value ? 1 : -1;
	if (a->minimum != b->minimum)
		return a->minimum ? 1 : -1;
	if (a->count != b->count)
		return a->count > b->count ? 1 : -1;
	return (a->id < b->id) - (a->id > b->id);
}

/* Whether what 'k' holds is of the kind that limit 'd' lacks on the candidate. */
static bool helps(const struct fm_planner *p, uint32_t k, enum fm_drop d,
		  const struct fm_ask *ask, const struct fm_cand *c)
{
	const struct fm_held *h = &p->held[k];
	const struct fm_unit *u = &p->world.unit[c->unit];
	enum fm_resource r;

	switch (d) {
	case FM_DROP_FULL:
		return h->unit == c->unit && h->vf >= c->vf_first && h->vf <= c->vf_last;
	case FM_DROP_GUARANTEE:
		return p->world.unit[h->unit].sum == u->sum && h->guaranteed;
	case FM_DROP_LIMIT:
		return p->world.unit[h->unit].sum == u->sum;
	case FM_DROP_RESOURCE:
		r = fm_fit_demand(u, ask->demand);
		return h->unit == c->unit && r < FM_RESOURCE_COUNT &&
		       fm_held_demand(p, h).amount[r];
	case FM_DROP_LINK:
	case FM_DROP_HOST_LINK:
		return h->guaranteed;
	case FM_DROP_SHARE:
		return h->host == FM_NONE || p->world.host[h->host].lead != ask->host;
	case FM_DROP_BRIDGES:
	case FM_DROP_BUSES:
	case FM_DROP_WINDOW:
		return h->way != FM_WAY_LVF;
	default:
		return false;
	}
}

/* The cheapest assignment that helps, FM_NONE when nothing may be taken. The two that one which
 * moves has cost the same: the first in the input. */
static uint32_t pick(const struct fm_planner *p, unsigned i, bool evict, enum fm_drop d,
		     const struct fm_ask *ask, const struct way *w)
{
	const struct fm_cand *c = w->cand;
	bool host = d >= FM_DROP_HOST_LINK;
	uint32_t k = host ? p->world.host[w->fit.root].held
			  : p->world.adapter[p->world.unit[c->unit].adapter].held;
	uint32_t best = FM_NONE;
	struct cost cheapest;

	for (; k != FM_NONE; k = host ? p->held[k].next_host : p->held[k].next_adapter) {
		int32_t v = p->held[k].claim;
		bool has = p->held[k].taken;
		struct cost cost;
		int cmp;

		for (unsigned n = 0; n < w->victims && !has; n++)
			has = w->victim[n] == k;
		for (unsigned n = 0; n < w->stucks && !has; n++)
			has = w->stuck[n] == k;
		if (has || !helps(p, k, d, ask, c) || v == (int32_t)i ||
		    !(goes_anyway(p, k) || (v >= 0 && may_take(p, i, (unsigned)v, evict))))
			continue;
		cost = cost_of(p, k);
		cmp = best == FM_NONE ? -1 : cost_cmp(&cost, &cheapest);
		if (cmp > 0 || (!cmp && k > best))
			continue;
		best = k;
		cheapest = cost;
	}
	return best;
}

static void give_back(struct fm_planner *p, uint32_t k, bool again)
{
	struct fm_use u;

	if (!use_now(p, k, &u))
		return;
	if (again)
		fm_world_take(&p->world, &u);
	else
		fm_world_give_back(&p->world, &u);
}

/* Those that are not needed after all, the dearest first, keep what they have. */
static void spare(struct fm_planner *p, const struct fm_ask *ask, struct way *w)
{
	for (unsigned n = w->victims; n-- > 0;) {
		uint32_t k = w->victim[n];
		struct fm_fit fit;

		give_back(p, k, true);
		if (fm_fit_cand(&p->world, ask, w->cand, &fit)) {
			give_back(p, k, false);
			continue;
		}
		w->fit = fit;
		for (unsigned m = n; m + 1 < w->victims; m++)
			w->victim[m] = w->victim[m + 1];
		w->victims--;
	}
	fm_fit_cand(&p->world, ask, w->cand, &w->fit);
}

static struct cost sum_of(const struct fm_planner *p, const struct way *w)
{
	struct cost sum = {.id = UINT32_MAX};

	for (unsigned n = 0; n < w->victims; n++) {
		struct cost c = cost_of(p, w->victim[n]);

		sum.runs |= c.runs;
		sum.value = c.value > sum.value ? c.value : sum.value;
		sum.minimum |= c.minimum;
		sum.count += c.runs;
		sum.id = c.id < sum.id ? c.id : sum.id;
	}
	return sum;
}

static struct fm_use use_of(const struct fm_world *w, const struct fm_ask *ask,
			    const struct fm_fit *f)
{
	struct fm_use u = {.unit = f->unit,
			   .vf = f->vf,
			   .host = f->root,
			   .sharer = ask->host,
			   .way = f->way,
			   .bridge = f->bridge,
			   .demand = fm_demand_of(ask->demand),
			   .exclusive = ask->exclusive};

	fm_fit_rates(&w->unit[f->unit], ask->claim, &u);
	return u;
}

/* Sums that must not fall in this plan: what somebody gives up is his until that is confirmed.
 */
struct floors {
	struct {
		uint64_t *at, was;
	} sum[(VICTIMS + 1) * 8];
	unsigned n;
};

static void floor_at(struct floors *f, uint64_t *at)
{
	f->sum[f->n].at = at;
	f->sum[f->n++].was = *at;
}

static void floor_use(const struct fm_planner *p, struct floors *f, uint32_t unit,
		      uint32_t host)
{
	struct fm_unit *u = &p->world.unit[unit];

	if (u->sum) {
		floor_at(f, &u->sum->guaranteed);
		floor_at(f, &u->sum->limit);
	}
	for (unsigned r = 0; r < FM_RESOURCE_COUNT; r++)
		floor_at(f, &u->held[r]);
	floor_at(f, &p->world.adapter[u->adapter].link.guaranteed);
	if (host != FM_NONE)
		floor_at(f, &p->world.host[host].link.guaranteed);
}

/* A function and its bridge are nobody else's before they are released. */
static void bar(struct fm_planner *p, uint32_t k, uint32_t host)
{
	struct fm_world *w = &p->world;
	struct fm_use u;
	struct fm_unit *un;
	struct fm_unit_host *h;

	if (!use_now(p, k, &u))
		return;
	un = &w->unit[u.unit];
	FM_NOTE(&w->journal, un->bits[u.vf / 64]);
	un->bits[u.vf / 64] |= UINT64_C(1) << (u.vf % 64);
	if (u.host == FM_NONE || w->host[u.host].lead != host) {
		FM_NOTE(&w->journal, w->adapter[un->adapter].only_host);
		w->adapter[un->adapter].only_host = FM_MANY;
	}
	h = u.host == FM_NONE ? NULL : &w->host[u.host];
	if (!h || u.bridge >= h->h->bridges || u.bridge >= MR_MAX_BRIDGES ||
	    fm_bit(h->used, u.bridge))
		return;
	FM_NOTE(&w->journal, h->used);
	FM_NOTE(&w->journal, h->free);
	h->used[u.bridge / 64] |= UINT64_C(1) << (u.bridge % 64);
	h->free--;
}

/* The world with claim 'i' where it wants to be, and nothing given out of what is to leave. */
static void reserve(struct fm_planner *p, const struct fm_ask *ask, const struct way *w)
{
	const struct fm_unit_adapter *a = &p->world.adapter[p->world.unit[w->fit.unit].adapter];
	struct fm_use u = use_of(&p->world, ask, &w->fit);
	struct fm_unit_host *h = &p->world.host[w->fit.root];
	uint16_t leads = h->pfs[a->index];
	struct floors f = {.n = 0};

	for (unsigned n = 0; n < w->victims; n++)
		floor_use(p, &f, p->held[w->victim[n]].unit, p->held[w->victim[n]].host);
	for (unsigned n = 0; n < w->victims; n++)
		give_back(p, w->victim[n], false);
	fm_world_take(&p->world, &u);
	if (h->pfs[a->index] != leads)
		h->pfs[a->index] = leads; /* it may be another's still: nobody follows it */
	for (unsigned n = 0; n < w->victims; n++)
		bar(p, w->victim[n], ask->host);
	for (unsigned n = 0; n < f.n; n++) {
		FM_NOTE(&p->world.journal, *f.sum[n].at);
		if (*f.sum[n].at < f.sum[n].was)
			*f.sum[n].at = f.sum[n].was;
	}
}

/* Whether it is a claim that would have stayed. */
static bool would_stay(const struct fm_planner *p, uint32_t k)
{
	return !goes_anyway(p, k) && !p->in->current[k]->going;
}

/* The one who has to leave and finds no other place, with the claim where it wants to be;
 * FM_NONE when everybody finds one. */
static uint32_t who_is_stuck(struct fm_planner *p, const struct fm_ask *ask,
			     const struct way *w)
{
	struct fm_trial_mark m = fm_trial_begin(p);
	struct mr_buf b = {0};
	uint32_t stuck = FM_NONE;

	reserve(p, ask, w);
	for (unsigned n = 0; n < w->victims && stuck == FM_NONE; n++) {
		int32_t v = p->held[w->victim[n]].claim;
		struct fm_ask other;
		struct fm_fit fit;
		struct fm_use u;

		if (!would_stay(p, w->victim[n]))
			continue;
		stuck = w->victim[n];
		if (fm_place_barred(p, (unsigned)v, &other, &b) != MR_REASON_OK)
			break;
		fm_rules_stamp(p, (unsigned)v);
		if (!fm_place_scan(p, &other, &fit))
			break;
		stuck = FM_NONE;
		u = use_of(&p->world, &other, &fit);
		fm_world_take(&p->world, &u);
	}
	mr_buf_done(&b);
	fm_trial_end(p, m, false);
	return stuck;
}

/* Whether claim 'i' would fit when others leave; the world is as it was afterwards. */
static bool fits_then(struct fm_planner *p, unsigned i, const struct fm_ask *ask, bool evict,
		      struct way *w)
{
	struct fm_trial_mark m = fm_trial_begin(p);
	enum fm_drop d;

	w->victims = 0;
	fm_rules_stamp(p, i);
	while ((d = fm_fit_cand(&p->world, ask, w->cand, &w->fit)) && w->victims < VICTIMS) {
		uint32_t k = pick(p, i, evict, d, ask, w);

		if (k == FM_NONE)
			break;
		give_back(p, k, false);
		w->victim[w->victims++] = k;
	}
	if (!d) {
		spare(p, ask, w);
		w->cost = sum_of(p, w);
	}
	fm_trial_end(p, m, false);
	return !d;
}

/* Whether claim 'i' gets a place on 'c' when others leave, who find other places, or, with
 * 'evict', are of those that may be left without. */
static bool look(struct fm_planner *p, unsigned i, const struct fm_ask *ask,
		 const struct fm_cand *c, bool evict, struct way *ret)
{
	*ret = (struct way){.cand = c};
	while (fits_then(p, i, ask, evict, ret)) {
		uint32_t stuck = ret->cost.runs ? who_is_stuck(p, ask, ret) : FM_NONE;

		ret->cost.loses = stuck != FM_NONE;
		if (evict || !ret->cost.loses)
			return true;
		if (ret->stucks == STUCK || p->budget < AGAIN)
			return false;
		p->budget -= AGAIN;
		ret->stuck[ret->stucks++] = stuck;
	}
	return false;
}

/* ---- taking ---- */

static void set_taker(struct fm_planner *p, unsigned v, unsigned i)
{
	if (!p->taker) {
		p->taker = mr_xmalloc((p->cap_claims + 1) * sizeof(*p->taker));
		for (unsigned n = 0; n < p->cap_claims; n++)
			p->taker[n] = -1;
	}
	FM_NOTE(&p->world.journal, p->taker[v]);
	p->taker[v] = (int32_t)i;
}

static void take(struct fm_planner *p, unsigned i, uint32_t k)
{
	struct fm_held *h = &p->held[k];
	struct fm_placed *pl = h->claim < 0 ? NULL : &p->plan->placed[h->claim];

	FM_NOTE(&p->world.journal, h->taken);
	h->taken = true;
	if (!pl || (pl->placed && !pl->same_fn) || p->in->current[k]->going)
		return;
	fm_held_open(p, (unsigned)h->claim);
	fm_trial_note(p, pl);
	FM_NOTE(&p->world.journal, p->stay[h->claim]);
	pl->placed = pl->same_fn = false;
	p->stay[h->claim] = FM_STAY_TAKEN;
	set_taker(p, (unsigned)h->claim, i);
}

static void words(const struct fm_planner *p, const struct way *w, struct mr_buf *b)
{
	char text[FM_ASSIGNMENT_TEXT], fn[FM_FN_TEXT];

	mr_buf_puts(b, "waits for");
	for (unsigned n = 0; n < w->victims; n++) {
		const struct fm_assignment *a = p->in->current[w->victim[n]];

		mr_buf_printf(b, "%s %s to leave %s", n ? "," : "", fm_assignment_text(a, text),
			      fm_fn_text(p->in->inventory, a->fn, fn));
	}
}

/* Which place it waits for. */
static void set_waits(struct fm_planner *p, unsigned i, const struct fm_fit *f)
{
	struct fm_placed *pl = &p->plan->placed[i];

	fm_trial_note(p, pl);
	pl->fn = fm_world_fn(&p->world, f->unit, f->vf);
	pl->place = (struct fm_place){
		.way = f->way, .port = p->world.host[f->root].h->port, .bridge = f->bridge};
}

static void promise(struct fm_planner *p, unsigned i, const struct fm_ask *ask,
		    const struct way *w)
{
	bool stays[VICTIMS];
	struct mr_buf b = {0};

	fm_rules_stamp(p, i);
	if (w->cost.value || w->cost.runs) {
		words(p, w, &b);
		fm_place_refuse(p, i, MR_REASON_NO_CAPACITY, &b);
	} else {
		fm_place_refuse_all(p, i, ask);
	}
	FM_NOTE(&p->world.journal, p->open[i]);
	p->open[i] |= FM_OPEN_WAITS;
	for (unsigned n = 0; n < w->victims; n++)
		stays[n] = would_stay(p, w->victim[n]);
	reserve(p, ask, w);
	set_waits(p, i, &w->fit);
	for (unsigned n = 0; n < w->victims; n++)
		take(p, i, w->victim[n]);
	for (unsigned n = 0; n < w->victims; n++)
		if (stays[n]) /* at once: nobody else gets in between */
			fm_place_free(p, (unsigned)p->held[w->victim[n]].claim);
}

/* See place.h. */
bool fm_displace(struct fm_planner *p, unsigned i, const struct fm_ask *ask)
{
	struct way best = {.cand = NULL}, way;
	uint32_t first, last;

	if (!p->leaving && ask->claim->extra && !evicts(p, i))
		return false; /* nothing goes, and nothing may be taken */
	fm_place_cands(p, ask, &first, &last);
	for (uint32_t k = first; k < last; k++) {
		const struct fm_cand *c = &p->world.cand[k];

		if ((look(p, i, ask, c, false, &way) ||
		     (evicts(p, i) && look(p, i, ask, c, true, &way))) &&
		    (!best.cand || cost_cmp(&way.cost, &best.cost) < 0))
			best = way;
	}
	if (!best.cand)
		return false;
	promise(p, i, ask, &best);
	return true;
}

/* See place.h. */
bool fm_displace_to(struct fm_planner *p, unsigned v, unsigned i, uint32_t unit)
{
	uint32_t k = (uint32_t)p->plan->placed[v].current;
	struct mr_ident ident[FM_IDENTS];
	struct fm_trial_mark m;
	struct mr_buf b = {0};
	struct fm_ask ask;
	struct fm_fit fit;
	struct fm_use u;
	bool ok = false;

	if (!use_now(p, k, &u) || fm_place_barred(p, v, &ask, &b) != MR_REASON_OK ||
	    fm_idents_find(&p->idents, v, ident, &b) != MR_REASON_OK) {
		mr_buf_done(&b);
		return false;
	}
	m = fm_trial_begin(p);
	if (u.host == ask.host) { /* its link counts it once */
		FM_NOTE(&p->world.journal, p->world.host[u.host].link.guaranteed);
		p->world.host[u.host].link.guaranteed -= u.rides ? 0 : u.guaranteed;
	}
	fm_rules_stamp(p, v);
	ok = fm_rearrange_scan(p, &ask, unit, &fit);
	if (ok) {
		take(p, i, k);
		fm_place_settle(p, v, &fit, ident);
	}
	fm_trial_end(p, m, ok);
	mr_buf_done(&b);
	return ok;
}

/* See place.h. */
bool fm_displace_park(struct fm_planner *p, unsigned v, unsigned i)
{
	take(p, i, (uint32_t)p->plan->placed[v].current);
	p->stay[v] = FM_STAY_PARKED; /* take() noted what it was */
	return true;
}
