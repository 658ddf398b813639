/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Our register map: what MR-IOV leaves unpublished (facts/mriov.md 1.12) is defined here and in
 * docs/register-map.md, discoverable by DVSECs that say it is ours. Simulator and manager meet
 * at this file and at the standard's own registers (<linux/pci_regs.h>), nowhere else.
 *
 * Three address spaces of a batch (common/pci/batch.h):
 *
 *	SWITCH  the switch's register file: 64-bit registers at 8-byte aligned addresses, below
 *	CONFIG  configuration space of (VH, BDF): VH 0 as the embedded processor enumerated it,
 *	        VH h as that host did
 *	MEMORY  VH 0's memory space (vh must be 0): BARs of BFs and PFs and VF BARs
 *
 * Reads of what does not exist give all-ones, writes to it are dropped. A write that a register
 * refuses in its present state ends the batch with MR_BATCH_REFUSED.
 */
#ifndef COMMON_PCI_REGMAP_H
#define COMMON_PCI_REGMAP_H

#include <stdint.h>

/* ---- limits of the chassis */
/* hosts and adapters together; port 0 is the management port (VH 0's root) besides */
#define MR_MAX_PORTS 512
/* VH numbers 1..255; a host slot s is port s and roots VS (= VH) s */
#define MR_MAX_HOSTS	  255
#define MR_MAX_BRIDGES	  253 /* of one VH: 256 buses less root, upstream and internal bus */
#define MR_MAX_ADAPTERS	  255
#define MR_MAX_VFS	  1024 /* of one PF */
#define MR_MAX_PFS	  8    /* of one adapter */
#define MR_MAX_DEVICE_VHS 256

/* ---- switch: global registers */
#define SW_MAGIC   0x0000 /* RO MR_SW_MAGIC */
#define SW_VERSION 0x0008 /* RO MR_SW_VERSION */
#define SW_SERIAL  0x0010 /* RO 4 registers: text, NUL-padded, first byte in the low byte */
/* RO 15:0 highest port number, 31:16 highest VS number, 47:32 bridges per VS, 63:48 event
 * entries */
#define SW_CAPS 0x0030
#define SW_NVM	0x0038 /* RO enum mr_sw_nvm: what the memory held at power-on */
/*
 * Owner (HANDOVER 8). OWNER_EPOCH takes only a CAS (old, old + 1) whose batch frame carries the
 * new epoch; when it succeeds the frame's owner id becomes OWNER_ID. Every other write in a
 * batch whose (owner_id, owner_epoch) differ from these two ends the batch with
 * MR_BATCH_STALE_OWNER, counts and raises MR_EV_OWNER_REFUSED.
 */
#define SW_OWNER_ID    0x0040
#define SW_OWNER_EPOCH 0x0048
#define SW_GENERATION  0x0050 /* RW, never lower: a lower value is refused */
#define SW_REFUSED     0x0058 /* RO writes refused for their owner */
/* RO sequence number of the next event to be written (monotonic, from 0) */
#define SW_EVENT_HEAD 0x0060
/* RW sequence number of the next event that the owner will read */
#define SW_EVENT_TAIL 0x0068
/* RW1C MR_SW_EVENT_OVERFLOW: events were lost, re-read everything */
#define SW_EVENT_FLAGS 0x0070
/* W any: copies the tables to non-volatile memory; R number of commits */
#define SW_COMMIT    0x0078
#define SW_WRITES    0x0080 /* RO register writes executed for batches, all spaces */
#define SW_UR_DROPS  0x0088 /* RO TLPs dropped because no row matched */
#define SW_ROWS_USED 0x0090 /* RO bridge rows not FREE, whole switch */
/* RO upper bound of the time a table write takes to be effective at every port */
#define SW_EFFECT_NS 0x0098
/* RW 0 all-ones, 1 UR: what a blocked row answers; ports may override */
#define SW_CUT_ANSWER	     0x00a0
#define MR_SW_MAGIC	     0x57534e41594e4142ull /* "BANYANSW", little-endian */
#define MR_SW_VERSION	     1
#define MR_SW_EVENT_OVERFLOW 1ull
enum mr_sw_nvm {
	MR_NVM_GOOD,
	MR_NVM_BLANK,
	MR_NVM_STALE,
	MR_NVM_CORRUPT
};

