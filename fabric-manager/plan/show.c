/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plan and the reasons of one placement as trees, with the numbers that an operator checks by
 * hand (sums.c).
 */
#include "fabric-manager/plan/show.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "common/tree.h"
#include "common/xalloc.h"
#include "fabric-manager/plan/place.h"

#define HITS_SHOWN 8

/* A rate in words. */
void fm_show_add_rate(struct mr_tree *t, const char *key, uint64_t mbps)
{
	char text[32];

	mr_tree_add_text(t, key, fm_show_rate(mbps, text, sizeof(text)));
}

/* ---- the changes ---- */

static void add_fn(struct mr_tree *t, const char *key, const struct fm_plan_input *in,
		   struct fm_fn_id fn)
{
	char text[FM_FN_TEXT];

	mr_tree_add_text(t, key, fm_fn_text(in->inventory, fn, text));
}

/* Functions of each PF once a count or a mode was changed. */
static unsigned functions_then(const struct fm_change *c, const struct fm_adapter *ad)
{
	if (c->kind == FM_CHANGE_PROVISION)
		return c->value;
	return ad && c->value < ad->modes ? ad->mode[c->value].vfs : UINT_MAX;
}

/* Whose functions the change of a count stops. */
static void count_hits(const struct fm_change *c, const struct fm_plan_input *in,
		       const struct fm_adapter *ad, struct mr_buf *out)
{
	unsigned n = 0, over = 0, then = functions_then(c, ad), on[MR_MAX_PFS] = {0};
	char text[FM_ASSIGNMENT_TEXT];

	for (unsigned i = 0; i < in->currents; i++) {
		const struct fm_assignment *a = in->current[i];

		if (!a || !a->has_fn || a->fn.chassis != c->chassis || a->fn.port != c->port ||
		    !ad || a->fn.pf >= ad->pfs ||
		    (c->kind == FM_CHANGE_PROVISION && ad->pf[a->fn.pf].numvfs == c->value))
			continue;
		over += ++on[a->fn.pf] > then;
		if (n++ < HITS_SHOWN)
			mr_buf_printf(out, "%s%s on %s",
				      n > 1 ? ", " : "; after approval interrupts ",
				      fm_assignment_text(a, text), a->host);
	}
	if (n > HITS_SHOWN)
		mr_buf_printf(out, " and %u more", n - HITS_SHOWN);
	else if (!n)
		mr_buf_puts(out, "; after approval, interrupts nobody");
	if (over)
		mr_buf_printf(out, "; %u of them find%s no function there afterwards", over,
			      over == 1 ? "s" : "");
}

static void change_provision(struct mr_tree *t, const struct fm_change *c,
			     const struct fm_plan_input *in)
{
	const struct fm_adapter *a = fm_adapter_by_port(in->inventory, c->chassis, c->port);

	struct mr_buf b = {0};

	mr_tree_add_text(t, "adapter", a ? a->name : "?");
	mr_buf_printf(&b, "%u -> %u VFs on each PF", a ? a->pf[0].numvfs : 0, c->value);
	if (c->change_class == FM_CLASS_COUNT)
		count_hits(c, in, a, &b);
	mr_tree_add_text(t, "detail", mr_buf_text(&b));
	mr_buf_done(&b);
}

static void change_mode(struct mr_tree *t, const struct fm_change *c,
			const struct fm_plan_input *in)
{
	const struct fm_adapter *a = fm_adapter_by_port(in->inventory, c->chassis, c->port);
	struct mr_buf b = {0};

	mr_tree_add_text(t, "adapter", a ? a->name : "?");
	if (a && c->value < a->modes && a->mode_now < a->modes)
		mr_buf_printf(&b, "mode %s -> %s: %u -> %u VFs on each PF",
			      a->mode[a->mode_now].name, a->mode[c->value].name,
			      a->mode[a->mode_now].vfs, a->mode[c->value].vfs);
	count_hits(c, in, a, &b);
	mr_tree_add_text(t, "detail", mr_buf_text(&b));
	mr_buf_done(&b);
}

/* "blade01/root1", of a host that has several roots. */
static void add_root(struct mr_tree *t, const char *key, const struct fm_plan_input *in,
		     const char *host, const struct fm_place *p)
{
	const struct fm_desired *d = in->desired;

	for (unsigned i = 0; i < d->hosts; i++) {
		int r = mr_streq(d->host[i].name, host) && d->host[i].roots > 1
				? fm_root_at(&d->host[i], d->host[i].chassis, p->port)
				: -1;

		if (r >= 0)
			mr_tree_add_fmt(t, key, "%s/root%d", host, r);
	}
}

