/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last part of PROVISION: access control in VH 0, where the VFs of many hosts share one
 * address space (facts/mriov.md 1.11). Redirection of requests and completions is what keeps
 * an address of one host from being a function of another inside the device, so it is set in
 * every PF and VF that has it and read back, one PF at a time.
 */
#include <linux/pci_regs.h>

#include "common/mutant.h"
#include "common/str.h"
#include "fabric-manager/mrpcim/discover.h"

#define WANTED	  (PCI_ACS_RR | PCI_ACS_CR)
#define EXT_WORDS ((CFG_SIZE - CFG_LEGACY) / 4)

/*
 * The bits that PROVISION sets in a PF's access control, at 'at' (0 = it has none). That comes
 * last there: while they are not set the VFs may be on their way, whatever NumVFs says, and
 * PROVISION has to be done again.
 */
unsigned fm_mr_acs_bits(const struct fm_mr_cfg *c, unsigned at)
{
	return at ? fm_mr_cfg16(c, at + PCI_ACS_CAP) & WANTED : 0;
}

void fm_mr_acs_expect(const struct fm_mrpcim *m, const struct fm_mr_run *r, struct mr_batch *b)
{
	const struct fm_mr_dev *d = fm_mr_run_dev(m, r);
	unsigned pf = r->op.fn.pf;

	if (pf < d->a.pfs && d->acs_bits[pf])
		mr_batch_expect(b, MR_SPACE_CONFIG, 0, fm_mr_pf_rid(d, pf),
				d->acs[pf] + PCI_ACS_CTRL, 2, d->acs_bits[pf], d->acs_bits[pf]);
}

static uint16_t vf_rid(const struct fm_mr_dev *d, unsigned pf, unsigned vf)
{
	const struct fm_pf *p = &d->a.pf[pf];

	return (uint16_t)(fm_mr_pf_rid(d, pf) + p->vf_offset + vf * p->vf_stride);
}

/* ---- where the VFs have it ---- */

/* Their capability list need not be their PF's: that of the last one is read, and who has it.
 */
void fm_mr_acs_find(struct fm_mrpcim *m, struct fm_mr_run *r, struct mr_batch *b)
{
	const struct fm_mr_dev *d = fm_mr_run_dev(m, r);
	unsigned last = (unsigned)r->keep[1] - 1;

	for (unsigned pf = 0; pf < d->a.pfs; pf++) {
		struct fm_fn_id f = {.pf = (uint16_t)pf, .vf = (uint16_t)last};

		mr_batch_read(b, MR_SPACE_MEMORY, 0, 0, fm_mr_vf_row(d, f) + VF_MAP, 8, 1);
		mr_batch_read(b, MR_SPACE_CONFIG, 0, vf_rid(d, pf, last), CFG_LEGACY, 4,
			      EXT_WORDS);
	}
}

/* Takes one PF's; false: the VF is in VH 0 and does not answer yet. One that was given away is
 * not there: its PF was set when it was. */
static bool take_caps(struct fm_mr_dev *d, unsigned pf, const struct fm_mr_reply *p)
{
	unsigned first = pf * (EXT_WORDS + 1), at;
	struct fm_mr_cfg cfg = {{0}};

	for (unsigned i = 0; i < EXT_WORDS; i++)
		cfg.dw[CFG_LEGACY / 4 + i] = (uint32_t)fm_mr_value(p, first + 1 + i);
	if (fm_mr_cfg32(&cfg, CFG_LEGACY) == UINT32_MAX)
		return fm_mr_value(p, first) & 0xffff;
	at = fm_mr_ext_cap(&cfg, PCI_EXT_CAP_ID_ACS);
	if (at + PCI_ACS_CTRL + 2 <= CFG_SIZE)
		d->vf_acs[pf] = (uint16_t)at;
	return true;
}

enum fm_mr_next fm_mr_acs_found(struct fm_mrpcim *m, struct fm_mr_run *r,
				const struct fm_mr_reply *p)
{
	struct fm_mr_dev *d = fm_mr_run_dev(m, r);

	for (unsigned pf = 0; pf < d->a.pfs; pf++) {
		if (take_caps(d, pf, p))
			continue;
		if (fm_mr_pause(m, r, FM_MR_VF_ENABLE_NS, FM_MR_READY_MAX_NS) == FM_MR_AGAIN)
			return FM_MR_AGAIN;
		return fm_mr_refuse(r, MR_REASON_TIMEOUT,
				    "the VFs of %s/pf%u do not answer %lld ms after VF Enable",
				    d->a.name, pf,
				    (long long)(FM_MR_READY_MAX_NS / MR_NS_PER_MS));
	}
	r->keep[2] = r->keep[3] = 0;
	return FM_MR_NEXT;
}

