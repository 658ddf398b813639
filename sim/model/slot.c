/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Slot registers of virtual downstream bridges (PCI Express 7.5.3.9 to 7.5.3.11): presence,
 * data-link state, power controller, indicators, attention button, command completed and the
 * hot-plug interrupt.
 */
#include <errno.h>
#include <linux/pci_regs.h>

#include "sim/model/internal.h"

/* What can be written: MRL sensor and interlock are absent, the button is where it is
 * described.
 */
#define WRITABLE                                                                              \
	(PCI_EXP_SLTCTL_PFDE | PCI_EXP_SLTCTL_PDCE | PCI_EXP_SLTCTL_CCIE |                    \
	 PCI_EXP_SLTCTL_HPIE | PCI_EXP_SLTCTL_AIC | PCI_EXP_SLTCTL_PIC | PCI_EXP_SLTCTL_PCC | \
	 PCI_EXP_SLTCTL_DLLSCE)
/* Status bits 4:0 have their enables at the same places of Slot Control. */
#define SAME_PLACE                                                                             \
	(PCI_EXP_SLTSTA_ABP | PCI_EXP_SLTSTA_PFD | PCI_EXP_SLTSTA_MRLSC | PCI_EXP_SLTSTA_PDC | \
	 PCI_EXP_SLTSTA_CC)

/* The interrupt condition: enabled as a whole, and any event that is set and enabled. */
static bool interrupting(const struct sim_bridge_cfg *g)
{
	uint16_t ctl = g->slotctl, sta = g->slotsta;

	return ctl & PCI_EXP_SLTCTL_HPIE &&
	       (sta & ctl & SAME_PLACE ||
		(sta & PCI_EXP_SLTSTA_DLLSC && ctl & PCI_EXP_SLTCTL_DLLSCE));
}

/* An interrupt message is sent when the condition becomes true, and only then. */
static void interrupt_if(struct sim_chassis *c, unsigned vh, unsigned b, bool before)
{
	if (!before && interrupting(&c->host[vh].bridge[b].cfg))
		sim_notice_push(c, &(struct sim_notice){.kind = SIM_NOTICE_HOST_HOTPLUG,
							.vh = (uint16_t)vh,
							.bridge = (uint16_t)b});
}

static void slot_event(struct sim_chassis *c, unsigned vh, unsigned b, uint16_t bits)
{
	struct sim_bridge *r = &c->host[vh].bridge[b];
	bool before = interrupting(&r->cfg);

	r->cfg.slotsta |= bits;
	interrupt_if(c, vh, b, before);
}

