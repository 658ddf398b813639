// SPDX-License-Identifier: Apache-2.0
/* Claims take over what was adopted: see the header. */
#include "fabric-manager/engine/desire/takeover.h"

#include <limits.h>

#include "fabric-manager/engine/assign/assign.h"
#include "fabric-manager/engine/assign/data.h"
#include "fabric-manager/engine/state/asgs.h"
#include "fabric-manager/engine/state/hosts.h"
#include "fabric-manager/engine/state/news.h"
#include "fabric-manager/engine/state/out.h"
#include "fabric-manager/engine/state/seen.h"
#include "fabric-manager/engine/state/soon.h"
#include "fabric-manager/model/data.h"
#include "fabric-manager/model/drift.h"

static uint64_t pair_key(const struct fm_asg *a, uint32_t claim)
{
	return (uint64_t)a->a.id << 32 | claim;
}

static const struct fm_adapter *adapter_of(const struct fm_engine *e, const struct fm_asg *a)
{
	return fm_adapter_by_port(&e->inv, a->a.fn.chassis, a->a.fn.port);
}

/* ---- whether a claim may have it ---- */

static bool is_free(const struct fm_asg *a)
{
	return a->a.adopted && a->a.has_fn && !a->a.going && !a->tag &&
	       a->step == FM_STEP_NONE && !a->resume && fm_asg_runs(a);
}

/* Whether the claim has nothing that it would have to let go of. */
static bool lacks_function(const struct fm_engine *e, const struct fm_claim *c)
{
	const struct fm_asg *own = fm_asg_by_name(e, c->profile, c->device, c->index);

	return !own || (!own->a.has_fn && !own->tag && own->step == FM_STEP_NONE &&
			!own->next.set && own->a.phase == FM_PHASE_PENDING);
}

static bool in_pool(const struct fm_pool *p, const struct fm_asg *a)
{
	struct fm_fn_id fn = a->a.fn;

	for (unsigned i = 0; i < p->parts; i++) {
		const struct fm_pool_part *t = &p->part[i];

		if (t->chassis == fn.chassis && t->port == fn.port && !t->spare &&
		    (fn.vf == FM_WHOLE ||
		     (t->pf == fn.pf && fn.vf >= t->vf_first && fn.vf <= t->vf_last)))
			return true;
	}
	return false;
}

static bool of_pool(const struct fm_ident_pool *p, uint64_t lo)
{
	for (unsigned i = 0; i < p->ranges; i++)
		if (lo >= p->range[i].first && lo <= p->range[i].last)
			return true;
	return false;
}

/* Identities are read once, when a driver starts: they have to be the claim's already. */
static bool has_idents(const struct fm_desired *d, const struct fm_claim *c,
		       const struct fm_asg *a)
{
	const uint64_t has[FM_IDENTS] = {a->a.attrs.ident0, a->a.attrs.ident1};

	for (unsigned i = 0; i < FM_IDENTS; i++) {
		const struct fm_ident_want *w = &c->ident[i];

		if (w->source == FM_IDENT_NONE	    ? has[i] != 0
		    : w->source == FM_IDENT_LITERAL ? has[i] != w->literal.lo
						    : !of_pool(&d->ident_pool[w->pool], has[i]))
			return false;
	}
	return true;
}

/* Nobody knows why a gate is closed; the standby of a pair has it so. */
static bool has_role(const struct fm_desired *d, const struct fm_claim *c, uint32_t i,
		     const struct fm_asg *a)
{
	return !c->pair || a->shut == (d->pair[c->pair - 1].secondary == i);
}

/* Whether the host's driver is the one that is asked for, as far as its agent says. */
static bool has_driver(struct fm_engine *e, const struct fm_claim *c, const struct fm_asg *a)
{
	const struct fm_hst *h = fm_host(e, a->a.host, false);
	const struct fm_agent_fn *r = h ? fm_host_reported(h, &a->a.place) : NULL;
	const char *wants = c->driver ? c->driver : "";

	if (!r)
		return true;
	if (mr_streq(wants, "none"))
		return !r->driver[0];
	return wants[0] ? mr_streq(r->driver, wants) : !mr_streq(r->driver, "vfio-pci");
}

/* ---- namespaces ---- */

static bool called(const struct fm_rec_data *r, const struct fm_claim *c,
		   const struct fm_ns_want *w)
{
	return mr_streq(r->profile, c->profile) && mr_streq(r->device, c->device) &&
	       mr_streq(r->name, w->name);
}