/* ---- switch: event ring: SW_CAPS event entries of 4 registers */
#define SW_EVENTS	0x8000
#define SW_EVENT_STRIDE 0x20
#define SW_EVENT(i)	(SW_EVENTS + (uint64_t)(i)*SW_EVENT_STRIDE)
/* register 0: 15:0 enum mr_ev, 31:16 port, 47:32 VH, 63:48 bridge; 1: sequence number; 2 and 3:
 * as the list says. X(NAME, meaning of registers 2 and 3) */
#define MR_EVENTS(X)                                                                           \
	X(NONE, "-")                                                                           \
	X(PORT_LINK, "1 up, 0 down (host or adapter port)")                                    \
	X(PORT_POWER, "1 on, 0 off (host port)")                                               \
	X(PORT_PRESENCE, "1 inserted, 0 pulled (adapter port)")                                \
	X(HOST_RESET, "new value of PORT_BOOTS")                                               \
	X(SLOT_POWER, "1 on, 0 off: the host wrote Power Controller Control of the bridge")    \
	X(REMOVAL_SEEN, "the host cleared the presence change of an emptied bridge")           \
	X(ROW_EFFECTIVE, "row state that is now effective at every port")                      \
	X(ROW_DRAINED, "a blocked row has no request outstanding")                             \
	X(VF_STATE, "pf << 16 | vf (MVF); device VH << 32 | slot << 8 | state: SR-PCIM wrote " \
		    "the State Array")                                                         \
	X(VF_ENABLE,                                                                           \
	  "pf << 16 | device VH; VF Enable: rows of that VH were packed or activated")         \
	X(VF_DRAINED, "pf << 16 | vf: blocked function has nothing outstanding")               \
	X(RESET_DONE, "pf << 16 | vf, ffffh = whole device; number of resets")                 \
	X(UR_DROP, "RID; address: a TLP without a row (rate-limited: one per VH until read)")  \
	X(OWNER_REFUSED, "owner id and epoch of the refused batch")                            \
	X(OWNER_CHANGED, "new owner id and epoch")                                             \
	X(FATAL_ERROR, "the host port reported a fatal error")                                 \
	X(VH0_RESET, "adapters that were reset with VH 0's root or port; that were not, as "   \
		     "other VHs have functions of them (HANDOVER 3)")                          \
	X(MAILBOX, "pf << 16 | device VH: the PF rang; once until a request is taken")         \
	X(WATCHDOG, "pf << 16 | vf; its time in ms: the VF stood still, the adapter reset it") \
	X(VH0_HELD, "RID; enum mr_held: what VH 0's root asked of an adapter that other VHs "  \
		    "have functions of; once until read (HANDOVER 3)")
enum mr_ev {
#define X(name, text) MR_EV_##name,
	MR_EVENTS(X)
#undef X
	MR_EV_COUNT
};
const char *mr_ev_name(enum mr_ev e);

/* ---- switch: port table */
#define SW_PORTS       0x100000
#define SW_PORT_STRIDE 0x100
#define SW_PORT(p)     (SW_PORTS + (uint64_t)(p)*SW_PORT_STRIDE)
#define PORT_KIND      0x00 /* RO enum mr_port_kind */
/* RO MR_PORT_* bits; 31:16 link speed in units of 100 MT/s, 39:32 width */
#define PORT_STATUS 0x08
#define PORT_NAME   0x10 /* RO 4 registers: slot name (host name, adapter name) */
#define PORT_SLOT   0x30 /* RO slot number of its kind */
#define PORT_VS	    0x38 /* RO host ports: VS number = VH; management port: 0 */
#define PORT_AUTH   0x40 /* RW enum mr_port_auth, host ports */
/* RW 64 bits shown in the VS-identity capability of the port's VH */
#define PORT_CHALLENGE	0x48
#define PORT_BOOTS	0x50 /* RO power-ons and resets of the host */
#define PORT_LINK_DOWNS 0x58 /* RO */
/* RO adapter ports: RID of function 0 in VH 0 (secondary bus << 8); ffffh while absent */
#define PORT_VH0_RID 0x60
/* W 1: hot reset of an adapter port (rung 3 of HANDOVER 10); R resets so far */
#define PORT_RESET	0x68
#define PORT_SERIAL	0x70 /* RO 4 registers: adapter serial */
#define PORT_CUT_ANSWER 0x90 /* RW host ports: 0 default of the switch, 1 all-ones, 2 UR */
#define PORT_BRIDGES	0x98 /* RO host ports: bridges of the VS */
#define PORT_LINK_MBPS	0xa0 /* RO negotiated PCIe link, Mbit/s of raw speed x width */
/* RO adapter ports: speed of network port 0; +8 each for ports 1..7 */
#define PORT_NET_MBPS 0xa8
/* RO adapter ports: 31:0 requests of VH 0's root that were held, 47:32 their kinds (bits of
 * enum mr_held) */
