// SPDX-License-Identifier: Apache-2.0
/*
 * Questions about one assignment: what it does, and what the hardware shows of it. Nothing is
 * changed here.
 */
#include "fabric-manager/engine/state/seen.h"

#define P(x) FM_PHASE_##x

/* Whether it stands behind one of the host's roots, under whatever name that was found. */
bool fm_asg_behind(const struct fm_asg *a, const struct fm_host_def *h)
{
	for (unsigned r = 0; r < h->roots; r++)
		if (h->chassis == a->a.chassis && h->root[r] == a->a.place.port)
			return true;
	return false;
}

/* Something is on its way. */
bool fm_asg_moving(const struct fm_asg *a)
{
	return a->step != FM_STEP_NONE || a->resume || a->a.going;
}

/* A host may be using it. */
bool fm_asg_runs(const struct fm_asg *a)
{
	return a->a.has_fn && (a->a.phase == P(MAPPED) || a->a.phase == P(ACTIVATING) ||
			       a->a.phase == P(ACTIVE) || a->a.phase == P(DEGRADED) ||
			       a->a.phase == P(FAILED));
}

/* In use, or ready behind a closed gate as the standby of its `ha` pair. */
bool fm_asg_up(const struct fm_asg *a)
{
	return a->a.phase == P(ACTIVE) ||
	       (a->a.phase == P(MAPPED) && a->a.standby && a->step == FM_STEP_NONE);
}

/* The cookie of its row: that of a stranger is what was found. */
uint64_t fm_asg_cookie(const struct fm_asg *a)
{
	return a->stranger ? a->cookie : fm_cookie(&a->a);
}

/* The bridge row that its place names, or NULL. */
struct fm_bridge *fm_asg_bridge(const struct fm_engine *e, const struct fm_asg *a)
{
	struct fm_host *h = fm_host_by_port(&e->inv, a->a.chassis, a->a.place.port);

	if (!h || a->a.place.bridge >= h->bridges)
		return NULL;
	return &h->bridge[a->a.place.bridge];
}

/* Whether the adapter of a function answers. */
bool fm_seen_adapter(const struct fm_engine *e, struct fm_fn_id fn)
{
	const struct fm_adapter *d = fm_adapter_by_port(&e->inv, fn.chassis, fn.port);

	return d && d->present;
}

/* Whether the adapter of a function is in its slot and does not answer for it: its tables are
 * as they were, and its gates. Only one that is pulled has lost them. */
bool fm_seen_mute(const struct fm_engine *e, struct fm_fn_id fn)
{
	const struct fm_fn *f = fm_fn_get(&e->inv, fn);

	return fm_adapter_is_mute(fm_adapter_by_port(&e->inv, fn.chassis, fn.port)) ||
	       (f && f->unread);
}

/* What is seen of a function that no row leads to. */
static enum fm_seen seen_nowhere(const struct fm_engine *e, const struct fm_asg *a)
{
	if (fm_seen_mute(e, a->a.fn))
		return FM_SEEN_MUTE;
	return fm_fn_get(&e->inv, a->a.fn) && fm_seen_adapter(e, a->a.fn) ? FM_SEEN_FREE
									  : FM_SEEN_GONE;
}

static enum fm_seen seen_lvf(const struct fm_asg *a, const struct fm_fn *f)
{
	if (f->cookie != fm_asg_cookie(a) || f->owner_vh != a->a.place.port)
		return FM_SEEN_FREE;
	/* Of a host whose VF Enable is 0 every function reads Unavailable: the block
	 * decides. */
	return f->block == 3 ? FM_SEEN_BLOCKED : FM_SEEN_MAPPED;
}

/* What the hardware shows for its function and place, by cookie (HANDOVER 8). */
enum fm_seen fm_asg_seen(const struct fm_engine *e, const struct fm_asg *a)
{
	const struct fm_fn *f = fm_fn_get(&e->inv, a->a.fn);
	const struct fm_bridge *b;

	if (!a->a.has_fn)
		return FM_SEEN_FREE;
	if (a->a.place.way == FM_WAY_LVF)
		return f && fm_seen_adapter(e, a->a.fn) && !f->unread ? seen_lvf(a, f)
								      : seen_nowhere(e, a);
	b = fm_asg_bridge(e, a);
	if (b && b->unread)
		return FM_SEEN_MUTE;
	if (b && b->cookie == fm_asg_cookie(a) && b->state == MR_ROW_MAPPED)
		return FM_SEEN_MAPPED;
	if (b && b->cookie == fm_asg_cookie(a) && b->state == MR_ROW_BLOCKED)
		return FM_SEEN_BLOCKED;
	return seen_nowhere(e, a);
}
