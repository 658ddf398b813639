/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The manager's core: one state machine over everything it knows. (state, now, event) ->
 * actions. PURE.
 *
 * Observe, desire, diff, one operation at a time, read back (DESIGN section 13). Before
 * anything reaches a switch or an agent or an operator, the intent is durable: those actions
 * carry after_commit (INTERFACES, "How a core is driven"), and io/ holds them until the store
 * said so. A failed commit drops what it held.
 */
#ifndef FABRIC_MANAGER_ENGINE_ENGINE_H
#define FABRIC_MANAGER_ENGINE_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric-manager/engine/action/action.h"

struct fm_engine;
struct fm_inventory;
struct mr_err;

struct fm_engine_config {
	const char *const *chassis; /* names, order = index in the inventory */
	unsigned n_chassis;
	uint64_t seed;	  /* of challenges and of the owner id of a new store */
	bool check_plans; /* tests: each plan is held against one from scratch */
	/* searches for better arrangements become FM_ACT_SEARCH; else a step makes them */
	bool search_apart;
};

struct fm_engine *fm_engine_new(const struct fm_engine_config *cfg);
void fm_engine_free(struct fm_engine *e);
void fm_engine_step(struct fm_engine *e, struct mr_now now, const struct fm_event *ev,
		    struct fm_actions *out);
/* Whether what FM_EV_STORE_LOADED brought can be used; where it can't, nothing is begun, and
 * the caller gets 'err' and ends. */
int fm_engine_usable(const struct fm_engine *e, struct mr_err *err);
int64_t fm_engine_deadline(const struct fm_engine *e);

/* For tests and bench: what it believes. */
const struct fm_inventory *fm_engine_inventory(const struct fm_engine *e);
unsigned fm_engine_assignments(const struct fm_engine *e);
const struct fm_assignment *fm_engine_assignment(const struct fm_engine *e, unsigned i);
/* Plans that were not what one from scratch is, of '*ret_checked' (check_plans). */
unsigned fm_engine_plans_differ(const struct fm_engine *e, unsigned *ret_checked);
/* No operation under way and nothing left to do but wait. */
bool fm_engine_idle(const struct fm_engine *e);

#endif
