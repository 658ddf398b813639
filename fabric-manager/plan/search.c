/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The search. A tile without a bin is put into one that is full, others go out until it fits,
 * and find other bins themselves, in turn by putting others out: first one of them, then two
 * and more (iterative deepening), so that few move. Tiles are put in one after the other, the
 * most important first, in some attempts in other orders; what has moved is sent home again
 * where that takes fewer moves in all.
 */
#include "fabric-manager/plan/search.h"

#include <stdlib.h>
#include <string.h>

#include "common/rng.h"
#include "common/xalloc.h"

#define HOMELESS  24 /* tiles that have no bin at one time */
#define DEPTH	  6  /* tiles put out for one */
#define SENT	  4  /* put out for one that is sent home */
#define ATTEMPTS  24
#define SHAKES	  300000 /* looks of the second part */
#define SHAKEN	  5	 /* the same at a large board, beside one step of a run */
#define RUN_LEAST 8000	 /* steps: shorter runs find nothing there */
#define FEW	  48	 /* tiles: of fewer the first part finds the best */
#define LARGE	  320	 /* tiles: of more the others are for value alone, and look less */
#define MORE	  6  /* looks of the first part at a large board, beside one of the others */
#define LESS	  8  /* looks and steps of the others at any other board, beside one there, */
#define LEAST	  2  /* and where these find nothing more */
#define ROUNDS	  8  /* of both at most */
#define TIMED	  64 /* of more the others look, and step, so many times as often */

struct search {
	struct fm_board *b;
	uint32_t root; /* the tile that it is all for */
	uint32_t homeless[HOMELESS];
	unsigned n;		    /* of these */
	unsigned left;		    /* tiles that may still be put out */
	unsigned moves;		    /* tiles that run and are, or will be, in another bin */
	unsigned most;		    /* of those */
	uint64_t may_drop, dropped; /* value of new tiles that stay without a bin */
};

/* See search.h. */
bool fm_worth_is_better(struct fm_worth a, struct fm_worth b)
{
	if (a.value != b.value)
		return a.value > b.value;
	return a.moves != b.moves ? a.moves < b.moves : a.parks < b.parks;
}

static bool runs(const struct fm_tile *t)
{
	return t->home != FM_NO_BIN;
}

static bool has_moved(const struct fm_tile *t)
{
	return runs(t) && t->at != FM_NO_BIN && t->at != t->home;
}

/* ---- one tile ---- */

static bool solve(struct search *s);
static bool eject(struct search *s, uint32_t x, uint16_t bin, uint32_t o, enum fm_block why);

static bool put(struct search *s, uint32_t x, uint16_t bin)
{
	fm_board_put(s->b, x, bin);
	if (solve(s))
		return true;
	fm_board_lift(s->b, x);
	return false;
}

/* Whether tile 'o', in the same bin or behind the same port or link, is in the way. */
static bool helps(const struct search *s, const struct fm_tile *t, uint16_t slot,
		  enum fm_block why, const struct fm_tile *o)
{
	switch (why) {
	case FM_BLOCK_RESOURCE:
		for (unsigned r = 0; o->demand && r < FM_RESOURCE_COUNT; r++)
			if (o->demand->amount[r] && t->demand->amount[r])
				return true;
		return false;
	case FM_BLOCK_PORT:
	case FM_BLOCK_LINK:
		return o->mbps;
	case FM_BLOCK_VHS:
		return o->lvf && s->b->leads[o->host * s->b->slots + slot] == 1;
	case FM_BLOCK_BRIDGE:
		return o->host == t->host;
	default:
		return true;
	}
}

/* Whether what 'why' says of bin 'bin' is shared with bin 'k'. */
static bool shares(const struct fm_board *b, uint16_t bin, unsigned k, enum fm_block why)
{
	switch (why) {
	case FM_BLOCK_LINK:
	case FM_BLOCK_VHS:
		return b->bin[k].slot == b->bin[bin].slot;
	case FM_BLOCK_PORT:
	case FM_BLOCK_LIMIT:
		return b->bin[k].port == b->bin[bin].port;
	case FM_BLOCK_BRIDGE:
		return true;
	default:
		return k == bin;
	}
}

