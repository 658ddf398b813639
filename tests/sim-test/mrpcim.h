/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of the driver's operations share: a small chassis with every kind of adapter,
 * and operations whose writes are held against what they name (I6).
 */
#ifndef TESTS_SIM_TEST_MRPCIM_H
#define TESTS_SIM_TEST_MRPCIM_H

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

static inline void setup(void)
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

static inline void teardown(void)
{
	rig_done(&x);
}

static inline void observe(void)
{
	rig_do(&x, (struct fm_op){.kind = FM_OP_OBSERVE});
}

static inline void provision(uint16_t port)
{
	rig_do(&x, (struct fm_op){.kind = FM_OP_PROVISION, .fn = {.port = port}});
	observe();
}

static inline struct fm_fn_id fn_of(uint16_t port, unsigned pf, unsigned vf)
{
	return (struct fm_fn_id){.port = port, .pf = (uint16_t)pf, .vf = (uint16_t)vf};
}

static inline const struct fm_fn *fn(struct fm_fn_id id)
{
	const struct fm_fn *f = fm_fn_get(&x.inv, id);

	ck_assert_ptr_nonnull(f);
	return f;
}

/* ---- I6: what an operation may write ---- */

static inline bool is_global(const struct rig_write *w)
{
	return w->space == MR_SPACE_SWITCH && w->address < SW_EVENTS;
}

static inline bool names(const struct fm_op *op, const struct rig_write *w)
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
static inline struct fm_op_result act(enum fm_op_kind kind, struct fm_op op)
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

static inline void take_away(struct fm_op op)
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

static inline const struct fm_chassis_event *event_of(enum fm_chassis_event_kind k)
{
	for (unsigned i = x.events; i--;)
		if (x.event[i].kind == k)
			return &x.event[i];
	return NULL;
}

#endif
