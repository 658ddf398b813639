/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A manager whose store is not the one that programmed the chassis: what it finds, what it does
 * before and after an operator says `adopt`, and what becomes of those whose rows it does not
 * know. Traffic decides whether anybody was interrupted.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/pci/regmap.h"
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

/* These documents and no others. */
static void apply_only(const char *text)
{
	struct fm_request q = request(FM_VERB_APPLY, "", "");
	struct fm_file file = {"policy.yaml", text, strlen(text)};

	q.file = &file;
	q.files = 1;
	q.prune = true;
	ck_assert(world_ask(w, &q));
	ck_assert_msg(w->reply.exit_code == FM_EXIT_DONE, "%s", w->reply.text);
	ck_assert(world_settle(w, SETTLE_NS));
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

#define DISKS(host)	     DISKS_OF(host, "512MiB")
#define DISKS_OF(host, size) PROFILE_DISKS("p", host, size)
#define PROFILE_DISKS(profile, host, size)                                                  \
	HEAD DOC("AdapterPool", "pool", "{adapterSelector: {class: nvme, slots: [\"1\"]}}") \
		DOC("ServerProfile", profile,                                               \
		    "{host: " host ", devices: ["                                           \
		    "{name: d0, class: nvme, pool: pool, storage: {namespaces: "            \
		    "[{name: root, size: 256MiB}]}}, "                                      \
		    "{name: d1, class: nvme, pool: pool, storage: {namespaces: "            \
		    "[{name: root, size: " size "}]}}]}")

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

/* ---- a store that is gone ---- */

#define CARDS(host) CARDS_OF(host, "02:00:00:00:01:80")
#define CARDS_OF(host, mac)                                                                \
	HEAD DOC("AdapterPool", "nics", "{adapterSelector: {class: ethernet}}")            \
		DOC("AdapterPool", "hbas", "{adapterSelector: {class: fibre-channel}}")    \
			DOC("IdentityPool", "macs",                                        \
			    "{type: mac, ranges: [{start: \"02:00:00:00:01:00\", end: "    \
			    "\"02:00:00:00:01:ff\"}]}")                                    \
				DOC("ServerProfile", "p",                                  \
				    "{host: " host                                         \
				    ", devices: [{name: d0, class: ethernet, pool: nics, " \
				    "identity: {mac: \"" mac "\"}, qos: "                  \
				    "{guaranteed: 1Gbit, limit: 2Gbit}}, "                 \
				    "{name: d1, class: ethernet, pool: nics, count: 2, "   \
				    "identity: {mac: {pool: macs}}}]}")

static void lose_store(void)
{
	const struct store_copy empty = {0};

	restore(&empty);
}

static unsigned adopted(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < fm_engine_assignments(w->engine); i++)
		n += fm_engine_assignment(w->engine, i)->adopted;
	return n;
}

static unsigned active(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < fm_engine_assignments(w->engine); i++)
		n += fm_engine_assignment(w->engine, i)->phase == FM_PHASE_ACTIVE;
	return n;
}

static void read_file(const char *path, struct mr_buf *to)
{
	FILE *f = fopen(path, "r");
	char part[4096];
	size_t n;

	ck_assert_msg(f != NULL, "%s", path);
	while ((n = fread(part, 1, sizeof(part), f)) > 0)
		mr_buf_printf(to, "%.*s", (int)n, part);
	fclose(f);
}

/* What runs is adopted as it runs, and the documents that set it up take it over: nobody is
 * cut, reset or given anything else, whether the documents come before or after. */
