// SPDX-License-Identifier: Apache-2.0
/*
 * What several assignments share: the PF of an `mra` adapter in a host (attached once, its VFs
 * enabled once by the host's SR-PCIM). The VF count of an adapter in VH 0 is
 * assign/provision.c.
 */
#include "fabric-manager/engine/chassis/attach.h"

#include "fabric-manager/engine/chassis/chassis.h"
#include "fabric-manager/engine/chassis/tomb.h"
#include "fabric-manager/engine/state/hosts.h"
#include "fabric-manager/engine/state/ops.h"
#include "fabric-manager/engine/state/out.h"
#include "fabric-manager/engine/state/seen.h"
#include "fabric-manager/engine/state/soon.h"
#include "fabric-manager/engine/state/timers.h"

#define ENABLE_NS (30 * MR_NS_PER_S)

/* The PF of adapter 'port' in the host behind 'host_port'; NULL when there is no record of it
 * and 'make' is false. */
struct fm_attach *fm_attach_get(struct fm_engine *e, unsigned chassis, unsigned host_port,
				unsigned port, bool make)
{
	uint64_t key = (uint64_t)chassis << 32 | (uint64_t)host_port << 16 | port, at;
	struct fm_attach *t;

	if (mr_map_get_u64(e->attach_by, key, &at))
		return &e->attach[at];
	if (!make)
		return NULL;
	MR_GROW(e->attach, e->attaches, e->cap_attaches);
	mr_map_set_u64(e->attach_by, key, e->attaches);
	t = &e->attach[e->attaches++];
	*t = (struct fm_attach){.chassis = (uint16_t)chassis,
				.host_port = (uint16_t)host_port,
				.port = (uint16_t)port,
				.bridge = FM_NO_BRIDGE,
				.until = MR_NEVER};
	return t;
}

static uint64_t index_of(const struct fm_engine *e, const struct fm_attach *t)
{
	return (uint64_t)(t - e->attach);
}

static void attach_op(struct fm_engine *e, struct fm_attach *t, enum fm_op_kind kind)
{
	struct fm_op op = {.kind = kind, .chassis = t->chassis};

	op.fn = (struct fm_fn_id){t->chassis, t->port, 0, 0};
	op.place.way = FM_WAY_LVF;
	op.place.port = t->host_port;
	op.place.bridge = t->bridge;
	e->intent = true;
	t->tag = fm_op_send(e, &op, FM_TAG_ATTACH, 0, index_of(e, t));
}

/*
 * Why the PF can't be attached at the bridge that was planned for it, or NULL. It may lead
 * elsewhere by now: it was given to another adapter while nobody knew this one (it did not
 * answer since the manager started). Or the host has not let go of functions that it had there:
 * an adapter that was pulled and inserted knows nothing of their slots' tombstones.
 */
const char *fm_attach_taken(struct fm_engine *e, const struct fm_asg *a)
{
	const struct fm_attach *t =
		fm_attach_get(e, a->a.chassis, a->a.place.port, a->a.fn.port, false);
	const struct fm_bridge *b = fm_asg_bridge(e, a);

	if (a->a.place.way != FM_WAY_LVF || (t && t->state != FM_ATTACH_NONE) || !b ||
	    b->unread)
		return NULL;
	if (b->state == MR_ROW_FREE)
		return fm_tomb_at(e, a->a.chassis, a->a.place.port, a->a.place.bridge)
			       ? "has functions that the host has not let go of"
			       : NULL;
	return MR_TARGET_KIND(b->target) != MR_TARGET_PFS ||
			       MR_TARGET_PORT(b->target) != a->a.fn.port
		       ? "leads elsewhere by now"
		       : NULL;
}

/* Whether the reading that was taken in last began when nothing moved it any more. A host that
 * is asked to enable its VFs moves nothing. */
static bool was_read(const struct fm_engine *e, const struct fm_attach *t)
{
	return (!t->tag || t->state == FM_ATTACH_ENABLING) &&
	       t->fresh <= e->ch[t->chassis].read_at;
}

