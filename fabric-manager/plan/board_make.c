/* SPDX-License-Identifier: Apache-2.0 */
/* A board from the planner's world. What fits on it is in board.c. See board.h. */
#include <stdlib.h>
#include <string.h>

#include "common/xalloc.h"
#include "fabric-manager/plan/aim.h"

/* What is being built. */
struct building {
	struct fm_board *b;
	struct fm_world *w;
	const struct fm_world_chassis *c;
	uint64_t *bits;	   /* functions in use by others than tiles, of all bins */
	uint32_t *bits_at; /* where a bin's begin */
	uint64_t *bridges; /* the same of each host */
	bool *led;	   /* [host * slots + adapter]: the way there is a tile's */
	unsigned cap_tiles;
};

static uint16_t bin_of(const struct building *k, uint32_t unit)
{
	return k->b->bin_of[unit - k->b->unit];
}

/* ---- tiles ---- */

/* The function is no longer in anybody's way, nor is the bridge. */
static void clear(struct building *k, uint32_t unit, uint16_t vf, uint32_t host,
		  uint16_t bridge, enum fm_way way)
{
	uint16_t bin = bin_of(k, unit);
	uint32_t h = host - k->c->host;

	k->bits[k->bits_at[bin] + vf / 64] &= ~(UINT64_C(1) << (vf % 64));
	if (host == FM_NONE || h >= k->b->seats)
		return;
	if (way == FM_WAY_LVF) {
		uint32_t slot = k->b->bin[bin].slot;
		uint16_t leads = k->w->host[host].pfs[slot];

		if (leads != FM_NO_BRIDGE) /* else it is promised: that is no lead yet */
			bridge = leads;
		if (bridge >= MR_MAX_BRIDGES || k->w->host[host].hardware[slot] == bridge)
			return;
		k->led[h * k->b->slots + slot] = true;
	}
	if (bridge < MR_MAX_BRIDGES)
		k->bridges[h * FM_BRIDGE_W + bridge / 64] &= ~(UINT64_C(1) << (bridge % 64));
}

/* Rules that a board can't count. */
static bool is_ruled(const struct fm_planner *p, unsigned i)
{
	for (uint32_t n = p->rule_first[i]; n < p->rule_first[i + 1]; n++) {
		const struct fm_rule *r = &p->d->rule[p->rule_of[n]];

		if (r->required &&
		    (r->type != FM_RULE_ANTI_AFFINITY || r->topology == FM_TOPO_CHASSIS ||
		     r->topology == FM_TOPO_NUMA || r->topology == FM_TOPO_PF))
			return true;
	}
	return false;
}

static bool is_plain(const struct fm_planner *p, unsigned i)
{
	const struct fm_claim *c = &p->d->claim[i];

	return !c->nss && !c->pair && !c->mirror && !c->atomic && !fm_place_exclusive(p, i) &&
	       c->reason == MR_REASON_OK && !is_ruled(p, i);
}

/* Whether it may not be parked, nor keep somebody waiting who is (board.h). */
static bool is_kept(const struct fm_desired *d, const struct fm_claim *c)
{
	const struct fm_profile *p = fm_profile_find(d, c->profile);
	const struct fm_update *u = d->update ? &d->update[p ? p->update : 0] : NULL;

	return c->extra || (u && (u->strategy != FM_STRATEGY_IMMEDIATE || u->windows ||
				  u->asks >> FM_CLASS_MOVE & 1));
}

/* Whether the claim was parked, and has left its place or is about to. */
static bool is_out(const struct building *k, uint32_t claim)
{
	const struct fm_planner *p = k->b->p;

	return fm_place_owed(p, claim) &&
	       (p->stay[claim] == FM_STAY_NEW || p->stay[claim] == FM_STAY_MOVE);
}

/* 'root': of the host, world index; one of several does not move. */
static struct fm_tile *add_tile(struct building *k, uint32_t claim, uint32_t root)
{
	struct fm_board *b = k->b;
	const struct fm_planner *p = b->p;
	const struct fm_claim *c = &p->d->claim[claim];
	uint32_t host = root == FM_NONE ? FM_NONE : root - k->c->host;
	bool seen = host < b->seats;
	struct fm_tile *t;

