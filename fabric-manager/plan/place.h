/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The planner's state, which its files share. The base is what is true before any decision:
 * hardware, and what current assignments use (held.c). A plan works on top of it, claim by
 * claim, and is taken back before the next one (planner.c). Only open claims are looked at: all
 * others run as they should, and so they stay.
 */
#ifndef FABRIC_MANAGER_PLAN_PLACE_H
#define FABRIC_MANAGER_PLAN_PLACE_H

#include <stddef.h>

#include "fabric-manager/plan/fit.h"
#include "fabric-manager/plan/idents.h"

/* What a claim's current function is to it. */
enum fm_stay {
	FM_STAY_NEW,   /* it has none */
	FM_STAY_KEEP,  /* it stays there */
	FM_STAY_LEAVE, /* it should lie elsewhere, and stays while nothing else fits */
	FM_STAY_MOVE,  /* another host, or on its way out: a new function, else the same one */
	FM_STAY_GONE,  /* the device is gone or in quarantine */
	FM_STAY_TAKEN, /* another claim gets it: another place or none */
	FM_STAY_PARKED /* it leaves before its new place is free, as others could not move */
};

/* What current assignment k uses; one each, so memory counts. */
struct fm_held {
	uint32_t unit; /* FM_NONE: nothing that we see */
	uint32_t host;
	int32_t claim; /* that it stands for, -1 = none wants it */
	uint32_t next_adapter, next_host;
	uint32_t guaranteed, limit; /* of what it was, while the hardware has more */
	uint32_t framebuffer;	    /* as it is set to: fm_held_demand */
	uint16_t msix, queues;
	uint16_t vf, bridge;
	uint8_t way;
	bool taken; /* in this plan: promised to somebody who waits for it */
	bool loose; /* it is in 'loose' */
	bool rides; /* its claim counts at the host already */
	uint64_t ident[FM_IDENTS];
};
_Static_assert(sizeof(struct fm_held) == 64, "memory for each claim counts");

/* How a new claim chooses among places: spread over the ports (goal 4); or, where claims are
 * packed once more, by what is scarcest on each PF. */
enum fm_choice {
	FM_CHOOSE_BALANCED,
	FM_CHOOSE_EVEN, /* the PF of which least is used then */
	FM_CHOOSE_RIDE, /* the same, but what costs the host fewest bridges */
	FM_CHOOSE_TIGHT /* the PF of which least is left then */
};

#define FM_OPEN		1
#define FM_OPEN_CHANGES 2 /* and the plan has a change of it */
#define FM_OPEN_WAITS	4 /* and it was promised what others leave */

struct fm_planner {
	const struct fm_plan_input *in;
	const struct fm_desired *d;
	struct fm_plan *plan;
	struct fm_world world;
	struct fm_idents idents;
	/* ---- claims ---- */
	uint32_t *order;    /* in the order of filling: minima, then extras in rounds */
	uint32_t *rank;	    /* place of a claim in 'order' */
	uint8_t *stay;	    /* enum fm_stay */
	uint8_t *open;	    /* FM_OPEN: it is in 'todo' */
	uint32_t *next_new; /* the next of those that got a function of the same unit */
	uint32_t *todo;	    /* open claims, by rank */
	unsigned todos, cap_todo, cap_claims;
	uint32_t *aim; /* by claim, where chassis are arranged anew (rearrange.c); else NULL */
	struct fm_aim *next;	     /* for the next plan (aim.h); NULL: none */
	unsigned searches;	     /* of this plan, for something to aim at */
	struct fm_search_jobs *jobs; /* those that are left to the caller */
	int32_t *taker; /* for whom a claim was displaced, by claim; NULL = nobody was */
	uint32_t *rule_first, *rule_of; /* rules of each claim */
	/* ---- current assignments ---- */
	struct fm_held *held;
	unsigned cap_held, helds;
	uint32_t *loose; /* assignments that no document wants */
	unsigned looses, cap_loose;
	unsigned rules;			     /* those that rule_of has */
	unsigned spreads;		     /* those of them that look at all PFs of a pool */
	uint32_t *by_name, name_mask, names; /* 1 + index, open addressing */
	uint32_t *claim_by_name, claim_mask; /* the same of claims; made when it is needed */
	/* ---- one plan ---- */
	enum fm_choice choice;
	uint64_t budget;  /* candidates that may still be looked at for what is hard to place */
	unsigned leaving; /* current assignments that go */
	bool shifted;	  /* some claim was: what found no place before may find one now */
	uint64_t *bad;	  /* functions in quarantine, sorted keys */
	bool has_spares;  /* some pool has spare adapters */
	unsigned cap_changes;
	uint32_t *touched_adapter, *touched_host; /* base parts to be made anew */
	unsigned touched_adapters, touched_hosts, cap_ta, cap_th;
	bool keeps;	      /* a further plan follows: what this one did is taken back */
	bool planned;	      /* it was not taken back yet */
	struct fm_sums *sums; /* sums.c; NULL: nobody asked for them yet */
};

