// SPDX-License-Identifier: Apache-2.0
/*
 * Hosts and groups: every host that a document, an override or a port table names, where it
 * sits, and which group it belongs to.
 */
#include <stdlib.h>
#include <string.h>

#include "common/map.h"
#include "common/str.h"
#include "common/xalloc.h"
#include "fabric-manager/model/roots.h"
#include "fabric-manager/policy/resolving.h"
#include "fabric-manager/policy/select.h"

/* A name that was met, while the list is gathered. */
static void meet(struct mr_map *names, const char *name, bool known)
{
	uint64_t v = 0;

	if (!name)
		return;
	mr_map_get(names, name, &v);
	mr_map_set(names, name, v | known);
}

static void meet_all(struct mr_map *names, const struct fm_texts *l)
{
	for (unsigned i = 0; i < l->n; i++)
		meet(names, l->item[i].s, true);
}

/* How many of a Host document's ports are host ports of a chassis. */
static unsigned ports_in(const struct fm_inventory *inv, const struct fm_doc_host *h,
			 unsigned chassis)
{
	unsigned n = 0;

	for (unsigned i = 0; i < h->ports.n; i++)
		n += fm_host_by_port(inv, chassis, (unsigned)h->ports.item[i].v) != NULL;
	return n;
}

/* Chassis of a Host document's ports: the one it names, or the first that has most of them;
 * false when none has any. */
static bool at_ports(const struct fm_inventory *inv, const struct fm_doc *doc,
		     unsigned *ret_chassis)
{
	const struct fm_doc_host *h = &doc->spec.host;
	unsigned most = 0;

	for (unsigned c = 0; c < inv->n; c++) {
		unsigned n = ports_in(inv, h, c);

		if (h->chassis.s && strcmp(h->chassis.s, inv->chassis[c].name))
			continue;
		if (n <= most)
			continue;
		most = n;
		*ret_chassis = c;
	}
	return most;
}

/* The host of that slot name, in the chassis that its document names if it does. */
static const struct fm_host *by_name(const struct fm_inventory *inv, const struct fm_doc *doc,
				     const char *name, unsigned *ret_chassis)
{
	for (unsigned c = 0; c < inv->n; c++) {
		const struct fm_chassis *ch = &inv->chassis[c];

		if (doc && doc->spec.host.chassis.s &&
		    strcmp(doc->spec.host.chassis.s, ch->name))
			continue;
		for (unsigned i = 0; i < ch->hosts; i++) {
			if (!strcmp(ch->host[i].name, name)) {
				*ret_chassis = c;
				return &ch->host[i];
			}
		}
	}
	return NULL;
}

/* Names of the documents and overrides; known = by a document. */
static void meet_documents(struct fm_resolving *r, struct mr_map *names)
{
	for (unsigned i = 0; i < r->docs->n; i++) {
		const struct fm_doc *doc = r->docs->doc[i];

		if (doc->kind == FM_KIND_HOST) {
			meet(names, doc->meta.name.s, true);
		} else if (doc->kind == FM_KIND_HOST_GROUP) {
			meet_all(names, &doc->spec.host_group.hosts);
			meet_all(names, &doc->spec.host_group.spares);
		} else if (doc->kind == FM_KIND_SERVER_PROFILE) {
			meet(names, doc->spec.profile.host.name.s, true);
		} else if (doc->kind == FM_KIND_DOMAIN) {
			meet_all(names, &doc->spec.domain.hosts);
		}
	}
	for (unsigned i = 0; i < r->in->overrides; i++)
		meet(names, r->in->override[i].host[0] ? r->in->override[i].host : NULL, false);
}

static uint64_t port_key(unsigned chassis, unsigned port)
{
	return (uint64_t)chassis << 16 | port;
}

/* Ports that Host documents claim by number; their slots' names are then no hosts of their
 * own. */
static struct mr_map *claimed_ports(struct fm_resolving *r)
{
	struct mr_map *owner = mr_map_new();

