// SPDX-License-Identifier: Apache-2.0
/*
 * Adapter pools: which functions of which adapters each of them holds, and what may be promised
 * on the ports. A pool whose selector names no class is one pool for each class that its
 * adapters or devices have.
 */
#include <stdlib.h>
#include <string.h>

#include "common/map.h"
#include "common/str.h"
#include "common/xalloc.h"
#include "fabric-manager/policy/resolving.h"
#include "fabric-manager/policy/select.h"

#define NOBODY	  0xffff
#define MAX_WHOLE 1 /* functions of a `base` device */

/* A port (PF) of an adapter, while pools share it out. */
struct port {
	unsigned chassis;
	const struct fm_adapter *adapter;
	unsigned pf;
	unsigned n;	 /* functions */
	uint16_t *owner; /* n entries: index of pool, NOBODY */
	uint32_t reservable,
		oversubscription; /* the smallest of the pools; 0 oversubscription = free */
	bool used;
};

static unsigned functions_of(const struct fm_adapter *a)
{
	return a->kind == FM_ADAPTER_BASE ? MAX_WHOLE : a->vfs;
}

static unsigned pfs_of(const struct fm_adapter *a)
{
	return a->kind == FM_ADAPTER_BASE ? 1 : a->pfs;
}

/* The document about an adapter: by slot, serial number, or, where it has neither, by name. */
static bool doc_is_about(const struct fm_doc *doc, const struct fm_chassis *c,
			 const struct fm_adapter *a)
{
	const struct fm_doc_adapter *s = &doc->spec.adapter;
	char slot[8];

	mr_fmt(slot, sizeof(slot), "%u", a->slot);
	if (s->chassis.s && strcmp(s->chassis.s, c->name))
		return false;
	if (!s->slot.s && !s->serial.s)
		return !strcmp(doc->meta.name.s, a->name);
	return (!s->slot.s || !strcmp(s->slot.s, slot)) &&
	       (!s->serial.s || !strcmp(s->serial.s, a->serial));
}

/* Whether a document about the port's adapter gives it, or the port, that label. */
static bool has_label(const struct fm_doc *doc, const struct port *p,
		      const struct fm_labels *want)
{
	struct fm_label_set set = {
		.labels = &doc->meta.labels, .chassis = "", .slot = "", .class_ = ""};

	if (fm_labels_match(want, &set) == FM_MATCH_YES)
		return true;
	for (unsigned i = 0; i < doc->spec.adapter.ports.n; i++) {
		const struct fm_doc_adapter_port *port = &doc->spec.adapter.ports.item[i];

		set.labels = &port->labels;
		if (port->index.v == (int64_t)p->pf &&
		    fm_labels_match(want, &set) == FM_MATCH_YES)
			return true;
	}
	return false;
}

/* Whether the port has the one label of 'want': built in, or by a document about its
 * adapter. */
static bool label_holds(const struct fm_resolving *r, const struct fm_labels *want,
			const struct port *p)
{
	const struct fm_chassis *c = &r->inv->chassis[p->chassis];
	char slot[8];
	struct fm_label_set own = {.chassis = c->name,
				   .slot = slot,
				   .class_ = mr_class_name(p->adapter->device_class)};

	mr_fmt(slot, sizeof(slot), "%u", p->adapter->slot);
	if (fm_labels_match(want, &own) == FM_MATCH_YES)
		return true;
	for (unsigned i = 0; i < r->docs->n && r->docs->doc[i]->kind <= FM_KIND_ADAPTER; i++) {
		const struct fm_doc *doc = r->docs->doc[i];

		if (doc->kind == FM_KIND_ADAPTER && doc_is_about(doc, c, p->adapter) &&
		    has_label(doc, p, want))
			return true;
	}
	return false;
}

static bool labels_match(const struct fm_resolving *r, const struct fm_labels *want,
			 const struct port *p)
{
	for (unsigned i = 0; i < want->n; i++) {
		struct fm_labels one = {.n = 1, .item = &want->item[i]};

		if (!label_holds(r, &one, p))
			return false;
	}
	return true;
}

static bool hex_is(const struct fm_text *t, uint16_t v)
{
	char text[8];

	mr_fmt(text, sizeof(text), "%04x", v);
	return !t->s || !strcmp(t->s, text);
}

