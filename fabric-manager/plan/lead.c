/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ways to an arrangement: one that runs moves after the other, each into room that is free.
 * Where each one who has to move stands where another one has to go (two that change places are
 * the least of it) one is parked: he leaves his place before his new one is free, and is
 * without one while others move.
 */
#include <stdlib.h>
#include <string.h>

#include "common/xalloc.h"
#include "fabric-manager/plan/search.h"

static bool runs(const struct fm_tile *t)
{
	return t->home != FM_NO_BIN;
}

static bool moves(const struct fm_tile *t, uint16_t to)
{
	return !t->fixed && runs(t) && t->home != to;
}

/* What the host's link would count twice of a tile that is at home and in 'bin'. */
static int64_t twice(const struct fm_board *b, const struct fm_tile *t, uint16_t bin)
{
	int64_t home = fm_board_mbps(b, t, t->home), there = fm_board_mbps(b, t, bin);

	return home < there ? home : there;
}

/* Whether the tile can go to the bin now. What it has is its own until it is there, its bridge,
 * too; only the host's link counts it once. */
static bool can_go(struct fm_board *b, uint32_t tile, uint16_t bin)
{
	const struct fm_tile *t = &b->tile[tile];
	struct fm_seat *h = &b->seat[t->host];
	bool ok;

	h->mbps += fm_board_mbps(b, t, t->home);
	ok = fm_board_block(b, tile, bin) == FM_BLOCK_NONE;
	h->mbps -= fm_board_mbps(b, t, t->home);
	return ok;
}

/* Everybody that runs is at home, and nobody else is there. */
static void go_home(struct fm_board *b)
{
	for (uint32_t t = 0; t < b->tiles; t++)
		if (b->tile[t].at != FM_NO_BIN && !b->tile[t].fixed)
			fm_board_lift(b, t);
	for (uint32_t t = 0; t < b->tiles; t++)
		if (!b->tile[t].fixed && runs(&b->tile[t]))
			fm_board_put(b, t, b->tile[t].home);
}

/* Whether the tile, which is not where it is to be, gets there now. */
static bool gets_there(struct fm_board *b, uint32_t t, uint16_t bin)
{
	return b->tile[t].at == FM_NO_BIN ? fm_board_block(b, t, bin) == FM_BLOCK_NONE
					  : can_go(b, t, bin);
}

/* Whether somebody gets where he is to be once tile 'x' has left its place. */
static bool helps(struct fm_board *b, const uint16_t *at, uint32_t x)
{
	uint16_t was = b->tile[x].at;
	bool ok;

	fm_board_lift(b, x);
	ok = gets_there(b, x, at[x]);
	for (uint32_t t = 0; t < b->tiles && !ok; t++)
		ok = t != x && runs(&b->tile[t]) && b->tile[t].at != at[t] &&
		     gets_there(b, t, at[t]);
	fm_board_put(b, x, was);
	return ok;
}

/* Who leaves his place, as nobody can move: the last one in the order of filling that helps
 * somebody, or else the last one. Nobody where one of those who have to move may be held: he
 * would keep the other one waiting. */
static uint32_t who_parks(struct fm_board *b, const uint16_t *at)
{
	uint32_t last = FM_NO_TILE;

	for (uint32_t t = 0; t < b->tiles; t++)
		if (runs(&b->tile[t]) && b->tile[t].at != at[t] && b->tile[t].kept)
			return FM_NO_TILE;
	for (uint32_t t = b->tiles; t-- > 0;) {
		if (!moves(&b->tile[t], at[t]) || b->tile[t].at != b->tile[t].home)
			continue;
		if (last == FM_NO_TILE)
			last = t;
		if (helps(b, at, t))
			return t;
	}
	return last;
}

/* Those who get where they are to be now; '*ret_all': nobody is left. */
static bool go_on(struct fm_board *b, const uint16_t *at, bool *ret_all)
{
	bool some = false;

	*ret_all = true;
	for (uint32_t t = 0; t < b->tiles; t++) {
		if (!runs(&b->tile[t]) || b->tile[t].at == at[t])
			continue;
		*ret_all = false;
		if (!gets_there(b, t, at[t]))
			continue;
		if (b->tile[t].at != FM_NO_BIN)
			fm_board_lift(b, t);
		fm_board_put(b, t, at[t]);
		some = true;
	}
	return some;
}

/* See search.h. */
bool fm_search_leads(struct fm_board *b, const uint16_t *at, bool *early, unsigned *ret_parks)
{
	uint16_t *now = mr_xcalloc(b->tiles + 1, sizeof(*now));
	bool some = true, all = true;
	unsigned parks = 0;

	fm_search_save(b, now);
	go_home(b);
	for (uint32_t t = 0; t < b->tiles && early; t++) {
		early[t] &= b->tile[t].at == FM_NO_BIN && at[t] != FM_NO_BIN &&
			    fm_board_block(b, t, at[t]) == FM_BLOCK_NONE;
		if (early[t])
			fm_board_put(b, t, at[t]);
	}
	while (some) {
		uint32_t x = FM_NO_TILE;

		some = go_on(b, at, &all);
		if (!some && !all && b->parks)
			x = who_parks(b, at);
		if (x == FM_NO_TILE)
			continue;
		fm_board_lift(b, x);
		parks++;
		some = true;
	}
	fm_search_reset(b, now);
	free(now);
	if (ret_parks)
		*ret_parks = parks;
	return all;
}

