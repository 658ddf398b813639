/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Switches hosts off by their baseboard controllers, off the event loop: each in a thread of
 * its own, because libcurl's calls block and one dead controller must not hold up another.
 */
#ifndef FABRIC_MANAGER_BMC_BMC_H
#define FABRIC_MANAGER_BMC_BMC_H

#include <stdint.h>

#include "fabric-manager/model/bmc.h"

struct fm_bmc;
struct mr_err;

struct fm_bmc_ops {
	/* The answer to 'tag': off as it was read back, or 'detail' says why not. Called in the
	 * thread that polls. */
	void (*on_power)(uint64_t tag, enum fm_power power, const char *detail, void *arg);
	/* From any thread: something ended, call fm_bmc_poll soon (io/ posts to its loop). */
	void (*wake)(void *arg);
};

/*
 * 'users' is the file of credentials (users.h), NULL = none: then every answer says so. 'ca' is
 * a file of certificates that controllers' ones are verified by, NULL = the system's. 0, or a
 * negative errno value with err naming file and line.
 */
int fm_bmc_open(const char *users, const char *ca, const struct fm_bmc_ops *ops, void *arg,
		struct fm_bmc **ret, struct mr_err *err);
/* Gives up what is under way, and waits for its threads. NULL is accepted. */
void fm_bmc_close(struct fm_bmc *b);

/* Switches 'host' off through the controller at 'address'; answered within FM_POWER_OFF_NS. */
void fm_bmc_power_off(struct fm_bmc *b, uint64_t tag, const char *host, const char *address);
/* Delivers on_power of what ended. */
void fm_bmc_poll(struct fm_bmc *b);

#endif
