// SPDX-License-Identifier: Apache-2.0
/*
 * Tombstones (HANDOVER 6): places from which a function was cut without the host's confirmed
 * removal. Durable before the cut; over when the host consumed the removal, when the agent of
 * the current boot says that the kernel device is gone, or when the VH was reset.
 */
#include "fabric-manager/engine/chassis/tomb.h"

#include "common/mutant.h"
#include "fabric-manager/engine/chassis/attach.h"
#include "fabric-manager/engine/chassis/chassis.h"
#include "fabric-manager/engine/state/asgs.h"
#include "fabric-manager/engine/state/hosts.h"
#include "fabric-manager/engine/state/news.h"
#include "fabric-manager/engine/state/ops.h"
#include "fabric-manager/engine/state/out.h"
#include "fabric-manager/engine/state/seen.h"
#include "fabric-manager/engine/state/soon.h"
#include "fabric-manager/engine/state/wanted.h"

static bool same_place(const struct fm_place *a, const struct fm_place *b)
{
	return a->way == b->way && a->port == b->port && a->bridge == b->bridge &&
	       a->pf == b->pf && a->slot == b->slot;
}

/* Index of a chassis by name; that many when there is none. */
static unsigned chassis_of(const struct fm_engine *e, const char *name)
{
	unsigned c = 0;

	while (c < e->inv.n && !mr_streq(e->chassis_name[c], name))
		c++;
	return c;
}

static uint64_t key_of(const struct fm_engine *e, const struct fm_rec_tombstone *t)
{
	return fm_place_key(chassis_of(e, t->chassis), &t->place);
}

/* Takes a stored one in. */
void fm_tomb_load(struct fm_engine *e, const struct fm_rec_tombstone *r)
{
	fm_news_port(e, chassis_of(e, r->chassis), r->place.port);
	MR_GROW(e->tomb, e->tombs, e->cap_tombs);
	mr_map_set_u64(e->tomb_by, key_of(e, r), e->tombs);
	e->tomb[e->tombs++] = *r;
}

static bool asks_about(const struct fm_inflight *f, uint64_t key)
{
	return f->op == 256 + FM_AGENT_CONFIRM_GONE && f->key == key;
}

/* The place of 'a' is not to be used again until the host let go of it. */
void fm_tomb_add(struct fm_engine *e, const struct fm_asg *a)
{
	const struct fm_host *h = fm_host_by_port(&e->inv, a->a.chassis, a->a.place.port);
	const struct fm_hst *hst = fm_host(e, a->a.host, false);
	struct fm_rec_tombstone t = {.place = a->a.place, .assignment = a->a.id};
	uint64_t at;

	mr_copy(t.chassis, sizeof(t.chassis), e->chassis_name[a->a.chassis]);
	if (mr_map_get_u64(e->tomb_by, key_of(e, &t), &at) || MR_MUTANT(TOMBSTONE_FORGOTTEN))
		return;
	fm_inflight_lose(e, asks_about, key_of(e, &t), MR_REASON_OK,
			 "it was asked about what stood there before");
	if (h)
		t.boots = h->boots;
	if (hst)
		memcpy(t.boot_id, hst->rec.boot_id, sizeof(t.boot_id));
	fm_tomb_load(e, &t);
	fm_rec(e, FM_RECORD_TOMBSTONE)->tombstone = t;
}

/* Whether its register is being written right now. */
static bool being_written(const struct fm_engine *e, const struct fm_rec_tombstone *t)
{
	const struct fm_asg *a = fm_asg_by_id(e, t->assignment);

	return a && a->step == FM_STEP_TOMBSTONE && a->tag &&
	       same_place(&a->a.place, &t->place);
}

