/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random policies over a whole fabric: apply, edit, delete. The invariants hold after every
 * operation, by traffic; every claim becomes Active; after the delete every function is free
 *and reset.
 *
 *	seeds-policies [--chassis FILE] [--seed N] [--count N] [--verbose]
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "tests/sim-test/world/oracle.h"
#include "tests/sim-test/world/policies.h"
#include "tests/sim-test/world/world.h"

#define SETTLE_NS  (300 * MR_NS_PER_S) /* of virtual time */
#define FULL_EVERY 64

struct run {
	struct world *w;
	struct oracle *oracle;
	uint64_t ops;
	bool failed;
};

static void fail(struct run *r, const char *what)
{
	if (r->failed)
		return;
	r->failed = true;
	fprintf(stderr, "FAILED: %s\n", what);
}

/* After every operation: the host that it was about; everything once in a while. */
static void on_op(struct world *w, const struct fm_op_result *res, void *arg)
{
	struct run *r = arg;
	unsigned vh = res->place.way != FM_WAY_NONE && res->place.port <= w->hosts
			      ? res->place.port
			      : 0;

	if (r->failed || (!vh && res->kind != FM_OP_UNMAP && res->kind != FM_OP_MAP))
		return;
	if (!oracle_check(r->oracle, ++r->ops % FULL_EVERY ? vh : 0))
		fail(r, oracle_complaint(r->oracle));
}

static void before_batch(struct world *w, void *arg)
{
	struct run *r = arg;

	(void)w;
	oracle_traffic(r->oracle);
}

static unsigned not_active(struct run *r, const struct fm_assignment **ret_first)
{
	unsigned n = 0;

	for (unsigned i = 0; i < fm_engine_assignments(r->w->engine); i++) {
		const struct fm_assignment *a = fm_engine_assignment(r->w->engine, i);

		if (a->phase == FM_PHASE_ACTIVE || !a->host[0])
			continue;
		if (!n++)
			*ret_first = a;
	}
	return n;
}

static void check_settled(struct run *r, const char *when)
{
	const struct fm_assignment *a = NULL;
	char text[512], name[FM_ASSIGNMENT_TEXT];
	unsigned n;

	if (!world_settle(r->w, SETTLE_NS)) {
		mr_fmt(text, sizeof(text), "%s: not idle after %d s", when,
		       (int)(SETTLE_NS / MR_NS_PER_S));
		fail(r, text);
	}
	n = not_active(r, &a);
	if (n) {
		mr_fmt(text, sizeof(text),
		       "%s: %u assignments are not Active; first %s is %s: %s %s", when, n,
		       fm_assignment_text(a, name), fm_phase_name(a->phase),
		       mr_reason_name(a->reason), a->detail);
		fail(r, text);
	}
	if (!r->failed && !oracle_check(r->oracle, 0))
		fail(r, oracle_complaint(r->oracle));
	if (!r->failed && !oracle_stale_writer(r->oracle))
		fail(r, oracle_complaint(r->oracle));
}

/* Everything the set 'random' had and the new text has not goes. */
static void apply(struct run *r, const struct policy *p, const char *when)
{
	struct mr_buf text = {0};
	struct fm_file file = {"random.yaml", NULL, 0};
	struct fm_request q = {.verb = FM_VERB_APPLY,
			       .kind = "",
			       .name = "",
			       .host = "",
			       .set = "random",
			       .who = "test",
			       .file = &file,
			       .files = 1,
			       .yes = true,
			       .prune = true};

	policy_print(p, &text);
	file.text = mr_buf_text(&text);
	file.len = text.len;
	if (!world_ask(r->w, &q)) {
		fail(r, "apply: no answer");
	} else if (r->w->reply.exit_code != FM_EXIT_DONE) {
		struct mr_buf out = {0};

		if (r->w->reply.diags)
			mr_diags_print(r->w->reply.diags, &out);
		fprintf(stderr, "%s%s\n", mr_buf_text(&out),
			r->w->reply.text ? r->w->reply.text : "");
		mr_buf_done(&out);
		fail(r, "apply was refused");
	}
	mr_buf_done(&text);
	if (!r->failed)
		check_settled(r, when);
}

