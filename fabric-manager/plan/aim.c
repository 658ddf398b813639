/* SPDX-License-Identifier: Apache-2.0 */
/* An aim from one plan to the next. See aim.h. */
#include "fabric-manager/plan/aim.h"

#include <stdlib.h>
#include <string.h>

#include "common/xalloc.h"
#include "fabric-manager/plan/search.h"

/* ---- of all ---- */

static void part_done(struct fm_aim_part *a)
{
	free(a->step);
}

/* Frees it; NULL is accepted. */
void fm_aim_free(struct fm_aim *a)
{
	if (!a)
		return;
	for (unsigned i = 0; i < a->parts; i++)
		part_done(&a->part[i]);
	free(a->part);
	free(a);
}

/* See plan.h. */
unsigned fm_plan_later(const struct fm_plan *p, uint32_t *ret, unsigned most)
{
	unsigned n = 0;

	for (unsigned k = 0; p->aim && k < p->aim->parts; k++)
		for (unsigned i = 0; i < p->aim->part[k].steps; i++) {
			const struct fm_aim_step *s = &p->aim->part[k].step[i];
			const struct fm_placed *pl = &p->placed[s->claim];

			if (!pl->placed || !pl->same_fn)
				continue;
			if (n < most)
				ret[n] = s->claim;
			n++;
		}
	return n;
}

/* The caller frees it. */
struct fm_aim *fm_aim_copy(const struct fm_aim *a)
{
	struct fm_aim *n;

	if (!a)
		return NULL;
	n = mr_xmemdup(a, sizeof(*a));
	n->part = mr_xmemdup(a->part, a->parts * sizeof(*a->part));
	for (unsigned i = 0; i < n->parts; i++)
		n->part[i].step = mr_xmemdup(a->part[i].step,
					     a->part[i].steps * sizeof(*a->part[i].step));
	return n;
}

static bool step_eq(const struct fm_aim_step *a, const struct fm_aim_step *b)
{
	return mr_streq(a->profile, b->profile) && mr_streq(a->device, b->device) &&
	       a->index == b->index && fm_fn_eq(a->pf, b->pf);
}

static bool part_eq(const struct fm_aim_part *a, const struct fm_aim_part *b)
{
	if (a->chassis != b->chassis || a->dropped != b->dropped ||
	    a->fruitless != b->fruitless || a->asked != b->asked || a->level != b->level ||
	    a->seen != b->seen || a->steps != b->steps || a->parked != b->parked ||
	    a->no_parks != b->no_parks)
		return false;
	for (unsigned i = 0; i < a->steps; i++)
		if (!step_eq(&a->step[i], &b->step[i]))
			return false;
	return true;
}

/* Whether they say the same; NULL is one that says nothing. */
bool fm_aim_eq(const struct fm_aim *a, const struct fm_aim *b)
{
	if (!a || !b)
		return !a && !b;
	if (a->parts != b->parts)
		return false;
	for (unsigned i = 0; i < a->parts; i++)
		if (!part_eq(&a->part[i], &b->part[i]))
			return false;
	return true;
}

/* See aim.h. */
const struct fm_aim_part *fm_aim_of(const struct fm_planner *p, unsigned chassis)
{
	for (unsigned i = 0; p->in->aim && i < p->in->aim->parts; i++)
		if (p->in->aim->part[i].chassis == chassis)
			return &p->in->aim->part[i];
	return NULL;
}

/* What this plan says of the chassis to the next one. */
static struct fm_aim_part *part_of(struct fm_planner *p, unsigned chassis)
{
	struct fm_aim *a = p->next;

	for (unsigned i = 0; a && i < a->parts; i++)
		if (a->part[i].chassis == chassis)
			return &a->part[i];
	return NULL;
}

static struct fm_aim_part *new_part(struct fm_planner *p, unsigned chassis)
{
	struct fm_aim_part *part = part_of(p, chassis);

	if (!p->next)
		p->next = MR_NEW(struct fm_aim);
	if (part) {
		part_done(part);
	} else {
		p->next->part =
			mr_xrealloc(p->next->part, p->next->parts + 1, sizeof(*p->next->part));
		part = &p->next->part[p->next->parts++];
	}
	*part = (struct fm_aim_part){.chassis = (uint16_t)chassis,
				     .no_parks = !fm_aim_may_park(p, chassis)};
	return part;
}

