/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Placement rules (POLICY, `placement`) of one claim, as stamps on the units that they speak
 * against: those of a required rule are no candidates, the others count in the score. What
 * counts is where the other claims of a rule are placed by now.
 */
#include "common/mutant.h"
#include "fabric-manager/plan/place.h"

/* Whether two units are one unit of the topology. */
static bool same(const struct fm_world *w, enum fm_topology t, uint32_t x, uint32_t y)
{
	const struct fm_unit *a = &w->unit[x], *b = &w->unit[y];

	switch (t) {
	case FM_TOPO_ADAPTER:
	case FM_TOPO_SLOT:
		return a->adapter == b->adapter;
	case FM_TOPO_PORT:
		return x == y || (a->sum && a->sum == b->sum);
	case FM_TOPO_PF:
		return x == y;
	case FM_TOPO_CHASSIS:
	case FM_TOPO_NUMA: /* of roots, not of units */
		break;
	}
	return w->adapter[a->adapter].chassis == w->adapter[b->adapter].chassis;
}

static void speak(struct fm_world *w, uint32_t unit, bool required, int32_t weight)
{
	struct fm_unit *u = &w->unit[unit];

	if (required) {
		u->hard = w->stamp;
		return;
	}
	u->soft_count = u->soft == w->stamp ? u->soft_count + weight : weight;
	u->soft = w->stamp;
}

/* What a rule looks at: the units that the claim could be placed on. */
struct view {
	struct fm_planner *p;
	const struct fm_rule *rule;
	unsigned claim;
	bool early;	      /* only those count that come before it in the order of filling */
	uint32_t first, last; /* candidates */
};

/* Whether the n-th claim of the rule counts: it is another one, and placed. */
static bool counts(const struct view *v, unsigned n)
{
	uint32_t other = v->rule->claim[n];

	return other != v->claim && v->p->plan->placed[other].placed &&
	       (!v->early || fm_order_before(v->p, other, v->claim));
}

/* The unit of the n-th claim of the rule, FM_NONE when it is placed nowhere or is the claim. */
static uint32_t member(const struct view *v, unsigned n)
{
	const struct fm_placed *pl = &v->p->plan->placed[v->rule->claim[n]];
	uint16_t vf;

	return counts(v, n) ? fm_world_unit(&v->p->world, pl->fn, &vf) : FM_NONE;
}

static unsigned members_with(const struct view *v, uint32_t unit)
{
	unsigned count = 0;

	for (unsigned n = 0; n < v->rule->claims; n++) {
		uint32_t at = member(v, n);

		count += at != FM_NONE && same(&v->p->world, v->rule->topology, at, unit);
	}
	return count;
}

/* Units of one adapter can be candidates in several parts: each is stamped once. */
static bool again(const struct view *v, uint32_t k)
{
	const struct fm_world *w = &v->p->world;

	return k > v->first && w->cand[k].unit == w->cand[k - 1].unit;
}

/* Each member keeps the claim off its unit. */
static void anti(const struct view *v, bool required)
{
	struct fm_world *w = &v->p->world;

	for (unsigned n = 0; n < v->rule->claims && !MR_MUTANT(ANTI_AFFINITY_IGNORED); n++) {
		uint32_t at = member(v, n), first, last;
		const struct fm_unit_adapter *a;

		if (at == FM_NONE)
			continue;
		a = &w->adapter[w->unit[at].adapter];
		first = a->unit;
		last = a->unit + a->units;
		if (v->rule->topology >= FM_TOPO_CHASSIS) {
			const struct fm_world_chassis *c = &w->chassis[a->chassis];

			first = w->adapter[c->adapter].unit;
			a = &w->adapter[c->adapter + c->adapters - 1];
			last = a->unit + a->units;
		}
		for (uint32_t u = first; u < last; u++)
			if (same(w, v->rule->topology, at, u))
				speak(w, u, required, 1);
	}
}

