/* SPDX-License-Identifier: Apache-2.0 */
/* The rows and columns of the exact model. See exact.h. */
#include "tests/bench/plan/exact.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/xalloc.h"
#include "tests/bench/plan/lp.h"

#define NO_ROW UINT32_MAX

struct model {
	const struct fleet *f;
	const struct fleet_chassis *c;
	const struct exact_options *o;
	unsigned stage;		  /* goal that is looked for */
	struct fleet_goals fixed; /* the ones before it */
	struct lp lp;
	/* rows, by what they limit; counted from the chassis' first */
	uint32_t *claim, *runs, *unit_mbps, *unit_msix, *unit_fb, *unit_vfs, *link, *vhs;
	uint32_t *host_link, *bridges, *full, *whole;
	uint32_t *pf; /* [host * adapters + adapter]: rows that tie LVFs to the attached PF */
	uint32_t *apart; /* first row of each pair: one an adapter or port */
	uint32_t value, kept, together;
	uint32_t *x_unit, *x_claim; /* of each column that places a claim */
	unsigned xs;
};

static uint32_t *rows(unsigned n)
{
	return mr_xcalloc(n + 1, sizeof(uint32_t));
}

static void limit_units(struct model *m)
{
	const struct fleet *f = m->f;

	m->unit_mbps = rows(m->c->units);
	m->unit_msix = rows(m->c->units);
	m->unit_fb = rows(m->c->units);
	m->unit_vfs = rows(m->c->units);
	m->full = rows(m->c->units);
	for (unsigned i = 0; i < m->c->units; i++) {
		const struct fleet_unit *u = &f->unit[m->c->unit + i];

		m->unit_mbps[i] = lp_row(&m->lp, 'L', (double)u->mbps);
		m->unit_msix[i] = lp_row(&m->lp, 'L', (double)u->msix);
		m->unit_fb[i] = lp_row(&m->lp, 'L', (double)u->framebuffer_mib);
		m->unit_vfs[i] = lp_row(&m->lp, 'L', u->vfs);
		m->full[i] = m->stage >= 3 && u->mbps ? lp_row(&m->lp, 'L', 0) : NO_ROW;
	}
}

static void limit_rest(struct model *m)
{
	const struct fleet *f = m->f;

	m->claim = rows(m->c->claims);
	m->runs = rows(m->c->claims);
	m->link = rows(m->c->adapters);
	m->vhs = rows(m->c->adapters);
	m->whole = rows(m->c->adapters);
	m->host_link = rows(m->c->hosts);
	m->bridges = rows(m->c->hosts);
	m->pf = rows(m->c->claims * m->c->adapters);
	for (unsigned i = 0; i < m->c->claims; i++)
		m->claim[i] = lp_row(&m->lp, 'L', 1);
	for (unsigned i = 0; i < m->c->claims; i++)
		m->runs[i] = m->o->running == EXACT_PLACED &&
					     f->claim[m->c->claim + i].prior != FLEET_NONE
				     ? lp_row(&m->lp, 'G', 1)
				     : NO_ROW;
	for (unsigned i = 0; i < m->c->adapters; i++) {
		const struct fleet_adapter *a = &f->adapter[m->c->adapter + i];

		m->link[i] = a->gpu ? NO_ROW : lp_row(&m->lp, 'L', (double)a->link_mbps);
		m->vhs[i] = a->mra ? lp_row(&m->lp, 'L', a->vhs) : NO_ROW;
		m->whole[i] = m->stage >= 4 ? lp_row(&m->lp, 'L', 0) : NO_ROW;
	}
	for (unsigned i = 0; i < m->c->hosts; i++) {
		const struct fleet_host *h = &f->host[m->c->host + i];

		m->host_link[i] = lp_row(&m->lp, 'L', (double)h->link_mbps);
		m->bridges[i] = lp_row(&m->lp, 'L', h->bridges);
	}
}

