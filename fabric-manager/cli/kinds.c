// SPDX-License-Identifier: Apache-2.0
/*
 * The table of kinds and their columns. Keys are those of docs/json.md; a key that is not there
 * shows as "-", so an older or newer manager is no error.
 */
#include "fabric-manager/cli/kinds.h"

#include <stddef.h>
#include <string.h>

#include "common/str.h"
#include "common/xalloc.h"

static const struct cli_column host_columns[] = {
	{"NAME", "name", false},
	{"STATE", "state", false},
	{"AGENT", "agent|session.state", false},
	{"LINK", "link|linkUp", false},
	{"CORDONED", "cordoned", false},
	{"PROFILES", "profiles", false},
	{"FUNCTIONS", "functions|#assignments", false},
	{"PORTS", "ports|port", true},
	{"BOOT ID", "bootId|boot_id", true},
	{"KERNEL", "kernel", true},
	{"TOMBSTONES", "#tombstones", true},
	{NULL, NULL, false},
};
static const struct cli_column adapter_columns[] = {
	{"NAME", "name", false},
	{"KIND", "iov|adapterKind|kind", false},
	{"CLASS", "class", false},
	{"STATE", "state", false},
	{"CHASSIS", "chassis", true},
	{"SLOT", "slot", false},
	{"FUNCTIONS", "functions|vfs", false},
	{"USED", "used", false},
	{"FREE", "free", false},
	{"QUARANTINED", "quarantined", true},
	{"SERIAL", "serial", true},
	{"IDS", "ids|device", true},
	{NULL, NULL, false},
};
static const struct cli_column group_columns[] = {
	{"NAME", "name", false},
	{"HOSTS", "hosts|spec.hosts", false},
	{"SPARES", "spares|spec.spares", false},
	{"FAILOVER", "failover|spec.failover.mode", false},
	{"SET", "set", true},
	{NULL, NULL, false},
};
static const struct cli_column pool_columns[] = {
	{"NAME", "name", false},
	{"CLASS", "class|spec.adapterSelector.class", false},
	{"ADAPTERS", "adapters", false},
	{"VFS", "vfs|functions", false},
	{"USED", "used", false},
	{"FREE", "free", false},
	{"PROVISION", "provision|spec.provision", true},
	{"SET", "set", true},
	{NULL, NULL, false},
};
static const struct cli_column identity_columns[] = {
	{"NAME", "name", false},
	{"TYPE", "type|spec.type", false},
	{"SIZE", "size|total", false},
	{"USED", "used", false},
	{"RANGES", "ranges|#spec.ranges", true},
	{"SET", "set", true},
	{NULL, NULL, false},
};
static const struct cli_column profile_columns[] = {
	{"NAME", "name", false},
	{"HOST", "host|spec.host", false},
	{"STATE", "state|status.state", false},
	{"ACTIVE", "active", false},
	{"DEVICES", "devices|#spec.devices", false},
	{"OVERRIDE", "override|override.host", false},
	{"PRIORITY", "priorityClass|spec.priorityClass", true},
	{"SET", "set", true},
	{NULL, NULL, false},
};
static const struct cli_column template_columns[] = {
	{"NAME", "name", false},
	{"GROUP", "hostGroup|spec.hostGroup", false},
	{"MODE", "mode|spec.mode", false},
	{"PROFILES", "profiles", false},
	{"SET", "set", true},
	{NULL, NULL, false},
};
static const struct cli_column priority_columns[] = {
	{"NAME", "name", false},
	{"VALUE", "value|spec.value", false},
	{"PREEMPTION", "preemption|spec.preemption", false},
	{"SET", "set", true},
	{NULL, NULL, false},
};
static const struct cli_column qos_columns[] = {
	{"NAME", "name", false},
	{"GUARANTEED", "guaranteed|spec.guaranteed", false},
	{"LIMIT", "limit|spec.limit", false},
	{"WEIGHT", "weight|spec.weight", true},
	{"SET", "set", true},
	{NULL, NULL, false},
};
static const struct cli_column port_profile_columns[] = {
	{"NAME", "name", false},
	{"VLAN", "vlan|spec.vlan.access", false},
	{"SPOOF CHECK", "spoofCheck|spec.spoofCheck", false},
	{"TRUST", "trust|spec.trust", false},
	{"SET", "set", true},
	{NULL, NULL, false},
};
static const struct cli_column document_columns[] = {
	{"NAME", "name", false},
	{"SET", "set", false},
	{NULL, NULL, false},
};
static const struct cli_column chassis_columns[] = {
	{"NAME", "name", false},
	{"STATE", "state|link", false},
	{"SERIAL", "serial", false},
	{"OWNER EPOCH", "ownerEpoch|owner_epoch", false},
	{"GENERATION", "generation", false},
	{"HOSTS", "hosts", false},
	{"ADAPTERS", "adapters", false},
	{"REASON", "reason", true},
	{NULL, NULL, false},
};
static const struct cli_column function_columns[] = {
	{"NAME", "name|function", false},
	{"STATE", "state|phase", false},
	{"ASSIGNMENT", "assignment", false},
	{"HOST", "host", false},
	{"ADDRESS", "address|hostAddress", false},
	{"IDENTITY", "identity|mac", true},
	{"COOKIE", "cookie", true},
	{NULL, NULL, false},
};
static const struct cli_column assignment_columns[] = {
	{"NAME", "name", false},
	{"PHASE", "phase", false},
	{"FUNCTION", "function", false},
	{"HOST", "host", false},
	{"ADDRESS", "address|hostAddress", false},
	{"REASON", "reason", false},
	{"IDENTITY", "identity|identities", true},
	{"ID", "id", true},
	{"EPOCH", "epoch", true},
	{"AGE", "since_ns|phase_ns", true},
	{"DETAIL", "detail|message", true},
	{NULL, NULL, false},
};
static const struct cli_column operation_columns[] = {
	{"ID", "id|name", false},
	{"WHAT", "what|kind|verb", false},
	{"STATE", "state|phase", false},
	{"FUNCTION", "function", false},
	{"ASSIGNMENT", "assignment|object", false},
	{"HOST", "host", false},
	{"AGE", "since_ns|started_ns", false},
	{"DETAIL", "detail|text", true},
	{NULL, NULL, false},
};
static const struct cli_column event_columns[] = {
	{"SEQ", "seq", false},	     {"AGE", "wall_ns|time_ns", false},
	{"REASON", "reason", false}, {"OBJECT", "object", false},
	{"TEXT", "text", false},     {NULL, NULL, false},
};
static const struct cli_column version_columns[] = {
	{"VERSION", "version|name", false},
	{"AGE", "wall_ns|time_ns|since_ns", false},
	{"WHO", "who", false},
	{"DOCUMENTS", "documents", false},
	{NULL, NULL, false},
};
static const struct cli_column change_columns[] = {
	{"CHANGE", "change|kind|what", false},	   {"CLASS", "class", false},
	{"CLAIM", "claim|assignment|name", false}, {"HOST", "host", false},
	{"FUNCTION", "function|adapter", false},   {"FROM", "from", false},
	{"DETAIL", "detail|reason", false},	   {NULL, NULL, false},
};

