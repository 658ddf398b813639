/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Part of every program of the build `mutants`: before main() it switches on the mutant that
 * BANYAN_MUTANT names (common/mutant.h). "list" prints them all: name, invariant, words.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mutant.h"

enum mr_mutant mr_mutant;

static const struct {
	const char *name, *invariant, *text;
} mutants[] = {
#define X(name, invariant, text) {#name, invariant, text},
	MR_MUTANTS_LIST(X)
#undef X
};

static void __attribute__((constructor)) choose(void)
{
	const char *want = getenv("BANYAN_MUTANT");
	unsigned n = sizeof(mutants) / sizeof(mutants[0]);

	if (!want || !*want)
		return;
	for (unsigned i = 0; i < n; i++) {
		if (!strcmp(want, "list"))
			printf("%s\t%s\t%s\n", mutants[i].name, mutants[i].invariant,
			       mutants[i].text);
		else if (!strcmp(want, mutants[i].name))
			mr_mutant = (enum mr_mutant)(i + 1);
	}
	if (!strcmp(want, "list"))
		exit(0);
	if (mr_mutant)
		return;
	fprintf(stderr, "BANYAN_MUTANT: there is no mutant '%s'\n", want);
	exit(64);
}
