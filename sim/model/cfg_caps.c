/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Capabilities of functions and bridges as two tables: where each stands, who has it, what it
 * reads and what a write does. Both tables are in the order of the capability lists. The PCI
 * Express capability is in cfg_pcie.c, SR-IOV in sriov.c, advanced errors in aer.c, ATS in
 * ats.c, ACS in peer.c.
 */
#include <linux/pci_regs.h>
#include <stddef.h>

#include "sim/model/internal.h"

#define EXT_RTR 0x22 /* Readiness Time Reporting */

#define READ(name) \
	static uint32_t name(struct sim_chassis *c, const struct sim_loc *l, unsigned rel)
#define WRITE(name)                                                                    \
	static void name(struct sim_chassis *c, const struct sim_loc *l, unsigned rel, \
			 uint32_t v, uint32_t mask)

/* ---- power management: D3hot keeps its state (No_Soft_Reset) ---- */

static uint16_t *pmcsr(const struct sim_loc *l)
{
	return sim_loc_is_bridge(l) ? &l->br->pmcsr : &l->fn->pmcsr;
}

READ(pm_read)
{
	(void)c;
	return rel ? *pmcsr(l) | PCI_PM_CTRL_NO_SOFT_RESET : 3u << 16;
}

WRITE(pm_write)
{
	(void)c;
	if (rel == PCI_PM_CTRL)
		*pmcsr(l) = sim_merge16(*pmcsr(l), v, mask, PCI_PM_CTRL_STATE_MASK);
}

/* ---- MSI of bridges, 64-bit address ---- */

READ(msi_read)
{
	const struct sim_bridge_cfg *g = l->br;

	(void)c;
	switch (rel) {
	case 0:
		return (uint32_t)(g->msi_ctl | PCI_MSI_FLAGS_64BIT) << 16;
	case PCI_MSI_ADDRESS_LO:
		return g->msi_lo;
	case PCI_MSI_ADDRESS_HI:
		return g->msi_hi;
	default:
		return g->msi_data;
	}
}

WRITE(msi_write)
{
	struct sim_bridge_cfg *g = l->br;

	(void)c;
	switch (rel) {
	case 0:
		g->msi_ctl = sim_merge16(g->msi_ctl, v >> 16, mask >> 16, PCI_MSI_FLAGS_ENABLE);
		break;
	case PCI_MSI_ADDRESS_LO:
		g->msi_lo = ((g->msi_lo & ~mask) | (v & mask)) & ~3u;
		break;
	case PCI_MSI_ADDRESS_HI:
		g->msi_hi = (g->msi_hi & ~mask) | (v & mask);
		break;
	default:
		g->msi_data = sim_merge16(g->msi_data, v, mask, 0xffff);
	}
}

/* ---- MSI-X of functions ---- */

static bool msix_has(const struct sim_loc *l)
{
	unsigned vectors, bir;
	uint32_t offset;

	sim_msix_layout(l, &vectors, &bir, &offset);
	return vectors;
}

READ(msix_read)
{
	unsigned vectors, bir;
	uint32_t offset;

	(void)c;
	sim_msix_layout(l, &vectors, &bir, &offset);
	switch (rel) {
	case 0:
		return (uint32_t)(l->fn->msix_ctl | (vectors - 1)) << 16;
	case PCI_MSIX_TABLE:
		return offset | bir;
	default:
		return (offset + 16 * vectors) | bir;
	}
}

