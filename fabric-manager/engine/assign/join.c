// SPDX-License-Identifier: Apache-2.0
/*
 * After a chassis was read: every assignment there finds its step by cookie, what matches is
 * not touched, what nobody intends is cut, and what differs is drift (drift.c).
 */
#include "fabric-manager/engine/assign/join.h"

#include "common/mutant.h"
#include "fabric-manager/engine/assign/adopt.h"
#include "fabric-manager/engine/assign/assign.h"
#include "fabric-manager/engine/assign/data.h"
#include "fabric-manager/engine/assign/drift.h"
#include "fabric-manager/engine/assign/table.h"
#include "fabric-manager/engine/chassis/attach.h"
#include "fabric-manager/engine/session/session.h"
#include "fabric-manager/engine/state/asgs.h"
#include "fabric-manager/engine/state/card.h"
#include "fabric-manager/engine/state/ops.h"
#include "fabric-manager/engine/state/out.h"
#include "fabric-manager/engine/state/outofuse.h"
#include "fabric-manager/engine/state/seen.h"
#include "fabric-manager/engine/state/wanted.h"

/* The slot of an LVF as it was read: the device packs its map while VF Enable is 0, so slots
 * change over a reboot (HANDOVER 1). */
void fm_asg_slot(struct fm_engine *e, struct fm_asg *a)
{
	const struct fm_fn *f = fm_fn_get(&e->inv, a->a.fn);

	if (a->a.place.way != FM_WAY_LVF || !f || f->cookie != fm_cookie(&a->a) ||
	    f->owner_vh != a->a.place.port || f->lvf_slot == a->a.place.slot || !f->lvf_slot ||
	    (a->a.place.slot && MR_MUTANT(SLOTS_UNFOLLOWED)))
		return;
	fm_asg_unindex(e, a);
	a->a.place.slot = f->lvf_slot;
	fm_asg_index(e, a);
	fm_asg_dirty(e, a);
}

static bool row_leads_to(const struct fm_bridge *b, struct fm_fn_id fn)
{
	uint64_t kind = MR_TARGET_KIND(b->target);

	if (b->state == MR_ROW_FREE || MR_TARGET_PORT(b->target) != fn.port)
		return false;
	if (fn.vf == FM_WHOLE)
		return kind == MR_TARGET_DEVICE;
	return kind == MR_TARGET_SYNTHETIC && MR_TARGET_PF(b->target) == fn.pf &&
	       MR_TARGET_VF(b->target) == fn.vf;
}

/* The row or slot that leads to a function, with its cookie; returns its host port, 0 = none
 * leads there. */
unsigned fm_row_of(const struct fm_engine *e, struct fm_fn_id fn, struct fm_place *ret,
		   uint64_t *ret_cookie)
{
	const struct fm_chassis *c = &e->inv.chassis[fn.chassis];
	const struct fm_fn *f = fm_fn_get(&e->inv, fn);

	if (f && f->owner_vh && fn.vf != FM_WHOLE) {
		*ret = (struct fm_place){FM_WAY_LVF, f->owner_vh, FM_NO_BRIDGE, fn.pf,
					 f->lvf_slot};
		*ret_cookie = f->cookie;
		return f->owner_vh;
	}
	for (unsigned h = 0; h < c->hosts; h++)
		for (unsigned b = 0; b < c->host[h].bridges; b++) {
			if (!row_leads_to(&c->host[h].bridge[b], fn))
				continue;
			*ret = (struct fm_place){fn.vf == FM_WHOLE ? FM_WAY_DEVICE
								   : FM_WAY_SYNTHETIC,
						 c->host[h].port, (uint16_t)b, 0, 0};
			*ret_cookie = c->host[h].bridge[b].cookie;
			return c->host[h].port;
		}
	return 0;
}

/* Whether an agent is asked for what no answer of it brings: no host can bind the function, or
 * none has it any more to give back, for the switch lost its row. */
static bool asks_in_vain(struct fm_engine *e, const struct fm_asg *a)
{
	enum fm_seen seen;

	if (fm_seen_mute(e, a->a.fn))
		return false;
	if (a->step == FM_STEP_ACTIVATE && !a->a.going)
		return !fm_asg_usable(e, a);
	seen = fm_asg_seen(e, a);
	return a->step == FM_STEP_QUIESCE && (seen == FM_SEEN_FREE || seen == FM_SEEN_GONE);
}

