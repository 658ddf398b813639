/* SPDX-License-Identifier: Apache-2.0 */
/* Names of an agent's verbs, and the end of a report. */
#include "fabric-manager/model/agent.h"

#include <stdlib.h>

#include "common/xalloc.h"

static const char *const verb_names[] = {
#define X(name, text, what) text,
	FM_AGENT_VERBS(X)
#undef X
};

/* The word for a verb, "?" for a number that is none. */
const char *fm_agent_verb_name(enum fm_agent_verb v)
{
	return (size_t)v < MR_ARRAY_SIZE(verb_names) ? verb_names[v] : "?";
}

/* Frees the arrays of a report; 'r' is empty and usable afterwards. */
void fm_agent_report_done(struct fm_agent_report *r)
{
	if (!r)
		return;
	free(r->fn);
	free(r->gone);
	free(r->own);
	*r = (struct fm_agent_report){0};
}
