// SPDX-License-Identifier: Apache-2.0
/*
 * `ha` pairs: who belongs together, and whose gate may be open. What was read back decides.
 */
#include "fabric-manager/engine/state/pair.h"

#include "fabric-manager/engine/state/asgs.h"
#include "fabric-manager/engine/state/seen.h"

/* The other one of the pair of 'a', or NULL: of none, or the other one is not there yet. */
struct fm_asg *fm_pair_other(const struct fm_engine *e, const struct fm_asg *a)
{
	return a->a.partner[0] ? fm_asg_by_name(e, a->a.profile, a->a.partner, 0) : NULL;
}

/*
 * Whether the gate of 'a' is proved to be closed. An adapter that was pulled comes back blank;
 * one that only does not answer (its link is down) keeps its gates as they were.
 */
bool fm_pair_is_shut(const struct fm_engine *e, const struct fm_asg *a)
{
	const struct fm_adapter *d = fm_adapter_by_port(&e->inv, a->a.fn.chassis, a->a.fn.port);
	const struct fm_fn *f = fm_fn_get(&e->inv, a->a.fn);

	if (a->shut || !a->a.adapter[0] || !fm_adapter_in_slot(d))
		return true;
	if (a->a.has_fn || !d->present || !f)
		return false;
	return !f->gate_open || f->cookie != fm_cookie(&a->a);
}

/* Whether the gate of 'a' may open: it is of no pair, or it is the one in use and that of the
 * other one was read closed. */
bool fm_pair_may_open(const struct fm_engine *e, const struct fm_asg *a)
{
	const struct fm_asg *o = fm_pair_other(e, a);

	return !a->a.standby && (!o || fm_pair_is_shut(e, o));
}

/* Whether 'a' rests behind its closed gate; perhaps Degraded by what its adapter refused. */
bool fm_pair_behind_gate(const struct fm_asg *a)
{
	return a->a.phase == FM_PHASE_MAPPED ||
	       (a->a.phase == FM_PHASE_DEGRADED && a->refused && a->shut);
}

/* Whether 'a' is a standby that can be in use at once. */
bool fm_pair_ready(const struct fm_engine *e, const struct fm_asg *a)
{
	const struct fm_adapter *d = fm_adapter_by_port(&e->inv, a->a.fn.chassis, a->a.fn.port);

	return a->a.standby && a->a.has_fn && fm_pair_behind_gate(a) && !fm_asg_moving(a) &&
	       !a->tag && d && d->present && d->link;
}

/* Whether its gate is closed, or can be: its adapter answers. */
bool fm_pair_can_shut(const struct fm_engine *e, const struct fm_asg *a)
{
	return fm_pair_is_shut(e, a) || (a->a.has_fn && fm_seen_adapter(e, a->a.fn));
}

/* What the end of an operation, done, says of the gate of 'a'. */
void fm_pair_gate_read(struct fm_asg *a, const struct fm_op_result *r)
{
	if (r->kind == FM_OP_GATE_CLOSE || r->kind == FM_OP_CONFIGURE)
		a->shut = true;
	if (r->kind == FM_OP_READ_FN && r->has_fn)
		a->shut = !r->fn.gate_open;
}
