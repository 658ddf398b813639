/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A store that fails while a manager starts: he does not become the owner before his epoch and
 * his generation are durable, so that the next one is not the one with the older store.
 */
#include <check.h>
#include <stdlib.h>

#include "common/pci/regmap.h"
#include "tests/sim-test/world/management.h"
#include "tests/sim-test/world/world.h"
#include "tests/unit/check_main.h"

#define SETTLE_NS (120 * MR_NS_PER_S)

START_TEST(no_owner_without_a_store)
{
	struct world *w = world_new(SRCDIR "/config/demo-chassis.yaml", 5, NULL);
	uint64_t epoch;

	world_run_for(w, 10 * MR_NS_PER_S);
	world_manager_start(w);
	ck_assert(world_settle(w, SETTLE_NS));
	epoch = management_read(w, SW_OWNER_EPOCH);
	world_manager_kill(w);
	w->store.fails = true;
	world_manager_start(w);
	world_run_for(w, 30 * MR_NS_PER_S);
	ck_assert_uint_eq(management_read(w, SW_OWNER_EPOCH), epoch);
	world_manager_kill(w);
	w->store.fails = false;
	world_manager_start(w);
	ck_assert(world_settle(w, SETTLE_NS));
	ck_assert_uint_eq(management_read(w, SW_OWNER_EPOCH), epoch + 1);
	world_free(w);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("store");
	TCase *t = tcase_create("store");

	tcase_set_timeout(t, 120);
	tcase_add_test(t, no_owner_without_a_store);
	suite_add_tcase(s, t);
	return check_run(s);
}
