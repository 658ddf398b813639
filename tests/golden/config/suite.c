// SPDX-License-Identifier: Apache-2.0
/*
 * Golden suite of the files of config/: a case's `files` names a policy, a chassis, both, or a
 * manager's configuration, one "KIND PATH" a line. The chassis is built and read by mrpcim as
 * the manager does it; what comes out: the inventory in short, and with a policy where each
 * claim is placed on it from an empty fabric, and what plan and explain say of it.
 */
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/os/log.h"
#include "common/str.h"
#include "common/tree.h"
#include "fabric-manager/io/config.h"
#include "fabric-manager/plan/plan.h"
#include "fabric-manager/policy/resolve.h"
#include "tests/golden/config/observe.h"
#include "tests/golden/golden.h"

struct inputs {
	struct fm_docs docs;
	bool has_policy;
	struct fm_inventory inv;
	bool *lvf; /* by host of the chassis */
	struct mr_diags diags;
};

static void dump_inventory(const struct fm_chassis *c, struct mr_buf *out)
{
	unsigned up = 0, present = 0, functions = 0;

	for (unsigned i = 0; i < c->hosts; i++)
		up += c->host[i].power && c->host[i].bridges > 0;
	mr_buf_printf(out, "chassis %s serial %s: hosts %u, ready %u\n", c->name, c->serial,
		      c->hosts, up);
	for (unsigned i = 0; i < c->adapters; i++) {
		const struct fm_adapter *a = &c->adapter[i];
		unsigned n = a->kind == FM_ADAPTER_BASE ? 1 : a->pfs * a->vfs;

		present += a->present;
		functions += n;
		mr_buf_printf(out, "  slot %u %s %s %s %04x:%04x functions %u", a->slot,
			      a->name, fm_adapter_kind_name(a->kind),
			      mr_class_name(a->device_class), a->vendor, a->device, n);
		mr_buf_printf(out, " device VHs %u PCIe %llu network %llu Mbit/s\n", a->vhs,
			      (unsigned long long)a->link_mbps,
			      (unsigned long long)a->pf[0].net_mbps);
	}
	mr_buf_printf(out, "adapters %u, present %u, functions %u\n", c->adapters, present,
		      functions);
}

static void dump_placed(const struct fm_plan_input *in, const struct fm_plan *p, unsigned i,
			struct mr_buf *out)
{
	const struct fm_claim *c = &in->desired->claim[i];
	const struct fm_placed *at = &p->placed[i];
	char claim[FM_CLAIM_TEXT], fn[FM_FN_TEXT], ident[MR_IDENT_TEXT];

	mr_buf_printf(out, "%s", fm_claim_text(c, claim));
	if (c->host == FM_WHOLE) {
		mr_buf_puts(out, " connected to no host\n");
		return;
	}
	if (!at->placed) {
		mr_buf_printf(out, " not placed: %s: %s\n", mr_reason_name(at->reason),
			      at->detail ? at->detail : "");
		return;
	}
	mr_buf_printf(out, " -> %s on %s", fm_fn_text(in->inventory, at->fn, fn),
		      in->desired->host[c->host].name);
	if (in->desired->host[c->host].roots > 1)
		mr_buf_printf(out, "/root%d",
			      fm_root_at(&in->desired->host[c->host], at->fn.chassis,
					 at->place.port));
	mr_buf_printf(out, " as %s bridge %u", fm_way_name(at->place.way), at->place.bridge);
	for (unsigned k = 0; k < FM_IDENTS; k++) {
		struct mr_ident id = fm_placed_ident(c, at, k);

		if (c->ident[k].source != FM_IDENT_NONE)
			mr_buf_printf(out, " %s %s", mr_ident_type_name(id.type),
				      mr_ident_text(&id, ident));
	}
	mr_buf_putc(out, '\n');
}

/* A tree with one value a line. */
static void dump_tree(const struct mr_tree *t, unsigned depth, struct mr_buf *out)
{
	for (unsigned i = 0; i < t->n; i++) {
		const struct mr_tree *c = t->child[i];

		mr_buf_printf(out, "%*s%s", (int)(2 * depth), "", c->key ? c->key : "-");
		if (c->kind == MR_TREE_INT || c->kind == MR_TREE_BOOL)
			mr_buf_printf(out, " %lld", (long long)c->num);
		else if (c->text)
			mr_buf_printf(out, " %s", c->text);
		mr_buf_putc(out, '\n');
		dump_tree(c, depth + 1, out);
	}
}

/* What `plan` shows, and `explain` of the first claim and of the first that is not placed. */
static void dump_words(const struct fm_plan_input *in, const struct fm_plan *p,
		       struct mr_buf *out)
{
	struct mr_tree *t = fm_plan_tree(p, in);
	unsigned waits = 0;
	char claim[FM_CLAIM_TEXT];

