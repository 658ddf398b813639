/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The arithmetic of shares, and its use: the claims with a weight behind each port whose
 * adapter has no scheduler. Those without a weight are outside of it; only what they are
 * guaranteed is taken off first.
 */
#include "fabric-manager/plan/shares.h"

#include <stdlib.h>
#include <string.h>

#include "common/xalloc.h"
#include "fabric-manager/plan/place.h"

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Those whose part of 'rest' reaches their limit get that; true when there were any. */
static bool saturate(struct fm_share *s, unsigned n, bool *full, uint64_t *rest,
		     uint64_t *weights)
{
	const uint64_t r = *rest, w = *weights;
	bool some = false;

	for (unsigned i = 0; i < n; i++) {
		uint64_t room = s[i].limit > s[i].guaranteed ? s[i].limit - s[i].guaranteed : 0;

		if (full[i] || room * w > r * s[i].weight)
			continue;
		full[i] = some = true;
		s[i].mbps = s[i].guaranteed + room;
		*rest -= room;
		*weights -= s[i].weight;
	}
	return some;
}

void fm_shares_fill(struct fm_share *s, unsigned n, uint64_t mbps, uint32_t step)
{
	bool *full = mr_xcalloc(n + 1, sizeof(*full));
	uint64_t rest = mbps, weights = 0, left = mbps;

	step = step ? step : 1;
	for (unsigned i = 0; i < n; i++) {
		rest -= least(rest, s[i].guaranteed);
		weights += s[i].weight;
	}
	while (weights && saturate(s, n, full, &rest, &weights))
		;
	for (unsigned i = 0; i < n; i++) {
		if (!full[i])
			s[i].mbps = s[i].guaranteed + rest * s[i].weight / weights;
		s[i].mbps = s[i].mbps < step ? step : s[i].mbps - s[i].mbps % step;
		left -= least(left, s[i].mbps);
	}
	for (unsigned i = 0; i < n && left >= step; i++)
		if (s[i].mbps + step <= s[i].limit) {
			s[i].mbps += step;
			left -= step;
		}
	free(full);
}

/* A claim and the port behind which it stands. */
struct sharer {
	const struct fm_claim *c;
	const struct fm_unit *u;
	uint32_t claim;
};

static const struct fm_unit *unit_of(const struct fm_planner *p, unsigned i)
{
	uint16_t vf;
	uint32_t u = p->plan->placed[i].placed
			     ? fm_world_unit(&p->world, p->plan->placed[i].fn, &vf)
			     : FM_NONE;

	return u == FM_NONE ? NULL : &p->world.unit[u];
}

bool fm_shares_has(const struct fm_planner *p, unsigned i)
{
	const struct fm_unit *u = p->d->claim[i].attrs.weight ? unit_of(p, i) : NULL;
	const struct fm_adapter *a = u ? p->world.adapter[u->adapter].a : NULL;

	return u && u->sum && a->kind != FM_ADAPTER_BASE && !(a->caps & MR_CT_CAP_WEIGHT);
}

static int by_port_and_name(const void *a, const void *b)
{
	const struct sharer *x = a, *y = b;
	int c = (x->u->sum > y->u->sum) - (x->u->sum < y->u->sum);

	if (!c)
		c = strcmp(x->c->profile, y->c->profile);
	if (!c)
		c = strcmp(x->c->device, y->c->device);
	return c ? c : (x->c->index > y->c->index) - (x->c->index < y->c->index);
}

/* The 'n' that stand behind one port. */
static void set_port(struct fm_planner *p, const struct sharer *l, unsigned n)
{
	const struct fm_sum *sum = l->u->sum;
	uint32_t step = p->world.adapter[l->u->adapter].a->rate_step_mbps;
	struct fm_share *s = mr_xcalloc(n + 1, sizeof(*s));
	uint64_t others = sum->guaranteed;

	for (unsigned k = 0; k < n; k++) {
		struct fm_use to;

		fm_fit_rates(l[k].u, l[k].c, &to);
		s[k] = (struct fm_share){to.guaranteed, fm_unit_limit(l[k].u, to.limit),
					 l[k].c->attrs.weight, 0};
		others -= least(others, s[k].guaranteed);
	}
	fm_shares_fill(s, n, sum->e->net_mbps - least(sum->e->net_mbps, others), step);
	for (unsigned k = 0; k < n; k++)
		if (!fm_place_frozen(p, l[k].claim) && s[k].mbps < s[k].limit)
			p->plan->placed[l[k].claim].max_mbps = (uint32_t)s[k].mbps;
	free(s);
}

void fm_shares_set(struct fm_planner *p)
{
	struct sharer *l = NULL;
	unsigned n = 0, cap = 0;

	for (unsigned t = 0; t < p->todos; t++) {
		unsigned i = p->todo[t]; /* a plan looks at each of them */

		if (!fm_shares_has(p, i))
			continue;
		MR_GROW(l, n, cap);
		l[n++] = (struct sharer){&p->d->claim[i], unit_of(p, i), i};
	}
	if (n)
		qsort(l, n, sizeof(*l), by_port_and_name);
	for (unsigned i = 0, k; i < n; i = k) {
		for (k = i + 1; k < n && l[k].u->sum == l[i].u->sum; k++)
			;
		set_port(p, l + i, k - i);
	}
	free(l);
}
