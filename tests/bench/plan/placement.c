/* SPDX-License-Identifier: Apache-2.0 */
/*
 * banyan-bench placement: random fleets placed by the planner and, goal by goal, by CBC on the
 * exact model of the same fleet; both answers are judged by tests/fleet. A goal is compared
 * only where those before it are equal.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "common/xalloc.h"
#include "tests/bench/bench.h"
#include "tests/bench/plan/exact.h"
#include "tests/bench/plan/lp.h"
#include "tests/fleet/fabric.h"

#define ROUNDS	   1000 /* plans until a fabric has come to rest */
#define LIMITS	   2	/* of exact: bounds by all limits, no solutions */
#define EXACT_MOST 1024 /* claims: beyond, CBC finds no solution in minutes */

struct run {
	struct fleet_spec spec;
	unsigned plain, seeds, seconds, goals, pinned, exact, preempts, first;
};

static const struct field {
	const char *name;
	size_t at;
	unsigned least, most;
} fields[] = {
	{"claims", offsetof(struct run, spec.claims), 16, 1000000},
	{"load", offsetof(struct run, spec.load), 25, 100},
	{"prior", offsetof(struct run, spec.prior), 0, 100},
	{"pairs", offsetof(struct run, spec.pairs), 0, 80},
	{"ranks", offsetof(struct run, spec.ranks), 1, FLEET_RANKS},
	{"size", offsetof(struct run, spec.size), 1, 100},
	{"plain", offsetof(struct run, plain), 0, 1},
	{"seeds", offsetof(struct run, seeds), 1, 1000000},
	{"time", offsetof(struct run, seconds), 1, 100000},
	{"goals", offsetof(struct run, goals), 1, FLEET_GOALS},
	{"pinned", offsetof(struct run, pinned), 0, 2},
	{"preempts", offsetof(struct run, preempts), 0, 1},
	{"exact", offsetof(struct run, exact), 0, 2},
	{"first", offsetof(struct run, first), 0, 1},
};

static int set_field(struct run *r, const char *name, const char *value)
{
	unsigned long v = strtoul(value, NULL, 10);

	if (strcmp(name, "seed") == 0) {
		r->spec.seed = strtoull(value, NULL, 10);
		return 0;
	}
	for (unsigned i = 0; i < MR_ARRAY_SIZE(fields); i++) {
		if (strcmp(name, fields[i].name) != 0)
			continue;
		if (v < fields[i].least || v > fields[i].most) {
			fprintf(stderr, "--fleet %s: expected %u to %u, not \"%s\"\n", name,
				fields[i].least, fields[i].most, value);
			return -1;
		}
		*(unsigned *)((char *)r + fields[i].at) = (unsigned)v;
		return 0;
	}
	fprintf(stderr, "--fleet: \"%s\" is none of seed", name);
	for (unsigned i = 0; i < MR_ARRAY_SIZE(fields); i++)
		fprintf(stderr, ", %s", fields[i].name);
	fprintf(stderr, "\n");
	return -1;
}

/* "claims=256,load=95,..." */
static int parse(struct run *r, const char *text)
{
	char *copy = mr_xstrdup(text), *save, *word;
	int rc = 0;

	for (word = strtok_r(copy, ",", &save); word && !rc;
	     word = strtok_r(NULL, ",", &save)) {
		char *value = strchr(word, '=');

		if (value)
			*value++ = 0;
		rc = set_field(r, word, value ? value : "");
	}
	free(copy);
	return rc;
}

/* ---- one fleet ---- */

struct ours {
	double first_ms;	/* one plan of the fleet as it is */
	double apart_ms;	/* the same, searches left to another thread */
	double rest_ms;		/* one more, after nothing is left to do */
	double bytes_per_claim; /* beyond the model */
	unsigned rounds;
	struct fleet_goals got;
};

/* The least that a plan takes, which is freed. */
static double time_plan(const struct fleet_fabric *fab, unsigned rounds)
{
	int64_t best = INT64_MAX;

	for (unsigned i = 0; i < rounds; i++) {
		int64_t start = bench_cpu_ns();
		struct fm_plan *p = fm_plan_make(&fab->in);

		start = bench_cpu_ns() - start;
		best = start < best ? start : best;
		fm_plan_free(p);
	}
	return (double)best / 1e6;
}

/* Plans and carries out until nothing is left to do; judges what came of it. */
static int come_to_rest(struct fleet_fabric *fab, const struct fleet *f, unsigned rounds,
			struct ours *ret)
{
	uint32_t *at = mr_xcalloc(f->claims, sizeof(*at));
	struct fm_plan *p = fleet_fabric_converge(fab, ROUNDS, &ret->rounds);
	char why[256];
	int rc = 0;

