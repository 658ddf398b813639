// SPDX-License-Identifier: Apache-2.0
/*
 * What Linux 6.1 does about advanced errors: it lets every device report, and when a message
 * reaches the root it reads the reporter's status, counts, and clears. Recovery by drivers and
 * resets of links are not modelled.
 */
#include <linux/pci_regs.h>

#include "common/xalloc.h"
#include "sim/model/blade_priv.h"
#include "sim/model/chassis.h"

/* As PCI_EXP_AER_FLAGS of the kernel. */
#define REPORTING \
	(PCI_EXP_DEVCTL_CERE | PCI_EXP_DEVCTL_NFERE | PCI_EXP_DEVCTL_FERE | PCI_EXP_DEVCTL_URRE)

/* A device appears: it may report, bridges forward (pci_aer_init, pci_configure_serr). */
void blade_aer_init(struct sim_blade *b, struct mr_now now, const struct blade_node *n)
{
	if (n->d.header == 1)
		blade_set_bits(b, now, n->d.rid, PCI_BRIDGE_CONTROL, PCI_BRIDGE_CTL_SERR,
			       PCI_BRIDGE_CTL_SERR);
	if (n->aer && n->pcie)
		blade_set_bits(b, now, n->d.rid, n->pcie + PCI_EXP_DEVCTL, REPORTING,
			       REPORTING);
}

/* Bits of the status register that the kernel looks at. After a fatal error the link of an
 * endpoint is not trusted: only the total counts. */
static uint32_t pending(struct sim_blade *b, struct mr_now now, const struct blade_node *n,
			unsigned kind)
{
	unsigned sta = kind == SIM_AER_CORRECTABLE ? PCI_ERR_COR_STATUS : PCI_ERR_UNCOR_STATUS;
	unsigned mask = kind == SIM_AER_CORRECTABLE ? PCI_ERR_COR_MASK : PCI_ERR_UNCOR_MASK;

	if (kind == SIM_AER_FATAL && n->d.header != 1)
		return 0;
	return blade_rd(b, now, n->d.rid, n->aer + sta, 4) &
	       ~blade_rd(b, now, n->d.rid, n->aer + mask, 4);
}

/* The root port took an error message of 'rid'. */
void blade_error(struct sim_blade *b, struct mr_now now, uint16_t rid, unsigned kind)
{
	struct blade_node *n = blade_node(b, rid);
	uint32_t bits;

	if (!n || !n->aer)
		return;
	if (!n->errors)
		n->errors = MR_NEW(struct sim_dev_errors);
	bits = pending(b, now, n, kind);
	for (unsigned i = 0; i < 32; i++)
		n->errors->bit[kind][i] += bits >> i & 1;
	n->errors->total[kind]++;
	if (kind == SIM_AER_CORRECTABLE)
		blade_wr(b, now, rid, n->aer + PCI_ERR_COR_STATUS, 4, UINT32_MAX);
	else
		blade_wr(b, now, rid, n->aer + PCI_ERR_UNCOR_STATUS, 4, UINT32_MAX);
	blade_wr(b, now, rid, n->pcie + PCI_EXP_DEVSTA, 2,
		 PCI_EXP_DEVSTA_CED | PCI_EXP_DEVSTA_NFED | PCI_EXP_DEVSTA_FED |
			 PCI_EXP_DEVSTA_URD);
	blade_changed(b);
}

/* Error counters of a device, NULL where there are none. */
const struct sim_dev_errors *sim_blade_errors(const struct sim_blade *b, uint16_t rid)
{
	static const struct sim_dev_errors none;
	const struct blade_node *n = blade_node(b, rid);

	if (!n || !n->aer)
		return NULL;
	return n->errors ? n->errors : &none;
}
