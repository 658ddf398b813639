/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Selectors: whether labels satisfy them, and whether two of them must or cannot meet. Keys are
 * ANDed, values of a list ORed, and an empty selector matches nothing (POLICY, "Rules for every
 * document").
 */
#ifndef FABRIC_MANAGER_POLICY_SELECT_H
#define FABRIC_MANAGER_POLICY_SELECT_H

#include <stdbool.h>

#include "fabric-manager/policy/doc.h"

/* The labels of one object: those of its document, and the built-in ones (NULL = not known, ""
 * = none). */
struct fm_label_set {
	const struct fm_labels *labels; /* NULL = none */
	const char *chassis;
	const char *slot;
	const char *class_;
};

enum fm_match {
	FM_MATCH_NO,
	FM_MATCH_YES,
	FM_MATCH_UNKNOWN
};

/* Whether the set has all of 'want'. Empty matches. */
enum fm_match fm_labels_match(const struct fm_labels *want, const struct fm_label_set *s);
enum fm_match fm_host_selector_match(const struct fm_doc_host_selector *sel,
				     const struct fm_label_set *s);

bool fm_host_selector_empty(const struct fm_doc_host_selector *s);
bool fm_adapter_selector_empty(const struct fm_doc_adapter_selector *s);

/* Whether everything that 'a' selects is selected by 'b' as well, whatever the inventory is. */
bool fm_adapter_selector_implies(const struct fm_doc_adapter_selector *a,
				 const struct fm_doc_adapter_selector *b);
/* Whether two VF sets (NULL = all) have a VF in common. */
bool fm_vfsets_meet(const char *a, const char *b);

bool fm_texts_have(const struct fm_texts *l, const char *s);
bool fm_nums_have(const struct fm_nums *l, int64_t v);

#endif
