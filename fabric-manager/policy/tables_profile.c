/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of the kinds that describe what hosts get: ServerProfile with its devices,
 * ProfileTemplate, PortProfile, QosClass, PriorityClass, and `update`, which a profile shares
 * with FabricPolicy.
 */
#include "fabric-manager/policy/rows.h"
#include "fabric-manager/policy/tables.h"

static const char *const class_names[] = {FM_DOC_CLASSES(FM_ENUM_TEXT) NULL};
static const char *const protocol_names[] = {FM_DOC_VLAN_PROTOCOLS(FM_ENUM_TEXT) NULL};
static const char *const acl_names[] = {FM_DOC_ACL_ACTIONS(FM_ENUM_TEXT) NULL};
static const char *const link_state_names[] = {FM_DOC_LINK_STATES(FM_ENUM_TEXT) NULL};
static const char *const bridging_names[] = {FM_DOC_BRIDGINGS(FM_ENUM_TEXT) NULL};
static const char *const personality_names[] = {FM_DOC_PERSONALITIES(FM_ENUM_TEXT) NULL};
static const char *const driver_names[] = {FM_DOC_DRIVERS(FM_ENUM_TEXT) NULL};
static const char *const boot_method_names[] = {FM_DOC_BOOT_METHODS(FM_ENUM_TEXT) NULL};
static const char *const sharing_names[] = {FM_DOC_SHARINGS(FM_ENUM_TEXT) NULL};
static const char *const on_delete_names[] = {FM_DOC_ON_DELETES(FM_ENUM_TEXT) NULL};
static const char *const ha_role_names[] = {FM_DOC_HA_ROLES(FM_ENUM_TEXT) NULL};
static const char *const placement_names[] = {FM_DOC_PLACEMENTS(FM_ENUM_TEXT) NULL};
static const char *const topology_names[] = {FM_DOC_TOPOLOGIES(FM_ENUM_TEXT) NULL};
static const char *const on_release_names[] = {FM_DOC_ON_RELEASES(FM_ENUM_TEXT) NULL};
static const char *const template_names[] = {FM_DOC_TEMPLATE_MODES(FM_ENUM_TEXT) NULL};
static const char *const preemption_names[] = {FM_DOC_PREEMPTIONS(FM_ENUM_TEXT) NULL};
static const char *const strategy_names[] = {FM_DOC_STRATEGIES(FM_ENUM_TEXT) NULL};
static const char *const change_names[] = {FM_DOC_CHANGES(FM_ENUM_TEXT) NULL};
static const char *const day_names[] = {FM_DOC_DAYS(FM_ENUM_TEXT) NULL};
static const char *const drain_names[] = {FM_DOC_DRAIN_MODES(FM_ENUM_TEXT) NULL};
static const char *const on_failure_names[] = {FM_DOC_ON_FAILURES(FM_ENUM_TEXT) NULL};
static const char *const escalation_names[] = {FM_DOC_ESCALATIONS(FM_ENUM_TEXT) NULL};

/* PortProfile */

static const struct fm_key vlan_keys[] = {
	NUM(fm_doc_port_vlan, "access", access, INT, "The one VLAN, untagged towards the host.",
	    RANGE(1, 4094), .eg = "100"),
	NUMS(fm_doc_port_vlan, "trunk", trunk, INT, FM_K_NONEMPTY,
	     "VLANs that the host tags itself.", RANGE(1, 4094), .eg = "[100, 101]"),
	NUM(fm_doc_port_vlan, "native", native, INT, "VLAN of a trunk's untagged frames.",
	    RANGE(1, 4094), .eg = "100"),
	NUM(fm_doc_port_vlan, "qos", qos, INT, "Priority of the VLAN tag.", DEF(0),
	    RANGE(0, 7)),
	NUM(fm_doc_port_vlan, "protocol", protocol, ENUM, "Tag protocol.",
	    DEF(FM_DOC_VLAN_8021Q), .names = protocol_names),
};
static const struct fm_table vlan_table = TABLE(fm_doc_port_vlan, "vlan", vlan_keys);

static const struct fm_key acl_keys[] = {
	TXT(fm_doc_acl, "match", match, TEXT,
	    "Frames that the rule is about: any, or [vlan N] [src MAC | dst MAC | ethertype "
	    "0xHHHH].",
	    REQUIRED, .eg = "vlan 100 ethertype 0x0806"),
	NUM(fm_doc_acl, "action", action, ENUM, "What happens to them.", REQUIRED,
	    .names = acl_names),
};
static const struct fm_table acl_table = TABLE(fm_doc_acl, "acl", acl_keys);