/* ---- as one number ---- */

static uint64_t mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * UINT64_C(0x9e3779b97f4a7c15);
	return h ^ h >> 29;
}

static uint64_t mix_text(uint64_t h, const char *s)
{
	for (; *s; s++)
		h = mix(h, (uint8_t)*s);
	return mix(h, 0);
}

static uint64_t of_claim(const struct fm_planner *p, unsigned i)
{
	const struct fm_claim *c = &p->d->claim[i];
	const struct fm_demand *demand = fm_place_demand(p, i);
	uint64_t h = mix_text(mix_text(c->index, c->profile), c->device);

	h = mix(h, (uint64_t)c->priority << 2 | c->suspended << 1 | c->extra);
	h = mix(mix(h, c->guaranteed_mbps), c->limit_mbps);
	for (unsigned r = 0; demand && r < FM_RESOURCE_COUNT; r++)
		h = mix(h, demand->amount[r]);
	return mix_text(mix(h, c->reason), p->d->host[c->host].name);
}

/* What is out of use for now: it is nobody's, and comes back some day. */
static uint64_t count_lost(const struct fm_planner *p, unsigned chassis)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < p->in->tombstones; i++)
		n += mr_streq(p->in->tombstone[i].chassis, p->world.chassis[chassis].c->name);
	for (unsigned i = 0; i < p->in->quarantineds; i++)
		n += p->in->quarantined[i].chassis == chassis;
	return n;
}

static uint64_t of_unit(const struct fm_unit *u)
{
	return mix(u->usable, u->sum ? u->sum->e->guaranteed_max_mbps : 0);
}

static uint64_t of_hardware(const struct fm_planner *p, unsigned chassis)
{
	const struct fm_world_chassis *c = &p->world.chassis[chassis];
	uint64_t sum = mix(chassis, count_lost(p, chassis));

	for (uint32_t n = c->adapter; n < c->adapter + c->adapters; n++) {
		const struct fm_unit_adapter *a = &p->world.adapter[n];
		uint64_t h = mix(a->shape, (uint64_t)a->a->present << 1 | a->suspended);

		for (uint32_t u = a->unit; u < a->unit + a->units; u++)
			h = mix(h, of_unit(&p->world.unit[u]));
		sum += mix(mix(h, a->link.max), a->refusing.in_row);
	}
	for (uint32_t n = c->host; n < c->host + c->hosts; n++)
		sum += mix(p->world.host[n].h->port, p->world.host[n].link.max);
	return sum;
}

/* Sums: what stands where in the input means nothing. */
static void set_numbers(const struct fm_planner *p, struct fm_aim_part *a)
{
	a->asked = of_hardware(p, a->chassis);
	a->level = 0;
	for (unsigned i = 0; i < p->d->claims; i++) {
		const struct fm_claim *c = &p->d->claim[i];
		int32_t k = p->plan->placed[i].current;
		uint64_t h;

		if (c->host == FM_WHOLE || p->d->host[c->host].chassis != a->chassis)
			continue;
		h = of_claim(p, i);
		a->asked += h;
		if (k >= 0 && p->in->current[k]->has_fn)
			a->level += mix(h, 1);
	}
	a->level += a->asked;
}

/* See aim.h. */
bool fm_aim_is_barred(const struct fm_planner *p, const struct fm_aim_part *a)
{
	struct fm_aim_part now = {.chassis = a->chassis};

	if (!a->dropped)
		return false;
	set_numbers(p, &now);
	return now.level == a->level;
}

/* See aim.h. */
bool fm_aim_may_park(const struct fm_planner *p, unsigned chassis)
{
	const struct fm_aim_part *a = fm_aim_of(p, chassis);
	struct fm_aim_part now = {.chassis = (uint16_t)chassis};

	if (!a || !a->no_parks)
		return true;
	set_numbers(p, &now);
	return now.asked != a->asked;
}

/* What stands where in the inventory means nothing: adapters and hosts go by their ports. */
static uint64_t adapter_port(const struct fm_board *b, unsigned slot)
{
	const struct fm_world *w = &b->p->world;

	return w->adapter[w->chassis[b->chassis].adapter + slot].a->port;
}

