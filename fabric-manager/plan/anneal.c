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
#include <stdlib.h>
#include <string.h>

#include "common/rng.h"
#include "common/xalloc.h"
#include "fabric-manager/plan/search.h"

#define ONE	 1024 /* price of one who runs and moves */
#define VALUE	 8    /* of one who has no place, by his value */
#define HOT	 ONE  /* what is worse by this is taken one time in three, at first */
#define COLD	 (ONE / 5)
#define EACH	 5  /* runs for each move that may be saved */
#define MORE	 10 /* runs while somebody has no place */
#define MOST	 60
#define AGAIN	 30 /* looks of one run at what is as good but for who is parked */
#define NOWHERE	 UINT32_MAX
#define BIN_SUMS (3 + FM_RESOURCE_COUNT)

/* What a tile takes of a sum. */
struct term {
	uint32_t sum;
	int64_t amount;
};

/* A bin that a tile may be in. */
struct option {
	uint32_t term;
	uint16_t bin, slot;
	uint8_t terms;
	bool shared; /* an LVF: bridge and device VH are those of all behind it */
};

/* What it costs to exceed a limit: at all, by one of what is counted, by as much as a tile
 * takes on average. What finds the way differs from board to board, so they take turns. */
struct price {
	int64_t any, each, more;
};
static const struct price prices[] = {
	{ONE, 2 * ONE, 4 * ONE}, {ONE, ONE, ONE}, {ONE / 2, ONE, ONE}};

struct anneal {
	struct fm_board *b;
	struct mr_rng rng;
	uint64_t rest; /* of the last number of it */
	struct price price;
	uint32_t *tile; /* that may be elsewhere */
	unsigned tiles;
	uint32_t *first;     /* option of each tile; one more at the end */
	uint32_t *now, *old; /* option where it is, where it runs */
	struct option *option;
	unsigned options, cap_options;
	struct term *term;
	unsigned terms, cap_terms;
	int64_t *left;	  /* of each sum */
	int64_t *average; /* what a tile takes of it that takes some */
	int64_t *slope;	  /* what each of it costs beyond the limit, in 1 / ONE */
	unsigned sums;
	uint16_t *leads; /* see fm_board */
	uint32_t *moved; /* tiles */
	uint32_t *where; /* each of them is there */
	unsigned n_moved;
	int64_t over; /* price of all limits that are exceeded */
	uint64_t value;
	uint16_t *found;
};

/* 32 bits. */
static uint32_t draw(struct anneal *a)
{
	uint64_t next = a->rest;

	a->rest = 0;
	if (!next) {
		next = mr_rng_next(&a->rng);
		a->rest = next >> 32;
	}
	return (uint32_t)next;
}

static uint32_t below(struct anneal *a, uint32_t n)
{
	return (uint32_t)((uint64_t)draw(a) * n >> 32);
}

/* ---- the table ---- */

/* Numbers of sums: those of bins, of slots, of seats. */
static unsigned of_bin(unsigned bin)
{
	return bin * BIN_SUMS;
}

static unsigned of_slot(const struct fm_board *b, unsigned slot)
{
	return of_bin(b->bins) + slot * 2;
}

static unsigned of_seat(const struct fm_board *b, unsigned seat)
{
	return of_slot(b, b->slots) + seat * 2;
}

static void read_bin(const struct fm_bin *n, int64_t *sum)
{
	sum[0] = n->free;
	sum[1] = n->mbps;
	sum[2] = n->limit;
	for (unsigned r = 0; r < FM_RESOURCE_COUNT; r++)
		sum[3 + r] = n->left[r];
}

/* All sums of the board. */
static void read_sums(const struct fm_board *b, int64_t *sum)
{
	for (unsigned i = 0; i < b->bins; i++)
		read_bin(&b->bin[i], sum + of_bin(i));
	for (unsigned i = 0; i < b->slots; i++) {
		sum[of_slot(b, i)] = b->slot[i].vhs;
		sum[of_slot(b, i) + 1] = b->slot[i].mbps;
	}
	for (unsigned i = 0; i <= b->seats; i++) {
		sum[of_seat(b, i)] = b->seat[i].bridges;
		sum[of_seat(b, i) + 1] = b->seat[i].mbps;
	}
}

