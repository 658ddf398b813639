// SPDX-License-Identifier: Apache-2.0
/*
 * Hosts whose firmware numbers its bridges while we look: no event of the switch says when it
 * is done, so a chassis where a claim waits for windows is read again sooner than at the
 * interval.
 */
#include "fabric-manager/engine/chassis/numbering.h"

#include "fabric-manager/engine/chassis/chassis.h"
#include "fabric-manager/engine/state/ops.h"
#include "fabric-manager/engine/state/timers.h"

/* Whether a host is up and has bridges without bus numbers. Its firmware may still be at work,
 * and no event says when it is done. */
static bool unnumbered(const struct fm_chassis *c)
{
	for (unsigned i = 0; i < c->hosts; i++) {
		const struct fm_host *h = &c->host[i];

		for (unsigned b = 0; b < h->bridges && h->link; b++)
			if (!h->bridge[b].bus_first)
				return true;
	}
	return false;
}

static void read_sooner(struct fm_engine *e, struct fm_ch *c)
{
	int64_t at = e->now.mono_ns + fm_pause_ns(c->numbering++);

	if (at >= e->drift_at)
		return;
	e->drift_at = at;
	fm_timer_set(e, FM_TM_DRIFT, 0, at);
}

/* A claim found no windows: where firmware may still be at work, the next readings come sooner,
 * with growing pauses up to the interval. */
void fm_numbering_await(struct fm_engine *e)
{
	for (unsigned i = 0; i < e->inv.n; i++)
		if (fm_ch_ready(e, i) && !e->ch[i].numbering && unnumbered(&e->inv.chassis[i]))
			read_sooner(e, &e->ch[i]);
}

/* The chassis was read. */
void fm_numbering_observed(struct fm_engine *e, unsigned chassis)
{
	struct fm_ch *c = &e->ch[chassis];

	if (c->numbering && unnumbered(&e->inv.chassis[chassis]))
		read_sooner(e, c);
	else
		c->numbering = 0;
}
