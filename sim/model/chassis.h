/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The chassis as hardware: switch, adapters, hierarchies. PURE: time comes in as 'now' (mono_ns
 * counts), what the outside must do comes out as notices. Four faces: management  register
 * batches (sim_chassis_batch) and the event ring's interrupt: what chassis.proto carries host
 * configuration and memory requests of one VH, interrupts to it: what a blade sees (blade.h)
 *   tester      power, pull, insert, link, reset, cycle: what `banyan-sim ctl` and scenarios do
 *   probe       requests with a fate that can be watched, functions made to issue traffic: the
 * oracle's hand of HANDOVER 4; the oracle never reads a table Everything takes 'now' >= every
 * earlier 'now'. Delayed effects happen in sim_chassis_step.
 */
#ifndef SIM_MODEL_CHASSIS_H
#define SIM_MODEL_CHASSIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/now.h"
#include "common/str.h"

struct mr_tree;
struct sim_desc;
struct sim_chassis;

/* ---- life ---- */
/*
 * Builds the chassis that 'desc' (desc.h) describes: chassis powered, hosts powered as
 * described, ports as HANDOVER 9 says for its memory. Keeps no pointer to desc.
 */
struct sim_chassis *sim_chassis_new(const struct sim_desc *desc, struct mr_now now);
void sim_chassis_free(struct sim_chassis *c);

/* Lets everything happen that is due at 'now'. The next time that something is due, MR_NEVER if
 * nothing is. */
void sim_chassis_step(struct sim_chassis *c, struct mr_now now);
int64_t sim_chassis_deadline(const struct sim_chassis *c);

/* ---- management face ---- */
struct sim_batch_result {
	uint32_t executed;  /* records */
	uint32_t status;    /* enum mr_batch_status */
	struct mr_buf data; /* reply values; the caller frees with mr_buf_done */
};

/* Executes one batch of chassis.proto at once and atomically. 'ret' is zeroed or reused (data
 * is reset). */
void sim_chassis_batch(struct sim_chassis *c, struct mr_now now, uint64_t owner_id,
		       uint64_t owner_epoch, const uint8_t *ops, size_t len,
		       struct sim_batch_result *ret);

/* ---- notices: what the outside must do, in order ---- */
enum sim_notice_kind {
	SIM_NOTICE_MGMT_IRQ,  /* frame {vector, data = arg} to every management connection */
	SIM_NOTICE_MGMT_LOST, /* the switch was without power: no management connection survives
			       */
	SIM_NOTICE_HOST_LINK, /* VH's upstream link came up (arg 1) or went down (0): boot, or
				 lose all below */
	SIM_NOTICE_HOST_HOTPLUG,   /* VH: hot-plug interrupt of bridge 'bridge': its Slot Status
				      has changes */
	SIM_NOTICE_HOST_MIGRATION, /* VH: VF migration interrupt of the PF 'rid' */
	SIM_NOTICE_HOST_ERROR,	   /* VH: error message of 'rid' reached the root; vector: enum
				      sim_aer_kind */
	SIM_NOTICE_HOST_MSI,	   /* VH: MSI-X of function 'rid', 'vector' (probe traffic) */
};

struct sim_notice {
	enum sim_notice_kind kind;
	uint16_t vh;
	uint16_t bridge;
	uint16_t rid;
	uint32_t vector;
	uint64_t arg;
};

/* Takes the next notice; false when there is none. */
bool sim_chassis_notice(struct sim_chassis *c, struct sim_notice *ret);

/* ---- host face ---- */
uint64_t sim_chassis_commits(const struct sim_chassis *c); /* of its tables to its memory */
unsigned sim_chassis_hosts(const struct sim_chassis *c);   /* highest VH number */
/* Name of the host behind VH 'vh', or NULL; whether its power is on, and its link to the switch
 * up. */
const char *sim_host_name(const struct sim_chassis *c, uint16_t vh);
/* The first root of the server that this one is of; its own VH for most. */
uint16_t sim_host_lead(const struct sim_chassis *c, uint16_t vh);
bool sim_host_power(const struct sim_chassis *c, uint16_t vh);
bool sim_host_link(const struct sim_chassis *c, uint16_t vh);
unsigned sim_host_bridges(const struct sim_chassis *c, uint16_t vh);
/* Whether it is the management host: 0 bridges, and what it sees is VH 0 (root.c). */
bool sim_host_management(const struct sim_chassis *c, uint16_t vh);
/* hotplugReserve of the host: buses, bytes of the two windows, for its whole VH. And: has its
 * kernel the extension? */
void sim_host_reserve(const struct sim_chassis *c, uint16_t vh, unsigned *ret_buses,
		      uint64_t *ret_mmio, uint64_t *ret_mmio64);