/* ---- held.c ---- */
/* Everything up to the first decision; every claim is open. 'plan' has its 'placed' array,
 * zeroed. */
void fm_held_init(struct fm_planner *p, const struct fm_plan_input *in, struct fm_plan *plan);
void fm_held_done(struct fm_planner *p);
/* What current assignment 'k' uses; false when it holds nothing that we can see. */
bool fm_held_use(const struct fm_planner *p, int32_t k, struct fm_use *ret);
/* What one that is seen uses of its PF beside the function. */
struct fm_demand fm_held_demand(const struct fm_planner *p, const struct fm_held *h);
/* Current assignment 'k' is new, other than it was, or NULL. */
void fm_held_current(struct fm_planner *p, unsigned k);
/* Claim 'i' asks for something else, or is new. */
void fm_held_claim(struct fm_planner *p, unsigned i);
/* Which assignment stands for claim 'i' now; opens it, and those that are tied to it. */
void fm_held_rematch(struct fm_planner *p, unsigned i);
/* Opens claim 'i' and those that a placement rule or a pair ties to it. */
void fm_held_open_tied(struct fm_planner *p, unsigned i);
/* The claim of that name, FM_NONE when there is none. */
uint32_t fm_held_claim_of(struct fm_planner *p, const char *profile, const char *device,
			  unsigned index);
/* Lists assignment 'k' where no document wants it. */
void fm_held_set_loose(struct fm_planner *p, unsigned k);
/* The adapter and the host of current assignment 'k' (-1: none) are made anew. */
void fm_held_touch(struct fm_planner *p, int32_t k);
/* Room for the claims of 'd'. */
void fm_held_grow(struct fm_planner *p);
/* An assignment that no document wants: what it holds comes back some day. */
static inline unsigned fm_held_leaves(const struct fm_planner *p, unsigned k)
{
	return p->held[k].unit != FM_NONE && p->held[k].claim < 0;
}
void fm_held_open(struct fm_planner *p, unsigned i);
/* Claim 'i' as it is before a plan looks at it. */
void fm_held_clear(struct fm_planner *p, unsigned i);
void fm_held_undo(struct fm_planner *p);
/* ---- renew.c: what hardware and store changed ---- */
void fm_held_touch_adapter(struct fm_planner *p, uint32_t adapter);
void fm_held_touch_host(struct fm_planner *p, uint32_t host);
/* Chassis 'c' was read again, came or went; false when it has other adapters or hosts. */
bool fm_held_chassis(struct fm_planner *p, unsigned c);
/* Makes what was touched anew, and opens the claims there that have to be looked at. */
void fm_held_renew(struct fm_planner *p);
/* Notes what everything is made from, for a chassis that is read again. */
void fm_held_see(struct fm_planner *p);

/* ---- tables.c ---- */
/* Pools, ports and borders of p->d in the place of those of 'was'; touches the adapters of
 * which something is other than it was. */
void fm_held_tables(struct fm_planner *p, const struct fm_desired *was);
/* Whether some pool has spare adapters. */
void fm_held_spares(struct fm_planner *p);
/* Opens the claims of rules that look at all of the pools which 'pools' has. */
void fm_held_open_spread(struct fm_planner *p, const bool *pools);

/* ---- documents.c ---- */
/* Other documents: 'd' becomes in->desired. False where a new planner is needed. */
bool fm_held_documents(struct fm_planner *p);

/* ---- order.c: 'order', 'rank' and the rules of each claim, from the documents ---- */
void fm_order_init(struct fm_planner *p);
void fm_order_rules(struct fm_planner *p);
/* Claim 'i', the last one, is new. */
void fm_order_insert(struct fm_planner *p, unsigned i);
/* Sorts 'todo'; whether 'x' comes before 'y' in it. */
void fm_order_todo(struct fm_planner *p);
bool fm_order_before(const struct fm_planner *p, uint32_t x, uint32_t y);
/* By profile, device, index. */
int fm_order_names(const struct fm_claim *a, const struct fm_claim *b);

/* ---- keep.c ---- */
void fm_planner_keep(struct fm_planner *p);
/* Claim 'i' stays on its current function with the attributes that it has. */
void fm_planner_keep_as_is(struct fm_planner *p, unsigned i);

