// SPDX-License-Identifier: Apache-2.0
/*
 * I8 as a table: whatever resets one host's hierarchy or functions (conventional, link down,
 * FLR, slot power, by the MR-PCIM), the functions of its neighbours on the same adapters keep
 * registers, memory, logged errors, slot state, counters and traffic. And the one reset that is
 * meant for all: the hot reset of an adapter's port, which every host sees as a link change.
 */
#include <linux/pci_regs.h>

#include "common/now.h"
#include "tests/unit/sim_model/fx_blade.h"

#define IDS (0x1077 | 0x2289 << 16 | 0x0c0400ull << 32 | 2ull << 56)
#define TAG 0x1234567811223344ull
/* blade03 has hba's VF 3 behind bridge 3, blade04 VF 4 behind bridge 4; blade01 and blade02 a
 * PF of nic-left behind bridge 0 with one VF each. */

static struct fx_blades f;
static uint16_t synth3, synth4, vf1, vf2;

static void open_gate(const char *adapter, unsigned vfs, unsigned v)
{
	int port = sim_adapter_find(f.x.c, adapter);
	struct sim_traffic t = {.kind = SIM_TRAFFIC_CONSTANT, .mbps = 100, .frame = 1250};

	ck_assert_uint_eq(ct_w(&f.x, adapter, CT_VF(vfs, 0, v) + VF_GATE, 1), MR_BATCH_OK);
	ck_assert_int_eq(sim_traffic_set(f.x.c, f.x.now, (uint16_t)port, 0, (uint16_t)v, &t),
			 0);
}

static void setup(void)
{
	f = fxb_new(fx_new("config/demo-chassis.yaml"));
	fx_map_synthetic(&f.x, 3, 3, "hba", 3, 0x10000, IDS);
	fx_map_synthetic(&f.x, 4, 4, "hba", 4, 0x10000, IDS);
	fxb_settle(&f);
	fxb_give_pf(&f, "nic-left", 1, 1, 0, 1);
	fxb_give_pf(&f, "nic-left", 2, 2, 0, 2);
	fxb_numvfs(&f, 1, 0, "1");
	fxb_numvfs(&f, 2, 0, "1");
	ck_assert_uint_eq(sw_w(&f.x, SW_COMMIT, 1), MR_BATCH_OK);
	synth3 = fxb_rid(&f, 3, 3);
	synth4 = fxb_rid(&f, 4, 4);
	vf1 = (uint16_t)(fxb_rid(&f, 1, 0) + 1);
	vf2 = (uint16_t)(fxb_rid(&f, 2, 0) + 1);
	open_gate("hba", 32, 3);
	open_gate("nic-left", 64, 2);
}

static void teardown(void)
{
	fxb_free(&f);
}

/* ---- what happens to blade01 and blade04 ---- */

static void host_reset(void)
{
	ck_assert_int_eq(sim_host_reset(f.x.c, f.x.now, 1), 0);
	ck_assert_int_eq(sim_host_reset(f.x.c, f.x.now, 4), 0);
}

static void host_power(void)
{
	ck_assert_int_eq(sim_host_set_power(f.x.c, f.x.now, 1, false), 0);
	ck_assert_int_eq(sim_host_set_power(f.x.c, f.x.now, 4, false), 0);
}

static void link_down(void)
{
	ck_assert_int_eq(sim_port_set_link(f.x.c, f.x.now, 1, false), 0);
	ck_assert_int_eq(sim_port_set_link(f.x.c, f.x.now, 4, false), 0);
}

static void port_held(void)
{
	ck_assert_uint_eq(sw_w(&f.x, SW_PORT(1) + PORT_AUTH, MR_AUTH_HELD), MR_BATCH_OK);
	ck_assert_uint_eq(sw_w(&f.x, SW_PORT(4) + PORT_AUTH, MR_AUTH_HELD), MR_BATCH_OK);
}

static void flr(void)
{
	hcfg_w(&f.x, 1, vf1, 0x88, 2, PCI_EXP_DEVCTL_BCR_FLR);
	hcfg_w(&f.x, 1, (uint16_t)(vf1 - 1), 0x88, 2, PCI_EXP_DEVCTL_BCR_FLR);
	hcfg_w(&f.x, 4, synth4, 0x88, 2, PCI_EXP_DEVCTL_BCR_FLR);
}

