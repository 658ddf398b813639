// SPDX-License-Identifier: Apache-2.0
/* Roots that a host lost while others stand: rootloss.h. */
#include "fabric-manager/engine/desire/rootloss.h"

#include "fabric-manager/engine/state/hosts.h"
#include "fabric-manager/engine/state/news.h"
#include "fabric-manager/engine/state/out.h"
#include "fabric-manager/engine/state/seen.h"
#include "fabric-manager/engine/state/soon.h"
#include "fabric-manager/engine/state/wanted.h"

/* Whether root 'r' is down while the host is up by another one. Both go down in a reboot, and
 * come back one after the other: the time begins when one is there and the other is not. */
static bool is_down(const struct fm_engine *e, const struct fm_host_def *d, unsigned r,
		    const struct fm_failover *f)
{
	const struct fm_host *h = fm_root_get(&e->inv, d, r);

	return h && d->roots > 1 && f->mode == FM_FAILOVER_AUTOMATIC && f->link_down_ns &&
	       h->power && !h->link && !h->flaps && fm_roots_of(&e->inv, d).link;
}

static void tell(struct fm_engine *e, const struct fm_host_def *d, const struct fm_hst *h,
		 unsigned now)
{
	for (unsigned r = 0; r < d->roots; r++) {
		char name[FM_ROOT_TEXT];

		if (!((h->lost ^ now) >> r & 1))
			continue;
		fm_root_text(e, d->chassis, d->root[r], name);
		if (now >> r & 1)
			fm_note(e, MR_REASON_UNREACHABLE, name,
				"lost: link down; what is behind it goes to the host's other "
				"roots");
		else
			fm_note(e, MR_REASON_OK, name, "is not lost any more");
	}
}

/* rootloss.h */
int64_t fm_rootloss_look(struct fm_engine *e, const struct fm_host_def *d, struct fm_hst *h,
			 const struct fm_failover *f)
{
	int64_t next = MR_NEVER;
	unsigned lost = 0;

	for (unsigned r = 0; r < d->roots; r++) {
		if (!is_down(e, d, r, f)) {
			h->root_down[r] = 0;
			continue;
		}
		if (!h->root_down[r])
			h->root_down[r] = e->now.mono_ns ? e->now.mono_ns : 1;
		if (h->root_down[r] + f->link_down_ns <= e->now.mono_ns)
			lost |= 1u << r;
		else
			next = fm_min64(next, h->root_down[r] + f->link_down_ns);
	}
	if (lost == h->lost)
		return next;
	tell(e, d, h, lost);
	h->lost = (uint8_t)lost;
	h->lost_planned = false;
	fm_news_hosts(e);
	fm_plan_soon(e, 0);
	return next;
}

/* rootloss.h */
bool fm_rootloss_of(const struct fm_engine *e, const struct fm_asg *a)
{
	const struct fm_hst *h = fm_host((struct fm_engine *)e, a->a.host, false);
	const struct fm_host_def *d = h && h->lost ? fm_host_def(e, a->a.host) : NULL;
	int r = d && a->a.has_fn ? fm_root_at(d, a->a.chassis, a->a.place.port) : -1;

	return r >= 0 && h->lost >> r & 1;
}

/* rootloss.h */
bool fm_rootloss_stuck(const struct fm_engine *e, const struct fm_host_def *d,
		       const struct fm_hst *h, const char *profile)
{
	const struct fm_asg *a;

	if (!h->lost || !h->lost_planned)
		return false;
	FM_FOREACH_ASG(e, a)
	{
		if (mr_streq(a->a.host, d->name) &&
		    (!profile || mr_streq(a->a.profile, profile)) && fm_rootloss_of(e, a) &&
		    !fm_asg_moving(a) && !a->next.set && a->a.phase != FM_PHASE_QUARANTINED)
			return true;
	}
	return false;
}

/* rootloss.h */
void fm_rootloss_planned(struct fm_engine *e)
{
	size_t pos = 0;
	uint64_t v;

	while (mr_map_next(e->host_by_name, &pos, NULL, NULL, &v)) {
		struct fm_hst *h = (struct fm_hst *)(uintptr_t)v;

		if (!h->lost || h->lost_planned)
			continue;
		h->lost_planned = true;
		fm_failover_soon(e, h);
	}
}
