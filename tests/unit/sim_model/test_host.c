// SPDX-License-Identifier: Apache-2.0
/*
 * Blades on the real chassis model: what arrives by the switch's tables arrives in the kernel,
 * on both presentations, and a reboot finds the same again.
 */
#include "common/ids.h"
#include "sim/model/blade.h"
#include "tests/unit/sim_model/fixture.h"

#define BLADES 5
#define STOCK  4 /* blade04 has no VF migration */
#define PF     0x0300

static struct fx x;
static struct sim_blade *blade[BLADES + 1];

/* Carries notices and time until nothing is due any more. */
static void settle(void)
{
	for (;;) {
		int64_t due = sim_chassis_deadline(x.c);
		struct sim_notice n;

		while (sim_chassis_notice(x.c, &n))
			if (n.kind != SIM_NOTICE_MGMT_IRQ && n.vh && n.vh <= BLADES)
				sim_blade_notice(blade[n.vh], x.now, &n);
		for (unsigned vh = 1; vh <= BLADES; vh++)
			if (sim_blade_deadline(blade[vh]) < due)
				due = sim_blade_deadline(blade[vh]);
		if (due == MR_NEVER)
			return;
		if (due > x.now.mono_ns)
			x.now.mono_ns = due;
		sim_chassis_step(x.c, x.now);
		for (unsigned vh = 1; vh <= BLADES; vh++)
			sim_blade_step(blade[vh], x.now);
	}
}

static void setup(void)
{
	x = fx_new("config/demo-chassis.yaml");
	for (unsigned vh = 1; vh <= BLADES; vh++)
		blade[vh] = sim_blade_new(x.c, (uint16_t)vh, vh);
	ck_assert_uint_eq(fx_take_over(&x), MR_BATCH_OK);
	for (unsigned vh = 1; vh <= BLADES; vh++)
		ck_assert_uint_eq(sw_w(&x, SW_PORT(vh) + PORT_AUTH, MR_AUTH_AUTHORISED),
				  MR_BATCH_OK);
	settle();
}

static void teardown(void)
{
	for (unsigned vh = 1; vh <= BLADES; vh++)
		sim_blade_free(blade[vh]);
	fx_free(&x);
}

/* Shows the PFs of device VH 'd' of an mra adapter behind bridge b of VH vh. */
static void map_pfs(const char *adapter, unsigned d, unsigned vh, unsigned b)
{
	uint64_t target = MR_TARGET(MR_TARGET_PFS, sim_adapter_find(x.c, adapter), d, 0);

	ck_assert_uint_eq(ct_w(&x, adapter, CT_VH(d) + VH_MAP, 1 | (uint64_t)vh << 16),
			  MR_BATCH_OK);
	ck_assert_uint_eq(row_w(&x, vh, b, ROW_TARGET, target), MR_BATCH_OK);
	ck_assert_uint_eq(row_w(&x, vh, b, ROW_STATE, MR_ROW_MAPPED), MR_BATCH_OK);
	settle();
}

static void vf_command(const char *adapter, unsigned v, enum mr_vf_command cmd, unsigned arg)
{
	ck_assert_uint_eq(ct_w(&x, adapter, CT_VF(64, 0, v) + VF_COMMAND,
			       (uint64_t)cmd | (uint64_t)arg << 16),
			  MR_BATCH_OK);
	settle();
}

static void block(const char *adapter, unsigned v, unsigned bits)
{
	ck_assert_uint_eq(ct_w(&x, adapter, CT_VF(64, 0, v) + VF_BLOCK, bits), MR_BATCH_OK);
	settle();
}

static void give(const char *adapter, unsigned v, unsigned d)
{
	block(adapter, v, 3);
	vf_command(adapter, v, MR_VFC_RESET, 0);
	vf_command(adapter, v, MR_VFC_MIGRATE_IN, d);
	block(adapter, v, 0);
}

static bool told_of_migration(unsigned vh)
{
	struct mr_buf m = {0};
	bool told = false;

	while (sim_blade_uevent(blade[vh], &m))
		told |= memmem(m.data, m.len, "VF_MIGRATION=1", 15) != NULL;
	mr_buf_done(&m);
	return told;
}

static int numvfs(unsigned vh, const char *text)
{
	int64_t done;
	int r = sim_blade_numvfs(blade[vh], x.now, PF, text, &done);

	settle();
	return r;
}

