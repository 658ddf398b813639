// SPDX-License-Identifier: Apache-2.0
/*
 * Brings the answers of operations and commands to who waits for them, and works off what the
 * parts left for each other.
 */
#include "fabric-manager/engine/dispatch.h"

#include "common/mutant.h"
#include "fabric-manager/engine/assign/assign.h"
#include "fabric-manager/engine/assign/data.h"
#include "fabric-manager/engine/assign/join.h"
#include "fabric-manager/engine/assign/provision.h"
#include "fabric-manager/engine/chassis/attach.h"
#include "fabric-manager/engine/chassis/chassis.h"
#include "fabric-manager/engine/chassis/mute.h"
#include "fabric-manager/engine/chassis/ports.h"
#include "fabric-manager/engine/chassis/tomb.h"
#include "fabric-manager/engine/desire/failover.h"
#include "fabric-manager/engine/desire/rollout.h"
#include "fabric-manager/engine/session/session.h"
#include "fabric-manager/engine/state/asgs.h"
#include "fabric-manager/engine/state/hosts.h"
#include "fabric-manager/engine/state/news.h"
#include "fabric-manager/engine/state/ops.h"

/* Takes over what was read back: a function and the bridge that leads to it. */
static void take_reading(struct fm_engine *e, const struct fm_op_result *r, unsigned chassis)
{
	struct fm_fn *fn = r->has_fn ? fm_fn_get(&e->inv, r->id) : NULL;
	struct fm_host *h =
		r->has_bridge ? fm_host_by_port(&e->inv, chassis, r->place.port) : NULL;

	if (fn)
		*fn = r->fn;
	if (h && r->place.bridge < h->bridges)
		fm_mute_keep_row(&h->bridge[r->place.bridge], &r->bridge);
	if (h && r->bridge.unread)
		fm_ch_observe(e, chassis); /* with growing pauses, until it reads */
	if (!fn && !h)
		return;
	e->inv.revision++;
	fm_news_port(e, r->id.chassis, r->id.port);
	fm_news_port(e, chassis, r->place.port);
}

static void deliver(struct fm_engine *e, const struct fm_inflight *f, struct fm_op_result *r)
{
	struct fm_asg *a;

	switch (f->kind) {
	case FM_TAG_ASG:
		e->ch[f->chassis].touched = e->next_op - 1;
		a = fm_asg_by_id(e, f->asg);
		if (!a)
			break;
		a->fresh = e->next_op;
		fm_asg_result(e, a, f->tag, r);
		break;
	case FM_TAG_CHASSIS:
		fm_ch_result(e, f->chassis, r);
		break;
	case FM_TAG_AUTH:
		fm_ports_result(e, f, r);
		break;
	case FM_TAG_CHALLENGE:
		fm_session_result(e, f, r);
		break;
	case FM_TAG_PROV:
		fm_prov_result(e, f, r);
		break;
	case FM_TAG_ATTACH:
		e->ch[f->chassis].touched = e->next_op - 1;
		fm_attach_result(e, f, r);
		break;
	case FM_TAG_TOMB:
		fm_tomb_result(e, f, r);
		break;
	case FM_TAG_DATA:
		e->ch[f->chassis].touched = e->next_op - 1;
		fm_data_result(e, f, r);
		break;
	}
}

/* An operation ended. What nobody waits for any more only leaves its reading. */
void fm_op_result(struct fm_engine *e, struct fm_op_result *r)
{
	struct fm_inflight *p = fm_inflight_get(e, r->tag), f;

	if (p) {
		f = *p;
		fm_inflight_del(e, r->tag);
		take_reading(e, r, f.chassis);
		if (r->end == FM_OP_REFUSED && r->reason == MR_REASON_STALE_OWNER)
			fm_ch_stale(e, f.chassis, r->owner_epoch);
		deliver(e, &f, r);
	}
	if (r->observed) {
		fm_chassis_done(r->observed);
		free(r->observed);
		r->observed = NULL;
	}
}

