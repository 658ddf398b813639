// SPDX-License-Identifier: Apache-2.0
/*
 * A wish that stands, brought to what overrides, adapters and edited profiles are now: the
 * profiles that were connected elsewhere or ask for something else (amend_edits.c), and what
 * follows from adapters, which no claim points at but by number.
 * What this cannot follow is made anew.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/map.h"
#include "common/str.h"
#include "common/xalloc.h"
#include "fabric-manager/policy/resolving.h"

static const struct fm_rec_override *override_of(const struct fm_resolving *r, const char *name)
{
	for (unsigned i = 0; i < r->in->overrides; i++)
		if (!strcmp(r->in->override[i].profile, name))
			return &r->in->override[i];
	return NULL;
}

static struct fm_profile *profile_of(struct fm_desired *d, const char *name)
{
	unsigned lo = 0, hi = d->profiles;

	while (lo < hi) {
		unsigned mid = lo + (hi - lo) / 2;

		if (strcmp(d->profile[mid].name, name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < d->profiles && !strcmp(d->profile[lo].name, name) ? &d->profile[lo] : NULL;
}

/* The host is there whatever overrides say: a document names it, or a port table. */
static bool stands(const struct fm_host_def *h)
{
	return h->known || h->roots;
}

/* Index of the host that the profile is connected to now, in '*ret'; false when the table of
 * hosts would be another one. */
