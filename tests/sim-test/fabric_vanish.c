/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was given to a host goes away under it: the switch forgets its rows while the host is
 * asked to bind what they led to, and a function is cut behind its row. Found by seeds-swarm;
 * named stories here.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/pci/regmap.h"
#include "tests/sim-test/world/management.h"
#include "tests/sim-test/world/oracle.h"
#include "tests/sim-test/world/world.h"
#include "tests/unit/check_main.h"

#define SETTLE_NS (120 * MR_NS_PER_S)
#define SOON_NS	  (60 * MR_NS_PER_S) /* the chassis is read again meanwhile */

static struct world *w;

static void setup(void)
{
	w = world_new(SRCDIR "/config/demo-chassis.yaml", 5, NULL);
	world_run_for(w, 10 * MR_NS_PER_S);
	world_manager_start(w);
	ck_assert(world_settle(w, SETTLE_NS));
	ck_assert(world_apply(
		w, "apiVersion: banyan/v1\nkind: FabricPolicy\nmetadata: {name: default}\n"
		   "spec: {update: {drain: {mode: force, timeout: 5s}}}\n"
		   "---\napiVersion: banyan/v1\nkind: Host\nmetadata: {name: blade01}\n"
		   "---\napiVersion: banyan/v1\nkind: AdapterPool\nmetadata: {name: nics}\n"
		   "spec: {adapterSelector: {class: ethernet}}\n"
		   "---\napiVersion: banyan/v1\nkind: ServerProfile\nmetadata: {name: p}\n"
		   "spec: {host: blade01, devices: [{name: d, class: ethernet, pool: nics, "
		   "identity: {mac: \"02:00:00:00:00:10\"}}]}\n"));
}

static void teardown(void)
{
	world_free(w);
}

static const struct fm_assignment *assignment(void)
{
	ck_assert_uint_eq(fm_engine_assignments(w->engine), 1);
	return fm_engine_assignment(w->engine, 0);
}

static void until_activated(void)
{
	while (!(w->began >> (FM_OP_COUNT + FM_AGENT_ACTIVATE) & 1))
		ck_assert(world_step(w));
}

/* Address of its function's VF_BLOCK. */
static uint64_t block(void)
{
	struct fm_fn_id f = assignment()->fn;

	return management_vf_row(w, f.port, f.pf, f.vf) + VF_BLOCK;
}

/* Active, and its function takes and sends. */
static void is_active(void)
{
	const struct fm_assignment *a = assignment();

	ck_assert_msg(a->phase == FM_PHASE_ACTIVE, "%s: %s", fm_phase_name(a->phase),
		      a->detail);
	ck_assert_uint_eq(management_memory(w, block()), 0);
}

/* Its agent is in the same session all the time, and waits for a function that will not come.
 */
START_TEST(blank_while_it_is_bound)
{
	until_activated();
	world_shake(w);
	world_wire_cut(w, false);
	sim_chassis_power_cycle(w->chassis, w->now, MR_NVM_BLANK);
	world_notices(w);
	world_wire_join(w);
	world_run_for(w, SOON_NS);
	is_active();
}
END_TEST

START_TEST(cut_while_it_is_bound)
{
	until_activated();
	management_write(w, block(), 3);
	world_run_for(w, SOON_NS);
	is_active();
}
END_TEST

START_TEST(cut_while_it_is_used)
{
	ck_assert(world_settle(w, SETTLE_NS));
	is_active();
	management_write(w, block(), 3);
	world_run_for(w, SOON_NS);
	is_active();
}
END_TEST

/* Its host hangs meanwhile: it shows what was behind the bridge until it goes on, and nothing
 * else comes there. */
START_TEST(cut_while_its_host_hangs)
{
	uint16_t was;

	ck_assert(world_settle(w, SETTLE_NS));
	is_active();
	ck_assert_int_eq(assignment()->place.way, FM_WAY_SYNTHETIC);
	was = assignment()->place.bridge;
	world_blade_hang(w, 1, true);
	management_write(w, block(), 3);
	world_run_for(w, SOON_NS);
	ck_assert_uint_eq(world_store_tombstones(w), 1);
	ck_assert_uint_ne(assignment()->place.bridge, was);
	world_blade_hang(w, 1, false);
	world_run_for(w, SOON_NS);
	ck_assert_uint_eq(world_store_tombstones(w), 0);
	is_active();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("vanish");
	TCase *t = tcase_create("vanish");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, blank_while_it_is_bound);
	tcase_add_test(t, cut_while_it_is_bound);
	tcase_add_test(t, cut_while_it_is_used);
	tcase_add_test(t, cut_while_its_host_hangs);
	suite_add_tcase(s, t);
	return check_run(s);
}