static void bus_reset(void)
{
	hcfg_w(&f.x, 1, 0x200, PCI_BRIDGE_CONTROL, 2, PCI_BRIDGE_CTL_BUS_RESET);
	hcfg_w(&f.x, 4, 0x204, PCI_BRIDGE_CONTROL, 2, PCI_BRIDGE_CTL_BUS_RESET);
	hcfg_w(&f.x, 4, 0x100, PCI_BRIDGE_CONTROL, 2, PCI_BRIDGE_CTL_BUS_RESET);
}

static void slot_off(void)
{
	hcfg_w(&f.x, 1, 0x200, 0x98, 2, PCI_EXP_SLTCTL_PCC);
	hcfg_w(&f.x, 4, 0x204, 0x98, 2, PCI_EXP_SLTCTL_PCC);
	ck_assert_int_ne(sim_slot_power_fault(f.x.c, f.x.now, 4, 4), 0);
}

static void vh_reset(void)
{
	ck_assert_uint_eq(ct_w(&f.x, "nic-left", CT_VH(1) + VH_RESET, 1), MR_BATCH_OK);
}

static void cut_and_reset(void)
{
	uint64_t at = CT_VF(64, 0, 1);

	ck_assert_uint_eq(row_w(&f.x, 4, 4, ROW_STATE, MR_ROW_BLOCKED), MR_BATCH_OK);
	ck_assert_uint_eq(ct_w(&f.x, "nic-left", at + VF_COMMAND, MR_VFC_FORCE_OUT),
			  MR_BATCH_OK);
	ck_assert_uint_eq(ct_w(&f.x, "nic-left", at + VF_COMMAND, MR_VFC_RESET), MR_BATCH_OK);
}

static void vh0_reset(void)
{
	ck_assert_int_eq(sim_host_reset(f.x.c, f.x.now, 0), 0);
}

static void (*const events[])(void) = {
	host_reset, host_power, link_down, port_held,	  flr,
	bus_reset,  slot_off,	vh_reset,  cut_and_reset, vh0_reset,
};

/* ---- the neighbours: blade03's synthetic function, blade02's VF ---- */

static uint64_t bar_of(unsigned vh, uint16_t rid)
{
	return sim_blade_find(f.blade[vh], rid)->bar[0];
}

struct state {
	uint32_t command, devctl, msix, slotctl, slotsta, unc, first, header;
	uint64_t mem, resets, remaps, row_lost, boots;
};

static struct state look(unsigned vh, unsigned b, uint16_t rid, const char *adapter,
			 uint64_t at)
{
	uint16_t bridge = (uint16_t)(0x200 + b);
	uint64_t bar = bar_of(vh, rid);
	struct state s;

	memset(&s, 0, sizeof(s));
	s.command = hcfg(&f.x, (uint16_t)vh, rid, PCI_COMMAND, 2);
	s.devctl = hcfg(&f.x, (uint16_t)vh, rid, 0x88, 4);
	s.msix = hcfg(&f.x, (uint16_t)vh, rid, 0xc2, 2);
	s.slotctl = hcfg(&f.x, (uint16_t)vh, bridge, 0x98, 2);
	s.slotsta = hcfg(&f.x, (uint16_t)vh, bridge, 0x9a, 2);
	s.unc = hcfg(&f.x, (uint16_t)vh, rid, 0x104, 4);
	s.first = hcfg(&f.x, (uint16_t)vh, rid, 0x118, 4);
	s.header = hcfg(&f.x, (uint16_t)vh, rid, 0x11c, 4);
	s.mem = bar ? sim_host_mem_read(f.x.c, f.x.now, (uint16_t)vh, bar + 64, 8) : 0;
	s.resets = ct(&f.x, adapter, at + VF_RESETS);
	s.remaps = ct(&f.x, adapter, at + VF_REMAPS);
	s.row_lost = row(&f.x, vh, b, ROW_LOST);
	s.boots = sw(&f.x, SW_PORT(vh) + PORT_BOOTS);
	return s;
}

/* Leaves something everywhere that a reset would take away. */
static void fill(unsigned vh, uint16_t rid)
{
	struct sim_aer_fault fault = {SIM_AER_NONFATAL, 14, {7, 8, 9, 10}};
	struct sim_aer_result got;
	uint64_t bar = bar_of(vh, rid);

	ck_assert_int_eq(sim_aer_inject(f.x.c, f.x.now, (uint16_t)vh, rid, &fault, &got), 0);
	if (bar)
		sim_host_mem_write(f.x.c, f.x.now, (uint16_t)vh, bar + 64, 8, TAG);
	fx_notices(&f.x, SIM_NOTICE_HOST_ERROR, (int)vh); /* nobody clears it */
}