START_TEST(every_blade_boots)
{
	for (unsigned vh = 1; vh <= BLADES; vh++) {
		ck_assert(sim_blade_up(blade[vh]));
		ck_assert_uint_eq(sim_blade_slots(blade[vh]), 16);
		ck_assert_uint_eq(sim_blade_devs(blade[vh]), 3 + 16);
		ck_assert_str_eq(sim_blade_dev(blade[vh], 2)->driver, "pcieport");
	}
	ck_assert_uint_eq(row(&x, 1, 0, ROW_BUSES), 3 | 4 << 8);
	ck_assert_uint_eq(row(&x, 1, 0, ROW_MMIO), 32 << 20);
	ck_assert_uint_eq(row(&x, 1, 0, ROW_MMIO64), UINT64_C(32) << 30);
}
END_TEST

START_TEST(a_pf_arrives_by_hot_plug)
{
	const struct sim_dev *pf;

	map_pfs("nic-left", 1, 1, 0);
	pf = sim_blade_find(blade[1], PF);
	ck_assert_ptr_nonnull(pf);
	ck_assert_str_eq(pf->driver, "mlx5_core");
	ck_assert_uint_eq(pf->totalvfs, 64);
	ck_assert_uint_eq(pf->slot, 0);
	ck_assert(sim_blade_can_migrate(blade[1], x.now, PF));
	ck_assert(!sim_blade_can_reset(blade[1], 0x0100));
	ck_assert(sim_blade_can_reset(blade[1], PF));
}
END_TEST

START_TEST(vfs_migrate_one_by_one_and_stay_over_a_reboot)
{
	uint8_t s = 9;

	map_pfs("nic-left", 1, 1, 0);
	ck_assert_int_eq(numvfs(1, "64"), 0);
	ck_assert_uint_eq(sim_blade_find(blade[1], PF)->numvfs, 64);
	ck_assert_ptr_null(sim_blade_find(blade[1], PF + 1));
	told_of_migration(1);
	give("nic-left", 5, 1);
	ck_assert(told_of_migration(1));
	ck_assert_int_eq(sim_blade_vf_state_read(blade[1], x.now, PF, 0, &s), 0);
	ck_assert_uint_eq(s, MR_VF_MIGRATE_IN);
	ck_assert_int_eq(sim_blade_vf_state_write(blade[1], x.now, PF, 0, MR_VF_AVAILABLE), 0);
	settle();
	ck_assert_ptr_nonnull(sim_blade_find(blade[1], PF + 1));
	ck_assert_str_eq(sim_blade_find(blade[1], PF + 1)->driver, "mlx5_core");
	ck_assert_uint_eq(sim_blade_find(blade[1], PF + 1)->device, 0x101e);
	/* the host reboots: the packed rows are enabled with the first write */
	ck_assert_int_eq(sim_host_reset(x.c, x.now, 1), 0);
	settle();
	ck_assert_ptr_null(sim_blade_find(blade[1], PF + 1));
	ck_assert_int_eq(numvfs(1, "64"), 0);
	ck_assert_ptr_nonnull(sim_blade_find(blade[1], PF + 1));
	ck_assert_ptr_null(sim_blade_find(blade[1], PF + 2));
	/* and out again */
	vf_command("nic-left", 5, MR_VFC_MIGRATE_OUT, 0);
	ck_assert(told_of_migration(1));
	ck_assert_int_eq(sim_blade_vf_state_write(blade[1], x.now, PF, 0, MR_VF_UNAVAILABLE),
			 0);
	settle();
	ck_assert_ptr_null(sim_blade_find(blade[1], PF + 1));
	ck_assert_int_eq(sim_blade_vf_state_read(blade[1], x.now, PF, 0, &s), 0);
	ck_assert_uint_eq(s, MR_VF_UNAVAILABLE);
}
END_TEST

