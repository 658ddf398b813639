/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filling (POLICY): what is not kept gets a place, in order. What finds none that is free gets
 * room by shifting claims that run nowhere yet (shift.c), or is promised what others have to
 * leave (displace.c). Where some are left over after all, what is new is packed once more in
 * other orders (repack.c).
 */
#include <stdlib.h>

#include "common/xalloc.h"
#include "fabric-manager/plan/place.h"

#define BUDGET	  10000 /* candidates looked at for what is hard to place, in all */
#define PER_CLAIM 50	/* and for each claim that has to be placed, of MANY */
#define MANY	  10000 /* claims; of fewer in proportion: 1,000 may take 5 ms, 100,000 1 s */
#define ROUNDS	  4	/* of looking again for what found no place */

/* ---- parts of a plan that may come to nothing ---- */

/* From here on everything can be taken back. */
struct fm_trial_mark fm_trial_begin(struct fm_planner *p)
{
	struct fm_journal *j = &p->world.journal;
	struct fm_trial_mark m = {.at = j->len, .was_on = j->on};

	j->on = true;
	return m;
}

/* It stands, or is taken back. */
void fm_trial_end(struct fm_planner *p, struct fm_trial_mark m, bool keep)
{
	struct fm_journal *j = &p->world.journal;

	if (!keep)
		fm_journal_undo(j, m.at);
	j->on = m.was_on;
	if (!j->on)
		j->len = m.at;
}

/* ---- one claim ---- */

/* Whether what claim 'i' has is behind a root that is lost. */
static bool leaves_root(const struct fm_planner *p, unsigned i)
{
	int32_t k = p->plan->placed[i].current;

	return p->stay[i] == FM_STAY_LEAVE && k >= 0 &&
	       fm_place_root_lost(p, p->d->claim[i].host, p->in->current[k]->place.port);
}

/* HANDOVER 5: where no new function fits, a move takes the one that it has, through the cut. */
static bool scan_same(struct fm_planner *p, const struct fm_ask *ask, unsigned i,
		      struct fm_fit *ret)
{
	int32_t k = p->plan->placed[i].current;
	const struct fm_cand *c;
	struct fm_cand only;
	struct fm_use u;
	bool fits;

	if (p->stay[i] != FM_STAY_MOVE && !leaves_root(p, i))
		return false;
	if (p->held[k].taken || !fm_held_use(p, k, &u))
		return false;
	c = fm_place_cand(p, i, u.unit, u.vf);
	if (!c || p->world.adapter[p->world.unit[u.unit].adapter].chassis !=
			  p->world.host[ask->host].chassis)
		return false;
	only = *c;
	only.vf_first = only.vf_last = u.vf;
	u.exclusive = ask->exclusive;
	u.sharer = ask->host;
	u.bridge = FM_NO_BRIDGE; /* stays used until the cut is read back */
	fm_world_give_back(&p->world, &u);
	fits = fm_fit_cand(&p->world, ask, &only, ret) == FM_DROP_NONE;
	if (!fits)
		fm_world_take(&p->world, &u);
	return fits;
}

static void place_claim(struct fm_planner *p, unsigned i)
{
	struct mr_ident ident[FM_IDENTS];
	struct mr_buf b = {0};
	struct fm_ask ask;
	struct fm_fit fit;
	enum mr_reason r = fm_place_barred(p, i, &ask, &b);

	if (r == MR_REASON_OK)
		r = fm_idents_find(&p->idents, i, ident, &b);
	if (r != MR_REASON_OK) {
		fm_place_refuse(p, i, r, &b);
		return;
	}
	if (fm_rearrange_place(p, i, &ask, ident))
		return;
	fm_rules_stamp(p, i);
	if (fm_place_scan(p, &ask, &fit) || scan_same(p, &ask, i, &fit))
		fm_place_settle(p, i, &fit, ident);
	else if (!fm_shift(p, i, &ask, ident) && !fm_displace(p, i, &ask))
		fm_place_refuse_all(p, i, &ask);
	mr_buf_done(&b);
}

