/* SPDX-License-Identifier: Apache-2.0 */
/* The management face on the network: chassis.proto, batches in, replies and interrupts out. */
#ifndef SIM_SERVER_H
#define SIM_SERVER_H

#include <stdint.h>

struct mr_err;
struct mr_loop;
struct sim_server;
struct sim_world;

/* Listens at 'addr' (common/net/peer.h); 0 or a negative errno value. */
int sim_server_new(struct mr_loop *l, struct sim_world *w, const char *addr, const char *name,
		   struct sim_server **ret, struct mr_err *err);
void sim_server_free(struct sim_server *s);
/* A message interrupt to every connected manager. */
void sim_server_interrupt(struct sim_server *s, uint32_t vector, uint32_t data);
/* Ends all connections; managers may come again. */
void sim_server_drop(struct sim_server *s);

#endif