	MR_GROW(b->tile, b->tiles, k->cap_tiles);
	t = &b->tile[b->tiles++];
	*t = (struct fm_tile){.claim = claim,
			      .host = seen ? host : b->seats,
			      .fixed = !seen || k->w->host[root].lead != root ||
				       k->w->host[root].next != FM_NONE,
			      .prev = FM_NO_TILE,
			      .next = FM_NO_TILE,
			      .reaches = FM_NO_TILE,
			      .mbps = c->guaranteed_mbps,
			      .limit = c->limit_mbps,
			      .demand = fm_place_demand(p, claim),
			      .at = FM_NO_BIN,
			      .home = FM_NO_BIN,
			      .left = FM_NO_BIN,
			      .lvf = c->host != FM_WHOLE && p->in->host &&
				     p->in->host[c->host].lvf};
	return t;
}

/* What a function has more than its claim asks for is nobody's until it was read back. */
static void hold_back(struct building *k, const struct fm_held *h, const struct fm_tile *t)
{
	struct fm_bin *bin = &k->b->bin[t->at];
	const struct fm_unit *u = &k->w->unit[h->unit];
	struct fm_demand set = fm_held_demand(k->b->p, h);
	int64_t more = (int64_t)h->guaranteed - fm_board_mbps(k->b, t, t->at);

	more = more > 0 ? more : 0;
	if (bin->port != FM_NO_BIN)
		k->b->bin[bin->port].mbps -= more;
	k->b->slot[bin->slot].mbps -= more;
	k->b->seat[t->host].mbps -= more;
	for (unsigned r = 0; r < FM_RESOURCE_COUNT; r++) {
		uint64_t has = fm_unit_charge(u, r, set.amount[r]);
		uint64_t asks = t->demand ? fm_unit_charge(u, r, t->demand->amount[r]) : 0;

		bin->left[r] -= has > asks ? (int64_t)(has - asks) : 0;
	}
}

/* What runs, or runs until it has moved. */
static void add_held(struct building *k, uint32_t n)
{
	struct fm_planner *p = k->b->p;
	const struct fm_assignment *a = p->in->current[n];
	const struct fm_held *h = &p->held[n];
	const struct fm_placed *pl = h->claim < 0 ? NULL : &p->plan->placed[h->claim];
	bool stays = pl && pl->placed && pl->same_fn;
	bool taken = pl && p->stay[h->claim] == FM_STAY_TAKEN;
	struct fm_tile *t;

	if (a->phase == FM_PHASE_QUARANTINED ||
	    (pl && !pl->placed && !taken && !is_out(k, (uint32_t)h->claim)))
		return; /* who knows when it leaves */
	clear(k, h->unit, h->vf, h->host, h->bridge, (enum fm_way)h->way);
	if (!pl || (!stays && !taken))
		return;
	t = add_tile(k, (uint32_t)h->claim, h->host);
	t->home = t->at = bin_of(k, h->unit);
	t->had = pl->placed;
	k->b->filled.moves += taken;
	hold_back(k, h, t);
	t->fixed |= (p->stay[h->claim] != FM_STAY_KEEP && !taken) ||
		    (pl->reason != MR_REASON_OK && !taken) || a->going || a->paused ||
		    a->phase != FM_PHASE_ACTIVE || fm_place_frozen(p, (unsigned)h->claim) ||
		    !is_plain(p, (unsigned)h->claim);
}

/* What was put somewhere by this plan. */
static void add_new(struct building *k, uint32_t claim)
{
	struct fm_planner *p = k->b->p;
	struct fm_use u = fm_place_use(p, claim);
	struct fm_tile *t;

	clear(k, u.unit, u.vf, u.host, u.bridge, u.way);
	if (p->stay[claim] == FM_STAY_TAKEN)
		return; /* at home */
	t = add_tile(k, claim, u.host);
	t->at = bin_of(k, u.unit);
	t->had = true;
	t->out = is_out(k, claim);
	t->fixed |= (p->stay[claim] != FM_STAY_NEW && !t->out) || !is_plain(p, claim);
	k->b->closed |= p->plan->placed[claim].same_fn;
}

