// SPDX-License-Identifier: Apache-2.0
/*
 * Golden suite of the resolver: input.yaml (or `files`) holds the documents, inventory.yaml the
 * chassis and, under `overrides`, who was moved where. What comes out: the findings and the
 * whole wish, line by line.
 */
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/str.h"
#include "fabric-manager/model/acl.h"
#include "fabric-manager/policy/resolve.h"
#include "tests/golden/golden.h"
#include "tests/golden/resolve/inventory.h"

static const char *host_name(const struct fm_desired *d, uint16_t h)
{
	return h == FM_WHOLE ? "-" : d->host[h].name;
}

static void dump_hosts(const struct fm_desired *d, struct mr_buf *out)
{
	for (unsigned i = 0; i < d->hosts; i++) {
		const struct fm_host_def *h = &d->host[i];

		mr_buf_printf(out, "host %s chassis %u port %u", h->name, h->chassis,
			      h->root[0]);
		for (unsigned r = 1; r < h->roots; r++)
			mr_buf_printf(out, "+%u", h->root[r]);
		mr_buf_printf(out, "%s%s%s group %s\n", h->known ? "" : " unknown",
			      h->cordoned ? " cordoned" : "", h->spare ? " spare" : "",
			      h->group < 0 ? "-" : d->group[h->group].name);
	}
	for (unsigned i = 0; i < d->groups; i++) {
		const struct fm_group *g = &d->group[i];
		const struct fm_failover *f = &g->failover;

		mr_buf_printf(out, "group %s hosts", g->name);
		for (unsigned j = 0; j < g->hosts; j++)
			mr_buf_printf(out, " %s", d->host[g->host[j]].name);
		mr_buf_puts(out, " spares");
		for (unsigned j = 0; j < g->spares; j++)
			mr_buf_printf(out, " %s", d->host[g->spare[j]].name);
		mr_buf_printf(out,
			      "\n  failover mode %d agent %llds link %llds power %d fatal %d "
			      "quorum %u grace %llds hold "
			      "%llds mass %llds fence %d/%d/%d max %u\n",
			      (int)f->mode, (long long)f->agent_lost_ns / 1000000000,
			      (long long)f->link_down_ns / 1000000000, f->power_off,
			      f->fatal_error, f->quorum,
			      (long long)f->reboot_grace_ns / 1000000000,
			      (long long)f->hold_down_ns / 1000000000,
			      (long long)f->mass_window_ns / 1000000000, f->fence_required,
			      f->fence_switch, f->fence_power, f->max_concurrent);
	}
}

static void dump_pools(const struct fm_desired *d, struct mr_buf *out)
{
	for (unsigned i = 0; i < d->pools; i++) {
		const struct fm_pool *p = &d->pool[i];

		mr_buf_printf(
			out, "pool %s %s%s%s provision %u reservable %u oversubscription %u",
			p->name, mr_class_name(p->device_class),
			p->exclusive ? " exclusive" : "", p->external ? " external" : "",
			p->provision, p->reservable_permille, p->oversubscription_permille);
		for (unsigned k = 0; k < FM_REQUIRE_COUNT; k++)
			if (p->require >> k & 1)
				mr_buf_printf(out, " requires %s",
					      fm_require_name((enum fm_require)k));
		mr_buf_putc(out, '\n');
		for (unsigned j = 0; j < p->parts; j++)
			mr_buf_printf(out, "  part chassis %u port %u pf %u vf %u-%u%s\n",
				      p->part[j].chassis, p->part[j].port, p->part[j].pf,
				      p->part[j].vf_first, p->part[j].vf_last,
				      p->part[j].spare ? " spare" : "");
	}
	for (unsigned i = 0; i < d->adapters; i++)
		mr_buf_printf(out, "adapter %x%s\n", d->adapter[i].key,
			      d->adapter[i].suspended ? " suspended" : "");
	for (unsigned i = 0; i < d->edges; i++) {
		const struct fm_edge *e = &d->edge[i];

		mr_buf_printf(out,
			      "edge chassis %u port %u pf %u net %llu guaranteed %llu limit ",
			      e->chassis, e->port, e->pf, (unsigned long long)e->net_mbps,
			      (unsigned long long)e->guaranteed_max_mbps);
		mr_buf_printf(out, e->limit_max_mbps == UINT64_MAX ? "free\n" : "%llu\n",
			      (unsigned long long)e->limit_max_mbps);
	}
	for (unsigned i = 0; i < d->ident_pools; i++) {
		const struct fm_ident_pool *p = &d->ident_pool[i];

		mr_buf_printf(out, "identities %s %s reuse %llds", p->name,
			      mr_ident_type_name(p->type),
			      (long long)p->reuse_after_ns / 1000000000);
		for (unsigned j = 0; j < p->ranges; j++)
			mr_buf_printf(out, " %llx-%llx", (unsigned long long)p->range[j].first,
				      (unsigned long long)p->range[j].last);
		mr_buf_putc(out, '\n');
	}
}

