// SPDX-License-Identifier: Apache-2.0
/*
 * Conformance of the virtual bridges' slot registers: one case a rule, each names the register
 * semantic of PCI Express (Slot Capabilities, Control, Status; bits as <linux/pci_regs.h>) that
 * it holds the model to. The last cases are Linux' pciehp on slots with a button.
 */
#include <errno.h>
#include <linux/pci_regs.h>

#include "sim/model/blade.h"
#include "tests/unit/sim_model/fx_edit.h"

#define VH     4
#define B      4
#define BRIDGE (0x200 + B)
#define RID    (FX_BUS(B) << 8)
#define CAP    0x94
#define CTL    0x98
#define STA    0x9a
#define IDS    (0x1077 | 0x2289 << 16 | 0x0c0400ull << 32 | 2ull << 56)
#define QUIET  (PCI_EXP_SLTCTL_ATTN_IND_OFF | PCI_EXP_SLTCTL_PWR_IND_OFF)
#define ALL    (PCI_EXP_SLTCTL_PDCE | PCI_EXP_SLTCTL_DLLSCE | PCI_EXP_SLTCTL_CCIE)
#define RW1C   0x011f

static struct fx x;

static void start(struct fx made)
{
	x = made;
	ck_assert_uint_eq(fx_take_over(&x), MR_BATCH_OK);
	fx_boot(&x, VH);
	fx_provision(&x, "hba", 0, 32);
	hcfg_w(&x, VH, BRIDGE, CTL, 2, QUIET);
	hcfg_w(&x, VH, BRIDGE, STA, 2, RW1C);
	fx_notices(&x, SIM_NOTICE_HOST_HOTPLUG, VH);
}

static void setup(void)
{
	start(fx_new("config/demo-chassis.yaml"));
}

static void setup_button(void)
{
	start(fx_new_edited("config/demo-chassis.yaml", "vfMigration: false",
			    "vfMigration: false, attentionButton: true"));
}

static void setup_slow(void)
{
	start(fx_new_edited("config/demo-chassis.yaml", "cutAnswer: ones}",
			    "cutAnswer: ones, slotCommand: 500ms}"));
}

static void teardown(void)
{
	fx_free(&x);
}

static uint32_t sta(void)
{
	return hcfg(&x, VH, BRIDGE, STA, 2);
}

static void ctl(uint32_t v)
{
	hcfg_w(&x, VH, BRIDGE, CTL, 2, v);
}

static unsigned irqs(void)
{
	return fx_notices(&x, SIM_NOTICE_HOST_HOTPLUG, VH);
}

static void plug(void)
{
	fx_map_synthetic(&x, VH, B, "hba", 7, 0x10000, IDS);
}

/* ---- Slot Capabilities ---- */

/* Capabilities: power controller, indicators, hot plug; no MRL sensor, no surprise, no
 * interlock, completions are told; power limit 75 W; the number is the bridge's. */
START_TEST(sltcap)
{
	uint32_t v = hcfg(&x, VH, BRIDGE, CAP, 4);

	ck_assert_uint_eq(v & 0x7f, PCI_EXP_SLTCAP_PCP | PCI_EXP_SLTCAP_AIP |
					    PCI_EXP_SLTCAP_PIP | PCI_EXP_SLTCAP_HPC);
	ck_assert_uint_eq(v & (PCI_EXP_SLTCAP_EIP | PCI_EXP_SLTCAP_NCCS), 0);
	ck_assert_uint_eq((v & PCI_EXP_SLTCAP_SPLV) >> 7, 75);
	ck_assert_uint_eq((v & PCI_EXP_SLTCAP_PSN) >> 19, B);
	hcfg_w(&x, VH, BRIDGE, CAP, 4, 0xffffffff); /* HwInit: read-only */
	ck_assert_uint_eq(hcfg(&x, VH, BRIDGE, CAP, 4), v);
}
END_TEST

/* Slot Implemented, and DLL Link Active Reporting: hot-plug ports have both; the upstream
 * bridge has no slot registers. */
