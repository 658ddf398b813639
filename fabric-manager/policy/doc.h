/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a policy document says, as structs: one spec struct per kind of POLICY.md, every key
 * with the place where it was written. The structs are filled, printed, compared and freed by
 * the tables of table.h; nothing else knows the keys' names. A value that was not written holds
 * its default and has at.line = 0.
 */
#ifndef FABRIC_MANAGER_POLICY_DOC_H
#define FABRIC_MANAGER_POLICY_DOC_H

#include <stdbool.h>
#include <stdint.h>

#include "common/ids.h"
#include "fabric-manager/policy/doc_enum.h"

#define FM_DOC_API   "banyan/v1"
#define FM_UNLIMITED INT64_MAX /* the words "none" of a limit and "max" of provision */

/* Where a key was written; line 0 = it was not. */
struct fm_at {
	unsigned line;
	unsigned col;
};

/* Names, texts and identities (in canonical spelling); s = NULL when not written, or for the
 * word "none". */
struct fm_text {
	struct fm_at at;
	char *s;
};

/*
 * Everything that counts: whole numbers, booleans, enums, percent (90% = 90), ratios (2.0 =
 * 2000), rates in bit/s, sizes in bytes, times in ns, times of day in minutes, shares (a count,
 * or a percentage as a negative number).
 */
struct fm_num {
	struct fm_at at;
	int64_t v;
};

#define FM_LIST(type)            \
	struct {                 \
		struct fm_at at; \
		unsigned n;      \
		type *item;      \
	}

struct fm_label {
	struct fm_text key;
	struct fm_text value;
};
struct fm_labels { /* sorted by key */
	struct fm_at at;
	unsigned n;
	struct fm_label *item;
};
struct fm_texts {
	struct fm_at at;
	unsigned n;
	struct fm_text *item;
};
struct fm_nums {
	struct fm_at at;
	unsigned n;
	struct fm_num *item;
};

struct fm_doc_meta {
	struct fm_at at;
	struct fm_text name;
	struct fm_labels labels;
	struct fm_labels annotations;
};

struct fm_doc_host {
	struct fm_at at;
	struct fm_num suspend;
	struct fm_text chassis;
	struct fm_nums ports;
	struct fm_num cordoned;
	struct fm_doc_host_power {
		struct fm_at at;
		struct fm_text bmc;
	} power;
};

struct fm_doc_adapter_port {
	struct fm_at at;
	struct fm_num index;
	struct fm_labels labels;
};

struct fm_doc_adapter {
	struct fm_at at;
	struct fm_num suspend;
	struct fm_text chassis;
	struct fm_text slot;
	struct fm_text serial;
	FM_LIST(struct fm_doc_adapter_port) ports;
	struct fm_text mode;
	struct fm_num on_replace; /* enum fm_doc_on_replace; not written: ask unless
				     vendor:device is the same */
};

struct fm_doc_match_expr {
	struct fm_at at;
	struct fm_text key;
	struct fm_num operator; /* enum fm_doc_operator */
	struct fm_texts values;
};

struct fm_doc_host_selector {
	struct fm_at at;
	struct fm_num match_all;
	struct fm_labels match_labels;
	FM_LIST(struct fm_doc_match_expr) match_expressions;
};

struct fm_doc_failover {
	struct fm_at at;
	struct fm_num mode; /* enum fm_doc_failover_mode */
	struct fm_doc_failover_triggers {
		struct fm_at at;
		struct fm_num agent_lost;     /* ns; not written: the trigger is off */
		struct fm_num host_link_down; /* ns */
		struct fm_num power_off;
		struct fm_num fatal_error;
	} triggers;
	struct fm_num quorum;
	struct fm_num reboot_grace;
	struct fm_doc_failover_fence {
		struct fm_at at;
		struct fm_num required;
		struct fm_nums methods; /* enum fm_doc_fence_method; not written: switch */
	} fence;
	struct fm_num hold_down;
	struct fm_num failback; /* enum fm_doc_failback */
	struct fm_num max_concurrent;
	struct fm_num mass_window;
};

struct fm_doc_host_group {
	struct fm_at at;
	struct fm_num suspend;
	struct fm_texts hosts;
	struct fm_doc_host_selector host_selector;
	struct fm_texts spares;
	struct fm_doc_failover failover;
};

struct fm_doc_adapter_selector {
	struct fm_at at;
	struct fm_num match_all;
	struct fm_num class; /* enum fm_doc_class, -1 = not written */
	struct fm_texts chassis;
	struct fm_texts slots;
	struct fm_nums ports;
	struct fm_text vendor; /* four hex digits, small letters */
	struct fm_text device;
	struct fm_texts serials;
	struct fm_texts addresses;
	struct fm_num link_type;
	struct fm_num min_link_speed; /* bit/s, 0 = any */
	struct fm_labels match_labels;
};

