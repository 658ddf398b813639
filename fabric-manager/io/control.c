/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The control socket: a request becomes an event with a tag, the engine's reply goes back to
 * whoever asked.
 */
#include "fabric-manager/codec/control.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "common/err.h"
#include "common/map.h"
#include "common/net/frame.h"
#include "common/net/peer.h"
#include "common/os/log.h"
#include "common/xalloc.h"
#include "fabric-manager/io/shell.h"

/* A request that waits for its reply. */
struct asked {
	uint64_t tag, id;
	bool follow;
	LIST_ENTRY(asked) next;
};

struct operator
{
	struct fm_control *control;
	struct mr_peer *peer;
	char who[MR_NAME_MAX];
	bool follows;
	LIST_HEAD(, asked) asked;
	LIST_ENTRY(operator) next;
};

struct fm_control {
	struct fm_manager *m;
	struct mr_listener *listener;
	uint64_t next_tag;
	LIST_HEAD(, operator) operators;
	struct mr_buf out;
};

static void on_ready(struct mr_peer *p, const struct mr_hello *theirs, void *arg)
{
	struct fm_control *c = arg;
	struct operator* o = MR_NEW(struct operator);

	o->control = c;
	o->peer = p;
	/* the manager's own words for what it did by itself are nobody's name */
	if (mr_streq(theirs->name, "failover") || mr_streq(theirs->name, "rollout"))
		mr_fmt(o->who, sizeof(o->who), "user-%s", theirs->name);
	else
		mr_copy(o->who, sizeof(o->who), theirs->name);
	LIST_INIT(&o->asked);
	LIST_INSERT_HEAD(&c->operators, o, next);
	mr_peer_set_user(p, o);
}

static void send_error(struct operator* o, uint64_t id, const struct mr_err *err)
{
	struct mr_buf *out = &o->control->out;

	mr_buf_reset(out);
	fm_control_put_error(out, id, err);
	mr_peer_send(o->peer, out->data, out->len);
}

static void ask(struct operator* o, struct fm_control_msg *msg)
{
	struct asked *a = MR_NEW(struct asked);
	struct fm_event ev = {.kind = FM_EV_REQUEST, .request = &msg->request};

	msg->request.who = o->who;
	a->tag = ev.tag = ++o->control->next_tag;
	a->id = msg->id;
	a->follow = msg->request.follow;
	LIST_INSERT_HEAD(&o->asked, a, next);
	fm_pump_event(o->control->m->pump, &ev);
}

static void on_frame(struct mr_peer *p, const uint8_t *data, size_t len, void *arg)
{
	struct operator* o = mr_peer_user(p);
	struct fm_control_msg msg;
	struct mr_err err = {0};
	int rc = fm_control_get(data, len, &msg, &err);

	(void)arg;
	if (!rc && msg.kind != FM_CONTROL_REQUEST)
		rc = mr_err_set(&err, -ENOTSUP, MR_REASON_UNSUPPORTED,
				"only requests are taken here");
	if (rc)
		send_error(o, msg.id, &err);
	else
		ask(o, &msg);
	if (rc == -EINVAL)
		mr_peer_close(p, err.text);
	fm_control_msg_done(&msg);
}

static void operator_free(struct operator* o)
{
	struct asked *a;

	while ((a = LIST_FIRST(&o->asked))) {
		LIST_REMOVE(a, next);
		free(a);
	}
	LIST_REMOVE(o, next);
	free(o);
}

static void on_close(struct mr_peer *p, const char *why, void *arg)
{
	struct operator* o = mr_peer_user(p);

	(void)arg;
	mr_debug("control", "%s: closed: %s", mr_peer_name(p), why);
	if (o)
		operator_free(o);
}

void fm_control_reply(struct fm_control *c, uint64_t tag, const struct fm_reply *reply)
{
	struct operator* o;
	struct asked *a;

	LIST_FOREACH(o, &c->operators, next)
	{
		LIST_FOREACH(a, &o->asked, next)
		{
			if (a->tag != tag)
				continue;
			mr_buf_reset(&c->out);
			fm_control_put_reply(&c->out, a->id, reply);
			mr_peer_send(o->peer, c->out.data, c->out.len);
			o->follows |= a->follow;
			LIST_REMOVE(a, next);
			free(a);
			return;
		}
	}
}

void fm_control_event(struct fm_control *c, const struct fm_rec_event *event)
{
	struct operator* o;

	mr_buf_reset(&c->out);
	LIST_FOREACH(o, &c->operators, next)
	{
		if (!o->follows)
			continue;
		if (!c->out.len)
			fm_control_put_event(&c->out, event);
		mr_peer_send(o->peer, c->out.data, c->out.len);
	}
}

int fm_control_new(struct fm_manager *m, struct fm_control **ret, struct mr_err *err)
{
	static const struct mr_peer_ops ops = {on_ready, on_frame, on_close};
	struct fm_control *c = MR_NEW(struct fm_control);
	struct mr_peer_config cfg = {
		.hello = {.protocol = "control", .role = "manager"},
		.cap = MR_FRAME_CAP_CONTROL,
		.ops = &ops,
		.arg = c,
	};
	int rc;

	c->m = m;
	LIST_INIT(&c->operators);
	rc = mr_listen(m->loop, m->cfg.control, &cfg, &c->listener, err);
	if (rc) {
		free(c);
		return rc;
	}
	*ret = c;
	return 0;
}

void fm_control_free(struct fm_control *c)
{
	if (!c)
		return;
	mr_listener_free(c->listener);
	while (!LIST_EMPTY(&c->operators))
		operator_free(LIST_FIRST(&c->operators));
	mr_buf_done(&c->out);
	free(c);
}
