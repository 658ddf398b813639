/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is shown. Nothing here changes anything.
 */
#ifndef FABRIC_MANAGER_ENGINE_VIEW_VIEW_H
#define FABRIC_MANAGER_ENGINE_VIEW_VIEW_H

#include "fabric-manager/engine/state/out.h"

fm_request_fn fm_rq_get, fm_rq_describe, fm_rq_explain, fm_rq_events, fm_rq_status, fm_rq_top,
	fm_rq_history;
/* Why a chassis is only read, and what runs there. */
void fm_ch_message(const struct fm_engine *e, unsigned i, struct mr_buf *out);
struct mr_tree *fm_tree_assignment(const struct fm_engine *e, const struct fm_asg *a);
/* roots.c: of hosts with several roots. Adds "root" to an assignment's map, "roots" to a
 * host's; and the links that are missing while the host is up. */
void fm_tree_root(struct mr_tree *t, const struct fm_engine *e, const struct fm_asg *a);
void fm_tree_roots(struct mr_tree *t, const struct fm_engine *e, const struct fm_host_def *d);
bool fm_roots_missing(const struct fm_engine *e, const struct fm_host_def *d, char *ret,
		      size_t size);
const char *fm_access_name(enum mr_port_auth auth);
const char *fm_host_access(const struct fm_engine *e, const struct fm_host_def *d,
			   const struct fm_host *h);
/* Adds to the map 't' what its function is set to. */
void fm_tree_attributes(struct mr_tree *t, const struct fm_engine *e,
			const struct fm_assignment *a);
void fm_get_hosts(struct fm_engine *e, struct mr_tree *list, const char *name);
void fm_get_namespaces(struct fm_engine *e, struct mr_tree *list, const char *name);
struct mr_tree *fm_tree_event(const struct fm_rec_event *ev);
/* Appends the conditions of a profile to the list 'conditions'; how many of its claims are
 * Active. */
unsigned fm_profile_conditions(const struct fm_engine *e, const struct fm_profile *p,
			       struct mr_tree *conditions);
/* Those of a host and of an adapter. */
void fm_host_conditions(const struct fm_engine *e, const char *name, bool cordoned,
			struct mr_tree *conditions);
void fm_adapter_conditions(const struct fm_engine *e, unsigned chassis,
			   const struct fm_adapter *d, struct mr_tree *conditions);

#endif
