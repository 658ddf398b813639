// SPDX-License-Identifier: Apache-2.0
/*
 * Labels of adapters and of their ports. A label of a port has one value: what a document says
 * of the port stands over what it says of the adapter, and two documents about one adapter do
 * not say different things.
 */
#include <string.h>

#include "common/str.h"
#include "fabric-manager/policy/resolving.h"
#include "fabric-manager/policy/select.h"

static const struct fm_label *label_named(const struct fm_labels *l, const char *key)
{
	for (unsigned i = 0; i < l->n; i++)
		if (!strcmp(l->item[i].key.s, key))
			return &l->item[i];
	return NULL;
}

/* What the document says of a port of its adapter: NULL = nothing. */
static const struct fm_doc_adapter_port *port_of(const struct fm_doc *doc, unsigned pf)
{
	const struct fm_doc_adapter *s = &doc->spec.adapter;

	for (unsigned i = 0; i < s->ports.n; i++)
		if (s->ports.item[i].index.v == (int64_t)pf)
			return &s->ports.item[i];
	return NULL;
}

/* The label 'key' that the document gives the port, NULL when it gives it none. */
static const struct fm_label *label_of(const struct fm_doc *doc, unsigned pf, const char *key)
{
	const struct fm_doc_adapter_port *port = port_of(doc, pf);
	const struct fm_label *own = port ? label_named(&port->labels, key) : NULL;

	return own ? own : label_named(&doc->meta.labels, key);
}

/* Whether the port has the one label of 'want': built in, or by the first document about its
 * adapter that has it at all. */
static bool label_holds(const struct fm_resolving *r, const struct fm_labels *want,
			const struct fm_port_at *p)
{
	const struct fm_chassis *c = &r->inv->chassis[p->chassis];
	const struct fm_label *has;
	char slot[8];
	struct fm_label_set own = {.chassis = c->name,
				   .slot = slot,
				   .class_ = mr_class_name(p->adapter->device_class)};

	mr_fmt(slot, sizeof(slot), "%u", p->adapter->slot);
	if (fm_labels_match(want, &own) == FM_MATCH_YES)
		return true;
	for (unsigned i = r->adapter_docs; i < r->adapter_end; i++) {
		const struct fm_doc *doc = r->docs->doc[i];

		has = label_of(doc, p->pf, want->item[0].key.s);
		if (has && fm_adapter_doc_is(doc, c, p->adapter))
			return mr_streq(has->value.s, want->item[0].value.s);
	}
	return false;
}

/* Whether the port has all labels of 'want'. */
bool fm_port_labels_match(const struct fm_resolving *r, const struct fm_labels *want,
			  const struct fm_port_at *p)
{
	for (unsigned i = 0; i < want->n; i++) {
		struct fm_labels one = {.n = 1, .item = &want->item[i]};

		if (!label_holds(r, &one, p))
			return false;
	}
	return true;
}

/* Of the labels 'l' of 'doc': those of which 'first', about the same adapter, says something
 * else for the port. */
static void differ(struct fm_resolving *r, const struct fm_doc *first, const struct fm_doc *doc,
		   const struct fm_labels *l, unsigned pf, const struct fm_adapter *a)
{
	for (unsigned i = 0; i < l->n; i++) {
		const struct fm_label *own = label_of(doc, pf, l->item[i].key.s);
		const struct fm_label *old = label_of(first, pf, l->item[i].key.s);

		if (own != &l->item[i] || !old || mr_streq(own->value.s, old->value.s))
			continue;
		FM_FIND(r, MR_SEV_ERROR, doc, own->value.at,
			l == &doc->meta.labels ? "metadata.labels" : "spec.ports",
			"'%s: %s' is '%s' by Adapter '%s' at %s:%u:%u, which is about '%s' too",
			own->key.s, own->value.s, old->value.s, first->meta.name.s, first->file,
			old->value.at.line, old->value.at.col, a->name);
	}
}

/* Two documents about one adapter. */
static void compare(struct fm_resolving *r, const struct fm_doc *first,
		    const struct fm_doc *doc, const struct fm_adapter *a)
{
	unsigned pfs = a->kind == FM_ADAPTER_BASE ? 1 : a->pfs;

	for (unsigned pf = 0; pf < pfs; pf++) {
		const struct fm_doc_adapter_port *port = port_of(doc, pf);

		differ(r, first, doc, &doc->meta.labels, pf, a);
		if (port)
			differ(r, first, doc, &port->labels, pf, a);
	}
}

static bool has_labels(const struct fm_doc *doc)
{
	return doc->meta.labels.n || doc->spec.adapter.ports.n;
}

/* What the documents say of the labels of one adapter. */
static void check_adapter(struct fm_resolving *r, const struct fm_chassis *c,
			  const struct fm_adapter *a)
{
	for (unsigned i = r->adapter_docs; i < r->adapter_end; i++) {
		const struct fm_doc *doc = r->docs->doc[i];

		if (!has_labels(doc) || !fm_adapter_doc_is(doc, c, a))
			continue;
		for (unsigned k = r->adapter_docs; k < i; k++)
			if (has_labels(r->docs->doc[k]) &&
			    fm_adapter_doc_is(r->docs->doc[k], c, a))
				compare(r, r->docs->doc[k], doc, a);
	}
}

/* Finds labels of which two documents say different things. */
void fm_resolve_labels(struct fm_resolving *r)
{
	for (unsigned c = 0; r->diags && c < r->inv->n; c++)
		for (unsigned i = 0; i < r->inv->chassis[c].adapters; i++)
			check_adapter(r, &r->inv->chassis[c], &r->inv->chassis[c].adapter[i]);
}
