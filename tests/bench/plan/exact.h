/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The exact model of placement: every hard limit of fleet.h, and the goals one after the other,
 * each with the values of the ones before fixed. A chassis is a model of its own, since nothing
 * goes across.
 */
#ifndef TESTS_BENCH_PLAN_EXACT_H
#define TESTS_BENCH_PLAN_EXACT_H

#include "tests/fleet/fleet.h"

struct exact_options {
	const char *dir;
	unsigned seconds; /* for one goal of one chassis */
	unsigned goals;	  /* how many of them */
	/* What runs: stays where it runs; has a place, wherever; or may have none. */
	enum exact_running {
		EXACT_FREE,
		EXACT_STAYS,
		EXACT_PLACED
	} running;
};

struct exact_answer {
	unsigned goals; /* so many have an answer */
	/* all chassis proved that goal [k] can't be better with those before fixed */
	bool proven[FLEET_GOALS];
	struct fleet_goals best; /* of the last placement, counted by the judge */
	double bound;		 /* of goal 1, from the relaxations */
	int64_t ns[FLEET_GOALS];
	uint32_t *at; /* the placement; the caller frees */
};

/* Returns 0, or -1 with a message on stderr: CBC gave no answer, or one that breaks a limit. */
int exact_solve(const struct fleet *f, const struct exact_options *o, struct exact_answer *ret);
/* Upper bound of goal 1: every limit of the exact model, but claims may be split. Returns 0, or
 * -1 with a message on stderr. */
int exact_relaxed(const struct fleet *f, const struct exact_options *o, double *ret_bound);
/* bound.c: upper bound of goal 1 from a relaxation, for fleets of any size: adapters that are
 * in the same pools are one, claims that want the same are one and may be split, hosts and
 * rules do not count. Returns 0, or -1 with a message on stderr. */
int exact_bound(const struct fleet *f, const struct exact_options *o, double *ret_bound,
		int64_t *ret_ns);

#endif
