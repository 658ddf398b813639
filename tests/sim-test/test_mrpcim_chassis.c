/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The driver's operations on the simulated chassis: the whole life of a function, for every
 * kind of adapter and every way of reaching it. What they left behind is read by a fresh
 * discovery, and every write is held against what its operation names (I6).
 */
#include <linux/pci_regs.h>

#include "common/ids.h"
#include "common/str.h"
#include "tests/sim-test/rig.h"

static const char chassis_text[] =
	"apiVersion: banyan/v1\n"
	"kind: ChassisModel\n"
	"metadata: {name: c1}\n"
	"spec:\n"
	"  serial: T-1\n"
	"  switch: {ports: 8, owner: free, managementRoot: embedded, nvm: yes, cutAnswer: "
	"ones}\n"
	"  hosts:\n"
	"    - {slot: 1, name: a, kind: face, link: {speed: 16GT, width: 8}, hotplugReserve: "
	"{buses: 32, mmio: 512MiB, mmio64: 512GiB}, bridges: 8, vfMigration: true}\n"
	"    - {slot: 2, name: b, kind: face, link: {speed: 16GT, width: 8}, hotplugReserve: "
	"{buses: 32, mmio: 512MiB, mmio64: 512GiB}, bridges: 8, vfMigration: false}\n"
	"  models:\n"
	"    nic: {kind: mra, class: ethernet, vendor: \"15b3\", device: \"101d\", vfDevice: "
	"\"101e\", ports: [{speed: 100Gbit}], link: {speed: 16GT, width: 16}, vfs: 16, vhs: 3, "
	"bars: [{size: 64KiB, type: mem64}], msix: 16, timing: {flr: 2ms, vfEnable: 300ms}}\n"
	"    hba: {kind: sriov, class: fibre-channel, vendor: \"1077\", device: \"2281\", "
	"vfDevice: \"2289\", ports: [{speed: 32Gbit}, {speed: 32Gbit}], link: {speed: 16GT, "
	"width: 8}, vfs: 8, bars: [{size: 64KiB, type: mem64}], msix: 8, timing: {flr: 0ms, "
	"vfEnable: 0ms}}\n"
	"    gpu: {kind: base, class: gpu, vendor: \"1002\", device: \"740f\", link: {speed: "
	"16GT, "
	"width: 16}, bars: [{size: 16MiB, type: mem64}], msix: 4, timing: {flr: 5ms}}\n"
	"  adapters:\n"
	"    - {slot: 1, name: nic, model: nic, serial: N-1}\n"
	"    - {slot: 2, name: hba, model: hba, serial: F-1}\n"
	"    - {slot: 3, name: gpu, model: gpu, serial: G-1}\n";

static struct rig x;
static uint16_t nic, hba, gpu; /* ports */

static void setup(void)
{
	rig_init(&x, chassis_text);
	nic = fm_adapter_by_name(&x.inv, "nic", NULL)->port;
	hba = fm_adapter_by_name(&x.inv, "hba", NULL)->port;
	gpu = fm_adapter_by_name(&x.inv, "gpu", NULL)->port;
	for (uint16_t p = 1; p <= 2; p++)
		rig_do(&x, (struct fm_op){.kind = FM_OP_AUTHORISE,
					  .place = {.port = p},
					  .value = MR_AUTH_AUTHORISED});
	x.events = 0;
}

static void teardown(void)
{
	rig_done(&x);
}

static void observe(void)
{
	rig_do(&x, (struct fm_op){.kind = FM_OP_OBSERVE});
}

static void provision(uint16_t port)
{
	rig_do(&x, (struct fm_op){.kind = FM_OP_PROVISION, .fn = {.port = port}});
	observe();
}

static struct fm_fn_id fn_of(uint16_t port, unsigned pf, unsigned vf)
{
	return (struct fm_fn_id){.port = port, .pf = (uint16_t)pf, .vf = (uint16_t)vf};
}

static const struct fm_fn *fn(struct fm_fn_id id)
{
	const struct fm_fn *f = fm_fn_get(&x.inv, id);

	ck_assert_ptr_nonnull(f);
	return f;
}

