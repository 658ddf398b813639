/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I3, I4 and I6 by the rows of functions, which their adapters have whatever reaches them.
 */
#include "common/str.h"
#include "tests/sim-test/world/management_priv.h"
#include "tests/sim-test/world/world.h"

/* ---- what is known of a function ---- */

/* A function that is looked at: its row as its adapter has it. */
struct row {
	unsigned port, pf, vf;
	struct seen *seen;
	struct sim_vf_look is;
};

/* False: its adapter is not there, or does not answer. */
static bool look(const struct world *w, struct row *v)
{
	const struct table *t = &w->management->port[v->port];

	v->seen = &t->seen[v->pf * t->vfs + v->vf];
	return !sim_vf_look(w->chassis, (uint16_t)v->port, (uint16_t)v->pf, (uint16_t)v->vf,
			    &v->is) &&
	       v->is.link;
}

static uint64_t key_of(const struct row *v)
{
	return fm_fn_key(
		(struct fm_fn_id){0, (uint16_t)v->port, (uint16_t)v->pf, (uint16_t)v->vf});
}

/* ---- I3: the guarantees of functions whose gate is open fit their network port, and all of an
 * adapter its link ---- */

static void guarantee(struct world *w, const struct row *v)
{
	uint64_t now = v->is.open ? v->is.min_mbps : 0;

	w->management->port[v->port].sum[v->pf] += now - v->seen->guaranteed;
	v->seen->guaranteed = now;
}

/* Into what this register says; 0: nobody knows. */
static bool fits(struct world *w, uint64_t address, uint64_t sum)
{
	uint64_t max = management_read(w, address);

	return !max || sum <= max;
}

static bool too_much(unsigned port, unsigned pf, uint64_t sum, char *why, size_t size)
{
	mr_fmt(why, size, "I3: port %u pf%u guarantees %llu Mbit/s, more than %s has", port, pf,
	       (unsigned long long)sum, pf == FM_WHOLE ? "its link" : "it");
	return false;
}

static bool guarantees_fit(struct world *w, char *why, size_t size)
{
	const struct management *m = w->management;

	for (unsigned port = 1; port <= m->ports; port++) {
		uint64_t all = 0;

		for (unsigned pf = 0; pf < m->port[port].pfs; pf++) {
			uint64_t sum = m->port[port].sum[pf];

			all += sum;
			if (sum && !fits(w, SW_PORT(port) + PORT_NET_MBPS + 8 * pf, sum))
				return too_much(port, pf, sum, why, size);
		}
		if (all && !fits(w, SW_PORT(port) + PORT_LINK_MBPS, all))
			return too_much(port, FM_WHOLE, all, why, size);
	}
	return true;
}

/* ---- I4: an adapter whose link is down keeps its gates as they are ---- */

/* The identity behind an open gate, whether the adapter's link is up or not; 0 = none. */
static uint64_t shown_by(const struct world *w, uint64_t key)
{
	struct sim_vf_look g;

	if (sim_vf_look(w->chassis, key >> 32 & 0xffff, key >> 16 & 0xffff, key & 0xffff, &g))
		return 0;
	return g.open ? g.ident0 : 0;
}

/* Who had it last is asked again: its gate may have closed since. */
static bool one_gate(struct world *w, const struct row *v, char *why, size_t size)
{
	uint64_t ident = v->is.open ? v->is.ident0 : 0, key = key_of(v), other = key;

	if (!ident)
		return true;
	mr_map_get_u64(w->management->identity, ident, &other);
	mr_map_set_u64(w->management->identity, ident, key);
	if (other == key || shown_by(w, other) != ident)
		return true;
	mr_fmt(why, size,
	       "I4: identity %#llx stands behind the open gates of port %u pf%u vf%u "
	       "and port %u pf%u vf%u",
	       (unsigned long long)ident, (unsigned)(other >> 32 & 0xffff),
	       (unsigned)(other >> 16 & 0xffff), (unsigned)(other & 0xffff), v->port, v->pf,
	       v->vf);
	return false;
}

