/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the engine knows between two steps: assignments and where they are on their way, what
 * they share, chassis, sessions, hosts, what is under way, and the documents in force. The
 * other headers of the engine say what its parts do with it.
 */
#ifndef FABRIC_MANAGER_ENGINE_STATE_STATE_H
#define FABRIC_MANAGER_ENGINE_STATE_STATE_H

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/map.h"
#include "common/rng.h"
#include "common/str.h"
#include "common/tree.h"
#include "common/xalloc.h"
#include "fabric-manager/engine/action/action.h"
#include "fabric-manager/engine/state/known.h"
#include "fabric-manager/model/desired.h"
#include "fabric-manager/plan/plan.h"
#include "fabric-manager/policy/docs.h"

#define FM_TRIES_MAX	 3  /* POLICY: three times with growing pauses, then Degraded */
#define FM_OP_RESERVED	 64 /* operation ids reserved at a time */
#define FM_EVENTS_KEPT	 1000
#define FM_VERSIONS_KEPT 10
#define FM_ACTIVATE_NS	 (60 * MR_NS_PER_S) /* what an agent has for it */
#define FM_HOLD		 UINT64_MAX	    /* after_commit of an action until the step ends */

/*
 * Steps of an assignment; assign/table.c has the table. The way out, the way in, live changes,
 * and the way back to where it was when the way out is given up before the point of no return.
 */
#define FM_STEPS(X)                               \
	X(NONE, "none")                           \
	X(QUIESCE, "quiesce")                     \
	X(CUT, "cut-at-switch")                   \
	X(GATE_CLOSE, "gate-close")               \
	X(REQUEST_OUT, "request-out")             \
	X(GIVE_BACK, "give-back")                 \
	X(BLOCK, "block")                         \
	X(DRAIN, "drain")                         \
	X(UNMAP, "unmap")                         \
	X(TOMBSTONE, "tombstone")                 \
	X(RESET_OUT, "reset")                     \
	X(OUT_DONE, "released")                   \
	X(PROVISION, "provision")                 \
	X(ATTACH, "attach-pf")                    \
	X(ENABLE, "enable-vfs")                   \
	X(DATA, "namespaces")                     \
	X(RESET_IN, "reset-before-use")           \
	X(CONFIGURE, "configure")                 \
	X(MAP, "map")                             \
	X(ACTIVATE, "activate")                   \
	X(GATE_OPEN, "gate-open")                 \
	X(IN_DONE, "active")                      \
	X(SET_ATTRS, "set-attrs")                 \
	X(READ_BACK, "read-back")                 \
	X(STANDBY_CLOSE, "close-gate-of-standby") \
	X(STANDBY_SET, "set-attrs-of-standby")    \
	X(BACK_RETRACT, "retract")                \
	X(BACK_ACTIVATE, "activate-back")         \
	X(BACK_OPEN, "gate-reopen")               \
	X(BACK_SET, "set-attrs-again")            \
	X(BACK_DONE, "back")
enum fm_step {
#define X(name, text) FM_STEP_##name,
	FM_STEPS(X)
#undef X
	FM_STEP_COUNT
};

/* Where a claim is to be: what the planner said, until it is done. */
struct fm_target {
	bool set;
	char host[MR_NAME_MAX];
	char adapter[MR_NAME_MAX];
	char driver[MR_NAME_MAX];
	uint16_t chassis;
	struct fm_fn_id fn;
	struct fm_place place;
	struct fm_attrs attrs;
	uint32_t guaranteed_mbps, limit_mbps;
	char partner[MR_NAME_MAX]; /* of its `ha` pair, "" = of none */
	bool secondary;		   /* of the pair: in use only after a switch-over */
};

