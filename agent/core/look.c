/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the last scan shows: kept sorted by place, looked up by place, and compared with what
 * was reported.
 */
#include <stdlib.h>
#include <string.h>

#include "agent/core/priv.h"
#include "common/mutant.h"
#include "common/str.h"
#include "common/xalloc.h"

/* Order of places: port, bridge, PF, slot. The way is not part of it: a host only guesses it
 * (core.h). */
int ag_place_cmp(const struct ag_place *a, const struct ag_place *b)
{
	if (a->port != b->port)
		return a->port < b->port ? -1 : 1;
	if (a->bridge != b->bridge)
		return a->bridge < b->bridge ? -1 : 1;
	if (a->pf != b->pf)
		return a->pf < b->pf ? -1 : 1;
	return a->slot < b->slot ? -1 : a->slot > b->slot;
}

static int fn_cmp(const void *a, const void *b)
{
	const struct ag_fn *x = a, *y = b;

	return ag_place_cmp(&x->place, &y->place);
}

static int slot_cmp(const void *a, const void *b)
{
	const struct ag_slot *x = a, *y = b;

	if (x->port != y->port)
		return x->port < y->port ? -1 : 1;
	return x->bridge < y->bridge ? -1 : x->bridge > y->bridge;
}

/* Frees the arrays of a scan; 's' is empty afterwards. */
void ag_look_done(struct ag_scan *s)
{
	free(s->fn);
	free(s->slot);
	free(s->own);
	*s = (struct ag_scan){0};
}

/* Of several functions at one place, which no host has, the first counts: reports compare
 * sorted lists in which each place stands once. */
static void drop_twins(struct ag_scan *s)
{
	unsigned n = 0;

	for (unsigned i = 0; i < s->fns; i++)
		if (!n || fn_cmp(&s->fn[n - 1], &s->fn[i]))
			s->fn[n++] = s->fn[i];
	s->fns = n;
}

static int own_cmp(const void *a, const void *b)
{
	const struct ag_own *x = a, *y = b;

	if (x->domain != y->domain)
		return x->domain < y->domain ? -1 : 1;
	if (x->rid != y->rid)
		return x->rid < y->rid ? -1 : 1;
	return strcmp(x->name, y->name);
}

static void take_own(struct ag_scan *s, const struct ag_scan *scan)
{
	s->owns = scan->owns > AG_OWN_MAX ? AG_OWN_MAX : scan->owns;
	s->own = mr_xcalloc(s->owns + 1, sizeof(*s->own));
	if (s->owns)
		memcpy(s->own, scan->own, s->owns * sizeof(*s->own));
	qsort(s->own, s->owns, sizeof(*s->own), own_cmp);
}

/* Keeps a copy of a good scan. Functions that have no place of ours are left out. */
void ag_look_take(struct ag_core *c, const struct ag_scan *scan)
{
	struct ag_scan *s = &c->seen;
	unsigned fns = scan->fns > AG_SCAN_FN_MAX ? AG_SCAN_FN_MAX : scan->fns;

	ag_look_done(s);
	s->vf_migration = scan->vf_migration;
	s->isolation = scan->isolation;
	s->roots = scan->roots > AG_ROOTS_MAX ? AG_ROOTS_MAX : scan->roots;
	memcpy(s->root, scan->root, s->roots * sizeof(s->root[0]));
	s->fn = mr_xcalloc(fns + 1, sizeof(*s->fn));
	for (unsigned i = 0; i < fns; i++)
		if (scan->fn[i].place.way != AG_WAY_NONE)
			s->fn[s->fns++] = scan->fn[i];
	s->slots = scan->slots > AG_SCAN_SLOT_MAX ? AG_SCAN_SLOT_MAX : scan->slots;
	s->slot = mr_xcalloc(s->slots + 1, sizeof(*s->slot));
	if (s->slots)
		memcpy(s->slot, scan->slot, s->slots * sizeof(*s->slot));
	qsort(s->fn, s->fns, sizeof(*s->fn), fn_cmp);
	drop_twins(s);
	qsort(s->slot, s->slots, sizeof(*s->slot), slot_cmp);
	take_own(s, scan);
	c->looked = true;
}

