// SPDX-License-Identifier: Apache-2.0
/*
 * Managers' connections. A batch is executed when its frame is read and answered at once, so
 * answers leave in the order of requests; what a batch set off is carried on after its answer.
 */
#include "sim/server.h"

#include <errno.h>
#include <stdlib.h>

#include "common/err.h"
#include "common/net/frame.h"
#include "common/net/peer.h"
#include "common/os/clock.h"
#include "common/os/log.h"
#include "common/xalloc.h"
#include "sim/codec/chassis.h"
#include "sim/model/chassis.h"
#include "sim/world.h"

struct sim_server {
	struct sim_world *world;
	struct mr_listener *listener;
	struct mr_peer **peer; /* those that are ready */
	unsigned n, cap;
	struct sim_request request;
	struct sim_batch_result result;
	struct mr_buf out;
};

static void on_ready(struct mr_peer *p, const struct mr_hello *theirs, void *arg)
{
	struct sim_server *s = arg;

	MR_GROW(s->peer, s->n, s->cap);
	s->peer[s->n++] = p;
	mr_info("server", "manager '%s' connected from %s", theirs->name, mr_peer_name(p));
}

static void on_frame(struct mr_peer *p, const uint8_t *data, size_t len, void *arg)
{
	struct sim_server *s = arg;
	struct mr_err err = {0};
	int r = sim_request_read(data, len, &s->request, &err);

	mr_buf_reset(&s->out);
	if (r) {
		sim_error_put(&s->out, r == -EBADMSG ? 0 : s->request.id, err.reason, r,
			      err.text);
		mr_peer_send(p, s->out.data, s->out.len);
		if (r == -EBADMSG)
			mr_peer_close(p, err.text);
		return;
	}
	sim_chassis_batch(sim_world_chassis(s->world), sim_world_now(s->world),
			  s->request.owner_id, s->request.owner_epoch,
			  (const uint8_t *)s->request.ops.data, s->request.ops.len, &s->result);
	sim_reply_put(&s->out, s->request.id, &s->result);
	mr_peer_send(p, s->out.data, s->out.len);
	sim_world_pump(s->world);
}

static void on_close(struct mr_peer *p, const char *why, void *arg)
{
	struct sim_server *s = arg;

	for (unsigned i = 0; i < s->n; i++)
		if (s->peer[i] == p) {
			s->peer[i] = s->peer[--s->n];
			mr_info("server", "manager at %s is gone: %s", mr_peer_name(p), why);
			return;
		}
}

static const struct mr_peer_ops peer_ops = {on_ready, on_frame, on_close};

/* Starts to listen; see the header. */
int sim_server_new(struct mr_loop *l, struct sim_world *w, const char *addr, const char *name,
		   struct sim_server **ret, struct mr_err *err)
{
	struct sim_server *s = MR_NEW(struct sim_server);
	struct mr_peer_config cfg = {
		.hello = {.protocol = "chassis",
			  .role = "sim",
			  .major = MR_PROTOCOL_MAJOR,
			  .minor = MR_PROTOCOL_MINOR},
		.cap = MR_FRAME_CAP_CHASSIS,
		.ops = &peer_ops,
		.arg = s,
	};
	int r;

	mr_copy(cfg.hello.name, sizeof(cfg.hello.name), name);
	mr_fmt(cfg.hello.instance, sizeof(cfg.hello.instance), "%016llx",
	       (unsigned long long)mr_random_u64());
	s->world = w;
	r = mr_listen(l, addr, &cfg, &s->listener, err);
	if (r) {
		free(s);
		return r;
	}
	*ret = s;
	return 0;
}

/* NULL is accepted. */
void sim_server_free(struct sim_server *s)
{
	if (!s)
		return;
	mr_listener_free(s->listener);
	mr_buf_done(&s->request.ops);
	mr_buf_done(&s->result.data);
	mr_buf_done(&s->out);
	free(s->peer);
	free(s);
}

/* One interrupt frame to every manager that is ready. */
void sim_server_interrupt(struct sim_server *s, uint32_t vector, uint32_t data)
{
	struct mr_buf out = {0};

	sim_interrupt_put(&out, vector, data);
	for (unsigned i = 0; i < s->n; i++)
		mr_peer_send(s->peer[i], out.data, out.len);
	mr_buf_done(&out);
}

/* See the header. */
void sim_server_drop(struct sim_server *s)
{
	for (unsigned i = 0; i < s->n; i++)
		mr_peer_close(s->peer[i], "the chassis lost its power");
}
