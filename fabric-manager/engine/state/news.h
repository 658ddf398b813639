/* SPDX-License-Identifier: Apache-2.0 */
/*
 * News for the planner that is kept (desire/kept.c): what changed since it was told last. Who
 * changes something that placement depends on notes it here; nothing else happens by it. Too
 * much noted costs a little time, something not noted is a plan of yesterday: the tests hold
 * each plan against one from scratch (fm_engine_config.check_plans).
 */
#ifndef FABRIC_MANAGER_ENGINE_STATE_NEWS_H
#define FABRIC_MANAGER_ENGINE_STATE_NEWS_H

#include "fabric-manager/engine/state/state.h"

/* What 'a' has, where it goes, or how it stands. */
void fm_news_asg(struct fm_engine *e, struct fm_asg *a);
/* It is about to be freed. */
void fm_news_drop(struct fm_engine *e, struct fm_asg *a);
/* fm_engine.ident[i]: new, other than it was, or beyond the end now. */
void fm_news_ident(struct fm_engine *e, unsigned i);
/* An adapter or a host: hardware in place, tombstones, quarantine, refusals. */
void fm_news_port(struct fm_engine *e, unsigned chassis, unsigned port);
/* A whole chassis was read again, came or went. */
void fm_news_chassis(struct fm_engine *e, unsigned chassis);
/* What agents say of their hosts. */
void fm_news_hosts(struct fm_engine *e);
/* Nothing is new any more. */
void fm_news_told(struct fm_engine *e);
void fm_news_done(struct fm_engine *e);

#endif
