// SPDX-License-Identifier: Apache-2.0
/*
 * What adapters differ in, rule by rule of docs/register-map.md ("Attributes by class",
 * "Resources of a PF", "Namespaces"): what each device takes, what it refuses, and that no sum
 * over VFs is ever above its total.
 */
#include <linux/pci_regs.h>

#include "sim/model/snapshot.h"
#include "tests/unit/sim_model/fx_edit.h"

#define MIB (1ull << 20)
#define SEC 1000000000ll

static const char chassis[] =
	"apiVersion: banyan/v1\nkind: ChassisModel\nmetadata: {name: c}\nspec:\n"
	"  serial: C\n  switch: {ports: 12, hop: 1us, effect: 0ms}\n  hosts:\n"
	"    - {slot: 1, name: a, bridges: 5, hotplugReserve: {buses: 40}}\n"
	"  models:\n"
	"    nic: {profile: connectx6dx-100g, kind: mra, vhs: 3, vfs: 8, resources: "
	"{msix: {total: 112, max: 40}, queues: {base: 2, total: 40, max: 16, step: 2}}}\n"
	"    gpu: {profile: a100-40g, vfs: 4, timing: {flr: 100ms, scrub: 500ms}}\n"
	"    plain: {profile: x710-10g, aclRules: 2}\n"
	"    ssd: {profile: pm1735-nvme, vfs: 4, resources: {capacity: {total: 1GiB, step: "
	"16MiB}}, timing: {scrub: 200ms}}\n"
	"  adapters:\n"
	"    - {slot: 1, name: nic, model: nic, serial: N}\n"
	"    - {slot: 2, name: gpu, model: gpu, serial: G}\n"
	"    - {slot: 3, name: ssd, model: ssd, serial: D}\n"
	"    - {slot: 4, name: hca, model: connectx6-hdr, serial: I}\n"
	"    - {slot: 5, name: old, model: x3100-mr17, serial: X}\n"
	"    - {slot: 6, name: plain, model: plain, serial: P}\n"
	"    - {slot: 7, name: fc, model: lpe16002-16g, serial: F}\n";

static struct fx x;

static void setup(void)
{
	x = fx_new_text(chassis);
	ck_assert_uint_eq(fx_take_over(&x), MR_BATCH_OK);
}

static void teardown(void)
{
	fx_free(&x);
}

static unsigned vfs_of(const char *adapter)
{
	return ct(&x, adapter, CT_COUNTS) >> 16 & 0xffff;
}

static uint64_t vf(const char *adapter, unsigned v, unsigned reg)
{
	return ct(&x, adapter, CT_VF(vfs_of(adapter), 0, v) + reg);
}

static uint32_t vf_w(const char *adapter, unsigned v, unsigned reg, uint64_t value)
{
	return ct_w(&x, adapter, CT_VF(vfs_of(adapter), 0, v) + reg, value);
}

/* The value is taken and read back. */
static void takes(const char *adapter, unsigned v, unsigned reg, uint64_t value)
{
	ck_assert_uint_eq(vf_w(adapter, v, reg, value), MR_BATCH_OK);
	ck_assert_uint_eq(vf(adapter, v, reg), value);
}

/* The write is refused, and nothing of it stays. */
static void refuses(const char *adapter, unsigned v, unsigned reg, uint64_t value)
{
	uint64_t old = vf(adapter, v, reg);

	ck_assert_msg(vf_w(adapter, v, reg, value) == MR_BATCH_REFUSED,
		      "%s took 0x%llx in 0x%x", adapter, (unsigned long long)value, reg);
	ck_assert_uint_eq(vf(adapter, v, reg), old);
}

static void reset(const char *adapter, unsigned v, unsigned command)
{
	ck_assert_uint_eq(vf_w(adapter, v, VF_COMMAND, command), MR_BATCH_OK);
	fx_pass(&x, SEC);
	ck_assert(vf(adapter, v, VF_STATUS) & MR_VF_RESET_DONE);
	ck_assert(vf(adapter, v, VF_STATUS) & MR_VF_DEFAULTS);
}

/* ---- capabilities ---- */

