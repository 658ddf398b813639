/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small world for the engine's tests: a store, a chassis that does what op.h promises, and
 * agents, all in memory and answering at once in the order of the actions. It asserts what must
 * hold of every action: writes carry the owner, a function is mapped once, an identity is
 * behind one open gate, what is mapped has a record. Knobs refuse, lose or hold answers.
 */
#ifndef TESTS_UNIT_FM_ENGINE_WORLD_H
#define TESTS_UNIT_FM_ENGINE_WORLD_H

#include "tests/unit/check_main.h"
#include "tests/unit/fm_engine/world_chassis.h"

/* ---- agents */

static inline void w_hello_of(struct world *w, unsigned port, struct fm_agent_hello *h)
{
	const struct w_agent *a = &w->agent[port];

	*h = (struct fm_agent_hello){.incarnation = a->incarnation,
				     .roots = 1,
				     .vf_migration = a->lvf,
				     .told = a->told,
				     .has = a->has};
	mr_fmt(h->host, sizeof(h->host), "blade%02u", port);
	mr_copy(h->boot_id, sizeof(h->boot_id), a->boot);
	mr_copy(h->root[0].chassis_serial, sizeof(h->root[0].chassis_serial), w->c.serial);
	h->root[0].port = h->root[0].vs = (uint16_t)port;
	h->root[0].owner_epoch = w->c.owner_epoch;
	h->root[0].challenge = a->lies ? 1 : w->challenge[port];
}

static inline unsigned w_port_of(const struct world *w, uint64_t session)
{
	for (unsigned p = 1; p <= W_HOSTS; p++)
		if (w->agent[p].on && w->agent[p].session == session)
			return p;
	return 0;
}

/* The host writes Unavailable to the State Array. */
static inline void w_give_back(struct world *w, unsigned port, const struct fm_place *p)
{
	struct fm_adapter *a = &w->c.adapter[0];

	for (unsigned v = 0; p->way == FM_WAY_LVF && v < a->vfs; v++)
		if (a->fn[v].owner_vh == port && a->fn[v].lvf_slot == p->slot) {
			ck_assert_int_eq(a->fn[v].state, MR_VF_MIGRATE_OUT);
			a->fn[v].state = MR_VF_UNAVAILABLE;
		}
}

static inline void w_host_resets(struct world *w, unsigned port)
{
	struct w_event *ev = w_push(w, FM_EV_CHASSIS);

	w->agent[port].resets = 0;
	ev->chassis.kind = FM_CE_HOST_RESET;
	ev->chassis.port = (uint16_t)port;
	ev->chassis.value = ++w->c.host[port - 1].boots;
}

static inline void w_command(struct world *w, uint64_t session, const struct fm_agent_cmd *c)
{
	unsigned port = w_port_of(w, session);
	struct w_agent *a = &w->agent[port];
	struct w_event *ev;

	mr_buf_printf(&w->ops, "%s! ", fm_agent_verb_name(c->verb));
	if (c->notes) {
		mr_buf_reset(&w->notes);
		mr_buf_puts(&w->notes, c->notes);
	}
	if (c->verb == FM_AGENT_CONFIRM_GONE && a->silent_gone) {
		w->gone_op = c->op;
		w->gone_bridge = c->place.bridge;
		return;
	}
	if (!port || a->silent)
		return;
	ck_assert_uint_eq(c->owner_epoch, w->c.owner_epoch);
	if (c->verb == FM_AGENT_RELEASE && !a->hangs && !a->keeps)
		w_give_back(w, port, &c->place);
	if (c->verb == FM_AGENT_RELEASE && a->resets == 2)
		w_host_resets(w, port);
	ev = w_push(w, FM_EV_AGENT_ACK);
	ev->session = session;
	ev->ack.op = c->op;
	if (c->verb == FM_AGENT_RELEASE && a->resets == 1) {
		w_host_resets(w, port);
		return;
	}
	if (c->verb == FM_AGENT_QUIESCE && a->busy && !c->force) {
		ev->ack.reason = MR_REASON_BUSY;
		mr_copy(ev->ack.detail, sizeof(ev->ack.detail), "mounted on /data");
	}
	if ((a->hangs && (c->verb == FM_AGENT_QUIESCE || c->verb == FM_AGENT_RELEASE)) ||
	    (a->keeps && c->verb == FM_AGENT_RELEASE))
		ev->ack.reason = MR_REASON_TIMEOUT;
	if (c->verb == FM_AGENT_ACTIVATE && a->refuses)
		ev->ack.reason = MR_REASON_DRIVER_REFUSED;
	if (c->verb == FM_AGENT_ACTIVATE && !a->refuses) {
		ev->ack.has_fn = true;
		ev->ack.fn.place = c->place;
		ev->ack.fn.rid = mr_rid(5, c->place.bridge & 31, 0);
	}
}

