/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A manager whose store is not the one that programmed the chassis: what it finds, what it does
 * before and after an operator says `adopt`, and what becomes of those whose rows it does not
 * know. Traffic decides whether anybody was interrupted.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim-test/world/management.h"
#include "tests/sim-test/world/oracle.h"
#include "tests/sim-test/world/world.h"
#include "tests/unit/check_main.h"

#define SETTLE_NS (120 * MR_NS_PER_S)

static struct world *w;
static struct oracle *judge;

static void start(const char *chassis)
{
	w = world_new(chassis, 7, NULL);
	judge = oracle_new(w);
	world_run_for(w, 10 * MR_NS_PER_S);
	world_manager_start(w);
	ck_assert(world_settle(w, SETTLE_NS));
}

static void setup(void)
{
	start(SRCDIR "/config/demo-chassis.yaml");
}

static void setup_drives(void)
{
	start(SRCDIR "/tests/sim-test/drives.yaml");
}

static void teardown(void)
{
	ck_assert_msg(oracle_check(judge, 0), "%s", oracle_complaint(judge));
	oracle_free(judge);
	world_free(w);
}

#define DOC(kind, name, spec)                                                                 \
	"---\napiVersion: banyan/v1\nkind: " kind "\nmetadata: {name: " name "}\nspec: " spec \
	"\n"
#define HEAD                                                                                 \
	"apiVersion: banyan/v1\nkind: FabricPolicy\nmetadata: {name: default}\n"             \
	"spec: {update: {drain: {mode: force, timeout: 5s}}}\n" DOC("Host", "blade01", "{}") \
		DOC("Host", "blade02", "{}")

static void apply(const char *text)
{
	ck_assert_msg(world_apply(w, text), "%s", w->reply.text ? w->reply.text : "no answer");
	ck_assert_msg(w->reply.exit_code == FM_EXIT_DONE, "%s", w->reply.text);
	ck_assert(world_settle(w, SETTLE_NS));
}

static struct fm_request request(enum fm_verb verb, const char *kind, const char *name)
{
	return (struct fm_request){.verb = verb,
				   .kind = kind,
				   .name = name,
				   .host = "",
				   .arg = "",
				   .set = "",
				   .who = "tester",
				   .max_disruption = "",
				   .yes = true};
}

static void ask(enum fm_verb verb, const char *kind, const char *name)
{
	const struct fm_request q = request(verb, kind, name);

	ck_assert(world_ask(w, &q));
	ck_assert_msg(w->reply.exit_code == FM_EXIT_DONE, "%s", w->reply.text);
}

static const struct fm_assignment *find(const char *profile, const char *device)
{
	for (unsigned i = 0; i < fm_engine_assignments(w->engine); i++) {
		const struct fm_assignment *a = fm_engine_assignment(w->engine, i);

		if (mr_streq(a->profile, profile) && mr_streq(a->device, device))
			return a;
	}
	return NULL;
}

static void is_active(const char *profile, const char *device, const char *host)
{
	const struct fm_assignment *a = find(profile, device);

	ck_assert_msg(a != NULL, "there is no %s/%s", profile, device);
	ck_assert_msg(a->phase == FM_PHASE_ACTIVE && mr_streq(a->host, host),
		      "%s/%s: %s on %s: %s", profile, device, fm_phase_name(a->phase), a->host,
		      a->detail);
}

/* The manager starts anew with the rows of 'copy' as its store. */
static void restore(const struct store_copy *copy)
{
	world_manager_kill(w);
	w->store.loses = true; /* what was under way was meant for the other one */
	world_store_restore(w, copy);
	w->store.loses = false;
	world_manager_start(w);
	world_run_for(w, 10 * MR_NS_PER_S);
}

/* ---- numbers that come once more ---- */

#define DISKS(host)                                                                         \
	HEAD DOC("AdapterPool", "pool", "{adapterSelector: {class: nvme, slots: [\"1\"]}}") \
		DOC("ServerProfile", "p",                                                   \
		    "{host: " host ", devices: ["                                           \
		    "{name: d0, class: nvme, pool: pool, storage: {namespaces: "            \
		    "[{name: root, size: 256MiB}]}}, "                                      \
		    "{name: d1, class: nvme, pool: pool, storage: {namespaces: "            \
		    "[{name: root, size: 256MiB}]}}]}")

/*
 * swarm seed 109 with all faults (I2): a manager with an older store numbers its operations
 * once more, and an agent took new commands for those that it had carried out under these
 * numbers. A profile was told the bus address of another one, and found what that had written.
 */
START_TEST(numbers_come_once_more)
{
	struct store_copy copy;

	apply(DISKS("blade01"));
	copy = world_store_copy(w);
	for (int i = 0; i < 8; i++)
		apply(i % 2 ? DISKS("blade01") : DISKS("blade02"));
	for (int i = 0; i < _i; i++)
		apply(i % 2 ? DISKS("blade01") : DISKS("blade02"));
	oracle_excuse_rows(judge, true);
	restore(&copy);
	store_copy_done(&copy);
	ask(FM_VERB_ADOPT, "chassis", "c1");
	ck_assert(world_settle(w, SETTLE_NS));
	for (int i = 0; i < 8; i++) {
		apply(i % 2 ? DISKS("blade01") : DISKS("blade02"));
		is_active("p", "d0", i % 2 ? "blade01" : "blade02");
		is_active("p", "d1", i % 2 ? "blade01" : "blade02");
		ck_assert_msg(oracle_check(judge, 0), "%s", oracle_complaint(judge));
	}
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("adopt"), *d = tcase_create("drives");
	Suite *s = suite_create("adoption");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	tcase_add_checked_fixture(d, setup_drives, teardown);
	tcase_set_timeout(d, 60);
	tcase_add_loop_test(d, numbers_come_once_more, 0, 4);
	suite_add_tcase(s, d);
	return check_run(s);
}
