/* SPDX-License-Identifier: Apache-2.0 */
/* The troubles by what they are of: trouble_agent.c, trouble_manager.c, trouble_fabric.c. */
#ifndef TESTS_SIM_TEST_TROUBLE_H
#define TESTS_SIM_TEST_TROUBLE_H

#include "tests/sim-test/swarm/swarm.h"

/* Takes what is free; false: there is trouble with it already. */
bool swarm_take(bool *busy);
bool swarm_take_blade(struct swarm *s, unsigned *ret_vh);
bool swarm_take_concerned(struct swarm *s, unsigned *ret_vh);

/* The policy goes to the manager. */
void swarm_send_policy(struct swarm *s, const struct policy *p);
/* trouble_aim.c: what an operator does so that a step is come to, and the blade that is hit for
 * it, 0 = any. */
bool operator_aims(struct swarm *s, struct swarm_trouble *t);
unsigned swarm_wanted(const struct swarm *s, const struct swarm_trouble *t);

typedef bool trouble_begin_fn(struct swarm *s, struct swarm_trouble *t);
typedef void trouble_end_fn(struct swarm *s, struct swarm_trouble *t);

/* ---- trouble_agent.c: blades and their agents ---- */
trouble_begin_fn agent_cut, agent_half_open, agent_dies, agent_slow, agent_silent,
	agent_repeats, agent_lies, agent_dreams, agent_twice, blade_impostor, blades_swapped,
	blade_reboots, blade_power, blade_hangs, cable_cut, link_flaps;
trouble_end_fn agent_joins, agent_returns, agent_is_well, blade_is_itself, blades_swapped_back,
	blade_power_ends, blade_goes_on, cable_ends, blade_is_well;
/* ---- trouble_manager.c: manager, store, network, operators ---- */
trouble_begin_fn slow_network, chassis_cut, chassis_half_open, manager_dies, both_die,
	old_manager, store_full, store_error, store_slow, store_unsynced, store_old, store_gone,
	operator_edits, operator_deletes, operator_moves;
trouble_end_fn slow_network_ends, chassis_joins, manager_returns, both_return, old_manager_ends,
	store_recovers, store_adopted, store_applied;
/* ---- trouble_fabric.c: switch and adapters ---- */
trouble_begin_fn adapter_pulled, flr_hangs, interrupts_lost, event_ring, register_stale,
	register_ones, chassis_power, chassis_stale, chassis_blank, chassis_corrupt;
trouble_end_fn adapter_inserted, flr_ends, interrupts_return, register_stale_ends,
	register_ones_ends;

#endif
