/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One seed, one fleet. Claims come first; then capacities are cut so that the scarcest resource
 * of every chassis (bandwidth, functions or vectors, the seed says which) is loaded as asked,
 * and the others less. Guarantees of 1 to 25 Gbit against ports of about 100 make packing
 * tight.
 */
#include <stdlib.h>

#include "common/rng.h"
#include "common/xalloc.h"
#include "tests/fleet/fleet.h"

#define PER_CHASSIS  1600 /* claims at a load of 100 %: a chassis has 256 adapters at most */
#define PER_HOST     12
#define MAX_HOSTS    250
#define MAX_BRIDGES  250
#define PROFILE_MAX  6 /* devices */
#define GPU_PERCENT  12
#define NIC_MBPS     125000 /* of an adapter, about */
#define GPU_MIB	     49152
#define POOL_PERMIL  850 /* a pool of some adapters is loaded less than all of them */
#define SOFT_PERCENT 15

struct making {
	struct fleet *f;
	struct fleet_chassis *c;
	struct mr_rng *r;
	unsigned profiles;
};

static unsigned below(struct making *m, unsigned n)
{
	return (unsigned)mr_rng_below(m->r, n);
}

/* ---- claims ---- */

static uint32_t any_pool(struct making *m)
{
	unsigned n = below(m, 100);

	return n < 60 ? 0 : n < 75 ? 1 : n < 90 ? 2 : 3;
}

static void add_claim(struct making *m, const struct fleet_claim *like)
{
	static const uint16_t gbit[] = {1, 2, 5, 10, 25};
	static const uint16_t vectors[] = {2, 4, 8, 16, 32};
	static const uint16_t gib[] = {1, 2, 4, 8, 16, 24};
	struct fleet *f = m->f;
	struct fleet_claim *c;
	bool gpu = like->pool == FLEET_POOL_GPU;

	MR_GROW(f->claim, f->claims, f->cap_claims);
	c = &f->claim[f->claims++];
	*c = *like;
	c->mbps = gpu ? 0 : gbit[below(m, 5)] * UINT64_C(1000);
	c->msix = gpu || f->spec.plain ? 0 : vectors[below(m, 5)];
	c->framebuffer_mib = gpu && !f->spec.plain ? gib[below(m, 6)] * UINT64_C(1024) : 0;
}

/* Neighbours in a profile: apart by a required rule, by a soft one, or not at all. 18 of 21
 * claims have such a neighbour (profiles of 1 to 6 devices). */
static void add_pair(struct making *m)
{
	struct fleet *f = m->f;
	bool required = mr_rng_chance(m->r, f->spec.pairs * 21 / 18);
	bool soft = mr_rng_chance(m->r, SOFT_PERCENT);
	bool over_port = mr_rng_chance(m->r, 30);

	if (!f->spec.pairs || (!required && !soft))
		return;
	MR_GROW(f->pair, f->pairs, f->cap_pairs);
	f->pair[f->pairs++] = (struct fleet_pair){f->claims - 2, f->claims - 1,
						  .over_port = over_port, .required = required};
}

static void make_profile(struct making *m, unsigned most)
{
	unsigned n = 1 + below(m, PROFILE_MAX);
	bool gpu = mr_rng_chance(m->r, GPU_PERCENT);
	struct fleet_claim like = {.profile = m->profiles++,
				   .host = m->c->host + below(m, m->c->hosts),
				   .pool = gpu ? FLEET_POOL_GPU : any_pool(m),
				   .rank = below(m, m->f->spec.ranks),
				   .prior = FLEET_NONE};

	for (; like.device < n && like.device < most; like.device++) {
		add_claim(m, &like);
		if (like.device % 2 && !gpu)
			add_pair(m);
	}
}

static void make_claims(struct making *m, unsigned n)
{
	struct fleet *f = m->f;

	m->c->claim = f->claims;
	m->c->pair = f->pairs;
	while (f->claims < m->c->claim + n)
		make_profile(m, m->c->claim + n - f->claims);
	m->c->claims = n;
	m->c->pairs = f->pairs - m->c->pair;
}

/* ---- capacities ---- */

struct demand {
	uint64_t mbps, msix, nic_vfs, framebuffer_mib, gpu_vfs;
};

