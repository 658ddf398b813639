/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A fleet as the planner sees it: inventory, resolved documents, assignments.
 * fleet_fabric_settle does what the engine does with a plan that went well, so plans can be
 * made until nothing is left to do.
 */
#ifndef TESTS_FLEET_FABRIC_H
#define TESTS_FLEET_FABRIC_H

#include "fabric-manager/plan/plan.h"
#include "tests/fleet/fleet.h"

struct fleet_fabric {
	const struct fleet *f;
	struct fm_inventory inv;
	struct fm_desired *d;
	struct fm_plan_host *host;
	struct fm_assignment *a; /* one a claim; phase Released = it has none */
	const struct fm_assignment **current;
	uint32_t next_id;
	struct fm_aim *aim; /* of the plan that was carried out last */
	struct fm_plan_input in;
};

/* 'f' has to outlive it. The caller frees with fleet_fabric_free. */
struct fleet_fabric *fleet_fabric_new(const struct fleet *f);
void fleet_fabric_free(struct fleet_fabric *fab);
/* Every claim's class preempts (`preemption: LowerPriority`). */
void fleet_fabric_preempt(struct fleet_fabric *fab);
/* Carries the plan out: what is released goes, what is placed becomes Active. */
void fleet_fabric_settle(struct fleet_fabric *fab, const struct fm_plan *p);
/* The plan as a placement of the fleet: unit of each claim. */
void fleet_fabric_placement(const struct fleet_fabric *fab, const struct fm_plan *p,
			    uint32_t *ret_at);
/* Plans and settles until nothing is left to do, at most 'rounds' times. Returns the last plan,
 * which the caller frees; '*ret_rounds' is how many were needed, 'rounds' + 1 when it came to
 * no rest. */
struct fm_plan *fleet_fabric_converge(struct fleet_fabric *fab, unsigned rounds,
				      unsigned *ret_rounds);

#endif
