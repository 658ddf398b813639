// SPDX-License-Identifier: Apache-2.0
/*
 * The engine's life, and where each event goes. One step: an event is dispatched, assignments
 * that it touched are put on 'todo', the plan is remade if its input changed, 'todo' is worked
 * off, and what changed is written as one PERSIST at the head of the step's actions.
 */
#include "fabric-manager/engine/engine.h"

#include "common/err.h"
#include "fabric-manager/engine/assign/assign.h"
#include "fabric-manager/engine/assign/data.h"
#include "fabric-manager/engine/assign/drift.h"
#include "fabric-manager/engine/assign/provision.h"
#include "fabric-manager/engine/assign/switchover.h"
#include "fabric-manager/engine/chassis/attach.h"
#include "fabric-manager/engine/chassis/chassis.h"
#include "fabric-manager/engine/chassis/damp.h"
#include "fabric-manager/engine/chassis/ports.h"
#include "fabric-manager/engine/desire/desire.h"
#include "fabric-manager/engine/desire/failover.h"
#include "fabric-manager/engine/desire/kept.h"
#include "fabric-manager/engine/desire/searching.h"
#include "fabric-manager/engine/dispatch.h"
#include "fabric-manager/engine/load.h"
#include "fabric-manager/engine/request/request.h"
#include "fabric-manager/engine/session/session.h"
#include "fabric-manager/engine/state/asgs.h"
#include "fabric-manager/engine/state/base.h"
#include "fabric-manager/engine/state/commit.h"
#include "fabric-manager/engine/state/history.h"
#include "fabric-manager/engine/state/hosts.h"
#include "fabric-manager/engine/state/locks.h"
#include "fabric-manager/engine/state/news.h"
#include "fabric-manager/engine/state/ops.h"
#include "fabric-manager/engine/state/soon.h"
#include "fabric-manager/engine/state/timers.h"

/* An engine without state: the first event has to be STORE_LOADED. */
struct fm_engine *fm_engine_new(const struct fm_engine_config *cfg)
{
	struct fm_engine *e = MR_NEW(struct fm_engine);

	mr_rng_init(&e->rng, cfg->seed);
	e->run = (uint32_t)mr_rng_next(&e->rng) | 1;
	e->check_plans = cfg->check_plans;
	e->search_apart = cfg->search_apart;
	e->inv.n = cfg->n_chassis;
	e->inv.chassis = mr_xcalloc(cfg->n_chassis + 1, sizeof(*e->inv.chassis));
	e->ch = mr_xcalloc(cfg->n_chassis + 1, sizeof(*e->ch));
	e->chassis_name = mr_xcalloc(cfg->n_chassis + 1, sizeof(*e->chassis_name));
	for (unsigned i = 0; i < cfg->n_chassis; i++) {
		e->chassis_name[i] = mr_xstrdup(cfg->chassis[i]);
		mr_copy(e->inv.chassis[i].name, MR_NAME_MAX, cfg->chassis[i]);
		e->ch[i].until = e->ch[i].again = MR_NEVER;
	}
	e->asg_by_name = mr_map_new();
	e->asg_by_id = mr_map_new();
	e->asg_by_fn = mr_map_new();
	e->asg_by_place = mr_map_new();
	e->here_by = mr_map_new();
	e->ident_by = mr_map_new();
	e->ident_of = mr_map_new();
	e->tomb_by = mr_map_new();
	e->attach_by = mr_map_new();
	e->host_by_name = mr_map_new();
	e->session_by_id = mr_map_new();
	e->inflight = mr_map_new();
	e->plan_at = e->ident_at = e->drift_at = e->ports_at = e->tidy_at = e->retry_at =
		MR_NEVER;
	return e;
}

static void free_values(struct mr_map *m, void (*done)(void *))
{
	size_t pos = 0;
	uint64_t v;

	while (mr_map_next(m, &pos, NULL, NULL, &v))
		done((void *)(uintptr_t)v);
	mr_map_free(m);
}

static void host_free(void *h)
{
	fm_host_free(h);
}

