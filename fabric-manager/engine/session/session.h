/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Agents: from hello to good-bye, and their reports.
 */
#ifndef FABRIC_MANAGER_ENGINE_SESSION_SESSION_H
#define FABRIC_MANAGER_ENGINE_SESSION_SESSION_H

#include "fabric-manager/engine/state/state.h"

void fm_session_hello(struct fm_engine *e, uint64_t id, const struct fm_agent_hello *h);
void fm_session_answer(struct fm_engine *e, uint64_t id, const struct fm_agent_hello *h);
void fm_session_gone(struct fm_engine *e, uint64_t id, bool goodbye, const char *why);
void fm_session_result(struct fm_engine *e, const struct fm_inflight *f,
		       const struct fm_op_result *r);
void fm_session_timer(struct fm_engine *e, uint64_t id);
/* Looks at the sessions that wait for a chassis or for a document. */
void fm_sessions_check(struct fm_engine *e);
void fm_session_report(struct fm_engine *e, uint64_t id, const struct fm_agent_report *r);

#endif