START_TEST(capabilities)
{
	static const struct {
		const char *adapter;
		uint64_t has, lacks;
	} rows[] = {
		{"nic",
		 MR_CT_CAP_TRUNK | MR_CT_CAP_QINQ | MR_CT_CAP_MTU | MR_CT_CAP_BURST |
			 MR_CT_CAP_WEIGHT | MR_CT_CAP_BRIDGING | MR_CT_CAP_MIRROR |
			 MR_CT_CAP_MSIX | MR_CT_CAP_QUEUES | MR_CT_CAP_ACL,
		 MR_CT_CAP_PKEY | MR_CT_CAP_SCRUB | MR_CT_CAP_FRAMEBUFFER |
			 MR_CT_CAP_NAMESPACES | MR_CT_CAP_IOPS},
		{"plain", MR_CT_CAP_VLAN | MR_CT_CAP_QUEUES,
		 MR_CT_CAP_WEIGHT | MR_CT_CAP_BURST | MR_CT_CAP_MSIX},
		{"old", MR_CT_CAP_VLAN | MR_CT_CAP_MTU,
		 MR_CT_CAP_QINQ | MR_CT_CAP_TRUNK | MR_CT_CAP_ACL},
		{"hca", MR_CT_CAP_PKEY | MR_CT_CAP_MSIX, MR_CT_CAP_VLAN | MR_CT_CAP_TRUNK},
		{"fc", MR_CT_CAP_QUEUES, MR_CT_CAP_WEIGHT | MR_CT_CAP_PKEY},
		{"ssd", MR_CT_CAP_NAMESPACES | MR_CT_CAP_IOPS | MR_CT_CAP_QUEUES,
		 MR_CT_CAP_SCRUB | MR_CT_CAP_MIN_RATE},
		{"gpu",
		 MR_CT_CAP_FRAMEBUFFER | MR_CT_CAP_SLICE | MR_CT_CAP_SCRUB | MR_CT_CAP_WATCHDOG,
		 MR_CT_CAP_QUEUES | MR_CT_CAP_NAMESPACES},
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t caps = ct(&x, rows[i].adapter, CT_CAPS);

		ck_assert_msg((caps & rows[i].has) == rows[i].has, "%s", rows[i].adapter);
		ck_assert_msg(!(caps & rows[i].lacks), "%s", rows[i].adapter);
	}
	ck_assert_uint_eq(ct(&x, "nic", CT_LIMITS), 9216 | 1000 << 16 | 1ull << 52);
	ck_assert_uint_eq(ct(&x, "plain", CT_LIMITS), 9216);
	ck_assert_uint_eq(ct(&x, "hca", CT_LISTS), 8 << 8);
	ck_assert_uint_eq(ct(&x, "ssd", CT_LISTS) & 0xffffffff, 64 << 16);
	ck_assert_uint_eq(ct(&x, "ssd", CT_BLOCK_SIZES), 1 << 9 | 1 << 12);
	ck_assert_uint_eq(ct(&x, "gpu", CT_SCRUB), 500000000);
	ck_assert_uint_eq(ct(&x, "nic", CT_SPACES), 0); /* enough for all */
	ck_assert_uint_eq(ct(&x, "nic", CT_ACL), 4);
	ck_assert_uint_eq(ct(&x, "plain", CT_ACL), 2);
	ck_assert_uint_eq(ct(&x, "old", CT_ACL), 0);
	ck_assert_uint_eq(ct(&x, "nic", CT_ACL + 8), UINT64_MAX);
	ck_assert_str_eq(mr_ct_cap_name(MR_CT_CAP_QINQ), "qinq");
	ck_assert_ptr_null(mr_ct_cap_name(MR_CT_CAP_GATE));
}
END_TEST

/* ---- attributes ---- */

START_TEST(shape)
{
	takes("nic", 0, VF_SHAPE, 9000 | 1000 << 16 | 1024ull << 32);
	refuses("nic", 0, VF_SHAPE, 9217);
	refuses("nic", 0, VF_SHAPE, 67);
	refuses("nic", 0, VF_SHAPE, 1001 << 16);
	refuses("nic", 0, VF_SHAPE, (1ull << 52) + (1ull << 32));
	takes("old", 0, VF_SHAPE, 9600);
	refuses("old", 0, VF_SHAPE, 1 << 16);
	refuses("old", 0, VF_SHAPE, 1ull << 32);
	refuses("ssd", 0, VF_SHAPE, 1500);
	takes("ssd", 0, VF_SHAPE, 0);
}
END_TEST

