// SPDX-License-Identifier: Apache-2.0
/* What an adapter can be asked for, and the words for what it can't. */
#include <check.h>

#include "common/str.h"
#include "fabric-manager/model/inventory.h"
#include "tests/unit/check_main.h"

#define ALL 0xffffffffu

static const struct fm_adapter full = {
	.caps = ALL,
	.limits = {.mtu = 9216,
		   .weight = 100,
		   .burst_kib = 64,
		   .trunk_ranges = 2,
		   .pkeys = 3,
		   .acl_rules = 2,
		   .iops = 1000,
		   .slice_us = 2000,
		   .watchdog_ms = 500},
	.pf[0].amount = {[FM_RESOURCE_QUEUES] = {4, 64, 4, 0},
			 [FM_RESOURCE_FRAMEBUFFER] = {0, 8192, 1024, 0}},
};

static const struct {
	const char *name;
	uint32_t lacks; /* capabilities */
	struct fm_attrs at;
	const char *why; /* NULL = it can */
} cases[] = {
	{"nothing", ALL, {.device_class = MR_CLASS_ETHERNET}, NULL},
	{"everything that fits",
	 0,
	 {.device_class = MR_CLASS_ETHERNET,
	  .vlan = 5,
	  .mtu = 9216,
	  .trust = true,
	  .trunk = {{5, 6}, {8, 9}},
	  .queues = 64},
	 NULL},
	{"words of the capabilities",
	 MR_CT_CAP_VLAN | MR_CT_CAP_TRUST | MR_CT_CAP_MTU,
	 {.device_class = MR_CLASS_ETHERNET, .vlan = 5, .trust = true, .mtu = 100},
	 "it has no trust, vlan, mtu"},
	{"rates are never lacking",
	 MR_CT_CAP_WEIGHT | MR_CT_CAP_BURST | MR_CT_CAP_MIN_RATE,
	 {.weight = 1000, .burst_kib = 1000, .min_mbps = 7},
	 NULL},
	{"mtu", 0, {.mtu = 9217}, "mtu 9217, and it has 9216 at most"},
	{"trunk",
	 0,
	 {.device_class = MR_CLASS_ETHERNET, .trunk = {{1, 1}, {3, 3}, {5, 5}}},
	 "VLAN ranges 3, and it has 2 at most"},
	{"acl",
	 0,
	 {.device_class = MR_CLASS_ETHERNET, .acl = {1, 2, 3}},
	 "acl rules 3, and it has 2 at most"},
	{"no acl",
	 MR_CT_CAP_ACL,
	 {.device_class = MR_CLASS_ETHERNET, .acl = {1}},
	 "it has no acl"},
	{"pkeys",
	 0,
	 {.device_class = MR_CLASS_IB, .pkey = {1, 2, 3, 4}},
	 "partition keys 4, and it has 3 at most"},
	{"iops",
	 0,
	 {.device_class = MR_CLASS_NVME, .nvme.iops = 1001},
	 "iopsLimit 1001, and it has 1000 at most"},
	{"slice",
	 0,
	 {.device_class = MR_CLASS_GPU, .gpu.slice_us = 2001},
	 "timeSlice in us 2001, and it has 2000 at most"},
	{"watchdog",
	 0,
	 {.device_class = MR_CLASS_GPU, .gpu.watchdog_ms = 501},
	 "watchdog in ms 501, and it has 500 at most"},
	{"queues", 0, {.queues = 65}, "queues 65, and it has 64 at most"},
	{"framebuffer",
	 0,
	 {.device_class = MR_CLASS_GPU, .gpu.framebuffer_mib = 8193},
	 "framebuffer in MiB 8193, and it has 8192 at most"},
};

START_TEST(can)
{
	struct fm_adapter a = full;
	struct mr_buf why = {0};
	bool yes = cases[_i].why == NULL;

	a.caps &= ~cases[_i].lacks;
	ck_assert_msg(fm_adapter_can(&a, &cases[_i].at, &why) == yes, "%s", cases[_i].name);
	ck_assert_msg(fm_adapter_can(&a, &cases[_i].at, NULL) == yes, "%s", cases[_i].name);
	ck_assert_str_eq(mr_buf_text(&why), yes ? "" : cases[_i].why);
	mr_buf_done(&why);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("able");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, can, 0, sizeof(cases) / sizeof(cases[0]));
	suite_add_tcase(s, t);
	return check_run(s);
}
