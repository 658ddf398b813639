// SPDX-License-Identifier: Apache-2.0
/*
 * Checks of a profile's placement rules: what they name, and whether the required ones can hold
 * together. Affinity joins (so does a required pack): what a chain of affinities holds on one
 * unit cannot be apart on units of the same or a larger kind. Antiaffinity counts: it needs as
 * many units as functions, and a selector that lists slots or serial numbers says how many
 * there are at most. What only the inventory knows is found when documents are resolved, and
 * said by explain.
 */
#include <stdlib.h>

#include "common/str.h"
#include "common/xalloc.h"
#include "fabric-manager/policy/check.h"
#include "fabric-manager/policy/select.h"

#define UNKNOWN INT64_MAX

/* What holds its devices on one unit: a pack that is required is an affinity. */
static bool joins(const struct fm_doc_placement *r)
{
	return r->required.v &&
	       (r->type.v == FM_DOC_PLACE_AFFINITY || r->type.v == FM_DOC_PLACE_PACK);
}

static bool rule_names(const struct fm_doc_placement *r, const struct fm_doc_device *d)
{
	return !r->devices.n || fm_texts_have(&r->devices, d->name.s);
}

/* Functions that a rule is about; of 'count: {min, max}' the minimum, or the maximum. */
static int64_t functions(const struct fm_view *v, const struct fm_doc_placement *r, bool most)
{
	int64_t n = 0;

	for (unsigned i = 0; i < v->p->devices.n; i++) {
		const struct fm_doc_device *d = &v->p->devices.item[i];

		if (rule_names(r, d))
			n += most ? fm_doc_count_max(d) : fm_doc_count_min(d);
	}
	return n;
}

static void check_names(struct fm_view *v, const struct fm_doc_placement *r, const char *path)
{
	bool known = true;

	for (unsigned j = 0; j < r->devices.n; j++) {
		const struct fm_text *t = &r->devices.item[j];

		if (!fm_view_find(v, t->s)) {
			known = false;
			fm_check_error(v->c, v->doc, t->at, path,
				       "the profile has no device '%s'", t->s);
		}
		for (unsigned k = 0; k < j; k++) {
			if (mr_streq(r->devices.item[k].s, t->s))
				fm_check_error(v->c, v->doc, t->at, path,
					       "device '%s' stands twice", t->s);
		}
	}
	if (r->max_skew.at.line && r->type.v != FM_DOC_PLACE_SPREAD)
		fm_check_error(v->c, v->doc, r->max_skew.at, path, "maxSkew is of spread only");
	if (known && functions(v, r, true) < 2)
		fm_check_warn(v->c, v->doc, r->at, path,
			      "the rule is about one function only: it has no effect");
}

/* Whether two functions on one unit of 'a' are on one unit of 'b' as well. */
static bool implies(int64_t a, int64_t b)
{
	/* a port is of one adapter, which is in one slot, and that in one chassis */
	static const int size[FM_DOC_TOPO_COUNT] = {
		[FM_DOC_TOPO_PORT] = 0,	   [FM_DOC_TOPO_ADAPTER] = 1, [FM_DOC_TOPO_SLOT] = 1,
		[FM_DOC_TOPO_CHASSIS] = 2, [FM_DOC_TOPO_NUMA] = 2,
	};

	/* one root of a host lies in one chassis; what is in a chassis can hang on several */
	return a == b ||
	       (b != FM_DOC_TOPO_NUMA && a != FM_DOC_TOPO_NUMA && size[a] <= size[b]) ||
	       (a == FM_DOC_TOPO_NUMA && b == FM_DOC_TOPO_CHASSIS);
}

static unsigned root_of(unsigned *up, unsigned i)
{
	while (up[i] != i)
		i = up[i];
	return i;
}