	mr_buf_puts(out, "plan:\n");
	dump_tree(t, 1, out);
	mr_tree_free(t);
	while (waits < p->claims && p->placed[waits].placed)
		waits++;
	for (unsigned i = 0; i < p->claims; i++) {
		if (i && i != waits)
			continue;
		t = fm_plan_explain(in, p, i);
		mr_buf_printf(out, "explain %s:\n",
			      fm_claim_text(&in->desired->claim[i], claim));
		dump_tree(t, 1, out);
		mr_tree_free(t);
	}
}

static void dump_plan(const struct inputs *in, struct mr_buf *out)
{
	struct fm_resolve_input ask = {.docs = &in->docs, .inventory = &in->inv};
	struct mr_diags findings = {0};
	struct fm_desired *d = fm_resolve(&ask, &findings);
	struct fm_plan_host *hosts = calloc(d->hosts + 1, sizeof(*hosts));
	struct fm_plan_input plan = {.desired = d, .inventory = &in->inv, .host = hosts};
	unsigned placed = 0, count[FM_CHANGE_PROVISION + 1] = {0};
	struct fm_plan *p;

	fm_diags_sort(&findings);
	mr_diags_print(&findings, out);
	mr_diags_done(&findings);
	for (unsigned i = 0; i < d->hosts; i++)
		hosts[i].lvf = d->host[i].roots && in->lvf[d->host[i].root[0]];
	p = fm_plan_make(&plan);
	for (unsigned i = 0; i < p->claims; i++) {
		dump_placed(&plan, p, i, out);
		placed += p->placed[i].placed;
	}
	for (unsigned i = 0; i < p->changes; i++)
		count[p->change[i].kind]++;
	mr_buf_printf(out, "claims %u, placed %u; changes:", p->claims, placed);
	for (unsigned k = 0; k <= FM_CHANGE_PROVISION; k++) {
		if (count[k])
			mr_buf_printf(out, " %s %u", fm_change_kind_name(k), count[k]);
	}
	mr_buf_putc(out, '\n');
	dump_words(&plan, p, out);
	fm_plan_free(p);
	fm_desired_free(d);
	free(hosts);
}

static void read_manager(const char *name, const char *text, size_t len, struct mr_diags *diags,
			 struct mr_buf *out)
{
	struct fm_config c = {0};

	if (fm_config_read(name, text, len, &c, diags))
		return;
	mr_buf_printf(out, "store %s\ncontrol %s\nagents %s %s\nlog %d %s\n", c.store,
		      c.control, c.agents_unix, c.agents_tcp, c.log_level,
		      c.log_json ? "json" : "text");
	for (unsigned i = 0; i < c.n_chassis; i++)
		mr_buf_printf(out, "chassis %s %s %s\n", c.chassis[i].name, c.chassis[i].driver,
			      c.chassis[i].address);
}

static void read_policy(const char *name, const char *text, size_t len, struct inputs *in)
{
	in->has_policy = true;
	fm_docs_read(&in->docs, name, text, len, &in->diags);
	if (!in->diags.errors)
		fm_docs_validate(&in->docs, &in->diags);
}

/* One line of `files`. */
static void read_file(char *line, struct inputs *in, struct mr_buf *out)
{
	char *path = strchr(line, ' '), *text;
	size_t len = 0;

	if (path)
		*path++ = '\0';
	text = path ? golden_file(SRCDIR, path, &len) : NULL;
	if (!text)
		mr_buf_printf(out, "expected KIND PATH, got '%s %s'\n", line, path ? path : "");
	else if (!strcmp(line, "manager"))
		read_manager(path, text, len, &in->diags, out);
	else if (!strcmp(line, "policy"))
		read_policy(path, text, len, in);
	else if (!strcmp(line, "chassis"))
		observe_chassis(path, text, len, &in->inv, &in->lvf, &in->diags);
	else
		mr_buf_printf(out, "expected manager, policy or chassis, got '%s'\n", line);
	free(text);
}

static void run(const char *dir, struct mr_buf *out)
{
	char *list = golden_file(dir, "files", NULL), *rest = NULL;
	struct inputs in = {0};

	for (char *p = list ? strtok_r(list, "\n", &rest) : NULL; p;
	     p = strtok_r(NULL, "\n", &rest))
		read_file(p, &in, out);
	mr_diags_print(&in.diags, out);
	if (in.inv.n)
		dump_inventory(&in.inv.chassis[0], out);
	if (in.inv.n && in.has_policy && !in.diags.errors)
		dump_plan(&in, out);
	fm_inventory_done(&in.inv);
	fm_docs_done(&in.docs);
	mr_diags_done(&in.diags);
	free(in.lvf);
	free(list);
}

int main(int argc, char **argv)
{
	return golden_main(argc, argv, run);
}