static const struct fm_key vsi_keys[] = {
	TXT(fm_doc_port_vsi, "managerId", manager_id, TEXT, "Database of VSI types.", REQUIRED,
	    .eg = "\"11\""),
	NUM(fm_doc_port_vsi, "typeId", type_id, INT, "VSI type.", REQUIRED, RANGE(0, 16777215)),
	NUM(fm_doc_port_vsi, "typeVersion", type_version, INT, "Version of the type.", REQUIRED,
	    RANGE(0, 255)),
};
static const struct fm_table vsi_table = TABLE(fm_doc_port_vsi, "vsi", vsi_keys);

static const struct fm_key port_profile_keys[] = {
	SUSPEND(fm_doc_port_profile),
	OBJ(fm_doc_port_profile, "vlan", vlan, vlan_table,
	    "VLAN of the function; unwritten: none."),
	NUM(fm_doc_port_profile, "spoofCheck", spoof_check, BOOL,
	    "Frames from other source addresses than the function's are dropped. Unwritten: on "
	    "where the device "
	    "has a mac of its own.",
	    .def = -1),
	NUM(fm_doc_port_profile, "trust", trust, BOOL,
	    "The host may change the function's address and receive everything.", DEF(0)),
	NUM(fm_doc_port_profile, "linkState", link_state, ENUM,
	    "What link the function shows: the port's, always up, always down.",
	    DEF(FM_DOC_LINK_AUTO), .names = link_state_names),
	NUM(fm_doc_port_profile, "mtu", mtu, INT, "Largest frame.", RANGE(68, 65535),
	    .eg = "9000"),
	NUM(fm_doc_port_profile, "bridging", bridging, ENUM,
	    "How functions of one port reach each other. No adapter has switchdev.",
	    .names = bridging_names),
	OBJS(fm_doc_port_profile, "acl", acl, acl_table, 0,
	     "Filter rules for what the function sends and what is for it: the first one that "
	     "matches decides, none: it passes. At most as many as the adapter keeps."),
	NUM(fm_doc_port_profile, "personality", personality, ENUM,
	    "What a converged function is. Handed to the host's hooks.", .flags = FM_K_NOTE,
	    .names = personality_names),
	OBJ(fm_doc_port_profile, "vsi", vsi, vsi_table,
	    "Virtual station interface (802.1Qbg). Handed to the host's hooks.",
	    .flags = FM_K_NOTE),
	TXT(fm_doc_port_profile, "mirrorTo", mirror_to, TEXT,
	    "Device that gets a copy of every frame that the function sends: of the same "
	    "profile, or PROFILE/DEVICE. Both stand on one PF.",
	    .eg = "monitor/tap"),
	TXT(fm_doc_port_profile, "zone", zone, NAME,
	    "Fibre Channel zone. Handed to the host's hooks.", .flags = FM_K_NOTE,
	    .eg = "zone-db"),
	TXTS(fm_doc_port_profile, "pkey", pkey, HEX, FM_K_NONEMPTY,
	     "InfiniBand partitions that the port must be a member of; set where the adapter "
	     "can, looked for on the port in any case (PKEY_MISSING).",
	     .eg = "[\"0x8001\"]"),
};
const struct fm_table fm_port_profile_table =
	TABLE(fm_doc_port_profile, "PortProfile", port_profile_keys);

/* QosClass */

static const struct fm_key qos_class_keys[] = {
	SUSPEND(fm_doc_qos_class),
	NUM(fm_doc_qos_class, "guaranteed", guaranteed, RATE,
	    "Rate that is always there; unwritten: none.", RATES),
	NUM(fm_doc_qos_class, "limit", limit, RATE, "Rate that is never passed.",
	    DEF(FM_UNLIMITED), RATES, .word = "none", .eg = "40Gbit"),
	NUM(fm_doc_qos_class, "burst", burst, SIZE,
	    "Bytes that may pass at once, where the adapter has it; rounded up to KiB.",
	    RANGE(1, GIB), .eg = "64KiB"),
	NUM(fm_doc_qos_class, "weight", weight, INT,
	    "Share of what guarantees leave over; a static limit where the adapter has no "
	    "scheduler.",
	    RANGE(1, 1000)),
};
const struct fm_table fm_qos_class_table = TABLE(fm_doc_qos_class, "QosClass", qos_class_keys);

