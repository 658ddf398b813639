// SPDX-License-Identifier: Apache-2.0
/* Two walks over a tree; JSON goes through jansson, which knows how to escape. */
#include "sim/tree_text.h"

#include <jansson.h>
#include <stdlib.h>

#include "common/tree.h"

static bool is_leaf(const struct mr_tree *t)
{
	return t->kind != MR_TREE_MAP && t->kind != MR_TREE_LIST;
}

static void leaf(const struct mr_tree *t, struct mr_buf *out)
{
	if (t->kind == MR_TREE_TEXT)
		mr_buf_puts(out, t->text ? t->text : "");
	else if (t->kind == MR_TREE_INT)
		mr_buf_printf(out, "%lld", (long long)t->num);
	else
		mr_buf_puts(out, t->kind == MR_TREE_NULL ? "-" : t->num ? "yes" : "no");
}

/* An entry of a list whose members are all leaves takes one line. */
static bool is_flat(const struct mr_tree *t)
{
	for (unsigned i = 0; i < t->n; i++)
		if (!is_leaf(t->child[i]))
			return false;
	return t->n;
}

static void walk(const struct mr_tree *t, unsigned depth, struct mr_buf *out)
{
	for (unsigned i = 0; i < t->n; i++) {
		const struct mr_tree *c = t->child[i];

		mr_buf_printf(out, "%*s", (int)(2 * depth), "");
		if (c->key)
			mr_buf_printf(out, "%s:", c->key);
		if (is_leaf(c)) {
			mr_buf_puts(out, c->key ? " " : "- ");
			leaf(c, out);
		} else if (!c->key && is_flat(c)) {
			mr_buf_putc(out, '-');
			for (unsigned k = 0; k < c->n; k++) {
				mr_buf_printf(out, " %s=", c->child[k]->key);
				leaf(c->child[k], out);
			}
		} else {
			mr_buf_puts(out, c->key ? "\n" : "-\n");
			walk(c, depth + 1, out);
			continue;
		}
		mr_buf_putc(out, '\n');
	}
}

/* Indented text, lists of plain things one line each. */
void sim_tree_text(const struct mr_tree *t, struct mr_buf *out)
{
	walk(t, 0, out);
}

static json_t *to_json(const struct mr_tree *t)
{
	json_t *j;

	switch (t->kind) {
	case MR_TREE_BOOL:
		return json_boolean(t->num);
	case MR_TREE_INT:
		return json_integer(t->num);
	case MR_TREE_TEXT:
		return json_string(t->text ? t->text : "");
	case MR_TREE_MAP:
		j = json_object();
		for (unsigned i = 0; i < t->n; i++)
			json_object_set_new(j, t->child[i]->key, to_json(t->child[i]));
		return j;
	case MR_TREE_LIST:
		j = json_array();
		for (unsigned i = 0; i < t->n; i++)
			json_array_append_new(j, to_json(t->child[i]));
		return j;
	default:
		return json_null();
	}
}

/* JSON with two blanks of indentation. */
void sim_tree_json(const struct mr_tree *t, struct mr_buf *out)
{
	json_t *j = to_json(t);
	char *text = json_dumps(j, JSON_INDENT(2));

	mr_buf_puts(out, text ? text : "null");
	mr_buf_putc(out, '\n');
	free(text);
	json_decref(j);
}
