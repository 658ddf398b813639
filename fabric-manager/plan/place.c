/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filling (POLICY): claims that have no function get the best one that breaks no hard limit.
 * Best = fewest soft antiAffinity conflicts, then the port with the smallest share promised,
 * then the fewest functions used, then name, slot, port, PF and VF. One scan over the pool's
 * PFs of the host's chassis a claim; never over functions.
 */
#include "fabric-manager/plan/place.h"

/* Fills 'ret' for claim 'i'. */
bool fm_planner_ask(const struct fm_planner *p, unsigned i, struct fm_ask *ret)
{
	const struct fm_claim *c = &p->d->claim[i];
	const struct fm_host_def *h = &p->d->host[c->host];

	*ret = (struct fm_ask){.claim = c,
			       .host = h->port ? fm_world_host(&p->world, h->chassis, h->port)
					       : FM_NONE,
			       .lvf = p->in->host && p->in->host[c->host].lvf,
			       .exclusive = fm_planner_exclusive(p, i)};
	return ret->host != FM_NONE;
}

/* The slice of candidates. */
void fm_planner_cands(const struct fm_planner *p, const struct fm_ask *ask, uint32_t *ret_first,
		      uint32_t *ret_last)
{
	uint32_t g = ask->claim->pool * p->world.n_chassis + p->world.host[ask->host].chassis;

	*ret_first = p->world.cand_first[g];
	*ret_last = p->world.cand_first[g + 1];
}

/* The candidate that holds a function, NULL when the claim's pool does not. */
const struct fm_cand *fm_planner_cand(const struct fm_planner *p, unsigned i, uint32_t unit,
				      uint16_t vf)
{
	unsigned chassis = p->world.adapter[p->world.unit[unit].adapter].chassis;
	uint32_t g = p->d->claim[i].pool * p->world.n_chassis + chassis;

	if (p->d->claim[i].pool >= p->d->pools)
		return NULL;
	for (uint32_t k = p->world.cand_first[g]; k < p->world.cand_first[g + 1]; k++) {
		const struct fm_cand *c = &p->world.cand[k];

		if (c->unit == unit && vf >= c->vf_first && vf <= c->vf_last)
			return c;
	}
	return NULL;
}

/* ---- antiAffinity ---- */

static void stamp_unit(struct fm_world *w, uint32_t unit, bool required)
{
	struct fm_unit *u = &w->unit[unit];

	if (required) {
		u->hard = w->stamp;
		return;
	}
	u->soft_count = u->soft == w->stamp ? u->soft_count + 1 : 1;
	u->soft = w->stamp;
}

static void stamp_rule(struct fm_world *w, const struct fm_rule *r, uint32_t unit)
{
	const struct fm_unit_adapter *a = &w->adapter[w->unit[unit].adapter];
	uint32_t first = unit, last = unit;

	if (r->topology == FM_TOPO_ADAPTER || r->topology == FM_TOPO_SLOT) {
		first = a->unit;
		last = a->unit + a->units - 1;
	} else if (r->topology == FM_TOPO_CHASSIS) {
		const struct fm_world_chassis *c = &w->chassis[a->chassis];
		const struct fm_unit_adapter *end = &w->adapter[c->adapter + c->adapters - 1];

		first = w->adapter[c->adapter].unit;
		last = end->unit + end->units - 1;
	}
	for (uint32_t u = first; u <= last; u++)
		stamp_unit(w, u, r->required);
}

/* A new stamp on every unit where a rule of claim 'i' has another claim. */
void fm_planner_stamp(struct fm_planner *p, unsigned i)
{
	p->world.stamp++;
	for (uint32_t n = p->rule_first[i]; n < p->rule_first[i + 1]; n++) {
		const struct fm_rule *r = &p->d->rule[p->rule_of[n]];

		for (unsigned k = 0; k < r->claims; k++) {
			const struct fm_placed *other = &p->plan->placed[r->claim[k]];
			uint16_t vf;
			uint32_t unit;

			if (r->claim[k] == i || !other->placed)
				continue;
			unit = fm_world_unit(&p->world, other->fn, &vf);
			if (unit != FM_NONE)
				stamp_rule(&p->world, r, unit);
		}
	}
}

/* ---- attributes ---- */

static uint32_t step_down(uint32_t mbps, uint32_t step)
{
	if (step <= 1 || !mbps)
		return mbps;
	return mbps < step ? step : mbps - mbps % step;
}

/* What is programmed: rates in the hardware's steps (the guarantee never above the limit), and
 * nothing that the adapter has no register for. */
