// SPDX-License-Identifier: Apache-2.0
/*
 * A blade against a small fake of the chassis' host face: one upstream bridge, four downstream
 * bridges, in each at most one device (with or without SR-IOV). The fake keeps configuration
 * spaces as bytes with write masks and knows nothing else.
 */
#include "tests/unit/check_main.h"
#include "tests/unit/sim_model/fake_chassis.h"

static void slot_bits(unsigned b, bool present)
{
	uint8_t *sta = fake.down[b].cfg + PCIE + PCI_EXP_SLTSTA;
	bool was = get(sta, 2) & PCI_EXP_SLTSTA_PDS;

	put(sta,
	    (get(sta, 2) & ~(uint64_t)PCI_EXP_SLTSTA_PDS) | (present ? PCI_EXP_SLTSTA_PDS : 0) |
		    (was != present ? PCI_EXP_SLTSTA_PDC : 0),
	    2);
}

static void hotplug(unsigned b, bool present)
{
	struct sim_notice n = {.kind = SIM_NOTICE_HOST_HOTPLUG, .vh = 1, .bridge = (uint16_t)b};

	fake.dev[b].there = present;
	slot_bits(b, present);
	sim_blade_notice(blade, now, &n);
}

static void link_notice(bool up)
{
	struct sim_notice n = {.kind = SIM_NOTICE_HOST_LINK, .vh = 1, .arg = up};

	fake.link = up;
	sim_blade_notice(blade, now, &n);
}

/* Runs the blade's clock until nothing is due any more. */
static void settle(void)
{
	while (sim_blade_deadline(blade) != MR_NEVER) {
		if (sim_blade_deadline(blade) > now.mono_ns)
			now.mono_ns = sim_blade_deadline(blade);
		sim_blade_step(blade, now);
	}
}

static void setup(void)
{
	memset(&fake, 0, sizeof(fake));
	now = (struct mr_now){1000, 1000};
	fake.power = fake.link = fake.migration = true;
	fake.isolation = (struct sim_isolation){true, true, true};
	make_bridge(&fake.up, PCI_EXP_TYPE_UPSTREAM);
	for (unsigned b = 0; b < BRIDGES; b++)
		make_bridge(&fake.down[b], PCI_EXP_TYPE_DOWNSTREAM);
	make_device(&fake.dev[1], 0x000110de, 0x030200, 0x100000);
	slot_bits(1, true);
	blade = sim_blade_new(&fake, 1, 7);
}

static void teardown(void)
{
	sim_blade_free(blade);
}

/* The actions and subjects of all uevents so far: "add 03:00.0,bind 03:00.0,". */
static void events(char *out, size_t size)
{
	struct mr_buf m = {0}, all = {0};

	while (sim_blade_uevent(blade, &m)) {
		const char *at = strchr(m.data, '@'), *last = strrchr(m.data, '/');

		mr_buf_printf(&all, "%.*s %s%s,", (int)(at - m.data), m.data,
			      mr_starts(last, "/0000:") ? last + 6 : last + 1,
			      memmem(m.data, m.len, "VF_MIGRATION=1", 14) ? "!" : "");
	}
	mr_copy(out, size, mr_buf_text(&all));
	mr_buf_done(&m);
	mr_buf_done(&all);
}

static void expect_events(const char *want)
{
	char got[2048];

	events(got, sizeof(got));
	ck_assert_str_eq(got, want);
}

START_TEST(firmware_shares_buses_and_windows)
{
	const struct fn *d = fake.down;

	settle();
	ck_assert(sim_blade_up(blade));
	for (unsigned b = 0; b < BRIDGES; b++) {
		ck_assert_uint_eq(d[b].cfg[PCI_SECONDARY_BUS], 3 + 8 * b);
		ck_assert_uint_eq(d[b].cfg[PCI_SUBORDINATE_BUS], 10 + 8 * b);
		/* 30 MiB among four is 7.5: 4 MiB each; 4 GiB among four: 1 GiB each */
		ck_assert_uint_eq(get(d[b].cfg + PCI_MEMORY_BASE, 2), 0x8000 + 0x40 * b);
		ck_assert_uint_eq(get(d[b].cfg + PCI_MEMORY_LIMIT, 2), 0x8030 + 0x40 * b);
		ck_assert_uint_eq(get(d[b].cfg + PCI_PREF_BASE_UPPER32, 4), 0x1000);
		ck_assert_uint_eq(get(d[b].cfg + PCI_PREF_MEMORY_BASE, 2), 0x4000u * b | 1);
		ck_assert_uint_eq(get(d[b].cfg + ACS + PCI_ACS_CTRL, 2), 0x1d);
	}
	ck_assert_uint_eq(fake.up.cfg[PCI_SUBORDINATE_BUS], 34);
	ck_assert_uint_eq(sim_blade_cfg_read(blade, now, 0x0008, PCI_SUBORDINATE_BUS, 1), 34);
}
END_TEST

