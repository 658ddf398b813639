/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Slots of LVFs with a tombstone (HANDOVER 6): the device keeps a bit for each, and its host's
 * kernel may still show what stood there. Whoever comes to manage the chassis knows of them,
 * and none outlives its reason.
 */
#include <stdlib.h>

#include "common/pci/regmap.h"
#include "tests/sim-test/fixture.h"
#include "tests/sim-test/world/management.h"

#define HOST 1 /* blade01: its kernel has VF migration */

#define DOCS                                                                                 \
	"apiVersion: banyan/v1\nkind: FabricPolicy\nmetadata: {name: default}\n"             \
	"spec: {update: {drain: {mode: force, timeout: 5s}}}\n" DOC("Host", "blade01", "{}") \
		DOC("AdapterPool", "nics", "{adapterSelector: {serials: [N-0001]}}")
#define NIC                       \
	DOC("ServerProfile", "p", \
	    "{host: blade01, devices: [{name: d, class: ethernet, pool: nics}]}")

#define TWO                       \
	DOC("ServerProfile", "q", \
	    "{host: blade01, devices: [{name: d, class: ethernet, pool: nics}]}")

static void setup(void)
{
	fabric_begin("config/demo-chassis.yaml", 5, NULL);
	ck_assert(world_apply_set(w, "", DOCS));
	fabric_settle(); /* its agent is known: it gets a slot, not a bridge */
}

/* The register of slot 's' of the adapter's PF 0 in the host; its PF is there. */
static uint64_t slot_at(unsigned s)
{
	const struct fm_adapter *d = fabric_adapter("nic-left");
	uint64_t table = management_vf_row(w, d->port, 0, 0) - CT_VFS;
	unsigned dvh = 1;

	while (management_memory(w, table + CT_VH(dvh) + VH_MAP) != (1 | (uint64_t)HOST << 16))
		ck_assert_uint_lt(++dvh, d->vhs);
	return table + CT_LVF((uint64_t)d->pfs, (uint64_t)d->vfs, dvh, 0, s);
}

static unsigned buried(unsigned s)
{
	return !!(management_memory(w, slot_at(s)) & MR_LVF_TOMBSTONE);
}

/* Its kernel and its agent stand still, or go on. */
static void hang(bool hung)
{
	if (hung)
		world_agent_crash(w, HOST);
	world_blade_hang(w, HOST, hung);
	if (!hung)
		world_agent_restart(w, HOST);
}

/* A function is taken from a host that hangs. */
static void cut_while_it_hangs(void)
{
	ck_assert(world_apply_set(w, "", DOCS NIC));
	fabric_settle();
	ck_assert_int_eq(fabric_active("p")->place.way, FM_WAY_LVF);
	ck_assert_uint_eq(fabric_get("p")->place.slot, 1);
	hang(true);
	ck_assert(world_apply_set(w, "", DOCS));
	world_run_for(w, 60 * MR_NS_PER_S);
	ck_assert_ptr_null(fabric_find("p"));
	ck_assert_uint_eq(world_store_tombstones(w), 1);
	ck_assert_uint_eq(buried(1), 1);
}

/* Pulled and inserted, before its host has seen anything: the host's agent is there again. */
static void make_blank(void)
{
	world_agent_restart(w, HOST);
	world_run_for(w, 10 * MR_NS_PER_S);
	fabric_pull("nic-left");
	fabric_insert("nic-left");
	world_run_for(w, 60 * MR_NS_PER_S);
}

static void lose_the_store(void)
{
	struct store_copy empty = {0};
	struct fm_request r = world_request(FM_VERB_ADOPT, "chassis", "c1");

	world_manager_kill(w);
	w->store.loses = true; /* what was under way was meant for the other one */
	world_store_restore(w, &empty);
	w->store.loses = false;
	world_manager_start(w);
	world_run_for(w, 10 * MR_NS_PER_S);
	r.yes = true;
	ck_assert_int_eq(fabric_ask(&r), FM_EXIT_DONE);
	ck_assert(world_apply_set(w, "", DOCS));
	world_run_for(w, 60 * MR_NS_PER_S);
}

static void is_used_again(void)
{
	ck_assert_uint_eq(world_store_tombstones(w), 0);
	ck_assert(world_apply_set(w, "", DOCS NIC));
	fabric_settle();
	ck_assert_uint_eq(fabric_active("p")->place.slot, 1);
	ck_assert_uint_eq(buried(1), 0);
}

/* It is over when the host's agent says that the device is gone (0), or the host was reset
 * (1). */
START_TEST(found_by_an_adoption)
{
	cut_while_it_hangs();
	lose_the_store();
	ck_assert_uint_eq(world_store_tombstones(w), 1);
	ck_assert_uint_eq(buried(1), 1);
	hang(false);
	if (_i)
		sim_host_reset(w->chassis, w->now, HOST);
	world_notices(w);
	world_run_for(w, 60 * MR_NS_PER_S);
	is_used_again();
}
END_TEST

/* The adapter does not answer when its chassis is adopted: what it has is taken over when it
 * does, and its host, which goes on since, is asked. */
