// SPDX-License-Identifier: Apache-2.0
/*
 * One chassis: observe it, become its owner, keep what is known of it fresh. Who may write
 * is decided in ours.c; what is not ours is only read until an operator says `adopt`.
 */
#include "fabric-manager/engine/chassis/chassis.h"

#include "common/mutant.h"
#include "fabric-manager/engine/chassis/attach.h"
#include "fabric-manager/engine/chassis/damp.h"
#include "fabric-manager/engine/chassis/mute.h"
#include "fabric-manager/engine/chassis/numbering.h"
#include "fabric-manager/engine/chassis/ours.h"
#include "fabric-manager/engine/chassis/running.h"
#include "fabric-manager/engine/chassis/signature.h"
#include "fabric-manager/engine/chassis/tomb.h"
#include "fabric-manager/engine/state/asgs.h"
#include "fabric-manager/engine/state/cookies.h"
#include "fabric-manager/engine/state/hosts.h"
#include "fabric-manager/engine/state/news.h"
#include "fabric-manager/engine/state/ops.h"
#include "fabric-manager/engine/state/out.h"
#include "fabric-manager/engine/state/outofuse.h"
#include "fabric-manager/engine/state/seen.h"
#include "fabric-manager/engine/state/soon.h"
#include "fabric-manager/engine/state/timers.h"
#include "fabric-manager/engine/state/wanted.h"

/* The state as it is shown. */
const char *fm_ch_state_name(enum fm_chassis_state s)
{
	static const char *const names[] = {"away", "observing", "taking", "ready",
					    "read-only"};

	return names[s];
}

/* Whether operations may go there. */
bool fm_ch_ready(const struct fm_engine *e, unsigned chassis)
{
	return chassis < e->inv.n && e->ch[chassis].state == FM_CH_READY &&
	       e->ch[chassis].joined && !e->store_down;
}

static void set_readonly(struct fm_engine *e, unsigned chassis, enum mr_reason r,
			 const char *why)
{
	struct fm_ch *c = &e->ch[chassis];

	c->state = FM_CH_READONLY;
	c->joined = false;
	c->reason = r;
	mr_fmt(c->detail, sizeof(c->detail), "%s", why);
	fm_log(e, 3, "chassis '%s': %s; it is only read until an operator adopts it",
	       e->chassis_name[chassis], why);
	fm_note(e, r, e->chassis_name[chassis],
		"alarm: %s: only read until `banyan adopt chassis %s`", why,
		e->chassis_name[chassis]);
}

/* Whether an operation on a function is under way. */
static bool function_ops(const struct fm_engine *e, unsigned chassis)
{
	size_t pos = 0;
	uint64_t v;

	while (mr_map_next(e->inflight, &pos, NULL, NULL, &v)) {
		const struct fm_inflight *f = (const struct fm_inflight *)(uintptr_t)v;

		if (f->chassis == chassis &&
		    (f->kind == FM_TAG_ASG || f->kind == FM_TAG_ATTACH) && f->op < 256)
			return true;
	}
	return false;
}

/* Reads the whole chassis, once more when a reading is under way. */
void fm_ch_observe(struct fm_engine *e, unsigned chassis)
{
	struct fm_ch *c = &e->ch[chassis];
	struct fm_op op = {.kind = FM_OP_OBSERVE, .chassis = (uint16_t)chassis};

	if (c->state == FM_CH_AWAY)
		return;
	if (c->tag) {
		c->observe = true;
		return;
	}
	if (c->until != MR_NEVER)
		return;
	c->observe = false;
	c->quiet = !function_ops(e, chassis);
	c->tag = fm_op_send(e, &op, FM_TAG_CHASSIS, 0, 0);
}

static void take_owner(struct fm_engine *e, unsigned chassis)
{
	struct fm_ch *c = &e->ch[chassis];
	const struct fm_chassis *o = &e->inv.chassis[chassis];
	struct fm_op op = {.kind = FM_OP_TAKE_OWNER, .chassis = (uint16_t)chassis};

	c->state = FM_CH_TAKING;
	c->succeeds = o->owner_id != 0;
	/* Above every epoch that the switch or the store knows: a switch that forgot its own
	 * would begin anew, and one that was in force before would be in force again (I9). */
	c->epoch = c->rec.owner_epoch + 1;
	if (o->owner_epoch >= c->epoch)
		c->epoch = o->owner_epoch + 1;
	if (o->generation > e->meta.generation)
		e->meta.generation = o->generation;
	mr_copy(c->rec.name, sizeof(c->rec.name), e->chassis_name[chassis]);
	memcpy(c->rec.serial, o->serial, sizeof(c->rec.serial));
	c->rec.owner_epoch = c->epoch;
	fm_rec(e, FM_RECORD_CHASSIS)->chassis = c->rec;
	e->intent = true;
	op.owner_id = fm_owner_id(e);
	op.owner_epoch = c->epoch;
	op.value = e->meta.generation + 1;
	c->tag = fm_op_send(e, &op, FM_TAG_CHASSIS, 0, 0);
}

