/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Other documents under a planner that lives on: claims are matched by name, those that ask for
 * something else, came or went are opened, and the rest keeps its place. Parts of pools and
 * ports that came or went touch their adapters (tables.c). Where the tables that claims point
 * into changed (names of pools, identity pools, classes, domains), a new planner is cheaper
 * than to say what follows from that.
 */
#include <stdlib.h>
#include <string.h>

#include "common/xalloc.h"
#include "fabric-manager/plan/place.h"

/* ---- tables ---- */

static bool same_bytes(const void *a, unsigned n, const void *b, unsigned m, size_t size)
{
	return n == m && (!n || !memcmp(a, b, n * size));
}

static bool same_parts(const struct fm_pool *a, const struct fm_pool *b)
{
	if (a->parts != b->parts)
		return false;
	for (unsigned i = 0; i < a->parts; i++) {
		const struct fm_pool_part *x = &a->part[i], *y = &b->part[i];

		if (x->chassis != y->chassis || x->port != y->port || x->pf != y->pf ||
		    x->vf_first != y->vf_first || x->vf_last != y->vf_last ||
		    x->spare != y->spare)
			return false;
	}
	return true;
}

/* The numbers of pools are the same, and so is what all their claims go by. */
static bool same_names(const struct fm_desired *a, const struct fm_desired *b)
{
	if (a->pools != b->pools)
		return false;
	for (unsigned i = 0; i < a->pools; i++) {
		const struct fm_pool *x = &a->pool[i], *y = &b->pool[i];

		if (!mr_streq(x->name, y->name) || x->device_class != y->device_class ||
		    x->exclusive != y->exclusive || x->require != y->require)
			return false;
	}
	return true;
}

static bool same_pools(const struct fm_desired *a, const struct fm_desired *b)
{
	for (unsigned i = 0; i < a->pools; i++) {
		const struct fm_pool *x = &a->pool[i], *y = &b->pool[i];

		if (x->external != y->external || x->provision != y->provision ||
		    !same_parts(x, y))
			return false;
	}
	return true;
}

static bool same_ident_pools(const struct fm_desired *a, const struct fm_desired *b)
{
	if (a->ident_pools != b->ident_pools)
		return false;
	for (unsigned i = 0; i < a->ident_pools; i++) {
		const struct fm_ident_pool *x = &a->ident_pool[i], *y = &b->ident_pool[i];

		if (!mr_streq(x->name, y->name) || x->type != y->type ||
		    x->reuse_after_ns != y->reuse_after_ns ||
		    !same_bytes(x->range, x->ranges, y->range, y->ranges, sizeof(*x->range)))
			return false;
	}
	return true;
}

static bool same_classes(const struct fm_desired *a, const struct fm_desired *b)
{
	if (a->prios != b->prios)
		return false;
	for (unsigned i = 0; i < a->prios; i++) {
		const struct fm_priority *x = &a->prio[i], *y = &b->prio[i];

		if (!mr_streq(x->name, y->name) || x->value != y->value ||
		    x->preempts != y->preempts || x->reclaim != y->reclaim)
			return false;
	}
	return true;
}

static bool same_host(const struct fm_host_def *a, const struct fm_host_def *b)
{
	return a->chassis == b->chassis && a->roots == b->roots &&
	       !memcmp(a->root, b->root, a->roots * sizeof(a->root[0])) &&
	       a->cordoned == b->cordoned && a->known == b->known && mr_streq(a->name, b->name);
}

/* Borders are drawn by numbers of hosts and pools: with any domain these must be the same. */
static bool same_domains(const struct fm_desired *a, const struct fm_desired *b)
{
	size_t hosts = FM_BITS(a->hosts) * sizeof(uint64_t);
	size_t pools = FM_BITS(a->pools) * sizeof(uint64_t);

	if (a->domains != b->domains || (a->domains && a->hosts != b->hosts))
		return false;
	for (unsigned i = 0; a->domains && i < a->hosts; i++)
		if (!mr_streq(a->host[i].name, b->host[i].name))
			return false;
	for (unsigned i = 0; i < a->domains; i++) {
		const struct fm_domain *x = &a->domain[i], *y = &b->domain[i];

		if (!mr_streq(x->name, y->name) || !x->host != !y->host ||
		    !x->pool != !y->pool || (x->host && memcmp(x->host, y->host, hosts)) ||
		    (x->pool && memcmp(x->pool, y->pool, pools)) ||
		    !x->adapter != !y->adapter ||
		    !same_bytes(x->adapter, x->adapters, y->adapter, y->adapters,
				sizeof(*x->adapter)))
			return false;
	}
	return true;
}