static void clear_one(struct fm_engine *e, unsigned i, const char *why)
{
	struct fm_rec_tombstone t = e->tomb[i];
	struct fm_record *r = fm_rec(e, FM_RECORD_TOMBSTONE);
	struct fm_op op = {.kind = FM_OP_TOMBSTONE, .place = t.place};
	char name[FM_ROOT_TEXT];
	struct fm_host *h = NULL;
	struct fm_bridge *b;

	r->erase = !MR_MUTANT(TOMBSTONE_KEPT);
	r->tombstone = t;
	mr_map_del_u64(e->tomb_by, key_of(e, &t));
	if (i != --e->tombs) {
		e->tomb[i] = e->tomb[e->tombs];
		mr_map_set_u64(e->tomb_by, key_of(e, &e->tomb[i]), i);
	}
	for (unsigned c = 0; c < e->inv.n; c++)
		if (mr_streq(e->chassis_name[c], t.chassis)) {
			op.chassis = (uint16_t)c;
			h = fm_host_by_port(&e->inv, c, t.place.port);
		}
	if (!h)
		return;
	fm_news_port(e, op.chassis, t.place.port);
	fm_note(e, MR_REASON_OK, fm_root_text(e, op.chassis, t.place.port, name),
		"bridge %u may be used again: %s", t.place.bridge, why);
	b = t.place.bridge < h->bridges ? &h->bridge[t.place.bridge] : NULL;
	if (fm_ch_ready(e, op.chassis) && b &&
	    (b->tombstone || t.place.way == FM_WAY_LVF || being_written(e, &t))) {
		if (b->target)
			op.fn.port = (uint16_t)MR_TARGET_PORT(b->target);
		op.fn.chassis = op.chassis;
		b->tombstone = b->tombstone && t.place.way == FM_WAY_LVF;
		fm_op_send(e, &op, FM_TAG_TOMB, 0, 0);
	}
	fm_attach_tidy(e, op.chassis, t.place.port);
	fm_plan_soon(e, 20 * MR_NS_PER_MS);
}

/* Whether there is one where 'a' stands: its host may have consumed the removal already. */
bool fm_tomb_of(const struct fm_engine *e, const struct fm_asg *a)
{
	uint64_t at;

	return mr_map_get_u64(e->tomb_by, fm_place_key(a->a.chassis, &a->a.place), &at);
}

/* Whether an assignment still stands on the tombstoned place: its cut is not done, or not known
 * to be. */
static bool still_cutting(const struct fm_engine *e, const struct fm_rec_tombstone *t)
{
	const struct fm_asg *a = fm_asg_by_id(e, t->assignment);
	const struct fm_bridge *b;

	if (!a || !a->a.has_fn || !a->a.going || !same_place(&a->a.place, &t->place))
		return false;
	b = a->a.place.way != FM_WAY_LVF ? fm_asg_bridge(e, a) : NULL;
	return fm_asg_seen(e, a) == FM_SEEN_MAPPED || (b && b->unread);
}

/* Those of a host port ('bridge' FM_NO_BRIDGE: all of them) are over. */
void fm_tomb_clear(struct fm_engine *e, unsigned chassis, unsigned port, unsigned bridge,
		   const char *why)
{
	for (unsigned i = e->tombs; i-- > 0;) {
		const struct fm_rec_tombstone *t = &e->tomb[i];

		if (t->place.port != port || !mr_streq(t->chassis, e->chassis_name[chassis]) ||
		    (bridge != FM_NO_BRIDGE && t->place.bridge != bridge))
			continue;
		if (!still_cutting(e, t))
			clear_one(e, i, why);
	}
}

/* The one of a place is over. */
void fm_tomb_clear_place(struct fm_engine *e, unsigned chassis, const struct fm_place *p,
			 const char *why)
{
	for (unsigned i = e->tombs; i-- > 0;) {
		const struct fm_rec_tombstone *t = &e->tomb[i];

		if (mr_streq(t->chassis, e->chassis_name[chassis]) &&
		    fm_place_key(0, &t->place) == fm_place_key(0, p) && !still_cutting(e, t))
			clear_one(e, i, why);
	}
}

/* Whether there is one on a bridge or in a slot behind it. */
bool fm_tomb_at(const struct fm_engine *e, unsigned chassis, unsigned port, unsigned bridge)
{
	for (unsigned i = 0; i < e->tombs && !MR_MUTANT(TOMBSTONE_REUSED); i++)
		if (e->tomb[i].place.port == port && e->tomb[i].place.bridge == bridge &&
		    mr_streq(e->tomb[i].chassis, e->chassis_name[chassis]))
			return true;
	return false;
}

/*
 * Whether the host is done with the bridge as it was just read: nothing is mapped and there is
 * no removal that it would have to consume. It may have seen the function go before the cut,
 * when the adapter was pulled. A host without a link consumes nothing; its reset comes with the
 * link.
 */
static bool consumed(const struct fm_host *h, const struct fm_bridge *b)
{
	return h && h->link && !b->unread && b->state != MR_ROW_MAPPED &&
	       b->status & MR_ROW_REMOVAL_SEEN;
}

