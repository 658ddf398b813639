/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A store that fails: while a manager starts, he does not become the owner before his epoch and
 * his generation are durable; and while he works, nothing shows a generation to the switch that
 * is not. Else the next one would be the one with the older store. And a slow one: what it
 * holds back is not sent when it is not right any more.
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

#define DOCS                                                                                 \
	"apiVersion: banyan/v1\nkind: FabricPolicy\nmetadata: {name: default}\n"             \
	"spec: {update: {drain: {mode: force, timeout: 5s}}}\n" DOC("Host", "blade01", "{}") \
		DOC("AdapterPool", "nics", "{adapterSelector: {class: ethernet}}")
#define NIC                       \
	DOC("ServerProfile", "p", \
	    "{host: blade01, devices: [{name: d, class: ethernet, pool: nics}]}")

/* It fails at some moment of a hand-over, and the manager dies with it. */
START_TEST(no_generation_without_a_store)
{
	fabric_begin("config/demo-chassis.yaml", 5, NULL);
	ck_assert(world_apply_set(w, "store", DOCS));
	fabric_settle(); /* its agent is known: it gets a slot, not a bridge */
	ck_assert(world_apply_set(w, "store", DOCS NIC));
	fabric_settle();
	ck_assert_int_eq(fabric_active("p")->place.way, FM_WAY_LVF);
	ck_assert(world_apply_set(w, "store", DOCS));
	for (unsigned n = 0; n < 4 * (unsigned)_i; n++)
		world_step(w);
	w->store.fails = true;
	ck_assert(!world_apply_set(w, "store", DOCS DOC("Host", "blade02", "{}")));
	world_run_for(w, 10 * MR_NS_PER_S);
	world_manager_kill(w);
	w->store.fails = false;
	world_manager_start(w);
	world_run_for(w, 10 * MR_NS_PER_S);
	fabric_settle();
	ck_assert(world_apply_set(w, "store", DOCS NIC));
	fabric_settle();
	fabric_active("p");
	fabric_end();
}
END_TEST

#define OTHER                     \
	DOC("ServerProfile", "q", \
	    "{host: blade01, devices: [{name: d, class: gpu, pool: gpus}]}")
#define GPUS DOC("AdapterPool", "gpus", "{adapterSelector: {class: gpu}}")

/* At some moment of a way out the store becomes slow, with the intent of another way in. */
static void slow_on_the_way_out(unsigned steps)
{
	static const char text[] = DOCS GPUS OTHER;
	const struct fm_file file = {"policy.yaml", text, sizeof(text) - 1};
	struct fm_request r = world_request_apply(&file);

	r.set = "store";
	r.prune = true;
	fabric_begin("config/demo-chassis.yaml", 5, NULL);
	ck_assert(world_apply_set(w, "store", DOCS GPUS NIC));
	fabric_settle(); /* its agent was not known yet: it has a bridge */
	ck_assert_int_eq(fabric_active("p")->place.way, FM_WAY_SYNTHETIC);
	ck_assert(world_apply_set(w, "store", DOCS GPUS));
	while (steps--)
		world_step(w);
	w->store.slow_ns = 300 * MR_NS_PER_MS;
	world_send(w, &r);
	world_run_for(w, 10 * MR_NS_PER_MS);
}

static void quick_again(void)
{
	world_run_for(w, MR_NS_PER_S);
	w->store.slow_ns = 0;
	world_run_for(w, 10 * MR_NS_PER_S);
	fabric_settle();
	fabric_active("q");
	ck_assert_ptr_null(fabric_find("p"));
	fabric_end();
}

/* The switch comes back with what it had before the last commit of its memory: a reset that
 * waits for the store was meant for a function that no row led to any more. */
START_TEST(old_memory_while_it_is_slow)
{
	slow_on_the_way_out((unsigned)_i);
	world_shake(w);
	world_wire_cut(w, false);
	sim_chassis_power_cycle(w->chassis, w->now, MR_NVM_STALE);
	world_notices(w);
	world_wire_join(w);
	quick_again();
}
END_TEST

/* The same while it fails: who waits for it between two steps goes by what the switch shows
 * then.
 */
