/* SPDX-License-Identifier: Apache-2.0 */
/* Troubles of the switch and of adapters. */
#include "common/pci/batch.h"
#include "common/pci/regmap.h"
#include "common/xalloc.h"
#include "sim/model/fault.h"
#include "tests/sim-test/swarm/trouble.h"
#include "tests/sim-test/world/management.h"

#define FLOOD	   1100		      /* events; the ring has 1,024 entries */
#define SLOW_NS	   (2 * MR_NS_PER_S)  /* of a register, at most */
#define SETTLES_NS (15 * MR_NS_PER_S) /* what gets power is quiet again, hosts have booted */

static bool some_adapter(struct swarm *s, struct swarm_trouble *t)
{
	const struct fm_inventory *inv =
		s->w->manager_up ? fm_engine_inventory(s->w->engine) : NULL;
	unsigned n = inv && inv->n ? inv->chassis[0].adapters : 0;
	int port;

	if (!n)
		return false;
	mr_copy(t->adapter, sizeof(t->adapter),
		inv->chassis[0].adapter[mr_rng_below(&s->rng, n)].name);
	port = sim_adapter_find(s->w->chassis, t->adapter);
	t->port = port > 0 ? (uint16_t)port : 0;
	return port > 0;
}

bool adapter_pulled(struct swarm *s, struct swarm_trouble *t)
{
	if (!some_adapter(s, t) || !swarm_take(&s->adapter_busy))
		return false;
	world_shake(s->w);
	sim_adapter_pull(s->w->chassis, s->w->now, t->adapter);
	world_notices(s->w);
	return true;
}

void adapter_inserted(struct swarm *s, struct swarm_trouble *t)
{
	s->adapter_busy = false;
	world_unsteady(s->w, SETTLES_NS);
	sim_adapter_insert(s->w->chassis, s->w->now, t->adapter);
	world_notices(s->w);
}

bool flr_hangs(struct swarm *s, struct swarm_trouble *t)
{
	struct sim_fault f = {.kind = SIM_FAULT_FLR_HANG};

	if (!some_adapter(s, t) || !swarm_take(&s->adapter_busy))
		return false;
	f.port = t->port;
	return !sim_fault_set(s->w->chassis, &f);
}

static void clear(struct swarm *s, enum sim_fault_kind k)
{
	world_unsteady(s->w, SLOW_NS);
	sim_fault_clear(s->w->chassis, s->w->now, k);
	world_notices(s->w);
}

void flr_ends(struct swarm *s, struct swarm_trouble *t)
{
	(void)t;
	s->adapter_busy = false;
	clear(s, SIM_FAULT_FLR_HANG);
}

bool interrupts_lost(struct swarm *s, struct swarm_trouble *t)
{
	const struct sim_fault f = {.kind = SIM_FAULT_LOST_INTERRUPT};

	(void)t;
	s->deaf = true;
	return !sim_fault_set(s->w->chassis, &f);
}

void interrupts_return(struct swarm *s, struct swarm_trouble *t)
{
	(void)t;
	clear(s, SIM_FAULT_LOST_INTERRUPT);
}

/* Somebody who is not the owner writes and writes. */
bool event_ring(struct swarm *s, struct swarm_trouble *t)
{
	(void)t;
	for (unsigned i = 0; i < FLOOD; i++)
		management_stranger(s->w);
	world_notices(s->w);
	return true;
}

/* ---- registers ---- */

static const struct fm_op *some_op(struct swarm *s)
{
	return s->w->ops ? &s->w->op[mr_rng_below(&s->rng, s->w->ops)].op : NULL;
}

static bool row_register(const struct fm_op *op, struct sim_fault *f)
{
	if (!op || op->place.way == FM_WAY_NONE || op->place.bridge >= 256)
		return false;
	f->space = MR_SPACE_SWITCH;
	f->address = SW_BRIDGE(op->place.port, op->place.bridge) + ROW_STATE;
	return true;
}

static bool vf_register(struct swarm *s, const struct fm_op *op, struct sim_fault *f)
{
	static const uint16_t vf[] = {VF_GATE, VF_MAP, VF_COMMAND, VF_BLOCK, VF_STATUS};

	f->space = MR_SPACE_MEMORY;
	f->address = op ? management_vf_row(s->w, op->fn.port, op->fn.pf, op->fn.vf) : 0;
	if (!f->address)
		return false;
	f->address += vf[mr_rng_below(&s->rng, MR_ARRAY_SIZE(vf))];
	return true;
}

/* Of a row that any operation or command under way is about: who aims takes what there is. */
static bool any_row(const struct swarm *s, struct sim_fault *f)
{
	const struct world *w = s->w;

	for (unsigned i = 0; s->aims && i < w->ops + w->cmds; i++) {
		const struct fm_place *p =
			i < w->ops ? &w->op[i].op.place : &w->cmd[i - w->ops].place;

		if (p->way == FM_WAY_NONE || p->bridge >= 256)
			continue;
		f->space = MR_SPACE_SWITCH;
		f->address = SW_BRIDGE(p->port, p->bridge) + ROW_STATE;
		return true;
	}
	return false;
}

bool register_stale(struct swarm *s, struct swarm_trouble *t)
{
	struct sim_fault f = {.kind = SIM_FAULT_SLOW_REGISTER};
	const struct fm_op *op = some_op(s);

	world_unsteady(s->w, t->until_ns - s->w->now.mono_ns);
	f.delay_ns = 1 + (int64_t)mr_rng_below(&s->rng, SLOW_NS);
	if (!(mr_rng_chance(&s->rng, 40) && row_register(op, &f)) && !vf_register(s, op, &f) &&
	    !any_row(s, &f))
		return false;
	return !sim_fault_set(s->w->chassis, &f);
}

void register_stale_ends(struct swarm *s, struct swarm_trouble *t)
{
	(void)t;
	clear(s, SIM_FAULT_SLOW_REGISTER);
}

bool register_ones(struct swarm *s, struct swarm_trouble *t)
{
	struct sim_fault f = {.kind = SIM_FAULT_STUCK_REGISTER, .value = UINT64_MAX};
	const struct fm_op *op = some_op(s);

	(void)t;
	if (!(mr_rng_chance(&s->rng, 40) && row_register(op, &f)) && !vf_register(s, op, &f) &&
	    !any_row(s, &f))
		return false;
	return !sim_fault_set(s->w->chassis, &f);
}

void register_ones_ends(struct swarm *s, struct swarm_trouble *t)
{
	(void)t;
	clear(s, SIM_FAULT_STUCK_REGISTER);
}

/* ---- power: its management processor goes with it ---- */

static bool power_cycle(struct swarm *s, unsigned nvm)
{
	if (!swarm_take(&s->wire_busy))
		return false;
	world_wire_cut(s->w, false);
	world_unsteady(s->w, SETTLES_NS);
	world_forgets(s->w);
	sim_chassis_power_cycle(s->w->chassis, s->w->now, nvm);
	world_notices(s->w);
	return true;
}

bool chassis_power(struct swarm *s, struct swarm_trouble *t)
{
	(void)t;
	return power_cycle(s, MR_NVM_GOOD);
}

bool chassis_stale(struct swarm *s, struct swarm_trouble *t)
{
	(void)t;
	return power_cycle(s, MR_NVM_STALE);
}

bool chassis_blank(struct swarm *s, struct swarm_trouble *t)
{
	(void)t;
	return power_cycle(s, MR_NVM_BLANK);
}

bool chassis_corrupt(struct swarm *s, struct swarm_trouble *t)
{
	(void)t;
	return power_cycle(s, MR_NVM_CORRUPT);
}