START_TEST(vlans)
{
	takes("nic", 0, VF_VLAN, 100 | 3 << 12 | 1 << 15);
	refuses("old", 0, VF_VLAN, 100 | 1 << 15);
	takes("old", 0, VF_VLAN, 100);
	takes("nic", 0, VF_CLASS0, 10 | 19 << 16 | 30ull << 32 | 30ull << 48);
	takes("nic", 0, VF_CLASS1, 4094ull << 32 | 4094ull << 48);
	refuses("nic", 0, VF_CLASS0, 19 | 10 << 16);
	refuses("nic", 0, VF_CLASS0, 10);
	refuses("nic", 0, VF_CLASS0, 10 << 16);
	refuses("nic", 0, VF_CLASS1, 4000 | 4095 << 16);
	refuses("old", 0, VF_CLASS0, 10 | 19 << 16);
}
END_TEST

START_TEST(switching)
{
	takes("nic", 0, VF_SWITCHING, MR_BRIDGING_ISOLATED | 8 << 16);
	refuses("nic", 0, VF_SWITCHING, 3);
	refuses("nic", 0, VF_SWITCHING, 9 << 16); /* VF 8 of 8 VFs, counted from 0 */
	refuses("nic", 0, VF_SWITCHING, 1 << 16); /* itself */
	refuses("nic", 0, VF_SWITCHING, 4);
	refuses("plain", 0, VF_SWITCHING, 2 << 16);
	takes("plain", 0, VF_SWITCHING, MR_BRIDGING_VEPA);
	refuses("old", 0, VF_SWITCHING, MR_BRIDGING_VEPA);
	refuses("fc", 0, VF_SWITCHING, MR_BRIDGING_VEPA);
}
END_TEST

START_TEST(partition_keys)
{
	takes("hca", 0, VF_CLASS0, 0xffff | 0x1234 << 16);
	takes("hca", 0, VF_CLASS1, 0x8001ull << 48);
	refuses("hca", 0, VF_CLASS0, MR_PKEY_FULL);
	refuses("fc", 0, VF_CLASS0, 0xffff);
	refuses("fc", 0, VF_CLASS1, 1);
}
END_TEST

START_TEST(gpu_times)
{
	takes("gpu", 0, VF_CLASS0, 2000 | 10000ull << 32);
	refuses("gpu", 0, VF_CLASS0, 1000001);
	refuses("gpu", 0, VF_CLASS0, 600001ull << 32);
	refuses("gpu", 0, VF_CLASS1, 1);
}
END_TEST

START_TEST(commands_per_second)
{
	takes("ssd", 0, VF_CLASS0, 10000000);
	refuses("ssd", 0, VF_CLASS0, 10000001);
}
END_TEST

/* Rows that the adapter has, and rules that say what they are about. */
START_TEST(filter_rules)
{
	takes("nic", 0, VF_ACL(0), MR_ACL_ROW(MR_ACL_ANY, 0, 0) | MR_ACL_DENY);
	takes("nic", 0, VF_ACL(3), MR_ACL_ROW(MR_ACL_SRC, 4094, 0x020000000001));
	takes("nic", 0, VF_ACL(1), MR_ACL_ROW(MR_ACL_ETHERTYPE, 5, 0x0600));
	refuses("nic", 0, VF_ACL(0), MR_ACL_DENY); /* no rule is there */
	refuses("nic", 0, VF_ACL(0), MR_ACL_ROW(MR_ACL_ANY, 4095, 0));
	refuses("nic", 0, VF_ACL(0), MR_ACL_ROW(MR_ACL_ANY, 0, 1));
	refuses("nic", 0, VF_ACL(0), MR_ACL_ROW(MR_ACL_DST, 0, 0));
	refuses("nic", 0, VF_ACL(0), MR_ACL_ROW(MR_ACL_ETHERTYPE, 0, 0x05ff));
	refuses("nic", 0, VF_ACL(0), MR_ACL_ROW(MR_ACL_ETHERTYPE, 0, 0x10000));
	takes("plain", 0, VF_ACL(1), MR_ACL_THERE);
	refuses("plain", 0, VF_ACL(2), MR_ACL_THERE); /* it has two rows */
	refuses("old", 0, VF_ACL(0), MR_ACL_THERE);
	refuses("hca", 0, VF_ACL(0), MR_ACL_THERE);
}
END_TEST

