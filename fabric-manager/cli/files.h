/* SPDX-License-Identifier: Apache-2.0 */
/* What -f names, read into memory: files, folders, standard input. */
#ifndef FABRIC_MANAGER_CLI_FILES_H
#define FABRIC_MANAGER_CLI_FILES_H

#include "fabric-manager/model/request.h"

struct mr_err;

#define CLI_FILE_MAX  (4ul << 20)		 /* as the policy reader has it */
#define CLI_FILES_MAX 256			 /* of one request */
#define CLI_TOTAL_MAX ((8ul << 20) - (64 << 10)) /* a frame, with room for names */

struct cli_files {
	struct fm_file *file; /* names and texts are owned */
	unsigned n, cap;
	size_t total;
};

/*
 * Reads the paths in their order; a folder stands for its *.yaml, sorted by name, and is an
 * error when it has none; "-" is standard input, once. Returns 0, or a negative errno value
 * with the path in 'err'; 'ret' is freed by cli_files_done in either case.
 */
int cli_files_read(const char *const *path, unsigned n, struct cli_files *ret,
		   struct mr_err *err);
void cli_files_done(struct cli_files *f);

#endif
