// SPDX-License-Identifier: Apache-2.0
/*
 * Checks of Domain documents: borders are hard. What a domain lists is for the profiles of the
 * domains that list it and for nobody else; a profile of a domain uses only what its domain
 * lists, where it lists that sort of thing at all. A host is of one domain.
 */
#include <stdlib.h>

#include "common/map.h"
#include "common/str.h"
#include "common/xalloc.h"
#include "fabric-manager/policy/check.h"
#include "fabric-manager/policy/select.h"

static const struct fm_text *entry(const struct fm_texts *l, const char *name)
{
	for (unsigned i = 0; i < l->n; i++) {
		if (mr_streq(l->item[i].s, name))
			return &l->item[i];
	}
	return NULL;
}

static const struct fm_doc_profile *profile_of(const struct fm_doc *d)
{
	return d->kind == FM_KIND_SERVER_PROFILE     ? &d->spec.profile
	       : d->kind == FM_KIND_PROFILE_TEMPLATE ? &d->spec.template.template
						     : NULL;
}

/* Each host is of one domain; pools exist; there is something to use. */
static void check_domain(struct fm_check *c, const struct fm_doc *d, struct mr_map *owner)
{
	const struct fm_doc_domain *s = &d->spec.domain;
	char place[FM_PLACE_MAX];

	for (unsigned i = 0; i < s->hosts.n; i++) {
		const struct fm_text *h = &s->hosts.item[i];
		const struct fm_doc *old;
		uint64_t v;

		if (!mr_map_get(owner, h->s, &v)) {
			mr_map_set(owner, h->s, (uintptr_t)d);
			continue;
		}
		old = (const struct fm_doc *)(uintptr_t)v;
		fm_check_error(
			c, d, h->at, "spec.hosts", "host '%s' is of Domain '%s' already (%s)",
			h->s, old->meta.name.s,
			fm_check_place(old, entry(&old->spec.domain.hosts, h->s)->at, place));
	}
	for (unsigned i = 0; i < s->pools.n; i++)
		fm_check_ref(c, d, "spec.pools", &s->pools.item[i], FM_KIND_ADAPTER_POOL);
	if (!s->pools.n && !s->adapters.n)
		fm_check_warn(c, d, d->meta.name.at, "metadata.name",
			      "the domain lists neither adapters nor pools: its profiles can "
			      "have nothing");
}

/* The domain whose list of hosts or pools has 'name', or NULL. */
static const struct fm_doc *lister(const struct fm_check *c, const char *name, bool hosts,
				   const struct fm_text **ret)
{
	for (unsigned i = 0; i < c->domains; i++) {
		const struct fm_doc *d = c->domain[i];

		*ret = entry(hosts ? &d->spec.domain.hosts : &d->spec.domain.pools, name);
		if (*ret)
			return d;
	}
	return NULL;
}

/* One thing that a profile of 'own' (NULL = of no domain) uses. 'at' is where it says so. */
static void check_use(struct fm_view *v, const struct fm_doc *own, const char *name, bool host,
		      struct fm_at at, const char *path)
{
	const char *what = host ? "host" : "AdapterPool";
	const struct fm_texts *list =
		own ? host ? &own->spec.domain.hosts : &own->spec.domain.pools : NULL;
	const struct fm_doc *other;
	const struct fm_text *t;
	char place[FM_PLACE_MAX];

	if (own && list->n) {
		if (!fm_texts_have(list, name))
			fm_check_error(
				v->c, v->doc, at, path,
				"%s '%s' is not of Domain '%s' (%s), which the profile is "
				"of",
				what, name, own->meta.name.s,
				fm_check_place(own, list->at, place));
		return;
	}
	other = lister(v->c, name, host, &t);
	if (other)
		fm_check_error(v->c, v->doc, at, path,
			       "%s '%s' is for Domain '%s' only (%s), and the profile is of %s",
			       what, name, other->meta.name.s,
			       fm_check_place(other, t->at, place), own ? "another" : "none");
}

/* Every host that the group's documents name, which the profile may come to run on. */
static void check_group(struct fm_view *v, const struct fm_doc *own, const struct fm_text *name,
			const char *path)
{
	const struct fm_doc *group = fm_docs_find(v->c->set, FM_KIND_HOST_GROUP, name->s);

	for (unsigned i = 0; v->c->domains && group && i < v->c->members; i++) {
		if (v->c->member[i].doc == group)
			check_use(v, own, v->c->member[i].host, true, name->at, path);
	}
}

static void check_hosts(struct fm_view *v, const struct fm_doc *own)
{
	const struct fm_doc_profile_host *h = &v->p->host;

	if (v->template)
		check_group(v, own, &v->doc->spec.template.host_group, "spec.hostGroup");
	else if (h->name.s)
		check_use(v, own, h->name.s, true, h->name.at, "spec.host");
	else
		check_group(v, own, &h->group, "spec.host.group");
}

static void check_profile(struct fm_check *c, const struct fm_doc *d,
			  const struct fm_doc_profile *p)
{
	struct fm_view v = {
		.c = c, .doc = d, .p = p, .template = d->kind == FM_KIND_PROFILE_TEMPLATE};
	const struct fm_doc *own =
		fm_check_ref(c, d, fm_view_key(&v, "domain"), &p->domain, FM_KIND_DOMAIN);
	char place[FM_PLACE_MAX];

	if (p->domain.s && !own)
		return;
	if (own && !own->spec.domain.pools.n && !own->spec.domain.adapters.n && p->devices.n)
		fm_check_error(c, d, p->domain.at, fm_view_key(&v, "domain"),
			       "Domain '%s' at %s lists neither adapters nor pools: the "
			       "profile can have nothing",
			       p->domain.s, fm_check_place(own, own->meta.name.at, place));
	check_hosts(&v, own);
	for (unsigned i = 0; c->domains && i < p->devices.n; i++) {
		const struct fm_text *pool = &p->devices.item[i].pool;

		check_use(&v, own, pool->s, false, pool->at, fm_view_device(&v, i, "pool"));
	}
}

/* Checks domains, and every profile against them. */
void fm_check_domains(struct fm_check *c)
{
	struct mr_map *owner = mr_map_new();

	c->domain = mr_xcalloc(c->set->n + 1, sizeof(*c->domain));
	for (unsigned i = 0; i < c->set->n; i++) {
		if (c->set->doc[i]->kind != FM_KIND_DOMAIN)
			continue;
		c->domain[c->domains++] = c->set->doc[i];
		check_domain(c, c->set->doc[i], owner);
	}
	for (unsigned i = 0; i < c->set->n; i++) {
		const struct fm_doc_profile *p = profile_of(c->set->doc[i]);

		if (p)
			check_profile(c, c->set->doc[i], p);
	}
	mr_map_free(owner);
	free(c->domain);
}
