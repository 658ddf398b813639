// SPDX-License-Identifier: Apache-2.0
/*
 * Checks of AdapterPool and IdentityPool documents: overlaps above all. Two adapter selectors
 * overlap for certain when one takes everything that the other takes; whether others meet
 * depends on the inventory, and is looked at when documents are resolved.
 */
#include <stdlib.h>

#include "common/err.h"
#include "common/xalloc.h"
#include "fabric-manager/policy/check.h"
#include "fabric-manager/policy/select.h"

static void check_pool(struct fm_check *c, const struct fm_doc *d)
{
	const struct fm_doc_adapter_pool *p = &d->spec.adapter_pool;
	const char *pos = p->partition.vfs.s;
	unsigned first, last;
	char place[FM_PLACE_MAX];

	if (fm_adapter_selector_empty(&p->selector))
		fm_check_warn(c, d, p->selector.at, "spec.adapterSelector",
			      "an empty selector matches nothing; matchAll: true matches every "
			      "adapter");
	if (p->externally_managed.v && p->provision.at.line)
		fm_check_error(
			c, d, p->provision.at, "spec.provision",
			"Banyan writes no VF count of adapters that are externallyManaged "
			"(%s)",
			fm_check_place(d, p->externally_managed.at, place));
	while (fm_vfset_next(&pos, &first, &last)) {
		if (p->provision.v != FM_UNLIMITED && last >= p->provision.v)
			fm_check_error(c, d, p->partition.vfs.at, "spec.partition.vfs",
				       "VF %u is beyond the %lld VFs (0 to %lld) that "
				       "provision makes ready",
				       last, (long long)p->provision.v,
				       (long long)p->provision.v - 1);
	}
}

static void check_overlap(struct fm_check *c, const struct fm_doc *a, const struct fm_doc *b)
{
	const struct fm_doc_adapter_pool *p = &a->spec.adapter_pool, *q = &b->spec.adapter_pool;
	char place[FM_PLACE_MAX];

	if (!fm_vfsets_meet(p->partition.vfs.s, q->partition.vfs.s))
		return;
	if (fm_adapter_selector_implies(&p->selector, &q->selector) ||
	    fm_adapter_selector_implies(&q->selector, &p->selector))
		fm_check_error(c, b, q->selector.at, "spec.adapterSelector",
			       "overlaps AdapterPool '%s' at %s: one selector takes all that "
			       "the other takes",
			       a->meta.name.s, fm_check_place(a, p->selector.at, place));
}

/* Checks every adapter pool, and each pair of them. */
void fm_check_adapter_pools(struct fm_check *c)
{
	const struct fm_docs *s = c->set;

	for (unsigned i = 0; i < s->n; i++) {
		if (s->doc[i]->kind != FM_KIND_ADAPTER_POOL)
			continue;
		check_pool(c, s->doc[i]);
		for (unsigned j = 0; j < i; j++) {
			if (s->doc[j]->kind == FM_KIND_ADAPTER_POOL)
				check_overlap(c, s->doc[j], s->doc[i]);
		}
	}
}

/* WWNs in use begin with 20: or 50: to 5f: ; others may collide with what vendors give. */
static void warn_wwn(struct fm_check *c, const struct fm_doc *d, const char *path,
		     const struct fm_text *t, const struct mr_ident *id)
{
	unsigned top = (unsigned)(id->lo >> 56);

	if (id->type != MR_IDENT_WWPN && id->type != MR_IDENT_WWNN)
		return;
	if (top != 0x20 && top != 0x50)
		fm_check_warn(c, d, t->at, path,
			      "'%s' is outside 20:... and 50:..., the ranges meant for pools",
			      t->s);
}

/* The value of 't' as an identity of 'type'; an error at its place when it is none. */
int fm_check_ident(struct fm_check *c, const struct fm_doc *d, const char *path,
		   enum mr_ident_type type, const struct fm_text *t, struct mr_ident *ret)
{
	struct mr_err err = {0};
	int r = mr_ident_parse(type, t->s, ret, &err);

	if (r)
		fm_check_error(c, d, t->at, path, "%s", err.text);
	else
		warn_wwn(c, d, path, t, ret);
	return r;
}