/* After a pause. */
static void observe_later(struct fm_engine *e, unsigned chassis)
{
	struct fm_ch *c = &e->ch[chassis];

	c->observe = true;
	c->until = e->now.mono_ns + fm_pause_ns(c->tries++);
	fm_timer_set(e, FM_TM_CHASSIS, chassis, c->until);
}

/* The first reading, or one after the connection came back: may we write? */
static void judge(struct fm_engine *e, unsigned chassis)
{
	struct fm_ch *c = &e->ch[chassis];
	const struct fm_chassis *o = &e->inv.chassis[chassis];
	enum mr_reason r;
	char why[FM_DETAIL_MAX];

	if (c->epoch && o->owner_id == fm_owner_id(e) && o->owner_epoch == c->epoch &&
	    mr_streq(o->serial, c->rec.serial)) {
		c->state = FM_CH_READY;
		return;
	}
	r = fm_ch_not_ours(e, chassis, why, sizeof(why));
	if (r != MR_REASON_OK && !c->adopt && !MR_MUTANT(TAKEN_UNASKED)) {
		c->epoch = 0;
		set_readonly(e, chassis, r, why);
		return;
	}
	if (e->store_down) { /* epoch and generation have to be durable first */
		observe_later(e, chassis);
		return;
	}
	if (c->adopt)
		c->rec.adopting = fm_owner_is_ours(e, o->owner_id) ? FM_ADOPTING_OURS
								   : FM_ADOPTING_ANOTHERS;
	c->adopt = false;
	take_owner(e, chassis);
}

static void became_ready(struct fm_engine *e, unsigned chassis)
{
	struct fm_ch *c = &e->ch[chassis];
	uint64_t sign = fm_signature(&e->inv.chassis[chassis]);
	uint64_t slots = fm_signature_slots(&e->inv.chassis[chassis]);
	bool fresh = !c->joined || sign != c->signature || sign != c->believed || c->stirred;
	bool moved = !c->joined || slots != c->slots;

	c->anew = c->anew || !c->joined;
	c->joined = true;
	c->signature = sign;
	c->slots = slots;
	c->stirred = false;
	c->reason = MR_REASON_OK;
	c->detail[0] = 0;
	fm_outofuse_find(e, chassis);
	c->join = true;
	e->wake = true;
	if (moved)
		fm_inventory_changed(e);
	else if (fresh)
		fm_adapters_changed(e);
}

/* What operations read back since the reading began is newer than the reading. */
static void keep_fresh(struct fm_engine *e, unsigned chassis, struct fm_chassis *n)
{
	struct fm_inventory to = {.chassis = n, .n = 1};
	const struct fm_asg *a;

	if (e->ch[chassis].touched < e->ch[chassis].read_at)
		return;
	FM_FOREACH_ASG(e, a)
	{
		struct fm_fn_id id = a->a.fn;
		struct fm_fn *f, *g;
		struct fm_bridge *b = fm_asg_bridge(e, a);
		struct fm_host *h;

		if (!a->a.has_fn || id.chassis != chassis ||
		    (a->fresh <= e->ch[chassis].read_at && !a->tag))
			continue;
		f = fm_fn_get(&e->inv, id);
		id.chassis = 0;
		g = fm_fn_get(&to, id);
		if (f && g)
			*g = *f;
		h = fm_host_by_port(&to, 0, a->a.place.port);
		if (b && h && a->a.place.bridge < h->bridges)
			h->bridge[a->a.place.bridge] = *b;
	}
}