static bool find_host(const struct fm_resolving *r, const struct fm_profile *p, uint16_t *ret)
{
	const struct fm_rec_override *o = override_of(r, p->name);
	unsigned lo = 0, hi = r->d->hosts;

	*ret = o ? FM_WHOLE : p->home;
	if (!o || !o->host[0])
		return true;
	while (lo < hi) {
		unsigned mid = lo + (hi - lo) / 2;

		if (strcmp(r->d->host[mid].name, o->host) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	*ret = (uint16_t)lo;
	return lo < r->d->hosts && !strcmp(r->d->host[lo].name, o->host) &&
	       stands(&r->d->host[lo]);
}

/* Whether only the profile's connection follows from its override. Who takes any host of a
 * group is one of many that choose. */
static bool can_follow(const struct fm_resolving *r, const struct fm_profile *p)
{
	uint16_t host;

	return !p->contested && fm_profile_origin(r, p) && find_host(r, p, &host) &&
	       (p->host == FM_WHOLE || stands(&r->d->host[p->host]));
}

static bool any_chooses(const struct fm_desired *d)
{
	for (unsigned i = 0; i < d->profiles; i++)
		if (d->profile[i].group || d->profile[i].home_group)
			return true;
	return false;
}

static void follow(struct fm_resolving *r, struct fm_profile *p)
{
	const struct fm_doc *doc = fm_profile_origin(r, p);

	find_host(r, p, &p->host);
	fm_resolve_connected(r, doc,
			     doc->kind == FM_KIND_SERVER_PROFILE ? &doc->spec.profile
								 : &doc->spec.template.template,
			     p);
}

/* ---- edited profiles ---- */

/* Whether a document of its own makes it: a template's may have been left out for that. */
static bool can_edit(const struct fm_resolving *r, const char *name)
{
	const struct fm_profile *p = profile_of(r->d, name);
	const struct fm_doc *doc = p && !p->contested ? fm_profile_origin(r, p) : NULL;

	return doc && doc->kind == FM_KIND_SERVER_PROFILE;
}

/* Its claims anew in their places: they are as many, of the same names. What says the same as
 * before is as it was. */
static void edit(struct fm_resolving *r, struct fm_profile *p, struct fm_amend *what)
{
	const struct fm_doc *doc = fm_profile_origin(r, p);
	uint32_t all = r->d->claims, had = p->claims;
	struct fm_claim *first = &r->d->claim[p->first_claim];
	struct fm_claim *was = mr_xmemdup(first, had * sizeof(*was));

	r->d->claims = p->first_claim;
	p->claims = 0;
	r->last_spec = NULL;
	fm_resolve_claims(r, doc, &doc->spec.profile, p);
	assert(p->claims == had);
	r->d->claims = all;
	first = &r->d->claim[p->first_claim];
	for (uint32_t i = 0; i < had; i++) {
		if (fm_claim_eq(&was[i], &first[i])) {
			first[i] = was[i];
			continue;
		}
		MR_GROW(what->changed, what->changes, what->cap_changed);
		what->changed[what->changes++] = p->first_claim + i;
	}
	free(was);
}

static void edit_all(struct fm_resolving *r, struct fm_amend *what)
{
	r->no_port = fm_doc_new(FM_KIND_PORT_PROFILE);
	for (unsigned i = 0; i < what->edits; i++)
		edit(r, profile_of(r->d, what->edited[i]), what);
	fm_doc_unref(r->no_port);
}

/* ---- adapters ---- */

static bool same_names(const struct fm_desired *a, const struct fm_desired *b)
{
	if (a->pools != b->pools)
		return false;
	for (unsigned i = 0; i < a->pools; i++)
		if (a->pool[i].device_class != b->pool[i].device_class ||
		    strcmp(a->pool[i].name, b->pool[i].name) != 0)
			return false;
	return true;
}

#define SWAP(a, b)                      \
	do {                            \
		__typeof__(a) t_ = (a); \
		(a) = (b);              \
		(b) = t_;               \
	} while (0)

/* What is made from adapters changes sides; texts go over to 'd' and stay there. */
static void swap_tables(struct fm_desired *d, struct fm_desired *n)
{
	SWAP(d->pool, n->pool);
	SWAP(d->pools, n->pools);
	SWAP(d->edge, n->edge);
	SWAP(d->edges, n->edges);
	SWAP(d->adapter, n->adapter);
	SWAP(d->adapters, n->adapters);
	SWAP(d->replace, n->replace);
	SWAP(d->replaces, n->replaces);
	SWAP(d->domain, n->domain);
	SWAP(d->domains, n->domains);
	for (unsigned i = 0; i < n->n_strings; i++) {
		MR_GROW(d->strings, d->n_strings, d->cap_strings);
		d->strings[d->n_strings++] = n->strings[i];
	}
	n->n_strings = 0;
}

/* The tables as adapters are now, in a wish without hosts and claims; NULL when pools have
 * other names, which claims go by. */
static struct fm_desired *make_tables(struct fm_resolving *r)
{
	struct fm_desired *d = r->d, *n = fm_desired_new();
	bool same;

	r->host_of = mr_map_new();
	for (unsigned i = 0; i < d->hosts; i++)
		mr_map_set(r->host_of, d->host[i].name, i);
	n->hosts = d->hosts; /* borders are bits over them */
	r->d = n;
	fm_resolve_adapters(r);
	fm_resolve_pools(r);
	fm_resolve_domains(r);
	fm_resolve_replaced(r);
	r->d = d;
	n->hosts = 0;
	mr_map_free(r->host_of);
	fm_had_done(r);
	same = same_names(d, n);
	if (!same)
		fm_desired_free(n);
	return same ? n : NULL;
}

/* See resolve.h. */
bool fm_resolve_amend(const struct fm_resolve_input *in, struct fm_desired *d,
		      struct fm_amend *what, struct fm_desired **ret_was)
{
	static const struct fm_inventory nothing;
	struct fm_resolving r = {.in = in,
				 .docs = in->docs,
				 .inv = in->inventory ? in->inventory : &nothing,
				 .d = d};

	fm_resolve_look(&r);
	*ret_was = NULL;
	if ((what->profiles || what->edits) && any_chooses(d))
		return false;
	for (unsigned i = 0; i < what->edits; i++)
		if (!can_edit(&r, what->edited[i]))
			return false;
	for (unsigned i = 0; i < what->profiles; i++) {
		const struct fm_profile *p = profile_of(d, what->profile[i]);

		if (!p || !can_follow(&r, p))
			return false;
	}
	if (what->adapters) {
		*ret_was = make_tables(&r);
		if (!*ret_was)
			return false;
		swap_tables(d, *ret_was);
	}
	for (unsigned i = 0; i < what->profiles; i++)
		follow(&r, profile_of(d, what->profile[i]));
	edit_all(&r, what);
	return true;
}