static void join_one(struct fm_engine *e, struct fm_asg *a)
{
	if (!a->a.has_fn || a->fresh > e->ch[a->a.fn.chassis].read_at)
		return;
	if (a->stranger && !a->cookie) /* found by the manager before this one */
		fm_row_of(e, a->a.fn, &a->a.place, &a->cookie);
	fm_asg_slot(e, a);
	if (asks_in_vain(e, a)) {
		fm_inflight_del(e, a->tag);
		a->tag = 0;
		a->until = MR_NEVER;
		a->resume = true;
	}
	if (a->tag)
		return;
	if (!a->stranger && !a->a.going && fm_card_other(e, a)) {
		fm_asg_lose(e, a);
		return;
	}
	if (fm_fn_get(&e->inv, a->a.fn))
		a->shut = !fm_fn_get(&e->inv, a->a.fn)->gate_open;
	if (a->step == FM_STEP_GIVE_BACK && fm_step_not_shut(e, a))
		a->step = FM_STEP_GATE_CLOSE; /* the memory of the switch went back */
	if (a->step != FM_STEP_NONE && !a->resume) {
		/* What its last operation showed may be undone since. */
		a->resume = e->ch[a->a.fn.chassis].anew &&
			    (fm_steps[a->step].op >= 0 || a->step == FM_STEP_OUT_DONE);
		fm_asg_poke(e, a);
		return;
	}
	if (fm_asg_in_use(e, a) && !a->a.going && !a->a.standby &&
	    (a->last_tag || !MR_MUTANT(REMAPPED_AT_RESTART)) && !fm_seen_mute(e, a->a.fn) &&
	    fm_asg_usable(e, a)) {
		fm_drift_report(e, a);
		if (!a->drifted || fm_fn_get(&e->inv, a->a.fn)->gate_open) {
			a->resume = a->resume && a->step != FM_STEP_NONE;
			return;
		}
	}
	a->resume = true;
	fm_asg_poke(e, a);
}

/*
 * Sends a function that no claim has through cut, reset and release, as an assignment under a
 * name of its own. 'cookie': of the row or slot at 'place'. False when it is on its way
 * already.
 */
bool fm_asg_stranger(struct fm_engine *e, struct fm_fn_id fn, struct fm_place place,
		     uint64_t cookie, const char *host, enum fm_phase phase)
{
	struct fm_assignment n = {.count = 1,
				  .phase = phase,
				  .has_fn = true,
				  .fn = fn,
				  .place = place,
				  .chassis = fn.chassis};
	const struct fm_adapter *d = fm_adapter_by_port(&e->inv, fn.chassis, fn.port);
	struct fm_drain drain = {.mode = FM_DRAIN_NONE};
	struct fm_asg *a;

	mr_copy(n.profile, sizeof(n.profile), FM_UNCLAIMED);
	mr_fmt(n.device, sizeof(n.device), "%u.%u.%u.%u", fn.chassis, fn.port, fn.pf, fn.vf);
	mr_copy(n.host, sizeof(n.host), host);
	if (d)
		mr_copy(n.adapter, sizeof(n.adapter), d->name);
	if (fm_asg_by_name(e, n.profile, n.device, 0))
		return false;
	a = fm_asg_new(e, &n);
	a->stranger = true;
	if (!fm_asg_by_fn(e, fn))
		mr_map_set_u64(e->asg_by_fn, fm_fn_key(fn), (uintptr_t)a);
	a->cookie = cookie;
	fm_asg_release(e, a, true, true, &drain);
	return true;
}

/* Mapped, and named by no intent. What is in quarantine stays cut as it is. */
static void orphan(struct fm_engine *e, struct fm_fn_id fn, struct fm_place place,
		   uint64_t cookie, const char *host, bool blocked)
{
	char text[FM_FN_TEXT];

	if (blocked && fm_is_quarantined(e, fn))
		return;
	if (!blocked && e->ch[fn.chassis].rec.adopting && !MR_MUTANT(ADOPTION_CUTS)) {
		fm_adopt(e, fn, place, cookie, host);
		return;
	}
	if (fm_asg_stranger(e, fn, place, cookie, host, FM_PHASE_ACTIVE))
		fm_note(e, MR_REASON_CONFLICT, fm_fn_text(&e->inv, fn, text),
			"found mapped at %s without an intent: it is cut", host);
}

static bool is_its(const struct fm_asg *a, struct fm_fn_id fn, uint64_t cookie)
{
	return a && a->a.has_fn && fm_cookie(&a->a) == cookie && fm_fn_eq(a->a.fn, fn);
}

/* ---- what is nobody's ---- */

/* One comparison of a chassis. There are as many rows as functions: who has them is looked up
 * once, and not for each. */
