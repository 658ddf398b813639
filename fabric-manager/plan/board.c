/* SPDX-License-Identifier: Apache-2.0 */
/* What fits in a bin of a board, putting it there and taking it out. See board.h. */
#include "fabric-manager/plan/board.h"

#include <stdlib.h>

#include "common/xalloc.h"

/* What a tile wants and what hardware offers, for a board without a planner. */
struct fm_board_own {
	struct fm_unit *unit;
	struct fm_pf *hw;
	struct fm_sum *sum;
	struct fm_edge *edge;
	struct fm_demand *demand;
};

static void own_free(struct fm_board_own *o)
{
	if (!o)
		return;
	free(o->unit);
	free(o->hw);
	free(o->sum);
	free(o->edge);
	free(o->demand);
	free(o);
}

static void own_unit(const struct fm_board *b, struct fm_board_own *o, unsigned i)
{
	struct fm_unit *u = &o->unit[i];

	*u = b->units[i];
	o->hw[i] = *u->hw;
	u->hw = &o->hw[i];
	u->bits = NULL;
	u->dependants = NULL;
	if (!u->sum)
		return;
	o->edge[i] = *u->sum->e;
	o->sum[i] = *u->sum;
	o->sum[i].e = &o->edge[i];
	u->sum = &o->sum[i];
}

/* See board.h. */
void fm_board_detach(struct fm_board *b)
{
	struct fm_board_own *o = MR_NEW(struct fm_board_own);
	unsigned n;

	for (uint32_t t = 0; t < b->tiles; t++)
		fm_board_reach(b, t, &n);
	o->unit = mr_xcalloc(b->bins + 1, sizeof(*o->unit));
	o->hw = mr_xcalloc(b->bins + 1, sizeof(*o->hw));
	o->sum = mr_xcalloc(b->bins + 1, sizeof(*o->sum));
	o->edge = mr_xcalloc(b->bins + 1, sizeof(*o->edge));
	o->demand = mr_xcalloc(b->tiles + 1, sizeof(*o->demand));
	for (unsigned i = 0; i < b->bins; i++)
		own_unit(b, o, i);
	for (uint32_t t = 0; t < b->tiles; t++)
		if (b->tile[t].demand) {
			o->demand[t] = *b->tile[t].demand;
			b->tile[t].demand = &o->demand[t];
		}
	b->units = o->unit;
	b->own = o;
	b->p = NULL;
}

/* Frees 'b'; NULL is accepted. */
void fm_board_free(struct fm_board *b)
{
	if (!b)
		return;
	own_free(b->own);
	free(b->tile);
	free(b->bin);
	free(b->bin_of);
	free(b->slot);
	free(b->seat);
	free(b->leads);
	free(b->led);
	free(b->here);
	free(b->mate);
	free(b->reach);
	free(b);
}

/* Whether nothing but room keeps the claim off the candidate. */
static bool is_open(const struct fm_world *w, const struct fm_ask *ask, const struct fm_cand *c)
{
	struct fm_fit fit;
	enum fm_drop d;

	if (c->spare && !ask->spares)
		return false;
	d = fm_fit_cand(w, ask, c, &fit);
	return d == FM_DROP_NONE || (d >= FM_DROP_FULL && d <= FM_DROP_BRIDGES);
}

/* See board.h. */
const uint16_t *fm_board_reach(struct fm_board *b, uint32_t tile, unsigned *ret_n)
{
	struct fm_tile *t = &b->tile[tile];
	struct fm_planner *p = b->p;
	uint32_t first, last;
	struct fm_ask ask;

	if (t->reaches == FM_NO_TILE) {
		t->reach = b->n_reach;
		t->reaches = 0;
		p->world.stamp++; /* rules are the board's */
		if (p->d->claim[t->claim].host != FM_WHOLE && fm_place_ask(p, t->claim, &ask)) {
			fm_place_cands(p, &ask, &first, &last);
			for (uint32_t c = first; c < last; c++) {
				uint16_t bin = b->bin_of[p->world.cand[c].unit - b->unit];

				if (b->bin[bin].odd ||
				    !is_open(&p->world, &ask, &p->world.cand[c]))
					continue;
				MR_GROW(b->reach, b->n_reach, b->cap_reach);
				b->reach[b->n_reach++] = bin;
				t->reaches++;
			}
		}
	}
	*ret_n = t->reaches;
	return b->reach + t->reach;
}

static const struct fm_unit *unit_of(const struct fm_board *b, uint16_t bin)
{
	return &b->units[b->bin[bin].unit - b->unit];
}

static int64_t charge(const struct fm_board *b, const struct fm_tile *t, uint16_t bin,
		      unsigned r)
{
	if (!t->demand || !t->demand->amount[r])
		return 0;
	return (int64_t)fm_unit_charge(unit_of(b, bin), r, t->demand->amount[r]);
}

static int64_t limit_of(const struct fm_board *b, const struct fm_tile *t, uint16_t bin)
{
	const struct fm_unit *u = unit_of(b, bin);

	return (int64_t)fm_unit_limit(u, fm_unit_over(u, t->limit, t->mbps));
}

/* See board.h. */
int64_t fm_board_mbps(const struct fm_board *b, const struct fm_tile *t, uint16_t bin)
{
	return (int64_t)fm_unit_promise(unit_of(b, bin), t->mbps);
}

