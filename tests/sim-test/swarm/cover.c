/* SPDX-License-Identifier: Apache-2.0 */
/* Which faults hit which steps of operations. */
#include <stdio.h>

#include "common/xalloc.h"
#include "tests/sim-test/swarm/swarm.h"

/* Pairs that cannot be, argued one by one; docs/testing.md shows this table (--unreachable). A
 * pair that is here and is reached all the same is a failure like one that is neither. */
static const struct {
	unsigned step;
	enum swarm_kind kind;
	const char *why;
} unreachable[] = {
	{FM_OP_TAKE_OWNER, SWARM_REGISTER_STALE,
	 "the register is one of a row or of a function that an operation or a command is "
	 "about; a take-over is about neither, and nothing else is under way before it is "
	 "done"},
	{FM_OP_TAKE_OWNER, SWARM_REGISTER_ONES,
	 "the same: no row is named before the switch has an owner"},
};

const char *swarm_unreachable(unsigned step, enum swarm_kind kind)
{
	for (unsigned i = 0; i < MR_ARRAY_SIZE(unreachable); i++)
		if (unreachable[i].step == step && unreachable[i].kind == kind)
			return unreachable[i].why;
	return NULL;
}

void swarm_unreachable_print(void)
{
	printf("| step | fault | why |\n|---|---|---|\n");
	for (unsigned i = 0; i < MR_ARRAY_SIZE(unreachable); i++)
		printf("| %s | %s | %s |\n", swarm_step_name(unreachable[i].step),
		       swarm_words(unreachable[i].kind), unreachable[i].why);
}

/* Neither reached nor argued, or both; says so. */
static bool is_wrong(unsigned step, enum swarm_kind kind, unsigned hits)
{
	const char *why = swarm_unreachable(step, kind);

	if (why && hits)
		printf("reached: %s x %s, of which it is said: %s\n", swarm_step_name(step),
		       swarm_name(kind), why);
	else if (!why && !hits)
		printf("never reached: %s x %s\n", swarm_step_name(step), swarm_name(kind));
	return !why == !hits;
}

unsigned swarm_cover(swarm_hits hit, bool print)
{
	unsigned wrong = 0, pairs = 0, argued = 0, reached = 0;

	for (unsigned i = 0; i < SWARM_STEPS; i++)
		for (unsigned n = 0; n < SWARM_KINDS; n++) {
			enum swarm_kind k = (enum swarm_kind)n;

			if (print)
				printf("%-17s %-18s %u\n", swarm_step_name(i), swarm_name(k),
				       hit[i][k]);
			pairs++;
			reached += hit[i][k] > 0;
			argued += swarm_unreachable(i, k) != NULL;
			wrong += is_wrong(i, k, hit[i][k]);
		}
	printf("pairs of step and fault: %u, reached %u, argued to be unreachable %u\n", pairs,
	       reached, argued);
	return wrong;
}
