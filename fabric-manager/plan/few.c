/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last part of the search: what was found is worth so much, do fewer moves do for it? All
 * new tiles are looked after at once, from where everybody is at home, and every way to put
 * others out for them is tried: that is quick where few may move. The same new tiles first,
 * then others that are worth as much. Mostly it ends with the answer that there is none.
 */
#include <stdlib.h>
#include <string.h>

#include "common/xalloc.h"
#include "fabric-manager/plan/search.h"

#define NEWS  12       /* new tiles: of more there are too many sets */
#define QUICK 6000000  /* looks, where each of them is taken to need another one to go */
#define EXACT 60000000 /* looks, where nothing is overlooked: */
#define MOVES 6	       /* of so many moves at most */
#define SHARE 4	       /* of these looks one set may take */

struct few {
	struct fm_board *b;
	uint32_t news[NEWS]; /* tiles */
	unsigned n;
	uint32_t got;	/* those of them that 'at' has, as bits */
	uint32_t must;	/* those that have left a place: they get one */
	uint64_t value; /* of those */
	uint16_t *home, *found, *at;
	struct fm_worth best;
	bool exact;
};

static uint64_t value_of(const struct few *f, uint32_t set)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < f->n; i++)
		v += set >> i & 1 ? f->b->tile[f->news[i]].value : 0;
	return v;
}

/* False when they are too many. */
static bool list_news(struct few *f)
{
	const struct fm_board *b = f->b;

	f->n = f->got = f->must = 0;
	for (uint32_t t = 0; t < b->tiles; t++) {
		if (b->tile[t].fixed || b->tile[t].home != FM_NO_BIN)
			continue;
		if (f->n == NEWS)
			return false;
		f->got |= (uint32_t)(f->at[t] != FM_NO_BIN) << f->n;
		f->must |= (uint32_t)b->tile[t].out << f->n;
		f->news[f->n++] = t;
	}
	f->value = value_of(f, f->got);
	return true;
}

/* Whether these get bins with fewer moves than are known; what is left of the looks. */
static bool try_set(struct few *f, uint32_t set, uint64_t *looks)
{
	uint32_t tile[NEWS];
	struct fm_worth w;
	unsigned n = 0;
	bool ok;

	for (unsigned i = 0; i < f->n; i++)
		if (set >> i & 1)
			tile[n++] = f->news[i];
	fm_search_reset(f->b, f->home);
	f->b->steps = *looks;
	ok = fm_search_within(f->b, tile, n, f->best.moves - 1, f->exact);
	*looks = f->b->steps;
	if (!ok)
		return false;
	w = fm_worth_of(f->b);
	fm_search_save(f->b, f->found);
	if (!fm_search_takes(f->b, f->found, &w, f->best))
		return false;
	f->best = w;
	memcpy(f->at, f->found, f->b->tiles * sizeof(*f->at));
	return list_news(f);
}

/* All sets that are worth enough, from the one that is known; again from there when one does.
 */
static void try_all(struct few *f, uint64_t looks)
{
	uint64_t most = looks / SHARE;

	for (uint32_t k = 0; k < 1u << f->n && f->best.moves > 1 && looks;) {
		uint32_t set = f->got ^ k;
		uint64_t may = looks < most ? looks : most, left = may;
		bool ok = (set & f->must) == f->must && value_of(f, set) >= f->value &&
			  try_set(f, set, &left);

		looks -= may - left;
		k = ok ? 0 : k + 1;
	}
}

/* See search.h. */
struct fm_worth fm_few(struct fm_board *b, struct fm_worth best, uint16_t *at)
{
	struct few f = {.b = b, .at = at, .best = best};

	if (best.moves < 2 || !list_news(&f))
		return best;
	f.home = mr_xcalloc(b->tiles + 1, sizeof(*f.home));
	f.found = mr_xcalloc(b->tiles + 1, sizeof(*f.found));
	for (uint32_t t = 0; t < b->tiles; t++)
		f.home[t] = b->tile[t].fixed ? b->tile[t].at : b->tile[t].home;
	try_all(&f, QUICK);
	f.exact = true;
	if (f.best.moves <= MOVES)
		try_all(&f, EXACT);
	free(f.home);
	free(f.found);
	return f.best;
}
