// SPDX-License-Identifier: Apache-2.0
/*
 * Who holds what (HANDOVER 5 and 6): functions, identities with their reuse delay, quarantined
 * functions. Each lock is a record of its own in the store. Tombstones are chassis/tomb.c.
 */
#include "fabric-manager/engine/state/locks.h"

#include "fabric-manager/engine/state/asgs.h"
#include "fabric-manager/engine/state/out.h"
#include "fabric-manager/engine/state/soon.h"
#include "fabric-manager/engine/state/timers.h"

static void fn_record(struct fm_engine *e, const struct fm_asg *a, struct fm_fn_id fn,
		      const char *adapter, bool erase)
{
	struct fm_record *r = fm_rec(e, FM_RECORD_FUNCTION);

	r->erase = erase;
	mr_copy(r->function.chassis, MR_NAME_MAX, e->chassis_name[fn.chassis]);
	mr_copy(r->function.adapter, MR_NAME_MAX, adapter);
	r->function.pf = fn.pf;
	r->function.vf = fn.vf;
	r->function.assignment = a->a.id;
	r->function.epoch = a->a.epoch + 1;
}

static bool quarantined(const struct fm_engine *e, struct fm_fn_id fn)
{
	for (unsigned i = 0; i < e->quarantines; i++)
		if (fm_fn_eq(e->quarantine_fn[i], fn))
			return true;
	return false;
}

/* Takes the function for 'a' (its next epoch); false when another holds it. */
bool fm_lock_fn(struct fm_engine *e, struct fm_asg *a, struct fm_fn_id fn)
{
	struct fm_asg *holder = fm_asg_by_fn(e, fn);

	if ((holder && holder != a) || quarantined(e, fn))
		return false;
	mr_map_set_u64(e->asg_by_fn, fm_fn_key(fn), (uintptr_t)a);
	fn_record(e, a, fn, a->next.adapter, false);
	return true;
}

/* The function is free again. */
void fm_unlock_fn(struct fm_engine *e, const struct fm_asg *a)
{
	if (!a->a.has_fn || fm_asg_by_fn(e, a->a.fn) != a)
		return;
	mr_map_del_u64(e->asg_by_fn, fm_fn_key(a->a.fn));
	fn_record(e, a, a->a.fn, a->a.adapter, true);
}

static const char *ident_key(const struct mr_ident *id, char *buf, size_t size)
{
	mr_fmt(buf, size, "%d/%llx/%llx", id->type, (unsigned long long)id->hi,
	       (unsigned long long)id->lo);
	return buf;
}

#define CLAIM_KEY (2 * MR_NAME_MAX + 16)

static const char *claim_key(const char *profile, const char *device, unsigned index,
			     unsigned slot, char *buf)
{
	mr_fmt(buf, CLAIM_KEY, "%s/%s/%u/%u", profile, device, index, slot);
	return buf;
}

static void ident_index(struct fm_engine *e, unsigned i)
{
	const struct fm_rec_ident *r = &e->ident[i];
	char key[CLAIM_KEY];

	mr_map_set(e->ident_by, ident_key(&r->ident, key, sizeof(key)), i);
	if (!r->released_wall_ns)
		mr_map_set(e->ident_of,
			   claim_key(r->profile, r->device, r->index, r->slot, key), i);
}

/* Takes a stored identity lock in. */
void fm_ident_load(struct fm_engine *e, const struct fm_rec_ident *r)
{
	MR_GROW(e->ident, e->idents, e->cap_idents);
	e->ident[e->idents] = *r;
	ident_index(e, e->idents++);
}

static bool holds(const struct fm_rec_ident *r, const struct fm_assignment *a)
{
	return mr_streq(r->profile, a->profile) && mr_streq(r->device, a->device) &&
	       r->index == a->index;
}

/* Locks an identity for the claim of 'a'; false when another claim holds it. */
bool fm_lock_ident(struct fm_engine *e, const struct fm_asg *a, unsigned slot,
		   const struct mr_ident *id)
{
	struct fm_rec_ident n = {.ident = *id, .index = a->a.index, .slot = (uint8_t)slot};
	char key[96];
	uint64_t at;

	memcpy(n.profile, a->a.profile, sizeof(n.profile));
	memcpy(n.device, a->a.device, sizeof(n.device));
	if (!mr_map_get(e->ident_by, ident_key(id, key, sizeof(key)), &at)) {
		fm_ident_load(e, &n);
	} else {
		struct fm_rec_ident *r = &e->ident[at];

		if (holds(r, &a->a) && !r->released_wall_ns)
			return true;
		if (!r->released_wall_ns && !holds(r, &a->a))
			return false;
		*r = n;
		ident_index(e, (unsigned)at);
	}
	fm_rec(e, FM_RECORD_IDENT)->ident = n;
	e->intent = true;
	return true;
}

static void ident_erase(struct fm_engine *e, unsigned i)
{
	struct fm_record *rec = fm_rec(e, FM_RECORD_IDENT);
	char key[96];

	rec->erase = true;
	rec->ident = e->ident[i];
	mr_map_del(e->ident_by, ident_key(&e->ident[i].ident, key, sizeof(key)));
	if (i == --e->idents)
		return;
	e->ident[i] = e->ident[e->idents];
	ident_index(e, i);
}

