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

/* See ids.h. */
enum mr_class fm_class_of_code(uint32_t class_code)
{
	for (int c = 0; c < MR_CLASS_COUNT; c++)
		if (c != MR_CLASS_OTHER &&
		    mr_class_code((enum mr_class)c) >> 8 == class_code >> 8)
			return (enum mr_class)c;
	return MR_CLASS_OTHER;
}

/* What a class is known by on its network: ids.h. */
bool fm_ident_type(enum mr_class device_class, unsigned slot, enum mr_ident_type *ret)
{
	switch (device_class) {
	case MR_CLASS_ETHERNET:
		*ret = MR_IDENT_MAC;
		return slot == 0;
	case MR_CLASS_FC:
		*ret = slot ? MR_IDENT_WWNN : MR_IDENT_WWPN;
		return true;
	case MR_CLASS_IB:
		*ret = MR_IDENT_GUID;
		return slot == 0;
	default:
		return false;
	}
}
