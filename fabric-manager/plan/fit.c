/* SPDX-License-Identifier: Apache-2.0 */
/* The hard limits of placement: what a function, an adapter, a port, a link and a bridge can
 * take. Their words stand in fit_words.c. */
#include "fabric-manager/plan/fit.h"

#include "common/mutant.h"

/* Whether the host may have function 'vf' for what it depends on. */
static bool is_dependable(const struct fm_unit *u, unsigned vf, uint32_t host)
{
	return !u->dependants || u->dependants[vf] == FM_NONE || u->dependants[vf] == host;
}

/* Lowest free function first..last of a unit for a host, FM_NONE when there is none. */
static uint32_t lowest_free(const struct fm_unit *u, unsigned first, unsigned last,
			    uint32_t host)
{
	if (!u->usable)
		return FM_NONE;
	last = last < u->usable - 1u ? last : u->usable - 1u;
	for (unsigned i = first; i <= last;) {
		uint64_t used = MR_MUTANT(LOCK_IGNORED) && u->leaving ? 0 : u->bits[i / 64];
		uint64_t free_bits = ~used & (~UINT64_C(0) << (i % 64));
		unsigned at = i / 64 * 64;

		if (!free_bits) {
			i = at + 64;
			continue;
		}
		at += (unsigned)__builtin_ctzll(free_bits);
		if (at > last)
			return FM_NONE;
		if (is_dependable(u, at, host))
			return at;
		i = at + 1;
	}
	return FM_NONE;
}

/* What a `base` device and an adapter without the capability cannot be set to: fit.h. A
 * guarantee is admitted on every port; only an adapter that has a scheduler is told of it. */
bool fm_fit_able(const struct fm_adapter *a, const struct fm_claim *c, struct mr_buf *why)
{
	if (a->kind == FM_ADAPTER_BASE &&
	    (c->ident[0].source != FM_IDENT_NONE || c->ident[1].source != FM_IDENT_NONE)) {
		if (why)
			mr_buf_puts(why, "it is given whole, with the identities that it has");
		return false;
	}
	if (a->kind == FM_ADAPTER_BASE && c->pair) {
		if (why)
			mr_buf_puts(why, "it is given whole, and has no gate that the other "
					 "one of an `ha` pair could rely on");
		return false;
	}
	/* a reset would leave its memory to the next owner */
	if (c->scrub && a->device_class == MR_CLASS_GPU && !(a->caps & MR_CT_CAP_SCRUB)) {
		if (why)
			mr_buf_puts(why, "its memory cannot be cleared (onRelease: scrub)");
		return false;
	}
	return fm_adapter_can(a, &c->attrs, why);
}

static bool has_vh(const struct fm_adapter *a, uint16_t vh)
{
	for (unsigned d = 1; a->vh_of && d < a->vhs; d++)
		if (a->vh_of[d] == vh)
			return true;
	return false;
}

/* How a host reaches functions of the adapter. */
enum fm_way fm_fit_way(const struct fm_adapter *a, bool lvf)
{
	if (a->kind == FM_ADAPTER_BASE)
		return FM_WAY_DEVICE;
	return a->kind == FM_ADAPTER_MRA && lvf ? FM_WAY_LVF : FM_WAY_SYNTHETIC;
}

static enum fm_drop bridge_drop(const struct fm_bridge *b, const struct fm_need *n)
{
	if (!b->bus_first || b->bus_last - b->bus_first + 1u < n->buses)
		return FM_DROP_BUSES;
	if (fm_need_low(b, n) > b->mmio || (b->mmio64 && n->mmio64 > b->mmio64))
		return FM_DROP_WINDOW;
	return FM_DROP_NONE;
}

/* Lowest free bridge of the host that has what 'n' needs; when there is none, the free bridge
 * that has most of it. Windows count once the host's firmware has assigned any. */
enum fm_drop fm_fit_bridge(const struct fm_unit_host *h, const struct fm_need *n, uint16_t *ret)
{
	enum fm_drop worst = FM_DROP_BRIDGES;
	uint64_t most = 0;

	for (unsigned b = 0; h->free && b < h->h->bridges && b < MR_MAX_BRIDGES; b++) {
		const struct fm_bridge *br = &h->h->bridge[b];
		enum fm_drop d;

		if (fm_bit(h->used, b))
			continue;
		d = h->windows ? bridge_drop(br, n) : FM_DROP_NONE;
		if (!d || d > worst || (d == worst && br->mmio + br->mmio64 > most)) {
			worst = d;
			most = br->mmio + br->mmio64;
			*ret = (uint16_t)b;
		}
		if (!d)
			return d;
	}
	return worst;
}

static enum fm_drop fit_bridge(const struct fm_world *w, const struct fm_unit *u,
			       struct fm_fit *fit)
{
	const struct fm_unit_adapter *a = &w->adapter[u->adapter];
	const struct fm_unit_host *h = &w->host[fit->root];

	fit->bridge = FM_NO_BRIDGE;
	if (fit->way != FM_WAY_LVF)
		return fm_fit_bridge(h, &u->need, &fit->bridge);
	if (h->pfs[a->index] == FM_NO_BRIDGE)
		return fm_fit_bridge(h, &a->need, &fit->bridge);
	fit->bridge = h->pfs[a->index];
	return FM_DROP_NONE;
}

