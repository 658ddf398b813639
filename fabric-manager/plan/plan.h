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

/* What is known of a host beside the inventory. Index = fm_desired.host. */
struct fm_plan_host {
	bool lvf; /* its agent supports VF migration: `mra` adapters are given as LVFs */
};

/* How often in a row functions of an adapter had to be taken out of use, and why; from
 * FM_REFUSALS_MAX on nothing more is placed there. */
#define FM_REFUSALS_MAX 3
struct fm_refusing {
	uint16_t chassis, port;
	unsigned in_row;
	enum mr_reason reason;
};

struct fm_plan_input {
	const struct fm_desired *desired;
	const struct fm_inventory *inventory;
	const struct fm_plan_host *host;
	const struct fm_assignment *const
		*current; /* all that hold something or are wanted, any order */
	unsigned currents;
	const struct fm_rec_ident *ident; /* identity locks, held and released (reuse delay) */
	unsigned idents;
	const struct fm_rec_tombstone *tombstone;
	unsigned tombstones;
	const struct fm_fn_id *quarantined; /* functions that count as used */
	unsigned quarantineds;
	const struct fm_refusing *refusing; /* one an adapter */
	unsigned refusings;
	int64_t wall_ns;
};

/* Where one claim ends up. */
struct fm_placed {
	int32_t current; /* index into input.current: kept or changed; -1 = new */
	bool placed;
	bool same_fn; /* stays on the function that it has */
	struct fm_fn_id fn;
	struct fm_place
		place;	/* bridge chosen; LVF: bridge of the PF (existing or to be attached) */
	bool attach_pf; /* LVF: the PF is not attached to this host yet */
	struct fm_attrs attrs; /* claim's, with the identities */
	struct mr_ident ident[FM_IDENTS];
	enum mr_reason reason; /* why not placed */
	char *detail; /* in words, with the numbers that bind; NULL = none; owned by the plan */
};

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
	X(PEND, "pend")		  /* wanted and cannot be placed */                          \
	X(PROVISION, "provision") /* VF count of an adapter */
enum fm_change_kind {
#define X(name, text) FM_CHANGE_##name,
	FM_CHANGES(X)
#undef X
};
const char *fm_change_kind_name(enum fm_change_kind k);

struct fm_change {
	enum fm_change_kind kind;
	enum fm_class change_class;
	int32_t claim;		/* index of fm_desired.claim, -1 = RELEASE, PROVISION */
	int32_t current;	/* index of input.current, -1 = none */
	uint16_t chassis, port; /* PROVISION: adapter */
	uint32_t value;		/* PROVISION: VFs per PF */
};

struct fm_plan {
	struct fm_placed *placed; /* one per claim */
	unsigned claims;
	struct fm_change *change; /* ordered: provisions, releases, moves, updates, gives by
				     priority and name, pends */
	unsigned changes;
};

/* Never fails: what cannot be placed says why. The caller frees with fm_plan_free. */
struct fm_plan *fm_plan_make(const struct fm_plan_input *in);
void fm_plan_free(struct fm_plan *p);
/* Whether something has to be done (PEND alone is nothing to do: exit code 0). */
bool fm_plan_pending(const struct fm_plan *p);

/* One line per change: what, whom it interrupts, class; and the sums per edge. Goes into `plan`
 * output. */
struct mr_tree;
struct mr_tree *fm_plan_tree(const struct fm_plan *p, const struct fm_plan_input *in);
/* Why claim 'i' is where it is, or why not: candidates by pool part with the rule that dropped
 * them and the numbers. */
struct mr_tree *fm_plan_explain(const struct fm_plan_input *in, const struct fm_plan *p,
				unsigned i);

#endif
