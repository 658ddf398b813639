/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Actions of a step: log lines, events, answers, records. commit.h writes them.
 */
#ifndef FABRIC_MANAGER_ENGINE_STATE_OUT_H
#define FABRIC_MANAGER_ENGINE_STATE_OUT_H

#include "fabric-manager/engine/state/state.h"

struct fm_action *fm_act(struct fm_engine *e, enum fm_action_kind kind);
void fm_log(struct fm_engine *e, int level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* One visible change: an event, durable and for followers. */
void fm_note(struct fm_engine *e, enum mr_reason reason, const char *object, const char *fmt,
	     ...) __attribute__((format(printf, 4, 5)));
/* The answer to an operator, after everything decided so far is durable. Takes 'tree' and
 * 'diags'. */
void fm_reply(struct fm_engine *e, uint64_t tag, enum mr_reason reason, int exit_code,
	      struct mr_tree *tree, struct mr_diags *diags, const char *fmt, ...)
	__attribute__((format(printf, 7, 8)));
/* The same for what only reads: at once. */
void fm_reply_read(struct fm_engine *e, uint64_t tag, struct mr_tree *tree);
/* Refuses a request: exit code 1. */
void fm_refuse(struct fm_engine *e, uint64_t tag, enum mr_reason reason, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
struct fm_record *fm_rec(struct fm_engine *e, enum fm_record_kind kind);
void fm_rec_host_put(struct fm_engine *e, struct fm_hst *h);
/* A verb of operators; its function stands in view/ or request/. */
typedef void fm_request_fn(struct fm_engine *e, uint64_t tag, const struct fm_request *r);

#endif
