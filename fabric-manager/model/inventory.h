/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is there, as read from switch and adapters: always re-read, never assumed. mrpcim fills
 * it, everyone else reads it. Arrays are owned by the inventory; indices are stable for one
 * chassis as long as its ports are.
 */
#ifndef FABRIC_MANAGER_MODEL_INVENTORY_H
#define FABRIC_MANAGER_MODEL_INVENTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "common/pci/regmap.h"
#include "fabric-manager/model/ids.h"

enum fm_adapter_kind {
	FM_ADAPTER_MRA,
	FM_ADAPTER_SRIOV,
	FM_ADAPTER_BASE
};
const char *fm_adapter_kind_name(enum fm_adapter_kind k);

/* One MVF as its row reads (or, pf = FM_WHOLE, a whole device: only row, cookie and blocked
 * mean something). */
struct fm_fn {
	uint64_t cookie;
	uint16_t owner_vh; /* system VH that the adapter gives it to; 0 = pool */
	uint16_t lvf_slot; /* 0 = none */
	uint8_t state;	   /* enum mr_vf_state in its owner's PF */
	uint8_t block;	   /* VF_BLOCK */
	bool gate_open;
	uint32_t status; /* MR_VF_* */
	uint32_t resets, remaps;
	bool unread; /* nobody answered at the last reading: as it was read before */
	uint16_t row_vs, row_bridge; /* bridge row (not FREE) that targets it; row_bridge
					FM_NO_BRIDGE = none */
	struct fm_attrs attrs;
};

struct fm_bar {
	uint64_t size; /* of one VF or of the device; 0 = none */
	uint64_t base; /* VH 0: of VF 1 (VF BAR) or of the device */
	uint8_t flags; /* MR_BAR_64, MR_BAR_PREF */
};

/* Guarantees may take this much of a PCIe link's raw speed (POLICY, "Arithmetic of
 * admission"); the rest is headers and flow control. */
#define FM_LINK_SHARE_PERCENT 85

/* How a PF's total of a resource is handed out: every VF has 'base' in any case, up to 'max' in
 * steps above it; the sum over all VFs, bases included, is 'used'. */
struct fm_amounts {
	uint32_t base, max, step, used;
};

struct fm_namespace {
	uint64_t size, cookie, uuid[2];
	uint8_t block_shift; /* blocks of 2^n bytes */
	bool exists, shared, erasing, written;
	uint16_t attached; /* to so many VFs */
};

/* A slot of an LVF that the device gives to nobody (HANDOVER 6). */
struct fm_buried {
	uint16_t vh; /* system VH: the host port */
	uint16_t pf, slot;
};

struct fm_pf {
	uint64_t net_mbps; /* of its network port, 0 = none */
	uint16_t numvfs;   /* enabled in VH 0, 0 = not yet provisioned */
	uint16_t rid;	   /* in VH 0 */
	uint16_t vf_offset, vf_stride;
	struct fm_bar vf_bar[6];
	uint8_t net_port; /* 1 + network port of the adapter; 0 = one of its own */
	uint8_t depends;  /* 1 + next PF of its Function Dependency List; 0 = on none */
	/* what its functions share, by enum fm_resource; 0 = not told, not counted */
	uint32_t total[FM_RESOURCE_COUNT];
	struct fm_amounts amount[FM_RESOURCE_COUNT];
	struct fm_namespace *ns; /* fm_adapter.namespaces of them */
};
/* What a VF is set to so that it has 'want' of a resource: 0 = its base is enough, else the
 * next step; UINT32_MAX = no VF of the PF can have that much. */
uint32_t fm_pf_amount(const struct fm_pf *pf, enum fm_resource r, uint32_t want);

/* How far an adapter's capabilities reach; 0 = not at all. */
struct fm_limits {
	uint16_t mtu, weight;
	uint32_t burst_kib;
	uint8_t trunk_ranges, pkeys, acl_rules;
	uint32_t iops, slice_us, watchdog_ms;
	int64_t scrub_ns;     /* of device memory, or of a namespace */
	uint32_t block_sizes; /* bit n: namespaces may have blocks of 2^n bytes */
};

/* A shape that an adapter can be switched to, when none of its functions is used. */
struct fm_mode {
	char name[32];
	uint16_t vfs, vhs;
};

