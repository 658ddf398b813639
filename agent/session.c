/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages out and in. A manager that was heard once and then says nothing for three heartbeats
 * is gone: the connection is closed and dialled again. One that closed the session before it
 * accepted it (WRONG_SLOT, a host that no policy names) is not dialled again at once, as the
 * dialer would do.
 */
#include "agent/session.h"

#include <errno.h>
#include <stdlib.h>

#include "common/err.h"
#include "common/net/frame.h"
#include "common/net/loop.h"
#include "common/net/peer.h"
#include "common/os/clock.h"
#include "common/os/log.h"
#include "common/xalloc.h"

#define SILENCE_NS (3 * AG_HEARTBEAT_NS)
#define REFUSED_NS (2 * MR_NS_PER_S) /* until it is tried again after a refusal */

struct ag_session {
	struct ag_identity id;
	ag_session_fn *fn;
	void *arg;
	struct mr_loop *loop;
	char manager[320];
	struct mr_dialer *dialer; /* NULL during the pause after a refusal */
	struct mr_timer *redial;
	struct mr_peer *peer; /* NULL while there is none that is ready */
	struct mr_timer *silence;
	struct mr_buf out;
	bool unreachable; /* said so in the log */
	bool accepted;
};

static void tell(struct ag_session *s, enum ag_event_kind kind)
{
	s->fn(&(struct ag_event){.kind = kind}, s->arg);
}

static void heard(struct ag_session *s)
{
	mr_timer_set(s->silence, mr_clock_now().mono_ns + SILENCE_NS);
}

static void on_silence(void *arg)
{
	struct ag_session *s = arg;

	if (s->peer)
		mr_peer_close(s->peer, "nothing heard from the manager for 15 s");
}

static void on_ready(struct mr_peer *p, const struct mr_hello *theirs, void *arg)
{
	struct ag_session *s = arg;

	(void)theirs;
	s->peer = p;
	s->unreachable = s->accepted = false;
	mr_peer_set_user(p, s);
	mr_info("session", "connected to the manager at '%s'", mr_peer_name(p));
	heard(s);
	tell(s, AG_EV_CONNECTED);
}

static void take(struct ag_session *s, const struct ag_msg *msg)
{
	struct ag_event ev = {.cmd = &msg->cmd, .revision = msg->revision};

	switch (msg->kind) {
	case AG_MSG_CHALLENGE:
		ev.kind = AG_EV_CHALLENGE;
		break;
	case AG_MSG_ACCEPT:
		mr_info("session", "session %llu is accepted",
			(unsigned long long)msg->session);
		ev.kind = AG_EV_ACCEPTED;
		s->accepted = true;
		break;
	case AG_MSG_REPORT_ACK:
		ev.kind = AG_EV_REPORT_ACKED;
		break;
	case AG_MSG_COMMAND:
		ev.kind = AG_EV_COMMAND;
		break;
	case AG_MSG_ERROR:
		mr_warn("session", "the manager says %s: %s; the agent goes on",
			mr_reason_name(msg->reason), msg->text);
		return;
	case AG_MSG_HEARTBEAT:
		return;
	}
	s->fn(&ev, s->arg);
}

static void send_out(struct ag_session *s)
{
	mr_peer_send(s->peer, s->out.data, s->out.len);
	mr_buf_reset(&s->out);
}

static void on_frame(struct mr_peer *p, const uint8_t *data, size_t len, void *arg)
{
	struct ag_session *s = arg;
	struct mr_err err = {0};
	struct ag_msg msg;
	int rc = ag_msg_get(data, len, &msg, &err);

	heard(s);
	if (!rc) {
		take(s, &msg);
		return;
	}
	ag_put_error(&s->out, msg.id, &err);
	send_out(s);
	if (rc == -ENOTSUP)
		return;
	mr_warn("session", "%s; the connection is closed and dialled again", err.text);
	mr_peer_close(p, err.text);
}