static unsigned places(const struct model *m, const struct fleet_pair *p)
{
	return p->over_port ? m->c->units : m->c->adapters;
}

static void limit_pairs(struct model *m)
{
	const struct fleet *f = m->f;

	m->apart = rows(m->c->pairs);
	for (unsigned i = 0; i < m->c->pairs; i++) {
		const struct fleet_pair *p = &f->pair[m->c->pair + i];

		m->apart[i] = NO_ROW;
		if (!p->required && m->stage < 2)
			continue;
		m->apart[i] = m->lp.rows;
		for (unsigned k = 0; k < places(m, p); k++)
			lp_row(&m->lp, 'L', 1);
	}
}

/* The goals before stay as good as they were. */
static void limit_goals(struct model *m)
{
	m->value = m->kept = m->together = NO_ROW;
	if (m->stage > 0)
		m->value = lp_row(&m->lp, 'G', (double)m->fixed.goal[0]);
	if (m->stage > 1)
		m->kept = lp_row(&m->lp, 'G', (double)m->fixed.goal[1]);
	if (m->stage > 2)
		m->together = lp_row(&m->lp, 'L', (double)-m->fixed.goal[2]);
}

static void put(struct model *m, uint32_t row, double factor)
{
	if (row != NO_ROW && factor != 0)
		lp_put(&m->lp, row, factor);
}

static void put_pairs(struct model *m, uint32_t c, uint32_t unit, uint32_t adapter,
		      const struct fleet_book *b)
{
	for (uint32_t n = b->mate_first[c]; n < b->mate_first[c + 1]; n++) {
		uint32_t i = b->mate_of[n] - m->c->pair;
		const struct fleet_pair *p = &m->f->pair[b->mate_of[n]];

		if (m->apart[i] != NO_ROW)
			lp_put(&m->lp, m->apart[i] + (p->over_port ? unit : adapter), 1);
	}
}

static double cost(const struct model *m, const struct fleet_claim *cl, bool stays)
{
	if (m->stage == 0)
		return -(double)(UINT32_C(1) << cl->rank);
	return m->stage == 1 && stays ? -1 : 0;
}

/* The column "claim c is on unit u", both counted over the fleet. */
static void place_col(struct model *m, uint32_t c, uint32_t u, const struct fleet_book *b)
{
	const struct fleet_claim *cl = &m->f->claim[c];
	uint32_t unit = u - m->c->unit, a = m->f->unit[u].adapter - m->c->adapter;
	uint32_t host = cl->host - m->c->host;
	uint32_t pf = (c - m->c->claim) * m->c->adapters + a;
	bool lvf = fleet_is_lvf(m->f, c, u), stays = cl->prior == u;

	m->x_claim[m->xs] = c;
	m->x_unit[m->xs++] = u;
	lp_col(&m->lp, cost(m, cl, stays), m->o->running == EXACT_STAYS && stays, 1, true);
	lp_put(&m->lp, m->claim[c - m->c->claim], 1);
	put(m, m->runs[c - m->c->claim], 1);
	put(m, m->unit_mbps[unit], (double)cl->mbps);
	put(m, m->unit_msix[unit], (double)cl->msix);
	put(m, m->unit_fb[unit], (double)cl->framebuffer_mib);
	put(m, m->unit_vfs[unit], 1);
	put(m, m->full[unit], (double)cl->mbps);
	put(m, m->link[a], (double)cl->mbps);
	put(m, m->whole[a], 1);
	put(m, m->host_link[host], (double)cl->mbps);
	put(m, lvf ? m->pf[pf] : m->bridges[host], 1);
	put(m, m->value, (double)(UINT32_C(1) << cl->rank));
	put(m, m->kept, stays);
	put_pairs(m, c, unit, a, b);
}

