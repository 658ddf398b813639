// SPDX-License-Identifier: Apache-2.0
/*
 * Links that go up and down again and again. After FM_DAMP_CHANGES changes within WINDOW_NS the
 * port is held: nothing new is placed behind it, its link being down is no reason for a
 * fail-over, and one event is said instead of one a change. The first hold takes FIRST_NS; one
 * in which the link changed again is followed by another of twice the time, up to MOST_NS.
 *
 * What is safe does not wait: a held adapter is mute as soon as its link is down (mute.c), ways
 * out go on whenever it answers, and power, fatal errors and lost agents of a held host count
 * as ever. All of it is forgotten with the manager.
 */
#include "fabric-manager/engine/chassis/damp.h"

#include "fabric-manager/engine/chassis/chassis.h"
#include "fabric-manager/engine/state/hosts.h"
#include "fabric-manager/engine/state/news.h"
#include "fabric-manager/engine/state/out.h"
#include "fabric-manager/engine/state/soon.h"
#include "fabric-manager/engine/state/timers.h"
#include "fabric-manager/engine/state/wanted.h"

#define WINDOW_NS (10 * MR_NS_PER_S)
#define FIRST_NS  MR_NS_PER_S
#define MOST_NS	  (60 * MR_NS_PER_S)
#define ASK_NS	  MR_NS_PER_S /* a held adapter is read at most so often for ways out */

/* ---- one link ---- */

static void hold(struct fm_damp *d, int64_t now, int64_t ns)
{
	d->held = true;
	d->hold_ns = fm_min64(ns, MOST_NS);
	d->until = now + d->hold_ns;
	d->changes = 0;
}

/* It went up or down. Who was held a moment ago is held for longer than then. */
bool fm_damp_change(struct fm_damp *d, int64_t now)
{
	bool recent = d->hold_ns && now - d->until <= WINDOW_NS;

	for (unsigned i = FM_DAMP_CHANGES - 1; i > 0; i--)
		d->change[i] = d->change[i - 1];
	d->change[0] = now;
	d->changes++;
	if (d->held || d->changes < FM_DAMP_CHANGES ||
	    now - d->change[FM_DAMP_CHANGES - 1] > WINDOW_NS)
		return false;
	hold(d, now, recent ? 2 * d->hold_ns : FIRST_NS);
	return true;
}

/* The time of a hold is over. */
bool fm_damp_end(struct fm_damp *d, int64_t now)
{
	if (d->changes) {
		hold(d, now, 2 * d->hold_ns);
		return true;
	}
	d->held = false;
	return false;
}

/* Of the hold under way, or the last one. */
unsigned fm_damp_seconds(const struct fm_damp *d)
{
	return (unsigned)(d->hold_ns / MR_NS_PER_S);
}

/* Nothing of it matters any more. */
static bool is_calm(const struct fm_damp *d, int64_t now)
{
	return !d->held && now - d->change[0] > WINDOW_NS && now - d->until > WINDOW_NS;
}

/* ---- those of an engine ---- */

const struct fm_damp *fm_damp_at(const struct fm_engine *e, unsigned chassis, unsigned port)
{
	for (unsigned i = 0; i < e->damps; i++)
		if (e->damp[i].chassis == chassis && e->damp[i].port == port)
			return &e->damp[i];
	return NULL;
}

bool fm_damp_any(const struct fm_engine *e)
{
	for (unsigned i = 0; i < e->damps; i++)
		if (e->damp[i].held)
			return true;
	return false;
}

/* The one of a port, made where there is none; those that are calm go. */
static struct fm_damp *get(struct fm_engine *e, unsigned chassis, unsigned port)
{
	struct fm_damp *d;

	for (unsigned i = e->damps; i-- > 0;)
		if (is_calm(&e->damp[i], e->now.mono_ns))
			e->damp[i] = e->damp[--e->damps];
	d = (struct fm_damp *)fm_damp_at(e, chassis, port);
	if (d)
		return d;
	MR_GROW(e->damp, e->damps, e->cap_damps);
	d = &e->damp[e->damps++];
	*d = (struct fm_damp){.chassis = (uint16_t)chassis, .port = (uint16_t)port};
	return d;
}

