// SPDX-License-Identifier: Apache-2.0
/*
 * Functions that no rung of the reset ladder confirmed (HANDOVER 5 and 10) are out of use:
 * blocked both ways as they are, while the claim goes on without them.
 */
#include "fabric-manager/engine/assign/quarantine.h"

#include "fabric-manager/engine/assign/assign.h"
#include "fabric-manager/engine/assign/fence.h"
#include "fabric-manager/engine/assign/join.h"
#include "fabric-manager/engine/assign/table.h"
#include "fabric-manager/engine/state/asgs.h"
#include "fabric-manager/engine/state/hosts.h"
#include "fabric-manager/engine/state/out.h"
#include "fabric-manager/engine/state/outofuse.h"
#include "fabric-manager/engine/state/soon.h"
#include "fabric-manager/engine/state/wanted.h"

/*
 * No rung of the ladder confirmed: the function of 'a' goes into quarantine, blocked both ways
 * as it is; the claim goes on without it (HANDOVER 5 and 10).
 */
void fm_quarantine_asg(struct fm_engine *e, struct fm_asg *a, const char *why)
{
	struct fm_rec_function r = {.pf = a->a.fn.pf, .vf = a->a.fn.vf, .quarantined = true};
	bool of_configure = a->step == FM_STEP_CONFIGURE;
	struct fm_drain drain = {.mode = FM_DRAIN_NONE};
	char fn[FM_FN_TEXT], text[FM_DETAIL_MAX];

	mr_fmt(text, sizeof(text), "%s", why);
	mr_copy(r.chassis, sizeof(r.chassis), e->chassis_name[a->a.fn.chassis]);
	mr_copy(r.adapter, sizeof(r.adapter), a->a.adapter);
	memcpy(r.detail, text, sizeof(r.detail));
	r.refused = of_configure ? a->a.reason : MR_REASON_OK;
	fm_asg_why(e, a, MR_REASON_QUARANTINED, "%s: %s", fm_fn_text(&e->inv, a->a.fn, fn),
		   text);
	fm_asg_phase(e, a, FM_PHASE_QUARANTINED, 0);
	mr_map_del_u64(e->asg_by_fn, fm_fn_key(a->a.fn));
	fm_asg_unindex(e, a);
	fm_quarantine_add(e, &r, true);
	a->a.has_fn = a->a.going = a->a.forced = false;
	a->step = FM_STEP_NONE;
	a->until = MR_NEVER;
	if (a->next.set && fm_fn_eq(a->next.fn, a->a.fn))
		a->next.set = false;
	e->intent = true;
	fm_asg_release(e, a, a->unwanted, true, &drain);
	fm_plan_soon(e, 20 * MR_NS_PER_MS);
}

/*
 * POLICY, "Failover": power read back as off is a fence where `methods` has it, and the host is
 * switched off for it where its controller is known; without `required` none is needed. Either
 * way nobody else gets the function before its cut is
 * confirmed, and its gate was read back as closed, without identities and data, before this
 * step.
 */
bool fm_quarantine_unfenced(struct fm_engine *e, struct fm_asg *a)
{
	const struct fm_rec_override *o = fm_override_get(e, a->a.profile);
	const struct fm_host_def *h = fm_host_def(e, a->a.host);
	const struct fm_failover *f;
	bool off;
	char why[FM_DETAIL_MAX], name[FM_ASSIGNMENT_TEXT];

	if (a->step != FM_STEP_BLOCK || a->stranger || !o || !mr_streq(o->who, "failover") ||
	    mr_streq(o->host, a->a.host) || !h || h->group < 0)
		return false;
	f = &e->desired->group[h->group].failover;
	off = fm_fence_is_off(e, h);
	if (f->fence_required && f->fence_power && !off && h->bmc[0])
		fm_fence_ask(e, h, fm_host(e, h->name, true), "its cut is not confirmed");
	if (f->fence_required && !(f->fence_power && off))
		return false;
	mr_fmt(why, sizeof(why), "the cut from %s is not confirmed (%s): %s", a->a.host,
	       off ? "its power is off" : "fence not required", a->a.detail);
	fm_note(e, MR_REASON_TIMEOUT, fm_assignment_text(&a->a, name), "alarm: %s", why);
	fm_asg_phase_to(e, a, FM_PHASE_FENCED); /* as far as its group asks for a fence */
	fm_quarantine_asg(e, a, why);
	return true;
}

/* quarantine.h */
void fm_quarantine_of_host(struct fm_engine *e, const char *host)
{
	struct fm_asg *a;

	FM_FOREACH_ASG(e, a)
	{
		if (a->fence_bad && !a->tag && mr_streq(a->a.host, host))
			fm_quarantine_unfenced(e, a);
	}
}

/*
 * An operator wants the function of entry 'i' back: the way out once more from where it stands,
 * through the reset ladder. When that is confirmed it is free; else it stays in quarantine.
 */
void fm_quarantine_reset(struct fm_engine *e, unsigned i)
{
	struct fm_fn_id fn = e->quarantine_fn[i];
	struct fm_place place = {.bridge = FM_NO_BRIDGE};
	uint64_t cookie = 0;
	unsigned port = fm_row_of(e, fn, &place, &cookie);
	const struct fm_host *h = fm_host_by_port(&e->inv, fn.chassis, port);

	fm_asg_stranger(e, fn, place, cookie, h ? fm_host_at(e, fn.chassis, port) : "",
			FM_PHASE_FENCED);
}
