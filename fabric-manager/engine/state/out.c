// SPDX-License-Identifier: Apache-2.0
/*
 * What a step says: log lines, events, answers to operators, and the records of its change set,
 * which commit.c writes.
 */
#include "fabric-manager/engine/state/out.h"

#include <stdarg.h>

/* Appends an empty action of 'kind'; valid until the next one. */
struct fm_action *fm_act(struct fm_engine *e, enum fm_action_kind kind)
{
	struct fm_actions *o = e->out;

	MR_GROW(o->item, o->n, o->cap);
	o->item[o->n] = (struct fm_action){.kind = kind};
	return &o->item[o->n++];
}

static char *text_of(const char *fmt, va_list ap)
{
	struct mr_buf b = {0};

	mr_buf_vprintf(&b, fmt, ap);
	return mr_buf_steal(&b);
}

/* One line for the log: 1 info, 2 warn, 3 error. */
void fm_log(struct fm_engine *e, int level, const char *fmt, ...)
{
	struct fm_action *a = fm_act(e, FM_ACT_LOG);
	va_list ap;

	va_start(ap, fmt);
	a->level = level;
	a->text = text_of(fmt, ap);
	va_end(ap);
}

/* Keeps the last FM_EVENTS_KEPT events, here and in the store. */
static void event_keep(struct fm_engine *e, const struct fm_rec_event *ev)
{
	struct fm_record *r = fm_rec(e, FM_RECORD_EVENT);

	r->event = *ev;
	if (!e->event)
		e->event = mr_xcalloc(FM_EVENTS_KEPT, sizeof(*e->event));
	if (e->events == FM_EVENTS_KEPT) {
		r = fm_rec(e, FM_RECORD_EVENT);
		r->erase = true;
		r->event.seq = e->event[e->event_first].seq;
		e->event_first = (e->event_first + 1) % FM_EVENTS_KEPT;
		e->events--;
	}
	e->event[(e->event_first + e->events++) % FM_EVENTS_KEPT] = *ev;
}

/* One visible change: an event, durable and for followers. */
void fm_note(struct fm_engine *e, enum mr_reason reason, const char *object, const char *fmt,
	     ...)
{
	struct fm_rec_event ev = {.seq = e->meta.next_event++, .reason = reason};
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = text_of(fmt, ap);
	va_end(ap);
	ev.wall_ns = e->now.wall_ns;
	mr_fmt(ev.object, sizeof(ev.object), "%s", object);
	mr_fmt(ev.text, sizeof(ev.text), "%s", text);
	free(text);
	event_keep(e, &ev);
	fm_act(e, FM_ACT_EVENT)->event = ev;
}

/* The answer to an operator, once all that was decided is durable. Takes 'tree' and 'diags'. */
void fm_reply(struct fm_engine *e, uint64_t tag, enum mr_reason reason, int exit_code,
	      struct mr_tree *tree, struct mr_diags *diags, const char *fmt, ...)
{
	struct fm_action *a = fm_act(e, FM_ACT_REPLY);
	va_list ap;

	a->after_commit = FM_HOLD;
	a->tag = tag;
	a->reason = reason;
	a->exit_code = exit_code;
	a->tree = tree;
	a->diags = diags;
	va_start(ap, fmt);
	a->text = text_of(fmt, ap);
	va_end(ap);
}

/* The answer to a request that only reads: at once. */
void fm_reply_read(struct fm_engine *e, uint64_t tag, struct mr_tree *tree)
{
	struct fm_action *a = fm_act(e, FM_ACT_REPLY);

	a->tag = tag;
	a->tree = tree;
}

/* One more record of this step's change set. */
struct fm_record *fm_rec(struct fm_engine *e, enum fm_record_kind kind)
{
	return fm_changes_add(&e->batch, kind);
}

/* Writes what the manager must remember of a host. */
void fm_rec_host_put(struct fm_engine *e, struct fm_hst *h)
{
	fm_rec(e, FM_RECORD_HOST)->host = h->rec;
	h->stored = true;
}

/* Refuses a request: exit code 1. */
void fm_refuse(struct fm_engine *e, uint64_t tag, enum mr_reason reason, const char *fmt, ...)
{
	struct mr_buf b = {0};
	va_list ap;

	va_start(ap, fmt);
	mr_buf_vprintf(&b, fmt, ap);
	va_end(ap);
	fm_reply(e, tag, reason, 1, NULL, NULL, "%s", mr_buf_text(&b));
	mr_buf_done(&b);
}