/* Whether the pool's selector takes this port. Cheap keys first. */
static bool selects(const struct fm_resolving *r, const struct fm_doc_adapter_selector *s,
		    const struct port *p)
{
	const struct fm_adapter *a = p->adapter;
	char slot[8];

	if (fm_adapter_selector_empty(s) ||
	    (s->class.v >= 0 && fm_class_of(s->class.v) != a->device_class) ||
	    !hex_is(&s->vendor, a->vendor) || !hex_is(&s->device, a->device))
		return false;
	if (s->ports.n && !fm_nums_have(&s->ports, p->pf))
		return false;
	if (s->min_link_speed.v &&
	    a->pf[p->pf].net_mbps * 1000000 < (uint64_t)s->min_link_speed.v)
		return false;
	mr_fmt(slot, sizeof(slot), "%u", a->slot);
	return (!s->chassis.n ||
		fm_texts_have(&s->chassis, r->inv->chassis[p->chassis].name)) &&
	       (!s->slots.n || fm_texts_have(&s->slots, slot)) &&
	       (!s->serials.n || fm_texts_have(&s->serials, a->serial)) &&
	       labels_match(r, &s->match_labels, p);
}

/* The document of a pool. */
static const struct fm_doc *doc_of(const struct fm_resolving *r, unsigned pool)
{
	return fm_docs_find(r->docs, FM_KIND_ADAPTER_POOL, r->d->pool[pool].name);
}

static void find_overlap(struct fm_resolving *r, const struct fm_doc *doc, const struct port *p,
			 unsigned vf)
{
	bool base = p->adapter->kind == FM_ADAPTER_BASE;
	const struct fm_doc *old = doc_of(r, p->owner[vf]);
	struct fm_fn_id id = {(uint16_t)p->chassis, p->adapter->port,
			      base ? FM_WHOLE : (uint16_t)p->pf,
			      base ? FM_WHOLE : (uint16_t)vf};
	char text[FM_FN_TEXT];

	FM_FIND(r, MR_SEV_ERROR, doc, doc->spec.adapter_pool.selector.at,
		"spec.adapterSelector", "overlaps AdapterPool '%s' at %s:%u:%u: both select %s",
		old->meta.name.s, old->file, old->spec.adapter_pool.selector.at.line,
		old->spec.adapter_pool.selector.at.col, fm_fn_text(r->inv, id, text));
}

/* Takes the functions first..last for 'pool'; what another pool has already stays there, and is
 * found once. */
static void take(struct fm_resolving *r, const struct fm_doc *doc, uint16_t pool,
		 struct port *p, unsigned first, unsigned last)
{
	bool found = false;

	for (unsigned vf = first; vf <= last && vf < p->n; vf++) {
		if (p->owner[vf] == NOBODY) {
			p->owner[vf] = pool;
		} else if (!found) {
			find_overlap(r, doc, p, vf);
			found = true;
		}
	}
}

/* Takes what the document's partition and provision say; VFs beyond what the adapter has are an
 * error. */
static void take_all(struct fm_resolving *r, const struct fm_doc *doc, uint16_t pool,
		     struct port *p)
{
	const struct fm_doc_adapter_pool *s = &doc->spec.adapter_pool;
	bool base = p->adapter->kind == FM_ADAPTER_BASE;
	const char *pos = base ? NULL : s->partition.vfs.s;
	unsigned limit = !base && s->provision.v < p->n ? (unsigned)s->provision.v : p->n;
	unsigned first, last;

	if (!pos && limit)
		take(r, doc, pool, p, 0, limit - 1);
	while (fm_vfset_next(&pos, &first, &last)) {
		if (last >= p->n)
			FM_FIND(r, MR_SEV_ERROR, doc, s->partition.vfs.at, "spec.partition.vfs",
				"VF %u does not exist: '%s' has %u VFs per PF, counted from 0",
				last, p->adapter->name, p->n);
		if (first < limit)
			take(r, doc, pool, p, first, last < limit ? last : limit - 1);
	}
}

static void check_provision(struct fm_resolving *r, const struct fm_doc *doc, uint16_t pool,
			    const struct port *p)
{
	const struct fm_num *n = &doc->spec.adapter_pool.provision;

	if (p->adapter->kind != FM_ADAPTER_BASE && n->v != FM_UNLIMITED && n->v > p->n)
		FM_FIND(r, MR_SEV_ERROR, doc, n->at, "spec.provision",
			"%lld VFs per PF are asked of '%s', which has %u", (long long)n->v,
			p->adapter->name, p->n);
	for (unsigned v = 0; v < p->n; v++) {
		const struct fm_doc *old;

		if (p->owner[v] == NOBODY || p->owner[v] == pool)
			continue;
		old = doc_of(r, p->owner[v]);
		if (old->spec.adapter_pool.provision.v == n->v)
			continue;
		FM_FIND(r, MR_SEV_ERROR, doc, n->at.line ? n->at : doc->spec.adapter_pool.at,
			"spec.provision",
			"differs from AdapterPool '%s' (%s:%u), which has functions of '%s' as "
			"well",
			old->meta.name.s, old->file, old->meta.name.at.line, p->adapter->name);
		return;
	}
}