/* Rows "an LVF for the claim only where its host has the PF attached". */
static void limit_lvfs(struct model *m)
{
	const struct fleet *f = m->f;

	for (unsigned i = 0; i < m->c->claims; i++)
		for (unsigned a = 0; a < m->c->adapters; a++)
			m->pf[i * m->c->adapters + a] =
				f->host[f->claim[m->c->claim + i].host].lvf &&
						f->adapter[m->c->adapter + a].mra
					? lp_row(&m->lp, 'L', 0)
					: NO_ROW;
}

/* The columns "the PF of adapter a is attached to host h": a bridge and a device VH. */
static void attach_cols(struct model *m)
{
	const struct fleet *f = m->f;

	for (unsigned h = m->c->host; h < m->c->host + m->c->hosts; h++)
		for (unsigned a = 0; a < m->c->adapters; a++) {
			if (!f->host[h].lvf || !f->adapter[m->c->adapter + a].mra)
				continue;
			lp_col(&m->lp, 0, 0, 1, true);
			lp_put(&m->lp, m->bridges[h - m->c->host], 1);
			lp_put(&m->lp, m->vhs[a], 1);
			for (unsigned i = 0; i < m->c->claims; i++)
				if (f->claim[m->c->claim + i].host == h)
					lp_put(&m->lp, m->pf[i * m->c->adapters + a], -1);
		}
}

/* What only the later goals have: pairs that are together, the fullest port, adapters in use.
 */
static void goal_cols(struct model *m)
{
	const struct fleet *f = m->f;

	for (unsigned i = 0; m->stage >= 2 && i < m->c->pairs; i++) {
		const struct fleet_pair *p = &f->pair[m->c->pair + i];

		if (p->required)
			continue;
		lp_col(&m->lp, m->stage == 2, 0, 1, true);
		for (unsigned k = 0; k < places(m, p); k++)
			lp_put(&m->lp, m->apart[i] + k, -1);
		put(m, m->together, 1);
	}
	if (m->stage >= 3) {
		double most = m->stage > 3 ? (double)-m->fixed.goal[3] + 0.999 : 1000;

		lp_col(&m->lp, m->stage == 3, 0, most, false);
		for (unsigned i = 0; i < m->c->units; i++)
			put(m, m->full[i], -(double)f->unit[m->c->unit + i].mbps / 1000);
	}
	for (unsigned i = 0; m->stage >= 4 && i < m->c->adapters; i++) {
		const struct fleet_adapter *a = &f->adapter[m->c->adapter + i];
		double vfs = 0;

		for (unsigned u = a->unit; u < a->unit + a->units; u++)
			vfs += f->unit[u].vfs;
		lp_col(&m->lp, 1, 0, 1, true);
		lp_put(&m->lp, m->whole[i], -(vfs > 0 ? vfs : 1));
	}
}

static void build(struct model *m, const struct fleet_book *b)
{
	const struct fleet *f = m->f;

	limit_units(m);
	limit_rest(m);
	limit_lvfs(m);
	limit_pairs(m);
	limit_goals(m);
	m->x_unit = rows(m->c->claims * m->c->units);
	m->x_claim = rows(m->c->claims * m->c->units);
	for (uint32_t c = m->c->claim; c < m->c->claim + m->c->claims; c++)
		for (uint32_t u = m->c->unit; u < m->c->unit + m->c->units; u++)
			if (fleet_candidate(f, c, u) && f->unit[u].vfs)
				place_col(m, c, u, b);
	attach_cols(m);
	goal_cols(m);
}

static void model_done(struct model *m)
{
	uint32_t **all[] = {&m->claim,	   &m->runs,	 &m->unit_mbps, &m->unit_msix,
			    &m->unit_fb,   &m->unit_vfs, &m->link,	&m->vhs,
			    &m->host_link, &m->bridges,	 &m->full,	&m->whole,
			    &m->pf,	   &m->apart,	 &m->x_unit,	&m->x_claim};

	for (unsigned i = 0; i < MR_ARRAY_SIZE(all); i++)
		free(*all[i]);
	lp_done(&m->lp);
}

/* ---- solving ---- */

