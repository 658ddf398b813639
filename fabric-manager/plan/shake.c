/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The second part of the search: a few tiles of a bin or two are put out at once, and all that
 * has no bin then is put in again in another order. What comes out of it stays where it is not
 * much worse than before (less and less so, to the end), so that it gets across arrangements
 * that are worse. The best one counts of those that moves lead to. Numbers by chance are those
 * of a seed: the same board gives the same answer.
 */
#include <stdlib.h>
#include <string.h>

#include "common/rng.h"
#include "common/xalloc.h"
#include "fabric-manager/plan/search.h"

#define BACK  20 /* tiles that are put in again: those, and others without a bin */
#define TIMES 2	 /* from the best of the time before */
#define COLD  4	 /* 2^: how much worse an arrangement may be at first, for fewer moves */

struct shake {
	struct fm_board *b;
	struct mr_rng rng;
	uint32_t tile[BACK]; /* that are put in again */
	uint16_t was[BACK];  /* where they were */
	unsigned n;
	struct fm_worth now;
	unsigned what;	 /* counts: a resource, functions, or bandwidth */
	bool loose;	 /* home is a bin as any other, nearly */
	uint32_t *lack;	 /* tiles without a bin that may get one */
	uint32_t *moved; /* tiles that have moved */
	uint16_t *found;
};

static bool runs(const struct fm_tile *t)
{
	return t->home != FM_NO_BIN;
}

static bool has_moved(const struct fm_tile *t)
{
	return runs(t) && t->at != FM_NO_BIN && t->at != t->home;
}

static unsigned below(struct shake *s, unsigned n)
{
	return (unsigned)mr_rng_below(&s->rng, n);
}

static void count(struct shake *s, const struct fm_tile *t, int sign)
{
	if (t->at == FM_NO_BIN)
		return;
	s->now.value += sign > 0 ? t->value : -t->value;
	s->now.moves += (unsigned)(has_moved(t) ? sign : 0);
}

static void put(struct shake *s, uint32_t t, uint16_t bin)
{
	fm_board_put(s->b, t, bin);
	count(s, &s->b->tile[t], 1);
}

static void lift(struct shake *s, uint32_t t)
{
	count(s, &s->b->tile[t], -1);
	fm_board_lift(s->b, t);
}

static bool is_out(const struct shake *s, uint32_t t)
{
	for (unsigned i = 0; i < s->n; i++)
		if (s->tile[i] == t)
			return true;
	return false;
}

static void out(struct shake *s, uint32_t t)
{
	if (s->n == BACK || s->b->tile[t].fixed || is_out(s, t))
		return;
	s->tile[s->n] = t;
	s->was[s->n++] = s->b->tile[t].at;
	if (s->b->tile[t].at != FM_NO_BIN)
		lift(s, t);
}

/* Some of what is in the bin goes out. */
static void empty(struct shake *s, uint16_t bin, unsigned most)
{
	const struct fm_board *b = s->b;
	unsigned in = 0, k;
	uint32_t t, next;

	for (t = b->bin[bin].first; t != FM_NO_TILE; t = b->tile[t].next)
		in++;
	for (t = b->bin[bin].first; t != FM_NO_TILE && most && in; t = next, in--) {
		next = b->tile[t].next;
		k = below(s, in);
		if (k < most) {
			out(s, t);
			most--;
		}
	}
}

static uint16_t any_bin(struct shake *s, uint32_t t)
{
	unsigned n;
	const uint16_t *reach = fm_board_reach(s->b, t, &n);

	return n ? reach[below(s, n)] : FM_NO_BIN;
}

