/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scalars of the policy language: from text to value and back, by row. The reader adds places
 * and messages.
 */
#ifndef FABRIC_MANAGER_POLICY_SCALAR_H
#define FABRIC_MANAGER_POLICY_SCALAR_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric-manager/policy/table.h"

struct mr_buf;

/* The value of 'text' for the numeric row 'k'; -EINVAL when it is none or out of bounds. */
int fm_scalar_num(const struct fm_key *k, const char *text, int64_t *ret);
/* The canonical spelling of 'text' for the text row 'k'; NULL when it is none. The caller
 * frees. */
char *fm_scalar_text(const struct fm_key *k, const char *text);
/* Appends the value at 'field' as YAML that reads back to the same. */
void fm_scalar_print(const struct fm_key *k, const void *field, struct mr_buf *out);
/* Whether other YAML tools would not read 'text' as the text that it is: it should stand in
 * quotes. */
bool fm_scalar_wants_quotes(const struct fm_key *k, const char *text);
/* Appends 's' as a YAML scalar, in quotes where it needs them. */
void fm_yaml_text(const char *s, struct mr_buf *out);

#endif