/* ---- actions and events */

static inline void w_reply(struct world *w, struct fm_action *a)
{
	struct mr_buf b = {0};

	w->replies++;
	w->exit_code = a->exit_code;
	w->reason = a->reason;
	mr_fmt(w->text, sizeof(w->text), "%s", a->text ? a->text : "");
	mr_tree_free(w->tree);
	w->tree = a->tree;
	a->tree = NULL;
	w->findings[0] = 0;
	if (a->diags) {
		mr_diags_print(a->diags, &b);
		mr_fmt(w->findings, sizeof(w->findings), "%s", mr_buf_text(&b));
		mr_buf_done(&b);
	}
}

/* A baseboard controller is asked. Who is off lost its link. */
static inline void w_power_off(struct world *w, const struct fm_action *a)
{
	unsigned port = (unsigned)(a->host[strlen(a->host) - 1] - '0');
	struct w_event *ev;

	ck_assert_msg(!w->agent[port].on || !w->c.host[port - 1].link,
		      "%s answers, and is switched off", a->host);
	mr_buf_printf(&w->ops, "power-off:%s:%s ", a->host, a->bmc);
	w->power_tag = a->tag;
	if (w->bmc_silent)
		return;
	if (w->power == FM_POWER_OFF && w->c.host[port - 1].link && !w->bmc_of_another) {
		w->c.host[port - 1].link = false;
		ev = w_push(w, FM_EV_CHASSIS);
		ev->chassis.kind = FM_CE_HOST_LINK;
		ev->chassis.port = (uint16_t)port;
	}
	ev = w_push(w, FM_EV_POWER);
	ev->n = a->tag;
	ev->power = w->power;
}

/* A search that is made apart: at once, or when the test says so. */
static inline void w_search(struct world *w, struct fm_action *a)
{
	ck_assert_uint_lt(w->searches, MR_ARRAY_SIZE(w->search));
	w->search[w->searches].tag = a->tag;
	w->search[w->searches++].job = a->job;
	w->searched++;
	a->job = NULL;
	if (!w->search_waits)
		w_push(w, FM_EV_SEARCHED)->n = a->tag;
}

/* The answers of all that wait. */
static inline void w_search_go(struct world *w)
{
	w->search_waits = false;
	for (unsigned i = 0; i < w->searches; i++)
		w_push(w, FM_EV_SEARCHED)->n = w->search[i].tag;
}

static inline struct fm_search_job *w_searched(struct world *w, uint64_t tag)
{
	for (unsigned i = 0; i < w->searches; i++)
		if (w->search[i].tag == tag) {
			struct fm_search_job *job = w->search[i].job;

			w->search[i] = w->search[--w->searches];
			fm_search_job_run(job);
			return job;
		}
	return NULL;
}

