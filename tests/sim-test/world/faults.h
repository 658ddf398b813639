/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Planted faults: what goes wrong between the parts of a world, so that a test can see the
 * judge fail (test_oracle.c). None of it is in product code. They stand at the borders that the
 * world carries messages over: operations, register batches, commits, requests in flight.
 */
#ifndef TESTS_SIM_TEST_FAULTS_H
#define TESTS_SIM_TEST_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fm_op;
struct fm_op_result;
struct fm_record;
struct sim_batch_result;
struct sim_tlp;
struct sim_tlp_fate;
struct world;

/* X(NAME, what happens) */
#define WORLD_FAULTS(X)                                                                 \
	X(NO_CUT, "BLOCK, DRAIN, UNMAP and RESET are answered done and not done")       \
	X(NO_RESET, "the reset command of a function is swallowed, its status faked")   \
	X(NO_GATE_CLOSE, "so is closing the gate and taking the identities away")       \
	X(SAME_IDENTITY, "every function is given the identity of the first")           \
	X(OVERBOOKED, "every function is guaranteed most of its port")                  \
	X(WRONG_HOST, "MAP is done in the next host")                                   \
	X(LOST_ROW, "the store forgets the rows of functions")                          \
	X(OLD_OWNER, "the switch takes an old owner's batch as if it was the owner's")  \
	X(CROSSED_PORTS, "requests of host 2 enter the switch where host 1 is")         \
	X(LATE_WORDS, "words of functions stay in a buffer for seconds")                \
	X(STRAY_WRITE, "opening a gate writes the VLAN of the function beside it, too") \
	X(STRAY_RESET, "closing a gate makes the adapter reset the function beside it") \
	X(STALE_ATC, "resets leave caches of translations and say that they do not")    \
	X(STALE_ATS, "and they leave ATS enabled, too")                                 \
	X(NO_REDIRECT, "setting access control in VH 0 is swallowed, and faked when read")
enum world_fault {
#define X(name, text) WORLD_FAULT_##name,
	WORLD_FAULTS(X)
#undef X
	WORLD_FAULT_COUNT
};

/* Plants one (or takes it away). */
void world_fault_set(struct world *w, enum world_fault f, bool on);
/* Changes an operation on its way to the MR-PCIM; true: it is answered with 'ret' instead. */
bool world_fault_op(struct world *w, struct fm_op *op, struct fm_op_result *ret);
void world_fault_result(struct world *w, struct fm_op_result *r);
/* Whether the store forgets this record. */
bool world_fault_record(const struct world *w, const struct fm_record *r);
/* A batch as the switch gets it, and its reply as the sender gets it. */
void world_batch(struct world *w, uint64_t id, uint64_t epoch, const uint8_t *ops, size_t len,
		 struct sim_batch_result *ret);
/* Requests in flight. 'word': of a function, watched across operations. */
uint64_t world_tlp_launch(struct world *w, const struct sim_tlp *t, bool word);
struct sim_tlp_fate world_tlp_fate(struct world *w, uint64_t id);
void world_faults_free(struct world *w);

#endif
