/* SPDX-License-Identifier: Apache-2.0 */
/* Inventory, documents and assignments of a fleet, and what becomes of them. See fabric.h. */
#include "tests/fleet/fabric.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "common/xalloc.h"

#define FIRST_PORT 256 /* of adapters; hosts have ports from 1 */

/* ---- inventory ---- */

static void make_host(struct fleet_fabric *fab, const struct fleet_chassis *c, unsigned i)
{
	const struct fleet_host *from = &fab->f->host[c->host + i];
	struct fm_host *h = &fab->inv.chassis[from->chassis].host[i];
	struct fm_host_def *def = &fab->d->host[c->host + i];

	h->port = h->slot = (uint16_t)(i + 1);
	mr_fmt(h->name, sizeof(h->name), "c%03u-blade%03u", from->chassis, i);
	h->present = h->power = h->link = true;
	h->link_mbps = h->link_reservable_mbps = from->link_mbps;
	h->bridges = (uint16_t)from->bridges;
	h->bridge = mr_xcalloc(h->bridges, sizeof(*h->bridge));
	memcpy(def->name, h->name, sizeof(def->name));
	def->chassis = (uint16_t)from->chassis;
	def->roots = 1;
	def->root[0] = h->port;
	def->known = true;
	def->group = -1;
	fab->host[c->host + i].lvf = from->lvf;
}

static void make_pf(struct fm_adapter *a, unsigned pf, const struct fleet_unit *u)
{
	struct fm_pf *p = &a->pf[pf];

	p->net_mbps = u->mbps;
	p->numvfs = a->vfs;
	p->vf_offset = p->vf_stride = a->pfs;
	p->vf_bar[0] = (struct fm_bar){.size = 65536, .flags = MR_BAR_64};
	p->total[FM_RESOURCE_MSIX] = (uint32_t)u->msix;
	p->total[FM_RESOURCE_FRAMEBUFFER] = (uint32_t)u->framebuffer_mib;
}

/* The PFs of an adapter have the same number of VFs; the pools hand out fewer of some. */
static uint16_t most_vfs(const struct fleet *f, const struct fleet_adapter *a)
{
	uint32_t most = 0;

	for (unsigned u = a->unit; u < a->unit + a->units; u++)
		most = f->unit[u].vfs > most ? f->unit[u].vfs : most;
	return (uint16_t)most;
}

static void make_adapter(struct fleet_fabric *fab, const struct fleet_chassis *c, unsigned i)
{
	const struct fleet_adapter *from = &fab->f->adapter[c->adapter + i];
	struct fm_adapter *a = &fab->inv.chassis[from->chassis].adapter[i];

	mr_fmt(a->name, sizeof(a->name), "%s%03u", from->gpu ? "gpu" : "nic", i);
	a->port = (uint16_t)(FIRST_PORT + i);
	a->slot = (uint16_t)(i + 1);
	a->present = a->link = true;
	a->kind = from->mra ? FM_ADAPTER_MRA : FM_ADAPTER_SRIOV;
	a->device_class = from->gpu ? MR_CLASS_GPU : MR_CLASS_ETHERNET;
	a->pfs = (uint8_t)from->units;
	a->vfs = most_vfs(fab->f, from);
	a->caps = MR_CT_CAP_MIN_RATE;
	a->link_mbps = a->link_reservable_mbps = from->link_mbps;
	a->vhs = (uint16_t)(from->mra ? from->vhs + 1 : 0);
	a->vh_of = a->vhs ? mr_xcalloc(a->vhs, sizeof(*a->vh_of)) : NULL;
	for (unsigned d = 1; d < a->vhs; d++)
		a->vh_of[d] = FM_WHOLE;
	for (unsigned p = 0; p < a->pfs; p++)
		make_pf(a, p, &fab->f->unit[from->unit + p]);
	a->fn = mr_xcalloc((size_t)a->pfs * a->vfs, sizeof(*a->fn));
	for (unsigned v = 0; v < (unsigned)a->pfs * a->vfs; v++)
		a->fn[v].row_bridge = FM_NO_BRIDGE;
}

/* ---- documents ---- */

