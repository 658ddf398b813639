/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The manager of a world: what io/ and driver/ do with sockets and SQLite, done with the
 * world's messages; the store is store.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/tree.h"
#include "common/xalloc.h"
#include "tests/sim-test/world/faults.h"
#include "tests/sim-test/world/said.h"
#include "tests/sim-test/world/world.h"

#define SEARCH_NS (400 * MR_NS_PER_MS)
#define BUSY_NS	  (10 * MR_NS_PER_S)
#define BUSY_MAX  30000u /* events of the engine in that time */

static const char *const chassis_names[] = {"c1"};
const struct fm_codec_names world_names = {chassis_names, 1};

/* ---- the MR-PCIM and its chassis ---- */

static void deliver_result(struct world *w, struct world_msg *m)
{
	const struct fm_event ev = {.kind = FM_EV_OP_RESULT, .result = m->ptr};
	struct fm_op_result *r = m->ptr;

	if (!w->manager_up || m->life != w->manager_life)
		return;
	world_fault_result(w, r);
	world_said_result(w, r);
	world_op_ends(w, r);
	world_trace(w, "op %llu %s ends %d %s %s", (unsigned long long)r->tag,
		    fm_op_kind_name(r->kind), r->end, mr_reason_name(r->reason), r->detail);
	if (w->on_op)
		w->on_op(w, r, w->arg);
	world_engine_event(w, &ev);
}

static void free_result(void *ptr)
{
	struct fm_op_result *r = ptr;

	if (r->observed) {
		fm_chassis_done(r->observed);
		free(r->observed);
	}
	free(r);
}

static void deliver_chassis_event(struct world *w, struct world_msg *m)
{
	const struct fm_event ev = {.kind = FM_EV_CHASSIS, .chassis = m->ptr};

	if (!w->manager_up || m->life != w->manager_life)
		return;
	if (ev.chassis->kind == FM_CE_HOST_RESET && ev.chassis->port < WORLD_HOSTS_MAX)
		world_said_reset(w, ev.chassis->port);
	world_engine_event(w, &ev);
}

/* Whether what the chassis sent arrives: the connection is the one that it was sent on. */
static bool wired(const struct world *w, const struct world_msg *m)
{
	return w->manager_up && m->life == w->manager_life &&
	       (w->as_ghost || (m->wire == w->wire.life && !w->wire.cut && !w->wire.mute));
}

static void deliver_reply(struct world *w, struct world_msg *m)
{
	const struct fm_mr_event ev = {
		.kind = FM_MR_REPLY,
		.tag = m->tag,
		.executed = m->a,
		.status = m->b,
		.data = (const uint8_t *)mr_buf_text(&m->bytes),
		.len = m->bytes.len,
	};

	if (wired(w, m))
		world_mr_event(w, &ev);
}

static void deliver_irq(struct world *w, struct world_msg *m)
{
	const struct fm_mr_event ev = {
		.kind = FM_MR_INTERRUPT, .vector = m->a, .irq_data = m->b};

	if (wired(w, m))
		world_mr_event(w, &ev);
}

static void send_irq(struct world *w, unsigned life, uint32_t vector, uint32_t data)
{
	struct world_msg *m = world_msg_new(LANE_REPLY, deliver_irq);

	m->life = life;
	m->wire = w->wire.life;
	m->a = vector;
	m->b = data;
	world_post(w, m, world_delay(w));
}

void world_mgmt_irq(struct world *w, uint32_t vector, uint32_t data)
{
	if (w->manager_up && !w->wire.cut)
		send_irq(w, w->manager_life, vector, data);
	if (w->ghost.engine)
		send_irq(w, w->ghost.life, vector, data);
}

static bool lost_on_wire(const struct world *w, const struct world_msg *m)
{
	return m->wire == w->wire.life ? w->wire.deaf : !w->wire.late;
}

/* The batch reaches the switch even if its sender died meanwhile: that is what a real wire
 * does. */
static void deliver_batch(struct world *w, struct world_msg *m)
{
	struct sim_batch_result r = {0};
	struct world_msg *reply;

	if (!w->as_ghost && m->life == w->manager_life && lost_on_wire(w, m))
		return;
	world_input(w);
	if (w->before_batch)
		w->before_batch(w, w->arg);
	world_batch(w, m->id, m->epoch, (const uint8_t *)mr_buf_text(&m->bytes), m->bytes.len,
		    &r);
	if (!w->manager_up || m->life != w->manager_life) {
		mr_buf_done(&r.data);
		return;
	}
	reply = world_msg_new(LANE_REPLY, deliver_reply);
	reply->life = m->life;
	reply->wire = m->wire;
	reply->tag = m->tag;
	reply->a = r.executed;
	reply->b = r.status;
	reply->bytes = r.data;
	world_post(w, reply, world_delay(w));
}

