// SPDX-License-Identifier: Apache-2.0
/* What Adapter documents say of the adapters that are there, beside labels. */
#include <stdlib.h>

#include "common/str.h"
#include "common/xalloc.h"
#include "fabric-manager/policy/resolving.h"

static int def_cmp(const void *a, const void *b)
{
	const struct fm_adapter_def *x = a, *y = b;

	return (x->key > y->key) - (x->key < y->key);
}

/* Its modes in words: "mr17, mr8". */
static void mode_names(const struct fm_adapter *a, struct mr_buf *out)
{
	for (unsigned i = 0; i < a->modes; i++)
		mr_buf_printf(out, "%s%s", i ? ", " : "", a->mode[i].name);
	if (!a->modes)
		mr_buf_puts(out, "no modes");
}

/* The mode that the document asks for; what the adapter does not have is an error, and so is
 * another one than '*first', the document that asked before, has. */
static void set_mode(struct fm_resolving *r, const struct fm_doc *doc,
		     const struct fm_adapter *a, const struct fm_doc **first,
		     struct fm_adapter_def *def)
{
	const struct fm_text *t = &doc->spec.adapter.mode;
	int mode = t->s ? fm_adapter_mode(a, t->s) : -1;
	struct mr_buf names = {0};

	if (!t->s || !a->present)
		return;
	mode_names(a, &names);
	if (mode < 0)
		FM_FIND(r, MR_SEV_ERROR, doc, t->at, "spec.mode",
			"'%s' is no mode of '%s', which has %s", t->s, a->name,
			mr_buf_text(&names));
	else if (*first && def->mode != mode + 1)
		FM_FIND(r, MR_SEV_ERROR, doc, t->at, "spec.mode",
			"Adapter '%s' at %s:%u:%u, which is about '%s' too, asks for mode %s",
			(*first)->meta.name.s, (*first)->file,
			(*first)->spec.adapter.mode.at.line, (*first)->spec.adapter.mode.at.col,
			a->name, a->mode[def->mode - 1].name);
	else
		def->mode = (uint8_t)(mode + 1);
	if (mode >= 0 && !*first)
		*first = doc;
	mr_buf_done(&names);
}

/* What becomes of those that ran on it is said once: '*first' is the document that said it. */
static void check_replace(struct fm_resolving *r, const struct fm_doc *doc,
			  const struct fm_adapter *a, const struct fm_doc **first)
{
	const struct fm_num *n = &doc->spec.adapter.on_replace;

	if (!n->at.line)
		return;
	if (!*first)
		*first = doc;
	else if ((*first)->spec.adapter.on_replace.v != n->v)
		FM_FIND(r, MR_SEV_ERROR, doc, n->at, "spec.onReplace",
			"differs from that of Adapter '%s' at %s:%u:%u, which is about '%s' "
			"too",
			(*first)->meta.name.s, (*first)->file,
			(*first)->spec.adapter.on_replace.at.line,
			(*first)->spec.adapter.on_replace.at.col, a->name);
}

/* Takes from all documents about one adapter what they say; false when that is nothing. */
static bool fill(struct fm_resolving *r, unsigned chassis, const struct fm_adapter *a,
		 struct fm_adapter_def *ret)
{
	const struct fm_doc *mode = NULL, *replace = NULL;

	*ret = (struct fm_adapter_def){.key = FM_ADAPTER_KEY(chassis, a->port)};
	for (unsigned i = r->adapter_docs; i < r->adapter_end; i++) {
		const struct fm_doc *doc = r->docs->doc[i];

		if ((!doc->spec.adapter.suspend.v && !doc->spec.adapter.mode.s &&
		     !doc->spec.adapter.on_replace.at.line) ||
		    !fm_adapter_doc_is(doc, &r->inv->chassis[chassis], a))
			continue;
		ret->suspended |= doc->spec.adapter.suspend.v;
		set_mode(r, doc, a, &mode, ret);
		check_replace(r, doc, a, &replace);
	}
	return ret->suspended || ret->mode;
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
