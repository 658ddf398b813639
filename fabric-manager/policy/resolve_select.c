// SPDX-License-Identifier: Apache-2.0
/*
 * Which ports an adapter selector takes, and which adapters a document names: selectors and
 * Adapter documents against what the inventory says.
 */
#include <string.h>

#include "common/str.h"
#include "common/xalloc.h"
#include "fabric-manager/policy/resolving.h"
#include "fabric-manager/policy/select.h"

/* Whether an Adapter document is about the adapter: by slot, serial number, or, where it has
 * neither, by name. */
bool fm_adapter_doc_is(const struct fm_doc *doc, const struct fm_chassis *c,
		       const struct fm_adapter *a)
{
	const struct fm_doc_adapter *s = &doc->spec.adapter;
	char slot[8];

	mr_fmt(slot, sizeof(slot), "%u", a->slot);
	if (s->chassis.s && strcmp(s->chassis.s, c->name))
		return false;
	if (!s->slot.s && !s->serial.s)
		return !strcmp(doc->meta.name.s, a->name);
	return (!s->slot.s || !strcmp(s->slot.s, slot)) &&
	       (!s->serial.s || !strcmp(s->serial.s, a->serial));
}

static bool hex_is(const struct fm_text *t, uint16_t v)
{
	char text[8];

	mr_fmt(text, sizeof(text), "%04x", v);
	return !t->s || !strcmp(t->s, text);
}

/* What a port of the class is plugged into. */
static bool link_type_is(int64_t want, enum mr_class class_)
{
	static const enum mr_class of[FM_DOC_LINK_COUNT] = {
		[FM_DOC_LINK_ETHERNET] = MR_CLASS_ETHERNET,
		[FM_DOC_LINK_INFINIBAND] = MR_CLASS_IB,
		[FM_DOC_LINK_FIBRE_CHANNEL] = MR_CLASS_FC,
	};

	return want < 0 || of[want] == class_;
}

/* Whether one of the patterns fits the PF's address as VH 0 numbers it. */
static bool address_is(const struct fm_texts *patterns, const struct fm_port_at *p)
{
	unsigned rid = p->adapter->pf[p->pf].rid;
	char text[16];

	mr_fmt(text, sizeof(text), "0000:%02x:%02x.%x", rid >> 8, rid >> 3 & 31, rid & 7);
	for (unsigned i = 0; i < patterns->n; i++) {
		if (mr_glob(patterns->item[i].s, text))
			return true;
	}
	return !patterns->n;
}

/* Whether the document is about that slot, whatever is in it. */
static bool doc_is_about_slot(const struct fm_doc *doc, const struct fm_adapter *a)
{
	const struct fm_doc_adapter *s = &doc->spec.adapter;
	char slot[8];

	mr_fmt(slot, sizeof(slot), "%u", a->slot);
	return s->slot.s ? !strcmp(s->slot.s, slot)
			 : !s->serial.s && !strcmp(doc->meta.name.s, a->name);
}

static void add_replace(struct fm_desired *d, unsigned *cap, const struct fm_doc_adapter *s,
			struct fm_replace n)
{
	static const enum fm_on_replace of[FM_DOC_FOLLOW_COUNT] = {
		[FM_DOC_FOLLOW_SLOT] = FM_REPLACE_SLOT,
		[FM_DOC_FOLLOW_SERIAL] = FM_REPLACE_SERIAL,
		[FM_DOC_FOLLOW_ASK] = FM_REPLACE_ASK,
	};

	n.mode = of[s->on_replace.v];
	mr_copy(n.serial, sizeof(n.serial), s->serial.s ? s->serial.s : "");
	MR_GROW(d->replace, d->replaces, *cap);
	d->replace[d->replaces++] = n;
}

/* What Adapter documents say of adapters that are exchanged, in the order of their names. */
void fm_resolve_replaced(struct fm_resolving *r)
{
	unsigned cap = 0;

	for (unsigned i = 0; i < r->docs->n; i++) {
		const struct fm_doc *doc = r->docs->doc[i];
		const struct fm_doc_adapter *s = &doc->spec.adapter;

		if (doc->kind != FM_KIND_ADAPTER || !s->on_replace.at.line)
			continue;
		for (unsigned c = 0; c < r->inv->n; c++) {
			const struct fm_chassis *ch = &r->inv->chassis[c];
			struct fm_replace n = {.chassis = (uint16_t)c, .port = FM_WHOLE};

			if (s->chassis.s && strcmp(s->chassis.s, ch->name))
				continue;
			if (s->serial.s && !s->slot.s)
				add_replace(r->d, &cap, s, n);
			for (unsigned k = 0; k < ch->adapters; k++) {
				n.port = ch->adapter[k].port;
				if (doc_is_about_slot(doc, &ch->adapter[k]))
					add_replace(r->d, &cap, s, n);
			}
		}
	}
}

/* Whether the pool's selector takes this port. Cheap keys first. */
bool fm_port_selected(const struct fm_resolving *r, const struct fm_doc_adapter_selector *s,
		      const struct fm_port_at *p)
{
	const struct fm_adapter *a = p->adapter;
	char slot[8];

	if (fm_adapter_selector_empty(s) ||
	    (s->class.v >= 0 && fm_class_of(s->class.v) != a->device_class) ||
	    !hex_is(&s->vendor, a->vendor) || !hex_is(&s->device, a->device))
		return false;
	if ((s->ports.n && !fm_nums_have(&s->ports, p->pf)) ||
	    !link_type_is(s->link_type.v, a->device_class) || !address_is(&s->addresses, p))
		return false;
	if (s->min_link_speed.v &&
	    a->pf[p->pf].net_mbps * 1000000 < (uint64_t)s->min_link_speed.v)
		return false;
	mr_fmt(slot, sizeof(slot), "%u", a->slot);
	return (!s->chassis.n ||
		fm_texts_have(&s->chassis, r->inv->chassis[p->chassis].name)) &&
	       (!s->slots.n || fm_texts_have(&s->slots, slot)) &&
	       (!s->serials.n || fm_texts_have(&s->serials, a->serial)) &&
	       fm_port_labels_match(r, &s->match_labels, p);
}

/* Whether 'name' means the adapter: its own name, "CHASSIS/NAME", or that of an Adapter
 * document about it. */
bool fm_adapter_is(const struct fm_resolving *r, const char *name, unsigned chassis,
		   const struct fm_adapter *a)
{
	const struct fm_chassis *c = &r->inv->chassis[chassis];
	const struct fm_doc *doc = fm_docs_find(r->docs, FM_KIND_ADAPTER, name);
	size_t n = strlen(c->name);

	if (doc && fm_adapter_doc_is(doc, c, a))
		return true;
	return !strcmp(name, a->name) ||
	       (!strncmp(name, c->name, n) && name[n] == '/' && !strcmp(name + n + 1, a->name));
}

/* Whether every chassis has been read: before, nobody knows which adapters there are. */
bool fm_all_read(const struct fm_resolving *r)
{
	for (unsigned i = 0; i < r->inv->n; i++)
		if (!r->inv->chassis[i].observed)
			return false;
	return r->inv->n;
}