static bool is_count(const struct anneal *a, unsigned sum)
{
	return sum < of_slot(a->b, 0) ? sum % BIN_SUMS == 0 : (sum - of_slot(a->b, 0)) % 2 == 0;
}

static void add_term(struct anneal *a, struct option *o, unsigned sum, int64_t amount)
{
	if (!amount || (o->shared && is_count(a, sum) && sum >= of_slot(a->b, 0)))
		return;
	MR_GROW(a->term, a->terms, a->cap_terms);
	a->term[a->terms++] = (struct term){.sum = sum, .amount = amount};
	o->terms++;
}

/* What the tile takes there, as the board counts it: what is another sum afterwards. */
static void add_option(struct anneal *a, uint32_t t, uint16_t bin)
{
	struct fm_board *b = a->b;
	const struct fm_tile *tile = &b->tile[t];
	uint16_t slot = b->bin[bin].slot,
		 port = b->bin[bin].port == FM_NO_BIN ? bin : b->bin[bin].port;
	struct option o = {.term = a->terms,
			   .bin = bin,
			   .slot = slot,
			   .shared = b->slot[slot].mra && tile->lvf};
	unsigned from[] = {of_bin(bin), of_bin(port), of_slot(b, slot), of_seat(b, tile->host)};
	unsigned n[] = {BIN_SUMS, port == bin ? 0 : BIN_SUMS, 2, 2};
	int64_t *sum = mr_xcalloc(a->sums, sizeof(*sum));

	fm_board_count(b, tile, bin, 1);
	read_sums(b, sum);
	fm_board_count(b, tile, bin, -1);
	for (unsigned k = 0; k < MR_ARRAY_SIZE(from); k++)
		for (unsigned i = from[k]; i < from[k] + n[k]; i++)
			add_term(a, &o, i, a->left[i] - sum[i]);
	free(sum);
	MR_GROW(a->option, a->options, a->cap_options);
	if (tile->home == bin)
		a->old[t] = a->options;
	a->option[a->options++] = o;
}

static void add_options(struct anneal *a, uint32_t t)
{
	struct fm_board *b = a->b;
	const struct fm_tile *tile = &b->tile[t];
	unsigned n;

	a->first[t] = a->options;
	a->old[t] = a->now[t] = NOWHERE;
	if (tile->fixed)
		return;
	fm_board_reach(b, t, &n);
	if (tile->home != FM_NO_BIN)
		add_option(a, t, tile->home);
	for (unsigned i = 0; i < n; i++) {
		uint16_t bin = b->reach[tile->reach + i];

		if (bin != tile->home && fm_search_is_reached(b, tile, bin))
			add_option(a, t, bin);
	}
	if (a->options > a->first[t] + (tile->home != FM_NO_BIN))
		a->tile[a->tiles++] = t;
}

static void set_averages(struct anneal *a)
{
	int64_t *users = mr_xcalloc(a->sums, sizeof(*users));

	for (unsigned i = 0; i < a->terms; i++) {
		a->average[a->term[i].sum] += a->term[i].amount;
		users[a->term[i].sum]++;
	}
	for (unsigned i = 0; i < a->sums; i++)
		a->average[i] = users[i] && !is_count(a, i) ? a->average[i] / users[i] : 1;
	free(users);
}

static void make_table(struct anneal *a)
{
	struct fm_board *b = a->b;

	a->sums = of_seat(b, b->seats + 1);
	a->left = mr_xcalloc(a->sums, sizeof(*a->left));
	a->average = mr_xcalloc(a->sums, sizeof(*a->average));
	a->slope = mr_xcalloc(a->sums, sizeof(*a->slope));
	a->leads = mr_xcalloc((size_t)(b->seats + 1) * b->slots + 1, sizeof(*a->leads));
	a->first = mr_xcalloc(b->tiles + 1, sizeof(*a->first));
	a->tile = mr_xcalloc(b->tiles + 1, sizeof(*a->tile));
	a->now = mr_xcalloc(b->tiles + 1, sizeof(*a->now));
	a->old = mr_xcalloc(b->tiles + 1, sizeof(*a->old));
	a->moved = mr_xcalloc(b->tiles + 1, sizeof(*a->moved));
	a->where = mr_xcalloc(b->tiles + 1, sizeof(*a->where));
	a->found = mr_xcalloc(b->tiles + 1, sizeof(*a->found));
	for (uint32_t t = 0; t < b->tiles; t++)
		if (!b->tile[t].fixed && b->tile[t].at != FM_NO_BIN)
			fm_board_lift(b, t);
	read_sums(b, a->left);
	for (uint32_t t = 0; t < b->tiles; t++)
		add_options(a, t);
	a->first[b->tiles] = a->options;
	set_averages(a);
}

