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
	struct fm_port_at at;
	unsigned n;	 /* functions */
	uint16_t *owner; /* n entries: index of pool, NOBODY */
	uint32_t reservable,
		oversubscription; /* the smallest of the pools; 0 oversubscription = free */
	bool used;
	const struct fm_doc *first; /* that selects it */
};

static unsigned functions_of(const struct fm_adapter *a)
{
	return a->kind == FM_ADAPTER_BASE ? MAX_WHOLE : a->vfs;
}

static unsigned pfs_of(const struct fm_adapter *a)
{
	return a->kind == FM_ADAPTER_BASE ? 1 : a->pfs;
}

/* The document of a pool. */
static const struct fm_doc *doc_of(const struct fm_resolving *r, unsigned pool)
{
	return fm_docs_find(r->docs, FM_KIND_ADAPTER_POOL, r->d->pool[pool].name);
}

/* 'loser' does not get what its selector takes as well: said of its document, and once of the
 * pool. */
static void find_overlap(struct fm_resolving *r, unsigned loser, unsigned owner,
			 const struct port *p, unsigned vf)
{
	bool base = p->at.adapter->kind == FM_ADAPTER_BASE;
	const struct fm_doc *doc = doc_of(r, loser), *old = doc_of(r, owner);
	const struct fm_at *at = &doc->spec.adapter_pool.selector.at;
	struct fm_pool *pool = &r->d->pool[loser];
	struct mr_buf b = {0};
	struct fm_fn_id id = {(uint16_t)p->at.chassis, p->at.adapter->port,
			      base ? FM_WHOLE : (uint16_t)p->at.pf,
			      base ? FM_WHOLE : (uint16_t)vf};
	char text[FM_FN_TEXT];

	FM_FIND(r, MR_SEV_ERROR, doc, doc->spec.adapter_pool.selector.at,
		"spec.adapterSelector", "overlaps AdapterPool '%s' at %s:%u:%u: both select %s",
		old->meta.name.s, old->file, old->spec.adapter_pool.selector.at.line,
		old->spec.adapter_pool.selector.at.col, fm_fn_text(r->inv, id, text));
	if (pool->conflict)
		return;
	mr_buf_printf(
		&b, "%s is of AdapterPool '%s' (%s:%u:%u), and '%s' (%s:%u:%u) selects it too",
		text, old->meta.name.s, old->file, old->spec.adapter_pool.selector.at.line,
		old->spec.adapter_pool.selector.at.col, doc->meta.name.s, doc->file, at->line,
		at->col);
	pool->conflict = fm_desired_str(r->d, mr_buf_text(&b));
	mr_buf_done(&b);
}

/* Takes the functions first..last for 'pool'. What another pool has as well stays with the one
 * that had it before; each of the two is found once. False when there are none. */
static bool take(struct fm_resolving *r, uint16_t pool, struct port *p, unsigned first,
		 unsigned last)
{
	unsigned found[2] = {NOBODY, NOBODY};

	for (unsigned vf = first; vf <= last && vf < p->n; vf++) {
		uint16_t other = p->owner[vf];
		bool mine = other == NOBODY || fm_had_pool(r, &p->at, vf, other, pool);

		if (mine)
			p->owner[vf] = pool;
		if (other == NOBODY || found[mine] == other)
			continue;
		found[mine] = other;
		find_overlap(r, mine ? other : pool, mine ? pool : other, p, vf);
	}
	return first < p->n;
}

/* Takes what the document's partition and provision say, false when that is nothing; VFs beyond
 * what the adapter has are an error. */
static bool take_all(struct fm_resolving *r, const struct fm_doc *doc, uint16_t pool,
		     struct port *p)
{
	const struct fm_doc_adapter_pool *s = &doc->spec.adapter_pool;
	bool base = p->at.adapter->kind == FM_ADAPTER_BASE, wants = false;
	const char *pos = base ? NULL : s->partition.vfs.s;
	unsigned limit = !base && s->provision.v < p->n ? (unsigned)s->provision.v : p->n;
	unsigned enabled = p->at.adapter->pf[p->at.pf].numvfs;
	unsigned first, last;