static struct demand demand(const struct fleet *f, const struct fleet_chassis *c)
{
	struct demand d = {0};

	for (unsigned i = 0; i < c->claims; i++) {
		const struct fleet_claim *cl = &f->claim[c->claim + i];

		d.mbps += cl->mbps;
		d.msix += cl->msix;
		d.framebuffer_mib += cl->framebuffer_mib;
		if (cl->pool == FLEET_POOL_GPU)
			d.gpu_vfs++;
		else
			d.nic_vfs++;
	}
	return d;
}

/* What there has to be of a resource; 'spare': more than the scarcest has. */
static uint64_t capacity(struct making *m, uint64_t want, bool scarcest)
{
	unsigned share = scarcest ? 100 : 70 + below(m, 28);

	share *= m->f->spec.load;
	return (want * 10000 + share - 1) / share;
}

static unsigned size(const struct making *m)
{
	return m->f->spec.size ? m->f->spec.size : 1;
}

/* Hands 'total' out in parts by weight, so that the parts add up to it. */
struct cutter {
	uint64_t total, weight, so_far, given;
};
static uint64_t cut(struct cutter *k, uint64_t weight)
{
	uint64_t upto;

	k->so_far += weight;
	upto = k->total * k->so_far / k->weight;
	upto -= k->given;
	k->given += upto;
	return upto;
}

/* Share 'i' of 'n' of what there is of 'all'. */
static uint64_t share(uint64_t all, unsigned i, unsigned n)
{
	return all / n + (i < all % n);
}

/* 'n' PFs that have together what 'all' says. */
static uint32_t add_units(struct making *m, unsigned n, const struct fleet_unit *all)
{
	struct fleet *f = m->f;

	for (unsigned i = 0; i < n; i++) {
		MR_GROW(f->unit, f->units, f->cap_units);
		f->unit[f->units++] =
			(struct fleet_unit){.adapter = f->adapters,
					    .mbps = share(all->mbps / 1000, i, n) * 1000,
					    .msix = share(all->msix, i, n),
					    .framebuffer_mib = all->framebuffer_mib / n,
					    .vfs = (uint32_t)share(all->vfs, i, n)};
	}
	return f->units - n;
}

static void add_adapter(struct making *m, const struct fleet_adapter *like)
{
	struct fleet *f = m->f;

	MR_GROW(f->adapter, f->adapters, f->cap_adapters);
	f->adapter[f->adapters] = *like;
	f->adapter[f->adapters++].chassis = (uint32_t)(m->c - f->chassis);
}

static void make_nics(struct making *m, const struct demand *d)
{
	unsigned scarcest = below(m, m->f->spec.plain ? 3 : 4); /* bandwidth twice as often */
	struct cutter mbps = {(capacity(m, d->mbps, scarcest < 2) + 999) / 1000, 0, 0, 0};
	struct cutter vfs = {capacity(m, d->nic_vfs, scarcest == 2), 0, 0, 0};
	struct cutter msix = {capacity(m, d->msix, scarcest == 3), 0, 0, 0};
	unsigned n = (unsigned)(mbps.total * 1000 / NIC_MBPS / size(m)), *weight;

	n = n < 4 ? 4 : n;
	weight = mr_xcalloc(n, sizeof(*weight));
	for (unsigned i = 0; i < n; i++)
		mbps.weight += weight[i] = 80 + below(m, 41);
	vfs.weight = msix.weight = mbps.weight;
	for (unsigned i = 0; i < n; i++) {
		uint64_t all = cut(&mbps, weight[i]) * 1000;
		bool by_link = mr_rng_chance(m->r, 25) && !m->f->spec.plain;
		unsigned pfs = 1 + below(m, 2);
		struct fleet_adapter a = {.units = pfs};
		struct fleet_unit u = {.mbps = by_link ? all * 11 / 10 : all,
				       .msix = cut(&msix, weight[i]),
				       .vfs = (uint32_t)cut(&vfs, weight[i])};

		a.pools = 1 | (i % 2 ? 2 : 4) | (i % 4 > 1 ? 8 : 0);
		a.unit = add_units(m, pfs, &u);
		a.link_mbps = by_link ? all : all * 6 / 5;
		a.mra = mr_rng_chance(m->r, 40);
		a.vhs = a.mra ? 4 + m->c->hosts * (30 + below(m, 70)) / 100 : 0;
		add_adapter(m, &a);
	}
	free(weight);
}

