/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last part of the search: one tile goes to another bin, or two change places, by chance,
 * and limits may be exceeded meanwhile, at a price that is weighed against the moves that are
 * saved and the claims that get a place. What is worse in all is taken less and less often
 * (simulated annealing). Arrangements within all limits count, the best of those that moves
 * lead to. That way goes straight through what no single step within the limits gets around,
 * as two large tiles that have to change places.
 *
 * The board as a table: what a tile takes in each bin that it may be in is read from the board
 * once, so that a step is a few sums. Numbers by chance are those of a seed: the same board
 * gives the same answer.
 */
#include "fabric-manager/plan/anneal.h"

#include <stdlib.h>
#include <string.h>

#include "common/xalloc.h"

#define ONE	1024 /* price of one who runs and moves */
#define VALUE	8    /* of one who has no place, by his value */
#define HOT	ONE  /* what is worse by this is taken one time in three, at first */
#define COLD	(ONE / 5)
#define EACH	5  /* runs for each move that may be saved */
#define MORE	10 /* runs while somebody has no place */
#define MOST	60
#define NOWHERE FM_ANNEAL_NOWHERE
#define AGAIN	30 /* looks of one run at what is as good but for who is parked */

static const struct fm_anneal_price prices[] = {
	{ONE, 2 * ONE, 4 * ONE}, {ONE, ONE, ONE}, {ONE / 2, ONE, ONE}};

/* 32 bits. */
static uint32_t draw(struct fm_anneal *a)
{
	uint64_t next = a->rest;

	a->rest = 0;
	if (!next) {
		next = mr_rng_next(&a->rng);
		a->rest = next >> 32;
	}
	return (uint32_t)next;
}

static uint32_t below(struct fm_anneal *a, uint32_t n)
{
	return (uint32_t)((uint64_t)draw(a) * n >> 32);
}

/* ---- one step ---- */

static int64_t price_of(const struct fm_anneal *a, unsigned sum, int64_t left)
{
	return left >= 0 ? 0 : a->price.any + (-left * a->slope[sum]) / ONE;
}

static void set_price(struct fm_anneal *a, const struct fm_anneal_price *p)
{
	a->price = *p;
	for (unsigned i = 0; i < a->sums; i++)
		a->slope[i] =
			(fm_anneal_is_count(a, i) ? p->each : p->more) * ONE / a->average[i];
}

/* Each tile that a rule keeps apart is as one too many. */
static int64_t price_of_mates(const struct fm_anneal *a, uint32_t t, uint16_t bin)
{
	const struct fm_board *b = a->b;
	const struct fm_tile *tile = &b->tile[t];
	const struct fm_bin *n = &b->bin[bin];
	int64_t price = 0;

	for (uint32_t m = tile->mate; m < tile->mate + tile->mates; m++) {
		uint32_t o = b->mate[m].tile;
		uint16_t at = b->tile[o].fixed	     ? b->tile[o].at
			      : a->now[o] == NOWHERE ? FM_NO_BIN
						     : a->option[a->now[o]].bin;

		if (at == FM_NO_BIN)
			continue;
		if (b->mate[m].port
			    ? at == bin || (n->port != FM_NO_BIN && b->bin[at].port == n->port)
			    : b->bin[at].slot == n->slot)
			price += a->price.any + a->price.each;
	}
	return price;
}

/* What is exceeded costs so much more when 'amount' is taken of the sum. */
static int64_t price_change(const struct fm_anneal *a, unsigned sum, int64_t amount)
{
	return price_of(a, sum, a->left[sum] - amount) - price_of(a, sum, a->left[sum]);
}

static uint16_t *leads(const struct fm_anneal *a, uint32_t t, const struct fm_anneal_option *o)
{
	return &a->leads[a->b->tile[t].host * a->b->slots + o->slot];
}