START_TEST(the_same_policy_again)
{
	struct fm_assignment was[3];
	uint64_t activity, epoch;

	apply(CARDS("blade01"));
	was[0] = *find("p", "d0");
	activity = management_activity(w);
	epoch = management_read(w, SW_OWNER_EPOCH);
	lose_store();
	if (_i) /* nothing is done for it before */
		ck_assert(world_apply(w, CARDS("blade01")));
	world_run_for(w, 10 * MR_NS_PER_S);
	ck_assert_uint_eq(management_activity(w), activity);
	ask(FM_VERB_ADOPT, "chassis", "c1");
	ck_assert(world_settle(w, SETTLE_NS));
	ck_assert_uint_eq(management_read(w, SW_OWNER_EPOCH), epoch + 1);
	if (!_i) {
		ck_assert_uint_eq(adopted(), 3);
		ck_assert_uint_eq(management_activity(w), activity);
		ck_assert_msg(oracle_check(judge, 0), "%s", oracle_complaint(judge));
		apply(CARDS("blade01"));
	}
	ck_assert_uint_eq(adopted(), 0);
	is_active("p", "d0", "blade01");
	is_active("p", "d1", "blade01");
	ck_assert(fm_fn_eq(find("p", "d0")->fn, was[0].fn));
	ck_assert_uint_eq(find("p", "d0")->epoch, was[0].epoch);
	ck_assert_uint_eq(management_activity(w), activity);
	world_manager_kill(w); /* and a restart changes nothing of that */
	world_manager_start(w);
	ck_assert(world_settle(w, SETTLE_NS));
	is_active("p", "d0", "blade01");
	ck_assert_uint_eq(management_activity(w), activity);
}
END_TEST

/* The policy of the demo, with everything that it has but what has namespaces. */
START_TEST(the_demo_again)
{
	struct mr_buf text = {0};
	uint64_t activity;
	unsigned n;

	read_file(SRCDIR "/config/demo-policy.yaml", &text);
	apply(mr_buf_text(&text));
	n = active();
	ck_assert_uint_gt(n, 10);
	activity = management_activity(w);
	lose_store();
	ask(FM_VERB_ADOPT, "chassis", "c1");
	ck_assert(world_settle(w, SETTLE_NS));
	ck_assert_uint_eq(adopted(), n);
	ck_assert_uint_eq(management_activity(w), activity);
	apply(mr_buf_text(&text));
	for (unsigned i = 0; i < fm_engine_assignments(w->engine); i++) {
		const struct fm_assignment *a = fm_engine_assignment(w->engine, i);

		ck_assert_msg(!a->adopted && a->phase == FM_PHASE_ACTIVE, "%s/%s: %s: %s",
			      a->profile, a->device, fm_phase_name(a->phase), a->detail);
	}
	ck_assert_uint_eq(management_activity(w), activity);
	mr_buf_done(&text);
}
END_TEST

/* A host that others than its documents say, other identities, another class: what does not fit
 * stays as it is until an operator lets go of it; its identity is nobody else's until then. */
#define OTHERS                                                                           \
	HEAD DOC("AdapterPool", "nics", "{adapterSelector: {class: ethernet}}") DOC(     \
		"IdentityPool", "macs",                                                  \
		"{type: mac, ranges: [{start: \"02:00:00:00:01:00\", end: "              \
		"\"02:00:00:00:01:ff\"}]}")                                              \
		DOC("ServerProfile", "q",                                                \
		    "{host: blade02, devices: [{name: d0, class: ethernet, pool: nics, " \
		    "identity: {mac: \"02:00:00:00:01:80\"}}]}")