/* Every one of them is among the defaults, and goes with RESET. */
START_TEST(defaults)
{
	static const struct {
		const char *adapter;
		unsigned reg;
		uint64_t value;
	} rows[] = {
		{"nic", VF_SHAPE, 1500},
		{"nic", VF_SWITCHING, 1},
		{"nic", VF_AMOUNTS, 16},
		{"nic", VF_CLASS0, 5 | 6 << 16},
		{"nic", VF_CLASS1, 5 | 6 << 16},
		{"gpu", VF_AMOUNTS, 1024ull << 32},
		{"nic", VF_ACL(0), MR_ACL_THERE},
		{"nic", VF_ACL(1), MR_ACL_THERE},
		{"nic", VF_ACL(2), MR_ACL_THERE},
		{"nic", VF_ACL(3), MR_ACL_THERE | MR_ACL_DENY},
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		takes(rows[i].adapter, 1, rows[i].reg, rows[i].value);
		ck_assert(!(vf(rows[i].adapter, 1, VF_STATUS) & MR_VF_DEFAULTS));
		reset(rows[i].adapter, 1, MR_VFC_RESET);
		ck_assert_uint_eq(vf(rows[i].adapter, 1, rows[i].reg), 0);
	}
}
END_TEST

/* ---- resources ---- */

START_TEST(totals)
{
	ck_assert_uint_eq(ct(&x, "nic", CT_RES(0, MR_RES_MSIX) + RES_TOTAL), 112);
	ck_assert_uint_eq(ct(&x, "nic", CT_RES(0, MR_RES_MSIX) + RES_BASE), 12);
	ck_assert_uint_eq(ct(&x, "nic", CT_RES(0, MR_RES_MSIX) + RES_MAX), 40);
	ck_assert_uint_eq(ct(&x, "nic", CT_RES(1, MR_RES_MSIX) + RES_USED), 8 * 12);
	ck_assert_uint_eq(ct(&x, "nic", CT_RES(0, MR_RES_QUEUES) + RES_STEP), 2);
	ck_assert_uint_eq(ct(&x, "nic", CT_RES(2, MR_RES_MSIX) + RES_TOTAL), UINT64_MAX);
	ck_assert_uint_eq(ct(&x, "gpu", CT_RES(0, MR_RES_FRAMEBUFFER) + RES_TOTAL), 40960);
	ck_assert_uint_eq(ct(&x, "gpu", CT_RES(0, MR_RES_FRAMEBUFFER) + RES_USED), 0);
	ck_assert_uint_eq(ct(&x, "ssd", CT_RES(0, MR_RES_CAPACITY) + RES_TOTAL), 1024);
	ck_assert_uint_eq(ct(&x, "nic", CT_RES(0, 0) + RES_REGS * 8), UINT64_MAX);
	ck_assert_uint_eq(ct_w(&x, "nic", CT_RES(0, 0) + RES_TOTAL, 500), MR_BATCH_OK);
	ck_assert_uint_eq(ct(&x, "nic", CT_RES(0, 0) + RES_TOTAL), 112); /* it vanished */
}
END_TEST

START_TEST(amounts)
{
	takes("nic", 0, VF_AMOUNTS, 28 | 10 << 16); /* 16 vectors are spare, 24 pairs */
	ck_assert_uint_eq(ct(&x, "nic", CT_RES(0, MR_RES_MSIX) + RES_USED), 112);
	ck_assert_uint_eq(ct(&x, "nic", CT_RES(0, MR_RES_QUEUES) + RES_USED), 24);
	refuses("nic", 1, VF_AMOUNTS, 13);	 /* 1 more than there are */
	refuses("nic", 1, VF_AMOUNTS, 11);	 /* below the base */
	refuses("nic", 1, VF_AMOUNTS, 3 << 16);	 /* between two steps */
	refuses("nic", 1, VF_AMOUNTS, 18 << 16); /* above what one may have */
	refuses("nic", 1, VF_AMOUNTS, 1ull << 32);
	takes("nic", 1, VF_AMOUNTS, 12 | 16 << 16);
	takes("nic", 0, VF_AMOUNTS, 20);
	takes("nic", 1, VF_AMOUNTS, 20 | 16 << 16);
	refuses("nic", 0, VF_AMOUNTS, 21);
	reset("nic", 1, MR_VFC_RESET);
	takes("nic", 0, VF_AMOUNTS, 28);
	refuses("plain", 0, VF_AMOUNTS, 5); /* not handed out: each VF has its 5 */
}
END_TEST

