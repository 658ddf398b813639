/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the chassis model consists of: functions, bridges, hosts, adapters, the chassis itself.
 * Nobody outside sim/model includes this. All-zero is the power-on value of every register
 * block here, so that hierarchies can be allocated when they come up and cleared with memset.
 */
#ifndef SIM_MODEL_STATE_H
#define SIM_MODEL_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/now.h"
#include "common/pci/batch.h"
#include "common/pci/regmap.h"
#include "common/rng.h"
#include "sim/model/chassis.h"
#include "sim/model/desc.h"
#include "sim/model/fault.h"

#define SIM_FN_MEM	 4096u		  /* bytes of function memory behind BAR 0, at most */
#define SIM_CT_BAR	 (64ull << 20)	  /* BAR of the control table */
#define SIM_PF_BAR	 (128ull << 10)	  /* BAR of a PF: memory, state array, MSI-X table */
#define SIM_PF_ARRAY	 0x1000u	  /* VF Migration State Array in it */
#define SIM_PF_MAIL	 0x2000u	  /* mailbox in it */
#define SIM_PF_MSIX	 0x10000u	  /* MSI-X table in it */
#define SIM_VH0_MEM32	 0x80000000ull	  /* VH 0: 32-bit BARs from here to 4 GiB */
#define SIM_VH0_MEM64	 0x10000000000ull /* VH 0: 64-bit BARs from here */
#define SIM_ONES	 UINT64_MAX
#define SIM_CAP_ACS	 0x160u
#define SIM_CAP_SRIOV	 0x180u
#define SIM_CAP_PM	 0x40u
#define SIM_CAP_EXP	 0x80u
#define SIM_ACS_ISOLATES (PCI_ACS_SV | PCI_ACS_RR | PCI_ACS_CR | PCI_ACS_UF)
#define SIM_BRIDGE_ID	 0x0001ba5au /* device << 16 | vendor: upstream bridges; */
#define SIM_BRIDGE_DSP	 0x0002ba5au /* and downstream ones */

/* ---- functions ---- */

#define SIM_ATC_ENTRIES 8u
#define SIM_IOMMU_MAPS	64u /* of a host's translation agent, at most */

/* An Address Translation Cache, oldest first. */
struct sim_atc {
	unsigned n;
	struct sim_translation e[SIM_ATC_ENTRIES];
};

/* State that a driver can leave in a function; what a reset of it clears. */
struct sim_fn {
	uint32_t bar[6];
	uint16_t command, devctl, devctl2, lnkctl, msix_ctl, ats_ctl, pmcsr, acs_ctl;
	uint8_t intline, cacheline;
	bool errors;  /* it has a record in sim_chassis.aer */
	bool stalled; /* its engine stands still (stall.c), since: */
	int64_t stalled_at;
	int64_t busy_until; /* a reset is under way until then */
	uint8_t *mem;	    /* SIM_FN_MEM bytes once written */
	uint32_t *msix;	    /* 4 words per vector, of 'vectors', once written */
	uint16_t vectors;
	uint16_t probe; /* BARs (5:0) and VF BARs (11:6) that VH 0's root is sizing (root.c) */
	uint32_t ats_epoch;  /* counts how often the cache was dropped as a whole */
	struct sim_atc *atc; /* NULL: empty */
};

/* The SR-IOV capability of one PF d:p. */
struct sim_sriov {
	uint16_t ctl, status, initial, total, num;
	uint32_t page; /* 0 = 1, the default */
	uint32_t bar[6];
	int64_t ready_at; /* enabled VFs answer from then on */
};

/* The mailbox of a PF (mailbox.c). */
struct sim_mail {
	uint64_t request[2], response[2];
	uint32_t taken, interrupt;
	bool asked, answered; /* a word waits for the other side */
	bool told;	      /* and the MR-PCIM had its event */
};

