/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A chassis, documents and a store's assignments for planner tests, built by hand: no policy
 * reader, no hardware model. fix_settle does what the engine does with a plan that went well.
 */
#ifndef TESTS_UNIT_FM_PLAN_FIXTURE_H
#define TESTS_UNIT_FM_PLAN_FIXTURE_H

#include <stdlib.h>
#include <string.h>

#include "common/rng.h"
#include "common/str.h"
#include "common/xalloc.h"
#include "fabric-manager/model/roots.h"
#include "fabric-manager/plan/plan.h"

#define FIX_ADAPTERS 40
#define FIX_HOSTS    64

struct fix {
	struct fm_inventory inv;
	struct fm_desired *d;
	struct fm_plan_host lvf[FIX_HOSTS];
	struct fm_assignment **cur;
	unsigned curs, cap;
	unsigned rule_cap;
	uint32_t next_id;
	struct fm_plan_input in;
};

static inline struct fix *fix_new(void)
{
	struct fix *f = MR_NEW(struct fix);
	struct fm_chassis *c = MR_NEW(struct fm_chassis);

	f->inv = (struct fm_inventory){.chassis = c, .n = 1};
	mr_copy(c->name, sizeof(c->name), "c1");
	c->observed = true;
	c->host = mr_xcalloc(FIX_HOSTS, sizeof(*c->host));
	c->adapter = mr_xcalloc(FIX_ADAPTERS, sizeof(*c->adapter));
	f->d = fm_desired_new();
	f->d->pool = mr_xcalloc(16, sizeof(*f->d->pool));
	f->d->edge = mr_xcalloc(FIX_ADAPTERS * 2, sizeof(*f->d->edge));
	f->d->ident_pool = mr_xcalloc(4, sizeof(*f->d->ident_pool));
	f->d->claim = mr_xcalloc(4096, sizeof(*f->d->claim));
	f->d->host = mr_xcalloc(FIX_HOSTS, sizeof(*f->d->host));
	f->d->rule = mr_xcalloc(4096, sizeof(*f->d->rule));
	f->next_id = 1;
	return f;
}

static inline void fix_free(struct fix *f)
{
	fm_inventory_done(&f->inv);
	fm_desired_free(f->d);
	for (unsigned i = 0; i < f->curs; i++)
		free(f->cur[i]);
	free(f->cur);
	free(f);
}

/* One more root of host 'host', with 'bridges' bridges of 8 MiB and 2 GiB and one bus. */
static inline struct fm_host *fix_root(struct fix *f, unsigned host, const char *name,
				       unsigned bridges)
{
	struct fm_chassis *c = &f->inv.chassis[0];
	struct fm_host *h = &c->host[c->hosts];
	struct fm_host_def *def = &f->d->host[host];

	mr_copy(h->name, sizeof(h->name), name);
	h->port = h->slot = (uint16_t)++c->hosts;
	h->present = h->power = h->link = true;
	h->bridges = (uint16_t)bridges;
	h->bridge = mr_xcalloc(bridges, sizeof(*h->bridge));
	for (unsigned b = 0; b < bridges; b++)
		h->bridge[b] = (struct fm_bridge){.bus_first = (uint8_t)(b + 2),
						  .bus_last = (uint8_t)(b + 2),
						  .mmio = 8 << 20,
						  .mmio64 = UINT64_C(2) << 30};
	def->root[def->roots++] = h->port;
	return h;
}

/* A blade with one such root; returns its index. */
static inline unsigned fix_host(struct fix *f, const char *name, unsigned bridges, bool lvf)
{
	struct fm_host_def *def = &f->d->host[f->d->hosts];

	mr_copy(def->name, sizeof(def->name), name);
	fix_root(f, f->d->hosts, name, bridges);
	def->known = true;
	def->group = -1;
	f->lvf[f->d->hosts] = (struct fm_plan_host){.lvf = lvf};
	return f->d->hosts++;
}

static inline struct fm_adapter *fix_adapter(struct fix *f, const char *name,
					     enum fm_adapter_kind kind, enum mr_class class,
					     unsigned pfs, unsigned vfs, unsigned vhs)
{
	struct fm_chassis *c = &f->inv.chassis[0];
	struct fm_adapter *a = &c->adapter[c->adapters];
	unsigned n = kind == FM_ADAPTER_BASE ? 1 : pfs * vfs;

	mr_copy(a->name, sizeof(a->name), name);
	a->slot = (uint16_t)(++c->adapters);
	a->port = (uint16_t)(256 + a->slot);
	a->present = a->link = true;
	a->kind = kind;
	a->device_class = class;
	a->pfs = (uint8_t)pfs;
	a->vfs = (uint16_t)vfs;
	a->vhs = (uint16_t)vhs;
	a->caps = MR_CT_CAP_MIN_RATE | MR_CT_CAP_SPOOF | MR_CT_CAP_TRUST | MR_CT_CAP_VLAN |
		  MR_CT_CAP_GATE;
	a->vh_of = vhs ? mr_xcalloc(vhs, sizeof(*a->vh_of)) : NULL;
	for (unsigned d = 1; d < vhs; d++)
		a->vh_of[d] = FM_WHOLE;
	a->fn = mr_xcalloc(n, sizeof(*a->fn));
	for (unsigned i = 0; i < n; i++)
		a->fn[i].row_bridge = FM_NO_BRIDGE;
	for (unsigned p = 0; p < pfs; p++) {
		a->pf[p].vf_bar[0] = (struct fm_bar){.size = 65536, .flags = MR_BAR_64};
		a->pf[p].vf_offset = (uint16_t)pfs;
		a->pf[p].vf_stride = (uint16_t)pfs;
		a->pf[p].numvfs = (uint16_t)vfs;
	}
	return a;
}

