/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A blade's firmware and kernel, as far as PCI goes, as a pure state machine over the host face
 * of the chassis: it enumerates at boot by a model of firmware policy (HANDOVER 13), handles
 * native hot-plug as pciehp does, assigns BARs, binds drivers, does SR-IOV and the VF migration
 * extension (HANDOVER 14), and tells what Linux 6.1 would put in sysfs and in uevents. The FUSE
 * face (sim/) and in-process tests show the same blade.
 *
 * A server with several roots has one of these for each (sim_blade_join): one kernel, with its
 * boots, its names and its uevents, and a PCI domain a root. The first one leads: it stands for
 * the server.
 *
 * The tree of a root: 0000:00:00.0 host bridge, 0000:00:01.0 root port (the blade's own), below
 * it the VH: 01:00.0 upstream bridge, bus 2 the virtual downstream bridges (bridge b = device b
 * / 8, function b % 8), then their buses.
 */
#ifndef SIM_MODEL_BLADE_H
#define SIM_MODEL_BLADE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/now.h"
#include "common/str.h"

struct sim_chassis;
struct sim_notice;
struct sim_blade;

/* One PCI function that the blade's kernel knows. */
struct sim_dev {
	uint16_t rid;
	uint16_t vendor, device, subvendor, subdevice;
	uint32_t class_code;
	uint8_t revision;
	uint8_t header; /* 0 endpoint, 1 bridge */
	bool is_virtfn;
	uint16_t physfn; /* rid of its PF when is_virtfn */
	unsigned virtfn; /* its index there (sysfs virtfnN); the LVF slot is virtfn + 1 */
	int parent;	 /* rid of the bridge above, -1 on bus 0 */
	int slot;	 /* hot-plug slot (bridge number) that it sits behind, -1 none */
	char driver[32]; /* "" unbound */
	char driver_override[32];
	uint64_t bar[6], bar_size[6]; /* assigned addresses; size 0 = none */
	unsigned long bar_flags[6];   /* IORESOURCE_* as in sysfs 'resource' */
	unsigned numvfs, totalvfs;    /* totalvfs 0: no SR-IOV */
	bool autoprobe;
	int numa_node;
	int iommu_group;       /* -1 = none */
	unsigned device_class; /* enum mr_class; OTHER for bridges */
	unsigned index;	       /* of its class device: eth%u, mlx5_%u, nvme%u, host%u */
	uint64_t serial; /* grows with every device added: tells two devices at one rid apart */
};

/* What aer_dev_correctable, aer_dev_nonfatal and aer_dev_fatal count, by bit of the status
 * register, and their totals; by enum sim_aer_kind. */
struct sim_dev_errors {
	uint64_t bit[3][32];
	uint64_t total[3];
};

/* How long the host's own doings take; the defaults are what was measured on Linux 6.1. */
struct sim_blade_timing {
	int64_t boot_ns;       /* link up -> devices in sysfs */
	int64_t power_on_ns;   /* pciehp: presence or power on -> the function's 'add' */
	int64_t power_off_ns;  /* pciehp: power off -> the slot may change again */
	int64_t blink_ns;      /* pciehp: attention button -> what it asks for */
	int64_t vf_enable_ns;  /* VF Enable -> VFs added */
	int64_t vf_disable_ns; /* VF Enable off -> the write returns */
	int64_t flr_ns;	       /* reset -> the write returns */
};

struct sim_blade *sim_blade_new(struct sim_chassis *c, uint16_t vh, uint64_t seed);
void sim_blade_free(struct sim_blade *b);
/* Roots of one server find each other: blade[1..n] by VH, NULL where there is none. Before
 * anything happens to them. */
void sim_blade_join(struct sim_blade *const *blade, unsigned n);
/* Roots of the server that 'b' leads, itself the first; the r-th, NULL past the last. */
unsigned sim_blade_roots(const struct sim_blade *b);
struct sim_blade *sim_blade_root(const struct sim_blade *b, unsigned r);
struct sim_blade *sim_blade_lead(const struct sim_blade *b);
uint16_t sim_blade_vh(const struct sim_blade *b);
unsigned sim_blade_domain(const struct sim_blade *b); /* its number among them */
/* A notice of the chassis for this VH; and the passing of time (boot, pciehp's delays). */
void sim_blade_notice(struct sim_blade *b, struct mr_now now, const struct sim_notice *n);
void sim_blade_step(struct sim_blade *b, struct mr_now now);
int64_t sim_blade_deadline(const struct sim_blade *b);

/* The blade's times, to be changed at any moment; they count from the next wait on. */
struct sim_blade_timing *sim_blade_timing(struct sim_blade *b);

const char *sim_blade_name(const struct sim_blade *b);
/* Powered, link up, enumerated; of a server with several roots: of this one. */
bool sim_blade_up(const struct sim_blade *b);
const char *sim_blade_boot_id(const struct sim_blade *b); /* UUID text; new with every boot */
bool sim_blade_has_vf_migration(const struct sim_blade *b);
bool sim_blade_has_iommu(const struct sim_blade *b);
bool sim_blade_remaps_interrupts(const struct sim_blade *b);
/* A hung host: its kernel does nothing until it is released; then it goes on with what it
 * intended. */
void sim_blade_hang(struct sim_blade *b, bool hung);

bool sim_blade_hung(const struct sim_blade *b);
bool sim_blade_cut_off(const struct sim_blade *b);

unsigned sim_blade_devs(const struct sim_blade *b);
const struct sim_dev *sim_blade_dev(const struct sim_blade *b, unsigned i); /* sorted by rid */
const struct sim_dev *sim_blade_find(const struct sim_blade *b, uint16_t rid);
/* Grows with every change of what sysfs shows. */
uint64_t sim_blade_revision(const struct sim_blade *b);
/* Configuration space as sysfs 'config' gives it, root port and host bridge included. */
uint32_t sim_blade_cfg_read(struct sim_blade *b, struct mr_now now, uint16_t rid, unsigned off,
			    unsigned width);
void sim_blade_cfg_write(struct sim_blade *b, struct mr_now now, uint16_t rid, unsigned off,
			 unsigned width, uint32_t v);
/* Hot-plug slots = bridges; 'slots/N/power', 'slots/N/address' (the secondary bus, device
 * 0). */
unsigned sim_blade_slots(const struct sim_blade *b);
bool sim_blade_slot_power(const struct sim_blade *b, unsigned slot);
uint16_t sim_blade_slot_address(const struct sim_blade *b, unsigned slot);

/* Names of the drivers that the blade's kernel has, NULL after the last; and the one class
 * device that a bound driver made: its class ("net", "infiniband", "nvme", "fc_host"; NULL =
 * none) and name. */
const char *sim_blade_driver(unsigned i);
const char *sim_dev_class(const struct sim_dev *d, char *ret_name, size_t size);
/* Error counters of a device; NULL where it has no AER capability. */
const struct sim_dev_errors *sim_blade_errors(const struct sim_blade *b, uint16_t rid);
/* Whether 'reset' exists; the BARs of VF 0 of a PF, one VF's aperture each ('resource' 7-12);
 * migration state files. */
bool sim_blade_can_reset(const struct sim_blade *b, uint16_t rid);
bool sim_blade_vf_bar(const struct sim_blade *b, uint16_t rid, unsigned i, uint64_t *ret_base,
		      uint64_t *ret_aperture, unsigned long *ret_flags);
bool sim_blade_can_migrate(struct sim_blade *b, struct mr_now now, uint16_t rid);

/*
 * What sysfs files do when written: 0 or the kernel's own negative errno
 * (facts/linux-host.md 2.1). *ret_done_ns is the monotonic time at which the write returns
 * (msleep 100 of enabling VFs, ssleep 1 of disabling, pciehp's times).
 */
int sim_blade_numvfs(struct sim_blade *b, struct mr_now now, uint16_t rid, const char *text,
		     int64_t *ret_done_ns);
int sim_blade_bind(struct sim_blade *b, struct mr_now now, const char *driver, uint16_t rid);
int sim_blade_unbind(struct sim_blade *b, struct mr_now now, const char *driver, uint16_t rid);
int sim_blade_probe(struct sim_blade *b, struct mr_now now, uint16_t rid); /* drivers_probe */
int sim_blade_override(struct sim_blade *b, uint16_t rid, const char *driver);
int sim_blade_autoprobe(struct sim_blade *b, uint16_t rid, bool on);
int sim_blade_remove(struct sim_blade *b, struct mr_now now, uint16_t rid);
int sim_blade_rescan(struct sim_blade *b, struct mr_now now);
int sim_blade_reset(struct sim_blade *b, struct mr_now now, uint16_t rid);
int sim_blade_slot_set_power(struct sim_blade *b, struct mr_now now, unsigned slot, bool on,
			     int64_t *ret_done_ns);
/* The extension: one byte a slot; writing one byte is a State Array write (the writer reads
 * back). */
int sim_blade_vf_state_read(struct sim_blade *b, struct mr_now now, uint16_t rid,
			    unsigned index, uint8_t *ret);
int sim_blade_vf_state_write(struct sim_blade *b, struct mr_now now, uint16_t rid,
			     unsigned index, uint8_t v);

/* uevents in the kernel's format ("add@/devices/...\0ACTION=add\0...SEQNUM=n\0"), one a call;
 * false = none. */
bool sim_blade_uevent(struct sim_blade *b, struct mr_buf *ret);
/* "/devices/pci0000:00/0000:00:01.0/0000:01:00.0/..." of a device. */
void sim_blade_devpath(const struct sim_blade *b, const struct sim_dev *d, struct mr_buf *ret);

#endif