static uint64_t host_port(const struct fm_board *b, unsigned seat)
{
	const struct fm_world *w = &b->p->world;

	return seat < b->seats ? w->host[w->chassis[b->chassis].host + seat].h->port
			       : UINT64_MAX;
}

static uint64_t of_tile(struct fm_board *b, uint32_t tile)
{
	struct fm_tile *t = &b->tile[tile];
	const struct fm_claim *c = &b->p->d->claim[t->claim];
	uint64_t h = mix_text(mix_text(c->index, c->profile), c->device), mates = 0;
	unsigned n;
	const uint16_t *reach = fm_board_reach(b, tile, &n);

	for (unsigned i = 0; i < n; i++)
		h = mix(h, reach[i]);
	for (unsigned r = 0; t->demand && r < FM_RESOURCE_COUNT; r++)
		h = mix(h, t->demand->amount[r]);
	for (uint32_t m = t->mate; m < t->mate + t->mates; m++)
		mates += mix(1, (uint64_t)b->mate[m].tile << 1 | b->mate[m].port);
	h = mix(mix(mix(mix(h, mates), t->value), t->mbps), t->limit);
	h = mix(mix(h, host_port(b, t->host)), (uint64_t)t->at << 16 | t->home);
	return mix(h, (uint64_t)t->kept << 4 | (uint64_t)t->out << 3 | (uint64_t)t->fixed << 2 |
			      t->had << 1 | t->lvf);
}

static uint64_t of_bin(const struct fm_board *b, unsigned bin)
{
	const struct fm_bin *n = &b->bin[bin];
	uint64_t h = mix(adapter_port(b, n->slot), (uint64_t)n->port << 1 | n->odd);

	for (unsigned r = 0; r < FM_RESOURCE_COUNT; r++)
		h = mix(h, (uint64_t)n->left[r]);
	return mix(mix(mix(h, (uint64_t)n->free), (uint64_t)n->mbps), (uint64_t)n->limit);
}

static uint64_t of_seat(const struct fm_board *b, unsigned seat)
{
	const struct fm_seat *s = &b->seat[seat];
	uint64_t h = mix(mix(host_port(b, seat), (uint64_t)s->mbps), (uint64_t)s->bridges),
		 sum = 0;

	for (unsigned i = 0; i < b->slots; i++) {
		size_t at = (size_t)seat * b->slots + i;

		sum += mix(adapter_port(b, i), (uint64_t)b->leads[at] << 16 | b->led[at]);
	}
	return mix(mix(h, (uint64_t)s->spare), sum);
}

/* See aim.h. */
uint64_t fm_aim_see(struct fm_board *b, uint64_t steps)
{
	uint64_t h = mix(steps << 1 | b->parks, b->tiles), sum = 0;

	for (uint32_t t = 0; t < b->tiles; t++)
		h = mix(h, of_tile(b, t));
	for (unsigned i = 0; i < b->bins; i++)
		h = mix(h, of_bin(b, i));
	for (unsigned i = 0; i < b->slots; i++)
		sum += mix(mix(adapter_port(b, i), (uint64_t)b->slot[i].mbps),
			   (uint64_t)b->slot[i].vhs << 1 | b->slot[i].mra);
	for (unsigned i = 0; i < b->seats; i++)
		sum += of_seat(b, i);
	return mix(mix(mix(h, sum), b->filled.value), b->filled.moves);
}

/* ---- going on ---- */

static uint16_t bin_of(const struct fm_board *b, struct fm_fn_id pf)
{
	const struct fm_world *w = &b->p->world;
	uint16_t vf;
	uint32_t unit = fm_world_unit(w, pf, &vf), n = unit - b->unit;

	return unit == FM_NONE || n >= b->bins ? FM_NO_BIN : b->bin_of[n];
}

static uint32_t tile_of(const struct fm_board *b, const struct fm_aim_step *s)
{
	for (uint32_t t = 0; t < b->tiles; t++) {
		const struct fm_claim *c = &b->p->d->claim[b->tile[t].claim];

		if (c->index == s->index && mr_streq(c->device, s->device) &&
		    mr_streq(c->profile, s->profile))
			return t;
	}
	return FM_NO_TILE;
}