static inline void w_action(struct world *w, struct fm_action *a)
{
	struct w_event *ev;
	unsigned port;

	switch (a->kind) {
	case FM_ACT_PERSIST:
		for (unsigned i = 0; !w->store_fails && i < a->changes.n; i++)
			w_store_put(w, &a->changes.item[i]);
		ev = w_push(w, w->store_fails ? FM_EV_COMMIT_FAILED : FM_EV_COMMITTED);
		ev->n = a->n;
		break;
	case FM_ACT_OPERATION:
		w_op(w, &a->op);
		break;
	case FM_ACT_AGENT_CHALLENGE:
		port = w_port_of(w, a->session);
		if (!port || w->agent[port].silent)
			break;
		ev = w_push(w, FM_EV_AGENT_ANSWER);
		ev->session = a->session;
		w_hello_of(w, port, &ev->hello);
		break;
	case FM_ACT_AGENT_ACCEPT:
		ev = w_push(w, FM_EV_AGENT_REPORT);
		ev->session = a->session;
		break;
	case FM_ACT_AGENT_COMMAND:
		w_command(w, a->session, &a->cmd);
		break;
	case FM_ACT_AGENT_CLOSE:
		mr_buf_printf(&w->closed, "%s: %s\n", mr_reason_name(a->reason), a->text);
		break;
	case FM_ACT_POWER_OFF:
		w_power_off(w, a);
		break;
	case FM_ACT_REPLY:
		w_reply(w, a);
		break;
	case FM_ACT_LOG:
		mr_buf_printf(&w->log, "%d %s\n", a->level, a->text);
		break;
	case FM_ACT_SEARCH:
		w_search(w, a);
		break;
	case FM_ACT_EVENT:
	case FM_ACT_RECALL: /* nothing is held here */
		break;
	}
}

static inline bool w_dropped(const struct world *w, const struct fm_action *a)
{
	return w->store_fails && a->after_commit;
}

static inline void w_step(struct world *w, const struct fm_event *ev)
{
	struct fm_actions acts = {0};
	unsigned checked;

	if (w->crashed)
		return;
	fm_engine_step(w->e, w->now, ev, &acts);
	for (unsigned i = 0; fm_engine_plans_differ(w->e, &checked) && i < acts.n; i++)
		ck_assert_msg(acts.item[i].kind != FM_ACT_LOG || acts.item[i].level < 3, "%s",
			      acts.item[i].text);
	for (unsigned i = 0; i < acts.n; i++) {
		if (w->crash_after == 0) {
			w->crashed = true;
			break;
		}
		if (w->crash_after > 0 && acts.item[i].kind != FM_ACT_LOG &&
		    acts.item[i].kind != FM_ACT_EVENT)
			w->crash_after--;
		if (!w_dropped(w, &acts.item[i]))
			w_action(w, &acts.item[i]);
	}
	fm_actions_done(&acts);
	if (w->each && !w->crashed)
		w->each(w);
}

static inline void w_queued(struct world *w, struct w_event *q)
{
	struct fm_agent_report report = {.revision = 1, .full = true};
	struct fm_event ev = {.kind = q->kind, .n = q->n, .session = q->session};
	struct fm_search_job *job = q->kind == FM_EV_SEARCHED ? w_searched(w, q->n) : NULL;

	ev.job = job;
	ev.result = &q->result;
	ev.ack = &q->ack;
	ev.hello = &q->hello;
	ev.chassis = &q->chassis;
	ev.report = &report;
	ev.tag = q->n;
	ev.power = q->power;
	ev.detail = q->kind == FM_EV_POWER ? "bmc: no route to host" : "disk full";
	w_step(w, &ev);
	fm_search_job_free(job);
	if (q->result.observed) {
		fm_chassis_done(q->result.observed);
		free(q->result.observed);
	}
}

/* Until nothing is left to deliver. */
static inline void w_pump(struct world *w)
{
	unsigned limit = 200000;

	while (w->q_at < w->q_n) {
		struct w_event q = w->queue[w->q_at++];

		w->now.mono_ns += q.kind == FM_EV_OP_RESULT ? w->op_ns : 0;
		w->now.wall_ns += q.kind == FM_EV_OP_RESULT ? w->op_ns : 0;
		w_queued(w, &q);
		ck_assert_msg(limit--, "the engine does not come to rest");
	}
	w->q_at = w->q_n = 0;
}

/* Time passes, timer by timer. */
static inline void w_run(struct world *w, int64_t ns)
{
	int64_t end = w->now.mono_ns + ns;
	struct fm_event ev = {.kind = FM_EV_TIMER};
	unsigned limit = 20000;

	w_pump(w);
	while (!w->crashed && fm_engine_deadline(w->e) <= end) {
		int64_t to = fm_engine_deadline(w->e);

		if (to > w->now.mono_ns) {
			w->now.wall_ns += to - w->now.mono_ns;
			w->now.mono_ns = to;
		}
		w_step(w, &ev);
		w_pump(w);
		ck_assert_msg(limit--, "timers never end");
	}
	w->now.wall_ns += end - w->now.mono_ns;
	w->now.mono_ns = end;
}

