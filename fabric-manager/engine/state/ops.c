// SPDX-License-Identifier: Apache-2.0
/*
 * Operations and commands under way: their ids (durable, reserved in blocks, never reused), and
 * who waits for each. Each ends exactly once; dispatch.c brings the answer to who waits.
 */
#include "fabric-manager/engine/state/ops.h"

#include "common/mutant.h"
#include "fabric-manager/engine/state/out.h"

/* Until what failed for good is tried again: a minute, two, four, eight, then ten. */
int64_t fm_retry_pause_ns(unsigned failures)
{
	int64_t minutes = failures < 4 ? INT64_C(1) << failures : 10;

	return minutes * 60 * MR_NS_PER_S;
}

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
	f->after = FM_HOLD;
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

#define STORE_HALF (UINT64_MAX << 32)

/* See the header. */
uint64_t fm_owner_id(const struct fm_engine *e)
{
	return (e->meta.owner_id & STORE_HALF) | e->run;
}

bool fm_owner_is_ours(const struct fm_engine *e, uint64_t id)
{
	return !((id ^ e->meta.owner_id) & STORE_HALF);
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
		op->owner_id = fm_owner_id(e);
		op->owner_epoch = e->ch[op->chassis].epoch;
	}
	if (op->kind > FM_OP_MODE)
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
	const struct fm_host *h = fm_host_by_port(&e->inv, s->chassis[0], cmd->place.port);
	struct fm_inflight *f;
	struct fm_action *a;

	if (MR_MUTANT(ROOT_MISTAKEN) && cmd->verb == FM_AGENT_ACTIVATE)
		cmd->place.port = s->hello.root[0].port;
	cmd->op = fm_next_op(e);
	cmd->owner_epoch = e->ch[s->chassis[0]].epoch;
	f = inflight_add(e, cmd->op, kind, asg, key);
	f->op = (uint16_t)(256 + cmd->verb);
	f->chassis = s->chassis[0];
	f->session = s->id;
	f->port = cmd->place.port;
	f->boots = h ? h->boots : 0;
	a = fm_act(e, FM_ACT_AGENT_COMMAND);
	a->after_commit = FM_HOLD;
	a->session = s->id;
	a->cmd = *cmd;
	a->text = cmd->notes ? mr_xstrdup(cmd->notes) : NULL;
	a->cmd.notes = a->text;
	return cmd->op;
}

/* Whether it waits for its commit: what is recalled is never sent. */
static bool is_held(const struct fm_engine *e, const struct fm_inflight *f)
{
	return f->after > e->commit_durable;
}

/* What 'match' picks is lost: who waits for it is told in this step, in the order in which it
 * was sent. What was not sent yet never will be: it was meant for what there was before. 'why'
 * has to stay. */
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
	for (size_t i = 0; i < n; i++) {
		if (is_held(e, &list[i]))
			fm_act(e, FM_ACT_RECALL)->n = list[i].tag;
		fm_inflight_del(e, list[i].tag);
		MR_GROW(e->lost, e->losts, e->cap_losts);
		e->lost[e->losts++] = (struct fm_lost){list[i], reason, why};
	}
	free(list);
}

static bool has_tag(const struct fm_inflight *f, uint64_t tag)
{
	return f->tag == tag;
}

/* What was asked for is not right any more: lost, unless it was sent. */
void fm_inflight_recall(struct fm_engine *e, uint64_t tag, enum mr_reason reason,
			const char *why)
{
	const struct fm_inflight *f = fm_inflight_get(e, tag);

	if (f && is_held(e, f))
		fm_inflight_lose(e, has_tag, tag, reason, why);
}

/* Whether only questions about tombstones are under way: a hung host answers when it can, and
 * nothing that was asked for waits for that. */
static bool only_asks(const struct fm_engine *e)
{
	size_t pos = 0;
	uint64_t v;

	while (mr_map_next(e->inflight, &pos, NULL, NULL, &v))
		if (((const struct fm_inflight *)(uintptr_t)v)->op !=
		    256 + FM_AGENT_CONFIRM_GONE)
			return false;
	return true;
}

/* No operation under way and nothing left to do but wait. */
bool fm_idle(const struct fm_engine *e)
{
	return e->loaded && only_asks(e) && !e->plan_dirty && !e->todos &&
	       e->commit_last == e->commit_durable && e->ports_at == MR_NEVER &&
	       e->tidy_at == MR_NEVER && !e->store_down;
}