/* Why a step that an edit asks for has not begun. X(NAME, word, sentence) */
#define FM_HELDS(X)                                                                  \
	X(NOT, "", "")                                                               \
	X(SUSPENDED, "suspended", "its profile is suspended")                        \
	X(REFUSED, "refused", "its host did not let go; `banyan resume` asks again") \
	X(PAUSED, "paused", "the rollout is paused")                                 \
	X(CANCELLED, "cancelled", "the rollout was cancelled")                       \
	X(APPROVAL, "approval", "waits for approval")                                \
	X(WINDOW, "window", "waits for an update window")                            \
	X(RESTART, "restart", "waits for its host to restart")                       \
	X(TURN, "turn", "waits until other hosts of its group are done")
enum fm_held {
#define X(name, word, text) FM_HELD_##name,
	FM_HELDS(X)
#undef X
};

#define FM_SLOTS 2 /* of an assignment: where it is or goes; what it holds besides */

/* One assignment and what is under way for it. */
struct fm_asg {
	struct fm_assignment a;
	unsigned index; /* in fm_engine.asg */
	uint32_t here;	/* 1 + list of its host in fm_engine.here, 0 = in none */
	struct fm_asg *next_here, *prev_here;
	enum fm_step step;
	uint64_t tag;	   /* of the operation or command under way, 0 = none */
	uint64_t last_tag; /* the last one, for log lines */
	uint64_t fresh;	   /* newest operation id when its last one ended */
	uint64_t blind;	   /* an operation was lost: only a reading newer than this one says */
	unsigned tries;
	unsigned alarms;	  /* since its cut is not confirmed */
	enum fm_step tried;	  /* the step that 'tries' counts */
	unsigned redos, fails;	  /* since it was at rest: of what was lost or cut, for good */
	int64_t redo_ns, fail_ns; /* mono: no other one before */
	enum fm_step shown;	  /* the step that said the reason */
	int64_t until;		  /* mono: end of a pause, or deadline of the agent's answer */
	int64_t drain_until;
	enum fm_drain_mode drain;
	bool queued;	     /* on todo */
	bool dirty;	     /* its record has to be written */
	bool waits;	     /* for something shared: a PF, a chassis, a session */
	bool unwanted;	     /* erase it when it is released */
	bool keeps_idents;   /* though unwanted: its profile is only disconnected */
	bool consent;	     /* the host gave it back */
	bool cut;	     /* point of no return passed */
	bool resume;	     /* find the step again from what is observed */
	bool fence_bad;	     /* the cut was not confirmed; the alarm was given */
	bool retracts;	     /* REQUEST_OUT was done: the way back needs RETRACT */
	bool drifted;	     /* said so */
	uint8_t corrections; /* of it, in a row */
	bool stranger;	     /* found mapped without an intent; its row carries 'cookie' */
	uint64_t cookie;
	uint32_t stands_for; /* 1 + the claim that may take over what was adopted; 0 = none */
	bool stood_for;	     /* what was adopted may be its claim's: the planner sees that */
	uint32_t news;	     /* 1 + index in fm_news.asg */
	uint32_t slot[FM_SLOTS]; /* 1 + index in the planner's input; 0 = none */
	bool shut;		 /* the gate was read closed since it was last asked to open */
	bool bound; /* the host's driver is known to be bound (ACTIVATE was acknowledged) */
	uint64_t driven; /* key of the place where its agent showed a driver; 0 = nowhere */
	bool retain;	 /* onRelease of its profile: retain */
	bool retained;	 /* the last reset kept the device's memory */
	uint16_t pkey[MR_VF_PKEYS]; /* its claim's: partitions that its port must be in */
	char *notes;	   /* its claim's, for hooks; kept when the claim goes; NULL = none */
	enum fm_held held; /* what the plan wants of it has not begun, and why (rollout.c) */
	bool rolled;	   /* an edit took it: its end is an outcome of the rollout */
	bool roll_failed;  /* and a bad one */
	bool by_verb;	   /* an operator's verb sent it: no rollout governs it */
	int64_t since_ns;  /* mono: of the phase; MR_NEVER = began before this run */
	struct fm_target next; /* set: where it goes after its release */
	struct fm_attrs want;  /* SET_ATTRS: what a.attrs becomes */
	bool refused;	       /* it does not: the adapter refused 'want' for good */
};

