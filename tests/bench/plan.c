/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Placement and planning: adapters at 90 % of their functions and guarantees, from an empty
 * fabric, of a full one from scratch, and after one change by a planner that lives on.
 * Baseline: qsort of the same claims by name.
 */
#include "fabric-manager/plan/plan.h"

#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "common/xalloc.h"
#include "tests/bench/bench.h"
#include "tests/bench/engine/fabric.h"

#define VFS	    70 /* of an adapter, 90 % used */
#define PER_CHASSIS 200
#define DEVICES	    5 /* of a profile */

struct fabric {
	struct fm_inventory inv;
	struct fm_desired *d;
	struct fm_plan_host *host;
	struct fm_assignment *a;
	const struct fm_assignment **current;
	struct fm_plan_input in;
};

static void make_host(struct fm_host *h, struct fm_host_def *def, unsigned chassis, unsigned i)
{
	bench_host(h, chassis, i);
	memcpy(def->name, h->name, sizeof(def->name));
	def->chassis = (uint16_t)chassis;
	def->roots = 1;
	def->root[0] = h->port;
	def->known = true;
	def->group = -1;
}

static void make_adapter(struct fm_adapter *a, struct fm_edge *e, struct fm_pool_part *part,
			 unsigned chassis, unsigned i)
{
	mr_fmt(a->name, sizeof(a->name), "nic%03u", i);
	a->port = (uint16_t)(256 + i);
	a->slot = (uint16_t)i;
	a->present = a->link = true;
	a->kind = i % 2 ? FM_ADAPTER_MRA : FM_ADAPTER_SRIOV;
	a->device_class = MR_CLASS_ETHERNET;
	a->pfs = 1;
	a->vfs = VFS;
	a->caps = MR_CT_CAP_MIN_RATE | MR_CT_CAP_SPOOF | MR_CT_CAP_TRUST | MR_CT_CAP_VLAN;
	a->vhs = i % 2 ? 256 : 0;
	a->vh_of = a->vhs ? mr_xcalloc(a->vhs, sizeof(*a->vh_of)) : NULL;
	for (unsigned d = 1; d < a->vhs; d++)
		a->vh_of[d] = FM_WHOLE;
	a->pf[0].net_mbps = 100000;
	a->pf[0].numvfs = VFS;
	a->pf[0].vf_stride = a->pf[0].vf_offset = 1;
	a->pf[0].vf_bar[0] = (struct fm_bar){.size = 65536, .flags = MR_BAR_64};
	a->fn = mr_xcalloc(VFS, sizeof(*a->fn));
	for (unsigned v = 0; v < VFS; v++)
		a->fn[v].row_bridge = FM_NO_BRIDGE;
	*e = (struct fm_edge){.chassis = (uint16_t)chassis,
			      .port = a->port,
			      .net_mbps = 100000,
			      .guaranteed_max_mbps = 100000,
			      .limit_max_mbps = UINT64_MAX};
	*part = (struct fm_pool_part){
		.chassis = (uint16_t)chassis, .port = a->port, .vf_last = VFS - 1};
}

static void make_chassis(struct fabric *f, unsigned adapters, unsigned hosts)
{
	unsigned n = (adapters + PER_CHASSIS - 1) / PER_CHASSIS;
	struct fm_desired *d = f->d;

	f->inv.chassis = mr_xcalloc(n, sizeof(*f->inv.chassis));
	f->inv.n = n;
	d->edge = mr_xcalloc(adapters, sizeof(*d->edge));
	d->host = mr_xcalloc(hosts + n, sizeof(*d->host));
	f->host = mr_xcalloc(hosts + n, sizeof(*f->host));
	d->pool->part = mr_xcalloc(adapters, sizeof(*d->pool->part));
	for (unsigned c = 0; c < n; c++) {
		struct fm_chassis *ch = &f->inv.chassis[c];

		mr_fmt(ch->name, sizeof(ch->name), "c%u", c);
		ch->observed = true;
		ch->adapters = adapters / n;
		ch->hosts = (hosts + n - 1) / n;
		ch->adapter = mr_xcalloc(ch->adapters, sizeof(*ch->adapter));
		ch->host = mr_xcalloc(ch->hosts, sizeof(*ch->host));
		for (unsigned i = 0; i < ch->adapters; i++, d->edges++, d->pool->parts++)
			make_adapter(&ch->adapter[i], &d->edge[d->edges],
				     &d->pool->part[d->pool->parts], c, i);
		for (unsigned i = 0; i < ch->hosts; i++, d->hosts++) {
			make_host(&ch->host[i], &d->host[d->hosts], c, i);
			f->host[d->hosts].lvf = i % 2;
		}
	}
}

