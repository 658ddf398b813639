/* SPDX-License-Identifier: Apache-2.0 */
/* The judge's invariants that are about what stands somewhere: identities behind open gates,
 * functions and their rows in the store. */
#include "tests/sim-test/world/oracle_priv.h"

/* ---- I4: an identity stands behind one open gate, and on a second function, behind a closed
 * one, only of a declared pair ---- */

void oracle_declare_pair(struct oracle *o, uint64_t ident)
{
	o->pair = ident;
}

bool oracle_identities(struct oracle *o)
{
	struct mr_map *seen = mr_map_new(), *carried = mr_map_new();
	bool good = true;

	for (unsigned vh = 1; vh <= o->w->hosts; vh++) {
		struct sim_blade *b = o->w->host[vh].blade;

		if (!b || !sim_blade_up(b))
			continue;
		for (unsigned i = 0; i < sim_blade_devs(b); i++) {
			const struct sim_dev *d = sim_blade_dev(b, i);
			struct sim_fn_view v;
			uint64_t other;

			if (sim_host_fn_view(o->w->chassis, (uint16_t)vh, d->rid, &v) ||
			    v.is_pf || !v.ident0)
				continue;
			if (v.ident0 != o->pair && mr_map_get_u64(carried, v.ident0, &other))
				good = oracle_complain(
					o,
					"I4: identity %#llx is on two functions, and of no "
					"pair: rid %#x of host %u, and one of host %u",
					(unsigned long long)v.ident0, d->rid, vh,
					(unsigned)other);
			mr_map_set_u64(carried, v.ident0, vh);
			if (!v.link)
				continue;
			if (mr_map_get_u64(seen, v.ident0, &other))
				good = oracle_complain(
					o,
					"I4: identity %#llx is open in host %u (rid "
					"%#x) and host %u (rid %#x)",
					(unsigned long long)v.ident0, (unsigned)(other >> 16),
					(unsigned)(other & 0xffff), vh, d->rid);
			mr_map_set_u64(seen, v.ident0, (uint64_t)vh << 16 | d->rid);
		}
	}
	mr_map_free(carried);
	mr_map_free(seen);
	return good;
}

/* ---- I5: what is reachable has a row in the store, which names that host ---- */

uint64_t oracle_fn_key(const struct fn *f)
{
	return fm_fn_key(
		(struct fm_fn_id){0, f->port, f->vf == FM_WHOLE ? FM_WHOLE : f->pf, f->vf});
}

bool oracle_rows(struct oracle *o, const struct mr_map *rows)
{
	for (unsigned i = 0; i < o->fns; i++) {
		const struct fn *f = &o->fn[i];
		uint64_t vh = 0;

		if (f->seen != o->check)
			continue;
		if (!mr_map_get_u64(rows, oracle_fn_key(f), &vh))
			return oracle_complain(
				o,
				"I5: host %u reaches port %u pf%u vf%u, which no row "
				"of the store names",
				f->owner, f->port, f->pf, f->vf);
		if (vh && vh != f->owner)
			return oracle_complain(
				o,
				"I5: host %u reaches port %u pf%u vf%u, which the "
				"store promises to host %u",
				f->owner, f->port, f->pf, f->vf, (unsigned)vh);
	}
	return true;
}
