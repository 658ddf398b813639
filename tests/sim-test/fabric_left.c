/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a profile was the only reason of goes with it: identities, overrides, what its functions
 * were set to. Found by seeds-swarm; named stories here.
 */
#include <stdlib.h>
#include <string.h>

#include "common/pci/regmap.h"
#include "tests/sim-test/fixture.h"
#include "tests/sim-test/world/management.h"

#define REUSE_NS (10 * MR_NS_PER_S)

static void setup(void)
{
	fabric_begin("config/demo-chassis.yaml", 5, NULL);
}

/* These documents and no others. */
static void begin_apply(const char *profile)
{
	struct mr_buf text = {0};

	mr_buf_printf(&text,
		      "apiVersion: banyan/v1\nkind: FabricPolicy\nmetadata: {name: default}\n"
		      "spec: {update: {drain: {mode: force, timeout: 5s}}}\n"
		      "---\napiVersion: banyan/v1\nkind: Host\nmetadata: {name: blade01}\n"
		      "---\napiVersion: banyan/v1\nkind: Host\nmetadata: {name: blade02}\n"
		      "---\napiVersion: banyan/v1\nkind: IdentityPool\nmetadata: {name: macs}\n"
		      "spec: {type: mac, ranges: [{start: \"02:25:b5:00:00:00\", end: "
		      "\"02:25:b5:00:00:ff\"}], reuseAfter: 1s}\n"
		      "---\napiVersion: banyan/v1\nkind: IdentityPool\nmetadata: {name: "
		      "guids}\nspec: {type: guid, ranges: [{start: \"02:00:00:00:00:aa:00:00\","
		      " end: \"02:00:00:00:00:aa:ff:ff\"}], reuseAfter: 1s}\n"
		      "---\napiVersion: banyan/v1\nkind: AdapterPool\nmetadata: {name: nics}\n"
		      "spec: {adapterSelector: {class: ethernet}}\n"
		      "---\napiVersion: banyan/v1\nkind: AdapterPool\nmetadata: {name: hcas}\n"
		      "spec: {adapterSelector: {class: infiniband}}\n%s",
		      profile);
	ck_assert_msg(world_apply_set(w, "left", mr_buf_text(&text)), "%s", w->reply.text);
	mr_buf_done(&text);
}

static void apply(const char *profile)
{
	begin_apply(profile);
	fabric_settle();
}

#define PROFILE(host, device)                                                      \
	"---\napiVersion: banyan/v1\nkind: ServerProfile\nmetadata: {name: web}\n" \
	"spec: {host: " host ", devices: [{name: d, " device "}]}\n"
#define NIC "class: ethernet, pool: nics, identity: {mac: {pool: macs}}"
#define HCA "class: infiniband, pool: hcas, identity: {guid: {pool: guids}}"

static unsigned rows(const char *prefix)
{
	unsigned n = 0;

	for (unsigned i = 0; i < w->store.rows; i++)
		n += mr_starts(mr_buf_text(&w->store.row[i].key), prefix);
	return n;
}

static void nothing_left(void)
{
	struct mr_buf left = {0};

	world_run_for(w, REUSE_NS);
	world_settle(w, SETTLE_NS);
	ck_assert_msg(!world_store_left(w, &left), "%s", mr_buf_text(&left));
	mr_buf_done(&left);
}

START_TEST(identities_of_a_disconnected_profile)
{
	apply(PROFILE("blade01", NIC));
	apply(PROFILE("none", NIC));
	ck_assert_uint_eq(rows("ident/"), 1); /* it keeps them */
	ck_assert_uint_eq(rows("assign/"), 0);
	apply("");
	nothing_left();
}
END_TEST

/* The manager that heard of it is dead by the time it is carried out. */
START_TEST(identities_that_a_dead_manager_left)
{
	apply(PROFILE("blade01", NIC));
	apply(PROFILE("none", NIC));
	world_manager_kill(w);
	world_manager_start(w);
	fabric_settle();
	ck_assert_uint_eq(rows("ident/"), 1);
	apply("");
	world_manager_kill(w);
	world_manager_start(w);
	fabric_settle();
	nothing_left();
}
END_TEST

START_TEST(identities_of_a_device_of_another_class)
{
	apply(PROFILE("blade01", NIC));
	apply(PROFILE("blade01", HCA));
	world_run_for(w, REUSE_NS);
	world_settle(w, SETTLE_NS);
	ck_assert_uint_eq(rows("ident/mac"), 0);
	ck_assert_uint_eq(rows("ident/guid"), 1);
	apply("");
	nothing_left();
}
END_TEST

