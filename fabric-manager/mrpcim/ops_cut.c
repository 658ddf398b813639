/* SPDX-License-Identifier: Apache-2.0 */
/* Operations that take a function away from its host: asked for (REQUEST_OUT, RETRACT), cut
 * (BLOCK) and waited for (DRAIN); HANDOVER 5, steps 4 and 5. */
#include "common/mutant.h"
#include "common/str.h"
#include "fabric-manager/mrpcim/internal.h"

/* ---- REQUEST_OUT ---- */

static void request_out(struct fm_mrpcim *m, struct fm_mr_run *r, struct mr_batch *b)
{
	fm_mr_vf_expect_owner(m, r, b);
	fm_mr_vf_write(m, r, b, VF_COMMAND, MR_VFC_MIGRATE_OUT);
	fm_mr_commit(b);
	fm_mr_look(m, r, b);
}

static enum fm_mr_next requested(struct fm_mrpcim *m, struct fm_mr_run *r,
				 const struct fm_mr_reply *p)
{
	fm_mr_take(m, r, p);
	if (r->res.fn.state != MR_VF_MIGRATE_OUT)
		return fm_mr_refuse(r, MR_REASON_CONFLICT, "the function's state reads %s",
				    mr_vf_state_name(r->res.fn.state));
	return FM_MR_DONE;
}

const struct fm_mr_op fm_mr_request_out = {
	.needs = FM_MR_WRITES | FM_MR_FN | FM_MR_PLACE | FM_MR_MRA,
	.way = {[FM_WAY_LVF] = {{request_out, requested}}},
};

/* ---- RETRACT: which retraction depends on the state; a host that was quicker wins ---- */

static enum fm_mr_next retract_looked(struct fm_mrpcim *m, struct fm_mr_run *r,
				      const struct fm_mr_reply *p)
{
	fm_mr_take(m, r, p);
	switch (r->res.fn.state) {
	case MR_VF_MIGRATE_OUT:
		r->keep[0] = MR_VFC_MIGRATE_OUT_RETRACT;
		r->keep[1] = MR_VF_AVAILABLE;
		return FM_MR_NEXT;
	case MR_VF_MIGRATE_IN:
		r->keep[0] = MR_VFC_MIGRATE_IN_RETRACT;
		r->keep[1] = MR_VF_UNAVAILABLE;
		return FM_MR_NEXT;
	case MR_VF_AVAILABLE:
		return FM_MR_DONE;
	default:
		return fm_mr_refuse(r, MR_REASON_CONFLICT,
				    "the host has given the function up already");
	}
}

static void retract(struct fm_mrpcim *m, struct fm_mr_run *r, struct mr_batch *b)
{
	fm_mr_vf_expect_owner(m, r, b);
	fm_mr_vf_write(m, r, b, VF_COMMAND, r->keep[0]);
	fm_mr_commit(b);
	fm_mr_look(m, r, b);
}

static enum fm_mr_next retracted(struct fm_mrpcim *m, struct fm_mr_run *r,
				 const struct fm_mr_reply *p)
{
	fm_mr_take(m, r, p);
	if (r->res.fn.state != r->keep[1])
		return fm_mr_refuse(r, MR_REASON_CONFLICT, "the function's state reads %s",
				    mr_vf_state_name(r->res.fn.state));
	return FM_MR_DONE;
}

const struct fm_mr_op fm_mr_retract = {
	.needs = FM_MR_WRITES | FM_MR_FN | FM_MR_PLACE | FM_MR_MRA,
	.way = {[FM_WAY_LVF] = {{fm_mr_look, retract_looked}, {retract, retracted}}},
};

/* ---- BLOCK ---- */

/* First the requests from the function: what a host still sends to it comes to no answer,
 * what it sends to a host could. Never opens what is blocked already. */
static void block_from(struct fm_mrpcim *m, struct fm_mr_run *r, struct mr_batch *b)
{
	fm_mr_vf_write(m, r, b, VF_BLOCK, 1u | r->res.fn.block);
}

static void cut_row(struct fm_mrpcim *m, struct fm_mr_run *r, struct mr_batch *b)
{
	bool base = fm_mr_row_only(m, r), mapped = r->res.bridge.state == MR_ROW_MAPPED;

	if (MR_MUTANT(CUT_LIES)) {
		fm_mr_look(m, r, b);
		return;
	}
	if (mapped)
		fm_mr_row_expect(r, b, ROW_TARGET, UINT64_MAX, fm_mr_target(m, r));
	if (!base)
		block_from(m, r, b);
	if (mapped)
		fm_mr_row_write(r, b, ROW_STATE, MR_ROW_BLOCKED);
	if (!base)
		fm_mr_vf_write(m, r, b, VF_BLOCK, 3);
	fm_mr_commit(b);
	fm_mr_look(m, r, b);
}

/* Blocked both ways, and the row (if it leads here) shows it. */
static enum fm_mr_next cut_reads(struct fm_mrpcim *m, struct fm_mr_run *r,
				 const struct fm_mr_reply *p)
{
	const struct fm_op_result *res = &r->res;

	fm_mr_take(m, r, p);
	if (MR_MUTANT(CUT_LIES))
		return FM_MR_DONE;
	if (!fm_mr_row_only(m, r) && res->fn.block != 3)
		return fm_mr_refuse(r, MR_REASON_CONFLICT,
				    "the function does not read blocked");
	if (res->bridge.state == MR_ROW_FREE || res->bridge.target != fm_mr_target(m, r))
		return FM_MR_DONE;
	if (res->bridge.state != MR_ROW_BLOCKED)
		return fm_mr_refuse(r, MR_REASON_CONFLICT, "the row does not read blocked");
	return res->bridge.status & MR_ROW_EFFECTIVE ? FM_MR_DONE : FM_MR_NEXT;
}