/* Whether the adapter is there and knows nothing of the attachment: it was inserted since. */
static bool blank(const struct fm_engine *e, const struct fm_attach *t)
{
	const struct fm_adapter *d = fm_adapter_by_port(&e->inv, t->chassis, t->port);

	if (!d || !d->present || !d->vh_of)
		return false;
	for (unsigned i = 1; i < d->vhs; i++)
		if (d->vh_of[i] == t->host_port)
			return false;
	return true;
}

/* A pulled adapter's PFs stay where they are: there is nothing to detach, and it may come back.
 */
static bool adapter_there(const struct fm_engine *e, const struct fm_attach *t)
{
	const struct fm_adapter *d = fm_adapter_by_port(&e->inv, t->chassis, t->port);

	return d && d->present;
}

/* Whether the PF stands in the host of 'a', as far as is known. */
bool fm_attach_stands(const struct fm_engine *e, const struct fm_asg *a)
{
	const struct fm_attach *t = fm_attach_get((struct fm_engine *)e, a->a.chassis,
						  a->a.place.port, a->a.fn.port, false);

	return a->a.place.way != FM_WAY_LVF ||
	       (t && (t->state == FM_ATTACH_UP || t->state == FM_ATTACH_ENABLING) &&
		!(was_read(e, t) && blank(e, t)));
}

static void detach(struct fm_engine *e, struct fm_attach *t)
{
	if (t->tag || t->until != MR_NEVER || e->ch[t->chassis].state != FM_CH_READY ||
	    !adapter_there(e, t))
		return;
	t->state = FM_ATTACH_LEAVING;
	t->idle = false;
	attach_op(e, t, FM_OP_DETACH_PF);
}

/* Whether a detach ended halfway: its row is blocked, and has to be freed before the PF can be
 * attached once more. */
static bool is_half_detached(const struct fm_engine *e, const struct fm_attach *t)
{
	const struct fm_host *h = fm_host_by_port(&e->inv, t->chassis, t->host_port);
	const struct fm_bridge *b = h && t->bridge < h->bridges ? &h->bridge[t->bridge] : NULL;

	return b && b->state == MR_ROW_BLOCKED && MR_TARGET_KIND(b->target) == MR_TARGET_PFS &&
	       MR_TARGET_PORT(b->target) == t->port;
}

/* Whether the PF stands in the host of 'a'; else it is on its way. */
bool fm_attach_ready(struct fm_engine *e, struct fm_asg *a, char *why, size_t size)
{
	struct fm_attach *t;

	if (a->a.place.way != FM_WAY_LVF)
		return true;
	t = fm_attach_get(e, a->a.chassis, a->a.place.port, a->a.fn.port, true);
	if (fm_attach_stands(e, a)) {
		a->a.place.bridge = t->bridge;
		return true;
	}
	mr_fmt(why, size, "waiting for adapter %s to be attached to %s", a->a.adapter,
	       a->a.host);
	if (t->state == FM_ATTACH_NONE && is_half_detached(e, t)) {
		detach(e, t);
	} else if (t->state == FM_ATTACH_NONE && t->until == MR_NEVER) {
		t->bridge = a->a.place.bridge;
		t->state = FM_ATTACH_BUSY;
		attach_op(e, t, FM_OP_ATTACH_PF);
	}
	return false;
}

/* Whether the host's SR-PCIM enabled the VFs of the PF. A host whose agent is away gets its
 * functions all the same: the device keeps its map packed until then (HANDOVER 1). */
bool fm_enable_ready(struct fm_engine *e, struct fm_asg *a, char *why, size_t size)
{
	struct fm_agent_cmd c = {.verb = FM_AGENT_ENABLE_VFS, .deadline_ns = ENABLE_NS};
	struct fm_attach *t;
	struct fm_session *s;

	if (a->a.place.way != FM_WAY_LVF)
		return true;
	if (!fm_attach_ready(e, a, why, size)) /* the adapter was pulled and inserted since */
		return false;
	t = fm_attach_get(e, a->a.chassis, a->a.place.port, a->a.fn.port, true);
	s = fm_session_at(e, t->chassis, t->host_port);
	if (t->enabled >> a->a.place.pf & 1 || !s || !s->synced)
		return true;
	mr_fmt(why, size, "waiting for %s to enable the functions of %s", a->a.host,
	       a->a.adapter);
	if (t->state == FM_ATTACH_UP && t->until == MR_NEVER) {
		c.place = (struct fm_place){FM_WAY_LVF, t->host_port, t->bridge, a->a.place.pf,
					    0};
		t->pf = a->a.place.pf;
		t->state = FM_ATTACH_ENABLING;
		t->tag = fm_cmd_send(e, s, &c, FM_TAG_ATTACH, 0, index_of(e, t));
		t->until = e->now.mono_ns + ENABLE_NS + 5 * MR_NS_PER_S;
		fm_timer_set(e, FM_TM_ATTACH, index_of(e, t), t->until);
	}
	return false;
}