/* What goes out this time. */
static void ruin(struct shake *s)
{
	struct fm_board *b = s->b;
	unsigned lacks = 0, moved = 0, bins = 1 + below(s, 3);
	uint32_t t = 0;
	uint16_t bin;

	s->n = 0;
	for (uint32_t i = 0; i < b->tiles; i++) {
		if (b->tile[i].fixed)
			continue;
		if (b->tile[i].at == FM_NO_BIN)
			s->lack[lacks++] = i;
		else if (has_moved(&b->tile[i]))
			s->moved[moved++] = i;
	}
	if (moved && (!lacks || below(s, 3) == 0)) {
		t = s->moved[below(s, moved)];
		out(s, t);
		bin = b->tile[t].home;
	} else if (lacks && below(s, 8)) {
		t = s->lack[below(s, lacks)];
		bin = any_bin(s, t);
	} else {
		t = below(s, b->tiles);
		bin = any_bin(s, t);
	}
	for (unsigned k = 0; k < bins && bin != FM_NO_BIN; k++) {
		empty(s, bin, 1 + below(s, 4));
		bin = any_bin(s, t);
	}
	for (unsigned k = 0; k < 8 && k < lacks; k++)
		out(s, s->lack[lacks <= 8 ? k : below(s, lacks)]);
}

/* In which order: the first comes first. */
static bool before(const struct shake *s, unsigned how, uint32_t x, uint32_t y)
{
	const struct fm_tile *a = &s->b->tile[x], *b = &s->b->tile[y];

	if (how == 0 && runs(a) != runs(b))
		return runs(a);
	if (how <= 1 && a->value != b->value)
		return a->value > b->value;
	if (a->mbps != b->mbps)
		return a->mbps > b->mbps;
	return x < y;
}

static void sort(struct shake *s)
{
	unsigned how = below(s, 4);

	for (unsigned i = 1; i < s->n; i++) {
		uint32_t t = s->tile[i];
		uint16_t was = s->was[i];
		unsigned k = how == 3 ? below(s, i + 1) : i;

		if (how == 3) {
			s->tile[i] = s->tile[k];
			s->was[i] = s->was[k];
		} else {
			for (; k && before(s, how, t, s->tile[k - 1]); k--) {
				s->tile[k] = s->tile[k - 1];
				s->was[k] = s->was[k - 1];
			}
		}
		s->tile[k] = t;
		s->was[k] = was;
	}
}

/* What is left there of what this time counts. */
static int64_t room(const struct shake *s, const struct fm_tile *t, uint16_t bin)
{
	const struct fm_bin *n = &s->b->bin[bin];

	if (s->what < FM_RESOURCE_COUNT && t->demand && t->demand->amount[s->what])
		return n->left[s->what];
	if (s->what > FM_RESOURCE_COUNT && n->port != FM_NO_BIN)
		return s->b->bin[n->port].mbps;
	return n->free;
}

/* Into a bin: home, mostly; else where the port has least left, or any. */
static void place(struct shake *s, uint32_t x)
{
	struct fm_board *b = s->b;
	const struct fm_tile *t = &b->tile[x];
	uint16_t best = FM_NO_BIN;
	int64_t least = INT64_MAX;
	unsigned n, from;
	const uint16_t *reach = fm_board_reach(b, x, &n);

	if (runs(t) && !s->loose && below(s, 8) &&
	    fm_board_block(b, x, t->home) == FM_BLOCK_NONE) {
		put(s, x, t->home);
		return;
	}
	from = n ? below(s, n) : 0;
	for (unsigned i = 0; i < n; i++) {
		uint16_t bin = reach[(from + i) % n];
		int64_t left;

		if (!fm_search_is_reached(b, t, bin) || (n > 1 && below(s, 8) == 0) ||
		    fm_board_block(b, x, bin) != FM_BLOCK_NONE)
			continue;
		left = room(s, t, bin);
		if (left < least) {
			best = bin;
			least = left;
		}
	}
	if (best != FM_NO_BIN)
		put(s, x, best);
}

