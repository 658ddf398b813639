// SPDX-License-Identifier: Apache-2.0
/*
 * Checks of QosClass, ServerProfile and ProfileTemplate documents: references, rates,
 * identities, placement rules and the names of the profiles that templates make.
 */
#include <string.h>

#include "common/map.h"
#include "common/str.h"
#include "common/xalloc.h"
#include "fabric-manager/model/assignment.h"
#include "fabric-manager/policy/check.h"

#define DEVICES_MAX 256 /* of one profile */
#define LITERAL_KEY (MR_IDENT_TEXT + 8)

/* "spec.template.devices[2].KEY" */
const char *fm_view_device(struct fm_view *v, unsigned i, const char *key)
{
	mr_fmt(v->path, sizeof(v->path), "spec.%sdevices[%u].%s",
	       v->template ? "template." : "", i, key);
	return v->path;
}

/* "spec.template.KEY" */
const char *fm_view_key(struct fm_view *v, const char *key)
{
	mr_fmt(v->path, sizeof(v->path), "spec.%s%s", v->template ? "template." : "", key);
	return v->path;
}

/* The device of that name, or NULL. */
const struct fm_doc_device *fm_view_find(const struct fm_view *v, const char *name)
{
	for (unsigned i = 0; i < v->p->devices.n; i++) {
		if (mr_streq(v->p->devices.item[i].name.s, name))
			return &v->p->devices.item[i];
	}
	return NULL;
}

/* A guarantee above the limit can't be kept. */
static void check_rates(struct fm_check *c, const struct fm_doc *d, const char *path,
			const struct fm_num *guaranteed, const struct fm_num *limit)
{
	char g[32], l[32], place[FM_PLACE_MAX];

	if (guaranteed->v <= limit->v)
		return;
	fm_check_error(c, d, guaranteed->at, path, "guaranteed %s is above the limit %s (%s)",
		       mr_rate_text((uint64_t)guaranteed->v, g, sizeof(g)),
		       mr_rate_text((uint64_t)limit->v, l, sizeof(l)),
		       fm_check_place(d, limit->at, place));
}

static void check_class(struct fm_view *v, unsigned i, const struct fm_doc *pool)
{
	const struct fm_doc_device *dev = &v->p->devices.item[i];
	const struct fm_num *class = &pool->spec.adapter_pool.selector.class;
	char place[FM_PLACE_MAX];

	if (class->v >= 0 && class->v != dev->class.v)
		fm_check_error(v->c, v->doc, dev->class.at, fm_view_device(v, i, "class"),
			       "%s, but AdapterPool '%s' has %s adapters (%s)",
			       fm_doc_class_name(dev->class.v), pool->meta.name.s,
			       fm_doc_class_name(class->v),
			       fm_check_place(pool, class->at, place));
}

/* Which identities a class carries. */
static bool class_carries(int64_t class_, enum mr_ident_type t)
{
	switch (t) {
	case MR_IDENT_MAC:
		return class_ == FM_DOC_CLASS_ETHERNET;
	case MR_IDENT_WWPN:
	case MR_IDENT_WWNN:
		return class_ == FM_DOC_CLASS_FIBRE_CHANNEL;
	default:
		return class_ == FM_DOC_CLASS_INFINIBAND;
	}
}

static const char *literal_key(const struct fm_text *t, enum mr_ident_type type, char *buf)
{
	mr_fmt(buf, LITERAL_KEY, "%d/%s", (int)type, t->s);
	return buf;
}

static void note_literal(struct fm_check *c, const struct fm_doc *d, const struct fm_text *t,
			 enum mr_ident_type type)
{
	char key[LITERAL_KEY];

	mr_map_set(c->literal, literal_key(t, type, key), (uintptr_t)&t->at);
	mr_map_set(c->literal_doc, key, (uintptr_t)d);
}

/* The value must be in a pool (where there are pools of the type), so that no pool gives it to
 * somebody else. */
static void check_literal(struct fm_view *v, const char *path, const struct fm_text *t,
			  enum mr_ident_type type)
{
	struct fm_check *c = v->c;
	char key[LITERAL_KEY], place[FM_PLACE_MAX];
	struct mr_ident id;
	uint64_t at, doc;