/* The price of all when the tile goes there too, as far as it is not above 'most'. */
static int64_t price_with(const struct fm_anneal *a, uint32_t t, uint32_t option, int64_t most)
{
	const struct fm_anneal_option *o = &a->option[option];
	int64_t over = a->over;

	if (option == NOWHERE)
		return over;
	for (unsigned i = 0; i < o->terms && over <= most; i++)
		over += price_change(a, a->term[o->term + i].sum, a->term[o->term + i].amount);
	if (o->shared && over <= most && !*leads(a, t, o))
		over += price_change(a, fm_anneal_slot(a->b, o->slot), 1) +
			price_change(a, fm_anneal_seat(a->b, a->b->tile[t].host), 1);
	if (a->b->tile[t].mates && over <= most)
		over += price_of_mates(a, t, o->bin);
	return over;
}

/* 'sign' 1 takes, -1 gives back. */
static void count(struct fm_anneal *a, uint32_t t, const struct fm_anneal_option *o, int sign)
{
	for (unsigned i = 0; i < o->terms; i++)
		a->left[a->term[o->term + i].sum] -= sign * a->term[o->term + i].amount;
	if (!o->shared)
		return;
	*leads(a, t, o) = (uint16_t)(*leads(a, t, o) + sign);
	if (*leads(a, t, o) == (sign > 0)) {
		a->left[fm_anneal_slot(a->b, o->slot)] -= sign;
		a->left[fm_anneal_seat(a->b, a->b->tile[t].host)] -= sign;
	}
}

static bool has_moved(const struct fm_anneal *a, uint32_t t)
{
	return a->old[t] != NOWHERE && a->now[t] != NOWHERE && a->now[t] != a->old[t];
}

/* Sums and lists only: the price is the caller's. */
static void lift(struct fm_anneal *a, uint32_t t)
{
	if (a->now[t] == NOWHERE)
		return;
	if (has_moved(a, t)) {
		uint32_t last = a->moved[--a->n_moved];

		a->moved[a->where[t]] = last;
		a->where[last] = a->where[t];
	}
	a->value -= a->b->tile[t].value;
	count(a, t, &a->option[a->now[t]], -1);
	a->now[t] = NOWHERE;
}

static void put(struct fm_anneal *a, uint32_t t, uint32_t option)
{
	if (option == NOWHERE)
		return;
	count(a, t, &a->option[option], 1);
	a->now[t] = option;
	a->value += a->b->tile[t].value;
	if (has_moved(a, t)) {
		a->where[t] = a->n_moved;
		a->moved[a->n_moved++] = t;
	}
}

/* With the price. */
static void take_out(struct fm_anneal *a, uint32_t t)
{
	uint32_t was = a->now[t];

	lift(a, t);
	if (was != NOWHERE)
		a->over = 2 * a->over - price_with(a, t, was, INT64_MAX);
}

/* The tile goes there, unless the price gets above 'most' by that. */
static bool try(struct fm_anneal *a, uint32_t t, uint32_t option, int64_t most)
{
	int64_t over = price_with(a, t, option, most);

	if (over > most)
		return false;
	put(a, t, option);
	a->over = over;
	return true;
}

static int64_t own(const struct fm_anneal *a, uint32_t t, uint32_t option)
{
	if (option == NOWHERE)
		return (int64_t)a->b->tile[t].value * VALUE * ONE;
	return a->old[t] != NOWHERE && option != a->old[t] ? ONE : 0;
}

static bool is_over(const struct fm_anneal *a, uint32_t t)
{
	const struct fm_anneal_option *o;

	if (a->now[t] == NOWHERE)
		return true;
	o = &a->option[a->now[t]];
	for (unsigned i = 0; i < o->terms; i++)
		if (a->left[a->term[o->term + i].sum] < 0)
			return true;
	return a->left[fm_anneal_seat(a->b, a->b->tile[t].host)] < 0;
}

static bool is_in_the_way(struct fm_anneal *a, uint32_t t)
{
	uint32_t was = a->now[t];
	int64_t over = a->over;
	bool ok;

	take_out(a, t);
	ok = a->over < over;
	put(a, t, was);
	a->over = over;
	return ok;
}

