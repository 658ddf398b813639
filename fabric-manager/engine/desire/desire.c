// SPDX-License-Identifier: Apache-2.0
/*
 * A plan (trial.c makes it) becomes what each assignment is to do. It is made anew only when
 * its input changed; changes that follow each other closely share one.
 */
#include "fabric-manager/engine/desire/desire.h"

#include "common/err.h"
#include "common/mutant.h"
#include "fabric-manager/engine/assign/assign.h"
#include "fabric-manager/engine/assign/data.h"
#include "fabric-manager/engine/assign/drift.h"
#include "fabric-manager/engine/assign/provision.h"
#include "fabric-manager/engine/assign/switchover.h"
#include "fabric-manager/engine/chassis/chassis.h"
#include "fabric-manager/engine/chassis/numbering.h"
#include "fabric-manager/engine/desire/rollout.h"
#include "fabric-manager/engine/desire/rootloss.h"
#include "fabric-manager/engine/desire/searching.h"
#include "fabric-manager/engine/desire/takeover.h"
#include "fabric-manager/engine/desire/trial.h"
#include "fabric-manager/engine/session/session.h"
#include "fabric-manager/engine/state/asgs.h"
#include "fabric-manager/engine/state/hosts.h"
#include "fabric-manager/engine/state/locks.h"
#include "fabric-manager/engine/state/news.h"
#include "fabric-manager/engine/state/out.h"
#include "fabric-manager/engine/state/pkeys.h"
#include "fabric-manager/engine/state/soon.h"
#include "fabric-manager/engine/state/wanted.h"

/* What its documents say of it beside what it is set to. */
static void set_wishes(struct fm_asg *a, const struct fm_claim *c)
{
	const char *notes = c->notes && c->notes[0] ? c->notes : NULL;

	a->retain = c->retain;
	memset(a->pkey, 0, sizeof(a->pkey));
	if (c->attrs.device_class == MR_CLASS_IB)
		memcpy(a->pkey, c->attrs.pkey, sizeof(a->pkey));
	if (mr_streq(a->notes, notes))
		return;
	free(a->notes);
	a->notes = mr_xstrdup(notes);
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
	set_wishes(a, c);
	fm_asg_dirty(e, a);
	return a;
}

/* One lock for both of a pair: the primary's. */
static struct fm_asg *ident_owner(struct fm_engine *e, struct fm_asg *a,
				  const struct fm_desired *d, const struct fm_claim *c)
{
	return c->pair ? asg_for(e, &d->claim[d->pair[c->pair - 1].primary]) : a;
}

/* Locks the identities of a placed claim; false when another claim was quicker. */
static bool lock_idents(struct fm_engine *e, struct fm_asg *a, const struct fm_desired *d,
			const struct fm_claim *c, const struct fm_placed *p)
{
	a = ident_owner(e, a, d, c);
	for (unsigned i = 0; i < FM_IDENTS; i++) {
		struct mr_ident id = fm_placed_ident(c, p, i);

		if ((id.lo || id.hi) && !fm_lock_ident(e, a, i, &id))
			return false;
	}
	return true;
}

/* Its role in the `ha` pair of claim 'c'. */
static void aim_pair(const struct fm_desired *d, const struct fm_claim *c, struct fm_target *t)
{
	const struct fm_pair *pair = c->pair ? &d->pair[c->pair - 1] : NULL;

	t->partner[0] = '\0';
	t->secondary = pair && c == &d->claim[pair->secondary];
	if (pair)
		mr_copy(t->partner, sizeof(t->partner),
			d->claim[t->secondary ? pair->primary : pair->secondary].device);
}

/* A primary that runs knows its new secondary, or that it has none any more; who was standby
 * goes through a release (FM_CHANGE_REBIND), which settles its role. */
static void take_pair(struct fm_engine *e, const struct fm_desired *d, const struct fm_claim *c,
		      struct fm_asg *a)
{
	struct fm_target t = {.set = false};

