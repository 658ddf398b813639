// SPDX-License-Identifier: Apache-2.0
/*
 * Adapters that are in their slots and do not answer: their link is down, or accesses fail.
 * What they were set to they still are, open gates included (only power takes it away), so they
 * are kept in mind as they were read last. Who stands there stays (plan/keep.c), and a way out
 * waits (assign/assign.c). The same for a bridge's row whose state can't be read.
 */
#include "fabric-manager/engine/chassis/mute.h"

#include "fabric-manager/engine/chassis/attach.h"
#include "fabric-manager/engine/state/news.h"
#include "fabric-manager/engine/state/ops.h"
#include "fabric-manager/engine/state/out.h"
#include "fabric-manager/engine/state/soon.h"
#include "fabric-manager/engine/state/timers.h"

/* An adapter that did not answer at all. */
static void keep_adapter(struct fm_adapter *old, struct fm_adapter *n)
{
	struct fm_adapter port = *n;

	if (!fm_adapter_in_slot(old) || !old->fn || !mr_streq(n->serial, old->serial))
		return;
	*n = *old;
	*old = port;
	n->present = false;
	n->link = port.link;
	n->plugged = true;
}

/* Single functions of one that did; false when there are any. */
static bool keep_functions(const struct fm_adapter *old, struct fm_adapter *n)
{
	unsigned had = old && old->fn ? (unsigned)old->pfs * old->vfs : 0;
	bool all = true;

	for (unsigned i = 0; n->fn && i < (unsigned)n->pfs * n->vfs; i++) {
		if (!n->fn[i].unread)
			continue;
		all = false;
		if (i < had)
			n->fn[i] = old->fn[i];
		n->fn[i].unread = true;
	}
	return all;
}

/* mute.h */
void fm_mute_keep_row(struct fm_bridge *old, const struct fm_bridge *n)
{
	if (n->unread)
		old->unread = true;
	else
		*old = *n;
}

/* Rows of bridges; false when the state of one could not be read. */
static bool keep_rows(struct fm_engine *e, unsigned chassis, struct fm_host *n)
{
	struct fm_host *old = fm_host_by_port(&e->inv, chassis, n->port);
	bool all = true;

	for (unsigned b = 0; b < n->bridges; b++) {
		if (!n->bridge[b].unread)
			continue;
		all = false;
		if (old && b < old->bridges)
			n->bridge[b] = old->bridge[b];
		n->bridge[b].unread = true;
	}
	return all;
}

/* What did not answer is as it was read before. Where the link is up, no event will say that it
 * answers again: it is asked, with growing pauses. */
void fm_mute_keep(struct fm_engine *e, unsigned chassis, struct fm_chassis *n)
{
	struct fm_ch *c = &e->ch[chassis];
	bool all = true;

	for (unsigned i = 0; i < n->adapters; i++) {
		struct fm_adapter *d = &n->adapter[i];
		struct fm_adapter *old = fm_adapter_by_port(&e->inv, chassis, d->port);

		if (fm_adapter_is_mute(d)) {
			all = all && !d->link;
			keep_adapter(old, d);
		} else if (d->present && !keep_functions(old, d)) {
			all = false;
		}
	}
	for (unsigned i = 0; i < n->hosts; i++)
		all = keep_rows(e, chassis, &n->host[i]) && all;
	c->again = MR_NEVER;
	if (all) {
		c->mutes = 0;
		return;
	}
	c->again = e->now.mono_ns + fm_pause_ns(c->mutes++);
	fm_timer_set(e, FM_TM_CHASSIS, chassis, c->again);
}

/* The link of adapter 'd' went down or came up: mute.h. */
void fm_mute_link(struct fm_engine *e, unsigned chassis, struct fm_adapter *d, bool up)
{
	if (!d->plugged)
		return;
	if (up) {
		if (!d->flaps)
			fm_note(e, MR_REASON_OK, d->name, "its link is up");
		return;
	}
	d->present = d->link = false;
	fm_adapters_news(e);
	fm_news_port(e, chassis, d->port);
	fm_attach_adapter(e, chassis, d->port);
	if (d->flaps)
		return;
	fm_note(e, MR_REASON_UNREACHABLE, d->name,
		"alarm: its link is down: functions and identities stay with those who have "
		"them "
		"until it is up, or the adapter is pulled");
}
