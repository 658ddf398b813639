// SPDX-License-Identifier: Apache-2.0
/*
 * What an adapter lets through of a VF's frames, by VF_FLAGS, VF_SHAPE, VF_VLAN and VF_CLASS0
 * (docs/register-map.md, "Frames"): source address, size, VLAN, partition, filter rules of
 * VF_ACL, and who listens.
 */
#include "common/now.h"
#include "tests/unit/sim_model/fx_blade.h"

#define NIC   "nic-left"
#define HCA   "hca"
#define VFS   3u
#define MAC_0 0x0225b5000000ull
#define MAC_1 0x0225b5000001ull
#define OTHER 0x0225b50000ffull

static struct fx_blades f;
static const char *adapter;

static void set(unsigned v, unsigned reg, uint64_t value)
{
	ck_assert_uint_eq(ct_w(&f.x, adapter, CT_VF(64, 0, v) + reg, value), MR_BATCH_OK);
}

/* VFs 0 to 2 of an adapter belong to blade01, their gates open. */
static void give(const char *name)
{
	adapter = name;
	fxb_give_pf(&f, name, 1, 1, 0, 0);
	for (unsigned v = 1; v < VFS; v++) {
		set(v, VF_BLOCK, 3);
		set(v, VF_COMMAND, MR_VFC_RESET);
		set(v, VF_COMMAND, MR_VFC_MIGRATE_IN | 1 << 16);
		set(v, VF_BLOCK, 0);
	}
	for (unsigned v = 0; v < VFS; v++) {
		set(v, VF_IDENT0, MAC_0 + v);
		set(v, VF_GATE, 1);
	}
	fxb_numvfs(&f, 1, 0, "3");
}

static void setup(void)
{
	f = fxb_new(fx_new("config/demo-chassis.yaml"));
}

static void teardown(void)
{
	fxb_free(&f);
}

static struct sim_counters counters(unsigned v)
{
	struct sim_counters n;
	int port = sim_adapter_find(f.x.c, adapter);

	ck_assert_int_eq(sim_traffic_read(f.x.c, f.x.now, (uint16_t)port, 0, (uint16_t)v, &n),
			 0);
	return n;
}

/* VF 0 sends 1000 frames a second of 1000 bytes, 'like' these: how many pass in a second. */
static uint64_t passes(struct sim_traffic like)
{
	int port = sim_adapter_find(f.x.c, adapter);
	struct sim_counters before, after;

	like.kind = SIM_TRAFFIC_CONSTANT;
	like.mbps = 8;
	like.frame = like.frame ? like.frame : 1000;
	ck_assert_int_eq(sim_traffic_set(f.x.c, f.x.now, (uint16_t)port, 0, 0, &like), 0);
	before = counters(0);
	fx_pass(&f.x, MR_NS_PER_S);
	after = counters(0);
	/* what does not pass is dropped, none is lost */
	ck_assert_uint_eq(after.lost, 0);
	ck_assert_uint_eq(after.frames - before.frames + after.dropped - before.dropped,
			  8000000 / (8 * like.frame));
	return after.frames - before.frames;
}
#define PASSES(...) passes((struct sim_traffic){__VA_ARGS__})

/* Spoof check: another source address than its own is dropped, and counted. */
START_TEST(spoofed)
{
	give(NIC);
	ck_assert_uint_eq(PASSES(.src = OTHER), 1000);
	set(0, VF_FLAGS, 2);
	ck_assert_uint_eq(PASSES(.src = OTHER), 0);
	ck_assert_uint_eq(counters(0).spoofed, 1000);
	ck_assert_uint_eq(PASSES(.src = MAC_0), 1000);
	ck_assert_uint_eq(PASSES(.src = 0), 1000);
	ck_assert_uint_eq(counters(0).spoofed, 1000);
	set(0, VF_FLAGS, 3); /* trust does not end it */
	ck_assert_uint_eq(PASSES(.src = OTHER), 0);
}
END_TEST