struct fm_doc_adapter_pool {
	struct fm_at at;
	struct fm_num suspend;
	struct fm_doc_adapter_selector selector;
	struct fm_doc_pool_partition {
		struct fm_at at;
		struct fm_text vfs; /* canonical: ascending, no overlap; see fm_vfset_next */
	} partition;
	struct fm_num provision; /* VFs per PF, FM_UNLIMITED = max */
	struct fm_num share;	 /* enum fm_doc_share */
	struct fm_doc_pool_bandwidth {
		struct fm_at at;
		struct fm_num reservable;	/* percent */
		struct fm_num oversubscription; /* thousandths; 0 = free */
	} bandwidth;
	struct fm_num externally_managed;
	struct fm_doc_pool_require {
		struct fm_at at;
		struct fm_num iommu;
		struct fm_num interrupt_remapping;
		struct fm_num acs;
	} require;
	struct fm_texts spares;
};

struct fm_doc_ident_range {
	struct fm_at at;
	struct fm_text start;
	struct fm_text end;
};

struct fm_doc_identity_pool {
	struct fm_at at;
	struct fm_num suspend;
	struct fm_num type; /* enum mr_ident_type */
	FM_LIST(struct fm_doc_ident_range) ranges;
	struct fm_num reuse_after;
};

struct fm_doc_acl {
	struct fm_at at;
	struct fm_text match;
	struct fm_num action; /* enum fm_doc_acl_action */
};

struct fm_doc_port_profile {
	struct fm_at at;
	struct fm_num suspend;
	struct fm_doc_port_vlan {
		struct fm_at at;
		struct fm_num access;
		struct fm_nums trunk;
		struct fm_num native;
		struct fm_num qos;
		struct fm_num protocol; /* enum fm_doc_vlan_protocol */
	} vlan;
	struct fm_num spoof_check; /* -1 = not written */
	struct fm_num trust;
	struct fm_num link_state; /* enum fm_doc_link_state */
	struct fm_num mtu;
	struct fm_num bridging;
	FM_LIST(struct fm_doc_acl) acl;
	struct fm_num personality;
	struct fm_doc_port_vsi {
		struct fm_at at;
		struct fm_text manager_id;
		struct fm_num type_id;
		struct fm_num type_version;
	} vsi;
	struct fm_text mirror_to;
	struct fm_text zone;
	struct fm_texts pkey;
};

struct fm_doc_qos_class {
	struct fm_at at;
	struct fm_num suspend;
	struct fm_num guaranteed; /* bit/s, 0 = none */
	struct fm_num limit;	  /* bit/s, FM_UNLIMITED = none */
	struct fm_num burst;
	struct fm_num weight;
};

/* One identity of a device: a literal value, or the pool that gives one. */
struct fm_doc_identity_ref {
	struct fm_at at;
	struct fm_text literal;
	struct fm_text pool;
};
/* the types that a device can carry: mac, wwpn, wwnn, guid */
#define FM_DOC_IDENTS (MR_IDENT_GUID + 1)

struct fm_doc_boot_target {
	struct fm_at at;
	struct fm_text wwpn;
	struct fm_num lun;
	struct fm_text iqn;
	struct fm_text portal;
};

struct fm_doc_namespace {
	struct fm_at at;
	struct fm_text name;
	struct fm_num size;
	struct fm_num block_size;
	struct fm_num sharing;
	struct fm_num on_delete;
};

/* A name of a QosClass, or the values in place. */
struct fm_doc_device_qos {
	struct fm_at at;
	struct fm_text name;
	struct fm_num guaranteed;
	struct fm_num limit;
	struct fm_num weight;
};

struct fm_doc_device {
	struct fm_at at;
	struct fm_text name;
	struct fm_num class; /* enum fm_doc_class */
	struct fm_text pool;
	struct fm_doc_device_count {
		struct fm_at at;
		struct fm_num n; /* the plain form */
		struct fm_num min;
		struct fm_num max;
	} count;
	struct fm_doc_device_qos qos;
	struct fm_text port_profile;
	struct fm_doc_device_identity {
		struct fm_at at;
		struct fm_doc_identity_ref ref[FM_DOC_IDENTS]; /* by enum mr_ident_type */
	} identity;
	struct fm_num driver; /* enum fm_doc_driver */
	struct fm_doc_device_boot {
		struct fm_at at;
		struct fm_num order;
		struct fm_num method;
		FM_LIST(struct fm_doc_boot_target) targets;
	} boot;
	struct fm_doc_device_storage {
		struct fm_at at;
		struct fm_num iops_limit;
		FM_LIST(struct fm_doc_namespace) namespaces;
	} storage;
	struct fm_doc_device_gpu {
		struct fm_at at;
		struct fm_num framebuffer;
		struct fm_num time_slice;
		struct fm_doc_gpu_watchdog {
			struct fm_at at;
			struct fm_num timeout;
			struct fm_num escalate;
		} watchdog;
	} gpu;
	struct fm_num queues;
	struct fm_doc_device_consumer {
		struct fm_at at;
		struct fm_text vm;
	} consumer;
	struct fm_doc_device_ha {
		struct fm_at at;
		struct fm_num role;
		struct fm_text with;
		struct fm_num auto_switchover;
	} ha;
};