/* Who may go: often one who has moved, or one who is in the way. */
static uint32_t choose(struct fm_anneal *a)
{
	uint32_t how = below(a, 16), t = a->tile[below(a, a->tiles)];

	if (how < 8 && a->n_moved)
		return a->moved[below(a, a->n_moved)];
	for (unsigned k = 0; how >= 12 && a->over && k < 8 && !is_over(a, t); k++)
		t = a->tile[below(a, a->tiles)];
	return t;
}

/* Where to: home, any bin, or for one who is new none. */
static uint32_t any_option(struct fm_anneal *a, uint32_t t)
{
	if (has_moved(a, t) && below(a, 3) == 0)
		return a->old[t];
	if (a->old[t] == NOWHERE && below(a, 8) == 0)
		return NOWHERE;
	return a->first[t] + below(a, a->first[t + 1] - a->first[t]);
}

/* How much worse a step may be, by chance: exponentially distributed. The logarithm is that of
 * the highest bit, straight between two of them. */
static int64_t allowance(struct fm_anneal *a, int64_t heat)
{
	uint32_t u = draw(a) | 1;
	unsigned zeros = (unsigned)__builtin_clz(u);
	uint32_t part = (uint32_t)((uint64_t)u << (zeros + 1)) >> 22;

	return heat * (int64_t)((zeros + 1) * 1024 - part) / 1024 * 710 / 1024;
}

static bool go(struct fm_anneal *a, uint32_t t, int64_t heat)
{
	uint32_t was = a->now[t], to = any_option(a, t);
	int64_t over = a->over, most;

	if (to == was)
		return false;
	most = over + allowance(a, heat) - own(a, t, to) + own(a, t, was);
	if (most < 0)
		return false;
	take_out(a, t);
	if (try(a, t, to, most))
		return true;
	put(a, t, was);
	a->over = over;
	return false;
}

/* The tile's option in that bin. */
static uint32_t option_in(const struct fm_anneal *a, uint32_t t, uint16_t bin)
{
	for (uint32_t o = a->first[t]; o < a->first[t + 1]; o++)
		if (a->option[o].bin == bin)
			return o;
	return NOWHERE;
}

/* Each goes where the other one is, which may be nowhere. */
static bool swap(struct fm_anneal *a, uint32_t t, uint32_t o, int64_t heat)
{
	uint32_t t_was = a->now[t], o_was = a->now[o];
	uint32_t t_to = o_was == NOWHERE ? NOWHERE : option_in(a, t, a->option[o_was].bin);
	uint32_t o_to = t_was == NOWHERE ? NOWHERE : option_in(a, o, a->option[t_was].bin);
	int64_t over = a->over, most;

	if ((o_was == NOWHERE ? a->old[t] != NOWHERE : t_to == NOWHERE) ||
	    (t_was == NOWHERE ? a->old[o] != NOWHERE : o_to == NOWHERE) || t_to == t_was)
		return false;
	most = over + allowance(a, heat) - own(a, t, t_to) + own(a, t, t_was) -
	       own(a, o, o_to) + own(a, o, o_was);
	if (most < 0)
		return false;
	take_out(a, t);
	take_out(a, o);
	if (try(a, t, t_to, most)) {
		if (try(a, o, o_to, most))
			return true;
		lift(a, t);
	}
	put(a, t, t_was);
	put(a, o, o_was);
	a->over = over;
	return false;
}

/* ---- all of them ---- */

static void save(const struct fm_anneal *a, uint16_t *at)
{
	const struct fm_board *b = a->b;

	for (uint32_t t = 0; t < b->tiles; t++)
		at[t] = b->tile[t].fixed       ? b->tile[t].at
			: a->now[t] == NOWHERE ? FM_NO_BIN
					       : a->option[a->now[t]].bin;
}