	for (unsigned i = 0; i < r->docs->n; i++) {
		const struct fm_doc *doc = r->docs->doc[i];
		const struct fm_doc_host *h = &doc->spec.host;
		unsigned c;

		if (doc->kind != FM_KIND_HOST || !h->ports.n || !at_ports(r->inv, doc, &c))
			continue;
		for (unsigned k = 0; k < h->ports.n; k++)
			mr_map_set_u64(owner, port_key(c, (unsigned)h->ports.item[k].v),
				       (uintptr_t)doc);
	}
	return owner;
}

static void meet_inventory(struct fm_resolving *r, const struct mr_map *owner,
			   struct mr_map *names)
{
	for (unsigned c = 0; c < r->inv->n; c++) {
		for (unsigned i = 0; i < r->inv->chassis[c].hosts; i++) {
			const struct fm_host *h = &r->inv->chassis[c].host[i];
			uint64_t v;

			if (h->name[0] && !mr_map_get_u64(owner, port_key(c, h->port), &v))
				meet(names, h->name, false);
		}
	}
}

/* One more root of the host. A port that another document claims by number is not this host's.
 */
static void add_root(struct fm_resolving *r, const struct mr_map *owner,
		     const struct fm_doc *doc, unsigned c, const struct fm_host *h,
		     struct fm_host_def *def)
{
	uint64_t v;

	if (mr_map_get_u64(owner, port_key(c, h->port), &v) &&
	    (const struct fm_doc *)(uintptr_t)v != doc) {
		const struct fm_doc *other = (const struct fm_doc *)(uintptr_t)v;
		struct mr_buf place = {0};

		if (doc)
			mr_buf_printf(&place, " at %s:%u:%u", doc->file, doc->meta.name.at.line,
				      doc->meta.name.at.col);
		FM_FIND(r, MR_SEV_ERROR, other, other->meta.name.at, "spec.ports",
			"port %u of chassis '%s' is the slot of host '%s', which documents "
			"name too%s",
			h->port, r->inv->chassis[c].name, def->name, mr_buf_text(&place));
		mr_buf_done(&place);
		return;
	}
	def->chassis = (uint16_t)c;
	if (def->roots < FM_ROOTS_MAX)
		def->root[def->roots++] = h->port;
}

/* Fills in where the host sits: behind the ports that its document names, as far as they are
 * there, or in the slot of its name. */
static void locate(struct fm_resolving *r, const struct mr_map *owner, struct fm_host_def *def)
{
	const struct fm_doc *doc = fm_docs_find(r->docs, FM_KIND_HOST, def->name);
	const struct fm_nums *ports = doc ? &doc->spec.host.ports : NULL;
	const struct fm_host *h;
	unsigned c = 0;

	if (!ports || !ports->n) {
		h = by_name(r->inv, doc, def->name, &c);
		if (h)
			add_root(r, owner, doc, c, h, def);
		return;
	}
	for (unsigned i = 0; at_ports(r->inv, doc, &c) && i < ports->n; i++) {
		h = fm_host_by_port(r->inv, c, (unsigned)ports->item[i].v);
		if (h)
			add_root(r, owner, doc, c, h, def);
	}
}

static int def_cmp(const void *a, const void *b)
{
	return strcmp(((const struct fm_host_def *)a)->name,
		      ((const struct fm_host_def *)b)->name);
}

static bool is_cordoned(const struct fm_resolving *r, const char *name)
{
	const struct fm_doc *doc = fm_docs_find(r->docs, FM_KIND_HOST, name);

	for (unsigned i = 0; i < r->in->hosts; i++) {
		if (r->in->host[i].cordoned && !strcmp(r->in->host[i].name, name))
			return true;
	}
	return doc && doc->spec.host.cordoned.v;
}

static void set_bmc(struct fm_host_def *def, const struct fm_doc *doc)
{
	if (doc && doc->spec.host.power.bmc.s)
		mr_copy(def->bmc, sizeof(def->bmc), doc->spec.host.power.bmc.s);
}