/* ---- one PF with its VFs: keep[2], and what of it is to be written: keep[3] ---- */

/* The PF comes after its VFs were read back: who starts anew sees by it that they are done. */
enum {
	NOTHING,
	THE_VFS,
	THE_PF
};

/* Function 'i' of the PF: itself, then its VFs. 0 = it has none. */
static unsigned place(const struct fm_mr_dev *d, unsigned pf, unsigned i, uint16_t *ret_rid)
{
	*ret_rid = i ? vf_rid(d, pf, i - 1) : fm_mr_pf_rid(d, pf);
	return i ? d->vf_acs[pf] : d->acs[pf];
}

void fm_mr_acs_set(struct fm_mrpcim *m, struct fm_mr_run *r, struct mr_batch *b)
{
	const struct fm_mr_dev *d = fm_mr_run_dev(m, r);
	unsigned pf = (unsigned)r->keep[2], at;
	uint16_t rid;

	for (unsigned i = 0; i <= r->keep[1]; i++)
		if (r->keep[3] == (i ? THE_VFS : THE_PF) && (at = place(d, pf, i, &rid)) != 0)
			mr_batch_write(b, MR_SPACE_CONFIG, 0, rid, at + PCI_ACS_CTRL, 2,
				       WANTED);
	if (r->keep[3])
		fm_mr_commit(b);
	for (unsigned i = 0; i <= r->keep[1]; i++) {
		struct fm_fn_id f = {.pf = (uint16_t)pf, .vf = (uint16_t)(i - 1)};

		if (!(at = place(d, pf, i, &rid)))
			continue;
		mr_batch_read(b, MR_SPACE_CONFIG, 0, rid, at + PCI_ACS_CAP, 4, 1);
		if (i)
			mr_batch_read(b, MR_SPACE_MEMORY, 0, 0, fm_mr_vf_row(d, f) + VF_MAP, 8,
				      1);
	}
	r->i_x = mr_batch_sw_read(b, SW_WRITES, 1);
}

/*
 * A function that can redirect and does not, the PF last; -1 = none. A VF that does not answer
 * is one of another VH, which was set before it went there; or it is in a reset, and lacks it.
 */
static int lacking(const struct fm_mr_dev *d, const struct fm_mr_run *r,
		   const struct fm_mr_reply *p, unsigned *ret_ctl)
{
	unsigned n = 0;
	int pf = -1;
	uint16_t rid;

	for (unsigned i = 0; i <= r->keep[1] && !MR_MUTANT(REDIRECT_FORGOTTEN); i++) {
		uint32_t v;
		bool away;

		if (!place(d, (unsigned)r->keep[2], i, &rid))
			continue;
		v = (uint32_t)fm_mr_value(p, n++);
		away = i ? fm_mr_value(p, n++) & 0xffff : true;
		if (v == UINT32_MAX ? away : !(v & ~(v >> 16) & WANTED))
			continue;
		*ret_ctl = v >> 16;
		if (i)
			return (int)i;
		pf = 0;
	}
	return pf;
}

/* Builds and sends this step again, at once. */
static enum fm_mr_next again(struct fm_mrpcim *m, struct fm_mr_run *r)
{
	r->give_up_ns = 0;
	return fm_mr_pause(m, r, 0, FM_MR_READY_MAX_NS);
}

enum fm_mr_next fm_mr_acs_is_set(struct fm_mrpcim *m, struct fm_mr_run *r,
				 const struct fm_mr_reply *p)
{
	const struct fm_mr_dev *d = fm_mr_run_dev(m, r);
	unsigned pf = (unsigned)r->keep[2], ctl = 0;
	int i = lacking(d, r, p, &ctl);
	char vf[16] = "";

	if (i > 0)
		mr_fmt(vf, sizeof(vf), "/vf%d", i - 1);
	if (i > 0 && ctl == UINT16_MAX &&
	    fm_mr_pause(m, r, FM_MR_VF_ENABLE_NS, FM_MR_READY_MAX_NS) == FM_MR_AGAIN)
		return FM_MR_AGAIN;
	if (i >= 0 && r->keep[3] >= (i ? THE_VFS : THE_PF))
		return fm_mr_refuse(r, MR_REASON_CONFLICT,
				    "ACS Control of %s/pf%u%s reads %#x after %#x was written: "
				    "other hosts' functions could be reached from there",
				    d->a.name, pf, vf, ctl, WANTED);
	r->keep[3] = i < 0 ? NOTHING : i ? THE_VFS : THE_PF;
	if (i < 0)
		r->keep[2]++;
	return r->keep[2] < d->a.pfs ? again(m, r) : FM_MR_DONE;
}
