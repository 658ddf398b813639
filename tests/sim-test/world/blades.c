/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The blades of a world and their agents: the agent's core is the real one; where its shell
 * would read and write sysfs these functions ask the blade's kernel, which is what sysfs shows.
 */
#include <errno.h>
#include <linux/pci_regs.h>
#include <stdlib.h>
#include <string.h>

#include "common/pci/regmap.h"
#include "common/xalloc.h"
#include "tests/sim-test/world/said.h"
#include "tests/sim-test/world/world.h"

#define RECONNECT_NS MR_NS_PER_S

/* ---- scans ---- */

static struct world_host *lead_of(struct world *w, unsigned vh)
{
	return &w->host[sim_blade_vh(sim_blade_lead(w->host[vh].blade))];
}

static uint32_t cfg(struct world *w, unsigned vh, uint16_t rid, unsigned off)
{
	return sim_blade_cfg_read(w->host[vh].blade, w->now, rid, off, 4);
}

/* Offset of the VS-identity capability, 0 = none. */
static unsigned find_identity(struct world *w, unsigned vh, uint16_t rid)
{
	unsigned at = PCI_CFG_SPACE_SIZE;

	for (unsigned n = 0; n < 64 && at; n++) {
		uint32_t header = cfg(w, vh, rid, at);

		if (header == 0 || header == UINT32_MAX)
			return 0;
		if (PCI_EXT_CAP_ID(header) == PCI_EXT_CAP_ID_DVSEC &&
		    (cfg(w, vh, rid, at + 4) & 0xffff) == MR_DVSEC_VENDOR &&
		    (cfg(w, vh, rid, at + 8) & 0xffff) == MR_DVSEC_VS_IDENTITY)
			return at;
		at = PCI_EXT_CAP_NEXT(header);
	}
	return 0;
}

static void read_root(struct world *w, unsigned vh, uint16_t rid, unsigned at,
		      struct ag_root *r)
{
	for (unsigned i = 0; i < sizeof(r->serial) - 1; i += 4) {
		uint32_t v = cfg(w, vh, rid, at + VSID_SERIAL + i);

		memcpy(r->serial + i, &v, 4);
	}
	r->port = (uint16_t)cfg(w, vh, rid, at + VSID_PORT);
	r->vs = (uint16_t)(cfg(w, vh, rid, at + VSID_PORT) >> 16);
	if (w->host[vh].quirks.deceives)
		r->port = r->vs = (uint16_t)w->host[vh].quirks.claims;
	r->owner_epoch = cfg(w, vh, rid, at + VSID_EPOCH_LO) |
			 (uint64_t)cfg(w, vh, rid, at + VSID_EPOCH_HI) << 32;
	r->challenge = cfg(w, vh, rid, at + VSID_CHALLENGE_LO) |
		       (uint64_t)cfg(w, vh, rid, at + VSID_CHALLENGE_HI) << 32;
}

static struct ag_place place_of(struct world *w, unsigned vh, const struct sim_dev *d)
{
	const struct sim_dev *pf =
		d->is_virtfn ? sim_blade_find(w->host[vh].blade, d->physfn) : NULL;
	struct ag_place p = {.port = (uint16_t)vh};

	if (pf || d->totalvfs) {
		p.way = AG_WAY_LVF;
		p.bridge = (uint16_t)(pf ? pf : d)->slot;
		p.pf = (uint16_t)((pf ? pf : d)->rid & 0xff);
		p.slot = (uint16_t)(pf ? d->virtfn + 1 : 0);
	} else {
		p.way = AG_WAY_SYNTHETIC;
		p.bridge = (uint16_t)d->slot;
		p.pf = d->rid & 0xff;
	}
	return p;
}