START_TEST(boot_finds_what_is_there)
{
	const struct sim_dev *gpu;
	struct mr_buf path = {0};

	settle();
	gpu = sim_blade_find(blade, 0x0b00);
	ck_assert_ptr_nonnull(gpu);
	ck_assert_uint_eq(sim_blade_devs(blade), 3 + BRIDGES + 1);
	ck_assert_uint_eq(gpu->slot, 1);
	ck_assert_str_eq(gpu->driver, "nvidia");
	ck_assert_uint_eq(gpu->bar[0], UINT64_C(0x100040000000));
	ck_assert_uint_eq(gpu->bar_size[0], 0x100000);
	ck_assert_uint_eq(gpu->bar_flags[0], 0x14220c);
	ck_assert_uint_eq(get(fake.dev[1].cfg + 0x10, 8), UINT64_C(0x10004000000c));
	ck_assert_uint_eq(get(fake.dev[1].cfg + PCI_COMMAND, 2), 6);
	ck_assert_uint_eq(get(fake.dev[1].cfg + MSIX + 2, 2), 0x8003);
	ck_assert_uint_eq(fake.mem_writes, 16);
	sim_blade_devpath(blade, gpu, &path);
	ck_assert_str_eq(
		path.data,
		"/devices/pci0000:00/0000:00:01.0/0000:01:00.0/0000:02:00.1/0000:0b:00.0");
	mr_buf_done(&path);
	ck_assert(sim_blade_slot_power(blade, 1));
	ck_assert(!sim_blade_slot_power(blade, 0));
	ck_assert_uint_eq(get(fake.down[0].cfg + PCIE + PCI_EXP_SLTCTL, 2) & 0x1728, 0x1728);
	ck_assert_uint_eq(get(fake.down[1].cfg + PCIE + PCI_EXP_SLTCTL, 2) & 0x1728, 0x1128);
}
END_TEST

START_TEST(each_function_has_its_own_iommu_group)
{
	settle();
	for (unsigned i = 0; i < sim_blade_devs(blade); i++)
		for (unsigned k = 0; k < i; k++)
			ck_assert_int_ne(sim_blade_dev(blade, i)->iommu_group,
					 sim_blade_dev(blade, k)->iommu_group);
}
END_TEST

#define ROOT_PORT 0x0008

/* Without an IOMMU nobody asks for ACS; without ACS of the root port groups are one. */
START_TEST(isolation_as_the_host_has_it)
{
	settle();
	ck_assert(sim_blade_remaps_interrupts(blade));
	ck_assert_uint_eq(sim_blade_cfg_read(blade, now, ROOT_PORT, 0x100, 2), 0x000d);
	ck_assert_uint_eq(sim_blade_cfg_read(blade, now, ROOT_PORT, 0x106, 2), 0x1d);
	sim_blade_free(blade);
	fake.isolation.acs = false;
	blade = sim_blade_new(&fake, 1, 7);
	settle();
	ck_assert_uint_eq(sim_blade_cfg_read(blade, now, ROOT_PORT, 0x100, 4), 0);
	ck_assert_int_eq(sim_blade_find(blade, 0x0b00)->iommu_group,
			 sim_blade_find(blade, 0x0100)->iommu_group);
	sim_blade_free(blade);
	fake.isolation = (struct sim_isolation){.interrupt_remapping = true, .acs = true};
	put(fake.down[1].cfg + ACS + PCI_ACS_CTRL, 0, 2);
	blade = sim_blade_new(&fake, 1, 7);
	settle();
	ck_assert(!sim_blade_has_iommu(blade) && !sim_blade_remaps_interrupts(blade));
	ck_assert_int_eq(sim_blade_find(blade, 0x0b00)->iommu_group, -1);
	ck_assert_uint_eq(sim_blade_cfg_read(blade, now, ROOT_PORT, 0x106, 2), 0);
	ck_assert_uint_eq(get(fake.down[1].cfg + ACS + PCI_ACS_CTRL, 2), 0);
}
END_TEST