static bool recreate(struct shake *s)
{
	bool ok = true;

	sort(s);
	s->what = below(s, FM_RESOURCE_COUNT + 4);
	for (unsigned i = 0; i < s->n; i++) {
		place(s, s->tile[i]);
		if (s->b->tile[s->tile[i]].at == FM_NO_BIN && runs(&s->b->tile[s->tile[i]]))
			ok = false;
	}
	return ok;
}

static void take_back(struct shake *s)
{
	for (unsigned i = 0; i < s->n; i++)
		if (s->b->tile[s->tile[i]].at != FM_NO_BIN)
			lift(s, s->tile[i]);
	for (unsigned i = 0; i < s->n; i++)
		if (s->was[i] != FM_NO_BIN)
			put(s, s->tile[i], s->was[i]);
}

static int64_t score(const struct shake *s, struct fm_worth w)
{
	return (int64_t)(w.value * 4) - (s->loose ? 0 : (int64_t)w.moves);
}

/* One way down from 'hot' to nothing, within b->steps. */
static void cool(struct shake *s, unsigned hot, struct fm_worth *best, uint16_t *at)
{
	struct fm_board *b = s->b;
	uint64_t all = b->steps;

	while (b->steps && !fm_search_is_stopped(b)) {
		struct fm_worth was = s->now, w;
		int64_t loss;

		ruin(s);
		b->steps -= b->steps > 0;
		loss = recreate(s) ? score(s, was) - score(s, s->now) : INT64_MAX;
		if (loss > 0 &&
		    loss > INT64_C(1) << below(s, 1 + (unsigned)(hot * b->steps / all))) {
			take_back(s);
			continue;
		}
		w = s->now;
		if (!fm_worth_is_better(w, *best))
			continue;
		fm_search_save(b, s->found);
		if (!s->loose && !fm_search_takes(b, s->found, &w, *best))
			continue;
		*best = w;
		memcpy(at, s->found, b->tiles * sizeof(*at));
	}
}

/* First without regard to moves, as long as more value can be had; then for fewer moves from
 * there, also where the first half can't be reached. */
static void shake(struct shake *s, uint64_t steps, unsigned hot, struct fm_worth *best,
		  uint16_t *at)
{
	struct fm_board *b = s->b;
	uint16_t *wild = mr_xmemdup(at, (b->tiles + 1) * sizeof(*wild));
	struct fm_worth w = *best;

	s->loose = true;
	b->steps = steps / 2;
	cool(s, hot, &w, wild);
	s->loose = false;
	if (w.value > best->value) {
		fm_search_reset(b, wild);
		if (fm_search_takes(b, wild, &w, *best)) {
			*best = w;
			memcpy(at, wild, b->tiles * sizeof(*at));
		}
	} else {
		fm_search_reset(b, at);
	}
	s->now = fm_worth_of(b);
	b->steps = steps / 2;
	cool(s, COLD, best, at);
	fm_search_reset(b, at);
	s->now = fm_worth_of(b);
	free(wild);
}

/* See search.h. */
struct fm_worth fm_shake(struct fm_board *b, uint64_t steps, struct fm_worth best, uint16_t *at)
{
	struct shake s = {.b = b};
	uint64_t value = 0;
	unsigned hot = 2;

	fm_search_reset(b, at);
	s.now = fm_worth_of(b);
	mr_rng_init(&s.rng, b->tiles);
	s.found = mr_xcalloc(b->tiles + 1, sizeof(*s.found));
	s.lack = mr_xcalloc(b->tiles + 1, sizeof(*s.lack));
	s.moved = mr_xcalloc(b->tiles + 1, sizeof(*s.moved));
	for (uint32_t t = 0; t < b->tiles; t++) {
		while (b->tile[t].value >> (hot - 1))
			hot++;
		value += b->tile[t].value;
	}
	for (unsigned r = 0; r < TIMES && best.value < value; r++)
		shake(&s, steps / TIMES, hot, &best, at);
	free(s.lack);
	free(s.moved);
	free(s.found);
	return best;
}
