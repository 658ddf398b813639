/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes the engine's own tables as Promela: the numbers of steps, phases, operations, verbs
 * and kinds of failure, and one row per step (assign/table.c). handover.pml is carried out on
 * these rows, so that what is proved is the order that the engine has; a name that the code
 * gives up no longer compiles in the model.
 */
#include <stdio.h>

#include "fabric-manager/engine/assign/table.h"

static const char *const steps[] = {
#define X(name, text) #name,
	FM_STEPS(X)
#undef X
};

static const char *const phases[] = {
#define X(name, text) #name,
	FM_PHASES(X)
#undef X
};

static const char *const ops[] = {
#define X(name, text, proves) #name,
	FM_OPS(X)
#undef X
};

static const char *const verbs[] = {
#define X(name, text, what) #name,
	FM_AGENT_VERBS(X)
#undef X
};

static void names(const char *prefix, const char *const *name, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		printf("#define FM_%s_%s %u\n", prefix, name[i], i);
}

/* One row; verbs and operations that it has not are NO. */
static void row(unsigned i)
{
	const struct fm_step_row *r = &fm_steps[i];

	printf("\t:: s == FM_STEP_%s -> ", steps[i]);
	printf("r_op = %d; ", r->op < 0 ? 255 : r->op);
	printf("r_verb = %d; ", r->verb < 0 ? 255 : r->verb);
	printf("r_phase = %u; r_done = %u; ", r->phase, r->done);
	printf("r_next = FM_STEP_%s; r_fail = %u;\n", steps[r->next], r->fail);
}

int main(void)
{
	printf("/* Written by tests/model/steps.c from the tables of the engine. */\n");
	names("STEP", steps, FM_STEP_COUNT);
	names("PHASE", phases, FM_PHASE_COUNT);
	printf("#define FM_SAME %u\n#define NO 255\n", FM_SAME);
	names("OP", ops, FM_OP_COUNT);
	names("AGENT", verbs, FM_AGENT_VERB_COUNT);
#define F(x) printf("#define FM_ON_" #x " %u\n", FM_ON_##x)
	F(BACK);
	F(HOLD);
	F(QUARANTINE);
	F(PEND);
	F(FAIL);
	F(DEGRADE);
	F(PASS);
#undef F
	printf("inline fm_row(s)\n{\n\tif\n");
	for (unsigned i = 0; i < FM_STEP_COUNT; i++)
		row(i);
	printf("\tfi\n}\n");
	return 0;
}