static void scan_fn(struct world *w, unsigned vh, const struct sim_dev *d, struct ag_fn *f)
{
	struct sim_fn_view v;

	*f = (struct ag_fn){
		.place = place_of(w, vh, d),
		.rid = d->rid,
		.domain = (uint16_t)sim_blade_domain(w->host[vh].blade),
		.vendor = d->vendor,
		.device = d->device,
		.class_code = d->class_code,
		.numa = d->numa_node,
		.iommu_group = d->iommu_group,
		.pf = d->totalvfs != 0,
		.numvfs = (uint16_t)d->numvfs,
		.totalvfs = (uint16_t)d->totalvfs,
		.vf_migration = d->totalvfs && sim_blade_has_vf_migration(w->host[vh].blade),
	};
	mr_copy(f->driver, sizeof(f->driver), d->driver);
	if (!sim_host_fn_view(w->chassis, (uint16_t)vh, d->rid, &v)) {
		f->ident0 = v.ident0;
		f->ident1 = v.ident1;
		f->link = v.link;
		f->pkeys_told = v.device_class == MR_CLASS_IB;
		for (unsigned i = 0; i < MR_VF_PKEYS; i++)
			if (v.pkey[i])
				f->pkey[f->pkeys++] = v.pkey[i];
	}
}

/* As agent/isolation.c: ports must have ACS on as far as they can, upstream ports need none. */
static bool isolates(struct world *w, unsigned vh, const struct sim_dev *d)
{
	unsigned at = PCI_CFG_SPACE_SIZE;

	for (unsigned n = 0; n < 96 && at >= PCI_CFG_SPACE_SIZE; n++) {
		uint32_t head = cfg(w, vh, d->rid, at);
		uint32_t acs = cfg(w, vh, d->rid, at + PCI_ACS_CAP);

		if (PCI_EXT_CAP_ID(head) == PCI_EXT_CAP_ID_ACS)
			return !(acs & ~(acs >> 16) &
				 (PCI_ACS_SV | PCI_ACS_RR | PCI_ACS_CR | PCI_ACS_UF));
		at = PCI_EXT_CAP_NEXT(head);
	}
	return false;
}

/* A function in the first slot where none is, like the first one that is somewhere. */
static void dream(struct ag_scan *s)
{
	for (unsigned i = 0; s->fns && i < s->slots; i++) {
		struct ag_fn *f = &s->fn[s->fns];

		if (s->slot[i].occupied)
			continue;
		*f = s->fn[0];
		f->pf = false;
		f->rid = (uint16_t)(0xf000 + i);
		f->place = (struct ag_place){.way = AG_WAY_SYNTHETIC,
					     .port = s->slot[i].port,
					     .bridge = s->slot[i].bridge};
		s->slot[i].occupied = true;
		s->fns++;
		return;
	}
}

/* What is behind one root of the server. */
static void scan_root(struct world *w, unsigned vh, bool isolation, struct ag_scan *s)
{
	struct sim_blade *b = w->host[vh].blade;
	unsigned n = sim_blade_devs(b), slots = sim_blade_slots(b), first = s->slots;

	for (unsigned i = 0; i < slots; i++)
		s->slot[s->slots++] = (struct ag_slot){.port = (uint16_t)vh,
						       .bridge = (uint16_t)i,
						       .power = sim_blade_slot_power(b, i)};
	for (unsigned i = 0; i < n; i++) {
		const struct sim_dev *d = sim_blade_dev(b, i);
		unsigned at = d->header == 1 ? find_identity(w, vh, d->rid) : 0;

		if (at && s->roots < AG_ROOTS_MAX)
			read_root(w, vh, d->rid, at, &s->root[s->roots++]);
		else if (isolation && d->header == 1 && !isolates(w, vh, d))
			s->isolation.acs = false;
		if (d->header || (d->slot < 0 && !d->is_virtfn))
			continue;
		scan_fn(w, vh, d, &s->fn[s->fns++]);
		if (d->slot >= 0 && (unsigned)d->slot < slots)
			s->slot[first + (unsigned)d->slot].occupied = true;
	}
}

static struct ag_scan *scan(struct world *w, unsigned vh, bool isolation)
{
	struct sim_blade *b = w->host[vh].blade, *root;
	struct ag_scan *s = MR_NEW(struct ag_scan);
	unsigned n = 0, slots = 0;

	s->vf_migration = sim_blade_has_vf_migration(b);
	if (isolation)
		s->isolation = (struct ag_isolation){sim_blade_has_iommu(b),
						     sim_blade_remaps_interrupts(b), true};
	for (unsigned r = 0; (root = sim_blade_root(b, r)); r++) {
		n += sim_blade_devs(root);
		slots += sim_blade_slots(root);
	}
	s->fn = mr_xcalloc(n + 2, sizeof(*s->fn));
	s->slot = mr_xcalloc(slots + 1, sizeof(*s->slot));
	for (unsigned r = 0; (root = sim_blade_root(b, r)); r++)
		scan_root(w, sim_blade_vh(root), isolation, s);
	return s;
}