START_TEST(what_does_not_fit_stays)
{
	struct fm_request q = request(FM_VERB_RESET, "", "");
	const struct fm_assignment *a;
	struct fm_fn_id fn;
	uint64_t activity;
	char name[64];

	apply(CARDS("blade01"));
	fn = find("p", "d0")->fn;
	mr_fmt(name, sizeof(name), "%s/pf%u/vf%u", find("p", "d0")->adapter, fn.pf, fn.vf);
	activity = management_activity(w);
	lose_store();
	ask(FM_VERB_ADOPT, "chassis", "c1");
	ck_assert(world_settle(w, SETTLE_NS));
	apply(OTHERS);
	ck_assert_uint_eq(adopted(), 3);
	a = find("q", "d0");
	ck_assert_ptr_nonnull(a);
	ck_assert_int_eq(a->phase, FM_PHASE_PENDING);
	ck_assert_int_eq(a->reason, MR_REASON_CONFLICT);
	ck_assert_ptr_nonnull(strstr(a->detail, "is used by adopted/"));
	ck_assert_uint_eq(management_activity(w), activity);
	q.name = name;
	q.yes = false;
	ck_assert(world_ask(w, &q));
	ck_assert_int_eq(w->reply.exit_code, FM_EXIT_FAILED);
	ck_assert_ptr_nonnull(strstr(w->reply.text, "say --yes"));
	ck_assert_uint_eq(management_activity(w), activity);
	q.yes = true;
	ck_assert(world_ask(w, &q));
	ck_assert_msg(w->reply.exit_code == FM_EXIT_DONE, "%s", w->reply.text);
	ck_assert(world_settle(w, SETTLE_NS));
	ck_assert_uint_eq(adopted(), 2);
	is_active("q", "d0", "blade02");
}
END_TEST

/* Namespaces are found with the functions that have them attached, and go with them. */
START_TEST(with_its_data)
{
	uint64_t activity, mask[2];

	apply(DISKS("blade01"));
	ck_assert_msg(oracle_check(judge, 0), "%s", oracle_complaint(judge));
	mask[0] = find("p", "d0")->attrs.nvme.namespaces;
	mask[1] = find("p", "d1")->attrs.nvme.namespaces;
	activity = management_activity(w);
	lose_store();
	ask(FM_VERB_ADOPT, "chassis", "c1");
	ck_assert(world_settle(w, SETTLE_NS));
	ck_assert_uint_eq(adopted(), 2);
	apply(DISKS("blade01"));
	ck_assert_uint_eq(adopted(), 0);
	is_active("p", "d0", "blade01");
	is_active("p", "d1", "blade01");
	ck_assert_uint_eq(find("p", "d0")->attrs.nvme.namespaces, mask[0]);
	ck_assert_uint_eq(find("p", "d1")->attrs.nvme.namespaces, mask[1]);
	ck_assert_uint_eq(management_activity(w), activity);
	ck_assert_msg(oracle_check(judge, 0), "%s", oracle_complaint(judge));
	apply(DISKS("blade02")); /* and it has its data wherever it goes */
	is_active("p", "d0", "blade02");
	ck_assert_uint_eq(find("p", "d0")->attrs.nvme.namespaces, mask[0]);
}
END_TEST

/* Two devices that are alike: what the drive keeps beside a namespace says whose it is. */
START_TEST(data_of_two_that_are_alike)
{
	uint64_t activity, mask[2];

	apply(DISKS_OF("blade01", "256MiB"));
	ck_assert_msg(oracle_check(judge, 0), "%s", oracle_complaint(judge));
	mask[0] = find("p", "d0")->attrs.nvme.namespaces;
	mask[1] = find("p", "d1")->attrs.nvme.namespaces;
	activity = management_activity(w);
	lose_store();
	ask(FM_VERB_ADOPT, "chassis", "c1");
	ck_assert(world_settle(w, SETTLE_NS));
	apply(DISKS_OF("blade01", "256MiB"));
	ck_assert_uint_eq(adopted(), 0);
	ck_assert_uint_eq(find("p", "d0")->attrs.nvme.namespaces, mask[0]);
	ck_assert_uint_eq(find("p", "d1")->attrs.nvme.namespaces, mask[1]);
	ck_assert_uint_eq(management_activity(w), activity);
	ck_assert_msg(oracle_check(judge, 0), "%s", oracle_complaint(judge));
}
END_TEST

