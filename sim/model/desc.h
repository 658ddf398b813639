/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Chassis description (INTERFACES, "Chassis description"): YAML in, checked structs out.
 */
#ifndef SIM_MODEL_DESC_H
#define SIM_MODEL_DESC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/ids.h"
#include "common/pci/regmap.h"
#include "sim/model/chassis.h"

struct mr_diags;

enum sim_kind {
	SIM_KIND_MRA,
	SIM_KIND_SRIOV,
	SIM_KIND_BASE
};
enum sim_blade_kind {
	SIM_BLADE_FACE,
	SIM_BLADE_QEMU
};

struct sim_bar_desc {
	uint64_t size; /* bytes, power of two >= 4096, 0 = none */
	bool mem64;
	bool prefetch;
};

/* A resource that the VFs of a PF share, in the units of regmap.h. */
struct sim_res_desc {
	uint64_t total, base, max, step;
};

/* A shape that the device can be switched to. */
struct sim_mode_desc {
	char name[32];
	unsigned vfs, vhs; /* as of the model */
};

struct sim_model_desc {
	char name[MR_NAME_MAX];
	enum sim_kind kind;
	enum mr_class device_class;
	uint16_t vendor, device, vf_device;
	unsigned pfs; /* = number of ports where the model has ports, else 1 */
	unsigned ports;
	uint64_t port_mbps[MR_MAX_PFS];
	unsigned link_speed; /* units of 100 MT/s: 16GT = 160 */
	unsigned link_width;
	unsigned vfs;		    /* per PF */
	unsigned vhs;		    /* device VHs of an mra model, VH 0 included */
	struct sim_bar_desc bar[6]; /* of one VF, or of the function of a base device */
	unsigned msix;
	bool dependent_pfs; /* function dependency links: the PFs are one circle */
	int64_t flr_ns, vf_enable_ns;
	uint64_t rate_step_mbps; /* default 1 */
	uint64_t lacks;		 /* MR_CT_CAP_* that its class has and it has not */
	unsigned mtu;		 /* largest */
	unsigned acl_rules;	 /* filter rules of a VF, ethernet */
	unsigned config_spaces;	 /* of mra models; 0 = enough for all */
	int64_t scrub_ns;	 /* of a function's memory, of a namespace */
	struct sim_res_desc res[MR_RES_COUNT];
	struct sim_mode_desc mode[MR_MAX_MODES];
	unsigned modes; /* vfs and vhs are those of mode 0, later of the one in effect */
};

struct sim_adapter_desc {
	unsigned slot;
	char name[MR_NAME_MAX];
	unsigned model; /* index */
	char serial[32];
	bool present; /* default true */
};

#define SIM_ROOTS_MAX 8 /* of one server */

struct sim_host_desc {
	unsigned slot;
	char name[MR_NAME_MAX];
	/* the server whose second, third... root it is: what that says of power, kernel and
	 * isolation holds for it, too. "" = it is a server of its own, or its first root */
	char root_of[MR_NAME_MAX];
	unsigned lead; /* slot of that server's first root; its own */
	enum sim_blade_kind kind;
	unsigned link_speed, link_width;
	unsigned bridges;	/* virtual bridges of its VS; default min(reserved buses, 30) */
	unsigned reserve_buses; /* hotplugReserve: of the whole VH, shared equally by its
				   bridges */
	uint64_t reserve_mmio, reserve_mmio64;
	bool power; /* at start; default true */
	/* its kernel has the extension of HANDOVER 14; default true for face */
	bool vf_migration;
	bool attention_button;		/* of its slots, default false */
	struct sim_isolation isolation; /* default all */
	unsigned cut_answer;		/* as PORT_CUT_ANSWER */
};

struct sim_desc {
	char name[MR_NAME_MAX];
	char serial[32];
	unsigned ports;
	char management_root[MR_NAME_MAX]; /* host that is VH 0's root; "" = embedded */
	unsigned management;		   /* its slot, 0 = none */
	enum mr_sw_nvm nvm;
	unsigned cut_answer;	   /* as SW_CUT_ANSWER */
	unsigned event_entries;	   /* default 1024 */
	int64_t hop_ns, effect_ns; /* time of a TLP per hop (1us); longest effect time of a
				      table write at a port (10us) */
	int64_t slot_ns;	   /* time of a slot command, default 0 */
	struct sim_host_desc *host;
	unsigned hosts;
	struct sim_model_desc *model;
	unsigned models;
	struct sim_adapter_desc *adapter;
	unsigned adapters;
};

/*
 * Reads a ChassisModel document. All findings go to 'diags' (file:line:col, key path,
 * expectation, nearest key). 0, or -EINVAL with *ret NULL. Limits (255 hosts, 512 ports, 253
 * bridges, buses, VFs) are refused with their arithmetic.
 */
int sim_desc_read(const char *file, const char *text, size_t len, struct sim_desc **ret,
		  struct mr_diags *diags);
void sim_desc_free(struct sim_desc *d);

/* Fills in what a model of its class has where nothing was said (a total of 0). */
void sim_model_complete(struct sim_model_desc *m);
/* VFs per PF in the mode that has most: VH 0 has room for them. */
unsigned sim_model_most_vfs(const struct sim_model_desc *m);
/* MR_CT_CAP_* of a model. */
uint64_t sim_model_caps(const struct sim_model_desc *m);

/* Device models that need no description: the one called 'name', the i-th (NULL: none). */
const struct sim_model_desc *sim_profile_find(const char *name);
const struct sim_model_desc *sim_profile(unsigned i);

#endif