START_TEST(framebuffer)
{
	takes("gpu", 0, VF_AMOUNTS, 24576ull << 32);
	takes("gpu", 1, VF_AMOUNTS, 16384ull << 32);
	refuses("gpu", 2, VF_AMOUNTS, 1024ull << 32);
	takes("gpu", 1, VF_AMOUNTS, 8192ull << 32);
	refuses("gpu", 2, VF_AMOUNTS, 1000ull << 32);
	takes("gpu", 2, VF_AMOUNTS, 8192ull << 32);
}
END_TEST

/* A host that has the function has read its size: it does not change under it. */
START_TEST(not_while_used)
{
	fx_boot(&x, 1);
	fx_provision(&x, "gpu", 0, 4);
	takes("gpu", 0, VF_AMOUNTS, 1024ull << 32);
	fx_map(&x, 1, 0, MR_TARGET(MR_TARGET_SYNTHETIC, sim_adapter_find(x.c, "gpu"), 0, 0));
	refuses("gpu", 0, VF_AMOUNTS, 2048ull << 32);
	takes("gpu", 0, VF_AMOUNTS, 1024ull << 32); /* what it has already is no change */
	takes("gpu", 0, VF_CLASS0, 2000);	    /* its time slice may change */
	takes("gpu", 1, VF_AMOUNTS, 2048ull << 32);

	ck_assert_uint_eq(ct_w(&x, "nic", CT_VH(1) + VH_MAP, 1 | 1 << 16), MR_BATCH_OK);
	takes("nic", 3, VF_AMOUNTS, 20);
	vf_w("nic", 3, VF_BLOCK, 3);
	ck_assert_uint_eq(vf_w("nic", 3, VF_COMMAND, MR_VFC_MIGRATE_IN | 1 << 16), MR_BATCH_OK);
	refuses("nic", 3, VF_AMOUNTS, 16);
	takes("nic", 3, VF_SHAPE, 1500);
}
END_TEST

/* The vectors that a VF was given are those of its MSI-X capability. */
START_TEST(vectors)
{
	uint16_t rid = (uint16_t)(sw(&x, SW_PORT(2) + PORT_VH0_RID) + 1);
	unsigned offset, stride;

	fx_provision(&x, "nic", 1, 8);
	offset = cfg0(&x, rid, 0x180 + 0x14, 2);
	stride = cfg0(&x, rid, 0x180 + 0x16, 2);
	takes("nic", 2, VF_AMOUNTS, 28);
	for (unsigned v = 1; v < 4; v++) {
		uint16_t at = (uint16_t)(rid + offset + v * stride);

		ck_assert_uint_eq(cfg0(&x, at, 0xc0, 1), PCI_CAP_ID_MSIX);
		ck_assert_uint_eq(cfg0(&x, at, 0xc2, 2) & 0x7ff, v == 2 ? 27 : 11);
	}
}
END_TEST

/* ---- device memory ---- */

static uint64_t fb_address(unsigned v)
{
	uint16_t rid = (uint16_t)sw(&x, SW_PORT(3) + PORT_VH0_RID);

	return ((cfg0(&x, rid, 0x180 + 0x24 + 8, 4) & ~15ull) |
		(uint64_t)cfg0(&x, rid, 0x180 + 0x24 + 12, 4) << 32) +
	       v * (4096 * MIB);
}

static uint64_t fb(unsigned v)
{
	return fx_read(&x, MR_SPACE_MEMORY, 0, 0, fb_address(v), 8);
}

static void fb_w(unsigned v, uint64_t value)
{
	ck_assert_uint_eq(fx_write(&x, MR_SPACE_MEMORY, 0, 0, fb_address(v), 8, value),
			  MR_BATCH_OK);
}

