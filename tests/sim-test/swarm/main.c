/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Swarms of faults, many seeds, in as many processes as asked for: one that crashes costs its
 * seed only.
 *
 *	seeds-swarm [--chassis FILE] [--seed N] [--count N] [--jobs N] [--verbose] [--thorough]
 *		    [--only ACTS] [--twice] [--cover] [--pairs] [--no-shrink]
 *
 *	--only    a list of acts ("0,3,7"): the others are left out
 *	--twice   every seed twice; both runs must be the same, byte for byte
 *	--cover   names the pairs of step and fault that were never reached
 *	--strict  and fails if there are some that can be
 *	--pairs   prints how often each was reached
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/xalloc.h"
#include "tests/sim-test/swarm/swarm.h"

#define JOBS_MAX 64

static struct options {
	struct swarm_options run;
	uint64_t seed, count;
	unsigned jobs;
	const char *only;
	bool twice, cover, strict, pairs, no_shrink;
} opt = {.run = {.chassis = SRCDIR "/config/demo-chassis.yaml"},
	 .seed = 1,
	 .count = 1,
	 .jobs = 1};

/* What a worker shares with the one who started it. */
struct shared {
	struct swarm_result result; /* of the last run of a child */
	uint64_t at;		    /* the seed under way */
	uint64_t passed, failed, events;
	double s;
	swarm_hits hit;
};

static void *share(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED) {
		perror("mmap");
		exit(1);
	}
	return p;
}

static void plan_of(struct swarm_plan *p, uint64_t seed)
{
	swarm_plan(p, seed);
	if (opt.only && !swarm_plan_only(p, opt.only)) {
		fprintf(stderr, "--only %s: not a list of acts of seed %llu\n", opt.only,
			(unsigned long long)seed);
		exit(64);
	}
}

/* ---- a run in a process of its own ---- */

static void quiet(void)
{
	if (!freopen("/dev/null", "w", stderr))
		_exit(1);
}

static void crash_text(int status, char *text, size_t size)
{
	mr_fmt(text, size, "crashed (signal %d)", WIFSIGNALED(status) ? WTERMSIG(status) : 0);
}

/* Whether the plan fails; how stands in the shared result. */
static bool fails(struct shared *sh, const struct swarm_plan *p, bool tell)
{
	pid_t child;
	int status;

	fflush(stdout);
	memset(&sh->result, 0, sizeof(sh->result));
	child = fork();
	if (!child) {
		struct swarm_options o = opt.run;

		o.trace = tell;
		o.verbose = false;
		if (!tell)
			quiet();
		swarm_run(p, &o, &sh->result);
		_exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) < 0)
		return false;
	if (status) {
		sh->result.failed = true;
		crash_text(status, sh->result.why, sizeof(sh->result.why));
	}
	return sh->result.failed;
}

/* ---- shrinking ---- */

/* Failures are the same when their first words are; numbers and names differ. */
static bool same(const char *a, const char *b)
{
	for (unsigned words = 0; words < 5; a++, b++) {
		while (*a >= '0' && *a <= '9')
			a++;
		while (*b >= '0' && *b <= '9')
			b++;
		if (*a != *b)
			return false;
		if (!*a)
			return true;
		words += *a == ' ';
	}
	return true;
}

static bool fails_so(struct shared *sh, const struct swarm_plan *p, const char *how)
{
	return fails(sh, p, false) && same(sh->result.why, how);
}

static void without(const struct swarm_plan *p, unsigned i, struct swarm_plan *ret)
{
	*ret = *p;
	memmove(&ret->act[i], &ret->act[i + 1], (--ret->acts - i) * sizeof(ret->act[0]));
}

/* The shortest prefix that fails, then what can be left out of it, one by one, until nothing
 * more can. */
static void shrink(struct shared *sh, struct swarm_plan *p, const char *how)
{
	struct swarm_plan less = *p;
	bool smaller = true;

	for (less.acts = 0; less.acts < p->acts && !fails_so(sh, &less, how); less.acts++)
		;
	p->acts = less.acts;
	while (smaller) {
		smaller = false;
		for (unsigned i = p->acts; i-- > 0;) {
			without(p, i, &less);
			if (!fails_so(sh, &less, how))
				continue;
			*p = less;
			smaller = true;
		}
	}
}

static void report(struct shared *sh, struct swarm_plan *p, const char *how)
{
	struct mr_buf text = {0};
	unsigned acts = p->acts;

	if (!opt.no_shrink)
		shrink(sh, p, how);
	fails(sh, p, true);
	for (unsigned i = 0; i < p->acts; i++) {
		mr_buf_puts(&text, "  ");
		swarm_act_print(&p->act[i], &text);
		mr_buf_putc(&text, '\n');
	}
	fprintf(stderr, "FAILED: seed %llu: %s\n%u of its %u acts are enough:\n%s",
		(unsigned long long)p->seed, sh->result.why, p->acts, acts, mr_buf_text(&text));
	mr_buf_reset(&text);
	swarm_plan_list(p, &text);
	fprintf(stderr, "replay: seeds-swarm --chassis %s --seed %llu --only %s --verbose\n",
		opt.run.chassis, (unsigned long long)p->seed,
		text.len ? mr_buf_text(&text) : "''");
	mr_buf_done(&text);
}

/* ---- workers ---- */