START_TEST(slot_implemented)
{
	ck_assert_uint_ne(hcfg(&x, VH, BRIDGE, 0x82, 2) & PCI_EXP_FLAGS_SLOT, 0);
	ck_assert_uint_ne(hcfg(&x, VH, BRIDGE, 0x8c, 4) & PCI_EXP_LNKCAP_DLLLARC, 0);
	ck_assert_uint_eq(hcfg(&x, VH, 0x100, 0x82, 2) & PCI_EXP_FLAGS_SLOT, 0);
	hcfg_w(&x, VH, 0x100, CTL, 2, 0xffff);
	ck_assert_uint_eq(hcfg(&x, VH, 0x100, CTL, 4), 0);
}
END_TEST

/* ---- Slot Control ---- */

/* Reserved bits, enables of what is absent (button, MRL sensor), interlock: hardwired to 0. */
START_TEST(ctl_reserved_bits)
{
	ctl(0xffff & ~PCI_EXP_SLTCTL_PCC);
	ck_assert_uint_eq(hcfg(&x, VH, BRIDGE, CTL, 2),
			  PCI_EXP_SLTCTL_PFDE | ALL | PCI_EXP_SLTCTL_HPIE | QUIET);
}
END_TEST

/* Indicators: 01b on, 10b blink, 11b off; 00b is reserved and changes nothing; off at reset. */
START_TEST(ctl_indicators)
{
	ck_assert_int_eq(sim_host_reset(x.c, x.now, VH), 0);
	fx_enumerate(&x, VH);
	ctl(PCI_EXP_SLTCTL_ATTN_IND_BLINK | PCI_EXP_SLTCTL_PWR_IND_ON);
	ctl(PCI_EXP_SLTCTL_PWR_IND_BLINK);
	ck_assert_uint_eq(hcfg(&x, VH, BRIDGE, CTL, 2),
			  PCI_EXP_SLTCTL_ATTN_IND_BLINK | PCI_EXP_SLTCTL_PWR_IND_BLINK);
	ctl(PCI_EXP_SLTCTL_ATTN_IND_ON);
	ck_assert_uint_eq(hcfg(&x, VH, BRIDGE, CTL, 2),
			  PCI_EXP_SLTCTL_ATTN_IND_ON | PCI_EXP_SLTCTL_PWR_IND_BLINK);
	ck_assert_int_eq(sim_host_reset(x.c, x.now, VH), 0);
	hcfg_w(&x, VH, 0x100, 0x18, 4, 1 | 2 << 8 | 0xff << 16);
	ck_assert_uint_eq(hcfg(&x, VH, BRIDGE, CTL, 2), QUIET);
}
END_TEST

/* A byte write is a write of the register: the other byte stays, and it is one command. */
START_TEST(ctl_byte_write)
{
	ctl(QUIET | PCI_EXP_SLTCTL_HPIE);
	hcfg_w(&x, VH, BRIDGE, STA, 2, RW1C);
	hcfg_w(&x, VH, BRIDGE, CTL + 1, 1, (QUIET | PCI_EXP_SLTCTL_PCC) >> 8);
	ck_assert_uint_eq(hcfg(&x, VH, BRIDGE, CTL, 2),
			  QUIET | PCI_EXP_SLTCTL_HPIE | PCI_EXP_SLTCTL_PCC);
	ck_assert_uint_eq(sta(), PCI_EXP_SLTSTA_CC);
}
END_TEST

/* Power Controller Control: 1 takes power and link, not presence; 0 brings both back. The
 * function is reset by it. */
START_TEST(power_controller)
{
	plug();
	hcfg_w(&x, VH, RID, PCI_COMMAND, 2, PCI_COMMAND_MASTER);
	hcfg_w(&x, VH, BRIDGE, STA, 2, RW1C);
	ctl(QUIET | PCI_EXP_SLTCTL_PCC);
	ck_assert_uint_eq(sta(), PCI_EXP_SLTSTA_PDS | PCI_EXP_SLTSTA_DLLSC | PCI_EXP_SLTSTA_CC);
	ck_assert_uint_eq(hcfg(&x, VH, BRIDGE, 0x92, 2) & PCI_EXP_LNKSTA_DLLLA, 0);
	ck_assert_uint_eq(hcfg(&x, VH, RID, 0, 4), 0xffffffff);
	ck_assert_uint_eq(row(&x, VH, B, ROW_STATUS) & MR_ROW_POWER, 0);
	hcfg_w(&x, VH, BRIDGE, STA, 2, RW1C);
	ctl(QUIET);
	ck_assert_uint_eq(sta(), PCI_EXP_SLTSTA_PDS | PCI_EXP_SLTSTA_DLLSC | PCI_EXP_SLTSTA_CC);
	ck_assert_uint_ne(hcfg(&x, VH, BRIDGE, 0x92, 2) & PCI_EXP_LNKSTA_DLLLA, 0);
	ck_assert_uint_eq(hcfg(&x, VH, RID, PCI_COMMAND, 2), 0);
}
END_TEST