/* The row of 'a' is free, and nobody is known to have cut it with its host's consent: the
 * switch lost it, or the manager that had it died. A host without a link is reset before it
 * looks. */
void fm_tomb_lost(struct fm_engine *e, const struct fm_asg *a)
{
	const struct fm_host *h = fm_host_by_port(&e->inv, a->a.chassis, a->a.place.port);
	const struct fm_bridge *b = fm_asg_bridge(e, a);

	if (a->a.place.way == FM_WAY_LVF || !h || !h->link || !b || consumed(h, b))
		return;
	fm_tomb_add(e, a);
	e->intent = true;
}

/* The bridge of 'a' was read after its row was freed. */
void fm_tomb_unmapped(struct fm_engine *e, const struct fm_asg *a, const struct fm_bridge *b)
{
	const struct fm_host *h = fm_host_by_port(&e->inv, a->a.chassis, a->a.place.port);

	if (a->a.place.way != FM_WAY_LVF && consumed(h, b))
		fm_tomb_clear_place(e, a->a.chassis, &a->a.place,
				    "the host consumed the removal before the cut");
}

/* About the tombstones of 'only' (a place's key), or all of them. */
static void ask(struct fm_engine *e, struct fm_session *s, const uint64_t *only)
{
	for (unsigned r = 0; r < s->hello.roots; r++)
		for (unsigned i = 0; i < e->tombs; i++) {
			const struct fm_rec_tombstone *t = &e->tomb[i];
			uint64_t key = fm_place_key(s->chassis[r], &t->place);
			struct fm_agent_cmd c = {.verb = FM_AGENT_CONFIRM_GONE,
						 .deadline_ns = 10 * MR_NS_PER_S};

			if (t->place.port != s->hello.root[r].port || still_cutting(e, t) ||
			    !mr_streq(t->chassis, e->chassis_name[s->chassis[r]]) ||
			    (only && key != *only))
				continue;
			c.place = t->place;
			fm_cmd_send(e, s, &c, FM_TAG_TOMB, 0, key);
		}
}

/* ---- what switch and adapters show ---- */

typedef void shown_fn(struct fm_engine *e, unsigned chassis, const struct fm_place *p,
		      unsigned adapter_port);

/* The bridge at which the host has the PFs of the adapter; FM_NO_BRIDGE: at none. */
static uint16_t bridge_of(const struct fm_host *h, unsigned adapter_port)
{
	for (unsigned b = 0; b < h->bridges; b++)
		if (h->bridge[b].state != MR_ROW_FREE &&
		    MR_TARGET_KIND(h->bridge[b].target) == MR_TARGET_PFS &&
		    MR_TARGET_PORT(h->bridge[b].target) == adapter_port)
			return (uint16_t)b;
	return FM_NO_BRIDGE;
}

static void slots_shown(struct fm_engine *e, unsigned chassis, const struct fm_adapter *d,
			shown_fn *what)
{
	for (unsigned i = 0; d->present && i < d->burieds; i++) {
		const struct fm_buried *s = &d->buried[i];
		const struct fm_host *h = fm_host_by_port(&e->inv, chassis, s->vh);
		struct fm_place p = {FM_WAY_LVF, s->vh, FM_NO_BRIDGE, s->pf, s->slot};

		if (h)
			p.bridge = bridge_of(h, d->port);
		if (p.bridge != FM_NO_BRIDGE)
			what(e, chassis, &p, d->port);
	}
}

static void all_shown(struct fm_engine *e, unsigned chassis, shown_fn *what)
{
	const struct fm_chassis *c = &e->inv.chassis[chassis];

	for (unsigned h = 0; h < c->hosts; h++)
		for (unsigned b = 0; b < c->host[h].bridges; b++) {
			struct fm_place p = {FM_WAY_SYNTHETIC, c->host[h].port, (uint16_t)b, 0,
					     0};

			if (c->host[h].bridge[b].tombstone)
				what(e, chassis, &p, 0);
		}
	for (unsigned i = 0; i < c->adapters; i++)
		slots_shown(e, chassis, &c->adapter[i], what);
}

/* Whether the books have one for it: of a bridge any. */
static bool in_books(const struct fm_engine *e, unsigned chassis, const struct fm_place *p)
{
	uint64_t at;

	return p->way == FM_WAY_LVF ? mr_map_get_u64(e->tomb_by, fm_place_key(chassis, p), &at)
				    : fm_tomb_at(e, chassis, p->port, p->bridge);
}

