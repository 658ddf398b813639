// SPDX-License-Identifier: Apache-2.0
/*
 * Requests of operators: one row a verb. A verb that changes something is refused at once while
 * the store is down: what is acknowledged has to survive.
 */
#include "fabric-manager/engine/request/request.h"

#include <stdarg.h>

#include "fabric-manager/engine/desire/searching.h"
#include "fabric-manager/engine/desire/trial.h"
#include "fabric-manager/engine/state/out.h"
#include "fabric-manager/engine/view/view.h"

struct verb_row {
	fm_request_fn *fn;
	bool changes;
	bool named; /* needs r->name */
};

static const struct verb_row verbs[FM_VERB_COUNT] = {
	[FM_VERB_APPLY] = {fm_rq_apply, true, false},
	[FM_VERB_PLAN] = {fm_rq_plan, false, false},
	[FM_VERB_DIFF] = {fm_rq_diff, false, false},
	[FM_VERB_VALIDATE] = {fm_rq_validate, false, false},
	[FM_VERB_GET] = {fm_rq_get, false, false},
	[FM_VERB_DESCRIBE] = {fm_rq_describe, false, true},
	[FM_VERB_EXPLAIN] = {fm_rq_explain, false, true},
	[FM_VERB_DELETE] = {fm_rq_delete, true, false},
	[FM_VERB_MOVE] = {fm_rq_move, true, true},
	[FM_VERB_CONNECT] = {fm_rq_connect, true, true},
	[FM_VERB_DISCONNECT] = {fm_rq_disconnect, true, true},
	[FM_VERB_FAILBACK] = {fm_rq_failback, true, true},
	[FM_VERB_RESET_OVERRIDE] = {fm_rq_reset_override, true, true},
	[FM_VERB_SWITCHOVER] = {fm_rq_switchover, true, true},
	[FM_VERB_APPROVE] = {fm_rq_approve, true, true},
	[FM_VERB_CORDON] = {fm_rq_cordon, true, true},
	[FM_VERB_UNCORDON] = {fm_rq_cordon, true, true},
	[FM_VERB_DRAIN] = {fm_rq_drain, true, true},
	[FM_VERB_EVENTS] = {fm_rq_events, false, false},
	[FM_VERB_STATUS] = {fm_rq_status, false, false},
	[FM_VERB_TOP] = {fm_rq_top, false, false},
	[FM_VERB_ADOPT] = {fm_rq_adopt, true, true},
	[FM_VERB_RESET] = {fm_rq_reset, true, true},
	[FM_VERB_HISTORY] = {fm_rq_history, false, false},
	[FM_VERB_WHATIF] = {fm_rq_whatif, false, false},
	[FM_VERB_ROLLBACK] = {fm_rq_rollback, true, false},
	[FM_VERB_CANCEL] = {fm_rq_cancel, true, false},
	[FM_VERB_RESUME] = {fm_rq_resume, true, false},
};

/* One request; answered by exactly one REPLY, perhaps after searches. Strings may be NULL. */
void fm_request(struct fm_engine *e, uint64_t tag, const struct fm_request *r)
{
	struct fm_request n = *r;

	n.kind = r->kind ? r->kind : "";
	n.name = r->name ? r->name : "";
	n.host = r->host ? r->host : "";
	n.set = r->set ? r->set : "";
	n.who = r->who ? r->who : "";
	n.arg = r->arg ? r->arg : "";
	n.max_disruption = r->max_disruption ? r->max_disruption : "";
	if (!e->loaded) {
		fm_refuse(e, tag, MR_REASON_BUSY, "the store is being read; try again");
		return;
	}
	if (n.verb >= FM_VERB_COUNT || !verbs[n.verb].fn) {
		fm_refuse(e, tag, MR_REASON_UNSUPPORTED, "there is no such verb");
		return;
	}
	if (verbs[n.verb].changes && e->store_down) {
		fm_refuse(e, tag, MR_REASON_STORE_FAILED,
			  "the store does not take writes ('%s'); nothing was changed",
			  e->store_why);
		return;
	}
	if (verbs[n.verb].named && !n.name[0]) {
		fm_refuse(e, tag, MR_REASON_INVALID, "%s needs a name", fm_verb_name(n.verb));
		return;
	}
	if (verbs[n.verb].changes && fm_searching_queues(e, tag, &n))
		return;
	fm_desire_renew(e);
	verbs[n.verb].fn(e, tag, &n);
}