/* See search.h. */
bool fm_search_takes(struct fm_board *b, const uint16_t *at, struct fm_worth *w,
		     struct fm_worth best)
{
	w->parks = 0;
	return fm_worth_is_better(*w, best) && fm_search_leads(b, at, NULL, &w->parks) &&
	       fm_worth_is_better(*w, best);
}

/* See search.h. */
bool fm_search_keep(struct fm_board *b, struct fm_worth *best, uint16_t *at)
{
	uint16_t *found = mr_xcalloc(b->tiles + 1, sizeof(*found));
	struct fm_worth w = fm_worth_of(b);
	bool ok;

	fm_search_save(b, found);
	ok = fm_search_takes(b, found, &w, *best);
	if (ok) {
		*best = w;
		memcpy(at, found, b->tiles * sizeof(*at));
	}
	free(found);
	return ok;
}

/* See search.h. */
uint32_t fm_search_park(struct fm_board *b, const uint16_t *at, const bool *early)
{
	uint16_t *now = mr_xcalloc(b->tiles + 1, sizeof(*now));
	uint32_t x;

	fm_search_save(b, now);
	go_home(b);
	for (uint32_t t = 0; t < b->tiles; t++)
		if (early[t])
			fm_board_put(b, t, at[t]);
	x = b->parks ? who_parks(b, at) : FM_NO_TILE;
	fm_search_reset(b, now);
	free(now);
	return x;
}

/* Who can go while all others still have what they have. */
static void list_at_once(struct fm_board *b, const uint16_t *at, const bool *early, bool *ret)
{
	uint16_t *now = mr_xcalloc(b->tiles + 1, sizeof(*now));

	fm_search_save(b, now);
	go_home(b);
	for (uint32_t t = 0; t < b->tiles; t++)
		if (early[t])
			fm_board_put(b, t, at[t]);
	for (uint32_t n = 0; n < b->tiles; n++) {
		const struct fm_tile *t = &b->tile[n];

		ret[n] = moves(t, at[n]) && can_go(b, n, at[n]);
		if (!ret[n])
			continue;
		fm_board_count(b, t, at[n], 1);
		b->seat[t->host].mbps += twice(b, t, at[n]);
	}
	for (uint32_t n = 0; n < b->tiles; n++) {
		const struct fm_tile *t = &b->tile[n];

		if (!ret[n])
			continue;
		b->seat[t->host].mbps -= twice(b, t, at[n]);
		fm_board_count(b, t, at[n], -1);
	}
	fm_search_reset(b, now);
	free(now);
}

/* Whether the way goes on when those of 'gone' are there, and no more than 'most' are parked.
 */
static bool leads_from(struct fm_board *b, const uint16_t *at, const bool *early,
		       const bool *gone, unsigned most)
{
	unsigned parks;
	uint16_t *home = mr_xcalloc(b->tiles + 1, sizeof(*home));
	bool *with = mr_xmemdup(early, (b->tiles + 1) * sizeof(*with)), ok;

	for (uint32_t t = 0; t < b->tiles; t++) {
		home[t] = b->tile[t].home;
		if (gone[t])
			b->tile[t].home = at[t];
	}
	ok = fm_search_leads(b, at, with, &parks) && parks <= most;
	for (uint32_t t = 0; t < b->tiles; t++)
		b->tile[t].home = home[t];
	free(home);
	free(with);
	return ok;
}

/* See search.h. One who goes early may be in the way of one who has to go before others can
 * leave, and then goes later. */
void fm_search_first(struct fm_board *b, const uint16_t *at, const bool *early, bool *ret)
{
	bool *can = mr_xcalloc(b->tiles + 1, sizeof(*can)), some = false;
	bool *with = mr_xmemdup(early, (b->tiles + 1) * sizeof(*with));
	unsigned most = 0;

	fm_search_leads(b, at, with, &most);
	list_at_once(b, at, early, can);
	for (uint32_t t = 0; t < b->tiles; t++)
		ret[t] = can[t];
	if (!leads_from(b, at, early, ret, most)) {
		for (uint32_t t = 0; t < b->tiles; t++)
			ret[t] = false;
		for (uint32_t t = 0; t < b->tiles; t++) {
			ret[t] = can[t];
			ret[t] = can[t] && leads_from(b, at, early, ret, most);
			some |= ret[t];
		}
		for (uint32_t t = 0; t < b->tiles && !some; t++)
			ret[t] = some = can[t];
	}
	free(with);
	free(can);
}