static inline struct fm_pool *fix_pool(struct fix *f, const char *name)
{
	struct fm_pool *p = &f->d->pool[f->d->pools++];

	mr_copy(p->name, sizeof(p->name), name);
	p->reservable_permille = 1000;
	p->part = mr_xcalloc(FIX_ADAPTERS * 2, sizeof(*p->part));
	return p;
}

/* All PFs of 'a', functions first..last of each. */
static inline void fix_part(struct fm_pool *p, const struct fm_adapter *a, unsigned first,
			    unsigned last)
{
	if (a->kind == FM_ADAPTER_BASE) {
		p->part[p->parts++] = (struct fm_pool_part){.port = a->port,
							    .pf = FM_WHOLE,
							    .vf_first = FM_WHOLE,
							    .vf_last = FM_WHOLE};
		return;
	}
	for (unsigned i = 0; i < a->pfs; i++)
		p->part[p->parts++] = (struct fm_pool_part){.port = a->port,
							    .pf = (uint16_t)i,
							    .vf_first = (uint16_t)first,
							    .vf_last = (uint16_t)last};
}

/* A network port on every PF of 'a', Mbit/s; 'limits' UINT64_MAX = free. */
static inline void fix_edge(struct fix *f, struct fm_adapter *a, uint64_t net,
			    uint64_t reservable, uint64_t limits)
{
	for (unsigned i = 0; i < a->pfs; i++) {
		a->pf[i].net_mbps = net;
		f->d->edge[f->d->edges++] = (struct fm_edge){.port = a->port,
							     .pf = (uint16_t)i,
							     .net_mbps = net,
							     .guaranteed_max_mbps = reservable,
							     .limit_max_mbps = limits};
	}
}

static inline struct fm_claim *fix_claim(struct fix *f, const char *profile, const char *device,
					 unsigned pool, unsigned host)
{
	struct fm_claim *c = &f->d->claim[f->d->claims++];

	*c = (struct fm_claim){.profile = fm_desired_str(f->d, profile),
			       .device = fm_desired_str(f->d, device),
			       .count = 1,
			       .pool = (uint16_t)pool,
			       .host = (uint16_t)host,
			       .driver = ""};
	return c;
}

static inline void fix_rule(struct fix *f, enum fm_topology t, bool required, uint32_t a,
			    uint32_t b)
{
	struct fm_rule *r = &f->d->rule[f->d->rules++];

	r->topology = t;
	r->required = required;
	r->claim = mr_xcalloc(2, sizeof(*r->claim));
	r->claim[0] = a;
	r->claim[1] = b;
	r->claims = 2;
}

static inline struct fm_plan *fix_plan(struct fix *f)
{
	f->in.desired = f->d;
	f->in.inventory = &f->inv;
	f->in.host = f->lvf;
	f->in.current = (const struct fm_assignment *const *)f->cur;
	f->in.currents = f->curs;
	return fm_plan_make(&f->in);
}

static inline struct fm_assignment *fix_new_current(struct fix *f, const struct fm_claim *c)
{
	struct fm_assignment *a = MR_NEW(struct fm_assignment);

	MR_GROW(f->cur, f->curs, f->cap);
	f->cur[f->curs++] = a;
	a->id = f->next_id++;
	mr_copy(a->profile, sizeof(a->profile), c->profile);
	mr_copy(a->device, sizeof(a->device), c->device);
	a->index = c->index;
	a->count = c->count;
	return a;
}

static inline struct fm_attrs fix_attrs(const struct fix *f, const struct fm_plan *p,
					unsigned i)
{
	return fm_placed_attrs(&f->in, &p->placed[i], &f->d->claim[i]);
}

static inline void fix_settle_claim(struct fix *f, const struct fm_placed *pl,
				    const struct fm_claim *c)
{
	struct fm_assignment *a =
		pl->current >= 0 ? f->cur[pl->current] : fix_new_current(f, c);

	a->phase = FM_PHASE_ACTIVE;
	a->going = a->owed = false;
	a->has_fn = true;
	a->fn = pl->fn;
	a->place = pl->place;
	a->attrs = fm_placed_attrs(&f->in, pl, c);
	a->guaranteed_mbps = c->guaranteed_mbps;
	a->limit_mbps = c->limit_mbps;
	mr_copy(a->host, sizeof(a->host), f->d->host[c->host].name);
	mr_copy(a->driver, sizeof(a->driver), c->driver);
}

