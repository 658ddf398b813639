/* SPDX-License-Identifier: Apache-2.0 */
/* Whether two wishes are the same, and where they are not. */
#include <string.h>

#include "common/str.h"
#include "fabric-manager/model/desired.h"

static bool text_eq(const char *a, const char *b)
{
	return mr_streq(a ? a : "", b ? b : "");
}

static bool bytes_eq(const void *a, unsigned n, const void *b, unsigned m, size_t size)
{
	return n == m && (!n || !memcmp(a, b, n * size));
}

static bool parts_eq(const struct fm_pool_part *a, unsigned n, const struct fm_pool_part *b,
		     unsigned m)
{
	if (n != m)
		return false;
	for (unsigned i = 0; i < n; i++)
		if (a[i].chassis != b[i].chassis || a[i].port != b[i].port ||
		    a[i].pf != b[i].pf || a[i].vf_first != b[i].vf_first ||
		    a[i].vf_last != b[i].vf_last || a[i].spare != b[i].spare)
			return false;
	return true;
}

static bool pool_eq(const struct fm_pool *a, const struct fm_pool *b)
{
	return mr_streq(a->name, b->name) && a->device_class == b->device_class &&
	       a->exclusive == b->exclusive && a->external == b->external &&
	       a->require == b->require && a->provision == b->provision &&
	       a->reservable_permille == b->reservable_permille &&
	       a->oversubscription_permille == b->oversubscription_permille &&
	       parts_eq(a->part, a->parts, b->part, b->parts) &&
	       parts_eq(a->away, a->aways, b->away, b->aways) &&
	       text_eq(a->conflict, b->conflict);
}

static bool edge_eq(const struct fm_edge *a, const struct fm_edge *b)
{
	return a->chassis == b->chassis && a->port == b->port && a->pf == b->pf &&
	       a->pfs == b->pfs && a->net_mbps == b->net_mbps &&
	       a->guaranteed_max_mbps == b->guaranteed_max_mbps &&
	       a->limit_max_mbps == b->limit_max_mbps;
}

static bool ident_eq(const struct fm_ident_want *a, const struct fm_ident_want *b)
{
	return a->source == b->source && a->type == b->type && a->pool == b->pool &&
	       a->literal.hi == b->literal.hi && a->literal.lo == b->literal.lo;
}

/* Whether two claims of one wish, or of two with the same tables, ask for the same. */
bool fm_claim_eq(const struct fm_claim *a, const struct fm_claim *b)
{
	return text_eq(a->profile, b->profile) && text_eq(a->device, b->device) &&
	       a->index == b->index && a->count == b->count && a->pool == b->pool &&
	       a->host == b->host && a->extra == b->extra && a->atomic == b->atomic &&
	       a->suspended == b->suspended && a->waits_host == b->waits_host &&
	       a->retain == b->retain && a->scrub == b->scrub && a->class == b->class &&
	       a->domain == b->domain && a->demand == b->demand && a->weight == b->weight &&
	       a->nss == b->nss && a->ns == b->ns && a->pair == b->pair &&
	       a->mirror == b->mirror && a->priority == b->priority &&
	       a->guaranteed_mbps == b->guaranteed_mbps && a->burst_kib == b->burst_kib &&
	       a->limit_mbps == b->limit_mbps &&
	       !memcmp(&a->attrs, &b->attrs, sizeof(a->attrs)) &&
	       ident_eq(&a->ident[0], &b->ident[0]) && ident_eq(&a->ident[1], &b->ident[1]) &&
	       text_eq(a->driver, b->driver) && text_eq(a->notes, b->notes) &&
	       a->reason == b->reason && text_eq(a->detail, b->detail);
}

static bool profile_eq(const struct fm_profile *a, const struct fm_profile *b)
{
	return text_eq(a->name, b->name) && text_eq(a->origin, b->origin) &&
	       a->host == b->host && a->home == b->home && a->first_claim == b->first_claim &&
	       a->claims == b->claims && a->drain.mode == b->drain.mode &&
	       a->drain.timeout_ns == b->drain.timeout_ns && a->update == b->update &&
	       a->group == b->group && a->home_group == b->home_group &&
	       a->atomic == b->atomic && a->suspended == b->suspended &&
	       a->contested == b->contested;
}

static bool bits_eq(const uint64_t *a, const uint64_t *b, unsigned n)
{
	return !a == !b && (!a || !memcmp(a, b, (n / 64 + 1) * sizeof(*a)));
}

