/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Room by several who move. Where the planner left a minimum without a place, or made more than
 * one move for it, the chassis is looked at as a board (board.h), and a better arrangement is
 * searched for (search.h). What is found is an aim for each claim: the plan is made again with
 * it. What runs moves where there is room now, the others in the plans after that, which go on
 * with the same aim (aim.h); who is new waits until there is room. Where nobody can move, as
 * two would have to change places, one of them is parked: he leaves his place, and is without
 * one until the others have moved. In the end nobody who ran is left without a place.
 */
#include <stdlib.h>
#include <string.h>

#include "common/xalloc.h"
#include "fabric-manager/plan/aim.h"
#include "fabric-manager/plan/search.h"

#define STEPS 120000	 /* looks at a bin in one plan */
#define NAMED 8		 /* of those whom a claim waits for */
#define LATE  0x80000000 /* in an aim: not in this plan */
#define PARK  0x40000000 /* and it leaves its place in this plan */
#define UNIT  (~(LATE | PARK))

/* ---- finding ---- */

/* Chassis that may be better: a minimum has no place for want of room, or waits for others. */
static unsigned list_chassis(const struct fm_planner *p, bool *hard)
{
	unsigned n = 0;

	for (unsigned k = 0; k < p->todos; k++) {
		unsigned i = p->todo[k], c;
		const struct fm_claim *cl = &p->d->claim[i];

		if (cl->host == FM_WHOLE || cl->extra || p->plan->placed[i].placed ||
		    (!(p->open[i] & FM_OPEN_WAITS) &&
		     !fm_repack_helps(p->plan->placed[i].reason)))
			continue;
		c = p->d->host[cl->host].chassis;
		if (c >= p->world.n_chassis || hard[c])
			continue;
		hard[c] = true;
		n++;
	}
	return n;
}

static uint64_t value_of_all(const struct fm_board *b)
{
	uint64_t sum = 0;

	for (uint32_t t = 0; t < b->tiles; t++)
		sum += b->tile[t].value;
	return sum;
}

/* New claims that get their places in this plan, and who runs and moves in it. Where all of the
 * new ones do nobody has to move. '*ret_park': who is parked, as nobody can move and nothing is
 * under way. Returns whether somebody moves, or is. */
static bool set_first(struct fm_board *b, uint16_t *at, bool *now, uint32_t *ret_park)
{
	bool *moves = mr_xcalloc(b->tiles + 1, sizeof(*moves)), late = false, some = false;
	unsigned parks = 0, with = 0;

	*ret_park = FM_NO_TILE;
	for (uint32_t t = 0; t < b->tiles; t++)
		now[t] = true;
	fm_search_leads(b, at, NULL, &parks);
	if (!fm_search_leads(b, at, now, &with) || with > parks)
		for (uint32_t t = 0; t < b->tiles; t++)
			now[t] = false;
	fm_search_first(b, at, now, moves);
	for (uint32_t t = 0; t < b->tiles; t++)
		late |= b->tile[t].home == FM_NO_BIN && at[t] != FM_NO_BIN && !now[t];
	for (uint32_t t = 0; t < b->tiles; t++) {
		if (!late && b->tile[t].home != FM_NO_BIN)
			at[t] = b->tile[t].home;
		some |= moves[t] && late;
		now[t] |= moves[t];
	}
	if (late && !some && !fm_aim_waits(b->p, b->chassis))
		*ret_park = fm_search_park(b, at, now);
	free(moves);
	return some || *ret_park != FM_NO_TILE;
}

/* 'resumed': it is the aim of the plan before. */
static void set_aims(struct fm_planner *p, struct fm_board *b, uint16_t *at, bool resumed)
{
	bool *now = mr_xcalloc(b->tiles + 1, sizeof(*now));
	uint32_t park;

	if (!p->aim) {
		p->aim = mr_xcalloc(p->d->claims + 1, sizeof(*p->aim));
		for (unsigned i = 0; i < p->d->claims; i++)
			p->aim[i] = FM_MANY;
	}
	for (unsigned n = 0; n < p->todos; n++) { /* who is on no board waits, too */
		const struct fm_claim *c = &p->d->claim[p->todo[n]];

		if (c->host != FM_WHOLE && p->d->host[c->host].chassis == b->chassis &&
		    !p->plan->placed[p->todo[n]].placed)
			p->aim[p->todo[n]] = FM_NONE;
	}
	if (set_first(b, at, now, &park) || resumed)
		fm_aim_take(b, at, park);
	for (uint32_t t = 0; t < b->tiles; t++) {
		const struct fm_tile *tile = &b->tile[t];

		if (tile->home != FM_NO_BIN && at[t] == tile->home)
			p->aim[tile->claim] = FM_MANY; /* it stays */
		else if (at[t] == FM_NO_BIN)
			p->aim[tile->claim] = FM_NONE;
		else
			p->aim[tile->claim] =
				b->bin[at[t]].unit | (t == park		      ? LATE | PARK
						      : now[t] || tile->fixed ? 0
									      : LATE);
	}
	free(now);
}

