/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Adapters that are pulled and inserted, and hosts whose firmware takes its time, in a whole
 * fabric: nothing that the hosts are done with stays out of use, and nobody waits for a PF that
 * will not come.
 */
#include <stdlib.h>
#include <string.h>

#include "common/pci/batch.h"
#include "common/pci/regmap.h"
#include "sim/model/fault.h"
#include "tests/sim-test/fixture.h"
#include "tests/sim-test/world/management.h"

/* blade03 is a host without an agent. */
static bool agent_on(const char *host)
{
	return !mr_streq(host, "blade03");
}

/* 'count' claims of the adapter with this serial number on 'host', which is let in first. */
static void apply(const char *serial, const char *class, const char *host, unsigned count)
{
	struct mr_buf text = {0};

	mr_buf_printf(&text,
		      "apiVersion: banyan/v1\nkind: FabricPolicy\nmetadata: {name: default}\n"
		      "spec: {update: {drain: {mode: force, timeout: 5s}}}\n"
		      "---\napiVersion: banyan/v1\nkind: AdapterPool\nmetadata: {name: p}\n"
		      "spec: {adapterSelector: {serials: [%s]}}\n"
		      "---\napiVersion: banyan/v1\nkind: Host\nmetadata: {name: %s}\n",
		      serial, host);
	fabric_apply(mr_buf_text(&text));
	if (count) {
		mr_buf_printf(
			&text,
			"---\napiVersion: banyan/v1\nkind: ServerProfile\nmetadata: {name: x}\n"
			"spec: {host: %s, devices: [{name: d, class: %s, pool: p, count: "
			"%u}]}\n",
			host, class, count);
		fabric_accept(mr_buf_text(&text));
	}
	mr_buf_done(&text);
}

static unsigned active(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < fm_engine_assignments(w->engine); i++)
		n += fm_engine_assignment(w->engine, i)->phase == FM_PHASE_ACTIVE;
	return n;
}

static void setup(void)
{
	fabric_begin("config/demo-chassis.yaml", 5, agent_on);
}

/* The host saw its functions go before they were cut; it has 16 bridges, each round uses two.
 */
START_TEST(bridges_come_back)
{
	apply("I-0001", "infiniband", "blade03", 2);
	fabric_settle();
	ck_assert_uint_eq(active(), 2);
	for (unsigned i = 0; i < 12; i++) {
		fabric_pull("hca");
		world_run_for(w, 10 * MR_NS_PER_S);
		ck_assert_uint_eq(active(), 0);
		fabric_insert("hca");
		world_run_for(w, 35 * MR_NS_PER_S);
		world_settle(w, SETTLE_NS);
		ck_assert_msg(active() == 2, "round %u: %u of 2 are Active", i, active());
		ck_assert_uint_eq(world_store_tombstones(w), 0);
	}
}
END_TEST

/* The memory of the switch was older than what cleared a tombstone: it stands there once more,
 * on a bridge that is nobody's. */
START_TEST(an_old_tombstone_is_back)
{
	const unsigned port = 3;
	struct sim_batch_result r = {0};
	struct mr_batch b = {0};

	apply("I-0001", "infiniband", "blade03", 0);
	world_shake(w);
	world_wire_cut(w, false);
	for (unsigned i = 0; i < 16; i++)
		mr_batch_sw_write(&b, SW_BRIDGE(port, i) + ROW_TOMBSTONE, 1);
	sim_chassis_batch(w->chassis, w->now, management_read(w, SW_OWNER_ID),
			  management_read(w, SW_OWNER_EPOCH), (const uint8_t *)b.ops.data,
			  b.ops.len, &r);
	ck_assert_uint_eq(r.status, MR_BATCH_OK);
	mr_buf_done(&r.data);
	mr_batch_done(&b);
	world_wire_join(w);
	world_run_for(w, 10 * MR_NS_PER_S);
	ck_assert_uint_eq(management_read(w, SW_BRIDGE(port, 0) + ROW_TOMBSTONE), 0);
	ck_assert_uint_eq(world_store_tombstones(w), 0);
	apply("I-0001", "infiniband", "blade03", 2);
	fabric_settle();
	ck_assert_uint_eq(active(), 2);
}
END_TEST

/* A host that hangs has not seen anything: its bridges stay out of use until it goes on. */
START_TEST(a_hung_host_keeps_its_tombstones)
{
	unsigned vh = 3;

	apply("I-0001", "infiniband", "blade03", 2);
	fabric_settle();
	sim_blade_hang(w->host[vh].blade, true);
	fabric_pull("hca");
	world_run_for(w, 100 * MR_NS_PER_S);
	ck_assert_uint_eq(world_store_tombstones(w), 2);
	sim_blade_hang(w->host[vh].blade, false);
	sim_blade_step(w->host[vh].blade, w->now);
	world_blade_changed(w, vh);
	world_notices(w);
	world_run_for(w, 35 * MR_NS_PER_S);
	ck_assert_uint_eq(world_store_tombstones(w), 0);
	fabric_insert("hca");
	world_run_for(w, 35 * MR_NS_PER_S);
	ck_assert_uint_eq(active(), 2);
}
END_TEST

/* Nobody hears that an adapter was pulled and inserted: it takes functions that were ready
 * before for others, and they fail. When it is heard they are tried again. */