	/* somebody else decides the count: what is enabled is all there is */
	if (!base && s->externally_managed.v && enabled < limit)
		limit = enabled;
	if (!pos && limit)
		wants = take(r, pool, p, 0, limit - 1);
	while (fm_vfset_next(&pos, &first, &last)) {
		if (last >= p->n)
			FM_FIND(r, MR_SEV_ERROR, doc, s->partition.vfs.at, "spec.partition.vfs",
				"VF %u does not exist: '%s' has %u VFs per PF, counted from 0",
				last, p->at.adapter->name, p->n);
		if (first < limit)
			wants |= take(r, pool, p, first, last < limit ? last : limit - 1);
	}
	return wants;
}

/* Who writes the VF count of a PF is said once, also while nothing is enabled there. */
static void check_external(struct fm_resolving *r, const struct fm_doc *doc, struct port *p)
{
	const struct fm_num *x = &doc->spec.adapter_pool.externally_managed;
	const struct fm_doc *old = p->first;

	if (!old)
		p->first = doc;
	else if (old->spec.adapter_pool.externally_managed.v != x->v)
		FM_FIND(r, MR_SEV_ERROR, doc, x->at.line ? x->at : doc->spec.adapter_pool.at,
			"spec.externallyManaged",
			"differs from AdapterPool '%s' at %s:%u:%u, which selects '%s' as well",
			old->meta.name.s, old->file, old->meta.name.at.line,
			old->meta.name.at.col, p->at.adapter->name);
}

static void check_provision(struct fm_resolving *r, const struct fm_doc *doc, uint16_t pool,
			    const struct port *p)
{
	const struct fm_num *n = &doc->spec.adapter_pool.provision;

	if (p->at.adapter->kind != FM_ADAPTER_BASE && n->v != FM_UNLIMITED && n->v > p->n)
		FM_FIND(r, MR_SEV_ERROR, doc, n->at, "spec.provision",
			"%lld VFs per PF are asked of '%s', which has %u", (long long)n->v,
			p->at.adapter->name, p->n);
	for (unsigned v = 0; v < p->n; v++) {
		const struct fm_doc *old;

		if (p->owner[v] == NOBODY || p->owner[v] == pool)
			continue;
		old = doc_of(r, p->owner[v]);
		if (old->spec.adapter_pool.provision.v == n->v)
			continue;
		FM_FIND(r, MR_SEV_ERROR, doc, n->at.line ? n->at : doc->spec.adapter_pool.at,
			"spec.provision",
			"differs from AdapterPool '%s' at %s:%u:%u, which has functions of "
			"'%s' as well",
			old->meta.name.s, old->file, old->meta.name.at.line,
			old->meta.name.at.col, p->at.adapter->name);
		return;
	}
}

/* What may be promised on a port that several pools share: the smallest of their values. One
 * of which others had all functions before has no say. */
static void share_bandwidth(struct port *p, const struct fm_pool *pool)
{
	if (!p->used || pool->reservable_permille < p->reservable)
		p->reservable = pool->reservable_permille;
	if (pool->oversubscription_permille &&
	    (!p->oversubscription || pool->oversubscription_permille < p->oversubscription))
		p->oversubscription = pool->oversubscription_permille;
	p->used = true;
}

/* Whether the pool keeps the adapter for what a failed one had; a selector that takes it as
 * well does not matter then. */
static bool is_spare(const struct fm_resolving *r, const struct fm_doc *doc,
		     const struct port *p)
{
	const struct fm_texts *l = &doc->spec.adapter_pool.spares;

	for (unsigned i = 0; i < l->n; i++) {
		if (fm_adapter_is(r, l->item[i].s, p->at.chassis, p->at.adapter))
			return true;
	}
	return false;
}

