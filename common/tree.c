// SPDX-License-Identifier: Apache-2.0
/*
 * Building, reading and freeing of value trees.
 */
#include "common/tree.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "common/xalloc.h"

static struct mr_tree *node(enum mr_tree_kind kind)
{
	struct mr_tree *t = MR_NEW(struct mr_tree);

	t->kind = kind;
	return t;
}

/* A new empty map; the caller frees it with mr_tree_free or attaches it. */
struct mr_tree *mr_tree_map(void)
{
	return node(MR_TREE_MAP);
}

/* A new empty list; the caller frees it with mr_tree_free or attaches it. */
struct mr_tree *mr_tree_list(void)
{
	return node(MR_TREE_LIST);
}

/* Frees 't' and everything below it. With a stack of its own: a tree from the wire may be
 * deep. */
void mr_tree_free(struct mr_tree *t)
{
	struct mr_tree **todo = NULL;
	size_t n = 0, cap = 0;

	while (t) {
		for (unsigned i = 0; i < t->n; i++) {
			MR_GROW(todo, n, cap);
			todo[n++] = t->child[i];
		}
		free(t->key);
		free(t->text);
		free(t->child);
		free(t);
		t = n ? todo[--n] : NULL;
	}
	free(todo);
}

/* Adds 'child' to the map 't' under 'key' (copied), or to the list 't' with key NULL. Takes
 * ownership of 'child'. */
void mr_tree_attach(struct mr_tree *t, const char *key, struct mr_tree *child)
{
	assert(t->kind == MR_TREE_MAP ? key != NULL : t->kind == MR_TREE_LIST && !key);
	assert(!child->key && child != t);
	child->key = mr_xstrdup(key);
	MR_GROW(t->child, t->n, t->cap);
	t->child[t->n++] = child;
}

static struct mr_tree *add(struct mr_tree *t, const char *key, enum mr_tree_kind kind)
{
	struct mr_tree *c = node(kind);

	mr_tree_attach(t, key, c);
	return c;
}

/* Adds an empty map and returns it; it belongs to 't'. */
struct mr_tree *mr_tree_add_map(struct mr_tree *t, const char *key)
{
	return add(t, key, MR_TREE_MAP);
}

/* Adds an empty list and returns it; it belongs to 't'. */
struct mr_tree *mr_tree_add_list(struct mr_tree *t, const char *key)
{
	return add(t, key, MR_TREE_LIST);
}

/* Adds a copy of 'text'; NULL adds a null. */
void mr_tree_add_text(struct mr_tree *t, const char *key, const char *text)
{
	add(t, key, text ? MR_TREE_TEXT : MR_TREE_NULL)->text = mr_xstrdup(text);
}

/* Adds a formatted text. */
void mr_tree_add_fmt(struct mr_tree *t, const char *key, const char *fmt, ...)
{
	struct mr_buf b = {0};
	va_list ap;

	va_start(ap, fmt);
	mr_buf_vprintf(&b, fmt, ap);
	va_end(ap);
	add(t, key, MR_TREE_TEXT)->text = mr_buf_steal(&b);
}

/* Adds a whole number. */
void mr_tree_add_int(struct mr_tree *t, const char *key, int64_t v)
{
	add(t, key, MR_TREE_INT)->num = v;
}

/* Adds true or false. */
void mr_tree_add_bool(struct mr_tree *t, const char *key, bool v)
{
	add(t, key, MR_TREE_BOOL)->num = v;
}

/* See tree.h. */
bool mr_tree_eq(const struct mr_tree *a, const struct mr_tree *b)
{
	if (!a || !b)
		return a == b;
	if (a->kind != b->kind || a->num != b->num || a->n != b->n ||
	    !mr_streq(a->key, b->key) || !mr_streq(a->text, b->text))
		return false;
	for (unsigned i = 0; i < a->n; i++)
		if (!mr_tree_eq(a->child[i], b->child[i]))
			return false;
	return true;
}

/* The first child of the map 't' under 'key', or NULL; also for NULL and for what is no map. */
const struct mr_tree *mr_tree_get(const struct mr_tree *t, const char *key)
{
	if (!t || t->kind != MR_TREE_MAP)
		return NULL;
	for (unsigned i = 0; i < t->n; i++) {
		if (!strcmp(t->child[i]->key, key))
			return t->child[i];
	}
	return NULL;
}

/* The text of the child 'key', "" when there is none or it is no text. */
const char *mr_tree_text(const struct mr_tree *t, const char *key)
{
	const struct mr_tree *c = mr_tree_get(t, key);

	return c && c->text ? c->text : "";
}

/* The number of the child 'key' (booleans: 0 or 1), 0 when there is none or it is no number. */
int64_t mr_tree_int(const struct mr_tree *t, const char *key)
{
	const struct mr_tree *c = mr_tree_get(t, key);

	return c ? c->num : 0;
}