/* Whether something stands behind the bridge: a mapped row whose target is there. */
static bool occupied(const struct sim_chassis *c, const struct sim_bridge *r, bool *ret_up)
{
	const struct sim_adapter *a = sim_adapter_at(c, MR_TARGET_PORT(r->row.target));

	*ret_up = a && sim_adapter_up(a);
	if (r->row.state != MR_ROW_MAPPED || r->settling || !a || !a->present)
		return false;
	if (MR_TARGET_KIND(r->row.target) == MR_TARGET_PFS) /* blank since it was inserted */
		return a->vh[MR_TARGET_PF(r->row.target)].enabled;
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
	bool dlla = present && up && alive && !r->cfg.slot_off;
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

static void each_slot(struct sim_chassis *c, const struct sim_adapter *a,
		      void (*fn)(struct sim_chassis *c, unsigned vh, unsigned b))
{
	for (unsigned d = 0; d < a->vhs; d++)
		if (a->vh[d].row_vs)
			fn(c, a->vh[d].row_vs, a->vh[d].row_b);
	for (unsigned i = 0; i < a->m.pfs * a->m.vfs; i++)
		if (a->vf[i].row_vs)
			fn(c, a->vf[i].row_vs, a->vf[i].row_b);
	if (a->row_vs)
		fn(c, a->row_vs, a->row_b);
}

/* The adapter came, went, or its link or VF Enable changed: every slot that leads to it. */
void sim_slots_update_adapter(struct sim_chassis *c, const struct sim_adapter *a)
{
	each_slot(c, a, sim_slot_update);
}

/* ---- slots of VH 0, where a blade is its root ---- */

static void vh0_interrupt_if(struct sim_chassis *c, const struct sim_adapter *a, bool before)
{
	if (!before && interrupting(&a->dsp))
		sim_notice_push(c, &(struct sim_notice){.kind = SIM_NOTICE_HOST_HOTPLUG,
							.vh = (uint16_t)c->root,
							.bridge = (uint16_t)(a->slot - 1)});
}

static void vh0_slot_event(struct sim_chassis *c, struct sim_adapter *a, uint16_t bits)
{
	bool before = interrupting(&a->dsp);

	a->dsp.slotsta |= bits;
	vh0_interrupt_if(c, a, before);
}

/* Brings presence and data-link state in line with the adapter. A `base` device that a row
 * holds is with that host. */
void sim_vh0_slot_update(struct sim_chassis *c, struct sim_adapter *a)
{
	bool present = a->present && !a->row_vs, dlla = present && a->cable;
	uint16_t bits = (uint16_t)((present != a->vh0_present ? PCI_EXP_SLTSTA_PDC : 0) |
				   (dlla != a->vh0_dlla ? PCI_EXP_SLTSTA_DLLSC : 0));

	a->vh0_present = present;
	a->vh0_dlla = dlla;
	if (bits && c->root && c->host[c->root].link)
		vh0_slot_event(c, a, bits);
}

/* Slot Control and Status are written: enables, and RW1C. */
void sim_vh0_slot_write(struct sim_chassis *c, const struct sim_loc *l, uint32_t v,
			uint32_t mask)
{
	struct sim_bridge_cfg *g = l->br;
	bool before = interrupting(g);

	g->slotsta &= (uint16_t) ~((v & mask) >> 16);
	g->slotctl =
		sim_merge16(g->slotctl, v, mask,
			    PCI_EXP_SLTCTL_PDCE | PCI_EXP_SLTCTL_HPIE | PCI_EXP_SLTCTL_DLLSCE);
	vh0_interrupt_if(c, l->a, before);
}

static void bounce(struct sim_chassis *c, unsigned vh, unsigned b)
{
	if (c->host[vh].bridge[b].dlla)
		slot_event(c, vh, b, PCI_EXP_SLTSTA_DLLSC);
}

/* The adapter's link went down and came up again within one hot reset: a link that is up has
 * changed all the same, so that its host does not go on with a device that forgot everything.
 */
void sim_slots_bounce(struct sim_chassis *c, struct sim_adapter *a)
{
	each_slot(c, a, bounce);
	if (c->root && a->vh0_dlla)
		vh0_slot_event(c, a, PCI_EXP_SLTSTA_DLLSC);
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
		sim_aer_reset(c,
			      &(struct sim_loc){.kind = SIM_LOC_BASE, .a = a, .fn = &a->self});
		break;
	case MR_TARGET_PFS:
		for (unsigned p = 0; p < a->m.pfs; p++)
			sim_pf_conventional_reset(c, a, MR_TARGET_PF(t), p);
		break;
	}
}

static void set_power(struct sim_chassis *c, unsigned vh, unsigned b, bool off)
{
	struct sim_bridge *r = &c->host[vh].bridge[b];

	if (off == r->cfg.slot_off)
		return;
	r->cfg.slot_off = off;
	if (off)
		sim_target_reset(c, vh, b);
	sim_event_push(c, MR_EV_SLOT_POWER, vh, vh, b, !off, 0);
	sim_slot_update(c, vh, b);
}

