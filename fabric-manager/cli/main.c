// SPDX-License-Identifier: Apache-2.0
/*
 * `banyan`: the command line. All of it is in this folder's library, so that tests can call it.
 */
#include <stdio.h>

#include "common/os/std.h"
#include "fabric-manager/cli/args.h"

int main(int argc, char **argv)
{
	int code;

	mr_std_hold();
	code = cli_main(argc, argv);
	/* an answer that could not be written whole is none: a full disk is not "done" */
	return !code && !mr_std_written("banyan") ? FM_EXIT_FAILED : code;
}