START_TEST(hot_add_takes_pciehps_time)
{
	int64_t t0;

	settle();
	expect_events("add 00:00.0,add 00:01.0,bind 00:01.0,add 01:00.0,bind 01:00.0,"
		      "add 02:00.0,bind 02:00.0,add 02:00.1,bind 02:00.1,add 02:00.2,"
		      "bind 02:00.2,add 02:00.3,bind 02:00.3,add 0b:00.0,bind 0b:00.0,");
	t0 = now.mono_ns;
	make_device(&fake.dev[0], 0x101d15b3, 0x020000, 0x10000);
	hotplug(0, true);
	ck_assert_ptr_null(sim_blade_find(blade, 0x0300));
	settle();
	ck_assert_int_eq(now.mono_ns - t0, 1100 * MR_NS_PER_MS);
	ck_assert_ptr_nonnull(sim_blade_find(blade, 0x0300));
	expect_events("add 03:00.0,add eth0,bind 03:00.0,");
	ck_assert_uint_eq(get(fake.down[0].cfg + PCIE + PCI_EXP_SLTSTA, 2), PCI_EXP_SLTSTA_PDS);
}
END_TEST

START_TEST(nvme_appears_after_its_bind)
{
	settle();
	make_device(&fake.dev[2], 0x0001144d, 0x010802, 0x4000);
	events((char[4096]){0}, 4096);
	hotplug(2, true);
	settle();
	expect_events("add 13:00.0,bind 13:00.0,add nvme0,");
}
END_TEST

START_TEST(surprise_removal_goes_at_once_and_is_consumed)
{
	settle();
	events((char[4096]){0}, 4096);
	hotplug(1, false);
	expect_events("unbind 0b:00.0,remove 0b:00.0,");
	ck_assert_ptr_null(sim_blade_find(blade, 0x0b00));
	ck_assert_uint_eq(get(fake.down[1].cfg + PCIE + PCI_EXP_SLTSTA, 2), 0);
	/* the slot comes back while pciehp still waits after the power-off */
	hotplug(1, true);
	ck_assert_uint_eq(get(fake.down[1].cfg + PCIE + PCI_EXP_SLTSTA, 2),
			  PCI_EXP_SLTSTA_PDS | PCI_EXP_SLTSTA_PDC);
	settle();
	ck_assert_ptr_nonnull(sim_blade_find(blade, 0x0b00));
}
END_TEST

START_TEST(slot_power_by_sysfs)
{
	int64_t done = 0, t0;

	settle();
	t0 = now.mono_ns;
	ck_assert_int_eq(sim_blade_slot_set_power(blade, now, 1, true, &done), -ENODEV);
	ck_assert_int_eq(sim_blade_slot_set_power(blade, now, 0, false, &done), -ENODEV);
	ck_assert_int_eq(sim_blade_slot_set_power(blade, now, 0, true, &done), -ENODEV);
	ck_assert_int_eq(sim_blade_slot_set_power(blade, now, 1, false, &done), 0);
	ck_assert_int_eq(done - t0, 1100 * MR_NS_PER_MS);
	ck_assert_ptr_null(sim_blade_find(blade, 0x0b00));
	ck_assert(get(fake.down[1].cfg + PCIE + PCI_EXP_SLTCTL, 2) & PCI_EXP_SLTCTL_PCC);
	settle();
	ck_assert_ptr_null(sim_blade_find(blade, 0x0b00));
	/* emptied and filled again by the switch */
	hotplug(1, false);
	hotplug(1, true);
	settle();
	ck_assert_ptr_nonnull(sim_blade_find(blade, 0x0b00));
	ck_assert_int_eq(sim_blade_slot_set_power(blade, now, 1, false, &done), 0);
	settle();
	ck_assert_int_eq(sim_blade_slot_set_power(blade, now, 1, true, &done), 0);
	settle();
	ck_assert_ptr_nonnull(sim_blade_find(blade, 0x0b00));
}
END_TEST

static int numvfs(const char *text, int64_t *ret_wait)
{
	int64_t done = now.mono_ns;
	int r = sim_blade_numvfs(blade, now, 0x0300, text, &done);

	if (ret_wait)
		*ret_wait = done - now.mono_ns;
	return r;
}

static void with_pf(bool vfm)
{
	make_pf(0, vfm);
	slot_bits(0, true);
	settle();
	events((char[4096]){0}, 4096);
}