/* ---- I6: what an operation may write ---- */

static bool is_global(const struct rig_write *w)
{
	return w->space == MR_SPACE_SWITCH && w->address < SW_EVENTS;
}

static bool names(const struct fm_op *op, const struct rig_write *w)
{
	const struct fm_adapter *a = fm_adapter_by_port(&x.inv, 0, op->fn.port);
	uint64_t row = SW_BRIDGE(op->place.port, op->place.bridge), vf;

	if (is_global(w))
		return true;
	if (w->space == MR_SPACE_SWITCH)
		return op->place.way >= FM_WAY_SYNTHETIC && w->address >= row &&
		       w->address < row + 0x100;
	if (w->space == MR_SPACE_CONFIG)
		return a->kind == FM_ADAPTER_BASE && op->kind == FM_OP_RESET &&
		       w->bdf >> 8 == a->pf[0].rid >> 8;
	vf = CT_VF(a->vfs, op->fn.pf, op->fn.vf);
	return a->kind != FM_ADAPTER_BASE && (w->address & 0x3ffffff) >= vf &&
	       (w->address & 0x3ffffff) < vf + 0x100;
}

/* An operation on one function that has to succeed and to touch nothing else. */
static struct fm_op_result act(enum fm_op_kind kind, struct fm_op op)
{
	struct fm_op_result r;

	op.kind = kind;
	r = rig_do(&x, op);
	for (unsigned i = 0; i < x.writes; i++)
		ck_assert_msg(names(&op, &x.write[i]), "%s writes 0x%llx of space %u",
			      fm_op_kind_name(kind), (unsigned long long)x.write[i].address,
			      x.write[i].space);
	return r;
}

/* ---- the whole life of a function ---- */

static void take_away(struct fm_op op)
{
	bool base = op.fn.pf == FM_WHOLE;
	struct fm_op_result r;

	act(FM_OP_GATE_CLOSE, op);
	r = act(FM_OP_BLOCK, op);
	ck_assert_uint_eq(r.fn.block, 3);
	act(FM_OP_DRAIN, op);
	act(FM_OP_UNMAP, op);
	r = act(FM_OP_RESET, op);
	ck_assert(r.fn.status & MR_VF_DEFAULTS);
	ck_assert(r.fn.status & MR_VF_RESET_DONE);
	ck_assert_uint_eq(r.fn.cookie, 0);
	observe();
	ck_assert_uint_eq(fn(op.fn)->owner_vh, 0);
	ck_assert_uint_eq(fn(op.fn)->row_bridge, FM_NO_BRIDGE);
	if (!base)
		ck_assert_uint_eq(fn(op.fn)->attrs.ident0, 0);
}

START_TEST(life_of_a_synthetic_function)
{
	static const unsigned vfs[] = {0, 3, 7};
	uint16_t ports[] = {hba, nic};

	provision(hba);
	provision(nic);
	for (unsigned i = 0; i < 2 * 3; i++) {
		struct fm_op op = {.fn = fn_of(ports[i % 2], i % 2 ? 0 : 1, vfs[i / 2]),
				   .place = {.way = FM_WAY_SYNTHETIC, .port = 2, .bridge = 5},
				   .cookie = 0x500000001ull + i,
				   .attrs = {.ident0 = 0x2100000000000001ull, .max_mbps = 1000},
				   .generation = 2 + i};
		struct fm_op_result r;
		const struct fm_bridge *br = &x.inv.chassis[0].host[1].bridge[5];

		act(FM_OP_RESET, op);
		r = act(FM_OP_CONFIGURE, op);
		ck_assert(!r.fn.gate_open);
		ck_assert_uint_eq(x.sent, 1);
		r = act(FM_OP_MAP, op);
		ck_assert_uint_eq(x.sent, 1);
		ck_assert_uint_eq(r.bridge.state, MR_ROW_MAPPED);
		ck_assert_uint_eq(r.fn.row_bridge, 5);
		r = act(FM_OP_GATE_OPEN, op);
		ck_assert(r.fn.gate_open);
		observe();
		br = &x.inv.chassis[0].host[1].bridge[5];
		ck_assert_uint_eq(br->cookie, op.cookie);
		ck_assert_uint_eq(fn(op.fn)->row_vs, 2);
		ck_assert_uint_eq(fn(op.fn)->attrs.ident0, op.attrs.ident0);
		ck_assert_uint_eq(x.inv.chassis[0].generation, op.generation);
		take_away(op);
	}
}
END_TEST