#define PORT_HELD 0xe8
enum mr_held {
	MR_HELD_VF_ENABLE,
	MR_HELD_FLR,
	MR_HELD_POWER,
	MR_HELD_ACS
};
/* What the embedded processor found when it enumerated VH 0: BARs of function 0 of an adapter
 * port. BARs can be sized by writing only, which nobody may do to a device that runs. */
#define SW_PORT_BARS   0x140000
#define SW_PORT_BAR(p) (SW_PORT_BARS + (uint64_t)(p)*0x40)
#define PORT_BAR_SIZE  0x00 /* RO 6 registers: as ROW_BAR */
#define PORT_BAR_MSIX  0x30 /* RO as ROW_MSIX */
#define PORT_BAR_IDS   0x38 /* RO as ROW_IDS: a device that a host has is not in VH 0 to ask */
enum mr_port_kind {
	MR_PORT_NONE,
	MR_PORT_HOST,
	MR_PORT_ADAPTER,
	MR_PORT_MGMT
};
enum mr_port_auth {
	MR_AUTH_HELD,
	MR_AUTH_AUTHORISED,
	MR_AUTH_ISOLATED
};
#define MR_PORT_PRESENT 1ull
#define MR_PORT_POWER	2ull
#define MR_PORT_LINK	4ull

/* ---- switch: bridge rows */
/* One row per virtual downstream bridge; with its synthetic function (HANDOVER 2). */
#define SW_BRIDGES	 0x10000000
#define SW_BRIDGE(vs, b) (SW_BRIDGES + ((uint64_t)(vs) << 16) + ((uint64_t)(b) << 8))
/* RW enum mr_row_state; legal: FREE->MAPPED->BLOCKED->FREE, BLOCKED->FREE only when drained */
#define ROW_STATE     0x00
#define ROW_STATUS    0x08 /* RO MR_ROW_* bits */
#define ROW_TARGET    0x10 /* RW while FREE: MR_TARGET() */
#define ROW_COOKIE    0x18 /* RW while FREE: assignment id << 32 | epoch */
#define ROW_TOMBSTONE 0x20 /* RW 1: not to be used (kept over FREE; MAPPED is refused) */
/* RW while FREE, synthetic: 15:0 vendor, 31:16 device, 55:32 class code, 63:56 revision */
#define ROW_IDS	   0x28
#define ROW_SUBSYS 0x30 /* RW while FREE, synthetic: 15:0 vendor, 31:16 id */
/* RW while FREE, synthetic: 15:0 vectors, 18:16 BIR, 63:32 table offset; PBA follows the
 * table */
#define ROW_MSIX 0x38
/* RW while FREE, 6 registers: size in bytes (power of two; 0 none) | MR_BAR_* in the low
 * bits */
#define ROW_BAR 0x40
/* RW while FREE, 6 registers: address in VH 0 that the BAR's window leads to */
#define ROW_WINDOW 0x70
/* RO as the host's firmware set them: 7:0 secondary, 15:8 subordinate */
#define ROW_BUSES  0xa0
#define ROW_MMIO   0xa8 /* RO bytes of the non-prefetchable window, 0 = none */
#define ROW_MMIO64 0xb0 /* RO bytes of the prefetchable window */
/* RO non-posted requests in flight, both ways, and TLPs on their way */
#define ROW_OUTSTANDING 0xb8
#define ROW_LOST	0xc0 /* RO TLPs dropped at this row while blocked */
#define ROW_MAPS	0xc8 /* RO how often the row was MAPPED */
#define ROW_REGS	(0xd0 / 8)
/* R 1 where the slot has an attention button; W 1 presses it: refused without one, and while
 * the host sees no tree */
#define ROW_BUTTON 0xd0
enum mr_row_state {
	MR_ROW_FREE,
	MR_ROW_MAPPED,
	MR_ROW_BLOCKED
};
#define MR_ROW_PRESENT	    1ull  /* presence detect as the host sees it */
#define MR_ROW_POWER	    2ull  /* the host has the virtual slot powered */
#define MR_ROW_DLLA	    4ull  /* data link layer active */
#define MR_ROW_EFFECTIVE    8ull  /* the state written last is effective at every port */
#define MR_ROW_DRAINED	    16ull /* BLOCKED, effective, ROW_OUTSTANDING is 0 */
#define MR_ROW_REMOVAL_SEEN 32ull /* the host consumed the removal (or was reset since) */
#define MR_BAR_64	    1ull
#define MR_BAR_PREF	    2ull
#define MR_BAR_FLAGS	    0xfull
/* What a bridge leads to. 'kind': enum mr_target; VF: pf, vf (MVF numbers); PF: pf field holds
 * the device VH. */
