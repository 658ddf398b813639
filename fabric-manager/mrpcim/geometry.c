/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the registers of functions and bridges are, and how their rows read: the one place that
 * knows the bits of an MVF's and of a bridge's row.
 */
#include <stdlib.h>

#include "common/xalloc.h"
#include "fabric-manager/mrpcim/internal.h"

/* A geometry in which nothing was found yet. */
struct fm_mr_geometry *fm_mr_geometry_new(void)
{
	return MR_NEW(struct fm_mr_geometry);
}

/* Frees it; NULL is accepted. */
void fm_mr_geometry_free(struct fm_mr_geometry *g)
{
	if (!g)
		return;
	for (unsigned i = 0; i < g->devs; i++)
		free(g->dev[i].a.vh_of);
	free(g->dev);
	free(g);
}

/* The adapter in port 'port', NULL when none was found there. */
struct fm_mr_dev *fm_mr_dev_at(const struct fm_mr_geometry *g, unsigned port)
{
	unsigned i = port <= MR_MAX_PORTS ? g->dev_at[port] : 0;

	return i ? &g->dev[i - 1] : NULL;
}

/* The device VH of 'd' that is the system VH 'system_vh'; -1 when the adapter does not serve
 * it. Device VH numbers are link-local (facts/mriov.md 1.2). */
int fm_mr_device_vh(const struct fm_mr_dev *d, unsigned system_vh)
{
	for (unsigned i = 1; i < d->a.vhs; i++)
		if (d->a.vh_of[i] == system_vh)
			return (int)i;
	return -1;
}

/* Device VH 'dvh' was set to 'system_vh', FM_WHOLE = disabled: a reading that began before does
 * not know. */
void fm_mr_vh_set(struct fm_mrpcim *m, struct fm_mr_dev *d, unsigned dvh, uint16_t system_vh)
{
	d->a.vh_of[dvh] = system_vh;
	d->vh_changed = ++m->vh_changes;
}

/* Routing ID of PF 'pf' in VH 0: behind the BF where there is one. */
uint16_t fm_mr_pf_rid(const struct fm_mr_dev *d, unsigned pf)
{
	return (uint16_t)(d->rid + pf + (d->a.kind == FM_ADAPTER_MRA));
}

/* Address of the MVF row of 'fn' in VH 0's memory. */
uint64_t fm_mr_vf_row(const struct fm_mr_dev *d, struct fm_fn_id fn)
{
	return d->ct + CT_VF(d->a.vfs, fn.pf, fn.vf);
}

/* VF_FLAGS of the attributes. */
uint64_t fm_mr_flags_reg(const struct fm_attrs *a)
{
	return (uint64_t)a->trust | (uint64_t)a->spoof_check << 1 |
	       (uint64_t)a->link_state << 2;
}

/* VF_VLAN of the attributes. */
uint64_t fm_mr_vlan_reg(const struct fm_attrs *a)
{
	return a->vlan | (uint64_t)a->vlan_qos << 12 | (uint64_t)a->vlan_ad << 15;
}

#define REG(reg, offset) ((reg)[(offset) / 8])

/* The function as FM_MR_VF_READ registers of its MVF row show it; which bridge row leads to it
 * is not in there. */
void fm_mr_fn_parse(const struct fm_mr_dev *d, const uint64_t *reg, struct fm_fn *ret)
{
	uint64_t map = REG(reg, VF_MAP), vlan = REG(reg, VF_VLAN), flags = REG(reg, VF_FLAGS);
	unsigned dvh = map & 0xffff;

	*ret = (struct fm_fn){
		.cookie = REG(reg, VF_COOKIE),
		.owner_vh = !dvh	     ? 0
			    : dvh < d->a.vhs ? d->a.vh_of[dvh]
					     : FM_WHOLE,
		.lvf_slot = dvh ? (uint16_t)(map >> 16) : 0,
		.state = (uint8_t)(map >> 32),
		.block = REG(reg, VF_BLOCK) & 3,
		.gate_open = REG(reg, VF_GATE) & 1,
		.status = (uint32_t)REG(reg, VF_STATUS),
		.resets = (uint32_t)REG(reg, VF_RESETS),
		.remaps = (uint32_t)REG(reg, VF_REMAPS),
		.unread = map == UINT64_MAX,
		.row_bridge = FM_NO_BRIDGE,
		.attrs =
			{
				.ident0 = REG(reg, VF_IDENT0),
				.ident1 = REG(reg, VF_IDENT1),
				.min_mbps = (uint32_t)REG(reg, VF_MIN_MBPS),
				.max_mbps = (uint32_t)REG(reg, VF_MAX_MBPS),
				.vlan = vlan & 0xfff,
				.vlan_qos = vlan >> 12 & 7,
				.vlan_ad = vlan >> 15 & 1,
				.trust = flags & 1,
				.spoof_check = flags >> 1 & 1,
				.link_state = flags >> 2 & 3,
			},
	};
	fm_attrs_class_take(&ret->attrs, d->a.device_class, &REG(reg, VF_SHAPE));
	for (unsigned i = 0; d->a.caps & MR_CT_CAP_ACL && i < MR_VF_ACL_ROWS; i++)
		ret->attrs.acl[i] = REG(reg, VF_ACL(i));
}

/* A namespace as its row shows it. */
void fm_mr_ns_parse(const uint64_t reg[NS_REGS], struct fm_namespace *ret)
{
	uint64_t status = REG(reg, NS_STATUS), shape = REG(reg, NS_SHAPE);

	*ret = (struct fm_namespace){0};
	if (status == UINT64_MAX || !(status & MR_NS_EXISTS))
		return;
	*ret = (struct fm_namespace){
		.size = REG(reg, NS_SIZE),
		.cookie = REG(reg, NS_COOKIE),
		.uuid = {REG(reg, NS_UUID), REG(reg, NS_UUID + 8)},
		.block_shift = (uint8_t)shape,
		.exists = true,
		.shared = shape & MR_NS_SHARED,
		.erasing = status & MR_NS_ERASING,
		.written = status & MR_NS_WRITTEN,
		.attached = (uint16_t)(status >> 16),
	};
}

/* ROW_STATE; what is none of the states is left as all-ones, which equals none of them. */
uint8_t fm_mr_row_state(uint64_t reg)
{
	return reg <= MR_ROW_BLOCKED ? (uint8_t)reg : UINT8_MAX;
}

/* The bridge as the ROW_REGS registers of its row show it. */
void fm_mr_row_parse(const uint64_t *reg, struct fm_bridge *ret)
{
	*ret = (struct fm_bridge){
		.state = fm_mr_row_state(REG(reg, ROW_STATE)),
		.unread = REG(reg, ROW_STATE) > MR_ROW_BLOCKED,
		.tombstone = REG(reg, ROW_TOMBSTONE) & 1,
		.status = (uint32_t)REG(reg, ROW_STATUS),
		.target = REG(reg, ROW_TARGET),
		.cookie = REG(reg, ROW_COOKIE),
		.bus_first = (uint8_t)REG(reg, ROW_BUSES),
		.bus_last = (uint8_t)(REG(reg, ROW_BUSES) >> 8),
		.mmio = REG(reg, ROW_MMIO),
		.mmio64 = REG(reg, ROW_MMIO64),
		.maps = (uint32_t)REG(reg, ROW_MAPS),
	};
}