bool sim_host_vf_migration(const struct sim_chassis *c, uint16_t vh);
/* What it has against DMA and interrupts that go astray. */
struct sim_isolation {
	bool iommu;
	bool interrupt_remapping; /* nothing without an IOMMU */
	bool acs;		  /* of its root port */
};
struct sim_isolation sim_host_isolation(const struct sim_chassis *c, uint16_t vh);

/*
 * Configuration requests of host 'vh', immediate. The upstream bridge answers on the bus that
 * the host's root port leads to (any bus as Type 0 capture, device 0), the internal bus and
 * what is below it by the bus numbers that the host wrote. Width 1, 2, 4. What is not there
 * reads all-ones, writes to it vanish. What is there but not ready (after a reset, after VF
 * Enable) answers with retry status: its Vendor ID reads 0001h, as a root port with CRS
 * Software Visibility makes of it, all else all-ones.
 */
uint32_t sim_host_cfg_read(struct sim_chassis *c, struct mr_now now, uint16_t vh, uint16_t rid,
			   unsigned off, unsigned width);
void sim_host_cfg_write(struct sim_chassis *c, struct mr_now now, uint16_t vh, uint16_t rid,
			unsigned off, unsigned width, uint32_t value);

/* Memory requests of the host's processors (width 1..8): through the bridges' windows and
 * Memory Space Enable. */
uint64_t sim_host_mem_read(struct sim_chassis *c, struct mr_now now, uint16_t vh,
			   uint64_t address, unsigned width);
void sim_host_mem_write(struct sim_chassis *c, struct mr_now now, uint16_t vh, uint64_t address,
			unsigned width, uint64_t value);

/* What a class driver would read from the function at 'rid': identities, link, speed. 0 or
 * -ENODEV. */
struct sim_fn_view {
	unsigned device_class; /* enum mr_class */
	bool is_pf;
	uint64_t ident0; /* as VF_IDENT0, VF_IDENT1 of the register map */
	uint64_t ident1;
	bool link; /* false while the gate is closed */
	uint64_t mbps;
	const char *serial, *model; /* of the adapter; serial: what it is one device by */
	uint16_t port;		    /* the same for all functions of one adapter */
	uint16_t number;	    /* of the function there, from 0: PFs, then VFs */
	uint16_t mtu;		    /* 0 = nothing was said */
	uint64_t class_reg[2];	    /* VF_CLASS0, VF_CLASS1 */
	uint16_t pkey[8];	    /* infiniband: the partition table as its port shows it */
};
int sim_host_fn_view(const struct sim_chassis *c, uint16_t vh, uint16_t rid,
		     struct sim_fn_view *ret);
/* An NVMe namespace that is attached to the function at 'rid'. 0, -ENODEV, -ENOENT. */
struct sim_ns_view {
	uint64_t size; /* bytes */
	unsigned block_shift;
	bool shared;
	uint8_t uuid[16];
	uint64_t word; /* that its first block holds; 0 = nothing was written */
};
int sim_host_ns_view(const struct sim_chassis *c, uint16_t vh, uint16_t rid, unsigned nsid,
		     struct sim_ns_view *ret);

/* The same of namespace 'nsid' of an adapter's PF, for a tester: whoever has it. 0, -ENOENT. */
int sim_adapter_ns_view(const struct sim_chassis *c, const char *adapter, unsigned pf,
			unsigned nsid, struct sim_ns_view *ret);

/* Writes its first block, as the host's driver would. The same errors. */
int sim_host_ns_write(struct sim_chassis *c, uint16_t vh, uint16_t rid, unsigned nsid,
		      uint64_t word);

/* ---- tester's face ---- */
int sim_host_set_power(struct sim_chassis *c, struct mr_now now, uint16_t vh, bool on);
int sim_host_reset(struct sim_chassis *c, struct mr_now now,
		   uint16_t vh); /* warm: conventional reset of its hierarchy */
int sim_port_set_link(struct sim_chassis *c, struct mr_now now, uint16_t port,
		      bool up); /* cut or restore a cable */
int sim_adapter_pull(struct sim_chassis *c, struct mr_now now, const char *adapter);
int sim_adapter_insert(struct sim_chassis *c, struct mr_now now, const char *adapter);
/* While it is pulled: a blank card of the same shape with another serial number, and other ids
 * where they are not 0. 0, -ENOENT, -EBUSY (it is in its slot). */
int sim_adapter_replace(struct sim_chassis *c, const char *adapter, const char *serial,
			uint16_t vendor, uint16_t device);
/* While both are pulled: the cards change places. 0, -ENOENT, -EBUSY, -ENOSPC (a slot has no
 * room for the other's functions). */
int sim_adapter_swap(struct sim_chassis *c, const char *adapter, const char *other);
/* The partitions that the subnet manager gives the adapter's ports: 8 at most, none = 0xffff
 * alone. Functions with a table of their own (PKEY) do not see it. 0, -ENOENT, -EINVAL. */