/* The roots that hosts with several have: the picture links them. */
static bool same_roots(const struct fm_desired *a, const struct fm_desired *b)
{
	unsigned i = 0, k = 0;

	for (;; i++, k++) {
		while (i < a->hosts && a->host[i].roots < 2)
			i++;
		while (k < b->hosts && b->host[k].roots < 2)
			k++;
		if (i == a->hosts || k == b->hosts)
			return i == a->hosts && k == b->hosts;
		if (a->host[i].chassis != b->host[k].chassis ||
		    !same_bytes(a->host[i].root, a->host[i].roots, b->host[k].root,
				b->host[k].roots, sizeof(a->host[i].root[0])))
			return false;
	}
}

/* What documents say of adapters. */
static bool same_adapters(const struct fm_desired *a, const struct fm_desired *b)
{
	if (a->adapters != b->adapters)
		return false;
	for (unsigned i = 0; i < a->adapters; i++)
		if (a->adapter[i].key != b->adapter[i].key ||
		    a->adapter[i].suspended != b->adapter[i].suspended ||
		    a->adapter[i].mode != b->adapter[i].mode)
			return false;
	return true;
}

static bool same_edges(const struct fm_desired *a, const struct fm_desired *b)
{
	if (a->edges != b->edges)
		return false;
	for (unsigned i = 0; i < a->edges; i++) {
		const struct fm_edge *x = &a->edge[i], *y = &b->edge[i];

		if (x->chassis != y->chassis || x->port != y->port || x->pf != y->pf ||
		    x->pfs != y->pfs || x->net_mbps != y->net_mbps ||
		    x->guaranteed_max_mbps != y->guaranteed_max_mbps ||
		    x->limit_max_mbps != y->limit_max_mbps)
			return false;
	}
	return true;
}

/* ---- claims ---- */

static bool same_name(const struct fm_claim *a, const struct fm_claim *b)
{
	return a->index == b->index && mr_streq(a->device, b->device) &&
	       mr_streq(a->profile, b->profile);
}

static bool same_ident(const struct fm_ident_want *a, const struct fm_ident_want *b)
{
	return a->source == b->source && a->type == b->type && a->pool == b->pool &&
	       a->literal.hi == b->literal.hi && a->literal.lo == b->literal.lo;
}

static bool same_demand(const struct fm_desired *a, unsigned x, const struct fm_desired *b,
			unsigned y)
{
	static const struct fm_demand none;

	return !memcmp(x ? &a->demand[x - 1] : &none, y ? &b->demand[y - 1] : &none,
		       sizeof(none));
}

static const char *text(const char *s)
{
	return s ? s : "";
}

/* Whether the planner does the same for both. Those of pairs, with copies and with namespaces
 * are looked at in any case. */
static bool same_claim(const struct fm_desired *a, const struct fm_claim *x,
		       const struct fm_desired *b, const struct fm_claim *y)
{
	if (x->pair || y->pair || x->mirror || y->mirror || x->nss || y->nss ||
	    x->count != y->count || x->pool != y->pool || x->extra != y->extra ||
	    x->atomic != y->atomic || x->suspended != y->suspended ||
	    x->waits_host != y->waits_host || x->retain != y->retain || x->scrub != y->scrub ||
	    x->class != y->class || x->domain != y->domain || x->weight != y->weight ||
	    x->priority != y->priority || x->guaranteed_mbps != y->guaranteed_mbps ||
	    x->burst_kib != y->burst_kib || x->limit_mbps != y->limit_mbps ||
	    x->reason != y->reason || (x->host == FM_WHOLE) != (y->host == FM_WHOLE))
		return false;
	if (x->host != FM_WHOLE && !same_host(&a->host[x->host], &b->host[y->host]))
		return false;
	return !memcmp(&x->attrs, &y->attrs, sizeof(x->attrs)) &&
	       same_ident(&x->ident[0], &y->ident[0]) &&
	       same_ident(&x->ident[1], &y->ident[1]) &&
	       mr_streq(text(x->driver), text(y->driver)) &&
	       mr_streq(text(x->detail), text(y->detail)) &&
	       same_demand(a, x->demand, b, y->demand);
}