	if (fm_check_ident(c, v->doc, path, type, t, &id))
		return;
	if (fm_check_has_ranges(c, type) && !fm_check_range_of(c, &id))
		fm_check_error(c, v->doc, t->at, path,
			       "'%s' is outside every IdentityPool of type %s: nothing keeps "
			       "it from being used twice",
			       t->s, mr_ident_type_name(type));
	literal_key(t, type, key);
	if (mr_map_get(c->literal, key, &at) && mr_map_get(c->literal_doc, key, &doc)) {
		fm_check_error(c, v->doc, t->at, path, "'%s' is given at %s already", t->s,
			       fm_check_place((const struct fm_doc *)(uintptr_t)doc,
					      *(const struct fm_at *)(uintptr_t)at, place));
		return;
	}
	note_literal(c, v->doc, t, type);
}

static void check_identity_pool(struct fm_view *v, const char *path, const struct fm_text *t,
				enum mr_ident_type type)
{
	const struct fm_doc *pool = fm_check_ref(v->c, v->doc, path, t, FM_KIND_IDENTITY_POOL);
	char place[FM_PLACE_MAX];

	if (pool && pool->spec.identity_pool.type.v != type)
		fm_check_error(
			v->c, v->doc, t->at, path, "IdentityPool '%s' gives %s, not %s (%s)",
			t->s,
			mr_ident_type_name((enum mr_ident_type)pool->spec.identity_pool.type.v),
			mr_ident_type_name(type),
			fm_check_place(pool, pool->spec.identity_pool.type.at, place));
}

static void check_identity(struct fm_view *v, unsigned i, enum mr_ident_type type)
{
	const struct fm_doc_device *dev = &v->p->devices.item[i];
	const struct fm_doc_identity_ref *ref = &dev->identity.ref[type];
	char key[32];
	const char *path;

	if (!ref->at.line)
		return;
	mr_fmt(key, sizeof(key), "identity.%s", mr_ident_type_name(type));
	path = fm_view_device(v, i, key);
	if (!class_carries(dev->class.v, type))
		fm_check_error(v->c, v->doc, ref->at, path,
			       "a device of class %s carries no %s",
			       fm_doc_class_name(dev->class.v), mr_ident_type_name(type));
	if (ref->pool.s)
		check_identity_pool(v, path, &ref->pool, type);
	if (!ref->literal.s)
		return;
	if (v->template)
		fm_check_error(v->c, v->doc, ref->at, path,
			       "a template would give '%s' to every host; write {pool: NAME}",
			       ref->literal.s);
	else if (fm_doc_count_max(dev) > 1)
		fm_check_error(v->c, v->doc, ref->at, path,
			       "one value for %lld functions; write {pool: NAME}",
			       (long long)fm_doc_count_max(dev));
	else
		check_literal(v, path, &ref->literal, type);
}

static void check_qos(struct fm_view *v, unsigned i)
{
	const struct fm_doc_device_qos *q = &v->p->devices.item[i].qos;

	fm_check_ref(v->c, v->doc, fm_view_device(v, i, "qos"), &q->name, FM_KIND_QOS_CLASS);
	check_rates(v->c, v->doc, fm_view_device(v, i, "qos.guaranteed"), &q->guaranteed,
		    &q->limit);
}

static void check_device(struct fm_view *v, unsigned i)
{
	const struct fm_doc_device *dev = &v->p->devices.item[i];
	const struct fm_doc *pool;
	char place[FM_PLACE_MAX];

	for (unsigned j = 0; j < i; j++) {
		const struct fm_doc_device *old = &v->p->devices.item[j];

		if (mr_streq(old->name.s, dev->name.s))
			fm_check_error(v->c, v->doc, dev->name.at, fm_view_device(v, i, "name"),
				       "a second device '%s'; the first stands at %s",
				       dev->name.s,
				       fm_check_place(v->doc, old->name.at, place));
	}
	pool = fm_check_ref(v->c, v->doc, fm_view_device(v, i, "pool"), &dev->pool,
			    FM_KIND_ADAPTER_POOL);
	if (pool)
		check_class(v, i, pool);
	check_qos(v, i);
	for (int t = 0; t < FM_DOC_IDENTS; t++)
		check_identity(v, i, (enum mr_ident_type)t);
}

static void check_spec(struct fm_view *v)
{
	const struct fm_doc_profile *p = v->p;
	char path[64];

	if (p->devices.n > DEVICES_MAX) {
		fm_check_error(v->c, v->doc, p->devices.at, fm_view_key(v, "devices"),
			       "expected at most %d devices; got %u", DEVICES_MAX,
			       p->devices.n);
		return;
	}
	fm_check_ref(v->c, v->doc, fm_view_key(v, "priorityClass"), &p->priority_class,
		     FM_KIND_PRIORITY_CLASS);
	fm_check_ref(v->c, v->doc, fm_view_key(v, "host.group"), &p->host.group,
		     FM_KIND_HOST_GROUP);
	for (unsigned i = 0; i < p->devices.n; i++)
		check_device(v, i);
	fm_check_devices(v);
	fm_check_rules(v);
	mr_fmt(path, sizeof(path), "%s", fm_view_key(v, "update"));
	fm_check_update(v->c, v->doc, path, &p->update);
}