START_TEST(a_synthetic_function_comes_goes_and_comes_again)
{
	const struct sim_dev *d;
	uint64_t ids = 0x1077 | (uint64_t)0x2289 << 16 | (uint64_t)0x0c0400 << 32;

	fx_provision(&x, "hba", 0, 32);
	settle();
	fx_map_synthetic(&x, STOCK, 2, "hba", 7, 0x10000, ids);
	settle();
	d = sim_blade_find(blade[STOCK], 0x0700);
	ck_assert_ptr_nonnull(d);
	ck_assert_uint_eq(d->vendor, 0x1077);
	ck_assert_uint_eq(d->device, 0x2289);
	ck_assert(!d->is_virtfn);
	ck_assert_uint_eq(d->slot, 2);
	ck_assert_str_eq(d->driver, "lpfc");
	ck_assert_uint_eq(d->bar_size[0], 0x10000);
	/* cut by force: gone at once, and consumed */
	ck_assert_uint_eq(row_w(&x, STOCK, 2, ROW_STATE, MR_ROW_BLOCKED), MR_BATCH_OK);
	settle();
	ck_assert_ptr_null(sim_blade_find(blade[STOCK], 0x0700));
	ck_assert(row(&x, STOCK, 2, ROW_STATUS) & MR_ROW_REMOVAL_SEEN);
	ck_assert(!(row(&x, STOCK, 2, ROW_STATUS) & MR_ROW_POWER));
	ck_assert_uint_eq(row_w(&x, STOCK, 2, ROW_STATE, MR_ROW_FREE), MR_BATCH_OK);
	fx_map_synthetic(&x, STOCK, 2, "hba", 8, 0x10000, ids);
	settle();
	ck_assert_ptr_nonnull(sim_blade_find(blade[STOCK], 0x0700));
}
END_TEST

START_TEST(the_host_powers_a_slot_off_first)
{
	uint64_t ids = 0x1077 | (uint64_t)0x2289 << 16 | (uint64_t)0x0c0400 << 32;
	int64_t done;

	fx_provision(&x, "hba", 0, 32);
	fx_map_synthetic(&x, 2, 1, "hba", 0, 0x10000, ids);
	settle();
	ck_assert_ptr_nonnull(sim_blade_find(blade[2], 0x0500));
	ck_assert_int_eq(sim_blade_slot_set_power(blade[2], x.now, 1, false, &done), 0);
	ck_assert(!(row(&x, 2, 1, ROW_STATUS) & MR_ROW_POWER));
	ck_assert_uint_eq(row_w(&x, 2, 1, ROW_STATE, MR_ROW_BLOCKED), MR_BATCH_OK);
	settle();
	ck_assert(row(&x, 2, 1, ROW_STATUS) & MR_ROW_REMOVAL_SEEN);
	ck_assert_uint_eq(row_w(&x, 2, 1, ROW_STATE, MR_ROW_FREE), MR_BATCH_OK);
	fx_map_synthetic(&x, 2, 1, "hba", 1, 0x10000, ids);
	settle();
	ck_assert_ptr_nonnull(sim_blade_find(blade[2], 0x0500));
}
END_TEST

START_TEST(a_whole_gpu_fits_its_windows)
{
	const struct sim_dev *d;

	fx_map(&x, 3, 4, MR_TARGET(MR_TARGET_DEVICE, sim_adapter_find(x.c, "gpu-whole"), 0, 0));
	settle();
	d = sim_blade_find(blade[3], 0x0b00);
	ck_assert_ptr_nonnull(d);
	ck_assert_str_eq(d->driver, "amdgpu");
	ck_assert_uint_eq(d->bar_size[0], UINT64_C(16) << 30);
	ck_assert_uint_eq(d->bar[0], UINT64_C(0x100000000000) + UINT64_C(4 * 32) * (1 << 30));
	ck_assert_uint_eq(d->bar[2], 0x80000000 + 4 * (32 << 20));
	ck_assert_int_eq(sim_adapter_pull(x.c, x.now, "gpu-whole"), 0);
	settle();
	ck_assert_ptr_null(sim_blade_find(blade[3], 0x0b00));
	ck_assert_int_eq(sim_adapter_insert(x.c, x.now, "gpu-whole"), 0);
	settle();
	ck_assert_ptr_nonnull(sim_blade_find(blade[3], 0x0b00));
}
END_TEST

