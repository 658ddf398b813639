// SPDX-License-Identifier: Apache-2.0
/*
 * Profiles, their claims and their placement rules. A profile comes from its own document or
 * from a template and a host of its group; overrides say where it is connected now. Order:
 * profile's name, device's name, index.
 */
#include <stdlib.h>
#include <string.h>

#include "common/map.h"
#include "common/str.h"
#include "common/xalloc.h"
#include "fabric-manager/policy/resolving.h"

#define BITS_PER_MBIT 1000000

/* A profile before it gets its claims. */
struct source {
	char name[MR_NAME_MAX];
	const struct fm_doc *doc;
	const struct fm_doc_profile *spec;
	uint16_t home;
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
	uint64_t v;

	if (mr_map_get(s->index, name, &v) || strlen(name) >= MR_NAME_MAX) {
		FM_FIND(r, MR_SEV_ERROR, doc, doc->meta.name.at, "metadata.name",
			"the profile '%s' that it makes %s; it is left out", name,
			strlen(name) < MR_NAME_MAX ? "exists already"
						   : "has a name longer than 63 characters");
		return;
	}
	mr_map_set(s->index, name, s->n);
	MR_GROW(s->item, s->n, s->cap);
	s->item[s->n] = (struct source){.doc = doc, .spec = spec, .home = home};
	mr_copy(s->item[s->n++].name, MR_NAME_MAX, name);
}

