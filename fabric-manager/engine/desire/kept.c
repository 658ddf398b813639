// SPDX-License-Identifier: Apache-2.0
/*
 * The input of the kept planner: a slot for what each assignment stands for, and a second one
 * for what it holds besides while it goes elsewhere. Slots stay where they are, a free one is
 * NULL. Before a plan is made the planner is told what changed, and nothing else is looked at.
 */
#include "fabric-manager/engine/desire/kept.h"

#include <assert.h>

#include "fabric-manager/engine/assign/adopt.h"
#include "fabric-manager/engine/desire/searching.h"
#include "fabric-manager/engine/desire/takeover.h"
#include "fabric-manager/engine/desire/trial.h"
#include "fabric-manager/engine/state/foreign.h"
#include "fabric-manager/engine/state/hosts.h"
#include "fabric-manager/engine/state/news.h"
#include "fabric-manager/engine/state/out.h"
#include "fabric-manager/engine/state/wanted.h"
#include "fabric-manager/policy/resolve.h"

struct fm_kept {
	struct fm_planner *planner; /* NULL: to be made from all there is */
	struct fm_plan_input in;
	const struct fm_assignment **current;
	struct fm_asg **owner;
	struct fm_assignment **view; /* the slot's own copy, NULL = it is the assignment's */
	unsigned slots, cap_current, cap_owner, cap_view;
	const struct fm_desired *stands_in; /* whose claims fm_asg.stands_for counts */
	const struct fm_desired *tried; /* what the planner plans instead of what is in force */
	struct fm_rec_data *data; /* what is adopted by the names of these, NULL = as it is */
	uint32_t *empty;	  /* slots that are free */
	unsigned empties, cap_empty;
	struct fm_plan_host *host;
	struct fm_aim *aim; /* of the last plan of what is in force */
};

static struct fm_kept *kept(struct fm_engine *e)
{
	if (!e->kept)
		e->kept = MR_NEW(struct fm_kept);
	return e->kept;
}

/* ---- slots ---- */

static uint32_t slot_new(struct fm_kept *k)
{
	unsigned n = k->slots;

	if (k->empties)
		return k->empty[--k->empties];
	MR_GROW(k->current, n, k->cap_current);
	MR_GROW(k->owner, n, k->cap_owner);
	MR_GROW(k->view, n, k->cap_view);
	k->view[n] = NULL;
	k->slots++;
	return n;
}

/* 'a' is NULL: the slot is free. 'own': the slot keeps a copy. */
static void slot_set(struct fm_kept *k, uint32_t at, const struct fm_assignment *a,
		     struct fm_asg *owner, bool own)
{
	if (!a || !own) {
		free(k->view[at]);
		k->view[at] = NULL;
	} else if (k->view[at]) {
		*k->view[at] = *a;
	} else {
		k->view[at] = mr_xmemdup(a, sizeof(*a));
	}
	k->current[at] = a && own ? k->view[at] : a;
	k->owner[at] = owner;
}

static void slot_free(struct fm_kept *k, uint32_t at)
{
	slot_set(k, at, NULL, NULL, false);
	MR_GROW(k->empty, k->empties, k->cap_empty);
	k->empty[k->empties++] = at;
}

/* Where it is going to be, as if it were there. */
static struct fm_assignment view_next(const struct fm_asg *a)
{
	struct fm_assignment v = a->a;

	v.has_fn = true;
	v.going = v.forced = false;
	v.phase = FM_PHASE_RESERVED;
	v.chassis = a->next.chassis;
	v.fn = a->next.fn;
	v.card = (struct fm_card){.vendor = 0}; /* whatever is there */
	v.place = a->next.place;
	v.attrs = a->next.attrs;
	v.guaranteed_mbps = a->next.guaranteed_mbps;
	v.limit_mbps = a->next.limit_mbps;
	if (a->a.has_fn && fm_fn_eq(a->a.fn, a->next.fn) &&
	    a->a.guaranteed_mbps > v.guaranteed_mbps)
		v.guaranteed_mbps = a->a.guaranteed_mbps; /* until it was reset (I3) */
	memcpy(v.host, a->next.host, sizeof(v.host));
	memcpy(v.driver, a->next.driver, sizeof(v.driver));
	memcpy(v.adapter, a->next.adapter, sizeof(v.adapter));
	return v;
}

