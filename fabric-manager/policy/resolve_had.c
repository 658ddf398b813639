// SPDX-License-Identifier: Apache-2.0
/*
 * Who had what before: where two selectors take the same function or the same host, the one
 * that had it keeps it (POLICY, "Selector overlap is checked again"). What the last wish says
 * counts first; a manager that starts has none, and goes by what runs.
 */
#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "common/xalloc.h"
#include "fabric-manager/policy/resolving.h"

struct fm_had {
	const struct fm_assignment **by_fn, **by_host; /* those with a function, sorted */
	unsigned n;
};

static uint64_t port_key(const struct fm_assignment *a)
{
	return (uint64_t)a->fn.chassis << 32 | (uint64_t)a->fn.port << 16 | a->fn.pf;
}

static int fn_cmp(const void *a, const void *b)
{
	uint64_t x = port_key(*(const struct fm_assignment *const *)a),
		 y = port_key(*(const struct fm_assignment *const *)b);

	return (x > y) - (x < y);
}

static int host_cmp(const void *a, const void *b)
{
	return strcmp((*(const struct fm_assignment *const *)a)->host,
		      (*(const struct fm_assignment *const *)b)->host);
}

/* Sorted once, when the first overlap asks. */
static const struct fm_had *had(struct fm_resolving *r)
{
	const struct fm_resolve_input *in = r->in;
	struct fm_had *h;

	if (r->had)
		return r->had;
	r->had = h = MR_NEW(struct fm_had);
	h->by_fn = mr_xcalloc(in->currents + 1, sizeof(*h->by_fn));
	h->by_host = mr_xcalloc(in->currents + 1, sizeof(*h->by_host));
	for (unsigned i = 0; i < in->currents; i++)
		if (in->current[i] && in->current[i]->has_fn)
			h->by_fn[h->n++] = in->current[i];
	memcpy(h->by_host, h->by_fn, h->n * sizeof(*h->by_fn));
	qsort(h->by_fn, h->n, sizeof(*h->by_fn), fn_cmp);
	qsort(h->by_host, h->n, sizeof(*h->by_host), host_cmp);
	return h;
}

/* Frees what was sorted. */
void fm_had_done(struct fm_resolving *r)
{
	if (!r->had)
		return;
	free(r->had->by_fn);
	free(r->had->by_host);
	free(r->had);
}

/* ---- whose profile it is ---- */

/* The template that made the profile: the one of the longest name where several might have. */
static const struct fm_doc *template_of(const struct fm_resolving *r, const char *profile)
{
	const struct fm_doc *best = NULL;
	size_t longest = 0;

	for (unsigned i = 0; i < r->docs->n; i++) {
		const struct fm_doc *doc = r->docs->doc[i];
		size_t n = strlen(doc->meta.name.s);

		if (doc->kind != FM_KIND_PROFILE_TEMPLATE || n < longest ||
		    strncmp(profile, doc->meta.name.s, n) != 0 || profile[n] != '-')
			continue;
		best = doc;
		longest = n;
	}
	return best;
}

/* The document that the assignment's profile comes from; NULL when there is none any more. */
static const struct fm_doc *origin_of(const struct fm_resolving *r,
				      const struct fm_assignment *a,
				      const struct fm_doc_profile **ret)
{
	const struct fm_doc *doc = fm_docs_find(r->docs, FM_KIND_SERVER_PROFILE, a->profile);

	if (doc) {
		*ret = &doc->spec.profile;
		return doc;
	}
	doc = template_of(r, a->profile);
	if (doc)
		*ret = &doc->spec.template.template;
	return doc;
}

/* ---- pools ---- */

static bool part_has(const struct fm_pool_part *p, const struct fm_port_at *at, unsigned vf)
{
	bool base = at->adapter->kind == FM_ADAPTER_BASE;

	return p->chassis == at->chassis && p->port == at->adapter->port &&
	       p->pf == (base ? FM_WHOLE : at->pf) &&
	       (base || (p->vf_first <= vf && vf <= p->vf_last));
}

/* Whether the pool had the function in the last wish, perhaps of an adapter that is away. */
static bool pool_had(const struct fm_resolving *r, const struct fm_pool *pool,
		     const struct fm_port_at *at, unsigned vf)
{
	const struct fm_desired *was = r->in->before;
	uint16_t i = was ? fm_pool_index(was, pool->name, pool->device_class) : FM_WHOLE;

	if (i == FM_WHOLE)
		return false;
	for (unsigned k = 0; k < was->pool[i].parts; k++)
		if (part_has(&was->pool[i].part[k], at, vf))
			return true;
	for (unsigned k = 0; k < was->pool[i].aways; k++)
		if (part_has(&was->pool[i].away[k], at, vf))
			return true;
	return false;
}