static bool is_plain(const struct fm_update *u)
{
	return u->strategy == FM_STRATEGY_IMMEDIATE && !u->max_unavailable && !u->windows &&
	       u->asks == (1u << FM_DOC_CHANGE_COUNT | 1u << FM_DOC_CHANGE_HOST) &&
	       u->on_failure == FM_ON_FAILURE_PAUSE;
}

static void dump_update(const struct fm_update *u, unsigned i, struct mr_buf *out)
{
	if (is_plain(u))
		return;
	mr_buf_printf(out, "update %u %s at once %u%s asks %x on failure %s\n", i,
		      fm_strategy_name(u->strategy), u->max_unavailable, u->percent ? "%" : "",
		      u->asks, fm_on_failure_name(u->on_failure));
	for (unsigned k = 0; k < u->windows; k++)
		mr_buf_printf(out, "  window days %x from %u to %u zone %d\n",
			      u->window[k].days, u->window[k].start, u->window[k].end,
			      u->window[k].zone_minutes);
}

static void dump_ident(const struct fm_desired *d, const struct fm_ident_want *w,
		       struct mr_buf *out)
{
	char text[MR_IDENT_TEXT];

	if (w->source == FM_IDENT_POOL)
		mr_buf_printf(out, " %s from %s", mr_ident_type_name(w->type),
			      d->ident_pool[w->pool].name);
	else if (w->source == FM_IDENT_LITERAL)
		mr_buf_printf(out, " %s %s", mr_ident_type_name(w->type),
			      mr_ident_text(&w->literal, text));
}

/* What few claims have. */
static void dump_wishes(const struct fm_desired *d, const struct fm_claim *c,
			struct mr_buf *out)
{
	mr_buf_puts(out, c->extra ? " extra" : "");
	mr_buf_puts(out, c->atomic ? " atomic" : "");
	mr_buf_puts(out, c->suspended ? " suspended" : "");
	if (c->class)
		mr_buf_printf(out, " class %s", d->prio[c->class - 1].name);
	if (c->domain)
		mr_buf_printf(out, " domain %s", d->domain[c->domain - 1].name);
	if (c->weight)
		mr_buf_printf(out, " weight %u", c->weight);
	if (c->burst_kib)
		mr_buf_printf(out, " burst %u", c->burst_kib);
	if (c->pair)
		mr_buf_printf(out, " pair %u", c->pair);
	if (c->mirror)
		mr_buf_printf(out, " mirror to %u", c->mirror - 1);
	for (unsigned k = 0; k < c->nss; k++) {
		const struct fm_ns_want *n = &d->ns[c->ns + k];

		mr_buf_printf(out, " namespace %s %llu MiB blocks 2^%u%s%s", n->name,
			      (unsigned long long)n->size >> 20, n->block_shift,
			      n->shared ? " shared" : "", n->erase ? " erase" : "");
	}
	for (unsigned k = 0; c->demand && k < FM_RESOURCE_COUNT; k++) {
		if (d->demand[c->demand - 1].amount[k])
			mr_buf_printf(out, " %s %u%s", fm_resource_name((enum fm_resource)k),
				      d->demand[c->demand - 1].amount[k],
				      fm_resource_unit((enum fm_resource)k));
	}
}

