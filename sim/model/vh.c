/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Host hierarchies: where configuration and memory requests of a host end. Upstream bridge,
 * downstream bridges by the bus numbers and windows that the host wrote, then the row's target.
 */
#include <errno.h>
#include <linux/pci_regs.h>
#include <stddef.h>

#include "sim/model/internal.h"

static const struct sim_loc nothing = {.kind = SIM_LOC_NONE};

/* What the row of a bridge answers for when it is blocked: 0 all-ones, 1 UR. */
unsigned sim_cut_answer(const struct sim_chassis *c, const struct sim_host *h)
{
	return h->cut_answer ? h->cut_answer == 2 : c->cut_answer == 1;
}

/* A TLP that no row matches: dropped, counted, reported once until the owner has read. */
void sim_ur_drop(struct sim_chassis *c, unsigned vh, uint16_t rid, uint64_t addr)
{
	c->ur_drops++;
	if (c->host[vh].ur_told)
		return;
	c->host[vh].ur_told = true;
	sim_event_push(c, MR_EV_UR_DROP, vh, vh, 0, rid, addr);
}

/* Whether requests pass the row now; a blocked row is noted. */
static bool row_open(const struct sim_chassis *c, const struct sim_bridge *r,
		     struct sim_loc *out)
{
	unsigned at_host = sim_row_at_host(c, r), at_dev = sim_row_at_dev(c, r);

	out->blocked = at_host == MR_ROW_BLOCKED || at_dev == MR_ROW_BLOCKED;
	return at_host == MR_ROW_MAPPED && at_dev == MR_ROW_MAPPED && r->dlla;
}

static struct sim_loc in_vh(struct sim_loc l, unsigned vh, struct sim_host *h, unsigned b)
{
	l.vh = (uint16_t)vh;
	l.host = h;
	l.b = b;
	l.bridge = &h->bridge[b];
	return l;
}

/* The function at number 'fn' behind bridge b, counted from its secondary bus. */
struct sim_loc sim_behind_cfg(struct sim_chassis *c, struct sim_host *h, unsigned b,
			      unsigned fn)
{
	const struct sim_bridge *r = &h->bridge[b];
	uint64_t t = r->row.target;
	struct sim_adapter *a = sim_adapter_at(c, MR_TARGET_PORT(t));
	struct sim_loc l = nothing;

	/* Without ARI forwarding a downstream port passes only device 0 of its own bus. */
	if (!a || (fn >= 8 && fn < 256 && !(r->cfg.devctl2 & PCI_EXP_DEVCTL2_ARI)))
		return l;
	switch (MR_TARGET_KIND(t)) {
	case MR_TARGET_SYNTHETIC:
		if (fn)
			return l;
		l = sim_loc_vf(a, MR_TARGET_PF(t), MR_TARGET_VF(t));
		l.kind = SIM_LOC_SYNTH;
		break;
	case MR_TARGET_DEVICE:
		l = sim_adapter_locate(a, 0, fn);
		break;
	case MR_TARGET_PFS:
		l = sim_adapter_locate(a, MR_TARGET_PF(t), fn);
		break;
	}
	return in_vh(l, h->d.slot, h, b);
}

/* The same as long as the row is open; else nothing, with 'blocked' set. */
static struct sim_loc behind(struct sim_chassis *c, struct sim_host *h, unsigned b, unsigned fn)
{
	struct sim_loc l = nothing;

	if (row_open(c, &h->bridge[b], &l))
		return sim_behind_cfg(c, h, b, fn);
	return in_vh(l, h->d.slot, h, b);
}

static struct sim_loc bridge_loc(struct sim_host *h, unsigned vh, unsigned b)
{
	struct sim_loc l = in_vh(nothing, vh, h, b);

	l.kind = SIM_LOC_DOWN;
	l.br = &h->bridge[b].cfg;
	return l;
}

static bool owns_bus(const struct sim_bridge_cfg *g, unsigned bus)
{
	return g->sec && bus >= g->sec && bus <= g->sub;
}

/* The bridge whose buses hold 'rid', -1 = none. */
int sim_vh_bridge_of_rid(const struct sim_host *h, uint16_t rid)
{
	for (unsigned b = 0; h->bridge && b < h->d.bridges; b++)
		if (owns_bus(&h->bridge[b].cfg, rid >> 8))
			return (int)b;
	return -1;
}

/*
 * What host 'vh' finds at 'rid' by the bus numbers that it wrote. Any bus that the upstream
 * bridge does not own is taken for the bus that the bridge itself sits on.
 */