	aim_pair(d, c, &t);
	if (!a->a.has_fn || a->a.standby || (t.secondary && !a->a.partner[0]) ||
	    mr_streq(a->a.partner, t.partner))
		return;
	memcpy(a->a.partner, t.partner, sizeof(t.partner));
	fm_asg_dirty(e, a);
}

static void aim(struct fm_engine *e, struct fm_asg *a, const struct fm_plan_input *in,
		const struct fm_claim *c, const struct fm_placed *p)
{
	const struct fm_desired *d = in->desired;
	const struct fm_host_def *h = &d->host[c->host];
	const struct fm_adapter *ad = fm_adapter_by_port(&e->inv, p->fn.chassis, p->fn.port);
	struct fm_target *t = &a->next;

	fm_news_asg(e, a);
	memcpy(t->host, h->name, sizeof(t->host));
	mr_copy(t->adapter, sizeof(t->adapter), ad ? ad->name : "");
	mr_copy(t->driver, sizeof(t->driver), c->driver ? c->driver : "");
	t->chassis = h->chassis;
	t->fn = p->fn;
	t->place = p->place;
	t->attrs = fm_placed_attrs(in, p, c);
	t->attrs.mirror = 0; /* assign/mirror.c */
	t->guaranteed_mbps = c->guaranteed_mbps;
	t->limit_mbps = c->limit_mbps;
	aim_pair(d, c, t);
	t->set = true;
}

/* Whether it may have data already; then it waits. */
static bool waits_for_data(struct fm_engine *e, const struct fm_desired *d,
			   const struct fm_claim *c, struct fm_asg *a)
{
	struct mr_buf why = {0};
	enum mr_reason r = a->a.has_fn ? MR_REASON_OK : fm_data_found(e, d, c, &why);
	char name[FM_ASSIGNMENT_TEXT], text[FM_DETAIL_MAX];

	mr_fmt(text, sizeof(text), "%s", mr_buf_text(&why));
	mr_buf_done(&why);
	if (r == MR_REASON_OK)
		return false;
	if (a->a.reason != r || !mr_streq(a->a.detail, text)) {
		fm_asg_why(e, a, r, "%s", text);
		fm_note(e, r, fm_assignment_text(&a->a, name), "Pending: %s", text);
		fm_asg_dirty(e, a);
	}
	return true;
}

/* GIVE, MOVE, REBIND: on to the target, through the release of what it has. */
static void to_target(struct fm_engine *e, const struct fm_plan_input *in,
		      const struct fm_claim *c, const struct fm_placed *p,
		      const struct fm_drain *drain)
{
	struct fm_asg *a = asg_for(e, c);

	if (a->a.paused)
		return;
	if (waits_for_data(e, in->desired, c, a))
		return;
	if (!lock_idents(e, a, in->desired, c, p)) {
		fm_plan_soon(e, MR_NS_PER_S);
		return;
	}
	aim(e, a, in, c, p);
	a->a.count = c->count;
	if (a->a.has_fn)
		fm_asg_release(e, a, false, fm_cut_at_once(e, a), drain);
	else if (a->step == FM_STEP_NONE)
		fm_asg_give(e, a);
}

static void pend(struct fm_engine *e, const struct fm_claim *c, const struct fm_placed *p)
{
	struct fm_asg *a = asg_for(e, c);
	const char *why = p->detail ? p->detail : mr_reason_text(p->reason);
	char name[FM_ASSIGNMENT_TEXT];

	if (p->reason == MR_REASON_NO_WINDOW)
		fm_numbering_await(e);
	if (a->a.has_fn) {
		a->next.set = false;
		fm_news_asg(e, a);
		if (!a->a.going && a->a.phase == FM_PHASE_ACTIVE)
			fm_asg_why(e, a, p->reason, "%s", why);
		return;
	}
	if (a->a.paused && a->a.reason != MR_REASON_OK)
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
	struct fm_drain drain;

	if (!a || a->a.paused || (unwanted && MR_MUTANT(DOCUMENT_IGNORED)))
		return;
	a->keeps_idents = claimed; /* it may have been disconnected, and goes altogether now */
	if (a->a.going && a->unwanted == unwanted && !a->next.set)
		return;
	a->next.set = false;
	fm_news_asg(e, a);
	drain = fm_drain_of(e, a);
	fm_asg_release(e, a, unwanted, fm_cut_at_once(e, a), &drain);
}

