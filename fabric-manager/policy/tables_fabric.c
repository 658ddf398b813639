/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of the kinds that describe the fabric: Host, Adapter, HostGroup, AdapterPool,
 * IdentityPool, Domain, FabricPolicy. What serves profiles stands in tables_profile.c.
 */
#include "fabric-manager/policy/rows.h"
#include "fabric-manager/policy/tables.h"

static const char *const class_names[] = {FM_DOC_CLASSES(FM_ENUM_TEXT) NULL};
static const char *const on_replace_names[] = {FM_DOC_ON_REPLACES(FM_ENUM_TEXT) NULL};
static const char *const operator_names[] = {FM_DOC_OPERATORS(FM_ENUM_TEXT) NULL};
static const char *const failover_names[] = {FM_DOC_FAILOVER_MODES(FM_ENUM_TEXT) NULL};
static const char *const fence_names[] = {FM_DOC_FENCE_METHODS(FM_ENUM_TEXT) NULL};
static const char *const failback_names[] = {FM_DOC_FAILBACKS(FM_ENUM_TEXT) NULL};
static const char *const link_type_names[] = {FM_DOC_LINK_TYPES(FM_ENUM_TEXT) NULL};
static const char *const share_names[] = {FM_DOC_SHARES(FM_ENUM_TEXT) NULL};
#define X(id, text) text,
static const char *const ident_names[] = {MR_IDENT_TYPES(X) NULL};
#undef X
static const char *const drift_names[] = {FM_DOC_DRIFT_ACTIONS(FM_ENUM_TEXT) NULL};
static const char *const unknown_names[] = {FM_DOC_UNKNOWN_HOSTS(FM_ENUM_TEXT) NULL};

/* Of metadata */

static const struct fm_key label_keys[] = {
	TXT(fm_label, "key", key, TEXT, "Name of the label."),
	TXT(fm_label, "value", value, TEXT, "Value of the label."),
};
const struct fm_table fm_label_table = TABLE(fm_label, "label", label_keys);

static const struct fm_key meta_keys[] = {
	TXT(fm_doc_meta, "name", name, NAME,
	    "Name of the document; with its kind it is unique.", REQUIRED, .eg = "web"),
	LABELS(fm_doc_meta, "labels", labels,
	       "What selectors match. chassis, slot and class are set by Banyan.",
	       .flags = FM_K_RESERVED, .eg = "{tier: front}"),
	LABELS(fm_doc_meta, "annotations", annotations, "Notes; Banyan does not read them.",
	       .max = 4096, .eg = "{owner: storage team}"),
};
const struct fm_table fm_meta_table = TABLE(fm_doc_meta, "metadata", meta_keys);

/* Host */

static const struct fm_key power_keys[] = {
	TXT(fm_doc_host_power, "bmc", bmc, TEXT,
	    "Address of the host's baseboard controller, which speaks Redfish: "
	    "HOST[:PORT] or https://HOST[:PORT][/redfish/v1/Systems/ID]; without ID, the only "
	    "system that it has. A fail-over switches the host off with it where fence.methods "
	    "has power.",
	    .eg = "bmc07.example.net"),
};
static const struct fm_table power_table = TABLE(fm_doc_host_power, "Host power", power_keys);

static const struct fm_key host_keys[] = {
	SUSPEND(fm_doc_host),
	TXT(fm_doc_host, "chassis", chassis, NAME, "Chassis that the host sits in.",
	    .eg = "c1"),
	NUMS(fm_doc_host, "ports", ports, INT, FM_K_NONEMPTY,
	     "Upstream ports of the switch that lead to the host, at most 8: its roots 0, 1, "
	     "... "
	     "in this order, each with a hierarchy of its own; unwritten, the port whose slot "
	     "name in the switch's port table is the host's name.",
	     PORTS, .eg = "[3, 4]"),
	NUM(fm_doc_host, "cordoned", cordoned, BOOL, "A cordoned host gets nothing new.",
	    DEF(0)),
	OBJ(fm_doc_host, "power", power, power_table,
	    "How the host's power is read and switched."),
};
const struct fm_table fm_host_table = TABLE(fm_doc_host, "Host", host_keys);

