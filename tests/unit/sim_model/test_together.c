// SPDX-License-Identifier: Apache-2.0
/* A blade's kernel on the chassis model itself: what one shows the other understands. */
#include "fixture.h"
#include "sim/model/blade.h"

static struct fx x;
static struct sim_blade *blade;
static uint16_t vh;

/* Hands notices to the blade and lets time pass for both. */
static void settle(int64_t ns)
{
	struct sim_notice n;
	int64_t end = x.now.mono_ns + ns, next;

	for (;;) {
		while (sim_chassis_notice(x.c, &n))
			if (n.vh == vh && n.kind != SIM_NOTICE_MGMT_IRQ)
				sim_blade_notice(blade, x.now, &n);
		next = sim_chassis_deadline(x.c);
		if (sim_blade_deadline(blade) < next)
			next = sim_blade_deadline(blade);
		if (next > end)
			break;
		if (next > x.now.mono_ns)
			x.now.mono_ns = next;
		sim_chassis_step(x.c, x.now);
		sim_blade_step(blade, x.now);
	}
	x.now.mono_ns = end;
}

static void boot(const char *name)
{
	x = fx_new("config/demo-chassis.yaml");
	ck_assert_uint_eq(fx_take_over(&x), MR_BATCH_OK);
	fx_provision(&x, "hba", 0, 32);
	fx_provision(&x, "nic-left", 1, 64);
	vh = (uint16_t)sim_host_find(x.c, name);
	blade = sim_blade_new(x.c, vh, 1);
	sw_w(&x, SW_PORT(vh) + PORT_AUTH, MR_AUTH_AUTHORISED);
	settle(10 * MR_NS_PER_S);
	ck_assert(sim_blade_up(blade));
}

static void done(void)
{
	sim_blade_free(blade);
	fx_free(&x);
}

static const struct sim_dev *by_ids(unsigned vendor, unsigned device, unsigned nth)
{
	for (unsigned i = 0; i < sim_blade_devs(blade); i++) {
		const struct sim_dev *d = sim_blade_dev(blade, i);

		if (d->vendor == vendor && d->device == device && !nth--)
			return d;
	}
	return NULL;
}

START_TEST(synthetic)
{
	const struct sim_dev *d;

	boot("blade04");
	ck_assert_uint_eq(sim_blade_slots(blade), 16);
	fx_map_synthetic(&x, vh, 3, "hba", 7, 0x10000,
			 0x1077 | 0x2289 << 16 | 0x0c0400ull << 32);
	settle(10 * MR_NS_PER_S);
	d = by_ids(0x1077, 0x2289, 0);
	ck_assert(d != NULL);
	ck_assert_int_eq(d->slot, 3);
	ck_assert_uint_eq(d->bar_size[0], 0x10000);
	ck_assert_uint_ne(d->bar[0], 0);
	hcfg_w(&x, vh, d->rid, 4, 2, 6);
	sim_host_mem_write(x.c, x.now, vh, d->bar[0], 4, 0x55aa);
	ck_assert_uint_eq(sim_host_mem_read(x.c, x.now, vh, d->bar[0], 4), 0x55aa);
	/* A cut: it is gone there, and the chassis learns that the host consumed it. */
	ck_assert_uint_eq(row_w(&x, vh, 3, ROW_STATE, MR_ROW_BLOCKED), MR_BATCH_OK);
	settle(20 * MR_NS_PER_S);
	ck_assert(by_ids(0x1077, 0x2289, 0) == NULL);
	ck_assert(row(&x, vh, 3, ROW_STATUS) & MR_ROW_REMOVAL_SEEN);
	ck_assert(row(&x, vh, 3, ROW_STATUS) & MR_ROW_DRAINED);
	done();
}
END_TEST

START_TEST(whole_device)
{
	int gpu;

	boot("blade04");
	gpu = sim_adapter_find(x.c, "gpu-whole");
	fx_map(&x, vh, 9, MR_TARGET(MR_TARGET_DEVICE, gpu, 0, 0));
	settle(10 * MR_NS_PER_S);
	ck_assert(by_ids(0x1002, 0x740f, 0) != NULL);
	ck_assert_uint_eq(by_ids(0x1002, 0x740f, 0)->bar_size[0], 16ull << 30);
	done();
}
END_TEST

START_TEST(migration)
{
	const uint64_t vf = CT_VF(64, 0, 5);
	const struct sim_dev *pf;
	int64_t until;
	uint8_t state;

	boot("blade01");
	ct_w(&x, "nic-left", CT_VH(1) + VH_MAP, 1 | (uint64_t)vh << 16);
	fx_map(&x, vh, 0, MR_TARGET(MR_TARGET_PFS, 8, 1, 0));
	settle(10 * MR_NS_PER_S);
	pf = by_ids(0x15b3, 0x101d, 0);
	ck_assert(pf != NULL);
	ck_assert_uint_eq(pf->totalvfs, 64);
	ck_assert_int_eq(sim_blade_numvfs(blade, x.now, pf->rid, "64", &until), 0);
	settle(5 * MR_NS_PER_S);
	ck_assert(by_ids(0x15b3, 0x101e, 0) == NULL); /* none is ours yet */
	ct_w(&x, "nic-left", vf + VF_BLOCK, 3);
	ck_assert_uint_eq(ct_w(&x, "nic-left", vf + VF_COMMAND, MR_VFC_MIGRATE_IN | 1ull << 16),
			  MR_BATCH_OK);
	ct_w(&x, "nic-left", vf + VF_BLOCK, 0);
	settle(5 * MR_NS_PER_S);
	pf = by_ids(0x15b3, 0x101d, 0);
	ck_assert_int_eq(sim_blade_vf_state_read(blade, x.now, pf->rid, 0, &state), 0);
	ck_assert_uint_eq(state, MR_VF_MIGRATE_IN);
	ck_assert_int_eq(sim_blade_vf_state_write(blade, x.now, pf->rid, 0, MR_VF_AVAILABLE),
			 0);
	settle(5 * MR_NS_PER_S);
	ck_assert(by_ids(0x15b3, 0x101e, 0) != NULL);
	ck_assert(by_ids(0x15b3, 0x101e, 0)->is_virtfn);
	ck_assert_uint_eq(ct(&x, "nic-left", vf + VF_MAP), 1 | 1 << 16 | 3ull << 32);
	/* taken by force while the kernel hangs: it lets go of the device when it goes on */
	sim_blade_hang(blade, true);
	ck_assert_uint_eq(ct_w(&x, "nic-left", vf + VF_COMMAND, MR_VFC_FORCE_OUT), MR_BATCH_OK);
	settle(5 * MR_NS_PER_S);
	ck_assert(by_ids(0x15b3, 0x101e, 0) != NULL);
	sim_blade_hang(blade, false);
	settle(5 * MR_NS_PER_S);
	ck_assert(by_ids(0x15b3, 0x101e, 0) == NULL);
	ck_assert(by_ids(0x15b3, 0x101d, 0) != NULL);
	done();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("together");
	TCase *t = tcase_create("together");

	tcase_set_timeout(t, 30);
	tcase_add_test(t, synthetic);
	tcase_add_test(t, whole_device);
	tcase_add_test(t, migration);
	suite_add_tcase(s, t);
	return check_run(s);
}