static void make_edges(struct fleet_fabric *fab, const struct fm_adapter *a, uint32_t unit)
{
	const struct fleet_unit *u = &fab->f->unit[unit];
	uint16_t chassis = (uint16_t)fab->f->adapter[u->adapter].chassis;

	for (unsigned p = 0; p < a->pfs; p++)
		if (a->pf[p].net_mbps)
			fab->d->edge[fab->d->edges++] =
				(struct fm_edge){.chassis = chassis,
						 .port = a->port,
						 .pf = (uint16_t)p,
						 .net_mbps = a->pf[p].net_mbps,
						 .guaranteed_max_mbps = a->pf[p].net_mbps,
						 .limit_max_mbps = UINT64_MAX};
}

static void add_parts(struct fleet_fabric *fab, const struct fm_adapter *a,
		      const struct fleet_adapter *from)
{
	for (unsigned k = 0; k < FLEET_POOLS; k++) {
		struct fm_pool *pool = &fab->d->pool[k];

		for (unsigned p = 0; p < from->units && (from->pools >> k & 1); p++)
			if (fab->f->unit[from->unit + p].vfs)
				pool->part[pool->parts++] = (struct fm_pool_part){
					.chassis = (uint16_t)from->chassis,
					.port = a->port,
					.pf = (uint16_t)p,
					.vf_last = (uint16_t)(fab->f->unit[from->unit + p].vfs -
							      1)};
	}
}

static void make_pools(struct fleet_fabric *fab)
{
	const struct fleet *f = fab->f;

	fab->d->pool = mr_xcalloc(FLEET_POOLS, sizeof(*fab->d->pool));
	fab->d->pools = FLEET_POOLS;
	fab->d->edge = mr_xcalloc(f->units + 1, sizeof(*fab->d->edge));
	for (unsigned k = 0; k < FLEET_POOLS; k++) {
		mr_fmt(fab->d->pool[k].name, MR_NAME_MAX, "pool%u", k);
		fab->d->pool[k].reservable_permille = 1000;
		fab->d->pool[k].part = mr_xcalloc(f->units + 1, sizeof(struct fm_pool_part));
	}
	for (unsigned i = 0; i < f->adapters; i++) {
		const struct fleet_adapter *from = &f->adapter[i];
		const struct fm_adapter *a =
			&fab->inv.chassis[from->chassis]
				 .adapter[i - f->chassis[from->chassis].adapter];

		make_edges(fab, a, from->unit);
		add_parts(fab, a, from);
	}
}

/* The demand table has each combination once. */
static uint16_t demand_of(struct fm_desired *d, const struct fleet_claim *c)
{
	struct fm_demand want = {0};

	want.amount[FM_RESOURCE_MSIX] = (uint32_t)c->msix;
	want.amount[FM_RESOURCE_FRAMEBUFFER] = (uint32_t)c->framebuffer_mib;
	for (unsigned i = 0; i < d->demands; i++)
		if (memcmp(&d->demand[i], &want, sizeof(want)) == 0)
			return (uint16_t)(i + 1);
	d->demand = mr_xrealloc(d->demand, d->demands + 1, sizeof(*d->demand));
	d->demand[d->demands++] = want;
	return (uint16_t)d->demands;
}

static void make_claims(struct fleet_fabric *fab)
{
	const struct fleet *f = fab->f;
	struct fm_desired *d = fab->d;

	d->claim = mr_xcalloc(f->claims, sizeof(*d->claim));
	for (unsigned i = 0; i < f->claims; i++) {
		const struct fleet_claim *from = &f->claim[i];
		struct fm_claim *c = &d->claim[d->claims++];
		char name[32];

		mr_fmt(name, sizeof(name), "profile%06u", from->profile);
		c->profile = from->device ? c[-1].profile : fm_desired_str(d, name);
		mr_fmt(name, sizeof(name), "data%u", from->device);
		c->device = fm_desired_str(d, name);
		c->count = 1;
		c->driver = "";
		c->priority = from->rank;
		c->pool = (uint16_t)from->pool;
		c->host = (uint16_t)from->host;
		c->guaranteed_mbps = c->attrs.min_mbps = (uint32_t)from->mbps;
		c->demand = demand_of(d, from);
	}
	d->rule = mr_xcalloc(f->pairs + 1, sizeof(*d->rule));
	for (unsigned i = 0; i < f->pairs; i++) {
		struct fm_rule *r = &d->rule[d->rules++];

		r->topology = f->pair[i].over_port ? FM_TOPO_PORT : FM_TOPO_ADAPTER;
		r->required = f->pair[i].required;
		r->claims = 2;
		r->claim = mr_xcalloc(2, sizeof(*r->claim));
		r->claim[0] = f->pair[i].a;
		r->claim[1] = f->pair[i].b;
	}
}

