/* SPDX-License-Identifier: Apache-2.0 */
/* Troubles of blades and of their agents. */
#include "tests/sim-test/swarm/trouble.h"

/* ---- connections and processes ---- */

bool agent_cut(struct swarm *s, struct swarm_trouble *t)
{
	if (!swarm_take_concerned(s, &t->vh))
		return false;
	world_agent_cut(s->w, t->vh);
	return true;
}

/* What one of them sends gets lost, and neither knows. */
bool agent_half_open(struct swarm *s, struct swarm_trouble *t)
{
	struct world_quirks *q;

	if (!swarm_take_concerned(s, &t->vh))
		return false;
	q = &s->w->host[t->vh].quirks;
	q->deaf = mr_rng_chance(&s->rng, 50);
	q->mute = !q->deaf;
	return true;
}

/* The connection ends, and a new one is made. */
void agent_joins(struct swarm *s, struct swarm_trouble *t)
{
	s->busy[t->vh] = false;
	s->w->host[t->vh].quirks = (struct world_quirks){0};
	world_agent_cut(s->w, t->vh);
	world_agent_join(s->w, t->vh);
}

bool agent_dies(struct swarm *s, struct swarm_trouble *t)
{
	if (!swarm_take_concerned(s, &t->vh))
		return false;
	world_agent_crash(s->w, t->vh);
	return true;
}

void agent_returns(struct swarm *s, struct swarm_trouble *t)
{
	s->busy[t->vh] = false;
	world_agent_restart(s->w, t->vh);
}

bool agent_twice(struct swarm *s, struct swarm_trouble *t)
{
	if (!swarm_take_concerned(s, &t->vh))
		return false;
	s->busy[t->vh] = false;
	if (!s->aims)
		return world_agent_again(s->w, t->vh);
	for (unsigned i = 0; i < s->w->hosts; i++, t->vh = t->vh % s->w->hosts + 1)
		if (s->w->host[t->vh].blade && !s->busy[t->vh] &&
		    world_agent_again(s->w, t->vh))
			return true;
	return false;
}

/* ---- manners ---- */

static struct world_quirks *quirks(struct swarm *s, struct swarm_trouble *t)
{
	return swarm_take_concerned(s, &t->vh) ? &s->w->host[t->vh].quirks : NULL;
}

bool agent_slow(struct swarm *s, struct swarm_trouble *t)
{
	struct world_quirks *q = quirks(s, t);

	if (!q)
		return false;
	q->slow_ns = (int64_t)mr_rng_below(&s->rng, 5 * MR_NS_PER_S);
	return true;
}

bool agent_silent(struct swarm *s, struct swarm_trouble *t)
{
	struct world_quirks *q = quirks(s, t);

	return q && (q->silent = true);
}

bool agent_repeats(struct swarm *s, struct swarm_trouble *t)
{
	struct world_quirks *q = quirks(s, t);

	return q && (q->repeats = true);
}

bool agent_lies(struct swarm *s, struct swarm_trouble *t)
{
	struct world_quirks *q = quirks(s, t);

	return q && (q->lies = true);
}

bool agent_dreams(struct swarm *s, struct swarm_trouble *t)
{
	struct world_quirks *q = quirks(s, t);

	s->dreamt |= q != NULL;
	return q && (q->dreams = true);
}

void agent_is_well(struct swarm *s, struct swarm_trouble *t)
{
	s->busy[t->vh] = false;
	s->w->host[t->vh].quirks = (struct world_quirks){0};
}

/* ---- who is who ---- */

static void claim(struct swarm *s, unsigned vh, unsigned name)
{
	s->w->host[vh].quirks.claims = name;
	world_agent_crash(s->w, vh);
	world_agent_restart(s->w, vh);
}

bool blade_impostor(struct swarm *s, struct swarm_trouble *t)
{
	if (!swarm_take_blade(s, &t->vh))
		return false;
	for (t->other = 1; t->other == t->vh || !s->w->host[t->other].blade; t->other++)
		if (t->other == s->w->hosts)
			return s->busy[t->vh] = false;
	claim(s, t->vh, t->other);
	return true;
}

void blade_is_itself(struct swarm *s, struct swarm_trouble *t)
{
	s->busy[t->vh] = false;
	claim(s, t->vh, 0);
}

/* A blade that comes up behind another port. */
static void replugged(struct swarm *s, unsigned vh, unsigned name)
{
	s->w->host[vh].quirks.claims = name;
	world_blade_reset(s->w, vh);
}

bool blades_swapped(struct swarm *s, struct swarm_trouble *t)
{
	if (!swarm_take_blade(s, &t->vh))
		return false;
	if (!swarm_take_blade(s, &t->other))
		return s->busy[t->vh] = false;
	replugged(s, t->vh, t->other);
	replugged(s, t->other, t->vh);
	return true;
}

void blades_swapped_back(struct swarm *s, struct swarm_trouble *t)
{
	s->busy[t->vh] = s->busy[t->other] = false;
	replugged(s, t->vh, 0);
	replugged(s, t->other, 0);
}

/* ---- blades ---- */

bool blade_reboots(struct swarm *s, struct swarm_trouble *t)
{
	if (!swarm_take_concerned(s, &t->vh))
		return false;
	s->busy[t->vh] = false;
	world_blade_reset(s->w, t->vh);
	return true;
}

bool blade_power(struct swarm *s, struct swarm_trouble *t)
{
	if (!swarm_take_concerned(s, &t->vh))
		return false;
	world_blade_power(s->w, t->vh, false);
	return true;
}

void blade_power_ends(struct swarm *s, struct swarm_trouble *t)
{
	s->busy[t->vh] = false;
	world_blade_power(s->w, t->vh, true);
}

bool blade_hangs(struct swarm *s, struct swarm_trouble *t)
{
	if (!swarm_take_concerned(s, &t->vh))
		return false;
	world_blade_hang(s->w, t->vh, true);
	return true;
}

void blade_goes_on(struct swarm *s, struct swarm_trouble *t)
{
	s->busy[t->vh] = false;
	world_blade_hang(s->w, t->vh, false);
}

bool cable_cut(struct swarm *s, struct swarm_trouble *t)
{
	if (!swarm_take_concerned(s, &t->vh))
		return false;
	world_cable(s->w, t->vh, false);
	return true;
}

void cable_ends(struct swarm *s, struct swarm_trouble *t)
{
	s->busy[t->vh] = false;
	world_cable(s->w, t->vh, true);
}

bool link_flaps(struct swarm *s, struct swarm_trouble *t)
{
	if (!swarm_take_concerned(s, &t->vh))
		return false;
	for (unsigned n = 1 + (unsigned)mr_rng_below(&s->rng, 4); n; n--) {
		world_cable(s->w, t->vh, false);
		world_cable(s->w, t->vh, true);
	}
	return true;
}

void blade_is_well(struct swarm *s, struct swarm_trouble *t)
{
	s->busy[t->vh] = false;
}
