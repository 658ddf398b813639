/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random policies: a wish of profiles, templates and pools that a seed decides, its text, and
 * random edits of it.
 */
#ifndef TESTS_SIM_TEST_POLICIES_H
#define TESTS_SIM_TEST_POLICIES_H

#include <stdbool.h>

#include "common/now.h"
#include "common/pci/regmap.h"
#include "common/rng.h"
#include "common/str.h"

#define POLICY_HOSTS	32
#define POLICY_PROFILES 24
#define POLICY_DEVICES	4

#define POLICY_REUSE_NS MR_NS_PER_S /* of all its pools of identities */

struct policy_device {
	enum mr_class device_class;
	unsigned count;
	unsigned guaranteed_mbps; /* 0 = no qos */
	unsigned limit_mbps;
	unsigned vlan; /* 0 = no port profile; ethernet */
};

struct policy_profile {
	bool used;
	bool is_template; /* over the hosts of the group of the same number */
	unsigned host;	  /* of a profile that is none; POLICY_HOSTS = none */
	uint32_t hosts;	  /* group: a bit each */
	unsigned devices;
	struct policy_device device[POLICY_DEVICES];
	bool anti_affinity;
};

struct policy {
	unsigned hosts;			/* how many blades there are: blade01.. */
	uint16_t root[POLICY_HOSTS][2]; /* ports of a blade that has two; 0 = by its slot */
	bool classes[MR_CLASS_COUNT];	/* which the chassis shares */
	bool has_whole;			/* and it has a `base` GPU */
	unsigned whole;			/* the profile that gets it, POLICY_PROFILES = none */
	unsigned provision[MR_CLASS_COUNT]; /* VFs per PF, 0 = max */
	bool request;			    /* hosts may say no to a drain */
	unsigned mode; /* of nic-right: 0 = nobody says, 1 wide, 2 narrow */
	struct policy_profile profile[POLICY_PROFILES];
};

void policy_random(struct policy *p, unsigned hosts, const bool *classes, bool has_whole,
		   struct mr_rng *rng);
/* One to three edits: a profile comes, goes, moves, changes. */
void policy_edit(struct policy *p, struct mr_rng *rng);
void policy_print(const struct policy *p, struct mr_buf *out);

#endif