/* All hosts, by name. */
void fm_resolve_hosts(struct fm_resolving *r)
{
	struct mr_map *names = mr_map_new(), *owner = claimed_ports(r);
	struct fm_desired *d = r->d;
	const char *name;
	uint64_t known;
	size_t pos = 0;

	meet_documents(r, names);
	meet_inventory(r, owner, names);
	d->host = mr_xcalloc(mr_map_count(names) + 1, sizeof(d->host[0]));
	while (mr_map_next(names, &pos, &name, NULL, &known) && d->hosts < FM_WHOLE) {
		struct fm_host_def *def = &d->host[d->hosts++];

		mr_copy(def->name, sizeof(def->name), name);
		def->known = known != 0;
		def->group = -1;
		def->cordoned = is_cordoned(r, name);
		set_bmc(def, fm_docs_find(r->docs, FM_KIND_HOST, name));
	}
	qsort(d->host, d->hosts, sizeof(d->host[0]), def_cmp);
	for (unsigned i = 0; i < d->hosts; i++) {
		mr_map_set(r->host_of, d->host[i].name, i);
		locate(r, owner, &d->host[i]);
	}
	mr_map_free(names);
	mr_map_free(owner);
}

static const struct fm_doc *group_doc(const struct fm_resolving *r, int g)
{
	return fm_docs_find(r->docs, FM_KIND_HOST_GROUP, r->d->group[g].name);
}

static bool is_listed(const struct fm_doc *group, const char *host)
{
	return fm_texts_have(&group->spec.host_group.hosts, host) ||
	       fm_texts_have(&group->spec.host_group.spares, host);
}

/* Group 'loser' does not get host 'i', which its selector takes as well. */
static void find_contest(struct fm_resolving *r, unsigned i, int loser, int owner)
{
	const struct fm_doc *doc = group_doc(r, loser), *other = group_doc(r, owner);
	const struct fm_at *at = &doc->spec.host_group.host_selector.at;
	const struct fm_at *place = is_listed(other, r->d->host[i].name)
					    ? &other->at
					    : &other->spec.host_group.host_selector.at;
	struct fm_desired *d = r->d;
	struct mr_buf b = {0};

	FM_FIND(r, MR_SEV_ERROR, doc, *at, "spec.hostSelector",
		"host '%s' is in HostGroup '%s' at %s:%u:%u already; a host is in one group",
		d->host[i].name, other->meta.name.s, other->file, place->line, place->col);
	mr_buf_printf(
		&b,
		"host %s is in HostGroup '%s' (%s:%u:%u), and '%s' (%s:%u:%u) selects it too",
		d->host[i].name, other->meta.name.s, other->file, place->line, place->col,
		doc->meta.name.s, doc->file, at->line, at->col);
	MR_GROW(d->contest, d->contests, r->cap_contests);
	d->contest[d->contests++] = (struct fm_contest){(uint16_t)i, (uint16_t)loser,
							fm_desired_str(d, mr_buf_text(&b))};
	mr_buf_done(&b);
}

/* Puts host 'i' into group 'g'. A listed host is never in two (checked with the documents); of
 * two selectors the one that had it keeps it. */
static void join(struct fm_resolving *r, unsigned i, int g, bool spare)
{
	struct fm_host_def *def = &r->d->host[i];
	int was = def->group;

	if (was == g)
		return;
	if (was >= 0 &&
	    (is_listed(group_doc(r, was), def->name) || !fm_had_group(r, def->name, was, g))) {
		find_contest(r, i, g, was);
		return;
	}
	def->group = g;
	def->spare = spare;
	def->known = true;
	if (was >= 0)
		find_contest(r, i, was, g);
}

static void join_listed(struct fm_resolving *r, const struct fm_texts *l, int g, bool spare)
{
	for (unsigned i = 0; i < l->n; i++) {
		uint64_t v;

		if (mr_map_get(r->host_of, l->item[i].s, &v))
			join(r, (unsigned)v, g, spare);
	}
}

static void join_selected(struct fm_resolving *r, const struct fm_doc *doc, int g)
{
	const struct fm_doc_host_selector *sel = &doc->spec.host_group.host_selector;
	unsigned found = 0;

	for (unsigned i = 0; i < r->d->hosts; i++) {
		const struct fm_host_def *def = &r->d->host[i];
		const struct fm_doc *host = fm_docs_find(r->docs, FM_KIND_HOST, def->name);
		const struct fm_host *h = fm_root_get(r->inv, def, 0);
		struct fm_label_set labels = {.labels = host ? &host->meta.labels : NULL,
					      .class_ = ""};
		char slot[8];

		mr_fmt(slot, sizeof(slot), "%u", h ? h->slot : 0);
		labels.slot = h ? slot : NULL;
		labels.chassis = h	? r->inv->chassis[def->chassis].name
				 : host ? host->spec.host.chassis.s
					: NULL;
		if (fm_host_selector_match(sel, &labels) != FM_MATCH_YES)
			continue;
		found++;
		join(r, i, g, false);
	}
	if (sel->at.line && !found)
		FM_FIND(r, MR_SEV_WARNING, doc, sel->at, "spec.hostSelector",
			"no host matches");
}

