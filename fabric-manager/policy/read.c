// SPDX-License-Identifier: Apache-2.0
/*
 * From YAML nodes to documents, by the tables. Every error says where, which key by its path,
 * what is expected, and the nearest known name. A document with an error is dropped, the others
 * are read on.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/str.h"
#include "common/xalloc.h"
#include "common/yaml.h"
#include "fabric-manager/policy/docs.h"
#include "fabric-manager/policy/scalar.h"
#include "fabric-manager/policy/table.h"

struct reader {
	const char *file;
	struct mr_diags *diags;
	struct fm_path path;
	unsigned errors; /* of this document */
};

static void read_object(struct reader *r, const struct fm_table *t, const struct mr_yaml *node,
			void *base);

#define FAIL(r, node, ...)                                                                   \
	do {                                                                                 \
		(r)->errors++;                                                               \
		mr_diags_add((r)->diags, MR_SEV_ERROR, (r)->file, (node)->line, (node)->col, \
			     (r)->path.text, __VA_ARGS__);                                   \
	} while (0)
#define WARN(r, node, ...)                                                             \
	mr_diags_add((r)->diags, MR_SEV_WARNING, (r)->file, (node)->line, (node)->col, \
		     (r)->path.text, __VA_ARGS__)

static struct fm_at at_of(const struct mr_yaml *node)
{
	return (struct fm_at){node->line, node->col};
}

/* `key:` with nothing behind it. */
static bool is_empty(const struct mr_yaml *node)
{
	return node->kind == MR_YAML_SCALAR && !node->quoted && !node->text[0];
}

/* "got ...", for the end of an error. */
static const char *got(const struct mr_yaml *node, char *buf, size_t size)
{
	if (node->kind != MR_YAML_SCALAR)
		mr_fmt(buf, size, "got %s", node->kind == MR_YAML_SEQ ? "a list" : "a map");
	else if (is_empty(node))
		mr_fmt(buf, size, "got nothing");
	else
		mr_fmt(buf, size, "got '%.60s'", node->text);
	return buf;
}

static void fail_expected(struct reader *r, const struct fm_key *k, bool entry,
			  const struct mr_yaml *node, const char *more)
{
	struct fm_key one = *k;
	struct mr_buf want = {0};
	char have[96];

	if (entry)
		one.flags &= ~FM_K_LIST;
	fm_key_expected(&one, &want);
	FAIL(r, node, "expected %s; %s%s", mr_buf_text(&want), got(node, have, sizeof(have)),
	     more);
	mr_buf_done(&want);
}

/* What helps with a scalar that did not parse: the nearest word, or what to write instead of
 * 0. */
static void scalar_hint(const struct fm_key *k, const char *text, char *buf, size_t size)
{
	const char *near = k->type == FM_T_ENUM ? mr_nearest(text, k->names) : NULL;

	buf[0] = '\0';
	if (near)
		mr_fmt(buf, size, "; did you mean %s?", near);
	else if (text[0] == '0' && strspn(text, "0.") == strcspn(text, "kMGmsh") && k->word &&
		 k->type != FM_T_NAME)
		mr_fmt(buf, size, "; 0 is no limit that can be kept: write %s", k->word);
	else if (text[0] == '0' && k->type == FM_T_RATE &&
		 strspn(text, "0.") == strcspn(text, "kMG"))
		mr_fmt(buf, size, "; 0 is refused: leave the key out");
}

static void read_scalar(struct reader *r, const struct fm_key *k, const struct mr_yaml *node,
			void *field)
{
	struct fm_text *t = field;
	struct fm_num *n = field;
	char hint[96];

	*(struct fm_at *)field = at_of(node);
	if (node->kind != MR_YAML_SCALAR || is_empty(node)) {
		fail_expected(r, k, true, node, "");
		return;
	}
	if (fm_type_is_text(k->type)) {
		if (k->word && !strcmp(node->text, k->word))
			return;
		t->s = fm_scalar_text(k, node->text);
		if (!t->s)
			fail_expected(r, k, true, node, "");
	} else if (fm_scalar_num(k, node->text, &n->v)) {
		scalar_hint(k, node->text, hint, sizeof(hint));
		fail_expected(r, k, true, node, hint);
	}
	if (!node->quoted && fm_scalar_wants_quotes(k, node->text))
		WARN(r, node,
		     "'%.60s' should stand in quotes: other YAML tools read it as a number",
		     node->text);
}