/* The MTU is of what the header carries; a tag makes the frame four bytes larger. */
START_TEST(oversize)
{
	give(NIC);
	set(0, VF_SHAPE, 1500);
	ck_assert_uint_gt(PASSES(.frame = 1514), 0);
	ck_assert_uint_eq(PASSES(.frame = 1515), 0);
	ck_assert_uint_gt(PASSES(.frame = 1518, .vlan = 5), 0);
	ck_assert_uint_eq(PASSES(.frame = 1519, .vlan = 5), 0);
	set(0, VF_SHAPE, 9000);
	ck_assert_uint_gt(PASSES(.frame = 9014), 0);
}
END_TEST

/* A port of one VLAN tags by itself. */
START_TEST(access_vlan)
{
	give(NIC);
	ck_assert_uint_eq(PASSES(.vlan = 100), 1000);
	set(0, VF_VLAN, 100);
	ck_assert_uint_eq(PASSES(.vlan = 0), 1000);
	ck_assert_uint_eq(PASSES(.vlan = 100), 0);
	ck_assert_uint_eq(PASSES(.vlan = 200), 0);
}
END_TEST

/* Only the VLANs of a trunk; untagged frames are in its native one, if it has one. */
START_TEST(trunk)
{
	give(NIC);
	set(0, VF_CLASS0, 100 | 110 << 16 | 200ull << 32 | 200ull << 48);
	set(0, VF_CLASS1, 300 | 300 << 16);
	ck_assert_uint_eq(PASSES(.vlan = 105), 1000);
	ck_assert_uint_eq(PASSES(.vlan = 200), 1000);
	ck_assert_uint_eq(PASSES(.vlan = 300), 1000);
	ck_assert_uint_eq(PASSES(.vlan = 111), 0);
	ck_assert_uint_eq(PASSES(.vlan = 0), 0);
	set(0, VF_VLAN, 7);
	ck_assert_uint_eq(PASSES(.vlan = 0), 1000);
	ck_assert_uint_eq(PASSES(.vlan = 7), 1000);
	ck_assert_uint_eq(PASSES(.vlan = 8), 0);
}
END_TEST

/* From one VF to another: in the VLAN that the other one is in, tagged or by its port. */
START_TEST(between_vlans)
{
	give(NIC);
	set(0, VF_CLASS0, 100 | 110 << 16);
	ck_assert_uint_eq(PASSES(.vlan = 100, .to = 2), 1000); /* it tags for itself */
	set(1, VF_VLAN, 100);
	ck_assert_uint_eq(PASSES(.vlan = 100, .to = 2), 1000);
	ck_assert_uint_eq(PASSES(.vlan = 101, .to = 2), 0);
	set(1, VF_VLAN, 0);
	set(1, VF_CLASS0, 101 | 101 << 16);
	ck_assert_uint_eq(PASSES(.vlan = 101, .to = 2), 1000);
	ck_assert_uint_eq(PASSES(.vlan = 100, .to = 2), 0);
	ck_assert_uint_eq(counters(1).frames, 3000);
}
END_TEST

/* The first rule that a frame matches decides; without one it passes. */
START_TEST(rules_in_order)
{
	give(NIC);
	set(0, VF_ACL(1), MR_ACL_ROW(MR_ACL_SRC, 0, OTHER) | MR_ACL_DENY);
	ck_assert_uint_eq(PASSES(.src = OTHER), 0);
	ck_assert_uint_eq(PASSES(.src = 0), 1000); /* its own address */
	set(0, VF_ACL(0), MR_ACL_ROW(MR_ACL_ETHERTYPE, 0, 0x806));
	ck_assert_uint_eq(PASSES(.src = OTHER, .ethertype = 0x806), 1000);
	ck_assert_uint_eq(PASSES(.src = OTHER), 0);
	set(0, VF_ACL(3), MR_ACL_ROW(MR_ACL_ANY, 0, 0) | MR_ACL_DENY);
	ck_assert_uint_eq(PASSES(.src = 0), 0);
	set(0, VF_ACL(2), MR_ACL_ROW(MR_ACL_ETHERTYPE, 0, 0x800));
	ck_assert_uint_eq(PASSES(.src = 0), 1000); /* IPv4 where nothing is said */
	ck_assert_uint_eq(counters(0).spoofed, 0);
}
END_TEST

