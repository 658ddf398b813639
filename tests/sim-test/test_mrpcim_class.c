/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The driver and what adapters differ in: capacities in the inventory, attributes by class
 * written and read back, device memory that a release clears, namespaces.
 */
#include <linux/pci_regs.h>

#include "sim/model/place.h"
#include "tests/sim-test/mrpcim.h"
#include "tests/unit/check_main.h"

static const char class_chassis[] =
	"apiVersion: banyan/v1\nkind: ChassisModel\nmetadata: {name: c1}\nspec:\n"
	"  serial: T-1\n  switch: {ports: 12}\n  hosts:\n"
	"    - {slot: 2, name: b}\n"
	"    - {slot: 1, name: a, hotplugReserve: {buses: 32, mmio64: 512GiB}, bridges: 8}\n"
	"  models:\n"
	"    pair: {profile: connectx6dx-100g, vfs: 4, dependentPfs: true}\n"
	"    pair-mr: {profile: connectx6dx-100g, kind: mra, vhs: 3, vfs: 4, dependentPfs: "
	"true}\n"
	"    few: {profile: x3100-mr17, vfs: 4, configSpaces: 7}\n"
	"    nic: {profile: connectx6dx-100g, vfs: 8, resources: {msix: {total: 112, max: "
	"40}}}\n"
	"    gpu: {profile: a100-40g, vfs: 4, timing: {flr: 100ms, scrub: 3s}}\n"
	"    ssd: {profile: pm1735-nvme, vfs: 4, resources: {capacity: {total: 1GiB, step: "
	"16MiB}}, timing: {scrub: 5s}}\n"
	"  adapters:\n"
	"    - {slot: 1, name: nic, model: nic, serial: N}\n"
	"    - {slot: 2, name: gpu, model: gpu, serial: G}\n"
	"    - {slot: 3, name: ssd, model: ssd, serial: D}\n"
	"    - {slot: 4, name: hca, model: connectx6-hdr, serial: I}\n"
	"    - {slot: 5, name: old, model: x710-10g, serial: P}\n"
	"    - {slot: 6, name: few, model: few, serial: X}\n"
	"    - {slot: 7, name: pair, model: pair, serial: Q}\n"
	"    - {slot: 8, name: pair-mr, model: pair-mr, serial: R}\n";

static uint16_t port_of(const char *name)
{
	return fm_adapter_by_name(&x.inv, name, NULL)->port;
}

static const struct fm_adapter *adapter(const char *name)
{
	return fm_adapter_by_name(&x.inv, name, NULL);
}

static void begin(void)
{
	rig_init(&x, class_chassis);
	rig_do(&x, (struct fm_op){.kind = FM_OP_AUTHORISE,
				  .place = {.port = 1},
				  .value = MR_AUTH_AUTHORISED});
	for (unsigned i = 0; i < x.inv.chassis[0].adapters; i++)
		provision(x.inv.chassis[0].adapter[i].port);
}

static uint64_t reg(const char *name)
{
	struct sim_place p;
	struct mr_err err = {0};

	ck_assert_msg(!sim_place_find(x.c, name, &p, &err), "%s", err.text);
	return sim_place_read(x.c, x.now, &p);
}

static struct fm_op on(const char *name, unsigned vf)
{
	return (struct fm_op){.fn = fn_of(port_of(name), 0, vf),
			      .place = {.way = FM_WAY_SYNTHETIC, .port = 1, .bridge = 2},
			      .cookie = 0x100000001ull + vf,
			      .attrs = {.device_class = (uint8_t)adapter(name)->device_class}};
}

static void refused(enum fm_op_kind kind, struct fm_op op, enum mr_reason reason,
		    const char *says)
{
	struct fm_op_result r;

	op.kind = kind;
	r = rig_op(&x, op);
	ck_assert_int_eq(r.end, FM_OP_REFUSED);
	ck_assert_int_eq(r.reason, reason);
	ck_assert_msg(strstr(r.detail, says) != NULL, "%s", r.detail);
}