struct fm_adapter {
	char name[MR_NAME_MAX];
	char serial[32];
	uint16_t port, slot;
	bool present; /* it answers */
	bool link;
	bool plugged; /* in its slot, with power, whether it answers or not */
	bool flaps;   /* its link is held to be down: nothing new is placed here */
	enum fm_adapter_kind kind;
	enum mr_class device_class;
	uint16_t vendor, device, vf_device;
	uint16_t subvendor, subdevice;
	uint8_t revision;
	uint8_t pfs;
	uint16_t vfs; /* per PF: TotalVFs in VH 0 */
	uint16_t vhs; /* device VHs, 0 = not multi-root */
	uint16_t *
		vh_of; /* vhs entries: system VH of device VH d, FM_WHOLE = disabled; [0] = 0 */
	struct fm_mode mode[MR_MAX_MODES];
	uint8_t modes, mode_now; /* 0 modes: it has no choice */
	uint32_t caps;		 /* MR_CT_CAP_* */
	uint32_t rate_step_mbps;
	struct fm_limits limits;
	uint16_t namespaces;	       /* rows of each PF, 0 = none */
	uint64_t link_mbps;	       /* PCIe, raw */
	uint64_t link_reservable_mbps; /* of it for guarantees; 0 = FM_LINK_SHARE_PERCENT */
	int64_t flr_ns; /* Readiness Time Reporting, or the specification's default */
	uint16_t msix;
	uint32_t msix_table; /* BIR and offset as in the capability */
	struct fm_pf pf[MR_MAX_PFS];
	struct fm_bar bar[6]; /* base devices */
	struct fm_buried *buried;
	unsigned burieds;
	struct fm_fn *fn; /* pfs * vfs, [pf * vfs + vf]; base devices: 1 */
};

/* What it is known by, and whether 'c' is that one as far as it says. */
struct fm_card fm_adapter_card(const struct fm_adapter *a);
bool fm_card_is(const struct fm_card *c, const struct fm_adapter *a);

struct fm_bridge {
	uint8_t state; /* enum mr_row_state */
	bool unread;   /* its state read as none of them: as it was read before */
	bool tombstone;
	uint32_t status; /* MR_ROW_* */
	uint64_t target; /* MR_TARGET() */
	uint64_t cookie;
	uint8_t bus_first, bus_last; /* 0, 0 = the host assigned none */
	uint64_t mmio, mmio64;	     /* bytes */
	uint32_t maps;
};

struct fm_host {
	char name[MR_NAME_MAX]; /* slot name in the port table */
	uint16_t port;		/* = VS = VH */
	uint16_t slot;
	bool present, power, link;
	bool flaps; /* as an adapter's */
	enum mr_port_auth auth;
	uint64_t boots, link_downs;
	uint64_t link_mbps;
	uint64_t link_reservable_mbps; /* as an adapter's */
	uint16_t bridges;
	struct fm_bridge *bridge;
};

struct fm_chassis {
	char name[MR_NAME_MAX];
	char serial[33];
	/* false until a first full read ended, and after the connection was lost */
	bool observed;
	uint64_t owner_id, owner_epoch, generation, writes, refused;
	int64_t effect_ns;
	enum mr_sw_nvm nvm;
	/* the host that is VH 0's root, if one is (port 0: the switch itself is); it is none of
	 * 'host': nothing is given to it */
	uint16_t root_port;
	char root_name[MR_NAME_MAX];
	struct fm_host *host;
	unsigned hosts;
	struct fm_adapter *adapter;
	unsigned adapters;
};

struct fm_inventory {
	struct fm_chassis *chassis;
	unsigned n;
	uint64_t revision; /* grows with every change */
};

/* Index of the mode 'name', -1 when the adapter has none such. */
int fm_adapter_mode(const struct fm_adapter *a, const char *name);

struct mr_buf;
/* Whether a function of the adapter can be set to 'at', rates and identities aside; what it
 * lacks goes in words to 'why' (may be NULL). */
bool fm_adapter_can(const struct fm_adapter *a, const struct fm_attrs *at, struct mr_buf *why);

void fm_inventory_done(struct fm_inventory *inv);
void fm_chassis_done(struct fm_chassis *c);
/* Deep copy into an uninitialised 'to'. */
void fm_chassis_copy(struct fm_chassis *to, const struct fm_chassis *from);

/* Whether it is in its slot; and whether it does not answer there, so that its tables are as
 * they were: only one that is pulled has lost them. NULL is nowhere. */
bool fm_adapter_in_slot(const struct fm_adapter *a);
bool fm_adapter_is_mute(const struct fm_adapter *a);
struct fm_adapter *fm_adapter_by_port(const struct fm_inventory *inv, unsigned chassis,
				      unsigned port);
struct fm_adapter *fm_adapter_by_name(const struct fm_inventory *inv, const char *name,
				      unsigned *ret_chassis); /* "A" or "C/A" */
struct fm_host *fm_host_by_port(const struct fm_inventory *inv, unsigned chassis,
				unsigned port);
struct fm_host *fm_host_by_name(const struct fm_inventory *inv, const char *name,
				unsigned *ret_chassis);
struct fm_fn *fm_fn_get(const struct fm_inventory *inv,
			struct fm_fn_id id); /* NULL when it does not exist */

#define FM_FN_TEXT 144
/* "nic-left/pf0/vf3", "gpu0"; with the chassis in front where the inventory has several. buf of
 * FM_FN_TEXT bytes. */
const char *fm_fn_text(const struct fm_inventory *inv, struct fm_fn_id id, char *buf);
int fm_fn_parse(const struct fm_inventory *inv, const char *text, struct fm_fn_id *ret);

#endif
