/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Agents' connections: each is a session with a number of its own. What they say becomes
 * events; a session that says nothing for three heartbeats is lost.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "common/err.h"
#include "common/map.h"
#include "common/net/frame.h"
#include "common/net/loop.h"
#include "common/net/peer.h"
#include "common/os/clock.h"
#include "common/os/log.h"
#include "common/xalloc.h"
#include "fabric-manager/codec/agent.h"
#include "fabric-manager/io/shell.h"

#define HEARTBEAT_NS  (5 * MR_NS_PER_S)
#define SILENCE_NS    (3 * HEARTBEAT_NS)
#define LISTENERS_MAX 2

struct session {
	struct fm_agents *agents;
	struct mr_peer *peer;
	uint64_t id;
	bool greeted; /* the engine knows it */
	int64_t heard_ns;
	TAILQ_ENTRY(session) next; /* longest unheard first */
};

struct fm_agents {
	struct fm_manager *m;
	struct mr_listener *listener[LISTENERS_MAX];
	struct mr_map *by_id; /* session number -> struct session * */
	uint64_t next_id;
	struct mr_timer *timer;
	TAILQ_HEAD(sessions, session) sessions;
	struct mr_buf out;
};

static struct session *find(struct fm_agents *a, uint64_t id)
{
	uint64_t v;

	return mr_map_get_u64(a->by_id, id, &v) ? (struct session *)(uintptr_t)v : NULL;
}

static void send_out(struct session *s)
{
	mr_peer_send(s->peer, s->agents->out.data, s->agents->out.len);
}

/* The buffer for one message, empty. */
static struct mr_buf *fresh(struct fm_agents *a)
{
	mr_buf_reset(&a->out);
	return &a->out;
}

static void on_ready(struct mr_peer *p, const struct mr_hello *theirs, void *arg)
{
	struct fm_agents *a = arg;
	struct session *s = MR_NEW(struct session);

	(void)theirs;
	s->agents = a;
	s->peer = p;
	s->id = ++a->next_id;
	s->heard_ns = mr_clock_now().mono_ns;
	TAILQ_INSERT_TAIL(&a->sessions, s, next);
	mr_map_set_u64(a->by_id, s->id, (uint64_t)(uintptr_t)s);
	mr_peer_set_user(p, s);
}

static void take_report(struct session *s, struct fm_event *ev, struct fm_agent_msg *msg)
{
	ev->kind = FM_EV_AGENT_REPORT;
	ev->report = &msg->report;
	fm_pump_event(s->agents->m->pump, ev);
	fm_agent_put_report_ack(fresh(s->agents), msg->report.revision);
	send_out(s);
}

/* One message as an event; before its hello an agent may only say hello. 0 or -EPROTO. */
static int take(struct session *s, struct fm_agent_msg *msg)
{
	struct fm_event ev = {.session = s->id, .hello = &msg->hello, .ack = &msg->ack};

	if (!s->greeted && msg->kind != FM_AGENT_MSG_HELLO)
		return -EPROTO;
	switch (msg->kind) {
	case FM_AGENT_MSG_HELLO:
		s->greeted = true;
		ev.kind = FM_EV_AGENT_HELLO;
		break;
	case FM_AGENT_MSG_ANSWER:
		ev.kind = FM_EV_AGENT_ANSWER;
		break;
	case FM_AGENT_MSG_ACK:
		ev.kind = FM_EV_AGENT_ACK;
		break;
	case FM_AGENT_MSG_GOODBYE:
		ev.kind = FM_EV_AGENT_GOODBYE;
		ev.detail = msg->text;
		break;
	case FM_AGENT_MSG_REPORT:
		take_report(s, &ev, msg);
		return 0;
	case FM_AGENT_MSG_HEARTBEAT:
		fm_agent_put_heartbeat(fresh(s->agents));
		send_out(s);
		return 0;
	case FM_AGENT_MSG_ERROR:
		mr_warn("agents", "session %llu: agent says: %s", (unsigned long long)s->id,
			msg->text);
		return 0;
	case FM_AGENT_MSG_SYNC_BEGIN:
	case FM_AGENT_MSG_SYNC_END:
		return 0;
	}
	fm_pump_event(s->agents->m->pump, &ev);
	return 0;
}

