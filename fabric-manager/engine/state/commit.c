// SPDX-License-Identifier: Apache-2.0
/*
 * The change set of a step. Its PERSIST stands in front of the actions that depend on it; what
 * was sent is remembered (without texts) until it is durable, so that a failed commit can be
 * written again from what is known then.
 */
#include "fabric-manager/engine/state/commit.h"

#include "common/mutant.h"
#include "fabric-manager/engine/state/asgs.h"
#include "fabric-manager/engine/state/base.h"
#include "fabric-manager/engine/state/history.h"
#include "fabric-manager/engine/state/measure.h"
#include "fabric-manager/engine/state/ops.h"
#include "fabric-manager/engine/state/out.h"
#include "fabric-manager/engine/state/soon.h"
#include "fabric-manager/engine/state/timers.h"

/* The step's actions follow those that are in 'out' already. */
void fm_out_begin(struct fm_engine *e, struct fm_actions *out)
{
	e->out = out;
	e->out_first = out->n;
}

static void write_dirty(struct fm_engine *e)
{
	for (unsigned i = 0; i < e->dirties; i++) {
		struct fm_asg *a = e->dirty[i];

		a->dirty = false;
		fm_rec(e, FM_RECORD_ASSIGNMENT)->assignment = a->a;
	}
	if (e->dirties)
		fm_measure_write(e);
	e->dirties = 0;
}

/* Remembers the keys of a change set until it is durable; texts are not kept. */
static void remember(struct fm_engine *e, uint64_t n)
{
	struct fm_sent *s;

	MR_GROW(e->sent, e->sents, e->cap_sents);
	s = &e->sent[e->sents++];
	*s = (struct fm_sent){.n = n, .generation = e->meta.generation};
	s->changes.n = s->changes.cap = e->batch.n;
	s->changes.item = mr_xmemdup(e->batch.item, e->batch.n * sizeof(*e->batch.item));
	for (unsigned i = 0; i < s->changes.n; i++)
		if (s->changes.item[i].kind == FM_RECORD_DOCUMENT)
			s->changes.item[i].document.text = NULL;
}

static void send_batch(struct fm_engine *e)
{
	struct fm_action persist = {.kind = FM_ACT_PERSIST, .n = ++e->commit_last};
	struct fm_actions *o = e->out;

	if (e->intent) {
		e->meta.generation++;
		e->commit_intent = persist.n;
	}
	fm_rec(e, FM_RECORD_META)->meta = e->meta;
	remember(e, persist.n);
	persist.changes = e->batch;
	e->batch = (struct fm_changes){0};
	e->intent = false;
	e->meta_dirty = false;
	MR_GROW(o->item, o->n, o->cap);
	memmove(&o->item[e->out_first + 1], &o->item[e->out_first],
		(o->n - e->out_first) * sizeof(*o->item));
	o->item[e->out_first] = persist;
	o->n++;
}

static void hold(struct fm_engine *e, struct fm_action *a)
{
	uint64_t upto = a->kind == FM_ACT_REPLY ? e->commit_last : e->commit_intent;
	struct fm_inflight *f;

	/* While the store is down a reply is a refusal: it promises nothing. */
	a->after_commit = upto > e->commit_durable && !e->store_down ? upto : 0;
	if (a->kind == FM_ACT_REPLY ? MR_MUTANT(ACK_BEFORE_DURABLE)
				    : MR_MUTANT(WRITE_BEFORE_DURABLE))
		a->after_commit = 0;
	if (a->kind == FM_ACT_REPLY && a->after_commit) {
		MR_GROW(e->held, e->helds, e->cap_helds);
		e->held[e->helds++] = (struct fm_held_reply){a->tag, upto};
	}
	/* What goes on while the store is down shows the switch nothing that it does not have.
	 */
	if (a->kind == FM_ACT_OPERATION)
		a->op.generation = e->store_down ? e->generation_durable : e->meta.generation;
	f = a->kind == FM_ACT_OPERATION	      ? fm_inflight_get(e, a->op.tag)
	    : a->kind == FM_ACT_AGENT_COMMAND ? fm_inflight_get(e, a->cmd.op)
					      : NULL;
	if (f)
		f->after = a->after_commit;
}

/* Ends a step: writes what changed and says what waits for it. */
void fm_out_end(struct fm_engine *e)
{
	if (!e->store_down || e->probe == FM_HOLD) {
		write_dirty(e);
		if (e->batch.n || e->meta_dirty) {
			send_batch(e);
			if (e->probe == FM_HOLD)
				e->probe = e->commit_last;
		}
	}
	for (unsigned i = e->out_first; i < e->out->n; i++)
		if (e->out->item[i].after_commit == FM_HOLD)
			hold(e, &e->out->item[i]);
	e->out = NULL;
}

static void drop_held(struct fm_engine *e, uint64_t upto)
{
	unsigned k = 0;

	for (unsigned i = 0; i < e->helds; i++)
		if (e->held[i].after > upto)
			e->held[k++] = e->held[i];
	e->helds = k;
}

static void forget_sent(struct fm_engine *e, unsigned i)
{
	fm_changes_done(&e->sent[i].changes);
	memmove(&e->sent[i], &e->sent[i + 1], (e->sents - i - 1) * sizeof(*e->sent));
	e->sents--;
}