/* What becomes of each claim: 'from' is its number in the old documents by its new one, 'to'
 * the reverse; FM_NONE = it is new, or gone. */
struct moved {
	uint32_t *from, *to;
	bool all_stay; /* each has the number that it had */
};

static void match_claims(struct fm_planner *p, const struct fm_desired *d, struct moved *m)
{
	const struct fm_desired *was = p->d;
	int64_t shift = 0;

	m->from = mr_xmalloc((d->claims + 1) * sizeof(*m->from));
	m->to = mr_xmalloc((was->claims + 1) * sizeof(*m->to));
	m->all_stay = d->claims == was->claims;
	for (unsigned i = 0; i < was->claims; i++)
		m->to[i] = FM_NONE;
	for (unsigned i = 0; i < d->claims; i++) {
		const struct fm_claim *c = &d->claim[i];
		int64_t at = i + shift; /* most follow the one before */

		if (at < 0 || at >= was->claims || !same_name(&was->claim[at], c))
			at = fm_held_claim_of(p, c->profile, c->device, c->index);
		m->from[i] = at == FM_NONE ? FM_NONE : (uint32_t)at;
		m->all_stay &= at == i;
		if (at == FM_NONE)
			continue;
		m->to[at] = i;
		shift = at - (int64_t)i;
	}
}

/* Those that nobody asks for any more leave what they had. */
static void drop_claims(struct fm_planner *p, const struct moved *m)
{
	for (unsigned i = 0; i < p->d->claims; i++) {
		int32_t k = p->plan->placed[i].current;

		if (m->to[i] != FM_NONE || k < 0)
			continue;
		fm_held_touch(p, k);
		p->held[k].claim = -1;
		fm_held_set_loose(p, (unsigned)k);
	}
}

/* The arrays by claim, in the new numbers. */
static void renumber(struct fm_planner *p, const struct fm_desired *d, const struct moved *m)
{
	struct fm_placed *placed = mr_xmalloc((d->claims + 1) * sizeof(*placed));
	uint8_t *stay = mr_xcalloc(d->claims + 1, 1), *open = mr_xcalloc(d->claims + 1, 1);
	unsigned keep = 0;

	fm_sums_drop(p);
	for (unsigned i = 0; i < d->claims; i++) {
		uint32_t at = m->from[i];

		placed[i] =
			at == FM_NONE ? (struct fm_placed){.current = -1} : p->plan->placed[at];
		stay[i] = at == FM_NONE ? FM_STAY_NEW : p->stay[at];
		open[i] = at == FM_NONE ? 0 : p->open[at];
		if (placed[i].current >= 0)
			p->held[placed[i].current].claim = (int32_t)i;
	}
	for (unsigned n = 0; n < p->todos; n++)
		if (m->to[p->todo[n]] != FM_NONE)
			p->todo[keep++] = m->to[p->todo[n]];
	p->todos = keep;
	free(p->plan->placed);
	free(p->stay);
	free(p->open);
	free(p->taker);
	free(p->claim_by_name);
	p->plan->placed = placed;
	p->stay = stay;
	p->open = open;
	p->taker = NULL;
	p->claim_by_name = NULL;
	p->plan->claims = p->cap_claims = d->claims;
	p->order = mr_xrealloc(p->order, d->claims + 1, sizeof(*p->order));
	p->rank = mr_xrealloc(p->rank, d->claims + 1, sizeof(*p->rank));
	p->next_new = mr_xrealloc(p->next_new, d->claims + 1, sizeof(*p->next_new));
}

/* ---- rules ---- */

static bool same_rule(const struct fm_rule *a, const struct fm_rule *b, const struct moved *m)
{
	if (a->type != b->type || a->topology != b->topology || a->max_skew != b->max_skew ||
	    a->required != b->required || a->claims != b->claims)
		return false;
	for (unsigned k = 0; k < a->claims; k++)
		if (m->to[a->claim[k]] != b->claim[k])
			return false;
	return true;
}