START_TEST(inserted_unheard)
{
	const struct sim_fault f = {.kind = SIM_FAULT_LOST_INTERRUPT};
	struct fm_request r = world_request(FM_VERB_DISCONNECT, "", "x");

	apply("I-0001", "infiniband", "blade03", 1);
	fabric_settle();
	r.yes = true;
	ck_assert_int_eq(fabric_ask(&r), 0);
	fabric_settle();
	ck_assert_uint_eq(active(), 0);
	ck_assert_int_eq(sim_fault_set(w->chassis, &f), 0);
	fabric_pull("hca");
	world_run_for(w, MR_NS_PER_S);
	fabric_insert("hca");
	apply("I-0001", "infiniband", "blade03", 4);
	r = world_request(FM_VERB_RESET_OVERRIDE, "", "x");
	ck_assert_int_eq(fabric_ask(&r), 0);
	world_run_for(w, 10 * MR_NS_PER_S);
	ck_assert_ptr_nonnull(strstr(mr_buf_text(&w->trace), "Pending: map: VF_STATUS of hca"));
	sim_fault_clear(w->chassis, w->now, SIM_FAULT_LOST_INTERRUPT);
	world_run_for(w, 60 * MR_NS_PER_S);
	ck_assert_uint_eq(active(), 4);
}
END_TEST

/* It comes back before its host has seen it go: the kernel shows what was there before, and
 * what was mapped is cut without the host's consent. */
START_TEST(inserted_within_the_notice)
{
	unsigned vh = 3;

	apply("I-0001", "infiniband", "blade03", 2);
	fabric_settle();
	world_blade_hang(w, vh, true);
	fabric_pull("hca");
	fabric_insert("hca");
	world_run_for(w, 60 * MR_NS_PER_S);
	ck_assert_uint_eq(world_store_tombstones(w), 2);
	ck_assert_uint_eq(active(), 2);
	world_blade_hang(w, vh, false);
	world_run_for(w, 60 * MR_NS_PER_S);
	ck_assert_uint_eq(world_store_tombstones(w), 0);
	ck_assert_uint_eq(active(), 2);
}
END_TEST

/* The PF goes while its host is asked to enable its VFs, before the host saw the PF: it is
 * attached anew when it is back, not when the host's patience is over. */
START_TEST(pulled_while_vfs_are_enabled)
{
	bool asked = false;

	apply("N-0002", "ethernet", "blade01", 1);
	while (!asked) {
		ck_assert(world_step(w));
		asked = strstr(mr_buf_text(&w->trace), "enable-vfs") != NULL;
	}
	fabric_pull("nic-right");
	world_run_for(w, 5 * MR_NS_PER_S);
	ck_assert_uint_eq(active(), 0);
	fabric_insert("nic-right");
	world_run_for(w, 20 * MR_NS_PER_S);
	ck_assert_uint_eq(active(), 1);
}
END_TEST

/*
 * No event says that firmware numbered the bridges. A manager that read them before knows of
 * numbers from the one bridge that it used since, and reads the others again soon, not only at
 * the interval of 30 s.
 */
START_TEST(firmware_numbers_later)
{
	int64_t start;

	apply("I-0001", "infiniband", "blade03", 1);
	fabric_settle();
	sim_blade_timing(w->host[3].blade)->boot_ns = 5 * MR_NS_PER_S;
	world_manager_kill(w);
	w->shaken = true;
	sim_host_reset(w->chassis, w->now, 3);
	world_notices(w);
	world_manager_start(w);
	world_run_for(w, 6 * MR_NS_PER_S);
	apply("I-0001", "infiniband", "blade03", 2);
	while (active() < 2)
		ck_assert(world_step(w));
	start = w->now.mono_ns;
	apply("I-0001", "infiniband", "blade03", 12);
	while (active() < 12)
		ck_assert(world_step(w));
	ck_assert_int_lt(w->now.mono_ns - start, 10 * MR_NS_PER_S);
}
END_TEST

/* One that is pulled and inserted at once: a host is asked to enable the functions of a PF that
 * is blank by then, and no reading finds the fabric quiet. The host is up, and its agent there.
 */
START_TEST(inserted_at_once)
{
	apply("N-0001", "ethernet", "blade02", 2);
	fabric_settle();
	ck_assert_uint_eq(active(), 2);
	fabric_pull("nic-left");
	for (int n = 0; n < _i; n++)
		world_step(w);
	fabric_insert("nic-left");
	world_run_for(w, 60 * MR_NS_PER_S);
	ck_assert_msg(active() == 2, "%u of 2 are Active", active());
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("pull");
	Suite *s = suite_create("pulled and inserted");

	tcase_add_checked_fixture(t, setup, fabric_end);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, bridges_come_back);
	tcase_add_test(t, an_old_tombstone_is_back);
	tcase_add_test(t, a_hung_host_keeps_its_tombstones);
	tcase_add_test(t, inserted_unheard);
	tcase_add_test(t, inserted_within_the_notice);
	tcase_add_test(t, pulled_while_vfs_are_enabled);
	tcase_add_test(t, firmware_numbers_later);
	tcase_add_loop_test(t, inserted_at_once, 0, 24);
	suite_add_tcase(s, t);
	return check_run(s);
}
