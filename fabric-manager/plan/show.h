/* SPDX-License-Identifier: Apache-2.0 */
/* What the files that put a plan into words share. */
#ifndef FABRIC_MANAGER_PLAN_SHOW_H
#define FABRIC_MANAGER_PLAN_SHOW_H

#include "fabric-manager/plan/plan.h"

/* "10Gbit", "0", "free". */
const char *fm_show_rate(uint64_t mbps, char *buf, size_t size);
/* What an update or a rebind changes, each as ", NAME OLD -> NEW". */
void fm_show_update(const struct fm_assignment *a, const struct fm_claim *c,
		    const struct fm_placed *pl, struct mr_buf *b);

#endif
