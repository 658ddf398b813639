// SPDX-License-Identifier: Apache-2.0
/*
 * Findings of documents against the inventory: which of them are new. All of them are compared,
 * not the first hundred that a reply shows: what stands could hide what is new.
 */
#include "fabric-manager/engine/desire/findings.h"

#include <string.h>

#include "common/err.h"
#include "common/map.h"
#include "common/str.h"

/* Path and text without the places that it names: what stands above a document shifts them. */
static const char *key_of(const struct mr_diag *d, struct mr_buf *out)
{
	static const char digits[] = "0123456789";
	size_t line, col;

	mr_buf_reset(out);
	mr_buf_printf(out, "%s ", d->path);
	for (const char *text = d->text; *text; text++) {
		line = text[0] == ':' ? strspn(text + 1, digits) : 0;
		col = line && text[1 + line] == ':' ? strspn(text + line + 2, digits) : 0;
		if (!col) {
			mr_buf_add(out, text, 1);
			continue;
		}
		while (out->len && out->data[out->len - 1] != ' ' &&
		       out->data[out->len - 1] != '(')
			out->len--; /* the file */
		text += 1 + line + col;
	}
	return mr_buf_text(out);
}

/* See findings.h. */
void fm_findings_add(const struct mr_diags *new, const struct mr_diags *old,
		     struct mr_diags *ret)
{
	struct mr_map *known = mr_map_new();
	struct mr_buf key = {0};
	uint64_t v;

	for (unsigned i = 0; i < old->n; i++)
		if (old->item[i].severity == MR_SEV_ERROR)
			mr_map_set(known, key_of(&old->item[i], &key), 1);
	for (unsigned i = 0; i < new->n; i++) {
		const struct mr_diag *g = &new->item[i];

		if (g->severity != MR_SEV_ERROR || !mr_map_get(known, key_of(g, &key), &v))
			mr_diags_add(ret, g->severity, g->file, g->line, g->col, g->path, "%s",
				     g->text);
	}
	mr_buf_done(&key);
	mr_map_free(known);
}