static void anneal_done(struct anneal *a)
{
	free(a->left);
	free(a->average);
	free(a->slope);
	free(a->leads);
	free(a->first);
	free(a->tile);
	free(a->now);
	free(a->old);
	free(a->moved);
	free(a->where);
	free(a->found);
	free(a->option);
	free(a->term);
}

/* ---- one step ---- */

static int64_t price_of(const struct anneal *a, unsigned sum, int64_t left)
{
	return left >= 0 ? 0 : a->price.any + (-left * a->slope[sum]) / ONE;
}

static void set_price(struct anneal *a, const struct price *p)
{
	a->price = *p;
	for (unsigned i = 0; i < a->sums; i++)
		a->slope[i] = (is_count(a, i) ? p->each : p->more) * ONE / a->average[i];
}

/* Each tile that a rule keeps apart is as one too many. */
static int64_t price_of_mates(const struct anneal *a, uint32_t t, uint16_t bin)
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
static int64_t price_change(const struct anneal *a, unsigned sum, int64_t amount)
{
	return price_of(a, sum, a->left[sum] - amount) - price_of(a, sum, a->left[sum]);
}

static uint16_t *leads(const struct anneal *a, uint32_t t, const struct option *o)
{
	return &a->leads[a->b->tile[t].host * a->b->slots + o->slot];
}

/* The price of all when the tile goes there too, as far as it is not above 'most'. */
static int64_t price_with(const struct anneal *a, uint32_t t, uint32_t option, int64_t most)
{
	const struct option *o = &a->option[option];
	int64_t over = a->over;

	if (option == NOWHERE)
		return over;
	for (unsigned i = 0; i < o->terms && over <= most; i++)
		over += price_change(a, a->term[o->term + i].sum, a->term[o->term + i].amount);
	if (o->shared && over <= most && !*leads(a, t, o))
		over += price_change(a, of_slot(a->b, o->slot), 1) +
			price_change(a, of_seat(a->b, a->b->tile[t].host), 1);
	if (a->b->tile[t].mates && over <= most)
		over += price_of_mates(a, t, o->bin);
	return over;
}

/* 'sign' 1 takes, -1 gives back. */
static void count(struct anneal *a, uint32_t t, const struct option *o, int sign)
{
	for (unsigned i = 0; i < o->terms; i++)
		a->left[a->term[o->term + i].sum] -= sign * a->term[o->term + i].amount;
	if (!o->shared)
		return;
	*leads(a, t, o) = (uint16_t)(*leads(a, t, o) + sign);
	if (*leads(a, t, o) == (sign > 0)) {
		a->left[of_slot(a->b, o->slot)] -= sign;
		a->left[of_seat(a->b, a->b->tile[t].host)] -= sign;
	}
}

static bool has_moved(const struct anneal *a, uint32_t t)
{
	return a->old[t] != NOWHERE && a->now[t] != NOWHERE && a->now[t] != a->old[t];
}

/* Sums and lists only: the price is the caller's. */
static void lift(struct anneal *a, uint32_t t)
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

static void put(struct anneal *a, uint32_t t, uint32_t option)
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
static void take_out(struct anneal *a, uint32_t t)
{
	uint32_t was = a->now[t];

	lift(a, t);
	if (was != NOWHERE)
		a->over = 2 * a->over - price_with(a, t, was, INT64_MAX);
}

/* The tile goes there, unless the price gets above 'most' by that. */
static bool try(struct anneal *a, uint32_t t, uint32_t option, int64_t most)
{
	int64_t over = price_with(a, t, option, most);

	if (over > most)
		return false;
	put(a, t, option);
	a->over = over;
	return true;
}