/* A PF of an `mra` adapter in one host's hierarchy: shared by the LVFs that stand in it. */
enum fm_attach_state {
	FM_ATTACH_NONE,
	FM_ATTACH_BUSY,
	FM_ATTACH_UP,
	FM_ATTACH_ENABLING, /* the agent was asked to set NumVFs of 'pf' */
	FM_ATTACH_LEAVING
};
struct fm_attach {
	uint16_t chassis, host_port, port, bridge;
	uint16_t pf;
	bool idle;	  /* perhaps: nobody may be using it any more */
	bool used;	  /* while the idle ones are looked for */
	uint16_t enabled; /* bit per PF: NumVFs was set by the host's SR-PCIM of this boot */
	enum fm_attach_state state;
	uint64_t tag;
	uint64_t fresh; /* next operation id when its last operation ended */
	unsigned tries;
	int64_t until;
};

/* VF count (PROVISION) or operating mode (MODE) of one adapter. */
struct fm_prov {
	uint16_t chassis, port;
	enum fm_op_kind op;
	uint64_t tag;
	unsigned tries;
	uint64_t approval; /* operation id that waits for `approve`, 0 = none */
	bool approved, wanted, failed;
	bool asked; /* by the newest plan */
	uint32_t value;
	uint16_t told;	/* PFs that the management host's agent was asked to enable */
	uint64_t shown; /* session of that agent that was asked last */
	int64_t until;
	uint64_t reread; /* what was read before this operation id is old */
};

/* The link of a host or an adapter that went up or down lately (chassis/damp.c). */
#define FM_DAMP_CHANGES 3
struct fm_damp {
	uint16_t chassis, port;
	int64_t change[FM_DAMP_CHANGES]; /* mono: the last ones, newest first */
	unsigned changes;		 /* in all, or since the hold began */
	bool up;
	bool held;
	int64_t hold_ns; /* the hold under way, or the last one; 0 = there was none */
	int64_t until;	 /* mono: its end */
};

/* What is under way for a namespace (assign/data.c). */
struct fm_data_run {
	uint64_t tag;
	unsigned tries;
	int64_t until;
	uint64_t reread; /* what was read before this operation id is old */
	bool wanted;	 /* some document names it */
	bool erased;	 /* its contents are gone */
	char detail[FM_DETAIL_MAX];
};

enum fm_chassis_state {
	FM_CH_AWAY,
	FM_CH_OBSERVING, /* first read, before we own it */
	FM_CH_TAKING,
	FM_CH_READY,
	FM_CH_READONLY /* reason and detail say why; `adopt` ends it */
};
struct fm_ch {
	enum fm_chassis_state state;
	enum mr_reason reason;
	char detail[FM_DETAIL_MAX];
	struct fm_rec_chassis rec; /* as stored; serial "" = never seen */
	uint64_t epoch;		   /* that we hold */
	uint64_t tag;		   /* OBSERVE or TAKE_OWNER */
	bool join;		   /* what was read is to be compared (join.c) */
	bool quiet;		   /* no function was being changed while it was read */
	bool observe;		   /* again, when the one under way ended */
	bool joined;		   /* assignments were compared with what is there */
	bool anew;		   /* for the first time since it was away, or not ours */
	bool adopt;		   /* the operator said so */
	bool owned;		   /* by this run, now or before */
	bool succeeds;		   /* another owner, who may have written meanwhile */
	unsigned mutes;		   /* readings in a row in which something did not answer */
	int64_t again;		   /* mono: it is read again then, MR_NEVER = it all answered */
	unsigned tries, numbering; /* readings in a row with a host without bus numbers yet */
	int64_t until, seen_ns;	   /* mono: this manager read it first, 0 = not yet */
	uint64_t read_at;	   /* id of the OBSERVE that gave the inventory */
	uint64_t touched;   /* newest operation id when one on a function ended or began */
	uint64_t signature; /* of what placement depends on */
	uint64_t slots;	    /* of what resolving hosts does */
	uint64_t believed;  /* the same just before that reading, events included */
	bool stirred; /* events changed it since the last reading, perhaps there and back */
	uint64_t *auth_tag; /* by host index, AUTHORISE under way */
	unsigned hosts;
};

