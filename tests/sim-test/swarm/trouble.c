/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which troubles there are, how each begins and ends. What is wrong with one thing is one
 * trouble at a time; troubles of different things come together.
 */
#include "tests/sim-test/swarm/trouble.h"

#include "common/xalloc.h"

static const char *const names[] = {
#define X(name, text) #name,
	SWARM_TROUBLES(X)
#undef X
};
static const char *const words[] = {
#define X(name, text) text,
	SWARM_TROUBLES(X)
#undef X
};

const char *swarm_name(enum swarm_kind k)
{
	return names[k];
}

const char *swarm_words(enum swarm_kind k)
{
	return words[k];
}

/* ---- what is free for trouble ---- */

bool swarm_take(bool *busy)
{
	if (*busy)
		return false;
	*busy = true;
	return true;
}

static bool usable(const struct swarm *s, unsigned vh)
{
	return s->w->host[vh].blade && !s->busy[vh];
}

bool swarm_take_blade(struct swarm *s, unsigned *ret_vh)
{
	unsigned first = 1 + (unsigned)mr_rng_below(&s->rng, s->w->hosts);

	for (unsigned i = 0; i < s->w->hosts; i++) {
		unsigned vh = 1 + (first + i - 1) % s->w->hosts;

		if (!usable(s, vh))
			continue;
		s->busy[vh] = true;
		*ret_vh = vh;
		return true;
	}
	return false;
}

/* The blade of an operation under way, if there is one: that is where it hurts. */
bool swarm_take_concerned(struct swarm *s, unsigned *ret_vh)
{
	const struct world *w = s->w;

	if (s->wanted && usable(s, s->wanted)) {
		*ret_vh = s->wanted;
		return swarm_take(&s->busy[s->wanted]);
	}
	for (unsigned i = 0; i < w->ops; i++) {
		unsigned vh = w->op[i].op.place.port;

		if (w->op[i].op.place.way == FM_WAY_NONE || vh > w->hosts || !usable(s, vh))
			continue;
		s->busy[vh] = true;
		*ret_vh = vh;
		return true;
	}
	return swarm_take_blade(s, ret_vh);
}

/* ---- the table ---- */

static const struct {
	bool (*begin)(struct swarm *s, struct swarm_trouble *t);
	void (*end)(struct swarm *s, struct swarm_trouble *t); /* NULL: it is over at once */
} table[SWARM_KINDS] = {
	[SWARM_SLOW_NETWORK] = {slow_network, slow_network_ends},
	[SWARM_AGENT_CUT] = {agent_cut, agent_joins},
	[SWARM_AGENT_HALF_OPEN] = {agent_half_open, agent_joins},
	[SWARM_CHASSIS_CUT] = {chassis_cut, chassis_joins},
	[SWARM_CHASSIS_HALF_OPEN] = {chassis_half_open, chassis_joins},
	[SWARM_MANAGER_DIES] = {manager_dies, manager_returns},
	[SWARM_AGENT_DIES] = {agent_dies, agent_returns},
	[SWARM_BOTH_DIE] = {both_die, both_return},
	[SWARM_OLD_MANAGER] = {old_manager, old_manager_ends},
	[SWARM_STORE_FULL] = {store_full, store_recovers},
	[SWARM_STORE_ERROR] = {store_error, store_recovers},
	[SWARM_STORE_SLOW] = {store_slow, store_recovers},
	[SWARM_STORE_UNSYNCED] = {store_unsynced, manager_returns},
	[SWARM_STORE_OLD] = {store_old, store_adopted},
	[SWARM_STORE_GONE] = {store_gone, store_applied},
	[SWARM_BLADE_REBOOTS] = {blade_reboots, NULL},
	[SWARM_BLADE_POWER] = {blade_power, blade_power_ends},
	[SWARM_BLADE_HANGS] = {blade_hangs, blade_goes_on},
	[SWARM_CABLE_CUT] = {cable_cut, cable_ends},
	[SWARM_LINK_FLAPS] = {link_flaps, blade_is_well},
	[SWARM_AGENT_SLOW] = {agent_slow, agent_is_well},
	[SWARM_AGENT_SILENT] = {agent_silent, agent_joins},
	[SWARM_AGENT_REPEATS] = {agent_repeats, agent_is_well},
	[SWARM_AGENT_LIES] = {agent_lies, agent_joins},
	[SWARM_AGENT_DREAMS] = {agent_dreams, agent_is_well},
	[SWARM_AGENT_TWICE] = {agent_twice, NULL},
	[SWARM_BLADE_IMPOSTOR] = {blade_impostor, blade_is_itself},
	[SWARM_BLADES_SWAPPED] = {blades_swapped, blades_swapped_back},
	[SWARM_ADAPTER_PULLED] = {adapter_pulled, adapter_inserted},
	[SWARM_FLR_HANGS] = {flr_hangs, flr_ends},
	[SWARM_INTERRUPTS_LOST] = {interrupts_lost, interrupts_return},
	[SWARM_EVENT_RING] = {event_ring, NULL},
	[SWARM_REGISTER_STALE] = {register_stale, register_stale_ends},
	[SWARM_REGISTER_ONES] = {register_ones, register_ones_ends},
	[SWARM_CHASSIS_POWER] = {chassis_power, chassis_joins},
	[SWARM_CHASSIS_STALE] = {chassis_stale, chassis_joins},
	[SWARM_CHASSIS_BLANK] = {chassis_blank, chassis_joins},
	[SWARM_CHASSIS_CORRUPT] = {chassis_corrupt, chassis_joins},
	[SWARM_OPERATOR_EDITS] = {operator_edits, NULL},
	[SWARM_OPERATOR_DELETES] = {operator_deletes, NULL},
	[SWARM_OPERATOR_MOVES] = {operator_moves, NULL},
};

bool swarm_begin(struct swarm *s, struct swarm_trouble *t)
{
	world_input(s->w);
	if (t->towards != SWARM_IDLE && t->kind >= SWARM_OPERATOR_EDITS)
		return operator_aims(s, t);
	s->wanted = swarm_wanted(s, t);
	return table[t->kind].begin(s, t);
}

bool swarm_lasts(enum swarm_kind k)
{
	return table[k].end;
}

void swarm_end(struct swarm *s, struct swarm_trouble *t)
{
	world_input(s->w);
	table[t->kind].end(s, t);
}
