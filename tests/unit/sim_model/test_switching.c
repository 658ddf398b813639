// SPDX-License-Identifier: Apache-2.0
/*
 * Frames from one VF of a port to another, by VF_SWITCHING (docs/register-map.md, "Attributes
 * by class"): in the adapter, over the port, not at all; copies of a mirror; VLANs and gates.
 */
#include <errno.h>

#include "common/now.h"
#include "tests/unit/sim_model/fx_blade.h"

#define NIC "nic-left"
#define VFS 4u

static struct fx_blades f;
static uint16_t port;

static uint64_t vf(unsigned v, unsigned reg)
{
	return ct(&f.x, NIC, CT_VF(64, 0, v) + reg);
}

static void set(unsigned v, unsigned reg, uint64_t value)
{
	ck_assert_uint_eq(ct_w(&f.x, NIC, CT_VF(64, 0, v) + reg, value), MR_BATCH_OK);
}

/* VFs 0..3 belong to blade01, their gates open. */
static void setup(void)
{
	f = fxb_new(fx_new("config/demo-chassis.yaml"));
	port = (uint16_t)sim_adapter_find(f.x.c, NIC);
	fxb_give_pf(&f, NIC, 1, 1, 0, 0);
	for (unsigned v = 1; v < VFS; v++) {
		set(v, VF_BLOCK, 3);
		set(v, VF_COMMAND, MR_VFC_RESET);
		set(v, VF_COMMAND, MR_VFC_MIGRATE_IN | 1 << 16);
		set(v, VF_BLOCK, 0);
	}
	for (unsigned v = 0; v < VFS; v++)
		set(v, VF_GATE, 1);
	fxb_numvfs(&f, 1, 0, "4");
}

static void teardown(void)
{
	fxb_free(&f);
}

/* 'to' is a VF, or -1: out of the port. A frame is 10^4 bit: 100 a second make 1 Mbit/s. */
static int offer(unsigned v, uint64_t mbps, int to)
{
	struct sim_traffic t = {.kind = SIM_TRAFFIC_CONSTANT,
				.mbps = mbps,
				.frame = 1250,
				.to = (uint16_t)(to + 1)};

	return sim_traffic_set(f.x.c, f.x.now, port, 0, (uint16_t)v, &t);
}

static void second(void)
{
	fx_pass(&f.x, MR_NS_PER_S);
}

/* VEB: what one sends the other gets, and the port has room for others meanwhile. */
START_TEST(veb)
{
	ck_assert_int_eq(offer(0, 60000, 1), 0);
	ck_assert_int_eq(offer(2, 100000, -1), 0);
	second();
	ck_assert_uint_eq(vf(0, VF_FRAMES), 6000000);
	ck_assert_uint_eq(vf(1, VF_FRAMES), 6000000);
	ck_assert_uint_eq(vf(1, VF_BYTES), 6000000ull * 1250);
	ck_assert_uint_eq(vf(2, VF_FRAMES), 10000000); /* the whole port */
	ck_assert_uint_eq(vf(3, VF_FRAMES), 0);
}
END_TEST

/* VEPA: the same frames go out of the port and come back, and share it. */
START_TEST(vepa)
{
	set(0, VF_SWITCHING, MR_BRIDGING_VEPA);
	ck_assert_int_eq(offer(0, 60000, 1), 0);
	ck_assert_int_eq(offer(2, 100000, -1), 0);
	second();
	ck_assert_uint_eq(vf(0, VF_FRAMES), 5000000);
	ck_assert_uint_eq(vf(1, VF_FRAMES), 5000000);
	ck_assert_uint_eq(vf(2, VF_FRAMES), 5000000);
}
END_TEST

