/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Adapters: building, their place in VH 0 (buses and addresses with room for all VFs, set by
 * the switch's own processor), presence and resets of the whole device.
 */
#include <errno.h>
#include <linux/pci_regs.h>
#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "common/xalloc.h"
#include "sim/model/internal.h"

#define MIB (1ull << 20)

/* ---- parts ---- */

/* PF d:p. */
struct sim_pf *sim_pf(const struct sim_adapter *a, unsigned d, unsigned p)
{
	return &a->pf[d * a->m.pfs + p];
}

/* MVF v of PF p. */
struct sim_mvf *sim_mvf(const struct sim_adapter *a, unsigned p, unsigned v)
{
	return &a->vf[p * a->m.vfs + v];
}

/* Slot s (from 1) of PF d:p: MVF + 1, or 0. */
uint16_t *sim_lvf(const struct sim_adapter *a, unsigned d, unsigned p, unsigned s)
{
	return &a->lvf[(d * a->m.pfs + p) * a->m.vfs + s - 1];
}

/* Whether slot s of PF d:p is tombstoned. */
bool sim_slot_tombed(const struct sim_adapter *a, unsigned d, unsigned p, unsigned s)
{
	return a->tomb[(d * a->m.pfs + p) * a->m.vfs + s - 1];
}

/* Function number of PF d:p on the adapter's first bus: the BF is function 0 of VH 0. */
unsigned sim_pf_function(const struct sim_adapter *a, unsigned d, unsigned p)
{
	return p + (a->m.kind == SIM_KIND_MRA && !d);
}

/* Buses that a model takes in VH 0: BF, PFs and all VFs, 256 routing IDs a bus. */
unsigned sim_model_buses(const struct sim_model_desc *m)
{
	unsigned rids = (m->kind == SIM_KIND_MRA) + m->pfs * (1 + sim_model_most_vfs(m));

	return (rids + 255) / 256;
}

/* Present and its link up. */
bool sim_adapter_up(const struct sim_adapter *a)
{
	return a->present && a->cable;
}

/* Whether any function of it is assigned to a host's VH. */
bool sim_adapter_assigned(const struct sim_adapter *a)
{
	if (a->row_vs)
		return true;
	for (unsigned d = 1; d < a->vhs; d++)
		if (a->vh[d].row_vs)
			return true;
	for (unsigned i = 0; i < a->m.pfs * a->m.vfs; i++)
		if (a->vf[i].row_vs || a->vf[i].nv.d)
			return true;
	return false;
}

/* ---- building ---- */

/* Makes the adapter of 'd' with the model 'm'; sim_adapter_done frees what it holds. */
void sim_adapter_init(struct sim_chassis *c, struct sim_adapter *a,
		      const struct sim_adapter_desc *d, const struct sim_model_desc *m)
{
	struct sim_room r;

	mr_copy(a->name, sizeof(a->name), d->name);
	mr_copy(a->serial, sizeof(a->serial), d->serial);
	a->m = *m;
	sim_model_complete(&a->m);
	a->slot = d->slot;
	a->port = c->hosts + d->slot;
	a->present = d->present;
	a->cable = true;
	a->vhs = m->kind == SIM_KIND_MRA ? m->vhs : 1;
	r = sim_adapter_room(a);
	a->vh = mr_xcalloc(r.vhs, sizeof(*a->vh));
	a->pf = mr_xcalloc(r.pfs, sizeof(*a->pf));
	a->vf = mr_xcalloc(r.vfs + 1, sizeof(*a->vf));
	a->lvf = mr_xcalloc(r.slots + 1, sizeof(*a->lvf));
	a->tomb = mr_xcalloc(r.slots + 1, 1);
	if (m->device_class == MR_CLASS_NVME && m->kind != SIM_KIND_BASE)
		a->ns = mr_xcalloc((size_t)m->pfs * MR_MAX_NAMESPACES, sizeof(*a->ns));
}

/* Frees what the adapter holds. */
void sim_adapter_done(struct sim_adapter *a)
{
	sim_fn_done(&a->self);
	for (unsigned i = 0; a->pf && i < a->vhs * a->m.pfs; i++)
		sim_fn_done(&a->pf[i].fn);
	for (unsigned i = 0; a->vf && i < a->m.pfs * a->m.vfs; i++)
		sim_fn_done(&a->vf[i].fn);
	free(a->vh);
	free(a->pf);
	free(a->vf);
	free(a->lvf);
	free(a->tomb);
	free(a->ns);
	free(a->nv_vf);
	free(a->nv_pf);
	free(a->nv_vh);
	free(a->nv_tomb);
}

/* ---- place in VH 0 ---- */

struct cursor {
	uint64_t at32, at64;
};

static uint64_t take(struct cursor *k, bool mem64, uint64_t size, uint64_t total)
{
	uint64_t *at = mem64 ? &k->at64 : &k->at32;
	uint64_t here = (*at + size - 1) & ~(size - 1);

	*at = here + total;
	return here;
}

static void set_bar(uint32_t *bar, unsigned i, bool mem64, uint64_t addr)
{
	bar[i] = (uint32_t)addr;
	if (mem64)
		bar[i + 1] = (uint32_t)(addr >> 32);
}

static void assign_bars(struct cursor *k, const struct sim_loc *l)
{
	unsigned flags;

	for (unsigned i = 0; i < 6; i++) {
		uint64_t size = sim_bar_size(l, i, &flags);

		if (size)
			set_bar(l->fn->bar, i, flags & MR_BAR_64,
				take(k, flags & MR_BAR_64, size, size));
	}
	/* A `base` device waits for its host with memory and bus master off. */
	if (l->kind != SIM_LOC_BASE)
		l->fn->command = PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
}

static void assign_vf_bars(struct cursor *k, const struct sim_adapter *a, unsigned p)
{
	struct sim_pf *pf = sim_pf(a, 0, p);

	for (unsigned i = 0; i < 6; i++) {
		const struct sim_bar_desc *b = &a->m.bar[i];

		if (b->size)
			set_bar(pf->iov.bar, i, b->mem64,
				take(k, b->mem64, b->size,
				     b->size * sim_model_most_vfs(&a->m)));
	}
	if (!p) /* the others read 0 */
		pf->iov.ctl |= PCI_SRIOV_CTRL_ARI;
}

static struct sim_loc self_loc(struct sim_adapter *a)
{
	return (struct sim_loc){.kind = a->m.kind == SIM_KIND_MRA ? SIM_LOC_BF : SIM_LOC_BASE,
				.a = a,
				.fn = &a->self};
}

/* Sets every BAR and VF BAR of the adapter's functions in VH 0, always to the same addresses.
 * A device that a host holds is not in VH 0. */
void sim_adapter_assign(const struct sim_chassis *c, struct sim_adapter *a)
{
	struct cursor k = {a->base32, a->base64};
	struct sim_loc l = self_loc(a);

	if (a->m.kind != SIM_KIND_SRIOV && !sim_base_held(c, a))
		assign_bars(&k, &l);
	for (unsigned p = 0; p < a->m.pfs && a->m.kind != SIM_KIND_BASE; p++) {
		l = sim_loc_pf(a, 0, p);
		assign_bars(&k, &l);
		assign_vf_bars(&k, a, p);
	}
}

/* How much address space the adapter takes: by an assignment that is thrown away. */
static void measure(struct sim_adapter *a, struct cursor *k)
{
	struct sim_loc l = self_loc(a);

	/* Windows of bridges are whole megabytes. */
	a->base32 = k->at32 = (k->at32 + MIB - 1) & ~(MIB - 1);
	a->base64 = k->at64 = (k->at64 + MIB - 1) & ~(MIB - 1);
	if (a->m.kind != SIM_KIND_SRIOV)
		assign_bars(k, &l);
	for (unsigned p = 0; p < a->m.pfs && a->m.kind != SIM_KIND_BASE; p++) {
		l = sim_loc_pf(a, 0, p);
		assign_bars(k, &l);
		assign_vf_bars(k, a, p);
	}
}

/* The port of VH 0 that the adapter is behind, as the switch's processor sets it: buses and
 * windows always the same. */
void sim_vh0_port_set(struct sim_adapter *a)
{
	const struct sim_bridge_cfg was = a->dsp;

	a->dsp = (struct sim_bridge_cfg){
		.pri = was.pri,
		.sec = was.sec,
		.sub = was.sub,
		.devctl2 = PCI_EXP_DEVCTL2_ARI,
		.acs_ctl = SIM_ACS_ISOLATES,
		.command = PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER,
		.io_base = 0xf0, /* base above limit: no window */
		.mem_base = was.mem_base,
		.mem_limit = was.mem_limit,
		.pref_base = was.pref_base,
		.pref_limit = was.pref_limit,
		.pref_base_hi = was.pref_base_hi,
		.pref_limit_hi = was.pref_limit_hi,
	};
}

/* Its buses, and windows from its bases to 'end'. */
static void place_port(const struct sim_chassis *c, struct sim_adapter *a,
		       const struct cursor *end)
{
	struct sim_bridge_cfg *g = &a->dsp;

	g->pri = (uint8_t)(sim_vh0_bus(c) + 1);
	g->sec = a->bus;
	g->sub = a->last_bus;
	g->mem_base = g->pref_base = 0xfff0;
	if (end->at32 > a->base32) {
		g->mem_base = a->base32 >> 16 & 0xfff0;
		g->mem_limit = (end->at32 - 1) >> 16 & 0xfff0;
	}
	if (end->at64 > a->base64) {
		g->pref_base = a->base64 >> 16 & 0xfff0;
		g->pref_limit = (end->at64 - 1) >> 16 & 0xfff0;
		g->pref_base_hi = (uint32_t)(a->base64 >> 32);
		g->pref_limit_hi = (uint32_t)((end->at64 - 1) >> 32);
	}
}

/* The switch's own upstream bridge in VH 0, as its processor sets it. */
void sim_vh0_root_set(struct sim_chassis *c)
{
	struct sim_bridge_cfg *g = &c->host[0].up;
	uint64_t last = c->vh0_end - 1;
	uint8_t bus = (uint8_t)sim_vh0_bus(c);

	*g = (struct sim_bridge_cfg){
		.pri = bus, .sec = (uint8_t)(bus + 1), .sub = (uint8_t)(bus + 1)};
	for (unsigned i = 0; i < c->adapters; i++)
		if (c->adapter[i].last_bus > g->sub)
			g->sub = c->adapter[i].last_bus;
	g->command = PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
	g->io_base = 0xf0;
	g->mem_base = SIM_VH0_MEM32 >> 16;
	g->mem_limit = 0xfff0;
	g->pref_base = SIM_VH0_MEM64 >> 16 & 0xfff0;
	g->pref_base_hi = (uint32_t)(SIM_VH0_MEM64 >> 32);
	g->pref_limit = last >> 16 & 0xfff0;
	g->pref_limit_hi = (uint32_t)(last >> 32);
}

static int by_slot(const void *x, const void *y)
{
	const struct sim_adapter *const *a = x, *const *b = y;

	return (*a)->slot < (*b)->slot ? -1 : (*a)->slot > (*b)->slot;
}

/* Gives every adapter its buses and addresses in VH 0, in the order of slots. */
void sim_adapters_place(struct sim_chassis *c)
{
	struct cursor k = {SIM_VH0_MEM32, SIM_VH0_MEM64};
	struct sim_adapter **order = mr_xcalloc(c->adapters + 1, sizeof(struct sim_adapter *));
	unsigned bus = sim_vh0_bus(c) + 2;

	for (unsigned i = 0; i < c->adapters; i++)
		order[i] = &c->adapter[i];
	if (c->adapters)
		qsort(order, c->adapters, sizeof(struct sim_adapter *), by_slot);
	for (unsigned i = 0; i < c->adapters; i++) {
		struct sim_adapter *a = order[i];

		a->bus = (uint8_t)bus;
		bus += sim_model_buses(&a->m);
		a->last_bus = (uint8_t)(bus - 1);
		measure(a, &k);
		place_port(c, a, &k);
		sim_vh0_port_set(a);
	}
	free(order);
	c->vh0_end = k.at64 > SIM_VH0_MEM64 ? k.at64 : SIM_VH0_MEM64 + MIB;
	sim_vh0_root_set(c);
}

/* ---- resets ---- */

static void fresh_vf(struct sim_mvf *v)
{
	uint16_t vs = v->row_vs, b = v->row_b;
	uint64_t writes = v->writes;
	uint32_t outstanding =
		v->outstanding; /* what is in flight will still come to its end */
	uint32_t epoch = v->fn.ats_epoch + 1;
	bool dirty = v->dirty;

	sim_fn_done(&v->fn);
	memset(v, 0, sizeof(*v));
	v->fn.ats_epoch = epoch;
	v->reset_done = true; /* power-on is a reset */
	v->row_vs = vs;
	v->row_b = b;
	v->writes = writes;
	v->outstanding = outstanding;
	v->dirty = dirty;
}

/* What a device is when it gets power: all tables at their defaults, then what the switch's
 * committed memory knows of it. */
void sim_adapter_power_on(struct sim_chassis *c, struct sim_adapter *a)
{
	unsigned slots;

	sim_mode_switch(c, a);
	slots = a->vhs * a->m.pfs * a->m.vfs;
	sim_fn_reset(&a->self);
	a->self.errors = false;
	sim_aer_forget_adapter(c, a);
	for (unsigned d = 0; d < a->vhs; d++) {
		a->vh[d].enabled = !d;
		a->vh[d].vh = 0;
		a->vh[d].resets = 0;
	}
	for (unsigned i = 0; i < a->vhs * a->m.pfs; i++) {
		sim_fn_done(&a->pf[i].fn);
		memset(&a->pf[i], 0, sizeof(a->pf[i]));
		a->pf[i].iov.total = (uint16_t)a->m.vfs;
	}
	for (unsigned i = 0; i < a->m.pfs * a->m.vfs; i++)
		fresh_vf(&a->vf[i]);
	memset(a->lvf, 0, slots * sizeof(*a->lvf));
	memset(a->tomb, 0, slots);
	sim_adapter_assign(c, a);
	sim_nvm_restore_adapter(c, a);
	sim_slots_update_adapter(c, a);
}

/*
 * Hot reset of the device: every function of every VH. The BF's tables are sticky; the VFs of
 * VH 0 come back as committed, those of hosts when they enable them again.
 */
void sim_adapter_reset(struct sim_chassis *c, struct sim_adapter *a)
{
	struct sim_loc self = self_loc(a);

	if (sim_mode_switch(c, a)) {
		sim_adapter_power_on(c, a);
		a->self.busy_until = sim_fault_reset_end(c, a);
		a->resets++;
		sim_event_push(c, MR_EV_RESET_DONE, a->port, 0, 0, 0xffff, a->resets);
		return;
	}
	sim_fn_reset(&a->self);
	sim_aer_reset(c, &self);
	a->self.busy_until = sim_fault_reset_end(c, a);
	for (unsigned d = 0; d < a->vhs && a->m.kind != SIM_KIND_BASE; d++)
		for (unsigned p = 0; p < a->m.pfs; p++)
			sim_pf_conventional_reset(c, a, d, p);
	for (unsigned i = 0; i < a->m.pfs * a->m.vfs; i++)
		sim_mvf_host_reset(c, a, &a->vf[i]);
	sim_adapter_assign(c, a);
	a->resets++;
	for (unsigned p = 0; p < a->m.pfs && a->nv_valid; p++) {
		struct sim_pf *pf = sim_pf(a, 0, p);

		pf->iov.num = a->nv_pf[p].num;
		pf->iov.ctl |= a->nv_pf[p].ctl & PCI_SRIOV_CTRL_MSE;
		pf->fn.acs_ctl = a->nv_pf[p].acs;
		if (a->nv_pf[p].ctl & PCI_SRIOV_CTRL_VFE)
			sim_sriov_enable(c, a, 0, p, true);
	}
	sim_slots_update_adapter(c, a);
	sim_event_push(c, MR_EV_RESET_DONE, a->port, 0, 0, 0xffff, a->resets);
}

/* ---- tester ---- */

/* Port of the adapter 'name', or -ENOENT. */
int sim_adapter_find(const struct sim_chassis *c, const char *name)
{
	for (unsigned i = 0; i < c->adapters; i++)
		if (mr_streq(c->adapter[i].name, name))
			return (int)c->adapter[i].port;
	return -ENOENT;
}

static int set_present(struct sim_chassis *c, struct mr_now now, const char *name, bool present)
{
	int port = sim_adapter_find(c, name);
	struct sim_adapter *a;

	sim_chassis_step(c, now);
	if (port < 0)
		return port;
	a = sim_adapter_at(c, (unsigned)port);
	if (a->present == present)
		return -EALREADY;
	a->present = present;
	sim_event_push(c, MR_EV_PORT_PRESENCE, a->port, 0, 0, present, 0);
	if (present) {
		sim_nvm_forget_adapter(
			a); /* it may be another one: its claims may be elsewhere */
		sim_adapter_power_on(c, a);
	} else {
		a->link_downs++;
		sim_slots_update_adapter(c, a);
	}
	sim_event_push(c, MR_EV_PORT_LINK, a->port, 0, 0, sim_adapter_up(a), 0);
	sim_vh0_slot_update(c, a);
	return 0;
}

/* Pulls an adapter out. 0, -ENOENT, -EALREADY. */
int sim_adapter_pull(struct sim_chassis *c, struct mr_now now, const char *adapter)
{
	return set_present(c, now, adapter, false);
}

static struct sim_adapter *pulled(struct sim_chassis *c, const char *name, int *ret_err)
{
	int port = sim_adapter_find(c, name);
	struct sim_adapter *a = port < 0 ? NULL : sim_adapter_at(c, (unsigned)port);

	*ret_err = port < 0 ? port : a->present ? -EBUSY : 0;
	return *ret_err ? NULL : a;
}

/* Another card, blank, takes the place of the one that was pulled: chassis.h. */
int sim_adapter_replace(struct sim_chassis *c, const char *adapter, const char *serial,
			uint16_t vendor, uint16_t device)
{
	int r;
	struct sim_adapter *a = pulled(c, adapter, &r);

	if (!a)
		return r;
	mr_copy(a->serial, sizeof(a->serial), serial);
	a->m.vendor = vendor ? vendor : a->m.vendor;
	a->m.device = device ? device : a->m.device;
	if (a->ns)
		memset(a->ns, 0, (size_t)a->m.pfs * MR_MAX_NAMESPACES * sizeof(*a->ns));
	return 0;
}

/* What the subnet manager gives the adapter's ports: chassis.h. */
int sim_adapter_set_pkeys(struct sim_chassis *c, const char *adapter, const uint16_t *key,
			  unsigned n)
{
	int port = sim_adapter_find(c, adapter);
	struct sim_adapter *a = port < 0 ? NULL : sim_adapter_at(c, (unsigned)port);

	if (!a)
		return port;
	if (n > MR_VF_PKEYS || a->m.device_class != MR_CLASS_IB)
		return -EINVAL;
	memset(a->port_pkey, 0, sizeof(a->port_pkey));
	for (unsigned i = 0; i < n; i++)
		a->port_pkey[i] = key[i];
	return 0;
}

/* Whether the cards take the same room in VH 0: nothing there is numbered anew. */
static bool same_shape(const struct sim_model_desc *x, const struct sim_model_desc *y)
{
	return x->kind == y->kind && x->device_class == y->device_class && x->pfs == y->pfs &&
	       x->vfs == y->vfs && x->vhs == y->vhs && x->modes == y->modes &&
	       !memcmp(x->mode, y->mode, sizeof(x->mode)) &&
	       !memcmp(x->bar, y->bar, sizeof(x->bar));
}

/* Two cards that were pulled change places, with what their flash holds: chassis.h. */
int sim_adapter_swap(struct sim_chassis *c, const char *adapter, const char *other)
{
	struct sim_adapter *a, *b;
	struct sim_model_desc m;
	struct sim_ns *ns;
	char serial[32];
	int r;

	a = pulled(c, adapter, &r);
	b = a ? pulled(c, other, &r) : NULL;
	if (!b)
		return r;
	if (!same_shape(&a->m, &b->m))
		return -ENOSPC;
	m = a->m;
	ns = a->ns;
	memcpy(serial, a->serial, sizeof(serial));
	a->m = b->m;
	a->ns = b->ns;
	memcpy(a->serial, b->serial, sizeof(serial));
	b->m = m;
	b->ns = ns;
	memcpy(b->serial, serial, sizeof(serial));
	return 0;
}

/* Puts it back, with all its tables at their defaults. 0, -ENOENT, -EALREADY. */
int sim_adapter_insert(struct sim_chassis *c, struct mr_now now, const char *adapter)
{
	return set_present(c, now, adapter, true);
}
