/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The driver's operations on the simulated chassis: the whole life of a function that arrives
 * behind a bridge, provisioning, refusals, events.
 */
#include <linux/pci_regs.h>

#include "common/str.h"
#include "sim/model/fault.h"
#include "tests/sim-test/mrpcim.h"
#include "tests/unit/check_main.h"

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
	op.value = 17;
	rig_fail(&x, op, MR_REASON_LIMIT);
	op.fn.port = gpu;
	rig_fail(&x, op, MR_REASON_UNSUPPORTED);
	observe();
	ck_assert_uint_eq(fm_adapter_by_name(&x.inv, "nic", NULL)->pf[0].numvfs, 16);
}
END_TEST

/* Another count: VF Enable 0, a second of rest, NumVFs, VF Enable 1; not while one function is
 * anybody's. */
START_TEST(another_count_stops_what_nobody_has)
{
	struct fm_op use = {.fn = fn_of(hba, 0, 1),
			    .place = {.way = FM_WAY_SYNTHETIC, .port = 2, .bridge = 5},
			    .cookie = 0x500000001ull};
	struct fm_op op = {.kind = FM_OP_PROVISION, .fn = {.port = hba}, .value = 4};
	struct fm_op_result r;
	int64_t before;

	provision(hba);
	act(FM_OP_RESET, use);
	act(FM_OP_CONFIGURE, use);
	act(FM_OP_MAP, use);
	r = rig_fail(&x, op, MR_REASON_CONFLICT);
	ck_assert_msg(mr_starts(r.detail, "VF_COOKIE of hba/pf0/vf1"), "%s", r.detail);
	observe();
	ck_assert_uint_eq(fm_adapter_by_name(&x.inv, "hba", NULL)->pf[0].numvfs, 8);
	act(FM_OP_BLOCK, use);
	act(FM_OP_DRAIN, use);
	act(FM_OP_UNMAP, use);
	act(FM_OP_RESET, use);
	before = x.now.mono_ns;
	rig_do(&x, op);
	ck_assert_int_ge(x.now.mono_ns - before, MR_NS_PER_S + 100 * MR_NS_PER_MS);
	observe();
	ck_assert_uint_eq(fm_adapter_by_name(&x.inv, "hba", NULL)->pf[0].numvfs, 4);
	act(FM_OP_RESET, use);
	act(FM_OP_CONFIGURE, use);
	act(FM_OP_MAP, use);
}
END_TEST

static uint32_t acs_of(uint16_t port, unsigned fn, uint32_t *ret_status)
{
	struct mr_batch b = {0};
	struct sim_batch_result r = {0};
	const struct fm_adapter *a =
		fm_adapter_by_name(&x.inv, port == nic ? "nic" : "hba", NULL);
	uint32_t v;

	mr_batch_read(&b, MR_SPACE_CONFIG, 0, (uint16_t)(a->pf[0].rid + fn), 0x164, 4, 1);
	sim_chassis_batch(x.c, x.now, 0, 0, (const uint8_t *)b.ops.data, b.ops.len, &r);
	v = (uint32_t)mr_batch_get_value((const uint8_t *)r.data.data, 0);
	*ret_status = r.status;
	mr_batch_done(&b);
	mr_buf_done(&r.data);
	return v >> 16;
}

/* What keeps the VFs of several hosts apart in VH 0 is set and read back (facts/mriov.md 1.11),
 * also where VFs run already; where it cannot be set nothing is provisioned. */
