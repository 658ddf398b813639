/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A banyan-sim of its own for a benchmark: every face open, FUSE mount and blades included, in
 * a folder below the benchmark's. Its log is a pipe that tells when it listens; what it says
 * after that is a few lines.
 */
#include "tests/bench/simproc.h"

#include <ftw.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/str.h"
#include "tests/bench/bench.h"

/* A port of 127.0.0.1 that nobody has; 0 on failure. */
static unsigned free_port(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	bool ok = fd >= 0 && !bind(fd, (struct sockaddr *)&at, len) &&
		  !getsockname(fd, (struct sockaddr *)&at, &len);

	if (fd >= 0)
		close(fd);
	return ok ? ntohs(at.sin_port) : 0;
}

/* See the header. */
bool bench_program(const char *name, char *to, size_t size)
{
	char self[256];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n <= 0)
		return false;
	self[n] = 0;
	*strrchr(self, '/') = 0;
	return mr_fmt(to, size, "%s/%s", self, name);
}

static void become(const struct bench_sim *s, const char *chassis, int log)
{
	char program[300], face[300], run[300];

	mr_fmt(face, sizeof(face), "%s/face", s->dir);
	mr_fmt(run, sizeof(run), "%s/run", s->dir);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	bench_pin(BENCH_SERVER);
	if (!bench_program("banyan-sim", program, sizeof(program)) ||
	    dup2(log, STDERR_FILENO) < 0)
		_exit(1);
	execl(program, program, "--chassis", chassis, "--listen", s->address, "--host-face",
	      face, "--run", run, (char *)NULL);
	_exit(127);
}

/* Reads its log until it says that it is up; false when it ended before. */
static bool wait_up(const struct bench_sim *s)
{
	char text[8192];
	size_t have = 0;
	ssize_t n;

	while (have < sizeof(text) - 1 &&
	       (n = read(s->log, text + have, sizeof(text) - 1 - have)) > 0) {
		have += (size_t)n;
		text[have] = 0;
		if (strstr(text, " is up"))
			return true;
	}
	text[have] = 0;
	fprintf(stderr, "banyan-sim did not come up:\n%s", text);
	return false;
}

/* See the header. */
bool bench_sim_start(struct bench_sim *s, const char *dir, const char *chassis, bool tcp)
{
	int log[2];

	*s = (struct bench_sim){.pid = -1, .log = -1};
	mr_fmt(s->dir, sizeof(s->dir), "%s/sim", dir);
	if (tcp)
		mr_fmt(s->address, sizeof(s->address), "tcp:127.0.0.1:%u", free_port());
	else
		mr_fmt(s->address, sizeof(s->address), "unix:%s/c1.sock", s->dir);
	if (mkdir(s->dir, 0755) || pipe(log)) {
		fprintf(stderr, "expected to make a folder '%s'\n", s->dir);
		return false;
	}
	s->pid = fork();
	if (!s->pid) {
		close(log[0]);
		become(s, chassis, log[1]);
	}
	close(log[1]);
	s->log = log[0];
	return s->pid > 0 && wait_up(s);
}

static int drop(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st, (void)type, (void)at;
	return remove(path);
}

/* See the header. */
void bench_sim_end(struct bench_sim *s)
{
	if (s->pid > 0) {
		kill(s->pid, SIGTERM); /* it takes its mount away itself */
		waitpid(s->pid, NULL, 0);
	}
	if (s->log >= 0)
		close(s->log);
	if (s->dir[0])
		nftw(s->dir, drop, 8, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	*s = (struct bench_sim){.pid = -1, .log = -1};
}