static enum fm_drop fit_links(const struct fm_world *w, const struct fm_use *to, uint64_t grows,
			      bool new_host)
{
	const struct fm_link *a = &w->adapter[w->unit[to->unit].adapter].link;
	const struct fm_link *h = to->host == FM_NONE ? NULL : &w->host[to->host].link;

	if (a->max != UINT64_MAX && a->guaranteed + grows > a->max &&
	    !MR_MUTANT(EDGE_FORGOTTEN))
		return FM_DROP_LINK;
	if (new_host)
		grows = to->guaranteed;
	if (h && h->max != UINT64_MAX && h->guaranteed + grows > h->max)
		return FM_DROP_HOST_LINK;
	return FM_DROP_NONE;
}

/* What the claim counts as on 'u': see fit.h. */
void fm_fit_rates(const struct fm_unit *u, const struct fm_claim *c, struct fm_use *ret)
{
	ret->guaranteed = fm_unit_promise(u, c->guaranteed_mbps);
	ret->limit = fm_unit_over(u, c->limit_mbps, c->guaranteed_mbps);
}

/* Sums of the capacity edges (POLICY, "Arithmetic of admission"). What does not grow always
 * fits. */
enum fm_drop fm_fit_rate(const struct fm_world *w, const struct fm_use *from,
			 const struct fm_use *to)
{
	const struct fm_unit *u = &w->unit[to->unit];
	const struct fm_sum *s = u->sum;
	bool here = from->unit != FM_NONE;
	uint64_t g = here ? from->guaranteed : 0;
	uint64_t had = here ? fm_unit_limit(u, from->limit) : 0;
	uint64_t l = fm_unit_limit(u, to->limit);

	if (s && to->guaranteed > g && !MR_MUTANT(PORT_FORGOTTEN) &&
	    s->guaranteed - g + to->guaranteed > s->e->guaranteed_max_mbps)
		return FM_DROP_GUARANTEE;
	if (s && l > had && s->e->limit_max_mbps != UINT64_MAX &&
	    s->limit - had + l > s->e->limit_max_mbps)
		return FM_DROP_LIMIT;
	return to->guaranteed > g ? fit_links(w, to, to->guaranteed - g, !here) : FM_DROP_NONE;
}

/* The first resource of the PF that the demand is too much for. */
enum fm_resource fm_fit_demand(const struct fm_unit *u, const struct fm_demand *d)
{
	for (unsigned r = 0; d && r < FM_RESOURCE_COUNT; r++)
		if (d->amount[r] && u->hw->total[r] &&
		    u->held[r] + fm_unit_charge(u, r, d->amount[r]) > fm_unit_capacity(u, r))
			return (enum fm_resource)r;
	return FM_RESOURCE_COUNT;
}

/* The same for a function that has 'from' already: fit.h. */
enum fm_resource fm_fit_growth(const struct fm_unit *u, const struct fm_demand *from,
			       const struct fm_demand *to)
{
	for (unsigned r = 0; to && r < FM_RESOURCE_COUNT; r++) {
		uint64_t had = from ? fm_unit_charge(u, r, from->amount[r]) : 0;
		uint64_t more = fm_unit_charge(u, r, to->amount[r]);

		if (more > had && u->hw->total[r] &&
		    u->held[r] - had + more > fm_unit_capacity(u, r))
			return (enum fm_resource)r;
	}
	return FM_RESOURCE_COUNT;
}

static const struct fm_use nothing = {.unit = FM_NONE};

