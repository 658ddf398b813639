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

#define FM_ENUM_VALUE(id, text) id,
#define FM_ENUM_TEXT(id, text)	text,

#define FM_DOC_KINDS(X)                                \
	X(FM_KIND_HOST, "Host")                        \
	X(FM_KIND_ADAPTER, "Adapter")                  \
	X(FM_KIND_HOST_GROUP, "HostGroup")             \
	X(FM_KIND_ADAPTER_POOL, "AdapterPool")         \
	X(FM_KIND_IDENTITY_POOL, "IdentityPool")       \
	X(FM_KIND_PORT_PROFILE, "PortProfile")         \
	X(FM_KIND_QOS_CLASS, "QosClass")               \
	X(FM_KIND_SERVER_PROFILE, "ServerProfile")     \
	X(FM_KIND_PROFILE_TEMPLATE, "ProfileTemplate") \
	X(FM_KIND_PRIORITY_CLASS, "PriorityClass")     \
	X(FM_KIND_DOMAIN, "Domain")                    \
	X(FM_KIND_FABRIC_POLICY, "FabricPolicy")
enum fm_kind {
	FM_DOC_KINDS(FM_ENUM_VALUE) FM_KIND_COUNT
};

#define FM_DOC_CLASSES(X)                              \
	X(FM_DOC_CLASS_ETHERNET, "ethernet")           \
	X(FM_DOC_CLASS_FIBRE_CHANNEL, "fibre-channel") \
	X(FM_DOC_CLASS_INFINIBAND, "infiniband")       \
	X(FM_DOC_CLASS_NVME, "nvme")                   \
	X(FM_DOC_CLASS_GPU, "gpu")                     \
	X(FM_DOC_CLASS_OTHER, "other")
enum fm_doc_class {
	FM_DOC_CLASSES(FM_ENUM_VALUE) FM_DOC_CLASS_COUNT
};

#define FM_DOC_ON_REPLACES(X)                    \
	X(FM_DOC_FOLLOW_SLOT, "follow-slot")     \
	X(FM_DOC_FOLLOW_SERIAL, "follow-serial") \
	X(FM_DOC_FOLLOW_ASK, "ask")
enum fm_doc_on_replace {
	FM_DOC_ON_REPLACES(FM_ENUM_VALUE) FM_DOC_FOLLOW_COUNT
};

#define FM_DOC_OPERATORS(X)           \
	X(FM_DOC_OP_IN, "In")         \
	X(FM_DOC_OP_NOT_IN, "NotIn")  \
	X(FM_DOC_OP_EXISTS, "Exists") \
	X(FM_DOC_OP_DOES_NOT_EXIST, "DoesNotExist")
enum fm_doc_operator {
	FM_DOC_OPERATORS(FM_ENUM_VALUE) FM_DOC_OP_COUNT
};

#define FM_DOC_FAILOVER_MODES(X)                  \
	X(FM_DOC_FAILOVER_AUTOMATIC, "automatic") \
	X(FM_DOC_FAILOVER_MANUAL, "manual")       \
	X(FM_DOC_FAILOVER_NONE, "none")
enum fm_doc_failover_mode {
	FM_DOC_FAILOVER_MODES(FM_ENUM_VALUE) FM_DOC_FAILOVER_COUNT
};

#define FM_DOC_FENCE_METHODS(X) X(FM_DOC_FENCE_SWITCH, "switch") X(FM_DOC_FENCE_POWER, "power")
enum fm_doc_fence_method {
	FM_DOC_FENCE_METHODS(FM_ENUM_VALUE) FM_DOC_FENCE_COUNT
};

#define FM_DOC_FAILBACKS(X) \
	X(FM_DOC_FAILBACK_AUTOMATIC, "automatic") X(FM_DOC_FAILBACK_MANUAL, "manual")
enum fm_doc_failback {
	FM_DOC_FAILBACKS(FM_ENUM_VALUE) FM_DOC_FAILBACK_COUNT
};

#define FM_DOC_LINK_TYPES(X)                    \
	X(FM_DOC_LINK_ETHERNET, "ethernet")     \
	X(FM_DOC_LINK_INFINIBAND, "infiniband") \
	X(FM_DOC_LINK_FIBRE_CHANNEL, "fibre-channel")
enum fm_doc_link_type {
	FM_DOC_LINK_TYPES(FM_ENUM_VALUE) FM_DOC_LINK_COUNT
};

#define FM_DOC_SHARES(X) X(FM_DOC_SHARE_SHARED, "shared") X(FM_DOC_SHARE_EXCLUSIVE, "exclusive")
enum fm_doc_share {
	FM_DOC_SHARES(FM_ENUM_VALUE) FM_DOC_SHARE_COUNT
};

