/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kept versions of the documents, their way to and from the store, and what differs between
 * two of them.
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

unsigned fm_base_compare(const struct fm_base *a, const struct fm_base *b, fm_differs_fn *fn,
			 void *arg)
{
	unsigned i = 0, k = 0, n = 0;

	while (i < a->docs.n || k < b->docs.n) {
		const struct fm_doc *x = i < a->docs.n ? a->docs.doc[i] : NULL;
		const struct fm_doc *y = k < b->docs.n ? b->docs.doc[k] : NULL;
		int c = x == y ? 0 : doc_cmp(x, y);
		bool same = !c && a->docs.note[i] == b->docs.note[k] &&
			    (x == y || fm_doc_equal(x, y));

		i += c <= 0;
		k += c >= 0;
		if (same)
			continue;
		n++;
		if (fn)
			fn(arg, c <= 0 ? x : NULL, c >= 0 ? y : NULL);
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

/* ---- coming and going ---- */

static void erase_document(struct fm_engine *e, uint64_t version, const char *kind,
			   const char *name)
{
	struct fm_record *r = fm_rec(e, FM_RECORD_DOCUMENT);

	r->erase = true;
	r->document.version = version;
	mr_copy(r->document.kind, MR_NAME_MAX, kind);
	mr_copy(r->document.name, MR_NAME_MAX, name);
}

static void forget_oldest(struct fm_engine *e)
{
	struct fm_version *v = &e->version[0];
	struct fm_record *r = fm_rec(e, FM_RECORD_VERSION);

	r->erase = true;
	r->version.version = v->rec.version;
	for (unsigned i = 0; i < v->base.docs.n; i++)
		erase_document(e, v->rec.version, fm_kind_name(v->base.docs.doc[i]->kind),
			       v->base.docs.doc[i]->meta.name.s);
	for (unsigned i = 0; i < v->unreads; i++)
		erase_document(e, v->rec.version, v->unread[i].kind, v->unread[i].name);
	version_done(v);
	memmove(v, v + 1, --e->versions * sizeof(*v));
}

static struct fm_version *append(struct fm_engine *e, uint64_t version)
{
	struct fm_version *v;

	MR_GROW(e->version, e->versions, e->cap_versions);
	v = &e->version[e->versions++];
	*v = (struct fm_version){.rec.version = version, .base.version = version};
	return v;
}

void fm_history_add(struct fm_engine *e, const struct fm_origin *from)
{
	const struct fm_base none = {0};
	const struct fm_base *before = e->versions ? &e->version[e->versions - 1].base : &none;
	struct fm_version *v;
	struct fm_rec_version rec = {.version = e->base.version, .wall_ns = e->now.wall_ns};

	fm_base_compare(before, &e->base, count_one, &rec);
	mr_fmt(rec.who, sizeof(rec.who), "%s", from->who);
	mr_fmt(rec.set, sizeof(rec.set), "%s", from->set);
	mr_fmt(rec.how, sizeof(rec.how), "%s", from->how);
	v = append(e, rec.version);
	v->rec = rec;
	fm_base_copy(&v->base, &e->base);
	fm_rec(e, FM_RECORD_VERSION)->version = rec;
	while (e->versions > FM_VERSIONS_KEPT)
		forget_oldest(e);
}

void fm_history_take_back(struct fm_engine *e)
{
	while (e->versions && e->version[e->versions - 1].rec.version > e->base.version)
		version_done(&e->version[--e->versions]);
}

/* ---- from the store ---- */

static struct fm_version *version_of(struct fm_engine *e, uint64_t version)
{
	for (unsigned i = 0; i < e->versions; i++)
		if (e->version[i].rec.version == version)
			return &e->version[i];
	return append(e, version);
}

/* The same document of another version: it need not be read again. */
struct known {
	const char *text;
	struct fm_doc *doc;
};

static struct fm_doc *known_doc(const struct mr_map *known, const struct fm_rec_document *r,
				char *key, size_t size)
{
	const struct known *k;
	uint64_t v;

	mr_fmt(key, size, "%s/%s", r->kind, r->name);
	if (!mr_map_get(known, key, &v))
		return NULL;
	k = (const struct known *)(uintptr_t)v;
	return mr_streq(k->text, r->text) ? fm_doc_ref(k->doc) : NULL;
}

static void not_read(struct fm_engine *e, struct fm_version *v, const struct fm_rec_document *r,
		     const struct mr_diags *diags)
{
	MR_GROW(v->unread, v->unreads, v->cap_unreads);
	v->unread[v->unreads] = *r;
	v->unread[v->unreads++].text = NULL;
	if (r->version == e->meta.version)
		fm_log(e, 3, "store: document %s '%s' does not read: '%s'", r->kind, r->name,
		       diags->n ? diags->item[0].text : "");
}

static void load_document(struct fm_engine *e, const struct fm_rec_document *r,
			  struct mr_map *known, struct known *slot)
{
	struct fm_version *v = version_of(e, r->version);
	struct mr_diags diags = {0};
	struct fm_docs one = {0};
	char key[2 * MR_NAME_MAX];
	struct fm_doc *d = known_doc(known, r, key, sizeof(key));

	if (d)
		fm_docs_put(&one, d);
	else if (fm_docs_read(&one, "store", r->text, strlen(r->text), &diags))
		not_read(e, v, r, &diags);
	if (one.n == 1) {
		*slot = (struct known){r->text, one.doc[0]};
		mr_map_set(known, key, (uintptr_t)slot);
	}
	fm_docs_merge(&v->base.docs, &one);
	if (fm_kind_of_text(r->kind) >= 0)
		fm_base_set_put(e, &v->base, (enum fm_kind)fm_kind_of_text(r->kind), r->name,
				r->set);
	fm_docs_done(&one);
	mr_diags_done(&diags);
}

static int older(const void *pa, const void *pb)
{
	const struct fm_version *a = pa, *b = pb;

	return (a->rec.version > b->rec.version) - (a->rec.version < b->rec.version);
}

void fm_history_load(struct fm_engine *e, const struct fm_record *r, unsigned n)
{
	struct known *slot = mr_xcalloc(n + 1, sizeof(*slot));
	struct mr_map *known = mr_map_new();
	const struct fm_version *v;

	for (unsigned i = 0; i < n; i++) {
		if (r[i].kind == FM_RECORD_DOCUMENT)
			load_document(e, &r[i].document, known, &slot[i]);
		if (r[i].kind == FM_RECORD_VERSION)
			version_of(e, r[i].version.version)->rec = r[i].version;
	}
	mr_map_free(known);
	free(slot);
	if (e->versions)
		qsort(e->version, e->versions, sizeof(*e->version), older);
	v = fm_history_get(e, e->meta.version);
	if (!v)
		return;
	fm_base_done(&e->base);
	fm_base_copy(&e->base, &v->base);
}
