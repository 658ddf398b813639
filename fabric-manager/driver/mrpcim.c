/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The driver of chassis that show registers: carries fm_mrpcim's batches over chassis.proto,
 * brings it replies and interrupts, and keeps its timer. One dialer and one state machine per
 * chassis.
 */
#include "fabric-manager/mrpcim/mrpcim.h"

#include <stdlib.h>

#include "common/err.h"
#include "common/net/addr.h"
#include "common/net/frame.h"
#include "common/net/loop.h"
#include "common/net/peer.h"
#include "common/os/clock.h"
#include "common/os/log.h"
#include "common/pci/batch.h"
#include "common/str.h"
#include "common/xalloc.h"
#include "fabric-manager/driver/driver.h"
#include "fabric-manager/driver/wire.h"

struct chassis {
	struct fm_driver driver; /* first */
	struct mr_loop *loop;
	char name[MR_NAME_MAX];
	const struct fm_driver_calls *calls;
	void *arg;
	struct mr_dialer *dialer;
	struct mr_peer *peer; /* NULL while not connected */
	struct mr_timer *timer;
	int64_t timer_at;
	struct fm_mrpcim *m;
	struct fm_mr_actions out;
	struct mr_buf frame;
	bool busy;    /* inside a step or its actions: operations wait in 'queue' */
	bool awaited; /* a deferred call will start what waits */
	bool closing;
	bool told; /* that it cannot be reached */
	struct fm_op *queue;
	unsigned first, queued, queue_cap;
};

/* ---- steps ---- */

static void send_batch(struct chassis *c, const struct fm_mr_action *a)
{
	if (!c->peer)
		return;
	mr_buf_reset(&c->frame);
	fm_wire_batch_put(&c->frame, a->tag, a->owner_id, a->owner_epoch, &a->ops);
	mr_peer_send(c->peer, c->frame.data, c->frame.len);
}

static void act(struct chassis *c, struct fm_mr_action *a)
{
	switch (a->kind) {
	case FM_MR_BATCH:
		send_batch(c, a);
		break;
	case FM_MR_RESULT:
		c->calls->on_result(&a->result, c->arg);
		break;
	case FM_MR_CHASSIS_EVENT:
		c->calls->on_event(&a->event, c->arg);
		break;
	}
}

static void step(struct chassis *c, struct mr_now now, const struct fm_mr_event *ev)
{
	fm_mrpcim_step(c->m, now, ev, &c->out);
	for (unsigned i = 0; i < c->out.n && !c->closing; i++)
		act(c, &c->out.item[i]);
	fm_mr_actions_reset(&c->out);
}

static void set_timer(struct chassis *c)
{
	int64_t at = fm_mrpcim_deadline(c->m);

	if (at == c->timer_at)
		return;
	c->timer_at = at;
	mr_timer_set(c->timer, at);
}

/* Starts what was submitted, also by the callbacks of what is being started. */
static void drain_queue(struct chassis *c, struct mr_now now)
{
	while (c->queued && !c->closing) {
		struct fm_op op = c->queue[c->first];

		c->first++;
		c->queued--;
		step(c, now, &(struct fm_mr_event){.kind = FM_MR_OP, .op = &op});
	}
	if (!c->queued)
		c->first = 0;
}

/* One event from outside and everything that follows from it. The core is not entered again
 * from inside its own actions. */
static void feed(struct chassis *c, const struct fm_mr_event *ev)
{
	struct mr_now now = mr_clock_now();

	if (c->closing)
		return;
	c->busy = true;
	if (ev)
		step(c, now, ev);
	drain_queue(c, now);
	c->busy = false;
	set_timer(c);
}

static void on_timer(void *arg)
{
	struct chassis *c = arg;

	c->timer_at = MR_NEVER;
	feed(c, &(struct fm_mr_event){.kind = FM_MR_TIMER});
}

/* ---- connection ---- */

static void on_ready(struct mr_peer *p, const struct mr_hello *theirs, void *arg)
{
	struct chassis *c = arg;

	mr_info("driver", "chassis %s: connected to %s '%s'", c->name, mr_peer_name(p),
		theirs->name);
	c->told = false;
	c->peer = p;
	feed(c, &(struct fm_mr_event){.kind = FM_MR_LINK_UP});
}

/* An error of the other side answers a batch that it could not read: our fault, told as
 * such. */
static void on_error(struct chassis *c, const struct fm_wire_in *in)
{
	mr_warn("driver", "chassis %s: a batch was not understood: '%s'; it ends refused",
		c->name, in->text);
	feed(c, &(struct fm_mr_event){.kind = FM_MR_REPLY,
				      .tag = in->reply_to,
				      .status = MR_BATCH_MALFORMED});
}

