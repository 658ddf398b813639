// SPDX-License-Identifier: Apache-2.0
/*
 * What a profile claims: one claim for each function that its devices may have, with identities
 * and demands (attributes: resolve_attrs.c); its placement rules; its pairs.
 */
#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "common/xalloc.h"
#include "fabric-manager/policy/resolving.h"

/* Devices of a profile mostly say nothing for hooks. */
static void set_notes(const struct fm_resolving *r, const struct fm_doc_device *dev,
		      struct fm_claim *c)
{
	const struct fm_doc *pp =
		fm_docs_find(r->docs, FM_KIND_PORT_PROFILE, dev->port_profile.s);
	struct mr_buf text = {0};

	fm_notes_add(dev, pp ? &pp->spec.port_profile : NULL, &text);
	c->notes = text.len ? fm_desired_str(r->d, mr_buf_text(&text)) : "";
	mr_buf_done(&text);
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

/* The device whose identity this one shows: the primary of its pair, or itself. */
static const struct fm_doc_device *identity_of(const struct fm_doc_profile *spec,
					       const struct fm_doc_device *dev)
{
	if (!dev->ha.at.line || dev->ha.role.v != FM_DOC_HA_SECONDARY)
		return dev;
	for (unsigned i = 0; i < spec->devices.n; i++) {
		if (!strcmp(spec->devices.item[i].name.s, dev->ha.with.s))
			return &spec->devices.item[i];
	}
	return dev;
}

/* What a function of the device takes of its PF's totals. Sizes round up. */
static void set_demand(struct fm_desired *d, const struct fm_doc_device *dev,
		       struct fm_claim *c)
{
	struct fm_demand want = {{0}};
	uint32_t some = 0;
	unsigned i = 0;

