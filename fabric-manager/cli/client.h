/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The connection to the manager, one thing after the other: the loop runs inside
 * cli_client_next until there is something to look at.
 */
#ifndef FABRIC_MANAGER_CLI_CLIENT_H
#define FABRIC_MANAGER_CLI_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric-manager/codec/control.h"

struct cli_client;

/* Begins to connect; failure shows as CLI_GOT_CLOSED. */
struct cli_client *cli_client_new(const char *addr);
void cli_client_free(struct cli_client *c);
/* From now on Ctrl-C is CLI_GOT_INTERRUPT instead of the end of the program. */
void cli_client_catch_interrupt(struct cli_client *c);

/* Queues a request, also before the connection stands. Returns its id. */
uint64_t cli_client_send(struct cli_client *c, const struct fm_request *r);

enum cli_got {
	CLI_GOT_MESSAGE,
	CLI_GOT_CLOSED,
	CLI_GOT_TIMEOUT,
	CLI_GOT_INTERRUPT
};
/* The next message ('*ret' is the caller's), or why there is none. Messages that came before
 * the end are handed out before CLI_GOT_CLOSED. */
enum cli_got cli_client_next(struct cli_client *c, int64_t until_mono_ns,
			     struct fm_control_msg *ret);

/* After CLI_GOT_CLOSED: why, as a sentence; whether there was ever a connection; whether the
 * other side sent something that is no message. */
const char *cli_client_why(const struct cli_client *c);
bool cli_client_was_ready(const struct cli_client *c);
bool cli_client_got_garbage(const struct cli_client *c);

/* Asks for the events from now on, as they come: something may have changed. */
void cli_client_follow(struct cli_client *c);

#endif
