// SPDX-License-Identifier: Apache-2.0
/*
 * From the store's records to the state of an engine that knows everything it must, but nothing
 * of the hardware yet; and what a new store starts with.
 */
#include "fabric-manager/engine/load.h"

#include <errno.h>

#include "common/err.h"
#include "fabric-manager/engine/assign/data.h"
#include "fabric-manager/engine/assign/provision.h"
#include "fabric-manager/engine/chassis/tomb.h"
#include "fabric-manager/engine/state/asgs.h"
#include "fabric-manager/engine/state/base.h"
#include "fabric-manager/engine/state/history.h"
#include "fabric-manager/engine/state/hosts.h"
#include "fabric-manager/engine/state/locks.h"
#include "fabric-manager/engine/state/measure.h"
#include "fabric-manager/engine/state/out.h"
#include "fabric-manager/engine/state/outofuse.h"
#include "fabric-manager/engine/state/seen.h"
#include "fabric-manager/engine/state/soon.h"
#include "fabric-manager/engine/state/timers.h"

#define SCHEMA 2 /* 1: each version has all of its documents; read and gone on with */

static void new_store(struct fm_engine *e)
{
	e->meta.schema = SCHEMA;
	e->meta.owner_id = mr_rng_next(&e->rng) | UINT64_C(1) << 32;
	e->meta.next_assignment = 1;
	e->meta.next_operation = 1;
	e->meta.next_event = 1;
	e->meta_dirty = true;
	e->intent = true;
	fm_log(e, 1, "store: new, owner id %016llx", (unsigned long long)e->meta.owner_id);
}

static void load_assignment(struct fm_engine *e, const struct fm_assignment *r)
{
	struct fm_asg *a = fm_asg_new(e, r);

	if (a->a.id >= e->meta.next_assignment)
		e->meta.next_assignment = a->a.id + 1;
	a->unwanted = a->a.going; /* the plan says otherwise where a claim is left */
	a->drain = FM_DRAIN_REQUEST;
	a->resume = a->a.has_fn;
	a->stranger = mr_streq(a->a.profile, FM_UNCLAIMED);
	a->a.adopted = mr_streq(a->a.profile, FM_ADOPTED);
	e->adopteds += a->a.adopted;
	if (!a->a.has_fn)
		return;
	mr_map_set_u64(e->asg_by_fn, fm_fn_key(a->a.fn), (uintptr_t)a);
	if (a->a.going)
		a->drain_until = e->now.mono_ns + 60 * MR_NS_PER_S;
}

static void load_event(struct fm_engine *e, const struct fm_rec_event *r)
{
	if (!e->event)
		e->event = mr_xcalloc(FM_EVENTS_KEPT, sizeof(*e->event));
	if (e->events == FM_EVENTS_KEPT) {
		e->event_first = (e->event_first + 1) % FM_EVENTS_KEPT;
		e->events--;
	}
	e->event[(e->event_first + e->events++) % FM_EVENTS_KEPT] = *r;
	if (r->seq >= e->meta.next_event)
		e->meta.next_event = r->seq + 1;
}

static void load_chassis(struct fm_engine *e, const struct fm_rec_chassis *r)
{
	for (unsigned i = 0; i < e->inv.n; i++)
		if (mr_streq(e->chassis_name[i], r->name))
			e->ch[i].rec = *r;
}

static bool load_rollout(struct fm_engine *e, const struct fm_rec_operation *r)
{
	struct fm_asked *k;

	if (r->kind == FM_REC_ROLLOUT && r->value < FM_ROLLOUT_STATE_COUNT) {
		e->rollout = (struct fm_rollout){.state = (enum fm_rollout_state)r->value,
						 .op = r->id,
						 .version = r->version,
						 .undoes = r->approved};
		e->rollout.undo_next = r->approved && r->version != e->meta.version;
		memcpy(e->rollout.detail, r->detail, sizeof(r->detail));
	} else if (r->kind == FM_REC_UPDATE) {
		MR_GROW(e->asked, e->askeds, e->cap_askeds);
		k = &e->asked[e->askeds++];
		*k = (struct fm_asked){.op = r->id, .approved = r->approved, .wanted = true};
		mr_fmt(k->profile, sizeof(k->profile), "%s", r->detail);
	} else {
		return false;
	}
	return true;
}

/* Whom the rollout took is on its way, and its end is an outcome of it. Its host is disturbed
 * until then: it is not dropped halfway, before a plan says whether a claim is left. */