/* Values of one range must share the bits that say what they are: multicast bit, NAA. */
static bool range_is_uniform(const struct mr_ident *a, const struct mr_ident *b)
{
	switch (a->type) {
	case MR_IDENT_MAC:
		return a->lo >> 40 == b->lo >> 40;
	case MR_IDENT_WWPN:
	case MR_IDENT_WWNN:
		return a->lo >> 60 == b->lo >> 60;
	case MR_IDENT_UUID:
		return a->hi == b->hi;
	default:
		return true;
	}
}

static void add_range(struct fm_check *c, const struct fm_doc *d,
		      const struct fm_doc_ident_range *r)
{
	enum mr_ident_type type = (enum mr_ident_type)d->spec.identity_pool.type.v;
	struct fm_check_range *n;
	struct mr_ident first, last;

	if (fm_check_ident(c, d, "spec.ranges.start", type, &r->start, &first) ||
	    fm_check_ident(c, d, "spec.ranges.end", type, &r->end, &last))
		return;
	if (mr_ident_cmp(&first, &last) > 0) {
		fm_check_error(c, d, r->at, "spec.ranges",
			       "the range ends (%s) before it starts (%s)", r->end.s,
			       r->start.s);
		return;
	}
	if (!range_is_uniform(&first, &last)) {
		fm_check_error(c, d, r->at, "spec.ranges",
			       "%s and %s are not of one block: start and end must share "
			       "the leading digits",
			       r->start.s, r->end.s);
		return;
	}
	MR_GROW(c->range, c->ranges, c->cap_ranges);
	n = &c->range[c->ranges++];
	*n = (struct fm_check_range){.doc = d, .at = r->at, .first = first, .last = last};
}

static int range_cmp(const void *a, const void *b)
{
	const struct fm_check_range *x = a, *y = b;
	int r = mr_ident_cmp(&x->first, &y->first);

	return r ? r : mr_ident_cmp(&x->last, &y->last);
}

/* Each sorted range against the one that reaches farthest before it. */
static void check_ranges(struct fm_check *c)
{
	const struct fm_check_range *far = NULL;
	char place[FM_PLACE_MAX];

	for (unsigned i = 0; i < c->ranges; i++) {
		const struct fm_check_range *r = &c->range[i];

		if (far && far->last.type == r->first.type &&
		    mr_ident_cmp(&r->first, &far->last) <= 0)
			fm_check_error(c, r->doc, r->at, "spec.ranges",
				       "overlaps a range of IdentityPool '%s' at %s",
				       far->doc->meta.name.s,
				       fm_check_place(far->doc, far->at, place));
		if (!far || mr_ident_cmp(&r->last, &far->last) > 0)
			far = r;
	}
}

/* Checks identity pools; fills c->range. */
void fm_check_identity_pools(struct fm_check *c)
{
	for (unsigned i = 0; i < c->set->n; i++) {
		const struct fm_doc *d = c->set->doc[i];

		for (unsigned j = 0;
		     d->kind == FM_KIND_IDENTITY_POOL && j < d->spec.identity_pool.ranges.n;
		     j++)
			add_range(c, d, &d->spec.identity_pool.ranges.item[j]);
	}
	if (c->ranges)
		qsort(c->range, c->ranges, sizeof(c->range[0]), range_cmp);
	check_ranges(c);
}

/* The range that holds 'id', or NULL. The ranges do not overlap where the check passed. */
const struct fm_check_range *fm_check_range_of(const struct fm_check *c,
					       const struct mr_ident *id)
{
	unsigned lo = 0, hi = c->ranges;

	while (lo < hi) {
		unsigned mid = lo + (hi - lo) / 2;

		if (mr_ident_cmp(&c->range[mid].first, id) <= 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo || mr_ident_cmp(&c->range[lo - 1].last, id) < 0)
		return NULL;
	return &c->range[lo - 1];
}

/* Whether there is any pool range of the type. */
bool fm_check_has_ranges(const struct fm_check *c, enum mr_ident_type type)
{
	for (unsigned i = 0; i < c->ranges; i++) {
		if (c->range[i].first.type == type)
			return true;
	}
	return false;
}