static void free_lists(struct fm_engine *e)
{
	free(e->asg);
	free(e->here);
	free(e->todo);
	free(e->dirty);
	free(e->waiting);
	free(e->ident);
	free(e->foreign);
	mr_map_free(e->literal);
	free(e->tomb);
	free(e->quarantine);
	free(e->quarantine_fn);
	free(e->refusing);
	free(e->attach);
	free(e->damp);
	free(e->prov);
	free(e->measure);
	free(e->data);
	free(e->data_run);
	free(e->session);
	free(e->move);
	free(e->timer);
	free(e->event);
	free(e->override);
	free(e->version);
	free(e->held);
	free(e->sent);
	free(e->former);
	free(e->gone);
	free(e->dirt.profile);
	free(e->asked);
	free(e->lost);
	free(e->ch);
}

/* Frees the engine; NULL is accepted. */
void fm_engine_free(struct fm_engine *e)
{
	if (!e)
		return;
	fm_kept_free(e);
	fm_searching_free(e);
	fm_news_done(e);
	for (unsigned i = 0; i < e->asgs; i++) {
		free(e->asg[i]->notes);
		free(e->asg[i]);
	}
	for (unsigned i = 0; i < e->sents; i++)
		fm_changes_done(&e->sent[i].changes);
	for (unsigned i = 0; i < e->formers; i++)
		fm_base_done(&e->former[i].base);
	fm_history_done(e);
	for (unsigned i = 0; i < e->inv.n; i++) {
		free(e->chassis_name[i]);
		free(e->ch[i].auth_tag);
	}
	for (unsigned i = 0; i < e->sets; i++)
		free(e->set_name[i]);
	for (unsigned i = 0; i < e->sessions; i++)
		free(e->session[i]);
	mr_map_free(e->session_by_id);
	free_values(e->host_by_name, host_free);
	free_values(e->inflight, free);
	mr_map_free(e->asg_by_name);
	mr_map_free(e->asg_by_id);
	mr_map_free(e->asg_by_fn);
	mr_map_free(e->asg_by_place);
	mr_map_free(e->here_by);
	mr_map_free(e->ident_by);
	mr_map_free(e->ident_of);
	mr_map_free(e->tomb_by);
	mr_map_free(e->attach_by);
	fm_changes_done(&e->batch);
	fm_base_done(&e->base);
	fm_desired_free(e->desired);
	fm_inventory_done(&e->inv);
	free(e->chassis_name);
	free(e->set_name);
	free_lists(e);
	free(e);
}

/* A request that waited for a search. */
static void ask_again(struct fm_engine *e)
{
	uint64_t tag;
	struct fm_request *r = fm_searching_next(e, &tag);

	if (!r)
		return;
	fm_request(e, tag, r);
	fm_searching_asked(e);
	fm_request_free(r);
}

static void timer(struct fm_engine *e, const struct fm_timer *t)
{
	struct fm_asg *a;
	size_t pos = 0;
	uint64_t v;

	switch (t->kind) {
	case FM_TM_ASG:
		a = fm_asg_by_id(e, (uint32_t)t->key);
		if (a)
			fm_asg_timer(e, a);
		break;
	case FM_TM_PLAN:
		break; /* the step ends with it */
	case FM_TM_STORE:
		fm_store_timer(e);
		break;
	case FM_TM_CHASSIS:
		fm_ch_timer(e, (unsigned)t->key);
		break;
	case FM_TM_SESSION:
		fm_session_timer(e, t->key);
		break;
	case FM_TM_HOST:
		while (mr_map_next(e->host_by_name, &pos, NULL, NULL, &v))
			if (v == t->key)
				fm_failover_timer(e, ((struct fm_hst *)(uintptr_t)v)->rec.name);
		break;
	case FM_TM_PROV:
		fm_prov_timer(e, (unsigned)t->key);
		break;
	case FM_TM_ATTACH:
		fm_attach_timer(e, (unsigned)t->key);
		break;
	case FM_TM_IDENT:
		if (e->ident_at <= e->now.mono_ns)
			fm_ident_timer(e);
		break;
	case FM_TM_DRIFT:
		if (e->drift_at <= e->now.mono_ns)
			fm_drift_timer(e);
		break;
	case FM_TM_TIDY:
		if (e->tidy_at <= e->now.mono_ns)
			fm_tidy_timer(e);
		break;
	case FM_TM_RETRY:
		if (e->retry_at <= e->now.mono_ns)
			fm_asgs_retry_timer(e);
		break;
	case FM_TM_WINDOW:
		fm_plan_soon(e, 0);
		break;
	case FM_TM_DATA:
		fm_data_timer(e, (uint32_t)t->key);
		break;
	case FM_TM_DAMP:
		fm_damp_timer(e, t->key);
		break;
	case FM_TM_SEARCH:
		ask_again(e);
		break;
	case FM_TM_PORTS:
		if (e->ports_at <= e->now.mono_ns) {
			e->ports_at = MR_NEVER;
			fm_ports_check(e);
		}
		break;
	}
}