/* Whether the rules of claim 'at' of the old documents are those of 'i' of the new ones. */
static bool same_rules(const struct fm_planner *p, const struct fm_desired *was,
		       const uint32_t *first, const uint32_t *of, const struct moved *m,
		       unsigned at, unsigned i)
{
	uint32_t n = first[at + 1] - first[at];

	if (p->rule_first[i + 1] - p->rule_first[i] != n)
		return false;
	for (uint32_t k = 0; k < n; k++) {
		const struct fm_rule *x = &was->rule[of[first[at] + k]];
		const struct fm_rule *y = &p->d->rule[p->rule_of[p->rule_first[i] + k]];

		/* the first of a rule's claims looks at the others for all of them */
		if (x->claims != y->claims || x->type != y->type ||
		    (y->claim[0] == i && !same_rule(x, y, m)))
			return false;
	}
	return true;
}

/* Opens the claims whose rules changed, and who stood in the old ones. */
static void take_rules(struct fm_planner *p, const struct fm_desired *was,
		       const struct moved *m)
{
	uint32_t *first = p->rule_first, *of = p->rule_of;

	p->rule_first = p->rule_of = NULL;
	fm_order_rules(p);
	for (unsigned i = 0; i < p->d->claims; i++) {
		uint32_t at = m->from[i];

		if (at == FM_NONE || same_rules(p, was, first, of, m, at, i))
			continue;
		fm_held_open_tied(p, i);
		for (uint32_t n = first[at]; n < first[at + 1]; n++) {
			const struct fm_rule *r = &was->rule[of[n]];

			for (unsigned k = 0; k < r->claims; k++)
				if (m->to[r->claim[k]] != FM_NONE)
					fm_held_open(p, m->to[r->claim[k]]);
		}
	}
	free(first);
	free(of);
}

/* ---- all ---- */

/* Whether the order of filling is the same. */
static bool same_order(const struct fm_desired *was, const struct fm_desired *d,
		       const struct moved *m)
{
	for (unsigned i = 0; m->all_stay && i < d->claims; i++)
		if (was->claim[i].priority != d->claim[i].priority ||
		    was->claim[i].extra != d->claim[i].extra)
			return false;
	return m->all_stay;
}

static void take_claims(struct fm_planner *p, const struct fm_desired *was,
			const struct moved *m)
{
	for (unsigned i = 0; i < p->d->claims; i++) {
		uint32_t at = m->from[i];

		if (at != FM_NONE && same_claim(was, &was->claim[at], p->d, &p->d->claim[i]))
			continue;
		fm_held_rematch(p, i);
		fm_held_touch(p, p->plan->placed[i].current);
	}
}

/* Other documents: in->desired is what 'd' was not. False where a new planner is needed. */
bool fm_held_documents(struct fm_planner *p)
{
	const struct fm_desired *was = p->d, *d = p->in->desired;
	struct moved m;
	bool ordered, tables;

	if (!same_names(was, d) || !same_ident_pools(was, d) || !same_classes(was, d) ||
	    !same_domains(was, d) || !same_roots(was, d) ||
	    !same_bytes(was->replace, was->replaces, d->replace, d->replaces,
			sizeof(*d->replace)))
		return false;
	tables = !same_pools(was, d) || !same_adapters(was, d) || !same_edges(was, d);
	match_claims(p, d, &m);
	drop_claims(p, &m);
	if (!m.all_stay)
		renumber(p, d, &m);
	for (unsigned i = 0; !tables && i < p->world.sums; i++)
		p->world.sum[i].e = &d->edge[p->world.sum[i].e - was->edge];
	ordered = same_order(was, d, &m);
	p->d = d;
	if (!ordered) {
		fm_order_init(p);
		fm_order_todo(p);
	}
	take_rules(p, was, &m);
	if (tables)
		fm_held_tables(p, was);
	take_claims(p, was, &m);
	if (!m.all_stay)
		fm_idents_refill(&p->idents);
	free(m.from);
	free(m.to);
	return true;
}
