/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hosts as the chassis sees them: power, cable, link and resets of their hierarchies; the
 * tester's calls for them and what a blade asks about itself.
 */
#include <errno.h>
#include <string.h>

#include "common/str.h"
#include "sim/model/internal.h"

/* Whether the host sees a tree: link up and port authorised. */
bool sim_host_alive(const struct sim_host *h)
{
	return h->link && h->auth == MR_AUTH_AUTHORISED;
}

/* Slots show what is there, without a change that anyone would have to look at. */
static void show_slots(struct sim_chassis *c, unsigned vh)
{
	struct sim_host *h = &c->host[vh];

	for (unsigned b = 0; h->bridge && b < h->d.bridges; b++) {
		struct sim_bridge *r = &h->bridge[b];
		bool pending = r->removal_pending;

		sim_slot_update(c, vh, b);
		r->cfg.slotsta = 0;
		r->removal_pending = false;
		if (pending)
			sim_event_push(c, MR_EV_REMOVAL_SEEN, vh, vh, b, 0, 0);
	}
}

/*
 * A reset in VH 0, of its root or of one port: what has functions assigned to other VHs is not
 * touched (HANDOVER 3); the others start anew and get their committed NumVFs and VF Enable
 * back.
 */
void sim_vh0_reset_below(struct sim_chassis *c, struct sim_adapter *only)
{
	unsigned reset = 0, kept = 0;

	for (unsigned i = 0; i < c->adapters; i++) {
		struct sim_adapter *a = &c->adapter[i];

		if (!sim_adapter_up(a) || (only && a != only))
			continue;
		if (sim_adapter_assigned(a)) {
			kept++;
			continue;
		}
		sim_adapter_reset(c, a);
		reset++;
	}
	sim_event_push(c, MR_EV_VH0_RESET, only ? only->port : c->root, 0, 0, reset, kept);
}

/* Conventional reset of VH 0: its bridges are as the switch's processor sets them. */
static void reset_vh0(struct sim_chassis *c)
{
	sim_vh0_root_set(c);
	sim_aer_reset_vh(c, 0);
	for (unsigned i = 0; i < c->adapters; i++)
		sim_vh0_port_set(&c->adapter[i]);
	sim_vh0_reset_below(c, NULL);
}

/*
 * Conventional reset of a hierarchy: every bridge register returns to its default, what the
 * host owns behind its bridges is reset.
 */
static void tree_reset(struct sim_chassis *c, unsigned vh)
{
	struct sim_host *h = &c->host[vh];

	sim_iommu_forget(h);
	if (vh == c->root) {
		reset_vh0(c);
		return;
	}
	memset(&h->up, 0, sizeof(h->up));
	sim_aer_reset_vh(c, vh);
	for (unsigned b = 0; h->bridge && b < h->d.bridges; b++) {
		sim_target_reset(c, vh, b);
		memset(&h->bridge[b].cfg, 0, sizeof(h->bridge[b].cfg));
	}
	show_slots(c, vh);
}

static void notice_link(struct sim_chassis *c, unsigned vh, bool up)
{
	sim_notice_push(c, &(struct sim_notice){.kind = SIM_NOTICE_HOST_LINK,
						.vh = (uint16_t)vh,
						.arg = up});
}

/* Brings the link in line with power, cable and authorisation. A link that goes down resets the
 * hierarchy below it. */
void sim_host_link_update(struct sim_chassis *c, unsigned vh)
{
	struct sim_host *h = &c->host[vh];
	bool up = h->power && h->cable && h->auth != MR_AUTH_HELD;

	if (up == h->link) {
		for (unsigned b = 0; h->bridge && b < h->d.bridges; b++)
			sim_slot_update(c, vh, b);
		return;
	}
	h->link = up;
	if (up) {
		show_slots(c, vh);
	} else {
		h->link_downs++;
		tree_reset(c, vh);
	}
	sim_event_push(c, MR_EV_PORT_LINK, vh, vh, 0, up, 0);
	notice_link(c, vh, up);
}

/* ---- what a blade asks ---- */

/* Highest VH number. */
unsigned sim_chassis_hosts(const struct sim_chassis *c)
{
	return c->hosts;
}

/* Name of the host of VH 'vh', NULL where there is none. */
const char *sim_host_name(const struct sim_chassis *c, uint16_t vh)
{
	const struct sim_host *h = sim_host_at(c, vh);

	return h ? h->d.name : NULL;
}

/* The first root of its server. */
uint16_t sim_host_lead(const struct sim_chassis *c, uint16_t vh)
{
	const struct sim_host *h = sim_host_at(c, vh);

	return h && h->d.lead ? (uint16_t)h->d.lead : vh;
}

static bool of_server(const struct sim_chassis *c, unsigned vh, unsigned lead)
{
	return c->host[vh].used && sim_host_lead(c, (uint16_t)vh) == lead;
}

/* Whether the host's power is on. */
bool sim_host_power(const struct sim_chassis *c, uint16_t vh)
{
	const struct sim_host *h = sim_host_at(c, vh);

	return h && h->power;
}

