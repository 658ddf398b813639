// SPDX-License-Identifier: Apache-2.0
/*
 * SR-IOV as drivers/pci/iov.c of Linux 6.1 does it (sriov_numvfs with its errnos and waits),
 * and the extension of HANDOVER 14: the VF Migration State Array (facts/mriov.md 1.7) through
 * 'vf_migration_state', VFs that come after Available and go before Unavailable.
 */
#include <errno.h>
#include <linux/pci_regs.h>
#include <stdlib.h>

#include "common/pci/regmap.h"
#include "sim/model/blade_priv.h"
#include "sim/model/chassis.h"

#define VF_ON	(PCI_SRIOV_CTRL_VFE | PCI_SRIOV_CTRL_MSE)
#define VF_MIGR (PCI_SRIOV_CTRL_VFM | PCI_SRIOV_CTRL_INTR)

static uint32_t reg(struct sim_blade *b, struct mr_now now, const struct blade_node *pf,
		    unsigned off, unsigned width)
{
	return blade_rd(b, now, pf->d.rid, pf->sriov + off, width);
}

static void set(struct sim_blade *b, struct mr_now now, const struct blade_node *pf,
		unsigned off, unsigned width, uint32_t v)
{
	blade_wr(b, now, pf->d.rid, pf->sriov + off, width, v);
}

/* sriov_init: finds the capability of a new function, stops VFs that someone left running. */
void blade_sriov_init(struct sim_blade *b, struct mr_now now, struct blade_node *pf)
{
	pf->sriov = blade_ecap(b, now, pf->d.rid, PCI_EXT_CAP_ID_SRIOV);
	if (!pf->sriov)
		return;
	set(b, now, pf, PCI_SRIOV_CTRL, 2, 0);
	if (pf->ari)
		set(b, now, pf, PCI_SRIOV_CTRL, 2, PCI_SRIOV_CTRL_ARI);
	set(b, now, pf, PCI_SRIOV_SYS_PGSIZE, 4, 1);
	pf->d.totalvfs = reg(b, now, pf, PCI_SRIOV_TOTAL_VF, 2);
	if (pf->d.totalvfs > MR_MAX_VFS)
		pf->d.totalvfs = 0;
}

static uint16_t vf_rid(struct sim_blade *b, struct mr_now now, const struct blade_node *pf,
		       unsigned index)
{
	return (uint16_t)(pf->d.rid + reg(b, now, pf, PCI_SRIOV_VF_OFFSET, 2) +
			  index * reg(b, now, pf, PCI_SRIOV_VF_STRIDE, 2));
}

static struct blade_node *find_vf(const struct sim_blade *b, const struct blade_node *pf,
				  unsigned index)
{
	for (unsigned i = 0; i < b->devs; i++) {
		struct blade_node *n = b->dev[i];

		if (n->d.is_virtfn && !n->orphan && n->d.physfn == pf->d.rid &&
		    n->d.virtfn == index)
			return n;
	}
	return NULL;
}

/* A VF's own ids read all-ones: they come from the PF and its capability. */
static void vf_ids(struct sim_blade *b, struct mr_now now, const struct blade_node *pf,
		   struct blade_node *n)
{
	n->d.vendor = pf->d.vendor;
	n->d.device = (uint16_t)reg(b, now, pf, PCI_SRIOV_VF_DID, 2);
	n->d.header = 0;
	if (n->d.class_code == 0xffffff) {
		n->d.class_code = pf->d.class_code;
		n->d.revision = pf->d.revision;
	}
	if (n->d.subvendor == 0xffff) {
		n->d.subvendor = pf->d.subvendor;
		n->d.subdevice = pf->d.subdevice;
	}
	n->d.device_class = blade_class_of(n->d.class_code);
	for (unsigned i = 0; i < 6; i++) {
		n->d.bar_size[i] = pf->vf_bar_size[i];
		n->d.bar_flags[i] = pf->vf_bar_flags[i];
		n->d.bar[i] =
			pf->vf_bar[i] ? pf->vf_bar[i] + n->d.virtfn * pf->vf_bar_size[i] : 0;
	}
}