/* What a slot of 'a' shows; a slot that it does not need any more is told and then freed. */
static void slot_take(struct fm_kept *k, struct fm_asg *a, unsigned which,
		      const struct fm_assignment *v, bool own)
{
	if (!a->slot[which] && v)
		a->slot[which] = slot_new(k) + 1;
	if (a->slot[which])
		slot_set(k, a->slot[which] - 1, v, which || !v ? NULL : a, own);
}

/* One that moves stands where it is going, and holds besides what it has until that is free. */
static void slots_take(struct fm_engine *e, struct fm_kept *k, struct fm_asg *a)
{
	struct fm_assignment v;

	if (a->stood_for) {
		slot_take(k, a, 0, NULL, false);
		slot_take(k, a, 1, NULL, false);
		return;
	}
	if (a->stands_for) {
		v = fm_takeover_view(e, k->stands_in, a);
		slot_take(k, a, 0, &v, true);
		return;
	}
	if (!a->next.set) {
		slot_take(k, a, 0, &a->a, false);
		slot_take(k, a, 1, NULL, false);
		return;
	}
	v = view_next(a);
	slot_take(k, a, 0, &v, true);
	v = a->a;
	v.going = true;
	v.rides = a->next.chassis == a->a.chassis && mr_streq(a->next.host, a->a.host);
	slot_take(k, a, 1, a->a.has_fn && !fm_fn_eq(a->a.fn, a->next.fn) ? &v : NULL, true);
}

/* ---- telling ---- */

static struct fm_plan_host host_of(struct fm_engine *e, const struct fm_host_def *d)
{
	const struct fm_hst *h = fm_host(e, d->name, false);

	return (struct fm_plan_host){.lvf = fm_way_lvf(e, d->name),
				     .told = h && h->told,
				     .has = h ? h->has : 0,
				     .lost = h ? h->lost : 0};
}

/* By index of d->host; the caller frees it. */
struct fm_plan_host *fm_kept_hosts(struct fm_engine *e, const struct fm_desired *d)
{
	struct fm_plan_host *h = mr_xcalloc(d->hosts + 1, sizeof(*h));

	for (unsigned i = 0; i < d->hosts; i++)
		h[i] = host_of(e, &d->host[i]);
	return h;
}

static void tell_hosts(struct fm_engine *e, struct fm_kept *k)
{
	for (unsigned i = 0; i < e->desired->hosts; i++) {
		const struct fm_host_def *d = &e->desired->host[i];
		struct fm_plan_host now = host_of(e, d), *was = &k->host[i];

		if (now.lvf == was->lvf && now.told == was->told && now.has == was->has &&
		    now.lost == was->lost)
			continue;
		*was = now;
		for (unsigned r = 0; r < d->roots; r++)
			fm_planner_host_told(k->planner, d->chassis, d->root[r]);
	}
}

static void set_input(struct fm_engine *e, struct fm_kept *k)
{
	struct fm_plan_input *in = &k->in;

	in->desired = e->desired;
	in->inventory = &e->inv;
	in->host = k->host;
	in->current = k->current;
	in->currents = k->slots;
	in->ident = e->ident;
	in->idents = e->idents;
	in->foreign = e->foreign;
	in->foreigns = e->foreigns;
	in->tombstone = e->tomb;
	in->tombstones = e->tombs;
	in->quarantined = e->quarantine_fn;
	in->quarantineds = e->quarantines;
	in->data = k->data ? k->data : e->data;
	in->datas = e->datas;
	in->refusing = e->refusing;
	in->refusings = e->refusings;
	in->wall_ns = e->now.wall_ns;
}

static void drop_planner(struct fm_kept *k)
{
	fm_planner_free(k->planner);
	k->planner = NULL;
}

/* False where the planner cannot follow: a chassis has other adapters or hosts. */
static bool tell_chassis(struct fm_engine *e, struct fm_kept *k)
{
	for (unsigned c = 0; e->news.chassis && c < e->inv.n; c++)
		if (e->news.chassis[c] && !fm_planner_chassis_changed(k->planner, c))
			return false;
	return true;
}

