// SPDX-License-Identifier: Apache-2.0
/* Identities that hosts show on functions that were not given them: see the header. */
#include "fabric-manager/engine/state/foreign.h"

#include "common/err.h"
#include "fabric-manager/engine/state/asgs.h"
#include "fabric-manager/engine/state/hosts.h"
#include "fabric-manager/engine/state/out.h"
#include "fabric-manager/engine/state/soon.h"
#include "fabric-manager/engine/state/wanted.h"

/* What hosts show, as far as it counts. */
struct list {
	struct fm_foreign *item;
	unsigned n, cap;
	const struct mr_map *only; /* these values; NULL = what somebody could be given */
};

/* Two values that have one key are both looked at, and told apart later. */
static uint64_t key_of(enum mr_ident_type type, uint64_t lo)
{
	return lo * 8 + type;
}

static bool in_some_pool(const struct fm_engine *e, enum mr_ident_type type, uint64_t lo)
{
	const struct fm_desired *d = e->desired;

	for (unsigned i = 0; d && i < d->ident_pools; i++)
		for (unsigned r = 0;
		     d->ident_pool[i].type == type && r < d->ident_pool[i].ranges; r++)
			if (d->ident_pool[i].range[r].first <= lo &&
			    lo <= d->ident_pool[i].range[r].last)
				return true;
	return false;
}

/* Whether a document names it. */
static bool is_literal(struct fm_engine *e, enum mr_ident_type type, uint64_t lo)
{
	const struct fm_desired *d = e->desired;
	uint64_t v;

	if (!e->literal) {
		e->literal = mr_map_new();
		for (unsigned i = 0; d && i < d->claims; i++)
			for (unsigned k = 0; k < FM_IDENTS; k++) {
				const struct fm_ident_want *w = &d->claim[i].ident[k];

				if (w->source == FM_IDENT_LITERAL)
					mr_map_set_u64(e->literal,
						       key_of(w->type, w->literal.lo), 1);
			}
	}
	return mr_map_get_u64(e->literal, key_of(type, lo), &v);
}

static bool counts(struct fm_engine *e, const struct list *l, enum mr_ident_type type,
		   uint64_t lo)
{
	uint64_t v;

	if (l->only)
		return mr_map_get_u64(l->only, key_of(type, lo), &v);
	return in_some_pool(e, type, lo) || is_literal(e, type, lo);
}

/* A value that counts: where it is seen is still to be said. NULL: it does not. */
static struct fm_foreign *add(struct fm_engine *e, struct list *l, uint32_t class_code,
			      unsigned slot, uint64_t lo)
{
	struct mr_ident id = {.lo = lo};
	struct fm_foreign *n;

	if (!lo || !fm_ident_type(fm_class_of_code(class_code), slot, &id.type) ||
	    !counts(e, l, id.type, lo))
		return NULL;
	MR_GROW(l->item, l->n, l->cap);
	n = &l->item[l->n++];
	memset(n, 0, sizeof(*n)); /* lists are compared as they stand */
	n->ident = id;
	return n;
}

/* One function; 'a' has it, NULL: it is a PF. */
static void look_at(struct fm_engine *e, const struct fm_hst *h, const struct fm_agent_fn *f,
		    const struct fm_asg *a, struct list *l)
{
	const uint64_t shown[FM_IDENTS] = {f->ident0, f->ident1};
	const uint64_t given[FM_IDENTS] = {a ? a->a.attrs.ident0 : 0,
					   a ? a->a.attrs.ident1 : 0};
	char name[FM_ASSIGNMENT_TEXT], bdf[MR_BDF_TEXT];

	for (unsigned k = 0; k < FM_IDENTS; k++) {
		struct fm_foreign *n =
			shown[k] == given[k] ? NULL : add(e, l, f->class_code, k, shown[k]);

		if (!n)
			continue;
		mr_copy(n->profile, sizeof(n->profile), a ? a->a.profile : "");
		mr_fmt(n->where, sizeof(n->where), "%s, on %s", h->rec.name,
		       a ? fm_assignment_text(&a->a, name)
			 : mr_pci_text(f->domain, f->rid, bdf));
	}
}

/* Whether one of its functions shows the value: ports of a bond have one address. */
static bool is_shown(const struct fm_hst *h, uint64_t lo)
{
	size_t pos = 0;
	uint64_t v;

	while (h->fn && mr_map_next(h->fn, &pos, NULL, NULL, &v)) {
		const struct fm_agent_fn *f = (const struct fm_agent_fn *)(uintptr_t)v;

		if (f->ident0 == lo || f->ident1 == lo)
			return true;
	}
	return false;
}

