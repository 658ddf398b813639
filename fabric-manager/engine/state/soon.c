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

/* Documents or cordons changed. */
void fm_desire_changed(struct fm_engine *e)
{
	e->desire_dirty = e->dirt.all = true;
	fm_plan_soon(e, 0);
}

#define PROFILES_MAX 1000 /* more than so many are not looked at one by one */

/* The override of one profile did. */
void fm_override_changed(struct fm_engine *e, const char *profile)
{
	struct fm_dirt *d = &e->dirt;

	e->desire_dirty = true;
	fm_plan_soon(e, 0);
	d->all |= d->profiles == PROFILES_MAX;
	if (d->all)
		return;
	MR_GROW(d->profile, d->profiles, d->cap_profiles);
	mr_copy(d->profile[d->profiles++], MR_NAME_MAX, profile);
}

/* In a moment: after a start many chassis are read, and they share one plan. */
void fm_adapters_changed(struct fm_engine *e)
{
	e->desire_dirty = e->dirt.adapters = true;
	fm_plan_soon(e, 20 * MR_NS_PER_MS);
}

/* Whether an adapter is there changed before a reading says so: who resolves for another reason
 * until then looks at adapters, too. */
void fm_adapters_news(struct fm_engine *e)
{
	e->dirt.adapters = true;
}

/* As fm_adapters_changed, of hosts, too. */
void fm_inventory_changed(struct fm_engine *e)
{
	e->dirt.all = true;
	fm_adapters_changed(e);
}

/* In a moment: after a start thousands of hosts come, and share plans. */
void fm_host_came(struct fm_engine *e)
{
	fm_plan_soon(e, 5 * MR_NS_PER_MS);
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
	if (h->suspect)
		return;
	h->suspect = true;
	h->next_suspect = NULL;
	if (e->suspect)
		e->last_suspect->next_suspect = h;
	else
		e->suspect = h;
	e->last_suspect = h;
}
