/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MODE: the operating mode of an adapter. It takes effect with a reset of the whole device, so
 * the batch that writes it expects that no function of it is given to anybody and no PF of it
 * stands in a host. The device comes back blank, with other counts: it has to be observed.
 */
#include "fabric-manager/mrpcim/internal.h"

#define VF_EXPECTS 2 /* records for each function */

static uint64_t port_reset(const struct fm_mr_run *r)
{
	return SW_PORT(r->op.fn.port) + PORT_RESET;
}

/* keep[0]: resets before ours; keep[1]: when it began. */
static void mode_look(struct fm_mrpcim *m, struct fm_mr_run *r, struct mr_batch *b)
{
	r->i_fn = mr_batch_read(b, MR_SPACE_MEMORY, 0, 0, fm_mr_run_dev(m, r)->ct + CT_MODES, 8,
				1);
	r->i_x = mr_batch_sw_read(b, port_reset(r), 1);
}

static bool in_effect(const struct fm_mr_run *r, const struct fm_mr_reply *p)
{
	uint64_t modes = fm_mr_value(p, r->i_fn);

	return modes != UINT64_MAX && (modes >> 8 & 0xff) == r->op.value;
}

static enum fm_mr_next mode_looked(struct fm_mrpcim *m, struct fm_mr_run *r,
				   const struct fm_mr_reply *p)
{
	r->keep[0] = fm_mr_value(p, r->i_x);
	r->keep[1] = (uint64_t)m->now.mono_ns;
	return in_effect(r, p) ? FM_MR_DONE : FM_MR_NEXT;
}

static void expect_nobody(const struct fm_mr_dev *d, struct mr_batch *b)
{
	struct fm_fn_id f = {0};

	for (unsigned v = 1; v < d->a.vhs; v++)
		mr_batch_expect(b, MR_SPACE_MEMORY, 0, 0, d->ct + CT_VH(v) + VH_MAP, 8, 1, 0);
	for (; f.pf < d->a.pfs; f.pf++)
		for (f.vf = 0; f.vf < d->a.vfs; f.vf++) {
			uint64_t row = fm_mr_vf_row(d, f);

			mr_batch_expect(b, MR_SPACE_MEMORY, 0, 0, row + VF_MAP, 8, 0xffff, 0);
			mr_batch_expect(b, MR_SPACE_MEMORY, 0, 0, row + VF_COOKIE, 8,
					UINT64_MAX, 0);
		}
}

static void mode_write(struct fm_mrpcim *m, struct fm_mr_run *r, struct mr_batch *b)
{
	const struct fm_mr_dev *d = fm_mr_run_dev(m, r);

	expect_nobody(d, b);
	mr_batch_write(b, MR_SPACE_MEMORY, 0, 0, d->ct + CT_MODE, 8, r->op.value);
	mr_batch_sw_write(b, port_reset(r), 1);
	r->i_x = mr_batch_sw_read(b, port_reset(r), 1);
}

static enum fm_mr_next mode_written(struct fm_mrpcim *m, struct fm_mr_run *r,
				    const struct fm_mr_reply *p)
{
	(void)m, (void)p, (void)r;
	return FM_MR_NEXT;
}

/* The device is left alone for the time of a hot reset. */
static void mode_poll(struct fm_mrpcim *m, struct fm_mr_run *r, struct mr_batch *b)
{
	r->keep[2] = m->now.mono_ns - (int64_t)r->keep[1] >= FM_MR_HOT_RESET_NS;
	if (r->keep[2])
		mode_look(m, r, b);
	else
		r->i_x = mr_batch_sw_read(b, port_reset(r), 1);
}

static enum fm_mr_next mode_judge(struct fm_mrpcim *m, struct fm_mr_run *r,
				  const struct fm_mr_reply *p)
{
	const struct fm_mr_dev *d = fm_mr_run_dev(m, r);

	if (r->keep[2] && in_effect(r, p) && fm_mr_value(p, r->i_x) != r->keep[0])
		return FM_MR_DONE;
	if (fm_mr_pause(m, r, FM_MR_HOT_RESET_NS, FM_MR_READY_MAX_NS) == FM_MR_AGAIN)
		return FM_MR_AGAIN;
	return fm_mr_refuse(r, MR_REASON_CONFLICT, "%s is not in mode %s after its reset",
			    d->a.name, d->a.mode[r->op.value].name);
}

static bool mode_check(struct fm_mrpcim *m, struct fm_mr_run *r)
{
	const struct fm_mr_dev *d = fm_mr_run_dev(m, r);
	unsigned expects = d->a.vhs + VF_EXPECTS * d->a.pfs * d->a.vfs;

	if (r->op.value >= d->a.modes)
		fm_mr_refuse(r, MR_REASON_UNSUPPORTED, "%s has %u modes", d->a.name,
			     d->a.modes);
	else if (expects > MR_BATCH_MAX_RECORDS - 8)
		fm_mr_refuse(
			r, MR_REASON_LIMIT,
			"%u things of %s would have to be looked at at once, at most %d can",
			expects, d->a.name, MR_BATCH_MAX_RECORDS - 8);
	return r->res.reason == MR_REASON_OK;
}

const struct fm_mr_op fm_mr_mode = {
	.needs = FM_MR_WRITES | FM_MR_ADAPTER,
	.way = {[FM_WAY_NONE] = {{mode_look, mode_looked},
				 {mode_write, mode_written},
				 {mode_poll, mode_judge}}},
	.check = mode_check,
};
