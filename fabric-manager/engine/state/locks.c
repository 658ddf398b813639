// SPDX-License-Identifier: Apache-2.0
/*
 * Who holds what (HANDOVER 5 and 6): functions, identities with their reuse delay. Each lock is
 * a record of its own in the store. Tombstones are chassis/tomb.c.
 */
#include "fabric-manager/engine/state/locks.h"

#include "common/mutant.h"
#include "fabric-manager/engine/state/asgs.h"
#include "fabric-manager/engine/state/news.h"
#include "fabric-manager/engine/state/out.h"
#include "fabric-manager/engine/state/outofuse.h"
#include "fabric-manager/engine/state/soon.h"
#include "fabric-manager/engine/state/timers.h"
#include "fabric-manager/engine/state/wanted.h"

static void fn_record(struct fm_engine *e, const struct fm_asg *a, struct fm_fn_id fn,
		      const char *adapter, uint32_t epoch, bool erase)
{
	struct fm_record *r = fm_rec(e, FM_RECORD_FUNCTION);

	r->erase = erase;
	mr_copy(r->function.chassis, MR_NAME_MAX, e->chassis_name[fn.chassis]);
	mr_copy(r->function.adapter, MR_NAME_MAX, adapter);
	r->function.pf = fn.pf;
	r->function.vf = fn.vf;
	r->function.assignment = a->a.id;
	r->function.epoch = epoch;
}

/* Takes the function for 'a' (its next epoch); false when another holds it. */
bool fm_lock_fn(struct fm_engine *e, struct fm_asg *a, struct fm_fn_id fn)
{
	struct fm_asg *holder = fm_asg_by_fn(e, fn);

	if ((holder && holder != a && !MR_MUTANT(LOCK_IGNORED)) || fm_is_quarantined(e, fn))
		return false;
	mr_map_set_u64(e->asg_by_fn, fm_fn_key(fn), (uintptr_t)a);
	fn_record(e, a, fn, a->next.adapter, a->a.epoch + 1, false);
	return true;
}

/* Takes the function that 'a' was found to have, whoever has it in the books. */
void fm_lock_found(struct fm_engine *e, struct fm_asg *a)
{
	mr_map_set_u64(e->asg_by_fn, fm_fn_key(a->a.fn), (uintptr_t)a);
	fn_record(e, a, a->a.fn, a->a.adapter, a->a.epoch, false);
}

/* The function is free again. */
void fm_unlock_fn(struct fm_engine *e, const struct fm_asg *a)
{
	if (!a->a.has_fn || fm_asg_by_fn(e, a->a.fn) != a)
		return;
	mr_map_del_u64(e->asg_by_fn, fm_fn_key(a->a.fn));
	fn_record(e, a, a->a.fn, a->a.adapter, a->a.epoch, !MR_MUTANT(FUNCTION_LEAKED));
	fm_quarantine_end(e, a->a.fn);
}

static const char *ident_key(const struct mr_ident *id, char *buf, size_t size)
{
	mr_fmt(buf, size, "%d/%llx/%llx", id->type, (unsigned long long)id->hi,
	       (unsigned long long)id->lo);
	return buf;
}

const char *fm_claim_key(const char *profile, const char *device, unsigned index, char *buf)
{
	mr_fmt(buf, CLAIM_KEY, "%s/%s/%u", profile, device, index);
	return buf;
}

static const char *claim_key(const char *profile, const char *device, unsigned index,
			     unsigned slot, char *buf)
{
	mr_fmt(buf, CLAIM_KEY, "%s/%s/%u/%u", profile, device, index, slot);
	return buf;
}

/* A claim has it in this place; where it has two, until it was swept, one of them is found. */
static void ident_of_claim(struct fm_engine *e, unsigned i)
{
	const struct fm_rec_ident *r = &e->ident[i], *o;
	char key[CLAIM_KEY];
	uint64_t at;

	if (r->released_wall_ns)
		return;
	claim_key(r->profile, r->device, r->index, r->slot, key);
	o = mr_map_get(e->ident_of, key, &at) && at < e->idents ? &e->ident[at] : r;
	if (mr_ident_cmp(&o->ident, &r->ident) && !o->released_wall_ns &&
	    mr_streq(o->profile, r->profile) && mr_streq(o->device, r->device) &&
	    o->index == r->index && o->slot == r->slot)
		e->ident_twice = true;
	mr_map_set(e->ident_of, key, i);
}