struct ag_scan *world_agent_scan(struct world *w, unsigned vh)
{
	return scan(w, vh, false);
}

void world_agent_scan_free(struct ag_scan *s)
{
	free(s->fn);
	free(s->slot);
	free(s);
}

static void free_scan(void *ptr)
{
	world_agent_scan_free(ptr);
}

static bool here(struct world *w, const struct world_msg *m)
{
	return w->host[m->vh].agent && m->life == w->host[m->vh].life;
}

static void deliver_scan(struct world *w, struct world_msg *m)
{
	struct ag_event ev = {.kind = AG_EV_SCAN};

	if (!here(w, m))
		return;
	m->ptr = scan(w, m->vh, m->tag);
	if (w->host[m->vh].quirks.dreams)
		dream(m->ptr);
	m->free_ptr = free_scan;
	ev.scan = m->ptr;
	world_agent_event(w, m->vh, &ev);
}

/* ---- writes ---- */

static int write_vf_state(struct world *w, struct sim_blade *b, const struct ag_action *a,
			  uint32_t *ret_value)
{
	unsigned index = a->place.slot - 1u;
	uint8_t v = 0xff;
	int rc = 0;

	if (a->value != AG_VF_STATE_READ)
		rc = sim_blade_vf_state_write(b, w->now, a->rid, index, (uint8_t)a->value);
	if (!rc)
		rc = sim_blade_vf_state_read(b, w->now, a->rid, index, &v);
	*ret_value = v;
	return rc;
}

static int write_numvfs(struct world *w, struct sim_blade *b, const struct ag_action *a,
			uint32_t *ret_value, int64_t *done)
{
	const struct sim_dev *d;
	char text[16];
	int rc;

	mr_fmt(text, sizeof(text), "%u", a->value);
	rc = sim_blade_numvfs(b, w->now, a->rid, text, done);
	d = sim_blade_find(b, a->rid);
	*ret_value = rc ? (d ? d->numvfs : 0) : a->value;
	return rc;
}

static int carry_out(struct world *w, unsigned vh, const struct ag_action *a,
		     uint32_t *ret_value, int64_t *done)
{
	struct sim_blade *b = a->write == AG_WR_SLOT_POWER
				      ? w->host[a->place.port].blade
				      : sim_blade_root(w->host[vh].blade, a->domain);
	const struct sim_dev *d = b ? sim_blade_find(b, a->rid) : NULL;

	*ret_value = a->value;
	if (!b)
		return -ENODEV;
	switch (a->write) {
	case AG_WR_UNBIND:
		return d ? sim_blade_unbind(b, w->now, d->driver, a->rid) : -ENODEV;
	case AG_WR_OVERRIDE:
		return sim_blade_override(b, a->rid, a->text);
	case AG_WR_PROBE:
		return sim_blade_probe(b, w->now, a->rid);
	case AG_WR_RESET:
		return sim_blade_reset(b, w->now, a->rid);
	case AG_WR_SLOT_POWER:
		return sim_blade_slot_set_power(b, w->now, a->place.bridge, a->value != 0,
						done);
	case AG_WR_NUMVFS:
		return write_numvfs(w, b, a, ret_value, done);
	case AG_WR_AUTOPROBE:
		return sim_blade_autoprobe(b, a->rid, a->value != 0);
	case AG_WR_VF_STATE:
		return write_vf_state(w, b, a, ret_value);
	default:
		return 0; /* hooks: none installed */
	}
}

static void deliver_written(struct world *w, struct world_msg *m)
{
	const struct ag_event ev = {
		.kind = AG_EV_WRITTEN, .tag = m->tag, .err = m->err, .value = m->a};

	if (here(w, m))
		world_agent_event(w, m->vh, &ev);
}