/* An edit on its way to what runs (desire/rollout.c). X(NAME, word) */
#define FM_ROLLOUT_STATES(X)  \
	X(NONE, "none")       \
	X(RUNNING, "running") \
	X(PAUSED, "paused") X(CANCELLED, "cancelled")
enum fm_rollout_state {
#define X(name, text) FM_ROLLOUT_##name,
	FM_ROLLOUT_STATES(X)
#undef X
	FM_ROLLOUT_STATE_COUNT
};
struct fm_rollout {
	enum fm_rollout_state state;
	uint64_t op;		    /* its id, 0 = there is none */
	uint64_t version;	    /* of the documents */
	bool undoes;		    /* it puts an older version back */
	bool undo_next;		    /* the next one will */
	unsigned held;		    /* steps that the last plan held */
	char detail[FM_DETAIL_MAX]; /* why it is paused */
};
/* A profile whose step waits for a yes, or got it. */
struct fm_asked {
	char profile[MR_NAME_MAX];
	uint64_t op;
	enum fm_class change_class;
	bool approved, wanted;
};

struct fm_move { /* an automatic fail-over under way */
	char profile[MR_NAME_MAX];
	char group[MR_NAME_MAX];
};

/* What the hand-overs of one adapter by one way took. */
struct fm_measure {
	struct fm_rec_measure rec;
	bool dirty;
};

/* What changed since the kept planner was told last (news.h). */
struct fm_news {
	struct fm_asg **asg; /* NULL: it is gone */
	unsigned asgs, cap_asgs;
	uint32_t *gone; /* slots of those that were freed */
	unsigned gones, cap_gones;
	uint32_t *ident;
	unsigned idents, cap_idents;
	uint32_t *port; /* chassis * (MR_MAX_PORTS + 1) + port */
	unsigned ports, cap_ports;
	bool *has_port, *chassis;
	bool hosts;
};

enum fm_tag_kind {
	FM_TAG_ASG,
	FM_TAG_CHASSIS,
	FM_TAG_AUTH,
	FM_TAG_CHALLENGE,
	FM_TAG_PROV,
	FM_TAG_ATTACH,
	FM_TAG_TOMB,
	FM_TAG_DATA
};
/* An operation or command under way, by its tag. */
struct fm_inflight {
	uint64_t tag;
	enum fm_tag_kind kind;
	uint16_t op; /* enum fm_op_kind, or 256 + enum fm_agent_verb */
	uint16_t chassis;
	uint32_t asg;	  /* id */
	uint64_t key;	  /* of the kind's own */
	uint64_t session; /* of a command */
	uint16_t port;	  /* of the host that got it, and how often that was reset by then */
	uint64_t boots;
	uint64_t after; /* commit that it was held for */
};

enum fm_timer_kind {
	FM_TM_ASG,
	FM_TM_PLAN,
	FM_TM_STORE,
	FM_TM_CHASSIS,
	FM_TM_SESSION,
	FM_TM_HOST,
	FM_TM_PROV,
	FM_TM_ATTACH,
	FM_TM_IDENT,
	FM_TM_DRIFT,
	FM_TM_PORTS,
	FM_TM_TIDY,
	FM_TM_RETRY,
	FM_TM_WINDOW,
	FM_TM_DATA,
	FM_TM_DAMP,
	FM_TM_SEARCH
};
struct fm_timer {
	int64_t when;
	uint64_t key;
	enum fm_timer_kind kind;
};

