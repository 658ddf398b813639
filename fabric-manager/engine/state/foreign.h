/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Identities that are seen on hosts and that nobody was given there: the planner gives them to
 * nobody else (struct fm_foreign). What counts is what an agent that is there reports of PFs,
 * of functions that run and are at rest, and of the host's own network ports: a function on its
 * way, and what a dead host showed, bars nobody.
 */
#ifndef FABRIC_MANAGER_ENGINE_STATE_FOREIGN_H
#define FABRIC_MANAGER_ENGINE_STATE_FOREIGN_H

#include "fabric-manager/engine/state/state.h"

/* An assignment there changed: the host is looked at before the next plan. */
void fm_foreign_due(struct fm_engine *e, const char *host);
/* The same at once; and a plan follows where what it shows is not what it showed. */
void fm_foreign_look(struct fm_engine *e, struct fm_hst *h);
/* Every host: pools have other ranges now, or documents name other values. */
void fm_foreign_all(struct fm_engine *e);
/* The profile was edited in place: the same where its document names values. */
void fm_foreign_edited(struct fm_engine *e, const char *profile);
/* Errors of 'now' against what hosts show: values that documents name, and 'was', the documents
 * in force, does not name for the same device. */
void fm_foreign_check(struct fm_engine *e, const struct fm_docs *was, const struct fm_docs *now,
		      struct mr_diags *ret);
/* e->foreign is what the hosts show now; whether it is another list than at the last call. */
bool fm_foreign_take(struct fm_engine *e);

#endif
