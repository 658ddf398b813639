/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom a plan interrupts, and for how long; and whether that is more than an operator allows.
 */
#ifndef FABRIC_MANAGER_ENGINE_DESIRE_IMPACT_H
#define FABRIC_MANAGER_ENGINE_DESIRE_IMPACT_H

#include "fabric-manager/engine/desire/trial.h"
#include "fabric-manager/engine/state/measure.h"

/* What the changes of a plan have in common. */
struct fm_impact {
	enum fm_class worst;   /* class of the change that disturbs most */
	unsigned interrupted;  /* running assignments that stop for a time or for good */
	struct fm_expect most; /* the longest interruption that ends */
};

/* Writes into each change of 'plan' (fm_plan_tree) how long it interrupts its assignment, sums
 * up in "disruption" and '*ret'. */
void fm_impact_of(const struct fm_engine *e, const struct fm_trial *t, struct mr_tree *plan,
		  struct fm_impact *ret);

/* What is allowed: a class, or a number of running assignments; neither = everything. */
struct fm_allowance {
	bool by_class, by_number;
	enum fm_class worst;
	unsigned interrupted;
};
/* Of a name of a class or a number; "" allows everything. False when 'text' is neither. */
bool fm_allowance_parse(const char *text, struct fm_allowance *ret);
/* Whether the plan stays within it; else 'why' names what exceeds. */
bool fm_impact_allowed(const struct fm_trial *t, const struct fm_impact *i,
		       const struct fm_allowance *a, struct mr_buf *why);

#endif