START_TEST(numvfs_answers_like_the_kernel)
{
	int64_t wait;

	with_pf(false);
	ck_assert_int_eq(numvfs("9\n", NULL), -ERANGE);
	ck_assert_int_eq(numvfs("70000", NULL), -EINVAL);
	ck_assert_int_eq(numvfs("two\n", NULL), -EINVAL);
	ck_assert_int_eq(numvfs("-1", NULL), -EINVAL);
	ck_assert_int_eq(numvfs("0", &wait), 0);
	ck_assert_int_eq(wait, 0);
	ck_assert_int_eq(numvfs("0x2\n", &wait), 0);
	ck_assert_int_eq(wait, 140 * MR_NS_PER_MS);
	ck_assert_int_eq(numvfs("3", NULL), -EBUSY);
	expect_events("");
	settle();
	expect_events("add 03:00.1,change 03:00.1,add eth1,bind 03:00.1,"
		      "add 03:00.2,change 03:00.2,add eth2,bind 03:00.2,change 03:00.0,");
	ck_assert_int_eq(numvfs("3", NULL), -EBUSY);
	ck_assert_int_eq(numvfs("2", &wait), 0);
	ck_assert_int_eq(wait, 0);
	ck_assert_int_eq(numvfs("0", &wait), 0);
	ck_assert_int_eq(wait, 1100 * MR_NS_PER_MS);
	settle();
	expect_events("remove eth1,unbind 03:00.1,remove 03:00.1,"
		      "remove eth2,unbind 03:00.2,remove 03:00.2,");
	ck_assert_int_eq(sim_blade_unbind(blade, now, "mlx5_core", 0x0300), 0);
	ck_assert_int_eq(numvfs("2", NULL), -ENOENT);
	ck_assert_int_eq(sim_blade_override(blade, 0x0300, "pci-pf-stub"), 0);
	ck_assert_int_eq(sim_blade_probe(blade, now, 0x0300), 0);
	ck_assert_int_eq(numvfs("2", NULL), 0);
}
END_TEST

START_TEST(vfs_have_ids_and_bars_of_the_pf)
{
	const struct sim_dev *vf, *pf;
	uint64_t base, size;
	unsigned long flags;

	with_pf(false);
	ck_assert_int_eq(numvfs("8", NULL), 0);
	settle();
	vf = sim_blade_find(blade, 0x0302);
	pf = sim_blade_find(blade, 0x0300);
	ck_assert_uint_eq(vf->vendor, 0x15b3);
	ck_assert_uint_eq(vf->device, 0x101e);
	ck_assert_uint_eq(vf->virtfn, 1);
	ck_assert_uint_eq(vf->physfn, 0x0300);
	ck_assert(sim_blade_vf_bar(blade, 0x0300, 0, &base, &size, &flags));
	ck_assert_uint_eq(base, pf->bar[0] + 0x10000);
	ck_assert_uint_eq(vf->bar[0], base + 0x1000);
	ck_assert_uint_eq(pf->numvfs, 8);
	ck_assert_int_ne(vf->iommu_group, pf->iommu_group);
}
END_TEST

START_TEST(autoprobe_off_leaves_vfs_alone)
{
	with_pf(false);
	ck_assert_int_eq(sim_blade_autoprobe(blade, 0x0300, false), 0);
	ck_assert_int_eq(numvfs("1", NULL), 0);
	settle();
	ck_assert_str_eq(sim_blade_find(blade, 0x0301)->driver, "");
	ck_assert_int_eq(sim_blade_bind(blade, now, "mlx5_core", 0x0301), -ENODEV);
	ck_assert_int_eq(sim_blade_override(blade, 0x0301, "vfio-pci"), 0);
	ck_assert_int_eq(sim_blade_bind(blade, now, "mlx5_core", 0x0301), -ENODEV);
	ck_assert_int_eq(sim_blade_bind(blade, now, "vfio-pci", 0x0301), 0);
	ck_assert_int_eq(sim_blade_bind(blade, now, "vfio-pci", 0x0301), -EBUSY);
	ck_assert_int_eq(sim_blade_unbind(blade, now, "mlx5_core", 0x0301), -ENODEV);
	ck_assert_int_eq(sim_blade_unbind(blade, now, "vfio-pci", 0x0301), 0);
}
END_TEST

START_TEST(removing_a_pf_under_its_vfs_leaves_orphans)
{
	with_pf(false);
	ck_assert_int_eq(numvfs("2", NULL), 0);
	settle();
	ck_assert_int_eq(sim_blade_remove(blade, now, 0x0301), -EINVAL);
	ck_assert_int_eq(sim_blade_remove(blade, now, 0x0300), 0);
	ck_assert_ptr_nonnull(sim_blade_find(blade, 0x0301));
	ck_assert_int_eq(sim_blade_rescan(blade, now), 0);
	ck_assert_uint_eq(sim_blade_find(blade, 0x0300)->numvfs, 0);
	ck_assert_int_eq(numvfs("2", NULL), -ENOENT);
}
END_TEST

