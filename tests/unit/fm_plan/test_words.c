/* SPDX-License-Identifier: Apache-2.0 */
/* What a change of attributes is called, with both values. */
#include <check.h>

#include "common/str.h"
#include "fabric-manager/plan/show.h"
#include "tests/unit/check_main.h"

static struct fm_assignment is;
static struct fm_claim claim;
static struct fm_attrs want;

/* The words for what the members above differ in; they are equal afterwards. */
static void says(const char *words)
{
	struct mr_buf b = {0};

	fm_show_update(&is, &claim, &want, &b);
	ck_assert_str_eq(mr_buf_text(&b), words);
	mr_buf_done(&b);
	is.attrs = want;
}

START_TEST(of_every_class)
{
	says("");
	want.vlan = 100;
	says(", VLAN 0 -> 100");
	want.vlan = 200;
	want.vlan_qos = 3;
	want.mtu = 9000;
	says(", VLAN 100 -> 200, VLAN priority 0 -> 3, MTU 0 -> 9000");
	want.spoof_check = want.trust = true;
	want.link_state = 2;
	want.bridging = MR_BRIDGING_VEPA;
	says(", trust on, spoofCheck on, linkState auto -> disable, bridging veb -> vepa");
	want.msix = 8;
	want.queues = 4;
	want.burst_kib = 64;
	says(", burst in KiB 0 -> 64, MSI-X vectors 0 -> 8, queues 0 -> 4");
	claim.ident[0].type = MR_IDENT_MAC;
	want.ident0 = 0x0225b5000001;
	says(", mac none -> 02:25:b5:00:00:01");
	claim.limit_mbps = 5000;
	says(", limit none -> 5Gbit");
	is.limit_mbps = 5000;
	claim.driver = "vfio-pci";
	says(", driver default -> vfio-pci");
}
END_TEST

START_TEST(of_a_class)
{
	want.device_class = MR_CLASS_ETHERNET;
	want.trunk[0] = (struct fm_vlan_range){5, 7};
	want.trunk[1] = (struct fm_vlan_range){100, 100};
	says(", VLANs of the trunk none -> 5-7,100");
	want.acl[0] = MR_ACL_ROW(MR_ACL_DST, 7, 0x0225b5000001);
	want.acl[1] = MR_ACL_ROW(MR_ACL_ANY, 0, 0) | MR_ACL_DENY;
	says(", acl none -> allow vlan 7 dst 02:25:b5:00:00:01, deny any");
	is = (struct fm_assignment){.index = 0};
	want = (struct fm_attrs){.device_class = MR_CLASS_IB, .pkey = {0x8001, 0x7fff}};
	says(", pkey none -> 0x8001,0x7fff");
	want.pkey[0] = 0;
	want.pkey[1] = 0;
	says(", pkey 0x8001,0x7fff -> none");
	is = (struct fm_assignment){.index = 0};
	want = (struct fm_attrs){.device_class = MR_CLASS_NVME};
	want.nvme.iops = 1000;
	want.nvme.namespaces = 2;
	says(", iopsLimit 0 -> 1000, attaches namespace 2");
	want.nvme.namespaces = 1;
	says(", attaches namespace 1, detaches namespace 2");
	is = (struct fm_assignment){.index = 0};
	want = (struct fm_attrs){.device_class = MR_CLASS_GPU};
	want.gpu.framebuffer_mib = 512;
	want.gpu.watchdog_ms = 3000;
	says(", framebuffer in MiB 0 -> 512, watchdog in ms 0 -> 3000");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("words of a change");
	TCase *t = tcase_create("all");

	tcase_add_test(t, of_every_class);
	tcase_add_test(t, of_a_class);
	suite_add_tcase(s, t);
	return check_run(s);
}