struct sim_loc sim_vh_locate(struct sim_chassis *c, unsigned vh, uint16_t rid)
{
	struct sim_host *h = sim_host_at(c, vh);
	unsigned bus = rid >> 8;
	int b;

	if (!h || !h->link)
		return nothing;
	if (vh == c->root)
		return sim_root_locate(c, rid);
	if (!owns_bus(&h->up, bus)) {
		if (rid & 0xff)
			return nothing;
		return (struct sim_loc){
			.kind = SIM_LOC_UP, .vh = (uint16_t)vh, .host = h, .br = &h->up};
	}
	if (h->auth != MR_AUTH_AUTHORISED)
		return nothing;
	sim_bridges(h);
	if (bus == h->up.sec)
		return (rid & 0xffu) < h->d.bridges ? bridge_loc(h, vh, rid & 0xff) : nothing;
	b = sim_vh_bridge_of_rid(h, rid);
	return b < 0 ? nothing
		     : behind(c, h, (unsigned)b, rid - (unsigned)(h->bridge[b].cfg.sec << 8));
}

/* ---- memory ---- */

static bool in_window(const struct sim_bridge_cfg *g, uint64_t addr)
{
	uint64_t base = (uint64_t)(g->mem_base & 0xfff0) << 16;
	uint64_t limit = (uint64_t)(g->mem_limit & 0xfff0) << 16 | 0xfffff;

	if (!(g->command & PCI_COMMAND_MEMORY))
		return false;
	if (base && addr >= base && addr <= limit)
		return true;
	base = (uint64_t)g->pref_base_hi << 32 | (uint64_t)(g->pref_base & 0xfff0) << 16;
	limit = (uint64_t)g->pref_limit_hi << 32 | (uint64_t)(g->pref_limit & 0xfff0) << 16 |
		0xfffff;
	return base && addr >= base && addr <= limit;
}

/* A synthetic function: its BARs lead through the row's windows to the VF's place in VH 0. */
static struct sim_loc through_windows(struct sim_chassis *c, struct sim_loc l, uint64_t addr,
				      unsigned *ret_bar, uint64_t *ret_off)
{
	struct sim_loc to = nothing;
	unsigned flags;

	if (!(l.fn->command & PCI_COMMAND_MEMORY) || l.fn->pmcsr & PCI_PM_CTRL_STATE_MASK)
		return nothing;
	for (unsigned i = 0; i < 6; i++) {
		uint64_t size = sim_bar_size(&l, i, &flags), base = sim_bar_address(&l, i);

		if (!size || addr < base || addr - base >= size)
			continue;
		to = sim_vh0_decode(c, l.bridge->row.window[i] + (addr - base), ret_bar,
				    ret_off);
		/* Whatever VH 0's VF BARs were moved to since: a row leads to its own VF
		 * only. */
		return to.kind == SIM_LOC_VF && to.a == l.a && to.p == l.p && to.v == l.v
			       ? to
			       : nothing;
	}
	return to;
}

/* What a memory request that passed bridge b ends at. */
struct sim_loc sim_behind_mem(struct sim_chassis *c, struct sim_host *h, unsigned b,
			      uint64_t addr, unsigned *ret_bar, uint64_t *ret_off)
{
	struct sim_loc l = sim_behind_cfg(c, h, b, 0);

	if (l.kind == SIM_LOC_SYNTH) {
		if (!sim_loc_answers(c, &l)) {
			l.kind = SIM_LOC_NONE;
			return l;
		}
		l = through_windows(c, l, addr, ret_bar, ret_off);
	} else if (l.kind != SIM_LOC_NONE) {
		l = sim_adapter_decode(l.a, l.d, addr, ret_bar, ret_off);
	}
	return in_vh(l, h->d.slot, h, b);
}

/* The bridge whose windows hold 'addr', -1 = none. */
int sim_vh_bridge_of_addr(const struct sim_host *h, uint64_t addr)
{
	if (!sim_host_alive(h) || !in_window(&h->up, addr))
		return -1;
	for (unsigned b = 0; h->bridge && b < h->d.bridges; b++)
		if (in_window(&h->bridge[b].cfg, addr))
			return (int)b;
	return -1;
}

