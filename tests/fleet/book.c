/* SPDX-License-Identifier: Apache-2.0 */
/* Sums over a placement of a fleet, one claim after the other. */
#include <stdlib.h>

#include "common/xalloc.h"
#include "tests/fleet/fleet.h"

/* See fleet.h. */
bool fleet_candidate(const struct fleet *f, uint32_t c, uint32_t u)
{
	const struct fleet_adapter *a = &f->adapter[f->unit[u].adapter];

	return a->chassis == f->host[f->claim[c].host].chassis &&
	       (a->pools >> f->claim[c].pool & 1);
}

/* See fleet.h. */
bool fleet_is_lvf(const struct fleet *f, uint32_t c, uint32_t u)
{
	return f->host[f->claim[c].host].lvf && f->adapter[f->unit[u].adapter].mra;
}

static unsigned permille(uint64_t want, uint64_t have)
{
	return have ? (unsigned)(want * 1000 / have) : 0;
}

static unsigned max(unsigned a, unsigned b)
{
	return a > b ? a : b;
}

static unsigned chassis_load(const struct fleet *f, const struct fleet_chassis *c)
{
	uint64_t mbps = 0, msix = 0, fb = 0, vfs[2] = {0};
	uint64_t want_mbps = 0, want_msix = 0, want_fb = 0, want_vfs[2] = {0};
	unsigned most;

	for (unsigned i = c->adapter; i < c->adapter + c->adapters; i++) {
		const struct fleet_adapter *a = &f->adapter[i];
		uint64_t ports = 0;

		for (unsigned u = a->unit; u < a->unit + a->units; u++) {
			ports += f->unit[u].mbps;
			vfs[a->gpu] += f->unit[u].vfs;
			msix += f->unit[u].msix;
			fb += f->unit[u].framebuffer_mib;
		}
		mbps += ports < a->link_mbps ? ports : a->link_mbps;
	}
	for (unsigned i = c->claim; i < c->claim + c->claims; i++) {
		want_mbps += f->claim[i].mbps;
		want_msix += f->claim[i].msix;
		want_fb += f->claim[i].framebuffer_mib;
		want_vfs[f->claim[i].pool == FLEET_POOL_GPU]++;
	}
	most = max(permille(want_mbps, mbps), permille(want_msix, msix));
	most = max(most, permille(want_fb, fb));
	most = max(most, permille(want_vfs[0], vfs[0]));
	return max(most, permille(want_vfs[1], vfs[1]));
}

/* See fleet.h. */
unsigned fleet_load(const struct fleet *f)
{
	unsigned most = 0;

	for (unsigned i = 0; i < f->n_chassis; i++)
		most = max(most, chassis_load(f, &f->chassis[i]));
	return most;
}

static void index_pairs(struct fleet_book *b)
{
	const struct fleet *f = b->f;

	b->mate_first = mr_xcalloc(f->claims + 2, sizeof(*b->mate_first));
	b->mate_of = mr_xcalloc(2 * f->pairs + 1, sizeof(*b->mate_of));
	for (unsigned i = 0; i < f->pairs; i++) {
		b->mate_first[f->pair[i].a + 2]++;
		b->mate_first[f->pair[i].b + 2]++;
	}
	for (unsigned i = 1; i < f->claims + 2; i++)
		b->mate_first[i] += b->mate_first[i - 1];
	for (unsigned i = 0; i < f->pairs; i++) {
		b->mate_of[b->mate_first[f->pair[i].a + 1]++] = i;
		b->mate_of[b->mate_first[f->pair[i].b + 1]++] = i;
	}
}

/* Nothing is placed yet. The caller frees with fleet_book_free. */
struct fleet_book *fleet_book_new(const struct fleet *f)
{
	struct fleet_book *b = MR_NEW(struct fleet_book);
	unsigned n = 0;

	b->f = f;
	b->unit_mbps = mr_xcalloc(f->units, sizeof(*b->unit_mbps));
	b->unit_vfs = mr_xcalloc(f->units, sizeof(*b->unit_vfs));
	b->adapter_mbps = mr_xcalloc(f->adapters, sizeof(*b->adapter_mbps));
	b->unit_msix = mr_xcalloc(f->units, sizeof(*b->unit_msix));
	b->unit_fb = mr_xcalloc(f->units, sizeof(*b->unit_fb));
	b->adapter_vhs = mr_xcalloc(f->adapters, sizeof(*b->adapter_vhs));
	b->host_mbps = mr_xcalloc(f->hosts, sizeof(*b->host_mbps));
	b->host_bridges = mr_xcalloc(f->hosts, sizeof(*b->host_bridges));
	b->pf_first = mr_xcalloc(f->n_chassis, sizeof(*b->pf_first));
	for (unsigned i = 0; i < f->n_chassis; i++) {
		b->pf_first[i] = n;
		n += f->chassis[i].hosts * f->chassis[i].adapters;
	}
	b->pf_count = mr_xcalloc(n, sizeof(*b->pf_count));
	b->at = mr_xcalloc(f->claims, sizeof(*b->at));
	for (unsigned i = 0; i < f->claims; i++)
		b->at[i] = FLEET_NONE;
	index_pairs(b);
	return b;
}