/* What may be promised on a port that several pools share: the smallest of their values. */
static void share_bandwidth(struct port *p, const struct fm_pool *pool)
{
	if (!p->used || pool->reservable_permille < p->reservable)
		p->reservable = pool->reservable_permille;
	if (pool->oversubscription_permille &&
	    (!p->oversubscription || pool->oversubscription_permille < p->oversubscription))
		p->oversubscription = pool->oversubscription_permille;
	p->used = true;
}

static void add_part(struct fm_pool *pool, const struct port *p, unsigned first, unsigned last)
{
	bool base = p->adapter->kind == FM_ADAPTER_BASE;

	pool->part = mr_xrealloc(pool->part, pool->parts + 1, sizeof(pool->part[0]));
	pool->part[pool->parts++] = (struct fm_pool_part){
		.chassis = (uint16_t)p->chassis,
		.port = p->adapter->port,
		.pf = base ? FM_WHOLE : (uint16_t)p->pf,
		.vf_first = base ? FM_WHOLE : (uint16_t)first,
		.vf_last = base ? FM_WHOLE : (uint16_t)last,
	};
}

/* Runs of functions with one owner become parts. */
static void add_parts(struct fm_desired *d, const struct port *p)
{
	unsigned first = 0;

	while (first < p->n) {
		unsigned last = first;

		while (last + 1 < p->n && p->owner[last + 1] == p->owner[first])
			last++;
		if (p->owner[first] != NOBODY)
			add_part(&d->pool[p->owner[first]], p, first, last);
		first = last + 1;
	}
}

static void add_edge(struct fm_desired *d, const struct port *p, unsigned *cap)
{
	uint64_t net = p->adapter->pf[p->pf].net_mbps;

	if (!p->used || !net)
		return;
	MR_GROW(d->edge, d->edges, *cap);
	d->edge[d->edges++] = (struct fm_edge){
		.chassis = (uint16_t)p->chassis,
		.port = p->adapter->port,
		.pf = p->adapter->kind == FM_ADAPTER_BASE ? FM_WHOLE : (uint16_t)p->pf,
		.net_mbps = net,
		.guaranteed_max_mbps = net * p->reservable / 1000,
		.limit_max_mbps =
			p->oversubscription ? net * p->oversubscription / 1000 : UINT64_MAX,
	};
}

/* Shares one port out among the pools, in the order of their names. */
static void share_port(struct fm_resolving *r, struct port *p, unsigned *cap_edges)
{
	p->owner = mr_xmalloc((p->n + 1) * sizeof(p->owner[0]));
	memset(p->owner, 0xff, p->n * sizeof(p->owner[0]));
	for (unsigned i = 0; i < r->d->pools; i++) {
		struct fm_pool *pool = &r->d->pool[i];
		const struct fm_doc *doc;

		if (pool->device_class != p->adapter->device_class)
			continue;
		doc = doc_of(r, i);
		if (!selects(r, &doc->spec.adapter_pool.selector, p))
			continue;
		take_all(r, doc, (uint16_t)i, p);
		check_provision(r, doc, (uint16_t)i, p);
		share_bandwidth(p, pool);
	}
	add_parts(r->d, p);
	add_edge(r->d, p, cap_edges);
	free(p->owner);
}

static void share_adapter(struct fm_resolving *r, unsigned chassis, const struct fm_adapter *a,
			  unsigned *cap_edges)
{
	for (unsigned pf = 0; a->present && pf < pfs_of(a) && pf < MR_MAX_PFS; pf++) {
		struct port p = {
			.chassis = chassis, .adapter = a, .pf = pf, .n = functions_of(a)};

		share_port(r, &p, cap_edges);
	}
}

