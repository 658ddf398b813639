/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policy language as data: one table per kind and object, one row per key. Reader, printer,
 * comparison, the texts of errors, the refusal of what is not carried out yet and
 * docs/policy-reference.md derive from these rows.
 */
#ifndef FABRIC_MANAGER_POLICY_TABLE_H
#define FABRIC_MANAGER_POLICY_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fabric-manager/policy/doc.h"

struct mr_buf;

enum fm_type {
	/* kept as struct fm_text */
	FM_T_TEXT,
	FM_T_NAME,
	FM_T_HEX,   /* 16 bits: four hex digits */
	FM_T_IDENT, /* of the type 'min'; -1 = of the type that the document names elsewhere */
	FM_T_VFSET,
	/* kept as struct fm_num */
	FM_T_BOOL,
	FM_T_INT,
	FM_T_PERCENT,
	FM_T_RATIO,
	FM_T_RATE,
	FM_T_SIZE,
	FM_T_TIME,
	FM_T_CLOCK,
	FM_T_SHARE, /* a count or a percentage */
	FM_T_ENUM,
	/* kept as struct fm_labels */
	FM_T_LABELS,
	/* kept as a struct of the table 'sub' */
	FM_T_OBJECT,
	FM_T_EITHER, /* the scalar of the row named "", or an object of the other rows */
	FM_T_COUNT
};

#define FM_K_REQUIRED 1u /* must be written */
#define FM_K_LIST     2u /* a list of such values, kept as FM_LIST */
/* 'def' is what holds when it is not written; else such a key has no effect unwritten */
#define FM_K_DEFAULT  4u
#define FM_K_NONEMPTY 16u /* a list with at least one entry */
#define FM_K_NOTE     64u /* for the host's hooks only: see fm_notes_add */
#define FM_K_RESERVED 32u /* labels: chassis, slot and class are Banyan's own */

#define FM_LIST_MAX 4096 /* entries of one list */

struct fm_table;

struct fm_key {
	const char *name; /* "" = the scalar form of an EITHER */
	enum fm_type type;
	unsigned flags;
	size_t offset;
	const struct fm_table *sub;
	const char *const *names; /* ENUM */
	int64_t min, max; /* INT, RATE, RATIO, TIME, SHARE: bounds; max = 0 is no upper bound */
	const char *word; /* a word that stands for FM_UNLIMITED, or for no text */
	int64_t def;
	const char *help; /* one sentence for the reference */
	const char *eg;	  /* a value as it would be written, where its type does not give one */
};

struct fm_table {
	const char *name; /* of the object in the reference: "HostGroup", "failover" */
	const struct fm_key *key;
	unsigned n;
	size_t size;
};

/* A list of any entry type, as FM_LIST lays it out. */
struct fm_any_list {
	struct fm_at at;
	unsigned n;
	void *item;
};

static inline bool fm_type_is_text(enum fm_type t)
{
	return t <= FM_T_VFSET;
}

static inline bool fm_type_is_scalar(enum fm_type t)
{
	return t <= FM_T_ENUM;
}

extern const struct fm_table fm_meta_table;
extern const struct fm_table
	fm_label_table; /* the entry of a label list; never read as an object */

/* The table of a kind's spec; the kind's sentence for the reference. */
const struct fm_table *fm_kind_table(enum fm_kind k);
const char *fm_kind_help(enum fm_kind k);

const struct fm_key *fm_table_find(const struct fm_table *t, const char *name);
/* The scalar row of an EITHER. */
const struct fm_key *fm_table_scalar(const struct fm_table *t);

/* "a rate with its unit, such as 25Gbit ...": what the reader expects for a row, for errors and
 * the reference. */
void fm_key_expected(const struct fm_key *k, struct mr_buf *out);
/* The default of a row as it would be written; false when it has none. */
bool fm_key_default(const struct fm_key *k, struct mr_buf *out);

/* A value that the reader takes, as it would be written in flow style; false for a map, whose
 * keys have their own. */
bool fm_key_example(const struct fm_key *k, struct mr_buf *out);

/* Bytes of one value of the row (of one entry, for lists). */
size_t fm_key_size(const struct fm_key *k);
/* The list at 'field', read and written so that the compiler need not know the entry type. */
void fm_list_get(const void *field, struct fm_any_list *ret);
void fm_list_put(void *field, const struct fm_any_list *l);

/* Fills in, frees and compares a whole struct by its table. */
void fm_table_defaults(const struct fm_table *t, void *base);
void fm_table_done(const struct fm_table *t, void *base);
bool fm_table_equal(const struct fm_table *t, const void *a, const void *b);

/* Where a value was written; line 0 = nowhere. Works for every row: each value starts with its
 * struct fm_at. */
static inline const struct fm_at *fm_field_at(const struct fm_key *k, const void *base)
{
	return (const struct fm_at *)((const char *)base + k->offset);
}

/* The path of a key while a tree is walked: "spec.devices[1].qos.limit". */
struct fm_path {
	char text[256];
};
/* Appends; returns the former length for fm_path_pop. A text that is too long is cut. */
unsigned fm_path_push(struct fm_path *p, const char *key);
unsigned fm_path_push_index(struct fm_path *p, unsigned i);
void fm_path_pop(struct fm_path *p, unsigned len);

#endif
