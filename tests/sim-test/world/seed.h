/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the programs that run seeds share: a world with its judge, policies applied and settled,
 * the verdict and the command that replays it.
 */
#ifndef TESTS_SIM_TEST_SEED_H
#define TESTS_SIM_TEST_SEED_H

#include "tests/sim-test/world/oracle.h"
#include "tests/sim-test/world/policies.h"
#include "tests/sim-test/world/world.h"

#define SEED_SETTLE_NS (300 * MR_NS_PER_S) /* of virtual time */

struct seed_run {
	struct world *w;
	struct oracle *oracle;
	struct policy p;
	bool pulls; /* adapters are pulled and inserted, too */
	bool failed;
	char why[600];
};

/* A fabric with a manager that settled, and a random policy that is not applied yet. */
void seed_begin(struct seed_run *r, const char *chassis, uint64_t seed, bool verbose);
void seed_end(struct seed_run *r);
void seed_fail(struct seed_run *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The request that sends 'text' (of policy_print) as the whole set of this test. */
struct fm_request seed_request(enum fm_verb verb, struct fm_file *file, struct mr_buf *text);
/* The last answer was a refusal: fails with its findings. */
void seed_refused(struct seed_run *r, const char *when);
/* Whether the policy in force is 'p': a plan of it has nothing to do. */
bool seed_in_force(struct seed_run *r, const struct policy *p);
/* Waits and judges: idle, all Active that can be, 'p' (if given) in force, every invariant. */
void seed_settled(struct seed_run *r, const struct policy *p, const char *when);
void seed_apply(struct seed_run *r, const struct policy *p, const char *when);
/* Deletes all profiles; then everything is free. */
void seed_delete(struct seed_run *r);

/* main() of such a program: --chassis FILE --seed N --count N --verbose --pull --thorough.
 * 'chassis' is used where none is named; 'run' does one seed on a run that has begun. */
int seed_main(int argc, char **argv, const char *program, const char *chassis,
	      void (*run)(struct seed_run *r));

#endif