struct fm_attrs fm_planner_attrs(const struct fm_planner *p, unsigned i, uint32_t unit)
{
	const struct fm_adapter *a = p->world.adapter[p->world.unit[unit].adapter].a;
	const struct fm_placed *pl = &p->plan->placed[i];
	struct fm_attrs at = p->d->claim[i].attrs;

	if (a->kind == FM_ADAPTER_BASE)
		return (struct fm_attrs){0};
	at.max_mbps = step_down(at.max_mbps, a->rate_step_mbps);
	at.min_mbps =
		a->caps & MR_CT_CAP_MIN_RATE ? step_down(at.min_mbps, a->rate_step_mbps) : 0;
	at.weight = a->caps & MR_CT_CAP_WEIGHT ? at.weight : 0;
	at.burst_kib = a->caps & MR_CT_CAP_BURST ? at.burst_kib : 0;
	at.ident0 = p->d->claim[i].ident[0].source ? pl->ident[0].lo : 0;
	at.ident1 = p->d->claim[i].ident[1].source ? pl->ident[1].lo : 0;
	return at;
}

/* Whether the host has no enabled device VH of the adapter, or no bridge that leads there. */
bool fm_planner_attach(const struct fm_planner *p, uint32_t host, uint32_t unit)
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

static uint64_t score(const struct fm_world *w, const struct fm_unit *u)
{
	uint64_t soft = u->soft == w->stamp ? u->soft_count : 0;

	return (soft < 0xffff ? soft : 0xffff) << 48 | (uint64_t)u->load << 20 | u->used;
}

static bool scan(const struct fm_planner *p, const struct fm_ask *ask, struct fm_fit *ret)
{
	const struct fm_world *w = &p->world;
	uint64_t best = UINT64_MAX;
	uint32_t first, last;
	struct fm_fit fit;

	fm_planner_cands(p, ask, &first, &last);
	for (uint32_t k = first; k < last; k++) {
		uint64_t s = score(w, &w->unit[w->cand[k].unit]);

		if (s >= best || fm_fit_cand(w, ask, &w->cand[k], &fit))
			continue;
		best = s;
		*ret = fit;
	}
	return best != UINT64_MAX;
}

/* HANDOVER 5: where no new function fits, a move takes the one that it has, through the cut. */
static bool scan_same(struct fm_planner *p, const struct fm_ask *ask, unsigned i,
		      struct fm_fit *ret)
{
	const struct fm_cand *c;
	struct fm_cand only;
	struct fm_use u;
	uint16_t bridge;
	bool fits;

	if (p->stay[i] != FM_STAY_MOVE || !fm_planner_use(p, p->plan->placed[i].current, &u))
		return false;
	c = fm_planner_cand(p, i, u.unit, u.vf);
	if (!c || p->world.adapter[p->world.unit[u.unit].adapter].chassis !=
			  p->world.host[ask->host].chassis)
		return false;
	only = (struct fm_cand){.unit = c->unit, .vf_first = u.vf, .vf_last = u.vf};
	u.exclusive = ask->exclusive;
	u.sharer = ask->host;
	bridge = u.bridge;
	u.bridge = FM_NO_BRIDGE; /* stays used until the cut is read back */
	fm_world_give_back(&p->world, &u);
	u.bridge = bridge;
	fits = fm_fit_cand(&p->world, ask, &only, ret) == FM_DROP_NONE;
	if (!fits)
		fm_world_take(&p->world, &u);
	return fits;
}

/* "required antiAffinity over adapter: data0 is on nic-left/pf0/vf0". */
void fm_planner_anti_words(const struct fm_planner *p, unsigned i, struct mr_buf *b)
{
	char text[FM_FN_TEXT];

	for (uint32_t n = p->rule_first[i]; n < p->rule_first[i + 1]; n++) {
		const struct fm_rule *r = &p->d->rule[p->rule_of[n]];
		const char *sep = ": ";

		if (!r->required)
			continue;
		mr_buf_printf(b, "%srequired antiAffinity over %s", b->len ? "; " : "",
			      fm_topology_name(r->topology));
		for (unsigned k = 0; k < r->claims; k++) {
			const struct fm_placed *other = &p->plan->placed[r->claim[k]];

			if (r->claim[k] == i || !other->placed)
				continue;
			mr_buf_printf(b, "%s%s is on %s", sep, p->d->claim[r->claim[k]].device,
				      fm_fn_text(p->in->inventory, other->fn, text));
			sep = ", ";
		}
	}
}

