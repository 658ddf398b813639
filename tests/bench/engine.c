// SPDX-License-Identifier: Apache-2.0
/*
 * The whole engine, and not only its planner: a policy of 100,000 claims from empty, a restart
 * with all of them Active, and one change at a time. Four fifths of the claims are made by
 * templates, the rest by profiles of their own. Timed are the engine's own steps, from the
 * event to the last of what follows from it; the chassis answer at once and for nothing.
 * Baseline: resolving the same documents and planning from scratch, in the same run.
 */
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/xalloc.h"
#include "fabric-manager/plan/plan.h"
#include "fabric-manager/policy/resolve.h"
#include "tests/bench/bench.h"
#include "tests/bench/engine/fabric.h"

#define TEMPLATES 10
#define DEVICES	  5
#define FILES	  2
#define CLASSED	  20 /* profiles that name a class */

struct policy {
	struct mr_buf text[FILES];
	struct fm_file file[FILES];
};

static void put(struct mr_buf *b, const char *kind, const char *name)
{
	mr_buf_printf(b, "---\napiVersion: banyan/v1\nkind: %s\nmetadata: {name: %s}\n", kind,
		      name);
}

/* The first one with a limit of its own, or (0) of a class. */
static void put_devices(struct mr_buf *b, const char *indent, unsigned limit)
{
	char qos[64];

	for (unsigned i = 0; i < DEVICES; i++) {
		mr_fmt(qos, sizeof(qos), "{guaranteed: 1400Mbit, limit: %uGbit}",
		       i ? 10 : limit);
		mr_buf_printf(b,
			      "%s- {name: data%u, class: ethernet, pool: nics, qos: %s, "
			      "identity: {mac: {pool: macs}}}\n",
			      indent, i, i || limit ? qos : "gold");
	}
}

static void put_class(struct mr_buf *b, unsigned limit)
{
	put(b, "QosClass", "gold");
	mr_buf_printf(b, "spec: {guaranteed: 1400Mbit, limit: %uGbit}\n", limit);
}

static void put_profile(struct mr_buf *b, const struct fm_inventory *inv, unsigned i,
			unsigned limit)
{
	const struct fm_chassis *c = &inv->chassis[i % inv->n];
	char name[32];

	mr_fmt(name, sizeof(name), "db%06u", i);
	put(b, "ServerProfile", name);
	mr_buf_printf(b, "spec:\n  host: %s\n  devices:\n",
		      c->host[i / inv->n % c->hosts].name);
	put_devices(b, "  ", limit);
}

static void make_policy(struct policy *p, const struct fm_inventory *inv, unsigned profiles)
{
	struct mr_buf *b = &p->text[0];
	char name[32];

	*p = (struct policy){0};
	put(b, "AdapterPool", "nics");
	mr_buf_puts(b, "spec: {adapterSelector: {class: ethernet}}\n");
	put(b, "IdentityPool", "macs");
	mr_buf_puts(b, "spec: {type: mac, ranges: [{start: \"02:00:00:00:00:00\", end: "
		       "\"02:00:00:0f:ff:ff\"}]}\n");
	for (unsigned c = 0; c < inv->n; c++)
		for (unsigned i = 0; i < inv->chassis[c].hosts; i++) {
			put(b, "Host", inv->chassis[c].host[i].name);
			mr_buf_printf(b, "spec: {chassis: %s}\n", inv->chassis[c].name);
		}
	put_class(b, 10);
	put(b, "HostGroup", "all");
	mr_buf_puts(b, "spec: {hostSelector: {matchAll: true}}\n");
	for (unsigned i = 0; i < TEMPLATES; i++) {
		mr_fmt(name, sizeof(name), "web%u", i);
		put(b, "ProfileTemplate", name);
		mr_buf_puts(b, "spec:\n  hostGroup: all\n  template:\n    devices:\n");
		put_devices(b, "    ", 10);
	}
	for (unsigned i = 0; i < profiles; i++)
		put_profile(&p->text[1], inv, i, i && i <= CLASSED ? 0 : 10);
	for (unsigned i = 0; i < FILES; i++)
		p->file[i] = (struct fm_file){i ? "profiles.yaml" : "fabric.yaml",
					      mr_buf_text(&p->text[i]), p->text[i].len};
}