/* ---- the inventory ---- */

/* The planner learns which PFs' functions go together. */
START_TEST(dependent_pfs)
{
	static const char *const lists[] = {"pair", "pair-mr"};

	for (unsigned i = 0; i < 2; i++) {
		ck_assert_uint_eq(adapter(lists[i])->pfs, 2);
		ck_assert_uint_eq(adapter(lists[i])->pf[0].depends, 2);
		ck_assert_uint_eq(adapter(lists[i])->pf[1].depends, 1);
	}
	ck_assert_uint_eq(adapter("nic")->pfs, 2);
	for (unsigned p = 0; p < 2; p++)
		ck_assert_uint_eq(adapter("nic")->pf[p].depends, 0);
}
END_TEST

START_TEST(capacities)
{
	const struct fm_adapter *nic_a = adapter("nic"), *ssd = adapter("ssd");
	const struct fm_pf *pf = &nic_a->pf[1];

	ck_assert(nic_a->caps & MR_CT_CAP_WEIGHT);
	ck_assert(!(adapter("old")->caps & MR_CT_CAP_WEIGHT));
	ck_assert_uint_eq(nic_a->limits.mtu, 9216);
	ck_assert_uint_eq(nic_a->limits.trunk_ranges, 4);
	ck_assert_uint_eq(nic_a->limits.acl_rules, 4);
	ck_assert_uint_eq(adapter("few")->limits.acl_rules, 0);
	ck_assert_uint_eq(adapter("hca")->limits.pkeys, 8);
	ck_assert_uint_eq(adapter("gpu")->limits.slice_us, 1000000);
	ck_assert_uint_eq(pf->total[FM_RESOURCE_MSIX], 112);
	ck_assert_uint_eq(pf->amount[FM_RESOURCE_MSIX].base, 12);
	ck_assert_uint_eq(pf->amount[FM_RESOURCE_MSIX].max, 40);
	ck_assert_uint_eq(pf->amount[FM_RESOURCE_MSIX].used, 96);
	ck_assert_uint_eq(adapter("gpu")->pf[0].total[FM_RESOURCE_FRAMEBUFFER], 40960);
	ck_assert_uint_eq(ssd->pf[0].total[FM_RESOURCE_STORAGE], 1024);
	ck_assert_uint_eq(ssd->namespaces, 64);
	ck_assert_uint_eq(ssd->limits.block_sizes, 1 << 9 | 1 << 12);
	ck_assert(!ssd->pf[0].ns[0].exists);
	ck_assert_ptr_null(nic_a->pf[0].ns);

	ck_assert_uint_eq(fm_pf_amount(pf, FM_RESOURCE_MSIX, 12), 0);
	ck_assert_uint_eq(fm_pf_amount(pf, FM_RESOURCE_MSIX, 13), 13);
	ck_assert_uint_eq(fm_pf_amount(pf, FM_RESOURCE_MSIX, 41), UINT32_MAX);
	pf = &adapter("gpu")->pf[0];
	ck_assert_uint_eq(fm_pf_amount(pf, FM_RESOURCE_FRAMEBUFFER, 1), 1024);
	ck_assert_uint_eq(fm_pf_amount(pf, FM_RESOURCE_FRAMEBUFFER, 4097), 5120);
}
END_TEST

/* ---- attributes ---- */

static void fill(struct fm_attrs *a)
{
	switch (a->device_class) {
	case MR_CLASS_ETHERNET:
		*a = (struct fm_attrs){
			.device_class = a->device_class,
			.ident0 = 0x020000000001,
			.vlan = 7,
			.vlan_ad = true,
			.bridging = MR_BRIDGING_VEPA,
			.burst_kib = 256,
			.mtu = 9000,
			.weight = 30,
			.msix = 20,
			.queues = 8,
			.mirror = 8,
			.acl = {MR_ACL_ROW(MR_ACL_DST, 7, 1) | MR_ACL_DENY, MR_ACL_THERE},
			.trunk = {{10, 19}, {30, 30}, {0, 0}, {4000, 4094}}};
		break;
	case MR_CLASS_IB:
		a->pkey[0] = 0xffff;
		a->pkey[7] = 0x8001;
		a->msix = 24;
		break;
	case MR_CLASS_NVME:
		a->nvme.iops = 50000;
		a->queues = 16;
		break;
	case MR_CLASS_GPU:
		a->gpu.framebuffer_mib = 4096;
		a->gpu.slice_us = 2000;
		a->gpu.watchdog_ms = 10000;
		break;
	default:
		ck_abort_msg("no such class");
	}
}

