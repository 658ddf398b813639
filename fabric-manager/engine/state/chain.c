// SPDX-License-Identifier: Apache-2.0
/*
 * The kept versions from the store's rows. The rows are walked once, from old to new, and what
 * has come together by the number of a version is that version. Stores of managers that kept
 * all documents of each version look the same: a version then begins with its own rows.
 */
#include <errno.h>

#include "common/err.h"
#include "fabric-manager/engine/state/history.h"
#include "fabric-manager/engine/state/out.h"

/* A text that was read before, in whatever version: it need not be read again. */
struct known {
	const char *text;
	struct fm_doc *doc; /* NULL: it does not read */
};

struct loading {
	struct fm_engine *e;
	const struct fm_rec_document **row; /* old ones first */
	unsigned rows, at;
	struct mr_map *by_name; /* the last text of a document -> slot */
	struct known *slot;
	unsigned slots;
	struct fm_version now; /* what has come together */
};

static void forget_unread(struct fm_version *v, const char *kind, const char *name)
{
	unsigned keep = 0;

	for (unsigned i = 0; i < v->unreads; i++)
		if (!mr_streq(v->unread[i].kind, kind) || !mr_streq(v->unread[i].name, name))
			v->unread[keep++] = v->unread[i];
	v->unreads = keep;
}

static void not_read(struct loading *l, const struct fm_rec_document *r,
		     const struct mr_diags *diags)
{
	struct fm_version *v = &l->now;

	MR_GROW(v->unread, v->unreads, v->cap_unreads);
	v->unread[v->unreads] = *r;
	v->unread[v->unreads++].text = NULL;
	if (diags->n)
		fm_log(l->e, 3, "store: document %s '%s' of version %llu does not read: '%s'",
		       r->kind, r->name, (unsigned long long)r->version, diags->item[0].text);
}

/* The document of a row, with a reference for the caller; NULL = it does not read. */
static struct fm_doc *read_row(struct loading *l, const struct fm_rec_document *r,
			       struct mr_diags *diags)
{
	struct fm_docs one = {0};
	char key[2 * MR_NAME_MAX];
	struct fm_doc *d = NULL;
	uint64_t v;

	mr_fmt(key, sizeof(key), "%s/%s", r->kind, r->name);
	if (mr_map_get(l->by_name, key, &v) && mr_streq(l->slot[v].text, r->text)) {
		d = l->slot[v].doc;
		return d ? fm_doc_ref(d) : NULL;
	}
	if (!fm_docs_read(&one, "store", r->text, strlen(r->text), diags) && one.n == 1)
		d = fm_doc_ref(one.doc[0]);
	fm_docs_done(&one);
	l->slot[l->slots] = (struct known){r->text, d};
	mr_map_set(l->by_name, key, l->slots++);
	return d ? fm_doc_ref(d) : NULL;
}

/* From this row on a document is another one, or is no more. */
static void take_row(struct loading *l, const struct fm_rec_document *r)
{
	struct fm_docs *docs = &l->now.base.docs;
	int kind = fm_kind_of_text(r->kind);
	struct mr_diags diags = {0};
	struct fm_doc *d = NULL;

	forget_unread(&l->now, r->kind, r->name);
	if (kind >= 0)
		fm_docs_remove(docs, (enum fm_kind)kind, r->name);
	if (r->removed)
		return;
	if (kind >= 0)
		d = read_row(l, r, &diags);
	if (!d) {
		not_read(l, r, &diags);
	} else {
		fm_docs_put(docs, d);
		fm_base_set_put(l->e, &l->now.base, d->kind, d->meta.name.s, r->set);
		fm_docs_set_row(docs, d->kind, d->meta.name.s, r->version);
	}
	mr_diags_done(&diags);
}

static uint64_t digest_of(const struct fm_version *v)
{
	const struct fm_docs *docs = &v->base.docs;
	uint64_t sum = 0;

	for (unsigned i = 0; i < docs->n; i++)
		sum += fm_history_digest(fm_kind_name(docs->doc[i]->kind),
					 docs->doc[i]->meta.name.s, docs->row[i]);
	for (unsigned i = 0; i < v->unreads; i++)
		sum += fm_history_digest(v->unread[i].kind, v->unread[i].name,
					 v->unread[i].version);
	return sum;
}

