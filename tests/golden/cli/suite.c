// SPDX-License-Identifier: Apache-2.0
/*
 * Golden suite of the writers: a case is input.json, a reply's tree, and perhaps `kind`, the
 * kind that was asked for. What comes out: the tree in every format, and the table with
 * colours. Now is 2026-01-01T00:00:00Z.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "common/tree.h"
#include "fabric-manager/cli/kinds.h"
#include "fabric-manager/cli/writer.h"
#include "tests/golden/golden.h"

#define NOW_NS INT64_C(1767225600000000000)

static void add(struct mr_tree *t, const char *key, json_t *j)
{
	struct mr_tree *c;
	const char *k;
	json_t *v;
	size_t i;

	switch (json_typeof(j)) {
	case JSON_OBJECT:
		c = mr_tree_add_map(t, key);
		json_object_foreach(j, k, v) add(c, k, v);
		break;
	case JSON_ARRAY:
		c = mr_tree_add_list(t, key);
		json_array_foreach(j, i, v) add(c, NULL, v);
		break;
	case JSON_STRING:
		mr_tree_add_text(t, key, json_string_value(j));
		break;
	case JSON_INTEGER:
		mr_tree_add_int(t, key, json_integer_value(j));
		break;
	case JSON_NULL:
		mr_tree_add_text(t, key, NULL);
		break;
	default:
		mr_tree_add_bool(t, key, json_is_true(j));
	}
}

static void run(const char *dir, struct mr_buf *out)
{
	char *text = golden_file(dir, "input.json", NULL);
	char *kind = golden_file(dir, "kind", NULL);
	json_t *j = text ? json_loads(text, 0, NULL) : NULL;
	struct mr_tree *t = mr_tree_list();
	struct cli_writer w = {.wall_ns = NOW_NS};

	if (kind)
		kind[strcspn(kind, "\n")] = '\0';
	if (!j)
		mr_buf_puts(out, "input.json cannot be read\n");
	else
		add(t, NULL, j);
	w.kind = kind ? cli_kind_find(kind) : NULL;
	for (unsigned f = 0; f <= CLI_FORMAT_COUNT && t->n; f++) {
		w.color = f == CLI_FORMAT_COUNT;
		w.format = w.color ? CLI_FORMAT_TABLE : (enum cli_format)f;
		mr_buf_printf(out, "== %s\n",
			      w.color ? "colour" : cli_format_name((enum cli_format)f));
		cli_write(&w, t->child[0], out);
	}
	mr_tree_free(t);
	json_decref(j);
	free(kind);
	free(text);
}

int main(int argc, char **argv)
{
	return golden_main(argc, argv, run);
}
