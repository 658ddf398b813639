/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Taking and giving back: the only code that changes the sums, bitmaps and host sets of
 * world.h, and the journal that takes such changes back.
 */
#include <stdlib.h>
#include <string.h>

#include "common/xalloc.h"
#include "fabric-manager/plan/world.h"

/* ---- the journal ---- */

struct entry {
	void *at;
	uint64_t bytes;
};

static uint64_t padded(uint64_t bytes)
{
	return (bytes + 7) & ~UINT64_C(7);
}

/* Remembers what stands at 'at', before it changes. */
void fm_journal_note(struct fm_journal *j, void *at, uint32_t bytes)
{
	size_t need = j->len + padded(bytes) + sizeof(struct entry);

	if (!j->on)
		return;
	if (need > j->cap) {
		j->cap = need + need / 2 + 4096;
		j->buf = mr_xrealloc(j->buf, j->cap, 1);
	}
	memcpy(j->buf + j->len, at, bytes);
	j->len += padded(bytes);
	memcpy(j->buf + j->len, &(struct entry){at, bytes}, sizeof(struct entry));
	j->len += sizeof(struct entry);
}

/* Takes everything back that was noted since the journal was 'to' bytes long. */
void fm_journal_undo(struct fm_journal *j, size_t to)
{
	struct entry e;

	while (j->len > to) {
		j->len -= sizeof(e);
		memcpy(&e, j->buf + j->len, sizeof(e));
		j->len -= padded(e.bytes);
		memcpy(e.at, j->buf + j->len, e.bytes);
	}
}

/* Frees what 'j' owns; it is off and empty then. */
void fm_journal_free(struct fm_journal *j)
{
	free(j->buf);
	*j = (struct fm_journal){.buf = NULL};
}

/* ---- taking ---- */

static void add_sum(struct fm_world *w, struct fm_unit *un, uint64_t guaranteed, uint64_t limit)
{
	struct fm_unit_adapter *a = &w->adapter[un->adapter];
	struct fm_sum *s = un->sum;
	uint64_t all, load;

	FM_NOTE(&w->journal, a->link.guaranteed);
	a->link.guaranteed += guaranteed;
	if (!s)
		return;
	FM_NOTE(&w->journal, *s);
	s->guaranteed += guaranteed;
	s->limit += limit;
	all = s->e->guaranteed_max_mbps;
	load = (s->guaranteed << 20) / (all ? all : 1);
	s->load = load < 0xffffff ? (uint32_t)load : 0xffffff;
}

/* 'sign' is 1 or -1. */
static void add_demand(struct fm_world *w, struct fm_unit *un, const struct fm_demand *d,
		       int sign)
{
	if (fm_demands_nothing(d))
		return;
	FM_NOTE(&w->journal, un->held);
	for (unsigned r = 0; r < FM_RESOURCE_COUNT; r++)
		un->held[r] += (uint64_t)sign * fm_unit_charge(un, r, d->amount[r]);
}

/* Functions of one dependency list with the same number belong to one host. */
static void set_dependants(struct fm_world *w, const struct fm_unit *un, uint16_t vf,
			   uint32_t host)
{
	const struct fm_unit_adapter *a = &w->adapter[un->adapter];

	if (!un->dependants)
		return;
	for (unsigned i = 0; i < a->units; i++) {
		const struct fm_unit *o = &w->unit[a->unit + i];

		if (o->dependants != un->dependants)
			continue;
		if (host == FM_NONE && o != un && fm_bit(o->bits, vf))
			return; /* others of the list are in use */
	}
	FM_NOTE(&w->journal, un->dependants[vf]);
	un->dependants[vf] = host;
}

static bool has_vh(const struct fm_adapter *a, uint16_t vh)
{
	for (unsigned d = 1; a->vh_of && d < a->vhs; d++)
		if (a->vh_of[d] == vh)
			return true;
	return false;
}

/* The bridge of the PFs, and the device VH that goes with it. The lowest, where several are
 * said to lead there. */
static void take_pfs(struct fm_world *w, const struct fm_use *u)
{
	struct fm_unit_adapter *a = &w->adapter[w->unit[u->unit].adapter];
	struct fm_unit_host *h = &w->host[u->host];
	uint16_t had = h->pfs[a->index];

	if (u->way != FM_WAY_LVF || h->chassis != a->chassis || u->bridge >= h->h->bridges ||
	    u->bridge >= MR_MAX_BRIDGES || h->hardware[a->index] != FM_NO_BRIDGE ||
	    had <= u->bridge)
		return;
	fm_world_lead(w, h, &h->pfs);
	FM_NOTE(&w->journal, h->pfs[a->index]);
	h->pfs[a->index] = u->bridge;
	if (had != FM_NO_BRIDGE || has_vh(a->a, h->h->port))
		return;
	FM_NOTE(&w->journal, a->free_vhs);
	a->free_vhs -= a->free_vhs > 0;
}

/* What counts at the adapter. */
void fm_world_take_adapter(struct fm_world *w, const struct fm_use *u)
{
	struct fm_unit *un = &w->unit[u->unit];
	struct fm_unit_adapter *a = &w->adapter[un->adapter];

	FM_NOTE(&w->journal, un->bits[u->vf / 64]);
	FM_NOTE(&w->journal, un->used);
	FM_NOTE(&w->journal, a->used);
	FM_NOTE(&w->journal, a->exclusive);
	FM_NOTE(&w->journal, a->only_host);
	un->bits[u->vf / 64] |= UINT64_C(1) << (u->vf % 64);
	un->used++;
	a->used++;
	a->exclusive |= u->exclusive;
	if (a->only_host == FM_NONE)
		a->only_host = u->sharer;
	else if (a->only_host != u->sharer)
		a->only_host = FM_MANY;
	add_sum(w, un, u->guaranteed, fm_unit_limit(un, u->limit));
	add_demand(w, un, &u->demand, 1);
	set_dependants(w, un, u->vf, u->sharer == FM_NONE ? FM_MANY : u->sharer);
	if (u->host != FM_NONE)
		take_pfs(w, u);
}