/* The same: it is shared with no other bin. */
static bool is_own(enum fm_block why)
{
	return why == FM_BLOCK_FULL || why == FM_BLOCK_RESOURCE;
}

/* The first one of those that a rule keeps the tile apart from goes. */
static bool part(struct search *s, uint32_t x, uint16_t bin)
{
	const struct fm_board *b = s->b;
	uint32_t o = fm_board_mate(b, x, bin);

	return o != FM_NO_TILE && eject(s, x, bin, o, FM_BLOCK_MATE);
}

/* Tile 'x' gets into the bin. 'last' was put out for that before, because of 'was': those that
 * come before it were tried first. */
static bool make_room(struct search *s, uint32_t x, uint16_t bin, enum fm_block was,
		      uint32_t last)
{
	struct fm_board *b = s->b;
	enum fm_block why = fm_board_block(b, x, bin);
	unsigned k = 0;

	if (why == FM_BLOCK_NONE)
		return put(s, x, bin);
	if (!s->left || s->n == HOMELESS || !b->steps || why == FM_BLOCK_HOST_LINK)
		return false;
	if (why == FM_BLOCK_MATE)
		return part(s, x, bin);
	if (last != FM_NO_TILE && was == why)
		k = b->tile[last].left;
	else if (is_own(why))
		k = bin;
	for (; k < (is_own(why) ? bin + 1u : b->bins); k++) {
		uint32_t o, next;

		if (!shares(b, bin, k, why) ||
		    (why == FM_BLOCK_BRIDGE && !b->here[b->tile[x].host * b->bins + k]))
			continue;
		o = b->bin[k].first;
		if (last != FM_NO_TILE && was == why && b->tile[last].left == k)
			o = b->tile[last].next;
		for (; o != FM_NO_TILE; o = next) {
			next = b->tile[o].next;
			if (helps(s, &b->tile[x], b->bin[bin].slot, why, &b->tile[o]) &&
			    eject(s, x, bin, o, why))
				return true;
		}
	}
	return false;
}

/* Puts 'o' out, so that 'x' gets into the bin. */
static bool eject(struct search *s, uint32_t x, uint16_t bin, uint32_t o, enum fm_block why)
{
	struct fm_board *b = s->b;
	struct fm_tile *t = &b->tile[o];
	uint32_t prev = t->prev, next = t->next;
	uint16_t at = t->at;
	bool home = runs(t) && t->home == at;

	if (t->fixed || t->left != FM_NO_BIN || s->moves + home > s->most)
		return false;
	fm_board_lift(b, o);
	t->left = at;
	s->moves += home;
	s->left--;
	s->homeless[s->n++] = o;
	if (make_room(s, x, bin, why, o))
		return true;
	s->n--;
	s->left++;
	s->moves -= home;
	t->prev = prev;
	t->next = next;
	fm_board_unlift(b, o, at);
	t->left = FM_NO_BIN;
	return false;
}

/* Whether one that runs has a bridge that leads to the bin, beside the one that it has: before
 * anybody has gone. Who may be parked leaves his own first. */
bool fm_search_is_reached(const struct fm_board *b, const struct fm_tile *t, uint16_t bin)
{
	uint16_t slot = b->bin[bin].slot;

	return !runs(t) || t->home == bin || (b->parks && !t->kept) ||
	       b->seat[t->host].spare > 0 ||
	       (t->lvf && b->slot[slot].mra && b->led[t->host * b->slots + slot]);
}

static bool fits_somewhere(struct search *s, uint32_t x)
{
	unsigned n;
	const uint16_t *reach = fm_board_reach(s->b, x, &n);

	for (unsigned i = 0; i < n; i++)
		if (reach[i] != s->b->tile[x].left &&
		    fm_search_is_reached(s->b, &s->b->tile[x], reach[i]) &&
		    !fm_board_block(s->b, x, reach[i]))
			return true;
	return false;
}

/* The tile that is looked after next: one that fits nowhere before one that does, then the
 * largest. '*ret_stuck': it fits nowhere. False when more of them need room than may be put
 * out. */
