/* SPDX-License-Identifier: Apache-2.0 */
/* The table of operations, and what they are built of: the function's row, the bridge's row,
 * commit, reading both back. */
#include "fabric-manager/mrpcim/internal.h"

#define NOT_READ UINT32_MAX

const struct fm_mr_op *const fm_mr_ops[FM_OP_COUNT] = {
	[FM_OP_TAKE_OWNER] = &fm_mr_take_owner,
	[FM_OP_AUTHORISE] = &fm_mr_authorise,
	[FM_OP_CHALLENGE] = &fm_mr_challenge,
	[FM_OP_PROVISION] = &fm_mr_provision,
	[FM_OP_MODE] = &fm_mr_mode,
	[FM_OP_ATTACH_PF] = &fm_mr_attach_pf,
	[FM_OP_DETACH_PF] = &fm_mr_detach_pf,
	[FM_OP_CONFIGURE] = &fm_mr_configure,
	[FM_OP_MAP] = &fm_mr_map,
	[FM_OP_GATE_OPEN] = &fm_mr_gate_open,
	[FM_OP_GATE_CLOSE] = &fm_mr_gate_close,
	[FM_OP_REQUEST_OUT] = &fm_mr_request_out,
	[FM_OP_RETRACT] = &fm_mr_retract,
	[FM_OP_BLOCK] = &fm_mr_block,
	[FM_OP_DRAIN] = &fm_mr_drain,
	[FM_OP_UNMAP] = &fm_mr_unmap,
	[FM_OP_RESET] = &fm_mr_reset,
	[FM_OP_SET_ATTRS] = &fm_mr_set_attrs,
	[FM_OP_TOMBSTONE] = &fm_mr_tombstone,
	[FM_OP_READ_FN] = &fm_mr_read_fn,
	[FM_OP_NS_CREATE] = &fm_mr_ns_create,
	[FM_OP_NS_DELETE] = &fm_mr_ns_delete,
	[FM_OP_NS_ERASE] = &fm_mr_ns_erase,
	/* FM_OP_OBSERVE is discover.c */
};

/* The adapter of the operation's function; NULL only where its needs allow it. */
struct fm_mr_dev *fm_mr_run_dev(const struct fm_mrpcim *m, const struct fm_mr_run *r)
{
	return fm_mr_dev_at(m->geo, r->op.fn.port);
}

/* Whether the function has no row of its own that could be read: a whole device, or one whose
 * adapter is gone or does not answer. Its bridge's row is all there is. */
bool fm_mr_row_only(const struct fm_mrpcim *m, const struct fm_mr_run *r)
{
	const struct fm_mr_dev *d = fm_mr_run_dev(m, r);

	return r->mute || !d || !d->a.present || d->a.kind == FM_ADAPTER_BASE;
}

/* Whether a bridge row leads to the operation's function. */
bool fm_mr_has_row(const struct fm_mr_run *r)
{
	return r->op.place.way == FM_WAY_SYNTHETIC || r->op.place.way == FM_WAY_DEVICE;
}

static uint64_t row_address(const struct fm_mr_run *r, unsigned reg)
{
	return SW_BRIDGE(r->op.place.port, r->op.place.bridge) + reg;
}

/* Writes register 'reg' of the function's MVF row. */
void fm_mr_vf_write(const struct fm_mrpcim *m, const struct fm_mr_run *r, struct mr_batch *b,
		    unsigned reg, uint64_t v)
{
	mr_batch_write(b, MR_SPACE_MEMORY, 0, 0,
		       fm_mr_vf_row(fm_mr_run_dev(m, r), r->op.fn) + reg, 8, v);
}

/* Stops the batch unless register 'reg' of the function's MVF row has 'v' under 'mask'. */
void fm_mr_vf_expect(const struct fm_mrpcim *m, const struct fm_mr_run *r, struct mr_batch *b,
		     unsigned reg, uint64_t mask, uint64_t v)
{
	mr_batch_expect(b, MR_SPACE_MEMORY, 0, 0,
			fm_mr_vf_row(fm_mr_run_dev(m, r), r->op.fn) + reg, 8, mask, v);
}

/* Stops the batch unless the function belongs to the VH of the operation's host. A host that
 * the adapter does not serve has a device VH that no row shows. */
void fm_mr_vf_expect_owner(const struct fm_mrpcim *m, const struct fm_mr_run *r,
			   struct mr_batch *b)
{
	int dvh = fm_mr_device_vh(fm_mr_run_dev(m, r), r->op.place.port);

	fm_mr_vf_expect(m, r, b, VF_MAP, 0xffff, (uint16_t)dvh);
}

/* The same two for the row of the operation's bridge. */
void fm_mr_row_write(const struct fm_mr_run *r, struct mr_batch *b, unsigned reg, uint64_t v)
{
	mr_batch_sw_write(b, row_address(r, reg), v);
}

void fm_mr_row_expect(const struct fm_mr_run *r, struct mr_batch *b, unsigned reg,
		      uint64_t mask, uint64_t v)
{
	mr_batch_sw_expect(b, row_address(r, reg), mask, v);
}