static void lose(struct fm_engine *e, const struct fm_inflight *f, enum mr_reason reason,
		 const char *why)
{
	struct fm_op_result r = {.tag = f->tag, .end = FM_OP_LOST, .reason = reason};
	struct fm_agent_ack ack = {.op = f->tag, .reason = reason};
	struct fm_asg *a;

	mr_fmt(r.detail, sizeof(r.detail), "%s", why);
	mr_fmt(ack.detail, sizeof(ack.detail), "%s", why);
	if (f->op < 256) {
		r.kind = (enum fm_op_kind)f->op;
		deliver(e, f, &r);
	} else if (f->kind == FM_TAG_ASG) {
		a = fm_asg_by_id(e, f->asg);
		if (a && a->tag == f->tag)
			fm_asg_lost(e, a, reason, why);
	} else if (f->kind == FM_TAG_ATTACH) {
		fm_attach_ack(e, f, &ack);
	} else if (f->kind == FM_TAG_PROV) {
		fm_prov_ack(e, f, &ack);
	}
}

/* Whether the host was reset since the command was sent: what its old boot did is undone. */
static bool reset_since(const struct fm_engine *e, const struct fm_inflight *f)
{
	const struct fm_host *h = fm_host_by_port(&e->inv, f->chassis, f->port);

	return h && h->boots != f->boots && !MR_MUTANT(OLD_BOOT_TRUSTED);
}

/* What a function shows after a command is newer than the report that it stands in. */
static void take_idents(struct fm_engine *e, uint64_t session, const struct fm_agent_ack *ack)
{
	const struct fm_session *s = fm_session_get(e, session);
	struct fm_agent_fn *f =
		s && ack->has_fn ? fm_host_reported(s->host, &ack->fn.place) : NULL;

	if (!f)
		return;
	f->ident0 = ack->fn.ident0;
	f->ident1 = ack->fn.ident1;
}

/* An agent's answer counts only in the session and the boot that got the command (HANDOVER
 * 7). */
void fm_cmd_ack(struct fm_engine *e, uint64_t session, const struct fm_agent_ack *ack)
{
	struct fm_inflight *p = fm_inflight_get(e, ack->op), f;
	struct fm_asg *a;

	if (!p || p->op < 256 || (p->session != session && !MR_MUTANT(OLD_BOOT_TRUSTED)))
		return;
	f = *p;
	fm_inflight_del(e, ack->op);
	if (reset_since(e, &f)) {
		lose(e, &f, MR_REASON_TIMEOUT, "the host was reset since it was asked");
		if (f.kind == FM_TAG_TOMB)
			fm_tomb_ask_again(e, &f);
		return;
	}
	take_idents(e, session, ack);
	switch (f.kind) {
	case FM_TAG_ASG:
		a = fm_asg_by_id(e, f.asg);
		if (a)
			fm_asg_ack(e, a, f.tag, ack);
		break;
	case FM_TAG_ATTACH:
		fm_attach_ack(e, &f, ack);
		break;
	case FM_TAG_TOMB:
		fm_tomb_ack(e, &f, ack);
		break;
	case FM_TAG_PROV:
		fm_prov_ack(e, &f, ack);
		break;
	default:
		break;
	}
}

static void tell_lost(struct fm_engine *e)
{
	for (unsigned i = 0; i < e->losts; i++) {
		struct fm_lost l = e->lost[i]; /* the list may grow meanwhile */

		lose(e, &l.f, l.reason, l.why);
	}
	e->losts = 0;
}

static void check_hosts(struct fm_engine *e)
{
	struct fm_hst *h;

	while ((h = e->suspect)) {
		e->suspect = h->next_suspect;
		h->suspect = false;
		fm_failover_check(e, h->rec.name);
	}
}

static void join(struct fm_engine *e)
{
	for (unsigned i = 0; i < e->inv.n; i++) {
		if (!e->ch[i].join)
			continue;
		e->ch[i].join = false;
		fm_ch_join(e, i);
	}
}

/* What the parts left for each other (state/soon.h), until nothing is left. */
void fm_settle(struct fm_engine *e)
{
	do {
		tell_lost(e);
		join(e);
		if (e->arrived) {
			e->arrived = false;
			fm_failover_moves(e);
			if (e->rollout.op)
				fm_rollout_check(e);
		}
		check_hosts(e);
	} while (e->losts || e->arrived);
}