/* The function that a memory request of host 'vh' to 'addr' ends at; checked to answer. */
static struct sim_loc decode(struct sim_chassis *c, unsigned vh, uint64_t addr,
			     unsigned *ret_bar, uint64_t *ret_off)
{
	struct sim_host *h = sim_host_at(c, vh);
	int b = h ? sim_vh_bridge_of_addr(h, addr) : -1;
	struct sim_loc l = nothing;

	if (h && vh == c->root)
		return h->link ? sim_root_decode(c, addr, ret_bar, ret_off) : l;
	if (b < 0)
		return l;
	l = in_vh(l, vh, h, (unsigned)b);
	if (!row_open(c, l.bridge, &l))
		return l;
	l = sim_behind_mem(c, h, (unsigned)b, addr, ret_bar, ret_off);
	if (l.kind != SIM_LOC_NONE && !sim_loc_answers(c, &l))
		l.kind = SIM_LOC_NONE;
	return l;
}

/* ---- requests of a host, immediate ---- */

/* Something was lost at a blocked row or function. */
static void count_lost(const struct sim_loc *l)
{
	if (!l->blocked || !l->bridge)
		return;
	l->bridge->lost++;
	if (l->a && (l->kind == SIM_LOC_VF || l->kind == SIM_LOC_SYNTH))
		sim_mvf(l->a, l->p, l->v)->lost++;
}

/* Configuration read: chassis.h. */
uint32_t sim_host_cfg_read(struct sim_chassis *c, struct mr_now now, uint16_t vh, uint16_t rid,
			   unsigned off, unsigned width)
{
	struct sim_loc l;
	uint32_t ones;

	if (width != 1 && width != 2 && width != 4)
		return UINT32_MAX;
	ones = width == 4 ? UINT32_MAX : (1u << 8 * width) - 1;
	sim_chassis_step(c, now);
	l = sim_vh_locate(c, vh, rid);
	if (sim_loc_answers(c, &l))
		return l.vh ? sim_cfg_read(c, &l, off, width)
			    : sim_root_cfg_read(c, &l, off, width);
	count_lost(&l);
	/* Retry status: the root port makes it 0001h where the Vendor ID was asked for. */
	if (l.not_ready && off == PCI_VENDOR_ID && width >= 2)
		return (ones & 0xffff0000) | 1;
	return ones;
}

/* Configuration write: chassis.h. */
void sim_host_cfg_write(struct sim_chassis *c, struct mr_now now, uint16_t vh, uint16_t rid,
			unsigned off, unsigned width, uint32_t value)
{
	struct sim_loc l;

	if (width != 1 && width != 2 && width != 4)
		return;
	sim_chassis_step(c, now);
	l = sim_vh_locate(c, vh, rid);
	if (!sim_loc_answers(c, &l)) {
		count_lost(&l);
		return;
	}
	if (!l.vh) {
		sim_root_cfg_write(c, &l, rid, off, width, value);
		return;
	}
	sim_fn_touched(&l);
	sim_cfg_write(c, &l, off, width, value);
}

static bool mem_width(uint64_t address, unsigned width)
{
	return (width == 1 || width == 2 || width == 4 || width == 8) &&
	       !(address & (width - 1));
}

/* Memory read of a host's processor: all-ones where nothing answers. */
uint64_t sim_host_mem_read(struct sim_chassis *c, struct mr_now now, uint16_t vh,
			   uint64_t address, unsigned width)
{
	struct sim_loc l;
	unsigned bar;
	uint64_t off;

	if (!mem_width(address, width))
		return SIM_ONES;
	sim_chassis_step(c, now);
	l = decode(c, vh, address, &bar, &off);
	if (l.kind != SIM_LOC_NONE) {
		sim_fn_touched(&l);
		return sim_fn_mem(c, &l, bar, off, width, false, 0);
	}
	count_lost(&l);
	return width == 8 ? SIM_ONES : (1ull << 8 * width) - 1;
}

/* Memory write of a host's processor: vanishes where nothing takes it. */
void sim_host_mem_write(struct sim_chassis *c, struct mr_now now, uint16_t vh, uint64_t address,
			unsigned width, uint64_t value)
{
	struct sim_loc l;
	unsigned bar;
	uint64_t off;

	if (!mem_width(address, width))
		return;
	sim_chassis_step(c, now);
	l = decode(c, vh, address, &bar, &off);
	if (l.kind == SIM_LOC_NONE) {
		count_lost(&l);
		return;
	}
	sim_fn_touched(&l);
	sim_fn_mem(c, &l, bar, off, width, true, value);
}