/* Adapter */

static const struct fm_key adapter_port_keys[] = {
	NUM(fm_doc_adapter_port, "index", index, INT, "Port of the adapter, from 0.", REQUIRED,
	    RANGE(0, 63)),
	LABELS(fm_doc_adapter_port, "labels", labels,
	       "Labels of the port; they stand over the adapter's own of the same key.",
	       .flags = FM_K_RESERVED, .eg = "{san: fabric-a}"),
};
static const struct fm_table adapter_port_table =
	TABLE(fm_doc_adapter_port, "Adapter port", adapter_port_keys);

static const struct fm_key adapter_keys[] = {
	SUSPEND(fm_doc_adapter),
	TXT(fm_doc_adapter, "chassis", chassis, NAME, "Chassis that the adapter sits in.",
	    .eg = "c1"),
	TXT(fm_doc_adapter, "slot", slot, NAME, "Slot that the adapter sits in.",
	    .eg = "\"2\""),
	TXT(fm_doc_adapter, "serial", serial, TEXT, "Serial number of the adapter.",
	    .eg = "N-0001"),
	OBJS(fm_doc_adapter, "ports", ports, adapter_port_table, 0,
	     "Labels of the adapter's ports."),
	TXT(fm_doc_adapter, "mode", mode, NAME,
	    "Operating mode of the adapter, by the name that it has for it; unwritten: as it "
	    "is. "
	    "A change interrupts all its functions and waits for banyan approve.",
	    .eg = "mr17"),
	NUM(fm_doc_adapter, "onReplace", on_replace, ENUM,
	    "What becomes of those that ran on the adapter when another one is in its slot: "
	    "they go on with that one; they wait for the adapter, in whatever slot of the "
	    "chassis; or `banyan approve ADAPTER` says so. Unwritten: follow-slot if vendor "
	    "and device are the same, else ask. Namespaces stay on their drive in any case.",
	    DEF(FM_DOC_FOLLOW_SLOT), .names = on_replace_names),
};
const struct fm_table fm_adapter_table = TABLE(fm_doc_adapter, "Adapter", adapter_keys);

/* HostGroup */

static const struct fm_key expr_keys[] = {
	TXT(fm_doc_match_expr, "key", key, TEXT, "The label.", REQUIRED, .eg = "role"),
	NUM(fm_doc_match_expr, "operator", operator, ENUM, "How it is compared.", REQUIRED,
	    .names = operator_names),
	TXTS(fm_doc_match_expr, "values", values, TEXT, 0, "Values for In and NotIn.",
	     .eg = "[hpc, web]"),
};
static const struct fm_table expr_table =
	TABLE(fm_doc_match_expr, "matchExpressions", expr_keys);

static const struct fm_key host_selector_keys[] = {
	NUM(fm_doc_host_selector, "matchAll", match_all, BOOL, "Matches every host.", DEF(0)),
	LABELS(fm_doc_host_selector, "matchLabels", match_labels,
	       "Labels that must all have these values.", .eg = "{role: hpc}"),
	OBJS(fm_doc_host_selector, "matchExpressions", match_expressions, expr_table, 0,
	     "Conditions that must all hold."),
};
static const struct fm_table host_selector_table =
	TABLE(fm_doc_host_selector, "hostSelector", host_selector_keys);

static const struct fm_key trigger_keys[] = {
	NUM(fm_doc_failover_triggers, "agentLost", agent_lost, TIME,
	    "The agent has been silent for so long.", RANGE(SEC, DAY)),
	NUM(fm_doc_failover_triggers, "hostLinkDown", host_link_down, TIME,
	    "The host's PCIe link at the switch has been down for so long.", RANGE(0, DAY)),
	NUM(fm_doc_failover_triggers, "powerOff", power_off, BOOL, "The host's power is off.",
	    DEF(0)),
	NUM(fm_doc_failover_triggers, "fatalError", fatal_error, BOOL,
	    "The host's port reported a fatal error.", DEF(0)),
};
static const struct fm_table trigger_table =
	TABLE(fm_doc_failover_triggers, "triggers", trigger_keys);

