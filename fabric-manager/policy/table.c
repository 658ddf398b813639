// SPDX-License-Identifier: Apache-2.0
/*
 * Walks over a struct by its table: defaults, freeing, comparison; lists of any entry type;
 * paths. Reading and printing, the two larger walks, stand in read.c and print.c.
 */
#include "fabric-manager/policy/table.h"

#include <stdlib.h>
#include <string.h>

#include "common/str.h"

/* The row named 'name', or NULL. The scalar row of an EITHER is not found by name. */
const struct fm_key *fm_table_find(const struct fm_table *t, const char *name)
{
	for (unsigned i = 0; i < t->n; i++) {
		if (t->key[i].name[0] && !strcmp(t->key[i].name, name))
			return &t->key[i];
	}
	return NULL;
}

/* The scalar row of an EITHER's table: the first one. */
const struct fm_key *fm_table_scalar(const struct fm_table *t)
{
	return &t->key[0];
}

/* Bytes of one value of 'k', or of one entry of its list. */
size_t fm_key_size(const struct fm_key *k)
{
	if (k->sub)
		return k->sub->size;
	if (k->type == FM_T_LABELS)
		return sizeof(struct fm_label);
	return fm_type_is_text(k->type) ? sizeof(struct fm_text) : sizeof(struct fm_num);
}

/* Reads the list at 'field'. */
void fm_list_get(const void *field, struct fm_any_list *ret)
{
	memcpy(ret, field, sizeof(*ret));
}

/* Writes the list at 'field'. */
void fm_list_put(void *field, const struct fm_any_list *l)
{
	memcpy(field, l, sizeof(*l));
}

/* Sets every default in 'base', which is zero. Lists stay empty. */
void fm_table_defaults(const struct fm_table *t, void *base)
{
	for (unsigned i = 0; i < t->n; i++) {
		const struct fm_key *k = &t->key[i];
		void *field = (char *)base + k->offset;

		if (k->flags & FM_K_LIST || k->type == FM_T_LABELS)
			continue;
		if (k->sub)
			fm_table_defaults(k->sub, field);
		else if (!fm_type_is_text(k->type))
			((struct fm_num *)field)->v = k->def;
	}
}

static void list_done(const struct fm_key *k, void *field)
{
	const struct fm_table *sub = k->type == FM_T_LABELS ? &fm_label_table : k->sub;
	struct fm_any_list l;
	size_t size = fm_key_size(k);

	fm_list_get(field, &l);
	for (unsigned i = 0; i < l.n; i++) {
		char *item = (char *)l.item + i * size;

		if (sub)
			fm_table_done(sub, item);
		else if (fm_type_is_text(k->type))
			free(((struct fm_text *)item)->s);
	}
	free(l.item);
}

/* Frees what 'base' holds; 'base' itself is the caller's. */
void fm_table_done(const struct fm_table *t, void *base)
{
	for (unsigned i = 0; i < t->n; i++) {
		const struct fm_key *k = &t->key[i];
		void *field = (char *)base + k->offset;

		if (k->flags & FM_K_LIST || k->type == FM_T_LABELS)
			list_done(k, field);
		else if (k->sub)
			fm_table_done(k->sub, field);
		else if (fm_type_is_text(k->type))
			free(((struct fm_text *)field)->s);
	}
	memset(base, 0, t->size);
}

static bool value_equal(const struct fm_key *k, const void *a, const void *b)
{
	if (k->sub)
		return fm_table_equal(k->sub, a, b);
	if (fm_type_is_text(k->type))
		return mr_streq(((const struct fm_text *)a)->s, ((const struct fm_text *)b)->s);
	return ((const struct fm_num *)a)->v == ((const struct fm_num *)b)->v;
}

static bool list_equal(const struct fm_key *k, const void *a, const void *b)
{
	size_t size = fm_key_size(k);
	struct fm_any_list la, lb;
	bool same;

	fm_list_get(a, &la);
	fm_list_get(b, &lb);
	same = la.n == lb.n;
	for (unsigned i = 0; same && i < la.n; i++) {
		const char *x = (const char *)la.item + i * size;
		const char *y = (const char *)lb.item + i * size;

		same = k->type == FM_T_LABELS ? fm_table_equal(&fm_label_table, x, y)
					      : value_equal(k, x, y);
	}
	return same;
}

/* Whether 'a' and 'b' say the same; places do not count. */
bool fm_table_equal(const struct fm_table *t, const void *a, const void *b)
{
	for (unsigned i = 0; i < t->n; i++) {
		const struct fm_key *k = &t->key[i];
		const char *x = (const char *)a + k->offset;
		const char *y = (const char *)b + k->offset;
		bool list = k->flags & FM_K_LIST || k->type == FM_T_LABELS;

		if (!(list ? list_equal(k, x, y) : value_equal(k, x, y)))
			return false;
	}
	return true;
}

/* Appends ".key" (or "key" to an empty path); a key that does not fit is left out. */
unsigned fm_path_push(struct fm_path *p, const char *key)
{
	unsigned len = (unsigned)strlen(p->text);

	if (!mr_fmt(p->text + len, sizeof(p->text) - len, len ? ".%s" : "%s", key))
		p->text[len] = '\0';
	return len;
}

/* Appends "[i]". */
unsigned fm_path_push_index(struct fm_path *p, unsigned i)
{
	unsigned len = (unsigned)strlen(p->text);

	if (!mr_fmt(p->text + len, sizeof(p->text) - len, "[%u]", i))
		p->text[len] = '\0';
	return len;
}

/* Back to what the path was before the push that returned 'len'. */
void fm_path_pop(struct fm_path *p, unsigned len)
{
	p->text[len] = '\0';
}
