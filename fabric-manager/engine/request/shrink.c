// SPDX-License-Identifier: Apache-2.0
/*
 * Running assignments that an edit would take away, at their two places: where the edit says
 * less, and what asked for them so far. See shrink.h.
 */
#include "fabric-manager/engine/request/shrink.h"

#include "common/err.h"
#include "fabric-manager/engine/state/seen.h"
#include "fabric-manager/engine/state/wanted.h"

#define NAMED_MAX 4 /* assignments, in one finding */

/* A place in a document, and the words for it. */
struct spot {
	const struct fm_doc *doc;
	struct fm_at at;
};

/* Those that have both places in common. */
struct loss {
	struct spot less, was;
	const struct fm_doc *taker; /* preempted: the document of who gets it */
	unsigned n;
	struct mr_buf names;
};

struct losses {
	struct loss *item;
	unsigned n, cap;
};

/* The document that makes a profile of 'd', in 'docs'; NULL when there is none. */
static const struct fm_doc *maker(const struct fm_docs *docs, const struct fm_desired *d,
				  const char *profile)
{
	const struct fm_profile *p = fm_profile_find(d, profile);
	const char *name = p ? strchr(p->origin, ' ') : NULL;

	if (!name)
		return NULL;
	return fm_docs_find(docs,
			    strncmp(p->origin, "ProfileTemplate ", 16)
				    ? FM_KIND_SERVER_PROFILE
				    : FM_KIND_PROFILE_TEMPLATE,
			    name + 1);
}

static const struct fm_doc_profile *spec_of(const struct fm_doc *d)
{
	return d->kind == FM_KIND_PROFILE_TEMPLATE ? &d->spec.template.template
						   : &d->spec.profile;
}

static struct fm_at or_else(struct fm_at at, struct fm_at other)
{
	return at.line ? at : other;
}

/* Where a document asks for a device, or for profiles at all where it has no such device. */
static struct spot device_at(const struct fm_doc *d, const char *device)
{
	const struct fm_doc_profile *p = spec_of(d);

	for (unsigned i = 0; i < p->devices.n; i++)
		if (mr_streq(p->devices.item[i].name.s, device))
			return (struct spot){
				d, or_else(p->devices.item[i].count.at, p->devices.item[i].at)};
	return (struct spot){d, or_else(p->devices.at, d->at)};
}

static bool group_differs(const struct fm_docs *was, const struct fm_docs *now,
			  const char *name, struct spot *ret)
{
	const struct fm_doc *a = name ? fm_docs_find(was, FM_KIND_HOST_GROUP, name) : NULL;
	const struct fm_doc *b = name ? fm_docs_find(now, FM_KIND_HOST_GROUP, name) : NULL;

	if (!a || !b || a == b)
		return false;
	*ret = (struct spot){b, or_else(b->spec.host_group.hosts.at, b->at)};
	return true;
}

/* Where the edit says less: the maker's new version, its group, or any document that differs;
 * false where it only takes documents away. */
static bool find_less(const struct fm_docs *was, const struct fm_docs *now,
		      const struct fm_doc *old, const struct fm_asg *a, bool profile_stays,
		      struct spot *ret)
{
	const struct fm_doc *n = old ? fm_docs_find(now, old->kind, old->meta.name.s) : NULL;
	bool template = old && old->kind == FM_KIND_PROFILE_TEMPLATE;

	if (old && !n)
		return false;
	if (n && n != old && !profile_stays) {
		*ret = (struct spot){
			n, or_else(template ? n->spec.template.replicas.at : n->at, n->at)};
		return true;
	}
	if (n && n != old) {
		*ret = device_at(n, a->a.device);
		return true;
	}
	if (old && group_differs(was, now,
				 template ? old->spec.template.host_group.s
					  : old->spec.profile.host.group.s,
				 ret))
		return true;
	for (unsigned i = 0; i < now->n; i++) {
		const struct fm_doc *d = now->doc[i];

		if (d == fm_docs_find(was, d->kind, d->meta.name.s))
			continue;
		*ret = (struct spot){d, d->at};
		return true;
	}
	return false;
}

static bool same_spot(const struct spot *a, const struct spot *b)
{
	return a->doc == b->doc && a->at.line == b->at.line && a->at.col == b->at.col;
}