static void retry(struct fm_engine *e, struct fm_attach *t)
{
	t->until = e->now.mono_ns + fm_pause_ns(t->tries++);
	fm_timer_set(e, FM_TM_ATTACH, index_of(e, t), t->until);
}

/* ATTACH_PF or DETACH_PF ended. */
void fm_attach_result(struct fm_engine *e, const struct fm_inflight *f,
		      const struct fm_op_result *r)
{
	struct fm_attach *t = &e->attach[f->key];
	bool leaving = t->state == FM_ATTACH_LEAVING;

	if (t->tag != f->tag)
		return;
	t->tag = 0;
	t->fresh = e->next_op;
	if (r->end == FM_OP_DONE) {
		t->tries = 0;
		t->enabled = 0;
		t->state = leaving ? FM_ATTACH_NONE : FM_ATTACH_UP;
		if (!leaving)
			t->bridge = r->place.bridge;
		else
			fm_plan_soon(e, 20 * MR_NS_PER_MS); /* for the bridge */
		e->wake = true;
		return;
	}
	fm_log(e, 2, "%s: adapter port %u at host port %u: '%s'; it is tried again",
	       fm_op_kind_name(r->kind), t->port, t->host_port, r->detail);
	t->state = FM_ATTACH_NONE; /* what a detach left there the next reading says */
	retry(e, t);
	fm_ch_observe(e, t->chassis);
}

/* The agent enabled the VFs, or let the PF's slot go. */
void fm_attach_ack(struct fm_engine *e, const struct fm_inflight *f,
		   const struct fm_agent_ack *ack)
{
	struct fm_attach *t = &e->attach[f->key];

	if (t->tag != f->tag)
		return;
	t->tag = 0;
	t->until = MR_NEVER;
	if (t->state == FM_ATTACH_LEAVING) {
		if (ack->reason == MR_REASON_OK)
			attach_op(e, t, FM_OP_DETACH_PF);
		else
			t->state = FM_ATTACH_UP;
		return;
	}
	t->state = FM_ATTACH_UP;
	/* Another count than all is the host's own choice: what is enabled can be used. */
	if (ack->reason == MR_REASON_OK || ack->reason == MR_REASON_NEEDS_APPROVAL) {
		t->enabled |= (uint16_t)(1u << t->pf);
		t->tries = 0;
	} else {
		fm_log(e, 2, "enable-vfs at host port %u: '%s'; it is asked again",
		       t->host_port, ack->detail);
		retry(e, t);
	}
	e->wake = true;
}

/* The host was asked to enable VFs, and the answer does not matter any more. */
static void stop_enabling(struct fm_engine *e, struct fm_attach *t)
{
	fm_inflight_del(e, t->tag);
	t->tag = 0;
	t->until = MR_NEVER;
	t->state = FM_ATTACH_UP;
}

/* A pause ended, or the agent did not answer. */
void fm_attach_timer(struct fm_engine *e, unsigned i)
{
	struct fm_attach *t = i < e->attaches ? &e->attach[i] : NULL;

	if (!t || t->until == MR_NEVER || t->until > e->now.mono_ns)
		return;
	t->until = MR_NEVER;
	if (t->state == FM_ATTACH_ENABLING)
		stop_enabling(e, t);
	if (t->state == FM_ATTACH_UP && was_read(e, t) && blank(e, t))
		detach(e, t); /* it became blank during the pause */
	e->wake = true;
}

/* A host that runs lets go by itself: it is asked, now or when its agent is back. */
static bool host_runs(const struct fm_engine *e, const struct fm_attach *t)
{
	const struct fm_host *h = fm_host_by_port(&e->inv, t->chassis, t->host_port);

	return h && h->power && h->link;
}

