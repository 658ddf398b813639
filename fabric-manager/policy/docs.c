// SPDX-License-Identifier: Apache-2.0
/*
 * A set of documents: a sorted array of references, and where each kind begins in it.
 */
#include "fabric-manager/policy/docs.h"

#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/str.h"
#include "common/xalloc.h"

/* Gives the references back; 's' is empty afterwards. */
void fm_docs_done(struct fm_docs *s)
{
	for (unsigned i = 0; i < s->n; i++)
		fm_doc_unref(s->doc[i]);
	free(s->doc);
	free(s->note);
	free(s->row);
	memset(s, 0, sizeof(*s));
}

/* The first position that does not come before (kind, name). */
static unsigned position(const struct fm_docs *s, enum fm_kind kind, const char *name)
{
	unsigned lo = s->first[kind], hi = s->first[kind + 1];

	while (lo < hi) {
		unsigned mid = lo + (hi - lo) / 2;

		if (strcmp(s->doc[mid]->meta.name.s, name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static bool is_at(const struct fm_docs *s, unsigned at, enum fm_kind kind, const char *name)
{
	return at < s->first[kind + 1] && mr_streq(s->doc[at]->meta.name.s, name);
}

/* The document of that kind and name, or NULL; the set keeps it. */
struct fm_doc *fm_docs_find(const struct fm_docs *s, enum fm_kind kind, const char *name)
{
	unsigned at = name ? position(s, kind, name) : 0;

	return name && is_at(s, at, kind, name) ? s->doc[at] : NULL;
}

static void make_room(struct fm_docs *s, unsigned at)
{
	unsigned after = s->n - at;

	MR_GROW(s->doc, s->n, s->cap);
	MR_GROW(s->note, s->n, s->cap_note);
	MR_GROW(s->row, s->n, s->cap_row);
	memmove(&s->doc[at + 1], &s->doc[at], after * sizeof(s->doc[0]));
	memmove(&s->note[at + 1], &s->note[at], after * sizeof(s->note[0]));
	memmove(&s->row[at + 1], &s->row[at], after * sizeof(s->row[0]));
	s->note[at] = 0;
	s->row[at] = 0;
	s->n++;
}

/* Puts 'd' in, taking over the caller's reference; an older document of the same kind and name
 * goes. */
void fm_docs_put(struct fm_docs *s, struct fm_doc *d)
{
	unsigned at = position(s, d->kind, d->meta.name.s);

	if (is_at(s, at, d->kind, d->meta.name.s)) {
		fm_doc_unref(s->doc[at]);
	} else {
		make_room(s, at);
		for (unsigned k = d->kind + 1; k <= FM_KIND_COUNT; k++)
			s->first[k]++;
	}
	s->doc[at] = d;
}

/* Takes a document out; false when there is none. */
bool fm_docs_remove(struct fm_docs *s, enum fm_kind kind, const char *name)
{
	unsigned at = position(s, kind, name), after;

	if (!is_at(s, at, kind, name))
		return false;
	fm_doc_unref(s->doc[at]);
	after = --s->n - at;
	memmove(&s->doc[at], &s->doc[at + 1], after * sizeof(s->doc[0]));
	memmove(&s->note[at], &s->note[at + 1], after * sizeof(s->note[0]));
	memmove(&s->row[at], &s->row[at + 1], after * sizeof(s->row[0]));
	for (unsigned k = kind + 1; k <= FM_KIND_COUNT; k++)
		s->first[k]--;
	return true;
}

/* Its place, or 's->n' when there is none. */
static unsigned place_of(const struct fm_docs *s, enum fm_kind kind, const char *name)
{
	unsigned at = position(s, kind, name);

	return is_at(s, at, kind, name) ? at : s->n;
}

/* See docs.h. */
void fm_docs_note(struct fm_docs *s, enum fm_kind kind, const char *name, uint32_t note)
{
	unsigned at = place_of(s, kind, name);

	if (at < s->n)
		s->note[at] = note;
}

/* See docs.h. */
uint32_t fm_docs_noted(const struct fm_docs *s, enum fm_kind kind, const char *name)
{
	unsigned at = place_of(s, kind, name);

	return at < s->n ? s->note[at] : 0;
}

/* See docs.h. */
void fm_docs_set_row(struct fm_docs *s, enum fm_kind kind, const char *name, uint64_t row)
{
	unsigned at = place_of(s, kind, name);

	if (at < s->n)
		s->row[at] = row;
}

/* See docs.h. */
void fm_docs_copy(struct fm_docs *to, const struct fm_docs *from)
{
	*to = (struct fm_docs){
		.n = from->n, .cap = from->n, .cap_note = from->n, .cap_row = from->n};
	memcpy(to->first, from->first, sizeof(to->first));
	if (!from->n)
		return;
	to->doc = mr_xmemdup(from->doc, from->n * sizeof(*to->doc));
	to->note = mr_xmemdup(from->note, from->n * sizeof(*to->note));
	to->row = mr_xmemdup(from->row, from->n * sizeof(*to->row));
	for (unsigned i = 0; i < to->n; i++)
		fm_doc_ref(to->doc[i]);
}

/* Puts every document of 'from' into 'to', shared. */
void fm_docs_merge(struct fm_docs *to, const struct fm_docs *from)
{
	for (unsigned i = 0; i < from->n; i++)
		fm_docs_put(to, fm_doc_ref(from->doc[i]));
}

static int diag_cmp(const void *a, const void *b)
{
	const struct mr_diag *x = a, *y = b;
	int c = strcmp(x->file, y->file);

	if (!c)
		c = (x->line > y->line) - (x->line < y->line);
	if (!c)
		c = (x->col > y->col) - (x->col < y->col);
	if (!c)
		c = strcmp(x->path, y->path);
	return c ? c : strcmp(x->text, y->text);
}

/* Sorts findings by file, line and column, so that passes do not show in the order; the same
 * one twice is one. */
void fm_diags_sort(struct mr_diags *diags)
{
	unsigned n = 0;

	if (diags->n > 1)
		qsort(diags->item, diags->n, sizeof(diags->item[0]), diag_cmp);
	for (unsigned i = 0; i < diags->n; i++) {
		struct mr_diag *g = &diags->item[i];

		if (n && !diag_cmp(&diags->item[n - 1], g) &&
		    diags->item[n - 1].severity == g->severity) {
			diags->errors -= g->severity == MR_SEV_ERROR;
			free(g->file);
			free(g->path);
			free(g->text);
		} else {
			diags->item[n++] = *g;
		}
	}
	diags->n = n;
}