/* Whether its link to the switch is up. */
bool sim_host_link(const struct sim_chassis *c, uint16_t vh)
{
	const struct sim_host *h = sim_host_at(c, vh);

	return h && h->link;
}

/* Bridges of its VS. */
unsigned sim_host_bridges(const struct sim_chassis *c, uint16_t vh)
{
	const struct sim_host *h = sim_host_at(c, vh);

	return h ? h->d.bridges : 0;
}

/* Whether its port is the root of VH 0. */
bool sim_host_management(const struct sim_chassis *c, uint16_t vh)
{
	return vh && vh == c->root;
}

/* hotplugReserve of the host; zeros where there is none. */
void sim_host_reserve(const struct sim_chassis *c, uint16_t vh, unsigned *ret_buses,
		      uint64_t *ret_mmio, uint64_t *ret_mmio64)
{
	const struct sim_host *h = sim_host_at(c, vh);

	*ret_buses = h ? h->d.reserve_buses : 0;
	*ret_mmio = h ? h->d.reserve_mmio : 0;
	*ret_mmio64 = h ? h->d.reserve_mmio64 : 0;
}

/* Whether its kernel has the VF migration extension of HANDOVER 14. */
bool sim_host_vf_migration(const struct sim_chassis *c, uint16_t vh)
{
	const struct sim_host *h = sim_host_at(c, vh);

	return h && h->d.vf_migration;
}

/* IOMMU, interrupt remapping and ACS of the host. */
struct sim_isolation sim_host_isolation(const struct sim_chassis *c, uint16_t vh)
{
	const struct sim_host *h = sim_host_at(c, vh);

	return h ? h->d.isolation : (struct sim_isolation){0};
}

/* ---- tester ---- */

/* VH of the host 'name', or -ENOENT. */
int sim_host_find(const struct sim_chassis *c, const char *name)
{
	for (unsigned vh = 1; vh <= c->hosts; vh++)
		if (c->host[vh].used && mr_streq(c->host[vh].d.name, name))
			return (int)vh;
	return -ENOENT;
}

static void count_boot(struct sim_chassis *c, unsigned vh)
{
	struct sim_host *h = &c->host[vh];

	h->boots++;
	sim_event_push(c, MR_EV_HOST_RESET, vh, vh, 0, h->boots, 0);
}

static void set_power(struct sim_chassis *c, unsigned vh, bool on)
{
	c->host[vh].power = on;
	sim_event_push(c, MR_EV_PORT_POWER, vh, vh, 0, on, 0);
	if (on)
		count_boot(c, vh);
	sim_host_link_update(c, vh);
}

/* Power of a server, behind all of its ports, on or off. 0, -ENOENT, or -EALREADY when it is so
 * already. */
int sim_host_set_power(struct sim_chassis *c, struct mr_now now, uint16_t vh, bool on)
{
	struct sim_host *h = sim_host_at(c, vh);

	sim_chassis_step(c, now);
	if (!h)
		return -ENOENT;
	if (h->power == on)
		return -EALREADY;
	for (unsigned i = 1; i <= c->hosts; i++)
		if (of_server(c, i, sim_host_lead(c, vh)))
			set_power(c, i, on);
	return 0;
}

/* Warm reset of a server: conventional reset of its hierarchies. All of them are gone before
 * the first is back. 0, -ENOENT, -EHOSTDOWN. */
int sim_host_reset(struct sim_chassis *c, struct mr_now now, uint16_t vh)
{
	struct sim_host *h = sim_host_at(c, vh);

	sim_chassis_step(c, now);
	if (!vh && !c->root) {
		reset_vh0(c);
		return 0;
	}
	if (!h)
		return -ENOENT;
	if (!h->power)
		return -EHOSTDOWN;
	vh = sim_host_lead(c, vh);
	for (unsigned i = 1; i <= c->hosts; i++) {
		if (!of_server(c, i, vh))
			continue;
		count_boot(c, i);
		tree_reset(c, i);
		if (c->host[i].link)
			notice_link(c, i, false);
	}
	for (unsigned i = 1; i <= c->hosts; i++)
		if (of_server(c, i, vh) && c->host[i].link)
			notice_link(c, i, true);
	return 0;
}

/* Cuts or restores the cable of a host or adapter port. 0 or -ENOENT. */
int sim_port_set_link(struct sim_chassis *c, struct mr_now now, uint16_t port, bool up)
{
	struct sim_host *h = sim_host_at(c, port);
	struct sim_adapter *a = sim_adapter_at(c, port);

	sim_chassis_step(c, now);
	if (h) {
		h->cable = up;
		sim_host_link_update(c, port);
		return 0;
	}
	if (!a)
		return -ENOENT;
	if (a->cable == up)
		return 0;
	a->cable = up;
	if (!up)
		a->link_downs++;
	if (a->present) {
		sim_event_push(c, MR_EV_PORT_LINK, a->port, 0, 0, up, 0);
		if (!up) /* a device resets itself when its link goes down */
			sim_adapter_reset(c, a);
		sim_vh0_slot_update(c, a);
	}
	sim_slots_update_adapter(c, a);
	return 0;
}
