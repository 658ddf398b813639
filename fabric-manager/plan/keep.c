/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What runs stays where it runs: each current assignment against the claim that it stands for.
 * Only a hard limit, another host or a dead device makes it leave.
 */
#include <stdlib.h>
#include <string.h>

#include "common/xalloc.h"
#include "fabric-manager/plan/place.h"

static int key_cmp(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* The functions in quarantine, to be looked up. */
static void init_bad(struct fm_planner *p)
{
	free(p->bad);
	p->bad = mr_xcalloc(p->in->quarantineds + 1, sizeof(*p->bad));
	for (unsigned i = 0; i < p->in->quarantineds; i++)
		p->bad[i] = fm_fn_key(p->in->quarantined[i]);
	qsort(p->bad, p->in->quarantineds, sizeof(*p->bad), key_cmp);
}

static bool is_bad(const struct fm_planner *p, const struct fm_assignment *a)
{
	uint64_t key = fm_fn_key(a->fn);

	return a->phase == FM_PHASE_QUARANTINED ||
	       bsearch(&key, p->bad, p->in->quarantineds, sizeof(key), key_cmp);
}

static bool is_observed(const struct fm_planner *p, unsigned chassis)
{
	return chassis < p->world.n_chassis && p->world.chassis[chassis].c->observed;
}

/* Behind a port that leads to its host, where that is in a chassis at all. */
static bool on_its_host(const struct fm_planner *p, const struct fm_claim *c,
			const struct fm_assignment *a)
{
	const struct fm_host_def *h = &p->d->host[c->host];

	return mr_streq(a->host, h->name) && (!h->roots || a->place.way == FM_WAY_NONE ||
					      fm_root_at(h, a->chassis, a->place.port) >= 0);
}

/* Whether a rule over numa speaks against the root that it is behind, or that is lost. */
static bool leaves_root(const struct fm_planner *p, const struct fm_claim *c,
			const struct fm_assignment *a, const struct fm_use *u)
{
	return (u->host != FM_NONE && p->world.host[u->host].hard == p->world.stamp) ||
	       fm_place_root_lost(p, c->host, a->place.port);
}

/* The current function of claim 'i' as it is, with the attributes that it has. */
void fm_planner_keep_as_is(struct fm_planner *p, unsigned i)
{
	struct fm_placed *pl = &p->plan->placed[i];
	const struct fm_assignment *a = p->in->current[pl->current];

	pl->placed = pl->same_fn = true;
	pl->fn = a->fn;
	pl->place = a->place;
	pl->as_is = true;
	pl->mirror = a->attrs.mirror;
	pl->max_mbps = a->attrs.max_mbps;
	pl->ident[0] = a->attrs.ident0;
	pl->ident[1] = a->attrs.ident1;
}

/* Whether the adapter is there and does not answer. What stands on it stays: its gate can't be
 * closed, so its identities can be nowhere else (HANDOVER, I4). */
static bool is_mute(const struct fm_planner *p, const struct fm_assignment *a)
{
	return fm_adapter_is_mute(
		fm_adapter_by_port(p->in->inventory, a->fn.chassis, a->fn.port));
}

/* The pools want fewer VFs than are enabled: what stands beyond stays until that is approved
 * and done (class Count). */
static bool awaits_count(const struct fm_planner *p, const struct fm_use *u)
{
	const struct fm_unit *un = &p->world.unit[u->unit];
	const struct fm_unit_adapter *a = &p->world.adapter[un->adapter];
	unsigned pf = u->unit - a->unit;

	return a->provision && un->pf != FM_WHOLE && u->vf >= a->provision &&
	       u->vf < a->a->pf[pf].numvfs;
}

/* What becomes of the current function; fills 'u' where it is one that we see. */
static enum fm_stay judge(struct fm_planner *p, unsigned i, struct fm_use *u)
{
	const struct fm_claim *c = &p->d->claim[i];
	const struct fm_assignment *a = p->in->current[p->plan->placed[i].current];
	const struct fm_adapter *ad;

	if (!a->has_fn || a->phase == FM_PHASE_RELEASED)
		return FM_STAY_NEW;
	if (is_bad(p, a))
		return FM_STAY_GONE;
	if (!is_observed(p, a->fn.chassis))
		return FM_STAY_KEEP;
	if (is_mute(p, a)) {
		fm_held_use(p, p->plan->placed[i].current, u);
		return a->going || (!c->suspended && !on_its_host(p, c, a)) ? FM_STAY_MOVE
									    : FM_STAY_KEEP;
	}
	if (!fm_held_use(p, p->plan->placed[i].current, u))
		return FM_STAY_GONE;
	ad = p->world.adapter[p->world.unit[u->unit].adapter].a;
	if (!ad->present || !fm_card_is(&a->card, ad))
		return FM_STAY_GONE;
	if (fm_place_frozen(p, i) && !a->going)
		return FM_STAY_KEEP;
	if (a->going || !on_its_host(p, c, a))
		return FM_STAY_MOVE;
	fm_rules_stamp_early(p, i);
	if (p->world.unit[u->unit].hard == p->world.stamp || leaves_root(p, c, a, u))
		return FM_STAY_LEAVE;
	if (c->reason == MR_REASON_OK && !fm_place_cand(p, i, u->unit, u->vf) &&
	    !awaits_count(p, u))
		return FM_STAY_LEAVE;
	return FM_STAY_KEEP;
}

static bool is_over(const struct fm_link *l)
{
	return l->max != UINT64_MAX && l->guaranteed > l->max;
}

/* Capacity that shrank under what is promised: said, nothing moves (I3). */
static void check_broken(struct fm_planner *p, unsigned i, const struct fm_use *u)
{
	const struct fm_unit *un = &p->world.unit[u->unit];
	enum fm_drop d = FM_DROP_NONE;
	struct mr_buf b = {0};

	if (!u->guaranteed)
		return;
	if (un->sum && un->sum->guaranteed > un->sum->e->guaranteed_max_mbps)
		d = FM_DROP_GUARANTEE;
	else if (is_over(&p->world.adapter[un->adapter].link))
		d = FM_DROP_LINK;
	else if (u->host != FM_NONE && is_over(&p->world.host[u->host].link))
		d = FM_DROP_HOST_LINK;
	if (!d)
		return;
	fm_rate_words(&p->world, u, u, d, &b);
	fm_place_refuse(p, i, MR_REASON_GUARANTEE_BROKEN, &b);
}

/* Namespaces can be added where it runs, or not at all. */
static enum mr_reason keep_data(const struct fm_planner *p, unsigned i, uint32_t unit,
				struct mr_buf *b)
{
	enum mr_reason r = fm_data_barred(p, i, b);
	enum fm_drop d = FM_DROP_NONE;
	struct fm_ask ask;

	if (r != MR_REASON_OK || !p->d->claim[i].nss || !fm_place_ask(p, i, &ask))
		return r;
	d = fm_data_fit(&ask, unit);
	if (d == FM_DROP_DATA || d == FM_DROP_STORAGE)
		fm_data_words(&ask, unit, d, b);
	else if (d)
		mr_buf_puts(b, fm_drop_text(d));
	return fm_drop_reason(d);
}

/* Keeps the function and brings attributes and identities to what is wanted. Whatever cannot be
 * had leaves all as it is, with the reason. */
static void keep(struct fm_planner *p, unsigned i, const struct fm_use *u)
{
	struct fm_placed *pl = &p->plan->placed[i];
	const struct fm_claim *c = &p->d->claim[i];
	struct mr_ident ident[FM_IDENTS];
	struct fm_use to = *u;
	struct mr_buf b = {0};
	enum mr_reason r = fm_idents_find(&p->idents, i, ident, &b);

	fm_planner_keep_as_is(p, i);
	if (r == MR_REASON_OK)
		r = keep_data(p, i, u->unit, &b);
	pl->attach_pf = pl->place.way == FM_WAY_LVF && fm_place_attach(p, u->host, u->unit);
	if (r != MR_REASON_OK) {
		fm_place_refuse(p, i, r, &b);
		return;
	}
	fm_fit_rates(&p->world.unit[u->unit], c, &to);
	to.demand = fm_demand_of(fm_place_demand(p, i));
	fm_world_rate(&p->world, u, &to);
	fm_place_name(pl, ident);
	fm_place_attrs(p, i, u->unit);
	pl->mirror = fm_place_mirror(p, i, u->unit);
	fm_idents_take(&p->idents, i);
	check_broken(p, i, &to);
	mr_buf_done(&b);
}

/* A claim that documents or inventory bar now, or that is frozen, keeps what it has. */
static bool keep_barred(struct fm_planner *p, unsigned i)
{
	const struct fm_claim *c = &p->d->claim[i];
	struct mr_buf b = {0};

	if (fm_place_frozen(p, i)) {
		fm_planner_keep_as_is(p, i);
		return true;
	}
	if (c->reason == MR_REASON_OK)
		return false;
	fm_planner_keep_as_is(p, i);
	mr_buf_puts(&b, c->detail ? c->detail : "");
	fm_place_refuse(p, i, c->reason, &b);
	return true;
}

/* It keeps what it has, whatever was asked for, and says why. */
static void keep_mute(struct fm_planner *p, unsigned i)
{
	const struct fm_assignment *a = p->in->current[p->plan->placed[i].current];
	struct mr_buf b = {0};

	fm_planner_keep_as_is(p, i);
	if (p->d->claim[i].suspended)
		return;
	mr_buf_printf(&b, "adapter %s does not answer, and its gates may be open", a->adapter);
	fm_place_refuse(p, i, MR_REASON_UNREACHABLE, &b);
}

/* Whether it asks for more of what the PF's functions share than is left there. */
static bool grows_too_far(const struct fm_planner *p, unsigned i, const struct fm_use *u)
{
	return fm_fit_growth(&p->world.unit[u->unit], &u->demand, fm_place_demand(p, i)) !=
	       FM_RESOURCE_COUNT;
}

/* Whether it asks for what the adapter of its function cannot do. */
static bool is_beyond(const struct fm_planner *p, unsigned i, const struct fm_use *u)
{
	const struct fm_unit *un = &p->world.unit[u->unit];

	return !fm_fit_able(p->world.adapter[un->adapter].a, &p->d->claim[i], NULL);
}

static void keep_claim(struct fm_planner *p, unsigned i)
{
	const struct fm_claim *c = &p->d->claim[i];
	struct fm_use u = {.unit = FM_NONE, .host = FM_NONE}, to;

	p->stay[i] = (uint8_t)judge(p, i, &u);
	if (p->stay[i] == FM_STAY_KEEP &&
	    is_mute(p, p->in->current[p->plan->placed[i].current])) {
		keep_mute(p, i);
		return;
	}
	to = u;
	if (u.unit != FM_NONE)
		fm_fit_rates(&p->world.unit[u.unit], c, &to);
	if (p->stay[i] == FM_STAY_KEEP && u.unit != FM_NONE && !fm_place_frozen(p, i) &&
	    (fm_fit_rate(&p->world, &u, &to) || grows_too_far(p, i, &u) || is_beyond(p, i, &u)))
		p->stay[i] = FM_STAY_LEAVE;
	if (p->stay[i] != FM_STAY_KEEP || keep_barred(p, i))
		return;
	if (u.unit == FM_NONE)
		fm_planner_keep_as_is(p, i); /* its chassis is out of sight */
	else
		keep(p, i, &u);
}

/* Keeps all that may be kept, in the order of filling. */
void fm_planner_keep(struct fm_planner *p)
{
	init_bad(p);
	for (unsigned n = 0; n < p->todos; n++) {
		unsigned i = p->todo[n];
		const struct fm_claim *c = &p->d->claim[i];

		p->stay[i] = FM_STAY_NEW;
		if (p->plan->placed[i].current >= 0 &&
		    (c->host != FM_WHOLE || fm_place_frozen(p, i)))
			keep_claim(p, i);
	}
}