#define FM_DOC_VLAN_PROTOCOLS(X) X(FM_DOC_VLAN_8021Q, "802.1q") X(FM_DOC_VLAN_8021AD, "802.1ad")
enum fm_doc_vlan_protocol {
	FM_DOC_VLAN_PROTOCOLS(FM_ENUM_VALUE) FM_DOC_VLAN_COUNT
};

#define FM_DOC_LINK_STATES(X)           \
	X(FM_DOC_LINK_AUTO, "auto")     \
	X(FM_DOC_LINK_ENABLE, "enable") \
	X(FM_DOC_LINK_DISABLE, "disable")
enum fm_doc_link_state {
	FM_DOC_LINK_STATES(FM_ENUM_VALUE) FM_DOC_LINK_STATE_COUNT
};

#define FM_DOC_BRIDGINGS(X)                     \
	X(FM_DOC_BRIDGE_VEB, "veb")             \
	X(FM_DOC_BRIDGE_VEPA, "vepa")           \
	X(FM_DOC_BRIDGE_SWITCHDEV, "switchdev") \
	X(FM_DOC_BRIDGE_ISOLATED, "isolated")
enum fm_doc_bridging {
	FM_DOC_BRIDGINGS(FM_ENUM_VALUE) FM_DOC_BRIDGE_COUNT
};

#define FM_DOC_PERSONALITIES(X)            \
	X(FM_DOC_PERSONALITY_NIC, "nic")   \
	X(FM_DOC_PERSONALITY_FCOE, "fcoe") \
	X(FM_DOC_PERSONALITY_ISCSI, "iscsi")
enum fm_doc_personality {
	FM_DOC_PERSONALITIES(FM_ENUM_VALUE) FM_DOC_PERSONALITY_COUNT
};

#define FM_DOC_DRIVERS(X)                     \
	X(FM_DOC_DRIVER_DEFAULT, "default")   \
	X(FM_DOC_DRIVER_VFIO_PCI, "vfio-pci") \
	X(FM_DOC_DRIVER_NONE, "none")
enum fm_doc_driver {
	FM_DOC_DRIVERS(FM_ENUM_VALUE) FM_DOC_DRIVER_COUNT
};

#define FM_DOC_BOOT_METHODS(X)        \
	X(FM_DOC_BOOT_PXE, "pxe")     \
	X(FM_DOC_BOOT_SAN, "san")     \
	X(FM_DOC_BOOT_ISCSI, "iscsi") \
	X(FM_DOC_BOOT_LOCAL, "local")
enum fm_doc_boot_method {
	FM_DOC_BOOT_METHODS(FM_ENUM_VALUE) FM_DOC_BOOT_COUNT
};

#define FM_DOC_SHARINGS(X) \
	X(FM_DOC_SHARING_EXCLUSIVE, "exclusive") X(FM_DOC_SHARING_SHARED, "shared")
enum fm_doc_sharing {
	FM_DOC_SHARINGS(FM_ENUM_VALUE) FM_DOC_SHARING_COUNT
};

#define FM_DOC_ON_DELETES(X) X(FM_DOC_DELETE_KEEP, "keep") X(FM_DOC_DELETE_ERASE, "erase")
enum fm_doc_on_delete {
	FM_DOC_ON_DELETES(FM_ENUM_VALUE) FM_DOC_DELETE_COUNT
};

#define FM_DOC_HA_ROLES(X) X(FM_DOC_HA_PRIMARY, "primary") X(FM_DOC_HA_SECONDARY, "secondary")
enum fm_doc_ha_role {
	FM_DOC_HA_ROLES(FM_ENUM_VALUE) FM_DOC_HA_COUNT
};

#define FM_DOC_PLACEMENTS(X)                 \
	X(FM_DOC_PLACE_SPREAD, "spread")     \
	X(FM_DOC_PLACE_PACK, "pack")         \
	X(FM_DOC_PLACE_AFFINITY, "affinity") \
	X(FM_DOC_PLACE_ANTI_AFFINITY, "antiAffinity")
enum fm_doc_placement_type {
	FM_DOC_PLACEMENTS(FM_ENUM_VALUE) FM_DOC_PLACE_COUNT
};

#define FM_DOC_TOPOLOGIES(X)              \
	X(FM_DOC_TOPO_ADAPTER, "adapter") \
	X(FM_DOC_TOPO_PORT, "port")       \
	X(FM_DOC_TOPO_SLOT, "slot")       \
	X(FM_DOC_TOPO_CHASSIS, "chassis") \
	X(FM_DOC_TOPO_NUMA, "numa")
enum fm_doc_topology {
	FM_DOC_TOPOLOGIES(FM_ENUM_VALUE) FM_DOC_TOPO_COUNT
};

#define FM_DOC_ON_RELEASES(X)            \
	X(FM_DOC_RELEASE_RESET, "reset") \
	X(FM_DOC_RELEASE_SCRUB, "scrub") \
	X(FM_DOC_RELEASE_RETAIN, "retain")
enum fm_doc_on_release {
	FM_DOC_ON_RELEASES(FM_ENUM_VALUE) FM_DOC_RELEASE_COUNT
};

