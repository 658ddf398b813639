/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the verbs do. Each takes the parsed command line and returns the exit code; what is
 * wrong was said on standard error.
 */
#ifndef FABRIC_MANAGER_CLI_RUN_H
#define FABRIC_MANAGER_CLI_RUN_H

#include <stdbool.h>

#include "fabric-manager/cli/client.h"

struct cli_args;
struct mr_diags;

/* One request and its reply; with --wait until the fabric has settled. */
int cli_run_request(const struct cli_args *a);
/* One request; with --watch again whenever something changed. */
int cli_run_show(const struct cli_args *a);
int cli_run_events(const struct cli_args *a);
int cli_run_validate(const struct cli_args *a);
int cli_run_schema(const struct cli_args *a);
int cli_run_completion(const struct cli_args *a);
int cli_run_help(const struct cli_args *a);
int cli_run_version(const struct cli_args *a);

/* Sends 'r' and waits for the reply: 0 with '*ret' (the caller's, fm_control_msg_done), or the
 * exit code after it said why there is none. */
int cli_ask(struct cli_client *c, const struct cli_args *a, const struct fm_request *r,
	    struct fm_control_msg *ret);
/* Says on standard error why there is no reply ('got'); returns the exit code. */
int cli_no_reply(const struct cli_client *c, const struct cli_args *a, enum cli_got got);
/* Prints findings, text and tree of a reply; returns its exit code. */
int cli_show_reply(const struct cli_args *a, const struct fm_reply *r);
void cli_show_findings(const struct mr_diags *d);
/* After an accepted change: waits as --wait says. Returns the exit code. */
int cli_wait(struct cli_client *c, const struct cli_args *a, const struct fm_reply *r);

#endif