/* Attributes that not every class has. */
static void dump_attrs(const struct fm_attrs *a, struct mr_buf *out)
{
	if (a->mtu)
		mr_buf_printf(out, " mtu %u", a->mtu);
	if (a->bridging)
		mr_buf_printf(out, " bridging %u", a->bridging);
	if (a->queues)
		mr_buf_printf(out, " queues %u", a->queues);
	for (unsigned i = 0; a->device_class == MR_CLASS_ETHERNET && i < MR_VF_TRUNK_RANGES;
	     i++) {
		if (a->trunk[i].first)
			mr_buf_printf(out, " trunk %u-%u", a->trunk[i].first, a->trunk[i].last);
	}
	for (unsigned i = 0; a->device_class == MR_CLASS_IB && i < MR_VF_PKEYS; i++) {
		if (a->pkey[i])
			mr_buf_printf(out, " pkey %04x", a->pkey[i]);
	}
	for (unsigned i = 0; i < fm_acl_rules(a); i++)
		mr_buf_printf(out, " acl %016llx", (unsigned long long)a->acl[i]);
	if (a->device_class == MR_CLASS_NVME && a->nvme.iops)
		mr_buf_printf(out, " iops %u", a->nvme.iops);
	if (a->device_class == MR_CLASS_GPU)
		mr_buf_printf(out, " framebuffer %u slice %uus watchdog %ums",
			      a->gpu.framebuffer_mib, a->gpu.slice_us, a->gpu.watchdog_ms);
}

static void dump_claim(const struct fm_desired *d, const struct fm_claim *c, struct mr_buf *out)
{
	const struct fm_attrs *a = &c->attrs;
	char text[FM_CLAIM_TEXT];

	mr_buf_printf(out, "  claim %s host %s pool %s priority %u rates %u/%u",
		      fm_claim_text(c, text), host_name(d, c->host),
		      c->pool == FM_WHOLE ? "-" : d->pool[c->pool].name, c->priority,
		      c->guaranteed_mbps, c->limit_mbps);
	mr_buf_printf(out, " vlan %u/%u/%d trust %d spoof %d link %u driver '%s'", a->vlan,
		      a->vlan_qos, a->vlan_ad, a->trust, a->spoof_check, a->link_state,
		      c->driver);
	for (unsigned i = 0; i < FM_IDENTS; i++)
		dump_ident(d, &c->ident[i], out);
	dump_wishes(d, c, out);
	dump_attrs(a, out);
	for (const char *s = c->notes; s && *s; s += strcspn(s, "\n") + 1)
		mr_buf_printf(out, " note %.*s", (int)strcspn(s, "\n"), s);
	if (c->reason != MR_REASON_OK)
		mr_buf_printf(out, " %s: %s", mr_reason_name(c->reason), c->detail);
	mr_buf_putc(out, '\n');
}

static void dump_profiles(const struct fm_desired *d, struct mr_buf *out)
{
	for (unsigned i = 0; i < d->profiles; i++) {
		const struct fm_profile *p = &d->profile[i];

		mr_buf_printf(out, "profile %s of %s host %s home %s drain %d/%llds%s%s\n",
			      p->name, p->origin, host_name(d, p->host), host_name(d, p->home),
			      (int)p->drain.mode, (long long)p->drain.timeout_ns / 1000000000,
			      p->group ? " any of " : "",
			      p->group ? d->group[p->group - 1].name : "");
		if (p->update)
			mr_buf_printf(out, "  update %u\n", p->update);
		for (unsigned j = p->first_claim; j < p->first_claim + p->claims; j++)
			dump_claim(d, &d->claim[j], out);
	}
	for (unsigned i = 0; i < d->rules; i++) {
		mr_buf_printf(out, "rule %s %s %s skew %u:", fm_rule_type_name(d->rule[i].type),
			      fm_topology_name(d->rule[i].topology),
			      d->rule[i].required ? "required" : "wished", d->rule[i].max_skew);
		for (unsigned j = 0; j < d->rule[i].claims; j++)
			mr_buf_printf(out, " %u", d->rule[i].claim[j]);
		mr_buf_putc(out, '\n');
	}
}

static void dump_bits(const char *what, const uint64_t *bits, unsigned n, struct mr_buf *out)
{
	mr_buf_printf(out, " %s", what);
	for (unsigned i = 0; bits && i < n; i++)
		if (bits[i / 64] >> (i % 64) & 1)
			mr_buf_printf(out, " %u", i);
	mr_buf_puts(out, bits ? ";" : " any;");
}