/* A scalar, or an object of the other rows. */
static void read_either(struct reader *r, const struct fm_key *k, const struct mr_yaml *node,
			void *field)
{
	const struct fm_key *plain = fm_table_scalar(k->sub);

	if (node->kind == MR_YAML_MAP && node->n) {
		read_object(r, k->sub, node, field);
		return;
	}
	*(struct fm_at *)field = at_of(node);
	if (node->kind != MR_YAML_SCALAR || is_empty(node))
		fail_expected(r, k, true, node, "");
	else
		read_scalar(r, plain, node, (char *)field + plain->offset);
}

static void read_value(struct reader *r, const struct fm_key *k, const struct mr_yaml *node,
		       void *field)
{
	if (k->type == FM_T_EITHER) {
		read_either(r, k, node, field);
	} else if (k->type == FM_T_OBJECT) {
		if (node->kind == MR_YAML_MAP || is_empty(node))
			read_object(r, k->sub, node, field);
		else
			fail_expected(r, k, true, node, "");
	} else {
		read_scalar(r, k, node, field);
	}
}

static void read_list(struct reader *r, const struct fm_key *k, const struct mr_yaml *node,
		      void *field)
{
	struct fm_any_list l = {.at = at_of(node)};
	size_t size = fm_key_size(k);

	fm_list_put(field, &l);
	if (node->kind != MR_YAML_SEQ && !is_empty(node)) {
		fail_expected(r, k, false, node, "");
		return;
	}
	if (node->n > FM_LIST_MAX) {
		FAIL(r, node, "expected at most %d entries; got %u", FM_LIST_MAX, node->n);
		return;
	}
	if (!node->n) {
		if (k->flags & FM_K_NONEMPTY)
			FAIL(r, node, "expected at least one entry");
		return;
	}
	l.item = mr_xcalloc(node->n, size);
	l.n = node->n;
	for (unsigned i = 0; i < node->n; i++) {
		unsigned len = fm_path_push_index(&r->path, i);
		void *item = (char *)l.item + i * size;

		if (k->sub)
			fm_table_defaults(k->sub, item);
		read_value(r, k, node->child[i], item);
		fm_path_pop(&r->path, len);
	}
	fm_list_put(field, &l);
}

static bool label_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("-_./", c));
}

static bool is_label(const char *s, bool may_be_empty)
{
	size_t n = strnlen(s, 2 * MR_NAME_MAX);

	if ((!n && !may_be_empty) || n >= MR_NAME_MAX)
		return false;
	for (; *s; s++) {
		if (!label_char(*s))
			return false;
	}
	return true;
}

static bool is_reserved_label(const char *s)
{
	return !strcmp(s, "chassis") || !strcmp(s, "slot") || !strcmp(s, "class");
}

static void read_label(struct reader *r, const struct fm_key *k, const struct mr_yaml *key,
		       const struct mr_yaml *value, struct fm_label *l)
{
	const char *what = "at most 63 letters, digits, '-', '_', '.', '/'";
	char have[96];

	l->key = (struct fm_text){at_of(key), mr_xstrdup(key->text)};
	l->value.at = at_of(value);
	if (!is_label(key->text, false))
		FAIL(r, key, "expected a label name (%s); %s", what,
		     got(key, have, sizeof(have)));
	if (k->flags & FM_K_RESERVED && is_reserved_label(key->text))
		FAIL(r, key, "label '%s' is set by Banyan itself and can't be written",
		     key->text);
	if (value->kind != MR_YAML_SCALAR) {
		FAIL(r, value, "expected a text; %s", got(value, have, sizeof(have)));
		return;
	}
	if (!k->max && !is_label(value->text, true))
		FAIL(r, value, "expected a label value (%s); %s", what,
		     got(value, have, sizeof(have)));
	if (k->max && strlen(value->text) > (size_t)k->max)
		FAIL(r, value, "expected a text of at most %lld characters", (long long)k->max);
	l->value.s = mr_xstrdup(value->text);
}

static int label_cmp(const void *a, const void *b)
{
	return strcmp(((const struct fm_label *)a)->key.s, ((const struct fm_label *)b)->key.s);
}

static void read_labels(struct reader *r, const struct fm_key *k, const struct mr_yaml *node,
			void *field)
{
	struct fm_labels *l = field;

	l->at = at_of(node);
	if (node->kind != MR_YAML_MAP && !is_empty(node)) {
		fail_expected(r, k, false, node, "");
		return;
	}
	if (node->n > 64) {
		FAIL(r, node, "expected at most 64 entries; got %u", node->n);
		return;
	}
	if (!node->n)
		return;
	l->item = mr_xcalloc(node->n, sizeof(l->item[0]));
	l->n = node->n;
	for (unsigned i = 0; i < node->n; i++) {
		unsigned len = fm_path_push(&r->path, node->key[i]->text);

		read_label(r, k, node->key[i], node->child[i], &l->item[i]);
		fm_path_pop(&r->path, len);
	}
	qsort(l->item, l->n, sizeof(l->item[0]), label_cmp);
}