START_TEST(life_of_a_whole_device)
{
	struct fm_op op = {.fn = fn_of(gpu, FM_WHOLE, FM_WHOLE),
			   .place = {.way = FM_WAY_DEVICE, .port = 1, .bridge = 2},
			   .cookie = 0x900000003ull};
	struct fm_op_result r;
	int64_t before = x.now.mono_ns;

	act(FM_OP_RESET, op);
	ck_assert_int_ge(x.now.mono_ns - before, 5 * MR_NS_PER_MS);
	act(FM_OP_CONFIGURE, op);
	r = act(FM_OP_MAP, op);
	ck_assert_uint_eq(r.fn.cookie, op.cookie);
	act(FM_OP_GATE_OPEN, op);
	observe();
	ck_assert_uint_eq(fn(op.fn)->row_bridge, 2);
	ck_assert_uint_eq(fn(op.fn)->owner_vh, 1);
	take_away(op);
	op.attrs.ident0 = 5;
	op.kind = FM_OP_CONFIGURE;
	rig_fail(&x, op, MR_REASON_UNSUPPORTED);
}
END_TEST

/* ---- functions of a host's own PF ---- */

static void attach(uint16_t host, uint16_t bridge)
{
	rig_do(&x, (struct fm_op){.kind = FM_OP_ATTACH_PF,
				  .fn = {.port = nic},
				  .place = {.port = host, .bridge = bridge},
				  .cookie = 77});
}

static struct fm_op lvf(uint16_t host, unsigned vf)
{
	return (struct fm_op){
		.fn = fn_of(nic, 0, vf),
		.place = {.way = FM_WAY_LVF, .port = host, .bridge = 1},
		.cookie = 0x100000001ull + vf,
		.attrs = {.ident0 = 0x020000000001ull + vf, .vlan = 100, .trust = true}};
}

START_TEST(lvf_slots_are_packed_while_the_host_is_down)
{
	provision(nic);
	attach(1, 1);
	for (unsigned v = 4; v < 7; v++) {
		struct fm_op_result r;

		act(FM_OP_RESET, lvf(1, v));
		act(FM_OP_CONFIGURE, lvf(1, v));
		r = act(FM_OP_MAP, lvf(1, v));
		ck_assert_uint_eq(r.place.slot, v - 3);
		ck_assert_uint_eq(r.fn.owner_vh, 1);
	}
	act(FM_OP_GATE_OPEN, lvf(1, 4));
	take_away(lvf(1, 4));
	ck_assert_uint_eq(fn(fn_of(nic, 0, 5))->lvf_slot, 1);
	ck_assert_uint_eq(fn(fn_of(nic, 0, 6))->lvf_slot, 2);
	take_away(lvf(1, 5));
	take_away(lvf(1, 6));
}
END_TEST

/* ---- what a host's SR-PCIM does, through its own hierarchy ---- */

static uint16_t pf_rid(unsigned vh, unsigned bridge)
{
	/* upstream bridge on bus 1, internal bus 2, bridge b leads to bus 10h + b */
	const uint16_t up = 0x100, down = (uint16_t)(0x200 + bridge);
	uint16_t rid = mr_rid(0x10 + bridge, 0, 0);

	sim_host_cfg_write(x.c, x.now, (uint16_t)vh, up, PCI_PRIMARY_BUS, 4, 0x00ff0201);
	sim_host_cfg_write(x.c, x.now, (uint16_t)vh, down, PCI_PRIMARY_BUS, 4,
			   (uint32_t)(0x2 | (0x10 + bridge) << 8 | (0x11 + bridge) << 16));
	return rid;
}