#define MR_TARGET(kind, port, pf, vf)                                             \
	((uint64_t)(kind) << 56 | (uint64_t)(port) << 32 | (uint64_t)(pf) << 16 | \
	 (uint64_t)(vf))
#define MR_TARGET_KIND(t) ((unsigned)((t) >> 56))
#define MR_TARGET_PORT(t) ((unsigned)((t) >> 32 & 0xffff))
#define MR_TARGET_PF(t)	  ((unsigned)((t) >> 16 & 0xffff))
#define MR_TARGET_VF(t)	  ((unsigned)((t)&0xffff))
enum mr_target {
	MR_TARGET_NONE,
	MR_TARGET_SYNTHETIC, /* synthetic function over a VF that stays in VH 0 */
	MR_TARGET_DEVICE,    /* a whole `base` device */
	MR_TARGET_PFS,	     /* the PFs h:0.. of an `mra` adapter in this VH */
};

/* ---- adapter control table */
/*
 * In BAR 0 of the control function in VH 0: function 0, which is the BF of an `mra` adapter
 * (its PFs are functions 1..n there, and functions 0..n-1 in host VHs) and PF 0 of an `sriov`
 * adapter. `base` devices have none. Found by the DVSEC MR_DVSEC_CONTROL. 64-bit registers.
 */
#define CT_MAGIC 0x0000 /* RO MR_CT_MAGIC */
/* RO 7:0 PFs, 31:16 VFs per PF, 47:32 device VHs (0: not multi-root), 55:48 enum mr_class */
#define CT_COUNTS 0x0008
#define CT_SERIAL 0x0010 /* RO 4 registers */
/* RO 8 registers: speed of network port i (PF i uses port i, or 0 where there is one) */
#define CT_NET_MBPS	   0x0030
#define CT_RATE_STEP	   0x0070		 /* RO granularity of rates, Mbit/s */
#define CT_CAPS		   0x0078		 /* RO MR_CT_CAP_* */
#define CT_VF_BAR	   0x0080		 /* RO 6 registers: one VF's BARs, as ROW_BAR */
#define CT_VF_MSIX	   0x00b0		 /* RO of one VF, as ROW_MSIX */
#define MR_CT_MAGIC	   0x54434e41594e4142ull /* "BANYANCT" */
#define MR_CT_CAP_MIN_RATE 1ull
#define MR_CT_CAP_SPOOF	   2ull
#define MR_CT_CAP_TRUST	   4ull
#define MR_CT_CAP_VLAN	   8ull
#define MR_CT_CAP_MAILBOX  32ull /* of each PF of each device VH but VH 0 */
#define MR_CT_CAP_GATE	   16ull /* link gate; class gpu and nvme have it as "queues held" */
/* What adapters differ in. X(NAME, bit, text): without its capability a field takes 0 only. */
#define MR_CT_CAPS(X)                                                                 \
	X(TRUNK, 8, "trunk") /* more than one VLAN: the ranges of VF_CLASS0 and 1 */  \
	X(QINQ, 9, "qinq")   /* 802.1ad */                                            \
	X(MTU, 10, "mtu")                                                             \
	X(BURST, 11, "burst")                                                         \
	X(WEIGHT, 12, "weight")	    /* a scheduler that shares by weight */           \
	X(BRIDGING, 13, "bridging") /* VEPA and isolation, not only VEB */            \
	X(MIRROR, 14, "mirror")                                                       \
	X(PKEY, 15, "pkey") /* a partition table for each VF */                       \
	X(MSIX, 16, "msix") /* resources of which a VF can have more than its base */ \
	X(QUEUES, 17, "queues")                                                       \
	X(FRAMEBUFFER, 18, "framebuffer")                                             \
	X(SLICE, 19, "slice")                                                         \
	X(SCRUB, 20, "scrub") /* device memory outlives RESET; SCRUB clears it */     \
	X(WATCHDOG, 21, "watchdog")                                                   \
	X(NAMESPACES, 22, "namespaces")                                               \
	X(IOPS, 23, "iops")                                                           \
	X(ACL, 24, "acl") /* filter rules: VF_ACL */
