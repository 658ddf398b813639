// SPDX-License-Identifier: Apache-2.0
/*
 * A blade's life: power and link, boot, hanging, and the one place where its time passes. What
 * happens in a boot is in blade_enum.c; what the slots, PFs and drivers do in their own files.
 */
#include "sim/model/blade.h"

#include <stdlib.h>
#include <string.h>

#include "common/xalloc.h"
#include "sim/model/blade_priv.h"
#include "sim/model/chassis.h"

/* Measured on Linux 6.1 (facts/qemu-blades.md 2a, facts/linux-host.md 2.1); boot is ours. */
static const struct sim_blade_timing measured = {
	.boot_ns = 50 * MR_NS_PER_MS,
	.power_on_ns = 1100 * MR_NS_PER_MS,
	.power_off_ns = 1100 * MR_NS_PER_MS,
	.blink_ns = 5000 * MR_NS_PER_MS,
	.vf_enable_ns = 140 * MR_NS_PER_MS,
	.vf_disable_ns = 1100 * MR_NS_PER_MS,
	.flr_ns = 100 * MR_NS_PER_MS,
};

/* Makes the next step come no later than 'due'. */
void blade_arm(struct sim_blade *b, int64_t due)
{
	if (due < b->due)
		b->due = due;
}

/* Something that sysfs shows has changed. */
void blade_changed(struct sim_blade *b)
{
	b->lead->revision++;
	if (b != b->lead)
		b->revision++;
}

/* ---- servers with several roots ---- */

/* See blade.h. */
void sim_blade_join(struct sim_blade *const *blade, unsigned n)
{
	for (unsigned vh = 1; vh <= n; vh++) {
		struct sim_blade *b = blade[vh], *lead;
		unsigned at = b ? sim_host_lead(b->c, b->vh) : 0;

		lead = at && at <= n ? blade[at] : NULL;
		if (!lead || lead == b || lead->roots == SIM_ROOTS_MAX)
			continue;
		b->lead = lead;
		b->domain = lead->roots;
		lead->root[lead->roots++] = b;
	}
}

/* Roots of the server that it leads. */
unsigned sim_blade_roots(const struct sim_blade *b)
{
	return b->roots;
}

/* The r-th of them, or NULL. */
struct sim_blade *sim_blade_root(const struct sim_blade *b, unsigned r)
{
	return r < b->roots ? b->root[r] : NULL;
}

/* Who stands for the server. */
struct sim_blade *sim_blade_lead(const struct sim_blade *b)
{
	return b->lead;
}

/* Its virtual hierarchy. */
uint16_t sim_blade_vh(const struct sim_blade *b)
{
	return b->vh;
}

/* PCI domain of the root. */
unsigned sim_blade_domain(const struct sim_blade *b)
{
	return b->domain;
}

/* Whether the kernel runs, or starts, by another root than this one. */
static bool runs_elsewhere(const struct sim_blade *b)
{
	for (unsigned r = 0; r < b->lead->roots; r++) {
		const struct sim_blade *o = b->lead->root[r];

		if (o != b && (o->state == BLADE_UP || o->state == BLADE_BOOTING))
			return true;
	}
	return false;
}

/* blade_priv.h */
uint64_t blade_mmio_base(const struct sim_blade *b)
{
	uint64_t base = BLADE_MMIO_BASE, mmio, mmio64;
	unsigned buses;

	for (unsigned r = 0; r < b->domain; r++) {
		sim_host_reserve(b->c, b->lead->root[r]->vh, &buses, &mmio, &mmio64);
		base += mmio;
	}
	return base;
}

/* blade_priv.h */
uint64_t blade_mmio64_base(const struct sim_blade *b)
{
	return BLADE_MMIO64_BASE + ((uint64_t)b->domain << BLADE_MMIO64_ROOT);
}

static void new_boot_id(struct sim_blade *b)
{
	uint64_t hi = mr_rng_next(&b->rng), lo = mr_rng_next(&b->rng);

	mr_fmt(b->boot_id, sizeof(b->boot_id), "%08x-%04x-4%03x-%04x-%012llx",
	       (unsigned)(hi >> 32), (unsigned)(hi >> 16 & 0xffff), (unsigned)(hi & 0xfff),
	       (unsigned)(0x8000 | (lo >> 48 & 0x3fff)),
	       (unsigned long long)(lo & 0xffffffffffff));
}