/* Another profile asks for the like, and nobody else does: it is not its data (I2). */
START_TEST(data_of_another_profile)
{
	apply(DISKS("blade01"));
	ck_assert_msg(oracle_check(judge, 0), "%s", oracle_complaint(judge));
	lose_store();
	ask(FM_VERB_ADOPT, "chassis", "c1");
	ck_assert(world_settle(w, SETTLE_NS));
	apply(PROFILE_DISKS("q", "blade01", "512MiB"));
	ck_assert_uint_eq(adopted(), 2);
	ck_assert_int_eq(find("q", "d0")->phase, FM_PHASE_PENDING);
	ck_assert_ptr_nonnull(
		strstr(find("q", "d0")->detail, "has namespaces that no claim took over"));
	ck_assert_msg(oracle_check(judge, 0), "%s", oracle_complaint(judge));
}
END_TEST

/* ---- a store restored from an old copy ---- */

/* What was done since is in no row of the store: what moved is where it is now, what is new is
 * adopted, and nothing is cut; then the documents of the copy are in force. */
START_TEST(an_old_copy)
{
	const char *then = CARDS("blade01");
	struct mr_buf now = {0};
	struct fm_assignment new;
	struct store_copy copy;
	uint64_t activity;

	apply(then);
	copy = world_store_copy(w);
	mr_buf_puts(&now, then);
	mr_buf_puts(&now, DOC("ServerProfile", "q",
			      "{host: blade02, devices: [{name: d0, class: ethernet, pool: "
			      "nics, identity: {mac: {pool: macs}}}]}"));
	apply(mr_buf_text(&now));
	is_active("q", "d0", "blade02");
	new = *find("q", "d0");
	activity = management_activity(w);
	restore(&copy);
	store_copy_done(&copy);
	ck_assert_uint_eq(management_activity(w), activity);
	ask(FM_VERB_ADOPT, "chassis", "c1");
	ck_assert(world_settle(w, SETTLE_NS));
	is_active("p", "d0", "blade01");
	ck_assert_uint_eq(adopted(), 1);
	ck_assert_uint_eq(management_activity(w), activity);
	ck_assert_msg(oracle_check(judge, 0), "%s", oracle_complaint(judge));
	apply(mr_buf_text(&now)); /* what was lost is written once more */
	ck_assert_uint_eq(adopted(), 0);
	is_active("q", "d0", "blade02");
	ck_assert(fm_fn_eq(find("q", "d0")->fn, new.fn));
	ck_assert_uint_eq(management_activity(w), activity);
	mr_buf_done(&now);
}
END_TEST

/* A profile went to another host after the store was copied: it is known there, and goes back
 * to where the documents of the copy say, through a hand-over like any other. */
START_TEST(an_old_copy_of_one_that_moved)
{
	struct store_copy copy;

	apply(CARDS("blade01"));
	copy = world_store_copy(w);
	apply(CARDS("blade02"));
	is_active("p", "d0", "blade02");
	oracle_excuse_rows(judge, true);
	restore(&copy);
	store_copy_done(&copy);
	ask(FM_VERB_ADOPT, "chassis", "c1");
	ck_assert(world_settle(w, SETTLE_NS));
	oracle_excuse_rows(judge, false);
	ck_assert_uint_eq(adopted(), 0);
	is_active("p", "d0", "blade01");
	is_active("p", "d1", "blade01");
}
END_TEST

/* Somebody else got the function that it had then: in the transaction that takes it from the
 * one the other is known to have it. */