/* ---- Slot Status ---- */

/* RW1C: only written ones clear, only bits that are set; PDS and MRL state are read-only. */
START_TEST(sta_rw1c)
{
	plug();
	ck_assert_uint_eq(sta(),
			  PCI_EXP_SLTSTA_PDS | PCI_EXP_SLTSTA_PDC | PCI_EXP_SLTSTA_DLLSC);
	hcfg_w(&x, VH, BRIDGE, STA, 2, 0);
	ck_assert_uint_eq(sta(),
			  PCI_EXP_SLTSTA_PDS | PCI_EXP_SLTSTA_PDC | PCI_EXP_SLTSTA_DLLSC);
	hcfg_w(&x, VH, BRIDGE, STA, 2, PCI_EXP_SLTSTA_PDC);
	ck_assert_uint_eq(sta(), PCI_EXP_SLTSTA_PDS | PCI_EXP_SLTSTA_DLLSC);
	hcfg_w(&x, VH, BRIDGE, STA, 2, 0xffff);
	ck_assert_uint_eq(sta(), PCI_EXP_SLTSTA_PDS);
	hcfg_w(&x, VH, BRIDGE, STA, 2, 0xffff);
	ck_assert_uint_eq(sta(), PCI_EXP_SLTSTA_PDS);
}
END_TEST

/* A write of Slot Control alone leaves Slot Status, and the other way round. */
START_TEST(sta_apart_from_ctl)
{
	plug();
	ctl(QUIET);
	ck_assert_uint_ne(sta() & PCI_EXP_SLTSTA_PDC, 0);
	hcfg_w(&x, VH, BRIDGE, STA, 2, RW1C);
	ck_assert_uint_eq(sta() & PCI_EXP_SLTSTA_CC, 0); /* no command */
	ck_assert_uint_eq(hcfg(&x, VH, BRIDGE, CTL, 2), QUIET);
}
END_TEST

/* Presence Detect Changed and State follow the row; powered off, presence still changes. */
START_TEST(sta_presence_without_power)
{
	ctl(QUIET | PCI_EXP_SLTCTL_PCC);
	hcfg_w(&x, VH, BRIDGE, STA, 2, RW1C);
	plug();
	ck_assert_uint_eq(sta(), PCI_EXP_SLTSTA_PDS | PCI_EXP_SLTSTA_PDC);
	ck_assert_int_eq(sim_adapter_pull(x.c, x.now, "hba"), 0);
	hcfg_w(&x, VH, BRIDGE, STA, 2, RW1C);
	ck_assert_uint_eq(sta(), 0);
}
END_TEST

/* Power Fault Detected: power goes off asynchronously, PCC still reads on; off and on again
 * clears the way. */
START_TEST(sta_power_fault)
{
	plug();
	hcfg_w(&x, VH, BRIDGE, STA, 2, RW1C);
	ctl(QUIET | PCI_EXP_SLTCTL_HPIE | PCI_EXP_SLTCTL_PFDE);
	hcfg_w(&x, VH, BRIDGE, STA, 2, RW1C);
	irqs();
	ck_assert_int_eq(sim_slot_power_fault(x.c, x.now, VH, B), 0);
	ck_assert_int_eq(sim_slot_power_fault(x.c, x.now, VH, B), -EALREADY);
	ck_assert_uint_eq(irqs(), 1);
	ck_assert_uint_eq(sta(),
			  PCI_EXP_SLTSTA_PDS | PCI_EXP_SLTSTA_DLLSC | PCI_EXP_SLTSTA_PFD);
	ck_assert_uint_eq(hcfg(&x, VH, BRIDGE, CTL, 2) & PCI_EXP_SLTCTL_PCC, 0);
	ck_assert_uint_eq(hcfg(&x, VH, RID, 0, 4), 0xffffffff);
	ctl(QUIET | PCI_EXP_SLTCTL_PCC);
	ctl(QUIET);
	ck_assert_uint_eq(hcfg(&x, VH, RID, 0, 4), (uint32_t)IDS);
}
END_TEST

/* ---- interrupts ---- */

