/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kept versions of the documents, their way to the store, and what differs between two of
 * them. A version is stored as what it changes: a row says what a document is from that version
 * on, until a newer row says otherwise. A version that goes takes along the rows that were its
 * own alone, so nothing is ever written again. From the store: chain.c.
 */
#include "fabric-manager/engine/state/history.h"

#include "common/err.h"
#include "fabric-manager/engine/state/out.h"

static void version_done(struct fm_version *v)
{
	fm_base_done(&v->base);
	free(v->unread);
}

void fm_history_done(struct fm_engine *e)
{
	for (unsigned i = 0; i < e->versions; i++)
		version_done(&e->version[i]);
	e->versions = 0;
}

const struct fm_version *fm_history_get(const struct fm_engine *e, uint64_t version)
{
	for (unsigned i = 0; i < e->versions; i++)
		if (e->version[i].rec.version == version)
			return &e->version[i];
	return NULL;
}

/* ---- differences ---- */

static int doc_cmp(const struct fm_doc *a, const struct fm_doc *b)
{
	if (!a || !b)
		return a ? -1 : 1;
	if (a->kind != b->kind)
		return (int)a->kind - (int)b->kind;
	return strcmp(a->meta.name.s, b->meta.name.s);
}

/* Two versions side by side, in the order of kinds and names. */
struct pairing {
	const struct fm_base *a, *b;
	unsigned i, k;
};

/* The next pair: places in 'a' and 'b', -1 = it has none; and whether they are the same, the
 * set that they belong to included. */
static bool next_pair(struct pairing *p, int *ret_i, int *ret_k, bool *ret_same)
{
	const struct fm_docs *a = &p->a->docs, *b = &p->b->docs;
	const struct fm_doc *x = p->i < a->n ? a->doc[p->i] : NULL;
	const struct fm_doc *y = p->k < b->n ? b->doc[p->k] : NULL;
	int c = x == y ? 0 : doc_cmp(x, y);

	if (!x && !y)
		return false;
	*ret_same = !c && a->note[p->i] == b->note[p->k] && (x == y || fm_doc_equal(x, y));
	*ret_i = c <= 0 ? (int)p->i++ : -1;
	*ret_k = c >= 0 ? (int)p->k++ : -1;
	return true;
}

unsigned fm_base_compare(const struct fm_base *a, const struct fm_base *b, fm_differs_fn *fn,
			 void *arg)
{
	struct pairing p = {a, b, 0, 0};
	unsigned n = 0;
	bool same;
	int i, k;

	while (next_pair(&p, &i, &k, &same)) {
		n += !same;
		if (!same && fn)
			fn(arg, i < 0 ? NULL : a->docs.doc[i], k < 0 ? NULL : b->docs.doc[k]);
	}
	return n;
}

struct words {
	struct mr_buf *out;
	unsigned n, max;
};

static void add_word(void *arg, const struct fm_doc *before, const struct fm_doc *after)
{
	const struct fm_doc *d = after ? after : before;
	struct words *w = arg;

	if (w->n++ < w->max)
		mr_buf_printf(w->out, "%s%c %s %s", w->n > 1 ? ", " : "",
			      !before  ? '+'
			      : !after ? '-'
				       : '~',
			      fm_kind_name(d->kind), d->meta.name.s);
}

void fm_base_compare_words(const struct fm_base *a, const struct fm_base *b, unsigned max,
			   struct mr_buf *out)
{
	struct words w = {out, 0, max};

	fm_base_compare(a, b, add_word, &w);
	if (w.n > max)
		mr_buf_printf(out, " and %u more", w.n - max);
}

static void count_one(void *arg, const struct fm_doc *before, const struct fm_doc *after)
{
	struct fm_rec_version *r = arg;

	r->added += !before;
	r->removed += !after;
	r->changed += before && after;
}

/* ---- rows ---- */

/* One row's part of the sum by which a row that is missing, or too many, is found. */
uint64_t fm_history_digest(const char *kind, const char *name, uint64_t row)
{
	uint64_t h = UINT64_C(14695981039346656037) ^ row;

	for (; *kind; kind++)
		h = (h ^ (uint8_t)*kind) * UINT64_C(1099511628211);
	for (h = (h ^ '/') * UINT64_C(1099511628211); *name; name++)
		h = (h ^ (uint8_t)*name) * UINT64_C(1099511628211);
	h = (h ^ h >> 31) * UINT64_C(0x9e3779b97f4a7c15);
	return h ^ h >> 29;
}

static uint64_t digest_of(const struct fm_docs *docs, int i)
{
	return fm_history_digest(fm_kind_name(docs->doc[i]->kind), docs->doc[i]->meta.name.s,
				 docs->row[i]);
}

static struct fm_record *document(struct fm_engine *e, uint64_t row, const char *kind,
				  const char *name)
{
	struct fm_record *r = fm_rec(e, FM_RECORD_DOCUMENT);

	r->document.version = row;
	mr_copy(r->document.kind, MR_NAME_MAX, kind);
	mr_copy(r->document.name, MR_NAME_MAX, name);
	return r;
}

static struct fm_record *document_of(struct fm_engine *e, uint64_t row, const struct fm_doc *d)
{
	return document(e, row, fm_kind_name(d->kind), d->meta.name.s);
}