START_TEST(scrub)
{
	fx_provision(&x, "gpu", 0, 4);
	fx_pass(&x, SEC);
	fb_w(1, 77); /* nothing is there yet */
	ck_assert_uint_eq(vf("gpu", 1, VF_SCRUB), 0);
	takes("gpu", 1, VF_AMOUNTS, 1024ull << 32);
	fb_w(1, 0x5ec2e7);
	ck_assert_uint_eq(fb(1), 0x5ec2e7);
	ck_assert_uint_eq(vf("gpu", 1, VF_SCRUB), MR_VF_SCRUB_WRITTEN);
	reset("gpu", 1, MR_VFC_RESET); /* keeps device memory: `retain` */
	ck_assert_uint_eq(vf("gpu", 1, VF_SCRUB), MR_VF_SCRUB_WRITTEN);
	takes("gpu", 1, VF_AMOUNTS, 2048ull << 32);
	ck_assert_uint_eq(fb(1), 0x5ec2e7);

	ck_assert_uint_eq(vf_w("gpu", 1, VF_COMMAND, MR_VFC_SCRUB), MR_BATCH_OK);
	fx_pass(&x, 599999999); /* 100 ms of FLR and 500 ms of scrub */
	ck_assert(vf("gpu", 1, VF_STATUS) & MR_VF_RESET_BUSY);
	ck_assert_uint_eq(vf("gpu", 1, VF_SCRUB), MR_VF_SCRUB_BUSY | MR_VF_SCRUB_WRITTEN);
	ck_assert_uint_eq(vf_w("gpu", 1, VF_COMMAND, MR_VFC_SCRUB), MR_BATCH_REFUSED);
	fx_pass(&x, 1);
	ck_assert(vf("gpu", 1, VF_STATUS) & MR_VF_RESET_DONE);
	ck_assert_uint_eq(vf("gpu", 1, VF_SCRUB), 1ull << 32);
	takes("gpu", 1, VF_AMOUNTS, 1024ull << 32);
	ck_assert_uint_eq(fb(1), 0);
	ck_assert_uint_eq(vf_w("nic", 1, VF_COMMAND, MR_VFC_SCRUB), MR_BATCH_REFUSED);
}
END_TEST

/* ---- namespaces ---- */

static uint64_t ns(unsigned i, unsigned reg)
{
	return ct(&x, "ssd", CT_NS(0, i) + reg);
}

static uint32_t ns_w(unsigned i, unsigned reg, uint64_t v)
{
	return ct_w(&x, "ssd", CT_NS(0, i) + reg, v);
}

static uint32_t create(unsigned i, uint64_t mib, uint64_t form)
{
	if (ns_w(i, NS_SIZE, mib * MIB) || ns_w(i, NS_SHAPE, form))
		return MR_BATCH_REFUSED;
	return ns_w(i, NS_COMMAND, MR_NSC_CREATE);
}

START_TEST(namespace_limits)
{
	ck_assert_uint_eq(ns(0, NS_STATUS), 0);
	ck_assert_uint_eq(create(0, 512, 12), MR_BATCH_OK);
	ck_assert_uint_eq(ns(0, NS_STATUS), MR_NS_EXISTS);
	ck_assert_uint_ne(ns(0, NS_UUID), 0);
	ck_assert_uint_eq(create(0, 16, 12), MR_BATCH_REFUSED);	 /* it is there */
	ck_assert_uint_eq(create(1, 528, 12), MR_BATCH_REFUSED); /* 512 of 1024 are left */
	ck_assert_uint_eq(create(1, 24, 12), MR_BATCH_REFUSED);	 /* steps of 16 MiB */
	ck_assert_uint_eq(create(1, 0, 12), MR_BATCH_REFUSED);
	ck_assert_uint_eq(create(1, 16, 10), MR_BATCH_REFUSED); /* blocks of 512 and 4096 */
	ck_assert_uint_eq(create(1, 512, 9 | MR_NS_SHARED), MR_BATCH_OK);
	ck_assert_uint_ne(ns(1, NS_UUID), ns(0, NS_UUID));
	ck_assert_uint_eq(ct(&x, "ssd", CT_RES(0, MR_RES_CAPACITY) + RES_USED), 1024);
	ck_assert_uint_eq(create(2, 16, 9), MR_BATCH_REFUSED);
	ck_assert_uint_eq(ns_w(0, NS_COMMAND, MR_NSC_DELETE), MR_BATCH_OK);
	ck_assert_uint_eq(ns(0, NS_STATUS), 0);
	ck_assert_uint_eq(create(63, 512, 9), MR_BATCH_OK);
	ck_assert_uint_eq(ns(64, NS_STATUS), UINT64_MAX);
	ck_assert_uint_eq(ct(&x, "nic", CT_NS(0, 0)), UINT64_MAX);
	ck_assert_uint_eq(ns_w(63, NS_COMMAND, 9), MR_BATCH_REFUSED);
}
END_TEST