/* What has come together is 'v'; held against what was noted of it. */
static void take_version(struct loading *l, struct fm_version *v)
{
	unsigned n = l->now.base.docs.n + l->now.unreads;
	uint64_t version = v->base.version, digest = digest_of(&l->now);

	fm_base_copy(&v->base, &l->now.base);
	v->base.version = version;
	v->unreads = v->cap_unreads = l->now.unreads;
	v->unread =
		v->unreads ? mr_xmemdup(l->now.unread, v->unreads * sizeof(*v->unread)) : NULL;
	if (v->rec.full) {
		v->broken = v->rec.documents != n || v->rec.digest != digest;
	} else {
		v->rec.full = version;
		v->rec.documents = n;
		v->rec.digest = digest;
	}
	if (v->broken)
		fm_log(l->e, 3,
		       "store: version %llu has %u documents, and %u of it were stored, or "
		       "others; nobody can go back to it",
		       (unsigned long long)version, n, v->rec.documents);
}

static void begin_anew(struct loading *l)
{
	fm_docs_done(&l->now.base.docs);
	l->now.unreads = 0;
}

static int older_row(const void *pa, const void *pb)
{
	const struct fm_rec_document *const *a = pa, *const *b = pb;

	return ((*a)->version > (*b)->version) - ((*a)->version < (*b)->version);
}

static int older_version(const void *pa, const void *pb)
{
	const struct fm_version *a = pa, *b = pb;

	return (a->rec.version > b->rec.version) - (a->rec.version < b->rec.version);
}

/* All versions, still empty; where none was noted at all the rows say which there are. */
static void list_versions(struct loading *l, const struct fm_record *r, unsigned n)
{
	struct fm_engine *e = l->e;
	bool noted;

	for (unsigned i = 0; i < n; i++)
		if (r[i].kind == FM_RECORD_VERSION)
			fm_history_append(e, r[i].version.version)->rec = r[i].version;
	noted = e->versions;
	for (unsigned i = 0; i < l->rows && !noted; i++)
		if (!i || l->row[i - 1]->version != l->row[i]->version)
			fm_history_append(e, l->row[i]->version);
	if (e->versions)
		qsort(e->version, e->versions, sizeof(*e->version), older_version);
}

static void walk(struct loading *l)
{
	struct fm_engine *e = l->e;
	uint64_t begun = 0;

	for (unsigned i = 0; i < e->versions; i++) {
		struct fm_version *v = &e->version[i];
		uint64_t full = v->rec.full ? v->rec.full : v->rec.version;

		if (full != begun)
			begin_anew(l);
		begun = full;
		while (l->at < l->rows && l->row[l->at]->version < full)
			l->at++;
		while (l->at < l->rows && l->row[l->at]->version <= v->rec.version)
			take_row(l, l->row[l->at++]);
		take_version(l, v);
	}
}

static void loading_done(struct loading *l)
{
	begin_anew(l);
	free(l->now.unread);
	for (unsigned i = 0; i < l->slots; i++)
		fm_doc_unref(l->slot[i].doc);
	free(l->slot);
	free(l->row);
	mr_map_free(l->by_name);
}

/* Whether the version in force is all there. */
static int check_current(struct fm_engine *e, const struct fm_version *v, struct mr_err *err)
{
	if (v ? !v->broken : !e->meta.version || !e->versions)
		return 0;
	return mr_err_set(
		err, -EINVAL, MR_REASON_STORE_FAILED,
		"version %llu of the documents is in force, and the store has not all "
		"rows of it as they were written: %u of %u documents; nothing is "
		"begun with a part of them. Expected a store that nobody but the "
		"manager wrote into, or a backup of one",
		(unsigned long long)e->meta.version, v ? v->base.docs.n + v->unreads : 0,
		v ? v->rec.documents : 0);
}

int fm_history_load(struct fm_engine *e, const struct fm_record *r, unsigned n,
		    struct mr_err *err)
{
	struct loading l = {.e = e, .by_name = mr_map_new()};
	const struct fm_version *v;

	l.row = mr_xcalloc(n + 1, sizeof(*l.row));
	for (unsigned i = 0; i < n; i++)
		if (r[i].kind == FM_RECORD_DOCUMENT)
			l.row[l.rows++] = &r[i].document;
	l.slot = mr_xcalloc(l.rows + 1, sizeof(*l.slot));
	qsort(l.row, l.rows, sizeof(*l.row), older_row);
	list_versions(&l, r, n);
	walk(&l);
	loading_done(&l);
	v = fm_history_get(e, e->meta.version);
	if (v) {
		fm_base_done(&e->base);
		fm_base_copy(&e->base, &v->base);
	}
	return check_current(e, v, err);
}
