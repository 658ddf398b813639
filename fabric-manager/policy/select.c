// SPDX-License-Identifier: Apache-2.0
/* Selectors of hosts and adapters over labels; see select.h. */
#include "fabric-manager/policy/select.h"

#include <stddef.h>
#include <string.h>

#include "common/str.h"

/* Whether 's' is an entry of 'l'. */
bool fm_texts_have(const struct fm_texts *l, const char *s)
{
	for (unsigned i = 0; i < l->n; i++) {
		if (mr_streq(l->item[i].s, s))
			return true;
	}
	return false;
}

/* Whether 'v' is an entry of 'l'. */
bool fm_nums_have(const struct fm_nums *l, int64_t v)
{
	for (unsigned i = 0; i < l->n; i++) {
		if (l->item[i].v == v)
			return true;
	}
	return false;
}

static const char *own_label(const struct fm_labels *l, const char *key)
{
	for (unsigned i = 0; l && i < l->n; i++) {
		if (!strcmp(l->item[i].key.s, key))
			return l->item[i].value.s;
	}
	return NULL;
}

/* The value of a label, NULL when the set has none; the built-in ones may not be known yet. */
static const char *label_value(const struct fm_label_set *s, const char *key, bool *ret_known)
{
	const char *v;

	if (!strcmp(key, "chassis"))
		v = s->chassis;
	else if (!strcmp(key, "slot"))
		v = s->slot;
	else if (!strcmp(key, "class"))
		v = s->class_;
	else {
		*ret_known = true;
		return own_label(s->labels, key);
	}
	*ret_known = v != NULL;
	return v && v[0] ? v : NULL;
}

/* Whether the set has all of 'want'; nothing wanted matches. */
enum fm_match fm_labels_match(const struct fm_labels *want, const struct fm_label_set *s)
{
	enum fm_match ret = FM_MATCH_YES;

	for (unsigned i = 0; i < want->n; i++) {
		bool known;
		const char *v = label_value(s, want->item[i].key.s, &known);

		if (!known)
			ret = FM_MATCH_UNKNOWN;
		else if (!mr_streq(v, want->item[i].value.s))
			return FM_MATCH_NO;
	}
	return ret;
}

static enum fm_match expr_match(const struct fm_doc_match_expr *e, const struct fm_label_set *s)
{
	bool known, yes;
	const char *v = label_value(s, e->key.s, &known);

	if (!known)
		return FM_MATCH_UNKNOWN;
	switch (e->operator.v) {
	case FM_DOC_OP_IN:
		yes = v && fm_texts_have(&e->values, v);
		break;
	case FM_DOC_OP_NOT_IN:
		yes = !v || !fm_texts_have(&e->values, v);
		break;
	case FM_DOC_OP_EXISTS:
		yes = v != NULL;
		break;
	default:
		yes = v == NULL;
	}
	return yes ? FM_MATCH_YES : FM_MATCH_NO;
}

/* Whether the host with these labels is selected; a plain "no" wins over what is not known. */
enum fm_match fm_host_selector_match(const struct fm_doc_host_selector *sel,
				     const struct fm_label_set *s)
{
	enum fm_match ret;

	if (fm_host_selector_empty(sel))
		return FM_MATCH_NO;
	ret = fm_labels_match(&sel->match_labels, s);
	for (unsigned i = 0; i < sel->match_expressions.n && ret != FM_MATCH_NO; i++) {
		enum fm_match m = expr_match(&sel->match_expressions.item[i], s);

		if (m != FM_MATCH_YES)
			ret = m;
	}
	return ret;
}

/* Whether the selector says nothing, so that it matches nothing. */
bool fm_host_selector_empty(const struct fm_doc_host_selector *s)
{
	return !s->match_all.v && !s->match_labels.n && !s->match_expressions.n;
}

/* Whether the selector says nothing, so that it matches nothing. */
bool fm_adapter_selector_empty(const struct fm_doc_adapter_selector *s)
{
	return !s->match_all.v && s->class.v < 0 && !s->chassis.n && !s->slots.n &&
	       !s->ports.n && !s->vendor.s && !s->device.s && !s->serials.n &&
	       !s->addresses.n && s->link_type.v < 0 && !s->min_link_speed.v &&
	       !s->match_labels.n;
}

/* Whether every text of 'a' is one of 'b'; an empty 'b' asks for nothing, an empty 'a' promises
 * nothing. */
static bool texts_imply(const struct fm_texts *a, const struct fm_texts *b)
{
	for (unsigned i = 0; b->n && i < a->n; i++) {
		if (!fm_texts_have(b, a->item[i].s))
			return false;
	}
	return !b->n || a->n;
}

static bool nums_imply(const struct fm_nums *a, const struct fm_nums *b)
{
	for (unsigned i = 0; b->n && i < a->n; i++) {
		if (!fm_nums_have(b, a->item[i].v))
			return false;
	}
	return !b->n || a->n;
}

static bool labels_imply(const struct fm_labels *a, const struct fm_labels *b)
{
	for (unsigned i = 0; i < b->n; i++) {
		if (!mr_streq(own_label(a, b->item[i].key.s), b->item[i].value.s))
			return false;
	}
	return true;
}

/* Whether everything that 'a' selects is selected by 'b' as well, whatever the inventory is. */
bool fm_adapter_selector_implies(const struct fm_doc_adapter_selector *a,
				 const struct fm_doc_adapter_selector *b)
{
	if (fm_adapter_selector_empty(a) || fm_adapter_selector_empty(b))
		return false;
	return (b->class.v < 0 || a->class.v == b->class.v) &&
	       (b->link_type.v < 0 || a->link_type.v == b->link_type.v) &&
	       (!b->vendor.s || mr_streq(a->vendor.s, b->vendor.s)) &&
	       (!b->device.s || mr_streq(a->device.s, b->device.s)) &&
	       a->min_link_speed.v >= b->min_link_speed.v &&
	       texts_imply(&a->chassis, &b->chassis) && texts_imply(&a->slots, &b->slots) &&
	       nums_imply(&a->ports, &b->ports) && texts_imply(&a->serials, &b->serials) &&
	       texts_imply(&a->addresses, &b->addresses) &&
	       labels_imply(&a->match_labels, &b->match_labels);
}

/* Whether two VF sets have a VF in common; NULL is the set of all. */
bool fm_vfsets_meet(const char *a, const char *b)
{
	unsigned a1, a2, b1, b2;

	if (!a || !b)
		return true;
	while (fm_vfset_next(&a, &a1, &a2)) {
		for (const char *p = b; fm_vfset_next(&p, &b1, &b2);) {
			if (a1 <= b2 && b1 <= a2)
				return true;
		}
	}
	return false;
}
