/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Credentials of baseboard controllers: a file of lines "HOST USER:PASSWORD", HOST a host's
 * name or `default`; empty lines and those that begin with # are passed over. They stand
 * nowhere else: no policy, no store, no log.
 */
#ifndef FABRIC_MANAGER_BMC_USERS_H
#define FABRIC_MANAGER_BMC_USERS_H

#include <stdbool.h>

struct fm_bmc_users;
struct mr_err;

/* Refuses a file that others than its owner may read or write. 0, or a negative errno value
 * with err naming file and line. */
int fm_bmc_users_read(const char *path, struct fm_bmc_users **ret, struct mr_err *err);
void fm_bmc_users_free(struct fm_bmc_users *u); /* NULL is accepted */
/* Those of 'host', else the default ones; false where there are none. */
bool fm_bmc_user(const struct fm_bmc_users *u, const char *host, const char **ret_user,
		 const char **ret_password);

#endif