START_TEST(old_memory_while_it_fails)
{
	fabric_begin("config/demo-chassis.yaml", 5, NULL);
	ck_assert(world_apply_set(w, "store", DOCS NIC));
	fabric_settle();
	ck_assert(world_apply_set(w, "store", DOCS));
	for (int n = 0; n < _i; n++)
		world_step(w);
	w->store.fails = true;
	ck_assert(!world_apply_set(w, "store", DOCS GPUS));
	world_run_for(w, 10 * MR_NS_PER_MS);
	world_shake(w);
	world_wire_cut(w, false);
	sim_chassis_power_cycle(w->chassis, w->now, MR_NVM_STALE);
	world_notices(w);
	world_wire_join(w);
	world_run_for(w, 100 * MR_NS_PER_MS);
	w->store.fails = false;
	world_run_for(w, 10 * MR_NS_PER_S);
	fabric_settle();
	ck_assert_ptr_null(fabric_find("p"));
	fabric_end();
}
END_TEST

static bool resets(void)
{
	for (unsigned i = 0; i < w->ops; i++)
		if (w->op[i].op.kind == FM_OP_RESET)
			return true;
	return false;
}

#define SHAPED                                                                               \
	DOC("ServerProfile", "p",                                                            \
	    "{host: blade01, devices: [{name: d, class: ethernet, pool: nics, qos: {limit: " \
	    "2Gbit}}]}")

/* The reset ends while the store fails, so that the function is not free yet, and the switch
 * forgets it. False: the store failed too late for that. */
static bool forgets_reset(uint64_t seed)
{
	struct fm_fn_id fn;
	char why[200];
	unsigned vh;
	bool is_so;

	fabric_begin("config/demo-chassis.yaml", seed, NULL);
	ck_assert(world_apply_set(w, "store", DOCS SHAPED));
	fabric_settle();
	fn = fabric_find("p")->fn;
	ck_assert(world_apply_set(w, "store", DOCS));
	while (!resets())
		ck_assert(world_step(w));
	w->store.fails = true;
	ck_assert(!world_apply_set(w, "store", DOCS DOC("Host", "blade02", "{}")));
	while (resets())
		ck_assert(world_step(w));
	is_so = fabric_find("p") != NULL;
	world_shake(w);
	world_wire_cut(w, false);
	sim_chassis_power_cycle(w->chassis, w->now, MR_NVM_STALE);
	world_notices(w);
	world_wire_join(w);
	world_run_for(w, 100 * MR_NS_PER_MS);
	is_so &= !management_all_free(w, why, sizeof(why));
	w->store.fails = false;
	while (world_store_promises(w, fm_fn_key(fn), &vh))
		ck_assert(world_step(w));
	ck_assert_msg(management_all_free(w, why, sizeof(why)), "%s", why);
	fabric_settle();
	ck_assert_ptr_null(fabric_find("p"));
	fabric_end();
	return is_so;
}

START_TEST(forgotten_reset_while_it_fails)
{
	unsigned n = 0;

	for (uint64_t seed = 1; seed <= 10; seed++)
		n += forgets_reset(seed);
	ck_assert_uint_gt(n, 0);
}
END_TEST

/* The host is reset, and finds again what it agreed to give back: the cut that waits for the
 * store would be one without consent. */
START_TEST(reset_while_it_is_slow)
{
	slow_on_the_way_out((unsigned)_i);
	world_blade_reset(w, 1);
	quick_again();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("store");
	TCase *t = tcase_create("store");

	tcase_set_timeout(t, 120);
	tcase_add_test(t, no_owner_without_a_store);
	tcase_add_loop_test(t, no_generation_without_a_store, 0, 40);
	tcase_add_loop_test(t, old_memory_while_it_is_slow, 50, 75);
	tcase_add_loop_test(t, old_memory_while_it_fails, 50, 75);
	tcase_add_test(t, forgotten_reset_while_it_fails);
	tcase_add_loop_test(t, reset_while_it_is_slow, 25, 45);
	suite_add_tcase(s, t);
	return check_run(s);
}