/* A device of a profile */

static const struct fm_key count_keys[] = {
	NUM(fm_doc_device_count, "", n, INT, "Functions wanted.", DEF(1), RANGE(1, 1024)),
	NUM(fm_doc_device_count, "min", min, INT, "Functions that it must have; unwritten: 0.",
	    RANGE(0, 1024)),
	NUM(fm_doc_device_count, "max", max, INT,
	    "Functions that it may have; unwritten: as many as min.", RANGE(1, 1024)),
};
static const struct fm_table count_table = TABLE(fm_doc_device_count, "count", count_keys);

static const struct fm_key device_qos_keys[] = {
	TXT(fm_doc_device_qos, "", name, NAME, "Name of a QosClass.", .eg = "gold"),
	NUM(fm_doc_device_qos, "guaranteed", guaranteed, RATE,
	    "Rate that is always there; unwritten: none.", RATES),
	NUM(fm_doc_device_qos, "limit", limit, RATE, "Rate that is never passed.",
	    DEF(FM_UNLIMITED), RATES, .word = "none", .eg = "40Gbit"),
	NUM(fm_doc_device_qos, "weight", weight, INT,
	    "Share of what guarantees leave over; a static limit where the adapter has no "
	    "scheduler.",
	    RANGE(1, 1000)),
};
static const struct fm_table device_qos_table =
	TABLE(fm_doc_device_qos, "qos", device_qos_keys);

#define IDENTITY(t, TYPE)                                                                    \
	static const struct fm_key t##_keys[] = {                                            \
		TXT(fm_doc_identity_ref, "", literal, IDENT, "The value itself.",            \
		    .min = TYPE),                                                            \
		TXT(fm_doc_identity_ref, "pool", pool, NAME, "IdentityPool that gives one.", \
		    .eg = "mac-prod"),                                                       \
	};                                                                                   \
	static const struct fm_table t##_table = TABLE(fm_doc_identity_ref, #t, t##_keys)
IDENTITY(mac, MR_IDENT_MAC);
IDENTITY(wwpn, MR_IDENT_WWPN);
IDENTITY(wwnn, MR_IDENT_WWNN);
IDENTITY(guid, MR_IDENT_GUID);

static const struct fm_key identity_keys[] = {
	EITHER(fm_doc_device_identity, "mac", ref[MR_IDENT_MAC], mac_table,
	       "Ethernet address."),
	EITHER(fm_doc_device_identity, "wwpn", ref[MR_IDENT_WWPN], wwpn_table,
	       "Fibre Channel port name."),
	EITHER(fm_doc_device_identity, "wwnn", ref[MR_IDENT_WWNN], wwnn_table,
	       "Fibre Channel node name."),
	EITHER(fm_doc_device_identity, "guid", ref[MR_IDENT_GUID], guid_table,
	       "InfiniBand GUID."),
};
static const struct fm_table identity_table =
	TABLE(fm_doc_device_identity, "identity", identity_keys);

static const struct fm_key boot_target_keys[] = {
	TXT(fm_doc_boot_target, "wwpn", wwpn, IDENT, "Port name of the storage.",
	    .min = MR_IDENT_WWPN),
	NUM(fm_doc_boot_target, "lun", lun, INT, "Logical unit.", RANGE(0, 65535)),
	TXT(fm_doc_boot_target, "iqn", iqn, TEXT, "iSCSI name of the target.",
	    .eg = "iqn.2026-01.net.example:boot"),
	TXT(fm_doc_boot_target, "portal", portal, TEXT, "Address of the iSCSI portal.",
	    .eg = "\"10.0.0.9:3260\""),
};
static const struct fm_table boot_target_table =
	TABLE(fm_doc_boot_target, "boot targets", boot_target_keys);

static const struct fm_key boot_keys[] = {
	NUM(fm_doc_device_boot, "order", order, INT, "Place in the boot order.", REQUIRED,
	    RANGE(1, 64)),
	NUM(fm_doc_device_boot, "method", method, ENUM, "How the host boots.", REQUIRED,
	    .names = boot_method_names),
	OBJS(fm_doc_device_boot, "targets", targets, boot_target_table, 0,
	     "What it boots from."),
};
static const struct fm_table boot_table = TABLE(fm_doc_device_boot, "boot", boot_keys);