static void store_document(struct fm_engine *e, uint64_t row, struct fm_doc *d, uint32_t note)
{
	struct fm_record *r = document_of(e, row, d);

	mr_copy(r->document.set, MR_NAME_MAX, fm_base_set_name(e, note));
	r->document.text = mr_xstrdup(fm_doc_text(d));
}

/* Stores what is other in 'v' than in 'was'. */
static void store_changes(struct fm_engine *e, const struct fm_base *was, struct fm_version *v)
{
	struct pairing p = {was, &v->base, 0, 0};
	struct fm_docs *docs = &v->base.docs;
	bool same;
	int i, k;

	while (next_pair(&p, &i, &k, &same)) {
		if (same) {
			docs->row[k] = was->docs.row[i];
			continue;
		}
		if (i >= 0)
			v->rec.digest -= digest_of(&was->docs, i);
		if (k < 0) {
			document_of(e, v->rec.version, was->docs.doc[i])->document.removed =
				true;
			continue;
		}
		docs->row[k] = v->rec.version;
		v->rec.digest += digest_of(docs, k);
		store_document(e, docs->row[k], docs->doc[k], docs->note[k]);
	}
}

/* ---- coming and going ---- */

static void erase(struct fm_engine *e, uint64_t row, const char *kind, const char *name)
{
	document(e, row, kind, name)->erase = true;
}

/* The row of a document of 'v' that was not understood, 0 = there is none. */
static uint64_t unread_row(const struct fm_version *v, const char *kind, const char *name)
{
	for (unsigned i = 0; i < v->unreads; i++)
		if (mr_streq(v->unread[i].kind, kind) && mr_streq(v->unread[i].name, name))
			return v->unread[i].version;
	return 0;
}

/* A row of 'v', the oldest version, which the one after it does not have. Where that one took
 * the document out, it need not say so any more. */
static void erase_row(struct fm_engine *e, const struct fm_version *v, uint64_t row,
		      const char *kind, const char *name, bool removed)
{
	const struct fm_version *next = v + 1;

	if (unread_row(next, kind, name) == row)
		return;
	erase(e, row, kind, name);
	if (removed && next->rec.full == v->rec.full && !unread_row(next, kind, name))
		erase(e, next->rec.version, kind, name);
}

/* The oldest version goes, with what only it has. */
static void forget_oldest(struct fm_engine *e)
{
	struct fm_version *v = &e->version[0];
	const struct fm_docs *docs = &v->base.docs, *next = &v[1].base.docs;
	struct pairing p = {&v->base, &v[1].base, 0, 0};
	struct fm_record *r = fm_rec(e, FM_RECORD_VERSION);
	bool same;
	int i, k;

	r->erase = true;
	r->version.version = v->rec.version;
	while (next_pair(&p, &i, &k, &same))
		if (i >= 0 && (k < 0 || docs->row[i] != next->row[k]))
			erase_row(e, v, docs->row[i], fm_kind_name(docs->doc[i]->kind),
				  docs->doc[i]->meta.name.s, k < 0);
	for (unsigned n = 0; n < v->unreads; n++) {
		const struct fm_rec_document *u = &v->unread[n];
		int kind = fm_kind_of_text(u->kind);

		erase_row(e, v, u->version, u->kind, u->name,
			  kind < 0 || !fm_docs_find(next, (enum fm_kind)kind, u->name));
	}
	version_done(v);
	memmove(v, v + 1, --e->versions * sizeof(*v));
}

/* An empty version, the newest. */
struct fm_version *fm_history_append(struct fm_engine *e, uint64_t version)
{
	struct fm_version *v;

	MR_GROW(e->version, e->versions, e->cap_versions);
	v = &e->version[e->versions++];
	*v = (struct fm_version){.rec.version = version, .base.version = version};
	return v;
}

/* Whether a version can be stored as what changed against 'v'. */
static bool is_whole(const struct fm_version *v)
{
	return !v->unreads && !v->broken;
}

void fm_history_add(struct fm_engine *e, const struct fm_origin *from)
{
	const struct fm_base none = {0};
	struct fm_version *v = fm_history_append(e, e->base.version);
	const struct fm_version *was = e->versions > 1 ? v - 1 : NULL;

	fm_base_copy(&v->base, &e->base);
	fm_base_compare(was ? &was->base : &none, &v->base, count_one, &v->rec);
	if (was && is_whole(was)) {
		v->rec.full = was->rec.full;
		v->rec.digest = was->rec.digest;
		store_changes(e, &was->base, v);
	} else {
		v->rec.full = v->rec.version;
		store_changes(e, &none, v);
	}
	v->rec.documents = v->base.docs.n;
	v->rec.wall_ns = e->now.wall_ns;
	mr_fmt(v->rec.who, sizeof(v->rec.who), "%s", from->who);
	mr_fmt(v->rec.set, sizeof(v->rec.set), "%s", from->set);
	mr_fmt(v->rec.how, sizeof(v->rec.how), "%s", from->how);
	fm_rec(e, FM_RECORD_VERSION)->version = v->rec;
	while (e->versions > FM_VERSIONS_KEPT)
		forget_oldest(e);
}

void fm_history_take_back(struct fm_engine *e)
{
	while (e->versions && e->version[e->versions - 1].rec.version > e->base.version)
		version_done(&e->version[--e->versions]);
}