static void mr_batch_out(struct world *w, struct fm_mr_action *a)
{
	unsigned lane = w->apart && !w->as_ghost ? LANE_BATCH2 : LANE_BATCH;
	struct world_msg *m = world_msg_new(lane, deliver_batch);

	m->life = w->manager_life;
	m->tag = a->tag;
	m->id = a->owner_id;
	m->epoch = a->owner_epoch;
	m->wire = w->wire.life;
	m->bytes = a->ops;
	a->ops = (struct mr_buf){0};
	world_post(w, m, world_delay(w));
}

static void mr_own(struct world *w, world_deliver_fn *deliver, void *ptr,
		   void (*free_ptr)(void *))
{
	struct world_msg *m = world_msg_new(LANE_OWN, deliver);

	m->life = w->manager_life;
	m->ptr = ptr;
	m->free_ptr = free_ptr;
	world_post(w, m, 0);
}

void world_mr_event(struct world *w, const struct fm_mr_event *ev)
{
	struct fm_mr_actions out = {0};
	int64_t began = w->clock ? w->clock() : 0;

	world_input(w);
	fm_mrpcim_step(w->mr, w->now, ev, &out);
	w->manager_ns += w->clock ? w->clock() - began : 0;
	for (unsigned i = 0; i < out.n; i++) {
		struct fm_mr_action *a = &out.item[i];

		if (a->kind == FM_MR_BATCH) {
			mr_batch_out(w, a);
		} else if (a->kind == FM_MR_RESULT) {
			mr_own(w, deliver_result, mr_xmemdup(&a->result, sizeof(a->result)),
			       free_result);
			a->result.observed = NULL;
		} else {
			w->wire.ready = w->wire.ready ||
					(a->event.kind == FM_CE_CONNECTED && !w->as_ghost);
			mr_own(w, deliver_chassis_event,
			       mr_xmemdup(&a->event, sizeof(a->event)), free);
		}
	}
	fm_mr_actions_done(&out);
}

static void deliver_op(struct world *w, struct world_msg *m)
{
	const struct fm_mr_event ev = {.kind = FM_MR_OP, .op = m->ptr};

	if (w->manager_up && m->life == w->manager_life)
		world_mr_event(w, &ev);
}

static void do_operation(struct world *w, struct fm_action *a)
{
	struct fm_op_result r;

	world_trace(w, "op %llu %s p%u pf%u vf%u way %u port %u bridge %u slot %u",
		    (unsigned long long)a->op.tag, fm_op_kind_name(a->op.kind), a->op.fn.port,
		    a->op.fn.pf, a->op.fn.vf, a->op.place.way, a->op.place.port,
		    a->op.place.bridge, a->op.place.slot);
	if (world_fault_op(w, &a->op, &r))
		mr_own(w, deliver_result, mr_xmemdup(&r, sizeof(r)), free_result);
	else
		mr_own(w, deliver_op, mr_xmemdup(&a->op, sizeof(a->op)), free);
	world_said_op(w, &a->op);
	world_op_begins(w, &a->op);
}

/* ---- the engine's other actions ---- */

static void do_challenge(struct world *w, struct fm_action *a)
{
	struct mr_buf b = {0};

	fm_agent_put_challenge(&b);
	world_to_agent(w, a->session, &b);
}

static void do_command(struct world *w, struct fm_action *a)
{
	struct mr_buf b = {0};

	world_trace(w, "command %llu %s session %llu bridge %u slot %u",
		    (unsigned long long)a->cmd.op, fm_agent_verb_name(a->cmd.verb),
		    (unsigned long long)a->session, a->cmd.place.bridge, a->cmd.place.slot);
	world_said_announced(w, &a->cmd);
	world_cmd_begins(w, a->session, &a->cmd);
	fm_agent_put_command(&b, &a->cmd);
	world_to_agent(w, a->session, &b);
}

static void do_accept(struct world *w, struct fm_action *a)
{
	struct mr_buf b = {0};

	fm_agent_put_accept(&b, a->session);
	world_to_agent(w, a->session, &b);
}

static void do_close(struct world *w, struct fm_action *a)
{
	int vh = world_session_host(w, a->session);

	world_trace(w, "session %llu closed: %s %s", (unsigned long long)a->session,
		    mr_reason_name(a->reason), a->text ? a->text : "");
	if (vh > 0)
		world_agent_closed(w, (unsigned)vh);
}