static unsigned active(const struct bench_fabric *f)
{
	unsigned n = 0;

	for (unsigned i = 0; i < fm_engine_assignments(f->engine); i++)
		n += fm_engine_assignment(f->engine, i)->phase == FM_PHASE_ACTIVE;
	return n;
}

/* ---- the baseline ---- */

/* Documents to plan, with all that runs, from scratch; in ms. */
static double scratch_ms(const struct bench_fabric *f, const struct policy *p,
			 unsigned *ret_changes)
{
	unsigned n = fm_engine_assignments(f->engine);
	const struct fm_assignment **current = mr_xcalloc(n + 1, sizeof(*current));
	struct fm_docs docs = {0};
	struct mr_diags diags = {0};
	struct fm_resolve_input in = {.docs = &docs,
				      .inventory = fm_engine_inventory(f->engine)};
	struct fm_plan_input pin = {.inventory = in.inventory};
	struct fm_desired *d;
	struct fm_plan *plan;
	int64_t ns;

	for (unsigned i = 0; i < FILES; i++)
		fm_docs_read(&docs, p->file[i].name, p->file[i].text, p->file[i].len, &diags);
	for (unsigned i = 0; i < n; i++)
		current[i] = fm_engine_assignment(f->engine, i);
	ns = bench_cpu_ns();
	d = fm_resolve(&in, NULL);
	pin.desired = d;
	pin.current = current;
	pin.currents = n;
	plan = fm_plan_make(&pin);
	ns = bench_cpu_ns() - ns;
	*ret_changes = plan->changes;
	fm_plan_free(plan);
	fm_desired_free(d);
	fm_docs_done(&docs);
	mr_diags_done(&diags);
	free(current);
	return (double)ns / 1e6;
}

/* ---- one change ---- */

enum what {
	WHAT_LIMIT,
	WHAT_CLASS,
	WHAT_LINK,
	WHAT_DISCONNECT,
	WHAT_PULL,
	WHATS
};
static const struct {
	const char *text;
	unsigned ops; /* at least so many follow */
} whats[WHATS] = {{"a profile's document asks for another limit", 1},
		  {"a class of 20 profiles has another limit", 1},
		  {"a host's link goes down", 0},
		  {"a profile is disconnected", DEVICES},
		  {"an adapter is pulled", 1}};

static bool disturb(struct bench_fabric *f, enum what what, unsigned round)
{
	struct fm_chassis_event c = {.kind = FM_CE_HOST_LINK};
	struct fm_event ev = {.kind = FM_EV_CHASSIS, .chassis = &c};
	struct mr_buf b = {0};
	struct fm_file file = {"edit.yaml", NULL, 0};
	bool good = true;
	char name[32];

	switch (what) {
	case WHAT_LIMIT:
	case WHAT_CLASS:
		if (what == WHAT_CLASS)
			put_class(&b, 5 + round);
		else
			put_profile(&b, &f->inv, 0, 5 + round);
		file.text = mr_buf_text(&b);
		file.len = b.len;
		bench_fabric_mark(f);
		good = bench_fabric_apply(f, &file, 1);
		mr_buf_done(&b);
		break;
	case WHAT_DISCONNECT:
		mr_fmt(name, sizeof(name), "db%06u", round);
		good = bench_fabric_request(
			f, (struct fm_request){.verb = FM_VERB_DISCONNECT, .name = name});
		break;
	case WHAT_PULL:
		c.kind = FM_CE_ADAPTER_PRESENCE;
		c.port = f->inv.chassis[0].adapter[round].port;
		f->inv.chassis[0].adapter[round].present = false;
		f->inv.chassis[0].adapter[round].plugged = false;
		bench_fabric_event(f, &ev);
		bench_fabric_run(f, MR_NS_PER_S);
		break;
	default:
		c.port = f->inv.chassis[0].host[round].port;
		f->inv.chassis[0].host[round].link = false;
		bench_fabric_event(f, &ev);
		bench_fabric_run(f, MR_NS_PER_S);
	}
	return good;
}

