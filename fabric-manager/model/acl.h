/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filter rules of a function (PortProfile `acl`): words of the policy to rows of the adapter's
 * table and back. A rule is about frames in a VLAN, with a source, a destination or an
 * ethertype, about both, or about all.
 */
#ifndef FABRIC_MANAGER_MODEL_ACL_H
#define FABRIC_MANAGER_MODEL_ACL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fm_attrs;
struct mr_buf;
struct mr_err;

/* What a rule matches, "any" or "[vlan N] [src MAC | dst MAC | ethertype HEX]", as a row that
 * allows it. -EINVAL with what was expected. */
int fm_acl_parse(const char *match, uint64_t *ret, struct mr_err *err);
/* How many rules there are. */
unsigned fm_acl_rules(const struct fm_attrs *a);
bool fm_acl_eq(const struct fm_attrs *a, const struct fm_attrs *b);
/* "deny vlan 5 src 02:00:00:00:00:01, allow any"; "none". */
void fm_acl_text(const struct fm_attrs *a, struct mr_buf *out);

#endif