/* The command written last has been carried out. */
static void complete(struct sim_chassis *c, unsigned vh, unsigned b)
{
	struct sim_bridge *r = &c->host[vh].bridge[b];

	r->cfg.slot_due = 0;
	set_power(c, vh, b, r->cfg.slotctl & PCI_EXP_SLTCTL_PCC);
	slot_event(c, vh, b, PCI_EXP_SLTSTA_CC);
}

/* A slot command may be over now; a reset or a later command has made older ones void. */
void sim_slot_due(struct sim_chassis *c, unsigned vh, unsigned b)
{
	struct sim_bridge *r = &sim_bridges(&c->host[vh])[b];

	if (r->cfg.slot_due && r->cfg.slot_due <= c->now.mono_ns)
		complete(c, vh, b);
}

/* Slot Control after a write of 'v' (indicators inverted, as it is kept): reserved bits stay 0,
 * the reserved code of an indicator (00b, here 11b) leaves it as it is. */
static uint16_t legal_ctl(const struct sim_host *h, uint16_t old, uint16_t v)
{
	v &= WRITABLE | (h->d.attention_button ? PCI_EXP_SLTCTL_ABPE : 0);
	if ((v & PCI_EXP_SLTCTL_AIC) == PCI_EXP_SLTCTL_AIC)
		v = (uint16_t)((v & ~PCI_EXP_SLTCTL_AIC) | (old & PCI_EXP_SLTCTL_AIC));
	if ((v & PCI_EXP_SLTCTL_PIC) == PCI_EXP_SLTCTL_PIC)
		v = (uint16_t)((v & ~PCI_EXP_SLTCTL_PIC) | (old & PCI_EXP_SLTCTL_PIC));
	return v;
}

/*
 * The host writes Slot Control: any write is one command. Enables count at once; power
 * controller and indicators take the description's time, then the command is complete. A
 * command on top of one that is not complete replaces it.
 */
void sim_slot_ctl_write(struct sim_chassis *c, unsigned vh, unsigned b, uint16_t v)
{
	struct sim_bridge *r = &sim_bridges(&c->host[vh])[b];
	bool before = interrupting(&r->cfg);

	r->cfg.slotctl = legal_ctl(&c->host[vh], r->cfg.slotctl, v);
	interrupt_if(c, vh, b, before);
	if (!c->slot_ns) {
		complete(c, vh, b);
		return;
	}
	r->cfg.slot_due = c->now.mono_ns + c->slot_ns;
	sim_due_add(c, r->cfg.slot_due, SIM_DUE_SLOT, vh, b);
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

static int find_slot(struct sim_chassis *c, struct mr_now now, unsigned vh, unsigned b)
{
	struct sim_host *h = sim_host_at(c, vh);

	sim_chassis_step(c, now);
	if (!h || b >= h->d.bridges)
		return -ENOENT;
	if (!sim_host_alive(h))
		return -EHOSTDOWN;
	sim_bridges(h);
	return 0;
}

/* Presses the attention button of a slot. 0, -ENOENT, -EHOSTDOWN, -ENODEV without a button. */
int sim_slot_button(struct sim_chassis *c, struct mr_now now, uint16_t vh, unsigned bridge)
{
	int r = find_slot(c, now, vh, bridge);

	if (r)
		return r;
	if (!c->host[vh].d.attention_button)
		return -ENODEV;
	slot_event(c, vh, bridge, PCI_EXP_SLTSTA_ABP);
	return 0;
}

/* The slot's power controller finds a fault: power goes off, whatever Slot Control says, until
 * a command switches it on again. 0, -ENOENT, -EHOSTDOWN, -EALREADY when it is off. */
int sim_slot_power_fault(struct sim_chassis *c, struct mr_now now, uint16_t vh, unsigned bridge)
{
	int r = find_slot(c, now, vh, bridge);

	if (r)
		return r;
	if (c->host[vh].bridge[bridge].cfg.slot_off)
		return -EALREADY;
	set_power(c, vh, bridge, true);
	slot_event(c, vh, bridge, PCI_EXP_SLTSTA_PFD);
	return 0;
}
