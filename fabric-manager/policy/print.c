// SPDX-License-Identifier: Apache-2.0
/*
 * From documents to YAML: what was written, in the tables' order, in canonical spelling and
 * units. What is printed reads back to an equal document.
 */
#include "common/str.h"
#include "fabric-manager/policy/docs.h"
#include "fabric-manager/policy/scalar.h"
#include "fabric-manager/policy/table.h"

static void print_keys(const struct fm_table *t, const void *base, unsigned depth,
		       bool inside_item, struct mr_buf *out);

static void indent(struct mr_buf *out, unsigned depth)
{
	for (unsigned i = 0; i < depth; i++)
		mr_buf_puts(out, "  ");
}

static bool any_written(const struct fm_table *t, const void *base)
{
	for (unsigned i = 0; i < t->n; i++) {
		if (fm_field_at(&t->key[i], base)->line)
			return true;
	}
	return false;
}

static void print_labels(const struct fm_labels *l, unsigned depth, struct mr_buf *out)
{
	mr_buf_puts(out, l->n ? "\n" : " {}\n");
	for (unsigned i = 0; i < l->n; i++) {
		indent(out, depth);
		fm_yaml_text(l->item[i].key.s, out);
		mr_buf_puts(out, ": ");
		fm_yaml_text(l->item[i].value.s, out);
		mr_buf_putc(out, '\n');
	}
}

/* Scalars on one line, objects as "- key: value" blocks. */
static void print_list(const struct fm_key *k, const void *field, unsigned depth,
		       struct mr_buf *out)
{
	struct fm_any_list l;
	size_t size = fm_key_size(k);

	fm_list_get(field, &l);
	if (!l.n || !k->sub) {
		mr_buf_puts(out, " [");
		for (unsigned i = 0; i < l.n; i++) {
			mr_buf_puts(out, i ? ", " : "");
			fm_scalar_print(k, (const char *)l.item + i * size, out);
		}
		mr_buf_puts(out, "]\n");
		return;
	}
	mr_buf_putc(out, '\n');
	for (unsigned i = 0; i < l.n; i++) {
		const char *item = (const char *)l.item + i * size;

		indent(out, depth);
		mr_buf_puts(out, any_written(k->sub, item) ? "- " : "- {}\n");
		print_keys(k->sub, item, depth + 1, true, out);
	}
}

static void print_object(const struct fm_table *t, const void *base, unsigned depth,
			 struct mr_buf *out)
{
	if (!any_written(t, base)) {
		mr_buf_puts(out, " {}\n");
		return;
	}
	mr_buf_putc(out, '\n');
	print_keys(t, base, depth, false, out);
}

static void print_value(const struct fm_key *k, const void *field, unsigned depth,
			struct mr_buf *out)
{
	const struct fm_key *plain = k->type == FM_T_EITHER ? fm_table_scalar(k->sub) : NULL;

	if (k->type == FM_T_LABELS) {
		print_labels(field, depth, out);
	} else if (k->flags & FM_K_LIST) {
		print_list(k, field, depth, out);
	} else if (plain && fm_field_at(plain, field)->line) {
		mr_buf_putc(out, ' ');
		fm_scalar_print(plain, (const char *)field + plain->offset, out);
		mr_buf_putc(out, '\n');
	} else if (k->sub) {
		print_object(k->sub, field, depth, out);
	} else {
		mr_buf_putc(out, ' ');
		fm_scalar_print(k, field, out);
		mr_buf_putc(out, '\n');
	}
}

/* Every written key at 'depth'; the first one of a list entry follows its "- ". */
static void print_keys(const struct fm_table *t, const void *base, unsigned depth,
		       bool inside_item, struct mr_buf *out)
{
	for (unsigned i = 0; i < t->n; i++) {
		const struct fm_key *k = &t->key[i];

		if (!k->name[0] || !fm_field_at(k, base)->line)
			continue;
		if (!inside_item)
			indent(out, depth);
		inside_item = false;
		mr_buf_printf(out, "%s:", k->name);
		print_value(k, (const char *)base + k->offset, depth + 1, out);
	}
}

/* The document as YAML; see docs.h. */
void fm_doc_print(const struct fm_doc *d, struct mr_buf *out)
{
	mr_buf_printf(out,
		      "apiVersion: " FM_DOC_API "\nkind: %s\nmetadata:", fm_kind_name(d->kind));
	print_object(&fm_meta_table, &d->meta, 1, out);
	if (!d->spec.host.at.line)
		return;
	mr_buf_puts(out, "spec:");
	print_object(fm_kind_table(d->kind), &d->spec, 1, out);
}

/* Printed once: a document is stored again with each version that has it. */
const char *fm_doc_text(struct fm_doc *d)
{
	struct mr_buf text = {0};

	if (!d->text) {
		fm_doc_print(d, &text);
		d->text = mr_buf_steal(&text);
	}
	return d->text;
}

/* All documents of a set, with "---" between them. */
void fm_docs_print(const struct fm_docs *s, struct mr_buf *out)
{
	for (unsigned i = 0; i < s->n; i++) {
		mr_buf_puts(out, i ? "---\n" : "");
		fm_doc_print(s->doc[i], out);
	}
}