/* See place.h. */
void fm_place_free(struct fm_planner *p, unsigned i)
{
	struct mr_ident ident[FM_IDENTS];
	struct mr_buf b = {0};
	struct fm_ask ask;
	struct fm_fit fit;

	if (fm_place_barred(p, i, &ask, &b) == MR_REASON_OK &&
	    fm_idents_find(&p->idents, i, ident, &b) == MR_REASON_OK) {
		fm_rules_stamp(p, i);
		if (fm_place_scan(p, &ask, &fit))
			fm_place_settle(p, i, &fit, ident);
	}
	mr_buf_done(&b);
}

static bool is_wanted(const struct fm_planner *p, unsigned i)
{
	const struct fm_claim *c = &p->d->claim[i];

	return !p->plan->placed[i].placed && !(p->open[i] & FM_OPEN_WAITS) &&
	       (c->host != FM_WHOLE || c->waits_host);
}

/* Who was parked, for an aim that nobody goes on with, gets a place before all others. */
static void place_owed(struct fm_planner *p)
{
	for (unsigned n = 0; n < p->todos; n++) {
		unsigned i = p->todo[n];

		if (fm_place_owed(p, i) && is_wanted(p, i) && !fm_rearranged(p, i))
			fm_place_free(p, i);
	}
}

static void place_or_stay(struct fm_planner *p, unsigned i)
{
	place_claim(p, i);
	if (!p->plan->placed[i].placed && p->stay[i] == FM_STAY_LEAVE)
		fm_planner_keep_as_is(p, i); /* nothing better; why is said */
}

/* ---- `atomic`: all minima of a profile or none ---- */

static bool same_profile(const struct fm_claim *a, const struct fm_claim *b)
{
	return a->profile == b->profile || mr_streq(a->profile, b->profile);
}

/* Says why a claim gets nothing although there may be room. */
static void refuse_with(struct fm_planner *p, unsigned i, unsigned because, enum mr_reason r,
			const char *why)
{
	const struct fm_claim *c = &p->d->claim[because];
	struct mr_buf b = {0};
	char text[FM_CLAIM_TEXT];

	if (i == because)
		mr_buf_puts(&b, why);
	else
		mr_buf_printf(&b, "atomic profile %s: %s has no place: %s", c->profile,
			      fm_claim_text(c, text), why);
	fm_place_refuse(p, i, r, &b);
}

/* Those that have a place wait for the others: nothing is given before all can be. What was
 * counted for them stays counted. */
static void wait_together(struct fm_planner *p, const uint32_t *todo, unsigned n,
			  uint32_t waits)
{
	for (unsigned k = 0; k < n; k++) {
		struct fm_placed *pl = &p->plan->placed[todo[k]];
		uint32_t *at;
		uint16_t vf;

		if (!pl->placed || pl->same_fn)
			continue;
		at = &p->world.unit[fm_world_unit(&p->world, pl->fn, &vf)].claims;
		while (*at != todo[k])
			at = &p->next_new[*at];
		FM_NOTE(&p->world.journal, *at);
		FM_NOTE(&p->world.journal, p->open[todo[k]]);
		*at = p->next_new[todo[k]];
		pl->placed = false;
		p->open[todo[k]] |= FM_OPEN_WAITS;
		refuse_with(p, todo[k], waits, MR_REASON_NO_CAPACITY, "it waits");
	}
}

/* The first of an atomic profile's claims that found no place, 'n' when all did. In
 * '*ret_waits' one that was promised a place, FM_NONE when none had to be. */
static unsigned try_all(struct fm_planner *p, const uint32_t *todo, unsigned n,
			uint32_t *ret_waits)
{
	*ret_waits = FM_NONE;
	for (unsigned k = 0; k < n; k++) {
		if (!is_wanted(p, todo[k]))
			continue;
		place_claim(p, todo[k]);
		if (p->open[todo[k]] & FM_OPEN_WAITS)
			*ret_waits = todo[k];
		else if (!p->plan->placed[todo[k]].placed)
			return k;
	}
	return n;
}