/* An event interrupts if its enable and HPIE are set; it is logged in any case. */
static const struct {
	uint16_t enables;
	unsigned irqs;
} conditions[] = {
	{0, 0},
	{PCI_EXP_SLTCTL_HPIE, 0},
	{PCI_EXP_SLTCTL_PDCE | PCI_EXP_SLTCTL_DLLSCE, 0},
	{PCI_EXP_SLTCTL_HPIE | PCI_EXP_SLTCTL_CCIE, 0},
	{PCI_EXP_SLTCTL_HPIE | PCI_EXP_SLTCTL_PFDE, 0},
	{PCI_EXP_SLTCTL_HPIE | PCI_EXP_SLTCTL_PDCE, 1},
	{PCI_EXP_SLTCTL_HPIE | PCI_EXP_SLTCTL_DLLSCE, 1},
	{PCI_EXP_SLTCTL_HPIE | PCI_EXP_SLTCTL_PDCE | PCI_EXP_SLTCTL_DLLSCE, 1},
};

START_TEST(irq_conditions)
{
	ctl(QUIET | conditions[_i].enables);
	hcfg_w(&x, VH, BRIDGE, STA, 2, RW1C);
	irqs();
	plug();
	ck_assert_uint_eq(irqs(), conditions[_i].irqs);
	ck_assert_uint_eq(sta() & 0x108, 0x108);
}
END_TEST

/* The message goes out when (HPIE and any enabled event) becomes true, not for each event; a
 * cleared condition can come true again. */
START_TEST(irq_is_a_transition)
{
	ctl(QUIET | PCI_EXP_SLTCTL_HPIE | PCI_EXP_SLTCTL_PDCE | PCI_EXP_SLTCTL_DLLSCE);
	plug();
	ck_assert_uint_eq(irqs(), 1);
	ck_assert_int_eq(sim_adapter_pull(x.c, x.now, "hba"), 0);
	ck_assert_uint_eq(irqs(), 0);
	hcfg_w(&x, VH, BRIDGE, STA, 2, PCI_EXP_SLTSTA_PDC); /* DLLSC still holds it */
	ck_assert_int_eq(sim_adapter_insert(x.c, x.now, "hba"), 0);
	fx_provision(&x, "hba", 0, 32); /* what is inserted is blank */
	ck_assert_uint_eq(irqs(), 0);
	hcfg_w(&x, VH, BRIDGE, STA, 2, RW1C);
	ck_assert_uint_eq(irqs(), 0);
	ck_assert_int_eq(sim_adapter_pull(x.c, x.now, "hba"), 0);
	ck_assert_uint_eq(irqs(), 1);
}
END_TEST

/* What is pending when HPIE or an event's enable is set interrupts then. */
START_TEST(irq_on_enable)
{
	plug();
	ctl(QUIET | PCI_EXP_SLTCTL_PDCE);
	ck_assert_uint_eq(irqs(), 0);
	ctl(QUIET | PCI_EXP_SLTCTL_PDCE | PCI_EXP_SLTCTL_HPIE);
	ck_assert_uint_eq(irqs(), 1);
	ctl(QUIET | PCI_EXP_SLTCTL_HPIE);
	ck_assert_uint_eq(irqs(), 0);
	ctl(QUIET | PCI_EXP_SLTCTL_HPIE | PCI_EXP_SLTCTL_DLLSCE);
	ck_assert_uint_eq(irqs(), 1);
}
END_TEST

/* Command Completed interrupts with CCIE, once a command, after it has been cleared. */
START_TEST(irq_command_completed)
{
	ctl(QUIET | PCI_EXP_SLTCTL_HPIE | PCI_EXP_SLTCTL_CCIE);
	ck_assert_uint_eq(irqs(), 1);
	hcfg_w(&x, VH, BRIDGE, STA, 2, RW1C);
	ctl(QUIET | PCI_EXP_SLTCTL_HPIE | PCI_EXP_SLTCTL_CCIE);
	ck_assert_uint_eq(irqs(), 1);
}
END_TEST

/* ---- command timing ---- */

