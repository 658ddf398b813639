/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs: operations under way. A run sends the batch of its present step, judges the reply, goes
 * on, waits for an event or a time, and ends exactly once: done, refused or lost. Nothing is
 * tried again here.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/mutant.h"
#include "common/str.h"
#include "common/xalloc.h"
#include "fabric-manager/mrpcim/internal.h"

#define PAUSE_MIN_NS (10 * MR_NS_PER_US)

/* ---- pool ---- */

/* An empty run with a slot of its own. Runs are reused: none is freed before the driver is. */
struct fm_mr_run *fm_mr_run_new(struct fm_mrpcim *m)
{
	struct fm_mr_run *r = m->free_run;
	uint32_t slot;

	if (r) {
		m->free_run = r->next_free;
	} else {
		r = MR_NEW(struct fm_mr_run);
		MR_GROW(m->run, m->runs, m->run_cap);
		r->slot = m->runs;
		m->run[m->runs++] = r;
	}
	slot = r->slot;
	*r = (struct fm_mr_run){.slot = slot, .first = true};
	return r;
}

/* Keys say port and number in other bits: without mixing, bridges of one number would share a
 * chain on all hosts. */
static struct fm_mr_chain *chain_of(struct fm_mrpcim *m, uint64_t key)
{
	return &m->chain[(key * UINT64_C(0x9e3779b97f4a7c15) >> 32) % FM_MR_WAIT_CHAINS];
}

static void wait_end(struct fm_mrpcim *m, struct fm_mr_run *r)
{
	fm_mr_heap_del(m, r);
	for (unsigned i = 0; i < 2; i++) {
		struct fm_mr_wait *w = &r->wait[i];

		if (w->key)
			TAILQ_REMOVE(chain_of(m, w->key), w, link);
		w->key = 0;
	}
}

/* Gives the run back to the pool. */
void fm_mr_run_end(struct fm_mrpcim *m, struct fm_mr_run *r)
{
	wait_end(m, r);
	fm_mr_disc_free(r->disc);
	r->disc = NULL;
	r->serial = 0;
	r->step = NULL;
	r->on_reply = NULL;
	r->kind = NULL;
	r->next_free = m->free_run;
	m->free_run = r;
}

/* ---- endings ---- */

/* Fills the refusal of 'r' (the first one stays); returns FM_MR_REFUSED. */
enum fm_mr_next fm_mr_refuse(struct fm_mr_run *r, enum mr_reason reason, const char *fmt, ...)
{
	struct mr_buf text = {0};
	va_list ap;

	if (r->res.reason != MR_REASON_OK)
		return FM_MR_REFUSED;
	va_start(ap, fmt);
	mr_buf_vprintf(&text, fmt, ap);
	va_end(ap);
	r->res.reason = reason;
	mr_fmt(r->res.detail, sizeof(r->res.detail), "%s", mr_buf_text(&text));
	mr_buf_done(&text);
	return FM_MR_REFUSED;
}

/* Emits the result of 'r', in which all but tag, kind and end was filled, and ends the run. */
void fm_mr_finish(struct fm_mrpcim *m, struct fm_mr_run *r, enum fm_op_end end)
{
	struct fm_mr_action *a = fm_mr_action_add(m, FM_MR_RESULT);

	r->res.tag = r->op.tag;
	r->res.kind = r->op.kind;
	r->res.end = end;
	r->res.id = r->op.fn;
	if (r->op.kind != FM_OP_TAKE_OWNER) /* else what it has read */
		r->res.owner_epoch = m->owner_epoch;
	a->tag = r->op.tag;
	a->result = r->res;
	fm_mr_run_end(m, r);
}

/* ---- batches ---- */

/* Sends m->batch for 'r'; returns the serial number that the reply will show. */
uint64_t fm_mr_send(struct fm_mrpcim *m, struct fm_mr_run *r)
{
	struct fm_mr_action *a = fm_mr_action_add(m, FM_MR_BATCH);

	r->serial = ++m->serial;
	r->values = m->batch.reply_values;
	a->tag = m->serial << FM_MR_SLOT_BITS | r->slot;
	if (r->kind && r->op.kind == FM_OP_TAKE_OWNER) {
		a->owner_id = r->op.owner_id;
		a->owner_epoch = r->op.owner_epoch;
	} else if (m->owned) {
		a->owner_id = m->owner_id;
		a->owner_epoch = m->owner_epoch;
	}
	mr_buf_add(&a->ops, m->batch.ops.data, m->batch.ops.len);
	return m->serial;
}

