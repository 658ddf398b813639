/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Adapters that are exchanged, in a whole fabric: `onReplace`, with the manager there and with
 * the manager dead meanwhile, for functions as LVFs and as synthetic ones. Namespaces stay on
 * their drive.
 */
#include <stdlib.h>
#include <string.h>

#include "common/tree.h"
#include "tests/sim-test/fixture.h"

#define ROOT "storage: {namespaces: [{name: root, size: 64MiB}]}"

static bool dead; /* the manager, while adapters change */

static bool no_agent(const char *host)
{
	(void)host;
	return false;
}

/* Each story runs four times: bit 0 = the manager is dead, bit 1 = no agent: synthetic. */
static void begin(int i)
{
	dead = i & 1;
	fabric_begin("tests/sim-test/drives.yaml", 17, i & 2 ? no_agent : NULL);
}

static void end(void)
{
	fabric_end();
}

/* Two functions (or one with a namespace) on blade01 of the drives in 'slots'; 'said' is what
 * the document of the drive in slot 1 says of it. */
static void apply(const char *slots, const char *said, const char *device)
{
	struct mr_buf text = {0};

	mr_buf_puts(&text,
		    "apiVersion: banyan/v1\nkind: FabricPolicy\nmetadata: {name: default}\n"
		    "spec: {update: {drain: {mode: force, timeout: 5s}}}\n"
		    "---\napiVersion: banyan/v1\nkind: Host\nmetadata: {name: blade01}\n");
	if (said)
		mr_buf_printf(&text,
			      "---\napiVersion: banyan/v1\nkind: Adapter\n"
			      "metadata: {name: first}\nspec: {slot: \"1\", onReplace: %s}\n",
			      said);
	mr_buf_printf(&text,
		      "---\napiVersion: banyan/v1\nkind: AdapterPool\nmetadata: {name: p}\n"
		      "spec: {adapterSelector: {class: nvme, slots: [%s]}}\n"
		      "---\napiVersion: banyan/v1\nkind: ServerProfile\nmetadata: {name: x}\n"
		      "spec: {host: blade01, devices: [{name: d, class: nvme, pool: p, %s}]}\n",
		      slots, device);
	fabric_apply_buf(&text);
}

/* What is done between these two is seen by a manager, or found by the next one. */
static void hands_on(void)
{
	if (dead)
		world_manager_kill(w);
}

static void hands_off(void)
{
	if (dead)
		world_manager_start(w);
	world_run_for(w, 40 * MR_NS_PER_S);
	world_settle(w, SETTLE_NS);
}

static void exchange(const char *adapter, const char *serial, uint16_t device)
{
	hands_on();
	fabric_pull(adapter);
	ck_assert_int_eq(sim_adapter_replace(w->chassis, adapter, serial, 0, device), 0);
	fabric_insert(adapter);
	hands_off();
}

/* The cards of both slots change places. */
static void swap(void)
{
	hands_on();
	fabric_pull("ssd");
	fabric_pull("other");
	ck_assert_int_eq(sim_adapter_swap(w->chassis, "ssd", "other"), 0);
	fabric_insert("ssd");
	fabric_insert("other");
	hands_off();
}

static void approve(const char *adapter)
{
	const struct fm_request r = world_request(FM_VERB_APPROVE, "", adapter);

	fabric_ask(&r);
	ck_assert_msg(w->reply.exit_code == FM_EXIT_DONE, "%s", w->reply.text);
	fabric_settle();
}

/* All are in this phase, on that adapter, and say so. */
static void all(enum fm_phase phase, const char *adapter, const char *says)
{
	unsigned n = fm_engine_assignments(w->engine), seen = 0;

	for (unsigned i = 0; i < n; i++) {
		const struct fm_assignment *a = fm_engine_assignment(w->engine, i);

		if (!mr_streq(a->profile, "x"))
			continue;
		seen++;
		ck_assert_msg(a->phase == phase && strstr(a->detail, says), "%s: %s (%s)",
			      a->device, fm_phase_name(a->phase), a->detail);
		ck_assert_msg(!adapter || mr_streq(a->adapter, adapter), "on %s", a->adapter);
	}
	ck_assert_uint_gt(seen, 0);
}

static void restart(void)
{
	world_manager_kill(w);
	world_manager_start(w);
	fabric_settle();
}

/* ---- stories ---- */

START_TEST(same_one_back)
{
	static const char *const said[] = {NULL, "follow-serial", "ask"};

	begin(_i & 3);
	apply("\"1\"", said[_i >> 2], "count: 2");
	all(FM_PHASE_ACTIVE, "ssd", "");
	hands_on();
	fabric_pull("ssd");
	fabric_insert("ssd");
	hands_off();
	all(FM_PHASE_ACTIVE, "ssd", "");
	end();
}
END_TEST

/* Unwritten: the same model goes on, though the other slot has room too. */
START_TEST(same_model_takes_over)
{
	begin(_i);
	apply("\"1\"", NULL, "count: 2");
	exchange("ssd", "D-9", 0);
	all(FM_PHASE_ACTIVE, "ssd", "");
	ck_assert_str_eq(fm_engine_assignment(w->engine, 0)->card.serial, "D-9");
	end();
}
END_TEST

