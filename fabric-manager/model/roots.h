/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The roots of a host (HANDOVER 7): the ports of the switch that lead to it, each with a
 * virtual hierarchy of its own. A host is as well as the best of them.
 */
#ifndef FABRIC_MANAGER_MODEL_ROOTS_H
#define FABRIC_MANAGER_MODEL_ROOTS_H

#include "fabric-manager/model/desired.h"
#include "fabric-manager/model/inventory.h"

/* Root 'r' of the host as it was read; NULL: it has no such root, or its chassis was not read.
 */
struct fm_host *fm_root_get(const struct fm_inventory *inv, const struct fm_host_def *d,
			    unsigned r);
/* Which root of the host is behind a port, -1 if none is. */
int fm_root_at(const struct fm_host_def *d, unsigned chassis, unsigned port);

/* All roots of a host together. */
struct fm_roots {
	unsigned seen;	     /* that were read */
	bool present, power; /* of some root */
	bool link;	     /* some root has one */
	bool flaps;	     /* every root that was read */
	uint64_t boots;	     /* of all roots */
};
struct fm_roots fm_roots_of(const struct fm_inventory *inv, const struct fm_host_def *d);

#endif
