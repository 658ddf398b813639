// SPDX-License-Identifier: Apache-2.0
/*
 * From phase to phase of an assignment where no single arrow of the table leads: the phases
 * between are passed through, each of them visible.
 */
#include "fabric-manager/engine/assign/table.h"
#include "fabric-manager/engine/state/asgs.h"

#define P(x) FM_PHASE_##x

/* A step's phase, by the arrows that lead there. */
static void walk(struct fm_engine *e, struct fm_asg *a, const enum fm_phase *path, unsigned n,
		 enum fm_phase to)
{
	unsigned i = 0, end = 0;

	while (end < n && path[end] != to)
		end++;
	while (i < end && path[i] != a->a.phase)
		i++;
	if (i == end && a->a.phase != to) { /* not on the path: at its first legal place */
		for (i = 0; i < end && !fm_phase_allowed(a->a.phase, path[i]); i++)
			;
		fm_asg_phase(e, a, path[i], 0);
	}
	while (i < end)
		fm_asg_phase(e, a, path[++i], 0);
}

static const enum fm_phase out_path[] = {P(RELEASING), P(FENCED), P(DRAINING_IO), P(RESETTING)};
static const enum fm_phase in_path[] = {P(RESERVED), P(CONFIGURED), P(MAPPED), P(ACTIVATING),
					P(ACTIVE)};

static bool on_out_path(enum fm_phase p)
{
	return p == P(RELEASING) || p == P(FENCED) || p == P(DRAINING_IO) || p == P(RESETTING);
}

/* Whether the way out is further than 'to' already: a step of it that is done once more,
 * because the row was found as it should not be, leaves the phase. */
static bool is_past(enum fm_phase now, enum fm_phase to)
{
	unsigned i = 0, k = 0;

	if (!on_out_path(now) || !on_out_path(to))
		return false;
	while (out_path[i] != now)
		i++;
	while (out_path[k] != to)
		k++;
	return i > k;
}

/* Goes to 'to', through the phases between, where one arrow does not lead there. */
void fm_asg_phase_to(struct fm_engine *e, struct fm_asg *a, enum fm_phase to)
{
	if (to == FM_SAME || a->a.phase == to || is_past(a->a.phase, to) ||
	    (to == P(QUIESCING) && a->a.phase == P(RELEASING))) /* asked once more */
		return;
	if (fm_phase_allowed(a->a.phase, to))
		fm_asg_phase(e, a, to, 0);
	else if (on_out_path(to))
		walk(e, a, out_path, MR_ARRAY_SIZE(out_path), to);
	else
		walk(e, a, in_path, MR_ARRAY_SIZE(in_path), to);
}
