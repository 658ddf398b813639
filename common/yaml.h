/* SPDX-License-Identifier: Apache-2.0 */
/*
 * YAML to a tree of nodes with places; the only user of libyaml. Scalars stay text (POLICY,
 * "Rules for every document"): nothing is resolved to numbers or booleans here.
 */
#ifndef COMMON_YAML_H
#define COMMON_YAML_H

#include <stdbool.h>
#include <stddef.h>

struct mr_diags;

enum mr_yaml_kind {
	MR_YAML_SCALAR,
	MR_YAML_SEQ,
	MR_YAML_MAP
};

struct mr_yaml {
	enum mr_yaml_kind kind;
	bool quoted;	      /* scalars: written with quotes or as a block */
	unsigned line;	      /* from 1 */
	unsigned col;	      /* from 1 */
	char *text;	      /* scalars */
	struct mr_yaml **key; /* maps: scalars; the n values stand in 'child' */
	struct mr_yaml **child;
	unsigned n;
};

/* Caps of one input; above any of them it is an error with its place. */
#define MR_YAML_MAX_BYTES   (4u << 20)
#define MR_YAML_MAX_DEPTH   64
#define MR_YAML_MAX_ALIASES 1000
#define MR_YAML_MAX_NODES   1000000

struct mr_yaml_docs {
	struct mr_yaml **doc;
	unsigned n;
};

/*
 * Reads all documents of 'text' (len bytes; 'file' names it in findings). Duplicate keys, tabs
 * as indentation, non-scalar keys and everything over a cap are errors in 'diags'. Aliases are
 * expanded by copy, counted. Empty documents are left out. Returns 0 or -EINVAL with 'ret'
 * empty; free with mr_yaml_docs_done.
 */
int mr_yaml_read(const char *file, const char *text, size_t len, struct mr_yaml_docs *ret,
		 struct mr_diags *diags);
void mr_yaml_docs_done(struct mr_yaml_docs *d);

/* The value of a map's key, or NULL. */
const struct mr_yaml *mr_yaml_get(const struct mr_yaml *map, const char *key);
/* on/off yes/no true/false in any case -> 1/0; -1 = none of them. */
int mr_yaml_bool(const char *text);

#endif
