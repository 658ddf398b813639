/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long hand-overs take: measured at each arrow of the phase table, by adapter and way, and
 * what that says of the next one.
 */
#ifndef FABRIC_MANAGER_ENGINE_STATE_MEASURE_H
#define FABRIC_MANAGER_ENGINE_STATE_MEASURE_H

#include "fabric-manager/engine/state/state.h"

/* 'a' is about to leave its phase for 'to'. */
void fm_measure_arrow(struct fm_engine *e, const struct fm_asg *a, enum fm_phase to);
/* The end of the way out, before 'a' forgets its function. */
void fm_measure_out(struct fm_engine *e, struct fm_asg *a);
/* Puts sums that changed into the step's change set. */
void fm_measure_write(struct fm_engine *e);
void fm_measure_load(struct fm_engine *e, const struct fm_rec_measure *r);

/* How long something is expected to take. */
struct fm_expect {
	int64_t ns;
	bool measured; /* else the sum of the deadlines: it will be less */
};
/* The way out of 'a'. */
struct fm_expect fm_expect_out(const struct fm_engine *e, const struct fm_asg *a);
/* The way in on function 'fn' by 'way' for 'host'. */
struct fm_expect fm_expect_in(const struct fm_engine *e, struct fm_fn_id fn, enum fm_way way,
			      const char *host);

#endif