static unsigned find_sriov(uint16_t vh, uint16_t rid)
{
	unsigned at = 0x100;

	for (unsigned i = 0; i < 32 && at; i++) {
		uint32_t h = sim_host_cfg_read(x.c, x.now, vh, rid, at, 4);

		if ((h & 0xffff) == PCI_EXT_CAP_ID_SRIOV)
			return at;
		at = h == UINT32_MAX ? 0 : h >> 20;
	}
	ck_abort_msg("no SR-IOV capability at %04x in VH %u", rid, vh);
	return 0;
}

static void enable_vfs(uint16_t vh, unsigned bridge)
{
	uint16_t rid = pf_rid(vh, bridge);
	unsigned at;

	while (rig_tick(&x)) /* the row becomes effective */
		;
	at = find_sriov(vh, rid);
	sim_host_cfg_write(x.c, x.now, vh, rid, at + PCI_SRIOV_NUM_VF, 2, 16);
	sim_host_cfg_write(x.c, x.now, vh, rid, at + PCI_SRIOV_CTRL, 2,
			   PCI_SRIOV_CTRL_VFE | PCI_SRIOV_CTRL_MSE | PCI_SRIOV_CTRL_VFM |
				   PCI_SRIOV_CTRL_INTR);
	rig_notices(&x);
}

/* Writes the State Array as the SR-PCIM does: BAR 0 of the PF, placed in its bridge's window.
 */
static void write_state(uint16_t vh, unsigned bridge, unsigned slot, uint8_t state)
{
	const uint64_t base = 0x4000000000ull;
	uint16_t rid = pf_rid(vh, bridge), up = 0x100, down = (uint16_t)(0x200 + bridge);
	unsigned at = find_sriov(vh, rid);
	uint32_t where = sim_host_cfg_read(x.c, x.now, vh, rid, at + PCI_SRIOV_VFM, 4);
	const uint16_t path[] = {up, down};

	ck_assert_uint_eq(where & 7, 0);
	for (unsigned i = 0; i < 2; i++) {
		sim_host_cfg_write(x.c, x.now, vh, path[i], PCI_PREF_MEMORY_BASE, 4,
				   0xfff10001);
		sim_host_cfg_write(x.c, x.now, vh, path[i], PCI_PREF_BASE_UPPER32, 4, 0x40);
		sim_host_cfg_write(x.c, x.now, vh, path[i], PCI_PREF_LIMIT_UPPER32, 4, 0x40);
		sim_host_cfg_write(x.c, x.now, vh, path[i], PCI_COMMAND, 2, 6);
	}
	sim_host_cfg_write(x.c, x.now, vh, rid, PCI_BASE_ADDRESS_0, 4, 0);
	sim_host_cfg_write(x.c, x.now, vh, rid, PCI_BASE_ADDRESS_1, 4, base >> 32);
	sim_host_cfg_write(x.c, x.now, vh, rid, PCI_COMMAND, 2, 6);
	sim_host_mem_write(x.c, x.now, vh, base + (where & ~7u) + slot - 1, 1, state);
	rig_notices(&x);
}

static const struct fm_chassis_event *event_of(enum fm_chassis_event_kind k)
{
	for (unsigned i = x.events; i--;)
		if (x.event[i].kind == k)
			return &x.event[i];
	return NULL;
}

