/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The manager's shell: it feeds what happens to the engine, one event at a time, and executes
 * the actions.
 */
#ifndef FABRIC_MANAGER_IO_MANAGER_H
#define FABRIC_MANAGER_IO_MANAGER_H

struct fm_config;
struct fm_manager;
struct mr_err;
struct mr_loop;

/*
 * Opens the store, loads it into a new engine, connects to the chassis and listens. 0, or a
 * negative errno value with nothing left open. The loop outlives the manager.
 */
int fm_manager_new(struct mr_loop *loop, const struct fm_config *cfg, struct fm_manager **ret,
		   struct mr_err *err);
/* Closes everything; what was durable stays, what runs on the chassis goes on. NULL is
 * accepted. */
void fm_manager_free(struct fm_manager *m);

#endif
