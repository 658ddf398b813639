/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Placement and plan: (desired, inventory, current assignments) -> which claim goes where, and
 * what has to change. A pure function of its input (POLICY, "Filling"): deterministic,
 * re-planning a converged state changes nothing.
 */
#ifndef FABRIC_MANAGER_PLAN_PLAN_H
#define FABRIC_MANAGER_PLAN_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "common/str.h"
#include "fabric-manager/model/assignment.h"
#include "fabric-manager/model/desired.h"
#include "fabric-manager/model/inventory.h"
#include "fabric-manager/model/record.h"
#include "fabric-manager/model/roots.h"
#include "fabric-manager/plan/job.h"

/* What is known of a host beside the inventory: what its agent reports. Index =
 * fm_desired.host. */
struct fm_plan_host {
	bool lvf;    /* it supports VF migration: `mra` adapters are given as LVFs */
	bool told;   /* 'has' was reported; nothing more is given out before, where it counts */
	uint8_t has; /* bits 1 << enum fm_require */
	/* bit r: its root r is lost while the host is not: what is there goes to another one */
	uint8_t lost;
};
_Static_assert(FM_ROOTS_MAX <= 8, "bits of lost");

/* How often in a row functions of an adapter had to be taken out of use, and why; from
 * FM_REFUSALS_MAX on nothing more is placed there. */
#define FM_REFUSALS_MAX 3
struct fm_refusing {
	uint16_t chassis, port;
	unsigned in_row;
	enum mr_reason reason;
};

/*
 * An identity that a host shows on a function that was given another one, or none: a PF's own,
 * or what the host's kernel has set. Nobody else is given it.
 */
struct fm_foreign {
	struct mr_ident ident;
	char profile[MR_NAME_MAX]; /* who has the function, and may have the value; "" = nobody
				    */
	char where[4 * MR_NAME_MAX]; /* in words */
};

/*
 * What is aimed at by moves that take more than one plan, and where nothing was found to aim
 * at (aim.h). A caller who plans again
 * after a plan was carried out, or begun, gives it to the next one: plans come to rest only so.
 */
struct fm_aim;
void fm_aim_free(struct fm_aim *a);
struct fm_aim *fm_aim_copy(const struct fm_aim *a); /* the caller frees it */
bool fm_aim_eq(const struct fm_aim *a, const struct fm_aim *b);

struct fm_plan_input {
	const struct fm_desired *desired;
	const struct fm_inventory *inventory;
	const struct fm_plan_host *host;
	/* all that hold something or are wanted, any order; NULL = a free place */
	const struct fm_assignment *const *current;
	unsigned currents;
	const struct fm_rec_ident *ident; /* identity locks, held and released (reuse delay) */
	unsigned idents;
	const struct fm_foreign *foreign; /* by identity; another list needs a new planner */
	unsigned foreigns;
	/* identities that no pool gives anew: bits 1 << enum mr_ident_type; and of whom, in
	 * words. Others need a new planner */
	uint8_t withheld;
	char withheld_of[4 * MR_NAME_MAX];
	const struct fm_rec_tombstone *tombstone;
	unsigned tombstones;
	const struct fm_fn_id *quarantined; /* functions that count as used */
	unsigned quarantineds;
	const struct fm_rec_data *data; /* namespaces that are there, or are being made */
	unsigned datas;
	const struct fm_refusing *refusing; /* one an adapter */
	unsigned refusings;
	int64_t wall_ns;
	/* somebody is without what he had, and waits: no search for a better arrangement now */
	bool hurry;
	/* searches are the caller's (job.h): those of which no answer is known are the plan's
	 * 'jobs'. Such a plan is not to be carried out: the one with the answers is better. */
	bool apart;
	const struct fm_search_answer *answer;
	unsigned answers;
	/* of the plan before this one, which this one goes on with; NULL = none, or it is lost
	 */
	const struct fm_aim *aim;
};

