/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The making of one plan: state that place.c, keep.c, change.c and the trees share. Nothing of
 * it outlives the call.
 */
#ifndef FABRIC_MANAGER_PLAN_PLACE_H
#define FABRIC_MANAGER_PLAN_PLACE_H

#include "fabric-manager/plan/fit.h"
#include "fabric-manager/plan/idents.h"

/* What a claim's current function is to it. */
enum fm_stay {
	FM_STAY_NEW,   /* it has none */
	FM_STAY_KEEP,  /* it stays there */
	FM_STAY_LEAVE, /* it should lie elsewhere, and stays while nothing else fits */
	FM_STAY_MOVE,  /* another host, or on its way out: a new function, else the same one */
	FM_STAY_GONE   /* the device is gone or in quarantine */
};

struct fm_planner {
	const struct fm_plan_input *in;
	const struct fm_desired *d;
	struct fm_plan *plan;
	struct fm_world world;
	struct fm_idents idents;
	const struct fm_claim **order;	/* by priority descending, then name */
	uint8_t *stay;			/* enum fm_stay, per claim */
	uint8_t *matched;		/* per current: some claim's */
	uint64_t *bad;			/* quarantined functions, sorted keys */
	uint32_t *rule_first, *rule_of; /* rules of each claim */
};

/* Everything up to the first decision: order, matches, what current assignments use. */
void fm_planner_init(struct fm_planner *p, const struct fm_plan_input *in,
		     struct fm_plan *plan);
void fm_planner_done(struct fm_planner *p);
/* keep.c: what runs stays where it runs. */
void fm_planner_keep(struct fm_planner *p);
/* place.c: the rest, in order. */
void fm_planner_place(struct fm_planner *p);
/* Claim 'i' stays on its current function with the attributes that it has. */
void fm_planner_keep_as_is(struct fm_planner *p, unsigned i);
/* The rules that hold claim 'i' off, and who is where. */
void fm_planner_anti_words(const struct fm_planner *p, unsigned i, struct mr_buf *b);
/* change.c */
void fm_planner_changes(struct fm_planner *p);

/* What current assignment 'k' uses; false when it holds nothing that we can see. */
bool fm_planner_use(const struct fm_planner *p, int32_t k, struct fm_use *ret);
/* What a placed claim uses on its new function. */
struct fm_use fm_planner_placed_use(const struct fm_planner *p, unsigned i);
/* Whether the claim's pool is `share: exclusive`; a claim may have no pool at all. */
static inline bool fm_planner_exclusive(const struct fm_planner *p, unsigned i)
{
	unsigned pool = p->d->claim[i].pool;

	return pool < p->d->pools && p->d->pool[pool].exclusive;
}
/* Fills 'ret' for claim 'i'; false when its host is behind no port that we see. */
bool fm_planner_ask(const struct fm_planner *p, unsigned i, struct fm_ask *ret);
/* Stamps the units that antiAffinity rules of claim 'i' speak against. */
void fm_planner_stamp(struct fm_planner *p, unsigned i);
/* Whether the function belongs to the claim's pool. */
const struct fm_cand *fm_planner_cand(const struct fm_planner *p, unsigned i, uint32_t unit,
				      uint16_t vf);
/* Candidates of claim 'i' on the chassis of its host: [*ret_first, *ret_last). */
void fm_planner_cands(const struct fm_planner *p, const struct fm_ask *ask, uint32_t *ret_first,
		      uint32_t *ret_last);
/* Reason and words of a claim that is not where it should be; takes the text of 'b'. */
void fm_planner_refuse(struct fm_planner *p, unsigned i, enum mr_reason r, struct mr_buf *b);
/* Attributes of claim 'i' with identities, as the adapter can do them. */
struct fm_attrs fm_planner_attrs(const struct fm_planner *p, unsigned i, uint32_t unit);
/* LVF: whether the PF still has to be attached to the host. */
bool fm_planner_attach(const struct fm_planner *p, uint32_t host, uint32_t unit);

#endif
