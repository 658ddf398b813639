// SPDX-License-Identifier: Apache-2.0
/*
 * Documents -> desired -> plan -> what each assignment is to do. The only file that calls the
 * resolver and the planner. A plan is made anew only when its input changed; changes that
 * follow each other closely share one.
 */
#include "common/err.h"
#include "fabric-manager/engine/core.h"

/* A plan is to be made in 'in_ns'; sooner when one was wanted sooner. */
void fm_plan_soon(struct fm_engine *e, int64_t in_ns)
{
	int64_t when = e->now.mono_ns + in_ns;

	e->plan_dirty = true;
	if (when >= e->plan_at)
		return;
	e->plan_at = when;
	fm_timer_set(e, FM_TM_PLAN, 0, when);
}

/* Documents, overrides, cordons or the inventory changed. */
void fm_desire_changed(struct fm_engine *e)
{
	e->desire_dirty = true;
	fm_plan_soon(e, 0);
}

static bool cordon_add(const struct fm_hst *h, struct fm_rec_host **list, unsigned *n,
		       unsigned *cap)
{
	MR_GROW(*list, *n, *cap);
	(*list)[(*n)++] = h->rec;
	return true;
}

/* What 'docs' ask for now; the caller frees it. */
struct fm_desired *fm_desire_make(struct fm_engine *e, const struct fm_docs *docs)
{
	struct fm_resolve_input in = {.docs = docs,
				      .inventory = &e->inv,
				      .override = e->override,
				      .overrides = e->overrides};
	struct fm_rec_host *list = NULL;
	struct fm_desired *d;
	unsigned n = 0, cap = 0;
	size_t pos = 0;
	uint64_t v;

	while (mr_map_next(e->host_by_name, &pos, NULL, NULL, &v))
		cordon_add((const struct fm_hst *)(uintptr_t)v, &list, &n, &cap);
	in.host = list;
	in.hosts = n;
	d = fm_resolve(&in, NULL);
	free(list);
	return d;
}