static void observed(struct fm_engine *e, unsigned chassis, struct fm_op_result *r)
{
	struct fm_ch *c = &e->ch[chassis];
	struct fm_chassis *o = &e->inv.chassis[chassis];

	c->read_at = r->tag;
	c->quiet = c->quiet && c->touched < r->tag;
	keep_fresh(e, chassis, r->observed);
	fm_mute_keep(e, chassis, r->observed);
	fm_damp_keep(e, chassis, r->observed);
	c->believed = c->joined ? fm_signature(o) : 0;
	fm_chassis_done(o);
	*o = *r->observed;
	free(r->observed);
	r->observed = NULL;
	o->observed = true;
	if (!c->seen_ns)
		c->seen_ns = e->now.mono_ns ? e->now.mono_ns : 1;
	mr_copy(o->name, sizeof(o->name), e->chassis_name[chassis]);
	e->inv.revision++;
	fm_news_chassis(e, chassis);
	free(c->auth_tag);
	c->hosts = o->hosts;
	c->auth_tag = mr_xcalloc(o->hosts + 1, sizeof(*c->auth_tag));
	c->tries = 0;
	if (c->state == FM_CH_OBSERVING)
		judge(e, chassis);
	if (c->state == FM_CH_READY || c->state == FM_CH_TAKING)
		fm_cookies_heed(e, chassis);
	if (c->state == FM_CH_READY && c->touched < c->read_at)
		fm_tomb_observed(e, chassis);
	fm_numbering_observed(e, chassis);
	if (c->state == FM_CH_READY)
		became_ready(e, chassis);
	else if (c->state == FM_CH_READONLY)
		fm_inventory_changed(e);
}

/* It is ours. An owner before us may have written until now: what was read while it was his is
 * read again before anything is done. */
static void taken(struct fm_engine *e, unsigned chassis)
{
	struct fm_ch *c = &e->ch[chassis];

	c->owned = true;
	e->inv.chassis[chassis].owner_id = fm_owner_id(e);
	e->inv.chassis[chassis].owner_epoch = c->epoch;
	fm_log(e, 1, "chassis '%s': owner epoch %llu is ours", e->chassis_name[chassis],
	       (unsigned long long)c->epoch);
	fm_note(e, MR_REASON_OK, e->chassis_name[chassis], "ready, owner epoch %llu",
		(unsigned long long)c->epoch);
	if (c->succeeds) {
		c->state = FM_CH_OBSERVING;
		fm_ch_observe(e, chassis);
		return;
	}
	c->state = FM_CH_READY;
	became_ready(e, chassis);
}

/* OBSERVE or TAKE_OWNER ended. */
void fm_ch_result(struct fm_engine *e, unsigned chassis, struct fm_op_result *r)
{
	struct fm_ch *c = &e->ch[chassis];

	if (c->tag != r->tag)
		return;
	c->tag = 0;
	if (r->end == FM_OP_DONE && r->kind == FM_OP_OBSERVE && r->observed) {
		observed(e, chassis, r);
	} else if (r->end == FM_OP_DONE && r->kind == FM_OP_TAKE_OWNER) {
		taken(e, chassis);
	} else if (c->state != FM_CH_AWAY && c->state != FM_CH_READONLY) {
		fm_log(e, 2, "chassis '%s': %s: '%s'; it is read again",
		       e->chassis_name[chassis], fm_op_kind_name(r->kind), r->detail);
		if (c->state == FM_CH_TAKING)
			c->state = FM_CH_OBSERVING;
		observe_later(e, chassis);
	}
	if (c->observe && !c->tag && c->until == MR_NEVER)
		fm_ch_observe(e, chassis);
}

/* The pause after a reading ended that failed, or in which something did not answer. */
void fm_ch_timer(struct fm_engine *e, unsigned chassis)
{
	struct fm_ch *c = &e->ch[chassis];

	if (c->again <= e->now.mono_ns) {
		c->again = MR_NEVER;
		fm_ch_observe(e, chassis);
	}
	if (c->until == MR_NEVER || c->until > e->now.mono_ns)
		return;
	c->until = MR_NEVER;
	if (c->observe)
		fm_ch_observe(e, chassis);
}

static bool of_chassis(const struct fm_inflight *f, uint64_t chassis)
{
	return f->chassis == chassis && f->op < 256;
}

/*
 * It is not ours any more: nothing is written. Somebody else owns it from 'epoch' on, or, where
 * that is not above ours, its memory is blank or old: what it shows decides.
 */
