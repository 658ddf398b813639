/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Raw reads of the register map for the few invariants that are about registers: sums of
 * guarantees, identities behind open gates, counters of functions that no operation names,
 * emptiness after a delete, refusal of a deposed owner. Each returns false with a sentence in
 * 'why'.
 */
#ifndef TESTS_SIM_TEST_MANAGEMENT_H
#define TESTS_SIM_TEST_MANAGEMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct touched_set;
struct world;

/*
 * I3: sums of guarantees of open gates on each port. I4 as it is programmed, whether a host
 * sees the function or not. I6: resets, remaps and lost frames of functions that no operation
 * or command named since the last call; what a host or an adapter did by itself (reboot,
 * unplug) is not an operation's.
 * Where 't' does not say all, I3 and I4 of what it names.
 */
bool management_holds(struct world *w, const struct touched_set *t, char *why, size_t size);
bool management_all_free(struct world *w, char *why, size_t size);
bool management_stale_writer(struct world *w, char *why, size_t size);
/* Resets and remaps of all functions: who touched none leaves it as it is. */
uint64_t management_activity(struct world *w);
/* Finds the control tables of all adapters: once, while each is in its port. */
void management_look(struct world *w);
/* A switch register. */
uint64_t management_read(struct world *w, uint64_t address);
/* A register in VH 0's memory. */
uint64_t management_memory(struct world *w, uint64_t address);
/* A write to VH 0's memory in the owner's name (planted faults). */
void management_write(struct world *w, uint64_t address, uint64_t value);

/* What stands at an address of VH 0's memory: the control table of which adapter, and of which
 * function which register. */
struct management_at {
	unsigned port; /* 0 = none */
	bool is_vf;
	uint64_t fn; /* fm_fn_key */
	bool is_ns;
	unsigned pf, ns; /* of a namespace's row */
	unsigned reg;
};
struct management_at management_at(struct world *w, uint64_t address);
/* Whether the adapter in this port has virtual functions: it is no `base` device. */
bool management_has_functions(struct world *w, unsigned port);
/* The adapter port whose buses begin at or below 'bus'; -1 = none. */
int management_port_of_bus(struct world *w, unsigned bus);
/* Somebody who never was the owner writes. */
void management_stranger(struct world *w);
/* Where VF memory is in VH 0, where no host should ever get to; 0 = nowhere. */
uint64_t management_vf_memory(struct world *w, unsigned port, unsigned pf, unsigned vf);
/* It may have moved: asked for once between two such calls. */
void management_look_anew(struct world *w);
/* The row of a function in the control table of its adapter. */
uint64_t management_vf_row(struct world *w, unsigned port, unsigned pf, unsigned vf);
void management_free(struct world *w);

#endif