static void change_claim(struct mr_tree *t, const struct fm_change *c, const struct fm_plan *p,
			 const struct fm_plan_input *in)
{
	const struct fm_claim *cl = &in->desired->claim[c->claim];
	const struct fm_placed *pl = &p->placed[c->claim];
	const struct fm_assignment *a = c->current < 0 ? NULL : in->current[c->current];
	const char *host = cl->host == FM_WHOLE ? "none" : in->desired->host[cl->host].name;
	struct fm_attrs want = fm_placed_attrs(in, pl, cl);
	struct mr_buf b = {0};
	char text[FM_CLAIM_TEXT], grace[32];

	mr_tree_add_text(t, "assignment", fm_claim_text(cl, text));
	mr_tree_add_text(t, "host", host);
	if (a && a->has_fn)
		add_fn(t, "from", in, a->fn);
	if (pl->placed)
		add_fn(t, "function", in, pl->fn);
	if (pl->placed)
		add_root(t, "root", in, host, &pl->place);
	if (a && a->has_fn && !mr_streq(a->host, host))
		mr_tree_add_text(t, "fromHost", a->host);
	if (a && a->has_fn && pl->placed && a->place.port != pl->place.port)
		add_root(t, "fromRoot", in, a->host, &a->place);
	if (c->kind == FM_CHANGE_UPDATE || c->kind == FM_CHANGE_REBIND ||
	    c->kind == FM_CHANGE_ADOPT)
		fm_show_update(a, cl, &want, &b);
	if (pl->placed)
		fm_show_steps(cl, &want, &b);
	if (c->taker >= 0)
		mr_buf_printf(&b, ", for %s of priority %u",
			      fm_claim_text(&in->desired->claim[c->taker], text),
			      in->desired->claim[c->taker].priority);
	if (fm_change_preempts(in->desired, c))
		mr_buf_printf(
			&b, ", grace %s",
			mr_time_text(fm_change_grace(in->desired, c), grace, sizeof(grace)));
	if (pl->reason != MR_REASON_OK)
		mr_buf_printf(&b, "%s%s: %s", b.len ? "; " : ", ", mr_reason_name(pl->reason),
			      pl->detail ? pl->detail : "");
	if (b.len > 2)
		mr_tree_add_text(t, "detail", mr_buf_text(&b) + 2);
	mr_buf_done(&b);
}

static void change_release(struct mr_tree *t, const struct fm_change *c,
			   const struct fm_plan_input *in)
{
	const struct fm_assignment *a = in->current[c->current];
	char text[FM_ASSIGNMENT_TEXT];

	mr_tree_add_text(t, "assignment", fm_assignment_text(a, text));
	mr_tree_add_text(t, "host", a->host);
	if (a->has_fn)
		add_fn(t, "from", in, a->fn);
}

static void add_change(struct mr_tree *list, const struct fm_change *c, const struct fm_plan *p,
		       const struct fm_plan_input *in)
{
	struct mr_tree *t = mr_tree_add_map(list, NULL);

	mr_tree_add_text(t, "change", fm_change_kind_name(c->kind));
	mr_tree_add_text(t, "class", fm_class_name(c->change_class));
	if (c->kind == FM_CHANGE_PROVISION)
		change_provision(t, c, in);
	else if (c->kind == FM_CHANGE_MODE)
		change_mode(t, c, in);
	else if (c->kind == FM_CHANGE_RELEASE)
		change_release(t, c, in);
	else
		change_claim(t, c, p, in);
}

static struct mr_tree *tree_of(const struct fm_plan *p, const struct fm_plan_input *in)
{
	struct mr_tree *t = mr_tree_map(), *list = mr_tree_add_list(t, "changes");

	for (unsigned i = 0; i < p->changes; i++)
		add_change(list, &p->change[i], p, in);
	return t;
}

static void end_tree(struct mr_tree *t, const struct fm_plan *p)
{
	unsigned kept = p->claims;

	for (unsigned i = 0; i < p->changes; i++)
		kept -= p->change[i].claim >= 0;
	mr_tree_add_int(t, "unchanged", kept);
	mr_tree_add_bool(t, "pending", fm_plan_pending(p));
}

/* The plan as a tree: {"changes": [...], "edges": [...], "links": [...], "unchanged": n,
 * "pending": bool}. */
struct mr_tree *fm_plan_tree(const struct fm_plan *p, const struct fm_plan_input *in)
{
	struct mr_tree *t = tree_of(p, in);

	fm_sums_tree(p, in, t);
	end_tree(t, p);
	return t;
}

