/* SPDX-License-Identifier: Apache-2.0 */
/* Standard output and error of the command line. */
#ifndef FABRIC_MANAGER_CLI_OUT_H
#define FABRIC_MANAGER_CLI_OUT_H

#include <stdbool.h>

struct cli_args;
struct cli_writer;
struct mr_buf;
struct mr_tree;

/*
 * Writes and empties 'b'. A reader that went away (`banyan get hosts | head -1`) is no error;
 * returns false then, or after it said that nothing can be written.
 */
bool cli_put(struct mr_buf *b);
/* The writer that the arguments ask for; colour only on a terminal that can show it. */
struct cli_writer cli_writer_of(const struct cli_args *a);
/* Writes 't'. Returns as cli_put. */
bool cli_put_tree(const struct cli_args *a, const struct mr_tree *t);
/* "banyan VERB: TEXT" on standard error, cleaned. */
void cli_say(const struct cli_args *a, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Whether the format is read by programs: nothing but the tree belongs on standard output. */
bool cli_for_programs(const struct cli_args *a);

#endif