START_TEST(lvf_migrates_in_and_out)
{
	const struct fm_chassis_event *ev;
	struct fm_op op = lvf(1, 2);
	struct fm_op_result r;

	provision(nic);
	attach(1, 1);
	enable_vfs(1, 1);
	ev = event_of(FM_CE_VF_ENABLE);
	ck_assert_ptr_nonnull(ev);
	ck_assert_uint_eq(ev->port, 1);
	ck_assert_uint_eq(ev->fn.port, nic);

	act(FM_OP_RESET, op);
	act(FM_OP_CONFIGURE, op);
	r = act(FM_OP_MAP, op);
	ck_assert_uint_eq(r.fn.state, MR_VF_MIGRATE_IN);
	ck_assert_uint_eq(r.place.slot, 1);
	write_state(1, 1, 1, MR_VF_AVAILABLE);
	ev = event_of(FM_CE_VF_STATE);
	ck_assert_ptr_nonnull(ev);
	ck_assert_uint_eq(ev->value, MR_VF_AVAILABLE);
	ck_assert(fm_fn_eq(ev->fn, op.fn));
	act(FM_OP_GATE_OPEN, op);

	/* asked for and taken back */
	r = act(FM_OP_REQUEST_OUT, op);
	ck_assert_uint_eq(r.fn.state, MR_VF_MIGRATE_OUT);
	r = act(FM_OP_RETRACT, op);
	ck_assert_uint_eq(r.fn.state, MR_VF_AVAILABLE);
	act(FM_OP_REQUEST_OUT, op);
	write_state(1, 1, 1, MR_VF_UNAVAILABLE);
	ck_assert_uint_eq(event_of(FM_CE_VF_STATE)->value, MR_VF_UNAVAILABLE);
	op.kind = FM_OP_RETRACT;
	rig_fail(&x, op, MR_REASON_CONFLICT);
	take_away(op);
}
END_TEST

START_TEST(lvf_is_cut_by_force)
{
	struct fm_op op = lvf(1, 2);
	struct fm_op_result r;

	provision(nic);
	attach(1, 1);
	enable_vfs(1, 1);
	act(FM_OP_RESET, op);
	act(FM_OP_CONFIGURE, op);
	act(FM_OP_MAP, op);
	write_state(1, 1, 1, MR_VF_AVAILABLE);
	op.forced = true;
	r = act(FM_OP_BLOCK, op);
	ck_assert_uint_eq(r.fn.state, MR_VF_UNAVAILABLE);
	take_away(op);
	/* the slot is not used before its tombstone is taken away */
	op.place.slot = 1;
	op.value = 1;
	rig_do(&x,
	       (struct fm_op){
		       .kind = FM_OP_TOMBSTONE, .fn = op.fn, .place = op.place, .value = 1});
	act(FM_OP_CONFIGURE, op);
	r = act(FM_OP_MAP, op);
	ck_assert_uint_eq(r.place.slot, 2);
}
END_TEST

START_TEST(pfs_come_and_go)
{
	struct fm_op op = {.kind = FM_OP_DETACH_PF,
			   .fn = {.port = nic},
			   .place = {.port = 1, .bridge = 1}};
	struct fm_op map = lvf(1, 0);

	provision(nic);
	attach(1, 1);
	observe();
	ck_assert_uint_eq(fm_adapter_by_name(&x.inv, "nic", NULL)->vh_of[1], 1);
	attach(2, 3);
	observe();
	ck_assert_uint_eq(fm_adapter_by_name(&x.inv, "nic", NULL)->vh_of[2], 2);
	attach(1, 1); /* nothing to do */
	ck_assert_uint_eq(x.writes, 0);
	act(FM_OP_RESET, map);
	act(FM_OP_CONFIGURE, map);
	act(FM_OP_MAP, map);
	rig_fail(&x, op, MR_REASON_CONFLICT); /* the VH owns a function */
	take_away(map);
	rig_do(&x, op);
	rig_do(&x, op);
	observe();
	ck_assert_uint_eq(fm_adapter_by_name(&x.inv, "nic", NULL)->vh_of[1], FM_WHOLE);
	attach(1, 1);
}
END_TEST

/* ---- provisioning ---- */

