/* SPDX-License-Identifier: Apache-2.0 */
/* What corners are made of: a few profiles that are wished for, on a chassis of four hosts. */
#ifndef TESTS_SIM_TEST_CORNER_H
#define TESTS_SIM_TEST_CORNER_H

#include "tests/sim-test/world/seed.h"

#define HOSTS	 4
#define STOCK	 3 /* blade03: a stock kernel without an agent */
#define PROFILES 6
#define REUSE_S	 60
#define S	 MR_NS_PER_S

/* A profile with one device of a pool, at most; with a second one, of another adapter. */
struct wish {
	unsigned host; /* 0 = there is none */
	const char *pool;
	unsigned guaranteed_gbit;
	bool pair;
};

struct corner {
	struct seed_run *r;
	struct world *w;
	struct wish wish[PROFILES];
	bool one_pool;
	bool few; /* two functions of `wide`, and no more */
	int64_t since_ns;
};

unsigned corner_below(struct corner *c, unsigned n);
/* Another host than this one. */
unsigned corner_other(struct corner *c, unsigned host);
void corner_none(struct corner *c); /* nothing is wished */
/* Sends the wishes; the world goes on where the caller lets it. */
void corner_send(struct corner *c);
/* Sends them, and they are accepted. */
void corner_apply(struct corner *c);
/* Whether it came to be so before so much time passed. */
bool corner_until(struct corner *c, bool (*is)(const struct corner *c), int64_t limit_ns);
void corner_some_steps(struct corner *c, unsigned most);
const struct fm_assignment *corner_find(const struct corner *c, unsigned profile, unsigned d);
/* How many of the wished devices are in use where they should be, and how many are wished. */
unsigned corner_active(const struct corner *c, unsigned *ret_wished);
/* Everything is where it should be before so much time passed, and the judge is content. */
void corner_settled(struct corner *c, int64_t limit_ns, const char *when);
/* p0 and p1 on 'host', which is returned, at rest. */
unsigned corner_two_on(struct corner *c, unsigned host);

/* ---- late.c ---- */
void corner_no_interrupts(struct corner *c);
void corner_slow_root(struct corner *c);
void corner_answer_of_before(struct corner *c);
void corner_both_take(struct corner *c);
void corner_store_gone(struct corner *c);
void corner_none_to_spare(struct corner *c);
void corner_store_fails(struct corner *c);

#endif