START_TEST(provision_redirects_requests)
{
	struct fm_op op = {.kind = FM_OP_PROVISION, .fn = {.port = hba}};
	struct sim_fault stuck = {
		.kind = SIM_FAULT_STUCK_REGISTER, .space = MR_SPACE_CONFIG, .address = 0x166};
	struct fm_op_result r;
	uint32_t status;

	ck_assert_uint_eq(acs_of(hba, 0, &status), 0);
	provision(hba);
	for (unsigned fn = 0; fn < 2 * (1 + 8); fn++)
		ck_assert_uint_eq(acs_of(hba, fn, &status), PCI_ACS_RR | PCI_ACS_CR);
	ck_assert_uint_eq(status, MR_BATCH_OK);
	provision(nic);
	ck_assert_uint_eq(acs_of(nic, 16, &status), PCI_ACS_RR | PCI_ACS_CR);
	rig_do(&x, op);
	ck_assert_uint_eq(x.writes, 0);
	ck_assert_int_eq(sim_adapter_pull(x.c, x.now, "hba"), 0);
	ck_assert_int_eq(sim_adapter_insert(x.c, x.now, "hba"), 0);
	observe();
	ck_assert_uint_eq(acs_of(hba, 0, &status), 0);
	stuck.rid = (uint16_t)(fm_adapter_by_name(&x.inv, "hba", NULL)->pf[0].rid + 6);
	ck_assert_int_eq(sim_fault_set(x.c, &stuck), 0);
	r = rig_fail(&x, op, MR_REASON_CONFLICT);
	ck_assert_msg(mr_starts(r.detail, "ACS Control of hba/pf0/vf2 reads 0"), "%s",
		      r.detail);
	/* a manager that starts now sees that they are not provisioned yet */
	ck_assert_uint_eq(acs_of(hba, 0, &status), 0);
	observe();
	ck_assert_uint_eq(fm_adapter_by_name(&x.inv, "hba", NULL)->pf[0].numvfs, 0);
	sim_fault_clear(x.c, x.now, SIM_FAULT_COUNT);
	rig_do(&x, op);
	observe();
	ck_assert_uint_eq(fm_adapter_by_name(&x.inv, "hba", NULL)->pf[0].numvfs, 8);
}
END_TEST

/* A VF whose reset hangs does not answer: the VFs are not apart yet. */
START_TEST(redirection_awaits_resets)
{
	struct fm_op op = {.kind = FM_OP_PROVISION, .fn = {.port = hba}};
	const struct fm_op reset = {.kind = FM_OP_RESET, .fn = fn_of(hba, 0, 2)};
	struct sim_fault hang = {.kind = SIM_FAULT_FLR_HANG, .port = hba};
	uint32_t status;

	ck_assert_int_eq(sim_fault_set(x.c, &hang), 0);
	rig_fail(&x, reset, MR_REASON_TIMEOUT);
	rig_fail(&x, op, MR_REASON_CONFLICT);
	sim_fault_clear(x.c, x.now, SIM_FAULT_COUNT);
	rig_do(&x, op);
	for (unsigned fn = 0; fn < 2 * (1 + 8); fn++)
		ck_assert_uint_eq(acs_of(hba, fn, &status), PCI_ACS_RR | PCI_ACS_CR);
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
	rig_hear(&x);
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
	rig_hear(&x);
	for (unsigned i = 0; i < x.events; i++)
		overflows += x.event[i].kind == FM_CE_OVERFLOW;
	ck_assert_uint_eq(overflows, 1);
	x.events = 0;
	sim_port_set_link(x.c, x.now, nic, false);
	rig_hear(&x);
	ck_assert_uint_eq(x.events, 1);
	ck_assert_uint_eq(x.event[0].kind, FM_CE_ADAPTER_LINK);
	ck_assert_uint_eq(x.event[0].port, nic);
	ck_assert_uint_eq(x.event[0].value, 0);
}
END_TEST

/* The ring counts from 0 after a loss of power: what happens then is not missed. */
START_TEST(events_after_a_power_cycle)
{
	for (unsigned i = 0; i < 8; i++) {
		sim_host_set_power(x.c, x.now, 1, i & 1);
		rig_hear(&x);
	}
	sim_chassis_power_cycle(x.c, x.now, MR_NVM_GOOD);
	x.events = 0;
	sim_port_set_link(x.c, x.now, nic, false);
	rig_hear(&x);
	ck_assert_ptr_nonnull(event_of(FM_CE_OVERFLOW));
	x.events = 0;
	sim_port_set_link(x.c, x.now, nic, true);
	rig_hear(&x);
	ck_assert_uint_eq(event_of(FM_CE_ADAPTER_LINK)->value, 1);
}
END_TEST