/* The write acts after a moment of its own, and returns when the kernel says. */
static void deliver_write(struct world *w, struct world_msg *m)
{
	struct world_msg *done;
	int64_t done_ns = 0;
	uint32_t value;
	int rc;

	if (!here(w, m))
		return;
	world_input(w);
	rc = carry_out(w, m->vh, m->ptr, &value, &done_ns);
	world_notices(w);
	world_blade_changed(w, m->vh);
	done = world_msg_new(LANE_LOCAL + m->vh, deliver_written);
	done->vh = m->vh;
	done->life = m->life;
	done->tag = m->tag;
	done->err = rc;
	done->a = value;
	if (w->clock)
		done->lane = LANE_APART; /* the agent's writes have a thread each */
	world_post(w, done, done_ns > w->now.mono_ns ? done_ns - w->now.mono_ns : 1);
}

static struct world_msg *local(struct world *w, unsigned vh, world_deliver_fn *deliver)
{
	struct world_msg *m = world_msg_new(LANE_LOCAL + vh, deliver);

	m->vh = vh;
	m->life = w->host[vh].life;
	return m;
}

/* How long something takes that the agent does. */
int64_t world_agent_delay(struct world *w, unsigned vh)
{
	return world_delay(w) +
	       (int64_t)mr_rng_below(&w->rng, (uint64_t)w->host[vh].quirks.slow_ns);
}

/* ---- the agent's actions ---- */

static void agent_action(struct world *w, unsigned vh, struct ag_action *a)
{
	struct world_msg *m;

	switch (a->kind) {
	case AG_ACT_SCAN:
		m = local(w, vh, deliver_scan);
		m->tag = a->isolation_wanted;
		world_post(w, m, world_agent_delay(w, vh));
		break;
	case AG_ACT_WRITE:
		m = local(w, vh, deliver_write);
		m->tag = a->tag;
		m->ptr = mr_xmemdup(a, sizeof(*a));
		m->free_ptr = free;
		world_post(w, m, world_agent_delay(w, vh));
		break;
	case AG_ACT_LOG:
		world_trace(w, "%s: %s", sim_blade_name(w->host[vh].blade), a->detail);
		break;
	default:
		world_agent_say(w, vh, a);
		break;
	}
}

void world_agent_event(struct world *w, unsigned vh, const struct ag_event *ev)
{
	struct ag_actions out = {0};

	if (!w->host[vh].agent)
		return;
	world_input(w);
	ag_core_step(w->host[vh].agent, w->now, ev, &out);
	for (unsigned i = 0; i < out.n; i++)
		agent_action(w, vh, &out.item[i]);
	ag_actions_done(&out);
}

/* ---- life ---- */

static void agent_stop(struct world *w, unsigned vh)
{
	struct world_host *h = &w->host[vh];
	struct fm_event lost = {
		.kind = FM_EV_AGENT_LOST, .session = h->session, .detail = "connection lost"};
	bool told = h->session && w->manager_up;

	if (told && w->lingers) {
		h->ended = h->session;
		world_session_lingers(w, vh, h->session);
		told = false;
	}
	ag_core_free(h->agent);
	world_said_ended(w, vh);
	h->agent = NULL;
	h->life++;
	if (h->session && h->session != h->ended)
		world_cmds_lost(w, h->session);
	h->connected = false;
	h->session = 0;
	if (told)
		world_engine_event(w, &lost);
}

static void connect_agent(struct world *w, unsigned vh)
{
	const struct ag_event ev = {.kind = AG_EV_CONNECTED};
	struct world_host *h = &w->host[vh];

	if (!h->agent || h->connected || h->cut || !w->manager_up)
		return;
	h->connected = true;
	h->session = ++w->next_session;
	mr_map_free(h->told);
	h->told = NULL;
	world_agent_event(w, vh, &ev);
}

static void agent_start(struct world *w, unsigned vh)
{
	struct world_host *h = &w->host[vh];

	h->agent = ag_core_new();
	h->life++;
	h->incarnation++;
	mr_copy(h->boot_id, sizeof(h->boot_id), sim_blade_boot_id(h->blade));
	connect_agent(w, vh);
}

void world_agents_manager(struct world *w, bool up)
{
	const struct ag_event ev = {.kind = AG_EV_DISCONNECTED};

	for (unsigned vh = 1; vh <= w->hosts; vh++) {
		struct world_host *h = &w->host[vh];

		if (up) {
			connect_agent(w, vh);
		} else if (h->connected) {
			h->connected = false;
			h->session = 0;
			world_agent_event(w, vh, &ev);
		}
	}
}