enum mr_ct_cap {
#define X(name, bit, text) MR_CT_CAP_##name = 1 << (bit),
	MR_CT_CAPS(X)
#undef X
};
const char *mr_ct_cap_name(uint64_t bit); /* NULL: a bit without a word */
/* What the capabilities reach to; 0 without them. 15:0 largest MTU, 31:16 highest weight, 63:32
 * largest burst in KiB */
#define CT_LIMITS 0x0100
/* RO 7:0 VLAN ranges, 15:8 partition keys of a VF, 31:16 namespaces of a PF, 63:32 highest
 * limit of commands per second */
#define CT_LISTS 0x0108
#define CT_TIMES 0x0110 /* RO 31:0 longest time slice in us, 63:32 longest watchdog in ms */
#define CT_SCRUB 0x0118 /* RO time of a scrub, or of erasing a namespace, ns */
/* RO bit n: namespaces may have blocks of 2^n bytes */
#define CT_BLOCK_SIZES 0x0120
/* RO configuration spaces, which the functions of all VHs share: 15:0 how many there are (0 =
 * enough for all), 31:16 taken: BF, PFs of VH 0 and of each enabled device VH, NumVFs of VH 0
 */
#define CT_SPACES 0x0128
#define CT_ACL	  0x0130 /* RO filter rules of a VF */
/*
 * Operating modes: shapes that the device can have, with names; of one without a choice all
 * reads 0. Another one takes effect with the next reset of the device that finds none of its
 * functions given to a host and nothing of it in flight; everything is at its defaults then, as
 * after power-on. A commit has nothing to do with it: it is the device's own memory.
 */
#define MR_MAX_MODES   8
#define CT_MODES       0x0180 /* RO 7:0 how many, 15:8 the one in effect, from 0 */
#define CT_MODE	       0x0188 /* RW the one that is to be; refused where there is none such */
#define CT_MODE_ROWS   0x0200
#define CT_MODE_ROW(i) (CT_MODE_ROWS + (uint64_t)(i)*0x40)
#define MODE_NAME      0x00 /* RO 4 registers: text, as serials */
#define MODE_COUNTS    0x20 /* RO 15:0 VFs per PF, 31:16 device VHs (0: not multi-root) */
#define MODE_REGS      5

/* Resources of a PF that its VFs share: what is there, what each VF has in any case, the most
 * that one can have, in which steps above its base, and the sum over all VFs, which never
 * exceeds the total. X(NAME, text, unit) */
#define MR_RESOURCES(X)                      \
	X(MSIX, "msix", "vectors")           \
	X(QUEUES, "queues", "pairs")         \
	X(FRAMEBUFFER, "framebuffer", "MiB") \
	X(CAPACITY, "capacity", "MiB") /* of all namespaces */
enum mr_resource {
#define X(name, text, unit) MR_RES_##name,
	MR_RESOURCES(X)
#undef X
	MR_RES_COUNT
};
const char *mr_resource_name(enum mr_resource r);
#define CT_RESOURCES 0x0800
#define CT_RES(p, r) (CT_RESOURCES + (uint64_t)(p)*0x100 + (uint64_t)(r)*0x40)
#define RES_TOTAL    0x00 /* RO, all */
#define RES_BASE     0x08
#define RES_MAX	     0x10
#define RES_STEP     0x18
#define RES_USED     0x20
#define RES_REGS     5
/* Classes: X(NAME, text, PCI class code) */
#define MR_CLASSES(X)                     \
	X(OTHER, "other", 0xff0000)       \
	X(ETHERNET, "ethernet", 0x020000) \
	X(FC, "fibre-channel", 0x0c0400)  \
	X(IB, "infiniband", 0x020700)     \
	X(NVME, "nvme", 0x010802)         \
	X(GPU, "gpu", 0x030200)
enum mr_class {
#define X(name, text, code) MR_CLASS_##name,
	MR_CLASSES(X)
#undef X
	MR_CLASS_COUNT
};
const char *mr_class_name(enum mr_class c);
int mr_class_parse(const char *s);	 /* -1 = none */
uint32_t mr_class_code(enum mr_class c); /* 24 bits */

/* VH table of an `mra` device: row d = device VH d; row 0 is VH 0 and fixed. */
#define CT_VHS	 0x1000
#define CT_VH(d) (CT_VHS + (uint64_t)(d)*0x20)
/* RW bit 0 enabled, 31:16 system VH. Disabling is refused while the VH owns an MVF */
#define VH_MAP 0x00
/* W 1: per-VH reset (as a conventional reset of that hierarchy's PFs); R resets so far */
#define VH_RESET  0x08
#define VH_OWNED  0x10 /* RO MVFs that the VH owns */
#define VH_BURIED 0x18 /* RO slots of its PFs that have a tombstone */

