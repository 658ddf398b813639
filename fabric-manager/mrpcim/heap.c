/* SPDX-License-Identifier: Apache-2.0 */
/* Runs that wait, ordered by when they wake: a binary heap whose members know their places. */
#include "common/xalloc.h"
#include "fabric-manager/mrpcim/internal.h"

static void place(struct fm_mrpcim *m, unsigned i, struct fm_mr_run *r)
{
	m->heap[i] = r;
	r->heap_at = i + 1;
}

static void sift_up(struct fm_mrpcim *m, unsigned i)
{
	struct fm_mr_run *r = m->heap[i];

	for (; i && m->heap[(i - 1) / 2]->wake_ns > r->wake_ns; i = (i - 1) / 2)
		place(m, i, m->heap[(i - 1) / 2]);
	place(m, i, r);
}

static void sift_down(struct fm_mrpcim *m, unsigned i)
{
	struct fm_mr_run *r = m->heap[i];
	unsigned child;

	for (; (child = 2 * i + 1) < m->heaped; i = child) {
		if (child + 1 < m->heaped &&
		    m->heap[child + 1]->wake_ns < m->heap[child]->wake_ns)
			child++;
		if (m->heap[child]->wake_ns >= r->wake_ns)
			break;
		place(m, i, m->heap[child]);
	}
	place(m, i, r);
}

/* Puts 'r', which is not in it, into the heap by its wake_ns. */
void fm_mr_heap_put(struct fm_mrpcim *m, struct fm_mr_run *r)
{
	MR_GROW(m->heap, m->heaped, m->heap_cap);
	place(m, m->heaped, r);
	sift_up(m, m->heaped++);
}

/* Takes 'r' out, if it is in. */
void fm_mr_heap_del(struct fm_mrpcim *m, struct fm_mr_run *r)
{
	unsigned i = r->heap_at - 1;
	struct fm_mr_run *last;

	if (!r->heap_at)
		return;
	r->heap_at = 0;
	last = m->heap[--m->heaped];
	if (last == r)
		return;
	place(m, i, last);
	sift_up(m, i);
	sift_down(m, last->heap_at - 1);
}
