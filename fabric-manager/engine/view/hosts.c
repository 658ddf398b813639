// SPDX-License-Identifier: Apache-2.0
/* get hosts, describe host: documents, inventory and agents in one row for each. */
#include "fabric-manager/engine/state/hosts.h"

#include "fabric-manager/engine/state/asgs.h"
#include "fabric-manager/engine/state/seen.h"
#include "fabric-manager/engine/state/wanted.h"
#include "fabric-manager/engine/view/found.h"
#include "fabric-manager/engine/view/view.h"

/* What a pool may require of a host, as its agent reported it; null: nobody has. */
static void add_isolation(struct mr_tree *m, const struct fm_hst *st)
{
	m = mr_tree_add_map(m, "isolation");
	for (unsigned r = 0; r < FM_REQUIRE_COUNT; r++) {
		const char *name = fm_require_name((enum fm_require)r);

		if (st && st->told)
			mr_tree_add_bool(m, name, st->has >> r & 1);
		else
			mr_tree_add_text(m, name, NULL);
	}
}

/* How many functions it has that are not ours. */
static unsigned found_on(const struct fm_engine *e, const struct fm_host_def *d,
			 const char *name)
{
	unsigned chassis = 0, n = 0;
	const struct fm_host *h;

	for (unsigned r = 0; d && r < d->roots; r++)
		n += fm_found_count(e, d->chassis, d->root[r], NULL);
	if (d && d->roots)
		return n;
	h = fm_host_by_name(&e->inv, name, &chassis);
	return h ? fm_found_count(e, chassis, h->port, NULL) : 0;
}

static const char *agent_of(const struct fm_hst *st)
{
	if (st && st->session)
		return "accepted";
	return st && st->rec.boot_id[0] ? "lost" : "never";
}

/* Network ports that are its own, as the agent that is there reported them. */
static void add_own_ports(struct mr_tree *m, const struct fm_hst *st)
{
	struct mr_tree *l = mr_tree_add_list(m, "ownPorts");

	for (unsigned i = 0; st && st->session && i < st->owns; i++) {
		const struct fm_agent_own *o = &st->own[i];
		const uint64_t lo[FM_IDENTS] = {o->ident0, o->ident1};
		struct mr_tree *port = mr_tree_add_map(l, NULL);
		char text[MR_IDENT_TEXT > MR_BDF_TEXT ? MR_IDENT_TEXT : MR_BDF_TEXT];

		mr_tree_add_text(port, "name", o->name);
		mr_tree_add_text(port, "bdf", mr_pci_text(o->domain, o->rid, text));
		for (unsigned k = 0; k < FM_IDENTS; k++) {
			struct mr_ident id = {.lo = lo[k]};

			if (lo[k] &&
			    fm_ident_type(fm_class_of_code(o->class_code), k, &id.type))
				mr_tree_add_text(port,
						 k && id.type == MR_IDENT_GUID
							 ? "nodeGuid"
							 : mr_ident_type_name(id.type),
						 mr_ident_text(&id, text));
		}
	}
}

/* A host: document, inventory and agent in one row; with 'deep' also what it holds. */
static struct mr_tree *host_tree(struct fm_engine *e, const char *name, bool deep)
{
	const struct fm_host_def *d = fm_host_def(e, name);
	const struct fm_host *h = d && d->roots ? fm_root_get(&e->inv, d, 0)
						: fm_host_by_name(&e->inv, name, NULL);
	const struct fm_hst *st = fm_host(e, name, false);
	struct fm_roots all = d ? fm_roots_of(&e->inv, d) : (struct fm_roots){0};
	struct mr_tree *m = mr_tree_map(), *l;
	const struct fm_asg *a;
	unsigned n = 0;