static void line(const struct bench_options *o, const struct bench_fabric *f, const char *what,
		 unsigned claims, int64_t ns, double bar_ms, double base)
{
	double ms = (double)ns / 1e6;

	fprintf(o->out,
		"{\"bench\": \"engine\", \"what\": \"%s\", \"claims\": %u, \"steps\": %u, "
		"\"operations\": %u, \"longest_step_ms\": %.3f, \"ms\": %.3f, \"bar_ms\": "
		"%.0f, \"baseline\": \"resolve and plan from scratch\", \"baseline_ms\": %.3f, "
		"\"ratio\": %.4f}\n",
		what, claims, f->steps, f->ops, (double)f->longest / 1e6, ms, bar_ms, base,
		base / ms);
}

static int change(const struct bench_options *o, struct bench_fabric *f, enum what what,
		  unsigned claims, double base)
{
	struct bench_fabric best = {.ns = INT64_MAX};
	unsigned rounds = o->rounds < 5 ? o->rounds : 5;

	for (unsigned i = 0; i < rounds && i < f->inv.chassis[0].adapters / 2 + 1; i++) {
		bench_fabric_mark(f);
		if (!disturb(f, what, i) || f->ops < whats[what].ops)
			return -1;
		if (f->ns < best.ns)
			best = *f;
	}
	line(o, &best, whats[what].text, claims, best.ns, 5, base);
	return 0;
}

static int run(const struct bench_options *o, unsigned claims)
{
	unsigned adapters = claims * 16 / 1000 ? claims * 16 / 1000 : 1, changes;
	unsigned all = adapters * TEMPLATES * DEVICES + claims / 25 * DEVICES;
	struct bench_fabric f;
	struct policy p;
	double base;
	int r = -1;

	bench_fabric_init(&f, adapters, adapters);
	make_policy(&p, &f.inv, claims / 25);
	f.deaf = true;
	bench_fabric_start(&f);
	bench_fabric_run(&f, MR_NS_PER_S);
	bench_fabric_mark(&f);
	if (!bench_fabric_apply(&f, p.file, FILES))
		goto out;
	base = scratch_ms(&f, &p, &changes);
	line(o, &f, "a policy is applied to an empty fabric", all, f.ns, 0, base);
	bench_fabric_activate(&f);
	bench_fabric_stop(&f);
	f.deaf = false;
	bench_fabric_mark(&f);
	bench_fabric_start(&f);
	bench_fabric_run(&f, 100 * MR_NS_PER_MS);
	base = scratch_ms(&f, &p, &changes);
	line(o, &f, "restart, until every chassis is ready and planned", all, f.ns, 1000, base);
	if (active(&f) != all || changes) {
		fprintf(stderr, "engine: %u of %u are active, %u changes\n", active(&f), all,
			changes);
		goto out;
	}
	bench_fabric_run(&f, 2 * MR_NS_PER_S);
	r = 0;
	for (unsigned w = 0; w < WHATS; w++)
		r |= change(o, &f, (enum what)w, all, base);
out:
	for (unsigned i = 0; i < FILES; i++)
		mr_buf_done(&p.text[i]);
	bench_fabric_done(&f);
	return r;
}

/* 100,000 claims on 1,600 adapters in 8 chassis. */
int bench_engine(const struct bench_options *o)
{
	return run(o, o->count ? o->count : 100000);
}
