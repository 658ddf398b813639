/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Taking and giving back: the only code that changes the sums, bitmaps and host sets of
 * world.h, and the number of VFs that each adapter will have ready.
 */
#include "fabric-manager/plan/world.h"

static void set_load(struct fm_unit *u)
{
	uint64_t all = u->edge ? u->edge->guaranteed_max_mbps : 0;
	uint64_t load = u->edge ? (u->guaranteed << 20) / (all ? all : 1) : 0;

	u->load = load < 0xffffff ? (uint32_t)load : 0xffffff;
}

static void take_bridge(struct fm_world *w, const struct fm_use *u)
{
	struct fm_unit_host *h = &w->host[u->host];
	struct fm_unit_adapter *a = &w->adapter[w->unit[u->unit].adapter];

	if (u->bridge >= h->h->bridges || u->bridge >= MR_MAX_BRIDGES)
		return;
	if (!fm_bit(h->used, u->bridge)) {
		h->used[u->bridge / 64] |= UINT64_C(1) << (u->bridge % 64);
		h->free--;
	}
	if (u->way != FM_WAY_LVF || h->pfs[a->index] != FM_NO_BRIDGE ||
	    h->chassis != a->chassis)
		return;
	h->pfs[a->index] = u->bridge;
	for (unsigned d = 1; a->a->vh_of && d < a->a->vhs; d++)
		if (a->a->vh_of[d] == h->h->port)
			return; /* has its device VH already */
	a->free_vhs -= a->free_vhs > 0;
}

static void take_host(struct fm_world *w, const struct fm_use *u)
{
	struct fm_unit_adapter *a = &w->adapter[w->unit[u->unit].adapter];

	if (a->only_host == FM_NONE)
		a->only_host = u->sharer;
	else if (a->only_host != u->sharer)
		a->only_host = FM_MANY;
	if (u->host != FM_NONE)
		take_bridge(w, u);
}

static void forget_hosts(struct fm_world *w, struct fm_unit_adapter *a)
{
	for (unsigned i = 0; i < a->units; i++)
		if (w->unit[a->unit + i].used)
			return;
	a->only_host = FM_NONE;
	a->exclusive = false;
}

/* Marks a function with all that goes with it as used. */
void fm_world_take(struct fm_world *w, const struct fm_use *u)
{
	struct fm_unit *un = &w->unit[u->unit];
	struct fm_unit_adapter *a = &w->adapter[un->adapter];

	un->bits[u->vf / 64] |= UINT64_C(1) << (u->vf % 64);
	un->used++;
	un->guaranteed += u->guaranteed;
	un->limit += fm_unit_limit(un, u->limit);
	set_load(un);
	a->exclusive |= u->exclusive;
	take_host(w, u);
}

/* The reverse for the function and its sums. A bridge of PFs stays: others may lean on it, and
 * so does the set of hosts while one function is left. */
void fm_world_give_back(struct fm_world *w, const struct fm_use *u)
{
	struct fm_unit *un = &w->unit[u->unit];
	struct fm_unit_host *h = u->host == FM_NONE ? NULL : &w->host[u->host];

	un->bits[u->vf / 64] &= ~(UINT64_C(1) << (u->vf % 64));
	un->used--;
	un->guaranteed -= u->guaranteed;
	un->limit -= fm_unit_limit(un, u->limit);
	set_load(un);
	forget_hosts(w, &w->adapter[un->adapter]);
	if (!h || u->way == FM_WAY_LVF || u->bridge >= h->h->bridges ||
	    u->bridge >= MR_MAX_BRIDGES || !fm_bit(h->used, u->bridge))
		return;
	h->used[u->bridge / 64] &= ~(UINT64_C(1) << (u->bridge % 64));
	h->free++;
}

/* Guarantee and limit of a function that stays become those of 'to'. */
void fm_world_rate(struct fm_world *w, uint32_t unit, const struct fm_use *from,
		   const struct fm_use *to)
{
	struct fm_unit *un = &w->unit[unit];

	un->guaranteed += to->guaranteed - from->guaranteed;
	un->limit += fm_unit_limit(un, to->limit) - fm_unit_limit(un, from->limit);
	set_load(un);
}

/* VFs that may be handed out: as many as are enabled, or as will be on a PF that has none yet.
 * More than are enabled come by a change of class Count, which waits for approval. */
void fm_world_provision(struct fm_world *w)
{
	for (unsigned i = 0; i < w->adapters; i++) {
		struct fm_unit_adapter *a = &w->adapter[i];

		for (unsigned p = 0; p < a->units; p++) {
			struct fm_unit *u = &w->unit[a->unit + p];
			uint32_t have = a->a->pf[p].numvfs, n = a->provision;

			if (a->a->kind == FM_ADAPTER_BASE)
				n = 1;
			else if (have && have < n)
				n = have;
			u->usable = (uint16_t)n;
		}
	}
}
