/* SPDX-License-Identifier: Apache-2.0 */
/* Goal 1 of the relaxed fleet, one chassis after the other. See exact.h. */
#include <stdlib.h>
#include <string.h>

#include "common/xalloc.h"
#include "tests/bench/plan/exact.h"
#include "tests/bench/plan/lp.h"

#define GROUPS	(1 << FLEET_POOLS) /* by the set of pools that an adapter is in */
#define SECONDS 60

enum resource {
	MBPS,
	MSIX,
	FRAMEBUFFER,
	FUNCTIONS,
	RESOURCES
};

/* Claims that want the same of the same pool and are worth the same. */
struct kind {
	uint32_t pool, rank;
	uint64_t want[RESOURCES];
	unsigned claims;
};

static int kind_cmp(const void *pa, const void *pb)
{
	const struct kind *a = pa, *b = pb;

	if (a->pool != b->pool)
		return a->pool < b->pool ? -1 : 1;
	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	for (unsigned r = 0; r < RESOURCES; r++)
		if (a->want[r] != b->want[r])
			return a->want[r] < b->want[r] ? -1 : 1;
	return 0;
}

/* The kinds of a chassis' claims; returns how many. 'pinned': without those that run. */
static unsigned kinds(const struct fleet *f, const struct fleet_chassis *c, bool pinned,
		      struct kind *k)
{
	unsigned all = 0, n = 0;

	for (unsigned i = 0; i < c->claims; i++) {
		const struct fleet_claim *cl = &f->claim[c->claim + i];

		if (pinned && cl->prior != FLEET_NONE)
			continue;
		k[all++] = (struct kind){
			cl->pool, cl->rank, {cl->mbps, cl->msix, cl->framebuffer_mib, 1}, 1};
	}
	qsort(k, all, sizeof(*k), kind_cmp);
	for (unsigned i = 0; i < all; i++) {
		if (n && kind_cmp(&k[n - 1], &k[i]) == 0)
			k[n - 1].claims++;
		else
			k[n++] = k[i];
	}
	return n;
}

static void capacities(const struct fleet *f, const struct fleet_chassis *c,
		       uint64_t have[GROUPS][RESOURCES])
{
	memset(have, 0, sizeof(uint64_t[GROUPS][RESOURCES]));
	for (unsigned i = c->adapter; i < c->adapter + c->adapters; i++) {
		const struct fleet_adapter *a = &f->adapter[i];
		uint64_t *h = have[a->pools], ports = 0;

		for (unsigned u = a->unit; u < a->unit + a->units; u++) {
			ports += f->unit[u].mbps;
			h[MSIX] += f->unit[u].msix;
			h[FRAMEBUFFER] += f->unit[u].framebuffer_mib;
			h[FUNCTIONS] += f->unit[u].vfs;
		}
		h[MBPS] += ports < a->link_mbps ? ports : a->link_mbps;
	}
}

/* What runs takes its share first; returns what it is worth. */
static int64_t take_running(const struct fleet *f, const struct fleet_chassis *c,
			    uint64_t have[GROUPS][RESOURCES])
{
	int64_t worth = 0;

	for (unsigned i = c->claim; i < c->claim + c->claims; i++) {
		const struct fleet_claim *cl = &f->claim[i];
		uint64_t *h;

		if (cl->prior == FLEET_NONE)
			continue;
		h = have[f->adapter[f->unit[cl->prior].adapter].pools];
		h[MBPS] -= cl->mbps;
		h[MSIX] -= cl->msix;
		h[FRAMEBUFFER] -= cl->framebuffer_mib;
		h[FUNCTIONS]--;
		worth += INT64_C(1) << cl->rank;
	}
	return worth;
}

static void build(struct lp *m, const struct kind *k, unsigned n,
		  uint64_t have[GROUPS][RESOURCES])
{
	for (unsigned i = 0; i < n; i++)
		lp_row(m, 'L', k[i].claims);
	for (unsigned g = 0; g < GROUPS; g++)
		for (unsigned r = 0; r < RESOURCES; r++)
			lp_row(m, 'L', (double)have[g][r]);
	for (unsigned i = 0; i < n; i++)
		for (unsigned g = 0; g < GROUPS; g++) {
			if (!(g >> k[i].pool & 1) || !have[g][FUNCTIONS])
				continue;
			lp_col(m, -(double)(UINT32_C(1) << k[i].rank), 0, k[i].claims, false);
			lp_put(m, i, 1);
			for (unsigned r = 0; r < RESOURCES; r++)
				if (k[i].want[r])
					lp_put(m, n + g * RESOURCES + r, (double)k[i].want[r]);
		}
}

/* See exact.h. */
int exact_bound(const struct fleet *f, const struct exact_options *o, double *ret_bound,
		int64_t *ret_ns)
{
	int rc = 0;

	*ret_bound = 0;
	*ret_ns = 0;
	for (unsigned c = 0; c < f->n_chassis && !rc; c++) {
		struct kind *k = mr_xcalloc(f->chassis[c].claims + 1, sizeof(*k));
		unsigned n = kinds(f, &f->chassis[c], o->running == EXACT_STAYS, k);
		uint64_t have[GROUPS][RESOURCES];
		struct lp_answer a;
		struct lp m = {0};

		capacities(f, &f->chassis[c], have);
		if (o->running == EXACT_STAYS)
			*ret_bound += (double)take_running(f, &f->chassis[c], have);
		build(&m, k, n, have);
		rc = lp_solve(&m, o->dir, SECONDS, true, &a);
		if (!rc && !a.proven)
			rc = -1;
		*ret_bound += -a.cost;
		*ret_ns += a.ns;
		free(a.value);
		lp_done(&m);
		free(k);
	}
	return rc;
}
