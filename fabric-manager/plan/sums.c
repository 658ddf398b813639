/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sums of ports and PCIe links as they will be when a plan is carried out, for the answer
 * to an operator. A planner that lives on keeps them once they were asked for, with the part
 * that each claim has in them: then only claims that some plan looked at since are counted
 * anew.
 */
#include <stdlib.h>
#include <string.h>

#include "common/tree.h"
#include "common/xalloc.h"
#include "fabric-manager/plan/place.h"
#include "fabric-manager/plan/show.h"

/* What one claim has. */
struct part {
	uint32_t unit; /* FM_NONE: nothing */
	uint32_t host; /* root; FM_NONE: none that we see */
	uint32_t guaranteed, limit;
};

struct unit_sum {
	uint64_t guaranteed, limit;
	uint32_t used;
};

struct fm_sums {
	struct part *part; /* by claim */
	unsigned parts;
	struct unit_sum *unit; /* by unit of the world */
	uint64_t *host;	       /* by root: what is guaranteed on its link */
	uint32_t *later;       /* claims that were looked at, and are not any more */
	unsigned laters, cap_later;
};

/* ---- counting ---- */

static uint32_t capped(uint64_t v)
{
	return v < UINT32_MAX ? (uint32_t)v : UINT32_MAX;
}

/* What claim 'i' has when the plan is carried out. */
static struct part part_of(const struct fm_world *w, const struct fm_plan *p, unsigned i)
{
	const struct fm_plan_input *in = w->in;
	const struct fm_placed *pl = &p->placed[i];
	const struct fm_claim *c = &in->desired->claim[i];
	bool held = pl->reason != MR_REASON_OK && pl->reason != MR_REASON_GUARANTEE_BROKEN &&
		    pl->current >= 0;
	const struct fm_assignment *a = held ? in->current[pl->current] : NULL;
	uint64_t guaranteed = a ? a->guaranteed_mbps : c->guaranteed_mbps;
	uint64_t limit = a ? a->limit_mbps : c->limit_mbps;
	struct part r = {.unit = FM_NONE, .host = FM_NONE};
	const struct fm_unit *u;
	uint16_t vf;

	if (pl->placed)
		r.unit = fm_world_unit(w, pl->fn, &vf);
	if (r.unit == FM_NONE)
		return r;
	u = &w->unit[r.unit];
	if (c->host != FM_WHOLE)
		r.host = fm_world_host(w, in->desired->host[c->host].chassis, pl->place.port);
	r.guaranteed = capped(fm_unit_promise(u, guaranteed));
	r.limit = capped(fm_unit_limit(u, fm_unit_over(u, limit, guaranteed)));
	return r;
}

static void add(struct fm_sums *s, const struct part *r)
{
	if (r->unit == FM_NONE)
		return;
	s->unit[r->unit].used++;
	s->unit[r->unit].guaranteed += r->guaranteed;
	s->unit[r->unit].limit += r->limit;
	if (r->host != FM_NONE)
		s->host[r->host] += r->guaranteed;
}

static void take(struct fm_sums *s, const struct part *r)
{
	if (r->unit == FM_NONE)
		return;
	s->unit[r->unit].used--;
	s->unit[r->unit].guaranteed -= r->guaranteed;
	s->unit[r->unit].limit -= r->limit;
	if (r->host != FM_NONE)
		s->host[r->host] -= r->guaranteed;
}

static struct fm_sums *sums_new(const struct fm_world *w)
{
	struct fm_sums *s = MR_NEW(struct fm_sums);

	s->unit = mr_xcalloc(w->units + 1, sizeof(*s->unit));
	s->host = mr_xcalloc(w->hosts + 1, sizeof(*s->host));
	return s;
}

static void sums_free(struct fm_sums *s)
{
	if (!s)
		return;
	free(s->part);
	free(s->unit);
	free(s->host);
	free(s->later);
	free(s);
}

/* ---- in words ---- */

/* Adds up the units that share the network port of 'unit'. */
static struct unit_sum port_sum(const struct fm_sums *s, const struct fm_world *w,
				uint32_t unit)
{
	const struct fm_unit_adapter *a = &w->adapter[w->unit[unit].adapter];
	struct unit_sum sum = {0};

	for (uint32_t u = a->unit; u < a->unit + a->units; u++) {
		if (w->unit[u].sum != w->unit[unit].sum)
			continue;
		sum.used += s->unit[u].used;
		sum.guaranteed += s->unit[u].guaranteed;
		sum.limit += s->unit[u].limit;
	}
	return sum;
}