/* What is configured is what the registers hold, and what the next observer sees. */
START_TEST(configured)
{
	static const char *const names[] = {"nic", "hca", "ssd", "gpu"};
	struct fm_op op = on(names[_i], 3);
	struct fm_op_result r;

	fill(&op.attrs);
	act(FM_OP_RESET, op);
	r = act(FM_OP_CONFIGURE, op);
	ck_assert(fm_attrs_eq(&r.fn.attrs, &op.attrs));
	observe();
	ck_assert(fm_attrs_eq(&fn(op.fn)->attrs, &op.attrs));
	act(FM_OP_MAP, op);
	if (op.attrs.msix) /* the host finds as many vectors as the VF has */
		ck_assert_uint_eq(reg("row/a/2/msix") & 0xffff, op.attrs.msix);
	act(FM_OP_GATE_OPEN, op);
	take_away(op);
	ck_assert(fm_attrs_eq(&fn(op.fn)->attrs, &(struct fm_attrs){0}));
}
END_TEST

START_TEST(live)
{
	struct fm_op op = on("nic", 3);

	fill(&op.attrs);
	act(FM_OP_RESET, op);
	act(FM_OP_CONFIGURE, op);
	act(FM_OP_MAP, op);
	op.attrs.trunk[0].last = 20;
	op.attrs.acl[0] = MR_ACL_ROW(MR_ACL_ETHERTYPE, 0, 0x806);
	op.attrs.acl[1] = 0;
	op.attrs.weight = 0;
	op.attrs.mtu = 1500;
	act(FM_OP_SET_ATTRS, op);
	ck_assert_uint_eq(reg("vf/nic/pf0/vf3/class0"),
			  10 | 20 << 16 | 30ull << 32 | 30ull << 48);
	ck_assert_uint_eq(reg("vf/nic/pf0/vf3/acl0"), MR_ACL_ROW(MR_ACL_ETHERTYPE, 0, 0x806));
	ck_assert_uint_eq(reg("vf/nic/pf0/vf3/acl1"), 0);
	ck_assert_uint_eq(reg("vf/nic/pf0/vf3/shape"), 1500 | 256ull << 32);
	op.attrs.msix = 24; /* the host has read how many there are */
	refused(FM_OP_SET_ATTRS, op, MR_REASON_CONFLICT, "VF_AMOUNTS of nic/pf0/vf3 refused");
}
END_TEST

START_TEST(not_able)
{
	struct fm_op op = on("old", 1);

	act(FM_OP_RESET, op);
	op.attrs.weight = 5;
	refused(FM_OP_CONFIGURE, op, MR_REASON_UNSUPPORTED, "old cannot do weights");
	op = on("few", 1);
	op.attrs.acl[0] = MR_ACL_THERE;
	refused(FM_OP_CONFIGURE, op, MR_REASON_UNSUPPORTED, "few cannot do filter rules");
	op = on("nic", 1);
	op.attrs.device_class = MR_CLASS_IB;
	op.attrs.pkey[0] = 1;
	refused(FM_OP_CONFIGURE, op, MR_REASON_INVALID,
		"nic is of class ethernet, the attributes are of infiniband");
	op = on("nic", 1);
	op.attrs.acl[1] = MR_ACL_DENY;
	refused(FM_OP_CONFIGURE, op, MR_REASON_CONFLICT, "VF_ACL(1) of nic/pf0/vf1 refused");
	op = on("hca", 1);
	op.attrs.mirror = 1;
	refused(FM_OP_CONFIGURE, op, MR_REASON_UNSUPPORTED, "hca cannot do mirroring");
	op = on("nic", 1);
	act(FM_OP_RESET, op);
	op.attrs.msix = 29; /* 16 are spare */
	refused(FM_OP_CONFIGURE, op, MR_REASON_CONFLICT, "VF_AMOUNTS of nic/pf0/vf1");
	op.attrs.msix = 28;
	act(FM_OP_CONFIGURE, op);
}
END_TEST