struct sim_pf {
	struct sim_fn fn;
	struct sim_mail mail;
	struct sim_sriov iov;
	uint32_t resets;
};

/* What the non-volatile memory keeps of an MVF. */
struct sim_vf_nv {
	uint16_t d, slot; /* owner and slot there; slot 0: in none (released, or VH 0's own) */
	bool released;	  /* given up or cut: no rebooting host gets it back */
	uint8_t block;
	uint16_t acs; /* ACS Control in VH 0 */
	uint64_t cookie, ident0, ident1, vlan, min, max, flags, gate;
	uint64_t shape, switching, amounts, class0, class1;
	uint64_t acl[MR_VF_ACL_ROWS];
};

struct sim_mvf {
	struct sim_fn fn;
	struct sim_vf_nv nv;
	uint8_t state; /* enum mr_vf_state; of host VHs only */
	bool reset_busy, reset_done, dirty, drain_told;
	uint16_t row_vs, row_b; /* the row that is not FREE and targets it; vs 0 = none */
	uint32_t outstanding;
	uint64_t resets, remaps, lost, io, writes;
	uint64_t fb; /* first word of its framebuffer: what a scrub takes away */
	uint32_t scrubs;
	bool scrubbing;
};

/* A namespace of an NVMe PF: on the device's flash. */
struct sim_ns {
	bool exists, written;
	uint64_t size, shape, cookie, uuid[2];
	uint64_t word; /* its first block, as a host wrote it last */
	uint64_t made; /* commits when it was created */
	int64_t busy_until;
};

/* A device VH of an mra adapter. */
struct sim_dvh {
	bool enabled;
	uint16_t vh;
	uint16_t row_vs, row_b;
	uint32_t resets;
};

/* ---- bridges ---- */

/* Configuration registers of a bridge that software can write. */
struct sim_bridge_cfg {
	uint16_t command, bctl, devctl, devctl2, lnkctl, pmcsr, acs_ctl;
	uint16_t msi_ctl, msi_data;
	uint16_t mem_base, mem_limit, pref_base, pref_limit;
	uint16_t slotctl, slotsta;
	uint8_t pri, sec, sub, intline, cacheline, io_base, io_limit;
	uint32_t pref_base_hi, pref_limit_hi, msi_lo, msi_hi;
	bool slot_off;	  /* the power controller's state; Slot Control is the command */
	int64_t slot_due; /* the command written last is complete then, 0 = it is */
};

/* What the non-volatile memory keeps of a bridge row. */
struct sim_row_nv {
	uint64_t target, cookie, ids, msix, bar[6], window[6];
	uint32_t subsys;
	uint8_t state, tombstone;
};

/* One virtual downstream bridge with its row: at most 256 bytes. */
struct sim_bridge {
	struct sim_row_nv row;
	int64_t eff_host, eff_dev; /* when the state written last takes effect at either port */
	uint32_t maps, lost, outstanding;
	uint8_t old_host, old_dev; /* states until then */
	bool present, dlla;	   /* as the host sees them */
	bool removal_pending;	   /* shown empty, not yet consumed by the host */
	bool settling, dirty, drain_told;
	struct sim_bridge_cfg cfg;
};
_Static_assert(sizeof(struct sim_bridge) <= 256, "a bridge is a record of at most 256 bytes");

/* ---- hosts and adapters ---- */

struct sim_row_nvm {
	struct sim_row_nv cur, prev;
	uint64_t commit; /* of 'cur' */
};

/* A host slot: port s, VS s, VH s (but VS 0 and VH 0 for the management host,
 * sim_chassis.root). Index 0 of the table is the upstream bridge of VH 0. */