/* Once one is placed the others follow; pack, too: the fewest units are one. */
static void affinity(const struct view *v)
{
	struct fm_world *w = &v->p->world;
	unsigned placed = 0;

	for (unsigned n = 0; n < v->rule->claims; n++)
		placed += member(v, n) != FM_NONE;
	for (uint32_t k = v->first; placed && k < v->last; k++) {
		unsigned n = again(v, k) ? placed : members_with(v, w->cand[k].unit);

		if (v->rule->required && !n)
			speak(w, w->cand[k].unit, true, 0);
		else if (!v->rule->required && n < placed)
			speak(w, w->cand[k].unit, false, (int32_t)(placed - n));
	}
}

/* The fullest unit has at most max_skew more than the emptiest one. */
static void spread(const struct view *v)
{
	struct fm_world *w = &v->p->world;
	unsigned skew = v->rule->max_skew ? v->rule->max_skew : 1, least = UINT32_MAX;

	for (uint32_t k = v->first; k < v->last; k++) {
		const struct fm_adapter *a = w->adapter[w->unit[w->cand[k].unit].adapter].a;
		unsigned n =
			a->present && a->link ? members_with(v, w->cand[k].unit) : UINT32_MAX;

		least = n < least ? n : least;
	}
	for (uint32_t k = v->first; k < v->last; k++) {
		unsigned n = again(v, k) ? 0 : members_with(v, w->cand[k].unit);

		if (n && n + 1 - least > skew)
			speak(w, w->cand[k].unit, v->rule->required,
			      (int32_t)(n + 1 - least - skew));
	}
}

/* ---- over numa: what counts is the root of the host, not the adapter ---- */

/* Whether the n-th claim of the rule is behind that root of the host. */
static bool is_behind(const struct view *v, unsigned n, uint32_t root)
{
	const struct fm_placed *pl = &v->p->plan->placed[v->rule->claim[n]];

	return counts(v, n) &&
	       fm_world_host(&v->p->world, pl->fn.chassis, pl->place.port) == root;
}

static unsigned members_behind(const struct view *v, uint32_t root)
{
	unsigned count = 0;

	for (unsigned n = 0; n < v->rule->claims; n++)
		count += is_behind(v, n, root);
	return count;
}

static void speak_root(struct fm_world *w, uint32_t root, bool required, int32_t weight)
{
	struct fm_unit_host *h = &w->host[root];

	if (required) {
		h->hard = w->stamp;
		return;
	}
	h->soft_count = h->soft == w->stamp ? h->soft_count + weight : weight;
	h->soft = w->stamp;
}

static void over_roots(const struct view *v, const struct fm_ask *ask)
{
	unsigned skew = v->rule->max_skew ? v->rule->max_skew : 1, least = UINT32_MAX;
	struct fm_world *w = &v->p->world;
	unsigned placed = 0;

	for (uint32_t h = ask->host; h != FM_NONE; h = w->host[h].next)
		placed += members_behind(v, h);
	for (unsigned r = 0; r < ask->roots; r++) {
		unsigned n = members_behind(v, ask->root[r]);

		least = n < least ? n : least;
	}
	for (uint32_t h = ask->host; placed && h != FM_NONE; h = w->host[h].next) {
		unsigned n = members_behind(v, h);
		unsigned over = n;

		if (v->rule->type == FM_RULE_SPREAD)
			over = n + 1 - least > skew ? n + 1 - least - skew : 0;
		else if (v->rule->type != FM_RULE_ANTI_AFFINITY)
			over = !v->rule->required || !n ? placed - n : 0;
		if (over)
			speak_root(w, h, v->rule->required, (int32_t)over);
	}
}

/* Whether a rule of the documents says how far apart the two of a pair are to be. */
static bool is_written(const struct fm_planner *p, unsigned i, unsigned other)
{
	for (uint32_t n = p->rule_first[i]; n < p->rule_first[i + 1]; n++) {
		const struct fm_rule *r = &p->d->rule[p->rule_of[n]];

		for (unsigned k = 0; r->type == FM_RULE_ANTI_AFFINITY && k < r->claims; k++)
			if (r->claim[k] == other)
				return true;
	}
	return false;
}