int sim_adapter_set_pkeys(struct sim_chassis *c, const char *adapter, const uint16_t *key,
			  unsigned n);
/* A slot's attention button is pressed; its power controller finds a fault. 0, -ENOENT,
 * -EHOSTDOWN, -ENODEV (no button), -EALREADY (no power). */
int sim_slot_button(struct sim_chassis *c, struct mr_now now, uint16_t vh, unsigned bridge);
int sim_slot_power_fault(struct sim_chassis *c, struct mr_now now, uint16_t vh,
			 unsigned bridge);

/* The engine of a VF stands still until a reset, by its watchdog where it has one. 0, -ENOENT,
 * -ENODEV (no driver runs it), -EALREADY. */
int sim_vf_stall(struct sim_chassis *c, struct mr_now now, uint16_t port, uint16_t pf,
		 uint16_t vf);

/* An error at a function or bridge, as its hardware would find it. */
enum sim_aer_kind {
	SIM_AER_CORRECTABLE,
	SIM_AER_NONFATAL,
	SIM_AER_FATAL
};
struct sim_aer_fault {
	enum sim_aer_kind kind;
	int bit; /* of the AER status register; -1: one of that kind */
	uint32_t header[4];
};
struct sim_aer_result {
	uint16_t vh, rid; /* who logged it: for errors of no single VF its PF */
	unsigned bit;
	bool masked, sent; /* a message reached the root of that VH */
};
/*
 * Logs the error in VH 'vh' at 'rid', and sends what the registers say. 0; -ENODEV nothing
 * answers there; -EINVAL no such bit; -EDOM the severity register makes it the other kind.
 */
int sim_aer_inject(struct sim_chassis *c, struct mr_now now, uint16_t vh, uint16_t rid,
		   const struct sim_aer_fault *f, struct sim_aer_result *ret);

/* What the generator of one VF offers, both ways alike (a peer that echoes), outside or another
 * VF. */
enum sim_traffic_kind {
	SIM_TRAFFIC_OFF,
	SIM_TRAFFIC_CONSTANT,
	SIM_TRAFFIC_BURSTY
};
struct sim_traffic {
	enum sim_traffic_kind kind;
	uint64_t mbps;	       /* 1 to 1,000,000; bursty: while a burst lasts */
	unsigned frame;	       /* bytes, 64 to 9216 */
	int64_t on_ns, off_ns; /* bursty: 1 ms to 1 h each */
	uint16_t to;	       /* VF + 1 of the same PF that it goes to; 0: out of the port */
	/* what the frames are like; 0: its own and the receiver's address, no tag, the first
	 * partition of its table, IPv4 */
	uint64_t src, dst;
	uint16_t vlan, pkey, ethertype;
};
/* Since the last reset by the MR-PCIM. */
struct sim_counters {
	uint64_t frames, bytes; /* that passed */
	uint64_t dropped; /* above maximum rate or share of the port, or not let through */
	uint64_t spoofed; /* of these: with another source address than its own */
	uint64_t lost;	  /* at a closed gate or a block, its own */
};
/* 0, -ENOENT no such function, -EINVAL limits. The port's number is sim_adapter_find's. */
int sim_traffic_set(struct sim_chassis *c, struct mr_now now, uint16_t port, uint16_t pf,
		    uint16_t vf, const struct sim_traffic *t);
int sim_traffic_read(struct sim_chassis *c, struct mr_now now, uint16_t port, uint16_t pf,
		     uint16_t vf, struct sim_counters *ret);
/* The counters that the function at 'rid' shows its host; PFs and others: zeros. 0 or -ENODEV.
 */
int sim_host_fn_counters(struct sim_chassis *c, struct mr_now now, uint16_t vh, uint16_t rid,
			 struct sim_counters *ret);
/* VH of host 'name' / port of adapter 'name', or -ENOENT. */
int sim_host_find(const struct sim_chassis *c, const char *name);
int sim_adapter_find(const struct sim_chassis *c, const char *name);
/* Power loss of the whole chassis and its return, with tables from the committed memory; nvm:
 * enum mr_sw_nvm. */
void sim_chassis_power_cycle(struct sim_chassis *c, struct mr_now now, unsigned nvm);
/* Another switch in its place: blank, nobody's, with this serial (31 characters at most). */
void sim_chassis_replace(struct sim_chassis *c, struct mr_now now, const char *serial);
/* One tree for `ctl status`: switch counters (writes, refused), hosts, adapters, functions with
 * owner, resets, remaps. */
struct mr_tree *sim_chassis_status(const struct sim_chassis *c);

