/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a function is set to: compared member by member (padding never counts), as registers and
 * as the capabilities that it takes.
 */
#include <string.h>

#include "fabric-manager/model/acl.h"
#include "fabric-manager/model/ids.h"

/* ---- registers ---- */

static uint64_t ranges_reg(const struct fm_vlan_range *r)
{
	return r[0].first | (uint64_t)r[0].last << 16 | (uint64_t)r[1].first << 32 |
	       (uint64_t)r[1].last << 48;
}

static void class_regs(const struct fm_attrs *a, uint64_t ret[2])
{
	switch (a->device_class) {
	case MR_CLASS_ETHERNET:
		ret[0] = ranges_reg(a->trunk);
		ret[1] = ranges_reg(a->trunk + 2);
		break;
	case MR_CLASS_IB:
		for (unsigned i = 0; i < MR_VF_PKEYS; i++)
			ret[i / 4] |= (uint64_t)a->pkey[i] << 16 * (i % 4);
		break;
	case MR_CLASS_NVME:
		ret[0] = a->nvme.iops;
		ret[1] = a->nvme.namespaces;
		break;
	case MR_CLASS_GPU:
		ret[0] = a->gpu.slice_us | (uint64_t)a->gpu.watchdog_ms << 32;
		break;
	default:
		break;
	}
}

static uint32_t framebuffer(const struct fm_attrs *a)
{
	return a->device_class == MR_CLASS_GPU ? a->gpu.framebuffer_mib : 0;
}

/* VF_SHAPE to VF_CLASS1: ids.h. */
void fm_attrs_class_regs(const struct fm_attrs *a, uint64_t ret[VF_CLASS_REGS])
{
	ret[0] = a->mtu | (uint64_t)a->weight << 16 | (uint64_t)a->burst_kib << 32;
	ret[1] = a->bridging | (uint64_t)a->mirror << 16;
	ret[2] = a->msix | (uint64_t)a->queues << 16 | (uint64_t)framebuffer(a) << 32;
	ret[3] = ret[4] = 0;
	class_regs(a, ret + 3);
}

static void take_class(struct fm_attrs *a, const uint64_t reg[VF_CLASS_REGS])
{
	memset(a->pkey, 0, sizeof(a->pkey));
	switch (a->device_class) {
	case MR_CLASS_ETHERNET:
		for (unsigned i = 0; i < MR_VF_TRUNK_RANGES; i++) {
			a->trunk[i].first = (uint16_t)(reg[3 + i / 2] >> 32 * (i % 2));
			a->trunk[i].last = (uint16_t)(reg[3 + i / 2] >> (32 * (i % 2) + 16));
		}
		break;
	case MR_CLASS_IB:
		for (unsigned i = 0; i < MR_VF_PKEYS; i++)
			a->pkey[i] = (uint16_t)(reg[3 + i / 4] >> 16 * (i % 4));
		break;
	case MR_CLASS_NVME:
		a->nvme.iops = (uint32_t)reg[3];
		a->nvme.namespaces = reg[4];
		break;
	case MR_CLASS_GPU:
		a->gpu.framebuffer_mib = (uint32_t)(reg[2] >> 32);
		a->gpu.slice_us = (uint32_t)reg[3];
		a->gpu.watchdog_ms = (uint32_t)(reg[3] >> 32);
		break;
	default:
		break;
	}
}

/* From registers: ids.h. */
void fm_attrs_class_take(struct fm_attrs *a, enum mr_class device_class,
			 const uint64_t reg[VF_CLASS_REGS])
{
	a->device_class = (uint8_t)device_class;
	a->mtu = (uint16_t)reg[0];
	a->weight = (uint16_t)(reg[0] >> 16);
	a->burst_kib = (uint32_t)(reg[0] >> 32);
	a->bridging = reg[1] & 3;
	a->mirror = (uint16_t)(reg[1] >> 16);
	a->msix = (uint16_t)reg[2];
	a->queues = (uint16_t)(reg[2] >> 16);
	take_class(a, reg);
}

/* ---- comparison ---- */

/* Whether the union's members are the same: ids.h. */
bool fm_attrs_class_eq(const struct fm_attrs *a, const struct fm_attrs *b)
{
	uint64_t x[VF_CLASS_REGS], y[VF_CLASS_REGS];

	fm_attrs_class_regs(a, x);
	fm_attrs_class_regs(b, y);
	return x[3] == y[3] && x[4] == y[4] && framebuffer(a) == framebuffer(b);
}

/* Whether two functions would be set to the same. */
bool fm_attrs_eq(const struct fm_attrs *a, const struct fm_attrs *b)
{
	uint64_t x[VF_CLASS_REGS], y[VF_CLASS_REGS];

	fm_attrs_class_regs(a, x);
	fm_attrs_class_regs(b, y);
	return a->ident0 == b->ident0 && a->ident1 == b->ident1 && a->min_mbps == b->min_mbps &&
	       a->max_mbps == b->max_mbps && a->vlan == b->vlan && a->vlan_qos == b->vlan_qos &&
	       a->vlan_ad == b->vlan_ad && a->trust == b->trust &&
	       a->spoof_check == b->spoof_check && a->link_state == b->link_state &&
	       fm_acl_eq(a, b) && memcmp(x, y, sizeof(x)) == 0;
}

/* ---- capabilities ---- */

/* Those that the union's members take. */
static uint64_t class_caps(const struct fm_attrs *a)
{
	uint64_t reg[2] = {0};

	class_regs(a, reg);
	switch (a->device_class) {
	case MR_CLASS_ETHERNET:
		return reg[0] | reg[1] ? MR_CT_CAP_TRUNK : 0;
	case MR_CLASS_IB:
		return reg[0] | reg[1] ? MR_CT_CAP_PKEY : 0;
	case MR_CLASS_NVME:
		return (reg[0] ? MR_CT_CAP_IOPS : 0) | (reg[1] ? MR_CT_CAP_NAMESPACES : 0);
	case MR_CLASS_GPU:
		return (a->gpu.framebuffer_mib ? MR_CT_CAP_FRAMEBUFFER : 0) |
		       (a->gpu.slice_us ? MR_CT_CAP_SLICE : 0) |
		       (a->gpu.watchdog_ms ? MR_CT_CAP_WATCHDOG : 0);
	default:
		return 0;
	}
}

/* MR_CT_CAP_* that they take: ids.h. */
uint64_t fm_attrs_caps(const struct fm_attrs *a)
{
	return (a->min_mbps ? MR_CT_CAP_MIN_RATE : 0) | (a->spoof_check ? MR_CT_CAP_SPOOF : 0) |
	       (a->trust ? MR_CT_CAP_TRUST : 0) | (a->vlan ? MR_CT_CAP_VLAN : 0) |
	       (a->vlan_ad ? MR_CT_CAP_QINQ : 0) | (a->mtu ? MR_CT_CAP_MTU : 0) |
	       (a->burst_kib ? MR_CT_CAP_BURST : 0) | (a->weight ? MR_CT_CAP_WEIGHT : 0) |
	       (a->bridging ? MR_CT_CAP_BRIDGING : 0) | (a->mirror ? MR_CT_CAP_MIRROR : 0) |
	       (a->msix ? MR_CT_CAP_MSIX : 0) | (a->queues ? MR_CT_CAP_QUEUES : 0) |
	       (a->acl[0] ? MR_CT_CAP_ACL : 0) | class_caps(a);
}