/* Command Completed comes when the controller is done; power and link change with it. */
START_TEST(command_takes_its_time)
{
	plug();
	fx_pass(&x, 1000000000);
	hcfg_w(&x, VH, BRIDGE, STA, 2, RW1C);
	ctl(QUIET | PCI_EXP_SLTCTL_PCC);
	ck_assert_uint_eq(sta(), PCI_EXP_SLTSTA_PDS);
	ck_assert_uint_eq(hcfg(&x, VH, RID, 0, 4), (uint32_t)IDS);
	fx_pass(&x, 499999999);
	ck_assert_uint_eq(sta(), PCI_EXP_SLTSTA_PDS);
	fx_pass(&x, 1);
	ck_assert_uint_eq(sta(), PCI_EXP_SLTSTA_PDS | PCI_EXP_SLTSTA_DLLSC | PCI_EXP_SLTSTA_CC);
	ck_assert_uint_eq(hcfg(&x, VH, RID, 0, 4), 0xffffffff);
}
END_TEST

/* A command on top of an incomplete one takes its place: one completion, for the later. */
START_TEST(command_replaced)
{
	plug();
	fx_pass(&x, 1000000000);
	hcfg_w(&x, VH, BRIDGE, STA, 2, RW1C);
	ctl(QUIET | PCI_EXP_SLTCTL_PCC);
	fx_pass(&x, 300000000);
	ctl(QUIET);
	fx_pass(&x, 300000000);
	ck_assert_uint_eq(sta(), PCI_EXP_SLTSTA_PDS);
	fx_pass(&x, 200000000);
	ck_assert_uint_eq(sta(), PCI_EXP_SLTSTA_PDS | PCI_EXP_SLTSTA_CC);
	ck_assert_uint_eq(hcfg(&x, VH, RID, 0, 4), (uint32_t)IDS);
}
END_TEST

/* A conventional reset ends a command without completing it. */
START_TEST(command_and_reset)
{
	fx_pass(&x, 1000000000);
	ctl(QUIET | PCI_EXP_SLTCTL_PCC);
	ck_assert_int_eq(sim_host_reset(x.c, x.now, VH), 0);
	fx_pass(&x, 1000000000);
	hcfg_w(&x, VH, 0x100, 0x18, 4, 1 | 2 << 8 | 0xff << 16);
	ck_assert_uint_eq(sta(), 0);
	ck_assert_uint_eq(hcfg(&x, VH, BRIDGE, CTL, 2), QUIET);
	ck_assert_uint_ne(row(&x, VH, B, ROW_STATUS) & MR_ROW_POWER, 0);
}
END_TEST

/* ---- attention button ---- */

/* Attention Button Present and Pressed, with ABPE and HPIE an interrupt: by the tester and by
 * the MR-PCIM's register. */
START_TEST(button)
{
	ck_assert_uint_ne(hcfg(&x, VH, BRIDGE, CAP, 4) & PCI_EXP_SLTCAP_ABP, 0);
	ck_assert_int_eq(sim_slot_button(x.c, x.now, VH, B), 0);
	ck_assert_uint_eq(sta(), PCI_EXP_SLTSTA_ABP);
	ck_assert_uint_eq(irqs(), 0);
	ctl(QUIET | PCI_EXP_SLTCTL_HPIE | PCI_EXP_SLTCTL_ABPE);
	ck_assert_uint_eq(irqs(), 1);
	hcfg_w(&x, VH, BRIDGE, STA, 2, PCI_EXP_SLTSTA_ABP);
	ck_assert_uint_eq(sta() & PCI_EXP_SLTSTA_ABP, 0);
	ck_assert_uint_eq(row(&x, VH, B, ROW_BUTTON), 1);
	ck_assert_uint_eq(row_w(&x, VH, B, ROW_BUTTON, 2), MR_BATCH_REFUSED);
	ck_assert_uint_eq(row_w(&x, VH, B, ROW_BUTTON, 1), MR_BATCH_OK);
	ck_assert_uint_eq(irqs(), 1);
	ck_assert_uint_eq(sta() & PCI_EXP_SLTSTA_ABP, PCI_EXP_SLTSTA_ABP);
}
END_TEST

/* Slots without a button: nothing to press, by nobody. */
START_TEST(no_button)
{
	ck_assert_int_eq(sim_slot_button(x.c, x.now, VH, B), -ENODEV);
	ck_assert_int_eq(sim_slot_button(x.c, x.now, VH, 200), -ENOENT);
	ck_assert_int_eq(sim_slot_button(x.c, x.now, 1, 0), -EHOSTDOWN);
	ck_assert_uint_eq(row(&x, VH, B, ROW_BUTTON), 0);
	ck_assert_uint_eq(row_w(&x, VH, B, ROW_BUTTON, 1), MR_BATCH_REFUSED);
	ck_assert_uint_eq(sta(), 0);
}
END_TEST

