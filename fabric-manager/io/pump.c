/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The heart of the shell: one event into the engine, its actions out. Actions that name a
 * commit wait here until the store has it; a commit that failed takes what waited for it along
 * (INTERFACES, "How a core is driven").
 */
#include <assert.h>
#include <stdlib.h>

#include "common/net/loop.h"
#include "common/os/clock.h"
#include "common/os/log.h"
#include "common/xalloc.h"
#include "fabric-manager/bmc/bmc.h"
#include "fabric-manager/driver/driver.h"
#include "fabric-manager/engine/action/hold.h"
#include "fabric-manager/io/shell.h"

struct fm_pump {
	struct fm_manager *m;
	struct mr_timer *timer;
	struct fm_hold *hold;
	bool stepping;
};

static void do_persist(struct fm_manager *m, struct fm_action *a)
{
	fm_persist_commit(m, a->n, &a->changes);
}

static void do_operation(struct fm_manager *m, struct fm_action *a)
{
	fm_driver_submit(m->driver[a->op.chassis], &a->op);
}

static void do_challenge(struct fm_manager *m, struct fm_action *a)
{
	fm_agents_challenge(m->agents, a->session);
}

static void do_command(struct fm_manager *m, struct fm_action *a)
{
	fm_agents_command(m->agents, a->session, &a->cmd);
}

static void do_accept(struct fm_manager *m, struct fm_action *a)
{
	fm_agents_accept(m->agents, a->session);
}

static void do_close(struct fm_manager *m, struct fm_action *a)
{
	fm_agents_close(m->agents, a->session, a->reason,
			a->text ? a->text : mr_reason_text(a->reason));
}

static void do_power_off(struct fm_manager *m, struct fm_action *a)
{
	fm_bmc_power_off(m->bmc, a->tag, a->host, a->bmc);
}

static void do_search(struct fm_manager *m, struct fm_action *a)
{
	fm_searcher_ask(m->searcher, a->tag, a->job);
	a->job = NULL;
}

static void do_reply(struct fm_manager *m, struct fm_action *a)
{
	const struct fm_reply r = {a->reason, a->exit_code, a->text, a->tree, a->diags};

	fm_control_reply(m->control, a->tag, &r);
}

static void do_event(struct fm_manager *m, struct fm_action *a)
{
	fm_control_event(m->control, &a->event);
}

static void do_log(struct fm_manager *m, struct fm_action *a)
{
	static const enum mr_log_level levels[] = {MR_LOG_DEBUG, MR_LOG_INFO, MR_LOG_WARN,
						   MR_LOG_ERROR};

	(void)m;
	mr_log(levels[a->level & 3], "engine", "%s", a->text);
}

static void (*const execute[])(struct fm_manager *m, struct fm_action *a) = {
	[FM_ACT_PERSIST] = do_persist,
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

static void run(struct fm_action *a, void *arg)
{
	struct fm_pump *p = arg;

	execute[a->kind](p->m, a);
}

void fm_pump_event(struct fm_pump *p, const struct fm_event *ev)
{
	struct fm_actions out = {0};

	assert(!p->stepping);
	p->stepping = true;
	if (ev->kind == FM_EV_COMMITTED || ev->kind == FM_EV_COMMIT_FAILED)
		fm_hold_settle(p->hold, ev->n, ev->kind == FM_EV_COMMITTED);
	fm_engine_step(p->m->engine, mr_clock_now(), ev, &out);
	fm_hold_take(p->hold, &out);
	fm_actions_done(&out);
	p->stepping = false;
	mr_timer_set(p->timer, fm_engine_deadline(p->m->engine));
}

static void on_timer(void *arg)
{
	const struct fm_event ev = {.kind = FM_EV_TIMER};

	fm_pump_event(arg, &ev);
}

struct fm_pump *fm_pump_new(struct fm_manager *m)
{
	struct fm_pump *p = MR_NEW(struct fm_pump);

	p->m = m;
	p->timer = mr_timer_new(m->loop, on_timer, p);
	p->hold = fm_hold_new(run, p);
	return p;
}

void fm_pump_free(struct fm_pump *p)
{
	if (!p)
		return;
	fm_hold_free(p->hold);
	mr_timer_free(p->timer);
	free(p);
}
