/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions out of use.
 */
#ifndef FABRIC_MANAGER_ENGINE_ASSIGN_QUARANTINE_H
#define FABRIC_MANAGER_ENGINE_ASSIGN_QUARANTINE_H

#include "fabric-manager/engine/state/state.h"

/* The function of 'a' goes into quarantine; the claim goes on without it. */
void fm_quarantine_asg(struct fm_engine *e, struct fm_asg *a, const char *why);
/* The cut of 'a' is not confirmed: true when its host's group can do without that in a
 * fail-over. Then the function is in quarantine, and the claim goes on. */
bool fm_quarantine_unfenced(struct fm_engine *e, struct fm_asg *a);
/* The same for all of a host whose cut is not confirmed, after news of its power. */
void fm_quarantine_of_host(struct fm_engine *e, const char *host);
/* Tries to get the function of entry 'i' of the quarantine back. */
void fm_quarantine_reset(struct fm_engine *e, unsigned i);

#endif
