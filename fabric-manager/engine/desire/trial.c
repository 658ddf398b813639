// SPDX-License-Identifier: Apache-2.0
/*
 * Documents -> desired -> plan, without touching anything. The only file that resolves
 * documents; kept.c amends what is in force, and calls the planner.
 */
#include "fabric-manager/engine/desire/trial.h"

#include <limits.h>
#include <string.h>

#include "common/err.h"
#include "fabric-manager/engine/desire/choose.h"
#include "fabric-manager/engine/desire/findings.h"
#include "fabric-manager/engine/desire/kept.h"
#include "fabric-manager/engine/desire/searching.h"
#include "fabric-manager/engine/state/asgs.h"
#include "fabric-manager/engine/state/base.h"
#include "fabric-manager/engine/state/hosts.h"
#include "fabric-manager/engine/state/locks.h"
#include "fabric-manager/engine/state/out.h"
#include "fabric-manager/engine/state/soon.h"
#include "fabric-manager/engine/state/wanted.h"
#include "fabric-manager/policy/resolve.h"

static void cordon_add(const struct fm_hst *h, struct fm_rec_host **list, unsigned *n,
		       unsigned *cap)
{
	if (!h->rec.cordoned)
		return;
	MR_GROW(*list, *n, *cap);
	(*list)[(*n)++] = h->rec;
}

/* What there is beside the documents; the caller frees it. */
void fm_desire_input(struct fm_engine *e, const struct fm_docs *docs,
		     struct fm_resolve_input *ret)
{
	const struct fm_assignment **current = mr_xcalloc(e->asgs + 1, sizeof(*current));
	struct fm_rec_override *o = mr_xcalloc(e->overrides + 1, sizeof(*o));
	struct fm_rec_host *list = NULL;
	unsigned n = 0, cap = 0, overrides = 0;
	size_t pos = 0;
	uint64_t v;

	for (unsigned i = 0; i < e->overrides; i++)
		if (docs == &e->base.docs || !fm_override_ends(e, e->override[i].profile, docs))
			o[overrides++] = e->override[i];
	while (mr_map_next(e->host_by_name, &pos, NULL, NULL, &v))
		cordon_add((const struct fm_hst *)(uintptr_t)v, &list, &n, &cap);
	for (unsigned i = 0; i < e->asgs; i++)
		current[i] = &e->asg[i]->a;
	*ret = (struct fm_resolve_input){.docs = docs,
					 .inventory = &e->inv,
					 .override = o,
					 .overrides = overrides,
					 .host = list,
					 .hosts = n,
					 .before = e->desired,
					 .current = current,
					 .currents = e->asgs};
}

/* Frees what fm_desire_input made. */
void fm_desire_input_done(struct fm_resolve_input *in)
{
	free((void *)in->override);
	free((void *)in->host);
	free((void *)in->current);
}

/* What 'docs' ask for now; the caller frees it. */
static struct fm_desired *resolve(struct fm_engine *e, const struct fm_docs *docs,
				  struct mr_diags *findings)
{
	struct fm_resolve_input in;
	struct fm_desired *d;

	fm_desire_input(e, docs, &in);
	d = fm_resolve(&in, findings);
	fm_desire_input_done(&in);
	return d;
}

/* What the documents ask for: trial.h. */
struct fm_desired *fm_desire_make(struct fm_engine *e, const struct fm_docs *docs)
{
	struct fm_desired *d = resolve(e, docs, NULL);

	fm_hosts_choose(e, d);
	return d;
}

/* What was made for wishes that are not any more is kept with the whole. */
static bool is_worn(const struct fm_desired *d)
{
	return d->n_strings / 4 > d->claims + d->profiles + 1024;
}

/* The profiles by which the wish in force can be brought to what 'docs' ask for; 0 = it can't,
 * or there is nothing to do. */
static unsigned edits(const struct fm_engine *e, struct fm_base *b)
{
	if (!e->desired || e->desire_dirty || is_worn(e->desired))
		return 0;
	return fm_base_edits(e, b);
}

/* Brings the wish in force to the documents 'now', in which these profiles are edited. */
static bool edit(struct fm_engine *e, const struct fm_docs *now, const char *const *name,
		 unsigned n)
{
	struct fm_amend what = {.edited = name, .edits = n};
	struct fm_resolve_input in;
	bool good;

	fm_desire_input(e, now, &in);
	good = what.edits && fm_kept_amend(e, &in, &what);
	fm_desire_input_done(&in);
	free(what.changed);
	return good;
}

