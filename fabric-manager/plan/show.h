/* SPDX-License-Identifier: Apache-2.0 */
/* What is put into words at more than one place. */
#ifndef FABRIC_MANAGER_PLAN_SHOW_H
#define FABRIC_MANAGER_PLAN_SHOW_H

#include "fabric-manager/plan/plan.h"

/* "10Gbit", "0", "free". */
const char *fm_show_rate(uint64_t mbps, char *buf, size_t size);
void fm_show_add_rate(struct mr_tree *t, const char *key, uint64_t mbps);
/* Attributes in the policy's words; lists as "100,200-210", "none" when empty. */
const char *fm_show_bridging(unsigned v);
const char *fm_show_link_state(unsigned v);
void fm_show_trunk(const struct fm_attrs *at, struct mr_buf *b); /* of an ethernet function */
void fm_show_pkeys(const struct fm_attrs *at, struct mr_buf *b); /* of an InfiniBand one */
/* What an update or a rebind changes, each as ", NAME OLD -> NEW". */
void fm_show_update(const struct fm_assignment *a, const struct fm_claim *c,
		    const struct fm_attrs *want, struct mr_buf *b);

/* Appends what the adapter sets otherwise than the documents say, ", limit 10Gbit is set as
 * 9Gbit": in its steps, or a share of its port by weight. */
void fm_show_steps(const struct fm_claim *c, const struct fm_attrs *want, struct mr_buf *b);

#endif
