/* SPDX-License-Identifier: Apache-2.0 */
/* MAP and UNMAP: a configured function into a host, and out of what blocked it. */
#include "common/mutant.h"
#include "fabric-manager/mrpcim/internal.h"

/* Registers ROW_IDS to the end of ROW_WINDOW, written at once. */
#define SHADOW_REGS ((ROW_WINDOW - ROW_IDS) / 8 + 6)
#define SHADOW(reg) (((reg)-ROW_IDS) / 8)

/* ---- MAP ---- */

/* What the synthetic function shows and where its windows lead: ids of the VF as a host must
 * see them, the VF's own part of each VF BAR. */
static void shadow_regs(const struct fm_mr_dev *d, const struct fm_mr_run *r, uint64_t *reg)
{
	const struct fm_adapter *a = &d->a;
	struct fm_fn_id f = r->op.fn;

	reg[SHADOW(ROW_IDS)] = a->vendor | (uint64_t)a->vf_device << 16 |
			       (uint64_t)(d->class_code & 0xffffff) << 32 |
			       (uint64_t)a->revision << 56;
	reg[SHADOW(ROW_SUBSYS)] = a->subvendor | (uint64_t)a->subdevice << 16;
	reg[SHADOW(ROW_MSIX)] =
		r->op.attrs.msix ? (d->vf_msix & ~0xffffull) | r->op.attrs.msix : d->vf_msix;
	for (unsigned i = 0; i < 6; i++) {
		const struct fm_bar *bar = &a->pf[f.pf].vf_bar[i];

		reg[SHADOW(ROW_BAR) + i] = d->vf_bar_reg[i];
		reg[SHADOW(ROW_WINDOW) + i] = bar->size ? bar->base + f.vf * bar->size : 0;
	}
}

static void map_row(struct fm_mrpcim *m, struct fm_mr_run *r, struct mr_batch *b)
{
	const uint64_t head[] = {fm_mr_target(m, r),
				 MR_MUTANT(COOKIE_FORGOTTEN) ? 0 : r->op.cookie};
	uint64_t row = SW_BRIDGE(r->op.place.port, r->op.place.bridge);
	uint64_t shadow[SHADOW_REGS];

	fm_mr_row_expect(r, b, ROW_STATE, UINT64_MAX, MR_ROW_FREE);
	if (!MR_MUTANT(TOMBSTONE_REUSED))
		fm_mr_row_expect(r, b, ROW_TOMBSTONE, 1, 0);
	mr_batch_write_n(b, MR_SPACE_SWITCH, 0, 0, row + ROW_TARGET, 8, head, 2);
	if (!fm_mr_row_only(m, r)) {
		shadow_regs(fm_mr_run_dev(m, r), r, shadow);
		mr_batch_write_n(b, MR_SPACE_SWITCH, 0, 0, row + ROW_IDS, 8, shadow,
				 SHADOW_REGS);
	}
	fm_mr_row_write(r, b, ROW_STATE, MR_ROW_MAPPED);
}

/* The function is as CONFIGURE left it: in VH 0, untouched since its reset, ours, gated; and
 * kept apart from its neighbours. */
static void expect_configured(struct fm_mrpcim *m, struct fm_mr_run *r, struct mr_batch *b)
{
	const uint64_t proof = MR_VF_RESET_BUSY | MR_VF_RESET_DONE | MR_VF_ENABLED;

	fm_mr_vf_expect(m, r, b, VF_MAP, 0xffff, 0);
	if (!FM_MR_TRUSTS_RESETS)
		fm_mr_vf_expect(m, r, b, VF_STATUS, proof, MR_VF_RESET_DONE | MR_VF_ENABLED);
	fm_mr_vf_expect(m, r, b, VF_COOKIE, UINT64_MAX, r->op.cookie);
	fm_mr_vf_expect(m, r, b, VF_GATE, 1, MR_MUTANT(GATE_OPENED_EARLY));
	fm_mr_acs_expect(m, r, b);
}

/* Requests are let through once the row leads to the host and to no one else. */
static void map_synthetic(struct fm_mrpcim *m, struct fm_mr_run *r, struct mr_batch *b)
{
	if (!fm_mr_row_only(m, r))
		expect_configured(m, r, b);
	if (MR_MUTANT(LET_THROUGH_EARLY) && !fm_mr_row_only(m, r))
		fm_mr_vf_write(m, r, b, VF_BLOCK, 0);
	map_row(m, r, b);
	if (!fm_mr_row_only(m, r))
		fm_mr_vf_write(m, r, b, VF_BLOCK, 0);
	fm_mr_commit(b);
	fm_mr_look(m, r, b);
}

/* The shadow that was written, compared with what reads back. */
static bool shadow_reads(struct fm_mrpcim *m, struct fm_mr_run *r, const struct fm_mr_reply *p)
{
	uint64_t shadow[SHADOW_REGS];

	if (fm_mr_row_only(m, r))
		return true;
	shadow_regs(fm_mr_run_dev(m, r), r, shadow);
	for (unsigned i = 0; i < SHADOW_REGS; i++)
		if (fm_mr_value(p, r->i_row + ROW_IDS / 8 + i) != shadow[i])
			return false;
	return true;
}

static enum fm_mr_next mapped_row(struct fm_mrpcim *m, struct fm_mr_run *r,
				  const struct fm_mr_reply *p)
{
	const struct fm_bridge *br = &r->res.bridge;

	fm_mr_take(m, r, p);
	if (br->state != MR_ROW_MAPPED || br->target != fm_mr_target(m, r) ||
	    (br->cookie != r->op.cookie && !MR_MUTANT(COOKIE_FORGOTTEN)) || r->res.fn.block ||
	    !shadow_reads(m, r, p))
		return fm_mr_refuse(r, MR_REASON_CONFLICT,
				    "the row of VH %u's bridge %u does not read as written",
				    r->op.place.port, r->op.place.bridge);
	return FM_MR_DONE;
}