static inline void w_settle(struct world *w)
{
	w_run(w, MR_NS_PER_S);
}

static inline void w_chassis(struct world *w, enum fm_chassis_event_kind kind, unsigned port,
			     unsigned bridge, uint64_t value)
{
	struct fm_chassis_event c = {.kind = kind,
				     .port = (uint16_t)port,
				     .bridge = (uint16_t)bridge,
				     .value = value};
	struct fm_event ev = {.kind = FM_EV_CHASSIS, .chassis = &c};

	w_step(w, &ev);
	w_pump(w);
}

/* Store loaded, chassis connected. */
static inline void w_start(struct world *w)
{
	struct fm_event ev = {.kind = FM_EV_STORE_LOADED, .record = w->rec, .records = w->recs};

	w_step(w, &ev);
	w_pump(w);
	w_chassis(w, FM_CE_CONNECTED, 0, 0, 0);
	w_settle(w);
}

/* The manager is gone, with all that it had under way; a new one starts from the store. */
static inline void w_restart(struct world *w)
{
	for (; w->q_at < w->q_n; w->q_at++)
		if (w->queue[w->q_at].result.observed) {
			fm_chassis_done(w->queue[w->q_at].result.observed);
			free(w->queue[w->q_at].result.observed);
		}
	w->q_at = w->q_n = 0;
	while (w->searches)
		fm_search_job_free(w->search[--w->searches].job);
	fm_engine_free(w->e);
	w->had_crashed = w->crashed;
	w->crashed = false;
	w->crash_after = -1;
	w->times = 0;
	w_engine(w);
	mr_buf_reset(&w->ops);
	w_start(w);
}

static inline void w_request(struct world *w, struct fm_request r)
{
	struct fm_event ev = {.kind = FM_EV_REQUEST, .tag = 7, .request = &r};
	unsigned before = w->replies;

	w_step(w, &ev);
	w_settle(w);
	if (!w->crashed)
		ck_assert_uint_eq(w->replies, before + 1);
}

static inline void w_text(struct world *w, enum fm_verb verb, const char *text, bool yes)
{
	struct fm_file f = {"p.yaml", text, strlen(text)};
	struct fm_request r = {.verb = verb, .file = &f, .files = 1, .yes = yes, .who = "eve"};

	w_request(w, r);
}

static inline void w_apply(struct world *w, const char *text)
{
	w_text(w, FM_VERB_APPLY, text, true);
	if (!w->crashed)
		ck_assert_msg(w->exit_code == 0, "apply: %s\n%s", w->text, w->findings);
}

static inline void w_verb(struct world *w, enum fm_verb verb, const char *name,
			  const char *host)
{
	struct fm_request r = {
		.verb = verb, .name = name, .host = host, .yes = true, .who = "eve"};

	w_request(w, r);
}

/* The agent of a host connects. */
static inline void w_agent_up(struct world *w, unsigned port, const char *boot, bool lvf)
{
	struct w_agent *a = &w->agent[port];
	struct fm_agent_hello h;
	struct fm_event ev = {.kind = FM_EV_AGENT_HELLO, .hello = &h};

	a->on = true;
	a->session = ev.session = ++w->sessions;
	a->incarnation++;
	a->lvf = lvf;
	mr_copy(a->boot, sizeof(a->boot), boot);
	w_hello_of(w, port, &h);
	w_step(w, &ev);
	w_settle(w);
}

static inline void w_agent_down(struct world *w, unsigned port, bool goodbye)
{
	struct fm_event ev = {.kind = goodbye ? FM_EV_AGENT_GOODBYE : FM_EV_AGENT_LOST,
			      .session = w->agent[port].session,
			      .detail = "closed"};

	w->agent[port].on = false;
	w_step(w, &ev);
	w_settle(w);
}

static inline const struct fm_assignment *w_asg(const struct world *w, const char *name)
{
	char text[FM_ASSIGNMENT_TEXT];

	for (unsigned i = 0; i < fm_engine_assignments(w->e); i++) {
		const struct fm_assignment *a = fm_engine_assignment(w->e, i);

		if (mr_streq(fm_assignment_text(a, text), name))
			return a;
	}
	return NULL;
}