START_TEST(an_isolated_port_is_empty_until_a_rescan)
{
	ck_assert_uint_eq(sw_w(&x, SW_PORT(5) + PORT_AUTH, MR_AUTH_HELD), MR_BATCH_OK);
	settle();
	ck_assert(!sim_blade_up(blade[5]));
	ck_assert_uint_eq(sw_w(&x, SW_PORT(5) + PORT_AUTH, MR_AUTH_ISOLATED), MR_BATCH_OK);
	settle();
	ck_assert(sim_blade_up(blade[5]));
	ck_assert_uint_eq(sim_blade_devs(blade[5]), 3);
	ck_assert_uint_eq(sim_blade_slots(blade[5]), 0);
	ck_assert_uint_eq(sw_w(&x, SW_PORT(5) + PORT_AUTH, MR_AUTH_AUTHORISED), MR_BATCH_OK);
	settle();
	ck_assert_int_eq(sim_blade_rescan(blade[5], x.now), 0);
	settle();
	ck_assert_uint_eq(sim_blade_devs(blade[5]), 3 + 16);
}
END_TEST

START_TEST(power_off_and_on_finds_the_same)
{
	map_pfs("hca", 1, 1, 3);
	ck_assert_ptr_nonnull(sim_blade_find(blade[1], 0x0900));
	ck_assert_int_eq(sim_host_set_power(x.c, x.now, 1, false), 0);
	settle();
	ck_assert_uint_eq(sim_blade_devs(blade[1]), 0);
	ck_assert_int_eq(sim_host_set_power(x.c, x.now, 1, true), 0);
	settle();
	ck_assert_ptr_nonnull(sim_blade_find(blade[1], 0x0900));
	ck_assert_uint_eq(sim_blade_devs(blade[1]), 3 + 16 + 1);
}
END_TEST

START_TEST(a_reset_function_is_clean_but_configured)
{
	map_pfs("nic-left", 1, 1, 0);
	ck_assert_int_eq(numvfs(1, "64"), 0);
	give("nic-left", 0, 1);
	ck_assert_int_eq(sim_blade_vf_state_write(blade[1], x.now, PF, 0, MR_VF_AVAILABLE), 0);
	sim_canary(x.c, x.now, 1, PF + 1, 0x1234);
	ck_assert_uint_gt(sim_canary(x.c, x.now, 1, PF + 1, 0), 0);
	ck_assert_int_eq(sim_blade_unbind(blade[1], x.now, "mlx5_core", PF + 1), 0);
	ck_assert_int_eq(sim_blade_reset(blade[1], x.now, PF + 1), 0);
	settle();
	ck_assert_uint_eq(sim_canary(x.c, x.now, 1, PF + 1, 0), 0);
	/* the PF's own reset gives VF Enable and BARs back */
	ck_assert_int_eq(sim_blade_reset(blade[1], x.now, PF), 0);
	settle();
	ck_assert_uint_eq(sim_blade_cfg_read(blade[1], x.now, PF, 0x180 + 8, 2) & 9, 9);
}
END_TEST

START_TEST(a_large_pf_enables_all_its_vfs)
{
	struct fx demo = x;
	struct sim_blade *first = blade[1];

	x = fx_new("config/large-chassis.yaml");
	ck_assert_uint_eq(fx_take_over(&x), MR_BATCH_OK);
	blade[1] = sim_blade_new(x.c, 1, 1);
	ck_assert_uint_eq(sw_w(&x, SW_PORT(1) + PORT_AUTH, MR_AUTH_AUTHORISED), MR_BATCH_OK);
	map_pfs("nic-left", 1, 1, 0);
	ck_assert_int_eq(numvfs(1, "256"), 0);
	ck_assert_uint_eq(sim_blade_find(blade[1], PF)->numvfs, 256);
	sim_blade_free(blade[1]);
	fx_free(&x);
	blade[1] = first;
	x = demo;
}
END_TEST

int main(void)
{
	Suite *s = suite_create("host");
	TCase *t = tcase_create("host");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, every_blade_boots);
	tcase_add_test(t, a_pf_arrives_by_hot_plug);
	tcase_add_test(t, vfs_migrate_one_by_one_and_stay_over_a_reboot);
	tcase_add_test(t, a_synthetic_function_comes_goes_and_comes_again);
	tcase_add_test(t, the_host_powers_a_slot_off_first);
	tcase_add_test(t, a_whole_gpu_fits_its_windows);
	tcase_add_test(t, an_isolated_port_is_empty_until_a_rescan);
	tcase_add_test(t, power_off_and_on_finds_the_same);
	tcase_add_test(t, a_reset_function_is_clean_but_configured);
	tcase_add_test(t, a_large_pf_enables_all_its_vfs);
	suite_add_tcase(s, t);
	return check_run(s);
}