/* What was found on the same board; NULL: nobody has searched. */
static const struct fm_search_answer *answer_of(const struct fm_plan_input *in,
						const struct fm_board *b, uint64_t seen)
{
	for (unsigned i = 0; i < in->answers; i++)
		if (in->answer[i].chassis == b->chassis && in->answer[i].seen == seen)
			return &in->answer[i];
	return NULL;
}

/* The same board gives the same answer: where the plan before found nothing on it, nobody looks
 * again. Where searches are made apart '*pb' is left to one. */
static bool search(struct fm_board **pb, const struct fm_aim_part *old, uint64_t steps,
		   uint16_t *at)
{
	struct fm_board *b = *pb;
	struct fm_planner *p = b->p;
	uint64_t seen = fm_aim_see(b, steps);
	const struct fm_search_answer *a = answer_of(p->in, b, seen);

	if (a && a->at) {
		memcpy(at, a->at, b->tiles * sizeof(*at));
		return true;
	}
	if (!a && (!old || !old->fruitless || old->seen != seen)) {
		if (p->in->apart) {
			fm_search_jobs_add(&p->jobs, fm_search_job_new(b, seen, steps));
			*pb = NULL;
			return false;
		}
		p->searches++;
		if (fm_search_finds(b, steps, at))
			return true;
	}
	fm_aim_rest(b, seen);
	return false;
}

/* Whether somebody who lost what he had is given another place by this plan: that does not wait
 * for a search, which the next plan can do. */
static bool is_urgent(const struct fm_planner *p)
{
	for (unsigned n = 0; n < p->todos; n++) {
		unsigned i = p->todo[n];
		const struct fm_placed *pl = &p->plan->placed[i];

		if (pl->placed && !pl->same_fn &&
		    (p->stay[i] == FM_STAY_GONE ||
		     (p->stay[i] == FM_STAY_MOVE && !p->in->current[pl->current]->going)))
			return true;
	}
	return false;
}

/* 'steps' 0: no search now. */
static bool look(struct fm_planner *p, unsigned chassis, uint64_t steps)
{
	const struct fm_aim_part *old = fm_aim_of(p, chassis);
	struct fm_board *b = fm_board_new(p, chassis);
	uint16_t *at = mr_xcalloc(b->tiles + 1, sizeof(*at));
	struct fm_worth all = {.value = value_of_all(b), .moves = 1};
	enum fm_aim_state state = FM_AIM_DONE;
	bool better = false;

	if (old && fm_aim_is_barred(p, old))
		state = FM_AIM_STUCK;
	else if (old && old->steps)
		state = fm_aim_resume(b, old, at);
	if (state == FM_AIM_STUCK)
		fm_aim_drop(p, chassis);
	else if (state == FM_AIM_GOES)
		better = true;
	else if (!b->closed && fm_worth_is_better(all, b->filled) && steps)
		better = search(&b, old, steps, at);
	else if (!steps && old && old->fruitless)
		fm_aim_rest(b, old->seen); /* not forgotten */
	if (better)
		set_aims(p, b, at, state == FM_AIM_GOES);
	free(at);
	fm_board_free(b);
	return better;
}

/* See place.h. */
bool fm_rearrange(struct fm_planner *p)
{
	bool *hard = mr_xcalloc(p->world.n_chassis + 1, sizeof(*hard));
	unsigned n = list_chassis(p, hard);
	uint64_t steps = !n || p->in->hurry || is_urgent(p) ? 0 : STEPS / n;
	bool better = false;

	for (unsigned c = 0; c < p->world.n_chassis && n; c++)
		if (hard[c])
			better |= look(p, c, steps);
	free(hard);
	return better;
}

/* ---- carrying out ---- */

/* See place.h. */
bool fm_rearrange_scan(const struct fm_planner *p, const struct fm_ask *ask, uint32_t unit,
		       struct fm_fit *ret)
{
	uint32_t first, last;

	fm_place_cands(p, ask, &first, &last);
	for (uint32_t k = first; k < last; k++)
		if (p->world.cand[k].unit == unit &&
		    !fm_fit_cand(&p->world, ask, &p->world.cand[k], ret))
			return true;
	return false;
}

static unsigned chassis_of(const struct fm_planner *p, unsigned i)
{
	return p->d->host[p->d->claim[i].host].chassis;
}

/* Who is moved for: one who is parked, else the most important claim of the chassis that gets
 * its place so. */
static uint32_t *takers(const struct fm_planner *p)
{
	uint32_t *taker = mr_xcalloc(p->world.n_chassis + 1, sizeof(*taker));
	bool *owed = mr_xcalloc(p->world.n_chassis + 1, sizeof(*owed));

	for (unsigned c = 0; c < p->world.n_chassis; c++)
		taker[c] = FM_NONE;
	for (unsigned n = p->todos; n-- > 0;) {
		unsigned i = p->todo[n];

		if (fm_rearranged(p, i) && p->aim[i] != FM_NONE && p->aim[i] & LATE &&
		    !p->plan->placed[i].placed &&
		    (!owed[chassis_of(p, i)] || fm_place_owed(p, i))) {
			taker[chassis_of(p, i)] = i;
			owed[chassis_of(p, i)] = fm_place_owed(p, i);
		}
	}
	free(owed);
	return taker;
}