struct sim_host {
	bool used;
	struct sim_host_desc d;
	bool power, cable, link;
	uint8_t auth, cut_answer;
	uint8_t nv_auth, nv_cut;
	bool ur_told;
	uint64_t challenge;
	uint32_t boots, link_downs;
	struct sim_bridge_cfg up;
	struct sim_bridge *bridge; /* d.bridges of them once the hierarchy came up */
	struct sim_row_nvm *nvm;
	struct sim_translation *map; /* of its translation agent */
	unsigned maps, map_cap;
	uint64_t faults; /* requests that the agent refused */
};

struct sim_pf_nv {
	uint16_t total, num, ctl, acs;
};

struct sim_vf_nvm {
	struct sim_vf_nv cur, prev;
	uint64_t commit;
};

struct sim_adapter {
	char name[MR_NAME_MAX];
	char serial[32];
	struct sim_model_desc m;
	unsigned slot, port, vhs; /* vhs: 1 for sriov and base */
	bool present, cable;
	uint16_t port_pkey[MR_VF_PKEYS]; /* as the subnet manager set it; all 0: the default */
	bool dirty;
	bool held_told;		 /* since the owner read its events */
	uint32_t held;		 /* requests of VH 0's root that were held (root.c) */
	uint16_t held_kinds;	 /* bits of enum mr_held */
	uint8_t bus, last_bus;	 /* in VH 0 */
	uint64_t base32, base64; /* VH 0: where its BARs begin */
	uint16_t row_vs, row_b;	 /* base: the row that holds the whole device */
	uint32_t link_downs, resets;
	uint8_t mode, mode_next;    /* in effect; after the next reset (mode.c) */
	struct sim_bridge_cfg dsp;  /* its port in VH 0 */
	bool vh0_present, vh0_dlla; /* as that port's slot shows it to a management host */
	struct sim_fn self;	    /* the BF of mra, the function of base */
	/* with room for every mode (sim_adapter_room) */
	struct sim_dvh *vh; /* [vhs] */
	struct sim_pf *pf;  /* [vhs][pfs] */
	struct sim_mvf *vf; /* [pfs][vfs] */
	uint16_t *lvf;	    /* [vhs][pfs][vfs]: MVF + 1 in the slot, 0 = free */
	uint8_t *tomb;	    /* the same: tombstones of slots */
	struct sim_ns *ns;  /* [pfs][MR_MAX_NAMESPACES] where the class has them */
	/* committed memory */
	struct sim_vf_nvm *nv_vf;
	struct sim_pf_nv *nv_pf; /* [vhs][pfs] */
	struct sim_dvh *nv_vh;
	uint8_t *nv_tomb;
	bool nv_valid;
};

/* ---- the chassis ---- */

enum sim_due_kind {
	SIM_DUE_ROW,	  /* a = vs, b = bridge: the row's state may be effective now */
	SIM_DUE_RESET,	  /* a = port, b = pf << 16 | vf: a reset by the MR-PCIM ends */
	SIM_DUE_TLP,	  /* a = id */
	SIM_DUE_SLOT,	  /* a = vh, b = bridge: a slot command may be complete */
	SIM_DUE_WRITE,	  /* a = id of a slow write (fault.h) */
	SIM_DUE_WATCHDOG, /* a = port, b = pf << 16 | vf: it may stand still too long */
};

struct sim_due {
	int64_t at;
	uint64_t seq;
	enum sim_due_kind kind;
	uint64_t a, b;
};

struct sim_event {
	uint64_t reg[4];
};

/* Errors logged at one function or bridge (aer.c); 'key' names which. */
struct sim_aer {
	uint64_t key;
	uint32_t unc_sta, unc_mask, unc_sev, cor_sta, cor_mask, ctl, header[4];
	uint16_t devsta, status,
		secondary; /* error bits of Device Status, (Secondary) Status */
	uint8_t first;	   /* First Error Pointer */
};