/* What a class driver would read: chassis.h. */
int sim_host_fn_view(const struct sim_chassis *c, uint16_t vh, uint16_t rid,
		     struct sim_fn_view *ret)
{
	struct sim_loc l = sim_vh_locate((struct sim_chassis *)c, vh, rid);
	const struct sim_model_desc *m;

	if (!l.a || sim_loc_is_bridge(&l) || !sim_loc_answers(c, &l))
		return -ENODEV;
	if (vh == c->root && l.kind != SIM_LOC_PF) /* it has no driver for anything else */
		return -ENODEV;
	m = &l.a->m;
	*ret = (struct sim_fn_view){.device_class = m->device_class,
				    .is_pf = l.kind == SIM_LOC_PF,
				    .link = true,
				    .mbps = m->port_mbps[m->ports > 1 ? l.p : 0],
				    .serial = l.a->serial,
				    .model = m->name,
				    .port = (uint16_t)l.a->port,
				    .number = (uint16_t)l.p};
	if (l.kind == SIM_LOC_VF || l.kind == SIM_LOC_SYNTH) {
		const struct sim_vf_nv *nv = &sim_mvf(l.a, l.p, l.v)->nv;

		ret->ident0 = nv->ident0;
		ret->ident1 = nv->ident1;
		ret->link = nv->gate && (nv->flags >> 2 & 3) != 2;
		ret->number = (uint16_t)(m->pfs + l.p * m->vfs + l.v);
		ret->mtu = (uint16_t)nv->shape;
		ret->class_reg[0] = nv->class0;
		ret->class_reg[1] = nv->class1;
		for (unsigned i = 0; i < MR_VF_PKEYS; i++)
			ret->pkey[i] = sim_vf_pkey(l.a, l.p, l.v, i);
	}
	return 0;
}

/* The namespace that the function at 'rid' has attached as 'nsid'. */
static int ns_at(const struct sim_chassis *c, uint16_t vh, uint16_t rid, unsigned nsid,
		 struct sim_ns **ret)
{
	struct sim_loc l = sim_vh_locate((struct sim_chassis *)c, vh, rid);

	if ((l.kind != SIM_LOC_VF && l.kind != SIM_LOC_SYNTH) || !sim_loc_answers(c, &l))
		return -ENODEV;
	if (!l.a->ns || !nsid || nsid > MR_MAX_NAMESPACES ||
	    !(sim_mvf(l.a, l.p, l.v)->nv.class1 >> (nsid - 1) & 1))
		return -ENOENT;
	*ret = &l.a->ns[l.p * MR_MAX_NAMESPACES + nsid - 1];
	return 0;
}

static void view_ns(const struct sim_ns *n, struct sim_ns_view *ret)
{
	*ret = (struct sim_ns_view){.size = n->size,
				    .block_shift = n->shape & 0x3f,
				    .shared = n->shape & MR_NS_SHARED,
				    .word = n->word};
	for (unsigned i = 0; i < 16; i++)
		ret->uuid[i] = (uint8_t)(n->uuid[i / 8] >> 8 * (i % 8));
}

/* A namespace that the function has attached: chassis.h. */
int sim_host_ns_view(const struct sim_chassis *c, uint16_t vh, uint16_t rid, unsigned nsid,
		     struct sim_ns_view *ret)
{
	struct sim_ns *n;
	int rc = ns_at(c, vh, rid, nsid, &n);

	if (rc)
		return rc;
	view_ns(n, ret);
	return 0;
}

/* A namespace of an adapter's PF: chassis.h. */
int sim_adapter_ns_view(const struct sim_chassis *c, const char *adapter, unsigned pf,
			unsigned nsid, struct sim_ns_view *ret)
{
	int port = sim_adapter_find(c, adapter);
	const struct sim_adapter *a = port < 0 ? NULL : sim_adapter_at(c, (unsigned)port);

	if (!a || !a->ns || pf >= a->m.pfs || !nsid || nsid > MR_MAX_NAMESPACES ||
	    !a->ns[pf * MR_MAX_NAMESPACES + nsid - 1].exists)
		return -ENOENT;
	view_ns(&a->ns[pf * MR_MAX_NAMESPACES + nsid - 1], ret);
	return 0;
}

/* Its first block: chassis.h. */
int sim_host_ns_write(struct sim_chassis *c, uint16_t vh, uint16_t rid, unsigned nsid,
		      uint64_t word)
{
	struct sim_ns *n;
	int rc = ns_at(c, vh, rid, nsid, &n);

	if (rc)
		return rc;
	n->word = word;
	n->written = true;
	return 0;
}