/* Makes room for a claim of higher priority, or for others to move, and stays without a
 * function. */
static void preempt(struct fm_engine *e, struct fm_asg *a, const struct fm_drain *drain,
		    const struct fm_placed *p)
{
	if (!a || a->a.going)
		return;
	a->a.paused = false;
	a->next.set = false;
	fm_news_asg(e, a);
	a->keeps_idents = true;
	fm_asg_why(e, a, p->reason, "%s", p->detail ? p->detail : "");
	fm_asg_release(e, a, false, fm_cut_at_once(e, a), drain);
}

/* What its adapter refused is not wanted any more: it is as it is meant to be. */
static void content(struct fm_engine *e, struct fm_asg *a)
{
	if (!a->refused || a->step != FM_STEP_NONE)
		return;
	if (fm_asg_in_use(e, a)) {
		fm_asg_why(e, a, MR_REASON_OK, "%s", "");
		fm_switchover_content(e, a);
	}
	a->refused = false;
}

static void update(struct fm_engine *e, const struct fm_plan_input *in,
		   const struct fm_claim *c, const struct fm_placed *p, struct fm_asg *a)
{
	struct fm_attrs want;

	if (!a)
		return;
	if (a->a.going) {
		fm_plan_soon(e, MR_NS_PER_S); /* when it came to rest */
		return;
	}
	a->a.guaranteed_mbps = c->guaranteed_mbps;
	a->a.limit_mbps = c->limit_mbps;
	want = fm_placed_attrs(in, p, c);
	if (fm_attrs_eq(&a->a.attrs, &want)) {
		content(e, a);
		fm_asg_dirty(e, a);
		return;
	}
	if (!fm_asg_refuses(e, a, &want))
		fm_asg_update(e, a, &want);
}

/* What was found running is the claim's own: nothing of it changes hands. */
static void adopt(struct fm_engine *e, const struct fm_desired *d, const struct fm_claim *c,
		  const struct fm_placed *p, struct fm_asg *a)
{
	if (!a || !a->a.adopted)
		return;
	fm_takeover(e, d, a, c);
	set_wishes(a, c);
	a = ident_owner(e, a, d, c);
	for (unsigned i = 0; i < FM_IDENTS; i++) {
		struct mr_ident id = fm_placed_ident(c, p, i);

		if (id.lo || id.hi)
			fm_lock_shown(e, a, i, &id);
	}
}

/* How 'a' is drained. What makes room for a claim of higher priority has the grace that the
 * class of that one gives it, and is unbound then. */
static struct fm_drain drain_for(const struct fm_engine *e, const struct fm_asg *a,
				 const struct fm_desired *d, const struct fm_change *ch)
{
	struct fm_drain drain = a ? fm_drain_of(e, a) : (struct fm_drain){0};

	if (!fm_change_preempts(d, ch))
		return drain;
	drain.mode = FM_DRAIN_FORCE;
	if (fm_change_grace(d, ch))
		drain.timeout_ns = fm_change_grace(d, ch);
	return drain;
}

/* Whether a change takes something from who has it. */
static bool takes(enum fm_change_kind k)
{
	return k == FM_CHANGE_MOVE || k == FM_CHANGE_REBIND || k == FM_CHANGE_RELEASE ||
	       k == FM_CHANGE_PARK;
}

/* To a host, or to a group of which none is free: what it lets go of it waits to have again. */
static bool is_connected(const struct fm_claim *c)
{
	return c->host != FM_WHOLE || c->waits_host;
}

