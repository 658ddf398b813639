/* SPDX-License-Identifier: Apache-2.0 */
/* Names of ways and resources, and attributes compared member by member (padding never counts).
 */
#include "fabric-manager/model/ids.h"

#include "common/xalloc.h"

static const char *const way_names[] = {
#define X(name, text) text,
	FM_WAYS(X)
#undef X
};

/* The word for a way of reaching a function, "?" for a number that is none. */
const char *fm_way_name(enum fm_way w)
{
	return (size_t)w < MR_ARRAY_SIZE(way_names) ? way_names[w] : "?";
}

static const char *const resource_names[] = {
#define X(name, text, unit) text,
	FM_RESOURCES(X)
#undef X
};
static const char *const resource_units[] = {
#define X(name, text, unit) unit,
	FM_RESOURCES(X)
#undef X
};

/* The word for what functions of a PF share, "?" for a number that is none. */
const char *fm_resource_name(enum fm_resource r)
{
	return (size_t)r < MR_ARRAY_SIZE(resource_names) ? resource_names[r] : "?";
}

/* What stands behind a number of it: "" or " MiB". */
const char *fm_resource_unit(enum fm_resource r)
{
	return (size_t)r < MR_ARRAY_SIZE(resource_units) ? resource_units[r] : "";
}

/* Whether two functions would be set to the same. */
bool fm_attrs_eq(const struct fm_attrs *a, const struct fm_attrs *b)
{
	return a->ident0 == b->ident0 && a->ident1 == b->ident1 && a->min_mbps == b->min_mbps &&
	       a->max_mbps == b->max_mbps && a->vlan == b->vlan && a->vlan_qos == b->vlan_qos &&
	       a->vlan_ad == b->vlan_ad && a->trust == b->trust &&
	       a->spoof_check == b->spoof_check && a->link_state == b->link_state;
}
