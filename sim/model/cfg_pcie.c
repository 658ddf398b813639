/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PCI Express capability, version 2: device, link and slot registers, and function-level
 * reset.
 */
#include <linux/pci_regs.h>
#include <stddef.h>

#include "sim/model/internal.h"

/* Both indicators of a slot are off after a reset, which is not 0: registers are kept with
 * these bits inverted. */
#define INDICATORS_OFF (PCI_EXP_SLTCTL_AIC | PCI_EXP_SLTCTL_PIC)

static unsigned speed_code(unsigned speed)
{
	static const unsigned speeds[] = {25, 50, 80, 160, 320, 640};

	for (unsigned i = 0; i < sizeof(speeds) / sizeof(speeds[0]); i++)
		if (speed <= speeds[i])
			return i + 1;
	return 6;
}

static void link_of(const struct sim_chassis *c, const struct sim_loc *l, unsigned *ret_code,
		    unsigned *ret_width)
{
	unsigned speed = 160, width = 16;
	const struct sim_adapter *a = l->a;
	const struct sim_host *h = sim_host_at(c, l->vh ? l->vh : c->root);

	if (l->kind == SIM_LOC_DOWN)
		a = sim_adapter_at(c, MR_TARGET_PORT(l->bridge->row.target));
	if (a) {
		speed = a->m.link_speed;
		width = a->m.link_width;
	} else if (h) {
		speed = h->d.link_speed;
		width = h->d.link_width;
	}
	*ret_code = speed_code(speed);
	*ret_width = width;
}

static uint32_t flags(const struct sim_loc *l)
{
	unsigned type = PCI_EXP_TYPE_ENDPOINT;

	if (l->kind == SIM_LOC_UP)
		type = PCI_EXP_TYPE_UPSTREAM;
	else if (sim_loc_is_bridge(l))
		type = PCI_EXP_TYPE_DOWNSTREAM;
	return (2u | type << 4 | (sim_loc_is_slot(l) ? PCI_EXP_FLAGS_SLOT : 0)) << 16;
}

static uint16_t *devctl(const struct sim_loc *l)
{
	return sim_loc_is_bridge(l) ? &l->br->devctl : &l->fn->devctl;
}

static uint16_t *devctl2(const struct sim_loc *l)
{
	return sim_loc_is_bridge(l) ? &l->br->devctl2 : &l->fn->devctl2;
}

static uint16_t *lnkctl(const struct sim_loc *l)
{
	return sim_loc_is_bridge(l) ? &l->br->lnkctl : &l->fn->lnkctl;
}

static bool link_active(const struct sim_loc *l)
{
	if (sim_loc_is_slot(l))
		return l->kind == SIM_LOC_DOWN ? l->bridge->dlla : l->a->vh0_dlla;
	return l->kind == SIM_LOC_DSP && sim_adapter_up(l->a);
}

static uint32_t lnkcap(const struct sim_chassis *c, const struct sim_loc *l)
{
	unsigned code, width, port = 0;
	uint32_t v = PCI_EXP_LNKCAP_LBNC;

	link_of(c, l, &code, &width);
	if (l->kind == SIM_LOC_DOWN)
		port = l->b;
	else if (l->kind == SIM_LOC_DSP)
		port = l->a->port & 0xff;
	if (!sim_loc_is_bridge(l) || l->kind == SIM_LOC_UP)
		v = 0;
	if (l->kind == SIM_LOC_DOWN || l->kind == SIM_LOC_DSP)
		v |= PCI_EXP_LNKCAP_DLLLARC;
	return v | code | width << 4 | 1u << 22 | port << 24;
}

static uint32_t link_regs(const struct sim_chassis *c, const struct sim_loc *l)
{
	bool down = l->kind == SIM_LOC_DOWN || l->kind == SIM_LOC_DSP;
	unsigned code, width;
	uint32_t sta = 0;

	link_of(c, l, &code, &width);
	if (!down || link_active(l))
		sta = code | width << 4;
	else
		sta = 1; /* no link: the lowest speed, width 0 */
	if (down && link_active(l))
		sta |= PCI_EXP_LNKSTA_DLLLA;
	return *lnkctl(l) | sta << 16;
}

static uint32_t devcap(const struct sim_loc *l)
{
	uint32_t v = 1 | PCI_EXP_DEVCAP_RBER | PCI_EXP_DEVCAP_EXT_TAG; /* payload 256 */

	return sim_loc_is_bridge(l) ? v : v | PCI_EXP_DEVCAP_FLR;
}

/*
 * Power controller, indicators, hot plug, 75 W; a button where it is described; no MRL sensor,
 * no interlock; every command tells its completion. The slots of VH 0 have none of these, and
 * are pulled by surprise: who drives PFs has no power over what others use.
 */
