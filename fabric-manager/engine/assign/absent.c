// SPDX-License-Identifier: Apache-2.0
/*
 * Adapters that are pulled, and such that are in their slots and do not answer. What is pulled
 * has lost its tables: nothing of it is reachable, and nothing can be reset. What does not
 * answer keeps them, and a gate that was open comes back open: so whoever is on the way out
 * waits, with function, identities and data locked (HANDOVER, I4). Who stands behind a bridge
 * whose row can't be read waits the same way.
 */
#include "fabric-manager/engine/assign/assign.h"
#include "fabric-manager/engine/assign/table.h"
#include "fabric-manager/engine/chassis/chassis.h"
#include "fabric-manager/engine/state/asgs.h"
#include "fabric-manager/engine/state/news.h"
#include "fabric-manager/engine/state/ops.h"
#include "fabric-manager/engine/state/out.h"
#include "fabric-manager/engine/state/seen.h"
#include "fabric-manager/engine/state/soon.h"
#include "fabric-manager/engine/state/timers.h"

/* Waits, and finds its step again when the adapter answers, or was pulled; or when its row can
 * be read. */
void fm_asg_await(struct fm_engine *e, struct fm_asg *a)
{
	const struct fm_adapter *d = fm_adapter_by_port(&e->inv, a->a.fn.chassis, a->a.fn.port);
	char name[FM_ASSIGNMENT_TEXT], why[FM_DETAIL_MAX];
	bool said = a->a.reason == MR_REASON_UNREACHABLE;
	bool of_row = !fm_seen_mute(e, a->a.fn) && fm_asg_bridge(e, a);

	if (of_row)
		mr_fmt(why, sizeof(why), "the row of bridge %u of %s can't be read",
		       a->a.place.bridge, a->a.host);
	else
		mr_fmt(why, sizeof(why), "adapter %s does not answer%s", a->a.adapter,
		       d && !d->link ? ": its link is down" : "");
	fm_asg_why(e, a, MR_REASON_UNREACHABLE, "%s", why);
	if (a->a.going && !said)
		fm_note(e, MR_REASON_UNREACHABLE, fm_assignment_text(&a->a, name),
			"%s: %s; its identities are free when it %s", fm_phase_name(a->a.phase),
			why, of_row ? "can" : "does, or is pulled");
	a->resume = true;
	fm_asg_wait(e, a);
}

/* Whether a row of the switch leads to the function, or may since the operation whose end
 * nobody read. It would lead to whatever is inserted there next. */
static bool row_leads(const struct fm_engine *e, const struct fm_asg *a)
{
	enum fm_seen seen = fm_asg_seen(e, a);

	return a->a.place.way != FM_WAY_LVF &&
	       (seen == FM_SEEN_MAPPED || seen == FM_SEEN_BLOCKED || seen == FM_SEEN_MUTE ||
		a->step == FM_STEP_MAP);
}

/* The adapter was pulled: its function needs nothing more, but a row that leads there is cut
 * before anybody forgets whose it was. */
static void gone(struct fm_engine *e, struct fm_asg *a)
{
	struct fm_adapter *d = fm_adapter_by_port(&e->inv, a->a.fn.chassis, a->a.fn.port);

	if (d)
		d->present = false;
	fm_adapters_news(e);
	fm_news_port(e, a->a.fn.chassis, a->a.fn.port);
	a->a.going = a->cut = true;
	a->until = MR_NEVER;
	a->step = row_leads(e, a) ? FM_STEP_BLOCK : FM_STEP_OUT_DONE;
	e->intent = true;
	fm_asg_dirty(e, a);
	fm_asg_poke(e, a);
}

/* Only a reading says what became of an adapter that did not answer. One that has a link is
 * asked again after a pause, however often. */
void fm_asg_no_answer(struct fm_engine *e, struct fm_asg *a, enum mr_reason why)
{
	const struct fm_adapter *d = fm_adapter_by_port(&e->inv, a->a.fn.chassis, a->a.fn.port);
	struct fm_fn *f = fm_fn_get(&e->inv, a->a.fn);

	fm_ch_observe(e, a->a.fn.chassis);
	if (why == MR_REASON_DEVICE_GONE && !fm_adapter_is_mute(d)) {
		gone(e, a);
		return;
	}
	if (f)
		f->unread = true;
	if (!d || d->link) {
		a->until = e->now.mono_ns + fm_pause_ns(0);
		fm_timer_set(e, FM_TM_ASG, a->a.id, a->until);
	}
	fm_asg_await(e, a);
}