/* How long an identity stays out of use after its release; 0 = it is from no pool. */
static int64_t reuse_of(const struct fm_engine *e, const struct mr_ident *id)
{
	for (unsigned i = 0; e->desired && i < e->desired->ident_pools; i++) {
		const struct fm_ident_pool *p = &e->desired->ident_pool[i];

		for (unsigned k = 0; p->type == id->type && k < p->ranges; k++)
			if (id->lo >= p->range[k].first && id->lo <= p->range[k].last)
				return p->reuse_after_ns;
	}
	return 0;
}

static void ident_soon(struct fm_engine *e, int64_t in_ns)
{
	int64_t when = e->now.mono_ns + in_ns;

	if (when >= e->ident_at)
		return;
	e->ident_at = when;
	fm_timer_set(e, FM_TM_IDENT, 0, when);
}

/* One identity of a claim that is gone: free, or free after its pool's reuseAfter. */
static void unlock_ident(struct fm_engine *e, const struct fm_asg *a, unsigned slot)
{
	char key[CLAIM_KEY];
	struct fm_rec_ident *r;
	int64_t reuse;
	uint64_t at;

	claim_key(a->a.profile, a->a.device, a->a.index, slot, key);
	if (!mr_map_get(e->ident_of, key, &at))
		return;
	mr_map_del(e->ident_of, key);
	r = &e->ident[at];
	reuse = reuse_of(e, &r->ident);
	if (!reuse) {
		ident_erase(e, (unsigned)at);
		return;
	}
	r->released_wall_ns = e->now.wall_ns ? e->now.wall_ns : 1;
	fm_rec(e, FM_RECORD_IDENT)->ident = *r;
	ident_soon(e, reuse);
}

/* The claim of 'a' is gone: its identities are free, those of a pool after its reuseAfter. */
void fm_unlock_idents(struct fm_engine *e, const struct fm_asg *a)
{
	if (a->keeps_idents)
		return;
	for (unsigned slot = 0; slot < FM_IDENTS; slot++)
		unlock_ident(e, a, slot);
}

/* Forgets identities whose reuse delay passed. */
void fm_ident_timer(struct fm_engine *e)
{
	int64_t next = MR_NEVER;

	e->ident_at = MR_NEVER;
	for (unsigned i = e->idents; i-- > 0;) {
		const struct fm_rec_ident *r = &e->ident[i];
		int64_t left;

		if (!r->released_wall_ns)
			continue;
		left = r->released_wall_ns + reuse_of(e, &r->ident) - e->now.wall_ns;
		if (left > 0) {
			next = fm_min64(next, left);
			continue;
		}
		ident_erase(e, i);
		fm_plan_soon(e, 0); /* somebody may wait for it */
	}
	if (next != MR_NEVER)
		ident_soon(e, next);
}

/* A function out of use: it counts as used until an operator frees it. */
void fm_quarantine_add(struct fm_engine *e, const struct fm_rec_function *r, bool persist)
{
	const struct fm_adapter *d;
	struct fm_fn_id fn = {.port = FM_WHOLE, .pf = r->pf, .vf = r->vf};

	for (unsigned c = 0; c < e->inv.n; c++)
		if (mr_streq(e->chassis_name[c], r->chassis)) {
			fn.chassis = (uint16_t)c;
			for (unsigned i = 0; i < e->inv.chassis[c].adapters; i++) {
				d = &e->inv.chassis[c].adapter[i];
				if (mr_streq(d->name, r->adapter))
					fn.port = d->port;
			}
		}
	MR_GROW(e->quarantine_fn, e->quarantines, e->cap_quarantine_fns);
	e->quarantine_fn[e->quarantines] = fn;
	MR_GROW(e->quarantine, e->quarantines, e->cap_quarantines);
	e->quarantine[e->quarantines++] = *r;
	if (persist)
		fm_rec(e, FM_RECORD_FUNCTION)->function = *r;
}

static struct fm_refusing *refusing_at(struct fm_engine *e, unsigned chassis, unsigned port)
{
	for (unsigned i = 0; i < e->refusings; i++)
		if (e->refusing[i].chassis == chassis && e->refusing[i].port == port)
			return &e->refusing[i];
	return NULL;
}

/* The function of 'a' could not be configured, for the reason that 'a' tells: an adapter that
 * refuses them all must not use up function after function. */
void fm_refusing_note(struct fm_engine *e, const struct fm_asg *a)
{
	struct fm_refusing *r = refusing_at(e, a->a.fn.chassis, a->a.fn.port);

	if (!r) {
		MR_GROW(e->refusing, e->refusings, e->cap_refusings);
		r = &e->refusing[e->refusings++];
		*r = (struct fm_refusing){.chassis = a->a.fn.chassis, .port = a->a.fn.port};
	}
	r->in_row = r->reason == a->a.reason ? r->in_row + 1 : 1;
	r->reason = a->a.reason;
	if (r->in_row == FM_REFUSALS_MAX)
		fm_log(e, 2,
		       "adapter '%s': %u functions in a row were quarantined; nothing more is "
		       "placed there until it is inserted again or a changed policy is applied",
		       a->a.adapter, r->in_row);
}

/* The adapter behind 'port' configures, or is another one, or is to be tried again. */
void fm_refusing_end(struct fm_engine *e, unsigned chassis, unsigned port)
{
	struct fm_refusing *r = refusing_at(e, chassis, port);

	if (!r)
		return;
	if (r->in_row >= FM_REFUSALS_MAX)
		fm_plan_soon(e, 20 * MR_NS_PER_MS);
	*r = e->refusing[--e->refusings];
}