START_TEST(provision_waits_and_never_touches_what_runs)
{
	struct fm_op op = {.kind = FM_OP_PROVISION, .fn = {.port = nic}};
	int64_t before = x.now.mono_ns;

	ck_assert_uint_eq(fm_adapter_by_name(&x.inv, "nic", NULL)->pf[0].numvfs, 0);
	rig_do(&x, op);
	ck_assert_int_ge(x.now.mono_ns - before, 100 * MR_NS_PER_MS);
	ck_assert_int_le(x.now.mono_ns - before, MR_NS_PER_S);
	rig_do(&x, op);
	ck_assert_uint_eq(x.writes, 0);
	op.value = 8;
	rig_fail(&x, op, MR_REASON_CONFLICT);
	ck_assert_uint_eq(x.writes, 0);
	op.value = 17;
	rig_fail(&x, op, MR_REASON_LIMIT);
	op.fn.port = gpu;
	rig_fail(&x, op, MR_REASON_UNSUPPORTED);
	observe();
	ck_assert_uint_eq(fm_adapter_by_name(&x.inv, "nic", NULL)->pf[0].numvfs, 16);
}
END_TEST

/* ---- refusals ---- */

START_TEST(refusals_name_the_register)
{
	struct fm_op op = {.fn = fn_of(hba, 0, 1),
			   .place = {.way = FM_WAY_SYNTHETIC, .port = 2, .bridge = 5},
			   .cookie = 0x500000001ull};
	struct fm_op other = op;
	struct fm_op_result r;

	provision(hba);
	act(FM_OP_RESET, op);
	op.kind = FM_OP_MAP; /* not configured for this cookie */
	r = rig_fail(&x, op, MR_REASON_CONFLICT);
	ck_assert_msg(mr_starts(r.detail, "VF_COOKIE of hba/pf0/vf1"), "%s", r.detail);
	act(FM_OP_CONFIGURE, op);
	act(FM_OP_MAP, op);
	/* the bridge is taken */
	other.fn.vf = 2;
	act(FM_OP_RESET, (struct fm_op){.fn = other.fn});
	other.kind = FM_OP_CONFIGURE;
	r = rig_fail(&x, other, MR_REASON_CONFLICT);
	ck_assert_msg(mr_starts(r.detail, "ROW_STATE of VH 2's bridge 5"), "%s", r.detail);
	/* a function that is mapped is not configured, reset, freed or drained */
	op.kind = FM_OP_UNMAP;
	rig_fail(&x, op, MR_REASON_CONFLICT);
	op.kind = FM_OP_RESET;
	rig_fail(&x, op, MR_REASON_CONFLICT);
	op.kind = FM_OP_DRAIN;
	rig_fail(&x, op, MR_REASON_CONFLICT);
	/* nor is another's row blocked in its name */
	other.kind = FM_OP_BLOCK;
	r = rig_fail(&x, other, MR_REASON_CONFLICT);
	ck_assert_msg(mr_starts(r.detail, "ROW_TARGET"), "%s", r.detail);
	observe();
	ck_assert_uint_eq(x.inv.chassis[0].host[1].bridge[5].state, MR_ROW_MAPPED);
	/* a tombstoned bridge takes nothing */
	rig_do(&x, (struct fm_op){.kind = FM_OP_TOMBSTONE,
				  .place = {.way = FM_WAY_SYNTHETIC, .port = 2, .bridge = 6},
				  .value = 1});
	other.place.bridge = 6;
	other.kind = FM_OP_CONFIGURE;
	rig_do(&x, other);
	other.kind = FM_OP_MAP;
	r = rig_fail(&x, other, MR_REASON_CONFLICT);
	ck_assert_msg(mr_starts(r.detail, "ROW_TOMBSTONE"), "%s", r.detail);
}
END_TEST

