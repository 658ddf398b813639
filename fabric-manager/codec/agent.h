/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The manager's side of agent.proto: what agents say to the model's structs, what the manager
 * says to bytes.
 */
#ifndef FABRIC_MANAGER_CODEC_AGENT_H
#define FABRIC_MANAGER_CODEC_AGENT_H

#include <stddef.h>
#include <stdint.h>

#include "common/str.h"
#include "fabric-manager/model/agent.h"

struct mr_err;

/* Each appends one packed AgentMsg to 'out'. */
void fm_agent_put_challenge(struct mr_buf *out);
void fm_agent_put_accept(struct mr_buf *out, uint64_t session);
void fm_agent_put_command(struct mr_buf *out, const struct fm_agent_cmd *cmd);
void fm_agent_put_report_ack(struct mr_buf *out, uint64_t revision);
void fm_agent_put_heartbeat(struct mr_buf *out);
void fm_agent_put_error(struct mr_buf *out, uint64_t reply_to, const struct mr_err *err);

enum fm_agent_msg_kind {
	FM_AGENT_MSG_ERROR,
	FM_AGENT_MSG_HELLO,
	FM_AGENT_MSG_ANSWER, /* hello.root[], hello.roots */
	FM_AGENT_MSG_REPORT,
	FM_AGENT_MSG_SYNC_BEGIN,
	FM_AGENT_MSG_SYNC_END,
	FM_AGENT_MSG_ACK,
	FM_AGENT_MSG_HEARTBEAT, /* report.revision */
	FM_AGENT_MSG_GOODBYE,
};

struct fm_agent_msg {
	enum fm_agent_msg_kind kind;
	uint64_t id, reply_to;
	struct fm_agent_hello hello;
	struct fm_agent_report report; /* owned */
	struct fm_agent_ack ack;
	char text[160]; /* ERROR, GOODBYE */
};

/*
 * Decodes one frame. 0, or -EINVAL naming the field (too many roots or functions, texts too
 * long, numbers out of range); -ENOTSUP (reason UNSUPPORTED, id filled in) for an unknown body.
 */
int fm_agent_get(const uint8_t *data, size_t len, struct fm_agent_msg *ret, struct mr_err *err);
void fm_agent_msg_done(struct fm_agent_msg *m);

#endif
