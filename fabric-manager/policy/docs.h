/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sets of policy documents: reading them from text, checking them together, printing them. A
 * set holds references, so that a candidate (what is in force, merged with what is applied)
 * shares the documents that do not change.
 */
#ifndef FABRIC_MANAGER_POLICY_DOCS_H
#define FABRIC_MANAGER_POLICY_DOCS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fabric-manager/policy/doc.h"

struct mr_buf;
struct mr_diags;

#define FM_CLAIMS_MAX (1u << 18) /* functions that one policy may ask for */

/* Zeroed is empty. Always sorted by kind, then name: the order of documents means nothing. */
struct fm_docs {
	struct fm_doc **doc;
	/* of each document, the owner's: 0 until fm_docs_note and fm_docs_set_row say otherwise
	 */
	uint32_t *note;
	uint64_t *row;
	unsigned n;
	unsigned cap, cap_note, cap_row;
	unsigned first[FM_KIND_COUNT + 1]; /* place of the first one of each kind */
};

void fm_docs_done(struct fm_docs *s);
/* The document of that kind and name, or NULL. */
struct fm_doc *fm_docs_find(const struct fm_docs *s, enum fm_kind kind, const char *name);
/* Puts 'd' in, taking over the caller's reference; an older document of the same kind and name
 * goes. */
void fm_docs_put(struct fm_docs *s, struct fm_doc *d);
bool fm_docs_remove(struct fm_docs *s, enum fm_kind kind, const char *name);
/* Notes something of a document; it stays where a newer one takes the document's place.
 * Nothing where there is none. */
void fm_docs_note(struct fm_docs *s, enum fm_kind kind, const char *name, uint32_t note);
/* What was noted; 0 where there is none. */
uint32_t fm_docs_noted(const struct fm_docs *s, enum fm_kind kind, const char *name);
/* The same of its row. */
void fm_docs_set_row(struct fm_docs *s, enum fm_kind kind, const char *name, uint64_t row);
/* A copy that shares the documents; 'to' is overwritten. */
void fm_docs_copy(struct fm_docs *to, const struct fm_docs *from);
/* Puts every document of 'from' into 'to', shared. */
void fm_docs_merge(struct fm_docs *to, const struct fm_docs *from);

/*
 * Reads the documents of 'text' ('file' names it in findings) and adds them to 's'. A document
 * of the same kind and name as one of 's' is an error that names both places; so read into a
 * set of its own what is applied at once, and merge it afterwards. Knows the whole grammar.
 * Returns 0, or -EINVAL with errors in 'diags' (warnings do not fail); documents without an
 * error are in 's' either way.
 */
int fm_docs_read(struct fm_docs *s, const char *file, const char *text, size_t len,
		 struct mr_diags *diags);

/*
 * Checks the set as a whole: references, overlaps, identities, constraints of a kind. To be
 * called on the set that would be in force, not on a part of it. Errors about two documents
 * name both places. Returns 0 or -EINVAL.
 */
int fm_docs_check(const struct fm_docs *s, struct mr_diags *diags);

/*
 * Whether 'who' may bring 'now' into force where 'before' is: profiles and templates of a
 * Domain that lists users are edited by these. Returns 0 or -EPERM with the findings.
 */
int fm_docs_check_users(const struct fm_docs *before, const struct fm_docs *now,
			const char *who, struct mr_diags *diags);

#define FM_EDITS_MAX 128
/*
 * The profiles that ask for something else, where a wish of 'was' can be amended to one of
 * 'now', and back: by documents of their own, by classes of rates or by PortProfiles. Their
 * names, which are of 'now', in the order of documents, and how many. 0: nothing differs, or
 * all has to be resolved. Both have passed fm_docs_check; then 'now' has no findings that 'was'
 * has not.
 */
unsigned fm_docs_edits(const struct fm_docs *was, const struct fm_docs *now,
		       const char *ret[FM_EDITS_MAX]);
/* Whether fm_docs_check finds nothing in 'now', either, where it found nothing in 'was' and
 * these 'n' profiles are what fm_docs_edits gave. False: nothing is known, the set is to be
 * checked. */
bool fm_docs_edits_silent(const struct fm_docs *was, const struct fm_docs *now,
			  const char *const *name, unsigned n);

/* The check of the set, and the findings sorted. Returns 0 or -EINVAL. */
int fm_docs_validate(const struct fm_docs *s, struct mr_diags *diags);

/* Sorts findings by file, line and column, and drops what stands twice. */
void fm_diags_sort(struct mr_diags *diags);

/* The document as YAML in canonical order, spelling and units, starting with apiVersion; it
 * reads back equal. */
void fm_doc_print(const struct fm_doc *d, struct mr_buf *out);
/* The same, printed once; the document keeps it. It does not change any more. */
const char *fm_doc_text(struct fm_doc *d);
/* All documents of a set, with "---" between them. */
void fm_docs_print(const struct fm_docs *s, struct mr_buf *out);
struct fm_vlan_range;
/* The VLANs as ascending ranges; returns how many there are, and writes as many as a function
 * can keep (MR_VF_TRUNK_RANGES). */
unsigned fm_vlan_ranges(const struct fm_nums *vlans, struct fm_vlan_range *ret);

/* Appends what a device and its PortProfile (or NULL) say for the host's hooks, as lines
 * "PATH=VALUE". */
void fm_notes_add(const struct fm_doc_device *dev, const struct fm_doc_port_profile *p,
		  struct mr_buf *out);
/* docs/policy-reference.md: every kind and key, from the tables. */
void fm_policy_reference(struct mr_buf *out);
/* docs/policy.schema.json: the language as JSON Schema, for editors, from the tables. */
void fm_policy_schema(struct mr_buf *out);

#endif
