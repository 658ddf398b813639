// SPDX-License-Identifier: Apache-2.0
/*
 * Has hosts switched off by their baseboard controllers, for fail-overs only. What a controller
 * said is never stored: a manager that starts asks again, and one that is off already says so.
 */
#include "fabric-manager/engine/assign/fence.h"

#include "fabric-manager/engine/state/hosts.h"
#include "fabric-manager/engine/state/ops.h"
#include "fabric-manager/engine/state/out.h"
#include "fabric-manager/engine/state/timers.h"
#include "fabric-manager/engine/state/wanted.h"

#define ANSWER_NS (FM_POWER_OFF_NS + 15 * MR_NS_PER_S)
#define FRESH_NS  (60 * MR_NS_PER_S) /* for how long "off" is believed */

/* fence.h */
bool fm_fence_is_off(const struct fm_engine *e, const struct fm_host_def *d)
{
	const struct fm_hst *h = fm_host((struct fm_engine *)e, d->name, false);
	struct fm_roots p = fm_roots_of(&e->inv, d);

	if (!p.seen || !p.power)
		return p.seen != 0;
	return h && h->fence.off && h->fence.off + FRESH_NS > e->now.mono_ns && !p.link &&
	       !h->session && p.boots == h->fence.boots;
}

/* Whether this was not what the last event said; it will have been. */
static bool is_new(struct fm_fence *f, const char *text)
{
	char was[FM_DETAIL_MAX];

	memcpy(was, f->said, sizeof(was));
	mr_fmt(f->said, sizeof(f->said), "%s", text);
	return !mr_streq(was, f->said);
}

/* It can't be asked for: said once. */
static void refuse(struct fm_engine *e, struct fm_hst *h, const char *why, const char *but)
{
	if (is_new(&h->fence, but))
		fm_note(e, MR_REASON_NOT_PERMITTED, h->rec.name,
			"alarm: failed (%s), and is not fenced before its power is off: %s",
			why, but);
}

static void again_in(struct fm_engine *e, struct fm_hst *h, int64_t ns)
{
	h->fence.until = e->now.mono_ns + ns;
	fm_timer_set(e, FM_TM_HOST, (uintptr_t)h, h->fence.until);
}

/* fence.h */
void fm_fence_ask(struct fm_engine *e, const struct fm_host_def *d, struct fm_hst *h,
		  const char *why)
{
	struct fm_roots p = fm_roots_of(&e->inv, d);
	struct fm_fence *f = &h->fence;
	struct fm_action *a;

	if (!p.seen || f->tag || f->until > e->now.mono_ns)
		return;
	if (e->store_down) {
		again_in(e, h, MR_NS_PER_S);
		return;
	}
	if (!d->bmc[0]) {
		refuse(e, h, why, "its Host document names no power.bmc");
		return;
	}
	if (h->session && p.link) {
		refuse(e, h, why, "its agent answers and its link is up: not switched off");
		return;
	}
	if (!f->tries)
		fm_note(e, MR_REASON_OK, h->rec.name,
			"fence: failed (%s), %s is asked to switch it off", why, d->bmc);
	f->off = 0;
	f->boots = p.boots;
	f->tag = fm_next_op(e);
	again_in(e, h, ANSWER_NS);
	e->intent = true; /* what will have been done is in the store first */
	a = fm_act(e, FM_ACT_POWER_OFF);
	a->after_commit = FM_HOLD;
	a->tag = f->tag;
	mr_copy(a->host, sizeof(a->host), d->name);
	mr_copy(a->bmc, sizeof(a->bmc), d->bmc);
}

/* Another try follows after a pause; an event says why where that is new. */
static void failed(struct fm_engine *e, struct fm_hst *h, const char *detail)
{
	struct fm_fence *f = &h->fence;
	int64_t pause = fm_pause_ns(f->tries++);

	f->tag = 0;
	again_in(e, h, pause);
	fm_log(e, 2, "fence %s: not switched off: %s; asked again in %d s", h->rec.name, detail,
	       (int)(pause / MR_NS_PER_S));
	if (is_new(f, detail))
		fm_note(e, MR_REASON_UNREACHABLE, h->rec.name,
			"alarm: fence: not switched off: %s; asked again until it is", detail);
}

static struct fm_hst *asked_by(struct fm_engine *e, uint64_t tag)
{
	size_t pos = 0;
	uint64_t v;

	while (mr_map_next(e->host_by_name, &pos, NULL, NULL, &v))
		if (((struct fm_hst *)(uintptr_t)v)->fence.tag == tag)
			return (struct fm_hst *)(uintptr_t)v;
	return NULL;
}

/* fence.h */
struct fm_hst *fm_fence_answer(struct fm_engine *e, uint64_t tag, enum fm_power power,
			       const char *detail)
{
	struct fm_hst *h = tag ? asked_by(e, tag) : NULL;
	const struct fm_host_def *d = h ? fm_host_def(e, h->rec.name) : NULL;
	struct fm_roots p = d ? fm_roots_of(&e->inv, d) : (struct fm_roots){0};

	if (!h)
		return NULL;
	if (power != FM_POWER_OFF) {
		failed(e, h, detail);
	} else if (p.link) {
		failed(e, h,
		       "its controller says off, and its link is up: is power.bmc another "
		       "host's?");
	} else if (!p.seen || p.boots != h->fence.boots) {
		failed(e, h, "it was reset since it was asked for");
	} else {
		h->fence = (struct fm_fence){.off = e->now.mono_ns, .boots = p.boots};
		fm_note(e, MR_REASON_OK, h->rec.name, "fence: its power was read back as off");
	}
	return h;
}

/* fence.h */
bool fm_fence_overdue(struct fm_engine *e, struct fm_hst *h)
{
	if (!h->fence.tag || h->fence.until > e->now.mono_ns)
		return false;
	failed(e, h, "no answer");
	return true;
}

/* fence.h */
bool fm_fence_asked(const struct fm_hst *h)
{
	return h->fence.tag || h->fence.tries || h->fence.off;
}

/* fence.h */
void fm_fence_forget(struct fm_hst *h)
{
	if (!h->fence.tag)
		h->fence = (struct fm_fence){.tag = 0};
}