START_TEST(hot_unplug_takes_vfs_first)
{
	with_pf(false);
	ck_assert_int_eq(numvfs("2", NULL), 0);
	settle();
	events((char[4096]){0}, 4096);
	hotplug(0, false);
	expect_events("remove eth2,unbind 03:00.2,remove 03:00.2,remove eth1,unbind 03:00.1,"
		      "remove 03:00.1,remove eth0,unbind 03:00.0,remove 03:00.0,");
}
END_TEST

START_TEST(migration_brings_and_takes_vfs_one_by_one)
{
	struct sim_notice n = {.kind = SIM_NOTICE_HOST_MIGRATION, .vh = 1, .rid = 0x0300};
	uint8_t s = 0;

	with_pf(true);
	ck_assert(sim_blade_can_migrate(blade, now, 0x0300));
	ck_assert_int_eq(sim_blade_vf_state_write(blade, now, 0x0300, 4, 3), -EAGAIN);
	ck_assert_int_eq(numvfs("8", NULL), 0);
	settle();
	ck_assert_ptr_nonnull(sim_blade_find(blade, 0x0303));
	ck_assert_ptr_null(sim_blade_find(blade, 0x0304));
	events((char[4096]){0}, 4096);
	fake.state[4] = 1;
	put(fake.dev[0].cfg + SRIOV + PCI_SRIOV_STATUS, 1, 2);
	sim_blade_notice(blade, now, &n);
	expect_events("change 03:00.0!,");
	ck_assert_int_eq(sim_blade_vf_state_read(blade, now, 0x0300, 4, &s), 0);
	ck_assert_uint_eq(s, 1);
	ck_assert_int_eq(sim_blade_vf_state_write(blade, now, 0x0300, 4, 3), 0);
	expect_events("add 03:00.5,change 03:00.5,add eth4,bind 03:00.5,");
	ck_assert_uint_eq(fake.flrs, 1);
	fake.state[4] = 2;
	ck_assert_int_eq(sim_blade_vf_state_write(blade, now, 0x0300, 4, 0), 0);
	expect_events("remove eth4,unbind 03:00.5,remove 03:00.5,");
	ck_assert_uint_eq(fake.flrs, 2);
	ck_assert_int_eq(sim_blade_vf_state_read(blade, now, 0x0300, 4, &s), 0);
	ck_assert_uint_eq(s, 0);
	ck_assert_int_eq(sim_blade_vf_state_write(blade, now, 0x0300, 8, 0), -EINVAL);
	/* an illegal write changes nothing */
	ck_assert_int_eq(sim_blade_vf_state_write(blade, now, 0x0300, 5, 3), 0);
	expect_events("");
}
END_TEST

START_TEST(stock_kernel_has_no_migration)
{
	fake.migration = false;
	with_pf(true);
	ck_assert(!sim_blade_can_migrate(blade, now, 0x0300));
	ck_assert_int_eq(sim_blade_vf_state_write(blade, now, 0x0300, 0, 1), -EOPNOTSUPP);
	ck_assert_int_eq(numvfs("8", NULL), 0);
	settle();
	ck_assert_ptr_nonnull(sim_blade_find(blade, 0x0303));
	ck_assert_ptr_null(sim_blade_find(blade, 0x0304));
}
END_TEST

START_TEST(what_does_not_fit_stays_without_driver)
{
	settle();
	make_device(&fake.dev[0], 0x000110de, 0x030200, UINT64_C(2) << 30);
	hotplug(0, true);
	settle();
	ck_assert_ptr_nonnull(sim_blade_find(blade, 0x0300));
	ck_assert_str_eq(sim_blade_find(blade, 0x0300)->driver, "");
	ck_assert_int_eq(sim_blade_bind(blade, now, "nvidia", 0x0300), -EINVAL);
}
END_TEST