/* Places todo[first..last), the open minima of one atomic profile. What runs stays. */
static void place_atomic(struct fm_planner *p, unsigned first, unsigned last)
{
	struct fm_trial_mark m = fm_trial_begin(p);
	uint32_t *todo = mr_xmemdup(p->todo + first, (last - first) * sizeof(*todo)), waits;
	unsigned n = last - first, failed = try_all(p, todo, n, &waits);
	enum mr_reason r = MR_REASON_OK;
	char *why = NULL;

	if (failed < n) {
		r = p->plan->placed[todo[failed]].reason;
		why = p->plan->placed[todo[failed]].detail;
		p->plan->placed[todo[failed]].detail = NULL;
		for (unsigned k = 0; k < n; k++) {
			free(p->plan->placed[todo[k]].detail);
			p->plan->placed[todo[k]].detail = NULL;
		}
	} else if (waits != FM_NONE) {
		wait_together(p, todo, n, waits);
	}
	fm_trial_end(p, m, failed == n);
	for (unsigned k = 0; failed < n && k < n; k++) {
		if (!is_wanted(p, todo[k]))
			continue;
		refuse_with(p, todo[k], todo[failed], r, why ? why : "");
		if (p->stay[todo[k]] == FM_STAY_LEAVE)
			fm_planner_keep_as_is(p, todo[k]);
	}
	free(why);
	free(todo);
}

static unsigned end_of_profile(const struct fm_planner *p, unsigned n)
{
	const struct fm_claim *c = &p->d->claim[p->todo[n]];
	unsigned last = n + 1;

	while (last < p->todos && !p->d->claim[p->todo[last]].extra &&
	       p->d->claim[p->todo[last]].priority == c->priority &&
	       same_profile(c, &p->d->claim[p->todo[last]]))
		last++;
	return last;
}

/* An extra of an atomic profile comes after all of its minima. */
static bool lacks_minima(struct fm_planner *p, unsigned i)
{
	const struct fm_claim *c = &p->d->claim[i];
	unsigned k = i;

	if (!c->extra || !c->atomic)
		return false;
	while (k && same_profile(c, &p->d->claim[k - 1]))
		k--;
	for (; k < p->d->claims && same_profile(c, &p->d->claim[k]); k++)
		if (!p->d->claim[k].extra && !p->plan->placed[k].placed) {
			refuse_with(p, i, k, MR_REASON_NO_CAPACITY, "see there");
			return true;
		}
	return false;
}

/* ---- all ---- */

/* Claims that have to leave for another one come into 'todo': whoever stands behind their place
 * is further back then, and is not looked at twice. */
static void place_all(struct fm_planner *p)
{
	for (unsigned n = 0; n < p->todos;) {
		unsigned i = p->todo[n], last = n + 1, done = i;
		const struct fm_claim *c = &p->d->claim[i];

		if (c->atomic && !c->extra) {
			last = end_of_profile(p, n);
			done = p->todo[last - 1];
			place_atomic(p, n, last);
		} else if (is_wanted(p, i) && !lacks_minima(p, i)) {
			place_or_stay(p, i);
		}
		for (n = last; n < p->todos && !fm_order_before(p, done, p->todo[n]);)
			n++;
	}
}

/* Whether another order could do better: there are new claims, and one that lacks room. */
static bool is_hard(const struct fm_planner *p)
{
	unsigned new = 0, pending = 0;

	for (unsigned n = 0; n < p->todos; n++) {
		const struct fm_placed *pl = &p->plan->placed[p->todo[n]];

		new += pl->placed && !pl->same_fn;
		pending += !pl->placed && fm_repack_helps(pl->reason);
	}
	return new &&pending;
}

/* Claims that found no place are looked for once more: shifting freed bridges, or adapters that
 * were another host's. Who stays where it should not says why; who was given what it has,
 * behind another root, does not: that is its place. */
