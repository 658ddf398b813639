/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One claim's candidates: what it asks for, the best place that breaks no hard limit, taking it
 * and giving it back, or why there is none. One scan over the pool's PFs of the host's chassis
 * a claim; never over functions.
 */
#include "fabric-manager/plan/place.h"

#include <stdlib.h>
#include <string.h>

#include "common/mutant.h"

/* Whether the claim stands in for one on an adapter that failed, or has a spare one already. */
static bool may_use_spares(const struct fm_planner *p, unsigned i)
{
	int32_t k = p->plan->placed[i].current;
	const struct fm_assignment *a = k < 0 ? NULL : p->in->current[k];
	unsigned chassis;
	const struct fm_adapter *ad;

	if (!a || !a->adapter[0])
		return p->stay[i] == FM_STAY_GONE;
	ad = fm_adapter_by_name(p->in->inventory, a->adapter, &chassis);
	return p->stay[i] == FM_STAY_GONE || !ad || !ad->present || !ad->link ||
	       !fm_card_is(&a->card, ad);
}

/* The adapter that claim 'i' lost its function with, while that is not back in its slot. */
static const struct fm_card *lost_with(const struct fm_planner *p, unsigned i)
{
	int32_t k = p->plan->placed[i].current;
	const struct fm_assignment *a = k < 0 ? NULL : p->in->current[k];
	const struct fm_adapter *ad;

	if (!a || (!a->card.serial[0] && !a->card.vendor))
		return NULL;
	ad = fm_adapter_by_port(p->in->inventory, a->fn.chassis, a->fn.port);
	return ad && ad->present && fm_card_is(&a->card, ad) ? NULL : &a->card;
}

static void ask_lost(const struct fm_planner *p, unsigned i, struct fm_ask *ask)
{
	const struct fm_card *card = lost_with(p, i);
	struct fm_fn_id fn;

	if (!card)
		return;
	fn = p->in->current[p->plan->placed[i].current]->fn;
	if (fn.chassis != p->d->host[ask->claim->host].chassis)
		return;
	ask->lost = card;
	ask->lost_port = fn.port;
	ask->on_replace = fm_desired_replace(p->d, fn.chassis, fn.port, card);
}

/* place.h */
uint32_t fm_place_lead(const struct fm_planner *p, unsigned host)
{
	const struct fm_host_def *h = &p->d->host[host];

	for (unsigned r = 0; r < h->roots; r++) {
		uint32_t at = fm_world_host(&p->world, h->chassis, h->root[r]);

		if (at != FM_NONE)
			return at;
	}
	return FM_NONE;
}

/* place.h */
bool fm_place_root_lost(const struct fm_planner *p, unsigned host, unsigned port)
{
	int r = p->in->host ? fm_root_at(&p->d->host[host], p->d->host[host].chassis, port)
			    : -1;

	if (MR_MUTANT(ROOTS_ALL_LOST) && r >= 0 && p->in->host[host].lost)
		return true;
	return r >= 0 && p->in->host[host].lost >> r & 1;
}

/* The roots that new functions may be given to. */
static void ask_roots(const struct fm_planner *p, unsigned host, struct fm_ask *ask)
{
	for (uint32_t h = ask->host; h != FM_NONE && ask->roots < FM_ROOTS_MAX;
	     h = p->world.host[h].next) {
		const struct fm_host *hw = p->world.host[h].h;

		if (!hw->flaps && !fm_place_root_lost(p, host, hw->port))
			ask->root[ask->roots++] = h;
	}
	if (ask->roots)
		return;
	ask->root[0] = ask->host; /* none: barred, or what stays there is looked at */
	ask->roots = 1;
}

/* Fills 'ret' for claim 'i'. */
bool fm_place_ask(const struct fm_planner *p, unsigned i, struct fm_ask *ret)
{
	const struct fm_claim *c = &p->d->claim[i];

	*ret = (struct fm_ask){.claim = c,
			       .host = fm_place_lead(p, c->host),
			       .lvf = p->in->host && p->in->host[c->host].lvf,
			       .exclusive = fm_place_exclusive(p, i),
			       .spares = p->has_spares && may_use_spares(p, i),
			       .demand = fm_place_demand(p, i),
			       .domain = c->domain && c->domain <= p->d->domains
						 ? &p->d->domain[c->domain - 1]
						 : NULL,
			       .planner = c->nss ? p : NULL,
			       .index = i,
			       .drive = fm_data_unit(p, i)};
	ask_lost(p, i, ret);
	ask_roots(p, c->host, ret);
	return ret->host != FM_NONE;
}

