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

static bool carries(struct oracle *o, uint64_t at, uint64_t ident, bool *ret_open)
{
	struct sim_fn_view v;

	if (sim_host_fn_view(o->w->chassis, (uint16_t)(at >> 16), (uint16_t)at, &v) ||
	    v.is_pf || v.ident0 != ident)
		return false;
	*ret_open = v.link;
	return true;
}

/* 'at': VH << 16 | RID. Who carried its identity last must not do so any more. */
static bool identity(struct oracle *o, uint64_t at)
{
	unsigned vh = (unsigned)(at >> 16), rid = at & 0xffff;
	struct sim_fn_view v;
	bool open = false;
	uint64_t other;

	if (sim_host_fn_view(o->w->chassis, (uint16_t)vh, (uint16_t)rid, &v) || v.is_pf ||
	    !v.ident0)
		return true;
	if (!mr_map_get_u64(o->carried, v.ident0, &other) || other == at ||
	    !carries(o, other, v.ident0, &open)) {
		mr_map_set_u64(o->carried, v.ident0, at);
		return true;
	}
	if (v.link && open)
		return oracle_complain(
			o,
			"I4: identity %#llx is open in host %u (rid %#x) and host %u (rid %#x)",
			(unsigned long long)v.ident0, (unsigned)(other >> 16),
			(unsigned)(other & 0xffff), vh, rid);
	if (v.ident0 != o->pair)
		return oracle_complain(o,
				       "I4: identity %#llx is on two functions, and of no "
				       "pair: rid %#x of host %u, and one of host %u",
				       (unsigned long long)v.ident0, rid, vh,
				       (unsigned)(other >> 16));
	return true;
}

/* Of everything that the hosts' kernels know. */
static bool all_identities(struct oracle *o)
{
	bool good = true;

	for (unsigned vh = 1; vh <= o->w->hosts; vh++) {
		struct sim_blade *b = o->w->host[vh].blade;

		for (unsigned i = 0; b && sim_blade_up(b) && i < sim_blade_devs(b); i++) {
			const struct sim_dev *d = sim_blade_dev(b, i);

			if (!d->header) /* no bridge */
				good = identity(o, (uint64_t)vh << 16 | d->rid) && good;
		}
	}
	return good;
}

bool oracle_identities(struct oracle *o, bool all)
{
	bool good = true;

	if (all)
		return all_identities(o);
	for (unsigned i = 0; i < o->looks; i++) {
		const struct fn *f = &o->fn[o->look[i]];

		if (f->rid_check == o->check)
			good = identity(o, (uint64_t)f->owner << 16 | f->rid) && good;
	}
	return good;
}

/* ---- I5: what is reachable has a row in the store, which names that host ---- */

uint64_t oracle_fn_key(const struct fn *f)
{
	return fm_fn_key(
		(struct fm_fn_id){0, f->port, f->vf == FM_WHOLE ? FM_WHOLE : f->pf, f->vf});
}

void oracle_excuse_rows(struct oracle *o, bool excused)
{
	o->rows_excused = excused;
}

bool oracle_rows(struct oracle *o)
{
	for (unsigned i = 0; i < o->looks && !o->rows_excused; i++) {
		const struct fn *f = &o->fn[o->look[i]];
		unsigned vh = 0;

		if (f->seen != o->check)
			continue;
		if (!world_store_promises(o->w, oracle_fn_key(f), &vh))
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
				f->owner, f->port, f->pf, f->vf, vh);
	}
	return true;
}
