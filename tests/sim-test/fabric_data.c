/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Namespaces in a whole fabric, judged by contents: what a profile wrote it finds again on
 * every host, after moves, reboots, lost managers and deleted documents; nobody else ever finds
 * it.
 */
#include <errno.h>

#include "tests/sim-test/disks.h"

/* ---- stories ---- */

START_TEST(follows_its_profile)
{
	struct sim_ns_view first;

	APPLY("a", "blade01", ROOT, "b", "blade01", ROOT);
	first = one("a");
	ck_assert_uint_eq(first.size, 256 << 20);
	ck_assert_uint_eq(first.block_shift, 12);
	put("a", 0xa);
	put("b", 0xb);
	APPLY("a", "blade02", ROOT, "b", "blade01", ROOT);
	ck_assert_str_eq(fabric_get("a")->host, "blade02");
	ck_assert_uint_eq(one("a").word, 0xa);
	ck_assert_mem_eq(one("a").uuid, first.uuid, 16);
	ck_assert_uint_eq(one("b").word, 0xb);
	/* both hosts change places: each finds its own */
	APPLY("a", "blade01", ROOT, "b", "blade02", ROOT);
	ck_assert_uint_eq(one("a").word, 0xa);
	ck_assert_uint_eq(one("b").word, 0xb);
	ck_assert_uint_eq(rows(), 2);
}
END_TEST

/* Blocks are of the size that is written; one that no drive can is refused with the reason. */
START_TEST(blocks_as_written)
{
	APPLY("a", "blade01", NS("{name: root, size: 256MiB, blockSize: 0.5KiB}"), "b",
	      "blade02", NS("{name: root, size: 256MiB, blockSize: 16KiB}"));
	ck_assert_uint_eq(one("a").block_shift, 9);
	is("b", FM_PHASE_PENDING, MR_REASON_UNSUPPORTED,
	   "ssd/pf0: namespace root in blocks of 16KiB, and it has blocks of 0.5KiB or 4KiB");
	ck_assert_uint_eq(rows(), 1);
}
END_TEST

START_TEST(survives_the_manager_and_a_reboot)
{
	APPLY("a", "blade01", ROOT, "b", "blade02", ROOT);
	put("a", 0xa);
	world_manager_kill(w);
	w->shaken = true;
	sim_host_reset(w->chassis, w->now, 1);
	world_notices(w);
	world_run_for(w, 30 * MR_NS_PER_S);
	world_manager_start(w);
	fabric_settle();
	ck_assert_uint_eq(one("a").word, 0xa);
	ck_assert_uint_eq(one("b").word, 0);
	ck_assert_uint_eq(rows(), 2);
	APPLY("a", "none", ROOT, "b", "blade02", ROOT);
	world_manager_kill(w);
	world_manager_start(w);
	fabric_settle();
	APPLY("a", "blade02", ROOT, "b", "blade02", ROOT);
	ck_assert_uint_eq(one("a").word, 0xa);
}
END_TEST

/* The manager dies at every step of the creation; what it made is joined, not made twice. */
START_TEST(made_once)
{
	static const char *const p[] = {"a", "blade01", ROOT, NULL};

	ck_assert(try("1", p));
	for (int i = 0; i < _i; i++)
		world_step(w);
	world_manager_kill(w);
	world_run_for(w, MR_NS_PER_S);
	world_manager_start(w);
	fabric_settle();
	world_run_for(w, 40 * MR_NS_PER_S);
	one("a");
	ck_assert_uint_eq(rows(), 1);
}
END_TEST

START_TEST(kept_or_erased)
{
	uint8_t uuid[16];

	APPLY("a", "blade01", ROOT, "b", "blade01", SCRATCH);
	put("a", 0xa);
	put("b", 0xb);
	memcpy(uuid, one("b").uuid, 16);
	APPLY("c", "blade01", ROOT); /* a and b are deleted, only a's data is kept */
	ck_assert_uint_eq(rows(), 2);
	ck_assert_uint_eq(one("c").word, 0);
	APPLY("c", "blade01", ROOT, "a", "blade02", ROOT, "b", "blade02", SCRATCH);
	ck_assert_uint_eq(one("a").word, 0xa);
	ck_assert_uint_eq(one("b").word, 0);
	ck_assert_mem_ne(one("b").uuid, uuid, 16);
	APPLY("a", "blade02", SCRATCH); /* now it may go */
	APPLY("c", "blade01", ROOT);
	ck_assert_uint_eq(rows(), 1);
}
END_TEST

/* A namespace that is kept goes when somebody says so, contents first; also over a restart and
 * when its drive is away meanwhile. */