/* Network ports; one that PFs share stands under the first of them. */
static void add_edges(struct mr_tree *list, const struct fm_sums *s, const struct fm_world *w)
{
	for (unsigned u = 0; u < w->units; u++) {
		const struct fm_sum *port = w->unit[u].sum;
		struct unit_sum sum;
		struct mr_buf b = {0};
		struct mr_tree *t;
		bool first = true;

		for (uint32_t k = w->adapter[w->unit[u].adapter].unit; k < u; k++)
			first &= w->unit[k].sum != port;
		if (!port || !first)
			continue;
		sum = port_sum(s, w, u);
		if (!sum.used)
			continue;
		t = mr_tree_add_map(list, NULL);
		fm_unit_words(w, u, &b);
		mr_tree_add_text(t, "port", mr_buf_text(&b));
		mr_buf_done(&b);
		mr_tree_add_int(t, "functions", sum.used);
		fm_show_add_rate(t, "guaranteed", sum.guaranteed);
		fm_show_add_rate(t, "reservable", port->e->guaranteed_max_mbps);
		fm_show_add_rate(t, "limits", sum.limit);
		fm_show_add_rate(t, "limitsAllowed", port->e->limit_max_mbps);
	}
}

static void add_link(struct mr_tree *list, const char *kind, const char *name,
		     uint64_t guaranteed, uint64_t max)
{
	struct mr_tree *t;

	if (!guaranteed || max == UINT64_MAX)
		return;
	t = mr_tree_add_map(list, NULL);
	mr_tree_add_text(t, kind, name);
	fm_show_add_rate(t, "guaranteed", guaranteed);
	fm_show_add_rate(t, "reservable", max);
}

/* PCIe links on which something is guaranteed. */
static void add_links(struct mr_tree *list, const struct fm_sums *s, const struct fm_world *w)
{
	for (unsigned i = 0; i < w->adapters; i++) {
		const struct fm_unit_adapter *a = &w->adapter[i];
		uint64_t sum = 0;

		for (uint32_t u = a->unit; u < a->unit + a->units; u++)
			sum += s->unit[u].guaranteed;
		add_link(list, "adapter", a->a->name, sum, a->link.max);
	}
	for (unsigned i = 0; i < w->hosts; i++) {
		struct mr_buf b = {0};

		if (!s->host[i])
			continue;
		fm_world_root_words(w, i, &b);
		add_link(list, "host", mr_buf_text(&b), s->host[i], w->host[i].link.max);
		mr_buf_done(&b);
	}
}

static void add_sums(struct mr_tree *t, const struct fm_sums *s, const struct fm_world *w)
{
	add_edges(mr_tree_add_list(t, "edges"), s, w);
	add_links(mr_tree_add_list(t, "links"), s, w);
}

/* All of them counted: "edges" and "links" of the tree of a plan. */
void fm_sums_tree(const struct fm_plan *p, const struct fm_plan_input *in, struct mr_tree *t)
{
	struct fm_sums *s;
	struct fm_world w;

	fm_world_init(&w, in);
	s = sums_new(&w);
	for (unsigned i = 0; i < p->claims; i++) {
		struct part r = part_of(&w, p, i);

		add(s, &r);
	}
	add_sums(t, s, &w);
	sums_free(s);
	fm_world_done(&w);
}

/* ---- kept ---- */

static void grow(struct fm_sums *s, unsigned claims)
{
	if (claims <= s->parts)
		return;
	s->part = mr_xrealloc(s->part, claims + claims / 16 + 1, sizeof(*s->part));
	for (unsigned i = s->parts; i < claims + claims / 16 + 1; i++)
		s->part[i] = (struct part){.unit = FM_NONE, .host = FM_NONE};
	s->parts = claims + claims / 16 + 1;
}

static void count(struct fm_planner *p, unsigned i)
{
	struct fm_sums *s = p->sums;

	take(s, &s->part[i]);
	s->part[i] = part_of(&p->world, p->plan, i);
	add(s, &s->part[i]);
}

/* The same of the planner's own plan: only what is open, or was, is counted anew. */
void fm_sums_kept_tree(struct fm_planner *p, struct mr_tree *t)
{
	struct fm_sums *s = p->sums;
	bool all = !s;

	if (all)
		s = p->sums = sums_new(&p->world);
	grow(s, p->plan->claims);
	for (unsigned i = 0; all && i < p->plan->claims; i++)
		count(p, i);
	for (unsigned n = 0; n < s->laters; n++)
		count(p, s->later[n]);
	for (unsigned n = 0; n < p->todos; n++)
		count(p, p->todo[n]);
	s->laters = 0;
	add_sums(t, s, &p->world);
}

/* Claim 'i' is settled: what a plan says of it from now on is what this one says. */
void fm_sums_settled(struct fm_planner *p, unsigned i)
{
	struct fm_sums *s = p->sums;

	if (!s)
		return;
	if (s->laters > p->plan->claims) {
		fm_sums_drop(p); /* nobody asks any more */
		return;
	}
	MR_GROW(s->later, s->laters, s->cap_later);
	s->later[s->laters++] = i;
}

/* They are counted from scratch when they are asked for. */
void fm_sums_drop(struct fm_planner *p)
{
	sums_free(p->sums);
	p->sums = NULL;
}
