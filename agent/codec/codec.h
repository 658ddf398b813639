/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent's side of agent.proto: the core's actions to bytes, what the manager says to the
 * core's structs. fabric-manager/codec/agent.h is the other end.
 */
#ifndef AGENT_CODEC_CODEC_H
#define AGENT_CODEC_CODEC_H

#include <stddef.h>
#include <stdint.h>

#include "agent/core/core.h"
#include "common/str.h"

struct mr_err;

/* Who the agent is, for its hello. */
struct ag_identity {
	char host[MR_NAME_MAX];
	char boot_id[40];
	char kernel[64];
	uint64_t incarnation; /* of this process, grows */
};

/* Functions of one Report, so that a frame stays under the protocol's cap. */
#define AG_REPORT_CHUNK 4096

/* Each appends one packed AgentMsg to 'out'. */
void ag_put_hello(struct mr_buf *out, const struct ag_identity *id, const struct ag_action *a);
void ag_put_answer(struct mr_buf *out, const struct ag_action *a);
void ag_put_sync_begin(struct mr_buf *out);
void ag_put_sync_end(struct mr_buf *out);
void ag_put_ack(struct mr_buf *out, const struct ag_action *a);
void ag_put_heartbeat(struct mr_buf *out, uint64_t revision);
void ag_put_goodbye(struct mr_buf *out, const char *why);
void ag_put_error(struct mr_buf *out, uint64_t reply_to, const struct mr_err *err);
/*
 * Appends the Report that holds entries from '*pos' on (functions first, then emptied places)
 * and moves '*pos' behind them; false when all were told. A first call with *pos = 0 always
 * gives one; later ones of a full report go as deltas of the same revision.
 */
bool ag_put_report(struct mr_buf *out, const struct ag_action *a, unsigned *pos);

enum ag_msg_kind {
	AG_MSG_ERROR,
	AG_MSG_CHALLENGE,
	AG_MSG_ACCEPT,
	AG_MSG_REPORT_ACK, /* revision */
	AG_MSG_COMMAND,
	AG_MSG_HEARTBEAT,
};

struct ag_msg {
	enum ag_msg_kind kind;
	uint64_t id, reply_to;
	uint64_t session; /* ACCEPT */
	uint64_t revision;
	struct ag_cmd cmd;
	enum mr_reason reason; /* ERROR */
	char text[160];	       /* ERROR */
};

/*
 * Decodes one frame. 0, or -EINVAL naming the field; -ENOTSUP (reason UNSUPPORTED, id filled
 * in) for an unknown body. '*ret' owns nothing.
 */
int ag_msg_get(const uint8_t *data, size_t len, struct ag_msg *ret, struct mr_err *err);

#endif
