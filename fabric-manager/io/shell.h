/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of io/ share: the manager's parts, and how they reach the engine and each
 * other.
 */
#ifndef FABRIC_MANAGER_IO_SHELL_H
#define FABRIC_MANAGER_IO_SHELL_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric-manager/codec/record.h"
#include "fabric-manager/engine/engine.h"
#include "fabric-manager/io/config.h"

struct fm_agents;
struct fm_bmc;
struct fm_control;
struct fm_driver;
struct fm_pump;
struct fm_search_job;
struct fm_searcher;
struct fm_store;
struct mr_loop;
struct mr_timer;

struct fm_manager {
	struct mr_loop *loop;
	struct fm_config cfg;
	const char *chassis[FM_CONFIG_CHASSIS_MAX];
	struct fm_codec_names names;
	struct fm_engine *engine;
	struct fm_store *store;
	struct fm_bmc *bmc;
	struct fm_driver *driver[FM_CONFIG_CHASSIS_MAX];
	struct fm_pump *pump;
	struct fm_searcher *searcher;
	struct fm_agents *agents;
	struct fm_control *control;
};

/* ---- pump.c: events into the engine, actions out of it, held until their commit is durable */
struct fm_pump *fm_pump_new(struct fm_manager *m);
void fm_pump_free(struct fm_pump *p);
/* Steps the engine with one event and executes what may be executed. Never from inside an
 * action's execution. */
void fm_pump_event(struct fm_pump *p, const struct fm_event *ev);

/* ---- persist.c: change sets and the store ---- */
int fm_persist_load(struct fm_manager *m, struct mr_err *err);
void fm_persist_commit(struct fm_manager *m, uint64_t n, const struct fm_changes *changes);

/* ---- searcher.c: what takes too long for a step of the engine ---- */
int fm_searcher_new(struct fm_manager *m, struct fm_searcher **ret, struct mr_err *err);
/* Waits for the search under way, and forgets the others. */
void fm_searcher_free(struct fm_searcher *s);
/* Runs 'job', which is the searcher's then; SEARCHED 'tag' is the answer. */
void fm_searcher_ask(struct fm_searcher *s, uint64_t tag, struct fm_search_job *job);

/* ---- agents.c: sessions ---- */
int fm_agents_new(struct fm_manager *m, struct fm_agents **ret, struct mr_err *err);
void fm_agents_free(struct fm_agents *a);
void fm_agents_challenge(struct fm_agents *a, uint64_t session);
void fm_agents_accept(struct fm_agents *a, uint64_t session);
void fm_agents_command(struct fm_agents *a, uint64_t session, const struct fm_agent_cmd *cmd);
void fm_agents_close(struct fm_agents *a, uint64_t session, enum mr_reason reason,
		     const char *text);

/* ---- control.c: operators ---- */
int fm_control_new(struct fm_manager *m, struct fm_control **ret, struct mr_err *err);
void fm_control_free(struct fm_control *c);
/* Answers the request 'tag', if whoever asked is still there. */
void fm_control_reply(struct fm_control *c, uint64_t tag, const struct fm_reply *reply);
void fm_control_event(struct fm_control *c, const struct fm_rec_event *event);

#endif