/* Who has no place, or waits for one. */
static void add_pending(struct building *k, uint32_t claim)
{
	struct fm_planner *p = k->b->p;
	const struct fm_claim *c = &p->d->claim[claim];
	bool waits = p->open[claim] & FM_OPEN_WAITS, out = is_out(k, claim), wants;
	struct mr_buf why = {0};
	struct fm_ask ask;
	struct fm_use u;

	wants = (p->stay[claim] == FM_STAY_NEW || out) && !c->extra && is_plain(p, claim) &&
		(waits || fm_repack_helps(p->plan->placed[claim].reason)) &&
		fm_place_barred(p, claim, &ask, &why) == MR_REASON_OK && !ask.lost;
	mr_buf_done(&why);
	if (waits) {
		u = fm_place_use(p, claim);
		clear(k, u.unit, u.vf, u.host, u.bridge, u.way);
	}
	wants = wants && k->w->host[ask.host].next == FM_NONE;
	if (wants) {
		struct fm_tile *t = add_tile(k, claim, ask.host);

		t->had = waits;
		t->out = out;
	}
	k->b->closed |= waits && !wants;
}

static int tile_cmp(const void *pa, const void *pb, void *arg)
{
	const struct fm_tile *a = pa, *b = pb;
	const struct fm_planner *p = arg;

	return fm_order_before(p, a->claim, b->claim) ? -1 : a->claim != b->claim;
}

static void add_tiles(struct building *k)
{
	struct fm_planner *p = k->b->p;
	struct fm_board *b = k->b;

	for (uint32_t a = k->c->adapter; a < k->c->adapter + k->c->adapters; a++) {
		const struct fm_unit_adapter *ad = &k->w->adapter[a];

		for (uint32_t n = ad->held; n != FM_NONE; n = p->held[n].next_adapter)
			add_held(k, n);
		for (uint32_t u = ad->unit; u < ad->unit + ad->units; u++)
			for (uint32_t i = k->w->unit[u].claims; i != FM_NONE;
			     i = p->next_new[i])
				add_new(k, i);
	}
	for (unsigned n = 0; n < p->todos; n++) {
		unsigned i = p->todo[n];
		const struct fm_claim *c = &p->d->claim[i];

		if (c->host != FM_WHOLE && p->d->host[c->host].chassis == b->chassis &&
		    !p->plan->placed[i].placed && p->stay[i] != FM_STAY_TAKEN)
			add_pending(k, i);
	}
	qsort_r(b->tile, b->tiles, sizeof(*b->tile), tile_cmp, p);
}

/* 2^rank of its priority among those of the board; an extra counts nothing. */
static void set_values(struct fm_board *b)
{
	const struct fm_claim *claim = b->p->d->claim;
	uint32_t priority = 0;
	unsigned rank = 0;

	for (uint32_t t = b->tiles; t-- > 0;) {
		const struct fm_claim *c = &claim[b->tile[t].claim];

		if (c->extra)
			continue;
		if (c->priority > priority)
			rank++;
		priority = c->priority;
		b->tile[t].value = UINT64_C(1) << (rank < 40 ? rank : 40);
		b->filled.value += b->tile[t].had ? b->tile[t].value : 0;
	}
}

/* ---- rules ---- */

/* Tiles stand in the order of filling. */
static uint32_t tile_of(const struct fm_board *b, uint32_t claim)
{
	const uint32_t *rank = b->p->rank;
	uint32_t lo = 0, hi = b->tiles;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (rank[b->tile[mid].claim] < rank[claim])
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < b->tiles && b->tile[lo].claim == claim ? lo : FM_NO_TILE;
}

static void add_mates(struct fm_board *b, uint32_t t)
{
	const struct fm_planner *p = b->p;
	uint32_t claim = b->tile[t].claim;

	b->tile[t].mate = b->n_mates;
	for (uint32_t n = p->rule_first[claim]; n < p->rule_first[claim + 1]; n++) {
		const struct fm_rule *r = &p->d->rule[p->rule_of[n]];

		for (unsigned i = 0;
		     r->required && r->type == FM_RULE_ANTI_AFFINITY && i < r->claims; i++) {
			uint32_t other = tile_of(b, r->claim[i]);

			if (r->claim[i] == claim || other == FM_NO_TILE)
				continue;
			MR_GROW(b->mate, b->n_mates, b->cap_mates);
			b->mate[b->n_mates++] = (struct fm_mate){
				.tile = other, .port = r->topology == FM_TOPO_PORT};
		}
	}
	b->tile[t].mates = b->n_mates - b->tile[t].mate;
}

/* ---- bins ---- */