/* Whether the assignment's device asks for a function of the pool. */
static bool is_of_pool(const struct fm_resolving *r, const struct fm_assignment *a,
		       const struct fm_pool *pool)
{
	const struct fm_doc_profile *spec;

	if (!origin_of(r, a, &spec))
		return false;
	for (unsigned i = 0; i < spec->devices.n; i++)
		if (!strcmp(spec->devices.item[i].name.s, a->device))
			return mr_streq(spec->devices.item[i].pool.s, pool->name);
	return false;
}

/* How much of the port runs for the pool: 2 the function itself, 1 another one, 0 nothing. */
static unsigned runs_for(struct fm_resolving *r, const struct fm_pool *pool,
			 const struct fm_port_at *at, unsigned vf)
{
	bool base = at->adapter->kind == FM_ADAPTER_BASE;
	struct fm_assignment probe = {.fn = {(uint16_t)at->chassis, at->adapter->port,
					     base ? FM_WHOLE : (uint16_t)at->pf, 0}};
	const struct fm_had *h = had(r);
	unsigned lo = 0, hi = h->n, found = 0;

	while (lo < hi) {
		unsigned mid = lo + (hi - lo) / 2;

		if (port_key(h->by_fn[mid]) < port_key(&probe))
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < h->n && port_key(h->by_fn[lo]) == port_key(&probe) && found < 2; lo++)
		if (is_of_pool(r, h->by_fn[lo], pool))
			found = base || h->by_fn[lo]->fn.vf == vf ? 2 : 1;
	return found;
}

/* Whether the function is 'second's, and not 'first's, who comes first by name: indices of
 * d->pool. */
bool fm_had_pool(struct fm_resolving *r, const struct fm_port_at *at, unsigned vf,
		 unsigned first, unsigned second)
{
	const struct fm_pool *a = &r->d->pool[first], *b = &r->d->pool[second];

	if (pool_had(r, a, at, vf))
		return false;
	if (pool_had(r, b, at, vf))
		return true;
	return runs_for(r, b, at, vf) > runs_for(r, a, at, vf);
}

/* ---- groups ---- */

/* Whether the profile is there for the host because it is in the group. */
static bool is_of_group(const struct fm_resolving *r, const struct fm_assignment *a,
			const char *group)
{
	const struct fm_doc_profile *spec;
	const struct fm_doc *doc = origin_of(r, a, &spec);

	if (!doc)
		return false;
	if (mr_streq(spec->host.group.s, group))
		return true;
	return doc->kind == FM_KIND_PROFILE_TEMPLATE &&
	       mr_streq(doc->spec.template.host_group.s, group) &&
	       !strcmp(a->profile + strlen(doc->meta.name.s) + 1, a->host);
}

static bool host_runs_for(struct fm_resolving *r, const char *host, const char *group)
{
	const struct fm_had *h = had(r);
	unsigned lo = 0, hi = h->n;

	while (lo < hi) {
		unsigned mid = lo + (hi - lo) / 2;

		if (strcmp(h->by_host[mid]->host, host) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < h->n && !strcmp(h->by_host[lo]->host, host); lo++)
		if (is_of_group(r, h->by_host[lo], group))
			return true;
	return false;
}

static int def_cmp(const void *name, const void *def)
{
	return strcmp(name, ((const struct fm_host_def *)def)->name);
}

/* Whether the host is the group's 'second', and not 'first's, who comes first by name: indices
 * of d->group. */
bool fm_had_group(struct fm_resolving *r, const char *host, int first, int second)
{
	const char *a = r->d->group[first].name, *b = r->d->group[second].name;
	const struct fm_desired *was = r->in->before;
	const struct fm_host_def *def = was && was->hosts ? bsearch(host, was->host, was->hosts,
								    sizeof(*was->host), def_cmp)
							  : NULL;
	const char *in = def && def->group >= 0 ? was->group[def->group].name : "";

	if (!strcmp(in, a) || !strcmp(in, b))
		return !strcmp(in, b);
	return host_runs_for(r, host, b) && !host_runs_for(r, host, a);
}
