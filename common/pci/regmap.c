/* SPDX-License-Identifier: Apache-2.0 */
/* Names of the register map's enumerations. */
#include "common/pci/regmap.h"

#include <stddef.h>

#include "common/str.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char *const ev_names[] = {
#define X(name, text) #name,
	MR_EVENTS(X)
#undef X
};

/* Token of a ring event, "?" for a number that is none. */
const char *mr_ev_name(enum mr_ev e)
{
	return (size_t)e < COUNT(ev_names) ? ev_names[e] : "?";
}

static const struct {
	const char *text;
	uint32_t code;
} classes[] = {
#define X(name, text, code) {text, code},
	MR_CLASSES(X)
#undef X
};

/* The policy's word for a device class. */
const char *mr_class_name(enum mr_class c)
{
	return (size_t)c < COUNT(classes) ? classes[c].text : "?";
}

/* The class of a policy word, or -1. */
int mr_class_parse(const char *s)
{
	for (size_t i = 0; i < COUNT(classes); i++)
		if (mr_streq(classes[i].text, s))
			return (int)i;
	return -1;
}

/* PCI class code (24 bits) that functions of the class show. */
uint32_t mr_class_code(enum mr_class c)
{
	return (size_t)c < COUNT(classes) ? classes[c].code : classes[0].code;
}

/* The word for a resource of a PF, "?" for a number that is none. */
const char *mr_resource_name(enum mr_resource r)
{
	static const char *const names[] = {
#define X(name, text, unit) text,
		MR_RESOURCES(X)
#undef X
	};

	return (size_t)r < COUNT(names) ? names[r] : "?";
}

/* The word for one capability bit of CT_CAPS, NULL for one without a word. */
const char *mr_ct_cap_name(uint64_t bit)
{
	static const struct {
		uint64_t bit;
		const char *text;
	} names[] = {
#define X(name, at, text) {MR_CT_CAP_##name, text},
		MR_CT_CAPS(X)
#undef X
	};

	for (size_t i = 0; i < COUNT(names); i++)
		if (names[i].bit == bit)
			return names[i].text;
	return NULL;
}

/* The specification's words for the four migration states. */
const char *mr_vf_state_name(enum mr_vf_state s)
{
	static const char *const names[] = {"Inactive.Unavailable", "Dormant.MigrateIn",
					    "Active.MigrateOut", "Active.Available"};

	return (size_t)s < COUNT(names) ? names[s] : "?";
}
