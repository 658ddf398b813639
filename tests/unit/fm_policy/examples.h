/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A document of each kind with every key and its example from the tables: what the reader must
 * take, and where fuzzing of the language starts.
 */
#ifndef TESTS_UNIT_FM_POLICY_EXAMPLES_H
#define TESTS_UNIT_FM_POLICY_EXAMPLES_H

#include "common/str.h"
#include "fabric-manager/policy/table.h"

static void example_table(const struct fm_table *t, bool objects, struct mr_buf *out);

static void example_key(const struct fm_key *k, bool objects, struct mr_buf *out)
{
	mr_buf_printf(out, "%s: ", k->name);
	if (fm_key_example(k, out))
		return;
	if (k->type == FM_T_EITHER && !objects) {
		fm_key_example(fm_table_scalar(k->sub), out);
		return;
	}
	mr_buf_puts(out, k->flags & FM_K_LIST ? "[" : "");
	example_table(k->sub, objects, out);
	mr_buf_puts(out, k->flags & FM_K_LIST ? "]" : "");
}

/* A map of every key with its example. */
static void example_table(const struct fm_table *t, bool objects, struct mr_buf *out)
{
	const char *comma = "{";

	for (unsigned i = 0; i < t->n; i++) {
		if (!t->key[i].name[0])
			continue;
		mr_buf_puts(out, comma);
		example_key(&t->key[i], objects, out);
		comma = ", ";
	}
	mr_buf_putc(out, '}');
}

/* 'objects': the object form of what can also be a scalar. */
static void example_doc(enum fm_kind kind, bool objects, struct mr_buf *out)
{
	mr_buf_printf(out, "apiVersion: banyan/v1\nkind: %s\nmetadata: ", fm_kind_name(kind));
	example_table(&fm_meta_table, objects, out);
	mr_buf_puts(out, "\nspec: ");
	example_table(fm_kind_table(kind), objects, out);
	mr_buf_putc(out, '\n');
}

#endif
