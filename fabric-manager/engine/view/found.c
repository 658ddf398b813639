// SPDX-License-Identifier: Apache-2.0
/* What was found: see the header. */
#include "fabric-manager/engine/view/found.h"

#include "fabric-manager/engine/assign/join.h"
#include "fabric-manager/engine/state/asgs.h"
#include "fabric-manager/engine/state/wanted.h"
#include "fabric-manager/engine/view/view.h"

bool fm_found(const struct fm_engine *e, struct fm_fn_id fn, struct fm_found *ret)
{
	const struct fm_asg *a = fm_asg_by_fn(e, fn);
	const struct fm_fn *f = fm_fn_get(&e->inv, fn);
	struct fm_found x = {.place = {.way = FM_WAY_NONE}};
	unsigned port;

	if (!f || (a && a->a.has_fn && fm_fn_eq(a->a.fn, fn)) ||
	    (fn.vf != FM_WHOLE && !f->owner_vh && f->row_bridge == FM_NO_BRIDGE))
		return false;
	port = fm_row_of(e, fn, &x.place, &x.cookie);
	x.host = port ? fm_host_by_port(&e->inv, fn.chassis, port) : NULL;
	if (!x.host)
		return false;
	x.name = fm_host_at(e, fn.chassis, port);
	*ret = x;
	return true;
}

static unsigned count_adapter(const struct fm_engine *e, unsigned chassis,
			      const struct fm_adapter *d, unsigned port, bool *hosts)
{
	bool whole = d->kind == FM_ADAPTER_BASE;
	unsigned n = 0, fns = whole ? 1 : (unsigned)d->pfs * d->vfs;

	for (unsigned k = 0; d->fn && k < fns; k++) {
		struct fm_fn_id fn = {(uint16_t)chassis, d->port, FM_WHOLE, FM_WHOLE};
		struct fm_found x;

		if (!whole) {
			fn.pf = (uint16_t)(k / d->vfs);
			fn.vf = (uint16_t)(k % d->vfs);
		}
		if (!fm_found(e, fn, &x) || (port && x.host->port != port))
			continue;
		hosts[x.host->port] = true;
		n++;
	}
	return n;
}

unsigned fm_found_count(const struct fm_engine *e, unsigned chassis, unsigned port,
			unsigned *ret_hosts)
{
	const struct fm_chassis *c = &e->inv.chassis[chassis];
	bool *hosts = mr_xcalloc(MR_MAX_PORTS + 1, sizeof(*hosts));
	unsigned n = 0, some = 0;

	for (unsigned i = 0; i < c->adapters; i++)
		n += count_adapter(e, chassis, &c->adapter[i], port, hosts);
	for (unsigned i = 0; i <= MR_MAX_PORTS; i++)
		some += hosts[i];
	free(hosts);
	if (ret_hosts)
		*ret_hosts = some;
	return n;
}

void fm_tree_found(const struct fm_engine *e, struct fm_fn_id fn, struct mr_tree *m)
{
	const struct fm_asg *a = fm_asg_by_fn(e, fn);
	const struct fm_fn *f = fm_fn_get(&e->inv, fn);
	struct fm_assignment is;
	struct fm_found x;
	struct mr_tree *t;

	if (!fm_found(e, fn, &x)) {
		mr_tree_add_text(m, "found", a && a->a.adopted ? "adopted" : NULL);
		mr_tree_add_text(m, "foundAt", NULL);
		return;
	}
	mr_tree_add_text(m, "found", "not ours");
	t = mr_tree_add_map(m, "foundAt");
	mr_tree_add_text(t, "host", x.name);
	mr_tree_add_text(t, "way", fm_way_name(x.place.way));
	mr_tree_add_int(t, "port", x.place.port);
	if (x.place.bridge == FM_NO_BRIDGE) /* of its PF: only an owner knows */
		mr_tree_add_text(t, "bridge", NULL);
	else
		mr_tree_add_int(t, "bridge", x.place.bridge);
	mr_tree_add_int(t, "slot", x.place.slot);
	mr_tree_add_fmt(t, "cookie", "%016llx", (unsigned long long)x.cookie);
	mr_tree_add_int(t, "ownerEpoch", (int64_t)e->inv.chassis[fn.chassis].owner_epoch);
	if (fn.vf == FM_WHOLE)
		return;
	is = (struct fm_assignment){.fn = fn,
				    .has_fn = true,
				    .attrs = f->attrs,
				    .guaranteed_mbps = f->attrs.min_mbps,
				    .limit_mbps = f->attrs.max_mbps};
	fm_tree_attributes(mr_tree_add_map(m, "attributes"), e, &is);
}

void fm_found_words(const struct fm_engine *e, unsigned chassis, struct mr_buf *out)
{
	unsigned hosts, n = fm_found_count(e, chassis, 0, &hosts);

	if (n)
		mr_buf_printf(out,
			      "%u function%s on %u host%s run%s and %s not ours (`banyan get "
			      "functions`)",
			      n, n == 1 ? "" : "s", hosts, hosts == 1 ? "" : "s",
			      n == 1 ? "s" : "", n == 1 ? "is" : "are");
}