void fleet_book_free(struct fleet_book *b)
{
	if (!b)
		return;
	free(b->unit_mbps);
	free(b->unit_vfs);
	free(b->adapter_mbps);
	free(b->unit_msix);
	free(b->unit_fb);
	free(b->adapter_vhs);
	free(b->host_mbps);
	free(b->host_bridges);
	free(b->pf_first);
	free(b->pf_count);
	free(b->mate_first);
	free(b->mate_of);
	free(b->at);
	free(b);
}

/* LVFs of the adapter in the host. */
static uint32_t *pf_count(const struct fleet_book *b, uint32_t host, uint32_t adapter)
{
	const struct fleet *f = b->f;
	const struct fleet_chassis *c = &f->chassis[f->host[host].chassis];

	return &b->pf_count[b->pf_first[f->host[host].chassis] +
			    (host - c->host) * c->adapters + adapter - c->adapter];
}

static bool mates_apart(const struct fleet_book *b, uint32_t c, uint32_t u)
{
	const struct fleet *f = b->f;

	for (uint32_t n = b->mate_first[c]; n < b->mate_first[c + 1]; n++) {
		const struct fleet_pair *p = &f->pair[b->mate_of[n]];
		uint32_t o = b->at[p->a == c ? p->b : p->a];

		if (p->required && o != FLEET_NONE &&
		    (p->over_port ? o == u : f->unit[o].adapter == f->unit[u].adapter))
			return false;
	}
	return true;
}

/* Whether claim 'c', which is placed nowhere, fits on unit 'u'. */
bool fleet_book_fits(const struct fleet_book *b, uint32_t c, uint32_t u)
{
	const struct fleet *f = b->f;
	const struct fleet_claim *cl = &f->claim[c];
	const struct fleet_unit *un = &f->unit[u];
	const struct fleet_adapter *a = &f->adapter[un->adapter];
	const struct fleet_host *h = &f->host[cl->host];
	bool lvf = fleet_is_lvf(f, c, u);
	bool attached = lvf && *pf_count(b, cl->host, un->adapter);

	return fleet_candidate(f, c, u) && b->unit_vfs[u] < un->vfs &&
	       (!cl->mbps || (b->unit_mbps[u] + cl->mbps <= un->mbps &&
			      b->adapter_mbps[un->adapter] + cl->mbps <= a->link_mbps &&
			      b->host_mbps[cl->host] + cl->mbps <= h->link_mbps)) &&
	       b->unit_msix[u] + cl->msix <= un->msix &&
	       b->unit_fb[u] + cl->framebuffer_mib <= un->framebuffer_mib &&
	       (attached || (b->host_bridges[cl->host] < h->bridges &&
			     (!lvf || b->adapter_vhs[un->adapter] < a->vhs))) &&
	       mates_apart(b, c, u);
}

/* 'sign' 1 takes, -1 gives back. Sums are unsigned, and what is given back was taken. */
static void count(struct fleet_book *b, uint32_t c, uint32_t u, int sign)
{
	const struct fleet *f = b->f;
	const struct fleet_claim *cl = &f->claim[c];
	uint32_t a = f->unit[u].adapter, one = (uint32_t)sign;
	uint64_t mbps = sign < 0 ? -cl->mbps : cl->mbps;

	b->unit_mbps[u] += mbps;
	b->unit_vfs[u] += one;
	b->adapter_mbps[a] += mbps;
	b->unit_msix[u] += sign < 0 ? -cl->msix : cl->msix;
	b->unit_fb[u] += sign < 0 ? -cl->framebuffer_mib : cl->framebuffer_mib;
	b->host_mbps[cl->host] += mbps;
	if (fleet_is_lvf(f, c, u)) {
		uint32_t *n = pf_count(b, cl->host, a);

		*n += one;
		if (*n != (sign > 0))
			return; /* others are behind that bridge */
		b->adapter_vhs[a] += one;
	}
	b->host_bridges[cl->host] += one;
}

/* Places claim 'c' on unit 'u'. */
void fleet_book_take(struct fleet_book *b, uint32_t c, uint32_t u)
{
	b->at[c] = u;
	count(b, c, u, 1);
}

/* The reverse. */
void fleet_book_give(struct fleet_book *b, uint32_t c)
{
	count(b, c, b->at[c], -1);
	b->at[c] = FLEET_NONE;
}