/* Whether all is within limits, and where the table knows of. */
static bool load(struct fm_anneal *a, const uint16_t *at)
{
	bool ok = true;

	for (uint32_t t = 0; t < a->b->tiles; t++)
		if (!a->b->tile[t].fixed)
			lift(a, t);
	a->over = 0;
	for (uint32_t t = 0; t < a->b->tiles; t++) {
		uint32_t o = at[t] == FM_NO_BIN ? NOWHERE : option_in(a, t, at[t]);

		if (a->b->tile[t].fixed)
			continue;
		ok = ok && (o != NOWHERE || at[t] == FM_NO_BIN) && try(a, t, o, 0);
	}
	return ok;
}

/* What is over limits goes back to nowhere, the least value first, as far as it runs nowhere.
 */
static void give_back(struct fm_anneal *a)
{
	while (a->over) {
		uint32_t least = NOWHERE;

		for (unsigned i = 0; i < a->tiles; i++) {
			uint32_t t = a->tile[i];
			uint64_t value = a->b->tile[t].value;

			if (a->old[t] == NOWHERE && a->now[t] != NOWHERE &&
			    (least == NOWHERE || value < a->b->tile[least].value) &&
			    is_in_the_way(a, t))
				least = t;
		}
		if (least == NOWHERE)
			return;
		take_out(a, least);
	}
}

/* Whether what it is now is better than the best, and can be reached: then it is that. */
static bool takes(struct fm_anneal *a, struct fm_worth *best, uint16_t *at)
{
	struct fm_worth w = {.value = a->value, .moves = a->n_moved};

	if (a->over || !fm_worth_is_better(w, *best))
		return false;
	save(a, a->found);
	if (!fm_search_takes(a->b, a->found, &w, *best))
		return false;
	*best = w;
	memcpy(at, a->found, a->b->tiles * sizeof(*at));
	return true;
}

/* One way from hot to cold. */
static void cool(struct fm_anneal *a, uint64_t steps, struct fm_worth *best, uint16_t *at)
{
	int64_t heat = HOT;
	unsigned again = AGAIN;

	for (uint64_t i = 0; i < steps; i++) {
		uint32_t t = choose(a);
		struct fm_worth w;

		if (i % 256 == 0 && fm_search_is_stopped(a->b))
			break;
		if (i % 256 == 0)
			heat = HOT - (HOT - COLD) * (int64_t)i / (int64_t)steps;

		if (!(below(a, 2) ? go(a, t, heat)
				  : swap(a, t, a->tile[below(a, a->tiles)], heat)))
			continue;
		w = (struct fm_worth){.value = a->value, .moves = a->n_moved};
		if (a->over || !fm_worth_is_better(w, *best))
			continue;
		if (w.value == best->value && w.moves == best->moves && (!again || !again--))
			continue;
		takes(a, best, at);
	}
	give_back(a);
	takes(a, best, at);
}

/* How often it is tried: the more there is to be saved or had, the more often. */
static unsigned runs(const struct fm_board *b, struct fm_worth best)
{
	uint64_t all = 0;
	unsigned n;

	for (uint32_t t = 0; t < b->tiles; t++)
		all += b->tile[t].value;
	n = best.moves * EACH + (best.value < all ? MORE : 0);
	return best.value == all && best.moves <= 1 ? 0 : n < MOST ? n : MOST;
}

/* See search.h. */
struct fm_worth fm_anneal(struct fm_board *b, uint64_t steps, struct fm_worth best,
			  uint16_t *at)
{
	struct fm_anneal a = {.b = b};

	fm_anneal_table(&a);
	fm_search_reset(b, at);
	for (uint32_t t = 0; t < b->tiles; t++)
		a.value += b->tile[t].fixed && at[t] != FM_NO_BIN ? b->tile[t].value : 0;
	mr_rng_init(&a.rng, b->tiles);
	for (unsigned r = 0; a.tiles && r < runs(b, best) && !fm_search_is_stopped(b); r++) {
		set_price(&a, &prices[r % MR_ARRAY_SIZE(prices)]);
		if (!load(&a, at))
			break; /* what runs is above limits: they say nothing here */
		cool(&a, steps, &best, at);
	}
	fm_anneal_table_done(&a);
	return best;
}