/* The root is enumerated at 'due', by a kernel that runs or one that starts. */
static void start_root(struct sim_blade *b, int64_t due)
{
	b->recheck = b->link_lost = b->link_back = false;
	blade_drop_all(b);
	b->state = BLADE_BOOTING;
	b->boot_due = due;
	blade_arm(b, due);
}

/* A new kernel: what the server had behind roots without a link is forgotten. */
static void start_boot(struct sim_blade *b, int64_t due)
{
	for (unsigned r = 0; r < b->lead->roots; r++) {
		struct sim_blade *o = b->lead->root[r];

		if (o == b || o->state != BLADE_ORPHAN)
			continue;
		blade_drop_all(o);
		o->state = BLADE_OFF;
	}
	start_root(b, due);
	new_boot_id(b->lead);
}

/*
 * The blade behind upstream port 'vh' of 'c', which outlives it. 'seed' decides its boot ids. A
 * blade whose link is up already boots at the first step.
 */
struct sim_blade *sim_blade_new(struct sim_chassis *c, uint16_t vh, uint64_t seed)
{
	struct sim_blade *b = MR_NEW(struct sim_blade);

	b->c = c;
	b->vh = vh;
	b->lead = b->root[0] = b;
	b->roots = 1;
	b->due = MR_NEVER;
	b->timing = measured;
	mr_rng_init(&b->rng, seed);
	blade_local_init(b);
	new_boot_id(b);
	if (sim_host_power(c, vh) && sim_host_link(c, vh))
		start_boot(b, INT64_MIN);
	return b;
}

/* NULL is accepted. */
void sim_blade_free(struct sim_blade *b)
{
	if (!b)
		return;
	b->lead = b; /* the one of its server may be gone already */
	b->roots = 1;
	b->root[0] = b;
	blade_drop_all(b);
	for (unsigned i = 0; i < b->ue_cap; i++)
		mr_buf_done(&b->uevent[i]);
	free(b->uevent);
	free(b->dev);
	free(b);
}

/* The times of the blade's own doings, to be changed at will. */
struct sim_blade_timing *sim_blade_timing(struct sim_blade *b)
{
	return &b->timing;
}

/* The link is gone: a host without power forgets all, a running kernel loses what was below. */
static void link_down(struct sim_blade *b, struct mr_now now)
{
	if (!sim_host_power(b->c, b->vh)) {
		blade_drop_all(b);
		b->state = BLADE_OFF;
		return;
	}
	if (b->state != BLADE_UP) {
		b->state = b->state == BLADE_BOOTING ? BLADE_OFF : b->state;
		return;
	}
	for (unsigned i = b->devs; i-- > 0;)
		if (b->dev[i]->d.rid >> 8)
			blade_remove_node(b, now, b->dev[i], true);
	b->slots = 0;
	b->state = BLADE_ORPHAN;
}

static void link_up(struct sim_blade *b, struct mr_now now)
{
	if (b->state == BLADE_BOOTING)
		return;
	if (runs_elsewhere(b))
		start_root(b, now.mono_ns + b->timing.boot_ns);
	else
		start_boot(b, now.mono_ns + b->timing.boot_ns);
}

/* What reached a hung host is dealt with when it goes on: everything is looked at again. */
static void catch_up(struct sim_blade *b, struct mr_now now)
{
	b->recheck = false;
	if (b->link_lost)
		link_down(b, now);
	if (b->link_back)
		link_up(b, now);
	b->link_lost = b->link_back = false;
	if (b->state != BLADE_UP)
		return;
	for (unsigned i = 0; i < b->slots; i++)
		blade_slot_event(b, now, i);
	for (unsigned i = 0; i < b->devs; i++)
		if (b->dev[i]->vfm)
			blade_migration(b, now, b->dev[i]->d.rid);
}

/* A notice of the chassis that concerns this blade's hierarchy. */
void sim_blade_notice(struct sim_blade *b, struct mr_now now, const struct sim_notice *n)
{
	if (n->kind == SIM_NOTICE_HOST_LINK) {
		b->hung = b->hung && (!n->arg || runs_elsewhere(b)) &&
			  sim_host_power(b->c, b->vh);
		b->link_lost = b->hung;
		b->link_back = b->hung && n->arg;
		if (n->arg && !b->hung)
			link_up(b, now);
		else if (!b->hung)
			link_down(b, now);
		return;
	}
	if (b->hung || b->state != BLADE_UP)
		return;
	if (n->kind == SIM_NOTICE_HOST_HOTPLUG && n->bridge < b->slots)
		blade_slot_event(b, now, n->bridge);
	else if (n->kind == SIM_NOTICE_HOST_MIGRATION)
		blade_migration(b, now, n->rid);
	else if (n->kind == SIM_NOTICE_HOST_ERROR)
		blade_error(b, now, n->rid, n->vector);
}