static uint16_t *leads(const struct fm_board *b, const struct fm_tile *t, uint16_t slot)
{
	return &b->leads[t->host * b->slots + slot];
}

/* See board.h. */
uint32_t fm_board_mate(const struct fm_board *b, uint32_t tile, uint16_t bin)
{
	const struct fm_tile *t = &b->tile[tile];
	const struct fm_bin *n = &b->bin[bin];

	for (uint32_t m = t->mate; m < t->mate + t->mates; m++) {
		uint16_t at = b->tile[b->mate[m].tile].at;

		if (at == FM_NO_BIN)
			continue;
		if (b->mate[m].port
			    ? at == bin || (n->port != FM_NO_BIN && b->bin[at].port == n->port)
			    : b->bin[at].slot == n->slot)
			return b->mate[m].tile;
	}
	return FM_NO_TILE;
}

/* What keeps the tile out of this bin. */
enum fm_block fm_board_block(struct fm_board *b, uint32_t tile, uint16_t bin)
{
	const struct fm_tile *t = &b->tile[tile];
	const struct fm_bin *n = &b->bin[bin];
	const struct fm_slot *s = &b->slot[n->slot];
	const struct fm_seat *h = &b->seat[t->host];
	int64_t mbps = fm_board_mbps(b, t, bin);

	b->steps -= b->steps > 0;
	if (n->free <= 0)
		return FM_BLOCK_FULL;
	for (unsigned r = 0; t->demand && r < FM_RESOURCE_COUNT; r++)
		if (t->demand->amount[r] && n->left[r] < charge(b, t, bin, r))
			return FM_BLOCK_RESOURCE;
	if (n->port != FM_NO_BIN) {
		if (mbps && b->bin[n->port].mbps < mbps)
			return FM_BLOCK_PORT;
		if (b->bin[n->port].limit < limit_of(b, t, bin))
			return FM_BLOCK_LIMIT;
	}
	if (mbps && s->mbps < mbps)
		return FM_BLOCK_LINK;
	if (mbps && h->mbps < mbps)
		return FM_BLOCK_HOST_LINK;
	if (t->mates && fm_board_mate(b, tile, bin) != FM_NO_TILE)
		return FM_BLOCK_MATE;
	if (s->mra && t->lvf) {
		if (*leads(b, t, n->slot))
			return FM_BLOCK_NONE;
		if (s->vhs <= 0)
			return FM_BLOCK_VHS;
	}
	return h->bridges > 0 ? FM_BLOCK_NONE : FM_BLOCK_BRIDGE;
}

/* See board.h. */
void fm_board_count(struct fm_board *b, const struct fm_tile *t, uint16_t bin, int sign)
{
	struct fm_bin *n = &b->bin[bin];
	struct fm_slot *s = &b->slot[n->slot];
	struct fm_seat *h = &b->seat[t->host];
	int64_t mbps = sign * fm_board_mbps(b, t, bin);

	n->free -= sign;
	for (unsigned r = 0; t->demand && r < FM_RESOURCE_COUNT; r++)
		n->left[r] -= sign * charge(b, t, bin, r);
	if (n->port != FM_NO_BIN) {
		b->bin[n->port].mbps -= mbps;
		b->bin[n->port].limit -= sign * limit_of(b, t, bin);
	}
	s->mbps -= mbps;
	h->mbps -= mbps;
	if (s->mra && t->lvf) {
		uint16_t *l = leads(b, t, n->slot);
		bool first = sign > 0 ? (*l)++ == 0 : --*l == 0;

		if (!first)
			return;
		s->vhs -= sign;
	}
	h->bridges -= sign;
}

static uint16_t *here(const struct fm_board *b, const struct fm_tile *t)
{
	return &b->here[t->host * b->bins + t->at];
}

/* The tile is in no bin. */
void fm_board_put(struct fm_board *b, uint32_t tile, uint16_t bin)
{
	struct fm_tile *t = &b->tile[tile];
	struct fm_bin *n = &b->bin[bin];

	fm_board_count(b, t, bin, 1);
	t->at = bin;
	++*here(b, t);
	t->prev = FM_NO_TILE;
	t->next = n->first;
	if (n->first != FM_NO_TILE)
		b->tile[n->first].prev = tile;
	n->first = tile;
}

/* The reverse, also of a tile that others came on top of. */
void fm_board_lift(struct fm_board *b, uint32_t tile)
{
	struct fm_tile *t = &b->tile[tile];

	fm_board_count(b, t, t->at, -1);
	--*here(b, t);
	if (t->prev == FM_NO_TILE)
		b->bin[t->at].first = t->next;
	else
		b->tile[t->prev].next = t->next;
	if (t->next != FM_NO_TILE)
		b->tile[t->next].prev = t->prev;
	t->at = FM_NO_BIN;
}

/* See board.h. */
void fm_board_unlift(struct fm_board *b, uint32_t tile, uint16_t bin)
{
	struct fm_tile *t = &b->tile[tile];

	fm_board_count(b, t, bin, 1);
	t->at = bin;
	++*here(b, t);
	if (t->prev == FM_NO_TILE)
		b->bin[bin].first = tile;
	else
		b->tile[t->prev].next = tile;
	if (t->next != FM_NO_TILE)
		b->tile[t->next].prev = tile;
}