/* In a VLAN: the one that the frame is in, tagged or by its port; and together with more. */
START_TEST(rules_by_vlan)
{
	give(NIC);
	set(0, VF_ACL(0), MR_ACL_ROW(MR_ACL_ANY, 100, 0) | MR_ACL_DENY);
	ck_assert_uint_eq(PASSES(.vlan = 100), 0);
	ck_assert_uint_eq(PASSES(.vlan = 101), 1000);
	ck_assert_uint_eq(PASSES(.vlan = 0), 1000);
	set(0, VF_VLAN, 100);
	ck_assert_uint_eq(PASSES(.vlan = 0), 0);
	set(0, VF_ACL(0), MR_ACL_ROW(MR_ACL_DST, 100, OTHER) | MR_ACL_DENY);
	ck_assert_uint_eq(PASSES(.dst = OTHER), 0);
	ck_assert_uint_eq(PASSES(.dst = MAC_1), 1000);
	ck_assert_uint_eq(PASSES(.dst = 0), 1000);
	set(0, VF_VLAN, 101);
	ck_assert_uint_eq(PASSES(.dst = OTHER), 1000);
}
END_TEST

/* The rules of a function count for what is for it as well; its neighbour's do not. */
START_TEST(rules_of_the_receiver)
{
	give(NIC);
	set(1, VF_ACL(0), MR_ACL_ROW(MR_ACL_SRC, 0, MAC_0) | MR_ACL_DENY);
	ck_assert_uint_eq(PASSES(.to = 2), 0);
	ck_assert_uint_eq(PASSES(.to = 3), 1000);
	ck_assert_uint_eq(PASSES(.to = 0), 1000);
	set(0, VF_ACL(0), MR_ACL_ROW(MR_ACL_DST, 0, MAC_0 + 2) | MR_ACL_DENY);
	ck_assert_uint_eq(PASSES(.to = 3), 0);
	set(1, VF_ACL(0), 0);
	ck_assert_uint_eq(PASSES(.to = 2), 1000);
}
END_TEST

/* What is for another address is heard by a trusted VF only. */
START_TEST(listening)
{
	give(NIC);
	ck_assert_uint_eq(PASSES(.dst = MAC_1, .to = 2), 1000);
	ck_assert_uint_eq(PASSES(.dst = OTHER, .to = 2), 0);
	set(1, VF_FLAGS, 1);
	ck_assert_uint_eq(PASSES(.dst = OTHER, .to = 2), 1000);
}
END_TEST

/* Only in partitions of its table, full or limited member; none said: the first one. */
START_TEST(partitions)
{
	give(HCA);
	ck_assert_uint_eq(PASSES(.pkey = 0), 1000);
	ck_assert_uint_eq(PASSES(.pkey = 0x7fff), 1000); /* the default partition */
	ck_assert_uint_eq(PASSES(.pkey = 0x8001), 0);
	set(0, VF_CLASS0, 0x8001 | 0x0002 << 16);
	ck_assert_uint_eq(PASSES(.pkey = 0x8001), 1000);
	ck_assert_uint_eq(PASSES(.pkey = 0x8002), 1000);
	ck_assert_uint_eq(PASSES(.pkey = 0x7fff), 0);
	ck_assert_uint_eq(PASSES(.pkey = 0x8001, .to = 2), 0); /* the other one is not */
	set(1, VF_CLASS0, 0x0001);
	ck_assert_uint_eq(PASSES(.pkey = 0x8001, .to = 2), 1000);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("frames");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, spoofed);
	tcase_add_test(t, oversize);
	tcase_add_test(t, access_vlan);
	tcase_add_test(t, trunk);
	tcase_add_test(t, between_vlans);
	tcase_add_test(t, rules_in_order);
	tcase_add_test(t, rules_by_vlan);
	tcase_add_test(t, rules_of_the_receiver);
	tcase_add_test(t, listening);
	tcase_add_test(t, partitions);
	suite_add_tcase(s, t);
	return check_run(s);
}
