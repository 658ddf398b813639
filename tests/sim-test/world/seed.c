/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every event touched is judged after it, everything once in a while.
 */
#include "tests/sim-test/world/seed.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/err.h"
#include "common/tree.h"
#include "tests/sim-test/world/said.h"

#define TRACE_TAIL 6000
/* The longest pause before something is tried again, and how many are waited for. */
#define PAUSE_NS (65 * MR_NS_PER_S)
#define PAUSES	 4

void seed_fail(struct seed_run *r, const char *fmt, ...)
{
	struct mr_buf b = {0};
	va_list ap;

	if (r->failed)
		return;
	r->failed = true;
	va_start(ap, fmt);
	mr_buf_vprintf(&b, fmt, ap);
	va_end(ap);
	mr_fmt(r->why, sizeof(r->why), "%s", mr_buf_text(&b));
	mr_buf_done(&b);
}

static void after_step(struct world *w, void *arg)
{
	struct seed_run *r = arg;

	(void)w;
	if (!r->failed && !oracle_after_event(r->oracle))
		seed_fail(r, "%s", oracle_complaint(r->oracle));
}

static void before_batch(struct world *w, void *arg)
{
	struct seed_run *r = arg;

	(void)w;
	oracle_traffic(r->oracle);
}

/*
 * Its profile has no host, or there is no room: whether the planner could place it all the same
 * is asked of a plan. One that had a place before keeps the name of its host; it may wait only
 * for what others use, not for what is tombstoned or failed.
 */
static bool may_wait(struct seed_run *r, const struct fm_assignment *a)
{
	bool full = a->reason == MR_REASON_LIMIT || a->reason == MR_REASON_NO_CAPACITY ||
		    a->reason == MR_REASON_NO_BANDWIDTH;

	return a->phase == FM_PHASE_PENDING &&
	       (!a->host[0] || (full && !world_store_tombstones(r->w)));
}

static unsigned not_active(struct seed_run *r, const struct fm_assignment **ret_first)
{
	unsigned n = 0;

	for (unsigned i = 0; i < fm_engine_assignments(r->w->engine); i++) {
		const struct fm_assignment *a = fm_engine_assignment(r->w->engine, i);

		if (a->phase == FM_PHASE_ACTIVE || may_wait(r, a))
			continue;
		if (!n++)
			*ret_first = a;
	}
	return n;
}

static void trace_tree(struct world *w, const struct mr_tree *t)
{
	if (t->kind == MR_TREE_TEXT && t->text)
		world_trace(w, "plan: %s %s", t->key ? t->key : "-", t->text);
	for (unsigned i = 0; i < t->n; i++)
		trace_tree(w, t->child[i]);
}

bool seed_in_force(struct seed_run *r, const struct policy *p)
{
	struct mr_buf text = {0};
	struct fm_file file;
	struct fm_request q;
	bool same;

	policy_print(p, &text);
	q = seed_request(FM_VERB_PLAN, &file, &text);
	same = world_ask(r->w, &q) && r->w->reply.exit_code == FM_EXIT_DONE;
	if (!same && r->w->reply.tree)
		trace_tree(r->w, r->w->reply.tree);
	mr_buf_done(&text);
	return same;
}

/* 'p' NULL: whatever is in force. */
static bool at_rest(struct seed_run *r, const struct policy *p,
		    const struct fm_assignment **ret_first)
{
	return !not_active(r, ret_first) && (!p || seed_in_force(r, p));
}

