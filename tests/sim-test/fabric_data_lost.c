/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Namespaces when the store is lost, or an older copy of it is back: nobody gets an empty one
 * where he may expect what he wrote, before somebody says so.
 */
#include "tests/sim-test/disks.h"

static void restore(struct store_copy *copy)
{
	struct fm_request r = world_request(FM_VERB_ADOPT, "chassis", "c1");

	world_manager_kill(w);
	w->store.loses = true; /* what was under way was meant for the other one */
	world_store_restore(w, copy);
	store_copy_done(copy);
	w->store.loses = false;
	world_manager_start(w);
	world_run_for(w, 10 * MR_NS_PER_S);
	r.yes = true;
	ck_assert_int_eq(fabric_ask(&r), FM_EXIT_DONE);
	fabric_settle();
}

/* A store that is older than the end of a namespace: nobody gets an empty one in its place
 * before somebody says so, and then it is as good as new. */
START_TEST(gone_from_its_drive)
{
	struct store_copy copy;

	APPLY("a", "blade01", ROOT);
	put("a", 0xa);
	copy = world_store_copy(w);
	APPLY("b", "blade02", ROOT);
	ck_assert_int_eq(delete_ns("a/disk/root", true), FM_EXIT_DONE);
	fabric_settle();
	ck_assert_uint_eq(rows(), 1);
	restore(&copy);
	ck_assert_int_ne(fabric_get("a")->phase, FM_PHASE_ACTIVE);
	ck_assert_msg(strstr(fabric_get("a")->detail, "does not have it any more"), "%s",
		      fabric_get("a")->detail);
	world_run_for(w, 60 * MR_NS_PER_S);
	fabric_settle();
	ck_assert_uint_eq(rows(), 1);
	refused("a/disk/root", false, "is not on its drive any more");
	ck_assert_int_eq(delete_ns("a/disk/root", true), FM_EXIT_DONE);
	world_run_for(w, 10 * MR_NS_PER_S);
	fabric_settle();
	ck_assert_uint_eq(one("a").word, 0);
	ck_assert_uint_eq(rows(), 2);
	ck_assert_uint_eq(fabric_said("a/disk/root", "forgotten"), 2);
	ck_assert_uint_eq(fabric_said("a/disk/root", "erased"), 0);
	refused("a/disk/root", true, "it is attached to ssd/pf0/vf");
}
END_TEST

static struct fm_request move(const char *profile, const char *host)
{
	struct fm_request r = world_request(FM_VERB_MOVE, "", profile);

	r.host = host;
	r.yes = true;
	return r;
}

static int reset(const char *function)
{
	struct fm_request r = world_request(FM_VERB_RESET, "", function);

	r.yes = true;
	return fabric_ask(&r);
}

/* Profile "a", which wrote 0xa, is moved away from where its document says. */
static void a_moves(char *function, size_t size)
{
	struct fm_request r = move("a", "blade02");

	APPLY("a", "blade01", ROOT);
	put("a", 0xa);
	ck_assert_int_eq(fabric_ask(&r), FM_EXIT_DONE);
	fabric_settle();
	ck_assert_str_eq(fabric_get("a")->host, "blade02");
	mr_fmt(function, size, "ssd/pf%u/vf%u", fabric_get("a")->fn.pf, fabric_get("a")->fn.vf);
}

/* The store is lost, and with it the word that the profile was moved: its function, with its
 * data, is adopted where it is. It gets no empty namespace where its document says, and its own
 * once they are released. */
START_TEST(adopted_elsewhere)
{
	struct store_copy empty = {0};
	char function[64];

	a_moves(function, sizeof(function));
	restore(&empty);
	APPLY("a", "blade01", ROOT);
	is("a", FM_PHASE_PENDING, MR_REASON_CONFLICT,
	   "its namespace root is adopted/ssd.pf0/ns1, attached to");
	ck_assert_ptr_nonnull(strstr(fabric_get("a")->detail, "adopted on blade02: `banyan"));
	ck_assert_uint_eq(rows(), 1);
	ck_assert_msg(reset(function) == FM_EXIT_DONE, "%s", w->reply.text);
	world_run_for(w, 60 * MR_NS_PER_S);
	fabric_settle();
	ck_assert_str_eq(fabric_get("a")->host, "blade01");
	ck_assert_uint_eq(one("a").word, 0xa);
	ck_assert_uint_eq(rows(), 1);
}
END_TEST