/* A slot that nobody needs is free after the planner heard of it. */
static void tell_asg(struct fm_kept *k, struct fm_asg *a)
{
	for (unsigned i = 0; i < FM_SLOTS; i++) {
		if (!a->slot[i])
			continue;
		fm_planner_current_changed(k->planner, a->slot[i] - 1);
		if (k->current[a->slot[i] - 1])
			continue;
		slot_free(k, a->slot[i] - 1);
		a->slot[i] = 0;
	}
}

static void tell(struct fm_engine *e, struct fm_kept *k)
{
	const struct fm_news *n = &e->news;

	if (!tell_chassis(e, k)) {
		drop_planner(k);
		return;
	}
	for (unsigned i = 0; i < n->gones; i++) {
		fm_planner_current_changed(k->planner, n->gone[i]);
		slot_free(k, n->gone[i]);
	}
	for (unsigned i = 0; i < n->asgs; i++)
		if (n->asg[i])
			tell_asg(k, n->asg[i]);
	for (unsigned i = 0; i < n->idents; i++)
		fm_planner_ident_changed(k->planner, n->ident[i]);
	for (unsigned i = 0; i < n->ports; i++) {
		unsigned c = n->port[i] / (MR_MAX_PORTS + 1),
			 p = n->port[i] % (MR_MAX_PORTS + 1);

		fm_planner_adapter_changed(k->planner, c, p);
		fm_planner_host_changed(k->planner, c, p);
	}
	if (n->hosts)
		tell_hosts(e, k);
}

/* Slots for all there is. */
static void take_all(struct fm_engine *e, struct fm_kept *k)
{
	struct fm_asg *a;

	for (unsigned i = 0; i < k->slots; i++)
		slot_set(k, i, NULL, NULL, false);
	k->slots = k->empties = 0;
	FM_FOREACH_ASG(e, a)
	{
		a->slot[0] = a->slot[1] = 0;
		slots_take(e, k, a);
	}
}

/* Whether other identities are withheld than those that the planner knows of. */
static bool take_withheld(struct fm_engine *e, struct fm_kept *k)
{
	char why[sizeof(k->in.withheld_of)];
	unsigned types = fm_adopt_withheld(e, why, sizeof(why));

	if (types == k->in.withheld && mr_streq(why, k->in.withheld_of))
		return false;
	k->in.withheld = (uint8_t)types;
	memcpy(k->in.withheld_of, why, sizeof(why));
	return true;
}

/* The planner knows all that is known. */
static void catch_up(struct fm_engine *e, struct fm_kept *k)
{
	const struct fm_news *n = &e->news;

	for (unsigned i = 0; i < n->asgs; i++)
		if (n->asg[i])
			fm_foreign_due(e, n->asg[i]->a.host);
	if (fm_foreign_take(e)) /* seldom */
		drop_planner(k);
	if (take_withheld(e, k))
		drop_planner(k);
	if (k->planner) {
		for (unsigned i = 0; i < n->gones; i++)
			slot_set(k, n->gone[i], NULL, NULL, false);
		for (unsigned i = 0; i < n->asgs; i++)
			if (n->asg[i])
				slots_take(e, k, n->asg[i]);
		set_input(e, k);
		tell(e, k);
	}
	if (!k->planner) {
		take_all(e, k);
		free(k->host);
		k->host = fm_kept_hosts(e, e->desired);
		set_input(e, k);
		k->planner = fm_planner_new(&k->in);
	}
	fm_news_told(e);
}

/* The planner's documents become 'd'; false where it cannot follow. */
static bool switch_to(struct fm_engine *e, struct fm_kept *k, const struct fm_desired *d)
{
	free(k->host);
	k->host = fm_kept_hosts(e, d);
	k->in.host = k->host;
	k->in.desired = d;
	return fm_planner_documents(k->planner);
}

/* ---- what was adopted ---- */

