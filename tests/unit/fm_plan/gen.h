/* SPDX-License-Identifier: Apache-2.0 */
/* Random chassis and documents for the planner's properties; one seed decides everything. */
#ifndef TESTS_UNIT_FM_PLAN_GEN_H
#define TESTS_UNIT_FM_PLAN_GEN_H

#include "tests/unit/fm_plan/fixture.h"

#define CLAIMS	96
#define HOSTS	6
#define POOLS	4
#define LITERAL 0x020000000777

static inline void gen_adapters(struct fix *f, struct mr_rng *r)
{
	unsigned n = 3 + (unsigned)mr_rng_below(r, 6);

	for (unsigned i = 0; i < n; i++) {
		enum fm_adapter_kind kind = (enum fm_adapter_kind)mr_rng_below(r, 3);
		unsigned pfs = kind == FM_ADAPTER_BASE ? 1 : 1 + (unsigned)mr_rng_below(r, 2);
		unsigned vfs = 2 + (unsigned)mr_rng_below(r, 80);
		static const uint32_t steps[] = {1, 0, 2500, 7000};
		char name[16];
		struct fm_adapter *a;

		mr_fmt(name, sizeof(name), "dev%u", (unsigned)mr_rng_below(r, 1000) * 100 + i);
		a = fix_adapter(f, name, kind, MR_CLASS_ETHERNET, pfs, vfs,
				kind == FM_ADAPTER_MRA ? 3 + (unsigned)mr_rng_below(r, 4) : 0);
		a->present = !mr_rng_chance(r, 5);
		a->rate_step_mbps = steps[(a->vfs + i) % 4];
		if (kind != FM_ADAPTER_BASE && mr_rng_chance(r, 70))
			fix_edge(f, a, 100000, 50000 + mr_rng_below(r, 50000),
				 mr_rng_chance(r, 50) ? UINT64_MAX : 200000);
	}
}

static inline void gen_pools(struct fix *f, struct mr_rng *r)
{
	for (unsigned i = 0; i < POOLS; i++) {
		char name[8];
		struct fm_pool *p;

		mr_fmt(name, sizeof(name), "p%u", i);
		p = fix_pool(f, name);
		p->exclusive = mr_rng_chance(r, 20);
		for (unsigned a = 0; a < f->inv.chassis[0].adapters; a++)
			if (mr_rng_chance(r, 60))
				fix_part(p, &f->inv.chassis[0].adapter[a],
					 (unsigned)mr_rng_below(r, 3),
					 1 + (unsigned)mr_rng_below(r, 90));
	}
}

static inline void gen_claim(struct fix *f, uint64_t seed, unsigned i)
{
	struct mr_rng r;
	char profile[24], device[16];
	struct fm_claim *c;

	mr_rng_init(&r, seed * 7919 + i);
	mr_fmt(profile, sizeof(profile), "prof%02u", i / 4);
	mr_fmt(device, sizeof(device), "d%u", i % 4);
	c = fix_claim(f, profile, device, (unsigned)mr_rng_below(&r, POOLS),
		      (i / 4 + (unsigned)seed) % HOSTS);
	c->priority = (uint32_t)mr_rng_below(&r, 3);
	c->guaranteed_mbps = c->attrs.min_mbps = (uint32_t)mr_rng_below(&r, 12) * 1000;
	c->limit_mbps = mr_rng_chance(&r, 50) ? 0 : c->guaranteed_mbps + 5000;
	c->attrs.max_mbps = c->limit_mbps;
	c->attrs.weight = (uint16_t)(mr_rng_chance(&r, 70) ? 0 : 1 + mr_rng_below(&r, 5));
	if (mr_rng_chance(&r, 50))
		return;
	c->ident[0].type = MR_IDENT_MAC;
	c->ident[0].source = mr_rng_chance(&r, 10) ? FM_IDENT_LITERAL : FM_IDENT_POOL;
	c->ident[0].literal = (struct mr_ident){.type = MR_IDENT_MAC, .lo = LITERAL};
}

/* Every fourth fabric: two of the hosts have a second root, and some rules are over numa. */
#define GEN_ROOTS(seed) ((seed) % 4 == 2)
static inline void gen_roots(struct fix *f, uint64_t seed)
{
	struct mr_rng r;

	mr_rng_init(&r, seed ^ 0x7007);
	for (unsigned h = 0; h < 2; h++) {
		struct fm_host *root = fix_root(f, h, h ? "blade01b" : "blade00b",
						2 + (unsigned)mr_rng_below(&r, 8));

		root->link_reservable_mbps = mr_rng_chance(&r, 50) ? 40000 : 0;
	}
}

/* The documents with the claims of 'mask' (bit i / 8: eight claims each). */
static inline struct fix *gen(uint64_t seed, uint32_t mask)
{
	struct fix *f = fix_new();
	struct fm_ident_pool *ip = &f->d->ident_pool[f->d->ident_pools++];
	struct mr_rng r;

	mr_rng_init(&r, seed);
	for (unsigned h = 0; h < HOSTS; h++) {
		char name[16];

		mr_fmt(name, sizeof(name), "blade%02u", h);
		fix_host(f, name, 4 + (unsigned)mr_rng_below(&r, 12), mr_rng_chance(&r, 50));
		for (unsigned b = 0; b < f->inv.chassis[0].host[h].bridges; b++)
			f->inv.chassis[0].host[h].bridge[b].tombstone = mr_rng_chance(&r, 10);
	}
	gen_adapters(f, &r);
	gen_pools(f, &r);
	ip->type = MR_IDENT_MAC;
	ip->range = mr_xcalloc(2, sizeof(*ip->range));
	ip->range[0] = (struct fm_ident_range){0x020000000100, 0x020000000120};
	ip->range[1] = (struct fm_ident_range){0x020000000000, 0x020000000008};
	ip->ranges = 2;
	for (unsigned i = 0; i < CLAIMS; i++)
		if (mask >> (i / 8) & 1)
			gen_claim(f, seed, i);
	for (unsigned i = 0; i + 1 < f->d->claims;
	     i += 2) { /* by name: the same in every mask */
		const char *n = f->d->claim[i].profile;
		uint64_t k = seed + (uint64_t)(n[4] * 10 + n[5]) * 2 +
			     (uint64_t)f->d->claim[i].device[1] / 2;

		fix_rule(f, (enum fm_topology)(k % 3), k % 4 < 2, i, i + 1);
		if (GEN_ROOTS(seed) && k / 4 % 3 == 0)
			f->d->rule[f->d->rules - 1].topology = FM_TOPO_NUMA;
	}
	if (GEN_ROOTS(seed))
		gen_roots(f, seed);
	return f;
}

#endif
