/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who owns the chassis (HANDOVER 8): a manager whom another one has succeeded stops at once and
 * says so; what it still sends is refused by the switch, counted, and changes nothing. A
 * manager whose store is not the one that programmed the chassis writes nothing, whatever it is
 * asked for, until an operator says `adopt`.
 */
#include <stdlib.h>
#include <string.h>

#include "common/pci/regmap.h"
#include "tests/sim-test/fixture.h"
#include "tests/sim-test/world/management.h"

static void setup(void)
{
	fabric_begin("config/demo-chassis.yaml", 5, NULL);
}

#define POLICY(host)                                                                         \
	"apiVersion: banyan/v1\nkind: FabricPolicy\nmetadata: {name: default}\n"             \
	"spec: {update: {drain: {mode: force, timeout: 5s}}}\n" DOC("Host", "blade01", "{}") \
		DOC("Host", "blade02", "{}")                                                 \
			DOC("AdapterPool", "nics", "{adapterSelector: {class: ethernet}}")   \
				DOC("ServerProfile", "p",                                    \
				    "{host: " host                                           \
				    ", devices: [{name: d, class: ethernet, pool: nics, "    \
				    "identity: {mac: \"02:00:00:00:00:10\"}}]}")

static void is_active(const char *host)
{
	ck_assert_str_eq(fabric_active("p")->host, host);
}

/* Registers that the old manager would write to, and the sums that a write anywhere moves. */
struct state {
	uint64_t refused, writes, activity, owner, epoch, generation;
};

static struct state state(void)
{
	return (struct state){management_read(w, SW_REFUSED),
			      management_read(w, SW_WRITES),
			      management_activity(w),
			      management_read(w, SW_OWNER_ID),
			      management_read(w, SW_OWNER_EPOCH),
			      management_read(w, SW_GENERATION)};
}

static void nothing_changed(const struct state *was)
{
	const struct state now = state();

	ck_assert_uint_eq(now.writes, was->writes);
	ck_assert_uint_eq(now.activity, was->activity);
	ck_assert_uint_eq(now.owner, was->owner);
	ck_assert_uint_eq(now.epoch, was->epoch);
	ck_assert_uint_eq(now.generation, was->generation);
}

/* Another manager takes over at some moment of a move. What the old one still had under way is
 * refused; it says why it stops, and sends nothing more for a minute; the move ends. */
START_TEST(the_old_manager_stops)
{
	struct state was;

	fabric_apply(POLICY("blade01"));
	is_active("blade01");
	fabric_accept(POLICY("blade02"));
	for (int n = 0; n < _i * 5; n++)
		world_step(w);
	was = state();
	world_manager_supersede(w);
	fabric_settle();
	is_active("blade02");
	ck_assert_uint_eq(management_read(w, SW_OWNER_EPOCH), was.epoch + 1);
	was = state();
	world_run_for(w, 20 * MR_NS_PER_S);
	nothing_changed(&was);
	ck_assert_uint_eq(state().refused, was.refused);
	ck_assert_ptr_nonnull(
		strstr(mr_buf_text(&w->trace), "another manager owns the chassis since epoch"));
	world_ghost_kill(w);
}
END_TEST

/* Another manager takes over while the first one gives a function to its host: what that one
 * did between the reading of its successor and the end of its ownership is known to that. */
START_TEST(the_old_manager_works_on)
{
	fabric_accept(POLICY("blade01") DOC("AdapterPool", "gpus",
					    "{adapterSelector: {serials: [G-0002]}}")
			      DOC("ServerProfile", "q",
				  "{host: blade01, devices: [{name: d, class: gpu, pool: gpus, "
				  "count: 8}]}"));
	world_run_for(w, 100 * MR_NS_PER_MS + _i * 10000);
	world_manager_supersede(w);
	fabric_settle();
	is_active("blade01");
	world_ghost_kill(w);
}
END_TEST

