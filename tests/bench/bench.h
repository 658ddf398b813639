/* SPDX-License-Identifier: Apache-2.0 */
/*
 * banyan-bench: one program, one subcommand a subject. Each prints JSON lines with what was
 * measured, the baseline of the same run and the ratio of the two (DESIGN section 11).
 */
#ifndef TESTS_BENCH_BENCH_H
#define TESTS_BENCH_BENCH_H

#include <stdint.h>
#include <stdio.h>

struct bench_options {
	unsigned count;	   /* 0 = the figure of DESIGN section 11 */
	unsigned rounds;   /* the best of so many */
	const char *dir;   /* for stores and sockets */
	const char *fleet; /* placement: "claims=N,load=P,..." */
	FILE *out;	   /* JSON lines */
};

int bench_plan(const struct bench_options *o);
int bench_engine(const struct bench_options *o);
int bench_regs(const struct bench_options *o);
int bench_placement(const struct bench_options *o);
int bench_read(const struct bench_options *o);
int bench_start(const struct bench_options *o);
int bench_map(const struct bench_options *o);
int bench_handover(const struct bench_options *o);
int bench_crowd(const struct bench_options *o);
int bench_agents(const struct bench_options *o);
int bench_cli(const struct bench_options *o);
int bench_world(const struct bench_options *o);

int64_t bench_now_ns(void);
int64_t bench_cpu_ns(void); /* processor time of this process so far */
/*
 * Two processes that talk to each other: the scheduler puts them on one processor or on two as
 * it likes, and a wake-up across costs five times one at home. So that a figure and its
 * baseline mean the same, the one that asks runs on the last processor of those that the
 * program may use, the one that answers on the first.
 */
enum bench_place {
	BENCH_ANYWHERE,
	BENCH_CLIENT,
	BENCH_SERVER
};
void bench_pin(enum bench_place where);
/* Resident memory of this process in bytes: now, and the highest since bench_rss_reset. */
void bench_rss_reset(void);
int64_t bench_rss(void);
int64_t bench_rss_peak(void);

#endif
