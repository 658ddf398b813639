/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verbs of operators.
 */
#ifndef FABRIC_MANAGER_ENGINE_REQUEST_REQUEST_H
#define FABRIC_MANAGER_ENGINE_REQUEST_REQUEST_H

#include "fabric-manager/engine/state/out.h"

void fm_request(struct fm_engine *e, uint64_t tag, const struct fm_request *r);
fm_request_fn fm_rq_apply, fm_rq_plan, fm_rq_diff, fm_rq_validate, fm_rq_delete, fm_rq_move,
	fm_rq_connect, fm_rq_disconnect, fm_rq_failback, fm_rq_reset_override, fm_rq_switchover,
	fm_rq_approve, fm_rq_cordon, fm_rq_drain, fm_rq_adopt, fm_rq_reset, fm_rq_cancel,
	fm_rq_resume, fm_rq_rollback, fm_rq_whatif;

/* verbs.c: how many functions of a profile a host may be using; and that an operator sends it:
 * nothing of it is held up any more, and no rollout governs it. */
unsigned fm_rq_running(const struct fm_engine *e, const struct fm_profile *p);
void fm_rq_go_on(struct fm_engine *e, const struct fm_profile *p);

#endif
