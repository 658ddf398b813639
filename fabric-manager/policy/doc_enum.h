/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words that policy documents choose from, as enums with their texts: each list is an
 * X-macro of (value, text), from which the enum here and the tables of table.h are made.
 */
#ifndef FABRIC_MANAGER_POLICY_DOC_ENUM_H
#define FABRIC_MANAGER_POLICY_DOC_ENUM_H

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

#define FM_DOC_ACL_ACTIONS(X) X(FM_DOC_ACL_ALLOW, "allow") X(FM_DOC_ACL_DENY, "deny")
enum fm_doc_acl_action {
	FM_DOC_ACL_ACTIONS(FM_ENUM_VALUE) FM_DOC_ACL_COUNT
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

#endif