/* Which claims of 'd' it may stand for in plans of 'd', but for the pairs in 'no'. */
static void stand(struct fm_engine *e, struct fm_kept *k, const struct fm_desired *d,
		  const struct mr_map *no)
{
	struct fm_asg *a;

	k->stands_in = d;
	fm_takeover_match(e, d, no);
	free(k->data);
	k->data = NULL;
	if (!e->adopteds || !e->datas)
		return;
	k->data = mr_xmemdup(e->data, e->datas * sizeof(*e->data));
	FM_FOREACH_ASG(e, a)
	{
		if (a->a.adopted && a->stands_for)
			fm_takeover_data(e, d, a, k->data);
	}
}

/* What it stands for is another claim now, in the middle of plans of other documents. */
static void stand_again(struct fm_engine *e, struct fm_kept *k, const struct fm_desired *d,
			const struct mr_map *no)
{
	struct fm_asg *a;

	stand(e, k, d, no);
	FM_FOREACH_ASG(e, a)
	{
		if (a->a.adopted || a->news) /* news: it is stood for, or is no longer */
			slots_take(e, k, a);
	}
	k->in.current = k->current;
	k->in.currents = k->slots;
	k->in.data = k->data ? k->data : e->data;
	FM_FOREACH_ASG(e, a)
	{
		if ((a->a.adopted || a->news) && k->planner)
			tell_asg(k, a);
	}
}

/* Another desired state is in force. What was tried just now the planner has already. */
void fm_kept_desired(struct fm_engine *e, struct fm_desired *d)
{
	struct fm_kept *k = kept(e);
	struct mr_map *no = mr_map_new();

	assert(!k->tried || k->tried == d);
	if (k->planner && !k->tried) {
		stand(e, k, e->desired, no);
		catch_up(e, k);
		if (k->planner && !switch_to(e, k, d))
			drop_planner(k);
	}
	k->tried = NULL;
	fm_desired_free(e->desired);
	e->desired = d;
	fm_foreign_all(e);
	mr_map_free(no);
}

static void tell_profile(struct fm_engine *e, struct fm_kept *k, const char *name)
{
	const struct fm_profile *p = fm_profile_find(e->desired, name);

	for (uint32_t n = 0; p && n < p->claims; n++)
		fm_planner_claim_changed(k->planner, p->first_claim + n);
}

/* What is in force is brought to what 'in' says; false where it has to be made anew. */
bool fm_kept_amend(struct fm_engine *e, const struct fm_resolve_input *in,
		   struct fm_amend *what)
{
	struct fm_kept *k = kept(e);
	struct mr_map *no = mr_map_new();
	struct fm_desired *was;

	assert(!k->tried);
	if (k->planner) {
		stand(e, k, e->desired, no);
		catch_up(e, k);
	}
	mr_map_free(no);
	if (!fm_resolve_amend(in, e->desired, what, &was))
		return false;
	for (unsigned i = 0; k->planner && i < what->profiles; i++)
		tell_profile(e, k, what->profile[i]);
	for (unsigned i = 0; k->planner && i < what->changes; i++)
		fm_planner_claim_changed(k->planner, what->changed[i]);
	for (unsigned i = 0; i < what->edits; i++)
		fm_foreign_edited(e, what->edited[i]);
	if (k->planner && was)
		fm_planner_tables_changed(k->planner, was);
	fm_desired_free(was);
	return true;
}

/* ---- plans ---- */

/* The tests' question: is it the plan that one from scratch would be? */
static void check(struct fm_engine *e, const struct fm_kept *k, const struct fm_plan *p)
{
	struct mr_buf where = {0};
	struct fm_plan *q;

	if (!e->check_plans)
		return;
	q = fm_plan_make(&k->in);
	if (fm_plan_differs(p, q, &where)) {
		e->plans_differ++;
		fm_log(e, 3, "the kept plan is not the one from scratch: %s",
		       mr_buf_text(&where));
	}
	e->plans_checked++;
	mr_buf_done(&where);
	fm_plan_free(q);
}

/* The plan of what is in force. What was adopted stands for claims as far as the plan keeps it
 * as it runs. */