static uint32_t sltcap(const struct sim_loc *l)
{
	if (l->kind == SIM_LOC_DSP)
		return PCI_EXP_SLTCAP_HPC | PCI_EXP_SLTCAP_HPS | PCI_EXP_SLTCAP_NCCS |
		       75u << 7 | (l->b - 1) << 19;
	return PCI_EXP_SLTCAP_PCP | PCI_EXP_SLTCAP_HPC | PCI_EXP_SLTCAP_AIP |
	       PCI_EXP_SLTCAP_PIP | (l->host->d.attention_button ? PCI_EXP_SLTCAP_ABP : 0) |
	       75u << 7 | l->b << 19;
}

/* Slot Control and Status. */
static uint32_t slot_regs(const struct sim_loc *l)
{
	bool present = l->kind == SIM_LOC_DSP ? l->a->vh0_present : l->bridge->present;
	uint32_t sta = l->br->slotsta | (present ? PCI_EXP_SLTSTA_PDS : 0);

	return (l->br->slotctl ^ INDICATORS_OFF) | sta << 16;
}

/* Dword 'rel' of the capability. */
uint32_t sim_pcie_read(struct sim_chassis *c, const struct sim_loc *l, unsigned rel)
{
	unsigned code, width;
	bool slot = sim_loc_is_slot(l);

	switch (rel) {
	case 0:
		return flags(l);
	case PCI_EXP_DEVCAP:
		return devcap(l);
	case PCI_EXP_DEVCTL:
		return *devctl(l) | (uint32_t)sim_aer_devsta(c, l) << 16;
	case PCI_EXP_LNKCAP:
		return lnkcap(c, l);
	case PCI_EXP_LNKCTL:
		return link_regs(c, l);
	case PCI_EXP_SLTCAP:
		return slot ? sltcap(l) : 0;
	case PCI_EXP_SLTCTL:
		return slot ? slot_regs(l) : 0;
	case PCI_EXP_DEVCAP2:
		if (sim_loc_is_bridge(l))
			return l->kind == SIM_LOC_UP ? 0 : PCI_EXP_DEVCAP2_ARI;
		return 0x1f; /* completion timeout ranges A to D, can be disabled */
	case PCI_EXP_DEVCTL2:
		return *devctl2(l);
	case PCI_EXP_LNKCAP2:
		link_of(c, l, &code, &width);
		return ((1u << code) - 1) << 1;
	case PCI_EXP_LNKCTL2:
		link_of(c, l, &code, &width);
		return code;
	default:
		return 0;
	}
}

/* Function-level reset of what 'l' names. */
static void loc_reset(struct sim_chassis *c, const struct sim_loc *l)
{
	switch (l->kind) {
	case SIM_LOC_PF:
		sim_pf_reset(c, l->a, l->d, l->p);
		if (!l->d)
			sim_adapter_assign(c, l->a);
		break;
	case SIM_LOC_VF:
	case SIM_LOC_SYNTH:
		sim_mvf_host_reset(c, l->a, sim_mvf(l->a, l->p, l->v));
		break;
	case SIM_LOC_BF:
	case SIM_LOC_BASE:
		sim_fn_reset(l->fn);
		sim_aer_reset(c, l);
		l->fn->busy_until = sim_fault_reset_end(c, l->a);
		if (!l->vh)
			sim_adapter_assign(c, l->a);
		break;
	default:
		break;
	}
}

static void write_devctl(struct sim_chassis *c, const struct sim_loc *l, uint32_t v,
			 uint32_t mask)
{
	bool flr = !sim_loc_is_bridge(l) && v & mask & PCI_EXP_DEVCTL_BCR_FLR;

	if (l->kind != SIM_LOC_VF)
		*devctl(l) = sim_merge16(*devctl(l), v, mask, 0x7fff);
	if (flr)
		loc_reset(c, l);
}

static void write_slot(struct sim_chassis *c, const struct sim_loc *l, uint32_t v,
		       uint32_t mask)
{
	if (mask >> 16)
		sim_slot_status_clear(c, l->vh, l->b, (uint16_t)((v & mask) >> 16));
	if (mask & 0xffff)
		sim_slot_ctl_write(
			c, l->vh, l->b,
			sim_merge16(l->br->slotctl, v ^ INDICATORS_OFF, mask, 0xffff));
}

/* Writes the bytes 'mask' of dword 'rel'. */
void sim_pcie_write(struct sim_chassis *c, const struct sim_loc *l, unsigned rel, uint32_t v,
		    uint32_t mask)
{
	switch (rel) {
	case PCI_EXP_DEVCTL:
		sim_aer_devsta_clear(c, l, (uint16_t)((v & mask) >> 16));
		write_devctl(c, l, v, mask);
		break;
	case PCI_EXP_LNKCTL:
		if (l->kind != SIM_LOC_VF)
			*lnkctl(l) = sim_merge16(*lnkctl(l), v, mask, 0x01db);
		break;
	case PCI_EXP_SLTCTL:
		if (l->kind == SIM_LOC_DOWN)
			write_slot(c, l, v, mask);
		else if (sim_loc_is_slot(l))
			sim_vh0_slot_write(c, l, v, mask);
		break;
	case PCI_EXP_DEVCTL2:
		if (l->kind != SIM_LOC_VF)
			*devctl2(l) = sim_merge16(*devctl2(l), v, mask, 0x043f);
		break;
	}
}