static bool range_good(const struct fm_mrpcim *m, struct fm_mr_run *r, unsigned needs)
{
	const struct fm_mr_dev *d = fm_mr_dev_at(m->geo, r->op.fn.port);
	struct fm_fn_id f = r->op.fn;
	bool whole = f.pf == FM_WHOLE && f.vf == FM_WHOLE;
	bool gone = !d || !d->a.plugged, mute = !gone && !d->a.present;

	if (fm_mr_has_row(r) &&
	    ((gone && needs & FM_MR_GONE_OK) || (mute && needs & FM_MR_MUTE_OK)))
		return true;
	if (gone && needs & (FM_MR_ADAPTER | FM_MR_FN))
		fm_mr_refuse(r, MR_REASON_DEVICE_GONE, "no adapter was found in port %u",
			     f.port);
	else if (mute && needs & (FM_MR_ADAPTER | FM_MR_FN))
		fm_mr_no_answer(r);
	else if (needs & FM_MR_MRA && d->a.kind != FM_ADAPTER_MRA)
		fm_mr_refuse(r, MR_REASON_UNSUPPORTED, "%s is no multi-root aware adapter",
			     d->a.name);
	else if (needs & FM_MR_FN &&
		 !(d->a.kind == FM_ADAPTER_BASE ? whole : f.pf < d->a.pfs && f.vf < d->a.vfs))
		fm_mr_refuse(r, MR_REASON_NOT_FOUND, "%s has no function pf%u/vf%u", d->a.name,
			     f.pf, f.vf);
	else if (needs & FM_MR_FN && r->op.place.way != FM_WAY_NONE &&
		 (r->op.place.way == FM_WAY_DEVICE) != (d->a.kind == FM_ADAPTER_BASE))
		fm_mr_refuse(r, MR_REASON_UNSUPPORTED, "%s is not reached by the way '%s'",
			     d->a.name, fm_way_name(r->op.place.way));
	return r->res.reason == MR_REASON_OK;
}

static bool place_good(const struct fm_mrpcim *m, struct fm_mr_run *r, unsigned needs)
{
	struct fm_place p = r->op.place;
	bool row = needs & FM_MR_BRIDGE;

	if (needs & FM_MR_PLACE && p.way != FM_WAY_NONE) {
		needs |= FM_MR_HOST;
		row |= p.way != FM_WAY_LVF;
	}
	if (!(needs & FM_MR_HOST) && !row)
		return true;
	if (!p.port || p.port > MR_MAX_HOSTS ||
	    (m->geo->port_kind[p.port] != MR_PORT_HOST &&
	     !(needs & FM_MR_ROOT && m->geo->port_kind[p.port] == MR_PORT_MGMT)))
		fm_mr_refuse(r, MR_REASON_NOT_FOUND, "port %u is no host port", p.port);
	else if (row && p.bridge >= m->geo->bridges[p.port])
		fm_mr_refuse(r, MR_REASON_NOT_FOUND, "port %u has %u bridges, no bridge %u",
			     p.port, m->geo->bridges[p.port], p.bridge);
	return r->res.reason == MR_REASON_OK;
}

/* Whether the present step can be built: what it names is still there, we own the chassis. */
static bool allowed(const struct fm_mrpcim *m, struct fm_mr_run *r)
{
	unsigned needs = r->kind->needs;

	if (needs & FM_MR_WRITES && !m->owned && r->op.kind != FM_OP_TAKE_OWNER)
		fm_mr_refuse(r, MR_REASON_STALE_OWNER, "this manager does not own chassis %s",
			     m->name);
	return r->res.reason == MR_REASON_OK && range_good(m, r, needs) &&
	       place_good(m, r, needs);
}

/* The batch of the present step into m->batch; false when the step has nothing to do. */
static bool build(struct fm_mrpcim *m, struct fm_mr_run *r)
{
	mr_batch_reset(&m->batch);
	if (r->prelude)
		mr_batch_sw_write(&m->batch, SW_GENERATION, r->op.generation);
	r->step->build(m, r, &m->batch);
	return m->batch.records > r->prelude;
}

/* Sends the batch of the present step, or of the first one after it that has something to do;
 * the run is done behind the last one. */
static void go(struct fm_mrpcim *m, struct fm_mr_run *r)
{
	for (; r->step->build; r->step++) {
		if (!allowed(m, r)) {
			fm_mr_finish(m, r, FM_OP_REFUSED);
			return;
		}
		r->prelude = r->first && r->kind->needs & FM_MR_WRITES && m->owned &&
			     r->op.kind != FM_OP_TAKE_OWNER &&
			     r->op.generation > m->generation &&
			     !MR_MUTANT(GENERATION_UNWRITTEN);
		if (!build(m, r))
			continue;
		if (r->prelude)
			m->generation = r->op.generation;
		r->first = false;
		fm_mr_send(m, r);
		return;
	}
	fm_mr_finish(m, r, FM_OP_DONE);
}

