// SPDX-License-Identifier: Apache-2.0
/*
 * Native hot plug as Linux' pciehp does it: interrupt -> read and clear Slot Status -> a change
 * while the slot is on turns it off (its functions go first), what is present then is turned on
 * again. Turning on takes power_on_ns until the functions are looked for, turning off
 * power_off_ns until the slot may change again; what happens meanwhile stays in Slot Status and
 * is handled at the end, so the switch sees the removal consumed only then.
 */
#include <errno.h>
#include <linux/pci_regs.h>

#include "sim/model/blade_priv.h"

#define CHANGES	 (PCI_EXP_SLTSTA_PDC | PCI_EXP_SLTSTA_DLLSC)
#define ALL_RW1C (CHANGES | PCI_EXP_SLTSTA_CC | PCI_EXP_SLTSTA_PFD | PCI_EXP_SLTSTA_ABP)
/* With a button pciehp leaves presence alone: somebody presses. */
#define INTERRUPT      (PCI_EXP_SLTCTL_HPIE | PCI_EXP_SLTCTL_DLLSCE)
#define ENABLES	       (INTERRUPT | PCI_EXP_SLTCTL_PDCE | PCI_EXP_SLTCTL_ABPE)
#define IND(attn, pwr) (PCI_EXP_SLTCTL_ATTN_IND_##attn | PCI_EXP_SLTCTL_PWR_IND_##pwr)
#define POWER_OFF      (PCI_EXP_SLTCTL_PCC | PCI_EXP_SLTCTL_PWR_IND_OFF)
#define RETRY_NS       (10 * MR_NS_PER_MS)

static uint32_t status(struct sim_blade *b, struct mr_now now, const struct blade_slot *s)
{
	return blade_rd(b, now, s->rid, s->pcie + PCI_EXP_SLTSTA, 2);
}

static bool occupied(struct sim_blade *b, struct mr_now now, const struct blade_slot *s)
{
	return status(b, now, s) & PCI_EXP_SLTSTA_PDS;
}

static void clear_status(struct sim_blade *b, struct mr_now now, const struct blade_slot *s)
{
	uint32_t seen = status(b, now, s) & ALL_RW1C;

	if (seen)
		blade_wr(b, now, s->rid, s->pcie + PCI_EXP_SLTSTA, 2, seen);
}

static void set_power(struct sim_blade *b, struct mr_now now, const struct blade_slot *s,
		      bool on)
{
	blade_set_bits(b, now, s->rid, s->pcie + PCI_EXP_SLTCTL,
		       PCI_EXP_SLTCTL_PCC | PCI_EXP_SLTCTL_PIC,
		       on ? PCI_EXP_SLTCTL_PWR_IND_ON : POWER_OFF);
}

static void turn_on(struct sim_blade *b, struct mr_now now, struct blade_slot *s)
{
	set_power(b, now, s, true);
	s->state = SLOT_POWERING_ON;
	s->by_user = false;
	s->due = now.mono_ns + b->timing.power_on_ns;
	blade_arm(b, s->due);
	blade_changed(b);
}

/* 'gone': the functions do not answer any more, drivers are not to touch them. */
static void turn_off(struct sim_blade *b, struct mr_now now, unsigned slot, bool gone)
{
	struct blade_slot *s = &b->slot[slot];

	blade_remove_slot(b, now, slot, gone);
	set_power(b, now, s, false);
	s->state = SLOT_POWERING_OFF;
	s->due = now.mono_ns + b->timing.power_off_ns;
	blade_arm(b, s->due);
	blade_changed(b);
}

/* At boot: an occupied slot is on and looked into, an empty one is turned off; then
 * notification starts. */
void blade_slot_boot(struct sim_blade *b, struct mr_now now, unsigned slot)
{
	struct blade_slot *s = &b->slot[slot];
	bool there = occupied(b, now, s);

	set_power(b, now, s, there);
	clear_status(b, now, s);
	s->state = there && blade_scan_slot(b, now, slot) ? SLOT_ON : SLOT_OFF;
	s->button = blade_rd(b, now, s->rid, s->pcie + PCI_EXP_SLTCAP, 4) & PCI_EXP_SLTCAP_ABP;
	blade_set_bits(b, now, s->rid, s->pcie + PCI_EXP_SLTCTL, ENABLES,
		       INTERRUPT | (s->button ? PCI_EXP_SLTCTL_ABPE : PCI_EXP_SLTCTL_PDCE));
	if (s->state == SLOT_OFF && occupied(b, now, s))
		turn_on(b, now, s);
}

static void set_indicators(struct sim_blade *b, struct mr_now now, const struct blade_slot *s,
			   uint16_t bits)
{
	blade_set_bits(b, now, s->rid, s->pcie + PCI_EXP_SLTCTL,
		       PCI_EXP_SLTCTL_AIC | PCI_EXP_SLTCTL_PIC, bits);
}