/* See fabric.h. */
void fleet_fabric_preempt(struct fleet_fabric *fab)
{
	struct fm_desired *d = fab->d;

	d->prio = mr_xrealloc(d->prio, FLEET_RANKS, sizeof(*d->prio));
	d->prios = FLEET_RANKS;
	for (unsigned r = 0; r < FLEET_RANKS; r++)
		d->prio[r] = (struct fm_priority){.value = r, .preempts = true};
	for (unsigned i = 0; i < d->claims; i++)
		d->claim[i].class = (uint16_t)(d->claim[i].priority + 1);
}

/* ---- assignments ---- */

static struct fm_fn_id fn_of(const struct fleet *f, uint32_t unit, uint32_t vf)
{
	uint32_t i = f->unit[unit].adapter;
	const struct fleet_adapter *a = &f->adapter[i];

	return (struct fm_fn_id){
		.chassis = (uint16_t)a->chassis,
		.port = (uint16_t)(FIRST_PORT + i - f->chassis[a->chassis].adapter),
		.pf = (uint16_t)(unit - a->unit),
		.vf = (uint16_t)vf};
}

/* An assignment with all that does not depend on where it is. */
static struct fm_assignment *assignment(struct fleet_fabric *fab, unsigned i)
{
	const struct fm_claim *c = &fab->d->claim[i];
	struct fm_assignment *a = &fab->a[i];

	if (a->phase == FM_PHASE_RELEASED || !a->id)
		a->id = ++fab->next_id;
	mr_copy(a->profile, sizeof(a->profile), c->profile);
	mr_copy(a->device, sizeof(a->device), c->device);
	memcpy(a->host, fab->d->host[c->host].name, sizeof(a->host));
	a->count = 1;
	a->phase = FM_PHASE_ACTIVE;
	a->has_fn = true;
	a->owed = false;
	a->chassis = fab->d->host[c->host].chassis;
	a->guaranteed_mbps = c->guaranteed_mbps;
	a->limit_mbps = c->limit_mbps;
	return a;
}

static void list_currents(struct fleet_fabric *fab)
{
	fab->in.currents = 0;
	for (unsigned i = 0; i < fab->f->claims; i++)
		if (fab->a[i].phase != FM_PHASE_RELEASED)
			fab->current[fab->in.currents++] = &fab->a[i];
	fab->in.current = fab->current;
}

static void make_priors(struct fleet_fabric *fab)
{
	const struct fleet *f = fab->f;

	for (unsigned i = 0; i < f->claims; i++) {
		const struct fleet_claim *c = &f->claim[i];
		struct fm_assignment *a = &fab->a[i];

		a->phase = FM_PHASE_RELEASED;
		if (c->prior == FLEET_NONE)
			continue;
		a = assignment(fab, i);
		a->fn = fn_of(f, c->prior, c->prior_vf);
		a->attrs = fab->d->claim[i].attrs;
		a->place = (struct fm_place){
			.way = fleet_is_lvf(f, i, c->prior) ? FM_WAY_LVF : FM_WAY_SYNTHETIC,
			.port = fab->d->host[c->host].root[0],
			.bridge = (uint16_t)c->prior_bridge,
			.pf = fleet_is_lvf(f, i, c->prior) ? a->fn.pf : 0};
	}
	list_currents(fab);
}

/* See fabric.h. */
struct fleet_fabric *fleet_fabric_new(const struct fleet *f)
{
	struct fleet_fabric *fab = MR_NEW(struct fleet_fabric);