WRITE(msix_write)
{
	(void)c;
	if (!rel)
		l->fn->msix_ctl = sim_merge16(l->fn->msix_ctl, v >> 16, mask >> 16,
					      PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
}

/* ---- subsystem of bridges ---- */

READ(ssvid_read)
{
	(void)c, (void)l;
	return rel ? SIM_BRIDGE_ID : 0;
}

/* ---- alternative routing IDs ---- */

static bool ari_has(const struct sim_loc *l)
{
	return l->kind == SIM_LOC_BF || l->kind == SIM_LOC_PF || l->kind == SIM_LOC_VF;
}

READ(ari_read)
{
	unsigned next = 0;

	(void)c;
	if (l->kind == SIM_LOC_BF)
		next = 1;
	else if (l->kind == SIM_LOC_PF && l->p + 1 < l->a->m.pfs)
		next = sim_pf_function(l->a, l->d, l->p + 1);
	return rel ? next << 8 : 0;
}

/* ---- SR-IOV ---- */

static bool sriov_has(const struct sim_loc *l)
{
	return l->kind == SIM_LOC_PF;
}

/* ---- readiness times ---- */

/* A time as 3 bits of scale (32^n ns) and 9 bits of value, rounded up. */
static uint32_t rtr_time(int64_t ns)
{
	uint64_t v = (uint64_t)ns;
	uint32_t scale = 0;

	for (; v > 511 && scale < 5; scale++)
		v = (v + 31) / 32;
	return scale << 9 | (uint32_t)(v > 511 ? 511 : v);
}

READ(rtr_read)
{
	uint32_t reset = rtr_time(l->a->m.flr_ns), enable = rtr_time(l->a->m.vf_enable_ns);

	(void)c;
	/* 04h: reset time, DL_Up time, valid; 08h: FLR time, D3hot to D0 (0: at once). */
	return rel == 4 ? reset | enable << 12 | 1u << 31 : rel == 8 ? reset : 0;
}

/* ---- device serial number ---- */

static uint64_t text_hash(const char *s)
{
	uint64_t h = 14695981039346656037ull;

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 1099511628211ull;
	return h;
}

static bool dsn_has(const struct sim_loc *l)
{
	return l->kind == SIM_LOC_UP || l->kind == SIM_LOC_BF || l->kind == SIM_LOC_PF ||
	       l->kind == SIM_LOC_BASE;
}

/* Upstream bridges: switch in the upper 48 bits, port in the lower 16 (HANDOVER 7). */
READ(dsn_read)
{
	uint64_t v = l->kind == SIM_LOC_UP
			     ? text_hash(c->serial) << 16 | (l->vh ? l->vh : c->root)
			     : text_hash(l->a->serial);

	return rel == 4 ? (uint32_t)v : rel == 8 ? (uint32_t)(v >> 32) : 0;
}

/* ---- capabilities that are ours ---- */

static uint32_t dvsec_header(unsigned rel, unsigned id, unsigned len)
{
	return rel == 4 ? MR_DVSEC_VENDOR | 1u << 16 | len << 20 : id;
}

static bool control_has(const struct sim_loc *l)
{
	return l->kind == SIM_LOC_BF ||
	       (l->kind == SIM_LOC_PF && !l->d && !l->p && l->a->m.kind == SIM_KIND_SRIOV);
}

READ(control_read)
{
	(void)c, (void)l;
	return rel == 0xc ? 0 : dvsec_header(rel, MR_DVSEC_CONTROL, 0x10); /* BAR 0, offset 0 */
}

static bool mail_has(const struct sim_loc *l)
{
	return l->kind == SIM_LOC_PF && l->d;
}

READ(mail_read)
{
	(void)c, (void)l;
	return rel == 0xc ? SIM_PF_MAIL : dvsec_header(rel, MR_DVSEC_MAILBOX, 0x10); /* BAR 0 */
}

static bool bf_has(const struct sim_loc *l)
{
	return l->kind == SIM_LOC_BF;
}

READ(mriov_read)
{
	(void)c;
	return rel == MRIOV_CAP ? l->a->vhs | (uint32_t)l->a->m.pfs << 16 : 0;
}

static bool up_has(const struct sim_loc *l)
{
	return l->kind == SIM_LOC_UP;
}

READ(vsid_read)
{
	const struct sim_host *h = sim_host_at(c, l->vh ? l->vh : c->root);
	uint64_t challenge = h ? h->challenge : 0;
	uint32_t v = 0;

	switch (rel) {
	case VSID_PORT:
		return (h ? h->d.slot : 0) | (uint32_t)l->vh << 16;
	case VSID_EPOCH_LO:
		return (uint32_t)c->owner_epoch;
	case VSID_EPOCH_HI:
		return (uint32_t)(c->owner_epoch >> 32);
	case VSID_CHALLENGE_LO:
		return (uint32_t)challenge;
	case VSID_CHALLENGE_HI:
		return (uint32_t)(challenge >> 32);
	}
	if (rel < VSID_SERIAL)
		return dvsec_header(rel, MR_DVSEC_VS_IDENTITY, VSID_LENGTH);
	for (unsigned i = 0; i < 4; i++)
		v |= (uint32_t)(unsigned char)c->serial[rel - VSID_SERIAL + i] << 8 * i;
	return v;
}

static bool vh0_up_has(const struct sim_loc *l)
{
	return l->kind == SIM_LOC_UP && !l->vh;
}

READ(switch_read)
{
	(void)c, (void)l;
	return rel == 0xc ? MR_SW_VERSION : dvsec_header(rel, MR_DVSEC_SWITCH, 0x10);
}

static bool down_has(const struct sim_loc *l)
{
	return sim_loc_is_slot(l);
}

/* ---- the tables ---- */

const struct sim_cap sim_fn_caps[] = {
	{SIM_CAP_PM, 0x08, PCI_CAP_ID_PM, 0, NULL, pm_read, pm_write},
	{SIM_CAP_EXP, 0x3c, PCI_CAP_ID_EXP, 0, NULL, sim_pcie_read, sim_pcie_write},
	{0xc0, 0x0c, PCI_CAP_ID_MSIX, 0, msix_has, msix_read, msix_write},
	{0x100, 0x48, PCI_EXT_CAP_ID_ERR, 2, NULL, sim_aer_read, sim_aer_write},
	{0x150, 0x08, PCI_EXT_CAP_ID_ARI, 1, ari_has, ari_read, NULL},
	{SIM_CAP_ACS, 0x08, PCI_EXT_CAP_ID_ACS, 1, sim_acs_has, sim_acs_read, sim_acs_write},
	{0x170, 0x08, PCI_EXT_CAP_ID_ATS, 1, sim_ats_has, sim_ats_read, sim_ats_write},
	{SIM_CAP_SRIOV, 0x40, PCI_EXT_CAP_ID_SRIOV, 1, sriov_has, sim_sriov_read,
	 sim_sriov_write},
	{0x1c0, 0x0c, EXT_RTR, 1, NULL, rtr_read, NULL},
	{0x1d0, 0x0c, PCI_EXT_CAP_ID_DSN, 1, dsn_has, dsn_read, NULL},
	{0x200, 0x10, PCI_EXT_CAP_ID_DVSEC, 1, control_has, control_read, NULL},
	{0x210, 0x10, PCI_EXT_CAP_ID_DVSEC, 1, mail_has, mail_read, NULL},
	{0x220, MRIOV_LENGTH, PCI_EXT_CAP_ID_MRIOV, MR_MRIOV_VERSION, bf_has, mriov_read, NULL},
};
const unsigned sim_fn_caps_n = sizeof(sim_fn_caps) / sizeof(sim_fn_caps[0]);

const struct sim_cap sim_bridge_caps[] = {
	{SIM_CAP_PM, 0x08, PCI_CAP_ID_PM, 0, NULL, pm_read, pm_write},
	{0x50, 0x10, PCI_CAP_ID_MSI, 0, down_has, msi_read, msi_write},
	{SIM_CAP_EXP, 0x3c, PCI_CAP_ID_EXP, 0, NULL, sim_pcie_read, sim_pcie_write},
	{0xc0, 0x08, PCI_CAP_ID_SSVID, 0, NULL, ssvid_read, NULL},
	{0x100, 0x48, PCI_EXT_CAP_ID_ERR, 2, NULL, sim_aer_read, sim_aer_write},
	{0x150, 0x0c, PCI_EXT_CAP_ID_DSN, 1, dsn_has, dsn_read, NULL},
	{SIM_CAP_ACS, 0x08, PCI_EXT_CAP_ID_ACS, 1, sim_acs_has, sim_acs_read, sim_acs_write},
	{0x200, VSID_LENGTH, PCI_EXT_CAP_ID_DVSEC, 1, up_has, vsid_read, NULL},
	{0x240, 0x10, PCI_EXT_CAP_ID_DVSEC, 1, vh0_up_has, switch_read, NULL},
};
const unsigned sim_bridge_caps_n = sizeof(sim_bridge_caps) / sizeof(sim_bridge_caps[0]);