/* A port of the host's own. */
static void look_at_own(struct fm_engine *e, const struct fm_hst *h,
			const struct fm_agent_own *o, struct list *l)
{
	const uint64_t shown[FM_IDENTS] = {o->ident0, o->ident1};
	char bdf[MR_BDF_TEXT];

	for (unsigned k = 0; k < FM_IDENTS; k++) {
		struct fm_foreign *n =
			is_shown(h, shown[k]) ? NULL : add(e, l, o->class_code, k, shown[k]);

		if (n)
			mr_fmt(n->where, sizeof(n->where), "%s, on its own %s (%s)",
			       h->rec.name, o->name, mr_pci_text(o->domain, o->rid, bdf));
	}
}

static int foreign_cmp(const void *a, const void *b)
{
	const struct fm_foreign *x = a, *y = b;
	int r = mr_ident_cmp(&x->ident, &y->ident);

	return r ? r : strcmp(x->where, y->where);
}

static bool is_at_rest(const struct fm_asg *a)
{
	return a->a.phase == FM_PHASE_ACTIVE && a->step == FM_STEP_NONE && !a->a.going &&
	       !a->next.set;
}

static void look(struct fm_engine *e, const struct fm_hst *h, struct list *l)
{
	const struct fm_session *s = h->session;
	size_t pos = 0;
	uint64_t v;

	while (s && s->state == FM_SS_ACCEPTED && h->fn &&
	       mr_map_next(h->fn, &pos, NULL, NULL, &v)) {
		const struct fm_agent_fn *f = (const struct fm_agent_fn *)(uintptr_t)v;
		const struct fm_asg *a = NULL;

		for (unsigned r = 0; r < s->hello.roots && !a; r++)
			if (s->hello.root[r].port == f->place.port)
				a = fm_asg_by_place(e, s->chassis[r], &f->place);
		if (a ? is_at_rest(a) : f->place.way == FM_WAY_LVF && !f->place.slot)
			look_at(e, h, f, a, l);
	}
	for (unsigned i = 0; s && s->state == FM_SS_ACCEPTED && i < h->owns; i++)
		look_at_own(e, h, &h->own[i], l);
	if (l->n)
		qsort(l->item, l->n, sizeof(*l->item), foreign_cmp);
}

/* foreign.h */
void fm_foreign_due(struct fm_engine *e, const char *host)
{
	struct fm_hst *h = fm_host(e, host, false);

	if (h && h->fn)
		h->foreign_due = e->foreign_due = true;
}

static bool has_entry(const struct fm_hst *h, const struct fm_foreign *f)
{
	for (unsigned i = 0; i < h->foreigns; i++)
		if (!foreign_cmp(&h->foreign[i], f))
			return true;
	return false;
}

/* Who has the value, and is not the one who shows it, is told once. */
static void warn(struct fm_engine *e, const struct fm_foreign *f)
{
	char name[3 * MR_NAME_MAX], value[MR_IDENT_TEXT];

	for (unsigned i = 0; i < e->idents; i++) {
		const struct fm_rec_ident *r = &e->ident[i];

		if (r->released_wall_ns || mr_ident_cmp(&r->ident, &f->ident) ||
		    mr_streq(r->profile, f->profile))
			continue;
		mr_fmt(name, sizeof(name), "%s/%s", r->profile, r->device);
		fm_note(e, MR_REASON_CONFLICT, name, "alarm: its %s %s is seen on %s too",
			mr_ident_type_name(f->ident.type), mr_ident_text(&f->ident, value),
			f->where);
	}
}

/* foreign.h */
void fm_foreign_look(struct fm_engine *e, struct fm_hst *h)
{
	struct list l = {.n = 0};

	h->foreign_due = false;
	look(e, h, &l);
	if (l.n == h->foreigns &&
	    (!l.n || !memcmp(l.item, h->foreign, l.n * sizeof(*l.item)))) {
		free(l.item);
		return;
	}
	for (unsigned i = 0; i < l.n; i++)
		if (!has_entry(h, &l.item[i]))
			warn(e, &l.item[i]);
	free(h->foreign);
	h->foreign = l.item;
	h->foreigns = l.n;
	e->foreign_new = true;
	fm_plan_soon(e, 0);
}

/* foreign.h */
void fm_foreign_all(struct fm_engine *e)
{
	size_t pos = 0;
	uint64_t v;

	mr_map_free(e->literal);
	e->literal = NULL;
	while (mr_map_next(e->host_by_name, &pos, NULL, NULL, &v))
		fm_foreign_look(e, (struct fm_hst *)(uintptr_t)v);
}

static void look_due(struct fm_engine *e)
{
	size_t pos = 0;
	uint64_t v;

	while (e->foreign_due && mr_map_next(e->host_by_name, &pos, NULL, NULL, &v)) {
		struct fm_hst *h = (struct fm_hst *)(uintptr_t)v;

		if (h->foreign_due)
			fm_foreign_look(e, h);
	}
	e->foreign_due = false;
}

