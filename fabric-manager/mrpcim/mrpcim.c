/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One chassis' driver: takes events, keeps connection and ownership, hands the rest to its
 * rooms (run.c, discover.c, ring.c).
 */
#include "fabric-manager/mrpcim/mrpcim.h"

#include <stdlib.h>

#include "common/str.h"
#include "common/xalloc.h"
#include "fabric-manager/mrpcim/internal.h"

#define HELLO_REGS ((SW_EVENT_FLAGS - SW_CAPS) / 8 + 1)

/* A driver for the chassis 'index' of the inventory; the caller frees it. */
struct fm_mrpcim *fm_mrpcim_new(unsigned index, const char *name)
{
	struct fm_mrpcim *m = MR_NEW(struct fm_mrpcim);

	m->index = index;
	mr_fmt(m->name, sizeof(m->name), "%s", name);
	m->geo = fm_mr_geometry_new();
	for (unsigned i = 0; i < FM_MR_WAIT_CHAINS; i++)
		TAILQ_INIT(&m->chain[i]);
	return m;
}

/* Frees it; operations under way end without a completion. NULL is accepted. */
void fm_mrpcim_free(struct fm_mrpcim *m)
{
	if (!m)
		return;
	for (unsigned i = 0; i < m->runs; i++) {
		fm_mr_disc_free(m->run[i]->disc);
		free(m->run[i]);
	}
	free(m->run);
	free(m->heap);
	mr_batch_done(&m->batch);
	fm_mr_geometry_free(m->geo);
	free(m);
}

/* ---- actions ---- */

static void action_clear(struct fm_mr_action *a)
{
	struct mr_buf keep = a->ops;

	if (a->kind == FM_MR_RESULT && a->result.observed) {
		fm_chassis_done(a->result.observed);
		free(a->result.observed);
	}
	mr_buf_reset(&keep);
	*a = (struct fm_mr_action){.ops = keep};
}

/* See mrpcim.h; the buffers of batches stay for the next ones. */
void fm_mr_actions_reset(struct fm_mr_actions *a)
{
	for (unsigned i = 0; i < a->n; i++)
		action_clear(&a->item[i]);
	a->n = 0;
}

/* See mrpcim.h; 'a' is empty and usable afterwards. */
void fm_mr_actions_done(struct fm_mr_actions *a)
{
	if (!a)
		return;
	fm_mr_actions_reset(a);
	for (unsigned i = 0; i < a->cap; i++)
		mr_buf_done(&a->item[i].ops);
	free(a->item);
	*a = (struct fm_mr_actions){0};
}

/* Appends an action to those of this step; valid until the next one is added. */
struct fm_mr_action *fm_mr_action_add(struct fm_mrpcim *m, enum fm_mr_action_kind kind)
{
	struct fm_mr_actions *out = m->out;
	unsigned old = out->cap;
	struct fm_mr_action *a;

	MR_GROW(out->item, out->n, out->cap);
	for (unsigned i = old; i < out->cap; i++)
		out->item[i] = (struct fm_mr_action){0};
	a = &out->item[out->n++];
	a->kind = kind;
	return a;
}

/* Tells the engine what the chassis says by itself; fills in which chassis it is. */
void fm_mr_event_add(struct fm_mrpcim *m, struct fm_chassis_event ev)
{
	struct fm_mr_action *a = fm_mr_action_add(m, FM_MR_CHASSIS_EVENT);

	ev.chassis = (uint16_t)m->index;
	a->event = ev;
	a->event.fn.chassis = (uint16_t)m->index;
}

/* ---- ownership ---- */

static void on_owner_epoch(struct fm_mrpcim *m, struct fm_mr_run *r,
			   const struct fm_mr_reply *p, uint64_t serial)
{
	(void)serial;
	fm_mr_event_add(m, (struct fm_chassis_event){.kind = FM_CE_STALE_OWNER,
						     .value = fm_mr_value(p, 0)});
	fm_mr_run_end(m, r);
}