void world_agent_crash(struct world *w, unsigned vh)
{
	w->host[vh].crashed = true;
	if (w->host[vh].agent)
		agent_stop(w, vh);
}

void world_agent_restart(struct world *w, unsigned vh)
{
	w->host[vh].crashed = false;
	world_blade_changed(w, vh);
}

void world_agent_cut(struct world *w, unsigned vh)
{
	const struct ag_event ev = {.kind = AG_EV_DISCONNECTED};
	struct world_host *h = &w->host[vh];
	struct fm_event lost = {
		.kind = FM_EV_AGENT_LOST, .session = h->session, .detail = "connection lost"};
	bool told = h->connected && w->manager_up;

	h->cut = true;
	if (!h->connected)
		return;
	world_cmds_lost(w, h->session);
	h->connected = false;
	h->session = 0;
	world_agent_event(w, vh, &ev);
	if (told)
		world_engine_event(w, &lost);
}

void world_agent_join(struct world *w, unsigned vh)
{
	w->host[vh].cut = false;
	connect_agent(w, vh);
}

static void deliver_reconnect(struct world *w, struct world_msg *m)
{
	if (here(w, m))
		connect_agent(w, m->vh);
}

void world_agent_closed(struct world *w, unsigned vh)
{
	const struct ag_event ev = {.kind = AG_EV_DISCONNECTED};
	struct world_host *h = &w->host[vh];

	world_cmds_lost(w, h->session);
	h->connected = false;
	h->session = 0;
	world_agent_event(w, vh, &ev);
	world_post(w, local(w, vh, deliver_reconnect), RECONNECT_NS);
}

bool world_agent_again(struct world *w, unsigned vh)
{
	struct world_host *h = &w->host[vh];
	uint64_t first = h->session;

	if (!h->agent || !h->connected)
		return false;
	world_cmds_lost(w, h->session);
	h->session = 0;
	agent_stop(w, vh);
	agent_start(w, vh);
	world_session_lingers(w, vh, first);
	return true;
}

/* ---- what happens to blades ---- */

void world_blade_reset(struct world *w, unsigned vh)
{
	world_shake(w);
	sim_host_reset(w->chassis, w->now, (uint16_t)vh);
	world_notices(w);
}

void world_blade_power(struct world *w, unsigned vh, bool on)
{
	world_shake(w);
	sim_host_set_power(w->chassis, w->now, (uint16_t)vh, on);
	world_notices(w);
}

void world_blade_hang(struct world *w, unsigned vh, bool hung)
{
	world_shake(w);
	sim_blade_hang(w->host[vh].blade, hung);
	if (!hung)
		sim_blade_step(w->host[vh].blade, w->now);
	world_blade_changed(w, vh);
	world_notices(w);
}

void world_cable(struct world *w, unsigned vh, bool up)
{
	world_shake(w);
	sim_port_set_link(w->chassis, w->now, (uint16_t)vh, up);
	world_notices(w);
}

/* ---- uevents ---- */

static void deliver_uevent(struct world *w, struct world_msg *m)
{
	const struct ag_event ev = {.kind = AG_EV_UEVENT};

	w->host[m->vh].uevent_pending = false;
	if (here(w, m))
		world_agent_event(w, m->vh, &ev);
}

void world_blade_changed(struct world *w, unsigned root)
{
	struct world_host *h = lead_of(w, root);
	unsigned vh = sim_blade_vh(h->blade);
	bool up = false, any = false;
	struct mr_buf text = {0};

	world_touch_host(w, root);
	for (unsigned r = 0; r < sim_blade_roots(h->blade); r++)
		up = up || sim_blade_up(sim_blade_root(h->blade, r));
	while (sim_blade_uevent(h->blade, &text)) {
		any = true;
		mr_buf_reset(&text);
	}
	mr_buf_done(&text);
	if (h->agent && (!up || !mr_streq(h->boot_id, sim_blade_boot_id(h->blade))))
		agent_stop(w, vh);
	if (!h->agent && up && h->wants_agent && !h->crashed)
		agent_start(w, vh);
	if (any && h->agent && !h->uevent_pending) {
		h->uevent_pending = true;
		world_post(w, local(w, vh, deliver_uevent), world_delay(w));
	}
}