#define FM_DOC_TEMPLATE_MODES(X) \
	X(FM_DOC_TEMPLATE_UPDATING, "updating") X(FM_DOC_TEMPLATE_INITIAL, "initial")
enum fm_doc_template_mode {
	FM_DOC_TEMPLATE_MODES(FM_ENUM_VALUE) FM_DOC_TEMPLATE_COUNT
};

#define FM_DOC_PREEMPTIONS(X) \
	X(FM_DOC_PREEMPT_NEVER, "Never") X(FM_DOC_PREEMPT_LOWER, "LowerPriority")
enum fm_doc_preemption {
	FM_DOC_PREEMPTIONS(FM_ENUM_VALUE) FM_DOC_PREEMPT_COUNT
};

#define FM_DOC_DRIFT_ACTIONS(X)            \
	X(FM_DOC_DRIFT_REPORT, "Report")   \
	X(FM_DOC_DRIFT_CORRECT, "Correct") \
	X(FM_DOC_DRIFT_IGNORE, "Ignore")
enum fm_doc_drift_action {
	FM_DOC_DRIFT_ACTIONS(FM_ENUM_VALUE) FM_DOC_DRIFT_COUNT
};

#define FM_DOC_STRATEGIES(X)                       \
	X(FM_DOC_ROLLING_UPDATE, "RollingUpdate")  \
	X(FM_DOC_ON_HOST_RESTART, "OnHostRestart") \
	X(FM_DOC_MANUAL_UPDATE, "Manual")          \
	X(FM_DOC_IMMEDIATE_UPDATE, "Immediate")
enum fm_doc_strategy {
	FM_DOC_STRATEGIES(FM_ENUM_VALUE) FM_DOC_STRATEGY_COUNT
};

#define FM_DOC_CHANGES(X)               \
	X(FM_DOC_CHANGE_NONE, "None")   \
	X(FM_DOC_CHANGE_LIVE, "Live")   \
	X(FM_DOC_CHANGE_RESET, "Reset") \
	X(FM_DOC_CHANGE_MOVE, "Move")   \
	X(FM_DOC_CHANGE_COUNT, "Count") \
	X(FM_DOC_CHANGE_HOST, "Host")
enum fm_doc_change {
	FM_DOC_CHANGES(FM_ENUM_VALUE) FM_DOC_CHANGES_COUNT
};

#define FM_DOC_DAYS(X)       \
	X(FM_DOC_MON, "mon") \
	X(FM_DOC_TUE, "tue") \
	X(FM_DOC_WED, "wed") \
	X(FM_DOC_THU, "thu") \
	X(FM_DOC_FRI, "fri") \
	X(FM_DOC_SAT, "sat") \
	X(FM_DOC_SUN, "sun")
enum fm_doc_day {
	FM_DOC_DAYS(FM_ENUM_VALUE) FM_DOC_DAY_COUNT
};

#define FM_DOC_DRAIN_MODES(X)              \
	X(FM_DOC_DRAIN_NONE, "none")       \
	X(FM_DOC_DRAIN_REQUEST, "request") \
	X(FM_DOC_DRAIN_FORCE, "force")
enum fm_doc_drain_mode {
	FM_DOC_DRAIN_MODES(FM_ENUM_VALUE) FM_DOC_DRAIN_COUNT
};

#define FM_DOC_ON_FAILURES(X)                  \
	X(FM_DOC_FAILURE_PAUSE, "pause")       \
	X(FM_DOC_FAILURE_ROLLBACK, "rollback") \
	X(FM_DOC_FAILURE_CONTINUE, "continue")
enum fm_doc_on_failure {
	FM_DOC_ON_FAILURES(FM_ENUM_VALUE) FM_DOC_FAILURE_COUNT
};

#define FM_DOC_UNKNOWN_HOSTS(X) \
	X(FM_DOC_UNKNOWN_IGNORE, "ignore") X(FM_DOC_UNKNOWN_REFUSE, "refuse")
enum fm_doc_unknown_hosts {
	FM_DOC_UNKNOWN_HOSTS(FM_ENUM_VALUE) FM_DOC_UNKNOWN_COUNT
};

#define FM_DOC_ESCALATIONS(X) X(FM_DOC_ESCALATE_VF, "vf")
enum fm_doc_escalation {
	FM_DOC_ESCALATIONS(FM_ENUM_VALUE) FM_DOC_ESCALATE_COUNT
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
	struct fm_text action;
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
	struct fm_num spoof_check;
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
#define FM_DOC_IDENTS \
	(MR_IDENT_GUID + 1) /* the types that a device can carry: mac, wwpn, wwnn, guid */

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

/* Walks a canonical VF set "0-3,7": true and the next range, '*pos' moves on; false at the end.
 */
bool fm_vfset_next(const char **pos, unsigned *ret_first, unsigned *ret_last);

#endif