/* ---- rules.c ---- */
/* Stamps the units that placement rules of claim 'i' speak against, by where the others are
 * placed by now; or by where those are that come before it in the order of filling. */
void fm_rules_stamp(struct fm_planner *p, unsigned i);
void fm_rules_stamp_early(struct fm_planner *p, unsigned i);
/* The rules that hold claim 'i' off, and who is where. */
void fm_rules_words(const struct fm_planner *p, unsigned i, struct mr_buf *b);

/* ---- place.c ---- */
/* The first root of a host (index of desired.host), which stands for the host where only that
 * counts; FM_NONE: it has none that we see. */
uint32_t fm_place_lead(const struct fm_planner *p, unsigned host);
/* Whether the root of a host behind that port is lost while the host is not. */
bool fm_place_root_lost(const struct fm_planner *p, unsigned host, unsigned port);
/* Fills 'ret' for claim 'i'; false when its host is behind no port that we see. */
bool fm_place_ask(const struct fm_planner *p, unsigned i, struct fm_ask *ret);
/* Candidates of claim 'i' on the chassis of its host: [*ret_first, *ret_last). */
void fm_place_cands(const struct fm_planner *p, const struct fm_ask *ask, uint32_t *ret_first,
		    uint32_t *ret_last);
/* The candidate that holds a function, NULL when the claim's pool does not. */
const struct fm_cand *fm_place_cand(const struct fm_planner *p, unsigned i, uint32_t unit,
				    uint16_t vf);
/* The best place that is free; the claim's rules are stamped. */
bool fm_place_scan(const struct fm_planner *p, const struct fm_ask *ask, struct fm_fit *ret);
void fm_place_settle(struct fm_planner *p, unsigned i, const struct fm_fit *f,
		     const struct mr_ident ident[FM_IDENTS]);
/* The reverse of settling: a claim that was given its place in this plan. */
void fm_place_unsettle(struct fm_planner *p, unsigned i);
/* Who found no room, and whose pool lost functions to another one, says that. */
void fm_place_contested(struct fm_planner *p);
/* What a placed claim uses on its new function. */
struct fm_use fm_place_use(const struct fm_planner *p, unsigned i);
/* LVF: whether the PF still has to be attached to the host. */
bool fm_place_attach(const struct fm_planner *p, uint32_t host, uint32_t unit);
/* Whether the claim's pool is `share: exclusive`; a claim may have no pool at all. */
static inline bool fm_place_exclusive(const struct fm_planner *p, unsigned i)
{
	unsigned pool = p->d->claim[i].pool;

	return pool < p->d->pools && p->d->pool[pool].exclusive;
}
static inline const struct fm_demand *fm_place_demand(const struct fm_planner *p, unsigned i)
{
	unsigned n = p->d->claim[i].demand;

	return n && n <= p->d->demands ? &p->d->demand[n - 1] : NULL;
}
/* Reasons before any candidate is looked at. */
enum mr_reason fm_place_barred(const struct fm_planner *p, unsigned i, struct fm_ask *ask,
			       struct mr_buf *b);
/* Reason and words of a claim that is not where it should be; takes the text of 'b'. */
void fm_place_refuse(struct fm_planner *p, unsigned i, enum mr_reason r, struct mr_buf *b);
/* Of the candidate that came nearest. */
void fm_place_refuse_all(struct fm_planner *p, unsigned i, const struct fm_ask *ask);

/* Whether the claim stays as it is whatever is edited: a document about it is suspended, or the
 * one about the adapter that its function is on. */
bool fm_place_frozen(const struct fm_planner *p, unsigned i);

/* Whether claim 'i' was parked. */
static inline bool fm_place_owed(const struct fm_planner *p, unsigned i)
{
	int32_t k = p->plan->placed[i].current;

	return k >= 0 && p->in->current[k]->owed;
}

/* ---- attrs.c ---- */
/* What a limit is set to where the adapter has steps: rounded down, but not below 'least'. */
uint32_t fm_place_limit(uint32_t mbps, uint32_t least, uint32_t step);
/* What it is set to on 'unit', the identities of which are set already. A new function begins
 * without copies. */
void fm_place_attrs(struct fm_planner *p, unsigned i, uint32_t unit);
/* VF_SWITCHING of claim 'i', which runs on 'unit': the function that gets copies of what it
 * sends, once that one runs there, too. */
uint16_t fm_place_mirror(const struct fm_planner *p, unsigned i, uint32_t unit);
static inline void fm_place_name(struct fm_placed *pl, const struct mr_ident ident[FM_IDENTS])
{
	for (unsigned k = 0; k < FM_IDENTS; k++)
		pl->ident[k] = ident[k].lo;
}

