// SPDX-License-Identifier: Apache-2.0
/*
 * One queue of held actions in the order they were asked for.
 */
#include "fabric-manager/engine/action/hold.h"

#include <stdlib.h>
#include <sys/queue.h>

#include "common/xalloc.h"
#include "fabric-manager/engine/action/action.h"

struct held {
	struct fm_action action;
	TAILQ_ENTRY(held) next;
};

struct fm_hold {
	fm_hold_run_fn *run;
	void *arg;
	uint64_t ended; /* every commit up to this one */
	TAILQ_HEAD(, held) queue;
};

struct fm_hold *fm_hold_new(fm_hold_run_fn *run, void *arg)
{
	struct fm_hold *h = MR_NEW(struct fm_hold);

	h->run = run;
	h->arg = arg;
	TAILQ_INIT(&h->queue);
	return h;
}

static void drop(struct fm_hold *h, struct held *q)
{
	TAILQ_REMOVE(&h->queue, q, next);
	fm_action_done(&q->action);
	free(q);
}

void fm_hold_free(struct fm_hold *h)
{
	struct held *q;

	if (!h)
		return;
	while ((q = TAILQ_FIRST(&h->queue)))
		drop(h, q);
	free(h);
}

/* What is recalled was lost together with all before it, so it is found near the head. */
static void recall(struct fm_hold *h, uint64_t tag)
{
	struct held *q;

	TAILQ_FOREACH (q, &h->queue, next) {
		const struct fm_action *a = &q->action;

		if ((a->kind == FM_ACT_OPERATION && a->op.tag == tag) ||
		    (a->kind == FM_ACT_AGENT_COMMAND && a->cmd.op == tag)) {
			drop(h, q);
			return;
		}
	}
}

void fm_hold_take(struct fm_hold *h, struct fm_actions *out)
{
	for (unsigned i = 0; i < out->n; i++) {
		struct fm_action *a = &out->item[i];

		if (a->kind == FM_ACT_RECALL) {
			recall(h, a->n);
		} else if (a->after_commit > h->ended) {
			struct held *q = MR_NEW(struct held);

			q->action = *a;
			TAILQ_INSERT_TAIL(&h->queue, q, next);
		} else {
			h->run(a, h->arg);
			fm_action_done(a);
		}
	}
	out->n = 0;
}

void fm_hold_settle(struct fm_hold *h, uint64_t n, bool durable)
{
	struct held *q, *next;

	h->ended = n;
	for (q = TAILQ_FIRST(&h->queue); q; q = next) {
		next = TAILQ_NEXT(q, next);
		if (q->action.after_commit > n)
			continue;
		TAILQ_REMOVE(&h->queue, q, next);
		if (durable)
			h->run(&q->action, h->arg);
		fm_action_done(&q->action);
		free(q);
	}
}