	fleet_fabric_placement(fab, p, at);
	ret->got = fleet_goals(f, at, 0, f->n_chassis);
	fab->in.aim = p->aim;
	ret->rest_ms = time_plan(fab, rounds);
	if (ret->rounds > ROUNDS || !fleet_judge(f, at, why)) {
		fprintf(stderr, "seed %llu: %s\n", (unsigned long long)f->spec.seed,
			ret->rounds > ROUNDS ? "the plans come to no rest" : why);
		rc = -1;
	}
	fm_plan_free(p);
	free(at);
	return rc;
}

static int plan_fleet(const struct run *r, const struct fleet *f, const struct bench_options *o,
		      struct ours *ret)
{
	struct fleet_fabric *fab = fleet_fabric_new(f);
	int64_t before = bench_rss();
	int rc;

	*ret = (struct ours){0};
	if (r->preempts)
		fleet_fabric_preempt(fab);
	bench_rss_reset();
	time_plan(fab, 1);
	ret->bytes_per_claim = (double)(bench_rss_peak() - before) / f->claims;
	ret->first_ms = time_plan(fab, o->rounds);
	fab->in.apart = true;
	ret->apart_ms = time_plan(fab, o->rounds);
	fab->in.apart = false;
	rc = r->first ? 0 : come_to_rest(fab, f, o->rounds, ret);
	fleet_fabric_free(fab);
	return rc;
}

static int64_t worth(const struct fleet *f)
{
	int64_t sum = 0;

	for (unsigned i = 0; i < f->claims; i++)
		sum += INT64_C(1) << f->claim[i].rank;
	return sum;
}

static void print_fleet(const struct bench_options *o, const struct fleet *f,
			const struct ours *u)
{
	const struct fleet_spec *s = &f->spec;

	fprintf(o->out,
		"{\"bench\": \"placement\", \"seed\": %llu, \"claims\": %u, \"chassis\": %u, "
		"\"adapters\": %u, \"hosts\": %u, \"load_percent\": %.1f, \"prior_percent\": "
		"%u, "
		"\"pairs_percent\": %u, \"ranks\": %u, \"ms\": %.3f, "
		"\"apart_ms\": %.3f, \"rest_ms\": %.3f, "
		"\"bytes_per_claim\": "
		"%.0f, "
		"\"rounds\": %u, \"placed\": %u, \"moved\": %u",
		(unsigned long long)s->seed, f->claims, f->n_chassis, f->adapters, f->hosts,
		fleet_load(f) / 10.0, s->prior, s->pairs, s->ranks, u->first_ms, u->apart_ms,
		u->rest_ms, u->bytes_per_claim, u->rounds, u->got.placed, u->got.moved);
	for (unsigned g = 0; g < FLEET_GOALS; g++)
		fprintf(o->out, "%s\"%s\": %lld", g ? ", " : ", \"goals\": {",
			fleet_goal_names[g], (long long)u->got.goal[g]);
	fprintf(o->out, "}");
}

/* Goal by goal, as long as those before are equal. Returns whether goal 1 is worse than CBC's,
 * or as good with more moves than CBC's. */
static bool print_exact(const struct bench_options *o, const struct exact_answer *a,
			const struct fleet_goals *got)
{
	const char *verdict = "equal";

	for (unsigned g = 0; g < a->goals; g++) {
		if (strcmp(verdict, "equal") != 0)
			verdict = "not compared";
		else if (got->goal[g] != a->best.goal[g])
			verdict = got->goal[g] > a->best.goal[g] ? "better" : "worse";
		fprintf(o->out,
			"%s{\"goal\": \"%s\", \"best\": %lld, \"proven\": %s, \"ms\": %.0f, "
			"\"planner\": \"%s\"}",
			g ? ", " : ", \"cbc\": [", fleet_goal_names[g],
			(long long)a->best.goal[g], a->proven[g] ? "true" : "false",
			(double)a->ns[g] / 1e6, verdict);
	}
	fprintf(o->out, "], \"cbc_moved\": %u", a->best.moved);
	return got->goal[0] < a->best.goal[0] ||
	       (a->goals > 1 && got->goal[0] == a->best.goal[0] && got->moved > a->best.moved);
}

/* What the planner reached of a bound that nothing can be above. */
static void print_gap(const struct bench_options *o, const char *of, double bound, int64_t got)
{
	fprintf(o->out, ", \"bound_of\": \"%s\", \"bound\": %.1f, \"ratio\": %.6f", of, bound,
		bound > 0 ? (double)got / bound : 1);
}