struct comparing {
	struct fm_engine *e;
	unsigned chassis;
	uint64_t *
		carries; /* by function: cookie of who has it, 0 = nobody, or it is not known */
	unsigned *first; /* in that, by adapter */
};

static void comparing_init(struct comparing *x, struct fm_engine *e, unsigned chassis)
{
	const struct fm_chassis *c = &e->inv.chassis[chassis];

	*x = (struct comparing){.e = e, .chassis = chassis};
	x->first = mr_xcalloc(c->adapters + 1, sizeof(*x->first));
	for (unsigned i = 0; i < c->adapters; i++) {
		const struct fm_adapter *d = &c->adapter[i];
		unsigned n = d->kind == FM_ADAPTER_BASE ? 1 : (unsigned)d->pfs * d->vfs;

		x->first[i + 1] = x->first[i] + n;
	}
	x->carries = mr_xcalloc(x->first[c->adapters] + 1, sizeof(*x->carries));
}

static void comparing_done(struct comparing *x)
{
	free(x->carries);
	free(x->first);
}

/* NULL: there is no such function. */
static uint64_t *carries(const struct comparing *x, struct fm_fn_id fn)
{
	const struct fm_adapter *d = fm_adapter_by_port(&x->e->inv, x->chassis, fn.port);
	unsigned at;

	if (!d || (d->kind == FM_ADAPTER_BASE) != (fn.pf == FM_WHOLE))
		return NULL;
	at = x->first[d - x->e->inv.chassis[x->chassis].adapter];
	if (fn.pf == FM_WHOLE)
		return &x->carries[at];
	return fn.pf < d->pfs && fn.vf < d->vfs ? &x->carries[at + fn.pf * d->vfs + fn.vf]
						: NULL;
}

static void note_carried(struct comparing *x, const struct fm_asg *a)
{
	uint64_t *to = a->a.has_fn ? carries(x, a->a.fn) : NULL;

	if (to)
		*to = fm_cookie(&a->a);
}

static bool intended(const struct comparing *x, struct fm_fn_id fn, uint64_t cookie)
{
	const struct fm_engine *e = x->e;
	const uint64_t *known = carries(x, fn);

	if (known && *known && *known == cookie)
		return true;
	return is_its(fm_asg_by_id(e, (uint32_t)(cookie >> 32)), fn, cookie) ||
	       is_its(fm_asg_by_fn(e, fn), fn, cookie);
}

/* What is done with a row that no intent names. */
typedef void stranger_fn(struct fm_engine *e, struct fm_fn_id fn, struct fm_place place,
			 uint64_t cookie, const char *host, bool blocked);

static void strangers_at(const struct comparing *x, const struct fm_host *h, stranger_fn *what)
{
	struct fm_engine *e = x->e;
	unsigned chassis = x->chassis;

	for (unsigned b = 0; b < h->bridges; b++) {
		const struct fm_bridge *r = &h->bridge[b];
		unsigned kind = MR_TARGET_KIND(r->target);
		struct fm_fn_id fn = {(uint16_t)chassis, (uint16_t)MR_TARGET_PORT(r->target),
				      (uint16_t)MR_TARGET_PF(r->target),
				      (uint16_t)MR_TARGET_VF(r->target)};
		struct fm_place p = {FM_WAY_SYNTHETIC, h->port, (uint16_t)b, 0, 0};

		/* One whose state can't be read may lead there: its gate at least is closed, or
		 * it is adopted with what its function reads. */
		if (r->state == MR_ROW_FREE || (r->unread && fm_asg_by_fn(e, fn)) ||
		    !fm_adapter_in_slot(fm_adapter_by_port(&e->inv, chassis, fn.port)) ||
		    (kind != MR_TARGET_SYNTHETIC && kind != MR_TARGET_DEVICE))
			continue;
		if (kind == MR_TARGET_DEVICE) {
			p.way = FM_WAY_DEVICE;
			fn.pf = fn.vf = FM_WHOLE;
		}
		if (!intended(x, fn, r->cookie))
			what(e, fn, p, r->cookie, fm_host_at(e, chassis, h->port),
			     r->state == MR_ROW_BLOCKED);
	}
}

