/* SPDX-License-Identifier: Apache-2.0 */
/* Names of verbs; copies of requests; the end of a reply. */
#include "fabric-manager/model/request.h"

#include <stdlib.h>
#include <string.h>

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

/* Does it with each text of a request. */
static void each_text(struct fm_request *r, void (*fn)(const char **s))
{
	const char **const text[] = {&r->kind, &r->name, &r->host,	    &r->arg,
				     &r->set,  &r->who,	 &r->max_disruption};

	for (size_t i = 0; i < MR_ARRAY_SIZE(text); i++)
		fn(text[i]);
}

static void text_copy(const char **s)
{
	*s = *s ? mr_xstrdup(*s) : NULL;
}

static void text_free(const char **s)
{
	free((char *)*s);
}

/* See request.h. */
struct fm_request *fm_request_copy(const struct fm_request *r)
{
	struct fm_request *n = mr_xmemdup(r, sizeof(*r));
	struct fm_file *file = mr_xcalloc(r->files + 1, sizeof(*file));

	each_text(n, text_copy);
	for (unsigned i = 0; i < r->files; i++) {
		char *text = mr_xcalloc(r->file[i].len + 1, 1);

		memcpy(text, r->file[i].text, r->file[i].len);
		file[i] = (struct fm_file){mr_xstrdup(r->file[i].name), text, r->file[i].len};
	}
	n->file = file;
	return n;
}

/* Frees a copy. */
void fm_request_free(struct fm_request *r)
{
	if (!r)
		return;
	each_text(r, text_free);
	for (unsigned i = 0; i < r->files; i++) {
		free((char *)r->file[i].name);
		free((char *)r->file[i].text);
	}
	free((struct fm_file *)r->file);
	free(r);
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
