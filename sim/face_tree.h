/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sysfs tree of the blades as tables: one row per file, link or folder, with the folder it
 * stands in, who has it, and what reading and writing do. Nothing is stored: a place in the
 * tree is a number (the inode) that names folder kind, blade and device, so a device that went
 * away takes its places along. face_bus.c, face_dev.c, face_class.c hold the rows; face.c
 * speaks FUSE.
 */
#ifndef SIM_FACE_TREE_H
#define SIM_FACE_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/now.h"
#include "common/str.h"

struct sim_blade;
struct sim_dev;
struct sim_world;

enum face_dir {
	D_FILE, /* no folder: a file or link */
	D_ROOT, /* inode 1 */
	D_BLADE,
	D_BUS,
	D_PCI,
	D_PCI_DEVICES,
	D_SLOTS,
	D_SLOT,
	D_DRIVERS,
	D_DRIVER,
	D_DEVICES,
	D_PCI_ROOT,
	D_DEV,
	D_MSI,
	D_CLASS,
	D_CLASS_LIST, /* class/net and its like: sub = class */
	D_DEV_CLASS,  /* net/ below a device */
	D_NET,
	D_NET_STATS,
	D_NVME,
	D_NVME_NS,
	D_NVME_QUEUE,
	D_VIRTUAL, /* devices/virtual */
	D_SUBSYS_LIST,
	D_SUBSYS, /* sub = number */
	D_IB,
	D_IB_PORTS,
	D_IB_PORT,
	D_IB_GIDS,
	D_IB_PKEYS,
	D_IB_COUNTERS,
	D_VERBS_LIST, /* infiniband_verbs/ below a device */
	D_VERBS,
	D_SCSI,	      /* hostN below a device */
	D_FC_LIST,    /* hostN/fc_host */
	D_FC,	      /* hostN/fc_host/hostN */
	D_SHOST_LIST, /* hostN/scsi_host */
	D_SHOST,
	D_KERNEL,
	D_GROUPS,
	D_GROUP,
	D_GROUP_DEVICES,
	D_IRQS,
	D_IRQ,
	D_COUNT
};

/* How a row multiplies: which things of the folder's surroundings it stands for. */
enum face_each {
	EACH_ONE,
	EACH_BLADE,
	EACH_DEV,	/* every device of the blade */
	EACH_DOMAIN,	/* PCI domains: roots of the server */
	EACH_CHILD,	/* devices right below this one, or on bus 0 */
	EACH_BOUND,	/* devices of a driver */
	EACH_CLASS_DEV, /* devices with a class device of the folder's class, by its name */
	EACH_OWN_CLASS, /* the class device of this device, by its name */
	EACH_OWN_VERBS, /* and its uverbsN */
	EACH_CLASS,	/* the folders of class/ */
	EACH_SLOT,
	EACH_DRIVER,
	EACH_GROUP,
	EACH_IN_GROUP,
	EACH_VIRTFN,
	EACH_BAR,
	EACH_VECTOR,
	EACH_PKEY,
	EACH_NS,     /* namespaces of an NVMe controller */
	EACH_SUBSYS, /* NVMe subsystems of the blade */
	EACH_CTRL,   /* controllers of a subsystem */
};

/* A place. 'dev' is resolved from rid and serial; NULL where the place is no device's. */
struct face_at {
	enum face_dir dir; /* D_FILE: row says what */
	unsigned row, vh, sub;
	uint16_t rid, serial;
	struct sim_world *world;
	struct sim_blade *blade;
	const struct sim_dev *dev;
};

struct face_row {
	enum face_dir in;
	const char *name;  /* printf format of the number where the row has one (slots, BARs) */
	unsigned mode;	   /* permission bits of a file, 0 = folder or link */
	enum face_dir dir; /* folder that it opens; D_FILE otherwise */
	enum face_each each;
	bool (*has)(const struct face_at *at); /* NULL: always there */
	/* Appends the contents, or the target's path inside the blade's tree for a link. */
	int (*read)(const struct face_at *at, struct mr_buf *out);
	int (*write)(const struct face_at *at, const char *text, size_t len, size_t off,
		     int64_t *ret_done_ns);
	/* Files with offsets: reads into 'out' at 'off'; size for stat. */
	int (*read_at)(const struct face_at *at, size_t off, size_t len, struct mr_buf *out);
	uint64_t (*size)(const struct face_at *at);
	bool link;
};