static const struct fm_key namespace_keys[] = {
	TXT(fm_doc_namespace, "name", name, NAME, "Name of the namespace.", REQUIRED,
	    .eg = "root"),
	NUM(fm_doc_namespace, "size", size, SIZE, "Its size.", REQUIRED, RANGE(KIB, 0)),
	NUM(fm_doc_namespace, "blockSize", block_size, SIZE,
	    "Size of a block; else 4KiB where the drive can.", RANGE(512, 65536), .eg = "4KiB"),
	NUM(fm_doc_namespace, "sharing", sharing, ENUM,
	    "Whether all functions of the device attach it, or the only one.",
	    .names = sharing_names),
	NUM(fm_doc_namespace, "onDelete", on_delete, ENUM,
	    "What becomes of the data with the profile.", DEF(FM_DOC_DELETE_KEEP),
	    .names = on_delete_names),
};
static const struct fm_table namespace_table =
	TABLE(fm_doc_namespace, "namespaces", namespace_keys);

static const struct fm_key storage_keys[] = {
	NUM(fm_doc_device_storage, "iopsLimit", iops_limit, INT, "Operations a second.",
	    RANGE(1, 1000000000), .word = "none", .eg = "200000"),
	OBJS(fm_doc_device_storage, "namespaces", namespaces, namespace_table, 0,
	     "Namespaces of the profile. They bind the device to the drive that they are on."),
};
static const struct fm_table storage_table =
	TABLE(fm_doc_device_storage, "storage", storage_keys);

static const struct fm_key watchdog_keys[] = {
	NUM(fm_doc_gpu_watchdog, "timeout", timeout, TIME, "Longest time without an answer.",
	    RANGE(MS, DAY)),
	NUM(fm_doc_gpu_watchdog, "escalate", escalate, ENUM, "What is reset then.",
	    .names = escalation_names),
};
static const struct fm_table watchdog_table =
	TABLE(fm_doc_gpu_watchdog, "watchdog", watchdog_keys);

static const struct fm_key gpu_keys[] = {
	NUM(fm_doc_device_gpu, "framebuffer", framebuffer, SIZE,
	    "Memory of the function, in the adapter's steps.", RANGE(KIB, 0)),
	NUM(fm_doc_device_gpu, "timeSlice", time_slice, TIME, "Time slice of the function.",
	    RANGE(MS, SEC), .eg = "6ms"),
	OBJ(fm_doc_device_gpu, "watchdog", watchdog, watchdog_table,
	    "Guard against a function that hangs."),
};
static const struct fm_table gpu_table = TABLE(fm_doc_device_gpu, "gpu", gpu_keys);

static const struct fm_key consumer_keys[] = {
	TXT(fm_doc_device_consumer, "vm", vm, IDENT, "Virtual machine that uses the function.",
	    .min = MR_IDENT_UUID),
};
static const struct fm_table consumer_table =
	TABLE(fm_doc_device_consumer, "consumer", consumer_keys);

static const struct fm_key ha_keys[] = {
	NUM(fm_doc_device_ha, "role", role, ENUM, "Role in the pair.", REQUIRED,
	    .names = ha_role_names),
	TXT(fm_doc_device_ha, "with", with, TEXT, "The other one of the pair.", REQUIRED,
	    .eg = "data1"),
	NUM(fm_doc_device_ha, "autoSwitchover", auto_switchover, BOOL,
	    "Whether roles change by themselves.", DEF(0)),
};
static const struct fm_table ha_table = TABLE(fm_doc_device_ha, "ha", ha_keys);

