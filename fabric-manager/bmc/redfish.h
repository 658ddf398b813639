/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One conversation with a Redfish service: a system is switched off. Blocks.
 */
#ifndef FABRIC_MANAGER_BMC_REDFISH_H
#define FABRIC_MANAGER_BMC_REDFISH_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric-manager/model/bmc.h"

struct mr_err;

struct fm_redfish {
	struct fm_bmc_address address;
	const char *user, *password;
	const char *ca;		    /* file of certificates, NULL = the system's */
	int64_t deadline_ns;	    /* mono */
	bool (*is_over)(void *arg); /* asked again and again: give up */
	void (*wait_until)(int64_t mono_ns, void *arg);
	void *arg;
};

/*
 * ForceOff, unless it is off already; then asks until PowerState is Off. 0, or a negative errno
 * value with err in words: unreachable, credentials, no such system, not off in time.
 */
int fm_redfish_off(const struct fm_redfish *r, struct mr_err *err);

#endif