static const struct fm_key fence_keys[] = {
	NUM(fm_doc_failover_fence, "required", required, BOOL,
	    "Nothing moves before the old host is confirmed to be cut off.", DEF(1)),
	NUMS(fm_doc_failover_fence, "methods", methods, ENUM, FM_K_NONEMPTY,
	     "switch: cut and read back; power: the switch sees the host's power off. "
	     "Unwritten: switch.",
	     .names = fence_names),
};
static const struct fm_table fence_table = TABLE(fm_doc_failover_fence, "fence", fence_keys);

static const struct fm_key failover_keys[] = {
	NUM(fm_doc_failover, "mode", mode, ENUM,
	    "Who moves a failed host's profiles to a spare: the manager, people, who are told "
	    "when it "
	    "counts as failed, or nobody.",
	    DEF(FM_DOC_FAILOVER_MANUAL), .names = failover_names),
	OBJ(fm_doc_failover, "triggers", triggers, trigger_table,
	    "What counts as a sign of failure."),
	NUM(fm_doc_failover, "quorum", quorum, INT, "How many triggers must agree.", DEF(2),
	    RANGE(1, 4)),
	NUM(fm_doc_failover, "rebootGrace", reboot_grace, TIME,
	    "Time for an announced restart, in which agentLost and hostLinkDown do not count; "
	    "for a "
	    "host that the manager finds without power when it starts, powerOff does not "
	    "either.",
	    DEF(10 * MIN), RANGE(0, DAY)),
	OBJ(fm_doc_failover, "fence", fence, fence_table, "How the old host is cut off."),
	NUM(fm_doc_failover, "holdDown", hold_down, TIME,
	    "After a move of a profile, no automatic move of it for so long.", DEF(MIN),
	    RANGE(0, DAY)),
	NUM(fm_doc_failover, "failback", failback, ENUM,
	    "Who moves a profile back. automatic: when its host is well again, holdDown after "
	    "it "
	    "left.",
	    DEF(FM_DOC_FAILBACK_MANUAL), .names = failback_names),
	NUM(fm_doc_failover, "maxConcurrent", max_concurrent, INT,
	    "Fail-overs of the group at one time.", DEF(1), RANGE(1, 1000)),
	NUM(fm_doc_failover, "massWindow", mass_window, TIME,
	    "When more than half of the group's hosts lose their agents within it, none is "
	    "moved.",
	    DEF(30 * SEC), RANGE(0, DAY)),
};
static const struct fm_table failover_table = TABLE(fm_doc_failover, "failover", failover_keys);

static const struct fm_key host_group_keys[] = {
	SUSPEND(fm_doc_host_group),
	TXTS(fm_doc_host_group, "hosts", hosts, NAME, 0, "The group's hosts by name.",
	     .eg = "[blade01, blade02]"),
	OBJ(fm_doc_host_group, "hostSelector", host_selector, host_selector_table,
	    "The group's hosts by their labels."),
	TXTS(fm_doc_host_group, "spares", spares, NAME, 0,
	     "Hosts that take over; a spare has no profile of its own.", .eg = "[blade15]"),
	OBJ(fm_doc_host_group, "failover", failover, failover_table,
	    "How a failed host's profiles move."),
};
const struct fm_table fm_host_group_table =
	TABLE(fm_doc_host_group, "HostGroup", host_group_keys);

/* AdapterPool */