static unsigned rows_of(const char *drive)
{
	struct sim_ns_view v;
	unsigned n = 0;

	for (unsigned k = 0; k < 16; k++)
		n += !sim_adapter_ns_view(w->chassis, drive, 0, k, &v);
	return n;
}

static void pull(const char *drive)
{
	w->shaken = true;
	ck_assert_int_eq(sim_adapter_pull(w->chassis, w->now, drive), 0);
	world_notices(w);
	world_run_for(w, 10 * MR_NS_PER_S);
}

static void insert(const char *drive)
{
	w->shaken = true;
	ck_assert_int_eq(sim_adapter_insert(w->chassis, w->now, drive), 0);
	world_notices(w);
	world_run_for(w, 60 * MR_NS_PER_S);
	fabric_settle();
}

static void link_of(const char *drive, bool up)
{
	w->shaken = true;
	ck_assert_int_eq(sim_port_set_link(w->chassis, w->now,
					   (uint16_t)fabric_adapter(drive)->port, up),
			 0);
	world_notices(w);
}

/* The store is lost while the drive with the profile's data has no link; 'a' may have either
 * drive by its document. */
static void adopted_without_link(char *function, size_t size)
{
	static const char *const a[] = {"a", "blade01", ROOT, NULL};
	struct store_copy empty = {0};

	a_moves(function, size);
	link_of("ssd", false);
	restore(&empty);
	ck_assert_msg(try("1\", \"2", a), "%s", w->reply.text);
	world_run_for(w, 120 * MR_NS_PER_S);
	is("a", FM_PHASE_PENDING, MR_REASON_CONFLICT,
	   "no namespace is made: the adapter in slot 1, which may have it, was not read since "
	   "c1 was adopted");
	ck_assert_uint_eq(rows_of("other"), 0);
}

/* Nobody gets an empty one on another drive before the one that does not answer was read. */
START_TEST(adopted_without_link_of_its_drive)
{
	char function[64];

	adopted_without_link(function, sizeof(function));
	link_of("ssd", true);
	world_run_for(w, 60 * MR_NS_PER_S);
	fabric_settle();
	ck_assert_ptr_nonnull(strstr(fabric_get("a")->detail, "attached to ssd/pf0/vf"));
	ck_assert_msg(reset(function) == FM_EXIT_DONE, "%s", w->reply.text);
	world_run_for(w, 60 * MR_NS_PER_S);
	fabric_settle();
	ck_assert_uint_eq(one("a").word, 0xa);
	ck_assert_uint_eq(rows_of("other"), 0);
}
END_TEST

/* Who pulls it says that nobody waits for it. */
START_TEST(adopted_and_its_drive_given_up)
{
	char function[64];

	adopted_without_link(function, sizeof(function));
	pull("ssd");
	fabric_settle();
	ck_assert_uint_eq(one("a").word, 0);
	ck_assert_uint_eq(rows_of("other"), 1);
}
END_TEST

/* The drive was read when its chassis was adopted, and pulled after that: whose its namespaces
 * are is remembered. It comes back (0), or is given up (1). */
START_TEST(adopted_and_its_drive_pulled)
{
	static const char *const a[] = {"a", "blade01", ROOT, NULL};
	struct store_copy empty = {0};
	char function[64];

	a_moves(function, sizeof(function));
	restore(&empty);
	pull("ssd");
	world_manager_kill(w);
	world_manager_start(w);
	ck_assert_msg(try("1\", \"2", a), "%s", w->reply.text);
	world_run_for(w, 120 * MR_NS_PER_S);
	is("a", FM_PHASE_PENDING, MR_REASON_DEVICE_GONE,
	   "its namespace root is adopted/ssd.pf0/ns1 on drive ssd of chassis c1 (serial "
	   "number "
	   "D-1), which is not there; `banyan delete namespace adopted/ssd.pf0/ns1` gives it "
	   "up");
	ck_assert_uint_eq(rows_of("other"), 0);
	if (_i) {
		ck_assert_int_eq(delete_ns("adopted/ssd.pf0/ns1", true), FM_EXIT_DONE);
		world_run_for(w, 10 * MR_NS_PER_S);
	}
	insert("ssd");
	ck_assert_uint_eq(one("a").word, _i ? 0 : 0xa);
	ck_assert_uint_eq(rows_of("other"), (unsigned)_i);
	ck_assert_uint_eq(rows_of("ssd"), !_i);
}
END_TEST