START_TEST(deleted_by_hand)
{
	struct sim_ns_view v;

	APPLY("a", "blade01", ROOT);
	put("a", 0xa);
	refused("a/disk/none", true, "there is no namespace 'a/disk/none'");
	refused("a/disk/root", true, "it is attached to ssd/pf0/vf0");
	APPLY("a", "none", ROOT);
	refused("a/disk/root", true, "documents name it: device disk of profile a");
	APPLY("b", "blade01", ROOT);
	ck_assert_uint_eq(rows(), 2);
	refused("a/disk/root", false, "contents of namespace 'a/disk/root' would be lost");
	ck_assert_int_eq(sim_adapter_ns_view(w->chassis, "ssd", 0, 1, &v), 0);
	ck_assert_uint_eq(v.word, 0xa);
	if (_i) {
		w->shaken = true;
		ck_assert_int_eq(sim_adapter_pull(w->chassis, w->now, "ssd"), 0);
		world_notices(w);
		fabric_settle();
	}
	ck_assert_int_eq(delete_ns("a/disk/root", true), FM_EXIT_DONE);
	if (_i) {
		ck_assert_ptr_nonnull(strstr(w->reply.text, "when its drive is there again"));
		world_manager_kill(w);
		world_manager_start(w);
		w->shaken = true;
		ck_assert_int_eq(sim_adapter_insert(w->chassis, w->now, "ssd"), 0);
		world_notices(w);
		world_run_for(w, 60 * MR_NS_PER_S);
	}
	world_run_for(w, 20 * MR_NS_PER_S);
	fabric_settle();
	ck_assert_uint_eq(rows(), 1);
	ck_assert_int_eq(sim_adapter_ns_view(w->chassis, "ssd", 0, 1, &v), -ENOENT);
	ck_assert_uint_eq(fabric_said("a/disk/root", "erased and deleted from ssd/pf0"), 1);
	one("b");
}
END_TEST

/* Added while it runs; taken only when the host let go; never another size. */
START_TEST(edits)
{
	uint32_t epoch;

	APPLY("a", "blade01", ROOT);
	put("a", 0xa);
	epoch = fabric_get("a")->epoch;
	APPLY("a", "blade01", NS("{name: root, size: 256MiB}, {name: more, size: 64MiB}"));
	world_run_for(w, 5 * MR_NS_PER_S);
	struct sim_ns_view v;
	unsigned nsid;
	uint16_t rid;

	ck_assert_uint_eq(shown("a", &v, &nsid, &rid), 2);
	ck_assert_uint_eq(fabric_get("a")->epoch, epoch);
	APPLY("a", "blade01", NS("{name: root, size: 512MiB}"));
	is("a", FM_PHASE_ACTIVE, MR_REASON_INVALID,
	   "namespace root was made with 256MiB, the documents say 512MiB");
	APPLY("a", "blade01", ROOT);
	ck_assert_uint_eq(one("a").word, 0xa);
	ck_assert_uint_gt(fabric_get("a")->epoch, epoch);
	ck_assert_uint_eq(rows(), 2);
}
END_TEST

START_TEST(capacity)
{
	APPLY("a", "blade01", NS("{name: root, size: 700MiB}"), "b", "blade01",
	      NS("{name: root, size: 400MiB}"));
	/* the drive hands it out in steps of 16 MiB */
	is("b", FM_PHASE_PENDING, MR_REASON_NO_CAPACITY,
	   "ssd/pf0: storage 704MiB + 400MiB, it has 1GiB");
	APPLY("a", "blade01", NS("{name: root, size: 700MiB}"), "b", "blade01",
	      NS("{name: root, size: 320MiB}"));
	one("b");
}
END_TEST

START_TEST(bound_to_its_drive)
{
	static const char *const a[] = {"a", "blade01", ROOT, NULL};
	static const char *const b[] = {"b", "blade01", ROOT, NULL};

	apply("3", b);
	is("b", FM_PHASE_PENDING, MR_REASON_UNSUPPORTED, "plain/pf0: it has no namespaces");
	apply("1", a);
	put("a", 0xa);
	apply("1", (const char *const[]){"a", "none", ROOT, NULL});
	apply("2", a);
	is("a", FM_PHASE_PENDING, MR_REASON_UNREACHABLE,
	   "its data is on ssd/pf0, and namespaces do not move between drives");
	apply("1", a);
	ck_assert_uint_eq(one("a").word, 0xa);
	w->shaken = true;
	ck_assert_int_eq(sim_adapter_pull(w->chassis, w->now, "ssd"), 0);
	world_notices(w);
	fabric_settle();
	is("a", FM_PHASE_PENDING, MR_REASON_DEVICE_GONE,
	   "namespace root is on drive ssd of chassis c1 (serial number D-1), which is not "
	   "there");
	w->shaken = true;
	ck_assert_int_eq(sim_adapter_insert(w->chassis, w->now, "ssd"), 0);
	world_notices(w);
	world_run_for(w, 35 * MR_NS_PER_S);
	fabric_settle();
	ck_assert_uint_eq(one("a").word, 0xa);
}
END_TEST

START_TEST(shared_by_the_device)
{
	APPLY("a", "blade01", "count: 2, " NS("{name: root, size: 256MiB, sharing: shared}"));
	ck_assert_uint_eq(fm_engine_assignments(w->engine), 2);
	ck_assert_uint_eq(rows(), 1);
	for (unsigned i = 0; i < 2; i++) {
		const struct fm_assignment *a = fm_engine_assignment(w->engine, i);

		ck_assert_int_eq(a->phase, FM_PHASE_ACTIVE);
		ck_assert_uint_eq(a->attrs.nvme.namespaces, 1);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("namespaces");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, disks_begin, fabric_end);
	tcase_add_test(t, follows_its_profile);
	tcase_add_test(t, blocks_as_written);
	tcase_add_test(t, survives_the_manager_and_a_reboot);
	tcase_add_loop_test(t, made_once, 0, 24);
	tcase_add_test(t, kept_or_erased);
	tcase_add_loop_test(t, deleted_by_hand, 0, 2);
	tcase_add_test(t, edits);
	tcase_add_test(t, capacity);
	tcase_add_test(t, bound_to_its_drive);
	tcase_add_test(t, shared_by_the_device);
	suite_add_tcase(s, t);
	return check_run(s);
}