void seed_settled(struct seed_run *r, const struct policy *p, const char *when)
{
	const struct fm_assignment *a = NULL;
	char name[FM_ASSIGNMENT_TEXT];
	struct mr_buf why = {0};
	bool settled;
	unsigned n;

	if (r->failed)
		return;
	settled = world_settle(r->w, SEED_SETTLE_NS);
	for (unsigned i = 0; i < PAUSES && !r->failed && !at_rest(r, p, &a); i++) {
		world_run_for(r->w, PAUSE_NS);
		settled = world_settle(r->w, SEED_SETTLE_NS);
	}
	if (!settled)
		seed_fail(r, "%s: not idle after %d s", when,
			  (int)(SEED_SETTLE_NS / MR_NS_PER_S));
	n = not_active(r, &a);
	if (n)
		seed_fail(r, "%s: %u assignments are not Active; first %s on %s is %s: %s %s",
			  when, n, fm_assignment_text(a, name), a->host,
			  fm_phase_name(a->phase), mr_reason_name(a->reason), a->detail);
	if (!r->failed && (!oracle_check(r->oracle, 0) || !oracle_stale_writer(r->oracle)))
		seed_fail(r, "%s", oracle_complaint(r->oracle));
	if (!r->failed && settled && !world_said_holds(r->w, &why))
		seed_fail(r, "%s: %s", when, mr_buf_text(&why));
	mr_buf_done(&why);
}

/* Everything that the set 'random' had and the new text has not goes. */
struct fm_request seed_request(enum fm_verb verb, struct fm_file *file, struct mr_buf *text)
{
	*file = (struct fm_file){"random.yaml", mr_buf_text(text), text->len};
	return (struct fm_request){.verb = verb,
				   .kind = "",
				   .name = "",
				   .host = "",
				   .set = "random",
				   .who = "test",
				   .file = file,
				   .files = 1,
				   .yes = true,
				   .prune = true};
}

void seed_refused(struct seed_run *r, const char *when)
{
	struct mr_buf out = {0};

	if (r->w->reply.diags)
		mr_diags_print(r->w->reply.diags, &out);
	seed_fail(r, "%s: apply was refused: %s %s", when,
		  r->w->reply.text ? r->w->reply.text : "", mr_buf_text(&out));
	mr_buf_done(&out);
}

void seed_apply(struct seed_run *r, const struct policy *p, const char *when)
{
	struct mr_buf text = {0};
	struct fm_request q;
	struct fm_file file;

	if (r->failed)
		return;
	policy_print(p, &text);
	q = seed_request(FM_VERB_APPLY, &file, &text);
	if (!world_ask(r->w, &q))
		seed_fail(r, "%s: apply: no answer", when);
	else if (r->w->reply.exit_code != FM_EXIT_DONE)
		seed_refused(r, when);
	mr_buf_done(&text);
	seed_settled(r, p, when);
}

void seed_delete(struct seed_run *r)
{
	for (unsigned i = 0; i < POLICY_PROFILES; i++)
		r->p.profile[i].used = false;
	seed_apply(r, &r->p, "after the delete");
	if (!r->failed && !oracle_all_free(r->oracle))
		seed_fail(r, "%s", oracle_complaint(r->oracle));
}

/* The classes that the chassis shares; whether it has a whole device to give. */
static bool chassis_classes(const struct fm_inventory *inv, bool *classes)
{
	bool whole = false;

	for (unsigned i = 0; inv->n && i < inv->chassis[0].adapters; i++) {
		const struct fm_adapter *a = &inv->chassis[0].adapter[i];

		if (a->kind == FM_ADAPTER_BASE)
			whole = true;
		else
			classes[a->device_class] = true;
	}
	return whole;
}

/* Two of three blades have an agent. */
static bool agent_on(const char *host)
{
	return host[strlen(host) - 1] % 3 != 0;
}

/* Blades with two roots: their documents list both ports. */
static void name_roots(struct seed_run *r)
{
	unsigned number[256] = {0}, n = 0;

	for (uint16_t vh = 1; vh <= r->w->hosts; vh++) {
		uint16_t lead = sim_host_lead(r->w->chassis, vh);

		number[vh] = lead == vh ? n++ : number[lead];
		if (lead == vh || number[vh] >= POLICY_HOSTS)
			continue;
		r->p.root[number[vh]][0] = lead;
		r->p.root[number[vh]][1] = vh;
	}
}