static void strangers_in(const struct comparing *x, const struct fm_adapter *d,
			 stranger_fn *what)
{
	struct fm_engine *e = x->e;
	unsigned chassis = x->chassis;
	unsigned n = d->kind == FM_ADAPTER_MRA && d->present ? (unsigned)d->pfs * d->vfs : 0;

	for (unsigned i = 0; d->fn && i < n; i++) {
		const struct fm_fn *f = &d->fn[i];
		const struct fm_host *h;
		struct fm_place p = {FM_WAY_LVF, f->owner_vh, FM_NO_BRIDGE,
				     (uint16_t)(i / d->vfs), f->lvf_slot};
		struct fm_attach *t;

		struct fm_fn_id fn = {(uint16_t)chassis, d->port, (uint16_t)(i / d->vfs),
				      (uint16_t)(i % d->vfs)};

		if (!f->owner_vh || intended(x, fn, f->cookie))
			continue;
		h = fm_host_by_port(&e->inv, chassis, f->owner_vh);
		if (!h)
			continue; /* read while the adapter was pulled */
		t = fm_attach_get(e, chassis, f->owner_vh, d->port, false);
		if (t)
			p.bridge = t->bridge;
		what(e, fn, p, f->cookie, fm_host_at(e, chassis, f->owner_vh), f->block == 3);
	}
}

/* What only the last owner of a function can have left there, though nothing leads to it and
 * nobody holds it: the switch lost power, and its memory is older than the reset. */
static bool is_left(const struct fm_engine *e, const struct fm_adapter *d, struct fm_fn_id id)
{
	const struct fm_fn *f = fm_fn_get(&e->inv, id);
	struct fm_place p;
	uint64_t cookie;

	return d->pf[id.pf].numvfs && !f->unread && !f->owner_vh &&
	       (f->gate_open || !(f->status & MR_VF_DEFAULTS)) && !fm_asg_by_fn(e, id) &&
	       !fm_is_quarantined(e, id) && !fm_row_of(e, id, &p, &cookie);
}

/* Functions that are nobody's are as their reset left them: else they are reset. */
static void left_in(const struct comparing *x, const struct fm_adapter *d)
{
	struct fm_engine *e = x->e;
	unsigned n = d->kind != FM_ADAPTER_BASE && d->present ? (unsigned)d->pfs * d->vfs : 0;
	struct fm_place nowhere = {.bridge = FM_NO_BRIDGE};
	char text[FM_FN_TEXT];

	for (unsigned i = 0; d->fn && i < n; i++) {
		struct fm_fn_id id = {(uint16_t)x->chassis, d->port, (uint16_t)(i / d->vfs),
				      (uint16_t)(i % d->vfs)};

		if (x->carries[x->first[d - e->inv.chassis[x->chassis].adapter] + i])
			continue;
		if (is_left(e, d, id) &&
		    fm_asg_stranger(e, id, nowhere, 0, "", FM_PHASE_FENCED))
			fm_note(e, MR_REASON_CONFLICT, fm_fn_text(&e->inv, id, text),
				"nobody's, and not as a reset leaves it: it is reset");
	}
}

static void strangers(const struct comparing *x, stranger_fn *what)
{
	const struct fm_chassis *c = &x->e->inv.chassis[x->chassis];

	for (unsigned i = 0; i < c->hosts; i++)
		strangers_at(x, &c->host[i], what);
	for (unsigned i = 0; i < c->adapters; i++)
		strangers_in(x, &c->adapter[i], what);
}

static void moved(struct fm_engine *e, struct fm_fn_id fn, struct fm_place place,
		  uint64_t cookie, const char *host, bool blocked)
{
	if (!blocked)
		fm_adopt_moved(e, fn, place, cookie, host);
}

/* Compares what was observed with what is intended. Only a reading that nothing moved under can
 * say that a row is nobody's. */
void fm_ch_join(struct fm_engine *e, unsigned chassis)
{
	bool quiet = e->ch[chassis].quiet, adopts = quiet && e->ch[chassis].rec.adopting;
	struct comparing x;

	fm_attach_join(e, chassis);
	comparing_init(&x, e, chassis);
	if (adopts)
		strangers(&x, moved);
	for (unsigned i = 0; i < e->asgs; i++) {
		struct fm_asg *a = e->asg[i];

		if (!a->a.has_fn || a->a.fn.chassis != chassis)
			continue;
		join_one(e, a);
		/* who adopts moves assignments about while he compares */
		if (!adopts && i < e->asgs && e->asg[i] == a)
			note_carried(&x, a);
	}
	if (quiet)
		strangers(&x, orphan);
	if (adopts)
		fm_adopt_end(e, chassis);
	for (unsigned i = 0; quiet && i < e->inv.chassis[chassis].adapters; i++)
		left_in(&x, &e->inv.chassis[chassis].adapter[i]);
	comparing_done(&x);
	e->ch[chassis].anew = false;
	fm_sessions_check(e);
	fm_data_run(e);
}