/* It has left its place. */
static inline void fix_park(struct fm_assignment *a)
{
	a->phase = FM_PHASE_PENDING;
	a->has_fn = a->going = false;
	a->owed = true;
}

/* Carries the plan out: releases go, placed claims become Active. */
static inline void fix_settle(struct fix *f, const struct fm_plan *p)
{
	unsigned keep = 0;

	for (unsigned i = 0; i < p->claims; i++)
		if (p->placed[i].placed && (p->placed[i].reason == MR_REASON_OK))
			fix_settle_claim(f, &p->placed[i], &f->d->claim[i]);
	for (unsigned i = 0; i < p->changes; i++)
		if (p->change[i].kind == FM_CHANGE_RELEASE ||
		    p->change[i].kind == FM_CHANGE_PREEMPT)
			f->cur[p->change[i].current]->phase = FM_PHASE_RELEASED;
		else if (p->change[i].kind == FM_CHANGE_PARK)
			fix_park(f->cur[p->change[i].current]);
	for (unsigned k = 0; k < f->curs; k++) {
		if (f->cur[k]->phase == FM_PHASE_RELEASED)
			free(f->cur[k]);
		else
			f->cur[keep++] = f->cur[k];
	}
	f->curs = keep;
}

/* Carries the plan out and makes the next one, which knows what it aimed at. */
static inline struct fm_plan *fix_next(struct fix *f, struct fm_plan *p, struct fm_aim **aim)
{
	fix_settle(f, p);
	fm_aim_free(*aim);
	f->in.aim = *aim = fm_aim_copy(p->aim);
	fm_plan_free(p);
	return fix_plan(f);
}

static inline unsigned fix_count(const struct fm_plan *p, enum fm_change_kind k)
{
	unsigned n = 0;

	for (unsigned i = 0; i < p->changes; i++)
		n += p->change[i].kind == k;
	return n;
}

#define GBIT 1000u /* of Mbit/s */

/* config nic-sharing: two 100G NICs, 'hosts' profiles with data0 and data1 kept apart. */
static inline struct fix *fix_nic_sharing(unsigned hosts, uint32_t limit)
{
	struct fix *f = fix_new();
	struct fm_adapter *l =
		fix_adapter(f, "nic-left", FM_ADAPTER_MRA, MR_CLASS_ETHERNET, 1, 64, 17);
	struct fm_adapter *r =
		fix_adapter(f, "nic-right", FM_ADAPTER_MRA, MR_CLASS_ETHERNET, 1, 64, 17);
	struct fm_pool *p = fix_pool(f, "nic100");
	struct fm_ident_pool *ip = &f->d->ident_pool[f->d->ident_pools++];

	fix_part(p, l, 0, 31);
	fix_part(p, r, 0, 31);
	fix_edge(f, l, 100 * GBIT, 90 * GBIT, 200 * GBIT);
	fix_edge(f, r, 100 * GBIT, 90 * GBIT, 200 * GBIT);
	mr_copy(ip->name, sizeof(ip->name), "mac-prod");
	ip->type = MR_IDENT_MAC;
	ip->range = mr_xcalloc(1, sizeof(*ip->range));
	ip->range[0] = (struct fm_ident_range){0x0225b5000000, 0x0225b50003ff};
	ip->ranges = 1;
	ip->reuse_after_ns = INT64_C(86400) * 1000000000;
	for (unsigned h = 0; h < hosts; h++) {
		char host[32], profile[40];

		mr_fmt(host, sizeof(host), "blade%02u", h + 1);
		mr_fmt(profile, sizeof(profile), "web-%s", host);
		fix_host(f, host, 32, true);
		for (unsigned k = 0; k < 2; k++) {
			struct fm_claim *c = fix_claim(f, profile, k ? "data1" : "data0", 0, h);

			c->priority = 1000;
			c->guaranteed_mbps = c->attrs.min_mbps = 10 * GBIT;
			c->limit_mbps = c->attrs.max_mbps = limit;
			c->attrs.vlan = 100;
			c->ident[0] = (struct fm_ident_want){.source = FM_IDENT_POOL,
							     .type = MR_IDENT_MAC};
		}
		fix_rule(f, FM_TOPO_ADAPTER, true, h * 2, h * 2 + 1);
	}
	return f;
}

/* One pool of one `sriov` adapter with 'vfs' functions, one claim on blade01. */
static inline struct fix *fix_single(enum fm_adapter_kind kind, unsigned vfs, bool lvf)
{
	struct fix *f = fix_new();
	struct fm_adapter *a = fix_adapter(f, "dev", kind, MR_CLASS_NVME, 1, vfs,
					   kind == FM_ADAPTER_MRA ? 3 : 0);

	fix_host(f, "blade01", 8, lvf);
	fix_host(f, "blade02", 8, lvf);
	fix_host(f, "blade03", 8, lvf);
	fix_part(fix_pool(f, "p"), a, 0, vfs - 1);
	fix_claim(f, "a", "boot", 0, 0);
	return f;
}

#endif