/* PF h:p, one per (device VH, PF). */
#define CT_PFS		 0x8000
#define CT_PF(pfs, d, p) (CT_PFS + ((uint64_t)(d) * (pfs) + (p)) * 0x20)
#define PFR_TOTALVFS	 0x00 /* RW while VF Enable is 0 */
/* RO bit 0 VF Enable, 1 VF Migration Enable, 31:16 NumVFs, 47:32 InitialVFs */
#define PFR_STATUS 0x08
#define PFR_RESETS 0x10 /* RO conventional resets and FLRs of this PF */

/* Mailbox between PF d:p of a host and the BF; the same registers on either side, of which each
 * may write its own. The PF finds its side by the DVSEC MR_DVSEC_MAILBOX. */
#define CT_MAILS	   0x20000
#define CT_MAIL(pfs, d, p) (CT_MAILS + ((uint64_t)(d) * (pfs) + (p)) * 0x40)
#define MB_REQUEST	   0x00 /* 2 registers. PF: RW while no request waits; BF: RO */
/* 2 registers. PF: RO, 0 until it is sent; BF: RW while no response waits */
#define MB_RESPONSE 0x10
/* RO MR_MB_REQUEST, MR_MB_RESPONSE: one waits for the other side; 63:32 requests taken */
#define MB_STATUS 0x20
/* W, R 0. PF: MR_MB_REQUEST sends it, MR_MB_RESPONSE takes the response; BF the other way */
#define MB_DOORBELL 0x28
/* PF: RW 10:0 MSI-X vector of the PF, MR_MB_ENABLE: when a response is sent; BF: RO */
#define MB_INTERRUPT   0x30
#define MR_MB_REQUEST  1ull
#define MR_MB_RESPONSE 2ull
#define MR_MB_ENABLE   (1u << 31)

/* LVF slots, s from 1: what stands in slot s of PF d:p. */
#define CT_LVFS 0x40000
#define CT_LVF(pfs, vfs, d, p, s) \
	(CT_LVFS + (((uint64_t)(d) * (pfs) + (p)) * (vfs) + (s)-1) * 8)
#define MR_LVF_USED	 1ull /* RO */
#define MR_LVF_TOMBSTONE 2ull /* RW: the slot is not given to MIGRATE_IN */
#define MR_LVF_MVF(v)	 ((unsigned)((v) >> 16 & 0xffff)) /* RO */
#define MR_LVF_STATE(v)	 ((unsigned)((v) >> 8 & 0xff))	  /* RO enum mr_vf_state */

/* VF table: one row per MVF (pf, v). The State Arrays that hosts see are views of it. */
#define CT_VFS		 0x2000000
#define CT_VF(vfs, p, v) (CT_VFS + ((uint64_t)(p) * (vfs) + (v)) * 0x100)
/* RO 15:0 device VH that owns it, 31:16 slot there, 39:32 enum mr_vf_state */
#define VF_MAP 0x00
/* W enum mr_vf_command | argument << 16; illegal in the present state: refused. R 0 */
#define VF_COMMAND  0x08
#define VF_STATUS   0x10 /* RO MR_VF_* bits */
#define VF_BLOCK    0x18 /* RW bit 0 requests from the function, bit 1 requests to it */
#define VF_COOKIE   0x20 /* RW */
#define VF_IDENT0   0x28 /* RW MAC, WWPN or port GUID; 0 = none */
#define VF_IDENT1   0x30 /* RW WWNN or node GUID; 0 = none */
#define VF_VLAN	    0x38 /* RW 11:0 VLAN, 14:12 priority, 15 802.1ad; 0 = none */
#define VF_MIN_MBPS 0x40 /* RW 0 = none */
#define VF_MAX_MBPS 0x48 /* RW 0 = none */
/* RW bit 0 trust, 1 spoof check, 3:2 link state (0 auto, 1 enable, 2 disable) */
#define VF_FLAGS 0x50
/* RW 1 open. Closed: no frame in or out, no queue runs, the link reads down */
#define VF_GATE	  0x58
#define VF_RESETS 0x60 /* RO resets completed */
#define VF_REMAPS 0x68 /* RO changes of VF_MAP's owner */
#define VF_LOST	  0x70 /* RO frames or commands lost at a closed gate or a block */
/* RO non-posted requests that wait for completion, and TLPs on their way */
#define VF_OUTSTANDING 0x78
#define VF_IO	       0x80 /* RO TLPs that the function issued and accepted */
#define VF_REGS	       (0x88 / 8)
/* Counters of the VF's traffic; RESET clears them. Registers 0x90 to 0xa0: not among VF_REGS.
 */