static void ident_index(struct fm_engine *e, unsigned i)
{
	char key[CLAIM_KEY];

	fm_news_ident(e, i);
	mr_map_set(e->ident_by, ident_key(&e->ident[i].ident, key, sizeof(key)), i);
	ident_of_claim(e, i);
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

/* Its claim is not found by it any more. */
static void forget_claim(struct fm_engine *e, unsigned at)
{
	const struct fm_rec_ident *r = &e->ident[at];
	char key[CLAIM_KEY];
	uint64_t of;

	claim_key(r->profile, r->device, r->index, r->slot, key);
	if (mr_map_get(e->ident_of, key, &of) && of == at)
		mr_map_del(e->ident_of, key);
}

/* Locks the identity that 'a' was found to show its network, whoever has it in the books. */
void fm_lock_shown(struct fm_engine *e, const struct fm_asg *a, unsigned slot,
		   const struct mr_ident *id)
{
	struct fm_rec_ident n = {.ident = *id, .index = a->a.index, .slot = (uint8_t)slot};
	char key[96], claim[CLAIM_KEY];
	uint64_t at;

	memcpy(n.profile, a->a.profile, sizeof(n.profile));
	memcpy(n.device, a->a.device, sizeof(n.device));
	claim_key(n.profile, n.device, n.index, slot, claim);
	if (mr_map_get(e->ident_of, claim, &at) && mr_ident_cmp(&e->ident[at].ident, id))
		e->unswept = true;
	if (!mr_map_get(e->ident_by, ident_key(id, key, sizeof(key)), &at)) {
		fm_ident_load(e, &n);
	} else {
		if (holds(&e->ident[at], &a->a) && !e->ident[at].released_wall_ns)
			return;
		forget_claim(e, (unsigned)at);
		e->ident[at] = n;
		ident_index(e, (unsigned)at);
	}
	fm_rec(e, FM_RECORD_IDENT)->ident = n;
	e->intent = true;
}

/* Locks an identity for the claim of 'a'; false when another claim holds it. */
bool fm_lock_ident(struct fm_engine *e, const struct fm_asg *a, unsigned slot,
		   const struct mr_ident *id)
{
	char key[96];
	uint64_t at;

	if (mr_map_get(e->ident_by, ident_key(id, key, sizeof(key)), &at) &&
	    !e->ident[at].released_wall_ns && !holds(&e->ident[at], &a->a))
		return false;
	fm_lock_shown(e, a, slot, id);
	return true;
}

static void ident_erase(struct fm_engine *e, unsigned i)
{
	struct fm_record *rec = fm_rec(e, FM_RECORD_IDENT);
	char key[96];

	rec->erase = true;
	rec->ident = e->ident[i];
	mr_map_del(e->ident_by, ident_key(&e->ident[i].ident, key, sizeof(key)));
	fm_news_ident(e, --e->idents);
	if (i == e->idents)
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
static void ident_release(struct fm_engine *e, unsigned at)
{
	struct fm_rec_ident *r = &e->ident[at];
	int64_t reuse = reuse_of(e, &r->ident);

	forget_claim(e, at);
	if (!reuse || MR_MUTANT(REUSE_IGNORED)) {
		ident_erase(e, at);
		return;
	}
	r->released_wall_ns = e->now.wall_ns ? e->now.wall_ns : 1;
	fm_news_ident(e, (unsigned)at);
	fm_rec(e, FM_RECORD_IDENT)->ident = *r;
	ident_soon(e, reuse);
}

/* Whether the assignment runs with another identity in this place: it got that one when its
 * device became one of another class. While it is on its way it may have both: later. */
static bool displaced(struct fm_engine *e, const struct fm_asg *a, const struct mr_ident *id)
{
	if (!a->a.has_fn || a->a.partner[0] || id->lo == a->a.attrs.ident0 ||
	    id->lo == a->a.attrs.ident1)
		return false;
	if (a->a.phase == FM_PHASE_ACTIVE && !a->a.going && !a->next.set)
		return true;
	e->unswept = true;
	return false;
}

/* Whether a function that was adopted shows it: it is in use, whoever's it was. */
static bool is_adopted(const struct fm_engine *e, const struct mr_ident *id)
{
	const struct fm_asg *a;

	if (!e->adopteds)
		return false;
	FM_FOREACH_ASG(e, a)
	{
		if (a->a.adopted &&
		    (id->lo == a->a.attrs.ident0 || id->lo == a->a.attrs.ident1))
			return true;
	}
	return false;
}

/* The sweep gives free what an adopted function shows, when that is gone. */
static void unlock_ident(struct fm_engine *e, const struct fm_asg *a, unsigned slot)
{
	char key[CLAIM_KEY];
	uint64_t at;

	claim_key(a->a.profile, a->a.device, a->a.index, slot, key);
	if (!mr_map_get(e->ident_of, key, &at))
		return;
	if (is_adopted(e, &e->ident[at].ident))
		e->unswept = true;
	else
		ident_release(e, (unsigned)at);
}

/*
 * Identities that no assignment gives back: those of a profile that was connected to no host
 * when it went ('wanted' does not know its claim), and those that a claim had before it got
 * others.
 */
void fm_idents_sweep(struct fm_engine *e, const struct mr_map *wanted)
{
	for (unsigned i = e->idents; i-- > 0;) {
		const struct fm_rec_ident *r = &e->ident[i];
		const struct fm_asg *a;
		char key[CLAIM_KEY];
		uint64_t claim;

		if (r->released_wall_ns)
			continue;
		a = fm_asg_by_name(e, r->profile, r->device, r->index);
		if (a ? !displaced(e, a, &r->ident)
		      : mr_map_get(wanted, fm_claim_key(r->profile, r->device, r->index, key),
				   &claim))
			continue;
		if (is_adopted(e, &r->ident)) {
			e->unswept = true;
			continue;
		}
		ident_release(e, i);
		e->intent = true;
	}
	if (!e->ident_twice)
		return;
	e->ident_twice = false; /* what was kept is found from now on */
	for (unsigned i = 0; i < e->idents; i++)
		ident_of_claim(e, i);
}

/* ---- claims that went ---- */

#define GONE_MAX 1000 /* above it all identities are looked at */

static void note_gone(struct fm_engine *e, const struct fm_claim *c)
{
	struct fm_gone *g;

	if (fm_asg_by_name(e, c->profile, c->device, c->index)) {
		e->leaving = true;
		return;
	}
	if (e->gones == GONE_MAX) {
		e->unswept = true;
		return;
	}
	MR_GROW(e->gone, e->gones, e->cap_gones);
	g = &e->gone[e->gones++];
	mr_copy(g->profile, sizeof(g->profile), c->profile);
	mr_copy(g->device, sizeof(g->device), c->device);
	g->index = c->index;
}

static int claim_cmp(const struct fm_claim *a, const struct fm_claim *b)
{
	int c = a->device == b->device ? 0 : strcmp(a->device, b->device);

	return c ? c : (a->index > b->index) - (a->index < b->index);
}

/* Claims of profile 'p' of 'old' that 'q' (NULL: none) of 'new' does not have; both are sorted
 * by device and index. */
static void gone_of(struct fm_engine *e, const struct fm_desired *old,
		    const struct fm_profile *p, const struct fm_desired *new,
		    const struct fm_profile *q)
{
	uint32_t k = 0;

	for (uint32_t i = 0; i < p->claims; i++) {
		const struct fm_claim *c = &old->claim[p->first_claim + i];
		int cmp = 1;

		while (q && k < q->claims &&
		       (cmp = claim_cmp(c, &new->claim[q->first_claim + k])) > 0)
			k++;
		if (cmp)
			note_gone(e, c);
	}
}

/* See locks.h. What is on its way out keeps its identities until it is gone: the documents
 * after these look at all. */
void fm_claims_gone(struct fm_engine *e, const struct fm_desired *old,
		    const struct fm_desired *new)
{
	unsigned k = 0;

	e->unswept |= e->leaving || !old;
	e->leaving = false;
	for (unsigned i = 0; old && i < old->profiles; i++) {
		const struct fm_profile *p = &old->profile[i];
		int cmp = 1;

		while (k < new->profiles && (cmp = strcmp(p->name, new->profile[k].name)) > 0)
			k++;
		gone_of(e, old, p, new, cmp ? NULL : &new->profile[k]);
	}
}

static bool is_wanted(const struct fm_engine *e, const struct fm_gone *g)
{
	const struct fm_profile *p = fm_profile_find(e->desired, g->profile);

	for (uint32_t i = 0; p && i < p->claims; i++) {
		const struct fm_claim *c = &e->desired->claim[p->first_claim + i];

		if (c->index == g->index && mr_streq(c->device, g->device))
			return true;
	}
	return false;
}

/* Gives free what claims had that went without ever having an assignment again. */
void fm_gone_sweep(struct fm_engine *e)
{
	for (unsigned i = 0; i < e->gones; i++) {
		const struct fm_gone *g = &e->gone[i];
		char key[CLAIM_KEY];
		uint64_t at;

		if (is_wanted(e, g) || fm_asg_by_name(e, g->profile, g->device, g->index))
			continue;
		for (unsigned slot = 0; slot < FM_IDENTS; slot++) {
			claim_key(g->profile, g->device, g->index, slot, key);
			if (!mr_map_get(e->ident_of, key, &at))
				continue;
			ident_release(e, (unsigned)at);
			e->intent = true;
		}
	}
	e->gones = 0;
}

/* The claim of 'a' is gone: its identities are free, those of a pool after its reuseAfter. */
void fm_unlock_idents(struct fm_engine *e, const struct fm_asg *a)
{
	if (a->keeps_idents)
		return;
	for (unsigned slot = 0; slot < FM_IDENTS; slot++)
		unlock_ident(e, a, slot);
	e->unswept |= e->ident_twice; /* the other one of the two */
}

/* Forgets identities whose reuse delay passed. How long that is the policy says: a manager that
 * starts waits until it is read. */
void fm_ident_timer(struct fm_engine *e)
{
	int64_t next = MR_NEVER;

	e->ident_at = MR_NEVER;
	if (!e->desired) {
		ident_soon(e, MR_NS_PER_S);
		return;
	}
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