/* The rows' names, for suggestions; the caller frees the array. */
static const char **names_of(const struct fm_table *t)
{
	const char **names = mr_xcalloc(t->n + 1, sizeof(names[0]));
	unsigned n = 0;

	for (unsigned i = 0; i < t->n; i++) {
		if (t->key[i].name[0])
			names[n++] = t->key[i].name;
	}
	return names;
}

static void fail_unknown(struct reader *r, const struct mr_yaml *key, const char *const *names)
{
	const char *near = mr_nearest(key->text, names);
	struct mr_buf all = {0};

	for (unsigned i = 0; names[i]; i++)
		mr_buf_printf(&all, "%s%s", i ? ", " : "", names[i]);
	if (mr_streq(key->text, "<<"))
		FAIL(r, key,
		     "merge keys (<<) are not read; write the keys themselves, or an alias "
		     "for a whole value");
	else if (near)
		FAIL(r, key, "unknown key '%.60s'; did you mean %s?", key->text, near);
	else
		FAIL(r, key, "unknown key '%.60s'; expected one of %s", key->text,
		     mr_buf_text(&all));
	mr_buf_done(&all);
}

/* Blocks are placed at their key: what stands below it may start a line later. */
static void place_block(const struct mr_yaml *key, const struct mr_yaml *value, void *field)
{
	if (value->kind != MR_YAML_SCALAR)
		*(struct fm_at *)field = at_of(key);
}

static void read_key(struct reader *r, const struct fm_table *t, const struct mr_yaml *key,
		     const struct mr_yaml *value, void *base)
{
	const struct fm_key *k = fm_table_find(t, key->text);
	unsigned len = fm_path_push(&r->path, key->text);

	if (!k) {
		const char **names = names_of(t);

		fail_unknown(r, key, names);
		free(names);
	} else if (k->type == FM_T_LABELS) {
		read_labels(r, k, value, (char *)base + k->offset);
	} else if (k->flags & FM_K_LIST) {
		read_list(r, k, value, (char *)base + k->offset);
	} else {
		read_value(r, k, value, (char *)base + k->offset);
	}
	if (k)
		place_block(key, value, (char *)base + k->offset);
	fm_path_pop(&r->path, len);
}

static void fail_missing(struct reader *r, const struct fm_key *k, const struct mr_yaml *node)
{
	struct mr_buf want = {0};

	fm_key_expected(k, &want);
	FAIL(r, node, "key '%s' is missing: expected %s", k->name, mr_buf_text(&want));
	mr_buf_done(&want);
}

/* Reads a map (or nothing) into 'base', whose first member is its place and which holds the
 * defaults. */
static void read_object(struct reader *r, const struct fm_table *t, const struct mr_yaml *node,
			void *base)
{
	*(struct fm_at *)base = at_of(node);
	for (unsigned i = 0; node->kind == MR_YAML_MAP && i < node->n; i++)
		read_key(r, t, node->key[i], node->child[i], base);
	for (unsigned i = 0; i < t->n; i++) {
		const struct fm_key *k = &t->key[i];

		if (k->flags & FM_K_REQUIRED && !fm_field_at(k, base)->line)
			fail_missing(r, k, node);
	}
}

static const char *const top_keys[] = {"apiVersion", "kind", "metadata", "spec", NULL};

/* The header's scalar 'key', or NULL after an error. */
static const char *top_text(struct reader *r, const struct mr_yaml *node, const char *key,
			    const char *what)
{
	const struct mr_yaml *v = mr_yaml_get(node, key);
	unsigned len = fm_path_push(&r->path, key);
	const char *ret = NULL;
	char have[96];

	if (!v)
		FAIL(r, node, "key '%s' is missing: expected %s", key, what);
	else if (v->kind != MR_YAML_SCALAR || is_empty(v))
		FAIL(r, v, "expected %s; %s", what, got(v, have, sizeof(have)));
	else
		ret = v->text;
	fm_path_pop(&r->path, len);
	return ret;
}

static void check_top_keys(struct reader *r, const struct mr_yaml *node)
{
	for (unsigned i = 0; i < node->n; i++) {
		const struct mr_yaml *key = node->key[i];
		unsigned j = 0;

		while (top_keys[j] && strcmp(top_keys[j], key->text))
			j++;
		if (top_keys[j])
			continue;
		if (!strcmp(key->text, "status"))
			FAIL(r, key,
			     "a document says what is wanted; status is not written in files");
		else
			fail_unknown(r, key, top_keys);
	}
}