/* The documents in force, with the set that each belongs to. */
struct fm_base {
	/* of each is noted: 1 + index of fm_engine.set_name, 0 = no set; and, in a version
	 * that is kept, the version under which it is stored (history.h) */
	struct fm_docs docs;
	uint64_t version;
	/* they were checked by this manager, alone and with the inventory as it was then, and
	 * nothing was found */
	bool silent, unwarned;
	/* of a candidate: what it edits (fm_base_edits) */
	bool edits_known;
	const char *edit[FM_EDITS_MAX];
	unsigned edits;
	/* of a candidate: what the check against the inventory made of it; NULL = nothing yet
	 */
	struct fm_desired *resolved;
};

struct fm_held_reply {
	uint64_t tag, after;
};

struct fm_engine {
	struct mr_now now;
	struct mr_rng rng;
	struct fm_actions *out;
	unsigned out_first; /* first action of this step */
	bool loaded;
	char **chassis_name;

	/* change set and commits */
	struct fm_changes batch;
	bool intent; /* the batch decides something: what follows waits for it */
	uint64_t commit_last, commit_intent, commit_durable;
	uint64_t generation_durable;
	struct fm_sent {
		uint64_t n, generation;
		struct fm_changes changes; /* copy, without texts */
	} * sent;
	unsigned sents, cap_sents;
	struct fm_held_reply *held;
	unsigned helds, cap_helds;
	bool store_down;
	char store_why[FM_DETAIL_MAX]; /* what it said when it went down */
	struct mr_err unusable;	       /* what was loaded is, code 0 = it is not */
	uint64_t probe;		       /* commit that asks whether the store is back */
	unsigned store_tries;
	struct fm_rec_meta meta;
	uint64_t loaded_generation; /* as the store had it */
	bool meta_dirty;
	uint64_t next_op;	    /* next free id; meta.next_operation is the reserved end */
	struct fm_rec_event *event; /* ring */
	unsigned events, event_first;

	/* policy */
	struct fm_base base;
	struct fm_rollout rollout;
	struct fm_asked *asked;
	unsigned askeds, cap_askeds;
	struct fm_former { /* what was in force before a commit that is not durable yet */
		uint64_t commit;
		struct fm_base base;
	} * former;
	unsigned formers, cap_formers;
	char **set_name;
	unsigned sets, cap_sets;
	struct fm_version *version; /* oldest first: history.h */
	unsigned versions, cap_versions;
	struct fm_desired *desired;
	bool desire_dirty, plan_dirty;
	struct fm_dirt { /* what 'desire_dirty' is about, if not all */
		bool all, adapters;
		char (*profile)[MR_NAME_MAX]; /* whose overrides */
		unsigned profiles, cap_profiles;
	} dirt;
	bool desire_renewed, wishes_due;	/* and the next plan has to look at all of it */
	char edited[FM_EDITS_MAX][MR_NAME_MAX]; /* profiles: or only at these */
	unsigned edits;
	bool some_failed, some_roll_failed; /* perhaps: fail_ns, roll_failed of some is set */
	bool some_paused, some_refused;	    /* perhaps: some assignment is */
	bool some_turned; /* perhaps: some is held, rolled, or sent by a verb */
	bool unswept;	  /* what the documents wanted before may have left something */
	bool leaving;	  /* so may assignments of claims that went, when they are gone */
	struct fm_gone {
		char profile[MR_NAME_MAX], device[MR_NAME_MAX];
		unsigned index;
	} * gone; /* claims that went, and had no assignment */
	unsigned gones, cap_gones;
	int64_t plan_at;
	struct fm_news news;
	struct fm_kept *kept;		/* desire/kept.c */
	struct fm_searching *searching; /* desire/searching.c; NULL: none yet */
	bool search_apart;
	bool check_plans;
	unsigned plans_checked, plans_differ;
	struct fm_rec_override *override;
	unsigned overrides, cap_overrides;

