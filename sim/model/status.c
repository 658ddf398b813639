/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tester sees: the status tree, and the canary of invariant I2.
 */
#include <errno.h>
#include <linux/pci_regs.h>

#include "common/str.h"
#include "common/tree.h"
#include "common/xalloc.h"
#include "sim/model/internal.h"

static const char *auth_name(unsigned auth)
{
	static const char *const names[] = {"held", "authorised", "isolated"};

	return auth <= MR_AUTH_ISOLATED ? names[auth] : "?";
}

static const char *kind_name(enum sim_kind k)
{
	static const char *const names[] = {"mra", "sriov", "base"};

	return names[k];
}

static void put_switch(const struct sim_chassis *c, struct mr_tree *t)
{
	mr_tree_add_text(t, "serial", c->serial);
	mr_tree_add_int(t, "ownerEpoch", (int64_t)c->owner_epoch);
	mr_tree_add_int(t, "generation", (int64_t)c->generation);
	mr_tree_add_int(t, "writes", (int64_t)c->writes);
	mr_tree_add_int(t, "refused", (int64_t)c->refused);
	mr_tree_add_int(t, "commits", (int64_t)c->commits);
	mr_tree_add_int(t, "events", (int64_t)c->head);
	mr_tree_add_int(t, "rowsUsed", (int64_t)c->rows_used);
	mr_tree_add_int(t, "urDrops", (int64_t)c->ur_drops);
}

static void put_host(const struct sim_chassis *c, unsigned vh, struct mr_tree *list)
{
	const struct sim_host *h = &c->host[vh];
	struct mr_tree *t;
	unsigned used = 0;

	if (!h->used)
		return;
	for (unsigned b = 0; h->bridge && b < h->d.bridges; b++)
		used += h->bridge[b].row.state != MR_ROW_FREE;
	t = mr_tree_add_map(list, NULL);
	mr_tree_add_text(t, "name", h->d.name);
	mr_tree_add_int(t, "slot", vh);
	mr_tree_add_int(t, "vh", vh == c->root ? 0 : vh);
	mr_tree_add_bool(t, "power", h->power);
	mr_tree_add_bool(t, "link", h->link);
	mr_tree_add_text(t, "port", auth_name(h->auth));
	mr_tree_add_int(t, "boots", h->boots);
	mr_tree_add_int(t, "bridges", h->d.bridges);
	mr_tree_add_int(t, "rowsUsed", used);
}

static unsigned owner_vh(const struct sim_adapter *a, const struct sim_mvf *m)
{
	return m->nv.d ? a->vh[m->nv.d].vh : m->row_vs;
}

/* Functions that anything ever happened to: a list of thousands of fresh ones helps nobody. */
static void put_functions(const struct sim_chassis *c, const struct sim_adapter *a,
			  struct mr_tree *list)
{
	for (unsigned i = 0; i < a->m.pfs * a->m.vfs; i++) {
		const struct sim_mvf *m = &a->vf[i];
		const char *owner = sim_host_name(c, (uint16_t)owner_vh(a, m));
		struct mr_tree *t;

		if (!m->writes && !m->nv.d && !m->row_vs && !m->resets)
			continue;
		t = mr_tree_add_map(list, NULL);
		mr_tree_add_fmt(t, "name", "%s/pf%u/vf%u", a->name, i / a->m.vfs, i % a->m.vfs);
		mr_tree_add_text(t, "owner", owner);
		mr_tree_add_text(t, "state",
				 m->nv.d ? mr_vf_state_name((enum mr_vf_state)m->state) : NULL);
		mr_tree_add_bool(t, "gate", m->nv.gate);
		mr_tree_add_fmt(t, "ident", "%llx", (unsigned long long)m->nv.ident0);
		mr_tree_add_int(t, "resets", (int64_t)m->resets);
		mr_tree_add_int(t, "remaps", (int64_t)m->remaps);
		mr_tree_add_int(t, "lost", (int64_t)m->lost);
		mr_tree_add_int(t, "io", (int64_t)m->io);
		mr_tree_add_int(t, "writes", (int64_t)m->writes);
		mr_tree_add_int(t, "frames", (int64_t)sim_traffic_reg(c, a, i, VF_FRAMES));
		mr_tree_add_int(t, "bytes", (int64_t)sim_traffic_reg(c, a, i, VF_BYTES));
		mr_tree_add_int(t, "dropped", (int64_t)sim_traffic_reg(c, a, i, VF_DROPPED));
	}
}

static void put_adapter(const struct sim_chassis *c, const struct sim_adapter *a,
			struct mr_tree *list)
{
	struct mr_tree *t = mr_tree_add_map(list, NULL);

