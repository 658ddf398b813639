/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An ordered tree of named values: what the manager shows of itself. The core builds one, codec
 * carries it, the command line writes it as table, JSON or YAML (one walk, many formats).
 */
#ifndef COMMON_TREE_H
#define COMMON_TREE_H

#include <stdbool.h>
#include <stdint.h>

enum mr_tree_kind {
	MR_TREE_NULL,
	MR_TREE_BOOL,
	MR_TREE_INT,
	MR_TREE_TEXT,
	MR_TREE_LIST,
	MR_TREE_MAP
};

struct mr_tree {
	enum mr_tree_kind kind;
	char *key;   /* name inside a map, else NULL */
	int64_t num; /* BOOL, INT */
	char *text;
	struct mr_tree **child;
	unsigned n;
	unsigned cap;
};

struct mr_tree *mr_tree_map(void);
struct mr_tree *mr_tree_list(void);
void mr_tree_free(struct mr_tree *t); /* and everything below; NULL is accepted */

/* Add to a map under 'key' or, with key NULL, to a list. The two container forms return the new
 * child. */
struct mr_tree *mr_tree_add_map(struct mr_tree *t, const char *key);
struct mr_tree *mr_tree_add_list(struct mr_tree *t, const char *key);
void mr_tree_add_text(struct mr_tree *t, const char *key,
		      const char *text); /* NULL text: null */
void mr_tree_add_fmt(struct mr_tree *t, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void mr_tree_add_int(struct mr_tree *t, const char *key, int64_t v);
void mr_tree_add_bool(struct mr_tree *t, const char *key, bool v);
void mr_tree_attach(struct mr_tree *t, const char *key,
		    struct mr_tree *child); /* takes ownership */

/* Whether two trees say the same, in the same order; NULL is accepted. */
bool mr_tree_eq(const struct mr_tree *a, const struct mr_tree *b);

/* Child of a map, NULL when absent; text of a child or "" ; integer of a child or 0. */
const struct mr_tree *mr_tree_get(const struct mr_tree *t, const char *key);
const char *mr_tree_text(const struct mr_tree *t, const char *key);
int64_t mr_tree_int(const struct mr_tree *t, const char *key);

#endif
