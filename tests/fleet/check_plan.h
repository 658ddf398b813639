/* SPDX-License-Identifier: Apache-2.0 */
/* The judge as an assertion of a test. */
#ifndef TESTS_FLEET_CHECK_PLAN_H
#define TESTS_FLEET_CHECK_PLAN_H

#include <check.h>
#include <stdlib.h>

#include "common/xalloc.h"
#include "tests/fleet/fabric.h"

/* Ends the test when the plan breaks a hard limit, and says which. */
static inline void fleet_check(const struct fleet_fabric *fab, const struct fm_plan *p)
{
	uint32_t *at = mr_xcalloc(p->claims, sizeof(*at));
	char why[256] = "";

	fleet_fabric_placement(fab, p, at);
	ck_assert_msg(fleet_judge(fab->f, at, why), "%s", why);
	free(at);
}

#endif