void fm_ch_stale(struct fm_engine *e, unsigned chassis, uint64_t epoch)
{
	struct fm_ch *c = &e->ch[chassis];
	char why[FM_DETAIL_MAX];

	if (c->state == FM_CH_READONLY || c->state == FM_CH_AWAY)
		return;
	if (MR_MUTANT(OWNER_IGNORED))
		return;
	if (epoch > c->rec.owner_epoch) {
		mr_fmt(why, sizeof(why),
		       "another manager owns the chassis since epoch %llu, ours was %llu",
		       (unsigned long long)epoch, (unsigned long long)c->rec.owner_epoch);
		c->epoch = 0;
		set_readonly(e, chassis, MR_REASON_STALE_OWNER, why);
		return;
	}
	if (c->state == FM_CH_OBSERVING)
		return;
	c->epoch = 0;
	c->state = FM_CH_OBSERVING;
	c->joined = false;
	fm_log(e, 2, "chassis '%s': it has forgotten that it is ours; it is read again",
	       e->chassis_name[chassis]);
	fm_ch_observe(e, chassis);
}

/* An operator says that what is there is ours. */
void fm_ch_adopt(struct fm_engine *e, unsigned chassis)
{
	struct fm_ch *c = &e->ch[chassis];

	c->adopt = true;
	if (c->state != FM_CH_READONLY)
		return;
	c->state = FM_CH_OBSERVING;
	fm_ch_observe(e, chassis);
}

static void connected(struct fm_engine *e, unsigned chassis)
{
	struct fm_ch *c = &e->ch[chassis];

	c->state = FM_CH_OBSERVING;
	c->until = MR_NEVER;
	fm_ch_observe(e, chassis);
}

static void disconnected(struct fm_engine *e, unsigned chassis)
{
	struct fm_ch *c = &e->ch[chassis];

	c->state = FM_CH_AWAY;
	c->joined = false;
	c->observe = false;
	c->until = MR_NEVER;
	e->inv.chassis[chassis].observed = false;
	e->inv.revision++;
	fm_news_chassis(e, chassis);
	fm_inflight_lose(e, of_chassis, chassis, MR_REASON_UNREACHABLE,
			 "the connection to the chassis is gone");
	c->tag = 0;
	fm_note(e, MR_REASON_UNREACHABLE, e->chassis_name[chassis],
		"the connection is gone; what runs goes on running");
}

static void host_power(struct fm_engine *e, const struct fm_chassis_event *ev)
{
	struct fm_host *h = fm_host_by_port(&e->inv, ev->chassis, ev->port);
	const char *what = ev->kind == FM_CE_HOST_POWER ? "power" : "link";
	char name[FM_ROOT_TEXT];

	if (!h)
		return;
	if (ev->kind == FM_CE_HOST_POWER)
		h->power = ev->value != 0;
	else
		h->link = ev->value != 0;
	e->inv.revision++;
	fm_news_port(e, ev->chassis, ev->port);
	if (ev->kind == FM_CE_HOST_LINK && fm_damp_link(e, ev->chassis, ev->port, h->link))
		return;
	fm_note(e, MR_REASON_OK, fm_root_text(e, ev->chassis, ev->port, name), "%s %s", what,
		ev->value ? "on" : "off");
}

/* A reset or a power-on makes a fresh hierarchy: nothing of the old boot uses a bridge. */
static void host_reset(struct fm_engine *e, const struct fm_chassis_event *ev)
{
	struct fm_host *h = fm_host_by_port(&e->inv, ev->chassis, ev->port);

	struct fm_asg *a;

	if (h)
		h->boots = ev->value;
	if (MR_MUTANT(HOST_RESET_UNHEARD))
		return;
	fm_tomb_clear(e, ev->chassis, ev->port, FM_NO_BRIDGE, "the host was reset");
	FM_FOREACH_ASG(e, a)
	{ /* what is still mapped the new boot finds again, whatever the old one gave back */
		if (a->a.chassis != ev->chassis || a->a.place.port != ev->port)
			continue;
		if (a->consent && a->tag && a->step == FM_STEP_BLOCK)
			fm_inflight_recall(e, a->tag, MR_REASON_TIMEOUT,
					   "the host was reset since it agreed");
		a->consent = false;
	}
	fm_attach_booted(e, ev->chassis, ev->port);
}

