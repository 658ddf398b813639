/* SPDX-License-Identifier: Apache-2.0 */
/* One plan from start to end: keep, place, compare. */
#include "fabric-manager/plan/plan.h"

#include <stdlib.h>

#include "common/xalloc.h"
#include "fabric-manager/plan/place.h"

/* Places every claim of in->desired and says what has to change. Never fails; the caller frees
 * with fm_plan_free. */
struct fm_plan *fm_plan_make(const struct fm_plan_input *in)
{
	struct fm_plan *plan = MR_NEW(struct fm_plan);
	struct fm_planner p;

	plan->claims = in->desired->claims;
	plan->placed = mr_xcalloc(plan->claims + 1, sizeof(*plan->placed));
	fm_planner_init(&p, in, plan);
	fm_planner_keep(&p);
	fm_planner_place(&p);
	fm_planner_changes(&p);
	fm_planner_done(&p);
	return plan;
}

/* Frees 'p' and what it owns; NULL is accepted. */
void fm_plan_free(struct fm_plan *p)
{
	if (!p)
		return;
	for (unsigned i = 0; i < p->claims; i++)
		free(p->placed[i].detail);
	free(p->placed);
	free(p->change);
	free(p);
}

/* Whether something has to be done; what cannot be placed is nothing to do. */
bool fm_plan_pending(const struct fm_plan *p)
{
	for (unsigned i = 0; i < p->changes; i++)
		if (p->change[i].kind != FM_CHANGE_PEND)
			return true;
	return false;
}
