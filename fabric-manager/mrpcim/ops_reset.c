/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RESET: the first rung of HANDOVER 10 that the function has. A VF: the BF's per-VF reset; a
 * whole device: FLR, or the hot reset of its port where it has no FLR or several functions.
 * Times come from Readiness Time Reporting (discover.c) or the specification, never from here.
 */
#include <linux/pci_regs.h>

#include "common/mutant.h"
#include "fabric-manager/mrpcim/internal.h"

static int64_t longer(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static enum fm_mr_next not_confirmed(struct fm_mrpcim *m, struct fm_mr_run *r, const char *what)
{
	return fm_mr_refuse(r, MR_REASON_TIMEOUT, "%s was not confirmed after %lld ms", what,
			    (long long)((m->now.mono_ns - r->started_ns) / MR_NS_PER_MS));
}

/* ---- VF ---- */

/*
 * Device memory is per-function state: what the last owner left there nobody else may find
 * (I2). Only `retain`, which goes back to its owner, keeps it.
 */
static bool scrubs(const struct fm_mrpcim *m, const struct fm_mr_run *r)
{
	return fm_mr_run_dev(m, r)->a.caps & MR_CT_CAP_SCRUB &&
	       r->op.value != FM_RELEASE_RETAIN;
}

static void vf_reset(struct fm_mrpcim *m, struct fm_mr_run *r, struct mr_batch *b)
{
	const struct fm_mr_dev *d = fm_mr_run_dev(m, r);

	r->i_x = mr_batch_read(b, MR_SPACE_MEMORY, 0, 0, fm_mr_vf_row(d, r->op.fn) + VF_RESETS,
			       8, 1);
	if (!MR_MUTANT(FLR_SKIPPED))
		fm_mr_vf_write(m, r, b, VF_COMMAND, scrubs(m, r) ? MR_VFC_SCRUB : MR_VFC_RESET);
	fm_mr_look(m, r, b);
}

static bool vf_confirmed(const struct fm_mr_run *r)
{
	const struct fm_fn *f = &r->res.fn;

	if (FM_MR_TRUSTS_RESETS)
		return true;
	return f->status & MR_VF_RESET_DONE && !(f->status & MR_VF_RESET_BUSY) &&
	       f->resets != (uint32_t)r->keep[0];
}

/* Confirmed when the counter of completed resets moved since our command and the row says done
 * and defaults. */
static enum fm_mr_next vf_judge(struct fm_mrpcim *m, struct fm_mr_run *r,
				const struct fm_mr_reply *p)
{
	const struct fm_adapter *a = &fm_mr_run_dev(m, r)->a;
	int64_t scrub = scrubs(m, r) ? a->limits.scrub_ns : 0, flr = a->flr_ns + scrub;
	const struct fm_fn *f = &r->res.fn;

	fm_mr_take(m, r, p);
	if (vf_confirmed(r)) {
		if (!(f->status & MR_VF_DEFAULTS) && !FM_MR_TRUSTS_RESETS)
			return fm_mr_refuse(r, MR_REASON_CONFLICT,
					    "the function is not at its defaults after its "
					    "reset: VF_STATUS reads 0x%x",
					    f->status);
		return FM_MR_NEXT;
	}
	if (!MR_MUTANT(RESET_TIME_IGNORED) &&
	    fm_mr_pause(m, r, flr, longer(flr, scrub + FM_MR_READY_MAX_NS)) == FM_MR_AGAIN)
		return FM_MR_AGAIN;
	return not_confirmed(m, r, "the reset");
}

static enum fm_mr_next vf_started(struct fm_mrpcim *m, struct fm_mr_run *r,
				  const struct fm_mr_reply *p)
{
	r->keep[0] = fm_mr_value(p, r->i_x);
	fm_mr_take(m, r, p);
	return FM_MR_NEXT;
}

/* Nobody's any more: the cookie goes last, so that a crash before finds whose it was. */
static void vf_clear(struct fm_mrpcim *m, struct fm_mr_run *r, struct mr_batch *b)
{
	const uint64_t good = MR_VF_RESET_DONE | MR_VF_DEFAULTS;

	if (!FM_MR_TRUSTS_RESETS)
		fm_mr_vf_expect(m, r, b, VF_STATUS, good | MR_VF_RESET_BUSY, good);
	fm_mr_vf_write(m, r, b, VF_COOKIE, 0);
	fm_mr_commit(b);
	fm_mr_look(m, r, b);
}

/* ---- whole device ---- */

static bool has_flr(const struct fm_mr_dev *d)
{
	return d->flr && !d->multi_function;
}

static uint64_t port_reset(const struct fm_mr_run *r)
{
	return SW_PORT(r->op.fn.port) + PORT_RESET;
}

/* The row must not lead to a host any more (BLOCKED or FREE): a device that is mapped is
 * somebody's. INTx Disable is a mark that only a reset takes away. */
static void device_reset(struct fm_mrpcim *m, struct fm_mr_run *r, struct mr_batch *b)
{
	const struct fm_mr_dev *d = fm_mr_run_dev(m, r);

	if (fm_mr_has_row(r) && r->res.bridge.target == fm_mr_target(m, r) &&
	    r->res.bridge.state != MR_ROW_FREE)
		fm_mr_row_expect(r, b, ROW_STATE, UINT64_MAX, MR_ROW_BLOCKED);
	if (has_flr(d)) {
		mr_batch_write(b, MR_SPACE_CONFIG, 0, d->rid, PCI_COMMAND, 2,
			       PCI_COMMAND_INTX_DISABLE);
		mr_batch_write(b, MR_SPACE_CONFIG, 0, d->rid, d->pcie + PCI_EXP_DEVCTL, 2,
			       PCI_EXP_DEVCTL_BCR_FLR);
	} else {
		r->i_x = mr_batch_sw_read(b, port_reset(r), 1);
		mr_batch_sw_write(b, port_reset(r), 1);
	}
}

static enum fm_mr_next device_started(struct fm_mrpcim *m, struct fm_mr_run *r,
				      const struct fm_mr_reply *p)
{
	if (!has_flr(fm_mr_run_dev(m, r)))
		r->keep[0] = fm_mr_value(p, r->i_x);
	r->keep[1] = (uint64_t)m->now.mono_ns;
	return FM_MR_NEXT;
}

/* How long the device may take before it is asked. */
static int64_t device_takes(const struct fm_mr_dev *d)
{
	return has_flr(d) ? d->a.flr_ns : longer(d->a.flr_ns, FM_MR_HOT_RESET_NS);
}

/* Its configuration space is left alone until then: keep[2] says whether it was read. */
static void device_poll(struct fm_mrpcim *m, struct fm_mr_run *r, struct mr_batch *b)
{
	const struct fm_mr_dev *d = fm_mr_run_dev(m, r);

	r->keep[3] = mr_batch_sw_read(b, SW_PORT(r->op.fn.port) + PORT_STATUS, 1);
	r->i_x = mr_batch_sw_read(b, port_reset(r), 1);
	r->keep[2] = m->now.mono_ns - (int64_t)r->keep[1] >= device_takes(d);
	if (r->keep[2]) {
		mr_batch_read(b, MR_SPACE_CONFIG, 0, d->rid, PCI_VENDOR_ID, 4, 2);
		mr_batch_read(b, MR_SPACE_CONFIG, 0, d->rid,
			      (uint64_t)(d->msix ? d->msix + PCI_MSIX_FLAGS : PCI_COMMAND), 2,
			      1);
		mr_batch_read(b, MR_SPACE_CONFIG, 0, d->rid,
			      (uint64_t)(d->ats ? d->ats + PCI_ATS_CTRL : PCI_COMMAND), 2, 1);
	}
	fm_mr_look(m, r, b);
}

/* Ready when it shows its ids again (all-ones: nothing there, 0001h: not yet). */
static bool device_ready(const struct fm_mr_dev *d, const struct fm_mr_run *r,
			 const struct fm_mr_reply *p)
{
	return r->keep[2] &&
	       fm_mr_value(p, r->i_x + 1) == (d->a.vendor | (uint32_t)d->a.device << 16) &&
	       (has_flr(d) || fm_mr_value(p, r->i_x) != r->keep[0]);
}

/* The mark that was set before the FLR is gone, and what a driver would have left. Memory and
 * Bus Master of Command are VH 0's own: its processor places the device again. */
static bool device_default(const struct fm_mr_dev *d, const struct fm_mr_run *r,
			   const struct fm_mr_reply *p)
{
	return !(fm_mr_value(p, r->i_x + 2) & PCI_COMMAND_INTX_DISABLE) &&
	       !(d->msix && fm_mr_value(p, r->i_x + 3) & PCI_MSIX_FLAGS_ENABLE) &&
	       !(d->ats && fm_mr_value(p, r->i_x + 4) & PCI_ATS_CTRL_ENABLE);
}

static enum fm_mr_next device_judge(struct fm_mrpcim *m, struct fm_mr_run *r,
				    const struct fm_mr_reply *p)
{
	const struct fm_mr_dev *d = fm_mr_run_dev(m, r);
	int64_t takes = device_takes(d);

	fm_mr_take(m, r, p);
	if (device_ready(d, r, p)) {
		if (!device_default(d, r, p))
			return fm_mr_refuse(r, MR_REASON_CONFLICT,
					    "%s is not at its defaults after its reset",
					    d->a.name);
		r->res.fn.status |= MR_VF_RESET_DONE | MR_VF_DEFAULTS;
		return FM_MR_DONE;
	}
	if (fm_mr_pause(m, r, takes, longer(takes, FM_MR_READY_MAX_NS)) == FM_MR_AGAIN)
		return FM_MR_AGAIN;
	if (!(fm_mr_value(p, (unsigned)r->keep[3]) & MR_PORT_LINK))
		return fm_mr_no_answer(r);
	return not_confirmed(m, r, has_flr(d) ? "the function level reset" : "the hot reset");
}

/* ---- which of the two ---- */

static void start(struct fm_mrpcim *m, struct fm_mr_run *r, struct mr_batch *b)
{
	if (fm_mr_row_only(m, r))
		device_reset(m, r, b);
	else
		vf_reset(m, r, b);
}

static enum fm_mr_next started(struct fm_mrpcim *m, struct fm_mr_run *r,
			       const struct fm_mr_reply *p)
{
	return fm_mr_row_only(m, r) ? device_started(m, r, p) : vf_started(m, r, p);
}

/* A VF's reset that was over with its command needs no further look. */
static void poll(struct fm_mrpcim *m, struct fm_mr_run *r, struct mr_batch *b)
{
	if (fm_mr_row_only(m, r))
		device_poll(m, r, b);
	else if (!vf_confirmed(r))
		fm_mr_look(m, r, b);
}

/* Whether a host has the device: only its bridge's row says that, and it is read first. */
static void look_device(struct fm_mrpcim *m, struct fm_mr_run *r, struct mr_batch *b)
{
	if (fm_mr_row_only(m, r))
		fm_mr_look(m, r, b);
}

static enum fm_mr_next judge(struct fm_mrpcim *m, struct fm_mr_run *r,
			     const struct fm_mr_reply *p)
{
	return fm_mr_row_only(m, r) ? device_judge(m, r, p) : vf_judge(m, r, p);
}

const struct fm_mr_op fm_mr_reset = {
	.needs = FM_MR_WRITES | FM_MR_FN | FM_MR_PLACE,
	.way = {[FM_WAY_NONE] = {{look_device, fm_mr_looked},
				 {start, started},
				 {poll, judge},
				 {vf_clear, fm_mr_looked}}},
};