START_TEST(namespace_attach)
{
	ck_assert_uint_eq(create(0, 16, 12), MR_BATCH_OK);
	ck_assert_uint_eq(create(5, 16, 12 | MR_NS_SHARED), MR_BATCH_OK);
	refuses("ssd", 0, VF_CLASS1, 2); /* there is none */
	takes("ssd", 0, VF_CLASS1, 1 | 1 << 5);
	refuses("ssd", 1, VF_CLASS1, 1); /* one VF at a time */
	takes("ssd", 1, VF_CLASS1, 1 << 5);
	ck_assert_uint_eq(ns(5, NS_STATUS) >> 16, 2);
	ck_assert_uint_eq(ns_w(0, NS_COMMAND, MR_NSC_DELETE), MR_BATCH_REFUSED);
	ck_assert_uint_eq(ns_w(0, NS_COMMAND, MR_NSC_ERASE), MR_BATCH_REFUSED);
	takes("ssd", 0, VF_CLASS1, 1 << 5);
	takes("ssd", 1, VF_CLASS1, 1 | 1 << 5);
	reset("ssd", 1, MR_VFC_RESET); /* a function that is handed on carries no data */
	ck_assert_uint_eq(ns(0, NS_STATUS), MR_NS_EXISTS);
	ck_assert_uint_eq(ns_w(0, NS_COMMAND, MR_NSC_ERASE), MR_BATCH_OK);
	fx_pass(&x, 199999999);
	ck_assert_uint_eq(ns(0, NS_STATUS), MR_NS_EXISTS | MR_NS_ERASING);
	refuses("ssd", 1, VF_CLASS1, 1);
	ck_assert_uint_eq(ns_w(0, NS_COMMAND, MR_NSC_DELETE), MR_BATCH_REFUSED);
	fx_pass(&x, 1);
	ck_assert_uint_eq(ns(0, NS_STATUS), MR_NS_EXISTS);
	takes("ssd", 1, VF_CLASS1, 1);
}
END_TEST

static void cycle(unsigned nvm)
{
	sim_chassis_power_cycle(x.c, x.now, nvm);
	x.epoch = sw(&x, SW_OWNER_EPOCH);
	if (!x.epoch)
		ck_assert_uint_eq(fx_take_over(&x), MR_BATCH_OK);
}

/* Flash outlives power; what is attached is a table like the others: as committed, but never
 * to a namespace that is younger than the memory. */
START_TEST(namespace_power)
{
	uint64_t uuid;

	ck_assert_uint_eq(create(0, 16, 12), MR_BATCH_OK);
	ck_assert_uint_eq(ns_w(0, NS_COOKIE, 42), MR_BATCH_OK);
	uuid = ns(0, NS_UUID);
	takes("ssd", 0, VF_CLASS1, 1);
	ck_assert_uint_eq(sw_w(&x, SW_COMMIT, 1), MR_BATCH_OK);
	cycle(MR_NVM_GOOD);
	ck_assert_uint_eq(ns(0, NS_UUID), uuid);
	ck_assert_uint_eq(ns(0, NS_COOKIE), 42);
	ck_assert_uint_eq(vf("ssd", 0, VF_CLASS1), 1);

	takes("ssd", 0, VF_CLASS1, 0);
	ck_assert_uint_eq(ns_w(0, NS_COMMAND, MR_NSC_DELETE), MR_BATCH_OK);
	ck_assert_uint_eq(create(0, 32, 12), MR_BATCH_OK);
	cycle(MR_NVM_GOOD); /* another one stands there, and nothing was committed since */
	ck_assert_uint_eq(ns(0, NS_SIZE), 32 * MIB);
	ck_assert_uint_eq(vf("ssd", 0, VF_CLASS1), 0);

	takes("ssd", 0, VF_CLASS1, 1);
	ck_assert_uint_eq(sw_w(&x, SW_COMMIT, 1), MR_BATCH_OK);
	cycle(MR_NVM_BLANK);
	ck_assert_uint_eq(ns(0, NS_STATUS), MR_NS_EXISTS);
	ck_assert_uint_eq(vf("ssd", 0, VF_CLASS1), 0);
}
END_TEST