/* What ROW_TARGET says of a row that leads to the operation's function. */
uint64_t fm_mr_target(const struct fm_mrpcim *m, const struct fm_mr_run *r)
{
	struct fm_fn_id f = r->op.fn;

	(void)m;
	if (r->op.place.way == FM_WAY_DEVICE)
		return MR_TARGET(MR_TARGET_DEVICE, f.port, 0, 0);
	return MR_TARGET(MR_TARGET_SYNTHETIC, f.port, f.pf, f.vf);
}

/* Address of the register of LVF slot 'slot', from 1. */
uint64_t fm_mr_lvf_address(const struct fm_mr_dev *d, unsigned dvh, unsigned pf, unsigned slot)
{
	return d->ct + CT_LVF((uint64_t)d->a.pfs, (uint64_t)d->a.vfs, dvh, pf, slot);
}

/* The device VH that the operation's host is for its adapter, or -1 with the refusal filled. */
int fm_mr_run_dvh(const struct fm_mrpcim *m, struct fm_mr_run *r)
{
	const struct fm_mr_dev *d = fm_mr_run_dev(m, r);
	int dvh = fm_mr_device_vh(d, r->op.place.port);

	if (dvh < 0)
		fm_mr_refuse(r, MR_REASON_CONFLICT, "%s has no PF in VH %u: attach it first",
			     d->a.name, r->op.place.port);
	return dvh;
}

/* The tables go to non-volatile memory: last write of every batch that changed one. */
void fm_mr_commit(struct mr_batch *b)
{
	mr_batch_sw_write(b, SW_COMMIT, 1);
}

/* Reads the function's row and the row of its bridge, as far as it has them. */
void fm_mr_look(struct fm_mrpcim *m, struct fm_mr_run *r, struct mr_batch *b)
{
	r->i_fn = r->i_row = NOT_READ;
	if (!fm_mr_row_only(m, r))
		r->i_fn = mr_batch_read(b, MR_SPACE_MEMORY, 0, 0,
					fm_mr_vf_row(fm_mr_run_dev(m, r), r->op.fn), 8,
					FM_MR_VF_READ);
	if (fm_mr_has_row(r))
		r->i_row = mr_batch_sw_read(b, row_address(r, 0), ROW_REGS);
}

static void take_row(struct fm_mrpcim *m, struct fm_mr_run *r, const struct fm_mr_reply *p)
{
	uint64_t reg[ROW_REGS];
	struct fm_op_result *res = &r->res;

	for (unsigned i = 0; i < ROW_REGS; i++)
		reg[i] = fm_mr_value(p, r->i_row + i);
	fm_mr_row_parse(reg, &res->bridge);
	res->has_bridge = true;
	if (res->bridge.state == MR_ROW_FREE || res->bridge.target != fm_mr_target(m, r))
		return;
	res->fn.row_vs = r->op.place.port;
	res->fn.row_bridge = r->op.place.bridge;
	if (r->op.place.way != FM_WAY_DEVICE)
		return;
	res->fn.cookie = res->bridge.cookie;
	res->fn.owner_vh = r->op.place.port;
	res->fn.block = res->bridge.state == MR_ROW_BLOCKED ? 3 : 0;
}

/* Refuses: all-ones is what nobody answered. Whether the adapter was pulled only its port says,
 * at the next reading. */
enum fm_mr_next fm_mr_no_answer(struct fm_mr_run *r)
{
	return fm_mr_refuse(r, MR_REASON_UNREACHABLE, "the adapter in port %u does not answer",
			    r->op.fn.port);
}

static void no_answer(struct fm_mr_run *r)
{
	r->mute = true;
	r->res.has_fn = false;
	if (!(r->kind->needs & FM_MR_MUTE_OK && fm_mr_has_row(r)))
		fm_mr_no_answer(r);
}

/* Takes what fm_mr_look read into the result; a whole device is what its bridge's row says. */
void fm_mr_take(struct fm_mrpcim *m, struct fm_mr_run *r, const struct fm_mr_reply *p)
{
	uint64_t reg[FM_MR_VF_READ];

	r->res.fn = (struct fm_fn){.row_bridge = FM_NO_BRIDGE};
	r->res.has_fn = r->i_fn != NOT_READ || r->op.place.way == FM_WAY_DEVICE;
	if (r->i_fn != NOT_READ && fm_mr_value(p, r->i_fn) == UINT64_MAX) {
		no_answer(r);
	} else if (r->i_fn != NOT_READ) {
		for (unsigned i = 0; i < FM_MR_VF_READ; i++)
			reg[i] = fm_mr_value(p, r->i_fn + i);
		fm_mr_fn_parse(fm_mr_run_dev(m, r), reg, &r->res.fn);
	}
	if (r->i_row != NOT_READ)
		take_row(m, r, p);
}

/* Judges a step that only looked. */
enum fm_mr_next fm_mr_looked(struct fm_mrpcim *m, struct fm_mr_run *r,
			     const struct fm_mr_reply *p)
{
	fm_mr_take(m, r, p);
	return FM_MR_NEXT;
}

/* READ_FN */
const struct fm_mr_op fm_mr_read_fn = {
	.needs = FM_MR_FN | FM_MR_PLACE,
	.way = {[FM_WAY_NONE] = {{fm_mr_look, fm_mr_looked}}},
};