/* Joins what required affinities keep on one unit of 'topology' or a smaller one. */
static void join_affine(const struct fm_view *v, int64_t topology, unsigned *up)
{
	const struct fm_doc_profile *p = v->p;

	for (unsigned i = 0; i < p->devices.n; i++)
		up[i] = i;
	for (unsigned k = 0; k < p->placement.n; k++) {
		const struct fm_doc_placement *r = &p->placement.item[k];
		int first = -1;

		if (!joins(r) || !implies(r->topology.v, topology))
			continue;
		for (unsigned i = 0; i < p->devices.n; i++) {
			if (!rule_names(r, &p->devices.item[i]))
				continue;
			if (first >= 0)
				up[root_of(up, i)] = root_of(up, (unsigned)first);
			first = first < 0 ? (int)i : first;
		}
	}
}

/* The required affinity that holds device 'i' on one unit of 'topology', or NULL. */
static const struct fm_doc_placement *affinity_of(const struct fm_view *v, int64_t topology,
						  unsigned i)
{
	for (unsigned k = 0; k < v->p->placement.n; k++) {
		const struct fm_doc_placement *r = &v->p->placement.item[k];

		if (joins(r) && implies(r->topology.v, topology) &&
		    rule_names(r, &v->p->devices.item[i]))
			return r;
	}
	return NULL;
}

static void contradicts(struct fm_view *v, const struct fm_doc_placement *anti, unsigned a,
			unsigned b)
{
	const struct fm_doc_placement *r = affinity_of(v, anti->topology.v, b);
	const char *x = v->p->devices.item[a].name.s, *y = v->p->devices.item[b].name.s;
	char place[FM_PLACE_MAX];

	fm_check_place(v->doc, r->at, place);
	if (a == b)
		fm_check_error(v->c, v->doc, anti->at, fm_view_key(v, "placement"),
			       "the functions of '%s' must be apart, but the %s at %s "
			       "keeps them together",
			       x, r->type.v == FM_DOC_PLACE_PACK ? "pack" : "affinity", place);
	else
		fm_check_error(v->c, v->doc, anti->at, fm_view_key(v, "placement"),
			       "'%s' and '%s' must be apart, but required affinities up to "
			       "the one at %s keep them together",
			       x, y, place);
}

/* A required antiAffinity against all required affinities; the first contradiction is told. */
static void check_apart(struct fm_view *v, const struct fm_doc_placement *r, unsigned *up)
{
	const struct fm_doc_profile *p = v->p;

	join_affine(v, r->topology.v, up);
	for (unsigned b = 0; b < p->devices.n; b++) {
		const struct fm_doc_device *d = &p->devices.item[b];

		if (!rule_names(r, d) || !affinity_of(v, r->topology.v, b))
			continue;
		if (fm_doc_count_min(d) > 1) {
			contradicts(v, r, b, b);
			return;
		}
		for (unsigned a = 0; a < b; a++) {
			if (rule_names(r, &p->devices.item[a]) &&
			    root_of(up, a) == root_of(up, b)) {
				contradicts(v, r, a, b);
				return;
			}
		}
	}
}

/* How many units of 'topology' the selector can take at most, as far as it says so itself. */
static int64_t units_of(const struct fm_doc_adapter_selector *s, int64_t topology)
{
	int64_t adapters = UNKNOWN;

	if (topology == FM_DOC_TOPO_CHASSIS)
		return s->chassis.n ? s->chassis.n : UNKNOWN;
	if (s->slots.n && s->chassis.n)
		adapters = (int64_t)s->slots.n * s->chassis.n;
	if (s->serials.n && s->serials.n < adapters)
		adapters = s->serials.n;
	if (topology == FM_DOC_TOPO_ADAPTER || topology == FM_DOC_TOPO_SLOT)
		return adapters;
	return topology == FM_DOC_TOPO_PORT && s->ports.n && adapters != UNKNOWN
		       ? adapters * s->ports.n
		       : UNKNOWN;
}

