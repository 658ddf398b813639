/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is known of each host, and the sessions of their agents.
 */
#ifndef FABRIC_MANAGER_ENGINE_STATE_HOSTS_H
#define FABRIC_MANAGER_ENGINE_STATE_HOSTS_H

#include "fabric-manager/engine/state/state.h"
#include "fabric-manager/model/roots.h"

struct fm_hst *fm_host(struct fm_engine *e, const char *name, bool make);
struct fm_hst *fm_host_of(struct fm_engine *e, const struct fm_asg *a);
void fm_host_free(struct fm_hst *h);
/* Forgets what its agent reported. */
void fm_host_forget(struct fm_hst *h);
/* What the agent reported at a place, or NULL; 'h' may be NULL. */
struct fm_agent_fn *fm_host_reported(const struct fm_hst *h, const struct fm_place *p);
bool fm_way_lvf(const struct fm_engine *e, const char *host);
/* mono: until when a host of a group that was found without power, and may be on its way up
 * since before, has time to come up: `rebootGrace` from the first reading of its chassis on. 0:
 * it has power, or had it under this manager. */
int64_t fm_host_up_by(const struct fm_engine *e, const struct fm_host_def *d,
		      const struct fm_hst *h, const struct fm_roots *p);
struct fm_session *fm_session_of(struct fm_engine *e, const char *host);
struct fm_session *fm_session_get(const struct fm_engine *e, uint64_t id);
/* The accepted session of the agent behind a host port, or NULL. */
struct fm_session *fm_session_at(const struct fm_engine *e, unsigned chassis, unsigned port);

#endif