/* The slice of candidates. */
void fm_place_cands(const struct fm_planner *p, const struct fm_ask *ask, uint32_t *ret_first,
		    uint32_t *ret_last)
{
	uint32_t g = ask->claim->pool * p->world.n_chassis + p->world.host[ask->host].chassis;

	*ret_first = p->world.cand_first[g];
	*ret_last = p->world.cand_first[g + 1];
}

/* The candidate that holds a function, NULL when the claim's pool does not. */
const struct fm_cand *fm_place_cand(const struct fm_planner *p, unsigned i, uint32_t unit,
				    uint16_t vf)
{
	const struct fm_world *w = &p->world;

	for (uint32_t k = w->unit_cand_first[unit]; k < w->unit_cand_first[unit + 1]; k++) {
		const struct fm_cand *c = &w->cand[w->unit_cand[k]];

		if (c->pool == p->d->claim[i].pool && vf >= c->vf_first && vf <= c->vf_last)
			return c;
	}
	return NULL;
}

/* Whether the host has no enabled device VH of the adapter, or no bridge that leads there. */
bool fm_place_attach(const struct fm_planner *p, uint32_t host, uint32_t unit)
{
	const struct fm_adapter *a = p->world.adapter[p->world.unit[unit].adapter].a;
	const struct fm_host *h = host == FM_NONE ? NULL : p->world.host[host].h;
	bool vh = false;

	for (unsigned d = 1; h && a->vh_of && d < a->vhs; d++)
		vh |= a->vh_of[d] == h->port;
	for (unsigned b = 0; vh && b < h->bridges; b++)
		if (h->bridge[b].state == MR_ROW_MAPPED &&
		    MR_TARGET_KIND(h->bridge[b].target) == MR_TARGET_PFS &&
		    MR_TARGET_PORT(h->bridge[b].target) == a->port)
			return false;
	return true;
}

/* ---- choosing ---- */

static uint32_t share(uint64_t used, uint64_t all)
{
	uint64_t n = all && all != UINT64_MAX ? (used << 20) / all : 0;

	return n < 0xffffff ? (uint32_t)n : 0xffffff;
}