/* The same of the plan that was made last. */
struct mr_tree *fm_planner_tree(struct fm_planner *p)
{
	struct mr_tree *t = tree_of(p->plan, p->in);

	fm_sums_kept_tree(p, t);
	end_tree(t, p->plan);
	return t;
}

/* ---- explain ---- */

/* The world as it will be without claim 'i'. */
static void without(struct fm_planner *p, unsigned i)
{
	struct fm_use u;

	for (unsigned k = 0; k < p->plan->claims; k++) {
		const struct fm_placed *pl = &p->plan->placed[k];

		if (k == i || !pl->placed || p->d->claim[k].host == FM_WHOLE)
			continue;
		if (pl->current >= 0 && fm_held_use(p, pl->current, &u))
			continue; /* counted where it is now */
		u = fm_place_use(p, k);
		if (u.unit != FM_NONE)
			fm_world_take(&p->world, &u);
	}
	if (p->plan->placed[i].current >= 0 && fm_held_use(p, p->plan->placed[i].current, &u)) {
		u.exclusive = fm_place_exclusive(p, i);
		fm_world_give_back(&p->world, &u);
	}
	fm_rules_stamp(p, i);
}

/* The candidate that came farthest down the list of limits, and what it lacks. */
struct nearest {
	enum fm_drop drop;
	struct mr_buf help;
};

static enum fm_drop add_candidate(struct mr_tree *list, struct fm_planner *p,
				  const struct fm_ask *ask, const struct fm_cand *c, unsigned i,
				  struct nearest *nearest)
{
	const struct fm_placed *pl = &p->plan->placed[i];
	const struct fm_unit *u = &p->world.unit[c->unit];
	struct mr_tree *t = mr_tree_add_map(list, NULL);
	enum fm_drop d;
	struct fm_fit fit;
	struct mr_buf b = {0};
	uint16_t vf = 0;
	bool here = pl->placed && fm_world_unit(&p->world, pl->fn, &vf) == c->unit &&
		    vf >= c->vf_first && vf <= c->vf_last;

	fm_unit_words(&p->world, c->unit, &b);
	if (u->pf != FM_WHOLE)
		mr_buf_printf(&b, "/vf%u-%u", c->vf_first, c->vf_last);
	mr_tree_add_text(t, "part", mr_buf_text(&b));
	mr_buf_reset(&b);
	d = fm_fit_cand(&p->world, ask, c, &fit);
	mr_tree_add_text(t, "result", here ? "chosen" : d ? "dropped" : "fits");
	mr_tree_add_text(t, "rule", fm_drop_text(d));
	if (d == FM_DROP_ANTI)
		fm_rules_words(p, i, &b);
	else if (d)
		fm_fit_words(&p->world, ask, c, d, &b);
	if (d)
		mr_tree_add_text(t, "detail", mr_buf_text(&b));
	mr_buf_reset(&b);
	if (d && fm_fit_help(&p->world, ask, c, d, &b)) {
		mr_tree_add_text(t, "help", mr_buf_text(&b));
		if (d > nearest->drop) {
			nearest->drop = d;
			mr_buf_reset(&nearest->help);
			mr_buf_puts(&nearest->help, mr_buf_text(&b));
		}
	}
	mr_tree_add_int(t, "used", u->used);
	if (u->sum) {
		fm_show_add_rate(t, "guaranteed", u->sum->guaranteed);
		fm_show_add_rate(t, "reservable", u->sum->e->guaranteed_max_mbps);
		fm_show_add_rate(t, "limits", u->sum->limit);
	}
	mr_buf_done(&b);
	return d;
}

/* The smallest change that would help a claim without a place: of the candidate that came
 * nearest, or of its host. */
static void add_help(struct mr_tree *t, const struct fm_plan_input *in,
		     const struct fm_placed *pl, unsigned i, struct nearest *n)
{
	const struct fm_host_def *h = &in->desired->host[in->desired->claim[i].host];

	if (pl->placed)
		return;
	if (h->cordoned) {
		mr_buf_reset(&n->help);
		mr_buf_printf(&n->help, "host %s uncordoned", h->name);
	}
	if (n->help.len)
		mr_tree_add_text(t, "help", mr_buf_text(&n->help));
}

/* What can be done, by the rule that dropped the first candidate: the one of the reason. */
static void add_advice(struct mr_tree *t, const struct fm_placed *pl, enum fm_drop first)
{
	if (!pl->placed && first && pl->reason == fm_drop_reason(first))
		mr_tree_add_text(t, "advice", fm_drop_advice(first));
}