static void load_rolled(struct fm_engine *e)
{
	struct fm_asg *a;

	FM_FOREACH_ASG(e, a)
	{
		a->rolled = e->rollout.op && !fm_asg_up(a) && a->a.phase != FM_PHASE_PENDING;
		a->unwanted &= !a->rolled;
		e->some_turned |= a->rolled;
	}
}

static void load_operation(struct fm_engine *e, const struct fm_rec_operation *r)
{
	struct fm_record *n;

	if (((r->kind == FM_OP_PROVISION || r->kind == FM_OP_MODE) && fm_prov_load(e, r)) ||
	    load_rollout(e, r))
		return;
	n = fm_rec(e, FM_RECORD_OPERATION);
	n->erase = true;
	n->operation = *r;
}

static void load_one(struct fm_engine *e, const struct fm_record *r)
{
	struct fm_hst *h;

	switch (r->kind) {
	case FM_RECORD_ASSIGNMENT:
		load_assignment(e, &r->assignment);
		break;
	case FM_RECORD_IDENT:
		fm_ident_load(e, &r->ident);
		break;
	case FM_RECORD_FUNCTION:
		if (r->function.quarantined)
			fm_quarantine_add(e, &r->function, false);
		break;
	case FM_RECORD_DATA:
		fm_data_load(e, &r->data);
		break;
	case FM_RECORD_OVERRIDE:
		MR_GROW(e->override, e->overrides, e->cap_overrides);
		e->override[e->overrides++] = r->override;
		break;
	case FM_RECORD_TOMBSTONE:
		fm_tomb_load(e, &r->tombstone);
		break;
	case FM_RECORD_OPERATION:
		load_operation(e, &r->operation);
		break;
	case FM_RECORD_EVENT:
		load_event(e, &r->event);
		break;
	case FM_RECORD_CHASSIS:
		load_chassis(e, &r->chassis);
		break;
	case FM_RECORD_HOST:
		h = fm_host(e, r->host.name, true);
		h->rec = r->host;
		h->stored = true;
		if (h->rec.boot_id[0])
			h->awaited = e->now.mono_ns ? e->now.mono_ns : 1;
		break;
	case FM_RECORD_MEASURE:
		fm_measure_load(e, &r->measure);
		break;
	case FM_RECORD_META:
	case FM_RECORD_CURRENT:
	case FM_RECORD_DOCUMENT: /* all at once, by fm_history_load */
	case FM_RECORD_VERSION:
	case FM_RECORD_COUNT:
		break;
	}
}

/* Takes over what the store holds; 'r' may be empty. What can't be used is not touched: see
 * fm_engine_usable. */
void fm_store_loaded(struct fm_engine *e, const struct fm_record *r, unsigned n)
{
	bool found = false;

	for (unsigned i = 0; i < n; i++)
		if (r[i].kind == FM_RECORD_META) {
			e->meta = r[i].meta;
			found = true;
		}
	for (unsigned i = 0; i < n; i++)
		if (r[i].kind == FM_RECORD_CURRENT)
			e->meta.version = r[i].current.version;
	if (!found)
		new_store(e);
	if (e->meta.schema > SCHEMA) {
		mr_err_set(
			&e->unusable, -EINVAL, MR_REASON_UNSUPPORTED,
			"the store was written by a newer manager (schema %u, this one knows "
			"%u)",
			e->meta.schema, SCHEMA);
		fm_log(e, 3, "store: %s", e->unusable.text);
		return;
	}
	e->meta.schema = SCHEMA;
	e->next_op = e->meta.next_operation;
	e->generation_durable = e->meta.generation;
	e->loaded_generation = e->meta.generation;
	e->base.version = e->meta.version;
	if (fm_history_load(e, r, n, &e->unusable)) {
		fm_log(e, 3, "store: %s", e->unusable.text);
		return;
	}
	for (unsigned i = 0; i < n; i++)
		load_one(e, &r[i]);
	load_rolled(e);
	e->loaded = true;
	e->ident_at = MR_NEVER;
	fm_ident_timer(e);
	e->drift_at = e->now.mono_ns + 30 * MR_NS_PER_S;
	fm_timer_set(e, FM_TM_DRIFT, 0, e->drift_at);
	fm_desire_changed(e);
	fm_log(e, 1, "store: version %llu of the policy, %u documents, %u assignments",
	       (unsigned long long)e->base.version, e->base.docs.n, e->asgs);
}