struct fm_doc_placement {
	struct fm_at at;
	struct fm_num type;	 /* enum fm_doc_placement_type */
	struct fm_num topology;	 /* enum fm_doc_topology */
	struct fm_texts devices; /* none written: all of the profile */
	struct fm_num max_skew;
	struct fm_num required;
};

struct fm_doc_window {
	struct fm_at at;
	struct fm_nums days;
	struct fm_num start;
	struct fm_num end;
	struct fm_text timezone;
};

struct fm_doc_update {
	struct fm_at at;
	struct fm_num strategy;
	struct fm_num max_unavailable;
	struct fm_nums allow;
	FM_LIST(struct fm_doc_window) windows;
	struct fm_doc_update_drain {
		struct fm_at at;
		struct fm_num mode; /* enum fm_doc_drain_mode */
		struct fm_num timeout;
	} drain;
	struct fm_num on_failure;
};

struct fm_doc_profile {
	struct fm_at at;
	struct fm_num suspend;
	struct fm_doc_profile_host {
		struct fm_at at;
		struct fm_text name; /* s = NULL with at set: the word none */
		struct fm_text group;
	} host;
	FM_LIST(struct fm_doc_device) devices;
	struct fm_text priority_class;
	FM_LIST(struct fm_doc_placement) placement;
	struct fm_num atomic;
	struct fm_doc_update update;
	struct fm_num on_release; /* enum fm_doc_on_release */
	struct fm_text domain;
};

struct fm_doc_template {
	struct fm_at at;
	struct fm_num suspend;
	struct fm_text host_group;
	struct fm_num replicas;
	struct fm_num mode; /* enum fm_doc_template_mode */
	struct fm_doc_profile template;
};

struct fm_doc_priority {
	struct fm_at at;
	struct fm_num suspend;
	struct fm_num value;
	struct fm_num preemption; /* enum fm_doc_preemption */
	struct fm_num grace;
	struct fm_num reclaim;
};

struct fm_doc_domain {
	struct fm_at at;
	struct fm_num suspend;
	struct fm_texts hosts;
	struct fm_texts adapters;
	struct fm_texts pools;
	struct fm_texts users;
};

struct fm_doc_fabric {
	struct fm_at at;
	struct fm_num suspend;
	struct fm_doc_fabric_drift {
		struct fm_at at;
		struct fm_num action;
		struct fm_num interval;
		struct fm_texts ignore;
	} drift;
	struct fm_doc_update update;
	struct fm_num unknown_hosts; /* enum fm_doc_unknown_hosts */
};

struct fm_doc {
	unsigned refs;
	enum fm_kind kind;
	char *file;
	char *text;	 /* fm_doc_text; NULL = nobody asked yet */
	struct fm_at at; /* of the document */
	struct fm_doc_meta meta;
	union {
		struct fm_doc_host host;
		struct fm_doc_adapter adapter;
		struct fm_doc_host_group host_group;
		struct fm_doc_adapter_pool adapter_pool;
		struct fm_doc_identity_pool identity_pool;
		struct fm_doc_port_profile port_profile;
		struct fm_doc_qos_class qos_class;
		struct fm_doc_profile profile;
		struct fm_doc_template template;
		struct fm_doc_priority priority;
		struct fm_doc_domain domain;
		struct fm_doc_fabric fabric;
	} spec;
};

const char *fm_kind_name(enum fm_kind k);
int fm_kind_parse(const char *s);	       /* -1 = none */
const char *fm_doc_class_name(int64_t class_); /* of enum fm_doc_class */

/* A document of 'kind' with every default, one reference, no name. */
struct fm_doc *fm_doc_new(enum fm_kind kind);
struct fm_doc *fm_doc_ref(struct fm_doc *d);
void fm_doc_unref(struct fm_doc *d); /* NULL is accepted */
/* Whether two documents say the same: places, order of keys and defaults written out do not
 * count. */
bool fm_doc_equal(const struct fm_doc *a, const struct fm_doc *b);

/* The functions that a device must and may have: of a plain count both are it. */
int64_t fm_doc_count_min(const struct fm_doc_device *d);
int64_t fm_doc_count_max(const struct fm_doc_device *d);

/* Walks a canonical VF set "0-3,7": true and the next range, '*pos' moves on; false at the
 * end. */
bool fm_vfset_next(const char **pos, unsigned *ret_first, unsigned *ret_last);

#endif
