// SPDX-License-Identifier: Apache-2.0
/*
 * Assignments that wait for something that they share with others: a PF's VF count, its place
 * in a host, a namespace, an agent, the end of copies. All look again when any of it changed.
 */
#include "fabric-manager/engine/assign/assign.h"
#include "fabric-manager/engine/assign/data.h"
#include "fabric-manager/engine/assign/mirror.h"
#include "fabric-manager/engine/assign/provision.h"
#include "fabric-manager/engine/assign/table.h"
#include "fabric-manager/engine/chassis/attach.h"
#include "fabric-manager/engine/state/asgs.h"

/* Puts 'a' on the list. */
void fm_asg_wait(struct fm_engine *e, struct fm_asg *a)
{
	if (a->waits)
		return;
	a->waits = true;
	MR_GROW(e->waiting, e->waitings, e->cap_waitings);
	e->waiting[e->waitings++] = a;
}

/* Something shared changed: those that waited look again. */
void fm_asg_wake(struct fm_engine *e)
{
	e->wake = false;
	for (unsigned i = 0; i < e->waitings; i++) {
		struct fm_asg *a = e->waiting[i];

		a->waits = false;
		if (fm_steps[a->step].verb >= 0 && !a->tag)
			a->until = MR_NEVER;
		fm_asg_poke(e, a);
	}
	e->waitings = 0;
}

static bool is_ready(struct fm_engine *e, struct fm_asg *a, char *why, size_t size)
{
	switch (a->step) {
	case FM_STEP_PROVISION:
		return fm_prov_ready(e, a, why, size);
	case FM_STEP_DATA:
		return fm_data_ready(e, a, why, size);
	case FM_STEP_ATTACH:
		return fm_attach_ready(e, a, why, size);
	case FM_STEP_RESET_OUT:
		if (fm_prov_busy(e, a, why, size)) /* it would not find it in its reset */
			return false;
		return fm_mirror_ready(e, a, why, size);
	case FM_STEP_RESET_IN:
		return fm_mirror_ready(e, a, why, size);
	default:
		/* An LVF can be made Available once the host's SR-PCIM enabled the VFs of its
		 * PF: it may have been mapped while the agent was away, or the host booted. */
		return fm_enable_ready(e, a, why, size);
	}
}

/* Whether a step that waits for something shared can be passed; else it is put to wait. On the
 * way out and back its reason stays. */
bool fm_asg_shared_ready(struct fm_engine *e, struct fm_asg *a)
{
	char why[FM_DETAIL_MAX] = "";
	const char *taken;
	bool keeps = fm_steps[a->step].op >= 0 || a->step == FM_STEP_BACK_ACTIVATE;
	bool ready;

	taken = a->step == FM_STEP_ATTACH ? fm_attach_taken(e, a) : NULL;
	if (taken) {
		fm_asg_why(e, a, MR_REASON_CONFLICT, "bridge %u of %s %s", a->a.place.bridge,
			   a->a.host, taken);
		fm_asg_turn_back(e, a);
		return false;
	}
	ready = is_ready(e, a, why, sizeof(why));
	if (!ready)
		fm_asg_wait(e, a);
	if (!ready || (a->a.detail[0] && !keeps))
		fm_asg_why(e, a, MR_REASON_OK, "%s", why);
	return ready;
}