static const struct fm_key device_keys[] = {
	TXT(fm_doc_device, "name", name, NAME, "Name of the device, unique in its profile.",
	    REQUIRED, .eg = "data0"),
	NUM(fm_doc_device, "class", class, ENUM, "What it is.", REQUIRED, .names = class_names),
	TXT(fm_doc_device, "pool", pool, NAME, "AdapterPool that it comes from.", REQUIRED,
	    .eg = "nic100"),
	EITHER(fm_doc_device, "count", count, count_table, "How many functions."),
	EITHER(fm_doc_device, "qos", qos, device_qos_table,
	       "A QosClass, or guarantee and limit in place."),
	TXT(fm_doc_device, "portProfile", port_profile, NAME, "PortProfile of its functions.",
	    .eg = "front-net"),
	OBJ(fm_doc_device, "identity", identity, identity_table,
	    "The identities that it carries."),
	NUM(fm_doc_device, "driver", driver, ENUM, "Driver that the host binds.",
	    DEF(FM_DOC_DRIVER_DEFAULT), .names = driver_names),
	OBJ(fm_doc_device, "boot", boot, boot_table,
	    "Boot from this device. Handed to the host's hooks.", .flags = FM_K_NOTE),
	OBJ(fm_doc_device, "storage", storage, storage_table,
	    "Storage that belongs to the profile."),
	OBJ(fm_doc_device, "gpu", gpu, gpu_table, "Properties of a GPU function."),
	NUM(fm_doc_device, "queues", queues, INT, "Queue pairs, in the adapter's steps.",
	    RANGE(1, 65535), .eg = "16"),
	OBJ(fm_doc_device, "consumer", consumer, consumer_table,
	    "Who uses the function inside the host. Handed to the host's hooks.",
	    .flags = FM_K_NOTE),
	OBJ(fm_doc_device, "ha", ha, ha_table, "A pair that shares one identity."),
};
const struct fm_table fm_device_table = TABLE(fm_doc_device, "Device", device_keys);

/* ServerProfile and ProfileTemplate */

static const struct fm_key placement_keys[] = {
	NUM(fm_doc_placement, "type", type, ENUM, "What the rule asks for.", REQUIRED,
	    .names = placement_names),
	NUM(fm_doc_placement, "topology", topology, ENUM, "What must be the same or differ.",
	    DEF(FM_DOC_TOPO_ADAPTER), .names = topology_names),
	TXTS(fm_doc_placement, "devices", devices, NAME, 0,
	     "Devices of the profile; unwritten: all.", .eg = "[data0, data1]"),
	NUM(fm_doc_placement, "maxSkew", max_skew, INT,
	    "Largest difference of a spread; unwritten: 1.", RANGE(1, 1024)),
	NUM(fm_doc_placement, "required", required, BOOL, "Hard; otherwise as far as possible.",
	    DEF(0)),
};
static const struct fm_table placement_table =
	TABLE(fm_doc_placement, "placement", placement_keys);

static const struct fm_key profile_host_keys[] = {
	TXT(fm_doc_profile_host, "", name, NAME, "Name of a host.", .word = "none",
	    .eg = "blade01"),
	TXT(fm_doc_profile_host, "group", group, NAME,
	    "HostGroup of which any free host will do; the profile stays on the one it got.",
	    .eg = "web"),
};
static const struct fm_table profile_host_table =
	TABLE(fm_doc_profile_host, "ServerProfile host", profile_host_keys);

static const struct fm_key profile_keys[] = {
	SUSPEND(fm_doc_profile),
	EITHER(fm_doc_profile, "host", host, profile_host_table,
	       "The host that the profile is connected to; unwritten: none."),
	OBJS(fm_doc_profile, "devices", devices, fm_device_table, 0, "What the host gets."),
	TXT(fm_doc_profile, "priorityClass", priority_class, NAME,
	    "PriorityClass of the profile.", .eg = "production"),
	OBJS(fm_doc_profile, "placement", placement, placement_table, 0,
	     "Rules about where functions are taken from."),
	NUM(fm_doc_profile, "atomic", atomic, BOOL, "All devices or none.", DEF(0)),
	OBJ(fm_doc_profile, "update", update, fm_update_table,
	    "How edits of this profile reach what is running."),
	NUM(fm_doc_profile, "onRelease", on_release, ENUM,
	    "What happens to a function that is given back. All of them reset it, and device "
	    "memory that outlives a reset is cleared where it can be; scrub takes only GPUs "
	    "that "
	    "can; retain keeps it while the function stays with its profile.",
	    DEF(FM_DOC_RELEASE_RESET), .names = on_release_names),
	TXT(fm_doc_profile, "domain", domain, NAME, "Domain of the profile.", .eg = "tenant-a"),
};
const struct fm_table fm_profile_table = TABLE(fm_doc_profile, "ServerProfile", profile_keys);

