/* SPDX-License-Identifier: Apache-2.0 */
/*
 * banyan-bench SUBJECT [--count N] [--rounds N] [--dir DIR] [--fleet SPEC]
 * banyan-bench smoke: every subject with tiny counts; each line has to be JSON with ratios > 0.
 */
#include <jansson.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/xalloc.h"
#include "tests/bench/bench.h"

static const struct subject {
	const char *name;
	int (*run)(const struct bench_options *o);
	unsigned tiny;
	const char *about;
} subjects[] = {
	{"plan", bench_plan, 60, "place and plan: 1,000 claims, 100,000 claims, one change"},
	{"engine", bench_engine, 1000, "the engine with 100,000 claims: restart, one change"},
	{"placement", bench_placement, 64,
	 "random fleets against CBC, goal by goal; --fleet claims=N,load=P,..."},
	{"map", bench_map, 20, "write and read back a function's row, four ways"},
	{"regs", bench_regs, 5000, "register accesses, batched and single, unix and TCP"},
	{"read", bench_read, 1, "read a whole chassis of 8,192 functions"},
	{"start", bench_start, 1, "start of the largest chassis, and every host of it up"},
	{"handover", bench_handover, 2, "move a profile and back, all of HANDOVER 5"},
	{"crowd", bench_crowd, 4, "8,192 hand-overs at once, with the default timers"},
	{"agents", bench_agents, 20, "10,000 agents connected, and what they report"},
	{"cli", bench_cli, 3, "one call of the command line"},
	{"world", bench_world, 40, "events of the simulation, with the judge and without"},
};

/* Monotonic time. */
int64_t bench_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Where this process runs from here on; see the header. */
void bench_pin(enum bench_place where)
{
	static cpu_set_t all; /* what the program was started with */
	cpu_set_t set;
	int cpu = -1;

	if (!CPU_COUNT(&all) && sched_getaffinity(0, sizeof(all), &all))
		return;
	for (int i = CPU_SETSIZE - 1; i >= 0; i--)
		if (CPU_ISSET(i, &all) && (where == BENCH_SERVER || cpu < 0))
			cpu = i;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), where == BENCH_ANYWHERE ? &all : &set);
}

/* Processor time: what others do on the machine does not count. */
int64_t bench_cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int64_t status_kib(const char *key)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[256];
	int64_t kib = 0;

	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, key, strlen(key)) == 0)
			kib = strtoll(line + strlen(key), NULL, 10);
	if (f)
		fclose(f);
	return kib;
}

/* Starts a new high-water mark. */
void bench_rss_reset(void)
{
	FILE *f = fopen("/proc/self/clear_refs", "w");

	if (!f)
		return;
	fputs("5", f);
	fclose(f);
}

int64_t bench_rss(void)
{
	return status_kib("VmRSS:") * 1024;
}

int64_t bench_rss_peak(void)
{
	return status_kib("VmHWM:") * 1024;
}

/* ---- smoke ---- */

static int check_line(const char *subject, const char *line)
{
	json_error_t err;
	json_t *j = json_loads(line, 0, &err);
	const char *key;
	json_t *value;
	int ratios = 0, bad = 0;

	if (!j) {
		fprintf(stderr, "%s: '%s' is no JSON: %s\n", subject, line, err.text);
		return -1;
	}
	json_object_foreach(j, key, value)
	{
		if (strcmp(key, "skipped") == 0)
			ratios++;
		if (strncmp(key, "ratio", 5) != 0)
			continue;
		ratios++;
		bad += json_number_value(value) <= 0;
	}
	json_decref(j);
	if (ratios && !bad)
		return 0;
	fprintf(stderr, "%s: '%s' has no ratio above 0\n", subject, line);
	return -1;
}

static int smoke_subject(const struct subject *s, struct bench_options o)
{
	char *text = NULL, *save, *line;
	size_t size;
	unsigned lines = 0;
	int rc;

	o.out = open_memstream(&text, &size);
	o.count = s->tiny;
	o.rounds = 1;
	rc = s->run(&o);
	fclose(o.out);
	if (rc)
		fprintf(stderr, "%s: failed with %d\n", s->name, rc);
	for (line = strtok_r(text, "\n", &save); line && !rc;
	     line = strtok_r(NULL, "\n", &save), lines++) {
		puts(line);
		rc = check_line(s->name, line);
	}
	free(text);
	return lines ? rc : -1;
}

static int smoke(const struct bench_options *o)
{
	int bad = 0;

	for (unsigned i = 0; i < MR_ARRAY_SIZE(subjects); i++)
		bad |= smoke_subject(&subjects[i], *o);
	return bad;
}

/* ---- command line ---- */

static int usage(void)
{
	fprintf(stderr, "usage: banyan-bench SUBJECT [--count N] [--rounds N] [--dir DIR] "
			"[--fleet SPEC]\n");
	for (unsigned i = 0; i < MR_ARRAY_SIZE(subjects); i++)
		fprintf(stderr, "  %-10s %s\n", subjects[i].name, subjects[i].about);
	fprintf(stderr, "  %-10s all of them, tiny, checked\n", "smoke");
	return 64;
}

static int options(int argc, char **argv, struct bench_options *o)
{
	for (int i = 2; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--count") == 0)
			o->count = (unsigned)strtoul(argv[i + 1], NULL, 10);
		else if (strcmp(argv[i], "--rounds") == 0)
			o->rounds = (unsigned)strtoul(argv[i + 1], NULL, 10);
		else if (strcmp(argv[i], "--dir") == 0)
			o->dir = argv[i + 1];
		else if (strcmp(argv[i], "--fleet") == 0)
			o->fleet = argv[i + 1];
		else
			return -1;
	}
	return argc % 2 ? -1 : 0;
}

int main(int argc, char **argv)
{
	char dir[] = "/tmp/banyan-bench-XXXXXX";
	struct bench_options o = {.rounds = 5, .out = stdout};
	int rc;

	if (argc < 2 || options(argc, argv, &o) || !o.rounds)
		return usage();
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!o.dir && !mkdtemp(dir))
		return 1;
	o.dir = o.dir ? o.dir : dir;
	if (strcmp(argv[1], "smoke") == 0) {
		rc = smoke(&o);
	} else {
		const struct subject *s = NULL;

		for (unsigned i = 0; i < MR_ARRAY_SIZE(subjects); i++)
			if (strcmp(argv[1], subjects[i].name) == 0)
				s = &subjects[i];
		rc = s ? s->run(&o) : usage();
	}
	if (o.dir == dir)
		rmdir(dir);
	return rc ? 1 : 0;
}