/* ---- device memory ---- */

START_TEST(memory)
{
	struct fm_op op = on("gpu", 1);
	int64_t before;

	act(FM_OP_RESET, op);
	ck_assert_uint_eq(reg("vf/gpu/pf0/vf1/scrub") >> 32, 1);
	op.value = FM_RELEASE_RETAIN;
	before = x.now.mono_ns;
	act(FM_OP_RESET, op);
	ck_assert_uint_eq(reg("vf/gpu/pf0/vf1/scrub") >> 32, 1);
	ck_assert_int_lt(x.now.mono_ns - before, 3 * MR_NS_PER_S);
	op.value = FM_RELEASE_SCRUB;
	before = x.now.mono_ns;
	act(FM_OP_RESET, op);
	ck_assert_uint_eq(reg("vf/gpu/pf0/vf1/scrub") >> 32, 2);
	ck_assert_int_ge(x.now.mono_ns - before, 3 * MR_NS_PER_S);
	op = on("nic", 1); /* has none to clear: RESET is enough */
	op.value = FM_RELEASE_SCRUB;
	act(FM_OP_RESET, op);
}
END_TEST

/* ---- namespaces ---- */

static struct fm_op ns_op(unsigned index, uint64_t cookie)
{
	return (struct fm_op){
		.fn = {.port = port_of("ssd")},
		.cookie = cookie,
		.ns = {.index = (uint8_t)index, .block_shift = 12, .size = 1 << 28}};
}

static struct fm_op_result ns_do(enum fm_op_kind kind, struct fm_op op)
{
	op.kind = kind;
	return rig_do(&x, op);
}

START_TEST(namespaces)
{
	struct fm_op op = on("ssd", 1), other = on("ssd", 2), data = ns_op(4, 42);
	struct fm_op_result r = ns_do(FM_OP_NS_CREATE, data);

	ck_assert(r.has_ns && r.ns.exists);
	ck_assert_uint_eq(r.ns.cookie, 42);
	refused(FM_OP_NS_CREATE, data, MR_REASON_CONFLICT,
		"NS_STATUS of ssd/pf0's namespace 5");
	observe();
	ck_assert_uint_eq(adapter("ssd")->pf[0].ns[4].size, 1 << 28);
	ck_assert_uint_eq(adapter("ssd")->pf[0].amount[FM_RESOURCE_STORAGE].used, 256);

	act(FM_OP_RESET, op);
	act(FM_OP_RESET, other);
	op.attrs.nvme.namespaces = other.attrs.nvme.namespaces = 1 << 4;
	act(FM_OP_CONFIGURE, op);
	refused(FM_OP_CONFIGURE, other, MR_REASON_CONFLICT, "VF_CLASS1 of ssd/pf0/vf2");
	refused(FM_OP_NS_ERASE, data, MR_REASON_CONFLICT,
		"NS_COMMAND of ssd/pf0's namespace 5");
	act(FM_OP_MAP, op);
	act(FM_OP_GATE_OPEN, op);
	act(FM_OP_GATE_CLOSE, op); /* before the cut: the data is free for the next owner */
	ck_assert_uint_eq(reg("vf/ssd/pf0/vf1/class1"), 0);
	act(FM_OP_GATE_OPEN, op); /* rolled back */
	ck_assert_uint_eq(reg("vf/ssd/pf0/vf1/class1"), 1 << 4);
	take_away(op);
	act(FM_OP_CONFIGURE, other);
	take_away(other);

	refused(FM_OP_NS_DELETE, ns_op(4, 43), MR_REASON_CONFLICT,
		"expected 0x2b, it reads 0x2a");
	ns_do(FM_OP_NS_ERASE, data);
	ns_do(FM_OP_NS_DELETE, data);
	observe();
	ck_assert(!adapter("ssd")->pf[0].ns[4].exists);
	refused(FM_OP_NS_CREATE, ns_op(64, 42), MR_REASON_NOT_FOUND, "no namespace 65");
	data = ns_op(0, 42);
	data.ns.size = 1ull << 31;
	refused(FM_OP_NS_CREATE, data, MR_REASON_CONFLICT, "NS_COMMAND");
	data.fn.port = port_of("nic");
	refused(FM_OP_NS_CREATE, data, MR_REASON_UNSUPPORTED, "nic cannot do namespaces");
}
END_TEST