static uint64_t key_of(const struct fm_damp *d)
{
	return (uint64_t)d->chassis << 16 | d->port;
}

/* Whose link it is: a host's or an adapter's; "" while the chassis does not show it. */
static const char *mark(const struct fm_engine *e, struct fm_chassis *c,
			const struct fm_damp *d, char buf[FM_ROOT_TEXT])
{
	struct fm_inventory of = {.chassis = c, .n = 1};
	struct fm_host *h = fm_host_by_port(&of, 0, d->port);
	struct fm_adapter *a = fm_adapter_by_port(&of, 0, d->port);

	if (h)
		h->flaps = d->held;
	if (a)
		a->flaps = d->held;
	return h ? fm_root_text(e, d->chassis, d->port, buf) : a ? a->name : "";
}

/* A hold began or ended. */
static const char *turned(struct fm_engine *e, const struct fm_damp *d, char buf[FM_ROOT_TEXT])
{
	fm_news_port(e, d->chassis, d->port);
	fm_plan_soon(e, 20 * MR_NS_PER_MS);
	if (d->held)
		fm_timer_set(e, FM_TM_DAMP, key_of(d), d->until);
	return mark(e, &e->inv.chassis[d->chassis], d, buf);
}

/* The link behind the port went up or down. */
bool fm_damp_link(struct fm_engine *e, unsigned chassis, unsigned port, bool up)
{
	struct fm_damp *d = get(e, chassis, port);
	char name[FM_ROOT_TEXT];

	d->up = up;
	if (fm_damp_change(d, e->now.mono_ns))
		fm_note(e, MR_REASON_UNREACHABLE, turned(e, d, name),
			"alarm: its link goes up and down: it is held for %u s and gets "
			"nothing new",
			fm_damp_seconds(d));
	return d->held;
}

/* A way out needs the adapter, and it may answer now. */
void fm_damp_ways_out(struct fm_engine *e, unsigned chassis, unsigned port)
{
	struct fm_ch *c = &e->ch[chassis];
	const struct fm_asg *a;
	bool any = false;

	FM_FOREACH_ASG(e, a)
	{
		any = any || (a->a.has_fn && a->a.going && a->a.fn.chassis == chassis &&
			      a->a.fn.port == port);
	}
	if (!any || c->again <= e->now.mono_ns + ASK_NS)
		return;
	c->again = e->now.mono_ns + ASK_NS;
	fm_timer_set(e, FM_TM_CHASSIS, chassis, c->again);
}

/* Who is held still is in 'n'. */
void fm_damp_keep(struct fm_engine *e, unsigned chassis, struct fm_chassis *n)
{
	char name[FM_ROOT_TEXT];

	for (unsigned i = 0; i < e->damps; i++)
		if (e->damp[i].chassis == chassis)
			mark(e, n, &e->damp[i], name);
}

/* It was stable for so long: what changed meanwhile is looked at. */
static void calm(struct fm_engine *e, const struct fm_damp *d)
{
	char buf[FM_ROOT_TEXT];
	const char *name = turned(e, d, buf), *host = fm_host_at(e, d->chassis, d->port);
	struct fm_hst *h = host ? fm_host(e, host, false) : NULL;

	fm_note(e, MR_REASON_OK, name, "its link is %s, and was stable for %u s",
		d->up ? "up" : "down", fm_damp_seconds(d));
	fm_ch_observe(e, d->chassis);
	if (h)
		fm_failover_soon(e, h);
}

/* The time of a hold is over. */
void fm_damp_timer(struct fm_engine *e, uint64_t key)
{
	struct fm_damp *d =
		(struct fm_damp *)fm_damp_at(e, (unsigned)(key >> 16), key & 0xffff);
	char name[FM_ROOT_TEXT];
	unsigned changes;

	if (!d || !d->held || d->until > e->now.mono_ns)
		return;
	changes = d->changes;
	if (fm_damp_end(d, e->now.mono_ns))
		fm_note(e, MR_REASON_UNREACHABLE, turned(e, d, name),
			"its link went up or down %u times more: it is held for %u s", changes,
			fm_damp_seconds(d));
	else
		calm(e, d);
}