/* The functions that pools hand out of a PF; a PF of which they hand out different ones, and
 * what is given whole or depends on others, is odd. */
static void set_range(struct building *k, struct fm_bin *bin)
{
	const struct fm_world *w = k->w;
	const struct fm_unit *u = &w->unit[bin->unit];
	const struct fm_unit_adapter *a = &w->adapter[u->adapter];

	bin->odd = u->pf == FM_WHOLE || u->dependants || a->exclusive || !u->usable;
	for (uint32_t n = w->unit_cand_first[bin->unit]; n < w->unit_cand_first[bin->unit + 1];
	     n++) {
		const struct fm_cand *c = &w->cand[w->unit_cand[n]];

		if (n > w->unit_cand_first[bin->unit] &&
		    (c->vf_first != bin->vf_first || c->vf_last != bin->vf_last))
			bin->odd = true;
		bin->vf_first = c->vf_first;
		bin->vf_last = c->vf_last;
	}
	if (bin->vf_last >= u->usable && u->usable)
		bin->vf_last = u->usable - 1;
}

static int64_t room(uint64_t max)
{
	return max > INT64_MAX / 2 ? INT64_MAX / 2 : (int64_t)max;
}

static void add_bins(struct building *k)
{
	struct fm_board *b = k->b;
	const struct fm_world *w = k->w;
	uint32_t words = 0;

	for (unsigned i = 0; i < b->slots; i++) {
		const struct fm_unit_adapter *a = &w->adapter[k->c->adapter + i];

		b->slot[i] = (struct fm_slot){.mbps = room(a->link.max),
					      .vhs = a->free_vhs,
					      .mra = a->a->kind == FM_ADAPTER_MRA};
	}
	for (unsigned i = 0; i < b->bins; i++) {
		struct fm_bin *bin = &b->bin[i];
		const struct fm_unit *u = &w->unit[bin->unit];

		*bin = (struct fm_bin){.unit = bin->unit,
				       .first = FM_NO_TILE,
				       .port = FM_NO_BIN,
				       .slot = (uint16_t)(u->adapter - k->c->adapter)};
		set_range(k, bin);
		for (unsigned n = 0; u->sum && n <= i && bin->port == FM_NO_BIN; n++)
			if (w->unit[b->bin[n].unit].sum == u->sum)
				bin->port = (uint16_t)n;
		bin->mbps = u->sum ? room(u->sum->e->guaranteed_max_mbps) : 0;
		bin->limit = u->sum ? room(u->sum->e->limit_max_mbps) : 0;
		for (unsigned r = 0; r < FM_RESOURCE_COUNT; r++)
			bin->left[r] =
				u->hw->total[r] ? room(fm_unit_capacity(u, r)) : INT64_MAX / 2;
		k->bits_at[i] = words;
		memcpy(k->bits + words, u->bits, FM_BITS(u->vfs) * sizeof(*u->bits));
		words += FM_BITS(u->vfs);
	}
}

/* What is free once all tiles are off the board. */
static void count_free(struct building *k)
{
	struct fm_board *b = k->b;

	for (unsigned i = 0; i < b->bins; i++)
		for (unsigned v = b->bin[i].vf_first; v <= b->bin[i].vf_last && !b->bin[i].odd;
		     v++)
			b->bin[i].free += !fm_bit(k->bits + k->bits_at[i], v);
	for (unsigned h = 0; h < b->seats; h++) {
		const struct fm_unit_host *host = &k->w->host[k->c->host + h];

		b->seat[h].mbps += room(host->link.max);
		for (unsigned n = 0; n < host->h->bridges && n < MR_MAX_BRIDGES; n++)
			b->seat[h].bridges += !fm_bit(k->bridges + h * FM_BRIDGE_W, n);
		for (unsigned s = 0; s < b->slots; s++) {
			if (k->led[h * b->slots + s])
				b->slot[s].vhs++;
			else
				b->leads[h * b->slots + s] = host->pfs[s] != FM_NO_BRIDGE;
		}
	}
}

static unsigned units_of(const struct fm_world *w, const struct fm_world_chassis *c)
{
	const struct fm_unit_adapter *last = &w->adapter[c->adapter + c->adapters - 1];

	return last->unit + last->units - w->adapter[c->adapter].unit;
}