static int64_t own(const struct anneal *a, uint32_t t, uint32_t option)
{
	if (option == NOWHERE)
		return (int64_t)a->b->tile[t].value * VALUE * ONE;
	return a->old[t] != NOWHERE && option != a->old[t] ? ONE : 0;
}

static bool is_over(const struct anneal *a, uint32_t t)
{
	const struct option *o;

	if (a->now[t] == NOWHERE)
		return true;
	o = &a->option[a->now[t]];
	for (unsigned i = 0; i < o->terms; i++)
		if (a->left[a->term[o->term + i].sum] < 0)
			return true;
	return a->left[of_seat(a->b, a->b->tile[t].host)] < 0;
}

/* Who may go: often one who has moved, or one who is in the way. */
static uint32_t choose(struct anneal *a)
{
	uint32_t how = below(a, 16), t = a->tile[below(a, a->tiles)];

	if (how < 8 && a->n_moved)
		return a->moved[below(a, a->n_moved)];
	for (unsigned k = 0; how >= 12 && a->over && k < 8 && !is_over(a, t); k++)
		t = a->tile[below(a, a->tiles)];
	return t;
}

/* Where to: home, any bin, or for one who is new none. */
static uint32_t any_option(struct anneal *a, uint32_t t)
{
	if (has_moved(a, t) && below(a, 3) == 0)
		return a->old[t];
	if (a->old[t] == NOWHERE && below(a, 8) == 0)
		return NOWHERE;
	return a->first[t] + below(a, a->first[t + 1] - a->first[t]);
}

/* How much worse a step may be, by chance: exponentially distributed. The logarithm is that of
 * the highest bit, straight between two of them. */
static int64_t allowance(struct anneal *a, int64_t heat)
{
	uint32_t u = draw(a) | 1;
	unsigned zeros = (unsigned)__builtin_clz(u);
	uint32_t part = (uint32_t)((uint64_t)u << (zeros + 1)) >> 22;

	return heat * (int64_t)((zeros + 1) * 1024 - part) / 1024 * 710 / 1024;
}

static bool go(struct anneal *a, uint32_t t, int64_t heat)
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
static uint32_t option_in(const struct anneal *a, uint32_t t, uint16_t bin)
{
	for (uint32_t o = a->first[t]; o < a->first[t + 1]; o++)
		if (a->option[o].bin == bin)
			return o;
	return NOWHERE;
}

/* Each goes where the other one is, which may be nowhere. */
static bool swap(struct anneal *a, uint32_t t, uint32_t o, int64_t heat)
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

static void save(const struct anneal *a, uint16_t *at)
{
	const struct fm_board *b = a->b;

	for (uint32_t t = 0; t < b->tiles; t++)
		at[t] = b->tile[t].fixed       ? b->tile[t].at
			: a->now[t] == NOWHERE ? FM_NO_BIN
					       : a->option[a->now[t]].bin;
}

/* Whether all is within limits, and where the table knows of. */
static bool load(struct anneal *a, const uint16_t *at)
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

/* One way from hot to cold. */
static void cool(struct anneal *a, uint64_t steps, struct fm_worth *best, uint16_t *at)
{
	int64_t heat = HOT;
	unsigned again = AGAIN;

	for (uint64_t i = 0; i < steps; i++) {
		uint32_t t = choose(a);
		struct fm_worth w;

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
		save(a, a->found);
		if (!fm_search_takes(a->b, a->found, &w, *best))
			continue;
		*best = w;
		memcpy(at, a->found, a->b->tiles * sizeof(*at));
	}
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
	struct anneal a = {.b = b};

	make_table(&a);
	fm_search_reset(b, at);
	for (uint32_t t = 0; t < b->tiles; t++)
		a.value += b->tile[t].fixed && at[t] != FM_NO_BIN ? b->tile[t].value : 0;
	mr_rng_init(&a.rng, b->tiles);
	for (unsigned r = 0; a.tiles && r < runs(b, best); r++) {
		set_price(&a, &prices[r % MR_ARRAY_SIZE(prices)]);
		if (!load(&a, at))
			break; /* what runs is above limits: they say nothing here */
		cool(&a, steps, &best, at);
	}
	anneal_done(&a);
	return best;
}
