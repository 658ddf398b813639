// SPDX-License-Identifier: Apache-2.0
/*
 * The resolver's entry, the policy-wide values, and identity pools. Hosts and groups, adapter
 * pools, profiles stand in files of their own.
 */
#include "fabric-manager/policy/resolve.h"

#include <string.h>

#include "common/map.h"
#include "common/str.h"
#include "common/xalloc.h"
#include "fabric-manager/policy/resolving.h"

/* The inventory's word for a class of the documents; OTHER when none was written. */
enum mr_class fm_class_of(int64_t doc_class)
{
	int c = doc_class < 0 ? -1 : mr_class_parse(fm_doc_class_name(doc_class));

	return c < 0 ? MR_CLASS_OTHER : (enum mr_class)c;
}

/* Index of the identity pool 'name'; there is one, since the documents were checked. */
unsigned fm_ident_pool_index(const struct fm_desired *d, const char *name)
{
	unsigned i = 0;

	while (i < d->ident_pools && strcmp(d->ident_pool[i].name, name))
		i++;
	return i;
}

/* Whether the document 'kind' 'name' says `suspend: true`; false when there is none. */
bool fm_doc_suspended(const struct fm_resolving *r, enum fm_kind kind, const char *name)
{
	const struct fm_doc *d = NULL;

	if (name && r->suspends >> kind & 1)
		d = fm_docs_find(r->docs, kind, name);
	return d && d->spec.host.suspend.v; /* every kind begins with it */
}

static void add_range(struct fm_ident_pool *p, const struct fm_doc_ident_range *range)
{
	struct mr_ident first, last;

	if (mr_ident_parse(p->type, range->start.s, &first, NULL) ||
	    mr_ident_parse(p->type, range->end.s, &last, NULL))
		return;
	p->range[p->ranges++] = (struct fm_ident_range){first.lo, last.lo};
}

/* Identity pools by name, but those that only say what may be written (uuid, vlan); ranges
 * stay in the order of the document, the lowest free value is
 * the planner's. */
static void ident_pools(struct fm_resolving *r)
{
	struct fm_desired *d = r->d;

	d->ident_pool = mr_xcalloc(r->docs->n + 1, sizeof(d->ident_pool[0]));
	for (unsigned i = 0; i < r->docs->n; i++) {
		const struct fm_doc *doc = r->docs->doc[i];
		const struct fm_doc_identity_pool *s = &doc->spec.identity_pool;
		struct fm_ident_pool *p = &d->ident_pool[d->ident_pools];

		if (doc->kind != FM_KIND_IDENTITY_POOL || s->type.v >= FM_DOC_IDENTS)
			continue;
		d->ident_pools++;
		mr_copy(p->name, sizeof(p->name), doc->meta.name.s);
		p->type = (enum mr_ident_type)s->type.v;
		p->reuse_after_ns = s->reuse_after.v;
		p->range = mr_xcalloc(s->ranges.n + 1, sizeof(p->range[0]));
		for (unsigned j = 0; j < s->ranges.n; j++)
			add_range(p, &s->ranges.item[j]);
	}
}

static void resolve_drift(struct fm_drift_policy *d, const struct fm_doc_fabric_drift *f)
{
	static const enum fm_drift_action actions[FM_DOC_DRIFT_COUNT] = {
		[FM_DOC_DRIFT_REPORT] = FM_DRIFT_REPORT,
		[FM_DOC_DRIFT_CORRECT] = FM_DRIFT_CORRECT,
		[FM_DOC_DRIFT_IGNORE] = FM_DRIFT_IGNORE,
	};

	d->action = actions[f->action.v];
	d->interval_ns = f->interval.v;
	for (unsigned i = 0; i < f->ignore.n; i++)
		if (fm_drift_parse(f->ignore.item[i].s) >= 0)
			d->ignore |= 1u << fm_drift_parse(f->ignore.item[i].s);
}

/* FabricPolicy, or what holds without one. */
static void resolve_fabric(struct fm_resolving *r)
{
	struct fm_doc *none = fm_doc_new(FM_KIND_FABRIC_POLICY);
	const struct fm_doc *doc = fm_docs_find(r->docs, FM_KIND_FABRIC_POLICY, "default");
	const struct fm_doc_fabric *f = doc ? &doc->spec.fabric : &none->spec.fabric;

	fm_resolve_update(r, &f->update);
	resolve_drift(&r->d->drift, &f->drift);
	r->d->unknown_ignore = f->unknown_hosts.v == FM_DOC_UNKNOWN_IGNORE;
	fm_doc_unref(none);
}

/* What is asked of the documents again and again. */
void fm_resolve_look(struct fm_resolving *r)
{
	for (unsigned i = 0; i < r->docs->n; i++) {
		const struct fm_doc *doc = r->docs->doc[i];

		if (doc->spec.host.suspend.v)
			r->suspends |= 1u << doc->kind;
		if (doc->kind < FM_KIND_ADAPTER)
			r->adapter_docs = i + 1;
		if (doc->kind <= FM_KIND_ADAPTER)
			r->adapter_end = i + 1;
	}
}

/* Documents + inventory -> desired; see resolve.h. */
struct fm_desired *fm_resolve(const struct fm_resolve_input *in, struct mr_diags *findings)
{
	static const struct fm_inventory nothing;
	struct fm_resolving r = {
		.in = in,
		.docs = in->docs,
		.inv = in->inventory ? in->inventory : &nothing,
		.d = fm_desired_new(),
		.diags = findings,
		.host_of = mr_map_new(),
		.update_of = mr_map_new(),
		.no_port = fm_doc_new(FM_KIND_PORT_PROFILE),
	};

	fm_resolve_look(&r);
	resolve_fabric(&r);
	fm_resolve_hosts(&r);
	fm_resolve_groups(&r);
	ident_pools(&r);
	fm_resolve_adapters(&r);
	fm_resolve_labels(&r);
	fm_resolve_names(&r);
	fm_resolve_pools(&r);
	fm_resolve_priorities(&r);
	fm_resolve_domains(&r);
	fm_resolve_replaced(&r);
	fm_resolve_profiles(&r);
	fm_resolve_mirrors(&r);
	mr_map_free(r.host_of);
	mr_map_free(r.update_of);
	fm_had_done(&r);
	fm_doc_unref(r.no_port);
	return r.d;
}