static const struct fm_key adapter_selector_keys[] = {
	NUM(fm_doc_adapter_selector, "matchAll", match_all, BOOL, "Matches every adapter.",
	    DEF(0)),
	NUM(fm_doc_adapter_selector, "class", class, ENUM, "Class of the adapter.",
	    .names = class_names, .def = -1),
	TXTS(fm_doc_adapter_selector, "chassis", chassis, NAME, 0, "Chassis, any of these.",
	     .eg = "[c1]"),
	TXTS(fm_doc_adapter_selector, "slots", slots, NAME, 0, "Slots, any of these.",
	     .eg = "[\"3\", \"5\"]"),
	NUMS(fm_doc_adapter_selector, "ports", ports, INT, 0,
	     "Ports of the adapter, any of these.", RANGE(0, 63)),
	TXT(fm_doc_adapter_selector, "vendor", vendor, HEX, "PCI vendor id.", .eg = "\"15b3\""),
	TXT(fm_doc_adapter_selector, "device", device, HEX, "PCI device id.", .eg = "\"101d\""),
	TXTS(fm_doc_adapter_selector, "serials", serials, TEXT, 0,
	     "Serial numbers, any of these.", .eg = "[N-0001]"),
	TXTS(fm_doc_adapter_selector, "addresses", addresses, TEXT, 0,
	     "Patterns of the PF's PCI address in the management hierarchy; addresses change, "
	     "so "
	     "select by slot or label instead.",
	     .eg = "[\"0000:86:00.*\"]"),
	NUM(fm_doc_adapter_selector, "linkType", link_type, ENUM, "Type of the port's link.",
	    .names = link_type_names, .def = -1),
	NUM(fm_doc_adapter_selector, "minLinkSpeed", min_link_speed, RATE,
	    "The port's link is at least so fast.", RATES),
	LABELS(fm_doc_adapter_selector, "matchLabels", match_labels,
	       "Labels of the adapter, or of a port: then only that port is taken.",
	       .eg = "{san: fabric-a}"),
};
static const struct fm_table adapter_selector_table =
	TABLE(fm_doc_adapter_selector, "adapterSelector", adapter_selector_keys);

static const struct fm_key partition_keys[] = {
	TXT(fm_doc_pool_partition, "vfs", vfs, VFSET,
	    "VFs of each PF that belong to the pool."),
};
static const struct fm_table partition_table =
	TABLE(fm_doc_pool_partition, "partition", partition_keys);

static const struct fm_key bandwidth_keys[] = {
	NUM(fm_doc_pool_bandwidth, "reservable", reservable, PERCENT,
	    "Part of a port that guarantees may take.", DEF(100), RANGE(1, 100)),
	NUM(fm_doc_pool_bandwidth, "oversubscription", oversubscription, RATIO,
	    "Sum of the limits over the port's speed; unwritten: free.", RANGE(1000, 1000000)),
};
static const struct fm_table bandwidth_table =
	TABLE(fm_doc_pool_bandwidth, "bandwidth", bandwidth_keys);

static const struct fm_key require_keys[] = {
	NUM(fm_doc_pool_require, "iommu", iommu, BOOL, "The host translates DMA.", DEF(0)),
	NUM(fm_doc_pool_require, "interruptRemapping", interrupt_remapping, BOOL,
	    "The host remaps interrupts.", DEF(0)),
	NUM(fm_doc_pool_require, "acs", acs, BOOL, "The path to the host has ACS.", DEF(0)),
};
static const struct fm_table require_table =
	TABLE(fm_doc_pool_require, "require", require_keys);

static const struct fm_key adapter_pool_keys[] = {
	SUSPEND(fm_doc_adapter_pool),
	OBJ(fm_doc_adapter_pool, "adapterSelector", selector, adapter_selector_table,
	    "Which adapters or ports are handed out.", REQUIRED),
	OBJ(fm_doc_adapter_pool, "partition", partition, partition_table,
	    "Part of the functions of each PF."),
	NUM(fm_doc_adapter_pool, "provision", provision, INT,
	    "VFs made ready per PF; a change interrupts every VF of the PF and waits for "
	    "banyan approve.",
	    DEF(FM_UNLIMITED), RANGE(1, 65535), .word = "max", .eg = "16"),
	NUM(fm_doc_adapter_pool, "share", share, ENUM,
	    "exclusive: no other host gets a function of the same device.",
	    DEF(FM_DOC_SHARE_SHARED), .names = share_names),
	OBJ(fm_doc_adapter_pool, "bandwidth", bandwidth, bandwidth_table,
	    "How much of a port is handed out."),
	NUM(fm_doc_adapter_pool, "externallyManaged", externally_managed, BOOL,
	    "Banyan writes no VF count of these adapters and hands out what is enabled; so "
	    "there is "
	    "no provision, and all pools of a PF say the same.",
	    DEF(0)),
	OBJ(fm_doc_adapter_pool, "require", require, require_table, "What the host must have."),
	TXTS(fm_doc_adapter_pool, "spares", spares, TEXT, 0,
	     "Adapters that take a failed adapter's functions, named as in a Domain.",
	     .eg = "[nic-spare]"),
};
const struct fm_table fm_adapter_pool_table =
	TABLE(fm_doc_adapter_pool, "AdapterPool", adapter_pool_keys);