static void make_claims(struct fabric *f, unsigned claims)
{
	struct fm_desired *d = f->d;

	d->claim = mr_xcalloc(claims, sizeof(*d->claim));
	d->rule = mr_xcalloc(claims / DEVICES + 1, sizeof(*d->rule));
	for (unsigned i = 0; i < claims; i++) {
		struct fm_claim *c = &d->claim[d->claims++];
		struct fm_rule *r = &d->rule[d->rules];
		char name[32];

		mr_fmt(name, sizeof(name), "profile%06u", i / DEVICES);
		c->profile = i % DEVICES ? c[-1].profile : fm_desired_str(d, name);
		mr_fmt(name, sizeof(name), "data%u", i % DEVICES);
		c->device = fm_desired_str(d, name);
		c->count = 1;
		c->driver = "";
		c->priority = 1000;
		c->host = (uint16_t)(i / DEVICES % d->hosts);
		c->guaranteed_mbps = c->attrs.min_mbps = 1400;
		c->limit_mbps = c->attrs.max_mbps = 10000;
		c->attrs.vlan = 100;
		c->ident[0] =
			(struct fm_ident_want){.source = FM_IDENT_POOL, .type = MR_IDENT_MAC};
		if (i % DEVICES != 1)
			continue;
		r->required = true;
		r->claims = 2;
		r->claim = mr_xcalloc(2, sizeof(*r->claim));
		r->claim[0] = i - 1;
		r->claim[1] = i;
		d->rules++;
	}
}

static void make_fabric(struct fabric *f, unsigned claims, unsigned adapters)
{
	struct fm_desired *d = fm_desired_new();

	*f = (struct fabric){.d = d};
	d->pool = mr_xcalloc(1, sizeof(*d->pool));
	d->pools = 1;
	d->pool->reservable_permille = 1000;
	d->ident_pool = mr_xcalloc(1, sizeof(*d->ident_pool));
	d->ident_pools = 1;
	d->ident_pool->type = MR_IDENT_MAC;
	d->ident_pool->range = mr_xcalloc(1, sizeof(*d->ident_pool->range));
	d->ident_pool->range[0] = (struct fm_ident_range){0x020000000000, 0x0200000fffff};
	d->ident_pool->ranges = 1;
	make_chassis(f, adapters, adapters < 32 ? 32 : adapters);
	make_claims(f, claims);
	f->in = (struct fm_plan_input){.desired = d, .inventory = &f->inv, .host = f->host};
}

static void free_fabric(struct fabric *f)
{
	fm_inventory_done(&f->inv);
	fm_desired_free(f->d);
	free(f->host);
	free(f->a);
	free(f->current);
}

/* Every placed claim is Active. */
static void settle(struct fabric *f, const struct fm_plan *p)
{
	f->a = mr_xcalloc(p->claims, sizeof(*f->a));
	f->current = mr_xcalloc(p->claims, sizeof(const struct fm_assignment *));
	for (unsigned i = 0; i < p->claims; i++) {
		const struct fm_claim *c = &f->d->claim[i];
		struct fm_assignment *a = &f->a[i];

		if (!p->placed[i].placed)
			continue;
		mr_copy(a->profile, sizeof(a->profile), c->profile);
		mr_copy(a->device, sizeof(a->device), c->device);
		memcpy(a->host, f->d->host[c->host].name, sizeof(a->host));
		a->count = 1;
		a->id = i + 1;
		a->phase = FM_PHASE_ACTIVE;
		a->has_fn = true;
		a->fn = p->placed[i].fn;
		a->place = p->placed[i].place;
		a->chassis = f->d->host[c->host].chassis;
		a->guaranteed_mbps = c->guaranteed_mbps;
		a->limit_mbps = c->limit_mbps;
		a->attrs = fm_placed_attrs(&f->in, &p->placed[i], c);
		f->current[f->in.currents++] = a;
	}
	f->in.current = f->current;
}

static int name_cmp(const void *pa, const void *pb)
{
	const struct fm_claim *a = *(const struct fm_claim *const *)pa;
	const struct fm_claim *b = *(const struct fm_claim *const *)pb;
	int c = strcmp(a->profile, b->profile);

	return c ? c : strcmp(a->device, b->device);
}

/* The baseline: what it costs to look at every claim's name in order. */
static double sort_ms(const struct fabric *f)
{
	const struct fm_claim **list = mr_xcalloc(f->d->claims, sizeof(*list));
	int64_t start;

	for (unsigned i = 0; i < f->d->claims; i++)
		list[i] = &f->d->claim[(uint64_t)i * 7919 % f->d->claims];
	start = bench_cpu_ns();
	qsort(list, f->d->claims, sizeof(*list), name_cmp);
	start = bench_cpu_ns() - start;
	free(list);
	return (double)start / 1e6;
}

/* Best of the rounds, in ms; the last plan in '*ret'. */
static double plan_ms(const struct fabric *f, unsigned rounds, struct fm_plan **ret,
		      int64_t *ret_bytes)
{
	int64_t best = INT64_MAX, before;

	for (unsigned i = 0; i < rounds; i++) {
		int64_t start;

		fm_plan_free(*ret);
		before = bench_rss();
		bench_rss_reset();
		start = bench_cpu_ns();
		*ret = fm_plan_make(&f->in);
		start = bench_cpu_ns() - start;
		best = start < best ? start : best;
		if (!i)
			*ret_bytes = bench_rss_peak() - before;
	}
	return (double)best / 1e6;
}