static void make_gpus(struct making *m, const struct demand *d)
{
	bool scarcest = mr_rng_chance(m->r, 50) && !m->f->spec.plain;
	struct cutter fb = {(capacity(m, d->framebuffer_mib, scarcest) + 1023) / 1024, 0, 0, 0};
	struct cutter vfs = {capacity(m, d->gpu_vfs, !scarcest), 0, 0, 0};
	unsigned n = (unsigned)(fb.total * 1024 / GPU_MIB / size(m)) + 1;

	if (!d->gpu_vfs)
		return;
	fb.weight = vfs.weight = n;
	for (unsigned i = 0; i < n; i++) {
		struct fleet_adapter a = {
			.units = 1, .gpu = true, .pools = 1 << FLEET_POOL_GPU};
		struct fleet_unit u = {.framebuffer_mib = cut(&fb, 1) * 1024,
				       .vfs = (uint32_t)cut(&vfs, 1)};

		a.unit = add_units(m, 1, &u);
		add_adapter(m, &a);
	}
}

/* A pool of some of the adapters may not want more than they have: profiles go over to the pool
 * of all. */
static void relieve_pool(struct making *m, unsigned pool)
{
	struct fleet *f = m->f;
	uint64_t have[3] = {0}, want[3] = {0};

	for (unsigned i = 0; i < m->c->adapters; i++) {
		const struct fleet_adapter *a = &f->adapter[m->c->adapter + i];

		if (!(a->pools >> pool & 1))
			continue;
		for (unsigned u = a->unit; u < a->unit + a->units; u++) {
			have[0] += f->unit[u].mbps;
			have[1] += f->unit[u].vfs;
			have[2] += f->unit[u].msix;
		}
	}
	for (unsigned i = 0; i < m->c->claims; i++) {
		struct fleet_claim *c = &f->claim[m->c->claim + i];
		uint64_t one[3] = {c->mbps, 1, c->msix};
		bool over = false;

		if (c->pool != pool)
			continue;
		for (unsigned k = 0; k < 3; k++)
			over |= (want[k] + one[k]) * 100000 >
				have[k] * f->spec.load * POOL_PERMIL;
		for (unsigned k = 0; k < 3 && !over; k++)
			want[k] += one[k];
		for (unsigned p = c->profile;
		     over && i < m->c->claims && f->claim[m->c->claim + i].profile == p; i++)
			f->claim[m->c->claim + i].pool = 0;
		i -= over;
	}
}

/* ---- hosts ---- */

static void make_hosts(struct making *m, unsigned claims)
{
	struct fleet *f = m->f;
	unsigned n = claims / PER_HOST;

	n = n < 4 ? 4 : n > MAX_HOSTS ? MAX_HOSTS : n;
	m->c->host = f->hosts;
	m->c->hosts = n;
	for (unsigned i = 0; i < n; i++) {
		MR_GROW(f->host, f->hosts, f->cap_hosts);
		f->host[f->hosts++] =
			(struct fleet_host){.chassis = (uint32_t)(m->c - f->chassis),
					    .lvf = mr_rng_chance(m->r, 50)};
	}
}

/* A host reaches as far as its bridges: one for every synthetic function, one for all LVFs of
 * an adapter. Its link takes what its profiles want. */
static void limit_hosts(struct making *m)
{
	struct fleet *f = m->f;

	for (unsigned h = m->c->host; h < m->c->host + m->c->hosts; h++) {
		struct fleet_host *host = &f->host[h];
		uint64_t mbps = 0;
		unsigned nic = 0, gpu = 0;

		for (unsigned i = 0; i < m->c->claims; i++) {
			const struct fleet_claim *c = &f->claim[m->c->claim + i];

			mbps += c->host == h ? c->mbps : 0;
			nic += c->host == h && c->pool != FLEET_POOL_GPU;
			gpu += c->host == h && c->pool == FLEET_POOL_GPU;
		}
		host->link_mbps = mbps * 100 / (f->spec.plain ? 10 : 60 + below(m, 39)) + 1000;
		host->bridges = gpu + (host->lvf ? nic * 8 / 10 + 1 : nic) + below(m, 3);
		host->bridges = host->bridges < 2 ? 2 : host->bridges;
		host->bridges = host->bridges > MAX_BRIDGES ? MAX_BRIDGES : host->bridges;
	}
}

