// SPDX-License-Identifier: Apache-2.0
/*
 * Profiles. A profile comes from its own document, or from a template and a host of its group
 * or a number; overrides say where it is connected now. What it claims stands in
 * resolve_claims.c. Order: profile's name, device's name, index.
 */
#include <stdlib.h>
#include <string.h>

#include "common/map.h"
#include "common/str.h"
#include "common/xalloc.h"
#include "fabric-manager/policy/resolving.h"

/* A profile before it gets its claims. */
struct source {
	char name[MR_NAME_MAX];
	const struct fm_doc *doc;
	const struct fm_doc_profile *spec;
	uint16_t home;
	uint16_t group;	      /* 1 + index: any free host of it */
	const char *conflict; /* why its template cannot have its host; NULL = it can */
};

struct sources {
	struct source *item;
	unsigned n, cap;
	struct mr_map *index; /* name -> position, for duplicates */
};

static uint16_t host_index(const struct fm_resolving *r, const char *name)
{
	uint64_t v;

	return name && mr_map_get(r->host_of, name, &v) ? (uint16_t)v : FM_WHOLE;
}

static void add_source(struct fm_resolving *r, struct sources *s, const char *name,
		       const struct fm_doc *doc, const struct fm_doc_profile *spec,
		       uint16_t home)
{
	int group = home == FM_WHOLE ? fm_group_index(r->d, spec->host.group.s) : -1;
	uint64_t v;

	if (strlen(name) >= MR_NAME_MAX) {
		FM_FIND(r, MR_SEV_ERROR, doc, doc->meta.name.at, "metadata.name",
			"the profile '%s' that it makes has a name longer than 63 characters; "
			"it is left out",
			name);
		return;
	}
	if (mr_map_get(s->index, name, &v)) {
		const struct fm_doc *old = s->item[v].doc;

		FM_FIND(r, MR_SEV_ERROR, doc, doc->meta.name.at, "metadata.name",
			"the profile '%s' that it makes exists already, by %s '%s' at "
			"%s:%u:%u; it is left out",
			name, fm_kind_name(old->kind), old->meta.name.s, old->file,
			old->meta.name.at.line, old->meta.name.at.col);
		return;
	}
	mr_map_set(s->index, name, s->n);
	MR_GROW(s->item, s->n, s->cap);
	s->item[s->n] = (struct source){
		.doc = doc, .spec = spec, .home = home, .group = (uint16_t)(group + 1)};
	mr_copy(s->item[s->n++].name, MR_NAME_MAX, name);
}

/* One profile of a template; the document of a profile that an `initial` template made has
 * taken its place. */
static void add_made(struct fm_resolving *r, struct sources *s, const struct fm_doc *doc,
		     const char *suffix, uint16_t host)
{
	char name[2 * MR_NAME_MAX];

	mr_fmt(name, sizeof(name), "%s-%s", doc->meta.name.s, suffix);
	if (doc->spec.template.mode.v == FM_DOC_TEMPLATE_INITIAL &&
	    fm_docs_find(r->docs, FM_KIND_SERVER_PROFILE, name))
		return;
	add_source(r, s, name, doc, &doc->spec.template.template, host);
}

/* One profile per host of the template's group (a spare has none), or `replicas` of them. For a
 * host that another group had before there is one, too, which says why it waits. */
static void add_template(struct fm_resolving *r, struct sources *s, const struct fm_doc *doc)
{
	const struct fm_doc_template *t = &doc->spec.template;
	int g = fm_group_index(r->d, t->host_group.s);

	for (unsigned i = 0; g >= 0 && i < r->d->group[g].hosts; i++) {
		uint16_t host = r->d->group[g].host[i];

		add_made(r, s, doc, r->d->host[host].name, host);
	}
	for (unsigned i = 0; g >= 0 && i < r->d->contests; i++) {
		const struct fm_contest *c = &r->d->contest[i];
		unsigned n = s->n;

		if (c->group != g)
			continue;
		add_made(r, s, doc, r->d->host[c->host].name, FM_WHOLE);
		if (s->n > n)
			s->item[n].conflict = c->text;
	}
	for (int64_t i = 1; i <= t->replicas.v; i++) {
		char number[24];

		mr_fmt(number, sizeof(number), "%lld", (long long)i);
		add_made(r, s, doc, number, FM_WHOLE);
	}
}

static int source_cmp(const void *a, const void *b)
{
	return strcmp(((const struct source *)a)->name, ((const struct source *)b)->name);
}

/* All profiles by name; a document of a profile goes before a template that makes the same
 * name. */
static void gather(struct fm_resolving *r, struct sources *s)
{
	for (unsigned i = 0; i < r->docs->n; i++) {
		const struct fm_doc *doc = r->docs->doc[i];

		if (doc->kind == FM_KIND_SERVER_PROFILE)
			add_source(r, s, doc->meta.name.s, doc, &doc->spec.profile,
				   host_index(r, doc->spec.profile.host.name.s));
		else if (doc->kind == FM_KIND_PROFILE_TEMPLATE)
			add_template(r, s, doc);
	}
	if (s->n)
		qsort(s->item, s->n, sizeof(s->item[0]), source_cmp);
}

/* Where the profile is connected now: overrides win (POLICY, "Documents, sets, overrides"). */
static uint16_t connected(const struct fm_resolving *r, const struct mr_map *overrides,
			  const struct source *s)
{
	uint64_t v;

	if (!mr_map_get(overrides, s->name, &v))
		return s->home;
	return r->in->override[v].host[0] ? host_index(r, r->in->override[v].host) : FM_WHOLE;
}