/* Hosts first, so that their agents are known when they are given functions. */
static void apply_hosts(struct run *r, const struct policy *p)
{
	struct policy hosts = *p;

	for (unsigned i = 0; i < POLICY_PROFILES; i++)
		hosts.profile[i].used = false;
	apply(r, &hosts, "with hosts only");
}

/* An empty wish: only the common documents stay. */
static void delete_all(struct run *r, struct policy *p)
{
	for (unsigned i = 0; i < POLICY_PROFILES; i++)
		p->profile[i].used = false;
	apply(r, p, "after the delete");
	if (!r->failed && !oracle_all_free(r->oracle))
		fail(r, oracle_complaint(r->oracle));
}

static void chassis_classes(const struct fm_inventory *inv, bool *classes)
{
	for (unsigned i = 0; inv->n && i < inv->chassis[0].adapters; i++)
		if (inv->chassis[0].adapter[i].kind != FM_ADAPTER_BASE)
			classes[inv->chassis[0].adapter[i].device_class] = true;
}

/* Two of three blades have an agent. */
static bool agent_on(const char *host)
{
	return host[strlen(host) - 1] % 3 != 0;
}

static bool run_seed(const char *chassis, uint64_t seed, bool verbose)
{
	struct run r = {.w = world_new(chassis, seed, agent_on)};
	bool classes[MR_CLASS_COUNT] = {false};
	unsigned hosts = r.w->hosts < POLICY_HOSTS ? r.w->hosts : POLICY_HOSTS;
	struct policy p;

	r.w->verbose = verbose;
	r.oracle = oracle_new(r.w);
	world_run_for(r.w, 10 * MR_NS_PER_S);
	world_manager_start(r.w);
	world_settle(r.w, SETTLE_NS);
	r.w->on_op = on_op;
	r.w->before_batch = before_batch;
	r.w->arg = &r;
	chassis_classes(fm_engine_inventory(r.w->engine), classes);
	policy_random(&p, hosts, classes, &r.w->rng);
	if (mr_rng_chance(&r.w->rng, 70))
		apply_hosts(&r, &p);
	if (!r.failed)
		apply(&r, &p, "after the apply");
	if (!r.failed) {
		policy_edit(&p, &r.w->rng);
		apply(&r, &p, "after the edit");
	}
	if (!r.failed)
		delete_all(&r, &p);
	if (r.failed)
		fprintf(stderr,
			"%s\nreplay: seeds-policies --chassis %s --seed %llu --count 1 "
			"--verbose\n",
			mr_buf_text(&r.w->trace) +
				(r.w->trace.len > 6000 ? r.w->trace.len - 6000 : 0),
			chassis, (unsigned long long)seed);
	else if (verbose)
		fprintf(stderr, "seed %llu: %llu operations, %llu requests of the oracle\n",
			(unsigned long long)seed, (unsigned long long)r.ops,
			(unsigned long long)oracle_requests(r.oracle));
	oracle_free(r.oracle);
	world_free(r.w);
	return !r.failed;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"chassis", 1, NULL, 'c'},
						{"seed", 1, NULL, 's'},
						{"count", 1, NULL, 'n'},
						{"verbose", 0, NULL, 'v'},
						{0}};
	const char *chassis = SRCDIR "/config/large-chassis.yaml";
	uint64_t seed = 1, count = 1, failed = 0;
	bool verbose = false;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'c')
			chassis = optarg;
		else if (c == 's')
			seed = strtoull(optarg, NULL, 10);
		else if (c == 'n')
			count = strtoull(optarg, NULL, 10);
		else if (c == 'v')
			verbose = true;
		else
			return 64;
	}
	for (uint64_t i = 0; i < count; i++)
		if (!run_seed(chassis, seed + i, verbose))
			failed++;
	printf("%llu of %llu seeds passed\n", (unsigned long long)(count - failed),
	       (unsigned long long)count);
	return failed != 0;
}
