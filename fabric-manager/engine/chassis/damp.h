/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Links that go up and down again and again: the port of a host or of an adapter is held down
 * in the manager's eyes, for a time that grows.
 */
#ifndef FABRIC_MANAGER_ENGINE_CHASSIS_DAMP_H
#define FABRIC_MANAGER_ENGINE_CHASSIS_DAMP_H

#include "fabric-manager/engine/state/state.h"

/* ---- one link, by itself ---- */
/* It went up or down; true when a hold begins with that. */
bool fm_damp_change(struct fm_damp *d, int64_t now);
/* The time of the hold is over; false when the link was stable for so long. Else the next hold
 * begins. */
bool fm_damp_end(struct fm_damp *d, int64_t now);
/* Of the hold under way, or the last one. */
unsigned fm_damp_seconds(const struct fm_damp *d);

/* ---- those of an engine ---- */
/* NULL: nothing is known of it. */
const struct fm_damp *fm_damp_at(const struct fm_engine *e, unsigned chassis, unsigned port);
/* Some port is held. */
bool fm_damp_any(const struct fm_engine *e);
/* The link behind the port went up or down; true: it is held, and nothing is to be said. */
bool fm_damp_link(struct fm_engine *e, unsigned chassis, unsigned port, bool up);
/* A held adapter's link changed: it is read soon if something is on its way out there. */
void fm_damp_ways_out(struct fm_engine *e, unsigned chassis, unsigned port);
/* Who is held still is in 'n', which was read. */
void fm_damp_keep(struct fm_engine *e, unsigned chassis, struct fm_chassis *n);
void fm_damp_timer(struct fm_engine *e, uint64_t key);

#endif
