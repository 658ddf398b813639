/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of the engine do for each other; each part is a file. state.h has what they
 * work on. Nobody outside this folder includes this.
 *
 * One step: an event is dispatched, assignments that it touched are put on 'todo', the plan is
 * remade if its input changed, 'todo' is worked off, and what changed is written as one PERSIST
 * at the head of the step's actions.
 */
#ifndef FABRIC_MANAGER_ENGINE_CORE_H
#define FABRIC_MANAGER_ENGINE_CORE_H

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/tree.h"
#include "common/xalloc.h"
#include "fabric-manager/engine/state.h"
#include "fabric-manager/policy/resolve.h"

#define FM_TRIES_MAX	 3  /* POLICY: three times with growing pauses, then Degraded */
#define FM_OP_RESERVED	 64 /* operation ids reserved at a time */
#define FM_EVENTS_KEPT	 1000
#define FM_VERSIONS_KEPT 10
#define FM_HOLD		 UINT64_MAX /* after_commit of an action until the step ends */

/* ---- out.c: actions and the change set */
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
struct fm_record *fm_rec(struct fm_engine *e, enum fm_record_kind kind);
void fm_rec_host_put(struct fm_engine *e, struct fm_hst *h);
void fm_out_begin(struct fm_engine *e, struct fm_actions *out);
void fm_out_end(struct fm_engine *e);
void fm_committed(struct fm_engine *e, uint64_t n);
void fm_commit_failed(struct fm_engine *e, uint64_t n, const char *why);
void fm_store_timer(struct fm_engine *e);

/* ---- ops.c: operations and commands under way, by tag */
uint64_t fm_next_op(struct fm_engine *e);
/* Sends 'op' (its tag, owner and generation are filled in) and notes who waits for it. */
uint64_t fm_op_send(struct fm_engine *e, struct fm_op *op, enum fm_tag_kind kind, uint32_t asg,
		    uint64_t key);
uint64_t fm_cmd_send(struct fm_engine *e, struct fm_session *s, struct fm_agent_cmd *cmd,
		     enum fm_tag_kind kind, uint32_t asg, uint64_t key);
struct fm_inflight *fm_inflight_get(struct fm_engine *e, uint64_t tag);
void fm_inflight_del(struct fm_engine *e, uint64_t tag);
void fm_op_result(struct fm_engine *e, struct fm_op_result *r);
void fm_cmd_ack(struct fm_engine *e, uint64_t session, const struct fm_agent_ack *ack);
/* Ends what waits in 'match' with LOST and 'reason'. */
void fm_inflight_lose(struct fm_engine *e, bool (*match)(const struct fm_inflight *, uint64_t),
		      uint64_t arg, enum mr_reason reason, const char *why);
int64_t fm_pause_ns(unsigned tries);

/* ---- timers.c */
void fm_timer_set(struct fm_engine *e, enum fm_timer_kind kind, uint64_t key, int64_t when);
bool fm_timer_pop(struct fm_engine *e, struct fm_timer *ret);

/* ---- chassis.c */
bool fm_ch_ready(const struct fm_engine *e, unsigned chassis);
void fm_ch_event(struct fm_engine *e, const struct fm_chassis_event *ev);
void fm_ch_result(struct fm_engine *e, unsigned chassis, struct fm_op_result *r);
void fm_ch_timer(struct fm_engine *e, unsigned chassis);
void fm_ch_observe(struct fm_engine *e, unsigned chassis);
void fm_ch_stale(struct fm_engine *e, unsigned chassis, uint64_t epoch);
void fm_ch_adopt(struct fm_engine *e, unsigned chassis);
const char *fm_ch_state_name(enum fm_chassis_state s);

/* ---- join.c: compares what was observed with what is intended */
void fm_ch_join(struct fm_engine *e, unsigned chassis);
void fm_asg_slot(struct fm_engine *e, struct fm_asg *a);
/* Whether what is read of a mapped function is what is intended; else 'why' says what not. */
bool fm_drift(const struct fm_engine *e, const struct fm_asg *a, char *why, size_t size);

/* ---- ports.c: lets hosts in, in policy order */
void fm_ports_soon(struct fm_engine *e);
void fm_ports_check(struct fm_engine *e);
void fm_ports_result(struct fm_engine *e, const struct fm_inflight *f,
		     const struct fm_op_result *r);

/* ---- drift.c: looks at the chassis again */
void fm_drift_timer(struct fm_engine *e);

