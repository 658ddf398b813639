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
	{"GROUP", "group", false},
	{"SPARE", "spare", false},
	{"STATE", "?conditions", false},
	{"CORDONED", "cordoned", false},
	{"ACCESS", "access", false},
	{"POWER", "power", false},
	{"LINK", "link", false},
	{"AGENT", "agent", false},
	{"ASSIGNMENTS", "assignments", false},
	{"FOUND", "found", false},
	{"PORT", "port", true},
	{"KNOWN", "known", true},
	{"MANAGEMENT", "management", true},
	{"BMC", "bmc", true},
	{"KERNEL", "kernel", true},
	{NULL, NULL, false},
};
static const struct cli_column adapter_columns[] = {
	{"NAME", "name", false},
	{"KIND", "kind", false},
	{"CLASS", "class", false},
	{"SLOT", "slot", false},
	{"STATE", "?conditions", false},
	{"PRESENT", "present", false},
	{"FUNCTIONS", "functions", false},
	{"USED", "used", false},
	{"CHASSIS", "chassis", true},
	{"PORT", "port", true},
	{"DEVICE", "device", true},
	{"SERIAL", "serial", true},
	{NULL, NULL, false},
};
static const struct cli_column profile_columns[] = {
	{"NAME", "name", false},
	{"HOST", "host", false},
	{"STATE", "?conditions", false},
	{"ACTIVE", "active", false},
	{"DEVICES", "devices", false},
	{"OVERRIDE", "override", false},
	{"HOME", "home", true},
	{"ORIGIN", "origin", true},
	{NULL, NULL, false},
};
static const struct cli_column document_columns[] = {
	{"NAME", "name", false},
	{"SET", "set", false},
	{NULL, NULL, false},
};
static const struct cli_column chassis_columns[] = {
	{"NAME", "name", false},
	{"STATE", "state", false},
	{"SERIAL", "serial", false},
	{"HOSTS", "hosts", false},
	{"ADAPTERS", "adapters", false},
	{"OWNER EPOCH", "ownerEpoch", false},
	{"GENERATION", "generation", false},
	{"MESSAGE", "message", false},
	{"WRITES", "writes", true},
	{"REASON", "reason", true},
	{NULL, NULL, false},
};
static const struct cli_column function_columns[] = {
	{"NAME", "name", false},
	{"ASSIGNMENT", "assignment", false},
	{"HOST", "root|host", false},
	{"FOUND", "found", false},
	{"BDF", "bdf", false},
	{"GATE OPEN", "gateOpen", false},
	{"BLOCKED", "blocked", false},
	{"VH", "vh", true},
	{"SLOT", "slot", true},
	{"RESET", "reset", true},
	{"QUARANTINE", "quarantine", true},
	{"RESETS", "resets", true},
	{"REMAPS", "remaps", true},
	{NULL, NULL, false},
};
static const struct cli_column assignment_columns[] = {
	{"NAME", "name", false},
	{"PHASE", "phase", false},
	{"HOST", "root|host", false},
	{"FUNCTION", "function", false},
	{"BDF", "bdf", false},
	{"AGE", "since", false},
	{"MESSAGE", "message", false},
	{"IDENTITY", "attributes.mac|attributes.wwpn|attributes.guid", true},
	{"GUARANTEED", "attributes.guaranteedMbps", true},
	{"LIMIT", "attributes.limitMbps", true},
	{"ID", "id", true},
	{"EPOCH", "epoch", true},
	{"STEP", "step", true},
	{"REASON", "reason", true},
	{NULL, NULL, false},
};
static const struct cli_column operation_columns[] = {
	{"ID", "id", false},
	{"KIND", "kind", false},
	{"ASSIGNMENT", "assignment", false},
	{"STATE", "state", false},
	{"DETAIL", "detail", false},
	{NULL, NULL, false},
};
static const struct cli_column event_columns[] = {
	{"SEQ", "seq", false},	     {"AGE", "time", false},  {"REASON", "reason", false},
	{"OBJECT", "object", false}, {"TEXT", "text", false}, {NULL, NULL, false},
};
static const struct cli_column version_columns[] = {
	{"VERSION", "version", false}, {"AGE", "time", false},
	{"WHO", "who", false},	       {"HOW", "how", false},
	{"SET", "set", true},	       {"DOCUMENTS", "documents", false},
	{"CURRENT", "current", false}, {"CHANGES", "changes", false},
	{NULL, NULL, false},
};
static const struct cli_column namespace_columns[] = {
	{"NAME", "name", false},
	{"STATE", "state", false},
	{"SIZE", "size", false},
	{"DRIVE", "drive", false},
	{"NSID", "nsid", false},
	{"HOST", "host", false},
	{"MESSAGE", "message", false},
	{"BLOCK", "blockSize", true},
	{"SHARING", "sharing", true},
	{"ON DELETE", "onDelete", true},
	{"FUNCTION", "attached", true},
	{"SERIAL", "serial", true},
	{NULL, NULL, false},
};
static const struct cli_column change_columns[] = {
	{"CHANGE", "change", false},
	{"CLASS", "class", false},
	{"WHAT", "assignment|adapter|object", false},
	{"HOST", "root|host", false},
	{"INTERRUPTED FOR", "interruption", false},
	{"FUNCTION", "function", false},
	{"FROM", "from", false},
	{"FROM HOST", "fromRoot|fromHost", false},
	{"DETAIL", "detail", false},
	{NULL, NULL, false},
};
static const struct cli_column port_columns[] = {
	{"PORT", "port", false},
	{"FUNCTIONS", "functions", false},
	{"USED", "used", false},
	{"SPEED", "netMbps", false},
	{"GUARANTEED", "guaranteedMbps", false},
	{"LIMITS", "limitMbps", false},
	{NULL, NULL, false},
};