/* ---- probe: only tests use it ---- */
enum sim_tlp_kind {
	SIM_TLP_CFG_READ,
	SIM_TLP_MEM_READ,
	SIM_TLP_MEM_WRITE,
	SIM_TLP_MSI,
	SIM_TLP_ATS_REQUEST,	/* of a function: translate 'address' */
	SIM_TLP_ATS_INVALIDATE, /* of a host to 'rid': 'data' bytes from 'address' on */
	SIM_TLP_KINDS
};
enum sim_tlp_end {
	SIM_TLP_FLYING,
	SIM_TLP_LANDED,
	SIM_TLP_COMPLETED,
	SIM_TLP_UR,
	SIM_TLP_DROPPED
};

struct sim_tlp {
	enum sim_tlp_kind kind;
	bool from_function;    /* else from host 'vh' */
	bool translated;       /* a function's memory request: as its cache has it, or not */
	uint16_t vh;	       /* the requesting host */
	uint16_t port, pf, vf; /* the requesting function: adapter port, PF, MVF index (ffffh:
				  the whole device) */
	uint16_t rid;	       /* completer of a config request or an invalidation; of a
				  function's request: the requester ID that it claims, 0: its own */
	uint64_t address;
	uint64_t data; /* write: the tag */
};

struct sim_tlp_fate {
	enum sim_tlp_end end;
	uint16_t at_vh; /* a function's request: the host whose memory it reached (0: VH 0) */
	uint16_t at_port, at_pf, at_vf; /* the function that a host's or a peer's request
					   reached (port ffffh: none, a bridge) */
	uint64_t data;			/* of a completion; of a translation: the address */
	uint64_t at_address;		/* a function's request: where in at_vh's memory */
	bool redirected;		/* ACS sent it, or its completion, over the root */
};

/*
 * The translation agent of host 'vh': what its root answers to translation requests, and where
 * untranslated ones end. Without mappings it passes through; a mapping that is taken away stays
 * in caches until the host invalidates it there. A reset of the host forgets all.
 */
#define SIM_IOMMU_READ	1u
#define SIM_IOMMU_WRITE 2u
struct sim_translation {
	uint64_t from, to, size;
	uint32_t perm; /* SIM_IOMMU_*; never 0 */
};
/* 0, -ENOENT no such host, -EINVAL (whole pages of 4 KiB), -EEXIST overlap, -ENOSPC. */
int sim_host_iommu_map(struct sim_chassis *c, struct mr_now now, uint16_t vh,
		       const struct sim_translation *m);
/* How many it took away, or -ENOENT. */
int sim_host_iommu_unmap(struct sim_chassis *c, struct mr_now now, uint16_t vh, uint64_t from,
			 uint64_t size);

/* Launches one request; it moves hop by hop in sim_chassis_step with the description's delays.
 * Returns its id. */
uint64_t sim_tlp_launch(struct sim_chassis *c, struct mr_now now, const struct sim_tlp *t);
/* Its fate so far; a final fate is forgotten after it was read. */
struct sim_tlp_fate sim_tlp_fate(struct sim_chassis *c, uint64_t id);

/* What a VF's row says, whether the adapter's link is up or not. 0, -ENOENT no such function,
 * or its adapter is not in its slot. */
struct sim_vf_look {
	bool link; /* the adapter's */
	bool open; /* the gate */
	unsigned block;
	uint64_t ident0, min_mbps;
	uint64_t resets, remaps, lost;
};
int sim_vf_look(const struct sim_chassis *c, uint16_t port, uint16_t pf, uint16_t vf,
		struct sim_vf_look *ret);

/* Kinds of state that a VF has (below), but for what a kernel sets when it enumerates; no such
 * function, or its adapter is not in its slot: none. */
unsigned sim_vf_dirt(const struct sim_chassis *c, uint16_t port, uint16_t pf, uint16_t vf);

/* Kinds of state that a driver leaves in a function. */
#define SIM_DIRT_COMMAND 1u
#define SIM_DIRT_MSIX	 2u
#define SIM_DIRT_VECTORS 4u
#define SIM_DIRT_MEMORY	 8u
#define SIM_DIRT_ATS	 16u
#define SIM_DIRT_ATC	 32u
#define SIM_DIRT_ACS	 64u
#define SIM_DIRT_ERRORS	 128u
#define SIM_DIRT_BARS	 256u /* these two a kernel sets when it enumerates */
#define SIM_DIRT_CONTROL 512u
/*
 * Canary of I2: with tag != 0 fills every per-function state that a driver at (vh, rid) can
 * reach (Command, MSI-X table, BAR memory, ATS and its cache); with tag == 0 says which states
 * differ from their defaults, those aside that a kernel sets when it enumerates.
 */
unsigned sim_canary(struct sim_chassis *c, struct mr_now now, uint16_t vh, uint16_t rid,
		    uint64_t tag);

#endif