	FM_FOREACH_ASG(e, a)
	{
		n += a->a.has_fn && mr_streq(a->a.host, name);
	}
	mr_tree_add_text(m, "name", name);
	mr_tree_add_bool(m, "known", d && d->known);
	mr_tree_add_bool(m, "cordoned", (d && d->cordoned) || (st && st->rec.cordoned));
	mr_tree_add_text(m, "group",
			 d && d->group >= 0 ? e->desired->group[d->group].name : NULL);
	mr_tree_add_bool(m, "spare", d && d->spare);
	mr_tree_add_text(m, "management", NULL);
	mr_tree_add_int(m, "port", h ? h->port : 0);
	mr_tree_add_text(m, "access", fm_host_access(e, d, h));
	mr_tree_add_bool(m, "power", all.seen ? all.power : h && h->power);
	mr_tree_add_bool(m, "link", all.seen ? all.link : h && h->link);
	if (d)
		fm_tree_roots(m, e, d);
	mr_tree_add_text(m, "bmc", d && d->bmc[0] ? d->bmc : NULL);
	mr_tree_add_text(m, "agent", agent_of(st));
	mr_tree_add_text(m, "kernel", st ? st->kernel : "");
	mr_tree_add_int(m, "assignments", n);
	mr_tree_add_int(m, "found", found_on(e, d, name));
	fm_host_conditions(e, name, (d && d->cordoned) || (st && st->rec.cordoned),
			   mr_tree_add_list(m, "conditions"));
	if (!deep)
		return m;
	add_isolation(m, st);
	add_own_ports(m, st);
	l = mr_tree_add_list(m, "holds");
	FM_FOREACH_ASG(e, a)
	{
		if (a->a.has_fn && mr_streq(a->a.host, name))
			mr_tree_attach(l, NULL, fm_tree_assignment(e, a));
	}
	l = mr_tree_add_list(m, "tombstones");
	for (unsigned i = 0; h && i < e->tombs; i++) {
		const struct fm_place *p = &e->tomb[i].place;
		int r = d ? fm_root_at(d, d->chassis, p->port) : p->port == h->port ? 0 : -1;

		if (r >= 0 && d && d->roots > 1)
			mr_tree_add_fmt(l, NULL, "root%d: bridge %u (%s)", r, p->bridge,
					fm_way_name(p->way));
		else if (r >= 0)
			mr_tree_add_fmt(l, NULL, "bridge %u (%s)", p->bridge,
					fm_way_name(p->way));
	}
	return m;
}

/* The host that is VH 0's root: part of its chassis, so nothing is given to it, no document
 * names it, and what the switch knows of its port is not read. */
static struct mr_tree *management_tree(struct fm_engine *e, unsigned chassis)
{
	const struct fm_chassis *ch = &e->inv.chassis[chassis];
	const struct fm_hst *st = fm_host(e, ch->root_name, false);
	struct mr_tree *m = mr_tree_map();

	mr_tree_add_text(m, "name", ch->root_name);
	mr_tree_add_bool(m, "known", false);
	mr_tree_add_bool(m, "cordoned", false);
	mr_tree_add_text(m, "group", NULL);
	mr_tree_add_bool(m, "spare", false);
	mr_tree_add_text(m, "management", e->chassis_name[chassis]);
	mr_tree_add_int(m, "port", ch->root_port);
	mr_tree_add_text(m, "access", NULL);
	mr_tree_add_text(m, "power", NULL);
	mr_tree_add_text(m, "link", NULL);
	mr_tree_add_text(m, "bmc", NULL);
	mr_tree_add_text(m, "agent", agent_of(st));
	mr_tree_add_text(m, "kernel", st ? st->kernel : "");
	mr_tree_add_int(m, "assignments", 0);
	mr_tree_add_int(m, "found", 0);
	mr_tree_add_list(m, "conditions");
	return m;
}

static bool asked(const char *want, const char *name)
{
	return !want[0] || mr_streq(want, name);
}

/* Those that documents name, the others that were read, the management hosts. */
void fm_get_hosts(struct fm_engine *e, struct mr_tree *list, const char *name)
{
	for (unsigned i = 0; i < e->desired->hosts; i++)
		if (asked(name, e->desired->host[i].name))
			mr_tree_attach(list, NULL,
				       host_tree(e, e->desired->host[i].name, name[0] != 0));
	for (unsigned c = 0; c < e->inv.n; c++) {
		const struct fm_chassis *ch = &e->inv.chassis[c];

		for (unsigned i = 0; i < ch->hosts; i++) {
			const struct fm_host *h = &ch->host[i];

			if (asked(name, h->name) && !fm_host_def(e, fm_host_at(e, c, h->port)))
				mr_tree_attach(list, NULL, host_tree(e, h->name, name[0] != 0));
		}
		if (ch->root_port && asked(name, ch->root_name))
			mr_tree_attach(list, NULL, management_tree(e, c));
	}
}
