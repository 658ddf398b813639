/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the manager names things: functions, ways of reaching them, places in a host.
 */
#ifndef FABRIC_MANAGER_MODEL_IDS_H
#define FABRIC_MANAGER_MODEL_IDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/ids.h"
#include "common/pci/regmap.h"

#define FM_WHOLE     0xffff /* pf and vf of a whole `base` device */
#define FM_NO_BRIDGE 0xffff
#define FM_ROOTS_MAX 8 /* of one host: ports of the switch that lead to it */

/* A mission VF, or a whole device. Chassis by its index in the inventory, adapter by its switch
 * port. */
struct fm_fn_id {
	uint16_t chassis;
	uint16_t port;
	uint16_t pf;
	uint16_t vf;
};

static inline uint64_t fm_fn_key(struct fm_fn_id f)
{
	return (uint64_t)f.chassis << 48 | (uint64_t)f.port << 32 | (uint64_t)f.pf << 16 | f.vf;
}
static inline bool fm_fn_eq(struct fm_fn_id a, struct fm_fn_id b)
{
	return fm_fn_key(a) == fm_fn_key(b);
}

/* What functions of a PF share beside bandwidth. X(NAME, word, unit) */
#define FM_RESOURCES(X)              \
	X(MSIX, "MSI-X vectors", "") \
	X(QUEUES, "queue pairs", "") \
	X(FRAMEBUFFER, "framebuffer", " MiB") X(STORAGE, "storage", " MiB")
enum fm_resource {
#define X(name, text, unit) FM_RESOURCE_##name,
	FM_RESOURCES(X)
#undef X
	FM_RESOURCE_COUNT
};
const char *fm_resource_name(enum fm_resource r);
const char *fm_resource_unit(enum fm_resource r); /* with the blank before it */

/* How a host reaches a function (HANDOVER 2). X(NAME, text) */
#define FM_WAYS(X) X(NONE, "none") X(LVF, "lvf") X(SYNTHETIC, "synthetic") X(DEVICE, "device")
enum fm_way {
#define X(name, text) FM_WAY_##name,
	FM_WAYS(X)
#undef X
};
const char *fm_way_name(enum fm_way w);

/* Where a function stands in a host's hierarchy: what agent and manager both can point at. */
struct fm_place {
	enum fm_way way;
	uint16_t port;	 /* of the root (= VH) */
	uint16_t bridge; /* virtual bridge = hot-plug slot number; of the PF for LVF */
	uint16_t pf;	 /* LVF: PF function number behind the bridge */
	/* LVF: slot from 1, as the specification; 0 until the hardware chose one */
	uint16_t slot;
};

struct fm_vlan_range {
	uint16_t first, last; /* 0, 0 = none */
};

/* An adapter as a thing in somebody's hand: the one in a slot may be another than before. */
struct fm_card {
	char serial[32];	 /* "" = it has none */
	uint16_t vendor, device; /* 0 = not known */
};

/* What a function is set to (HANDOVER 5, step 7). Rates in Mbit/s, 0 = none; 0 is the default
 * of everything. Every claim, assignment and function has one: 96 bytes. */
struct fm_attrs {
	uint64_t ident0; /* MAC, WWPN, port GUID; 0 = none */
	uint64_t ident1; /* WWNN, node GUID; 0 = none */
	uint32_t min_mbps;
	uint32_t max_mbps;
	uint16_t vlan; /* 0 = untagged; with ranges: the native one */
	uint8_t vlan_qos;
	bool vlan_ad; /* 802.1ad */
	bool trust;
	bool spoof_check;
	uint8_t link_state; /* 0 auto, 1 enable, 2 disable */
	uint8_t bridging;   /* enum mr_bridging */
	uint32_t burst_kib;
	uint16_t mtu;
	uint16_t weight;
	uint16_t msix, queues; /* 0 = what every VF has; else all of it, base included */
	uint16_t mirror;       /* VF of the same PF that gets copies, plus 1 */
	uint8_t device_class;  /* enum mr_class: which of the following counts */
	union {
		struct fm_vlan_range trunk[MR_VF_TRUNK_RANGES]; /* ethernet */
		uint16_t pkey[MR_VF_PKEYS];			/* infiniband, 0 = none */
		struct {
			/* attached: bit n = namespace n + 1 of the PF */
			uint64_t namespaces;
			uint32_t iops; /* commands per second */
		} nvme;
		struct {
			uint32_t framebuffer_mib, slice_us, watchdog_ms;
		} gpu;
	};
	uint64_t acl[MR_VF_ACL_ROWS]; /* ethernet: rows as VF_ACL, acl.h; 0 = no more */
};
_Static_assert(sizeof(struct fm_attrs) == 96, "memory for each claim counts");
/* The class of a PCI class code: base class and sub-class count. */
enum mr_class fm_class_of_code(uint32_t class_code);
/* The type of ident0 (slot 0) or ident1 of a class; false: it has none there. */
bool fm_ident_type(enum mr_class device_class, unsigned slot, enum mr_ident_type *ret);
bool fm_attrs_eq(const struct fm_attrs *a, const struct fm_attrs *b);
/* Whether what only some classes have (the union) is the same. */
bool fm_attrs_class_eq(const struct fm_attrs *a, const struct fm_attrs *b);
/* The registers VF_SHAPE to VF_CLASS1 that they are, and back: 'a' as read of an adapter of
 * that class. Only these registers' members are set. */
void fm_attrs_class_regs(const struct fm_attrs *a, uint64_t ret[VF_CLASS_REGS]);
void fm_attrs_class_take(struct fm_attrs *a, enum mr_class device_class,
			 const uint64_t reg[VF_CLASS_REGS]);
/* MR_CT_CAP_* that an adapter needs for them, identities aside. */
uint64_t fm_attrs_caps(const struct fm_attrs *a);
/* Of these an adapter that lacks them is simply not told: admission counts all the same. */
#define FM_ATTRS_QOS_CAPS (MR_CT_CAP_MIN_RATE | MR_CT_CAP_BURST | MR_CT_CAP_WEIGHT)
/* And of these: partitions are the subnet manager's then, and are only looked for. */
#define FM_ATTRS_SOFT_CAPS (FM_ATTRS_QOS_CAPS | MR_CT_CAP_PKEY)

#endif