static void on_close(struct mr_peer *p, const char *why, void *arg)
{
	struct ag_session *s = arg;

	if (!mr_peer_user(p)) {
		if (!s->unreachable)
			mr_info("session", "no manager yet (%s); trying on", why);
		s->unreachable = true;
		return;
	}
	s->peer = NULL;
	mr_timer_set(s->silence, MR_NEVER);
	mr_info("session", "the manager is away (%s); everything keeps running", why);
	tell(s, AG_EV_DISCONNECTED);
	if (!s->accepted)
		mr_timer_set(s->redial, 0); /* the dialer is not freed in its own callback */
}

static const struct mr_peer_ops peer_ops = {on_ready, on_frame, on_close};

static void dial(struct ag_session *s)
{
	struct mr_peer_config cfg = {
		.hello = {.protocol = "agent", .role = "agent"},
		.cap = MR_FRAME_CAP_AGENT,
		.ops = &peer_ops,
		.arg = s,
	};

	mr_copy(cfg.hello.name, sizeof(cfg.hello.name), s->id.host);
	mr_copy(cfg.hello.instance, sizeof(cfg.hello.instance), s->id.boot_id);
	s->dialer = mr_dial(s->loop, s->manager, &cfg);
}

/* After a refusal: first the dialer goes, then, after the pause, there is a new one. */
static void on_redial(void *arg)
{
	struct ag_session *s = arg;

	if (!s->dialer) {
		dial(s);
		return;
	}
	if (s->peer) /* it has connected again already */
		return;
	s->unreachable = true;
	mr_dialer_free(s->dialer);
	s->dialer = NULL;
	mr_timer_set(s->redial, mr_clock_now().mono_ns + REFUSED_NS);
}

struct ag_session *ag_session_new(struct mr_loop *l, const char *manager,
				  const struct ag_identity *id, ag_session_fn *fn, void *arg)
{
	struct ag_session *s = MR_NEW(struct ag_session);

	s->id = *id;
	s->fn = fn;
	s->arg = arg;
	s->loop = l;
	mr_copy(s->manager, sizeof(s->manager), manager);
	s->silence = mr_timer_new(l, on_silence, s);
	s->redial = mr_timer_new(l, on_redial, s);
	dial(s);
	return s;
}

static void put_report(struct ag_session *s, const struct ag_action *a)
{
	unsigned pos = 0;

	if (a->full) {
		ag_put_sync_begin(&s->out);
		send_out(s);
	}
	while (ag_put_report(&s->out, a, &pos))
		send_out(s);
	if (a->full) {
		ag_put_sync_end(&s->out);
		send_out(s);
	}
}

void ag_session_send(struct ag_session *s, const struct ag_action *a)
{
	if (!s->peer)
		return;
	switch (a->kind) {
	case AG_ACT_HELLO:
		ag_put_hello(&s->out, &s->id, a);
		break;
	case AG_ACT_ANSWER:
		ag_put_answer(&s->out, a);
		break;
	case AG_ACT_REPORT:
		put_report(s, a);
		return;
	case AG_ACT_ACK:
		ag_put_ack(&s->out, a);
		break;
	case AG_ACT_HEARTBEAT:
		ag_put_heartbeat(&s->out, a->revision);
		break;
	case AG_ACT_GOODBYE:
		ag_put_goodbye(&s->out, "the host goes down");
		break;
	case AG_ACT_SCAN:
	case AG_ACT_WRITE:
	case AG_ACT_LOG:
		return;
	}
	send_out(s);
}

/* NULL is accepted. The connection is closed; no event follows. */
void ag_session_free(struct ag_session *s)
{
	if (!s)
		return;
	if (s->peer)
		mr_peer_set_user(s->peer, NULL);
	s->unreachable = true;
	mr_dialer_free(s->dialer);
	mr_timer_free(s->silence);
	mr_timer_free(s->redial);
	mr_buf_done(&s->out);
	free(s);
}
