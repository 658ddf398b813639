/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The simulated world of one process: the chassis, its blades, and time. Every face (server,
 * sysfs, uevents, control socket) does what it does between two calls of sim_world_pump, which
 * carries notices from the chassis to the blades, lets what is due happen, and sets the timer.
 *
 * A blade is something that a hierarchy is shown to: sim_world_blade hides which kind it is.
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/now.h"

struct mr_err;
struct mr_loop;
struct sim_blade;
struct sim_chassis;
struct sim_desc;
struct sim_world;

/* Who wants to know: called from sim_world_pump, in the loop. */
struct sim_world_ops {
	void (*interrupt)(uint32_t vector, uint32_t data, void *arg); /* management interrupt */
	void (*blade_changed)(unsigned vh, void *arg); /* uevents may wait, a boot began */
	void (*committed)(void *arg); /* the switch keeps its tables; before that is answered */
	void (*connections_lost)(void *arg); /* those of management, with the power */
};

/* Who lives in the world beside the faces (a scenario): called when all that was due has
 * happened; what it then does may make more due. */
struct sim_world_guest {
	void (*step)(struct mr_now now, void *arg);
	int64_t (*deadline)(void *arg);
};

/* Builds the world; with 'virtual_clock' time stands still while anybody talks to us. */
struct sim_world *sim_world_new(struct mr_loop *l, const struct sim_desc *desc,
				bool virtual_clock, uint64_t seed);
struct sim_world *sim_world_restore(struct mr_loop *l, const void *data, size_t len,
				    bool virtual_clock, uint64_t seed, struct mr_err *err);
void sim_world_free(struct sim_world *w);
void sim_world_watch(struct sim_world *w, const struct sim_world_ops *ops, void *arg);

struct mr_now sim_world_now(struct sim_world *w);
struct sim_chassis *sim_world_chassis(struct sim_world *w);
/* Blades by VH number 1..sim_world_blades(); NULL where there is no host. */
unsigned sim_world_blades(const struct sim_world *w);
struct sim_blade *sim_world_blade(const struct sim_world *w, unsigned vh);
/* After anything that touched the chassis or a blade. */
void sim_world_pump(struct sim_world *w);
/* One guest at a time; NULL: it leaves. From its step it may call sim_world_carry (notices
 * and uevents go where they belong) and sim_world_settle (all that is due happens, too). */
void sim_world_join(struct sim_world *w, const struct sim_world_guest *g, void *arg);
void sim_world_carry(struct sim_world *w);
void sim_world_settle(struct sim_world *w);
/* Calls fn(arg) once at 'mono_ns' of the world's clock (never from inside this call). */
void sim_world_at(struct sim_world *w, int64_t mono_ns, void (*fn)(void *arg), void *arg);

#endif