static void on_frame(struct mr_peer *p, const uint8_t *data, size_t len, void *arg)
{
	struct fm_agents *a = arg;
	struct session *s = mr_peer_user(p);
	struct fm_agent_msg msg;
	struct mr_err err = {0};
	int rc = fm_agent_get(data, len, &msg, &err);

	s->heard_ns = mr_clock_now().mono_ns;
	TAILQ_REMOVE(&a->sessions, s, next);
	TAILQ_INSERT_TAIL(&a->sessions, s, next);
	if (!rc && take(s, &msg))
		rc = mr_err_set(&err, -EINVAL, MR_REASON_INVALID,
				"an agent starts with its AgentHello");
	if (rc) {
		fm_agent_put_error(fresh(a), msg.id, &err);
		send_out(s);
	}
	if (rc && rc != -ENOTSUP) {
		mr_warn("agents", "session %llu: %s; closed", (unsigned long long)s->id,
			err.text);
		mr_peer_close(p, err.text);
	}
	fm_agent_msg_done(&msg);
}

static void session_free(struct session *s)
{
	TAILQ_REMOVE(&s->agents->sessions, s, next);
	mr_map_del_u64(s->agents->by_id, s->id);
	free(s);
}

static void on_close(struct mr_peer *p, const char *why, void *arg)
{
	struct fm_agents *a = arg;
	struct session *s = mr_peer_user(p);
	struct fm_event ev = {.kind = FM_EV_AGENT_LOST, .detail = why};
	bool greeted;

	if (!s)
		return;
	ev.session = s->id;
	greeted = s->greeted;
	session_free(s);
	if (greeted)
		fm_pump_event(a->m->pump, &ev);
}

/* Closes who was silent too long; the list is in the order of the last word. */
static void on_timer(void *arg)
{
	struct fm_agents *a = arg;
	int64_t now = mr_clock_now().mono_ns;
	struct session *s, *next;

	for (s = TAILQ_FIRST(&a->sessions); s && s->heard_ns + SILENCE_NS <= now; s = next) {
		next = TAILQ_NEXT(s, next);
		mr_peer_close(s->peer, "nothing heard for 15 s");
	}
	mr_timer_set(a->timer, now + HEARTBEAT_NS);
}

void fm_agents_challenge(struct fm_agents *a, uint64_t session)
{
	struct session *s = find(a, session);

	if (!s)
		return;
	fm_agent_put_challenge(fresh(a));
	send_out(s);
}

void fm_agents_accept(struct fm_agents *a, uint64_t session)
{
	struct session *s = find(a, session);

	if (!s)
		return;
	fm_agent_put_accept(fresh(a), session);
	send_out(s);
}

void fm_agents_command(struct fm_agents *a, uint64_t session, const struct fm_agent_cmd *cmd)
{
	struct session *s = find(a, session);

	if (!s)
		return;
	fm_agent_put_command(fresh(a), cmd);
	send_out(s);
}

void fm_agents_close(struct fm_agents *a, uint64_t session, enum mr_reason reason,
		     const char *text)
{
	struct session *s = find(a, session);
	struct mr_err err = {0};

	if (!s)
		return;
	mr_err_set(&err, -EPERM, reason, "%s", text);
	fm_agent_put_error(fresh(a), 0, &err);
	send_out(s);
	mr_peer_close(s->peer, text);
}

static int listen_at(struct fm_agents *a, unsigned i, const char *addr, struct mr_err *err)
{
	static const struct mr_peer_ops ops = {on_ready, on_frame, on_close};
	const struct mr_peer_config cfg = {
		.hello = {.protocol = "agent", .role = "manager"},
		.cap = MR_FRAME_CAP_AGENT,
		.ops = &ops,
		.arg = a,
	};

	return addr[0] ? mr_listen(a->m->loop, addr, &cfg, &a->listener[i], err) : 0;
}

int fm_agents_new(struct fm_manager *m, struct fm_agents **ret, struct mr_err *err)
{
	struct fm_agents *a = MR_NEW(struct fm_agents);
	int rc;

	a->m = m;
	a->by_id = mr_map_new();
	a->timer = mr_timer_new(m->loop, on_timer, a);
	TAILQ_INIT(&a->sessions);
	mr_timer_set(a->timer, mr_clock_now().mono_ns + HEARTBEAT_NS);
	rc = listen_at(a, 0, m->cfg.agents_unix, err);
	if (!rc)
		rc = listen_at(a, 1, m->cfg.agents_tcp, err);
	if (rc)
		fm_agents_free(a);
	else
		*ret = a;
	return rc;
}

void fm_agents_free(struct fm_agents *a)
{
	struct session *s;

	if (!a)
		return;
	while ((s = TAILQ_FIRST(&a->sessions))) {
		mr_peer_set_user(s->peer, NULL);
		session_free(s);
	}
	for (unsigned i = 0; i < LISTENERS_MAX; i++)
		mr_listener_free(a->listener[i]);
	mr_timer_free(a->timer);
	mr_map_free(a->by_id);
	mr_buf_done(&a->out);
	free(a);
}