/* One change of the plan. */
static void change(struct fm_engine *e, const struct fm_trial *t, struct fm_turns *turns,
		   const struct fm_change *ch)
{
	const struct fm_desired *d = t->desired;
	struct fm_asg *a = ch->current >= 0 ? t->owner[ch->current] : NULL;
	const struct fm_claim *c = ch->claim >= 0 ? &d->claim[ch->claim] : NULL;
	const struct fm_placed *p = ch->claim >= 0 ? &t->plan->placed[ch->claim] : NULL;
	struct fm_drain drain = drain_for(e, a, d, ch);

	if (a && takes(ch->kind) && !fm_change_preempts(d, ch) && !ch->owed &&
	    !fm_turns_may(e, turns, a, ch->change_class))
		return;
	switch (ch->kind) {
	case FM_CHANGE_GIVE:
	case FM_CHANGE_MOVE:
	case FM_CHANGE_REBIND:
		to_target(e, &t->in, c, p, &drain);
		break;
	case FM_CHANGE_RELEASE:
		release(e, a, ch->of >= 0, ch->of >= 0 && is_connected(&d->claim[ch->of]));
		break;
	case FM_CHANGE_UPDATE:
		update(e, &t->in, c, p, a);
		break;
	case FM_CHANGE_ADOPT:
		adopt(e, d, c, p, a);
		break;
	case FM_CHANGE_PEND:
		pend(e, c, p);
		break;
	case FM_CHANGE_PARK:
		preempt(e, a, &drain, p);
		if (!a || !a->a.going)
			break;
		a->rolled = false; /* it is no step of an edit, which ends Active */
		a->a.owed = true;
		fm_asg_dirty(e, a);
		break;
	case FM_CHANGE_PREEMPT:
		preempt(e, a, &drain, p);
		break;
	case FM_CHANGE_PROVISION:
	case FM_CHANGE_MODE:
		fm_prov_want(e, ch);
		if (ch->change_class != FM_CLASS_NONE &&
		    !(d->update[0].asks >> ch->change_class & 1) &&
		    fm_turns_may_count(e, turns))
			fm_prov_allow(e, ch->chassis, ch->port);
		break;
	}
}

/* A way out that was given up, or a value that was refused, is not wanted any more. */
static void stay(struct fm_engine *e, struct fm_asg *a)
{
	if (!a || !a->a.has_fn)
		return;
	content(e, a);
	if (!a->a.paused)
		return;
	a->a.paused = false;
	fm_asg_why(e, a, MR_REASON_OK, "%s", "");
}

/* What the documents say of who has an assignment; the planner has no say in it. */
static void take_wishes(struct fm_engine *e, const struct fm_trial *t, unsigned first,
			unsigned claims)
{
	for (unsigned i = first; i < first + claims; i++) {
		const struct fm_placed *p = &t->plan->placed[i];
		struct fm_asg *a = p->current < 0 ? NULL : t->owner[p->current];

		if (!a)
			continue;
		set_wishes(a, &t->desired->claim[i]);
		fm_pkeys_check(e, a);
		take_pair(e, t->desired, &t->desired->claim[i], a);
	}
}

/* Of all, or of those that were edited. */
static void take_due_wishes(struct fm_engine *e, const struct fm_trial *t)
{
	if (e->wishes_due || t->desired->pairs)
		take_wishes(e, t, 0, t->plan->claims);
	else
		for (unsigned i = 0; i < e->edits; i++) {
			const struct fm_profile *p = fm_profile_find(t->desired, e->edited[i]);

			if (p)
				take_wishes(e, t, p->first_claim, p->claims);
		}
	e->wishes_due = false;
	e->edits = 0;
}

/* Those that gave up their way out, or were refused something, stay as they are where no change
 * of the plan says otherwise. */
