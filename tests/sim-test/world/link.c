/* SPDX-License-Identifier: Apache-2.0 */
/*
 * agent.proto between the manager and the agents of a world: real codecs at both ends, bytes
 * between.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/codec/codec.h"
#include "common/err.h"
#include "common/xalloc.h"
#include "fabric-manager/codec/agent.h"
#include "tests/sim-test/world/said.h"
#include "tests/sim-test/world/world.h"

int world_session_host(const struct world *w, uint64_t session)
{
	for (unsigned vh = 1; vh <= w->hosts; vh++)
		if (w->host[vh].session == session)
			return (int)vh;
	return -1;
}

/* The manager's heartbeats find out at last. */
static void deliver_lost(struct world *w, struct world_msg *m)
{
	const struct fm_event ev = {
		.kind = FM_EV_AGENT_LOST, .session = m->id, .detail = "no heartbeat"};

	if (w->host[m->vh].ended == m->id)
		w->host[m->vh].ended = 0;
	if (w->manager_up && m->life == w->manager_life)
		world_engine_event(w, &ev);
}

void world_session_lingers(struct world *w, unsigned vh, uint64_t session)
{
	struct world_msg *m = world_msg_new(LANE_AGENTS + 2 * vh + 1, deliver_lost);

	m->id = session;
	m->vh = vh;
	m->life = w->manager_life;
	world_post(w, m, 15 * MR_NS_PER_S);
}

/* ---- to the agent ---- */

/* It confirms, and does nothing. */
static void lie(struct world *w, unsigned vh, const struct ag_cmd *cmd)
{
	const struct ag_action a = {
		.kind = AG_ACT_ACK, .op = cmd->op, .reason = MR_REASON_OK, .detail = "done"};

	world_agent_say(w, vh, &a);
}

/* Before the command one of the function's last hand-over comes again, as if somebody had sent
 * it just now. */
static void echo(struct world *w, unsigned vh, const struct ag_cmd *cmd)
{
	struct ag_cmd old = *cmd;
	const struct ag_event ev = {.kind = AG_EV_COMMAND, .cmd = &old};

	if (cmd->verb != AG_ACTIVATE || cmd->epoch < 2)
		return;
	old.verb = AG_RELEASE;
	old.epoch--;
	old.op = cmd->op | UINT64_C(1) << 63;
	world_said_command(w, vh, &old, true);
	world_agent_event(w, vh, &ev);
}

static void to_agent(struct world *w, unsigned vh, const struct ag_msg *msg)
{
	struct ag_event ev = {.cmd = &msg->cmd, .revision = msg->revision};

	switch (msg->kind) {
	case AG_MSG_CHALLENGE:
		ev.kind = AG_EV_CHALLENGE;
		break;
	case AG_MSG_ACCEPT:
		world_said_accepted(w, vh);
		ev.kind = AG_EV_ACCEPTED;
		break;
	case AG_MSG_REPORT_ACK:
		ev.kind = AG_EV_REPORT_ACKED;
		break;
	case AG_MSG_COMMAND:
		world_said_command(w, vh, &msg->cmd, false);
		if (w->host[vh].quirks.lies) {
			lie(w, vh, &msg->cmd);
			return;
		}
		if (w->echoes)
			echo(w, vh, &msg->cmd);
		ev.kind = AG_EV_COMMAND;
		break;
	case AG_MSG_ERROR:
		world_trace(w, "agent of %s is told: %s", sim_blade_name(w->host[vh].blade),
			    msg->text);
		return;
	case AG_MSG_HEARTBEAT:
		return;
	}
	world_agent_event(w, vh, &ev);
}

static void deliver_to_agent(struct world *w, struct world_msg *m)
{
	struct world_host *h = &w->host[m->vh];
	struct mr_err err = {0};
	struct ag_msg msg;

	if (!h->agent || h->session != m->id || m->life != h->life)
		return;
	if (ag_msg_get((const uint8_t *)m->bytes.data, m->bytes.len, &msg, &err)) {
		fprintf(stderr, "agent cannot read: %s\n", err.text);
		abort();
	}
	to_agent(w, m->vh, &msg);
}

void world_to_agent(struct world *w, uint64_t session, struct mr_buf *bytes)
{
	int vh = world_session_host(w, session);
	struct world_msg *m;

	if (vh < 0 || w->host[vh].quirks.deaf) {
		mr_buf_done(bytes);
		return;
	}
	m = world_msg_new(LANE_AGENTS + 2 * (unsigned)vh, deliver_to_agent);
	m->vh = (unsigned)vh;
	m->id = session;
	m->life = w->host[vh].life;
	m->bytes = *bytes;
	*bytes = (struct mr_buf){0};
	world_post(w, m, world_agent_delay(w, (unsigned)vh));
}

/* ---- to the manager ---- */

static void report(struct world *w, uint64_t session, const struct fm_agent_msg *msg)
{
	int vh = world_session_host(w, session);
	const struct fm_event ev = {
		.kind = FM_EV_AGENT_REPORT, .session = session, .report = &msg->report};
	struct mr_buf b = {0};

	if (vh > 0)
		world_said_report(w, (unsigned)vh, &msg->report);
	world_engine_event(w, &ev);
	fm_agent_put_report_ack(&b, msg->report.revision);
	world_to_agent(w, session, &b);
}