static void again(struct fm_planner *p)
{
	for (unsigned n = 0; n < p->todos; n++) {
		unsigned i = p->todo[n];
		struct fm_placed *pl = &p->plan->placed[i];
		bool stays = pl->placed && pl->same_fn && p->stay[i] == FM_STAY_LEAVE &&
			     pl->reason != MR_REASON_OK;

		if ((pl->placed && !stays) || p->open[i] & FM_OPEN_WAITS)
			continue;
		pl->placed = pl->same_fn = false;
		pl->reason = MR_REASON_OK;
		free(pl->detail);
		pl->detail = NULL;
	}
	p->shifted = false;
	place_all(p);
}

/* Which claim gets which identity does not depend on the order that was tried. */
static void name_again(struct fm_planner *p)
{
	struct mr_ident ident[FM_IDENTS];

	for (unsigned n = 0; n < p->todos; n++) {
		struct fm_placed *pl = &p->plan->placed[p->todo[n]];

		if (pl->placed && !pl->same_fn)
			pl->ident[0] = pl->ident[1] = 0;
	}
	fm_idents_again(&p->idents);
	for (unsigned n = 0; n < p->todos; n++) {
		struct fm_placed *pl = &p->plan->placed[p->todo[n]];
		struct mr_buf b = {0};

		if (!pl->placed || pl->same_fn ||
		    fm_idents_find(&p->idents, p->todo[n], ident, &b)) {
			mr_buf_done(&b);
			continue;
		}
		fm_place_name(pl, ident);
		fm_idents_take(&p->idents, p->todo[n]);
	}
}

/* What stays where it is costs nothing, whether somebody looked at it or not: a planner that
 * lives on has the same budget as one that looks at everything. */
static uint64_t budget_of(const struct fm_planner *p)
{
	uint64_t n = 0;

	for (unsigned k = 0; k < p->todos; k++)
		n += is_wanted(p, p->todo[k]);
	return BUDGET + n * PER_CLAIM * (n < MANY ? n : MANY) / MANY;
}

/* The host that claim 'i' asks for, or NULL. */
static struct fm_unit_host *host_of(struct fm_planner *p, unsigned i)
{
	unsigned h = p->d->claim[i].host;
	uint32_t lead = h == FM_WHOLE ? FM_NONE : fm_place_lead(p, h);

	return lead == FM_NONE ? NULL : &p->world.host[lead];
}

/* Of which hosts more claims look for a place than there are bridges: where packing again is
 * needed, these ride where they can, or some would find none. */
static void count_seekers(struct fm_planner *p)
{
	for (unsigned n = 0; n < p->todos; n++) {
		struct fm_unit_host *h = host_of(p, p->todo[n]);

		if (h)
			h->seekers += is_wanted(p, p->todo[n]);
	}
	for (unsigned n = 0; n < p->todos; n++) {
		struct fm_unit_host *h = host_of(p, p->todo[n]);
		unsigned free_bridges = 0;

		for (struct fm_unit_host *r = h; r;
		     r = r->next == FM_NONE ? NULL : &p->world.host[r->next])
			free_bridges += r->free;
		if (h)
			h->scarce = h->seekers > free_bridges;
	}
}

static void forget_seekers(struct fm_planner *p)
{
	for (unsigned n = 0; n < p->todos; n++) {
		struct fm_unit_host *h = host_of(p, p->todo[n]);

		if (!h)
			continue;
		h->seekers = 0;
		h->scarce = false;
	}
}

static void place_new(struct fm_planner *p)
{
	p->budget = budget_of(p);
	fm_rearrange_move(p);
	place_owed(p);
	place_all(p);
	for (unsigned n = 0; n < ROUNDS && p->shifted; n++)
		again(p);
	if (!is_hard(p) || !fm_repack(p))
		return;
	name_again(p);
	p->shifted = true; /* as much as if all of it were */
	for (unsigned n = 0; n < ROUNDS && p->shifted; n++)
		again(p);
}

/* Keeps what may be kept and places the rest. */
void fm_fill(struct fm_planner *p)
{
	p->choice = FM_CHOOSE_BALANCED;
	p->shifted = false;
	fm_idents_again(&p->idents);
	fm_order_todo(p);
	fm_planner_keep(p);
	count_seekers(p);
	place_new(p);
	forget_seekers(p);
}