#define VF_FRAMES  0x90 /* RO frames sent, and as many received */
#define VF_BYTES   0x98 /* RO their bytes */
#define VF_DROPPED 0xa0 /* RO frames over VF_MAX_MBPS or the share of the port */
/*
 * More attributes, by capability; VF_CLASS_REGS of them from VF_SHAPE on, 0 = default.
 * VF_AMOUNTS does not change while a host has the function.
 */
#define VF_SHAPE     0xa8 /* RW 15:0 MTU, 31:16 weight, 63:32 burst in KiB */
#define VF_SWITCHING 0xb0 /* RW 1:0 enum mr_bridging, 31:16 VF + 1 that gets copies */
#define VF_AMOUNTS   0xb8 /* RW 15:0 MSI-X vectors, 31:16 queue pairs, 63:32 framebuffer MiB */
/*
 * RW by class. Ethernet: four VLAN ranges besides VF_VLAN, which is the native one; 15:0 first,
 * 31:16 last. InfiniBand: eight partition keys. NVMe: 0 31:0 commands per second; 1 namespaces
 * that are attached, bit n = namespace n + 1. GPU: 0 31:0 time slice in us, 63:32 watchdog in
 * ms.
 */
#define VF_CLASS0     0xc0
#define VF_CLASS1     0xc8
#define VF_CLASS_REGS 5
/* RO MR_VF_SCRUB_*, 63:32 scrubs completed */
#define VF_SCRUB	    0xd0
#define MR_VF_SCRUB_BUSY    1ull
#define MR_VF_SCRUB_WRITTEN 2ull /* device memory holds what no scrub took away */
#define MR_VF_TRUNK_RANGES  4
#define MR_VF_PKEYS	    8
#define MR_PKEY_FULL	    0x8000 /* full membership; limited without */
/*
 * RW filter rules of an ethernet VF, by capability: the first one that a frame matches decides
 * on it, none: it passes. 63 there is a rule, 62 it denies; 59:48 VLAN, 0 = any; 61:60 enum
 * mr_acl_what: what 47:0 is.
 */
#define VF_ACL(i)      (0xd8u + (unsigned)(i)*8)
#define MR_VF_ACL_ROWS 4
#define MR_ACL_THERE   (1ull << 63)
#define MR_ACL_DENY    (1ull << 62)
#define MR_ACL_ROW(what, vlan, value) \
	(MR_ACL_THERE | (uint64_t)(what) << 60 | (uint64_t)(vlan) << 48 | (uint64_t)(value))
#define MR_ACL_WHAT(row)  ((unsigned)((row) >> 60 & 3))
#define MR_ACL_VLAN(row)  ((unsigned)((row) >> 48 & 0xfff))
#define MR_ACL_VALUE(row) ((uint64_t)(row)&0xffffffffffffull)
enum mr_acl_what {
	MR_ACL_ANY, /* 47:0 is 0 */
	MR_ACL_SRC, /* an address */
	MR_ACL_DST,
	MR_ACL_ETHERTYPE /* 0600h to ffffh */
};
enum mr_bridging {
	MR_BRIDGING_VEB,      /* frames between VFs of a port stay in the adapter */
	MR_BRIDGING_VEPA,     /* they go out of the port and come back */
	MR_BRIDGING_ISOLATED, /* they are dropped */
};
#define MR_VF_RESET_BUSY 1ull
/* set by the end of a reset; cleared when the function is mapped or accepts a request */
#define MR_VF_RESET_DONE 2ull
/* ATC empty, ATS off, MSI-X off and clean, Command 0, memory clean, attributes default */
#define MR_VF_DEFAULTS 4ull
#define MR_VF_DRAINED  8ull  /* blocked both ways and nothing outstanding */
#define MR_VF_ENABLED  16ull /* VH 0: VF Enable covers it */
#define MR_VF_STALLED  32ull /* its engine stands still, until a reset */
enum mr_vf_state {
	MR_VF_UNAVAILABLE,
	MR_VF_MIGRATE_IN,
	MR_VF_MIGRATE_OUT,
	MR_VF_AVAILABLE
};
const char *mr_vf_state_name(enum mr_vf_state s);
/*
 * RESET needs VF_BLOCK = 3 and nothing outstanding, or a VF that VH 0 owns and no row maps; it
 * also restores the attribute registers and the gate to defaults (0; cookie stays). MIGRATE_IN:
 * argument device VH; only from VH 0, with MR_VF_RESET_DONE, blocked; takes the lowest slot
 * that is neither used nor tombstoned; while that VH's VF Enable is 0 the row is packed
 * instead. MIGRATE_OUT: Available -> MigrateOut. Retractions as facts/mriov.md 1.7. FORCE_OUT:
 * any state of a host VH -> Unavailable at once, with VF_BLOCK = 3. RETURN: Unavailable,
 * drained -> VH 0.
 */