/* ---- I6: counters ---- */

static bool named(const struct world *w, struct fm_fn_id id)
{
	uint64_t any;

	return mr_map_get_u64(w->named, fm_fn_key(id), &any) ||
	       mr_map_get_u64(w->named_before, fm_fn_key(id), &any);
}

/* Whether a host is the root of VH 0: what nobody uses is its to reset. */
static bool rooted(const struct world *w)
{
	for (unsigned vh = 1; vh <= w->hosts; vh++)
		if (sim_host_management(w->chassis, (uint16_t)vh))
			return true;
	return false;
}

/* Whether its host or its adapter did something by itself since the last look, or an operation
 * named it, or, where nobody uses it, its whole adapter or VH 0's root. */
static bool excused(const struct world *w, const struct row *v, bool used)
{
	struct fm_fn_id id = {0, (uint16_t)v->port, (uint16_t)v->pf, (uint16_t)v->vf};
	struct fm_fn_id all = {0, (uint16_t)v->port, FM_WHOLE, FM_WHOLE};

	return w->shaken || w->looked_ns <= w->unsteady_until_ns || named(w, id) ||
	       (!used && (named(w, all) || rooted(w)));
}

static bool counter_held(struct world *w, const struct row *v, char *why, size_t size)
{
	struct seen *s = v->seen, was = *s;

	s->resets = v->is.resets;
	s->remaps = v->is.remaps;
	s->lost = v->is.lost;
	s->runs = v->is.open && !v->is.block;
	s->known = true;
	if (!was.known ||
	    (s->resets == was.resets && s->remaps == was.remaps &&
	     (s->lost == was.lost || !s->runs || !was.runs)) ||
	    excused(w, v, s->runs || was.runs))
		return true;
	mr_fmt(why, size,
	       "I6: no operation named port %u pf%u vf%u, and its resets went from %llu to "
	       "%llu, its remaps from %llu to %llu, its losses from %llu to %llu",
	       v->port, v->pf, v->vf, (unsigned long long)was.resets,
	       (unsigned long long)s->resets, (unsigned long long)was.remaps,
	       (unsigned long long)s->remaps, (unsigned long long)was.lost,
	       (unsigned long long)s->lost);
	return false;
}

static bool gate_holds(struct world *w, const struct row *v, char *why, size_t size)
{
	guarantee(w, v);
	return one_gate(w, v, why, size);
}

static bool pf_holds(struct world *w, unsigned port, unsigned pf, char *why, size_t size)
{
	unsigned vfs = w->management->port[port].vfs;
	struct row v = {.port = port, .pf = pf};

	for (v.vf = 0; v.vf < vfs; v.vf++)
		if (look(w, &v) &&
		    (!gate_holds(w, &v, why, size) || !counter_held(w, &v, why, size)))
			return false;
	return true;
}

static bool all_hold(struct world *w, char *why, size_t size)
{
	const struct management *m = w->management;

	for (unsigned port = 1; port <= m->ports; port++)
		for (unsigned pf = 0; pf < m->port[port].pfs; pf++)
			if (!pf_holds(w, port, pf, why, size))
				return false;
	return true;
}

static bool one_holds(struct world *w, uint64_t key, char *why, size_t size)
{
	struct row v = {
		.port = key >> 32 & 0xffff, .pf = key >> 16 & 0xffff, .vf = key & 0xffff};
	const struct table *t = v.port <= MR_MAX_PORTS ? &w->management->port[v.port] : NULL;

	return !t || v.pf >= t->pfs || v.vf >= t->vfs || !look(w, &v) ||
	       gate_holds(w, &v, why, size);
}

bool management_holds(struct world *w, const struct touched_set *t, char *why, size_t size)
{
	bool good = true;

	if (t->all) {
		good = all_hold(w, why, size) && guarantees_fit(w, why, size);
		world_named_again(w);
		return good;
	}
	for (unsigned i = 0; good && i < t->fns; i++)
		good = one_holds(w, t->fn[i], why, size);
	return good && guarantees_fit(w, why, size);
}