static bool choose(struct search *s, unsigned *ret, bool *ret_stuck)
{
	const struct fm_tile *tile = s->b->tile;
	unsigned stuck = 0;

	*ret = s->n - 1;
	*ret_stuck = false;
	for (unsigned i = s->n; i-- > 0;) {
		const struct fm_tile *t = &tile[s->homeless[i]];
		bool larger = t->mbps >= tile[s->homeless[*ret]].mbps;

		if (!fits_somewhere(s, s->homeless[i])) {
			stuck += !s->may_drop || runs(t) || s->homeless[i] == s->root;
			if (stuck > s->left)
				return false;
			if (!*ret_stuck || larger)
				*ret = i;
			*ret_stuck = true;
		} else if (!*ret_stuck && larger) {
			*ret = i;
		}
	}
	return true;
}

/* A bin for tile 'x': one where it fits, or with 'by_force' one where others go out for it. */
static bool settle(struct search *s, uint32_t x, bool by_force)
{
	struct fm_board *b = s->b;
	unsigned n;

	fm_board_reach(b, x, &n);
	for (unsigned i = 0; i < n && b->steps; i++) {
		/* the array may grow meanwhile */
		uint16_t bin = b->reach[b->tile[x].reach + (i + b->turn * (x + 1)) % n];
		bool home = b->tile[x].home == bin, ok = false;

		if (bin == b->tile[x].left || !fm_search_is_reached(b, &b->tile[x], bin))
			continue;
		s->moves -= home;
		if ((fm_board_block(b, x, bin) != FM_BLOCK_NONE) == by_force)
			ok = by_force ? make_room(s, x, bin, FM_BLOCK_NONE, FM_NO_TILE)
				      : put(s, x, bin);
		if (ok)
			return true;
		s->moves += home;
	}
	return false;
}

/* Nothing runs, and it is worth less than what it is for. */
static bool drop(struct search *s, uint32_t x)
{
	const struct fm_tile *t = &s->b->tile[x];

	if (x == s->root || runs(t) || s->dropped + t->value >= s->may_drop)
		return false;
	s->dropped += t->value;
	if (solve(s))
		return true;
	s->dropped -= t->value;
	return false;
}

/* Bins for all that have none; false with everything as it was. */
static bool solve(struct search *s)
{
	uint32_t was[HOMELESS], x;
	unsigned n = s->n, pick;
	bool stuck;

	if (!n)
		return s->moves <= s->most;
	if (!s->b->steps || !choose(s, &pick, &stuck))
		return false;
	memcpy(was, s->homeless, n * sizeof(*was));
	x = s->homeless[pick];
	s->homeless[pick] = s->homeless[--s->n];
	if ((!stuck && settle(s, x, false)) || (s->left && settle(s, x, true)) || drop(s, x))
		return true;
	s->n = n;
	memcpy(s->homeless, was, n * sizeof(*was));
	return false;
}

/* ---- all of them ---- */

struct fm_worth fm_worth_of(const struct fm_board *b)
{
	struct fm_worth w = {0};

	for (uint32_t t = 0; t < b->tiles; t++) {
		w.value += b->tile[t].at == FM_NO_BIN ? 0 : b->tile[t].value;
		w.moves += has_moved(&b->tile[t]);
	}
	return w;
}

static void forget(struct fm_board *b)
{
	for (uint32_t t = 0; t < b->tiles; t++)
		b->tile[t].left = FM_NO_BIN;
}

/* See search.h. */
bool fm_search_insert(struct fm_board *b, uint32_t root, unsigned depth, unsigned most,
		      bool drops, unsigned *moves)
{
	struct search s = {.b = b,
			   .root = root,
			   .homeless = {root},
			   .n = 1,
			   .left = depth,
			   .moves = *moves,
			   .may_drop = drops ? b->tile[root].value : 0};

	s.most = s.moves + most;
	if (!solve(&s))
		return false;
	forget(b);
	*moves = fm_worth_of(b).moves;
	return true;
}

