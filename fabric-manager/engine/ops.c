// SPDX-License-Identifier: Apache-2.0
/*
 * Operations and commands under way: their ids (durable, reserved in blocks, never reused), who
 * waits for each, and where its answer goes. Each ends exactly once.
 */
#include "fabric-manager/engine/core.h"

/* Pauses between tries: 1 s, 4 s, 16 s, then a minute. */
int64_t fm_pause_ns(unsigned tries)
{
	static const int64_t s[] = {1, 4, 16, 60};

	return s[tries < 4 ? tries : 3] * MR_NS_PER_S;
}

/* A fresh operation id; the block that it is from is in the store before it is used. */
uint64_t fm_next_op(struct fm_engine *e)
{
	if (e->next_op >= e->meta.next_operation) {
		e->meta.next_operation = e->next_op + FM_OP_RESERVED;
		e->meta_dirty = true;
		e->intent = true;
	}
	return e->next_op++;
}

static struct fm_inflight *inflight_add(struct fm_engine *e, uint64_t tag,
					enum fm_tag_kind kind, uint32_t asg, uint64_t key)
{
	struct fm_inflight *f = MR_NEW(struct fm_inflight);

	f->tag = tag;
	f->kind = kind;
	f->asg = asg;
	f->key = key;
	mr_map_set_u64(e->inflight, tag, (uintptr_t)f);
	return f;
}

/* What waits for 'tag', or NULL. */
struct fm_inflight *fm_inflight_get(struct fm_engine *e, uint64_t tag)
{
	uint64_t v;

	return mr_map_get_u64(e->inflight, tag, &v) ? (struct fm_inflight *)(uintptr_t)v : NULL;
}

/* Nobody waits for 'tag' any more. */
void fm_inflight_del(struct fm_engine *e, uint64_t tag)
{
	struct fm_inflight *f = fm_inflight_get(e, tag);

	if (!f)
		return;
	mr_map_del_u64(e->inflight, tag);
	free(f);
}

/* Sends 'op', held until the intent is durable, and notes who waits for it. Returns its id. */
uint64_t fm_op_send(struct fm_engine *e, struct fm_op *op, enum fm_tag_kind kind, uint32_t asg,
		    uint64_t key)
{
	struct fm_inflight *f;
	struct fm_action *a;

	op->tag = fm_next_op(e);
	f = inflight_add(e, op->tag, kind, asg, key);
	f->op = (uint16_t)op->kind;
	f->chassis = op->chassis;
	op->generation = e->meta.generation;
	if (op->kind != FM_OP_TAKE_OWNER) {
		op->owner_id = e->meta.owner_id;
		op->owner_epoch = e->ch[op->chassis].epoch;
	}
	if (op->kind > FM_OP_PROVISION)
		e->ch[op->chassis].touched = op->tag;
	a = fm_act(e, FM_ACT_OPERATION);
	a->after_commit = FM_HOLD;
	a->op = *op;
	return op->tag;
}

/* The same for a command to an agent. */
uint64_t fm_cmd_send(struct fm_engine *e, struct fm_session *s, struct fm_agent_cmd *cmd,
		     enum fm_tag_kind kind, uint32_t asg, uint64_t key)
{
	struct fm_inflight *f;
	struct fm_action *a;

	cmd->op = fm_next_op(e);
	cmd->owner_epoch = e->ch[s->chassis[0]].epoch;
	f = inflight_add(e, cmd->op, kind, asg, key);
	f->op = (uint16_t)(256 + cmd->verb);
	f->chassis = s->chassis[0];
	f->session = s->id;
	a = fm_act(e, FM_ACT_AGENT_COMMAND);
	a->after_commit = FM_HOLD;
	a->session = s->id;
	a->cmd = *cmd;
	return cmd->op;
}

/* Takes over what was read back: a function and the bridge that leads to it. */
static void take_reading(struct fm_engine *e, const struct fm_op_result *r, unsigned chassis)
{
	struct fm_fn *fn = r->has_fn ? fm_fn_get(&e->inv, r->id) : NULL;
	struct fm_host *h =
		r->has_bridge ? fm_host_by_port(&e->inv, chassis, r->place.port) : NULL;

	if (fn)
		*fn = r->fn;
	if (h && r->place.bridge < h->bridges)
		h->bridge[r->place.bridge] = r->bridge;
	if (fn || h)
		e->inv.revision++;
}

static void deliver(struct fm_engine *e, const struct fm_inflight *f, struct fm_op_result *r)
{
	struct fm_asg *a;

	switch (f->kind) {
	case FM_TAG_ASG:
		e->ch[f->chassis].touched = e->next_op;
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
		e->ch[f->chassis].touched = e->next_op;
		fm_attach_result(e, f, r);
		break;
	case FM_TAG_TOMB:
		fm_tomb_result(e, f, r);
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

/* An agent's answer counts only in the session that got the command (HANDOVER 7). */
void fm_cmd_ack(struct fm_engine *e, uint64_t session, const struct fm_agent_ack *ack)
{
	struct fm_inflight *p = fm_inflight_get(e, ack->op), f;
	struct fm_asg *a;

	if (!p || p->op < 256 || p->session != session)
		return;
	f = *p;
	fm_inflight_del(e, ack->op);
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
	default:
		break;
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
	}
}

/* Ends what 'match' picks as lost, in the order in which it was sent. */
void fm_inflight_lose(struct fm_engine *e, bool (*match)(const struct fm_inflight *, uint64_t),
		      uint64_t arg, enum mr_reason reason, const char *why)
{
	struct fm_inflight *list = NULL;
	size_t n = 0, cap = 0, pos = 0;
	uint64_t key, v;

	while (mr_map_next(e->inflight, &pos, NULL, &key, &v)) {
		const struct fm_inflight *f = (const struct fm_inflight *)(uintptr_t)v;

		if (!match(f, arg))
			continue;
		MR_GROW(list, n, cap);
		list[n++] = *f;
	}
	for (size_t i = 0; i < n; i++)
		fm_inflight_del(e, list[i].tag);
	for (size_t i = 0; i < n; i++)
		lose(e, &list[i], reason, why);
	free(list);
}