#define W_PHASE(w, name, want)                                                               \
	do {                                                                                 \
		const struct fm_assignment *a_ = w_asg(w, name);                             \
		ck_assert_msg(a_ != NULL, "no assignment %s\n%s", name,                      \
			      mr_buf_text(&(w)->log));                                       \
		ck_assert_msg(a_->phase == FM_PHASE_##want,                                  \
			      "%s is %s (%s), not " #want "\n%s", name,                      \
			      fm_phase_name(a_->phase), a_->detail, mr_buf_text(&(w)->log)); \
	} while (0)

#define W_OPS(w, want)                                          \
	do {                                                    \
		ck_assert_str_eq(mr_buf_text(&(w)->ops), want); \
		mr_buf_reset(&(w)->ops);                        \
	} while (0)

/* Functions that some host reaches. */
static inline unsigned w_mapped(struct world *w)
{
	unsigned n = 0;

	for (unsigned i = 0; i < w->c.adapters; i++) {
		const struct fm_adapter *a = &w->c.adapter[i];
		unsigned k = a->kind == FM_ADAPTER_BASE ? 1 : a->vfs;

		for (unsigned v = 0; v < k; v++)
			n += a->fn[v].owner_vh || a->fn[v].row_bridge != FM_NO_BRIDGE;
	}
	return n;
}

#define W_HOSTS_TEXT                                                          \
	"apiVersion: banyan/v1\nkind: Host\nmetadata: {name: blade01}\n---\n" \
	"apiVersion: banyan/v1\nkind: Host\nmetadata: {name: blade02}\n---\n" \
	"apiVersion: banyan/v1\nkind: Host\nmetadata: {name: blade03}\n---\n"
#define W_POOLS_TEXT                                                          \
	"apiVersion: banyan/v1\nkind: AdapterPool\nmetadata: {name: nics}\n"  \
	"spec: {adapterSelector: {class: ethernet}}\n---\n"                   \
	"apiVersion: banyan/v1\nkind: IdentityPool\nmetadata: {name: macs}\n" \
	"spec: {type: mac, ranges: [{start: \"02:25:b5:00:00:00\", end: "     \
	"\"02:25:b5:00:00:ff\"}]}\n---\n"
#define W_PROFILE(name, host)                                                        \
	"apiVersion: banyan/v1\nkind: ServerProfile\nmetadata: {name: " name "}\n"   \
	"spec:\n  host: " host "\n  devices:\n"                                      \
	"    - {name: data0, class: ethernet, pool: nics, qos: {guaranteed: 1Gbit, " \
	"limit: 10Gbit}, identity: {mac: {pool: macs}}}\n"

/* Started, with the hosts of W_HOSTS_TEXT; agents on the first two. */
static inline void w_up(struct world *w, bool lvf1, bool lvf2)
{
	w_init(w);
	w_start(w);
	w_apply(w, W_HOSTS_TEXT);
	w_agent_up(w, 1, "boot-a", lvf1);
	w_agent_up(w, 2, "boot-a", lvf2);
	mr_buf_reset(&w->ops);
}

/* A world of three hosts with agents, and this policy. */
static inline void w_up_three(struct world *w, const char *text)
{
	w_init(w);
	w_start(w);
	w_apply(w, W_HOSTS_TEXT);
	for (unsigned p = 1; p <= 3; p++)
		w_agent_up(w, p, "boot-a", false);
	w_apply(w, text);
}

/* The end of a world that was to crash after 'k' actions: whether it did, so that another one
 * has to after more of them. */
static inline bool w_crash_over(struct world *w, int k)
{
	bool had = w->had_crashed;

	w_done(w);
	ck_assert_int_lt(k, 500);
	return had;
}

/* Of the first item of the last answer. */
static inline const struct mr_tree *w_condition(struct world *w, const char *type)
{
	const struct mr_tree *l =
		mr_tree_get(mr_tree_get(w->tree, "items")->child[0], "conditions");

	for (unsigned i = 0; i < l->n; i++)
		if (mr_streq(mr_tree_text(l->child[i], "type"), type))
			return l->child[i];
	ck_abort_msg("no condition %s", type);
}

#endif
