// SPDX-License-Identifier: Apache-2.0
/* What Adapter documents say of the adapters that are there, beside labels. */
#include <stdlib.h>

#include "common/xalloc.h"
#include "fabric-manager/policy/resolving.h"

static int def_cmp(const void *a, const void *b)
{
	const struct fm_adapter_def *x = a, *y = b;

	return (x->key > y->key) - (x->key < y->key);
}

/* Takes from all documents about one adapter what they say; false when that is nothing. */
static bool fill(const struct fm_resolving *r, unsigned chassis, const struct fm_adapter *a,
		 struct fm_adapter_def *ret)
{
	*ret = (struct fm_adapter_def){.key = FM_ADAPTER_KEY(chassis, a->port)};
	for (unsigned i = 0; i < r->docs->n && r->docs->doc[i]->kind <= FM_KIND_ADAPTER; i++) {
		const struct fm_doc *doc = r->docs->doc[i];

		if (doc->kind == FM_KIND_ADAPTER && doc->spec.adapter.suspend.v)
			ret->suspended |= fm_adapter_doc_is(doc, &r->inv->chassis[chassis], a);
	}
	return ret->suspended;
}

/* By chassis and port. */
void fm_resolve_adapters(struct fm_resolving *r)
{
	struct fm_desired *d = r->d;
	unsigned cap = 0;

	for (unsigned c = 0; c < r->inv->n; c++) {
		for (unsigned i = 0; i < r->inv->chassis[c].adapters; i++) {
			struct fm_adapter_def def;

			if (!fill(r, c, &r->inv->chassis[c].adapter[i], &def))
				continue;
			MR_GROW(d->adapter, d->adapters, cap);
			d->adapter[d->adapters++] = def;
		}
	}
	if (d->adapters)
		qsort(d->adapter, d->adapters, sizeof(d->adapter[0]), def_cmp);
}