const struct cli_kind cli_kinds[] = {
	{"hosts", "Host", NULL, true, host_columns},
	{"adapters", "Adapter", NULL, true, adapter_columns},
	{"hostgroups", "HostGroup", "groups", true, document_columns},
	{"adapterpools", "AdapterPool", "pools", true, document_columns},
	{"identitypools", "IdentityPool", NULL, true, document_columns},
	{"portprofiles", "PortProfile", NULL, true, document_columns},
	{"qosclasses", "QosClass", "qos", true, document_columns},
	{"profiles", "ServerProfile", "serverprofiles", true, profile_columns},
	{"profiletemplates", "ProfileTemplate", "templates", true, document_columns},
	{"priorityclasses", "PriorityClass", "priorities", true, document_columns},
	{"domains", "Domain", NULL, true, document_columns},
	{"fabricpolicies", "FabricPolicy", NULL, true, document_columns},
	{"chassis", "Chassis", NULL, false, chassis_columns},
	{"functions", "Function", NULL, false, function_columns},
	{"assignments", "Assignment", NULL, false, assignment_columns},
	{"operations", "Operation", "ops", false, operation_columns},
	{"events", "Event", NULL, false, event_columns},
	{"versions", "Version", NULL, false, version_columns},
	{"namespaces", "Namespace", "ns", false, namespace_columns},
	{NULL, NULL, NULL, false, NULL},
};

/* "profiles" without its last letter; other singulars are the documents' kinds. */
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
		    (k->alias && !mr_strcasecmp(s, k->alias)) || is_singular(s, k->alias) ||
		    is_singular(s, k->plural))
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
	static const struct {
		const char *key;
		const struct cli_column *column;
	} others[] = {
		{"changes", change_columns},
		{"holds", assignment_columns},
		{"ports", port_columns},
	};
	const struct cli_kind *k = key ? cli_kind_find(key) : NULL;

	for (unsigned i = 0; i < MR_ARRAY_SIZE(others); i++) {
		if (mr_streq(key, others[i].key))
			return others[i].column;
	}
	return k && !k->policy ? k->column : NULL;
}