static void on_frame(struct mr_peer *p, const uint8_t *data, size_t len, void *arg)
{
	struct chassis *c = arg;
	struct mr_err err = {0};
	struct fm_wire_in in;

	if (fm_wire_read(data, len, &in, &err) < 0) {
		mr_peer_close(p, err.text);
		return;
	}
	switch (in.kind) {
	case FM_WIRE_REPLY:
		feed(c, &(struct fm_mr_event){.kind = FM_MR_REPLY,
					      .tag = in.reply_to,
					      .executed = in.executed,
					      .status = in.status,
					      .data = in.data,
					      .len = in.len});
		break;
	case FM_WIRE_INTERRUPT:
		feed(c, &(struct fm_mr_event){.kind = FM_MR_INTERRUPT,
					      .vector = in.vector,
					      .irq_data = in.irq_data});
		break;
	case FM_WIRE_ERROR:
		on_error(c, &in);
		break;
	}
}

static void on_close(struct mr_peer *p, const char *why, void *arg)
{
	struct chassis *c = arg;
	bool was = c->peer == p;

	if (c->closing)
		return;
	if (was || !c->told)
		mr_warn("driver", "chassis %s: %s: %s; trying again", c->name,
			was ? "connection lost" : "cannot connect", why);
	c->told = true;
	if (!was)
		return;
	c->peer = NULL;
	feed(c, &(struct fm_mr_event){.kind = FM_MR_LINK_DOWN});
}

static const struct mr_peer_ops peer_ops = {on_ready, on_frame, on_close};

/* ---- the driver ---- */

static struct fm_driver *chassis_open(struct mr_loop *l, const struct fm_driver_config *cfg,
				      struct mr_err *err)
{
	struct mr_peer_config peer = {
		.hello = {.protocol = "chassis",
			  .role = "manager",
			  .major = MR_PROTOCOL_MAJOR,
			  .minor = MR_PROTOCOL_MINOR},
		.cap = MR_FRAME_CAP_CHASSIS,
		.ops = &peer_ops,
	};
	struct mr_addr addr;
	struct chassis *c;

	if (mr_addr_parse(cfg->address, &addr, err) < 0) {
		mr_err_prefix(err, "chassis '%s'", cfg->name);
		return NULL;
	}
	c = MR_NEW(struct chassis);
	c->driver.ops = &fm_driver_mrpcim;
	c->loop = l;
	c->calls = cfg->calls;
	c->arg = cfg->arg;
	mr_fmt(c->name, sizeof(c->name), "%s", cfg->name);
	mr_copy(peer.hello.name, sizeof(peer.hello.name), "banyan-manager");
	mr_fmt(peer.hello.instance, sizeof(peer.hello.instance), "%s",
	       cfg->instance ? cfg->instance : "");
	peer.arg = c;
	c->m = fm_mrpcim_new(cfg->index, cfg->name);
	c->timer = mr_timer_new(l, on_timer, c);
	c->timer_at = MR_NEVER;
	c->dialer = mr_dial(l, cfg->address, &peer);
	return &c->driver;
}

static void chassis_free(struct chassis *c)
{
	free(c->queue);
	free(c);
}

static void start_queued(void *arg)
{
	struct chassis *c = arg;

	c->awaited = false;
	if (c->closing)
		chassis_free(c);
	else
		feed(c, NULL);
}

/* Room at the end of the queue; what was started already makes it first. */
static void queue_room(struct chassis *c)
{
	unsigned end = c->first + c->queued;

	if (c->first && end == c->queue_cap) {
		for (unsigned i = 0; i < c->queued; i++)
			c->queue[i] = c->queue[c->first + i];
		c->first = 0;
		end = c->queued;
	}
	MR_GROW(c->queue, end, c->queue_cap);
}

static void chassis_submit(struct fm_driver *d, const struct fm_op *op)
{
	struct chassis *c = (struct chassis *)d;

	queue_room(c);
	c->queue[c->first + c->queued++] = *op;
	if (c->busy || c->awaited)
		return;
	c->awaited = true;
	mr_loop_defer(c->loop, start_queued, c);
}

static void chassis_close(struct fm_driver *d)
{
	struct chassis *c = (struct chassis *)d;

	c->closing = true;
	mr_dialer_free(c->dialer);
	mr_timer_free(c->timer);
	fm_mrpcim_free(c->m);
	fm_mr_actions_done(&c->out);
	mr_buf_done(&c->frame);
	if (!c->awaited)
		chassis_free(c);
}

const struct fm_driver_ops fm_driver_mrpcim = {
	.name = "mrpcim",
	.open = chassis_open,
	.submit = chassis_submit,
	.close = chassis_close,
};
