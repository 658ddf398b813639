/* SPDX-License-Identifier: Apache-2.0 */
/* Small sets: a linear search of a few entries. */
#include "tests/sim-test/world/touched.h"

#include "tests/sim-test/world/world.h"

static void add_fn(struct touched_set *t, uint64_t fn)
{
	t->any = true;
	for (unsigned i = 0; i < t->fns; i++)
		if (t->fn[i] == fn)
			return;
	if (t->fns == TOUCHED_MAX)
		t->all = true;
	else
		t->fn[t->fns++] = fn;
}

static void add_row(struct touched_set *t, uint32_t row)
{
	t->any = true;
	for (unsigned i = 0; i < t->rows; i++)
		if (t->row[i] == row)
			return;
	if (t->rows == TOUCHED_MAX)
		t->all = true;
	else
		t->row[t->rows++] = row;
}

static void add_host(struct touched_set *t, unsigned vh)
{
	t->any = true;
	t->host[vh / 64] |= UINT64_C(1) << vh % 64;
}

void world_touch_fn(struct world *w, uint64_t fn)
{
	add_fn(&w->touched.now, fn);
	add_fn(&w->touched.warm, fn);
}

void world_touch_row(struct world *w, unsigned vh, unsigned bridge)
{
	add_row(&w->touched.now, vh << 16 | bridge);
	add_row(&w->touched.warm, vh << 16 | bridge);
}

void world_touch_host(struct world *w, unsigned vh)
{
	add_host(&w->touched.now, vh);
	add_host(&w->touched.warm, vh);
}

void world_touch_all(struct world *w)
{
	w->touched.now.any = w->touched.now.all = true;
	w->touched.warm.any = w->touched.warm.all = true;
}

void world_touch_due(struct world *w)
{
	const struct touched_set *warm = &w->touched.warm;
	struct touched_set *now = &w->touched.now;

	if (!warm->any)
		return;
	now->any = true;
	now->all |= warm->all;
	for (unsigned i = 0; i < warm->fns; i++)
		add_fn(now, warm->fn[i]);
	for (unsigned i = 0; i < warm->rows; i++)
		add_row(now, warm->row[i]);
	for (unsigned i = 0; i < TOUCHED_HOSTS / 64; i++)
		now->host[i] |= warm->host[i];
}

static void forget(struct touched_set *t)
{
	if (!t->any)
		return;
	t->any = t->all = false;
	t->fns = t->rows = 0;
	for (unsigned i = 0; i < TOUCHED_HOSTS / 64; i++)
		t->host[i] = 0;
}

void world_touch_none(struct world *w)
{
	forget(&w->touched.now);
	if (sim_chassis_deadline(w->chassis) == MR_NEVER)
		forget(&w->touched.warm);
}