static bool reaches(struct fm_board *b, uint32_t tile, uint16_t bin)
{
	unsigned n;
	const uint16_t *reach = fm_board_reach(b, tile, &n);

	for (unsigned i = 0; i < n; i++)
		if (reach[i] == bin)
			return true;
	return false;
}

/* Bins of the steps that are left; false where one can't be made any more. */
static bool read_steps(struct fm_board *b, const struct fm_aim_part *a, uint16_t *at)
{
	for (uint32_t t = 0; t < b->tiles; t++)
		at[t] = b->tile[t].fixed ? b->tile[t].at : b->tile[t].home;
	for (unsigned i = 0; i < a->steps; i++) {
		uint32_t t = tile_of(b, &a->step[i]);
		uint16_t bin = bin_of(b, a->step[i].pf);
		const struct fm_tile *tile = &b->tile[t];

		if (t == FM_NO_TILE || at[t] == bin)
			continue;
		if (tile->fixed || bin == FM_NO_BIN || !reaches(b, t, bin))
			return false;
		at[t] = bin;
	}
	return true;
}

/* The end of it: who runs, then who is new, as long as there is room; then those that it does
 * not know, where the planner put them, or anywhere. */
static bool place_all(struct fm_board *b, uint16_t *at)
{
	uint16_t *was = mr_xcalloc(b->tiles + 1, sizeof(*was));
	bool ok = true;

	fm_search_save(b, was);
	for (uint32_t t = 0; t < b->tiles; t++)
		if (b->tile[t].at != FM_NO_BIN && !b->tile[t].fixed)
			fm_board_lift(b, t);
	for (uint32_t t = 0; t < b->tiles; t++)
		if (!b->tile[t].fixed && at[t] != FM_NO_BIN && at[t] == b->tile[t].home)
			fm_board_put(b, t, at[t]);
	for (unsigned pass = 0; pass < 2; pass++)
		for (uint32_t t = 0; t < b->tiles; t++) {
			bool new = b->tile[t].home == FM_NO_BIN;

			if (b->tile[t].at != FM_NO_BIN || at[t] == FM_NO_BIN || new != pass)
				continue;
			if (fm_board_block(b, t, at[t]) == FM_BLOCK_NONE)
				fm_board_put(b, t, at[t]);
			else if (new && !b->tile[t].out)
				at[t] = FM_NO_BIN;
			else
				ok = false;
		}
	for (uint32_t t = 0; t < b->tiles && ok; t++) {
		unsigned n;
		const uint16_t *reach;

		if (at[t] != FM_NO_BIN || b->tile[t].fixed)
			continue;
		reach = fm_board_reach(b, t, &n);
		for (unsigned i = 0; i <= n && at[t] == FM_NO_BIN; i++) {
			uint16_t bin = i ? reach[i - 1] : was[t];

			if (bin != FM_NO_BIN && fm_board_block(b, t, bin) == FM_BLOCK_NONE)
				at[t] = bin;
		}
		if (at[t] != FM_NO_BIN)
			fm_board_put(b, t, at[t]);
	}
	fm_search_reset(b, was);
	free(was);
	return ok;
}

static struct fm_worth worth_of(const struct fm_board *b, const uint16_t *at)
{
	struct fm_worth w = {0};

	for (uint32_t t = 0; t < b->tiles; t++) {
		w.value += at[t] == FM_NO_BIN ? 0 : b->tile[t].value;
		w.moves += b->tile[t].home != FM_NO_BIN && at[t] != b->tile[t].home;
	}
	return w;
}

/* See aim.h. */
enum fm_aim_state fm_aim_resume(struct fm_board *b, const struct fm_aim_part *a, uint16_t *at)
{
	struct fm_aim_part now = {.chassis = a->chassis};
	bool new, ok = !b->closed &&read_steps(b, a, at);

	set_numbers(b->p, &now);
	new = now.asked != a->asked;
	if (ok && !fm_search_gains(b, at) && now.level != a->level)
		return FM_AIM_DONE;
	ok = ok && place_all(b, at) && fm_search_gains(b, at) &&
	     fm_search_leads(b, at, NULL, NULL);
	if (!ok)
		return new ? FM_AIM_LOST : FM_AIM_STUCK;
	return new &&fm_worth_is_better(b->filled, worth_of(b, at)) ? FM_AIM_LOST : FM_AIM_GOES;
}

