// SPDX-License-Identifier: Apache-2.0
/*
 * Checks of Host, Adapter and HostGroup documents. Gathers which host is in which group as far
 * as documents alone say it; what needs the inventory (labels chassis and slot of hosts) is
 * looked at when documents are resolved.
 */
#include "common/map.h"
#include "common/str.h"
#include "common/xalloc.h"
#include "fabric-manager/model/bmc.h"
#include "fabric-manager/model/ids.h"
#include "fabric-manager/policy/check.h"
#include "fabric-manager/policy/select.h"

#define KEY_MAX 512

/* Whether 'key' is nobody's yet; else an error at 'at' of 'd'. 'what' is for the text. */
static bool is_free(struct fm_check *c, struct mr_map *owner, const char *key,
		    const struct fm_doc *d, struct fm_at at, const char *path, const char *what)
{
	const struct fm_doc *old;
	char place[FM_PLACE_MAX];
	uint64_t v;

	if (!mr_map_get(owner, key, &v))
		return true;
	old = (const struct fm_doc *)(uintptr_t)v;
	fm_check_error(c, d, at, path, "%s is named by %s '%s' at %s already", what,
		       fm_kind_name(old->kind), old->meta.name.s,
		       fm_check_place(old, old->meta.name.at, place));
	return false;
}

/* Remembers that 'd' owns 'key' at 'at'; an error when another document does. */
static void claim_key(struct fm_check *c, struct mr_map *owner, const char *key,
		      const struct fm_doc *d, struct fm_at at, const char *path,
		      const char *what)
{
	if (is_free(c, owner, key, d, at, path, what))
		mr_map_set(owner, key, (uintptr_t)d);
}

/*
 * What switches one host off must not switch off another one: of two hosts with one controller
 * each names a system of its own.
 */
static void check_bmc(struct fm_check *c, struct mr_map *owner, const struct fm_doc *d)
{
	const struct fm_text *bmc = &d->spec.host.power.bmc;
	char whole[KEY_MAX], part[KEY_MAX], key[2 * KEY_MAX], what[KEY_MAX];
	static const char path[] = "spec.power.bmc";
	struct fm_bmc_address a;

	if (!bmc->s)
		return;
	if (!fm_bmc_parse(bmc->s, &a)) {
		fm_check_error(c, d, bmc->at, path, "expected " FM_BMC_EXPECTED);
		return;
	}
	mr_fmt(whole, sizeof(whole), "bmc %s", a.host);
	mr_fmt(part, sizeof(part), "bmc part %s", a.host);
	mr_fmt(key, sizeof(key), "%s/%s", whole, a.system);
	mr_fmt(what, sizeof(what), "the baseboard controller %s", a.host);
	if (!a.system[0]) {
		if (is_free(c, owner, part, d, bmc->at, path, what))
			claim_key(c, owner, whole, d, bmc->at, path, what);
	} else if (is_free(c, owner, whole, d, bmc->at, path, what)) {
		claim_key(c, owner, key, d, bmc->at, path, what);
		mr_map_set(owner, part, (uintptr_t)d);
	}
}

static void check_host(struct fm_check *c, struct mr_map *owner, const struct fm_doc *d)
{
	const struct fm_doc_host *h = &d->spec.host;

	if (mr_streq(d->meta.name.s, "none"))
		fm_check_error(c, d, d->meta.name.at, "metadata.name",
			       "no host can be called none: it is the word for no host");
	if (h->ports.n > FM_ROOTS_MAX)
		fm_check_error(c, d, h->ports.at, "spec.ports",
			       "%u ports; a host has at most %d roots", h->ports.n,
			       FM_ROOTS_MAX);
	for (unsigned i = 0; i < h->ports.n; i++) {
		char key[KEY_MAX], what[64];

		mr_fmt(key, sizeof(key), "%s/%lld", h->chassis.s ? h->chassis.s : "",
		       (long long)h->ports.item[i].v);
		mr_fmt(what, sizeof(what), "port %lld", (long long)h->ports.item[i].v);
		claim_key(c, owner, key, d, h->ports.item[i].at, "spec.ports", what);
	}
	check_bmc(c, owner, d);
}

static void check_adapter(struct fm_check *c, struct mr_map *slots, const struct fm_doc *d)
{
	const struct fm_doc_adapter *a = &d->spec.adapter;
	char key[KEY_MAX];

	if (a->slot.s) {
		mr_fmt(key, sizeof(key), "slot %s/%s", a->chassis.s ? a->chassis.s : "",
		       a->slot.s);
		claim_key(c, slots, key, d, a->slot.at, "spec.slot", "the slot");
	}
	if (a->serial.s) {
		mr_fmt(key, sizeof(key), "serial %s", a->serial.s);
		claim_key(c, slots, key, d, a->serial.at, "spec.serial", "the serial number");
	}
	for (unsigned i = 0; i < a->ports.n; i++) {
		for (unsigned j = 0; j < i; j++) {
			if (a->ports.item[i].index.v == a->ports.item[j].index.v)
				fm_check_error(c, d, a->ports.item[i].at, "spec.ports",
					       "port %lld stands twice",
					       (long long)a->ports.item[i].index.v);
		}
	}
}