static void deliver_searched(struct world *w, struct world_msg *m)
{
	const struct fm_event ev = {.kind = FM_EV_SEARCHED, .tag = m->tag, .job = m->ptr};

	if (!w->manager_up || m->life != w->manager_life)
		return;
	fm_search_job_run(m->ptr);
	world_engine_event(w, &ev);
}

static void free_search(void *ptr)
{
	fm_search_job_free(ptr);
}

/* A search that is made apart, up to SEARCH_NS. */
static void do_search(struct world *w, struct fm_action *a)
{
	struct world_msg *m = world_msg_new(LANE_SEARCH, deliver_searched);

	m->life = w->manager_life;
	m->tag = a->tag;
	m->ptr = a->job;
	m->free_ptr = free_search;
	a->job = NULL;
	world_trace(w, "search %llu", (unsigned long long)a->tag);
	world_post(w, m, (int64_t)mr_rng_below(&w->rng, SEARCH_NS));
}

static void do_reply(struct world *w, struct fm_action *a)
{
	if (a->tag != w->asked)
		return;
	fm_reply_done(&w->reply);
	w->reply = (struct fm_reply){a->reason, a->exit_code, a->text, a->tree, a->diags};
	a->text = NULL;
	a->tree = NULL;
	a->diags = NULL;
	w->replied = true;
	world_trace(w, "answer to an operator: exit code %d, %s %s", w->reply.exit_code,
		    mr_reason_name(w->reply.reason), w->reply.text ? w->reply.text : "");
}

static void do_event(struct world *w, struct fm_action *a)
{
	world_trace(w, "event %s %s: %s", mr_reason_name(a->event.reason), a->event.object,
		    a->event.text);
}

static void do_log(struct world *w, struct fm_action *a)
{
	world_trace(w, "log %d %s", a->level, a->text);
}

/* No host of the world has a baseboard controller: no answer. */
static void do_power_off(struct world *w, struct fm_action *a)
{
	world_trace(w, "power-off %s", a->host);
}

static void run(struct fm_action *a, void *arg)
{
	static void (*const table[])(struct world * w, struct fm_action * a) = {
		[FM_ACT_PERSIST] = world_store_persist,
		[FM_ACT_OPERATION] = do_operation,
		[FM_ACT_AGENT_CHALLENGE] = do_challenge,
		[FM_ACT_AGENT_COMMAND] = do_command,
		[FM_ACT_AGENT_ACCEPT] = do_accept,
		[FM_ACT_AGENT_CLOSE] = do_close,
		[FM_ACT_POWER_OFF] = do_power_off,
		[FM_ACT_SEARCH] = do_search,
		[FM_ACT_REPLY] = do_reply,
		[FM_ACT_EVENT] = do_event,
		[FM_ACT_LOG] = do_log,
	};

	table[a->kind](arg, a);
}

/* A plan that is not the one from scratch is a bug that nothing else has to show. */
static void check_plans(const struct world *w, const struct fm_actions *out)
{
	unsigned checked;

	if (!fm_engine_plans_differ(w->engine, &checked))
		return;
	for (unsigned i = 0; i < out->n; i++)
		if (out->item[i].kind == FM_ACT_LOG && out->item[i].level == 3)
			fprintf(stderr, "%s\n", out->item[i].text);
	fprintf(stderr, "%s", mr_buf_text(&w->trace));
	abort();
}

/* A manager that never comes to rest would let no time pass. */
static void is_quick(struct world *w)
{
	if (w->now.mono_ns >= w->busy_since_ns + BUSY_NS) {
		w->busy_since_ns = w->now.mono_ns;
		w->busy = 0;
	}
	if (++w->busy < BUSY_MAX)
		return;
	fprintf(stderr, "%s\nFAILED: I10: more than %u events in ten seconds\n",
		mr_buf_text(&w->trace), BUSY_MAX);
	abort();
}

/* What the manager stored it finds again. */
static void check_store(const struct world *w, const struct fm_event *ev)
{
	struct mr_err err = {0};

	if (ev->kind != FM_EV_STORE_LOADED || !fm_engine_usable(w->engine, &err))
		return;
	fprintf(stderr, "%s\nFAILED: %s\n", mr_buf_text(&w->trace), err.text);
	abort();
}

void world_engine_event(struct world *w, const struct fm_event *ev)
{
	struct fm_actions out = {0};
	int64_t began = w->clock ? w->clock() : 0;

	world_input(w);
	if (!w->unchecked)
		is_quick(w);
	fm_engine_step(w->engine, w->now, ev, &out);
	w->manager_ns += w->clock ? w->clock() - began : 0;
	check_store(w, ev);
	check_plans(w, &out);
	fm_hold_take(w->hold, &out);
	fm_actions_done(&out);
}

