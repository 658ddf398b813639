// SPDX-License-Identifier: Apache-2.0
/*
 * agent.proto as the agent reads it: what decodes, said again by the manager's codec, decodes
 * to a message that the manager would say in the same bytes. A command is one that the agent's
 * tables have a row for.
 */
#include <errno.h>

#include "agent/codec/codec.h"
#include "common/err.h"
#include "fabric-manager/codec/agent.h"
#include "tests/fuzz/fuzz.h"

static void say_command(struct mr_buf *out, const struct ag_cmd *c)
{
	struct fm_agent_cmd cmd = {
		.op = c->op,
		.verb = (enum fm_agent_verb)c->verb,
		.assignment = c->assignment,
		.epoch = c->epoch,
		.owner_epoch = c->owner_epoch,
		.deadline_ns = c->deadline_ns,
		.place = {(enum fm_way)c->place.way, c->place.port, c->place.bridge,
			  c->place.pf, c->place.slot},
		.force = c->force,
		.ident0 = c->ident0,
	};

	FUZZ_CHECK(c->verb < AG_VERB_COUNT && c->deadline_ns >= 0);
	FUZZ_CHECK(c->place.way <= AG_WAY_DEVICE);
	FUZZ_CHECK(mr_copy(cmd.driver, sizeof(cmd.driver), c->driver));
	cmd.notes = c->notes;
	fm_agent_put_command(out, &cmd);
}

static void say(struct mr_buf *out, const struct ag_msg *m)
{
	struct mr_err err = {.code = -EIO, .reason = m->reason};

	switch (m->kind) {
	case AG_MSG_ERROR:
		mr_copy(err.text, sizeof(err.text), m->text);
		fm_agent_put_error(out, m->reply_to, &err);
		break;
	case AG_MSG_CHALLENGE:
		fm_agent_put_challenge(out);
		break;
	case AG_MSG_ACCEPT:
		fm_agent_put_accept(out, m->session);
		break;
	case AG_MSG_REPORT_ACK:
		fm_agent_put_report_ack(out, m->revision);
		break;
	case AG_MSG_COMMAND:
		say_command(out, &m->cmd);
		break;
	case AG_MSG_HEARTBEAT:
		fm_agent_put_heartbeat(out);
		break;
	}
}

TARGET(data, len)
{
	struct mr_buf first = {0}, second = {0};
	struct ag_msg m, again;
	struct mr_err err = {0};
	int rc = ag_msg_get(data, len, &m, &err);

	FUZZ_CHECK(rc == 0 || rc == -EINVAL || rc == -ENOTSUP);
	fuzz_check_err(&err, rc);
	if (rc == 0) {
		say(&first, &m);
		rc = ag_msg_get((const uint8_t *)first.data, first.len, &again, &err);
		FUZZ_CHECK(rc == 0);
		FUZZ_CHECK(again.kind == m.kind);
		say(&second, &again);
		fuzz_check_same(&first, &second);
	}
	mr_buf_done(&first);
	mr_buf_done(&second);
	return 0;
}