/* ---- assign.c, assign_flow.c: the state machine of one assignment */
void fm_asg_poke(struct fm_engine *e, struct fm_asg *a);
void fm_asg_run(struct fm_engine *e);
void fm_asg_result(struct fm_engine *e, struct fm_asg *a, uint64_t tag,
		   const struct fm_op_result *r);
void fm_asg_ack(struct fm_engine *e, struct fm_asg *a, uint64_t tag,
		const struct fm_agent_ack *ack);
void fm_asg_lost(struct fm_engine *e, struct fm_asg *a, enum mr_reason reason, const char *why);
void fm_asg_timer(struct fm_engine *e, struct fm_asg *a);
/* Starts the way in to 'a->next', or the way out. */
void fm_asg_give(struct fm_engine *e, struct fm_asg *a);
void fm_asg_release(struct fm_engine *e, struct fm_asg *a, bool unwanted, bool forced,
		    const struct fm_drain *drain);
void fm_asg_next_same(struct fm_asg *a);
void fm_asg_update(struct fm_engine *e, struct fm_asg *a, const struct fm_attrs *want);
void fm_asg_resume(struct fm_engine *e, struct fm_asg *a);
void fm_asg_wake(struct fm_engine *e);
bool fm_asg_moving(const struct fm_asg *a); /* something is under way */
bool fm_asg_runs(const struct fm_asg *a);   /* a host may be using it */
uint64_t fm_asg_cookie(const struct fm_asg *a);
/* What the hardware shows: mapped for 'a', cut, or neither. */
enum fm_seen {
	FM_SEEN_FREE,
	FM_SEEN_MAPPED,
	FM_SEEN_BLOCKED,
	FM_SEEN_GONE /* the adapter is not there and no row leads to it */
};
enum fm_seen fm_asg_seen(const struct fm_engine *e, const struct fm_asg *a);
struct fm_bridge *fm_asg_bridge(const struct fm_engine *e, const struct fm_asg *a);

/* ---- asgs.c: all of them */
struct fm_asg *fm_asg_new(struct fm_engine *e, const struct fm_assignment *a);
struct fm_asg *fm_asg_by_name(const struct fm_engine *e, const char *profile,
			      const char *device, unsigned index);
struct fm_asg *fm_asg_by_text(const struct fm_engine *e, const char *text);
struct fm_asg *fm_asg_by_id(const struct fm_engine *e, uint32_t id);
struct fm_asg *fm_asg_by_fn(const struct fm_engine *e, struct fm_fn_id fn);
struct fm_asg *fm_asg_by_place(const struct fm_engine *e, unsigned chassis,
			       const struct fm_place *p);