static void dispatch(struct fm_engine *e, const struct fm_event *ev)
{
	if (e->unusable.code && ev->kind != FM_EV_REQUEST)
		return;
	switch (ev->kind) {
	case FM_EV_STORE_LOADED:
		fm_store_loaded(e, ev->record, ev->records);
		break;
	case FM_EV_COMMITTED:
		fm_committed(e, ev->n);
		break;
	case FM_EV_COMMIT_FAILED:
		fm_commit_failed(e, ev->n, ev->detail ? ev->detail : "");
		break;
	case FM_EV_CHASSIS:
		fm_ch_event(e, ev->chassis);
		break;
	case FM_EV_OP_RESULT:
		fm_op_result(e, ev->result);
		break;
	case FM_EV_AGENT_HELLO:
		fm_session_hello(e, ev->session, ev->hello);
		break;
	case FM_EV_AGENT_ANSWER:
		fm_session_answer(e, ev->session, ev->hello);
		break;
	case FM_EV_AGENT_REPORT:
		fm_session_report(e, ev->session, ev->report);
		break;
	case FM_EV_AGENT_ACK:
		fm_cmd_ack(e, ev->session, ev->ack);
		break;
	case FM_EV_AGENT_GOODBYE:
	case FM_EV_AGENT_LOST:
		fm_session_gone(e, ev->session, ev->kind == FM_EV_AGENT_GOODBYE, ev->detail);
		break;
	case FM_EV_POWER:
		fm_failover_power(e, ev->tag, ev->power, ev->detail ? ev->detail : "");
		break;
	case FM_EV_REQUEST:
		fm_request(e, ev->tag, ev->request);
		break;
	case FM_EV_SEARCHED:
		fm_searching_answer(e, ev->tag, ev->job);
		break;
	case FM_EV_TIMER:
		break; /* below: every step looks at what is due */
	}
}

/* One event; the actions are appended to 'out' and executed by the caller afterwards. */
void fm_engine_step(struct fm_engine *e, struct mr_now now, const struct fm_event *ev,
		    struct fm_actions *out)
{
	struct fm_timer t;

	e->now = now;
	fm_out_begin(e, out);
	dispatch(e, ev);
	fm_settle(e);
	while (fm_timer_pop(e, &t)) {
		timer(e, &t);
		fm_settle(e);
	}
	do {
		fm_plan_run(e);
		fm_switchover_run(e);
		if (e->wake)
			fm_asg_wake(e);
		if (!e->store_down)
			fm_asg_run(e);
		fm_settle(e);
	} while (!e->store_down && (e->wake || e->todos));
	fm_out_end(e);
}

/* See engine.h. */
int fm_engine_usable(const struct fm_engine *e, struct mr_err *err)
{
	if (e->unusable.code && err)
		*err = e->unusable;
	return e->unusable.code;
}

/* When the engine wants to be called next. */
int64_t fm_engine_deadline(const struct fm_engine *e)
{
	return e->timers ? e->timer[0].when : MR_NEVER;
}

/* What it knows of the chassis. */
const struct fm_inventory *fm_engine_inventory(const struct fm_engine *e)
{
	return &e->inv;
}

/* How many assignments there are, in any phase. */
unsigned fm_engine_assignments(const struct fm_engine *e)
{
	return e->asgs;
}

/* One of them; valid until the next step. */
const struct fm_assignment *fm_engine_assignment(const struct fm_engine *e, unsigned i)
{
	return i < e->asgs ? &e->asg[i]->a : NULL;
}

/* How many plans differed, and how many were looked at. */
unsigned fm_engine_plans_differ(const struct fm_engine *e, unsigned *ret_checked)
{
	*ret_checked = e->plans_checked;
	return e->plans_differ;
}

/* No operation under way and nothing left to do but wait. */
bool fm_engine_idle(const struct fm_engine *e)
{
	return fm_idle(e) && !fm_damp_any(e) && !fm_searching_any(e);
}