	want.amount[FM_RESOURCE_QUEUES] = (uint32_t)dev->queues.v;
	want.amount[FM_RESOURCE_FRAMEBUFFER] = fm_mib((uint64_t)dev->gpu.framebuffer.v);
	for (unsigned k = 0; k < FM_RESOURCE_COUNT; k++)
		some |= want.amount[k];
	if (!some)
		return;
	while (i < d->demands && memcmp(&d->demand[i], &want, sizeof(want)))
		i++;
	if (i == d->demands)
		d->demand[d->demands++] = want;
	c->demand = (uint16_t)(i + 1);
}

static uint8_t shift_of(int64_t block)
{
	return block > 1 ? (uint8_t)__builtin_ctzll((uint64_t)block) : 0;
}

/* All functions of the device have the same ones. */
static void set_namespaces(struct fm_desired *d, const struct fm_doc_device *dev,
			   struct fm_claim *c)
{
	c->ns = dev->storage.namespaces.n ? d->nss : 0;
	for (unsigned i = 0; i < dev->storage.namespaces.n; i++) {
		const struct fm_doc_namespace *x = &dev->storage.namespaces.item[i];

		MR_GROW(d->ns, d->nss, d->cap_nss);
		d->ns[d->nss++] = (struct fm_ns_want){
			.name = fm_desired_str(d, x->name.s),
			.size = (uint64_t)x->size.v,
			.block_shift = shift_of(x->block_size.v),
			.shared = x->sharing.v == FM_DOC_SHARING_SHARED,
			.erase = x->on_delete.v == FM_DOC_DELETE_ERASE,
		};
		c->nss++;
	}
}

/* Why the claim can't be placed whatever is free: its host has no place in any chassis. */
static void set_reason(const struct fm_resolving *r, struct fm_claim *c)
{
	const struct fm_host_def *h = c->host == FM_WHOLE ? NULL : &r->d->host[c->host];
	char text[160];

	if (c->pool == FM_WHOLE) {
		c->reason = MR_REASON_NOT_FOUND;
		c->detail = "its AdapterPool has no functions of this class";
	} else if (h && !h->roots) {
		c->reason = MR_REASON_NOT_FOUND;
		mr_fmt(text, sizeof(text),
		       "host '%s' is in no port table of a chassis that was read", h->name);
		c->detail = fm_desired_str(r->d, text);
	}
}

/* Whether a document that the device names is frozen; 'dev': the one with the identities. */
static bool is_suspended(const struct fm_resolving *r, const struct fm_doc_device *dev)
{
	for (int t = 0; t < FM_DOC_IDENTS; t++)
		if (fm_doc_suspended(r, FM_KIND_IDENTITY_POOL, dev->identity.ref[t].pool.s))
			return true;
	return fm_doc_suspended(r, FM_KIND_ADAPTER_POOL, dev->pool.s) ||
	       fm_doc_suspended(r, FM_KIND_QOS_CLASS, dev->qos.name.s) ||
	       fm_doc_suspended(r, FM_KIND_PORT_PROFILE, dev->port_profile.s);
}

/* The device's claims, one for each function wanted; all but the index is the same. */
static void add_claims(struct fm_resolving *r, const struct fm_doc_profile *spec,
		       const struct fm_doc_device *dev, struct fm_profile *p)
{
	static const char *const drivers[FM_DOC_DRIVER_COUNT] = {
		[FM_DOC_DRIVER_DEFAULT] = "",
		[FM_DOC_DRIVER_VFIO_PCI] = "vfio-pci",
		[FM_DOC_DRIVER_NONE] = "none",
	};
	struct fm_claim c = {
		.profile = p->name,
		.device = fm_desired_str(r->d, dev->name.s),
		.count = (uint16_t)fm_doc_count_max(dev),
		.pool = fm_pool_index(r->d, dev->pool.s, fm_class_of(dev->class.v)),
		.host = p->host,
		.atomic = p->atomic,
		.suspended = p->suspended || is_suspended(r, identity_of(spec, dev)),
		.retain = spec->on_release.v == FM_DOC_RELEASE_RETAIN,
		.scrub = spec->on_release.v == FM_DOC_RELEASE_SCRUB,
		.class = fm_class_index(r->d, spec->priority_class.s),
		.domain = fm_domain_index(r->d, spec->domain.s),
		.driver = drivers[dev->driver.v],
		.detail = "",
	};
	const struct fm_doc *port =
		fm_docs_find(r->docs, FM_KIND_PORT_PROFILE, dev->port_profile.s);

	c.priority = c.class ? r->d->prio[c.class - 1].value : 0;
	fm_resolve_attrs(r, dev, identity_of(spec, dev), &c);
	set_idents(r, identity_of(spec, dev), &c);
	set_demand(r->d, dev, &c);
	set_namespaces(r->d, dev, &c);
	set_notes(r, dev, &c);
	if (c.reason == MR_REASON_OK)
		set_reason(r, &c);
	for (c.index = 0; c.index < c.count; c.index++) {
		c.extra = c.index >= fm_doc_count_min(dev);
		r->d->claim[r->d->claims++] = c;
		p->claims++;
	}
	if (port && port->spec.port_profile.mirror_to.s)
		fm_mirror_wish(r, port, r->d->claims - c.count, c.count);
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
		add_claims(r, spec, dev[i], p);
	free(dev);
}

/* See resolving.h. What the documents alone speak against stays. */
void fm_resolve_claims_connected(struct fm_resolving *r, const struct fm_doc_profile *spec,
				 const struct fm_profile *p)
{
	for (uint32_t i = p->first_claim; i < p->first_claim + p->claims; i++) {
		struct fm_claim *c = &r->d->claim[i];
		const struct fm_doc_device *dev = spec->devices.item;

		while (strcmp(dev->name.s, c->device) != 0)
			dev++;
		c->host = p->host;
		c->suspended = p->suspended || is_suspended(r, identity_of(spec, dev));
		if (c->reason != MR_REASON_OK && c->reason != MR_REASON_NOT_FOUND)
			continue;
		c->reason = MR_REASON_OK;
		c->detail = "";
		set_reason(r, c);
	}
}

/* Whether the profile before has the same claims but for what follows from its host: it is made
 * by the same template, and nothing of it stands in a table of its own. */
static bool is_as_last(const struct fm_resolving *r, const struct fm_doc_profile *spec,
		       const struct fm_profile *p)
{
	if (r->last_spec != spec || r->last.suspended != p->suspended)
		return false;
	for (unsigned i = 0; i < r->last.claims; i++) {
		const struct fm_claim *c = &r->d->claim[r->last.first_claim + i];

		if (c->pair || c->nss || c->reason != MR_REASON_OK)
			return false;
	}
	for (unsigned i = 0; i < spec->devices.n; i++) {
		const struct fm_doc *port = fm_docs_find(r->docs, FM_KIND_PORT_PROFILE,
							 spec->devices.item[i].port_profile.s);

		if (port && port->spec.port_profile.mirror_to.s)
			return false;
	}
	return true;
}

static void copy_last(struct fm_resolving *r, struct fm_profile *p)
{
	struct fm_desired *d = r->d;

	for (unsigned i = 0; i < r->last.claims; i++) {
		struct fm_claim *c = &d->claim[d->claims++];

		*c = d->claim[r->last.first_claim + i];
		c->profile = p->name;
		c->host = p->host;
		set_reason(r, c);
	}
	p->claims = r->last.claims;
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
		[FM_DOC_TOPO_NUMA] = FM_TOPO_NUMA,
	};
	static const enum fm_rule_type types[FM_DOC_PLACE_COUNT] = {
		[FM_DOC_PLACE_SPREAD] = FM_RULE_SPREAD,
		[FM_DOC_PLACE_PACK] = FM_RULE_PACK,
		[FM_DOC_PLACE_AFFINITY] = FM_RULE_AFFINITY,
		[FM_DOC_PLACE_ANTI_AFFINITY] = FM_RULE_ANTI_AFFINITY,
	};
	struct fm_rule *out = &d->rule[d->rules++];