	fab->f = f;
	fab->d = fm_desired_new();
	fab->inv.n = f->n_chassis;
	fab->inv.chassis = mr_xcalloc(f->n_chassis, sizeof(*fab->inv.chassis));
	fab->host = mr_xcalloc(f->hosts, sizeof(*fab->host));
	fab->d->host = mr_xcalloc(f->hosts, sizeof(*fab->d->host));
	fab->d->hosts = f->hosts;
	for (unsigned k = 0; k < f->n_chassis; k++) {
		const struct fleet_chassis *c = &f->chassis[k];
		struct fm_chassis *ch = &fab->inv.chassis[k];

		assert(FIRST_PORT + c->adapters <= MR_MAX_PORTS);
		mr_fmt(ch->name, sizeof(ch->name), "c%03u", k);
		ch->observed = true;
		ch->hosts = c->hosts;
		ch->host = mr_xcalloc(c->hosts, sizeof(*ch->host));
		ch->adapters = c->adapters;
		ch->adapter = mr_xcalloc(c->adapters, sizeof(*ch->adapter));
		for (unsigned i = 0; i < c->hosts; i++)
			make_host(fab, c, i);
		for (unsigned i = 0; i < c->adapters; i++)
			make_adapter(fab, c, i);
	}
	make_pools(fab);
	make_claims(fab);
	fab->a = mr_xcalloc(f->claims, sizeof(*fab->a));
	fab->current = mr_xcalloc(f->claims, sizeof(const struct fm_assignment *));
	make_priors(fab);
	fab->in.desired = fab->d;
	fab->in.inventory = &fab->inv;
	fab->in.host = fab->host;
	return fab;
}

/* See fabric.h. */
void fleet_fabric_free(struct fleet_fabric *fab)
{
	if (!fab)
		return;
	fm_inventory_done(&fab->inv);
	fm_desired_free(fab->d);
	free(fab->host);
	free(fab->a);
	free(fab->current);
	fm_aim_free(fab->aim);
	free(fab);
}

/* See fabric.h. */
void fleet_fabric_settle(struct fleet_fabric *fab, const struct fm_plan *p)
{
	for (unsigned i = 0; i < p->changes; i++) {
		const struct fm_change *c = &p->change[i];

		struct fm_assignment *a =
			c->current < 0 ? NULL : &fab->a[fab->current[c->current] - fab->a];

		if (c->kind == FM_CHANGE_RELEASE || c->kind == FM_CHANGE_PREEMPT)
			a->phase = FM_PHASE_RELEASED;
		if (c->kind != FM_CHANGE_PARK)
			continue;
		a->phase = FM_PHASE_PENDING;
		a->has_fn = false;
		a->owed = true;
	}
	for (unsigned i = 0; i < p->claims; i++) {
		const struct fm_placed *pl = &p->placed[i];
		struct fm_assignment *a;

		if (!pl->placed || pl->reason != MR_REASON_OK)
			continue;
		a = assignment(fab, i);
		a->fn = pl->fn;
		a->place = pl->place;
		a->attrs = fm_placed_attrs(&fab->in, pl, &fab->d->claim[i]);
	}
	list_currents(fab);
}

/* See fabric.h. */
void fleet_fabric_placement(const struct fleet_fabric *fab, const struct fm_plan *p,
			    uint32_t *ret_at)
{
	const struct fleet *f = fab->f;

	for (unsigned i = 0; i < p->claims; i++) {
		const struct fm_fn_id *fn = &p->placed[i].fn;
		uint32_t a;

		ret_at[i] = FLEET_NONE;
		if (!p->placed[i].placed)
			continue;
		a = f->chassis[fn->chassis].adapter + fn->port - FIRST_PORT;
		ret_at[i] = f->adapter[a].unit + fn->pf;
	}
}

/* See fabric.h. */
struct fm_plan *fleet_fabric_converge(struct fleet_fabric *fab, unsigned rounds,
				      unsigned *ret_rounds)
{
	struct fm_plan *p = fm_plan_make(&fab->in);
	unsigned n = 0;

	while (fm_plan_pending(p) && n++ < rounds) {
		fleet_fabric_settle(fab, p);
		fm_aim_free(fab->aim);
		fab->aim = fm_aim_copy(p->aim);
		fab->in.aim = fab->aim;
		fm_plan_free(p);
		p = fm_plan_make(&fab->in);
	}
	*ret_rounds = n;
	return p;
}