static int compare(const struct run *r, const struct bench_options *o, const struct fleet *f,
		   const struct ours *u, bool *ret_worse)
{
	struct exact_options eo = {.dir = o->dir,
				   .seconds = r->seconds,
				   .goals = r->goals,
				   .running = (enum exact_running)r->pinned};
	double bound = (double)worth(f);
	struct exact_answer a;
	int64_t ns;
	int rc = r->exact ? exact_bound(f, &eo, &bound, &ns) : 0;

	if (r->exact == LIMITS && !rc) {
		rc = exact_relaxed(f, &eo, &bound);
		if (!rc)
			print_gap(o, "every limit, claims split", bound, u->got.goal[0]);
		return rc;
	}
	if (!r->exact || f->claims > EXACT_MOST || rc) {
		print_gap(o, r->exact ? "relaxation" : "all claims", bound, u->got.goal[0]);
		return rc;
	}
	rc = exact_solve(f, &eo, &a);
	if (!rc) {
		print_gap(o, a.proven[0] ? "cbc, proven" : "cbc, lower bound",
			  a.bound < bound ? a.bound : bound, u->got.goal[0]);
		fprintf(o->out, ", \"cbc_time_ratio\": %.1f",
			(double)a.ns[0] / 1e6 / u->first_ms);
		*ret_worse = print_exact(o, &a, &u->got);
	}
	free(a.at);
	return rc;
}

static int one(const struct run *r, const struct bench_options *o, unsigned *worse)
{
	struct fleet *f = fleet_new(&r->spec);
	struct ours u;
	bool is_worse = false;
	int rc = plan_fleet(r, f, o, &u);

	if (!rc) {
		print_fleet(o, f, &u);
		if (!r->first)
			rc = compare(r, o, f, &u, &is_worse);
		fprintf(o->out, "}\n");
		fflush(o->out);
	}
	*worse += is_worse;
	fleet_free(f);
	return rc;
}

/* All of them, also where one fails: CBC ends with an assertion on some. */
static int seeds(struct run r, const struct bench_options *o, unsigned *worse)
{
	int rc = 0;

	r.spec.plain = r.plain;
	for (unsigned n = 0; n < r.seeds; n++, r.spec.seed++)
		if (one(&r, o, worse))
			rc = -1;
	return rc;
}

/* A few small ones, or all that the table of docs/performance.md has. */
static int matrix(struct run r, const struct bench_options *o, unsigned *worse)
{
	static const unsigned sizes[] = {64, 256, 1024, 4096, 100000};
	static const unsigned loads[] = {50, 90, 98};
	int rc = 0;

	for (unsigned s = 0; s < MR_ARRAY_SIZE(sizes); s++) {
		r.spec.claims = o->count ? o->count : sizes[s];
		r.seeds = r.spec.claims <= 256 && !o->count ? 5 : 1;
		for (unsigned k = 0; k < 6 && !rc; k++) {
			r.spec.load = loads[k % 3];
			r.spec.pairs = k < 3 ? 0 : 30;
			r.spec.prior = k % 3 * 50;
			rc = seeds(r, o, worse);
		}
		if (o->count)
			break;
	}
	return rc;
}

/* --fleet claims=N,load=P,...: one kind of fleet; without it, a table. With --count (the smoke
 * test) fleets that the planner does as well as CBC: it fails when it no longer does. */
int bench_placement(const struct bench_options *o)
{
	struct run r = {.spec = {.seed = 1,
				 .claims = 256,
				 .load = 90,
				 .pairs = 30,
				 .ranks = FLEET_RANKS},
			.seeds = 1,
			.pinned = 2,
			.seconds = o->count ? 5 : 60,
			.goals = o->count ? 3 : FLEET_GOALS,
			.exact = 1};
	unsigned worse = 0;
	int rc;

	if (o->fleet && parse(&r, o->fleet))
		return -1;
	if (r.exact && !lp_have_cbc()) {
		fprintf(o->out, "{\"bench\": \"placement\", \"skipped\": \"there is no cbc "
				"(Debian package coinor-cbc)\"}\n");
		return 0;
	}
	rc = o->fleet ? seeds(r, o, &worse) : matrix(r, o, &worse);
	if (worse)
		fprintf(stderr,
			"placement: goal 1 is worse than CBC's, or takes more moves, in %u "
			"fleets\n",
			worse);
	return worse && o->count ? -1 : rc;
}