/* Out of the host: it powers the slot off, then the bridge is freed. */
static void leave(struct fm_engine *e, struct fm_attach *t)
{
	struct fm_agent_cmd c = {.verb = FM_AGENT_RELEASE, .deadline_ns = ENABLE_NS};
	struct fm_session *s = fm_session_at(e, t->chassis, t->host_port);

	if (!s && host_runs(e, t))
		return;
	t->state = FM_ATTACH_LEAVING;
	if (!s) {
		attach_op(e, t, FM_OP_DETACH_PF);
		return;
	}
	c.place = (struct fm_place){FM_WAY_SYNTHETIC, t->host_port, t->bridge, 0, 0};
	t->tag = fm_cmd_send(e, s, &c, FM_TAG_ATTACH, 0, index_of(e, t));
}

static void mark(struct fm_engine *e, unsigned chassis, const struct fm_place *p,
		 struct fm_fn_id fn)
{
	struct fm_attach *t = p->way == FM_WAY_LVF
				      ? fm_attach_get(e, chassis, p->port, fn.port, false)
				      : NULL;

	if (t)
		t->used = true;
}

/* An LVF in quarantine stands where it was cut until it is reset. */
static void mark_quarantined(struct fm_engine *e)
{
	for (unsigned i = 0; i < e->quarantines; i++) {
		struct fm_fn_id id = e->quarantine_fn[i];
		const struct fm_fn *f = fm_fn_get(&e->inv, id);
		struct fm_place p = {.way = FM_WAY_LVF, .port = f ? f->owner_vh : 0};

		if (p.port)
			mark(e, id.chassis, &p, id);
	}
}

/*
 * Takes out the PFs of which nothing is used any more. A slot with a tombstone is still in use
 * by the host's kernel.
 */
void fm_tidy_timer(struct fm_engine *e)
{
	const struct fm_asg *a;

	e->tidy_at = MR_NEVER;
	for (unsigned i = 0; i < e->attaches; i++)
		e->attach[i].used = false;
	FM_FOREACH_ASG(e, a)
	{
		if (a->a.has_fn)
			mark(e, a->a.chassis, &a->a.place, a->a.fn);
		if (a->next.set)
			mark(e, a->next.chassis, &a->next.place, a->next.fn);
	}
	mark_quarantined(e);
	for (unsigned i = 0; i < e->attaches; i++) {
		struct fm_attach *t = &e->attach[i];

		if (!t->idle || t->used || t->tag || t->state != FM_ATTACH_UP ||
		    !fm_ch_ready(e, t->chassis) || !adapter_there(e, t) ||
		    fm_tomb_at(e, t->chassis, t->host_port, t->bridge))
			continue;
		t->idle = false;
		leave(e, t);
	}
}

/* Nothing of this PF may be used any more: looked at in a moment, with what else becomes
 * idle. */
void fm_attach_leave(struct fm_engine *e, unsigned chassis, unsigned host_port, unsigned port)
{
	struct fm_attach *t = fm_attach_get(e, chassis, host_port, port, false);

	if (!t || t->state != FM_ATTACH_UP)
		return;
	t->idle = true;
	if (e->tidy_at != MR_NEVER)
		return;
	e->tidy_at = e->now.mono_ns + MR_NS_PER_MS;
	fm_timer_set(e, FM_TM_TIDY, 0, e->tidy_at);
}

/* The host behind the port booted: its SR-PCIM has to enable again. */
void fm_attach_booted(struct fm_engine *e, unsigned chassis, unsigned host_port)
{
	for (unsigned i = 0; i < e->attaches; i++)
		if (e->attach[i].chassis == chassis && e->attach[i].host_port == host_port)
			e->attach[i].enabled = 0;
}

/* The adapter behind 'port' came or went: its PFs start anew. A host that waits for VFs to
 * enable would wait for a PF that does not come: whether it is attached is seen at the reading
 * that follows. */
void fm_attach_adapter(struct fm_engine *e, unsigned chassis, unsigned port)
{
	for (unsigned i = 0; i < e->attaches; i++) {
		struct fm_attach *t = &e->attach[i];

		if (t->chassis != chassis || t->port != port)
			continue;
		t->enabled = 0;
		if (t->state == FM_ATTACH_ENABLING)
			stop_enabling(e, t);
	}
}