/* What counts at the host: the bridge and the PCIe link. */
void fm_world_take_host(struct fm_world *w, const struct fm_use *u)
{
	struct fm_unit_host *h = u->host == FM_NONE ? NULL : &w->host[u->host];

	if (!h)
		return;
	FM_NOTE(&w->journal, h->link.guaranteed);
	h->link.guaranteed += u->rides ? 0 : u->guaranteed;
	if (u->bridge >= h->h->bridges || u->bridge >= MR_MAX_BRIDGES ||
	    fm_bit(h->used, u->bridge))
		return;
	FM_NOTE(&w->journal, h->used);
	FM_NOTE(&w->journal, h->free);
	h->used[u->bridge / 64] |= UINT64_C(1) << (u->bridge % 64);
	h->free--;
}

/* Marks a function with all that goes with it as used. */
void fm_world_take(struct fm_world *w, const struct fm_use *u)
{
	fm_world_take_adapter(w, u);
	fm_world_take_host(w, u);
}

static void give_back_bridge(struct fm_world *w, const struct fm_use *u)
{
	struct fm_unit_host *h = u->host == FM_NONE ? NULL : &w->host[u->host];

	if (!h)
		return;
	FM_NOTE(&w->journal, h->link.guaranteed);
	h->link.guaranteed -= u->rides ? 0 : u->guaranteed;
	if (u->way == FM_WAY_LVF || u->bridge >= h->h->bridges || u->bridge >= MR_MAX_BRIDGES ||
	    !fm_bit(h->used, u->bridge))
		return;
	FM_NOTE(&w->journal, h->used);
	FM_NOTE(&w->journal, h->free);
	h->used[u->bridge / 64] &= ~(UINT64_C(1) << (u->bridge % 64));
	h->free++;
}

/* The reverse for the function and its sums. A bridge of PFs stays: others may lean on it, and
 * so does the set of hosts while one function is left. */
void fm_world_give_back(struct fm_world *w, const struct fm_use *u)
{
	struct fm_unit *un = &w->unit[u->unit];
	struct fm_unit_adapter *a = &w->adapter[un->adapter];

	FM_NOTE(&w->journal, un->bits[u->vf / 64]);
	FM_NOTE(&w->journal, un->used);
	FM_NOTE(&w->journal, a->used);
	un->bits[u->vf / 64] &= ~(UINT64_C(1) << (u->vf % 64));
	un->used--;
	a->used--;
	if (!a->used) {
		FM_NOTE(&w->journal, a->only_host);
		FM_NOTE(&w->journal, a->exclusive);
		a->only_host = FM_NONE;
		a->exclusive = false;
	}
	add_sum(w, un, -u->guaranteed, -fm_unit_limit(un, u->limit));
	add_demand(w, un, &u->demand, -1);
	set_dependants(w, un, u->vf, FM_NONE);
	give_back_bridge(w, u);
}

/* The bridge of the PFs, too, with the device VH that was to come with it. */
void fm_world_give_back_pfs(struct fm_world *w, const struct fm_use *u)
{
	struct fm_unit_adapter *a = &w->adapter[w->unit[u->unit].adapter];
	struct fm_unit_host *h = u->host == FM_NONE ? NULL : &w->host[u->host];
	uint16_t b = h ? h->pfs[a->index] : FM_NO_BRIDGE;

	if (b == FM_NO_BRIDGE || h->hardware[a->index] != FM_NO_BRIDGE)
		return;
	FM_NOTE(&w->journal, h->pfs[a->index]);
	h->pfs[a->index] = FM_NO_BRIDGE;
	if (fm_bit(h->used, b)) {
		FM_NOTE(&w->journal, h->used);
		FM_NOTE(&w->journal, h->free);
		h->used[b / 64] &= ~(UINT64_C(1) << (b % 64));
		h->free++;
	}
	if (has_vh(a->a, h->h->port))
		return;
	FM_NOTE(&w->journal, a->free_vhs);
	a->free_vhs++;
}

/* Guarantee, limit and demand of a function that stays become those of 'to'. What it has more
 * of than that is its own until it was taken. */
void fm_world_rate(struct fm_world *w, const struct fm_use *from, const struct fm_use *to)
{
	struct fm_unit *un = &w->unit[from->unit];
	uint64_t more =
		to->guaranteed > from->guaranteed ? to->guaranteed - from->guaranteed : 0;

	add_sum(w, un, more, fm_unit_limit(un, to->limit) - fm_unit_limit(un, from->limit));
	FM_NOTE(&w->journal, un->held);
	for (unsigned r = 0; r < FM_RESOURCE_COUNT; r++) {
		uint64_t had = fm_unit_charge(un, r, from->demand.amount[r]);
		uint64_t wants = fm_unit_charge(un, r, to->demand.amount[r]);

		un->held[r] += wants > had ? wants - had : 0;
	}
	if (from->host == FM_NONE)
		return;
	FM_NOTE(&w->journal, w->host[from->host].link.guaranteed);
	w->host[from->host].link.guaranteed += more;
}