extern const struct face_row face_bus_rows[], face_dev_rows[], face_class_rows[],
	face_nvme_rows[];
extern const unsigned face_bus_row_count, face_dev_row_count, face_class_row_count,
	face_nvme_row_count;

/* Place <-> inode. face_open: 0, -ENOENT when the thing is gone. */
uint64_t face_ino(const struct face_at *at);
int face_open(struct sim_world *w, uint64_t ino, struct face_at *ret);
const struct face_row *face_row_of(const struct face_at *at); /* of a D_FILE place */

/* Walks the entries of a folder: false at the end; *cursor starts at {0}. */
struct face_cursor {
	unsigned row;
	unsigned n;
};
#define FACE_NAME_MAX 64
bool face_next(const struct face_at *dir, struct face_cursor *cur, struct face_at *ret,
	       char name[FACE_NAME_MAX]);
int face_lookup(const struct face_at *dir, const char *name, struct face_at *ret);
/* Whether 'at' stays in 'dir' as long as that is there: nothing but the folder decides on it.
 */
bool face_lasts(const struct face_at *dir, const struct face_at *at);
int face_readlink(const struct face_at *link, struct mr_buf *out);
/* Walks "blade01/bus/pci/rescan"; for tests and for the control socket. */
int face_walk(struct sim_world *w, const char *path, struct face_at *ret);

/* The n-th device of the whole server, over all roots; NULL past the last. */
const struct sim_dev *face_dev(const struct face_at *at, unsigned n, struct face_at *ret);
/* The device of that address ("0001:02:03.1") of the server; false where there is none. */
bool face_find(const struct face_at *at, const char *address, struct face_at *ret);
/* "0001:02:03.1" of a device of the root that the place is in. */
const char *face_address(const struct face_at *at, uint16_t rid, char *buf);
struct mr_now face_now(const struct face_at *at);
/* A number as kstrtoul reads it; -EINVAL. */
int face_number(const char *text, size_t len, unsigned long *ret);
/* Text of a small number file, without blanks and newline at the end. */
void face_trim(const char *text, size_t len, char *ret, size_t size);

/* The classes of class/, by 'sub'; NULL past the last. */
const char *face_class_name(unsigned sub);
/* face_nvme.c: the n-th namespace of a controller's folder, the n-th subsystem, the n-th
 * controller of a subsystem's folder; false past the last. */
bool face_nvme_ns(const struct face_at *dir, unsigned n, char name[FACE_NAME_MAX]);
bool face_nvme_subsys(const struct face_at *dir, unsigned n, char name[FACE_NAME_MAX]);
bool face_nvme_ctrl(const struct face_at *dir, unsigned n, struct face_at *ret,
		    char name[FACE_NAME_MAX]);
/* What a class driver would read of the place's function. */
struct sim_fn_view face_view(const struct face_at *at);
int face_l_pci_device(const struct face_at *at, struct mr_buf *out);
int face_l_subsystem(const struct face_at *at, struct mr_buf *out);
bool face_is_nvme(const struct face_at *at);
/* face_stats.c: a file of net/NAME/statistics */
int face_stat(const struct face_at *at, struct mr_buf *out);
/* face_aer.c */
bool face_has_errors(const struct face_at *at);
int face_aer_correctable(const struct face_at *at, struct mr_buf *out);
int face_aer_nonfatal(const struct face_at *at, struct mr_buf *out);
int face_aer_fatal(const struct face_at *at, struct mr_buf *out);
/* Offset of a capability in the device's configuration space, 0 = none. */
unsigned face_cap(const struct face_at *at, unsigned id);
uint32_t face_cfg(const struct face_at *at, unsigned off, unsigned width);

#endif
