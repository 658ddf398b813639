/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes on a fake sysfs root (which text reaches which file, what is read back, errnos),
 * hooks, and workers: order within a slot, slots side by side, deadlines.
 */
#include <errno.h>

#include "agent/hooks.h"
#include "agent/write.h"
#include "agent/writer.h"
#include "common/net/loop.h"
#include "common/os/clock.h"
#include "tests/unit/ag/tree.h"
#include "tests/unit/check_main.h"

static struct ag_write_config cfg;
static uint32_t value;

#define PF TREE_B(1) "/0000:04:00.0"
#define VF TREE_B(1) "/0000:04:00.5"

static void setup(void)
{
	tree_host();
	ck_assert(ag_sysfs_init(&cfg.fs, tree));
	mr_copy(cfg.host, sizeof(cfg.host), "blade01");
	mr_fmt(cfg.hooks, sizeof(cfg.hooks), "%s/hooks", tree);
}

static struct ag_action action(enum ag_write w, uint16_t rid, uint32_t v, const char *text)
{
	struct ag_action a = {.kind = AG_ACT_WRITE,
			      .write = w,
			      .rid = rid,
			      .place = {AG_WAY_LVF, 3, 1, 0, 5},
			      .value = v,
			      .deadline_ns = MR_NEVER};

	mr_copy(a.text, sizeof(a.text), text);
	return a;
}

static int run(enum ag_write w, uint16_t rid, uint32_t v, const char *text)
{
	struct ag_action a = action(w, rid, v, text);

	return ag_write_run(&cfg, &a, &value);
}

START_TEST(test_driver_files)
{
	tree_file("bus/pci/drivers/mlx5_core/unbind", "");
	tree_file("bus/pci/drivers_probe", "");
	tree_file(VF "/driver_override", "");
	tree_file(VF "/reset", "");
	ck_assert_int_eq(run(AG_WR_UNBIND, 0x0405, 0, ""), 0);
	ck_assert_str_eq(tree_read("bus/pci/drivers/mlx5_core/unbind"), "0000:04:00.5");
	ck_assert_int_eq(run(AG_WR_UNBIND, 0x0401, 0, ""), 0); /* no driver is fine */
	ck_assert_int_eq(run(AG_WR_OVERRIDE, 0x0405, 0, "vfio-pci"), 0);
	ck_assert_str_eq(tree_read(VF "/driver_override"), "vfio-pci");
	tree_file(VF "/driver_override", "");
	ck_assert_int_eq(run(AG_WR_OVERRIDE, 0x0405, 0, ""), 0);
	ck_assert_str_eq(tree_read(VF "/driver_override"), "\n");
	ck_assert_int_eq(run(AG_WR_PROBE, 0x0405, 0, ""), 0);
	ck_assert_str_eq(tree_read("bus/pci/drivers_probe"), "0000:04:00.5");
	ck_assert_str_eq(tree_read(PF "/sriov_drivers_autoprobe"), "0\n");
	ck_assert_int_eq(run(AG_WR_RESET, 0x0405, 0, ""), 0);
	ck_assert_str_eq(tree_read(VF "/reset"), "1");
	ck_assert_int_eq(run(AG_WR_RESET, 0x0401, 0, ""), -ENOENT);
	ck_assert_int_eq(run(AG_WRITE_COUNT, 0x0401, 0, ""), -EINVAL);
}
END_TEST

START_TEST(test_counts)
{
	ck_assert_int_eq(run(AG_WR_AUTOPROBE, 0x0400, 1, ""), 0);
	ck_assert_str_eq(tree_read(PF "/sriov_drivers_autoprobe"), "1\n");
	ck_assert_int_eq(run(AG_WR_NUMVFS, 0x0400, 8, ""), 0); /* so already: nothing written */
	ck_assert_str_eq(tree_read(PF "/sriov_numvfs"), "8\n");
	ck_assert_uint_eq(value, 8);
	ck_assert_int_eq(run(AG_WR_NUMVFS, 0x0400, 4, ""), 0);
	ck_assert_str_eq(tree_read(PF "/sriov_numvfs"), "4\n");
	ck_assert_uint_eq(value, 4);
	ck_assert_int_eq(run(AG_WR_NUMVFS, 0x0500, 4, ""), -ENOENT);
}
END_TEST

START_TEST(test_vf_state)
{
	ck_assert_int_eq(run(AG_WR_VF_STATE, 0x0400, AG_VF_STATE_READ, ""), 0);
	ck_assert_uint_eq(value, 3);
	ck_assert_int_eq(memcmp(tree_read(PF "/vf_migration_state"), "\3\0\0\0\3\0\0\0", 8), 0);
	ck_assert_int_eq(run(AG_WR_VF_STATE, 0x0400, 0, ""), 0);
	ck_assert_uint_eq(value, 0);
	ck_assert_int_eq(memcmp(tree_read(PF "/vf_migration_state"), "\3\0\0\0\0\0\0\0", 8), 0);
	ck_assert_int_eq(run(AG_WR_VF_STATE, 0x0500, 0, ""), -EOPNOTSUPP);
}
END_TEST

START_TEST(test_slot_power)
{
	ck_assert_int_eq(run(AG_WR_SLOT_POWER, 0, 1, "5"), 0);
	ck_assert_str_eq(tree_read("bus/pci/slots/5/power"), "1\n");
	ck_assert_int_eq(run(AG_WR_SLOT_POWER, 0, 1, "6"), -ENOENT);
	ck_assert_int_eq(run(AG_WR_SLOT_POWER, 0, 1, ""), -ENODEV);
	ck_assert_int_eq(run(AG_WR_SLOT_POWER, 0, 1, "../5"), -ENODEV);
}
END_TEST

