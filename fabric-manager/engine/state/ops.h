/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operations and commands under way, by tag. Where their answers go is in dispatch.c.
 */
#ifndef FABRIC_MANAGER_ENGINE_STATE_OPS_H
#define FABRIC_MANAGER_ENGINE_STATE_OPS_H

#include "fabric-manager/engine/state/state.h"

/* Who we are for a switch: the store in the upper half, this run of its manager in the lower.
 * Two managers on copies of one store are two owners. */
uint64_t fm_owner_id(const struct fm_engine *e);
/* Whether an owner register shows us, or an earlier run on our store. */
bool fm_owner_is_ours(const struct fm_engine *e, uint64_t id);
uint64_t fm_next_op(struct fm_engine *e);
/* Sends 'op' (its tag, owner and generation are filled in) and notes who waits for it. */
uint64_t fm_op_send(struct fm_engine *e, struct fm_op *op, enum fm_tag_kind kind, uint32_t asg,
		    uint64_t key);
uint64_t fm_cmd_send(struct fm_engine *e, struct fm_session *s, struct fm_agent_cmd *cmd,
		     enum fm_tag_kind kind, uint32_t asg, uint64_t key);
struct fm_inflight *fm_inflight_get(struct fm_engine *e, uint64_t tag);
void fm_inflight_del(struct fm_engine *e, uint64_t tag);
/* Ends what waits in 'match' with LOST and 'reason'; who waits is told in this step. 'why' has
 * to stay. */
void fm_inflight_lose(struct fm_engine *e, bool (*match)(const struct fm_inflight *, uint64_t),
		      uint64_t arg, enum mr_reason reason, const char *why);
/* 'tag' is lost with 'reason', unless it was sent: it waits for its commit. */
void fm_inflight_recall(struct fm_engine *e, uint64_t tag, enum mr_reason reason,
			const char *why);
int64_t fm_pause_ns(unsigned tries);
int64_t fm_retry_pause_ns(unsigned failures); /* and of what failed for good */
/* No operation under way and nothing left to do but wait. */
bool fm_idle(const struct fm_engine *e);

#endif
