// SPDX-License-Identifier: Apache-2.0
/* Adoption: see the header. */
#include "fabric-manager/engine/assign/adopt.h"

#include "fabric-manager/engine/assign/assign.h"
#include "fabric-manager/engine/assign/data.h"
#include "fabric-manager/engine/chassis/tomb.h"
#include "fabric-manager/engine/state/asgs.h"
#include "fabric-manager/engine/state/card.h"
#include "fabric-manager/engine/state/hosts.h"
#include "fabric-manager/engine/state/locks.h"
#include "fabric-manager/engine/state/news.h"
#include "fabric-manager/engine/state/out.h"
#include "fabric-manager/engine/state/outofuse.h"
#include "fabric-manager/engine/state/seen.h"
#include "fabric-manager/engine/state/soon.h"
#include "fabric-manager/engine/state/wanted.h"

/* The books of 'a' follow what was read, without an arrow of the phase table: nothing of it
 * happened under this manager. */
static void set_phase(struct fm_engine *e, struct fm_asg *a, enum fm_phase to)
{
	a->a.phase = to;
	a->a.since_wall_ns = e->now.wall_ns;
	a->since_ns = e->now.mono_ns;
	a->step = FM_STEP_NONE;
	a->until = a->drain_until = MR_NEVER;
	a->tries = 0;
	a->resume = a->cut = a->consent = a->bound = a->retracts = a->refused = false;
	a->next.set = a->a.paused = a->unwanted = false;
	a->a.going = a->a.forced = false;
	fm_asg_dirty(e, a);
	e->intent = true;
}

static enum fm_phase phase_of(const struct fm_fn *f, enum fm_way way)
{
	return way == FM_WAY_DEVICE || f->gate_open ? FM_PHASE_ACTIVE : FM_PHASE_MAPPED;
}

/* What its registers and its row say of it. */
static void take_registers(struct fm_engine *e, struct fm_asg *a, const struct fm_fn *f)
{
	bool whole = a->a.place.way == FM_WAY_DEVICE;

	a->a.attrs = whole ? (struct fm_attrs){.ident0 = 0} : f->attrs;
	a->a.guaranteed_mbps = a->a.attrs.min_mbps;
	a->a.limit_mbps = a->a.attrs.max_mbps;
	a->shut = !whole && !f->gate_open;
	a->a.bdf[0] = '\0';
	fm_card_take(e, a);
}

/* It has no function any more: who is there by now is somebody else. */
static void lose_books(struct fm_engine *e, struct fm_asg *a, const char *why)
{
	fm_asg_unindex(e, a);
	if (fm_asg_by_fn(e, a->a.fn) == a)
		mr_map_del_u64(e->asg_by_fn, fm_fn_key(a->a.fn));
	a->a.has_fn = false;
	if (a->a.going && a->unwanted) {
		fm_unlock_idents(e, a);
		fm_asg_drop(e, a);
		e->intent = true;
		return;
	}
	fm_asg_why(e, a, MR_REASON_CONFLICT, "%s", why);
	set_phase(e, a, FM_PHASE_PENDING);
}

static bool is_read(const struct fm_engine *e, struct fm_fn_id fn)
{
	return fm_seen_adapter(e, fn) && fm_fn_get(&e->inv, fn) && !fm_seen_mute(e, fn);
}

/* What it shows its network is its own, whoever had it when the store was copied. A pair has
 * one lock for both, which none but the two can have. */
static void lock_shown(struct fm_engine *e, const struct fm_asg *a, struct fm_fn_id fn)
{
	const struct fm_adapter *d = fm_adapter_by_port(&e->inv, fn.chassis, fn.port);
	const struct fm_attrs *is = &fm_fn_get(&e->inv, fn)->attrs;
	struct mr_ident id[FM_IDENTS] = {{.lo = is->ident0}, {.lo = is->ident1}};

	if (fn.vf == FM_WHOLE || a->a.partner[0])
		return;
	for (unsigned i = 0; i < FM_IDENTS; i++)
		if (id[i].lo && fm_ident_type(d->device_class, i, &id[i].type))
			fm_lock_shown(e, a, i, &id[i]);
}

