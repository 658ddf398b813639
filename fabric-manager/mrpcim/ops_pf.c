/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operations on PFs: PROVISION (VH 0: NumVFs and VF Enable, the SR-PCIM's part that is done
 * once), ATTACH_PF and DETACH_PF (a host's own PFs of an `mra` adapter).
 */
#include <linux/pci_regs.h>

#include "fabric-manager/mrpcim/internal.h"

/* ---- PROVISION ---- */

#define PF_LOOK 5 /* values read per PF, in this order */
enum {
	LOOK_CTRL,
	LOOK_INITIAL,
	LOOK_TOTAL,
	LOOK_NUM,
	LOOK_PAGE
};

static void pf_look(const struct fm_mr_dev *d, unsigned pf, struct mr_batch *b)
{
	uint16_t rid = fm_mr_pf_rid(d, pf), at = d->sriov[pf];

	mr_batch_read(b, MR_SPACE_CONFIG, 0, rid, at + PCI_SRIOV_CTRL, 2, 1);
	mr_batch_read(b, MR_SPACE_CONFIG, 0, rid, at + PCI_SRIOV_INITIAL_VF, 2, 3);
	mr_batch_read(b, MR_SPACE_CONFIG, 0, rid, at + PCI_SRIOV_SYS_PGSIZE, 4, 1);
}

static void provision_look(struct fm_mrpcim *m, struct fm_mr_run *r, struct mr_batch *b)
{
	const struct fm_mr_dev *d = fm_mr_run_dev(m, r);

	for (unsigned pf = 0; pf < d->a.pfs; pf++)
		pf_look(d, pf, b);
}

/* keep[0]: bit p set = PF p is to be enabled; keep[1]: with how many VFs; keep[3]: bit p set =
 * it runs with another number and is stopped before. */
static enum fm_mr_next provision_looked(struct fm_mrpcim *m, struct fm_mr_run *r,
					const struct fm_mr_reply *p)
{
	const struct fm_mr_dev *d = fm_mr_run_dev(m, r);
	uint64_t want = r->op.value ? r->op.value : d->a.vfs;
	unsigned stops = 0;

	r->keep[0] = r->keep[3] = 0;
	r->keep[1] = want;
	for (unsigned pf = 0; pf < d->a.pfs; pf++) {
		uint64_t ctrl = fm_mr_value(p, pf * PF_LOOK + LOOK_CTRL);
		uint64_t total = fm_mr_value(p, pf * PF_LOOK + LOOK_TOTAL);
		uint64_t num = fm_mr_value(p, pf * PF_LOOK + LOOK_NUM);

		if (want > total)
			return fm_mr_refuse(r, MR_REASON_LIMIT,
					    "pf%u of %s has %llu VFs, %llu are wanted", pf,
					    d->a.name, (unsigned long long)total,
					    (unsigned long long)want);
		if (ctrl & PCI_SRIOV_CTRL_VFE && num == want)
			continue;
		r->keep[0] |= 1ull << pf;
		if (ctrl & PCI_SRIOV_CTRL_VFE) {
			r->keep[3] |= 1ull << pf;
			stops++;
		}
	}
	if (stops * d->a.vfs > MR_BATCH_MAX_RECORDS / 2 - 8)
		return fm_mr_refuse(r, MR_REASON_LIMIT,
				    "%u functions of %s would have to be stopped at once, at "
				    "most %u can",
				    stops * d->a.vfs, d->a.name, MR_BATCH_MAX_RECORDS / 2 - 8);
	return FM_MR_NEXT;
}

/* NumVFs can be written only while VF Enable is 0, and clearing that ends every VF of the PF.
 * So the same batch expects that none of them was given to anybody. */
static void provision_disable(struct fm_mrpcim *m, struct fm_mr_run *r, struct mr_batch *b)
{
	const struct fm_mr_dev *d = fm_mr_run_dev(m, r);

	for (unsigned pf = 0; pf < d->a.pfs; pf++) {
		struct fm_fn_id f = {.pf = (uint16_t)pf};

		if (!(r->keep[3] >> pf & 1))
			continue;
		for (; f.vf < d->a.vfs; f.vf++) {
			uint64_t row = fm_mr_vf_row(d, f);

			mr_batch_expect(b, MR_SPACE_MEMORY, 0, 0, row + VF_MAP, 8, 0xffff, 0);
			mr_batch_expect(b, MR_SPACE_MEMORY, 0, 0, row + VF_COOKIE, 8,
					UINT64_MAX, 0);
		}
		mr_batch_write(b, MR_SPACE_CONFIG, 0, fm_mr_pf_rid(d, pf),
			       d->sriov[pf] + PCI_SRIOV_CTRL, 2,
			       d->ari ? PCI_SRIOV_CTRL_ARI : 0);
	}
	if (!r->keep[3])
		return;
	fm_mr_commit(b);
	r->i_x = mr_batch_sw_read(b, SW_WRITES, 1);
}

static enum fm_mr_next provision_disabled(struct fm_mrpcim *m, struct fm_mr_run *r,
					  const struct fm_mr_reply *p)
{
	struct fm_mr_dev *d = fm_mr_run_dev(m, r);

	(void)p;
	for (unsigned pf = 0; pf < d->a.pfs; pf++)
		if (r->keep[3] >> pf & 1)
			d->a.pf[pf].numvfs = 0;
	r->keep[2] = (uint64_t)m->now.mono_ns;
	return FM_MR_NEXT;
}

/* After VF Enable 1 -> 0 nothing of the capability is touched for a second; meanwhile the
 * switch is asked for something else. */
static void provision_rest(struct fm_mrpcim *m, struct fm_mr_run *r, struct mr_batch *b)
{
	(void)m;
	if (r->keep[3])
		r->i_x = mr_batch_sw_read(b, SW_WRITES, 1);
}

static enum fm_mr_next provision_rested(struct fm_mrpcim *m, struct fm_mr_run *r,
					const struct fm_mr_reply *p)
{
	(void)p;
	if (m->now.mono_ns - (int64_t)r->keep[2] >= FM_MR_VF_DISABLE_NS)
		return FM_MR_NEXT;
	return fm_mr_pause(m, r, FM_MR_VF_DISABLE_NS, 2 * FM_MR_VF_DISABLE_NS);
}

/* Only PFs that do not run. ARI Capable Hierarchy comes first (it decides the routing IDs, and
 * only the lowest PF has it): the ports of VH 0 forward ARI. */
static void provision_enable(struct fm_mrpcim *m, struct fm_mr_run *r, struct mr_batch *b)
{
	const struct fm_mr_dev *d = fm_mr_run_dev(m, r);

	if (!r->keep[0])
		return;
	for (unsigned pf = 0; pf < d->a.pfs; pf++) {
		uint16_t rid = fm_mr_pf_rid(d, pf), at = d->sriov[pf];

		if (!(r->keep[0] >> pf & 1))
			continue;
		mr_batch_expect(b, MR_SPACE_CONFIG, 0, rid, at + PCI_SRIOV_CTRL, 2,
				PCI_SRIOV_CTRL_VFE, 0);
		if (d->ari)
			mr_batch_write(b, MR_SPACE_CONFIG, 0, rid, at + PCI_SRIOV_CTRL, 2,
				       PCI_SRIOV_CTRL_ARI);
		mr_batch_write(b, MR_SPACE_CONFIG, 0, rid, at + PCI_SRIOV_NUM_VF, 2,
			       r->keep[1]);
		mr_batch_write(b, MR_SPACE_CONFIG, 0, rid, at + PCI_SRIOV_CTRL, 2,
			       PCI_SRIOV_CTRL_VFE | PCI_SRIOV_CTRL_MSE |
				       (d->ari ? PCI_SRIOV_CTRL_ARI : 0));
	}
	fm_mr_commit(b);
	r->i_x = mr_batch_sw_read(b, SW_WRITES, 1);
}

static enum fm_mr_next provision_enabled(struct fm_mrpcim *m, struct fm_mr_run *r,
					 const struct fm_mr_reply *p)
{
	(void)p;
	r->keep[2] = (uint64_t)m->now.mono_ns;
	return FM_MR_NEXT;
}

/* The VFs are left alone for the time that the specification gives them; then the last one of
 * each PF has to be there. */
static void provision_poll(struct fm_mrpcim *m, struct fm_mr_run *r, struct mr_batch *b)
{
	const struct fm_mr_dev *d = fm_mr_run_dev(m, r);

	if (!r->keep[0])
		return;
	for (unsigned pf = 0; pf < d->a.pfs; pf++) {
		struct fm_fn_id last = {.pf = (uint16_t)pf, .vf = (uint16_t)(r->keep[1] - 1)};

		mr_batch_read(b, MR_SPACE_MEMORY, 0, 0, fm_mr_vf_row(d, last) + VF_STATUS, 8,
			      1);
		pf_look(d, pf, b);
		mr_batch_read(b, MR_SPACE_CONFIG, 0, fm_mr_pf_rid(d, pf),
			      d->sriov[pf] + PCI_SRIOV_VF_OFFSET, 2, 2);
	}
}

static enum fm_mr_next provision_ready(struct fm_mrpcim *m, struct fm_mr_run *r,
				       const struct fm_mr_reply *p)
{
	struct fm_mr_dev *d = fm_mr_run_dev(m, r);
	bool ready = m->now.mono_ns - (int64_t)r->keep[2] >= FM_MR_VF_ENABLE_NS;
	const unsigned n = 1 + PF_LOOK + 2;

	for (unsigned pf = 0; pf < d->a.pfs; pf++) {
		uint64_t status = fm_mr_value(p, pf * n);

		ready &= status != UINT64_MAX && status & MR_VF_ENABLED &&
			 fm_mr_value(p, pf * n + 1 + LOOK_NUM) == r->keep[1];
	}
	for (unsigned pf = 0; ready && pf < d->a.pfs; pf++) {
		d->a.pf[pf].numvfs = (uint16_t)r->keep[1];
		d->a.pf[pf].vf_offset = (uint16_t)fm_mr_value(p, pf * n + 1 + PF_LOOK);
		d->a.pf[pf].vf_stride = (uint16_t)fm_mr_value(p, pf * n + 2 + PF_LOOK);
	}
	if (ready)
		return FM_MR_NEXT;
	if (fm_mr_pause(m, r, FM_MR_VF_ENABLE_NS, FM_MR_READY_MAX_NS) == FM_MR_AGAIN)
		return FM_MR_AGAIN;
	return fm_mr_refuse(r, MR_REASON_TIMEOUT,
			    "VFs of %s are not there %lld ms after VF Enable", d->a.name,
			    (long long)(FM_MR_READY_MAX_NS / MR_NS_PER_MS));
}

static bool provision_check(struct fm_mrpcim *m, struct fm_mr_run *r)
{
	const struct fm_mr_dev *d = fm_mr_run_dev(m, r);

	if (d->a.kind == FM_ADAPTER_BASE)
		fm_mr_refuse(r, MR_REASON_UNSUPPORTED, "%s is a whole device without VFs",
			     d->a.name);
	else if (r->op.value > d->a.vfs)
		fm_mr_refuse(r, MR_REASON_LIMIT, "%s has %u VFs per PF, %llu are wanted",
			     d->a.name, d->a.vfs, (unsigned long long)r->op.value);
	return r->res.reason == MR_REASON_OK;
}

const struct fm_mr_op fm_mr_provision = {
	.needs = FM_MR_WRITES | FM_MR_ADAPTER,
	.way = {[FM_WAY_NONE] = {{provision_look, provision_looked},
				 {provision_disable, provision_disabled},
				 {provision_rest, provision_rested},
				 {provision_enable, provision_enabled},
				 {provision_poll, provision_ready},
				 {fm_mr_acs_find, fm_mr_acs_found},
				 {fm_mr_acs_set, fm_mr_acs_is_set}}},
	.check = provision_check,
};

/* ---- ATTACH_PF ---- */

#define VH_REGS (CT_VH(1) - CT_VH(0)) / 8

static uint64_t pfs_target(const struct fm_mr_run *r, unsigned dvh)
{
	return MR_TARGET(MR_TARGET_PFS, r->op.fn.port, dvh, 0);
}

/* VH table, configuration spaces and row: keep[0] becomes the device VH. */
static void vhs_look(struct fm_mrpcim *m, struct fm_mr_run *r, struct mr_batch *b)
{
	const struct fm_mr_dev *d = fm_mr_run_dev(m, r);

	r->i_x = mr_batch_read(b, MR_SPACE_MEMORY, 0, 0, d->ct + CT_VHS, 8,
			       (uint16_t)(d->a.vhs * VH_REGS));
	r->i_fn = mr_batch_read(b, MR_SPACE_MEMORY, 0, 0, d->ct + CT_SPACES, 8, 1);
	r->i_row =
		mr_batch_sw_read(b, SW_BRIDGE(r->op.place.port, r->op.place.bridge), ROW_REGS);
}

static void take_pf_row(struct fm_mr_run *r, const struct fm_mr_reply *p)
{
	uint64_t reg[ROW_REGS];

	for (unsigned i = 0; i < ROW_REGS; i++)
		reg[i] = fm_mr_value(p, r->i_row + i);
	fm_mr_row_parse(reg, &r->res.bridge);
	r->res.has_bridge = true;
}

/* Whether another ATTACH_PF under way is about to take device VH 'dvh' for another host: its
 * batch may be out, so that the table still reads free. */
static bool dvh_spoken_for(const struct fm_mrpcim *m, const struct fm_mr_run *r, unsigned dvh)
{
	for (unsigned i = 0; i < m->runs; i++) {
		const struct fm_mr_run *o = m->run[i];

		if (o != r && o->kind == &fm_mr_attach_pf && o->op.fn.port == r->op.fn.port &&
		    o->op.place.port != r->op.place.port && o->keep[0] == dvh)
			return true;
	}
	return false;
}

/* The host's row of the VH table, or else (with 'take_free') the lowest free one; 0 = none. */
static unsigned choose_dvh(const struct fm_mrpcim *m, const struct fm_mr_run *r,
			   const struct fm_mr_reply *p, bool take_free)
{
	const struct fm_mr_dev *d = fm_mr_run_dev(m, r);

	unsigned lowest = 0;

	for (unsigned i = d->a.vhs - 1u; i >= 1; i--) {
		uint64_t map = fm_mr_value(p, r->i_x + i * VH_REGS);

		if (map & 1 && (map >> 16 & 0xffff) == r->op.place.port)
			return i;
		if (take_free && !(map & 1) && !dvh_spoken_for(m, r, i))
			lowest = i;
	}
	return lowest;
}

/* Whether the PFs of one more VH have no configuration spaces left; 'spaces': CT_SPACES. */
static bool lacks_spaces(const struct fm_mr_dev *d, struct fm_mr_run *r, uint64_t spaces)
{
	unsigned total = spaces & 0xffff, taken = spaces >> 16 & 0xffff;

	if (spaces == UINT64_MAX || !total || taken + d->a.pfs <= total)
		return false;
	fm_mr_refuse(
		r, MR_REASON_NO_CAPACITY,
		"%s has %u configuration spaces: %u taken (BF, PFs of each VH, VFs of VH 0) "
		"+ %u = %u",
		d->a.name, total, taken, d->a.pfs, taken + d->a.pfs);
	return true;
}

static enum fm_mr_next attach_looked(struct fm_mrpcim *m, struct fm_mr_run *r,
				     const struct fm_mr_reply *p)
{
	struct fm_mr_dev *d = fm_mr_run_dev(m, r);
	unsigned dvh = choose_dvh(m, r, p, true);

	take_pf_row(r, p);
	if (!dvh)
		return fm_mr_refuse(r, MR_REASON_LIMIT, "all %u device VHs of %s are taken",
				    d->a.vhs - 1u, d->a.name);
	r->keep[0] = dvh;
	r->keep[1] = fm_mr_value(p, r->i_x + dvh * VH_REGS) & 1;
	if (!r->keep[1] && lacks_spaces(d, r, fm_mr_value(p, r->i_fn)))
		return FM_MR_REFUSED;
	if (!r->keep[1] || r->res.bridge.state != MR_ROW_MAPPED ||
	    r->res.bridge.target != pfs_target(r, dvh))
		return FM_MR_NEXT;
	fm_mr_vh_set(m, d, (unsigned)dvh, r->op.place.port);
	return FM_MR_DONE;
}

/* TotalVFs first: it can be written while VF Enable is 0, and a host that sees the PF may set
 * that at once. The row comes last. */
static void attach(struct fm_mrpcim *m, struct fm_mr_run *r, struct mr_batch *b)
{
	const struct fm_mr_dev *d = fm_mr_run_dev(m, r);
	uint64_t row = SW_BRIDGE(r->op.place.port, r->op.place.bridge);
	unsigned dvh = (unsigned)r->keep[0];
	const uint64_t head[] = {pfs_target(r, dvh), r->op.cookie};
	uint64_t total = r->op.value ? r->op.value : d->a.vfs;

	fm_mr_row_expect(r, b, ROW_STATE, UINT64_MAX, MR_ROW_FREE);
	fm_mr_row_expect(r, b, ROW_TOMBSTONE, 1, 0);
	if (!r->keep[1]) {
		mr_batch_expect(b, MR_SPACE_MEMORY, 0, 0, d->ct + CT_VH(dvh) + VH_MAP, 8, 1, 0);
		for (unsigned pf = 0; pf < d->a.pfs; pf++)
			mr_batch_write(b, MR_SPACE_MEMORY, 0, 0,
				       d->ct + CT_PF((uint64_t)d->a.pfs, dvh, pf) +
					       PFR_TOTALVFS,
				       8, total);
		mr_batch_write(b, MR_SPACE_MEMORY, 0, 0, d->ct + CT_VH(dvh) + VH_MAP, 8,
			       1 | (uint64_t)r->op.place.port << 16);
	}
	mr_batch_write_n(b, MR_SPACE_SWITCH, 0, 0, row + ROW_TARGET, 8, head, 2);
	fm_mr_row_write(r, b, ROW_STATE, MR_ROW_MAPPED);
	fm_mr_commit(b);
	vhs_look(m, r, b);
}

static enum fm_mr_next attached(struct fm_mrpcim *m, struct fm_mr_run *r,
				const struct fm_mr_reply *p)
{
	struct fm_mr_dev *d = fm_mr_run_dev(m, r);

	take_pf_row(r, p);
	if (choose_dvh(m, r, p, false) != r->keep[0] || r->res.bridge.state != MR_ROW_MAPPED ||
	    r->res.bridge.target != pfs_target(r, (unsigned)r->keep[0]))
		return fm_mr_refuse(r, MR_REASON_CONFLICT,
				    "the PFs of %s do not read attached to VH %u", d->a.name,
				    r->op.place.port);
	fm_mr_vh_set(m, d, (unsigned)r->keep[0], r->op.place.port);
	return FM_MR_DONE;
}

const struct fm_mr_op fm_mr_attach_pf = {
	.needs = FM_MR_WRITES | FM_MR_ADAPTER | FM_MR_MRA | FM_MR_HOST | FM_MR_BRIDGE,
	.way = {[FM_WAY_NONE] = {{vhs_look, attach_looked}, {attach, attached}}},
};

/* ---- DETACH_PF ---- */

/* A row outlives the table of an adapter that was pulled: then only the row is to be freed. */
static bool leads_to_pfs(const struct fm_mr_run *r)
{
	return MR_TARGET_KIND(r->res.bridge.target) == MR_TARGET_PFS &&
	       MR_TARGET_PORT(r->res.bridge.target) == r->op.fn.port;
}

static enum fm_mr_next detach_looked(struct fm_mrpcim *m, struct fm_mr_run *r,
				     const struct fm_mr_reply *p)
{
	struct fm_mr_dev *d = fm_mr_run_dev(m, r);
	unsigned dvh = choose_dvh(m, r, p, false);
	bool free_row;

	take_pf_row(r, p);
	free_row = r->res.bridge.state == MR_ROW_FREE;
	if (!dvh && free_row)
		return FM_MR_DONE;
	if (dvh ? !free_row && r->res.bridge.target != pfs_target(r, dvh) : !leads_to_pfs(r))
		return fm_mr_refuse(r, MR_REASON_CONFLICT,
				    "VH %u's bridge %u does not lead to the PFs of %s",
				    r->op.place.port, r->op.place.bridge, d->a.name);
	r->keep[0] = dvh;
	return FM_MR_NEXT;
}

/* A VH that still owns functions keeps its PFs. */
static void detach_block(struct fm_mrpcim *m, struct fm_mr_run *r, struct mr_batch *b)
{
	const struct fm_mr_dev *d = fm_mr_run_dev(m, r);

	if (r->keep[0])
		mr_batch_expect(b, MR_SPACE_MEMORY, 0, 0,
				d->ct + CT_VH((unsigned)r->keep[0]) + VH_OWNED, 8, UINT64_MAX,
				0);
	if (r->res.bridge.state == MR_ROW_MAPPED)
		fm_mr_row_write(r, b, ROW_STATE, MR_ROW_BLOCKED);
	fm_mr_commit(b);
	vhs_look(m, r, b);
}

static enum fm_mr_next detach_blocked(struct fm_mrpcim *m, struct fm_mr_run *r,
				      const struct fm_mr_reply *p)
{
	(void)m;
	take_pf_row(r, p);
	return FM_MR_NEXT;
}

static enum fm_mr_next detach_drained(struct fm_mrpcim *m, struct fm_mr_run *r,
				      const struct fm_mr_reply *p)
{
	int64_t limit = fm_mr_run_dev(m, r)->completion_timeout_ns;

	take_pf_row(r, p);
	if (r->res.bridge.state == MR_ROW_FREE || r->res.bridge.status & MR_ROW_DRAINED)
		return FM_MR_NEXT;
	if (fm_mr_pause(m, r, limit / 64, limit) == FM_MR_AGAIN)
		return FM_MR_AGAIN;
	return fm_mr_refuse(r, MR_REASON_TIMEOUT, "VH %u's bridge %u did not drain in %lld ms",
			    r->op.place.port, r->op.place.bridge,
			    (long long)(limit / MR_NS_PER_MS));
}

/* The PFs of that VH are reset before another host can get the device VH. */
static void detach_free(struct fm_mrpcim *m, struct fm_mr_run *r, struct mr_batch *b)
{
	static const uint64_t none[2];
	const struct fm_mr_dev *d = fm_mr_run_dev(m, r);
	uint64_t vh = d->ct + CT_VH((unsigned)r->keep[0]);
	uint64_t row = SW_BRIDGE(r->op.place.port, r->op.place.bridge);

	if (r->keep[0])
		mr_batch_expect(b, MR_SPACE_MEMORY, 0, 0, vh + VH_OWNED, 8, UINT64_MAX, 0);
	if (r->res.bridge.state != MR_ROW_FREE) {
		fm_mr_row_write(r, b, ROW_STATE, MR_ROW_FREE);
		mr_batch_write_n(b, MR_SPACE_SWITCH, 0, 0, row + ROW_TARGET, 8, none, 2);
	}
	if (r->keep[0]) {
		mr_batch_write(b, MR_SPACE_MEMORY, 0, 0, vh + VH_RESET, 8, 1);
		mr_batch_write(b, MR_SPACE_MEMORY, 0, 0, vh + VH_MAP, 8, 0);
	}
	fm_mr_commit(b);
	vhs_look(m, r, b);
}

static enum fm_mr_next detached(struct fm_mrpcim *m, struct fm_mr_run *r,
				const struct fm_mr_reply *p)
{
	struct fm_mr_dev *d = fm_mr_run_dev(m, r);

	take_pf_row(r, p);
	if (r->res.bridge.state != MR_ROW_FREE || choose_dvh(m, r, p, false))
		return fm_mr_refuse(r, MR_REASON_CONFLICT,
				    "the PFs of %s do not read detached from VH %u", d->a.name,
				    r->op.place.port);
	if (r->keep[0] && r->keep[0] < d->a.vhs)
		fm_mr_vh_set(m, d, (unsigned)r->keep[0], FM_WHOLE);
	return FM_MR_DONE;
}

const struct fm_mr_op fm_mr_detach_pf = {
	.needs = FM_MR_WRITES | FM_MR_ADAPTER | FM_MR_MRA | FM_MR_HOST | FM_MR_BRIDGE,
	.way = {[FM_WAY_NONE] = {{vhs_look, detach_looked},
				 {detach_block, detach_blocked},
				 {vhs_look, detach_drained},
				 {detach_free, detached}}},
};