const struct cli_kind cli_kinds[] = {
	{"hosts", "Host", NULL, true, host_columns},
	{"adapters", "Adapter", NULL, true, adapter_columns},
	{"hostgroups", "HostGroup", "groups", true, group_columns},
	{"adapterpools", "AdapterPool", "pools", true, pool_columns},
	{"identitypools", "IdentityPool", NULL, true, identity_columns},
	{"portprofiles", "PortProfile", NULL, true, port_profile_columns},
	{"qosclasses", "QosClass", "qos", true, qos_columns},
	{"serverprofiles", "ServerProfile", "profiles", true, profile_columns},
	{"profiletemplates", "ProfileTemplate", "templates", true, template_columns},
	{"priorityclasses", "PriorityClass", "priorities", true, priority_columns},
	{"domains", "Domain", NULL, true, document_columns},
	{"fabricpolicies", "FabricPolicy", NULL, true, document_columns},
	{"chassis", "Chassis", NULL, false, chassis_columns},
	{"functions", "Function", NULL, false, function_columns},
	{"assignments", "Assignment", NULL, false, assignment_columns},
	{"operations", "Operation", "ops", false, operation_columns},
	{"events", "Event", NULL, false, event_columns},
	{"versions", "Version", NULL, false, version_columns},
	{NULL, NULL, NULL, false, NULL},
};

/* "serverprofile" is also "profile": the alias without its last letter. */
static bool is_singular(const char *s, const char *plural)
{
	size_t n = plural ? strlen(plural) : 0;
	char buf[32];

	return n > 1 && plural[n - 1] == 's' &&
	       mr_fmt(buf, sizeof(buf), "%.*s", (int)n - 1, plural) && !mr_strcasecmp(s, buf);
}

const struct cli_kind *cli_kind_find(const char *s)
{
	for (const struct cli_kind *k = cli_kinds; k->plural; k++) {
		if (!mr_strcasecmp(s, k->plural) || !mr_strcasecmp(s, k->kind) ||
		    (k->alias && !mr_strcasecmp(s, k->alias)) || is_singular(s, k->alias))
			return k;
	}
	return NULL;
}

const char *const *cli_kind_names(void)
{
	static const char *names[MR_ARRAY_SIZE(cli_kinds)];

	for (unsigned i = 0; i < MR_ARRAY_SIZE(cli_kinds); i++)
		names[i] = cli_kinds[i].plural;
	return names;
}

const struct cli_column *cli_columns_of(const char *key)
{
	const struct cli_kind *k = key ? cli_kind_find(key) : NULL;

	if (mr_streq(key, "changes") || mr_streq(key, "steps"))
		return change_columns;
	return k && !k->policy ? k->column : NULL;
}