static void adapter_event(struct fm_engine *e, const struct fm_chassis_event *ev)
{
	struct fm_adapter *d = fm_adapter_by_port(&e->inv, ev->chassis, ev->port);
	bool flaps = false;

	for (unsigned i = 0; i < e->provs; i++)
		if (e->prov[i].chassis == ev->chassis && e->prov[i].port == ev->port)
			e->prov[i].failed = false;
	if (d && ev->kind == FM_CE_ADAPTER_LINK) {
		flaps = fm_damp_link(e, ev->chassis, ev->port, ev->value);
		fm_mute_link(e, ev->chassis, d, ev->value);
	}
	if (d && ev->kind == FM_CE_ADAPTER_PRESENCE) {
		fm_attach_adapter(e, ev->chassis, ev->port);
		fm_refusing_end(e, ev->chassis, ev->port);
		fm_asgs_retry(e);
		d->present = d->plugged = ev->value != 0;
		e->ch[ev->chassis].stirred = true;
		fm_adapters_news(e);
		fm_news_port(e, ev->chassis, ev->port);
		fm_note(e, ev->value ? MR_REASON_OK : MR_REASON_DEVICE_GONE, d->name,
			ev->value ? "inserted" : "pulled");
	}
	if (flaps)
		fm_damp_ways_out(e, ev->chassis, ev->port);
	else
		fm_ch_observe(e, ev->chassis);
}

static void host_event(struct fm_engine *e, const struct fm_chassis_event *ev)
{
	const struct fm_host *h = fm_host_by_port(&e->inv, ev->chassis, ev->port);
	struct fm_hst *st = h ? fm_host(e, fm_host_at(e, ev->chassis, ev->port), true) : NULL;
	char name[FM_ROOT_TEXT];

	if (e->ch[ev->chassis].tag) /* what is being read may be older than this */
		e->ch[ev->chassis].observe = true;
	if (ev->kind == FM_CE_HOST_RESET) {
		host_reset(e, ev);
		if (st)
			st->grace_until = -1; /* failover.c reckons it */
		if (st && e->rollout.op) {    /* an edit may wait for this */
			st->restarted = true;
			fm_plan_soon(e, 0);
		}
	} else if (ev->kind != FM_CE_HOST_FATAL) {
		if (st && h->power)
			st->had_power = true;
		host_power(e, ev);
	} else if (st) {
		st->fatal = e->now.mono_ns;
		fm_note(e, MR_REASON_DEVICE_GONE, fm_root_text(e, ev->chassis, ev->port, name),
			"fatal error at its port");
	}
	if (h) {
		fm_failover_soon(e, st);
		e->wake = true;
		fm_ports_soon(e);
	}
}

/* What the chassis says by itself. */
void fm_ch_event(struct fm_engine *e, const struct fm_chassis_event *ev)
{
	if (ev->chassis >= e->inv.n)
		return;
	switch (ev->kind) {
	case FM_CE_CONNECTED:
		connected(e, ev->chassis);
		break;
	case FM_CE_DISCONNECTED:
		disconnected(e, ev->chassis);
		break;
	case FM_CE_OVERFLOW:
		fm_ch_observe(e, ev->chassis);
		break;
	case FM_CE_VF_ENABLE:
		fm_ch_vf_enable(e, ev);
		break;
	case FM_CE_HOST_LINK:
	case FM_CE_HOST_POWER:
	case FM_CE_HOST_RESET:
	case FM_CE_HOST_FATAL:
		host_event(e, ev);
		break;
	case FM_CE_ADAPTER_PRESENCE:
	case FM_CE_ADAPTER_LINK:
		adapter_event(e, ev);
		break;
	case FM_CE_SLOT_POWER:
		fm_ch_slot_power(e, ev);
		break;
	case FM_CE_REMOVAL_SEEN:
		fm_tomb_clear(e, ev->chassis, ev->port, ev->bridge,
			      "the host consumed the removal");
		break;
	case FM_CE_VF_STATE:
		fm_ch_vf_state(e, ev);
		break;
	case FM_CE_WATCHDOG:
		fm_ch_watchdog(e, ev);
		break;
	case FM_CE_MAILBOX:
		fm_ch_mailbox(e, ev);
		break;
	case FM_CE_HELD:
		fm_ch_held(e, ev);
		break;
	case FM_CE_STALE_OWNER:
		fm_ch_stale(e, ev->chassis, ev->value);
		break;
	case FM_CE_STRANGE:
		fm_log(e, 2, "chassis '%s': traffic without a row at port %u was dropped",
		       e->chassis_name[ev->chassis], ev->port);
		break;
	}
}