/* What was found for it is not what its document asks for. The document says what it is (0), or
 * it is given up (1). */
START_TEST(adopted_of_another_size)
{
	struct store_copy empty = {0};

	APPLY("a", "blade01", ROOT);
	put("a", 0xa);
	APPLY("b", "blade02", ROOT);
	restore(&empty);
	APPLY("a", "blade01", NS("{name: root, size: 128MiB}"));
	world_run_for(w, 600 * MR_NS_PER_S);
	is("a", FM_PHASE_PENDING, MR_REASON_INVALID,
	   "its namespace root is adopted/ssd.pf0/ns1 with 256MiB, the documents say 128MiB: "
	   "write what it is, or `banyan delete namespace adopted/ssd.pf0/ns1` has an empty "
	   "one "
	   "made");
	ck_assert_uint_eq(rows(), 2);
	if (_i)
		ck_assert_int_eq(delete_ns("adopted/ssd.pf0/ns1", true), FM_EXIT_DONE);
	else
		APPLY("a", "blade01", ROOT);
	world_run_for(w, 60 * MR_NS_PER_S);
	fabric_settle();
	ck_assert_uint_eq(one("a").word, _i ? 0 : 0xa);
	ck_assert_uint_eq(one("a").size, (_i ? 128 : 256) << 20);
	ck_assert_uint_eq(rows(), 2);
}
END_TEST

#define TWO(more) NS("{name: root, size: 256MiB}, {name: more, size: " more "}")

/* The same of one that is added while the device runs: it runs on without, and says why. */
START_TEST(added_of_another_size)
{
	static const char *const why =
		"without a namespace: its namespace more is adopted/ssd.pf0/ns2 with 64MiB, "
		"the "
		"documents say 128MiB: write what it is, or `banyan delete namespace "
		"adopted/ssd.pf0/ns2` has an empty one made";
	struct store_copy empty = {0};

	APPLY("a", "blade01", TWO("64MiB"));
	APPLY("a", "blade01", ROOT);
	restore(&empty);
	APPLY("a", "blade01", ROOT);
	fabric_active("a");
	APPLY("a", "blade01", TWO("128MiB"));
	world_run_for(w, 600 * MR_NS_PER_S);
	is("a", FM_PHASE_ACTIVE, MR_REASON_INVALID, why);
	ck_assert_uint_eq(fabric_said("a/disk", why), 1);
	ck_assert_uint_eq(rows(), 2);
	if (_i)
		ck_assert_int_eq(delete_ns("adopted/ssd.pf0/ns2", true), FM_EXIT_DONE);
	else
		APPLY("a", "blade01", TWO("64MiB"));
	world_run_for(w, 60 * MR_NS_PER_S);
	fabric_settle();
	ck_assert_int_eq(fabric_get("a")->reason, MR_REASON_OK);
	ck_assert_str_eq(fabric_get("a")->detail, "");
	ck_assert_uint_eq(rows(), 2);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("namespaces and lost stores");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, disks_begin, fabric_end);
	tcase_add_test(t, gone_from_its_drive);
	tcase_add_test(t, adopted_elsewhere);
	tcase_add_test(t, adopted_without_link_of_its_drive);
	tcase_add_test(t, adopted_and_its_drive_given_up);
	tcase_add_loop_test(t, adopted_and_its_drive_pulled, 0, 2);
	tcase_add_loop_test(t, adopted_of_another_size, 0, 2);
	tcase_add_loop_test(t, added_of_another_size, 0, 2);
	suite_add_tcase(s, t);
	return check_run(s);
}
