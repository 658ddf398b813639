// SPDX-License-Identifier: Apache-2.0
/*
 * Names of adapters in AdapterPool `spares` and Domain `adapters`. One that nothing has is no
 * error, since the adapter may be pulled; but a misspelt one would do nothing without a word.
 */
#include <stdlib.h>

#include "common/str.h"
#include "common/xalloc.h"
#include "fabric-manager/policy/resolving.h"

static bool is_adapter(const struct fm_resolving *r, const char *name)
{
	if (fm_docs_find(r->docs, FM_KIND_ADAPTER, name))
		return true;
	for (unsigned c = 0; c < r->inv->n; c++)
		for (unsigned i = 0; i < r->inv->chassis[c].adapters; i++)
			if (fm_adapter_is(r, name, c, &r->inv->chassis[c].adapter[i]))
				return true;
	return false;
}

/* The nearest name of an adapter or an Adapter document, or NULL. */
static const char *nearest(const struct fm_resolving *r, const char *name)
{
	const char **names = NULL, *near;
	unsigned n = 0, cap = 0;

	for (unsigned c = 0; c < r->inv->n; c++)
		for (unsigned i = 0; i < r->inv->chassis[c].adapters; i++) {
			MR_GROW(names, n, cap);
			names[n++] = r->inv->chassis[c].adapter[i].name;
		}
	for (unsigned i = r->adapter_docs; i < r->adapter_end; i++) {
		MR_GROW(names, n, cap);
		names[n++] = r->docs->doc[i]->meta.name.s;
	}
	MR_GROW(names, n, cap);
	names[n] = NULL;
	near = mr_nearest(name, names);
	free((void *)names);
	return near;
}

static void check(struct fm_resolving *r, const struct fm_doc *doc, const struct fm_texts *l,
		  const char *path)
{
	for (unsigned i = 0; i < l->n; i++) {
		const char *name = l->item[i].s, *near;

		if (is_adapter(r, name))
			continue;
		near = nearest(r, name);
		FM_FIND(r, MR_SEV_WARNING, doc, l->item[i].at, path,
			"no adapter and no Adapter document is called '%s': it does nothing "
			"until one is%s%s%s",
			name, near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
	}
}

/* Warns of names that no adapter and no document has. */
void fm_resolve_names(struct fm_resolving *r)
{
	if (!r->diags || !fm_all_read(r))
		return;
	for (unsigned i = 0; i < r->docs->n; i++) {
		const struct fm_doc *doc = r->docs->doc[i];

		if (doc->kind == FM_KIND_ADAPTER_POOL)
			check(r, doc, &doc->spec.adapter_pool.spares, "spec.spares");
		else if (doc->kind == FM_KIND_DOMAIN)
			check(r, doc, &doc->spec.domain.adapters, "spec.adapters");
	}
}