/* What the candidate asks for; made once, in the step in which it was checked. */
static struct fm_desired *desire_of(struct fm_engine *e, struct fm_base *b)
{
	struct fm_desired *d = b->resolved;

	b->resolved = NULL;
	if (!d)
		return fm_desire_make(e, &b->docs);
	fm_hosts_choose(e, d);
	return d;
}

/* What a candidate and the inventory say together: trial.h. */
void fm_desire_check(struct fm_engine *e, struct fm_base *b, struct mr_diags *ret)
{
	struct mr_diags new = {.max = UINT_MAX}, old = {.max = UINT_MAX};

	fm_desired_free(b->resolved);
	b->resolved = NULL;
	if (e->base.unwarned && edits(e, b)) {
		b->unwarned = true;
		return;
	}
	b->resolved = resolve(e, &b->docs, &new);
	if (new.errors)
		fm_desired_free(resolve(e, &e->base.docs, &old));
	fm_findings_add(&new, &old, ret);
	b->unwarned = !new.n;
	mr_diags_done(&new);
	mr_diags_done(&old);
}

static void is_renewed(struct fm_engine *e)
{
	e->desire_dirty = false;
	e->dirt.all = e->dirt.adapters = false;
	e->dirt.profiles = 0;
}

/* What the edited profiles say beside the plan is looked at with the next one. */
static void edits_due(struct fm_engine *e, const struct fm_trial *t)
{
	for (unsigned i = 0; i < t->edits; i++) {
		e->wishes_due |= e->edits == FM_EDITS_MAX;
		if (!e->wishes_due)
			mr_copy(e->edited[e->edits++], MR_NAME_MAX, t->edit[i]);
	}
	e->desire_renewed |= e->wishes_due;
}

/* 'd', which is taken over, is what they say now. */
static void take(struct fm_engine *e, struct fm_desired *d)
{
	is_renewed(e);
	e->desire_renewed = e->wishes_due = true;
	fm_claims_gone(e, e->desired, d);
	fm_kept_desired(e, d);
}

/* The tests' question: is it what resolving all of it would give? */
static void check(struct fm_engine *e)
{
	struct mr_buf where = {0};
	struct fm_desired *d;

	if (!e->check_plans)
		return;
	d = fm_desire_make(e, &e->base.docs);
	if (fm_desired_differs(e->desired, d, &where)) {
		e->plans_differ++;
		fm_log(e, 3, "what was amended is not what resolving gives: %s",
		       mr_buf_text(&where));
	}
	e->plans_checked++;
	mr_buf_done(&where);
	fm_desired_free(d);
}

/* Overrides and adapters alone are followed in place; false where that can't be. */
static bool amend(struct fm_engine *e)
{
	struct fm_dirt *dirt = &e->dirt;
	const char **name = mr_xcalloc(dirt->profiles + 1, sizeof(*name));
	struct fm_amend what = {
		.profile = name, .profiles = dirt->profiles, .adapters = dirt->adapters};
	struct fm_resolve_input in;
	bool good;

	for (unsigned i = 0; i < dirt->profiles; i++)
		name[i] = dirt->profile[i];
	fm_desire_input(e, &e->base.docs, &in);
	good = fm_kept_amend(e, &in, &what);
	fm_desire_input_done(&in);
	free(name);
	if (!good)
		return false;
	e->desire_dirty = dirt->adapters = false;
	dirt->profiles = 0;
	e->desire_renewed = true;
	check(e);
	return true;
}

/* Documents, overrides, cordons and inventory as they are now are in force. */
void fm_desire_renew(struct fm_engine *e)
{
	if (e->desired && (!e->desire_dirty || (!e->dirt.all && amend(e))))
		return;
	take(e, fm_desire_make(e, &e->base.docs));
}

static void take_input(struct fm_engine *e, struct fm_trial *t)
{
	t->in = *fm_kept_input(e);
	t->owner = fm_kept_owners(e);
}

/* The plan of what is in force; it is not owned, and gone with the next plan. */
void fm_trial_now(struct fm_engine *e, struct fm_trial *ret)
{
	*ret = (struct fm_trial){.desired = e->desired, .plan = fm_kept_plan(e)};
	take_input(e, ret);
}

/* A plan of 'd' against what is. */
void fm_trial_make(struct fm_engine *e, struct fm_desired *d, struct fm_trial *ret)
{
	*ret = (struct fm_trial){.desired = d};
	ret->plan = fm_kept_try(e, d, &ret->own);
	take_input(e, ret);
	ret->host = fm_kept_hosts(e, d);
	ret->in.desired = d;
	ret->in.host = ret->host;
}