/* A late write of a manager that does not know yet: refused, counted, without effect. */
START_TEST(late_writes_are_refused)
{
	struct state was;
	char why[200] = "";

	fabric_apply(POLICY("blade01"));
	world_manager_kill(w);
	world_manager_start(w);
	fabric_settle();
	was = state();
	ck_assert_msg(management_stale_writer(w, why, sizeof(why)), "%s", why);
	ck_assert_uint_gt(state().refused, was.refused);
	nothing_changed(&was);
	is_active("blade01");
}
END_TEST

/* The switch loses its memory, and with it the epoch. What a manager that was succeeded before
 * that still sends is refused: the next epoch is above all that the store ever had. */
START_TEST(old_epochs_stay_old)
{
	struct state was;
	char why[200] = "";

	fabric_apply(POLICY("blade01"));
	world_manager_kill(w);
	world_manager_start(w);
	fabric_settle();
	was = state();
	world_shake(w);
	world_wire_cut(w, false);
	sim_chassis_power_cycle(w->chassis, w->now, MR_NVM_BLANK);
	world_notices(w);
	world_wire_join(w);
	world_run_for(w, 10 * MR_NS_PER_S);
	fabric_settle();
	is_active("blade01");
	ck_assert_uint_gt(state().epoch, was.epoch);
	ck_assert_msg(management_stale_writer(w, why, sizeof(why)), "%s", why);
}
END_TEST

/* The store is lost. A manager with an empty one reads, and writes nothing: not by itself, not
 * for an agent that comes, not for documents that are applied. */
START_TEST(an_empty_store_writes_nothing)
{
	const struct store_copy empty = {0};
	struct store_copy lost;
	const struct fm_assignment *a;
	struct state was;

	fabric_apply(POLICY("blade01"));
	world_manager_kill(w);
	lost = world_store_copy(w);
	world_store_restore(w, &empty);
	was = state();
	world_manager_start(w);
	world_run_for(w, 60 * MR_NS_PER_S);
	nothing_changed(&was);
	fabric_accept(POLICY("blade01"));
	world_run_for(w, 60 * MR_NS_PER_S);
	nothing_changed(&was);
	ck_assert_ptr_nonnull(
		strstr(mr_buf_text(&w->trace), "it is only read until an operator"));
	a = fabric_find("p");
	ck_assert(!a || a->phase != FM_PHASE_ACTIVE);
	world_manager_kill(w);
	world_store_restore(w, &lost); /* it was found again */
	store_copy_done(&lost);
	world_manager_start(w);
	fabric_settle();
	is_active("blade01");
	ck_assert_uint_eq(management_activity(w), was.activity);
}
END_TEST

/* The chassis loses power and its memory at some moment of a take-over: what the manager asked
 * for on the way there is over, and it takes the blank switch. */
START_TEST(taking_when_power_is_lost)
{
	fabric_apply(POLICY("blade01"));
	world_manager_kill(w);
	world_manager_start(w);
	while (!(w->began >> FM_OP_TAKE_OWNER & 1))
		ck_assert(world_step(w));
	for (int n = 0; n < _i; n++)
		world_step(w);
	world_shake(w);
	world_wire_cut(w, false);
	sim_chassis_power_cycle(w->chassis, w->now, MR_NVM_BLANK);
	world_notices(w);
	world_wire_join(w);
	world_run_for(w, 10 * MR_NS_PER_S);
	fabric_settle();
	ck_assert_ptr_null(strstr(mr_buf_text(&w->trace), "it is only read until an operator"));
	ck_assert_uint_ne(management_read(w, SW_OWNER_ID), 0);
	is_active("blade01");
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("owner");
	Suite *s = suite_create("who owns the chassis");

	tcase_add_checked_fixture(t, setup, fabric_end);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, the_old_manager_stops, 0, 30);
	tcase_add_loop_test(t, the_old_manager_works_on, 40, 60);
	tcase_add_test(t, late_writes_are_refused);
	tcase_add_test(t, old_epochs_stay_old);
	tcase_add_test(t, an_empty_store_writes_nothing);
	tcase_add_loop_test(t, taking_when_power_is_lost, 0, 10);
	suite_add_tcase(s, t);
	return check_run(s);
}
