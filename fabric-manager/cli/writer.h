/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tree as text: one walk, many formats. JSON and YAML say everything as it is (integers of
 * keys that end in _ns stay nanoseconds); tables and pages are for people (ages, units).
 */
#ifndef FABRIC_MANAGER_CLI_WRITER_H
#define FABRIC_MANAGER_CLI_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric-manager/cli/args.h"

struct cli_column;
struct mr_buf;
struct mr_tree;

struct cli_writer {
	enum cli_format format;
	const struct cli_kind *kind; /* of the rows; NULL = the tree's own keys */
	bool color;
	int64_t wall_ns; /* now: ages are counted from it */
};

/* Appends 't' in the writer's format, ending with a newline (unless there is nothing). */
void cli_write(const struct cli_writer *w, const struct mr_tree *t, struct mr_buf *out);

/* The parts. A list of maps as a table; 'column' NULL = columns from the keys of the rows. */
void cli_write_table(const struct cli_writer *w, const struct mr_tree *rows,
		     const struct cli_column *column, unsigned indent, struct mr_buf *out);
/* A map as lines "Key:  value", lists of maps in it as tables. */
void cli_write_page(const struct cli_writer *w, const struct mr_tree *map, unsigned indent,
		    struct mr_buf *out);
/* One line when 'compact'. */
void cli_write_json(const struct mr_tree *t, bool compact, struct mr_buf *out);
void cli_write_yaml(const struct mr_tree *t, struct mr_buf *out);

/* The rows of a reply: the tree itself when it is a list, its list "items", else NULL. */
const struct mr_tree *cli_rows(const struct mr_tree *t);
/* A map whose only content is a list ("ports", "drift"): the list, else NULL. */
const struct mr_tree *cli_only_list(const struct mr_tree *t);
/* A value for people, cleaned; "" for null. 'key' says what an integer means. */
void cli_value(const struct cli_writer *w, const struct mr_tree *v, struct mr_buf *out);
bool cli_is_scalar(const struct mr_tree *v);

#endif
