/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The judge of HANDOVER 4. It decides by traffic: it sends requests from every host to every
 * address that the host ever had, makes every function write to every address that it ever
 * learnt, and looks where things arrive. It shares no code with the switch model's routing and
 * reads none of its tables, except where an invariant is about the tables' own counters (I3,
 * I4, I6) or about emptiness after a delete.
 */
#ifndef TESTS_SIM_TEST_ORACLE_H
#define TESTS_SIM_TEST_ORACLE_H

#include <stdbool.h>

#include "tests/sim-test/world/world.h"

struct oracle;

struct oracle *oracle_new(struct world *w);
void oracle_free(struct oracle *o);

/*
 * Probes: host 'vh' and the functions that it reaches or ever reached, or everything with vh 0.
 * False when an invariant (I1 to I6) does not hold; oracle_complaint says which, with the
 * function and the hosts.
 */
bool oracle_check(struct oracle *o, unsigned vh);
/*
 * For world.after_step: what the inputs since the last call touched, and every 64 events
 * everything.
 */
bool oracle_after_event(struct oracle *o);
/* From now on everything after every event, besides; what that finds and the look at what was
 * touched did not is a complaint of its own. */
void oracle_thorough(struct oracle *o);
/* The host that reached the function in the last check of everything, 0 = none did. */
unsigned oracle_owner(const struct oracle *o, struct fm_fn_id fn);
/* Traffic of the functions that are being cut from their hosts right now; what it comes to is
 * judged at later checks. For world.before_batch. */
void oracle_traffic(struct oracle *o);
/* Every row free, every function in the pool, at its defaults, gate closed. */
bool oracle_all_free(struct oracle *o);
/* A writer with an older owner epoch: refused, counted, without effect (I9). */
bool oracle_stale_writer(struct oracle *o);
/* An old store came back: what is reached need not stand in it (I5), until it was adopted. */
void oracle_excuse_rows(struct oracle *o, bool excused);
/* Two functions may carry this identity: those of a declared `ha` pair. */
void oracle_declare_pair(struct oracle *o, uint64_t ident);
const char *oracle_complaint(const struct oracle *o);

/* Requests that were sent so far. */
uint64_t oracle_requests(const struct oracle *o);

#endif