/* The order of ties: what stands where in the inventory means nothing. */
static int bin_cmp(const void *pa, const void *pb, void *arg)
{
	const struct fm_bin *x = pa, *y = pb;
	const struct fm_world *w = arg;
	const struct fm_adapter *a = w->adapter[w->unit[x->unit].adapter].a;
	const struct fm_adapter *b = w->adapter[w->unit[y->unit].adapter].a;
	int c = strcmp(a->name, b->name);

	if (!c)
		c = (int)a->slot - (int)b->slot;
	if (!c)
		c = (int)a->port - (int)b->port;
	return c ? c : (int)w->unit[x->unit].pf - (int)w->unit[y->unit].pf;
}

/* What runs first, then what is new. */
static void put_all(struct fm_board *b)
{
	size_t n = (size_t)(b->seats + 1) * b->slots;

	for (unsigned pass = 0; pass < 2; pass++) {
		for (uint32_t t = 0; t < b->tiles; t++) {
			struct fm_tile *tile = &b->tile[t];
			uint16_t at = tile->at;

			if (at == FM_NO_BIN || (tile->home == FM_NO_BIN) != pass)
				continue;
			tile->fixed |= b->bin[at].odd;
			fm_board_put(b, t, at);
		}
		for (unsigned h = 0; h < b->seats && !pass; h++)
			b->seat[h].spare = b->seat[h].bridges;
		if (!pass)
			b->led = mr_xmemdup(b->leads, (n + 1) * sizeof(*b->led));
	}
}

/* See board.h. */
struct fm_board *fm_board_new(struct fm_planner *p, unsigned chassis)
{
	struct fm_board *b = MR_NEW(struct fm_board);
	struct building k = {.b = b, .w = &p->world, .c = &p->world.chassis[chassis]};
	size_t words = 0;

	b->p = p;
	b->chassis = chassis;
	b->slots = k.c->adapters;
	b->seats = k.c->hosts;
	b->bins = b->slots ? units_of(k.w, k.c) : 0;
	b->bin = mr_xcalloc(b->bins + 1, sizeof(*b->bin));
	b->slot = mr_xcalloc(b->slots + 1, sizeof(*b->slot));
	b->seat = mr_xcalloc(b->seats + 1, sizeof(*b->seat)); /* one more: hosts out of sight */
	b->leads = mr_xcalloc((size_t)(b->seats + 1) * b->slots + 1, sizeof(*b->leads));
	b->here = mr_xcalloc((size_t)(b->seats + 1) * b->bins + 1, sizeof(*b->here));
	k.led = mr_xcalloc((size_t)b->seats * b->slots + 1, sizeof(*k.led));
	b->unit = b->slots ? k.w->adapter[k.c->adapter].unit : 0;
	b->units = k.w->unit + b->unit;
	b->bin_of = mr_xcalloc(b->bins + 1, sizeof(*b->bin_of));
	for (unsigned i = 0; i < b->bins; i++) {
		b->bin[i].unit = b->unit + i;
		words += FM_BITS(k.w->unit[b->bin[i].unit].vfs);
	}
	qsort_r(b->bin, b->bins, sizeof(*b->bin), bin_cmp, k.w);
	for (unsigned i = 0; i < b->bins; i++)
		b->bin_of[b->bin[i].unit - b->unit] = (uint16_t)i;
	k.bits = mr_xcalloc(words + 1, sizeof(*k.bits));
	k.bits_at = mr_xcalloc(b->bins + 1, sizeof(*k.bits_at));
	k.bridges = mr_xcalloc(b->seats * FM_BRIDGE_W + 1, sizeof(*k.bridges));
	for (unsigned h = 0; h < b->seats; h++)
		memcpy(k.bridges + h * FM_BRIDGE_W, k.w->host[k.c->host + h].used,
		       FM_BRIDGE_W * sizeof(*k.bridges));
	add_bins(&k);
	add_tiles(&k);
	set_values(b);
	b->parks = fm_aim_may_park(p, chassis);
	for (uint32_t t = 0; t < b->tiles && b->parks; t++)
		b->tile[t].kept = is_kept(p->d, &p->d->claim[b->tile[t].claim]);
	count_free(&k);
	for (uint32_t t = 0; t < b->tiles; t++)
		add_mates(b, t);
	put_all(b);
	free(k.bits);
	free(k.bits_at);
	free(k.bridges);
	free(k.led);
	return b;
}