	/* what is there and what it holds */
	struct fm_inventory inv;
	struct fm_ch *ch;
	struct fm_asg **asg;
	unsigned asgs, cap_asgs;
	unsigned adopteds; /* of them */
	unsigned stoods;   /* of them: stood_for */
	struct mr_map *asg_by_name, *asg_by_id, *asg_by_fn, *asg_by_place;
	struct fm_here { /* those of a host; found by its name */
		struct fm_asg *first;
		struct fm_hst *host; /* NULL: not looked for yet, or there is none */
	} * here;
	unsigned heres, cap_heres;
	struct mr_map *here_by;
	struct fm_asg **todo;
	unsigned todos, cap_todos, todo_at;
	struct fm_asg **dirty;
	unsigned dirties, cap_dirties;
	struct fm_asg **waiting;
	unsigned waitings, cap_waitings;
	bool wake;	   /* something shared changed: look at the waiting ones */
	bool mirror_waits; /* one of them, for an end of copies (assign/mirror.c) */
	struct fm_rec_ident *ident;
	unsigned idents, cap_idents;
	struct fm_foreign *foreign; /* of all hosts, by identity */
	unsigned foreigns;
	struct mr_map *literal; /* identities that documents in force name; NULL = look */
	bool foreign_new, foreign_due; /* some host's changed since; some is to be looked at */
	struct mr_map *ident_by, *ident_of; /* by value; by claim and slot */
	bool ident_twice;		    /* perhaps: a claim has two in one place */
	struct fm_rec_tombstone *tomb;
	unsigned tombs, cap_tombs;
	struct mr_map *tomb_by; /* place key -> index */
	struct fm_rec_function *quarantine;
	struct fm_fn_id *quarantine_fn;
	unsigned quarantines, cap_quarantines, cap_quarantine_fns;
	struct fm_refusing *refusing; /* adapters whose last CONFIGURE failed for good */
	unsigned refusings, cap_refusings;
	struct fm_attach *attach;
	unsigned attaches, cap_attaches;
	struct mr_map *attach_by; /* chassis, host port, port -> index */
	int64_t tidy_at;
	int64_t retry_at; /* of what failed for good and stands nowhere */
	unsigned retries; /* of these, since something else was new */
	struct fm_damp *damp;
	unsigned damps, cap_damps;
	struct fm_prov *prov;
	unsigned provs, cap_provs;
	struct fm_measure *measure;
	unsigned measures, cap_measures;
	struct fm_rec_data *data; /* namespaces; data_run[i] goes with data[i] */
	struct fm_data_run *data_run;
	unsigned datas, cap_datas, cap_data_run;

	/* agents */
	struct fm_session **session;
	struct mr_map *session_by_id;
	uint32_t run; /* tells this manager from another one on a copy of its store */
	unsigned sessions, cap_sessions;
	struct mr_map *host_by_name; /* struct fm_hst * */
	struct fm_move *move;
	unsigned moves, cap_moves;
	struct fm_hst *suspect; /* fail-over looks at these in this step */
	struct fm_hst *last_suspect;
	bool arrived; /* an assignment came to rest: is a fail-over done? */

	struct fm_lost {
		struct fm_inflight f;
		enum mr_reason reason;
		const char *why;
	} * lost; /* ended without an answer: told in this step */
	unsigned losts, cap_losts;
	struct mr_map *inflight; /* tag -> struct fm_inflight * */
	struct fm_timer *timer;	 /* heap */
	unsigned timers, cap_timers;
	int64_t drift_at, ident_at, ports_at;
	int64_t window_opens; /* wall: the update window that a timer waits for */
};

static inline int64_t fm_min64(int64_t a, int64_t b)
{
	return a < b ? a : b;
}
#define FM_FOREACH_ASG(e, a) \
	for (unsigned i_ = 0; i_ < (e)->asgs && ((a) = (e)->asg[i_], true); i_++)

#endif