static bool in_domain(const struct fm_unit_adapter *a, const struct fm_domain *d)
{
	uint32_t key = FM_ADAPTER_KEY(a->chassis, a->a->port);
	unsigned lo = 0, hi = d ? d->adapters : 0;

	if (!a->fenced && (!d || !d->adapter))
		return true;
	while (lo < hi) {
		unsigned mid = lo + (hi - lo) / 2;

		if (d->adapter[mid] == key)
			return true;
		if (d->adapter[mid] < key)
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}

static enum fm_drop fit_adapter(const struct fm_world *w, const struct fm_ask *ask,
				const struct fm_unit *u)
{
	const struct fm_unit_adapter *a = &w->adapter[u->adapter];

	if (!a->a->present || !a->a->link)
		return FM_DROP_GONE;
	if (a->a->flaps)
		return FM_DROP_FLAPS;
	if (a->refusing.in_row)
		return FM_DROP_REFUSING;
	if (a->changes_mode)
		return FM_DROP_MODE;
	if (!in_domain(a, ask->domain))
		return FM_DROP_DOMAIN;
	if (!fm_fit_able(a->a, ask->claim, NULL))
		return FM_DROP_ABLE;
	if (a->suspended)
		return FM_DROP_SUSPENDED;
	if (u->hard == w->stamp)
		return FM_DROP_ANTI;
	if ((a->exclusive || ask->exclusive) && a->only_host != FM_NONE &&
	    a->only_host != ask->host)
		return FM_DROP_SHARE;
	return FM_DROP_NONE;
}

/* Whether an adapter that was exchanged keeps the claim off `a`. */
static bool is_bound(const struct fm_ask *ask, const struct fm_cand *c,
		     const struct fm_adapter *a)
{
	return ask->lost && ask->on_replace == FM_REPLACE_SERIAL && !c->spare &&
	       !fm_card_is(ask->lost, a);
}

static bool is_asked(const struct fm_ask *ask, const struct fm_adapter *a)
{
	return ask->lost && ask->lost_port == a->port &&
	       !fm_replace_goes_on(ask->on_replace, ask->lost, a);
}

/* Whether the claim's function of 'u' can stand behind fit->root. */
static enum fm_drop fit_root(const struct fm_world *w, const struct fm_ask *ask,
			     const struct fm_unit *u, struct fm_fit *fit)
{
	const struct fm_unit_adapter *a = &w->adapter[u->adapter];
	const struct fm_unit_host *h = &w->host[fit->root];
	struct fm_use to = {.unit = fit->unit, .host = fit->root};
	enum fm_drop d;

	if (h->hard == w->stamp)
		return FM_DROP_ANTI;
	if (fit->way == FM_WAY_LVF && h->pfs[a->index] == FM_NO_BRIDGE && !a->free_vhs &&
	    !has_vh(a->a, h->h->port))
		return FM_DROP_VHS;
	if (ask->demand && fm_fit_demand(u, ask->demand) != FM_RESOURCE_COUNT)
		return FM_DROP_RESOURCE;
	fm_fit_rates(u, ask->claim, &to);
	d = fm_fit_rate(w, &nothing, &to);
	return d ? d : fit_bridge(w, u, fit);
}

/* How much speaks against a root that fits: rules over numa that are not required; the share of
 * its link that is promised then; the adapter's PFs that would have to be led to it, too; the
 * share of its bridges that is used. The smallest gets it, the first where they are equal. */
static uint64_t root_score(const struct fm_world *w, const struct fm_ask *ask,
			   const struct fm_unit *u, const struct fm_fit *fit)
{
	const struct fm_unit_host *h = &w->host[fit->root];
	uint64_t g = h->link.guaranteed + fm_unit_promise(u, ask->claim->guaranteed_mbps);
	uint64_t link = h->link.max && h->link.max != UINT64_MAX ? (g << 16) / h->link.max : 0;
	int32_t soft = 0x4000 + (h->soft == w->stamp ? h->soft_count : 0);
	bool leads =
		fit->way == FM_WAY_LVF && h->pfs[w->adapter[u->adapter].index] != FM_NO_BRIDGE;
	uint64_t used = h->h->bridges ? (h->h->bridges - h->free) * 0xffu / h->h->bridges : 0;

	soft = soft < 0 ? 0 : soft > 0x7fff ? 0x7fff : soft;
	return (uint64_t)soft << 48 | (link < 0xffffffff ? link : 0xffffffff) << 16 |
	       (uint64_t)!leads << 8 | (used < 0xff ? used : 0xff);
}

/* The best root for it; the reason of the one that came nearest where it fits behind none. */
static enum fm_drop fit_host(const struct fm_world *w, const struct fm_ask *ask,
			     const struct fm_unit *u, struct fm_fit *fit)
{
	struct fm_fit best = {0}, at = *fit;
	enum fm_drop worst = FM_DROP_NONE;
	uint64_t least = UINT64_MAX;

	if (ask->roots == 1)
		return fit_root(w, ask, u, fit);
	for (unsigned r = 0; r < ask->roots; r++) {
		enum fm_drop d;
		uint64_t s;

		at.root = ask->root[r];
		d = fit_root(w, ask, u, &at);
		s = d ? UINT64_MAX : root_score(w, ask, u, &at);
		if (d ? least == UINT64_MAX && d > worst : s < least) {
			worst = d;
			least = s;
			best = at;
		}
	}
	*fit = best;
	return worst;
}

/* Whether the claim fits on the functions of 'c', and how. */
enum fm_drop fm_fit_cand(const struct fm_world *w, const struct fm_ask *ask,
			 const struct fm_cand *c, struct fm_fit *ret)
{
	const struct fm_unit *u = &w->unit[c->unit];
	const struct fm_unit_adapter *a = &w->adapter[u->adapter];
	enum fm_drop d = fit_adapter(w, ask, u);
	uint32_t vf;

	ret->root = ask->root[0];

	if (!d && is_bound(ask, c, a->a))
		d = FM_DROP_SERIAL;
	if (!d && ask->planner)
		d = fm_data_fit(ask, c->unit);
	if (d)
		return d;
	if (c->spare && !ask->spares)
		return FM_DROP_SPARE;
	ret->unit = c->unit;
	ret->way = fm_fit_way(a->a, ask->lvf);
	vf = lowest_free(u, c->vf_first, c->vf_last, ask->host);
	if (vf == FM_NONE)
		return FM_DROP_FULL;
	ret->vf = (uint16_t)vf;
	d = fit_host(w, ask, u, ret);
	return !d && is_asked(ask, a->a) ? FM_DROP_REPLACED : d;
}