/* A manager that starts before the old ones are free loads both. */
START_TEST(identities_of_two_classes_at_a_start)
{
	bool hca = _i & 1;

	apply(hca ? PROFILE("blade01", HCA) : PROFILE("blade01", NIC));
	begin_apply(hca ? PROFILE("blade01", NIC) : PROFILE("blade01", HCA));
	while (rows("ident/") < 2)
		ck_assert(world_step(w));
	while (fabric_find("web")->phase == FM_PHASE_ACTIVE)
		ck_assert(world_step(w));
	while (fabric_find("web")->phase != FM_PHASE_ACTIVE)
		ck_assert(world_step(w));
	ck_assert_uint_eq(rows("ident/"), 2);
	world_manager_kill(w);
	world_manager_start(w);
	world_run_for(w, REUSE_NS);
	fabric_settle();
	ck_assert_uint_eq(rows("ident/mac"), hca);
	ck_assert_uint_eq(rows("ident/guid"), !hca);
	apply("");
	nothing_left();
}
END_TEST

START_TEST(override_of_a_deleted_profile)
{
	struct fm_request move = world_request(FM_VERB_MOVE, "profiles", "web");

	move.host = "blade02";
	move.yes = true;
	apply(PROFILE("blade01", NIC));
	fabric_ask(&move);
	ck_assert_msg(w->reply.exit_code == FM_EXIT_DONE, "%s", w->reply.text);
	fabric_settle();
	ck_assert_uint_eq(rows("override/"), 1);
	apply("");
	nothing_left();
}
END_TEST

/* The switch loses power, and the last commit of its memory with it. */
static void loses_the_last_commit(void)
{
	world_shake(w);
	world_wire_cut(w, false);
	sim_chassis_power_cycle(w->chassis, w->now, MR_NVM_STALE);
	world_notices(w);
	world_wire_join(w);
}

static bool gate_open(struct fm_fn_id fn)
{
	struct sim_vf_look v;

	ck_assert(!sim_vf_look(w->chassis, fn.port, fn.pf, fn.vf, &v));
	return v.open;
}

/* Its reset was the last thing that was committed: the switch shows it as it was before. */
START_TEST(function_of_an_older_memory)
{
	char why[200];

	apply(PROFILE("blade01", NIC));
	apply("");
	ck_assert_msg(management_all_free(w, why, sizeof(why)), "%s", why);
	loses_the_last_commit();
	ck_assert(!management_all_free(w, why, sizeof(why)));
	world_run_for(w, 10 * MR_NS_PER_S);
	fabric_settle();
	ck_assert_msg(management_all_free(w, why, sizeof(why)), "%s", why);
	nothing_left();
}
END_TEST

/* Before its manager knows. */
static void at_gate_close(struct world *world, const struct fm_op_result *r, void *arg)
{
	bool *done = arg;

	(void)world;
	if (r->kind != FM_OP_GATE_CLOSE || *done)
		return;
	*done = true;
	loses_the_last_commit();
}

/* That its gate was closed was the last thing that was committed: it is closed once more before
 * its host is asked to give it back. */
START_TEST(gate_of_an_older_memory)
{
	struct fm_fn_id fn;
	bool done = false;

	apply(PROFILE("blade01", NIC));
	fn = fm_engine_assignment(w->engine, 0)->fn;
	w->on_op = at_gate_close;
	w->arg = &done;
	begin_apply("");
	while (!(w->began >> (FM_OP_COUNT + FM_AGENT_RELEASE) & 1))
		ck_assert(world_step(w));
	ck_assert(done);
	ck_assert(!gate_open(fn));
	fabric_settle();
	nothing_left();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("left");
	TCase *t = tcase_create("left");

	tcase_add_checked_fixture(t, setup, fabric_end);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, identities_of_a_disconnected_profile);
	tcase_add_test(t, identities_that_a_dead_manager_left);
	tcase_add_test(t, identities_of_a_device_of_another_class);
	tcase_add_loop_test(t, identities_of_two_classes_at_a_start, 0, 2);
	tcase_add_test(t, override_of_a_deleted_profile);
	tcase_add_test(t, function_of_an_older_memory);
	tcase_add_test(t, gate_of_an_older_memory);
	suite_add_tcase(s, t);
	return check_run(s);
}