START_TEST(an_old_copy_of_a_function)
{
	const char *q = DOC("ServerProfile", "q",
			    "{host: blade01, devices: [{name: d0, class: ethernet, pool: nics, "
			    "identity: {mac: {pool: macs}}}]}");
	struct mr_buf now = {0};
	struct store_copy copy;
	struct fm_fn_id fn;

	apply(CARDS("blade01"));
	fn = find("p", "d0")->fn;
	copy = world_store_copy(w);
	apply(CARDS("blade02"));
	ck_assert(!fm_fn_eq(find("p", "d0")->fn, fn));
	mr_buf_puts(&now, CARDS("blade02"));
	mr_buf_puts(&now, q);
	apply(mr_buf_text(&now));
	mr_buf_done(&now);
	ck_assert(fm_fn_eq(find("q", "d0")->fn, fn));
	oracle_excuse_rows(judge, true);
	restore(&copy);
	store_copy_done(&copy);
	ask(FM_VERB_ADOPT, "chassis", "c1");
	ck_assert(world_settle(w, SETTLE_NS));
	oracle_excuse_rows(judge, false);
	ck_assert_uint_eq(adopted(), 1);
	is_active("p", "d0", "blade01");
	is_active("p", "d1", "blade01");
}
END_TEST

/* An identity of the copy is on a function that it does not know: who has it in the books must
 * not come up beside it (I4). */
START_TEST(an_old_copy_of_an_identity)
{
	struct store_copy copy;

	apply(CARDS("blade01"));
	copy = world_store_copy(w);
	if (_i) { /* its function has another one by now */
		apply(CARDS_OF("blade01", "02:00:00:00:01:81"));
		apply(OTHERS);
	} else {
		apply_only(OTHERS);
		ck_assert_ptr_null(find("p", "d0"));
	}
	is_active("q", "d0", "blade02");
	oracle_excuse_rows(judge, true);
	restore(&copy);
	store_copy_done(&copy);
	ask(FM_VERB_ADOPT, "chassis", "c1");
	ck_assert(world_settle(w, SETTLE_NS));
	oracle_excuse_rows(judge, false);
	ck_assert_uint_eq(adopted(), 1);
	ck_assert_int_eq(find("p", "d0")->phase, _i ? FM_PHASE_ACTIVE : FM_PHASE_PENDING);
	ck_assert_ptr_nonnull(strstr(find("p", "d0")->detail, "is used by adopted/"));
}
END_TEST

/* A profile was deleted and applied again after the store was copied: what runs is its own,
 * with the identity that it has in the books. */
START_TEST(an_old_copy_of_one_that_came_again)
{
	struct store_copy copy;
	uint64_t activity;

	apply(CARDS("blade01"));
	copy = world_store_copy(w);
	apply_only(OTHERS);
	apply_only(CARDS("blade01"));
	is_active("p", "d0", "blade01");
	activity = management_activity(w);
	restore(&copy);
	store_copy_done(&copy);
	ask(FM_VERB_ADOPT, "chassis", "c1");
	ck_assert(world_settle(w, SETTLE_NS));
	ck_assert_uint_eq(adopted(), 0);
	is_active("p", "d0", "blade01");
	is_active("p", "d1", "blade01");
	ck_assert_uint_eq(management_activity(w), activity);
	ck_assert_ptr_null(strstr(mr_buf_text(&w->trace), "'p/d0': Pending -> Released"));
	ck_assert_msg(oracle_check(judge, 0), "%s", oracle_complaint(judge));
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("adopt"), *d = tcase_create("drives");
	Suite *s = suite_create("adoption");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, the_same_policy_again, 0, 2);
	tcase_add_test(t, the_demo_again);
	tcase_add_test(t, what_does_not_fit_stays);
	tcase_add_test(t, an_old_copy);
	tcase_add_test(t, an_old_copy_of_one_that_moved);
	tcase_add_test(t, an_old_copy_of_one_that_came_again);
	tcase_add_test(t, an_old_copy_of_a_function);
	tcase_add_loop_test(t, an_old_copy_of_an_identity, 0, 2);
	suite_add_tcase(s, t);
	tcase_add_checked_fixture(d, setup_drives, teardown);
	tcase_set_timeout(d, 60);
	tcase_add_loop_test(d, numbers_come_once_more, 0, 4);
	tcase_add_test(d, with_its_data);
	tcase_add_test(d, data_of_two_that_are_alike);
	tcase_add_test(d, data_of_another_profile);
	suite_add_tcase(s, d);
	return check_run(s);
}