/* A plan of a candidate: trial.h. */
void fm_trial_of(struct fm_engine *e, struct fm_base *b, struct fm_trial *ret)
{
	unsigned n = edits(e, b);

	if (n && edit(e, &b->docs, b->edit, n)) {
		fm_trial_now(e, ret);
		ret->edited = b;
		ret->edits = n;
		memcpy(ret->edit, b->edit, sizeof(b->edit));
		return;
	}
	fm_trial_make(e, desire_of(e, b), ret);
	ret->made = true;
}

/* Its documents are in force. */
void fm_trial_take(struct fm_engine *e, struct fm_trial *t)
{
	if (t->edited) {
		is_renewed(e);
		edits_due(e, t);
		check(e);
	} else {
		take(e, t->desired);
	}
	t->edited = NULL;
	t->made = false;
}

/* Frees what a trial owns; the planner is asked for what is in force again. */
void fm_trial_done(struct fm_engine *e, struct fm_trial *t)
{
	if (t->edited && edit(e, &e->base.docs, t->edit, t->edits))
		check(e);
	else if (t->edited)
		fm_desire_changed(e);
	fm_kept_tried(e);
	if (t->made)
		fm_desired_free(t->desired);
	fm_plan_free(t->own);
	free(t->host);
	*t = (struct fm_trial){0};
}

/* Whether a claim has nothing to lose where it is: it has no function, and others of its
 * profile have one. A dead adapter must not hold back the fail-over of what still ran beside
 * it. */
static bool has_nothing(struct fm_engine *e, const struct fm_desired *d,
			const struct fm_claim *c)
{
	const struct fm_profile *p = fm_profile_find(d, c->profile);
	const struct fm_asg *own = fm_asg_by_name(e, c->profile, c->device, c->index);

	if (own && own->a.has_fn)
		return false;
	for (unsigned i = 0; p && i < p->claims; i++) {
		const struct fm_claim *o = &d->claim[p->first_claim + i];
		const struct fm_asg *a = fm_asg_by_name(e, o->profile, o->device, o->index);

		if (a && a->a.has_fn)
			return true;
	}
	return false;
}

static bool all_placed(struct fm_engine *e, const struct fm_trial *t,
		       const char *const *profile, unsigned n, char *why, size_t size)
{
	char name[FM_CLAIM_TEXT];

	for (unsigned i = 0; i < t->desired->claims; i++) {
		const struct fm_claim *c = &t->desired->claim[i];
		const struct fm_placed *p = &t->plan->placed[i];
		unsigned k = 0;

		while (k < n && !mr_streq(c->profile, profile[k]))
			k++;
		if (k == n || p->placed || c->extra || has_nothing(e, t->desired, c))
			continue;
		mr_fmt(why, size, "%s: %s: %s", fm_claim_text(c, name),
		       mr_reason_name(p->reason), p->detail ? p->detail : "");
		return false;
	}
	return true;
}

/*
 * Whether all that the 'n' profiles need would be placed if they were connected to 'host'; else
 * 'why' names the first claim that would not be.
 */
bool fm_trial_fits(struct fm_engine *e, const char *const *profile, unsigned n,
		   const char *host, char *why, size_t size)
{
	struct fm_rec_override *have = e->override, *list;
	unsigned haves = e->overrides;
	struct fm_desired *d;
	struct fm_trial t;
	bool fits;

	list = mr_xcalloc(haves + n + 1, sizeof(*list));
	e->overrides = 0;
	for (unsigned i = 0; i < haves; i++) {
		unsigned k = 0;

		while (k < n && !mr_streq(have[i].profile, profile[k]))
			k++;
		if (k == n)
			list[e->overrides++] = have[i];
	}
	for (unsigned i = 0; i < n; i++) {
		mr_copy(list[e->overrides].profile, MR_NAME_MAX, profile[i]);
		mr_copy(list[e->overrides++].host, MR_NAME_MAX, host);
	}
	e->override = list;
	d = fm_desire_make(e, &e->base.docs);
	e->override = have;
	e->overrides = haves;
	free(list);
	fm_searching_hasten(e, true); /* it is about room that is there */
	fm_trial_make(e, d, &t);
	fm_searching_hasten(e, false);
	fits = all_placed(e, &t, profile, n, why, size);
	fm_trial_done(e, &t);
	fm_desired_free(d);
	return fits;
}
