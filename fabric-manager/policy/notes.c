// SPDX-License-Identifier: Apache-2.0
/*
 * What a policy says for the host's hooks and for nobody else (rows with FM_K_NOTE): boot
 * targets, the machine that uses a function, the VSI type, the zone. The rows that are written
 * become lines "PATH=VALUE"; the hardware never sees them.
 */
#include "common/str.h"
#include "fabric-manager/policy/docs.h"
#include "fabric-manager/policy/scalar.h"
#include "fabric-manager/policy/tables.h"

static void add_table(const struct fm_table *t, const void *base, struct fm_path *path,
		      bool note, struct mr_buf *out);

static void add_value(const struct fm_key *k, const void *field, struct fm_path *path,
		      struct mr_buf *out)
{
	const struct fm_text *t = field;

	if (k->sub) {
		add_table(k->sub, field, path, true, out);
		return;
	}
	mr_buf_printf(out, "%s=", path->text);
	if (fm_type_is_text(k->type))
		mr_buf_puts(out, t->s ? t->s : "");
	else
		fm_scalar_print(k, field, out);
	mr_buf_putc(out, '\n');
}

static void add_list(const struct fm_key *k, const void *field, struct fm_path *path,
		     struct mr_buf *out)
{
	struct fm_any_list l;
	size_t size = fm_key_size(k);

	fm_list_get(field, &l);
	for (unsigned i = 0; i < l.n; i++) {
		unsigned len = fm_path_push_index(path, i);

		add_value(k, (const char *)l.item + i * size, path, out);
		fm_path_pop(path, len);
	}
}

/* The written rows of 'base'; without 'note' only those that are notes. */
static void add_table(const struct fm_table *t, const void *base, struct fm_path *path,
		      bool note, struct mr_buf *out)
{
	for (unsigned i = 0; i < t->n; i++) {
		const struct fm_key *k = &t->key[i];
		const void *field = (const char *)base + k->offset;
		unsigned len;

		if (!fm_field_at(k, base)->line || !(note || k->flags & FM_K_NOTE))
			continue;
		len = fm_path_push(path, k->name);
		if (k->flags & FM_K_LIST)
			add_list(k, field, path, out);
		else
			add_value(k, field, path, out);
		fm_path_pop(path, len);
	}
}

/* Appends what a device and its PortProfile say for hooks; see docs.h. */
void fm_notes_add(const struct fm_doc_device *dev, const struct fm_doc_port_profile *p,
		  struct mr_buf *out)
{
	struct fm_path path = {{0}};

	add_table(&fm_device_table, dev, &path, false, out);
	if (p)
		add_table(&fm_port_profile_table, p, &path, false, out);
}
