/* SPDX-License-Identifier: Apache-2.0 */
/* A banyan-sim process for a benchmark, as an operator starts it. */
#ifndef TESTS_BENCH_SIMPROC_H
#define TESTS_BENCH_SIMPROC_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Where the program called 'name' is: beside this one. */
bool bench_program(const char *name, char *to, size_t size);

struct bench_sim {
	char dir[256];	   /* its folder, below the benchmark's */
	char address[300]; /* "unix:..." or "tcp:127.0.0.1:PORT" */
	pid_t pid;
	int log; /* its standard error */
};

/* Starts the program beside this one with 'chassis' and waits until it listens. False with a
 * line on standard error. */
bool bench_sim_start(struct bench_sim *s, const char *dir, const char *chassis, bool tcp);
/* Ends it and removes its folder; nothing for one that was not started. */
void bench_sim_end(struct bench_sim *s);

#endif