/* ---- what runs ---- */

static void give_bridge(struct fleet *f, const struct fleet_book *b, uint32_t *next, uint32_t c)
{
	struct fleet_claim *cl = &f->claim[c];
	const struct fleet_chassis *ch = &f->chassis[f->host[cl->host].chassis];
	bool lvf = fleet_is_lvf(f, c, cl->prior);

	for (uint32_t k = ch->claim; lvf && k < ch->claim + ch->claims; k++) {
		const struct fleet_claim *o = &f->claim[k];

		if (k == c || b->at[k] == FLEET_NONE || o->host != cl->host ||
		    !fleet_is_lvf(f, k, b->at[k]) ||
		    f->unit[b->at[k]].adapter != f->unit[cl->prior].adapter)
			continue;
		cl->prior_bridge = o->prior_bridge;
		return;
	}
	cl->prior_bridge = next[cl->host]++;
}

/* Some claims found a place long ago, in no particular order and on no particular port. */
static void make_priors(struct fleet *f, struct mr_rng *r)
{
	struct fleet_book *b = fleet_book_new(f);
	uint32_t *order = mr_xcalloc(f->claims + 1, sizeof(*order));
	uint32_t *next = mr_xcalloc(f->hosts + 1, sizeof(*next));

	for (unsigned i = 0; i < f->claims; i++) {
		unsigned k = (unsigned)mr_rng_below(r, i + 1);

		order[i] = order[k];
		order[k] = i;
	}
	for (unsigned n = 0; n < f->claims; n++) {
		struct fleet_claim *cl = &f->claim[order[n]];
		const struct fleet_chassis *c = &f->chassis[f->host[cl->host].chassis];
		unsigned start = (unsigned)mr_rng_below(r, c->units);

		if (!mr_rng_chance(r, f->spec.prior))
			continue;
		for (unsigned k = 0; k < c->units; k++) {
			uint32_t u = c->unit + (start + k) % c->units;

			if (!fleet_book_fits(b, order[n], u))
				continue;
			cl->prior = u;
			cl->prior_vf = b->unit_vfs[u];
			give_bridge(f, b, next, order[n]);
			fleet_book_take(b, order[n], u);
			break;
		}
	}
	free(order);
	free(next);
	fleet_book_free(b);
}

static void make_chassis(struct making *m, unsigned claims)
{
	struct fleet *f = m->f;
	struct demand d;

	make_hosts(m, claims);
	make_claims(m, claims);
	d = demand(f, m->c);
	m->c->adapter = f->adapters;
	m->c->unit = f->units;
	make_nics(m, &d);
	make_gpus(m, &d);
	m->c->adapters = f->adapters - m->c->adapter;
	m->c->units = f->units - m->c->unit;
	for (unsigned p = 1; p < FLEET_POOL_GPU; p++)
		relieve_pool(m, p);
	limit_hosts(m);
}

/* See fleet.h. */
struct fleet *fleet_new(const struct fleet_spec *spec)
{
	struct fleet *f = MR_NEW(struct fleet);
	struct mr_rng r;
	struct making m = {.f = f, .r = &r};

	f->spec = *spec;
	f->n_chassis = 1 + (spec->claims - 1) / (PER_CHASSIS * spec->load / 100);
	f->chassis = mr_xcalloc(f->n_chassis, sizeof(*f->chassis));
	mr_rng_init(&r, spec->seed);
	for (unsigned i = 0; i < f->n_chassis; i++) {
		m.c = &f->chassis[i];
		make_chassis(&m, (spec->claims + i) / f->n_chassis);
	}
	make_priors(f, &r);
	return f;
}

/* See fleet.h. */
void fleet_free(struct fleet *f)
{
	if (!f)
		return;
	free(f->chassis);
	free(f->adapter);
	free(f->unit);
	free(f->host);
	free(f->claim);
	free(f->pair);
	free(f);
}