/* Where one claim ends up; one each, so memory counts. */
struct fm_placed {
	int32_t current; /* index into input.current: kept or changed; -1 = new */
	bool placed : 1;
	bool same_fn : 1;	   /* stays on the function that it has */
	bool attach_pf : 1;	   /* LVF: the PF is not attached to this host yet */
	bool as_is : 1;		   /* stays set to what 'current' is set to */
	enum mr_reason reason : 8; /* why not placed */
	uint16_t mirror;	   /* what its function is set to, as fm_attrs */
	struct fm_fn_id fn;
	struct fm_place
		place; /* bridge chosen; LVF: bridge of the PF (existing or to be attached) */
	uint32_t max_mbps;	   /* limit, or its share of the port; as fm_attrs */
	uint64_t ident[FM_IDENTS]; /* as fm_attrs */
	char *detail; /* in words, with the numbers that bind; NULL = none; owned by the plan */
};
_Static_assert(sizeof(struct fm_placed) == 56, "memory for each claim counts");

/* All that the function of claim 'c' is set to, as things are in the plan's input. */
struct fm_attrs fm_placed_attrs(const struct fm_plan_input *in, const struct fm_placed *pl,
				const struct fm_claim *c);
/* Identity 'slot' that claim 'c' has as it is placed; lo 0 = none. */
struct mr_ident fm_placed_ident(const struct fm_claim *c, const struct fm_placed *pl,
				unsigned slot);

/* POLICY, "Change classes". */
#define FM_CLASSES(X)   \
	X(NONE, "None") \
	X(LIVE, "Live") X(RESET, "Reset") X(MOVE, "Move") X(COUNT, "Count") X(HOST, "Host")
enum fm_class {
#define X(name, text) FM_CLASS_##name,
	FM_CLASSES(X)
#undef X
};
const char *fm_class_name(enum fm_class c);

/* One difference between what is and what is wanted. X(NAME, text) */
#define FM_CHANGES(X)                                                                        \
	X(GIVE, "give")	      /* a free function to a claim */                               \
	X(RELEASE, "release") /* an assignment that nothing wants any more */                \
	X(MOVE, "move")	      /* to another host or function: release, then give */          \
	X(UPDATE, "update")   /* attributes in place, class Live */                          \
	X(REBIND,                                                                            \
	  "rebind") /* class Reset: through reset on the same function (identity, driver) */ \
	X(ADOPT, "adopt")     /* what was found running becomes the claim's, as it runs */   \
	X(PEND, "pend")	      /* wanted and cannot be placed */                              \
	X(PREEMPT, "preempt") /* released for a claim of higher priority */                  \
	X(PARK, "park")	      /* released, and given another place once others have moved */ \
	X(PROVISION, "provision") /* VF count of an adapter */                               \
	X(MODE, "mode")		  /* operating mode of an adapter */
enum fm_change_kind {
#define X(name, text) FM_CHANGE_##name,
	FM_CHANGES(X)
#undef X
};
const char *fm_change_kind_name(enum fm_change_kind k);

struct fm_change {
	enum fm_change_kind kind : 8;
	enum fm_class change_class : 7;
	/* MOVE: one that is parked is without a place until then, so nothing holds it */
	bool owed : 1;
	uint16_t chassis, port; /* PROVISION, MODE: adapter */
	uint16_t value;		/* PROVISION: VFs per PF; MODE: its index */
	int32_t claim;		/* index of fm_desired.claim, -1 = RELEASE and of adapters */
	int32_t current;	/* index of input.current, -1 = none */
	int32_t of;		/* RELEASE: the claim that it stands for, -1 = none wants it */
	int32_t taker; /* PREEMPT, PARK, MOVE: the claim for which it goes, -1 = none */
};

struct fm_plan {
	struct fm_placed *placed; /* one per claim */
	unsigned claims;
	struct fm_change *change; /* ordered: provisions, releases, who is parked, moves,
				     updates, gives by priority and name, pends */
	unsigned changes;
	struct fm_aim *aim; /* for the next plan's input; NULL = none */
	unsigned searches;  /* chassis for which a better arrangement was searched for */
	struct fm_search_jobs *jobs; /* for which it has to be; may be taken out */
};