const struct fm_plan *fm_kept_plan(struct fm_engine *e)
{
	struct fm_kept *k = kept(e);
	struct mr_map *no = mr_map_new();
	const struct fm_plan *p;

	assert(!k->tried);
	do {
		stand(e, k, e->desired, no);
		catch_up(e, k);
		k->in.wall_ns = e->now.wall_ns;
		fm_searching_input(e, &k->in);
		p = fm_planner_plan(k->planner);
		check(e, k, p);
	} while (!fm_plan_waits(p) && fm_takeover_refute(e, p, no));
	mr_map_free(no);
	if (fm_plan_waits(p))
		return p;
	fm_aim_free(k->aim);
	k->in.aim = k->aim = fm_aim_copy(p->aim);
	return p;
}

/* The same of 'd', where the planner cannot follow. */
static struct fm_plan *try_anew(struct fm_engine *e, struct fm_kept *k,
				const struct fm_desired *d, struct mr_map *no)
{
	struct fm_plan *p = fm_plan_make(&k->in);

	while (!fm_plan_waits(p) && fm_takeover_refute(e, p, no)) {
		fm_plan_free(p);
		stand_again(e, k, d, no);
		p = fm_plan_make(&k->in);
	}
	return p;
}

static const struct fm_plan *try_kept(struct fm_engine *e, struct fm_kept *k,
				      const struct fm_desired *d, struct mr_map *no)
{
	const struct fm_plan *p = fm_planner_plan(k->planner);

	check(e, k, p);
	while (!fm_plan_waits(p) && fm_takeover_refute(e, p, no)) {
		stand_again(e, k, d, no);
		p = fm_planner_plan(k->planner);
		check(e, k, p);
	}
	return p;
}

/* A plan of other documents: see kept.h. What was adopted stands for claims of 'd' until the
 * next plan. */
const struct fm_plan *fm_kept_try(struct fm_engine *e, const struct fm_desired *d,
				  struct fm_plan **ret_own)
{
	struct fm_kept *k = kept(e);
	struct mr_map *no = mr_map_new();
	const struct fm_plan *p;

	*ret_own = NULL;
	if (d == e->desired) {
		mr_map_free(no);
		p = fm_kept_plan(e);
		*ret_own = fm_plan_copy(p);
		(*ret_own)->jobs = fm_search_jobs_take(p->jobs);
		return *ret_own;
	}
	assert(!k->tried);
	stand(e, k, d, no);
	catch_up(e, k);
	k->in.wall_ns = e->now.wall_ns;
	fm_searching_input(e, &k->in);
	k->tried = d;
	if (!switch_to(e, k, d)) {
		drop_planner(k);
		p = *ret_own = try_anew(e, k, d, no);
	} else {
		p = try_kept(e, k, d, no);
	}
	mr_map_free(no);
	return p;
}

/* What was tried is not in force: back to what is. */
void fm_kept_tried(struct fm_engine *e)
{
	struct fm_kept *k = kept(e);

	if (!k->tried)
		return;
	if (k->planner && !switch_to(e, k, e->desired))
		drop_planner(k);
	k->tried = NULL;
}

/* See kept.h. The sums of ports are kept, too, where the plan is. */
struct mr_tree *fm_kept_tree(struct fm_engine *e, const struct fm_trial *t)
{
	struct mr_tree *tree = t->own ? fm_plan_tree(t->plan, &t->in)
				      : fm_planner_tree(e->kept->planner),
		       *again = e->check_plans ? fm_plan_tree(t->plan, &t->in) : NULL;

	if (again && !mr_tree_eq(tree, again)) {
		e->plans_differ++;
		fm_log(e, 3, "the kept sums are not those counted from scratch");
	}
	mr_tree_free(again);
	return tree;
}

const struct fm_plan_input *fm_kept_input(const struct fm_engine *e)
{
	return &e->kept->in;
}

struct fm_asg *const *fm_kept_owners(const struct fm_engine *e)
{
	return e->kept->owner;
}

/* Frees it with its planner. */
void fm_kept_free(struct fm_engine *e)
{
	struct fm_kept *k = e->kept;

	if (!k)
		return;
	fm_planner_free(k->planner);
	for (unsigned i = 0; i < k->slots; i++)
		free(k->view[i]);
	free(k->view);
	free(k->current);
	free(k->owner);
	free(k->empty);
	free(k->host);
	free(k->data);
	fm_aim_free(k->aim);
	free(k);
	e->kept = NULL;
}