/* ---- life ---- */

void world_manager_start(struct world *w)
{
	const uint64_t seed = mr_rng_next(&w->rng);
	const struct fm_engine_config cfg = {chassis_names, 1, seed, !w->unchecked, seed & 1};
	const struct fm_mr_event up = {.kind = FM_MR_LINK_UP};

	w->manager_up = true;
	w->manager_life = ++w->lives;
	w->wire.ready = false;
	w->engine = fm_engine_new(&cfg);
	w->mr = fm_mrpcim_new(0, "c1");
	w->hold = fm_hold_new(run, w);
	world_store_load(w);
	if (!w->wire.cut)
		world_mr_event(w, &up);
	world_agents_manager(w, true);
}

void world_manager_kill(struct world *w)
{
	if (!w->manager_up)
		return;
	w->manager_up = false;
	fm_hold_free(w->hold);
	fm_engine_free(w->engine);
	fm_mrpcim_free(w->mr);
	world_cmds_lost(w, 0);
	world_agents_manager(w, false);
}

/* ---- its connection to the chassis ---- */

void world_wire_cut(struct world *w, bool late)
{
	const struct fm_mr_event down = {.kind = FM_MR_LINK_DOWN};

	if (w->wire.cut)
		return;
	w->wire = (struct world_wire){.cut = true, .life = w->wire.life + 1, .late = late};
	if (w->manager_up)
		world_mr_event(w, &down);
}

void world_wire_join(struct world *w)
{
	const struct fm_mr_event up = {.kind = FM_MR_LINK_UP};

	if (!w->wire.cut)
		return;
	w->wire.cut = false;
	if (w->manager_up)
		world_mr_event(w, &up);
}

/* ---- two managers ---- */

void world_ghost_swap(struct world *w)
{
	const struct world_ghost other = {w->engine, w->mr, w->hold, w->manager_life};

	w->engine = w->ghost.engine;
	w->mr = w->ghost.mr;
	w->hold = w->ghost.hold;
	w->manager_life = w->ghost.life;
	w->ghost = other;
	w->as_ghost = !w->as_ghost;
}

void world_manager_supersede(struct world *w)
{
	world_agents_manager(w, false);
	world_cmds_lost(w, 0);
	w->ghost = (struct world_ghost){w->engine, w->mr, w->hold, w->manager_life};
	w->ghost_deposed_ns = 0;
	world_manager_start(w);
}

void world_ghost_kill(struct world *w)
{
	if (!w->ghost.engine)
		return;
	fm_hold_free(w->ghost.hold);
	fm_engine_free(w->ghost.engine);
	fm_mrpcim_free(w->ghost.mr);
	w->ghost = (struct world_ghost){0};
}

void world_send(struct world *w, const struct fm_request *r)
{
	struct fm_event ev = {.kind = FM_EV_REQUEST, .request = r};

	ev.tag = w->asked = ++w->next_tag;
	w->replied = false;
	world_engine_event(w, &ev);
}

bool world_ask(struct world *w, const struct fm_request *r)
{
	int64_t end = w->now.mono_ns + 60 * MR_NS_PER_S;

	world_send(w, r);
	while (!w->replied && w->now.mono_ns < end && world_step(w))
		;
	return w->replied;
}

struct fm_request world_request(enum fm_verb verb, const char *kind, const char *name)
{
	return (struct fm_request){.verb = verb,
				   .kind = kind,
				   .name = name,
				   .host = "",
				   .arg = "",
				   .set = "",
				   .who = "test",
				   .max_disruption = ""};
}

struct fm_request world_request_apply(const struct fm_file *file)
{
	struct fm_request r = world_request(FM_VERB_APPLY, "", "");

	r.file = file;
	r.files = 1;
	r.yes = true;
	return r;
}

bool world_apply(struct world *w, const char *text)
{
	const struct fm_file file = {"policy.yaml", text, strlen(text)};
	const struct fm_request r = world_request_apply(&file);

	return world_ask(w, &r) && w->reply.exit_code == FM_EXIT_DONE;
}

bool world_apply_set(struct world *w, const char *set, const char *text)
{
	const struct fm_file file = {"policy.yaml", text, strlen(text)};
	struct fm_request r = world_request_apply(&file);

	r.set = set;
	r.prune = true;
	return world_ask(w, &r) && w->reply.exit_code == FM_EXIT_DONE;
}
