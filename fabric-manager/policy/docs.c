// SPDX-License-Identifier: Apache-2.0
/*
 * A set of documents: a sorted array of references, and an index by kind and name.
 */
#include "fabric-manager/policy/docs.h"

#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/map.h"
#include "common/str.h"
#include "common/xalloc.h"

#define KEY_MAX (MR_NAME_MAX + 8)

/* The index's key. */
static const char *key_of(enum fm_kind kind, const char *name, char *buf)
{
	buf[0] = (char)('A' + (int)kind);
	mr_copy(buf + 1, KEY_MAX - 1, name);
	return buf;
}

/* Gives the references back; 's' is empty afterwards. */
void fm_docs_done(struct fm_docs *s)
{
	for (unsigned i = 0; i < s->n; i++)
		fm_doc_unref(s->doc[i]);
	free(s->doc);
	free(s->note);
	mr_map_free(s->index);
	memset(s, 0, sizeof(*s));
}

/* The document of that kind and name, or NULL; the set keeps it. */
struct fm_doc *fm_docs_find(const struct fm_docs *s, enum fm_kind kind, const char *name)
{
	char key[KEY_MAX];
	uint64_t v;

	if (!name || !s->index || !mr_map_get(s->index, key_of(kind, name, key), &v))
		return NULL;
	return (struct fm_doc *)(uintptr_t)v;
}

static int doc_cmp(const struct fm_doc *a, enum fm_kind kind, const char *name)
{
	if (a->kind != kind)
		return a->kind < kind ? -1 : 1;
	return strcmp(a->meta.name.s, name);
}

/* The first position that does not come before (kind, name). */
static unsigned position(const struct fm_docs *s, enum fm_kind kind, const char *name)
{
	unsigned lo = 0, hi = s->n;

	while (lo < hi) {
		unsigned mid = lo + (hi - lo) / 2;

		if (doc_cmp(s->doc[mid], kind, name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Puts 'd' in, taking over the caller's reference; an older document of the same kind and name
 * goes. */
void fm_docs_put(struct fm_docs *s, struct fm_doc *d)
{
	unsigned at = position(s, d->kind, d->meta.name.s);
	char key[KEY_MAX];

	if (at < s->n && !doc_cmp(s->doc[at], d->kind, d->meta.name.s)) {
		fm_doc_unref(s->doc[at]);
	} else {
		MR_GROW(s->doc, s->n, s->cap);
		MR_GROW(s->note, s->n, s->cap_note);
		memmove(&s->doc[at + 1], &s->doc[at], (s->n - at) * sizeof(s->doc[0]));
		memmove(&s->note[at + 1], &s->note[at], (s->n - at) * sizeof(s->note[0]));
		s->note[at] = 0;
		s->n++;
	}
	s->doc[at] = d;
	if (!s->index)
		s->index = mr_map_new();
	mr_map_set(s->index, key_of(d->kind, d->meta.name.s, key), (uintptr_t)d);
}

/* Takes a document out; false when there is none. */
bool fm_docs_remove(struct fm_docs *s, enum fm_kind kind, const char *name)
{
	struct fm_doc *d = fm_docs_find(s, kind, name);
	unsigned at = position(s, kind, name);
	char key[KEY_MAX];

	if (!d)
		return false;
	mr_map_del(s->index, key_of(kind, name, key));
	s->n--;
	memmove(&s->doc[at], &s->doc[at + 1], (s->n - at) * sizeof(s->doc[0]));
	memmove(&s->note[at], &s->note[at + 1], (s->n - at) * sizeof(s->note[0]));
	fm_doc_unref(d);
	return true;
}

/* Its place, or 's->n' when there is none. */
static unsigned place_of(const struct fm_docs *s, enum fm_kind kind, const char *name)
{
	unsigned at = position(s, kind, name);

	return at < s->n && !doc_cmp(s->doc[at], kind, name) ? at : s->n;
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
void fm_docs_copy(struct fm_docs *to, const struct fm_docs *from)
{
	*to = (struct fm_docs){.n = from->n, .cap = from->n, .cap_note = from->n};
	if (!from->n)
		return;
	to->doc = mr_xmemdup(from->doc, from->n * sizeof(*to->doc));
	to->note = mr_xmemdup(from->note, from->n * sizeof(*to->note));
	to->index = mr_map_copy(from->index);
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
