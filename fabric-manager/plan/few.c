/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last part of the search: what was found is worth so much, do fewer moves do for it? Some
 * of those who move are sent home together, what is new where they meet is taken out, and
 * places are looked for that take fewer moves. First two of them, then three and more: such
 * that have to do with each other, as the others would be looked at by themselves.
 */
#include <stdlib.h>
#include <string.h>

#include "common/xalloc.h"
#include "fabric-manager/plan/search.h"

#define SIZE  6	       /* so many are sent home together at most */
#define NEWS  16       /* new tiles are taken out with them at most */
#define LOOKS 30000000 /* in all; a tile that is only passed counts as one, too */
#define PART  50000    /* for those who are sent home together, */
#define MORE  4	       /* and so many times as many when no part is of use with these */

struct few {
	struct fm_board *b;
	uint64_t looks, share; /* that may still be made; for one part */
	uint16_t *at;
	struct fm_worth best; /* of 'at' */
	uint32_t *mover;      /* tiles that move in it */
	unsigned n;
	bool *near;		    /* [mover * n + mover]: they meet */
	unsigned *next, n_next;	    /* movers that meet one of the part, in the order found */
	bool *seen;		    /* part of next */
	uint32_t part[SIZE + NEWS]; /* tiles: who is sent home, then what has no bin */
};

/* Whether two who move have a host or an adapter in common, before or afterwards. */
static bool meet(const struct few *f, uint32_t x, uint32_t y)
{
	const struct fm_board *b = f->b;
	const struct fm_tile *tx = &b->tile[x], *ty = &b->tile[y];
	uint16_t x0 = b->bin[tx->home].slot, x1 = b->bin[f->at[x]].slot;
	uint16_t y0 = b->bin[ty->home].slot, y1 = b->bin[f->at[y]].slot;

	return tx->host == ty->host || x0 == y0 || x0 == y1 || x1 == y0 || x1 == y1;
}

static void list_movers(struct few *f)
{
	const struct fm_board *b = f->b;

	f->n = 0;
	for (uint32_t t = 0; t < b->tiles; t++)
		if (!b->tile[t].fixed && b->tile[t].home != FM_NO_BIN &&
		    f->at[t] != FM_NO_BIN && f->at[t] != b->tile[t].home)
			f->mover[f->n++] = t;
	for (unsigned i = 0; i < f->n; i++)
		for (unsigned k = 0; k < f->n; k++)
			f->near[i * f->n + k] = meet(f, f->mover[i], f->mover[k]);
}

/* Whether the new tile stands where one of the part has to do with it. */
static bool is_concerned(const struct few *f, unsigned size, uint32_t t)
{
	const struct fm_board *b = f->b;

	for (unsigned i = 0; i < size; i++) {
		const struct fm_tile *m = &b->tile[f->part[i]];

		if (m->host == b->tile[t].host ||
		    b->bin[m->home].slot == b->bin[b->tile[t].at].slot)
			return true;
	}
	return false;
}

/* Takes the part out, and the new tiles concerned; who can goes home. Those without a bin are
 * left in f->part: how many, or -1 when they are too many. */
static int take_out(struct few *f, unsigned size)
{
	struct fm_board *b = f->b;
	unsigned end = size, n = 0;

	for (uint32_t t = 0; t < b->tiles; t++) {
		if (b->tile[t].fixed || b->tile[t].home != FM_NO_BIN ||
		    b->tile[t].at == FM_NO_BIN || !is_concerned(f, size, t))
			continue;
		if (end == size + NEWS)
			return -1;
		f->part[end++] = t;
	}
	for (unsigned i = 0; i < end; i++)
		fm_board_lift(b, f->part[i]);
	for (unsigned i = 0; i < end; i++) {
		uint32_t t = f->part[i];

		if (i < size && !fm_board_block(b, t, b->tile[t].home))
			fm_board_put(b, t, b->tile[t].home);
		else
			f->part[n++] = t;
	}
	return (int)n;
}