START_TEST(hosts_and_adapters_tell_what_happens)
{
	sim_host_set_power(x.c, x.now, 1, false);
	rig_hear(&x);
	ck_assert_ptr_nonnull(event_of(FM_CE_HOST_POWER));
	ck_assert_uint_eq(event_of(FM_CE_HOST_POWER)->port, 1);
	sim_host_reset(x.c, x.now, 2);
	rig_hear(&x);
	ck_assert_uint_eq(event_of(FM_CE_HOST_RESET)->port, 2);
	sim_adapter_pull(x.c, x.now, "gpu");
	rig_hear(&x);
	ck_assert_uint_eq(event_of(FM_CE_ADAPTER_PRESENCE)->port, gpu);
	observe();
	ck_assert(!fm_adapter_by_name(&x.inv, "gpu", NULL)->present);
	ck_assert(!x.inv.chassis[0].host[0].power);
	rig_fail(&x,
		 (struct fm_op){.kind = FM_OP_READ_FN, .fn = fn_of(gpu, FM_WHOLE, FM_WHOLE)},
		 MR_REASON_DEVICE_GONE);
	sim_adapter_insert(x.c, x.now, "gpu");
	rig_hear(&x);
	while (rig_tick(&x))
		;
	observe();
	ck_assert(fm_adapter_by_name(&x.inv, "gpu", NULL)->present);
}
END_TEST

/* A function of the HBA is made and mapped; what was told. */
static struct fm_op mapped_hba(void)
{
	const struct fm_op op = {.fn = fn_of(hba, 0, 1),
				 .place = {.way = FM_WAY_SYNTHETIC, .port = 2, .bridge = 5},
				 .cookie = 0x500000001ull};

	provision(hba);
	act(FM_OP_RESET, op);
	act(FM_OP_CONFIGURE, op);
	act(FM_OP_MAP, op);
	return op;
}

/* The row is cut all the same. Whether it may be freed without the function only a reading
 * says: then it is, and what is gone is not reset. */
START_TEST(a_pulled_adapter_leaves_its_rows)
{
	for (unsigned known = 0; known < 2; known++) {
		struct fm_op op = mapped_hba();
		struct fm_op_result r;

		sim_adapter_pull(x.c, x.now, "hba");
		rig_hear(&x);
		if (known)
			observe();
		r = act(FM_OP_BLOCK, op);
		ck_assert_uint_eq(r.bridge.state, MR_ROW_BLOCKED);
		if (!known) {
			op.kind = FM_OP_DRAIN;
			rig_fail(&x, op, MR_REASON_UNREACHABLE);
			observe();
		}
		act(FM_OP_DRAIN, op);
		r = act(FM_OP_UNMAP, op);
		ck_assert_uint_eq(r.bridge.state, MR_ROW_FREE);
		op.kind = FM_OP_RESET;
		rig_fail(&x, op, MR_REASON_DEVICE_GONE);
		sim_adapter_insert(x.c, x.now, "hba");
		rig_hear(&x);
		while (rig_tick(&x))
			;
		observe();
	}
}
END_TEST

/* An adapter without link is in its slot: its row is cut, and nothing else is done without it.
 */
START_TEST(an_adapter_without_link_keeps_its_rows)
{
	struct fm_op op = mapped_hba();
	struct fm_op_result r;

	act(FM_OP_GATE_OPEN, op);
	sim_port_set_link(x.c, x.now, hba, false);
	for (unsigned known = 0; known < 2; known++) {
		static const enum fm_op_kind asks[] = {
			FM_OP_READ_FN, FM_OP_GATE_CLOSE, FM_OP_GATE_OPEN, FM_OP_SET_ATTRS,
			FM_OP_DRAIN,   FM_OP_UNMAP,	 FM_OP_RESET};

		r = act(FM_OP_BLOCK, op);
		ck_assert_uint_eq(r.bridge.state, MR_ROW_BLOCKED);
		for (unsigned i = 0; i < sizeof(asks) / sizeof(asks[0]); i++) {
			if (asks[i] == FM_OP_UNMAP && !known)
				continue; /* it has nothing to ask of the function */
			op.kind = asks[i];
			rig_fail(&x, op, MR_REASON_UNREACHABLE);
		}
		rig_hear(&x);
		observe();
		ck_assert(fm_adapter_is_mute(fm_adapter_by_name(&x.inv, "hba", NULL)));
	}
	sim_port_set_link(x.c, x.now, hba, true);
	rig_hear(&x);
	observe();
	op.kind = FM_OP_READ_FN;
	ck_assert(rig_do(&x, op).fn.gate_open);
}
END_TEST