static void forget_former(struct fm_engine *e, unsigned from)
{
	for (unsigned i = from; i < e->formers; i++)
		fm_base_done(&e->former[i].base);
	e->formers = from;
}

/* Commit 'n' is durable. */
void fm_committed(struct fm_engine *e, uint64_t n)
{
	unsigned gone = 0;

	e->commit_durable = n;
	drop_held(e, n);
	while (e->sents && e->sent[0].n <= n) {
		e->generation_durable = e->sent[0].generation;
		forget_sent(e, 0);
	}
	while (gone < e->formers && e->former[gone].commit <= n)
		fm_base_done(&e->former[gone++].base);
	if (gone)
		memmove(e->former, e->former + gone, (e->formers - gone) * sizeof(*e->former));
	e->formers -= gone;
	if (e->store_down && n >= e->probe) {
		e->store_down = false;
		e->store_tries = 0;
		e->probe = 0;
		fm_note(e, MR_REASON_OK, "store", "the store takes writes again");
		e->wake = true;
		fm_plan_soon(e, 0);
	}
}

/* Writes the record again, as things are now. */
static void again(struct fm_engine *e, const struct fm_record *r)
{
	struct fm_asg *a;
	uint64_t v;
	char key[96];

	if (MR_MUTANT(FAILED_COMMIT_FORGOTTEN))
		return;
	switch (r->kind) {
	case FM_RECORD_ASSIGNMENT:
		a = fm_asg_by_name(e, r->assignment.profile, r->assignment.device,
				   r->assignment.index);
		if (a)
			fm_asg_dirty(e, a);
		else
			*fm_rec(e, r->kind) = (struct fm_record){
				.kind = r->kind, .erase = true, .assignment = r->assignment};
		break;
	case FM_RECORD_IDENT:
		mr_fmt(key, sizeof(key), "%d/%llx/%llx", r->ident.ident.type,
		       (unsigned long long)r->ident.ident.hi,
		       (unsigned long long)r->ident.ident.lo);
		if (mr_map_get(e->ident_by, key, &v))
			fm_rec(e, r->kind)->ident = e->ident[v];
		else
			*fm_rec(e, r->kind) = (struct fm_record){
				.kind = r->kind, .erase = true, .ident = r->ident};
		break;
	case FM_RECORD_DOCUMENT:
	case FM_RECORD_VERSION:
		if (r->erase) /* documents were taken back; what is old goes all the same */
			*fm_rec(e, r->kind) = *r;
		break;
	case FM_RECORD_META:
	case FM_RECORD_CURRENT:
	case FM_RECORD_MEASURE:
		break; /* sums are written by the next hand-over; META goes with every batch */
	default:
		*fm_rec(e, r->kind) = *r;
	}
}

static bool held_for(const struct fm_inflight *f, uint64_t n)
{
	return f->after == n;
}

static void take_back_documents(struct fm_engine *e, uint64_t n)
{
	for (unsigned i = 0; i < e->formers; i++) {
		if (e->former[i].commit < n)
			continue;
		fm_base_done(&e->base);
		e->base = e->former[i].base;
		memmove(&e->former[i], &e->former[i + 1],
			(e->formers - i - 1) * sizeof(*e->former));
		e->formers--;
		forget_former(e, i);
		e->meta.version = e->base.version;
		fm_history_take_back(e);
		fm_desire_changed(e);
		return;
	}
}

/*
 * Commit 'n' failed: what waited for it was dropped by the shell. The operators are told, the
 * operations count as never sent, documents are taken back, the rest is written again when the
 * store answers.
 */
void fm_commit_failed(struct fm_engine *e, uint64_t n, const char *why)
{
	struct mr_buf text = {0};

	if (!e->store_down) {
		mr_copy(e->store_why, sizeof(e->store_why), why);
		fm_log(e, 3, "store: commit %llu failed: '%s'; nothing new is started",
		       (unsigned long long)n, why);
	}
	mr_buf_printf(&text, "the store did not take it ('%s'); nothing was changed",
		      e->store_why);
	for (unsigned i = 0; i < e->helds; i++) {
		struct fm_action *a;

		if (e->held[i].after != n)
			continue;
		a = fm_act(e, FM_ACT_REPLY);
		a->tag = e->held[i].tag;
		a->reason = MR_REASON_STORE_FAILED;
		a->exit_code = 1;
		a->text = mr_xstrdup(mr_buf_text(&text));
	}
	mr_buf_done(&text);
	drop_held(e, n);
	if (e->commit_intent <= n)
		e->commit_intent = e->commit_durable;
	take_back_documents(e, n);
	for (unsigned i = 0; i < e->sents; i++) {
		if (e->sent[i].n != n)
			continue;
		for (unsigned k = 0; k < e->sent[i].changes.n; k++)
			again(e, &e->sent[i].changes.item[k]);
		forget_sent(e, i);
		break;
	}
	e->store_down = true;
	e->intent = true;
	e->probe = UINT64_MAX - 1;
	fm_timer_set(e, FM_TM_STORE, 0, e->now.mono_ns + fm_pause_ns(e->store_tries++));
	fm_inflight_lose(e, held_for, n, MR_REASON_STORE_FAILED,
			 "the store did not take the intent");
}

/* Asks the store again by writing what it owes. */
void fm_store_timer(struct fm_engine *e)
{
	if (!e->store_down)
		return;
	e->probe = FM_HOLD;
	e->meta_dirty = true;
	e->intent = true;
}