/* ---- data.c ---- */
/* The PF that has data of claim 'i', or of another function of its device; FM_NONE: none has.
 */
uint32_t fm_data_unit(const struct fm_planner *p, unsigned i);
/* Another reason than OK, in words, when its namespaces are not there, or are others than the
 * documents say. */
enum mr_reason fm_data_barred(const struct fm_planner *p, unsigned i, struct mr_buf *why);
/* Those that the PF of 'fn' has ready, as VF_CLASS1. */
uint64_t fm_data_mask(const struct fm_plan_input *in, const struct fm_claim *c,
		      struct fm_fn_id fn);

/* ---- fill.c ---- */
/* Places what is not kept. */
void fm_fill(struct fm_planner *p);
/* Places claim 'i' where there is room that is free, if there is: nobody else gets in between.
 */
void fm_place_free(struct fm_planner *p, unsigned i);
/* A part of a plan that may come to nothing. */
struct fm_trial_mark {
	size_t at;
	bool was_on;
};
struct fm_trial_mark fm_trial_begin(struct fm_planner *p);
void fm_trial_end(struct fm_planner *p, struct fm_trial_mark m, bool keep);
/* Remembers where a claim is placed; its words are not taken back. */
static inline void fm_trial_note(struct fm_planner *p, struct fm_placed *pl)
{
	if (p->world.journal.on)
		fm_journal_note(&p->world.journal, pl, offsetof(struct fm_placed, detail));
}

/* ---- shift.c: room by moving claims that have nothing running yet ---- */
bool fm_shift(struct fm_planner *p, unsigned i, const struct fm_ask *ask,
	      const struct mr_ident ident[FM_IDENTS]);

/* ---- repack.c: room by another order of claims that have nothing running yet ---- */
bool fm_repack(struct fm_planner *p);
/* Whether a claim that is pending for this reason may find a place so. */
static inline bool fm_repack_helps(enum mr_reason r)
{
	return r == MR_REASON_NO_BANDWIDTH || r == MR_REASON_NO_CAPACITY ||
	       r == MR_REASON_LIMIT || r == MR_REASON_NO_WINDOW;
}

/* ---- displace.c: room by taking from those that run ---- */
/* Promises claim 'i' what goes anyway, what others have that find another place, or what those
 * have that it may leave without; it gets it in a later plan. Says so in its reason; false when
 * that is not enough. */
bool fm_displace(struct fm_planner *p, unsigned i, const struct fm_ask *ask);

/* Claim 'v', which runs, goes to the PF for claim 'i'; false when there is no room now. */
bool fm_displace_to(struct fm_planner *p, unsigned v, unsigned i, uint32_t unit);
/* Claim 'v', which runs, leaves its place for claim 'i', and waits for another one. */
bool fm_displace_park(struct fm_planner *p, unsigned v, unsigned i);

/* ---- rearrange.c: room by several who move, one after the other ---- */
/* After a chassis was filled: whether a better arrangement is known, or, where nobody is in a
 * hurry, found. Then the plan is made
 * again, with p->aim. */
bool fm_rearrange(struct fm_planner *p);
/* What runs begins to move; before all others are placed. */
void fm_rearrange_move(struct fm_planner *p);
/* Places claim 'i', or lets it wait, where p->aim has a say; false where it has none. */
bool fm_rearrange_place(struct fm_planner *p, unsigned i, const struct fm_ask *ask,
			const struct mr_ident ident[FM_IDENTS]);
/* A place on one PF. */
bool fm_rearrange_scan(const struct fm_planner *p, const struct fm_ask *ask, uint32_t unit,
		       struct fm_fit *ret);
static inline bool fm_rearranged(const struct fm_planner *p, unsigned i)
{
	return p->aim && p->aim[i] != FM_MANY;
}

/* ---- sums.c: "edges" and "links" of the tree of a plan ---- */
struct mr_tree;
void fm_sums_tree(const struct fm_plan *p, const struct fm_plan_input *in, struct mr_tree *t);
/* Of the plan that 'p' made last, where only what changed since it was asked is counted. */
void fm_sums_kept_tree(struct fm_planner *p, struct mr_tree *t);
/* Claim 'i' is open no more. */
void fm_sums_settled(struct fm_planner *p, unsigned i);
/* Claims have other numbers. */
void fm_sums_drop(struct fm_planner *p);

/* ---- change.c ---- */
void fm_planner_changes(struct fm_planner *p);

#endif