START_TEST(untouched)
{
	int hba = sim_adapter_find(f.x.c, "hba"), nic = sim_adapter_find(f.x.c, "nic-left");
	struct state before[2], after[2];
	struct sim_counters a0, a1, b0, b1;

	fill(3, synth3);
	fill(2, vf2);
	before[0] = look(3, 3, synth3, "hba", CT_VF(32, 0, 3));
	before[1] = look(2, 0, vf2, "nic-left", CT_VF(64, 0, 2));
	ck_assert_uint_eq(before[0].mem, TAG);
	ck_assert_uint_eq(before[0].unc, PCI_ERR_UNC_COMP_TIME);
	ck_assert_uint_eq(before[0].header, 7);
	sim_traffic_read(f.x.c, f.x.now, (uint16_t)hba, 0, 3, &a0);
	sim_traffic_read(f.x.c, f.x.now, (uint16_t)nic, 0, 2, &b0);
	events[_i]();
	fx_pass(&f.x, MR_NS_PER_S);
	after[0] = look(3, 3, synth3, "hba", CT_VF(32, 0, 3));
	after[1] = look(2, 0, vf2, "nic-left", CT_VF(64, 0, 2));
	ck_assert_mem_eq(before, after, sizeof(before));
	ck_assert_uint_eq(fx_notices(&f.x, SIM_NOTICE_HOST_HOTPLUG, 3), 0);
	/* Not a frame is missing: 100 Mbit/s for a second. */
	sim_traffic_read(f.x.c, f.x.now, (uint16_t)hba, 0, 3, &a1);
	sim_traffic_read(f.x.c, f.x.now, (uint16_t)nic, 0, 2, &b1);
	ck_assert_uint_eq(a1.frames - a0.frames, 10000);
	ck_assert_uint_eq(b1.frames - b0.frames, 10000);
	ck_assert_uint_eq(a1.lost + a1.dropped + b1.lost + b1.dropped, 0);
}
END_TEST

/* PORT_RESET: a data-link change at every slot that leads to the adapter, and no other; the
 * hosts' kernels find their functions anew. */
START_TEST(port_reset)
{
	int port = sim_adapter_find(f.x.c, "hba"), nic = sim_adapter_find(f.x.c, "nic-left");
	uint32_t shown = PCI_EXP_SLTSTA_PDS | PCI_EXP_SLTSTA_DLLSC;
	uint64_t serial3 = sim_blade_find(f.blade[3], synth3)->serial;
	uint64_t serial2 = sim_blade_find(f.blade[2], vf2)->serial;

	ck_assert_uint_eq(sw_w(&f.x, SW_PORT(port) + PORT_RESET, 1), MR_BATCH_OK);
	ck_assert_uint_eq(hcfg(&f.x, 3, 0x203, 0x9a, 2) & shown, shown);
	ck_assert_uint_eq(hcfg(&f.x, 4, 0x204, 0x9a, 2) & shown, shown);
	ck_assert_uint_eq(hcfg(&f.x, 3, 0x204, 0x9a, 2) & PCI_EXP_SLTSTA_DLLSC, 0);
	ck_assert_uint_eq(hcfg(&f.x, 2, 0x200, 0x9a, 2) & PCI_EXP_SLTSTA_DLLSC, 0);
	ck_assert_uint_ne(hcfg(&f.x, 3, 0x203, 0x92, 2) & PCI_EXP_LNKSTA_DLLLA, 0);
	fxb_settle(&f);
	ck_assert_ptr_nonnull(sim_blade_find(f.blade[3], synth3));
	ck_assert_uint_ne(sim_blade_find(f.blade[3], synth3)->serial, serial3);
	ck_assert_str_ne(sim_blade_find(f.blade[3], synth3)->driver, "");
	ck_assert_uint_eq(sim_blade_find(f.blade[2], vf2)->serial, serial2);
	ck_assert_uint_eq(sw_w(&f.x, SW_PORT(nic) + PORT_RESET, 1), MR_BATCH_OK);
	ck_assert_uint_eq(hcfg(&f.x, 2, 0x200, 0x9a, 2), shown);
	fxb_settle(&f);
	ck_assert_ptr_null(sim_blade_find(f.blade[2], vf2)); /* its host enables it anew */
	ck_assert_ptr_nonnull(sim_blade_find(f.blade[2], (uint16_t)(vf2 - 1)));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("neighbours");
	TCase *t = tcase_create("resets");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, untouched, 0, (int)(sizeof(events) / sizeof(events[0])));
	tcase_add_test(t, port_reset);
	suite_add_tcase(s, t);
	return check_run(s);
}