static void hook(const char *name, const char *script)
{
	char path[256], file[64];

	mr_fmt(file, sizeof(file), "hooks/%s", name);
	tree_file(file, script);
	mr_fmt(path, sizeof(path), "%s/%s", tree, file);
	chmod(path, 0755);
}

START_TEST(test_hooks)
{
	struct ag_action noted = action(AG_WR_HOOKS, 0x0405, 0, "activate");
	char script[256];

	ck_assert_int_eq(run(AG_WR_HOOKS, 0x0405, 0, "release"), 0); /* no folder */
	mr_fmt(script, sizeof(script), "#!/bin/sh\ncat >>%s/said\n", tree);
	hook("10-first", script);
	mr_fmt(script, sizeof(script), "#!/bin/sh\necho second >>%s/said\n", tree);
	hook("20-second", script);
	tree_file("hooks/readme", "not executable");
	ck_assert_int_eq(run(AG_WR_HOOKS, 0x0405, 0, "release"), 0);
	ck_assert_str_eq(tree_read("said"),
			 "{\"when\":\"release\",\"host\":\"blade01\",\"bdf\":\"0000:04:00.5\","
			 "\"place\":{\"way\":\"lvf\",\"port\":3,\"bridge\":1,\"pf\":0,"
			 "\"slot\":5},\"notes\":{}}\nsecond\n");
	noted.notes = "device=d\nnonsense\nboot.targets[0].iqn=a=\"b\\\n";
	ck_assert_int_eq(ag_hooks_run(cfg.hooks, cfg.host, &noted), 0);
	ck_assert_ptr_nonnull(strstr(tree_read("said"),
				     "\"notes\":{\"device\":\"d\",\"boot.targets[0].iqn\":"
				     "\"a=\\\"b\\\\\"}}\nsecond\n"));
	hook("15-no", "#!/bin/sh\nexit 3\n");
	ck_assert_int_eq(run(AG_WR_HOOKS, 0x0405, 0, "release"), -ECANCELED);
	hook("15-no", "no interpreter\n");
	ck_assert_int_eq(run(AG_WR_HOOKS, 0x0405, 0, "release"), -ENOEXEC);
}
END_TEST

START_TEST(test_a_hook_that_hangs)
{
	struct ag_action a = action(AG_WR_HOOKS, 0x0405, 0, "release");

	hook("10-hang", "#!/bin/sh\nexec tail -f /dev/null\n");
	a.deadline_ns = mr_clock_now().mono_ns + 50 * MR_NS_PER_MS;
	ck_assert_int_eq(ag_hooks_run(cfg.hooks, cfg.host, &a), -ETIMEDOUT);
}
END_TEST

static struct mr_loop *loop;
static uint64_t done[8];
static int errs[8];
static unsigned n_done, n_want;

static void on_written(uint64_t tag, int err, uint32_t v, void *arg)
{
	(void)v;
	(void)arg;
	done[n_done] = tag;
	errs[n_done++] = err;
	if (n_done == n_want)
		mr_loop_stop(loop);
}

START_TEST(test_workers)
{
	struct ag_action slow = action(AG_WR_HOOKS, 0x0405, 0, "release"),
			 next = action(AG_WR_AUTOPROBE, 0x0400, 1, ""),
			 late = action(AG_WR_AUTOPROBE, 0x0400, 0, ""),
			 other = action(AG_WR_SLOT_POWER, 0, 1, "5");
	struct ag_writer *w;
	char script[256];

	mr_fmt(script, sizeof(script), "#!/bin/sh\nread go <%s/go\n", tree);
	hook("10-wait", script);
	mr_fmt(script, sizeof(script), "%s/go", tree);
	ck_assert_int_eq(mkfifo(script, 0600), 0);
	loop = mr_loop_new();
	w = ag_writer_new(loop, &cfg, on_written, NULL);
	slow.tag = 1;
	next.tag = 2;
	late.tag = 3;
	late.deadline_ns = 1;
	other.tag = 4;
	other.place.bridge = 5;
	ag_writer_add(w, &slow);
	ag_writer_add(w, &next);
	ag_writer_add(w, &late);
	ag_writer_add(w, &other);
	n_want = 1;
	mr_loop_run(loop); /* the other slot is not held up */
	ck_assert_uint_eq(done[0], 4);
	ck_assert_str_eq(tree_read(PF "/sriov_drivers_autoprobe"), "0\n");
	tree_file("go", "\n");
	n_want = 4;
	mr_loop_run(loop);
	ck_assert_uint_eq(done[1], 1);
	ck_assert_uint_eq(done[2], 2);
	ck_assert_uint_eq(done[3], 3);
	ck_assert_int_eq(errs[2], 0);
	ck_assert_int_eq(errs[3], -ETIMEDOUT);
	ck_assert_str_eq(tree_read(PF "/sriov_drivers_autoprobe"), "1\n");
	ag_writer_free(w);
	mr_loop_free(loop);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ag_write");
	TCase *t = tcase_create("write");

	tcase_add_checked_fixture(t, setup, tree_remove);
	tcase_add_test(t, test_driver_files);
	tcase_add_test(t, test_counts);
	tcase_add_test(t, test_vf_state);
	tcase_add_test(t, test_slot_power);
	tcase_add_test(t, test_hooks);
	tcase_add_test(t, test_a_hook_that_hangs);
	tcase_add_test(t, test_workers);
	suite_add_tcase(s, t);
	return check_run(s);
}
