/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of a blade share (blade*.c). blade.c owns life and time, blade_cfg.c
 * configuration cycles, blade_enum.c firmware and the device list, blade_hotplug.c pciehp,
 * blade_sriov.c SR-IOV and VF migration, blade_driver.c drivers and class devices,
 * blade_uevent.c what the kernel tells user space.
 */
#ifndef SIM_MODEL_BLADE_PRIV_H
#define SIM_MODEL_BLADE_PRIV_H

#include "common/rng.h"
#include "sim/model/blade.h"
#include "sim/model/desc.h"

#define BLADE_RID_HOST_BRIDGE 0x0000
#define BLADE_RID_ROOT_PORT   0x0008
#define BLADE_BUS_UPSTREAM    1
#define BLADE_BUS_INTERNAL    2
#define BLADE_BUS_FIRST	      3 /* of the downstream bridges' secondary buses */
#define BLADE_UEVENTS_MAX     16384
#define BLADE_NOT_READY	      0x0001 /* Vendor ID of a function that answers with retry status */

/* Where firmware puts the hot-plug windows of the hierarchy. */
#define BLADE_MMIO_BASE	  UINT64_C(0x80000000)
#define BLADE_MMIO64_BASE UINT64_C(0x100000000000)
#define BLADE_MMIO64_ROOT 46 /* each root of a server has 2^46 bytes of them */

enum blade_state {
	BLADE_OFF,     /* no power, or never had a link */
	BLADE_BOOTING, /* firmware and kernel are on their way until 'boot_due' */
	BLADE_UP,
	BLADE_ORPHAN, /* kernel alive, link to the switch gone */
};

enum blade_job {
	BLADE_JOB_NONE,
	BLADE_JOB_VF_ENABLE,
	BLADE_JOB_VF_DISABLE,
};

/* A device as the kernel keeps it: what others may see, and the rest. */
struct blade_node {
	struct sim_dev d;
	struct sim_dev_errors *errors;		   /* from the first one on */
	unsigned pcie, msix, sriov, acs, ari, aer; /* offsets of capabilities, 0 = none */
	uint64_t vf_bar[6], vf_bar_size[6];	   /* PFs: aperture of one VF */
	unsigned long vf_bar_flags[6];
	bool flr;    /* has Function Level Reset */
	bool vfm;    /* VFs were enabled with VF Migration Enable */
	bool orphan; /* a VF whose PF was removed under it (facts M6) */
	enum blade_job job;
	unsigned job_vfs;
	int64_t job_due;
	int64_t restore_due; /* configuration is to be restored after a reset, MR_NEVER = no */
	struct {
		uint32_t command;
		uint16_t devctl, devctl2, msix, sriov_ctrl, numvfs;
	} saved;
};

enum blade_slot_state {
	SLOT_OFF,
	SLOT_POWERING_ON,
	SLOT_ON,
	SLOT_POWERING_OFF,
	/* the attention button was pressed: on at 'due', unless pressed again */
	SLOT_BLINKING_ON,
	SLOT_BLINKING_OFF,
};

struct blade_slot {
	bool exists, button;
	uint16_t rid; /* of its downstream bridge */
	unsigned pcie;
	uint8_t secondary, subordinate;
	uint64_t mmio, mmio_size, mmio64, mmio64_size;
	enum blade_slot_state state;
	bool by_user; /* powered off through sysfs: presence alone does not bring it back */
	int64_t due;
};

struct sim_blade {
	struct sim_chassis *c;
	uint16_t vh;
	struct sim_blade *lead;		       /* of the server that it is a root of */
	struct sim_blade *root[SIM_ROOTS_MAX]; /* of the lead: all of them, itself the first */
	unsigned roots, domain;
	struct mr_rng rng;
	struct sim_blade_timing timing;
	enum blade_state state;
	bool hung, recheck, link_lost, link_back;
	int64_t boot_due, due; /* 'due': no later than the earliest of all */
	char boot_id[40];
	struct blade_node **dev; /* sorted by rid */
	unsigned devs, cap;
	struct blade_slot slot[256];
	unsigned slots;
	uint64_t revision, serial, seqnum;
	/* the root port's ACS lies behind the first 256 bytes */
	uint8_t hb_cfg[264], rp_cfg[264];
	struct mr_buf *uevent; /* ring of texts */
	unsigned ue_head, ue_count, ue_cap;
};