static void dump_tenants(const struct fm_desired *d, struct mr_buf *out)
{
	for (unsigned i = 0; i < d->prios; i++) {
		const struct fm_priority *p = &d->prio[i];

		mr_buf_printf(out, "class %s value %u%s%s grace %llds\n", p->name, p->value,
			      p->preempts ? " preempts" : "", p->reclaim ? " reclaims" : "",
			      (long long)p->grace_ns / 1000000000);
	}
	for (unsigned i = 0; i < d->domains; i++) {
		const struct fm_domain *t = &d->domain[i];

		mr_buf_printf(out, "domain %s", t->name);
		dump_bits("hosts", t->host, d->hosts, out);
		dump_bits("pools", t->pool, d->pools, out);
		mr_buf_puts(out, t->adapter ? " adapters" : " adapters any");
		for (unsigned k = 0; k < t->adapters; k++)
			mr_buf_printf(out, " %x", t->adapter[k]);
		mr_buf_putc(out, '\n');
	}
	for (unsigned i = 0; i < d->pairs; i++)
		mr_buf_printf(out, "pair %u: claims %u and %u%s\n", i + 1, d->pair[i].primary,
			      d->pair[i].secondary,
			      d->pair[i].auto_switchover ? ", switches by itself" : "");
}

static void read_docs(const char *dir, struct fm_docs *set, struct mr_diags *diags)
{
	char *list = golden_file(dir, "files", NULL), *text;
	size_t len;

	if (list)
		list[strcspn(list, "\n")] = '\0';
	text = golden_file(list ? SRCDIR : dir, list ? list : "input.yaml", &len);
	if (text)
		fm_docs_read(set, "input.yaml", text, len, diags);
	if (!diags->errors)
		fm_docs_check(set, diags);
	free(text);
	free(list);
}

static unsigned read_overrides(const struct mr_yaml *doc, struct fm_rec_override *o,
			       unsigned max)
{
	const struct mr_yaml *list = mr_yaml_get(doc, "overrides");
	unsigned n = 0;

	for (; list && n < list->n && n < max; n++) {
		mr_copy(o[n].profile, MR_NAME_MAX, inv_text(list->child[n], "profile"));
		mr_copy(o[n].host, MR_NAME_MAX, inv_text(list->child[n], "host"));
	}
	return n;
}

static void run(const char *dir, struct mr_buf *out)
{
	struct fm_rec_override overrides[8] = {0};
	struct fm_inventory inv = {0};
	struct mr_yaml_docs y = {0};
	struct mr_diags diags = {0};
	struct fm_docs set = {0};
	struct fm_resolve_input in = {.docs = &set, .inventory = &inv, .override = overrides};
	struct fm_desired *d;
	size_t len = 0;
	char *text = golden_file(dir, "inventory.yaml", &len);

	if (text)
		mr_yaml_read("inventory.yaml", text, len, &y, &diags);
	if (y.n) {
		inv_read(y.doc[0], &inv);
		in.overrides = read_overrides(y.doc[0], overrides, 8);
	}
	read_docs(dir, &set, &diags);
	d = fm_resolve(&in, &diags);
	fm_diags_sort(&diags);
	mr_diags_print(&diags, out);
	for (unsigned i = 0; i < d->updates; i++)
		dump_update(&d->update[i], i, out);
	if (d->drift.action || d->drift.ignore || d->drift.interval_ns != INT64_C(30000000000))
		mr_buf_printf(out, "drift action %d interval %llds ignore %x\n",
			      (int)d->drift.action,
			      (long long)d->drift.interval_ns / 1000000000, d->drift.ignore);
	mr_buf_printf(out, "drain %d/%llds unknown hosts %s\n", (int)d->drain.mode,
		      (long long)d->drain.timeout_ns / 1000000000,
		      d->unknown_ignore ? "ignored" : "refused");
	dump_hosts(d, out);
	dump_pools(d, out);
	dump_tenants(d, out);
	dump_profiles(d, out);
	fm_desired_free(d);
	fm_docs_done(&set);
	fm_inventory_done(&inv);
	mr_yaml_docs_done(&y);
	mr_diags_done(&diags);
	free(text);
}

int main(int argc, char **argv)
{
	return golden_main(argc, argv, run);
}