/* ---- pciehp ---- */

static struct sim_blade *blade;

static void run_for(int64_t ns)
{
	int64_t end = x.now.mono_ns + ns;
	struct sim_notice n;

	for (;;) {
		int64_t due = sim_chassis_deadline(x.c);

		while (sim_chassis_notice(x.c, &n))
			if (n.kind != SIM_NOTICE_MGMT_IRQ && n.vh == VH)
				sim_blade_notice(blade, x.now, &n);
		if (sim_blade_deadline(blade) < due)
			due = sim_blade_deadline(blade);
		if (due > end)
			break;
		if (due > x.now.mono_ns)
			x.now.mono_ns = due;
		sim_chassis_step(x.c, x.now);
		sim_blade_step(blade, x.now);
	}
	x.now.mono_ns = end;
	sim_chassis_step(x.c, x.now);
}

#define SECOND 1000000000ll

static void press(void)
{
	ck_assert_int_eq(sim_slot_button(x.c, x.now, VH, B), 0);
	run_for(SECOND);
}

static bool powered_after(int64_t ns)
{
	run_for(ns);
	return sim_blade_slot_power(blade, B);
}

/*
 * Linux: with a button presence alone changes nothing; the press that finds its change pending
 * turns the slot on. Later ones blink for 5 s and then do what they say; a second press within
 * them takes the first one back.
 */
START_TEST(linux_button)
{
	blade = sim_blade_new(x.c, VH, 1);
	run_for(SECOND);
	ck_assert_uint_eq(hcfg(&x, VH, BRIDGE, CTL, 2) & 0x3f,
			  PCI_EXP_SLTCTL_HPIE | PCI_EXP_SLTCTL_ABPE);
	plug();
	ck_assert(!powered_after(10 * SECOND));
	press();
	ck_assert(powered_after(SECOND));
	ck_assert_ptr_nonnull(
		sim_blade_find(blade, (uint16_t)sim_blade_slot_address(blade, B)));
	press();
	ck_assert_uint_eq(hcfg(&x, VH, BRIDGE, CTL, 2) & PCI_EXP_SLTCTL_PIC,
			  PCI_EXP_SLTCTL_PWR_IND_BLINK);
	ck_assert(powered_after(3 * SECOND));
	ck_assert(!powered_after(2 * SECOND));
	run_for(2 * SECOND);
	press();
	press();
	ck_assert_uint_eq(hcfg(&x, VH, BRIDGE, CTL, 2) & PCI_EXP_SLTCTL_PIC,
			  PCI_EXP_SLTCTL_PWR_IND_OFF);
	ck_assert(!powered_after(10 * SECOND));
	press();
	ck_assert(!powered_after(3 * SECOND));
	ck_assert(powered_after(3 * SECOND));
	sim_blade_free(blade);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("slots");
	TCase *t = tcase_create("registers"), *slow = tcase_create("timing"),
	      *press = tcase_create("button");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, sltcap);
	tcase_add_test(t, slot_implemented);
	tcase_add_test(t, ctl_reserved_bits);
	tcase_add_test(t, ctl_indicators);
	tcase_add_test(t, ctl_byte_write);
	tcase_add_test(t, power_controller);
	tcase_add_test(t, sta_rw1c);
	tcase_add_test(t, sta_apart_from_ctl);
	tcase_add_test(t, sta_presence_without_power);
	tcase_add_test(t, sta_power_fault);
	tcase_add_loop_test(t, irq_conditions, 0, 8);
	tcase_add_test(t, irq_is_a_transition);
	tcase_add_test(t, irq_on_enable);
	tcase_add_test(t, irq_command_completed);
	tcase_add_test(t, no_button);
	suite_add_tcase(s, t);
	tcase_add_checked_fixture(slow, setup_slow, teardown);
	tcase_add_test(slow, command_takes_its_time);
	tcase_add_test(slow, command_replaced);
	tcase_add_test(slow, command_and_reset);
	suite_add_tcase(s, slow);
	tcase_add_checked_fixture(press, setup_button, teardown);
	tcase_add_test(press, button);
	tcase_add_test(press, linux_button);
	suite_add_tcase(s, press);
	return check_run(s);
}
