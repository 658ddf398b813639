// SPDX-License-Identifier: Apache-2.0
/*
 * `host: {group: G}`: which free host of the group such a profile is connected to. Where it has
 * assignments it stays, so the choice is durable with them; else the profiles of highest
 * priority choose first, the first free host by name. A host is free when no other profile is
 * connected to it.
 */
#include "fabric-manager/engine/desire/choose.h"

#include "fabric-manager/engine/state/asgs.h"

static bool bit(const uint64_t *bits, unsigned i)
{
	return bits[i / 64] >> (i % 64) & 1;
}

/* Whether the domain of the profile ('own', 1 + index, 0 = none) may use the host. */
static bool allowed(const struct fm_desired *d, unsigned own, unsigned host)
{
	if (own && d->domain[own - 1].host)
		return bit(d->domain[own - 1].host, host);
	for (unsigned i = 0; i < d->domains; i++) {
		if (d->domain[i].host && bit(d->domain[i].host, host))
			return false;
	}
	return true;
}

/* The host of the group where the profile has something, FM_WHOLE when there is none. */
static uint16_t current(struct fm_engine *e, const struct fm_desired *d,
			const struct fm_profile *p)
{
	const struct fm_group *g = &d->group[p->group - 1];

	for (unsigned i = 0; i < p->claims; i++) {
		const struct fm_claim *c = &d->claim[p->first_claim + i];
		const struct fm_asg *a = fm_asg_by_name(e, c->profile, c->device, c->index);
		const char *host = !a ? "" : a->next.set ? a->next.host : a->a.host;

		for (unsigned h = 0; host[0] && h < g->hosts; h++) {
			if (mr_streq(d->host[g->host[h]].name, host))
				return g->host[h];
		}
	}
	return FM_WHOLE;
}

static uint16_t free_host(const struct fm_desired *d, const struct fm_profile *p,
			  const bool *taken)
{
	const struct fm_group *g = &d->group[p->group - 1];
	unsigned domain = p->claims ? d->claim[p->first_claim].domain : 0;

	for (unsigned h = 0; h < g->hosts; h++) {
		unsigned i = g->host[h];

		if (!taken[i] && !d->host[i].cordoned && d->host[i].roots &&
		    allowed(d, domain, i))
			return (uint16_t)i;
	}
	return FM_WHOLE;
}

static void connect(struct fm_desired *d, struct fm_profile *p, uint16_t host, bool *taken)
{
	p->host = p->home = host;
	if (host != FM_WHOLE)
		taken[host] = true;
	for (unsigned i = 0; i < p->claims; i++) {
		struct fm_claim *c = &d->claim[p->first_claim + i];

		c->host = host;
		c->waits_host = host == FM_WHOLE;
	}
}

/* Profiles that choose: the most important first, then by name, as the array is. */
struct chooser {
	uint32_t profile, priority;
};

static int chooser_cmp(const void *a, const void *b)
{
	const struct chooser *x = a, *y = b;

	if (x->priority != y->priority)
		return x->priority > y->priority ? -1 : 1;
	return (x->profile > y->profile) - (x->profile < y->profile);
}

/* Connects every profile of 'd' that takes any host of a group; see choose.h. */
void fm_hosts_choose(struct fm_engine *e, struct fm_desired *d)
{
	struct chooser *list = mr_xcalloc(d->profiles + 1, sizeof(*list));
	bool *taken = mr_xcalloc(d->hosts + 1, sizeof(*taken));
	unsigned n = 0;

	for (unsigned i = 0; i < d->profiles; i++) {
		struct fm_profile *p = &d->profile[i];
		uint16_t host;

		if (p->host != FM_WHOLE)
			taken[p->host] = true;
		if (!p->group)
			continue;
		host = current(e, d, p);
		if (host != FM_WHOLE) {
			connect(d, p, host, taken);
			continue;
		}
		list[n].profile = i;
		list[n++].priority = p->claims ? d->claim[p->first_claim].priority : 0;
	}
	if (n)
		qsort(list, n, sizeof(*list), chooser_cmp);
	for (unsigned i = 0; i < n; i++) {
		struct fm_profile *p = &d->profile[list[i].profile];

		connect(d, p, free_host(d, p, taken), taken);
	}
	free(list);
	free(taken);
}
