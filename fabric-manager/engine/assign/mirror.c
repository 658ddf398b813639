// SPDX-License-Identifier: Apache-2.0
/*
 * Copies of what functions send (PortProfile `mirrorTo`). The register that says where they go
 * is the sender's, so the reset of who gets them does not end them: before a function is reset
 * for its next owner nobody on its PF may be copied to it any more. It is set on a running
 * function only (fm_asg_update), never on the way in.
 */
#include "fabric-manager/engine/assign/mirror.h"

#include "fabric-manager/engine/assign/assign.h"
#include "fabric-manager/engine/state/asgs.h"
#include "fabric-manager/engine/state/seen.h"
#include "fabric-manager/engine/state/soon.h"

/* Whether 's' is set to copy to VF 'to' - 1, or is about to be. */
static bool means_to(const struct fm_asg *s, uint16_t to)
{
	return s->a.attrs.mirror == to ||
	       (s->step == FM_STEP_SET_ATTRS && s->want.mirror == to);
}

/* What is to be written there again has no copies. */
static void forget(struct fm_engine *e, struct fm_asg *s, uint16_t to)
{
	if (s->step == FM_STEP_SET_ATTRS && !s->tag && s->want.mirror == to)
		s->want.mirror = 0;
	if (s->step != FM_STEP_NONE || s->a.attrs.mirror != to || fm_asg_runs(s))
		return;
	s->a.attrs.mirror = 0;
	fm_asg_dirty(e, s);
}

/* Whether function 'f' of assignment 's' copies nothing to VF 'to' - 1; else that is ended. A
 * function that is blocked sends nothing, and is reset before it sends again. */
static bool is_clear(struct fm_engine *e, struct fm_asg *s, const struct fm_fn *f, uint16_t to)
{
	struct fm_attrs want;

	if (!s)
		return f->attrs.mirror != to || (!f->owner_vh && f->row_bridge == FM_NO_BRIDGE);
	if (!means_to(s, to) && (f->attrs.mirror != to || f->block & 1))
		return true;
	forget(e, s, to);
	want = s->a.attrs;
	want.mirror = 0;
	if (s->step == FM_STEP_NONE && !s->a.going && !s->tag && fm_asg_runs(s))
		fm_asg_update(e, s, &want);
	return false;
}

bool fm_mirror_ready(struct fm_engine *e, const struct fm_asg *a, char *why, size_t size)
{
	const struct fm_adapter *ad =
		fm_adapter_by_port(&e->inv, a->a.fn.chassis, a->a.fn.port);
	char name[FM_ASSIGNMENT_TEXT];
	bool ready = true;

	if (!ad || !(ad->caps & MR_CT_CAP_MIRROR) || a->a.fn.pf >= ad->pfs)
		return true;
	for (uint16_t v = 0; v < ad->vfs; v++) {
		struct fm_fn_id id = {a->a.fn.chassis, a->a.fn.port, a->a.fn.pf, v};
		const struct fm_fn *f = fm_fn_get(&e->inv, id);
		struct fm_asg *s = fm_asg_by_fn(e, id);

		if (!f || s == a || is_clear(e, s, f, (uint16_t)(a->a.fn.vf + 1)))
			continue;
		mr_fmt(why, size, "waiting until %s is not copied to it any more",
		       s ? fm_assignment_text(&s->a, name) : "a function");
		ready = false;
	}
	e->mirror_waits |= !ready;
	return ready;
}

void fm_mirror_moved(struct fm_engine *e)
{
	e->wake |= e->mirror_waits;
	e->mirror_waits = false;
	if (e->desired && e->desired->mirrors)
		fm_plan_soon(e, 0);
}