/* The other one of the `ha` pair of claim 'i', FM_NONE if it is of none. */
static uint32_t other_of(const struct fm_desired *d, unsigned i)
{
	unsigned n = d->claim[i].pair;

	if (!n || n > d->pairs)
		return FM_NONE;
	return d->pair[n - 1].primary == i ? d->pair[n - 1].secondary : d->pair[n - 1].primary;
}

/* Of an `ha` pair the two must not go with one adapter, unless a rule says otherwise. */
static void stamp_pair(struct view *v)
{
	const struct fm_desired *d = v->p->d;
	uint32_t other = other_of(d, v->claim);
	struct fm_rule rule = {.topology = FM_TOPO_ADAPTER, .claim = &other, .claims = 1};

	if (other == FM_NONE || is_written(v->p, v->claim, other))
		return;
	v->rule = &rule;
	anti(v, true);
}

static void stamp(struct fm_planner *p, unsigned i, bool early)
{
	const struct fm_claim *c = &p->d->claim[i];
	struct view v = {.p = p, .claim = i, .early = early};
	struct fm_ask ask;

	p->world.stamp++;
	if ((p->rule_first[i] == p->rule_first[i + 1] && !c->pair) || c->host == FM_WHOLE ||
	    c->pool >= p->d->pools || !fm_place_ask(p, i, &ask))
		return;
	fm_place_cands(p, &ask, &v.first, &v.last);
	for (uint32_t n = p->rule_first[i]; n < p->rule_first[i + 1]; n++) {
		v.rule = &p->d->rule[p->rule_of[n]];
		if (v.rule->topology == FM_TOPO_NUMA)
			over_roots(&v, &ask);
		else if (v.rule->type == FM_RULE_ANTI_AFFINITY)
			anti(&v, v.rule->required);
		else if (v.rule->type == FM_RULE_SPREAD)
			spread(&v);
		else
			affinity(&v);
	}
	stamp_pair(&v);
}

/* See place.h. */
void fm_rules_stamp(struct fm_planner *p, unsigned i)
{
	stamp(p, i, false);
}

/* See place.h. A planner that lives on knows where those after it stand, too, and one from
 * scratch does not yet. */
void fm_rules_stamp_early(struct fm_planner *p, unsigned i)
{
	stamp(p, i, true);
}

/* "required antiAffinity over adapter: data0 is on nic-left/pf0/vf0". */
void fm_rules_words(const struct fm_planner *p, unsigned i, struct mr_buf *b)
{
	uint32_t twin = other_of(p->d, i);
	char text[FM_FN_TEXT];

	if (twin != FM_NONE && !is_written(p, i, twin) && p->plan->placed[twin].placed)
		mr_buf_printf(b, "%sthe two of an `ha` pair need two adapters: %s is on %s",
			      b->len ? "; " : "", p->d->claim[twin].device,
			      fm_fn_text(p->in->inventory, p->plan->placed[twin].fn, text));
	for (uint32_t n = p->rule_first[i]; n < p->rule_first[i + 1]; n++) {
		const struct fm_rule *r = &p->d->rule[p->rule_of[n]];
		const char *sep = ": ";

		if (!r->required)
			continue;
		mr_buf_printf(b, "%srequired %s over %s", b->len ? "; " : "",
			      fm_rule_type_name(r->type), fm_topology_name(r->topology));
		for (unsigned k = 0; k < r->claims; k++) {
			const struct fm_placed *other = &p->plan->placed[r->claim[k]];

			if (r->claim[k] == i || !other->placed)
				continue;
			mr_buf_puts(b, sep);
			if (r->type == FM_RULE_MIRROR) /* perhaps of another profile */
				mr_buf_printf(b, "%s/", p->d->claim[r->claim[k]].profile);
			mr_buf_printf(b, "%s is on %s", p->d->claim[r->claim[k]].device,
				      fm_fn_text(p->in->inventory, other->fn, text));
			sep = ", ";
		}
	}
}
