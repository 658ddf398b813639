/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The connection to the manager: a dialer of protocol "agent". The core's actions become
 * messages, messages become the core's events.
 */
#ifndef AGENT_SESSION_H
#define AGENT_SESSION_H

#include "agent/codec/codec.h"
#include "agent/core/core.h"

struct mr_loop;
struct ag_session;

typedef void ag_session_fn(const struct ag_event *ev, void *arg);

/* Dials until it is freed; 'id' is copied. Events: CONNECTED, DISCONNECTED and what the manager
 * says. */
struct ag_session *ag_session_new(struct mr_loop *l, const char *manager,
				  const struct ag_identity *id, ag_session_fn *fn, void *arg);
/* Sends an action of the core (HELLO, ANSWER, REPORT, ACK, HEARTBEAT, GOODBYE); without a
 * connection it is dropped: the next session starts over. */
void ag_session_send(struct ag_session *s, const struct ag_action *a);
void ag_session_free(struct ag_session *s);

#endif
