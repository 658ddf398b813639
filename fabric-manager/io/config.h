/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The manager's configuration file (INTERFACES, "Manager configuration").
 */
#ifndef FABRIC_MANAGER_IO_CONFIG_H
#define FABRIC_MANAGER_IO_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "common/ids.h"

struct mr_diags;

#define FM_CONFIG_CHASSIS_MAX 16
#define FM_CONFIG_PATH_MAX    256

struct fm_config_chassis {
	char name[MR_NAME_MAX];
	char driver[16]; /* "mrpcim" */
	char address[FM_CONFIG_PATH_MAX];
};

struct fm_config {
	char store[FM_CONFIG_PATH_MAX];	      /* file of the SQLite store */
	char control[FM_CONFIG_PATH_MAX];     /* address of the control socket */
	char agents_unix[FM_CONFIG_PATH_MAX]; /* addresses of the agent listeners, "" = none */
	char agents_tcp[FM_CONFIG_PATH_MAX];
	struct fm_config_chassis chassis[FM_CONFIG_CHASSIS_MAX];
	unsigned n_chassis;
	int log_level; /* enum mr_log_level */
	bool log_json;
	/* from the command line, not from the file; NULL = not given */
	const char *bmc_users; /* file of credentials (bmc/users.h) */
	const char *bmc_ca;    /* file of certificates */
};

/*
 * Reads the configuration. Findings with file, line, column, key and what was expected go to
 * 'diags'. 0 or -EINVAL.
 */
int fm_config_read(const char *file, const char *text, size_t len, struct fm_config *ret,
		   struct mr_diags *diags);

#endif