static bool overridden(const struct mr_map *overrides, const struct source *s)
{
	uint64_t v;

	return mr_map_get(overrides, s->name, &v);
}

/* Whether a document that says where the profile is, or who it is, is frozen. */
static bool is_suspended(const struct fm_resolving *r, const struct fm_doc *doc,
			 const struct fm_doc_profile *spec, uint16_t host)
{
	const struct fm_host_def *h = host == FM_WHOLE ? NULL : &r->d->host[host];

	return fm_doc_suspended(r, doc->kind, doc->meta.name.s) ||
	       fm_doc_suspended(r, FM_KIND_FABRIC_POLICY, "default") ||
	       fm_doc_suspended(r, FM_KIND_PRIORITY_CLASS, spec->priority_class.s) ||
	       fm_doc_suspended(r, FM_KIND_DOMAIN, spec->domain.s) ||
	       fm_doc_suspended(r, FM_KIND_HOST, h ? h->name : NULL) ||
	       fm_doc_suspended(r, FM_KIND_HOST_GROUP,
				h && h->group >= 0 ? r->d->group[h->group].name : NULL);
}

/* See resolving.h. */
void fm_resolve_connected(struct fm_resolving *r, const struct fm_doc *doc,
			  const struct fm_doc_profile *spec, struct fm_profile *p)
{
	p->suspended = is_suspended(r, doc, spec, p->host);
	fm_resolve_claims_connected(r, spec, p);
}

static void add_profile(struct fm_resolving *r, const struct mr_map *overrides,
			const struct source *s)
{
	struct fm_desired *d = r->d;
	struct fm_profile *p = &d->profile[d->profiles++];
	char origin[MR_NAME_MAX + 32];

	mr_fmt(origin, sizeof(origin), "%s %s", fm_kind_name(s->doc->kind),
	       s->doc->meta.name.s);
	p->name = fm_desired_str(d, s->name);
	p->origin = fm_desired_str(d, origin);
	p->home = s->home;
	p->host = connected(r, overrides, s);
	p->first_claim = d->claims;
	fm_resolve_profile_update(r, s->doc, &s->spec->update, p);
	p->home_group = s->group;
	p->group = p->host == FM_WHOLE && !overridden(overrides, s) ? s->group : 0;
	p->atomic = s->spec->atomic.v;
	p->suspended = is_suspended(r, s->doc, s->spec, p->host);
	p->contested = s->conflict != NULL;
	fm_resolve_claims(r, s->doc, s->spec, p);
	for (uint32_t i = p->first_claim; s->conflict && i < p->first_claim + p->claims; i++) {
		d->claim[i].waits_host = true;
		d->claim[i].reason = MR_REASON_CONFLICT;
		d->claim[i].detail = s->conflict;
	}
}

static unsigned claims_of(const struct fm_doc_profile *p)
{
	unsigned n = 0;

	for (unsigned i = 0; i < p->devices.n; i++)
		n += (unsigned)fm_doc_count_max(&p->devices.item[i]);
	return n;
}

/* How many of the sources fit under FM_CLAIMS_MAX; makes room for their claims and rules. */
static unsigned make_room(struct fm_resolving *r, const struct sources *s)
{
	unsigned claims = 0, rules = 0, devices = 0, i;

	for (i = 0; i < s->n; i++) {
		unsigned n = claims_of(s->item[i].spec);

		if (claims + n > FM_CLAIMS_MAX) {
			FM_FIND(r, MR_SEV_ERROR, s->item[i].doc, s->item[i].doc->at, "spec",
				"from profile '%s' on, the functions asked for are more than "
				"%u; they are left out",
				s->item[i].name, FM_CLAIMS_MAX);
			break;
		}
		claims += n;
		rules += s->item[i].spec->placement.n;
		devices += s->item[i].spec->devices.n;
	}
	r->d->claim = mr_xcalloc(claims + 1, sizeof(r->d->claim[0]));
	r->d->rule = mr_xcalloc(rules + 1, sizeof(r->d->rule[0]));
	r->d->pair = mr_xcalloc(devices + 1, sizeof(r->d->pair[0]));
	r->d->demand = mr_xcalloc(devices + 1, sizeof(r->d->demand[0]));
	r->d->profile = mr_xcalloc(i + 1, sizeof(r->d->profile[0]));
	return i;
}

/* All profiles, claims and rules. */
void fm_resolve_profiles(struct fm_resolving *r)
{
	struct sources s = {.index = mr_map_new()};
	struct mr_map *overrides = mr_map_new();
	unsigned n;

	for (unsigned i = 0; i < r->in->overrides; i++)
		mr_map_set(overrides, r->in->override[i].profile, i);
	gather(r, &s);
	n = make_room(r, &s);
	for (unsigned i = 0; i < n; i++)
		add_profile(r, overrides, &s.item[i]);
	mr_map_free(overrides);
	mr_map_free(s.index);
	free(s.item);
}

/* The document that makes it: "ServerProfile db1", "ProfileTemplate web". */
const struct fm_doc *fm_profile_origin(const struct fm_resolving *r, const struct fm_profile *p)
{
	const char *name = strchr(p->origin, ' ') + 1;
	bool made = !strncmp(p->origin, fm_kind_name(FM_KIND_PROFILE_TEMPLATE),
			     (size_t)(name - p->origin) - 1);

	return fm_docs_find(r->docs, made ? FM_KIND_PROFILE_TEMPLATE : FM_KIND_SERVER_PROFILE,
			    name);
}