/* Whether the namespace is what 'w' asks for, and attached to 'a'. */
static bool serves(const struct fm_engine *e, const struct fm_rec_data *r,
		   const struct fm_ns_want *w, const struct fm_asg *a)
{
	const struct fm_adapter *d = adapter_of(e, a);
	unsigned chassis = 0;

	return fm_data_drive(&e->inv, r, &chassis) == d && chassis == a->a.fn.chassis &&
	       r->pf == a->a.fn.pf && a->a.attrs.nvme.namespaces >> r->index & 1 &&
	       fm_data_is_there(d, r) && fm_data_shaped(d, r, w);
}

/* Which one is what the claim calls 'w': one that it has already, or the oldest of those that
 * were adopted, were made for it (two that are alike may be two profiles') and are not in
 * 'used'; -1 = none. */
static int data_for(const struct fm_engine *e, const struct fm_claim *c,
		    const struct fm_ns_want *w, const struct fm_asg *a, uint64_t used)
{
	int best = -1;

	for (unsigned i = 0; i < e->datas; i++) {
		const struct fm_rec_data *r = &e->data[i];

		if (called(r, c, w))
			return serves(e, r, w, a) ? (int)i : -1;
		if (r->state != FM_DATA_KEPT || !mr_streq(r->profile, FM_ADOPTED) ||
		    used >> r->index & 1 || !serves(e, r, w, a) ||
		    !fm_data_made_for(&e->inv, r, c->profile, c->device, w->name))
			continue;
		if (best < 0 || r->id < e->data[best].id)
			best = (int)i;
	}
	return best;
}

/* What is attached is what the claim asks for, all of it and no more. */
static bool has_data(const struct fm_engine *e, const struct fm_desired *d,
		     const struct fm_claim *c, const struct fm_asg *a)
{
	uint64_t used = 0;

	if (a->a.attrs.device_class != MR_CLASS_NVME)
		return !c->nss;
	for (unsigned n = 0; n < c->nss; n++) {
		int i = data_for(e, c, &d->ns[c->ns + n], a, used);

		if (i < 0)
			return false;
		used |= UINT64_C(1) << e->data[i].index;
	}
	return used == a->a.attrs.nvme.namespaces;
}

void fm_takeover_data(struct fm_engine *e, const struct fm_desired *d, const struct fm_asg *a,
		      struct fm_rec_data *data)
{
	const struct fm_claim *c = &d->claim[a->stands_for - 1];
	uint64_t used = 0;

	for (unsigned n = 0; n < c->nss; n++) {
		const struct fm_ns_want *w = &d->ns[c->ns + n];
		int i = data_for(e, c, w, a, used);

		if (i < 0)
			return;
		used |= UINT64_C(1) << e->data[i].index;
		mr_copy(data[i].profile, sizeof(data[i].profile), c->profile);
		mr_copy(data[i].device, sizeof(data[i].device), c->device);
		mr_copy(data[i].name, sizeof(data[i].name), w->name);
		data[i].size = w->size;
	}
}

static void take_data(struct fm_engine *e, const struct fm_desired *d, const struct fm_claim *c,
		      const struct fm_asg *a)
{
	uint64_t used = 0;

	for (unsigned n = 0; n < c->nss; n++) {
		const struct fm_ns_want *w = &d->ns[c->ns + n];
		int i = data_for(e, c, w, a, used);

		if (i < 0)
			return;
		used |= UINT64_C(1) << e->data[i].index;
		if (!called(&e->data[i], c, w))
			fm_data_take(e, (unsigned)i, c, w);
	}
}

static bool fits(struct fm_engine *e, const struct fm_desired *d, uint32_t i,
		 const struct fm_asg *a)
{
	const struct fm_claim *c = &d->claim[i];
	const struct fm_adapter *ad = adapter_of(e, a);
	bool whole = a->a.place.way == FM_WAY_DEVICE;

	if (c->host == FM_WHOLE || c->suspended || c->reason != MR_REASON_OK ||
	    !fm_asg_behind(a, &d->host[c->host]) || !ad || !ad->present)
		return false;
	if (!whole && a->a.attrs.device_class != c->attrs.device_class)
		return false;
	return in_pool(&d->pool[c->pool], a) && has_idents(d, c, a) && has_role(d, c, i, a) &&
	       has_driver(e, c, a) && has_data(e, d, c, a);
}