/* The books count, for they have one before its cut: what cleared it was lost, or the memory
 * went back by a commit. */
static void clear_shown(struct fm_engine *e, unsigned chassis, const struct fm_place *p,
			unsigned adapter_port)
{
	struct fm_op op = {.kind = FM_OP_TOMBSTONE,
			   .chassis = (uint16_t)chassis,
			   .fn = {.chassis = (uint16_t)chassis, .port = (uint16_t)adapter_port},
			   .place = *p};

	if (!in_books(e, chassis, p))
		fm_op_send(e, &op, FM_TAG_TOMB, 0, 0);
}

static void adopt_shown(struct fm_engine *e, unsigned chassis, const struct fm_place *p,
			unsigned adapter_port)
{
	const struct fm_host *h = fm_host_by_port(&e->inv, chassis, p->port);
	struct fm_session *s = fm_session_at(e, chassis, p->port);
	struct fm_rec_tombstone t = {.place = *p, .boots = h ? h->boots : 0};
	uint64_t key;

	(void)adapter_port;
	if (in_books(e, chassis, p))
		return;
	mr_copy(t.chassis, sizeof(t.chassis), e->chassis_name[chassis]);
	fm_tomb_load(e, &t);
	fm_rec(e, FM_RECORD_TOMBSTONE)->tombstone = t;
	key = key_of(e, &t);
	if (s && s->synced)
		ask(e, s, &key);
}

/* tomb.h */
void fm_tomb_adopt(struct fm_engine *e, unsigned chassis)
{
	all_shown(e, chassis, adopt_shown);
}

/* A whole reading, newer than all operations. */
void fm_tomb_observed(struct fm_engine *e, unsigned chassis)
{
	for (unsigned i = e->tombs; i-- > 0;) {
		const struct fm_rec_tombstone *t = &e->tomb[i];
		const struct fm_host *h = fm_host_by_port(&e->inv, chassis, t->place.port);

		if (t->place.way != FM_WAY_LVF && h && t->place.bridge < h->bridges &&
		    mr_streq(t->chassis, e->chassis_name[chassis]) &&
		    consumed(h, &h->bridge[t->place.bridge]) && !still_cutting(e, t))
			clear_one(e, i, "the host consumed the removal");
	}
	if (!e->ch[chassis].rec.adopting) /* who adopts takes them into its books first */
		all_shown(e, chassis, clear_shown);
}

/* Asks the agent of a fresh session whether the kernel devices at its tombstones are gone. The
 * question is about a place: the assignment that stood there may be somewhere else by now. */
void fm_tomb_ask(struct fm_engine *e, struct fm_session *s)
{
	ask(e, s, NULL);
}

/* Its answer did not count, and its session goes on: nobody else asks again. */
void fm_tomb_ask_again(struct fm_engine *e, const struct fm_inflight *f)
{
	struct fm_session *s = fm_session_get(e, f->session);

	if (s)
		ask(e, s, &f->key);
}

/* The bit is only the switch's copy: a refusal is seen at the next look at the chassis. Where
 * it reads 0 again somebody may be waiting for the bridge. */
void fm_tomb_result(struct fm_engine *e, const struct fm_inflight *f,
		    const struct fm_op_result *r)
{
	struct fm_host *h = fm_host_by_port(&e->inv, f->chassis, r->place.port);

	if (r->end != FM_OP_DONE) {
		fm_ch_observe(e, f->chassis);
		return;
	}
	if (h && r->place.way != FM_WAY_LVF && r->place.bridge < h->bridges)
		h->bridge[r->place.bridge].tombstone = false;
	fm_news_port(e, f->chassis, r->place.port);
	fm_plan_soon(e, 0);
}

/* The agent says that the kernel device is gone, or that it is not. */
void fm_tomb_ack(struct fm_engine *e, const struct fm_inflight *f,
		 const struct fm_agent_ack *ack)
{
	if (ack->reason != MR_REASON_OK)
		return;
	for (unsigned i = e->tombs; i-- > 0;)
		if (mr_streq(e->tomb[i].chassis, e->chassis_name[f->chassis]) &&
		    fm_place_key(f->chassis, &e->tomb[i].place) == f->key)
			clear_one(e, i, "the agent says that the device is gone");
}
