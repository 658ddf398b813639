// SPDX-License-Identifier: Apache-2.0
/*
 * sysfs 'reset': Function Level Reset with the kernel's save and restore of what the reset
 * clears. A device that takes its time gets its configuration back as soon as it answers.
 */
#include <errno.h>
#include <linux/pci_regs.h>

#include "sim/model/blade_priv.h"

#define RESTORE_RETRY_NS (10 * MR_NS_PER_MS)

static void save(struct sim_blade *b, struct mr_now now, struct blade_node *n)
{
	uint16_t rid = n->d.rid;

	n->saved.command = blade_rd(b, now, rid, PCI_COMMAND, 2);
	n->saved.devctl = (uint16_t)blade_rd(b, now, rid, n->pcie + PCI_EXP_DEVCTL, 2);
	n->saved.devctl2 = (uint16_t)blade_rd(b, now, rid, n->pcie + PCI_EXP_DEVCTL2, 2);
	if (n->msix)
		n->saved.msix = (uint16_t)blade_rd(b, now, rid, n->msix + PCI_MSIX_FLAGS, 2);
	if (n->sriov) {
		n->saved.sriov_ctrl =
			(uint16_t)blade_rd(b, now, rid, n->sriov + PCI_SRIOV_CTRL, 2);
		n->saved.numvfs =
			(uint16_t)blade_rd(b, now, rid, n->sriov + PCI_SRIOV_NUM_VF, 2);
	}
}

static void restore_bars(struct sim_blade *b, struct mr_now now, struct blade_node *n,
			 unsigned off, const uint64_t bar[6], const uint64_t size[6],
			 const unsigned long flags[6])
{
	for (unsigned i = 0; i < 6; i++) {
		if (!size[i])
			continue;
		blade_wr(b, now, n->d.rid, off + 4 * i, 4, (uint32_t)bar[i]);
		if ((flags[i] & PCI_BASE_ADDRESS_MEM_TYPE_MASK) == PCI_BASE_ADDRESS_MEM_TYPE_64)
			blade_wr(b, now, n->d.rid, off + 4 * i + 4, 4,
				 (uint32_t)(bar[i] >> 32));
	}
}

static void restore_sriov(struct sim_blade *b, struct mr_now now, struct blade_node *n)
{
	uint16_t rid = n->d.rid;

	if (blade_rd(b, now, rid, n->sriov + PCI_SRIOV_CTRL, 2) & PCI_SRIOV_CTRL_VFE)
		return;
	restore_bars(b, now, n, n->sriov + PCI_SRIOV_BAR, n->vf_bar, n->vf_bar_size,
		     n->vf_bar_flags);
	blade_wr(b, now, rid, n->sriov + PCI_SRIOV_SYS_PGSIZE, 4, 1);
	blade_wr(b, now, rid, n->sriov + PCI_SRIOV_NUM_VF, 2, n->saved.numvfs);
	blade_wr(b, now, rid, n->sriov + PCI_SRIOV_CTRL, 2, n->saved.sriov_ctrl);
}

static void restore(struct sim_blade *b, struct mr_now now, struct blade_node *n)
{
	uint16_t rid = n->d.rid;

	blade_wr(b, now, rid, n->pcie + PCI_EXP_DEVCTL, 2, n->saved.devctl);
	blade_wr(b, now, rid, n->pcie + PCI_EXP_DEVCTL2, 2, n->saved.devctl2);
	if (!n->d.is_virtfn)
		restore_bars(b, now, n, PCI_BASE_ADDRESS_0, n->d.bar, n->d.bar_size,
			     n->d.bar_flags);
	blade_wr(b, now, rid, PCI_COMMAND, 2, n->saved.command);
	if (n->msix)
		blade_wr(b, now, rid, n->msix + PCI_MSIX_FLAGS, 2, n->saved.msix);
	if (n->sriov)
		restore_sriov(b, now, n);
}

/* Restores a function's configuration when it is due and the function answers again. */
void blade_restore_step(struct sim_blade *b, struct mr_now now, struct blade_node *n)
{
	if (n->restore_due > now.mono_ns)
		return;
	if (blade_rd(b, now, n->d.rid, PCI_COMMAND, 4) == UINT32_MAX) {
		n->restore_due = now.mono_ns + RESTORE_RETRY_NS;
		blade_arm(b, n->restore_due);
		return;
	}
	n->restore_due = MR_NEVER;
	restore(b, now, n);
}

/* Resets the function and restores it, at once if it answers at once. */
void blade_flr(struct sim_blade *b, struct mr_now now, struct blade_node *n)
{
	if (!n->flr)
		return;
	save(b, now, n);
	blade_set_bits(b, now, n->d.rid, n->pcie + PCI_EXP_DEVCTL, PCI_EXP_DEVCTL_BCR_FLR,
		       PCI_EXP_DEVCTL_BCR_FLR);
	n->restore_due = now.mono_ns;
	blade_restore_step(b, now, n);
}

/* Whether the function has a 'reset' file. */
bool sim_blade_can_reset(const struct sim_blade *b, uint16_t rid)
{
	const struct blade_node *n = blade_node(b, rid);

	return n && n->flr;
}

/* sysfs 'reset': -ENOTTY for a function that has no way to reset. */
int sim_blade_reset(struct sim_blade *b, struct mr_now now, uint16_t rid)
{
	struct blade_node *n = blade_node(b, rid);

	if (!n)
		return -ENODEV;
	if (!n->flr)
		return -ENOTTY;
	blade_flr(b, now, n);
	return 0;
}
