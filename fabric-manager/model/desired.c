/* SPDX-License-Identifier: Apache-2.0 */
/* The life of what the documents ask for: its arrays and the texts that they point at. */
#include "fabric-manager/model/desired.h"

#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "common/xalloc.h"

static const char *const topology_names[] = {"adapter", "port", "slot",
					     "chassis", "numa", "PF"};
static const char *const rule_names[] = {
#define X(name, text) text,
	FM_RULES(X)
#undef X
};
static const char *const require_names[] = {
#define X(name, text) text,
	FM_REQUIRES(X)
#undef X
};

/* The policy's word for a unit of placement rules, "?" for a number that is none. */
const char *fm_topology_name(enum fm_topology t)
{
	return (size_t)t < MR_ARRAY_SIZE(topology_names) ? topology_names[t] : "?";
}

/* The policy's word for a kind of placement rule, "?" for a number that is none. */
const char *fm_rule_type_name(enum fm_rule_type t)
{
	return (size_t)t < MR_ARRAY_SIZE(rule_names) ? rule_names[t] : "?";
}

/* The policy's word for what a host must have, "?" for a number that is none. */
const char *fm_require_name(enum fm_require r)
{
	return (size_t)r < MR_ARRAY_SIZE(require_names) ? require_names[r] : "?";
}

/* An empty wish; the caller frees it with fm_desired_free. */
struct fm_desired *fm_desired_new(void)
{
	return MR_NEW(struct fm_desired);
}

static void free_groups(struct fm_desired *d)
{
	for (unsigned i = 0; i < d->groups; i++) {
		free(d->group[i].host);
		free(d->group[i].spare);
	}
	free(d->group);
}

static void free_updates(struct fm_desired *d)
{
	for (unsigned i = 0; i < d->updates; i++)
		free(d->update[i].window);
	free(d->update);
}

static void free_domains(struct fm_desired *d)
{
	for (unsigned i = 0; i < d->domains; i++) {
		free(d->domain[i].host);
		free(d->domain[i].pool);
		free(d->domain[i].adapter);
	}
	free(d->domain);
}

/* Frees 'd' and everything that it owns; NULL is accepted. */
void fm_desired_free(struct fm_desired *d)
{
	if (!d)
		return;
	for (unsigned i = 0; i < d->pools; i++) {
		free(d->pool[i].part);
		free(d->pool[i].away);
	}
	for (unsigned i = 0; i < d->ident_pools; i++)
		free(d->ident_pool[i].range);
	for (unsigned i = 0; i < d->rules; i++)
		free(d->rule[i].claim);
	for (unsigned i = 0; i < d->n_strings; i++)
		free(d->strings[i]);
	free_groups(d);
	free_updates(d);
	free_domains(d);
	free(d->prio);
	free(d->demand);
	free(d->replace);
	free(d->pair);
	free(d->ns);
	free(d->claim);
	free(d->profile);
	free(d->pool);
	free(d->edge);
	free(d->ident_pool);
	free(d->rule);
	free(d->host);
	free(d->adapter);
	free(d->contest);
	free(d->strings);
	free(d);
}

/* Copies 's' into the storage of 'd', where it lives as long as 'd' does. NULL gives NULL. */
const char *fm_desired_str(struct fm_desired *d, const char *s)
{
	if (!s)
		return NULL;
	MR_GROW(d->strings, d->n_strings, d->cap_strings);
	d->strings[d->n_strings] = mr_xstrdup(s);
	return d->strings[d->n_strings++];
}

/* What documents say of the adapter behind a port; NULL: nothing. */
const struct fm_adapter_def *fm_desired_adapter(const struct fm_desired *d, unsigned chassis,
						unsigned port)
{
	uint32_t key = FM_ADAPTER_KEY(chassis, port);
	unsigned lo = 0, hi = d->adapters;

	while (lo < hi) {
		unsigned mid = lo + (hi - lo) / 2;

		if (d->adapter[mid].key < key)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < d->adapters && d->adapter[lo].key == key ? &d->adapter[lo] : NULL;
}

/* Writes "PROFILE/DEVICE" or, of several, "PROFILE/DEVICE/INDEX" into 'buf' of FM_CLAIM_TEXT
 * bytes. Returns 'buf'. */
const char *fm_claim_text(const struct fm_claim *c, char *buf)
{
	if (c->count > 1)
		mr_fmt(buf, FM_CLAIM_TEXT, "%s/%s/%u", c->profile, c->device, c->index);
	else
		mr_fmt(buf, FM_CLAIM_TEXT, "%s/%s", c->profile, c->device);
	return buf;
}

/* See desired.h. By name: they are sorted. */
const struct fm_profile *fm_profile_find(const struct fm_desired *d, const char *name)
{
	unsigned lo = 0, hi = d ? d->profiles : 0;

	while (lo < hi) {
		unsigned mid = lo + (hi - lo) / 2;
		int c = strcmp(d->profile[mid].name, name);

		if (!c)
			return &d->profile[mid];
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}
