// SPDX-License-Identifier: Apache-2.0
/*
 * Notifications: a part leaves word for another one that stands above it, which does what is to
 * be done later in the step or in a moment. Nothing here acts by itself.
 */
#include "fabric-manager/engine/state/soon.h"

#include "fabric-manager/engine/state/timers.h"

/* A plan is to be made in 'in_ns'; sooner when one was wanted sooner. */
void fm_plan_soon(struct fm_engine *e, int64_t in_ns)
{
	int64_t when = e->now.mono_ns + in_ns;

	e->plan_dirty = true;
	if (when >= e->plan_at)
		return;
	e->plan_at = when;
	fm_timer_set(e, FM_TM_PLAN, 0, when);
}

/* Documents, overrides or cordons changed. */
void fm_desire_changed(struct fm_engine *e)
{
	e->desire_dirty = true;
	fm_plan_soon(e, 0);
}

/* In a moment: after a start many chassis are read, and they share one plan. */
void fm_inventory_changed(struct fm_engine *e)
{
	e->desire_dirty = true;
	fm_plan_soon(e, 20 * MR_NS_PER_MS);
}

/* Looks again in a moment: many assignments come to rest together. */
void fm_ports_soon(struct fm_engine *e)
{
	if (e->ports_at != MR_NEVER)
		return;
	e->ports_at = e->now.mono_ns + MR_NS_PER_MS;
	fm_timer_set(e, FM_TM_PORTS, 0, e->ports_at);
}

/* Something of the host changed: does it still stand for its profiles? */
void fm_failover_soon(struct fm_engine *e, struct fm_hst *h)
{
	struct fm_hst **at = &e->suspect;

	if (h->suspect)
		return;
	h->suspect = true;
	while (*at)
		at = &(*at)->next_suspect;
	*at = h;
	h->next_suspect = NULL;
}