void fm_adopt_moved(struct fm_engine *e, struct fm_fn_id fn, struct fm_place place,
		    uint64_t cookie, const char *host)
{
	struct fm_asg *a = fm_asg_by_id(e, (uint32_t)(cookie >> 32)), *holder;
	const struct fm_adapter *d = fm_adapter_by_port(&e->inv, fn.chassis, fn.port);
	char text[FM_FN_TEXT], name[FM_ASSIGNMENT_TEXT];
	enum fm_seen seen;

	if (e->ch[fn.chassis].rec.adopting != FM_ADOPTING_OURS || !a || a->stranger ||
	    !is_read(e, fn))
		return;
	seen = fm_asg_seen(e, a);
	if (a->a.has_fn && seen != FM_SEEN_FREE && seen != FM_SEEN_GONE)
		return;
	lock_shown(e, a, fn);
	holder = fm_asg_by_fn(e, fn);
	if (holder && holder != a)
		lose_books(e, holder,
			   "another one has its function since the store was copied");
	fm_asg_unindex(e, a);
	if (!fm_fn_eq(a->a.fn, fn))
		fm_unlock_fn(e, a);
	a->a.has_fn = true;
	a->a.fn = fn;
	a->a.place = place;
	a->a.chassis = fn.chassis;
	a->a.epoch = (uint32_t)cookie;
	a->a.foreign = false;
	mr_copy(a->a.host, sizeof(a->a.host), host);
	mr_copy(a->a.adapter, sizeof(a->a.adapter), d->name);
	take_registers(e, a, fm_fn_get(&e->inv, fn));
	set_phase(e, a, phase_of(fm_fn_get(&e->inv, fn), place.way));
	fm_asg_why(e, a, MR_REASON_OK, "%s", "");
	fm_lock_found(e, a);
	fm_asg_index(e, a);
	fm_note(e, MR_REASON_OK, fm_assignment_text(&a->a, name),
		"it is %s at %s by now: the store is older than that",
		fm_fn_text(&e->inv, fn, text), host);
}

/* "nic-left.pf0.vf3"; numbers where that is too long for a name. */
static void name_it(const struct fm_engine *e, struct fm_fn_id fn, char *to, size_t size)
{
	char text[FM_FN_TEXT];

	fm_fn_text(&e->inv, fn, text);
	for (char *p = text; *p; p++)
		if (*p == '/')
			*p = '.';
	if (strlen(text) < size)
		mr_copy(to, size, text);
	else
		mr_fmt(to, size, "%u.%u.%u.%u", fn.chassis, fn.port, fn.pf, fn.vf);
}

/* Its id and epoch are those of the row, where nobody else has them; else the row keeps the
 * cookie that it has. */
static struct fm_asg *new_asg(struct fm_engine *e, struct fm_assignment *n, uint64_t cookie)
{
	uint32_t id = (uint32_t)(cookie >> 32);
	struct fm_asg *a;

	if (id && id < e->meta.next_assignment && !fm_asg_by_id(e, id)) {
		n->id = id;
		n->epoch = (uint32_t)cookie;
		n->since_wall_ns = e->now.wall_ns;
	}
	a = fm_asg_new(e, n);
	a->a.foreign = fm_cookie(&a->a) != cookie;
	a->a.cookie = a->a.foreign ? cookie : 0;
	return a;
}

void fm_adopt(struct fm_engine *e, struct fm_fn_id fn, struct fm_place place, uint64_t cookie,
	      const char *host)
{
	const struct fm_adapter *d = fm_adapter_by_port(&e->inv, fn.chassis, fn.port);
	struct fm_asg *holder = fm_asg_by_fn(e, fn), *a;
	struct fm_assignment n = {.count = 1,
				  .has_fn = true,
				  .fn = fn,
				  .place = place,
				  .chassis = fn.chassis,
				  .adopted = true};
	char text[FM_FN_TEXT];

	if (!is_read(e, fn) || (holder && holder->a.adopted))
		return;
	if (holder)
		lose_books(e, holder,
			   "another one has its function since the store was copied");
	fm_quarantine_end(e, fn);
	n.phase = phase_of(fm_fn_get(&e->inv, fn), place.way);
	mr_copy(n.profile, sizeof(n.profile), FM_ADOPTED);
	name_it(e, fn, n.device, sizeof(n.device));
	mr_copy(n.host, sizeof(n.host), host);
	mr_copy(n.adapter, sizeof(n.adapter), d->name);
	a = new_asg(e, &n, cookie);
	e->adopteds++;
	take_registers(e, a, fm_fn_get(&e->inv, fn));
	fm_lock_found(e, a);
	fm_asg_dirty(e, a);
	e->intent = true;
	fm_note(e, MR_REASON_OK, fm_fn_text(&e->inv, fn, text),
		"found mapped at %s: adopted, it stays as it is", host);
	fm_plan_soon(e, 0);
}

/* ---- when all rows were looked at ---- */

static enum mr_class class_of(const struct fm_engine *e, const struct fm_asg *a)
{
	return fm_adapter_by_port(&e->inv, a->a.fn.chassis, a->a.fn.port)->device_class;
}

/* Identities that a function shows its network are that one's: who has them in the books, and
 * no function, must not come up with them beside it (I4). */
static void yield_idents(struct fm_engine *e, const struct fm_asg *adopted)
{
	const struct fm_attrs *at = &adopted->a.attrs;

	for (unsigned i = e->asgs; i-- > 0;) {
		struct fm_asg *a = e->asg[i];

		if (a->a.adopted || !a->a.has_fn || !at->ident0 ||
		    a->a.attrs.ident0 != at->ident0 || fm_asg_seen(e, a) != FM_SEEN_FREE ||
		    class_of(e, a) != class_of(e, adopted))
			continue;
		fm_unlock_fn(e, a);
		lose_books(e, a, "its identity is on a function that was adopted");
	}
}