/*
 * The switch no longer takes our writes. 'epoch' is the new owner's; 0 = not known, it is read
 * first. Told once; nothing is written until the chassis was taken again.
 */
void fm_mr_disowned(struct fm_mrpcim *m, uint64_t epoch)
{
	struct fm_mr_run *r;

	if (!m->owned)
		return;
	m->owned = false;
	if (epoch) {
		fm_mr_event_add(m, (struct fm_chassis_event){.kind = FM_CE_STALE_OWNER,
							     .value = epoch});
		return;
	}
	r = fm_mr_run_new(m);
	r->on_reply = on_owner_epoch;
	mr_batch_reset(&m->batch);
	mr_batch_sw_read(&m->batch, SW_OWNER_EPOCH, 1);
	fm_mr_send(m, r);
}

/* ---- connection ---- */

static void on_hello(struct fm_mrpcim *m, struct fm_mr_run *r, const struct fm_mr_reply *p,
		     uint64_t serial)
{
#define REG(reg) (good ? fm_mr_value(p, ((reg)-SW_CAPS) / 8) : 0)
	bool good = p->status == MR_BATCH_OK && p->n == HELLO_REGS;
	uint64_t epoch = REG(SW_OWNER_EPOCH);

	(void)serial;
	m->ready = true; /* what is no switch of ours is refused when it is observed */
	m->generation = REG(SW_GENERATION);
	fm_mr_ring_reset(m, REG(SW_EVENT_HEAD), REG(SW_EVENT_TAIL),
			 (unsigned)(REG(SW_CAPS) >> 48));
	fm_mr_run_end(m, r);
	fm_mr_event_add(m, (struct fm_chassis_event){.kind = FM_CE_CONNECTED});
	if (m->owned && (REG(SW_OWNER_ID) != m->owner_id || epoch != m->owner_epoch))
		fm_mr_disowned(m, epoch);
#undef REG
}

/* What is needed before the first operation: generation and the place in the event ring. */
static void link_up(struct fm_mrpcim *m)
{
	struct fm_mr_run *r;

	if (m->up)
		return;
	m->up = true;
	r = fm_mr_run_new(m);
	r->on_reply = on_hello;
	mr_batch_reset(&m->batch);
	mr_batch_sw_read(&m->batch, SW_CAPS, HELLO_REGS);
	fm_mr_send(m, r);
}

static void link_down(struct fm_mrpcim *m)
{
	bool told = m->ready;

	if (!m->up)
		return;
	m->up = m->ready = false;
	m->ring = (struct fm_mr_ring){0};
	fm_mr_runs_lost(m);
	if (told)
		fm_mr_event_add(m, (struct fm_chassis_event){.kind = FM_CE_DISCONNECTED});
}

/* Takes one event and appends what is to be done; see mrpcim.h. */
void fm_mrpcim_step(struct fm_mrpcim *m, struct mr_now now, const struct fm_mr_event *ev,
		    struct fm_mr_actions *out)
{
	m->now = now;
	m->out = out;
	switch (ev->kind) {
	case FM_MR_LINK_UP:
		link_up(m);
		break;
	case FM_MR_LINK_DOWN:
		link_down(m);
		break;
	case FM_MR_REPLY:
		if (m->up)
			fm_mr_run_reply(m, ev);
		break;
	case FM_MR_INTERRUPT:
		if (m->ready && ev->vector == MR_VECTOR_EVENTS)
			fm_mr_ring_read(m, ev->irq_data);
		break;
	case FM_MR_OP:
		fm_mr_run_start(m, ev->op);
		break;
	case FM_MR_TIMER:
		fm_mr_runs_due(m);
		fm_mr_ring_due(m);
		break;
	}
	m->out = NULL;
}

/* When FM_MR_TIMER is due, MR_NEVER if nothing waits. */
int64_t fm_mrpcim_deadline(const struct fm_mrpcim *m)
{
	int64_t ring = fm_mr_ring_deadline(m);

	return m->heaped && m->heap[0]->wake_ns < ring ? m->heap[0]->wake_ns : ring;
}