/* pci_iov_add_virtfn; 'clean': with a Function Level Reset before anybody sees it. */
static void add_vf(struct sim_blade *b, struct mr_now now, const struct blade_node *pf,
		   unsigned index, bool clean)
{
	uint16_t rid = vf_rid(b, now, pf, index);
	struct blade_node *n;

	if (blade_node(b, rid))
		return;
	n = blade_new_node(b, now, rid, pf->d.parent, pf->d.slot);
	n->d.is_virtfn = true;
	n->d.physfn = pf->d.rid;
	n->d.virtfn = index;
	n->d.numa_node = pf->d.numa_node;
	vf_ids(b, now, pf, n);
	if (clean)
		blade_flr(b, now, n);
	blade_insert(b, n);
	blade_uevent_dev(b, "add", n, NULL);
	blade_uevent_dev(b, "change", n, NULL);
	blade_attach(b, now, n);
}

static bool state_array(struct sim_blade *b, struct mr_now now, const struct blade_node *pf,
			uint64_t *ret_at)
{
	uint32_t v = reg(b, now, pf, PCI_SRIOV_VFM, 4);

	if (!(reg(b, now, pf, PCI_SRIOV_CAP, 4) & PCI_SRIOV_CAP_VFM) ||
	    PCI_SRIOV_VFM_BIR(v) > 5 || !pf->d.bar[PCI_SRIOV_VFM_BIR(v)])
		return false;
	*ret_at = pf->d.bar[PCI_SRIOV_VFM_BIR(v)] + PCI_SRIOV_VFM_OFFSET(v);
	return true;
}

/* Whether the PF has the extension's files: a migration-capable device and a kernel with it. */
bool sim_blade_can_migrate(struct sim_blade *b, struct mr_now now, uint16_t rid)
{
	const struct blade_node *pf = blade_node(b, rid);
	uint64_t at;

	return pf && pf->sriov && pf->d.totalvfs && sim_blade_has_vf_migration(b) &&
	       state_array(b, now, pf, &at);
}

static uint8_t vf_state(struct sim_blade *b, struct mr_now now, const struct blade_node *pf,
			unsigned index)
{
	uint64_t at = 0;

	state_array(b, now, pf, &at);
	return (uint8_t)sim_host_mem_read(b->c, now, b->vh, at + index, 1);
}

/* Which VFs exist after VF Enable: the Available ones, or the first InitialVFs. */
static void add_vfs(struct sim_blade *b, struct mr_now now, struct blade_node *pf)
{
	unsigned initial = reg(b, now, pf, PCI_SRIOV_INITIAL_VF, 2);

	for (unsigned i = 0; i < pf->job_vfs; i++)
		if (pf->vfm ? vf_state(b, now, pf, i) == MR_VF_AVAILABLE : i < initial)
			add_vf(b, now, pf, i, false);
	pf->d.numvfs = pf->job_vfs;
	blade_uevent_dev(b, "change", pf, NULL);
}

/* Ends the 100 ms of enabling and the 1 s of disabling. */
void blade_sriov_step(struct sim_blade *b, struct mr_now now, struct blade_node *pf)
{
	enum blade_job job = pf->job;

	if (job == BLADE_JOB_NONE || pf->job_due > now.mono_ns)
		return;
	pf->job = BLADE_JOB_NONE;
	pf->job_due = MR_NEVER;
	if (job == BLADE_JOB_VF_ENABLE)
		add_vfs(b, now, pf);
	else
		pf->d.numvfs = 0;
	blade_changed(b);
}

static void start_job(struct sim_blade *b, struct mr_now now, struct blade_node *pf,
		      enum blade_job job, unsigned vfs, int64_t wait)
{
	pf->job = job;
	pf->job_vfs = vfs;
	pf->job_due = now.mono_ns + wait;
	blade_arm(b, pf->job_due);
}

/* All of sriov_enable's refusals. */
static int check_enable(struct sim_blade *b, struct mr_now now, const struct blade_node *pf,
			unsigned n, bool vfm)
{
	unsigned initial = reg(b, now, pf, PCI_SRIOV_INITIAL_VF, 2);
	uint32_t stride = reg(b, now, pf, PCI_SRIOV_VF_STRIDE, 2);

	if (initial > pf->d.totalvfs || (!vfm && initial != pf->d.totalvfs))
		return -EIO;
	if (n > 1 && !stride)
		return -EIO;
	if (vf_rid(b, now, pf, n - 1) >> 8 > b->slot[pf->d.slot].subordinate ||
	    vf_rid(b, now, pf, n - 1) < pf->d.rid)
		return -ENOMEM;
	for (unsigned i = 0; i < 6; i++)
		if (pf->vf_bar_size[i] && !pf->vf_bar[i])
			return -ENOMEM;
	for (unsigned i = 0; i < n; i++)
		if (blade_node(b, vf_rid(b, now, pf, i)))
			return -ENOENT;
	return 0;
}

