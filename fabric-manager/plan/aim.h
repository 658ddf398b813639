/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a plan aims at beyond itself: who is to get a place, and who moves for that, in a
 * chassis that is arranged anew. The next plan is given it (fm_plan_input.aim) and goes on with
 * it.
 *
 * Why plans come to rest while nothing changes from outside. By a level we mean which claims
 * run, in the order of filling: a level is higher when the first claim that runs in one of two
 * and not in the other runs in it.
 *
 * 1. An aim is taken only when nobody who runs is left without a place at its end, and somebody
 * has one who runs nowhere yet (fm_search_gains): its end is a higher level.
 *
 * 2. While there is an aim for a chassis, plans move there who is part of it, and nobody else
 * but for a claim that they give its place next. Its moves are in an order that fits, each
 * claim moves once, and each plan begins at least one move, or parks somebody who has to move
 * and can't yet, or waits for those that are under way, or is the last and gives the places. So
 * it ends after as many plans as it has moves, and as many as it parks, and one, at a higher
 * level, or it can't be completed, since the search does not know all that counts in a plan.
 *
 * 3. Then it is dropped (fm_aim_end, fm_rearrange_move, FM_AIM_STUCK): no aim is taken there
 * again before the level is another one, or what is asked for or the hardware are. Where
 * somebody was parked the level may be a lower one then, until he is given a place again, which
 * comes before all others: that happens once, as none parks there again before something else
 * is asked for or the hardware is another one.
 *
 * 4. So at one level a chassis has one aim at most. Plans without an aim never lower the level
 * (what runs loses its place only to a claim that stands before it in the order of filling),
 * and what one of them promised the next one gives, which is a higher level.
 *
 * 5. There are finitely many levels, so there is a last one, and at that finitely many plans
 * that begin something.
 *
 * Who plans without the aim of the plan before, as a manager that was started again does, finds
 * another one or the same: what was moved for the first one was moved for nothing then, and the
 * above holds from there on.
 */
#ifndef FABRIC_MANAGER_PLAN_AIM_H
#define FABRIC_MANAGER_PLAN_AIM_H

#include "fabric-manager/plan/board.h"

/* Where one claim is to be. */
struct fm_aim_step {
	char profile[MR_NAME_MAX], device[MR_NAME_MAX];
	uint16_t index;
	struct fm_fn_id pf; /* vf 0 */
	uint32_t claim;	    /* in the plan that says so */
};

/* Of one chassis. */
struct fm_aim_part {
	uint16_t chassis;
	bool dropped;	/* it could not be completed: none is taken at this level */
	bool fruitless; /* none was found, on a board that was 'seen' so */
	bool parked;	/* somebody is, or was, for the aim */
	bool no_parks;	/* one with somebody parked was dropped, while as much was asked for */
	uint64_t asked; /* what is wanted of what hardware, as one number */
	uint64_t level; /* that, and who runs */
	uint64_t seen;
	struct fm_aim_step *step;
	unsigned steps;
};

struct fm_aim {
	struct fm_aim_part *part; /* by chassis */
	unsigned parts;
};

/* What the input says of the chassis; NULL: nothing. */
const struct fm_aim_part *fm_aim_of(const struct fm_planner *p, unsigned chassis);
/* Whether an aim that is taken there now may park. */
bool fm_aim_may_park(const struct fm_planner *p, unsigned chassis);
/* Whether no aim may be taken in this chassis, as things are. */
bool fm_aim_is_barred(const struct fm_planner *p, const struct fm_aim_part *a);

enum fm_aim_state {
	FM_AIM_GOES,
	FM_AIM_DONE, /* all that it was for has been reached */
	FM_AIM_LOST, /* others are asked for, and better can be had */
	FM_AIM_STUCK /* it can't be completed */
};
/* How an aim of the plan before stands on the board; bins in 'at' where it goes on. New claims
 * that it does not know get what is left. */
enum fm_aim_state fm_aim_resume(struct fm_board *b, const struct fm_aim_part *a, uint16_t *at);
/* The plan goes for 'at', and the next one is to go on with it, 'park' (FM_NO_TILE: nobody)
 * being parked now; or no aim is taken there. */
void fm_aim_take(struct fm_board *b, const uint16_t *at, uint32_t park);
void fm_aim_drop(struct fm_planner *p, unsigned chassis);
/* All that a search of so many steps goes by, as one number. */
uint64_t fm_aim_see(struct fm_board *b, uint64_t steps);
/* There is nothing to aim at: nobody looks again before the board is another one. */
void fm_aim_rest(struct fm_board *b, uint64_t seen);
/* Whether moves are under way in the chassis, or what is not wanted any more is still there. */
bool fm_aim_waits(const struct fm_planner *p, unsigned chassis);
/* After all is placed: an aim of which nothing can be done, and nothing is under way, is
 * dropped. */
void fm_aim_end(struct fm_planner *p);

#endif
