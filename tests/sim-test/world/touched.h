/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the inputs of a world may have changed since the judge last looked: functions and rows
 * that the manager wrote to, hosts whose kernel or hardware did something, functions whose rows
 * in the store are others now. It is known from what was sent, not from what the switch made of
 * it. Table writes take effect later, per port: what was touched is touched again whenever the
 * chassis does something that was due, until it has nothing left to do.
 */
#ifndef TESTS_SIM_TEST_TOUCHED_H
#define TESTS_SIM_TEST_TOUCHED_H

#include <stdbool.h>
#include <stdint.h>

struct world;

#define TOUCHED_MAX   32 /* of a kind; more: everything */
#define TOUCHED_HOSTS 256

struct touched_set {
	bool any, all;
	uint64_t fn[TOUCHED_MAX]; /* fm_fn_key */
	unsigned fns;
	uint32_t row[TOUCHED_MAX]; /* VH << 16 | bridge */
	unsigned rows;
	uint64_t host[TOUCHED_HOSTS / 64]; /* a bit each */
};

struct world_touched {
	struct touched_set now, warm;
};

void world_touch_fn(struct world *w, uint64_t fn);
void world_touch_row(struct world *w, unsigned vh, unsigned bridge);
void world_touch_host(struct world *w, unsigned vh);
void world_touch_all(struct world *w);
/* The chassis did what was due. */
void world_touch_due(struct world *w);
/* The judge looked. */
void world_touch_none(struct world *w);

static inline bool touched_host(const struct touched_set *t, unsigned vh)
{
	return t->host[vh / 64] >> vh % 64 & 1;
}

#endif