START_TEST(a_hung_host_goes_on_later)
{
	settle();
	sim_blade_hang(blade, true);
	hotplug(1, false);
	ck_assert_int_eq(sim_blade_deadline(blade), MR_NEVER);
	ck_assert_ptr_nonnull(sim_blade_find(blade, 0x0b00));
	ck_assert(get(fake.down[1].cfg + PCIE + PCI_EXP_SLTSTA, 2) & PCI_EXP_SLTSTA_PDC);
	sim_blade_hang(blade, false);
	settle();
	ck_assert_ptr_null(sim_blade_find(blade, 0x0b00));
	ck_assert(!(get(fake.down[1].cfg + PCIE + PCI_EXP_SLTSTA, 2) & PCI_EXP_SLTSTA_PDC));
}
END_TEST

START_TEST(link_and_power)
{
	char first[40];

	settle();
	mr_copy(first, sizeof(first), sim_blade_boot_id(blade));
	link_notice(false);
	ck_assert(!sim_blade_up(blade));
	ck_assert_uint_eq(sim_blade_devs(blade), 2);
	link_notice(true);
	settle();
	ck_assert(sim_blade_up(blade));
	ck_assert_str_ne(first, sim_blade_boot_id(blade));
	ck_assert_uint_eq(strlen(sim_blade_boot_id(blade)), 36);
	fake.power = false;
	link_notice(false);
	ck_assert_uint_eq(sim_blade_devs(blade), 0);
	expect_events("");
	fake.power = true;
	link_notice(true);
	settle();
	ck_assert_ptr_nonnull(sim_blade_find(blade, 0x0b00));
}
END_TEST

START_TEST(reset_restores_the_configuration)
{
	settle();
	ck_assert_int_eq(sim_blade_reset(blade, now, 0x0b00), 0);
	ck_assert_uint_eq(fake.flrs, 1);
	ck_assert_uint_eq(get(fake.dev[1].cfg + PCI_COMMAND, 2), 6);
	ck_assert_int_eq(sim_blade_reset(blade, now, 0x0100), -ENOTTY);
	ck_assert_int_eq(sim_blade_reset(blade, now, 0x0c00), -ENODEV);
}
END_TEST

START_TEST(uevent_text_is_the_kernels)
{
	struct mr_buf m = {0};
	static const char want[] =
		"remove@/devices/pci0000:00/0000:00:01.0/0000:01:00.0/0000:02:00.1/"
		"0000:0b:00.0\0"
		"ACTION=remove\0"
		"DEVPATH=/devices/pci0000:00/0000:00:01.0/0000:01:00.0/0000:02:00.1/"
		"0000:0b:00.0\0"
		"SUBSYSTEM=pci\0"
		"PCI_CLASS=30200\0"
		"PCI_ID=10DE:0001\0"
		"PCI_SUBSYS_ID=15B3:0007\0"
		"PCI_SLOT_NAME=0000:0b:00.0\0"
		"MODALIAS=pci:v000010DEd00000001sv000015B3sd00000007bc03sc02i00\0"
		"SEQNUM=17";

	settle();
	hotplug(1, false);
	while (sim_blade_uevent(blade, &m) && !mr_starts(m.data, "remove"))
		;
	ck_assert_mem_eq(m.data, want, sizeof(want) < m.len ? sizeof(want) : m.len);
	ck_assert_uint_eq(m.len, sizeof(want));
	mr_buf_done(&m);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("blade");
	TCase *t = tcase_create("blade");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, firmware_shares_buses_and_windows);
	tcase_add_test(t, boot_finds_what_is_there);
	tcase_add_test(t, each_function_has_its_own_iommu_group);
	tcase_add_test(t, isolation_as_the_host_has_it);
	tcase_add_test(t, hot_add_takes_pciehps_time);
	tcase_add_test(t, nvme_appears_after_its_bind);
	tcase_add_test(t, surprise_removal_goes_at_once_and_is_consumed);
	tcase_add_test(t, slot_power_by_sysfs);
	tcase_add_test(t, numvfs_answers_like_the_kernel);
	tcase_add_test(t, vfs_have_ids_and_bars_of_the_pf);
	tcase_add_test(t, autoprobe_off_leaves_vfs_alone);
	tcase_add_test(t, removing_a_pf_under_its_vfs_leaves_orphans);
	tcase_add_test(t, hot_unplug_takes_vfs_first);
	tcase_add_test(t, migration_brings_and_takes_vfs_one_by_one);
	tcase_add_test(t, stock_kernel_has_no_migration);
	tcase_add_test(t, what_does_not_fit_stays_without_driver);
	tcase_add_test(t, a_hung_host_goes_on_later);
	tcase_add_test(t, link_and_power);
	tcase_add_test(t, reset_restores_the_configuration);
	tcase_add_test(t, uevent_text_is_the_kernels);
	suite_add_tcase(s, t);
	return check_run(s);
}