START_TEST(what_is_not_there_is_refused)
{
	static const struct {
		enum fm_op_kind kind;
		struct fm_op op;
		enum mr_reason reason;
	} rows[] = {
		{FM_OP_READ_FN, {.fn = {.port = 9}}, MR_REASON_DEVICE_GONE},
		{FM_OP_READ_FN, {.fn = {.port = 60000}}, MR_REASON_DEVICE_GONE},
		{FM_OP_AUTHORISE, {.place = {.port = 0}}, MR_REASON_NOT_FOUND},
		{FM_OP_AUTHORISE, {.place = {.port = 4}}, MR_REASON_NOT_FOUND},
		{FM_OP_AUTHORISE, {.place = {.port = 1}, .value = 3}, MR_REASON_INVALID},
		{FM_OP_MAP, {.fn = {.port = 3}}, MR_REASON_UNSUPPORTED},
	};
	struct fm_op op = {.kind = FM_OP_READ_FN, .fn = fn_of(hba, 2, 0)};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fm_op o = rows[i].op;

		o.kind = rows[i].kind;
		if (o.kind == FM_OP_MAP)
			o.fn.port = hba;
		rig_fail(&x, o, rows[i].reason);
		ck_assert_uint_eq(x.writes, 0);
	}
	rig_fail(&x, op, MR_REASON_NOT_FOUND);
	op.fn = fn_of(hba, 0, 8);
	rig_fail(&x, op, MR_REASON_NOT_FOUND);
	op.fn = fn_of(hba, 0, 0);
	op.place = (struct fm_place){.way = FM_WAY_SYNTHETIC, .port = 1, .bridge = 8};
	rig_fail(&x, op, MR_REASON_NOT_FOUND);
	op.place.way = FM_WAY_DEVICE;
	op.place.bridge = 0;
	rig_fail(&x, op, MR_REASON_UNSUPPORTED);
}
END_TEST

START_TEST(a_stale_owner_writes_nothing)
{
	struct sim_batch_result r = {0};
	struct mr_batch b = {0};
	struct fm_op op = {.kind = FM_OP_CHALLENGE, .place = {.port = 1}, .value = 99};

	rig_do(&x, op);
	mr_batch_cas(&b, MR_SPACE_SWITCH, 0, 0, SW_OWNER_EPOCH, 8, 1, 2);
	sim_chassis_batch(x.c, x.now, 7, 2, (const uint8_t *)b.ops.data, b.ops.len, &r);
	ck_assert_uint_eq(r.status, MR_BATCH_OK);
	mr_buf_done(&r.data);
	mr_batch_done(&b);
	x.events = 0;
	rig_fail(&x, op, MR_REASON_STALE_OWNER);
	rig_notices(&x);
	ck_assert_ptr_nonnull(event_of(FM_CE_STALE_OWNER));
	ck_assert_uint_eq(event_of(FM_CE_STALE_OWNER)->value, 2);
	observe();
	rig_take(&x, 42, 3);
	rig_do(&x, op);
}
END_TEST

START_TEST(the_drain_waits_for_what_flies)
{
	struct fm_op op = {.fn = fn_of(hba, 0, 1),
			   .place = {.way = FM_WAY_SYNTHETIC, .port = 2, .bridge = 5},
			   .cookie = 0x500000001ull};
	struct sim_tlp t = {.kind = SIM_TLP_MEM_READ,
			    .from_function = true,
			    .port = hba,
			    .pf = 0,
			    .vf = 1,
			    .address = 0x1000};
	struct fm_op_result r;

	provision(hba);
	act(FM_OP_RESET, op);
	act(FM_OP_CONFIGURE, op);
	act(FM_OP_MAP, op);
	while (rig_tick(&x))
		;
	sim_tlp_launch(x.c, x.now, &t);
	act(FM_OP_BLOCK, op);
	r = act(FM_OP_DRAIN, op);
	ck_assert(r.fn.status & MR_VF_DRAINED);
	ck_assert(r.bridge.status & MR_ROW_DRAINED);
	act(FM_OP_UNMAP, op);
	act(FM_OP_RESET, op);
}
END_TEST

START_TEST(lost_events_are_told_once)
{
	unsigned overflows = 0;
	struct sim_notice n;

	/* interrupts come too late: the ring runs over */
	for (unsigned i = 0; i < 3000; i++)
		sim_port_set_link(x.c, x.now, nic, i & 1);
	while (sim_chassis_notice(x.c, &n))
		;
	x.events = 0;
	rig_step(&x, &(struct fm_mr_event){.kind = FM_MR_INTERRUPT});
	for (unsigned i = 0; i < x.events; i++)
		overflows += x.event[i].kind == FM_CE_OVERFLOW;
	ck_assert_uint_eq(overflows, 1);
	x.events = 0;
	sim_port_set_link(x.c, x.now, nic, false);
	rig_notices(&x);
	ck_assert_uint_eq(x.events, 1);
	ck_assert_uint_eq(x.event[0].kind, FM_CE_ADAPTER_LINK);
	ck_assert_uint_eq(x.event[0].port, nic);
	ck_assert_uint_eq(x.event[0].value, 0);
}
END_TEST