static void add(struct losses *l, const struct loss *x, const struct fm_asg *a)
{
	char name[FM_ASSIGNMENT_TEXT];
	unsigned i = 0;

	while (i < l->n &&
	       !(same_spot(&l->item[i].less, &x->less) && same_spot(&l->item[i].was, &x->was) &&
		 l->item[i].taker == x->taker))
		i++;
	if (i == l->n) {
		MR_GROW(l->item, l->n, l->cap);
		l->item[l->n++] = *x;
	}
	if (l->item[i].n++ < NAMED_MAX)
		mr_buf_printf(&l->item[i].names, "%s%s", l->item[i].n > 1 ? ", " : "",
			      fm_assignment_text(&a->a, name));
}

static void tell(const struct loss *l, struct mr_diags *diags)
{
	struct mr_buf b = {0};

	mr_buf_printf(&b, "%s%s %s%s", mr_buf_text(&l->names), l->n > NAMED_MAX ? ", ..." : "",
		      l->n > 1 ? "run" : "runs", l->taker ? ", and would be preempted" : "");
	if (l->was.doc)
		mr_buf_printf(&b, ": %s '%s' at %s:%u:%u asks for %s",
			      fm_kind_name(l->was.doc->kind), l->was.doc->meta.name.s,
			      l->was.doc->file, l->was.at.line, l->was.at.col,
			      l->n > 1 ? "them" : "it");
	if (l->less.doc == l->was.doc) {
		mr_diags_add(diags, MR_SEV_ERROR, l->was.doc->file, l->was.at.line,
			     l->was.at.col, "", "%s '%s' would go, and %s%s %s for it",
			     fm_kind_name(l->was.doc->kind), l->was.doc->meta.name.s,
			     mr_buf_text(&l->names), l->n > NAMED_MAX ? ", ..." : "",
			     l->n > 1 ? "run" : "runs");
		mr_buf_done(&b);
		return;
	}
	mr_diags_add(diags, MR_SEV_ERROR, l->less.doc->file, l->less.at.line, l->less.at.col,
		     "", "%s '%s' leaves no place for what runs: %s",
		     fm_kind_name(l->less.doc->kind), l->less.doc->meta.name.s,
		     mr_buf_text(&b));
	mr_buf_done(&b);
}

/* One that goes. Where documents only go, the one that goes is both places. */
static void look(const struct fm_engine *e, const struct fm_docs *now, const struct fm_trial *t,
		 const struct fm_change *c, const struct fm_asg *a, struct losses *l)
{
	const struct fm_docs *was = &e->base.docs;
	const struct fm_doc *old = maker(was, e->desired, a->a.profile);
	struct loss x = {.n = 0};

	if (old)
		x.was = device_at(old, a->a.device);
	if (c->kind == FM_CHANGE_PREEMPT && c->taker >= 0) {
		x.taker = maker(now, t->desired, t->desired->claim[c->taker].profile);
		if (x.taker)
			x.less = device_at(x.taker, t->desired->claim[c->taker].device);
	}
	if (!x.less.doc &&
	    !find_less(was, now, old, a, fm_profile_find(t->desired, a->a.profile), &x.less))
		x.less = x.was;
	if (x.less.doc)
		add(l, &x, a);
}

void fm_shrink_tell(const struct fm_engine *e, const struct fm_docs *now,
		    const struct fm_trial *t, struct mr_diags *diags)
{
	struct losses l = {0};

	for (unsigned i = 0; i < t->plan->changes; i++) {
		const struct fm_change *c = &t->plan->change[i];
		const struct fm_asg *a = fm_shrink_lost(t, c);

		if (a)
			look(e, now, t, c, a, &l);
	}
	for (unsigned i = 0; i < l.n; i++) {
		tell(&l.item[i], diags);
		mr_buf_done(&l.item[i].names);
	}
	free(l.item);
}

const struct fm_asg *fm_shrink_lost(const struct fm_trial *t, const struct fm_change *c)
{
	const struct fm_asg *a = c->current >= 0 ? t->owner[c->current] : NULL;

	if ((c->kind != FM_CHANGE_RELEASE && c->kind != FM_CHANGE_PREEMPT) || !a ||
	    !fm_asg_runs(a) || a->a.going)
		return NULL;
	return a;
}