static void add_member(struct fm_check *c, const struct fm_doc *d, struct fm_at at,
		       const char *path, const char *host, bool spare)
{
	uint64_t v;

	if (mr_map_get(c->member_of, host, &v)) {
		const struct fm_member *old = &c->member[v];
		char place[FM_PLACE_MAX];

		fm_check_error(
			c, d, at, path,
			"host '%s' is in HostGroup '%s' already (%s%s); a host is in one group",
			host, old->doc->meta.name.s, fm_check_place(old->doc, old->at, place),
			old->spare ? ", as a spare" : "");
		return;
	}
	MR_GROW(c->member, c->members, c->cap_members);
	mr_map_set(c->member_of, host, c->members);
	c->member[c->members++] =
		(struct fm_member){.doc = d, .at = at, .host = host, .spare = spare};
}

static void add_listed(struct fm_check *c, const struct fm_doc *d)
{
	const struct fm_doc_host_group *g = &d->spec.host_group;

	for (unsigned i = 0; i < g->hosts.n; i++)
		add_member(c, d, g->hosts.item[i].at, "spec.hosts", g->hosts.item[i].s, false);
	for (unsigned i = 0; i < g->spares.n; i++)
		add_member(c, d, g->spares.item[i].at, "spec.spares", g->spares.item[i].s,
			   true);
}

/* Hosts that the selector takes by what documents say; a host that the same group lists is in
 * it anyway. */
static void add_selected(struct fm_check *c, const struct fm_doc *d)
{
	const struct fm_doc_host_selector *sel = &d->spec.host_group.host_selector;

	for (unsigned i = 0; i < c->set->n && c->set->doc[i]->kind == FM_KIND_HOST; i++) {
		const struct fm_doc *h = c->set->doc[i];
		struct fm_label_set labels = {.labels = &h->meta.labels,
					      .chassis = h->spec.host.chassis.s};
		uint64_t v;

		if (fm_host_selector_match(sel, &labels) != FM_MATCH_YES)
			continue;
		if (mr_map_get(c->member_of, h->meta.name.s, &v) && c->member[v].doc == d &&
		    !c->member[v].spare)
			continue;
		add_member(c, d, sel->at, "spec.hostSelector", h->meta.name.s, false);
	}
}

static void check_selector(struct fm_check *c, const struct fm_doc *d)
{
	const struct fm_doc_host_selector *sel = &d->spec.host_group.host_selector;

	if (sel->at.line && fm_host_selector_empty(sel))
		fm_check_warn(
			c, d, sel->at, "spec.hostSelector",
			"an empty selector matches nothing; matchAll: true matches every host");
	for (unsigned i = 0; i < sel->match_expressions.n; i++) {
		const struct fm_doc_match_expr *e = &sel->match_expressions.item[i];
		bool takes = e->operator.v == FM_DOC_OP_IN || e->operator.v == FM_DOC_OP_NOT_IN;

		if (takes != (e->values.n > 0))
			fm_check_error(c, d, e->operator.at,
				       "spec.hostSelector.matchExpressions",
				       takes ? "In and NotIn need values"
					     : "Exists and DoesNotExist take no values");
	}
}

static void check_failover(struct fm_check *c, const struct fm_doc *d)
{
	const struct fm_doc_failover *f = &d->spec.host_group.failover;
	unsigned triggers = (f->triggers.agent_lost.at.line > 0) +
			    (f->triggers.host_link_down.at.line > 0) +
			    (f->triggers.power_off.v > 0) + (f->triggers.fatal_error.v > 0);

	if (f->mode.v == FM_DOC_FAILOVER_AUTOMATIC && f->quorum.v > triggers)
		fm_check_error(c, d, f->quorum.at.line ? f->quorum.at : f->at,
			       "spec.failover.quorum",
			       "%lld triggers must agree, but %u %s named: no host would ever "
			       "count as failed",
			       (long long)f->quorum.v, triggers, triggers == 1 ? "is" : "are");
	if (f->mode.v == FM_DOC_FAILOVER_AUTOMATIC && !d->spec.host_group.spares.n)
		fm_check_warn(c, d, f->mode.at, "spec.failover.mode",
			      "the group has no spares: nothing can be moved automatically");
}

/* Checks hosts, adapters and groups; fills c->member. */
void fm_check_hosts(struct fm_check *c)
{
	struct mr_map *owner = mr_map_new();

	for (unsigned i = 0; i < c->set->n; i++) {
		const struct fm_doc *d = c->set->doc[i];

		if (d->kind == FM_KIND_HOST)
			check_host(c, owner, d);
		else if (d->kind == FM_KIND_ADAPTER)
			check_adapter(c, owner, d);
		else if (d->kind == FM_KIND_HOST_GROUP)
			add_listed(c, d);
	}
	for (unsigned i = 0; i < c->set->n; i++) {
		const struct fm_doc *d = c->set->doc[i];

		if (d->kind != FM_KIND_HOST_GROUP)
			continue;
		add_selected(c, d);
		check_selector(c, d);
		check_failover(c, d);
	}
	mr_map_free(owner);
}