/* First function whose place is not below 'p'. */
static unsigned lower(const struct ag_core *c, const struct ag_place *p)
{
	unsigned lo = 0, hi = c->seen.fns;

	while (lo < hi) {
		unsigned mid = (lo + hi) / 2;

		if (ag_place_cmp(&c->seen.fn[mid].place, p) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

unsigned ag_look_at(const struct ag_core *c, const struct ag_place *p,
		    const struct ag_fn **ret_first)
{
	struct ag_place from = *p;
	unsigned i, n = 0;

	if (p->way != AG_WAY_LVF)
		from.pf = from.slot = 0;
	i = lower(c, &from);
	*ret_first = c->seen.fn + i;
	for (; i + n < c->seen.fns; n++) {
		const struct ag_place *q = &c->seen.fn[i + n].place;

		if (q->port != p->port || q->bridge != p->bridge)
			break;
		if (p->way == AG_WAY_LVF && ag_place_cmp(q, p))
			break;
	}
	return n;
}

/* The PF that a place is in or names, NULL if it is not there. */
const struct ag_fn *ag_look_pf(const struct ag_core *c, const struct ag_place *p)
{
	struct ag_place at = {AG_WAY_LVF, p->port, p->bridge, p->pf, 0};
	const struct ag_fn *f;

	return ag_look_at(c, &at, &f) && f->pf ? f : NULL;
}

/* The hot-plug slot of a place, NULL if there is none. */
const struct ag_slot *ag_look_slot(const struct ag_core *c, const struct ag_place *p)
{
	struct ag_slot key = {.port = p->port, .bridge = p->bridge};

	return bsearch(&key, c->seen.slot, c->seen.slots, sizeof(key), slot_cmp);
}

/* Our root at a port of the switch, NULL if we have none there. */
const struct ag_root *ag_look_root(const struct ag_core *c, uint16_t port)
{
	for (unsigned i = 0; i < c->seen.roots; i++)
		if (c->seen.root[i].port == port)
			return &c->seen.root[i];
	return NULL;
}

/* Whether some PF shows that the kernel has the extension of HANDOVER 14. */
bool ag_look_vf_migration(const struct ag_core *c)
{
	if (c->seen.vf_migration)
		return true;
	for (unsigned i = 0; i < c->seen.fns; i++)
		if (c->seen.fn[i].vf_migration)
			return true;
	return false;
}

/* Whether the manager would see a difference; users are ours alone. */
static bool same(const struct ag_fn *a, const struct ag_fn *b)
{
	return a->place.way == b->place.way && a->rid == b->rid && a->domain == b->domain &&
	       a->vendor == b->vendor && a->device == b->device &&
	       a->class_code == b->class_code && a->ident0 == b->ident0 &&
	       a->ident1 == b->ident1 && a->link == b->link && a->numa == b->numa &&
	       a->iommu_group == b->iommu_group && a->pf == b->pf && a->numvfs == b->numvfs &&
	       a->totalvfs == b->totalvfs && a->pkeys_told == b->pkeys_told &&
	       a->pkeys == b->pkeys && !memcmp(a->pkey, b->pkey, sizeof(a->pkey)) &&
	       mr_streq(a->driver, b->driver) && mr_streq(a->name, b->name);
}

/* Walks both sorted lists side by side. */
static void compare(const struct ag_core *c, bool full, struct ag_action *a)
{
	unsigned i = 0, k = 0, old = full ? 0 : c->n_reported;

	while (i < c->seen.fns || k < old) {
		int d = i == c->seen.fns ? 1
			: k == old	 ? -1
					 : fn_cmp(&c->seen.fn[i], &c->reported[k]);

		if (d > 0 && MR_MUTANT(GONE_NOT_REPORTED))
			;
		else if (d > 0)
			a->gone[a->gones++] = c->reported[k].place;
		else if (d < 0 || !same(&c->seen.fn[i], &c->reported[k]))
			a->fn[a->fns++] = c->seen.fn[i];
		i += d <= 0;
		k += d >= 0;
	}
}

/* The host's own ports, where they are others than were reported. */
static void tell_own(struct ag_core *c, bool full, struct ag_action *a)
{
	unsigned n = c->seen.owns;
	bool same_own = n == c->n_own;

	for (unsigned i = 0; i < n && same_own; i++)
		same_own = !own_cmp(&c->seen.own[i], &c->own[i]) &&
			   c->seen.own[i].class_code == c->own[i].class_code &&
			   c->seen.own[i].ident0 == c->own[i].ident0 &&
			   c->seen.own[i].ident1 == c->own[i].ident1;
	if (same_own && !full)
		return;
	a->own_told = true;
	a->owns = n;
	a->own = mr_xmemdup(c->seen.own, (n + 1) * sizeof(*a->own));
	free(c->own);
	c->own = mr_xmemdup(c->seen.own, (n + 1) * sizeof(*c->own));
	c->n_own = n;
}

bool ag_look_report(struct ag_core *c, bool full, struct ag_action *a)
{
	a->full = full;
	a->fn = mr_xcalloc(c->seen.fns + 1, sizeof(*a->fn));
	a->gone = mr_xcalloc(c->n_reported + 1, sizeof(*a->gone));
	compare(c, full, a);
	tell_own(c, full, a);
	if (!full && !a->fns && !a->gones && !a->own_told)
		return false;
	free(c->reported);
	c->reported = mr_xcalloc(c->seen.fns + 1, sizeof(*c->reported));
	memcpy(c->reported, c->seen.fn, c->seen.fns * sizeof(*c->reported));
	c->n_reported = c->seen.fns;
	a->revision = ++c->revision;
	return true;
}