static uint32_t larger(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

/* Whether the adapter's PFs are led to the host, by whatever root. */
static bool is_attached(const struct fm_world *w, const struct fm_ask *ask, unsigned adapter)
{
	for (unsigned r = 0; r < ask->roots; r++)
		if (w->host[ask->root[r]].pfs[adapter] != FM_NO_BRIDGE)
			return true;
	return false;
}

/* Whether it matters more than anything else that the claim costs its host no bridge. */
static bool must_ride(const struct fm_planner *p, const struct fm_ask *ask)
{
	return p->choice == FM_CHOOSE_RIDE ||
	       (p->choice == FM_CHOOSE_EVEN && ask->lvf && p->world.host[ask->host].scarce);
}

/* Share that is used of whatever is scarcest once the claim is there, 2^20 = all of it. An
 * adapter that the host has attached costs no bridge: worth a third of a PF. */
static uint32_t fullest(const struct fm_world *w, const struct fm_ask *ask,
			const struct fm_unit *u, bool rides)
{
	const struct fm_unit_adapter *a = &w->adapter[u->adapter];
	uint64_t g = fm_unit_promise(u, ask->claim->guaranteed_mbps);
	uint32_t most = share(u->used + 1u, u->usable);

	if (u->sum && g)
		most = larger(most,
			      share(u->sum->guaranteed + g, u->sum->e->guaranteed_max_mbps));
	if (g)
		most = larger(most, share(a->link.guaranteed + g, a->link.max));
	for (unsigned r = 0; ask->demand && r < FM_RESOURCE_COUNT; r++)
		if (ask->demand->amount[r])
			most = larger(
				most,
				share(u->held[r] + fm_unit_charge(u, r, ask->demand->amount[r]),
				      fm_unit_capacity(u, r)));
	if (fm_fit_way(a->a, ask->lvf) != FM_WAY_LVF)
		most += rides ? 2 << 20 : (1 << 20) / 3;
	else if (!is_attached(w, ask, a->index))
		most += rides ? 1 << 20 : (1 << 20) / 3;
	return most;
}

/* Goals 3, 4, 5: placement rules that are not required; the port with the smallest share
 * promised; an adapter that is in use already, so that whole devices stay free; the PF with the
 * fewest functions used. A spare adapter comes after all others. Where claims are packed once
 * more, the scarcest resource counts instead of the port alone. */
static uint64_t score(const struct fm_planner *p, const struct fm_ask *ask,
		      const struct fm_cand *c)
{
	const struct fm_world *w = &p->world;
	const struct fm_unit *u = &w->unit[c->unit];
	int32_t soft = 0x4000 + (u->soft == w->stamp ? u->soft_count : 0);
	uint64_t load = u->sum ? u->sum->load : 0;

	if (ask->lost && ask->lost_port == w->adapter[u->adapter].a->port)
		soft -= 0x2000; /* what took the place of the adapter that it ran on */
	soft = soft < 0 ? 0 : soft > 0x7fff ? 0x7fff : soft;
	if (p->choice != FM_CHOOSE_BALANCED)
		load = fullest(w, ask, u, must_ride(p, ask));
	if (p->choice == FM_CHOOSE_TIGHT)
		load = 0xffffff - load;
	return (uint64_t)c->spare << 63 | (uint64_t)soft << 48 | load << 17 |
	       (uint64_t)!w->adapter[u->adapter].used << 16 | u->used;
}

/* Whether the PF has too little left of what most claims fail for: the same answer as that of
 * fm_fit_cand, without the rest of it. Most PFs of a fabric that is nearly full are no place
 * for a claim, and a score is dear. */
static bool is_full(const struct fm_unit *u, const struct fm_ask *ask)
{
	uint64_t g = fm_unit_promise(u, ask->claim->guaranteed_mbps);

	if (u->sum && g && !MR_MUTANT(PORT_FORGOTTEN) &&
	    u->sum->guaranteed + g > u->sum->e->guaranteed_max_mbps)
		return true;
	return ask->demand && fm_fit_demand(u, ask->demand) != FM_RESOURCE_COUNT;
}

/* The best place that is free. */
bool fm_place_scan(const struct fm_planner *p, const struct fm_ask *ask, struct fm_fit *ret)
{
	const struct fm_world *w = &p->world;
	uint64_t best = UINT64_MAX;
	uint32_t first, last;
	struct fm_fit fit;

	fm_place_cands(p, ask, &first, &last);
	for (uint32_t k = first; k < last; k++) {
		uint64_t s;

		if (is_full(&w->unit[w->cand[k].unit], ask))
			continue;
		s = score(p, ask, &w->cand[k]);
		if (s >= best || fm_fit_cand(w, ask, &w->cand[k], &fit))
			continue;
		best = s;
		*ret = fit;
	}
	return best != UINT64_MAX;
}

/* Reason and words of the candidate that came nearest. */
void fm_place_refuse_all(struct fm_planner *p, unsigned i, const struct fm_ask *ask)
{
	const struct fm_world *w = &p->world;
	enum fm_drop worst = FM_DROP_NONE;
	const struct fm_cand *at = NULL;
	uint32_t first, last;
	struct mr_buf b = {0};
	struct fm_fit fit;

	fm_place_cands(p, ask, &first, &last);
	for (uint32_t k = first; k < last; k++) {
		enum fm_drop d = fm_fit_cand(w, ask, &w->cand[k], &fit);

		if (d <= worst)
			continue;
		worst = d;
		at = &w->cand[k];
	}
	if (!at) {
		mr_buf_printf(&b, "pool %s has nothing in chassis %s, where host %s is",
			      p->d->pool[ask->claim->pool].name,
			      w->chassis[w->host[ask->host].chassis].c->name,
			      p->d->host[ask->claim->host].name);
		fm_place_refuse(p, i, MR_REASON_UNREACHABLE, &b);
		return;
	}
	if (worst == FM_DROP_ANTI)
		fm_rules_words(p, i, &b);
	else
		fm_fit_words(w, ask, at, worst, &b);
	fm_place_refuse(p, i, fm_drop_reason(worst), &b);
}

/* What a placed claim uses on its new function. */
struct fm_use fm_place_use(const struct fm_planner *p, unsigned i)
{
	const struct fm_placed *pl = &p->plan->placed[i];
	const struct fm_claim *c = &p->d->claim[i];
	struct fm_use u = {.way = pl->place.way,
			   .bridge = pl->place.bridge,
			   .demand = fm_demand_of(fm_place_demand(p, i)),
			   .exclusive = fm_place_exclusive(p, i)};

	u.unit = fm_world_unit(&p->world, pl->fn, &u.vf);
	if (u.unit != FM_NONE)
		fm_fit_rates(&p->world.unit[u.unit], c, &u);
	u.host = fm_world_host(&p->world, p->d->host[c->host].chassis, pl->place.port);
	u.sharer = fm_place_lead(p, c->host);
	return u;
}

/* Claim 'i' gets place 'f' with these identities. */
void fm_place_settle(struct fm_planner *p, unsigned i, const struct fm_fit *f,
		     const struct mr_ident ident[FM_IDENTS])
{
	struct fm_placed *pl = &p->plan->placed[i];
	struct fm_unit *un = &p->world.unit[f->unit];
	struct fm_use u;

	fm_trial_note(p, pl);
	FM_NOTE(&p->world.journal, un->claims);
	FM_NOTE(&p->world.journal, p->next_new[i]);
	pl->placed = true;
	pl->reason = MR_REASON_OK;
	pl->fn = fm_world_fn(&p->world, f->unit, f->vf);
	pl->same_fn = pl->current >= 0 && p->in->current[pl->current]->has_fn &&
		      p->in->current[pl->current]->phase != FM_PHASE_RELEASED &&
		      fm_fn_eq(pl->fn, p->in->current[pl->current]->fn);
	pl->place = (struct fm_place){.way = f->way,
				      .port = p->world.host[f->root].h->port,
				      .bridge = f->bridge,
				      .pf = f->way == FM_WAY_LVF ? pl->fn.pf : 0};
	pl->attach_pf = f->way == FM_WAY_LVF && fm_place_attach(p, f->root, f->unit);
	fm_place_name(pl, ident);
	fm_place_attrs(p, i, f->unit);
	u = fm_place_use(p, i);
	fm_world_take(&p->world, &u);
	fm_idents_take(&p->idents, i);
	p->next_new[i] = un->claims;
	un->claims = i;
}

/* Whether anything still leads a host to PFs of the adapter. */
static bool leads(const struct fm_planner *p, const struct fm_unit_adapter *a, uint32_t host)
{
	for (uint32_t k = a->held; k != FM_NONE; k = p->held[k].next_adapter)
		if (p->held[k].host == host && p->held[k].way == FM_WAY_LVF)
			return true;
	for (uint32_t u = a->unit; u < a->unit + a->units; u++)
		for (uint32_t i = p->world.unit[u].claims; i != FM_NONE; i = p->next_new[i])
			if (p->plan->placed[i].place.way == FM_WAY_LVF &&
			    p->plan->placed[i].place.port == p->world.host[host].h->port)
				return true;
	return false;
}

/* The reverse: a claim that was given its place in this plan. */
void fm_place_unsettle(struct fm_planner *p, unsigned i)
{
	struct fm_placed *pl = &p->plan->placed[i];
	struct fm_use u = fm_place_use(p, i);
	uint32_t *at = &p->world.unit[u.unit].claims;

	while (*at != i)
		at = &p->next_new[*at];
	FM_NOTE(&p->world.journal, *at);
	fm_trial_note(p, pl);
	*at = p->next_new[i];
	fm_world_give_back(&p->world, &u);
	if (u.way == FM_WAY_LVF &&
	    !leads(p, &p->world.adapter[p->world.unit[u.unit].adapter], u.host))
		fm_world_give_back_pfs(&p->world, &u);
	pl->placed = pl->same_fn = false;
}

static bool has_bit(const uint64_t *bits, unsigned i)
{
	return bits[i / 64] >> (i % 64) & 1;
}

/* Whether the claim's own domain lists its host, or its pool. */
static bool own_lists(const struct fm_planner *p, const struct fm_claim *c, bool host)
{
	const struct fm_domain *d;
	const uint64_t *bits;

	if (!c->domain || c->domain > p->d->domains)
		return false;
	d = &p->d->domain[c->domain - 1];
	bits = host ? d->host : d->pool;
	return bits && has_bit(bits, host ? c->host : c->pool);
}

/* Borders of domains around hosts and pools; those around adapters are the candidates'. */
static bool is_fenced(const struct fm_planner *p, unsigned i, struct mr_buf *b)
{
	const struct fm_claim *c = &p->d->claim[i];

	for (unsigned k = 0; k < p->d->domains; k++) {
		const struct fm_domain *d = &p->d->domain[k];
		bool own = c->domain == k + 1;
		const char *what = NULL;

		if (d->host && has_bit(d->host, c->host) != own)
			what = "host";
		else if (d->pool && has_bit(d->pool, c->pool) != own)
			what = "pool";
		if (!what || (!own && own_lists(p, c, what[0] == 'h')))
			continue;
		mr_buf_printf(b, "%s %s is %s domain %s", what,
			      what[0] == 'h' ? p->d->host[c->host].name
					     : p->d->pool[c->pool].name,
			      own ? "outside of" : "in", d->name);
		return true;
	}
	return false;
}

/* What the pool requires of the host, and the host is not known to have. */
static bool is_unsafe(const struct fm_planner *p, unsigned i, struct mr_buf *b)
{
	const struct fm_claim *c = &p->d->claim[i];
	unsigned need = p->d->pool[c->pool].require;
	const struct fm_plan_host *h = p->in->host ? &p->in->host[c->host] : NULL;

	if (!need || (h && h->told && !(need & ~h->has)))
		return false;
	for (unsigned r = 0; r < FM_REQUIRE_COUNT; r++)
		if (need >> r & 1 && !(h && h->told && h->has >> r & 1)) {
			mr_buf_printf(b, "pool %s requires %s, which host %s %s",
				      p->d->pool[c->pool].name,
				      fm_require_name((enum fm_require)r),
				      p->d->host[c->host].name,
				      h && h->told ? "does not have" : "has not reported");
			break;
		}
	return true;
}

/* Reasons of the host, by what was observed of it. */
static enum mr_reason barred_host(const struct fm_planner *p, unsigned i, struct fm_ask *ask,
				  struct mr_buf *b)
{
	const struct fm_host_def *h = &p->d->host[p->d->claim[i].host];

	if (h->roots && h->chassis < p->world.n_chassis &&
	    !p->world.chassis[h->chassis].c->observed) {
		mr_buf_printf(b, "chassis %s was not read yet",
			      p->world.chassis[h->chassis].c->name);
		return MR_REASON_UNREACHABLE;
	}
	if (!fm_place_ask(p, i, ask)) {
		mr_buf_printf(b, "host %s is behind no port of a chassis", h->name);
		return MR_REASON_UNREACHABLE;
	}
	if (h->cordoned) {
		mr_buf_printf(b, "host %s is cordoned", h->name);
		return MR_REASON_NOT_PERMITTED;
	}
	if (p->world.host[ask->root[0]].h->flaps) {
		mr_buf_printf(b, "the link of host %s goes up and down", h->name);
		return MR_REASON_UNREACHABLE;
	}
	return MR_REASON_OK;
}

/* See place.h. */
bool fm_place_frozen(const struct fm_planner *p, unsigned i)
{
	int32_t k = p->plan->placed[i].current;
	const struct fm_assignment *a = k < 0 ? NULL : p->in->current[k];

	return p->d->claim[i].suspended ||
	       (p->d->adapters && a && a->has_fn && a->phase != FM_PHASE_RELEASED &&
		fm_adapter_suspended(p->d, a->fn.chassis, a->fn.port));
}

/* Reasons before any candidate is looked at. */
enum mr_reason fm_place_barred(const struct fm_planner *p, unsigned i, struct fm_ask *ask,
			       struct mr_buf *b)
{
	const struct fm_claim *c = &p->d->claim[i];
	enum mr_reason r;

	if (c->reason != MR_REASON_OK || c->host == FM_WHOLE) {
		mr_buf_puts(b, c->detail ? c->detail : "no host of its group is free");
		return c->reason != MR_REASON_OK ? c->reason : MR_REASON_NO_CAPACITY;
	}
	if (c->suspended) {
		mr_buf_printf(b, "profile %s is suspended", c->profile);
		return MR_REASON_NOT_PERMITTED;
	}
	r = barred_host(p, i, ask, b);
	if (r != MR_REASON_OK)
		return r;
	if (is_fenced(p, i, b))
		return MR_REASON_NOT_PERMITTED;
	return is_unsafe(p, i, b) ? MR_REASON_UNSUPPORTED : fm_data_barred(p, i, b);
}

/* Sets reason and words of claim 'i'. */
void fm_place_refuse(struct fm_planner *p, unsigned i, enum mr_reason r, struct mr_buf *b)
{
	fm_trial_note(p, &p->plan->placed[i]);
	free(p->plan->placed[i].detail);
	p->plan->placed[i].reason = r;
	p->plan->placed[i].detail = mr_buf_steal(b);
}
