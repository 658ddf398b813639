// SPDX-License-Identifier: Apache-2.0
/* The roots of a host. */
#include "fabric-manager/model/roots.h"

/* roots.h */
struct fm_host *fm_root_get(const struct fm_inventory *inv, const struct fm_host_def *d,
			    unsigned r)
{
	return r < d->roots ? fm_host_by_port(inv, d->chassis, d->root[r]) : NULL;
}

/* roots.h */
int fm_root_at(const struct fm_host_def *d, unsigned chassis, unsigned port)
{
	for (unsigned r = 0; r < d->roots; r++)
		if (d->root[r] == port && d->chassis == chassis)
			return (int)r;
	return -1;
}

/* roots.h */
struct fm_roots fm_roots_of(const struct fm_inventory *inv, const struct fm_host_def *d)
{
	struct fm_roots all = {.flaps = d->roots != 0};

	for (unsigned r = 0; r < d->roots; r++) {
		const struct fm_host *h = fm_root_get(inv, d, r);

		if (!h)
			continue;
		all.seen++;
		all.present |= h->present;
		all.power |= h->power;
		all.link |= h->link;
		all.flaps &= h->flaps;
		all.boots += h->boots;
	}
	all.flaps &= all.seen != 0;
	return all;
}
