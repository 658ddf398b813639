// SPDX-License-Identifier: Apache-2.0
/*
 * VFs whose engine stands still, and the watchdog of a GPU (docs/register-map.md, "A VF that
 * stands still"): its time, its reset, and that nothing else is touched.
 */
#include <errno.h>
#include <linux/pci_regs.h>

#include "sim/model/snapshot.h"
#include "tests/unit/sim_model/fx_edit.h"

#define SEC 1000000000ll

static const char chassis[] =
	"apiVersion: banyan/v1\nkind: ChassisModel\nmetadata: {name: c}\nspec:\n"
	"  serial: C\n  switch: {ports: 12}\n  hosts:\n    - {slot: 1, name: a}\n"
	"  models:\n    gpu: {profile: a100-40g, vfs: 4, timing: {flr: 100ms}}\n"
	"  adapters:\n    - {slot: 2, name: gpu, model: gpu, serial: G}\n";

static struct fx x;

static uint64_t vf(unsigned v, unsigned reg)
{
	return ct(&x, "gpu", CT_VF(4, 0, v) + reg);
}

static void takes(unsigned v, unsigned reg, uint64_t value)
{
	ck_assert_uint_eq(ct_w(&x, "gpu", CT_VF(4, 0, v) + reg, value), MR_BATCH_OK);
}

static void setup(void)
{
	x = fx_new_text(chassis);
	ck_assert_uint_eq(fx_take_over(&x), MR_BATCH_OK);
	fx_provision(&x, "gpu", 0, 4);
	fx_pass(&x, SEC);
}

static void teardown(void)
{
	fx_free(&x);
}

static int stall(unsigned v)
{
	int port = sim_adapter_find(x.c, "gpu");

	return sim_vf_stall(x.c, x.now, (uint16_t)port, 0, (uint16_t)v);
}

static uint16_t gpu_rid(unsigned v)
{
	return (uint16_t)(sw(&x, SW_PORT(sim_adapter_find(x.c, "gpu")) + PORT_VH0_RID) + 1 + v);
}

static void gpu_runs(unsigned v)
{
	fx_write(&x, MR_SPACE_CONFIG, 0, gpu_rid(v), PCI_COMMAND, 2, PCI_COMMAND_MASTER);
}

static unsigned watchdogs(void)
{
	uint64_t head = sw(&x, SW_EVENT_HEAD);
	unsigned n = 0;

	for (uint64_t e = 0; e < head; e++)
		n += (sw(&x, SW_EVENT(e % 1024)) & 0xffff) == MR_EV_WATCHDOG;
	return n;
}

/* After its time, and not before, the adapter resets the VF that stands still, and no other. */
START_TEST(watchdog)
{
	ck_assert_int_eq(stall(1), -ENODEV); /* nobody runs it */
	ck_assert_int_eq(stall(4), -ENOENT);
	for (unsigned v = 0; v < 3; v++) {
		gpu_runs(v);
		takes(v, VF_CLASS0, 3000ull << 32);
	}
	ck_assert_int_eq(stall(1), 0);
	ck_assert_int_eq(stall(1), -EALREADY);
	ck_assert(vf(1, VF_STATUS) & MR_VF_STALLED);
	fx_pass(&x, 3 * SEC - 1);
	ck_assert(vf(1, VF_STATUS) & MR_VF_STALLED);
	ck_assert_uint_eq(watchdogs(), 0);
	fx_pass(&x, 1);
	ck_assert(!(vf(1, VF_STATUS) & MR_VF_STALLED));
	ck_assert_uint_eq(watchdogs(), 1);
	ck_assert_uint_eq(vf(1, VF_RESETS), 1);
	ck_assert_uint_eq(cfg0(&x, gpu_rid(1), PCI_COMMAND, 2), 0xffff); /* 100 ms of FLR */
	fx_pass(&x, SEC / 10);
	ck_assert_uint_eq(cfg0(&x, gpu_rid(1), PCI_COMMAND, 2), 0);
	ck_assert_uint_eq(vf(1, VF_CLASS0), 3000ull << 32); /* the assignment's */
	for (unsigned v = 0; v < 3; v += 2) {
		ck_assert_uint_eq(vf(v, VF_RESETS), 0);
		ck_assert_uint_eq(cfg0(&x, gpu_rid(v), PCI_COMMAND, 2), PCI_COMMAND_MASTER);
	}
}
END_TEST

/* Without a watchdog it stands still until somebody resets it; one that is set meanwhile counts
 * from when it stopped, one that is taken away does not fire. */
START_TEST(watchdog_set_meanwhile)
{
	for (unsigned v = 0; v < 3; v++) {
		gpu_runs(v);
		takes(v, VF_CLASS0, v == 1 ? 2000ull << 32 : 0);
		ck_assert_int_eq(stall(v), 0);
	}
	takes(1, VF_CLASS0, 0);
	fx_pass(&x, 3600 * SEC);
	ck_assert_uint_eq(watchdogs(), 0);
	fx_write(&x, MR_SPACE_CONFIG, 0, gpu_rid(0), PCI_COMMAND, 2, 0);
	ck_assert(!(vf(0, VF_STATUS) & MR_VF_DEFAULTS));
	takes(0, VF_COMMAND, MR_VFC_RESET);
	fx_pass(&x, SEC / 10);
	ck_assert(vf(0, VF_STATUS) & MR_VF_DEFAULTS);
	ck_assert(!(vf(0, VF_STATUS) & MR_VF_STALLED));
	takes(2, VF_CLASS0, 5000ull << 32);
	fx_pass(&x, 1);
	ck_assert_uint_eq(watchdogs(), 1);
	ck_assert(vf(1, VF_STATUS) & MR_VF_STALLED);
}
END_TEST

/* It is part of a saved chassis: restored, it fires at the same distance. */
START_TEST(watchdog_saved)
{
	struct mr_buf out = {0};
	struct sim_chassis *c;

	gpu_runs(1);
	takes(1, VF_CLASS0, 3000ull << 32);
	ck_assert_int_eq(stall(1), 0);
	fx_pass(&x, SEC);
	sim_chassis_save(x.c, x.now, &out);
	x.now.mono_ns = 777 * SEC;
	ck_assert_int_eq(sim_chassis_restore(out.data, out.len, x.now, &c, NULL), 0);
	mr_buf_done(&out);
	sim_chassis_free(x.c);
	x.c = c;
	fx_pass(&x, 2 * SEC - 1);
	ck_assert(vf(1, VF_STATUS) & MR_VF_STALLED);
	fx_pass(&x, 1);
	ck_assert(!(vf(1, VF_STATUS) & MR_VF_STALLED));
	ck_assert_uint_eq(watchdogs(), 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sim_model.conform_stall");
	TCase *t = tcase_create("stall");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, watchdog);
	tcase_add_test(t, watchdog_set_meanwhile);
	tcase_add_test(t, watchdog_saved);
	suite_add_tcase(s, t);
	return check_run(s);
}
