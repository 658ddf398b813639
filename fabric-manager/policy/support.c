// SPDX-License-Identifier: Apache-2.0
/*
 * What the reader knows but Banyan does not carry out yet: refused by name, never ignored. The
 * tables say which keys (FM_K_LATER) and values ('later'); writing down a default is
 * always fine.
 */
#include <errno.h>

#include "common/err.h"
#include "fabric-manager/policy/docs.h"
#include "fabric-manager/policy/table.h"

struct walk {
	const struct fm_doc *doc;
	struct mr_diags *diags;
	struct fm_path path;
	unsigned refused;
};

static void walk_table(struct walk *w, const struct fm_table *t, const void *base);

static void refuse(struct walk *w, const struct fm_at *at, const char *key, const char *value)
{
	w->refused++;
	mr_diags_add(w->diags, MR_SEV_ERROR, w->doc->file, at->line, at->col, w->path.text,
		     "not supported yet: %s%s%s", key, value ? " " : "", value ? value : "");
}

/* Whether a key that comes later says its default, or nothing. */
static bool says_default(const struct fm_key *k, const void *field)
{
	const struct fm_num *n = field;
	struct fm_any_list l;

	if (k->flags & FM_K_LIST || k->type == FM_T_LABELS) {
		fm_list_get(field, &l);
		return !l.n;
	}
	return k->flags & FM_K_DEFAULT && !k->sub && !fm_type_is_text(k->type) &&
	       n->v == k->def;
}

static void check_enum(struct walk *w, const struct fm_key *k, const struct fm_num *n)
{
	if (k->type == FM_T_ENUM && n->v >= 0 && k->later & 1u << n->v)
		refuse(w, &n->at, k->name, k->names[n->v]);
}

static void walk_list(struct walk *w, const struct fm_key *k, const void *field)
{
	struct fm_any_list l;
	size_t size = fm_key_size(k);

	fm_list_get(field, &l);
	for (unsigned i = 0; i < l.n; i++) {
		unsigned len = fm_path_push_index(&w->path, i);
		const void *item = (const char *)l.item + i * size;

		if (k->sub)
			walk_table(w, k->sub, item);
		else if (k->type == FM_T_ENUM)
			check_enum(w, k, item);
		fm_path_pop(&w->path, len);
	}
}

static void walk_key(struct walk *w, const struct fm_key *k, const void *base)
{
	const void *field = (const char *)base + k->offset;
	unsigned len = fm_path_push(&w->path, k->name);

	if (k->flags & FM_K_LATER) {
		if (!says_default(k, field))
			refuse(w, fm_field_at(k, base), k->name, NULL);
	} else if (k->type != FM_T_LABELS && k->flags & FM_K_LIST) {
		walk_list(w, k, field);
	} else if (k->sub) {
		walk_table(w, k->sub, field);
	} else if (k->type == FM_T_ENUM) {
		check_enum(w, k, field);
	}
	fm_path_pop(&w->path, len);
}

static void walk_table(struct walk *w, const struct fm_table *t, const void *base)
{
	for (unsigned i = 0; i < t->n; i++) {
		const struct fm_key *k = &t->key[i];

		if (k->name[0] && fm_field_at(k, base)->line)
			walk_key(w, k, base);
	}
}

/* Refuses what is not carried out yet; see docs.h. */
int fm_docs_check_support(const struct fm_docs *s, struct mr_diags *diags)
{
	unsigned refused = 0;

	for (unsigned i = 0; i < s->n; i++) {
		struct walk w = {.doc = s->doc[i], .diags = diags};

		fm_path_push(&w.path, "spec");
		walk_table(&w, fm_kind_table(w.doc->kind), &w.doc->spec);
		refused += w.refused;
	}
	return refused ? -ENOTSUP : 0;
}