	out->type = types[rule->type.v];
	out->max_skew = (uint32_t)rule->max_skew.v;
	out->topology = topologies[rule->topology.v];
	out->required = rule->required.v;
	out->claim = mr_xcalloc(p->claims + 1, sizeof(out->claim[0]));
	for (uint32_t i = p->first_claim; i < p->first_claim + p->claims; i++) {
		if (rule_is_about(rule, d->claim[i].device))
			out->claim[out->claims++] = i;
	}
}

static uint32_t claim_of(const struct fm_desired *d, const struct fm_profile *p,
			 const char *device)
{
	uint32_t i = p->first_claim;

	while (i < p->first_claim + p->claims && strcmp(d->claim[i].device, device))
		i++;
	return i;
}

/* One pair for each secondary. */
static void add_pairs(struct fm_desired *d, const struct fm_doc_profile *spec,
		      const struct fm_profile *p)
{
	for (unsigned i = 0; i < spec->devices.n; i++) {
		const struct fm_doc_device *dev = &spec->devices.item[i];
		struct fm_pair *pair = &d->pair[d->pairs];

		if (!dev->ha.at.line || dev->ha.role.v != FM_DOC_HA_SECONDARY)
			continue;
		pair->secondary = claim_of(d, p, dev->name.s);
		pair->primary = claim_of(d, p, dev->ha.with.s);
		if (pair->primary == d->claims)
			continue;
		d->pairs++;
		pair->auto_switchover = dev->ha.auto_switchover.v ||
					identity_of(spec, dev)->ha.auto_switchover.v;
		d->claim[pair->primary].pair = d->claim[pair->secondary].pair = d->pairs;
	}
}

/* A whole device has no gate: nothing would prove that only one of a pair is in use (I4). A
 * pool that has others beside gives those (fm_fit_able). */
static void check_gates(struct fm_resolving *r, const struct fm_doc *doc,
			const struct fm_doc_device *dev, unsigned i)
{
	unsigned at = fm_pool_index(r->d, dev->pool.s, fm_class_of(dev->class.v));
	const struct fm_pool *pool = at < r->d->pools ? &r->d->pool[at] : NULL;
	char path[64];

	if (!dev->ha.at.line || !pool || !pool->parts)
		return;
	for (unsigned k = 0; k < pool->parts; k++)
		if (pool->part[k].pf != FM_WHOLE)
			return;
	mr_fmt(path, sizeof(path), "spec.devices[%u].ha", i);
	FM_FIND(r, MR_SEV_ERROR, doc, dev->ha.at, path,
		"'%s' cannot be of an `ha` pair: pool '%s' has whole devices only, and these "
		"have "
		"no gate that could be closed; expected a pool of adapters with virtual "
		"functions",
		dev->name.s, dev->pool.s);
}

/* All of the profile's claims, rules and pairs; see resolving.h. */
void fm_resolve_claims(struct fm_resolving *r, const struct fm_doc *doc,
		       const struct fm_doc_profile *spec, struct fm_profile *p)
{
	if (is_as_last(r, spec, p))
		copy_last(r, p);
	else
		add_devices(r, spec, p);
	r->last_spec = spec;
	r->last = *p;
	for (unsigned i = 0; i < spec->placement.n; i++)
		add_rule(r->d, &spec->placement.item[i], p);
	add_pairs(r->d, spec, p);
	for (unsigned i = 0; i < spec->devices.n; i++)
		check_gates(r, doc, &spec->devices.item[i], i);
}
