/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state machine of one assignment: what sends it on its way, and what answers it.
 */
#ifndef FABRIC_MANAGER_ENGINE_ASSIGN_ASSIGN_H
#define FABRIC_MANAGER_ENGINE_ASSIGN_ASSIGN_H

#include "fabric-manager/engine/state/state.h"

void fm_asg_run(struct fm_engine *e);
/* waiting.c */
void fm_asg_wait(struct fm_engine *e, struct fm_asg *a);
void fm_asg_wake(struct fm_engine *e);
bool fm_asg_shared_ready(struct fm_engine *e, struct fm_asg *a);
void fm_asg_result(struct fm_engine *e, struct fm_asg *a, uint64_t tag,
		   const struct fm_op_result *r);
void fm_asg_ack(struct fm_engine *e, struct fm_asg *a, uint64_t tag,
		const struct fm_agent_ack *ack);
void fm_asg_lost(struct fm_engine *e, struct fm_asg *a, enum mr_reason reason, const char *why);
void fm_asg_timer(struct fm_engine *e, struct fm_asg *a);
/* Starts the way in to 'a->next', or the way out. */
void fm_asg_give(struct fm_engine *e, struct fm_asg *a);
void fm_asg_turn_back(struct fm_engine *e, struct fm_asg *a);
void fm_asg_release(struct fm_engine *e, struct fm_asg *a, bool unwanted, bool forced,
		    const struct fm_drain *drain);
/* absent.c: its adapter does not answer, it waits; and: an operation found that out. */
void fm_asg_await(struct fm_engine *e, struct fm_asg *a);
void fm_asg_no_answer(struct fm_engine *e, struct fm_asg *a, enum mr_reason why);
void fm_asg_next_same(struct fm_asg *a);
/* It stands, and cannot be used, or not as it should: FAILED, DEGRADED. */
void fm_asg_fail(struct fm_engine *e, struct fm_asg *a, enum fm_phase phase);
bool fm_asg_usable(const struct fm_engine *e, const struct fm_asg *a);
void fm_asg_lose(struct fm_engine *e, struct fm_asg *a);
/* Whether its host uses it: Active, or Degraded only by what its adapter refused. */
bool fm_asg_in_use(const struct fm_engine *e, const struct fm_asg *a);
/* Whether its adapter refused just that, and nothing happened since that may change its mind.
 */
bool fm_asg_refuses(const struct fm_engine *e, const struct fm_asg *a,
		    const struct fm_attrs *want);
/* What it was refused is wanted no more, or may be taken now: who wants it asks again. */
void fm_asg_unrefuse(struct fm_engine *e, struct fm_asg *a);
void fm_asg_update(struct fm_engine *e, struct fm_asg *a, const struct fm_attrs *want);
void fm_asg_resume(struct fm_engine *e, struct fm_asg *a);

#endif