/* Blocked counts when it is effective at every port: an event says so, or the row after the
 * time that the switch names. */
static enum fm_mr_next cut_effective(struct fm_mrpcim *m, struct fm_mr_run *r,
				     const struct fm_mr_reply *p)
{
	int64_t effect = m->geo->effect_ns;
	enum fm_mr_next next = cut_reads(m, r, p);

	if (next != FM_MR_NEXT)
		return next;
	if (fm_mr_pause(m, r, effect, 4 * effect + FM_MR_COMPLETION_NS) == FM_MR_AGAIN)
		return FM_MR_AGAIN;
	return fm_mr_refuse(r, MR_REASON_TIMEOUT,
			    "the block of VH %u's bridge %u is not effective after %lld ms",
			    r->op.place.port, r->op.place.bridge,
			    (long long)((m->now.mono_ns - r->started_ns) / MR_NS_PER_MS));
}

/*
 * FORCE_OUT whatever the state shows: of a host whose VF Enable is 0 every function reads
 * Unavailable, and a later VF Enable would hand it back.
 */
static void cut_lvf(struct fm_mrpcim *m, struct fm_mr_run *r, struct mr_batch *b)
{
	if (r->res.fn.owner_vh)
		fm_mr_vf_expect_owner(m, r, b);
	block_from(m, r, b);
	if (r->res.fn.owner_vh)
		fm_mr_vf_write(m, r, b, VF_COMMAND, MR_VFC_FORCE_OUT);
	fm_mr_vf_write(m, r, b, VF_BLOCK, 3);
	fm_mr_commit(b);
	fm_mr_look(m, r, b);
}

static enum fm_mr_next cut_lvf_done(struct fm_mrpcim *m, struct fm_mr_run *r,
				    const struct fm_mr_reply *p)
{
	fm_mr_take(m, r, p);
	if (r->res.fn.block != 3 ||
	    (r->res.fn.owner_vh && r->res.fn.state != MR_VF_UNAVAILABLE))
		return fm_mr_refuse(r, MR_REASON_CONFLICT,
				    "the function reads %s, block %u after it was cut",
				    mr_vf_state_name(r->res.fn.state), r->res.fn.block);
	return FM_MR_DONE;
}

/* A whole device is blocked and drained by its bridge's row alone. */
static bool row_check(struct fm_mrpcim *m, struct fm_mr_run *r)
{
	if (fm_mr_row_only(m, r) && !fm_mr_has_row(r))
		fm_mr_refuse(r, MR_REASON_INVALID, "a whole device is named with its bridge");
	return r->res.reason == MR_REASON_OK;
}

/* Without a way: a function that no host has (a stray); it is only blocked. */
const struct fm_mr_op fm_mr_block = {
	.needs = FM_MR_WRITES | FM_MR_FN | FM_MR_PLACE | FM_MR_GONE_OK | FM_MR_MUTE_OK,
	.way = {[FM_WAY_NONE] = {{fm_mr_look, fm_mr_looked}, {cut_lvf, cut_lvf_done}},
		[FM_WAY_LVF] = {{fm_mr_look, fm_mr_looked}, {cut_lvf, cut_lvf_done}},
		[FM_WAY_SYNTHETIC] = {{fm_mr_look, fm_mr_looked},
				      {cut_row, cut_reads},
				      {fm_mr_look, cut_effective}},
		[FM_WAY_DEVICE] = {{fm_mr_look, fm_mr_looked},
				   {cut_row, cut_reads},
				   {fm_mr_look, cut_effective}}},
	.check = row_check,
};

/* ---- DRAIN (I2) ---- */

static bool drained(const struct fm_mrpcim *m, const struct fm_mr_run *r)
{
	const struct fm_op_result *res = &r->res;
	bool row = res->has_bridge && res->bridge.state != MR_ROW_FREE;

	return (fm_mr_row_only(m, r) || res->fn.status & MR_VF_DRAINED) &&
	       (!row || res->bridge.status & MR_ROW_DRAINED);
}

/* Every requester gives up after the completion timeout: then nothing is outstanding whatever
 * the counters say, and the reset clears what is left. */
static enum fm_mr_next drain(struct fm_mrpcim *m, struct fm_mr_run *r,
			     const struct fm_mr_reply *p)
{
	const struct fm_mr_dev *d = fm_mr_run_dev(m, r);
	int64_t limit = d && d->a.present ? d->completion_timeout_ns : FM_MR_COMPLETION_NS;

	fm_mr_take(m, r, p);
	if (MR_MUTANT(DRAIN_SKIPPED) || MR_MUTANT(CUT_LIES))
		return FM_MR_DONE;
	if ((!fm_mr_row_only(m, r) && r->res.fn.block != 3) ||
	    (r->res.has_bridge && r->res.bridge.state == MR_ROW_MAPPED))
		return fm_mr_refuse(r, MR_REASON_CONFLICT,
				    "the function is not blocked: it would never drain");
	if (drained(m, r))
		return FM_MR_DONE;
	if (fm_mr_pause(m, r, limit / 64, limit) == FM_MR_AGAIN)
		return FM_MR_AGAIN;
	mr_fmt(r->res.detail, sizeof(r->res.detail), "the completion timeout of %lld ms passed",
	       (long long)(limit / MR_NS_PER_MS));
	return FM_MR_DONE;
}

const struct fm_mr_op fm_mr_drain = {
	.needs = FM_MR_FN | FM_MR_PLACE | FM_MR_GONE_OK,
	.way = {[FM_WAY_NONE] = {{fm_mr_look, drain}}},
	.check = row_check,
};
