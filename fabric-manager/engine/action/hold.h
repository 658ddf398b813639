/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Actions that wait for their commit (INTERFACES, "How a core is driven"): what names a commit
 * is held until that commit is durable, and dropped when it failed. The shell and the
 * simulation tests execute actions through this.
 */
#ifndef FABRIC_MANAGER_ENGINE_ACTION_HOLD_H
#define FABRIC_MANAGER_ENGINE_ACTION_HOLD_H

#include <stdbool.h>
#include <stdint.h>

struct fm_action;
struct fm_actions;
struct fm_hold;

/* Carries out one action. What the action owns stays the hold's, unless the callee takes it and
 * leaves NULL. */
typedef void fm_hold_run_fn(struct fm_action *a, void *arg);

struct fm_hold *fm_hold_new(fm_hold_run_fn *run, void *arg);
void fm_hold_free(struct fm_hold *h); /* drops what is held; NULL is accepted */

/* Executes, in order, what need not wait, and keeps the rest; what is recalled is kept no more.
 * Empties 'out'. */
void fm_hold_take(struct fm_hold *h, struct fm_actions *out);
/* Commit 'n' ended (in the order of their numbers): runs, or drops, what waited for it. */
void fm_hold_settle(struct fm_hold *h, uint64_t n, bool durable);

#endif