static bool domains_eq(const struct fm_desired *a, const struct fm_desired *b)
{
	if (a->domains != b->domains)
		return false;
	for (unsigned i = 0; i < a->domains; i++) {
		const struct fm_domain *x = &a->domain[i], *y = &b->domain[i];

		if (!mr_streq(x->name, y->name) || !bits_eq(x->host, y->host, a->hosts) ||
		    !bits_eq(x->pool, y->pool, a->pools) || !x->adapter != !y->adapter ||
		    !bytes_eq(x->adapter, x->adapters, y->adapter, y->adapters,
			      sizeof(*x->adapter)))
			return false;
	}
	return true;
}

static bool hosts_eq(const struct fm_desired *a, const struct fm_desired *b)
{
	if (a->hosts != b->hosts || a->groups != b->groups || a->contests != b->contests)
		return false;
	for (unsigned i = 0; i < a->hosts; i++) {
		const struct fm_host_def *x = &a->host[i], *y = &b->host[i];

		if (!mr_streq(x->name, y->name) || x->chassis != y->chassis ||
		    !bytes_eq(x->root, x->roots, y->root, y->roots, sizeof(x->root[0])) ||
		    x->cordoned != y->cordoned || x->known != y->known ||
		    x->group != y->group || x->spare != y->spare || !mr_streq(x->bmc, y->bmc))
			return false;
	}
	for (unsigned i = 0; i < a->contests; i++)
		if (a->contest[i].host != b->contest[i].host ||
		    a->contest[i].group != b->contest[i].group ||
		    !text_eq(a->contest[i].text, b->contest[i].text))
			return false;
	return true;
}

static bool adapters_eq(const struct fm_desired *a, const struct fm_desired *b)
{
	if (a->adapters != b->adapters || a->replaces != b->replaces)
		return false;
	for (unsigned i = 0; i < a->adapters; i++)
		if (a->adapter[i].key != b->adapter[i].key ||
		    a->adapter[i].suspended != b->adapter[i].suspended ||
		    a->adapter[i].mode != b->adapter[i].mode)
			return false;
	for (unsigned i = 0; i < a->replaces; i++)
		if (a->replace[i].chassis != b->replace[i].chassis ||
		    a->replace[i].port != b->replace[i].port ||
		    a->replace[i].mode != b->replace[i].mode ||
		    !mr_streq(a->replace[i].serial, b->replace[i].serial))
			return false;
	return true;
}

static bool rules_eq(const struct fm_desired *a, const struct fm_desired *b)
{
	if (a->rules != b->rules || a->pairs != b->pairs)
		return false;
	for (unsigned i = 0; i < a->rules; i++) {
		const struct fm_rule *x = &a->rule[i], *y = &b->rule[i];

		if (x->type != y->type || x->topology != y->topology ||
		    x->max_skew != y->max_skew || x->required != y->required ||
		    !bytes_eq(x->claim, x->claims, y->claim, y->claims, sizeof(*x->claim)))
			return false;
	}
	for (unsigned i = 0; i < a->pairs; i++)
		if (a->pair[i].primary != b->pair[i].primary ||
		    a->pair[i].secondary != b->pair[i].secondary ||
		    a->pair[i].auto_switchover != b->pair[i].auto_switchover)
			return false;
	return true;
}

/* The first of 'n' entries that 'eq' finds different. */
#define DIFFERS(eq, field, n)                                                        \
	do {                                                                         \
		for (unsigned i = 0; i < a->n && i < b->n; i++)                      \
			if (!eq(&a->field[i], &b->field[i])) {                       \
				mr_buf_printf(where, "%s %u", #field, i);            \
				return true;                                         \
			}                                                            \
		if (a->n != b->n) {                                                  \
			mr_buf_printf(where, "%u and %u of %s", a->n, b->n, #field); \
			return true;                                                 \
		}                                                                    \
	} while (0)

/* See desired.h. */
bool fm_desired_differs(const struct fm_desired *a, const struct fm_desired *b,
			struct mr_buf *where)
{
	DIFFERS(pool_eq, pool, pools);
	DIFFERS(edge_eq, edge, edges);
	DIFFERS(profile_eq, profile, profiles);
	DIFFERS(fm_claim_eq, claim, claims);
	if (!hosts_eq(a, b))
		mr_buf_puts(where, "hosts");
	else if (!adapters_eq(a, b))
		mr_buf_puts(where, "adapters");
	else if (!domains_eq(a, b))
		mr_buf_puts(where, "domains");
	else if (!rules_eq(a, b))
		mr_buf_puts(where, "rules");
	else if (!bytes_eq(a->demand, a->demands, b->demand, b->demands, sizeof(*a->demand)))
		mr_buf_puts(where, "demands");
	return where->len > 0;
}