static bool whole_read(const struct fm_adapter *d)
{
	unsigned n = d->kind == FM_ADAPTER_BASE ? 1 : (unsigned)d->pfs * d->vfs;

	if (fm_adapter_is_mute(d))
		return false;
	for (unsigned k = 0; d->fn && d->present && k < n; k++)
		if (d->fn[k].unread)
			return false;
	return true;
}

/* What it is, is known: some reading got as far as that. */
static bool is_named(const struct fm_adapter *d)
{
	return d->vendor && d->vendor != 0xffff;
}

/* The first adapter that was not read, NULL = none. */
static const struct fm_adapter *unread(const struct fm_engine *e, unsigned chassis)
{
	const struct fm_chassis *c = &e->inv.chassis[chassis];

	for (unsigned i = 0; i < c->adapters; i++)
		if (!whole_read(&c->adapter[i]))
			return &c->adapter[i];
	return NULL;
}

/* What identities its functions may have; of one that never answered nobody knows what it is.
 */
static unsigned types_of(const struct fm_adapter *d)
{
	enum mr_ident_type type;
	unsigned types = 0;

	if (!is_named(d))
		return (1u << MR_IDENT_COUNT) - 1;
	for (unsigned s = 0; s < FM_IDENTS && d->kind != FM_ADAPTER_BASE; s++)
		if (fm_ident_type(d->device_class, s, &type))
			types |= 1u << type;
	return types;
}

static void withheld_words(const struct fm_chassis *c, const struct fm_adapter *d, char *why,
			   size_t size)
{
	mr_fmt(why, size,
	       "the adapter in slot %u, which may have it, was not read since %s was adopted",
	       d->slot, c->name);
}

/* See the header. */
unsigned fm_adopt_withheld(const struct fm_engine *e, char *why, size_t size)
{
	unsigned types = 0;

	why[0] = '\0';
	for (unsigned i = 0; i < e->inv.n; i++) {
		const struct fm_chassis *c = &e->inv.chassis[i];

		for (unsigned k = 0; e->ch[i].rec.adopting && k < c->adapters; k++) {
			const struct fm_adapter *d = &c->adapter[k];
			unsigned its = whole_read(d) ? 0 : types_of(d);

			if (its && !why[0])
				withheld_words(c, d, why, size);
			types |= its;
		}
	}
	return types;
}

static bool may_have_namespaces(const struct fm_adapter *d)
{
	return !is_named(d) || (d->device_class == MR_CLASS_NVME && d->kind != FM_ADAPTER_BASE);
}

/* See the header. */
bool fm_adopt_unread_drive(const struct fm_engine *e, char *why, size_t size)
{
	for (unsigned i = 0; i < e->inv.n; i++) {
		const struct fm_chassis *c = &e->inv.chassis[i];

		for (unsigned k = 0; e->ch[i].rec.adopting && k < c->adapters; k++)
			if (!whole_read(&c->adapter[k]) &&
			    may_have_namespaces(&c->adapter[k])) {
				withheld_words(c, &c->adapter[k], why, size);
				return true;
			}
	}
	return false;
}

void fm_adopt_end(struct fm_engine *e, unsigned chassis)
{
	struct fm_ch *c = &e->ch[chassis];
	unsigned n = 0;

	for (unsigned i = e->asgs; i-- > 0;)
		if (i < e->asgs && e->asg[i]->a.adopted && e->asg[i]->a.fn.chassis == chassis) {
			n++;
			yield_idents(e, e->asg[i]);
		}
	fm_tomb_adopt(e, chassis);
	fm_data_adopt(e, chassis);
	if (unread(e, chassis))
		return;
	c->rec.adopting = FM_ADOPTING_NONE;
	fm_rec(e, FM_RECORD_CHASSIS)->chassis = c->rec;
	e->intent = true;
	fm_note(e, MR_REASON_OK, e->chassis_name[chassis],
		"adopted: %u function%s of no document run%s on", n, n == 1 ? "" : "s",
		n == 1 ? "s" : "");
	fm_plan_soon(e, 0);
}

/* ---- later ---- */

/* Its identities get locks of their own now, which end as those of a claim do. */
void fm_adopt_release(struct fm_engine *e, struct fm_asg *a)
{
	const struct fm_adapter *d = fm_adapter_by_port(&e->inv, a->a.fn.chassis, a->a.fn.port);
	struct fm_drain drain = fm_drain_of(e, a);
	struct mr_ident id[FM_IDENTS] = {{.lo = a->a.attrs.ident0}, {.lo = a->a.attrs.ident1}};

	for (unsigned i = 0; d && i < FM_IDENTS; i++)
		if (id[i].lo && fm_ident_type(d->device_class, i, &id[i].type))
			fm_lock_ident(e, a, i, &id[i]);
	fm_asg_release(e, a, true, fm_cut_at_once(e, a), &drain);
}