static void to_manager(struct world *w, uint64_t session, const struct fm_agent_msg *msg)
{
	struct fm_event ev = {.session = session,
			      .hello = &msg->hello,
			      .ack = &msg->ack,
			      .detail = msg->text};
	struct mr_buf b = {0};

	switch (msg->kind) {
	case FM_AGENT_MSG_HELLO:
		ev.kind = FM_EV_AGENT_HELLO;
		break;
	case FM_AGENT_MSG_ANSWER:
		ev.kind = FM_EV_AGENT_ANSWER;
		break;
	case FM_AGENT_MSG_ACK:
		ev.kind = FM_EV_AGENT_ACK;
		world_cmd_acked(w, msg->ack.op, msg->ack.reason == MR_REASON_OK);
		world_trace(w, "ack %llu %s %s", (unsigned long long)msg->ack.op,
			    mr_reason_name(msg->ack.reason), msg->ack.detail);
		break;
	case FM_AGENT_MSG_GOODBYE:
		ev.kind = FM_EV_AGENT_GOODBYE;
		break;
	case FM_AGENT_MSG_REPORT:
		report(w, session, msg);
		return;
	case FM_AGENT_MSG_HEARTBEAT:
		fm_agent_put_heartbeat(&b);
		world_to_agent(w, session, &b);
		return;
	default:
		return;
	}
	world_engine_event(w, &ev);
}

static void deliver_to_manager(struct world *w, struct world_msg *m)
{
	struct mr_err err = {0};
	struct fm_agent_msg msg;

	if (!w->manager_up || m->life != w->manager_life ||
	    (w->host[m->vh].session != m->id && w->host[m->vh].ended != m->id))
		return;
	if (fm_agent_get((const uint8_t *)m->bytes.data, m->bytes.len, &msg, &err)) {
		fprintf(stderr, "manager cannot read: %s\n", err.text);
		abort();
	}
	to_manager(w, m->id, &msg);
	fm_agent_msg_done(&msg);
}

static void post_to_manager(struct world *w, unsigned vh, struct mr_buf bytes)
{
	struct world_msg *m = world_msg_new(LANE_AGENTS + 2 * vh + 1, deliver_to_manager);

	m->vh = vh;
	m->id = w->host[vh].session;
	m->life = w->manager_life;
	m->bytes = bytes;
	world_post(w, m, world_agent_delay(w, vh));
}

void world_to_manager(struct world *w, unsigned vh, struct mr_buf *bytes)
{
	const struct world_quirks *q = &w->host[vh].quirks;
	struct mr_buf again = {0};

	if (!w->host[vh].connected || q->mute) {
		mr_buf_done(bytes);
		return;
	}
	mr_buf_add(&again, bytes->data, bytes->len);
	post_to_manager(w, vh, *bytes);
	*bytes = (struct mr_buf){0};
	if (q->repeats)
		post_to_manager(w, vh, again);
	else
		mr_buf_done(&again);
}

/* ---- the agent's actions that are messages ---- */

static void say(struct world *w, unsigned vh, struct mr_buf *b)
{
	world_to_manager(w, vh, b);
}

static void say_report(struct world *w, unsigned vh, const struct ag_action *a)
{
	struct mr_buf b = {0};
	unsigned pos = 0;

	if (a->full) {
		ag_put_sync_begin(&b);
		say(w, vh, &b);
	}
	while (ag_put_report(&b, a, &pos))
		say(w, vh, &b);
	mr_buf_done(&b);
	if (a->full) {
		ag_put_sync_end(&b);
		say(w, vh, &b);
	}
}

void world_agent_say(struct world *w, unsigned vh, const struct ag_action *a)
{
	struct world_host *h = &w->host[vh];
	struct ag_identity id = {.incarnation = h->incarnation};
	struct mr_buf b = {0};

	if (a->kind == AG_ACT_ACK)
		world_said_ack(w, vh, a);
	if (h->quirks.silent && (a->kind == AG_ACT_ACK || a->kind == AG_ACT_REPORT))
		return;
	mr_copy(id.host, sizeof(id.host),
		sim_blade_name(w->host[h->quirks.claims ? h->quirks.claims : vh].blade));
	mr_copy(id.boot_id, sizeof(id.boot_id), h->boot_id);
	mr_copy(id.kernel, sizeof(id.kernel), "6.1.0");
	switch (a->kind) {
	case AG_ACT_HELLO:
		ag_put_hello(&b, &id, a);
		break;
	case AG_ACT_ANSWER:
		ag_put_answer(&b, a);
		break;
	case AG_ACT_ACK:
		ag_put_ack(&b, a);
		break;
	case AG_ACT_HEARTBEAT:
		ag_put_heartbeat(&b, a->revision);
		break;
	case AG_ACT_GOODBYE:
		ag_put_goodbye(&b, a->detail);
		break;
	case AG_ACT_REPORT:
		say_report(w, vh, a);
		return;
	default:
		return;
	}
	say(w, vh, &b);
}
