/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Slot registers of virtual downstream bridges: presence, data-link state, power controller,
 * command completed and the hot-plug interrupt. There is no attention button yet.
 */
#include <linux/pci_regs.h>

#include "sim/model/internal.h"

/* A status bit that is enabled raises the interrupt when it becomes set. */
static void slot_event(struct sim_chassis *c, unsigned vh, unsigned b, uint16_t bits)
{
	struct sim_bridge *r = &c->host[vh].bridge[b];
	uint16_t fresh = bits & (uint16_t)~r->cfg.slotsta;
	uint16_t ctl = r->cfg.slotctl;
	bool enabled = (fresh & PCI_EXP_SLTSTA_PDC && ctl & PCI_EXP_SLTCTL_PDCE) ||
		       (fresh & PCI_EXP_SLTSTA_DLLSC && ctl & PCI_EXP_SLTCTL_DLLSCE) ||
		       (fresh & PCI_EXP_SLTSTA_CC && ctl & PCI_EXP_SLTCTL_CCIE);

	r->cfg.slotsta |= bits;
	if (enabled && ctl & PCI_EXP_SLTCTL_HPIE)
		sim_notice_push(c, &(struct sim_notice){.kind = SIM_NOTICE_HOST_HOTPLUG,
							.vh = (uint16_t)vh,
							.bridge = (uint16_t)b});
}

/* Whether something stands behind the bridge: a mapped row whose target is there. */
static bool occupied(const struct sim_chassis *c, const struct sim_bridge *r, bool *ret_up)
{
	const struct sim_adapter *a = sim_adapter_at(c, MR_TARGET_PORT(r->row.target));

	*ret_up = a && sim_adapter_up(a);
	if (r->row.state != MR_ROW_MAPPED || r->settling || !a || !a->present)
		return false;
	return MR_TARGET_KIND(r->row.target) != MR_TARGET_SYNTHETIC ||
	       sim_vf_enabled0(a, MR_TARGET_PF(r->row.target), MR_TARGET_VF(r->row.target));
}

/* Brings presence and data-link state of the slot in line with its row and its target. */
void sim_slot_update(struct sim_chassis *c, unsigned vh, unsigned b)
{
	struct sim_host *h = &c->host[vh];
	struct sim_bridge *r = &sim_bridges(h)[b];
	bool alive = sim_host_alive(h), up;
	bool present = occupied(c, r, &up);
	bool dlla = present && up && alive && !(r->cfg.slotctl & PCI_EXP_SLTCTL_PCC);
	uint16_t bits = 0;

	if (present != r->present) {
		bits |= PCI_EXP_SLTSTA_PDC;
		r->removal_pending = !present && alive;
	}
	if (dlla != r->dlla)
		bits |= PCI_EXP_SLTSTA_DLLSC;
	r->present = present;
	r->dlla = dlla;
	if (bits && alive)
		slot_event(c, vh, b, bits);
}

/* The adapter came, went, or its link or VF Enable changed: every slot that leads to it. */
void sim_slots_update_adapter(struct sim_chassis *c, const struct sim_adapter *a)
{
	for (unsigned d = 0; d < a->vhs; d++)
		if (a->vh[d].row_vs)
			sim_slot_update(c, a->vh[d].row_vs, a->vh[d].row_b);
	for (unsigned i = 0; i < a->m.pfs * a->m.vfs; i++)
		if (a->vf[i].row_vs)
			sim_slot_update(c, a->vf[i].row_vs, a->vf[i].row_b);
	if (a->row_vs)
		sim_slot_update(c, a->row_vs, a->row_b);
}

/* Conventional reset of what the row leads to, as far as this host owns it. */
void sim_target_reset(struct sim_chassis *c, unsigned vh, unsigned b)
{
	const struct sim_bridge *r = &sim_bridges(&c->host[vh])[b];
	uint64_t t = r->row.target;
	struct sim_adapter *a = sim_adapter_at(c, MR_TARGET_PORT(t));

	if (r->row.state != MR_ROW_MAPPED || r->settling || !a)
		return;
	switch (MR_TARGET_KIND(t)) {
	case MR_TARGET_SYNTHETIC:
		sim_mvf_host_reset(c, a, sim_mvf(a, MR_TARGET_PF(t), MR_TARGET_VF(t)));
		break;
	case MR_TARGET_DEVICE:
		sim_fn_reset(&a->self);
		break;
	case MR_TARGET_PFS:
		for (unsigned p = 0; p < a->m.pfs; p++)
			sim_pf_reset(c, a, MR_TARGET_PF(t), p);
		break;
	}
}

/* The host writes Slot Control: every write completes at once. */
void sim_slot_ctl_write(struct sim_chassis *c, unsigned vh, unsigned b, uint16_t v)
{
	struct sim_bridge *r = &sim_bridges(&c->host[vh])[b];
	uint16_t old = r->cfg.slotctl, sta = r->cfg.slotsta;
	bool off = v & PCI_EXP_SLTCTL_PCC;

	r->cfg.slotctl = v & 0x17ff;
	if ((old ^ v) & PCI_EXP_SLTCTL_PCC) {
		if (off)
			sim_target_reset(c, vh, b);
		sim_event_push(c, MR_EV_SLOT_POWER, vh, vh, b, !off, 0);
		sim_slot_update(c, vh, b);
	}
	slot_event(c, vh, b, PCI_EXP_SLTSTA_CC);
	/* What was pending before interrupts were enabled is told now. */
	if (!(old & PCI_EXP_SLTCTL_HPIE) && v & PCI_EXP_SLTCTL_HPIE &&
	    ((sta & PCI_EXP_SLTSTA_PDC && v & PCI_EXP_SLTCTL_PDCE) ||
	     (sta & PCI_EXP_SLTSTA_DLLSC && v & PCI_EXP_SLTCTL_DLLSCE)))
		sim_notice_push(c, &(struct sim_notice){.kind = SIM_NOTICE_HOST_HOTPLUG,
							.vh = (uint16_t)vh,
							.bridge = (uint16_t)b});
}

/* The host clears status bits (RW1C); of an emptied slot that means it consumed the removal. */
void sim_slot_status_clear(struct sim_chassis *c, unsigned vh, unsigned b, uint16_t bits)
{
	struct sim_bridge *r = &sim_bridges(&c->host[vh])[b];
	bool seen = bits & r->cfg.slotsta & PCI_EXP_SLTSTA_PDC;

	r->cfg.slotsta &= (uint16_t)~bits;
	if (!seen || r->present || !r->removal_pending)
		return;
	r->removal_pending = false;
	sim_event_push(c, MR_EV_REMOVAL_SEEN, vh, vh, b, 0, 0);
}