/* What an MVF's generator offers and what became of it (traffic.c). */
struct sim_flow {
	uint64_t key;
	struct sim_traffic t;
	int64_t start_ns;
	uint64_t rate, sent, over; /* offered now; parts of a frame, in thousandths of a bit */
	uint64_t bucket, bucket_max; /* its burst, the same unit */
	uint64_t commands;	     /* 10^-9 of one: may be sent by its limit */
	uint8_t way;
	bool spoofs; /* it is dropped for its source address */
	struct sim_counters n;
};

struct sim_tlps; /* tlp.c */

/* A write to a slow register, on its way. */
struct sim_slow_write {
	uint64_t id;
	uint8_t width, space;
	uint16_t vh, rid;
	uint64_t address, value;
};

struct sim_faults {
	struct sim_fault *item;
	unsigned n, cap;
	struct sim_slow_write *wait;
	unsigned waits, wait_cap;
	uint64_t next;
	bool landing; /* a slow write is taking effect */
};

struct sim_chassis {
	struct mr_now now;
	struct mr_rng rng;
	char name[MR_NAME_MAX];
	char serial[32];
	unsigned ports, hosts; /* highest port; highest host slot = VH */
	struct sim_host *host; /* [hosts + 1] */
	struct sim_adapter *adapter;
	unsigned adapters;
	uint16_t *adapter_at; /* [ports + 1]: adapter index + 1 */
	int64_t hop_ns, effect_ns, slot_ns;
	unsigned max_bridges;
	unsigned root; /* host whose port is the root of VH 0, 0 = the switch itself */
	struct sim_fn
		elsewhere; /* what VH 0's root sees of a VF that a host VH owns (root.c) */
	uint64_t vh0_end;  /* of the 64-bit addresses that VH 0 uses */

	uint64_t nvm_found, owner_id, owner_epoch, generation, refused, commits, writes;
	uint64_t ur_drops, rows_used, cut_answer;
	struct sim_event *event;
	unsigned events;
	uint64_t head, tail, event_flags;

	struct sim_due *due;
	unsigned dues, due_cap;
	struct sim_due *hop; /* those one hop later */
	unsigned hops, hop_first, hop_cap;
	uint64_t due_seq;
	struct sim_notice *notice;
	unsigned notices, notice_first, notice_cap;
	uint64_t *dirty; /* rows and MVFs changed since the last commit */
	unsigned dirties, dirty_cap;
	uint64_t nv_owner_id, nv_owner_epoch, nv_generation, nv_cut_answer, described_cut;
	bool restoring_stale; /* a power cycle with stale memory is under way */
	struct sim_tlps *tlps;
	struct sim_faults *faults; /* NULL until one is set */
	struct sim_flow *flow;	   /* by key */
	unsigned flows, flow_cap;
	int64_t traffic_at;  /* counters are right up to here */
	struct sim_aer *aer; /* by key */
	unsigned aers, aer_cap;
};

/* A function (or bridge) as it is seen from one hierarchy. */
enum sim_loc_kind {
	SIM_LOC_NONE,
	SIM_LOC_UP,   /* upstream bridge */
	SIM_LOC_DOWN, /* downstream bridge of a host VH */
	SIM_LOC_DSP,  /* downstream port of VH 0 */
	SIM_LOC_BF,
	SIM_LOC_PF,
	SIM_LOC_VF,
	SIM_LOC_SYNTH,
	SIM_LOC_BASE,
};

struct sim_loc {
	enum sim_loc_kind kind;
	uint16_t vh;
	struct sim_host *host;
	unsigned b; /* bridge number that it is or sits behind */
	struct sim_bridge *bridge;
	struct sim_bridge_cfg *br; /* bridges: their registers */
	struct sim_adapter *a;
	unsigned d, p, v; /* device VH, PF, MVF */
	struct sim_fn *fn;
	bool blocked;	/* nothing is there because a row or the function is blocked */
	bool not_ready; /* it is there and answers with Configuration Request Retry Status */
};

enum sim_wr {
	SIM_WR_DONE,
	SIM_WR_DROPPED,
	SIM_WR_REFUSED
};

#endif