/* What the documents say of a host, or NULL. */
const struct fm_host_def *fm_host_def(const struct fm_engine *e, const char *name)
{
	unsigned lo = 0, hi = e->desired ? e->desired->hosts : 0;

	while (lo < hi) {
		unsigned mid = lo + (hi - lo) / 2;
		int c = strcmp(e->desired->host[mid].name, name);

		if (!c)
			return &e->desired->host[mid];
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

/* The profile called 'name', or NULL. */
const struct fm_profile *fm_profile_find(const struct fm_desired *d, const char *name)
{
	unsigned lo = 0, hi = d ? d->profiles : 0;

	while (lo < hi) {
		unsigned mid = lo + (hi - lo) / 2;
		int c = strcmp(d->profile[mid].name, name);

		if (!c)
			return &d->profile[mid];
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

static void trial_add(struct fm_trial *t, const struct fm_assignment *a, struct fm_asg *owner)
{
	unsigned n = t->n;

	MR_GROW(t->current, n, t->cap);
	MR_GROW(t->owner, t->n, t->cap_owner);
	t->current[t->n] = a;
	t->owner[t->n++] = owner;
}

static struct fm_assignment *view_of(struct fm_trial *t, const struct fm_asg *a)
{
	struct fm_assignment *v = mr_xmemdup(&a->a, sizeof(a->a));

	MR_GROW(t->view, t->views, t->cap_views);
	t->view[t->views++] = v;
	return v;
}

/* One that moves stands where it is going, and holds besides what it has until that is free. */
static void trial_take(struct fm_trial *t, struct fm_asg *a)
{
	struct fm_assignment *v;

	if (!a->next.set) {
		v = a->a.going && a->a.has_fn ? view_of(t, a) : NULL;
		trial_add(t, v ? v : &a->a, a);
		return;
	}
	v = view_of(t, a);
	v->has_fn = true;
	v->going = v->forced = false;
	v->phase = FM_PHASE_RESERVED;
	v->chassis = a->next.chassis;
	v->fn = a->next.fn;
	v->place = a->next.place;
	v->attrs = a->next.attrs;
	v->guaranteed_mbps = a->next.guaranteed_mbps;
	v->limit_mbps = a->next.limit_mbps;
	memcpy(v->host, a->next.host, sizeof(v->host));
	memcpy(v->driver, a->next.driver, sizeof(v->driver));
	memcpy(v->adapter, a->next.adapter, sizeof(v->adapter));
	trial_add(t, v, a);
	if (a->a.has_fn && !fm_fn_eq(a->a.fn, a->next.fn)) {
		v = view_of(t, a);
		v->going = true;
		trial_add(t, v, NULL);
	}
}

/* A plan of 'd' against what is. */
void fm_trial_make(struct fm_engine *e, struct fm_desired *d, struct fm_trial *ret)
{
	struct fm_trial t = {.desired = d};
	struct fm_plan_input *in = &t.in;

	for (unsigned i = 0; i < e->asgs; i++)
		trial_take(&t, e->asg[i]);
	t.host = mr_xcalloc(d->hosts + 1, sizeof(*t.host));
	for (unsigned i = 0; i < d->hosts; i++)
		t.host[i].lvf = fm_way_lvf(e, d->host[i].name);
	in->desired = d;
	in->inventory = &e->inv;
	in->host = t.host;
	in->current = t.current;
	in->currents = t.n;
	in->ident = e->ident;
	in->idents = e->idents;
	in->tombstone = e->tomb;
	in->tombstones = e->tombs;
	in->quarantined = e->quarantine_fn;
	in->quarantineds = e->quarantines;
	in->refusing = e->refusing;
	in->refusings = e->refusings;
	in->wall_ns = e->now.wall_ns;
	t.plan = fm_plan_make(in);
	*ret = t;
}

/* Frees what a trial owns. */
void fm_trial_done(struct fm_trial *t)
{
	fm_plan_free(t->plan);
	for (unsigned i = 0; i < t->views; i++)
		free(t->view[i]);
	free(t->view);
	free(t->host);
	free(t->current);
	free(t->owner);
	*t = (struct fm_trial){0};
}

static struct fm_asg *asg_for(struct fm_engine *e, const struct fm_claim *c)
{
	struct fm_assignment n = {
		.index = c->index, .count = c->count, .phase = FM_PHASE_PENDING};
	struct fm_asg *a = fm_asg_by_name(e, c->profile, c->device, c->index);

	if (a)
		return a;
	mr_copy(n.profile, sizeof(n.profile), c->profile);
	mr_copy(n.device, sizeof(n.device), c->device);
	a = fm_asg_new(e, &n);
	fm_asg_dirty(e, a);
	return a;
}

/* Locks the identities of a placed claim; false when another claim was quicker. */
static bool lock_idents(struct fm_engine *e, struct fm_asg *a, const struct fm_placed *p)
{
	for (unsigned i = 0; i < FM_IDENTS; i++)
		if ((p->ident[i].lo || p->ident[i].hi) && !fm_lock_ident(e, a, i, &p->ident[i]))
			return false;
	return true;
}

static void aim(struct fm_engine *e, struct fm_asg *a, const struct fm_desired *d,
		const struct fm_claim *c, const struct fm_placed *p)
{
	const struct fm_host_def *h = &d->host[c->host];
	const struct fm_adapter *ad = fm_adapter_by_port(&e->inv, p->fn.chassis, p->fn.port);
	struct fm_target *t = &a->next;

	memcpy(t->host, h->name, sizeof(t->host));
	mr_copy(t->adapter, sizeof(t->adapter), ad ? ad->name : "");
	mr_copy(t->driver, sizeof(t->driver), c->driver ? c->driver : "");
	t->chassis = h->chassis;
	t->fn = p->fn;
	t->place = p->place;
	t->attrs = p->attrs;
	t->guaranteed_mbps = c->guaranteed_mbps;
	t->limit_mbps = c->limit_mbps;
	t->set = true;
}

/* The drain policy of 'a'. */
const struct fm_drain *fm_drain_of(const struct fm_engine *e, const struct fm_asg *a)
{
	const struct fm_profile *p = fm_profile_find(e->desired, a->a.profile);

	return p ? &p->drain : &e->desired->drain;
}

/* Whether the host is asked: not when it failed over, or is off. */
bool fm_cut_at_once(struct fm_engine *e, const struct fm_asg *a)
{
	const struct fm_rec_override *o = fm_override_get(e, a->a.profile);
	const struct fm_host *h = fm_host_by_port(&e->inv, a->a.chassis, a->a.place.port);

	if (o && mr_streq(o->who, "failover") && !mr_streq(o->host, a->a.host))
		return true;
	return h && (!h->power || !h->link);
}

/* GIVE, MOVE, REBIND: on to the target, through the release of what it has. */
static void to_target(struct fm_engine *e, const struct fm_desired *d, const struct fm_claim *c,
		      const struct fm_placed *p)
{
	struct fm_asg *a = asg_for(e, c);

	if (a->paused)
		return;
	if (!lock_idents(e, a, p)) {
		fm_plan_soon(e, MR_NS_PER_S);
		return;
	}
	aim(e, a, d, c, p);
	a->a.count = c->count;
	if (a->a.has_fn)
		fm_asg_release(e, a, false, fm_cut_at_once(e, a), fm_drain_of(e, a));
	else if (a->step == FM_STEP_NONE)
		fm_asg_give(e, a);
}

static void pend(struct fm_engine *e, const struct fm_claim *c, const struct fm_placed *p)
{
	struct fm_asg *a = asg_for(e, c);
	const char *why = p->detail ? p->detail : mr_reason_text(p->reason);
	char name[FM_ASSIGNMENT_TEXT];

	if (a->a.has_fn) {
		a->next.set = false;
		if (!a->a.going && a->a.phase == FM_PHASE_ACTIVE)
			fm_asg_why(e, a, p->reason, "%s", why);
		return;
	}
	if (a->paused && a->a.reason != MR_REASON_OK)
		return;
	if (a->a.reason == p->reason && mr_streq(a->a.detail, why))
		return;
	fm_asg_why(e, a, p->reason, "%s", why);
	fm_note(e, p->reason, fm_assignment_text(&a->a, name), "Pending: %s", why);
	fm_asg_dirty(e, a);
}

static void release(struct fm_engine *e, struct fm_asg *a, bool claimed, bool connected)
{
	bool unwanted = !claimed || !connected;

	if (!a || a->paused || (a->a.going && a->unwanted == unwanted && !a->next.set))
		return;
	a->next.set = false;
	a->keeps_idents = claimed;
	fm_asg_release(e, a, unwanted, fm_cut_at_once(e, a), fm_drain_of(e, a));
}

static void update(struct fm_engine *e, const struct fm_claim *c, const struct fm_placed *p,
		   struct fm_asg *a)
{
	if (!a)
		return;
	a->a.guaranteed_mbps = c->guaranteed_mbps;
	a->a.limit_mbps = c->limit_mbps;
	if (fm_attrs_eq(&a->a.attrs, &p->attrs)) {
		fm_asg_dirty(e, a);
		return;
	}
	fm_asg_update(e, a, &p->attrs);
}

/* One change of the plan. */
static void change(struct fm_engine *e, const struct fm_trial *t, const struct fm_change *ch,
		   const int32_t *claim_of)
{
	const struct fm_desired *d = t->desired;
	struct fm_asg *a = ch->current >= 0 ? t->owner[ch->current] : NULL;
	const struct fm_claim *c = ch->claim >= 0 ? &d->claim[ch->claim] : NULL;
	const struct fm_placed *p = ch->claim >= 0 ? &t->plan->placed[ch->claim] : NULL;
	int32_t k;

	switch (ch->kind) {
	case FM_CHANGE_GIVE:
	case FM_CHANGE_MOVE:
	case FM_CHANGE_REBIND:
		to_target(e, d, c, p);
		break;
	case FM_CHANGE_RELEASE:
		k = claim_of[ch->current];
		release(e, a, k >= 0, k >= 0 && d->claim[k].host != FM_WHOLE);
		break;
	case FM_CHANGE_UPDATE:
		update(e, c, p, a);
		break;
	case FM_CHANGE_PEND:
		pend(e, c, p);
		break;
	case FM_CHANGE_PROVISION:
		fm_prov_want(e, ch->chassis, ch->port, ch->value,
			     ch->change_class == FM_CLASS_COUNT);
		break;
	}
}

/* A way out that was given up, and is not wanted any more. */
static void stay(struct fm_engine *e, struct fm_asg *a)
{
	if (!a || !a->paused || !a->a.has_fn)
		return;
	a->paused = false;
	fm_asg_why(e, a, MR_REASON_OK, "%s", "");
}

/* Which claim each current assignment stands for; claims without a change stay. */
static int32_t *claims_of(struct fm_engine *e, const struct fm_trial *t)
{
	int32_t *of = mr_xmalloc((t->n + 1) * sizeof(*of));
	bool *changes = mr_xcalloc(t->plan->claims + 1, sizeof(*changes));

	for (unsigned i = 0; i < t->n; i++)
		of[i] = -1;
	for (unsigned i = 0; i < t->plan->changes; i++)
		if (t->plan->change[i].claim >= 0)
			changes[t->plan->change[i].claim] = true;
	for (unsigned i = 0; i < t->plan->claims; i++) {
		const struct fm_placed *p = &t->plan->placed[i];

		if (p->current < 0)
			continue;
		of[p->current] = (int32_t)i;
		if (p->placed && p->same_fn && !changes[i])
			stay(e, t->owner[p->current]);
	}
	free(changes);
	return of;
}

static bool chassis_known(const struct fm_engine *e)
{
	for (unsigned i = 0; i < e->inv.n; i++)
		if (fm_ch_ready(e, i))
			return true;
	return false;
}

/* Makes the plan, and sends each assignment on its way. */
void fm_plan_run(struct fm_engine *e)
{
	struct fm_trial t;
	int32_t *claim_of;

	if (!e->plan_dirty || e->plan_at > e->now.mono_ns || e->store_down || !e->loaded)
		return;
	e->plan_dirty = false;
	e->plan_at = MR_NEVER;
	if (e->desire_dirty) {
		e->desire_dirty = false;
		fm_desired_free(e->desired);
		e->desired = fm_desire_make(e, &e->base.docs);
		fm_sessions_check(e);
	}
	if (!chassis_known(e))
		return;
	fm_trial_make(e, e->desired, &t);
	claim_of = claims_of(e, &t);
	fm_prov_plan(e);
	for (unsigned i = 0; i < t.plan->changes; i++)
		change(e, &t, &t.plan->change[i], claim_of);
	fm_prov_planned(e);
	free(claim_of);
	fm_trial_done(&t);
	fm_ports_soon(e);
}