/* How much of what it is set to the claim would change while it runs. */
static unsigned differs(const struct fm_claim *c, const struct fm_asg *a)
{
	struct fm_attrs want = c->attrs;

	want.ident0 = a->a.attrs.ident0;
	want.ident1 = a->a.attrs.ident1;
	return (unsigned)__builtin_popcount(fm_attrs_drift(&a->a.attrs, &want));
}

/* ---- who takes which ---- */

struct found {
	struct fm_asg **asg; /* by age */
	uint32_t *claim;     /* 1 + which takes it */
	unsigned n;
};

static int age_cmp(const void *pa, const void *pb)
{
	const struct fm_asg *const *a = pa, *const *b = pb;

	return ((*a)->a.id > (*b)->a.id) - ((*a)->a.id < (*b)->a.id);
}

static void find_all(struct fm_engine *e, struct found *f)
{
	struct fm_asg *a;

	*f = (struct found){.asg = mr_xcalloc(e->adopteds + 1, sizeof(struct fm_asg *)),
			    .claim = mr_xcalloc(e->adopteds + 1, sizeof(uint32_t))};
	FM_FOREACH_ASG(e, a)
	{
		if (a->a.adopted)
			f->asg[f->n++] = a;
	}
	qsort(f->asg, f->n, sizeof(struct fm_asg *), age_cmp);
}

static bool one_device(const struct fm_claim *a, const struct fm_claim *b)
{
	return mr_streq(a->device, b->device) && mr_streq(a->profile, b->profile);
}

/* Where another function, or another device, would do as well, nobody takes the data: a claim
 * that lost its override may have been given new namespaces beside those that it had. Functions
 * of one device share what is attached. */
static bool is_plain(struct fm_engine *e, const struct fm_desired *d, uint32_t claim,
		     const struct found *f, unsigned best)
{
	const struct fm_claim *c = &d->claim[claim];
	uint64_t mask = f->asg[best]->a.attrs.nvme.namespaces;

	for (unsigned k = 0; c->nss && k < f->n; k++)
		if (k != best && f->asg[k]->a.attrs.nvme.namespaces != mask &&
		    is_free(f->asg[k]) && fits(e, d, claim, f->asg[k]))
			return false;
	for (uint32_t i = 0; c->nss && i < d->claims; i++)
		if (d->claim[i].nss && !one_device(&d->claim[i], c) &&
		    lacks_function(e, &d->claim[i]) && fits(e, d, i, f->asg[best]))
			return false;
	return true;
}

static void choose(struct fm_engine *e, const struct fm_desired *d, uint32_t claim,
		   const struct mr_map *no, struct found *f)
{
	unsigned best = f->n, least = UINT_MAX;
	uint64_t v;

	for (unsigned k = 0; k < f->n && least; k++) {
		const struct fm_asg *a = f->asg[k];

		if (f->claim[k] || !is_free(a) || !fits(e, d, claim, a) ||
		    mr_map_get_u64(no, pair_key(a, claim), &v) ||
		    differs(&d->claim[claim], a) >= least)
			continue;
		best = k;
		least = differs(&d->claim[claim], a);
	}
	if (best < f->n && is_plain(e, d, claim, f, best))
		f->claim[best] = claim + 1;
}

/* A claim has one function, and the planner is told of one: what its own assignment has is the
 * identities, until what was found running is its own. */
static void hide_own(struct fm_engine *e, const struct fm_desired *d, const struct found *f)
{
	struct fm_asg **own = mr_xcalloc(f->n + 1, sizeof(struct fm_asg *)), *a;
	unsigned n = 0;

	for (unsigned k = 0; k < f->n; k++) {
		const struct fm_claim *c = f->claim[k] ? &d->claim[f->claim[k] - 1] : NULL;

		a = c ? fm_asg_by_name(e, c->profile, c->device, c->index) : NULL;
		if (a)
			own[n++] = a;
	}
	if (e->stoods)
		FM_FOREACH_ASG(e, a)
		{
			if (a->stood_for)
				fm_news_asg(e, a);
			a->stood_for = false;
		}
	for (e->stoods = 0; e->stoods < n; e->stoods++) {
		own[e->stoods]->stood_for = true;
		fm_news_asg(e, own[e->stoods]);
	}
	free(own);
}