static void add_result(struct mr_tree *t, const struct fm_plan_input *in,
		       const struct fm_plan *p, unsigned i)
{
	const struct fm_claim *c = &in->desired->claim[i];
	const struct fm_placed *pl = &p->placed[i];
	char text[FM_CLAIM_TEXT];

	mr_tree_add_text(t, "assignment", fm_claim_text(c, text));
	mr_tree_add_text(t, "host",
			 c->host == FM_WHOLE ? "none" : in->desired->host[c->host].name);
	mr_tree_add_text(t, "pool",
			 c->pool < in->desired->pools ? in->desired->pool[c->pool].name : NULL);
	mr_tree_add_int(t, "priority", c->priority);
	mr_tree_add_bool(t, "placed", pl->placed);
	if (pl->placed) {
		add_fn(t, "function", in, pl->fn);
		if (c->host != FM_WHOLE)
			add_root(t, "root", in, in->desired->host[c->host].name, &pl->place);
		mr_tree_add_text(t, "way", fm_way_name(pl->place.way));
		mr_tree_add_int(t, "bridge", pl->place.bridge);
	}
	mr_tree_add_text(t, "reason", mr_reason_name(pl->reason));
	mr_tree_add_text(t, "detail", pl->detail);
}

/* Why edits do not touch it: see fm_place_frozen. */
static void add_frozen(struct mr_tree *t, const struct fm_plan_input *in,
		       const struct fm_placed *pl, unsigned i)
{
	const struct fm_claim *c = &in->desired->claim[i];
	const struct fm_adapter *a;
	char text[80 + MR_NAME_MAX];

	if (c->suspended) {
		mr_tree_add_text(t, "frozen", "a document about it is suspended");
		return;
	}
	if (!pl->placed || !fm_adapter_suspended(in->desired, pl->fn.chassis, pl->fn.port))
		return;
	a = fm_adapter_by_port(in->inventory, pl->fn.chassis, pl->fn.port);
	mr_fmt(text, sizeof(text), "adapter %s is suspended", a ? a->name : "?");
	mr_tree_add_text(t, "frozen", text);
}

/* Who gets copies of what it sends, or why nobody does. */
static void add_mirror(struct mr_tree *t, const struct fm_plan_input *in,
		       const struct fm_plan *p, unsigned i)
{
	unsigned to = in->desired->claim[i].mirror;
	const struct fm_placed *other = to ? &p->placed[to - 1] : NULL;
	char name[FM_CLAIM_TEXT], fn[FM_FN_TEXT], text[FM_CLAIM_TEXT + FM_FN_TEXT + 40];

	if (!to)
		return;
	fm_claim_text(&in->desired->claim[to - 1], name);
	if (p->placed[i].mirror)
		mr_fmt(text, sizeof(text), "%s, on %s", name,
		       fm_fn_text(in->inventory, other->fn, fn));
	else
		mr_fmt(text, sizeof(text), "%s does not run on the same PF: no copies", name);
	mr_tree_add_text(t, "mirrorTo", text);
}

/* Why claim 'i' is where it is, or nowhere: every candidate with what became of it, in the
 * order of ties; the chosen one is the least loaded that fits. */
struct mr_tree *fm_plan_explain(const struct fm_plan_input *in, const struct fm_plan *p,
				unsigned i)
{
	struct mr_tree *t = mr_tree_map(), *list;
	struct fm_plan copy = {0};
	struct fm_planner pl;
	struct fm_ask ask;
	struct nearest nearest = {.drop = FM_DROP_NONE};
	enum fm_drop drop = FM_DROP_NONE;
	uint32_t first, last;

	add_result(t, in, p, i);
	add_frozen(t, in, &p->placed[i], i);
	add_mirror(t, in, p, i);
	list = mr_tree_add_list(t, "candidates");
	if (in->desired->claim[i].host == FM_WHOLE ||
	    in->desired->claim[i].pool >= in->desired->pools)
		return t;
	fm_held_init(&pl, in, &copy);
	memcpy(copy.placed, p->placed, p->claims * sizeof(*copy.placed));
	without(&pl, i);
	if (fm_place_ask(&pl, i, &ask)) {
		fm_place_cands(&pl, &ask, &first, &last);
		for (uint32_t k = first; k < last; k++) {
			enum fm_drop d =
				add_candidate(list, &pl, &ask, &pl.world.cand[k], i, &nearest);

			drop = k == first ? d : drop;
		}
		add_advice(t, &p->placed[i], drop);
		add_help(t, in, &p->placed[i], i, &nearest);
	}
	mr_buf_done(&nearest.help);
	fm_held_done(&pl);
	free(copy.placed);
	return t;
}