START_TEST(other_model_asks)
{
	begin(_i);
	apply("\"1\"", NULL, "count: 2");
	exchange("ssd", "D-9", 0xa8ff);
	all(FM_PHASE_PENDING, NULL, "`banyan approve ssd` lets it take the place");
	restart();
	all(FM_PHASE_PENDING, NULL, "it was D-1");
	approve("ssd");
	all(FM_PHASE_ACTIVE, "ssd", "");
	end();
}
END_TEST

START_TEST(other_model_if_written)
{
	begin(_i);
	apply("\"1\"", "follow-slot", "count: 2");
	exchange("ssd", "D-9", 0xa8ff);
	all(FM_PHASE_ACTIVE, "ssd", "");
	end();
}
END_TEST

START_TEST(asks)
{
	begin(_i);
	apply("\"1\"", "ask", "count: 2");
	exchange("ssd", "D-9", 0);
	all(FM_PHASE_PENDING, NULL, "ssd is another adapter now (D-9");
	ck_assert(fabric_shows("adapters", "ssd", "Conflict"));
	restart();
	all(FM_PHASE_PENDING, NULL, "ssd is another adapter now (D-9");
	hands_on(); /* the old one is back: nothing to ask */
	fabric_pull("ssd");
	ck_assert_int_eq(sim_adapter_replace(w->chassis, "ssd", "D-1", 0, 0), 0);
	fabric_insert("ssd");
	hands_off();
	all(FM_PHASE_ACTIVE, "ssd", "");
	ck_assert(!fabric_shows("adapters", "ssd", "Conflict"));
	end();
}
END_TEST

/* It waits while its adapter is nowhere, whatever else there is, and goes with it. */
START_TEST(follows_its_serial)
{
	begin(_i);
	apply("\"1\"", "follow-serial", "count: 2");
	apply("\"1\", \"2\"", "follow-serial", "count: 2");
	exchange("ssd", "D-9", 0);
	all(FM_PHASE_PENDING, NULL, "serial number D-1, onReplace: follow-serial");
	restart();
	all(FM_PHASE_PENDING, NULL, "serial number D-1, onReplace: follow-serial");
	exchange("other", "D-1", 0);
	all(FM_PHASE_ACTIVE, "other", "");
	restart();
	all(FM_PHASE_ACTIVE, "other", "");
	end();
}
END_TEST

START_TEST(moved_to_another_slot)
{
	begin(_i);
	apply("\"1\"", "follow-serial", "count: 2");
	apply("\"1\", \"2\"", "follow-serial", "count: 2");
	all(FM_PHASE_ACTIVE, "ssd", "");
	swap();
	all(FM_PHASE_ACTIVE, "other", "");
	swap(); /* no document is about slot 2: they go on with what is there */
	all(FM_PHASE_ACTIVE, NULL, "");
	end();
}
END_TEST

static struct sim_ns_view contents(void)
{
	const struct fm_assignment *a = fm_engine_assignment(w->engine, 0);
	struct sim_ns_view v;
	uint16_t rid;

	ck_assert_int_eq(mr_bdf_parse(a->bdf, &rid, NULL), 0);
	for (unsigned nsid = 1; nsid <= 64; nsid++)
		if (!sim_host_ns_view(w->chassis, a->place.port, rid, nsid, &v))
			return v;
	ck_abort_msg("it has no namespace");
	return v;
}

static void put(uint64_t word)
{
	const struct fm_assignment *a = fm_engine_assignment(w->engine, 0);
	uint16_t rid;
	unsigned nsid = 1;

	ck_assert_int_eq(mr_bdf_parse(a->bdf, &rid, NULL), 0);
	while (nsid <= 64 && sim_host_ns_write(w->chassis, a->place.port, rid, nsid, word))
		nsid++;
	ck_assert_uint_le(nsid, 64);
}

/* A namespace never follows the slot, whatever the document says. */
START_TEST(data_stays_on_its_drive)
{
	begin(_i);
	apply("\"1\"", "follow-slot", ROOT);
	apply("\"1\", \"2\"", "follow-slot", ROOT);
	all(FM_PHASE_ACTIVE, "ssd", "");
	put(0x1234);
	exchange("ssd", "D-9", 0);
	all(FM_PHASE_PENDING, NULL, "namespace root is on drive");
	exchange("ssd", "D-8", 0);
	all(FM_PHASE_PENDING, NULL, "namespace root is on drive");
	end();
}
END_TEST

START_TEST(data_comes_with_its_drive)
{
	begin(_i);
	apply("\"1\"", "follow-slot", ROOT);
	apply("\"1\", \"2\"", "follow-slot", ROOT);
	put(0x1234);
	swap();
	all(FM_PHASE_ACTIVE, "other", "");
	ck_assert_uint_eq(contents().word, 0x1234);
	end();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("exchanged adapters");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, same_one_back, 0, 12);
	tcase_add_loop_test(t, same_model_takes_over, 0, 4);
	tcase_add_loop_test(t, other_model_asks, 0, 4);
	tcase_add_loop_test(t, other_model_if_written, 0, 4);
	tcase_add_loop_test(t, asks, 0, 4);
	tcase_add_loop_test(t, follows_its_serial, 0, 4);
	tcase_add_loop_test(t, moved_to_another_slot, 0, 4);
	/* without an agent nobody says at which address the host has its drive */
	tcase_add_loop_test(t, data_stays_on_its_drive, 0, 2);
	tcase_add_loop_test(t, data_comes_with_its_drive, 0, 2);
	suite_add_tcase(s, t);
	return check_run(s);
}
