/* SPDX-License-Identifier: Apache-2.0 */
/* Which faults hit which steps of operations. */
#include <stdio.h>

#include "common/xalloc.h"
#include "tests/sim-test/swarm/swarm.h"

#define ANY_STEP SWARM_STEPS
#define ANY_KIND SWARM_KINDS

/* Pairs that cannot be: docs/testing.md argues them at length. */
static const struct {
	unsigned step;
	enum swarm_kind kind;
	const char *why;
} unreachable[] = {
	{SWARM_IDLE, SWARM_REGISTER_STALE, "the register is one of an operation under way"},
	{SWARM_IDLE, SWARM_REGISTER_ONES, "the register is one of an operation under way"},
};

const char *swarm_unreachable(unsigned step, enum swarm_kind kind)
{
	for (unsigned i = 0; i < MR_ARRAY_SIZE(unreachable); i++)
		if ((unreachable[i].step == step || unreachable[i].step == ANY_STEP) &&
		    (unreachable[i].kind == kind || unreachable[i].kind == ANY_KIND))
			return unreachable[i].why;
	return NULL;
}

unsigned swarm_cover(swarm_hits hit, bool print)
{
	unsigned missed = 0, pairs = 0;

	for (unsigned i = 0; i < SWARM_STEPS; i++)
		for (unsigned k = 0; k < SWARM_KINDS; k++) {
			const char *why = swarm_unreachable(i, (enum swarm_kind)k);

			pairs += !why;
			if (print)
				printf("%-17s %-18s %u\n", swarm_step_name(i),
				       swarm_name((enum swarm_kind)k), hit[i][k]);
			if (why && hit[i][k])
				printf("reached: %s x %s, of which it is said: %s\n",
				       swarm_step_name(i), swarm_name((enum swarm_kind)k), why);
			if (why || hit[i][k])
				continue;
			missed++;
			printf("never reached: %s x %s\n", swarm_step_name(i),
			       swarm_name((enum swarm_kind)k));
		}
	printf("%u of %u pairs of step and fault reached\n", pairs - missed, pairs);
	return missed;
}
