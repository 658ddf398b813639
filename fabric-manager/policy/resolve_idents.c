// SPDX-License-Identifier: Apache-2.0
/*
 * Identity pools. A value that a document gives to a device literally lies inside a pool's
 * range (the check asks for it), so it is cut out of what the pool has to give: nobody else may
 * get it, in whatever order claims are placed.
 */
#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "common/xalloc.h"
#include "fabric-manager/policy/resolving.h"

/* Index of the identity pool 'name'; there is one, since the documents were checked. */
unsigned fm_ident_pool_index(const struct fm_desired *d, const char *name)
{
	unsigned i = 0;

	while (i < d->ident_pools && strcmp(d->ident_pool[i].name, name))
		i++;
	return i;
}

static void add_range(struct fm_ident_pool *p, uint64_t first, uint64_t last)
{
	p->range = mr_xrealloc(p->range, p->ranges + 1, sizeof(p->range[0]));
	p->range[p->ranges++] = (struct fm_ident_range){first, last};
}

static void read_range(struct fm_ident_pool *p, const struct fm_doc_ident_range *range)
{
	struct mr_ident first, last;

	if (!mr_ident_parse(p->type, range->start.s, &first, NULL) &&
	    !mr_ident_parse(p->type, range->end.s, &last, NULL))
		add_range(p, first.lo, last.lo);
}

/* Identity pools by name, with all that their documents say. */
void fm_resolve_ident_pools(struct fm_resolving *r)
{
	struct fm_desired *d = r->d;

	d->ident_pool = mr_xcalloc(r->docs->n + 1, sizeof(d->ident_pool[0]));
	for (unsigned i = 0; i < r->docs->n; i++) {
		const struct fm_doc *doc = r->docs->doc[i];
		const struct fm_doc_identity_pool *s = &doc->spec.identity_pool;
		struct fm_ident_pool *p = &d->ident_pool[d->ident_pools];

		if (doc->kind != FM_KIND_IDENTITY_POOL)
			continue;
		d->ident_pools++;
		mr_copy(p->name, sizeof(p->name), doc->meta.name.s);
		p->type = (enum mr_ident_type)s->type.v;
		p->reuse_after_ns = s->reuse_after.v;
		for (unsigned j = 0; j < s->ranges.n; j++)
			read_range(p, &s->ranges.item[j]);
	}
}

static int ident_cmp(const void *a, const void *b)
{
	return mr_ident_cmp(a, b);
}

/* All literal values of the claims, sorted; the caller frees. */
static struct mr_ident *literals(const struct fm_desired *d, unsigned *ret_n)
{
	struct mr_ident *id = mr_xcalloc((size_t)d->claims * FM_IDENTS + 1, sizeof(id[0]));
	unsigned n = 0;

	for (unsigned i = 0; i < d->claims * FM_IDENTS; i++) {
		const struct fm_ident_want *w = &d->claim[i / FM_IDENTS].ident[i % FM_IDENTS];

		if (w->source == FM_IDENT_LITERAL)
			id[n++] = w->literal;
	}
	qsort(id, n, sizeof(id[0]), ident_cmp);
	*ret_n = n;
	return id;
}

/* The first of the sorted literals that is not below 'value' of 'type'. */
static unsigned from(const struct mr_ident *id, unsigned n, enum mr_ident_type type,
		     uint64_t value)
{
	struct mr_ident key = {.type = type, .lo = value};
	unsigned lo = 0, hi = n;

	while (lo < hi) {
		unsigned mid = lo + (hi - lo) / 2;

		if (mr_ident_cmp(&id[mid], &key) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* One range without the sorted literals of its type. */
static void cut_range(struct fm_ident_pool *p, struct fm_ident_range range,
		      const struct mr_ident *id, unsigned n)
{
	for (unsigned i = from(id, n, p->type, range.first); i < n; i++) {
		if (id[i].type != p->type || id[i].lo > range.last)
			break;
		if (id[i].lo > range.first)
			add_range(p, range.first, id[i].lo - 1);
		if (id[i].lo == range.last)
			return;
		range.first = id[i].lo + 1;
	}
	add_range(p, range.first, range.last);
}

/* Takes the literal values of all claims out of the pools. */
void fm_resolve_literals(struct fm_resolving *r)
{
	unsigned n;
	struct mr_ident *id = literals(r->d, &n);

	for (unsigned i = 0; n && i < r->d->ident_pools; i++) {
		struct fm_ident_pool *p = &r->d->ident_pool[i];
		struct fm_ident_range *old = p->range;
		unsigned ranges = p->ranges;

		p->range = NULL;
		p->ranges = 0;
		for (unsigned j = 0; j < ranges; j++)
			cut_range(p, old[j], id, n);
		free(old);
	}
	free(id);
}