/* A profile's name must be free; 'd' is its document, or the template that makes it. */
static void claim_name(struct fm_check *c, const char *name, const struct fm_doc *d,
		       const char *suffix)
{
	char place[FM_PLACE_MAX];
	uint64_t v;

	if (mr_map_get(c->profile, name, &v)) {
		const struct fm_doc *old = (const struct fm_doc *)(uintptr_t)v;

		/* what an initial template made is a document of its own */
		if (d->kind == FM_KIND_PROFILE_TEMPLATE &&
		    d->spec.template.mode.v == FM_DOC_TEMPLATE_INITIAL &&
		    old->kind == FM_KIND_SERVER_PROFILE)
			return;

		fm_check_error(c, d, d->meta.name.at, "metadata.name",
			       "for '%s' it makes the profile '%s', which %s '%s' at %s "
			       "makes already",
			       suffix, name, fm_kind_name(old->kind), old->meta.name.s,
			       fm_check_place(old, old->meta.name.at, place));
		return;
	}
	mr_map_set(c->profile, name, (uintptr_t)d);
}

static void check_profile(struct fm_check *c, const struct fm_doc *d)
{
	struct fm_view v = {.c = c, .doc = d, .p = &d->spec.profile};
	const struct fm_text *host = &d->spec.profile.host.name;
	char place[FM_PLACE_MAX];
	uint64_t m;

	if (mr_streq(d->meta.name.s, FM_ADOPTED) || mr_streq(d->meta.name.s, FM_UNCLAIMED))
		fm_check_error(c, d, d->meta.name.at, "metadata.name",
			       "'%s' is what the manager calls functions of no profile; take "
			       "another name",
			       d->meta.name.s);
	if (host->s && mr_map_get(c->member_of, host->s, &m) && c->member[m].spare)
		fm_check_error(c, d, host->at, "spec.host",
			       "'%s' is a spare of HostGroup '%s' (%s); a spare has no profile",
			       host->s, c->member[m].doc->meta.name.s,
			       fm_check_place(c->member[m].doc, c->member[m].at, place));
	check_spec(&v);
}

/* One profile that the template makes. */
static void check_made(struct fm_check *c, const struct fm_doc *d, const char *suffix)
{
	char name[2 * MR_NAME_MAX];

	mr_fmt(name, sizeof(name), "%s-%s", d->meta.name.s, suffix);
	if (strlen(name) >= MR_NAME_MAX)
		fm_check_error(c, d, d->meta.name.at, "metadata.name",
			       "the profile's name %s is longer than 63 characters", name);
	else
		claim_name(c, name, d, suffix);
}

static void check_template_names(struct fm_check *c, const struct fm_doc *d,
				 const struct fm_doc *group)
{
	for (unsigned i = 0; group && i < c->members; i++) {
		if (c->member[i].doc == group && !c->member[i].spare)
			check_made(c, d, c->member[i].host);
	}
	for (int64_t i = 1; i <= d->spec.template.replicas.v; i++) {
		char number[24];

		mr_fmt(number, sizeof(number), "%lld", (long long)i);
		check_made(c, d, number);
	}
}

static void check_template(struct fm_check *c, const struct fm_doc *d)
{
	const struct fm_doc_template *t = &d->spec.template;
	struct fm_view v = {.c = c, .doc = d, .p = &t->template, .template = true};
	const struct fm_doc *group;
	char place[FM_PLACE_MAX];

	if (!t->host_group.at.line == !t->replicas.at.line)
		fm_check_error(c, d, t->at, "spec", "expected either hostGroup or replicas");
	if (t->host_group.at.line && t->template.host.at.line)
		fm_check_error(c, d, t->template.host.at, "spec.template.host",
			       "the template's profiles get their hosts from its hostGroup "
			       "(%s)",
			       fm_check_place(d, t->host_group.at, place));
	if (t->replicas.v > 1 && t->template.host.name.s)
		fm_check_error(c, d, t->template.host.at, "spec.template.host",
			       "%lld profiles (%s) would share one host; write {group: NAME}",
			       (long long)t->replicas.v,
			       fm_check_place(d, t->replicas.at, place));
	group = fm_check_ref(c, d, "spec.hostGroup", &t->host_group, FM_KIND_HOST_GROUP);
	check_template_names(c, d, group);
	check_spec(&v);
}