static void let_stay(struct fm_engine *e, const struct fm_trial *t)
{
	bool *changes = mr_xcalloc(t->plan->claims + 1, sizeof(*changes));

	for (unsigned i = 0; i < t->plan->changes; i++)
		if (t->plan->change[i].claim >= 0)
			changes[t->plan->change[i].claim] = true;
	for (unsigned i = 0; i < t->plan->claims; i++) {
		const struct fm_placed *p = &t->plan->placed[i];
		struct fm_asg *a = p->current < 0 ? NULL : t->owner[p->current];

		if (p->placed && p->same_fn && !changes[i])
			stay(e, a);
	}
	free(changes);
	e->some_paused = e->some_refused = false;
	for (unsigned i = 0; i < e->asgs; i++) {
		e->some_paused |= e->asg[i]->a.paused;
		e->some_refused |= e->asg[i]->refused;
	}
}

static bool chassis_known(const struct fm_engine *e)
{
	for (unsigned i = 0; i < e->inv.n; i++)
		if (fm_ch_ready(e, i))
			return true;
	return false;
}

/* Looks at all identities. */
static void sweep(struct fm_engine *e)
{
	struct mr_map *wanted = mr_map_new();
	char key[CLAIM_KEY];

	e->unswept = false;
	for (unsigned i = 0; i < e->desired->claims; i++) {
		const struct fm_claim *c = &e->desired->claim[i];

		mr_map_set(wanted, fm_claim_key(c->profile, c->device, c->index, key), i);
	}
	fm_idents_sweep(e, wanted);
	mr_map_free(wanted);
}

static void check_host(struct fm_engine *e, unsigned i)
{
	const struct fm_host_def *d = &e->desired->host[i];

	if (d->group >= 0 && !d->spare && d->roots)
		fm_failover_soon(e, fm_host(e, d->name, true));
}

/* Documents or the chassis are others now. Of what failed before, while there was no manager or
 * no group, no event will tell. */
static void check_hosts(struct fm_engine *e)
{
	for (unsigned i = 0; i < e->desired->hosts; i++)
		check_host(e, i);
}

/* Only profiles are: those of their hosts may go elsewhere now. */
static void check_edited_hosts(struct fm_engine *e)
{
	for (unsigned i = 0; i < e->edits; i++) {
		const struct fm_profile *p = fm_profile_find(e->desired, e->edited[i]);

		if (p && p->host < e->desired->hosts)
			check_host(e, p->host);
	}
}

/* The plan, and whether it is carried out now: not while it waits for a search. */
static bool make_plan(struct fm_engine *e, struct fm_trial *t)
{
	bool hasty;

	fm_searching_begin(e);
	fm_trial_now(e, t);
	fm_searching_end(e);
	if (fm_searching_holds(e, t, &hasty))
		return false;
	if (hasty) {
		fm_searching_hasten(e, true);
		fm_trial_now(e, t);
		fm_searching_hasten(e, false);
		fm_plan_soon(e, MR_NS_PER_S); /* with the search, as things are then */
	}
	fm_searching_over(e);
	return true;
}

/* Makes the plan, and sends each assignment on its way. */
void fm_plan_run(struct fm_engine *e)
{
	struct fm_turns turns;
	struct fm_trial t;

	if (!e->plan_dirty || e->plan_at > e->now.mono_ns || e->store_down || !e->loaded)
		return;
	e->plan_dirty = false;
	e->plan_at = MR_NEVER;
	fm_desire_renew(e);
	if (e->desire_renewed) {
		e->desire_renewed = false;
		fm_sessions_check(e);
		fm_drift_policy_changed(e);
		check_hosts(e);
	}
	check_edited_hosts(e);
	if (!chassis_known(e))
		return;
	if (e->unswept)
		sweep(e);
	fm_gone_sweep(e);
	if (e->wishes_due)
		fm_overrides_sweep(e);
	if (!make_plan(e, &t))
		return;
	take_due_wishes(e, &t);
	if (e->some_paused || e->some_refused)
		let_stay(e, &t);
	fm_prov_plan(e);
	fm_turns_begin(e, &turns);
	for (unsigned i = 0; i < t.plan->changes; i++)
		change(e, &t, &turns, &t.plan->change[i]);
	fm_turns_end(e, &turns);
	fm_rootloss_planned(e);
	fm_data_plan(e, t.desired, t.plan);
	fm_prov_planned(e);
	fm_ports_soon(e);
}