static void add_pool(struct fm_desired *d, const struct fm_doc *doc, enum mr_class class_,
		     unsigned *cap)
{
	const struct fm_doc_adapter_pool *s = &doc->spec.adapter_pool;
	struct fm_pool *p;

	if (d->pools == NOBODY)
		return;
	MR_GROW(d->pool, d->pools, *cap);
	p = &d->pool[d->pools++];
	*p = (struct fm_pool){
		.device_class = class_,
		.exclusive = s->share.v == FM_DOC_SHARE_EXCLUSIVE,
		.provision = s->provision.v == FM_UNLIMITED ? 0 : (uint32_t)s->provision.v,
		.reservable_permille = (uint32_t)(10 * s->bandwidth.reservable.v),
		.oversubscription_permille = (uint32_t)s->bandwidth.oversubscription.v,
	};
	mr_copy(p->name, sizeof(p->name), doc->meta.name.s);
}

static void note_devices(struct mr_map *classes, const struct fm_doc_profile *p)
{
	for (unsigned i = 0; i < p->devices.n; i++) {
		const struct fm_doc_device *dev = &p->devices.item[i];
		uint64_t v = 0;

		mr_map_get(classes, dev->pool.s, &v);
		mr_map_set(classes, dev->pool.s, v | UINT64_C(1) << fm_class_of(dev->class.v));
	}
}

/* Pool name -> bits of the classes of the devices that use it. */
static struct mr_map *classes_of_devices(const struct fm_docs *docs)
{
	struct mr_map *classes = mr_map_new();

	for (unsigned i = 0; i < docs->n; i++) {
		if (docs->doc[i]->kind == FM_KIND_SERVER_PROFILE)
			note_devices(classes, &docs->doc[i]->spec.profile);
		else if (docs->doc[i]->kind == FM_KIND_PROFILE_TEMPLATE)
			note_devices(classes, &docs->doc[i]->spec.template.template);
	}
	return classes;
}

/* Bits of the classes of all adapters. */
static uint64_t classes_of_adapters(const struct fm_inventory *inv)
{
	uint64_t bits = 0;

	for (unsigned c = 0; c < inv->n; c++) {
		for (unsigned i = 0; i < inv->chassis[c].adapters; i++)
			bits |= UINT64_C(1) << inv->chassis[c].adapter[i].device_class;
	}
	return bits ? bits : UINT64_C(1) << MR_CLASS_OTHER;
}

/* The pools by name, and a pool without a class by the classes of its devices (of the adapters
 * if nobody uses it). */
static void make_pools(struct fm_resolving *r)
{
	struct mr_map *classes = classes_of_devices(r->docs);
	uint64_t there = classes_of_adapters(r->inv);
	unsigned cap = 0;

	for (unsigned i = 0; i < r->docs->n; i++) {
		const struct fm_doc *doc = r->docs->doc[i];
		uint64_t bits = there;

		if (doc->kind != FM_KIND_ADAPTER_POOL)
			continue;
		mr_map_get(classes, doc->meta.name.s, &bits);
		if (doc->spec.adapter_pool.selector.class.v >= 0)
			bits = UINT64_C(1)
			       << fm_class_of(doc->spec.adapter_pool.selector.class.v);
		for (unsigned c = 0; c < MR_CLASS_COUNT; c++) {
			if (bits >> c & 1)
				add_pool(r->d, doc, (enum mr_class)c, &cap);
		}
	}
	mr_map_free(classes);
}

/* All pools with their parts, and the edges of the ports that they use. */
void fm_resolve_pools(struct fm_resolving *r)
{
	unsigned cap_edges = 0;

	make_pools(r);
	for (unsigned c = 0; c < r->inv->n; c++) {
		for (unsigned i = 0; i < r->inv->chassis[c].adapters; i++)
			share_adapter(r, c, &r->inv->chassis[c].adapter[i], &cap_edges);
	}
	for (unsigned i = 0; i < r->d->pools; i++) {
		const struct fm_doc *doc = doc_of(r, i);

		if (!r->d->pool[i].parts && doc->spec.adapter_pool.selector.class.v >= 0 &&
		    r->inv->n)
			FM_FIND(r, MR_SEV_WARNING, doc, doc->spec.adapter_pool.selector.at,
				"spec.adapterSelector",
				"no adapter that is there has functions for this pool");
	}
}

/* Index of the pool 'name' for devices of 'class_'; FM_WHOLE when there is none. */
uint16_t fm_pool_index(const struct fm_desired *d, const char *name, enum mr_class class_)
{
	for (unsigned i = 0; i < d->pools; i++) {
		if (d->pool[i].device_class == class_ && !strcmp(d->pool[i].name, name))
			return (uint16_t)i;
	}
	return FM_WHOLE;
}