static unsigned placed(const struct fm_plan *p)
{
	unsigned n = 0;

	for (unsigned i = 0; i < p->claims; i++)
		n += p->placed[i].placed;
	return n;
}

/* What changes in a full fabric, and the planner is told of. */
enum what {
	WHAT_CLAIM,	 /* a document asks for another limit: one update */
	WHAT_ASSIGNMENT, /* one is released: its claim is given a function again */
	WHAT_ADAPTER,	 /* one is pulled: all of its claims look for another */
	WHATS
};
static const char *const what_text[WHATS] = {"a claim's limit", "an assignment is gone",
					     "an adapter is pulled"};

/* Changes it in round 'i', and back in the next one. */
static void disturb(struct fabric *f, struct fm_planner *p, enum what what, unsigned i)
{
	unsigned at = f->d->claims / 2;
	struct fm_claim *c = &f->d->claim[at];
	struct fm_adapter *a = &f->inv.chassis[0].adapter[0];

	switch (what) {
	case WHAT_CLAIM:
		c->limit_mbps = c->attrs.max_mbps = i % 2 ? 10000 : 5000;
		fm_planner_claim_changed(p, at);
		break;
	case WHAT_ASSIGNMENT:
		f->current[at] = i % 2 ? &f->a[at] : NULL;
		fm_planner_current_changed(p, at);
		break;
	default:
		a->present = i % 2;
		fm_planner_adapter_changed(p, 0, a->port);
		break;
	}
}

/* A planner that lives on, at one change after the other: the best round, in ms. */
static int again(const struct bench_options *o, struct fabric *f, enum what what, double bar_ms,
		 double base)
{
	struct fm_planner *p = fm_planner_new(&f->in);
	int64_t best = INT64_MAX;
	unsigned changes = 0;

	fm_planner_plan(p);
	for (unsigned i = 0; i < o->rounds * 2; i++) {
		int64_t start = bench_cpu_ns();

		disturb(f, p, what, i);
		changes = i % 2 ? changes : fm_planner_plan(p)->changes;
		if (i % 2)
			fm_planner_plan(p);
		start = bench_cpu_ns() - start;
		best = !(i % 2) && start < best ? start : best;
	}
	fm_planner_free(p);
	fprintf(o->out,
		"{\"bench\": \"plan\", \"what\": \"%s\", \"claims\": %u, \"changes\": %u, "
		"\"ms\": %.3f, \"bar_ms\": %.0f, "
		"\"baseline\": \"qsort of the claims by name\", \"baseline_ms\": %.3f, "
		"\"ratio\": %.4f}\n",
		what_text[what], f->d->claims, changes, (double)best / 1e6, bar_ms, base,
		base / ((double)best / 1e6));
	return changes ? 0 : -1;
}

static int run(const struct bench_options *o, unsigned claims, double bar_ms,
	       double replan_bar_ms)
{
	unsigned adapters =
		claims < 125 ? 2 : claims * 16 / 1000; /* two: rules keep functions apart */
	struct fabric f;
	struct fm_plan *p = NULL;
	int64_t bytes, replan_bytes;
	double ms, base;
	unsigned full;
	int r = 0;

	make_fabric(&f, claims, adapters);
	base = sort_ms(&f);
	ms = plan_ms(&f, o->rounds, &p, &bytes);
	full = placed(p);
	fprintf(o->out,
		"{\"bench\": \"plan\", \"what\": \"from empty\", \"claims\": %u, \"adapters\": "
		"%u, "
		"\"placed\": %u, \"ms\": %.3f, \"bar_ms\": %.0f, \"bytes_per_claim\": %.0f, "
		"\"baseline\": \"qsort of the claims by name\", \"baseline_ms\": %.3f, "
		"\"ratio\": %.4f}\n",
		claims, adapters, full, ms, bar_ms, (double)bytes / claims, base, base / ms);
	settle(&f, p);
	ms = plan_ms(&f, o->rounds, &p, &replan_bytes);
	fprintf(o->out,
		"{\"bench\": \"plan\", \"what\": \"from scratch, all runs\", \"claims\": %u, "
		"\"changes\": %u, \"ms\": %.3f, \"bar_ms\": %.0f, "
		"\"baseline\": \"qsort of the claims by name\", \"baseline_ms\": %.3f, "
		"\"ratio\": %.4f}\n",
		claims, p->changes, ms, bar_ms, base, base / ms);
	r = p->changes || full != claims ? -1 : 0;
	for (unsigned w = 0; w < WHATS; w++)
		r |= again(o, &f, (enum what)w, replan_bar_ms, base);
	fm_plan_free(p);
	free_fabric(&f);
	return r;
}

/* 1,000 claims on 16 adapters and 100,000 on 1,600; with --count one run of that size. */
int bench_plan(const struct bench_options *o)
{
	if (o->count)
		return run(o, o->count, 5, 5);
	if (run(o, 1000, 5, 5))
		return -1;
	return run(o, 100000, 1000, 5);
}