enum mr_vf_command {
	MR_VFC_RESET = 1,
	MR_VFC_MIGRATE_IN = 2,
	MR_VFC_MIGRATE_IN_RETRACT = 3,
	MR_VFC_MIGRATE_OUT = 4,
	MR_VFC_MIGRATE_OUT_RETRACT = 5,
	MR_VFC_FORCE_OUT = 6,
	MR_VFC_RETURN = 7,
	MR_VFC_SCRUB = 8, /* RESET that also clears device memory, in CT_SCRUB more */
};

/*
 * Namespaces of an NVMe PF, one row for each that there can be. They belong to the device: no
 * reset and no move of a function changes them, nor a commit or its lack. CREATE makes a clean
 * one of NS_SIZE and NS_SHAPE; ERASE and DELETE need it detached (VF_CLASS1) everywhere.
 */
#define MR_MAX_NAMESPACES 64
#define CT_NAMESPACES	  0x2400000
#define CT_NS(p, i)	  (CT_NAMESPACES + ((uint64_t)(p)*MR_MAX_NAMESPACES + (uint64_t)(i)) * 0x40)
#define NS_STATUS	  0x00 /* RO MR_NS_*; 31:16 VFs that it is attached to */
#define NS_SIZE		  0x08 /* bytes; RW while there is none */
#define NS_SHAPE	  0x10 /* RW while there is none: 7:0 block size 2^n, 8 may be shared */
#define NS_COOKIE	  0x18 /* RW the manager's: what it is for */
#define NS_COMMAND	  0x20 /* W enum mr_ns_command; R 0 */
#define NS_UUID		  0x28 /* RO 2 registers, first byte in the low byte; 0 = none */
#define NS_REGS		  7
#define MR_NS_EXISTS	  1ull
#define MR_NS_ERASING	  2ull
#define MR_NS_WRITTEN	  4ull /* holds data since it was created or erased */
#define MR_NS_SHARED	  0x100ull
enum mr_ns_command {
	MR_NSC_CREATE = 1,
	MR_NSC_DELETE = 2,
	MR_NSC_ERASE = 3,
};

/* ---- capabilities that are ours, in configuration space */
#define MR_DVSEC_VENDOR 0xba5a /* not registered with the PCI-SIG: a simulated vendor */
/* adapters, control function in VH 0; +0ch: BIR 2:0, offset 31:3 of the control table */
#define MR_DVSEC_CONTROL     0x0001
#define MR_DVSEC_VS_IDENTITY 0x0002 /* upstream bridge of each VH, below */
/* upstream bridge of VH 0: "the register map is ours", +0ch version */
#define MR_DVSEC_SWITCH 0x0003
/* PFs of host VHs; +0ch: BIR 2:0, offset 31:3 of the PF's side of its mailbox */
#define MR_DVSEC_MAILBOX 0x0004
/* VS identity (HANDOVER 7), offsets from the start of the DVSEC; all read-only to the host. */
#define VSID_PORT	  0x0c /* 15:0 port, 31:16 VS */
#define VSID_EPOCH_LO	  0x10 /* owner epoch */
#define VSID_EPOCH_HI	  0x14
#define VSID_CHALLENGE_LO 0x18
#define VSID_CHALLENGE_HI 0x1c
#define VSID_SERIAL	  0x20 /* 32 bytes of text */
#define VSID_LENGTH	  0x40
/* MR-IOV capability 0011h on BFs: layout ours, version Fh so that no real device can be
 * confused with it. */
#define MR_MRIOV_VERSION 0xf
#define MRIOV_CAP	 0x04 /* 15:0 device VHs, 23:16 PFs per VH */
#define MRIOV_TABLE	 0x08 /* BIR 2:0, offset 31:3 of the control table */
#define MRIOV_LENGTH	 0x0c

/* Management interrupts: frame {vector, data}. */
#define MR_VECTOR_EVENTS 0 /* data = low bits of SW_EVENT_HEAD */

#endif