/* A driver that was started anew goes on as the owner that the operations name. */
START_TEST(a_new_driver_writes_as_the_owner_it_is_told)
{
	struct fm_op op = {.kind = FM_OP_CHALLENGE,
			   .place = {.port = 1},
			   .value = 99,
			   .owner_id = 42,
			   .owner_epoch = 1};

	fm_mrpcim_free(x.m);
	x.m = fm_mrpcim_new(0, "c1");
	rig_step(&x, &(struct fm_mr_event){.kind = FM_MR_LINK_UP});
	observe();
	rig_do(&x, op);
	op.owner_id = 43;
	op.owner_epoch = 2;
	rig_fail(&x, op, MR_REASON_STALE_OWNER);
}
END_TEST

/* A new driver finds a device that a host has, and takes it from there. */
START_TEST(a_new_driver_takes_a_device_away)
{
	struct fm_op op = {.fn = fn_of(gpu, FM_WHOLE, FM_WHOLE),
			   .place = {.way = FM_WAY_DEVICE, .port = 1, .bridge = 2},
			   .cookie = 0x900000003ull,
			   .owner_id = 42,
			   .owner_epoch = 1};
	int64_t before;

	act(FM_OP_CONFIGURE, op);
	act(FM_OP_MAP, op);
	fm_mrpcim_free(x.m);
	x.m = fm_mrpcim_new(0, "c1");
	rig_step(&x, &(struct fm_mr_event){.kind = FM_MR_LINK_UP});
	observe();
	ck_assert_uint_eq(fn(op.fn)->row_bridge, 2);
	ck_assert_uint_eq(fm_adapter_by_name(&x.inv, "gpu", NULL)->vendor, 0x1002);
	op.kind = FM_OP_BLOCK;
	rig_do(&x, op);
	op.kind = FM_OP_DRAIN;
	rig_do(&x, op);
	op.kind = FM_OP_UNMAP;
	rig_do(&x, op);
	before = x.now.mono_ns;
	op.kind = FM_OP_RESET;
	rig_do(&x, op);
	ck_assert_int_ge(x.now.mono_ns - before, 5 * MR_NS_PER_MS);
	observe();
	op.kind = FM_OP_CONFIGURE;
	rig_do(&x, op);
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

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, life_of_a_synthetic_function);
	tcase_add_test(t, life_of_a_whole_device);
	tcase_add_test(t, provision_waits_and_never_touches_what_runs);
	tcase_add_test(t, provision_redirects_requests);
	tcase_add_test(t, redirection_awaits_resets);
	tcase_add_test(t, another_count_stops_what_nobody_has);
	tcase_add_test(t, refusals_name_the_register);
	tcase_add_test(t, what_is_not_there_is_refused);
	tcase_add_test(t, a_stale_owner_writes_nothing);
	tcase_add_test(t, the_drain_waits_for_what_flies);
	tcase_add_test(t, lost_events_are_told_once);
	tcase_add_test(t, events_after_a_power_cycle);
	tcase_add_test(t, hosts_and_adapters_tell_what_happens);
	tcase_add_test(t, a_pulled_adapter_leaves_its_rows);
	tcase_add_test(t, an_adapter_without_link_keeps_its_rows);
	tcase_add_test(t, a_new_driver_writes_as_the_owner_it_is_told);
	tcase_add_test(t, a_new_driver_takes_a_device_away);
	tcase_add_test(t, the_demo_chassis_is_read_whole);
	suite_add_tcase(s, t);
	return check_run(s);
}