void seed_begin(struct seed_run *r, const char *chassis, uint64_t seed, bool verbose)
{
	bool classes[MR_CLASS_COUNT] = {false};
	unsigned hosts = 0;
	bool whole;

	memset(r, 0, sizeof(*r));
	r->w = world_new(chassis, seed, agent_on);
	for (unsigned vh = 1; vh <= r->w->hosts && hosts < POLICY_HOSTS; vh++)
		hosts += sim_host_lead(r->w->chassis, (uint16_t)vh) == vh;
	if (hosts == r->w->hosts && /* the last: nobody's to use */
	    sim_host_management(r->w->chassis, (uint16_t)hosts))
		hosts--;
	r->w->verbose = verbose;
	r->oracle = oracle_new(r->w);
	world_run_for(r->w, 10 * MR_NS_PER_S);
	world_manager_start(r->w);
	world_settle(r->w, SEED_SETTLE_NS);
	r->w->reuse_ns = POLICY_REUSE_NS;
	r->w->after_step = after_step;
	r->w->before_batch = before_batch;
	r->w->arg = r;
	whole = chassis_classes(fm_engine_inventory(r->w->engine), classes);
	policy_random(&r->p, hosts, classes, whole, &r->w->rng);
	name_roots(r);
}

void seed_end(struct seed_run *r)
{
	oracle_free(r->oracle);
	world_free(r->w);
}

/* Of the command line. */
struct seed_options {
	const char *program, *chassis;
	uint64_t seed, count;
	bool verbose, pulls, thorough;
	uint64_t events; /* so far */
};

static bool one(struct seed_options *o, uint64_t seed, void (*run)(struct seed_run *r))
{
	struct seed_run r;
	const char *trace;

	seed_begin(&r, o->chassis, seed, o->verbose);
	r.pulls = o->pulls;
	if (o->thorough)
		oracle_thorough(r.oracle);
	run(&r);
	o->events += r.w->events;
	trace = mr_buf_text(&r.w->trace);
	if (r.failed)
		fprintf(stderr,
			"%s\nFAILED: %s\nreplay: %s --chassis %s --seed %llu --count 1 "
			"--verbose%s%s\n",
			trace + (r.w->trace.len > TRACE_TAIL ? r.w->trace.len - TRACE_TAIL : 0),
			r.why, o->program, o->chassis, (unsigned long long)seed,
			o->pulls ? " --pull" : "", o->thorough ? " --thorough" : "");
	else if (o->verbose)
		fprintf(stderr, "seed %llu: %llu events, %llu requests of the oracle\n",
			(unsigned long long)seed, (unsigned long long)r.w->events,
			(unsigned long long)oracle_requests(r.oracle));
	seed_end(&r);
	return !r.failed;
}

static int options(int argc, char **argv, struct seed_options *o)
{
	static const struct option options[] = {{"chassis", 1, NULL, 'c'},
						{"seed", 1, NULL, 's'},
						{"count", 1, NULL, 'n'},
						{"verbose", 0, NULL, 'v'},
						{"pull", 0, NULL, 'p'},
						{"thorough", 0, NULL, 't'},
						{0}};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'c')
			o->chassis = optarg;
		else if (c == 's')
			o->seed = strtoull(optarg, NULL, 10);
		else if (c == 'n')
			o->count = strtoull(optarg, NULL, 10);
		else if (c == 'v')
			o->verbose = true;
		else if (c == 'p')
			o->pulls = true;
		else if (c == 't')
			o->thorough = true;
		else
			return -1;
	}
	return 0;
}

int seed_main(int argc, char **argv, const char *program, const char *chassis,
	      void (*run)(struct seed_run *r))
{
	struct seed_options o = {.program = program, .chassis = chassis, .seed = 1, .count = 1};
	uint64_t failed = 0;
	clock_t begin = clock();
	double s;

	if (options(argc, argv, &o))
		return 64;
	for (uint64_t i = 0; i < o.count; i++)
		if (!one(&o, o.seed + i, run))
			failed++;
	s = (double)(clock() - begin) / CLOCKS_PER_SEC;
	printf("%llu of %llu seeds passed: %llu events, %.0f a second\n",
	       (unsigned long long)(o.count - failed), (unsigned long long)o.count,
	       (unsigned long long)o.events, s > 0 ? (double)o.events / s : 0);
	return failed != 0;
}