/* One profile per host of the template's group; a spare has none. */
static void add_template(struct fm_resolving *r, struct sources *s, const struct fm_doc *doc)
{
	const struct fm_doc_template *t = &doc->spec.template;
	int g = fm_group_index(r->d, t->host_group.s);

	for (unsigned i = 0; g >= 0 && i < r->d->group[g].hosts; i++) {
		uint16_t host = r->d->group[g].host[i];
		char name[2 * MR_NAME_MAX];

		mr_fmt(name, sizeof(name), "%s-%s", doc->meta.name.s, r->d->host[host].name);
		add_source(r, s, name, doc, &t->template, host);
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

static uint32_t mbps(int64_t bits)
{
	return bits == FM_UNLIMITED ? 0 : (uint32_t)(bits / BITS_PER_MBIT);
}

static void set_qos(const struct fm_resolving *r, const struct fm_doc_device *dev,
		    struct fm_claim *c)
{
	const struct fm_doc *q = fm_docs_find(r->docs, FM_KIND_QOS_CLASS, dev->qos.name.s);

	c->guaranteed_mbps = mbps(q ? q->spec.qos_class.guaranteed.v : dev->qos.guaranteed.v);
	c->limit_mbps = mbps(q ? q->spec.qos_class.limit.v : dev->qos.limit.v);
	c->attrs.min_mbps = c->guaranteed_mbps;
	c->attrs.max_mbps = c->limit_mbps;
}

/* VLAN, spoof check and trust are of Ethernet; other classes have them off. */
static void set_port(const struct fm_resolving *r, const struct fm_doc_device *dev,
		     struct fm_claim *c)
{
	static const uint8_t link_states[FM_DOC_LINK_STATE_COUNT] = {
		[FM_DOC_LINK_AUTO] = 0,
		[FM_DOC_LINK_ENABLE] = 1,
		[FM_DOC_LINK_DISABLE] = 2,
	};
	struct fm_doc *none = fm_doc_new(FM_KIND_PORT_PROFILE);
	const struct fm_doc *doc =
		fm_docs_find(r->docs, FM_KIND_PORT_PROFILE, dev->port_profile.s);
	const struct fm_doc_port_profile *p =
		doc ? &doc->spec.port_profile : &none->spec.port_profile;

	c->attrs.link_state = link_states[p->link_state.v];
	if (dev->class.v == FM_DOC_CLASS_ETHERNET) {
		c->attrs.vlan = (uint16_t)p->vlan.access.v;
		c->attrs.vlan_qos = (uint8_t)p->vlan.qos.v;
		c->attrs.vlan_ad = p->vlan.protocol.v == FM_DOC_VLAN_8021AD;
		c->attrs.trust = p->trust.v;
		c->attrs.spoof_check = p->spoof_check.v < 0
					       ? dev->identity.ref[MR_IDENT_MAC].at.line > 0
					       : p->spoof_check.v;
	}
	fm_doc_unref(none);
}

static void set_ident(const struct fm_resolving *r, const struct fm_doc_device *dev,
		      enum mr_ident_type type, struct fm_ident_want *want)
{
	const struct fm_doc_identity_ref *ref = &dev->identity.ref[type];

	if (!ref->pool.s && !ref->literal.s)
		return;
	want->type = type;
	if (ref->pool.s) {
		want->source = FM_IDENT_POOL;
		want->pool = fm_ident_pool_index(r->d, ref->pool.s);
	} else if (!mr_ident_parse(type, ref->literal.s, &want->literal, NULL)) {
		want->source = FM_IDENT_LITERAL;
	}
}

static void set_idents(const struct fm_resolving *r, const struct fm_doc_device *dev,
		       struct fm_claim *c)
{
	static const enum mr_ident_type first[] = {MR_IDENT_MAC, MR_IDENT_WWPN, MR_IDENT_GUID};

	for (unsigned i = 0; i < MR_ARRAY_SIZE(first); i++)
		set_ident(r, dev, first[i], &c->ident[0]);
	set_ident(r, dev, MR_IDENT_WWNN, &c->ident[1]);
}

static uint32_t priority_of(const struct fm_resolving *r, const struct fm_doc_profile *p)
{
	const struct fm_doc *doc =
		fm_docs_find(r->docs, FM_KIND_PRIORITY_CLASS, p->priority_class.s);

	return doc ? (uint32_t)doc->spec.priority.value.v : 0;
}

/* Why the claim can't be placed whatever is free: its host has no place in any chassis. */
static void set_reason(const struct fm_resolving *r, struct fm_claim *c)
{
	const struct fm_host_def *h = c->host == FM_WHOLE ? NULL : &r->d->host[c->host];
	char text[160];

	c->detail = "";
	if (c->pool == FM_WHOLE) {
		c->reason = MR_REASON_NOT_FOUND;
		c->detail = "its AdapterPool has no functions of this class";
	} else if (h && !h->port) {
		c->reason = MR_REASON_NOT_FOUND;
		mr_fmt(text, sizeof(text),
		       "host '%s' is in no port table of a chassis that was read", h->name);
		c->detail = fm_desired_str(r->d, text);
	}
}

/* The device's claims, one for each function wanted; all but the index is the same. */
static void add_claims(struct fm_resolving *r, const struct fm_doc_device *dev,
		       struct fm_profile *p, uint32_t priority)
{
	static const char *const drivers[FM_DOC_DRIVER_COUNT] = {
		[FM_DOC_DRIVER_DEFAULT] = "",
		[FM_DOC_DRIVER_VFIO_PCI] = "vfio-pci",
		[FM_DOC_DRIVER_NONE] = "none",
	};
	struct fm_claim c = {
		.profile = p->name,
		.device = fm_desired_str(r->d, dev->name.s),
		.count = (uint16_t)dev->count.n.v,
		.pool = fm_pool_index(r->d, dev->pool.s, fm_class_of(dev->class.v)),
		.host = p->host,
		.priority = priority,
		.driver = drivers[dev->driver.v],
	};

	set_qos(r, dev, &c);
	set_port(r, dev, &c);
	set_idents(r, dev, &c);
	set_reason(r, &c);
	for (c.index = 0; c.index < c.count; c.index++) {
		r->d->claim[r->d->claims++] = c;
		p->claims++;
	}
}

static int device_cmp(const void *a, const void *b)
{
	const struct fm_doc_device *const *x = a, *const *y = b;

	return strcmp((*x)->name.s, (*y)->name.s);
}

static void add_devices(struct fm_resolving *r, const struct fm_doc_profile *spec,
			struct fm_profile *p)
{
	const struct fm_doc_device **dev = mr_xcalloc(spec->devices.n + 1, sizeof(dev[0]));

	for (unsigned i = 0; i < spec->devices.n; i++)
		dev[i] = &spec->devices.item[i];
	qsort(dev, spec->devices.n, sizeof(dev[0]), device_cmp);
	for (unsigned i = 0; i < spec->devices.n; i++)
		add_claims(r, dev[i], p, priority_of(r, spec));
	free(dev);
}

static bool rule_is_about(const struct fm_doc_placement *rule, const char *device)
{
	for (unsigned i = 0; i < rule->devices.n; i++) {
		if (!strcmp(rule->devices.item[i].s, device))
			return true;
	}
	return !rule->devices.n;
}

static void add_rule(struct fm_desired *d, const struct fm_doc_placement *rule,
		     const struct fm_profile *p)
{
	static const enum fm_topology topologies[FM_DOC_TOPO_COUNT] = {
		[FM_DOC_TOPO_ADAPTER] = FM_TOPO_ADAPTER,
		[FM_DOC_TOPO_PORT] = FM_TOPO_PORT,
		[FM_DOC_TOPO_SLOT] = FM_TOPO_SLOT,
		[FM_DOC_TOPO_CHASSIS] = FM_TOPO_CHASSIS,
	};
	struct fm_rule *out;

	if (rule->type.v != FM_DOC_PLACE_ANTI_AFFINITY)
		return;
	out = &d->rule[d->rules++];
	out->topology = topologies[rule->topology.v];
	out->required = rule->required.v;
	out->claim = mr_xcalloc(p->claims + 1, sizeof(out->claim[0]));
	for (uint32_t i = p->first_claim; i < p->first_claim + p->claims; i++) {
		if (rule_is_about(rule, d->claim[i].device))
			out->claim[out->claims++] = i;
	}
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
	p->drain = d->drain;
	add_devices(r, s->spec, p);
	for (unsigned i = 0; i < s->spec->placement.n; i++)
		add_rule(d, &s->spec->placement.item[i], p);
}

static unsigned claims_of(const struct fm_doc_profile *p)
{
	unsigned n = 0;

	for (unsigned i = 0; i < p->devices.n; i++)
		n += (unsigned)p->devices.item[i].count.n.v;
	return n;
}

/* How many of the sources fit under FM_CLAIMS_MAX; makes room for their claims and rules. */
static unsigned make_room(struct fm_resolving *r, const struct sources *s)
{
	unsigned claims = 0, rules = 0, i;

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
	}
	r->d->claim = mr_xcalloc(claims + 1, sizeof(r->d->claim[0]));
	r->d->rule = mr_xcalloc(rules + 1, sizeof(r->d->rule[0]));
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