/* A driver that was started anew writes as the owner that the store says we are: the switch
 * judges it. What it refused once is not tried again with the same epoch. */
static void adopt_owner(struct fm_mrpcim *m, const struct fm_op *op)
{
	if (op->kind == FM_OP_TAKE_OWNER || op->owner_epoch <= m->owner_epoch)
		return;
	m->owner_id = op->owner_id;
	m->owner_epoch = op->owner_epoch;
	m->owned = true;
}

/* Starts an operation; it may end at once. */
void fm_mr_run_start(struct fm_mrpcim *m, const struct fm_op *op)
{
	struct fm_mr_run *r = fm_mr_run_new(m);
	enum fm_way way = op->place.way;

	r->op = *op;
	r->res.place = op->place;
	r->started_ns = m->now.mono_ns;
	adopt_owner(m, op);
	if (!m->ready) {
		mr_fmt(r->res.detail, sizeof(r->res.detail), "not connected");
		fm_mr_finish(m, r, FM_OP_LOST);
		return;
	}
	if (r->slot >= FM_MR_RUNS_MAX || (size_t)op->kind >= FM_OP_COUNT ||
	    (size_t)way > FM_WAY_DEVICE) {
		fm_mr_refuse(r, MR_REASON_LIMIT, "no operation, or more than %u under way",
			     FM_MR_RUNS_MAX);
		fm_mr_finish(m, r, FM_OP_REFUSED);
		return;
	}
	if (op->kind == FM_OP_OBSERVE) {
		fm_mr_disc_start(m, r);
		return;
	}
	r->kind = fm_mr_ops[op->kind];
	r->step = r->kind->way[way];
	if (!r->step->build)
		r->step = r->kind->way[FM_WAY_NONE];
	if (!r->step->build)
		fm_mr_refuse(r, MR_REASON_UNSUPPORTED, "%s is nothing for the way '%s'",
			     fm_op_kind_name(op->kind), fm_way_name(way));
	if (!allowed(m, r) || (r->kind->check && !r->kind->check(m, r)))
		fm_mr_finish(m, r, FM_OP_REFUSED);
	else
		go(m, r);
}

/* ---- replies ---- */

static void refused_reply(struct fm_mrpcim *m, struct fm_mr_run *r, const struct fm_mr_reply *p)
{
	switch (p->status) {
	case MR_BATCH_STALE_OWNER:
		fm_mr_refuse(r, MR_REASON_STALE_OWNER, "another manager owns chassis %s",
			     m->name);
		if (r->op.kind != FM_OP_TAKE_OWNER)
			fm_mr_disowned(m, 0);
		break;
	case MR_BATCH_EXPECT:
	case MR_BATCH_REFUSED:
		/* The same batch again: nothing that it is built of has changed since. */
		build(m, r);
		fm_mr_explain(m, r, &m->batch, p);
		break;
	default:
		fm_mr_refuse(r, MR_REASON_INTERNAL, "the chassis answered with batch status %u",
			     p->status);
	}
	fm_mr_finish(m, r, FM_OP_REFUSED);
}

static void judge(struct fm_mrpcim *m, struct fm_mr_run *r, const struct fm_mr_reply *p)
{
	enum fm_mr_next next = r->step->judge(m, r, p);

	if (r->res.reason != MR_REASON_OK)
		next = FM_MR_REFUSED;
	switch (next) {
	case FM_MR_NEXT:
		r->give_up_ns = 0;
		r->step++;
		go(m, r);
		break;
	case FM_MR_DONE:
		fm_mr_finish(m, r, FM_OP_DONE);
		break;
	case FM_MR_REFUSED:
		fm_mr_finish(m, r, FM_OP_REFUSED);
		break;
	case FM_MR_AGAIN:
		break;
	}
}