/* All of it goes through a file and back. */
START_TEST(saved)
{
	struct mr_buf out = {0}, before = {0}, after = {0};
	struct mr_err err = {0};

	ck_assert_uint_eq(create(3, 16, 12), MR_BATCH_OK);
	takes("ssd", 0, VF_CLASS1, 8);
	takes("nic", 0, VF_AMOUNTS, 20);
	takes("hca", 0, VF_CLASS0, 0xffff);
	sim_chassis_dump(x.c, x.now, &before);
	sim_chassis_save(x.c, x.now, &out);
	sim_chassis_free(x.c);
	ck_assert_int_eq(sim_chassis_restore(out.data, out.len, x.now, &x.c, &err), 0);
	sim_chassis_dump(x.c, x.now, &after);
	ck_assert_str_eq(mr_buf_text(&before), mr_buf_text(&after));
	ck_assert_ptr_nonnull(strstr(mr_buf_text(&after), "ns/ssd/pf0/3/size: 0x1000000\n"));
	ck_assert_ptr_nonnull(strstr(mr_buf_text(&after), "vf/hca/pf0/vf0/class0: 0xffff\n"));
	ck_assert_uint_eq(ns(3, NS_STATUS), MR_NS_EXISTS | 1 << 16);
	ck_assert_uint_eq(vf_w("nic", 1, VF_AMOUNTS, 28), MR_BATCH_REFUSED);
	mr_buf_done(&out);
	mr_buf_done(&before);
	mr_buf_done(&after);
}
END_TEST

/* ---- what a chassis file may not say ---- */

START_TEST(refused_models)
{
	static const struct {
		const char *old, *new, *says;
	} rows[] = {
		{"{total: 112, max: 40}", "{total: 95}",
		 "msix: 8 VFs x 12 each = 96, total is 95"},
		{"{total: 112, max: 40}", "{total: 112, max: 113}",
		 "msix: max 113 is above total 112"},
		{"{total: 112, max: 40}", "{max: 4, total: 112}",
		 "msix: max 4 is below what each VF has, 12"},
		{"kind: mra, vhs: 3, vfs: 8", "kind: mra, vhs: 3, vfs: 8, configSpaces: 12",
		 "1 BF + 2 PFs of VH 0 + 2 of one host + 8 VFs = 13 configuration spaces, "
		 "configSpaces is 12"},
		{"{total: 1GiB", "{total: 1GiB, base: 16MiB", "base"},
		{"step: 16MiB", "step: 16385KiB", "a whole number of MiB"},
		{"kind: mra, vhs: 3, vfs: 8", "kind: mra, vhs: 3, vfs: 8, lacks: [wieght]",
		 "weight"},
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *text = fx_replace(chassis, rows[i].old, rows[i].new);
		struct mr_diags diags = {0};
		struct sim_desc *d = NULL;
		struct mr_buf out = {0};

		ck_assert_int_lt(sim_desc_read("c.yaml", text, strlen(text), &d, &diags), 0);
		mr_diags_print(&diags, &out);
		ck_assert_msg(strstr(mr_buf_text(&out), rows[i].says) != NULL, "%s",
			      mr_buf_text(&out));
		mr_buf_done(&out);
		mr_diags_done(&diags);
		free(text);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sim_model.conform_class");
	TCase *t = tcase_create("class");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, capabilities);
	tcase_add_test(t, shape);
	tcase_add_test(t, vlans);
	tcase_add_test(t, switching);
	tcase_add_test(t, filter_rules);
	tcase_add_test(t, partition_keys);
	tcase_add_test(t, gpu_times);
	tcase_add_test(t, commands_per_second);
	tcase_add_test(t, defaults);
	tcase_add_test(t, totals);
	tcase_add_test(t, amounts);
	tcase_add_test(t, framebuffer);
	tcase_add_test(t, not_while_used);
	tcase_add_test(t, vectors);
	tcase_add_test(t, scrub);
	tcase_add_test(t, namespace_limits);
	tcase_add_test(t, namespace_attach);
	tcase_add_test(t, namespace_power);
	tcase_add_test(t, saved);
	tcase_add_test(t, refused_models);
	suite_add_tcase(s, t);
	return check_run(s);
}