	mr_tree_add_text(t, "name", a->name);
	mr_tree_add_int(t, "slot", a->slot);
	mr_tree_add_int(t, "port", a->port);
	mr_tree_add_text(t, "kind", kind_name(a->m.kind));
	mr_tree_add_text(t, "class", mr_class_name(a->m.device_class));
	mr_tree_add_text(t, "serial", a->serial);
	mr_tree_add_bool(t, "present", a->present);
	mr_tree_add_bool(t, "link", sim_adapter_up(a));
	mr_tree_add_int(t, "vfs", a->m.pfs * a->m.vfs);
	mr_tree_add_int(t, "resets", a->resets);
	if (a->m.kind == SIM_KIND_BASE)
		mr_tree_add_text(t, "owner", sim_host_name(c, a->row_vs));
	put_functions(c, a, mr_tree_add_list(t, "functions"));
}

/* The status tree; the caller frees it with mr_tree_free. */
struct mr_tree *sim_chassis_status(const struct sim_chassis *c)
{
	struct mr_tree *t = mr_tree_map(), *list;

	mr_tree_add_text(t, "name", c->name);
	put_switch(c, mr_tree_add_map(t, "switch"));
	list = mr_tree_add_list(t, "hosts");
	for (unsigned vh = 1; vh <= c->hosts; vh++)
		put_host(c, vh, list);
	list = mr_tree_add_list(t, "adapters");
	for (unsigned i = 0; i < c->adapters; i++)
		put_adapter(c, &c->adapter[i], list);
	return t;
}

static const struct sim_mvf *mvf_of(const struct sim_adapter *a, uint16_t pf, uint16_t vf)
{
	if (!a || !a->present || a->m.kind == SIM_KIND_BASE || pf >= a->m.pfs || vf >= a->m.vfs)
		return NULL;
	return sim_mvf(a, pf, vf);
}

unsigned sim_vf_dirt(const struct sim_chassis *c, uint16_t port, uint16_t pf, uint16_t vf)
{
	const struct sim_adapter *a = port <= c->ports ? sim_adapter_at(c, port) : NULL;
	const struct sim_mvf *m = mvf_of(a, pf, vf);

	return m ? sim_fn_dirt(&m->fn) & ~(SIM_DIRT_BARS | SIM_DIRT_CONTROL) : 0;
}

/* The row of a VF as the device has it: chassis.h. */
int sim_vf_look(const struct sim_chassis *c, uint16_t port, uint16_t pf, uint16_t vf,
		struct sim_vf_look *ret)
{
	const struct sim_adapter *a = port <= c->ports ? sim_adapter_at(c, port) : NULL;
	const struct sim_mvf *m = mvf_of(a, pf, vf);

	if (!m)
		return -ENOENT;
	*ret = (struct sim_vf_look){.link = sim_adapter_up(a),
				    .open = m->nv.gate,
				    .block = m->nv.block,
				    .ident0 = m->nv.ident0,
				    .min_mbps = m->nv.min,
				    .resets = m->resets,
				    .remaps = m->remaps,
				    .lost = m->lost};
	return 0;
}

/* ---- canary ---- */

static void fill(struct sim_fn *f, unsigned vectors, uint64_t tag)
{
	f->command |= PCI_COMMAND_MASTER;
	f->ats_ctl = PCI_ATS_CTRL_ENABLE;
	sim_atc_add(f, &(struct sim_translation){.from = tag & ~4095ull,
						 .to = tag & ~4095ull,
						 .size = 4096,
						 .perm = SIM_IOMMU_READ | SIM_IOMMU_WRITE});
	f->msix_ctl = PCI_MSIX_FLAGS_ENABLE;
	sim_fn_msix(f, vectors);
	for (unsigned i = 0; i < 4 * vectors; i++)
		f->msix[i] = (uint32_t)(tag + i) & ~(i % 4 == 3 ? UINT32_MAX : 0);
	if (!f->mem)
		f->mem = mr_xcalloc(1, SIM_FN_MEM);
	for (unsigned i = 0; i < SIM_FN_MEM; i++)
		f->mem[i] = (uint8_t)(tag >> 8 * (i & 7)) | 1;
}

/* Fills (tag != 0) or counts (tag == 0) the state of the function at (vh, rid): chassis.h. */
unsigned sim_canary(struct sim_chassis *c, struct mr_now now, uint16_t vh, uint16_t rid,
		    uint64_t tag)
{
	struct sim_loc l;

	sim_chassis_step(c, now);
	l = vh ? sim_vh_locate(c, vh, rid) : sim_vh0_locate(c, rid);
	if (!sim_loc_answers(c, &l) || sim_loc_is_bridge(&l))
		return 0;
	/* what a kernel sets when it enumerates is there before any driver looks */
	if (!tag)
		return sim_fn_dirt(l.fn) & ~(SIM_DIRT_BARS | SIM_DIRT_CONTROL);
	sim_fn_touched(&l);
	fill(l.fn, l.a->m.msix, tag);
	return 0;
}
