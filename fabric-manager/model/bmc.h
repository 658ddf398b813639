/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Address of a baseboard controller that speaks Redfish (DMTF DSP0266), and what it says of the
 * power of its host.
 */
#ifndef FABRIC_MANAGER_MODEL_BMC_H
#define FABRIC_MANAGER_MODEL_BMC_H

#include <stdbool.h>

#include "common/now.h"

#define FM_BMC_MAX	256		   /* bytes of an address, with its NUL */
#define FM_POWER_OFF_NS (40 * MR_NS_PER_S) /* how long switching off may take */
#define FM_BMC_SYSTEMS	"/redfish/v1/Systems"
#define FM_BMC_EXPECTED \
	"HOST, HOST:PORT, https://HOST[:PORT] or https://HOST[:PORT]" FM_BMC_SYSTEMS "/ID"

struct fm_bmc_address {
	char host[FM_BMC_MAX];	 /* HOST:PORT, in lower case; 443 where none is written */
	char system[FM_BMC_MAX]; /* its id; "" = the only one that the controller has */
};

/* False where 'text' is none of FM_BMC_EXPECTED. An IPv6 address stands in brackets. */
bool fm_bmc_parse(const char *text, struct fm_bmc_address *ret);

/* X(NAME, word) */
#define FM_POWERS(X) X(UNKNOWN, "unknown") X(OFF, "off") X(ON, "on")
enum fm_power {
#define X(name, text) FM_POWER_##name,
	FM_POWERS(X)
#undef X
};
const char *fm_power_name(enum fm_power p);

#endif
