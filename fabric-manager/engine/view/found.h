/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What runs on a chassis that no assignment knows: before an operator adopts it, it is only
 * shown.
 */
#ifndef FABRIC_MANAGER_ENGINE_VIEW_FOUND_H
#define FABRIC_MANAGER_ENGINE_VIEW_FOUND_H

#include "fabric-manager/engine/state/state.h"

struct fm_found {
	const struct fm_host *host;
	const char *name; /* of it, as documents call it */
	struct fm_place place;
	uint64_t cookie;
};

/* Where a function is mapped that no assignment has; false: nowhere. */
bool fm_found(const struct fm_engine *e, struct fm_fn_id fn, struct fm_found *ret);
/* How many there are; of the host behind 'port' only, where that is not 0. In '*ret_hosts' (may
 * be NULL) how many hosts have them. */
unsigned fm_found_count(const struct fm_engine *e, unsigned chassis, unsigned port,
			unsigned *ret_hosts);
/* As members "found" (a word) and "foundAt" of a function's map, and "attributes" as its
 * registers read; null for one that is ours, or free. */
void fm_tree_found(const struct fm_engine *e, struct fm_fn_id fn, struct mr_tree *m);
/* "12 functions on 3 hosts run and are not ours (`banyan get functions`)", or nothing. */
void fm_found_words(const struct fm_engine *e, unsigned chassis, struct mr_buf *out);

#endif