/* The first press announces a change by a blinking indicator, a second one takes it back. */
static void button_pressed(struct sim_blade *b, struct mr_now now, struct blade_slot *s)
{
	if (s->state == SLOT_BLINKING_ON || s->state == SLOT_BLINKING_OFF) {
		s->state = s->state == SLOT_BLINKING_ON ? SLOT_OFF : SLOT_ON;
		s->due = MR_NEVER;
		set_indicators(b, now, s, s->state == SLOT_ON ? IND(OFF, ON) : IND(OFF, OFF));
		return;
	}
	s->state = s->state == SLOT_ON ? SLOT_BLINKING_OFF : SLOT_BLINKING_ON;
	set_indicators(b, now, s, IND(OFF, BLINK));
	s->due = now.mono_ns + b->timing.blink_ns;
	blade_arm(b, s->due);
}

static void blinked(struct sim_blade *b, struct mr_now now, unsigned slot)
{
	struct blade_slot *s = &b->slot[slot];

	s->due = MR_NEVER;
	if (s->state == SLOT_BLINKING_OFF) {
		turn_off(b, now, slot, false);
		s->by_user = true;
	} else if (occupied(b, now, s)) {
		turn_on(b, now, s);
	} else {
		s->state = SLOT_OFF;
		set_indicators(b, now, s, IND(OFF, OFF));
	}
}

/* The hot-plug interrupt of a slot, or the end of a wait during which one came. */
void blade_slot_event(struct sim_blade *b, struct mr_now now, unsigned slot)
{
	struct blade_slot *s = &b->slot[slot];
	uint32_t sta;

	if (!s->exists || s->state == SLOT_POWERING_ON || s->state == SLOT_POWERING_OFF)
		return;
	sta = status(b, now, s);
	clear_status(b, now, s);
	if (sta & PCI_EXP_SLTSTA_ABP && s->button)
		button_pressed(b, now, s);
	if (!(sta & CHANGES))
		return;
	if (s->state == SLOT_ON || s->state == SLOT_BLINKING_OFF)
		turn_off(b, now, slot, true);
	else if (sta & PCI_EXP_SLTSTA_PDS && (!s->by_user || sta & PCI_EXP_SLTSTA_PDC))
		turn_on(b, now, s);
	else if (!(sta & PCI_EXP_SLTSTA_PDS))
		s->by_user = false;
}

static void finish_on(struct sim_blade *b, struct mr_now now, unsigned slot)
{
	struct blade_slot *s = &b->slot[slot];

	/* A function that answers with retry status is waited for. */
	if (blade_rd(b, now, (uint16_t)(s->secondary << 8), PCI_VENDOR_ID, 2) ==
	    BLADE_NOT_READY) {
		s->due = now.mono_ns + RETRY_NS;
		blade_arm(b, s->due);
		return;
	}
	s->state = SLOT_ON;
	s->due = MR_NEVER;
	if (blade_scan_slot(b, now, slot)) {
		clear_status(b, now, s);
		blade_changed(b);
		return;
	}
	set_power(b, now, s, false);
	clear_status(b, now, s);
	s->state = SLOT_OFF;
	blade_changed(b);
}

static void finish_off(struct sim_blade *b, struct mr_now now, unsigned slot)
{
	struct blade_slot *s = &b->slot[slot];

	s->state = SLOT_OFF;
	s->due = MR_NEVER;
	clear_status(b, now, s);
	if (occupied(b, now, s) && !s->by_user)
		turn_on(b, now, s);
	blade_changed(b);
}

/* Ends the waits of a slot that are due. */
void blade_slot_step(struct sim_blade *b, struct mr_now now, unsigned slot)
{
	struct blade_slot *s = &b->slot[slot];

	if (!s->exists || s->due > now.mono_ns)
		return;
	if (s->state == SLOT_POWERING_ON)
		finish_on(b, now, slot);
	else if (s->state == SLOT_POWERING_OFF)
		finish_off(b, now, slot);
	else if (s->state == SLOT_BLINKING_ON || s->state == SLOT_BLINKING_OFF)
		blinked(b, now, slot);
}

/* Number of hot-plug slots: one past the highest bridge number. */
unsigned sim_blade_slots(const struct sim_blade *b)
{
	return b->state == BLADE_UP ? b->slots : 0;
}

/* sysfs slots/N/power reads 1 while the power controller is on. */
bool sim_blade_slot_power(const struct sim_blade *b, unsigned slot)
{
	return slot < b->slots &&
	       (b->slot[slot].state == SLOT_ON || b->slot[slot].state == SLOT_BLINKING_OFF ||
		b->slot[slot].state == SLOT_POWERING_ON);
}

/* sysfs slots/N/address: device 0 on the slot's bus. */
uint16_t sim_blade_slot_address(const struct sim_blade *b, unsigned slot)
{
	return slot < b->slots ? (uint16_t)(b->slot[slot].secondary << 8) : 0;
}

/* Writing 0 or 1 to slots/N/power: -ENODEV when it is so already, is changing, or is empty. */
int sim_blade_slot_set_power(struct sim_blade *b, struct mr_now now, unsigned slot, bool on,
			     int64_t *ret_done_ns)
{
	struct blade_slot *s = &b->slot[slot];

	if (b->state != BLADE_UP || slot >= b->slots || !s->exists)
		return -ENODEV;
	if (s->state != (on ? SLOT_OFF : SLOT_ON))
		return -ENODEV;
	if (on && !occupied(b, now, s))
		return -ENODEV;
	if (on) {
		turn_on(b, now, s);
	} else {
		turn_off(b, now, slot, false);
		s->by_user = true;
	}
	*ret_done_ns = s->due;
	return 0;
}
