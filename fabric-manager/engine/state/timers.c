// SPDX-License-Identifier: Apache-2.0
/*
 * Deadlines: a heap by time. Entries are never taken out early; whoever set one compares with
 * its own deadline when it fires.
 */
#include "fabric-manager/engine/state/timers.h"

static void swap(struct fm_timer *a, struct fm_timer *b)
{
	struct fm_timer t = *a;

	*a = *b;
	*b = t;
}

/* A timer at 'when' (mono). */
void fm_timer_set(struct fm_engine *e, enum fm_timer_kind kind, uint64_t key, int64_t when)
{
	unsigned i = e->timers;

	if (when == MR_NEVER)
		return;
	MR_GROW(e->timer, e->timers, e->cap_timers);
	e->timer[e->timers++] = (struct fm_timer){when, key, kind};
	for (; i && e->timer[(i - 1) / 2].when > e->timer[i].when; i = (i - 1) / 2)
		swap(&e->timer[(i - 1) / 2], &e->timer[i]);
}

/* Takes the earliest timer that is due; false when none is. */
bool fm_timer_pop(struct fm_engine *e, struct fm_timer *ret)
{
	unsigned i = 0, child;

	if (!e->timers || e->timer[0].when > e->now.mono_ns)
		return false;
	*ret = e->timer[0];
	e->timer[0] = e->timer[--e->timers];
	while ((child = 2 * i + 1) < e->timers) {
		if (child + 1 < e->timers && e->timer[child + 1].when < e->timer[child].when)
			child++;
		if (e->timer[i].when <= e->timer[child].when)
			break;
		swap(&e->timer[i], &e->timer[child]);
		i = child;
	}
	return true;
}