/* A reply of the chassis; one that belongs to nothing under way is ignored. */
void fm_mr_run_reply(struct fm_mrpcim *m, const struct fm_mr_event *ev)
{
	uint32_t slot = ev->tag & ((1u << FM_MR_SLOT_BITS) - 1);
	uint64_t serial = ev->tag >> FM_MR_SLOT_BITS;
	struct fm_mr_reply p = {ev->data, (unsigned)(ev->len / 8), ev->executed, ev->status};
	struct fm_mr_run *r = slot < m->runs ? m->run[slot] : NULL;

	if (!r || !r->serial || (!r->disc && r->serial != serial))
		return;
	if (r->on_reply) {
		r->on_reply(m, r, &p, serial);
		return;
	}
	r->serial = 0;
	if (!range_good(m, r, r->kind->needs)) { /* a discovery has found it gone meanwhile */
		fm_mr_finish(m, r, FM_OP_REFUSED);
	} else if (p.status != MR_BATCH_OK) {
		refused_reply(m, r, &p);
	} else if (p.n != r->values) {
		fm_mr_refuse(r, MR_REASON_INTERNAL, "expected a reply of %u values, got %u",
			     r->values, p.n);
		fm_mr_finish(m, r, FM_OP_REFUSED);
	} else {
		judge(m, r, &p);
	}
}

/* The connection is gone: whatever is under way is lost. */
void fm_mr_runs_lost(struct fm_mrpcim *m)
{
	for (unsigned i = 0; i < m->runs; i++) {
		struct fm_mr_run *r = m->run[i];

		if (r->kind || r->disc) {
			mr_fmt(r->res.detail, sizeof(r->res.detail), "the connection was lost");
			r->res.reason = MR_REASON_OK;
			fm_mr_finish(m, r, FM_OP_LOST);
		} else if (r->on_reply) {
			fm_mr_run_end(m, r);
		}
	}
}

/* ---- waiting ---- */

/* What a function's and a bridge row's events wake; never 0. */
uint64_t fm_mr_fn_wait_key(unsigned port, unsigned pf, unsigned vf)
{
	return 1ull << 62 | (uint64_t)port << 32 | (uint64_t)(pf & 0xffff) << 16 |
	       (vf & 0xffff);
}

uint64_t fm_mr_row_wait_key(unsigned vs, unsigned bridge)
{
	return 1ull << 63 | (uint64_t)vs << 16 | (bridge & 0xffff);
}

static void wait_for(struct fm_mrpcim *m, struct fm_mr_run *r, unsigned i, uint64_t key)
{
	struct fm_mr_wait *w = &r->wait[i];

	w->key = key;
	w->run = r;
	TAILQ_INSERT_TAIL(chain_of(m, key), w, link);
}

/*
 * Sends the step again when an event names its function or row, else after 'first_ns' and then
 * in growing pauses. FM_MR_AGAIN; or FM_MR_REFUSED, with nothing filled, once 'limit_ns' has
 * passed since the step first waited.
 */
enum fm_mr_next fm_mr_pause(struct fm_mrpcim *m, struct fm_mr_run *r, int64_t first_ns,
			    int64_t limit_ns)
{
	int64_t now = m->now.mono_ns;

	if (!r->give_up_ns) {
		r->give_up_ns = now + limit_ns;
		r->pause_ns = first_ns > PAUSE_MIN_NS ? first_ns : PAUSE_MIN_NS;
	} else if (now >= r->give_up_ns) {
		return FM_MR_REFUSED;
	}
	r->wake_ns = now + r->pause_ns;
	if (r->wake_ns > r->give_up_ns)
		r->wake_ns = r->give_up_ns;
	r->pause_ns *= 2;
	fm_mr_heap_put(m, r);
	if (r->kind->needs & FM_MR_FN)
		wait_for(m, r, 0, fm_mr_fn_wait_key(r->op.fn.port, r->op.fn.pf, r->op.fn.vf));
	if (fm_mr_has_row(r) || r->kind->needs & FM_MR_BRIDGE)
		wait_for(m, r, 1, fm_mr_row_wait_key(r->op.place.port, r->op.place.bridge));
	fm_mr_ring_due(m); /* what it waits for may have been announced already */
	return FM_MR_AGAIN;
}

/* An event named what 'key' stands for. */
void fm_mr_runs_wake(struct fm_mrpcim *m, uint64_t key)
{
	struct fm_mr_wait *w = TAILQ_FIRST(chain_of(m, key)), *next;

	for (; w; w = next) {
		struct fm_mr_run *r = w->run;

		next = TAILQ_NEXT(w, link);
		if (w->key != key)
			continue;
		if (next && next->run == r)
			next = TAILQ_NEXT(next, link);
		wait_end(m, r);
		go(m, r);
	}
}

/* Wakes whatever is due at m->now. */
void fm_mr_runs_due(struct fm_mrpcim *m)
{
	while (m->heaped && m->heap[0]->wake_ns <= m->now.mono_ns) {
		struct fm_mr_run *r = m->heap[0];

		wait_end(m, r);
		go(m, r);
	}
}
