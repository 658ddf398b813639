// SPDX-License-Identifier: Apache-2.0
/*
 * `banyan`: the command line. All of it is in this folder's library, so that tests can call it.
 */
#include "fabric-manager/cli/args.h"

int main(int argc, char **argv)
{
	return cli_main(argc, argv);
}