void fm_asg_drop(struct fm_engine *e, struct fm_asg *a);
void fm_asg_dirty(struct fm_engine *e, struct fm_asg *a);
void fm_asg_index(struct fm_engine *e, struct fm_asg *a);
void fm_asg_unindex(struct fm_engine *e, struct fm_asg *a);
void fm_asg_phase(struct fm_engine *e, struct fm_asg *a, enum fm_phase to, uint64_t op);
void fm_asg_why(struct fm_engine *e, struct fm_asg *a, enum mr_reason r, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
uint64_t fm_place_key(unsigned chassis, const struct fm_place *p);

/* ---- locks.c: functions, identities, quarantine */
bool fm_lock_fn(struct fm_engine *e, struct fm_asg *a, struct fm_fn_id fn);
void fm_unlock_fn(struct fm_engine *e, const struct fm_asg *a);
bool fm_lock_ident(struct fm_engine *e, const struct fm_asg *a, unsigned slot,
		   const struct mr_ident *id);
void fm_unlock_idents(struct fm_engine *e, const struct fm_asg *a);
void fm_ident_load(struct fm_engine *e, const struct fm_rec_ident *r);
void fm_ident_timer(struct fm_engine *e);
void fm_quarantine_add(struct fm_engine *e, const struct fm_rec_function *r, bool persist);
void fm_quarantine_asg(struct fm_engine *e, struct fm_asg *a, const char *why);
void fm_refusing_note(struct fm_engine *e, const struct fm_asg *a);
void fm_refusing_end(struct fm_engine *e, unsigned chassis, unsigned port);

/* ---- tomb.c: places that a host may still believe in */
void fm_tomb_add(struct fm_engine *e, const struct fm_asg *a);
void fm_tomb_load(struct fm_engine *e, const struct fm_rec_tombstone *r);
/* Those of a host port ('bridge' FM_NO_BRIDGE: all of them) are over; 'why' for the event. */
void fm_tomb_clear(struct fm_engine *e, unsigned chassis, unsigned port, unsigned bridge,
		   const char *why);
void fm_tomb_clear_place(struct fm_engine *e, unsigned chassis, const struct fm_place *p,
			 const char *why);
bool fm_tomb_of(const struct fm_engine *e, const struct fm_asg *a);
bool fm_tomb_at(const struct fm_engine *e, unsigned chassis, unsigned port, unsigned bridge);
void fm_tomb_ask(struct fm_engine *e, struct fm_session *s);
void fm_tomb_result(struct fm_engine *e, const struct fm_inflight *f,
		    const struct fm_op_result *r);
void fm_tomb_ack(struct fm_engine *e, const struct fm_inflight *f,
		 const struct fm_agent_ack *ack);

/* ---- shared.c: PFs in hosts, VF counts of adapters */
struct fm_attach *fm_attach_get(struct fm_engine *e, unsigned chassis, unsigned host_port,
				unsigned port, bool make);
/* True when the PF stands in the host and its VFs are enabled as far as can be; else it is on
 * its way and 'why' says what is missing. */
bool fm_attach_ready(struct fm_engine *e, struct fm_asg *a, char *why, size_t size);
bool fm_enable_ready(struct fm_engine *e, struct fm_asg *a, char *why, size_t size);
void fm_attach_result(struct fm_engine *e, const struct fm_inflight *f,
		      const struct fm_op_result *r);
void fm_attach_ack(struct fm_engine *e, const struct fm_inflight *f,
		   const struct fm_agent_ack *ack);
void fm_attach_timer(struct fm_engine *e, unsigned i);
/* Takes a PF out of a host in which nothing of it is used any more. */
void fm_attach_leave(struct fm_engine *e, unsigned chassis, unsigned host_port, unsigned port);
void fm_attach_join(struct fm_engine *e, unsigned chassis);
/* The host behind the port booted: its SR-PCIM has to enable again. */
void fm_attach_booted(struct fm_engine *e, unsigned chassis, unsigned host_port);
/* The adapter behind 'port' came or went: its PFs start anew. */
void fm_attach_adapter(struct fm_engine *e, unsigned chassis, unsigned port);
/* The host shows a PF with so many VFs enabled, 0 also when it shows the PF no more. */
void fm_attach_numvfs(struct fm_engine *e, unsigned chassis, const struct fm_place *pf,
		      unsigned numvfs);
/* An agent is there: PFs that nobody uses any more may go. */
void fm_attach_tidy(struct fm_engine *e, unsigned chassis, unsigned host_port);
void fm_tidy_timer(struct fm_engine *e);

/* ---- provision.c: the VF count of an adapter in VH 0 */
bool fm_prov_ready(struct fm_engine *e, const struct fm_asg *a, char *why, size_t size);
void fm_prov_want(struct fm_engine *e, unsigned chassis, unsigned port, uint32_t value,
		  bool approval);
void fm_prov_result(struct fm_engine *e, const struct fm_inflight *f,
		    const struct fm_op_result *r);
void fm_prov_timer(struct fm_engine *e, unsigned i);
void fm_prov_hits(const struct fm_engine *e, const struct fm_prov *p, struct mr_buf *out);
void fm_prov_approve(struct fm_engine *e, struct fm_prov *p);
void fm_prov_released(struct fm_engine *e);
void fm_prov_refused(struct fm_engine *e, const struct fm_asg *a);
void fm_prov_plan(struct fm_engine *e);
void fm_prov_planned(struct fm_engine *e);

/* ---- desire.c: the only place that calls policy and planner */
void fm_plan_soon(struct fm_engine *e, int64_t in_ns);
/* How 'a' leaves its host: its drain policy, and whether the host is asked at all. */
const struct fm_drain *fm_drain_of(const struct fm_engine *e, const struct fm_asg *a);
bool fm_cut_at_once(struct fm_engine *e, const struct fm_asg *a);
void fm_desire_changed(struct fm_engine *e);
void fm_plan_run(struct fm_engine *e);
struct fm_desired *fm_desire_make(struct fm_engine *e, const struct fm_docs *docs);
/* A plan of 'd' against what is; the caller frees it with fm_trial_done. */
struct fm_trial {
	struct fm_desired *desired; /* not owned */
	struct fm_plan_input in;
	struct fm_plan *plan;
	struct fm_plan_host *host;
	struct fm_assignment **view; /* copies of those that move: where they will be */
	unsigned views, cap_views;
	const struct fm_assignment **current;
	struct fm_asg **owner; /* of each current; NULL = what it still holds elsewhere */
	unsigned n, cap, cap_owner;
};
void fm_trial_make(struct fm_engine *e, struct fm_desired *d, struct fm_trial *ret);
void fm_trial_done(struct fm_trial *t);
const struct fm_host_def *fm_host_def(const struct fm_engine *e, const char *name);
const struct fm_profile *fm_profile_find(const struct fm_desired *d, const char *name);

/* ---- session.c: agents, from hello to goodbye */
struct fm_session *fm_session_of(struct fm_engine *e, const char *host);
void fm_session_hello(struct fm_engine *e, uint64_t id, const struct fm_agent_hello *h);
void fm_session_answer(struct fm_engine *e, uint64_t id, const struct fm_agent_hello *h);
void fm_session_gone(struct fm_engine *e, uint64_t id, bool goodbye, const char *why);
void fm_session_result(struct fm_engine *e, const struct fm_inflight *f,
		       const struct fm_op_result *r);
void fm_session_timer(struct fm_engine *e, uint64_t id);
/* Looks at the sessions that wait for a chassis or for a document. */
void fm_sessions_check(struct fm_engine *e);
struct fm_session *fm_session_get(const struct fm_engine *e, uint64_t id);

/* ---- host.c: what is known of each host */
struct fm_hst *fm_host(struct fm_engine *e, const char *name, bool make);
struct fm_hst *fm_host_of(struct fm_engine *e, const struct fm_asg *a);
void fm_host_free(struct fm_hst *h);
bool fm_way_lvf(const struct fm_engine *e, const char *host);
void fm_session_report(struct fm_engine *e, uint64_t id, const struct fm_agent_report *r);

/* ---- failover.c: profiles of a lost host, and where operators moved them */
void fm_failover_check(struct fm_engine *e, const char *host);
void fm_failover_timer(struct fm_engine *e, const char *host);
void fm_failover_moves(struct fm_engine *e); /* forgets the ones that ended */
int fm_spare_find(const struct fm_engine *e, unsigned host);
void fm_override_put(struct fm_engine *e, const char *profile, const char *host,
		     const char *who, const char *why);
bool fm_override_del(struct fm_engine *e, const char *profile);
const struct fm_rec_override *fm_override_get(const struct fm_engine *e, const char *profile);

/* ---- base.c: the documents in force */
int fm_kind_of_text(const char *s); /* "profiles", "profile", "ServerProfile"; -1 = none */
const char *fm_base_set(const struct fm_engine *e, const struct fm_base *b, enum fm_kind kind,
			const char *name);
void fm_base_set_put(struct fm_engine *e, struct fm_base *b, enum fm_kind kind,
		     const char *name, const char *set);
void fm_base_copy(struct fm_base *to, const struct fm_base *from);
void fm_base_done(struct fm_base *b);
/* The new documents come into force: version + 1, stored, desired is remade. */
void fm_base_commit(struct fm_engine *e, struct fm_base *b);

/* ---- request*.c: the verbs of operators */
void fm_request(struct fm_engine *e, uint64_t tag, const struct fm_request *r);
typedef void fm_request_fn(struct fm_engine *e, uint64_t tag, const struct fm_request *r);
fm_request_fn fm_rq_apply, fm_rq_plan, fm_rq_diff, fm_rq_validate, fm_rq_get, fm_rq_describe,
	fm_rq_explain, fm_rq_delete, fm_rq_move, fm_rq_connect, fm_rq_disconnect,
	fm_rq_failback, fm_rq_reset_override, fm_rq_approve, fm_rq_cordon, fm_rq_drain,
	fm_rq_events, fm_rq_status, fm_rq_top, fm_rq_adopt;
void fm_refuse(struct fm_engine *e, uint64_t tag, enum mr_reason reason, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* ---- view*.c: what is shown */
struct mr_tree *fm_tree_assignment(const struct fm_engine *e, const struct fm_asg *a);
struct mr_tree *fm_tree_event(const struct fm_rec_event *ev);

/* ---- store_load.c: after a restart */
void fm_store_loaded(struct fm_engine *e, const struct fm_record *r, unsigned n);

static inline int64_t fm_min64(int64_t a, int64_t b)
{
	return a < b ? a : b;
}
#define FM_FOREACH_ASG(e, a) \
	for (unsigned i_ = 0; i_ < (e)->asgs && ((a) = (e)->asg[i_], true); i_++)

#endif