static int enable(struct sim_blade *b, struct mr_now now, struct blade_node *pf, unsigned n)
{
	bool vfm = sim_blade_can_migrate(b, now, pf->d.rid);
	bool capable = reg(b, now, pf, PCI_SRIOV_CAP, 4) & PCI_SRIOV_CAP_VFM;
	uint16_t on = VF_ON;
	int r;

	set(b, now, pf, PCI_SRIOV_NUM_VF, 2, n);
	r = check_enable(b, now, pf, n, capable);
	if (r) {
		set(b, now, pf, PCI_SRIOV_NUM_VF, 2, 0);
		return r;
	}
	if (vfm)
		on |= VF_MIGR;
	pf->vfm = vfm;
	blade_set_bits(b, now, pf->d.rid, pf->sriov + PCI_SRIOV_CTRL, on, on);
	start_job(b, now, pf, BLADE_JOB_VF_ENABLE, n, b->timing.vf_enable_ns);
	return 0;
}

static void disable(struct sim_blade *b, struct mr_now now, struct blade_node *pf)
{
	for (unsigned i = 0; i < pf->d.numvfs; i++) {
		struct blade_node *vf = find_vf(b, pf, i);

		if (vf)
			blade_remove_node(b, now, vf, false);
	}
	blade_set_bits(b, now, pf->d.rid, pf->sriov + PCI_SRIOV_CTRL, VF_ON | VF_MIGR, 0);
	set(b, now, pf, PCI_SRIOV_NUM_VF, 2, 0);
	pf->vfm = false;
	start_job(b, now, pf, BLADE_JOB_VF_DISABLE, 0, b->timing.vf_disable_ns);
}

/* kstrtou16(text, 0, ...) as far as it goes: -1 for what it refuses. */
static long parse_u16(const char *text)
{
	char *end;
	unsigned long v;

	if (*text < '0' || *text > '9')
		return -1;
	v = strtoul(text, &end, 0);
	if (*end == '\n')
		end++;
	return *end || v > 0xffff ? -1 : (long)v;
}

/* The MR-PCIM may have changed the PF's numbers while VF Enable was off. */
static void refresh(struct sim_blade *b, struct mr_now now, struct blade_node *pf)
{
	uint32_t total = reg(b, now, pf, PCI_SRIOV_TOTAL_VF, 2);

	if (sim_blade_has_vf_migration(b) && !pf->d.numvfs && total && total < pf->d.totalvfs)
		pf->d.totalvfs = total;
}

/* sriov_numvfs_store. While an earlier write is on its way: -EBUSY. */
int sim_blade_numvfs(struct sim_blade *b, struct mr_now now, uint16_t rid, const char *text,
		     int64_t *ret_done_ns)
{
	struct blade_node *pf = blade_node(b, rid);
	long n = parse_u16(text);
	int r;

	if (!pf || !pf->sriov)
		return -ENODEV;
	if (n < 0)
		return -EINVAL;
	if (pf->job != BLADE_JOB_NONE)
		return -EBUSY;
	refresh(b, now, pf);
	if ((unsigned)n > pf->d.totalvfs)
		return -ERANGE;
	*ret_done_ns = now.mono_ns;
	if ((unsigned)n == pf->d.numvfs)
		return 0;
	if (!blade_driver_has_sriov(pf->d.driver))
		return -ENOENT;
	if (n && pf->d.numvfs)
		return -EBUSY;
	if (n) {
		r = enable(b, now, pf, (unsigned)n);
		if (r)
			return r;
	} else {
		disable(b, now, pf);
	}
	*ret_done_ns = pf->job_due;
	return 0;
}

/* sriov_drivers_autoprobe: concerns VFs that are not bound yet. */
int sim_blade_autoprobe(struct sim_blade *b, uint16_t rid, bool on)
{
	struct blade_node *pf = blade_node(b, rid);

	if (!pf || !pf->sriov)
		return -ENODEV;
	pf->d.autoprobe = on;
	return 0;
}