static void add_hits(swarm_hits to, swarm_hits from)
{
	for (unsigned i = 0; i < SWARM_STEPS; i++)
		for (unsigned k = 0; k < SWARM_KINDS; k++)
			to[i][k] += from[i][k];
}

static void note(struct shared *sh, struct swarm_result *r)
{
	sh->events += r->events;
	sh->s += r->s;
	add_hits(sh->hit, r->hit);
}

static void one(struct shared *sh, uint64_t seed)
{
	static struct swarm_result r, again;
	struct swarm_plan p;

	plan_of(&p, seed);
	swarm_run(&p, &opt.run, &r);
	if (opt.twice && !r.failed) {
		swarm_run(&p, &opt.run, &again);
		r.failed = again.digest != r.digest || again.events != r.events;
		if (r.failed)
			fprintf(stderr, "seed %llu: the second run is another one\n",
				(unsigned long long)seed);
	}
	note(sh, &r);
	sh->passed += !r.failed;
	sh->failed += r.failed;
	if (opt.run.verbose)
		fprintf(stderr, "seed %llu: %llu events, %.0f a second, digest %016llx%s%s\n",
			(unsigned long long)seed, (unsigned long long)r.events,
			r.s > 0 ? (double)r.events / r.s : 0, (unsigned long long)r.digest,
			r.failed ? ": " : "", r.why);
	else if (r.failed)
		report(sh, &p, r.why);
}

static void work(struct shared *sh, uint64_t first)
{
	for (sh->at = first; sh->at < opt.seed + opt.count; sh->at += opt.jobs)
		one(sh, sh->at);
}

static pid_t start(struct shared *sh, uint64_t first)
{
	pid_t child = fork();

	if (!child) {
		work(sh, first);
		fflush(NULL);
		_exit(0);
	}
	return child;
}

/* A worker that crashed: its seed failed, the next one goes on behind it. */
static pid_t crashed(struct shared *sh, int status)
{
	struct swarm_plan p;
	char how[32];

	sh->failed++;
	crash_text(status, how, sizeof(how));
	fprintf(stderr, "seed %llu %s\n", (unsigned long long)sh->at, how);
	plan_of(&p, sh->at);
	report(sh, &p, how);
	return start(sh, sh->at + opt.jobs);
}

static void run_all(struct shared *sh)
{
	pid_t child[JOBS_MAX];

	fflush(NULL);
	for (unsigned i = 0; i < opt.jobs; i++)
		child[i] = start(&sh[i], opt.seed + i);
	for (unsigned i = 0; i < opt.jobs; i++) {
		int status;

		while (child[i] > 0 && waitpid(child[i], &status, 0) == child[i] && status)
			child[i] = crashed(&sh[i], status);
	}
}

/* ---- the command line ---- */

static int options(int argc, char **argv)
{
	static const struct option list[] = {{"chassis", 1, NULL, 'c'},
					     {"seed", 1, NULL, 's'},
					     {"count", 1, NULL, 'n'},
					     {"jobs", 1, NULL, 'j'},
					     {"only", 1, NULL, 'o'},
					     {"verbose", 0, NULL, 'v'},
					     {"thorough", 0, NULL, 't'},
					     {"twice", 0, NULL, '2'},
					     {"cover", 0, NULL, 'C'},
					     {"pairs", 0, NULL, 'p'},
					     {"strict", 0, NULL, 'T'},
					     {"no-shrink", 0, NULL, 'S'},
					     {0}};
	int c;

	while ((c = getopt_long(argc, argv, "", list, NULL)) != -1) {
		switch (c) {
		case 'c':
			opt.run.chassis = optarg;
			break;
		case 's':
			opt.seed = strtoull(optarg, NULL, 10);
			break;
		case 'n':
			opt.count = strtoull(optarg, NULL, 10);
			break;
		case 'j':
			opt.jobs = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'o':
			opt.only = optarg;
			break;
		case 'v':
			opt.run.verbose = true;
			break;
		case 't':
			opt.run.thorough = true;
			break;
		case '2':
			opt.twice = true;
			break;
		case 'C':
			opt.cover = true;
			break;
		case 'T':
			opt.cover = opt.strict = true;
			break;
		case 'p':
			opt.pairs = true;
			break;
		case 'S':
			opt.no_shrink = true;
			break;
		default:
			return -1;
		}
	}
	return opt.jobs && opt.jobs <= JOBS_MAX ? 0 : -1;
}

int main(int argc, char **argv)
{
	static struct shared sum;
	struct shared *sh;
	unsigned missed = 0;

	if (options(argc, argv))
		return 64;
	sh = share(opt.jobs * sizeof(*sh));
	run_all(sh);
	for (unsigned i = 0; i < opt.jobs; i++) {
		sum.passed += sh[i].passed;
		sum.events += sh[i].events;
		sum.s += sh[i].s;
		add_hits(sum.hit, sh[i].hit);
	}
	if (opt.cover || opt.pairs)
		missed = swarm_cover(sum.hit, opt.pairs);
	printf("%llu of %llu seeds passed: %llu events, %.0f a second\n",
	       (unsigned long long)sum.passed, (unsigned long long)opt.count,
	       (unsigned long long)sum.events, sum.s > 0 ? (double)sum.events / sum.s : 0);
	return sum.passed != opt.count || (opt.strict && missed);
}