/* Tile 'x', which has moved, goes home, and fewer have moved in all: '*moves'. */
static bool send_home(struct fm_board *b, uint32_t x, unsigned depth, unsigned *moves)
{
	struct fm_tile *t = &b->tile[x];
	struct search s = {.b = b, .root = x, .left = depth};
	uint32_t prev = t->prev, next = t->next;
	uint16_t at = t->at;
	bool ok;

	s.moves = s.most = *moves - 1;
	fm_board_lift(b, x);
	t->left = at;
	ok = make_room(&s, x, t->home, FM_BLOCK_NONE, FM_NO_TILE);
	if (!ok) {
		t->prev = prev;
		t->next = next;
		fm_board_unlift(b, x, at);
		t->left = FM_NO_BIN;
		return false;
	}
	forget(b);
	*moves = fm_worth_of(b).moves;
	return true;
}

static void send_all_home(struct fm_board *b)
{
	unsigned moves = fm_worth_of(b).moves;
	bool some = true;

	while (some && b->steps) {
		some = false;
		for (uint32_t t = 0; t < b->tiles; t++)
			for (unsigned d = 0; d <= SENT && has_moved(&b->tile[t]); d++)
				some |= send_home(b, t, d, &moves);
	}
}

static bool lacks(const struct fm_tile *t)
{
	return t->at == FM_NO_BIN;
}

/* Bins for order[0..n), as many as there can be. */
static void insert_all(struct fm_board *b, const uint32_t *order, unsigned n)
{
	unsigned moves = fm_worth_of(b).moves;

	for (unsigned depth = 0; depth <= DEPTH && b->steps; depth++)
		for (unsigned most = depth > 2 ? depth - 2 : 0; most <= depth; most++)
			for (unsigned i = 0; i < n; i++)
				if (lacks(&b->tile[order[i]]))
					fm_search_insert(b, order[i], depth, most, false,
							 &moves);
	for (unsigned depth = 1; depth <= 2 && b->steps; depth++)
		for (uint32_t t = 0; t < b->tiles; t++)
			if (lacks(&b->tile[t]) &&
			    fm_search_insert(b, t, depth, depth, true, &moves))
				t = UINT32_MAX; /* who lost his looks, too */
}

/* Back to bins 'at'. */
void fm_search_reset(struct fm_board *b, const uint16_t *at)
{
	for (uint32_t t = 0; t < b->tiles; t++)
		if (b->tile[t].at != FM_NO_BIN)
			fm_board_lift(b, t);
	for (uint32_t t = b->tiles; t-- > 0;)
		if (at[t] != FM_NO_BIN)
			fm_board_put(b, t, at[t]);
}

void fm_search_save(const struct fm_board *b, uint16_t *at)
{
	for (uint32_t t = 0; t < b->tiles; t++)
		at[t] = b->tile[t].at;
}

static int size_cmp(const void *pa, const void *pb, void *arg)
{
	const struct fm_board *b = arg;
	uint32_t x = *(const uint32_t *)pa, y = *(const uint32_t *)pb;

	if (b->tile[x].mbps != b->tile[y].mbps)
		return b->tile[x].mbps > b->tile[y].mbps ? -1 : 1;
	return x < y ? -1 : x > y;
}

/* The order of one attempt: of filling, large ones first, or by chance. */
static void set_order(const struct fm_board *b, struct mr_rng *rng, unsigned attempt,
		      uint32_t *order, unsigned n)
{
	if (attempt == 1 || attempt == 2)
		qsort_r(order, n, sizeof(*order), size_cmp, (void *)b);
	for (unsigned i = n; attempt > 2 && i > 1; i--) {
		unsigned k = (unsigned)mr_rng_below(rng, i);
		uint32_t x = order[k];

		order[k] = order[i - 1];
		order[i - 1] = x;
	}
}

/* See search.h. */
bool fm_search_within(struct fm_board *b, const uint32_t *tile, unsigned n, unsigned out,
		      unsigned moves)
{
	struct search s = {.b = b, .root = FM_NO_TILE, .left = out, .most = moves};

	if (n > HOMELESS)
		return false;
	s.moves = fm_worth_of(b).moves;
	for (; s.n < n; s.n++) {
		s.homeless[s.n] = tile[s.n];
		s.moves += runs(&b->tile[tile[s.n]]);
	}
	if (!solve(&s))
		return false;
	forget(b);
	return true;
}