/* blade.c */
void blade_arm(struct sim_blade *b, int64_t due);
void blade_changed(struct sim_blade *b);
/* Where the windows of this root begin: those of a server's roots lie side by side. */
uint64_t blade_mmio_base(const struct sim_blade *b);
uint64_t blade_mmio64_base(const struct sim_blade *b);

/* blade_cfg.c */
void blade_local_init(struct sim_blade *b);
uint32_t blade_rd(struct sim_blade *b, struct mr_now now, uint16_t rid, unsigned off,
		  unsigned width);
void blade_wr(struct sim_blade *b, struct mr_now now, uint16_t rid, unsigned off,
	      unsigned width, uint32_t v);
/* Offset of a capability / an extended capability, 0 = none. */
unsigned blade_cap(struct sim_blade *b, struct mr_now now, uint16_t rid, unsigned id);
unsigned blade_ecap(struct sim_blade *b, struct mr_now now, uint16_t rid, unsigned id);
void blade_set_bits(struct sim_blade *b, struct mr_now now, uint16_t rid, unsigned off,
		    uint16_t mask, uint16_t bits);

/* blade_enum.c */
void blade_enumerate(struct sim_blade *b, struct mr_now now);
void blade_drop_all(struct sim_blade *b);
struct blade_node *blade_node(const struct sim_blade *b, uint16_t rid);
struct blade_node *blade_new_node(struct sim_blade *b, struct mr_now now, uint16_t rid,
				  int parent, int slot);
void blade_insert(struct sim_blade *b, struct blade_node *n);
/* Finds what is new behind a slot, assigns resources, binds drivers; how many functions
 * came. */
unsigned blade_scan_slot(struct sim_blade *b, struct mr_now now, unsigned slot);
/* Removes one device with its uevents; 'gone': the hardware does not answer any more. */
void blade_remove_node(struct sim_blade *b, struct mr_now now, struct blade_node *n, bool gone);
void blade_remove_slot(struct sim_blade *b, struct mr_now now, unsigned slot, bool gone);

/* blade_bar.c */
void blade_size_bars(struct sim_blade *b, struct mr_now now, struct blade_node *n);
void blade_assign_bars(struct sim_blade *b, struct mr_now now, struct blade_node *n);

/* blade_hotplug.c */
void blade_slot_boot(struct sim_blade *b, struct mr_now now, unsigned slot);
void blade_slot_event(struct sim_blade *b, struct mr_now now, unsigned slot);
void blade_slot_step(struct sim_blade *b, struct mr_now now, unsigned slot);

/* blade_sriov.c */
void blade_sriov_init(struct sim_blade *b, struct mr_now now, struct blade_node *pf);
void blade_sriov_step(struct sim_blade *b, struct mr_now now, struct blade_node *pf);
void blade_migration(struct sim_blade *b, struct mr_now now, uint16_t rid);

/* blade_driver.c */
int blade_attach(struct sim_blade *b, struct mr_now now, struct blade_node *n);
void blade_detach(struct sim_blade *b, struct mr_now now, struct blade_node *n, bool gone);
bool blade_driver_has_sriov(const char *driver);
unsigned blade_class_of(uint32_t class_code);

/* blade_uevent.c */
void blade_uevent_dev(struct sim_blade *b, const char *action, const struct blade_node *n,
		      const char *extra);
void blade_uevent_class(struct sim_blade *b, const char *action, const struct blade_node *n);

/* blade_aer.c */
void blade_aer_init(struct sim_blade *b, struct mr_now now, const struct blade_node *n);
void blade_error(struct sim_blade *b, struct mr_now now, uint16_t rid, unsigned kind);

/* blade_reset.c */
void blade_flr(struct sim_blade *b, struct mr_now now, struct blade_node *n);
void blade_restore_step(struct sim_blade *b, struct mr_now now, struct blade_node *n);

#endif