/* VFs that were taken without the host's consent: their slots read Unavailable. */
static void drop_taken(struct sim_blade *b, struct mr_now now, const struct blade_node *pf)
{
	for (unsigned i = pf->d.numvfs; i-- > 0;) {
		struct blade_node *vf = find_vf(b, pf, i);

		if (vf && vf_state(b, now, pf, i) == MR_VF_UNAVAILABLE)
			blade_remove_node(b, now, vf, true);
	}
}

/* The migration interrupt of a PF: the status is cleared, what was taken by force goes, user
 * space is told and acts. */
void blade_migration(struct sim_blade *b, struct mr_now now, uint16_t rid)
{
	struct blade_node *pf = blade_node(b, rid);

	if (!pf || !pf->vfm || !(reg(b, now, pf, PCI_SRIOV_STATUS, 2) & PCI_SRIOV_STATUS_VFM))
		return;
	set(b, now, pf, PCI_SRIOV_STATUS, 2, PCI_SRIOV_STATUS_VFM);
	drop_taken(b, now, pf);
	blade_uevent_dev(b, "change", pf, "VF_MIGRATION=1");
	blade_changed(b);
}

static int migration_pf(struct sim_blade *b, struct mr_now now, uint16_t rid, unsigned index,
			struct blade_node **ret)
{
	struct blade_node *pf = blade_node(b, rid);

	if (!pf)
		return -ENODEV;
	if (!sim_blade_can_migrate(b, now, rid))
		return -EOPNOTSUPP;
	if (index >= pf->d.totalvfs)
		return -EINVAL;
	*ret = pf;
	return 0;
}

/* One byte of 'vf_migration_state'. */
int sim_blade_vf_state_read(struct sim_blade *b, struct mr_now now, uint16_t rid,
			    unsigned index, uint8_t *ret)
{
	struct blade_node *pf;
	int r = migration_pf(b, now, rid, index, &pf);

	if (r)
		return r;
	*ret = vf_state(b, now, pf, index);
	return 0;
}

/*
 * Writing one byte: a VF that leaves Available or MigrateOut is released and reset first; one
 * that is Available afterwards exists, after MigrateIn with a reset. -EAGAIN while VFs are not
 * enabled; the array ignores illegal writes, so the writer reads back.
 */
int sim_blade_vf_state_write(struct sim_blade *b, struct mr_now now, uint16_t rid,
			     unsigned index, uint8_t v)
{
	struct blade_node *pf, *vf;
	uint64_t at = 0;
	uint8_t was;
	int r = migration_pf(b, now, rid, index, &pf);

	if (r)
		return r;
	if (!pf->vfm || pf->job != BLADE_JOB_NONE || index >= pf->d.numvfs)
		return -EAGAIN;
	was = vf_state(b, now, pf, index);
	vf = find_vf(b, pf, index);
	if (vf && ((was == MR_VF_MIGRATE_OUT && v == MR_VF_UNAVAILABLE) ||
		   (was == MR_VF_AVAILABLE && v == MR_VF_MIGRATE_IN))) {
		blade_detach(b, now, vf, false);
		blade_flr(b, now, vf);
		blade_remove_node(b, now, vf, false);
	}
	state_array(b, now, pf, &at);
	sim_host_mem_write(b->c, now, b->vh, at + index, 1, v);
	if (vf_state(b, now, pf, index) == MR_VF_AVAILABLE && !find_vf(b, pf, index))
		add_vf(b, now, pf, index, was == MR_VF_MIGRATE_IN);
	blade_changed(b);
	return 0;
}

/* Aperture and place of the PF's VF BAR 'i'; false when there is none. */
bool sim_blade_vf_bar(const struct sim_blade *b, uint16_t rid, unsigned i, uint64_t *ret_base,
		      uint64_t *ret_aperture, unsigned long *ret_flags)
{
	const struct blade_node *pf = blade_node(b, rid);

	if (!pf || i >= 6 || !pf->vf_bar_size[i])
		return false;
	*ret_base = pf->vf_bar[i];
	*ret_aperture = pf->vf_bar_size[i];
	*ret_flags = pf->vf_bar_flags[i];
	return true;
}
