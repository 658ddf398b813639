/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Swarms of faults, many seeds, in as many processes as asked for: one that crashes costs its
 * seed only.
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

#define JOBS_MAX    64
#define EXCEPTS_MAX 64
#define FNV_START   UINT64_C(14695981039346656037)
#define FNV_PRIME   UINT64_C(1099511628211)

static const char help[] =
	"seeds-swarm: swarms of faults on a whole fabric in one process, decided by seeds\n"
	"\n"
	"  --seed N         the first seed (1)\n"
	"  --count N        how many seeds follow each other (1)\n"
	"  --except N,...   without these of them (docs/testing.md says why)\n"
	"  --jobs N         in so many processes (1)\n"
	"  --chassis FILE   the chassis (config/demo-chassis.yaml); seeds that aim at an\n"
	"                   adapter's modes have one of their own\n"
	"  --aim            every fourth seed aims at a step (swarm/aim.c)\n"
	"  --only N,...     these acts of the plan, and no others: what a failure prints\n"
	"  --thorough       everything is judged after every event, besides\n"
	"  --verbose        the trace, and a line for each seed with its digest\n"
	"  --twice          every seed twice; both runs must be the same, byte for byte\n"
	"  --no-shrink      failures are printed as they are\n"
	"  --cover          names the pairs of step and fault that were never reached\n"
	"  --pairs          prints how often each was\n"
	"  --strict         and fails if one is neither reached nor argued, or both\n"
	"  --unreachable    prints the pairs that cannot be, with the reason, and ends\n"
	"  --help           prints this, and ends\n"
	"\n"
	"Ends with 0 if all seeds passed, 1 if not, 64 if it cannot read its arguments. The\n"
	"digest of failures is one of the failed seeds with their reasons: the same for the "
	"same\n"
	"program and seeds, however many processes there are.\n";

static struct options {
	struct swarm_options run;
	uint64_t seed, count;
	unsigned jobs;
	const char *only;
	uint64_t except[EXCEPTS_MAX];
	unsigned excepts;
	bool twice, cover, strict, pairs, no_shrink, aim;
} opt = {.run = {.chassis = SRCDIR "/config/demo-chassis.yaml"},
	 .seed = 1,
	 .count = 1,
	 .jobs = 1};

/* What a worker shares with the one who started it. */
struct shared {
	struct swarm_result result; /* of the last run of a child */
	uint64_t at;		    /* the seed under way */
	uint64_t passed, failed, events;
	uint64_t fewest;   /* events of one seed */
	uint64_t failures; /* digest: a sum, so that their order is no matter */
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
	swarm_plan(p, seed, opt.aim);
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
	fprintf(stderr, "replay: seeds-swarm --chassis %s --seed %llu%s --only %s --verbose\n",
		opt.run.chassis, (unsigned long long)p->seed, opt.aim ? " --aim" : "",
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
	if (!sh->fewest || r->events < sh->fewest)
		sh->fewest = r->events;
	sh->events += r->events;
	sh->s += r->s;
	add_hits(sh->hit, r->hit);
}

static void failed(struct shared *sh, uint64_t seed, const char *why)
{
	uint64_t h = FNV_START ^ seed;

	for (; *why; why++)
		h = (h ^ (unsigned char)*why) * FNV_PRIME;
	sh->failures += h;
	sh->failed++;
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
		if (r.failed) {
			mr_fmt(r.why, sizeof(r.why), "the second run is another one");
			fprintf(stderr, "seed %llu: %s\n", (unsigned long long)seed, r.why);
		}
	}
	note(sh, &r);
	sh->passed += !r.failed;
	if (r.failed)
		failed(sh, seed, r.why);
	if (opt.run.verbose)
		fprintf(stderr, "seed %llu: %llu events, %.0f a second, digest %016llx%s%s\n",
			(unsigned long long)seed, (unsigned long long)r.events,
			r.s > 0 ? (double)r.events / r.s : 0, (unsigned long long)r.digest,
			r.failed ? ": " : "", r.why);
	else if (r.failed)
		report(sh, &p, r.why);
}

static bool is_excepted(uint64_t seed)
{
	for (unsigned i = 0; i < opt.excepts; i++)
		if (opt.except[i] == seed)
			return true;
	return false;
}

