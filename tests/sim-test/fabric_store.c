/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A store that fails while a manager starts: he does not become the owner before his epoch and
 * his generation are durable, so that the next one is not the one with the older store.
 */
#include <stdlib.h>

#include "common/pci/regmap.h"
#include "tests/sim-test/fixture.h"
#include "tests/sim-test/world/management.h"

START_TEST(no_owner_without_a_store)
{
	uint64_t epoch;

	fabric_begin("config/demo-chassis.yaml", 5, NULL);
	epoch = management_read(w, SW_OWNER_EPOCH);
	world_manager_kill(w);
	w->store.fails = true;
	world_manager_start(w);
	world_run_for(w, 30 * MR_NS_PER_S);
	ck_assert_uint_eq(management_read(w, SW_OWNER_EPOCH), epoch);
	world_manager_kill(w);
	w->store.fails = false;
	world_manager_start(w);
	fabric_settle();
	ck_assert_uint_eq(management_read(w, SW_OWNER_EPOCH), epoch + 1);
	fabric_end();
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