/* ---- for the next plan ---- */

/* See aim.h. */
void fm_aim_take(struct fm_board *b, const uint16_t *at, uint32_t park)
{
	const struct fm_planner *p = b->p;
	const struct fm_aim_part *old = fm_aim_of(p, b->chassis);
	struct fm_aim_part *a = new_part(b->p, b->chassis);

	set_numbers(p, a);
	a->parked = park != FM_NO_TILE || (old && old->parked);
	a->step = mr_xcalloc(b->tiles + 1, sizeof(*a->step));
	for (uint32_t t = 0; t < b->tiles; t++) {
		const struct fm_claim *c = &p->d->claim[b->tile[t].claim];
		struct fm_aim_step *s = &a->step[a->steps];

		if (b->tile[t].fixed || at[t] == FM_NO_BIN || at[t] == b->tile[t].home)
			continue;
		mr_copy(s->profile, sizeof(s->profile), c->profile);
		mr_copy(s->device, sizeof(s->device), c->device);
		s->index = c->index;
		s->claim = b->tile[t].claim;
		s->pf = fm_world_fn(&p->world, b->bin[at[t]].unit, 0);
		a->steps++;
	}
	a->step = mr_xrealloc(a->step, a->steps + 1, sizeof(*a->step));
}

/* See aim.h. What this plan, or the one before it, parked somebody for. */
void fm_aim_drop(struct fm_planner *p, unsigned chassis)
{
	const struct fm_aim_part *old = fm_aim_of(p, chassis), *now = part_of(p, chassis);
	bool parked = (old && old->parked) || (now && now->parked);
	struct fm_aim_part *a = new_part(p, chassis);

	set_numbers(p, a);
	a->dropped = true;
	a->no_parks |= parked;
}

/* See aim.h. */
void fm_aim_rest(struct fm_board *b, uint64_t seen)
{
	struct fm_aim_part *a = new_part(b->p, b->chassis);

	a->fruitless = true;
	a->seen = seen;
	if (a->no_parks)
		set_numbers(b->p, a);
}

static bool is_under_way(const struct fm_assignment *a)
{
	switch (a->phase) {
	case FM_PHASE_PENDING:
	case FM_PHASE_ACTIVE:
	case FM_PHASE_DEGRADED:
	case FM_PHASE_FAILED:
	case FM_PHASE_QUARANTINED:
	case FM_PHASE_RELEASED:
		return false;
	default:
		return true;
	}
}

/* See aim.h. */
bool fm_aim_waits(const struct fm_planner *p, unsigned chassis)
{
	const struct fm_world_chassis *c = &p->world.chassis[chassis];

	for (uint32_t a = c->adapter; a < c->adapter + c->adapters; a++)
		for (uint32_t k = p->world.adapter[a].held; k != FM_NONE;
		     k = p->held[k].next_adapter) {
			const struct fm_assignment *as = p->in->current[k];

			if (as->phase != FM_PHASE_QUARANTINED &&
			    (p->held[k].claim < 0 || as->going || is_under_way(as)))
				return true;
		}
	return false;
}

/* Whether this plan does something for the aim, or has all of it that it can have. */
static bool is_on_its_way(struct fm_planner *p, const struct fm_aim_part *a)
{
	bool some = false, lacks = false;

	for (unsigned i = 0; i < a->steps; i++) {
		uint32_t c = a->step[i].claim;
		const struct fm_placed *pl = &p->plan->placed[c];

		some |= (pl->placed && !pl->same_fn) || p->stay[c] == FM_STAY_PARKED;
		lacks |= !pl->placed;
	}
	return some || !lacks || fm_aim_waits(p, a->chassis);
}

/* See aim.h. */
void fm_aim_end(struct fm_planner *p)
{
	for (unsigned i = 0; p->next && i < p->next->parts; i++)
		if (p->next->part[i].steps && !is_on_its_way(p, &p->next->part[i]))
			fm_aim_drop(p, p->next->part[i].chassis);
}