/* The other parts, of a board that is looked at whole. */
static struct fm_worth for_few_moves(struct fm_board *b, uint64_t run, struct fm_worth best,
				     uint16_t *at)
{
	uint64_t times = b->tiles > TIMED ? b->tiles : TIMED;

	if (b->tiles < FEW)
		return best;
	if (fm_worth_is_better(best, b->filled) || b->filled.moves > 1)
		best = fm_shake(b, SHAKES * times / TIMED, best, at);
	best = fm_anneal(b, run * times / TIMED, best, at);
	best = fm_more(b, best, at);
	return fm_few(b, best, at);
}

/* Of a large one, where somebody has no place yet: as long as more of them find one, and with
 * twice the steps where nobody does, if something runs there. */
static struct fm_worth for_value(struct fm_board *b, uint64_t run, struct fm_worth best,
				 struct fm_worth all, uint16_t *at)
{
	uint64_t times = b->tiles / TIMED, less = LESS, least = LESS;

	if (run < RUN_LEAST)
		return best;
	for (uint32_t t = 0; t < b->tiles && least > LEAST; t++)
		if (runs(&b->tile[t]))
			least = LEAST;
	for (unsigned n = 0;
	     n < ROUNDS && less >= least && best.value < all.value && !fm_search_is_stopped(b);
	     n++) {
		uint64_t was = best.value;

		best = fm_shake(b, run * SHAKEN * times / less, best, at);
		best = fm_anneal(b, run * times / less, best, at);
		less /= best.value == was ? 2 : 1;
	}
	best = fm_more(b, best, at);
	return fm_few(b, best, at);
}

/* See search.h. */
struct fm_worth fm_search(struct fm_board *b, uint64_t steps, uint16_t *at)
{
	uint16_t *start = mr_xcalloc(b->tiles + 1, sizeof(*start));
	uint32_t *order = mr_xcalloc(b->tiles + 1, sizeof(*order));
	struct fm_worth best = fm_worth_of(b), all = {0};
	uint64_t run = steps / 2;
	struct mr_rng rng;
	unsigned n = 0;

	if (b->tiles > LARGE)
		steps *= MORE;
	mr_rng_init(&rng, b->tiles);
	fm_search_save(b, start);
	fm_search_save(b, at);
	for (uint32_t t = 0; t < b->tiles; t++) {
		all.value += b->tile[t].value;
		if (lacks(&b->tile[t]))
			order[n++] = t;
	}
	for (unsigned a = 0; a < ATTEMPTS && steps && !fm_search_is_stopped(b); a++) {
		b->turn = a;
		b->steps = a ? steps / 4 : steps / 3;
		steps -= b->steps;
		if (a % 3 == 2) {
			for (uint32_t t = 0; t < b->tiles; t++)
				if (!b->tile[t].fixed && !runs(&b->tile[t]) &&
				    b->tile[t].at != FM_NO_BIN)
					fm_board_lift(b, t);
		}
		n = 0;
		for (uint32_t t = 0; t < b->tiles; t++)
			if (lacks(&b->tile[t]))
				order[n++] = t;
		set_order(b, &rng, a, order, n);
		insert_all(b, order, n);
		send_all_home(b);
		steps += b->steps;
		fm_search_keep(b, &best, at);
		fm_search_reset(b, start);
		if (best.value == all.value && best.moves <= 1)
			break;
	}
	b->turn = 0;
	best = b->tiles > LARGE ? for_value(b, run, best, all, at)
				: for_few_moves(b, run, best, at);
	fm_search_reset(b, start);
	free(start);
	free(order);
	return best;
}

/* See search.h. */
bool fm_search_gains(const struct fm_board *b, const uint16_t *at)
{
	for (uint32_t t = 0; t < b->tiles; t++)
		if (b->tile[t].home == FM_NO_BIN && !b->tile[t].fixed && at[t] != FM_NO_BIN)
			return true;
	return false;
}

/* See search.h. */
bool fm_search_finds(struct fm_board *b, uint64_t steps, uint16_t *at)
{
	return fm_worth_is_better(fm_search(b, steps, at), b->filled) && fm_search_gains(b, at);
}