/* Claims in their order, each the one that differs least from it; of equals the oldest. */
void fm_takeover_match(struct fm_engine *e, const struct fm_desired *d, const struct mr_map *no)
{
	struct found f;

	if (!e->adopteds && !e->stoods)
		return;
	find_all(e, &f);
	for (uint32_t i = 0; i < d->claims; i++)
		if (lacks_function(e, &d->claim[i]))
			choose(e, d, i, no, &f);
	for (unsigned k = 0; k < f.n; k++) {
		if (f.asg[k]->stands_for || f.claim[k])
			fm_news_asg(e, f.asg[k]);
		f.asg[k]->stands_for = f.claim[k];
	}
	hide_own(e, d, &f);
	free(f.asg);
	free(f.claim);
}

/* A pair that does not stand is not tried again. */
bool fm_takeover_refute(struct fm_engine *e, const struct fm_plan *p, struct mr_map *no)
{
	size_t had = mr_map_count(no);
	const struct fm_asg *a;

	if (!e->adopteds)
		return false;
	FM_FOREACH_ASG(e, a)
	{
		unsigned k = 0;

		if (!a->a.adopted || !a->stands_for)
			continue;
		while (k < p->changes && (p->change[k].kind != FM_CHANGE_ADOPT ||
					  p->change[k].claim != (int32_t)a->stands_for - 1))
			k++;
		if (k == p->changes)
			mr_map_set_u64(no, pair_key(a, a->stands_for - 1), 1);
	}
	return mr_map_count(no) > had;
}

/* ---- its own ---- */

/* Rates that the adapter rounded, a guarantee up, a limit down, are the claim's. */
static uint32_t rate(uint32_t is, uint32_t want, uint32_t step)
{
	uint32_t off = is > want ? is - want : want - is;

	return off < (step ? step : 1) ? want : is;
}

static void dress(const struct fm_desired *d, const struct fm_claim *c, struct fm_assignment *v,
		  uint32_t step)
{
	const struct fm_pair *pair = c->pair ? &d->pair[c->pair - 1] : NULL;
	bool second = pair && c == &d->claim[pair->secondary];

	mr_copy(v->host, sizeof(v->host), d->host[c->host].name);
	mr_copy(v->driver, sizeof(v->driver), c->driver ? c->driver : "");
	v->guaranteed_mbps = rate(v->guaranteed_mbps, c->guaranteed_mbps, step);
	v->limit_mbps = rate(v->limit_mbps, c->limit_mbps, step);
	v->standby = second;
	if (pair)
		mr_copy(v->partner, sizeof(v->partner),
			d->claim[second ? pair->primary : pair->secondary].device);
}

struct fm_assignment fm_takeover_view(const struct fm_engine *e, const struct fm_desired *d,
				      const struct fm_asg *a)
{
	const struct fm_claim *c = &d->claim[a->stands_for - 1];
	const struct fm_adapter *ad = adapter_of(e, a);
	struct fm_assignment v = a->a;

	mr_copy(v.profile, sizeof(v.profile), c->profile);
	mr_copy(v.device, sizeof(v.device), c->device);
	v.index = c->index;
	v.count = c->count;
	dress(d, c, &v, ad ? ad->rate_step_mbps : 0);
	return v;
}

void fm_takeover(struct fm_engine *e, const struct fm_desired *d, struct fm_asg *a,
		 const struct fm_claim *c)
{
	struct fm_asg *old = fm_asg_by_name(e, c->profile, c->device, c->index);
	const struct fm_adapter *ad = adapter_of(e, a);
	char was[FM_ASSIGNMENT_TEXT], name[FM_ASSIGNMENT_TEXT];

	fm_assignment_text(&a->a, was);
	if (old)
		fm_asg_drop(e, old);
	take_data(e, d, c, a);
	fm_asg_rename(e, a, c);
	dress(d, c, &a->a, ad ? ad->rate_step_mbps : 0);
	a->a.adopted = false;
	a->stands_for = 0;
	e->adopteds--;
	e->intent = true;
	fm_asg_why(e, a, MR_REASON_OK, "%s", "");
	if (a->shut && !a->a.standby) { /* somebody wants it: in use it is open */
		a->resume = true;
		fm_asg_poke(e, a);
	}
	fm_note(e, MR_REASON_OK, fm_assignment_text(&a->a, name), "takes over %s on %s", was,
		a->a.host);
	fm_plan_soon(e, 0);
}