static void set_failover(struct fm_failover *f, const struct fm_doc_failover *s)
{
	static const enum fm_failover_mode modes[FM_DOC_FAILOVER_COUNT] = {
		[FM_DOC_FAILOVER_AUTOMATIC] = FM_FAILOVER_AUTOMATIC,
		[FM_DOC_FAILOVER_MANUAL] = FM_FAILOVER_MANUAL,
		[FM_DOC_FAILOVER_NONE] = FM_FAILOVER_NONE,
	};

	f->mode = modes[s->mode.v];
	f->agent_lost_ns = s->triggers.agent_lost.v;
	f->link_down_ns = s->triggers.host_link_down.v;
	if (s->triggers.host_link_down.at.line && !f->link_down_ns)
		f->link_down_ns = 1; /* at once; 0 = it is no trigger */
	f->power_off = s->triggers.power_off.v;
	f->fatal_error = s->triggers.fatal_error.v;
	f->quorum = (unsigned)s->quorum.v;
	f->reboot_grace_ns = s->reboot_grace.v;
	f->hold_down_ns = s->hold_down.v;
	f->mass_window_ns = s->mass_window.v;
	f->fence_required = s->fence.required.v;
	f->fence_switch =
		!s->fence.methods.n || fm_nums_have(&s->fence.methods, FM_DOC_FENCE_SWITCH);
	f->fence_power = fm_nums_have(&s->fence.methods, FM_DOC_FENCE_POWER);
	f->failback_automatic = s->failback.v == FM_DOC_FAILBACK_AUTOMATIC;
	f->max_concurrent = (unsigned)s->max_concurrent.v;
}

/* Lists the hosts of group 'g', which are sorted by name already. */
static void list_members(struct fm_desired *d, int g)
{
	struct fm_group *group = &d->group[g];

	group->host = mr_xcalloc(d->hosts + 1, sizeof(group->host[0]));
	group->spare = mr_xcalloc(d->hosts + 1, sizeof(group->spare[0]));
	for (unsigned i = 0; i < d->hosts; i++) {
		if (d->host[i].group != g)
			continue;
		if (d->host[i].spare)
			group->spare[group->spares++] = (uint16_t)i;
		else
			group->host[group->hosts++] = (uint16_t)i;
	}
}

/* All groups, by name. Listed hosts first, so that a selector of another group can't take
 * them. */
void fm_resolve_groups(struct fm_resolving *r)
{
	struct fm_desired *d = r->d;
	int g = 0;

	d->group = mr_xcalloc(r->docs->n + 1, sizeof(d->group[0]));
	for (unsigned i = 0; i < r->docs->n; i++) {
		const struct fm_doc *doc = r->docs->doc[i];
		const struct fm_doc_host_group *s = &doc->spec.host_group;

		if (doc->kind != FM_KIND_HOST_GROUP)
			continue;
		mr_copy(d->group[d->groups].name, MR_NAME_MAX, doc->meta.name.s);
		set_failover(&d->group[d->groups].failover, &s->failover);
		join_listed(r, &s->hosts, (int)d->groups, false);
		join_listed(r, &s->spares, (int)d->groups, true);
		d->groups++;
	}
	for (unsigned i = 0; i < r->docs->n; i++) {
		if (r->docs->doc[i]->kind == FM_KIND_HOST_GROUP)
			join_selected(r, r->docs->doc[i], g++);
	}
	for (g = 0; g < (int)d->groups; g++)
		list_members(d, g);
}

/* Index of the group 'name', or -1. */
int fm_group_index(const struct fm_desired *d, const char *name)
{
	for (unsigned i = 0; name && i < d->groups; i++) {
		if (!strcmp(d->group[i].name, name))
			return (int)i;
	}
	return -1;
}