START_TEST(hosts_and_adapters_tell_what_happens)
{
	sim_host_set_power(x.c, x.now, 1, false);
	rig_notices(&x);
	ck_assert_ptr_nonnull(event_of(FM_CE_HOST_POWER));
	ck_assert_uint_eq(event_of(FM_CE_HOST_POWER)->port, 1);
	sim_host_reset(x.c, x.now, 2);
	rig_notices(&x);
	ck_assert_uint_eq(event_of(FM_CE_HOST_RESET)->port, 2);
	sim_adapter_pull(x.c, x.now, "gpu");
	rig_notices(&x);
	ck_assert_uint_eq(event_of(FM_CE_ADAPTER_PRESENCE)->port, gpu);
	observe();
	ck_assert(!fm_adapter_by_name(&x.inv, "gpu", NULL)->present);
	ck_assert(!x.inv.chassis[0].host[0].power);
	rig_fail(&x,
		 (struct fm_op){.kind = FM_OP_READ_FN, .fn = fn_of(gpu, FM_WHOLE, FM_WHOLE)},
		 MR_REASON_DEVICE_GONE);
	sim_adapter_insert(x.c, x.now, "gpu");
	rig_notices(&x);
	while (rig_tick(&x))
		;
	observe();
	ck_assert(fm_adapter_by_name(&x.inv, "gpu", NULL)->present);
}
END_TEST

START_TEST(the_demo_chassis_is_read_whole)
{
	struct rig demo;
	char *text = rig_load("config/demo-chassis.yaml");
	const struct fm_chassis *c;

	rig_init(&demo, text);
	free(text);
	c = &demo.inv.chassis[0];
	ck_assert_str_eq(c->serial, "C1-0001");
	ck_assert_uint_eq(c->hosts, 5);
	ck_assert_uint_eq(c->adapters, 7);
	ck_assert_int_eq(fm_adapter_by_name(&demo.inv, "nic-left", NULL)->kind, FM_ADAPTER_MRA);
	ck_assert_int_eq(fm_adapter_by_name(&demo.inv, "hba", NULL)->kind, FM_ADAPTER_SRIOV);
	ck_assert_int_eq(fm_adapter_by_name(&demo.inv, "gpu-whole", NULL)->kind,
			 FM_ADAPTER_BASE);
	ck_assert_uint_eq(fm_adapter_by_name(&demo.inv, "nic-left", NULL)->vfs, 64);
	ck_assert_uint_eq(fm_adapter_by_name(&demo.inv, "gpu-whole", NULL)->bar[0].size,
			  16ull << 30);
	rig_done(&demo);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("mrpcim on the chassis");
	TCase *t = tcase_create("operations");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, life_of_a_synthetic_function);
	tcase_add_test(t, life_of_a_whole_device);
	tcase_add_test(t, lvf_slots_are_packed_while_the_host_is_down);
	tcase_add_test(t, lvf_migrates_in_and_out);
	tcase_add_test(t, lvf_is_cut_by_force);
	tcase_add_test(t, pfs_come_and_go);
	tcase_add_test(t, provision_waits_and_never_touches_what_runs);
	tcase_add_test(t, refusals_name_the_register);
	tcase_add_test(t, what_is_not_there_is_refused);
	tcase_add_test(t, a_stale_owner_writes_nothing);
	tcase_add_test(t, the_drain_waits_for_what_flies);
	tcase_add_test(t, lost_events_are_told_once);
	tcase_add_test(t, hosts_and_adapters_tell_what_happens);
	tcase_add_test(t, the_demo_chassis_is_read_whole);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