/* foreign.h */
bool fm_foreign_take(struct fm_engine *e)
{
	struct list l = {.n = 0};
	size_t pos = 0;
	uint64_t v;

	look_due(e);
	if (!e->foreign_new)
		return false;
	e->foreign_new = false;
	while (mr_map_next(e->host_by_name, &pos, NULL, NULL, &v)) {
		const struct fm_hst *h = (const struct fm_hst *)(uintptr_t)v;

		for (unsigned i = 0; i < h->foreigns; i++) {
			MR_GROW(l.item, l.n, l.cap);
			l.item[l.n++] = h->foreign[i];
		}
	}
	if (l.n)
		qsort(l.item, l.n, sizeof(*l.item), foreign_cmp);
	free(e->foreign);
	e->foreign = l.item;
	e->foreigns = l.n;
	return true;
}

/* foreign.h */
void fm_foreign_edited(struct fm_engine *e, const char *profile)
{
	const struct fm_profile *p = fm_profile_find(e->desired, profile);

	for (uint32_t i = 0; p && i < p->claims; i++)
		for (unsigned k = 0; k < FM_IDENTS; k++)
			if (e->desired->claim[p->first_claim + i].ident[k].source ==
			    FM_IDENT_LITERAL) {
				fm_foreign_all(e);
				return;
			}
}

/* ---- documents that are to be in force ---- */

/* A value that a document names. */
struct named {
	const struct fm_doc *doc;
	const struct fm_text *text;
	unsigned device;
	struct mr_ident id;
};

struct names {
	struct named *item;
	unsigned n, cap;
	struct mr_map *key;
};

static const struct fm_text *literal_of(const struct fm_doc_device *dev, unsigned type)
{
	return &dev->identity.ref[type].literal;
}

/* Whether the document had it for the same device. */
static bool had(const struct fm_doc *was, const struct fm_doc_device *dev, unsigned type)
{
	for (unsigned i = 0; was && i < was->spec.profile.devices.n; i++) {
		const struct fm_doc_device *old = &was->spec.profile.devices.item[i];

		if (mr_streq(old->name.s, dev->name.s))
			return mr_streq(literal_of(old, type)->s, literal_of(dev, type)->s);
	}
	return false;
}

static void add_names(struct names *l, const struct fm_doc *doc, const struct fm_doc *was)
{
	for (unsigned i = 0; i < doc->spec.profile.devices.n; i++)
		for (unsigned t = 0; t < FM_DOC_IDENTS; t++) {
			const struct fm_doc_device *dev = &doc->spec.profile.devices.item[i];
			struct named n = {.doc = doc, .text = literal_of(dev, t), .device = i};

			if (!n.text->s || had(was, dev, t) ||
			    mr_ident_parse((enum mr_ident_type)t, n.text->s, &n.id, NULL))
				continue;
			MR_GROW(l->item, l->n, l->cap);
			l->item[l->n++] = n;
			mr_map_set_u64(l->key, key_of(n.id.type, n.id.lo), 1);
		}
}

static void find(const struct names *l, const struct fm_foreign *f, struct mr_diags *ret)
{
	for (unsigned i = 0; i < l->n; i++) {
		const struct named *n = &l->item[i];
		char path[64];

		if (mr_ident_cmp(&n->id, &f->ident) ||
		    mr_streq(n->doc->meta.name.s, f->profile))
			continue;
		mr_fmt(path, sizeof(path), "spec.devices[%u].identity.%s", n->device,
		       mr_ident_type_name(n->id.type));
		mr_diags_add(ret, MR_SEV_ERROR, n->doc->file, n->text->at.line, n->text->at.col,
			     path, "'%s' is seen on %s", n->text->s, f->where);
	}
}

/* foreign.h */
void fm_foreign_check(struct fm_engine *e, const struct fm_docs *was, const struct fm_docs *now,
		      struct mr_diags *ret)
{
	struct names names = {.key = mr_map_new()};
	struct list l = {.only = names.key};
	const enum fm_kind kind = FM_KIND_SERVER_PROFILE;
	unsigned at = was->first[kind];
	size_t pos = 0;
	uint64_t v;

	for (unsigned i = now->first[kind]; i < now->first[kind + 1]; i++) {
		const struct fm_doc *doc = now->doc[i], *old;

		while (at < was->first[kind + 1] && was->doc[at] != doc &&
		       strcmp(was->doc[at]->meta.name.s, doc->meta.name.s) < 0)
			at++;
		old = at < was->first[kind + 1] ? was->doc[at] : NULL;
		if (old == doc)
			at++;
		else
			add_names(&names, doc, fm_docs_find(was, kind, doc->meta.name.s));
	}
	while (names.n && mr_map_next(e->host_by_name, &pos, NULL, NULL, &v))
		look(e, (const struct fm_hst *)(uintptr_t)v, &l);
	for (unsigned i = 0; i < l.n; i++)
		find(&names, &l.item[i], ret);
	free(l.item);
	free(names.item);
	mr_map_free(names.key);
}
