/* SPDX-License-Identifier: Apache-2.0 */
/*
 * world: events a second of the simulation (tests/sim-test/world) on the demo chassis, with the
 * judge after every event and without it: profiles of a random policy that operators move from
 * blade to blade, and the same policy applied anew after random edits. The seed is the same, so
 * that the ratio says what the judge costs; the judge's probes take virtual time, so the
 * numbers of events differ a little.
 */
#include "tests/bench/bench.h"
#include "tests/sim-test/world/seed.h"

#define CHASSIS SRCDIR "/config/demo-chassis.yaml"
#define ROUNDS	2000

struct result {
	uint64_t events, requests;
	double s;
};

static void apply(struct seed_run *r)
{
	struct mr_buf text = {0};
	struct fm_file file;
	struct fm_request q;

	policy_print(&r->p, &text);
	q = seed_request(FM_VERB_APPLY, &file, &text);
	world_ask(r->w, &q);
	mr_buf_done(&text);
}

static void move_one(struct seed_run *r)
{
	unsigned i = (unsigned)mr_rng_below(&r->w->rng, POLICY_PROFILES);
	struct fm_request q = world_request(FM_VERB_MOVE, "profiles", "");
	char name[16], host[16];

	if (!r->p.profile[i].used || r->p.profile[i].is_template)
		return;
	mr_fmt(name, sizeof(name), "p%u", i);
	mr_fmt(host, sizeof(host), "blade%02u",
	       1 + (unsigned)mr_rng_below(&r->w->rng, r->p.hosts));
	q.name = name;
	q.host = host;
	q.yes = true;
	world_ask(r->w, &q);
}

static void edit_one(struct seed_run *r)
{
	policy_edit(&r->p, &r->w->rng);
	apply(r);
}

static int measure(unsigned rounds, void (*round)(struct seed_run *r), bool judged,
		   struct result *ret)
{
	struct seed_run r;
	int64_t begin;

	seed_begin(&r, CHASSIS, 1, false);
	r.w->untraced = true;
	if (!judged) {
		r.w->after_step = NULL;
		r.w->before_batch = NULL;
	}
	apply(&r);
	world_settle(r.w, SEED_SETTLE_NS);
	ret->events = r.w->events;
	ret->requests = oracle_requests(r.oracle);
	begin = bench_cpu_ns();
	for (unsigned i = 0; i < rounds; i++) {
		round(&r);
		world_settle(r.w, SEED_SETTLE_NS);
	}
	ret->s = (double)(bench_cpu_ns() - begin) / 1e9;
	ret->events = r.w->events - ret->events;
	ret->requests = oracle_requests(r.oracle) - ret->requests;
	if (r.failed)
		fprintf(stderr, "world: %s\n", r.why);
	seed_end(&r);
	return r.failed ? -1 : 0;
}

static double rate(const struct result *r)
{
	return r->s > 0 ? (double)r->events / r->s : 0;
}

static int subject(const struct bench_options *o, const char *what, unsigned rounds,
		   void (*round)(struct seed_run *r))
{
	struct result judged = {0}, bare = {0};

	for (unsigned i = 0; i < o->rounds; i++) {
		struct result j, b;

		if (measure(rounds, round, true, &j) || measure(rounds, round, false, &b))
			return -1;
		judged = rate(&j) > rate(&judged) ? j : judged;
		bare = rate(&b) > rate(&bare) ? b : bare;
	}
	fprintf(o->out,
		"{\"bench\": \"world/%s\", \"rounds\": %u, \"events\": %llu, "
		"\"requests\": %llu, \"events_per_s\": %.0f, \"bare_events_per_s\": %.0f, "
		"\"ratio\": %.3f}\n",
		what, rounds, (unsigned long long)judged.events,
		(unsigned long long)judged.requests, rate(&judged), rate(&bare),
		rate(&judged) / rate(&bare));
	return 0;
}

int bench_world(const struct bench_options *o)
{
	unsigned rounds = o->count ? o->count : ROUNDS;

	return subject(o, "events", rounds, move_one) ||
	       subject(o, "edits", rounds / 10 + 1, edit_one);
}