static int read_kind(struct reader *r, const struct mr_yaml *node)
{
	static const char *const names[] = {FM_DOC_KINDS(FM_ENUM_TEXT) NULL};
	const char *text =
		top_text(r, node, "kind", "a kind of document such as ServerProfile");
	int kind = fm_kind_parse(text);
	const struct mr_yaml *v = mr_yaml_get(node, "kind");
	struct mr_buf more = {0};
	const char *near;

	if (!text || kind >= 0)
		return kind;
	near = mr_nearest(text, names);
	if (near)
		mr_buf_printf(&more, "did you mean %s?", near);
	else
		mr_buf_puts(&more, "expected one of ");
	for (unsigned i = 0; !near && names[i]; i++)
		mr_buf_printf(&more, "%s%s", i ? ", " : "", names[i]);
	fm_path_push(&r->path, "kind");
	FAIL(r, v, "unknown kind '%.60s'; %s", text, mr_buf_text(&more));
	fm_path_pop(&r->path, 0);
	mr_buf_done(&more);
	return -1;
}

static void read_api(struct reader *r, const struct mr_yaml *node)
{
	const char *api = top_text(r, node, "apiVersion", FM_DOC_API);

	if (!api || !strcmp(api, FM_DOC_API))
		return;
	fm_path_push(&r->path, "apiVersion");
	FAIL(r, mr_yaml_get(node, "apiVersion"), "expected " FM_DOC_API "; got '%.60s'", api);
	fm_path_pop(&r->path, 0);
}

/* A map at 'key' into 'base'; when it is absent, the map counts as empty and is placed at the
 * document. */
static void read_part(struct reader *r, const struct mr_yaml *node, const char *key,
		      const struct fm_table *t, void *base)
{
	static const struct fm_key part = {.type = FM_T_OBJECT};
	const struct mr_yaml *v = mr_yaml_get(node, key);
	struct mr_yaml none = {.kind = MR_YAML_MAP, .line = node->line, .col = node->col};
	struct fm_key k = part;

	k.sub = t;
	fm_path_push(&r->path, key);
	read_value(r, &k, v ? v : &none, base);
	if (!v)
		*(struct fm_at *)base = (struct fm_at){0};
	fm_path_pop(&r->path, 0);
}

/* One document; NULL when it has errors. */
static struct fm_doc *read_doc(struct reader *r, const struct mr_yaml *node)
{
	struct fm_doc *d;
	int kind;

	r->errors = 0;
	if (node->kind != MR_YAML_MAP) {
		FAIL(r, node,
		     "expected a document: a map with apiVersion, kind, metadata, spec");
		return NULL;
	}
	check_top_keys(r, node);
	read_api(r, node);
	kind = read_kind(r, node);
	if (kind < 0)
		return NULL;
	d = fm_doc_new((enum fm_kind)kind);
	d->file = mr_xstrdup(r->file);
	d->at = at_of(node);
	read_part(r, node, "metadata", &fm_meta_table, &d->meta);
	read_part(r, node, "spec", fm_kind_table(d->kind), &d->spec);
	if (r->errors) {
		fm_doc_unref(d);
		return NULL;
	}
	return d;
}

/* Adds 'd' unless there is one of its kind and name. */
static bool add_doc(struct reader *r, struct fm_docs *s, struct fm_doc *d)
{
	const struct fm_doc *old = fm_docs_find(s, d->kind, d->meta.name.s);

	if (!old) {
		fm_docs_put(s, d);
		return true;
	}
	mr_diags_add(r->diags, MR_SEV_ERROR, r->file, d->meta.name.at.line, d->meta.name.at.col,
		     "metadata.name", "a second %s '%s'; the first stands at %s:%u:%u",
		     fm_kind_name(d->kind), d->meta.name.s, old->file, old->meta.name.at.line,
		     old->meta.name.at.col);
	fm_doc_unref(d);
	return false;
}

/* Reads the documents of 'text' into 's'; see docs.h. */
int fm_docs_read(struct fm_docs *s, const char *file, const char *text, size_t len,
		 struct mr_diags *diags)
{
	struct reader r = {.file = file, .diags = diags};
	struct mr_yaml_docs y = {0};
	int ret = mr_yaml_read(file, text, len, &y, diags);

	for (unsigned i = 0; i < y.n; i++) {
		struct fm_doc *d = read_doc(&r, y.doc[i]);

		if (!d || !add_doc(&r, s, d))
			ret = -EINVAL;
	}
	mr_yaml_docs_done(&y);
	return ret;
}