/* Isolated, either of them: dropped; what leaves the port is not concerned. */
START_TEST(isolated)
{
	for (unsigned which = 0; which < 2; which++) {
		uint64_t before = vf(0, VF_DROPPED);

		set(which, VF_SWITCHING, MR_BRIDGING_ISOLATED);
		ck_assert_int_eq(offer(0, 1000, 1), 0);
		second();
		ck_assert_uint_eq(vf(0, VF_FRAMES), 0);
		ck_assert_uint_eq(vf(1, VF_FRAMES), 0);
		ck_assert_uint_eq(vf(0, VF_DROPPED) - before, 100000);
		set(which, VF_SWITCHING, MR_BRIDGING_VEB);
	}
	set(0, VF_SWITCHING, MR_BRIDGING_ISOLATED);
	ck_assert_int_eq(offer(0, 1000, -1), 0);
	second();
	ck_assert_uint_eq(vf(0, VF_FRAMES), 100000);
}
END_TEST

/* Another VLAN, a closed gate, nobody there: it does not arrive. */
START_TEST(unreached)
{
	set(0, VF_VLAN, 100);
	set(1, VF_VLAN, 200);
	ck_assert_int_eq(offer(0, 1000, 1), 0);
	second();
	ck_assert_uint_eq(vf(1, VF_FRAMES), 0);
	set(1, VF_VLAN, 100);
	second();
	ck_assert_uint_eq(vf(1, VF_FRAMES), 100000);
	set(1, VF_GATE, 0);
	second();
	ck_assert_uint_eq(vf(1, VF_FRAMES), 100000);
	ck_assert_uint_eq(vf(0, VF_FRAMES), 100000);
	ck_assert_uint_eq(vf(0, VF_DROPPED), 200000);
	ck_assert_int_eq(offer(0, 1000, 0), -EINVAL); /* to itself */
	ck_assert_int_eq(offer(0, 1000, 64), -EINVAL);
	ck_assert_int_eq(offer(0, 1000, 9), 0); /* VH 0's: nobody runs it */
	second();
	ck_assert_uint_eq(vf(9, VF_FRAMES), 0);
}
END_TEST

/* Its limit holds for a VF inside of the adapter as well. */
START_TEST(limited)
{
	set(0, VF_MAX_MBPS, 400);
	ck_assert_int_eq(offer(0, 1000, 1), 0);
	second();
	ck_assert_uint_eq(vf(1, VF_FRAMES), 40000);
	ck_assert_uint_eq(vf(0, VF_DROPPED), 60000);
}
END_TEST

/* A mirror gets a copy of every frame that passes; none that is dropped, none when it is shut.
 */
START_TEST(mirror)
{
	set(0, VF_SWITCHING, 4ull << 16); /* VF 3 */
	set(0, VF_MAX_MBPS, 500);
	ck_assert_int_eq(offer(0, 1000, -1), 0);
	second();
	ck_assert_uint_eq(vf(0, VF_FRAMES), 50000);
	ck_assert_uint_eq(vf(3, VF_FRAMES), 50000);
	set(3, VF_GATE, 0);
	second();
	ck_assert_uint_eq(vf(0, VF_FRAMES), 100000);
	ck_assert_uint_eq(vf(3, VF_FRAMES), 50000);
	ck_assert_uint_eq(vf(3, VF_LOST), 50000);
	set(0, VF_SWITCHING, 0);
	second();
	ck_assert_uint_eq(vf(3, VF_LOST), 50000);
}
END_TEST

/* A target that is reset starts from 0 for its next owner. */
START_TEST(reset_target)
{
	ck_assert_int_eq(offer(0, 1000, 1), 0);
	second();
	set(1, VF_BLOCK, 3);
	fx_pass(&f.x, MR_NS_PER_S);
	set(1, VF_COMMAND, MR_VFC_RESET);
	fx_pass(&f.x, MR_NS_PER_S);
	ck_assert_uint_eq(vf(1, VF_FRAMES), 0);
	ck_assert_uint_eq(vf(1, VF_LOST), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sim_model.switching");
	TCase *t = tcase_create("switching");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, veb);
	tcase_add_test(t, vepa);
	tcase_add_test(t, isolated);
	tcase_add_test(t, unreached);
	tcase_add_test(t, limited);
	tcase_add_test(t, mirror);
	tcase_add_test(t, reset_target);
	suite_add_tcase(s, t);
	return check_run(s);
}