/* Functions that a profile asks for. */
static uint64_t functions_of(const struct fm_doc_profile *p)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < p->devices.n; i++)
		n += (uint64_t)fm_doc_count_max(&p->devices.item[i]);
	return n;
}

/* The sum of what is asked for has an end, since every function wanted is kept in memory. */
static void check_size(struct fm_check *c, const struct fm_doc *d, uint64_t *sum)
{
	bool template = d->kind == FM_KIND_PROFILE_TEMPLATE;
	const struct fm_doc *group = template ? fm_docs_find(c->set, FM_KIND_HOST_GROUP,
							     d->spec.template.host_group.s)
					      : NULL;
	uint64_t n = functions_of(template ? &d->spec.template.template : &d->spec.profile);
	uint64_t before = *sum, hosts = 0;

	for (unsigned i = 0; group && i < c->members; i++)
		hosts += c->member[i].doc == group && !c->member[i].spare;
	if (template && d->spec.template.replicas.at.line)
		hosts = (uint64_t)d->spec.template.replicas.v;
	*sum += template ? n * hosts : n;
	if (before <= FM_CLAIMS_MAX && *sum > FM_CLAIMS_MAX)
		fm_check_error(
			c, d, d->at, "spec",
			"the documents up to this one ask for %llu functions; %u are possible",
			(unsigned long long)*sum, FM_CLAIMS_MAX);
}

/* What the profile gives by itself, which nobody else may. */
static void note_literals(struct fm_check *c, const struct fm_doc *d)
{
	const struct fm_doc_profile *p = &d->spec.profile;

	for (unsigned i = 0; i < p->devices.n; i++)
		for (int t = 0; t < FM_DOC_IDENTS; t++)
			if (p->devices.item[i].identity.ref[t].literal.s)
				note_literal(c, d, &p->devices.item[i].identity.ref[t].literal,
					     (enum mr_ident_type)t);
}

static bool has_literals(const struct fm_doc *d)
{
	const struct fm_doc_profile *p = &d->spec.profile;

	for (unsigned i = 0; i < p->devices.n; i++)
		for (int t = 0; t < FM_DOC_IDENTS; t++)
			if (p->devices.item[i].identity.ref[t].literal.s)
				return true;
	return false;
}

/* Classes of rates and what ports are set to. */
static void check_shared(struct fm_check *c, const struct fm_doc *d)
{
	if (d->kind == FM_KIND_QOS_CLASS)
		check_rates(c, d, "spec.guaranteed", &d->spec.qos_class.guaranteed,
			    &d->spec.qos_class.limit);
	else if (d->kind == FM_KIND_PORT_PROFILE)
		fm_check_port_profile(c, d);
}

/* See check.h. Who names no identity can't name another one's. */
void fm_check_edited(struct fm_check *c, const struct fm_docs *was, const char *const *name,
		     unsigned n)
{
	const struct fm_docs *now = c->set;
	unsigned first = now->first[FM_KIND_SERVER_PROFILE],
		 end = now->first[FM_KIND_SERVER_PROFILE + 1], at = 0;
	bool literals = false;

	for (unsigned i = 0; i < now->n; i++)
		if (now->doc[i] != was->doc[i])
			check_shared(c, now->doc[i]);
	for (unsigned k = 0; k < n; k++)
		literals |= has_literals(fm_docs_find(now, FM_KIND_SERVER_PROFILE, name[k]));
	for (unsigned i = first; literals && i < end; i++) {
		if (at < n && mr_streq(now->doc[i]->meta.name.s, name[at]))
			at++;
		else
			note_literals(c, now->doc[i]);
	}
	for (unsigned k = 0; k < n; k++)
		check_profile(c, fm_docs_find(now, FM_KIND_SERVER_PROFILE, name[k]));
}

/* Checks rates, profiles and templates. */
void fm_check_profiles(struct fm_check *c)
{
	uint64_t functions = 0;

	for (unsigned i = 0; i < c->set->n; i++) {
		if (c->set->doc[i]->kind == FM_KIND_SERVER_PROFILE)
			claim_name(c, c->set->doc[i]->meta.name.s, c->set->doc[i], "");
	}
	for (unsigned i = 0; i < c->set->n; i++) {
		const struct fm_doc *d = c->set->doc[i];

		check_shared(c, d);
		if (d->kind == FM_KIND_SERVER_PROFILE)
			check_profile(c, d);
		else if (d->kind == FM_KIND_PROFILE_TEMPLATE)
			check_template(c, d);
		if (d->kind == FM_KIND_SERVER_PROFILE || d->kind == FM_KIND_PROFILE_TEMPLATE)
			check_size(c, d, &functions);
	}
}