/* ---- configuration spaces of all VHs ---- */

/* What an adapter does by itself comes with the function's name and the time that it took. */
START_TEST(a_watchdog_is_told)
{
	struct mr_err err = {0};
	struct sim_place p;
	struct fm_op op;
	char command[64];
	unsigned rid;

	op = on("gpu", 1);
	rid = adapter("gpu")->pf[0].rid + adapter("gpu")->pf[0].vf_offset +
	      adapter("gpu")->pf[0].vf_stride;
	fill(&op.attrs);
	act(FM_OP_RESET, op);
	act(FM_OP_CONFIGURE, op);
	mr_fmt(command, sizeof(command), "config/vh0/%02x:%02x.%x/4/2", rid >> 8, rid >> 3 & 31,
	       rid & 7);
	ck_assert_msg(!sim_place_find(x.c, command, &p, &err), "%s", err.text);
	ck_assert_int_eq(sim_place_write(x.c, x.now, &p, 42, 1, PCI_COMMAND_MASTER),
			 MR_BATCH_OK);
	ck_assert_int_eq(sim_vf_stall(x.c, x.now, op.fn.port, 0, 1), 0);
	x.events = 0;
	while (!event_of(FM_CE_WATCHDOG))
		ck_assert(rig_tick(&x));
	ck_assert(fm_fn_eq(event_of(FM_CE_WATCHDOG)->fn, op.fn));
	ck_assert_uint_eq(event_of(FM_CE_WATCHDOG)->value, op.attrs.gpu.watchdog_ms);
}
END_TEST

START_TEST(configuration_spaces)
{
	struct fm_op op = {.kind = FM_OP_ATTACH_PF,
			   .fn = {.port = port_of("few")},
			   .place = {.port = 1, .bridge = 1},
			   .cookie = 7};

	rig_do(&x, op); /* BF, PF 0:0, 4 VFs, and now PF 1:0 */
	op.place.port = 2;
	refused(FM_OP_ATTACH_PF, op, MR_REASON_NO_CAPACITY,
		"few has 7 configuration spaces: 7 taken (BF, PFs of each VH, VFs of VH 0) + 1 "
		"= 8");
	op.place.port = 1;
	op.kind = FM_OP_DETACH_PF;
	rig_do(&x, op);
	op.kind = FM_OP_ATTACH_PF;
	op.place.port = 2;
	rig_do(&x, op);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sim-test.mrpcim_class");
	TCase *t = tcase_create("class");

	tcase_add_checked_fixture(t, begin, teardown);
	tcase_add_test(t, capacities);
	tcase_add_test(t, dependent_pfs);
	tcase_add_loop_test(t, configured, 0, 4);
	tcase_add_test(t, live);
	tcase_add_test(t, not_able);
	tcase_add_test(t, memory);
	tcase_add_test(t, namespaces);
	tcase_add_test(t, a_watchdog_is_told);
	tcase_add_test(t, configuration_spaces);
	suite_add_tcase(s, t);
	return check_run(s);
}
