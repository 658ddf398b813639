/* SPDX-License-Identifier: Apache-2.0 */
/* The driver's operations on functions of a host's own PFs: migration, packing, forced cuts,
 * PFs that come and go. */
#include <linux/pci_regs.h>

#include "tests/sim-test/mrpcim.h"
#include "tests/unit/check_main.h"

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
	rig_hear(&x);
}

/* Writes the State Array as the SR-PCIM does: BAR 0 of the PF, placed in its bridge's
 * window. */
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
	rig_hear(&x);
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

int main(void)
{
	Suite *s = suite_create("mrpcim, functions of PFs");
	TCase *t = tcase_create("operations");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, lvf_slots_are_packed_while_the_host_is_down);
	tcase_add_test(t, lvf_migrates_in_and_out);
	tcase_add_test(t, lvf_is_cut_by_force);
	tcase_add_test(t, pfs_come_and_go);
	suite_add_tcase(s, t);
	return check_run(s);
}