/* Unblocked only once it reads as the host's: one that was unblocked before a command that
 * takes effect later would be refused by that, and by the next one. */
static void map_lvf(struct fm_mrpcim *m, struct fm_mr_run *r, struct mr_batch *b)
{
	int dvh = fm_mr_device_vh(fm_mr_run_dev(m, r), r->op.place.port);

	expect_configured(m, r, b);
	fm_mr_vf_write(m, r, b, VF_COMMAND, MR_VFC_MIGRATE_IN | (uint64_t)(uint16_t)dvh << 16);
	fm_mr_vf_expect_owner(m, r, b);
	fm_mr_vf_write(m, r, b, VF_BLOCK, 0);
	fm_mr_commit(b);
	fm_mr_look(m, r, b);
}

static enum fm_mr_next mapped_lvf(struct fm_mrpcim *m, struct fm_mr_run *r,
				  const struct fm_mr_reply *p)
{
	fm_mr_take(m, r, p);
	if (r->res.fn.owner_vh != r->op.place.port || !r->res.fn.lvf_slot)
		return fm_mr_refuse(r, MR_REASON_CONFLICT,
				    "the function reads as owned by VH %u in slot %u",
				    r->res.fn.owner_vh, r->res.fn.lvf_slot);
	r->res.place.slot = r->res.fn.lvf_slot;
	return FM_MR_DONE;
}

static bool map_check(struct fm_mrpcim *m, struct fm_mr_run *r)
{
	const struct fm_mr_dev *d = fm_mr_run_dev(m, r);

	if (r->op.place.way == FM_WAY_LVF && d->a.kind != FM_ADAPTER_MRA)
		fm_mr_refuse(r, MR_REASON_UNSUPPORTED, "%s does not migrate functions",
			     d->a.name);
	else if (r->op.place.way == FM_WAY_LVF)
		fm_mr_run_dvh(m, r);
	return r->res.reason == MR_REASON_OK;
}

const struct fm_mr_op fm_mr_map = {
	.needs = FM_MR_WRITES | FM_MR_FN | FM_MR_PLACE,
	.way = {[FM_WAY_LVF] = {{map_lvf, mapped_lvf}},
		[FM_WAY_SYNTHETIC] = {{map_synthetic, mapped_row}},
		[FM_WAY_DEVICE] = {{map_synthetic, mapped_row}}},
	.check = map_check,
};

/* ---- UNMAP ---- */

/*
 * The row is freed only if it leads to this function; what it said of it is taken away. Also
 * from one that is free: the write that maps it may take effect later, and is refused without a
 * target.
 */
static void free_row(struct fm_mrpcim *m, struct fm_mr_run *r, struct mr_batch *b)
{
	static const uint64_t none[2];
	uint64_t row = SW_BRIDGE(r->op.place.port, r->op.place.bridge);
	bool is_free = r->res.bridge.state == MR_ROW_FREE;

	if ((!is_free || r->res.bridge.target == fm_mr_target(m, r)) && !MR_MUTANT(CUT_LIES)) {
		fm_mr_row_expect(r, b, ROW_TARGET, UINT64_MAX, fm_mr_target(m, r));
		fm_mr_row_expect(r, b, ROW_STATE, UINT64_MAX,
				 is_free ? MR_ROW_FREE : MR_ROW_BLOCKED);
		if (!is_free)
			fm_mr_row_write(r, b, ROW_STATE, MR_ROW_FREE);
		mr_batch_write_n(b, MR_SPACE_SWITCH, 0, 0, row + ROW_TARGET, 8, none, 2);
		fm_mr_commit(b);
	}
	fm_mr_look(m, r, b);
}

static enum fm_mr_next freed_row(struct fm_mrpcim *m, struct fm_mr_run *r,
				 const struct fm_mr_reply *p)
{
	fm_mr_take(m, r, p);
	if (r->res.bridge.state != MR_ROW_FREE && !MR_MUTANT(CUT_LIES))
		return fm_mr_refuse(r, MR_REASON_CONFLICT, "the row does not read free");
	return FM_MR_DONE;
}

static void return_lvf(struct fm_mrpcim *m, struct fm_mr_run *r, struct mr_batch *b)
{
	if (r->res.fn.owner_vh) {
		fm_mr_vf_expect_owner(m, r, b);
		fm_mr_vf_write(m, r, b, VF_COMMAND, MR_VFC_RETURN);
		fm_mr_commit(b);
	}
	fm_mr_look(m, r, b);
}

static enum fm_mr_next returned_lvf(struct fm_mrpcim *m, struct fm_mr_run *r,
				    const struct fm_mr_reply *p)
{
	fm_mr_take(m, r, p);
	if (r->res.fn.owner_vh)
		return fm_mr_refuse(r, MR_REASON_CONFLICT,
				    "the function still reads as owned by VH %u",
				    r->res.fn.owner_vh);
	return FM_MR_DONE;
}

const struct fm_mr_op fm_mr_unmap = {
	.needs = FM_MR_WRITES | FM_MR_FN | FM_MR_PLACE | FM_MR_GONE_OK,
	.way = {[FM_WAY_LVF] = {{fm_mr_look, fm_mr_looked}, {return_lvf, returned_lvf}},
		[FM_WAY_SYNTHETIC] = {{fm_mr_look, fm_mr_looked}, {free_row, freed_row}},
		[FM_WAY_DEVICE] = {{fm_mr_look, fm_mr_looked}, {free_row, freed_row}}},
};