static void step_all(struct sim_blade *b, struct mr_now now)
{
	if (b->state == BLADE_BOOTING && b->boot_due <= now.mono_ns) {
		b->state = BLADE_UP;
		blade_enumerate(b, now);
		blade_changed(b);
	}
	if (b->recheck)
		catch_up(b, now);
	for (unsigned i = 0; i < b->slots; i++)
		blade_slot_step(b, now, i);
	/* a PF's VFs are added behind it, so the index stays good */
	for (unsigned i = 0; i < b->devs; i++) {
		blade_sriov_step(b, now, b->dev[i]);
		blade_restore_step(b, now, b->dev[i]);
	}
}

static void rearm(struct sim_blade *b)
{
	b->due = b->state == BLADE_BOOTING ? b->boot_due : MR_NEVER;
	for (unsigned i = 0; i < b->slots; i++)
		if (b->slot[i].exists)
			blade_arm(b, b->slot[i].due);
	for (unsigned i = 0; i < b->devs; i++) {
		blade_arm(b, b->dev[i]->job_due);
		blade_arm(b, b->dev[i]->restore_due);
	}
}

/* Lets everything happen that is due. A hung host does nothing. */
void sim_blade_step(struct sim_blade *b, struct mr_now now)
{
	if (b->hung || (b->due > now.mono_ns && !b->recheck))
		return;
	step_all(b, now);
	rearm(b);
}

/* The next time that something is due; MR_NEVER if nothing is, or the host hangs. */
int64_t sim_blade_deadline(const struct sim_blade *b)
{
	if (b->hung)
		return MR_NEVER;
	return b->recheck ? INT64_MIN : b->due;
}

/* Freezes and releases the host's kernel; a reset or a power cycle releases it, too. */
void sim_blade_hang(struct sim_blade *b, bool hung)
{
	for (unsigned r = 0; r < b->lead->roots; r++) {
		struct sim_blade *o = b->lead->root[r];

		o->recheck = o->recheck || (o->hung && !hung);
		o->hung = hung;
	}
}

/* Whether the host hangs. */
bool sim_blade_hung(const struct sim_blade *b)
{
	return b->hung;
}

/* Whether it hangs and its link was lost: what it knows is of a hierarchy that was reset, which
 * it does not reach, and sees when it goes on. */
bool sim_blade_cut_off(const struct sim_blade *b)
{
	return b->hung && b->link_lost;
}

/* The host's name in the chassis description. */
const char *sim_blade_name(const struct sim_blade *b)
{
	return sim_host_name(b->c, b->vh);
}

/* Powered, link up, enumerated. */
bool sim_blade_up(const struct sim_blade *b)
{
	return b->state == BLADE_UP;
}

/* UUID text, new with every boot. */
const char *sim_blade_boot_id(const struct sim_blade *b)
{
	return b->lead->boot_id;
}

/* Whether its kernel has the extension of HANDOVER 14. */
bool sim_blade_has_vf_migration(const struct sim_blade *b)
{
	return sim_host_vf_migration(b->c, b->vh);
}

/* Whether its kernel translates DMA by an IOMMU. */
bool sim_blade_has_iommu(const struct sim_blade *b)
{
	return sim_host_isolation(b->c, b->vh).iommu;
}

/* Whether its kernel has interrupts remapped by the IOMMU. */
bool sim_blade_remaps_interrupts(const struct sim_blade *b)
{
	struct sim_isolation i = sim_host_isolation(b->c, b->vh);

	return i.iommu && i.interrupt_remapping;
}

/* Number of functions that the kernel knows. */
unsigned sim_blade_devs(const struct sim_blade *b)
{
	return b->devs;
}

/* The i-th function by routing ID, NULL past the end. */
const struct sim_dev *sim_blade_dev(const struct sim_blade *b, unsigned i)
{
	return i < b->devs ? &b->dev[i]->d : NULL;
}

/* The function at 'rid', or NULL. */
const struct sim_dev *sim_blade_find(const struct sim_blade *b, uint16_t rid)
{
	const struct blade_node *n = blade_node(b, rid);

	return n ? &n->d : NULL;
}

/* Grows with every change of what sysfs shows. */
uint64_t sim_blade_revision(const struct sim_blade *b)
{
	return b->revision;
}
