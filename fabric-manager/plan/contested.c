/* SPDX-License-Identifier: Apache-2.0 */
/* What is said of a claim whose pool lost functions to another one: place.h. */
#include "fabric-manager/plan/place.h"

static bool lacks_room(const struct fm_planner *p, unsigned i)
{
	const struct fm_placed *pl = &p->plan->placed[i];
	uint32_t first, last;
	struct fm_ask ask;

	if (pl->placed || fm_repack_helps(pl->reason))
		return !pl->placed;
	if (pl->reason != MR_REASON_UNREACHABLE || !fm_place_ask(p, i, &ask))
		return false;
	fm_place_cands(p, &ask, &first, &last);
	return first == last;
}

/* Who found no room, and whose pool lost functions to another one that had them, says so. After
 * all attempts: these go by what is short. */
void fm_place_contested(struct fm_planner *p)
{
	for (unsigned n = 0; n < p->todos; n++) {
		unsigned i = p->todo[n], pool = p->d->claim[i].pool;
		struct mr_buf b = {0};

		if (pool >= p->d->pools || !p->d->pool[pool].conflict ||
		    p->open[i] & FM_OPEN_WAITS || p->d->claim[i].host == FM_WHOLE ||
		    !lacks_room(p, i))
			continue;
		mr_buf_puts(&b, p->d->pool[pool].conflict);
		fm_place_refuse(p, i, MR_REASON_CONFLICT, &b);
	}
}