static void read_placement(const struct model *m, const struct lp_answer *a, uint32_t *at)
{
	for (unsigned i = 0; i < m->c->claims; i++)
		at[m->c->claim + i] = FLEET_NONE;
	for (unsigned x = 0; x < m->xs; x++)
		if (a->value[x] > 0.5)
			at[m->x_claim[x]] = m->x_unit[x];
}

/* Whether placement 'a' of chassis 'k' is better than 'b', by the goals in their order. */
static bool is_better(const struct fleet *f, const uint32_t *a, const uint32_t *b, unsigned k)
{
	struct fleet_goals x = fleet_goals(f, a, k, 1), y = fleet_goals(f, b, k, 1);

	for (unsigned g = 0; g < FLEET_GOALS; g++)
		if (x.goal[g] != y.goal[g])
			return x.goal[g] > y.goal[g];
	return false;
}

/* The best goal of one chassis with those before it fixed; 'at' has the last placement, which
 * stays when nothing better is found in time. */
static int solve_goal(struct model *m, const struct fleet_book *b, uint32_t *at,
		      struct exact_answer *ret)
{
	uint32_t *found = mr_xmemdup(at, m->f->claims * sizeof(*at));
	unsigned k = (unsigned)(m->c - m->f->chassis);
	struct lp_answer a;
	int rc;

	build(m, b);
	rc = lp_solve(&m->lp, m->o->dir, m->o->seconds, false, &a);
	if (!rc && a.found)
		read_placement(m, &a, found);
	if (!rc && is_better(m->f, found, at, k))
		memcpy(at, found, m->f->claims * sizeof(*at));
	free(found);
	if (!rc) {
		ret->proven[m->stage] &= a.found && a.proven;
		ret->ns[m->stage] += a.ns;
		if (!m->stage)
			ret->bound += a.bound > -HUGE_VAL ? -a.bound : HUGE_VAL;
	}
	free(a.value);
	model_done(m);
	return rc;
}

/* See exact.h. */
int exact_solve(const struct fleet *f, const struct exact_options *o, struct exact_answer *ret)
{
	struct fleet_book *b = fleet_book_new(f);
	char why[256];
	int rc = 0;

	*ret = (struct exact_answer){.goals = o->goals};
	ret->at = mr_xcalloc(f->claims, sizeof(*ret->at));
	for (unsigned i = 0; i < f->claims; i++)
		ret->at[i] = FLEET_NONE;
	for (unsigned g = 0; g < FLEET_GOALS; g++)
		ret->proven[g] = true;
	for (unsigned k = 0; k < f->n_chassis && !rc; k++)
		for (unsigned g = 0; g < o->goals && !rc; g++) {
			struct model m = {.f = f, .c = &f->chassis[k], .o = o, .stage = g};

			m.fixed = fleet_goals(f, ret->at, k, 1);
			rc = solve_goal(&m, b, ret->at, ret);
		}
	fleet_book_free(b);
	if (!rc && !fleet_judge(f, ret->at, why)) {
		fprintf(stderr, "cbc's placement breaks a limit: %s\n", why);
		rc = -1;
	}
	ret->best = fleet_goals(f, ret->at, 0, f->n_chassis);
	return rc;
}

/* See exact.h. */
int exact_relaxed(const struct fleet *f, const struct exact_options *o, double *ret_bound)
{
	struct fleet_book *b = fleet_book_new(f);
	int rc = 0;

	*ret_bound = 0;
	for (unsigned k = 0; k < f->n_chassis && !rc; k++) {
		struct model m = {.f = f, .c = &f->chassis[k], .o = o};
		struct lp_answer a;

		build(&m, b);
		rc = lp_solve(&m.lp, o->dir, o->seconds, true, &a);
		if (!rc && !a.proven) {
			fprintf(stderr, "cbc has no bound after %u s\n", o->seconds);
			rc = -1;
		}
		*ret_bound += -a.cost;
		free(a.value);
		model_done(&m);
	}
	fleet_book_free(b);
	return rc;
}