static const struct fm_key template_keys[] = {
	SUSPEND(fm_doc_template),
	TXT(fm_doc_template, "hostGroup", host_group, NAME,
	    "One profile for each host of it, named TEMPLATE-HOST.", .eg = "web"),
	NUM(fm_doc_template, "replicas", replicas, INT,
	    "So many profiles, named TEMPLATE-1 and on, connected to no host by themselves.",
	    RANGE(1, 4096)),
	NUM(fm_doc_template, "mode", mode, ENUM,
	    "updating: an edit changes the profiles too. initial: before the template changes "
	    "or goes, its profiles become documents of their own (set initial) as they are.",
	    DEF(FM_DOC_TEMPLATE_UPDATING), .names = template_names),
	OBJ(fm_doc_template, "template", template, fm_profile_table,
	    "The spec of a ServerProfile.", REQUIRED),
};
const struct fm_table fm_template_table =
	TABLE(fm_doc_template, "ProfileTemplate", template_keys);

/* PriorityClass */

static const struct fm_key priority_keys[] = {
	SUSPEND(fm_doc_priority),
	NUM(fm_doc_priority, "value", value, INT, "Larger is more important.", REQUIRED,
	    RANGE(0, 1000000)),
	NUM(fm_doc_priority, "preemption", preemption, ENUM,
	    "Whether it takes functions from lower classes.", DEF(FM_DOC_PREEMPT_NEVER),
	    .names = preemption_names),
	NUM(fm_doc_priority, "grace", grace, TIME, "Time that its victims get.", RANGE(0, DAY)),
	NUM(fm_doc_priority, "reclaim", reclaim, BOOL,
	    "Whether its extras take running extras of a lower value.", DEF(0)),
};
const struct fm_table fm_priority_table =
	TABLE(fm_doc_priority, "PriorityClass", priority_keys);

/* update, of FabricPolicy and of a profile */

static const struct fm_key window_keys[] = {
	NUMS(fm_doc_window, "days", days, ENUM, FM_K_NONEMPTY,
	     "Days of the week; unwritten: all.", .names = day_names, .eg = "[sat, sun]"),
	NUM(fm_doc_window, "start", start, CLOCK, "Start of the window.", REQUIRED),
	NUM(fm_doc_window, "end", end, CLOCK, "End of the window.", REQUIRED,
	    .eg = "\"05:00\""),
	TXT(fm_doc_window, "timezone", timezone, TEXT,
	    "UTC, or an offset from it; unwritten: UTC.", .eg = "UTC"),
};
static const struct fm_table window_table = TABLE(fm_doc_window, "windows", window_keys);

static const struct fm_key drain_keys[] = {
	NUM(fm_doc_update_drain, "mode", mode, ENUM,
	    "request asks the host and stops when it is busy; force goes on; none cuts without "
	    "asking.",
	    DEF(FM_DOC_DRAIN_REQUEST), .names = drain_names),
	NUM(fm_doc_update_drain, "timeout", timeout, TIME, "How long the host has.", DEF(MIN),
	    RANGE(0, DAY)),
};
static const struct fm_table drain_table = TABLE(fm_doc_update_drain, "drain", drain_keys);

static const struct fm_key update_keys[] = {
	NUM(fm_doc_update, "strategy", strategy, ENUM,
	    "When an edit reaches what runs: a few hosts at one time, as each host restarts, "
	    "each by its yes, or at once. Unwritten: Immediate, or RollingUpdate with "
	    "maxUnavailable.",
	    .names = strategy_names),
	NUM(fm_doc_update, "maxUnavailable", max_unavailable, SHARE,
	    "Hosts of a group disturbed at one time; RollingUpdate without it: 1.",
	    RANGE(1, 4096)),
	NUMS(fm_doc_update, "allow", allow, ENUM, 0,
	     "Change classes that go without approval; unwritten: all but Count and Host.",
	     .names = change_names, .eg = "[Live, Reset]"),
	OBJS(fm_doc_update, "windows", windows, window_table, 0,
	     "When changes may be carried out."),
	OBJ(fm_doc_update, "drain", drain, drain_table,
	    "How a running function is taken from its host."),
	NUM(fm_doc_update, "onFailure", on_failure, ENUM,
	    "What a failed step does: stop, put the version before back, or go on.",
	    DEF(FM_DOC_FAILURE_PAUSE), .names = on_failure_names),
};
const struct fm_table fm_update_table = TABLE(fm_doc_update, "update", update_keys);