/* IdentityPool */

static const struct fm_key range_keys[] = {
	TXT(fm_doc_ident_range, "start", start, IDENT, "First value.", REQUIRED, .min = -1),
	TXT(fm_doc_ident_range, "end", end, IDENT, "Last value.", REQUIRED, .min = -1),
};
static const struct fm_table range_table = TABLE(fm_doc_ident_range, "ranges", range_keys);

static const struct fm_key identity_pool_keys[] = {
	SUSPEND(fm_doc_identity_pool),
	NUM(fm_doc_identity_pool, "type", type, ENUM,
	    "What the pool gives. uuid and vlan are not given: where there is such a pool, "
	    "consumer.vm, or every VLAN of a PortProfile, must lie in one.",
	    REQUIRED, .names = ident_names),
	OBJS(fm_doc_identity_pool, "ranges", ranges, range_table, FM_K_REQUIRED | FM_K_NONEMPTY,
	     "What it has to give: the lowest value that is free, and not seen on a host."),
	NUM(fm_doc_identity_pool, "reuseAfter", reuse_after, TIME,
	    "A value that was given back rests for so long.", DEF(DAY), RANGE(0, 3650 * DAY)),
};
const struct fm_table fm_identity_pool_table =
	TABLE(fm_doc_identity_pool, "IdentityPool", identity_pool_keys);

/* Domain */

static const struct fm_key domain_keys[] = {
	SUSPEND(fm_doc_domain),
	TXTS(fm_doc_domain, "hosts", hosts, NAME, 0, "Hosts that the tenant may use.",
	     .eg = "[blade01]"),
	TXTS(fm_doc_domain, "adapters", adapters, TEXT, 0,
	     "Adapters that it may use: by name, as CHASSIS/NAME, or by Adapter document.",
	     .eg = "[nic-left]"),
	TXTS(fm_doc_domain, "pools", pools, NAME, 0, "Pools that it may use.",
	     .eg = "[nic100]"),
	TXTS(fm_doc_domain, "users", users, TEXT, 0,
	     "Who may edit the profiles and templates of the domain, by the name that the "
	     "client gives; "
	     "unwritten: everybody.",
	     .eg = "[alice]"),
};
const struct fm_table fm_domain_table = TABLE(fm_doc_domain, "Domain", domain_keys);

/* FabricPolicy */

static const struct fm_key drift_keys[] = {
	NUM(fm_doc_fabric_drift, "action", action, ENUM,
	    "What happens when the hardware differs from the plan.", DEF(FM_DOC_DRIFT_REPORT),
	    .names = drift_names),
	NUM(fm_doc_fabric_drift, "interval", interval, TIME, "How often it is looked for.",
	    DEF(30 * SEC), RANGE(SEC, DAY)),
	TXTS(fm_doc_fabric_drift, "ignore", ignore, TEXT, 0,
	     "Attributes that are not compared: identity, vlan, rates, trust, spoofCheck, "
	     "linkState, "
	     "mtu, bridging, mirror, resources, gate, hostIdentity, driver.",
	     .eg = "[mtu]"),
};
static const struct fm_table drift_table = TABLE(fm_doc_fabric_drift, "drift", drift_keys);

static const struct fm_key fabric_keys[] = {
	SUSPEND(fm_doc_fabric),
	OBJ(fm_doc_fabric, "drift", drift, drift_table, "Differences that nobody ordered."),
	OBJ(fm_doc_fabric, "update", update, fm_update_table,
	    "How edits reach what is running."),
	NUM(fm_doc_fabric, "unknownHosts", unknown_hosts, ENUM,
	    "Hosts that no document names: refuse keeps their ports held, ignore shows them "
	    "and gives them nothing.",
	    DEF(FM_DOC_UNKNOWN_REFUSE), .names = unknown_names),
};
const struct fm_table fm_fabric_table = TABLE(fm_doc_fabric, "FabricPolicy", fabric_keys);