START_TEST(found_later)
{
	unsigned port = fabric_adapter("nic-left")->port;

	cut_while_it_hangs();
	w->shaken = true;
	ck_assert_int_eq(sim_port_set_link(w->chassis, w->now, (uint16_t)port, false), 0);
	lose_the_store();
	ck_assert_uint_eq(world_store_tombstones(w), 0);
	hang(false);
	world_run_for(w, 60 * MR_NS_PER_S);
	w->shaken = true;
	ck_assert_int_eq(sim_port_set_link(w->chassis, w->now, (uint16_t)port, true), 0);
	world_notices(w);
	world_run_for(w, 60 * MR_NS_PER_S);
	is_used_again();
}
END_TEST

/* The memory of the device was older than what cleared a tombstone: it stands there once more,
 * in a slot that is nobody's. */
START_TEST(an_old_one_is_back)
{
	ck_assert(world_apply_set(w, "", DOCS NIC));
	fabric_settle();
	world_shake(w);
	world_wire_cut(w, false);
	management_write(w, slot_at(2), MR_LVF_TOMBSTONE);
	ck_assert_uint_eq(buried(2), 1);
	world_wire_join(w);
	world_run_for(w, 10 * MR_NS_PER_S);
	ck_assert_uint_eq(buried(2), 0);
	fabric_active("p");
}
END_TEST

/* Another manager with the same store: what the books have stays. */
START_TEST(known_to_the_next_manager)
{
	cut_while_it_hangs();
	world_manager_kill(w);
	world_manager_start(w);
	world_run_for(w, 60 * MR_NS_PER_S);
	ck_assert_uint_eq(world_store_tombstones(w), 1);
	ck_assert_uint_eq(buried(1), 1);
	hang(false);
	world_run_for(w, 60 * MR_NS_PER_S);
	ck_assert_uint_eq(world_store_tombstones(w), 0);
}
END_TEST

/* The adapter is pulled and inserted, and knows nothing of the slot; its host has seen nothing,
 * and still shows what stood there. What comes next does not come in its place. */
START_TEST(forgotten_by_the_adapter)
{
	cut_while_it_hangs();
	make_blank();
	ck_assert(world_apply_set(w, "", DOCS NIC));
	world_run_for(w, 60 * MR_NS_PER_S);
	ck_assert_uint_eq(world_store_tombstones(w), 1);
	ck_assert_uint_ne(fabric_get("p")->place.bridge, 0);
	world_blade_hang(w, HOST, false);
	world_run_for(w, 60 * MR_NS_PER_S);
	ck_assert_uint_eq(world_store_tombstones(w), 0);
	ck_assert_uint_ne(fabric_active("p")->place.bridge, 0);
}
END_TEST

/* Its agent is away, too, so nothing of the host is an LVF: another bridge is used all the
 * same.
 */
START_TEST(forgotten_without_an_agent)
{
	cut_while_it_hangs();
	fabric_pull("nic-left");
	fabric_insert("nic-left");
	world_run_for(w, 60 * MR_NS_PER_S);
	ck_assert(world_apply_set(w, "", DOCS NIC));
	world_run_for(w, 60 * MR_NS_PER_S);
	ck_assert_int_eq(fabric_get("p")->phase, FM_PHASE_ACTIVATING);
	ck_assert_uint_ne(fabric_get("p")->place.bridge, 0);
	hang(false);
	world_run_for(w, 60 * MR_NS_PER_S);
	ck_assert_uint_eq(world_store_tombstones(w), 0);
	fabric_active("p");
}
END_TEST

/* What ran there besides is set up anew, too, and not where the other one stood. */
START_TEST(forgotten_beside_another)
{
	ck_assert(world_apply_set(w, "", DOCS NIC TWO));
	fabric_settle();
	ck_assert_uint_eq(fabric_active("p")->place.slot + fabric_active("q")->place.slot, 3);
	hang(true);
	ck_assert(world_apply_set(w, "", DOCS NIC));
	world_run_for(w, 60 * MR_NS_PER_S);
	ck_assert_uint_eq(world_store_tombstones(w), 1);
	make_blank();
	world_run_for(w, 60 * MR_NS_PER_S);
	ck_assert_uint_ge(world_store_tombstones(w), 1);
	ck_assert_uint_ne(fabric_get("p")->place.bridge, 0);
	world_blade_hang(w, HOST, false);
	world_run_for(w, 120 * MR_NS_PER_S);
	ck_assert_uint_eq(world_store_tombstones(w), 0);
	fabric_active("p");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("slots");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, fabric_end);
	tcase_add_loop_test(t, found_by_an_adoption, 0, 2);
	tcase_add_test(t, found_later);
	tcase_add_test(t, an_old_one_is_back);
	tcase_add_test(t, known_to_the_next_manager);
	tcase_add_test(t, forgotten_by_the_adapter);
	tcase_add_test(t, forgotten_without_an_agent);
	tcase_add_test(t, forgotten_beside_another);
	suite_add_tcase(s, t);
	return check_run(s);
}
