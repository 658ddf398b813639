/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text that came from outside, on its way to a terminal: nothing in it can move the cursor,
 * hide or reorder what is shown. And colours.
 */
#ifndef FABRIC_MANAGER_CLI_TEXT_H
#define FABRIC_MANAGER_CLI_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mr_buf;

/* One character of UTF-8 at 's': its length, and the code point in '*ret'. 0 for bytes that are
 * no UTF-8 (also surrogates, overlong forms, a cut character). */
unsigned cli_utf8(const char *s, uint32_t *ret);
/* Whether a terminal shows it as it is: no control, no line separator, no change of
 * direction. */
bool cli_is_shown(uint32_t code);
/* Appends 's' on one line: what is not shown becomes \n, \t, \xHH or \uHHHH. */
void cli_clean(struct mr_buf *out, const char *s);
/* The same for several lines: newlines stay. */
void cli_clean_lines(struct mr_buf *out, const char *s);
/* Columns that a text of cli_clean takes. */
size_t cli_width(const char *s);

enum cli_color {
	CLI_PLAIN,
	CLI_GOOD,
	CLI_BUSY,
	CLI_BAD,
	CLI_HEAD
};
/* The colour of a phase, state or condition. */
enum cli_color cli_color_of(const char *word);
/* Appends 's' in its colour. */
void cli_colored(struct mr_buf *out, enum cli_color c, const char *s);

#endif