/* Nobody can move after all, and nothing that is under way changes that: the chassis is filled
 * as ever. */
static void give_up(struct fm_planner *p, unsigned chassis)
{
	fm_aim_drop(p, chassis);
	for (unsigned i = 0; i < p->d->claims; i++)
		if (fm_rearranged(p, i) && p->d->claim[i].host != FM_WHOLE &&
		    chassis_of(p, i) == chassis)
			p->aim[i] = FM_MANY;
}

/* See place.h. */
void fm_rearrange_move(struct fm_planner *p)
{
	uint32_t *taker;
	unsigned *moves, *wanted;

	if (!p->aim)
		return;
	taker = takers(p);
	moves = mr_xcalloc(p->world.n_chassis + 1, sizeof(*moves));
	wanted = mr_xcalloc(p->world.n_chassis + 1, sizeof(*wanted));
	for (unsigned n = 0; n < p->d->claims; n++) {
		unsigned i = p->order[n], c;
		const struct fm_placed *pl = &p->plan->placed[i];

		if (!fm_rearranged(p, i) || p->aim[i] == FM_NONE || !pl->placed ||
		    !pl->same_fn || p->stay[i] != FM_STAY_KEEP)
			continue;
		c = chassis_of(p, i);
		wanted[c]++;
		if (taker[c] == FM_NONE)
			continue;
		if (p->aim[i] & PARK)
			moves[c] += fm_displace_park(p, i, taker[c]);
		else if (!(p->aim[i] & LATE))
			moves[c] += fm_displace_to(p, i, taker[c], p->aim[i]);
	}
	for (unsigned c = 0; c < p->world.n_chassis; c++)
		if (wanted[c] && !moves[c] && !fm_aim_waits(p, c))
			give_up(p, c);
	free(wanted);
	free(moves);
	free(taker);
}

/* Who has to leave the PF, by rank; at most 'most'. */
static unsigned leavers(const struct fm_planner *p, uint32_t unit, uint32_t *ret, unsigned most)
{
	uint32_t k = p->world.adapter[p->world.unit[unit].adapter].held;
	unsigned n = 0;

	for (; k != FM_NONE; k = p->held[k].next_adapter) {
		int32_t c = p->held[k].claim;
		unsigned at;

		if (p->held[k].unit != unit || c < 0 || !fm_rearranged(p, (unsigned)c))
			continue;
		for (at = n; at && fm_order_before(p, (uint32_t)c, ret[at - 1]); at--)
			if (at < most)
				ret[at] = ret[at - 1];
		if (at < most)
			ret[at] = (uint32_t)c;
		n += n < most;
	}
	return n;
}

/* "waits for A, B to leave F"; those who have to go elsewhere first are not named. */
static void wait(struct fm_planner *p, unsigned i, const struct fm_ask *ask, uint32_t unit)
{
	uint32_t who[NAMED];
	unsigned n = leavers(p, unit, who, NAMED);
	char text[FM_ASSIGNMENT_TEXT];
	struct mr_buf b = {0};

	for (unsigned k = 0; k < n; k++)
		mr_buf_printf(&b, "%s %s", k ? "," : "waits for",
			      fm_assignment_text(
				      p->in->current[p->plan->placed[who[k]].current], text));
	if (n) {
		mr_buf_puts(&b, " to leave ");
		fm_unit_words(&p->world, unit, &b);
		fm_place_refuse(p, i, MR_REASON_NO_CAPACITY, &b);
	} else if (p->aim[i] & LATE) {
		mr_buf_puts(&b, "waits until others have moved: it gets ");
		fm_unit_words(&p->world, unit, &b);
		fm_place_refuse(p, i, MR_REASON_NO_CAPACITY, &b);
	} else {
		fm_place_refuse_all(p, i, ask);
	}
	FM_NOTE(&p->world.journal, p->open[i]);
	p->open[i] |= FM_OPEN_WAITS;
}

/* See place.h. */
bool fm_rearrange_place(struct fm_planner *p, unsigned i, const struct fm_ask *ask,
			const struct mr_ident ident[FM_IDENTS])
{
	struct mr_buf b = {0};
	struct fm_fit fit;

	if (!fm_rearranged(p, i))
		return false;
	fm_rules_stamp(p, i);
	if (p->aim[i] != FM_NONE) {
		if (!(p->aim[i] & LATE) && fm_rearrange_scan(p, ask, p->aim[i], &fit))
			fm_place_settle(p, i, &fit, ident);
		else if (p->aim[i] & LATE || p->leaving)
			wait(p, i, ask, p->aim[i] & UNIT);
		else
			return false; /* for what the board does not know */
	} else if (fm_place_scan(p, ask, &fit)) {
		mr_buf_puts(&b, "what is free is kept for others, who move");
		fm_place_refuse(p, i, MR_REASON_NO_CAPACITY, &b);
	} else {
		fm_place_refuse_all(p, i, ask);
	}
	return true;
}