/* Reason and words of the candidate that came nearest. */
static void refuse_all(struct fm_planner *p, unsigned i, const struct fm_ask *ask)
{
	const struct fm_world *w = &p->world;
	enum fm_drop worst = FM_DROP_NONE;
	const struct fm_cand *at = NULL;
	uint32_t first, last;
	struct mr_buf b = {0};
	struct fm_fit fit;

	fm_planner_cands(p, ask, &first, &last);
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
		fm_planner_refuse(p, i, MR_REASON_UNREACHABLE, &b);
		return;
	}
	if (worst == FM_DROP_ANTI)
		fm_planner_anti_words(p, i, &b);
	else
		fm_fit_words(w, ask, at, worst, &b);
	fm_planner_refuse(p, i, fm_drop_reason(worst), &b);
}

static void settle(struct fm_planner *p, unsigned i, const struct fm_ask *ask,
		   const struct fm_fit *f, const struct mr_ident ident[FM_IDENTS])
{
	struct fm_placed *pl = &p->plan->placed[i];
	struct fm_use u;

	pl->placed = true;
	pl->fn = fm_world_fn(&p->world, f->unit, f->vf);
	pl->same_fn = pl->current >= 0 && p->in->current[pl->current]->has_fn &&
		      p->in->current[pl->current]->phase != FM_PHASE_RELEASED &&
		      fm_fn_eq(pl->fn, p->in->current[pl->current]->fn);
	pl->place = (struct fm_place){.way = f->way,
				      .port = p->world.host[ask->host].h->port,
				      .bridge = f->bridge,
				      .pf = f->way == FM_WAY_LVF ? pl->fn.pf : 0};
	pl->attach_pf = f->way == FM_WAY_LVF && fm_planner_attach(p, ask->host, f->unit);
	pl->ident[0] = ident[0];
	pl->ident[1] = ident[1];
	pl->attrs = fm_planner_attrs(p, i, f->unit);
	u = fm_planner_placed_use(p, i);
	fm_world_take(&p->world, &u);
	fm_idents_take(&p->idents, i);
}

/* Reasons before any candidate is looked at. */
static enum mr_reason barred(struct fm_planner *p, unsigned i, struct fm_ask *ask,
			     struct mr_buf *b)
{
	const struct fm_claim *c = &p->d->claim[i];
	const struct fm_host_def *h = &p->d->host[c->host];

	if (c->reason != MR_REASON_OK) {
		mr_buf_puts(b, c->detail ? c->detail : "");
		return c->reason;
	}
	if (h->port && h->chassis < p->world.n_chassis &&
	    !p->world.chassis[h->chassis].c->observed) {
		mr_buf_printf(b, "chassis %s was not read yet",
			      p->world.chassis[h->chassis].c->name);
		return MR_REASON_UNREACHABLE;
	}
	if (!fm_planner_ask(p, i, ask)) {
		mr_buf_printf(b, "host %s is behind no port of a chassis", h->name);
		return MR_REASON_UNREACHABLE;
	}
	if (h->cordoned) {
		mr_buf_printf(b, "host %s is cordoned", h->name);
		return MR_REASON_NOT_PERMITTED;
	}
	return MR_REASON_OK;
}

static void place_claim(struct fm_planner *p, unsigned i)
{
	struct mr_ident ident[FM_IDENTS];
	struct mr_buf b = {0};
	struct fm_ask ask;
	struct fm_fit fit;
	enum mr_reason r = barred(p, i, &ask, &b);

	if (r == MR_REASON_OK)
		r = fm_idents_find(&p->idents, i, ident, &b);
	if (r != MR_REASON_OK) {
		fm_planner_refuse(p, i, r, &b);
		return;
	}
	fm_planner_stamp(p, i);
	if (scan(p, &ask, &fit) || scan_same(p, &ask, i, &fit))
		settle(p, i, &ask, &fit, ident);
	else
		refuse_all(p, i, &ask);
	mr_buf_done(&b);
}

/* Places what is not kept. */
void fm_planner_place(struct fm_planner *p)
{
	for (unsigned n = 0; n < p->d->claims; n++) {
		unsigned i = (unsigned)(p->order[n] - p->d->claim);
		struct fm_placed *pl = &p->plan->placed[i];

		if (pl->placed || p->d->claim[i].host == FM_WHOLE)
			continue;
		place_claim(p, i);
		if (!pl->placed && p->stay[i] == FM_STAY_LEAVE)
			fm_planner_keep_as_is(p, i); /* nothing better; why is said */
	}
}

/* Sets reason and words of claim 'i'. */
void fm_planner_refuse(struct fm_planner *p, unsigned i, enum mr_reason r, struct mr_buf *b)
{
	p->plan->placed[i].reason = r;
	p->plan->placed[i].detail = mr_buf_steal(b);
}