static void work(struct shared *sh, uint64_t first)
{
	for (sh->at = first; sh->at < opt.seed + opt.count; sh->at += opt.jobs)
		if (!is_excepted(sh->at))
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

	crash_text(status, how, sizeof(how));
	failed(sh, sh->at, how);
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

static bool read_excepts(const char *text)
{
	while (*text && opt.excepts < EXCEPTS_MAX) {
		char *end;

		opt.except[opt.excepts++] = strtoull(text, &end, 10);
		if (end == text || (*end && *end != ','))
			return false;
		text = *end ? end + 1 : end;
	}
	return !*text;
}

static void print_and_end(int c)
{
	if (c == 'h')
		fputs(help, stdout);
	else
		swarm_unreachable_print();
	exit(0);
}

/* Options with an argument; false: not understood. */
static bool take(int c, const char *arg)
{
	if (c == 'c')
		opt.run.chassis = arg;
	else if (c == 's')
		opt.seed = strtoull(arg, NULL, 10);
	else if (c == 'n')
		opt.count = strtoull(arg, NULL, 10);
	else if (c == 'j')
		opt.jobs = (unsigned)strtoul(arg, NULL, 10);
	else if (c == 'o')
		opt.only = arg;
	else
		return c == 'x' && read_excepts(arg);
	return true;
}

static int options(int argc, char **argv)
{
	static int flag[8];
	const struct option list[] = {{"chassis", 1, NULL, 'c'},
				      {"seed", 1, NULL, 's'},
				      {"count", 1, NULL, 'n'},
				      {"except", 1, NULL, 'x'},
				      {"jobs", 1, NULL, 'j'},
				      {"only", 1, NULL, 'o'},
				      {"verbose", 0, &flag[0], 1},
				      {"thorough", 0, &flag[1], 1},
				      {"twice", 0, &flag[2], 1},
				      {"cover", 0, &flag[3], 1},
				      {"strict", 0, &flag[4], 1},
				      {"pairs", 0, &flag[5], 1},
				      {"aim", 0, &flag[6], 1},
				      {"no-shrink", 0, &flag[7], 1},
				      {"unreachable", 0, NULL, 'u'},
				      {"help", 0, NULL, 'h'},
				      {0}};
	int c;

	while ((c = getopt_long(argc, argv, "", list, NULL)) != -1) {
		if (c == 'h' || c == 'u')
			print_and_end(c);
		if (c && !take(c, optarg))
			return -1;
	}
	opt.run.verbose = flag[0];
	opt.run.thorough = flag[1];
	opt.run.digest = opt.twice = flag[2];
	opt.strict = flag[4];
	opt.cover = flag[3] || opt.strict;
	opt.pairs = flag[5];
	opt.aim = flag[6];
	opt.no_shrink = flag[7];
	return optind == argc && opt.jobs && opt.jobs <= JOBS_MAX ? 0 : -1;
}

static uint64_t asked(void)
{
	uint64_t n = opt.count;

	for (unsigned i = 0; i < opt.excepts; i++)
		n -= opt.except[i] >= opt.seed && opt.except[i] < opt.seed + opt.count;
	return n;
}

static void add(struct shared *sum, struct shared *sh)
{
	sum->passed += sh->passed;
	sum->failed += sh->failed;
	sum->events += sh->events;
	sum->s += sh->s;
	sum->failures += sh->failures;
	if (sh->fewest && (!sum->fewest || sh->fewest < sum->fewest))
		sum->fewest = sh->fewest;
	add_hits(sum->hit, sh->hit);
}

int main(int argc, char **argv)
{
	static struct shared sum;
	struct shared *sh;
	unsigned wrong = 0;

	if (options(argc, argv)) {
		fprintf(stderr, "seeds-swarm --help says what it takes\n");
		return 64;
	}
	sh = share(opt.jobs * sizeof(*sh));
	run_all(sh);
	for (unsigned i = 0; i < opt.jobs; i++)
		add(&sum, &sh[i]);
	if (opt.cover || opt.pairs)
		wrong = swarm_cover(sum.hit, opt.pairs);
	printf("%llu of %llu seeds passed: %llu events, at least %llu of a seed, %.0f a "
	       "second, "
	       "digest of failures %016llx\n",
	       (unsigned long long)sum.passed, (unsigned long long)asked(),
	       (unsigned long long)sum.events, (unsigned long long)sum.fewest,
	       sum.s > 0 ? (double)sum.events / sum.s : 0, (unsigned long long)sum.failures);
	return sum.passed != asked() || (opt.strict && wrong);
}