/* Back to what is known, by those who are elsewhere. */
static void go_back(struct few *f)
{
	struct fm_board *b = f->b;

	for (uint32_t t = 0; t < b->tiles; t++)
		if (b->tile[t].at != f->at[t] && b->tile[t].at != FM_NO_BIN)
			fm_board_lift(b, t);
	for (uint32_t t = 0; t < b->tiles; t++)
		if (b->tile[t].at != f->at[t])
			fm_board_put(b, t, f->at[t]);
}

/* Whether fewer moves do with the first tiles of f->part sent home: then that is the best. */
static bool try_part(struct few *f, unsigned size)
{
	struct fm_board *b = f->b;
	uint64_t may;
	bool ok;
	int n;

	go_back(f);
	f->looks -= f->looks < b->tiles || fm_search_is_stopped(b) ? f->looks : b->tiles;
	n = take_out(f, size);
	b->steps = may = f->looks < f->share ? f->looks : f->share;
	ok = n >= 0 && fm_search_within(b, f->part, (unsigned)n, size + 1, f->best.moves - 1);
	f->looks -= may - b->steps;
	return ok && fm_search_keep(b, &f->best, f->at);
}

/* Mover 'x' is one of the part: who meets him may be the next one. Only those after 'root', or
 * the same ones would be sent home again in another order. */
static void reach(struct few *f, unsigned root, unsigned x)
{
	for (unsigned i = root + 1; i < f->n; i++)
		if (f->near[x * f->n + i] && !f->seen[i]) {
			f->seen[i] = true;
			f->next[f->n_next++] = i;
		}
}

/* Every part of so many movers that has the 'have' of f->part, the first of them 'root', and
 * others from f->next[from] on. */
static bool try_parts(struct few *f, unsigned root, unsigned have, unsigned size, unsigned from)
{
	uint32_t part[SIZE];

	memcpy(part, f->part, sizeof(part));
	for (unsigned i = from; i < f->n_next && f->looks; i++) {
		unsigned was = f->n_next;
		bool ok;

		memcpy(f->part, part, sizeof(part));
		f->part[have] = f->mover[f->next[i]];
		if (have + 1 == size) {
			ok = try_part(f, size);
		} else {
			reach(f, root, f->next[i]);
			ok = try_parts(f, root, have + 1, size, i + 1);
			while (f->n_next > was)
				f->seen[f->next[--f->n_next]] = false;
		}
		if (ok)
			return true;
	}
	return false;
}

/* Every part of so many movers; whether that was of use. */
static bool try_size(struct few *f, unsigned size)
{
	bool ret = false;

	for (unsigned root = 0; root < f->n && f->looks;) {
		f->n_next = 0;
		memset(f->seen, 0, f->n * sizeof(*f->seen));
		f->part[0] = f->mover[root];
		reach(f, root, root);
		if (try_parts(f, root, 1, size, 0)) {
			list_movers(f);
			ret = true;
		} else {
			root++;
		}
	}
	return ret;
}

/* See search.h. */
struct fm_worth fm_few(struct fm_board *b, struct fm_worth best, uint16_t *at)
{
	struct few f = {.b = b, .looks = LOOKS, .at = at, .best = best};
	unsigned n = best.moves + 1;

	if (best.moves < 2)
		return best;
	f.mover = mr_xcalloc(n, sizeof(*f.mover));
	f.near = mr_xcalloc((size_t)n * n, sizeof(*f.near));
	f.next = mr_xcalloc(n, sizeof(*f.next));
	f.seen = mr_xcalloc(n, sizeof(*f.seen));
	list_movers(&f);
	for (f.share = PART; f.share <= PART * MORE; f.share *= MORE)
		for (unsigned size = 2; size <= SIZE && size <= f.n; size++)
			if (try_size(&f, size))
				size = 1;
	free(f.mover);
	free(f.near);
	free(f.next);
	free(f.seen);
	return f.best;
}