/* The host shows a PF with so many VFs enabled, 0 also when it shows the PF no more: what comes
 * next there is enabled anew. */
void fm_attach_numvfs(struct fm_engine *e, unsigned chassis, const struct fm_place *pf,
		      unsigned numvfs)
{
	for (unsigned i = 0; i < e->attaches && !numvfs; i++) {
		struct fm_attach *t = &e->attach[i];

		if (t->chassis == chassis && t->host_port == pf->port &&
		    t->bridge == pf->bridge)
			t->enabled &= (uint16_t) ~(1u << pf->pf);
	}
}

/* An agent is there: PFs that nobody uses any more may go. */
void fm_attach_tidy(struct fm_engine *e, unsigned chassis, unsigned host_port)
{
	for (unsigned i = 0; i < e->attaches; i++)
		if (e->attach[i].chassis == chassis && e->attach[i].host_port == host_port)
			fm_attach_leave(e, chassis, host_port, e->attach[i].port);
}

static void attach_seen(struct fm_engine *e, unsigned chassis, const struct fm_host *h,
			unsigned bridge)
{
	struct fm_attach *t = fm_attach_get(e, chassis, h->port,
					    MR_TARGET_PORT(h->bridge[bridge].target), true);

	if (!was_read(e, t) || t->state != FM_ATTACH_NONE)
		return;
	t->state = FM_ATTACH_UP;
	t->bridge = (uint16_t)bridge;
	fm_attach_leave(e, chassis, h->port, t->port); /* unless somebody uses it */
}

static bool still_attached(const struct fm_engine *e, const struct fm_attach *t)
{
	const struct fm_host *h = fm_host_by_port(&e->inv, t->chassis, t->host_port);
	const struct fm_bridge *b;

	if (!h || t->bridge >= h->bridges)
		return false;
	b = &h->bridge[t->bridge];
	return b->state == MR_ROW_MAPPED && MR_TARGET_KIND(b->target) == MR_TARGET_PFS &&
	       MR_TARGET_PORT(b->target) == t->port;
}

/* A row that is blocked was left halfway: its adapter was pulled while it was detached. */
static void half_detached(struct fm_engine *e, unsigned chassis, const struct fm_host *h,
			  unsigned bridge)
{
	struct fm_attach *t = fm_attach_get(e, chassis, h->port,
					    MR_TARGET_PORT(h->bridge[bridge].target), true);

	if (!was_read(e, t) || t->state != FM_ATTACH_NONE)
		return;
	t->bridge = (uint16_t)bridge;
	detach(e, t);
}

/* What the switch shows of attached PFs, after a chassis was read. A row that leads to a blank
 * adapter is freed: its PFs are attached anew for whom wants them. */
void fm_attach_join(struct fm_engine *e, unsigned chassis)
{
	const struct fm_chassis *c = &e->inv.chassis[chassis];

	for (unsigned i = 0; i < e->attaches; i++) {
		struct fm_attach *t = &e->attach[i];

		if (t->chassis != chassis || !was_read(e, t) || still_attached(e, t))
			continue;
		if (t->state == FM_ATTACH_ENABLING) /* of what is not there any more */
			stop_enabling(e, t);
		if (t->state == FM_ATTACH_UP)
			t->state = FM_ATTACH_NONE;
	}
	for (unsigned h = 0; h < c->hosts; h++)
		for (unsigned b = 0; b < c->host[h].bridges; b++) {
			const struct fm_bridge *br = &c->host[h].bridge[b];

			if (MR_TARGET_KIND(br->target) != MR_TARGET_PFS)
				continue;
			if (br->state == MR_ROW_MAPPED)
				attach_seen(e, chassis, &c->host[h], b);
			else if (br->state == MR_ROW_BLOCKED)
				half_detached(e, chassis, &c->host[h], b);
		}
	for (unsigned i = 0; i < e->attaches; i++) {
		struct fm_attach *t = &e->attach[i];

		if (t->chassis != chassis || !was_read(e, t) || !blank(e, t))
			continue;
		if (t->state == FM_ATTACH_ENABLING)
			stop_enabling(e, t);
		if (t->state == FM_ATTACH_UP)
			detach(e, t);
	}
}
