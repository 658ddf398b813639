// SPDX-License-Identifier: Apache-2.0
/*
 * One call of `banyan`, as a shell makes it: fork, exec, dynamic linking, connection, answer,
 * text. The manager and the simulator are real processes with the demo policy in force.
 * Baseline: the same shell's /bin/true.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/os/clock.h"
#include "common/str.h"
#include "common/xalloc.h"
#include "tests/bench/bench.h"
#include "tests/bench/simproc.h"

#define CALLS	 200
#define WORDS	 8
#define UP_NS	 (30 * MR_NS_PER_S)
#define PAUSE_US 20000

struct cli {
	struct bench_sim sim;
	char dir[256], program[300], address[300];
	pid_t manager;
};

static const struct call {
	const char *what;
	const char *word[WORDS];
	unsigned codes; /* bits of the exit codes that are good */
} calls[] = {
	{"status", {"status"}, 1},
	{"get assignments", {"get", "assignments"}, 1},
	{"get assignments -o json", {"get", "assignments", "-o", "json"}, 1},
	{"explain database/scratch", {"explain", "database/scratch"}, 1},
	{"plan of the policy in force",
	 {"plan", "-f", SRCDIR "/config/demo-hosts.yaml", "-f",
	  SRCDIR "/config/demo-policy.yaml"},
	 1 | 1 << 2},
};

/* Runs a program without output; its exit code, -1 if it had none. */
static int run(char *const *argv)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		int null = open("/dev/null", O_RDWR);

		for (int fd = 0; fd <= STDERR_FILENO; fd++)
			dup2(null, fd);
		execv(argv[0], argv);
		_exit(127);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status)
		       ? WEXITSTATUS(status)
		       : -1;
}

static int banyan(struct cli *c, const char *const *word)
{
	char *argv[WORDS + 4] = {c->program, "--manager", c->address};

	for (unsigned i = 0; i < WORDS && word[i]; i++)
		argv[3 + i] = (char *)word[i];
	return run(argv);
}

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* ---- a fabric ---- */

static bool write_config(const struct cli *c, const char *path)
{
	FILE *f = fopen(path, "w");

	if (!f)
		return false;
	fprintf(f,
		"store: {sqlite: \"%s/manager.db\"}\ncontrol: {unix: \"%s/m.sock\"}\n"
		"agents: {unix: \"%s/a.sock\"}\n"
		"chassis: [{name: c1, driver: mrpcim, address: \"%s\"}]\n",
		c->dir, c->dir, c->dir, c->sim.address);
	return !fclose(f);
}

static bool start_manager(struct cli *c)
{
	static const char *const status[WORDS] = {"status"};
	char program[300], config[300];
	int64_t end = bench_now_ns() + UP_NS;

	mr_fmt(config, sizeof(config), "%s/manager.yaml", c->dir);
	if (!write_config(c, config) ||
	    !bench_program("banyan-manager", program, sizeof(program)))
		return false;
	c->manager = fork();
	if (!c->manager) {
		int null = open("/dev/null", O_WRONLY);

		prctl(PR_SET_PDEATHSIG, SIGTERM);
		dup2(null, STDERR_FILENO);
		execl(program, program, "--config", config, (char *)NULL);
		_exit(127);
	}
	while (banyan(c, status)) {
		if (bench_now_ns() > end)
			return false;
		usleep(PAUSE_US);
	}
	return true;
}

static bool start(struct cli *c, const struct bench_options *o)
{
	static const char *const hosts[WORDS] = {"apply", "-f",
						 SRCDIR "/config/demo-hosts.yaml"};
	static const char *const policy[WORDS] = {"apply", "-f",
						  SRCDIR "/config/demo-policy.yaml"};

	mr_fmt(c->dir, sizeof(c->dir), "%s/cli-%d", o->dir, (int)getpid());
	mr_fmt(c->address, sizeof(c->address), "unix:%s/m.sock", c->dir);
	return !mkdir(c->dir, 0755) &&
	       bench_program("banyan", c->program, sizeof(c->program)) &&
	       bench_sim_start(&c->sim, c->dir, SRCDIR "/config/demo-chassis.yaml", false) &&
	       start_manager(c) && !banyan(c, hosts) && !banyan(c, policy);
}

static void end(struct cli *c)
{
	static const char *const files[] = {"manager.yaml",   "manager.db", "manager.db-wal",
					    "manager.db-shm", "m.sock",	    "a.sock"};
	char path[300];

	if (c->manager > 0) {
		kill(c->manager, SIGTERM);
		waitpid(c->manager, NULL, 0);
	}
	bench_sim_end(&c->sim);
	for (unsigned i = 0; i < MR_ARRAY_SIZE(files); i++) {
		mr_fmt(path, sizeof(path), "%s/%s", c->dir, files[i]);
		unlink(path);
	}
	rmdir(c->dir);
}

/* ---- figures ---- */

/* Hosts without agents come up meanwhile: a plan may find something to do. */
static bool good_code(int code, unsigned codes)
{
	return code >= 0 && codes >> code & 1;
}

/* Median and 99th of 100 of 'n' calls, in ms; what is NULL: /bin/true. */
static bool measure(struct cli *c, const struct call *what, unsigned n, double *ret_median,
		    double *ret_p99)
{
	char *const nothing[] = {"/bin/true", NULL};
	int64_t *ns = mr_xcalloc(n, sizeof(*ns));
	bool good = true;

	for (unsigned i = 0; i < n && good; i++) {
		ns[i] = bench_now_ns();
		good = what ? good_code(banyan(c, what->word), what->codes) : !run(nothing);
		ns[i] = bench_now_ns() - ns[i];
	}
	qsort(ns, n, sizeof(*ns), by_size);
	*ret_median = (double)ns[n / 2] / 1e6;
	*ret_p99 = (double)ns[n * 99 / 100] / 1e6;
	free(ns);
	if (!good)
		fprintf(stderr, "cli: '%s' ended with another exit code\n",
			what ? what->what : "true");
	return good;
}

int bench_cli(const struct bench_options *o)
{
	unsigned n = o->count ? o->count : CALLS;
	struct cli c = {.sim = {.pid = -1, .log = -1}};
	double base, base99, ms, ms99;
	bool good = start(&c, o);

	if (!good)
		fprintf(stderr, "cli: no fabric came up in %s\n", c.dir);
	for (unsigned i = 0; good && i < MR_ARRAY_SIZE(calls); i++) {
		good = measure(&c, NULL, n, &base, &base99) &&
		       measure(&c, &calls[i], n, &ms, &ms99);
		if (good)
			fprintf(o->out,
				"{\"bench\": \"cli\", \"what\": \"%s\", \"calls\": %u, \"ms\": "
				"%.2f, \"p99_ms\": %.2f, \"bar_ms\": 10, \"baseline\": "
				"\"/bin/true\", \"baseline_ms\": %.2f, \"ratio\": %.3f}\n",
				calls[i].what, n, ms, ms99, base, base / ms);
	}
	end(&c);
	return good ? 0 : -1;
}
