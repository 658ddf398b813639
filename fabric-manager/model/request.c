/* SPDX-License-Identifier: Apache-2.0 */
/* Names of verbs; the end of a reply. */
#include "fabric-manager/model/request.h"

#include <stdlib.h>

#include "common/err.h"
#include "common/str.h"
#include "common/tree.h"
#include "common/xalloc.h"

static const char *const verbs[] = {
#define X(name, text) text,
	FM_VERBS(X)
#undef X
};

/* The verb as the operator types it. */
const char *fm_verb_name(enum fm_verb v)
{
	return (size_t)v < MR_ARRAY_SIZE(verbs) ? verbs[v] : "?";
}

/* The verb of a word, or -1. */
int fm_verb_parse(const char *s)
{
	for (size_t i = 0; i < MR_ARRAY_SIZE(verbs); i++)
		if (mr_streq(verbs[i], s))
			return (int)i;
	return -1;
}

/* Frees what the reply owns. */
void fm_reply_done(struct fm_reply *r)
{
	free(r->text);
	mr_tree_free(r->tree);
	if (r->diags)
		mr_diags_done(r->diags);
	free(r->diags);
	*r = (struct fm_reply){0};
}
