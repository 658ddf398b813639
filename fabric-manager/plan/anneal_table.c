/* SPDX-License-Identifier: Apache-2.0 */
/* The table, read from the board once. See anneal.h. */
#include <stdlib.h>

#include "common/xalloc.h"
#include "fabric-manager/plan/anneal.h"

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
		read_bin(&b->bin[i], sum + fm_anneal_bin(i));
	for (unsigned i = 0; i < b->slots; i++) {
		sum[fm_anneal_slot(b, i)] = b->slot[i].vhs;
		sum[fm_anneal_slot(b, i) + 1] = b->slot[i].mbps;
	}
	for (unsigned i = 0; i <= b->seats; i++) {
		sum[fm_anneal_seat(b, i)] = b->seat[i].bridges;
		sum[fm_anneal_seat(b, i) + 1] = b->seat[i].mbps;
	}
}

static void add_term(struct fm_anneal *a, struct fm_anneal_option *o, unsigned sum,
		     int64_t amount)
{
	if (!amount ||
	    (o->shared && fm_anneal_is_count(a, sum) && sum >= fm_anneal_slot(a->b, 0)))
		return;
	MR_GROW(a->term, a->terms, a->cap_terms);
	a->term[a->terms++] = (struct fm_anneal_term){.sum = sum, .amount = amount};
	o->terms++;
}

/* What the tile takes there, as the board counts it: what is another sum afterwards. */
static void add_option(struct fm_anneal *a, uint32_t t, uint16_t bin)
{
	struct fm_board *b = a->b;
	const struct fm_tile *tile = &b->tile[t];
	uint16_t slot = b->bin[bin].slot,
		 port = b->bin[bin].port == FM_NO_BIN ? bin : b->bin[bin].port;
	struct fm_anneal_option o = {.term = a->terms,
				     .bin = bin,
				     .slot = slot,
				     .shared = b->slot[slot].mra && tile->lvf};
	unsigned from[] = {fm_anneal_bin(bin), fm_anneal_bin(port), fm_anneal_slot(b, slot),
			   fm_anneal_seat(b, tile->host)};
	unsigned n[] = {FM_ANNEAL_BIN_SUMS, port == bin ? 0 : FM_ANNEAL_BIN_SUMS, 2, 2};
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

static void add_options(struct fm_anneal *a, uint32_t t)
{
	struct fm_board *b = a->b;
	const struct fm_tile *tile = &b->tile[t];
	unsigned n;

	a->first[t] = a->options;
	a->old[t] = a->now[t] = FM_ANNEAL_NOWHERE;
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

static void set_averages(struct fm_anneal *a)
{
	int64_t *users = mr_xcalloc(a->sums, sizeof(*users));

	for (unsigned i = 0; i < a->terms; i++) {
		a->average[a->term[i].sum] += a->term[i].amount;
		users[a->term[i].sum]++;
	}
	for (unsigned i = 0; i < a->sums; i++)
		a->average[i] =
			users[i] && !fm_anneal_is_count(a, i) ? a->average[i] / users[i] : 1;
	free(users);
}

/* See anneal.h. */
void fm_anneal_table(struct fm_anneal *a)
{
	struct fm_board *b = a->b;

	a->sums = fm_anneal_seat(b, b->seats + 1);
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

/* See anneal.h. */
void fm_anneal_table_done(struct fm_anneal *a)
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