/* Never fails: what cannot be placed says why. The caller frees with fm_plan_free. */
struct fm_plan *fm_plan_make(const struct fm_plan_input *in);
void fm_plan_free(struct fm_plan *p);
/* A plan of the caller's own, without jobs; he frees it. */
struct fm_plan *fm_plan_copy(const struct fm_plan *p);
/* Whether it is to be made again when searches are answered. */
static inline bool fm_plan_waits(const struct fm_plan *p)
{
	return p->jobs && p->jobs->n;
}
/* Claims that run where they do in this plan, and move in the plans after it, for what it aims
 * at: how many; the first 'most' of them in 'ret'. */
unsigned fm_plan_later(const struct fm_plan *p, uint32_t *ret, unsigned most);
/* Whether two plans for the same input differ; where they do first, in words. */
bool fm_plan_differs(const struct fm_plan *a, const struct fm_plan *b, struct mr_buf *where);
/* Whether something has to be done (PEND alone is nothing to do: exit code 0). */
bool fm_plan_pending(const struct fm_plan *p);

/*
 * A planner that lives on: it keeps what the last plan was made from, is told what changed, and
 * looks only at what that touches. Its plan is the one that fm_plan_make gives for the same
 * input. 'in' and all that it points to stay the caller's; it reads them at each plan, so
 * arrays may move and grow, but what the planner was not told of must not change. Namespaces
 * are not told of: it looks at all claims that have some.
 */
struct fm_planner;
struct fm_planner *fm_planner_new(const struct fm_plan_input *in);
void fm_planner_free(struct fm_planner *p);
/* The plan for the input as it is now; the planner's own, valid until its next call. */
const struct fm_plan *fm_planner_plan(struct fm_planner *p);
/* in->desired is another one; the old one is still there, and may go afterwards. False where a
 * new planner is needed: pools, ports, classes or domains are others. */
bool fm_planner_documents(struct fm_planner *p);
/* in->desired is the same, and has other pools and ports under the same names; 'was' has those
 * that it had. */
void fm_planner_tables_changed(struct fm_planner *p, const struct fm_desired *was);
/* Claim 'i' of the same name asks for something else; or it is the new last one, and rules that
 * name it stand behind all others. A claim that is not wanted any more: host = FM_WHOLE. */
void fm_planner_claim_changed(struct fm_planner *p, unsigned i);
/* current[k] changed, is new (they may be more now), or NULL. */
void fm_planner_current_changed(struct fm_planner *p, unsigned k);
/* ident[i] changed, is new, or beyond the end now. */
void fm_planner_ident_changed(struct fm_planner *p, unsigned i);
/* Inventory of an adapter or a host, in place: state of functions, bridges, links; quarantine,
 * refusals and tombstones of it. */
void fm_planner_adapter_changed(struct fm_planner *p, unsigned chassis, unsigned port);
void fm_planner_host_changed(struct fm_planner *p, unsigned chassis, unsigned port);
/* The same; and in->host of the host behind that port is another one. */
void fm_planner_host_told(struct fm_planner *p, unsigned chassis, unsigned port);
/* A whole chassis was read again, came or went. False where a new planner is needed: it has
 * other adapters or hosts. */
bool fm_planner_chassis_changed(struct fm_planner *p, unsigned chassis);

/* Whether what makes room does so for a class that preempts, from a lower value: it is drained
 * by force then, and goes by no rollout. */
bool fm_change_preempts(const struct fm_desired *d, const struct fm_change *c);
/* How long it may take before that: the `grace` of that class; 0 = none. */
int64_t fm_change_grace(const struct fm_desired *d, const struct fm_change *c);

/* One line per change: what, whom it interrupts, class; and the sums per edge. Goes into `plan`
 * output. */
struct mr_tree;
struct mr_tree *fm_plan_tree(const struct fm_plan *p, const struct fm_plan_input *in);
/* The same of the plan that the planner made last. */
struct mr_tree *fm_planner_tree(struct fm_planner *p);
/* Why claim 'i' is where it is, or why not: candidates by pool part with the rule that dropped
 * them and the numbers. */
struct mr_tree *fm_plan_explain(const struct fm_plan_input *in, const struct fm_plan *p,
				unsigned i);

#endif
