/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The judge: whether a placement breaks a hard limit, and what it is worth by each goal. It
 * replays the placement into a book and compares sums with capacities afterwards, so it does
 * not lean on what fits() allowed.
 */
#include <stdio.h>

#include "common/str.h"
#include "tests/fleet/fleet.h"

#define WHY 256

const char *const fleet_goal_names[FLEET_GOALS] = {"value", "kept", "apart", "balance",
						   "whole"};

static bool over(char *why, const char *what, unsigned i, uint64_t used, uint64_t have)
{
	if (used <= have)
		return false;
	mr_fmt(why, WHY, "%s %u: %llu of %llu", what, i, (unsigned long long)used,
	       (unsigned long long)have);
	return true;
}

static bool sums_hold(const struct fleet_book *b, char *why)
{
	const struct fleet *f = b->f;

	for (unsigned i = 0; i < f->units; i++)
		if (over(why, "guarantees of port", i, b->unit_mbps[i], f->unit[i].mbps) ||
		    over(why, "functions of PF", i, b->unit_vfs[i], f->unit[i].vfs) ||
		    over(why, "vectors of PF", i, b->unit_msix[i], f->unit[i].msix) ||
		    over(why, "framebuffer of PF", i, b->unit_fb[i],
			 f->unit[i].framebuffer_mib))
			return false;
	for (unsigned i = 0; i < f->adapters; i++) {
		const struct fleet_adapter *a = &f->adapter[i];

		if ((!a->gpu &&
		     over(why, "link of adapter", i, b->adapter_mbps[i], a->link_mbps)) ||
		    over(why, "device VHs of adapter", i, b->adapter_vhs[i], a->vhs))
			return false;
	}
	for (unsigned i = 0; i < f->hosts; i++)
		if (over(why, "link of host", i, b->host_mbps[i], f->host[i].link_mbps) ||
		    over(why, "bridges of host", i, b->host_bridges[i], f->host[i].bridges))
			return false;
	return true;
}

static bool together(const struct fleet *f, const struct fleet_pair *p, const uint32_t *at)
{
	uint32_t a = at[p->a], b = at[p->b];

	if (a == FLEET_NONE || b == FLEET_NONE)
		return false;
	return p->over_port ? a == b : f->unit[a].adapter == f->unit[b].adapter;
}

/* See fleet.h. */
bool fleet_judge(const struct fleet *f, const uint32_t *at, char *why)
{
	struct fleet_book *b;
	bool ok;

	for (unsigned i = 0; i < f->claims; i++) {
		if (at[i] == FLEET_NONE || (at[i] < f->units && fleet_candidate(f, i, at[i])))
			continue;
		mr_fmt(why, WHY, "claim %u is on PF %u, which is not in its pool", i, at[i]);
		return false;
	}
	for (unsigned i = 0; i < f->pairs; i++) {
		if (!f->pair[i].required || !together(f, &f->pair[i], at))
			continue;
		mr_fmt(why, WHY, "claims %u and %u have to be apart", f->pair[i].a,
		       f->pair[i].b);
		return false;
	}
	b = fleet_book_new(f);
	for (unsigned i = 0; i < f->claims; i++)
		if (at[i] != FLEET_NONE)
			fleet_book_take(b, i, at[i]);
	ok = sums_hold(b, why);
	fleet_book_free(b);
	return ok;
}

/* Share of the fullest port of a chassis, and its adapters without a user. */
static void count_ports(const struct fleet_book *b, const struct fleet_chassis *c,
			struct fleet_goals *g)
{
	const struct fleet *f = b->f;
	uint64_t most = 0;

	for (unsigned i = c->adapter; i < c->adapter + c->adapters; i++) {
		const struct fleet_adapter *a = &f->adapter[i];
		bool used = false;

		for (unsigned u = a->unit; u < a->unit + a->units; u++) {
			uint64_t share =
				f->unit[u].mbps ? b->unit_mbps[u] * 1000 / f->unit[u].mbps : 0;

			most = share > most ? share : most;
			used |= b->unit_vfs[u] > 0;
		}
		g->goal[4] += !used;
	}
	g->goal[3] -= (int64_t)most;
}

/* See fleet.h. */
struct fleet_goals fleet_goals(const struct fleet *f, const uint32_t *at, unsigned first,
			       unsigned n)
{
	struct fleet_book *b = fleet_book_new(f);
	struct fleet_goals g = {0};

	for (unsigned k = first; k < first + n; k++) {
		const struct fleet_chassis *c = &f->chassis[k];

		for (unsigned i = c->claim; i < c->claim + c->claims; i++) {
			const struct fleet_claim *cl = &f->claim[i];

			g.placed += at[i] != FLEET_NONE;
			g.moved += cl->prior != FLEET_NONE && at[i] != cl->prior;
			g.goal[0] += at[i] == FLEET_NONE ? 0 : INT64_C(1) << cl->rank;
			g.goal[1] += cl->prior != FLEET_NONE && at[i] == cl->prior;
			if (at[i] != FLEET_NONE)
				fleet_book_take(b, i, at[i]);
		}
		for (unsigned i = c->pair; i < c->pair + c->pairs; i++)
			g.goal[2] -= !f->pair[i].required && together(f, &f->pair[i], at);
		count_ports(b, c, &g);
	}
	fleet_book_free(b);
	return g;
}
