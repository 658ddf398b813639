/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `ha` pairs: two functions with one identity, of which at most one has an open gate (HANDOVER,
 * I4). Which of them is in use is part of the assignments' records.
 */
#ifndef FABRIC_MANAGER_ENGINE_STATE_PAIR_H
#define FABRIC_MANAGER_ENGINE_STATE_PAIR_H

#include "fabric-manager/engine/state/state.h"

/* The other one of the pair of 'a', or NULL: of none, or the other one is not there yet. */
struct fm_asg *fm_pair_other(const struct fm_engine *e, const struct fm_asg *a);
/* What the end of an operation says of the gate of 'a'. */
void fm_pair_gate_read(struct fm_asg *a, const struct fm_op_result *r);
/* Whether the gate of 'a' is proved to be closed: it was read so, or its adapter was pulled. */
bool fm_pair_is_shut(const struct fm_engine *e, const struct fm_asg *a);
/* Whether its gate is closed, or can be: its adapter answers. */
bool fm_pair_can_shut(const struct fm_engine *e, const struct fm_asg *a);
/* Whether the gate of 'a' may open: it is of no pair, or it is the one in use and that of the
 * other one was read closed. */
bool fm_pair_may_open(const struct fm_engine *e, const struct fm_asg *a);
/* Whether 'a' rests behind its closed gate; perhaps Degraded by what its adapter refused. */
bool fm_pair_behind_gate(const struct fm_asg *a);
/* Whether 'a' is a standby that can be in use at once. */
bool fm_pair_ready(const struct fm_engine *e, const struct fm_asg *a);

#endif
