/* SPDX-License-Identifier: Apache-2.0 */
/* Whether moves one after the other lead to a placement. See exact.h. */
#include <stdlib.h>
#include <string.h>

#include "common/xalloc.h"
#include "tests/bench/plan/exact.h"

#define MOST 20 /* moves of which every order is tried */

struct walk {
	const struct fleet *f;
	struct fleet_book *b; /* what runs now */
	const uint32_t *at;
	uint32_t *move; /* claims that have to go elsewhere */
	unsigned moves;
	uint8_t *seen; /* by the set of those that went; NULL: too many, only one order */
};

/* What it has is its own until it is there, its bridge, too; the host's link counts it once. */
static bool can_go(struct fleet_book *b, uint32_t c, uint32_t u)
{
	const struct fleet_claim *cl = &b->f->claim[c];
	bool fits;

	b->host_mbps[cl->host] -= cl->mbps;
	fits = fleet_book_fits(b, c, u);
	b->host_mbps[cl->host] += cl->mbps;
	return fits;
}

static void go(struct walk *w, uint32_t c, uint32_t to)
{
	fleet_book_give(w->b, c);
	fleet_book_take(w->b, c, to);
}

/* From here, where the moves of 'gone' are made, to the end. */
static bool walk(struct walk *w, uint32_t gone)
{
	bool found = gone == (UINT32_C(1) << w->moves) - 1;

	if (found || w->seen[gone / 8] >> (gone % 8) & 1)
		return found;
	w->seen[gone / 8] |= (uint8_t)(1 << (gone % 8));
	for (unsigned i = 0; i < w->moves && !found; i++) {
		uint32_t c = w->move[i];

		if (gone >> i & 1 || !can_go(w->b, c, w->at[c]))
			continue;
		go(w, c, w->at[c]);
		found = walk(w, gone | UINT32_C(1) << i);
		go(w, c, w->f->claim[c].prior);
	}
	return found;
}

/* Whoever can go goes. */
static bool walk_straight(struct walk *w)
{
	bool some = true;
	unsigned left = w->moves;

	while (some) {
		some = false;
		for (unsigned i = 0; i < left; i++) {
			if (!can_go(w->b, w->move[i], w->at[w->move[i]]))
				continue;
			go(w, w->move[i], w->at[w->move[i]]);
			w->move[i--] = w->move[--left];
			some = true;
		}
	}
	return !left;
}

/* One chassis. */
static bool reaches(const struct fleet *f, const struct fleet_chassis *k, const uint32_t *at)
{
	struct walk w = {.f = f, .b = fleet_book_new(f), .at = at};
	bool ok, lost = false;

	w.move = mr_xcalloc(k->claims + 1, sizeof(*w.move));
	for (uint32_t c = k->claim; c < k->claim + k->claims; c++) {
		uint32_t prior = f->claim[c].prior;

		if (prior == FLEET_NONE)
			continue;
		fleet_book_take(w.b, c, prior);
		lost |= at[c] == FLEET_NONE;
		if (at[c] != prior)
			w.move[w.moves++] = c;
	}
	if (lost) {
		ok = false;
	} else if (w.moves > MOST) {
		ok = walk_straight(&w);
	} else {
		w.seen = mr_xcalloc((1U << w.moves) / 8 + 1, 1);
		ok = walk(&w, 0);
	}
	free(w.seen);
	free(w.move);
	fleet_book_free(w.b);
	return ok;
}

/* See exact.h. */
bool exact_reached(const struct fleet *f, const uint32_t *at)
{
	for (unsigned k = 0; k < f->n_chassis; k++)
		if (!reaches(f, &f->chassis[k], at))
			return false;
	return true;
}
