// SPDX-License-Identifier: Apache-2.0
/*
 * Priority classes and domains, by name. A domain becomes bits over hosts and pools and a list
 * of adapters; a sort of thing that it does not list draws no border.
 */
#include <stdlib.h>
#include <string.h>

#include "common/map.h"
#include "common/str.h"
#include "common/xalloc.h"
#include "fabric-manager/policy/resolving.h"
#include "fabric-manager/policy/select.h"

/* All priority classes. */
void fm_resolve_priorities(struct fm_resolving *r)
{
	struct fm_desired *d = r->d;

	d->prio = mr_xcalloc(r->docs->n + 1, sizeof(d->prio[0]));
	for (unsigned i = 0; i < r->docs->n && d->prios < FM_WHOLE; i++) {
		const struct fm_doc_priority *s = &r->docs->doc[i]->spec.priority;
		struct fm_priority *p = &d->prio[d->prios];

		if (r->docs->doc[i]->kind != FM_KIND_PRIORITY_CLASS)
			continue;
		d->prios++;
		mr_copy(p->name, sizeof(p->name), r->docs->doc[i]->meta.name.s);
		p->value = (uint32_t)s->value.v;
		p->preempts = s->preemption.v == FM_DOC_PREEMPT_LOWER;
		p->reclaim = s->reclaim.v;
		p->grace_ns = s->grace.v;
	}
}

/* 1 + index of the class; 0 = none. */
uint16_t fm_class_index(const struct fm_desired *d, const char *name)
{
	for (unsigned i = 0; name && i < d->prios; i++) {
		if (!strcmp(d->prio[i].name, name))
			return (uint16_t)(i + 1);
	}
	return 0;
}

static uint64_t *bits(unsigned n)
{
	return mr_xcalloc(n / 64 + 1, sizeof(uint64_t));
}

static void set_bit(uint64_t *b, unsigned i)
{
	b[i / 64] |= UINT64_C(1) << (i % 64);
}

static void set_hosts(struct fm_resolving *r, const struct fm_texts *l, struct fm_domain *out)
{
	if (!l->n)
		return;
	out->host = bits(r->d->hosts);
	for (unsigned i = 0; i < l->n; i++) {
		uint64_t v;

		if (mr_map_get(r->host_of, l->item[i].s, &v))
			set_bit(out->host, (unsigned)v);
	}
}

/* A pool without a class is several; all of them are meant. */
static void set_pools(struct fm_resolving *r, const struct fm_texts *l, struct fm_domain *out)
{
	if (!l->n)
		return;
	out->pool = bits(r->d->pools);
	for (unsigned i = 0; i < r->d->pools; i++) {
		if (fm_texts_have(l, r->d->pool[i].name))
			set_bit(out->pool, i);
	}
}

static void set_adapters(struct fm_resolving *r, const struct fm_doc *doc,
			 struct fm_domain *out)
{
	const struct fm_texts *l = &doc->spec.domain.adapters;
	unsigned cap = 0;

	if (l->n)
		MR_GROW(out->adapter, out->adapters, cap);
	for (unsigned c = 0; l->n && c < r->inv->n; c++) {
		for (unsigned i = 0; i < r->inv->chassis[c].adapters; i++) {
			const struct fm_adapter *a = &r->inv->chassis[c].adapter[i];
			bool is = false;

			for (unsigned k = 0; k < l->n; k++)
				is |= fm_adapter_is(r, l->item[k].s, c, a);
			if (!is)
				continue;
			MR_GROW(out->adapter, out->adapters, cap);
			out->adapter[out->adapters++] = FM_ADAPTER_KEY(c, a->port);
		}
	}
}

static int key_cmp(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* All domains. */
void fm_resolve_domains(struct fm_resolving *r)
{
	struct fm_desired *d = r->d;

	d->domain = mr_xcalloc(r->docs->n + 1, sizeof(d->domain[0]));
	for (unsigned i = 0; i < r->docs->n && d->domains < FM_WHOLE; i++) {
		const struct fm_doc *doc = r->docs->doc[i];
		struct fm_domain *out = &d->domain[d->domains];

		if (doc->kind != FM_KIND_DOMAIN)
			continue;
		d->domains++;
		mr_copy(out->name, sizeof(out->name), doc->meta.name.s);
		set_hosts(r, &doc->spec.domain.hosts, out);
		set_pools(r, &doc->spec.domain.pools, out);
		set_adapters(r, doc, out);
		if (out->adapters)
			qsort(out->adapter, out->adapters, sizeof(out->adapter[0]), key_cmp);
	}
}

/* 1 + index of the domain; 0 = none. */
uint16_t fm_domain_index(const struct fm_desired *d, const char *name)
{
	for (unsigned i = 0; name && i < d->domains; i++) {
		if (!strcmp(d->domain[i].name, name))
			return (uint16_t)(i + 1);
	}
	return 0;
}