static void add_part(struct fm_pool *pool, const struct port *p, unsigned first, unsigned last,
		     bool spare)
{
	bool base = p->at.adapter->kind == FM_ADAPTER_BASE;

	pool->part = mr_xrealloc(pool->part, pool->parts + 1, sizeof(pool->part[0]));
	pool->part[pool->parts++] = (struct fm_pool_part){
		.chassis = (uint16_t)p->at.chassis,
		.port = p->at.adapter->port,
		.pf = base ? FM_WHOLE : (uint16_t)p->at.pf,
		.vf_first = base ? FM_WHOLE : (uint16_t)first,
		.vf_last = base ? FM_WHOLE : (uint16_t)last,
		.spare = spare,
	};
}

/* Runs of functions with one owner become parts. */
static void add_parts(struct fm_resolving *r, const struct port *p)
{
	unsigned first = 0;

	while (first < p->n) {
		unsigned last = first;

		while (last + 1 < p->n && p->owner[last + 1] == p->owner[first])
			last++;
		if (p->owner[first] != NOBODY)
			add_part(&r->d->pool[p->owner[first]], p, first, last,
				 is_spare(r, doc_of(r, p->owner[first]), p));
		first = last + 1;
	}
}

/* The edge of an earlier PF on the same network port, which then is this one's as well, or
 * NULL. */
static struct fm_edge *shared_edge(struct fm_desired *d, const struct port *p)
{
	const struct fm_adapter *a = p->at.adapter;

	for (unsigned i = d->edges; i-- > 0 && a->pf[p->at.pf].net_port;) {
		struct fm_edge *e = &d->edge[i];

		if (e->chassis != p->at.chassis || e->port != a->port)
			return NULL;
		if (e->pf < MR_MAX_PFS && a->pf[e->pf].net_port == a->pf[p->at.pf].net_port)
			return e;
	}
	return NULL;
}

/* The port's capacity for what the pools promise; the smallest values where PFs share it. */
static void add_edge(struct fm_desired *d, const struct port *p, unsigned *cap)
{
	uint64_t net = p->at.adapter->pf[p->at.pf].net_mbps;
	uint64_t guaranteed = net * p->reservable / 1000;
	uint64_t limit = p->oversubscription ? net * p->oversubscription / 1000 : UINT64_MAX;
	struct fm_edge *e = shared_edge(d, p);

	if (!p->used || !net)
		return;
	if (e) {
		e->pfs |= (uint8_t)(1u << p->at.pf);
		e->guaranteed_max_mbps = guaranteed < e->guaranteed_max_mbps
						 ? guaranteed
						 : e->guaranteed_max_mbps;
		e->limit_max_mbps = limit < e->limit_max_mbps ? limit : e->limit_max_mbps;
		return;
	}
	MR_GROW(d->edge, d->edges, *cap);
	d->edge[d->edges++] = (struct fm_edge){
		.chassis = (uint16_t)p->at.chassis,
		.port = p->at.adapter->port,
		.pf = p->at.adapter->kind == FM_ADAPTER_BASE ? FM_WHOLE : (uint16_t)p->at.pf,
		.net_mbps = net,
		.guaranteed_max_mbps = guaranteed,
		.limit_max_mbps = limit,
	};
}

/* Shares one port out among the pools, in the order of their names. */
static void share_port(struct fm_resolving *r, struct port *p, unsigned *cap_edges)
{
	p->owner = mr_xmalloc((p->n + 1) * sizeof(p->owner[0]));
	memset(p->owner, 0xff, p->n * sizeof(p->owner[0]));
	for (unsigned i = 0; i < r->d->pools; i++) {
		const struct fm_pool *pool = &r->d->pool[i];
		const struct fm_doc *doc;
		bool spare;

		if (pool->device_class != p->at.adapter->device_class)
			continue;
		doc = doc_of(r, i);
		spare = is_spare(r, doc, p);
		if (!spare && !fm_port_selected(r, &doc->spec.adapter_pool.selector, &p->at))
			continue;
		if (!take_all(r, doc, (uint16_t)i, p))
			share_bandwidth(p, pool);
		check_external(r, doc, p);
		check_provision(r, doc, (uint16_t)i, p);
	}
	for (unsigned vf = 0; vf < p->n; vf++)
		if (p->owner[vf] != NOBODY && (!vf || p->owner[vf] != p->owner[vf - 1]))
			share_bandwidth(p, &r->d->pool[p->owner[vf]]);
	add_parts(r, p);
	add_edge(r->d, p, cap_edges);
	free(p->owner);
}