/* A required antiAffinity needs a unit for each function that must be there. */
static void check_room(struct fm_view *v, const struct fm_doc_placement *r)
{
	const struct fm_doc *seen[64], *last = NULL;
	int64_t units = 0, need = functions(v, r, false);
	unsigned n = 0;
	char place[FM_PLACE_MAX];

	for (unsigned i = 0; i < v->p->devices.n; i++) {
		const struct fm_doc_device *d = &v->p->devices.item[i];
		const struct fm_doc *pool =
			fm_docs_find(v->c->set, FM_KIND_ADAPTER_POOL, d->pool.s);
		int64_t u;
		unsigned k = 0;

		if (!rule_names(r, d))
			continue;
		while (k < n && seen[k] != pool)
			k++;
		if (k < n)
			continue;
		u = pool && n < MR_ARRAY_SIZE(seen)
			    ? units_of(&pool->spec.adapter_pool.selector, r->topology.v)
			    : UNKNOWN;
		if (u == UNKNOWN)
			return;
		last = seen[n++] = pool;
		units += u;
	}
	if (last && units < need)
		fm_check_error(v->c, v->doc, r->at, fm_view_key(v, "placement"),
			       "%lld functions must be apart, but AdapterPool '%s' at %s can "
			       "take %lld at most",
			       (long long)need, last->meta.name.s,
			       fm_check_place(last, last->spec.adapter_pool.selector.at, place),
			       (long long)units);
}

static bool disjoint(const struct fm_texts *a, const struct fm_texts *b)
{
	for (unsigned i = 0; i < a->n; i++) {
		if (fm_texts_have(b, a->item[i].s))
			return false;
	}
	return a->n && b->n;
}

/* Whether no unit of 'topology' can serve both devices, as far as documents alone say. */
static bool never_together(const struct fm_view *v, const struct fm_doc_device *a,
			   const struct fm_doc_device *b, int64_t topology)
{
	const struct fm_doc *x = fm_docs_find(v->c->set, FM_KIND_ADAPTER_POOL, a->pool.s);
	const struct fm_doc *y = fm_docs_find(v->c->set, FM_KIND_ADAPTER_POOL, b->pool.s);
	const struct fm_doc_adapter_selector *s, *t;

	if (!x || !y || topology == FM_DOC_TOPO_NUMA)
		return false;
	s = &x->spec.adapter_pool.selector;
	t = &y->spec.adapter_pool.selector;
	if (topology == FM_DOC_TOPO_CHASSIS)
		return disjoint(&s->chassis, &t->chassis);
	return a->class.v != b->class.v || disjoint(&s->chassis, &t->chassis) ||
	       disjoint(&s->slots, &t->slots) || disjoint(&s->serials, &t->serials);
}

/* A required affinity needs a unit that can serve all of its devices. */
static void check_together(struct fm_view *v, const struct fm_doc_placement *r)
{
	const struct fm_doc_device *first = NULL;
	char place[FM_PLACE_MAX];

	for (unsigned i = 0; i < v->p->devices.n; i++) {
		const struct fm_doc_device *d = &v->p->devices.item[i];

		if (!rule_names(r, d))
			continue;
		if (first && never_together(v, first, d, r->topology.v))
			fm_check_error(
				v->c, v->doc, r->at, fm_view_key(v, "placement"),
				"'%s' and '%s' (%s) must be together, but no adapter can "
				"serve both: class or pool differ",
				first->name.s, d->name.s, fm_check_place(v->doc, d->at, place));
		first = first ? first : d;
	}
}

/* Checks what the profile's placement rules say, each and together. */
void fm_check_rules(struct fm_view *v)
{
	const struct fm_doc_profile *p = v->p;
	unsigned *up = mr_xcalloc(p->devices.n + 1, sizeof(up[0]));

	for (unsigned i = 0; i < p->placement.n; i++) {
		const struct fm_doc_placement *r = &p->placement.item[i];

		check_names(v, r, fm_view_key(v, "placement"));
		if (joins(r))
			check_together(v, r);
		if (!r->required.v || r->type.v != FM_DOC_PLACE_ANTI_AFFINITY)
			continue;
		check_apart(v, r, up);
		check_room(v, r);
	}
	free(up);
}