static void share_adapter(struct fm_resolving *r, unsigned chassis, const struct fm_adapter *a,
			  unsigned *cap_edges)
{
	for (unsigned pf = 0; a->present && pf < pfs_of(a) && pf < MR_MAX_PFS; pf++) {
		struct port p = {.at = {.chassis = chassis, .adapter = a, .pf = pf},
				 .n = functions_of(a)};

		share_port(r, &p, cap_edges);
	}
}

static uint8_t require_of(const struct fm_doc_pool_require *q)
{
	return (uint8_t)((q->iommu.v ? 1u << FM_REQUIRE_IOMMU : 0) |
			 (q->interrupt_remapping.v ? 1u << FM_REQUIRE_INTERRUPT_REMAPPING : 0) |
			 (q->acs.v ? 1u << FM_REQUIRE_ACS : 0));
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
		.external = s->externally_managed.v,
		.require = require_of(&s->require),
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
	struct mr_map *classes = NULL; /* when somebody asks */
	uint64_t there = classes_of_adapters(r->inv);
	unsigned cap = 0;

	for (unsigned i = 0; i < r->docs->n; i++) {
		const struct fm_doc *doc = r->docs->doc[i];
		uint64_t bits = there;

		if (doc->kind != FM_KIND_ADAPTER_POOL)
			continue;
		if (doc->spec.adapter_pool.selector.class.v >= 0) {
			bits = UINT64_C(1)
			       << fm_class_of(doc->spec.adapter_pool.selector.class.v);
		} else {
			if (!classes)
				classes = classes_of_devices(r->docs);
			mr_map_get(classes, doc->meta.name.s, &bits);
		}
		for (unsigned c = 0; c < MR_CLASS_COUNT; c++) {
			if (bits >> c & 1)
				add_pool(r->d, doc, (enum mr_class)c, &cap);
		}
	}
	mr_map_free(classes);
}

static void keep_away(struct fm_pool *p, const struct fm_pool_part *part, unsigned n,
		      const bool *here, unsigned chassis)
{
	unsigned cap = p->aways;

	for (unsigned i = 0; i < n; i++) {
		if (part[i].chassis >= chassis ||
		    here[part[i].chassis * (MR_MAX_PORTS + 1) + part[i].port])
			continue;
		MR_GROW(p->away, p->aways, cap);
		p->away[p->aways++] = part[i];
	}
}

/* What pools had of adapters that were pulled is still theirs when these come back. */
static void keep_aways(struct fm_resolving *r)
{
	const struct fm_desired *was = r->in->before;
	unsigned n = r->inv->n;
	bool *here = mr_xcalloc(n + 1, (MR_MAX_PORTS + 1) * sizeof(*here));

	for (unsigned c = 0; c < n; c++)
		for (unsigned i = 0; i < r->inv->chassis[c].adapters; i++) {
			const struct fm_adapter *a = &r->inv->chassis[c].adapter[i];

			here[c * (MR_MAX_PORTS + 1) + a->port] = a->present;
		}
	for (unsigned i = 0; was && i < was->pools; i++) {
		const struct fm_pool *old = &was->pool[i];
		uint16_t to = fm_pool_index(r->d, old->name, old->device_class);

		if (to == FM_WHOLE)
			continue;
		keep_away(&r->d->pool[to], old->part, old->parts, here, n);
		keep_away(&r->d->pool[to], old->away, old->aways, here, n);
	}
	free(here);
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
	keep_aways(r);
	for (unsigned i = 0; i < r->d->pools; i++) {
		const struct fm_doc *doc = doc_of(r, i);

		if (!r->d->pool[i].parts && doc->spec.adapter_pool.selector.class.v >= 0 &&
		    fm_all_read(r))
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
